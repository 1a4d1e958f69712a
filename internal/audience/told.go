package audience

import (
	"context"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/domain"
)

// EarlierPushes knows who has been told of a policy.
type EarlierPushes interface {
	// AudiencesOf returns the frozen audiences of the pushes of a policy, but
	// not of notices that it is withdrawn.
	AudiencesOf(ctx context.Context, policy domain.PolicyID) ([]domain.PushedAudience, error)
	// DigestReaders returns who was told of a policy in their first digest.
	DigestReaders(ctx context.Context, policy domain.PolicyID) (map[domain.SubscriberID]domain.Verdict, error)
	// Corrected returns the policies of which a policy corrects what was said:
	// their readers have a notice of their own.
	Corrected(ctx context.Context, policy domain.PolicyID) ([]domain.PolicyID, error)
	// Dismissed returns who said of a policy, or of one that it amends, that
	// it is not for them.
	Dismissed(ctx context.Context, policy *domain.Policy) ([]domain.SubscriberID, error)
}

// ToldOf returns who was told of a policy by its pushes or in their first
// digest, with the surest that anybody was told. Whom a push that was stopped
// midway did not reach was not told by it.
func ToldOf(ctx context.Context, earlier EarlierPushes, policy domain.PolicyID) (Result, error) {
	told := Result{Likely: roaring.New(), Possible: roaring.New()}
	pushed, err := earlier.AudiencesOf(ctx, policy)
	if err != nil {
		return told, fmt.Errorf("who was told of policy %d: %w", policy, err)
	}
	for _, a := range pushed {
		set, err := Thaw(a.Audience)
		if err != nil {
			return told, fmt.Errorf("who was told of policy %d: %w", policy, err)
		}
		if a.Aborted {
			reached := roaring.New()
			for _, id := range a.Reached {
				reached.Add(uint32(id))
			}
			set.Likely.And(reached)
			set.Possible.And(reached)
		}
		told.Likely.Or(set.Likely)
		if a.IncludePossible {
			told.Possible.Or(set.Possible)
		}
	}
	readers, err := earlier.DigestReaders(ctx, policy)
	if err != nil {
		return told, fmt.Errorf("who was told of policy %d: %w", policy, err)
	}
	for id, verdict := range readers {
		if verdict == domain.Likely {
			told.Likely.Add(uint32(id))
		} else {
			told.Possible.Add(uint32(id))
		}
	}
	told.Possible.AndNot(told.Likely)
	return told, nil
}

// QueryFor asks whom a push of a policy would tell on a day: as QueryOf, but
// without those who were told of it before and those who said that it is not
// for them. Preview, supplement and push ask the same; a policy that was never
// pushed leaves nobody out.
func QueryFor(ctx context.Context, earlier EarlierPushes, p *domain.Policy, day string) (Query, error) {
	q := QueryOf(p, day)
	told, err := ToldOf(ctx, earlier, p.ID)
	if err != nil {
		return q, err
	}
	blocked, err := earlier.Dismissed(ctx, p)
	if err != nil {
		return q, fmt.Errorf("who does not want policy %d: %w", p.ID, err)
	}
	without := told.Everybody()
	corrected, err := earlier.Corrected(ctx, p.ID)
	if err != nil {
		return q, fmt.Errorf("what policy %d corrects: %w", p.ID, err)
	}
	for _, id := range corrected {
		readers, err := ToldOf(ctx, earlier, id)
		if err != nil {
			return q, err
		}
		without.Or(readers.Everybody())
	}
	for _, id := range blocked {
		without.Add(uint32(id))
	}
	if !without.IsEmpty() {
		q.Without = without
	}
	return q, nil
}

// Told returns those of an audience whom a push tells: with or without those
// to whom it may apply.
func (r Result) Told(includePossible bool) *roaring.Bitmap {
	if includePossible {
		return r.Everybody()
	}
	return r.Likely
}
