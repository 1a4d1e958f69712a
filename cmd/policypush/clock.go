//go:build !faultclock

package main

import "time"

// clock is what the service takes for the time.
func clock() time.Time { return time.Now() }
