package web

import (
	_ "embed" // the service worker
	"encoding/base64"
	"html/template"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// browserForm offers to notify this browser.
type browserForm struct {
	Key   string
	Whens []option
}

// waysOpen are the further ways that this installation offers.
func (s *Server) waysOpen(v *meView) {
	if s.Gates.BrowserKey != "" {
		v.Browser = &browserForm{s.Gates.BrowserKey, frequencies(domain.Now)}
	}
	v.WeChat = s.Gates.AccountQR != nil
}

// serviceWorker answers the script that shows notifications. It stands at the
// root, for it may act on what lies beside or below it only, and is fetched
// anew each time: its address cannot change.
func (s *Server) serviceWorker(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "text/javascript; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return c.Send(s.assets.plain("sw.js"))
}

// addBrowser takes the subscription of the reader's browser. The browser itself
// proves that it is theirs: they are signed in on it.
func (s *Server) addBrowser(c *fiber.Ctx) error {
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	sub := r.subscriber
	if s.Gates.BrowserKey == "" {
		return errNotOpen(domain.WebPush)
	}
	subscription, err := s.Gates.Browsers.Parse(field(c, "subscription"))
	if err != nil {
		return err
	}
	subscription.Name = browserName(c.Get(fiber.HeaderUserAgent))
	if subscription, err = s.Gates.Browsers.Parse(subscription.String()); err != nil {
		return err
	}
	contact := domain.Contact{Kind: domain.WebPush, Address: subscription.String(), When: frequency(field(c, "when")), Role: r.contact.Role, Person: r.claim()}
	sub.Contacts = slices.DeleteFunc(sub.Contacts, func(o domain.Contact) bool { // the same one, under another name
		if o.Kind != domain.WebPush || o.Address == contact.Address {
			return false
		}
		kept, err := s.Gates.Browsers.Parse(o.Address)
		return err == nil && kept.Endpoint == subscription.Endpoint
	})
	timeBrowsers(sub.Contacts, contact)
	if err := s.addAddress(c.UserContext(), sub, contact); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已开通这个浏览器的通知，关掉网页也能收到。在别的浏览器里也可以开通，同一条消息每个浏览器都会提示。")
	return c.Redirect("/me", fiber.StatusSeeOther)
}

// timeBrowsers lets the browsers that get one notification together get it at
// the same time.
func timeBrowsers(contacts []domain.Contact, as domain.Contact) {
	for i, c := range contacts {
		if as.Kind == domain.WebPush && c.Kind == as.Kind && c.Role.Together(as.Role) {
			contacts[i].When = as.When
		}
	}
}

// browserName calls a browser by what it says of itself, so that its owner
// knows it among several: Edge（Windows）.
func browserName(agent string) string {
	of := func(names ...string) string {
		for i := 0; i < len(names); i += 2 {
			if strings.Contains(agent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	name := of("Edg", "Edge", "Firefox/", "Firefox", "OPR/", "Opera", "Chrome/", "Chrome", "Safari/", "Safari")
	system := of("Windows", "Windows", "iPhone", "iPhone", "iPad", "iPad", "Macintosh", "Mac", "Android", "Android", "Linux", "Linux")
	switch {
	case name == "":
		return system
	case system == "":
		return name
	}
	return name + "（" + system + "）"
}

// wechatView shows a code to send to the WeChat account.
type wechatView struct {
	Page
	Account string
	Code    string
	QR      template.HTML // as SVG, or empty where WeChat did not answer
}

func (wechatView) template() string { return "portal/me-wechat" }

// bindCode makes a code that binds the reader's WeChat.
func (s *Server) bindCode(c *fiber.Ctx) error {
	ctx := c.UserContext()
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	if s.Gates.AccountQR == nil {
		return errNotOpen(domain.WeChat)
	}
	code := s.signer.Binding(sub.ID, s.Now())
	err = s.Store.SaveCode(ctx, domain.WeChat, code, s.signer.HashCode(domain.WeChat, code, code), s.Now(), s.Now().Add(codeLife))
	if err != nil && domain.KindOf(err) != domain.Conflict { // the same code as a moment ago is as good
		return err
	}
	p, err := s.page(c, "绑定微信")
	if err != nil {
		return err
	}
	p.Section = "me"
	noStore(c)
	v := wechatView{Page: p, Account: s.Gates.AccountName, Code: code}
	if said, err := s.Gates.AccountQR(ctx, code); err != nil {
		s.Log.WarnContext(ctx, "no code for WeChat", "err", err)
	} else if v.QR, err = qrSVG(said, "用微信扫一扫绑定"); err != nil {
		return err
	}
	return s.render(c, v)
}

// useAgain resumes an address that its owner, who is signed in, had stopped.
func (s *Server) useAgain(c *fiber.Ctx, contact domain.Contact) error {
	if domain.Reason(contact.Suppressed) != domain.ReasonStopped {
		return domain.Errorf(domain.Conflict, "这个%s已经失效，请删除后重新开通。", contact.Kind.Label())
	}
	if err := s.Store.AllowAddress(c.UserContext(), contact.Kind, contact.Address); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已恢复"+contact.Kind.Label()+"。")
	return c.Redirect("/me", fiber.StatusSeeOther)
}

// qrSVG draws a code in black and white, as wide as its box, with words for
// those who do not see it.
func qrSVG(text, label string) (template.HTML, error) {
	svg, err := channel.Code(text)
	if err != nil {
		return "", err
	}
	alt := template.HTMLEscapeString(label)
	return template.HTML(`<img class="qr" width="200" height="200" alt="` + alt + `" src="data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString([]byte(svg)) + `">`), nil
}
