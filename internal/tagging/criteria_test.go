package tagging_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// TestMeasuresOfOnePaper reads sentences as offices write them, one paragraph a
// measure: whom each is for, what it leaves open, and what it gives.
func TestMeasuresOfOnePaper(t *testing.T) {
	for _, c := range []struct {
		text    string
		fields  string // of the conditions, with their bounds
		benefit string
	}{
		{
			"支持扩大投资。对2025年1月1日以后注册成立、年营业收入2000万元以上5亿元以下、从业人员不少于20人的制造业企业,当年设备投资额达到300万元(含)以上的,按实际投资额的8%给予补助,最高不超过200万元。",
			"industry=C revenue<=500000000 revenue>=20000000 staff>=20 founded>=20250101 other=当年设备投资额达到300万元(含)以上", "8% ≤2000000",
		},
		{
			"鼓励招用困难人员。企业招用登记失业半年以上人员,签订1年以上劳动合同并缴纳社会保险费的,按每人5000元给予一次性补贴,每家企业每年不超过10万元。",
			"kind=enterprise other=招用登记失业半年以上人员 other=签订1年以上劳动合同", "5000/人 ≤100000",
		},
		{"减免租金。承租县属国有房屋的小微企业和个体工商户,免收2026年4月至6月3个月房屋租金。", "size=small,micro|registration=R500", ""},
		{"上市奖励。对首次公开发行股票并上市的企业,分阶段给予奖励:完成股改的奖励50万元,辅导备案的奖励100万元,上市成功的奖励350万元。", "", "500000,1000000,3500000"},
		{"安居补贴。博士、硕士、本科生年龄分别在45周岁、40周岁、35周岁以下,在本县企业工作并缴纳社保满6个月的,每月分别发放3000元、2000元、1000元租房补贴。", "other=年龄分别在45周岁 other=在本县企业工作并缴纳社保满6个月", "3000,2000,1000"},
		{"护理补贴。具有本县户籍、持有第二代残疾人证、残疾等级为一级或二级的残疾人,每人每月发放护理补贴:一级140元,二级70元。", "hukou=330603 other=残疾等级为一级 group=G02", "140,70/人·月"},
		{"年满60周岁不满80周岁的失能老年人,家庭人均月收入低于2000元的,每月补贴300元;80周岁(含)以上的每月补贴500元。", "age>=60 age<80 other=家庭人均月收入低于2000元", "300/月"},
		{"女年满50周岁、男年满60周岁,参加城乡居民养老保险且缴费满15年的,从次月起享受待遇。", "other=女年满50周岁、男年满60周岁 other=参加城乡居民养老保险且缴费满15年", ""},
		{"年营业收入100万元(含)至500万元(不含)的企业补助1万元。", "revenue<5000000 revenue>=1000000", "10000"},
		{"对高校毕业生在本县初次创办企业并正常经营6个月以上的,给予一次性创业补贴8000元。", "other=正常经营6个月以上 group=G04", "8000"},
		{"对吸纳就业困难人员的企业按每人每月1000元给予岗位补贴,期限最长不超过3年。", "kind=enterprise other=吸纳就业困难人员", "1000/人·月"},
		{"外贸企业参加境外展会的,展位费给予80%补助,单个展位最高3万元,同一企业全年不超过30万元。", "", "80% ≤30000"},
		{"在柯桥区注册登记、正常经营的小型企业,给予一次性3000元补贴。企业规模按照统计上大中小微型企业划分标准确定。", "region=330603 size=small", "3000"},
		{"新建标准大棚的家庭农场,每亩补助3000元。", "", "3000/亩"},
	} {
		text := "柯桥区人民政府关于支持发展若干措施的通知\n绍柯政发〔2026〕3号\n各镇人民政府:\n现将有关措施通知如下:\n一、" + c.text + "\n二、失信企业和个人不得享受。\n绍兴市柯桥区人民政府\n2026年3月5日\n"
		p := read(t, "paper", text)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", c.text, len(p.Measures))
			continue
		}
		m := p.Measures[0]
		raw, _ := json.Marshal(m.Criteria)
		said := conditionsOf(&m.Criteria)
		for want := range strings.FieldsSeq(c.fields) {
			if !strings.Contains(said, want) {
				t.Errorf("%s: lacks %s: %s", c.text, want, said)
			}
		}
		if strings.Count(said, "age>=") > 1 {
			t.Errorf("%s: asks what a further sentence asks: %s", c.text, said)
		}
		if !strings.Contains(string(raw), `"not"`) {
			t.Errorf("%s: leaves nobody out", c.text)
		}
		if got := benefitOf(m.Benefit); !strings.HasPrefix(got, c.benefit) {
			t.Errorf("%s: gives %q, want %q", c.text, got, c.benefit)
		}
	}
}

func conditionsOf(c *domain.Criteria) string {
	var b strings.Builder
	var walk func(c *domain.Criteria, end string)
	walk = func(c *domain.Criteria, end string) {
		if l := c.Leaf; l != nil {
			op := map[domain.Op]string{domain.AtLeast: ">=", domain.AtMost: "<=", domain.MoreThan: ">", domain.LessThan: "<", domain.In: "="}[l.Op]
			switch {
			case l.Field == domain.FieldOther:
				b.WriteString("other=" + l.Unread)
			case l.Op == domain.In:
				b.WriteString(string(l.Field) + "=" + strings.Join(l.Values, ","))
			default:
				b.WriteString(string(l.Field) + op + fmt.Sprint(l.Number))
			}
			b.WriteString(end)
		}
		for i := range c.All {
			walk(&c.All[i], " ")
		}
		for i := range c.Any {
			walk(&c.Any[i], "|")
		}
	}
	walk(c, " ")
	return b.String()
}

// benefitOf writes what a measure gives: a rate, sums in yuan with their unit, a
// highest sum.
func benefitOf(b domain.Benefit) string {
	said := ""
	if b.Rate > 0 {
		said = fmt.Sprintf("%g%%", b.Rate*100)
	}
	if b.Amount > 0 {
		said += fmt.Sprintf("%.0f", b.Amount)
	}
	for i, x := range b.Tiers {
		said += strings.Repeat(",", min(i, 1)) + fmt.Sprintf("%.0f", x)
	}
	if b.Unit != "" {
		said += "/" + b.Unit
	}
	if b.Cap > 0 {
		said += fmt.Sprintf(" ≤%.0f", b.Cap)
	}
	return said
}
