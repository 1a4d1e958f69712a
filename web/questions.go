package web

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// QuestionTerms are what is promised to those who ask, in working days, and how
// many questions that are alike within 30 days point to a misunderstanding.
type QuestionTerms struct{ Simple, Complex, Extension, Often int }

var questionDefaults = QuestionTerms{Simple: 1, Complex: 3, Extension: 3, Often: 5}

func (t QuestionTerms) filled() QuestionTerms {
	d := questionDefaults
	return QuestionTerms{cmp.Or(t.Simple, d.Simple), cmp.Or(t.Complex, d.Complex), cmp.Or(t.Extension, d.Extension), cmp.Or(t.Often, d.Often)}
}

// dueAfter returns the end, in Shanghai, of the n-th working day after a
// moment's day.
func (s *Server) dueAfter(from time.Time, n int) time.Time {
	y, m, d := from.In(shanghai).Date()
	day, _ := s.Rules.Calendar.AddWorkdays(time.Date(y, m, d, 0, 0, 0, 0, shanghai), n)
	return day.AddDate(0, 0, 1)
}

// guessed are the years without imported holidays that a time limit runs
// through: its working days were reckoned by the weekends alone.
func (s *Server) guessed(from, due time.Time) []int {
	var years []int
	for year := from.In(shanghai).Year(); year <= due.Add(-time.Minute).In(shanghai).Year(); year++ {
		if !s.Rules.Calendar.Knows(year) {
			years = append(years, year)
		}
	}
	return years
}

// dueDay is the day that ends at a promise.
func dueDay(due time.Time) string { return due.Add(-time.Minute).In(shanghai).Format(time.DateOnly) }

// responsible finds the departments that a policy names for what it gives.
var responsible = regexp.MustCompile(`责任单位[:：]\s*([^)）\n。]+)`)

// officeAsked finds who answers a question: of a policy see officeOf, otherwise the
// office that the asker has chosen, or else see officeFor.
func (s *Server) officeAsked(ctx context.Context, policy *domain.Policy, form askForm, offices []domain.Office) (domain.OfficeID, error) {
	switch {
	case policy != nil:
		return officeOf(policy, offices), nil
	case slices.ContainsFunc(offices, func(o domain.Office) bool { return o.ID == form.Office }):
		return form.Office, nil
	default:
		return s.officeFor(ctx, form.Theme, offices)
	}
}

// officeFor finds who answers what is asked about no policy: the one office that
// publishes most about a theme, or the only office there is. It is 0 if nobody is
// found: then whoever coordinates hands the question out.
func (s *Server) officeFor(ctx context.Context, theme string, offices []domain.Office) (domain.OfficeID, error) {
	if len(offices) == 1 {
		return offices[0].ID, nil
	}
	if theme == "" {
		return 0, nil
	}
	sums, _, err := s.Store.Policies(ctx, storage.PolicyFilter{Statuses: []domain.PolicyStatus{domain.Published}, Theme: theme, Limit: 500})
	if err != nil {
		return 0, err
	}
	count, best := map[domain.OfficeID]int{}, domain.OfficeID(0)
	for _, sum := range sums {
		count[sum.Office]++
	}
	for _, o := range offices {
		switch {
		case count[o.ID] == 0:
		case best == 0 || count[o.ID] > count[best]:
			best = o.ID
		}
	}
	for id, n := range count {
		if id != best && n == count[best] {
			return 0, nil // two are as likely
		}
	}
	return best, nil
}

// officeOf finds who answers what is asked about a policy: the one department that
// it makes responsible, else who issued it, else who published it.
func officeOf(policy *domain.Policy, offices []domain.Office) domain.OfficeID {
	named := func(names string) domain.OfficeID {
		found := domain.OfficeID(0)
		for _, o := range offices {
			if !strings.Contains(names, o.Name) {
				continue
			}
			if found != 0 {
				return 0
			}
			found = o.ID
		}
		return found
	}
	var names []string
	for _, m := range responsible.FindAllStringSubmatch(policy.Text, -1) {
		names = append(names, m[1])
	}
	return cmp.Or(named(strings.Join(names, "、")), named(strings.Join(policy.Issuers, "、")), policy.Office)
}

// coordinates tells whether an office hands out what nobody is responsible for.
func (s *Server) coordinates(ctx context.Context, office domain.OfficeID) (bool, error) {
	offices, err := s.Store.Offices(ctx)
	return err == nil && domain.Coordinates(offices, office), err
}

// officeNames returns the names of the offices by id.
func (s *Server) officeNames(ctx context.Context) (map[domain.OfficeID]string, error) {
	offices, err := s.Store.Offices(ctx)
	names := map[domain.OfficeID]string{}
	for _, o := range offices {
		names[o.ID] = o.Name
	}
	return names, err
}

// promise says who answers a question and by when.
func (s *Server) promise(office domain.OfficeID, offices []domain.Office) string {
	name, t := "负责的单位", s.Questions.filled()
	for _, o := range offices {
		if o.ID == office {
			name = o.Name
		}
	}
	return fmt.Sprintf("由%s在%d个工作日内答复，复杂的%d个工作日", name, t.Simple, t.Complex)
}

