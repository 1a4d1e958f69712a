package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// TestThePushIsCheckedFromTheCommandLine: the audience of a push is computed
// again from the profiles of its time, and whoever differs is named.
func TestThePushIsCheckedFromTheCommandLine(t *testing.T) {
	data, ctx := t.TempDir(), t.Context()
	b, _, err := openBase(ctx, stdio{nil, io.Discard, io.Discard}, "test", []string{"--data", data}, nil)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	var people []*domain.Subscriber
	for _, region := range []string{"330603", "330603", "330604"} {
		people = append(people, &domain.Subscriber{Profile: domain.Profile{Kind: domain.Resident, Region: region}, Subscription: domain.Subscription{All: true}})
	}
	must(b.store.SaveSubscribers(ctx, people))
	p := &domain.Policy{
		Title: "关于发放消费券的通知", Text: "消费券", Status: domain.Approved, Audience: domain.ForResidents, CreatedAt: time.Now(),
		Measures: []domain.Measure{{ID: "m1", Criteria: domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{"330603"}})}},
	}
	must(b.store.CreatePolicy(ctx, p))
	p.Status = domain.Published
	right := domain.Push{Kind: domain.NewPolicy, CreatedAt: time.Now()}
	must(b.store.PublishPolicy(ctx, p, &right))
	seq, err := b.store.MarkAudience(ctx)
	must(err)
	query, err := audience.QueryFor(ctx, b.store, p, "2026-11-26")
	must(err)
	frozen, err := audience.Freeze(idsOf(1, 2), idsOf())
	must(err)
	frozen.Recipe, err = audience.Recipe{Rules: audience.Rules, Seq: seq, Query: query}.Encode()
	must(err)
	_, err = b.store.FreezeAudience(ctx, right.ID, frozen, 2, 0)
	must(err)
	people[0].Profile.Region = "330604" // moved since
	must(b.store.SaveSubscriber(ctx, people[0]))
	b.close()

	said := func(code int, args []string, want ...string) {
		t.Helper()
		got, out, errs := runArgs(t, "", append([]string{"audience", "--data", data}, args...)...)
		if got != code {
			t.Errorf("audience %v ends with %d: %s%s", args, got, out, errs)
		}
		for _, w := range want {
			if !strings.Contains(out+errs, w) {
				t.Errorf("audience %v does not say %q: %s%s", args, w, out, errs)
			}
		}
	}
	said(0, []string{"--push", "1"}, "《关于发放消费券的通知》", "适用可能性高2个", "逐字节一致", frozen.SHA256)
	said(0, []string{"--push", "1", "--json"}, `"same":true`, `"agrees":true`, `"change":3`)
	if code, out, _ := runArgs(t, "", "subscribers", "export", "--data", data, people[0].ExternalID); code != 0 || !strings.Contains(out, `"former":[{"until":`) {
		t.Errorf("export without the former profile: %d %s", code, out)
	}
	said(2, []string{"--push", "1", "--policy", "1"}, "--push")
	said(1, []string{"--push", "7"}, "没有这次推送")

	b, _, err = openBase(ctx, stdio{nil, io.Discard, io.Discard}, "test", []string{"--data", data}, nil)
	must(err)
	must(b.store.DeleteSubscriber(ctx, people[0].ID, time.Now()))
	p2 := *p
	p2.ID, p2.Status = 0, domain.Approved
	must(b.store.CreatePolicy(ctx, &p2))
	p2.Status = domain.Published
	wrong := domain.Push{Kind: domain.NewPolicy, CreatedAt: time.Now()}
	must(b.store.PublishPolicy(ctx, &p2, &wrong))
	bad, err := audience.Freeze(idsOf(1, 2, 3), idsOf())
	must(err)
	bad.Recipe = frozen.Recipe
	_, err = b.store.FreezeAudience(ctx, wrong.ID, bad, 3, 0)
	must(err)
	b.close()
	said(0, []string{"--push", "1"}, "其中1个已注销", "其余按当时的画像重算，全部一致")
	said(1, []string{"--push", "2"}, "有1个不一致", "订阅者3：冻结时“适用可能性高”，重算为不在受众里。不满足：")
	said(1, []string{"--push", "2", "--json"}, `"agrees":false`, `"subscriber":3`, `"erased":1`)
}

func idsOf(ids ...uint32) *roaring.Bitmap { return roaring.BitmapOf(ids...) }
