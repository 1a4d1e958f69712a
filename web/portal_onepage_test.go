package web

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/interpretations"
)

func TestOnePage(t *testing.T) {
	site := newSite(t)
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d/onepage", policy.ID)
	b := site.browser()
	b.get(page).at(page, 200, "一图读懂", "单项最高", "300万元", "12月10日", "由系统按工作人员确认的政策点绘制", fmt.Sprintf(`href="/policies/%d#c1"`, policy.ID))
	it := interpretations.Item{
		Policy: policy.ID, Kind: interpretations.OnePageKind, State: interpretations.Draft, Title: "县里的一张图",
		OnePage: &interpretations.OnePage{Blocks: []interpretations.Block{{Form: interpretations.Cards, Title: "给什么", Lines: []interpretations.Entry{{Name: "设备", Big: "15%"}}, Clause: "第一条"}}},
	}
	it.Bind(policy)
	if err := site.Store.SaveInterpretation(context.Background(), &it); err != nil {
		t.Fatal(err)
	}
	b.get(page).at(page, 200, "由系统按工作人员确认的政策点绘制")
	it.State = interpretations.Approved
	if err := site.Store.SaveInterpretation(context.Background(), &it); err != nil {
		t.Fatal(err)
	}
	b.get(page).at(page, 200, "县里的<wbr>一张图")
	if strings.Contains(b.body, "由系统按") {
		t.Error("a picture that people made is said to be automatic")
	}
}

func TestOnePageIsDrawnByAWorker(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	page := fmt.Sprintf("/policies/%d/onepage", site.publish().ID)
	b := site.browser()
	b.get(page).at(page, 200, "没有安装浏览器程序", "可以直接打印本页")
	b.get(page+".png").at(page, 200, "没有安装浏览器程序")
	if err := site.Store.NoteRenderer(ctx, site.now); err != nil {
		t.Fatal(err)
	}
	b.get(page).at(page, 200, "生成图片和PDF", page+"/files", `alt="二维码：打开本政策的页面"`)
	b.post(page+"/files", url.Values{}).at(page, 200, "正在生成图片和PDF", "刷新看看")
	owed, err := site.Store.OwedRenders(ctx, 10)
	if err != nil || len(owed) != 2 {
		t.Fatalf("owed are %v, %v", owed, err)
	}
	for _, key := range owed {
		r, err := site.Store.Render(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		text := string(r.Page)
		for _, want := range []string{"<title>一图读懂：", "size: A4", "data:image/svg+xml", `href="http://policy.example/policies/`} {
			if !strings.Contains(text, want) {
				t.Errorf("the page that is drawn is without %s", want)
			}
		}
		if regexp.MustCompile(`(?:src|href)="/|<script|<link|_csrf`).MatchString(text) || strings.Contains(text, hostile) {
			t.Error("the page that is drawn needs something from elsewhere")
		}
		if err := site.Store.FinishRender(ctx, key, []byte("file "+string(r.Form)), site.now); err != nil {
			t.Fatal(err)
		}
	}
	b.get(page).at(page, 200, page+".png", page+".pdf", "下载PDF（一页A4）")
	b.get(page+".png").at(page+".png", 200, "file png")
	b.get(page+".pdf").at(page+".pdf", 200, "file sheet")
	site.refusesDraft(b)
}

// refusesDraft sees that a draft's files are for those who may read it.
func (s *testSite) refusesDraft(b *browser) {
	s.t.Helper()
	draft := &domain.Policy{Office: s.office.ID, Status: domain.Draft, Title: "还没有发布的措施", Text: "一", CreatedAt: s.now}
	if err := s.Store.CreatePolicy(context.Background(), draft); err != nil {
		s.t.Fatal(err)
	}
	hidden := fmt.Sprintf("/policies/%d/onepage", draft.ID)
	b.get(hidden+".png").at(hidden+".png", 404)
}
