package web

import (
	"fmt"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// urgentView is what the page of a push says while it waits for its second
// person.
type urgentView struct {
	Waits   bool
	MaySign bool
	MayCalm bool
	WhyNot  string // why this operator may not sign
}

// urgentOf asks of a push whether this operator may sign it.
func (s *Server) urgentOf(c *fiber.Ctx, push domain.Push) (urgentView, error) {
	v := urgentView{Waits: push.State == domain.PushUnsigned}
	if !v.Waits {
		return v, nil
	}
	me := operatorOf(c).operator
	policy, err := s.Store.Policy(c.UserContext(), push.Policy)
	if err != nil {
		return v, err
	}
	if policy.Office != me.Office {
		v.WhyNot = "由发布单位的审核员签字。"
		return v, nil
	}
	signed, calm := push, push
	v.MayCalm = calm.Calm(me) == nil
	if err := signed.Sign(me, s.Now()); err != nil {
		v.WhyNot, _ = shownError(err)
	} else {
		v.MaySign = true
	}
	return v, nil
}

// signPush is the second person's word about an urgent push: it goes out as
// such, or as any other.
func (s *Server) signPush(c *fiber.Ctx) error {
	ctx := c.UserContext()
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	push, err := s.Store.Push(ctx, domain.PushID(id))
	if err != nil {
		return err
	}
	policy, err := s.Store.Policy(ctx, push.Policy)
	if err != nil {
		return err
	}
	me := operatorOf(c).operator
	if policy.Office != me.Office {
		return domain.Errorf(domain.Forbidden, "只能处理本单位的推送")
	}
	action, said := "sign", "已签字，作为紧急推送发出。"
	if field(c, "do") == "calm" {
		action, said = "calm", "已改为普通推送。"
		err = push.Calm(me)
	} else {
		err = push.Sign(me, s.Now())
	}
	if err != nil {
		return err
	}
	if err := s.Store.SignPush(ctx, push); err != nil {
		return err
	}
	s.wake()
	if err := s.audit(c, action, policyObject(policy.ID), fmt.Sprintf("推送%d", push.ID)); err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect(fmt.Sprintf("/console/pushes/%d", push.ID), fiber.StatusSeeOther)
}
