package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/domain"
)

func operatorObject(id domain.OperatorID) string {
	return "operator/" + strconv.FormatInt(int64(id), 10)
}

// operatorsView lists who works in the console.
type operatorsView struct {
	Page
	Rows []operatorRow
}

type operatorRow struct {
	domain.Operator
	OfficeName string
	RoleNames  string
}

func (operatorsView) template() string { return "console/operators" }

func (s *Server) operatorsPage(c *fiber.Ctx) error {
	p, offices, all, err := s.housePage(c, "工作人员")
	if err != nil {
		return err
	}
	v := operatorsView{Page: p}
	for _, o := range all {
		row := operatorRow{Operator: o}
		for _, office := range offices {
			if office.ID == o.Office {
				row.OfficeName = office.Name
			}
		}
		var labels []string
		for _, r := range o.Roles {
			labels = append(labels, r.Label())
		}
		row.RoleNames = strings.Join(labels, "、")
		v.Rows = append(v.Rows, row)
	}
	return s.render(c, v)
}

// operatorView adds or edits one operator.
type operatorView struct {
	Page
	ID       domain.OperatorID // 0 for a new one
	Login    string
	Name     string
	Disabled bool
	Roles    []option
	Offices  []option
	Problems problems
}

func (operatorView) template() string { return "console/operator" }

func (s *Server) newOperator(c *fiber.Ctx) error {
	return s.showOperator(c, domain.Operator{Office: operatorOf(c).operator.Office, Roles: []domain.Role{domain.Drafter}}, nil)
}

func (s *Server) operatorPage(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	o, err := s.Store.Operator(c.UserContext(), domain.OperatorID(id))
	if err != nil {
		return err
	}
	return s.showOperator(c, o, nil)
}

func (s *Server) showOperator(c *fiber.Ctx, o domain.Operator, ps problems) error {
	title := "新增工作人员"
	if o.ID != 0 {
		title = "工作人员：" + o.Name
	}
	p, err := s.consolePage(c, title, "operators")
	if err != nil {
		return err
	}
	markProblems(c, &p, ps)
	v := operatorView{Page: p, ID: o.ID, Login: o.Login, Name: o.Name, Disabled: o.Disabled, Problems: ps}
	for _, r := range []domain.Role{domain.Drafter, domain.Approver, domain.Auditor, domain.Admin} {
		v.Roles = append(v.Roles, option{Code: string(r), Name: r.Label(), Selected: slices.Contains(o.Roles, r)})
	}
	offices, err := s.Store.Offices(c.UserContext())
	if err != nil {
		return err
	}
	for _, office := range offices {
		v.Offices = append(v.Offices, option{Code: strconv.FormatInt(int64(office.ID), 10), Name: office.Name, Selected: office.ID == o.Office})
	}
	return s.render(c, v)
}

// saveOperator stores an operator. A first password is set here, and later
// ones when somebody has forgotten theirs; everybody can change their own.
func (s *Server) saveOperator(c *fiber.Ctx) error {
	ctx := c.UserContext()
	var o domain.Operator
	if c.Params("id") != "" {
		id, err := idParam(c, "id")
		if err != nil {
			return err
		}
		if o, err = s.Store.Operator(ctx, domain.OperatorID(id)); err != nil {
			return err
		}
	}
	me := operatorOf(c).operator
	o.Login, o.Name, o.Disabled, o.Roles = field(c, "login"), field(c, "name"), field(c, "disabled") != "", nil
	for _, code := range fields(c, "roles") {
		o.Roles = append(o.Roles, domain.Role(code))
	}
	var ps problems
	if len(o.Login) < 3 || len(o.Login) > 40 || strings.ContainsAny(o.Login, " \t/") {
		ps.add("login", "账号要有3到40个字符，不含空格")
	}
	if o.Name == "" || len([]rune(o.Name)) > 30 {
		ps.add("name", "请填写姓名，不超过30字")
	}
	for _, r := range o.Roles {
		if r.Label() == string(r) {
			ps.add("roles", "请从列表中选择角色")
		}
	}
	if len(o.Roles) == 0 {
		ps.add("roles", "请至少选择一个角色")
	}
	if slices.Contains(o.Roles, domain.Admin) && len(o.Roles) > 1 {
		ps.add("roles", "系统管理员不能兼任其他角色：管账号的人不办政策")
	}
	if o.ID == me.ID && (o.Disabled || !slices.Contains(o.Roles, domain.Admin)) {
		ps.add("roles", "不能停用自己，也不能去掉自己的管理员角色。请由另一位管理员操作。")
	}
	office, err := strconv.ParseInt(field(c, "office"), 10, 64)
	if err == nil {
		_, err = s.Store.Office(ctx, domain.OfficeID(office))
	}
	if err != nil {
		ps.add("office", "请选择所在单位")
	}
	o.Office = domain.OfficeID(office)
	password := c.FormValue("password")
	if password != "" || o.ID == 0 {
		hash, err := auth.HashPassword(password)
		if text, ok := shownError(err); ok {
			ps.add("password", text)
		} else if err != nil {
			return err
		}
		o.PasswordHash = hash
	}
	if len(ps) > 0 {
		return s.showOperator(c, o, ps)
	}
	err = s.Store.SaveOperator(ctx, &o)
	if text, ok := shownError(err); ok {
		return s.showOperator(c, o, problems{{"login", text}})
	}
	if err != nil {
		return err
	}
	if o.Disabled && o.Mail != "" { // who has left is not told of the desk, nor is the address kept
		if err := s.Store.SetMail(ctx, o.ID, ""); err != nil {
			return err
		}
	}
	detail := "角色："
	for _, r := range o.Roles {
		detail += r.Label() + " "
	}
	if o.Disabled {
		detail += "；已停用"
	}
	if password != "" {
		detail += "；设置了密码"
	}
	if err := s.audit(c, "operator", operatorObject(o.ID), detail); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已保存"+o.Name+"的账号。")
	return c.Redirect("/console/operators", fiber.StatusSeeOther)
}
