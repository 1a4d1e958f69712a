package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/rules"
)

// trialView is the page on which an officer tries other themes, conditions and
// limits and sees at once whom the policy would reach. Nothing is saved before
// they press 保存.
type trialView struct {
	Page
	policyHead
	Form      trialForm
	Tried     bool // something differs from what is saved
	MaySave   bool
	Notes     []string
	Problems  problems
	Conflicts []conflictRow
	Audience  audienceView
	Cross     crossView
	Shift     *shiftView // against what is saved, if something differs
	Why       whyView
	About     string // signed: whom the last question was about
}

func (trialView) template() string { return "console/audience" }

// partHeader is sent by trial.js and preview.js, which want no page but what of
// it changes.
const partHeader = "X-Part"

// trialPart is what changes on the page while an officer clicks.
type trialPart struct{ trialView }

func (trialPart) template() string { return "console/audience-part" }

// conflictRow is two conditions of a measure that nobody meets both.
type conflictRow struct {
	Measure string
	Says    string
	Links   []trialLink // to the conditions in the form
}

type trialLink struct{ Href, Text string }

// trialForm is everything that can be tried, as it stands in the form.
type trialForm struct {
	Of       string // fingerprint of what is saved
	Themes   []option
	Add      []optionGroup
	Measures []trialMeasure
	Kinds    []option
	Sizes    []option
	Region   []optionGroup
	Industry []optionGroup
	Down     string
	Across   string
	Who      string
}

type trialMeasure struct {
	ID    domain.MeasureID
	Title string
	On    bool
	Rows  []trialRow
}

// trialRow is a condition that can be switched off, or the head of a group.
type trialRow struct {
	Depth  int
	Group  string
	ID     string // of the element
	Name   string // in the form: measure/path
	Label  string
	Op     string // of a number
	On     bool
	Number string
	Values []option
	number bool
	says   string // the condition as it counts now, in words
}

// IsNumber tells whether the condition compares a number.
func (r trialRow) IsNumber() bool { return r.number }

// valuesOffered is how many values of a condition can be ticked one by one.
const valuesOffered = 24

// trial is a policy as an officer would have it.
type trial struct {
	*domain.Policy
	form     trialForm
	changed  []string // what differs from what is saved, in words
	leftOut  []string // titles of measures that do not count
	problems problems
}

// typed is a form as it was sent: nil if none was, and everything is as saved.
type typed map[string][]string

func typedIn(c *fiber.Ctx) typed {
	if c.Method() != fiber.MethodPost {
		return nil
	}
	t := typed{}
	c.Request().PostArgs().VisitAll(func(name, value []byte) { t[string(name)] = append(t[string(name)], string(value)) })
	return t
}

func (t typed) ticked(name, value string, saved bool) bool {
	if t == nil {
		return saved
	}
	return slices.Contains(t[name], value)
}

func (t typed) text(name, saved string) string {
	if len(t[name]) == 0 {
		return saved
	}
	return strings.TrimSpace(cutRunes(t[name][0], 60))
}

// stateOf is a fingerprint of what a trial begins with.
func stateOf(p *domain.Policy) (string, error) {
	data, err := json.Marshal([]any{p.Tags, p.Measures, p.Audience})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), nil
}

// try applies what was typed to a copy of a policy.
func (s *Server) try(p *domain.Policy, state string, t typed) *trial {
	q := *p
	tr := &trial{Policy: &q, form: trialForm{Of: state, Down: t.text("down", ""), Across: t.text("across", ""), Who: t.text("who", "")}}
	s.tryThemes(tr, t)
	limit := s.tryLimits(tr, t)
	q.Measures = nil
	for i := range p.Measures {
		m := p.Measures[i]
		row := trialMeasure{ID: m.ID, Title: m.Title, On: t.ticked("measure", string(m.ID), true)}
		before := matching.Describe(&m.Criteria, s.Rules.ValueName)
		m.Criteria = domain.AllOf(limit, pruned(s.tryCriteria(tr, t, &row, &p.Measures[i].Criteria)))
		if after := matching.Describe(&m.Criteria, s.Rules.ValueName); after != before {
			tr.changed = append(tr.changed, "“"+m.Title+"”的条件改为“"+cutRunes(after, 80)+"”")
		}
		if row.On {
			q.Measures = append(q.Measures, m)
		} else {
			tr.leftOut = append(tr.leftOut, m.Title)
		}
		tr.form.Measures = append(tr.form.Measures, row)
	}
	return tr
}

