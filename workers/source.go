package workers

import (
	"context"

	"policypush/internal/audience"
	"policypush/internal/storage"
)

// Profiles lets the audience index read the subscribers of a store.
type Profiles struct{ Store *storage.Store }

// WalkProfiles implements audience.Source.
func (p Profiles) WalkProfiles(ctx context.Context, fn func(audience.Row) error) error {
	return p.Store.WalkProfiles(ctx, 0, func(r storage.ProfileRow) error { return fn(rowOf(r)) })
}

// CountProfiles implements audience.Source.
func (p Profiles) CountProfiles(ctx context.Context) (int, error) {
	enterprises, residents, err := p.Store.CountSubscribers(ctx)
	return enterprises + residents, err
}

// LastChange implements audience.Source.
func (p Profiles) LastChange(ctx context.Context) (int64, error) {
	return p.Store.LastProfileChange(ctx)
}

// Changes implements audience.Source.
func (p Profiles) Changes(ctx context.Context, after int64, limit int) ([]audience.Change, error) {
	from, err := p.Store.ProfileChanges(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	changes := make([]audience.Change, len(from))
	for i, c := range from {
		changes[i] = audience.Change{Seq: c.Seq, Mark: c.Mark, Deleted: c.Deleted, Row: rowOf(c.Row)}
		changes[i].Row.ID = c.ID
	}
	return changes, nil
}

func rowOf(r storage.ProfileRow) audience.Row {
	return audience.Row{ID: r.ID, Profile: r.Profile, Subscription: r.Subscription}
}
