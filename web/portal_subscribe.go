package web

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// draft is a subscription that is being written, kept sealed in the session
// until the addresses are verified.
type draft struct {
	Who      whoForm
	What     whatForm
	How      howForm
	Contacts []domain.Contact // with Verified as codes come in
	Step     int              // the last step that was completed
}

// draftIn returns the draft of the session, empty if there is none.
func (s *Server) draftIn(c *fiber.Ctx) (draft, error) {
	r, err := s.reader(c)
	if err != nil || r == nil || r.session.Data == "" {
		return draft{}, err
	}
	var d draft
	if err := json.Unmarshal([]byte(r.session.Data), &d); err != nil {
		return draft{}, nil // written by an older release: begin again
	}
	return d, nil
}

// beginSubscription leads to the first step whoever comes to a later one with
// nothing filled in: it was kept too long, was sent already, or was never there.
func (s *Server) beginSubscription(c *fiber.Ctx) error {
	s.setFlash(c, "amber", "请从第一步开始填写。没填完的内容只保留2小时；如果已经订阅成功，不用再填，登录后可以查看和修改。")
	return c.Redirect("/subscribe", fiber.StatusSeeOther)
}

// keepDraft saves the draft in the session, which it opens if needed.
func (s *Server) keepDraft(c *fiber.Ctx, d draft) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	if r == nil {
		return s.openSession(c, storage.Session{Data: string(data)}, wizardSession)
	}
	r.session.Data = string(data)
	return s.Store.SaveSession(c.UserContext(), r.session)
}

// whoView is the first step: for whom, with the facts that conditions ask for.
type whoView struct {
	Page
	whoFields
	Chosen bool // enterprise or resident is settled, the fields are shown
}

func (whoView) template() string { return "portal/subscribe-who" }

func (s *Server) subscribeWho(c *fiber.Ctx) error {
	d, err := s.draftIn(c)
	if err != nil {
		return err
	}
	changed := false
	switch kind := domain.SubscriberKind(c.Query("kind")); kind {
	case domain.Enterprise, domain.Resident:
		changed = d.Who.Kind != kind
		d.Who.Kind = kind
	}
	if code := c.Query("theme"); s.Rules.Themes.Find(code) != nil && !slices.Contains(d.What.Themes, code) {
		d.What.Themes, changed = append(d.What.Themes, code), true
		if d.Who.Kind == "" {
			d.Who.Kind = map[bool]domain.SubscriberKind{true: domain.Enterprise, false: domain.Resident}[strings.HasPrefix(code, "Q")]
		}
	}
	if word := cutRunes(strings.TrimSpace(c.Query("keyword")), maxKeyword); len([]rune(word)) >= 2 && !strings.Contains(d.What.Keywords, word) {
		d.What.Keywords, changed = strings.TrimSpace(d.What.Keywords+" "+word), true
	}
	if changed {
		if err := s.keepDraft(c, d); err != nil {
			return err
		}
	}
	return s.showWho(c, d.Who, nil)
}

func (s *Server) showWho(c *fiber.Ctx, f whoForm, ps problems) error {
	p, err := s.wizardPage(c, "订阅：您是谁", ps)
	if err != nil {
		return err
	}
	who, err := s.whoFields(c, f, ps)
	if err != nil {
		return err
	}
	return s.render(c, whoView{Page: p, whoFields: who, Chosen: f.Kind != ""})
}

// wizardPage prepares a page with a form; with problems it says so in its
// status and title.
func (s *Server) wizardPage(c *fiber.Ctx, title string, ps problems) (Page, error) {
	if len(ps) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		title = "出错：" + title
	}
	p, err := s.page(c, title)
	p.Section, p.Robots = "subscribe", "noindex"
	noStore(c)
	return p, err
}

func (s *Server) saveWho(c *fiber.Ctx) error {
	d, err := s.draftIn(c)
	if err != nil {
		return err
	}
	d.Who = readWho(c)
	ps := s.checkWho(d.Who)
	if len(ps) == 0 {
		d.Step = max(d.Step, 1)
	}
	if err := s.keepDraft(c, d); err != nil {
		return err
	}
	if len(ps) > 0 {
		return s.showWho(c, d.Who, ps)
	}
	return c.Redirect("/subscribe/topics", fiber.StatusSeeOther)
}

// whatView is the second step: about what.
type whatView struct {
	Page
	whatFields
}

func (whatView) template() string { return "portal/subscribe-what" }

func (s *Server) subscribeWhat(c *fiber.Ctx) error {
	d, err := s.draftIn(c)
	if err != nil {
		return err
	}
	if d.Step < 1 {
		return s.beginSubscription(c)
	}
	return s.showWhat(c, d, nil)
}

