package web

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

func TestCorrectionsAreKeptAsCases(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	b.post(path+"/tags", url.Values{"tag": {"theme|Q26"}, "do": {"remove"}}).at(path, 200, "已留1条更正")
	b.post(path+"/tags", url.Values{"tag": {"theme|Q12"}, "do": {"confirm"}}).at(path, 200)
	add := url.Values{"do": {"add"}, "tag": {"enterprise_kind|QH1"}, "words": {"企业 购置设备"}, "clause": {"c1"}}
	b.post(path+"/tags", add).at(path, 200, "新增企业类型", "人工添加：", ">企业购置设备</a>", `<mark class="ev d-siz"`, "已留3条更正")
	add.Set("words", "张三的手机")
	b.post(path+"/tags", add).at(path+"/tags", 400, "原文里没有“张三的手机”")
	b.get(path).post(path+"/tags", url.Values{"do": {"add"}, "keyword": {"设备"}}).at(path, 200, "已留3条更正")
	b.get(path+"/fields").post(path+"/fields", url.Values{"title": {"云川县支持设备更新若干措施"}, "audience": {"enterprise"}, "contact": {"张三 13900000001"}}).at(path+"/fields", 200)
	b.get(path+"/measures/m1").post(path+"/measures/m1", url.Values{"title": {"设备投资补助"}, "clause": {"第一条"}, "rate": {"20%"}, "cap": {"300万元"}}).at(path+"/measures/m1", 200)

	kept, total, err := site.Store.Corrections(t.Context(), storage.CorrectionFilter{Limit: 100})
	if err != nil || total != 6 {
		t.Fatalf("%d corrections, %v: %+v", total, err, kept)
	}
	byCode := map[string]domain.Correction{}
	for _, k := range kept {
		byCode[k.Code] = k
	}
	for code, want := range map[string][4]string{ // what the machine said, what the officer, the words, the dimension
		"Q26":   {"assigned", "no", "企业", "theme"},
		"Q12":   {"suggested", "yes", "", "theme"},
		"QH1":   {"absent", "yes", "企业购置设备", "enterprise_kind"},
		"title": {"云川县支持设备更新若干措施" + hostile, "云川县支持设备更新若干措施", "云川县支持设备更新若干措施", "fact"},
		"rate":  {"0.15", "0.2", "企业购置设备的，按投资额的15%给予补助，最高300万元。" + hostile, "measure"},
	} {
		k := byCode[code]
		if got := [4]string{k.Machine, k.Officer, k.Words, string(k.Dimension)}; got != want {
			t.Errorf("%s: got %q, want %q", code, got, want)
		}
	}
	if c := byCode["QH1"].Context; c != "企业购置设备的，按投资额的15%给予补助，最高300万元。" {
		t.Errorf("the sentence is %q", c)
	}

	// a second thought is the newest word, and the machine's first stays
	b.get(path).post(path+"/tags", url.Values{"tag": {"theme|Q26"}, "do": {"confirm"}}).at(path, 200, "已留6条更正")
	again, _, err := site.Store.Corrections(t.Context(), storage.CorrectionFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range again {
		if k.Code == "Q26" && (k.Machine != "assigned" || k.Officer != "yes") {
			t.Errorf("restored: %+v", k)
		}
	}

	b.get("/console/corrections").at("/console/corrections", 200, "共6条", "系统：没有读出", `<mark class="ev">企业购置设备</mark>的，按投资额`, "系统读错", "系统读对", "工作人员drafter")
	b.get("/console/corrections?policy=1").at("/console/corrections", 200, "去掉", "《云川县支持设备更新若干措施》")
	b.get("/console/corrections?policy=99").at("/console/corrections", 404)
	b.get("/console/rules").at("/console/rules", 200, `href="/console/corrections"`)
	site.as("admin").get("/console/corrections").at("/console/corrections", 403)
}

func TestAllAssignedTagsAreConfirmedAsCases(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	b.post(path+"/tags", url.Values{"do": {"confirm-all"}}).at(path, 200, "确认了1个自动判定的标签")
	kept, _, err := site.Store.Corrections(t.Context(), storage.CorrectionFilter{Limit: 10})
	if err != nil || len(kept) != 1 || kept[0].Code != "Q26" || !kept[0].Confirms() {
		t.Errorf("got %+v, %v", kept, err)
	}
}

func TestCorrectionsAreFoundByDocumentFieldPersonAndDay(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	b.post(path+"/tags", url.Values{"tag": {"theme|Q26"}, "do": {"remove"}}).at(path, 200)
	const list = "/console/corrections"
	b.get(list).at(list, 200, "共1条").lacks("还没有更正")
	id := domain.PolicyID(1)
	var kept []domain.Correction
	for i := range correctionsShown {
		kept = append(kept, domain.Correction{
			Policy: id, Version: 1, Dimension: domain.MeasureCorrected, Code: "cap", Machine: "1", Officer: "2", Start: i + 1, End: i + 3,
			Words: "设备", Context: "前天改的", By: 99, At: site.now.AddDate(0, 0, -2),
		})
	}
	kept[0].Context, kept[0].At = "最早的一条", site.now.AddDate(0, 0, -3)
	if err := site.Store.SaveCorrections(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	b.get(list).at(list, 200, "共51条", list+"?page=2", "下一页").lacks("最早的一条")
	b.get(list+"?page=2").at(list, 200, "最早的一条", "上一页")
	b.get(list+"?field=theme").at(list, 200, "共1条", `value="theme" selected`).lacks("前天改的")
	b.get(list+"?field="+url.QueryEscape("measure|cap")).at(list, 200, "共50条", "前天改的")
	b.get(list+"?field="+url.QueryEscape("fact|expires")).at(list, 200, "没有找到更正", `<a href="/console/corrections">查看全部</a>`)
	b.get(list+"?result=right").at(list, 200, "没有找到更正")
	b.get(list+"?result=wrong&policy=1&field=measure").at(list, 200, "共50条", `name="policy" value="1"`)
	b.get(list+"?q="+url.QueryEscape("设备更新")).at(list, 200, "共51条")
	b.get(list+"?q="+url.QueryEscape("稳岗返还")).at(list, 200, "没有找到更正")
	day := site.now.AddDate(0, 0, -3).In(shanghai).Format(time.DateOnly)
	b.get(list+"?to="+day).at(list, 200, "共1条", "最早的一条")
	b.get(list+"?from=昨天").at(list, 200, "共51条", "日期没有读懂")
	me, err := site.Store.OperatorByLogin(t.Context(), "drafter")
	if err != nil {
		t.Fatal(err)
	}
	b.get(fmt.Sprintf("%s?who=%d", list, me.ID)).at(list, 200, "共1条").lacks("前天改的")
}
