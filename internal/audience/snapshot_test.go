package audience

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"policypush/internal/domain"
)

// town is a source in memory with a log. It makes up its own people.
type town struct {
	people  map[domain.SubscriberID]Row
	changes []Change
	random  *rand.Rand
}

func newTown(n int, seed uint64) *town {
	t := &town{people: map[domain.SubscriberID]Row{}, random: rand.New(rand.NewPCG(seed, 4))}
	for id := range domain.SubscriberID(n) {
		t.move(id + 1)
	}
	return t
}

func (t *town) move(id domain.SubscriberID) {
	one := func(from ...string) string { return from[t.random.IntN(len(from))] }
	far := int64(1) << 40
	low := int64(-5)
	staff := int64(t.random.IntN(400))
	r := Row{ID: id, Profile: domain.Profile{
		Kind: domain.Enterprise, Region: one("", "330603", "330603001", "330604002"), Industry: one("C3411", "I65", ""),
		Size: one("small", "micro"), Founded: one("2019", "2020-02", "2021-03-04", ""), Staff: &staff,
		Attributes: [][]string{nil, {}, {"QH1"}, {"QH1", "QH2"}}[t.random.IntN(4)],
	}, Subscription: domain.Subscription{
		Themes: [][]string{nil, {"Q01"}}[t.random.IntN(2)], Keywords: [][]string{nil, {"技改", "就业"}, {one("补贴", "社保")}}[t.random.IntN(3)],
		All: t.random.IntN(2) == 0, Paused: t.random.IntN(9) == 0, Least: domain.Relevance(t.random.IntN(3)),
		Fallback: t.random.IntN(3) == 0, RoleWays: []map[domain.ContactRole][]domain.Way{nil, {"finance": {{Channel: domain.SMS, When: domain.Weekly}}}}[t.random.IntN(2)],
		Ways: [][]domain.Way{nil, {{Channel: domain.SMS, When: domain.Now}}, {{Channel: domain.Email, When: domain.Daily}}}[t.random.IntN(3)],
	}}
	switch t.random.IntN(3) {
	case 0:
		r.Profile.Revenue, r.Profile.Income = &far, &low
	case 1:
		r.Profile.Kind, r.Profile.Born = domain.Resident, one("1958", "1966-11", "2000-02-29")
		r.Profile.Groups = [][]string{nil, {}, {"G01"}}[t.random.IntN(3)]
	}
	t.people[id] = r
	t.changes = append(t.changes, Change{Seq: int64(len(t.changes) + 1), Mark: t.random.Int64(), Row: r})
}

func (t *town) leave(id domain.SubscriberID) {
	delete(t.people, id)
	t.changes = append(t.changes, Change{Seq: int64(len(t.changes) + 1), Mark: t.random.Int64(), Deleted: true, Row: Row{ID: id}})
}

