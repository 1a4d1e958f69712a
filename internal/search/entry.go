package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// PassageKind says what part of an entry a passage is.
type PassageKind byte

// The kinds of passages.
const (
	Clause  PassageKind = 'c' // Ref is the path of the clause
	Measure PassageKind = 'm' // Ref is the id of the measure
	Answer  PassageKind = 'a' // a question with its answer; Ref is the id of the interpretation
)

// Passage is a part of an entry that a result may point to.
type Passage struct {
	Kind PassageKind
	Ref  string
	Text string
}

// Facet names what lists of results can be restricted to.
type Facet string

// The facets of an entry.
const (
	AudienceFacet Facet = "s" // enterprise, resident; both stands for both of them
	ThemeFacet    Facet = "t"
	BenefitFacet  Facet = "w"
	IssuerFacet   Facet = "o"
	IndustryFacet Facet = "i" // sections
	RegionFacet   Facet = "r"
	StateFacet    Facet = "v" // domain.PolicyStatus
)

// Entry is a policy or a file.
type Entry struct {
	Key       string `json:"-"`
	Title     string `json:"title"`
	DocNumber string `json:"number,omitempty"`
	// Ended entries can not be had any more and are worth less than those that can.
	Ended     bool               `json:"ended,omitempty"`
	Date      string             `json:"date,omitempty"`      // YYYY-MM-DD, of publication
	Deadlines []string           `json:"deadlines,omitempty"` // YYYY-MM-DD in order, last days to apply
	Expires   string             `json:"expires,omitempty"`   // last day in force
	Facets    map[Facet][]string `json:"facets,omitempty"`
	Passages  []Passage          `json:"-"`
}

// Passages follow the head of an entry, each as kind, ref, fieldEnd, text and
// passageEnd.
const (
	fieldEnd   = "\x1f"
	passageEnd = "\x1e"
)

// encode is the form in which the index keeps an entry.
func (e *Entry) encode() ([]byte, error) {
	head, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode entry %s: %w", e.Key, err)
	}
	size := len(head) + 1
	for _, p := range e.Passages {
		size += len(p.Ref) + len(p.Text) + 3
	}
	b := append(make([]byte, 0, size), head...)
	b = append(b, passageEnd...)
	for _, p := range e.Passages {
		b = append(b, byte(p.Kind))
		b = append(b, printable(p.Ref)...)
		b = append(b, fieldEnd...)
		b = append(b, printable(p.Text)...)
		b = append(b, passageEnd...)
	}
	return b, nil
}

// printable leaves out control characters other than white space: two of them
// part passages.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

var errEntry = errors.New("entry of the index is damaged")

// decode reads what encode wrote.
func decode(key, stored string) (*Entry, error) {
	head, rest, ok := strings.Cut(stored, passageEnd)
	if !ok {
		return nil, errEntry
	}
	e := &Entry{Key: key}
	if err := json.Unmarshal([]byte(head), e); err != nil {
		return nil, fmt.Errorf("%w: %w", errEntry, err)
	}
	for rest != "" {
		var one string
		one, rest, ok = strings.Cut(rest, passageEnd)
		ref, text, found := strings.Cut(one, fieldEnd)
		if !ok || !found || ref == "" {
			return nil, errEntry
		}
		e.Passages = append(e.Passages, Passage{PassageKind(ref[0]), ref[1:], text})
	}
	return e, nil
}
