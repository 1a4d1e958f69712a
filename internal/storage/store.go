// Package storage keeps the record of the service: what was published, who
// subscribed, what is owed to whom and what became of it. Redis only carries;
// everything that must survive stands here.
//
// One SQL text serves SQLite (the default, one file) and PostgreSQL. Both take
// $1; where they differ, [dialect] holds the difference. SQLite has one
// connection that writes, whose transactions take the write lock when they
// begin, and several that read. With synchronous=NORMAL a killed process loses
// nothing; a power cut may lose the last transactions but breaks no file.
//
// Races are settled by the statement or by a row lock, never by a read before:
// a push row is locked while its deliveries are planned or called back, and
// the counter of profile changes while subscribers are written, which makes the
// numbers of the change log free of gaps and its order that of the commits.
//
// On PostgreSQL deliveries and their history stand in parts of a month, which
// are made ahead of need and dropped whole when their time is over; SQLite
// deletes rows in bounded steps.
//
// Addresses are sealed (package seal) and found by blind index. They never
// stand in an error, and in no other table than contacts, sessions and
// print_batches.
//
// Errors are of the kinds of package domain where a caller can act on them:
// NotFound, Conflict and Invalid, with a Chinese text for people.
package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"policypush/internal/domain"
	"policypush/internal/seal"
)

// Store is the open database. It is safe for concurrent use.
type Store struct {
	read    *sql.DB
	write   *sql.DB // the same pool on PostgreSQL, one connection on SQLite
	dialect dialect
	keys    *seal.Keyring
	parts   sync.Map               // of deliveries that are there, see partFor
	numbers atomic.Pointer[oldest] // see numbered
}

// Several tells whether several processes may serve the database.
func (s *Store) Several() bool { return s.dialect.name == onPostgres.name }

// dialect is everything in which the databases differ for this package. The
// clauses lock rows on PostgreSQL and are empty on SQLite, whose writers wait
// for one another anyway.
type dialect struct {
	name       string
	folder     string // of its migrations
	named      bool   // many $n parameters are as fast as ?
	arrays     bool   // a parameter may be an array, and rows made of several
	migrating  string // statement that keeps a second migration out
	forUpdate  string
	forShare   string
	skipLocked string // lock the rows of d that nobody holds
	// holdAddress is the condition that nobody else gathers a digest for the
	// address of contact c: from then on until the commit this transaction does.
	// Otherwise two claims would each take their own part, pass over the other's
	// as locked, and send a digest each. It never waits. Addresses share 1,024
	// locks, so that PostgreSQL's table of locks has room for any number of claims.
	holdAddress string
	shards      int    // of a counter that many write at a time
	holdCounts  string // statement that keeps writers of counters out
	parts       bool   // deliveries stand in parts
	deadlines   string // the last days to apply of policy p as rows with a value
	// How JSON and the times in it are asked: %s is an expression.
	json     string // text as JSON
	elements string // a JSON list of texts as rows with a value
	moment   string // a time of a JSON text in microseconds
}

var (
	onSQLite = dialect{
		name: "sqlite", folder: "migrations/sqlite", shards: 1, deadlines: `json_each(p.deadlines)`,
		json: `%s`, elements: `json_each(%s) AS each`, moment: `CAST(unixepoch(%s) AS INTEGER) * 1000000`,
	}
	onPostgres = dialect{
		name: "postgres", folder: "migrations/postgres", named: true, arrays: true,
		migrating: `SELECT pg_advisory_xact_lock(7091120013)`,
		forUpdate: " FOR UPDATE", forShare: " FOR SHARE", skipLocked: " FOR UPDATE OF d SKIP LOCKED",
		holdAddress: `pg_try_advisory_xact_lock(7091120100000 + (get_byte(c.blind, 0) * 256 + get_byte(c.blind, 1)) % 1024)`,
		shards:      8, holdCounts: `LOCK TABLE push_counts IN EXCLUSIVE MODE`, parts: true,
		deadlines: `json_array_elements_text(p.deadlines::json) AS each(value)`,
		json:      `CAST(%s AS JSON)`, elements: `json_array_elements_text(CAST(%s AS JSON)) AS each(value)`,
		moment: `CAST(EXTRACT(EPOCH FROM CAST(%s AS TIMESTAMPTZ)) * 1000000 AS BIGINT)`,
	}
)

