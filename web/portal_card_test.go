package web

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

var cardInPage = regexp.MustCompile(`<meta property="og:image" content="http://policy\.example(/policies/\d+/card\.png\?v=[0-9a-f]{12})">`)

// The front page and the lists are shared with the card of the site; a search has
// no other address than its own.
func TestThePagesOfTheSiteHaveTheirPreview(t *testing.T) {
	site := newSite(t)
	card, err := site.assets.url("card.png")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"/", "/policies", "/interpretations"} {
		site.browser().get(page).at(page, 200, `<meta property="og:url" content="http://policy.example`+page+`">`,
			`<meta property="og:image" content="http://policy.example`+card+`">`, `<meta property="og:description" content="`)
	}
	if b := site.browser().get("/policies?q=" + url.QueryEscape("补贴")); strings.Contains(b.body, "og:url") {
		t.Error("a search is shared as the whole library")
	}
	if b := site.browser().get(card); b.status != 200 || b.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("the card answers %d, %s", b.status, b.header.Get("Cross-Origin-Resource-Policy"))
	}
}

func TestASharedLinkHasItsPreview(t *testing.T) {
	site := newSite(t)
	ctx := context.Background()
	policy := site.publish()
	page := fmt.Sprintf("/policies/%d", policy.ID)
	var card string
	for _, end := range []string{"", "/onepage"} {
		b := site.browser().get(page+end+"?from=timeline").at(page+end, 200,
			`<link rel="canonical" href="http://policy.example`+page+end+`">`, `<meta property="og:url" content="http://policy.example`+page+end+`">`,
			`<meta property="og:title" content="`, `<meta property="og:description" content="设备投资补助">`, `<meta name="twitter:card" content="summary_large_image">`)
		found := cardInPage.FindStringSubmatch(b.body)
		if found == nil {
			t.Fatalf("%s has no picture to be shared with: %s", page+end, b.body)
		}
		card = found[1]
	}
	static := site.assets.plain("card.png")
	if size, err := png.DecodeConfig(bytes.NewReader(static)); err != nil || size.Width != 1200 || size.Height != 630 {
		t.Fatalf("the card of the site is %d×%d, %v", size.Width, size.Height, err)
	}
	isStatic := func(when string) {
		t.Helper()
		if b := site.browser().get(card); b.status != 200 || b.header.Get("Content-Type") != "image/png" || b.body != string(static) {
			t.Errorf("%s: %d, %s, not the card of the site", when, b.status, b.header.Get("Content-Type"))
		}
	}
	owed := func(want int) string {
		t.Helper()
		keys, err := site.Store.OwedRenders(ctx, 10)
		if err != nil || len(keys) != want {
			t.Fatalf("%v are to be drawn, %v, want %d", keys, err, want)
		}
		return strings.Join(keys, " ")
	}
	isStatic("nobody draws")
	owed(0)
	if err := site.Store.NoteRenderer(ctx, site.now); err != nil {
		t.Fatal(err)
	}
	isStatic("not drawn yet")
	isStatic("asked for again")
	key := owed(1)
	if want := storage.RenderKey(domain.Card, nil)[:5] + strings.SplitN(card, "v=", 2)[1]; !strings.HasPrefix(key, want) {
		t.Errorf("%s is drawn, the page shows %s", key, card)
	}
	wanted, err := site.Store.Render(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"云川县支持技术改造", "300万元", "2026年12月10日", "云川县人民政府"} {
		if !strings.Contains(strings.ReplaceAll(string(wanted.Page), "<wbr>", ""), want) {
			t.Errorf("the card does not show %s", want)
		}
	}
	if strings.Contains(string(wanted.Page), hostile) {
		t.Error("the card shows text as markup")
	}
	if err := site.Store.FinishRender(ctx, key, []byte("drawn"), site.now); err != nil {
		t.Fatal(err)
	}
	if b := site.browser().get(card); b.body != "drawn" || !strings.Contains(b.header.Get("Cache-Control"), "public") || len(b.cookies) > 0 {
		t.Errorf("%d %q %v %v", b.status, b.body, b.header, b.cookies)
	}
	// Another content is another card under another address.
	site.now = site.now.AddDate(3, 0, 0)
	b := site.browser().get(page).at(page, 200, "已失效")
	if found := cardInPage.FindStringSubmatch(b.body); found == nil || found[1] == card {
		t.Errorf("the card of what has ended is %v", found)
	}
	if err := site.Store.NoteRenderer(ctx, site.now); err != nil {
		t.Fatal(err)
	}
	isStatic("it has ended since")
	owed(1)
}

