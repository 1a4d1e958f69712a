package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

func officeObject(id domain.OfficeID) string { return "office/" + strconv.FormatInt(int64(id), 10) }

// officesView lists the offices of the house.
type officesView struct {
	Page
	Rows []officeRow
}

type officeRow struct {
	domain.Office
	RegionName string
	People     int // who may sign in
}

func (officesView) template() string { return "console/offices" }

// housePage begins a page about the offices and who works in them.
func (s *Server) housePage(c *fiber.Ctx, title string) (p Page, offices []domain.Office, people []domain.Operator, err error) {
	if p, err = s.consolePage(c, title, "operators"); err != nil {
		return p, nil, nil, err
	}
	if offices, err = s.Store.Offices(c.UserContext()); err != nil {
		return p, nil, nil, err
	}
	people, err = s.Store.Operators(c.UserContext())
	return p, offices, people, err
}

func (s *Server) officesPage(c *fiber.Ctx) error {
	p, offices, people, err := s.housePage(c, "单位")
	if err != nil {
		return err
	}
	v := officesView{Page: p}
	for _, o := range offices {
		row := officeRow{Office: o, RegionName: s.Rules.Name(domain.RegionTag, o.Region)}
		for i := range people {
			if people[i].Office == o.ID && !people[i].Disabled {
				row.People++
			}
		}
		v.Rows = append(v.Rows, row)
	}
	return s.render(c, v)
}

// officeView adds or edits one office.
type officeView struct {
	Page
	ID       domain.OfficeID // 0 for a new one
	Form     officeForm
	Problems problems
}

// officeForm is what was typed.
type officeForm struct{ Name, Signature, Region, Phone string }

func (officeView) template() string { return "console/office" }

func (s *Server) newOffice(c *fiber.Ctx) error { return s.showOffice(c, 0, officeForm{}, nil) }

func (s *Server) officePage(c *fiber.Ctx) error {
	o, err := s.officeOf(c)
	if err != nil {
		return err
	}
	return s.showOffice(c, o.ID, officeForm{o.Name, o.Signature, s.Rules.Name(domain.RegionTag, o.Region), o.Phone}, nil)
}

// officeOf returns the office of the address, an empty one if it names none.
func (s *Server) officeOf(c *fiber.Ctx) (domain.Office, error) {
	if c.Params("id") == "" {
		return domain.Office{}, nil
	}
	id, err := idParam(c, "id")
	if err != nil {
		return domain.Office{}, err
	}
	return s.Store.Office(c.UserContext(), domain.OfficeID(id))
}

func (s *Server) showOffice(c *fiber.Ctx, id domain.OfficeID, f officeForm, ps problems) error {
	title := "新增单位"
	if id != 0 {
		title = "单位：" + f.Name
	}
	p, err := s.consolePage(c, title, "operators")
	if err != nil {
		return err
	}
	markProblems(c, &p, ps)
	return s.render(c, officeView{Page: p, ID: id, Form: f, Problems: ps})
}

// saveOffice adds an office or changes one. Its policies, people and messages
// that went out stay as they are; what goes out from now on bears the new name.
func (s *Server) saveOffice(c *fiber.Ctx) error {
	ctx := c.UserContext()
	o, err := s.officeOf(c)
	if err != nil {
		return err
	}
	before := o
	f := officeForm{field(c, "name"), field(c, "signature"), field(c, "region"), field(c, "phone")}
	var ps problems
	if f.Name == "" || len([]rune(f.Name)) > 40 {
		ps.add("name", "请填写单位名称，不超过40字")
	}
	all, err := s.Store.Offices(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(other domain.Office) bool { return other.ID != o.ID && other.Name == f.Name }) {
		ps.add("name", "已经有叫这个名称的单位，请核对")
	}
	if !domain.ValidSignature(f.Signature) {
		ps.add("signature", "短信签名要有3到8个字，不含【】")
	}
	region, problem := s.regionNamed(f.Region)
	if problem != "" {
		ps.add("region", problem)
	}
	if len([]rune(f.Phone)) > 40 {
		ps.add("phone", "咨询电话不超过40字")
	}
	if len(ps) > 0 {
		return s.showOffice(c, o.ID, f, ps)
	}
	if o.ID == 0 {
		demo, err := s.Store.HasDemo(ctx)
		if err != nil {
			return err
		}
		if demo {
			return domain.Errorf(domain.Conflict, "这里载入了演示数据，请先运行 policypush demo remove，再添加真实单位")
		}
	}
	o.Name, o.Signature, o.Region, o.Phone = f.Name, f.Signature, region, f.Phone
	if err := s.Store.SaveOffice(ctx, &o); err != nil {
		return err
	}
	detail := o.Name + "，签名" + o.Signature + "，" + s.Rules.Name(domain.RegionTag, o.Region)
	if before.ID != 0 && before.Name != o.Name {
		detail = before.Name + " 改名为 " + detail
	}
	if err := s.audit(c, "office", officeObject(o.ID), detail); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已保存单位“"+o.Name+"”。")
	return c.Redirect("/console/offices", fiber.StatusSeeOther)
}

// regionNamed finds a region by its code or its name, in full where several have
// it; problem says what to type else.
func (s *Server) regionNamed(typed string) (code, problem string) {
	if s.Rules.ValidCode(domain.FieldRegion, typed) {
		return typed, ""
	}
	var named, found []string
	for _, d := range s.Rules.Divisions.All() {
		if !strings.HasSuffix(typed, d.Name) {
			continue
		}
		if named = append(named, d.Code); typed == d.Name {
			found = append(found, d.Code)
		}
	}
	for _, code := range named {
		if s.Rules.Name(domain.RegionTag, code) == typed {
			return code, ""
		}
	}
	switch len(found) {
	case 1:
		return found[0], ""
	case 0:
		return "", "没有认出这个地区，请写成浙江省绍兴市柯桥区这样，或填行政区划代码"
	default:
		return "", "有几个地区叫“" + typed + "”，请连省市一起写"
	}
}
