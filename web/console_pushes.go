package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// pushesView lists pushes, newest first.
type pushesView struct {
	Page
	Rows     []pushRow
	Total    int
	Query    string
	Kinds    []option
	States   []option
	Days     dayFields
	Limits   []limit
	Pages    []pageLink
	Filtered bool
}

// pushesShown is how many pushes one page of the list shows.
const pushesShown = 30

type pushRow struct {
	domain.Push
	KindName  string
	StateName string
	StateTag  string
}

func (pushesView) template() string { return "console/pushes" }

func (s *Server) pushesPage(c *fiber.Ctx) error {
	p, err := s.consolePage(c, "推送", "pushes")
	if err != nil {
		return err
	}
	v := pushesView{Page: p, Query: cutRunes(strings.TrimSpace(c.Query("q")), 60)}
	f, asked := storage.PushFilter{Query: v.Query, Limit: pushesShown}, url.Values{}
	if v.Query != "" {
		asked.Set("q", v.Query)
	}
	for _, kind := range []domain.PushKind{domain.NewPolicy, domain.Reminder, domain.CorrectionNotice, domain.WithdrawalNotice} {
		row := option{Code: string(kind), Name: pushKindName(kind), Selected: c.Query("kind") == string(kind)}
		if row.Selected {
			f.Kind = kind
			asked.Set("kind", row.Code)
		}
		v.Kinds = append(v.Kinds, row)
	}
	for _, row := range []option{
		{Code: string(domain.PushUnsigned), Name: "待第二人签字"},
		{Code: string(domain.PushOwed), Name: "准备中、定时发送"},
		{Code: string(domain.PushRunning), Name: "发送中"},
		{Code: storage.PushPaused, Name: "已暂停"},
		{Code: string(domain.PushDone), Name: "已完成"},
		{Code: string(domain.PushStopped), Name: "已终止"},
	} {
		if row.Selected = c.Query("state") == row.Code; row.Selected {
			f.State = row.Code
			asked.Set("state", row.Code)
		}
		v.States = append(v.States, row)
	}
	offices, err := s.Store.Offices(c.UserContext())
	if err != nil {
		return err
	}
	v.Days = daysAsked(c, "", asked)
	also := limits{c: c, asked: asked}
	f.From, f.Before, f.Theme, f.Office = v.Days.from, v.Days.before, also.theme(s), also.office(offices)
	v.Filtered, v.Limits = len(asked) > 0, also.shown()
	current := pageNumber(c)
	f.Offset = (current - 1) * pushesShown
	pushes, total, err := s.Store.FindPushes(c.UserContext(), f)
	if err != nil {
		return err
	}
	v.Total, v.Pages = total, pager("/console/pushes", asked, current, total, pushesShown)
	for _, push := range pushes {
		v.Rows = append(v.Rows, pushRowOf(push))
	}
	return s.render(c, v)
}

// pushKindName calls a kind of push by its name.
func pushKindName(kind domain.PushKind) string {
	switch kind {
	case domain.WithdrawalNotice:
		return "撤回告知"
	case domain.CorrectionNotice:
		return "更正告知"
	case domain.Reminder:
		return "截止提醒"
	case domain.FirstPush:
		return "订阅时的现有政策汇总"
	case domain.AnswerPush:
		return "提问的答复"
	default:
		return "政策推送"
	}
}

func pushRowOf(p domain.Push) pushRow {
	row := pushRow{Push: p, KindName: pushKindName(p.Kind)}
	if p.Kind == domain.Reminder {
		row.KindName = fmt.Sprintf("%s（提前%d天）", row.KindName, p.DaysLeft)
	}
	switch {
	case p.Paused():
		row.StateName, row.StateTag = "已暂停", "cin"
		return row
	case p.State == domain.PushOwed && !p.SendAt.IsZero() && p.PlannedAt.IsZero():
		row.StateName, row.StateTag = "定时发送", "amber"
		return row
	}
	switch p.State {
	case domain.PushUnsigned:
		row.StateName, row.StateTag = "待第二人签字", "cin"
	case domain.PushOwed:
		row.StateName, row.StateTag = "准备中", "amber"
	case domain.PushRunning:
		row.StateName, row.StateTag = "发送中", "amber"
	case domain.PushDone:
		row.StateName, row.StateTag = "已完成", "pine"
	default:
		row.StateName, row.StateTag = "已终止", "cin"
	}
	return row
}

