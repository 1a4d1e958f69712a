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
