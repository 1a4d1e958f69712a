package storage

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"policypush/internal/domain"
)

// Outcome is what became of a claimed delivery.
type Outcome struct {
	Delivery domain.DeliveryID
	// Claimed is the delivery as the claim returned it. Where nothing else has
	// changed it since, the outcome is written without reading it again. The
	// zero Delivery has it read.
	Claimed    domain.Delivery
	State      domain.DeliveryState // Pending: to be tried again at NextAt
	Reason     domain.Reason
	GatewayRef string
	NextAt     time.Time
	At         time.Time
	Note       string // the gateway's words, shortened, without personal data
	// NotTried says of a Pending one that nothing was handed to the gateway: the
	// claim does not count as an attempt.
	NotTried bool
	Gateway  string // which gateway answered, see channel.Result
	Units    int    // that it counts the message as; 0 is one
	// Joined says that the delivery went out in the message of another outcome,
	// a digest: the gateway counts it once.
	Joined bool
	// Letter and Place are of a Pending one that waits to be printed: the first
	// delivery of its letter, and the village.
	Letter domain.DeliveryID
	Place  string
}

// Receipt is what a gateway said later about a delivery, which is named by its
// id or by the channel and the gateway's number.
type Receipt struct {
	Delivery   domain.DeliveryID
	Channel    domain.ChannelKind
	GatewayRef string
	// Address is where the message went, if the gateway says so: a receipt with
	// another address than the delivery's means no delivery of ours.
	Address string
	// Unnumbered tells that the gateway may give a message its number only now:
	// if none has it, the one to Address is meant that has none and no end. If
	// there are several, see shareReceipt.
	Unnumbered bool
	State      domain.DeliveryState // Accepted, Delivered or Failed
	Reason     domain.Reason
	At         time.Time
	Note       string // as Outcome.Note
	Gateway    string // which gateway said so, if it is known
	Units      int    // as Outcome.Units, if that is known
}

// firstInquiry is how long after a message fell into doubt its gateway is asked
// first.
const firstInquiry = time.Minute

// RecordOutcomes records what became of claimed deliveries, in one
// transaction. Only rows that are still in sending change, and those that the
// sweep gave up as lost: a late but certain end settles them, and what the claim
// that was lost did not hand over waits again. Where a receipt
// came first, only the gateway's number is filled in. Deliveries to be tried
// again leave their batch for a new one that is due then; if their push was
// stopped meanwhile, they are withdrawn. Where one has failed for good, the
// person's next way has its turn.
func (s *Store) RecordOutcomes(ctx context.Context, outcomes []Outcome) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		told, rows := make(map[domain.DeliveryID]bool, len(outcomes)), make(map[domain.DeliveryID]outcomeRow, len(outcomes))
		first := make([]Outcome, 0, len(outcomes)) // of each delivery: it is told once
		for _, o := range outcomes {
			if told[o.Delivery] {
				continue
			}
			told[o.Delivery] = true
			first = append(first, o)
			if o.Claimed.ID == o.Delivery {
				rows[o.Delivery] = rowOf(o.Claimed)
			}
		}
		others, err := s.settleAll(ctx, tx, first, rows)
		if err != nil || len(others) == 0 {
			return err
		}
		if rows, err = s.lockOutcomes(ctx, tx, others); err != nil {
			return fmt.Errorf("record outcomes: %w", err)
		}
		_, err = s.settleAll(ctx, tx, others, rows)
		return err
	})
}

// settleAll records the outcomes of rows, and returns those whose rows are not
// among them, or are not as they were.
func (s *Store) settleAll(ctx context.Context, tx *sql.Tx, outcomes []Outcome, rows map[domain.DeliveryID]outcomeRow) (others []Outcome, err error) {
	ends := make([]outcomeRow, 0, len(outcomes))
	of, counted := make(map[domain.DeliveryID]int, len(outcomes)), handedCount{} // of is by place in outcomes
	for i, o := range outcomes {
		row, there := rows[o.Delivery]
		if !there {
			others = append(others, o)
			continue
		}
		if end, changes := row.settle(o); changes {
			ends = append(ends, end)
			of[o.Delivery] = i
		}
	}
	if err := s.giveBatches(ctx, tx, ends); err != nil {
		return nil, fmt.Errorf("record outcomes: %w", err)
	}
	written, err := s.writeOutcomes(ctx, tx, ends)
	if err != nil {
		return nil, err
	}
	for _, end := range written {
		o, before := outcomes[of[end.ID]], rows[end.ID].Gateway
		if !end.silent || before == "" { // a receipt that named its gateway has been counted
			counted.add(end, o)
		}
		if end.silent && before == "" && !o.Joined {
			counted.receipt(end) // it came first, and named none
		}
		delete(of, end.ID)
	}
	for _, o := range outcomes {
		if _, missed := of[o.Delivery]; missed {
			others = append(others, o)
		}
	}
	return others, s.writeHanded(ctx, tx, counted)
}

