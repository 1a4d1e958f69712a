// Package pgtest runs a real PostgreSQL for tests, in a temporary folder.
package pgtest

import (
	"context"
	"os"
	"testing"

	"policypush/internal/storage/pgserver"
)

// Cluster is a running PostgreSQL. It stops when the test that started it ends.
type Cluster struct {
	server *pgserver.Server
}

// Start makes and starts a cluster. The test fails if PostgreSQL is not
// installed.
func Start(t testing.TB) *Cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "policypush-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove cluster: %v", err)
		}
	})
	server, err := pgserver.New(dir)
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatalf("%v (run `make setup`, which installs everything the tests need)", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(false); err != nil {
			t.Error(err)
		}
	})
	return &Cluster{server}
}

// Restart ends the server in the middle of whatever it does, as a crash would,
// and starts it again.
func (c *Cluster) Restart(t testing.TB) {
	t.Helper()
	c.Crash(t)
	c.Revive(t)
}

// Crash ends the server as Restart does.
func (c *Cluster) Crash(t testing.TB) {
	t.Helper()
	if err := c.server.Stop(true); err != nil {
		t.Fatal(err)
	}
}

// Revive starts a server that crashed.
func (c *Cluster) Revive(t testing.TB) {
	t.Helper()
	if err := c.server.Start(); err != nil {
		t.Fatal(err)
	}
}

// Database makes an empty database and returns its URL.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	url, err := c.server.Database(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// Copy makes a database that holds what another one does, to which nobody is
// connected, and returns its URL.
func (c *Cluster) Copy(t testing.TB, of string) string {
	t.Helper()
	url, err := c.server.Copy(context.Background(), of)
	if err != nil {
		t.Fatal(err)
	}
	return url
}