// Open opens "sqlite:/path/file.db" or "postgres://…". It does not migrate.
// The folder of an SQLite file must be there.
func Open(ctx context.Context, url string, keys *seal.Keyring) (*Store, error) {
	s := &Store{keys: keys}
	var err error
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		s.dialect = onSQLite
		err = s.openSQLite(strings.TrimPrefix(url, "sqlite:"))
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		s.dialect = onPostgres
		err = s.openPostgres(url)
	default:
		return nil, domain.Errorf(domain.Invalid, "数据库地址要以 sqlite: 或 postgres:// 开头，例如 sqlite:data/policypush.db")
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) openSQLite(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	at := (&url.URL{Scheme: "file", Path: path}).String()
	const common = "?_pragma=busy_timeout(15000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=temp_store(MEMORY)"
	s.write = openLite(at + common + "&_pragma=cache_size(-32000)&_txlock=immediate")
	s.write.SetMaxOpenConns(1)
	s.read = openLite(at + common + "&_pragma=cache_size(-8000)&_pragma=query_only(1)")
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	return nil
}

// rowByRow tells PostgreSQL how we ask: for few rows, by key. While a table
// grows its statistics lag behind, and with the costs of a disk that turns it
// would read the whole of it for fifty rows.
const rowByRow = `SET random_page_cost = 1.1; SET jit = off`

func (s *Store) openPostgres(url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, rowByRow)
		return err
	}))
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(16)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s.read, s.write = db, db
	return nil
}

// Close ends every connection.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// Ping asks whether the database answers, to reading and to writing.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.write.PingContext(ctx); err != nil {
		return fmt.Errorf("database does not answer: %w", err)
	}
	if err := s.read.PingContext(ctx); err != nil {
		return fmt.Errorf("database does not answer: %w", err)
	}
	return nil
}

// Dialect returns "sqlite" or "postgres".
func (s *Store) Dialect() string { return s.dialect.name }

// maxTries bounds how often a transaction is begun anew after PostgreSQL chose
// it as the victim of a deadlock.
const maxTries = 5

// inTx runs do in one transaction. Do may run more than once and must keep
// what it tells its caller in variables that it sets anew.
func (s *Store) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	return s.inTxOn(ctx, func(_ *sql.Conn, tx *sql.Tx) error { return do(tx) })
}

// inTxOn is inTx for what asks its connection for more than SQL.
func (s *Store) inTxOn(ctx context.Context, do func(conn *sql.Conn, tx *sql.Tx) error) error {
	for try := 1; ; try++ {
		err := s.once(ctx, do)
		if try < maxTries && isDeadlock(err) {
			continue
		}
		return err
	}
}

func (s *Store) once(ctx context.Context, do func(conn *sql.Conn, tx *sql.Tx) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = conn.Close() }() // back to the pool
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // where it panics too: closing the connection would wait for the transaction
	if err := do(conn, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}

func isDeadlock(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40P01" || pg.Code == "40001")
}

// IsAway tells whether an error means that PostgreSQL cannot be reached, has
// broken off, or is only just starting or ending: it may answer soon.
func IsAway(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pg.Code, "57P0") // admin or crash shutdown, cannot connect now
	}
	if _, is := errors.AsType[*pgconn.ConnectError](err); is {
		return true
	}
	_, cut := errors.AsType[*net.OpError](err)
	return cut || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err)
}

// isTaken tells whether a statement failed because a unique value is there
// already.
func isTaken(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
