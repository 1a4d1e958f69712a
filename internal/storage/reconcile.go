package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// Statement is a day of one gateway: what we think it was handed, and what it
// says itself.
type Statement struct {
	Day      string // 2026-11-25, in the time of the readers
	Channel  domain.ChannelKind
	Gateway  string
	Accepted int // ours, as the gateway counts: messages, or their parts; also those without a delivery
	Failed   int
	InDoubt  int // handed over without an answer: the gateway may count them
	// Arrived and Lost are how many messages of the day have ended so by a
	// receipt, as of now: codes and canaries, of which no delivery waits for one,
	// are not among them. They are read only.
	Arrived, Lost int
	Theirs        int // what the gateway says it accepted; -1: it was not told
	// TheirsDelivered and TheirsFailed are -1 if the gateway does not say.
	TheirsDelivered, TheirsFailed int
	Note                          string // why it was not told, or what it counts
	CheckedAt                     time.Time
}

// Compared tells whether the gateway has said anything.
func (s Statement) Compared() bool { return s.Theirs >= 0 }

// Agrees tells whether the gateway's number can be ours: what is in doubt may
// be counted or not.
func (s Statement) Agrees() bool {
	return !s.Compared() || s.Accepted <= s.Theirs && s.Theirs <= s.Accepted+s.InDoubt
}

// HandedOn returns what we think the gateways of a channel were handed on a
// day, by gateway; the empty one holds messages of which no worker lived to
// say who had them.
func (s *Store) HandedOn(ctx context.Context, day string, channel domain.ChannelKind) (map[string]Statement, error) {
	ours := map[string]Statement{}
	err := each(ctx, s.read, func(row scanner) error {
		var gateway, outcome string
		var n int
		if err := row.Scan(&gateway, &outcome, &n); err != nil {
			return err
		}
		v := ours[gateway]
		v.Day, v.Channel, v.Gateway = day, channel, gateway
		switch outcome {
		case handedAccepted:
			v.Accepted = n
		case handedFailed:
			v.Failed = n
		case handedUnknown:
			v.InDoubt = n
		}
		ours[gateway] = v
		return nil
	}, `SELECT gateway, outcome, CAST(SUM(n) AS BIGINT) FROM gateway_counts
		WHERE day = $1 AND channel = $2 AND outcome IN ('accepted', 'failed', 'unknown') GROUP BY gateway, outcome`, day, channel)
	return ours, err
}

// SaveStatement keeps a statement; a later one of the same day replaces it, and
// that no gateway answered is replaced by what one says.
func (s *Store) SaveStatement(ctx context.Context, v Statement) error {
	const q = `
		INSERT INTO statements (day, channel, gateway, accepted, failed, in_doubt, theirs, theirs_delivered, theirs_failed, note, checked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (day, channel, gateway) DO UPDATE SET accepted = excluded.accepted, failed = excluded.failed,
			in_doubt = excluded.in_doubt, theirs = excluded.theirs, theirs_delivered = excluded.theirs_delivered,
			theirs_failed = excluded.theirs_failed, note = excluded.note, checked_at = excluded.checked_at`
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if v.Gateway != "" {
			if _, err := tx.ExecContext(ctx, `DELETE FROM statements WHERE day = $1 AND channel = $2 AND gateway = ''`, v.Day, v.Channel); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, q, v.Day, v.Channel, v.Gateway, v.Accepted, v.Failed, v.InDoubt,
			v.Theirs, v.TheirsDelivered, v.TheirsFailed, v.Note, micros(v.CheckedAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("save statement of %s: %w", v.Day, err)
	}
	return nil
}

// Statements returns the statements from a day on, the latest first.
func (s *Store) Statements(ctx context.Context, from string) ([]Statement, error) {
	const q = `
		SELECT v.day, v.channel, v.gateway, v.accepted, v.failed, v.in_doubt, v.theirs, v.theirs_delivered, v.theirs_failed, v.note, v.checked_at,
			CAST(COALESCE(SUM(CASE WHEN c.outcome = 'arrived' THEN c.n END), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN c.outcome = 'lost' THEN c.n END), 0) AS BIGINT)
		FROM statements v LEFT JOIN gateway_counts c ON c.day = v.day AND c.channel = v.channel AND c.gateway = v.gateway
		WHERE v.day >= $1
		GROUP BY v.day, v.channel, v.gateway, v.accepted, v.failed, v.in_doubt, v.theirs, v.theirs_delivered, v.theirs_failed, v.note, v.checked_at
		ORDER BY v.day DESC, v.channel, v.gateway`
	return list(ctx, s.read, func(row scanner, v *Statement) error {
		return row.Scan(&v.Day, &v.Channel, &v.Gateway, &v.Accepted, &v.Failed, &v.InDoubt,
			&v.Theirs, &v.TheirsDelivered, &v.TheirsFailed, &v.Note, timeInto(&v.CheckedAt), &v.Arrived, &v.Lost)
	}, q, from)
}
