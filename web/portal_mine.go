package web

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
)

// offersShown is how many measures 我的政策 lists, the best first.
const offersShown = 50

// matches are the policies in force that may apply to somebody.
type matches struct {
	Cards    []card // of the best measures, in their order
	Policies int    // how many cards
	audience.Offers
}

// matchesOf lists what may apply to a subscriber: what must be applied for
// soon comes first, then certain before possible, the larger amount, the newer.
// It is nothing for who turned personalisation off.
func (s *Server) matchesOf(ctx context.Context, sub *domain.Subscriber) (matches, error) {
	if sub.Subscription.Unmatched {
		return matches{}, nil
	}
	if err := s.Catalogue.Refresh(ctx); err != nil {
		return matches{}, err
	}
	found := matches{Offers: s.Catalogue.For(&sub.Profile, s.today(), offersShown)}
	at := map[domain.PolicyID]int{}
	likely, possible := map[domain.PolicyID]int{}, map[domain.PolicyID]int{}
	for _, offer := range found.Best {
		policy := s.Catalogue.Find(offer.Policy)
		if policy == nil {
			continue // ended meanwhile
		}
		if _, there := at[offer.Policy]; !there {
			at[offer.Policy] = len(found.Cards)
			found.Cards = append(found.Cards, s.offerCard(policy, offer))
		}
		if offer.Verdict == domain.Likely {
			likely[offer.Policy]++
			found.Cards[at[offer.Policy]].Verdict = domain.Likely
		} else {
			possible[offer.Policy]++
		}
	}
	for id, i := range at {
		found.Cards[i].Fit = fitText(likely[id], possible[id])
	}
	found.Policies = len(found.Cards)
	return found, nil
}

// offered is the measures of one policy that 我的政策 lists together.
type offered struct {
	card
	Measures []offeredMeasure
}

// offeredMeasure is a measure with the conditions that say the most of it: what is
// open before what is met. One that stands with a measure before is not repeated.
type offeredMeasure struct {
	measureMatch
	Reasons []reasonView
}

// reasonsShown is how many conditions stand with a measure.
const reasonsShown = 3

// offeredBy puts measures together by their policies, in the order of the first.
func (s *Server) offeredBy(sub *domain.Subscriber, offers []audience.Offer) []offered {
	var found []offered
	at, said := map[domain.PolicyID]int{}, map[string]bool{}
	for _, offer := range offers {
		policy := s.Catalogue.Find(offer.Policy)
		if policy == nil {
			continue // ended meanwhile
		}
		if _, there := at[policy.ID]; !there {
			at[policy.ID] = len(found)
			found = append(found, offered{card: s.offerCard(policy, offer)})
		}
		for i := range policy.Measures {
			m := &policy.Measures[i]
			if m.ID != offer.Measure {
				continue
			}
			one := offeredMeasure{measureMatch: measureMatch{ID: m.ID, Title: m.Title, Verdict: offer.Verdict, Amount: amountOf(m.Benefit)}}
			criteria := policy.CriteriaOf(m)
			reasons := matching.Explain(&criteria, &sub.Profile, s.today(), s.Rules.ValueName).Reasons
			for _, result := range []domain.Truth{domain.Unknown, domain.Yes} {
				for _, r := range reasons {
					key := fmt.Sprint(policy.ID, offer.Verdict, r.Condition)
					// That somebody is an enterprise says nothing to them.
					if r.Result != result || r.Field == domain.FieldKind || said[key] || len(one.Reasons) == reasonsShown {
						continue
					}
					said[key] = true
					one.Reasons = append(one.Reasons, reasonsOf(policy, []matching.Reason{r})...)
				}
			}
			f := &found[at[policy.ID]]
			f.Measures = append(f.Measures, one)
		}
	}
	return found
}

