package web

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// itemView edits one interpretation.
type itemView struct {
	Page
	policyHead
	ID       int64 // 0 for a new one
	Kind     interpretations.Kind
	KindName string
	Form     itemForm
	Forms    []option
	Aspects  []option
	Styles   []option // forms of the blocks of a one-page picture
	Clauses  []option
	Measures []option
	Preview  template.HTML
	Problems problems
}

// itemForm is what was typed. Empty lines are kept out when it is read.
type itemForm struct {
	Aspect                          string
	Title, Question, Answer, Clause string
	Cited                           []string
	Form, Unit, Before, After       string
	Total                           string
	Points                          []pointForm
	Who, Facts, Note                string
	Measure, Base                   string
	Steps                           []interpretations.Step
	ResultName, ResultValue         string
	Former                          string
	Rows                            []rowForm
	URL, Date, Speaker, Minutes     string
	Transcript                      string
	Lead                            string
	Hero                            []heroForm
	Blocks                          []blockForm
}

// pointForm is one row of a chart as typed.
type pointForm struct {
	Label, Value, Before, Date, Note, Clause string
	Clauses                                  []option
}

// rowForm is one row of a comparison as typed.
type rowForm struct {
	Topic, Before, After, Clause string
	Clauses                      []option
}

// heroForm is a figure that stands out as typed.
type heroForm struct {
	Name, Big, Clause string
	Clauses           []option
}

// blockForm is one block of a one-page picture as typed. Lines hold an entry
// each: its name, a few words, what stands out and the clause, as people write
// it, parted by ｜.
type blockForm struct {
	Form, Title, Clause, Item, Lines string
	Styles, Clauses, Items           []option
}

func (itemView) template() string { return "console/interpretation" }

// itemPart is what readers would see, for preview.js, and what is missing.
type itemPart struct{ itemView }

func (itemPart) template() string { return "console/interpretation-part" }

// filled pads the rows of a form with empty ones to write in.
func (f *itemForm) filled(kind interpretations.Kind) {
	if n := len(f.Points); n < interpretations.MaxPoints {
		f.Points = append(f.Points, make([]pointForm, max(4-n, min(2, interpretations.MaxPoints-n)))...)
	}
	if n := len(f.Steps); n < interpretations.MaxSteps {
		f.Steps = append(f.Steps, make([]interpretations.Step, max(3-n, 1))...)
	}
	if n := len(f.Rows); kind == interpretations.ComparisonKind && n < interpretations.MaxRows {
		f.Rows = append(f.Rows, make([]rowForm, max(3-n, 1))...)
	}
	if kind == interpretations.OnePageKind {
		f.Hero = append(f.Hero, make([]heroForm, max(0, interpretations.MaxHero-len(f.Hero)))...)
		if n := len(f.Blocks); n < interpretations.MaxBlocks {
			f.Blocks = append(f.Blocks, make([]blockForm, max(3-n, 1))...)
		}
	}
}

// labelled is a word of the domain with its Chinese name.
type labelled interface {
	~string
	Label() string
}

func labelledOptions[T labelled](all []T, chosen T) []option {
	var options []option
	for _, one := range all {
		options = append(options, option{Code: string(one), Name: one.Label(), Selected: one == chosen})
	}
	return options
}

// onePageOptions fills in what the blocks of a picture may be and show.
func (s *Server) onePageOptions(c *fiber.Ctx, p *domain.Policy, v *itemView) error {
	items, err := s.Store.Interpretations(c.UserContext(), p.ID, false)
	if err != nil {
		return err
	}
	for i := range v.Form.Hero {
		v.Form.Hero[i].Clauses = clauseOptions(p, v.Form.Hero[i].Clause)
	}
	for i := range v.Form.Blocks {
		b := &v.Form.Blocks[i]
		b.Styles = labelledOptions(interpretations.BlockForms(), interpretations.BlockForm(b.Form))
		b.Clauses = clauseOptions(p, b.Clause)
		for _, it := range items {
			if it.Kind != interpretations.OnePageKind {
				code := strconv.FormatInt(it.ID, 10)
				b.Items = append(b.Items, option{Code: code, Name: it.Kind.Label() + "：" + cutRunes(itemTitle(it), 30), Selected: code == b.Item})
			}
		}
	}
	return nil
}

