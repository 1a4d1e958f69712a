package web

import (
	"net/url"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

func TestTheAudienceIsCountedByTwoFacetsAndExplained(t *testing.T) {
	site := newSite(t)
	for i, size := range []string{"small", "small", "micro", ""} {
		sub := &domain.Subscriber{
			ExternalID: string(rune('A' + i)), Name: "云川第" + string(rune('A'+i)) + "机械厂",
			Profile:      domain.Profile{Kind: domain.Enterprise, Region: "330603", Size: size},
			Subscription: domain.Subscription{All: true, Paused: i == 1},
		}
		if err := site.Store.SaveSubscriber(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
		site.Index.Put(sub.ID, sub.Profile, sub.Subscription)
	}
	v := site.cross(roaring.BitmapOf(1, 2, 3, 4), "kind", "size")
	if len(v.Rows) != 1 || v.Rows[0].Sum != 4 || v.Rows[0].Name != "企业" || len(v.Columns) != 3 || v.Rows[0].Cells[0] != 2 {
		t.Errorf("counted as %+v", v)
	}
	p := &domain.Policy{Audience: domain.ForEnterprises, Measures: []domain.Measure{{ID: "m1", Criteria: domain.Leaf(domain.Condition{
		Field: domain.FieldSize, Op: domain.In, Values: []string{"small"},
	})}}}
	for who, want := range map[string]struct {
		verdict domain.Verdict
		says    string
	}{
		"A":     {domain.Likely, "条件都对得上，也订阅了相关内容"},
		"B":     {domain.NotForThem, "本人已暂停接收"},
		"云川第C":  {domain.NotForThem, "不满足：" + "企业规模为小型企业"},
		"D":     {domain.Possible, "资料里没写：" + "企业规模为小型企业"},
		"没有这个人": {"", ""},
	} {
		got, err := site.why(t.Context(), audience.QueryOf(p, "2026-11-22"), who)
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict != want.verdict || want.says != "" && (len(got.Says) == 0 || got.Says[0] != want.says) {
			t.Errorf("%s is explained as %+v, want %+v", who, got, want)
		}
	}
}

func TestAContradictionStandsBeforeApproval(t *testing.T) {
	b := newOffice(t).as("drafter")
	path := b.drafted()
	const warned = "请检查政策点“设备投资补助”：条件"
	if b.get(path + "/release"); strings.Contains(b.body, warned) {
		t.Error("a measure that somebody meets is called contradictory")
	}
	m := path + "/measures/m1"
	b.get(m).post(m+"/criteria", url.Values{"do": {"add"}, "at": {"-"}, "field": {"staff"}, "op": {"ge"}, "number": {"500"}, "join": {"all"}}).at(m, 200, "500")
	b.get(path).at(path, 200, warned)
	b.get(path+"/release").at(path+"/release", 200, warned)
}