// tryThemes decides which themes count.
func (s *Server) tryThemes(tr *trial, t typed) {
	tr.Tags = slices.Clone(tr.Tags)
	for i := range tr.Tags {
		tag := &tr.Tags[i]
		if tag.Dimension != domain.ThemeTag || tag.State == domain.Removed {
			continue
		}
		name := s.Rules.Name(domain.ThemeTag, tag.Code)
		on := t.ticked("theme", tag.Code, tag.Counts())
		switch {
		case on && !tag.Counts():
			tag.State = domain.Confirmed
			tr.changed = append(tr.changed, "新增主题“"+name+"”")
		case !on && tag.Counts():
			tag.State = domain.Removed
			tr.changed = append(tr.changed, "去掉主题“"+name+"”")
		}
		tr.form.Themes = append(tr.form.Themes, option{Code: tag.Code, Name: name, Selected: on})
	}
	added := t.text("add_theme", "")
	tr.form.Add = s.themeGroups(added)
	if s.Rules.Themes.Find(added) == nil {
		return
	}
	at := slices.IndexFunc(tr.Tags, func(tag domain.Tag) bool { return tag.Dimension == domain.ThemeTag && tag.Code == added })
	if at >= 0 && tr.Tags[at].Counts() {
		return
	}
	tr.changed = append(tr.changed, "新增主题“"+s.Rules.Name(domain.ThemeTag, added)+"”")
	if at >= 0 {
		tr.Tags[at].State = domain.Confirmed
	} else {
		tr.Tags = append(tr.Tags, domain.Tag{Dimension: domain.ThemeTag, Code: added, State: domain.Confirmed})
	}
}

// tryLimits reads what every measure is to ask for besides.
func (s *Server) tryLimits(tr *trial, t typed) domain.Criteria {
	var parts []domain.Criteria
	add := func(f domain.Field, codes ...string) {
		if len(codes) > 0 && !slices.ContainsFunc(codes, func(code string) bool { return !s.Rules.ValidCode(f, code) }) {
			parts = append(parts, domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: codes}))
		}
	}
	one := func(name string, f domain.Field) string {
		code := t.text(name, "")
		if code != "" {
			add(f, code)
		}
		return code
	}
	tr.form.Kinds = pickOne([]option{{Code: "", Name: "不限"}, {Code: string(domain.Enterprise), Name: "企业"}, {Code: string(domain.Resident), Name: "居民"}}, one("kind", domain.FieldKind))
	tr.form.Industry = s.industryOptions(one("industry", domain.FieldIndustry))
	var sizes []string
	for _, code := range []string{rules.Large, rules.Medium, rules.Small, rules.Micro} {
		on := t.ticked("size", code, false)
		tr.form.Sizes = append(tr.form.Sizes, option{Code: code, Name: s.Rules.ValueName(domain.FieldSize, code), Selected: on})
		if on {
			sizes = append(sizes, code)
		}
	}
	add(domain.FieldSize, sizes...)
	one("region", domain.FieldRegion)
	return domain.AllOf(parts...)
}

