package tagging_test

import (
	"slices"
	"testing"

	"policypush/internal/domain"
)

// TestWhoIsAddressedAndWhoIsOnlyNamed tells documents for a kind of enterprise,
// a group, an industry or about a tax from those that merely name it.
func TestWhoIsAddressedAndWhoIsOnlyNamed(t *testing.T) {
	const (
		grant = "云川县人民政府关于支持产业发展的若干意见\n一、对认定为市级研发中心的企业，给予一次性奖励10万元。\n二、"
		care  = "云川县民政局关于做好救助工作的通知\n一、对遭遇火灾的家庭，给予一次性补助3000元。\n二、"
	)
	for _, c := range []struct {
		name      string
		dimension domain.Dimension
		code      string
		text      string
		want      bool
	}{
		{"kind, addressed", domain.EnterpriseKindTag, "QH1", "云川县人民政府关于支持高新技术企业发展的若干意见\n一、对首次认定的高新技术企业，给予一次性奖励20万元。\n二、高新技术企业可向县科技局申请。", true},
		{"kind, in a cited title", domain.EnterpriseKindTag, "QH1", grant + "所称研发费用，按照《高新技术企业认定管理办法》的口径归集。", false},
		{"group, addressed", domain.GroupTag, "G18", "云川县人民政府关于发放退役军人一次性生活补助的通知\n一、对自主就业的退役军人，给予一次性生活补助5000元。\n二、退役军人可持退役证向镇街申请。", true},
		{"group, as an office", domain.GroupTag, "G18", care + "县退役军人事务局、县财政局按照职责做好工作。", false},
		{"group, in a cited title", domain.GroupTag, "G18", care + "补助发放程序参照《退役军人保障法》执行。", false},
		{"group, merely mentioned", domain.GroupTag, "G18", care + "各镇街要做好宣传，会议听取了退役军人等各界代表的意见。", false},
		{"industry, addressed", domain.IndustryTag, "H", "云川县商务局关于支持餐饮业发展的通知\n一、对餐饮企业新开门店，给予一次性补助5万元。\n二、餐饮企业应当向县商务局申报。", true},
		{"industry, in a cited title", domain.IndustryTag, "H", grant + "申报材料参照《餐饮业油烟排放标准》编制。", false},
		{"kind, left out of a rule", domain.EnterpriseKindTag, "R500", grant + "对规模以上企业给予贷款贴息,不适用于个体工商户。", false},
		{"kind, all but it", domain.EnterpriseKindTag, "R500", grant + "除个体工商户外,市场主体新增贷款的,给予贴息。", false},
		{"kind, left out in brackets", domain.EnterpriseKindTag, "R500", grant + "市场主体(个体工商户除外)新增贷款的,给予贴息。", false},
		{"group, left out", domain.GroupTag, "G21", care + "参加保险的职工可申请补助,不包括退休人员。", false},
		{"tax, levied", domain.TaxTag, "T01", "云川县税务局关于增值税减免有关事项的公告\n一、对月销售额10万元以下的小规模纳税人，免征增值税。\n二、纳税人按季申报增值税。", true},
		{"tax, on which another is levied", domain.TaxTag, "T01", "云川县税务局关于城市维护建设税计征依据的公告\n一、城市维护建设税以依法实际缴纳的增值税、消费税为计征依据。\n二、纳税人预缴增值税的，同时缴纳城市维护建设税。", false},
		{"tax, on which another is levied, with its own rule", domain.TaxTag, "T01", "云川县税务局关于增值税和城市维护建设税减免的公告\n一、对小规模纳税人免征增值税。\n二、城市维护建设税以实际缴纳的增值税为计征依据。", true},
		{"tax, whose payers the title names beside it", domain.TaxTag, "T01", "增值税小规模纳税人减免及“六税两费”热点问答\n一、对月销售额10万元以下的小规模纳税人，免征增值税。\n二、减半征收城市维护建设税。", true},
		{"tax, beside one that begins the paragraph", domain.TaxTag, "F02", "云川省财政厅公告2021年第28号\n《中华人民共和国城市维护建设税法》自2021年9月1日起施行。经省政府同意，现将城市维护建设税计税依据确定办法等事项公告如下：\n一、城市维护建设税以纳税人依法实际缴纳的增值税、消费税税额为计税依据。\n依法实际缴纳的两税税额，是指纳税人依照增值税、消费税相关法律法规和税收政策规定计算的应当缴纳的两税税额。\n直接减免的两税税额，是指依照增值税、消费税相关法律法规和税收政策规定，直接减征或免征的两税税额。\n二、教育费附加、地方教育附加计征依据与城市维护建设税计税依据一致，按本公告第一条规定执行。\n三、本公告自2021年9月1日起施行。", true},
		{"tax, in the name of a proof", domain.TaxTag, "T03", "云川县税务局关于减半征收车辆购置税的公告\n一、对新能源汽车减半征收车辆购置税。\n二、购置日期按照机动车销售统一发票或者海关关税专用缴款书的开具日期确定。", false},
		{"tax, merely mentioned", domain.TaxTag, "T01", grant + "申请时提交增值税发票复印件。", false},
		{"tax, in a cited title", domain.TaxTag, "T01", grant + "销售额的口径见《增值税暂行条例》。", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := read(t, "composed.txt", c.text+"\n云川县人民政府\n2026年4月1日\n")
			if got := slices.Contains(p.Codes(c.dimension), c.code); got != c.want {
				t.Errorf("%s assigned: %v, want %v; of this dimension: %v, audience %s", c.code, got, c.want, p.Codes(c.dimension), p.Audience)
			}
		})
	}
}
