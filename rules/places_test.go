package rules_test

import (
	"strings"
	"testing"

	"policypush/rules"
)

func TestPlacesSaid(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"高州货车限行是哪些路": "高州市", "城步哪里办低保": "城步苗族自治县", "去内蒙古打工": "内蒙古自治区", "资源怎么申请": "", "你好": "",
	} {
		var got []string
		for _, p := range r.PlacesSaid(text) {
			got = append(got, p.Name)
		}
		if all := strings.Join(got, " "); all != want {
			t.Errorf("%s: %q, want %q", text, all, want)
		}
	}
}

// TestActingTogetherIsNoPlace: 会同 behind an office is a verb, behind a province a county.
func TestActingTogetherIsNoPlace(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"责成县教育局会同县交通运输局办理": 0, "怀化市会同县人民政府": 2} {
		if got := len(r.PlacesIn(text)); got != want {
			t.Errorf("%s: %d places, want %d", text, got, want)
		}
	}
}
