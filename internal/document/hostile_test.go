package document

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"policypush/internal/domain"
)

// TestHostileTexts reads what nobody writes. A reader that needs the square of
// a megabyte does not come back before the test's time is over.
func TestHostileTexts(t *testing.T) {
	const mega = 1 << 20
	for name, text := range map[string]string{
		"one line without a stop":      strings.Repeat("政策", mega/6),
		"one line of sentences":        strings.Repeat("对小微企业减半征收。", mega/30),
		"one line of blanks and words": strings.Repeat("政策 ", mega/7),
		"one line of numbers":          strings.Repeat("一、补贴。二、奖励。", mega/30),
		"one line of open brackets":    strings.Repeat("(", 10_000) + strings.Repeat("《", 10_000) + "政策",
		"many brackets with years":     strings.Repeat("[2026", mega/5) + "政策",
		"a million line feeds":         "政策" + strings.Repeat("\n", mega) + "服务",
		"many short lines":             strings.Repeat("政\n", mega/4),
		"many attachments":             strings.Repeat("附件\n关于补贴\n的通知\n", mega/40),
		"many signatures":              strings.Repeat("云川县财政局\n2026年1月1日\n", mega/37),
		"many contents":                strings.Repeat("目录\n第一章总则\n", mega/25),
		"many titles":                  strings.Repeat("关于促进\n", mega/13),
		"many page numbers":            "政策\n" + strings.Repeat("— 1 —\n\f", mega/12),
		"many tabs":                    strings.Repeat("甲\t乙\n丙\n", mega/12),
		"ever deeper numbers":          strings.Repeat("一、甲\n(一)乙\n1.丙\n(1)丁\n①戊\n", mega/50),
		"broken lines without end":     strings.Repeat(strings.Repeat("政", 30)+"\n", mega/91),
		"only commas":                  strings.Repeat(",\n", mega/2),
		"many cards":                   "依据文件\n" + strings.Repeat("1.甲\n条件要求\n2.乙\n服务内容\n服务对象丙\n服务流程\n", mega/80),
		"letters":                      strings.Repeat("a b ", mega/4),
		"dates":                        strings.Repeat("2026年1月1日\n", mega/16),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := FromText("a.txt", text)
			if err != nil {
				t.Fatal(err)
			}
			checkOffsets(t, d)
			for _, c := range d.Clauses {
				if n := c.End - c.Start; n > 2*longClause && c.Kind == "text" {
					t.Fatalf("a clause has %d code points", n)
				}
			}
		})
	}
	for name, page := range map[string]string{
		"elements nest deep": strings.Repeat("<div>", 400) + "政策" + strings.Repeat("</div>", 400),
		"tables nest deep":   strings.Repeat("<table><tr><td>", 120) + "政策",
		"a list of many":     "<ol>" + strings.Repeat("<li>政策", 50_000) + "</ol>",
		"many cells":         "<table>" + strings.Repeat("<tr><td>甲<td>乙", 50_000) + "</table>",
		"broken tags":        strings.Repeat("<p <b>政策</", 20_000),
		"blocks of blocks":   strings.Repeat("<p><div><p>政策", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Read("a.html", []byte(page), DefaultLimits())
			if domain.KindOf(err) == domain.Invalid {
				return // refusing is an answer
			} else if err != nil {
				t.Fatal(err)
			}
			checkOffsets(t, d)
		})
	}
}

// TestNestedBrackets reads ten thousand brackets in every format.
func TestNestedBrackets(t *testing.T) {
	const n = 10_000
	for name, data := range map[string]string{
		"a.txt":     strings.Repeat("(", n) + "政策" + strings.Repeat(")", n),
		"quote.md":  strings.Repeat("> ", n) + "政策",
		"link.md":   strings.Repeat("[", n) + "政策" + strings.Repeat("](a)", n),
		"strong.md": strings.Repeat("*政", n) + strings.Repeat("*", n),
		"list.md":   strings.Repeat("- ", n) + "政策",
		"a.html":    strings.Repeat("<div>", n) + "政策",
		"b.html":    strings.Repeat("<table><tr><td>", n) + "政策",
		"c.html":    strings.Repeat("<b>", n) + "政策",
		"a.docx": string(docx(t, map[string]string{
			"word/document.xml": docxOpen + strings.Repeat("<w:p>", n) + "<w:r><w:t>政策</w:t></w:r>" + strings.Repeat("</w:p>", n) + docxClose,
		})),
		"a.ofd": string(ofdPage(t, strings.Repeat("<ofd:Layer>", n)+"<ofd:TextObject><ofd:TextCode>政策</ofd:TextCode></ofd:TextObject>"+strings.Repeat("</ofd:Layer>", n))),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Read(name, []byte(data), DefaultLimits())
			switch {
			case domain.KindOf(err) == domain.Invalid: // refusing is an answer
			case err != nil:
				t.Fatal(err)
			case !strings.Contains(d.Text, "政"):
				t.Errorf("the text is lost: %.80q", d.Text)
			default:
				checkOffsets(t, d)
			}
		})
	}
}

