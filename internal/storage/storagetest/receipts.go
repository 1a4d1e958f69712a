package storagetest

import (
	"fmt"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func checksReceiptAddress(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 2)
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(all, 0))[0])
	id := out[0].Deliveries[0].ID
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: id, State: domain.Accepted, GatewayRef: "g1", At: morning}}))
	mine, other := all[0].Contacts[0].Address, all[1].Contacts[0].Address
	for _, r := range []storage.Receipt{
		{Delivery: id, Address: other, State: domain.Failed, At: morning},
		{Channel: domain.SMS, GatewayRef: "g1", Address: other, State: domain.Failed, At: morning},
	} {
		wantKind(t, s.RecordReceipt(ctx, r), domain.NotFound)
	}
	equal(t, "state after receipts of strangers", got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)[1].State, domain.Accepted)
	must(t, s.RecordReceipt(ctx, storage.Receipt{Channel: domain.SMS, GatewayRef: "g1", Address: "+86 " + mine, State: domain.Delivered, At: morning}))
	equal(t, "state", got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)[1].State, domain.Delivered)
}

// settlesUnnumbered: a number that a gateway gives with the receipt is that of
// the only message to the address without one. While several are open, the
// receipt stands in the history of each; as many receipts that agree settle all.
func settlesUnnumbered(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 2)
	at := morning
	send := func(titles ...string) (ids []domain.DeliveryID) { // to the first of them
		t.Helper()
		for _, title := range titles {
			_, push := published(t, s, title)
			at = at.Add(time.Minute)
			b := planned(t, s, push.ID, waiting(all, 0))[0]
			must(t, s.MarkQueued(ctx, b.ID, b.Gen, at))
			for _, o := range got(s.ClaimDeliveries(ctx, b.ID, b.Gen, domain.MaxBatch, at))(t) {
				if d := o.Deliveries[0]; d.Subscriber == all[0].ID {
					ids = append(ids, d.ID)
				}
				must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: o.Deliveries[0].ID, State: domain.Accepted, Gateway: "wechat", At: at}}))
			}
		}
		return ids
	}
	states := func(what string, ids []domain.DeliveryID, want ...domain.DeliveryState) {
		t.Helper()
		var of []domain.DeliveryState
		for _, id := range ids {
			for _, d := range got(s.Deliveries(ctx, storage.DeliveryFilter{Push: id.Push()}))(t) {
				if d.ID == id {
					of = append(of, d.State)
				}
			}
		}
		equal(t, what, fmt.Sprint(of), fmt.Sprint(want))
	}
	receipt := func(number string, state domain.DeliveryState) storage.Receipt {
		at = at.Add(time.Second)
		return storage.Receipt{Channel: domain.SMS, Gateway: "wechat", GatewayRef: number, Address: all[0].Contacts[0].Address, State: state, At: at, Unnumbered: true}
	}
	one := send("稳岗返还")
	numbered := receipt("m1", domain.Delivered)
	numbered.Unnumbered = false
	wantKind(t, s.RecordReceipt(ctx, numbered), domain.NotFound) // of a gateway that numbers its messages
	m1 := receipt("m1", domain.Delivered)
	for range 2 { // gateways repeat themselves
		must(t, s.RecordReceipt(ctx, m1))
		states("the only one", one, domain.Delivered)
	}
	wantKind(t, s.RecordReceipt(ctx, receipt("m2", domain.Failed)), domain.NotFound)
	must(t, s.KeepReceipt(ctx, receipt("m2", domain.Delivered))) // older than what follows: of none of it

	two := send("创业补贴", "以工代训")
	m3, m4 := receipt("m3", domain.Delivered), receipt("m4", domain.Delivered)
	for range 2 {
		must(t, s.RecordReceipt(ctx, m3))
		must(t, s.RecordReceipt(ctx, m1))
		states("one receipt, two messages", two, domain.Accepted, domain.Accepted)
	}
	for _, id := range two {
		events := got(s.DeliveryEvents(ctx, id))(t)
		last := events[len(events)-1]
		equal(t, "history", fmt.Sprint(len(events), last.State, last.Note, last.Gateway), "2accepted"+"回执m3：已送达，不知是2条中的哪一条"+"wechat")
	}
	for range 2 {
		must(t, s.RecordReceipt(ctx, m4))
		must(t, s.RecordReceipt(ctx, m3))
		states("two receipts, two messages", two, domain.Delivered, domain.Delivered)
	}

	three := send("失业保险", "社保补贴")
	must(t, s.RecordReceipt(ctx, receipt("m5", domain.Delivered)))
	must(t, s.RecordReceipt(ctx, receipt("m6", domain.Failed)))
	states("receipts that differ", three, domain.Accepted, domain.Accepted)
	at = at.Add(73 * time.Hour) // nobody waits for a receipt of them any more
	four := send("高温津贴")
	must(t, s.RecordReceipt(ctx, receipt("m7", domain.Failed)))
	states("later", append(three, four...), domain.Accepted, domain.Accepted, domain.Failed)
	counted(t, s)
	equal(t, "accepted", got(s.HandedOn(ctx, "2026-11-23", domain.SMS))(t)["wechat"].Accepted, 10) // to both
}

