package search

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// damage turns a byte in the middle of every segment of an index.
func damage(t *testing.T, dir string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".zap" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		data[len(data)/2] ^= 0xff
		return os.WriteFile(path, data, 0o600)
	})
	if err != nil || n == 0 {
		t.Fatalf("%d segments damaged: %v", n, err)
	}
}
