package storage

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"policypush/internal/domain"
)

const pushColumns = `u.id, COALESCE(u.policy_id, 0), u.policy_version, u.kind, u.state, u.created_by, u.created_at,
	u.planned_to, u.planned_at, u.include_possible, u.likely, u.possible, u.urgent, u.signed_by, u.signed_at, COALESCE(p.title, ''),
	u.send_at, u.paused_at, u.halted_by, u.halt_reason, u.stopped_for, u.forgotten_at, u.deadline, u.days_left, u.note, u.corrects`

func pushInto(u *domain.Push) []any {
	return []any{
		&u.ID, &u.Policy, &u.Version, &u.Kind, &u.State, &u.CreatedBy, timeInto(&u.CreatedAt),
		&u.PlannedTo, timeInto(&u.PlannedAt), &u.IncludePossible, &u.Likely, &u.Possible,
		&u.Urgent, &u.SignedBy, timeInto(&u.SignedAt), &u.Title,
		timeInto(&u.SendAt), timeInto(&u.PausedAt), &u.HaltedBy, &u.HaltReason, &u.StoppedFor, timeInto(&u.ForgottenAt),
		&u.Deadline, &u.DaysLeft, &u.Note, &u.Corrects,
	}
}

func scanPush(row scanner, u *domain.Push) error { return row.Scan(pushInto(u)...) }

// Push returns a push, or NotFound.
func (s *Store) Push(ctx context.Context, id domain.PushID) (domain.Push, error) {
	const q = `SELECT ` + pushColumns + ` FROM pushes u LEFT JOIN policies p ON p.id = u.policy_id WHERE u.id = $1`
	var u domain.Push
	return u, notFound(scanPush(s.read.QueryRowContext(ctx, q, id), &u), "没有这次推送")
}

// Pushes returns the latest pushes of a policy (0: of all), newest first; first
// digests and answers to questions, which are one person's, are none of them.
func (s *Store) Pushes(ctx context.Context, policy domain.PolicyID, limit int) ([]domain.Push, error) {
	const q = `SELECT ` + pushColumns + ` FROM pushes u JOIN policies p ON p.id = u.policy_id
		WHERE (CAST($1 AS BIGINT) = 0 OR u.policy_id = $1) AND u.kind NOT IN ('first', 'answer') ORDER BY u.id DESC LIMIT $2`
	return list(ctx, s.read, scanPush, q, policy, limit)
}

// PushFilter asks for a page of the pushes. Zero values mean any.
type PushFilter struct {
	Query         string // in the title or the number of the policy
	Kind          domain.PushKind
	State         string          // a domain.PushState or PushPaused
	Office        domain.OfficeID // of the policy
	Theme         string          // likewise
	From, Before  time.Time       // when it was made; Before is not included
	Limit, Offset int
}

// PushPaused is what PushFilter calls the state of a push that somebody paused.
const PushPaused = "paused"

