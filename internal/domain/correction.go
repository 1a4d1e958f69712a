package domain

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// What is corrected beside tags: a fact of the document (Code: publish_date …)
// and a field of a measure (Code: rate …, Start: where the measure begins).
const (
	FactCorrected    Dimension = "fact"
	MeasureCorrected Dimension = "measure"
)

// What the machine and the officer say of a tag.
const (
	SaidAbsent = "absent" // the machine: not a word of it
	SaidYes    = "yes"    // the officer: the document is about it
	SaidNo     = "no"
)

// Correction is a case to learn from: what the machine said of a document, what
// an officer says, and where the text says it. Words and Context are parts of
// the text, nothing that was typed. For a tag Machine is suggested, assigned,
// SaidAbsent or "" where it is not known any more, and Officer is SaidYes or
// SaidNo; else both are values as [Policy.Facts] and [Measure.Fields]
// write them.
type Correction struct {
	ID        int64
	Policy    PolicyID
	Version   int
	Dimension Dimension
	Code      string
	Machine   string
	Officer   string
	Start     int // of Words in the text, in code points; both 0 if no place was told
	End       int
	Words     string
	Context   string // the sentence around Words
	By        OperatorID
	At        time.Time
}

// Confirms tells whether the officer says what the machine said.
func (c *Correction) Confirms() bool {
	switch c.Dimension {
	case FactCorrected, MeasureCorrected:
		return c.Machine == c.Officer
	default:
		return (c.Machine == string(Assigned)) == (c.Officer == SaidYes)
	}
}

// maxWords and maxContext bound what is kept of a text, in characters.
const (
	maxWords   = 200
	maxContext = 160
)

// Cite sets the place of a correction and the sentence around it. A place that
// is not in the text is none.
func (c *Correction) Cite(text string, start, end int) {
	c.Start, c.End, c.Words, c.Context = 0, 0, "", ""
	runes := []rune(text)
	if start < 0 || end > len(runes) || start >= end {
		return
	}
	end = min(end, start+maxWords)
	c.Start, c.End, c.Words = start, end, string(runes[start:end])
	from, to := start, end
	ends := func(r rune) bool { return strings.ContainsRune("。；;！？\n", r) }
	for from > 0 && !ends(runes[from-1]) && end-from < maxContext {
		from--
	}
	for to < len(runes) && !ends(runes[to-1]) && to-from < maxContext {
		to++
	}
	c.Context = strings.TrimSpace(string(runes[from:to]))
}

// FindWords finds words of a text at or after a code point, else before it;
// white space does not count. A person copies from a page that breaks lines
// elsewhere.
func FindWords(text, words string, from int) (start, end int, ok bool) {
	return Unbreak(text).Find(words, from)
}

// Unbroken is a text without its white space, to look for words that may be broken
// elsewhere in it.
type Unbroken struct {
	letters string
	at      []int // of each letter in the text, in code points
}

// Unbreak takes the white space out of a text.
func Unbreak(text string) Unbroken {
	var u Unbroken
	var b strings.Builder
	b.Grow(len(text))
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			b.WriteRune(r)
			u.at = append(u.at, n)
		}
		n++
	}
	u.letters = b.String()
	return u
}

// Find is [FindWords] of the text.
func (u Unbroken) Find(words string, from int) (start, end int, ok bool) {
	sought := Unbreak(words)
	if sought.letters == "" {
		return 0, 0, false
	}
	for byteAt := 0; ; byteAt += len(sought.letters) {
		i := strings.Index(u.letters[byteAt:], sought.letters)
		if i < 0 {
			return start, end, ok
		}
		byteAt += i
		first := CodePoints(u.letters[:byteAt])
		if s, e := u.at[first], u.at[first+len(sought.at)-1]+1; !ok || s >= from {
			start, end, ok = s, e, true
		}
		if start >= from {
			return start, end, ok
		}
	}
}

// readField is a value that a machine reads and an officer corrects.
type readField[T any] struct {
	name, label string
	value       func(*T) string
}

var factFields = []readField[Policy]{
	{"title", "标题", func(p *Policy) string { return p.Title }},
	{"doc_number", "发文字号", func(p *Policy) string { return p.DocNumber }},
	{"issuers", "发文机关", func(p *Policy) string { return strings.Join(p.Issuers, "、") }},
	{"doc_kind", "文种", func(p *Policy) string { return p.DocKind }},
	{"audience", "适用对象", func(p *Policy) string { return string(p.Audience) }},
	{"publish_date", "成文日期", func(p *Policy) string { return p.PublishDate }},
	{"effective_from", "施行日期", func(p *Policy) string { return p.EffectiveFrom }},
	{"expires", "有效期至", func(p *Policy) string { return p.Expires }},
	{"apply_deadline", "申请截止", func(p *Policy) string { return p.ApplyDeadline }},
	{"replaces", "替代的文件", func(p *Policy) string { return referenceList(p.Replaces) }},
	{"amends", "修改或延续的文件", func(p *Policy) string { return referenceList(p.Amends) }},
}

// IsMeasure is the field of a measure that says that it is one: of one that was
// read and is none the officer's value is "", of one that was missed the
// machine's.
const IsMeasure = "measure"

