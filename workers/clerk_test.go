package workers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// clerk is a gateway that keeps a count and can be asked.
type clerk struct {
	gateway
	fates   map[string]channel.Fate
	told    []channel.Fate // besides
	asked   []channel.Inquiry
	tallies []channel.Tally
	broken  error

	statements int // it was asked for
}

// Query implements channel.Querier.
func (c *clerk) Query(_ context.Context, asked []channel.Inquiry) ([]channel.Fate, error) {
	c.asked = append(c.asked, asked...)
	var fates []channel.Fate
	for _, a := range asked {
		if f, known := c.fates[a.Ref]; known {
			f.Ref = a.Ref
			fates = append(fates, f)
		}
	}
	return append(fates, c.told...), c.broken
}

// Statement implements channel.Accountant.
func (c *clerk) Statement(context.Context, time.Time, time.Time) ([]channel.Tally, error) {
	c.statements++
	return c.tallies, c.broken
}

// withClerk puts a clerk behind the SMS channel.
func (b *bench) withClerk() *clerk {
	c := &clerk{fates: map[string]channel.Fate{}}
	line := b.Lines[domain.SMS]
	line.Sender = c
	b.Lines[domain.SMS] = line
	return c
}

func TestDoubtIsSettledByAskingAndNeverBySending(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(4, nil)
	c := b.withClerk()
	c.answer = func(channel.Message) channel.Result { return channel.Result{Class: channel.Unknown, Gateway: "aliyun"} }
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	b.expect(id, "unknown no-answer: 4")
	check(t, b.askGateways(ctx))
	if len(c.asked) != 0 {
		t.Errorf("asked at once: %v", c.asked)
	}
	c.fates[c.got[0].Ref] = channel.Fate{State: domain.Delivered, GatewayRef: "g1", Note: "DELIVRD"}
	c.fates[c.got[1].Ref] = channel.Fate{State: domain.Failed, Code: "1", Note: "空号", BadAddress: true}
	c.fates[c.got[2].Ref] = channel.Fate{} // it cannot tell yet
	b.pass(2 * time.Minute)
	check(t, b.askGateways(ctx))
	b.expect(id, "delivered: 1, failed undelivered:1: 1, unknown no-answer: 2")
	if a := c.asked[0]; a.Gateway != "aliyun" || a.To == "" || a.At.IsZero() {
		t.Errorf("it was asked about %+v", a)
	}
	asked := len(c.asked)
	check(t, b.askGateways(ctx))
	if len(c.asked) != asked {
		t.Error("it is asked again at once")
	}
	b.pass(time.Hour)
	c.broken = fmt.Errorf("connection refused")
	check(t, b.askGateways(ctx))
	if len(c.asked) != asked+2 {
		t.Errorf("it is asked about %d more, want 2", len(c.asked)-asked)
	}
	b.pass(domain.DoubtFor)
	check(t, b.askGateways(ctx))
	if len(c.asked) != asked+2 {
		t.Error("it is asked after three days")
	}
	if len(c.got) != 4 {
		t.Errorf("%d were sent", len(c.got))
	}
}

// TestWhoHadALostMessageIsKnownFromItsAnswer: a worker died with it, so that
// nobody knows which of the gateways had it, until one says so. One that did not
// take it says nothing against another that did.
func TestWhoHadALostMessageIsKnownFromItsAnswer(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(1, nil)
	c := b.withClerk()
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	due, err := b.Store.DueBatches(ctx, b.Now(), 10)
	check(t, err)
	claimed, err := b.Store.ClaimDeliveries(ctx, due[0].ID, due[0].Gen, 10, b.Now())
	check(t, err)
	b.pass(b.Clocks.LostAfter + time.Second)
	check(t, b.sweep(ctx))
	b.expect(id, "unknown lost-worker: 1")
	d := claimed[0].Deliveries[0]
	c.told = []channel.Fate{
		{Ref: d.ClientRef(), State: domain.Failed, Gateway: "kannel", Code: "MN:0001"},
		{Ref: d.ClientRef(), State: domain.Delivered, Gateway: "aliyun", GatewayRef: "g1"},
		{Ref: d.ClientRef(), State: domain.Failed, Gateway: "tencent"},
	}
	b.pass(24 * time.Hour)
	check(t, b.askGateways(ctx))
	b.expect(id, "delivered: 1")
	c.tallies = []channel.Tally{{Gateway: "aliyun", Accepted: 1}}
	check(t, b.compareDays(ctx))
	found, err := b.Store.Statements(ctx, "2026-01-01")
	check(t, err)
	if len(found) != 1 || found[0].Gateway != "aliyun" || found[0].Accepted != 1 || !found[0].Agrees() {
		t.Errorf("the day of the message is not told from that of the answer: %+v", found)
	}
}