// Ended tells whether nothing more happens by itself.
func (r pushRow) Ended() bool { return r.State == domain.PushDone || r.State == domain.PushStopped }

// pushView is one push as it stands: totals, channels, failures, deliveries.
type pushView struct {
	Page
	pushLive
	Urgent     urgentView
	By         string
	Signed     string // who signed an urgent push
	Letters    bool   // some of it is printed
	States     []stateSum
	Filter     []option
	Deliveries []deliveryRow
	Next       string
	Refresh    int    // seconds until it reloads by itself where there is no script, 0: it does not
	EventsURL  string // "" if nothing can come any more
	At         time.Time
	Acts       bool // may pause, resume and stop it
	Scheduled  bool
	HaltedBy   string
}

func (pushView) template() string { return "console/push" }

// pushLive is what changes of a push while somebody looks at it, from its
// counters: the page shows it, and the stream tells of it.
type pushLive struct {
	Push     pushRow      `json:"push"`
	Totals   pushTotals   `json:"totals"`
	Channels []channelRow `json:"channels"`
	Failures []failureRow `json:"failures"`
	Canaries []canaryRow  `json:"canaries"`
}

// pushTotals are the sums of a push over all channels.
type pushTotals struct {
	People    int `json:"people"`    // who is concerned, in the inbox at least
	Planned   int `json:"planned"`   // messages
	Waiting   int `json:"waiting"`   // pending or being sent
	Out       int `json:"out"`       // accepted, delivered or written to the outbox
	Delivered int `json:"delivered"` // by receipt
	Failed    int `json:"failed"`
	Unknown   int `json:"unknown"`
	Held      int `json:"held"`      // not sent: stopped, expired, withdrawn
	Readers   int `json:"readers"`   // in the inbox
	Dismissed int `json:"dismissed"` // as 与我无关

	PerMin  int    `json:"perMinute"` // lately, while something is due
	Percent string `json:"percent"`   // of the planned that have ended
}

// unknowable stands for a number that nobody is told.
const unknowable = -1

// channelRow is one channel of a push.
type channelRow struct {
	Kind      domain.ChannelKind `json:"channel"`
	Name      string             `json:"name"`
	Planned   int                `json:"planned"`
	Due       int                `json:"due"`     // waits for its turn
	Sending   int                `json:"sending"` // handed to the gateway right now
	Held      []heldRow          `json:"held"`    // waits for something else
	HeldAll   int                `json:"heldAll"`
	Accepted  int                `json:"accepted"`  // and no receipt yet
	Delivered int                `json:"delivered"` // or unknowable
	Failed    int                `json:"failed"`
	Unknown   int                `json:"unknown"`
	Not       int                `json:"not"`       // never sent
	Read      int                `json:"read"`      // in the inbox, after it had gone out over this channel, or unknowable
	Dismissed int                `json:"dismissed"` // likewise
	Done      string             `json:"done"`      // percent, for the bar
	Pace      int                `json:"pace"`      // a minute, lately, while something is due
	Left      string             `json:"left"`      // until what is due has gone
	Next      time.Time          `json:"next"`      // when what is held goes on, at the earliest
}

// heldRow is how many wait for one reason.
type heldRow struct {
	Why string `json:"why"`
	N   int    `json:"n"`
}

// stateSum is a part of the bar over all messages.
type stateSum struct {
	Class, Name string
	N           int
	X, Width    string // of a bar of 1000
}

// failureRow says how many did not go out for one reason.
type failureRow struct {
	Channel, Reason string
	State           string
	N               int
	Bad             bool
}

// deliveryRow is one delivery, masked, with its history where it is open.
type deliveryRow struct {
	storage.DeliveryRow
	Who      string
	Title    string // of the policy, where all are one person's
	StateTag string
	Why      string
	Open     bool
	Href     string // opens the history
	Events   []eventRow
}

type eventRow struct {
	At                         time.Time
	State, Why, Words, Gateway string
}

