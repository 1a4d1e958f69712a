package web

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/search"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// linesShown is how many interpretations of one policy the list names; the
// policy's page has the rest.
const linesShown = 5

// explainedListView lists the interpretations of all policies in force, those of
// the latest document first.
type explainedListView struct {
	Page
	Query    string
	Theme    string
	Themes   []optionGroup
	Kinds    []explainedKind // one is chosen, or none: all of them
	Any      string          // address of all of them
	Chips    []chip          // words and theme that were asked for
	Unready  bool            // the index is being built: there may be more
	Policies []explainedPolicy
	Total    int
	Pages    []pageLink
}

func (explainedListView) template() string { return "portal/explained" }

// All tells whether no kind is chosen.
func (v explainedListView) All() bool {
	return !slices.ContainsFunc(v.Kinds, func(k explainedKind) bool { return k.Selected })
}

// explainedPolicy is a policy with what explains it.
type explainedPolicy struct {
	card
	Lines []explainedLine
	More  int    // that are not named here
	Rest  string // leads to the first of them
}

// explainedKind is a kind of interpretation, with the address of the list of it.
type explainedKind struct {
	option
	URL string
}

// explainedLine leads to one interpretation.
type explainedLine struct{ Kind, Title, Href string }

func (s *Server) explainedList(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.page(c, "政策解读")
	if err != nil {
		return err
	}
	p.Section, p.Description = "explained", "现行有效政策的一图读懂、图解、问答、案例、新旧对照和发布会实录，每一条都标出依据的条款。"
	if err := s.shareSite(&p, "/interpretations"); err != nil {
		return err
	}
	asked := readExplained(c)
	number := pageNumber(c)
	p.Title = searchTitle(p.Title, asked.Get("q"), number)
	v := explainedListView{Page: p, Query: asked.Get("q"), Theme: asked.Get("t"), Themes: s.themeGroups(asked.Get("t"))}
	kind := interpretations.Kind(asked.Get("kind"))
	without := func(name string) string {
		rest := maps.Clone(asked)
		rest.Del(name)
		return address("/interpretations", rest)
	}
	v.Any = without("kind")
	for _, k := range interpretations.Kinds() {
		of := maps.Clone(asked)
		of.Set("kind", string(k))
		v.Kinds = append(v.Kinds, explainedKind{option{Code: string(k), Name: k.Label(), Selected: k == kind}, address("/interpretations", of)})
	}
	for _, name := range []string{"q", "t"} {
		if value := asked.Get(name); value != "" {
			v.Chips = append(v.Chips, chip{s.conditionName(name, value), without(name)})
		}
	}
	filter := storage.PolicyFilter{
		InForceOn: s.today(), Theme: v.Theme, Explained: true, ExplainedAs: kind, Order: "date", Limit: pageSize, Offset: (number - 1) * pageSize,
	}
	var sums []storage.PolicySummary
	var total int
	var found map[domain.PolicyID]search.Result
	if v.Query == "" {
		sums, total, err = s.Store.Policies(ctx, filter)
	} else {
		sums, total, found, err = s.findExplained(c, &v, filter)
	}
	if err != nil {
		return err
	}
	ids := make([]domain.PolicyID, len(sums))
	for i := range sums {
		ids[i] = sums[i].ID
	}
	items, err := s.Store.InterpretationsOf(ctx, ids)
	if err != nil {
		return err
	}
	if err := s.Catalogue.Refresh(ctx); err != nil { // it knows the sums
		return err
	}
	for _, sum := range sums {
		e := explainedPolicy{card: s.cardOf(sum), Lines: explainedLines(items[sum.ID], kind)}
		if r, ok := found[sum.ID]; ok {
			e.Found = foundPassage(sum.ID, r)
		}
		if e.More = max(0, len(e.Lines)-linesShown); e.More > 0 {
			e.Rest = e.Lines[linesShown].Href
			e.Lines = e.Lines[:linesShown]
		}
		v.Policies = append(v.Policies, e)
	}
	v.Total, v.Pages = total, pager("/interpretations", asked, number, total, pageSize)
	return s.render(c, v)
}

// readExplained reads what is asked of the list: words, a theme and a kind.
func readExplained(c *fiber.Ctx) url.Values {
	asked := url.Values{}
	for _, name := range []string{"q", "t", "kind"} {
		value := cutRunes(domain.CleanName(c.Query(name)), 60)
		if value != "" && (name != "kind" || slices.Contains(interpretations.Kinds(), interpretations.Kind(value))) {
			asked.Set(name, value)
		}
	}
	return asked
}

// mostExplained is how many policies are looked at that have the words of a reader.
const mostExplained = 200

// findExplained is a page of the policies that meet a filter and answer the words
// of the reader, best first, how many there are, and what was found in each.
func (s *Server) findExplained(c *fiber.Ctx, v *explainedListView, filter storage.PolicyFilter) ([]storage.PolicySummary, int, map[domain.PolicyID]search.Result, error) {
	ctx := c.UserContext()
	if err := s.Search.CatchUp(ctx); err != nil {
		return nil, 0, nil, err
	}
	if v.Unready = !s.Search.Built(); v.Unready {
		noStore(c)
	}
	page, err := s.Search.Search(ctx, search.Request{Text: v.Query, Today: s.today(), InForce: true, Floor: relevant, Limit: mostExplained})
	if err != nil || page.Unrelated {
		return nil, 0, nil, err
	}
	found, rank := map[domain.PolicyID]search.Result{}, map[domain.PolicyID]int{}
	for i, r := range page.Results {
		id, err := strconv.ParseInt(r.Key, 10, 64)
		if err != nil {
			return nil, 0, nil, err
		}
		filter.IDs = append(filter.IDs, domain.PolicyID(id))
		found[domain.PolicyID(id)], rank[domain.PolicyID(id)] = r, i
	}
	if len(found) == 0 {
		return nil, 0, nil, nil
	}
	from := filter.Offset
	filter.Limit, filter.Offset = 0, 0
	sums, total, err := s.Store.Policies(ctx, filter)
	if err != nil {
		return nil, 0, nil, err
	}
	slices.SortFunc(sums, func(a, b storage.PolicySummary) int { return rank[a.ID] - rank[b.ID] })
	return sums[min(from, len(sums)):min(from+pageSize, len(sums))], total, found, nil
}

// explainedLines are the interpretations of a policy of one kind, or all of them,
// in the order of the kinds.
func explainedLines(items []interpretations.Item, only interpretations.Kind) []explainedLine {
	var lines []explainedLine
	for _, k := range interpretations.Kinds() {
		for i := range items {
			if it := items[i]; it.Kind == k && (only == "" || only == k) {
				lines = append(lines, explainedLine{k.Label(), itemTitle(it), fmt.Sprintf("/policies/%d%s", it.Policy, it.Place())})
			}
		}
	}
	return lines
}
