package web

import (
	"context"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// statisticsView is what an office reports: what was published, explained, pushed,
// asked and answered in a time. Figures of people are those of at least fewPeople.
type statisticsView struct {
	Page
	Days     dayFields
	Spans    []statSpan // that are often asked for
	Offices  []option   // where there are several
	Themes   []optionGroup
	Of       string // 2026年10月31日至2026年11月29日，…
	At       time.Time
	Sections []statSection
	File     string // address of the same as a table
}

func (statisticsView) template() string { return "console/statistics" }

// statSpan leads to the statistics of a time.
type statSpan struct {
	Label, URL string
	Current    bool
}

// statSection is a part of the statistics.
type statSection struct {
	ID, Title string
	Counts    string // what is counted
	Figures   []statFigure
	Charts    []template.HTML
	Tables    []statTable
}

// statFigure is a number with what it counts.
type statFigure struct {
	Name, Unit string
	statNumber
	Note string
	Bad  bool
}

// statTable is a table with, if its numbers want it, a bar beside each name.
type statTable struct {
	Caption, First string // First heads the names
	Head           []string
	Rows           []statRow
	Note           string
}

type statRow struct {
	Name, Href string
	Bar        string // width of a hundred, or "" for none
	Cells      []statNumber
}

// Bars tells whether rows have bars.
func (t statTable) Bars() bool { return len(t.Rows) > 0 && t.Rows[0].Bar != "" }

// withBars draws the number in a column of each row.
func (t statTable) withBars(column int) statTable {
	most := 0
	for _, row := range t.Rows {
		if row.Cells[column].Words == "" {
			most = max(most, row.Cells[column].N)
		}
	}
	for i, row := range t.Rows {
		t.Rows[i].Bar = "0"
		if row.Cells[column].Words == "" && most > 0 {
			t.Rows[i].Bar = trimmed(float64(row.Cells[column].N) * 100 / float64(most))
		}
	}
	return t
}

// statistician gathers the statistics of one page.
type statistician struct {
	s       *Server
	ctx     context.Context
	f       storage.Span
	asked   url.Values // of this page
	now     time.Time
	offices []domain.Office
	own     domain.OfficeID // whose questions the reader may open
	chart   int64           // drawn so far
}

func (s *Server) statisticsPage(c *fiber.Ctx) error {
	v, err := s.statistics(c)
	if err != nil {
		return err
	}
	return s.render(c, v)
}

// statistics reads what is asked for and counts it.
func (s *Server) statistics(c *fiber.Ctx) (statisticsView, error) {
	ctx := c.UserContext()
	page, err := s.consolePage(c, "统计", "statistics")
	if err != nil {
		return statisticsView{}, err
	}
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return statisticsView{}, err
	}
	v := statisticsView{Page: page, At: s.Now()}
	st := &statistician{s: s, ctx: ctx, asked: url.Values{}, now: v.At, offices: offices, own: operatorOf(c).operator.Office}
	v.Days = daysAsked(c, "", st.asked)
	tomorrow := dayEnd(v.At)
	if v.Days.Wrong != "" || v.Days.from.IsZero() || v.Days.before.IsZero() {
		if v.Days.Wrong != "" {
			v.Days.Wrong = "日期没有读懂，或者开始的日期晚于结束的日期；下面是最近30天的。"
		}
		v.Days.from, v.Days.before = tomorrow.AddDate(0, 0, -30), tomorrow
	}
	lastDay := v.Days.before.AddDate(0, 0, -1)
	v.Days.From, v.Days.To = v.Days.from.Format(time.DateOnly), lastDay.Format(time.DateOnly)
	st.asked.Set("from", v.Days.From)
	st.asked.Set("to", v.Days.To)
	also := limits{c: c, asked: st.asked}
	st.f = storage.Span{From: v.Days.from, Before: v.Days.before, Office: also.office(offices), Theme: also.theme(s)}
	v.Of = longDate(v.Days.From) + "至" + longDate(v.Days.To)
	for _, l := range also.shown() {
		v.Of += "，" + l.Name
	}
	v.Spans = st.spans(tomorrow)
	if len(offices) > 1 {
		for _, o := range offices {
			v.Offices = append(v.Offices, option{Code: strconv.FormatInt(int64(o.ID), 10), Name: o.Name, Selected: o.ID == st.f.Office})
		}
	}
	v.Themes = s.themeGroups(st.f.Theme)
	v.File = address("/console/statistics.csv", st.asked)
	for _, part := range []func() (statSection, error){st.published, st.pushed, st.members, st.questions, st.corrected, st.compared} {
		section, err := part()
		if err != nil {
			return v, err
		}
		if section.Title != "" {
			v.Sections = append(v.Sections, section)
		}
	}
	return v, nil
}

