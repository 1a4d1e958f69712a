package web

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"policypush/internal/domain"
)

func TestReferenceOf(t *testing.T) {
	for line, want := range map[string]domain.Reference{
		"《关于支持小微企业的若干措施》（云政发〔2024〕3号）":            {Title: "关于支持小微企业的若干措施", DocNumber: "云政发〔2024〕3号"},
		" 《关于印发〈办法〉的通知》 延至2027-12-31":             {Title: "关于印发〈办法〉的通知", Until: "2027-12-31"},
		"《关于印发《办法》的通知》(云政发[2024]3号)延续至2027年6月30日": {Title: "关于印发《办法》的通知", DocNumber: "云政发[2024]3号", Until: "2027-06-30"},
		"云政发〔2024〕3号":           {DocNumber: "云政发〔2024〕3号"},
		"云政发〔2024〕3号延期至2027-06": {DocNumber: "云政发〔2024〕3号", Until: "2027-06"},
		"云川县支持设备更新若干措施":         {Title: "云川县支持设备更新若干措施"},
		"云川县关于延长假期的通知":          {Title: "云川县关于延长假期的通知"},
		"《措施》（云政办〔2020〕1号）延至长期": {},
		"《措施》延至2027-13-01":      {},
		"《措施》以及其他":              {},
		"（）":                    {},
	} {
		got, ok := referenceOf(line)
		if ok != (want != domain.Reference{}) || ok && got != want {
			t.Errorf("%q: %+v, %v", line, got, ok)
		}
	}
}

func FuzzReferenceOf(f *testing.F) {
	f.Add("《关于印发《办法》的通知》(云政发[2024]3号)延续至2027年6月30日")
	f.Add("延至延至2027")
	f.Add("《》（）号延至2027-12-31")
	f.Fuzz(func(t *testing.T, line string) {
		r, ok := referenceOf(line)
		if !ok {
			return
		}
		if r.Title == "" && r.DocNumber == "" {
			t.Fatalf("%q is a document without a name", line)
		}
		if strings.ContainsAny(line, "《》") {
			return
		}
		if again, ok := referenceOf(r.String()); r.Until == "" && (!ok || again != r) {
			t.Fatalf("%q is %+v, written %q is %+v", line, r, r.String(), again)
		}
	})
}

func TestPublishingEndsEarlierPolicies(t *testing.T) {
	site := newOffice(t)
	old := site.publish()
	oldPage := fmt.Sprintf("/policies/%d", old.ID)
	one, two := site.as("drafter"), site.as("approver")
	path := one.drafted()
	release := path + "/release"
	form := url.Values{"title": {"新措施"}, "audience": {"enterprise"}, "effective_from": {"2026-11-22"}, "replaces": {old.DocNumber + "\n《别的》延至后年"}}
	one.get(path+"/fields").post(path+"/fields", form).at(path+"/fields", 422, "替代的文件第2行“《别的》延至后年”看不懂", old.DocNumber)
	form.Set("replaces", old.DocNumber+"\n《库里没有的办法》")
	one.get(path+"/fields").post(path+"/fields", form).at(path+"/fields", 200, "《库里没有的办法》")
	one.get("/console/corrections").at("/console/corrections", 200, "替代的文件")
	one.get(release).post(path+"/submit", url.Values{}).at(release, 200)
	two.get(release).at(release, 200, "对以往政策的影响", "2026年11月21日以后失效（现在有效期到2028年12月31日）")
	two.post(path+"/approve", url.Values{}).at(release, 200, `name="earlier" value="`+fmt.Sprint(old.ID)+`" checked`)

	reader := site.browser()
	reader.get(oldPage).at(oldPage, 200, "现行有效")
	two.get(release).post(path+"/publish", url.Values{"reason": {"内容简单"}, "earlier": {fmt.Sprint(old.ID)}})
	newID := strings.TrimPrefix(path, "/console/policies/")
	reader.get(oldPage).at(oldPage, 200, "已失效", "2026年11月21日以后由它替代", "不再受理申请", `href="/policies/`+newID+`"`)
	if strings.Contains(reader.body, "还剩") {
		t.Error("days are counted to a deadline of what has ended")
	}
	reader.get("/policies/"+newID).at("/policies/"+newID, 200, "替代了哪些文件", `href="`+oldPage+`"`, "《库里没有的办法》")

	two.get(release).post(path+"/withdraw", url.Values{"reason": {"文件有误"}}).at(release, 200, "已撤回")
	reader.get(oldPage).at(oldPage, 200, "现行有效")
}

// TestUntickedAndForeignPoliciesStay publishes without the tick, and a policy
// that names one of another office.
func TestUntickedAndForeignPoliciesStay(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	mine := site.publish()
	foreign := &domain.Policy{Office: site.office.ID + 7, Status: domain.Published, Title: "邻县办法", DocNumber: "邻政发〔2026〕1号", Audience: domain.ForBoth, CreatedAt: site.now}
	if err := site.Store.CreatePolicy(ctx, foreign); err != nil {
		t.Fatal(err)
	}
	one, two := site.as("drafter"), site.as("approver")
	path := one.drafted()
	form := url.Values{"title": {"新措施"}, "audience": {"enterprise"}, "replaces": {mine.DocNumber + "\n邻政发[2026]1号"}}
	one.get(path+"/fields").post(path+"/fields", form).at(path+"/fields", 200)
	one.post(path+"/submit", url.Values{})
	release := path + "/release"
	two.get(release).at(release, 200, "请通知该单位").post(path+"/approve", url.Values{})
	two.get(release).post(path+"/publish", url.Values{"reason": {"内容简单"}, "earlier": {fmt.Sprint(foreign.ID)}})
	for _, id := range []domain.PolicyID{mine.ID, foreign.ID} {
		p, err := site.Store.Policy(ctx, id)
		if err != nil || !p.InForce("2026-11-22") {
			t.Errorf("policy %d: in force until %q, %v", id, p.Expires, err)
		}
	}
}
