package fault

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// stateOf returns the field after the name, which is in brackets and may hold
// anything, or "" for what has gone.
func stateOf(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	state, _, _ := strings.Cut(strings.TrimSpace(string(text[strings.LastIndexByte(string(text), ')')+1:])), " ")
	return state
}
