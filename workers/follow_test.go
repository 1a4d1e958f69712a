package workers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/seal"
	"policypush/internal/storage"
)

// TestTwoIndexesHoldTrueCopies: two processes of one database, each with
// connections and an index of its own, write and follow at the same time.
// Whoever asks meanwhile sees each person as they stood at some moment; at the
// end both are what is built anew.
func TestTwoIndexesHoldTrueCopies(t *testing.T) {
	const people, writes = 200, 150
	ctx, end := context.WithTimeout(t.Context(), 5*time.Minute)
	defer end()
	dir := t.TempDir()
	keys, err := seal.Generate(filepath.Join(dir, "keys"), seal.AES)
	check(t, err)
	towns := []string{"330001001", "330001002", "330001003"}
	type process struct {
		store *storage.Store
		index *audience.Index
	}
	processes := make([]process, 2)
	for i := range processes {
		store, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "test.db"), keys)
		check(t, err)
		t.Cleanup(func() { check(t, store.Close()) })
		_, err = store.Migrate(ctx)
		check(t, err)
		processes[i] = process{store, audience.New()}
	}
	// One of them is never deleted, and is in exactly one of the towns.
	var all []*domain.Subscriber
	for i := range people {
		all = append(all, &domain.Subscriber{
			ExternalID: fmt.Sprintf("R%d", i), Profile: domain.Profile{Kind: domain.Resident, Region: towns[i%3]}, Subscription: domain.Subscription{All: true},
		})
	}
	check(t, processes[0].store.SaveSubscribers(ctx, all))
	anchor := uint32(all[0].ID)
	asked := func(town string) audience.Query {
		return audience.Query{AsOf: "2026-11-25", Measures: []domain.Criteria{domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{town}})}}
	}
	everyTown := asked(towns[0])
	everyTown.Measures[0].Leaf.Values = towns

	following, stop := context.WithCancel(ctx)
	var followers, writers, readers sync.WaitGroup
	for i, p := range processes {
		check(t, p.index.Build(ctx, Profiles{p.store}))
		followers.Go(func() {
			p.index.Follow(following, Profiles{p.store}, time.Millisecond, func(err error) { t.Error(err) })
		})
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 77))
			for n := range writes {
				s := &domain.Subscriber{
					ExternalID: fmt.Sprintf("R%d", random.IntN(people+50)), Profile: domain.Profile{Kind: domain.Resident, Region: towns[random.IntN(3)]},
					Subscription: domain.Subscription{All: true},
				}
				if n%5 == 0 {
					s.ExternalID = "R0"
				}
				if err := p.store.SaveSubscriber(ctx, s); err != nil {
					t.Error(err)
					return
				}
				if n%7 == 1 && s.ExternalID != "R0" {
					if err := p.store.DeleteSubscriber(ctx, s.ID, time.Now()); err != nil && domain.KindOf(err) != domain.NotFound {
						t.Error(err)
					}
				}
			}
		})
		readers.Go(func() {
			for following.Err() == nil {
				got := p.index.Evaluate(everyTown)
				if !got.Likely.Contains(anchor) || !got.Possible.IsEmpty() {
					t.Errorf("in process %d the one who only moves is nowhere, or %d are in doubt", i, got.Possible.GetCardinality())
					return
				}
			}
		})
	}
	writers.Wait()
	last, err := processes[0].store.LastProfileChange(ctx)
	check(t, err)
	for _, p := range processes {
		check(t, p.index.WaitFor(ctx, last))
	}
	stop()
	followers.Wait()
	readers.Wait()
	built := audience.New()
	check(t, built.Build(ctx, Profiles{processes[0].store}))
	for i, p := range processes {
		if p.index.Len() != built.Len() || p.index.AppliedSeq() != last {
			t.Errorf("process %d holds %d at change %d, want %d at %d", i, p.index.Len(), p.index.AppliedSeq(), built.Len(), last)
		}
		for _, town := range towns {
			got, want := p.index.Evaluate(asked(town)), built.Evaluate(asked(town))
			if !got.Likely.Equals(want.Likely) || want.Likely.IsEmpty() {
				t.Errorf("process %d finds %d in %s, want %d", i, got.Likely.GetCardinality(), town, want.Likely.GetCardinality())
			}
		}
	}
}
