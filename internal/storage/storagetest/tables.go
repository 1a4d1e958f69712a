package storagetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"policypush/internal/seal"
	"policypush/internal/storage"
)

// SQLite returns the URL of a file of its own that has every table and nothing
// in it. The steps that lead there are taken once for all tests of a package:
// they take a quarter of a second, and several under the race detector.
func SQLite(t testing.TB) string {
	t.Helper()
	file, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// tables is the file of a database that was migrated and closed.
var tables = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "policypush-tables-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	keys, err := seal.Generate(filepath.Join(dir, "keys"), seal.AES)
	if err != nil {
		return nil, err
	}
	path, ctx := filepath.Join(dir, "tables.db"), context.Background()
	s, err := storage.Open(ctx, "sqlite:"+path, keys)
	if err != nil {
		return nil, err
	}
	_, err = s.Migrate(ctx)
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		return nil, errors.New("a part of the tables is not in the file yet")
	}
	return os.ReadFile(path)
})
