package tagging_test

import (
	"os"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// TestNotices reads the composed notices of testdata/notices.txt: their main
// theme must be found, nothing in what is work inside government, and whom they
// are for. Short texts have no second chance: what the title is about decides.
func TestNotices(t *testing.T) {
	raw, err := os.ReadFile("testdata/notices.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, themed, sided := 0, 0, 0
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := append(strings.Split(line, "|"), "", "", "")
		want, title, says, beside, sides := f[0], f[1], f[2], f[3], f[4]
		text := title + "\n各镇人民政府、街道办事处,各有关单位:\n现将有关事项通知如下:\n" + says + "\n本通知自发布之日起施行。\n"
		p := read(t, title, text)
		found, strange := false, false
		for _, tag := range p.Tags {
			if tag.Dimension == domain.ThemeTag && tag.Counts() && tag.Code[0] != 'Z' {
				other := beside != "" && strings.Contains(beside, tag.Code)
				found = found || tag.Code == want || other
				strange = strange || !other
			}
		}
		if sides == "" {
			sides = map[byte]string{'Q': "eb", 'M': "rb", '-': "n"}[want[0]]
		}
		side := map[domain.Audience]string{domain.ForEnterprises: "e", domain.ForResidents: "r", domain.ForBoth: "b", domain.ForNobody: "n"}[p.Audience]
		all++
		if want == "-" && !strange || want != "-" && found {
			themed++
		} else {
			t.Logf("%s %s: %v", want, title, p.Tags)
		}
		if strings.Contains(sides, side) {
			sided++
		} else {
			t.Logf("%s is for %q, not one of %q", title, side, sides)
		}
	}
	if themed*100 < all*97 || sided*100 < all*95 {
		t.Errorf("of %d notices %d have their theme, %d their side", all, themed, sided)
	}
}