func formOfItem(p *domain.Policy, it interpretations.Item) itemForm {
	f := itemForm{Title: it.Title, Aspect: string(it.Aspect)}
	if qa := it.QA; qa != nil {
		f.Question, f.Answer, f.Cited = qa.Question, qa.Answer, qa.Clauses
	}
	if ch := it.Chart; ch != nil {
		f.Form, f.Unit, f.Before, f.After, f.Clause = string(ch.Form), ch.Unit, ch.Before, ch.After, ch.Clause
		if ch.Total != nil {
			f.Total = trimmed(*ch.Total)
		}
		for _, point := range ch.Points {
			row := pointForm{Label: point.Label, Note: point.Note, Date: point.Date, Clause: point.Clause}
			if ch.Form.Numeric() {
				row.Value = trimmed(point.Value)
			}
			if ch.Form == interpretations.Compare {
				row.Before = trimmed(point.Before)
			}
			f.Points = append(f.Points, row)
		}
	}
	if cs := it.Case; cs != nil {
		f.Who, f.Facts, f.Note, f.Clause, f.Measure = cs.Who, strings.Join(cs.Facts, "\n"), cs.Note, cs.Clause, string(cs.Measure)
		f.Steps, f.ResultName, f.ResultValue = cs.Steps, cs.Result.Name, cs.Result.Value
		if cs.Base != 0 {
			f.Base = trimmed(cs.Base)
		}
	}
	if cp := it.Comparison; cp != nil {
		f.Former = cp.Former
		for _, r := range cp.Rows {
			f.Rows = append(f.Rows, rowForm{Topic: r.Topic, Before: r.Before, After: r.After, Clause: r.Clause})
		}
	}
	if r := it.Record; r != nil {
		f.Form, f.URL, f.Date, f.Speaker, f.Transcript, f.Clause = string(r.Form), r.URL, r.Date, r.Speaker, r.Transcript, r.Clause
		if r.Minutes > 0 {
			f.Minutes = strconv.Itoa(r.Minutes)
		}
	}
	if page := it.OnePage; page != nil {
		f.Lead = page.Lead
		for _, e := range page.Hero {
			f.Hero = append(f.Hero, heroForm{Name: e.Name, Big: e.Big, Clause: e.Clause})
		}
		for _, b := range page.Blocks {
			f.Blocks = append(f.Blocks, formOfBlock(p, b))
		}
	}
	return f
}

func formOfBlock(p *domain.Policy, b interpretations.Block) blockForm {
	f := blockForm{Form: string(b.Form), Title: b.Title, Clause: b.Clause}
	if b.Item > 0 {
		f.Item = strconv.FormatInt(b.Item, 10)
	}
	var lines []string
	for _, e := range b.Lines {
		cite, _ := interpretations.CiteOf(p, e.Clause)
		lines = append(lines, strings.TrimRight(e.Name+"｜"+e.Text+"｜"+e.Big+"｜"+cite.Label, "｜"))
	}
	f.Lines = strings.Join(lines, "\n")
	return f
}

// entriesOf reads the lines of a block. A clause that the policy has not stands
// as it was typed: the check of the item refuses it.
func entriesOf(p *domain.Policy, typed string) []interpretations.Entry {
	var all []interpretations.Entry
	for _, line := range linesOf(typed) {
		parts := strings.SplitN(strings.ReplaceAll(line, "|", "｜"), "｜", 4)
		parts = append(parts, "", "", "")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		all = append(all, interpretations.Entry{Name: parts[0], Text: parts[1], Big: parts[2], Clause: interpretations.PathOf(p, parts[3])})
	}
	return all
}

