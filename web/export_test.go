package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// TestAnExportSaysWhyEachMessageCame: what nobody subscribed to is not said to
// come of a subscription.
func TestAnExportSaysWhyEachMessageCame(t *testing.T) {
	for name, tt := range map[string]struct {
		kind    domain.PushKind
		verdict domain.Verdict
		want    string
	}{
		"a policy":              {domain.NewPolicy, domain.Likely, "订阅的主题里，这份政策适用可能性高"},
		"one that may apply":    {domain.NewPolicy, domain.Possible, "订阅的主题里，这份政策可能适用，有的资料不全"},
		"a reminder":            {domain.Reminder, domain.Likely, "订阅的主题里，这份政策适用可能性高，快到截止时间，没有标为已办理或与我无关"},
		"a withdrawal":          {domain.WithdrawalNotice, domain.Likely, "收到过的政策已撤回"},
		"a correction":          {domain.CorrectionNotice, domain.Possible, "收到过的内容有更正"},
		"all that is in force":  {domain.FirstPush, domain.Likely, "刚订阅，汇总现有的政策"},
		"an answer to question": {domain.AnswerPush, domain.Likely, "提过的问题有了答复"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := whySent(tt.kind, tt.verdict); got != tt.want {
				t.Errorf("%s", got)
			}
		})
	}
}

// TestAnExportHoldsTheInboxWithReasons: an officer and the person get every
// message of the inbox too, with why it came and when it was read.
func TestAnExportHoldsTheInboxWithReasons(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	b := site.browser()
	id := b.subscribe("13900000053")
	site.publish(id)
	if err := site.Store.MarkInbox(ctx, id, 1, "read", site.now); err != nil {
		t.Fatal(err)
	}
	b.get("/me/export").at("/me/export", 200)
	officer := site.as("drafter")
	person := fmt.Sprintf("/console/subscribers/%d", id)
	officer.get(person).at(person, 200, "站内消息", "云川县支持技术改造若干措施", "共1条", "打开</span>")
	officer.get(fmt.Sprintf("/console/subscribers/%d", id)).post(fmt.Sprintf("/console/subscribers/%d/export", id), url.Values{})
	for who, body := range map[string]string{"the person": b.body, "an officer": officer.body} {
		var out struct {
			Inbox []inboxMessage `json:"inbox"`
		}
		if err := json.Unmarshal([]byte(body), &out); err != nil {
			t.Fatal(err)
		}
		if len(out.Inbox) != 1 {
			t.Fatalf("%s gets %s", who, body)
		}
		m := out.Inbox[0]
		if !strings.HasPrefix(m.Policy, "云川县支持技术改造若干措施") || m.Kind != "政策推送" || !m.Read || m.ReadAt != stamp(site.now) || m.DismissedAt != "" {
			t.Errorf("%s gets %+v", who, m)
		}
		want := []sentReason{{"是企业", "企业", "对得上"}, {"从业人数不超过300人", "86人", "对得上"}}
		if !slices.Equal(m.Why.Reasons, want) || !slices.Equal(m.Why.Interests, []string{"所有可能适用的政策"}) || m.Why.Note != "" {
			t.Errorf("%s gets the reasons %+v", who, m.Why)
		}
	}
}