// tryCriteria rebuilds the tree of a measure from its rows.
func (s *Server) tryCriteria(tr *trial, t typed, m *trialMeasure, c *domain.Criteria) domain.Criteria {
	kept := map[string]domain.Criteria{}
	for _, r := range s.criterionRows(c) {
		row := trialRow{Depth: r.Depth, Group: r.Group, Name: string(m.ID) + "/" + r.Path, Label: r.Text, On: true}
		row.ID = "c-" + strings.NewReplacer("/", "-", ".", "-").Replace(row.Name)
		if r.leaf != nil {
			kept[r.Path] = s.tryLeaf(tr, t, &row, *r.leaf)
		}
		m.Rows = append(m.Rows, row)
	}
	return rebuilt(c, kept, nil)
}

// rebuilt returns a tree with other leaves, which stand by their paths.
func rebuilt(c *domain.Criteria, leaves map[string]domain.Criteria, path []string) domain.Criteria {
	below := func(i int) []string { return append(slices.Clone(path), strconv.Itoa(i)) }
	switch {
	case c.Leaf != nil && len(path) == 0:
		return leaves[rootPath]
	case c.Leaf != nil:
		return leaves[strings.Join(path, ".")]
	case c.Not != nil:
		return domain.NotOf(rebuilt(c.Not, leaves, below(0)))
	}
	var then domain.Criteria
	for i := range c.All {
		then.All = append(then.All, rebuilt(&c.All[i], leaves, below(i)))
	}
	for i := range c.Any {
		then.Any = append(then.Any, rebuilt(&c.Any[i], leaves, below(i)))
	}
	return then
}

// tryLeaf reads one condition: whether it counts, its number, its values. The
// words of the document stand only for what they say.
func (s *Server) tryLeaf(tr *trial, t typed, row *trialRow, leaf domain.Condition) domain.Criteria {
	row.On = t.ticked("on", row.Name, true)
	switch leaf.Field.Type() {
	case domain.NumberOf:
		saved := numberText(leaf)
		row.number, row.Label, row.Op, row.Number = true, leaf.Field.Label(), opLabel(leaf.Field, leaf.Op), t.text("n:"+row.Name, saved)
		if row.Number == saved {
			break
		}
		n, ok := numberFor(leaf.Field, row.Number)
		if !ok {
			tr.problems.add(row.ID+"-n", "“"+leaf.Field.Label()+"”要填写"+numberHint(leaf.Field)+"；先按"+saved+"计算")
			break
		}
		if n != leaf.Number {
			leaf.Number, leaf.Unstated, leaf.Evidence = n, false, nil
		}
	case domain.OneCode, domain.CodeTree, domain.CodeSet:
		if len(leaf.Values) < 2 || len(leaf.Values) > valuesOffered {
			break
		}
		var chosen []string
		for _, code := range leaf.Values {
			on := t.ticked("v:"+row.Name, code, true)
			row.Values = append(row.Values, option{Code: code, Name: s.Rules.ValueName(leaf.Field, code), Selected: on})
			if on {
				chosen = append(chosen, code)
			}
		}
		row.Label = leaf.Field.Label()
		if len(chosen) < len(leaf.Values) {
			leaf.Values, leaf.Evidence = chosen, nil
		}
		row.On = row.On && len(chosen) > 0
	}
	if !row.On {
		return domain.Criteria{}
	}
	c := domain.Leaf(leaf)
	row.says = matching.Describe(&c, s.Rules.ValueName)
	return c
}

// numberText writes the number of a condition as people type it, see numberFor.
func numberText(c domain.Condition) string {
	switch c.Field {
	case domain.FieldRevenue, domain.FieldAssets, domain.FieldIncome:
		return domain.Yuan(float64(c.Number))
	case domain.FieldFounded:
		return fmt.Sprintf("%04d-%02d-%02d", c.Number/10000, c.Number/100%100, c.Number%100)
	default:
		return strconv.FormatInt(c.Number, 10)
	}
}

// opLabel says how a field is compared: days are early or late, numbers small or
// large.
func opLabel(f domain.Field, op domain.Op) string {
	if f == domain.FieldFounded {
		return map[domain.Op]string{domain.AtMost: "不晚于", domain.LessThan: "早于", domain.AtLeast: "不早于", domain.MoreThan: "晚于"}[op]
	}
	switch op {
	case domain.AtMost:
		return "不超过"
	case domain.LessThan:
		return "小于"
	case domain.AtLeast:
		return "不少于"
	default:
		return "大于"
	}
}