// typedItem reads the form of an interpretation.
func typedItem(c *fiber.Ctx) itemForm {
	f := itemForm{
		Aspect: field(c, "aspect"), Former: field(c, "former"), URL: field(c, "url"), Date: field(c, "date"), Speaker: field(c, "speaker"),
		Minutes: field(c, "minutes"), Transcript: field(c, "transcript"), Lead: field(c, "lead"),
		Title: field(c, "title"), Question: field(c, "question"), Answer: field(c, "answer"), Clause: field(c, "clause"), Cited: fields(c, "cited"),
		Form: field(c, "form"), Unit: field(c, "unit"), Before: field(c, "before"), After: field(c, "after"), Total: field(c, "total"),
		Who: field(c, "who"), Facts: field(c, "facts"), Note: field(c, "note"), Measure: field(c, "measure"), Base: field(c, "base"),
		ResultName: field(c, "result_name"), ResultValue: field(c, "result_value"),
	}
	for i := range interpretations.MaxPoints {
		n := strconv.Itoa(i)
		row := pointForm{
			Label: field(c, "label"+n), Value: field(c, "value"+n), Before: field(c, "before"+n), Date: field(c, "date"+n),
			Note: field(c, "note"+n), Clause: field(c, "point_clause"+n),
		}
		if row.Label+row.Value+row.Before+row.Date+row.Note != "" {
			f.Points = append(f.Points, row)
		}
	}
	for i := range interpretations.MaxSteps {
		n := strconv.Itoa(i)
		if step := (interpretations.Step{Name: field(c, "step"+n), Value: field(c, "sum"+n)}); step != (interpretations.Step{}) {
			f.Steps = append(f.Steps, step)
		}
	}
	for i := range interpretations.MaxRows {
		n := strconv.Itoa(i)
		row := rowForm{Topic: field(c, "topic"+n), Before: field(c, "old"+n), After: field(c, "new"+n), Clause: field(c, "row_clause"+n)}
		if row.Topic+row.Before+row.After != "" {
			f.Rows = append(f.Rows, row)
		}
	}
	for i := range interpretations.MaxHero {
		n := strconv.Itoa(i)
		if e := (heroForm{Name: field(c, "hero"+n), Big: field(c, "hero_big"+n), Clause: field(c, "hero_clause"+n)}); e.Name+e.Big != "" {
			f.Hero = append(f.Hero, e)
		}
	}
	for i := range interpretations.MaxBlocks {
		n := strconv.Itoa(i)
		b := blockForm{Form: field(c, "style"+n), Title: field(c, "heading"+n), Clause: field(c, "block_clause"+n), Item: field(c, "item"+n), Lines: field(c, "lines"+n)}
		if b.Form+b.Title+b.Lines != "" {
			f.Blocks = append(f.Blocks, b)
		}
	}
	return f
}

// unitFactor is the 万 of 万元, or "".
func unitFactor(unit string) string {
	for _, factor := range []string{"千", "万", "亿"} {
		if strings.HasPrefix(unit, factor) {
			return factor
		}
	}
	return ""
}

// inUnit is a value without the unit that stands above it: of 万元, both 50万元 and
// 50万 are 50.
func inUnit(typed, unit string) string {
	typed = strings.TrimSpace(halfWidth(typed))
	if unit == "" {
		return typed
	}
	typed = strings.TrimSuffix(typed, halfWidth(unit))
	if factor := unitFactor(unit); factor != "" {
		typed = strings.TrimSuffix(typed, factor)
	}
	return strings.TrimSpace(typed)
}

// inOrder puts the rows of a timeline that have a day in the order of their days;
// what has none stays in its place.
func inOrder(points []pointForm) {
	var at []int
	var dated []pointForm
	for i, p := range points {
		if p.Date != "" {
			at, dated = append(at, i), append(dated, p)
		}
	}
	slices.SortStableFunc(dated, func(a, b pointForm) int { return strings.Compare(a.Date, b.Date) })
	for i, p := range dated {
		points[at[i]] = p
	}
}

