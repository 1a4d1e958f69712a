package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
)

// On PostgreSQL deliveries and their history stand in parts, each of a range of
// pushes. The first push of a month begins a new part, so that none holds more
// than a month and each goes as a whole when its time is over: a table is
// dropped, where otherwise every row would be deleted. The table delivery_parts
// says which there are.

const (
	// pushesInPart is how many numbers of pushes a part is for. A month with
	// more of them, as first digests may be, has several.
	pushesInPart = 1 << 14
	// partSpan is how long a push may wait for the rest of its part to go with
	// it; then it goes row by row.
	partSpan = 32 * 24 * time.Hour
	// partPatience is how long the end of a part waits for those who use the
	// table: they wait behind it meanwhile.
	partPatience = `SET LOCAL lock_timeout = '3s'`
)

// parted are the tables in parts, by the id of a delivery.
var parted = []string{"deliveries", "delivery_events"}

// roomy leaves room on the pages of a part for the next state of each row, so
// that a row which changes stays where the indexes look for it.
var roomy = map[string]string{"deliveries": ` WITH (fillfactor = 34)`}

func partName(table string, from domain.PushID) string { return fmt.Sprintf("%s_part_%d", table, from) }

// partOf returns the table of the part that the deliveries of a push stand in:
// a statement about one push names it, since the plan of one that names all is
// made anew for each part, and whether it may leave a part out is found too late.
// It is all of them where there are no parts, or none is there.
func (s *Store) partOf(ctx context.Context, q querier, push domain.PushID) (string, error) {
	if !s.dialect.parts {
		return "deliveries", nil
	}
	n := push / pushesInPart
	if name, known := s.parts.Load(n); known {
		return name.(string), nil
	}
	var from domain.PushID
	const find = `SELECT COALESCE(MAX(from_push), 0) FROM delivery_parts WHERE from_push <= $1 AND until_push > $1`
	if err := q.QueryRowContext(ctx, find, push).Scan(&from); err != nil {
		return "", fmt.Errorf("part of push %d: %w", push, err)
	}
	if from == 0 {
		return "deliveries", nil
	}
	name := partName("deliveries", from)
	s.parts.Store(n, name)
	return name, nil
}

// partsFrom returns, to be selected from, the parts in which deliveries of a push
// stand, and of later ones.
func (s *Store) partsFrom(ctx context.Context, q querier, push domain.PushID) (string, error) {
	if !s.dialect.parts {
		return "deliveries", nil
	}
	const there = `
		SELECT from_push FROM delivery_parts
		WHERE until_push > $1 AND from_push <= (SELECT last_value FROM pushes_id_seq) ORDER BY from_push`
	parts, err := list(ctx, q, one[domain.PushID], there, push)
	if err != nil || len(parts) == 0 {
		return "deliveries", err
	}
	names := make([]string, len(parts))
	for i, from := range parts {
		names[i] = `SELECT id, push_id, subscriber_id, contact_id, channel, batch_id, state, reason, claimed_at, gateway_ref, message FROM ` + partName("deliveries", from)
	}
	return `(` + strings.Join(names, ` UNION ALL `) + `)`, nil
}

// oldestSince returns the oldest push of which something was handed over since a
// time, or is being handed over, or 0. Clocks of workers may differ.
func oldestSince(ctx context.Context, q querier, since time.Time) (first domain.PushID, err error) {
	const oldest = `
		SELECT COALESCE(MIN(push_id), 0) FROM (
			SELECT MIN(push_id) AS push_id FROM push_pace WHERE minute >= $1 UNION ALL SELECT MIN(push_id) FROM batches WHERE sending > 0) AS o`
	err = q.QueryRowContext(ctx, oldest, minuteOf(since.Add(-time.Hour))).Scan(&first)
	return first, err
}

const (
	// numbersLast is how long after a message was handed over its gateway may
	// still speak about it by its own number: twice as long as any that we know.
	numbersLast = 2 * keepEarly
	// numbersKnown is how long the oldest push of these is remembered. Should an
	// older one be resumed meanwhile, its first receipts count as early ones.
	numbersKnown = time.Minute
)

// oldest is a push that was the oldest of interest at a time.
type oldest struct {
	push domain.PushID
	at   time.Time
}

// numbered returns, to be selected from, the parts with deliveries to which a
// gateway may have given a number lately, and the first of these.
func (s *Store) numbered(ctx context.Context, q querier, now time.Time) (table string, first domain.DeliveryID, err error) {
	known := s.numbers.Load()
	if known == nil || now.Sub(known.at).Abs() > numbersKnown {
		push, err := oldestSince(ctx, q, now.Add(-numbersLast))
		if err != nil {
			return "", 0, err
		}
		known = &oldest{push, now}
		s.numbers.Store(known)
	}
	table, err = s.partsFrom(ctx, q, known.push)
	first, _ = domain.DeliveriesOf(known.push)
	return table, first, err
}

