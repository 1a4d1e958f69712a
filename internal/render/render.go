// Package render turns a page of HTML into a picture (PNG) or a tagged PDF, by
// a Chromium without a window.
//
// Each page has a Chromium of its own, started for it and killed with its
// whole group when it is done or its time is over. It is spoken to by a pipe,
// so no debugging port is open, and has nothing of our environment. Its only way
// out is a proxy of ours on a loopback port (page.go), which answers one
// address, once, with the page and refuses everything else: a page can neither
// fetch nor tell anything. Pages therefore carry their styles and pictures
// inside them.
package render

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"policypush/internal/domain"
)

// Browser makes files with a Chromium.
type Browser struct {
	Program string        // path of Chromium
	Timeout time.Duration // for one file, start of the program included
	// Sandbox leaves Chromium's own sandbox on. It refuses to start with it as
	// root.
	Sandbox bool
}

// names under which distributions install Chromium.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// Find returns the path of Chromium: the one that is set, or, if that is empty,
// the first of the usual names that is there. It fails with NotFound.
func Find(set string) (string, error) {
	if set != "" {
		path, err := exec.LookPath(set)
		if err != nil {
			return "", domain.Errorf(domain.NotFound, "没有浏览器程序 %s，请检查路径，或安装 chromium", set).In("render.chromium")
		}
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", domain.Errorf(domain.NotFound, "这台机器没有安装 Chromium，不能生成图片和 PDF（apt-get install chromium fonts-noto-cjk）")
}

// Make turns a page into a file. It fails if Chromium does not start, breaks
// off, or needs longer than the timeout.
func (b Browser) Make(ctx context.Context, form domain.PageForm, page []byte) (file []byte, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, b.Timeout, fmt.Errorf("not done after %s", b.Timeout))
	defer cancel()
	served, err := serve(page)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, served.Close()) }()
	dir, err := os.MkdirTemp("", "policypush-render-")
	if err != nil {
		return nil, fmt.Errorf("folder for chromium: %w", err)
	}
	defer func() { err = errors.Join(err, removeAll(dir)) }()
	p, err := b.start(ctx, dir, served.proxy())
	if err != nil {
		return nil, err
	}
	file, err = draw(p, form, served.url())
	said := p.end()
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("chromium: %w%s", err, said)
	}
	return file, nil
}

// removeAll removes the profile of a Chromium that was just killed: the last of
// its processes may still be writing.
func removeAll(dir string) (err error) {
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("folder of chromium: %w", err)
}

// flags are what every Chromium of ours is started with.
var flags = []string{
	"--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu", "--disable-dev-shm-usage",
	"--hide-scrollbars", "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
	"--disable-quic", "--disable-breakpad", "--disable-crash-reporter", "--mute-audio", "--password-store=basic", "--lang=zh-CN",
	"--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--proxy-bypass-list=<-loopback>",
}

// start starts a Chromium that reads and writes a pipe each.
func (b Browser) start(ctx context.Context, dir, proxy string) (*pipe, error) {
	args := append([]string{"--user-data-dir=" + dir, "--proxy-server=" + proxy}, flags...)
	if !b.Sandbox {
		args = append(args, "--no-sandbox")
	}
	cmd := exec.CommandContext(ctx, b.Program, append(args, "about:blank")...)
	cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=Asia/Shanghai"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	p := &pipe{cmd: cmd}
	cmd.Stderr = &p.said
	if err := p.open(); err != nil {
		return nil, fmt.Errorf("start chromium %s: %w", b.Program, err)
	}
	return p, nil
}