var measureFields = []readField[Measure]{
	{IsMeasure, "政策点", func(*Measure) string { return SaidYes }},
	{"who", "对象", func(m *Measure) string { return m.Who }},
	{"criteria", "条件", func(m *Measure) string { return criteriaValue(&m.Criteria) }},
	{"kind", "支持方式", func(m *Measure) string { return m.Benefit.Kind }},
	{"rate", "比例", func(m *Measure) string { return number(m.Benefit.Rate) }},
	{"from_rate", "原比例", func(m *Measure) string { return number(m.Benefit.FromRate) }},
	{"base", "按什么算", func(m *Measure) string { return m.Benefit.Base }},
	{"amount", "金额", func(m *Measure) string { return number(m.Benefit.Amount) }},
	{"tiers", "分档金额", func(m *Measure) string { return numbers(m.Benefit.Tiers) }},
	{"unit", "金额按每", func(m *Measure) string { return m.Benefit.Unit }},
	{"cap", "最高", func(m *Measure) string { return number(m.Benefit.Cap) }},
	{"cap_per", "最高按每", func(m *Measure) string { return m.Benefit.CapPer }},
	{"months", "月数", func(m *Measure) string { return number(float64(m.Benefit.Months)) }},
	{"from", "开始", func(m *Measure) string { return m.Window.From }},
	{"to", "结束", func(m *Measure) string { return m.Window.To }},
	{"deadline", "申请截止", func(m *Measure) string { return m.Window.Deadline }},
	{"relative", "相对期限", func(m *Measure) string { return m.Window.Relative }},
	{"mode", "办理方式", func(m *Measure) string { return m.How.Mode }},
}

// number writes 0, which stands for what the text does not say, as nothing.
func number(f float64) string {
	if f == 0 {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func numbers(all []float64) string {
	texts := make([]string, len(all))
	for i, f := range all {
		texts[i] = number(f)
	}
	return strings.Join(texts, "、")
}

// criteriaValue writes conditions as one value: their tree, without the words of
// the text and without what could not be read and has to be met besides.
func criteriaValue(c *Criteria) string {
	bare := bareCriteria(c)
	if bare.IsZero() {
		return ""
	}
	value, err := json.Marshal(bare)
	if err != nil { // a tree of strings and numbers is always written
		return ""
	}
	return string(value)
}

func bareCriteria(c *Criteria) Criteria {
	switch {
	case c.Leaf != nil && c.Leaf.Field == FieldOther:
		return Criteria{}
	case c.Leaf != nil:
		return Leaf(Condition{Field: c.Leaf.Field, Op: c.Leaf.Op, Values: c.Leaf.Values, Number: c.Leaf.Number})
	case c.Not != nil:
		return NotOf(bareOr(c.Not))
	case c.Any != nil:
		one := Criteria{Any: []Criteria{}}
		for i := range c.Any {
			one.Any = append(one.Any, bareOr(&c.Any[i]))
		}
		return one
	default:
		var parts []Criteria
		for i := range c.All {
			parts = append(parts, bareCriteria(&c.All[i]))
		}
		return AllOf(parts...)
	}
}

// bareOr is bareCriteria where a part may not be left out, since the rest would
// mean something else.
func bareOr(c *Criteria) Criteria {
	if bare := bareCriteria(c); !bare.IsZero() {
		return bare
	}
	return Leaf(Condition{Field: FieldOther})
}

// KeptCriteria reads what [Measure.Fields] writes of conditions.
func KeptCriteria(value string) (c Criteria, ok bool) {
	return c, value == "" || json.Unmarshal([]byte(value), &c) == nil
}

// Facts are the values of a document that are kept as cases when they are
// corrected, by name.
func (p *Policy) Facts() map[string]string { return valuesOf(factFields, p) }

// Fields are the values of a measure that are kept likewise.
func (m *Measure) Fields() map[string]string { return valuesOf(measureFields, m) }

func valuesOf[T any](fields []readField[T], of *T) map[string]string {
	values := make(map[string]string, len(fields))
	for _, f := range fields {
		values[f.name] = f.value(of)
	}
	return values
}

// CorrectedName is the Chinese name of a fact or of a field of a measure; ""
// if there is none of that name.
func CorrectedName(d Dimension, code string) string {
	switch d {
	case FactCorrected:
		return labelOf(factFields, code)
	case MeasureCorrected:
		return labelOf(measureFields, code)
	default:
		return ""
	}
}

// CorrectedCodes lists the names by which facts, or fields of a measure, are
// kept.
func CorrectedCodes(d Dimension) []string {
	switch d {
	case FactCorrected:
		return codesOf(factFields)
	case MeasureCorrected:
		return codesOf(measureFields)
	default:
		return nil
	}
}

func codesOf[T any](fields []readField[T]) []string {
	codes := make([]string, len(fields))
	for i, f := range fields {
		codes[i] = f.name
	}
	return codes
}

func labelOf[T any](fields []readField[T], name string) string {
	for _, f := range fields {
		if f.name == name {
			return f.label
		}
	}
	return ""
}

// Changes are the corrections that lead from some values to others, in the
// order of their names.
func Changes(d Dimension, before, after map[string]string) []Correction {
	var list []Correction
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] {
			list = append(list, Correction{Dimension: d, Code: name, Machine: before[name], Officer: after[name]})
		}
	}
	return list
}

// referenceList writes documents as one value, in an order of its own.
func referenceList(refs []Reference) string {
	var names []string
	for _, r := range refs {
		names = append(names, r.String())
	}
	slices.Sort(names)
	return strings.Join(names, "；")
}
