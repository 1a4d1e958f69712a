package audience

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"policypush/internal/domain"
)

// saveInto, in the environment, makes the test binary a process that saves
// snapshots without end.
const saveInto = "POLICYPUSH_TEST_SAVE_INTO"

// goOn changes a few people; the same town changes in the same way.
func (t *town) goOn() {
	for range 5 {
		if id := domain.SubscriberID(t.random.IntN(len(t.people)+100) + 1); t.random.IntN(3) == 0 {
			t.leave(id)
		} else {
			t.move(id)
		}
	}
}

// TestKilledWhileSaving: a process is killed again and again while it writes
// its snapshot; whatever it left, an index starts from it and the log, and is
// the one that is built anew.
func TestKilledWhileSaving(t *testing.T) {
	const people, rounds = 4000, 400
	ctx := t.Context()
	if path := os.Getenv(saveInto); path != "" {
		source, x := newTown(people, 11), New()
		if err := x.Build(ctx, source); err != nil {
			t.Fatal(err)
		}
		for range rounds {
			source.goOn()
			if err := errors.Join(x.catchUp(ctx, source), x.Save(ctx, source, path)); err != nil {
				t.Fatal(err)
			}
			fmt.Println("saved")
		}
		return
	}
	path := filepath.Join(t.TempDir(), "audience.snapshot")
	source := newTown(people, 11)
	for range rounds + 1 { // beyond whatever the other processes come to
		source.goOn()
	}
	want := New()
	if err := want.Build(ctx, source); err != nil {
		t.Fatal(err)
	}
	for kill := range 4 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWhileSaving$")
		cmd.Env = append(os.Environ(), saveInto+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n <= kill && lines.Scan(); {
			if lines.Text() == "saved" {
				n++
			}
		}
		_ = cmd.Process.Kill() // in the middle of the next one
		if err := cmd.Wait(); err == nil {
			t.Fatal("the process came to its end")
		}
		got := New()
		if err := got.Open(ctx, path, source, func(err error) { t.Errorf("refused: %v", err) }); err != nil {
			t.Fatal(err)
		}
		if err := sameAs(got, want, people+100); err != nil {
			t.Fatalf("after kill %d: %v", kill, err)
		}
	}
}

// TestLeftoversAreRemoved: but not what another process may be writing.
func TestLeftoversAreRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audience.snapshot")
	old, young := path+".new-1", path+".new-2"
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * leftAfter)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	source, x := newTown(10, 1), New()
	if err := errors.Join(x.Build(t.Context(), source), x.Save(t.Context(), source, path)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old one is there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young one is gone: %v", err)
	}
}

// TestAGapIsMended: an index that finds changes missing in the log is built
// anew, and goes on answering meanwhile.
func TestAGapIsMended(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	source, x := cutLog{newTown(500, 3)}, New()
	if err := x.Build(ctx, source); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		source.goOn()
	}
	source.changes = append(source.changes[:550:550], source.changes[560:]...) // ten are lost
	want := New()
	if err := want.Build(ctx, source); err != nil {
		t.Fatal(err)
	}
	following, stop := context.WithCancel(ctx)
	told := make(chan error, 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		x.Follow(following, source, time.Hour, func(err error) { told <- err })
	}()
	last := source.changes[len(source.changes)-1].Seq
	if err := x.WaitFor(ctx, last); err != nil {
		t.Fatal(err)
	}
	stop()
	<-done
	if err := <-told; !errors.Is(err, errGap) {
		t.Errorf("told of %v", err)
	}
	if err := sameAs(x, want, 600); err != nil {
		t.Error(err)
	}
	if !x.Stage().Done {
		t.Error("it does not say that it answers")
	}
}

// cutLog is a town whose log may have gaps.
type cutLog struct{ *town }

func (c cutLog) LastChange(context.Context) (int64, error) {
	return c.changes[len(c.changes)-1].Seq, nil
}

func (c cutLog) Changes(_ context.Context, after int64, limit int) ([]Change, error) {
	var found []Change
	for _, change := range c.changes {
		if change.Seq > after && len(found) < limit {
			found = append(found, change)
		}
	}
	return found, nil
}
