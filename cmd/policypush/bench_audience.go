package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
)

// AudienceReport is the line of `bench audience --json`.
type audienceReport struct {
	Profiles         int             `json:"profiles"`
	Seed             uint64          `json:"seed"`
	BuildSeconds     float64         `json:"build_seconds"`
	BytesPerProfile  float64         `json:"bytes_per_profile"`
	StructBytes      float64         `json:"struct_bytes_per_profile"` // of the plain structs that are scanned
	UpdatesPerSecond float64         `json:"updates_per_second"`
	Exact            bool            `json:"exact"`
	Expressions      []questionTimes `json:"expressions"`
}

// QuestionTimes is what one audience took.
type questionTimes struct {
	Name     string  `json:"name"`
	Likely   uint64  `json:"likely"`
	Possible uint64  `json:"possible"`
	Evaluate spread  `json:"evaluate"`
	Count    spread  `json:"count"`  // by county, industry and size
	Freeze   spread  `json:"freeze"` // evaluate, and write the bytes that are kept
	Scan     float64 `json:"scan_us"`
	Frozen   int     `json:"frozen_bytes"`
	Exact    bool    `json:"exact"`
}

func (r audienceReport) tables() []table {
	rows := make([][]string, len(r.Expressions))
	for i, e := range r.Expressions {
		rows[i] = []string{
			e.Name, fmt.Sprintf("%d + %d", e.Likely, e.Possible), e.Evaluate.String(), e.Count.String(), e.Freeze.String(), inUnits(e.Scan),
			fmt.Sprintf("%.0f×", e.Scan/max(e.Evaluate.P50, 0.001)), yesOrNo(e.Exact),
		}
	}
	return []table{
		{
			title: fmt.Sprintf("人群索引：%d 个虚构对象（种子 %d）", r.Profiles, r.Seed),
			head:  []string{"项目", "结果"},
			rows: [][]string{
				{"建立索引", fmt.Sprintf("%s，每秒 %.0f 个", seconds(r.BuildSeconds), perSecond(r.Profiles, r.BuildSeconds))},
				{"索引每个对象占内存", fmt.Sprintf("%.0f 字节（被扫描的普通结构 %.0f 字节）", r.BytesPerProfile, r.StructBytes)},
				{"更新", fmt.Sprintf("每秒 %.0f 个对象", r.UpdatesPerSecond)},
				{"与逐个扫描结果一致", yesOrNo(r.Exact)},
			},
		},
		{
			title: "各条件的时间（p50 / p95）",
			head:  []string{"条件", "很可能 + 可能", "查询", "按县、行业、规模统计", "冻结", "逐个扫描", "扫描÷查询", "一致"},
			rows:  rows,
		},
	}
}

func yesOrNo(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

func beginBenchAudience(fs *flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	n := fs.Int("profiles", 1_000_000, "多少个虚构对象")
	seed := fs.Uint64("seed", 1, "随机数种子，相同的种子得到相同的对象")
	each := fs.Duration("time", 300*time.Millisecond, "每项至少测多久")
	return func(ctx context.Context, std stdio, _ []string) (report, error) {
		if *n < 1 || *n > math.MaxUint32-1 {
			return nil, errUsage{"--profiles 要是 1 以上的整数"}
		}
		return benchAudience(ctx, std, *n, *seed, *each)
	}
}

// Person is a subscriber as a plain struct, for the scan.
type person struct {
	profile      domain.Profile
	subscription domain.Subscription
}

// BenchDay is the day for which ages are asked: the same in every run.
const benchDay = "2026-11-22"

func benchAudience(ctx context.Context, std stdio, n int, seed uint64, each time.Duration) (report, error) {
	draws := newPopulation(seed)
	fmt.Fprintf(std.err, "生成 %d 个虚构对象…\n", n)
	empty := heap()
	people := make([]person, n)
	for i := range people {
		people[i].profile, people[i].subscription = draws.subscriber()
	}
	before := heap()
	found := audienceReport{Profiles: n, Seed: seed, StructBytes: float64(before-empty) / float64(n)}
	fmt.Fprintln(std.err, "建立索引…")
	index := audience.New()
	started := time.Now()
	for i := range people {
		index.Put(domain.SubscriberID(i+1), people[i].profile, people[i].subscription)
	}
	found.BuildSeconds = time.Since(started).Seconds()
	found.BytesPerProfile = float64(heap()-before) / float64(n)

	asked := questions(draws)
	for _, q := range asked {
		fmt.Fprintf(std.err, "%s…\n", q.name)
		times, err := benchQuestion(ctx, index, people, q, each)
		if err != nil {
			return nil, err
		}
		found.Expressions = append(found.Expressions, times)
	}
	fmt.Fprintln(std.err, "更新…")
	found.UpdatesPerSecond = benchUpdates(index, people, draws, 4*each)
	found.Exact = !slices.ContainsFunc(found.Expressions, func(q questionTimes) bool { return !q.Exact })
	for _, q := range []question{asked[0], asked[len(asked)/2], asked[len(asked)-1]} { // still so after the updates
		found.Exact = found.Exact && same(index.Evaluate(q.query()), scan(people, q.query()))
	}
	if !found.Exact {
		return found, domain.Errorf(domain.Conflict, "索引的结果与逐个扫描不一致，请把这次的输出发给开发者")
	}
	return found, nil
}

// Heap returns the bytes in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (q question) query() audience.Query {
	text := ""
	if len(q.themes) > 0 {
		text = "关于支持中小企业的通知：关键词003、关键词007和关键词042。"
	}
	return audience.Query{Measures: []domain.Criteria{q.criteria}, Themes: q.themes, Text: text, AsOf: benchDay, Everyone: len(q.themes) == 0}
}

