package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/rules"
)

// tagsView shows what the machine understood beside the text that says so, and
// whom the policy would reach.
type tagsView struct {
	Page
	policyHead
	Clauses  []evidenceClause
	Tags     []tagRow
	Keywords []tagRow
	Removed  []tagRow
	Add      []optionGroup
	Facts    []factRow
	Measures []measureView
	Gone     []removedMeasure
	Audience audienceView
	Waiting  int // suggested tags
	// Corrected is how many corrections of this policy are kept.
	Corrected int
	KeptHref  string
}

func (tagsView) template() string { return "console/tags" }

// tagRow is one tag with what earned it.
type tagRow struct {
	N         int
	Value     string // dimension|code, for forms
	Dimension string
	Class     string
	Name      string
	Code      string
	State     domain.TagState
	StateText string
	Score     string
	Words     []wordLink
	More      int // words that are not shown
}

// wordLink is a word of the text that earned a tag, with its weight.
type wordLink struct {
	Text, Href, Weight string
	N                  int // how often
}

func (s *Server) tagsPage(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	page, err := s.consolePage(c, "标签与受众 · "+shownTitle(p.Title), "policies")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	v := tagsView{Page: page, KeptHref: correctionLink(p.ID)}
	if v.policyHead, err = s.policyHead(ctx, operatorOf(c).operator, p, 2); err != nil {
		return err
	}
	set, query, err := s.preview(ctx, p)
	if err != nil {
		return err
	}
	if v.Audience, err = s.audienceView(ctx, p, set, query, seedOf(c.Query("sample"))); err != nil {
		return err
	}
	if _, v.Corrected, err = s.Store.Corrections(ctx, storage.CorrectionFilter{Policy: p.ID, Limit: 1}); err != nil {
		return err
	}
	text := evidence(p)
	v.Clauses = text.clauses
	for _, tag := range p.Tags {
		row := s.tagRow(p, tag, &text)
		switch {
		case tag.State == domain.Removed:
			v.Removed = append(v.Removed, row)
		case tag.Dimension == domain.KeywordTag:
			v.Keywords = append(v.Keywords, row)
		default:
			v.Tags = append(v.Tags, row)
		}
		if tag.State == domain.Suggested {
			v.Waiting++
		}
	}
	order := domain.Dimensions()
	slices.SortStableFunc(v.Tags, func(a, b tagRow) int {
		return slices.Index(order, dimensionOf(a.Value)) - slices.Index(order, dimensionOf(b.Value))
	})
	numbered(v.Tags, v.Keywords)
	if v.Editable {
		offices, err := s.Store.Offices(ctx)
		if err != nil {
			return err
		}
		v.Add = s.tagOptions(offices)
	}
	v.Facts, v.Measures = s.factRows(p, &text), s.measures(p)
	for i := range v.Measures { // the place with its mark
		if cite := v.Measures[i].Cite; cite != nil {
			cite.Href = text.hrefFrom(p, &p.Measures[i])
		}
	}
	if v.Gone, err = s.removedMeasures(ctx, p); err != nil {
		return err
	}
	return s.render(c, v)
}

// numbered gives every tag its number on the page, by which one comes back to it.
func numbered(lists ...[]tagRow) {
	n := 0
	for _, rows := range lists {
		for i := range rows {
			n++
			rows[i].N = n
		}
	}
}

func dimensionOf(value string) domain.Dimension {
	d, _, _ := strings.Cut(value, "|")
	return domain.Dimension(d)
}

// wordsShown is how many words of a tag are shown.
const wordsShown = 6

func (s *Server) tagRow(p *domain.Policy, tag domain.Tag, text *evidenceText) tagRow {
	class, _ := tagMark(tag.Dimension)
	row := tagRow{
		Value: string(tag.Dimension) + "|" + tag.Code, Dimension: chipOf(tag.Dimension), Class: class, Code: tag.Code,
		Name: s.Rules.Name(tag.Dimension, tag.Code), State: tag.State, StateText: tag.State.Label(), Score: trimmed(tag.Score),
	}
	if tag.Dimension == domain.KeywordTag {
		row.Code = ""
	}
	for _, e := range tag.Evidence {
		word := cutRunes(e.Text, 24)
		if i := slices.IndexFunc(row.Words, func(w wordLink) bool { return w.Text == word }); i >= 0 {
			row.Words[i].N++
			continue
		}
		if len(row.Words) == wordsShown {
			row.More++
			continue
		}
		link := wordLink{Text: word, Href: text.href(p, e.Start), N: 1}
		if e.Score != 0 {
			link.Weight = trimmed(e.Score)
		}
		row.Words = append(row.Words, link)
	}
	return row
}