// partFor makes the part for the deliveries of a push, unless it is there, and
// returns its table.
func (s *Store) partFor(ctx context.Context, tx *sql.Tx, push domain.PushID) (string, error) {
	name, err := s.partOf(ctx, tx, push)
	if err != nil || name != "deliveries" || !s.dialect.parts {
		return name, err
	}
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(7091120018)`); err != nil { // one at a time
		return "", err
	}
	if name, err := s.partOf(ctx, tx, push); err != nil || name != "deliveries" {
		return name, err
	}
	n := push / pushesInPart
	first := max(1, n*pushesInPart)
	from, _ := domain.DeliveriesOf(first)
	until, _ := domain.DeliveriesOf((n + 1) * pushesInPart)
	for _, table := range parted {
		part := partName(table, first)
		for _, q := range []string{
			`CREATE TABLE ` + part + ` (LIKE ` + table + ` INCLUDING DEFAULTS)` + roomy[table],
			fmt.Sprintf(`ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)`, table, part, from, until), // with its indexes
		} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return "", fmt.Errorf("make %s: %w", part, err)
			}
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO delivery_parts (from_push, until_push) VALUES ($1, $2)`, first, (n+1)*pushesInPart)
	return partName("deliveries", first), err
}

// PrepareParts makes ahead of need the parts that the next pushes fall into,
// and lets the first push of a month begin a new one.
func (s *Store) PrepareParts(ctx context.Context, now time.Time) error {
	if !s.dialect.parts {
		return nil
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		const newest = `
			SELECT n.last_value + 1, COALESCE(u.id, 0), COALESCE(u.created_at, 0)
			FROM pushes_id_seq n LEFT JOIN (SELECT id, created_at FROM pushes ORDER BY id DESC LIMIT 1) u ON TRUE`
		var next, last domain.PushID
		var at time.Time
		if err := tx.QueryRowContext(ctx, newest).Scan(&next, &last, timeInto(&at)); err != nil {
			return err
		}
		if last > 0 && monthOf(at) < monthOf(now) && next/pushesInPart == last/pushesInPart {
			next = (next/pushesInPart + 1) * pushesInPart
			if _, err := tx.ExecContext(ctx, `SELECT setval('pushes_id_seq', $1, false)`, next); err != nil {
				return err
			}
		}
		for _, push := range []domain.PushID{next, next + pushesInPart} {
			if _, err := s.partFor(ctx, tx, push); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("prepare parts of deliveries: %w", err)
	}
	return nil
}

func monthOf(t time.Time) string { return dayOf(t)[:len("2006-01")] }

// dropParts removes the parts in which every push is over and began before a
// time, and returns how many pushes were in them.
func (s *Store) dropParts(ctx context.Context, before time.Time) (pushes int, err error) {
	type part struct{ from, until domain.PushID }
	const whole = `
		SELECT p.from_push, p.until_push FROM delivery_parts p
		WHERE p.until_push <= (SELECT MAX(id) FROM pushes) AND NOT EXISTS (
			SELECT 1 FROM pushes u WHERE u.id >= p.from_push AND u.id < p.until_push AND NOT (` + over + `))
		ORDER BY p.from_push`
	old, err := list(ctx, s.read, func(row scanner, p *part) error { return row.Scan(&p.from, &p.until) }, whole, micros(before))
	if err != nil {
		return 0, err
	}
	for _, p := range old {
		err := s.inTx(ctx, func(tx *sql.Tx) error {
			first, _ := domain.DeliveriesOf(p.from)
			end, _ := domain.DeliveriesOf(p.until)
			if err := forgetBeside(ctx, tx, first, end); err != nil {
				return err
			}
			if err := forgetPace(ctx, tx, p.from, p.until); err != nil {
				return err
			}
			const done = `UPDATE pushes SET forgotten_at = $3 WHERE id >= $1 AND id < $2 AND forgotten_at = 0`
			n, err := changed(ctx, tx, done, p.from, p.until, micros(time.Now()))
			if err != nil {
				return err
			}
			pushes += n
			if _, err := tx.ExecContext(ctx, `DELETE FROM delivery_parts WHERE from_push = $1`, p.from); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, partPatience); err != nil {
				return err
			}
			for _, table := range parted { // last: nobody else can read meanwhile
				if _, err := tx.ExecContext(ctx, `DROP TABLE `+partName(table, p.from)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return pushes, fmt.Errorf("drop the part of deliveries from push %d: %w", p.from, err)
		}
		s.parts.Clear()
	}
	return pushes, nil
}
