package web

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// shownChanges is how much of the history of an enterprise's contacts is shown.
const shownChanges = 20

// standingView is a subscriber for whom the reader stands.
type standingView struct {
	Subscriber domain.SubscriberID
	Name, Role string
	Enterprise bool
	Current    bool
}

// colleagueView is somebody who stands for an enterprise, as the others see them.
type colleagueView struct {
	ID        domain.ContactID
	Addresses string // masked
	Role      string
	Roles     []option
	Me, First bool
}

// joinView is an invitation or an application.
type joinView struct {
	ID       domain.JoinID
	Name     string // of the enterprise
	USCC     string // masked
	By       string // masked
	Masked   string // who is to join
	Role     string
	Until    string
	Incoming bool // it is the reader's to answer
}

// receiveView says who is told of what.
type receiveView struct{ What, Who string }

// changeView is a line of the history.
type changeView struct{ At, Text string }

// inviteForm is who is to be invited as what.
type inviteForm struct{ Address, Role string }

// standView is the page of those for whom the reader stands and of those who
// stand for the same enterprise.
type standView struct {
	Page
	Name       string
	Enterprise bool
	MayManage  bool
	Standings  []standingView
	Invited    []joinView // the reader
	Applied    []joinView // by the reader
	People     []colleagueView
	Open       []joinView // of the enterprise, with applications to it
	Receives   []receiveView
	Changes    []changeView
	Departures []changeView
	Last       bool // nobody else stands for the enterprise
	Form       inviteForm
	Roles      []option
	USCC       string // as typed
	Problems   problems
}

func (standView) template() string { return "portal/people" }

// roleName is the name of a role, or "" where nobody has said.
func (s *Server) roleName(role domain.ContactRole) string {
	if r := s.Rules.ContactRoles.Find(string(role)); r != nil {
		return r.Name
	}
	return ""
}

// standingInto says in the head of a page whether the reader stands for others
// too, and whether something waits for their answer.
func (s *Server) standingInto(ctx context.Context, r *reader, p *pageReader) error {
	standings, err := s.Store.Standings(ctx, r.contact.Kind, r.contact.Address)
	if err != nil {
		return err
	}
	p.Several = len(standings) > 1
	joins, err := s.waiting(ctx, r)
	p.Waiting = len(joins)
	return err
}

// waiting lists the invitations and applications that the reader may answer.
func (s *Server) waiting(ctx context.Context, r *reader) ([]domain.Join, error) {
	joins, err := s.Store.JoinsOf(ctx, r.contact.Kind, r.contact.Address, s.Now())
	if err != nil {
		return nil, err
	}
	joins = slices.DeleteFunc(joins, domain.Join.Application)
	if sub := r.subscriber; sub.USCC != "" && sub.Profile.Kind == domain.Enterprise && sub.MayManage(r.contact.ID) {
		into, err := s.Store.JoinsInto(ctx, sub, s.Now())
		if err != nil {
			return nil, err
		}
		for _, j := range into {
			if j.Application() {
				joins = append(joins, j)
			}
		}
	}
	return joins, nil
}

func standingName(name string, kind domain.SubscriberKind) string {
	switch {
	case kind == domain.Resident:
		return "我自己"
	case name == "":
		return "我的企业"
	default:
		return name
	}
}

func (s *Server) joinViews(joins []domain.Join) []joinView {
	var views []joinView
	for _, j := range joins {
		role := s.roleName(j.Role)
		if role == "" {
			role = "所有事项"
		}
		views = append(views, joinView{
			ID: j.ID, Name: standingName(j.Name, domain.Enterprise), USCC: domain.MaskUSCC(j.USCC), By: j.ByMasked, Masked: j.Masked, Role: role,
			Until: j.Expires.In(shanghai).Format("2006年1月2日"), Incoming: j.Application(),
		})
	}
	return views
}

func joinNamed(joins []domain.Join, id string) (domain.Join, error) {
	for _, j := range joins {
		if fmt.Sprint(j.ID) == id {
			return j, nil
		}
	}
	return domain.Join{}, domain.Errorf(domain.NotFound, "没有这份邀请或申请，可能已处理或过期。")
}