func (s *Server) audiencePage(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	return s.showTrial(c, p, nil, nil)
}

// tryAudience counts a trial, explains somebody's place in it, or saves it.
func (s *Server) tryAudience(c *fiber.Ctx) error {
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	t := typedIn(c)
	state, err := stateOf(p)
	if err != nil {
		return err
	}
	if t.text("of", "") != state {
		return s.showTrial(c, p, nil, []string{"这份政策刚被别人修改，下面按修改后的内容重新开始。"})
	}
	if field(c, "do") == "save" {
		return s.saveTrial(c, s.try(p, state, t), t)
	}
	return s.showTrial(c, p, t, nil)
}

// showTrial draws the page, or only what changes on it if a script asks.
func (s *Server) showTrial(c *fiber.Ctx, p *domain.Policy, t typed, notes []string) error {
	state, err := stateOf(p)
	if err != nil {
		return err
	}
	tr := s.try(p, state, t)
	page, err := s.consolePage(c, "受众试算 · "+shownTitle(p.Title), "policies")
	if err != nil {
		return err
	}
	noStore(c)
	ctx := c.UserContext()
	v := trialView{Page: page, Form: tr.form, Tried: len(tr.changed)+len(tr.leftOut) > 0, Notes: notes, Problems: tr.problems}
	if v.policyHead, err = s.policyHead(ctx, operatorOf(c).operator, p, 2); err != nil {
		return err
	}
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return err
	}
	v.Form.Region = s.regionOptions(offices, t.text("region", ""))
	v.MaySave = v.Editable && v.Tried
	query, err := s.countTrial(ctx, &v, p, tr, t)
	if err != nil {
		return err
	}
	if err := s.explainTrial(c, &v, query, tr, t); err != nil {
		return err
	}
	if c.Get(partHeader) != "" {
		return s.render(c, trialPart{v})
	}
	return s.render(c, v)
}

// countTrial asks the index whom the trial reaches, and returns what it asked.
func (s *Server) countTrial(ctx context.Context, v *trialView, p *domain.Policy, tr *trial, t typed) (audience.Query, error) {
	if err := tr.ValidateCriteria(); err != nil {
		return audience.Query{}, err
	}
	set, query, err := s.preview(ctx, tr.Policy)
	if err != nil {
		return query, err
	}
	if v.Audience, err = s.audienceView(ctx, tr.Policy, set, query, seedOf(t.text("sample", ""))); err != nil {
		return query, err
	}
	v.Cross = s.cross(set.Everybody(), tr.form.Down, tr.form.Across)
	v.Conflicts = s.conflicts(tr)
	if len(v.Conflicts) > 0 { // said there, with the conditions
		v.Audience.Warning = ""
		v.Audience.warn()
	}
	if v.Tried {
		saved, _, err := s.preview(ctx, p)
		if err != nil {
			return query, err
		}
		if v.Shift, err = s.shiftView(ctx, tr.Policy, audience.Compare(saved, set)); err != nil {
			return query, err
		}
	}
	return query, nil
}

