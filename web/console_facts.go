package web

import (
	"policypush/internal/domain"
	"policypush/internal/tagging"
)

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

// factPlaces is where the text of a policy says its facts: as the reading found it, or
// an officer said. One that was read before places were kept is looked through.
func factPlaces(p *domain.Policy) map[string][]domain.Evidence {
	if p.FactEvidence == nil {
		p.FactEvidence = map[string][]domain.Evidence{}
		for _, w := range factWords {
			p.FactEvidence[w.code] = tagging.Locate(p, w.code)
		}
	}
	return p.FactEvidence
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
	places := factPlaces(p)
	for _, f := range factWords {
		value := values[f.code]
		if value == "" && (f.code == "replaces" || f.code == "amends") {
			continue
		}
		row := factRow{Name: domain.CorrectedName(domain.FactCorrected, f.code), Value: longDate(value), Edit: edit(f.code)}
		if found := places[f.code]; len(found) > 0 {
			row.Href = text.href(p, found[0].Start)
		}
		rows = append(rows, row)
	}
	return rows
}
