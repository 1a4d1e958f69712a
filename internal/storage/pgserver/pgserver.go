// Package pgserver runs a real PostgreSQL for tests and benchmarks: a
// throw-away cluster on a loopback port, whose durability is switched off.
package pgserver

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// ErrMissing says that PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL is not installed")

// Server is a cluster, whose PostgreSQL runs between Start and Stop.
type Server struct {
	bin, dir  string
	as        *syscall.Credential // nil: the user of this process
	port      int
	databases int
	cmd       *exec.Cmd
	drained   chan struct{}
}

// New makes a cluster in an empty folder. As root it runs as the user
// postgres, because PostgreSQL refuses to run as root.
func New(dir string) (*Server, error) {
	s := &Server{dir: dir}
	var err error
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if s.as, err = owner(); err != nil {
		return nil, err
	}
	if s.as != nil {
		if err := os.Chown(dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: s.as}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Start starts the server and returns when it is ready. It forces nothing to
// the disk, which only a crash of the machine would tell; what it has said to be
// committed survives its own crash.
func (s *Server) Start() error {
	if s.port == 0 { // chosen late, so that nobody else takes it meanwhile
		var err error
		if s.port, err = freePort(); err != nil {
			return err
		}
	}
	s.cmd = exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-k", s.dir,
		"-c", "fsync=off", "-c", "synchronous_commit=on", "-c", "full_page_writes=off", "-c", "max_connections=200",
		"-c", "logging_collector=off", "-c", "lc_messages=C")
	s.cmd.Dir = s.dir
	// Should this process be killed, the server ends with it.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGINT}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	ready, drained := make(chan string, 1), make(chan struct{})
	s.drained = drained
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
	if said := <-ready; said != "" {
		return fmt.Errorf("postgres did not start:\n%s", said)
	}
	return nil
}

// Stop ends the server: in good order, waiting for nobody, or as a crash
// would.
func (s *Server) Stop(crash bool) error {
	by := syscall.SIGINT
	if crash {
		by = syscall.SIGQUIT
	}
	if err := s.cmd.Process.Signal(by); err != nil {
		return fmt.Errorf("stop postgres: %w", err)
	}
	<-s.drained
	if err := s.cmd.Wait(); err != nil && !crash {
		return fmt.Errorf("postgres ended: %w", err)
	}
	return nil
}

// Database makes an empty database and returns its URL.
func (s *Server) Database(ctx context.Context) (string, error) { return s.create(ctx, "") }

// Copy makes a database that holds what another one of the cluster does, to which
// nobody is connected, and returns its URL.
func (s *Server) Copy(ctx context.Context, of string) (string, error) {
	from, err := url.Parse(of)
	if err != nil {
		return "", err
	}
	return s.create(ctx, " TEMPLATE "+strings.TrimPrefix(from.Path, "/"))
}

func (s *Server) create(ctx context.Context, as string) (string, error) {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return "", err
	}
	s.databases++
	name := fmt.Sprintf("test%d", s.databases)
	_, err = db.ExecContext(ctx, "CREATE DATABASE "+name+as)
	return s.url(name), errors.Join(err, db.Close())
}

func (s *Server) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// binaries returns the folder with initdb and postgres, of the newest version
// that Debian has installed or else of the PATH.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		version := func(path string) int {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // not a number: oldest
			return n
		}
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	return filepath.Dir(path), nil
}

// owner returns whom the cluster runs as, or nil for the user of this process.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
