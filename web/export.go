package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// sentMessage is one message that left the house, or was to: what, why, over
// which channel, and what became of it.
type sentMessage struct {
	Policy  string         `json:"policy"`
	Kind    string         `json:"kind"`
	Channel string         `json:"channel"`
	To      string         `json:"to,omitempty"` // masked
	Verdict domain.Verdict `json:"verdict"`      // what may apply
	Why     sentWhy        `json:"why"`
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

// inboxMessage is one message of the inbox, and what its reader did with it.
type inboxMessage struct {
	Policy      string         `json:"policy"` // or what it is about
	Kind        string         `json:"kind"`
	At          string         `json:"at"`
	Verdict     domain.Verdict `json:"verdict,omitempty"`
	Why         sentWhy        `json:"why"`
	Read        bool           `json:"read"`
	SeenAt      string         `json:"seen_at,omitempty"`
	ReadAt      string         `json:"read_at,omitempty"`
	DismissedAt string         `json:"dismissed_at,omitempty"` // as 与我无关
	DoneAt      string         `json:"done_at,omitempty"`      // as 已办理
}

// sentWhy is why a message came: in a sentence, and as the page of the policy
// says it.
type sentWhy struct {
	Says      string       `json:"says"`
	Interests []string     `json:"interests,omitempty"` // the part of the subscription that asked for it
	Fits      string       `json:"fits,omitempty"`      // how many of its measures
	Reasons   []sentReason `json:"reasons,omitempty"`
	Note      string       `json:"note,omitempty"` // why the reasons may not be those of then
}

// sentReason is a condition of the policy with what the profile said to it.
type sentReason struct {
	Condition string `json:"condition"`
	Profile   string `json:"profile"`
	Result    string `json:"result"`
}

// stamp writes a time in that of the readers; the zero time is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(shanghai).Format("2006-01-02T15:04:05+08:00")
}

// policiesKept is how many policies an export keeps: what was told over several
// channels stands together.
const policiesKept = 32

// record is what an export reads of one person, each push once.
type record struct {
	s        *Server
	person   *domain.Subscriber
	former   []storage.ProfileVersion // oldest first
	pushes   map[domain.PushID]domain.Push
	policies map[domain.PolicyID]*domain.Policy
}

func (s *Server) recordOf(ctx context.Context, person *domain.Subscriber) (*record, error) {
	former, err := s.Store.ProfileVersions(ctx, person.ID)
	return &record{s, person, former, map[domain.PushID]domain.Push{}, map[domain.PolicyID]*domain.Policy{}}, err
}

// deliveriesRead is how many deliveries of a person are read at a time.
const deliveriesRead = 500

// messages lists everything that left the house for the person, or was to, and
// is kept, the latest first.
func (r *record) messages(ctx context.Context) iter.Seq2[sentMessage, error] {
	return func(yield func(sentMessage, error) bool) {
		for f := (storage.DeliveryFilter{Subscriber: r.person.ID, Limit: deliveriesRead}); ; {
			found, err := r.s.Store.Deliveries(ctx, f)
			if err != nil {
				yield(sentMessage{}, err)
				return
			}
			for _, d := range found {
				f.Before = d.ID
				if m, err := r.message(ctx, d); !yield(m, err) || err != nil {
					return
				}
			}
			if len(found) < f.Limit {
				return
			}
		}
	}
}

func (r *record) message(ctx context.Context, d storage.DeliveryRow) (sentMessage, error) {
	push, err := r.push(ctx, d.Push)
	if err != nil {
		return sentMessage{}, err
	}
	m := sentMessage{
		Policy: d.PolicyTitle, Kind: pushRowOf(push).KindName, Channel: d.Channel.Label(), To: d.Masked, Verdict: d.Verdict,
		State: d.Channel.StateLabel(d.State), Reason: d.Reason.Label(), SentAt: stamp(d.SentAt), EndedAt: stamp(d.EndedAt),
		Gateway: d.Gateway, Receipt: d.GatewayRef, History: []sentStep{},
	}
	if m.Why, err = r.why(ctx, push, d.Verdict); err != nil {
		return m, err
	}
	events, err := r.s.Store.DeliveryEvents(ctx, d.ID)
	for _, e := range events {
		m.History = append(m.History, sentStep{stamp(e.At), d.Channel.StateLabel(e.State), e.Reason.Label(), e.Gateway, e.Note})
	}
	return m, err
}

