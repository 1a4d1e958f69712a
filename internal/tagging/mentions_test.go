package tagging_test

import (
	"slices"
	"testing"

	"policypush/internal/domain"
)

// TestAWordInsideAnotherThingIsNoTheme: how money is paid, what a word is cut
// from, and whom a duty is for.
func TestAWordInsideAnotherThingIsNoTheme(t *testing.T) {
	for name, c := range map[string]struct {
		text      string
		dimension domain.Dimension
		is, isNot []string
	}{
		"the way money is paid": {
			"云川县育儿补贴申领公告\n一、补贴对象为3周岁以下婴幼儿,每孩每年3000元。\n二、育儿补贴通过惠民惠农财政补贴资金“一卡通”发放,也可以发到监护人的银行卡。\n云川县卫生健康局\n2026年4月9日",
			domain.ThemeTag,
			[]string{"M16"},
			[]string{"M14"},
		},
		"foreign investment is rewarded, not investment": {
			"云川县鼓励外商直接投资奖励办法\n一、对年实际到账外资超过500万美元的外商投资企业,给予30万元奖励。\n二、外商投资企业于每年3月向县商务局申报。\n云川县人民政府\n2026年4月9日",
			domain.ThemeTag,
			[]string{"Q11"},
			[]string{"Q26"},
		},
		"people of high rank come to enterprises": {
			"云川县引进企业高层次人才服务办法\n一、引进企业高层次人才与企业签订三年以上劳动合同的,给予一次性安家补贴10万元。\n二、高层次人才可以申请入住人才公寓。\n云川县人民政府\n2026年4月9日",
			domain.ThemeTag,
			[]string{"Q09"},
			[]string{"Q11"},
		},
		"a market of houses stays calm": {
			"云川县促进房地产市场平稳健康发展的若干措施\n一、对购买新建商品住房的家庭,按缴纳契税的50%给予购房补贴。\n二、购房家庭向县住建局申请购房补贴。\n云川县人民政府\n2026年4月9日",
			domain.ThemeTag,
			[]string{"M08"},
			[]string{"Q21"},
		},
		"cheaper work is no cheaper transport": {
			"云川县促进工业降本增效的若干措施\n一、对工业企业技术改造和设备更新项目,按设备投资额的10%给予补助。\n二、工业企业向县经信局申报技术改造项目。\n云川县人民政府\n2026年4月9日",
			domain.ThemeTag,
			[]string{"Q26"},
			[]string{"Q20"},
		},
		"who buys a car makes none": {
			"云川县汽车以旧换新补贴细则\n一、个人消费者报废旧车并购买新能源乘用车的,每辆补贴1万元。\n二、个人消费者登录汽车以旧换新小程序提交补贴申请。\n云川县商务局\n2026年4月9日",
			domain.IndustryTag, nil,
			[]string{"C36", "C"},
		},
		"what enterprises must do supervises them": {
			"云川县人民政府关于加强民宿经营管理的公告\n一、民宿经营者应当依法取得营业执照,未取得的不得营业。\n二、民宿经营者应当建立安全管理制度。\n三、民宿经营者应当登记住宿人的身份证件,并报送公安机关。\n四、民宿经营者违反规定的,责令改正。\n云川县人民政府\n2026年4月9日",
			domain.ThemeTag,
			[]string{"Q22"},
			nil,
		},
		"a cooperative by another name": {
			"云川县农机补贴办法\n一、从事农业生产的个人、农民专业合作经济组织购买农机的,给予补贴。\n二、农民专业合作经济组织每年最高补贴100万元。\n云川县农业农村局\n2026年4月9日",
			domain.EnterpriseKindTag,
			[]string{"R400"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			codes := read(t, name, c.text).Codes(c.dimension)
			for _, want := range c.is {
				if !slices.Contains(codes, want) {
					t.Errorf("%v, want %s", codes, want)
				}
			}
			for _, no := range c.isNot {
				if slices.Contains(codes, no) {
					t.Errorf("%v, want no %s", codes, no)
				}
			}
		})
	}
}

// TestWhoSetsOffFireworksIsNoEnterprise: that a ban names factories among its
// places makes it none for them alone.
func TestWhoSetsOffFireworksIsNoEnterprise(t *testing.T) {
	p := read(t, "ban", "云川县人民政府关于禁止燃放烟花爆竹的通告\n一、城区全年禁止燃放烟花爆竹。\n二、下列场所禁止燃放烟花爆竹:\n(一)车站、物流园区、企业工厂;\n(二)生产、经营易燃易爆物品的企业;\n(三)商场、集贸市场。\n三、违反规定燃放烟花爆竹的,处以100元以上500元以下罚款。\n云川县人民政府\n2026年4月9日")
	if p.Audience == domain.ForEnterprises {
		t.Errorf("audience %s", p.Audience)
	}
}
