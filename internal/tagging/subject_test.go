package tagging_test

import (
	"slices"
	"testing"

	"policypush/internal/domain"
)

// TestWithoutATitleThePreambleTellsWhatItIsAbout: what a notice without a title
// passes on, drafted or calls for counts as its title; with one of its own, titles
// of others count nothing.
func TestWithoutATitleThePreambleTellsWhatItIsAbout(t *testing.T) {
	const signed = "\n云川县工业和信息化局\n2026年6月8日\n"
	for name, c := range map[string]struct {
		text, theme string
		want        bool
	}{
		"passed on": {
			"各乡镇经济发展办公室,各有关单位:\n现将《云川省经济和信息化厅关于推荐制造业与互联网融合发展试点示范项目的通知》转发给你们,请认真做好组织申报工作,于6月21日前报送至县工信局。" + signed, "Q12", true,
		},
		"drafted": {
			"为规范认定管理,县工信局起草了《云川县“专精特新”中小企业认定管理办法(征求意见稿)》,现面向社会公开征求意见。" + signed, "Q19", true,
		},
		"called for": {
			"各乡镇人民政府:\n按照年度工作安排,拟在全县评定一批县级示范家庭农场和农民专业合作社示范社,有关事项见附件。" + signed, "Q24", true,
		},
		"decided": {
			"各乡镇人民政府:\n为落实上级要求,深化改革,县政府决定精简15项行政许可。现就有关工作通知如下:\n一、企业办理上述事项,不再要求提供材料。" + signed, "Q15", true,
		},
		"what for": {
			"县政府各部门:\n为进一步支持生猪养殖业做大做强,根据会议精神,现制定如下意见:\n一、对验收达标的大型养殖场,各扶持30万元。\n二、对示范场,各扶持40万元。" + signed, "Q24", true,
		},
		"grounds of another": {
			"云川县市场监督管理局关于调整办公地点的公告\n按照《云川省经济和信息化厅关于推荐制造业与互联网融合发展试点示范项目的通知》精神,本局自6月10日起迁至新址办公。" + signed, "Q12", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, c.text)
			if got := slices.Contains(p.Codes(domain.ThemeTag), c.theme); got != c.want {
				t.Errorf("%s is a theme: %t, want %t; for %s, themes %v", c.theme, got, c.want, p.Audience, p.Codes(domain.ThemeTag))
			}
		})
	}
}