func TestADayIsComparedWithTheGateway(t *testing.T) {
	for name, tt := range map[string]struct {
		theirs []channel.Tally
		broken error
		agrees bool
		note   string
	}{
		"the same":               {[]channel.Tally{{Gateway: "aliyun", Accepted: 8}}, nil, true, ""},
		"with what is in doubt":  {[]channel.Tally{{Gateway: "aliyun", Accepted: 9, Receipts: true, Delivered: 7}}, nil, true, ""},
		"one too many":           {[]channel.Tally{{Gateway: "aliyun", Accepted: 11}}, nil, false, ""},
		"one too few":            {[]channel.Tally{{Gateway: "aliyun", Accepted: 7}}, nil, false, ""},
		"one we know nothing of": {[]channel.Tally{{Gateway: "aliyun", Accepted: 8}, {Gateway: "tencent", Accepted: 1}}, nil, false, ""},
		"parts of long texts":    {[]channel.Tally{{Gateway: "aliyun", Accepted: 24, Parts: true}}, nil, true, inParts},
		"a part too few":         {[]channel.Tally{{Gateway: "aliyun", Accepted: 23, Parts: true}}, nil, false, inParts},
		"parts in doubt":         {[]channel.Tally{{Gateway: "aliyun", Accepted: 30, Parts: true}}, nil, true, inParts},
		"it keeps no count":      {nil, nil, true, NotCounted},
		"it does not say":        {nil, fmt.Errorf("refused"), true, notTold + "：refused"},
	} {
		t.Run(name, func(t *testing.T) {
			b, ctx := newBench(t), t.Context()
			b.people(10, nil)
			c := b.withClerk()
			n, units := 0, 1
			if tt.note == inParts {
				units = 3
			}
			c.answer = func(channel.Message) channel.Result {
				if n++; n > 8 {
					return channel.Result{Class: channel.Unknown, Gateway: "aliyun", Units: units}
				}
				return channel.Result{Class: channel.Accepted, Gateway: "aliyun", Units: units}
			}
			_, id := b.publish("关于发放居民消费券的通知")
			check(t, b.planTask(id))
			check(t, b.deliverDue())
			c.tallies, c.broken = tt.theirs, tt.broken
			b.pass(13 * time.Hour) // one in the morning: gateways have not closed their day
			check(t, b.compareDays(ctx))
			if found, err := b.Store.Statements(ctx, "2026-01-01"); err != nil || len(found) != 0 {
				t.Fatalf("compared too early: %v, %v", found, err)
			}
			b.pass(6 * time.Hour)
			check(t, b.compareDays(ctx))
			found, err := b.Store.Statements(ctx, "2026-01-01")
			check(t, err)
			agrees := true
			for _, s := range found {
				agrees = agrees && s.Agrees()
				if s.Day != "2026-11-25" || s.Note != tt.note {
					t.Errorf("statement %+v", s)
				}
			}
			if len(found) == 0 || agrees != tt.agrees {
				t.Errorf("agrees: %v, want %v: %+v", agrees, tt.agrees, found)
			}
			if found[0].Accepted != 8*units || found[0].InDoubt != 2*units {
				t.Errorf("ours is %+v", found[0])
			}
		})
	}
}

// TestADayThatWasMissedIsComparedWithinAWeek: nobody was there the morning after,
// or the gateway did not answer then.
func TestADayThatWasMissedIsComparedWithinAWeek(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(2, nil)
	c := b.withClerk()
	c.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Accepted, Gateway: "aliyun"}
	}
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	compared := func() string {
		t.Helper()
		check(t, b.compareDays(ctx))
		found, err := b.Store.Statements(ctx, "2026-11-01")
		check(t, err)
		var days []string
		for _, s := range found {
			if s.Compared() {
				days = append(days, s.Day)
			}
		}
		return strings.Join(days, " ")
	}
	c.broken = fmt.Errorf("refused")
	b.pass(3 * 24 * time.Hour) // nobody was there
	if got := compared(); got != "" || c.statements != 1 {
		t.Errorf("compared %q, asked %d times of a gateway that does not answer", got, c.statements)
	}
	c.broken, c.tallies = nil, []channel.Tally{{Gateway: "aliyun", Accepted: 2}}
	if got := compared(); got != "" {
		t.Errorf("compared %q within the hour", got)
	}
	b.pass(statementPast)
	if got := compared(); got != "2026-11-27 2026-11-26 2026-11-25" {
		t.Errorf("compared %q", got)
	}
	asked := c.statements
	b.pass(statementPast)
	if compared(); c.statements != asked {
		t.Errorf("asked %d times more", c.statements-asked)
	}
	b.pass(5 * 24 * time.Hour) // of days that are past, and no more than were
	if got := compared(); got != "2026-12-02 2026-12-01 2026-11-30 2026-11-29 2026-11-28 2026-11-27 2026-11-26 2026-11-25" {
		t.Errorf("compared %q", got)
	}

	// Of a new channel, only yesterday.
	b = newBench(t)
	c = b.withClerk()
	b.pass(24 * time.Hour)
	check(t, b.compareDays(ctx))
	if c.statements != 1 {
		t.Errorf("a channel that handed nothing on is asked about %d days", c.statements)
	}
}

func TestTheHistoryNamesTheGateway(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	b.people(1, nil)
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Retry, Gateway: "aliyun", Note: "refused"}
	}
	check(t, b.deliverDue())
	b.sms.answer = func(channel.Message) channel.Result {
		return channel.Result{Class: channel.Accepted, Gateway: "tencent", GatewayRef: "t1"}
	}
	b.pass(time.Hour)
	check(t, b.deliverDue())
	rows, err := b.Store.Deliveries(ctx, storage.DeliveryFilter{Push: id})
	check(t, err)
	events, err := b.Store.DeliveryEvents(ctx, rows[0].ID)
	check(t, err)
	if len(events) != 2 || events[0].Gateway != "aliyun" || events[1].Gateway != "tencent" || rows[0].Gateway != "tencent" {
		t.Errorf("history is %+v", events)
	}
}
