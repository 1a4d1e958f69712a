package storage

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// AcquireLease takes or renews a lease, by one statement: it is had by nobody,
// by holder, or its time is over, or so far away that a clock was set back
// since. False means that somebody else has it.
func (s *Store) AcquireLease(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (bool, error) {
	const q = `
		INSERT INTO leases (name, holder, expires) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
		WHERE leases.holder = excluded.holder OR leases.expires <= $4 OR leases.expires > $5`
	n, err := changed(ctx, s.write, q, name, holder, micros(now.Add(ttl)), micros(now), micros(now.Add(ttl+Skew)))
	if err != nil {
		return false, fmt.Errorf("acquire lease %s: %w", name, err)
	}
	return n == 1, nil
}

// ReleaseLease gives a lease back, if holder has it.
func (s *Store) ReleaseLease(ctx context.Context, name, holder string) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM leases WHERE name = $1 AND holder = $2`, name, holder)
	return err
}

// Epoch returns the id that the queue must know. It is random, made once, and
// changes only by NewEpoch: a queue that does not know it has lost its memory.
func (s *Store) Epoch(ctx context.Context) (string, error) {
	const q = `INSERT INTO settings (name, value) VALUES ('epoch', $1) ON CONFLICT (name) DO NOTHING`
	var epoch string
	err := s.read.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = 'epoch'`).Scan(&epoch)
	if err == nil {
		return epoch, nil
	}
	if _, err := s.write.ExecContext(ctx, q, rand.Text()); err != nil {
		return "", fmt.Errorf("make epoch: %w", err)
	}
	err = s.write.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = 'epoch'`).Scan(&epoch)
	return epoch, err
}

// NewEpoch replaces the epoch and returns the new one.
func (s *Store) NewEpoch(ctx context.Context) (string, error) {
	const q = `
		INSERT INTO settings (name, value) VALUES ('epoch', $1)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING value`
	var epoch string
	if err := s.write.QueryRowContext(ctx, q, rand.Text()).Scan(&epoch); err != nil {
		return "", fmt.Errorf("new epoch: %w", err)
	}
	return epoch, nil
}