// here is this page with other conditions, names and values in turn.
func (st *statistician) here(change ...string) string {
	return st.list("/console/statistics", change...)
}

// list is the address of a list with the time, the office and the theme of this
// page, and further conditions.
func (st *statistician) list(path string, more ...string) string {
	q := url.Values{}
	for k, vs := range st.asked {
		q[k] = vs
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return address(path, q)
}

// asks leads to a list of questions, if the reader may open it: it shows those of
// their own office.
func (st *statistician) asks(office domain.OfficeID, more ...string) string {
	if office != st.own && (office != 0 || len(st.offices) > 1) {
		return ""
	}
	q := url.Values{"show": {"all"}, "from": {st.asked.Get("from")}, "to": {st.asked.Get("to")}}
	if st.f.Theme != "" {
		q.Set("theme", st.f.Theme)
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return address("/console/questions", q)
}

// first is the only row, or an empty one.
func first[T any](rows []T) (row T) {
	if len(rows) > 0 {
		row = rows[0]
	}
	return row
}

func (st *statistician) published() (statSection, error) {
	store, path := st.s.Store, "/console/policies"
	v := statSection{ID: "published", Title: "发布与解读", Counts: "所选时间内在本站发布的政策，按发布时间算；后来撤回、失效的也计入。"}
	rows, err := store.CountPublished(st.ctx, st.f, storage.Together)
	if err != nil {
		return v, err
	}
	all := first(rows)
	bare := all.Policies - all.Explained
	v.Figures = []statFigure{
		{Name: "发布政策", Unit: "份", statNumber: statNumber{N: all.Policies, Href: st.list(path)}, Note: "其中后来撤回" + thousands(all.Withdrawn) + "份"},
		{Name: "有解读", Unit: "份", statNumber: statNumber{N: all.Explained, Href: st.list(path, "explained", "yes")}, Note: "至少有一条已审核的解读，占" + ratio(all.Explained, all.Policies).Text()},
		{Name: "没有解读", Unit: "份", statNumber: statNumber{N: bare, Href: st.list(path, "explained", "no")}, Note: "其中写明了不解读的理由" + thousands(all.Excused) + "份", Bad: bare > all.Excused},
		{Name: "已推送", Unit: "份", statNumber: statNumber{N: all.Pushed}, Note: "至少推送过一次，占" + ratio(all.Pushed, all.Policies).Text()},
	}
	explained, err := store.CountExplained(st.ctx, st.f)
	if err != nil {
		return v, err
	}
	helpful, unclear, err := store.CountOpinions(st.ctx, st.f)
	if err != nil {
		return v, err
	}
	forms := statTable{
		Caption: "解读形式", First: "形式", Head: []string{"政策（份）", "占发布政策", "解读（条）"},
		Note: "一份政策可以有几种形式。读者评价这些解读（到现在为止）：有帮助" + thousands(helpful) + "次，还不清楚" + thousands(unclear) + "次。",
	}
	for _, e := range explained {
		forms.Rows = append(forms.Rows, statRow{Name: e.Kind.Label(), Cells: []statNumber{
			{N: e.Policies, Href: st.list(path, "explained", string(e.Kind))}, ratio(e.Policies, all.Policies), {N: e.Items},
		}})
	}
	soon := statTable{Caption: "及时性", First: "从哪里到哪里", Head: []string{"政策（份）", "中位数（工作日）", "超过时限（份）"}, Note: "当天算0个工作日。政府信息要在形成之日起20个工作日内公开；解读最迟在发布后3个工作日内。只有年月的成文日期不计。"}
	for _, w := range []struct {
		wait  storage.Wait
		name  string
		limit int
	}{{storage.ToPublish, "成文到发布", 20}, {storage.ToExplain, "发布到第一条解读", 3}, {storage.ToPush, "发布到推送", 0}} {
		waited, err := store.Waits(st.ctx, st.f, w.wait)
		if err != nil {
			return v, err
		}
		n, median, late := st.workdays(waited, w.limit)
		row := statRow{Name: w.name, Cells: []statNumber{{N: n}, none, none}}
		if n > 0 {
			row.Cells[1] = statNumber{N: median}
		}
		if n > 0 && w.limit > 0 {
			row.Cells[2] = statNumber{N: late}
		}
		soon.Rows = append(soon.Rows, row)
	}
	v.Tables = []statTable{forms.withBars(0), soon}
	days, err := store.CountPublished(st.ctx, st.f, storage.ByDay)
	if err != nil {
		return v, err
	}
	byDay := map[string]int{}
	for _, d := range days {
		byDay[d.Key] = d.Policies
	}
	return v, st.addLine(&v, "发布政策", "份", byDay)
}

func (st *statistician) pushed() (statSection, error) {
	store, path := st.s.Store, "/console/pushes"
	v := statSection{ID: "pushed", Title: "推送", Counts: "所选时间内建立的推送，不含订阅时的汇总和提问的答复。一个主体每次推送算一人次。"}
	rows, err := store.CountPushed(st.ctx, st.f, storage.Together)
	if err != nil {
		return v, err
	}
	all := first(rows)
	v.Figures = []statFigure{
		{Name: "推送", Unit: "次", statNumber: statNumber{N: all.Pushes, Href: st.list(path)}, Note: "涉及政策" + thousands(all.Policies) + "份"},
		{Name: "通知到", Unit: "人次", statNumber: people(all.People), Note: "适用可能性高和一并通知的可能适用，都能在站内看到"},
		{Name: "站内已读", Unit: "人次", statNumber: people(all.Readers), Note: "在站内点开过，占" + ratioOfPeople(all.Readers, all.People).Text()},
		{Name: "与我无关", Unit: "人次", statNumber: people(all.Aside), Note: "本人这样标记，占" + ratioOfPeople(all.Aside, all.People).Text()},
	}
	kinds, err := store.CountPushed(st.ctx, st.f, storage.ByKind)
	if err != nil {
		return v, err
	}
	byKind := statTable{Caption: "各类推送", First: "种类", Head: []string{"推送（次）", "通知到（人次）", "已读（人次）", "已读率", "与我无关（人次）"}}
	slices.SortStableFunc(kinds, func(a, b storage.PushedCount) int { return b.Pushes - a.Pushes })
	for _, k := range kinds {
		byKind.Rows = append(byKind.Rows, statRow{Name: pushKindName(domain.PushKind(k.Key)), Cells: []statNumber{
			{N: k.Pushes, Href: st.list(path, "kind", k.Key)}, people(k.People), people(k.Readers), ratioOfPeople(k.Readers, k.People), people(k.Aside),
		}})
	}
	sent, err := store.CountSent(st.ctx, st.f)
	if err != nil {
		return v, err
	}
	marks, err := store.CountRead(st.ctx, st.f)
	if err != nil {
		return v, err
	}
	v.Tables = []statTable{byKind.withBars(0), st.channels(all, sent, marks)}
	if why := failed(sent); len(why.Rows) > 0 {
		v.Tables = append(v.Tables, why)
	}
	days, err := store.CountPushed(st.ctx, st.f, storage.ByDay)
	if err != nil {
		return v, err
	}
	byDay := map[string]int{}
	for _, d := range days {
		byDay[d.Key] = d.Pushes
	}
	return v, st.addLine(&v, "推送次数", "次", byDay)
}

// channels is what became of the messages of each channel.
func (st *statistician) channels(all storage.PushedCount, sent []storage.SentCount, marks map[domain.ChannelKind]storage.Marks) statTable {
	t := statTable{
		Caption: "各渠道", First: "渠道", Head: []string{"计划", "已发出", "有送达回执", "失败", "失败率", "结果不明", "未发送", "待发送", "已读"},
		Note: "单位：条；站内消息：人次。已发出包括只记入发件箱的。送达以回执为准，不给回执的渠道写“—”。未发送是退订、过期、撤回和换了别的渠道等。已读只数经该渠道发出之后在站内点开的。",
	}
	counts := storage.PushCounts{}
	for _, c := range sent {
		if counts[c.Channel] == nil {
			counts[c.Channel] = map[domain.DeliveryState]int{}
		}
		counts[c.Channel][c.State] += c.N
	}
	if all.People > 0 && st.s.Modes[domain.App] != "off" {
		t.Rows = append(t.Rows, statRow{Name: domain.App.Label(), Cells: []statNumber{people(all.People), people(all.People), people(all.People), none, none, none, none, none, people(all.Readers)}})
	}
	for _, kind := range domain.Outgoing() {
		if len(counts[kind]) == 0 {
			continue
		}
		sum := totals(domain.Push{}, storage.PushCounts{kind: counts[kind]})
		// What was sent, with and without a receipt, and the others add up to what was planned.
		parts := peopleOf(sum.Delivered, sum.Out-sum.Delivered, sum.Failed, sum.Unknown, sum.Held, sum.Waiting)
		out, delivered, read := people(sum.Out), parts[0], people(marks[kind].Readers)
		if parts[0].Words != "" || parts[1].Words != "" {
			delivered = none
		}
		if slices.ContainsFunc(parts[2:], func(n statNumber) bool { return n.Words != "" }) && sum.Out > 0 && countWords(parts[2:]) == 1 {
			out.Words = "不单列"
		}
		if sum.Delivered == 0 && !kind.Confirms() {
			delivered = none
		}
		if kind == domain.Paper { // who gets a letter has no address to sign in with
			read = none
		}
		t.Rows = append(t.Rows, statRow{Name: kind.Label(), Cells: []statNumber{
			people(sum.Planned), out, delivered, parts[2], ratioOfPeople(sum.Failed, sum.Planned), parts[3], parts[4], parts[5], read,
		}})
	}
	return t.withBars(0)
}

func countWords(numbers []statNumber) (n int) {
	for _, number := range numbers {
		if number.Words != "" {
			n++
		}
	}
	return n
}

// failed lists why messages did not arrive.
func failed(sent []storage.SentCount) statTable {
	t := statTable{Caption: "失败和结果不明的原因", First: "渠道和原因", Head: []string{"消息（条）"}, Note: "最多的10种。"}
	for _, c := range sent { // those of most come first
		if (c.State == domain.Failed || c.State == domain.UnknownEnd) && len(t.Rows) < 10 {
			why := c.Reason.Label()
			if why == "" {
				why = c.Channel.StateLabel(c.State)
			}
			t.Rows = append(t.Rows, statRow{Name: c.Channel.Label() + "：" + why, Cells: []statNumber{people(c.N)}})
		}
	}
	return t.withBars(0)
}

func (st *statistician) members() (statSection, error) {
	v := statSection{ID: "members", Title: "订阅主体", Counts: "企业和居民的订阅，不分单位和主题。现有、已暂停是现在的数；新增、注销、退订是所选时间内的。"}
	counts, err := st.s.Store.CountMembers(st.ctx, st.f.From, st.f.Before)
	if err != nil {
		return v, err
	}
	t := statTable{Caption: "订阅主体", First: "类别", Head: []string{"现有", "新增", "注销", "已暂停"}, Note: "新增只数现在还在的；注销的只留下每天的个数，不留是谁。"}
	columns := make([][]int, 4) // of each the kinds, and the sum
	for _, c := range counts {
		for i, n := range []int{c.All, c.Added, c.Left, c.Paused} {
			columns[i] = append(columns[i], n)
		}
	}
	told := make([][]statNumber, len(columns))
	sums := make([]statNumber, len(columns))
	for i, column := range columns {
		told[i] = peopleOf(column...)
		sum := 0
		for _, n := range column {
			sum += n
		}
		sums[i] = people(sum)
	}
	for k, c := range counts {
		row := statRow{Name: kindLabel(c.Kind)}
		for i := range told {
			row.Cells = append(row.Cells, told[i][k])
		}
		row.Cells[0].Href = "/console/subscribers"
		t.Rows = append(t.Rows, row)
	}
	if len(counts) > 1 {
		t.Rows = append(t.Rows, statRow{Name: "合计", Cells: sums})
	}
	stopped, err := st.s.Store.CountStopped(st.ctx, st.f.From, st.f.Before)
	if err != nil {
		return v, err
	}
	stops := statTable{Caption: "退订的联系方式", First: "渠道", Head: []string{"本人退订（个）", "投不到停用（个）"}, Note: "按联系方式算，包括回复TD、邮件里的一键退订和在网关那里的投诉；重新验证过的已不计。名单只留地址的指纹，没有可看的列表。"}
	for _, c := range stopped {
		stops.Rows = append(stops.Rows, statRow{Name: c.Channel.Label(), Cells: []statNumber{people(c.Stopped), people(c.Bounced)}})
	}
	v.Tables = []statTable{t}
	if len(stops.Rows) > 0 {
		v.Tables = append(v.Tables, stops)
	} else {
		v.Counts += "这段时间没有退订的联系方式。"
	}
	return v, nil
}

// mostAsked is how many policies the list of those asked about most shows.
const mostAsked = 10

func (st *statistician) questions() (statSection, error) {
	store := st.s.Store
	v := statSection{ID: "questions", Title: "提问答复", Counts: "所选时间内的提问，按提问时间算；追问的按最后一次算。已注销的人的提问随人删除，不计。"}
	rows, err := store.CountAsked(st.ctx, st.f, storage.Together, st.now)
	if err != nil {
		return v, err
	}
	waited, err := store.Waits(st.ctx, st.f, storage.ToAnswer)
	if err != nil {
		return v, err
	}
	all, office := first(rows), st.f.Office
	answered, median, _ := st.workdays(waited, 0)
	took := statFigure{Name: "答复用时", Unit: "工作日", statNumber: none, Note: "所选时间内答复的" + thousands(answered) + "条，从提问到答复的中位数，当天算0"}
	if answered > 0 {
		took.statNumber = statNumber{N: median}
	}
	v.Figures = []statFigure{
		{Name: "提问", Unit: "条", statNumber: statNumber{N: all.Questions, Href: st.asks(office)}, Note: "其中提问人撤回" + thousands(all.Withdrawn) + "条"},
		{Name: "按时答复", Unit: "条", statNumber: statNumber{N: all.Answered - all.Late, Href: st.asks(office, "state", "answered")}, Note: "在最初承诺的日期前审核发出，占已答复的" + ratio(all.Answered-all.Late, all.Answered).Text()},
		{Name: "逾期答复", Unit: "条", statNumber: statNumber{N: all.Late, Href: st.asks(office, "state", "late")}, Note: "超过承诺的日期才答复，后来延期的也算", Bad: all.Late > 0},
		{Name: "待答复", Unit: "条", statNumber: statNumber{N: all.Waiting, Href: st.asks(office, "state", "waiting")}, Note: "到现在还没有答复，其中已逾期" + thousands(all.Overdue) + "条", Bad: all.Overdue > 0},
		took,
		{Name: "答复有帮助", Unit: "条", statNumber: statNumber{N: all.Helpful}, Note: "提问人这样评价；还不清楚" + thousands(all.Unclear) + "条，占评价的" + ratio(all.Unclear, all.Helpful+all.Unclear).Text()},
	}
	most, err := store.MostAsked(st.ctx, st.f, mostAsked)
	if err != nil {
		return v, err
	}
	if len(most) > 0 {
		t := statTable{Caption: "问得最多的政策", First: "政策", Head: []string{"提问（条）"}, Note: fmt.Sprintf("最多%d份，不含撤回的提问。反复问到的，见提问答复里的易误解点。", mostAsked)}
		for _, m := range most {
			t.Rows = append(t.Rows, statRow{Name: shownTitle(m.Title), Href: policyPath(m.Policy, ""), Cells: []statNumber{{N: m.Questions, Href: st.asks(office, "policy", strconv.FormatInt(int64(m.Policy), 10))}}})
		}
		v.Tables = append(v.Tables, t.withBars(0))
	}
	days, err := store.CountAsked(st.ctx, st.f, storage.ByDay, st.now)
	if err != nil {
		return v, err
	}
	byDay := map[string]int{}
	for _, d := range days {
		byDay[d.Key] = d.Questions
	}
	return v, st.addLine(&v, "提问", "条", byDay)
}

func (st *statistician) corrected() (statSection, error) {
	v := statSection{ID: "corrected", Title: "更正", Counts: "工作人员核对系统读出的标签、日期和政策点：同一处以最后一次为准。"}
	counts, err := st.s.Store.CountCorrected(st.ctx, st.f)
	if err != nil {
		return v, err
	}
	t := statTable{Caption: "系统读得怎样", First: "内容", Head: []string{"系统读错，改了（处）", "系统读对，确认了（处）", "读对的占"}}
	for _, c := range counts {
		t.Rows = append(t.Rows, statRow{Name: chipOf(c.Dimension), Cells: []statNumber{
			{N: c.Changed, Href: "/console/corrections"}, {N: c.Confirmed}, ratio(c.Confirmed, c.Confirmed+c.Changed),
		}})
	}
	if len(t.Rows) > 0 {
		v.Tables = []statTable{t.withBars(0)}
	} else {
		v.Counts += "这段时间没有核对记录。"
	}
	return v, nil
}

// compared sets the offices and the themes side by side.
func (st *statistician) compared() (statSection, error) {
	v := statSection{ID: "compared", Title: "按单位和主题", Counts: "与上面同样计算。一份政策有几个主题的，在每个主题里都算，所以各主题相加会多于合计。"}
	for _, by := range []struct {
		grouping storage.Grouping
		field    string
		first    string
		name     func(key string) string
	}{
		{storage.ByOffice, "office", "单位", func(key string) string {
			for _, o := range st.offices {
				if strconv.FormatInt(int64(o.ID), 10) == key {
					return o.Name
				}
			}
			return "还没有单位负责"
		}},
		{storage.ByTheme, "theme", "主题", func(key string) string { return st.s.Rules.Name(domain.ThemeTag, key) }},
	} {
		if by.grouping == storage.ByOffice && (len(st.offices) < 2 || st.f.Office != 0) || by.grouping == storage.ByTheme && st.f.Theme != "" {
			continue
		}
		t, err := st.compare(by.grouping, by.field, by.name)
		if err != nil {
			return v, err
		}
		t.Caption, t.First = "按"+by.first, by.first
		if len(t.Rows) > 0 {
			v.Tables = append(v.Tables, t.withBars(0))
		}
	}
	if len(v.Tables) == 0 {
		return statSection{}, nil
	}
	return v, nil
}

func (st *statistician) compare(by storage.Grouping, field string, name func(string) string) (statTable, error) {
	t := statTable{Head: []string{"发布（份）", "有解读", "推送（次）", "通知到（人次）", "已读率", "提问（条）", "按时答复率"}}
	published, err := st.s.Store.CountPublished(st.ctx, st.f, by)
	if err != nil {
		return t, err
	}
	pushed, err := st.s.Store.CountPushed(st.ctx, st.f, by)
	if err != nil {
		return t, err
	}
	asked, err := st.s.Store.CountAsked(st.ctx, st.f, by, st.now)
	if err != nil {
		return t, err
	}
	type side struct {
		published storage.PublishedCount
		pushed    storage.PushedCount
		asked     storage.AskedCount
	}
	sides := map[string]*side{}
	of := func(key string) *side {
		if sides[key] == nil {
			sides[key] = &side{}
		}
		return sides[key]
	}
	for _, c := range published {
		of(c.Key).published = c
	}
	for _, c := range pushed {
		of(c.Key).pushed = c
	}
	for _, c := range asked {
		of(c.Key).asked = c
	}
	var keys []string
	for key := range sides {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if more := sides[b].published.Policies - sides[a].published.Policies; more != 0 {
			return more
		}
		if more := sides[b].asked.Questions - sides[a].asked.Questions; more != 0 {
			return more
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys {
		c := sides[key]
		office, more := st.f.Office, []string{field, key}
		if by == storage.ByOffice {
			n, _ := strconv.ParseInt(key, 10, 64) // 0 of what no office is responsible for
			office, more = domain.OfficeID(n), nil
		}
		row := statRow{Name: name(key), Href: st.here(field, key), Cells: []statNumber{
			{N: c.published.Policies, Href: st.list("/console/policies", field, key)},
			ratio(c.published.Explained, c.published.Policies),
			{N: c.pushed.Pushes, Href: st.list("/console/pushes", field, key)},
			people(c.pushed.People), ratioOfPeople(c.pushed.Readers, c.pushed.People),
			{N: c.asked.Questions, Href: st.asks(office, more...)},
			ratio(c.asked.Answered-c.asked.Late, c.asked.Answered),
		}}
		if by == storage.ByOffice && office == 0 {
			row.Href, row.Cells[0].Href, row.Cells[2].Href = "", "", ""
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}
