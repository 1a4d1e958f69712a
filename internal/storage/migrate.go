package storage

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"policypush/internal/domain"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the tables up to this release and returns how many steps it
// took. It goes forward only, in one transaction, and a second process that
// migrates at the same time waits and then finds nothing to do. A database
// that a newer release has migrated is refused with Conflict.
func (s *Store) Migrate(ctx context.Context) (applied int, err error) {
	files, err := fs.Glob(migrations, s.dialect.folder+"/*.sql")
	if err != nil {
		return 0, err
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		applied = 0
		done, err := s.lastMigration(ctx, tx)
		if err != nil {
			return err
		}
		newest := 0
		for _, file := range files { // Glob sorts them
			number, _, _ := strings.Cut(path.Base(file), "_")
			if newest, err = strconv.Atoi(number); err != nil {
				return fmt.Errorf("migration %s has no number: %w", file, err)
			}
			if newest <= done {
				continue
			}
			if err := migrateOne(ctx, tx, file, newest); err != nil {
				return err
			}
			if newest == deadlinesSince {
				if err := fillDeadlines(ctx, tx); err != nil {
					return err
				}
			}
			applied++
		}
		if done > newest {
			return domain.Errorf(domain.Conflict, "数据库已由更新的版本升级（%d），请使用新版程序", done)
		}
		return nil
	})
	return applied, err
}

func (s *Store) lastMigration(ctx context.Context, tx *sql.Tx) (int, error) {
	if s.dialect.migrating != "" {
		if _, err := tx.ExecContext(ctx, s.dialect.migrating); err != nil {
			return 0, fmt.Errorf("wait for another migration: %w", err)
		}
	}
	const create = `CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)`
	if _, err := tx.ExecContext(ctx, create); err != nil {
		return 0, fmt.Errorf("create schema_migrations: %w", err)
	}
	var done int
	err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM schema_migrations`).Scan(&done)
	return done, err
}

func migrateOne(ctx context.Context, tx *sql.Tx, file string, version int) error {
	text, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return fmt.Errorf("migration %s: %w", file, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO schema_migrations (version, applied_at) VALUES ($1, $2)`, version, micros(time.Now()))
	return err
}

// deadlinesSince is the migration from which a policy has its last days to apply
// in a column.
const deadlinesSince = 29

// fillDeadlines enters the last days to apply of the policies there are. Measures
// that are damaged have none; they are reported when the policy is opened.
func fillDeadlines(ctx context.Context, tx *sql.Tx) error {
	const q = `SELECT id, apply_deadline, measures FROM policies WHERE apply_deadline <> '' OR measures LIKE '%"deadline"%' ORDER BY id`
	policies, err := list(ctx, tx, func(r scanner, p *domain.Policy) error {
		var measures string
		err := r.Scan(&p.ID, &p.ApplyDeadline, &measures)
		if damaged := asJSON(&p.Measures).Scan(measures); damaged != nil {
			p.Measures = nil
		}
		return err
	}, q)
	if err != nil {
		return fmt.Errorf("read last days to apply: %w", err)
	}
	for i := range policies {
		days := policies[i].Deadlines()
		if _, err := tx.ExecContext(ctx, `UPDATE policies SET deadlines = $1 WHERE id = $2`, asJSON(&days), policies[i].ID); err != nil {
			return fmt.Errorf("enter last days to apply of policy %d: %w", policies[i].ID, err)
		}
	}
	return nil
}
