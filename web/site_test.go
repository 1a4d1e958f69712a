package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/channel/app"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
	"policypush/internal/seal"
	"policypush/internal/search"
	"policypush/internal/segment"
	"policypush/internal/storage"
	"policypush/internal/storage/storagetest"
	"policypush/interpretations"
	"policypush/rules"
	"policypush/workers"
)

var loadRules = sync.OnceValues(rules.Load)

// lexicon is loaded once: its dictionary takes most of a second.
var lexicon = sync.OnceValues(func() (*search.Lexicon, error) {
	r, err := loadRules()
	if err != nil {
		return nil, err
	}
	seg, err := segment.New("", r.UserWords())
	if err != nil {
		return nil, err
	}
	return search.NewLexicon(r, seg), nil
})

// testSite is the site on an empty database with one office, and a memory of
// the codes that were sent.
type testSite struct {
	*Server
	t      *testing.T
	office domain.Office
	mu     sync.Mutex
	codes  map[string]string // by address
	now    time.Time
}

func newSite(t *testing.T, change ...func(*Config)) *testSite {
	t.Helper()
	return newSiteOn(t, storagetest.SQLite(t), change...)
}

// newSiteOn is newSite on a database of the caller's with nothing in it.
func newSiteOn(t *testing.T, database string, change ...func(*Config)) *testSite {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	keys, err := seal.Generate(filepath.Join(dir, "keys"), seal.AES)
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Open(ctx, database, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	r, err := loadRules()
	if err != nil {
		t.Fatal(err)
	}
	lex, err := lexicon()
	if err != nil {
		t.Fatal(err)
	}
	index, err := search.Create(filepath.Join(dir, "search"), lex)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = index.Close() })
	live := search.NewLive(index, Policies{Store: store})
	if err := live.Build(ctx); err != nil {
		t.Fatal(err)
	}
	site := &testSite{t: t, codes: map[string]string{}, now: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)}
	cfg := Config{
		Store: store, Rules: r, Index: audience.New(), Catalogue: audience.NewCatalogue(store), Search: live, Hub: app.NewHub(app.Limits{}), Secret: []byte("a secret of a test, 32 bytes long"),
		BaseURL: "http://policy.example", Callbacks: sms.Callbacks{Base: "http://policy.example", Key: []byte("callback key of a test")},
		Receipts: workers.Receipts{Store: store, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return site.now }},
		Modes:    map[domain.ChannelKind]string{domain.SMS: "log", domain.Email: "log"},
		SendCode: func(_ context.Context, _ domain.ChannelKind, address, code string) error {
			site.mu.Lock()
			defer site.mu.Unlock()
			site.codes[address] = code
			return nil
		},
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return site.now },
	}
	for _, f := range change {
		f(&cfg)
	}
	if site.Server, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Hub.Close)
	site.office = domain.Office{Name: "云川县政务公开办", Signature: "云川政策", Region: "330603", Phone: "0555-000-0123"}
	if err := store.SaveOffice(ctx, &site.office); err != nil {
		t.Fatal(err)
	}
	return site
}

const hostile = `<script>alert("x")</script>`

