package audience_test

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// TestARecipeComesBack: a query that was written down and read asks the same.
func TestARecipeComesBack(t *testing.T) {
	m := newMaker(7)
	x := audience.New()
	for id := range domain.SubscriberID(300) {
		x.Put(id+1, m.profile(), m.subscription())
	}
	for range 60 {
		q := audience.Query{
			Measures: []domain.Criteria{m.tree(5), m.tree(2)}, AsOf: asOf, Themes: some(m, []string{"Q01", "M09"}),
			Everyone: m.IntN(3) == 0, Text: pick(m, "", "关于技改与RND费用的通知"),
		}
		if m.IntN(2) == 0 {
			q.Without = roaring.BitmapOf(uint32(m.IntN(300)), 7, 299)
		}
		data, err := audience.Recipe{Rules: audience.Rules, Seq: 42, Query: q}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		r, err := audience.ReadRecipe(data)
		if err != nil || r.Rules != audience.Rules || r.Seq != 42 {
			t.Fatalf("%+v, %v", r, err)
		}
		want, got := x.Evaluate(q), x.Evaluate(r.Query)
		if !want.Likely.Equals(got.Likely) || !want.Possible.Equals(got.Possible) {
			t.Fatalf("%+v asks for %+v, %+v for %+v", q, want.Counts(), r.Query, got.Counts())
		}
	}
}

// FuzzReadRecipe: any bytes are read or refused.
func FuzzReadRecipe(f *testing.F) {
	good, err := audience.Recipe{Seq: 1, Query: audience.Query{Measures: []domain.Criteria{in(domain.FieldRegion, "330603")}, Without: roaring.BitmapOf(1, 2)}}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, false)
	f.Add([]byte(`{"rules":1,"seq":-3,"measures":[{"any":[{}]}],"without":"AAAA"}`), true)
	f.Fuzz(func(t *testing.T, data []byte, pack bool) {
		if pack {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write(data) // memory does not fail
			_ = w.Close()
			data = b.Bytes()
		}
		r, err := audience.ReadRecipe(data)
		if err != nil {
			return
		}
		x := audience.New()
		x.Put(1, domain.Profile{Region: "330603"}, domain.Subscription{All: true})
		x.Evaluate(r.Query)
	})
}
