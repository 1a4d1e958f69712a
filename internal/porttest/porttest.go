// Package porttest finds ports of this machine for the servers of tests.
package porttest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// Linux gives connections their own ports from 32768 on. Below, no connection of
// another test takes the port before the server listens on it.
const first, last = 20_000, 32_000

var (
	mu    sync.Mutex
	given = map[int]bool{}
)

// Free returns a loopback port that nobody listens on, another one each time.
func Free(t testing.TB) int {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	var why error
	for range 1000 {
		port := first + rand.IntN(last-first)
		if given[port] {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		if err != nil {
			why = err
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		given[port] = true
		return port
	}
	t.Fatalf("no port is free: %v", why)
	return 0
}

// Address returns a loopback address with such a port.
func Address(t testing.TB) string {
	t.Helper()
	return fmt.Sprint("127.0.0.1:", Free(t))
}
