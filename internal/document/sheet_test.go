package document

import (
	"fmt"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// box draws lines around a table whose columns and rows are parted at xs and ys, except
// those named in open, by the column or row that they would begin: "x1y0" is the left side
// of the second cell of the first row.
func box(xs, ys []int, open ...string) pdfText {
	var b strings.Builder
	line := func(name string, x1, y1, x2, y2 int) {
		if !strings.Contains(strings.Join(open, " "), name) {
			fmt.Fprintf(&b, "%d %d m %d %d l S ", x1, y1, x2, y2)
		}
	}
	for i, x := range xs {
		for k := range len(ys) - 1 {
			line(fmt.Sprintf("|%d,%d", i, k), x, ys[k], x, ys[k+1])
		}
	}
	for k, y := range ys {
		for i := range len(xs) - 1 {
			line(fmt.Sprintf("-%d,%d", i, k), xs[i], y, xs[i+1], y)
		}
	}
	return pdfText{draw: b.String()}
}

func tablesOf(d *Document) string {
	var all []string
	for _, c := range d.Clauses {
		if c.Kind == domain.TableClause {
			all = append(all, c.Text)
		}
	}
	return strings.Join(all, "\n\n")
}

// TestCellsOfPDFMayWrap reads a table that lines are drawn around: the lines of a cell are
// one, cells across several rows stand in each, and cells across columns in the first.
func TestCellsOfPDFMayWrap(t *testing.T) {
	page := []pdfText{
		{x: 140, y: 790, text: "云川县技术改造补助办法"},
		{x: 84, y: 760, text: "一、补助标准见下表："},
		box([]int{60, 140, 340, 500}, []int{750, 730, 690, 650, 630}, "-0,2", "|2,0"),
		{x: 70, y: 736, text: "类别"},
		{x: 200, y: 736, text: "条件和标准"},
		{x: 70, y: 686, text: "技术改造"},
		{x: 150, y: 716, text: "设备投资额在500万元以"},
		{x: 350, y: 709, text: "补助10%"},
		{x: 150, y: 700, text: "上的工业企业"},
		{x: 150, y: 676, text: "设备投资额在200万元以"},
		{x: 350, y: 676, text: "补助5%，最"},
		{x: 150, y: 660, text: "上的项目"},
		{x: 350, y: 660, text: "高100万元"},
		{x: 70, y: 636, text: "数字化"},
		{x: 150, y: 636, text: "智能工厂"},
		{x: 350, y: 636, text: "50万元"},
		{x: 84, y: 600, text: "二、本办法自2026年3月1日起施行。"},
	}
	d := mustRead(t, "a.pdf", string(pdf(page)))
	checkOffsets(t, d)
	const want = "类别\t条件和标准\n技术改造\t设备投资额在500万元以上的工业企业\t补助10%\n技术改造\t设备投资额在200万元以上的项目\t补助5%,最高100万元\n数字化\t智能工厂\t50万元"
	if got := tablesOf(d); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if n := len(d.Clauses); n < 3 || d.Clauses[n-1].Text != "二、本办法自2026年3月1日起施行。" {
		t.Errorf("the text ends with %+v", d.Clauses[n-1])
	}
}

// TestTablesGoOnAfterThePage reads one table of two pages: its head is told once, and the
// number of the page is no part of it.
func TestTablesGoOnAfterThePage(t *testing.T) {
	xs := []int{60, 200, 400}
	first := []pdfText{{x: 140, y: 790, text: "云川县企业奖励标准的通知"}, box(xs, []int{760, 740, 720}), {x: 70, y: 746, text: "类别"}, {x: 210, y: 746, text: "金额"}, {x: 70, y: 726, text: "高企"}, {x: 210, y: 726, text: "20万元"}, {x: 280, y: 40, text: "1"}}
	second := []pdfText{box(xs, []int{790, 770, 750}), {x: 70, y: 776, text: "类别"}, {x: 210, y: 776, text: "金额"}, {x: 70, y: 756, text: "小微"}, {x: 210, y: 756, text: "8万元"}, {x: 60, y: 700, text: "自2026年6月1日起执行。"}, {x: 280, y: 40, text: "2"}}
	d := mustRead(t, "a.pdf", string(pdf(first, second)))
	checkOffsets(t, d)
	if got, want := d.Text, "云川县企业奖励标准的通知\n类别\t金额\n高企\t20万元\n小微\t8万元\n自2026年6月1日起执行。"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestTablesWithoutLines reads cells that stand under each other, and go on below or on
// both sides of the middle of their row.
func TestTablesWithoutLines(t *testing.T) {
	for name, tt := range map[string]struct {
		page []pdfText
		want string
	}{
		"from the top": {[]pdfText{
			{x: 60, y: 700, text: "县城片区"},
			{x: 180, y: 700, text: "三月一日至三月十五日在云川"},
			{x: 400, y: 700, text: "联系人张某"},
			{x: 180, y: 684, text: "县行政服务中心受理"},
			{x: 60, y: 668, text: "乡镇片区"},
			{x: 180, y: 668, text: "三月十六日起在便民中心"},
			{x: 400, y: 668, text: "联系人李某"},
		}, "县城片区\t三月一日至三月十五日在云川县行政服务中心受理\t联系人张某\n乡镇片区\t三月十六日起在便民中心\t联系人李某"},
		"in the middle": {[]pdfText{
			{x: 180, y: 716, text: "三月一日至三月十五日在云川"},
			{x: 60, y: 700, text: "县城片区"},
			{x: 180, y: 700, text: "县行政服务中心一楼大厅集中"},
			{x: 400, y: 700, text: "联系人张某"},
			{x: 180, y: 684, text: "受理"},
			{x: 180, y: 668, text: "三月十六日起在各乡镇便民服"},
			{x: 60, y: 660, text: "乡镇片区"},
			{x: 400, y: 660, text: "联系人李某"},
			{x: 180, y: 652, text: "务中心受理"},
		}, "县城片区\t三月一日至三月十五日在云川县行政服务中心一楼大厅集中受理\t联系人张某\n乡镇片区\t三月十六日起在各乡镇便民服务中心受理\t联系人李某"},
		"offices are none": {[]pdfText{
			{x: 60, y: 700, text: "云川县财政局"},
			{x: 300, y: 700, text: "云川县教育局"},
			{x: 60, y: 680, text: "云川县民政局"},
			{x: 300, y: 680, text: "云川县卫生健康局"},
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			page := append([]pdfText{{x: 140, y: 790, text: "关于集中受理申请的通知"}, {x: 84, y: 760, text: "为方便群众，现将受理地点和联系人通知如下。"}}, tt.page...)
			page = append(page, pdfText{x: 84, y: 620, text: "请按时办理。"})
			d := mustRead(t, "a.pdf", string(pdf(page)))
			checkOffsets(t, d)
			if got := tablesOf(d); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !strings.HasSuffix(d.Text, "\n请按时办理。") {
				t.Errorf("the text ends otherwise: %s", d.Text)
			}
		})
	}
}

// TestPagesOfTwoColumns reads the left column before the right one.
func TestPagesOfTwoColumns(t *testing.T) {
	page := []pdfText{{x: 180, y: 790, text: "云川县人民政府公报"}}
	left, right := "为支持企业发展，减轻企业负担，县政府决定对受灾的小微企业给予补贴。补贴按照企业实际缴纳的社会保险费的百分之五十发放，每户企业最高不超过十万元，由企业向县人力资源社会保障局提出申请，审核通过后拨付到账。", "对个体工商户，按照每户三千元的标准一次性发放补贴，由乡镇人民政府登记造册，县财政局统一拨付到个人账户，不得截留挪用。本通知自二零二六年五月一日起施行，有效期一年，由县人力资源社会保障局负责解释说明。"
	for i := range 10 {
		for x, text := range map[int]string{60: left, 320: right} {
			r := []rune(text)
			page = append(page, pdfText{x: x, y: 760 - 18*i, text: string(r[min(len(r), 10*i):min(len(r), 10*i+10)])})
		}
	}
	d := mustRead(t, "a.pdf", string(pdf(page)))
	checkOffsets(t, d)
	if got := strings.ReplaceAll(d.Text, "\n", ""); got != normalise("云川县人民政府公报"+left+right) {
		t.Errorf("got\n%s", d.Text)
	}
}

// TestPagesMayBeTurned reads a page that its file turns, and one whose texts stand on end.
func TestPagesMayBeTurned(t *testing.T) {
	texts := []string{"关于发放春耕补贴的通知", "一、补贴标准为每亩一百二十元。", "二、由乡镇人民政府统一登记造册。"}
	upright := func(y0 int) (page []pdfText) {
		for i, s := range texts {
			page = append(page, pdfText{x: 100, y: y0 - 30*i, text: s})
		}
		return page
	}
	turned := strings.Replace(string(pdf(upright(500))), "/MediaBox", "/Rotate 90/MediaBox", 1)
	for name, data := range map[string]string{"the file turns it": turned, "upwards": onEnd(string(pdf(upright(500))), "0 1 -1 0 595 0 cm"), "downwards": onEnd(string(pdf(upright(500))), "0 -1 1 0 0 842 cm")} {
		t.Run(name, func(t *testing.T) {
			d := mustRead(t, "a.pdf", data)
			checkOffsets(t, d)
			if got, want := d.Text, strings.Join(texts, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// onEnd turns what is drawn on the pages of a file. Its table of objects is wrong then,
// which readers mend.
func onEnd(data, matrix string) string {
	return strings.ReplaceAll(strings.ReplaceAll(data, "stream\nBT", "stream\n"+matrix+"\nBT"), "<</Length ", "<</Length 9")
}

// TestWhatEveryPageHasIsDropped: heads and feet, with the number of the page in them, and
// the paragraph that they part is one.
func TestWhatEveryPageHasIsDropped(t *testing.T) {
	var pages [][]pdfText
	for i, s := range []string{"关于发放春耕补贴的通知", "一、对种植早稻的农户，按照每亩一百二十元的标准发放", "补贴，由乡镇人民政府登记造册。", "二、本通知自印发之日起执行。"} {
		y := 790
		page := []pdfText{{x: 60, y: 820, text: "云川县惠农政策汇编"}, {x: 60, y: 60, text: fmt.Sprintf("云川县农业农村局 第%d页", i+1)}}
		pages = append(pages, append(page, pdfText{x: 60, y: y, text: s}))
	}
	d := mustRead(t, "a.pdf", string(pdf(pages...)))
	checkOffsets(t, d)
	if strings.Contains(d.Text, "农业农村局") || strings.Count(d.Text, "汇编") > 1 {
		t.Errorf("got\n%s", d.Text)
	}
}

// TestFewLinesEndWhereThoseOfOtherPagesDo: a sentence that the margin breaks on the last page
// is one, and so are those whom a copy is sent to.
func TestFewLinesEndWhereThoseOfOtherPagesDo(t *testing.T) {
	var first, last []pdfText
	for i, s := range []string{"为促进制造业高质量发展,根据省市有关规定,结合我县实际情况,", "现就支持工业企业技术改造、智能工厂建设、企业上规升级等有关", "事项制定本实施细则,请县政府各部门、各镇人民政府结合实际认", "真贯彻执行,并将执行中遇到的问题及时告知县经济和信息化局。"} {
		first = append(first, pdfText{x: 60, y: 780 - 30*i, text: s})
	}
	for i, s := range []string{"三、附则", "本实施细则自二零二六年四月十日起施行,有效期至二零二八年十二", "月三十一日。", "抄送:县委各部门,县人大常委会办公室,县政协办公室,县法院,县检察", "院,各人民团体。", "云川县人民政府办公室 2026年3月10日印发"} {
		last = append(last, pdfText{x: 60, y: 780 - 30*i, text: s})
	}
	d := mustRead(t, "a.pdf", string(pdf(first, last)))
	checkOffsets(t, d)
	for _, want := range []string{"有效期至二零二八年十二月三十一日。\n", "\n抄送:县委各部门,县人大常委会办公室,县政协办公室,县法院,县检察院,各人民团体。\n云川"} {
		if !strings.Contains(d.Text, want) {
			t.Errorf("no %q in\n%s", want, d.Text)
		}
	}
}