// chipOf is the name of a dimension in two or three characters.
func chipOf(d domain.Dimension) string {
	switch d {
	case domain.BenefitTag:
		return "支持"
	case domain.GroupTag:
		return "群体"
	case domain.EnterpriseKindTag:
		return "企业"
	default:
		return d.Label()
	}
}

// tagOptions lists every code that a person can add as a tag.
func (s *Server) tagOptions(offices []domain.Office) []optionGroup {
	var groups []optionGroup
	add := func(d domain.Dimension, name string, items []option) {
		for i := range items {
			items[i].Code = string(d) + "|" + items[i].Code
		}
		groups = append(groups, optionGroup{Name: name, Options: items})
	}
	themes := map[string][]option{}
	for _, t := range s.Rules.Themes.All() {
		themes[t.Code[:1]] = append(themes[t.Code[:1]], option{Code: t.Code, Name: t.Name})
	}
	add(domain.ThemeTag, "主题：惠企", themes["Q"])
	add(domain.ThemeTag, "主题：民生", themes["M"])
	add(domain.ThemeTag, "主题：政府内部（不推送）", themes["Z"])
	add(domain.BenefitTag, "支持方式", optionsOf(s.Rules.Benefits, func(b *rules.BenefitKind) rules.Item { return b.Item }))
	add(domain.TaxTag, "税费", optionsOf(s.Rules.Taxes, func(t *rules.Tax) rules.Item { return t.Item }))
	add(domain.GroupTag, "居民群体", optionsOf(s.Rules.Groups, func(g *rules.ResidentGroup) rules.Item { return g.Item }))
	add(domain.EnterpriseKindTag, "企业类型", optionsOf(s.Rules.Attributes, func(a *rules.Attribute) rules.Item { return a.Item }))
	for _, g := range s.industryOptions("") {
		add(domain.IndustryTag, "行业："+g.Name, g.Options)
	}
	for _, o := range offices {
		group := []option{}
		if home := s.Rules.Divisions.Find(o.Region); home != nil {
			group = append(group, option{Code: home.Code, Name: home.Name})
			s.addBelow(home.Code, func(d *rules.Division) { group = append(group, option{Code: d.Code, Name: d.Name}) })
		}
		if len(group) > 0 {
			add(domain.RegionTag, "地域："+o.Name, group)
		}
	}
	return groups
}

func optionsOf[T any](t rules.Table[T], item func(*T) rules.Item) []option {
	var options []option
	for _, entry := range t.All() {
		it := item(entry)
		options = append(options, option{Code: it.Code, Name: it.Name})
	}
	return options
}

// saveTag confirms, removes, restores or adds one tag of a draft.
func (s *Server) saveTag(c *fiber.Ctx) error {
	p, err := s.draftOf(c)
	if err != nil {
		return err
	}
	before, err := s.reach(c.UserContext(), p)
	if err != nil {
		return err
	}
	place, err := whereSaid(p, field(c, "words"), field(c, "clause"))
	if err != nil {
		return err
	}
	value := field(c, "tag")
	if name := field(c, "name"); name != "" {
		if value, err = s.tagNamed(c.UserContext(), name); err != nil {
			return err
		}
	}
	what, kept, err := s.changeTag(p, field(c, "do"), value, field(c, "keyword"), place)
	if err != nil {
		return err
	}
	to := "#tags"
	if n, err := strconv.Atoi(field(c, "n")); err == nil { // where the officer was
		to = fmt.Sprintf("#t%d", n)
	}
	return s.saveDraft(c, p, "tag", what, before, to, kept...)
}

