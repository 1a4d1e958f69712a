package fault

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// busy tells whether anything that this test has started is at work, or would
// be if it were given the processor: then nothing is being waited for, however
// long it takes on a machine with much else to do. Without /proc nothing is.
func busy() bool {
	below := children(strconv.Itoa(os.Getpid()))
	for len(below) > 0 {
		pid := below[0]
		below = append(below[1:], children(pid)...)
		threads, _ := filepath.Glob("/proc/" + pid + "/task/*/stat") // the pattern is right
		for _, path := range threads {
			if state := stateOf(path); state == "R" || state == "D" {
				return true
			}
		}
	}
	return false
}

// tick is how /proc counts processor time.
const tick = 10 * time.Millisecond

// processorTime is what everything that this test has started has used of the
// processors, together with what those have waited for in turn. Without /proc it
// is none.
func processorTime() time.Duration {
	ticks := 0
	below := children(strconv.Itoa(os.Getpid()))
	for len(below) > 0 {
		pid := below[0]
		below = append(below[1:], children(pid)...)
		if fields := fieldsOf("/proc/" + pid + "/stat"); len(fields) > 14 {
			for _, text := range fields[11:15] { // utime, stime, cutime, cstime
				n, _ := strconv.Atoi(text) // a number, always
				ticks += n
			}
		}
	}
	return time.Duration(ticks) * tick
}

// children lists the processes that a process has started: each thread has its
// own list.
func children(pid string) []string {
	var all []string
	lists, _ := filepath.Glob("/proc/" + pid + "/task/*/children") // the pattern is right
	for _, path := range lists {
		text, err := os.ReadFile(path)
		if err == nil { // otherwise it has gone
			all = append(all, strings.Fields(string(text))...)
		}
	}
	return all
}

// stateOf returns the state of a thread, or "" for what has gone.
func stateOf(path string) string {
	if fields := fieldsOf(path); len(fields) > 0 {
		return fields[0]
	}
	return ""
}

// fieldsOf returns the fields after the name, which is in brackets and may hold
// anything: the state is the first.
func fieldsOf(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}
