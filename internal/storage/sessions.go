package storage

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// Session is somebody's visit, of an operator or a subscriber or of one who is
// about to subscribe. Only the hash of its token is kept.
type Session struct {
	TokenHash   []byte
	Operator    domain.OperatorID
	Subscriber  domain.SubscriberID
	SignedIn    domain.ContactID // of the subscriber: the address that the reader proved
	Contact     string           // the address verified while subscribing; sealed in the database
	ContactKind domain.ChannelKind
	Data        string // what was typed so far, JSON; sealed in the database
	Expires     time.Time
	CreatedAt   time.Time
}

// sessionContext binds a sealed column to its session.
func sessionContext(column string, tokenHash []byte) []byte {
	return []byte("sessions." + column + "/" + hex.EncodeToString(tokenHash))
}

// SaveSession inserts a session or replaces the one with its token.
func (s *Store) SaveSession(ctx context.Context, v Session) error {
	const q = `
		INSERT INTO sessions (token_hash, operator_id, subscriber_id, contact_id, contact_kind, contact, data, sealed_with, expires, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (token_hash) DO UPDATE
		SET operator_id = excluded.operator_id, subscriber_id = excluded.subscriber_id, contact_id = excluded.contact_id,
			contact_kind = excluded.contact_kind, contact = excluded.contact, data = excluded.data,
			sealed_with = excluded.sealed_with, expires = excluded.expires, created_at = excluded.created_at`
	_, err := s.write.ExecContext(ctx, q, v.TokenHash, v.Operator, v.Subscriber, v.SignedIn, v.ContactKind,
		s.keys.Seal([]byte(v.Contact), sessionContext("contact", v.TokenHash)),
		s.keys.Seal([]byte(v.Data), sessionContext("data", v.TokenHash)),
		s.keys.Current(), micros(v.Expires), micros(v.CreatedAt))
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}

// ClaimSession inserts a session unless there is one with its token that has not
// expired: then it is not ours.
func (s *Store) ClaimSession(ctx context.Context, v Session) (ours bool, err error) {
	const q = `
		INSERT INTO sessions (token_hash, operator_id, subscriber_id, contact_id, contact_kind, contact, data, sealed_with, expires, created_at)
		VALUES ($1, 0, 0, 0, '', $2, $3, $4, $5, $6)
		ON CONFLICT (token_hash) DO UPDATE
		SET data = excluded.data, sealed_with = excluded.sealed_with, expires = excluded.expires, created_at = excluded.created_at
		WHERE sessions.expires <= excluded.created_at`
	n, err := changed(ctx, s.write, q, v.TokenHash,
		s.keys.Seal([]byte(v.Contact), sessionContext("contact", v.TokenHash)), s.keys.Seal([]byte(v.Data), sessionContext("data", v.TokenHash)),
		s.keys.Current(), micros(v.Expires), micros(v.CreatedAt))
	if err != nil {
		return false, fmt.Errorf("claim session: %w", err)
	}
	return n > 0, nil
}

// Session returns the session of a token that has not expired, or NotFound.
func (s *Store) Session(ctx context.Context, tokenHash []byte, now time.Time) (Session, error) {
	const q = `
		SELECT operator_id, subscriber_id, contact_id, contact_kind, contact, data, expires, created_at
		FROM sessions WHERE token_hash = $1 AND expires > $2`
	v := Session{TokenHash: tokenHash}
	var contact, data []byte
	err := s.read.QueryRowContext(ctx, q, tokenHash, micros(now)).Scan(&v.Operator, &v.Subscriber, &v.SignedIn, &v.ContactKind,
		&contact, &data, timeInto(&v.Expires), timeInto(&v.CreatedAt))
	if err != nil {
		return Session{}, notFound(err, "登录已过期，请重新登录")
	}
	if contact, err = s.keys.Open(contact, sessionContext("contact", tokenHash)); err != nil {
		return Session{}, fmt.Errorf("session contact: %w", err)
	}
	if data, err = s.keys.Open(data, sessionContext("data", tokenHash)); err != nil {
		return Session{}, fmt.Errorf("session data: %w", err)
	}
	v.Contact, v.Data = string(contact), string(data)
	return v, nil
}

// DeleteSession ends a session. One that is not there has ended already.
func (s *Store) DeleteSession(ctx context.Context, tokenHash []byte) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = $1`, tokenHash)
	return err
}

// peopleKept is how long the history of who stood for whom is kept.
const peopleKept = 365 * 24 * time.Hour

// DeleteExpired removes the sessions, one-time codes and invitations whose time
// is over, and what is older than a year of who stood for whom.
func (s *Store) DeleteExpired(ctx context.Context, now time.Time) error {
	for _, table := range []string{"sessions", "codes", "joins"} {
		if _, err := s.write.ExecContext(ctx, `DELETE FROM `+table+` WHERE expires <= $1`, micros(now)); err != nil {
			return err
		}
	}
	_, err := s.write.ExecContext(ctx, `DELETE FROM people_changes WHERE at <= $1`, micros(now.Add(-peopleKept)))
	return err
}
