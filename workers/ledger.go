package workers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/storage"
)

const (
	ledgerLease   = 5 * time.Minute // how long the ledger is one process's without a sign of life
	doubtsAsked   = 200             // of a channel, at a look
	inquiryFor    = time.Minute     // how long a gateway may take to answer
	statementHour = 6 * time.Hour   // after midnight: by then gateways have closed their day
	statementPast = time.Hour       // until a gateway that did not say is asked again
	statementDays = 7               // how long a day that was missed is made good
	forgottenRows = 50_000          // at a look
	forgottenMost = 500             // pushes at a look
)

// keepLedger settles what is in doubt, compares days with what gateways say,
// and forgets what is old, in one process, until ctx ends.
func (w *Workers) keepLedger(ctx context.Context) {
	tick := time.NewTicker(w.Clocks.SweepEvery)
	defer tick.Stop()
	for {
		mine, err := w.Store.AcquireLease(ctx, "ledger", w.holder, ledgerLease, w.Now())
		switch {
		case err != nil && ctx.Err() == nil:
			w.Log.ErrorContext(ctx, "lease not read", "err", err)
		case mine:
			w.step(ctx, "ask what became of messages", w.askGateways)
			w.step(ctx, "compare days with the gateways", w.compareDays)
			w.step(ctx, "forget old deliveries", w.forget)
			w.step(ctx, "prepare parts", func(ctx context.Context) error { return w.Store.PrepareParts(ctx, w.Now()) })
		}
		select {
		case <-ctx.Done():
			release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			if err := w.Store.ReleaseLease(release, "ledger", w.holder); err != nil {
				w.Log.WarnContext(release, "lease not given back", "lease", "ledger", "err", err)
			}
			return
		case <-tick.C:
		}
	}
}

// askGateways asks those that can be asked what became of messages in doubt.
// Nothing is sent again: what they do not know stays in doubt.
func (w *Workers) askGateways(ctx context.Context) error {
	for kind, line := range w.Lines {
		gateway, asks := line.Sender.(channel.Querier)
		if !asks || line.Mode != channel.Send {
			continue
		}
		doubts, err := w.Store.DoubtsToAsk(ctx, kind, w.Now(), doubtsAsked)
		if err != nil {
			return err
		}
		if len(doubts) == 0 {
			continue
		}
		if err := w.ask(ctx, kind, gateway, doubts); err != nil {
			return err
		}
	}
	return nil
}

func (w *Workers) ask(ctx context.Context, kind domain.ChannelKind, gateway channel.Querier, doubts []storage.Doubt) error {
	asked := make([]channel.Inquiry, len(doubts))
	for i, doubt := range doubts {
		d := doubt.Deliveries[0]
		asked[i] = channel.Inquiry{Ref: d.ClientRef(), GatewayRef: d.GatewayRef, Gateway: d.Gateway, To: doubt.Address, At: d.ClaimedAt}
	}
	query, cancel := context.WithTimeout(ctx, inquiryFor)
	defer cancel()
	fates, err := gateway.Query(query, asked)
	if err != nil {
		w.Log.WarnContext(ctx, "a gateway cannot be asked", "channel", kind, "err", err)
	}
	told := map[string]channel.Fate{}
	for _, f := range fates {
		if before, twice := told[f.Ref]; twice && before.State != domain.Failed {
			continue // one gateway took it, whatever another says that did not
		}
		if f.State == domain.Accepted || f.State == domain.Delivered || f.State == domain.Failed {
			told[f.Ref] = f
		}
	}
	later := map[time.Duration][]domain.DeliveryID{}
	for _, doubt := range doubts {
		f, known := told[doubt.Deliveries[0].ClientRef()]
		for _, d := range doubt.Deliveries {
			if !known {
				wait := inquiryAfter(w.Now().Sub(d.EndedAt))
				later[wait] = append(later[wait], d.ID)
				continue
			}
			if err := w.settleDoubt(ctx, d, f); err != nil {
				return err
			}
		}
	}
	for wait, ids := range later {
		if err := w.Store.AskLater(ctx, ids, w.Now().Add(wait)); err != nil {
			return err
		}
	}
	return nil
}

// settleDoubt records what a gateway answered about one delivery.
func (w *Workers) settleDoubt(ctx context.Context, d domain.Delivery, f channel.Fate) error {
	r := storage.Receipt{Delivery: d.ID, Channel: d.Channel, GatewayRef: f.GatewayRef, Gateway: cmp.Or(d.Gateway, f.Gateway), State: f.State, At: w.Now(), Note: f.Note}
	if f.State == domain.Failed {
		r.Reason = domain.ReasonUndelivered
		if f.Code != "" {
			r.Reason += ":" + domain.Reason(f.Code)
		}
	}
	if err := w.Store.RecordReceipt(ctx, r); err != nil {
		return fmt.Errorf("settle delivery %d: %w", d.ID, err)
	}
	if f.State == domain.Failed && f.BadAddress {
		err := w.Store.StopDelivery(ctx, d.ID, domain.Reason("bounce:"+f.Code), w.Now())
		if err != nil && domain.KindOf(err) != domain.NotFound {
			return err
		}
	}
	return nil
}

// inquiryAfter is how long to wait until a gateway is asked again about what
// has been in doubt for so long.
func inquiryAfter(doubted time.Duration) time.Duration {
	switch {
	case doubted < 10*time.Minute:
		return time.Minute
	case doubted < 2*time.Hour:
		return 10 * time.Minute
	default:
		return 2 * time.Hour
	}
}

