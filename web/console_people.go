package web

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// peopleShown is how many subscribers one page of the list shows.
const peopleShown = 50

// peopleView lists subscribers, masked.
type peopleView struct {
	Page
	Query                  string
	Enterprises, Residents int
	Rows                   []personRow
	Next                   string // address of the next page, or ""
}

type personRow struct {
	ID       domain.SubscriberID
	External string
	Name     string
	Kind     string
	Facts    string
	Channels string
	Wants    string
	Paused   bool
}

func (peopleView) template() string { return "console/people" }

func (s *Server) peoplePage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.consolePage(c, "订阅主体", "people")
	if err != nil {
		return err
	}
	v := peopleView{Page: p, Query: cutRunes(strings.TrimSpace(c.Query("q")), 60)}
	if v.Enterprises, v.Residents, err = s.Store.CountSubscribers(ctx); err != nil {
		return err
	}
	ids, err := s.Store.FindSubscribers(ctx, v.Query, domain.SubscriberID(max(0, c.QueryInt("after"))), peopleShown)
	if err != nil {
		return err
	}
	if len(ids) == peopleShown {
		v.Next = address("/console/subscribers", url.Values{"q": {v.Query}, "after": {fmt.Sprint(ids[len(ids)-1])}})
	}
	people, err := s.Store.SubscribersIn(ctx, ids)
	if err != nil {
		return err
	}
	for _, person := range people {
		v.Rows = append(v.Rows, s.personRow(person))
	}
	return s.render(c, v)
}

func (s *Server) personRow(person *domain.Subscriber) personRow {
	return personRow{
		ID: person.ID, External: person.ExternalID, Name: maskName(person), Kind: kindLabel(person.Profile.Kind), Facts: s.maskedFacts(&person.Profile),
		Channels: channelsOf(person), Wants: s.wantsOf(person), Paused: person.Subscription.Paused,
	}
}

// wantsOf says in a few words what somebody wants to hear of.
func (s *Server) wantsOf(person *domain.Subscriber) string {
	if person.Subscription.All {
		return "所有可能适用的"
	}
	var said []string
	for _, code := range person.Subscription.Themes {
		said = append(said, s.Rules.Name(domain.ThemeTag, code))
	}
	for _, word := range person.Subscription.Keywords {
		said = append(said, "“"+word+"”")
	}
	if len(said) == 0 {
		return "没有选主题"
	}
	return strings.Join(said, "、")
}

// personView is one subscriber with what was sent.
type personView struct {
	Page
	Person     personRow
	Since      time.Time
	Consent    domain.Consent
	Contacts   []contactRow
	Deliveries []deliveryRow
	Next       string // address of the next page of them, or ""
	Inbox      []personItem
	InboxAll   int
}

// personItem is a message of somebody's inbox, and what they did with it.
type personItem struct {
	Push              domain.PushID
	Title             string
	At                time.Time
	Read, Aside, Done time.Time
}

type contactRow struct {
	Channel, Masked, When, State string
}

func (personView) template() string { return "console/person" }

func (s *Server) personPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	person, err := s.Store.Subscriber(ctx, domain.SubscriberID(id))
	if err != nil {
		return err
	}
	p, err := s.consolePage(c, "订阅主体 "+maskName(person), "people")
	if err != nil {
		return err
	}
	v := personView{Page: p, Person: s.personRow(person), Since: person.CreatedAt, Consent: person.Consent}
	for _, contact := range person.Contacts {
		row := contactRow{Channel: contact.Kind.Label(), Masked: contact.Masked(), When: contact.When.Label(), State: "可用"}
		if contact.When == "" {
			row.When = domain.Now.Label()
		}
		switch {
		case contact.Suppressed != "":
			row.State = "停用：" + domain.Reason(contact.Suppressed).Label()
		case !contact.Verified && contact.Kind != domain.App:
			row.State = "未验证，不发送"
		}
		v.Contacts = append(v.Contacts, row)
	}
	offset := max(0, c.QueryInt("from"))
	found, err := s.Store.Deliveries(ctx, storage.DeliveryFilter{Subscriber: person.ID, Limit: peopleShown, Offset: offset})
	if err != nil {
		return err
	}
	if len(found) == peopleShown {
		v.Next = address(c.Path(), url.Values{"from": {fmt.Sprint(offset + peopleShown)}}) + "#sent"
	}
	if v.Deliveries, err = s.deliveryRows(ctx, found, domain.DeliveryID(c.QueryInt("d"))); err != nil {
		return err
	}
	for i := range v.Deliveries {
		d := &v.Deliveries[i]
		d.Title = d.PolicyTitle
		d.Href = fmt.Sprintf("%s#d%d", address(c.Path(), url.Values{"from": {fmt.Sprint(offset)}, "d": {fmt.Sprint(d.ID)}}), d.ID)
	}
	items, err := s.inboxOf(ctx, person.ID)
	if err != nil {
		return err
	}
	marks, err := s.Store.InboxMarks(ctx, person.ID)
	if err != nil {
		return err
	}
	v.InboxAll = len(items)
	for _, it := range items[:min(peopleShown, len(items))] {
		mark := marks[it.Push]
		v.Inbox = append(v.Inbox, personItem{it.Push, it.Title, it.At, mark.ReadAt, mark.DismissedAt, mark.DoneAt})
	}
	return s.render(c, v)
}
