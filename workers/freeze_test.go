package workers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// caring publishes a policy for residents of 330001; who states no town may be
// concerned.
func (b *bench) caring(title string) (*domain.Policy, domain.PushID) {
	return b.publishWith(title, func(p *domain.Policy) {
		p.Measures[0].Criteria = domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{"330001"}})
	})
}

// TestAnAudienceIsComputedAgain: while people come, move and go, the audience of
// each push is that of one moment, and can be computed again later, to the same
// bytes where nobody of it has gone.
func TestAnAudienceIsComputedAgain(t *testing.T) {
	b := newBench(t)
	ctx, end := context.WithCancel(context.Background())
	defer end()
	b.people(400, func(i int, s *domain.Subscriber) { s.Profile.Region = []string{"330001", "330002", "330000"}[i%3] })
	go b.Index.Follow(ctx, Profiles{b.Store}, time.Millisecond, func(err error) { t.Error(err) })
	var writers sync.WaitGroup
	stop := make(chan struct{})
	for w := range 2 {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 4))
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				s := &domain.Subscriber{
					ExternalID: fmt.Sprintf("R%05d", random.IntN(500)), Subscription: domain.Subscription{All: random.IntN(8) > 0, Paused: random.IntN(8) == 0},
					Profile: domain.Profile{Kind: domain.Resident, Region: []string{"330001", "330002", "330000"}[random.IntN(3)]},
				}
				if err := b.Store.SaveSubscriber(ctx, s); err != nil {
					t.Error(err)
					return
				}
				if n%10 == 0 {
					if err := b.Store.DeleteSubscriber(ctx, s.ID, time.Now()); err != nil && domain.KindOf(err) != domain.NotFound {
						t.Error(err)
					}
				}
			}
		})
	}
	var pushes []domain.PushID
	for i := range 8 {
		_, id := b.caring(fmt.Sprintf("第%d项政策", i))
		check(t, b.planTask(id))
		pushes = append(pushes, id)
	}
	close(stop)
	writers.Wait()
	erased, possible := 0, 0
	for _, id := range pushes {
		c, err := CheckAudience(ctx, b.Store, id)
		check(t, err)
		erased += c.Erased
		possible += c.Was.Possible
		if !c.Agrees() || c.Forgotten > 0 {
			t.Errorf("push %d: %+v", id, c)
		}
		if same := c.SHA256 == c.Computed; same != (c.Erased == 0) {
			t.Errorf("push %d: %d are erased, and the bytes are the same: %v", id, c.Erased, same)
		}
	}
	if erased == 0 || possible == 0 {
		t.Errorf("%d erased and %d possible prove little", erased, possible)
	}
}

// TestACheckNamesWhoDiffers: in an audience that does not follow from the
// profiles, each person that differs is named with the reason.
func TestACheckNamesWhoDiffers(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.people(4, func(i int, s *domain.Subscriber) {
		s.Profile.Region = []string{"330001", "330001", "330002", "330001"}[i]
	})
	policy, id := b.caring("一项政策")
	query, err := audience.QueryFor(ctx, b.Store, policy, "2026-11-25")
	check(t, err)
	seq, err := b.Store.MarkAudience(ctx)
	check(t, err)
	wrong, err := audience.Freeze(roaring.BitmapOf(1, 3, 4), roaring.New()) // 2 was missed, 3 does not live there
	check(t, err)
	wrong.Recipe, err = audience.Recipe{Rules: audience.Rules, Seq: seq, Query: query}.Encode()
	check(t, err)
	_, err = b.Store.FreezeAudience(ctx, id, wrong, 3, 0)
	check(t, err)
	move := func(id domain.SubscriberID, region string) {
		s, err := b.Store.Subscriber(ctx, id)
		check(t, err)
		s.Profile.Region = region
		check(t, b.Store.SaveSubscriber(ctx, s))
	}
	move(1, "330002") // later: does not count
	want := func(differ, erased, forgotten int) AudienceCheck {
		t.Helper()
		c, err := CheckAudience(ctx, b.Store, id)
		check(t, err)
		if c.Differ != differ || len(c.Differences) != differ || c.Erased != erased || c.Forgotten != forgotten || c.Agrees() != (differ == 0) {
			t.Fatalf("%d differ, %d are erased, %d forgotten: %+v", c.Differ, c.Erased, c.Forgotten, c)
		}
		return c
	}
	c := want(2, 0, 0)
	for i, d := range []struct {
		id       domain.SubscriberID
		was, now domain.Verdict
	}{{2, domain.NotForThem, domain.Likely}, {3, domain.Likely, domain.NotForThem}} {
		if got := c.Differences[i]; got.ID != d.id || got.Was != d.was || got.Now != d.now || got.Late {
			t.Errorf("difference %d is %+v, want %+v", i, got, d)
		}
	}
	if why := c.Differences[1].Why; len(why.Says(nil)) == 0 {
		t.Errorf("it does not say why: %+v", why)
	}
	move(2, "330002")
	_, err = b.Store.ForgetVersions(ctx, time.Now().Add(time.Hour))
	check(t, err)
	want(1, 0, 1) // of 1, who is in the frozen set, is not known any more; 2, who is not, is as well
	check(t, b.Store.DeleteSubscriber(ctx, 3, time.Now()))
	check(t, b.Store.DeleteSubscriber(ctx, 4, time.Now()))
	want(0, 2, 1)

	for name, spoil := range map[string]func(*domain.FrozenAudience){
		"damaged":       func(a *domain.FrozenAudience) { a.SHA256 = "00" },
		"no recipe":     func(a *domain.FrozenAudience) { a.Recipe = nil },
		"broken recipe": func(a *domain.FrozenAudience) { a.Recipe = a.Recipe[:len(a.Recipe)-3] },
	} {
		_, id := b.caring(name)
		bad := wrong
		spoil(&bad)
		_, err := b.Store.FreezeAudience(ctx, id, bad, 3, 0)
		check(t, err)
		if _, err := CheckAudience(ctx, b.Store, id); domain.KindOf(err) != domain.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := CheckAudience(ctx, b.Store, 999); domain.KindOf(err) != domain.NotFound {
		t.Errorf("no such push: %v", err)
	}
}
