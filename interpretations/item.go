package interpretations

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"policypush/internal/domain"
)

// Kind says what form an interpretation has.
type Kind string

// The kinds: the three forms that 浙政办发〔2020〕16号 二(五) names, the press
// conferences it names before them, and what is made of the three.
const (
	QAKind         Kind = "qa"         // 简明问答
	ChartKind      Kind = "chart"      // 图表图解
	CaseKind       Kind = "case"       // 案例说明
	ComparisonKind Kind = "comparison" // 新旧对照
	RecordKind     Kind = "record"     // 新闻发布会, 吹风会, 视频, by link
	OnePageKind    Kind = "onepage"    // 一图读懂
)

// Kinds lists the kinds in the order of the pages.
func Kinds() []Kind {
	return []Kind{QAKind, ChartKind, CaseKind, ComparisonKind, OnePageKind, RecordKind}
}

// Label returns the Chinese name of the kind.
func (k Kind) Label() string {
	switch k {
	case QAKind:
		return "简明问答"
	case ChartKind:
		return "图表图解"
	case CaseKind:
		return "案例说明"
	case ComparisonKind:
		return "新旧对照"
	case RecordKind:
		return "视频与发布会"
	case OnePageKind:
		return "一图读懂"
	default:
		return string(k)
	}
}

// State is where an interpretation stands. Readers see approved ones only, see
// Shown.
type State string

// The states.
const (
	Draft    State = "draft"
	Approved State = "approved"
)

// Label returns the Chinese word for the state.
func (s State) Label() string {
	if s == Approved {
		return "已审核"
	}
	return "待审核"
}

