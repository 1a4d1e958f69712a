package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// Standings returns for whom the person at an address stands, enterprises
// first, in id order.
func (s *Store) Standings(ctx context.Context, kind domain.ChannelKind, address string) ([]domain.Standing, error) {
	const q = `
		SELECT v.id, v.kind, v.name, c.id, c.role FROM contacts c JOIN subscribers v ON v.id = c.subscriber_id
		WHERE c.blind = $1 AND c.kind = $2 ORDER BY v.kind, v.id`
	return list(ctx, s.read, func(row scanner, v *domain.Standing) error {
		return row.Scan(&v.Subscriber, &v.Kind, &v.Name, &v.Contact, &v.Role)
	}, q, s.blind(kind, address), kind)
}

const joinColumns = `j.id, j.subscriber_id, COALESCE(v.name, ''), j.uscc, j.by_contact, j.by_masked, j.kind, j.masked, j.role, j.expires
	FROM joins j LEFT JOIN subscribers v ON v.id = j.subscriber_id`

func scanJoin(row scanner, j *domain.Join) error {
	return row.Scan(&j.ID, &j.Subscriber, &j.Name, &j.USCC, &j.By, &j.ByMasked, &j.Kind, &j.Masked, &j.Role, timeInto(&j.Expires))
}

// JoinsOf returns the open invitations to an address and its applications.
func (s *Store) JoinsOf(ctx context.Context, kind domain.ChannelKind, address string, now time.Time) ([]domain.Join, error) {
	const q = `SELECT ` + joinColumns + ` WHERE j.blind = $1 AND j.kind = $2 AND j.expires > $3 ORDER BY j.id`
	return list(ctx, s.read, scanJoin, q, s.blind(kind, address), kind, micros(now))
}

// JoinsInto returns the open invitations of an enterprise and the applications
// to it.
func (s *Store) JoinsInto(ctx context.Context, v *domain.Subscriber, now time.Time) ([]domain.Join, error) {
	const q = `SELECT ` + joinColumns + `
		WHERE j.expires > $3 AND (j.subscriber_id = $1 AND j.uscc = '' OR j.subscriber_id = 0 AND j.uscc = $2 AND j.uscc <> '') ORDER BY j.id`
	return list(ctx, s.read, scanJoin, q, v.ID, v.USCC, micros(now))
}

// SaveJoin keeps an invitation or an application of an address; one that is
// open already is renewed. It fails with Conflict if too many are open.
func (s *Store) SaveJoin(ctx context.Context, j domain.Join, address string, now time.Time) error {
	blind := s.blind(j.Kind, address)
	return s.inTx(ctx, func(tx *sql.Tx) error {
		open, most, text := `SELECT COUNT(*) FROM joins WHERE subscriber_id = $1 AND blind <> $2 AND expires > $3`, domain.MaxInvitations, "还有%d份邀请没有答复，请先撤回不用的"
		args := []any{j.Subscriber, blind, micros(now)}
		if j.Application() {
			open, most, text = `SELECT COUNT(*) FROM joins WHERE subscriber_id = 0 AND uscc <> $1 AND blind = $2 AND expires > $3`, domain.MaxApplications, "还有%d份申请没有答复，请先撤回不用的"
			args[0] = j.USCC
		}
		var n int
		if err := tx.QueryRowContext(ctx, open, args...).Scan(&n); err != nil {
			return fmt.Errorf("count invitations: %w", err)
		}
		if n >= most {
			return domain.Errorf(domain.Conflict, text, n)
		}
		const q = `
			INSERT INTO joins (subscriber_id, uscc, by_contact, by_masked, kind, blind, masked, role, expires)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (subscriber_id, uscc, kind, blind) DO UPDATE
			SET by_contact = excluded.by_contact, by_masked = excluded.by_masked, role = excluded.role, expires = excluded.expires`
		if _, err := tx.ExecContext(ctx, q, j.Subscriber, j.USCC, j.By, j.ByMasked, j.Kind, blind, j.Masked, j.Role, micros(j.Expires)); err != nil {
			return fmt.Errorf("save invitation: %w", err)
		}
		if j.Application() {
			return nil
		}
		change := domain.PeopleChange{Subscriber: j.Subscriber, At: now, Event: domain.PersonInvited, Role: j.Role, By: j.ByMasked, About: j.Masked}
		return s.notePeople(ctx, tx, change, j.Kind, blind)
	})
}

// CloseJoin ends an invitation or an application without anybody joining. An
// event of a subscriber becomes part of its history. It fails with Conflict if
// it has ended.
func (s *Store) CloseJoin(ctx context.Context, id domain.JoinID, change domain.PeopleChange) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		kind, blind, err := takeJoin(ctx, tx, id)
		if err != nil || change.Subscriber == 0 {
			return err
		}
		return s.notePeople(ctx, tx, change, kind, blind)
	})
}