// roundView is a question with its answer as pages show it.
type roundView struct {
	domain.Round
	Cites []interpretations.Cite // of the answer
	Rests []interpretations.Cite // of the draft that waits for its review
	First bool
}

func roundsOf(q *domain.Question, policy *domain.Policy) []roundView {
	views := make([]roundView, len(q.Rounds))
	for i, r := range q.Rounds {
		views[i] = roundView{Round: r, First: i == 0}
		if policy != nil && r.Answer != nil {
			views[i].Cites = citesOnPage(policy, r.Answer.Clauses)
		}
		if policy != nil && r.Draft != nil {
			views[i].Rests = citesOnPage(policy, r.Draft.Clauses)
		}
	}
	return views
}

// citesOnPage are links to clauses on the public page of a policy.
func citesOnPage(policy *domain.Policy, paths []string) (cites []interpretations.Cite) {
	for _, path := range paths {
		if cite, ok := interpretations.CiteOf(policy, path); ok {
			cite.Href = fmt.Sprintf("/policies/%d%s", policy.ID, cite.Href)
			cites = append(cites, cite)
		}
	}
	return cites
}

// policyAsked returns the policy that a question is about, or nil.
func (s *Server) policyAsked(ctx context.Context, q *domain.Question) (*domain.Policy, error) {
	if q.Policy == 0 {
		return nil, nil
	}
	return s.Store.Policy(ctx, q.Policy)
}

// similarDays is how far back questions that are alike are counted.
const similarDays = 30

// cluster is several questions that ask the same, oldest first.
type cluster struct {
	Policy    domain.PolicyID
	Questions []domain.Question
}

// asking is the questions about one policy, each with the first that it is
// like. Which groups a question may belong to is looked up by its pairs of
// characters: thousands that are all different cost no comparison each with each.
type asking struct {
	groups []cluster
	firsts []map[[2]rune]bool // pairs of the first question of a group, without what is only polite
	having map[[2]rune][]int  // the groups whose first question has a pair
}

func (a *asking) add(q domain.Question) {
	text := q.Rounds[0].Text
	said, meant := pairsOf(text), pairsOf(polite.Replace(text))
	shared := map[int]int{}
	for pair := range meant {
		for _, g := range a.having[pair] {
			shared[g]++
		}
	}
	for _, g := range slices.Sorted(maps.Keys(shared)) {
		if float64(shared[g])/float64(len(meant)) >= similarEnough && share(a.firsts[g], said) >= similarEnough {
			a.groups[g].Questions = append(a.groups[g].Questions, q)
			return
		}
	}
	for pair := range said {
		a.having[pair] = append(a.having[pair], len(a.groups))
	}
	a.groups = append(a.groups, cluster{q.Policy, []domain.Question{q}})
	a.firsts = append(a.firsts, meant)
}

// clusters groups the questions about the same policy, or none, that are alike, and
// keeps groups of at least often. Those asked before an approved answer to the
// same was published do not count: that has settled them.
func clusters(questions []domain.Question, settled func(domain.PolicyID) ([]interpretations.Item, error), often int) ([]cluster, error) {
	byPolicy := map[domain.PolicyID]*asking{}
	var order []domain.PolicyID
	for _, q := range slices.Backward(questions) { // they come the latest first
		if q.Rounds[0].Text == "" {
			continue
		}
		if byPolicy[q.Policy] == nil {
			byPolicy[q.Policy] = &asking{having: map[[2]rune][]int{}}
			order = append(order, q.Policy)
		}
		byPolicy[q.Policy].add(q)
	}
	var found []cluster
	for _, id := range order {
		for _, g := range byPolicy[id].groups {
			if len(g.Questions) < often {
				continue
			}
			items, err := settled(id)
			if err != nil {
				return nil, err
			}
			var open []domain.Question
			for _, q := range g.Questions {
				answered := false
				for _, it := range items {
					answered = answered || it.QA != nil && it.ApprovedAt.After(q.AskedAt) && alike(it.QA.Question, q.Rounds[0].Text, "") >= similarEnough
				}
				if !answered {
					open = append(open, q)
				}
			}
			if len(open) >= often {
				found = append(found, cluster{id, open})
			}
		}
	}
	return found, nil
}

// misunderstood finds what is asked again and again of an office.
func (s *Server) misunderstood(ctx context.Context, office domain.OfficeID) ([]cluster, error) {
	questions, err := s.Store.Questions(ctx, storage.QuestionFilter{
		Office: office, AskedSince: s.Now().AddDate(0, 0, -similarDays), States: []domain.QuestionState{domain.QuestionOpen, domain.QuestionDrafted, domain.QuestionAnswered}, Limit: 2000,
	})
	if err != nil {
		return nil, err
	}
	return clusters(questions, func(id domain.PolicyID) ([]interpretations.Item, error) {
		return s.Store.Interpretations(ctx, id, true)
	}, s.Questions.filled().Often)
}
