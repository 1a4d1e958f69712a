package interpretations

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
)

// policy is a small measure of a fictional county.
func policy() *domain.Policy {
	return &domain.Policy{
		Title: "云川县支持企业设备更新若干措施",
		Clauses: []domain.Clause{
			{Kind: domain.TitleClause, Text: "云川县支持企业设备更新若干措施"},
			{Path: "第一条", Kind: domain.TextClause, Text: "第一条 企业购置数控设备的，按设备投资额的15%给予补助，最高不超过100万元。"},
			{Path: "二/(一)", Kind: domain.TextClause, Text: "(一)申报时间为2026年12月1日至12月31日。"},
		},
		Measures: []domain.Measure{{
			ID: "m1", Clause: "第一条", Title: "设备补助",
			Benefit: domain.Benefit{Kind: "B09", Rate: 0.15, Base: "设备投资额", Cap: 1_000_000},
		}, {ID: "m2", Clause: "二/(一)", Title: "申报"}},
	}
}

func question() *Item {
	return &Item{ID: 7, Kind: QAKind, Author: 1, QA: &QA{
		Question: "二手设备能补吗？", Answer: "不能。只补新购置的数控设备。", Clauses: []string{"第一条"},
	}}
}

func figure(form Form) *Item {
	return &Item{ID: 8, Kind: ChartKind, Title: "补助上限，原来和现在", Author: 1, Chart: &Chart{
		Form: form, Unit: "万元", Before: "2024年版", After: "2026年版", Clause: "第一条",
		Points: []Point{
			{Label: "设备更新", Note: "比例10%→15%", Date: "2026-12-01", Before: 50, Value: 100},
			{Label: "工业软件", Date: "2026-12-31", Before: 30, Value: 12.5},
		},
	}}
}

func example() *Item {
	return &Item{ID: 9, Kind: CaseKind, Title: "机械厂换了两台机床", Author: 1, Case: &Case{
		Who: "小型企业，从业86人，青禾镇", Facts: []string{"2026年购置两台数控机床，共400万元"},
		Steps:  []Step{{"设备投资额", "400万元"}, {"补助比例", "× 15%"}, {"是否超过100万元上限", "未超过"}},
		Result: Step{"可得补助", "60万元"}, Clause: "第一条", Measure: "m1", Base: 4_000_000, Amount: 600_000,
	}}
}

