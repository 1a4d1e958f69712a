package interpretations

import (
	"embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"policypush/internal/domain"
)

//go:embed templates/render.html
var files embed.FS

var forms = template.Must(template.ParseFS(files, "templates/render.html"))

// Render draws the item for a page, as it stands on a day (YYYY-MM-DD): a
// timeline shows what is over and what comes next. The markup follows
// portal.css; the ids that Anchor gives to clauses come from the page. others
// are the interpretations that a one-page picture may
// show; one that is not among them is left out. An item that Check refuses may
// be drawn incompletely, but never unescaped.
func (it *Item) Render(policy *domain.Policy, day string, others ...Item) (template.HTML, error) {
	var name string
	var view any
	switch {
	case it.QA != nil:
		name = "qa"
		view = struct {
			ID               int64
			Question, Answer string
			Cites            []Cite
			Corrections      []correctionView
		}{it.ID, it.QA.Question, it.QA.Answer, cites(policy, it.QA.Clauses...), it.corrections()}
	case it.Chart != nil && slices.Contains(Forms(), it.Chart.Form):
		name = string(it.Chart.Form)
		view = it.chartView(policy, day)
	case it.Case != nil:
		name = "case"
		view = struct {
			ID    int64
			Title string
			*Case
			Cites []Cite
		}{it.ID, it.Title, it.Case, cites(policy, it.Case.Clause)}
	case it.Comparison != nil:
		name = "comparison"
		view = it.comparisonView(policy)
	case it.Record != nil:
		name = "record"
		view = struct {
			ID         int64
			Title, Day string
			*Record
			Paragraphs []string
			Cites      []Cite
		}{it.ID, it.Title, chineseDay(it.Record.Date), it.Record, paragraphs(it.Record.Transcript), cites(policy, it.Record.Clause)}
	case it.OnePage != nil:
		name = "onepage"
		view = it.onePageView(policy, day, others)
	default:
		return "", domain.Errorf(domain.Invalid, "这条解读没有内容，请重新编辑")
	}
	var b strings.Builder
	if err := forms.ExecuteTemplate(&b, name, view); err != nil {
		return "", fmt.Errorf("render interpretation %d: %w", it.ID, err)
	}
	return template.HTML(b.String()), nil // escaped by html/template
}

// Place is where an item that Render drew stands, after the address of its
// policy: #qa-12, or /onepage, which is a page of its own.
func (it *Item) Place() string {
	name := "fig"
	switch it.Kind {
	case OnePageKind:
		return "/onepage"
	case QAKind:
		name = "qa"
	case CaseKind:
		name = "case"
	case ComparisonKind:
		name = "diff"
	case RecordKind:
		name = "rec"
	}
	return fmt.Sprintf("#%s-%d", name, it.ID)
}

// Anchor is the id that a page gives to the clause with this index in
// Policy.Clauses, so that a Cite finds it.
func Anchor(clause int) string { return fmt.Sprintf("c%d", clause) }

// Cite is a link to a clause on the same page.
type Cite struct {
	Href  string // #c12
	Label string // 第五条, 二（四）1
}

// CiteOf returns the link to the first clause that has a path, and false if
// there is none.
func CiteOf(policy *domain.Policy, path string) (Cite, bool) {
	for i := range policy.Clauses {
		if path != "" && policy.Clauses[i].Path == path {
			return Cite{Href: "#" + Anchor(i), Label: asWritten.Replace(path)}, true
		}
	}
	return Cite{}, false
}

// asWritten makes of a path what people write: 二/(四)/1 is 二（四）1.
var asWritten = strings.NewReplacer("/", "", "(", "（", ")", "）")

// PathOf returns the path of the first clause that people write so, or what they
// wrote if there is none.
func PathOf(policy *domain.Policy, written string) string {
	for i := range policy.Clauses {
		if path := policy.Clauses[i].Path; path != "" && asWritten.Replace(path) == written {
			return path
		}
	}
	return written
}

func cites(policy *domain.Policy, paths ...string) []Cite {
	var cs []Cite
	for _, path := range paths {
		if c, ok := CiteOf(policy, path); ok {
			cs = append(cs, c)
		}
	}
	return cs
}

// correctionView says what was corrected on a day: the parts that changed, before and after.
type correctionView struct {
	Day   string
	Parts []correctedPart
}