// conflicts lists the contradictions of a trial with the rows of the form that
// make them.
func (s *Server) conflicts(tr *trial) []conflictRow {
	var rows []conflictRow
	for i := range tr.Measures {
		m := &tr.Measures[i]
		criteria := tr.CriteriaOf(m)
		for _, found := range audience.Conflicts(&criteria) {
			row := conflictRow{Measure: m.Title, Says: found.Describe(s.Rules.ValueName)}
			for _, side := range []domain.Criteria{found.One, found.Other} {
				text := matching.Describe(&side, s.Rules.ValueName)
				if side.Not != nil {
					side = *side.Not
				}
				row.Links = append(row.Links, trialLink{"#" + tr.rowOf(m.ID, matching.Describe(&side, s.Rules.ValueName)), text})
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// rowOf returns the element of a condition of a measure: its row, or the limits
// that stand beside all.
func (tr *trial) rowOf(id domain.MeasureID, says string) string {
	for _, m := range tr.form.Measures {
		for _, row := range m.Rows {
			if m.ID == id && row.says == says {
				return row.ID
			}
		}
	}
	return "h-lim"
}

// explainTrial answers why somebody is in the audience of a trial, or is not.
// To look somebody up is written down; the answer then follows the trial.
func (s *Server) explainTrial(c *fiber.Ctx, v *trialView, q audience.Query, tr *trial, t typed) (err error) {
	ctx := c.UserContext()
	if field(c, "do") == "who" && tr.form.Who != "" {
		if v.Why, err = s.why(ctx, q, tr.form.Who); err != nil || !v.Why.Found {
			return err
		}
		v.About = s.aboutToken(v.Policy.ID, v.Why.ID)
		return s.audit(c, "lookup", policyObject(v.Policy.ID), fmt.Sprintf("订阅主体%d", v.Why.ID))
	}
	number, _, _ := strings.Cut(t.text("about", ""), ".")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !hmac.Equal([]byte(s.aboutToken(v.Policy.ID, domain.SubscriberID(id))), []byte(t.text("about", ""))) {
		return nil
	}
	people, err := s.Store.SubscribersIn(ctx, []domain.SubscriberID{domain.SubscriberID(id)})
	if err != nil || len(people) == 0 {
		return err
	}
	v.Why, v.About = s.whyOf(q, people[0], tr.form.Who), t.text("about", "")
	return nil
}

// aboutToken names somebody who was looked up, so that the page can go on
// asking about them and about nobody else.
func (s *Server) aboutToken(policy domain.PolicyID, id domain.SubscriberID) string {
	sum := s.sign("about", []byte(policyObject(policy)), []byte(strconv.FormatInt(int64(id), 10)))
	return strconv.FormatInt(int64(id), 10) + "." + hex.EncodeToString(sum[:12])
}

// saveTrial makes a trial the draft.
func (s *Server) saveTrial(c *fiber.Ctx, tr *trial, t typed) error {
	if !allowed(operatorOf(c).operator, toDraft) {
		return refusal(toDraft)
	}
	p, err := s.draftOf(c)
	if err != nil {
		return err
	}
	switch {
	case len(tr.leftOut) > 0:
		return s.showTrial(c, p, t, []string{"没有保存：政策点“" + strings.Join(tr.leftOut, "”“") + "”没有勾选。试算可以不算它，保存不会删除它。请重新勾选，或在“政策点”里删除。"})
	case len(tr.problems) > 0 || len(tr.changed) == 0:
		return s.showTrial(c, p, t, []string{"没有保存：" + map[bool]string{true: "没有改动。", false: "请先改正下面的错误。"}[len(tr.problems) == 0]})
	}
	before, err := s.reach(c.UserContext(), p)
	if err != nil {
		return err
	}
	var kept []domain.Correction
	for _, tag := range tr.Tags {
		was := slices.IndexFunc(p.Tags, func(old domain.Tag) bool { return old.Dimension == tag.Dimension && old.Code == tag.Code })
		if tag.Dimension != domain.ThemeTag || was >= 0 && p.Tags[was].State == tag.State {
			continue
		}
		do := "remove"
		if tag.Counts() {
			do = "add"
		}
		_, said, err := s.changeTag(p, do, string(tag.Dimension)+"|"+tag.Code, "", nil)
		if err != nil {
			return err
		}
		kept = append(kept, said...)
	}
	for i := range tr.Measures { // all are there, in their order
		if err := tr.Measures[i].Criteria.Validate(); err != nil {
			return err
		}
		p.Measures[i].Criteria = tr.Measures[i].Criteria
	}
	return s.saveDraft(c, p, "criteria", strings.Join(tr.changed, "；"), before, "audience", kept...)
}