// deliveriesShown is how many deliveries one page shows.
const deliveriesShown = 30

func (s *Server) pushPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	push, err := s.Store.Push(ctx, domain.PushID(id))
	if err != nil {
		return err
	}
	page, err := s.consolePage(c, "推送实况："+push.Title, "pushes")
	if err != nil {
		return err
	}
	v := pushView{Page: page, At: s.Now()}
	if v.pushLive, err = s.pushLive(ctx, push); err != nil {
		return err
	}
	names, err := s.operatorNames(ctx)
	if err != nil {
		return err
	}
	v.By = names[push.CreatedBy]
	if push.SignedBy != 0 {
		v.Signed = names[push.SignedBy]
	}
	if v.Urgent, err = s.urgentOf(c, push); err != nil {
		return err
	}
	v.Letters = page.Operator.Paper && slices.ContainsFunc(v.Channels, func(row channelRow) bool { return row.Kind == domain.Paper })
	v.Acts = allowed(operatorOf(c).operator, toRelease) && !v.Push.Ended() && !push.Kind.Personal()
	v.Scheduled, v.HaltedBy = push.Scheduled(v.At), names[push.HaltedBy]
	if push.HaltedBy == 0 {
		v.HaltedBy = "系统"
	}
	v.States = stateSums(v.Totals)
	if !v.over() {
		v.EventsURL = fmt.Sprintf("/console/pushes/%d/events?after=%s", push.ID, v.version())
	}
	switch {
	case v.moves(v.At):
		v.Refresh = 5
	case !v.Push.Ended():
		v.Refresh = 60
	}
	if err := s.addDeliveries(c, &v); err != nil {
		return err
	}
	return s.render(c, v)
}

func (s *Server) addDeliveries(c *fiber.Ctx, v *pushView) error {
	state := domain.DeliveryState(c.Query("state"))
	for _, st := range domain.DeliveryStates() {
		v.Filter = append(v.Filter, option{Code: string(st), Name: st.Label(), Selected: st == state})
	}
	if state.Label() == string(state) { // not one of ours
		state = ""
	}
	offset := max(0, c.QueryInt("from"))
	found, err := s.Store.Deliveries(c.UserContext(), storage.DeliveryFilter{Push: v.Push.ID, State: state, Limit: deliveriesShown, Offset: offset})
	if err != nil {
		return err
	}
	at := url.Values{"state": {string(state)}, "from": {strconv.Itoa(offset)}}
	if len(found) == deliveriesShown {
		v.Next = address(c.Path(), url.Values{"state": {string(state)}, "from": {strconv.Itoa(offset + deliveriesShown)}}) + "#list"
	}
	if v.Deliveries, err = s.deliveryRows(c.UserContext(), found, domain.DeliveryID(c.QueryInt("d"))); err != nil {
		return err
	}
	for i := range v.Deliveries {
		at.Set("d", strconv.FormatInt(int64(v.Deliveries[i].ID), 10))
		v.Deliveries[i].Href = address(c.Path(), at) + "#d" + at.Get("d")
	}
	return nil
}

// deliveryRows prepares deliveries for a page, with the history of one.
func (s *Server) deliveryRows(ctx context.Context, found []storage.DeliveryRow, open domain.DeliveryID) ([]deliveryRow, error) {
	rows := make([]deliveryRow, len(found))
	for i, d := range found {
		row := deliveryRow{
			DeliveryRow: d, StateTag: deliveryTag(d.State), Why: d.Reason.Label(), Open: d.ID == open,
			Who:  maskName(&domain.Subscriber{ID: d.Subscriber, Name: d.SubscriberName, Profile: domain.Profile{Kind: d.SubscriberKind}}),
			Href: fmt.Sprintf("/console/subscribers/%d?d=%d#d%d", d.Subscriber, d.ID, d.ID),
		}
		if row.Open {
			events, err := s.Store.DeliveryEvents(ctx, d.ID)
			if err != nil {
				return nil, err
			}
			for _, e := range events {
				row.Events = append(row.Events, eventRow{At: e.At, State: d.Channel.StateLabel(e.State), Why: e.Reason.Label(), Words: e.Note, Gateway: e.Gateway})
			}
		}
		rows[i] = row
	}
	return rows, nil
}

