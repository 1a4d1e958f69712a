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

// contactView is an address of the signed-in subscriber.
type contactView struct {
	ID      domain.ContactID
	Kind    domain.ChannelKind
	Masked  string
	When    domain.Frequency
	Whens   []option
	Role    string   // whom at the enterprise it reaches, or ""
	Roles   []option // of an enterprise, where the reader may change it
	First   bool     // in the order of preference
	Last    bool
	Stopped string // why nothing is sent to it, or ""
	Coded   bool   // a code is sent to it before it is used again
}

// within tells whether a contact is the reader's to look after: their own, and
// those of which nobody has said whose they are.
func (r *reader) within(contact domain.Contact) bool {
	return r.subscriber.Profile.Kind == domain.Resident || contact.Person == 0 || contact.OfOne(r.contact)
}

func (s *Server) contactViews(r *reader) []contactView {
	sub := r.subscriber
	var views []contactView
	for _, contact := range sub.Contacts {
		if contact.Kind == domain.App || !r.within(contact) {
			continue
		}
		when := frequency(string(contact.When))
		v := contactView{ID: contact.ID, Kind: contact.Kind, Masked: contact.Masked(), When: when, Whens: frequencies(when), First: len(views) == 0, Coded: contact.Kind.SignsIn()}
		if sub.Profile.Kind == domain.Enterprise {
			if sub.MayManage(r.contact.ID) {
				v.Roles = s.roleOptions(contact.Role)
			}
			v.Role = s.roleName(contact.Role)
		}
		if contact.Suppressed != "" {
			v.Stopped = domain.Reason(contact.Suppressed).Label()
		}
		views = append(views, v)
	}
	if len(views) > 0 {
		views[len(views)-1].Last = true
	}
	return views
}

// meView is the page to manage a subscription.
type meView struct {
	Page
	Subscriber *domain.Subscriber
	Facts      []factView
	Topics     []string
	Contacts   []contactView
	Tellings   []option
	Whens      []option
	Roles      []option // of an enterprise's new address
	Others     int      // persons who stand for the enterprise beside the reader
	Ways       waysView
	Searches   []savedSearch
	Problems   problems
	Browser    *browserForm // nil where browsers are not notified
	WeChat     bool         // an account can be bound
	Kind       string       // of the address that is being added
	Address    string
}

// factView is a fact of the profile in words.
type factView struct{ Label, Value string }

func (meView) template() string { return "portal/me" }

func (s *Server) me(c *fiber.Ctx) error { return s.showMe(c, "", "", nil) }

func (s *Server) showMe(c *fiber.Ctx, kind, address string, ps problems) error {
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	sub := r.subscriber
	p, err := s.wizardPage(c, "我的订阅", ps)
	if err != nil {
		return err
	}
	p.Section = "me"
	v := meView{
		Page: p, Subscriber: sub, Facts: s.factsOf(sub), Contacts: s.contactViews(r), Tellings: tellings(sub.Subscription), Whens: frequencies(domain.Now), Ways: s.waysOf(sub), Searches: s.searchesOf(sub),
		Problems: ps, Kind: kind, Address: address,
	}
	s.waysOpen(&v)
	if sub.Profile.Kind == domain.Enterprise {
		v.Others = max(0, len(sub.People())-1)
		if sub.MayManage(r.contact.ID) {
			v.Roles = s.roleOptions(r.contact.Role)
		}
	}
	v.Topics = s.topicsOf(sub.Subscription)
	return s.render(c, v)
}

// topicsOf lists what somebody wants to hear of, in words.
func (s *Server) topicsOf(sub domain.Subscription) []string {
	var topics []string
	if sub.All {
		topics = append(topics, "所有可能适用的政策")
	}
	for _, code := range sub.Themes {
		topics = append(topics, s.Rules.Name(domain.ThemeTag, code))
	}
	for _, word := range sub.Keywords {
		topics = append(topics, "“"+word+"”")
	}
	return topics
}

// unfilled stands for what a subscriber has not said.
const unfilled = "未填写"

