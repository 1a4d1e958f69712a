// Package pgtest runs a real PostgreSQL for tests: a throw-away cluster on a
// loopback port, in a temporary folder, whose durability is switched off.
package pgtest

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Cluster is a running PostgreSQL. It stops when the test that started it ends.
type Cluster struct {
	port      int
	databases int
	run       func(t testing.TB)               // starts it
	stop      func(t testing.TB, by os.Signal) // ends it, if it runs
}

// Start makes and starts a cluster. As root it runs as the user postgres,
// because PostgreSQL refuses to run as root. The test fails if PostgreSQL is
// not installed.
func Start(t testing.TB) *Cluster {
	t.Helper()
	bin := binaries(t)
	as := owner(t)
	dir, err := os.MkdirTemp("", "policypush-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove cluster: %v", err)
		}
	})
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	c := &Cluster{port: freePort(t)}
	c.run = func(t testing.TB) { c.start(t, filepath.Join(bin, "postgres"), dir, as) }
	c.run(t)
	t.Cleanup(func() { c.stop(t, syscall.SIGINT) }) // fast shutdown
	return c
}

// Restart ends the server in the middle of whatever it does, as a crash would,
// and starts it again.
func (c *Cluster) Restart(t testing.TB) {
	t.Helper()
	c.stop(t, syscall.SIGQUIT)
	c.run(t)
}

// start starts the server and waits until it says that it is ready.
func (c *Cluster) start(t testing.TB, postgres, dir string, as *syscall.Credential) {
	t.Helper()
	server := exec.Command(postgres, "-D", filepath.Join(dir, "data"), "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-k", dir,
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200",
		"-c", "logging_collector=off", "-c", "lc_messages=C")
	server.Dir = dir
	// Should the test be killed, the server ends with it.
	server.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGINT}
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		defer close(ready)
		var said strings.Builder
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "ready to accept connections") {
				ready <- ""
				_, _ = io.Copy(io.Discard, stderr) // its later words are of no interest
				return
			}
		}
		ready <- said.String()
	}()
	c.stop = func(t testing.TB, by os.Signal) {
		if err := server.Process.Signal(by); err != nil {
			t.Errorf("stop postgres: %v", err)
		}
		<-drained
		if err := server.Wait(); err != nil && by == syscall.SIGINT {
			t.Errorf("postgres ended: %v", err)
		}
	}
	if said := <-ready; said != "" {
		t.Fatalf("postgres did not start:\n%s", said)
	}
}

// Database makes an empty database and returns its URL.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	c.databases++
	name := fmt.Sprintf("test%d", c.databases)
	if _, err := db.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return c.url(name)
}

func (c *Cluster) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

// binaries returns the folder with initdb and postgres, of the newest version
// that Debian has installed or else of the PATH.
func binaries(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 0 {
		version := func(path string) int {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // not a number: oldest
			return n
		}
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		t.Fatal("PostgreSQL is not installed: run `make setup`, which installs everything the tests need")
	}
	return filepath.Dir(path)
}

// owner returns whom the cluster runs as, or nil for the user of the test.
func owner(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("PostgreSQL does not run as root, and there is no user postgres (run `make setup`): %v", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}