// publish stores a published policy with interpretations, and a push whose
// frozen audience holds the given subscribers.
func (s *testSite) publish(likely ...domain.SubscriberID) *domain.Policy {
	s.t.Helper()
	ctx := context.Background()
	text := "云川县支持技术改造若干措施\n第一条 对从业人数不超过300人的企业，按设备投资额的15%给予补助，最高300万元。\n第二条 申请截止2026年12月10日。"
	first := strings.Index(text, "第一条")
	at := len([]rune(text[:first]))
	clauses := []domain.Clause{{Kind: domain.TitleClause, Level: 1, Start: 0, End: at - 1, Text: "云川县支持技术改造若干措施"}}
	second := len([]rune(text[:strings.Index(text, "第二条")]))
	clauses = append(clauses,
		domain.Clause{Path: "第一条", Kind: domain.TextClause, Start: at, End: second - 1, Text: string([]rune(text)[at : second-1])},
		domain.Clause{Path: "第二条", Kind: domain.TextClause, Start: second, End: len([]rune(text)), Text: string([]rune(text)[second:])})
	policy := &domain.Policy{
		Office: s.office.ID, Status: domain.Approved, Title: "云川县支持技术改造若干措施" + hostile, DocNumber: fmt.Sprintf("云政发〔2026〕%d号", len(likely)+1),
		Issuers: []string{"云川县人民政府"}, Audience: domain.ForEnterprises, PublishDate: "2026-11-01", EffectiveFrom: "2026-11-01", Expires: "2028-12-31",
		ApplyDeadline: "2026-12-10", Text: text, Clauses: clauses, CreatedAt: s.now,
		Tags: []domain.Tag{{Dimension: domain.ThemeTag, Code: "Q01", State: domain.Confirmed}},
		Measures: []domain.Measure{{
			ID: "m1", Clause: "第一条", Title: "设备投资补助", Text: clauses[1].Text, Start: at, End: second - 1, Who: "中小微企业" + hostile,
			Criteria: domain.Leaf(domain.Condition{Field: domain.FieldStaff, Op: domain.AtMost, Number: 300, Evidence: []domain.Evidence{{Start: at + 5, End: at + 10, Text: "从业人数"}}}),
			Benefit:  domain.Benefit{Rate: 0.15, Base: "设备投资额", Cap: 3e6},
			Window:   domain.Window{From: "2026-11-10", Deadline: "2026-12-10"},
			How:      domain.How{Mode: "apply", Where: "政务服务网", Materials: []string{"发票" + hostile}},
		}},
	}
	if err := s.Store.CreatePolicy(ctx, policy); err != nil {
		s.t.Fatal(err)
	}
	for _, it := range []*interpretations.Item{
		{Kind: interpretations.QAKind, QA: &interpretations.QA{Question: "最多补多少？" + hostile, Answer: "最高300万元。", Clauses: []string{"第一条"}}},
		{Kind: interpretations.CaseKind, Title: "机械厂买设备", Case: &interpretations.Case{Clause: "第一条", Result: interpretations.Step{Name: "可得补助", Value: "15万元"}}},
	} {
		it.Policy, it.PolicyVersion, it.State, it.CreatedAt = policy.ID, policy.Version, interpretations.Approved, s.now
		if err := s.Store.SaveInterpretation(ctx, it); err != nil {
			s.t.Fatal(err)
		}
	}
	policy.Status, policy.PublishedAt = domain.Published, s.now
	push := &domain.Push{Policy: policy.ID, Version: policy.Version, Kind: domain.NewPolicy, CreatedAt: s.now}
	if err := s.Store.PublishPolicy(ctx, policy, push); err != nil {
		s.t.Fatal(err)
	}
	if len(likely) == 0 {
		return policy
	}
	s.reach(push, likely...)
	return policy
}

// reach freezes whom a push tells.
func (s *testSite) reach(push *domain.Push, likely ...domain.SubscriberID) {
	s.t.Helper()
	ctx := context.Background()
	set := roaring.New()
	for _, id := range likely {
		set.Add(uint32(id))
	}
	frozen, err := audience.Freeze(set, roaring.New())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.Store.FreezeAudience(ctx, push.ID, frozen, len(likely), 0); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Store.FinishPlan(ctx, push.ID, s.now); err != nil {
		s.t.Fatal(err)
	}
}

// browser keeps cookies between requests, as a browser without scripts.
type browser struct {
	site    *testSite
	cookies map[string]string
	body    string // of the last page, without what keeps numbers on one line
	sent    string // the page as it came
	status  int
	path    string // of the last page, after redirects
	header  http.Header
	address string // of its network, where the site stands behind a proxy
}

func (s *testSite) browser() *browser { return &browser{site: s, cookies: map[string]string{}} }

