package web

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/channel/sms"
	"policypush/internal/channel/webhook"
	"policypush/internal/channel/webpush"
	"policypush/internal/channel/wechat"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// Gates are what the pages and callbacks of further channels need. The zero
// value is of an installation without them.
type Gates struct {
	BrowserKey   string // public; a browser's subscription belongs to it
	Browsers     webpush.Hosts
	AppSecrets   webhook.Secrets // sign what the city's app calls us with
	AccountName  string          // of the WeChat account
	AccountToken string          // signs what WeChat calls us with
	// AccountTemplate is the template of the account's messages: what WeChat says
	// of another is not about ours.
	AccountTemplate string
	// AccountQR returns what a code has to say whose scan brings somebody to
	// the WeChat account with a scene; nil without an account.
	AccountQR func(ctx context.Context, scene string) (string, error)
}

// appReceipt records what the city's app tells about a message it took.
func (s *Server) appReceipt(c *fiber.Ctx) error {
	ctx, body := c.UserContext(), c.Body()
	if len(s.Gates.AppSecrets) == 0 {
		return fiber.ErrNotFound
	}
	if !s.Gates.AppSecrets.Check(c.Get("webhook-id"), c.Get("webhook-timestamp"), c.Get("webhook-signature"), body, s.Now()) {
		return fiber.ErrUnauthorized
	}
	told, err := webhook.ParseReceipt(body)
	if err != nil {
		return err
	}
	id, err := domain.DeliveryOf(told.Ref)
	if err != nil {
		return err
	}
	receipt := storage.Receipt{Delivery: id, Channel: domain.Webhook, Gateway: "webhook", State: domain.Delivered, Note: told.Note, At: s.Now()}
	if told.State == "failed" {
		receipt.State, receipt.Reason = domain.Failed, domain.ReasonUndelivered
	}
	err = s.Store.RecordReceipt(ctx, receipt)
	if err == nil && told.State == "read" {
		err = s.Store.MarkInbox(ctx, id.Subscriber(), id.Push(), "read", s.Now())
	}
	if err == nil && told.State == "stopped" {
		err = s.Store.StopDelivery(ctx, id, domain.ReasonStopped, s.Now())
	}
	if err != nil && domain.KindOf(err) != domain.NotFound { // not known is done: the app would only repeat it
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// accountSigned tells whether a call comes from WeChat.
func (s *Server) accountSigned(c *fiber.Ctx) error {
	if s.Gates.AccountToken == "" {
		return fiber.ErrNotFound
	}
	if !wechat.CheckSignature(s.Gates.AccountToken, c.Query("signature"), c.Query("timestamp"), c.Query("nonce"), s.Now()) {
		return fiber.ErrUnauthorized
	}
	return c.Next()
}

// accountHello answers WeChat's question whether this is the right address.
func (s *Server) accountHello(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	return c.SendString(c.Query("echostr"))
}

// accountEvent acts on what happened at the WeChat account.
func (s *Server) accountEvent(c *fiber.Ctx) error {
	events, err := wechat.ParseEvents(c.Body())
	if err != nil {
		return err
	}
	for _, event := range events {
		answer, err := s.accountHappened(c.UserContext(), event)
		if err != nil {
			return err
		}
		if answer == "" {
			continue
		}
		reply, err := wechat.Reply(event, answer, s.Now())
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, fiber.MIMETextXMLCharsetUTF8)
		return c.Send(reply)
	}
	return c.SendString("success")
}

// accountHappened acts on one event, and returns what to answer, if anything.
func (s *Server) accountHappened(ctx context.Context, event wechat.Event) (answer string, err error) {
	if event.Template != "" && event.Template != s.Gates.AccountTemplate {
		return "", nil
	}
	switch event.Kind {
	case wechat.Finished:
		receipt := storage.Receipt{
			Channel: domain.WeChat, Gateway: "wechat", GatewayRef: event.Ref, Address: event.OpenID, State: event.State, At: s.Now(), Note: event.Code,
			Unnumbered: event.Template != "", // bizsend is answered without an id
		}
		if event.State == domain.Failed {
			receipt.Reason = domain.ReasonUndelivered
		}
		err = s.Store.RecordReceipt(ctx, receipt)
		if domain.KindOf(err) == domain.NotFound { // it may be faster than the answer to our call
			err = s.Store.KeepReceipt(ctx, receipt)
		}
	case wechat.Left, wechat.Refused:
		err = s.Store.StopAddress(ctx, domain.WeChat, event.OpenID, domain.ReasonStopped, s.Now())
	case wechat.Scanned:
		answer, err = s.bindAccount(ctx, event.OpenID, event.Text)
	case wechat.Said:
		answer, err = s.accountSaid(ctx, event)
	}
	return answer, err
}

// bindWord stands before a binding code in a text to the account.
const bindWord = "绑定"

// accountSaid acts on a text: a binding code, a stop word, or something that
// waits for an officer.
func (s *Server) accountSaid(ctx context.Context, event wechat.Event) (string, error) {
	if code, binds := strings.CutPrefix(event.Text, bindWord); binds {
		return s.bindAccount(ctx, event.OpenID, code)
	}
	if sms.StopWord(event.Text) {
		return "已退订，不再向您的微信发送政策消息。", s.Store.StopAddress(ctx, domain.WeChat, event.OpenID, domain.ReasonStopped, s.Now())
	}
	return "", s.Store.SaveReply(ctx, storage.Reply{
		Channel: domain.WeChat, AddressMasked: domain.MaskID(event.OpenID), Address: event.OpenID, Text: cutRunes(event.Text, 500), At: s.Now(),
	})
}

// bindAccount binds a follower to the subscriber whose code they sent. A code
// binds once.
func (s *Server) bindAccount(ctx context.Context, openid, code string) (string, error) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "：", "", ":", "").Replace(code))
	id, err := s.signer.ReadBinding(code, s.Now())
	if err == nil {
		err = s.Store.TryCode(ctx, domain.WeChat, code, s.signer.HashCode(domain.WeChat, code, code), s.Now())
	}
	if err == nil {
		var sub *domain.Subscriber
		if sub, err = s.Store.Subscriber(ctx, id); err == nil {
			err = s.addAddress(ctx, sub, domain.Contact{Kind: domain.WeChat, Address: openid, When: domain.Now})
		}
	}
	if text, mine := shownError(err); err != nil && mine {
		return text, nil
	}
	if err != nil {
		return "", err
	}
	return "已绑定。之后有与您有关的政策，会在这里告诉您。回复“退订”可以停止。", nil
}