// TestLoneSurrogates reads halves of characters, which no encoding allows: they
// are dropped or refused, and never reach the text.
func TestLoneSurrogates(t *testing.T) {
	body := strings.Repeat("给予补贴。", 10)
	for name, data := range map[string]string{
		"utf16.txt": "\xFF\xFE\x00\xD8\x2F\x65\x56\x7B" + strings.Repeat("\x34\x8D\x00\xDC", 1) + strings.Repeat("\x65\x88\x34\x8D", 60),
		"utf8.txt":  body + "\xED\xA0\x80" + body,
		"cut.txt":   body + body[:len(body)-1],
		"a.html":    "<p>&#xD800;&#55357;" + body,
		"a.md":      "# &#xDFFF;通知\n\n" + body,
		"a.docx":    string(docx(t, map[string]string{"word/document.xml": docxOpen + "<w:p><w:r><w:t>&#xD800;" + body + "</w:t></w:r></w:p>" + docxClose})),
		"b.docx":    string(docx(t, map[string]string{"word/document.xml": docxOpen + para("", "\xED\xB0\x80"+body) + docxClose})),
		"a.ofd":     string(ofd(t, []string{"\xED\xA0\x80" + body})),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Read(name, []byte(data), DefaultLimits())
			if domain.KindOf(err) == domain.Invalid {
				if !strings.Contains(name, ".docx") && !strings.Contains(name, ".ofd") {
					t.Errorf("refused: %v", err)
				}
				return
			} else if err != nil {
				t.Fatal(err)
			}
			if !utf8.ValidString(d.Text) || strings.ContainsRune(d.Text, utf8.RuneError) {
				t.Errorf("%q", d.Text)
			}
			checkOffsets(t, d)
		})
	}
}

