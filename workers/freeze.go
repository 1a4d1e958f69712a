package workers

import (
	"context"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// freeze decides once who is concerned, and keeps beside the sets how they
// were computed.
func (w *Workers) freeze(ctx context.Context, owed domain.Push, policy *domain.Policy) (domain.FrozenAudience, error) {
	var none domain.FrozenAudience
	set := audience.Result{Likely: roaring.New(), Possible: roaring.New()}
	var recipe []byte
	var err error
	switch {
	case owed.Kind.Follows():
		set, err = audience.ToldOf(ctx, w.Store, owed.Of())
	case owed.Kind == domain.Reminder:
		set, err = w.toBeReminded(ctx, owed, policy)
	case policy.Pushable():
		set, recipe, err = w.concerned(ctx, policy)
	}
	if err != nil {
		return none, err
	}
	frozen, err := audience.Freeze(set.Likely, set.Possible)
	if err != nil {
		return none, err
	}
	frozen.Recipe = recipe
	return w.Store.FreezeAudience(ctx, owed.ID, frozen, int(set.Likely.GetCardinality()), int(set.Possible.GetCardinality()))
}

// concerned computes the audience of a policy as of the last change of a
// profile: whoever subscribed before this moment is in. The index has that
// change first, and goes on: who has changed since is asked once more, as they
// stood.
func (w *Workers) concerned(ctx context.Context, policy *domain.Policy) (set audience.Result, recipe []byte, err error) {
	query, err := audience.QueryFor(ctx, w.Store, policy, w.today())
	if err != nil {
		return set, nil, err
	}
	seq, err := w.Store.MarkAudience(ctx)
	if err != nil {
		return set, nil, err
	}
	wait, cancel := context.WithTimeout(ctx, indexWait)
	defer cancel()
	if err := w.Index.WaitFor(wait, seq); err != nil {
		return set, nil, err
	}
	set = w.Index.Evaluate(query)
	changed, stood, err := w.Store.ChangedProfilesAt(ctx, seq)
	if err != nil {
		return set, nil, err
	}
	then := make([]audience.Row, len(stood))
	for i, r := range stood {
		then[i] = rowOf(r)
	}
	set.CorrectFor(query, changed, then)
	recipe, err = audience.Recipe{Rules: audience.Rules, Seq: seq, Query: query}.Encode()
	return set, recipe, err
}

// AudienceCheck is what a frozen audience looks like when it is computed
// again.
type AudienceCheck struct {
	Push             domain.Push
	Recipe           audience.Recipe
	Was, Now         audience.Counts
	SHA256, Computed string // of the sets as frozen, and as computed now
	// Erased of the audience have been deleted with all their versions;
	// Forgotten have changed, and how they stood is not kept any more. Of both
	// nothing can be said.
	Erased, Forgotten int
	Differ            int // of the others
	Differences       []Displaced
}

// Displaced is somebody of whom the computation says something else than the
// frozen audience.
type Displaced struct {
	audience.Displaced
	Late bool // they were not there yet
	Why  audience.Explanation
}

// Agrees tells whether the computation says the same of everybody of whom it
// can say anything.
func (c AudienceCheck) Agrees() bool { return c.Differ == 0 }

// differencesShown is how many differences a check names.
const differencesShown = 50

// CheckAudience computes the audience of a push again, from the profiles as
// they stood, and compares it with what was frozen.
func CheckAudience(ctx context.Context, store *storage.Store, id domain.PushID) (AudienceCheck, error) {
	var c AudienceCheck
	var err error
	if c.Push, err = store.Push(ctx, id); err != nil {
		return c, err
	}
	frozen, err := store.Audience(ctx, id)
	if err != nil {
		return c, err
	}
	kept, err := audience.Thaw(frozen)
	if err != nil {
		return c, domain.Errorf(domain.Conflict, "推送%d冻结的名单与它的校验值不符，数据已损坏", id).Because(err)
	}
	if len(frozen.Recipe) == 0 {
		return c, domain.Errorf(domain.Conflict, "推送%d没有记下计算的依据（撤回告知、不推送的文件，或旧版程序的推送），不能重算", id)
	}
	if c.Recipe, err = audience.ReadRecipe(frozen.Recipe); err != nil {
		return c, domain.Errorf(domain.Conflict, "推送%d记下的计算依据读不出来，数据已损坏", id).Because(err)
	}
	index := audience.New()
	if err := index.Build(ctx, formerProfiles{store, c.Recipe.Seq}); err != nil {
		return c, err
	}
	again := index.Evaluate(c.Recipe.Query)
	c.SHA256 = frozen.SHA256
	computed, err := audience.Freeze(again.Likely, again.Possible)
	if err != nil {
		return c, err
	}
	c.Computed = computed.SHA256
	c.Was, c.Now = kept.Counts(), again.Counts()
	late, unsaid, err := c.missing(ctx, store, index, kept)
	if err != nil {
		return c, err
	}
	list, n := kept.Differences(again, unsaid, differencesShown)
	c.Differ = n
	for _, d := range list {
		why, _ := index.Explain(c.Recipe.Query, d.ID)
		c.Differences = append(c.Differences, Displaced{Displaced: d, Late: late.Contains(uint32(d.ID)), Why: why})
	}
	return c, nil
}

// missing finds those of a frozen audience of whom is not known how they
// stood, and counts why. late are there now but were not then, which nobody in
// an audience should be; of unsaid nothing can be said.
func (c *AudienceCheck) missing(ctx context.Context, store *storage.Store, index *audience.Index, kept audience.Result) (late, unsaid *roaring.Bitmap, err error) {
	late, unsaid = roaring.New(), roaring.New()
	forgotten, err := store.VersionsForgotten(ctx)
	if err != nil {
		return nil, nil, err
	}
	var gone []domain.SubscriberID
	everybody := roaring.Or(kept.Likely, kept.Possible)
	for ids := everybody.Iterator(); ids.HasNext(); {
		if id := domain.SubscriberID(ids.Next()); !index.Has(id) {
			gone = append(gone, id)
			unsaid.Add(uint32(id))
		}
	}
	there, err := store.Existing(ctx, gone)
	if err != nil {
		return nil, nil, fmt.Errorf("check audience: %w", err)
	}
	c.Erased = len(gone) - len(there)
	if forgotten > c.Recipe.Seq {
		c.Forgotten = len(there)
		return late, unsaid, nil
	}
	for _, id := range there {
		late.Add(uint32(id))
		unsaid.Remove(uint32(id))
	}
	return late, unsaid, nil
}

// formerProfiles are the profiles as they stood after a change.
type formerProfiles struct {
	store *storage.Store
	seq   int64
}

// WalkProfiles implements audience.Source.
func (p formerProfiles) WalkProfiles(ctx context.Context, fn func(audience.Row) error) error {
	return p.store.WalkProfilesAt(ctx, p.seq, func(r storage.ProfileRow) error { return fn(rowOf(r)) })
}

// CountProfiles implements audience.Source.
func (p formerProfiles) CountProfiles(ctx context.Context) (int, error) {
	return Profiles{p.store}.CountProfiles(ctx)
}

// LastChange implements audience.Source.
func (p formerProfiles) LastChange(context.Context) (int64, error) { return p.seq, nil }

// Changes implements audience.Source: there are none after this moment.
func (formerProfiles) Changes(context.Context, int64, int) ([]audience.Change, error) {
	return nil, nil
}
