package web

import "policypush/rules"

// glossary collects the terms of a page: each is a link where it is mentioned
// first, and is explained once.
type glossary struct {
	rules *rules.Rules
	terms []termView
	seen  map[string]bool
}

func (s *Server) glossary() *glossary { return &glossary{rules: s.Rules, seen: map[string]bool{}} }

// glossed parts a text at the terms that are mentioned in it first.
func (g *glossary) glossed(text string) []textPart {
	var parts []textPart
	at := 0
	for _, t := range g.rules.TermsIn(text) {
		if g.seen[t.Jargon.Code] {
			continue
		}
		g.seen[t.Jargon.Code] = true
		id := "term-" + t.Jargon.Code
		g.terms = append(g.terms, termView{ID: id, Name: t.Jargon.Name, Plain: t.Jargon.Plain, Caution: t.Jargon.Caution})
		if t.Start > at {
			parts = append(parts, textPart{Text: text[at:t.Start]})
		}
		parts = append(parts, textPart{Text: text[t.Start:t.End], Term: id})
		at = t.End
	}
	if at < len(text) {
		parts = append(parts, textPart{Text: text[at:]})
	}
	return parts
}