func (s *Server) showWhat(c *fiber.Ctx, d draft, ps problems) error {
	p, err := s.wizardPage(c, "订阅：想知道什么", ps)
	if err != nil {
		return err
	}
	return s.render(c, whatView{Page: p, whatFields: s.whatFields(d.Who.Kind, d.What, ps)})
}

func (s *Server) saveWhat(c *fiber.Ctx) error {
	d, err := s.draftIn(c)
	if err != nil {
		return err
	}
	if d.Step < 1 {
		return s.beginSubscription(c)
	}
	d.What = readWhat(c)
	ps := s.checkWhat(d.What)
	if len(ps) == 0 {
		d.Step = max(d.Step, 2)
	}
	if err := s.keepDraft(c, d); err != nil {
		return err
	}
	if len(ps) > 0 {
		return s.showWhat(c, d, ps)
	}
	return c.Redirect("/subscribe/channels", fiber.StatusSeeOther)
}

// howView is the third step: by which channels, and the consent.
type howView struct {
	Page
	Form           howForm
	Problems       problems
	PhoneWhen      []option
	MailWhen       []option
	ConsentVersion string
	Sensitive      bool
	Facts          []factView // what was said in the steps before, to be looked at once more
	Topics         []string
}

func (howView) template() string { return "portal/subscribe-how" }

func (s *Server) subscribeHow(c *fiber.Ctx) error {
	d, err := s.draftIn(c)
	if err != nil {
		return err
	}
	if d.Step < 2 {
		return c.Redirect("/subscribe/topics", fiber.StatusSeeOther)
	}
	return s.showHow(c, d, nil)
}

func (s *Server) showHow(c *fiber.Ctx, d draft, ps problems) error {
	p, err := s.wizardPage(c, "订阅：怎么告诉您", ps)
	if err != nil {
		return err
	}
	so := &domain.Subscriber{}
	s.applyWho(d.Who, so)
	d.What.apply(&so.Subscription)
	said := slices.DeleteFunc(s.factsOf(so), func(f factView) bool { return f.Value == unfilled })
	return s.render(c, howView{
		Page: p, Facts: said, Topics: s.topicsOf(so.Subscription), Form: d.How, Problems: ps, PhoneWhen: frequencies(d.How.PhoneWhen), MailWhen: frequencies(d.How.Mailing),
		ConsentVersion: domain.ConsentVersion, Sensitive: d.Who.SensitiveConsent,
	})
}

func (s *Server) saveHow(c *fiber.Ctx) error {
	ctx := c.UserContext()
	d, err := s.draftIn(c)
	if err != nil {
		return err
	}
	if d.Step < 2 {
		return c.Redirect("/subscribe/topics", fiber.StatusSeeOther)
	}
	d.How = readHow(c)
	ps := d.How.check()
	if len(ps) > 0 {
		if err := s.keepDraft(c, d); err != nil {
			return err
		}
		return s.showHow(c, d, ps)
	}
	d.Step = 3
	contacts := d.How.contacts()
	for i := range contacts {
		for _, was := range d.Contacts { // verified before the person went back
			if was.Kind == contacts[i].Kind && was.Address == contacts[i].Address {
				contacts[i].Verified = was.Verified
			}
		}
	}
	d.Contacts = contacts
	if err := s.keepDraft(c, d); err != nil {
		return err
	}
	for _, contact := range contacts {
		if contact.Verified {
			continue
		}
		switch err := s.sendCode(ctx, contact.Kind, contact.Address); domain.KindOf(err) {
		case domain.Conflict: // the last one still does
		case domain.Invalid:
			text, _ := shownError(err)
			ps.add("code-"+string(contact.Kind), text)
		default:
			if err != nil {
				return err
			}
		}
	}
	if len(ps) > 0 {
		return s.showVerify(c, d, ps)
	}
	return c.Redirect("/subscribe/verify", fiber.StatusSeeOther)
}

// verifyView asks for the codes that were sent.
type verifyView struct {
	Page
	Problems problems
	Waiting  []waitingContact
	Verified []waitingContact
}

// waitingContact is an address with a code under way.
type waitingContact struct {
	Kind   domain.ChannelKind
	Masked string
	Demo   bool
}

func (verifyView) template() string { return "portal/subscribe-verify" }

func (s *Server) subscribeVerify(c *fiber.Ctx) error {
	d, err := s.draftIn(c)
	if err != nil {
		return err
	}
	if d.Step < 3 {
		return c.Redirect("/subscribe/channels", fiber.StatusSeeOther)
	}
	return s.showVerify(c, d, nil)
}