func TestCheck(t *testing.T) {
	total := func(v float64) *float64 { return &v }
	for name, tt := range map[string]struct {
		item *Item
		edit func(*Item)
		want string // part of the error; "" for none
	}{
		"a whole question passes":            {question(), func(*Item) {}, ""},
		"a half-width question mark will do": {question(), func(i *Item) { i.QA.Question = "能补吗?" }, ""},
		"a question without a mark":          {question(), func(i *Item) { i.QA.Question = "能补吗" }, "问题：问题要以问号结尾"},
		"an empty question":                  {question(), func(i *Item) { i.QA.Question = " " }, "问题：请填写问题"},
		"an empty answer":                    {question(), func(i *Item) { i.QA.Answer = "" }, "答复：请填写答复"},
		"an answer of 200 characters":        {question(), func(i *Item) { i.QA.Answer = strings.Repeat("补", 200) }, ""},
		"an answer of 201 characters":        {question(), func(i *Item) { i.QA.Answer = strings.Repeat("补", 201) }, "答复：答复有201字"},
		"an answer that rests on nothing":    {question(), func(i *Item) { i.QA.Clauses = nil }, "依据：请至少选一条"},
		"a clause the policy does not have":  {question(), func(i *Item) { i.QA.Clauses = []string{"第一条", "第九条"} }, "依据：原文中没有“第九条”"},
		"the empty path is no clause":        {question(), func(i *Item) { i.QA.Clauses = []string{""} }, "依据：请选一条原文"},
		"a kind that is not the content":     {question(), func(i *Item) { i.Kind = CaseKind }, "解读形式"},
		"two contents at once":               {question(), func(i *Item) { i.Case = example().Case }, "解读形式"},
		"no content at all":                  {question(), func(i *Item) { i.QA = nil }, "解读形式"},
		"a whole chart passes":               {figure(Compare), func(*Item) {}, ""},
		"a chart without a title":            {figure(Rank), func(i *Item) { i.Title = "" }, "标题"},
		"a chart of no known form":           {figure("pie3d"), func(*Item) {}, "图表样式"},
		"a chart without points":             {figure(Rank), func(i *Item) { i.Chart.Points = nil }, "数据：图表要有1到12行"},
		"a chart of 13 points":               {figure(Rank), func(i *Item) { i.Chart.Points = make([]Point, 13) }, "现有13行"},
		"a chart without a unit":             {figure(Rank), func(i *Item) { i.Chart.Unit = "" }, "单位"},
		"a timeline needs no unit":           {figure(Timeline), func(i *Item) { i.Chart.Unit = "" }, ""},
		"a comparison without names":         {figure(Compare), func(i *Item) { i.Chart.Before = "" }, "原来的名称"},
		"a point without a label":            {figure(Rank), func(i *Item) { i.Chart.Points[1].Label = "" }, "数据：第2行的名称"},
		"a value that is no number":          {figure(Rank), func(i *Item) { i.Chart.Points[0].Value = math.NaN() }, "数据：第1行的数值无效"},
		"an infinite value":                  {figure(Compare), func(i *Item) { i.Chart.Points[0].Before = math.Inf(1) }, "数据：第1行的数值无效"},
		"a value below nought":               {figure(Rank), func(i *Item) { i.Chart.Points[0].Value = -1 }, "小于0"},
		"a day that does not exist":          {figure(Timeline), func(i *Item) { i.Chart.Points[0].Date = "2026-02-30" }, "日期“2026-02-30”无效"},
		"shares without room for colours": {figure(Share), func(i *Item) {
			i.Chart.Points = make([]Point, MaxShares+1)
		}, "数据：构成比例图最多分6项，现有7项"},
		"a line of one point":                 {figure(Line), func(i *Item) { i.Chart.Points = i.Chart.Points[:1] }, "数据：变化趋势图至少要有2个时间点"},
		"a value of four decimals":            {figure(Rank), func(i *Item) { i.Chart.Points[0].Value = 0.1255 }, ""},
		"a value that would be shown rounded": {figure(Rank), func(i *Item) { i.Chart.Points[0].Value = 0.12555 }, "数据：第1行的数值小数位太多"},
		"a value before of too many decimals": {figure(Compare), func(i *Item) { i.Chart.Points[1].Before = 1.0 / 3 }, "数据：第2行的数值小数位太多"},
		"a total that adds up":                {figure(Share), func(i *Item) { i.Chart.Total = total(112.5) }, ""},
		"a total that does not add up":        {figure(Share), func(i *Item) { i.Chart.Total = total(120) }, "合计：各项相加是112.5，与合计120不符"},
		"a total of days":                     {figure(Timeline), func(i *Item) { i.Chart.Total = total(2) }, "合计"},
		"shares of nothing":                   {figure(Share), func(i *Item) { i.Chart.Points[0].Value, i.Chart.Points[1].Value = 0, 0 }, "合计要大于0"},
		"a chart without a clause":            {figure(Rank), func(i *Item) { i.Chart.Clause = "" }, "依据"},
		"a whole case passes":                 {example(), func(*Item) {}, ""},
		"a case about nobody":                 {example(), func(i *Item) { i.Case.Who = "" }, "对象"},
		"a case without facts":                {example(), func(i *Item) { i.Case.Facts = nil }, "情况"},
		"a case without steps":                {example(), func(i *Item) { i.Case.Steps = nil }, "步骤"},
		"a step without a value":              {example(), func(i *Item) { i.Case.Steps[0].Value = "" }, "步骤"},
		"a case without a result":             {example(), func(i *Item) { i.Case.Result = Step{} }, "结果"},
		"a case that contradicts its measure": {example(), func(i *Item) { i.Case.Amount = 700_000 }, "结果：按政策点“设备补助”计算应为60万元，案例写的是70万元"},
		"a case a fen off":                    {example(), func(i *Item) { i.Case.Amount = 600_000.01 }, "结果"},
		"a result that says something else":   {example(), func(i *Item) { i.Case.Result.Value = "160万元" }, "结果里写的是“160万元”"},
		"a result in plain yuan":              {example(), func(i *Item) { i.Case.Result.Value = "共600,000元" }, ""},
		"a case over the cap gets the cap": {example(), func(i *Item) {
			i.Case.Base, i.Case.Amount, i.Case.Result.Value = 9_000_000, 1_000_000, "100万元"
			i.Case.Facts = []string{"共900万元"}
			i.Case.Steps = i.Case.Steps[1:]
		}, ""},
		"a case that forgets the cap":          {example(), func(i *Item) { i.Case.Base, i.Case.Amount = 9_000_000, 1_350_000 }, "应为100万元"},
		"a measure that gives no sum":          {example(), func(i *Item) { i.Case.Measure = "m2" }, "政策点“申报”没有可计算的"},
		"a measure that is not there":          {example(), func(i *Item) { i.Case.Measure = "m9" }, "没有编号为“m9”的政策点"},
		"a case with an infinite base":         {example(), func(i *Item) { i.Case.Base = math.Inf(1) }, "结果"},
		"a case without sums links no measure": {example(), func(i *Item) { i.Case.Measure, i.Case.Amount, i.Case.Result.Value = "", 0, "当天办结" }, ""},
		"a case of who gets nothing":           {example(), func(i *Item) { i.Case.Measure, i.Case.Amount, i.Case.Result.Value = "", 0, "0元" }, ""},
		"a sum of a clause that can be reckoned": {example(), func(i *Item) {
			i.Case.Measure, i.Case.Amount, i.Case.Result.Value = "", 0, "70万元"
		}, "政策点：结果写了金额，请选择按政策点“设备补助”核算"},
		"a sum that nothing reckons": {example(), func(i *Item) {
			i.Case.Measure, i.Case.Amount, i.Case.Clause = "", 0, "二/(一)"
		}, ""},
		"steps with another rate": {example(), func(i *Item) { i.Case.Steps[1].Value = "× 20%" }, "步骤：政策点“设备补助”的比例是15%，步骤里写的是20%"},
		"steps from another base": {example(), func(i *Item) {
			i.Case.Facts, i.Case.Steps[0].Value = []string{"共500万元"}, "500万元"
		}, "步骤：按400万元核算，情况和步骤里却没有写这个数"},
		"shares of a hundred, full-width":            {figure(Share), func(i *Item) { i.Chart.Unit, i.Chart.Points[0].Value = "％", 80 }, "不是100%"},
		"shares of a hundred":                        {figure(Share), func(i *Item) { i.Chart.Unit, i.Chart.Points[0].Value = "%", 87.5 }, ""},
		"shares in percent that leave something out": {figure(Share), func(i *Item) { i.Chart.Unit = "%" }, "数据：各项相加是112.5%，不是100%"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.edit(tt.item)
			err := tt.item.Check(policy())
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && err == nil:
				t.Errorf("passed, want an error with %q", tt.want)
			case tt.want != "" && (!strings.Contains(err.Error(), tt.want) || domain.KindOf(err) != domain.Invalid):
				t.Errorf("error %q, want Invalid with %q", err, tt.want)
			}
		})
	}
}