// TestTimeGrowsWithLength reads texts of one and of four times a length. What
// is asked is far below the sixteen times that a quadratic step would take.
func TestTimeGrowsWithLength(t *testing.T) {
	for name, piece := range map[string]string{
		"paragraphs":         "一、支持稳岗。对不裁员的小微企业,按参保人数给予每人500元补贴。\n(一)申报条件\n1.在本县注册登记;\n",
		"one line":           "对小微企业减半征收。",
		"one line of blanks": "政策 服务 ",
		"no stops":           "政策",
		"brackets":           "(《",
		"short lines":        "政\n",
		"rows":               "甲\t乙\n",
		"pages":              "— 1 —\n\f政策\n",
		"signatures":         "云川县财政局\n2026年1月1日\n",
		"attachments":        "附件\n关于补贴\n的通知\n",
		"cards":              "依据文件\n1.甲\n条件要求\n2.乙\n服务内容\n服务对象丙\n服务流程\n",
	} {
		t.Run(name, func(t *testing.T) {
			growth(t, 60_000, func(size int) {
				if _, err := FromText("a.txt", strings.Repeat(piece, size/len(piece))); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
	for name, piece := range map[string]string{"a.html": "<p>对小微企业减半征收。<table><tr><td>甲<td>乙</table>", "a.md": "1. 对*小微*企业[减半](a)征收。\n\n|甲|乙|\n|-|-|\n|丙|丁|\n\n"} {
		t.Run(name, func(t *testing.T) {
			growth(t, 60_000, func(size int) {
				if _, err := Read(name, []byte(strings.Repeat(piece, size/len(piece))), DefaultLimits()); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// growth compares the processor time of do at a size and at four times that. A
// busy machine disturbs one try; that it disturbs five is no accident.
func growth(t *testing.T, size int, do func(size int)) {
	t.Helper()
	took := func(size int) time.Duration {
		best := time.Hour
		for range 3 {
			runtime.GC()
			before := processorTime(t)
			do(size)
			best = min(best, processorTime(t)-before)
		}
		return best
	}
	// A collection of garbage more or less would be taken for growth.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	do(4 * size) // whatever is made once, and memory that is new
	var small, large time.Duration
	for range 5 {
		small, large = took(size), took(4*size)
		if large <= 9*small+10*time.Millisecond {
			return
		}
	}
	t.Errorf("%v for %d bytes, %v for four times as many", small, size, large)
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestAnyLines holds the promises of offsets for texts made of the pieces that
// readers decide on.
func TestAnyLines(t *testing.T) {
	pieces := []string{
		"云川县人民政府文件", "云政发〔2026〕1号", "关于促进就业的通知", "关于促进", "就业的意见", "各乡镇人民政府:", "一、总体要求", "(一)补贴标准。",
		"1.身份证;", "(1)复印件", "第一章 总则", "第二条 为了", "目录", "附件", "附件:1.表", "2.名册", "云川县财政局", "2026年1月1日", "(此件公开发布)",
		"抄送:县委", "给予补贴。", "按照以下条件:", "2", "— 3 —", "姓名\t户籍", "张某\t云川", "打印本页", "主办单位:县府办", "服务对象", "  ", "　　本办法所称企业,是指", "①", "\f", "\x00", "𠮷",
	}
	seps := []string{"\n", " ", "", "\r\n", "\n\n", "\t", "。"}
	rapid.Check(t, func(rt *rapid.T) {
		var b strings.Builder
		b.WriteString("政策")
		for range rapid.IntRange(0, 40).Draw(rt, "n") {
			b.WriteString(rapid.SampledFrom(seps).Draw(rt, "sep"))
			b.WriteString(rapid.SampledFrom(pieces).Draw(rt, "piece"))
		}
		d, err := FromText("a.txt", b.String())
		if err != nil {
			if strings.Contains(b.String(), "\x00") {
				return // refusing what looks like no text is an answer
			}
			rt.Fatal(err)
		}
		checkOffsets(t, d)
		// Reading the result again changes no word.
		again, err := FromText("a.txt", d.Text)
		if err != nil {
			rt.Fatal(err)
		}
		checkOffsets(t, again)
	})
}

func fuzzRead(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	lim := DefaultLimits()
	lim.MaxExpanded, lim.MaxBytes, lim.PDFTimeout = 1<<20, 1<<16, 5*time.Second
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read(name, data, lim)
		if err == nil {
			checkOffsets(t, d)
		}
	})
}

func FuzzText(f *testing.F) {
	fuzzRead(f, "a.txt", noticeText, "目录\n第一章\n第一章", "\xFF\xFE\x2F\x65", "政\x00策\xff", "附件\n附件1\n1.表", "一、 (一) 1. 云川县 2026年1月1日")
}

func FuzzMarkdown(f *testing.F) {
	fuzzRead(f, "a.md", "# 标题\n\n1. 一\n2. 二\n\n|a|b|\n|-|-|\n|c|d|\n", "    代码\n\n<table><tr><td>x", "- [ ] *a* `b` ![c](d) <http://e>")
}

func FuzzHTML(f *testing.F) {
	fuzzRead(f, "a.html", "<title>通知</title><p>政策<br>服务", "<table><tr><td>甲<td>乙<tr><td><table>", "<ol><li>一<li>二</ol><pre>a\n b</pre><svg><title>x", "<form><h1>标题</h1><div hidden>x")
}

func FuzzDOCX(f *testing.F) {
	fuzzRead(f, "a.docx", string(docx(f, map[string]string{"word/document.xml": docxOpen + item(0, "政策") + docxClose, "word/numbering.xml": docxList, "word/styles.xml": docxStyleSheet})),
		"PK\x03\x04", string(docx(f, map[string]string{"OFD.xml": "x"})))
}

// FuzzDocumentXML mutates what is inside a Word document, where a mutated zip
// file mostly ends at its checksum.
func FuzzDocumentXML(f *testing.F) {
	f.Add(docxOpen+para("2", "政策")+item(1, "一")+"<w:tbl><w:tr><w:tc>"+para("", "甲")+"</w:tc></w:tr></w:tbl>"+docxClose, docxList, docxStyleSheet)
	f.Add("<w:tc><w:p><w:br/></w:p></w:tbl>", "<lvl ilvl='9'/>", "<style/>")
	f.Fuzz(func(t *testing.T, document, numbering, styles string) {
		d, err := Read("a.docx", docx(t, map[string]string{"word/document.xml": document, "word/numbering.xml": numbering, "word/styles.xml": styles}), DefaultLimits())
		if err == nil {
			checkOffsets(t, d)
		}
	})
}

// FuzzPageXML mutates what is inside an OFD file.
func FuzzPageXML(f *testing.F) {
	f.Add(`<ofd:TextObject Boundary="20 30 100 5" Size="5"><ofd:TextCode X="0" Y="4">政策</ofd:TextCode></ofd:TextObject>`)
	f.Add(`<ofd:TextObject Boundary="1e400 NaN - 5"><ofd:TextCode X="" Y="Inf">政&#xD800;`)
	f.Add(`<ofd:TextObject Boundary="0 0 210 297" CTM="0.35 NaN 0 1e300 0 0" Size="16"><ofd:TextCode DeltaX="g 1e6 16 g 2 NaN g">政策</ofd:TextCode><ofd:TextCode Y="2">文件</ofd:TextCode></ofd:TextObject>`)
	f.Fuzz(func(t *testing.T, page string) {
		d, err := Read("a.ofd", ofdPage(t, page), DefaultLimits())
		if err == nil {
			checkOffsets(t, d)
		}
	})
}

// FuzzPDFLayout mutates what pdftotext and pdftocairo print; the programs themselves
// are poppler's to test.
func FuzzPDFLayout(f *testing.F) {
	const page = "<page width=\"595\" height=\"842\">\n"
	word := func(x, y float64, s string) string {
		return fmt.Sprintf("<word xMin=\"%g\" yMin=\"%g\" xMax=\"%g\" yMax=\"%g\">%s</word>\n", x, y, x+6*float64(columns(s)), y+12, s)
	}
	f.Add(page+word(200, 60, "关于补贴的通知")+word(80, 100, "品类")+word(200, 100, "比例")+word(80, 120, "空调")+word(200, 120, "15%"), `<path style="stroke:none" d="M 70 95 L 300 95 L 300 96 L 70 96 Z M 70 95 "/>`+"\n"+`<path stroke="rgb(0%,0%,0%)" d="M 70 95 L 70 140 M 300 140 L 70 140"/>`)
	f.Add(page+page+word(1e6, -5, "&lt;1")+"<word xMin=\"NaN\">2</word>\n", "<page>\n<defs>\n<path d=\"M 1 1 L 2\"/>\n</defs>\n<path d=\"M 1 C 2 Z\"/>")
	f.Add(page+strings.Repeat("<word xMin=\"9\" yMin=\"1\" xMax=\"20\" yMax=\"13\">元</word>\n", 30), `<path stroke="" transform="matrix(0,1,-1,0,5,9)" d="M 0 0 L 100 0"/>`)
	f.Fuzz(func(t *testing.T, words, paths string) {
		b := boxes{left: 1 << 20}
		text := lineWriter{read: b.read}
		if _, err := text.Write([]byte(words)); err != nil || len(b.sheets) == 0 {
			return
		}
		drawn := drawing{sheets: b.sheets}
		lines := lineWriter{read: drawn.read}
		if _, err := lines.Write([]byte(paths)); err != nil {
			t.Fatal(err)
		}
		d := &Document{}
		if err := d.fill(readSheets(b.sheets), DefaultLimits()); err == nil {
			checkOffsets(t, d)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	text := strings.Repeat("一、支持稳岗。对不裁员的小微企业，按参保人数给予每人 500 元补贴，单个企业最高不超过10万元。\n（一）申报条件\n1．在本县注册登记；\n登录浙里办在线申报，审核期限不超过15个工作日。\n", 9000)
	b.Run("2 MB", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := FromText("a.txt", text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("10 KB", func(b *testing.B) {
		b.SetBytes(10_000)
		for b.Loop() {
			if _, err := FromText("a.txt", strings.ToValidUTF8(text[:10_000], "")); err != nil {
				b.Fatal(err)
			}
		}
	})
}
