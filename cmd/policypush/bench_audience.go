package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
)

// AudienceReport is the line of `bench audience --json`.
type audienceReport struct {
	Profiles        int     `json:"profiles"` // enterprises and residents
	Residents       int     `json:"residents"`
	Seed            uint64  `json:"seed"`
	BuildSeconds    float64 `json:"build_seconds"` // making the profiles included
	BytesPerProfile float64 `json:"bytes_per_profile"`
	RowBytes        float64 `json:"row_bytes_per_profile"`    // of these, the bitmaps, lists and runs that queries read
	StructBytes     float64 `json:"struct_bytes_per_profile"` // of the plain structs that are scanned
	// How many changes of the log a second the index follows: of profiles that
	// change altogether, and of those where up to three facts are corrected.
	UpdatesPerSecond     float64         `json:"updates_per_second"`
	CorrectionsPerSecond float64         `json:"corrections_per_second"`
	Exact                bool            `json:"exact"`
	Expressions          []questionTimes `json:"expressions"`
	// Busy is how much longer the audiences take, in the median, while 10,000
	// profiles a second change.
	Busy     float64         `json:"busy_ratio"`
	Summary  audienceSummary `json:"summary"`
	Snapshot *snapshotReport `json:"snapshot,omitempty"`
	Explain  *explainReport  `json:"explain,omitempty"`
	Reverse  *reverseReport  `json:"reverse,omitempty"`
	Keywords *wordsReport    `json:"keywords,omitempty"`
}

// QuestionTimes is what one audience took.
type questionTimes struct {
	Name     string  `json:"name"`
	Local    bool    `json:"local"` // a county or less
	Likely   uint64  `json:"likely"`
	Possible uint64  `json:"possible"`
	Audience spread  `json:"audience"` // both sets, counted
	Cold     float64 `json:"cold_us"`  // the same, after the caches held something else
	Evaluate spread  `json:"evaluate"` // both sets, as ids
	Count    spread  `json:"count"`    // by county, industry and size
	Freeze   spread  `json:"freeze"`   // the bytes that are kept, of the ids
	Scan     float64 `json:"scan_us"`
	Roaring  float64 `json:"roaring_us,omitempty"`
	Frozen   int     `json:"frozen_bytes"`
	Exact    bool    `json:"exact"`
}

func (r audienceReport) tables() []table {
	rows := make([][]string, len(r.Expressions))
	for i, e := range r.Expressions {
		rows[i] = []string{
			e.Name, fmt.Sprintf("%d + %d", e.Likely, e.Possible), e.Audience.String(), inUnits(e.Cold), e.Evaluate.String(), e.Count.String(), e.Freeze.String(),
			inUnits(e.Scan), times(e.Scan, e.Audience.P50), times(e.Roaring, e.Audience.P50), yesOrNo(e.Exact),
		}
	}
	all := []table{
		{
			title: fmt.Sprintf("人群索引：%d 个虚构对象（其中居民 %d，种子 %d）", r.Profiles, r.Residents, r.Seed),
			head:  []string{"项目", "结果"},
			rows: [][]string{
				{"建立索引", fmt.Sprintf("%s，每秒 %.0f 个", seconds(r.BuildSeconds), perSecond(r.Profiles, r.BuildSeconds))},
				{"索引每个对象占内存", fmt.Sprintf("%.1f 字节，其中位图 %.1f 字节（被扫描的普通结构 %.0f 字节）", r.BytesPerProfile, r.RowBytes, r.StructBytes)},
				{"跟随变更日志（每批 4000 条），每条整份换成另一个对象的", fmt.Sprintf("每秒 %.0f 条", r.UpdatesPerSecond)},
				{"跟随变更日志（每批 4000 条），每条改正一至三项", fmt.Sprintf("每秒 %.0f 条", r.CorrectionsPerSecond)},
				{"每秒更新 10000 个时，查询变慢", fmt.Sprintf("%.2f 倍", r.Busy)},
				{"与逐个扫描结果一致", yesOrNo(r.Exact)},
			},
		},
		r.Summary.table(),
		{
			title: "各条件的时间（p50 / p95）",
			head:  []string{"条件", "很可能 + 可能", "人数", "冷缓存", "名单", "按县、行业、规模统计", "冻结名单", "双核扫描", "扫描÷人数", "roaring 库÷人数", "一致"},
			rows:  rows,
		},
	}
	for _, part := range []interface{ tables() []table }{r.Snapshot, r.Explain, r.Reverse, r.Keywords} {
		all = append(all, part.tables()...)
	}
	return all
}

