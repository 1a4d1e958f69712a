package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	random "math/rand/v2"
	"slices"
	"strconv"
	"time"

	"policypush/internal/domain"
)

// ProfileRow is what the audience index knows of a subscriber: no name, no
// address, but over which channels they are reached.
type ProfileRow struct {
	ID           domain.SubscriberID
	Profile      domain.Profile
	Subscription domain.Subscription
}

// ProfileChange says that a subscriber was written or deleted. Row is how the
// subscriber stands now, which may be newer than the change; Deleted is also
// set for older changes of somebody who is gone.
type ProfileChange struct {
	Seq     int64
	Mark    int64 // drawn at random when it was written
	ID      domain.SubscriberID
	Deleted bool
	Row     ProfileRow
}

// SaveSubscriber inserts a subscriber or updates the one with its ID or, where
// the ID is 0, its ExternalID, and sets ID, ExternalID, Version, CreatedAt and
// the contacts' IDs. A contact whose address stays keeps its ID. The
// suppression of an address is not written: see StopAddress. It fails with
// Conflict if the subscriber was written since it was read: who was removed
// meanwhile does not come back.
func (s *Store) SaveSubscriber(ctx context.Context, v *domain.Subscriber) error {
	return s.SaveSubscribers(ctx, []*domain.Subscriber{v})
}

// SaveSubscribers does as SaveSubscriber with many, in one transaction.
func (s *Store) SaveSubscribers(ctx context.Context, all []*domain.Subscriber) error {
	nothing := func(*sql.Tx, []subscriberRow) error { return nil }
	return s.saveSubscribers(ctx, all, nil, nothing)
}

// saveSubscribers saves, and does more in the same transaction: first (may be
// nil), once nobody else writes subscribers, and then.
func (s *Store) saveSubscribers(ctx context.Context, all []*domain.Subscriber, first func(*sql.Tx) error, then func(*sql.Tx, []subscriberRow) error) error {
	if len(all) == 0 {
		return nil
	}
	var saved []subscriberRow
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		saved = saved[:0]
		seq, err := nextNumbers(ctx, tx, "profile_changes", len(all)) // from here on nobody else writes subscribers
		if err != nil {
			return err
		}
		audience, err := lastAudience(ctx, tx)
		if err != nil {
			return err
		}
		if first != nil {
			if err := first(tx); err != nil {
				return err
			}
		}
		for rest := all; len(rest) > 0; {
			n := distinct(rest)
			rows, err := s.saveChunk(ctx, tx, rest[:n], seq+int64(len(saved)), audience)
			if err != nil {
				return err
			}
			saved, rest = append(saved, rows...), rest[n:]
		}
		if err := s.logChanges(ctx, tx, seq, len(saved), func(i int) domain.SubscriberID { return saved[i].id }); err != nil {
			return err
		}
		return then(tx, saved)
	})
	if err != nil {
		return err
	}
	for i, row := range saved {
		v := all[i]
		v.ID, v.ExternalID, v.Version, v.CreatedAt = row.id, row.externalID, row.version, row.createdAt
		for j := range v.Contacts {
			v.Contacts[j].ID = row.contacts[j].id
		}
	}
	return nil
}

// logChanges logs n changes from a number on.
func (s *Store) logChanges(ctx context.Context, tx *sql.Tx, seq int64, n int, id func(i int) domain.SubscriberID) error {
	mark := random.Int64()
	return s.dialect.insertRows(ctx, tx, `INSERT INTO profile_changes (seq, subscriber_id, deleted, mark)`, "", n, func(i int) []any {
		return []any{seq + int64(i), id(i), false, mark}
	})
}

// nextNumbers takes n numbers of a counter and returns the first. The counter
// is locked until the transaction ends.
func nextNumbers(ctx context.Context, tx *sql.Tx, counter string, n int) (int64, error) {
	var last int64
	err := tx.QueryRowContext(ctx, `UPDATE counters SET value = value + $2 WHERE name = $1 RETURNING value`, counter, n).Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("take numbers of %s: %w", counter, err)
	}
	return last - int64(n) + 1, nil
}

