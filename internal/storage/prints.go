package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"policypush/internal/domain"
)

const (
	// dropFiles takes the file from the batches of letters of deliveries d that
	// a condition names, which ends with a bracket. What nobody has downloaded
	// yet is drawn anew.
	dropFiles = `
		UPDATE print_batches SET file = NULL, sealed_with = '',
			state = CASE WHEN state = 'ready' AND fetched_at = 0 THEN 'wanted' ELSE state END
		WHERE file IS NOT NULL AND id IN (SELECT p.batch_id FROM print_slips p JOIN deliveries d ON d.id = p.delivery_id WHERE TRUE`
	// noLetters removes batches whose letters are forgotten.
	noLetters = `DELETE FROM print_batches WHERE NOT EXISTS (SELECT 1 FROM print_slips p WHERE p.batch_id = print_batches.id)`
)

// printed is what the gateway of a letter is called.
const printed = "print"

// group is what the letters of a batch have in common.
type group struct {
	push   domain.PushID
	office domain.OfficeID
	place  string
}

// collectLetters puts deliveries that are to be printed into the open batches
// of their villages. Deliveries of one letter share a number.
func (s *Store) collectLetters(ctx context.Context, tx *sql.Tx, rows []*outcomeRow) error {
	if len(rows) == 0 {
		return nil
	}
	letters := map[domain.DeliveryID][]*outcomeRow{}
	var pushes []domain.PushID
	for _, r := range rows {
		r.Batch, r.NextAt = 0, time.Time{}
		letters[r.letter] = append(letters[r.letter], r)
		pushes = append(pushes, r.Push)
	}
	offices, personal := map[domain.PushID]domain.OfficeID{}, map[domain.PushID]bool{}
	slices.Sort(pushes)
	err := chunks(slices.Compact(pushes), func(part []any) error {
		q := `SELECT u.id, u.kind, p.office_id FROM pushes u JOIN policies p ON p.id = u.policy_id WHERE u.id IN (` + s.dialect.places(1, len(part)) + `)`
		return each(ctx, tx, func(row scanner) error {
			var id domain.PushID
			var kind domain.PushKind
			var office domain.OfficeID
			err := row.Scan(&id, &kind, &office)
			offices[id], personal[id] = office, kind.Personal()
			return err
		}, q, part...)
	})
	if err != nil {
		return fmt.Errorf("collect letters: %w", err)
	}
	groups := map[group][][]*outcomeRow{}
	for _, l := range letters {
		lead := l[0]
		g := group{lead.Push, offices[lead.Push], lead.place}
		if len(l) > 1 || personal[lead.Push] {
			g.push = 0
		}
		groups[g] = append(groups[g], l)
	}
	var order []group
	for g, ls := range groups {
		order = append(order, g)
		slices.SortFunc(ls, func(a, b []*outcomeRow) int { return cmp.Compare(a[0].ID, b[0].ID) })
	}
	slices.SortFunc(order, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.push, b.push), cmp.Compare(a.office, b.office), cmp.Compare(a.place, b.place))
	})
	for _, g := range order {
		if err := s.collectFor(ctx, tx, g, groups[g]); err != nil {
			return fmt.Errorf("collect letters: %w", err)
		}
	}
	return nil
}

// collectFor puts letters into the open batch of their village, and into as
// many new ones as they need.
func (s *Store) collectFor(ctx context.Context, tx *sql.Tx, g group, letters [][]*outcomeRow) error {
	for len(letters) > 0 {
		var id domain.PrintID
		have := 0
		find := `SELECT id, letters FROM print_batches WHERE state = 'open' AND state IN ('open', 'wanted', 'ready')
			AND push_id = $1 AND office_id = $2 AND place = $3 ORDER BY id LIMIT 1` + s.dialect.forUpdate
		err := tx.QueryRowContext(ctx, find, g.push, g.office, g.place).Scan(&id, &have)
		if errors.Is(err, sql.ErrNoRows) {
			const insert = `
				INSERT INTO print_batches (push_id, office_id, place, state, letters, changed_at) VALUES ($1, $2, $3, 'open', 0, 0) RETURNING id`
			err = tx.QueryRowContext(ctx, insert, g.push, g.office, g.place).Scan(&id)
		}
		if err != nil {
			return err
		}
		var slips [][]any
		last := time.Time{}
		for have < domain.MaxLetters && len(letters) > 0 {
			have++
			for _, r := range letters[0] {
				slips = append(slips, []any{r.ID, id, have})
				last = r.at
			}
			letters = letters[1:]
		}
		err = s.dialect.insertRows(ctx, tx, `INSERT INTO print_slips (delivery_id, batch_id, letter)`, "", len(slips), func(i int) []any { return slips[i] })
		if err != nil {
			return err
		}
		state := domain.PrintOpen
		if have == domain.MaxLetters {
			state = domain.PrintWanted
		}
		const update = `UPDATE print_batches SET letters = $2, state = $3, changed_at = $4 WHERE id = $1`
		if _, err := tx.ExecContext(ctx, update, id, have, state, micros(last)); err != nil {
			return err
		}
	}
	return nil
}