// inbox lists everything that has stood in the inbox of the person, the latest
// first.
func (r *record) inbox(ctx context.Context) iter.Seq2[inboxMessage, error] {
	return func(yield func(inboxMessage, error) bool) {
		marks, err := r.s.Store.InboxMarks(ctx, r.person.ID)
		if err != nil {
			yield(inboxMessage{}, err)
			return
		}
		items, err := r.s.wholeInbox(ctx, r.person.ID, marks)
		if err != nil {
			yield(inboxMessage{}, err)
			return
		}
		for _, it := range items {
			mark := marks[it.Push]
			m := inboxMessage{
				Policy: it.Title, At: stamp(it.At), Verdict: it.Verdict, Read: it.Read,
				SeenAt: stamp(mark.SeenAt), ReadAt: stamp(mark.ReadAt), DismissedAt: stamp(mark.DismissedAt), DoneAt: stamp(mark.DoneAt),
			}
			push, err := r.push(ctx, it.Push)
			if err == nil {
				m.Kind = pushRowOf(push).KindName
				m.Why, err = r.why(ctx, push, it.Verdict)
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// send answers with an export: what it begins with, and then the inbox and the
// messages. They are written one by one into a file that has no name, which is
// sent when it is whole: a long record takes no memory, and what fails is said.
// First done is told how many there are.
func (r *record) send(c *fiber.Ctx, name string, begin any, done func(sent, inbox int) error) error {
	file, err := os.CreateTemp("", "policypush-export-")
	if err != nil {
		return err
	}
	size := 0
	if err = os.Remove(file.Name()); err == nil {
		size, err = r.write(c.UserContext(), file, begin, done)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s"`, name))
	return c.SendStream(file, size) // which closes it
}

func (r *record) write(ctx context.Context, to io.Writer, begin any, done func(sent, inbox int) error) (size int, err error) {
	head, err := json.MarshalIndent(begin, "", "  ")
	if err != nil {
		return 0, err
	}
	w := &jsonList{to: bufio.NewWriter(to)}
	w.write(bytes.TrimSuffix(head, []byte("\n}")))
	inbox, err := writeList(w, "inbox", r.inbox(ctx))
	if err != nil {
		return 0, err
	}
	sent, err := writeList(w, "messages", r.messages(ctx))
	if err != nil {
		return 0, err
	}
	w.write([]byte("\n}\n"))
	if err := w.to.Flush(); err != nil { // the first that went wrong
		return 0, err
	}
	return w.size, done(sent, inbox)
}

// jsonList writes JSON piece by piece.
type jsonList struct {
	to   *bufio.Writer
	size int
}

func (w *jsonList) write(data []byte) {
	n, _ := w.to.Write(data) // the next Flush tells
	w.size += n
}

// writeList writes a further field of an object, which is a list.
func writeList[T any](w *jsonList, name string, list iter.Seq2[T, error]) (n int, err error) {
	w.write(fmt.Appendf(nil, ",\n  %q: [", name))
	for one, err := range list {
		if err != nil {
			return n, err
		}
		data, err := json.MarshalIndent(one, "    ", "  ")
		if err != nil {
			return n, err
		}
		if n > 0 {
			w.write([]byte(","))
		}
		w.write([]byte("\n    "))
		w.write(data)
		n++
	}
	w.write([]byte("]"))
	return n, nil
}

func (r *record) push(ctx context.Context, id domain.PushID) (domain.Push, error) {
	push, known := r.pushes[id]
	if known {
		return push, nil
	}
	push, err := r.s.Store.Push(ctx, id)
	r.pushes[id] = push
	return push, err
}

// why says why the person got a message of a push, with the profile of then
// where it is kept.
func (r *record) why(ctx context.Context, push domain.Push, verdict domain.Verdict) (sentWhy, error) {
	w := sentWhy{Says: whySent(push.Kind, verdict)}
	if push.Kind != domain.NewPolicy && push.Kind != domain.Reminder {
		return w, nil // whom it went to was no matter of their profile
	}
	if r.person.Subscription.Unmatched {
		w.Note = "个性化匹配已关闭，不再用资料对照政策"
		return w, nil
	}
	policy, known := r.policies[push.Policy]
	if !known {
		var err error
		if policy, err = r.s.Store.Policy(ctx, push.Policy); err != nil {
			return w, err
		}
		if len(r.policies) >= policiesKept {
			clear(r.policies)
		}
		r.policies[push.Policy] = policy
	}
	at := push.PlannedAt
	if at.IsZero() {
		at = push.CreatedAt
	}
	then := *r.person
	for _, v := range r.former {
		if v.ReplacedAt.After(at) {
			then.Profile, then.Subscription = v.Profile, v.Subscription
			break
		}
	}
	match := r.s.match(policy, &then, r.s.measures(policy), at.In(shanghai).Format(time.DateOnly))
	w.Interests, w.Fits = match.Interests, match.Summary
	for _, reason := range match.Reasons {
		w.Reasons = append(w.Reasons, sentReason{reason.Condition, reason.Value, reason.Said})
	}
	if policy.Version != push.Version || match.Verdict != verdict {
		w.Note = "政策条款或资料在发送之后有改动，以上按现在留存的重新对照，可能与当时不完全一致"
	}
	return w, nil
}

// whySent is why somebody got a message of a push, in a sentence.
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
	r, err := s.recordOf(ctx, person)
	if err != nil {
		return err
	}
	begin := struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		At   string `json:"at"`
	}{person.ExternalID, maskName(person), stamp(s.Now())}
	return r.send(c, fmt.Sprintf("policypush-messages-%d.json", id), begin, func(sent, inbox int) error {
		return s.audit(c, "export", fmt.Sprintf("subscriber/%d", id), fmt.Sprintf("%d条发送记录，%d条站内消息", sent, inbox))
	})
}