func (t *town) WalkProfiles(_ context.Context, fn func(Row) error) error {
	for _, r := range t.people {
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

func (t *town) CountProfiles(context.Context) (int, error) { return len(t.people), nil }

func (t *town) LastChange(context.Context) (int64, error) { return int64(len(t.changes)), nil }

func (t *town) Changes(_ context.Context, after int64, limit int) ([]Change, error) {
	rest := t.changes[min(int(after), len(t.changes)):]
	return rest[:min(limit, len(rest))], nil
}

// sameAs tells whether two indexes hold the same people and answer the same.
func sameAs(got, want *Index, ids int) error {
	if got.Len() != want.Len() {
		return fmt.Errorf("%d subscribers, want %d", got.Len(), want.Len())
	}
	for id := range domain.SubscriberID(ids) {
		p, s, ok := got.Profile(id + 1)
		wantP, wantS, wantOK := want.Profile(id + 1)
		// The order of a set depends on the order in which codes came up.
		if ok != wantOK || !reflect.DeepEqual(p.Staff, wantP.Staff) || !reflect.DeepEqual(p.Revenue, wantP.Revenue) || p.Region != wantP.Region ||
			p.Founded != wantP.Founded || p.Born != wantP.Born || (p.Attributes == nil) != (wantP.Attributes == nil) ||
			len(p.Attributes) != len(wantP.Attributes) || len(s.Themes) != len(wantS.Themes) || s.All != wantS.All || s.Paused != wantS.Paused ||
			len(s.Keywords) != len(wantS.Keywords) || s.Least != wantS.Least || s.Fallback != wantS.Fallback ||
			!reflect.DeepEqual(s.RoleWays, wantS.RoleWays) || !slices.Equal(s.Ways, wantS.Ways) {
			return fmt.Errorf("subscriber %d is %+v %+v, want %+v %+v", id+1, p, s, wantP, wantS)
		}
	}
	leaf := func(f domain.Field, v ...string) domain.Criteria {
		return domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: v})
	}
	for _, c := range []domain.Criteria{
		{},
		leaf(domain.FieldRegion, "330603"), leaf(domain.FieldIndustry, "C"), domain.NotOf(leaf(domain.FieldAttribute, "QH2")),
		leaf(domain.FieldGroup, "G01"), domain.Leaf(domain.Condition{Field: domain.FieldStaff, Op: domain.AtLeast, Number: 123}),
		domain.Leaf(domain.Condition{Field: domain.FieldRevenue, Op: domain.MoreThan, Number: 1 << 39}),
		domain.Leaf(domain.Condition{Field: domain.FieldAge, Op: domain.AtLeast, Number: 60}),
	} {
		for _, q := range []Query{{Everyone: true}, {Themes: []string{"Q01"}}, {Text: "就业与社保"}} {
			q.Measures, q.AsOf = []domain.Criteria{c}, "2026-11-22"
			a, b := got.Evaluate(q), want.Evaluate(q)
			if !a.Likely.Equals(b.Likely) || !a.Possible.Equals(b.Possible) {
				return fmt.Errorf("%+v: %d and %d, want %d and %d", q, a.Likely.GetCardinality(), a.Possible.GetCardinality(), b.Likely.GetCardinality(), b.Possible.GetCardinality())
			}
		}
	}
	return nil
}

// TestSnapshotsSurviveRestarts: an index that was saved, and loaded after
// further changes, is the index that was never stopped and the one that is
// built from scratch.
func TestSnapshotsSurviveRestarts(t *testing.T) {
	ctx := t.Context()
	for seed := range uint64(10) {
		path := filepath.Join(t.TempDir(), "audience.snapshot")
		source := newTown(3000, seed)
		x := New()
		if err := x.Open(ctx, path, source, func(err error) { t.Errorf("no snapshot was refused: %v", err) }); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for range 200 {
				if id := domain.SubscriberID(source.random.IntN(3200) + 1); source.random.IntN(3) == 0 {
					source.leave(id)
				} else {
					source.move(id)
				}
			}
			if err := x.catchUp(ctx, source); err != nil {
				t.Fatal(err)
			}
			if err := x.Save(ctx, source, path); err != nil {
				t.Fatal(err)
			}
			source.move(7)
			source.leave(8)
			if err := x.catchUp(ctx, source); err != nil {
				t.Fatal(err)
			}
			loaded, built := New(), New()
			if err := loaded.Open(ctx, path, source, func(err error) { t.Errorf("refused: %v", err) }); err != nil {
				t.Fatal(err)
			}
			if err := built.Build(ctx, source); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(sameAs(loaded, x, 3200), sameAs(built, x, 3200)); err != nil {
				t.Fatal(err)
			}
			x = loaded
		}
	}
}

// TestASnapshotOfNoUseIsReplaced: whatever is wrong with the file, the index
// is then built from the database.
func TestASnapshotOfNoUseIsReplaced(t *testing.T) {
	ctx := t.Context()
	good := filepath.Join(t.TempDir(), "good")
	source := newTown(500, 1)
	x := New()
	if err := errors.Join(x.Build(ctx, source), x.Save(ctx, source, good)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	older := newTown(300, 1)
	other := newTown(500, 2) // as many changes, and the last is about the same person
	for name, tt := range map[string]struct {
		file   []byte
		source *town
	}{
		"empty":                   {nil, source},
		"cut off":                 {whole[:len(whole)-1], source},
		"cut off at a section":    {whole[:len(whole)-8], source},
		"a bit flipped":           {append(append(bytes.Clone(whole[:len(whole)/2]), whole[len(whole)/2]^4), whole[len(whole)/2+1:]...), source},
		"another file":            {[]byte("SQLite format 3\x00"), source},
		"newer than the database": {whole, older},
		"of another database":     {whole, other},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "snapshot")
			if err := os.WriteFile(path, tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			refused := false
			got, want := New(), New()
			if err := got.Open(ctx, path, tt.source, func(error) { refused = true }); err != nil {
				t.Fatal(err)
			}
			if err := want.Build(ctx, tt.source); err != nil {
				t.Fatal(err)
			}
			if err := sameAs(got, want, 500); err != nil || !refused {
				t.Errorf("refused %v, %v", refused, err)
			}
			if s := got.Stage(); !s.Done || s.Read != len(tt.source.people) || s.Total != s.Read {
				t.Errorf("when it is built it says %+v", s)
			}
		})
	}
}

