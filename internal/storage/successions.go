package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"policypush/internal/domain"
)

// Succession is what a policy did to an earlier one, with the names of both.
type Succession struct {
	domain.Succession
	Title    string // of the later policy
	OfTitle  string // of the earlier one
	OfNumber string
}

// Successions returns what a policy did to earlier ones, and what later ones
// did to it, the latest last.
func (s *Store) Successions(ctx context.Context, id domain.PolicyID) ([]Succession, error) {
	const q = `
		SELECT s.policy_id, s.of_id, s.ends, s.expires, s.before, p.title, o.title, o.doc_number
		FROM successions s JOIN policies p ON p.id = s.policy_id JOIN policies o ON o.id = s.of_id
		WHERE s.policy_id = $1 OR s.of_id = $1 ORDER BY s.policy_id, s.of_id`
	return list(ctx, s.read, func(row scanner, v *Succession) error {
		var ends int
		err := row.Scan(&v.Policy, &v.Of, &ends, &v.Expires, asJSON(&v.Before), &v.Title, &v.OfTitle, &v.OfNumber)
		v.Ends = ends == 1
		return err
	}, q, id)
}

// Earlier returns the published policies that the references of a policy may
// mean: those with one of the numbers or titles in any spelling of brackets, the
// titles also as a part of theirs.
// [domain.Policy.Succession] decides.
func (s *Store) Earlier(ctx context.Context, p *domain.Policy) ([]*domain.Policy, error) {
	var numbers, titles []string
	for _, refs := range [][]domain.Reference{p.Replaces, p.Amends} {
		for _, r := range refs {
			if r.DocNumber != "" {
				numbers = append(numbers, r.DocNumber)
			} else {
				titles = append(titles, r.Title)
			}
		}
	}
	var found []*domain.Policy
	for _, c := range []struct {
		column string
		names  []string
	}{{"doc_number", numbers}, {"title", titles}} {
		for _, name := range c.names {
			pattern := likeAnyBracket(name)
			if pattern == "" {
				continue
			}
			if c.column == "title" && domain.CodePoints(name) >= domain.ShortestName {
				pattern = "%" + pattern + "%"
			}
			got, err := list(ctx, s.read, func(row scanner, p *domain.Policy) error { return scanPolicy(row, p) },
				`SELECT id, `+policyColumns+` FROM policies WHERE status = 'published' AND id <> $1 AND `+c.column+` LIKE $2 ESCAPE '!' ORDER BY length(`+c.column+`), id LIMIT 20`, p.ID, pattern)
			if err != nil {
				return nil, fmt.Errorf("find earlier policies of %d: %w", p.ID, err)
			}
			for i := range got {
				found = append(found, &got[i])
			}
		}
	}
	return found, nil
}

// likeAnyBracket is a pattern for a name in which any character may stand for
// a bracket.
func likeAnyBracket(name string) string {
	pattern := strings.Map(func(r rune) rune {
		if strings.ContainsRune("[]［］【】〔〕()（）<>＜＞〈〉《》", r) {
			return '_'
		}
		return r
	}, strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(name))
	if strings.Trim(pattern, "_ 　") == "" {
		return ""
	}
	return pattern
}

// succeed does to an earlier policy what a later one says, and keeps how it
// was. A policy that is not public any more is left alone.
func succeed(ctx context.Context, tx *sql.Tx, s *domain.Succession) error {
	old, err := policyIn(ctx, tx, s.Of)
	if err != nil || old.Status != domain.Published {
		return err
	}
	const q = `INSERT INTO successions (policy_id, of_id, ends, expires, before) VALUES ($1, $2, $3, $4, $5)`
	ends := 0
	if s.Ends {
		ends = 1
	}
	if _, err := tx.ExecContext(ctx, q, s.Policy, s.Of, ends, s.Expires, asJSON(&s.Before)); err != nil {
		return fmt.Errorf("keep succession of policy %d: %w", s.Of, err)
	}
	s.Apply(old)
	return saveNext(ctx, tx, old)
}

// undoSuccessions gives the earlier policies back what a later one, which is
// withdrawn, had changed.
func undoSuccessions(ctx context.Context, tx *sql.Tx, id domain.PolicyID) error {
	const q = `SELECT of_id, ends, expires, before FROM successions WHERE policy_id = $1 ORDER BY of_id`
	done, err := list(ctx, tx, func(row scanner, s *domain.Succession) error {
		var ends int
		err := row.Scan(&s.Of, &ends, &s.Expires, asJSON(&s.Before))
		s.Ends = ends == 1
		return err
	}, q, id)
	if err != nil {
		return fmt.Errorf("read successions of policy %d: %w", id, err)
	}
	for i := range done {
		old, err := policyIn(ctx, tx, done[i].Of)
		if err != nil {
			return err
		}
		if old.Status != domain.Published {
			continue
		}
		done[i].Undo(old)
		if err := saveNext(ctx, tx, old); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM successions WHERE policy_id = $1`, id)
	return err
}

func policyIn(ctx context.Context, tx *sql.Tx, id domain.PolicyID) (*domain.Policy, error) {
	var p domain.Policy
	if err := scanPolicy(tx.QueryRowContext(ctx, `SELECT id, `+policyColumns+` FROM policies WHERE id = $1`, id), &p); err != nil {
		return nil, notFound(err, noPolicy)
	}
	return &p, nil
}

// saveNext writes the next version of a published policy.
func saveNext(ctx context.Context, tx *sql.Tx, p *domain.Policy) error {
	p.Version++
	return saveOver(ctx, tx, p, p.Version-1, domain.Published)
}
