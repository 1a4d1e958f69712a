package storage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"policypush/internal/domain"
)

func sortByID(all []*domain.Subscriber) {
	slices.SortFunc(all, func(a, b *domain.Subscriber) int { return int(a.ID - b.ID) })
}

// StopAddress keeps an address from being used, whoever has it or will have
// it, from the next send on. Reason is stopped or a bounce; what the person
// said outweighs what a gateway said. It is idempotent.
func (s *Store) StopAddress(ctx context.Context, kind domain.ChannelKind, address string, reason domain.Reason, now time.Time) error {
	const q = `
		INSERT INTO stop_list (kind, blind, reason, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (blind, kind) DO UPDATE SET reason = excluded.reason, at = excluded.at
		WHERE excluded.reason = 'stopped' AND stop_list.reason <> 'stopped'`
	blind := s.blind(kind, address)
	const owners = `SELECT DISTINCT subscriber_id FROM contacts WHERE kind = $1 AND blind = $2`
	_, err := s.changeStopList(ctx, owners, []any{kind, blind}, q, kind, blind, reason, micros(now))
	if err != nil {
		return fmt.Errorf("stop address: %w", err)
	}
	return nil
}

// changeStopList runs a statement on the stop-list, and where it changes
// something logs a change of everybody whose addresses it is about: the ways
// to reach them are other ones. It returns how many entries changed.
func (s *Store) changeStopList(ctx context.Context, owners string, of []any, statement string, args ...any) (n int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := nextNumbers(ctx, tx, "profile_changes", 0); err != nil { // locked first, as by all who log changes
			return err
		}
		if n, err = changed(ctx, tx, statement, args...); err != nil || n == 0 {
			return err
		}
		ids, err := list(ctx, tx, one[domain.SubscriberID], owners, of...)
		if err != nil {
			return err
		}
		seq, err := nextNumbers(ctx, tx, "profile_changes", len(ids))
		if err != nil {
			return err
		}
		return s.logChanges(ctx, tx, seq, len(ids), func(i int) domain.SubscriberID { return ids[i] })
	})
	return n, err
}

// RemoveAddress deletes an address that has ended for good, such as the
// subscription of a browser, from everybody who had it. It does nothing if
// nobody has.
func (s *Store) RemoveAddress(ctx context.Context, kind domain.ChannelKind, address string) error {
	blind := s.blind(kind, address)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := nextNumbers(ctx, tx, "profile_changes", 0); err != nil { // locked first, as by all who log changes
			return err
		}
		ids, err := list(ctx, tx, one[domain.SubscriberID], `SELECT DISTINCT subscriber_id FROM contacts WHERE kind = $1 AND blind = $2`, kind, blind)
		if err != nil || len(ids) == 0 {
			return err
		}
		if _, err := changed(ctx, tx, `DELETE FROM contacts WHERE kind = $1 AND blind = $2`, kind, blind); err != nil {
			return err
		}
		seq, err := nextNumbers(ctx, tx, "profile_changes", len(ids))
		if err != nil {
			return err
		}
		return s.logChanges(ctx, tx, seq, len(ids), func(i int) domain.SubscriberID { return ids[i] })
	})
	if err != nil {
		return fmt.Errorf("remove address: %w", err)
	}
	return nil
}

// AllowAddress takes an address off the stop-list. Only the person may ask for
// it, by verifying the address again.
func (s *Store) AllowAddress(ctx context.Context, kind domain.ChannelKind, address string) error {
	blind := s.blind(kind, address)
	const owners = `SELECT DISTINCT subscriber_id FROM contacts WHERE kind = $1 AND blind = $2`
	_, err := s.changeStopList(ctx, owners, []any{kind, blind}, `DELETE FROM stop_list WHERE blind = $1 AND kind = $2`, blind, kind)
	if err != nil {
		return fmt.Errorf("allow address: %w", err)
	}
	return nil
}

