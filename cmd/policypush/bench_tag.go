package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"policypush/internal/document"
	"policypush/internal/domain"
)

// TagReport is the line of `bench tag --json`. Sizes are of the normalised
// text in UTF-8. Speeds are by processor time, collection of garbage included,
// which is that of one core whatever else the machine does.
type tagReport struct {
	Documents         int     `json:"documents"`
	Bytes             int     `json:"bytes"`
	Rounds            int     `json:"rounds"`
	Measures          int     `json:"measures"`
	MBPerSecond       float64 `json:"mb_per_second"`
	DocsPerSecond     float64 `json:"documents_per_second"`
	SegmentMBPerSec   float64 `json:"segment_mb_per_second"`
	SegmentDocsPerSec float64 `json:"segment_documents_per_second"`
	Share             float64 `json:"segment_share"` // the speed of reading as a part of that of segmentation alone
	TenKB             spread  `json:"ten_kb"`
	TenKBBytes        int     `json:"ten_kb_bytes"`
	TenKBCPU          float64 `json:"ten_kb_cpu_us"` // processor time of one reading, collection of garbage included
	CollectionBytes   int     `json:"collection_bytes"`
	Collection        float64 `json:"collection_seconds"`     // all texts again and again as one document
	CollectionCPU     float64 `json:"collection_cpu_seconds"` // likewise, processor time
	CollectionPeak    int64   `json:"collection_heap_bytes"`  // the most that the heap held, looked at while reading
	Unreadable        int     `json:"unreadable"`
}

func (r tagReport) tables() []table {
	return []table{{
		title: fmt.Sprintf("读文件：%d 个文件，%.0f KB 正文，%d 轮，按占处理器的时间计", r.Documents, float64(r.Bytes)/1000, r.Rounds),
		head:  []string{"项目", "结果"},
		rows: [][]string{
			{"解析 + 标签 + 抽取（目标 ≥ 2 MB/s）", fmt.Sprintf("%.2f MB/s，%.0f 个文件/秒", r.MBPerSecond, r.DocsPerSecond)},
			{"单纯分词（同一次运行）", fmt.Sprintf("%.2f MB/s，%.0f 个文件/秒", r.SegmentMBPerSec, r.SegmentDocsPerSec)},
			{"阅读速度占单纯分词的百分比（目标 ≥ 40%）", fmt.Sprintf("%.0f%%", 100*r.Share)},
			{fmt.Sprintf("一个 %.1f KB 的文件，p50 / p95（目标 < 10 ms）", float64(r.TenKBBytes)/1000), r.TenKB.String()},
			{benchCPU, inUnits(r.TenKBCPU)},
			{fmt.Sprintf("一部 %.1f MB 的汇编（目标 < 2 秒）", float64(r.CollectionBytes)/1e6), fmt.Sprintf("%.2f 秒，占处理器 %.2f 秒", r.Collection, r.CollectionCPU)},
			{"读汇编时堆内存最高", fmt.Sprintf("%.0f MB", float64(r.CollectionPeak)/1e6)},
			{"读出的政策点", fmt.Sprint(r.Measures)},
		},
	}}
}

func beginBenchTag(fs *flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	atLeast := fs.Duration("time", 3*time.Second, "每项至少测多久")
	dictDir := fs.String("dict", "", "分词词典文件夹")
	return func(ctx context.Context, std stdio, rest []string) (report, error) {
		if len(rest) != 1 {
			return nil, errUsage{"请给出一个放政策文件的文件夹"}
		}
		r, err := newReading("", *dictDir)
		if err != nil {
			return nil, err
		}
		defer r.segment.Close()
		return benchTag(ctx, std, r, rest[0], *atLeast)
	}
}

// File is a document of the benchmark, in memory.
type benchFile struct {
	name string
	data []byte
}