func settlesEarlyReceipts(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 2)
	out := sendBatch(t, s, planned(t, s, push.ID, waiting(all, 0))[0])
	id := out[0].Deliveries[0].ID
	early := storage.Receipt{Channel: domain.SMS, GatewayRef: "g1", Address: all[0].Contacts[0].Address, State: domain.Delivered, At: morning.Add(time.Second)}
	wantKind(t, s.RecordReceipt(ctx, early), domain.NotFound)
	stranger := early
	stranger.Address, stranger.State = all[1].Contacts[0].Address, domain.Failed
	for range 2 { // gateways repeat themselves
		must(t, s.KeepReceipt(ctx, early))
		must(t, s.KeepReceipt(ctx, stranger))
	}
	equal(t, "settled before the number is known", len(got(s.SettleEarly(ctx, 100, morning))(t)), 0)
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: id, State: domain.Accepted, GatewayRef: "g1", At: morning.Add(2 * time.Second)}}))
	settled := got(s.SettleEarly(ctx, 100, morning))(t)
	if len(settled) != 1 || settled[0].Delivery != id {
		t.Errorf("settled %v, want %d", settled, id)
	}
	rows := got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push.ID}))(t)
	equal(t, "state", rows[1].State, domain.Delivered)
	equal(t, "ended", rows[1].EndedAt, morning.Add(time.Second))
	equal(t, "settled again", len(got(s.SettleEarly(ctx, 100, morning))(t)), 0)

	// What waits in vain is forgotten after three days.
	equal(t, "settled late", len(got(s.SettleEarly(ctx, 100, morning.Add(73*time.Hour)))(t)), 0)
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{{Delivery: out[1].Deliveries[0].ID, State: domain.Accepted, GatewayRef: "g1", At: morning}}))
	equal(t, "settled by what was forgotten", len(got(s.SettleEarly(ctx, 100, morning))(t)), 0)
}

func settlesDigestReceipts(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 2)
	for _, title := range []string{"稳岗返还", "创业补贴"} {
		_, push := published(t, s, title)
		ds := waiting(all, 1)
		for i := range ds {
			ds[i].Reason = domain.ReasonDigest
		}
		planned(t, s, push.ID, ds)
	}
	out := sendBatch(t, s, got(s.DueBatches(ctx, morning, 10))(t)[0])
	equal(t, "messages", len(out), 2)
	equal(t, "in the first", len(out[0].Deliveries), 2)
	var outcomes []storage.Outcome
	for _, o := range out {
		for i, d := range o.Deliveries { // a relay gives no number
			outcomes = append(outcomes, storage.Outcome{Delivery: d.ID, Claimed: d, State: domain.Accepted, Joined: i > 0, At: morning})
		}
	}
	must(t, s.RecordOutcomes(ctx, outcomes))
	must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: out[0].Deliveries[1].ID, State: domain.Delivered, At: morning}))
	for i, state := range []domain.DeliveryState{domain.Delivered, domain.Accepted} {
		for _, d := range got(s.Deliveries(ctx, storage.DeliveryFilter{Subscriber: all[i].ID}))(t) {
			equal(t, "state", d.State, state)
		}
	}
	counted(t, s)
}