// takeJoin removes an invitation that is about to be answered.
func takeJoin(ctx context.Context, tx querier, id domain.JoinID) (kind domain.ChannelKind, blind []byte, err error) {
	err = tx.QueryRowContext(ctx, `DELETE FROM joins WHERE id = $1 RETURNING kind, blind`, id).Scan(&kind, &blind)
	if domain.KindOf(notFound(err, "")) == domain.NotFound {
		return kind, blind, domain.Errorf(domain.Conflict, "这份邀请或申请已经处理过了，请刷新页面")
	}
	return kind, blind, err
}

// Applicant returns the address of whoever applied, or NotFound if it is gone.
func (s *Store) Applicant(ctx context.Context, id domain.JoinID) (domain.Contact, error) {
	const q = `
		SELECT c.subscriber_id, c.kind, c.address FROM joins j JOIN contacts c ON c.id = j.by_contact AND c.blind = j.blind AND c.kind = j.kind
		WHERE j.id = $1 AND j.subscriber_id = 0`
	var c domain.Contact
	var owner domain.SubscriberID
	var sealed []byte
	if err := s.read.QueryRowContext(ctx, q, id).Scan(&owner, &c.Kind, &sealed); err != nil {
		return c, notFound(err, "申请人已不用这个号码，申请作废")
	}
	var err error
	c.Address, err = s.openAddress(sealed, c.Kind, owner)
	return c, err
}

// PeopleEdit is a change of who stands for a subscriber.
type PeopleEdit struct {
	domain.PeopleChange
	Whom    domain.Contact // whose standing it is
	Answers domain.JoinID  // the invitation or application, or 0
}

// ChangePeople reads a subscriber, lets change say who stands for it from now
// on, and writes it with a line of its history; meanwhile nobody else writes
// subscribers. Change may be called more than once, each time anew.
func (s *Store) ChangePeople(ctx context.Context, id domain.SubscriberID, change func(*domain.Subscriber) (PeopleEdit, error)) (*domain.Subscriber, error) {
	v := &domain.Subscriber{}
	var edit PeopleEdit
	first := func(tx *sql.Tx) error {
		found, err := s.subscribersIn(ctx, tx, []domain.SubscriberID{id})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return domain.Errorf(domain.NotFound, noSubscriber)
		}
		*v = *found[0]
		edit, err = change(v)
		return err
	}
	then := func(tx *sql.Tx, _ []subscriberRow) error {
		if edit.Answers != 0 {
			if _, _, err := takeJoin(ctx, tx, edit.Answers); err != nil {
				return err
			}
		}
		edit.Subscriber = id
		if edit.About == "" {
			edit.About = edit.Whom.Masked()
		}
		return s.notePeople(ctx, tx, edit.PeopleChange, edit.Whom.Kind, s.blind(edit.Whom.Kind, edit.Whom.Address))
	}
	if err := s.saveSubscribers(ctx, []*domain.Subscriber{v}, first, then); err != nil {
		return nil, err
	}
	return v, nil
}

// notePeople appends to the history of a subscriber, and to the audit without
// anybody's address.
func (s *Store) notePeople(ctx context.Context, tx querier, c domain.PeopleChange, kind domain.ChannelKind, blind []byte) error {
	const q = `
		INSERT INTO people_changes (subscriber_id, at, event, role, by_masked, about_masked, about_kind, about_blind)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	if _, err := tx.ExecContext(ctx, q, c.Subscriber, micros(c.At), c.Event, c.Role, c.By, c.About, kind, blind); err != nil {
		return fmt.Errorf("note who stands for subscriber %d: %w", c.Subscriber, err)
	}
	return audit(ctx, tx, AuditEntry{At: c.At, Action: "person-" + string(c.Event), Object: fmt.Sprintf("subscriber/%d", c.Subscriber), Detail: string(c.Role)})
}

const peopleColumns = `p.subscriber_id, v.name, p.at, p.event, p.role, p.by_masked, p.about_masked
	FROM people_changes p JOIN subscribers v ON v.id = p.subscriber_id`

func scanPeople(row scanner, c *domain.PeopleChange) error {
	return row.Scan(&c.Subscriber, &c.Name, timeInto(&c.At), &c.Event, &c.Role, &c.By, &c.About)
}

// PeopleChanges returns the latest history of who stands for a subscriber,
// newest first.
func (s *Store) PeopleChanges(ctx context.Context, id domain.SubscriberID, limit int) ([]domain.PeopleChange, error) {
	const q = `SELECT ` + peopleColumns + ` WHERE p.subscriber_id = $1 ORDER BY p.id DESC LIMIT $2`
	return list(ctx, s.read, scanPeople, q, id, limit)
}

// Departures returns for whom the person at an address stands no longer, and
// since when, newest first.
func (s *Store) Departures(ctx context.Context, kind domain.ChannelKind, address string, limit int) ([]domain.PeopleChange, error) {
	const q = `SELECT ` + peopleColumns + `
		WHERE p.about_blind = $1 AND p.about_kind = $2 AND p.event IN ('removed', 'left') AND NOT EXISTS (
			SELECT 1 FROM contacts c WHERE c.subscriber_id = p.subscriber_id AND c.blind = p.about_blind AND c.kind = p.about_kind)
		ORDER BY p.id DESC LIMIT $3`
	return list(ctx, s.read, scanPeople, q, s.blind(kind, address), kind, limit)
}