// factsOf lists what is known about a subscriber, in words, with what is not.
func (s *Server) factsOf(sub *domain.Subscriber) []factView {
	p := sub.Profile
	var facts []factView
	one := func(f domain.Field, code string) {
		value := unfilled
		if code != "" {
			value = s.Rules.ValueName(f, code)
		}
		facts = append(facts, factView{f.Label(), value})
	}
	set := func(f domain.Field, codes []string) {
		value := unfilled
		if codes != nil {
			value = "都不是"
		}
		for i, code := range codes {
			if i == 0 {
				value = s.Rules.ValueName(f, code)
			} else {
				value += "、" + s.Rules.ValueName(f, code)
			}
		}
		facts = append(facts, factView{f.Label(), value})
	}
	number := func(f domain.Field, n *int64, write func(float64) string) {
		value := unfilled
		if n != nil {
			value = write(float64(*n))
		}
		facts = append(facts, factView{f.Label(), value})
	}
	one(domain.FieldKind, string(p.Kind))
	one(domain.FieldRegion, p.Region)
	if p.Kind == domain.Resident {
		born := unfilled
		if p.Born != "" {
			born = p.Born[:min(4, len(p.Born))] + "年"
		}
		facts = append(facts, factView{"出生年份", born})
		set(domain.FieldGroup, p.Groups)
		return facts
	}
	one(domain.FieldIndustry, p.Industry)
	one(domain.FieldSize, p.Size)
	number(domain.FieldStaff, p.Staff, func(n float64) string { return trimmed(n) + "人" })
	number(domain.FieldRevenue, p.Revenue, domain.Yuan)
	one(domain.FieldTaxpayer, p.Taxpayer)
	founded := unfilled
	if p.Founded != "" {
		founded = p.Founded[:min(4, len(p.Founded))] + "年"
	}
	facts = append(facts, factView{"成立年份", founded})
	set(domain.FieldAttribute, p.Attributes)
	return facts
}

// profileView corrects what is known about the reader.
type profileView struct {
	Page
	whoFields
}

func (profileView) template() string { return "portal/me-profile" }

func (s *Server) myProfile(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	return s.showProfile(c, whoOf(sub), nil)
}

func (s *Server) showProfile(c *fiber.Ctx, f whoForm, ps problems) error {
	p, err := s.wizardPage(c, "修改我的情况", ps)
	if err != nil {
		return err
	}
	p.Section = "me"
	who, err := s.whoFields(c, f, ps)
	if err != nil {
		return err
	}
	return s.render(c, profileView{Page: p, whoFields: who})
}

func (s *Server) saveProfile(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	f := readWho(c)
	f.Kind = sub.Profile.Kind // what somebody is does not change
	if ps := s.checkWho(f); len(ps) > 0 {
		return s.showProfile(c, f, ps)
	}
	if f.SensitiveConsent != sub.Consent.Sensitive {
		sub.Consent = newConsent(s.Now(), f.SensitiveConsent)
	}
	return s.changeProfile(c, f, sub, "/me")
}

// changeProfile saves a form without problems and says what it changes.
func (s *Server) changeProfile(c *fiber.Ctx, f whoForm, sub *domain.Subscriber, to string) error {
	before := sub.Profile
	s.applyWho(f, sub)
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	if err := s.Catalogue.Refresh(c.UserContext()); err != nil {
		return err
	}
	said := "已保存。之后的匹配和推送按新的情况进行。"
	if changes := changesOf(s.Catalogue.WhatIf(&before, &sub.Profile, s.today())); changes != "" {
		said += "现行政策中：" + changes + "。"
	}
	s.setFlash(c, "pine", said)
	return c.Redirect(to, fiber.StatusSeeOther)
}

// topicsView changes what the reader wants to hear about.
type topicsView struct {
	Page
	whatFields
}

func (topicsView) template() string { return "portal/me-topics" }

func (s *Server) myTopics(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	return s.showTopics(c, sub, whatOf(sub.Subscription), nil)
}

func (s *Server) showTopics(c *fiber.Ctx, sub *domain.Subscriber, f whatForm, ps problems) error {
	p, err := s.wizardPage(c, "修改订阅主题", ps)
	if err != nil {
		return err
	}
	p.Section = "me"
	return s.render(c, topicsView{Page: p, whatFields: s.whatFields(sub.Profile.Kind, f, ps)})
}

func (s *Server) saveTopics(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	f := readWhat(c)
	if ps := s.checkWhat(f); len(ps) > 0 {
		return s.showTopics(c, sub, f, ps)
	}
	f.apply(&sub.Subscription)
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	s.setFlash(c, "pine", "订阅主题已保存。")
	return c.Redirect("/me", fiber.StatusSeeOther)
}

// pause stops or resumes every push.
func (s *Server) pause(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	how := field(c, "paused")
	sub.Subscription.Unmatched = how == "unmatched"
	sub.Subscription.Paused = how == "yes" || sub.Subscription.Unmatched
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	if sub.Subscription.Unmatched {
		if err := s.Store.ForgetQA(c.UserContext(), 0, sub.ID); err != nil {
			return err
		}
		s.setFlash(c, "pine", "已关闭个性化匹配。不再用您的情况对照政策，也不再推送；政策库、搜索和提问照常可用。")
	} else if sub.Subscription.Paused {
		s.setFlash(c, "pine", "已暂停。恢复之前不再推送任何政策，账户和设置都保留。")
	} else {
		s.setFlash(c, "pine", "已恢复推送。")
	}
	return c.Redirect("/me", fiber.StatusSeeOther)
}

