package storagetest

import (
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// keepsRenders follows pages that are drawn as files.
func keepsRenders(t *testing.T, url string) {
	ctx, s := t.Context(), open(t, url, Keys(t))
	now := time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)
	state := func(key string, want storage.RenderState) {
		t.Helper()
		got, err := s.RenderState(ctx, key)
		must(t, err)
		if got != want {
			t.Errorf("state is %q, want %q", got, want)
		}
	}
	page := []byte("<h1>一图读懂</h1>")
	key := storage.RenderKey(domain.PNG, page)
	if key == storage.RenderKey(domain.Sheet, page) || key == storage.RenderKey(domain.PNG, []byte("其他")) {
		t.Error("two files share a key")
	}
	state(key, storage.RenderNone)
	if _, err := s.Render(ctx, key); domain.KindOf(err) != domain.NotFound {
		t.Errorf("a file that nobody wanted: %v", err)
	}
	must(t, s.WantRender(ctx, domain.PNG, page, now))
	must(t, s.WantRender(ctx, domain.PNG, page, now.Add(time.Hour))) // owed once
	must(t, s.WantRender(ctx, domain.Sheet, page, now.Add(time.Minute)))
	owed, err := s.OwedRenders(ctx, 10)
	must(t, err)
	if len(owed) != 2 || owed[0] != key {
		t.Errorf("owed are %v, the oldest is %s", owed, key)
	}
	r, err := s.Render(ctx, key)
	must(t, err)
	if r.State != storage.RenderWanted || r.Form != domain.PNG || string(r.Page) != string(page) || r.File != nil {
		t.Errorf("wanted is %+v", r)
	}
	for range 3 {
		state(key, storage.RenderWanted)
		must(t, s.FailRender(ctx, key))
	}
	state(key, storage.RenderFailed)
	must(t, s.FinishRender(ctx, key, []byte("late"), now))
	state(key, storage.RenderFailed)
	must(t, s.WantRender(ctx, domain.PNG, page, now))
	must(t, s.FailRender(ctx, key))
	must(t, s.FinishRender(ctx, key, []byte("PNG"), now))
	must(t, s.FinishRender(ctx, key, []byte("again"), now))
	must(t, s.FailRender(ctx, key))
	must(t, s.WantRender(ctx, domain.PNG, page, now)) // it is there
	r, err = s.Render(ctx, key)
	must(t, err)
	if r.State != storage.RenderMade || r.Page != nil || string(r.File) != "PNG" {
		t.Errorf("made is %+v", r)
	}
	must(t, s.UseRender(ctx, key, now.Add(48*time.Hour)))
	must(t, s.ForgetRenders(ctx, now.Add(24*time.Hour)))
	state(key, storage.RenderMade)
	must(t, s.ForgetRenders(ctx, now.Add(72*time.Hour)))
	state(key, storage.RenderNone)

	can := func(at time.Time, want bool) {
		t.Helper()
		got, err := s.CanRender(ctx, at)
		must(t, err)
		if got != want {
			t.Errorf("pages can be drawn: %v, want %v", got, want)
		}
	}
	can(now, false)
	must(t, s.NoteRenderer(ctx, now))
	can(now.Add(time.Minute), true)
	can(now.Add(4*time.Minute), false)
	must(t, s.NoteRenderer(ctx, now.Add(5*time.Minute)))
	can(now.Add(6*time.Minute), true)
}
