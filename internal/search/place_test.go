package search

import (
	"strings"
	"testing"
)

// TestPlaceOfAddressees: a document for the whole country, which is sent to
// Xinjiang's corps among others, is not of another place.
func TestPlaceOfAddressees(t *testing.T) {
	w := lexicon(t).words
	asked := w.rules.PlacesIn("甘肃省")[0].Places
	for text, want := range map[string]float64{
		"各省、自治区、直辖市财政厅，新疆生产建设兵团财政局：": 0, "新疆维吾尔自治区财政厅：": -1, "甘肃省财政厅，新疆生产建设兵团财政局：": 1,
	} {
		if got := w.place(&question{places: asked}, &Entry{Title: "关于资金的通知", Passages: []Passage{{Clause, "1", text}}}); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// TestPlaceAsItIsSaid: who asks for 高州 means 高州市, whether a text names it in
// its head or further down; a text of another place is no worse for it, since
// the word may mean something else.
func TestPlaceAsItIsSaid(t *testing.T) {
	w := lexicon(t).words
	said := w.rules.PlacesSaid("高州货车限行是哪些路")
	far := strings.Repeat("请各车辆驾驶人注意路面标志，按照规定的时间和路线行驶。", 10)
	for text, want := range map[string]float64{
		"高州市公安局：": 1, far + "高州市公安局" + far: 0.5, "信宜市公安局：": 0, far: 0,
	} {
		if got := w.place(&question{said: said}, &Entry{Title: "关于货车限行的通告", Passages: []Passage{{Clause, "1", text}}}); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// TestPlaceOfWhoSigned: a notice whose head names no place is of the place of
// whoever signed it; one that stands in the middle says nothing.
func TestPlaceOfWhoSigned(t *testing.T) {
	w := lexicon(t).words
	asked := w.rules.PlacesIn("温州市")[0].Places
	far := strings.Repeat("提倡网上祭祀、居家追思等方式，全市所有公墓免费献花、代为祭扫。", 10)
	for last, want := range map[string]float64{
		"特此通告。 温州市疫情防控工作领导小组 2020年3月10日": 1, "特此通告。 泰州市民政局 2020年3月10日": -1, "温州市" + far: 0,
	} {
		e := &Entry{Title: "关于暂停清明祭扫活动的通告", Passages: []Passage{{Clause, "1", far}, {Clause, "2", last}, {Answer, "qa", "在外地能扫墓吗？ 金华市的公墓也暂停。"}}}
		if got := w.place(&question{places: asked}, e); got != want {
			t.Errorf("%s: %v, want %v", last, got, want)
		}
	}
}

// TestPlaceWithinASurvey: a text that begins with one place and comes to the one
// that is asked for later is not of another place.
func TestPlaceWithinASurvey(t *testing.T) {
	w := lexicon(t).words
	asked := w.rules.PlacesIn("安徽省")[0].Places
	far := strings.Repeat("各地出台多项举措，支持企业恢复生产。", 20)
	for text, want := range map[string]float64{"山西省" + far: -1, "山西省" + far + "安徽对新增岗位的企业给予补贴。" + far: 0} {
		q := &question{places: asked, called: []string{called("安徽省")}}
		if got := w.place(q, &Entry{Title: "复工复产显示韧性", Passages: []Passage{{Clause, "1", text}}}); got != want {
			t.Errorf("%.12s…: %v, want %v", text, got, want)
		}
	}
}

// TestSureOfThePlace: what is of the place that was asked for is the surer to
// answer than what names none, and what answers the same for another place is
// hardly an answer.
func TestSureOfThePlace(t *testing.T) {
	of := func(place string) *Entry {
		return &Entry{
			Key: place, Title: place + "住房公积金管理委员会关于调整住房公积金贷款最高额度的通知",
			Passages: []Passage{{Clause, "1", "职工购买首套住房的，住房公积金贷款最高额度调整为60万元。"}},
		}
	}
	x := newIndex(t, of("扬州市"), of("某"))
	for question, least := range map[string][2]float64{"扬州公积金贷款最多能贷多少": {1.2, 10}, "拉萨公积金贷款最多能贷多少": {0, 0.5}} {
		page, err := x.Search(t.Context(), Request{Text: question, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		sure := map[string]float64{}
		for _, r := range page.Results {
			sure[r.Key] = r.Sure
		}
		if part := sure["扬州市"] / sure["某"]; part < least[0] || part > least[1] {
			t.Errorf("%s: %.3f and %.3f", question, sure["扬州市"], sure["某"])
		}
	}
}
