package web

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// sentMessage is one message that was, or was to be, sent to a person: what,
// why, over which channel, and what became of it.
type sentMessage struct {
	Policy  string         `json:"policy"`
	Channel string         `json:"channel"`
	To      string         `json:"to,omitempty"` // masked
	Verdict domain.Verdict `json:"verdict"`      // why: what may apply
	Why     string         `json:"why"`
	State   string         `json:"state"`
	Reason  string         `json:"reason,omitempty"`
	SentAt  string         `json:"sent_at,omitempty"`
	EndedAt string         `json:"ended_at,omitempty"`
	Gateway string         `json:"gateway,omitempty"`
	Receipt string         `json:"receipt,omitempty"` // the number that the gateway gave it
	History []sentStep     `json:"history"`
}

// sentStep is what happened to a message.
type sentStep struct {
	At      string `json:"at"`
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Gateway string `json:"gateway,omitempty"`
	Note    string `json:"note,omitempty"`
}

// stamp writes a time in that of the readers; the zero time is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(shanghai).Format("2006-01-02T15:04:05+08:00")
}

// sentTo lists every message of a person that is kept, the latest first.
func (s *Server) sentTo(ctx context.Context, id domain.SubscriberID) ([]sentMessage, error) {
	found, err := s.Store.Deliveries(ctx, storage.DeliveryFilter{Subscriber: id, Limit: math.MaxInt32})
	if err != nil {
		return nil, err
	}
	sent := []sentMessage{}
	for _, d := range found {
		m := sentMessage{
			Policy: d.PolicyTitle, Channel: d.Channel.Label(), To: d.Masked, Verdict: d.Verdict, Why: whySent(d.Kind, d.Verdict),
			State: d.Channel.StateLabel(d.State), Reason: d.Reason.Label(), SentAt: stamp(d.SentAt), EndedAt: stamp(d.EndedAt),
			Gateway: d.Gateway, Receipt: d.GatewayRef, History: []sentStep{},
		}
		events, err := s.Store.DeliveryEvents(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			m.History = append(m.History, sentStep{stamp(e.At), d.Channel.StateLabel(e.State), e.Reason.Label(), e.Gateway, e.Note})
		}
		sent = append(sent, m)
	}
	return sent, nil
}

// whySent is why somebody got a message of a push.
func whySent(kind domain.PushKind, verdict domain.Verdict) string {
	switch kind {
	case domain.WithdrawalNotice:
		return "收到过的政策已撤回"
	case domain.CorrectionNotice:
		return "收到过的内容有更正"
	case domain.FirstPush:
		return "刚订阅，汇总现有的政策"
	case domain.AnswerPush:
		return "提过的问题有了答复"
	}
	fits := "可能适用，有的资料不全"
	if verdict != domain.Possible {
		fits = "适用可能性高"
	}
	why := "订阅的主题里，这份政策" + fits
	if kind == domain.Reminder {
		why += "，快到截止时间，没有标为已办理或与我无关"
	}
	return why
}

// exportPerson hands an officer what was sent to one person, for an answer to
// a complaint or a request. Addresses stay masked, and it is in the log.
func (s *Server) exportPerson(c *fiber.Ctx) error {
	ctx := c.UserContext()
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	person, err := s.Store.Subscriber(ctx, domain.SubscriberID(id))
	if err != nil {
		return err
	}
	sent, err := s.sentTo(ctx, person.ID)
	if err != nil {
		return err
	}
	if err := s.audit(c, "export", fmt.Sprintf("subscriber/%d", id), fmt.Sprintf("%d条发送记录", len(sent))); err != nil {
		return err
	}
	data, err := json.MarshalIndent(struct {
		ID       string        `json:"id"`
		Name     string        `json:"name"`
		At       string        `json:"at"`
		Messages []sentMessage `json:"messages"`
	}{person.ExternalID, maskName(person), stamp(s.Now()), sent}, "", "  ")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="policypush-messages-%d.json"`, id))
	return c.Send(append(data, '\n'))
}
