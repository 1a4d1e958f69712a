package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"policypush/internal/render"
)

// TestPaper has letters printed by the real service and the real Chromium: a
// register, large notices and receipt slips for each village, whose results are
// entered by hand and by the code on a slip.
func TestPaper(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, map[string]any{"paper": map[string]any{"mode": "send", "gather": "300ms"}, "render": map[string]any{"timeout": "3m"}})
	in.office()
	var rows strings.Builder
	for i, village := range []string{"沙渡镇东门村", "沙渡镇东门村", "沙渡镇东门村", "沙渡镇西门村"} {
		fmt.Fprintf(&rows, `{"id":"P-%d","kind":"enterprise","name":"东门小吃%d号店","region":"339901103","industry":"H62","size":"micro","staff":5,"revenue":600000,"all_that_may_apply":true,"channels":[{"kind":"paper","address":"%s｜三组%d号｜王秀%d","when":"now"}],"consent":{"version":"1","at":"2026-11-01T08:00:00Z","source":"import:testdata"}}`+"\n", i, i, village, i, i)
	}
	in.must("", "subscribers", "import", in.file("paper.jsonl", rows.String()))
	in.serve()
	j := &journey{t: t, in: in}
	j.draft, j.approve = j.signIn(drafter, drafterPassword), j.signIn(approver, approverPassword)
	j.draft.open("/console/import").send("/console/import", nil, document(t, "canyin.docx"))
	policy := j.policyCalled("餐饮业小微企业经营补贴")
	push := j.release(policy, true)

	clerk := j.approve
	await(t, func() string { return "no letters: " + clerk.text() + in.logged() }, func() bool {
		return strings.Count(clerk.open("/console/prints").says("纸质通知").text(), "待打印") == 2
	})
	j.becomes(push, 4, counts{"纸质通知 待发送": 4})
	east := clerk.follow("沙渡镇东门村").at.Path
	file := clerk.open(east + "/letters.pdf")
	if file.status != http.StatusOK {
		t.Fatalf("the file: %d %s", file.status, file.text())
	}
	east = strings.TrimSuffix(file.at.Path, "/letters.pdf")
	batch := filepath.Base(east)
	// All that is printed: reading a PDF file as a policy leaves out what stands at the head and foot of each page.
	printed, err := exec.Command("pdftotext", "-layout", in.file("letters.pdf", file.body), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	text := squeezed(string(printed))
	pages := render.Pages([]byte(file.body))
	for _, want := range []string{
		"政策通知签收登记表", "签名", "共3份", "批次" + batch, "王秀0", "三组2号", "政策明白纸", "餐饮业小微企业经营补贴", "咨询电话", "回执", "沿虚线剪下",
		strings.TrimPrefix(in.url, "http://") + "/policies/" + policy, fmt.Sprintf("第%d/%d页", pages, pages),
	} {
		if !strings.Contains(text, squeezed(want)) {
			t.Errorf("the letters do not say “%s”:\n%s", want, printed)
		}
	}
	if pages != 4 || strings.Contains(text, "三组3号") || !strings.Contains(file.body, "/StructTreeRoot") {
		t.Errorf("%d pages, tags or the wrong village:\n%s", pages, printed)
	}
	codes := slices.Compact(regexp.MustCompile(batch+`-\d-\d\d`).FindAllString(text, -1))
	if len(codes) != 3 {
		t.Fatalf("the slips have the codes %v:\n%s", codes, printed)
	}

	clerk.open(east).press("登记：已打印", nil).says("已登记打印")
	clerk.open(east).says("待登记3").silent("登记：已打印")
	j.becomes(push, 4, counts{"纸质通知 待发送": 1, "纸质通知 已打印": 3})
	clerk.open("/console/prints").send("/console/prints/slip", fill{"code": {codes[0]}, "result": {"moved"}}).says("没送到：已搬走")
	clerk.send("/console/prints/slip", fill{"code": {codes[0]}, "result": {"delivered"}}).says("此前已有结果")
	clerk.send("/console/prints/slip", fill{"code": {"99-1-00"}}).says("有一位不对")
	clerk.open(east).press("其余都已送达", nil).says("已登记2份", "有退回")
	j.becomes(push, 4, counts{"纸质通知 待发送": 1, "纸质通知 已送达": 2, "纸质通知 失败": 1})
	// What is stopped before it is printed is not printed.
	west := "/console/prints/" + map[string]string{"1": "2", "2": "1"}[batch]
	j.draft.open(push).press("中止", fill{"reason": {"口径有误"}})
	if refused := clerk.open(west + "/letters.pdf"); strings.HasPrefix(refused.body, "%PDF") ||
		!strings.Contains(refused.text(), "正在重新生成") && !strings.Contains(refused.text(), "没有可以下载的文件") { // before or after the batch is found void
		t.Errorf("after the stop the file is given out: %s", refused.text())
	}
	await(t, func() string { return "it is still to be printed: " + clerk.text() }, func() bool {
		return strings.Contains(clerk.open(west).says("沙渡镇西门村").text(), "无需打印")
	})
	if got := j.countsOf(push); !maps.Equal(got, counts{"纸质通知 已撤回": 1, "纸质通知 已送达": 2, "纸质通知 失败": 1}) {
		t.Errorf("at the end: %v", got)
	}
	if text := clerk.open("/console/audit").text(); strings.Count(text, "周敏 下载打印文件") != 1 || strings.Count(text, "周敏 登记已打印") != 1 {
		t.Errorf("the log says:\n%s", text)
	}
}