// FindPushes returns a page of the pushes that Pushes returns, the newest first,
// and how many there are in all.
func (s *Store) FindPushes(ctx context.Context, f PushFilter) ([]domain.Push, int, error) {
	all, args := []string{notPersonal}, []any{}
	if f.Query != "" {
		like := param(&args, `%`+likeLiteral(f.Query)+`%`) + ` ESCAPE '!'`
		all = append(all, `(p.title LIKE `+like+` OR p.doc_number LIKE `+like+`)`)
	}
	if f.Kind != "" {
		all = append(all, `u.kind = `+param(&args, f.Kind))
	}
	if f.Office != 0 {
		all = append(all, `p.office_id = `+param(&args, f.Office))
	}
	if f.Theme != "" {
		all = append(all, `p.themes LIKE `+param(&args, `%"`+likeLiteral(f.Theme)+`"%`)+` ESCAPE '!'`)
	}
	if !f.From.IsZero() {
		all = append(all, `u.created_at >= `+param(&args, micros(f.From)))
	}
	if !f.Before.IsZero() {
		all = append(all, `u.created_at < `+param(&args, micros(f.Before)))
	}
	const paused = `u.paused_at > 0 AND u.state NOT IN ('done', 'stopped')` // as domain.Push.Paused
	switch f.State {
	case "":
	case PushPaused:
		all = append(all, paused)
	default:
		all = append(all, `u.state = `+param(&args, f.State)+` AND NOT (`+paused+`)`)
	}
	from := ` FROM pushes u JOIN policies p ON p.id = u.policy_id WHERE ` + strings.Join(all, " AND ")
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*)`+from, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count pushes: %w", err)
	}
	page := ` ORDER BY u.id DESC LIMIT ` + param(&args, f.Limit) + ` OFFSET ` + param(&args, f.Offset)
	found, err := list(ctx, s.read, scanPush, `SELECT `+pushColumns+from+page, args...)
	return found, total, err
}

// OwedPushes returns the pushes whose time has come and that are not wholly
// planned, oldest first.
func (s *Store) OwedPushes(ctx context.Context, now time.Time) ([]domain.Push, error) {
	const q = `SELECT ` + pushColumns + ` FROM pushes u JOIN policies p ON p.id = u.policy_id
		WHERE u.state = 'owed' AND u.send_at <= $1 ORDER BY u.id`
	return list(ctx, s.read, scanPush, q, micros(now))
}

// SignPush saves what the second person said of an urgent push. It fails with
// Conflict if the push does not wait for that any more.
func (s *Store) SignPush(ctx context.Context, p domain.Push) error {
	const q = `UPDATE pushes SET state = $2, urgent = $3, signed_by = $4, signed_at = $5 WHERE id = $1 AND state = 'unsigned'`
	n, err := changed(ctx, s.write, q, p.ID, p.State, p.Urgent, p.SignedBy, micros(p.SignedAt))
	if err != nil {
		return fmt.Errorf("sign push %d: %w", p.ID, err)
	}
	if n == 0 {
		return domain.Errorf(domain.Conflict, "这次推送不在等待紧急推送签字，可能已由别人处理，请刷新页面")
	}
	return nil
}

// FreezeAudience keeps the audience of a push with its two sizes. The first
// writer wins; what is stored is returned, whoever wrote it.
func (s *Store) FreezeAudience(ctx context.Context, push domain.PushID, a domain.FrozenAudience, likely, possible int) (domain.FrozenAudience, error) {
	const insert = `
		INSERT INTO push_audiences (push_id, likely, possible, sha256, recipe) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (push_id) DO NOTHING`
	var kept domain.FrozenAudience
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := changed(ctx, tx, insert, push, notNull(a.Likely), notNull(a.Possible), a.SHA256, notNull(a.Recipe))
		if err != nil {
			return fmt.Errorf("freeze audience of push %d: %w", push, err)
		}
		if n == 1 {
			kept = a
			_, err = tx.ExecContext(ctx, `UPDATE pushes SET likely = $2, possible = $3 WHERE id = $1`, push, likely, possible)
			return err
		}
		kept, err = audience(ctx, tx, push)
		return err
	})
	return kept, err
}

// notNull makes a nil slice one that is stored as an empty value.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Audience returns the frozen audience of a push, or NotFound if it is not
// frozen yet.
func (s *Store) Audience(ctx context.Context, push domain.PushID) (domain.FrozenAudience, error) {
	return audience(ctx, s.read, push)
}

func audience(ctx context.Context, q querier, push domain.PushID) (domain.FrozenAudience, error) {
	var a domain.FrozenAudience
	err := q.QueryRowContext(ctx, `SELECT likely, possible, sha256, recipe FROM push_audiences WHERE push_id = $1`, push).
		Scan(&a.Likely, &a.Possible, &a.SHA256, &a.Recipe)
	return a, notFound(err, "这次推送的对象还没有确定")
}

// PlanDeliveries writes, in one transaction, the deliveries of the subscribers
// up to upTo: rows, batches of at most [domain.MaxBatch] waiting rows with one
// channel and time, and how far the plan has come. Rows that are there already
// are left alone, so a plan that is run again adds nothing. It fails with
// Conflict, and writes nothing, if the push was stopped or is done.
func (s *Store) PlanDeliveries(ctx context.Context, push domain.PushID, upTo domain.SubscriberID, ds []domain.Delivery, now time.Time) error {
	const advance = `
		UPDATE pushes SET planned_to = CASE WHEN planned_to < $2 THEN $2 ELSE planned_to END
		WHERE id = $1 AND state IN ('owed', 'running')`
	return s.inTxOn(ctx, func(conn *sql.Conn, tx *sql.Tx) error {
		n, err := changed(ctx, tx, advance, push, upTo) // holds the push until the commit
		if err != nil {
			return fmt.Errorf("plan push %d: %w", push, err)
		}
		if n == 0 {
			return domain.Errorf(domain.Conflict, "这次推送已经停止或完成，不再增加收件人")
		}
		table, err := s.partFor(ctx, tx, push)
		if err != nil {
			return fmt.Errorf("plan push %d: %w", push, err)
		}
		added, err := notPlanned(ctx, tx, table, push, ds)
		if err != nil {
			return fmt.Errorf("plan push %d: %w", push, err)
		}
		if len(added) == 0 {
			return nil
		}
		if err := makeBatches(ctx, tx, added); err != nil {
			return fmt.Errorf("plan push %d: %w", push, err)
		}
		if !s.dialect.arrays {
			return s.insertDeliveries(ctx, tx, added, now)
		}
		if err := copyDeliveries(ctx, conn, table, added, now); err != nil {
			return fmt.Errorf("plan push %d: %w", push, err)
		}
		return s.countPlanned(ctx, tx, added)
	})
}

// notPlanned returns the deliveries that have no row yet, each once, with
// their ids and in the order of these.
func notPlanned(ctx context.Context, tx *sql.Tx, table string, push domain.PushID, ds []domain.Delivery) ([]domain.Delivery, error) {
	if len(ds) == 0 {
		return nil, nil
	}
	added := slices.Clone(ds)
	for i := range added {
		d := &added[i]
		var err error
		if d.ID, err = domain.NewDeliveryID(push, d.Subscriber, d.Channel); err != nil {
			return nil, err
		}
		d.Push = push
	}
	byID := func(a, b domain.Delivery) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortStableFunc(added, byID)
	added = slices.CompactFunc(added, func(a, b domain.Delivery) bool { return a.ID == b.ID })
	q := `SELECT id FROM ` + table + ` WHERE id BETWEEN $1 AND $2 ORDER BY id`
	there, err := list(ctx, tx, one[domain.DeliveryID], q, added[0].ID, added[len(added)-1].ID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(added, func(d domain.Delivery) bool {
		_, is := slices.BinarySearch(there, d.ID)
		return is
	}), nil
}

// makeBatches puts the waiting deliveries, of any pushes, into new batches and
// sets their Batch. Others get none.
func makeBatches(ctx context.Context, tx *sql.Tx, ds []domain.Delivery) error {
	type group struct {
		push    domain.PushID
		channel domain.ChannelKind
		nextAt  int64
	}
	var order []group
	members := map[group][]int{}
	for i, d := range ds {
		if d.State != domain.Pending {
			ds[i].Batch = 0
			continue
		}
		g := group{d.Push, d.Channel, micros(d.NextAt)}
		if members[g] == nil {
			order = append(order, g)
		}
		members[g] = append(members[g], i)
	}
	const insert = `
		INSERT INTO batches (push_id, channel, gen, state, size, next_at, beat_at, urgent)
		SELECT id, $2, 1, 'new', $3, $4, 0, urgent FROM pushes WHERE id = $1 RETURNING id`
	for _, g := range order {
		for part := range slices.Chunk(members[g], domain.MaxBatch) {
			var id domain.BatchID
			if err := tx.QueryRowContext(ctx, insert, g.push, g.channel, len(part), g.nextAt).Scan(&id); err != nil {
				return fmt.Errorf("insert batch: %w", err)
			}
			for _, i := range part {
				ds[i].Batch = id
			}
		}
	}
	return nil
}

// plannedColumns are those of a planned delivery that plannedRow and
// copyDeliveries write; the others have their defaults.
var plannedColumns = []string{
	"id", "push_id", "subscriber_id", "contact_id", "channel", "batch_id", "state", "reason", "verdict", "next_at", "ended_at",
}

func plannedRow(d *domain.Delivery, now time.Time) []any {
	return []any{
		int64(d.ID), int64(d.Push), int64(d.Subscriber), int64(d.Contact), string(d.Channel), int64(d.Batch),
		string(d.State), string(d.Reason), string(d.Verdict), micros(d.NextAt), plannedEnd(d, now),
	}
}

// plannedEnd is when a delivery ended that was planned now.
func plannedEnd(d *domain.Delivery, now time.Time) int64 {
	if d.State.Ended() {
		return micros(now)
	}
	return 0
}

// insertDeliveries writes planned deliveries of one push, which have their ids,
// and counts them.
func (s *Store) insertDeliveries(ctx context.Context, tx *sql.Tx, ds []domain.Delivery, now time.Time) error {
	if len(ds) == 0 {
		return nil
	}
	table, err := s.partFor(ctx, tx, ds[0].Push)
	if err != nil {
		return err
	}
	head := `INSERT INTO ` + table + ` (` + strings.Join(plannedColumns, ", ") + `)`
	err = s.dialect.insertRows(ctx, tx, head, "", len(ds), func(i int) []any { return plannedRow(&ds[i], now) })
	if err != nil {
		return fmt.Errorf("insert deliveries: %w", err)
	}
	return s.countPlanned(ctx, tx, ds)
}

func (s *Store) countPlanned(ctx context.Context, tx *sql.Tx, ds []domain.Delivery) error {
	t := tally{}
	for i := range ds {
		t.add(ds[i], ds[i].State, ds[i].Reason, 1)
	}
	return s.writeTally(ctx, tx, t)
}

// waits is how many deliveries of a push wait or are being sent.
const waits = `(SELECT COALESCE(SUM(c.n), 0) FROM push_counts c WHERE c.push_id = pushes.id AND c.state IN ('pending', 'sending'))`

// FinishPlan says that the deliveries of an owed push are all planned: it is
// running, or done if nothing waits. A push that is not owed stays as it is. What
// was planned to be told by a message that had failed by then has its turn.
func (s *Store) FinishPlan(ctx context.Context, push domain.PushID, now time.Time) error {
	const q = `UPDATE pushes SET planned_at = $2, state = CASE WHEN ` + waits + ` > 0 THEN 'running' ELSE 'done' END WHERE id = $1 AND state = 'owed'`
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := s.end(ctx, tx, push, now, q, push, micros(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("finish plan of push %d: %w", push, err)
	}
	return nil
}

// FinishPushes ends the running pushes of which nothing waits or is being
// sent and nobody is to be told instead of another, and returns how many they
// were.
func (s *Store) FinishPushes(ctx context.Context, now time.Time) (int, error) {
	const through = ` FROM pushes WHERE state = 'running' AND ` + waits + ` = 0`
	ids, err := list(ctx, s.read, one[domain.PushID], `SELECT id`+through)
	if err != nil {
		return 0, fmt.Errorf("finish pushes: %w", err)
	}
	done := 0
	for _, id := range ids {
		err := s.inTx(ctx, func(tx *sql.Tx) error {
			n, err := s.end(ctx, tx, id, now, `UPDATE pushes SET state = 'done' WHERE id = $1 AND id IN (SELECT id`+through+`)`, id)
			done += n
			return err
		})
		if err != nil {
			return done, fmt.Errorf("finish push %d: %w", id, err)
		}
	}
	return done, nil
}

// end runs a statement that ends a push if nothing of it waits, after those have
// their turn who are to be told instead of another. The push is held first: what
// a transaction that holds it lets wait, see stopped, is seen by the statement,
// and one that holds it later sees that the push has ended.
func (s *Store) end(ctx context.Context, tx *sql.Tx, push domain.PushID, now time.Time, q string, args ...any) (int, error) {
	if err := s.stepInForOthers(ctx, tx, push, now); err != nil {
		return 0, err
	}
	if _, err := list(ctx, tx, one[domain.PushID], `SELECT id FROM pushes WHERE id = $1`+s.dialect.forUpdate, push); err != nil {
		return 0, err
	}
	return changed(ctx, tx, q, args...)
}