// addContact begins to add an address, or to use a stopped one again: a code
// is sent to it.
func (s *Server) addContact(c *fiber.Ctx) error {
	ctx := c.UserContext()
	typed := figure(c, "address")
	kind, address, ok := addressOf(typed)
	if id := field(c, "id"); id != "" { // a stopped one, which the person cannot see in full
		r, err := s.reader(c)
		if err != nil {
			return err
		}
		sub := r.subscriber
		at := slices.IndexFunc(sub.Contacts, func(contact domain.Contact) bool { return fmt.Sprint(contact.ID) == id && r.within(contact) })
		if at < 0 {
			return errNoContact()
		}
		kind, address, ok = sub.Contacts[at].Kind, sub.Contacts[at].Address, true
		if !kind.SignsIn() { // no code can be sent to it
			return s.useAgain(c, sub.Contacts[at])
		}
	}
	if !ok {
		return s.showMe(c, "", typed, problems{{"address", "请填写11位手机号或完整的邮箱地址"}})
	}
	if err := s.sendCode(ctx, kind, address); err != nil {
		text, mine := shownError(err)
		if !mine {
			return err
		}
		return s.showMe(c, "", typed, problems{{"address", text}})
	}
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	role := r.contact.Role
	if r.subscriber.MayManage(r.contact.ID) {
		role = s.contactRole(field(c, "role"))
	}
	r.session.Contact, r.session.ContactKind, r.session.Data = address, kind, string(frequency(field(c, "when")))+" "+string(role) // never as typed: Data is trusted
	if err := s.Store.SaveSession(ctx, r.session); err != nil {
		return err
	}
	return c.Redirect("/me/contacts/verify", fiber.StatusSeeOther)
}

func (s *Server) contactCodePage(c *fiber.Ctx) error {
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	if r.session.Contact == "" {
		return c.Redirect("/me", fiber.StatusSeeOther)
	}
	return s.showCode(c, r.session, "/me/contacts/verify", "/me", nil)
}

// contactCode adds the verified address, or takes it off the stop-list.
func (s *Server) contactCode(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	kind, address := r.session.ContactKind, r.session.Contact
	if address == "" {
		return c.Redirect("/me", fiber.StatusSeeOther)
	}
	if field(c, "do") == "resend" {
		return s.resend(c, r.session, "/me/contacts/verify", "/me", s.sendCode)
	}
	if err := s.tryCode(ctx, kind, address, field(c, "code")); err != nil {
		text, mine := shownError(err)
		if !mine {
			return err
		}
		return s.showCode(c, r.session, "/me/contacts/verify", "/me", problems{{"code", text}})
	}
	sub := r.subscriber
	at := slices.IndexFunc(sub.Contacts, func(contact domain.Contact) bool { return contact.Kind == kind && contact.Address == address })
	if at < 0 {
		when, role, _ := strings.Cut(r.session.Data, " ")
		sub.Contacts = append(sub.Contacts, domain.Contact{Kind: kind, Address: address, When: frequency(when), Role: domain.ContactRole(role), Person: r.claim(), Verified: true})
	} else {
		sub.Contacts[at].Verified = true
	}
	if err := s.Store.SaveSubscriber(ctx, sub); err != nil {
		return err
	}
	if err := s.Store.AllowAddress(ctx, kind, address); err != nil {
		return err
	}
	r.session.Contact, r.session.ContactKind, r.session.Data = "", "", ""
	if err := s.Store.SaveSession(ctx, r.session); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已验证"+domain.Contact{Kind: kind, Address: address}.Masked()+"，之后会用它通知您。")
	return c.Redirect("/me", fiber.StatusSeeOther)
}

// claim says that the reader's address is theirs, and returns by what number a
// further one is too.
func (r *reader) claim() domain.PersonID {
	if r.subscriber.Profile.Kind == domain.Resident {
		return 0
	}
	if r.contact.Person == 0 {
		r.contact.Person = domain.NewPerson()
		for i := range r.subscriber.Contacts {
			if r.subscriber.Contacts[i].ID == r.contact.ID {
				r.subscriber.Contacts[i].Person = r.contact.Person
			}
		}
	}
	return r.contact.Person
}

