package audience

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/domain"
)

// Rules is the version of how a query is answered. It grows when the same
// profiles and the same query get another answer than before, so that a check
// of an old audience can say what a difference may come from.
const Rules = 1

// Recipe is everything an audience was computed from but the profiles, which
// the database keeps as they stood: with both it can be computed again.
type Recipe struct {
	Rules int   // see [Rules]
	Seq   int64 // the last change of a profile that counted
	Query Query
}

// written is a recipe as it is stored, compressed.
type written struct {
	Rules    int               `json:"rules"`
	Seq      int64             `json:"seq"`
	AsOf     string            `json:"as_of"`
	Everyone bool              `json:"everyone,omitempty"`
	Themes   []string          `json:"themes"`
	Measures []domain.Criteria `json:"measures"`
	Text     string            `json:"text"`
	Without  []byte            `json:"without,omitempty"` // in the portable roaring format
}

// maxRecipe bounds what a recipe may unpack to.
const maxRecipe = 256 << 20

// Encode writes the recipe down for keeping beside the audience.
func (r Recipe) Encode() ([]byte, error) {
	q := r.Query
	w := written{Rules: r.Rules, Seq: r.Seq, AsOf: q.AsOf, Everyone: q.Everyone, Themes: q.Themes, Measures: q.Measures, Text: q.Text}
	if q.Without != nil {
		var err error
		if w.Without, err = freezeSet(q.Without); err != nil {
			return nil, fmt.Errorf("write recipe of an audience: %w", err)
		}
	}
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	if err := json.NewEncoder(packed).Encode(w); err != nil {
		return nil, fmt.Errorf("write recipe of an audience: %w", err)
	}
	err := packed.Close()
	return out.Bytes(), err
}

// ReadRecipe reads what Encode wrote. Anything else is an error.
func ReadRecipe(data []byte) (Recipe, error) {
	var w written
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return Recipe{}, fmt.Errorf("read recipe of an audience: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(packed, maxRecipe)) // to the end, where the checksum is
	if err != nil {
		return Recipe{}, fmt.Errorf("read recipe of an audience: %w", err)
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return Recipe{}, fmt.Errorf("read recipe of an audience: %w", err)
	}
	r := Recipe{Rules: w.Rules, Seq: w.Seq, Query: Query{Measures: w.Measures, Themes: w.Themes, Text: w.Text, AsOf: w.AsOf, Everyone: w.Everyone}}
	if w.Without != nil {
		if r.Query.Without, err = thawSet(w.Without); err != nil {
			return Recipe{}, fmt.Errorf("read recipe of an audience: %w", err)
		}
	}
	return r, nil
}

// CorrectFor makes the answer to a query that of an earlier moment: those who
// have changed since then count as they stood, and who was not there is out.
func (r Result) CorrectFor(q Query, changed []domain.SubscriberID, then []Row) {
	for _, id := range changed {
		r.Likely.Remove(uint32(id))
		r.Possible.Remove(uint32(id))
	}
	if len(then) == 0 {
		return
	}
	few := New()
	for _, row := range then {
		few.Put(row.ID, row.Profile, row.Subscription)
	}
	stood := few.Evaluate(q)
	r.Likely.Or(stood.Likely)
	r.Possible.Or(stood.Possible)
}

// Displaced is somebody whose place in two audiences is not the same.
type Displaced struct {
	ID       domain.SubscriberID
	Was, Now domain.Verdict
}

// Differences returns who stands elsewhere in another audience, in order of ids,
// up to a number of them, and how many there are. Those of leave are not
// asked.
func (r Result) Differences(other Result, leave *roaring.Bitmap, limit int) (list []Displaced, n int) {
	differs := roaring.Or(roaring.Xor(r.Likely, other.Likely), roaring.Xor(r.Possible, other.Possible))
	differs.AndNot(leave)
	for ids := differs.Iterator(); ids.HasNext() && len(list) < limit; {
		id := ids.Next()
		list = append(list, Displaced{ID: domain.SubscriberID(id), Was: r.verdict(id), Now: other.verdict(id)})
	}
	return list, int(differs.GetCardinality())
}

func (r Result) verdict(id uint32) domain.Verdict {
	switch {
	case r.Likely.Contains(id):
		return domain.Likely
	case r.Possible.Contains(id):
		return domain.Possible
	default:
		return domain.NotForThem
	}
}
