package storagetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// forgetsMonths: of a month whose time is over nothing is left but the sums, and
// where deliveries stand in parts theirs is gone as a whole.
func forgetsMonths(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	parted := s.Dialect() == "postgres"
	all := people(t, s, 30)
	parts := func(what string, want ...int) {
		t.Helper()
		if !parted {
			return
		}
		var there []int
		rows := got(raw(t, url).QueryContext(ctx, `SELECT from_push FROM delivery_parts ORDER BY 1`))(t)
		for rows.Next() {
			var from, tables int
			must(t, rows.Scan(&from))
			there = append(there, from)
			must(t, raw(t, url).QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE c.relkind = 'r' AND c.relname IN ($1, $2)`,
				fmt.Sprint("deliveries_part_", from), fmt.Sprint("delivery_events_part_", from)).Scan(&tables))
			equal(t, "tables of a part", tables, 2)
		}
		must(t, rows.Err())
		equal(t, what, fmt.Sprint(there), fmt.Sprint(want))
	}
	send := func(title string, at time.Time, end bool) domain.PushID {
		t.Helper()
		_, push := published(t, s, title)
		_, err := raw(t, url).ExecContext(ctx, `UPDATE pushes SET created_at = $1 WHERE id = $2`, at.UnixMicro(), push.ID)
		must(t, err)
		for _, b := range planned(t, s, push.ID, waiting(all, 0)) {
			if b.Push != push.ID || !end {
				continue
			}
			var outcomes []storage.Outcome
			for _, o := range sendBatch(t, s, b) {
				outcomes = append(outcomes, storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, At: at, GatewayRef: "g", Gateway: "kannel"})
			}
			must(t, s.RecordOutcomes(ctx, outcomes))
		}
		must(t, s.SaveOutbox(ctx, storage.OutboxEntry{At: at, Delivery: got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)[0].ID, Channel: domain.SMS}))
		got(s.FinishPushes(ctx, at))(t)
		return push.ID
	}
	left := func(push domain.PushID) int {
		t.Helper()
		return len(got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push, Limit: 100}))(t))
	}
	counts := func(table string) (n int) {
		t.Helper()
		must(t, raw(t, url).QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&n))
		return n
	}

	must(t, s.PrepareParts(ctx, morning))
	november := []domain.PushID{send("十一月", morning, true), send("十一月的另一次", morning.Add(72*time.Hour), true)}
	must(t, s.PrepareParts(ctx, morning.Add(96*time.Hour)))
	parts("in November", 1, 16384)
	december := time.Date(2026, 11, 30, 16, 30, 0, 0, time.UTC) // by the clock of the readers
	must(t, s.PrepareParts(ctx, december))
	must(t, s.PrepareParts(ctx, december.Add(time.Minute)))
	parts("in December", 1, 16384, 32768)
	kept := send("十二月", december, true)
	equal(t, "the first push of a month begins a part", kept >= 16384, parted)

	gone := func(before time.Time) (pushes int) {
		t.Helper()
		_, pushes, err := s.ForgetDeliveries(ctx, before, 100000, 100)
		must(t, err)
		return pushes
	}
	if parted { // the other one waits for it
		equal(t, "while the month is young", gone(morning.Add(24*time.Hour)), 0)
		equal(t, "of the first", left(november[0]), 30)
	}
	equal(t, "pushes of November", gone(morning.Add(100*time.Hour)), 2)
	parts("after November", 16384, 32768)
	for _, id := range november {
		equal(t, "left of November", left(id), 0)
		n, _ := sum(t, s, id)
		equal(t, "the sums stay", n, 30)
		equal(t, "forgotten", got(s.Push(ctx, id))(t).ForgottenAt.IsZero(), false)
	}
	equal(t, "left of December", left(kept), 30)
	address := all[0].Contacts[0].ID
	equal(t, "what somebody got lately", got(s.SentSince(ctx, []domain.ContactID{address}, morning, morning))(t)[address], 1)
	equal(t, "history", counts("delivery_events"), 30)
	equal(t, "outbox", counts("outbox"), 1)
	equal(t, "pace", counts("push_pace") > 0, true)
	counted(t, s)

	// What is not over keeps its part for a while, but nobody else's data for good.
	open := send("还没发完", december.AddDate(0, 0, 1), false)
	january := december.AddDate(0, 1, 1)
	must(t, s.PrepareParts(ctx, january))
	send("一月", january, true)
	past := december.Add(time.Hour)
	if parted {
		equal(t, "beside a push that is not over", gone(past), 0)
		equal(t, "of it", left(kept), 30)
		past = past.AddDate(0, 0, 32)
	}
	equal(t, "and a month later", gone(past), 1)
	equal(t, "left of December", left(kept), 0)
	equal(t, "of what is not over", left(open), 30)
	counted(t, s)

	if !parted {
		return
	}
	// So many first digests at once that nothing was made ahead: each planner
	// finds or makes its part.
	_, err := raw(t, url).ExecContext(ctx, `SELECT setval('pushes_id_seq', 100000, false)`)
	must(t, err)
	var planners sync.WaitGroup
	for i := range 4 {
		_, push := published(t, s, fmt.Sprint("突然很多", i))
		planners.Go(func() {
			if err := s.PlanDeliveries(ctx, push.ID, all[29].ID, waiting(all, 0), january); err != nil {
				t.Error(err)
			}
			if n := left(push.ID); n != 30 {
				t.Errorf("%d deliveries", n)
			}
		})
	}
	planners.Wait()
	parts("on demand", 16384, 32768, 49152, 98304)
}