func times(a, b float64) string {
	if a == 0 {
		return "—"
	}
	return fmt.Sprintf("%.1f×", a/max(b, 0.001))
}

func yesOrNo(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

// AudienceBench is what is asked for.
type audienceBench struct {
	std                 stdio
	profiles, residents int
	seed                uint64
	each                time.Duration
	library             bool   // hold it against the roaring library as well
	measures, keywords  int    // for the reverse index and the matcher; 0 leaves them out
	sql                 string // folder for sqlExport; empty writes none

	draws  *population
	people []plain
	index  *audience.Index
	log    changeLog
	other  []uint64 // see evict
	found  audienceReport
}

func beginBenchAudience(fs *flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	b := &audienceBench{}
	fs.IntVar(&b.profiles, "profiles", 1_000_000, "多少个虚构企业（含个体工商户）")
	fs.IntVar(&b.residents, "residents", 0, "另加多少个虚构居民")
	fs.Uint64Var(&b.seed, "seed", 1, "随机数种子，相同的种子得到相同的对象")
	fs.DurationVar(&b.each, "time", 300*time.Millisecond, "每项至少测多久")
	fs.BoolVar(&b.library, "roaring", true, "与 roaring 库对照")
	fs.IntVar(&b.measures, "measures", 100_000, "反查用的虚构政策点数，0 为不测")
	fs.IntVar(&b.keywords, "keywords", 200_000, "关键词数，0 为不测")
	fs.StringVar(&b.sql, "sql", "", "把对象和条件写到这个文件夹，供 internal/tools/bench-postgres.sh 问数据库")
	return func(ctx context.Context, std stdio, _ []string) (report, error) {
		b.std = std
		return b.run(ctx)
	}
}

func (b *audienceBench) run(ctx context.Context) (report, error) {
	n := b.profiles + b.residents
	if b.profiles < 1 || b.residents < 0 || n > math.MaxUint32-1 {
		return nil, errUsage{"--profiles 要是 1 以上的整数，--residents 要是 0 以上的整数"}
	}
	b.found = audienceReport{Profiles: n, Residents: b.residents, Seed: b.seed}
	if n > manyProfiles { // beside the structs there is no room for as much garbage
		defer debug.SetGCPercent(debug.SetGCPercent(25))
	}
	b.say("生成 %d 个虚构对象…", n)
	b.draws = newPopulation(b.seed)
	empty := heap()
	b.people = b.draws.people(b.profiles, b.residents, b.seed)
	before := heap()
	b.found.StructBytes = float64(before-empty) / float64(n)
	b.say("建立索引…")
	started := time.Now()
	b.index = audience.New()
	if err := b.index.Build(ctx, b); err != nil {
		return nil, err
	}
	b.found.BuildSeconds = time.Since(started).Seconds()
	b.found.BytesPerProfile = float64(heap()-before) / float64(n)
	b.found.RowBytes = float64(b.index.RowBytes()) / float64(n)
	for _, part := range []func(context.Context) error{b.askAll, b.export, b.update, b.snapshot, b.explain, b.reverse, b.words} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	b.found.Summary = summaryOf(b.found.Expressions)
	b.found.Exact = !slices.ContainsFunc(b.found.Expressions, func(q questionTimes) bool { return !q.Exact }) && b.agrees()
	if !b.found.Exact {
		return b.found, domain.Errorf(domain.Conflict, "索引的结果与逐个扫描不一致，请把这次的输出发给开发者")
	}
	return b.found, nil
}

// ManyProfiles is from where on memory is scarce on a common machine.
const manyProfiles = 20_000_000

func (b *audienceBench) say(format string, args ...any) { fmt.Fprintf(b.std.err, format+"\n", args...) }

// The benchmark is the source that the index is built from, and its log the
// changes that it follows.

// WalkProfiles implements audience.Source.
func (b *audienceBench) WalkProfiles(_ context.Context, fn func(audience.Row) error) error {
	for i := range b.people {
		if err := fn(b.row(i)); err != nil {
			return err
		}
	}
	return nil
}

func (b *audienceBench) row(i int) audience.Row {
	profile, subscription := b.draws.subscriber(&b.people[i])
	return audience.Row{ID: domain.SubscriberID(i + 1), Profile: profile, Subscription: subscription}
}

// Heap returns the bytes in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (b *audienceBench) questions() []question {
	all := questions(b.draws)
	if b.residents == 0 {
		all = slices.DeleteFunc(all, func(q question) bool { return q.residents })
	}
	return all
}

