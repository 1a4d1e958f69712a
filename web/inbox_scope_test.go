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
