package tagging_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// notices gives each line of a file of composed notices to see, cut at its bars,
// with what is read of the notice.
func notices(t *testing.T, file string, see func(f []string, p *domain.Policy)) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := append(strings.Split(line, "|"), "", "")
		see(f, read(t, f[1], f[1]+"\n各镇人民政府、街道办事处,各有关单位:\n现将有关事项通知如下:\n"+f[2]+"\n本通知自发布之日起施行。\n"))
	}
}

// TestNotices reads composed notices: their main theme must be found, nothing in
// what is work inside government, and whom they are for. A short text has no
// second chance: what its title is about decides.
func TestNotices(t *testing.T) {
	all, themed, sided := 0, 0, 0
	notices(t, "notices.txt", func(f []string, p *domain.Policy) {
		want, title, beside, sides := f[0], f[1], f[3], f[4]
		found, strange := false, false
		for _, code := range p.Codes(domain.ThemeTag) {
			if code[0] == 'Z' { // of work inside government
				continue
			}
			other := beside != "" && strings.Contains(beside, code)
			found = found || code == want || other
			strange = strange || !other
		}
		if sides == "" {
			sides = map[byte]string{'Q': "eb", 'M': "rb", '-': "n"}[want[0]]
		}
		side := map[domain.Audience]string{domain.ForEnterprises: "e", domain.ForResidents: "r", domain.ForBoth: "b", domain.ForNobody: "n"}[p.Audience]
		all++
		if want == "-" && !strange || want != "-" && found {
			themed++
		} else {
			t.Logf("%s %s: %v", want, title, p.Codes(domain.ThemeTag))
		}
		if strings.Contains(sides, side) {
			sided++
		} else {
			t.Logf("%s is for %q, not one of %q", title, side, sides)
		}
	})
	if themed*100 < all*97 || sided*100 < all*97 {
		t.Errorf("of %d notices %d have their theme, %d their side", all, themed, sided)
	}
}

// TestNoticesOfIndustries reads composed notices for the industries they name.
func TestNoticesOfIndustries(t *testing.T) {
	right, wrong, missed := 0, 0, 0
	notices(t, "notices-industries.txt", func(f []string, p *domain.Policy) {
		var got []string
		for _, code := range p.Codes(domain.IndustryTag) {
			got = append(got, code[:1])
		}
		want := strings.Split(strings.Trim(f[0], "-"), ",")
		for _, code := range want {
			switch {
			case code == "":
			case slices.Contains(got, code):
				right++
			default:
				missed++
				t.Logf("%s lacks %s: %v", f[1], code, got)
			}
		}
		for _, code := range slices.Compact(slices.Sorted(slices.Values(got))) {
			if !slices.Contains(want, code) && !strings.Contains(f[3], code) {
				wrong++
				t.Logf("%s is no %s", f[1], code)
			}
		}
	})
	if right*100 < (right+wrong)*93 || right*100 < (right+missed)*80 {
		t.Errorf("industries: %d right, %d wrong, %d missed", right, wrong, missed)
	}
}
