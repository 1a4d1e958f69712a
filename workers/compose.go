package workers

import (
	"strconv"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

// Letterhead is what messages say beside their policy.
type Letterhead struct {
	SearchIn string // where an SMS tells people to look, for example 浙里办
	Link     string // the link that was filed with the carriers, or ""
	Settings string // URL where a reader changes topics and frequency
	Mine     string // URL of 我的政策
	Inbox    string // URL of the inbox
	Desk     string // URL of the questions in the console
	// Question returns the URL of a question's page.
	Question func(domain.QuestionID) string
	// Policy returns the URL of a policy's page.
	Policy func(domain.PolicyID) string
	// Unsubscribe returns the URL that stops a channel of a reader.
	Unsubscribe func(domain.SubscriberID, domain.ContactID, domain.ChannelKind) string
	// Sensitive tells whether belonging to a resident group is sensitive
	// personal information.
	Sensitive func(group string) bool
}

// forms are the messages of one claim that many get, by what they tell, with
// [push.UnsubscribeHere] where the address to unsubscribe is to stand.
type forms map[string]push.Message

// compose writes the message for one delivery or for the several of a digest,
// in the voice of the office of the first, and counts the rest, which it does not
// list.
func (w *Workers) compose(kind domain.ChannelKind, o storage.Outgoing, ds, rest []domain.Delivery, matters map[domain.PushID]matter, meant meantBy, written forms) (channel.Message, error) {
	key := append(strconv.AppendInt(nil, int64(len(rest)), 10), ' ')
	for _, d := range ds {
		key = append(strconv.AppendInt(key, int64(d.Push), 10), d.Verdict...)
		for _, name := range meant.enterprises(d) {
			key = append(append(key, 0), name...)
		}
		key = append(key, 1)
	}
	form, known := written[string(key)]
	if !known {
		var err error
		if form, err = w.form(kind, ds, len(rest), matters, meant); err != nil {
			return channel.Message{}, err
		}
		written[string(key)] = form
	}
	unsubscribe := w.Letterhead.Unsubscribe(ds[0].Subscriber, o.Contact.ID, kind)
	text := form.WithUnsubscribe(unsubscribe)
	return channel.Message{
		Ref: domain.RefOf(ds), To: o.Contact.Address, FromName: matters[ds[0].Push].office.Name, Unsubscribe: unsubscribe,
		Subject: text.Subject, Text: text.Text, HTML: text.HTML, Link: text.Link, Urgent: matters[ds[0].Push].push.Urgent,
	}, nil
}

// today is the day in China, YYYY-MM-DD.
func (w *Workers) today() string { return w.Now().In(push.Shanghai()).Format(time.DateOnly) }

func (w *Workers) form(kind domain.ChannelKind, ds []domain.Delivery, rest int, matters map[domain.PushID]matter, meant meantBy) (push.Message, error) {
	composer, err := w.composer(kind, matters[ds[0].Push].office)
	if err != nil {
		return push.Message{}, err
	}
	links := push.Links{Unsubscribe: push.UnsubscribeHere, Settings: w.Letterhead.Settings, Inbox: w.Letterhead.Inbox, Mine: w.Letterhead.Mine}
	if m := matters[ds[0].Push]; m.push.Kind == domain.AnswerPush {
		n := m.notice
		return composer.Answer(kind, push.Reply{Number: n.Question, Kind: n.Kind, Due: n.Due, URL: w.Letterhead.Question(n.Question)}, links)
	}
	if first := matters[ds[0].Push]; first.push.Kind == domain.FirstPush {
		return composer.First(kind, w.cardsOf(first.listed), first.rest, links, w.Now())
	}
	return composer.Compose(kind, w.cards(ds, matters, meant), rest, links, w.Now())
}

// cards makes the cards of deliveries.
func (w *Workers) cards(ds []domain.Delivery, matters map[domain.PushID]matter, meant meantBy) []push.Card {
	cards := make([]push.Card, len(ds))
	for i, d := range ds {
		m := matters[d.Push]
		cards[i] = push.CardOf(m.policy, d.Verdict, w.Letterhead.Sensitive, w.today())
		cards[i].URL = w.Letterhead.Policy(m.policy.ID)
		cards[i].For = meant.enterprises(d)
		switch m.push.Kind {
		case domain.Reminder:
			cards[i].Reminds, cards[i].Deadline = true, m.push.Deadline
		case domain.CorrectionNotice:
			cards[i].Corrected = m.push.Note
		}
	}
	return cards
}

// cardsOf makes the cards of what a first digest lists.
func (w *Workers) cardsOf(listed []listed) []push.Card {
	cards := make([]push.Card, len(listed))
	for i, l := range listed {
		cards[i] = push.CardOf(l.policy, l.verdict, w.Letterhead.Sensitive, w.today())
		cards[i].URL = w.Letterhead.Policy(l.policy.ID)
	}
	return cards
}

// composer returns the composer of an office. It is made once per voice.
func (w *Workers) composer(kind domain.ChannelKind, office domain.Office) (*push.Composer, error) {
	voice := push.Voice{
		Signature: office.Signature, Office: office.Name, Phone: office.Phone,
		SearchIn: w.Letterhead.SearchIn, Link: w.Letterhead.Link,
	}
	if s := w.Lines[kind].Signature; s != "" {
		voice.Signature = s
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.composers[voice]; c != nil {
		return c, nil
	}
	c, err := push.NewComposer(voice)
	if err == nil {
		w.composers[voice] = c
	}
	return c, err
}