func (s *Server) showVerify(c *fiber.Ctx, d draft, ps problems) error {
	p, err := s.wizardPage(c, "订阅：输入验证码", ps)
	if err != nil {
		return err
	}
	v := verifyView{Page: p, Problems: ps}
	for _, contact := range d.Contacts {
		w := waitingContact{Kind: contact.Kind, Masked: contact.Masked(), Demo: s.demoHint(contact.Kind)}
		if contact.Verified {
			v.Verified = append(v.Verified, w)
		} else {
			v.Waiting = append(v.Waiting, w)
		}
	}
	return s.render(c, v)
}

// verifyContact takes a code, sends a new one, or goes on without an address.
func (s *Server) verifyContact(c *fiber.Ctx) error {
	ctx := c.UserContext()
	d, err := s.draftIn(c)
	if err != nil {
		return err
	}
	kind := domain.ChannelKind(field(c, "kind"))
	at := slices.IndexFunc(d.Contacts, func(contact domain.Contact) bool { return contact.Kind == kind && !contact.Verified })
	if d.Step < 3 || at < 0 {
		return c.Redirect("/subscribe/verify", fiber.StatusSeeOther)
	}
	contact := &d.Contacts[at]
	switch field(c, "do") {
	case "resend":
		if err := s.sendCode(ctx, contact.Kind, contact.Address); err != nil {
			return s.verifyProblem(c, d, kind, err)
		}
		s.setFlash(c, "pine", "新的验证码已发到"+contact.Masked()+"，10分钟内有效。")
		return c.Redirect("/subscribe/verify", fiber.StatusSeeOther)
	case "skip":
		if !slices.ContainsFunc(d.Contacts, func(contact domain.Contact) bool { return contact.Verified }) {
			return s.verifyProblem(c, d, kind, domain.Errorf(domain.Invalid, "请先验证手机号或邮箱中的一个"))
		}
		d.Contacts = slices.Delete(d.Contacts, at, at+1)
	default:
		if err := s.tryCode(ctx, contact.Kind, contact.Address, field(c, "code")); err != nil {
			return s.verifyProblem(c, d, kind, err)
		}
		contact.Verified = true
	}
	if err := s.keepDraft(c, d); err != nil {
		return err
	}
	if slices.ContainsFunc(d.Contacts, func(contact domain.Contact) bool { return !contact.Verified }) {
		return c.Redirect("/subscribe/verify", fiber.StatusSeeOther)
	}
	known, err := s.knownAt(ctx, d.Contacts)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		return c.Redirect("/subscribe/existing", fiber.StatusSeeOther)
	}
	return s.finishSubscription(c, d)
}

// verifyProblem shows what is wrong with a code beside its field; what is not
// the person's mistake goes on as an error.
func (s *Server) verifyProblem(c *fiber.Ctx, d draft, kind domain.ChannelKind, err error) error {
	text, ok := shownError(err)
	if !ok {
		return err
	}
	return s.showVerify(c, d, problems{{Field: "code-" + string(kind), Text: text}})
}