// OwedPrints returns batches of letters whose file is to be drawn, oldest
// first: those to which no letter has come since a time, none of a push that is
// paused.
func (s *Store) OwedPrints(ctx context.Context, since time.Time, limit int) ([]domain.PrintID, error) {
	const q = `
		SELECT id FROM print_batches
		WHERE state IN ('open', 'wanted', 'ready') AND (state = 'wanted' OR state = 'open' AND changed_at <= $1)
			AND NOT EXISTS (SELECT 1 FROM pushes u WHERE u.id = print_batches.push_id AND u.paused_at > 0)
		ORDER BY id LIMIT $2`
	return list(ctx, s.read, one[domain.PrintID], q, micros(since), limit)
}

// Letter is one letter of a batch, as far as it still waits to be printed.
type Letter struct {
	Number int
	Outgoing
}

// BeginPrint closes a batch of letters and returns what of it waits to be
// printed, to be checked and drawn. It fails with Conflict if the batch is
// drawn, and with NotFound if there is none.
func (s *Store) BeginPrint(ctx context.Context, id domain.PrintID) (domain.PrintBatch, []Letter, error) {
	var b domain.PrintBatch
	var letters []Letter
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		letters = nil
		n, err := changed(ctx, tx, `UPDATE print_batches SET state = 'wanted' WHERE id = $1 AND state IN ('open', 'wanted')`, id)
		if err != nil {
			return err
		}
		if b, err = printBatch(ctx, tx, id); err != nil {
			return err
		}
		if n == 0 {
			return domain.Errorf(domain.Conflict, "打印批次%d已经生成", id)
		}
		numbers := map[domain.DeliveryID]int{}
		deliveries := map[int][]domain.Delivery{}
		q := `SELECT p.letter, ` + deliveryColumns + ` FROM print_slips p JOIN deliveries ON deliveries.id = p.delivery_id
			WHERE p.batch_id = $1 AND deliveries.state = 'pending' AND deliveries.reason = 'print' ORDER BY p.letter, deliveries.id`
		var leads []domain.Delivery
		err = each(ctx, tx, func(row scanner) error {
			var number int
			var d domain.Delivery
			if err := row.Scan(append([]any{&number}, deliveryInto(&d)...)...); err != nil {
				return err
			}
			if deliveries[number] == nil {
				leads, numbers[d.ID] = append(leads, d), number
			}
			deliveries[number] = append(deliveries[number], d)
			return nil
		}, q, id)
		if err != nil {
			return err
		}
		out, err := s.outgoing(ctx, tx, leads, recipient{})
		for _, o := range out {
			number := numbers[o.Deliveries[0].ID]
			o.Deliveries = deliveries[number]
			letters = append(letters, Letter{Number: number, Outgoing: o})
		}
		slices.SortFunc(letters, func(a, b Letter) int { return cmp.Compare(a.Number, b.Number) })
		return err
	})
	if err != nil {
		return b, nil, fmt.Errorf("begin print %d: %w", id, err)
	}
	return b, letters, nil
}

// DropLetters ends deliveries that wait to be printed and are not to be any
// more. Others are left as they are.
func (s *Store) DropLetters(ctx context.Context, outcomes []Outcome) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		there, err := s.lockOutcomes(ctx, tx, outcomes)
		if err != nil {
			return err
		}
		var ends []outcomeRow
		for _, o := range outcomes {
			row, known := there[o.Delivery]
			if !known || row.State != domain.Pending || row.Reason != domain.ReasonPrint || !o.State.Ended() {
				continue
			}
			row.State, row.Reason, row.at, row.note, row.EndedAt = o.State, o.Reason, o.At, o.Note, o.At
			ends = append(ends, row)
		}
		_, err = s.writeOutcomes(ctx, tx, ends)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop letters: %w", err)
	}
	return nil
}

// printContext binds a sealed file to its batch.
func printContext(id domain.PrintID) []byte {
	return []byte("print_batches.file/" + strconv.FormatInt(int64(id), 10))
}

