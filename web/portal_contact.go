package web

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
)

// wholeMail says what an address lacks that cleanEmail does not take.
const wholeMail = "请填写完整的邮箱地址，例如name@example.com"

// codeLife is how long a one-time code can be used.
const codeLife = 10 * time.Minute

// cleanEmail returns a bare address, its host in lower case, or false.
func cleanEmail(s string) (string, bool) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool { return r > 126 }) {
		return s, false
	}
	at := strings.LastIndexByte(s, '@')
	host := s[at+1:]
	if !strings.Contains(host, ".") || strings.ContainsAny(s, " \"()<>[]\\,;:") {
		return s, false
	}
	return s[:at+1] + strings.ToLower(host), true
}

// addressOf tells a phone number from an e-mail address.
func addressOf(s string) (domain.ChannelKind, string, bool) {
	if strings.Contains(s, "@") {
		address, ok := cleanEmail(s)
		return domain.Email, address, ok
	}
	address, err := sms.Number(s)
	return domain.SMS, address, err == nil
}

// sendCode sends a new one-time code to an address, see storage.Store.SaveCode
// for when it does not.
func (s *Server) sendCode(ctx context.Context, kind domain.ChannelKind, address string) error {
	code := auth.NewCode()
	now := s.Now()
	if err := s.Store.SaveCode(ctx, kind, address, s.signer.HashCode(kind, address, code), now, now.Add(codeLife)); err != nil {
		return err
	}
	return s.SendCode(ctx, kind, address, code)
}

// pretendCode keeps a code that nobody is told, so that the next page behaves
// alike for an address without a subscription.
func (s *Server) pretendCode(ctx context.Context, kind domain.ChannelKind, address string) error {
	now := s.Now()
	return s.Store.SaveCode(ctx, kind, address, s.signer.HashCode(kind, address, auth.NewCode()), now, now.Add(codeLife))
}

// tryCode checks a code that was typed.
func (s *Server) tryCode(ctx context.Context, kind domain.ChannelKind, address, code string) error {
	code = strings.ReplaceAll(halfWidth(code), " ", "")
	return s.Store.TryCode(ctx, kind, address, s.signer.HashCode(kind, address, code), s.Now())
}

// demoHint tells where the code is when the channel only logs.
func (s *Server) demoHint(kind domain.ChannelKind) bool { return s.Modes[kind] == "log" }

// howForm is how a person wants to be reached.
type howForm struct {
	SMS, Email         bool
	Phone, Address     string
	PhoneWhen, Mailing domain.Frequency
	Consent            bool
	NoFirst            bool // they do not want what is in force now, only what is new
}

func readHow(c *fiber.Ctx) howForm {
	f := howForm{
		SMS: field(c, "sms") != "", Email: field(c, "email") != "", Phone: figure(c, "phone"), Address: figure(c, "address"),
		PhoneWhen: frequency(field(c, "phone_when")), Mailing: frequency(field(c, "mail_when")), Consent: field(c, "consent") != "",
		NoFirst: field(c, "first") == "",
	}
	if !f.SMS && !f.Email { // who types a number and overlooks the box above it means this way
		f.SMS, f.Email = f.Phone != "", f.Address != ""
	}
	return f
}

func frequency(s string) domain.Frequency {
	switch f := domain.Frequency(s); f {
	case domain.Daily, domain.Weekly:
		return f
	default:
		return domain.Now
	}
}

func frequencies(chosen domain.Frequency) []option {
	var options []option
	for _, f := range []domain.Frequency{domain.Now, domain.Daily, domain.Weekly} {
		options = append(options, option{Code: string(f), Name: f.Label(), Selected: f == chosen})
	}
	return options
}

func (f *howForm) check() problems {
	var ps problems
	if !f.SMS && !f.Email {
		ps.add("sms", "请至少选短信或电子邮件中的一种，登录时也用它收验证码")
	}
	if f.SMS {
		phone, err := sms.Number(f.Phone)
		if err != nil {
			ps.add("phone", "请填写11位手机号，例如13912345678")
		} else {
			f.Phone = phone
		}
	}
	if f.Email {
		address, ok := cleanEmail(f.Address)
		if !ok {
			ps.add("address", wholeMail)
		} else {
			f.Address = address
		}
	}
	if !f.Consent {
		ps.add("consent", "请阅读并勾选同意，我们才能保存您填写的信息并发送消息")
	}
	return ps
}

// contacts lists the addresses of the form, not verified yet.
func (f howForm) contacts() []domain.Contact {
	var cs []domain.Contact
	if f.SMS {
		cs = append(cs, domain.Contact{Kind: domain.SMS, Address: f.Phone, When: f.PhoneWhen})
	}
	if f.Email {
		cs = append(cs, domain.Contact{Kind: domain.Email, Address: f.Address, When: f.Mailing})
	}
	return cs
}
