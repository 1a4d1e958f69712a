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
