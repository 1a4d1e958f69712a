//go:build faultclock

package main

import (
	"os"
	"strings"
	"sync"
	"time"
)

// jump is by how much the clock is wrong. The fault suite, and nothing else,
// builds with it: FAULT_CLOCK names a file with a duration, which
// may change at any time.
var jump struct {
	sync.Mutex
	read time.Time
	by   time.Duration
}

// clock is what the service takes for the time.
func clock() time.Time {
	now := time.Now()
	jump.Lock()
	defer jump.Unlock()
	if now.Sub(jump.read) > 5*time.Millisecond {
		jump.read = now
		if text, err := os.ReadFile(os.Getenv("FAULT_CLOCK")); err == nil {
			if by, err := time.ParseDuration(strings.TrimSpace(string(text))); err == nil { // half written: the one before
				jump.by = by
			}
		}
	}
	return now.Add(jump.by)
}
