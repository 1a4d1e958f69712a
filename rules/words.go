package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// UserWords returns every term and every mask, sorted and once each, for the
// dictionary of the segmenter: words of two characters or more, without
// blanks and punctuation that a dictionary cannot hold.
func (r *Rules) UserWords() []string {
	var words []string
	add := func(lists ...[]string) {
		for _, list := range lists {
			words = append(words, list...)
		}
	}
	item := func(i *Item) {
		words = append(words, i.Name)
		add(i.Aliases, i.Triggers, i.Not)
	}
	for _, t := range r.Themes.all {
		item(&t.Item)
		add(t.Strong, t.Weak, t.Near)
	}
	for _, b := range r.Benefits.all {
		item(&b.Item)
		add(b.Strong)
	}
	for _, a := range r.Agencies.all {
		item(&a.Item)
		add(a.Short, []string{a.Province})
	}
	for _, t := range r.Traits.all {
		words = append(words, t.Name)
		add(t.Triggers)
	}
	for _, g := range r.TaxGroups.all {
		words = append(words, g.Name)
		add(g.Aliases)
	}
	for _, list := range [][]*Item{
		items(r.Taxes), items(r.Groups), items(r.Attributes), items(r.Industries), items(r.Divisions), items(r.Sizes),
		items(r.LifeEvents), items(r.PilotAreas), items(r.DocumentKinds), items(r.ValidityTerms), items(r.Jargon),
		items(r.InterpretationKinds),
	} {
		for _, i := range list {
			item(i)
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool {
		return utf8.RuneCountInString(w) < 2 || strings.ContainsFunc(w, unholdable)
	})
	slices.Sort(words)
	return slices.Compact(words)
}

// unholdable tells whether a character parts words: jieba never gives back a
// word with it.
func unholdable(c rune) bool {
	return unicode.IsSpace(c) || unicode.IsControl(c) || unicode.IsPunct(c) && c != '%' && c != '·' && c != '.' && c != '-'
}

func items[T any, P entry[T]](t Table[T]) []*Item {
	list := make([]*Item, len(t.all))
	for i, e := range t.all {
		list[i] = P(e).item()
	}
	return list
}