// outcomeRow is a delivery as it is to be, with what it was before and the
// note of its event. Silent rows only learn their gateway and its number.
type outcomeRow struct {
	domain.Delivery
	was     domain.DeliveryState
	because domain.Reason
	at      time.Time
	note    string
	silent  bool
	ask     time.Time         // when its gateway is asked, if it is in doubt now
	from    domain.BatchID    // in which it was
	letter  domain.DeliveryID // as Outcome
	place   string
}

func rowOf(d domain.Delivery) outcomeRow {
	return outcomeRow{Delivery: d, was: d.State, because: d.Reason, from: d.Batch}
}

// lockOutcomes is lockDeliveries for those of outcomes.
func (s *Store) lockOutcomes(ctx context.Context, tx *sql.Tx, outcomes []Outcome) (map[domain.DeliveryID]outcomeRow, error) {
	ids := make([]domain.DeliveryID, len(outcomes))
	for i, o := range outcomes {
		ids[i] = o.Delivery
	}
	return s.lockDeliveries(ctx, tx, ids)
}

// lockDeliveries reads deliveries and holds them until the commit, in id
// order so that two recorders never wait for each other.
func (s *Store) lockDeliveries(ctx context.Context, tx *sql.Tx, ids []domain.DeliveryID) (map[domain.DeliveryID]outcomeRow, error) {
	slices.Sort(ids)
	rows := map[domain.DeliveryID]outcomeRow{}
	err := chunks(ids, func(part []any) error {
		q := `SELECT ` + deliveryColumns + ` FROM deliveries WHERE id IN (` + s.dialect.places(1, len(part)) + `) ORDER BY id` + s.dialect.forUpdate
		return each(ctx, tx, func(row scanner) error {
			var d domain.Delivery
			err := scanDelivery(row, &d)
			rows[d.ID] = rowOf(d)
			return err
		}, q, part...)
	})
	return rows, err
}

// settle decides what an outcome does to a row, and whether it does anything.
func (r outcomeRow) settle(o Outcome) (outcomeRow, bool) {
	// What is given back gets a new batch, which tells one claim from another.
	claimed := o.Claimed.ID == o.Delivery
	if claimed && o.State == domain.Pending && o.Claimed.Batch != r.Batch {
		return r, false // it was given back before, and may be somebody else's by now
	}
	lost := r.State == domain.UnknownEnd && r.Reason == domain.ReasonLost && (o.State != domain.Pending || claimed)
	if r.State != domain.Sending && !lost {
		r.silent = true
		fills := false
		if r.GatewayRef == "" && o.GatewayRef != "" {
			r.GatewayRef, fills = o.GatewayRef, true
		}
		if r.Gateway == "" && o.Gateway != "" { // the outcome of what a receipt has settled
			r.Gateway, fills = o.Gateway, true
		}
		return r, fills
	}
	r.State, r.Reason, r.at, r.note = o.State, o.Reason, o.At, o.Note
	if o.GatewayRef != "" {
		r.GatewayRef = o.GatewayRef
	}
	if o.Gateway != "" {
		r.Gateway = o.Gateway
	}
	r.SentAt, r.EndedAt = endTimes(r.Delivery, o.At)
	if o.State == domain.UnknownEnd {
		r.ask = o.At.Add(firstInquiry)
	}
	if o.State == domain.Pending {
		r.NextAt, r.letter, r.place = o.NextAt, o.Letter, o.Place
		if o.NotTried {
			r.Attempts--
		}
	}
	return r, true
}