// Item is one interpretation of one policy version. Exactly one of its contents
// is set, the one that Kind names.
type Item struct {
	ID            int64             `json:"id"`
	Policy        domain.PolicyID   `json:"policy"`
	PolicyVersion int               `json:"policy_version"`
	Kind          Kind              `json:"kind"`
	State         State             `json:"state"`
	Aspect        Aspect            `json:"aspect,omitempty"` // what it explains; "" where nobody said
	Title         string            `json:"title"`            // empty for a QA: its question stands for it
	Author        domain.OperatorID `json:"author"`
	Approver      domain.OperatorID `json:"approver,omitempty"`
	CreatedAt     time.Time         `json:"created_at"`
	ApprovedAt    time.Time         `json:"approved_at,omitzero"`
	QA            *QA               `json:"qa,omitempty"`
	Chart         *Chart            `json:"chart,omitempty"`
	Case          *Case             `json:"case,omitempty"`
	Comparison    *Comparison       `json:"comparison,omitempty"`
	Record        *Record           `json:"record,omitempty"`
	OnePage       *OnePage          `json:"onepage,omitempty"`
	// Was is the question and answer as readers saw it last, while it waits to
	// be approved again; Since is from when on they see these words.
	Was   *QA       `json:"was,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Corrected is what readers saw before, the first words first: they are shown
	// that something was corrected, when, and what.
	Corrected []Correction `json:"corrected,omitempty"`
	// Grounds is the fingerprint of the words that it rests on, Facts of the
	// measures that these clauses hold, see Bind.
	Grounds string `json:"grounds,omitempty"`
	Facts   string `json:"facts,omitempty"`
	// Days are those of the policy, if one of these clauses says one of them: a later
	// document may change a day and leave the text as it is.
	Days string `json:"days,omitempty"`
}

// Correction is the question and answer that stood until a time.
type Correction struct {
	At  time.Time `json:"at"`
	Was QA        `json:"was"`
}

// QA is a question in the words of those concerned and a short answer.
type QA struct {
	Question string   `json:"question"`
	Answer   string   `json:"answer"`
	Clauses  []string `json:"clauses"` // paths of the clauses that the answer rests on
}

// Form is the shape of a chart.
type Form string

// The forms of charts.
const (
	Compare  Form = "compare"  // before and after, one pair of bars a point
	Rank     Form = "rank"     // one bar a point
	Share    Form = "share"    // parts of a whole
	Line     Form = "line"     // a value over time
	Timeline Form = "timeline" // days, no values
	Flow     Form = "flow"     // steps, no values
)

// Forms lists the forms in the order of the pages.
func Forms() []Form { return []Form{Compare, Rank, Share, Line, Timeline, Flow} }

// Label returns the Chinese name of the form.
func (f Form) Label() string {
	switch f {
	case Compare:
		return "前后对比"
	case Rank:
		return "数值对照"
	case Share:
		return "构成比例"
	case Line:
		return "变化趋势"
	case Timeline:
		return "时间节点"
	case Flow:
		return "办理流程"
	default:
		return string(f)
	}
}

// Numeric tells whether the points of the form carry values.
func (f Form) Numeric() bool { return f == Compare || f == Rank || f == Share || f == Line }

// Chart is a figure that is also its data: every form is drawn from Points.
type Chart struct {
	Form   Form     `json:"form"`
	Unit   string   `json:"unit,omitempty"`   // of the values; needed where the form has values
	Before string   `json:"before,omitempty"` // name of the earlier series of a comparison
	After  string   `json:"after,omitempty"`  // name of the later series
	Points []Point  `json:"points"`           // 1 to MaxPoints
	Total  *float64 `json:"total,omitempty"`  // if given, the values must add up to it
	Clause string   `json:"clause"`           // path of the clause that the figures come from, where a row names none
}

// Point is one row of a chart.
type Point struct {
	Label  string  `json:"label"`            // name, year or step
	Note   string  `json:"note,omitempty"`   // a few words below the label
	Date   string  `json:"date,omitempty"`   // YYYY-MM-DD, for a timeline
	Before float64 `json:"before,omitempty"` // for a comparison
	Value  float64 `json:"value"`
	Clause string  `json:"clause,omitempty"` // path of the clause of this row, if it is not the chart's
}

// Case shows what a measure gives to one invented enterprise or person.
type Case struct {
	Who    string   `json:"who"`    // 小型企业，从业86人，青禾镇
	Facts  []string `json:"facts"`  // what happened
	Steps  []Step   `json:"steps"`  // the reckoning line by line, or what was done
	Result Step     `json:"result"` // 可得补助, 18万元
	Note   string   `json:"note,omitempty"`
	Clause string   `json:"clause"`
	// Measure, Base and Amount make the case checkable: Compute of the
	// measure's benefit and Base must give Amount (both in yuan, or Base in
	// the units that the benefit is paid per). Empty for a case without sums.
	Measure domain.MeasureID `json:"measure,omitempty"`
	Base    float64          `json:"base,omitempty"`
	Amount  float64          `json:"amount,omitempty"`
}

// Step is one line of a reckoning: what, and how much.
type Step struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The bounds of what a reader is asked to take in at once.
const (
	MaxAnswer = 200 // characters of an answer
	MaxText   = 300 // characters of any other single text
	MaxPoints = 12  // of a chart
	MaxShares = 6   // of a whole: each has a colour of its own
	MaxSteps  = 12  // of a case, likewise its facts
)

// Cites tells whether the item names a clause that it rests on: before it does,
// there is nothing to draw.
func (it *Item) Cites() bool {
	for _, c := range it.contents() {
		if strings.Join(c.cites(), "") != "" {
			return true
		}
	}
	return false
}

// content is what an interpretation of one kind consists of.
type content interface {
	check(f *findings)
	// cites lists the paths of the clauses that it rests on.
	cites() []string
	// words is what its writer wrote in their own words.
	words() string
}

// contents returns what is set, by the kind that it belongs to.
func (it *Item) contents() map[Kind]content {
	all := map[Kind]content{}
	if it.QA != nil {
		all[QAKind] = it.QA
	}
	if it.Chart != nil {
		all[ChartKind] = it.Chart
	}
	if it.Case != nil {
		all[CaseKind] = it.Case
	}
	if it.Comparison != nil {
		all[ComparisonKind] = it.Comparison
	}
	if it.Record != nil {
		all[RecordKind] = it.Record
	}
	if it.OnePage != nil {
		all[OnePageKind] = it.OnePage
	}
	return all
}

// Revise makes the item the draft of an author, which waits to be approved
// (again). What readers saw of a question and answer is kept until then.
func (it *Item) Revise(by domain.OperatorID) {
	if it.State == Approved && it.QA != nil {
		it.Was, it.Since = it.QA, it.ShownSince()
	}
	it.State, it.Author, it.Approver = Draft, by, 0
}

// Shown are the items that readers see, as they see them: a question and answer
// that waits to be approved again stands as it was, its state says so.
func Shown(items []Item) []Item {
	var shown []Item
	for _, it := range items {
		switch {
		case it.State == Approved:
		case it.Was != nil:
			it.QA = it.Was
		default:
			continue
		}
		shown = append(shown, it)
	}
	return shown
}

// ShownSince is from when on readers see an approved item with these words.
func (it *Item) ShownSince() time.Time {
	if it.Since.IsZero() { // it was approved before that was kept
		return it.ApprovedAt
	}
	return it.Since
}

// Approve releases the item for readers. It takes a second person: the author
// may not approve. It tells whether that corrects what readers saw: one that
// was confirmed as it is does not.
func (it *Item) Approve(by domain.Operator, now time.Time) (corrects bool, err error) {
	switch {
	case !by.May(domain.ApprovePolicies):
		return false, domain.Errorf(domain.Forbidden, "您没有审批权限，请由审核员审核解读")
	case it.State == Approved:
		return false, domain.Errorf(domain.Conflict, "这条解读已经审核过了")
	case by.ID == it.Author:
		return false, domain.Errorf(domain.Forbidden, "编写人不能审核自己的解读，请由另一位工作人员审核")
	}
	corrects = it.Was != nil && !it.Was.says(it.QA)
	if corrects {
		it.Corrected = append(it.Corrected, Correction{now, *it.Was})
	}
	if it.Was == nil || corrects {
		it.Since = now
	}
	it.State, it.Approver, it.ApprovedAt, it.Was = Approved, by.ID, now, nil
	return corrects, nil
}

// says tells whether two questions and answers say the same on the same grounds:
// space and the order of the grounds say nothing.
func (q *QA) says(other *QA) bool {
	squeezed := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	sorted := func(paths []string) []string { return slices.Compact(slices.Sorted(slices.Values(paths))) }
	return squeezed(q.Question) == squeezed(other.Question) && squeezed(q.Answer) == squeezed(other.Answer) &&
		slices.Equal(sorted(q.Clauses), sorted(other.Clauses))
}

func (q *QA) cites() []string    { return q.Clauses }
func (q *QA) words() string      { return q.Answer }
func (c *Chart) cites() []string { return resting(c.Clause, c.clauses()) }
func (c *Chart) words() string   { return "" }
func (c *Case) cites() []string  { return []string{c.Clause} }
func (c *Case) words() string    { return strings.Join(c.Facts, "") + c.Note }

func (q *QA) check(f *findings) {
	f.text("question", "问题", q.Question, MaxText)
	if q.Question != "" && !strings.HasSuffix(q.Question, "？") && !strings.HasSuffix(q.Question, "?") {
		f.add("question", domain.Errorf(domain.Invalid, "问题要以问号结尾").In("问题"))
	}
	f.text("answer", "答复", q.Answer, MaxAnswer)
	if len(q.Clauses) == 0 {
		f.add("cited", domain.Errorf(domain.Invalid, "请至少选一条原文作为依据").In("依据"))
	}
	for _, path := range q.Clauses {
		f.cited("cited", path)
	}
}

func (c *Chart) check(f *findings) {
	if !slices.Contains(Forms(), c.Form) {
		f.add("form", domain.Errorf(domain.Invalid, "请选择图表样式").In("图表样式"))
	}
	switch n := len(c.Points); {
	case n == 0 || n > MaxPoints:
		f.add("points", domain.Errorf(domain.Invalid, "图表要有1到%d行数据，现有%d行", MaxPoints, n).In("数据"))
	case c.Form == Share && n > MaxShares:
		f.add("points", domain.Errorf(domain.Invalid, "构成比例图最多分%d项，现有%d项，请把小的合并为“其他”，或改用“%s”", MaxShares, n, Rank.Label()).In("数据"))
	case c.Form == Line && n < 2:
		f.add("points", domain.Errorf(domain.Invalid, "变化趋势图至少要有2个时间点，只有1个请改用“%s”", Rank.Label()).In("数据"))
	}
	if c.Form.Numeric() {
		f.text("unit", "单位", c.Unit, 20)
	}
	if c.Form == Compare {
		f.text("before", "原来的名称", c.Before, 30)
		f.text("after", "现在的名称", c.After, 30)
	}
	sound := len(f.found)
	for i := range c.Points {
		c.checkPoint(f, i)
	}
	if len(f.found) == sound { // what is no number adds up to nothing
		f.sum(c.checkTotal())
	}
	f.cited("clause", c.Clause)
	for i, p := range c.Points {
		if p.Clause != "" {
			f.cited(place("points", i, "clause"), p.Clause)
		}
	}
}

func (c *Chart) checkPoint(f *findings, i int) {
	p, row := c.Points[i], i+1
	if wanting("数据", p.Label, 40) != nil {
		f.add(place("points", i, "label"), domain.Errorf(domain.Invalid, "第%d行的名称要填写，且不超过40字", row).In("数据"))
	}
	if utf8.RuneCountInString(p.Note) > MaxText {
		f.add(place("points", i, "note"), domain.Errorf(domain.Invalid, "第%d行的说明超过%d字，请缩短", row, MaxText).In("数据"))
	}
	f.add(place("points", i, "value"), checkValue(row, p.Value))
	f.add(place("points", i, "before"), checkValue(row, p.Before))
	if p.Date != "" {
		if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
			f.add(place("points", i, "date"), domain.Errorf(domain.Invalid, "第%d行的日期“%s”无效，请写成2026-12-10这样", row, p.Date).In("数据"))
		}
	}
}

func checkValue(row int, v float64) *domain.Error {
	// The bound keeps sums exact and drawings finite; a county's
	// whole budget is a thousandth of it.
	if math.IsNaN(v) || math.Abs(v) > 1e13 {
		return domain.Errorf(domain.Invalid, "第%d行的数值无效，请填写普通的数字", row).In("数据")
	}
	if v < 0 {
		return domain.Errorf(domain.Invalid, "第%d行的数值小于0，图表只画0以上的数", row).In("数据")
	}
	if shown, err := strconv.ParseFloat(strings.ReplaceAll(domain.Number(v), ",", ""), 64); err != nil || shown != v {
		return domain.Errorf(domain.Invalid, "第%d行的数值小数位太多，最多4位，大数最多2位", row).In("数据") // or another would be shown
	}
	return nil
}

// checkTotal tells where the sum is wrong, and why.
func (c *Chart) checkTotal() (at string, wrong *domain.Error) {
	sum := 0.0
	for _, p := range c.Points {
		sum += p.Value
	}
	switch {
	case c.Form == Share && sum <= 0:
		return "points", domain.Errorf(domain.Invalid, "构成比例图的各项合计要大于0").In("数据")
	case c.Form == Share && percentages(c.Unit) && math.Abs(sum-100) > 0.5: // 33.3% three times are a whole
		return "points", domain.Errorf(domain.Invalid, "各项相加是%s%%，不是100%%，请核对", domain.Number(sum)).In("数据")
	case c.Total == nil:
		return "", nil
	case !c.Form.Numeric():
		return "total", domain.Errorf(domain.Invalid, "这种图表没有数值，不能写合计").In("合计")
	case math.IsNaN(*c.Total) || math.Abs(sum-*c.Total) > 0.005:
		return "total", domain.Errorf(domain.Invalid, "各项相加是%s，与合计%s不符，请核对", domain.Number(sum), domain.Number(*c.Total)).In("合计")
	}
	return "", nil
}

func (c *Case) check(f *findings) {
	f.text("who", "对象", c.Who, MaxText)
	if len(c.Facts) == 0 || len(c.Facts) > MaxSteps {
		f.add("facts", domain.Errorf(domain.Invalid, "请写1到%d条情况", MaxSteps).In("情况"))
	}
	for _, fact := range c.Facts {
		f.text("facts", "情况", fact, MaxText)
	}
	if len(c.Steps) == 0 || len(c.Steps) > MaxSteps {
		f.add("steps", domain.Errorf(domain.Invalid, "请写1到%d个步骤", MaxSteps).In("步骤"))
	}
	for i, s := range c.Steps {
		step := fmt.Sprintf("步骤%d", i+1)
		f.text(place("steps", i, "name"), step, s.Name, MaxText)
		f.text(place("steps", i, "value"), step+"的金额或做法", s.Value, MaxText)
	}
	f.text("result.name", "结果名称", c.Result.Name, MaxText)
	f.text("result.value", "结果", c.Result.Value, MaxText)
	if utf8.RuneCountInString(c.Note) > MaxText {
		f.add("note", domain.Errorf(domain.Invalid, "说明超过%d字，请缩短", MaxText).In("说明"))
	}
	f.cited("clause", c.Clause)
	f.sum(c.checkSum(f.policy))
}

// clauses are those of the rows.
func (c *Chart) clauses() []*string {
	own := make([]*string, len(c.Points))
	for i := range c.Points {
		own[i] = &c.Points[i].Clause
	}
	return own
}

// resting are the clauses that the parts of a whole rest on, each once: their own,
// or that of the whole.
func resting(whole string, own []*string) []string {
	var all []string
	for _, part := range own {
		if path := cmp.Or(*part, whole); !slices.Contains(all, path) {
			all = append(all, path)
		}
	}
	if all == nil {
		return []string{whole}
	}
	return all
}
