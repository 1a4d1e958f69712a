package audience_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

func in(f domain.Field, values ...string) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: values})
}

func TestInterest(t *testing.T) {
	town := domain.Profile{Kind: domain.Enterprise, Region: "330603001"}
	for name, tt := range map[string]struct {
		wants domain.Subscription
		query audience.Query
		told  bool
	}{
		"a theme of the policy":                {wants: domain.Subscription{Themes: []string{"Q01"}}, query: audience.Query{Themes: []string{"Q02", "Q01"}}, told: true},
		"another theme":                        {wants: domain.Subscription{Themes: []string{"Q03"}}, query: audience.Query{Themes: []string{"Q01"}}},
		"a word of the text":                   {wants: domain.Subscription{Keywords: []string{"技术改造"}}, query: audience.Query{Text: "支持企业技术改造"}, told: true},
		"a word in other letters":              {wants: domain.Subscription{Keywords: []string{" esg "}}, query: audience.Query{Text: "ESG 报告奖励"}, told: true},
		"a word that does not occur":           {wants: domain.Subscription{Keywords: []string{"技改"}}, query: audience.Query{Text: "支持企业技术改造"}},
		"an empty word asks for nothing":       {wants: domain.Subscription{Keywords: []string{""}}, query: audience.Query{Text: "支持企业技术改造"}},
		"everything that may apply":            {wants: domain.Subscription{All: true}, query: audience.Query{}, told: true},
		"paused beats everything":              {wants: domain.Subscription{All: true, Paused: true}, query: audience.Query{}},
		"a statutory notice asks no interest":  {query: audience.Query{Everyone: true}, told: true},
		"paused keeps statutory notices away":  {wants: domain.Subscription{Paused: true}, query: audience.Query{Everyone: true}},
		"who asked for nothing is not written": {query: audience.Query{Themes: []string{"Q01"}, Text: "技改"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := audience.New()
			x.Put(7, town, tt.wants)
			tt.query.Measures = []domain.Criteria{in(domain.FieldRegion, "330603")}
			if got := x.Evaluate(tt.query).Likely.Contains(7); got != tt.told {
				t.Errorf("told = %v, want %v", got, tt.told)
			}
		})
	}
}

func TestAPolicyReachesWhoeverOneMeasureConcerns(t *testing.T) {
	x := audience.New()
	all := domain.Subscription{All: true}
	x.Put(1, domain.Profile{Kind: domain.Enterprise, Size: "small"}, all)
	x.Put(2, domain.Profile{Kind: domain.Enterprise}, all)
	x.Put(3, domain.Profile{Kind: domain.Resident, Groups: []string{"G01"}}, all)
	x.Put(4, domain.Profile{Kind: domain.Resident, Groups: []string{}}, all)
	got := x.Evaluate(audience.Query{Measures: []domain.Criteria{in(domain.FieldSize, "small"), in(domain.FieldGroup, "G01")}})
	if want := []uint32{1, 3}; !slices.Equal(got.Likely.ToArray(), want) {
		t.Errorf("likely %v, want %v", got.Likely.ToArray(), want)
	}
	if want := []uint32{2}; !slices.Equal(got.Possible.ToArray(), want) {
		t.Errorf("possible %v, want %v: a resident has no size, and a set that is known holds no G01", got.Possible.ToArray(), want)
	}
	if none := x.Evaluate(audience.Query{}); !none.Likely.IsEmpty() || !none.Possible.IsEmpty() {
		t.Errorf("a policy without measures reached somebody: %v", none)
	}
}

func TestIdsBeyondTheRangeAreIgnored(t *testing.T) {
	x := audience.New()
	for _, id := range []domain.SubscriberID{-1, 0, 1 << 32} {
		x.Put(id, domain.Profile{}, domain.Subscription{All: true})
		x.Delete(id)
	}
	if x.Len() != 0 {
		t.Errorf("the index holds %d subscribers, want none", x.Len())
	}
}