// distinct returns how many of the first subscribers are different persons: a
// statement cannot write a row twice.
func distinct(all []*domain.Subscriber) int {
	ids, names := map[domain.SubscriberID]bool{}, map[string]bool{}
	for i, v := range all {
		if i == batchSizes[0] || v.ID != 0 && ids[v.ID] || v.ExternalID != "" && names[v.ExternalID] {
			return i
		}
		ids[v.ID], names[v.ExternalID] = true, true
	}
	return len(all)
}

// subscriberRow is how a subscriber is about to stand in the database.
type subscriberRow struct {
	id           domain.SubscriberID
	externalID   string
	version      int64
	createdAt    time.Time
	since        int64  // see keepVersion
	profile      string // JSON, as it stands until now
	subscription string
	contacts     []contactRow // as Subscriber.Contacts; a repeated address has the ID of the first
}

type contactRow struct {
	id    domain.ContactID
	kind  domain.ChannelKind
	blind string
}

// saveChunk writes up to 500 different subscribers, whose changes are numbered
// from seq.
func (s *Store) saveChunk(ctx context.Context, tx *sql.Tx, all []*domain.Subscriber, seq, audience int64) ([]subscriberRow, error) {
	rows, err := s.rowsOf(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	if err := s.keepVersions(ctx, tx, all, rows, seq, audience); err != nil {
		return nil, err
	}
	const head = `INSERT INTO subscribers
		(id, external_id, kind, name, uscc, profile, subscription, consent, paused, consented, fallback, version, created_at, demo, since)`
	const tail = ` ON CONFLICT (id) DO UPDATE
		SET external_id = excluded.external_id, kind = excluded.kind, name = excluded.name, uscc = excluded.uscc,
			profile = excluded.profile, subscription = excluded.subscription, consent = excluded.consent,
			paused = excluded.paused, consented = excluded.consented, fallback = excluded.fallback, version = excluded.version, demo = excluded.demo,
			since = excluded.since`
	err = s.dialect.insertRows(ctx, tx, head, tail, len(all), func(i int) []any {
		v, row := all[i], rows[i]
		return []any{
			row.id, row.externalID, v.Profile.Kind, v.Name, v.USCC, asJSON(&v.Profile), asJSON(&v.Subscription), asJSON(&v.Consent),
			v.Subscription.Paused, !v.Consent.At.IsZero(), v.Subscription.Fallback, row.version, micros(row.createdAt), v.Demo, row.since,
		}
	})
	if isTaken(err) {
		return nil, domain.Errorf(domain.Conflict, "编号已被另一个订阅者使用，请核对编号").In("id")
	}
	if err != nil {
		return nil, fmt.Errorf("write subscribers: %w", err)
	}
	return rows, s.saveContacts(ctx, tx, all, rows)
}

// rowsOf finds out who is there already and gives ids to the others.
func (s *Store) rowsOf(ctx context.Context, tx *sql.Tx, all []*domain.Subscriber) ([]subscriberRow, error) {
	var ids []domain.SubscriberID
	var names []string
	for _, v := range all {
		if v.ID != 0 {
			ids = append(ids, v.ID)
		} else if v.ExternalID != "" {
			names = append(names, v.ExternalID)
		}
	}
	byID, byName := map[domain.SubscriberID]subscriberRow{}, map[string]subscriberRow{}
	remember := func(row scanner) error {
		var r subscriberRow
		if err := row.Scan(&r.id, &r.externalID, &r.version, timeInto(&r.createdAt), &r.since, &r.profile, &r.subscription); err != nil {
			return err
		}
		byID[r.id], byName[r.externalID] = r, r
		return nil
	}
	const find = `SELECT id, external_id, version, created_at, since, profile, subscription FROM subscribers WHERE `
	err := chunks(ids, func(part []any) error {
		return each(ctx, tx, remember, find+`id IN (`+s.dialect.places(1, len(part))+`)`, part...)
	})
	if err != nil {
		return nil, fmt.Errorf("find subscribers: %w", err)
	}
	err = chunks(names, func(part []any) error {
		return each(ctx, tx, remember, find+`external_id IN (`+s.dialect.places(1, len(part))+`)`, part...)
	})
	if err != nil {
		return nil, fmt.Errorf("find subscribers: %w", err)
	}

	rows, added := make([]subscriberRow, len(all)), 0
	for i, v := range all {
		r, there := byID[v.ID]
		if v.ID == 0 {
			r, there = byName[v.ExternalID]
		}
		switch {
		case there && v.Version != 0 && v.Version != r.version:
			return nil, domain.Errorf(domain.Conflict, "这份订阅刚刚在别处改过，请刷新页面再改")
		case there:
			r.version++
			if v.ExternalID != "" {
				r.externalID = v.ExternalID
			}
		case v.ID != 0:
			return nil, domain.Errorf(domain.NotFound, "没有编号为%d的订阅者，可能已注销", v.ID)
		default:
			r = subscriberRow{externalID: v.ExternalID, version: 1, createdAt: v.CreatedAt}
			if r.externalID == "" {
				r.externalID = "self-" + rand.Text()
			}
			if r.createdAt.IsZero() {
				r.createdAt = time.Now().UTC().Truncate(time.Microsecond)
			}
			added++
		}
		rows[i] = r
	}
	next, err := nextNumbers(ctx, tx, "subscribers", added)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].id == 0 {
			rows[i].id = domain.SubscriberID(next)
			next++
		}
	}
	return rows, nil
}

