package main

import (
	"bytes"
	"path/filepath"
	"sync"
	"testing"

	"policypush/internal/config"
	"policypush/internal/domain"
)

// TestManyStartAtOnce: processes that start together on an empty folder agree
// on its secrets, and none reads one that another is just writing.
func TestManyStartAtOnce(t *testing.T) {
	for range 50 {
		cfg := config.Defaults()
		cfg.Data = filepath.Join(t.TempDir(), "data")
		type found struct{ secret, index []byte }
		all := make([]found, 8)
		made := make([]bool, len(all))
		begin := make(chan struct{})
		var wg sync.WaitGroup
		for i := range all {
			wg.Go(func() {
				<-begin
				secret, err := openSecret(cfg.SecretPath())
				if err != nil {
					t.Error(err)
					return
				}
				keys, first, err := openKeys(cfg)
				if err != nil {
					t.Error(err)
					return
				}
				all[i], made[i] = found{secret, keys.BlindIndex(string(domain.SMS), "13800000000")}, first
			})
		}
		close(begin)
		wg.Wait()
		first := 0
		for i := range all {
			if !bytes.Equal(all[i].secret, all[0].secret) || !bytes.Equal(all[i].index, all[0].index) {
				t.Fatal("two processes have different secrets")
			}
			if made[i] {
				first++
			}
		}
		if t.Failed() || first != 1 {
			t.Fatalf("%d made the keys", first)
		}
	}
}
