package web

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// facet is a way to divide an audience that an officer can choose.
type facet struct {
	code, name string
	dim        audience.Dim
	field      domain.Field
}

var facets = []facet{
	{"county", "县区", audience.ByCounty, domain.FieldRegion},
	{"town", "乡镇街道", audience.ByTown, domain.FieldRegion},
	{"kind", "企业或居民", audience.ByKind, domain.FieldKind},
	{"industry", "行业", audience.ByIndustry, domain.FieldIndustry},
	{"size", "企业规模", audience.BySize, domain.FieldSize},
}

// The bounds of a table of two facets; the rest is summed up in 其他.
const (
	crossRows    = 30
	crossColumns = 8
)

// crossView is an audience counted by two facets that the officer chose.
type crossView struct {
	Down, Across []option
	Caption      string
	Columns      []string
	Rows         []crossRow
}

type crossRow struct {
	Name  string
	Cells []int
	Sum   int
}

func facetOf(code string, otherwise int) facet {
	for _, f := range facets {
		if f.code == code {
			return f
		}
	}
	return facets[otherwise]
}

// cross counts a set by two facets: those of a code, or the town and size.
func (s *Server) cross(set *roaring.Bitmap, down, across string) crossView {
	rows, columns := facetOf(down, 1), facetOf(across, 4)
	v := crossView{Caption: rows.name + "与" + columns.name}
	for _, f := range facets {
		v.Down = append(v.Down, option{Code: f.code, Name: f.name, Selected: f.code == rows.code})
		v.Across = append(v.Across, option{Code: f.code, Name: f.name, Selected: f.code == columns.code})
	}
	at := func(counts []audience.Count, most int) map[string]int { // the largest first
		places := map[string]int{}
		for _, c := range counts {
			places[c.Values[0]] = min(len(places), most)
		}
		return places
	}
	names := func(f facet, counts []audience.Count, most int) []string {
		var list []string
		for i, c := range counts {
			if i == most {
				return append(list, "其他")
			}
			list = append(list, s.facetName(f, c.Values[0]))
		}
		return list
	}
	ofRows, ofColumns := s.Index.CountBy(set, rows.dim), s.Index.CountBy(set, columns.dim)
	rowAt, columnAt := at(ofRows, crossRows), at(ofColumns, crossColumns)
	v.Columns = names(columns, ofColumns, crossColumns)
	for _, name := range names(rows, ofRows, crossRows) {
		v.Rows = append(v.Rows, crossRow{Name: name, Cells: make([]int, len(v.Columns))})
	}
	for _, c := range s.Index.CountBy(set, rows.dim, columns.dim) {
		r, known := rowAt[c.Values[0]]
		column, also := columnAt[c.Values[1]]
		if !known || !also {
			continue // somebody changed between the counts
		}
		v.Rows[r].Cells[column] += c.N
		v.Rows[r].Sum += c.N
	}
	return v
}

func (s *Server) facetName(f facet, code string) string {
	switch {
	case code == "":
		return "未说明"
	case f.dim == audience.ByKind:
		return kindLabel(domain.SubscriberKind(code))
	}
	if d := s.Rules.Divisions.Find(code); d != nil && f.field == domain.FieldRegion {
		return d.Name
	}
	return s.Rules.ValueName(f.field, code)
}

// whyView says why one subscriber is in the audience, or is not.
type whyView struct {
	Query   string
	Found   bool
	ID      domain.SubscriberID
	Name    string
	USCC    string
	More    bool // others match the words as well
	Verdict domain.Verdict
	Says    []string
}

// why explains the place of a subscriber in the audience of a query. They are
// found by 统一社会信用代码, an office's id, a name or an address.
func (s *Server) why(ctx context.Context, q audience.Query, query string) (whyView, error) {
	v := whyView{Query: query}
	if query == "" {
		return v, nil
	}
	var ids []domain.SubscriberID
	var err error
	if kind, address, ok := addressOf(query); ok {
		ids, err = s.Store.SubscribersByAddress(ctx, kind, address)
	} else {
		ids, err = s.Store.FindSubscribers(ctx, query, 0, 2)
	}
	if err != nil || len(ids) == 0 {
		return v, err
	}
	people, err := s.Store.SubscribersIn(ctx, ids[:1])
	if err != nil || len(people) == 0 {
		return v, err
	}
	v = s.whyOf(q, people[0], query)
	v.More = len(ids) > 1
	return v, nil
}

// whyOf explains the place of a subscriber in the audience of a query.
func (s *Server) whyOf(q audience.Query, person *domain.Subscriber, query string) whyView {
	v := whyView{Query: query}
	e, ok := s.Index.Explain(q, person.ID)
	if !ok {
		return v
	}
	v.Found, v.ID, v.Name, v.USCC, v.Verdict = true, person.ID, maskName(person), domain.MaskUSCC(person.USCC), e.Verdict
	v.Says = e.Says(s.Rules.ValueName)
	return v
}
