package storagetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// knowsFormerProfiles: while people come, change and go, everybody who is still
// there is found as they stood at each audience, and nobody else.
func knowsFormerProfiles(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	random := rand.New(rand.NewPCG(5, 23))
	type standing map[domain.SubscriberID]string // what the profile says at a moment
	says := func(p domain.Profile, sub domain.Subscription) string { return fmt.Sprint(p.Region, sub.Themes) }
	now := standing{}
	marks := map[int64]standing{}
	mark := func() {
		marks[got(s.MarkAudience(ctx))(t)] = maps.Clone(now)
	}
	mark() // of nobody
	for round := range 40 {
		var batch []*domain.Subscriber
		for range 1 + random.IntN(8) {
			v := person(random.IntN(30)) // also twice in a batch
			v.Profile.Region = fmt.Sprintf("3399%02d", random.IntN(3))
			v.Subscription.Themes = []string{fmt.Sprintf("M%02d", random.IntN(2))}
			batch = append(batch, v)
		}
		must(t, s.SaveSubscribers(ctx, batch))
		for _, v := range batch {
			now[v.ID] = says(v.Profile, v.Subscription)
		}
		if round%3 == 0 {
			gone := batch[0]
			must(t, s.DeleteSubscriber(ctx, gone.ID, morning))
			delete(now, gone.ID)
		}
		if round%4 == 0 {
			must(t, s.StopAddress(ctx, domain.SMS, batch[len(batch)-1].Contacts[0].Address, domain.ReasonStopped, morning)) // a change of no profile
		}
		if round%5 == 0 {
			mark()
		}
	}
	for seq, then := range marks {
		for id := range then {
			if now[id] == "" {
				delete(then, id) // deleted with all versions
			}
		}
		found := standing{}
		must(t, s.WalkProfilesAt(ctx, seq, func(r storage.ProfileRow) error {
			if found[r.ID] != "" {
				return errors.New("walked twice")
			}
			found[r.ID] = says(r.Profile, r.Subscription)
			return nil
		}))
		if !maps.Equal(found, then) {
			t.Errorf("at change %d stood\n%v, want\n%v", seq, found, then)
		}
		changed, rows, err := s.ChangedProfilesAt(ctx, seq)
		must(t, err)
		stood := standing{}
		for _, r := range rows {
			stood[r.ID] = says(r.Profile, r.Subscription)
		}
		for _, id := range changed {
			if stood[id] != then[id] { // nothing of those who came later or have gone
				t.Errorf("at change %d stood subscriber %d as %q, want %q", seq, id, stood[id], then[id])
			}
		}
		for id, is := range now {
			if then[id] != is && !slices.Contains(changed, id) {
				t.Errorf("subscriber %d has changed after %d and is not named", id, seq)
			}
		}
	}
}

// forgetsFormerProfiles: no version is kept that no audience saw, that says
// nothing new, whose person is gone or whose time is over.
func forgetsFormerProfiles(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	v, other := person(1), person(2)
	move := func(v *domain.Subscriber, region string) {
		t.Helper()
		v.Profile.Region = region
		must(t, s.SaveSubscriber(ctx, v))
	}
	kept := func(what string, v *domain.Subscriber, want ...string) {
		t.Helper()
		var regions []string
		for _, version := range got(s.ProfileVersions(ctx, v.ID))(t) {
			regions = append(regions, version.Profile.Region)
			if version.ReplacedAt.IsZero() {
				t.Errorf("%s: a version does not say when it ended", what)
			}
		}
		equal(t, what, fmt.Sprint(regions), fmt.Sprint(want))
	}
	must(t, s.SaveSubscriber(ctx, other))
	move(v, "339901")
	move(v, "339902")
	kept("before any audience", v)
	equal(t, "the mark", got(s.MarkAudience(ctx))(t), got(s.LastProfileChange(ctx))(t))
	move(v, "339902")
	kept("saved without a change", v)
	must(t, s.StopAddress(ctx, domain.SMS, v.Contacts[0].Address, domain.ReasonStopped, morning))
	kept("a stopped address", v)
	move(v, "339903")
	kept("the version of the audience", v, "339902")
	move(v, "339904")
	kept("one that no audience saw", v, "339902")
	seq := got(s.MarkAudience(ctx))(t)
	move(v, "339905")
	move(other, "339905")
	kept("of two audiences", v, "339902", "339904")
	equal(t, "forgotten", got(s.VersionsForgotten(ctx))(t), -1)
	equal(t, "too young to forget", got(s.ForgetVersions(ctx, time.Now().Add(-time.Hour)))(t), 0)
	equal(t, "forgotten still", got(s.VersionsForgotten(ctx))(t), -1)
	must(t, s.DeleteSubscriber(ctx, v.ID, morning))
	kept("after the deletion", v)
	equal(t, "the other's", got(s.ForgetVersions(ctx, time.Now().Add(time.Hour)))(t), 1)
	if forgotten := got(s.VersionsForgotten(ctx))(t); forgotten <= seq {
		t.Errorf("versions up to %d are forgotten, want more than %d", forgotten, seq)
	}
	kept("after its time", other)
	n := 0
	must(t, s.WalkProfilesAt(ctx, seq, func(storage.ProfileRow) error { n++; return nil }))
	equal(t, "of whom is known how they stood", n, 0)
}
