package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/gofiber/fiber/v2"

	"policypush/internal/audience"
	"policypush/internal/channel/app"
	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/internal/storage"
)

// inboxDepth is how many pushes back an inbox reaches.
const inboxDepth = 300

// inboxShown is how many messages the inbox shows.
const inboxShown = 50

// pushCache keeps the frozen audiences of pushes opened: they never change.
type pushCache struct {
	mu   sync.Mutex
	open map[domain.PushID]*openPush
}

// openPush is a push with its audience ready to be asked.
type openPush struct {
	likely, possible *roaring.Bitmap
	policy           storage.PolicySummary
}

// inboxItem is one push as it stands in somebody's inbox.
type inboxItem struct {
	Push      domain.PushID
	Policy    domain.PolicyID
	Title     string
	Gain      string
	Issuer    string
	Deadline  deadline
	Begins    string // the day from which it can be had, if that is yet to come
	At        time.Time
	Verdict   domain.Verdict
	Withdrawn bool // a notice that the policy was taken back
	Stopped   bool // the policy of this push was taken back
	Aborted   bool // the push was stopped midway, its policy was not taken back
	Listed    int  // of a first digest: policies in it, 0 of any other message
	Rest      int  // and how many concern the reader besides
	Seen      bool
	Read      bool
	Dismissed bool
	Done      bool              // 已办理
	Reminds   bool              // of the deadline
	Corrected string            // what a correction says, or ""
	Question  domain.QuestionID // that was answered; 0 of a policy
	Answer    int64             // the question and answer of a policy that was corrected, or 0

	makesGood bool // it tells of a policy as new, which an earlier push began to
}

// inboxOf computes the inbox of a subscriber, newest first: the pushes whose
// frozen audience holds them, with their marks. It is empty while the channel
// is off.
func (s *Server) inboxOf(ctx context.Context, id domain.SubscriberID) ([]inboxItem, error) {
	if s.Modes[domain.App] == "off" {
		return nil, nil
	}
	pushes, err := s.Store.Pushes(ctx, 0, inboxDepth)
	if err != nil {
		return nil, err
	}
	marks, err := s.Store.InboxMarks(ctx, id)
	if err != nil {
		return nil, err
	}
	var items []inboxItem
	for _, push := range pushes {
		if push.State == domain.PushOwed || push.State == domain.PushUnsigned {
			continue
		}
		op, err := s.openPush(ctx, push.ID)
		if err != nil {
			return nil, err
		}
		if op != nil {
			items = s.appendItem(items, id, push, op, marks[push.ID])
		}
	}
	return s.latestFirst(ctx, id, items, marks, inboxDepth)
}

// pushesRead is how many pushes are read at a time, with their audiences, where
// the inbox is read as far back as it goes.
const pushesRead = 16

// wholeInbox is inboxOf without a bound. It keeps no audience.
func (s *Server) wholeInbox(ctx context.Context, id domain.SubscriberID, marks map[domain.PushID]storage.InboxMark) ([]inboxItem, error) {
	if s.Modes[domain.App] == "off" {
		return nil, nil
	}
	var items []inboxItem
	for after := domain.PushID(0); ; {
		found, err := s.Store.InboxPushes(ctx, after, pushesRead)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return s.latestFirst(ctx, id, items, marks, math.MaxInt32)
		}
		for _, in := range found {
			op, err := opened(in)
			if err != nil {
				return nil, err
			}
			items, after = s.appendItem(items, id, in.Push, op, marks[in.Push.ID]), in.Push.ID
		}
	}
}

