package tagging

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"policypush/internal/domain"
)

// saidOf notes where the text says a day: in the sentence that claims it, else in what it
// was reckoned from, else where it stands under a name.
func (t *reading) saidOf(p *domain.Policy, code, day string, claimed []claims, reckoned ...sentence) {
	if day == "" {
		return
	}
	for _, list := range claimed {
		for _, c := range list {
			if c.day == day && c.in.end > 0 {
				note(p, code, c.in.dayAt(day))
				return
			}
		}
	}
	for _, s := range reckoned {
		if s.end > s.start {
			note(p, code, s.trim().all())
			return
		}
	}
	note(p, code, Locate(p, code)...)
}

func note(p *domain.Policy, code string, places ...domain.Evidence) {
	if len(places) == 0 {
		return
	}
	if p.FactEvidence == nil {
		p.FactEvidence = map[string][]domain.Evidence{}
	}
	p.FactEvidence[code] = places
}

// dayAt is where a sentence writes a day; all of it if it says the day in another way.
func (s sentence) dayAt(day string) domain.Evidence {
	usual := usualDay(day)
	if at := strings.Index(s.text, usual); usual != "" && at >= 0 {
		return s.evidence(at, at+len(usual))
	}
	for _, written := range daysAsWritten(day) {
		if at := strings.Index(s.text, written); at >= 0 {
			return s.evidence(at, at+len(written))
		}
	}
	if _, short, _ := strings.Cut(usual, "年"); short != "" {
		if at := strings.Index(s.text, short); at >= 0 {
			return s.evidence(at, at+len(short))
		}
	}
	return s.trim().all()
}

// all is a sentence as evidence.
func (s sentence) all() domain.Evidence { return s.evidence(0, len(s.text)) }

// factPlaces notes where the text says who issued it, under which number and when, and of
// which documents it speaks.
func factPlaces(p *domain.Policy) {
	for _, code := range []string{"doc_number", "issuers", "publish_date", "replaces", "amends"} {
		note(p, code, Locate(p, code)...)
	}
}

// Locate finds where the text of a policy says a fact as it is now, one place for each of
// several. What an officer corrected is found by it, too. Words that do not stand there as
// they are may do so with other white space: a source breaks its lines anywhere.
func Locate(p *domain.Policy, code string) (places []domain.Evidence) {
	unbroken := sync.OnceValue(func() domain.Unbroken { return domain.Unbreak(p.Text) })
	add := func(from int, words ...string) {
		for _, w := range words {
			if found, ok := wordsIn(p.Text, w, from); ok {
				places = append(places, found)
				return
			}
		}
		for _, w := range words {
			if w == "" {
				continue
			}
			if start, end, ok := unbroken().Find(w, domain.CodePoints(p.Text[:from])); ok {
				at := domain.ByteAt(p.Text, start)
				places = append(places, domain.Evidence{Start: start, End: end, Text: p.Text[at : at+domain.ByteAt(p.Text[at:], end-start)]})
				return
			}
		}
	}
	addDay := func(from int, day string) { add(from, append([]string{usualDay(day)}, daysAsWritten(day)...)...) }
	switch code {
	case "title":
		add(0, p.Title)
	case "doc_number":
		add(0, p.DocNumber)
	case "issuers":
		for _, name := range p.Issuers {
			add(0, name)
		}
	case "replaces", "amends":
		refs := p.Replaces
		if code == "amends" {
			refs = p.Amends
		}
		for _, r := range refs {
			add(0, r.DocNumber, r.Title)
		}
	case "publish_date": // under the text, rather than within it
		addDay(signatureAt(p), p.PublishDate)
	case "effective_from", "expires", "apply_deadline":
		day := map[string]string{"effective_from": p.EffectiveFrom, "expires": p.Expires, "apply_deadline": p.ApplyDeadline}[code]
		if code != "effective_from" || day != p.PublishDate { // else 自印发之日起
			addDay(0, day)
		}
		if words := reckonedFrom[code]; len(places) == 0 && day != "" && words != nil {
			if at := words.FindStringIndex(p.Text); at != nil {
				places = append(places, placeAt(p.Text, at[0], at[1]))
			}
		}
		if len(places) == 0 {
			addDay(0, day)
		}
	}
	return places
}

// reckonedFrom are the words by which a text says a day without writing it, by fact.
var reckonedFrom = map[string]*regexp.Regexp{
	"effective_from": regexp.MustCompile(`自[^，。；,;\n]{0,16}起[^，。；,;\n]{0,6}(施行|实施|执行|生效|有效)`),
	"expires":        regexp.MustCompile(`有效期[^，。；,;\n]{0,24}|(试行|实施|施行|执行)期[^，。；,;\n]{0,16}[年月]`),
}

// signatureAt is where the signature begins, in bytes, or 0.
func signatureAt(p *domain.Policy) int {
	for i := len(p.Clauses) - 1; i >= 0; i-- {
		if p.Clauses[i].Kind == domain.SignatureClause {
			for i > 0 && p.Clauses[i-1].Kind == domain.SignatureClause {
				i--
			}
			return domain.ByteAt(p.Text, p.Clauses[i].Start)
		}
	}
	return 0
}

// wordsIn finds words at or after a byte of a text, else before it.
func wordsIn(text, words string, from int) (domain.Evidence, bool) {
	if words == "" {
		return domain.Evidence{}, false
	}
	at := strings.Index(text[from:], words)
	if at >= 0 {
		at += from
	} else if at = strings.Index(text, words); at < 0 {
		return domain.Evidence{}, false
	}
	return placeAt(text, at, at+len(words)), true
}

func placeAt(text string, from, to int) domain.Evidence {
	start := domain.CodePoints(text[:from])
	return domain.Evidence{Start: start, End: start + utf8.RuneCountInString(text[from:to]), Text: text[from:to]}
}

// usualDay writes a day as most documents do, "" what is none.
func usualDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.Format("2006年1月2日")
}

// daysAsWritten writes a day as some documents do.
func daysAsWritten(day string) []string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	ways := []string{t.Format("2006年01月02日"), t.Format("2006年1月02日"), t.Format("2006-01-02"), t.Format("2006-1-2"), t.Format("2006.1.2"), t.Format("2006.01.02"), t.Format("2006/1/2"), t.Format("2006/01/02")}
	for _, zero := range []string{"〇", "○", "零"} {
		digits := strings.NewReplacer("0", zero, "1", "一", "2", "二", "3", "三", "4", "四", "5", "五", "6", "六", "7", "七", "8", "八", "9", "九")
		ways = append(ways, digits.Replace(strconv.Itoa(t.Year()))+"年"+inTens(int(t.Month()))+"月"+inTens(t.Day())+"日")
	}
	return ways
}

// inTens writes 1 to 31 in Chinese: 二十五.
func inTens(n int) string {
	digit := strings.Split("〇一二三四五六七八九", "")
	switch {
	case n < 10:
		return digit[n]
	case n == 10:
		return "十"
	case n < 20:
		return "十" + digit[n%10]
	case n%10 == 0:
		return digit[n/10] + "十"
	default:
		return digit[n/10] + "十" + digit[n%10]
	}
}