// maxAddresses is how many addresses of one kind a subscriber may have.
const maxAddresses = 5

// addAddress adds an address that its owner has just proved to have, before
// others of its kind: the latest is the one in use, but for browsers, which all
// are. A stop of before is over.
func (s *Server) addAddress(ctx context.Context, sub *domain.Subscriber, contact domain.Contact) error {
	same := func(o domain.Contact) bool { return o.Kind == contact.Kind && o.Address == contact.Address }
	if at := slices.IndexFunc(sub.Contacts, same); at >= 0 {
		contact = sub.Contacts[at]
	}
	contact.Verified, contact.Suppressed = true, ""
	kept, n := []domain.Contact(nil), 1
	at := -1
	for _, o := range sub.Contacts {
		if same(o) {
			continue
		}
		if o.Kind == contact.Kind {
			if n++; n > maxAddresses {
				continue // the oldest goes
			}
			if at < 0 {
				at = len(kept)
			}
		}
		kept = append(kept, o)
	}
	if at < 0 {
		at = len(kept)
	}
	sub.Contacts = slices.Insert(kept, at, contact)
	if err := s.Store.SaveSubscriber(ctx, sub); err != nil {
		return err
	}
	return s.Store.AllowAddress(ctx, contact.Kind, contact.Address)
}