func TestCountBy(t *testing.T) {
	x := audience.New()
	for id, p := range map[domain.SubscriberID]domain.Profile{
		1: {Kind: domain.Enterprise, Region: "330603001", Industry: "C34", Size: "small"},
		2: {Kind: domain.Enterprise, Region: "330603002", Industry: "C35", Size: "small"},
		3: {Kind: domain.Enterprise, Region: "330603", Industry: "I65", Size: "micro"},
		4: {Kind: domain.Resident, Region: "3306"},
		5: {Kind: domain.Resident},
	} {
		x.Put(id, p, domain.Subscription{})
	}
	everybody := roaring.BitmapOf(1, 2, 3, 4, 5, 99)
	for name, tt := range map[string]struct {
		dims []audience.Dim
		want string
	}{
		"by kind":              {[]audience.Dim{audience.ByKind}, "[{[enterprise] 3} {[resident] 2}]"},
		"by county":            {[]audience.Dim{audience.ByCounty}, "[{[330603] 3} {[] 1} {[3306] 1}]"},
		"by town":              {[]audience.Dim{audience.ByTown}, "[{[] 1} {[3306] 1} {[330603] 1} {[330603001] 1} {[330603002] 1}]"},
		"by industry and size": {[]audience.Dim{audience.ByIndustry, audience.BySize}, "[{[ ] 2} {[C small] 2} {[I micro] 1}]"},
		"by nothing":           {nil, "[{[] 5}]"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fmt.Sprint(x.CountBy(everybody, tt.dims...)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSampleIsDistinctAndRepeatable(t *testing.T) {
	set := roaring.New()
	for i := range uint32(1000) {
		set.Add(i*1000 + 1)
	}
	first := audience.Sample(set, 50, 3)
	if len(first) != 50 || !slices.IsSorted(first) || len(slices.Compact(slices.Clone(first))) != 50 {
		t.Errorf("sample %v is not 50 different members in order", first)
	}
	for _, id := range first {
		if !set.Contains(uint32(id)) {
			t.Errorf("%d is no member", id)
		}
	}
	if !slices.Equal(first, audience.Sample(set, 50, 3)) {
		t.Error("the same seed chose others")
	}
	if slices.Equal(first, audience.Sample(set, 50, 4)) {
		t.Error("another seed chose the same")
	}
	if got := audience.Sample(set, 5000, 1); len(got) != 1000 {
		t.Errorf("a sample larger than the set has %d members, want all 1000", len(got))
	}
	if got := audience.Sample(roaring.New(), 3, 1); got != nil {
		t.Errorf("a sample of nobody is %v", got)
	}
}

// TestFreezeAndThaw: what is stored is what was decided, whatever the sets.
func TestFreezeAndThaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.Uint32Range(1, 200_000), 0, 300).Draw(t, "ids")
		run := rapid.Uint64Range(0, 50_000).Draw(t, "run")
		likely, possible := roaring.New(), roaring.New()
		likely.AddRange(300_000, 300_000+run)
		for i, id := range ids {
			if i%2 == 0 {
				likely.Add(id)
			} else {
				possible.Add(id)
			}
		}
		possible.AndNot(likely)
		frozen, err := audience.Freeze(likely, possible)
		if err != nil {
			t.Fatal(err)
		}
		again, err := audience.Freeze(likely.Clone(), possible.Clone())
		if err != nil || again.SHA256 != frozen.SHA256 {
			t.Fatalf("the same sets froze to another hash: %v", err)
		}
		thawed, err := audience.Thaw(frozen)
		if err != nil {
			t.Fatal(err)
		}
		if !thawed.Likely.Equals(likely) || !thawed.Possible.Equals(possible) {
			t.Fatal("thawed sets differ")
		}
	})
}

