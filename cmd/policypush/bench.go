package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Report is what a benchmark found. Its fields are the line of --json; others
// rely on their names, more may be added.
type report interface {
	tables() []table
}

// Table is what people see of a report, on the terminal and in
// docs/benchmarks.md.
type table struct {
	title string
	head  []string
	rows  [][]string
}

// Benchmark is a sub-command of bench. Its flags are declared on fs before
// they are parsed; rest holds what is left of the arguments.
type benchmark struct {
	args    string
	summary string
	begin   func(fs *flag.FlagSet) func(ctx context.Context, std stdio, rest []string) (report, error)
}

func benchmarks() map[string]benchmark {
	return map[string]benchmark{
		"tag":      {"DIR", "读懂文件的速度：解析、打标签、抽取政策点，与单纯分词对照", beginBenchTag},
		"audience": {"[--profiles N] [--residents M] [--seed S]", "人群索引：建立、查询、统计、冻结、说明、反查、关键词，与逐个扫描和 roaring 库对照并核对结果", beginBenchAudience},
		"push":     {"[--recipients N] [--channel sms|email|app] [--gateway URL]", "推送：分派、写入、交给网关，核对总数", beginBenchPush},
		"web":      {"[--seconds S]", "网页：每秒请求数和延迟，与空白页面对照", beginBenchWeb},
		"search":   {"DIR [--policies N] [--asked N] [--seed S]", "搜索：在拼成的许多政策里找，p50 和 p99", beginBenchSearch},
		"start":    {"", "带演示数据启动到就绪的时间和内存", beginBenchStart},
		"all":      {"[--out FILE] [--texts DIR]", "以上各项的短测，写成 docs/benchmarks.md", beginBenchAll},
	}
}

func runBench(ctx context.Context, std stdio, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return printBenchHelp(std.out)
	}
	name := args[0]
	b, ok := benchmarks()[name]
	if !ok {
		return errUsage{fmt.Sprintf("没有“%s”这项测试，可以测 %s", name, strings.Join(benchNames(), "、"))}
	}
	fs := flag.NewFlagSet("bench "+name, flag.ContinueOnError)
	fs.SetOutput(std.err)
	asJSON := fs.Bool("json", false, "输出一行 JSON")
	measure := b.begin(fs)
	rest, err := mixedArgs(fs, args[1:])
	if err != nil {
		return flagError(err)
	}
	if len(rest) > 0 && !strings.HasPrefix(b.args, "DIR") {
		return errUsage{fmt.Sprintf("不认识“%s”", rest[0])}
	}
	found, err := measure(ctx, std, rest)
	if found != nil { // also beside an error: sums that disagree are worth seeing
		if printErr := printReport(std.out, found, *asJSON); printErr != nil {
			return printErr
		}
	}
	return err
}

// MixedArgs parses flags before, between and after the other arguments.
func mixedArgs(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

func benchNames() []string {
	return []string{"tag", "audience", "push", "web", "search", "start", "all"}
}

func printBenchHelp(w io.Writer) error {
	var text strings.Builder
	text.WriteString("用法：policypush bench 项目 [选项] [--json]\n\n")
	all := benchmarks()
	for _, name := range benchNames() {
		fmt.Fprintf(&text, "  %-9s %s\n            %s\n", name, all[name].summary, strings.TrimSpace(name+" "+all[name].args))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func printReport(w io.Writer, r report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	for _, t := range r.tables() {
		if _, err := io.WriteString(w, t.markdown()+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// Markdown writes the table; it is readable on a terminal as well.
func (t table) markdown() string {
	var b strings.Builder
	if t.title != "" {
		fmt.Fprintf(&b, "### %s\n\n", t.title)
	}
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.head)
	rule := slices.Repeat([]string{"---:"}, len(t.head))
	rule[0] = "---"
	line(rule)
	for _, cells := range t.rows {
		line(cells)
	}
	return b.String()
}

// Timings are how long something took, each time it was done.
type timings []time.Duration

// Quantile returns the time within which the share q (0 to 1) of the runs
// ended, by the nearest rank.
func (t timings) quantile(q float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	rank := int(q*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Spread is a pair of quantiles in microseconds.
type spread struct {
	P50 float64 `json:"p50_us"`
	P95 float64 `json:"p95_us"`
}

func (t timings) spread() spread {
	return spread{microseconds(t.quantile(0.5)), microseconds(t.quantile(0.95))}
}

func (s spread) String() string { return inUnits(s.P50) + " / " + inUnits(s.P95) }

// Repeat runs f until it has taken enough time to mean something, at least
// five times and at most 200.
func repeat(ctx context.Context, enough time.Duration, f func() error) (timings, error) {
	var all timings
	for started := time.Now(); len(all) < 5 || len(all) < 200 && time.Since(started) < enough; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		begin := time.Now()
		if err := f(); err != nil {
			return nil, err
		}
		all = append(all, time.Since(begin))
	}
	return all, nil
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// InUnits writes microseconds in the unit that reads best.
func inUnits(us float64) string {
	switch {
	case us < 1000:
		return fmt.Sprintf("%.3g µs", us)
	case us < 1e6:
		return fmt.Sprintf("%.3g ms", us/1e3)
	default:
		return fmt.Sprintf("%.3g s", us/1e6)
	}
}

func seconds(s float64) string { return fmt.Sprintf("%.2f s", s) }

func megabytes(n int64) string { return fmt.Sprintf("%d MB", (n+1<<19)>>20) }

// PerSecond writes a rate; 0 seconds is no rate.
func perSecond(n int, s float64) float64 {
	if s <= 0 {
		return 0
	}
	return float64(n) / s
}