type correctedPart struct {
	Name          string
	Before, After []span
}

// corrections are those of a question and answer, the latest first.
func (it *Item) corrections() []correctionView {
	var vs []correctionView
	now := *it.QA
	for _, c := range slices.Backward(it.Corrected) {
		v := correctionView{Day: chineseDay(c.At.In(beijing).Format(time.DateOnly))}
		for _, part := range []struct{ name, before, after string }{
			{"问题", c.Was.Question, now.Question},
			{"答复", c.Was.Answer, now.Answer},
			{"依据", asWritten.Replace(strings.Join(c.Was.Clauses, "、")), asWritten.Replace(strings.Join(now.Clauses, "、"))},
		} {
			if part.before != part.after {
				before, after := changes(part.before, part.after)
				v.Parts = append(v.Parts, correctedPart{part.name, before, after})
			}
		}
		vs, now = append(vs, v), c.Was
	}
	return vs
}

// beijing is the time by which people read a day.
var beijing = time.FixedZone("CST", 8*60*60)

// comparisonView is what the template of a comparison draws.
type comparisonView struct {
	ID            int64
	Title, Former string
	Rows          []comparedRow
}

type comparedRow struct {
	Topic         string
	Before, After []span
	Cites         []Cite
}

func (it *Item) comparisonView(policy *domain.Policy) comparisonView {
	v := comparisonView{ID: it.ID, Title: it.Title, Former: it.Comparison.Former}
	for _, r := range it.Comparison.Rows {
		row := comparedRow{Topic: r.Topic, Cites: cites(policy, r.Clause)}
		row.Before, row.After = changes(r.Before, r.After)
		v.Rows = append(v.Rows, row)
	}
	return v
}

