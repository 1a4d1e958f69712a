package web

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// ledgerView shows which channels send, what is in doubt, and how our numbers
// compare with those of the gateways.
type ledgerView struct {
	Page
	Acts       bool // may pause, resume and settle
	Channels   []channelState
	All, Ripe  int // in doubt; and for so long that a person settles it
	Doubts     []doubtRow
	More       bool
	Statements []statementRow
}

func (ledgerView) template() string { return "console/ledger" }

// channelState is a channel as it is set up, and what holds it.
type channelState struct {
	Kind           domain.ChannelKind
	Name, ModeName string
	Off, LogOnly   bool
	Stop           *stopRow
}

// Holdable tells whether a person may hold it: it sends, or will by itself.
func (s channelState) Holdable() bool {
	return !s.Off && (s.Stop == nil || !s.Stop.Until.IsZero())
}

type stopRow struct {
	domain.ChannelStop
	Who string
}

type doubtRow struct {
	deliveryRow
	Ripe  bool
	Since time.Time
}

type statementRow struct {
	storage.Statement
	Name string
	Bad  bool
}

// Receipts tells whether receipts say what became of the messages of a day.
func (r statementRow) Receipts() bool { return r.Channel.Confirms() || r.Arrived+r.Lost > 0 }

const (
	doubtsShown    = 50
	statementsDays = 14
)

func (s *Server) ledgerPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.consolePage(c, "渠道与对账", "ledger")
	if err != nil {
		return err
	}
	now := s.Now()
	v := ledgerView{Page: p, Acts: allowed(operatorOf(c).operator, toRelease)}
	stops, err := s.channelStops(c)
	if err != nil {
		return err
	}
	for _, kind := range domain.Outgoing() {
		state := channelState{Kind: kind, Name: kind.Label(), ModeName: modeName(s.Modes[kind]), Off: s.Modes[kind] == "off" || s.Modes[kind] == "", LogOnly: s.Modes[kind] == "log"}
		for i := range stops {
			if stops[i].Channel == kind {
				state.Stop = &stops[i]
			}
		}
		v.Channels = append(v.Channels, state)
	}
	if v.All, v.Ripe, err = s.Store.CountDoubts(ctx, now); err != nil {
		return err
	}
	ripe := now.Add(-domain.DoubtFor)
	filter := storage.DeliveryFilter{State: domain.UnknownEnd, Limit: doubtsShown}
	if v.Ripe > 0 { // those for a person first
		filter.EndedBy = ripe
	}
	found, err := s.Store.Deliveries(ctx, filter)
	if err != nil {
		return err
	}
	rows, err := s.deliveryRows(ctx, found, domain.DeliveryID(c.QueryInt("d")))
	if err != nil {
		return err
	}
	for _, row := range rows {
		row.Href = fmt.Sprintf("/console/ledger?d=%d#d%d", row.ID, row.ID)
		v.Doubts = append(v.Doubts, doubtRow{deliveryRow: row, Ripe: !row.EndedAt.After(ripe), Since: row.EndedAt})
	}
	v.More = v.All > len(v.Doubts)
	statements, err := s.Store.Statements(ctx, now.In(shanghai).AddDate(0, 0, -statementsDays).Format(time.DateOnly))
	if err != nil {
		return err
	}
	for _, st := range statements {
		v.Statements = append(v.Statements, statementRow{Statement: st, Name: st.Channel.Label(), Bad: !st.Agrees()})
	}
	return s.render(c, v)
}

// gatewayName is the name of what took messages: the outbox has none of its own.
func gatewayName(name string) string {
	if name == outboxGateway {
		return "发件箱"
	}
	return name
}

// outboxGateway stands in records for a gateway where a channel only logs.
const outboxGateway = "log"

func modeName(mode string) string {
	switch mode {
	case "send":
		return "正式发送"
	case "log":
		return "只记入发件箱"
	default:
		return "未开通"
	}
}

// channelStops returns what holds channels, with the names of those who did.
func (s *Server) channelStops(c *fiber.Ctx) ([]stopRow, error) {
	stops, err := s.Store.ChannelStops(c.UserContext(), s.Now())
	if err != nil || len(stops) == 0 {
		return nil, err
	}
	names, err := s.operatorNames(c.UserContext())
	if err != nil {
		return nil, err
	}
	rows := make([]stopRow, len(stops))
	for i, stop := range stops {
		rows[i] = stopRow{stop, names[stop.By]}
	}
	return rows, nil
}