// rowInputs are the inputs of the fields of rows, by the field, see
// interpretations.Mistake. Those of what is no row have the name of the field.
var rowInputs = map[string]string{
	"points.label": "label", "points.value": "value", "points.before": "before", "points.date": "date", "points.note": "note", "points.clause": "point_clause",
	"steps.name": "step", "steps.value": "sum", "result.name": "result_name", "result.value": "result_value",
	"rows.topic": "topic", "rows.before": "old", "rows.after": "new", "rows.clause": "row_clause",
	"hero.name": "hero", "hero.big": "hero_big", "hero.clause": "hero_clause",
	"blocks.form": "style", "blocks.title": "heading", "blocks.clause": "block_clause", "blocks.item": "item", "blocks.lines": "lines",
}

// inputOf is the input in which a field is typed.
func inputOf(at string) string {
	parts := strings.Split(at, ".")
	name, row := at, ""
	if len(parts) == 3 {
		name, row = parts[0]+"."+parts[2], parts[1]
	}
	return cmp.Or(rowInputs[name], at) + row
}

// addMistakes says beside each field what is wrong with it. What could not even be
// read was said: it is neither said again nor are sums made of it.
func (ps *problems) addMistakes(all []interpretations.Mistake) {
	read := len(*ps) == 0
	for _, m := range all {
		input := inputOf(m.At)
		if !read && (m.Sum || ps.At(input) != nil) {
			continue
		}
		ps.add(input, m.Err.Text) // the field itself says its name
	}
	slices.SortStableFunc(*ps, func(a, b problem) int { return slices.Compare(onPage(a.Field), onPage(b.Field)) })
}

// inputOrder are the inputs from top to bottom; those of one row stand together.
var inputOrder = [][]string{
	{"aspect"},
	{"question"},
	{"answer"},
	{"cited"},
	{"title"},
	{"clause"},
	{"former"},
	{"rows"},
	{"topic", "row_clause", "old", "new"},
	{"form"},
	{"date"},
	{"speaker"},
	{"minutes"},
	{"url"},
	{"transcript"},
	{"lead"},
	{"hero"},
	{"hero", "hero_big", "hero_clause"},
	{"blocks"},
	{"style", "heading", "block_clause", "item", "lines"},
	{"unit"},
	{"before"},
	{"after"},
	{"points"},
	{"label", "value", "before", "date", "note", "point_clause"},
	{"total"},
	{"who"},
	{"facts"},
	{"measure"},
	{"base"},
	{"steps"},
	{"step", "sum"},
	{"result_name"},
	{"result_value"},
	{"note"},
}

// onPage is where an input stands: its group, its row and its place there.
func onPage(input string) []int {
	name := strings.TrimRight(input, "0123456789")
	row, err := strconv.Atoi(input[len(name):])
	inRow := err == nil
	for group, names := range inputOrder {
		if at := slices.Index(names, name); at >= 0 && (len(names) > 1) == inRow {
			return []int{group, row, at}
		}
	}
	return []int{len(inputOrder)}
}

