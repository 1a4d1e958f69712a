package web

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

var restoreButton = regexp.MustCompile(`name="restore" value="(\d+)"`)

// kept returns what is kept of a policy's measures and facts, by code.
func (s *testSite) kept(f storage.CorrectionFilter) map[string]domain.Correction {
	s.t.Helper()
	f.Limit = 100
	all, _, err := s.Store.Corrections(s.t.Context(), f)
	if err != nil {
		s.t.Fatal(err)
	}
	byCode := map[string]domain.Correction{}
	for _, k := range all {
		byCode[k.Code] = k
	}
	return byCode
}

func TestFactsAreUnderlinedInTheText(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	b.get("/console/import").upload(true, map[string]string{"办法.txt": "云川县设备补助办法\n企业购置设备的，给予补助，请于2026年12月10日前申请。本办法自印发之日起施行，有效期3年。\n云政发〔2026〕9号\n二〇二六年十一月二十日"}, "")
	path := b.path
	b.at(path, 200, `云政发〔2026〕9号<span class="k">文号</span>`, "没有读出", path+`/fields#f-expires`)
	b.get(path+"/fields").post(path+"/fields", url.Values{
		"title": {"云川县设备补助办法"}, "doc_number": {"云政发〔2026〕9号"}, "audience": {"enterprise"}, "publish_date": {"2026-11-20"},
		"effective_from": {"2026-11-20"}, "expires": {"2029-11-19"}, "apply_deadline": {"2026-12-10"},
	}).at(path+"/fields", 200)
	b.get(path).at(path, 200, `2026年12月10日<span class="k">截止</span>`, `二〇二六年十一月二十日<span class="k">成文</span>`,
		`自印发之日起施行<span class="k">施行</span>`, `有效期3年<span class="k">有效期</span>`, `">2029年11月19日</a>`)
	if k := site.kept(storage.CorrectionFilter{Dimension: domain.FactCorrected})["expires"]; k.Words != "有效期3年" {
		t.Errorf("kept at %q", k.Words)
	}
}

