package e2e

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"testing"

	"policypush/internal/render"
)

// TestOnePageAsFiles has the real service draw 一图读懂 with the real Chromium,
// for a reader without scripts.
func TestOnePageAsFiles(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, map[string]any{"render": map[string]any{"timeout": "3m"}})
	in.serve("--demo")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	reader := &http.Client{Jar: jar}
	get := func(path string) (*http.Response, []byte) {
		t.Helper()
		answer, err := reader.Get(in.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, body
	}
	_, library := get("/policies")
	link := regexp.MustCompile(`href="(/policies/\d+)"`).FindSubmatch(library)
	if link == nil {
		t.Fatalf("no policy in the library: %s", library)
	}
	page := string(link[1]) + "/onepage"
	await(t, func() string { return fmt.Sprintf("no button at %s:\n%s", page, in.logged()) }, func() bool { // once the worker has told that it draws
		_, body := get(page)
		return bytes.Contains(body, []byte("生成图片和PDF"))
	})
	answer, err := reader.PostForm(in.url+page+"/files", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	await(t, func() string { return "nothing was drawn:\n" + in.logged() }, func() bool {
		_, body := get(page)
		return bytes.Contains(body, []byte(page+".pdf"))
	})
	answer, file := get(page + ".png")
	picture, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil || picture.Width != 750 || picture.Height < 1500 || answer.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture is %d×%d, %v", picture.Width, picture.Height, err)
	}
	_, file = get(page + ".pdf")
	if n := render.Pages(file); n != 1 || !bytes.Contains(file, []byte("/StructTreeRoot")) {
		t.Errorf("the PDF has %d pages, or no tags", n)
	}
}