// StopContact does as StopAddress with the address of a contact. It fails with
// NotFound if the contact is gone.
func (s *Store) StopContact(ctx context.Context, id domain.ContactID, reason domain.Reason, now time.Time) error {
	const q = `
		INSERT INTO stop_list (kind, blind, reason, at)
		SELECT kind, blind, $2, $3 FROM contacts WHERE id = $1
		ON CONFLICT (blind, kind) DO UPDATE
		SET reason = CASE WHEN excluded.reason = 'stopped' THEN excluded.reason ELSE stop_list.reason END,
			at = CASE WHEN excluded.reason = 'stopped' THEN excluded.at ELSE stop_list.at END`
	const owners = `
		SELECT DISTINCT o.subscriber_id FROM contacts c JOIN contacts o ON o.blind = c.blind AND o.kind = c.kind WHERE c.id = $1`
	n, err := s.changeStopList(ctx, owners, []any{id}, q, id, reason, micros(now))
	if err != nil {
		return fmt.Errorf("stop contact %d: %w", id, err)
	}
	if n == 0 {
		return domain.Errorf(domain.NotFound, "没有这个联系方式，可能已删除")
	}
	return nil
}

// RotateKeys seals anew, with the current key, what older keys sealed, in
// transactions of up to batch rows, and calls progress, which may be nil, with
// how many are done. The service runs on meanwhile: every process opens both
// keys, and a row that changes under way is left as it is.
func (s *Store) RotateKeys(ctx context.Context, batch int, progress func(done int)) error {
	if progress == nil {
		progress = func(int) {}
	}
	done := 0
	for _, rotated := range []struct {
		what  string
		batch func(context.Context, int) (int, error)
	}{
		{"contacts", s.rotateContacts}, {"sessions", s.rotateSessions}, {"mail of operators", s.rotateMail}, {"files of letters", s.rotatePrints},
	} {
		for {
			n, err := rotated.batch(ctx, batch)
			if err != nil {
				return fmt.Errorf("rotate %s: %w", rotated.what, err)
			}
			if n == 0 {
				break
			}
			done += n
			progress(done)
		}
	}
	return nil
}

func (s *Store) rotateContacts(ctx context.Context, batch int) (n int, err error) {
	type old struct {
		id      domain.ContactID
		owner   domain.SubscriberID
		kind    domain.ChannelKind
		address []byte
	}
	find := `SELECT id, subscriber_id, kind, address FROM contacts WHERE sealed_with <> $1 LIMIT $2` + s.dialect.forUpdate
	const update = `UPDATE contacts SET address = $2, sealed_with = $3 WHERE id = $1`
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := list(ctx, tx, func(row scanner, o *old) error { return row.Scan(&o.id, &o.owner, &o.kind, &o.address) },
			find, s.keys.Current(), batch)
		if err != nil {
			return err
		}
		for _, o := range rows {
			plain, err := s.keys.Open(o.address, contactContext(o.kind, o.owner))
			if err != nil {
				return fmt.Errorf("contact %d: %w", o.id, err)
			}
			sealed := s.keys.Seal(plain, contactContext(o.kind, o.owner))
			if _, err := tx.ExecContext(ctx, update, o.id, sealed, s.keys.Current()); err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	return n, err
}

func (s *Store) rotateSessions(ctx context.Context, batch int) (n int, err error) {
	type old struct{ token, contact, data []byte }
	find := `SELECT token_hash, contact, data FROM sessions WHERE sealed_with <> $1 LIMIT $2` + s.dialect.forUpdate
	const update = `UPDATE sessions SET contact = $2, data = $3, sealed_with = $4 WHERE token_hash = $1`
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := list(ctx, tx, func(row scanner, o *old) error { return row.Scan(&o.token, &o.contact, &o.data) },
			find, s.keys.Current(), batch)
		if err != nil {
			return err
		}
		for _, o := range rows {
			contact, err := s.keys.Open(o.contact, sessionContext("contact", o.token))
			if err != nil {
				return err
			}
			data, err := s.keys.Open(o.data, sessionContext("data", o.token))
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, update, o.token, s.keys.Seal(contact, sessionContext("contact", o.token)),
				s.keys.Seal(data, sessionContext("data", o.token)), s.keys.Current())
			if err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	return n, err
}
