package workers

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// Courier sends at once, past the queue: one-time codes, for which a person
// waits, and what officers are told.
type Courier struct {
	Store     *storage.Store
	Lines     map[domain.ChannelKind]Line
	Signature string // at the head of an SMS, and the sender of a mail
	Now       func() time.Time
}

// SendCode sends a code to an address that its owner has just typed. It fails
// with Conflict where the channel is off or does not take it, and says what
// else the person can do. In log mode the code is found on the outbox page.
func (c Courier) SendCode(ctx context.Context, kind domain.ChannelKind, address, code string) error {
	line, ok := c.Lines[kind]
	if !ok || line.Mode == channel.Off {
		return domain.Errorf(domain.Conflict, "%s渠道没有开通，请改用其他方式", kind.Label())
	}
	signature := c.Signature
	if line.Signature != "" {
		signature = line.Signature
	}
	m := channel.Message{
		To: address, Subject: "验证码", FromName: signature,
		Text: fmt.Sprintf("验证码 %s，10分钟内有效。如非本人操作，请忽略。", code),
	}
	if kind == domain.SMS {
		m.Text = "【" + signature + "】" + m.Text
	}
	r, err := c.send(ctx, kind, m)
	if err == nil && r.Class != channel.Accepted && r.Class != channel.Unknown {
		return domain.Errorf(domain.Conflict, "验证码没有发出，请核对%s地址，或过几分钟再试", kind.Label()).
			Because(fmt.Errorf("gateway: %s %s %s", r.Class, r.Code, r.Note))
	}
	return err
}

// send hands a message over, which is counted, and in log mode found on the
// outbox page.
func (c Courier) send(ctx context.Context, kind domain.ChannelKind, m channel.Message) (channel.Result, error) {
	line := c.Lines[kind]
	m.Ref = "c" + rand.Text()[:20]
	r := line.Sender.Send(ctx, []channel.Message{m})[0]
	if err := c.Store.CountHanded(ctx, kind, r.Gateway, stateOf(r.Class, line.Mode), r.Units, c.Now()); err != nil {
		return r, err
	}
	if r.Class == channel.Accepted && line.Mode == channel.Log {
		return r, c.Store.SaveOutbox(ctx, storage.OutboxEntry{
			At: c.Now(), Channel: kind, MaskedTo: domain.Contact{Kind: kind, Address: m.To}.Masked(), To: m.To, Subject: m.Subject, Body: m.Text,
		})
	}
	return r, nil
}

// stateOf is the state of a message of which nothing else is kept.
func stateOf(class channel.Class, mode channel.Mode) domain.DeliveryState {
	switch {
	case class == channel.Accepted && mode == channel.Log:
		return domain.Logged
	case class == channel.Accepted:
		return domain.Accepted
	case class == channel.Unknown:
		return domain.UnknownEnd
	case class == channel.Permanent:
		return domain.Failed
	default:
		return domain.Pending
	}
}