// TestALogWithAGapIsNotFollowed: the index is built anew instead.
func TestALogWithAGapIsNotFollowed(t *testing.T) {
	source := newTown(100, 3)
	x := New()
	if err := x.Build(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	source.move(1)
	source.move(2)
	source.changes[100].Seq, source.changes[101].Seq = 102, 103
	if err := x.catchUp(t.Context(), source); !errors.Is(err, errGap) {
		t.Errorf("followed a log with a gap: %v", err)
	}
}

// FuzzSnapshot: sections with right checksums and any content are read or
// refused, and what is read can be asked.
func FuzzSnapshot(f *testing.F) {
	source := newTown(200, 5)
	x := New()
	if err := x.Build(f.Context(), source); err != nil {
		f.Fatal(err)
	}
	held, saved := x.held.Load(), newSavedWords()
	for _, c := range *held.chunks.Load() {
		people := c.encodeTo(nil, held.words, saved)
		f.Add(head{chunks: 1}.encodeTo(nil), held.dictionary.encodeTo(nil), people, appendStrings(nil, saved.texts))
	}
	f.Fuzz(func(t *testing.T, head, dictionary, people, words []byte) {
		if _, err := decodeHead(head); err != nil {
			return
		}
		s := newState()
		if err := s.dictionary.decodeFrom(dictionary); err != nil {
			return
		}
		c, err := decodeChunk(people, s.dictionary)
		if err != nil {
			return
		}
		if s.words, err = decodeWords(words, []*chunk{c}); err != nil {
			return
		}
		s.chunks.Store(chunksOf(c))
		s.dictionary.markRows(0, c.occupied())
		x := New()
		x.held.Store(s)
		if n := x.Evaluate(Query{Measures: []domain.Criteria{{}}, Everyone: true}).Likely.GetCardinality(); int(n) > len(c.ids) {
			t.Errorf("%d are reached of %d", n, len(c.ids))
		}
		for slot := range min(len(c.ids), 50) {
			p := c.facts(uint16(slot), facts{})
			s.dictionary.decode(&p, s.words)
		}
	})
}

func chunksOf(list ...*chunk) *[]*chunk { return &list }

// TestIdsThatAreSlots: who has the number of their slot for an id does not make
// a chunk look as if everybody had.
func TestIdsThatAreSlots(t *testing.T) {
	source := newTown(0, 6)
	x := New()
	if err := x.Build(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	for _, id := range []domain.SubscriberID{9, 1, 7} { // in slots 0, 1, 2
		source.move(id)
		if err := x.catchUp(t.Context(), source); err != nil {
			t.Fatal(err)
		}
	}
	source.leave(9)
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := errors.Join(x.catchUp(t.Context(), source), x.Save(t.Context(), source, path)); err != nil {
		t.Fatal(err)
	}
	loaded := New()
	if err := loaded.Open(t.Context(), path, source, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	q := Query{Measures: []domain.Criteria{{}}, Everyone: true}
	if got, want := loaded.Evaluate(q).Likely, x.Evaluate(q).Likely; !got.Equals(want) {
		t.Errorf("%v are reached after a restart, %v before", got, want)
	}
}

// TestSnapshotOfManyChunks: chunks are decoded while the next are read, and
// none is lost or read twice.
func TestSnapshotOfManyChunks(t *testing.T) {
	const n = 3*builtSlots + 1000
	people := newTown(n, 8)
	x := New()
	if err := x.Build(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := x.Save(t.Context(), people, path); err != nil {
		t.Fatal(err)
	}
	loaded := New()
	if err := loaded.Open(t.Context(), path, people, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	if loaded.Len() != n {
		t.Fatalf("%d of %d people came back", loaded.Len(), n)
	}
	for id, want := range people.people {
		got, _, ok := loaded.Profile(id)
		if before, _, _ := x.Profile(id); !ok || !reflect.DeepEqual(got, before) {
			t.Fatalf("subscriber %d is %+v, was %+v, put as %+v", id, got, before, want.Profile)
		}
	}
}