// tagNamed finds the tag of a name as the list offers it, 外贸支持（主题：惠企）, or
// without what stands in brackets, if one tag has the name.
func (s *Server) tagNamed(ctx context.Context, name string) (string, error) {
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, g := range s.tagOptions(offices) {
		for _, o := range g.Options {
			switch name {
			case o.Name + "（" + g.Name + "）":
				return o.Code, nil
			case o.Name:
				found = append(found, o.Code)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", domain.Errorf(domain.Invalid, "标签体系里没有“%s”，请从列表中选择标签，或填写关键词", cutRunes(name, 30)).In("标签")
	default:
		return "", domain.Errorf(domain.Invalid, "有几个标签叫“%s”，请从列表中选择其中一个", cutRunes(name, 30)).In("标签")
	}
}

// sayOfAll says the same of all tags in a state, counts them and returns it as
// corrections to keep.
func sayOfAll(p *domain.Policy, from, to domain.TagState, said string) (n int, kept []domain.Correction) {
	for i := range p.Tags {
		tag := &p.Tags[i]
		if tag.State != from {
			continue
		}
		if tag.Dimension != domain.KeywordTag {
			kept = append(kept, tagSaid(p, *tag, said))
		}
		tag.State = to
		n++
	}
	return n, kept
}

// changeTag does what an officer says and returns it as corrections to keep.
// place, which may be nil, is where the text earns an added tag.
func (s *Server) changeTag(p *domain.Policy, do, value, keyword string, place *domain.Evidence) (what string, kept []domain.Correction, err error) {
	switch do {
	case "confirm-all":
		n, kept := sayOfAll(p, domain.Assigned, domain.Confirmed, domain.SaidYes)
		return fmt.Sprintf("确认了%d个自动判定的标签", n), kept, nil
	case "refuse-all":
		n, kept := sayOfAll(p, domain.Suggested, domain.Removed, domain.SaidNo)
		return fmt.Sprintf("不采用%d个建议的标签", n), kept, nil
	}
	dimension, code, _ := strings.Cut(value, "|")
	d := domain.Dimension(dimension)
	if do == "add" && keyword != "" {
		d, code = domain.KeywordTag, cutRunes(keyword, 20)
	}
	at := slices.IndexFunc(p.Tags, func(t domain.Tag) bool { return t.Dimension == d && t.Code == code })
	name := s.Rules.Name(d, code)
	label := d.Label() + "“" + name + "”"
	switch do {
	case "add":
		if code == "" || d != domain.KeywordTag && !s.Rules.Knows(d, code) {
			return "", nil, domain.Errorf(domain.Invalid, "请从列表中选择标签，或填写关键词")
		}
		said := domain.Correction{Dimension: d, Code: code, Machine: domain.SaidAbsent, Officer: domain.SaidYes}
		if at >= 0 {
			said = tagSaid(p, p.Tags[at], domain.SaidYes)
		} else {
			p.Tags = append(p.Tags, domain.Tag{Dimension: d, Code: code, Name: name})
			at = len(p.Tags) - 1
		}
		tag := &p.Tags[at]
		tag.State = domain.Confirmed
		if place != nil {
			tag.Evidence = append([]domain.Evidence{*place}, tag.Evidence...)
			said.Cite(p.Text, place.Start, place.End)
		}
		what, kept = "新增"+label, []domain.Correction{said}
	case "confirm", "remove":
		if at < 0 {
			return "", nil, domain.Errorf(domain.NotFound, "没有这个标签，可能刚被别人修改。请刷新页面。")
		}
		tag := &p.Tags[at]
		if do == "remove" {
			what, kept = "删除"+label, []domain.Correction{tagSaid(p, *tag, domain.SaidNo)}
			tag.State = domain.Removed
		} else {
			what, kept = "确认"+label, []domain.Correction{tagSaid(p, *tag, domain.SaidYes)}
			tag.State = domain.Confirmed
		}
	default:
		return "", nil, errUnknownAction()
	}
	if d == domain.KeywordTag { // a word for subscriptions, not a reading of the text
		kept = nil
	}
	return what, kept, nil
}