// settleDoubt records what a person found out about a message in doubt.
func (s *Server) settleDoubt(c *fiber.Ctx) error {
	id, err := idParam(c, "delivery")
	if err != nil {
		return err
	}
	state := domain.DeliveryState(field(c, "state"))
	if err := s.Store.SettleByHand(c.UserContext(), domain.DeliveryID(id), state, s.Now()); err != nil {
		return err
	}
	said := "已记为未送达，不会自动重发。"
	if state == domain.Delivered {
		said = "已记为已送达。"
	}
	if err := s.audit(c, "doubt", fmt.Sprintf("delivery/%d", id), state.Label()); err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect("/console/ledger#doubts", fiber.StatusSeeOther)
}

// alerts are what somebody must see to, for the desk.
type alerts struct {
	Stops    []stopRow
	Ripe     int            // messages in doubt that a person must settle
	Differs  []statementRow // days of gateways, lately
	Acts     bool
	NoCanary []canaryRow // canaries that did not arrive
	ToPrint  int         // batches of letters
	NoYears  []int       // whose holidays nobody has imported
}

// Any tells whether there is one.
func (a alerts) Any() bool {
	return len(a.Stops) > 0 || a.Ripe > 0 || len(a.Differs) > 0 || len(a.NoCanary) > 0 || a.ToPrint > 0 || len(a.NoYears) > 0
}

// alertDays is how long a difference stands on the desk.
const alertDays = 3

func (s *Server) alerts(c *fiber.Ctx) (alerts, error) {
	ctx, now := c.UserContext(), s.Now()
	a := alerts{Acts: allowed(operatorOf(c).operator, toRelease), NoYears: s.Rules.Calendar.MissingYears(now.In(shanghai))}
	var err error
	if a.Stops, err = s.channelStops(c); err != nil {
		return a, err
	}
	if _, a.Ripe, err = s.Store.CountDoubts(ctx, now); err != nil {
		return a, err
	}
	statements, err := s.Store.Statements(ctx, now.In(shanghai).AddDate(0, 0, -alertDays).Format(time.DateOnly))
	if err != nil {
		return a, err
	}
	for _, st := range statements {
		if !st.Agrees() {
			a.Differs = append(a.Differs, statementRow{Statement: st, Name: st.Channel.Label(), Bad: true})
		}
	}
	if a.ToPrint, err = s.Store.CountUnprinted(ctx, operatorOf(c).operator.Office); err != nil {
		return a, err
	}
	canaries, err := s.Store.Canaries(ctx, 0, 50)
	if err != nil {
		return a, err
	}
	for _, canary := range canaries {
		if row := canaryRowOf(canary, now); row.Bad && now.Sub(canary.SentAt) < alertDays*24*time.Hour {
			a.NoCanary = append(a.NoCanary, row)
		}
	}
	return a, nil
}

// canaryRow is the office's own copy of a push.
type canaryRow struct {
	domain.Canary
	Name, Says string
	Bad        bool
}

// canaryWait is how long a canary may be under way, but for letters.
const canaryWait = 30 * time.Minute

func canaryRowOf(c domain.Canary, now time.Time) canaryRow {
	row := canaryRow{Canary: c, Name: c.Channel.Label()}
	late := now.Sub(c.SentAt) > canaryWait
	switch {
	case c.State == domain.Delivered:
		row.Says = "已送达"
	case c.Channel == domain.Paper && c.State == domain.Sending:
		row.Says = "在第一个打印批次里，待打印"
	case c.Channel == domain.Paper && c.State == domain.Accepted:
		row.Says = "已打印，等回执"
	case c.State == domain.Failed:
		row.Says, row.Bad = "没有送达", true
	case c.State == domain.Logged:
		row.Says = "已记入发件箱"
	case c.State == domain.Accepted && c.Channel == domain.SMS && late:
		row.Says, row.Bad = "网关已接收，半小时没有送达回执", true
	case c.State == domain.Accepted:
		row.Says = "网关已接收，请查收"
	case c.State == domain.Pending:
		row.Says, row.Bad = "没有发出，渠道恢复后再发", late
	case c.State == domain.UnknownEnd && c.Silent > 1:
		row.Says, row.Bad = fmt.Sprintf("发了%d次，网关都没有回音", c.Silent), true
	case c.State == domain.UnknownEnd || late:
		row.Says, row.Bad = "网关没有回音，结果不明", true
	default:
		row.Says = "发送中"
	}
	return row
}
