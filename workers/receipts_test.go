package workers

import (
	"log/slog"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
)

func TestReceiptsFromEveryWayIn(t *testing.T) {
	report := func(change func(*sms.Report)) sms.Report {
		r := sms.Report{Provider: "tencent", GatewayRef: "g1", Phone: "13900000000", State: domain.Delivered, Code: "DELIVRD"}
		if change != nil {
			change(&r)
		}
		return r
	}
	for name, tt := range map[string]struct {
		report  sms.Report
		early   bool // before the outcome is recorded
		want    string
		stopped bool // nothing goes to this number any more
	}{
		"delivered":                        {report(nil), false, "delivered: 1", false},
		"delivered, before the outcome":    {report(nil), true, "delivered: 1", false},
		"not reached":                      {report(func(r *sms.Report) { r.State, r.Code = domain.Failed, "EXPIRED" }), false, "failed undelivered:EXPIRED: 1", false},
		"no such number":                   {report(func(r *sms.Report) { r.State, r.Code, r.BadAddress = domain.Failed, "MK:0001", true }), false, "failed refused:MK:0001: 1", true},
		"no such number, before":           {report(func(r *sms.Report) { r.State, r.Code, r.BadAddress = domain.Failed, "MK:0001", true }), true, "failed refused:MK:0001: 1", true},
		"of another number":                {report(func(r *sms.Report) { r.Phone, r.State, r.BadAddress = "13911111111", domain.Failed, true }), false, "accepted: 1", false},
		"of another message":               {report(func(r *sms.Report) { r.GatewayRef, r.State = "g2", domain.Failed }), false, "accepted: 1", false},
		"of a code for signing in":         {report(func(r *sms.Report) { r.Ref, r.State = "cABC", domain.Failed }), false, "accepted: 1", false},
		"a dead number of another message": {report(func(r *sms.Report) { r.GatewayRef, r.State, r.BadAddress = "g2", domain.Failed, true }), false, "accepted: 1", false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.people(1, nil)
			sink := Receipts{Store: b.Store, Log: slog.New(slog.DiscardHandler), Now: b.Now}
			_, id := b.publish("关于发放居民消费券的通知")
			check(t, b.planTask(id))
			b.sms.answer = func(channel.Message) channel.Result {
				if tt.early {
					check(t, sink.Report(t.Context(), tt.report))
				}
				return channel.Result{Class: channel.Accepted, Gateway: "tencent", GatewayRef: "g1"}
			}
			check(t, b.deliverDue())
			for range 2 { // they repeat themselves
				if !tt.early {
					check(t, sink.Report(t.Context(), tt.report))
				}
			}
			check(t, b.sweep(t.Context()))
			b.expect(id, tt.want)
			b.pass(48 * time.Hour)
			stops, err := b.Store.Subscriber(t.Context(), 1)
			check(t, err)
			if got := stops.Contacts[0].Suppressed != ""; got != tt.stopped {
				t.Errorf("stopped: %v, %+v", got, stops.Contacts[0])
			}
		})
	}
}

func TestRepliesStopTheNumberAtOnce(t *testing.T) {
	b := newBench(t)
	b.people(2, nil)
	sink := Receipts{Store: b.Store, Log: slog.New(slog.DiscardHandler), Now: b.Now}
	check(t, sink.Reply(t.Context(), sms.Reply{From: "13900000000", Text: "TD", Stop: true}))
	check(t, sink.Reply(t.Context(), sms.Reply{From: "13900000001", Text: "怎么办理"}))
	replies, err := b.Store.Replies(t.Context(), 10)
	check(t, err)
	if len(replies) != 1 || replies[0].Text != "怎么办理" || replies[0].AddressMasked == "13900000001" {
		t.Errorf("%+v", replies)
	}
	check(t, b.Index.Build(t.Context(), Profiles{b.Store})) // as a process follows the change
	_, id := b.publish("关于发放居民消费券的通知")
	check(t, b.planTask(id))
	check(t, b.deliverDue())
	if len(b.sms.got) != 1 || b.sms.got[0].To != "13900000001" {
		t.Errorf("%+v", b.sms.got)
	}
}