// contactContext binds a sealed address to its owner.
func contactContext(kind domain.ChannelKind, owner domain.SubscriberID) []byte {
	return []byte("contacts.address/" + string(kind) + "/" + strconv.FormatInt(int64(owner), 10))
}

// contactBlind returns the blind index of a contact as a string. An inbox has
// no address: its owner stands for it, so that nobody shares it.
func (s *Store) contactBlind(c domain.Contact, owner domain.SubscriberID) string {
	if c.Address == "" {
		return string(s.keys.BlindIndex(string(c.Kind), "owner "+strconv.FormatInt(int64(owner), 10)))
	}
	return string(s.blind(c.Kind, c.Address))
}

// saveContacts makes the contacts of the subscribers those in all and fills
// the rows' contacts in.
func (s *Store) saveContacts(ctx context.Context, tx *sql.Tx, all []*domain.Subscriber, rows []subscriberRow) error {
	there, err := s.contactsOf(ctx, tx, rows)
	if err != nil {
		return fmt.Errorf("find contacts: %w", err)
	}
	type write struct {
		contactRow
		owner    domain.SubscriberID
		position int
		contact  domain.Contact
	}
	var writes []write
	added := 0
	for i, v := range all {
		owner := rows[i].id
		old := there[owner]
		rows[i].contacts = make([]contactRow, len(v.Contacts))
		for j, c := range v.Contacts {
			row := contactRow{kind: c.Kind, blind: s.contactBlind(c, owner)}
			rows[i].contacts[j] = row
			if slices.Contains(rows[i].contacts[:j], row) {
				continue // the same address twice
			}
			if k := slices.IndexFunc(old, func(o contactRow) bool { return o.kind == row.kind && o.blind == row.blind }); k >= 0 {
				row.id = old[k].id
				old = slices.Delete(old, k, k+1)
			} else {
				added++
			}
			writes = append(writes, write{contactRow: row, owner: owner, position: j, contact: c})
		}
		there[owner] = old
	}
	if err := s.deleteContacts(ctx, tx, there); err != nil {
		return err
	}
	next, err := nextNumbers(ctx, tx, "contacts", added)
	if err != nil {
		return err
	}
	ids := map[domain.SubscriberID]map[contactRow]domain.ContactID{}
	for i := range writes {
		w := &writes[i]
		if w.id == 0 {
			w.id = domain.ContactID(next)
			next++
		}
		if ids[w.owner] == nil {
			ids[w.owner] = map[contactRow]domain.ContactID{}
		}
		ids[w.owner][contactRow{kind: w.kind, blind: w.blind}] = w.id
	}
	for i := range rows {
		for j, c := range rows[i].contacts {
			rows[i].contacts[j].id = ids[rows[i].id][c]
		}
	}
	const head = `INSERT INTO contacts (id, subscriber_id, position, kind, address, sealed_with, blind, frequency, verified, role, person)`
	const tail = ` ON CONFLICT (id) DO UPDATE
		SET position = excluded.position, address = excluded.address, sealed_with = excluded.sealed_with,
			frequency = excluded.frequency, verified = excluded.verified, role = excluded.role,
			person = CASE WHEN excluded.person = 0 THEN contacts.person ELSE excluded.person END`
	err = s.dialect.insertRows(ctx, tx, head, tail, len(writes), func(i int) []any {
		w := writes[i]
		sealed := s.keys.Seal([]byte(w.contact.Address), contactContext(w.kind, w.owner))
		return []any{w.id, w.owner, w.position, w.kind, sealed, s.keys.Current(), []byte(w.blind), w.contact.When, w.contact.Verified, w.contact.Role, w.contact.Person}
	})
	if err != nil {
		return fmt.Errorf("write contacts: %w", err)
	}
	var blinds [][]byte
	for _, w := range writes {
		if int64(w.id) >= next-int64(added) { // new
			blinds = append(blinds, []byte(w.blind))
		}
	}
	return s.markShared(ctx, tx, blinds)
}