func (s *Server) standPage(c *fiber.Ctx) error {
	return s.showStand(c, inviteForm{}, "", nil)
}

func (s *Server) showStand(c *fiber.Ctx, form inviteForm, uscc string, ps problems) error {
	ctx := c.UserContext()
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	sub := r.subscriber
	p, err := s.wizardPage(c, "身份与联系人", ps)
	if err != nil {
		return err
	}
	p.Section = "me"
	v := standView{
		Page: p, Name: standingName(sub.Name, sub.Profile.Kind), Enterprise: sub.Profile.Kind == domain.Enterprise,
		Form: form, USCC: uscc, Problems: ps, Roles: s.roleOptions(domain.ContactRole(form.Role)),
	}
	standings, err := s.Store.Standings(ctx, r.contact.Kind, r.contact.Address)
	if err != nil {
		return err
	}
	for _, st := range standings {
		v.Standings = append(v.Standings, standingView{st.Subscriber, standingName(st.Name, st.Kind), s.roleName(st.Role), st.Kind == domain.Enterprise, st.Subscriber == sub.ID})
	}
	mine, err := s.Store.JoinsOf(ctx, r.contact.Kind, r.contact.Address, s.Now())
	if err != nil {
		return err
	}
	for i, j := range mine {
		if j.Application() {
			v.Applied = append(v.Applied, s.joinViews(mine[i:i+1])...)
		} else {
			v.Invited = append(v.Invited, s.joinViews(mine[i:i+1])...)
		}
	}
	gone, err := s.Store.Departures(ctx, r.contact.Kind, r.contact.Address, shownChanges)
	if err != nil {
		return err
	}
	for _, d := range gone {
		v.Departures = append(v.Departures, changeView{moment(d.At), "您不再是" + standingName(d.Name, domain.Enterprise) + "的联系人：" + s.changeText(d)})
	}
	if v.Enterprise {
		if err := s.enterpriseInto(ctx, &v, r); err != nil {
			return err
		}
	}
	return s.render(c, v)
}

// enterpriseInto fills in who else stands for the reader's enterprise.
func (s *Server) enterpriseInto(ctx context.Context, v *standView, r *reader) error {
	sub := r.subscriber
	v.MayManage = sub.MayManage(r.contact.ID)
	people := sub.People()
	v.Last = len(people) == 1
	for i, person := range people {
		pv := colleagueView{ID: person[0].ID, First: i == 0}
		var masked, roles []string
		for _, c := range person {
			if c.Kind.SignsIn() {
				masked = append(masked, c.Masked())
			}
			if role := s.roleName(c.Role); !slices.Contains(roles, role) && role != "" {
				roles = append(roles, role)
			}
			pv.Me = pv.Me || c.ID == r.contact.ID
		}
		pv.Addresses, pv.Role, pv.Roles = strings.Join(masked, "、"), strings.Join(roles, "、"), s.roleOptions(person[0].Role)
		v.People = append(v.People, pv)
	}
	if v.MayManage {
		joins, err := s.Store.JoinsInto(ctx, sub, s.Now())
		if err != nil {
			return err
		}
		v.Open = s.joinViews(joins)
	}
	v.Receives = s.receives(sub)
	changes, err := s.Store.PeopleChanges(ctx, sub.ID, shownChanges)
	for _, change := range changes {
		v.Changes = append(v.Changes, changeView{moment(change.At), s.changeText(change)})
	}
	return err
}

