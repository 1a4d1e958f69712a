package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// controls reads the fields of the trial as the page has them.
func (b *browser) controls() url.Values {
	form := url.Values{}
	page := b.body[strings.Index(b.body, `id="trial"`):]
	for _, m := range regexp.MustCompile(`<input type="(checkbox|radio)" name="([^"]+)" value="([^"]*)"( checked)?>`).FindAllStringSubmatch(page, -1) {
		if m[4] != "" {
			form.Add(m[2], m[3])
		}
	}
	for _, m := range regexp.MustCompile(`<input (?:class="inp[^"]*" id="[^"]*"|type="hidden") name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Add(m[1], m[2])
	}
	return form
}

// try changes some fields of the trial and presses a button.
func (b *browser) try(path, do string, change url.Values) *browser {
	b.site.t.Helper()
	form := b.controls()
	for name, values := range change {
		form[name] = values
	}
	form.Set("do", do)
	return b.post(path, form)
}

func TestATrialIsCountedAndNotSaved(t *testing.T) {
	b := newOffice(t).as("drafter")
	policy := b.drafted()
	path := policy + "/audience"
	b.get(policy).at(policy, 200, "试算、交叉统计、查一个主体")
	b.get(path).at(path, 200, `<b class="num">1</b>适用可能性高，<b class="num">1</b>可能适用`, "从业人数 不超过", `value="300"`, "乡镇街道与企业规模")
	if strings.Contains(b.body, "与保存的条件相比") {
		t.Error("nothing was changed, and it is compared")
	}
	b.try(path, "try", url.Values{"n:m1/-": {"1000"}}).at(path, 200,
		`<b class="num">2</b>适用可能性高，<b class="num">1</b>可能适用（试算，未保存）`, `value="1000"`, "与保存的条件相比", "<dt>新增</dt><dd>1</dd>", "<dt>减少</dt><dd>0</dd>", "<dt>不变</dt><dd>2</dd>", "云川**商贸有限公司")
	b.try(path, "try", url.Values{"size": {"large"}, "down": {"industry"}, "across": {"size"}}).at(path, 200, `<b class="num">1</b>适用可能性高`, "<caption>行业与企业规模</caption>")
	b.try(path, "try", url.Values{"measure": nil}).at(path, 200, `<b class="num">0</b>适用可能性高，<b class="num">0</b>可能适用`, "没有人会收到")
	b.try(path, "try", url.Values{"measure": {"m1"}, "on": nil, "size": nil}).at(path, 200, `<b class="num">3</b>适用可能性高，<b class="num">0</b>可能适用`)
	b.try(path, "try", url.Values{"on": {"m1/-"}, "n:m1/-": {"很多"}}).at(path, 200, "“从业人数”要填写整数，例如300；先按300计算", `<b class="num">1</b>适用可能性高`)
	b.try(path, "save", url.Values{}).at(path, 200, "没有保存：请先改正下面的错误。")
	b.get(path).at(path, 200, `value="300"`, `<b class="num">1</b>适用可能性高，<b class="num">1</b>可能适用`)
}

func TestATrialIsSavedWhenTheOfficerSaysSo(t *testing.T) {
	b := newOffice(t).as("drafter")
	policy := b.drafted()
	path := policy + "/audience"
	b.get(path).try(path, "save", url.Values{"measure": nil}).at(path, 200, "没有保存：政策点“设备投资补助”没有勾选")
	b.get(path).try(path, "save", url.Values{"n:m1/-": {"1000"}, "theme": {"Q26", "Q12"}, "region": {"330603"}}).at(path, 200,
		"已保存：新增主题“", "“设备投资补助”的条件改为“", "受众：适用可能性高1 → 2", `value="1000"`, `<b class="num">2</b>适用可能性高，<b class="num">1</b>可能适用`)
	b.get(policy+"/measures/m1").at(policy+"/measures/m1", 200, "1000人", "柯桥区")
	stale := b.get(path).controls()
	b.try(path, "save", url.Values{"n:m1/1": {"20"}}).at(path, 200, "已保存")
	b.post(path, stale).at(path, 200, "这份政策刚被别人修改", `value="20"`)

	looks := b.site.as("auditor")
	looks.get(path).at(path, 200, "受众试算")
	if strings.Contains(looks.body, "保存到草稿") {
		t.Error("an auditor is offered to save")
	}
	looks.try(path, "try", url.Values{"n:m1/1": {"2000"}}).at(path, 200, `<b class="num">2</b>适用可能性高`)
	looks.try(path, "save", url.Values{"n:m1/1": {"2000"}}).at(path, 403, "起草权限")
}

// TestTheFragmentIsThePage: what a script puts in place is what the page shows.
func TestTheFragmentIsThePage(t *testing.T) {
	b := newOffice(t).as("drafter")
	path := b.drafted() + "/audience"
	b.get(path)
	form := b.controls()
	form.Set("_csrf", tokenInPage.FindStringSubmatch(b.body)[1])
	form.Set("n:m1/-", "1000")
	form.Set("do", "try")
	whole := b.postAsIs(path, form).at(path, 200).body
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Part", "1")
	part := b.do(req).at(path, 200).body
	if strings.Contains(part, "<html") || len(part) > len(whole)/2 {
		t.Errorf("the fragment is %d of %d bytes", len(part), len(whole))
	}
	inner := func(s, from, to string) string {
		_, s, _ = strings.Cut(s, from)
		s, _, _ = strings.Cut(s, to)
		return strings.TrimSpace(s)
	}
	if a, b := inner(part, `data-part="sum">`, "</div>"), inner(whole, `aria-live="polite">`, "</span>"); a == "" || a != b {
		t.Errorf("the fragment says %q, the page %q", a, b)
	}
	if a, b := inner(part, `data-part="result">`, "</ul></section></div>"), inner(whole, `id="result">`, "</ul></section></div>"); a == "" || a != b {
		t.Errorf("the fragment shows\n%s\nthe page\n%s", a, b)
	}
}

func TestContradictionsOfATrialNameTheirConditions(t *testing.T) {
	b := newOffice(t).as("drafter")
	policy := b.drafted()
	m := policy + "/measures/m1"
	b.get(m).post(m+"/criteria", url.Values{"do": {"add"}, "at": {"-"}, "field": {"staff"}, "op": {"ge"}, "number": {"20"}, "join": {"all"}}).at(m, 200, "20")
	path := policy + "/audience"
	b.get(path)
	if strings.Contains(b.body, "没有人能全部满足") {
		t.Error("20 to 300 is called a contradiction")
	}
	b.try(path, "try", url.Values{"n:m1/1": {"500"}}).at(path, 200, "没有人能全部满足", `<a href="#c-m1-0">去改“从业人数不超过300人”</a>`, `<a href="#c-m1-1">去改“从业人数不少于500人”</a>`, `id="c-m1-1"`)
	b.try(path, "try", url.Values{"n:m1/1": {"20"}, "kind": {"resident"}}).at(path, 200, "没有人能全部满足", `<a href="#h-lim">去改“是居民”</a>`, `<a href="#c-m1-0">去改“从业人数不超过300人”</a>`)
}

func TestSomebodyIsLookedUpAndItIsWrittenDown(t *testing.T) {
	site := newOffice(t)
	sub, err := site.Store.Subscriber(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	sub.USCC = "91339901000900001T"
	if err := site.Store.SaveSubscriber(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	b := site.as("drafter")
	policy := b.drafted()
	path := policy + "/audience"
	look := func(who string) *browser { return b.get(path).try(path, "who", url.Values{"who": {who}}) }
	look("91339901000900001t").at(path, 200, "条件都对得上，也订阅了相关内容", "9133**********001T", "云川**精密机械有限公司")
	look("YC-2").at(path, 200, "不满足：从业人数不超过300人")
	look("13900000002").at(path, 200, "资料里没写：从业人数不超过300人")
	look("云川").at(path, 200, "还有别的主体也符合这几个字")
	look("YC-9").at(path, 200, "没有找到这个订阅者")
	entries, err := site.Store.AuditEntries(t.Context(), "", 50)
	if err != nil {
		t.Fatal(err)
	}
	var lookups []string
	for _, e := range entries {
		if e.Action == "lookup" {
			lookups = append(lookups, e.Detail)
		}
	}
	if got := strings.Join(lookups, " "); got != "订阅主体1 订阅主体3 订阅主体2 订阅主体1" {
		t.Errorf("written down: %s", got)
	}
	// The answer follows the trial, for whom was looked up and nobody else.
	look("YC-2")
	b.try(path, "try", url.Values{"n:m1/-": {"1000"}}).at(path, 200, "条件都对得上")
	b.try(path, "try", url.Values{"about": {"3." + strings.Repeat("0", 24)}}).at(path, 200)
	if strings.Contains(b.body, `id="h-why"`) {
		t.Error("somebody was explained whom nobody looked up")
	}
}

func TestHostileTrials(t *testing.T) {
	b := newOffice(t).as("drafter")
	path := b.drafted() + "/audience"
	for name, change := range map[string]url.Values{
		"codes that nobody has":  {"region": {"999999"}, "industry": {"ZZ"}, "size": {"giant"}, "kind": {"alien"}, "add_theme": {"Q99"}},
		"names that do not fit":  {"on": {"m1/7.7"}, "n:m1/-": {"9223372036854775808"}, "v:m1/-": {"x"}, "measure": {"m1", "m9"}},
		"words where none stand": {"sample": {"-1"}, "down": {hostile}, "across": {hostile}, "who": {hostile}, "about": {"1"}},
	} {
		t.Run(name, func(t *testing.T) { b.get(path).try(path, "try", change).at(path, 200, "会推送给谁") })
	}
}

func TestTheChangeAgainstAFormerPolicyStandsBeforeApproval(t *testing.T) {
	site := newOffice(t)
	former := site.publish(2, 3, 99) // as frozen: one of them is gone, one does not fit the new text
	b := site.as("drafter")
	policy := b.drafted()
	path := policy + "/release"
	b.get(path)
	if strings.Contains(b.body, "推送对象的变化") {
		t.Error("a policy that follows none is compared")
	}
	id := domain.PolicyID(0)
	for _, c := range strings.TrimPrefix(policy, "/console/policies/") {
		id = id*10 + domain.PolicyID(c-'0')
	}
	p, err := site.Store.Policy(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	p.Replaces = []domain.Reference{{DocNumber: former.DocNumber}}
	if err := site.Store.SavePolicy(t.Context(), p, domain.Draft); err != nil {
		t.Fatal(err)
	}
	// Of 1 and 3, who fit today, 3 was told before; 2 and 99 were told and do not.
	b.get(path).at(path, 200, "与原政策相比，推送对象的变化", "本文件替代它", "2026年11月22日推送时确定的对象（当时只推送给适用可能性高的）",
		"<dt>新增</dt><dd>1</dd>", "<dt>减少</dt><dd>2</dd>", "<dt>不变</dt><dd>1</dd>", "减少的里面1个已经注销", "不满足：从业人数不超过300人", "新增的：按地区", "1个从适用可能性高变为可能适用")

	p.Replaces, p.Amends = nil, []domain.Reference{{Title: former.Title}}
	if err := site.Store.SavePolicy(t.Context(), p, domain.Draft); err != nil {
		t.Fatal(err)
	}
	b.get(path).at(path, 200, "本文件修改或延续它")
}
