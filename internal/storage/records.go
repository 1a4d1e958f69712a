package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
)

// AuditEntry says who did what to what. Detail holds no personal data.
type AuditEntry struct {
	ID       int64
	At       time.Time
	Operator domain.OperatorID // 0: the service itself
	Action   string            // publish, withdraw, sign-in …
	Object   string            // policy/12, operator/3 …
	Detail   string
}

// Audit appends an entry. Entries are never changed.
func (s *Store) Audit(ctx context.Context, e AuditEntry) error { return audit(ctx, s.write, e) }

func audit(ctx context.Context, tx querier, e AuditEntry) error {
	const q = `INSERT INTO audit_entries (at, operator_id, action, object, detail) VALUES ($1, $2, $3, $4, $5)`
	if _, err := tx.ExecContext(ctx, q, micros(e.At), e.Operator, e.Action, e.Object, e.Detail); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// AuditEntries returns the latest entries about an object (empty: about
// everything), newest first.
func (s *Store) AuditEntries(ctx context.Context, object string, limit int) ([]AuditEntry, error) {
	const q = `
		SELECT id, at, operator_id, action, object, detail FROM audit_entries
		WHERE $1 = '' OR object = $1 ORDER BY id DESC LIMIT $2`
	return list(ctx, s.read, scanAudit, q, object, limit)
}

// AuditFilter asks for a page of the entries. Zero values mean any.
type AuditFilter struct {
	Operator      domain.OperatorID
	Actions       []string
	Object        string    // policy/12: this one alone
	From, Before  time.Time // Before is not included
	Limit, Offset int
}

// FindAuditEntries returns a page of the entries, the newest first, and how many
// there are in all.
func (s *Store) FindAuditEntries(ctx context.Context, f AuditFilter) ([]AuditEntry, int, error) {
	all, args := []string{`1 = 1`}, []any{}
	if f.Operator != 0 {
		all = append(all, `operator_id = `+param(&args, f.Operator))
	}
	if len(f.Actions) > 0 {
		var in []string
		for _, action := range f.Actions {
			in = append(in, param(&args, action))
		}
		all = append(all, `action IN (`+strings.Join(in, ", ")+`)`)
	}
	if f.Object != "" {
		all = append(all, `object = `+param(&args, f.Object))
	}
	if !f.From.IsZero() {
		all = append(all, `at >= `+param(&args, micros(f.From)))
	}
	if !f.Before.IsZero() {
		all = append(all, `at < `+param(&args, micros(f.Before)))
	}
	from := ` FROM audit_entries WHERE ` + strings.Join(all, " AND ")
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*)`+from, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count audit entries: %w", err)
	}
	page := ` ORDER BY id DESC LIMIT ` + param(&args, f.Limit) + ` OFFSET ` + param(&args, f.Offset)
	found, err := list(ctx, s.read, scanAudit, `SELECT id, at, operator_id, action, object, detail`+from+page, args...)
	return found, total, err
}

func scanAudit(row scanner, e *AuditEntry) error {
	return row.Scan(&e.ID, timeInto(&e.At), &e.Operator, &e.Action, &e.Object, &e.Detail)
}

// OutboxEntry is a message that a channel set to log would have sent.
type OutboxEntry struct {
	ID       int64
	At       time.Time
	Delivery domain.DeliveryID // 0 for a verification code
	Channel  domain.ChannelKind
	MaskedTo string
	To       string // the address, of a verification code; only its blind index is kept
	Subject  string
	Body     string
}

// SaveOutbox appends an entry, but none of a delivery to somebody who was erased.
func (s *Store) SaveOutbox(ctx context.Context, e OutboxEntry) error {
	q := `INSERT INTO outbox (at, delivery_id, channel, masked_to, subject, body, blind) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	if e.Delivery != 0 {
		q = `INSERT INTO outbox (at, delivery_id, channel, masked_to, subject, body, blind)
			SELECT $1, deliveries.id, $3, $4, $5, $6, $7 FROM deliveries WHERE id = $2 AND NOT ` + ofNobody + s.dialect.forShare
	}
	if _, err := s.write.ExecContext(ctx, q, micros(e.At), e.Delivery, e.Channel, e.MaskedTo, e.Subject, e.Body, s.blindOrNone(e.Channel, e.To)); err != nil {
		return fmt.Errorf("save outbox: %w", err)
	}
	return nil
}

// OutboxFilter asks for a page of the outbox. Zero values mean any.
type OutboxFilter struct {
	Channel       domain.ChannelKind
	Query         string    // in the masked address, the subject or the text
	From, Before  time.Time // Before is not included
	Limit, Offset int
}

// FindOutbox returns a page of the entries, the newest first, and how many there
// are in all.
func (s *Store) FindOutbox(ctx context.Context, f OutboxFilter) ([]OutboxEntry, int, error) {
	all, args := []string{`1 = 1`}, []any{}
	if f.Channel != "" {
		all = append(all, `channel = `+param(&args, f.Channel))
	}
	if f.Query != "" {
		like := param(&args, `%`+likeLiteral(f.Query)+`%`) + ` ESCAPE '!'`
		all = append(all, `(masked_to LIKE `+like+` OR subject LIKE `+like+` OR body LIKE `+like+`)`)
	}
	if !f.From.IsZero() {
		all = append(all, `at >= `+param(&args, micros(f.From)))
	}
	if !f.Before.IsZero() {
		all = append(all, `at < `+param(&args, micros(f.Before)))
	}
	from := ` FROM outbox WHERE ` + strings.Join(all, " AND ")
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*)`+from, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count the outbox: %w", err)
	}
	page := ` ORDER BY id DESC LIMIT ` + param(&args, f.Limit) + ` OFFSET ` + param(&args, f.Offset)
	found, err := list(ctx, s.read, func(row scanner, e *OutboxEntry) error {
		return row.Scan(&e.ID, timeInto(&e.At), &e.Delivery, &e.Channel, &e.MaskedTo, &e.Subject, &e.Body)
	}, `SELECT id, at, delivery_id, channel, masked_to, subject, body`+from+page, args...)
	return found, total, err
}

// Reply is an answer by SMS that is not a stop word, for the officer to read.
type Reply struct {
	ID            int64
	Channel       domain.ChannelKind
	AddressMasked string
	Address       string // only its blind index is kept
	Text          string
	At            time.Time
}

// SaveReply appends a reply.
func (s *Store) SaveReply(ctx context.Context, r Reply) error {
	const q = `INSERT INTO replies (channel, address_masked, text, at, blind) VALUES ($1, $2, $3, $4, $5)`
	if _, err := s.write.ExecContext(ctx, q, r.Channel, r.AddressMasked, r.Text, micros(r.At), s.blindOrNone(r.Channel, r.Address)); err != nil {
		return fmt.Errorf("save reply: %w", err)
	}
	return nil
}

// Replies returns the latest replies, newest first.
func (s *Store) Replies(ctx context.Context, limit int) ([]Reply, error) {
	const q = `SELECT id, channel, address_masked, text, at FROM replies ORDER BY id DESC LIMIT $1`
	return list(ctx, s.read, func(row scanner, r *Reply) error {
		return row.Scan(&r.ID, &r.Channel, &r.AddressMasked, &r.Text, timeInto(&r.At))
	}, q, limit)
}

// blindOrNone is the blind index of an address, or nothing for none.
func (s *Store) blindOrNone(kind domain.ChannelKind, address string) []byte {
	if address == "" {
		return []byte{}
	}
	return s.blind(kind, address)
}