// appendItem appends a planned push to the items of somebody whom it tells.
func (s *Server) appendItem(items []inboxItem, id domain.SubscriberID, push domain.Push, op *openPush, mark storage.InboxMark) []inboxItem {
	verdict := domain.Possible
	switch {
	case op.likely.Contains(uint32(id)):
		verdict = domain.Likely
	case !push.IncludePossible || !op.possible.Contains(uint32(id)):
		return items
	}
	begins := ""
	if from := op.policy.EffectiveFrom; from > s.today() {
		begins = from
	}
	stopped := push.State == domain.PushStopped
	aborted := stopped && push.StoppedFor == domain.ReasonAborted
	return append(items, inboxItem{
		Push: push.ID, Policy: push.Policy, Title: op.policy.Title, Gain: counted(op.policy.FirstMeasure, op.policy.Measures), At: push.CreatedAt,
		Issuer: firstOf(op.policy.Issuers), Deadline: s.nextDeadline(op.policy.Deadlines), Begins: begins,
		Verdict: verdict, Withdrawn: push.Kind == domain.WithdrawalNotice, Stopped: stopped && !aborted, Aborted: aborted,
		Seen: !mark.SeenAt.IsZero(), Read: !mark.ReadAt.IsZero(), Dismissed: !mark.DismissedAt.IsZero(), Done: !mark.DoneAt.IsZero(),
		Reminds: push.Kind == domain.Reminder, Corrected: push.Note, makesGood: push.Kind == domain.NewPolicy && !stopped,
	})
}

// latestFirst adds to the items of somebody what is theirs alone, up to so many
// answers, and puts all in order, without what a later push makes good.
func (s *Server) latestFirst(ctx context.Context, id domain.SubscriberID, items []inboxItem, marks map[domain.PushID]storage.InboxMark, answers int) ([]inboxItem, error) {
	first, err := s.Store.Digest(ctx, id, 0)
	if domain.KindOf(err) == domain.NotFound {
		err = nil
	} else if err == nil {
		items = append(items, digestItem(first, marks[first.Push]))
	}
	if err != nil {
		return nil, err
	}
	notices, err := s.Store.Notices(ctx, id, answers)
	for _, n := range notices {
		mark := marks[n.Push]
		about := "政策页上的简明问答"
		if n.Question != 0 {
			about = fmt.Sprintf("提问编号%d", n.Question)
		}
		items = append(items, inboxItem{
			Push: n.Push, Title: n.Kind.Title(), At: n.At, Question: n.Question, Answer: n.Item, Gain: about,
			Seen: !mark.SeenAt.IsZero(), Read: !mark.ReadAt.IsZero(), Dismissed: !mark.DismissedAt.IsZero(),
		})
	}
	slices.SortFunc(items, func(a, b inboxItem) int { return cmp.Compare(b.Push, a.Push) })
	supplemented := map[domain.PolicyID]bool{} // a supplement comes before what it makes good
	return slices.DeleteFunc(items, func(it inboxItem) bool {
		if it.Aborted && !it.Read && supplemented[it.Policy] {
			return true
		}
		supplemented[it.Policy] = supplemented[it.Policy] || it.makesGood
		return false
	}), err
}

