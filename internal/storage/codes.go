package storage

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
)

const (
	codePause    = 60 * time.Second // between two codes to one address
	codeMaxTries = 5
)

// blind returns the blind index of an address, whose spelling does not matter:
// letters of an e-mail address are compared in lower case, a phone number
// without spaces, hyphens and the country code of China.
func (s *Store) blind(kind domain.ChannelKind, address string) []byte {
	address = strings.TrimSpace(address)
	switch kind {
	case domain.Email:
		address = strings.ToLower(address)
	case domain.SMS:
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, address)
		if len(digits) > 11 {
			digits = strings.TrimPrefix(strings.TrimPrefix(digits, "00"), "86")
		}
		address = digits
	}
	return s.keys.BlindIndex(string(kind), address)
}

// SaveCode keeps the hash of the one-time code that is about to be sent to an
// address; an older code is void. Of one that was sent less than a minute ago and
// not used it fails: with Conflict if that can still be used, and with Invalid if
// it was tried too often, so that nothing can be entered until the minute is over.
func (s *Store) SaveCode(ctx context.Context, kind domain.ChannelKind, address string, codeHash []byte, now, expires time.Time) error {
	const q = `
		INSERT INTO codes (kind, blind, code_hash, sent_at, expires, tries, used_at) VALUES ($1, $2, $3, $4, $5, 0, 0)
		ON CONFLICT (kind, blind) DO UPDATE
		SET code_hash = excluded.code_hash, sent_at = excluded.sent_at, expires = excluded.expires, tries = 0, used_at = 0
		WHERE codes.sent_at <= $6 OR codes.used_at > 0` // whoever used it has the address
	n, err := changed(ctx, s.write, q, kind, s.blind(kind, address), codeHash, micros(now), micros(expires), micros(now.Add(-codePause)))
	if err != nil {
		return fmt.Errorf("save code: %w", err)
	}
	if n > 0 {
		return nil
	}
	var tries int
	err = s.read.QueryRowContext(ctx, `SELECT tries FROM codes WHERE kind = $1 AND blind = $2`, kind, s.blind(kind, address)).Scan(&tries)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("read code: %w", err)
	case tries >= codeMaxTries:
		return domain.Errorf(domain.Invalid, "验证码错误次数过多，请等1分钟再重新获取").In("验证码")
	default:
		return domain.Errorf(domain.Conflict, "验证码刚刚发送过，请1分钟后再试").In("验证码")
	}
}

// TryCode uses up a one-time code. It may be tried five times and used once;
// the error says what to do.
func (s *Store) TryCode(ctx context.Context, kind domain.ChannelKind, address string, codeHash []byte, now time.Time) error {
	const try = `
		UPDATE codes SET tries = tries + 1
		WHERE kind = $1 AND blind = $2 AND used_at = 0 AND expires > $3 AND tries < $4
		RETURNING code_hash, tries`
	blind := s.blind(kind, address)
	var want []byte
	var tries int
	err := s.write.QueryRowContext(ctx, try, kind, blind, micros(now), codeMaxTries).Scan(&want, &tries)
	if errors.Is(err, sql.ErrNoRows) {
		return s.whyNoCode(ctx, kind, blind, now)
	}
	if err != nil {
		return fmt.Errorf("try code: %w", err)
	}
	if subtle.ConstantTimeCompare(want, codeHash) != 1 {
		if tries >= codeMaxTries {
			return domain.Errorf(domain.Invalid, codeTries).In("验证码")
		}
		return domain.Errorf(domain.Invalid, "验证码不正确，请核对后再输入，还可以试%d次", codeMaxTries-tries).In("验证码")
	}
	const use = `UPDATE codes SET used_at = $3 WHERE kind = $1 AND blind = $2 AND used_at = 0 AND code_hash = $4`
	n, err := changed(ctx, s.write, use, kind, blind, micros(now), codeHash)
	if err != nil {
		return fmt.Errorf("use code: %w", err)
	}
	if n == 0 {
		return domain.Errorf(domain.Invalid, codeUsed).In("验证码")
	}
	return nil
}

func (s *Store) whyNoCode(ctx context.Context, kind domain.ChannelKind, blind []byte, now time.Time) error {
	var expires, used time.Time
	err := s.read.QueryRowContext(ctx, `SELECT expires, used_at FROM codes WHERE kind = $1 AND blind = $2`, kind, blind).
		Scan(timeInto(&expires), timeInto(&used))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return domain.Errorf(domain.Invalid, "请先获取验证码").In("验证码")
	case err != nil:
		return fmt.Errorf("read code: %w", err)
	case !used.IsZero():
		return domain.Errorf(domain.Invalid, codeUsed).In("验证码")
	case !expires.After(now):
		return domain.Errorf(domain.Invalid, "验证码已过期，请重新获取").In("验证码")
	default:
		return domain.Errorf(domain.Invalid, codeTries).In("验证码")
	}
}
