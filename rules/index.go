package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policypush/internal/domain"
)

// index builds the look-ups and checks what single entries cannot know. The
// loader has reported nothing so far: every code is there.
func (r *Rules) index(l *loader) {
	r.children, r.byName = map[string][]*Division{}, map[string][]*Division{}
	for _, d := range r.Divisions.all {
		l.checkDivision(d)
	}
	for _, rule := range r.Sizes.all {
		l.checkSize(rule)
	}
	if len(l.problems) > 0 {
		return // a division may be its own parent
	}
	for _, d := range r.Divisions.all {
		r.children[d.Parent] = append(r.children[d.Parent], d)
		names := []string{d.Name}
		for _, name := range append([]string{r.FullName(d.Code)}, d.Aliases...) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for _, name := range names {
			r.byName[name] = append(r.byName[name], d)
		}
	}
	r.byFull, r.bySize, r.jargon = map[string]*Industry{}, map[string]*SizeRule{}, map[string]*Jargon{}
	for _, in := range r.Industries.all {
		l.checkIndustry(in)
		if in.Full != "" {
			r.byFull[in.Full] = in
		} else {
			r.byFull[in.Code] = in
		}
	}
	for _, s := range r.Sizes.all {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			r.bySize[name] = s
		}
	}
	for _, j := range r.Jargon.all {
		for _, name := range append([]string{j.Name}, j.Aliases...) {
			r.jargon[name] = j
		}
	}
}

// checkIndustry holds the full code of a division to its section and number.
func (l *loader) checkIndustry(in *Industry) {
	switch {
	case in.Level == "section" && (len(in.Code) != 1 || in.Full != ""):
		l.report(in.at.errorf("门类的代码是一个字母，不写 full").In("code"))
	case in.Level == "division" && (len(in.Code) != 2 || in.Full != in.Parent+in.Code):
		l.report(in.at.errorf("大类的代码是两位数字，full 是门类加代码，例如 C34").In("full"))
	}
}

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

func items[T any, P interface {
	*T
	item() *Item
}](t Table[T],
) []*Item {
	list := make([]*Item, len(t.all))
	for i, entry := range t.all {
		list[i] = P(entry).item()
	}
	return list
}

func (i *Item) item() *Item { return i }

// Check runs every pattern on its own examples, after normalise, which makes
// of them what patterns are run on. It returns one error for each example that
// does not do what its file says.
func (r *Rules) Check(normalise func(string) string) []*domain.Error {
	var problems []*domain.Error
	for _, p := range r.Patterns.all {
		for _, ex := range p.Examples {
			groups := p.groups(normalise(ex.Text))
			if groups == nil {
				problems = append(problems, ex.at.errorf("%s %s 没有命中自己的例句“%s”", p.Code, p.Name, ex.Text).In("examples"))
				continue
			}
			for name, want := range ex.Want {
				if got := groups[name]; got != want {
					problems = append(problems, ex.at.errorf("%s %s 在例句“%s”中应得 %s=“%s”，实得“%s”", p.Code, p.Name, ex.Text, name, want, got).In("examples"))
				}
			}
		}
		for _, text := range p.Reject {
			if p.Re.MatchString(normalise(text)) {
				problems = append(problems, p.at.errorf("%s %s 不应命中“%s”", p.Code, p.Name, text).In("reject"))
			}
		}
	}
	return problems
}

// groups returns the named groups of the first match, or nil.
func (p *Pattern) groups(text string) map[string]string {
	m := p.Re.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	groups := map[string]string{}
	for i, name := range p.Re.SubexpNames() {
		if name != "" {
			groups[name] = m[i]
		}
	}
	return groups
}
