package document

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// ofd packs pages into a file; a page is the lines of its text.
func ofd(t testing.TB, pages ...[]string) []byte {
	t.Helper()
	var bodies []string
	for _, lines := range pages {
		var b strings.Builder
		for k, s := range lines {
			half := len([]rune(s)) / 2
			for j, part := range []string{string([]rune(s)[half:]), string([]rune(s)[:half])} { // out of order, as programs write it
				x := 30.0
				if j == 0 {
					x += float64(half) * 5
				}
				fmt.Fprintf(&b, `<ofd:TextObject Boundary="%g %d 150 6" Size="5"><ofd:TextCode X="0" Y="5">%s</ofd:TextCode></ofd:TextObject>`, x, 30+9*k, part)
			}
		}
		bodies = append(bodies, b.String())
	}
	return ofdPage(t, bodies...)
}

// ofdPage packs what stands on pages, in XML, into a file.
func ofdPage(t testing.TB, bodies ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	add := func(name, text string) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	const space = ` xmlns:ofd="http://www.ofdspec.org/2016"`
	add("OFD.xml", `<ofd:OFD`+space+`><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>`)
	var list strings.Builder
	for i, body := range bodies {
		fmt.Fprintf(&list, `<ofd:Page ID="%d" BaseLoc="Pages/Page_%d/Content.xml"/>`, i+1, i)
		add(fmt.Sprintf("Doc_0/Pages/Page_%d/Content.xml", i), `<ofd:Page`+space+`><ofd:Content><ofd:Layer>`+body+`</ofd:Layer></ofd:Content></ofd:Page>`)
	}
	add("Doc_0/Document.xml", `<ofd:Document`+space+`><ofd:Pages>`+list.String()+`</ofd:Pages></ofd:Document>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestReadsOFD(t *testing.T) {
	data := ofd(t,
		[]string{"云川县人民政府关于发放耕地补贴的通知", "云政发〔2026〕9号", "各乡镇人民政府:", "一、补贴标准为每亩每年120元。"},
		[]string{"二、本通知自印发之日起施行。", "云川县人民政府", "2026年3月1日"})
	d, err := Read("a.ofd", data, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if d.Format != "ofd" || d.Clauses[0].Kind != domain.TitleClause || d.Clauses[0].Text != "云川县人民政府关于发放耕地补贴的通知" {
		t.Errorf("%s begins with %+v", d.Format, d.Clauses[0])
	}
	if want := "二、本通知自印发之日起施行。\n云川县人民政府\n2026年3月1日"; !strings.HasSuffix(d.Text, want) {
		t.Errorf("it reads %q, want it to end with %q", d.Text, want)
	}
	checkOffsets(t, d)
}

// TestTextOfOFDMayBeScaled reads points that a matrix turns into millimetres, in boxes
// of the whole page: lines stay apart, and so do cells.
func TestTextOfOFDMayBeScaled(t *testing.T) {
	var b strings.Builder
	at := func(x, y float64, s, steps string) {
		fmt.Fprintf(&b, `<ofd:TextObject Boundary="0 0 210 297" CTM="0.3528 0 0 0.3528 0 0" Size="16"><ofd:TextCode X="%g" Y="%g"%s>%s</ofd:TextCode></ofd:TextObject>`, x, y, steps, s)
	}
	at(100, 100, "关于发放补贴的通知", ` DeltaX="g 8 16"`)
	at(100, 120, "各乡镇人民政府：", "")
	at(132, 140, "一、补贴标准如下。", "")
	at(100, 160, "类别", "")
	at(300, 160, "金额", "")
	at(100, 180, "甲", "")
	at(300, 180, "500元", "")
	b.WriteString(`<ofd:TextObject Boundary="30 80 100 6" Size="5"><ofd:TextCode X="0" Y="5">二、自印发之日起</ofd:TextCode><ofd:TextCode X="40">施行。</ofd:TextCode></ofd:TextObject>`)
	d, err := Read("a.ofd", ofdPage(t, b.String()), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	checkOffsets(t, d)
	if want := "关于发放补贴的通知\n各乡镇人民政府:\n一、补贴标准如下。\n类别\t金额\n甲\t500元\n二、自印发之日起施行。"; d.Text != want {
		t.Errorf("got %q, want %q", d.Text, want)
	}
}

// TestTablesOfOFD reads rows whose cells stand one under the other.
func TestTablesOfOFD(t *testing.T) {
	var b strings.Builder
	put := func(x, y float64, text string) {
		fmt.Fprintf(&b, `<ofd:TextObject Boundary="%g %g 40 6" Size="5"><ofd:TextCode X="0" Y="5">%s</ofd:TextCode></ofd:TextObject>`, x, y, text)
	}
	put(30, 20, "云川县企业奖励标准的通知")
	for i, row := range [][3]string{{"类别", "金额", "条件"}, {"首次认定", "20万元", "证书有效"}, {"重新认定", "10万元", "连续三年"}} {
		for k, text := range row {
			put(30+50*float64(k), 40+9*float64(i), text)
		}
	}
	put(30, 80, "以上标准自2026年6月1日起执行。")
	d := mustRead(t, "a.ofd", string(ofdPage(t, b.String())))
	checkOffsets(t, d)
	if want := "类别\t金额\t条件\n首次认定\t20万元\t证书有效\n重新认定\t10万元\t连续三年"; len(d.Clauses) != 3 || d.Clauses[1].Kind != domain.TableClause || d.Clauses[1].Text != want {
		t.Errorf("got %+v, want a table %q", d.Clauses, want)
	}
}

// TestTemplatesOfOFD reads what a page is written on: its red head, and once what all
// pages have.
func TestTemplatesOfOFD(t *testing.T) {
	text := func(y int, s string) string {
		return fmt.Sprintf(`<ofd:TextObject Boundary="30 %d 150 6" Size="5"><ofd:TextCode X="0" Y="5">%s</ofd:TextCode></ofd:TextObject>`, y, s)
	}
	data := ofdPage(t,
		`<ofd:Template TemplateID="1"/><ofd:Template TemplateID="2"/>`+text(60, "云川县人民政府关于发放耕地补贴的通知")+text(80, "一、补贴标准为每亩120元。"),
		`<ofd:Template TemplateID="2"/>`+text(60, "二、本通知自印发之日起施行。"))
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	old, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	add := func(name, text string) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range old.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		add(f.Name, strings.Replace(string(body), "<ofd:Pages>", `<ofd:CommonData><ofd:TemplatePage ID="1" BaseLoc="Tpls/Tpl_0/Content.xml"/><ofd:TemplatePage ID="2" BaseLoc="/Doc_0/Tpls/Tpl_1/Content.xml"/></ofd:CommonData><ofd:Pages>`, 1))
	}
	const page = `<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Content><ofd:Layer>`
	add("Doc_0/Tpls/Tpl_0/Content.xml", page+text(20, "云川县人民政府文件")+`</ofd:Layer></ofd:Content></ofd:Page>`)
	add("Doc_0/Tpls/Tpl_1/Content.xml", page+`<ofd:Template TemplateID="2"/>`+text(40, "云政发〔2026〕9号")+`</ofd:Layer></ofd:Content></ofd:Page>`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	d := mustRead(t, "a.ofd", buf.String())
	checkOffsets(t, d)
	if want := "云川县人民政府文件\n云政发〔2026〕9号\n云川县人民政府关于发放耕地补贴的通知\n一、补贴标准为每亩120元。\n二、本通知自印发之日起施行。"; d.Text != want {
		t.Errorf("got\n%s\nwant\n%s", d.Text, want)
	}
}

// TestCellsOfOFDMayWrap reads a table whose lines are paths.
func TestCellsOfOFDMayWrap(t *testing.T) {
	var b strings.Builder
	put := func(x, y float64, text string) {
		fmt.Fprintf(&b, `<ofd:TextObject Boundary="%g %g 60 6" Size="4"><ofd:TextCode X="0" Y="4">%s</ofd:TextCode></ofd:TextObject>`, x, y, text)
	}
	for _, y := range []int{30, 40, 60} {
		fmt.Fprintf(&b, `<ofd:PathObject Boundary="20 %d 150 1" LineWidth="0.3"><ofd:AbbreviatedData>M 0 0 L 150 0</ofd:AbbreviatedData></ofd:PathObject>`, y)
	}
	for _, x := range []int{20, 60, 170} {
		fmt.Fprintf(&b, `<ofd:PathObject Boundary="%d 30 1 30" Fill="true" Stroke="false"><ofd:AbbreviatedData>S 0 0 M 0 0 L 0.3 0 L 0.3 30 L 0 30 C</ofd:AbbreviatedData></ofd:PathObject>`, x)
	}
	put(30, 10, "云川县企业奖励标准的通知")
	put(22, 33, "类别")
	put(62, 33, "条件")
	put(22, 48, "高企")
	put(62, 43, "证书在有效期之内，")
	put(62, 51, "并且连续三年盈利")
	put(30, 80, "以上标准自2026年6月1日起执行。")
	d := mustRead(t, "a.ofd", string(ofdPage(t, b.String())))
	checkOffsets(t, d)
	if got, want := tablesOf(d), "类别\t条件\n高企\t证书在有效期之内,并且连续三年盈利"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRefusesOFD(t *testing.T) {
	lim := DefaultLimits()
	lim.MaxExpanded = 1000
	for name, tt := range map[string]struct {
		data []byte
		lim  Limits
		says string
	}{
		"one without text":            {ofd(t, nil), DefaultLimits(), "没有文字"},
		"one that is cut off":         {ofd(t, []string{"政策"})[:300], DefaultLimits(), "压缩包已损坏"},
		"one that unpacks to much":    {ofd(t, []string{strings.Repeat("政策", 2000)}), lim, "（设置document.max_unpacked_mb）"},
		"one that is no zip":          {[]byte("政策"), DefaultLimits(), "内容却不是"},
		"a zip without what it needs": {packed(t, "a.xml", "<a/>"), DefaultLimits(), "ofd文件已损坏"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read("a.ofd", tt.data, tt.lim)
			if domain.KindOf(err) != domain.Invalid || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %s", err, tt.says)
			}
		})
	}
}

func packed(t testing.TB, name, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func FuzzReadOFD(f *testing.F) {
	fuzzRead(f, "a.ofd", string(ofd(f, []string{"云川县人民政府文件", "一、补贴"})), "PK\x03\x04")
}