// knownAt lists the subscribers who already have one of the verified addresses.
func (s *Server) knownAt(ctx context.Context, contacts []domain.Contact) ([]*domain.Subscriber, error) {
	var ids []domain.SubscriberID
	for _, contact := range contacts {
		if !contact.Verified {
			continue
		}
		found, err := s.Store.SubscribersByAddress(ctx, contact.Kind, contact.Address)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	slices.Sort(ids)
	return s.Store.SubscribersIn(ctx, slices.Compact(ids))
}

// chooseView offers the subscriptions that belong to a verified address.
type chooseView struct {
	Page
	Known   []knownSubscriber
	Invited []joinView
	Masked  string // the address that was proved
	Action  string // where the choice is posted
	New     bool   // a new subscription may be made too
}

// knownSubscriber is an existing subscription as its owner recognises it.
type knownSubscriber struct {
	ID   domain.SubscriberID
	Name string
	What string
}

func (chooseView) template() string { return "portal/choose" }

func (s *Server) known(subs []*domain.Subscriber) []knownSubscriber {
	var known []knownSubscriber
	for _, sub := range subs {
		k := knownSubscriber{ID: sub.ID, Name: readerName(sub)}
		parts := []string{s.Rules.ValueName(domain.FieldKind, string(sub.Profile.Kind))}
		if sub.Profile.Region != "" {
			parts = append(parts, s.Rules.ValueName(domain.FieldRegion, sub.Profile.Region))
		}
		if n := len(sub.Subscription.Themes); sub.Subscription.All {
			parts = append(parts, "订阅所有可能适用的政策")
		} else if n > 0 {
			parts = append(parts, fmt.Sprintf("订阅%d个主题", n))
		}
		k.What = strings.Join(parts, " · ")
		known = append(known, k)
	}
	return known
}

// verifiedDraft is the draft once every address in it is verified.
func (s *Server) verifiedDraft(c *fiber.Ctx) (d draft, ok bool, err error) {
	d, err = s.draftIn(c)
	ok = d.Step >= 3 && len(d.Contacts) > 0 && !slices.ContainsFunc(d.Contacts, func(contact domain.Contact) bool { return !contact.Verified })
	return d, ok, err
}

func (s *Server) subscribeExisting(c *fiber.Ctx) error {
	d, ok, err := s.verifiedDraft(c)
	if err != nil {
		return err
	}
	if !ok {
		return c.Redirect("/subscribe/verify", fiber.StatusSeeOther)
	}
	subs, err := s.knownAt(c.UserContext(), d.Contacts)
	if err != nil {
		return err
	}
	p, err := s.wizardPage(c, "您已经订阅过", nil)
	if err != nil {
		return err
	}
	return s.render(c, chooseView{Page: p, Known: s.known(subs), Action: "/subscribe/existing", New: true})
}

// chooseExisting signs in to an existing subscription or makes the new one
// after all: one phone may serve a person and two enterprises.
func (s *Server) chooseExisting(c *fiber.Ctx) error {
	d, ok, err := s.verifiedDraft(c)
	if err != nil {
		return err
	}
	if !ok {
		return c.Redirect("/subscribe/verify", fiber.StatusSeeOther)
	}
	if field(c, "id") == "new" {
		return s.finishSubscription(c, d)
	}
	subs, err := s.knownAt(c.UserContext(), d.Contacts)
	if err != nil {
		return err
	}
	return s.signInAs(c, subs, d.Contacts, "/me")
}

// signInAs signs in to the chosen one of the subscriptions that the person has
// proved to own.
func (s *Server) signInAs(c *fiber.Ctx, owned []*domain.Subscriber, proven []domain.Contact, to string) error {
	chosen := domain.SubscriberID(0)
	for _, sub := range owned {
		if fmt.Sprint(sub.ID) == field(c, "id") {
			chosen = sub.ID
		}
	}
	if err := s.signIn(c, chosen, proven...); err != nil {
		return err
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// finishSubscription writes the subscriber, takes the verified addresses off
// the stop-list, and signs in.
func (s *Server) finishSubscription(c *fiber.Ctx, d draft) error {
	ctx := c.UserContext()
	if ps := append(s.checkWho(d.Who), s.checkWhat(d.What)...); len(ps) > 0 { // the rules changed meanwhile
		return c.Redirect("/subscribe", fiber.StatusSeeOther)
	}
	sub := &domain.Subscriber{Consent: newConsent(s.Now(), d.Who.SensitiveConsent)}
	s.applyWho(d.Who, sub)
	d.What.apply(&sub.Subscription)
	person := domain.NewPerson()
	for i := range d.Contacts {
		d.Contacts[i].Person = person
	}
	sub.Contacts = append([]domain.Contact{{Kind: domain.App, Verified: true}}, d.Contacts...)
	save := s.Store.SaveSubscriber
	if !d.How.NoFirst {
		save = func(ctx context.Context, sub *domain.Subscriber) error { return s.Store.Subscribe(ctx, sub, s.Now()) }
	}
	if err := save(ctx, sub); err != nil {
		return err
	}
	for _, contact := range d.Contacts {
		if err := s.Store.AllowAddress(ctx, contact.Kind, contact.Address); err != nil {
			return err
		}
	}
	s.wake() // after the addresses may be used
	if err := s.signIn(c, sub.ID, d.Contacts...); err != nil {
		return err
	}
	return c.Redirect("/subscribe/done", fiber.StatusSeeOther)
}

// doneView confirms a subscription and shows what fits already.
type doneView struct {
	Page
	Contacts []contactView
	Mine     []card
	Total    int
}

func (doneView) template() string { return "portal/subscribe-done" }

func (s *Server) subscribeDone(c *fiber.Ctx) error {
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	sub := r.subscriber
	p, err := s.page(c, "订阅成功")
	if err != nil {
		return err
	}
	mine, err := s.matchesOf(c.UserContext(), sub)
	if err != nil {
		return err
	}
	return s.render(c, doneView{Page: p, Contacts: s.contactViews(r), Mine: mine.Cards[:min(5, len(mine.Cards))], Total: mine.Policies})
}