// What is given by the month and person has a sum on the card too.
func TestTheCardSaysTheLargestSum(t *testing.T) {
	site := newSite(t)
	monthly := domain.Benefit{Amount: 700, Unit: "人·月"}
	for want, gives := range map[string][]domain.Benefit{
		"标准<b>每人每月700元</b>":   {{Rate: 0.3}, monthly, {Amount: 2000, Unit: "人"}},
		"单项最高<b>3000元</b>":    {monthly, {Amount: 3000}},
		"谁能享受、给什么、怎么办</span>": {{Rate: 0.3}},
	} {
		p := &domain.Policy{Title: "关于发放托育补贴的通知", Status: domain.Published}
		for _, b := range gives {
			p.Measures = append(p.Measures, domain.Measure{Benefit: b})
		}
		file, err := site.cardFile(p)
		if err != nil || !strings.Contains(string(file), want) {
			t.Errorf("the card does not show %s: %v", want, err)
		}
	}
}

// Beside what a policy gives first stands the most that it gives at all, unless
// the words have said it.
func TestAListSaysTheLargestSum(t *testing.T) {
	monthly, once := domain.Benefit{Amount: 700, Unit: "人·月"}, domain.Benefit{Amount: 5000, Once: true}
	for want, of := range map[string]struct {
		gain  string
		gives []domain.Benefit
	}{
		"最高5000元":    {"托育补贴等2项", []domain.Benefit{monthly, once}},
		"最高每人每月700元": {"托育补贴等2项", []domain.Benefit{monthly, {Rate: 0.3}}},
		"每人每月700元":   {"托育补贴", []domain.Benefit{monthly}},
		"5000元":      {"一次性创业补贴", []domain.Benefit{once}},
		"最高6万元":      {"租金减免50%", []domain.Benefit{{Rate: 0.5, Cap: 60_000, CapPer: "户"}}},
	} {
		p := &domain.Policy{}
		for _, b := range of.gives {
			p.Measures = append(p.Measures, domain.Measure{Benefit: b})
		}
		if got := beside(of.gain, mostOf(p)); got != want {
			t.Errorf("beside %s stands %q, want %q", of.gain, got, want)
		}
	}
	for _, gives := range []domain.Benefit{{Rate: 0.3}, {Amount: 5000}} { // no sum; said before
		p := &domain.Policy{Measures: []domain.Measure{{Benefit: gives}}}
		if got := beside("创业补贴5000元", mostOf(p)); got != "" {
			t.Errorf("of %+v %q stands beside what says it", gives, got)
		}
	}
	site := newSite(t)
	site.publish()
	for _, page := range []string{"/", "/policies"} {
		site.browser().get(page).at(page, 200, `<p class="gain">设备投资补助，<b>最高300万元</b></p>`)
	}
}

// What ends soon stands on the front page once, where that matters.
func TestTheFrontPageNamesAPolicyOnce(t *testing.T) {
	site := newSite(t)
	site.publish()
	b := site.browser().get("/").at("/", 200, "快截止了")
	if n := strings.Count(b.body, `<li class="pcard">`); n != 1 || strings.Contains(b.body, "最新政策") || strings.Contains(b.body, "还没有公开的政策") {
		t.Errorf("a policy that ends soon stands there %d times: %s", n, b.body)
	}
	site.now = site.now.AddDate(1, 0, 0)
	if b := site.browser().get("/").at("/", 200, "最新政策", "申请已截止"); strings.Count(b.body, `<li class="pcard">`) != 1 {
		t.Errorf("a policy that has ended does not stand there once: %s", b.body)
	}
}

// Whoever publishes has the card drawn, before anybody shares the link.
func TestACardIsDrawnWhenItsPolicyIsPublished(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	if err := site.Store.NoteRenderer(ctx, site.now); err != nil {
		t.Fatal(err)
	}
	one, two := site.as("drafter"), site.as("approver")
	path := one.drafted()
	one.get(path+"/release").post(path+"/submit", url.Values{})
	two.get(path+"/release").post(path+"/approve", url.Values{})
	one.get(path+"/release").post(path+"/publish", url.Values{"reason": {"内容简单"}}).at("/console/pushes/1", 200)
	keys, err := site.Store.OwedRenders(ctx, 10)
	if err != nil || len(keys) != 1 || !strings.HasPrefix(keys[0], string(domain.Card)) {
		t.Fatalf("%v, %v", keys, err)
	}
}