func deliveryTag(state domain.DeliveryState) string {
	switch state {
	case domain.Delivered, domain.Accepted, domain.Logged:
		return "pine"
	case domain.Failed:
		return "cin"
	case domain.UnknownEnd, domain.Pending, domain.Sending:
		return "amber"
	default:
		return "plain"
	}
}

// pushLive reads how a push stands, from its counters.
func (s *Server) pushLive(ctx context.Context, push domain.Push) (pushLive, error) {
	l := pushLive{Push: pushRowOf(push)}
	counts, err := s.Store.PushCounts(ctx, push.ID)
	if err != nil {
		return l, err
	}
	reasons, err := s.Store.Reasons(ctx, push.ID)
	if err != nil {
		return l, err
	}
	marks, err := s.Store.PushMarks(ctx, push.ID)
	if err != nil {
		return l, err
	}
	l.Totals = totals(push, counts)
	l.Totals.Readers, l.Totals.Dismissed = marks[domain.App].Readers, marks[domain.App].Dismissed
	l.Channels = channelRows(counts, reasons, marks)
	if err := s.addPace(ctx, push, &l); err != nil {
		return l, err
	}
	if l.Totals.People > 0 && s.Modes[domain.App] != "off" {
		inbox := channelRow{
			Kind: domain.App, Name: domain.App.Label(), Planned: l.Totals.People, Delivered: l.Totals.People,
			Read: l.Totals.Readers, Dismissed: l.Totals.Dismissed, Done: "100",
		}
		if push.State == domain.PushOwed { // it is shown when all is planned
			inbox.Due, inbox.Delivered, inbox.Done = inbox.Planned, 0, "0"
		}
		l.Channels = slices.Insert(l.Channels, 0, inbox)
	}
	l.Failures = failures(reasons)
	canaries, err := s.Store.Canaries(ctx, push.ID, 20)
	for _, canary := range canaries {
		l.Canaries = append(l.Canaries, canaryRowOf(canary, s.Now()))
	}
	return l, err
}

// moves tells whether something is being planned or sent right now.
func (l pushLive) moves(now time.Time) bool {
	return l.Push.State == domain.PushOwed && !l.Push.Scheduled(now) ||
		!l.Push.Paused() && slices.ContainsFunc(l.Channels, func(row channelRow) bool { return row.Due+row.Sending > 0 })
}

// over tells whether nothing can come any more: the push has ended, and its
// deliveries are forgotten, or it has reached nobody. Of others somebody may
// still read, or a gateway tell.
func (l pushLive) over() bool {
	return l.Push.Ended() && (!l.Push.ForgottenAt.IsZero() || l.Totals.People+l.Totals.Planned == 0)
}

