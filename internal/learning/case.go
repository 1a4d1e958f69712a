// Package learning makes rules of what officers corrected. It proposes words
// and leans (propose.go), tells what each would change in everything that is
// known to be right (effect.go), and holds what was accepted against every
// later reading ([Check]). It changes nothing: a person accepts.
package learning

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/tagging"
	"policypush/rules"
)

// The bounds of a file of cases.
const (
	maxLine  = 16 << 20 // bytes of one document
	maxCases = 20_000   // documents
	maxSays  = 2_000    // of one document
)

// Case is a document with what officers say of it.
type Case struct {
	Key   string // begins the SHA-256 of the text
	Title string
	Text  string
	Says  []domain.Correction

	ours bool // comes with the program: it must not break, and is not counted
}

// keyOf names a document by its text.
func keyOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// FromCorrections makes cases of what is kept, newest first as storage has
// them; policy finds the document.
func FromCorrections(kept []domain.Correction, policy func(domain.PolicyID) (*domain.Policy, error)) ([]Case, error) {
	texts := map[domain.PolicyID]*domain.Policy{}
	var cases []Case
	for _, c := range kept {
		p := texts[c.Policy]
		if p == nil {
			var err error
			if p, err = policy(c.Policy); err != nil {
				return nil, err
			}
			texts[c.Policy] = p
		}
		cases = append(cases, Case{Title: p.Title, Text: p.Text, Says: []domain.Correction{c}})
	}
	return Merge(cases), nil
}

