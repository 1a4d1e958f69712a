package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// ProfileVersion is how a subscriber's profile and subscription stood before a
// change. It is kept if an audience was frozen while it stood, so that the
// audience can be computed again, and goes with the subscriber.
type ProfileVersion struct {
	Profile      domain.Profile
	Subscription domain.Subscription
	ReplacedAt   time.Time
}

// MarkAudience returns the number of the last change of a profile. From now on
// whatever stands is kept when it changes, so that the audience of this moment
// can be computed now and later.
func (s *Store) MarkAudience(ctx context.Context) (seq int64, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		next, err := nextNumbers(ctx, tx, "profile_changes", 0) // nobody changes a profile until the commit
		if err != nil {
			return err
		}
		seq = next - 1
		_, err = tx.ExecContext(ctx, `UPDATE counters SET value = $1 WHERE name = 'audience'`, seq)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("mark audience: %w", err)
	}
	return seq, nil
}

// lastAudience returns the last change before the last audience, or -1.
func lastAudience(ctx context.Context, q querier) (int64, error) {
	return counter(ctx, q, "audience")
}

// keepVersion decides whether what stood before a change has to be kept, and
// returns the change with which what stands now came to stand. After one that
// leaves profile and subscription as they are, that is the same as before.
func (r *subscriberRow) keepVersion(v *domain.Subscriber, seq, audience int64) (since int64, keep bool, err error) {
	if r.version == 1 {
		return seq, false, nil
	}
	profile, err := asJSON(&v.Profile).Value()
	if err != nil {
		return 0, false, err
	}
	subscription, err := asJSON(&v.Subscription).Value()
	if err != nil {
		return 0, false, err
	}
	if profile == r.profile && subscription == r.subscription {
		return r.since, false, nil
	}
	return seq, r.since <= audience, nil
}

// keepVersions moves on, for the subscribers of a chunk whose changes are
// numbered from seq, since when they are as they are, and keeps what stood
// before where an audience was frozen meanwhile.
func (s *Store) keepVersions(ctx context.Context, tx *sql.Tx, all []*domain.Subscriber, rows []subscriberRow, seq, audience int64) error {
	var kept [][]any
	now := micros(time.Now())
	for i := range rows {
		r := &rows[i]
		since, keep, err := r.keepVersion(all[i], seq+int64(i), audience)
		if err != nil {
			return err
		}
		if keep {
			kept = append(kept, []any{r.id, r.since, since, now, r.profile, r.subscription})
		}
		r.since = since
	}
	const head = `INSERT INTO profile_versions (subscriber_id, from_seq, until_seq, replaced_at, profile, subscription)`
	if err := s.dialect.insertRows(ctx, tx, head, "", len(kept), func(i int) []any { return kept[i] }); err != nil {
		return fmt.Errorf("keep former profiles: %w", err)
	}
	return nil
}

// profilesAt reads profiles as they stood after change $1, of an audience that
// was marked.
const profilesAt = `
	SELECT v.id, COALESCE(h.profile, v.profile), COALESCE(h.subscription, v.subscription)
	FROM subscribers v LEFT JOIN profile_versions h ON h.subscriber_id = v.id AND h.from_seq <= $1 AND h.until_seq > $1
	WHERE (v.since <= $1 OR h.until_seq IS NOT NULL)`

// WalkProfilesAt calls fn, in id order, for every subscriber who was there
// when an audience was marked, as they stood then. Those are missing who have
// been deleted since, and those who have changed and whose version of then is
// forgotten.
func (s *Store) WalkProfilesAt(ctx context.Context, seq int64, fn func(ProfileRow) error) error {
	const q = profilesAt + ` AND v.id > $2 ORDER BY v.id LIMIT $3`
	for after := domain.SubscriberID(0); ; {
		page, err := list(ctx, s.read, scanProfile, q, seq, after, walkPage)
		if err != nil {
			return fmt.Errorf("walk former profiles: %w", err)
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
		}
		if len(page) < walkPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// ChangedProfilesAt returns everybody who has changed since an audience was
// marked, and how those of them who were there stood then.
func (s *Store) ChangedProfilesAt(ctx context.Context, seq int64) (changed []domain.SubscriberID, then []ProfileRow, err error) {
	const log = `SELECT DISTINCT subscriber_id FROM profile_changes WHERE seq > $1`
	if changed, err = list(ctx, s.read, one[domain.SubscriberID], log, seq); err != nil {
		return nil, nil, fmt.Errorf("read late changes: %w", err)
	}
	err = chunks(changed, func(part []any) error {
		q := profilesAt + ` AND v.id IN (` + places(2, len(part)) + `)`
		rows, err := list(ctx, s.read, scanProfile, q, append([]any{seq}, part...)...)
		then = append(then, rows...)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read former profiles: %w", err)
	}
	return changed, then, nil
}

// ProfileVersions returns the former versions that are kept of a subscriber,
// oldest first.
func (s *Store) ProfileVersions(ctx context.Context, id domain.SubscriberID) ([]ProfileVersion, error) {
	const q = `SELECT replaced_at, profile, subscription
		FROM profile_versions WHERE subscriber_id = $1 ORDER BY until_seq`
	found, err := list(ctx, s.read, func(row scanner, v *ProfileVersion) error {
		return row.Scan(timeInto(&v.ReplacedAt), asJSON(&v.Profile), asJSON(&v.Subscription))
	}, q, id)
	if err != nil {
		return nil, fmt.Errorf("read former profiles of %d: %w", id, err)
	}
	return found, nil
}

// Existing returns those of some subscribers who are there.
func (s *Store) Existing(ctx context.Context, ids []domain.SubscriberID) (there []domain.SubscriberID, err error) {
	err = chunks(ids, func(part []any) error {
		q := `SELECT DISTINCT id FROM subscribers WHERE id IN (` + s.dialect.places(1, len(part)) + `)`
		found, err := list(ctx, s.read, one[domain.SubscriberID], q, part...)
		there = append(there, found...)
		return err
	})
	return there, err
}

// forgetAtOnce is how many versions are forgotten in one transaction.
const forgetAtOnce = 2000

// ForgetVersions deletes the versions that were replaced before a time, and
// returns how many.
func (s *Store) ForgetVersions(ctx context.Context, before time.Time) (n int, err error) {
	const old = ` FROM profile_versions WHERE replaced_at < $1 ORDER BY replaced_at, subscriber_id, until_seq LIMIT $2`
	for part := forgetAtOnce; part == forgetAtOnce; n += part {
		err := s.inTx(ctx, func(tx *sql.Tx) error {
			// The mark goes first: no check may take what is missing for a difference.
			const mark = `UPDATE counters SET value = (SELECT MAX(until_seq) FROM (SELECT until_seq` + old + `) gone)
				WHERE name = 'versions_forgotten' AND value < (SELECT MAX(until_seq) FROM (SELECT until_seq` + old + `) gone)`
			if _, err := tx.ExecContext(ctx, mark, micros(before), forgetAtOnce); err != nil {
				return err
			}
			var err error
			part, err = changed(ctx, tx, `DELETE FROM profile_versions WHERE (subscriber_id, until_seq) IN (SELECT subscriber_id, until_seq`+old+`)`,
				micros(before), forgetAtOnce)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("forget former profiles: %w", err)
		}
	}
	return n, nil
}

// VersionsForgotten returns the last change whose former version was forgotten
// because of its age, or -1. Of an audience before it, whoever has changed
// since may be missing from WalkProfilesAt.
func (s *Store) VersionsForgotten(ctx context.Context) (int64, error) {
	return counter(ctx, s.read, "versions_forgotten")
}
