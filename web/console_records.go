package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/rules"
)

// auditShown is how many entries a page of the log shows, historyShown how many
// of one policy stand beside its release.
const (
	auditShown   = 100
	historyShown = 300
)

// auditView is the log of who did what.
type auditView struct {
	Page
	Rows     []auditRow
	Total    int
	People   []option
	Actions  []option
	Days     dayFields
	Pages    []pageLink
	Filtered bool
}

func (auditView) template() string { return "console/audit" }

func (s *Server) auditPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.consolePage(c, "审计日志", "audit")
	if err != nil {
		return err
	}
	v, asked := auditView{Page: p}, url.Values{}
	f := storage.AuditFilter{Limit: auditShown}
	all, err := s.Store.Operators(ctx)
	if err != nil {
		return err
	}
	for _, o := range all {
		row := option{Code: strconv.FormatInt(int64(o.ID), 10), Name: o.Name}
		if row.Selected = c.Query("who") == row.Code; row.Selected {
			f.Operator = o.ID
			asked.Set("who", row.Code)
		}
		v.People = append(v.People, row)
	}
	for _, a := range actions {
		row := option{Code: a.codes[0], Name: a.label}
		if row.Selected = c.Query("what") == row.Code; row.Selected {
			f.Actions = a.codes
			asked.Set("what", row.Code)
		}
		v.Actions = append(v.Actions, row)
	}
	v.Days = daysAsked(c, "", asked)
	f.From, f.Before = v.Days.from, v.Days.before
	v.Filtered = len(asked) > 0
	current := pageNumber(c)
	f.Offset = (current - 1) * auditShown
	entries, total, err := s.Store.FindAuditEntries(ctx, f)
	if err != nil {
		return err
	}
	v.Total, v.Pages = total, pager("/console/audit", asked, current, total, auditShown)
	if v.Rows, err = s.auditRows(ctx, operatorOf(c).operator, entries); err != nil {
		return err
	}
	return s.render(c, v)
}

// auditRows puts entries into words. What was acted on is a link for whoever may
// open its page.
func (s *Server) auditRows(ctx context.Context, reader domain.Operator, entries []storage.AuditEntry) ([]auditRow, error) {
	names, err := s.operatorNames(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]auditRow, len(entries))
	for i, e := range entries {
		rows[i] = auditRow{AuditEntry: e, Who: names[e.Operator], What: actionLabel(e.Action)}
		kind, id, _ := strings.Cut(e.Object, "/")
		page, opened := "", toRead
		switch kind {
		case "policy":
			page, rows[i].About = "policies", "政策"+id
		case "push":
			page, rows[i].About = "pushes", "推送"+id
		case "print":
			page, rows[i].About = "prints", "纸质通知批次"+id
		case "question":
			page, rows[i].About = "questions", "提问"+id
		case "subscriber":
			page, rows[i].About = "subscribers", "订阅主体"+id
		case "operator":
			page, opened, rows[i].About = "operators", toManage, "账号"+id
			if n, err := strconv.ParseInt(id, 10, 64); err == nil && names[domain.OperatorID(n)] != "" {
				rows[i].About = "账号“" + names[domain.OperatorID(n)] + "”"
			}
		case "office":
			page, opened, rows[i].About = "offices", toManage, "单位"+id
		case "delivery":
			rows[i].About = "消息" + id
		case "calendar":
			rows[i].About, rows[i].Href = id+"年放假安排", "/console/calendar"
		case "channel":
			rows[i].About = domain.ChannelKind(id).Label()
		default:
			rows[i].About = e.Object
		}
		if page != "" && allowed(reader, opened) {
			rows[i].Href = "/console/" + page + "/" + id
		}
	}
	return rows, nil
}

// actions are the kinds of entries in words, in the order in which a policy and
// its push meet them.
var actions = []struct {
	label string
	codes []string
}{
	{"登录", []string{"sign-in"}},
	{"修改密码", []string{"password"}},
	{"提醒邮箱", []string{"mail"}},
	{"导入放假安排", []string{"calendar"}},
	{"导入", []string{"import"}},
	{"修改基本信息", []string{"fields"}},
	{"修改标签", []string{"tag"}},
	{"修改政策点", []string{"measure"}},
	{"修改条件", []string{"criteria"}},
	{"查询订阅主体", []string{"lookup"}},
	{"提交审批", []string{"submit"}},
	{"审批通过", []string{"approve"}},
	{"退回", []string{"return"}},
	{"发布", []string{"publish"}},
	{"补充推送", []string{"supplement"}},
	{"撤回", []string{"withdraw"}},
	{"更正", []string{"correct"}},
	{"紧急推送签字", []string{"sign"}},
	{"改为普通推送", []string{"calm"}},
	{"暂停推送", []string{"push-pause"}},
	{"继续推送", []string{"push-resume"}},
	{"中止推送", []string{"push-stop"}},
	{"改推送时间", []string{"push-now", "push-reschedule"}},
	{"暂停渠道", []string{"channel-stop"}},
	{"恢复渠道", []string{"channel-resume"}},
	{"确认是否送达", []string{"doubt"}},
	{"导出发送记录", []string{"export"}},
	{"下载打印文件", []string{"print-file"}},
	{"登记已打印", []string{"print-done"}},
	{"登记纸质回执", []string{"print-slips"}},
	{"更正纸质回执", []string{"print-correct"}},
	{"编写解读", []string{"interpret"}},
	{"审核解读", []string{"approve-interpretation"}},
	{"删除解读", []string{"delete-interpretation"}},
	{"起草答复", []string{"answer"}},
	{"审核答复", []string{"answer-approve"}},
	{"退回答复", []string{"answer-return"}},
	{"转办提问", []string{"question-move"}},
	{"标为复杂提问", []string{"question-complex"}},
	{"延期答复", []string{"question-extend"}},
	{"提问转为问答", []string{"question-adopt"}},
	{"提醒：答复今天到期", []string{"question-due"}},
	{"提醒：答复已逾期", []string{"question-overdue"}},
	{"维护账号", []string{"operator"}},
	{"维护单位", []string{"office"}},
}

