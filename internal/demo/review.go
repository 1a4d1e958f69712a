package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
	"policypush/interpretations"
	"policypush/rules"
)

// review is what the drafter made of a policy after the machine had read it:
// the tags that count, the measures with their conditions, and the
// interpretations. It stands beside the text as .json and points into it by
// quotations, so that it does not depend on how paths are written.
type review struct {
	Kind     string                        `json:"kind"`
	Audience domain.Audience               `json:"audience"`
	Deadline string                        `json:"deadline"`
	Possible bool                          `json:"possible"` // push to those whose match is Possible, too
	Tags     map[domain.Dimension][]string `json:"tags"`
	Window   domain.Window                 `json:"window"`
	How      domain.How                    `json:"how"`
	Measures []measure                     `json:"measures"`
	Items    []interpretations.Item        `json:"items"` // whose clauses are quotations
}

// measure is a confirmed measure. Words stand in its clause only; Window and
// How are those of the policy where they are not given.
type measure struct {
	Words     string         `json:"words"`
	Title     string         `json:"title"`
	Who       string         `json:"who"`
	Automatic bool           `json:"automatic"`
	Deadline  string         `json:"deadline"`
	Criteria  []criterion    `json:"criteria"` // all of them
	Benefit   domain.Benefit `json:"benefit"`
	Window    *domain.Window `json:"window"`
	How       *domain.How    `json:"how"`
}

// criterion is a condition with the words that say it, or a node over others.
type criterion struct {
	Field  domain.Field `json:"field"`
	Op     domain.Op    `json:"op"` // in, where it is left out
	Values []string     `json:"values"`
	Number int64        `json:"number"`
	Words  string       `json:"words"`
	Any    []criterion  `json:"any"`
	Not    *criterion   `json:"not"`
}

func reviewOf(name string) (*review, error) {
	data, err := files.ReadFile("policies/" + name + ".json")
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var r review
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("read %s.json: %w", name, err)
	}
	return &r, nil
}

// confirm writes the drafter's corrections into a policy as it was read.
func (r *review) confirm(p *domain.Policy, names *rules.Rules) error {
	p.DocKind, p.Audience, p.ApplyDeadline = r.Kind, r.Audience, r.Deadline
	for _, d := range domain.Dimensions() {
		if codes, ok := r.Tags[d]; ok {
			p.Tags = confirmTags(p.Tags, d, codes, names)
		}
	}
	p.Measures = nil
	for i, m := range r.Measures {
		made, err := r.measure(p, m)
		if err != nil {
			return fmt.Errorf("measure %q: %w", m.Title, err)
		}
		made.ID = domain.MeasureID(fmt.Sprintf("m%d", i+1))
		p.Measures = append(p.Measures, made)
	}
	return nil
}

// confirmTags confirms the tags of one dimension that have these codes, adds
// those that the machine missed and removes the others.
func confirmTags(tags []domain.Tag, d domain.Dimension, codes []string, names *rules.Rules) []domain.Tag {
	found := map[string]bool{}
	for i := range tags {
		t := &tags[i]
		switch {
		case t.Dimension != d:
		case slices.Contains(codes, t.Code):
			t.State, found[t.Code] = domain.Confirmed, true
		default:
			t.State = domain.Removed
		}
	}
	for _, code := range codes {
		if !found[code] {
			tags = append(tags, domain.Tag{Dimension: d, Code: code, Name: names.Name(d, code), State: domain.Confirmed})
		}
	}
	return tags
}

func (r *review) measure(p *domain.Policy, m measure) (domain.Measure, error) {
	clause := clauseWith(p, m.Words)
	if clause == nil {
		return domain.Measure{}, domain.Errorf(domain.Invalid, "原文中没有“%s”", m.Words)
	}
	made := domain.Measure{
		Clause: clause.Path, Title: m.Title, Text: clause.Text, Start: clause.Start, End: clause.End, Who: m.Who,
		Benefit: m.Benefit, Window: r.Window, How: r.How,
	}
	made.Benefit.Text = sentenceWith(clause.Text, m.Words)
	benefit := "benefit.amount"
	if m.Benefit.Rate > 0 {
		benefit = "benefit.rate"
	}
	made.Evidence = map[string][]domain.Evidence{benefit: evidence(p, clause, m.Words)}
	if m.Automatic {
		made.How = domain.How{Mode: "automatic", Contact: r.How.Contact}
		made.Window = domain.Window{From: p.EffectiveFrom, To: p.Expires}
	}
	if m.Window != nil {
		made.Window = *m.Window
	}
	if m.How != nil {
		made.How = *m.How
	}
	if m.Deadline != "" {
		made.Window.Deadline = m.Deadline
	}
	var parts []domain.Criteria
	for _, c := range m.Criteria {
		parts = append(parts, c.criteria(p, clause, &made.Unread))
	}
	made.Criteria = domain.AllOf(parts...)
	return made, made.Criteria.Validate()
}

