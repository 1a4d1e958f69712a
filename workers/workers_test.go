package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"policypush/internal/audience"
	"policypush/internal/channel"
	"policypush/internal/channel/app"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/queue"
	"policypush/internal/seal"
	"policypush/internal/storage"
	"policypush/internal/storage/storagetest"
)

// bench is an installation with everything real but the gateways and the
// clock.
type bench struct {
	*Workers
	t       *testing.T
	sms     *gateway
	email   *gateway
	mu      sync.Mutex
	now     time.Time
	sendAt  time.Time // of the next push
	office  domain.Office
	drafter domain.Operator
	second  domain.Operator
}

// noon is a Wednesday at twelve in Shanghai: no quiet hours.
var noon = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchOn(t, "", "")
}

// newBenchOn is newBench on a database and a Redis of its own, where they are
// given.
func newBenchOn(t *testing.T, database, redis string) *bench {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	keys, err := seal.Generate(filepath.Join(dir, "keys"), seal.AES)
	check(t, err)
	if database == "" {
		database = storagetest.SQLite(t)
	}
	store, err := storage.Open(ctx, database, keys)
	check(t, err)
	_, err = store.Migrate(ctx)
	check(t, err)
	q, err := queue.Open(redis)
	check(t, err)
	t.Cleanup(func() {
		check(t, q.Close())
		check(t, store.Close())
	})
	b := &bench{t: t, now: noon, sms: &gateway{}, email: &gateway{}}
	b.Workers = New(Config{
		Store: store, Queue: q, Index: audience.New(), Offers: audience.NewCatalogue(store), Hub: app.NewHub(app.Limits{}),
		Lines: map[domain.ChannelKind]Line{
			domain.SMS:   {Mode: channel.Send, Sender: b.sms, Concurrency: 2},
			domain.Email: {Mode: channel.Send, Sender: b.email, Concurrency: 2},
		},
		Limits: push.DefaultLimits(),
		Roles: func(themes []string) []domain.ContactRole {
			if slices.Contains(themes, "Q01") {
				return []domain.ContactRole{"finance"}
			}
			return nil
		},
		Letterhead: Letterhead{
			Mine:     "https://zc.example/me/policies",
			Policy:   func(id domain.PolicyID) string { return fmt.Sprintf("https://zc.example/policies/%d", id) },
			Question: func(id domain.QuestionID) string { return fmt.Sprintf("https://zc.example/questions/%d", id) },
			Unsubscribe: func(s domain.SubscriberID, _ domain.ContactID, _ domain.ChannelKind) string {
				return fmt.Sprintf("https://zc.example/u/%d", s)
			},
			Sensitive: func(string) bool { return false },
		},
		Clocks: Clocks{DispatchEvery: 10 * time.Millisecond, SweepEvery: time.Second, DeadAfter: 3 * time.Minute, LostAfter: 10 * time.Minute, LeaderFor: time.Minute, KeepVersions: 100 * 24 * time.Hour, KeepDeliveries: 1000 * 24 * time.Hour},
		Log:    slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now:    func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now },
	})
	b.office = domain.Office{Name: "云川县政务公开办", Signature: "云川政策", Region: "330000"}
	check(t, store.SaveOffice(ctx, &b.office))
	b.drafter = domain.Operator{Office: b.office.ID, Login: "d", Name: "林晓", Roles: []domain.Role{domain.Drafter}}
	b.second = domain.Operator{Office: b.office.ID, Login: "a", Name: "周敏", Roles: []domain.Role{domain.Approver}}
	check(t, store.SaveOperator(ctx, &b.drafter))
	check(t, store.SaveOperator(ctx, &b.second))
	return b
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// people adds n residents who want everything by SMS, or as change says.
func (b *bench) people(n int, change func(i int, s *domain.Subscriber)) {
	b.t.Helper()
	all := make([]*domain.Subscriber, n)
	for i := range all {
		all[i] = &domain.Subscriber{
			ExternalID: fmt.Sprintf("R%05d", i), Profile: domain.Profile{Kind: domain.Resident, Region: "330000"},
			Subscription: domain.Subscription{All: true}, Consent: domain.Consent{Version: "1", At: noon.Add(-time.Hour), Source: "test"},
			Contacts: []domain.Contact{{Kind: domain.SMS, Address: fmt.Sprintf("139%08d", i), Verified: true}},
		}
		if change != nil {
			change(i, all[i])
		}
	}
	check(b.t, b.Store.SaveSubscribers(context.Background(), all))
	check(b.t, b.Index.Build(context.Background(), Profiles{b.Store}))
}

func (b *bench) publish(title string) (*domain.Policy, domain.PushID) {
	b.t.Helper()
	return b.publishWith(title, func(*domain.Policy) {})
}

// publishAt is publish for a push that waits for a time.
func (b *bench) publishAt(title string, at time.Time) (*domain.Policy, domain.PushID) {
	b.t.Helper()
	b.sendAt = at
	return b.publish(title)
}

