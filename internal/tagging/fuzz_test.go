package tagging_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"policypush/internal/document"
	"policypush/internal/domain"
)

// FuzzRead promises that no text, however broken, panics the reading or makes
// it cite words that are not in the text.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("对年满周岁的人,给予999999999999999999999万元补助。")
	f.Add("自2026年13月45日起施行,有效期九十九年。〔2026〕0号")
	f.Add("对小微企业和的、或的,减按百分之零征收。、、、的的的")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := document.FromText("fuzz.txt", text)
		if err != nil {
			return
		}
		checkEvidence(t, tagger(t).Read(doc))
	})
}

// FuzzFiles promises the same of files of every format, from their bytes to the
// policy.
func FuzzFiles(f *testing.F) {
	names := []string{"a.txt", "a.md", "a.html", "a.docx", "a.ofd"}
	f.Add(uint8(0), []byte("关于发放补贴的通知\n云政发〔2026〕1号\n一、对小微企业给予5000元补贴。\xff\xed\xa0\x80"))
	f.Add(uint8(1), []byte("# 通知\n\n1. 给予5000元补贴。\n\n|标准|金额|\n|-|-|\n|甲|100元|"))
	f.Add(uint8(2), []byte("<h1>通知</h1><p>给予5000元补贴&#xD800;<table><tr><td>甲<td>乙"))
	for _, name := range []string{"canyin.docx", "qunuan.html"} {
		data, err := os.ReadFile(filepath.Join("../e2e/testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(slices.IndexFunc(names, func(n string) bool { return filepath.Ext(n) == filepath.Ext(name) })), data)
	}
	lim := document.DefaultLimits()
	lim.MaxBytes, lim.MaxExpanded = 1<<16, 1<<20
	f.Fuzz(func(t *testing.T, format uint8, data []byte) {
		doc, err := document.Read(names[int(format)%len(names)], data, lim)
		if err != nil {
			if domain.KindOf(err) != domain.Invalid {
				t.Fatal(err)
			}
			return
		}
		checkEvidence(t, tagger(t).Read(doc))
	})
}

// TestTimeGrowsWithLength reads texts of one and of four times a length. What
// is asked is far below the sixteen times that a quadratic step would take.
func TestTimeGrowsWithLength(t *testing.T) {
	statute, err := os.ReadFile("testdata/technology.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, piece := range map[string]string{
		"statutes":       string(statute),
		"one line":       "对小微企业给予补助,",
		"one word":       "税",
		"brackets":       "(《",
		"headings":       "一、支持企业\n",
		"numbers":        "云政发〔2026〕1号",
		"measures":       "对小微企业,给予1万元补助。\n",
		"a list":         "小微企业、",
		"digits":         "9",
		"dates":          "自2026年1月1日起至2027年1月1日,",
		"a long table":   "餐饮业小微企业\t给予5000元补贴\n",
		"citations":      "根据《办法》(云政发〔2026〕1号),由市财政局负责;",
		"places":         "在云川县注册的企业、杭州市户籍的居民。",
		"of all kinds":   "责任单位:市财政局、市科技局(按职责分工负责)。",
		"terms overlap":  "高新技术企业科技型中小企业专精特新中小企业",
		"one long table": "(由市财政局负责)《办法》\t税务局补贴\t",
		"signed notices": "关于补贴的通知\n对企业给予补贴。\n云川县财政局\n2026年1月1日\n",
	} {
		t.Run(name, func(t *testing.T) {
			read := func(size int) time.Duration {
				doc, err := document.FromText("a.txt", "政策\n"+strings.Repeat(piece, size/len(piece)+1))
				if err != nil {
					t.Fatal(err)
				}
				best := time.Hour
				for range 3 {
					before := processorTime(t)
					tagger(t).Read(doc)
					best = min(best, processorTime(t)-before)
				}
				return best
			}
			const size = 40_000
			read(4 * size) // whatever is made once
			var small, large time.Duration
			for range 5 { // a busy machine may disturb one try
				small, large = read(size), read(4*size)
				if large <= 9*small+10*time.Millisecond {
					return
				}
			}
			t.Errorf("%v for %d bytes, %v for four times as many", small, size, large)
		})
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestHostileTextsAreReadInOnePass reads texts that would cost minutes if any
// step were quadratic; the test's own time limit is the bound.
func TestHostileTextsAreReadInOnePass(t *testing.T) {
	for name, text := range map[string]string{
		"one long line":          strings.Repeat("对小微企业给予补助,", 60_000),
		"one long word":          strings.Repeat("税", 300_000),
		"many brackets":          strings.Repeat("(", 10_000) + "一" + strings.Repeat(")", 10_000),
		"many headings":          strings.Repeat("一、支持企业\n", 20_000),
		"many quotations":        strings.Repeat("《", 50_000),
		"many numbers":           strings.Repeat("云政发〔2026〕1号", 20_000),
		"many small measures":    strings.Repeat("对小微企业,给予1万元补助。\n", 5_000),
		"a list without an end":  strings.Repeat("小微企业、", 50_000),
		"digits without an end":  "给予" + strings.Repeat("9", 200_000) + "元补助",
		"measures of one clause": "对" + strings.Repeat("小微企业和", 20_000) + "个体工商户,给予5000元补贴。",
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := document.FromText("hostile.txt", text)
			if err != nil {
				if domain.KindOf(err) != domain.Invalid {
					t.Fatal(err)
				}
				return
			}
			p := tagger(t).Read(doc)
			if len(p.Measures) > 200 {
				t.Errorf("%d measures", len(p.Measures))
			}
		})
	}
}

// TestMemoryIsLinear reads a text of measures that share their procedure, and
// one of four times as many.
func TestMemoryIsLinear(t *testing.T) {
	const piece = "一、支持企业\n对小微企业,给予1万元补助。\n二、申请程序\n由企业向市财政局提出申请,审核后拨付资金。\n"
	allocated := func(times int) uint64 {
		doc, err := document.FromText("a.txt", "政策\n"+strings.Repeat(piece, times))
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC() // twice, so that no pool has anything left of what was read before
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		tagger(t).Read(doc)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	allocated(1) // whatever is made once
	small, large := allocated(1_500), allocated(6_000)
	if large > 6*small {
		t.Errorf("%d bytes for a text, %d for one of four times as many", small, large)
	}
}
