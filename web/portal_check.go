package web

import (
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// checkView asks for the few facts that the conditions of one policy speak
// about, and says what follows. No account is needed and nothing is kept: the
// answers come in the body of a POST, never in an address.
type checkView struct {
	Page
	whoFields
	Policy   *domain.Policy
	Ended    string
	Both     bool            // it is for enterprises and for residents
	Needs    map[string]bool // fields of the form that the conditions ask for
	Chosen   bool            // it is known who asks
	Match    *matchView
	Measures []measureView
	Other    bool // there are conditions that no question settles
}

func (checkView) template() string { return "portal/check" }

// settles names the question of the form that settles a field.
var settles = map[domain.Field]string{
	domain.FieldRegion: "region", domain.FieldHukou: "", domain.FieldIndustry: "industry", domain.FieldSize: "size",
	domain.FieldTaxpayer: "taxpayer", domain.FieldStaff: "staff", domain.FieldRevenue: "revenue", domain.FieldFounded: "founded",
	domain.FieldAge: "born", domain.FieldAttribute: "attributes", domain.FieldGroup: "groups", domain.FieldKind: "kind",
}

func (s *Server) checkPage(c *fiber.Ctx) error {
	v, err := s.checkView(c, whoForm{Kind: domain.SubscriberKind(c.Query("kind"))})
	if err != nil {
		return err
	}
	return s.render(c, v)
}

// check answers for the facts that were typed.
func (s *Server) check(c *fiber.Ctx) error {
	f := readWho(c)
	v, err := s.checkView(c, f)
	if err != nil {
		return err
	}
	if !v.Chosen {
		return s.render(c, v)
	}
	f.Kind = v.Form.Kind
	for _, p := range s.checkWho(f) {
		if v.Needs[p.Field] && !(p.Field == "region" && f.Region == "") || p.Field == "no_groups" || p.Field == "no_attributes" {
			v.Problems = append(v.Problems, p)
		}
	}
	if len(v.Problems) > 0 {
		v.Title = "出错：" + v.Title
		return s.render(c.Status(fiber.StatusUnprocessableEntity), v)
	}
	var asker domain.Subscriber
	s.applyWho(f, &asker)
	v.Measures = s.measures(v.Policy)
	v.Match = s.match(v.Policy, &asker, v.Measures, s.today())
	v.Match.cites("/policies/" + fmt.Sprint(v.Policy.ID))
	return s.render(c, v)
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

// cites makes the citations lead to another page.
func (v *matchView) cites(page string) {
	for i := range v.Reasons {
		if cite := v.Reasons[i].Cite; cite != nil {
			cite.Href = page + cite.Href
		}
	}
}
