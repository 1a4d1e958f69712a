package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestWithoutScripts goes the ways that the journey of the messages leaves
// out, over the pages' own forms as a browser without scripts sends them.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, map[string]any{"questions": map[string]any{"simple_days": 2, "complex_days": 6}})
	in.serve("--demo")
	draft, approve := newBrowser(t, in.url), newBrowser(t, in.url)
	for b, login := range map[*browser]string{draft: "demo-drafter", approve: "demo-approver"} {
		b.open("/console").send("/console/login", fill{"login": {login}, "password": {"yunchuan-demo"}}).says("工作台")
	}
	t.Run("conditions are checked and a sum is done", func(t *testing.T) {
		b := newBrowser(t, in.url).open("/").press("搜索", fill{"q": {"房租补贴"}}).says("条结果")
		b.open("/policies/1").follow("核对条件").press("下一题", fill{"region": {"339901103"}}).says("第2题").press("下一题", fill{"size": {"micro"}})
		b.press("下一题", fill{"staff": {"八个"}}).refuses("从业人数")
		b.press("下一题", fill{"staff": {"8"}}).press("上一题", nil).says("第3题").press("下一题", nil).press("不清楚，跳过", nil).says("第5题").press("不清楚，跳过", nil)
		b.press("看结果", nil).says("可能适用", "沙渡镇", "8人", "以主管部门审核为准")
		b.open("/policies/1").press("算一算", fill{"base": {"12000"}}).says("大约", "结果供参考")
	})
	t.Run("a question is asked, answered by two people, read and becomes an answer for all", func(t *testing.T) {
		asked, answer := "租来的铺面也能享受房租优惠吗？", "可以，凭租赁合同申请。"
		b := newBrowser(t, in.url).open("/policies/1").press("下一步", fill{"question": {asked}}).says("这些答复是不是您要的")
		b.press("不登录，直接提交", nil).says("问题已提交", asked)
		kept := regexp.MustCompile(`编号(\d+)和查询码([A-Z2-7]{10})`).FindStringSubmatch(squeezed(b.text()))
		if kept == nil {
			t.Fatalf("no number and code: %s", b.text())
		}
		desk := "/console/questions/" + kept[1]
		draft.open("/console/questions").open(draft.hrefTo(desk)).press("交他人审核", fill{"answer": {answer}, "cited": {draft.value("cited")}}).says("由另一位工作人员审核")
		newBrowser(t, in.url).open("/questions").press("查看", fill{"number": {kept[1]}, "code": {kept[2]}}).says("等待答复").silent(answer)
		approve.open(desk).press("审核通过，让提问人看到", nil).says("告知")
		newBrowser(t, in.url).open("/questions").press("查看", fill{"number": {kept[1]}, "code": {kept[2]}}).says(answer, "依据").
			press("有帮助", nil).says("您说：有帮助")
		draft.open(desk).press("转为问答草稿", fill{"ask": {asked}, "qa": {answer}}).says(asked, "待审核")
		for approve.open("/console/policies/1/interpretations").offers("/approve") {
			approve.send("/approve", nil).says("解读")
		}
		newBrowser(t, in.url).open("/policies/1").says(asked, answer)
	})
	t.Run("a question about no policy reaches an office and is answered without a clause", func(t *testing.T) {
		b := newBrowser(t, in.url).open("/ask").press("下一步", fill{"question": {"服务大厅周末开不开门？"}, "theme": {"M11"}}).says("问哪一类政策", "在2个工作日内答复，复杂的6个工作日")
		b.press("不登录，直接提交", nil).says("问题已提交").silent("正在分派")
		kept := regexp.MustCompile(`编号(\d+)和查询码([A-Z2-7]{10})`).FindStringSubmatch(squeezed(b.text()))
		if kept == nil {
			t.Fatalf("no number and code: %s", b.text())
		}
		desk := "/console/questions/" + kept[1]
		draft.open("/console/questions").open(draft.hrefTo(desk)).says("答复不引原文").press("交他人审核", fill{"answer": {"周六上午开门。"}}).says("由另一位工作人员审核")
		approve.open(desk).press("审核通过，让提问人看到", nil).says("告知")
		newBrowser(t, in.url).open("/questions").press("查看", fill{"number": {kept[1]}, "code": {kept[2]}}).says("周六上午开门。", "有帮助")
	})
	t.Run("an interpretation is taken from a draft, changed and approved", func(t *testing.T) {
		draft.open("/console/policies/1/interpretations/new?kind=qa")
		draft.press("保存", fill{"question": {"要先登记吗？"}, "answer": {"不用，到窗口当场登记就行。"}, "cited": {draft.value("cited")}}).says("要先登记吗？", "待审核")
		newBrowser(t, in.url).open("/policies/1").silent("要先登记吗")
		approve.open("/console/policies/1/interpretations").send("/approve", nil).says("要先登记吗？")
		newBrowser(t, in.url).open("/policies/1").says("要先登记吗？", "到窗口当场登记")
	})
	t.Run("a resident subscribes, manages, exports, corrects, stops and deletes", func(t *testing.T) { in.resident(t) })
}