func TestThawRefusesWhatWasTamperedWith(t *testing.T) {
	frozen, err := audience.Freeze(roaring.BitmapOf(1, 2, 3), roaring.BitmapOf(4))
	if err != nil {
		t.Fatal(err)
	}
	swapped := frozen
	swapped.Likely, swapped.Possible = frozen.Possible, frozen.Likely
	both := frozen
	both.Possible = frozen.Likely
	both.SHA256 = hashOf(both.Likely, both.Possible)
	flipped := frozen
	flipped.Likely = slices.Clone(frozen.Likely)
	flipped.Likely[len(flipped.Likely)-1] ^= 1
	for name, bad := range map[string]domain.FrozenAudience{
		"likely and possible swapped": swapped,
		"somebody is in both":         both,
		"a bit flipped":               flipped,
		"nothing at all":              {},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := audience.Thaw(bad); err == nil {
				t.Error("it was thawed")
			}
		})
	}
}

func hashOf(likely, possible []byte) string {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(likely))))
	h.Write(likely)
	h.Write(possible)
	return hex.EncodeToString(h.Sum(nil))
}

// FuzzThaw: bytes from a damaged database are an error, never a crash, and
// what is accepted can be walked.
func FuzzThaw(f *testing.F) {
	seeds := []*roaring.Bitmap{roaring.New(), roaring.BitmapOf(1, 2, 3, 1<<31), roaring.New(), roaring.New()}
	seeds[2].AddRange(10, 100_000)
	for i := range uint32(9000) {
		seeds[3].Add(i * 3)
	}
	for _, set := range seeds {
		frozen, err := audience.Freeze(set, roaring.New())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frozen.Likely, frozen.Possible)
	}
	f.Fuzz(func(t *testing.T, likely, possible []byte) {
		thawed, err := audience.Thaw(domain.FrozenAudience{Likely: likely, Possible: possible, SHA256: hashOf(likely, possible)})
		if err != nil {
			return
		}
		for _, set := range []*roaring.Bitmap{thawed.Likely, thawed.Possible} {
			n := uint64(0)
			set.Iterate(func(uint32) bool { n++; return n < 1_000_000 })
			if n < 1_000_000 && n != set.GetCardinality() {
				t.Errorf("walked %d members of %d", n, set.GetCardinality())
			}
		}
	})
}

// log is a source in memory.
type log struct {
	mu      sync.Mutex
	people  map[domain.SubscriberID]audience.Row
	changes []audience.Change
	broken  error
}

func (l *log) write(r audience.Row) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.people[r.ID] = r
	l.changes = append(l.changes, audience.Change{Seq: int64(len(l.changes) + 1), Row: r})
	return int64(len(l.changes))
}

func (l *log) drop(id domain.SubscriberID) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.people, id)
	l.changes = append(l.changes, audience.Change{Seq: int64(len(l.changes) + 1), Deleted: true, Row: audience.Row{ID: id}})
	return int64(len(l.changes))
}

func (l *log) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err
}

func (l *log) WalkProfiles(_ context.Context, fn func(audience.Row) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.people {
		if err := fn(r); err != nil {
			return err
		}
	}
	return l.broken
}

func (l *log) CountProfiles(context.Context) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.people), l.broken
}

func (l *log) LastChange(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.changes)), l.broken
}

func (l *log) Changes(_ context.Context, after int64, limit int) ([]audience.Change, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := l.changes[min(int(after), len(l.changes)):]
	return slices.Clone(rest[:min(limit, len(rest))]), l.broken
}