// endTimes says when a delivery in its new state was sent and when it ended.
func endTimes(d domain.Delivery, at time.Time) (sent, ended time.Time) {
	sent = d.SentAt
	switch d.State {
	case domain.Accepted, domain.Delivered, domain.Logged:
		if sent.IsZero() {
			sent = at
		}
	}
	if d.State.Ended() && d.State != domain.Accepted {
		ended = at
	}
	return sent, ended
}

// giveBatches puts the rows that are to be tried again into new batches, and
// those that are to be printed into those of print_batches, or withdraws them
// if their push was stopped, see stopped.
func (s *Store) giveBatches(ctx context.Context, tx *sql.Tx, ends []outcomeRow) error {
	var pushes, done []domain.PushID
	for _, e := range ends {
		if e.State == domain.Pending {
			pushes = append(pushes, e.Push)
			if e.was == domain.UnknownEnd {
				done = append(done, e.Push)
			}
		}
	}
	if len(pushes) == 0 {
		return nil
	}
	stopped, err := s.runAgain(ctx, tx, done, pushes) // they were thought to be done
	if err != nil {
		return err
	}
	var again []domain.Delivery
	var at []int
	var letters []*outcomeRow
	for i := range ends {
		e := &ends[i]
		reason, is := stopped[e.Push]
		switch {
		case e.State != domain.Pending || e.silent:
		case is:
			e.State, e.Reason, e.EndedAt = domain.CalledBack, reason, e.at
		case e.Reason == domain.ReasonPrint:
			letters = append(letters, e)
		default:
			again, at = append(again, e.Delivery), append(at, i)
		}
	}
	if err := makeBatches(ctx, tx, again); err != nil {
		return err
	}
	for k, i := range at {
		ends[i].Batch = again[k].Batch
	}
	return s.collectLetters(ctx, tx, letters)
}

// runAgain is stopped for pushes of which those in done may have ended.
func (s *Store) runAgain(ctx context.Context, tx *sql.Tx, done, pushes []domain.PushID) (map[domain.PushID]domain.Reason, error) {
	if err := s.takeUp(ctx, tx, done); err != nil {
		return nil, err
	}
	stopped, err := s.stopped(ctx, tx, pushes)
	if err != nil {
		return nil, err
	}
	return stopped, s.takeUp(ctx, tx, done) // who ended one held it just now, see end
}

// takeUp lets those of some pushes run again that were done.
func (s *Store) takeUp(ctx context.Context, tx *sql.Tx, pushes []domain.PushID) error {
	slices.Sort(pushes)
	return chunks(slices.Compact(pushes), func(part []any) error {
		_, err := tx.ExecContext(ctx, `UPDATE pushes SET state = 'running' WHERE state = 'done' AND id IN (`+s.dialect.places(1, len(part))+`)`, part...)
		return err
	})
}

// stopped returns why those of some pushes were stopped that were, and holds
// the others, so that they cannot be stopped until the commit.
func (s *Store) stopped(ctx context.Context, tx *sql.Tx, pushes []domain.PushID) (map[domain.PushID]domain.Reason, error) {
	slices.Sort(pushes)
	stopped := map[domain.PushID]domain.Reason{}
	err := chunks(slices.Compact(pushes), func(part []any) error {
		q := `SELECT id, stopped_for FROM pushes WHERE state = 'stopped' AND id IN (` + s.dialect.places(1, len(part)) + `) ORDER BY id`
		if s.dialect.forShare != "" {
			hold := `SELECT id FROM pushes WHERE id IN (` + s.dialect.places(1, len(part)) + `) ORDER BY id` + s.dialect.forShare
			if err := each(ctx, tx, func(scanner) error { return nil }, hold, part...); err != nil {
				return err
			}
		}
		return each(ctx, tx, func(row scanner) error {
			var id domain.PushID
			var reason domain.Reason
			err := row.Scan(&id, &reason)
			stopped[id] = reason
			return err
		}, q, part...)
	})
	return stopped, err
}

// partOfAll returns the table of the part that all of some rows stand in, or of
// all parts.
func (s *Store) partOfAll(ctx context.Context, tx *sql.Tx, ends []outcomeRow) (string, error) {
	name := "deliveries"
	for i, e := range ends {
		part, err := s.partOf(ctx, tx, e.ID.Push())
		if err != nil || i > 0 && part != name {
			return "deliveries", err
		}
		name = part
	}
	return name, nil
}