// resident goes from subscribing to deleting everything.
func (in *installation) resident(t *testing.T) {
	b := newBrowser(t, in.url).open("/subscribe").follow("居民")
	b.press("下一步", fill{"region": {"339901103"}, "born": {"1945"}})
	b.press("下一步", fill{"all": {"yes"}})
	b.press("下一步", fill{"email": {"yes"}, "address": {"nainai@shadu.example"}, "consent": {"yes"}}).says("验证码")
	b.press("验证", fill{"code": {in.mailed(t, "n***@shadu.example", `验证码[^\d]*(\d{6})|(\d{6})[^\d]*验证码`)}}).says("订阅成功")
	stop := in.mailed(t, "n***@shadu.example", `/u/([\w-]+)`) // under the first digest, which is of what was chosen so far

	b.open("/me").says("1945").follow("修改").press("保存", fill{"born": {"1944"}}).says("已保存", "1944")
	b.open("/me/topics").press("保存", fill{"all": nil, "themes": {b.value("themes")}}).says("订阅主题已保存")
	b.open("/policies?q=补贴").press("保存这个搜索", nil).says("补贴")
	b.open("/me").press("暂停全部推送", nil).says("已暂停").press("恢复推送", nil).says("已恢复")

	var export map[string]any
	if err := json.Unmarshal([]byte(b.open(b.open("/me").href("导出我的数据")).body), &export); err != nil || !strings.Contains(b.body, "nainai@shadu.example") || !strings.Contains(b.body, "1944") {
		t.Errorf("the export is %v: %s", err, b.body)
	}
	// The link stops the address, and only when its reader says so.
	newBrowser(t, in.url).open("/u/"+stop).press("确认退订", nil).says("已退订")
	b.open("/me").says("不再发送：本人已退订")
	b.follow("删除全部").press("全部删除", nil).refuses("请先勾选确认")
	b.press("全部删除", fill{"sure": {"yes"}}).says("已全部删除")
	newBrowser(t, in.url).open("/u/"+stop).says("已退订", "这个地址") // an old link of somebody who is gone
	if b.open("/me"); b.at.Path != "/login" {
		t.Errorf("who is deleted is still signed in, at %s", b.at)
	}
}

// mailed waits for a mail in the outbox and returns what its pattern finds.
func (in *installation) mailed(t *testing.T, to, pattern string) string {
	t.Helper()
	words, found := regexp.MustCompile(pattern), ""
	await(t, func() string { return fmt.Sprintf("no mail to %s says %s", to, pattern) }, func() bool {
		files, err := filepath.Glob(filepath.Join(in.data, "outbox", "email", "*.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				if m := words.FindStringSubmatch(line); m != nil && strings.Contains(line, `"to":"`+to+`"`) {
					found = m[slices.IndexFunc(m[1:], func(s string) bool { return s != "" })+1]
				}
			}
		}
		return found != ""
	})
	return found
}
