package workers

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// brush draws pages, but those that it breaks off at.
type brush struct{ drawn chan string }

func (b brush) Make(_ context.Context, form domain.PageForm, page []byte) ([]byte, error) {
	b.drawn <- string(page)
	if bytes.Contains(page, []byte("breaks")) {
		return nil, errors.New("broke off")
	}
	return []byte(string(form) + " of " + string(page)), nil
}

func TestPagesAreDrawnOnceAndTriedThreeTimes(t *testing.T) {
	b := newBench(t)
	brush := brush{make(chan string, 100)}
	b.Renderer = brush
	good, bad := []byte("page"), []byte("page that breaks")
	check(t, b.Store.WantRender(t.Context(), domain.PNG, good, noon))
	check(t, b.Store.WantRender(t.Context(), domain.Sheet, bad, noon))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	want := map[string]storage.RenderState{
		storage.RenderKey(domain.PNG, good):  storage.RenderMade,
		storage.RenderKey(domain.Sheet, bad): storage.RenderFailed,
	}
	for key, state := range want {
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			got, err := b.Store.RenderState(t.Context(), key)
			check(t, err)
			if got == state {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s is %q, want %q", key, got, state)
			}
		}
	}
	cancel()
	check(t, <-done)
	times := map[string]int{}
	for close(brush.drawn); ; {
		page, more := <-brush.drawn
		if !more {
			break
		}
		times[page]++
	}
	if times["page"] != 1 || times["page that breaks"] != 3 {
		t.Errorf("drawn %v", times)
	}
	file, err := b.Store.Render(t.Context(), storage.RenderKey(domain.PNG, good))
	check(t, err)
	if string(file.File) != "png of page" {
		t.Errorf("file is %q", file.File)
	}
}