func TestAMissingMeasureIsReadWhereItStands(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	b.get("/console/import").upload(true, map[string]string{"办法.txt": "云川县补助办法\n企业购置设备的，给予补助。企业招用人员的，每人补助2000元；其他不变。"}, "")
	path := b.path
	words := url.Values{"words": {"每人补助"}, "clause": {"c1"}}
	b.post(path+"/measures", words).at(path+"/measures/m2", 200, `value="15%"`, "招用人员的，每人补助2000元；") // the reader of the test says 15% of everything
	b.post(path+"/measures", words).at(path+"/measures", 409, "这里已经有政策点")
	b.get(path).post(path+"/measures", url.Values{"words": {"免费午餐"}}).at(path+"/measures", 400, "原文里没有“免费午餐”")
	k := site.kept(storage.CorrectionFilter{})[domain.IsMeasure]
	if k.Machine != "" || k.Officer != domain.SaidYes || k.Words != "企业招用人员的，每人补助2000元；" {
		t.Errorf("kept %+v", k)
	}
	p, err := site.Store.Policy(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Measures[1]; m.Text != "企业招用人员的，每人补助2000元；" || m.Clause != "第一条" {
		t.Errorf("the measure is %+v", m)
	}

	// one without words has its place when its clause is chosen
	b.get(path).post(path+"/measures", url.Values{}).at(path+"/measures/m3", 200, "还没有选依据的条款")
	if n := len(site.kept(storage.CorrectionFilter{})); n != 1 {
		t.Errorf("%d corrections of a measure without a place", n)
	}
	b.post(path+"/measures/m3", url.Values{"title": {"设备补助"}, "clause": {"第一条"}, "tiers": {"100万元、30万元"}}).at(path+"/measures/m3", 200, `value="100万元、30万元"`)
	if k := site.kept(storage.CorrectionFilter{Code: "tiers"})["tiers"]; k.Officer != "1000000、300000" || !strings.HasPrefix(k.Words, "企业购置设备的") {
		t.Errorf("kept %+v", k)
	}
	b.post(path+"/measures/m3", url.Values{"title": {"设备补助"}, "tiers": {"一些"}}).at(path+"/measures/m3", 422, "分档金额要写成数字")
}

func TestAMeasureThatIsNoneIsKeptAndComesBack(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	b.post(path+"/measures/m1/remove", url.Values{"from": {"text"}}).at(path, 200, "删除政策点“设备投资补助”", "已删除1个", "没有读出政策点")
	if k := site.kept(storage.CorrectionFilter{})[domain.IsMeasure]; k.Machine != domain.SaidYes || k.Officer != "" || !strings.HasPrefix(k.Words, "企业购置设备的") {
		t.Errorf("kept %+v", k)
	}
	b.get("/console/corrections").at("/console/corrections", 200, "系统：有　人工：<b>没有</b>", "系统读错")
	start := restoreButton.FindStringSubmatch(b.get(path + "/measures").body)
	if start == nil {
		t.Fatal("it cannot be brought back")
	}
	b.post(path+"/measures", url.Values{"restore": {"7"}}).at(path+"/measures", 409, "不能恢复")
	b.get(path).post(path+"/measures", url.Values{"restore": {start[1]}}).at(path+"/measures", 200, "恢复政策点“设备投资补助”", "共1个").lacks("已删除1个")
	b.get("/console/corrections").at("/console/corrections", 200, "系统读对")
}

func TestConditionsAreKeptAsCases(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	m := b.drafted() + "/measures/m1"
	b.get(m).post(m+"/criteria", url.Values{"do": {"add"}, "at": {"-"}, "field": {"size"}, "values": {"micro"}, "join": {"all"}}).at(m, 200, "新增条件")
	b.get("/console/corrections?field="+url.QueryEscape("measure|criteria")).at("/console/corrections", 200, "共1条",
		"系统：从业人数不超过300人　人工：<b>从业人数不超过300人，且企业规模为微型企业</b>")
}

func TestSuggestionsAreRefusedTogetherAndTagsAddedByName(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	b.at(path, 200, "其余1个建议都不要", `id="t1"`)
	b.post(path+"/tags", url.Values{"do": {"refuse-all"}}).at(path, 200, "不采用1个建议的标签", "已删除1个").lacks("都不要")
	if k := site.kept(storage.CorrectionFilter{})["Q12"]; k.Officer != domain.SaidNo || !k.Confirms() {
		t.Errorf("kept %+v", k)
	}
	name := site.Rules.Name(domain.ThemeTag, "Q04")
	b.post(path+"/tags", url.Values{"do": {"add"}, "name": {name + "（主题：惠企）"}}).at(path, 200, "新增主题“"+name+"”")
	b.post(path+"/tags", url.Values{"do": {"add"}, "name": {site.Rules.Name(domain.GroupTag, "G01")}}).at(path, 200, "新增居民群体")
	b.post(path+"/tags", url.Values{"do": {"add"}, "name": {"飞船"}}).at(path+"/tags", 400, "标签体系里没有“飞船”")
}

func TestWhatIsCheckedIsNotAskedAgain(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	path := b.drafted()
	m := path + "/measures/m1"
	p, err := site.Store.Policy(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	p.Measures[0].Criteria, p.Measures[0].Who, p.Measures[0].Unread = domain.Criteria{}, "", nil
	p.Measures[0].Check = []string{"数字未读出：每户不低于5万元", domain.WhoMissing}
	if err := site.Store.SavePolicy(t.Context(), p, domain.Draft); err != nil {
		t.Fatal(err)
	}
	b.get(path+"/release").at(path+"/release", 200, "1个政策点有没读懂或还没核对的", "还没核对：数字未读出")
	b.get(m).post(m+"/criteria", url.Values{"do": {"add"}, "at": {"-"}, "field": {"staff"}, "op": {"gt"}, "number": {"很多"}}).
		at(m+"/criteria", 422, `value="很多"`, `<option value="gt" selected>`)
	b.get(m).post(m+"/criteria", url.Values{"do": {"add"}, "at": {"-"}, "field": {"size"}, "values": {"micro"}}).at(m, 200, "请核对：数字未读出").lacks(domain.WhoMissing)
	b.get(path).post(m+"/checked", url.Values{"from": {"text"}}).at(path, 200, "已保存：核对了政策点“设备投资补助”").lacks("请核对：")
	b.get(path+"/release").at(path+"/release", 200).lacks("还没核对", "没读懂")
}

// Of a paragraph that says several things, what another measure says stands aside.
func TestTheTextOfAMeasureStandsOut(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	b.get("/console/import").upload(true, map[string]string{"办法.txt": "云川县补助办法\n企业购置设备的，给予补助。企业招用人员的，每人补助2000元；其他不变。"}, "")
	path := b.path
	b.post(path+"/measures", url.Values{"words": {"每人补助"}, "clause": {"c1"}}).at(path+"/measures/m2", 200, `<span class="beside">其他不变。</span>`, `的，给予补助。</span>企业招用人员的，`)
	b.get(path).lacks(`class="beside"`)
}