// draw has the page at a url drawn.
func draw(p *pipe, form domain.PageForm, url string) ([]byte, error) {
	var target struct {
		ID string `json:"targetId"`
	}
	if err := p.call("Target.createTarget", object{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	var session struct {
		ID string `json:"sessionId"`
	}
	if err := p.call("Target.attachToTarget", object{"targetId": target.ID, "flatten": true}, &session); err != nil {
		return nil, err
	}
	p.session = session.ID
	steps := []step{{"Page.enable", nil}, {"Emulation.setScriptExecutionDisabled", object{"value": true}}}
	frame, isPicture := frames[form]
	if isPicture {
		steps = append(steps, step{"Emulation.setDeviceMetricsOverride", object{"width": frame.width, "height": frame.height, "deviceScaleFactor": frame.density, "mobile": true}})
	}
	for _, s := range steps {
		if err := p.call(s.method, s.params, nil); err != nil {
			return nil, err
		}
	}
	var gone struct {
		Error string `json:"errorText"`
	}
	if err := p.call("Page.navigate", object{"url": url}, &gone); err != nil {
		return nil, err
	}
	if gone.Error != "" {
		return nil, fmt.Errorf("open the page: %s", gone.Error)
	}
	if err := p.wait("Page.loadEventFired"); err != nil {
		return nil, err
	}
	if isPicture {
		return picture(p, frame)
	}
	return print(p, form)
}

// frame is the window in which a picture is drawn, in points of the page.
type frame struct {
	width, height int
	density       int  // pixels a point
	whole         bool // the picture is as high as the page, not as the window
}

var frames = map[domain.PageForm]frame{
	domain.PNG:  {width: 375, height: 800, density: 2, whole: true},
	domain.Card: {width: 1200, height: 630, density: 1},
}

// tallest is the height in pixels at which a picture is cut: beyond that
// Chromium repeats what it drew.
const tallest = 16_384

// picture captures the page.
func picture(p *pipe, f frame) ([]byte, error) {
	height := float64(f.height)
	if f.whole {
		var size struct {
			Content struct {
				Height float64 `json:"height"`
			} `json:"cssContentSize"`
		}
		if err := p.call("Page.getLayoutMetrics", nil, &size); err != nil {
			return nil, err
		}
		height = min(size.Content.Height, float64(tallest/f.density))
	}
	var shot struct {
		Data []byte `json:"data"`
	}
	clip := object{"x": 0, "y": 0, "width": f.width, "height": height, "scale": 1}
	err := p.call("Page.captureScreenshot", object{"format": "png", "captureBeyondViewport": true, "clip": clip}, &shot)
	return shot.Data, err
}

// smaller are the scales at which a page is tried on one sheet.
var smaller = []float64{1, 0.85, 0.7, 0.5}

// print makes the PDF. Its sheets have the size that the page's styles name.
func print(p *pipe, form domain.PageForm) ([]byte, error) {
	var printed struct {
		Data []byte `json:"data"`
	}
	for _, scale := range smaller {
		err := p.call("Page.printToPDF", object{
			"printBackground": true, "preferCSSPageSize": true, "generateTaggedPDF": true, "generateDocumentOutline": true, "scale": scale,
			"paperWidth": 8.27, "paperHeight": 11.69,
		}, &printed)
		if err != nil || form != domain.Sheet || Pages(printed.Data) == 1 {
			return printed.Data, err
		}
	}
	return nil, errors.New("the page does not fit on one sheet, even at half its size")
}

// Pages counts the pages of a PDF that Make made.
func Pages(pdf []byte) int {
	n := 0
	for rest := pdf; ; n++ {
		at := bytes.Index(rest, []byte("/Type /Page\n"))
		if at < 0 {
			return n
		}
		rest = rest[at+1:]
	}
}

type object map[string]any

type step struct {
	method string
	params object
}

// pipe is a conversation with a Chromium: messages of JSON, each ended by a
// zero, over two pipes.
type pipe struct {
	cmd     *exec.Cmd
	to      *os.File
	answers *json.Decoder
	from    *os.File
	said    lastWords
	session string
	n       int
	events  []string // told while a call waited for its answer
}

func (p *pipe) open() error {
	theirsIn, to, err := os.Pipe()
	if err != nil {
		return err
	}
	from, theirsOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, theirsIn.Close(), to.Close())
	}
	p.to, p.from, p.answers = to, from, json.NewDecoder(withoutZeros{from})
	p.cmd.ExtraFiles = []*os.File{theirsIn, theirsOut} // 3 and 4, by Chromium's rule
	err = p.cmd.Start()
	if closing := errors.Join(theirsIn.Close(), theirsOut.Close()); err == nil {
		err = closing
	}
	if err != nil {
		return errors.Join(err, to.Close(), from.Close())
	}
	return nil
}

// end kills Chromium with all its processes and returns its last words, for an
// error.
func (p *pipe) end() string {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended by itself
	_ = p.cmd.Wait()                                      // killed, as it should be
	_, _ = p.to.Close(), p.from.Close()
	return p.said.String()
}

// message is what Chromium says: an answer, or an event.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// call asks Chromium for something and reads the answer into result, unless
// that is nil.
func (p *pipe) call(method string, params object, result any) error {
	p.n++
	if params == nil {
		params = object{}
	}
	request := object{"id": p.n, "method": method, "params": params}
	if p.session != "" {
		request["sessionId"] = p.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if _, err := p.to.Write(append(text, 0)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for {
		var m message
		if err := p.answers.Decode(&m); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		switch {
		case m.ID != p.n:
			p.events = append(p.events, m.Method)
		case m.Error != nil:
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(m.Result, result)
		}
	}
}

// wait waits for an event that comes once.
func (p *pipe) wait(event string) error {
	for _, e := range p.events {
		if e == event {
			return nil
		}
	}
	for {
		var m message
		if err := p.answers.Decode(&m); err != nil {
			return fmt.Errorf("wait for %s: %w", event, err)
		}
		if m.Method == event {
			return nil
		}
	}
}

// withoutZeros makes the zeros that end messages blanks.
type withoutZeros struct{ from *os.File }

func (w withoutZeros) Read(b []byte) (int, error) {
	n, err := w.from.Read(b)
	for i := range b[:n] {
		if b[i] == 0 {
			b[i] = ' '
		}
	}
	return n, err
}

// lastWords keeps the end of what a program says.
type lastWords struct{ text []byte }

const longestWords = 2000

func (l *lastWords) Write(b []byte) (int, error) {
	l.text = append(l.text, b...)
	if n := len(l.text) - longestWords; n > 0 {
		l.text = append(l.text[:0], l.text[n:]...)
	}
	return len(b), nil
}

func (l *lastWords) String() string {
	lines := strings.Split(strings.TrimSpace(string(l.text)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return " (it said: " + strings.ToValidUTF8(last, "") + ")"
	}
	return ""
}
