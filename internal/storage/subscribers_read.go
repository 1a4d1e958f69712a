package storage

import (
	"context"
	"fmt"
	"slices"

	"policypush/internal/domain"
)

const subscriberColumns = `id, external_id, name, uscc, profile, subscription, consent, version, created_at, demo`

func scanSubscriber(row scanner, v *domain.Subscriber) error {
	return row.Scan(&v.ID, &v.ExternalID, &v.Name, &v.USCC, asJSON(&v.Profile), asJSON(&v.Subscription), asJSON(&v.Consent),
		&v.Version, timeInto(&v.CreatedAt), &v.Demo)
}

// Subscriber returns a subscriber with contacts, or NotFound.
func (s *Store) Subscriber(ctx context.Context, id domain.SubscriberID) (*domain.Subscriber, error) {
	found, err := s.SubscribersIn(ctx, []domain.SubscriberID{id})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, domain.Errorf(domain.NotFound, noSubscriber)
	}
	return found[0], nil
}

// SubscriberByExternalID returns the subscriber with the office's own id, or
// NotFound.
func (s *Store) SubscriberByExternalID(ctx context.Context, external string) (*domain.Subscriber, error) {
	var id domain.SubscriberID
	if err := s.read.QueryRowContext(ctx, `SELECT id FROM subscribers WHERE external_id = $1`, external).Scan(&id); err != nil {
		return nil, notFound(err, "没有编号为“%s”的订阅者", external)
	}
	return s.Subscriber(ctx, id)
}

// SubscribersByAddress returns who has an address, in id order. One person may
// stand for several enterprises.
func (s *Store) SubscribersByAddress(ctx context.Context, kind domain.ChannelKind, address string) ([]domain.SubscriberID, error) {
	const q = `SELECT DISTINCT subscriber_id FROM contacts WHERE blind = $1 AND kind = $2 ORDER BY subscriber_id`
	return list(ctx, s.read, one[domain.SubscriberID], q, s.blind(kind, address), kind)
}

// SubscribersIn returns those of the ids who are there, in id order, with
// contacts in the order of preference and why an address must not be used.
func (s *Store) SubscribersIn(ctx context.Context, ids []domain.SubscriberID) ([]*domain.Subscriber, error) {
	return s.subscribersIn(ctx, s.read, ids)
}

func (s *Store) subscribersIn(ctx context.Context, from querier, ids []domain.SubscriberID) ([]*domain.Subscriber, error) {
	var all []*domain.Subscriber
	byID := make(map[domain.SubscriberID]*domain.Subscriber, len(ids))
	err := chunks(ids, func(part []any) error {
		in := s.dialect.places(1, len(part))
		err := each(ctx, from, func(row scanner) error {
			v := &domain.Subscriber{}
			if err := scanSubscriber(row, v); err != nil {
				return err
			}
			if byID[v.ID] == nil {
				byID[v.ID] = v
				all = append(all, v)
			}
			return nil
		}, `SELECT `+subscriberColumns+` FROM subscribers WHERE id IN (`+in+`) ORDER BY id`, part...)
		if err != nil {
			return err
		}
		return s.contactsInto(ctx, from, byID, in, part)
	})
	if err != nil {
		return nil, fmt.Errorf("read subscribers: %w", err)
	}
	sortByID(all)
	return all, nil
}

// contactsInto reads the contacts of the subscribers in one statement.
func (s *Store) contactsInto(ctx context.Context, from querier, byID map[domain.SubscriberID]*domain.Subscriber, in string, ids []any) error {
	q := `
		SELECT c.subscriber_id, c.id, c.kind, c.address, c.frequency, c.verified, c.role, c.person, c.shared, COALESCE(x.reason, '')
		FROM contacts c LEFT JOIN stop_list x ON x.blind = c.blind AND x.kind = c.kind
		WHERE c.subscriber_id IN (` + in + `) ORDER BY c.subscriber_id, c.position`
	return each(ctx, from, func(row scanner) error {
		var owner domain.SubscriberID
		c, err := s.scanContact(row, &owner)
		if v := byID[owner]; v != nil { // else saved since the statement before
			v.Contacts = append(v.Contacts, c)
		}
		return err
	}, q, ids...)
}

// scanContact reads a contact and whose it is.
func (s *Store) scanContact(row scanner, owner *domain.SubscriberID) (domain.Contact, error) {
	var c domain.Contact
	var sealed []byte
	err := row.Scan(owner, &c.ID, &c.Kind, &sealed, &c.When, &c.Verified, &c.Role, &c.Person, &c.Shared, &c.Suppressed)
	if err != nil {
		return c, err
	}
	if c.Address, err = s.openAddress(sealed, c.Kind, *owner); err != nil {
		return c, fmt.Errorf("contact %d: %w", c.ID, err)
	}
	return c, nil
}

func (s *Store) openAddress(sealed []byte, kind domain.ChannelKind, owner domain.SubscriberID) (string, error) {
	plain, err := s.keys.Open(sealed, contactContext(kind, owner))
	return string(plain), err
}

func scanProfile(row scanner, r *ProfileRow) error {
	return row.Scan(&r.ID, asJSON(&r.Profile), asJSON(&r.Subscription))
}