// TestFollow: who subscribed before a push is planned is in its audience, also
// when the source fails in between.
func TestFollow(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	person := func(id domain.SubscriberID) audience.Row {
		return audience.Row{ID: id, Subscription: domain.Subscription{All: true}}
	}
	source := &log{people: map[domain.SubscriberID]audience.Row{}}
	for id := range domain.SubscriberID(2500) {
		source.write(person(id + 1))
	}
	x := audience.New()
	x.Put(9999, domain.Profile{}, domain.Subscription{}) // a stale entry, which Build forgets
	if err := x.Build(ctx, source); err != nil {
		t.Fatal(err)
	}
	if x.Len() != 2500 || x.AppliedSeq() != 2500 {
		t.Fatalf("built %d subscribers up to change %d, want 2500 and 2500", x.Len(), x.AppliedSeq())
	}

	following, stop := context.WithCancel(ctx)
	failures := make(chan error, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		// The interval is too long for the test: WaitFor has to hurry it.
		x.Follow(following, source, time.Hour, func(err error) { failures <- err })
	}()
	source.drop(1)
	seq := source.write(person(3000))
	if err := x.WaitFor(ctx, seq); err != nil {
		t.Fatal(err)
	}
	got := x.Evaluate(audience.Query{Measures: []domain.Criteria{{}}}).Likely
	if got.Contains(1) || !got.Contains(3000) || got.GetCardinality() != 2500 {
		t.Errorf("after the changes: 1 %v, 3000 %v, %d in all", got.Contains(1), got.Contains(3000), got.GetCardinality())
	}

	source.fail(errors.New("the database is away"))
	seq = source.write(person(3001))
	waiting, giveUp := context.WithCancel(ctx)
	go func() {
		defer giveUp()
		t.Logf("told of: %v", <-failures)
	}()
	if err := x.WaitFor(waiting, seq); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a failing source: %v", err)
	}
	source.fail(nil)
	if err := x.WaitFor(ctx, seq); err != nil {
		t.Errorf("the source is back: %v", err)
	}
	stop()
	<-done
}

func TestBuildFailsWithItsSource(t *testing.T) {
	away := errors.New("the database is away")
	if err := audience.New().Build(t.Context(), &log{broken: away}); !errors.Is(err, away) {
		t.Errorf("Build returned %v", err)
	}
}

// TestReadersSeeWholeChanges: a subscriber who moves between two counties is
// in exactly one of them at any time. Run with -race it also shows that
// readers and writers do not disturb each other.
func TestReadersSeeWholeChanges(t *testing.T) {
	x := audience.New()
	counties := []string{"330603", "330604"}
	everything := domain.Subscription{All: true}
	x.Put(1, domain.Profile{Region: counties[0]}, everything)
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := range 2000 {
			x.Put(1, domain.Profile{Region: counties[i%2]}, everything)
		}
	})
	for range 500 {
		got := x.Evaluate(audience.Query{Measures: []domain.Criteria{
			in(domain.FieldRegion, counties[0]), in(domain.FieldRegion, counties[1]),
		}})
		if n := got.Likely.GetCardinality(); n != 1 {
			t.Fatalf("the subscriber is in %d counties", n)
		}
	}
	writer.Wait()
}

// BenchmarkEvaluate asks for a typical audience among 100,000 subscribers.
func BenchmarkEvaluate(b *testing.B) {
	m := newMaker(1)
	x := audience.New()
	for id := range domain.SubscriberID(100_000) {
		x.Put(id+1, m.profile(), domain.Subscription{All: true})
	}
	q := audience.Query{AsOf: asOf, Measures: []domain.Criteria{domain.AllOf(
		in(domain.FieldKind, "enterprise"), in(domain.FieldRegion, "330600"), in(domain.FieldIndustry, "C", "I"),
		domain.Leaf(domain.Condition{Field: domain.FieldStaff, Op: domain.AtMost, Number: 300}),
		domain.NotOf(in(domain.FieldAttribute, "ST1")),
	)}}
	for b.Loop() {
		x.Evaluate(q)
	}
}

// TestAThresholdIsOfWhoSetIt: one who has set none is told of what may apply,
// also if nobody knows what they are.
func TestAThresholdIsOfWhoSetIt(t *testing.T) {
	x := audience.New()
	x.Put(1, domain.Profile{}, domain.Subscription{All: true})
	x.Put(2, domain.Profile{Kind: domain.Enterprise}, domain.Subscription{All: true, Least: domain.VeryRelevant})
	q := audience.Query{Measures: []domain.Criteria{in(domain.FieldRegion, "330603")}}
	if n := x.Count(q); n != (audience.Counts{Possible: 1}) {
		t.Errorf("counted %+v, want the first", n)
	}
}