// writeOutcomes writes the rows that are still as they were, which held rows
// are, and their events, and returns them.
func (s *Store) writeOutcomes(ctx context.Context, tx *sql.Tx, ends []outcomeRow) (written []outcomeRow, err error) {
	table, err := s.partOfAll(ctx, tx, ends)
	if err != nil {
		return nil, fmt.Errorf("write outcomes: %w", err)
	}
	update := `
		UPDATE ` + table + ` AS deliveries
		SET state = o.state, reason = o.reason, gateway_ref = CASE WHEN ` + ofNobody + ` THEN '' ELSE o.gateway_ref END, batch_id = o.batch_id,
			next_at = o.next_at, sent_at = o.sent_at, ended_at = o.ended_at, attempts = o.attempts,
			gateway = o.gateway, ask_at = CASE WHEN o.ask_at < 0 THEN deliveries.ask_at ELSE o.ask_at END
		FROM o WHERE deliveries.id = o.id AND deliveries.state = o.was AND deliveries.claimed_at = o.claimed_at
		RETURNING deliveries.id, deliveries.contact_id`
	written = make([]outcomeRow, 0, len(ends))
	told, kept := make([]*outcomeRow, 0, len(ends)), make([]*outcomeRow, 0, len(ends)) // kept: not of who was erased
	for part := range slices.Chunk(ends, batchSizes[0]) {
		at := make(map[domain.DeliveryID]int, len(part))
		with, args, err := s.dialect.with(`o (id, was, claimed_at, state, reason, gateway_ref, batch_id, next_at, sent_at, ended_at, attempts, gateway, ask_at)`,
			len(part), func(i int) []any {
				e := part[i]
				at[e.ID] = i
				ask := micros(e.ask)
				if e.silent {
					ask = -1 // as it is
				}
				return []any{
					e.ID, e.was, micros(e.ClaimedAt), e.State, e.Reason, e.GatewayRef, e.Batch, micros(e.NextAt), micros(e.SentAt), micros(e.EndedAt),
					e.Attempts, e.Gateway, ask,
				}
			})
		if err != nil {
			return nil, fmt.Errorf("write outcomes: %w", err)
		}
		err = each(ctx, tx, func(row scanner) error {
			var id domain.DeliveryID
			var contact domain.ContactID
			if err := row.Scan(&id, &contact); err != nil {
				return err
			}
			e := &part[at[id]]
			written = append(written, *e)
			if !e.silent {
				told = append(told, e)
			}
			if !e.silent && contact >= 0 {
				kept = append(kept, e)
			}
			return nil
		}, with+update, args...)
		if err != nil {
			return nil, fmt.Errorf("write outcomes: %w", err)
		}
	}
	err = s.insertEvents(ctx, tx, len(kept), func(i int) DeliveryEvent {
		e := kept[i]
		return DeliveryEvent{Delivery: e.ID, At: e.at, State: e.State, Reason: e.Reason, Note: e.note, Gateway: e.Gateway}
	})
	if err != nil {
		return nil, err
	}
	t, pace, through := tally{}, map[paceKey]int{}, map[domain.BatchID]int{}
	for _, e := range told {
		t.move(e.Delivery, e.was, e.because)
		if e.was == domain.Sending {
			through[e.from]++
		}
		if (e.was == domain.Sending || e.because == domain.ReasonPrint) && outcomeOf(e.State) != "" {
			pace[paceKey{e.Push, e.Channel, minuteOf(e.at)}]++
		}
	}
	if err := s.stepIn(ctx, tx, table, told, t); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(through)) {
		if _, err := tx.ExecContext(ctx, `UPDATE batches SET sending = sending - $2 WHERE id = $1`, id, through[id]); err != nil {
			return nil, fmt.Errorf("write outcomes: %w", err)
		}
	}
	if err := s.writePace(ctx, tx, pace); err != nil {
		return nil, err
	}
	return written, s.writeTally(ctx, tx, t)
}

// RecordReceipt records what a gateway said. It is idempotent: Delivered and
// Failed are final, whatever comes later or again. A receipt that comes before
// the worker has recorded the outcome counts. The receipt of a digest is one of
// all its deliveries. It fails with NotFound if no delivery is meant.
func (s *Store) RecordReceipt(ctx context.Context, r Receipt) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.recordReceipt(ctx, tx, r, r.At) })
}