// offerCard is the card of a policy under the measure that comes first.
func (s *Server) offerCard(policy *domain.Policy, offer audience.Offer) card {
	cd := card{
		ID: policy.ID, Title: policy.Title, Number: policy.DocNumber, Issuer: strings.Join(policy.Issuers, "、"), Date: policy.PublishDate,
		Deadline: s.nextDeadline(policy.Deadlines()), Verdict: offer.Verdict,
	}
	for i := range policy.Measures {
		m := &policy.Measures[i]
		if m.ID != offer.Measure {
			continue
		}
		cd.Gain = m.Title
		cd.Sum = beside(cd.Gain, amountOf(m.Benefit))
		if own := domain.NextDeadline(policy.DeadlinesOf(m), s.today()); own != "" {
			cd.Deadline = deadlineOn(own, s.today())
		}
	}
	return cd
}

// myPoliciesView lists the measures in force that may apply to the reader, and
// asks for the fact that settles most.
type myPoliciesView struct {
	Page
	Tabs     []tab // empty where there is one kind only
	Likely   []offered
	Possible []offered
	Soon     []offered // what begins later
	Sure     int       // measures
	Perhaps  int
	Coming   int      // policies
	More     bool     // than the cards stand for
	Missing  []string // facts that are not filled in
	Question *questionView
	Problems problems

	Unmatched bool // personalisation is off
}

// questionView asks for one fact and says what each answer would change.
type questionView struct {
	Title   string
	Open    int
	Field   string // of the form, "" if the answer takes the whole list of 我的情况
	Unit    string // of a number that is typed
	Options []option
	Typed   string
	Changes []answerView
}

type answerView struct{ Says, Changes string }

func (myPoliciesView) template() string { return "portal/my-policies" }

func (s *Server) myPolicies(c *fiber.Ctx) error { return s.showMyPolicies(c, "", nil) }

func (s *Server) showMyPolicies(c *fiber.Ctx, typed string, ps problems) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	p, err := s.wizardPage(c, "我的政策", ps)
	if err != nil {
		return err
	}
	p.Section = "mine"
	mine, err := s.matchesOf(c.UserContext(), sub)
	if err != nil {
		return err
	}
	if sub.Subscription.Unmatched {
		return s.render(c, myPoliciesView{Page: p, Unmatched: true})
	}
	v := myPoliciesView{Page: p, Sure: mine.Offers.Likely, Perhaps: mine.Offers.Possible, More: len(mine.Best) < mine.Offers.Likely+mine.Offers.Possible, Problems: ps}
	var sure, perhaps, coming []audience.Offer
	begins := map[domain.PolicyID]string{} // the soonest
	for _, offer := range mine.Best {
		if offer.Verdict == domain.Likely {
			sure = append(sure, offer)
		} else {
			perhaps = append(perhaps, offer)
		}
	}
	for _, later := range mine.Coming {
		coming = append(coming, later.Offer)
		begins[later.Policy] = cmp.Or(begins[later.Policy], later.From)
	}
	v.Likely, v.Possible, v.Soon = s.offeredBy(sub, sure), s.offeredBy(sub, perhaps), s.offeredBy(sub, coming)
	for i := range v.Soon {
		v.Soon[i].Begins = begins[v.Soon[i].ID]
	}
	for _, f := range s.factsOf(sub) {
		if f.Value == unfilled {
			v.Missing = append(v.Missing, f.Label)
		}
	}
	v.choose(c.Query("tab"))
	if v.Question, err = s.questionTo(c, sub); err != nil {
		return err
	}
	if v.Question != nil {
		v.Question.Typed = typed
	}
	return s.render(c, v)
}

// tab is a part of a page that can be seen alone.
type tab struct {
	Label, URL string
	Current    bool
}

// choose leaves what a tab holds, or everything.
func (v *myPoliciesView) choose(chosen string) {
	v.Coming = len(v.Soon)
	parts := []struct {
		code, label string
		list        *[]offered
	}{
		{"likely", fmt.Sprintf("%s（%d项）", domain.Likely.Label(), v.Sure), &v.Likely},
		{"possible", fmt.Sprintf("%s（%d项）", domain.Possible.Label(), v.Perhaps), &v.Possible},
		{"soon", fmt.Sprintf("即将开始（%d份）", v.Coming), &v.Soon},
	}
	var tabs []tab
	one := false // of the parts is chosen
	for _, p := range parts {
		if len(*p.list) > 0 {
			tabs = append(tabs, tab{p.label, "/me/policies?tab=" + p.code, p.code == chosen})
			one = one || p.code == chosen
		}
	}
	if len(tabs) > 1 {
		v.Tabs = append([]tab{{"全部", "/me/policies", !one}}, tabs...)
	}
	for _, p := range parts {
		if one && p.code != chosen {
			*p.list = nil
		}
	}
}

