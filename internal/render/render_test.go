package render

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"policypush/internal/domain"
)

func browser(t *testing.T) Browser {
	t.Helper()
	program, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	return Browser{Program: program, Timeout: time.Minute, Sandbox: os.Geteuid() != 0}
}

func page(body string) []byte {
	return []byte(`<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>试验</title>
<style>@page { size: A4; margin: 10mm } h1 { color: #0e4a73 } .tall { height: 3000px; background: #eee }</style></head><body>` + body + `</body></html>`)
}

// pdfText reads a PDF as another program does.
func pdfText(t *testing.T, file []byte) string {
	t.Helper()
	cmd := exec.Command("pdftotext", "-", "-")
	cmd.Stdin = bytes.NewReader(file)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestPDFIsTaggedAndItsTextCanBeRead(t *testing.T) {
	file, err := browser(t).Make(t.Context(), domain.PDF, page(`<h1>减半征收</h1><p>村民𠮷某</p><p style="break-before:page">第二页</p>`))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(file, []byte("%PDF-")) || !bytes.Contains(file, []byte("/StructTreeRoot")) || !bytes.Contains(file, []byte("/Lang (zh-CN)")) {
		t.Error("not a tagged PDF with its language")
	}
	if n := Pages(file); n != 2 {
		t.Errorf("%d pages, want 2", n)
	}
	text := pdfText(t, file)
	for _, want := range []string{"减半征收", "村民𠮷某", "第二页"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is not read once in %q", want, text)
		}
	}
}

func TestWhatIsTooLongForASheetIsMadeSmaller(t *testing.T) {
	long := page(strings.Repeat("<p>一行字</p>", 35))
	b := browser(t)
	file, err := b.Make(t.Context(), domain.PDF, long)
	if err != nil || Pages(file) < 2 {
		t.Fatalf("%d pages, %v: the page is not long", Pages(file), err)
	}
	if file, err = b.Make(t.Context(), domain.Sheet, long); err != nil || Pages(file) != 1 {
		t.Errorf("%d pages, %v, want 1", Pages(file), err)
	}
	if _, err = b.Make(t.Context(), domain.Sheet, page(strings.Repeat("<p>一行字</p>", 120))); err == nil || !strings.Contains(err.Error(), "does not fit") {
		t.Errorf("a page that fits on no sheet: %v", err)
	}
}

func TestPictureIs750WideAndAsHighAsThePage(t *testing.T) {
	file, err := browser(t).Make(t.Context(), domain.PNG, page(`<div class="tall">高</div>`))
	if err != nil {
		t.Fatal(err)
	}
	size, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil || size.Width != 750 || size.Height < 6000 || size.Height > 6100 {
		t.Errorf("picture is %d×%d, %v", size.Width, size.Height, err)
	}
}

func TestACardIs1200By630(t *testing.T) {
	for name, body := range map[string]string{"short": "<p>短</p>", "long": `<div class="tall">高</div>`} {
		file, err := browser(t).Make(t.Context(), domain.Card, page(body))
		if err != nil {
			t.Fatal(err)
		}
		if size, err := png.DecodeConfig(bytes.NewReader(file)); err != nil || size.Width != 1200 || size.Height != 630 {
			t.Errorf("%s: card is %d×%d, %v", name, size.Width, size.Height, err)
		}
	}
}

func TestAPageReachesNothing(t *testing.T) {
	reached := make(chan string, 10)
	ln := &http.Server{Addr: "127.0.0.1:0", Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path })}
	at, err := serve(nil) // only for its port, which is free afterwards
	if err != nil {
		t.Fatal(err)
	}
	ln.Addr = at.listener.Addr().String()
	if err := at.Close(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = ln.ListenAndServe() }()
	defer func() { _ = ln.Close() }()
	u := "http://" + ln.Addr
	file, err := browser(t).Make(t.Context(), domain.PDF, page(fmt.Sprintf(
		`<img src="%[1]s/img"><iframe src="%[1]s/frame"></iframe><script>document.write("written"); fetch("%[1]s/script")</script><link rel="stylesheet" href="%[1]s/css"><p>没有脚本</p>`, u)))
	if err != nil {
		t.Fatal(err)
	}
	if text := pdfText(t, file); strings.Contains(text, "written") || !strings.Contains(text, "没有脚本") {
		t.Errorf("a script ran: %q", text)
	}
	select {
	case path := <-reached:
		t.Errorf("the page reached %s", path)
	default:
	}
}

func TestAnAddressWorksOnceAndOnlyThat(t *testing.T) {
	s, err := serve(page("只给一次"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	proxy, err := url.Parse(s.proxy())
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), DisableKeepAlives: true}}
	for i, ask := range []struct {
		url  string
		want int
	}{
		{"http://" + host + "/", 403},
		{"http://" + host + "/" + strings.Repeat("A", 26), 403},
		{"http://example.org/" + s.token, 403},
		{s.proxy() + "/" + s.token, 403}, // not by the port's own name
		{s.url(), 200},
		{s.url(), 403},
	} {
		answer, err := client.Get(ask.url)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if answer.StatusCode != ask.want || err != nil || (ask.want == 200) != bytes.Contains(body, []byte("只给一次")) {
			t.Errorf("question %d: %d %q %v, want %d", i, answer.StatusCode, body, err, ask.want)
		}
		_ = answer.Body.Close()
	}
	if _, err := client.Get("https://" + host + "/" + s.token); err == nil {
		t.Error("a tunnel was dug")
	}
}

// fake is a program in place of Chromium.
func fake(t *testing.T, script string) Browser {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return Browser{Program: path, Timeout: 300 * time.Millisecond}
}

func TestWhatHangsIsKilledWithItsChildren(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	b := fake(t, "sleep 600 & echo $! >"+pid+"\nwait\n")
	b.Timeout = 2 * time.Second // the shell must have come to its child
	_, err := b.Make(t.Context(), domain.PNG, page("挂"))
	if err == nil || !strings.Contains(err.Error(), "not done after 2s") {
		t.Fatalf("got %v", err)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err = syscall.Kill(child, 0); err != nil || zombie(child) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("the child %d lives: %v", child, err)
}

// zombie tells whether a process is dead and only not buried by init.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(stat), ") ")
	return err != nil || strings.HasPrefix(after, "Z")
}

func TestAProgramThatBreaksOffSaysWhy(t *testing.T) {
	_, err := fake(t, "echo 'No usable sandbox!' >&2\nexit 1\n").Make(t.Context(), domain.PDF, page("坏"))
	if err == nil || !strings.Contains(err.Error(), "No usable sandbox!") {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fake(t, "sleep 600").Make(ended, domain.PDF, page("止")); err == nil {
		t.Error("made a file after the end")
	}
}

func TestWithoutChromiumWordsSaySo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for set, want := range map[string]string{"": "没有安装 Chromium", "/no/such/chromium": "/no/such/chromium"} {
		if _, err := Find(set); domain.KindOf(err) != domain.NotFound || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", set, err)
		}
	}
}