// receives says whom a new policy reaches, by the same choice as when a push
// is planned.
func (s *Server) receives(sub *domain.Subscriber) []receiveView {
	told := func(roles []domain.ContactRole) string {
		var first, spare []string
		var before []domain.Contact
		for _, turn := range sub.Order(nil, roles) {
			c := sub.Contacts[turn.At]
			if c.Suppressed != "" {
				continue
			}
			to := &first
			if !sub.Subscription.AtOnce && sub.TurnOf(c, before) > 1 {
				to = &spare
			}
			*to = append(*to, c.Kind.Label()+" "+c.Masked())
			before = append(before, c)
		}
		switch {
		case len(first) == 0:
			return "只有站内消息"
		case len(spare) > 0:
			return strings.Join(first, "；") + "（发不到才用" + strings.Join(spare, "；") + "）"
		default:
			return strings.Join(first, "；")
		}
	}
	var all []receiveView
	for _, role := range s.Rules.ContactRoles.All() {
		var themes []string
		for _, code := range role.Themes {
			themes = append(themes, s.Rules.Name(domain.ThemeTag, code))
		}
		if len(themes) > 0 {
			all = append(all, receiveView{role.Name + "：" + strings.Join(themes, "、"), told([]domain.ContactRole{domain.ContactRole(role.Code)})})
		}
	}
	return append(all, receiveView{"其他政策", told(nil)})
}

// changeText says what happened to whose standing.
func (s *Server) changeText(c domain.PeopleChange) string {
	role := s.roleName(c.Role)
	if role == "" {
		role = "所有事项"
	}
	switch c.Event {
	case domain.PersonJoined:
		return fmt.Sprintf("%s加入（%s），由%s邀请或同意", c.About, role, c.By)
	case domain.PersonRole:
		return fmt.Sprintf("%s把%s的分工改为%s", c.By, c.About, role)
	case domain.PersonFirst:
		return fmt.Sprintf("%s把%s排到最前", c.By, c.About)
	case domain.PersonRemoved:
		return fmt.Sprintf("%s移除了%s", c.By, c.About)
	case domain.PersonLeft:
		return fmt.Sprintf("%s自己退出", c.About)
	case domain.PersonInvited:
		return fmt.Sprintf("%s邀请%s（%s）", c.By, c.About, role)
	case domain.JoinCalledBack:
		return fmt.Sprintf("%s撤回了对%s的邀请", c.By, c.About)
	case domain.JoinTurnedDown:
		return fmt.Sprintf("%s没有同意%s加入", c.By, c.About)
	default:
		return string(c.Event)
	}
}

// act lets the reader act for another subscriber that they stand for.
func (s *Server) act(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	standings, err := s.Store.Standings(ctx, r.contact.Kind, r.contact.Address)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(standings, func(v domain.Standing) bool { return fmt.Sprint(v.Subscriber) == field(c, "id") })
	if at < 0 {
		return domain.Errorf(domain.Forbidden, "您不是它的联系人，不能切换过去。")
	}
	if err := s.actFor(c, r, standings[at]); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已切换到"+standingName(standings[at].Name, standings[at].Kind)+"，消息、我的政策和订阅设置都是它的。")
	return c.Redirect("/inbox", fiber.StatusSeeOther)
}

func (s *Server) actFor(c *fiber.Ctx, r *reader, as domain.Standing) error {
	session := r.session
	session.Subscriber, session.SignedIn = as.Subscriber, as.Contact
	session.Contact, session.ContactKind, session.Data = "", "", ""
	c.Locals(localReader, nil)
	return s.Store.SaveSession(c.UserContext(), session)
}

// invite invites a colleague. Nothing is sent: nobody is written to who has not
// agreed. Who signs in with the address finds the invitation.
func (s *Server) invite(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	sub := r.subscriber
	if err := sub.MayInvite(r.contact.ID); err != nil {
		return err
	}
	form := inviteForm{figure(c, "address"), string(s.contactRole(field(c, "role")))}
	kind, address, ok := addressOf(form.Address)
	if !ok {
		return s.showStand(c, form, "", problems{{"address", "请填写同事的11位手机号或完整的邮箱地址"}})
	}
	standings, err := s.Store.Standings(ctx, kind, address)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(standings, func(v domain.Standing) bool { return v.Subscriber == sub.ID }) {
		return s.showStand(c, form, "", problems{{"address", "这个号码或邮箱已经是联系人"}})
	}
	masked := domain.Contact{Kind: kind, Address: address}.Masked()
	err = s.Store.SaveJoin(ctx, domain.Join{
		Subscriber: sub.ID, By: r.contact.ID, ByMasked: r.contact.Masked(), Kind: kind, Masked: masked,
		Role: domain.ContactRole(form.Role), Expires: s.Now().Add(domain.JoinLife),
	}, address, s.Now())
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", "已邀请"+masked+"。请告诉同事：14天内用它在本站登录，就能看到邀请。我们不会给没有同意过的号码发消息。")
	return c.Redirect("/me/people", fiber.StatusSeeOther)
}

