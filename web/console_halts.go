package web

import (
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// pushOf returns the push of the address to somebody of the office whose
// policy it is.
func (s *Server) pushOf(c *fiber.Ctx) (domain.Push, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return domain.Push{}, err
	}
	push, err := s.Store.Push(c.UserContext(), domain.PushID(id))
	if err != nil {
		return push, err
	}
	p, err := s.Store.Policy(c.UserContext(), push.Policy)
	if err == nil && p.Office != operatorOf(c).operator.Office {
		err = domain.Errorf(domain.Forbidden, "《%s》是其他单位的推送，您可以查看，不能操作。", push.Title)
	}
	return push, err
}

// haltPush pauses, resumes, stops or reschedules a push, as the button says.
func (s *Server) haltPush(c *fiber.Ctx) error {
	ctx := c.UserContext()
	push, err := s.pushOf(c)
	if err != nil {
		return err
	}
	me, now, why := operatorOf(c).operator.ID, s.Now(), cutRunes(field(c, "reason"), 300)
	what := field(c, "do")
	if why == "" && (what == "pause" || what == "stop") {
		s.setFlash(c, "cin", "没有操作：请写明原因，会留下记录。")
		return c.Redirect(pushPath(push.ID)+"#halt", fiber.StatusSeeOther)
	}
	said, detail := "", why
	switch what {
	case "pause":
		err, said = s.Store.PausePush(ctx, push.ID, me, why, now), "已暂停。正在交给网关的几十条会发完，其余都在等待。"
	case "resume":
		err, said = s.Store.ResumePush(ctx, push.ID), "已继续发送，从停下的地方接着发。"
	case "stop":
		err, said = s.Store.StopPush(ctx, push.ID, me, why, now), "已中止。没有发出的不再发送，政策仍然公开。"
	case "now":
		err, said = s.Store.ReschedulePush(ctx, push.ID, now, now), "现在开始发送。"
	case "reschedule":
		var at time.Time
		if at, err = readMoment(field(c, "send_at")); err == nil && at.IsZero() {
			err = domain.Errorf(domain.Invalid, "请选择发送时间")
		}
		if err == nil {
			err = push.Schedule(at, now)
		}
		if err == nil {
			err, said, detail = s.Store.ReschedulePush(ctx, push.ID, at, now), "已改到"+moment(at)+"发送。", moment(at)
		}
	default:
		err = domain.Errorf(domain.Invalid, "没有这项操作")
	}
	if err != nil {
		return err
	}
	if err := s.audit(c, "push-"+what, pushObject(push.ID), detail); err != nil {
		return err
	}
	s.wake()
	s.setFlash(c, "pine", said)
	return c.Redirect(pushPath(push.ID), fiber.StatusSeeOther)
}

func pushPath(id domain.PushID) string   { return fmt.Sprintf("/console/pushes/%d", id) }
func pushObject(id domain.PushID) string { return "push/" + strconv.FormatInt(int64(id), 10) }

// readMoment reads the day and time of a form, in the time of the readers. The
// empty text is the zero time.
func readMoment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", text, shanghai)
	if err != nil {
		return at, domain.Errorf(domain.Invalid, "发送时间看不懂，应当像 2026-11-27T09:30").In("send_at")
	}
	return at.UTC(), nil
}

// haltChannel pauses or resumes a channel for every push.
func (s *Server) haltChannel(c *fiber.Ctx) error {
	ctx := c.UserContext()
	kind := domain.ChannelKind(c.Params("channel"))
	if s.Modes[kind] == "" || kind == domain.App {
		return fiber.ErrNotFound
	}
	why := cutRunes(field(c, "reason"), 300)
	said := kind.Label() + "已恢复发送。"
	what := field(c, "do")
	switch what {
	case "resume":
		if err := s.Store.ResumeChannel(ctx, kind); err != nil {
			return err
		}
	case "stop":
		if why == "" {
			s.setFlash(c, "cin", "没有操作：请写明暂停的原因，会留下记录。")
			return c.Redirect("/console/ledger", fiber.StatusSeeOther)
		}
		first, err := s.Store.StopChannel(ctx, domain.ChannelStop{
			Channel: kind, Cause: domain.StoppedByPerson, Note: why, Since: s.Now(), By: operatorOf(c).operator.ID,
		})
		if err != nil {
			return err
		}
		if !first {
			return domain.Errorf(domain.Conflict, "%s已经暂停，请刷新页面", kind.Label())
		}
		said = kind.Label() + "已暂停，所有推送的这个渠道都在等待。"
	default:
		return domain.Errorf(domain.Invalid, "没有这项操作")
	}
	if err := s.audit(c, "channel-"+what, "channel/"+string(kind), why); err != nil {
		return err
	}
	s.wake()
	s.setFlash(c, "pine", said)
	return c.Redirect("/console/ledger", fiber.StatusSeeOther)
}