// paragraphs parts a text at its line breaks.
func paragraphs(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// onePageView is what the template of a one-page picture draws.
type onePageView struct {
	ID     int64
	Lead   string
	Hero   []heroView
	Blocks []blockView
}

type heroView struct {
	Entry
	Cites []Cite
}

type blockView struct {
	Number string // 一, 二 …
	Title  string
	Form   BlockForm
	Lines  []Entry
	Inner  template.HTML // of an Embedded block
	Cites  []Cite
}

func (it *Item) onePageView(policy *domain.Policy, day string, others []Item) onePageView {
	v := onePageView{ID: it.ID, Lead: it.OnePage.Lead}
	for _, e := range it.OnePage.Hero {
		v.Hero = append(v.Hero, heroView{e, cites(policy, e.Clause)})
	}
	for _, b := range it.OnePage.Blocks {
		block := blockView{Title: b.Title, Form: b.Form, Lines: b.Lines, Cites: cites(policy, b.cites()...)}
		if b.Form == Embedded {
			i := slices.IndexFunc(others, func(o Item) bool { return o.ID == b.Item && o.Kind != OnePageKind })
			if i < 0 || others[i].Outdated(policy) { // nothing on a picture says that it is being checked
				continue
			}
			inner, err := others[i].Render(policy, day)
			if err != nil {
				continue // it has no content: its own page says so
			}
			block.Inner = template.HTML(strings.Replace(string(inner), "<details id=", "<details open id=", 1))
		}
		block.Number = string([]rune("一二三四五六七八九")[len(v.Blocks)%9])
		v.Blocks = append(v.Blocks, block)
	}
	return v
}

// chart is what the templates of the forms draw.
type chart struct {
	ID            int64
	Title, Unit   string
	Before, After string
	Rows          []row
	Sum, Total    string
	Wide          bool // few enough steps to stand in a line
	Noted         bool // a point has a note or a long name, which needs a line of its own
	Long          bool // names or values of bars need several lines
	Whole         bool // the values are percentages of the whole: they need no second one
	Plot          *plot
	Cites         []Cite
}

// row is a point with everything that its form draws of it.
type row struct {
	Label, Note        string
	Value, BeforeValue string
	More, Less         string
	Bar, BeforeBar     bar
	Class              string // k1 … of a share; past, now of a timeline
	Percent            string
	Dash, Offset       string
	Date, Day          string
}

type bar struct {
	Class string
	Width string // 0 to 100
}

func (it *Item) chartView(policy *domain.Policy, day string) chart {
	c := it.Chart
	view := chart{
		ID: it.ID, Title: it.Title, Before: c.Before, After: c.After,
		Wide: len(c.Points) <= 5, Cites: cites(policy, c.cites()...),
	}
	if c.Form.Numeric() { // days and steps have no unit, whatever was typed
		view.Unit = c.Unit
	}
	top, sum := 0.0, 0.0
	for _, p := range c.Points {
		top = max(top, p.Value, p.Before)
		sum += p.Value
	}
	if c.Total != nil {
		view.Total = domain.Number(*c.Total)
	}
	if c.Form == Share {
		view.Sum, view.Whole = domain.Number(sum), percentages(c.Unit)
		if utf8.RuneCountInString(view.Sum) > ringSum || utf8.RuneCountInString(view.Unit) > ringSum { // it has no room in the ring
			view.Sum, view.Total = "", view.Sum
		}
	}
	for _, name := range []string{view.Before, view.After} {
		view.Long = view.Long || utf8.RuneCountInString(name) > barName
	}
	drawn := 0.0
	for i, p := range c.Points {
		r := row{
			Label: p.Label, Note: p.Note, Value: c.written(p.Value), BeforeValue: c.written(p.Before),
			Bar: barOf(p.Value, top, "s1"), BeforeBar: barOf(p.Before, top, "s0"), Date: p.Date, Day: chineseDay(p.Date),
		}
		if d := p.Value - p.Before; d > 0 {
			r.More = c.written(d)
		} else if d < 0 {
			r.Less = c.written(-d)
		}
		switch c.Form {
		case Share:
			r.Class = fmt.Sprintf("k%d", i%MaxShares+1)
			r.Percent, r.Dash, r.Offset = slice(p.Value, drawn, sum)
			drawn += p.Value
		case Timeline:
			r.Class = c.stage(i, day)
		}
		view.Rows = append(view.Rows, r)
		view.Noted = view.Noted || p.Note != "" || utf8.RuneCountInString(p.Label) > rankName
		view.Long = view.Long || len(r.Value+r.More+r.Less) > barValue || len(r.BeforeValue) > barValue
	}
	if c.Form == Line {
		view.Plot = c.plot()
	}
	return view
}

func barOf(v, top float64, class string) bar {
	width := 0.0
	if top > 0 {
		width = v / top * 100
	}
	if v > 0 {
		width = max(width, 1) // a small value is still seen
	}
	return bar{Class: class, Width: fmt.Sprintf("%.4g", width)}
}

// So many characters have their place beside or in a drawing.
const (
	ringSum  = 7  // the sum of shares, and its unit
	barName  = 8  // the names of a comparison
	barValue = 12 // a value with its change
	rankName = 12 // the label of a bar
)

// slice returns a part's percentage, to a tenth, and the dash of its arc on the
// circle of radius 42, a small gap apart from the next.
func slice(v, before, sum float64) (percent, dash, offset string) {
	const round = 2 * math.Pi * 42
	if v <= 0 {
		return "0%", "", "" // nothing is drawn of it
	}
	arc := max(v/sum*round-1.4, 0.1)
	if v == sum { // there is no next
		arc = round
	}
	percent = domain.Number(math.Round(v/sum*1000)/10) + "%"
	switch {
	case v > 0 && v/sum < 0.0005:
		percent = "不到0.1%"
	case v < sum && v/sum >= 0.9995:
		percent = "超过99.9%"
	}
	return percent, fmt.Sprintf("%.2f %.2f", arc, round-arc), fmt.Sprintf("%.2f", -before/sum*round)
}

// percentages tells whether a unit is that of parts of a hundred.
func percentages(unit string) bool { return unit == "%" || unit == "％" }

// stage tells whether point i of a timeline is over or the next to come.
func (c *Chart) stage(i int, day string) string {
	date := c.Points[i].Date
	switch {
	case date == "":
		return ""
	case date < day:
		return "past"
	}
	for j, p := range c.Points {
		if p.Date >= day && (p.Date < date || p.Date == date && j < i) {
			return ""
		}
	}
	return "now"
}

func chineseDay(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.Format("2006年1月2日")
}

// written is a value as it stands beside its bar: a percentage says so itself.
func (c *Chart) written(v float64) string {
	if percentages(c.Unit) {
		return domain.Number(v) + "%"
	}
	return domain.Number(v)
}