func (b *audienceBench) askAll(ctx context.Context) error {
	asked := b.questions()
	for _, q := range asked {
		b.say("%s…", q.name)
		times, err := b.ask(ctx, q)
		if err != nil {
			return err
		}
		b.found.Expressions = append(b.found.Expressions, times)
	}
	if !b.library {
		return nil
	}
	b.say("roaring 库…")
	l := newLibrary(b.draws, b.people, asked)
	for i, q := range asked {
		e := &b.found.Expressions[i]
		var got audience.Counts
		took, err := repeat(ctx, b.each/2, func() error {
			got = l.count(q.query(b.draws))
			return nil
		})
		if err != nil {
			return err
		}
		e.Roaring = microseconds(took.quantile(0.5))
		e.Exact = e.Exact && got == audience.Counts{Likely: int(e.Likely), Possible: int(e.Possible)}
	}
	return nil
}

func (b *audienceBench) export(context.Context) error {
	if b.sql == "" {
		return nil
	}
	b.say("写 %s…", b.sql)
	x := sqlExport{people: b.draws}
	return x.write(b.sql, b.people, b.questions(), b.found.Expressions)
}

// ask measures one audience and holds it against the scan.
func (b *audienceBench) ask(ctx context.Context, asked question) (questionTimes, error) {
	found, q := questionTimes{Name: asked.name, Local: asked.local}, asked.query(b.draws)
	var (
		counts    audience.Counts
		result    audience.Result
		cells     []audience.Count
		kept      domain.FrozenAudience
		truth     audience.Result
		everybody *roaring.Bitmap
		cold      timings
		scanned   timings
	)
	runtime.GC() // what the last one left behind is not collected while this one is measured
	for _, part := range []struct {
		to     *spread
		enough time.Duration
		do     func() error
	}{
		{&found.Audience, b.each, func() error { counts = b.index.Count(q); return nil }},
		{&found.Evaluate, b.each, func() error { result = b.index.Evaluate(q); return nil }},
		{&found.Freeze, b.each / 2, func() (err error) {
			kept, err = audience.Freeze(result.Likely, result.Possible)
			return err
		}},
		{&found.Count, b.each / 2, func() error {
			if everybody == nil {
				everybody = roaring.Or(result.Likely, result.Possible)
			}
			cells = b.index.CountBy(everybody, audience.ByCounty, audience.ByIndustry, audience.BySize)
			return nil
		}},
	} {
		took, err := repeat(ctx, part.enough, part.do)
		if err != nil {
			return found, err
		}
		*part.to = took.spread()
	}
	for range min(7, 1+int(b.each/(50*time.Millisecond))) {
		b.evict()
		started := time.Now()
		b.index.Count(q)
		cold = append(cold, time.Since(started))
	}
	found.Cold = microseconds(cold.quantile(0.5))
	for range 3 {
		started := time.Now()
		truth = b.draws.scan(b.people, q)
		scanned = append(scanned, time.Since(started))
	}
	found.Scan = microseconds(scanned.quantile(0.5))
	thawed, err := audience.Thaw(kept)
	if err != nil {
		return found, err
	}
	sum := 0
	for _, c := range cells {
		sum += c.N
	}
	found.Likely, found.Possible = result.Likely.GetCardinality(), result.Possible.GetCardinality()
	found.Frozen = len(kept.Likely) + len(kept.Possible)
	found.Exact = same(result, truth) && same(thawed, truth) && uint64(sum) == found.Likely+found.Possible &&
		counts == audience.Counts{Likely: int(found.Likely), Possible: int(found.Possible)} && b.scanIsRight(q, truth)
	return found, nil
}

// Evict fills the caches with something else: more than the caches of the
// machines we know hold.
func (b *audienceBench) evict() {
	if b.other == nil {
		b.other = make([]uint64, 128<<20/8)
	}
	for i := range b.other {
		b.other[i]++
	}
}

// ScanIsRight holds the scan against package matching on some people.
func (b *audienceBench) scanIsRight(q audience.Query, truth audience.Result) bool {
	interested := b.draws.interest(q)
	for range 2000 {
		i := b.draws.IntN(len(b.people))
		profile, _ := b.draws.subscriber(&b.people[i])
		want := matching.Evaluate(&q.Measures[0], &profile, q.AsOf)
		if !interested(&b.people[i]) {
			want = domain.No
		}
		if truth.Likely.Contains(uint32(i+1)) != (want == domain.Yes) || truth.Possible.Contains(uint32(i+1)) != (want == domain.Unknown) {
			return false
		}
	}
	return true
}

