package storagetest

import (
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