func actionLabel(action string) string {
	for _, a := range actions {
		if slices.Contains(a.codes, action) {
			return a.label
		}
	}
	return action
}

// outboxView is what channels set to log would have sent, and what people
// answered by SMS.
type outboxView struct {
	Page
	Modes    []modeRow
	Entries  []outboxRow
	Total    int
	Query    string
	Channels []option
	Days     dayFields
	Pages    []pageLink
	Filtered bool
	First    bool // of the pages of everything: the replies stand there
	Replies  []storage.Reply
}

// outboxShown is how many entries of the outbox a page shows.
const outboxShown = 50

type modeRow struct{ Channel, Mode, Class string }

type outboxRow struct {
	storage.OutboxEntry
	ChannelName string
}

// Long tells whether the message is folded away: an e-mail is, a text message
// is read at a glance.
func (r outboxRow) Long() bool { return len([]rune(r.Body)) > 200 }

func (outboxView) template() string { return "console/outbox" }

func (s *Server) outboxPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.consolePage(c, "发件箱", "outbox")
	if err != nil {
		return err
	}
	v, asked := outboxView{Page: p, Query: cutRunes(strings.TrimSpace(c.Query("q")), 60)}, url.Values{}
	f := storage.OutboxFilter{Query: v.Query, Limit: outboxShown}
	if v.Query != "" {
		asked.Set("q", v.Query)
	}
	for _, kind := range domain.Outgoing() {
		row := option{Code: string(kind), Name: kind.Label(), Selected: c.Query("channel") == string(kind)}
		if row.Selected {
			f.Channel = kind
			asked.Set("channel", row.Code)
		}
		v.Channels = append(v.Channels, row)
	}
	v.Days = daysAsked(c, "", asked)
	f.From, f.Before, v.Filtered = v.Days.from, v.Days.before, len(asked) > 0
	current := pageNumber(c)
	f.Offset = (current - 1) * outboxShown
	for _, kind := range domain.Channels() {
		row := modeRow{Channel: kind.Label(), Mode: modeName(s.Modes[kind]), Class: "plain"}
		switch s.Modes[kind] {
		case "send":
			row.Class = "pine"
		case "log":
			row.Class = "amber"
		}
		if kind == domain.App && s.Modes[kind] != "off" {
			row.Mode, row.Class = "已开通", "pine"
		}
		v.Modes = append(v.Modes, row)
	}
	entries, total, err := s.Store.FindOutbox(ctx, f)
	if err != nil {
		return err
	}
	v.Total, v.Pages = total, pager("/console/outbox", asked, current, total, outboxShown)
	for _, e := range entries {
		v.Entries = append(v.Entries, outboxRow{e, e.Channel.Label()})
	}
	if v.First = current == 1 && !v.Filtered; v.First {
		v.Replies, err = s.Store.Replies(ctx, 50)
	}
	if err != nil {
		return err
	}
	return s.render(c, v)
}

// rulesView is an overview of the rules, for reading.
type rulesView struct {
	Page
	Counts []countRow
	Themes []themeRow
	Score  rules.Scoring
	Query  string
}

type countRow struct {
	Name string
	N    int
}

type themeRow struct {
	Code, Name           string
	Strong, Weak, Masked []string
	Found                []string // of Strong and Weak, that hold what was looked for
	Internal             bool
}

func (rulesView) template() string { return "console/rules" }

func (s *Server) rulesPage(c *fiber.Ctx) error {
	p, err := s.consolePage(c, "标签体系", "rules")
	if err != nil {
		return err
	}
	r := s.Rules
	v := rulesView{Page: p, Score: r.Scoring, Query: cutRunes(strings.TrimSpace(c.Query("q")), 30), Counts: []countRow{
		{"主题", len(r.Themes.All())},
		{"税费", len(r.Taxes.All())},
		{"支持方式", len(r.Benefits.All())},
		{"居民群体", len(r.Groups.All())},
		{"企业类型", len(r.Attributes.All())},
		{"行业", len(r.Industries.All())},
		{"地区", len(r.Divisions.All())},
		{"文种", len(r.DocumentKinds.All())},
		{"抽取规则", len(r.Patterns.All())},
		{"通俗解释", len(r.Jargon.All())},
	}}
	for _, t := range r.Themes.All() {
		row := themeRow{Code: t.Code, Name: t.Name, Strong: append(append([]string{}, t.Strong...), t.Triggers...), Weak: t.Weak, Masked: t.Not, Internal: t.Push == "never"}
		if v.Query != "" {
			for _, word := range slices.Concat(row.Strong, row.Weak) {
				if strings.Contains(word, v.Query) {
					row.Found = append(row.Found, word)
				}
			}
		}
		if v.Query == "" || len(row.Found) > 0 || strings.Contains(t.Code+" "+t.Name, v.Query) {
			v.Themes = append(v.Themes, row)
		}
	}
	return s.render(c, v)
}