// asked are the facts that the portal asks for, with the field of the form:
// "" where one answer needs the whole list.
var asked = map[domain.Field]string{
	domain.FieldRegion: "region", domain.FieldIndustry: "industry", domain.FieldSize: "size", domain.FieldTaxpayer: "taxpayer",
	domain.FieldStaff: "staff", domain.FieldRevenue: "revenue", domain.FieldFounded: "founded", domain.FieldAge: "born",
	domain.FieldAttribute: "", domain.FieldGroup: "",
}

// questionTo finds the question that settles most for a subscriber, or nil.
func (s *Server) questionTo(c *fiber.Ctx, sub *domain.Subscriber) (*questionView, error) {
	var about []domain.Field
	for _, f := range domain.Fields() {
		if _, ok := asked[f]; ok {
			about = append(about, f)
		}
	}
	q, ok := s.Catalogue.Ask(&sub.Profile, s.today(), about)
	if !ok {
		return nil, nil
	}
	v := &questionView{Open: q.Open, Field: asked[q.Field], Title: q.Field.Label()}
	for _, a := range q.Answers {
		if changes := changesOf(a.Difference); changes != "" {
			v.Changes = append(v.Changes, answerView{matching.Describe(&a.Says, s.Rules.ValueName), changes})
		}
	}
	who := whoOf(sub)
	fields, err := s.whoFields(c, who, nil)
	if err != nil {
		return nil, err
	}
	switch q.Field {
	case domain.FieldSize:
		v.Options = fields.Sizes
	case domain.FieldTaxpayer:
		v.Options = fields.Taxpayers
	case domain.FieldStaff:
		v.Unit = "人"
	case domain.FieldRevenue:
		v.Unit = "万元"
	case domain.FieldFounded:
		v.Title, v.Unit = "成立年份", "年"
	case domain.FieldAge:
		v.Title, v.Unit = "出生年份", "年"
	default:
		v.Field = "" // a long list: the page of the facts has it
	}
	return v, nil
}

// changesOf says in a few words what other facts change, or "".
func changesOf(d audience.Difference) string {
	var parts []string
	for _, change := range []struct {
		offers []audience.Offer
		says   string
	}{
		{d.Gained, "新增%d项可能适用"},
		{d.Confirmed, "%d项变为适用可能性高"},
		{d.Doubted, "%d项变为可能适用"},
		{d.Lost, "%d项不再适用"},
	} {
		if n := len(change.offers); n > 0 {
			parts = append(parts, fmt.Sprintf(change.says, n))
		}
	}
	return strings.Join(parts, "，")
}

// answerFact takes the answer to the question of 我的政策.
func (s *Server) answerFact(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	f, typed := whoOf(sub), figure(c, "answer")
	switch name := field(c, "field"); name {
	case "size":
		f.Size = typed
	case "taxpayer":
		f.Taxpayer = typed
	case "staff":
		f.Staff = typed
	case "revenue":
		f.Revenue = typed
	case "founded":
		f.Founded = typed
	case "born":
		f.Born = typed
	default:
		return domain.Errorf(domain.Invalid, "没有名为“%s”的问题，请在“我的情况”里填写", cutRunes(name, 20))
	}
	ps := s.checkWho(f)
	if typed == "" {
		ps = problems{{"answer", "请先填写或选择"}}
	}
	if len(ps) > 0 {
		return s.showMyPolicies(c, typed, problems{{"answer", ps[0].Text}})
	}
	return s.changeProfile(c, f, sub, "/me/policies")
}