func (c criterion) criteria(p *domain.Policy, near *domain.Clause, unread *[]string) domain.Criteria {
	if c.Not != nil {
		return domain.NotOf(c.Not.criteria(p, near, unread))
	}
	if c.Any != nil {
		var parts []domain.Criteria
		for _, part := range c.Any {
			parts = append(parts, part.criteria(p, near, unread))
		}
		return domain.AnyOf(parts...)
	}
	leaf := domain.Condition{Field: c.Field, Op: c.Op, Values: c.Values, Number: c.Number, Evidence: evidence(p, near, c.Words)}
	switch {
	case c.Field == domain.FieldOther:
		leaf.Unread = c.Words
		*unread = append(*unread, c.Words)
	case c.Op == "":
		leaf.Op = domain.In
	}
	return domain.Leaf(leaf)
}

// evidence finds words in the clause of a measure or, where they are not in
// it, in the rest of the policy. Conditions that follow from the issuer have
// no words.
func evidence(p *domain.Policy, near *domain.Clause, words string) []domain.Evidence {
	if words == "" {
		return nil
	}
	clause := near
	if !strings.Contains(clause.Text, words) {
		if clause = clauseWith(p, words); clause == nil {
			return nil
		}
	}
	start := clause.Start + utf8.RuneCountInString(clause.Text[:strings.Index(clause.Text, words)])
	return []domain.Evidence{{Start: start, End: start + utf8.RuneCountInString(words), Text: words}}
}

// clauseWith returns the first clause with a path that holds the words.
func clauseWith(p *domain.Policy, words string) *domain.Clause {
	for i := range p.Clauses {
		if c := &p.Clauses[i]; c.Path != "" && strings.Contains(c.Text, words) {
			return c
		}
	}
	return nil
}

// sentenceWith cuts the sentence around words out of a text.
func sentenceWith(text, words string) string {
	at := strings.Index(text, words)
	start := strings.LastIndexAny(text[:at], "。；") + 1
	if start > 0 && start < len(text) && !utf8.RuneStart(text[start]) { // the full stop takes three bytes
		start += 2
	}
	end := len(text)
	if stop := strings.IndexAny(text[at:], "。；"); stop >= 0 {
		end = at + stop
	}
	return strings.TrimSpace(text[start:end])
}

// interpret binds the interpretations to the policy: the words that they quote
// become the paths of their clauses, and a case with a sum gets the measure
// that gives it.
func (r *review) interpret(p *domain.Policy) ([]interpretations.Item, error) {
	for i := range r.Items {
		it := &r.Items[i]
		it.Policy, it.PolicyVersion, it.State = p.ID, p.Version, interpretations.Draft
		if it.Case != nil && it.Case.Amount > 0 {
			it.Case.Measure = measureOf(p, it.Case)
		}
		for _, words := range quoted(it) {
			clause := clauseWith(p, *words)
			if clause == nil {
				return nil, domain.Errorf(domain.Invalid, "原文中没有“%s”", *words)
			}
			*words = clause.Path
		}
		if err := it.Check(p); err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	return r.Items, nil
}

// quoted returns the places of an item that hold quotations.
func quoted(it *interpretations.Item) []*string {
	var words []*string
	if it.QA != nil {
		for i := range it.QA.Clauses {
			words = append(words, &it.QA.Clauses[i])
		}
	}
	if it.Chart != nil {
		words = append(words, &it.Chart.Clause)
		for i := range it.Chart.Points {
			if own := &it.Chart.Points[i].Clause; *own != "" {
				words = append(words, own)
			}
		}
	}
	if it.Case != nil {
		words = append(words, &it.Case.Clause)
	}
	return words
}

// measureOf finds the measure in the clause that a case quotes which gives its
// sum, or "" if none does.
func measureOf(p *domain.Policy, c *interpretations.Case) domain.MeasureID {
	for _, m := range p.Measures {
		if !strings.Contains(m.Text, c.Clause) {
			continue
		}
		if sum, _, ok := interpretations.Compute(m.Benefit, c.Base); ok && sum == c.Amount {
			return m.ID
		}
	}
	return ""
}
