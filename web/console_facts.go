package web

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"policypush/internal/domain"
)

// readFact is a fact of a document with where its text says so.
type readFact struct {
	code, word string // as [domain.Policy.Facts] names it; what its mark is called
	values     []string
	places     [][2]int
}

// factRow is a fact beside the text.
type factRow struct {
	Name  string
	Value string // "" if it was not read
	Href  string // of its place in the text, or ""
	Edit  string // of its field
}

// factWords are the facts that stand in a text, with the words of their marks. For
// whom a document is and of what kind follows from all of it.
var factWords = []struct{ code, word string }{
	{"doc_number", "文号"},
	{"issuers", "机关"},
	{"publish_date", "成文"},
	{"effective_from", "施行"},
	{"expires", "有效期"},
	{"apply_deadline", "截止"},
	{"replaces", "替代"},
	{"amends", "修改"},
}

// factsOf finds the facts of a policy in its text.
func factsOf(p *domain.Policy) []readFact {
	var facts []readFact
	values := p.Facts()
	for _, w := range factWords {
		f := readFact{code: w.code, word: w.word}
		switch w.code {
		case "issuers":
			f.values = p.Issuers
		case "replaces", "amends":
			for _, r := range map[string][]domain.Reference{"replaces": p.Replaces, "amends": p.Amends}[w.code] {
				f.values = append(f.values, r.String())
				if place, ok := placeOf(p, r.DocNumber, r.Title); ok {
					f.places = append(f.places, place)
				}
			}
		default:
			if values[w.code] != "" {
				f.values = []string{values[w.code]}
			}
		}
		if f.places == nil {
			for _, value := range f.values {
				if place, ok := factPlace(p, w.code, value); ok {
					f.places = append(f.places, place)
				}
			}
		}
		facts = append(facts, f)
	}
	return facts
}

// dateless are the words by which a text says a day without writing it, by fact.
var dateless = map[string]*regexp.Regexp{
	"effective_from": regexp.MustCompile(`自[^，。；\n]{0,16}起[^，。；\n]{0,6}(施行|实施|执行|生效|有效)`),
	"expires":        regexp.MustCompile(`有效期[^，。；\n]{0,24}|(试行|实施|施行|执行)期[^，。；\n]{0,16}[年月]`),
}

// factPlace finds where a text says a fact: as it is written, a day in the ways
// of documents, else in the words that it was reckoned from.
func factPlace(p *domain.Policy, code, value string) ([2]int, bool) {
	if code == "effective_from" && value == p.PublishDate { // 自印发之日起
		if place, ok := placeOfWords(p, dateless[code]); ok {
			return place, true
		}
	}
	from := 0
	if code == "publish_date" { // under the text, rather than within it
		for i := range p.Clauses {
			if p.Clauses[i].Kind == domain.SignatureClause {
				from = p.Clauses[i].Start
			}
		}
	}
	for _, written := range append([]string{value}, daysAsWritten(value)...) {
		if start, end, ok := domain.FindWords(p.Text, written, from); ok {
			return [2]int{start, end}, true
		}
	}
	return placeOfWords(p, dateless[code])
}

// placeOf finds the first of some words in the text.
func placeOf(p *domain.Policy, words ...string) ([2]int, bool) {
	for _, w := range words {
		if start, end, ok := domain.FindWords(p.Text, w, 0); ok {
			return [2]int{start, end}, true
		}
	}
	return [2]int{}, false
}

func placeOfWords(p *domain.Policy, words *regexp.Regexp) ([2]int, bool) {
	if words == nil {
		return [2]int{}, false
	}
	at := words.FindStringIndex(p.Text)
	if at == nil {
		return [2]int{}, false
	}
	start := len([]rune(p.Text[:at[0]]))
	return [2]int{start, start + len([]rune(p.Text[at[0]:at[1]]))}, true
}

// daysAsWritten writes a day as documents do.
func daysAsWritten(day string) []string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil
	}
	ways := []string{t.Format("2006年1月2日"), t.Format("2006年01月02日"), t.Format("2006-1-2"), t.Format("2006.1.2"), t.Format("2006.01.02"), t.Format("2006/1/2"), t.Format("2006/01/02")}
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

// factRows are the facts beside the text: what was read, and what was not and
// most documents have.
func (s *Server) factRows(p *domain.Policy, text *evidenceText) []factRow {
	values := p.Facts()
	edit := func(code string) string { return policyPath(p.ID, "fields#f-"+code) }
	rows := []factRow{{Name: "适用对象", Value: p.Audience.Label(), Edit: edit("audience")}}
	if kind := s.Rules.DocumentKinds.Find(p.DocKind); kind != nil {
		rows = append(rows, factRow{Name: "文种", Value: kind.Name, Edit: edit("doc_kind")})
	}
	for _, f := range factsOf(p) {
		if values[f.code] == "" && (f.code == "replaces" || f.code == "amends") {
			continue
		}
		row := factRow{Name: domain.CorrectedName(domain.FactCorrected, f.code), Value: strings.Join(f.values, "、"), Edit: edit(f.code)}
		if len(f.places) > 0 {
			row.Href = text.href(p, f.places[0][0])
		}
		rows = append(rows, row)
	}
	return rows
}