// publishWith is publish for a policy that change has written to.
func (b *bench) publishWith(title string, change func(*domain.Policy)) (*domain.Policy, domain.PushID) {
	b.t.Helper()
	ctx := context.Background()
	p := &domain.Policy{
		Office: b.office.ID, Status: domain.Draft, Title: title, Audience: domain.ForBoth, Text: title, DraftedBy: b.drafter.ID, CreatedAt: noon,
		Measures: []domain.Measure{{ID: "m1", Title: title, Text: title, Who: "全县居民", Benefit: domain.Benefit{Text: "每人100元"}}},
	}
	change(p)
	check(b.t, b.Store.CreatePolicy(ctx, p))
	check(b.t, p.Review(b.drafter, noon))
	check(b.t, b.Store.SavePolicy(ctx, p, domain.Draft))
	check(b.t, p.Approve(b.second, noon))
	check(b.t, b.Store.SavePolicy(ctx, p, domain.Reviewed))
	check(b.t, p.Publish(b.drafter, true, false, noon))
	owed := domain.Push{Policy: p.ID, Version: p.Version, Kind: domain.NewPolicy, State: domain.PushOwed, CreatedBy: b.drafter.ID, CreatedAt: noon, Title: title, SendAt: b.sendAt}
	check(b.t, b.Store.PublishPolicy(ctx, p, &owed))
	return p, owed.ID
}

// publishUrgent is publish for a push that a second person has signed as urgent.
func (b *bench) publishUrgent(title string) domain.PushID {
	b.t.Helper()
	ctx := context.Background()
	p := &domain.Policy{
		Office: b.office.ID, Status: domain.Approved, Title: title, Audience: domain.ForBoth, Text: title, CreatedAt: noon,
		Measures: []domain.Measure{{ID: "m1", Title: title, Text: title}},
	}
	check(b.t, b.Store.CreatePolicy(ctx, p))
	p.Status, p.PublishedAt = domain.Published, b.Now()
	owed := domain.Push{Kind: domain.NewPolicy, CreatedBy: b.drafter.ID, CreatedAt: b.Now(), Urgent: true}
	check(b.t, b.Store.PublishPolicy(ctx, p, &owed))
	check(b.t, owed.Sign(b.second, b.Now()))
	check(b.t, b.Store.SignPush(ctx, owed))
	return owed.ID
}

func (b *bench) planTask(id domain.PushID) error {
	payload, err := json.Marshal(queue.PlanArgs{Push: id})
	check(b.t, err)
	return b.planPush(context.Background(), asynq.NewTask(queue.PlanTask, payload))
}

// deliverTask runs the task of a batch as the queue would.
func (b *bench) deliverTask(ctx context.Context, id domain.BatchID, gen int) error {
	payload, err := json.Marshal(queue.DeliverArgs{Batch: id, Gen: gen})
	check(b.t, err)
	return b.deliver(ctx, asynq.NewTask(queue.DeliverTask, payload))
}

// due lists what the dispatcher would hand out now.
func (b *bench) due() []domain.Batch {
	b.t.Helper()
	batches, err := b.Store.DueBatches(context.Background(), b.Now(), 1000)
	check(b.t, err)
	return batches
}

// deliverDue hands out and delivers every batch that is due.
func (b *bench) deliverDue() error {
	b.t.Helper()
	ctx := context.Background()
	for _, batch := range b.due() {
		check(b.t, b.Store.MarkQueued(ctx, batch.ID, batch.Gen, b.Now()))
		if err := b.deliverTask(ctx, batch.ID, batch.Gen); err != nil {
			return err
		}
	}
	return nil
}

// states counts the deliveries of a push by "state reason".
func (b *bench) states(id domain.PushID) string {
	b.t.Helper()
	ctx := context.Background()
	counts, err := b.Store.PushCounts(ctx, id)
	check(b.t, err)
	reasons, err := b.Store.Reasons(ctx, id)
	check(b.t, err)
	n := map[string]int{}
	for _, states := range counts {
		for state, many := range states {
			n[string(state)] += many
		}
	}
	for _, r := range reasons {
		if r.Reason != "" {
			n[string(r.State)] -= r.N
			n[fmt.Sprintf("%s %s", r.State, r.Reason)] += r.N
		}
	}
	maps.DeleteFunc(n, func(_ string, many int) bool { return many == 0 })
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%s: %d", key, n[key]))
	}
	return strings.Join(parts, ", ")
}

func (b *bench) expect(id domain.PushID, want string) {
	b.t.Helper()
	if got := b.states(id); got != want {
		b.t.Errorf("deliveries are\n%s, want\n%s", got, want)
	}
}

// gateway answers as it is told and remembers everything it was given.
type gateway struct {
	mu     sync.Mutex
	got    []channel.Message
	answer func(m channel.Message) channel.Result // nil accepts
	reach  int                                    // closes there when so many have come
	there  chan struct{}
}

// Send implements channel.Sender.
func (g *gateway) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	g.mu.Lock()
	defer g.mu.Unlock()
	results := make([]channel.Result, len(ms))
	for i, m := range ms {
		if ctx.Err() != nil {
			results[i] = channel.Result{Ref: m.Ref, Class: channel.Retry}
			continue
		}
		g.got = append(g.got, m)
		results[i] = channel.Result{Class: channel.Accepted, GatewayRef: "g" + m.Ref}
		if g.answer != nil {
			results[i] = g.answer(m)
		}
		results[i].Ref = m.Ref
	}
	if g.there != nil && len(g.got) >= g.reach {
		close(g.there)
		g.there = nil
	}
	return results
}

// Close implements channel.Sender.
func (g *gateway) Close() error { return nil }

// refs counts how often each reference was sent.
func (g *gateway) refs() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := map[string]int{}
	for _, m := range g.got {
		n[m.Ref]++
	}
	return n
}
