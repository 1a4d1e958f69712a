package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/internal/storage"
	"policypush/internal/tagging"
	"policypush/interpretations"
)

// correctionsShown is how many corrections a page of the list shows.
const correctionsShown = 50

// correctionsView lists what officers corrected, newest first.
type correctionsView struct {
	Page
	Query    string
	Fields   []optionGroup
	People   []option
	Results  []option
	Days     dayFields
	Limits   []limit
	Rows     []correctionRow
	Total    int
	Pages    []pageLink
	Filtered bool
}

type correctionRow struct {
	domain.Correction
	Who, Title, Href    string
	Class, Kind, Name   string
	Said, Says          string // the machine, the officer
	Before, Mark, After string // the sentence around the words
	Agreed              bool
}

func (correctionsView) template() string { return "console/corrections" }

func (s *Server) correctionsPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	page, err := s.consolePage(c, "更正记录", "rules")
	if err != nil {
		return err
	}
	v, asked := correctionsView{Page: page, Query: cutRunes(strings.TrimSpace(c.Query("q")), 60)}, url.Values{}
	f := storage.CorrectionFilter{Query: v.Query, Limit: correctionsShown}
	if v.Query != "" {
		asked.Set("q", v.Query)
	}
	v.Fields = correctedFields()
	for _, g := range v.Fields {
		for i := range g.Options {
			if o := &g.Options[i]; o.Code == c.Query("field") {
				o.Selected = true
				d, code, _ := strings.Cut(o.Code, "|")
				f.Dimension, f.Code = domain.Dimension(d), code
				asked.Set("field", o.Code)
			}
		}
	}
	all, err := s.Store.Operators(ctx)
	if err != nil {
		return err
	}
	names := map[domain.OperatorID]string{}
	for _, o := range all {
		names[o.ID] = o.Name
		row := option{Code: strconv.FormatInt(int64(o.ID), 10), Name: o.Name}
		if row.Selected = c.Query("who") == row.Code; row.Selected {
			f.By = o.ID
			asked.Set("who", row.Code)
		}
		v.People = append(v.People, row)
	}
	for _, r := range []struct {
		code, name string
		agreed     bool
	}{{"wrong", "系统读错", false}, {"right", "系统读对", true}} {
		row := option{Code: r.code, Name: r.name, Selected: c.Query("result") == r.code}
		if row.Selected {
			f.Agreed = &r.agreed
			asked.Set("result", row.Code)
		}
		v.Results = append(v.Results, row)
	}
	v.Days = daysAsked(c, "", asked)
	f.From, f.Before = v.Days.from, v.Days.before
	also := limits{c: c, asked: asked}
	if f.Policy, err = also.policy(s); err != nil {
		return err
	}
	v.Filtered, v.Limits = len(asked) > 0, also.shown()
	current := pageNumber(c)
	f.Offset = (current - 1) * correctionsShown
	kept, total, err := s.Store.Corrections(ctx, f)
	if err != nil {
		return err
	}
	v.Total, v.Pages = total, pager("/console/corrections", asked, current, total, correctionsShown)
	titles, err := s.titlesOf(ctx, kept)
	if err != nil {
		return err
	}
	for _, k := range kept {
		row := s.correctionRow(k)
		row.Who, row.Title, row.Href = names[k.By], titles[k.Policy], policyPath(k.Policy, "")
		v.Rows = append(v.Rows, row)
	}
	return s.render(c, v)
}

// correctedFields lists by what the list can be asked: a dimension of tags, a
// fact of the document, a field of a measure.
func correctedFields() []optionGroup {
	tags := optionGroup{Name: "标签"}
	for _, d := range domain.Dimensions() {
		if d != domain.KeywordTag {
			tags.Options = append(tags.Options, option{Code: string(d), Name: d.Label()})
		}
	}
	groups := []optionGroup{tags}
	for _, d := range []domain.Dimension{domain.FactCorrected, domain.MeasureCorrected} {
		g := optionGroup{Name: d.Label(), Options: []option{{Code: string(d), Name: d.Label() + "（全部）"}}}
		for _, code := range domain.CorrectedCodes(d) {
			g.Options = append(g.Options, option{Code: string(d) + "|" + code, Name: domain.CorrectedName(d, code)})
		}
		groups = append(groups, g)
	}
	return groups
}

// titlesOf finds the titles of the documents that were corrected.
func (s *Server) titlesOf(ctx context.Context, kept []domain.Correction) (map[domain.PolicyID]string, error) {
	titles := map[domain.PolicyID]string{}
	f := storage.PolicyFilter{Limit: len(kept)}
	for i := range kept {
		f.IDs = append(f.IDs, kept[i].Policy)
	}
	if len(f.IDs) == 0 {
		return titles, nil
	}
	found, _, err := s.Store.Policies(ctx, f)
	for i := range found {
		titles[found[i].ID] = shownTitle(found[i].Title)
	}
	return titles, err
}