func TestApproveTakesASecondPerson(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	approver := domain.Operator{ID: 2, Roles: []domain.Role{domain.Approver}}
	for name, tt := range map[string]struct {
		by    domain.Operator
		state State
		want  domain.Kind
		ok    bool
	}{
		"another approver":                 {approver, Draft, 0, true},
		"the author, though approver too":  {domain.Operator{ID: 1, Roles: []domain.Role{domain.Approver}}, Draft, domain.Forbidden, false},
		"a drafter":                        {domain.Operator{ID: 3, Roles: []domain.Role{domain.Drafter}}, Draft, domain.Forbidden, false},
		"an approver who left":             {domain.Operator{ID: 2, Roles: []domain.Role{domain.Approver}, Disabled: true}, Draft, domain.Forbidden, false},
		"an approver of what was approved": {approver, Approved, domain.Conflict, false},
	} {
		t.Run(name, func(t *testing.T) {
			it := question()
			it.State = tt.state
			_, err := it.Approve(tt.by, now)
			if tt.ok {
				if err != nil || it.State != Approved || it.Approver != tt.by.ID || !it.ApprovedAt.Equal(now) {
					t.Errorf("Approve = %v, item %+v", err, it)
				}
				return
			}
			if domain.KindOf(err) != tt.want || it.State != tt.state || it.Approver != 0 {
				t.Errorf("Approve = %v (kind %v), state %q", err, domain.KindOf(err), it.State)
			}
		})
	}
}

