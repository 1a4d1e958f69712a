package web

import (
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/matching"
)

// checkView asks for the few facts that the conditions of one policy speak
// about, one on a page, and says what follows. The fact that settles most comes
// first, what the answers so far have settled is not asked any more. No account
// is needed and nothing is kept: the answers travel from page to page in the
// body of a POST, never in an address.
type checkView struct {
	Page
	whoFields
	Policy   *domain.Policy
	Ended    string
	Both     bool            // it is for enterprises and for residents
	Needs    map[string]bool // fields of the form that the conditions ask for
	Chosen   bool            // it is known who asks
	Asked    []string        // questions that were answered or passed over, in their order
	At       string          // the question on this page, or "": the result
	Question string          // its words
	Most     int             // how many questions there are at most, with those asked
	Match    *matchView
	Common   []reasonView // conditions of all measures
	Answers  []checkAnswer
	Other    bool // there are conditions that no question settles
}

// checkAnswer is an answer that can be changed.
type checkAnswer struct{ Name, Label, Said string }

func (checkView) template() string { return "portal/check" }

// settles names the question of the form that settles a field.
var settles = map[domain.Field]string{
	domain.FieldRegion: "region", domain.FieldHukou: "", domain.FieldIndustry: "industry", domain.FieldSize: "size",
	domain.FieldTaxpayer: "taxpayer", domain.FieldStaff: "staff", domain.FieldRevenue: "revenue", domain.FieldFounded: "founded",
	domain.FieldAge: "born", domain.FieldAttribute: "attributes", domain.FieldGroup: "groups", domain.FieldKind: "kind",
}

// checkQuestions are the questions; of two that settle as much the first in
// this list is asked.
var checkQuestions = []struct{ name, enterprise, resident string }{
	{"region", "在哪里经营？", "住在哪里？"},
	{"industry", "主要做哪一行？", ""},
	{"size", "企业是什么规模？", ""},
	{"staff", "有多少从业人员？", ""},
	{"revenue", "一年营业收入是多少？", ""},
	{"taxpayer", "是哪一类纳税人？", ""},
	{"founded", "哪一年成立的？", ""},
	{"attributes", "企业有下面哪些情况？", ""},
	{"born", "", "哪一年出生的？"},
	{"groups", "", "属于下面哪些情况？"},
}

func (s *Server) checkPage(c *fiber.Ctx) error {
	v, err := s.checkView(c, whoForm{Kind: domain.SubscriberKind(c.Query("kind"))})
	if err != nil {
		return err
	}
	if v.Chosen {
		s.goOn(&v)
	}
	return s.render(c, v)
}

// check takes one answer and asks the next question, or says what follows.
func (s *Server) check(c *fiber.Ctx) error {
	f := readWho(c)
	at, back := field(c, "at"), field(c, "back")
	if back == "" && field(c, "do") == "skip" {
		f.only(func(name string) bool { return name != at })
	}
	v, err := s.checkView(c, f)
	if err != nil {
		return err
	}
	if !v.Chosen {
		return s.render(c, v)
	}
	for _, name := range append(fields(c, "asked"), at) {
		if name == back {
			break
		}
		if v.Needs[name] && !slices.Contains(v.Asked, name) {
			v.Asked = append(v.Asked, name)
		}
	}
	if v.Needs[back] {
		s.askAt(&v, back)
		return s.render(c, v)
	}
	asked := v.Form
	asked.only(v.has)
	for _, p := range s.checkWho(asked) {
		name := p.Field
		switch name {
		case "no_groups":
			name = "groups"
		case "no_attributes":
			name = "attributes"
		}
		if i := slices.Index(v.Asked, name); i >= 0 && !(name == "region" && asked.Region == "") {
			v.Asked, v.Problems = v.Asked[:i], problems{p}
			s.askAt(&v, name)
			v.Title = "出错：" + v.Title
			return s.render(c.Status(fiber.StatusUnprocessableEntity), v)
		}
	}
	s.goOn(&v)
	return s.render(c, v)
}

