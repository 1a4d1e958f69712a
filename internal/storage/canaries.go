package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
)

// BeginCanary notes that a canary is being sent, and says how many of this push
// and channel had no answer before. One that is Pending is sent again, and one
// without an answer until there were tries of them, but not while the channel is
// held; one that is Sending since before lost, whose sender must have died, had
// none. False means that it is not to be sent now.
func (s *Store) BeginCanary(ctx context.Context, c domain.Canary, tries int, lost time.Time) (first bool, silent int, err error) {
	const q = `
		INSERT INTO canaries (push_id, channel, masked_to, state, gateway, gateway_ref, note, sent_at, ended_at)
		VALUES ($1, $2, $3, 'sending', '', '', '', $4, 0)
		ON CONFLICT (push_id, channel) DO UPDATE SET masked_to = excluded.masked_to, state = 'sending', gateway = '', gateway_ref = '',
			note = '', sent_at = excluded.sent_at, ended_at = 0, silent = canaries.silent + CASE canaries.state WHEN 'sending' THEN 1 ELSE 0 END
		WHERE (canaries.state = 'pending' OR canaries.silent < $5 AND (canaries.state = 'unknown' OR canaries.state = 'sending' AND canaries.sent_at <= $6))
			AND NOT EXISTS (SELECT 1 FROM channel_stops h WHERE h.channel = canaries.channel AND (h.until = 0 OR h.until > excluded.sent_at))
		RETURNING silent`
	err = s.write.QueryRowContext(ctx, q, c.Push, c.Channel, c.MaskedTo, micros(c.SentAt), tries, micros(lost)).Scan(&silent)
	if errors.Is(err, sql.ErrNoRows) {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, fmt.Errorf("begin canary of push %d: %w", c.Push, err)
	}
	return true, silent, nil
}

// EndCanary records what the gateway said, unless a receipt was first, and
// counts the message.
func (s *Store) EndCanary(ctx context.Context, c domain.Canary) error {
	const q = `
		UPDATE canaries SET gateway = $3, gateway_ref = $4, silent = $8,
			state = CASE WHEN state = 'sending' THEN $5 ELSE state END,
			note = CASE WHEN state = 'sending' THEN $6 ELSE note END,
			ended_at = CASE WHEN state = 'sending' THEN $7 ELSE ended_at END
		WHERE push_id = $1 AND channel = $2`
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, q, c.Push, c.Channel, c.Gateway, c.GatewayRef, string(c.State), c.Note, micros(c.EndedAt), c.Silent); err != nil {
			return err
		}
		if outcome := outcomeOf(c.State); outcome != "" && c.Gateway != "" {
			return s.writeHanded(ctx, tx, handedCount{{dayOf(c.EndedAt), c.Channel, c.Gateway, outcome}: max(1, c.Units)})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("end canary of push %d: %w", c.Push, err)
	}
	return nil
}

// SettleCanary records the receipt of a canary, which is named by its push or,
// if that is 0, by the gateway's number. Delivered and Failed are final. It
// fails with NotFound if there is none.
func (s *Store) SettleCanary(ctx context.Context, push domain.PushID, channel domain.ChannelKind, gatewayRef string, state domain.DeliveryState, note string, at time.Time) error {
	return settleCanary(ctx, s.write, push, channel, gatewayRef, state, note, at)
}

func settleCanary(ctx context.Context, q querier, push domain.PushID, channel domain.ChannelKind, gatewayRef string, state domain.DeliveryState, note string, at time.Time) error {
	const settle = `
		UPDATE canaries SET
			ended_at = CASE WHEN state IN ('delivered', 'failed') THEN ended_at ELSE $5 END,
			note = CASE WHEN state IN ('delivered', 'failed') THEN note ELSE $4 END,
			state = CASE WHEN state IN ('delivered', 'failed') THEN state ELSE $3 END
		WHERE channel = $2 AND (push_id = $1 OR CAST($1 AS BIGINT) = 0 AND gateway_ref <> '' AND gateway_ref = $6)`
	n, err := changed(ctx, q, settle, push, channel, string(state), note, micros(at), gatewayRef)
	if err == nil && n == 0 {
		return domain.Errorf(domain.NotFound, "没有与回执对应的验证消息")
	}
	return err
}

// canaryIn says that canary k of a push is in the batch of letters p.
const canaryIn = `k.channel = 'paper' AND k.push_id = p.push_id AND k.gateway_ref LIKE CAST(p.id AS TEXT) || '-0-%'`

