package storage

import (
	"cmp"
	"context"
	"database/sql"
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
	// In two statements, each along its key: joined, the database looks every
	// person's contacts up by themselves.
	const persons = `SELECT v.id, v.kind, v.subscription, v.consented FROM subscribers v WHERE `
	const contacts = `
		SELECT c.subscriber_id, c.id, c.position, c.kind, c.blind, c.frequency, c.verified, c.role, c.person, c.shared, COALESCE(x.reason, '')
		FROM contacts c LEFT JOIN stop_list x ON x.blind = c.blind AND x.kind = c.kind WHERE `
	read := func(which func(column string) (condition string, args []any, err error)) error {
		r.next = len(r.all)
		condition, args, err := which("v.id")
		if err != nil {
			return err
		}
		if err := each(ctx, s.read, r.person, persons+condition+` ORDER BY v.id`, args...); err != nil {
			return err
		}
		if condition, args, err = which("c.subscriber_id"); err != nil {
			return err
		}
		err = each(ctx, s.read, r.contact, contacts+condition+` ORDER BY c.subscriber_id`, args...)
		r.flush()
		return err
	}
	var err error
	first, last := ids[0], ids[len(ids)-1]
	if int(last-first) < dense*len(ids) {
		r.wanted = ids
		err = read(func(column string) (string, []any, error) {
			return column + ` BETWEEN $1 AND $2`, []any{first, last}, nil
		})
	} else {
		err = chunks(ids, func(part []any) error {
			return read(func(column string) (string, []any, error) { return s.dialect.among(column, 1, part) })
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read recipients: %w", err)
	}
	return r.all, nil
}

// recipients gathers persons, and then their contacts, both in the order of ids.
type recipients struct {
	wanted        []domain.SubscriberID // nil: everybody
	all           []*domain.Subscriber
	subscriptions map[string]domain.Subscription // by their JSON: most people's are those of others
	next          int                            // of all: whose contacts come
	contacts      []placed                       // of them
}

type placed struct {
	domain.Contact
	position int
}

func (r *recipients) person(row scanner) error {
	v := &domain.Subscriber{}
	var subscription sql.RawBytes
	var consented bool
	if err := row.Scan(&v.ID, &v.Profile.Kind, &subscription, &consented); err != nil {
		return err
	}
	if r.wanted != nil {
		for len(r.wanted) > 0 && r.wanted[0] < v.ID {
			r.wanted = r.wanted[1:]
		}
		if len(r.wanted) == 0 || r.wanted[0] != v.ID {
			return nil
		}
	}
	var known bool
	if v.Subscription, known = r.subscriptions[string(subscription)]; !known {
		if err := json.Unmarshal(subscription, &v.Subscription); err != nil {
			return fmt.Errorf("subscription of %d: %w", v.ID, err)
		}
		r.subscriptions[string(subscription)] = v.Subscription
	}
	if consented {
		v.Consent.At = consentGiven
	}
	r.all = append(r.all, v)
	return nil
}

func (r *recipients) contact(row scanner) error {
	var id domain.SubscriberID
	var c placed
	var blind sql.RawBytes
	if err := row.Scan(&id, &c.ID, &c.position, &c.Kind, &blind, &c.When, &c.Verified, &c.Role, &c.Person, &c.Shared, &c.Suppressed); err != nil {
		return err
	}
	if r.next < len(r.all) && r.all[r.next].ID < id {
		r.flush()
		for r.next < len(r.all) && r.all[r.next].ID < id {
			r.next++
		}
	}
	if r.next < len(r.all) && r.all[r.next].ID == id {
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
	v := r.all[r.next]
	v.Contacts = make([]domain.Contact, len(r.contacts))
	for i, c := range r.contacts {
		v.Contacts[i] = c.Contact
	}
	r.contacts = r.contacts[:0]
}