// Agrees holds every question against the scan once more: after the updates.
func (b *audienceBench) agrees() bool {
	return !slices.ContainsFunc(b.questions(), func(asked question) bool {
		q := asked.query(b.draws)
		return !same(b.index.Evaluate(q), b.draws.scan(b.people, q))
	})
}

// SnapshotReport is how long it takes to keep the index and to have it back.
type snapshotReport struct {
	Bytes int64   `json:"bytes"`
	Save  float64 `json:"save_seconds"`
	Open  float64 `json:"open_seconds"`
	Same  bool    `json:"same"` // audiences as before
}

func (r *snapshotReport) tables() []table {
	if r == nil {
		return nil
	}
	return []table{{
		title: "快照",
		head:  []string{"项目", "结果"},
		rows: [][]string{
			{"大小", megabytes(r.Bytes)}, {"写", seconds(r.Save)}, {"读入到可查询", seconds(r.Open)}, {"与原来一致", yesOrNo(r.Same)},
		},
	}}
}

func (b *audienceBench) snapshot(ctx context.Context) error {
	b.say("快照…")
	dir, err := os.MkdirTemp("", "policypush-bench-")
	if err != nil {
		return fmt.Errorf("make a folder for the snapshot: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is in the system's own folder
	path := filepath.Join(dir, "snapshot")
	r := &snapshotReport{Same: true}
	started := time.Now()
	if err := b.index.Save(ctx, b, path); err != nil {
		return err
	}
	r.Save = time.Since(started).Seconds()
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at the snapshot: %w", err)
	}
	r.Bytes = info.Size()
	var before []audience.Result
	for _, asked := range b.questions() {
		before = append(before, b.index.Evaluate(asked.query(b.draws)))
	}
	b.index = nil // as in a process that starts: there is one index at a time
	heap()
	b.index = audience.New()
	var refused error
	started = time.Now()
	if err := b.index.Open(ctx, path, b, func(err error) { refused = err }); err != nil || refused != nil {
		return errors.Join(err, refused)
	}
	r.Open = time.Since(started).Seconds()
	for i, asked := range b.questions() {
		if !same(b.index.Evaluate(asked.query(b.draws)), before[i]) {
			b.say("快照与原来不一致：%s", asked.name)
			r.Same = false
		}
	}
	b.found.Snapshot = r
	return nil
}

// ExplainReport is how long it takes to tell one person why.
type explainReport struct {
	Match spread `json:"match"` // every condition, in words
	Miss  spread `json:"miss"`
	Near  spread `json:"near"` // what is missing, of a match or a miss
	Asked int    `json:"asked"`
	Agree int    `json:"agree"` // with the audience
}

func (r *explainReport) tables() []table {
	if r == nil {
		return nil
	}
	return []table{{
		title: "说明为什么",
		head:  []string{"项目", "p50 / p95"},
		rows: [][]string{
			{"在名单中的一个人", r.Match.String()},
			{"不在名单中的一个人", r.Miss.String()},
			{"还差什么", r.Near.String()},
			{"与名单一致", fmt.Sprintf("%d / %d", r.Agree, r.Asked)},
		},
	}}
}

func (b *audienceBench) explain(ctx context.Context) error {
	b.say("说明…")
	r := &explainReport{}
	var match, miss, near timings
	for _, asked := range b.questions() {
		q := asked.query(b.draws)
		q.Everyone = true
		set := b.index.Evaluate(q)
		ids := append(audience.Sample(set.Likely, 40, b.seed), audience.Sample(set.Possible, 40, b.seed)...)
		for range 40 {
			ids = append(ids, domain.SubscriberID(1+b.draws.IntN(len(b.people))))
		}
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				return err
			}
			started := time.Now()
			profile, subscription, _ := b.index.Profile(id)
			got := matching.Explain(&q.Measures[0], &profile, benchDay, nil)
			took := time.Since(started)
			if got.Truth == domain.No {
				miss = append(miss, took)
			} else {
				match = append(match, took)
			}
			started = time.Now()
			why, _ := b.index.Explain(q, id)
			near = append(near, time.Since(started))
			r.Asked++
			want := domain.VerdictOf(got.Truth)
			if subscription.Paused {
				want = domain.NotForThem
			}
			if why.Verdict == want && set.Likely.Contains(uint32(id)) == (want == domain.Likely) && set.Possible.Contains(uint32(id)) == (want == domain.Possible) {
				r.Agree++
			}
		}
	}
	r.Match, r.Miss, r.Near = match.spread(), miss.spread(), near.spread()
	b.found.Explain = r
	return nil
}
