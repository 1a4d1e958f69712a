package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// StartReport is the line of `bench start --json`.
type startReport struct {
	ReadySeconds float64 `json:"ready_seconds"`       // first start: the demonstration is loaded
	AgainSeconds float64 `json:"ready_again_seconds"` // it is there already
	ReadyCPU     float64 `json:"ready_cpu_seconds"`
	AgainCPU     float64 `json:"ready_again_cpu_seconds"`
	RSSReady     int64   `json:"rss_ready_bytes"` // of the first start
	RSSPages     int64   `json:"rss_after_pages_bytes"`
	RSSAgain     int64   `json:"rss_again_bytes"`
	RSSPeak      int64   `json:"rss_peak_bytes"`
	Pages        int     `json:"pages"`
	StopSeconds  float64 `json:"stop_seconds"`
}

func (r startReport) tables() []table {
	return []table{{
		title: "启动：serve --demo，11000 个对象、6 项政策",
		head:  []string{"项目", "结果", "目标"},
		rows: [][]string{
			{"第一次启动到就绪（载入演示数据）", seconds(r.ReadySeconds), "< 5 s"},
			{benchCPU, seconds(r.ReadyCPU), ""},
			{"再次启动到就绪", seconds(r.AgainSeconds), "< 5 s"},
			{"其中占处理器", seconds(r.AgainCPU), ""},
			{"就绪时常驻内存", megabytes(r.RSSReady), "< 400 MB"},
			{fmt.Sprintf("打开 %d 个页面后", r.Pages), megabytes(r.RSSPages), "< 400 MB"},
			{"内存峰值", megabytes(r.RSSPeak), ""},
			{"再次启动后常驻内存", megabytes(r.RSSAgain), "< 400 MB"},
			{"收到 SIGTERM 到退出", seconds(r.StopSeconds), "< 30 s"},
		},
	}}
}

func beginBenchStart(*flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	return func(ctx context.Context, _ stdio, _ []string) (report, error) { return benchStart(ctx) }
}

// DemoSite is the own binary serving the demonstration from a folder.
type demoSite struct {
	*child
	dir string
	url string
}

// StartDemo starts the service with the demonstration and returns when it is
// ready.
func startDemo(ctx context.Context, dir string) (*demoSite, error) {
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	c, err := startChild(dir, "serve", "--demo", "--data", filepath.Join(dir, "data"), "--listen", listen, "--log_level", "error")
	if err != nil {
		return nil, err
	}
	site := &demoSite{child: c, dir: dir, url: "http://" + listen}
	if err := c.ready(ctx, site.url+"/readyz"); err != nil {
		_, _ = c.stop() // the first error counts
		return nil, err
	}
	return site, nil
}

func benchStart(ctx context.Context) (report, error) {
	dir, err := os.MkdirTemp("", "policypush-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the benchmark: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	var found startReport
	started := time.Now()
	site, err := startDemo(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = site.stop() }() // on an early return
	found.ReadySeconds = time.Since(started).Seconds()
	found.RSSReady, _ = site.memory()
	found.ReadyCPU = site.cpu().Seconds()
	if found.Pages, err = site.browse(ctx, 30); err != nil {
		return nil, err
	}
	found.RSSPages, found.RSSPeak = site.memory()
	stopping, err := site.stop()
	if err != nil {
		return nil, err
	}
	found.StopSeconds = stopping.Seconds()

	started = time.Now()
	again, err := startDemo(ctx, dir)
	if err != nil {
		return nil, err
	}
	found.AgainSeconds = time.Since(started).Seconds()
	found.RSSAgain, _ = again.memory()
	found.AgainCPU = again.cpu().Seconds()
	_, err = again.stop()
	return found, err
}

// Published returns the path of a policy that the list of policies shows.
func (s *demoSite) published(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/policies", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return "", err
	}
	path := policyLink.Find(text)
	if path == nil {
		return "", s.failure("的政策列表里没有政策")
	}
	return string(path), nil
}

var policyLink = regexp.MustCompile(`/policies/\d+`)

// Browse opens n pages of the portal, one after the other.
func (s *demoSite) browse(ctx context.Context, n int) (int, error) {
	policy, err := s.published(ctx)
	if err != nil {
		return 0, err
	}
	pages := []string{"/", "/policies", "/policies?q=%E8%B4%B4%E6%81%AF", policy, "/subscribe", "/login", "/privacy"}
	for i := range n {
		page := pages[i%len(pages)]
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+page, nil)
		if err != nil {
			return i, err
		}
		status, err := fetch(http.DefaultClient, req)
		if err != nil {
			return i, err
		}
		if status != http.StatusOK {
			return i, s.failure(fmt.Sprintf("的页面 %s 回答 %d", page, status))
		}
	}
	return n, nil
}

// benchCPU names a row that several benchmarks print.
const benchCPU = "其中占处理器（机器忙时更可比）"
