package storage_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/internal/storage/pgtest"
	"policypush/internal/storage/storagetest"
)

func sqliteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "exam.db") }

func TestSQLite(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) string { return sqliteURL(t) }, func(t *testing.T) string { return storagetest.SQLite(t) })
}

func TestPostgres(t *testing.T) {
	cluster := pgtest.Start(t)
	tables := cluster.Database(t)
	migrate(t, tables)
	storagetest.Run(t, func(t *testing.T) string { return cluster.Database(t) }, func(t *testing.T) string { return cluster.Copy(t, tables) })
	t.Run("the tables have the columns of SQLite's", func(t *testing.T) {
		lite, post := columns(t, sqliteURL(t)), columns(t, cluster.Database(t))
		if !slices.Equal(lite, post) {
			t.Fatalf("SQLite has\n%s\nPostgreSQL has\n%s", strings.Join(lite, "\n"), strings.Join(post, "\n"))
		}
		if len(lite) < 100 {
			t.Fatalf("only the columns %v", lite)
		}
	})
}

// migrate makes the tables of a database.
func migrate(t *testing.T, url string) {
	t.Helper()
	s, err := storage.Open(t.Context(), url, storagetest.Keys(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// columns migrates a database and returns table.column of everything in it.
func columns(t *testing.T, url string) []string {
	t.Helper()
	migrate(t, url)
	driver, source, q := "pgx", url, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)`
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source = "sqlite", path
		q = `SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'`
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			t.Fatal(err)
		}
		all = append(all, column)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	for name, url := range map[string]string{
		"another scheme":         "mysql://localhost/x",
		"no scheme":              "data.db",
		"a folder that is not":   "sqlite:" + filepath.Join(t.TempDir(), "none", "x.db"),
		"a server that is not":   "postgres://postgres@127.0.0.1:1/x?connect_timeout=1",
		"an address without end": "postgres://[",
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := storage.Open(t.Context(), url, storagetest.Keys(t)); err == nil {
				t.Fatalf("opened %v", s.Close())
			}
		})
	}
	_, err := storage.Open(context.Background(), "postgres://postgres@127.0.0.1:1/x?connect_timeout=1", storagetest.Keys(t))
	if !storage.IsAway(err) {
		t.Errorf("a server that is not there is not away: %v", err)
	}
	_, err = storage.Open(context.Background(), "mysql://localhost/x", storagetest.Keys(t))
	if storage.IsAway(err) {
		t.Errorf("what is no database is away: %v", err)
	}
	if domain.KindOf(err) != domain.Invalid {
		t.Fatalf("got %v", err)
	}
}

// TestWhatBreaksOffIsAway: a database that crashes while it answers is away, a
// statement that it refuses is not.
func TestWhatBreaksOffIsAway(t *testing.T) {
	cluster := pgtest.Start(t)
	db, err := sql.Open("pgx", cluster.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM generate_series(1, 10000000)`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	rows.Next()
	cluster.Crash(t)
	for rows.Next() {
	}
	if err := rows.Err(); !storage.IsAway(err) {
		t.Errorf("broken off: %v", err)
	}
	cluster.Revive(t)
	if _, err := db.ExecContext(t.Context(), `SELECT nothing`); err == nil || storage.IsAway(err) {
		t.Errorf("refused: %v", err)
	}
}