// has tells whether a question was asked.
func (v *checkView) has(name string) bool { return slices.Contains(v.Asked, name) }

// goOn asks what settles most of what the answers leave open, or gives the
// result.
func (s *Server) goOn(v *checkView) {
	asker, weights := s.leftOpen(v)
	next := ""
	for _, q := range checkQuestions {
		if weights[q.name] > weights[next] {
			next = q.name
		}
	}
	if next != "" {
		s.askAt(v, next)
		return
	}
	if !v.Asks() {
		return
	}
	v.Match = s.match(v.Policy, &asker, s.measures(v.Policy), s.today())
	v.addReasons(s, &asker)
	for _, name := range v.Asked {
		v.Answers = append(v.Answers, checkAnswer{name, v.words(name), v.saidTo(name, s, &asker)})
	}
}

// leftOpen is who answered so far, and how much each of the other questions
// would settle.
func (s *Server) leftOpen(v *checkView) (asker domain.Subscriber, weights map[string]float64) {
	f := v.Form
	f.only(v.has)
	s.applyWho(f, &asker)
	weights = map[string]float64{}
	for i := range v.Policy.Measures {
		criteria := v.Policy.CriteriaOf(&v.Policy.Measures[i])
		for fd, weight := range matching.Open(&criteria, &asker.Profile, s.today()) {
			if name := settles[fd]; v.Needs[name] && !v.has(name) {
				weights[name] += weight
			}
		}
	}
	return asker, weights
}

// askAt puts a question on the page.
func (s *Server) askAt(v *checkView, name string) {
	_, weights := s.leftOpen(v)
	weights[name]++
	v.At, v.Question, v.Most = name, v.words(name), len(v.Asked)+len(weights)
	v.Title = fmt.Sprintf("第%d题：%s条件核对", v.Number(), v.Question)
}

// words are those of a question.
func (v *checkView) words(name string) string {
	for _, q := range checkQuestions {
		switch {
		case q.name != name:
		case v.IsResident():
			return q.resident
		default:
			return q.enterprise
		}
	}
	return ""
}

// saidTo is what was answered to a question.
func (v *checkView) saidTo(name string, s *Server, asker *domain.Subscriber) string {
	for fd, question := range settles {
		if question == name {
			return matching.Value(&asker.Profile, fd, s.Rules.ValueName)
		}
	}
	return ""
}

// addReasons gives every condition with what the answers say to it: once those
// that all measures have, then those of each.
func (v *checkView) addReasons(s *Server, asker *domain.Subscriber) {
	_, matches := matching.MatchPolicy(v.Policy, &asker.Profile, s.today(), s.Rules.ValueName)
	count := map[string]int{}
	for _, m := range matches {
		for _, r := range m.Reasons {
			count[r.Condition]++
		}
	}
	for i, m := range matches {
		for _, r := range m.Reasons {
			view := reasonOf(v.Policy, r)
			if view.Cite != nil {
				view.Cite.Href = fmt.Sprintf("/policies/%d%s", v.Policy.ID, view.Cite.Href)
			}
			list := &v.Match.Measures[i].Reasons
			if len(matches) == 1 || count[r.Condition] >= len(matches) {
				list = &v.Common
			}
			if !slices.ContainsFunc(*list, func(o reasonView) bool { return o.Condition == view.Condition }) {
				*list = append(*list, view)
			}
		}
	}
}

// Number is that of the question on the page.
func (v checkView) Number() int { return len(v.Asked) + 1 }

// Last is the question before, or "".
func (v checkView) Last() string {
	if len(v.Asked) == 0 {
		return ""
	}
	return v.Asked[len(v.Asked)-1]
}

// Passed is how much of the way lies behind, in percent.
func (v checkView) Passed() string {
	return trimmed(float64(len(v.Asked)*100) / float64(max(v.Most, 1)))
}

