package tagging_test

import (
	"slices"
	"testing"

	"policypush/internal/domain"
)

// TestIndustriesAreNamedByGiftsAndByDuties: an industry is who is given
// something as well as who must do something, alone or in a list.
func TestIndustriesAreNamedByGiftsAndByDuties(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"a duty":    {"云川县应急管理局关于开展工贸企业粉尘治理的通知\n各有关企业:\n工贸企业应于2026年9月30日前完成粉尘治理,逾期未完成的停产整治。\n云川县应急管理局\n2026年4月9日", []string{"C"}},
		"a mention": {"云川县人民政府关于支持企业用工的通知\n一、对新招用员工的企业,每人补贴1000元。\n二、各镇街要帮助企业招工,可以在餐饮店张贴招聘信息。\n云川县人民政府\n2026年4月9日", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, code := range read(t, name, c.text).Codes(domain.IndustryTag) {
				got = append(got, code[:1])
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, c.want) {
				t.Errorf("industries %v, want %v", got, c.want)
			}
		})
	}
}
