package web

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// deskShown is how many entries each list of the desk shows.
const deskShown = 8

// deskView is what waits for somebody.
type deskView struct {
	Page
	Reads     bool
	Drafts    deskList
	Reviewed  deskList // waits for the approval of another person
	Approved  deskList // waits to be published
	Alerts    alerts
	At        time.Time
	Pushes    []domain.Push
	Questions questionDesk
	Unseen    []outdatedRow // interpretations that wait for their review
	Outdated  []outdatedRow // interpretations that ask to be checked
	People    struct{ Enterprises, Residents int }
}

// deskList is the beginning of a list of policies and its whole length.
type deskList struct {
	Status domain.PolicyStatus
	Total  int
	Rows   []deskPolicy
}

type deskPolicy struct {
	storage.PolicySummary
	Mine    bool
	Drafter string
}

func (deskView) template() string { return "console/desk" }

func (s *Server) desk(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.consolePage(c, "工作台", "desk")
	if err != nil {
		return err
	}
	me := operatorOf(c).operator
	v := deskView{Page: p, Reads: allowed(me, toRead)}
	if !v.Reads {
		v.Alerts.NoYears = s.Rules.Calendar.MissingYears(s.Now().In(shanghai))
		return s.render(c, v)
	}
	v.At = s.Now()
	if v.Alerts, err = s.alerts(c); err != nil {
		return err
	}
	names, err := s.operatorNames(ctx)
	if err != nil {
		return err
	}
	for _, l := range []*deskList{&v.Drafts, &v.Reviewed, &v.Approved} {
		switch l {
		case &v.Drafts:
			l.Status = domain.Draft
		case &v.Reviewed:
			l.Status = domain.Reviewed
		default:
			l.Status = domain.Approved
		}
		found, total, err := s.Store.Policies(ctx, storage.PolicyFilter{Statuses: []domain.PolicyStatus{l.Status}, Office: me.Office, Limit: deskShown})
		if err != nil {
			return err
		}
		l.Total = total
		for _, sum := range found {
			l.Rows = append(l.Rows, deskPolicy{PolicySummary: sum, Mine: sum.DraftedBy == me.ID, Drafter: names[sum.DraftedBy]})
		}
	}
	pushes, err := s.Store.Pushes(ctx, 0, 100)
	if err != nil {
		return err
	}
	for _, push := range pushes {
		if push.State == domain.PushOwed || push.State == domain.PushRunning || push.State == domain.PushUnsigned {
			v.Pushes = append(v.Pushes, push)
		}
	}
	if v.Questions, err = s.questionDesk(ctx, me.Office); err != nil {
		return err
	}
	if v.Unseen, err = s.unreviewed(ctx, me.Office, names); err != nil {
		return err
	}
	if v.Outdated, err = s.outdated(ctx, me.Office); err != nil {
		return err
	}
	if v.People.Enterprises, v.People.Residents, err = s.Store.CountSubscribers(ctx); err != nil {
		return err
	}
	return s.render(c, v)
}

// operatorNames returns the names of the operators by id.
func (s *Server) operatorNames(ctx context.Context) (map[domain.OperatorID]string, error) {
	all, err := s.Store.Operators(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[domain.OperatorID]string, len(all)+1)
	for _, o := range all {
		names[o.ID] = o.Name
	}
	names[0] = "系统"
	return names, nil
}