// Kept are the answers that the page carries on: all but the one it asks for.
func (v checkView) Kept() []checkAnswer {
	f := v.Form
	f.only(func(name string) bool { return name != v.At && v.Needs[name] })
	var kept []checkAnswer
	add := func(name string, said ...string) {
		for _, one := range said {
			if one != "" {
				kept = append(kept, checkAnswer{Name: name, Said: one})
			}
		}
	}
	for _, one := range [...][2]string{
		{"region", f.Region},
		{"industry", f.Industry},
		{"size", f.Size},
		{"staff", f.Staff},
		{"revenue", f.Revenue},
		{"taxpayer", f.Taxpayer},
		{"founded", f.Founded},
		{"born", f.Born},
	} {
		add(one[0], one[1])
	}
	add("attributes", f.Attributes...)
	add("groups", f.Groups...)
	if f.NoAttributes {
		add("no_attributes", "yes")
	}
	if f.NoGroups {
		add("no_groups", "yes")
	}
	return kept
}

func (s *Server) checkView(c *fiber.Ctx, f whoForm) (checkView, error) {
	id, err := c.ParamsInt("id")
	if err != nil {
		return checkView{}, fiber.ErrNotFound
	}
	policy, err := s.Store.Policy(c.UserContext(), domain.PolicyID(id))
	if err != nil {
		return checkView{}, err
	}
	v := checkView{Policy: policy, Both: policy.Audience == domain.ForBoth, Needs: map[string]bool{}}
	if _, err := s.mayRead(c, policy); err != nil {
		return checkView{}, err
	}
	switch policy.Audience {
	case domain.ForEnterprises:
		f.Kind = domain.Enterprise
	case domain.ForResidents:
		f.Kind = domain.Resident
	}
	v.Chosen = f.Kind == domain.Enterprise || f.Kind == domain.Resident
	if v.Page, err = s.page(c, "条件核对："+policy.Title); err != nil {
		return checkView{}, err
	}
	v.Section, v.Robots, v.Ended = "library", "noindex", s.ended(policy)
	if v.whoFields, err = s.whoFields(c, f, nil); err != nil {
		return checkView{}, err
	}
	v.Attributes = nil // of all kinds: 失信 too, which nobody is asked to keep about themselves
	for _, a := range s.Rules.Attributes.All() {
		v.Attributes = append(v.Attributes, option{Code: a.Code, Name: a.Name, Selected: slices.Contains(f.Attributes, a.Code)})
	}
	v.askFor(policy)
	return v, nil
}

// askFor finds what the conditions ask for, and leaves out of long lists what
// they do not mention.
func (v *checkView) askFor(policy *domain.Policy) {
	mentioned := map[string]bool{}
	for i := range policy.Measures {
		criteria := policy.CriteriaOf(&policy.Measures[i])
		criteria.Leaves(func(leaf *domain.Condition) {
			name := settles[leaf.Field]
			if name == "" {
				v.Other = true
				return
			}
			v.Needs[name] = true
			for _, code := range leaf.Values {
				mentioned[string(leaf.Field)+code] = true
			}
		})
	}
	only := func(options []option, field domain.Field) []option {
		return slices.DeleteFunc(options, func(o option) bool { return !mentioned[string(field)+o.Code] })
	}
	v.Attributes = only(v.Attributes, domain.FieldAttribute)
	v.Groups = append(only(v.Groups, domain.FieldGroup), only(v.Sensitive, domain.FieldGroup)...)
	v.Sensitive = nil
	v.Needs["attributes"], v.Needs["groups"] = len(v.Attributes) > 0, len(v.Groups) > 0
	if v.Form.Kind == domain.Resident {
		for _, name := range []string{"industry", "size", "taxpayer", "staff", "revenue", "founded", "attributes"} {
			delete(v.Needs, name)
		}
	} else {
		delete(v.Needs, "born")
		delete(v.Needs, "groups")
	}
}

// Asks tells whether there is anything to ask.
func (v checkView) Asks() bool {
	for name, needed := range v.Needs {
		if needed && name != "kind" {
			return true
		}
	}
	return false
}
