package fault

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// busy tells whether anything that this test has started is at work, or would
// be if it were given the processor: then nothing is being waited for, however
// long it takes on a machine with much else to do. Without /proc nothing is.
func busy() bool {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if fields := stat(path); err == nil && len(fields) > 1 {
			if parent, err := strconv.Atoi(fields[1]); err == nil {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	below := slices.Clone(children[os.Getpid()])
	for len(below) > 0 {
		pid := below[0]
		below = append(below[1:], children[pid]...)
		threads, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat")
		for _, path := range threads {
			if fields := stat(path); len(fields) > 0 && (fields[0] == "R" || fields[0] == "D") {
				return true
			}
		}
	}
	return false
}

// stat returns the fields after the name, which is in brackets and may hold
// anything: state, parent, … It returns none for what has gone.
func stat(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}