func (s *Server) correctionRow(k domain.Correction) correctionRow {
	row := correctionRow{Correction: k, Kind: chipOf(k.Dimension), Agreed: k.Confirms(), Said: s.correctedValue(k, k.Machine), Says: s.correctedValue(k, k.Officer)}
	row.Class, _ = tagMark(k.Dimension)
	if row.Name = domain.CorrectedName(k.Dimension, k.Code); row.Name == "" {
		row.Name = s.Rules.Name(k.Dimension, k.Code)
	}
	row.Before, row.After, _ = strings.Cut(k.Context, k.Words)
	if row.Mark = k.Words; k.Words == "" || !strings.Contains(k.Context, k.Words) {
		row.Before, row.Mark, row.After = k.Context, "", ""
	}
	return row
}

// correctedValue says in words what the machine or an officer said.
func (s *Server) correctedValue(k domain.Correction, value string) string {
	switch k.Dimension {
	case domain.FactCorrected, domain.MeasureCorrected:
		switch {
		case value == "":
			return "没有"
		case k.Code == "doc_kind" && s.Rules.DocumentKinds.Find(value) != nil:
			return s.Rules.DocumentKinds.Find(value).Name
		case k.Code == domain.IsMeasure:
			return "有"
		case k.Code == "criteria":
			kept, _ := domain.KeptCriteria(value)
			return matching.Describe(&kept, s.Rules.ValueName)
		case k.Code == "kind":
			return s.Rules.Name(domain.BenefitTag, value)
		case k.Code == "audience":
			return domain.Audience(value).Label()
		default:
			return value
		}
	}
	switch value {
	case domain.SaidYes:
		return "有"
	case domain.SaidNo:
		return "没有"
	case domain.SaidAbsent:
		return "没有读出"
	case "":
		return "不详"
	default:
		return domain.TagState(value).Label()
	}
}

// keep stores corrections of a policy as cases to learn from.
func (s *Server) keep(c *fiber.Ctx, p *domain.Policy, kept []domain.Correction) error {
	for i := range kept {
		kept[i].Policy, kept[i].Version = p.ID, p.Version
		kept[i].By, kept[i].At = operatorOf(c).operator.ID, s.Now()
	}
	return s.Store.SaveCorrections(c.UserContext(), kept)
}

// correctionLink leads to the corrections of a policy.
func correctionLink(id domain.PolicyID) string {
	return address("/console/corrections", url.Values{"policy": {strconv.FormatInt(int64(id), 10)}})
}

// tagSaid is what an officer says of a tag that the machine read, or did not.
// The place is the first word that earned it.
func tagSaid(p *domain.Policy, tag domain.Tag, officer string) domain.Correction {
	k := domain.Correction{Dimension: tag.Dimension, Code: tag.Code, Officer: officer}
	if tag.State == domain.Assigned || tag.State == domain.Suggested {
		k.Machine = string(tag.State)
	}
	if len(tag.Evidence) > 0 {
		k.Cite(p.Text, tag.Evidence[0].Start, tag.Evidence[0].End)
	}
	return k
}

// whereSaid finds words that an officer copied from the text, at or after the
// clause they were marked in.
func whereSaid(p *domain.Policy, words, clause string) (*domain.Evidence, error) {
	if words == "" {
		return nil, nil
	}
	from := 0
	for i := range p.Clauses {
		if interpretations.Anchor(i) == clause {
			from = p.Clauses[i].Start
		}
	}
	start, end, ok := domain.FindWords(p.Text, words, from)
	if !ok {
		return nil, domain.Errorf(domain.Invalid, "原文里没有“%s”，请从原文复制依据，或留空", cutRunes(words, 30)).In("依据")
	}
	return &domain.Evidence{Start: start, End: end, Text: string([]rune(p.Text)[start:end])}, nil
}

// factsSaid are the corrections that lead from facts to those of the policy
// now, with the place in the text where it says so.
func factsSaid(p *domain.Policy, before map[string]string) []domain.Correction {
	kept := domain.Changes(domain.FactCorrected, before, p.Facts())
	places := factPlaces(p)
	for i := range kept {
		k := &kept[i]
		if k.Machine != k.Officer {
			places[k.Code] = tagging.Locate(p, k.Code)
		}
		if found := places[k.Code]; len(found) > 0 && k.Officer != "" {
			k.Cite(p.Text, found[0].Start, found[0].End)
		}
	}
	return kept
}

// measureSaid are the corrections that lead from the fields of a measure,
// which began at start, to those it has now.
func measureSaid(p *domain.Policy, m *domain.Measure, before map[string]string, start, end int) []domain.Correction {
	kept := domain.Changes(domain.MeasureCorrected, before, m.Fields())
	for i := range kept {
		kept[i].Cite(p.Text, start, end)
	}
	return slices.DeleteFunc(kept, func(k domain.Correction) bool { return k.End == 0 }) // a measure without a place cannot be found again
}