// digestItem is a first digest as it stands in the inbox.
func digestItem(d domain.Digest, mark storage.InboxMark) inboxItem {
	return inboxItem{
		Push: d.Push, Title: fmt.Sprintf("现有%d份政策可能与您有关", len(d.Items)+d.Rest), At: d.At, Listed: len(d.Items), Rest: d.Rest,
		Seen: !mark.SeenAt.IsZero(), Read: !mark.ReadAt.IsZero(), Dismissed: !mark.DismissedAt.IsZero(),
	}
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// openPush returns a planned push with its audience, or nil if it has none.
func (s *Server) openPush(ctx context.Context, id domain.PushID) (*openPush, error) {
	s.pushes.mu.Lock()
	op := s.pushes.open[id]
	s.pushes.mu.Unlock()
	if op != nil {
		return op, nil
	}
	found, err := s.Store.InboxPushes(ctx, id-1, 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].Push.ID != id {
		return nil, nil
	}
	if op, err = opened(found[0]); err != nil {
		return nil, err
	}
	s.pushes.mu.Lock()
	defer s.pushes.mu.Unlock()
	if s.pushes.open == nil || len(s.pushes.open) > 2*inboxDepth { // the old ones have dropped out of every inbox
		s.pushes.open = map[domain.PushID]*openPush{}
	}
	s.pushes.open[id] = op
	return op, nil
}

func opened(in storage.InboxPush) (*openPush, error) {
	sets, err := audience.Thaw(in.Audience)
	if err != nil {
		return nil, fmt.Errorf("open the audience of push %d: %w", in.Push.ID, err)
	}
	return &openPush{likely: sets.Likely, possible: sets.Possible, policy: in.Policy}, nil
}

// unread counts what the reader has not even seen in the list: the number on
// the bell.
func unread(items []inboxItem) int {
	n := 0
	for _, it := range items {
		if !it.Seen && !it.Dismissed {
			n++
		}
	}
	return n
}

// liveURL is where a page listens for what comes after these messages.
func liveURL(items []inboxItem) string {
	last := domain.PushID(0)
	if len(items) > 0 {
		last = items[0].Push
	}
	return fmt.Sprintf("/inbox/events?after=%d", last)
}

// inboxView is the list of messages.
type inboxView struct {
	Page
	Tab       string // see under
	Items     []inboxItem
	Waiting   int // not read yet
	Dismissed int
	Paused    bool
	Off       bool // the office has switched the channel off
}

func (inboxView) template() string { return "portal/inbox" }

func (s *Server) inbox(c *fiber.Ctx) error {
	ctx := c.UserContext()
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	p, err := s.page(c, "消息")
	if err != nil {
		return err
	}
	p.Section = "inbox"
	items, err := s.inboxOf(ctx, sub.ID)
	if err != nil {
		return err
	}
	if err := s.Catalogue.Refresh(ctx); err != nil {
		return err
	}
	v := inboxView{Page: p, Tab: "all", Paused: sub.Subscription.Paused, Off: s.Modes[domain.App] == "off"}
	switch tab := c.Query("tab"); tab {
	case "policies", "answers", "reminders", "unread", "dismissed":
		v.Tab = tab
	}
	for _, it := range items {
		switch {
		case it.Dismissed:
			v.Dismissed++
		case !it.Read:
			v.Waiting++
		}
		if !it.under(v.Tab) || len(v.Items) == inboxShown {
			continue
		}
		it.Gain = cmp.Or(s.gainFor(sub, it.Policy), it.Gain)
		v.Items = append(v.Items, it)
		if !it.Seen {
			if err := s.Store.MarkInbox(ctx, sub.ID, it.Push, "seen", s.Now()); err != nil {
				return err
			}
		}
	}
	return s.render(c, v)
}

// gainFor names the measure of a policy in force that may apply to a subscriber,
// a likely one first, and counts them: the first measure of the policy may be
// none of theirs. It is "" where nobody may ask, and where none is left.
func (s *Server) gainFor(sub *domain.Subscriber, id domain.PolicyID) string {
	policy := s.Catalogue.Find(id)
	if policy == nil || sub.Subscription.Unmatched {
		return ""
	}
	titles := map[domain.Verdict][]string{}
	_, matches := matching.MatchPolicy(policy, &sub.Profile, s.today(), s.Rules.ValueName)
	for i, m := range matches {
		titles[m.Verdict] = append(titles[m.Verdict], policy.Measures[i].Title)
	}
	theirs := append(titles[domain.Likely], titles[domain.Possible]...)
	if len(theirs) == 0 {
		return ""
	}
	return counted(theirs[0], len(theirs))
}

// under tells whether a message stands under a tab of the inbox: all, policies,
// answers, reminders, unread or dismissed.
func (it *inboxItem) under(tab string) bool {
	answer := it.Question != 0 || it.Answer != 0
	switch tab {
	case "dismissed":
		return it.Dismissed
	case "answers":
		return !it.Dismissed && answer
	case "reminders":
		return !it.Dismissed && it.Reminds
	case "policies":
		return !it.Dismissed && !answer && !it.Reminds
	case "unread":
		return !it.Dismissed && !it.Read
	}
	return !it.Dismissed
}

// item returns the push of the address, if it is in the reader's inbox.
func (s *Server) item(c *fiber.Ctx) (*domain.Subscriber, inboxItem, error) {
	sub, err := s.subscriber(c)
	if err != nil {
		return nil, inboxItem{}, err
	}
	items, err := s.inboxOf(c.UserContext(), sub.ID)
	if err != nil {
		return nil, inboxItem{}, err
	}
	for _, it := range items {
		if strconv.FormatInt(int64(it.Push), 10) == c.Params("push") {
			return sub, it, nil
		}
	}
	return nil, inboxItem{}, domain.Errorf(domain.NotFound, "没有这条消息，可能发给了另一个订阅。")
}

// openItem marks a message as read and shows its policy.
func (s *Server) openItem(c *fiber.Ctx) error {
	sub, it, err := s.item(c)
	if err != nil {
		return err
	}
	if !it.Read {
		if err := s.Store.MarkInbox(c.UserContext(), sub.ID, it.Push, "read", s.Now()); err != nil {
			return err
		}
	}
	if it.Question != 0 {
		return s.openNotice(c, sub, it.Question)
	}
	if it.Answer != 0 {
		answer, err := s.Store.Interpretation(c.UserContext(), it.Answer)
		if err != nil {
			return err
		}
		return c.Redirect(fmt.Sprintf("/policies/%d#qa-%d", answer.Policy, answer.ID), fiber.StatusSeeOther)
	}
	if it.Listed > 0 {
		return s.showDigest(c, sub, it)
	}
	return c.Redirect(fmt.Sprintf("/policies/%d#match", it.Policy), fiber.StatusSeeOther)
}

// openNotice leads an asker to their question, and whom an answer helped to
// where it is published.
func (s *Server) openNotice(c *fiber.Ctx, sub *domain.Subscriber, id domain.QuestionID) error {
	q, err := s.Store.Question(c.UserContext(), id)
	if err != nil {
		return err
	}
	if q.Subscriber == sub.ID {
		return c.Redirect(questionPath(q.ID, ""), fiber.StatusSeeOther)
	}
	return c.Redirect(fmt.Sprintf("/policies/%d#qa-%d", q.Policy, q.Item), fiber.StatusSeeOther)
}

// digestView shows a first digest: what still can be had of it.
type digestView struct {
	Page
	Item  inboxItem
	Cards []card
}

func (digestView) template() string { return "portal/digest" }

func (s *Server) showDigest(c *fiber.Ctx, sub *domain.Subscriber, it inboxItem) error {
	ctx := c.UserContext()
	p, err := s.page(c, it.Title)
	if err != nil {
		return err
	}
	p.Section = "inbox"
	if err := s.Catalogue.Refresh(ctx); err != nil {
		return err
	}
	digest, err := s.Store.Digest(ctx, sub.ID, 0)
	if err != nil {
		return err
	}
	v := digestView{Page: p, Item: it}
	for _, listed := range digest.Items {
		policy := s.Catalogue.Find(listed.Policy)
		if policy == nil || !policy.InForce(s.today()) || len(listed.Measures) == 0 {
			continue
		}
		cd := s.offerCard(policy, audience.Offer{Policy: policy.ID, Measure: listed.Measures[0], Verdict: listed.Verdict})
		cd.Fit = listed.Verdict.Label()
		v.Cards = append(v.Cards, cd)
	}
	return s.render(c, v)
}

// dismiss puts a message aside as 与我无关, or takes it back.
func (s *Server) dismiss(c *fiber.Ctx) error {
	sub, it, err := s.item(c)
	if err != nil {
		return err
	}
	what := "dismissed"
	if field(c, "undo") != "" {
		what = "undismissed"
	}
	if err := s.Store.MarkInbox(c.UserContext(), sub.ID, it.Push, what, s.Now()); err != nil {
		return err
	}
	if what == "dismissed" {
		s.setFlash(c, "pine", "已标为与我无关，可在“与我无关”里找回。")
	}
	return c.Redirect("/inbox", fiber.StatusSeeOther)
}

// finish marks what a message is about as 已办理, or takes it back: nobody is
// reminded of it any more.
func (s *Server) finish(c *fiber.Ctx) error {
	sub, it, err := s.item(c)
	if err != nil {
		return err
	}
	what, said := "done", "已标为已办理，截止前不再提醒。"
	if field(c, "undo") != "" {
		what, said = "undone", "已取消“已办理”，截止前照常提醒。"
	}
	if err := s.Store.MarkInbox(c.UserContext(), sub.ID, it.Push, what, s.Now()); err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect("/inbox", fiber.StatusSeeOther)
}

func (s *Server) readAll(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	items, err := s.inboxOf(c.UserContext(), sub.ID)
	if err != nil {
		return err
	}
	for _, it := range items {
		if !it.Read && !it.Dismissed {
			if err := s.Store.MarkInbox(c.UserContext(), sub.ID, it.Push, "read", s.Now()); err != nil {
				return err
			}
		}
	}
	return c.Redirect("/inbox", fiber.StatusSeeOther)
}

// stopFromInbox is 退订 in the inbox: of the themes of this policy, or of
// everything. It holds for the next send.
func (s *Server) stopFromInbox(c *fiber.Ctx) error {
	ctx := c.UserContext()
	sub, it, err := s.item(c)
	if err != nil {
		return err
	}
	if field(c, "what") == "all" || it.Listed > 0 {
		sub.Subscription.Paused = true
		s.setFlash(c, "pine", "已退订全部推送。想恢复时，请到“我的订阅”。")
	} else {
		policy, err := s.Store.Policy(ctx, it.Policy)
		if err != nil {
			return err
		}
		s.dropThemes(&sub.Subscription, sub.Profile.Kind, policy.Codes(domain.ThemeTag))
		s.setFlash(c, "pine", "已退订这类政策。其余订阅不变，可在“我的订阅”里改回。")
	}
	if err := s.Store.SaveSubscriber(ctx, sub); err != nil {
		return err
	}
	return c.Redirect("/inbox", fiber.StatusSeeOther)
}

// dropThemes takes themes out of a subscription. Somebody who asked for
// everything keeps every other theme of their kind.
func (s *Server) dropThemes(sub *domain.Subscription, kind domain.SubscriberKind, drop []string) {
	if sub.All {
		sub.All = false
		for _, t := range s.themesFor(kind) {
			if !slices.Contains(sub.Themes, t.Code) {
				sub.Themes = append(sub.Themes, t.Code)
			}
		}
	}
	sub.Themes = slices.DeleteFunc(slices.Clone(sub.Themes), func(code string) bool { return slices.Contains(drop, code) })
	if sub.Themes == nil {
		sub.Themes = []string{}
	}
}

// inboxEvents hands the connection to the hub, which tells of new messages as
// they come. What came since the page was made is replayed first.
func (s *Server) inboxEvents(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	id := sub.ID
	since := c.Get("Last-Event-ID")
	if since == "" {
		since = c.Query("after")
	}
	after := app.LastEventID(since)
	ctx := context.WithoutCancel(c.UserContext())
	takeOver(c, func(conn net.Conn) {
		s.Hub.ServeConn(conn, id, after, func(after int64) []app.Event { return s.replay(ctx, id, after) })
	})
	return nil
}

// replay lists the messages of a subscriber after a push, oldest first.
func (s *Server) replay(ctx context.Context, id domain.SubscriberID, after int64) []app.Event {
	items, err := s.inboxOf(ctx, id)
	if err != nil {
		s.Log.ErrorContext(ctx, "replay of the inbox failed", "subscriber", id, "err", err)
		return nil
	}
	var events []app.Event
	for _, it := range slices.Backward(items) {
		if int64(it.Push) > after {
			events = append(events, noticeOf(it))
		}
	}
	return events
}

// noticeOf is the hint that a browser shows: the title, nothing about the
// person.
func noticeOf(it inboxItem) app.Event {
	data, err := json.Marshal(struct {
		Title string `json:"title"`
	}{it.Title})
	if err != nil {
		data = []byte(`{}`) // cannot happen: it is a string
	}
	return app.Event{ID: int64(it.Push), Name: "notice", Data: string(data)}
}
