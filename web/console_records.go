package web

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/rules"
)

// auditShown is how many entries the log shows.
const auditShown = 300

// auditView is the log of who did what.
type auditView struct {
	Page
	Rows []auditRow
}

func (auditView) template() string { return "console/audit" }

func (s *Server) auditPage(c *fiber.Ctx) error {
	p, err := s.consolePage(c, "审计日志", "audit")
	if err != nil {
		return err
	}
	entries, err := s.Store.AuditEntries(c.UserContext(), "", auditShown)
	if err != nil {
		return err
	}
	v := auditView{Page: p}
	if v.Rows, err = s.auditRows(c.UserContext(), operatorOf(c).operator, entries); err != nil {
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

func actionLabel(action string) string {
	switch action {
	case "sign-in":
		return "登录"
	case "password":
		return "修改密码"
	case "mail":
		return "提醒邮箱"
	case "calendar":
		return "导入放假安排"
	case "import":
		return "导入"
	case "fields":
		return "修改基本信息"
	case "tag":
		return "修改标签"
	case "measure":
		return "修改政策点"
	case "criteria":
		return "修改条件"
	case "lookup":
		return "查询订阅主体"
	case "submit":
		return "提交审批"
	case "approve":
		return "审批通过"
	case "return":
		return "退回"
	case "publish":
		return "发布"
	case "supplement":
		return "补充推送"
	case "withdraw":
		return "撤回"
	case "correct":
		return "更正"
	case "sign":
		return "紧急推送签字"
	case "calm":
		return "改为普通推送"
	case "push-pause":
		return "暂停推送"
	case "push-resume":
		return "继续推送"
	case "push-stop":
		return "中止推送"
	case "push-now", "push-reschedule":
		return "改推送时间"
	case "channel-stop":
		return "暂停渠道"
	case "channel-resume":
		return "恢复渠道"
	case "doubt":
		return "确认是否送达"
	case "export":
		return "导出发送记录"
	case "print-file":
		return "下载打印文件"
	case "print-done":
		return "登记已打印"
	case "print-slips":
		return "登记纸质回执"
	case "print-correct":
		return "更正纸质回执"
	case "interpret":
		return "编写解读"
	case "approve-interpretation":
		return "审核解读"
	case "delete-interpretation":
		return "删除解读"
	case "answer":
		return "起草答复"
	case "answer-approve":
		return "审核答复"
	case "answer-return":
		return "退回答复"
	case "question-move":
		return "转办提问"
	case "question-complex":
		return "标为复杂提问"
	case "question-extend":
		return "延期答复"
	case "question-adopt":
		return "提问转为问答"
	case "question-due":
		return "提醒：答复今天到期"
	case "question-overdue":
		return "提醒：答复已逾期"
	case "operator":
		return "维护账号"
	default:
		return action
	}
}

// outboxView is what channels set to log would have sent, and what people
// answered by SMS.
type outboxView struct {
	Page
	Modes   []modeRow
	Entries []outboxRow
	Replies []storage.Reply
}

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
	v := outboxView{Page: p}
	for _, kind := range domain.Channels() {
		row := modeRow{Channel: kind.Label(), Mode: "正式发送", Class: "pine"}
		switch s.Modes[kind] {
		case "off":
			row.Mode, row.Class = "未开通", "plain"
		case "log":
			row.Mode, row.Class = "只记入发件箱", "amber"
		}
		if kind == domain.App && s.Modes[kind] != "off" {
			row.Mode, row.Class = "已开通", "pine"
		}
		v.Modes = append(v.Modes, row)
	}
	entries, err := s.Store.Outbox(ctx, 100)
	if err != nil {
		return err
	}
	for _, e := range entries {
		v.Entries = append(v.Entries, outboxRow{e, e.Channel.Label()})
	}
	if v.Replies, err = s.Store.Replies(ctx, 50); err != nil {
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
		if v.Query == "" || strings.Contains(t.Code+t.Name+strings.Join(row.Strong, " ")+strings.Join(row.Weak, " "), v.Query) {
			v.Themes = append(v.Themes, row)
		}
	}
	return s.render(c, v)
}
