package web

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// TestWhileTheIndexIsBuilt: a page whose numbers would be wrong says how far
// the index is and comes again by itself; everything else works.
func TestWhileTheIndexIsBuilt(t *testing.T) {
	site := newOffice(t)
	path := site.as("drafter").drafted()
	stage := audience.Stage{}
	site.Stage = func() audience.Stage { return stage }
	site.Ready = func(context.Context) error { return errors.New("not yet") }
	b := site.as("drafter")
	b.get("/console").at("/console", 200, "受众索引正在准备")
	stage = audience.Stage{Read: 1_200_000, Total: 10_000_000}
	const far = "受众索引正在建立：已读取 1,200,000 / 共 10,000,000"
	for _, page := range []string{path, path + "/audience", path + "/release"} {
		b.get(page).at(page, 503, "正在准备受众数据", far, `href="`+page+`"`)
		if b.header.Get("Retry-After") == "" || b.header.Get("Refresh") != b.header.Get("Retry-After") || !strings.Contains(b.header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s does not come again: %v", page, b.header)
		}
	}
	for _, page := range []string{"/console", "/console/policies", path + "/measures", path + "/fields", "/console/pushes", "/console/audit"} {
		b.get(page).at(page, 200, far)
		if b.header.Get("Refresh") != "" {
			t.Errorf("%s, where somebody may be writing, loads itself again", page)
		}
	}
	b.get(path+"/measures/m1").post(path+"/measures/m1", url.Values{"title": {"设备补助"}}).get("/console/policies").at("/console/policies", 200, far)
	b.get("/readyz").at("/readyz", 503, "not ready", far)
	reader := site.browser()
	for _, page := range []string{"/", "/policies", "/subscribe", "/login", "/privacy"} {
		if reader.get(page); reader.status != 200 || strings.Contains(reader.body, "受众索引") {
			t.Errorf("%s answers %d to readers", page, reader.status)
		}
	}
	stage.Done = true
	site.Ready = nil
	b.get(path).at(path, 200, "受众预览")
	if strings.Contains(b.body, "受众索引") || b.header.Get("Refresh") != "" {
		t.Error("the index is built, and the page still says that it is not")
	}
	b.get("/readyz").at("/readyz", 200, "ready")
}

// TestASupplementIsOfferedForTheRest: after a push the preview counts whom
// another one would tell, and says why the others are not in it.
func TestASupplementIsOfferedForTheRest(t *testing.T) {
	site := newOffice(t)
	ctx := t.Context()
	one, two, auditor := site.as("drafter"), site.as("approver"), site.as("auditor")
	path := one.drafted()
	release := path + "/release"
	one.get(release).post(path+"/submit", url.Values{}).at(release, 200)
	two.get(release).post(path+"/approve", url.Values{}).at(release, 200, "适用可能性高1，可能适用1")
	one.get(release).post(path+"/publish", url.Values{"possible": {"yes"}}).at("/console/pushes/1", 200)
	one.get(release).at(release, 200, "补充推送给适用可能性高的1个主体").
		post(path+"/supplement", url.Values{}).at(path+"/supplement", 409, "还有一次推送没有分派完")
	freeze := func(push domain.PushID, likely ...uint32) {
		t.Helper()
		frozen, err := audience.Freeze(roaring.BitmapOf(likely...), roaring.New())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := site.Store.FreezeAudience(ctx, push, frozen, len(likely), 0); err != nil {
			t.Fatal(err)
		}
		if err := site.Store.FinishPlan(ctx, push, site.now); err != nil {
			t.Fatal(err)
		}
	}
	freeze(1, 1) // YC-1; of the third is not known how many work there
	one.get(release).at(release, 200, "适用可能性高0，可能适用1", "补充推送给适用可能性高的0个主体")
	one.get(path).at(path, 200, "另有1个主体已经收到过")
	one.get(path+"/audience").try(path+"/audience", "who", url.Values{"who": {"YC-1"}}).at(path+"/audience", 200, "已经推送过，或本人标为与我无关")
	auditor.get(release).at(release, 200)
	if strings.Contains(auditor.body, "/supplement") {
		t.Error("an auditor is offered a push")
	}
	auditor.post(path+"/supplement", url.Values{}).at(path+"/supplement", 403)
	one.get(release).post(path+"/supplement", url.Values{"possible": {"yes"}}).at("/console/pushes/2", 200, "正在补充推送")
	push, err := site.Store.Push(ctx, 2)
	if err != nil || push.Kind != domain.NewPolicy || !push.IncludePossible || push.State != domain.PushOwed {
		t.Errorf("the supplement is %+v, %v", push, err)
	}
	freeze(2, 3)
	one.get(release).at(release, 200, "现在没有新的主体需要推送")
	one.get(path).at(path, 200, "另有2个主体已经收到过")
	one.get("/console/audit").at("/console/audit", 200, "补充推送")
	two.get(release).post(path+"/withdraw", url.Values{"reason": {"文件有误"}}).at(release, 200)
	one.get(release).post(path+"/supplement", url.Values{}).at(path+"/supplement", 409, "没有发布或已失效")
}