// TestOnlyChangedWordsCorrect: what is confirmed as it was corrects nothing,
// however often it was saved between; the words of before are those that
// readers saw, not those of another draft.
func TestOnlyChangedWordsCorrect(t *testing.T) {
	first := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	second := domain.Operator{ID: 2, Roles: []domain.Role{domain.Approver}}
	saved := func(change func(*QA)) func(*Item) {
		return func(it *Item) {
			it.Revise(1)
			qa := *it.QA
			qa.Clauses = slices.Clone(qa.Clauses)
			change(&qa)
			it.QA = &qa
		}
	}
	same := saved(func(*QA) {})
	other := saved(func(q *QA) { q.Answer = "最多补助200万元。" })
	for name, tt := range map[string]struct {
		edits    []func(*Item)
		corrects bool
	}{
		"confirmed":                {[]func(*Item){same}, false},
		"only spaced otherwise":    {[]func(*Item){saved(func(q *QA) { q.Answer += " \n" })}, false},
		"changed, and back":        {[]func(*Item){other, saved(func(q *QA) { *q = *question().QA })}, false},
		"other words":              {[]func(*Item){other}, true},
		"other words, saved twice": {[]func(*Item){other, same}, true},
		"another question":         {[]func(*Item){saved(func(q *QA) { q.Question = "谁能申请？" })}, true},
		"other grounds":            {[]func(*Item){saved(func(q *QA) { q.Clauses = append(q.Clauses, "第九条") })}, true},
	} {
		t.Run(name, func(t *testing.T) {
			it := question()
			it.Revise(1)
			if corrects, err := it.Approve(second, first); err != nil || corrects || !it.ShownSince().Equal(first) {
				t.Fatalf("first approved: corrects %v, %v, shown since %v", corrects, err, it.ShownSince())
			}
			for _, edit := range tt.edits {
				edit(it)
			}
			later, since := first.Add(time.Hour), first
			if tt.corrects {
				since = later
			}
			corrects, err := it.Approve(second, later)
			if err != nil || corrects != tt.corrects || !it.ShownSince().Equal(since) || it.Was != nil {
				t.Errorf("corrects %v, %v, shown since %v, was %v", corrects, err, it.ShownSince(), it.Was)
			}
			var kept []Correction
			if tt.corrects {
				kept = []Correction{{later, *question().QA}}
			}
			if !reflect.DeepEqual(it.Corrected, kept) {
				t.Errorf("readers are shown %+v, want %+v", it.Corrected, kept)
			}
		})
	}
}

func TestLabelsAreChinese(t *testing.T) {
	var labels []string
	for _, k := range Kinds() {
		labels = append(labels, k.Label())
	}
	for _, f := range Forms() {
		labels = append(labels, f.Label())
	}
	for _, s := range []State{Draft, Approved} {
		labels = append(labels, s.Label())
	}
	for _, l := range labels {
		if l == "" || l[0] < 0x80 {
			t.Errorf("label %q is not Chinese", l)
		}
	}
}