// compareDays asks each gateway for its count of yesterday, once it has one, and
// of what stayed open of the week before. Some keep no more; older days are for
// the command line.
func (w *Workers) compareDays(ctx context.Context) error {
	now := w.Now()
	today := push.DayStart(now)
	if since := now.Sub(w.compared); now.Sub(today) < statementHour || since >= 0 && since < statementPast {
		return nil
	}
	day := func(ago int) string { return today.AddDate(0, 0, -ago).In(push.Shanghai()).Format(time.DateOnly) }
	known, err := w.Store.Statements(ctx, day(statementDays))
	if err != nil {
		return err
	}
	of := map[domain.ChannelKind]map[string][]storage.Statement{}
	for _, s := range known {
		if of[s.Channel] == nil {
			of[s.Channel] = map[string][]storage.Statement{}
		}
		of[s.Channel][s.Day] = append(of[s.Channel][s.Day], s)
	}
	for kind, line := range w.Lines {
		first, err := w.firstDay(ctx, kind, of[kind], day)
		if err != nil {
			return err
		}
		for ago := 1; ago <= first; ago++ {
			if settled(of[kind][day(ago)], now) {
				continue
			}
			statements, err := CompareDay(ctx, w.Store, kind, line, day(ago), now)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(statements, func(s storage.Statement) bool { return !s.Compared() && s.Note != NotCounted }) {
				break // it does not answer, or keeps no older count
			}
		}
	}
	w.compared = now
	return nil
}

// firstDay returns how many days ago, within a week, a channel first handed
// something on or was compared; 1 where it did neither.
func (w *Workers) firstDay(ctx context.Context, kind domain.ChannelKind, known map[string][]storage.Statement, day func(ago int) string) (int, error) {
	for ago := statementDays; ago > 1; ago-- {
		handed, err := w.Store.HandedOn(ctx, day(ago), kind)
		if err != nil {
			return 0, err
		}
		if len(handed)+len(known[day(ago)]) > 0 {
			return ago, nil
		}
	}
	return 1, nil
}

// settled tells whether the gateways of a day need not be asked now.
func settled(day []storage.Statement, now time.Time) bool {
	open := func(s storage.Statement) bool {
		return !s.Compared() && s.Note != NotCounted && now.Sub(s.CheckedAt) >= statementPast
	}
	return len(day) > 0 && !slices.ContainsFunc(day, open)
}

// notTold is the note of a statement that a gateway was asked for in vain,
// NotCounted that of one whose gateway keeps no count that can be asked for,
// inParts that of one whose gateway counts the parts of long texts.
const (
	notTold    = "网关没有回答"
	NotCounted = "这个网关不提供按日统计，请与其账单核对"
	inParts    = "按拆分后的条数计"
)

// CompareDay compares a day of a channel with what its gateways say, keeps the
// result and returns it.
func CompareDay(ctx context.Context, store *storage.Store, kind domain.ChannelKind, line Line, day string, now time.Time) ([]storage.Statement, error) {
	if line.Mode == channel.Off {
		return nil, nil
	}
	from, err := time.ParseInLocation(time.DateOnly, day, push.Shanghai())
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "日期要像 2026-11-25，不能是“%s”", day)
	}
	ours, err := store.HandedOn(ctx, day, kind)
	if err != nil {
		return nil, err
	}
	lost := ours[""].InDoubt
	delete(ours, "")
	var tallies []channel.Tally
	if accountant, counts := line.Sender.(channel.Accountant); counts {
		asked, cancel := context.WithTimeout(ctx, inquiryFor)
		defer cancel()
		tallies, err = accountant.Statement(asked, from, from.AddDate(0, 0, 1))
	}
	note := NotCounted
	if err != nil {
		note = notTold + "：" + channel.Note(err.Error())
	}
	byGateway := map[string]channel.Tally{}
	for _, t := range tallies {
		byGateway[t.Gateway] = t
		if _, there := ours[t.Gateway]; !there {
			ours[t.Gateway] = storage.Statement{Day: day, Channel: kind, Gateway: t.Gateway}
		}
	}
	if err != nil && len(ours) == 0 {
		ours[""] = storage.Statement{Day: day, Channel: kind}
	}
	var statements []storage.Statement
	for gateway, s := range ours {
		s.CheckedAt, s.Note, s.Theirs, s.TheirsDelivered, s.TheirsFailed = now, note, -1, -1, -1
		perhaps := lost // who had them is not known
		if t, told := byGateway[gateway]; told {
			s.Note, s.Theirs = "", t.Accepted
			if t.Parts { // nor how long they were
				s.Note, perhaps = inParts, lost*push.MaxSegments
			}
			if t.Receipts {
				s.TheirsDelivered, s.TheirsFailed = t.Delivered, t.Failed
			}
		}
		s.InDoubt += perhaps
		if err := store.SaveStatement(ctx, s); err != nil {
			return nil, err
		}
		statements = append(statements, s)
	}
	return statements, nil
}

// forget removes deliveries whose time is over, in steps.
func (w *Workers) forget(ctx context.Context) error {
	rows, pushes, err := w.Store.ForgetDeliveries(ctx, w.Now().Add(-w.Clocks.KeepDeliveries), forgottenRows, forgottenMost)
	if pushes > 0 {
		w.Log.InfoContext(ctx, "old deliveries forgotten", "pushes", pushes, "deliveries", rows)
	}
	return err
}
