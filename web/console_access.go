package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// need is what a page or an action of the console asks of an operator. The
// list of routes names one for each; nothing else decides who may come in.
type need int

const (
	toEnter   need = iota // any role: the desk, the audit log, one's own password
	toRead                // policies, pushes and, masked, the people behind them
	toDraft               // change a draft, explain it, answer questions
	toApprove             // release what another person wrote, withdraw
	toRelease             // draft or approve
	toManage              // operators and offices
	toSetDays             // the calendar of working days: draft, approve or manage
)

// allowed tells whether an operator has what is needed. An admin keeps the
// house and sees neither policies nor people; an auditor reads everything that
// the others do and changes nothing.
func allowed(o domain.Operator, n need) bool {
	switch n {
	case toEnter:
		return o.May(domain.ReadConsole)
	case toRead:
		return o.May(domain.DraftPolicies) || o.May(domain.ApprovePolicies) || !o.Disabled && slices.Contains(o.Roles, domain.Auditor)
	case toDraft:
		return o.May(domain.DraftPolicies)
	case toApprove:
		return o.May(domain.ApprovePolicies)
	case toRelease:
		return o.May(domain.DraftPolicies) || o.May(domain.ApprovePolicies)
	case toManage:
		return o.May(domain.ManageOperators)
	case toSetDays:
		return allowed(o, toRelease) || allowed(o, toManage)
	default:
		return false
	}
}

// refusal says what an operator lacks and who can help.
func refusal(n need) *domain.Error {
	switch n {
	case toRead:
		return domain.Errorf(domain.Forbidden, "您的角色不能查看政策和推送对象。需要查看时，请由系统管理员另设发布员、审核员或审计员。")
	case toDraft:
		return domain.Errorf(domain.Forbidden, "您没有起草权限。请由发布员操作。")
	case toApprove:
		return domain.Errorf(domain.Forbidden, "您没有审批权限。请由审核员操作。")
	case toManage:
		return domain.Errorf(domain.Forbidden, "只有系统管理员可以管理工作人员账号和单位。")
	default:
		return domain.Errorf(domain.Forbidden, "您没有这项权限。请联系系统管理员。")
	}
}

// needs guards a route of the console behind staffOnly.
func (s *Server) needs(n need) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !allowed(operatorOf(c).operator, n) {
			return refusal(n)
		}
		return c.Next()
	}
}

// operatorOf returns who works in the console, behind staffOnly.
func operatorOf(c *fiber.Ctx) *staff {
	st, _ := c.Locals(localOperator).(*staff)
	if st == nil {
		return &staff{}
	}
	return st
}

// audit writes down who did what. Detail holds no personal data of readers.
func (s *Server) audit(c *fiber.Ctx, action, object, detail string) error {
	return s.Store.Audit(c.UserContext(), storage.AuditEntry{
		At: s.Now(), Operator: operatorOf(c).operator.ID, Action: action, Object: object, Detail: cutRunes(detail, 400),
	})
}

func policyObject(id domain.PolicyID) string { return "policy/" + strconv.FormatInt(int64(id), 10) }

// idParam reads a number of the address.
func idParam(c *fiber.Ctx, name string) (int64, error) {
	id, err := strconv.ParseInt(c.Params(name), 10, 64)
	if err != nil || id < 1 {
		return 0, fiber.ErrNotFound
	}
	return id, nil
}

// policyOf returns the policy of the address.
func (s *Server) policyOf(c *fiber.Ctx) (*domain.Policy, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return nil, err
	}
	return s.Store.Policy(c.UserContext(), domain.PolicyID(id))
}

// ownPolicy returns the policy of the address to somebody who wants to act on
// it: another office's is only for reading.
func (s *Server) ownPolicy(c *fiber.Ctx) (*domain.Policy, error) {
	p, err := s.policyOf(c)
	if err != nil {
		return nil, err
	}
	if p.Office != operatorOf(c).operator.Office {
		return nil, domain.Errorf(domain.Forbidden, "《%s》是其他单位的政策，您可以查看，不能修改。", p.Title)
	}
	return p, nil
}

// draftOf returns the policy of the address to somebody who wants to change
// what it says.
func (s *Server) draftOf(c *fiber.Ctx) (*domain.Policy, error) {
	p, err := s.ownPolicy(c)
	if err != nil {
		return nil, err
	}
	if !p.Editable() {
		return nil, domain.Errorf(domain.Conflict, "《%s》是“%s”，不能直接修改。请先退回为待确认，再修改。", p.Title, p.Status.Label())
	}
	return p, nil
}

// consoleErrorView says what happened inside the console, so that an officer
// finds the way back.
type consoleErrorView struct {
	Page
	Status    int
	Text      string
	RequestID string
}

func (consoleErrorView) template() string { return "console/error" }

func inConsole(path string) bool { return path == "/console" || strings.HasPrefix(path, "/console/") }

func (s *Server) consoleError(c *fiber.Ctx, status int, text string) error {
	p, err := s.consolePage(c, "出错了", "")
	if err != nil { // the database is gone: the page must do without the operator
		p = s.barePage(c, "出错了")
	}
	p.Robots = "noindex"
	switch status {
	case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
		p.Title = "没有找到"
	case fiber.StatusForbidden:
		p.Title = "不能这样做"
	case fiber.StatusConflict:
		p.Title = "现在不能这样做"
	}
	noStore(c)
	return s.render(c, consoleErrorView{Page: p, Status: status, Text: text, RequestID: requestID(c)})
}
