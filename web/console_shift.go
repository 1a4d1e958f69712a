package web

import (
	"context"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

const (
	formersShown = 3 // earlier policies that one is compared with
	shiftSample  = 4 // of those added, and of those dropped
)

// shiftView tells who comes into an audience and who falls out of it.
type shiftView struct {
	Former                               former // the earlier policy; empty if two states of one are compared
	Basis                                string // which audience it is compared with
	Added, Dropped, Stay, Firmer, Vaguer int
	// Moved are those added or dropped because they changed themselves: the
	// earlier policy would reach them today, or would not any more.
	MovedIn, MovedOut int
	Gone              int // of those dropped: deleted by now
	Sets              []shiftSet
}

// shiftSet is who is added, or who is dropped.
type shiftSet struct {
	Name   string
	Breaks []breakdown
	Rows   []shiftRow
}

type shiftRow struct {
	ID      domain.SubscriberID
	Name    string
	Facts   string
	Verdict domain.Verdict
	Says    []string
}

// shiftView shows how an audience changed, the later of which is that of p
// today.
func (s *Server) shiftView(ctx context.Context, p *domain.Policy, shift audience.Shift) (*shiftView, error) {
	v := &shiftView{
		Added: count(shift.Added), Dropped: count(shift.Dropped), Stay: count(shift.Stay), Firmer: count(shift.Firmer), Vaguer: count(shift.Vaguer),
	}
	query := audience.QueryOf(p, s.today())
	for _, part := range []struct {
		name string
		set  *roaring.Bitmap
	}{{"新增的", shift.Added}, {"减少的", shift.Dropped}} {
		if part.set.IsEmpty() {
			continue
		}
		set := shiftSet{Name: part.name, Breaks: []breakdown{
			{part.name + "：按类别", "s2", s.kinds(part.set)}, {part.name + "：按地区", "s1", s.places(part.set)},
		}}
		people, err := s.Store.SubscribersIn(ctx, audience.Sample(part.set, shiftSample, 1))
		if err != nil {
			return nil, err
		}
		for _, person := range people {
			row := shiftRow{ID: person.ID, Name: maskName(person), Facts: s.maskedFacts(&person.Profile)}
			if e, ok := s.Index.Explain(query, person.ID); ok {
				row.Verdict, row.Says = e.Verdict, e.Says(s.Rules.ValueName)
			}
			if row.Verdict == domain.Likely { // the conditions that bring them in
				row.Says = nil
				for _, r := range s.sampleRow(p, person, true).Reasons {
					row.Says = append(row.Says, r.Condition)
				}
			}
			set.Rows = append(set.Rows, row)
		}
		v.Sets = append(v.Sets, set)
	}
	left := 0
	for _, n := range s.Index.CountBy(shift.Dropped, audience.ByKind) {
		left += n.N
	}
	v.Gone = v.Dropped - left
	return v, nil
}

func count(set *roaring.Bitmap) int { return int(set.GetCardinality()) }

// former is a policy that another one replaces, changes or issues anew.
type former struct {
	*domain.Policy
	Relation string
}

// formers finds what a policy replaces or changes, and itself as it was
// published before it was taken back and corrected.
func (s *Server) formers(ctx context.Context, p *domain.Policy) ([]former, error) {
	var formers []former
	issue, err := s.Store.FormerIssue(ctx, p)
	switch {
	case err == nil:
		formers = append(formers, former{issue, "同一文号，重新发布"})
	case domain.KindOf(err) != domain.NotFound:
		return nil, err
	}
	earlier, err := s.Store.Earlier(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, old := range earlier {
		relation := ""
		switch {
		case slices.ContainsFunc(formers, func(f former) bool { return f.ID == old.ID }):
		case slices.ContainsFunc(p.Replaces, old.Named):
			relation = "本文件替代它"
		case slices.ContainsFunc(p.Amends, old.Named):
			relation = "本文件修改或延续它"
		}
		if relation != "" {
			formers = append(formers, former{old, relation})
		}
	}
	return formers, nil
}

// formerShifts compares a policy that is not out yet with those that it
// replaces, changes or was before: whom they were pushed to, or would reach.
func (s *Server) formerShifts(ctx context.Context, p *domain.Policy) ([]*shiftView, error) {
	switch p.Status {
	case domain.Draft, domain.Reviewed, domain.Approved:
	default:
		return nil, nil
	}
	if !p.Pushable() {
		return nil, nil
	}
	formers, err := s.formers(ctx, p)
	if err != nil || len(formers) == 0 {
		return nil, err
	}
	after := s.concerned(p)
	var shifts []*shiftView
	for _, former := range formers[:min(len(formers), formersShown)] {
		old := former.Policy
		today := s.concerned(old)
		before, basis, err := s.toldOf(ctx, old.ID)
		if err != nil {
			return nil, err
		}
		if basis == "" {
			before, basis = today, "它没有推送过，按它的条件和今天的订阅计算"
		}
		shift := audience.Compare(before, after)
		v, err := s.shiftView(ctx, p, shift)
		if err != nil {
			return nil, err
		}
		v.Former, v.Basis = former, basis
		v.MovedIn = int(shift.Added.AndCardinality(today.Everybody()))
		v.MovedOut = max(0, v.Dropped-v.Gone-int(shift.Dropped.AndCardinality(today.Everybody())))
		shifts = append(shifts, v)
	}
	return shifts, nil
}

// toldOf returns whom the last push of a policy was for, as it was frozen, and
// says so; "" if there was none.
func (s *Server) toldOf(ctx context.Context, id domain.PolicyID) (told audience.Result, basis string, err error) {
	pushes, err := s.Store.Pushes(ctx, id, 100)
	if err != nil {
		return told, "", err
	}
	for _, push := range pushes { // the newest first
		if push.Kind != domain.NewPolicy {
			continue
		}
		frozen, err := s.Store.Audience(ctx, push.ID)
		if domain.KindOf(err) == domain.NotFound {
			continue // not planned yet
		}
		if err != nil {
			return told, "", err
		}
		if told, err = audience.Thaw(frozen); err != nil {
			return told, "", err
		}
		basis = fmt.Sprintf("%s推送时确定的对象", push.CreatedAt.In(shanghai).Format("2006年1月2日"))
		if !push.IncludePossible {
			told.Possible, basis = roaring.New(), basis+"（当时只推送给适用可能性高的）"
		}
		return told, basis, nil
	}
	return told, "", nil
}