// changeContact stops, removes, moves or re-times one address, or says whom it
// reaches.
func (s *Server) changeContact(c *fiber.Ctx) error {
	ctx := c.UserContext()
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	sub := r.subscriber
	at := slices.IndexFunc(sub.Contacts, func(contact domain.Contact) bool {
		return fmt.Sprint(contact.ID) == c.Params("id") && r.within(contact)
	})
	if at < 0 {
		return errNoContact()
	}
	contact := sub.Contacts[at]
	switch do := field(c, "do"); do {
	case "stop":
		if err := s.Store.StopContact(ctx, contact.ID, domain.ReasonStopped, s.Now()); err != nil {
			return err
		}
		s.setFlash(c, "pine", "已退订"+contact.Kind.Label()+contact.Masked()+"，不再向它发送。")
	case "remove":
		if err := s.removeContact(c, r, contact); err != nil {
			return err
		}
		s.setFlash(c, "pine", "已删除"+contact.Masked()+"。")
	case "up", "down":
		by, said := -1, "已提前。"
		if do == "down" {
			by, said = 1, "已后移。"
		}
		move(sub.Contacts, at, by, r.within)
		if err := s.Store.SaveSubscriber(ctx, sub); err != nil {
			return err
		}
		s.setFlash(c, "pine", contact.Kind.Label()+contact.Masked()+said)
	default:
		sub.Contacts[at].When = frequency(field(c, "when"))
		if sub.Profile.Kind == domain.Enterprise && sub.MayManage(r.contact.ID) {
			sub.Contacts[at].Role = s.contactRole(field(c, "role"))
		}
		timeBrowsers(sub.Contacts, sub.Contacts[at])
		if err := s.Store.SaveSubscriber(ctx, sub); err != nil {
			return err
		}
		s.setFlash(c, "pine", contact.Masked()+"改为"+sub.Contacts[at].When.Label()+"。")
	}
	return c.Redirect("/me", fiber.StatusSeeOther)
}

// removeContact takes one address of the reader's off their subscription. The
// last by which they sign in goes with them, see changePerson.
func (s *Server) removeContact(c *fiber.Ctx, r *reader, contact domain.Contact) error {
	sub := r.subscriber
	at := slices.IndexFunc(sub.Contacts, func(o domain.Contact) bool {
		return o.ID != contact.ID && o.Kind.SignsIn() && r.within(o)
	})
	switch {
	case at < 0 && contact.Kind.SignsIn():
		return domain.Errorf(domain.Conflict, "这是唯一的登录方式，不能删除。请先添加另一个，或在“身份与联系人”里退出，或删除整个订阅。")
	case contact.Kind.SignsIn() && !contact.OfOne(r.contact) && !sub.MayManage(r.contact.ID):
		return domain.Errorf(domain.Forbidden, "只有法定代表人、经办人或“所有事项”的联系人可以删除别人的登录方式。")
	case contact.ID == r.contact.ID:
		r.session.SignedIn = sub.Contacts[at].ID
	}
	sub.Contacts = slices.DeleteFunc(sub.Contacts, func(o domain.Contact) bool { return o.ID == contact.ID })
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	return s.Store.SaveSession(c.UserContext(), r.session)
}

// exported is everything about a subscriber, for them to take along, before what
// they were sent.
type exported struct {
	ID           string              `json:"id"`
	Name         string              `json:"name,omitempty"`
	USCC         string              `json:"uscc,omitempty"`
	Profile      domain.Profile      `json:"profile"`
	Subscription domain.Subscription `json:"subscription"`
	Contacts     []domain.Contact    `json:"contacts"`
	Consent      domain.Consent      `json:"consent"`
	CreatedAt    string              `json:"created_at"`
	// Former says how the profile stood at earlier pushes, as far as it is kept.
	Former []exportedVersion `json:"former"`
	// Questions they asked, and those of others whose answers helped them.
	Questions []exportedQuestion  `json:"questions"`
	Helped    []domain.QuestionID `json:"helped"`
	// Policies whose questions and answers they were shown.
	Read []exportedRead `json:"read"`
}

// exportedContacts are the addresses of a subscriber, those of other persons
// masked.
func (r *reader) exportedContacts() []domain.Contact {
	contacts := slices.Clone(r.subscriber.Contacts)
	for i, contact := range contacts {
		if r.subscriber.Profile.Kind == domain.Enterprise && !contact.OfOne(r.contact) && len(r.subscriber.People()) > 1 {
			contacts[i].Address = contact.Masked()
		}
	}
	return contacts
}