func benchQuestion(ctx context.Context, index *audience.Index, people []person, asked question, each time.Duration) (questionTimes, error) {
	found, q := questionTimes{Name: asked.name}, asked.query()
	var result audience.Result
	evaluated, err := repeat(ctx, each, func() error {
		result = index.Evaluate(q)
		return nil
	})
	if err != nil {
		return found, err
	}
	var cells []audience.Count
	everybody := roaring.Or(result.Likely, result.Possible)
	counted, err := repeat(ctx, each, func() error {
		cells = index.CountBy(everybody, audience.ByCounty, audience.ByIndustry, audience.BySize)
		return nil
	})
	if err != nil {
		return found, err
	}
	var kept domain.FrozenAudience
	frozen, err := repeat(ctx, each, func() error {
		result = index.Evaluate(q)
		var err error
		kept, err = audience.Freeze(result.Likely, result.Possible)
		return err
	})
	if err != nil {
		return found, err
	}
	started := time.Now()
	truth := scan(people, q)
	found.Scan = microseconds(time.Since(started))
	thawed, err := audience.Thaw(kept)
	if err != nil {
		return found, err
	}
	sum := 0
	for _, c := range cells {
		sum += c.N
	}
	found.Likely, found.Possible = result.Likely.GetCardinality(), result.Possible.GetCardinality()
	found.Evaluate, found.Count, found.Freeze = evaluated.spread(), counted.spread(), frozen.spread()
	found.Frozen = len(kept.Likely) + len(kept.Possible)
	found.Exact = same(result, truth) && same(thawed, truth) && uint64(sum) == found.Likely+found.Possible
	return found, nil
}

// Scan asks every plain struct in turn, by package matching.
func scan(people []person, q audience.Query) audience.Result {
	found := audience.Result{Likely: roaring.New(), Possible: roaring.New()}
	for i := range people {
		p := &people[i]
		if !interested(&p.subscription, q) {
			continue
		}
		truth := domain.No
		for m := range q.Measures {
			truth = truth.Or(matching.Evaluate(&q.Measures[m], &p.profile, q.AsOf))
		}
		switch truth {
		case domain.Yes:
			found.Likely.Add(uint32(i + 1))
		case domain.Unknown:
			found.Possible.Add(uint32(i + 1))
		}
	}
	return found
}

func interested(s *domain.Subscription, q audience.Query) bool {
	switch {
	case s.Paused:
		return false
	case q.Everyone || s.All:
		return true
	default:
		return slices.ContainsFunc(s.Themes, func(t string) bool { return slices.Contains(q.Themes, t) }) ||
			slices.ContainsFunc(s.Keywords, func(k string) bool { return strings.Contains(q.Text, k) })
	}
}

func same(a, b audience.Result) bool {
	return a.Likely.Equals(b.Likely) && a.Possible.Equals(b.Possible)
}

// BenchUpdates replaces subscribers, here and in the index, and returns how
// many a second the index takes.
func benchUpdates(index *audience.Index, people []person, draws *population, atLeast time.Duration) float64 {
	var spent time.Duration
	n := 0
	for spent < atLeast && n < 500_000 {
		batch := make([]int, min(1000, len(people)))
		for i := range batch {
			batch[i] = draws.IntN(len(people))
			people[batch[i]].profile, people[batch[i]].subscription = draws.subscriber()
		}
		started := time.Now()
		for _, i := range batch {
			index.Put(domain.SubscriberID(i+1), people[i].profile, people[i].subscription)
		}
		spent += time.Since(started)
		n += len(batch)
	}
	return perSecond(n, spent.Seconds())
}