// fill makes the content of an item of what was typed.
func fill(p *domain.Policy, it *interpretations.Item, f itemForm, ps *problems) {
	number := func(input, name, typed string) float64 {
		if typed == "" {
			return 0
		}
		plain := strings.TrimLeft(typed, "-－−")
		v, ok := yuanOf(strings.TrimSuffix(halfWidth(plain), "%"))
		switch {
		case !ok:
			ps.add(input, fmt.Sprintf("%s“%s”要写成数字", name, typed))
		case plain != typed && v > 0:
			ps.add(input, fmt.Sprintf("%s“%s”小于0，请写0以上的数；减少了多少，可以用“前后对比”来画", name, typed))
		}
		return v
	}
	it.QA, it.Chart, it.Case, it.Comparison, it.Record, it.OnePage = nil, nil, nil, nil, nil, nil
	it.Title, it.Aspect = f.Title, interpretations.Aspect(f.Aspect)
	switch it.Kind {
	case interpretations.QAKind:
		it.QA = &interpretations.QA{Question: f.Question, Answer: f.Answer, Clauses: f.Cited}
	case interpretations.ChartKind:
		chart := &interpretations.Chart{Form: interpretations.Form(f.Form), Unit: f.Unit, Before: f.Before, After: f.After, Clause: f.Clause}
		if chart.Form == interpretations.Timeline {
			inOrder(f.Points)
		}
		for i, row := range f.Points {
			n := strconv.Itoa(i)
			name := fmt.Sprintf("第%d行的数值", i+1)
			value, before := inUnit(row.Value, f.Unit), inUnit(row.Before, f.Unit)
			for _, cell := range []struct {
				input, typed, plain string
				needed              bool
			}{
				{"value" + n, row.Value, value, chart.Form.Numeric()},
				{"before" + n, row.Before, before, chart.Form == interpretations.Compare},
			} {
				switch {
				case unitFactor(f.Unit) != "" && strings.ContainsAny(cell.plain, "千万亿"):
					ps.add(cell.input, fmt.Sprintf("%s“%s”：单位已经是%s，请只写数字", name, cell.typed, f.Unit))
				case cell.needed && cell.typed == "":
					ps.add(cell.input, name+"没有填，是0就写0") // an empty one is no nought
				}
			}
			chart.Points = append(chart.Points, interpretations.Point{
				Label: row.Label, Note: row.Note, Date: row.Date, Value: number("value"+n, name, value), Before: number("before"+n, name, before), Clause: row.Clause,
			})
		}
		if f.Total != "" {
			total := number("total", "合计", f.Total)
			chart.Total = &total
		}
		it.Chart = chart
	case interpretations.CaseKind:
		it.Case = &interpretations.Case{
			Who: f.Who, Facts: linesOf(f.Facts), Steps: f.Steps, Result: interpretations.Step{Name: f.ResultName, Value: f.ResultValue},
			Note: f.Note, Clause: f.Clause, Measure: domain.MeasureID(f.Measure),
		}
		var of domain.Benefit
		if i := measureAt(p, it.Case.Measure); i >= 0 {
			of = p.Measures[i].Benefit
		}
		if base, ok := baseOf(f.Base, of); ok {
			it.Case.Base = base
		} else if f.Base != "" {
			ps.add("base", fmt.Sprintf("基数“%s”要写成数字，例如120万；按人、按月给的写3或2×12", f.Base))
		}
	case interpretations.ComparisonKind:
		it.Comparison = &interpretations.Comparison{Former: f.Former}
		for _, r := range f.Rows {
			it.Comparison.Rows = append(it.Comparison.Rows, interpretations.ComparisonRow{Topic: r.Topic, Before: r.Before, After: r.After, Clause: r.Clause})
		}
	case interpretations.RecordKind:
		it.Record = &interpretations.Record{
			Form: interpretations.RecordForm(f.Form), URL: f.URL, Date: f.Date, Speaker: f.Speaker,
			Minutes: int(number("minutes", "时长", f.Minutes)), Transcript: f.Transcript, Clause: f.Clause,
		}
	case interpretations.OnePageKind:
		page := &interpretations.OnePage{Lead: f.Lead}
		for _, e := range f.Hero {
			page.Hero = append(page.Hero, interpretations.Entry{Name: e.Name, Big: e.Big, Clause: e.Clause})
		}
		for i, b := range f.Blocks {
			page.Blocks = append(page.Blocks, interpretations.Block{
				Form: interpretations.BlockForm(b.Form), Title: b.Title, Clause: b.Clause, Lines: entriesOf(p, b.Lines),
				Item: int64(number("item"+strconv.Itoa(i), fmt.Sprintf("第%d个板块引用的解读", i+1), b.Item)),
			})
		}
		it.OnePage = page
	}
}