type exportedQuestion struct {
	Number  domain.QuestionID  `json:"number"`
	State   string             `json:"state"`
	Channel domain.ChannelKind `json:"channel"`
	Rounds  []exportedRound    `json:"rounds"`
}

type exportedRound struct {
	At       string          `json:"at"`
	Text     string          `json:"text"`
	Answer   string          `json:"answer,omitempty"`
	Feedback domain.Feedback `json:"feedback,omitempty"`
}

// askedBy lists what a person asked and which answers to others helped them.
func (s *Server) askedBy(ctx context.Context, id domain.SubscriberID) ([]exportedQuestion, []domain.QuestionID, error) {
	questions, err := s.Store.Questions(ctx, storage.QuestionFilter{Subscriber: id})
	if err != nil {
		return nil, nil, err
	}
	asked := []exportedQuestion{}
	for _, q := range questions {
		e := exportedQuestion{Number: q.ID, State: q.State.Label(), Channel: q.Channel}
		for _, r := range q.Rounds {
			round := exportedRound{At: stamp(r.AskedAt), Text: r.Text, Feedback: r.Feedback}
			if r.Answer != nil {
				round.Answer = r.Answer.Text
			}
			e.Rounds = append(e.Rounds, round)
		}
		asked = append(asked, e)
	}
	read, err := s.Store.ReadAnswers(ctx, id)
	helped := []domain.QuestionID{}
	for _, q := range read {
		helped = append(helped, q.ID)
	}
	return asked, helped, err
}

type exportedVersion struct {
	Until        string              `json:"until"`
	Profile      domain.Profile      `json:"profile"`
	Subscription domain.Subscription `json:"subscription"`
}

type exportedRead struct {
	Policy string `json:"policy"`
	At     string `json:"at"`
}

func (s *Server) export(c *fiber.Ctx) error {
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	sub := r.subscriber
	kept, err := s.recordOf(c.UserContext(), sub)
	if err != nil {
		return err
	}
	out := exported{
		ID: sub.ExternalID, Name: sub.Name, USCC: sub.USCC, Profile: sub.Profile, Subscription: sub.Subscription,
		Contacts: r.exportedContacts(), Consent: sub.Consent, CreatedAt: stamp(sub.CreatedAt),
		Former: []exportedVersion{}, Read: []exportedRead{},
	}
	for _, v := range kept.former {
		out.Former = append(out.Former, exportedVersion{stamp(v.ReplacedAt), v.Profile, v.Subscription})
	}
	if out.Questions, out.Helped, err = s.askedBy(c.UserContext(), sub.ID); err != nil {
		return err
	}
	read, err := s.Store.ReadQAs(c.UserContext(), sub.ID)
	if err != nil {
		return err
	}
	for _, r := range read {
		out.Read = append(out.Read, exportedRead{r.Title, stamp(r.At)})
	}
	return kept.send(c, "policypush-my-data.json", out, func(int, int) error { return nil })
}

// deleteView asks once more before everything about the reader is deleted.
type deleteView struct {
	Page
	Name     string // of the enterprise
	Others   int    // persons who stand for it too
	Problems problems
}

func (deleteView) template() string { return "portal/me-delete" }

func (s *Server) deletePage(c *fiber.Ctx) error { return s.showDelete(c, nil) }

func (s *Server) showDelete(c *fiber.Ctx, ps problems) error {
	p, err := s.wizardPage(c, "删除我的订阅和信息", ps)
	if err != nil {
		return err
	}
	p.Section = "me"
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	v := deleteView{Page: p, Name: readerName(r.subscriber), Problems: ps}
	if r.subscriber.Profile.Kind == domain.Enterprise {
		v.Others = max(0, len(r.subscriber.People())-1)
	}
	return s.render(c, v)
}

func (s *Server) deleteMe(c *fiber.Ctx) error {
	r, err := s.reader(c)
	if err != nil {
		return err
	}
	sub := r.subscriber
	if !sub.MayManage(r.contact.ID) && sub.Profile.Kind == domain.Enterprise {
		return domain.Errorf(domain.Forbidden, "整个企业的订阅由法定代表人、经办人或“所有事项”的联系人删除。您可以在“身份与联系人”里退出。")
	}
	if field(c, "sure") == "" {
		return s.showDelete(c, problems{{"sure", "请先勾选确认"}})
	}
	if err := s.Store.DeleteSubscriber(c.UserContext(), sub.ID, s.Now()); err != nil {
		return err
	}
	if err := s.closeSession(c); err != nil {
		return err
	}
	s.setFlash(c, "pine", "您的信息已全部删除。之后不会再收到任何推送。")
	return c.Redirect("/", fiber.StatusSeeOther)
}