func (b *browser) do(req *http.Request) *browser {
	b.site.t.Helper()
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if b.address != "" {
		req.Header.Set(b.site.ProxyHeader, b.address)
	}
	res, err := b.site.app.Test(req, 20_000)
	if err != nil {
		b.site.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	if to := res.Header.Get("Location"); to != "" && res.StatusCode >= 300 && res.StatusCode < 400 {
		to, _, _ = strings.Cut(to, "#")
		return b.get(to)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	b.sent = string(body)
	b.body, b.status, b.path, b.header = onOneLine.ReplaceAllString(b.sent, "$1"), res.StatusCode, req.URL.Path, res.Header
	return b
}

func (b *browser) get(path string) *browser {
	b.site.t.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

var tokenInPage = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

var seenInForm = regexp.MustCompile(`<form[^>]* action="([^"]+)" method="post"><input type="hidden" name="_csrf" value="[^"]+"><input type="hidden" name="seen" value="([^"]+)">`)

// post sends a form with the token of the last page, and what that form says
// was seen.
func (b *browser) post(path string, form url.Values) *browser {
	b.site.t.Helper()
	for _, found := range seenInForm.FindAllStringSubmatch(b.body, -1) {
		if found[1] == path && !form.Has(seenField) {
			form.Set(seenField, found[2])
		}
	}
	if found := tokenInPage.FindStringSubmatch(b.body); found != nil {
		form.Set("_csrf", found[1])
	}
	return b.postAsIs(path, form)
}

func (b *browser) postAsIs(path string, form url.Values) *browser {
	b.site.t.Helper()
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

// at checks where the browser is and that the page says something.
func (b *browser) at(path string, status int, says ...string) *browser {
	b.site.t.Helper()
	if b.path != path || b.status != status {
		b.site.t.Fatalf("at %s with %d, want %s with %d\n%s", b.path, b.status, path, status, mainOf(b.body))
	}
	for _, s := range says {
		if !strings.Contains(b.body, s) {
			b.site.t.Fatalf("%s does not say %q:\n%s", b.path, s, mainOf(b.body))
		}
	}
	if strings.Contains(b.body, hostile) {
		b.site.t.Fatalf("%s shows text as markup", b.path)
	}
	b.tied()
	return b
}

var (
	besideField = regexp.MustCompile(`<span class="err" id="([^"]*)">`)
	ofProblem   = regexp.MustCompile(`<li><a href="#([^"]*)">`)
)

// tied checks that what is wrong stands beside its field, that the field names it, and
// that the summary leads there.
func (b *browser) tied() {
	b.site.t.Helper()
	for _, m := range besideField.FindAllStringSubmatch(b.body, -1) {
		if !regexp.MustCompile(`aria-describedby="(?:[^"]* )?` + regexp.QuoteMeta(m[1]) + `[ "]`).MatchString(b.body) {
			b.site.t.Errorf("%s: no field is described by %s", b.path, m[0])
		}
	}
	_, summary, _ := strings.Cut(b.body, `id="problems">`)
	summary, _, _ = strings.Cut(summary, "</ul>")
	for _, m := range ofProblem.FindAllStringSubmatch(summary, -1) {
		if n := strings.Count(b.body, ` id="`+m[1]+`"`); n != 1 {
			b.site.t.Errorf("%s: the summary leads to %s, which there is %d times", b.path, m[1], n)
		}
		if field := strings.TrimPrefix(m[1], "f-"); !strings.Contains(b.body, `<span class="err" id="e-`+field+`">`) {
			b.site.t.Errorf("%s: nothing stands beside %s", b.path, field)
		}
	}
}

// onOneLine is what unbroken keeps on one line: tests read a page without it.
var onOneLine = regexp.MustCompile(`<bdi class="nowrap">([0-9][^<]*)</bdi>`)

func mainOf(body string) string {
	if i := strings.Index(body, `<main`); i >= 0 {
		return body[i:]
	}
	return body
}

// code returns the code that was sent to an address last.
func (s *testSite) code(address string) string {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	code := s.codes[address]
	if code == "" {
		s.t.Fatalf("no code was sent to %s", address)
	}
	delete(s.codes, address)
	return code
}

// wizard goes through the three steps as an enterprise, as far as the code.
func (b *browser) wizard(phone string) *browser {
	b.site.t.Helper()
	b.get("/subscribe?kind=enterprise").at("/subscribe", 200, "企业")
	b.post("/subscribe", url.Values{"kind": {"enterprise"}, "name": {"恒达精密"}, "region": {"330603"}, "industry": {"C34"}, "staff": {"86"}, "revenue": {"4200"}})
	b.at("/subscribe/topics", 200)
	b.post("/subscribe/topics", url.Values{"all": {"yes"}})
	b.at("/subscribe/channels", 200, "86人", "所有可能适用的政策")
	b.post("/subscribe/channels", url.Values{"sms": {"yes"}, "phone": {phone}, "phone_when": {"now"}, "consent": {"yes"}})
	return b.at("/subscribe/verify", 200, domain.MaskPhone(phone))
}

// subscribe goes through the wizard and enters the code.
func (b *browser) subscribe(phone string) domain.SubscriberID {
	b.site.t.Helper()
	b.wizard(phone).post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {b.site.code(phone)}})
	ids, err := b.site.Store.SubscribersByAddress(context.Background(), domain.SMS, phone)
	if err != nil {
		b.site.t.Fatal(err)
	}
	if len(ids) == 0 {
		b.site.t.Fatalf("nobody has subscribed; at %s\n%s", b.path, mainOf(b.body))
	}
	return ids[len(ids)-1]
}
