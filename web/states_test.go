package web

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

func TestAWithdrawnPolicySaysSo(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	b := site.browser()
	id := b.subscribe("13900000041")
	policy := site.publish(id)

	policy.Status, policy.EndedReason = domain.Withdrawn, "文件有误"
	notice := &domain.Push{Policy: policy.ID, Version: policy.Version, Kind: domain.WithdrawalNotice, CreatedAt: site.now}
	if err := site.Store.WithdrawPolicy(ctx, policy, notice, site.now); err != nil {
		t.Fatal(err)
	}
	frozen, err := audience.Freeze(roaring.BitmapOf(uint32(id)), roaring.New())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := site.Store.FreezeAudience(ctx, notice.ID, frozen, 1, 0); err != nil {
		t.Fatal(err)
	}
	if err := site.Store.FinishPlan(ctx, notice.ID, site.now); err != nil {
		t.Fatal(err)
	}
	page := fmt.Sprintf("/policies/%d", policy.ID)
	b.get(page).at(page, 200, "这份政策已撤回", "文件有误")
	b.get("/inbox").at("/inbox", 200, "撤回通知：", "请不要再按它办理", "政策已撤回")
	b.get("/policies?v=ok").at("/policies", 200, "0条结果")
	b.get("/policies?v=off").at("/policies", 200, "1条结果", "已撤回")
	b.get("/me/policies").at("/me/policies", 200, "还没有适合您的政策", "完善信息")
}

// TestAStoppedPushIsNoWithdrawal: somebody stopped a push; its policy stands.
func TestAStoppedPushIsNoWithdrawal(t *testing.T) {
	site := newSite(t)
	b := site.browser()
	id := b.subscribe("13900000041")
	site.publish() // its push is owed
	const push = 1
	frozen, err := audience.Freeze(roaring.BitmapOf(uint32(id)), roaring.New())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := site.Store.FreezeAudience(t.Context(), push, frozen, 1, 0); err != nil {
		t.Fatal(err)
	}
	if err := site.Store.StopPush(t.Context(), push, 7, "发错了对象", site.now); err != nil {
		t.Fatal(err)
	}
	b.get("/inbox").at("/inbox", 200, "这次推送已中止", "已办理")
	if strings.Contains(b.body, "政策已撤回") {
		t.Error("a policy that stands is told as withdrawn")
	}
}

func TestTimePassesOverAPolicy(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d", policy.ID)
	for name, tt := range map[string]struct {
		day  string
		says string
	}{
		"weeks before":  {"2026-11-22", "距申请截止还有"},
		"shortly":       {"2026-12-08", "快截止了"},
		"the last day":  {"2026-12-10", "今天24:00截止"},
		"the day after": {"2026-12-11", "已截止（2026年12月10日）"},
		"after expiry":  {"2029-01-01", "已失效，内容仅供查阅"},
	} {
		t.Run(name, func(t *testing.T) {
			day, err := time.ParseInLocation(time.DateOnly, tt.day, shanghai)
			if err != nil {
				t.Fatal(err)
			}
			site.now = day.Add(10 * time.Hour)
			site.browser().get(page).at(page, 200, tt.says)
		})
	}
}

func TestReceiptsOfTheGateway(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	id := site.browser().subscribe("13900000042")
	sub, err := site.Store.Subscriber(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	delivery := site.claimOne(sub)
	report := func(delivery domain.DeliveryID, query string) *browser {
		to := site.Callbacks.ReportURL("d" + strconv.FormatInt(int64(delivery), 10))
		to, _, _ = strings.Cut(strings.TrimPrefix(to, site.Callbacks.Base), "&status=") // the rest is Kannel's
		return site.browser().get(to + query)
	}
	if b := report(delivery, "&status=1&id=g1"); b.status != 200 {
		t.Fatalf("the report is answered with %d: %s", b.status, b.body)
	}
	rows, err := site.Store.Deliveries(ctx, storage.DeliveryFilter{Subscriber: id, Limit: 5})
	if err != nil || len(rows) != 1 || rows[0].State != domain.Delivered {
		t.Fatalf("deliveries are %+v, %v", rows, err)
	}
	if b := report(delivery+100, "&status=1&id=g2"); b.status != 200 {
		t.Errorf("a report about nothing of ours is answered with %d: the gateway would repeat it", b.status)
	}
	forged := site.browser().get("/callback/sms/" + site.Callbacks.Secret() + "/report?ref=d1&mac=AAAA&status=2")
	if forged.status != 403 {
		t.Errorf("a forged report is answered with %d", forged.status)
	}
}

// claimOne plans one SMS to a subscriber and claims it, as a worker does.
func (s *testSite) claimOne(sub *domain.Subscriber) domain.DeliveryID {
	s.t.Helper()
	ctx := context.Background()
	s.publish()
	pushes, err := s.Store.OwedPushes(ctx, s.Now())
	if err != nil || len(pushes) != 1 {
		s.t.Fatalf("owed pushes are %v, %v", pushes, err)
	}
	row := domain.Delivery{
		Push: pushes[0].ID, Subscriber: sub.ID, Contact: sub.Contacts[1].ID, Channel: domain.SMS, State: domain.Pending,
		Verdict: domain.Likely, NextAt: s.now,
	}
	if err := s.Store.PlanDeliveries(ctx, row.Push, sub.ID, []domain.Delivery{row}, s.now); err != nil {
		s.t.Fatal(err)
	}
	batches, err := s.Store.DueBatches(ctx, s.now, 10)
	if err != nil || len(batches) != 1 {
		s.t.Fatalf("due batches are %v, %v", batches, err)
	}
	out, err := s.Store.ClaimDeliveries(ctx, batches[0].ID, batches[0].Gen, 10, s.now)
	if err != nil || len(out) != 1 {
		s.t.Fatalf("claimed %v, %v", out, err)
	}
	return out[0].Deliveries[0].ID
}

// TestAnAddressInTheFormIsNoSignIn guards the sealed data of a session: what a
// form puts there must not be taken for a finished sign-in at somebody else's
// address.
func TestAnAddressInTheFormIsNoSignIn(t *testing.T) {
	site := newSite(t)
	site.browser().subscribe("13900000043")
	site.now = site.now.Add(2 * time.Minute)
	b := site.browser()
	b.subscribe("13900000044")
	b.get("/me")
	b.post("/me/contacts", url.Values{"address": {"13900000043"}, "when": {`{"Login":true,"Verified":true,"To":"/me"}`}}).at("/me/contacts/verify", 200)
	b.get("/login/choose").at("/login", 200)
}

func TestOneNumberWithTwoSubscriptionsChoosesAtSignIn(t *testing.T) {
	site := newSite(t)
	first := site.browser().subscribe("13900000045")
	site.now = site.now.Add(2 * time.Minute)
	b := site.browser()
	b.subscribe("13900000045")
	b.post("/subscribe/existing", url.Values{"id": {"new"}}).at("/subscribe/done", 200)
	site.now = site.now.Add(2 * time.Minute)

	again := site.browser()
	again.get("/login")
	again.post("/login", url.Values{"address": {"13900000045"}, "to": {"/me"}})
	again.get("/login/choose").at("/login", 200) // not before the code
	again.get("/login/code")
	again.post("/login/code", url.Values{"code": {site.code("13900000045")}}).at("/login/choose", 200, "多份订阅")
	again.post("/login/choose", url.Values{"id": {fmt.Sprint(first)}}).at("/me", 200)
}