// Merge puts what is said of one text together. Of two words about one thing
// the first counts. Documents stand in the order of their keys, so that the
// same cases give the same proposals.
func Merge(cases []Case) []Case {
	byKey := map[string]int{}
	var all []Case
	for _, c := range cases {
		c.Key = keyOf(c.Text)
		i, known := byKey[c.Key]
		if !known {
			i = len(all)
			byKey[c.Key] = i
			all = append(all, Case{Key: c.Key, Title: c.Title, Text: c.Text})
		}
		for _, s := range c.Says {
			if !slices.ContainsFunc(all[i].Says, func(o domain.Correction) bool { return same(&o, &s) }) {
				all[i].Says = append(all[i].Says, s)
			}
		}
	}
	for i := range all {
		slices.SortStableFunc(all[i].Says, func(a, b domain.Correction) int {
			return strings.Compare(subject(&a), subject(&b))
		})
	}
	slices.SortFunc(all, func(a, b Case) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// subject is what a correction is about.
func subject(c *domain.Correction) string {
	at := 0
	if c.Dimension == domain.MeasureCorrected {
		at = c.Start
	}
	return fmt.Sprintf("%s|%s|%d", c.Dimension, c.Code, at)
}

func same(a, b *domain.Correction) bool { return subject(a) == subject(b) }

// line is a document in a file of cases.
type line struct {
	Title string   `json:"title"`
	Text  string   `json:"text"`
	Says  []saying `json:"says"`
}

type saying struct {
	Dimension domain.Dimension `json:"dimension"`
	Code      string           `json:"code"`
	Machine   string           `json:"machine"`
	Officer   string           `json:"officer"`
	Start     int              `json:"start,omitempty"`
	End       int              `json:"end,omitempty"`
	Words     string           `json:"words,omitempty"` // for people: the place is Start and End
}

// ReadCases reads a file of cases, one JSON object a line. Errors name the
// file and the line.
func ReadCases(r io.Reader, name string) ([]Case, error) {
	var cases []Case
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 1
	for ; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		c, problem := parseCase(lines.Bytes())
		if problem != nil {
			return nil, problem.At(name, n)
		}
		if cases = append(cases, c); len(cases) > maxCases {
			return nil, domain.Errorf(domain.Invalid, "超过%d份文件，请分几次", maxCases).At(name, n)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, domain.Errorf(domain.Invalid, "一行超过%d MB，请去掉这份文件", maxLine>>20).At(name, n)
	case err != nil:
		return nil, domain.Errorf(domain.Invalid, "读不出来，请检查磁盘").Because(err).At(name, n)
	}
	return Merge(cases), nil
}

func parseCase(data []byte) (Case, *domain.Error) {
	var l line
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return Case{}, domain.Errorf(domain.Invalid, "不是一条完整的更正用例，请检查括号、引号和字段名").Because(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Case{}, domain.Errorf(domain.Invalid, "一行只能有一份文件")
	}
	c := Case{Title: l.Title, Text: l.Text}
	switch {
	case strings.TrimSpace(l.Text) == "":
		return c, domain.Errorf(domain.Invalid, "没有正文").In("text")
	case len(l.Says) == 0 || len(l.Says) > maxSays:
		return c, domain.Errorf(domain.Invalid, "更正要有1到%d条", maxSays).In("says")
	}
	length := utf8.RuneCountInString(l.Text)
	for i, s := range l.Says {
		field := fmt.Sprintf("says[%d]", i)
		tag := slices.Contains(domain.Dimensions(), s.Dimension) && s.Dimension != domain.KeywordTag
		switch {
		case !tag && domain.CorrectedName(s.Dimension, s.Code) == "":
			return c, domain.Errorf(domain.Invalid, "没有“%s”这一类的“%s”", s.Dimension, s.Code).In(field)
		case s.Code == "":
			return c, domain.Errorf(domain.Invalid, "缺少代码").In(field + ".code")
		case tag && s.Officer != domain.SaidYes && s.Officer != domain.SaidNo:
			return c, domain.Errorf(domain.Invalid, "应当是 yes 或 no").In(field + ".officer")
		case s.Start < 0 || s.End < s.Start || s.End > length:
			return c, domain.Errorf(domain.Invalid, "位置%d–%d不在正文里，正文共%d字", s.Start, s.End, length).In(field)
		}
		k := domain.Correction{Dimension: s.Dimension, Code: s.Code, Machine: s.Machine, Officer: s.Officer}
		k.Cite(l.Text, s.Start, s.End)
		if s.Words != "" && s.Words != k.Words {
			return c, domain.Errorf(domain.Invalid, "位置%d–%d的原文不是“%s”", s.Start, s.End, s.Words).In(field + ".words")
		}
		c.Says = append(c.Says, k)
	}
	return c, nil
}

// WriteCases writes cases as [ReadCases] reads them.
func WriteCases(w io.Writer, cases []Case) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, c := range cases {
		l := line{Title: c.Title, Text: c.Text}
		for _, s := range c.Says {
			l.Says = append(l.Says, saying{s.Dimension, s.Code, s.Machine, s.Officer, s.Start, s.End, s.Words})
		}
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// accepted are the cases of an office's folder.
func accepted(r *rules.Rules) []Case {
	var cases []Case
	for _, k := range r.Corrections.All() {
		c := Case{Title: k.Name, Text: k.Text}
		for _, s := range k.Says {
			said := domain.Correction{Dimension: domain.Dimension(s.Dimension), Code: s.Code, Officer: s.Officer}
			if said.Dimension == domain.MeasureCorrected {
				said.Start, said.End = s.At, s.At+domain.CodePoints(s.Words)
			}
			c.Says = append(c.Says, said)
		}
		cases = append(cases, c)
	}
	return cases
}

// supplied are the short cases that come with the program.
func supplied(r *rules.Rules) []Case {
	var cases []Case
	for _, k := range r.TaggingCases.All() {
		c := Case{Title: k.Title, Text: k.Title + "\n" + k.Text, ours: true}
		say := func(d domain.Dimension, officer string, codes []string) {
			for _, code := range codes {
				c.Says = append(c.Says, domain.Correction{Dimension: d, Code: code, Officer: officer})
			}
		}
		say(domain.ThemeTag, domain.SaidYes, k.Must)
		say(domain.ThemeTag, domain.SaidNo, k.Never)
		say(domain.GroupTag, domain.SaidYes, k.Groups)
		say(domain.TaxTag, domain.SaidYes, k.Taxes)
		say(domain.BenefitTag, domain.SaidYes, k.Benefits)
		cases = append(cases, c)
	}
	return cases
}

// read reads a text as it is kept.
func read(t *tagging.Tagger, text string) (*domain.Policy, error) {
	doc, err := document.FromText("", text)
	if err != nil {
		return nil, err
	}
	return t.Read(doc), nil
}

// assigned tells whether a reading has a tag that counts.
func assigned(p *domain.Policy, d domain.Dimension, code string) bool {
	return slices.Contains(p.Codes(d), code)
}

// holds tells whether a reading says what the officer says.
func holds(p *domain.Policy, c *domain.Correction) bool {
	switch c.Dimension {
	case domain.FactCorrected:
		return p.Facts()[c.Code] == c.Officer
	case domain.MeasureCorrected:
		here := func(m domain.Measure) bool { return m.Start <= c.Start && c.Start < m.End }
		if c.Code == domain.IsMeasure && c.Officer == "" {
			return !slices.ContainsFunc(p.Measures, func(m domain.Measure) bool { return isPassage(&m, c) })
		}
		return slices.ContainsFunc(p.Measures, func(m domain.Measure) bool {
			return here(m) && m.Fields()[c.Code] == c.Officer
		})
	default:
		return assigned(p, c.Dimension, c.Code) == (c.Officer == domain.SaidYes)
	}
}

// isPassage tells whether a measure is the passage that an officer spoke of: it begins
// there, or has most of its text there and only begins or ends elsewhere. A longer
// one that goes on over the passage is another.
func isPassage(m *domain.Measure, c *domain.Correction) bool {
	shared := min(m.End, c.End) - max(m.Start, c.Start)
	return m.Start == c.Start || 2*shared > m.End-m.Start
}

// Check reads every accepted case anew and returns an error, with file and
// line, for each saying that a reading by these rules contradicts.
func Check(r *rules.Rules, t *tagging.Tagger) []*domain.Error {
	var problems []*domain.Error
	for i, c := range accepted(r) {
		k := r.Corrections.All()[i]
		p, err := read(t, c.Text)
		for j := range c.Says {
			switch {
			case err != nil:
				problems = append(problems, k.Says[j].Errorf("《%s》读不成：%v", shorten(c.Title), err))
			case !holds(p, &c.Says[j]):
				problems = append(problems, k.Says[j].Errorf("《%s》%s，现在读的不是这样；请改规则，或确认更正已过时后删去这一行", shorten(c.Title), Describe(r, &c.Says[j])))
			}
		}
	}
	return problems
}

// Describe says in Chinese what an officer said.
func Describe(r *rules.Rules, c *domain.Correction) string {
	switch {
	case c.Dimension == domain.MeasureCorrected && c.Code == domain.IsMeasure:
		if c.Officer == "" {
			return "不应有政策点"
		}
		return "应有政策点"
	case c.Dimension == domain.FactCorrected || c.Dimension == domain.MeasureCorrected:
		value := c.Officer
		switch kept, ok := domain.KeptCriteria(value); {
		case ok && c.Code == "criteria":
			value = conditions(r, &kept)
		case c.Code == "audience":
			value = domain.Audience(value).Label()
		case c.Code == "kind":
			value = r.Name(domain.BenefitTag, value)
		case c.Code == "doc_kind" && r.DocumentKinds.Find(value) != nil:
			value = r.DocumentKinds.Find(value).Name
		}
		if value == "" {
			value = "（没有）"
		}
		return domain.CorrectedName(c.Dimension, c.Code) + "应为" + value
	case c.Officer == domain.SaidYes:
		return "应有" + c.Dimension.Label() + "“" + r.Name(c.Dimension, c.Code) + "”"
	default:
		return "不应有" + c.Dimension.Label() + "“" + r.Name(c.Dimension, c.Code) + "”"
	}
}

// conditions lists what criteria ask for, without how they are joined.
func conditions(r *rules.Rules, c *domain.Criteria) string {
	var all []string
	c.Leaves(func(l *domain.Condition) {
		text := l.Field.Label()
		for i, v := range l.Values {
			if i > 0 {
				text += "或"
			}
			text += r.ValueName(l.Field, v)
		}
		if l.Op.Orders() {
			text += fmt.Sprintf("%s%d", map[domain.Op]string{domain.AtLeast: "≥", domain.MoreThan: ">", domain.AtMost: "≤", domain.LessThan: "<"}[l.Op], l.Number)
		}
		all = append(all, text)
	})
	return strings.Join(all, "；")
}

// shorten cuts a title for a line of output.
func shorten(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}
