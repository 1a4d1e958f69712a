package web

import (
	"context"
	"slices"
	"strconv"

	"policypush/internal/domain"
)

// referenceView is a document that a policy names, with its page if we have it.
type referenceView struct {
	Name string
	Href string // "" if it is not here
	Said string
}

// addSuccessions shows what a policy replaces, changes and extends, with links
// to what of it is here, and what has replaced or extended it.
func (s *Server) addSuccessions(ctx context.Context, v *policyView) error {
	done, err := s.Store.Successions(ctx, v.Policy.ID)
	if err != nil {
		return err
	}
	link := func(refs []domain.Reference) (views []referenceView) {
		for _, r := range refs {
			view := referenceView{Name: r.String()}
			for _, d := range done {
				old := domain.Policy{Title: d.OfTitle, DocNumber: d.OfNumber}
				if d.Policy == v.Policy.ID && old.Named(r) {
					view.Href = "/policies/" + strconv.FormatInt(int64(d.Of), 10)
				}
			}
			views = append(views, view)
		}
		return views
	}
	v.Changed, v.Amended = link(v.Policy.Replaces), link(v.Policy.Amends)
	for _, d := range done {
		if d.Of != v.Policy.ID {
			continue
		}
		later := referenceView{Name: shownTitle(d.Title), Href: "/policies/" + strconv.FormatInt(int64(d.Policy), 10), Said: "延续执行到" + longDate(d.Expires)}
		if d.Ends {
			later.Said = longDate(d.Expires) + "以后由它替代"
		}
		v.Later = append(v.Later, later)
	}
	slices.Reverse(v.Later) // the latest first
	return nil
}