func (s *Store) recordReceipt(ctx context.Context, tx *sql.Tx, r Receipt, now time.Time) error {
	meant, err := s.receiptFor(ctx, tx, r, now)
	if err != nil {
		return err
	}
	var rows []outcomeRow
	counted := handedCount{}
	for i, d := range meant {
		changes := d.State == domain.Sending || d.State == domain.UnknownEnd || d.State == domain.Accepted && r.State != domain.Accepted
		if !changes {
			continue
		}
		row := rowOf(d)
		row.at, row.note = r.At, r.Note
		if row.Gateway == "" {
			row.Gateway = r.Gateway
			if i == 0 && d.State != domain.Accepted && r.Gateway != "" { // before the outcome, which finds nothing new
				counted[handed{dayOf(d.ClaimedAt), d.Channel, r.Gateway, handedAccepted}] += max(1, r.Units)
			}
		}
		row.State, row.Reason = r.State, r.Reason
		if row.GatewayRef == "" {
			row.GatewayRef = r.GatewayRef
		}
		row.SentAt, row.EndedAt = endTimes(row.Delivery, r.At)
		rows = append(rows, row)
	}
	written, err := s.writeOutcomes(ctx, tx, rows)
	if err != nil {
		return err
	}
	if len(written) > 0 {
		counted.receipt(written[0])
	}
	return s.writeHanded(ctx, tx, counted)
}

// receiptFor finds and holds the deliveries that a receipt means: one, or all
// that went out in the same message.
func (s *Store) receiptFor(ctx context.Context, tx *sql.Tx, r Receipt, now time.Time) ([]domain.Delivery, error) {
	id := r.Delivery
	recent, first, err := s.numbered(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	if id == 0 {
		q := `SELECT d.id FROM ` + recent + ` AS d
			WHERE d.gateway_ref <> '' AND d.gateway_ref = $1 AND d.channel = $2 AND d.id >= $3 ORDER BY d.claimed_at DESC LIMIT 1`
		err := notFound(tx.QueryRowContext(ctx, q, r.GatewayRef, r.Channel, first).Scan(&id), noMessage)
		if r.Unnumbered && domain.KindOf(err) == domain.NotFound {
			var open []domain.Delivery
			if open, err = s.openTo(ctx, tx, r, recent, first, now); err != nil {
				return nil, err
			}
			if len(open) > 1 {
				return nil, s.shareReceipt(ctx, tx, r, open, now)
			}
			id = open[0].ID
		}
		if err != nil {
			return nil, err
		}
	}
	part, err := s.partOf(ctx, tx, id.Push())
	if err != nil {
		return nil, err
	}
	var d domain.Delivery
	q := `SELECT ` + deliveryColumns + ` FROM ` + part + ` AS deliveries WHERE id = $1` + s.dialect.forUpdate
	err = scanDelivery(tx.QueryRowContext(ctx, q, id), &d)
	if err := notFound(err, noMessage); err != nil {
		return nil, err
	}
	if r.Address != "" {
		var is bool
		const whose = `SELECT EXISTS (SELECT 1 FROM contacts WHERE id = $1 AND blind = $2)`
		if err := tx.QueryRowContext(ctx, whose, d.Contact, s.blind(d.Channel, r.Address)).Scan(&is); err != nil {
			return nil, err
		}
		if !is {
			return nil, domain.Errorf(domain.NotFound, noMessage)
		}
	}
	if d.Message == 0 {
		return []domain.Delivery{d}, nil
	}
	q = `SELECT d.id FROM ` + recent + ` AS d
		WHERE d.batch_id = $1 AND d.batch_id > 0 AND d.message = $2 AND d.claimed_at = $3 ORDER BY d.id`
	together, err := list(ctx, tx, one[domain.DeliveryID], q, d.Batch, d.Message, micros(d.ClaimedAt))
	if err != nil || len(together) <= 1 {
		return []domain.Delivery{d}, err
	}
	rows, err := s.lockDeliveries(ctx, tx, together)
	meant := []domain.Delivery{d}
	for _, other := range together {
		if row, there := rows[other]; there && other != d.ID {
			meant = append(meant, row.Delivery)
		}
	}
	return meant, err
}
