package web

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"html/template"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/interpretations"
)

// draftRow is an interpretation that the measures suggest and that nobody has
// taken yet.
type draftRow struct {
	interpretations.Item
	Key  string // names it in the form
	HTML template.HTML
}

// drafts lists what the measures of a policy suggest, without what stands
// there already under the same question or title.
func (s *Server) drafts(p *domain.Policy, items []interpretations.Item) ([]draftRow, error) {
	there := map[string]bool{}
	for i := range items {
		there[draftKey(items[i])] = true
	}
	var rows []draftRow
	for _, it := range interpretations.Propose(p, s.told(p), s.wordsIn(p.Text), s.today()) {
		row := draftRow{Item: it, Key: draftKey(it)}
		if there[row.Key] {
			continue
		}
		var err error
		if row.HTML, err = s.drawn(p, &it, items); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// draftKey names a draft by its form and its question or title.
func draftKey(it interpretations.Item) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(it.Kind) + "\n" + itemTitle(it))) // a hash takes all
	return fmt.Sprintf("%x", h.Sum64())
}

// told says each measure in the words of the portal.
func (s *Server) told(p *domain.Policy) []interpretations.Told {
	var all []interpretations.Told
	for i, m := range s.measures(p) {
		who := m.Who
		if who == "" && m.Criteria != anybody {
			who = m.Criteria
		}
		gain := m.Gain
		if b := p.Measures[i].Benefit; b.Base != "" || b.Rate == 0 || b.FromRate > 0 { // 减征50% needs its kind, 按租金的50% does not
			gain = cmp.Or(gainFigures(b), gain)
		}
		all = append(all, interpretations.Told{Gain: gain, Who: who, Window: m.Window, How: m.How})
	}
	return all
}

// anybody is what criteria read that ask for nothing.
var anybody = matching.Describe(nil, nil)

// wordsIn lists the terms of official language in a text with their plain
// meaning, but for those that every document has (有效期, 废止): they have no theme.
func (s *Server) wordsIn(text string) []interpretations.Word {
	var words []interpretations.Word
	for _, t := range s.Rules.TermsIn(text) {
		if len(t.Jargon.Themes) == 0 {
			continue
		}
		words = append(words, interpretations.Word{Name: t.Jargon.Name, Plain: t.Jargon.Plain, Caution: t.Jargon.Caution})
	}
	return words
}

// adoptDraft takes a draft as an interpretation of the operator's, and opens it
// for editing.
func (s *Server) adoptDraft(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, me, err := s.explained(c)
	if err != nil {
		return err
	}
	key := field(c, "draft")
	for _, it := range interpretations.Propose(p, s.told(p), s.wordsIn(p.Text), s.today()) {
		if draftKey(it) != key {
			continue
		}
		it.Author, it.CreatedAt = me.ID, s.Now()
		it.Bind(p)
		if err := s.Store.SaveInterpretation(ctx, &it); err != nil {
			return err
		}
		if err := s.audit(c, "interpret", policyObject(p.ID), "采用系统草稿，"+it.Kind.Label()+"："+itemTitle(it)); err != nil {
			return err
		}
		s.setFlash(c, "pine", "已采用为待审核的解读，请改成办事人的话。")
		return c.Redirect(policyPath(p.ID, fmt.Sprintf("interpretations/%d", it.ID)), fiber.StatusSeeOther)
	}
	return domain.Errorf(domain.Conflict, "政策点刚刚改过，这条草稿没有了，请刷新页面后再选。")
}

// confirmInterpretation says that an interpretation still holds although what it
// rests on has changed. It has to be approved anew.
func (s *Server) confirmInterpretation(c *fiber.Ctx) error {
	p, me, err := s.explained(c)
	if err != nil {
		return err
	}
	it, err := s.itemOf(c, p)
	if err != nil {
		return err
	}
	if err := it.Check(p); err != nil {
		return err
	}
	it.Revise(me.ID)
	it.Bind(p)
	if err := s.Store.SaveInterpretation(c.UserContext(), &it); err != nil {
		return err
	}
	if err := s.audit(c, "interpret", policyObject(p.ID), "核对后不改，"+it.Kind.Label()+"："+itemTitle(it)); err != nil {
		return err
	}
	s.setFlash(c, "pine", "已核对，由另一位工作人员审核后再对公众显示。")
	return c.Redirect(policyPath(p.ID, "interpretations"), fiber.StatusSeeOther)
}
