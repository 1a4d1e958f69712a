package web

import (
	"context"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// TestInboxHoldsWhomThePushIsFor keeps those whose match is only possible out,
// unless the office included them.
func TestInboxHoldsWhomThePushIsFor(t *testing.T) {
	for name, tt := range map[string]struct {
		include bool
		want    string
	}{
		"possible matches are left out": {false, "还没有消息"},
		"possible matches are included": {true, "撤回通知"},
	} {
		t.Run(name, func(t *testing.T) {
			site, ctx := newSite(t), context.Background()
			b := site.browser()
			id := b.subscribe("13900000001")
			policy := site.publish()
			push := &domain.Push{Policy: policy.ID, Version: policy.Version, Kind: domain.WithdrawalNotice, CreatedAt: site.now, IncludePossible: tt.include}
			policy.Status, policy.EndedReason = domain.Withdrawn, "有误"
			if err := site.Store.WithdrawPolicy(ctx, policy, push, site.now); err != nil {
				t.Fatal(err)
			}
			possible := roaring.BitmapOf(uint32(id))
			frozen, err := audience.Freeze(roaring.New(), possible)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := site.Store.FreezeAudience(ctx, push.ID, frozen, 0, 1); err != nil {
				t.Fatal(err)
			}
			if err := site.Store.FinishPlan(ctx, push.ID, site.now); err != nil {
				t.Fatal(err)
			}
			b.get("/inbox").at("/inbox", 200, tt.want)
		})
	}
}

// TestAnInboxThatIsOffSaysSo shows no messages while the channel is off.
func TestAnInboxThatIsOffSaysSo(t *testing.T) {
	site := newSite(t, func(c *Config) { c.Modes[domain.App] = "off" })
	b := site.browser()
	id := b.subscribe("13900000001")
	site.publish(id)
	b.get("/inbox").at("/inbox", 200, "站内消息暂未开通", "还没有消息")
}

// TestTheInboxNamesWhatIsTheirs: the first measure of a policy may be one that
// does not concern the reader.
func TestTheInboxNamesWhatIsTheirs(t *testing.T) {
	site, ctx := newSite(t), context.Background()
	fewer := func(n int64) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: domain.FieldStaff, Op: domain.AtMost, Number: n})
	}
	policy := &domain.Policy{
		Office: site.office.ID, Status: domain.Published, Title: "减负措施", Text: "一", PublishedAt: site.now, CreatedAt: site.now, Expires: "2028-12-31",
		Measures: []domain.Measure{
			{ID: "m1", Title: "免征残保金", Criteria: fewer(30)},
			{ID: "m2", Title: "租金减免", Criteria: domain.Leaf(domain.Condition{Field: domain.FieldRevenue, Op: domain.AtMost, Number: 10_000_000})},
			{ID: "m3", Title: "污水处理费减半", Criteria: fewer(100)},
		},
	}
	if err := site.Store.CreatePolicy(ctx, policy); err != nil {
		t.Fatal(err)
	}
	if err := site.Catalogue.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	staff := int64(86)
	sub := &domain.Subscriber{Profile: domain.Profile{Kind: domain.Enterprise, Staff: &staff}}
	if got, want := site.gainFor(sub, policy.ID), "污水处理费减半等2项"; got != want {
		t.Errorf("of three measures, one of which is not theirs, it names %q, want %q", got, want)
	}
	sub.Subscription.Unmatched = true
	if got := site.gainFor(sub, policy.ID); got != "" {
		t.Errorf("with personalisation off it names %q", got)
	}
}