// apply asks the contacts of an enterprise to be let in. Whether it has
// subscribed is not told.
func (s *Server) apply(c *fiber.Ctx) error {
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	if !r.contact.Kind.SignsIn() {
		return domain.Errorf(domain.Conflict, "请用手机号或邮箱登录后再申请。")
	}
	uscc := strings.ToUpper(figure(c, "uscc"))
	if !domain.ValidUSCC(uscc) {
		return s.showStand(c, inviteForm{}, uscc, problems{{"uscc", "请填写营业执照上18位的统一社会信用代码，核对每一位"}})
	}
	err = s.Store.SaveJoin(c.UserContext(), domain.Join{
		USCC: uscc, By: r.contact.ID, ByMasked: r.contact.Masked(), Kind: r.contact.Kind, Masked: r.contact.Masked(),
		Role: s.contactRole(field(c, "role")), Expires: s.Now().Add(domain.JoinLife),
	}, r.contact.Address, s.Now())
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", "已提交。如果这家企业登记了这个代码，它的联系人14天内登录时会看到您的申请；请提醒他们处理。")
	return c.Redirect("/me/people", fiber.StatusSeeOther)
}

// answerJoin answers an invitation of the reader or an application to their
// enterprise, or takes one of their own back.
func (s *Server) answerJoin(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	waiting, err := s.waiting(ctx, r)
	if err != nil {
		return err
	}
	do := field(c, "do")
	if do == "withdraw" {
		if err := s.withdrawJoin(c, r); err != nil {
			return err
		}
		return c.Redirect("/me/people", fiber.StatusSeeOther)
	}
	j, err := joinNamed(waiting, c.Params("id"))
	if err != nil {
		return err
	}
	switch {
	case do != "accept" && j.Application():
		change := domain.PeopleChange{Subscriber: r.subscriber.ID, At: s.Now(), Event: domain.JoinTurnedDown, Role: j.Role, By: r.contact.Masked(), About: j.Masked}
		if err := s.Store.CloseJoin(ctx, j.ID, change); err != nil {
			return err
		}
		s.setFlash(c, "pine", "没有同意"+j.Masked+"的申请。")
	case do != "accept":
		if err := s.refuse(c, j); err != nil {
			return err
		}
	case j.Application():
		applicant, err := s.Store.Applicant(ctx, j.ID)
		if err != nil {
			return err
		}
		j.Subscriber, j.ByMasked = r.subscriber.ID, r.contact.Masked()
		if err := s.accept(ctx, j, applicant); err != nil {
			return err
		}
		s.setFlash(c, "pine", j.Masked+"已成为联系人。")
	default:
		if err := s.accept(ctx, j, r.contact); err != nil {
			return err
		}
		s.setFlash(c, "pine", "已加入"+standingName(j.Name, domain.Enterprise)+"，可以在下面切换过去。")
	}
	return c.Redirect("/me/people", fiber.StatusSeeOther)
}

// withdrawJoin takes back an invitation of the reader's enterprise or their own
// application.
func (s *Server) withdrawJoin(c *fiber.Ctx, r *reader) error {
	ctx := c.UserContext()
	joins, err := s.Store.JoinsOf(ctx, r.contact.Kind, r.contact.Address, s.Now())
	if err != nil {
		return err
	}
	joins = slices.DeleteFunc(joins, func(j domain.Join) bool { return !j.Application() })
	if r.subscriber.MayManage(r.contact.ID) {
		into, err := s.Store.JoinsInto(ctx, r.subscriber, s.Now())
		if err != nil {
			return err
		}
		for _, j := range into {
			if !j.Application() {
				joins = append(joins, j)
			}
		}
	}
	j, err := joinNamed(joins, c.Params("id"))
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", "已撤回。")
	return s.Store.CloseJoin(ctx, j.ID, domain.PeopleChange{
		Subscriber: j.Subscriber, At: s.Now(), Event: domain.JoinCalledBack, Role: j.Role, By: r.contact.Masked(), About: j.Masked,
	})
}