// TestAnExportIsWhole: it reaches further back than the inbox, and of each
// delivery, however many there are, it says what, why, when and with which
// receipt.
func TestAnExportIsWhole(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	b := site.browser()
	id := b.subscribe("13900000053")
	person, err := site.Store.Subscriber(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	policy := site.publish(id)
	const pushes = inboxDepth + 250 // more than are read at a time too
	for i := range pushes {
		p := &domain.Push{Policy: policy.ID, Version: policy.Version, Kind: domain.Reminder, CreatedAt: site.now, Deadline: "2026-12-10", DaysLeft: i + 1}
		if owed, err := site.Store.OweReminder(ctx, policy, p); err != nil || !owed {
			t.Fatal(owed, err)
		}
		d := domain.Delivery{
			Subscriber: id, Contact: person.Contacts[0].ID, Channel: person.Contacts[0].Kind, Verdict: domain.Likely, State: domain.Pending, NextAt: site.now,
		}
		if err := site.Store.PlanDeliveries(ctx, p.ID, id, []domain.Delivery{d}, site.now); err != nil {
			t.Fatal(err)
		}
		site.reach(p, id)
	}
	due, err := site.Store.DueBatches(ctx, site.now, pushes)
	if err != nil || len(due) != pushes {
		t.Fatal(len(due), err)
	}
	for i, batch := range due {
		claimed, err := site.Store.ClaimDeliveries(ctx, batch.ID, batch.Gen, 1, site.now)
		if err != nil || len(claimed) != 1 {
			t.Fatal(len(claimed), err)
		}
		sent := storage.Outcome{Delivery: claimed[0].Deliveries[0].ID, State: domain.Accepted, GatewayRef: fmt.Sprintf("r%d", i), At: site.now}
		if err := site.Store.RecordOutcomes(ctx, []storage.Outcome{sent}); err != nil {
			t.Fatal(err)
		}
	}
	officer := site.as("drafter")
	officer.get(fmt.Sprintf("/console/subscribers/%d", id)).post(fmt.Sprintf("/console/subscribers/%d/export", id), url.Values{})
	b.get("/me/export").at("/me/export", 200)
	for who, body := range map[string]string{"the person": b.body, "an officer": officer.body} {
		var out struct {
			ID       string
			Inbox    []inboxMessage
			Messages []sentMessage
		}
		if err := json.Unmarshal([]byte(body), &out); err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		if out.ID != person.ExternalID || len(out.Inbox) != pushes+1 || len(out.Messages) != pushes {
			t.Fatalf("%s (%s) gets %d messages of the inbox and %d that were sent", who, out.ID, len(out.Inbox), len(out.Messages))
		}
		for i, m := range out.Messages {
			if want := fmt.Sprintf("r%d", pushes-1-i); m.Receipt != want || m.SentAt != stamp(site.now) || len(m.Why.Reasons) != 2 || m.Policy != policy.Title {
				t.Fatalf("%s gets %+v, not %s", who, m, want)
			}
		}
	}
	log, err := site.Store.AuditEntries(ctx, fmt.Sprintf("subscriber/%d", id), 1)
	if want := fmt.Sprintf("%d条发送记录，%d条站内消息", pushes, pushes+1); err != nil || len(log) != 1 || log[0].Detail != want {
		t.Errorf("the log says %+v, %v", log, err)
	}
}

// TestReasonsAreThoseOfThen: of a profile that has changed since, the version of
// the push tells why.
func TestReasonsAreThoseOfThen(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	policy := site.publish()
	then, now := int64(86), int64(500)
	was := domain.Profile{Kind: domain.Enterprise, Staff: &then}
	person := &domain.Subscriber{ID: 7, Profile: domain.Profile{Kind: domain.Enterprise, Staff: &now}, Subscription: domain.Subscription{All: true}}
	push := domain.Push{Policy: policy.ID, Version: policy.Version, Kind: domain.NewPolicy, PlannedAt: site.now}
	said := func(former ...storage.ProfileVersion) (string, string) {
		t.Helper()
		r := &record{s: site.Server, person: person, former: former, pushes: map[domain.PushID]domain.Push{}, policies: map[domain.PolicyID]*domain.Policy{}}
		w, err := r.why(ctx, push, domain.Likely)
		if err != nil || len(w.Reasons) != 2 {
			t.Fatalf("%+v, %v", w, err)
		}
		return w.Reasons[1].Profile, w.Note
	}
	asThen := storage.ProfileVersion{Profile: was, Subscription: person.Subscription, ReplacedAt: site.now.Add(time.Hour)}
	if profile, note := said(asThen); profile != "86人" || note != "" {
		t.Errorf("with the version of then it is %s (%s)", profile, note)
	}
	asThen.ReplacedAt = site.now.Add(-time.Hour)
	if profile, note := said(asThen); profile != "500人" || note == "" {
		t.Errorf("with one of before it is %s (%s)", profile, note)
	}
	person.Subscription.Unmatched = true
	r := &record{s: site.Server, person: person}
	if w, err := r.why(ctx, push, domain.Likely); err != nil || len(w.Reasons) > 0 || w.Note == "" {
		t.Errorf("of who turned personalisation off it says %+v, %v", w, err)
	}
}