func benchTag(ctx context.Context, std stdio, r *reading, dir string, atLeast time.Duration) (report, error) {
	files, texts, unreadable, err := benchFiles(std, r, dir)
	if err != nil {
		return nil, err
	}
	found := tagReport{Documents: len(files), Unreadable: unreadable}
	for _, t := range texts {
		found.Bytes += len(t)
	}
	for _, f := range files { // what is made when it is first needed is made here
		if _, _, err := r.read(f.name, f.data); err != nil {
			return nil, err
		}
	}
	var reading, cutting time.Duration
	for begin := time.Now(); found.Rounds == 0 || time.Since(begin) < atLeast; found.Rounds++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found.Measures = 0
		started := ownCPU()
		for _, f := range files {
			p, _, err := r.read(f.name, f.data)
			if err != nil {
				return nil, err
			}
			found.Measures += len(p.Measures)
		}
		read := ownCPU()
		for _, t := range texts {
			r.segment.Words(t)
		}
		reading, cutting = reading+read-started, cutting+ownCPU()-read
	}
	megabytes, docs := float64(found.Bytes*found.Rounds)/1e6, float64(found.Documents*found.Rounds)
	found.MBPerSecond, found.DocsPerSecond = megabytes/reading.Seconds(), docs/reading.Seconds()
	found.SegmentMBPerSec, found.SegmentDocsPerSec = megabytes/cutting.Seconds(), docs/cutting.Seconds()
	found.Share = cutting.Seconds() / reading.Seconds()

	tenKB := benchFile{"一万字节.txt", tenKilobytes(texts)}
	found.TenKBBytes = len(tenKB.data)
	before := ownCPU()
	times, err := repeat(ctx, atLeast, func() error {
		_, _, err := r.read(tenKB.name, tenKB.data)
		return err
	})
	if err != nil {
		return nil, err
	}
	found.TenKB, found.TenKBCPU = times.spread(), microseconds(ownCPU()-before)/float64(len(times))
	if err := readCollection(r, texts, &found); err != nil {
		return nil, err
	}
	return found, nil
}

// ReadCollection reads the texts, again and again up to 2 MB, as one document.
func readCollection(r *reading, texts []string, found *tagReport) error {
	const size = 2_000_000
	var body []byte
	for i := 0; len(body) < size; i++ {
		text := texts[i%len(texts)]
		body = append(append(body, text[:min(len(text), size-len(body))]...), '\n')
	}
	body = bytes.ToValidUTF8(body, nil) // the last character may be cut
	found.CollectionBytes = len(body)
	runtime.GC()
	done, peak := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		look := time.NewTicker(10 * time.Millisecond)
		defer look.Stop()
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			most = max(most, int64(now.HeapInuse))
			select {
			case <-look.C:
			case <-done:
				peak <- most
				return
			}
		}
	}()
	cpu, started := ownCPU(), time.Now()
	_, _, err := r.read("汇编.txt", body)
	found.Collection, found.CollectionCPU = time.Since(started).Seconds(), (ownCPU() - cpu).Seconds()
	close(done)
	found.CollectionPeak = <-peak
	return err
}

// BenchFiles reads every document of a folder, and their texts.
func benchFiles(std stdio, r *reading, dir string) (files []benchFile, texts []string, unreadable int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, 0, domain.Errorf(domain.NotFound, "读不到文件夹 %s：请检查路径和权限", dir).Because(err)
	}
	kinds := []string{".txt", ".md", ".html", ".htm", ".docx", ".pdf"}
	for _, e := range entries {
		if e.IsDir() || !slices.Contains(kinds, strings.ToLower(filepath.Ext(e.Name()))) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, 0, domain.Errorf(domain.NotFound, "读不到文件 %s：请检查权限", path).Because(err)
		}
		doc, err := document.Read(e.Name(), data, r.limits)
		if err != nil {
			fmt.Fprintln(std.err, oneLine(err))
			unreadable++
			continue
		}
		files, texts = append(files, benchFile{e.Name(), data}), append(texts, doc.Text)
	}
	if len(files) == 0 {
		return nil, nil, 0, domain.Errorf(domain.NotFound, "文件夹 %s 里没有读得懂的 .txt、.md、.html、.docx 或 .pdf 文件", dir)
	}
	return files, texts, unreadable, nil
}

// TenKilobytes makes a document of about 10 KB: the text that is closest to it
// in size, cut between lines, or with its lines again and again.
func tenKilobytes(texts []string) []byte {
	const size = 10_000
	closest := slices.MinFunc(texts, func(a, b string) int { return abs(len(a)-size) - abs(len(b)-size) })
	var out []byte
	for {
		before := len(out)
		for line := range strings.Lines(strings.TrimSuffix(closest, "\n") + "\n") {
			if len(out) > 0 && len(out)+len(line) > size {
				return out
			}
			out = append(out, line...)
		}
		if len(out) == before {
			return out
		}
	}
}

func abs(n int) int { return max(n, -n) }