// looksForNumbersWhereTheyAre: a receipt by the gateway's number means what was
// handed over lately, in whichever month its push began; one by our own
// reference is never too late. A digest over the end of a month is one message.
func looksForNumbersWhereTheyAre(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 3)
	must(t, s.PrepareParts(ctx, morning))
	december := time.Date(2026, 11, 30, 16, 30, 0, 0, time.UTC) // by the clock of the readers
	plan := func(title string, at time.Time, reason domain.Reason) domain.PushID {
		t.Helper()
		_, push := published(t, s, title)
		_, err := raw(t, url).ExecContext(ctx, `UPDATE pushes SET created_at = $1 WHERE id = $2`, at.UnixMicro(), push.ID)
		must(t, err)
		ds := waiting(all, 0)
		for i := range ds {
			ds[i].Reason = reason
		}
		planned(t, s, push.ID, ds)
		return push.ID
	}
	hand := func(push domain.PushID, at time.Time, number string) (sent []domain.DeliveryID) {
		t.Helper()
		var outcomes []storage.Outcome
		for _, b := range got(s.DueBatches(ctx, morning, 10))(t) {
			if b.Push != push {
				continue
			}
			for i, o := range sendBatch(t, s, b) {
				sent = append(sent, o.Deliveries[0].ID)
				for k, d := range o.Deliveries {
					outcomes = append(outcomes, storage.Outcome{
						Delivery: d.ID, Claimed: d, State: domain.Accepted, GatewayRef: fmt.Sprint(number, i), Gateway: "cmpp", Joined: k > 0, At: at,
					})
				}
			}
		}
		must(t, s.RecordOutcomes(ctx, outcomes))
		return sent
	}
	state := func(id domain.DeliveryID) domain.DeliveryState {
		t.Helper()
		for _, d := range got(s.Deliveries(ctx, storage.DeliveryFilter{Push: id.Push()}))(t) {
			if d.ID == id {
				return d.State
			}
		}
		return ""
	}
	by := func(number string, at time.Time) error {
		return s.RecordReceipt(ctx, storage.Receipt{Channel: domain.SMS, GatewayRef: number, State: domain.Delivered, At: at})
	}
	old := hand(plan("十一月", morning, domain.ReasonNone), morning, "a")
	waits := plan("汇总之一", morning, domain.ReasonDigest)
	must(t, s.PrepareParts(ctx, december)) // the next push begins another part
	next := plan("汇总之二", december, domain.ReasonDigest)
	equal(t, "in another month", next >= 16384, s.Dialect() == "postgres")
	must(t, by("a0", morning.Add(5*24*time.Hour)))
	equal(t, "five days later", state(old[0]), domain.Delivered)

	digest := hand(waits, december, "b")
	equal(t, "digests", len(digest), 3)
	must(t, by("b1", december.Add(time.Hour)))
	for _, push := range []domain.PushID{waits, next} {
		told := map[domain.DeliveryState]int{}
		for _, d := range got(s.Deliveries(ctx, storage.DeliveryFilter{Push: push}))(t) {
			told[d.State]++
		}
		equal(t, "of a digest over two months", fmt.Sprint(told), "map[accepted:2 delivered:1]")
	}
	late := december.Add(20 * 24 * time.Hour)
	hand(plan("十二月", late, domain.ReasonNone), late, "c")
	must(t, by("c0", late.Add(time.Minute)))
	wantKind(t, by("a1", late.Add(time.Minute)), domain.NotFound) // long over
	must(t, s.RecordReceipt(ctx, storage.Receipt{Delivery: old[2], State: domain.Failed, At: late}))
	equal(t, "by our reference", state(old[2]), domain.Failed)
	counted(t, s)
}