// walkPage is how many profiles WalkProfiles reads at once.
const walkPage = 5000

// WalkProfiles calls fn for every subscriber after an id, in id order. It
// reads page by page and holds nothing open while fn runs; who is written
// meanwhile shows in ProfileChanges.
func (s *Store) WalkProfiles(ctx context.Context, after domain.SubscriberID, fn func(ProfileRow) error) error {
	const q = `SELECT id, profile, subscription FROM subscribers WHERE id > $1 ORDER BY id LIMIT $2`
	for {
		page, err := list(ctx, s.read, scanProfile, q, after, walkPage)
		if err != nil {
			return fmt.Errorf("walk profiles: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		reached := make(map[domain.SubscriberID]reach, len(page))
		if err := s.ways(ctx, reached, `c.subscriber_id BETWEEN $1 AND $2`, page[0].ID, page[len(page)-1].ID); err != nil {
			return err
		}
		for _, r := range page {
			reached[r.ID].into(&r)
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

// ProfileChanges returns up to limit changes after a number, in order.
func (s *Store) ProfileChanges(ctx context.Context, after int64, limit int) ([]ProfileChange, error) {
	const q = `
		SELECT c.seq, c.mark, c.subscriber_id, v.id IS NULL, COALESCE(v.profile, '{}'), COALESCE(v.subscription, '{}')
		FROM profile_changes c LEFT JOIN subscribers v ON v.id = c.subscriber_id
		WHERE c.seq > $1 ORDER BY c.seq LIMIT $2`
	var there []domain.SubscriberID
	found, err := list(ctx, s.read, func(row scanner, c *ProfileChange) error {
		err := row.Scan(&c.Seq, &c.Mark, &c.ID, &c.Deleted, asJSON(&c.Row.Profile), asJSON(&c.Row.Subscription))
		c.Row.ID = c.ID
		if !c.Deleted {
			there = append(there, c.ID)
		}
		return err
	}, q, after, limit)
	if err != nil {
		return nil, err
	}
	reached := map[domain.SubscriberID]reach{}
	err = chunks(there, func(part []any) error {
		return s.ways(ctx, reached, `c.subscriber_id IN (`+s.dialect.places(1, len(part))+`)`, part...)
	})
	for i := range found {
		reached[found[i].ID].into(&found[i].Row)
	}
	return found, err
}

// reach is where somebody is reached: their contacts, of which the addresses are
// not read.
type reach []domain.Contact

// into fills in over which ways a message goes out first, as when a push is
// planned.
func (r reach) into(row *ProfileRow) {
	who := domain.Subscriber{Profile: row.Profile, Subscription: row.Subscription, Contacts: r}
	wants := &row.Subscription
	wants.Ways = who.FirstWays(nil, nil)
	for _, c := range r {
		if c.Role.General() || wants.RoleWays[c.Role] != nil {
			continue
		}
		if own := who.FirstWays(nil, []domain.ContactRole{c.Role}); !slices.Equal(own, wants.Ways) {
			if wants.RoleWays == nil {
				wants.RoleWays = map[domain.ContactRole][]domain.Way{}
			}
			wants.RoleWays[c.Role] = own
		}
	}
	if len(wants.ByTheme) > 0 {
		byTheme := make(map[string][]domain.Way, len(wants.ByTheme))
		for theme := range wants.ByTheme {
			byTheme[theme] = who.FirstWays([]string{theme}, nil)
		}
		wants.ByTheme = byTheme
	}
}

// ways adds where the subscribers of some contacts are reached.
func (s *Store) ways(ctx context.Context, into map[domain.SubscriberID]reach, which string, args ...any) error {
	q := `
		SELECT c.subscriber_id, c.kind, c.frequency, c.role, c.person
		FROM contacts c LEFT JOIN stop_list x ON x.blind = c.blind AND x.kind = c.kind
		WHERE ` + which + ` AND c.verified AND c.kind <> 'app' AND x.reason IS NULL ORDER BY c.subscriber_id, c.position`
	err := each(ctx, s.read, func(row scanner) error {
		var id domain.SubscriberID
		c := domain.Contact{Address: "there", Verified: true}
		err := row.Scan(&id, &c.Kind, &c.When, &c.Role, &c.Person)
		into[id] = append(into[id], c)
		return err
	}, q, args...)
	if err != nil {
		return fmt.Errorf("read ways to subscribers: %w", err)
	}
	return nil
}

// LastProfileChange returns the number of the latest change, or 0.
func (s *Store) LastProfileChange(ctx context.Context) (int64, error) {
	return counter(ctx, s.read, "profile_changes")
}

// CountSubscribers returns how many enterprises and residents there are.
func (s *Store) CountSubscribers(ctx context.Context) (enterprises, residents int, err error) {
	const q = `
		SELECT COALESCE(SUM(CASE WHEN kind = 'enterprise' THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN kind = 'resident' THEN 1 ELSE 0 END), 0) FROM subscribers`
	err = s.read.QueryRowContext(ctx, q).Scan(&enterprises, &residents)
	return enterprises, residents, err
}
