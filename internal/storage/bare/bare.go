// Package bare does what storage does without anything around it, for
// benchmarks to compare with: it inserts rows of deliveries as fast as the
// database takes them.
package bare

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"policypush/internal/domain"
)

const columns = `id, push_id, subscriber_id, contact_id, channel, batch_id, state, reason, verdict, attempts, next_at, claimed_at, sent_at, ended_at, gateway_ref`

const table = `CREATE TABLE bare_deliveries (
	id BIGINT PRIMARY KEY, push_id BIGINT NOT NULL, subscriber_id BIGINT NOT NULL, contact_id BIGINT NOT NULL, channel TEXT NOT NULL,
	batch_id BIGINT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, verdict TEXT NOT NULL, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL,
	claimed_at BIGINT NOT NULL, sent_at BIGINT NOT NULL, ended_at BIGINT NOT NULL, gateway_ref TEXT NOT NULL)`

// inserted is how many rows one transaction inserts.
const inserted = 4000

// Insert inserts n rows of deliveries into a table of its own, which has no
// index but its key, and returns how long that took. The table is gone
// afterwards.
func Insert(ctx context.Context, url string, n int) (time.Duration, error) {
	var took time.Duration
	var err error
	if path, lite := strings.CutPrefix(url, "sqlite:"); lite {
		took, err = insertLite(ctx, path, n)
	} else {
		took, err = insertPostgres(ctx, url, n)
	}
	if err != nil {
		return 0, fmt.Errorf("insert bare rows: %w", err)
	}
	return took, nil
}

func row(i int) []any {
	id, _ := domain.NewDeliveryID(1, domain.SubscriberID(i), domain.SMS) // in its bounds
	return []any{
		int64(id), int64(1), int64(i), int64(i), "sms", int64(i / domain.MaxBatch), "pending", "", "likely", int64(0),
		int64(1_700_000_000_000_000), int64(0), int64(0), int64(0), "",
	}
}

// insertPostgres copies, which is PostgreSQL's own fastest way.
func insertPostgres(ctx context.Context, url string, n int) (took time.Duration, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, table); err != nil {
		return 0, err
	}
	started := time.Now()
	for from := 0; from < n; from += inserted {
		rows := pgx.CopyFromSlice(min(inserted, n-from), func(i int) ([]any, error) { return row(from + i), nil })
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{"bare_deliveries"}, strings.Split(columns, ", "), rows); err != nil {
			return 0, err
		}
	}
	took = time.Since(started)
	_, err = conn.Exec(ctx, `DROP TABLE bare_deliveries`)
	return took, err
}

// insertLite runs one compiled statement of a few rows over and over, which is
// as fast as SQLite gets.
func insertLite(ctx context.Context, path string, n int) (took time.Duration, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, strings.Replace(table, "BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY", 1)); err != nil {
		return 0, err
	}
	const few = 20
	one := "(" + strings.Repeat("?,", strings.Count(columns, ",")) + "?)"
	q := `INSERT INTO bare_deliveries (` + columns + `) VALUES ` + strings.Repeat(one+",", few-1) + one
	started := time.Now()
	for from := 0; from < n; from += inserted {
		if err := transact(ctx, db, q, from, min(inserted, n-from), few); err != nil {
			return 0, err
		}
	}
	took = time.Since(started)
	_, err = db.ExecContext(ctx, `DROP TABLE bare_deliveries`)
	return took, err
}

// transact inserts rows, a few at a time; of a last part of too few the rest is
// left out.
func transact(ctx context.Context, db *sql.DB, q string, from, n, few int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	stmt, err := tx.PrepareContext(ctx, q)
	if err != nil {
		return err
	}
	for done := 0; done+few <= n; done += few {
		var args []any
		for i := range few {
			args = append(args, row(from+done+i)...)
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return errors.Join(stmt.Close(), tx.Commit())
}
