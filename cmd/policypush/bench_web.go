package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/auth"
	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/internal/telemetry"
)

// WebReport is the line of `bench web --json`.
type webReport struct {
	Seconds  int        `json:"seconds"` // for each page
	Visitors int        `json:"visitors"`
	Pages    []pageLoad `json:"pages"`
}

// PageLoad is what one page did under load.
type pageLoad struct {
	Name      string  `json:"name"`
	Requests  int     `json:"requests"`
	Failed    int     `json:"failed"`
	PerSecond float64 `json:"requests_per_second"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
}

func (r webReport) tables() []table {
	rows := make([][]string, len(r.Pages))
	for i, p := range r.Pages {
		rows[i] = []string{p.Name, fmt.Sprintf("%.0f", p.PerSecond), inUnits(p.P50), inUnits(p.P99), fmt.Sprint(p.Failed)}
	}
	return []table{{
		title: fmt.Sprintf("网页：%d 个同时的访问者，每页 %d 秒，与服务同一台机器", r.Visitors, r.Seconds),
		head:  []string{"页面", "请求/秒", "p50", "p99", "失败"}, rows: rows,
	}}
}

// Visitors is how many connections ask at a time.
const visitors = 8

func beginBenchWeb(fs *flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	each := fs.Int("seconds", 3, "每个页面测几秒")
	return func(ctx context.Context, std stdio, _ []string) (report, error) {
		if *each < 1 {
			return nil, errUsage{"--seconds 要是 1 以上的整数"}
		}
		return benchWeb(ctx, std, *each)
	}
}

func benchWeb(ctx context.Context, std stdio, each int) (report, error) {
	dir, err := os.MkdirTemp("", "policypush-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the benchmark: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	site, err := startDemo(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = site.stop() }() // nothing is asked of how it ended
	cookie, err := site.visitor(ctx, std)
	if err != nil {
		return nil, err
	}
	policy, err := site.published(ctx)
	if err != nil {
		return nil, err
	}
	bare, err := startBare(ctx)
	if err != nil {
		return nil, err
	}
	found := webReport{Seconds: each, Visitors: visitors}
	for _, page := range []struct {
		name, url string
		signedIn  bool
	}{
		{"空白 Fiber 页面（对照）", bare, false},
		{"首页", site.url + "/", false},
		{"政策页", site.url + policy, false},
		{"政策列表", site.url + "/policies", false},
		{"搜索", site.url + "/policies?q=%E8%AE%BE%E5%A4%87", false},
		{"我的政策", site.url + "/me/policies", true},
		{"收件箱", site.url + "/inbox", true},
	} {
		fmt.Fprintf(std.err, "%s…\n", page.name)
		load := pageLoader{url: page.url, lasts: time.Duration(each) * time.Second}
		if page.signedIn {
			load.cookie = cookie
		}
		result, err := load.run(ctx)
		if err != nil {
			return nil, err
		}
		result.Name = page.name
		found.Pages = append(found.Pages, result)
		if result.Failed > 0 {
			return found, site.failure(fmt.Sprintf("的%s有 %d 次请求失败", page.name, result.Failed))
		}
	}
	return found, nil
}

// Visitor signs the first enterprise of the demonstration in and returns the
// cookie of its session.
func (s *demoSite) visitor(ctx context.Context, std stdio) (*http.Cookie, error) {
	cfg := config.Defaults()
	cfg.Data = filepath.Join(s.dir, "data")
	b := &base{cfg: cfg, log: telemetry.NewLogger(std.err, "text", "warn")}
	if err := b.open(ctx, 0); err != nil {
		return nil, err
	}
	defer b.close()
	who, err := b.store.SubscriberByExternalID(ctx, "demo-E000001")
	if err != nil {
		return nil, err
	}
	token, hash := auth.NewToken()
	now := time.Now()
	err = b.store.SaveSession(ctx, storage.Session{TokenHash: hash, Subscriber: who.ID, SignedIn: who.Contacts[0].ID, CreatedAt: now, Expires: now.Add(24 * time.Hour * 30)})
	return &http.Cookie{Name: "sid", Value: token}, err // the name as in package web; another one is led to the sign-in and counts as failed
}

// StartBare serves a page of nothing by the same framework, for comparison.
func startBare(ctx context.Context) (url string, err error) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true})
	app.Get("/", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for the bare page: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = app.Shutdown() })
	go func() { _ = app.Listener(ln) }() // ends with the benchmark
	return "http://" + ln.Addr().String() + "/", nil
}

// PageLoader asks for one page again and again.
type pageLoader struct {
	url    string
	cookie *http.Cookie // nil for visitors who are not signed in
	lasts  time.Duration
}

func (l pageLoader) run(ctx context.Context) (pageLoad, error) {
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: visitors, Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}
	defer client.CloseIdleConnections()
	if _, err := l.once(ctx, client); err != nil { // the first one is not timed
		return pageLoad{}, domain.Errorf(domain.Conflict, "打不开页面 %s", l.url).Because(err)
	}
	var mu sync.Mutex
	var all timings
	found := pageLoad{}
	var wg sync.WaitGroup
	started := time.Now()
	for range visitors {
		wg.Go(func() {
			var mine timings
			failed := 0
			for time.Since(started) < l.lasts && ctx.Err() == nil {
				begin := time.Now()
				status, err := l.once(ctx, client)
				mine = append(mine, time.Since(begin))
				if err != nil || status != http.StatusOK {
					failed++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all, found.Failed = append(all, mine...), found.Failed+failed
		})
	}
	wg.Wait()
	found.Requests, found.PerSecond = len(all), perSecond(len(all), time.Since(started).Seconds())
	found.P50, found.P99 = microseconds(all.quantile(0.5)), microseconds(all.quantile(0.99))
	return found, ctx.Err()
}

func (l pageLoader) once(ctx context.Context, client *http.Client) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip") // as browsers do; said by us, nobody unpacks on the service's machine
	if l.cookie != nil {
		req.AddCookie(l.cookie)
	}
	return fetch(client, req)
}
