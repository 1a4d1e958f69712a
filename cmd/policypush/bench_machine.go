package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"policypush/internal/domain"
)

// Machine says in one line what the benchmarks ran on.
func machine() string {
	cpu := firstField("/proc/cpuinfo", "model name")
	memory := "?"
	if kb, err := strconv.ParseInt(strings.TrimSuffix(firstField("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		memory = fmt.Sprintf("%.0f GB", float64(kb)/1e6)
	}
	load, _ := os.ReadFile("/proc/loadavg")
	return fmt.Sprintf("%s，%d 核，内存 %s，%s/%s，%s；测试开始时负载 %s",
		cpu, runtime.NumCPU(), memory, runtime.GOOS, runtime.GOARCH, runtime.Version(), strings.Join(strings.Fields(string(load))[:min(1, len(load))], ""))
}

// FirstField returns the value of the first line "name: value" of a file, or
// "?" if there is none.
func firstField(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return "?"
	}
	defer func() { _ = f.Close() }() // it was only read
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "?"
}

// Child is the own binary at work in a folder of its own.
type child struct {
	cmd   *exec.Cmd
	log   string // path
	ended chan struct{}
}

// StartChild starts the own binary. Settings of the environment are kept from
// it, but for the dictionary: a benchmark is the same everywhere.
func startChild(dir string, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the own program: %w", err)
	}
	c := &child{cmd: exec.Command(self, args...), log: filepath.Join(dir, "log.txt"), ended: make(chan struct{})}
	out, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of the benchmark: %w", err)
	}
	c.cmd.Stdout, c.cmd.Stderr = out, out
	c.cmd.SysProcAttr = endsWithUs()
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "POLICYPUSH_") || strings.HasPrefix(e, "POLICYPUSH_DICT_DIR=") {
			c.cmd.Env = append(c.cmd.Env, e)
		}
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", self, err)
	}
	go func() {
		_ = c.cmd.Wait() // stop asks how it ended
		_ = out.Close()
		close(c.ended)
	}()
	return c, nil
}

// Ready returns when a URL answers 200.
func (c *child) ready(ctx context.Context, url string) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	giveUp, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		if resp, err := http.Get(url); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-look.C:
		case <-c.ended:
			return c.failure("自己退出了")
		case <-giveUp.Done():
			return c.failure("两分钟内没有就绪")
		}
	}
}

// Failure is an error with the end of the child's log.
func (c *child) failure(what string) error {
	text, _ := os.ReadFile(c.log)
	return domain.Errorf(domain.Conflict, "测试用的服务%s：%s", what, strings.TrimSpace(string(text[max(0, len(text)-600):])))
}

// Stop asks the child to end and returns how long it took. A child that has
// ended before is no error.
func (c *child) stop() (time.Duration, error) {
	started := time.Now()
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	select {
	case <-c.ended:
	case <-time.After(40 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.ended
		return 0, c.failure("没有在 40 秒内结束")
	}
	if code := c.cmd.ProcessState.ExitCode(); code != 0 {
		return 0, c.failure(fmt.Sprintf("以代码 %d 结束", code))
	}
	return time.Since(started), nil
}

// While does something else while the child stands still.
func (c *child) while(do func() error) error {
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("halt the service of the benchmark: %w", err)
	}
	err := do()
	return errors.Join(err, c.cmd.Process.Signal(syscall.SIGCONT))
}

// Memory returns what the child holds in memory now and held at most, in
// bytes.
func (c *child) memory() (now, peak int64) {
	return c.status("VmRSS"), c.status("VmHWM")
}

func (c *child) status(name string) int64 {
	value := firstField(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid), name)
	kb, err := strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64)
	if err != nil {
		return 0 // not Linux
	}
	return kb << 10
}

// CPU returns the processor time that the child has used so far.
func (c *child) cpu() time.Duration {
	const perSecond = 100 // USER_HZ, the same on every Linux
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0 // not Linux
	}
	// The second field is the name in brackets and may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / perSecond
}

// OwnCPU returns the processor time that this process has used so far.
func ownCPU() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// FreeAddress returns a loopback address on which nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// Fetch reads a page to its end and returns its status.
func fetch(client *http.Client, req *http.Request) (int, error) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