// refuse declines an invitation.
func (s *Server) refuse(c *fiber.Ctx, j domain.Join) error {
	s.setFlash(c, "pine", "没有接受"+standingName(j.Name, domain.Enterprise)+"的邀请。")
	return s.Store.CloseJoin(c.UserContext(), j.ID, domain.PeopleChange{
		Subscriber: j.Subscriber, At: s.Now(), Event: domain.JoinTurnedDown, Role: j.Role, By: j.Masked, About: j.Masked,
	})
}

// accept makes whoever proved an address a contact of the enterprise of an
// invitation. That they join of their own will ends a stop of before.
func (s *Server) accept(ctx context.Context, j domain.Join, proven domain.Contact) error {
	_, err := s.Store.ChangePeople(ctx, j.Subscriber, func(sub *domain.Subscriber) (storage.PeopleEdit, error) {
		joining := domain.Contact{Kind: proven.Kind, Address: proven.Address, When: domain.Now, Role: j.Role}
		change := domain.PeopleChange{At: s.Now(), Event: domain.PersonJoined, Role: j.Role, By: j.ByMasked}
		return storage.PeopleEdit{PeopleChange: change, Whom: joining, Answers: j.ID}, sub.AddPerson(joining)
	})
	if err != nil {
		return err
	}
	return s.Store.AllowAddress(ctx, proven.Kind, proven.Address)
}

// changePerson gives a contact another role, puts them first, or removes them:
// themselves if they leave.
func (s *Server) changePerson(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	who, me, do := domain.ContactID(id), r.contact.ID, field(c, "do")
	var masked string
	left := false
	_, err = s.Store.ChangePeople(ctx, r.subscriber.ID, func(sub *domain.Subscriber) (storage.PeopleEdit, error) {
		whom, is := sub.Contact(who)
		if mine, stands := sub.Contact(me); !is || !stands {
			return storage.PeopleEdit{}, domain.ErrNoPerson()
		} else {
			left = whom.OfOne(mine)
		}
		masked = whom.Masked()
		edit := storage.PeopleEdit{PeopleChange: domain.PeopleChange{At: s.Now(), By: r.contact.Masked()}, Whom: whom}
		switch do {
		case "remove":
			edit.Event, edit.Role = domain.PersonRemoved, whom.Role
			if left {
				edit.Event = domain.PersonLeft
			}
			return edit, sub.RemovePerson(who, me)
		case "first":
			edit.Event = domain.PersonFirst
			return edit, sub.PutFirst(who, me)
		default:
			edit.Event, edit.Role = domain.PersonRole, s.contactRole(field(c, "role"))
			return edit, sub.GiveRole(who, me, edit.Role)
		}
	})
	if err != nil {
		return err
	}
	switch {
	case do == "remove" && left:
		return s.leave(c, r)
	case do == "remove":
		s.setFlash(c, "pine", "已移除"+masked+"，对方不能再查看和管理这份订阅。")
	case do == "first":
		s.setFlash(c, "pine", masked+"已排到最前。")
	default:
		s.setFlash(c, "pine", masked+"的分工已保存。")
	}
	return c.Redirect("/me/people", fiber.StatusSeeOther)
}

// leave goes on for a reader who no longer stands for a subscriber.
func (s *Server) leave(c *fiber.Ctx, r *reader) error {
	standings, err := s.Store.Standings(c.UserContext(), r.contact.Kind, r.contact.Address)
	if err != nil {
		return err
	}
	s.setFlash(c, "pine", "已退出"+standingName(r.subscriber.Name, r.subscriber.Profile.Kind)+"，它的消息不再发给您。")
	if len(standings) == 0 {
		if err := s.closeSession(c); err != nil {
			return err
		}
		return c.Redirect("/", fiber.StatusSeeOther)
	}
	if err := s.actFor(c, r, standings[0]); err != nil {
		return err
	}
	return c.Redirect("/me/people", fiber.StatusSeeOther)
}
