package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestListsAreExact compares lists by filters alone with a scan of all
// entries, of which there are more than are ever ranked.
func TestListsAreExact(t *testing.T) {
	const today = "2026-11-27"
	var all []*Entry
	for i := range 3*deepest + 7 {
		e := &Entry{
			Key: fmt.Sprint(1000 + i), Title: fmt.Sprintf("第%d号政策", i), Date: fmt.Sprintf("20%02d-%02d-11", 10+i%17, 1+i%12), Ended: i%11 == 0,
			Facets: map[Facet][]string{BenefitFacet: {[]string{"B1", "B2"}[i%2]}, IssuerFacet: {fmt.Sprintf("局%d", i%5)}, StateFacet: {"published"}},
		}
		switch i % 4 {
		case 0:
			e.Deadlines = []string{fmt.Sprintf("2026-%02d-%02d", 1+i%12, 1+i%28)}
			if i%3 == 0 { // the first may be over
				e.Deadlines = append(e.Deadlines, fmt.Sprintf("2026-12-%02d", 1+i%29))
				slices.Sort(e.Deadlines)
			}
		case 1:
			e.Deadlines, e.Expires = []string{"2027-03-01"}, "2026-11"
		case 2:
			e.Expires = []string{"2026-10-31", "2026-11-27", "2025", "2027-01-01", "2026-11-26"}[i%5]
		}
		all = append(all, e)
	}
	x := newIndex(t, all...)
	for name, req := range map[string]Request{
		"the latest":                 {Filters: map[Facet][]string{BenefitFacet: {"B1"}}},
		"by deadline":                {Filters: map[Facet][]string{BenefitFacet: {"B1", "B2"}}, Order: NextDeadline},
		"in force":                   {Filters: map[Facet][]string{BenefitFacet: {"B2"}}, InForce: true},
		"in force, by deadline":      {Filters: map[Facet][]string{IssuerFacet: {"局1", "局2"}}, InForce: true, Order: NextDeadline},
		"open":                       {Filters: map[Facet][]string{BenefitFacet: {"B1", "B2"}}, Open: true, Order: NextDeadline},
		"two facets":                 {Filters: map[Facet][]string{BenefitFacet: {"B1"}, IssuerFacet: {"局3"}}},
		"what nothing meets":         {Filters: map[Facet][]string{IssuerFacet: {"无此局"}}},
		"of a state, which all have": {Filters: map[Facet][]string{StateFacet: {"published"}}},
	} {
		t.Run(name, func(t *testing.T) {
			req.Today = today
			var want []*Entry
			inForce, open, issuers := 0, 0, map[string]int{}
			for _, e := range all {
				meets := (!req.InForce || !e.over(today)) && (!req.Open || e.open(today))
				for facet, values := range req.Filters {
					meets = meets && slices.ContainsFunc(e.Facets[facet], func(v string) bool { return slices.Contains(values, v) })
				}
				if !meets {
					continue
				}
				want = append(want, e)
				issuers[e.Facets[IssuerFacet][0]]++
				if !e.over(today) {
					inForce++
				}
				if e.open(today) {
					open++
				}
			}
			slices.SortStableFunc(want, func(a, b *Entry) int {
				if c := max(req.Order, Newest).compare(a, b, today); c != 0 {
					return c
				}
				if c := Newest.compare(a, b, today); c != 0 {
					return c
				}
				return strings.Compare(a.Key, b.Key)
			})
			for from := 0; from <= len(want); from += 97 { // pages across the borders of the parts
				req.Offset, req.Limit = from, 97
				page, err := x.Search(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				if page.Total != len(want) || page.InForce != inForce || page.Open != open {
					t.Fatalf("%d found, %d in force, %d open; want %d, %d and %d", page.Total, page.InForce, page.Open, len(want), inForce, open)
				}
				for value, n := range issuers {
					if page.Counts[IssuerFacet][value] != n {
						t.Fatalf("counts are %v, want %v", page.Counts[IssuerFacet], issuers)
					}
				}
				for i, e := range want[from:min(len(want), from+97)] {
					if i >= len(page.Results) || page.Results[i].Key != e.Key {
						t.Fatalf("result %d of the page from %d is not %s (%+v)", i, from, e.Key, *e)
					}
				}
			}
		})
	}
}
