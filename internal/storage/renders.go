package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"policypush/internal/domain"
)

// Render is a page that is drawn as a file, or is to be.
type Render struct {
	Key   string
	Form  domain.PageForm
	State RenderState
	Page  []byte // while it is wanted
	File  []byte // once it is made
}

// RenderState is how far a file is.
type RenderState string

// The states. None is the one of a file that nobody has wanted yet.
const (
	RenderNone   RenderState = ""
	RenderWanted RenderState = "wanted"
	RenderMade   RenderState = "made"
	RenderFailed RenderState = "failed"
)

// renderTries is how often a page is drawn in vain before it has failed.
const renderTries = 3

// RenderKey is the key of a page as a file: another page is another file.
func RenderKey(form domain.PageForm, page []byte) string {
	sum := sha256.Sum256(page)
	return string(form) + "-" + hex.EncodeToString(sum[:16])
}

// WantRender asks for a page as a file. It does nothing if the file is there or
// on its way; one that failed is tried anew.
func (s *Store) WantRender(ctx context.Context, form domain.PageForm, page []byte, now time.Time) error {
	const q = `
		INSERT INTO renders (key, form, state, page, used_at) VALUES ($1, $2, 'wanted', $3, $4)
		ON CONFLICT (key) DO UPDATE SET state = 'wanted', tries = 0, page = excluded.page, used_at = excluded.used_at
		WHERE renders.state = 'failed'`
	if _, err := s.write.ExecContext(ctx, q, RenderKey(form, page), form, page, micros(now)); err != nil {
		return fmt.Errorf("want render: %w", err)
	}
	return nil
}

// RenderState returns how far the file of a key is.
func (s *Store) RenderState(ctx context.Context, key string) (RenderState, error) {
	state := RenderNone
	err := s.read.QueryRowContext(ctx, `SELECT state FROM renders WHERE key = $1`, key).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return state, err
}

// Render returns a file or what is to become one, and fails with NotFound if
// nobody asked for it.
func (s *Store) Render(ctx context.Context, key string) (Render, error) {
	r := Render{Key: key}
	const q = `SELECT form, state, page, file FROM renders WHERE key = $1`
	err := s.read.QueryRowContext(ctx, q, key).Scan(&r.Form, &r.State, &r.Page, &r.File)
	return r, notFound(err, "没有这个文件")
}

// OwedRenders returns the keys of pages that are to be drawn, oldest first.
func (s *Store) OwedRenders(ctx context.Context, limit int) ([]string, error) {
	return list(ctx, s.read, one[string], `SELECT key FROM renders WHERE state = 'wanted' ORDER BY used_at, key LIMIT $1`, limit)
}

// FinishRender keeps the file of a page that was wanted.
func (s *Store) FinishRender(ctx context.Context, key string, file []byte, now time.Time) error {
	const q = `UPDATE renders SET state = 'made', page = NULL, file = $2, used_at = $3 WHERE key = $1 AND state = 'wanted'`
	if _, err := s.write.ExecContext(ctx, q, key, file, micros(now)); err != nil {
		return fmt.Errorf("finish render: %w", err)
	}
	return nil
}

// FailRender counts a try in vain; after the third the page has failed until
// somebody asks again.
func (s *Store) FailRender(ctx context.Context, key string) error {
	const q = `
		UPDATE renders SET tries = tries + 1, state = CASE WHEN tries + 1 >= $2 THEN 'failed' ELSE state END
		WHERE key = $1 AND state = 'wanted'`
	if _, err := s.write.ExecContext(ctx, q, key, renderTries); err != nil {
		return fmt.Errorf("fail render: %w", err)
	}
	return nil
}

// UseRender notes that somebody wanted a file, so that it is kept.
func (s *Store) UseRender(ctx context.Context, key string, now time.Time) error {
	_, err := s.write.ExecContext(ctx, `UPDATE renders SET used_at = $2 WHERE key = $1 AND used_at < $3`, key, micros(now), micros(now.Add(-24*time.Hour)))
	return err
}

// ForgetRenders removes what nobody has wanted since a time.
func (s *Store) ForgetRenders(ctx context.Context, before time.Time) error {
	_, err := s.write.ExecContext(ctx, `DELETE FROM renders WHERE used_at < $1`, micros(before))
	return err
}

// NoteRenderer notes that a worker that can draw pages is there.
func (s *Store) NoteRenderer(ctx context.Context, now time.Time) error {
	const q = `INSERT INTO settings (name, value) VALUES ('renderer', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	_, err := s.write.ExecContext(ctx, q, strconv.FormatInt(micros(now), 10))
	return err
}

// rendererFor is how long a worker that drew pages counts as being there.
const rendererFor = 3 * time.Minute

// CanRender tells whether some worker can draw pages.
func (s *Store) CanRender(ctx context.Context, now time.Time) (bool, error) {
	var seen string
	err := s.read.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = 'renderer'`).Scan(&seen)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	at, err := strconv.ParseInt(seen, 10, 64)
	return err == nil && micros(now.Add(-rendererFor)) < at, err
}