// FinishPrint keeps the file of a batch that was wanted, with the letters of
// so many deliveries in it. Without one the batch is void.
func (s *Store) FinishPrint(ctx context.Context, id domain.PrintID, file []byte, deliveries int, now time.Time) error {
	q, args := `UPDATE print_batches SET state = 'void', tries = 0 WHERE id = $1 AND state = 'wanted'`, []any{id}
	if file != nil {
		q = `UPDATE print_batches SET state = 'ready', tries = 0, file = $2, sealed_with = $3, drawn = $4, drawn_at = $5, fetched_at = 0
			WHERE id = $1 AND state = 'wanted'`
		args = []any{id, s.keys.Seal(file, printContext(id)), s.keys.Current(), deliveries, micros(now)}
	}
	if _, err := s.write.ExecContext(ctx, q, args...); err != nil {
		return fmt.Errorf("finish print %d: %w", id, err)
	}
	return nil
}

// FailPrint counts a try in vain to draw a batch, and tells whether they were
// enough. Then they are counted anew.
func (s *Store) FailPrint(ctx context.Context, id domain.PrintID) (enough bool, err error) {
	tries := 0
	const q = `UPDATE print_batches SET tries = (tries + 1) % $2 WHERE id = $1 AND state = 'wanted' RETURNING tries`
	err = s.write.QueryRowContext(ctx, q, id, renderTries).Scan(&tries)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("fail print %d: %w", id, err)
	}
	return tries == 0, nil
}

// printFor is how long a file that was downloaded, and not said to be printed,
// is left alone: somebody is printing it.
const printFor = 7 * 24 * time.Hour

const (
	// toPrint is of deliveries d whose letters wait to be printed.
	toPrint = `d.state = 'pending' AND d.reason = 'print'`
	// withReaders joins to deliveries d what refusedFor asks for.
	withReaders = `
		LEFT JOIN subscribers v ON v.id = d.subscriber_id
		LEFT JOIN contacts c ON c.id = d.contact_id AND c.subscriber_id = d.subscriber_id
		LEFT JOIN stop_list x ON x.blind = c.blind AND x.kind = c.kind`
	// refusedFor is why somebody must not get a letter any more, or ''.
	refusedFor = `
		CASE WHEN c.id IS NULL THEN 'no-address' WHEN x.reason = 'stopped' THEN 'stopped' WHEN x.reason IS NOT NULL THEN 'bad-address'
			WHEN v.paused THEN 'paused' WHEN NOT v.consented THEN 'no-consent' ELSE '' END`
)

// redraw has files drawn anew that were not downloaded since $2 and are not
// right any more: they were drawn before $1, or somebody in them must not get
// the letter.
const redraw = `
	UPDATE print_batches SET state = 'wanted', file = NULL, sealed_with = ''
	WHERE state = 'ready' AND fetched_at < $2 AND (drawn_at < $1 OR file IS NULL OR drawn > (
		SELECT COUNT(*) FROM print_slips p JOIN deliveries d ON d.id = p.delivery_id` + withReaders + `
		WHERE p.batch_id = print_batches.id AND ` + toPrint + ` AND ` + refusedFor + ` = ''))`

// RefreshPrints has files drawn anew that are not right any more: somebody in
// them withdrew, was erased or must not get it, or they are of an earlier day,
// so that every letter is checked again. It removes the files of those printed
// before a time, and of whom an address was deleted.
func (s *Store) RefreshPrints(ctx context.Context, before, now time.Time) error {
	if _, err := s.write.ExecContext(ctx, redraw, micros(midnight(now)), micros(now.Add(-printFor))); err != nil {
		return fmt.Errorf("refresh prints: %w", err)
	}
	const old = `UPDATE print_batches SET file = NULL, sealed_with = '' WHERE state = 'printed' AND sealed_with <> '' AND printed_at < $1`
	if _, err := s.write.ExecContext(ctx, old, micros(before)); err != nil {
		return fmt.Errorf("refresh prints: %w", err)
	}
	const gone = dropFiles + ` AND d.sent_at > 0 AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = d.contact_id))`
	if _, err := s.write.ExecContext(ctx, gone); err != nil {
		return fmt.Errorf("refresh prints: %w", err)
	}
	return nil
}

// rotatePrints seals the file of one batch anew: files are large.
func (s *Store) rotatePrints(ctx context.Context, _ int) (n int, err error) {
	find := `SELECT id, file FROM print_batches WHERE sealed_with <> '' AND sealed_with <> $1 LIMIT 1` + s.dialect.forUpdate
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		var id domain.PrintID
		var sealed []byte
		n = 0
		err := tx.QueryRowContext(ctx, find, s.keys.Current()).Scan(&id, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		file, err := s.keys.Open(sealed, printContext(id))
		if err != nil {
			return fmt.Errorf("file of batch %d: %w", id, err)
		}
		n = 1
		_, err = tx.ExecContext(ctx, `UPDATE print_batches SET file = $2, sealed_with = $3 WHERE id = $1`, id, s.keys.Seal(file, printContext(id)), s.keys.Current())
		return err
	})
	return n, err
}

// midnight is when the day of a time began, in the time of the readers.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(readersTime).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, readersTime)
}