// markShared marks the contacts of new addresses that somebody else has too.
// The mark stays when they go: it says where to look, not what is found.
func (s *Store) markShared(ctx context.Context, tx *sql.Tx, blinds [][]byte) error {
	err := chunks(blinds, func(part []any) error {
		q := `
			UPDATE contacts SET shared = TRUE
			WHERE NOT shared AND blind IN (` + s.dialect.places(1, len(part)) + `) AND EXISTS (
				SELECT 1 FROM contacts o WHERE o.blind = contacts.blind AND o.kind = contacts.kind AND o.subscriber_id <> contacts.subscriber_id)`
		_, err := tx.ExecContext(ctx, q, part...)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark shared addresses: %w", err)
	}
	return nil
}

// contactsOf returns the contacts that those who were there before have.
func (s *Store) contactsOf(ctx context.Context, tx *sql.Tx, rows []subscriberRow) (map[domain.SubscriberID][]contactRow, error) {
	var ids []domain.SubscriberID
	for _, r := range rows {
		if r.version > 1 {
			ids = append(ids, r.id)
		}
	}
	there := map[domain.SubscriberID][]contactRow{}
	err := chunks(ids, func(part []any) error {
		return each(ctx, tx, func(row scanner) error {
			var owner domain.SubscriberID
			var c contactRow
			var blind []byte
			if err := row.Scan(&c.id, &owner, &c.kind, &blind); err != nil {
				return err
			}
			c.blind = string(blind)
			there[owner] = append(there[owner], c)
			return nil
		}, `SELECT id, subscriber_id, kind, blind FROM contacts WHERE subscriber_id IN (`+s.dialect.places(1, len(part))+`)`, part...)
	})
	return there, err
}

func (s *Store) deleteContacts(ctx context.Context, tx *sql.Tx, gone map[domain.SubscriberID][]contactRow) error {
	var ids []domain.ContactID
	for _, contacts := range gone {
		for _, c := range contacts {
			ids = append(ids, c.id)
		}
	}
	return chunks(ids, func(part []any) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM contacts WHERE id IN (`+s.dialect.places(1, len(part))+`)`, part...)
		return err
	})
}
