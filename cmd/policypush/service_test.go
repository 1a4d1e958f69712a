package main

import (
	"log/slog"
	"testing"
	"time"

	"policypush/internal/config"
	"policypush/internal/storage"
	"policypush/internal/storage/pgtest"
	"policypush/internal/storage/storagetest"
)

// written calls itself with each line of a log.
type written func(line []byte)

func (w written) Write(line []byte) (int, error) {
	w(line)
	return len(line), nil
}

// A service that starts while its database is away waits for it; a command
// says so at once.
func TestServicesWaitForTheirDatabase(t *testing.T) {
	cluster := pgtest.Start(t)
	cfg := config.Config{Database: cluster.Database(t)}
	keys := storagetest.Keys(t)
	cluster.Crash(t)
	away, tries := true, 0
	b := &base{cfg: cfg, log: slog.New(slog.NewTextHandler(written(func([]byte) {
		if tries++; away {
			away = false
			cluster.Revive(t)
		}
	}), nil))}
	open := func() (err error) {
		b.store, err = storage.Open(t.Context(), cfg.Database, keys)
		return err
	}
	if err := b.whileAway(t.Context(), 0, open); err == nil || tries > 0 {
		t.Fatalf("a command waited: %v after %d tries", err, tries)
	}
	if err := b.whileAway(t.Context(), time.Hour, open); err != nil {
		t.Fatal(err)
	}
	if tries == 0 {
		t.Error("the database was not away")
	}
	b.close()
}
