package web

import (
	"fmt"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
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
	Kinds    []option // one is chosen, or none: all of them
	All      bool
	Policies []explainedPolicy
	Total    int
	Pages    []pageLink
}

func (explainedListView) template() string { return "portal/explained" }

// explainedPolicy is a policy with what explains it.
type explainedPolicy struct {
	card
	Lines []explainedLine
	More  int    // that are not named here
	Rest  string // leads to the first of them
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
	v := explainedListView{Page: p}
	for _, k := range interpretations.Kinds() {
		v.Kinds = append(v.Kinds, option{Code: string(k), Name: k.Label()})
	}
	kind := c.Query("kind")
	v.Kinds = pickOne(v.Kinds, kind)
	asked := url.Values{}
	if v.All = !oneSelected(v.Kinds); v.All {
		kind = ""
	} else {
		asked.Set("kind", kind)
	}
	number := pageNumber(c)
	sums, total, err := s.Store.Policies(ctx, storage.PolicyFilter{
		InForceOn: s.today(), Explained: true, ExplainedAs: interpretations.Kind(kind), Order: "date", Limit: pageSize, Offset: (number - 1) * pageSize,
	})
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
		e := explainedPolicy{card: s.cardOf(sum), Lines: explainedLines(items[sum.ID], interpretations.Kind(kind))}
		if e.More = max(0, len(e.Lines)-linesShown); e.More > 0 {
			e.Rest = e.Lines[linesShown].Href
			e.Lines = e.Lines[:linesShown]
		}
		v.Policies = append(v.Policies, e)
	}
	v.Total, v.Pages = total, pager("/interpretations", asked, number, total, pageSize)
	return s.render(c, v)
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
