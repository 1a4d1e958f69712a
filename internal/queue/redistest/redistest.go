// Package redistest runs a real redis-server for tests, in a temporary folder.
package redistest

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a redis-server of its own that keeps nothing. It stops when the
// test that started it ends.
type Server struct {
	URL    string
	Client *redis.Client
	dir    string
	cmd    *exec.Cmd
}

// Start starts a server. The test fails if redis-server is not installed.
func Start(t testing.TB) *Server {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "redis.sock")
	s := &Server{URL: "redis-socket://" + socket, Client: redis.NewClient(&redis.Options{Network: "unix", Addr: socket}), dir: dir}
	s.start(t)
	t.Cleanup(func() {
		s.kill()
		_ = s.Client.Close()
	})
	return s
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is missing: run make setup")
	}
	s.cmd = exec.Command(path, "--port", "0", "--unixsocket", filepath.Join(s.dir, "redis.sock"), "--save", "", "--appendonly", "no", "--dir", s.dir)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(20 * time.Second); s.Client.Ping(context.Background()).Err() != nil; <-look.C {
		if time.Now().After(deadline) {
			t.Fatal("redis-server does not answer")
		}
	}
}

func (s *Server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // killed
}

// Restart ends it as a crash would; it comes back empty.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.kill()
	s.start(t)
}