// PutCanaryLetter tells whether the office's own letter of a push goes with a
// batch of letters that is drawn: it goes with the first, however often that is
// drawn, and with another if nothing of that is left to print.
func (s *Store) PutCanaryLetter(ctx context.Context, c domain.Canary, id domain.PrintID) (goes bool, err error) {
	const q = `
		INSERT INTO canaries (push_id, channel, masked_to, state, gateway, gateway_ref, note, sent_at, ended_at)
		VALUES ($1, 'paper', $2, 'sending', $3, $4, '', $5, 0)
		ON CONFLICT (push_id, channel) DO UPDATE SET masked_to = excluded.masked_to, gateway_ref = excluded.gateway_ref, sent_at = excluded.sent_at
		WHERE canaries.state = 'sending' AND (canaries.gateway_ref = excluded.gateway_ref OR NOT EXISTS (
			SELECT 1 FROM canaries k JOIN print_batches p ON ` + canaryIn + `
			WHERE k.push_id = excluded.push_id AND p.state IN ('open', 'wanted', 'ready')))`
	n, err := changed(ctx, s.write, q, c.Push, c.MaskedTo, printed, domain.SlipCode(id, domain.CanaryLetter), micros(c.SentAt))
	if err != nil {
		return false, fmt.Errorf("put canary of push %d into print %d: %w", c.Push, id, err)
	}
	return n > 0, nil
}

// canaryPrinted records that the office's own letter is printed, if the batch
// has it.
func (s *Store) canaryPrinted(ctx context.Context, tx *sql.Tx, id domain.PrintID, now time.Time) error {
	const q = `UPDATE canaries SET state = 'accepted', ended_at = $2 WHERE channel = 'paper' AND state = 'sending' AND gateway_ref = $1`
	n, err := changed(ctx, tx, q, domain.SlipCode(id, domain.CanaryLetter), micros(now))
	if err != nil || n == 0 {
		return err
	}
	return s.writeHanded(ctx, tx, handedCount{{dayOf(now), domain.Paper, printed, handedAccepted}: 1})
}

// settleCanarySlip records what the receipt slip of the office's own letter
// says, if the letter is in that state. It returns 0 if it is not.
func settleCanarySlip(ctx context.Context, q querier, id domain.PrintID, in domain.DeliveryState, r domain.SlipResult, now time.Time) (int, error) {
	const settle = `UPDATE canaries SET state = $3, note = $4, ended_at = $5 WHERE channel = 'paper' AND gateway_ref = $1 AND state = $2`
	note := strings.TrimPrefix(string(r.Reason), string(domain.ReasonUndelivered)+":")
	return changed(ctx, q, settle, domain.SlipCode(id, domain.CanaryLetter), string(in), string(r.State), note, micros(now))
}

// canarySlips returns the office's own letters in batches.
func (s *Store) canarySlips(ctx context.Context, q querier, ids ...domain.PrintID) (map[domain.PrintID]Slip, error) {
	slips := map[domain.PrintID]Slip{}
	err := chunks(ids, func(part []any) error {
		find := `
			SELECT p.id, k.masked_to, k.state, k.note, k.ended_at FROM print_batches p JOIN canaries k ON ` + canaryIn + `
			WHERE p.id IN (` + s.dialect.places(1, len(part)) + `)`
		return each(ctx, q, func(row scanner) error {
			var id domain.PrintID
			var note string
			slip := Slip{Number: domain.CanaryLetter}
			err := row.Scan(&id, &slip.Masked, &slip.State, &note, timeInto(&slip.EndedAt))
			if slip.State == domain.Failed {
				slip.Reason = domain.ReasonUndelivered + ":" + domain.Reason(note)
			}
			slips[id] = slip
			return err
		}, find, part...)
	})
	return slips, err
}

// Canaries returns the canaries of a push, in the order of their channels; of
// all pushes, the latest first, if it is 0.
func (s *Store) Canaries(ctx context.Context, push domain.PushID, limit int) ([]domain.Canary, error) {
	const q = `
		SELECT push_id, channel, masked_to, state, silent, gateway, gateway_ref, note, sent_at, ended_at FROM canaries
		WHERE CAST($1 AS BIGINT) = 0 OR push_id = $1 ORDER BY push_id DESC, channel LIMIT $2`
	return list(ctx, s.read, func(row scanner, c *domain.Canary) error {
		return row.Scan(&c.Push, &c.Channel, &c.MaskedTo, &c.State, &c.Silent, &c.Gateway, &c.GatewayRef, &c.Note, timeInto(&c.SentAt), timeInto(&c.EndedAt))
	}, q, push, limit)
}