// version names a state of a push: two that differ have different ones.
func (l pushLive) version() string {
	data, err := json.Marshal(l)
	if err != nil {
		return "" // cannot happen: it is strings, numbers and times
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

func totals(push domain.Push, counts storage.PushCounts) pushTotals {
	t := pushTotals{People: push.Likely, Percent: "0"}
	if push.IncludePossible || push.Kind.Follows() {
		t.People += push.Possible
	}
	for _, states := range counts {
		for state, n := range states {
			t.Planned += n
			switch state {
			case domain.Pending, domain.Sending:
				t.Waiting += n
			case domain.Accepted, domain.Logged:
				t.Out += n
			case domain.Delivered:
				t.Out += n
				t.Delivered += n
			case domain.Failed:
				t.Failed += n
			case domain.UnknownEnd:
				t.Unknown += n
			default:
				t.Held += n
			}
		}
	}
	if t.Planned > 0 {
		t.Percent = trimmed(float64((t.Planned-t.Waiting)*1000/t.Planned) / 10)
	}
	return t
}

func channelRows(counts storage.PushCounts, reasons []storage.ReasonCount, marks map[domain.ChannelKind]storage.Marks) []channelRow {
	var rows []channelRow
	for _, kind := range domain.Outgoing() {
		states := counts[kind]
		if len(states) == 0 {
			continue
		}
		row := channelRow{Kind: kind, Name: kind.Label(), Read: marks[kind].Readers, Dismissed: marks[kind].Dismissed}
		if kind == domain.Paper { // who gets a letter has no address to sign in with
			row.Read, row.Dismissed = unknowable, unknowable
		}
		for state, n := range states {
			row.Planned += n
			switch state {
			case domain.Pending:
				row.Due += n
			case domain.Sending:
				row.Sending += n
			case domain.Accepted, domain.Logged:
				row.Accepted += n
			case domain.Delivered:
				row.Delivered += n
			case domain.Failed:
				row.Failed += n
			case domain.UnknownEnd:
				row.Unknown += n
			default:
				row.Not += n
			}
		}
		for _, r := range reasons {
			if r.Channel == kind && r.State == domain.Pending {
				row.Held = append(row.Held, heldRow{r.Reason.Label(), r.N})
				row.HeldAll += r.N
				row.Due -= r.N
			}
		}
		row.Done = trimmed(float64(row.Planned-row.Due-row.HeldAll-row.Sending) * 100 / float64(max(1, row.Planned)))
		if row.Delivered == 0 && !kind.Confirms() {
			row.Delivered = unknowable
		}
		rows = append(rows, row)
	}
	return rows
}

// paceOver is the time over which the speed of a push is taken.
const paceOver = 5 * time.Minute

// addPace says how fast each channel goes with something due, and how long that
// will take; of the others, when what is held goes on.
func (s *Server) addPace(ctx context.Context, push domain.Push, l *pushLive) error {
	now := s.Now()
	from := now.Add(-paceOver).Truncate(time.Minute)
	pace, err := s.Store.Pace(ctx, push.ID, from, now.Add(time.Minute))
	if err != nil {
		return err
	}
	next, err := s.Store.NextBatches(ctx, push.ID, now)
	if err != nil {
		return err
	}
	began := from
	if push.PlannedAt.After(began) {
		began = push.PlannedAt
	}
	minutes := max(now.Sub(began).Minutes(), 0.25)
	for i := range l.Channels {
		row := &l.Channels[i]
		row.Next = next[row.Kind]
		left, perMinute := row.Due+row.Sending, float64(pace[row.Kind])/minutes
		if left == 0 || push.Paused() || push.State == domain.PushOwed {
			continue
		}
		row.Pace = int(perMinute)
		l.Totals.PerMin += row.Pace
		if perMinute > 0 {
			row.Left = howLong(time.Duration(float64(left) / perMinute * float64(time.Minute)))
		}
	}
	return nil
}

// howLong says a length of time roughly.
func howLong(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "不到1分钟"
	case d < 2*time.Hour:
		return fmt.Sprintf("约%d分钟", int(d.Minutes())+1)
	case d < 48*time.Hour:
		return fmt.Sprintf("约%d小时", int(d.Hours())+1)
	default:
		return fmt.Sprintf("约%d天", int(d.Hours()/24)+1)
	}
}

// stateSums lays the parts of the bar over all messages side by side.
func stateSums(t pushTotals) []stateSum {
	sums := []stateSum{
		{Class: "rd", Name: "已送达", N: t.Delivered},
		{Class: "dl", Name: "已发出，未回执", N: t.Out - t.Delivered},
		{Class: "fl", Name: "失败", N: t.Failed},
		{Class: "un", Name: "结果不明", N: t.Unknown},
		{Class: "ns", Name: "未发送", N: t.Held},
		{Class: "qd", Name: "待发送", N: t.Waiting},
	}
	x := 0.0
	for i := range sums {
		w := float64(sums[i].N) * 1000 / float64(max(1, t.Planned))
		sums[i].X, sums[i].Width = trimmed(x), trimmed(w)
		x += w
	}
	return sums
}

func failures(reasons []storage.ReasonCount) []failureRow {
	var rows []failureRow
	for _, r := range reasons {
		rows = append(rows, failureRow{
			Channel: r.Channel.Label(), Reason: r.Reason.Label(), State: r.Channel.StateLabel(r.State), N: r.N,
			Bad: r.State == domain.Failed || r.State == domain.UnknownEnd,
		})
	}
	return rows
}
