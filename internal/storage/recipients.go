package storage

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"policypush/internal/domain"
)

// dense is how much of a range of ids must be asked for, one in so many, for
// the range to be read as such instead of id by id.
const dense = 4

// consentGiven stands in for the time of a consent that was given.
var consentGiven = time.Unix(1, 0).UTC()

// Recipients returns those of the ids, which are in order, who are there, with
// what the planning of a push asks about them: subscription, contacts in the
// order of preference with why an address must not be used, and whether there
// is a consent, without its time. No address is opened: in place of each stands
// its blind index, which is the same where the address is the same. What two
// subscriptions have in common may be shared by them.
func (s *Store) Recipients(ctx context.Context, ids []domain.SubscriberID) ([]*domain.Subscriber, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	r := recipients{subscriptions: map[string]domain.Subscription{}, all: make([]*domain.Subscriber, 0, len(ids))}
	const head = `
		SELECT v.id, v.kind, v.subscription, v.consented, COALESCE(c.id, 0), COALESCE(c.position, 0), COALESCE(c.kind, ''), c.blind,
			COALESCE(c.frequency, ''), COALESCE(c.verified, FALSE), COALESCE(c.role, ''), COALESCE(c.shared, FALSE), COALESCE(x.reason, '')
		FROM subscribers v LEFT JOIN contacts c ON c.subscriber_id = v.id`
	const tail = `
			LEFT JOIN stop_list x ON x.blind = c.blind AND x.kind = c.kind
		WHERE `
	var err error
	first, last := ids[0], ids[len(ids)-1]
	if int(last-first) < dense*len(ids) {
		r.wanted = ids
		// The contacts are asked for by the same range: PostgreSQL would read all
		// of them for every range.
		q := head + ` AND c.subscriber_id BETWEEN $1 AND $2` + tail + `v.id BETWEEN $1 AND $2 ORDER BY v.id`
		err = each(ctx, s.read, r.scan, q, first, last)
	} else {
		err = chunks(ids, func(part []any) error {
			which, args, err := s.dialect.among("v.id", 1, part)
			if err != nil {
				return err
			}
			return each(ctx, s.read, r.scan, head+tail+which+` ORDER BY v.id`, args...)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read recipients: %w", err)
	}
	r.flush()
	return r.all, nil
}

// recipients gathers the rows of contacts, which come person by person.
type recipients struct {
	wanted        []domain.SubscriberID // nil: everybody
	all           []*domain.Subscriber
	subscriptions map[string]domain.Subscription // by their JSON: most people's are those of others
	contacts      []placed                       // of the last one
}

type placed struct {
	domain.Contact
	position int
}

func (r *recipients) scan(row scanner) error {
	var id domain.SubscriberID
	var kind domain.SubscriberKind
	var subscription string
	var consented bool
	var c placed
	var blind []byte
	if err := row.Scan(&id, &kind, &subscription, &consented, &c.ID, &c.position, &c.Kind, &blind, &c.When, &c.Verified, &c.Role, &c.Shared, &c.Suppressed); err != nil {
		return err
	}
	if r.wanted != nil {
		for len(r.wanted) > 0 && r.wanted[0] < id {
			r.wanted = r.wanted[1:]
		}
		if len(r.wanted) == 0 || r.wanted[0] != id {
			return nil
		}
	}
	if len(r.all) == 0 || r.all[len(r.all)-1].ID != id {
		r.flush()
		v := &domain.Subscriber{ID: id, Profile: domain.Profile{Kind: kind}}
		var known bool
		if v.Subscription, known = r.subscriptions[subscription]; !known {
			if err := json.Unmarshal([]byte(subscription), &v.Subscription); err != nil {
				return fmt.Errorf("subscription of %d: %w", id, err)
			}
			r.subscriptions[subscription] = v.Subscription
		}
		if consented {
			v.Consent.At = consentGiven
		}
		r.all = append(r.all, v)
	}
	if c.ID != 0 {
		c.Address = string(blind)
		r.contacts = append(r.contacts, c)
	}
	return nil
}

// flush gives the last one the contacts in the order of preference.
func (r *recipients) flush() {
	if len(r.contacts) == 0 {
		return
	}
	slices.SortStableFunc(r.contacts, func(a, b placed) int { return cmp.Compare(a.position, b.position) })
	v := r.all[len(r.all)-1]
	v.Contacts = make([]domain.Contact, len(r.contacts))
	for i, c := range r.contacts {
		v.Contacts[i] = c.Contact
	}
	r.contacts = r.contacts[:0]
}
