package tagging_test

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"policypush/internal/domain"
)

const (
	noticeHead = "云川县人民政府关于支持企业的若干意见\n云政发〔2026〕5号\n各乡镇人民政府:\n为深入贯彻落实上级决策部署,现提出如下意见:\n"
	noticeEnd  = "\n云川县人民政府\n2026年3月1日"
)

func TestMeasuresAreWhatIsDoneForThoseOutside(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // titles, in order
	}{
		"prose without figures; work among offices is none": {
			noticeHead + "一、帮助企业复工。积极帮助中小企业解决用工、物流等困难,提供定制服务。\n二、减免房租。对承租国有经营用房的中小企业,免收三个月房租。\n三、压实工作责任。各部门要加强组织领导,建立工作机制,定期督查考核。\n四、提供法律援助。相关部门要积极为企业提供法律援助服务。" + noticeEnd,
			[]string{"帮助企业复工", "减免房租", "提供法律援助"},
		},
		"headings with paragraphs, goals and supervision left out": {
			noticeHead + "一、总体要求\n(一)指导思想。以习近平新时代中国特色社会主义思想为指导,支持企业发展。\n二、主要措施\n(二)创业补贴。对初次创业的高校毕业生,给予一次性5000元补贴。\n(三)放宽准入。允许外资企业设立独资医疗机构。\n三、组织保障\n(四)加强督查。县政府督查室要对企业扶持政策落实情况进行督查,给予通报。" + noticeEnd,
			[]string{"创业补贴", "放宽准入"},
		},
		"sentences of one paragraph that give different people different things": {
			noticeHead + "一、稳岗支持。对不裁员的参保企业,返还其上年度实际缴纳失业保险费的50%。对生活困难的失业人员,给予临时生活补助。" + noticeEnd,
			[]string{"稳岗支持", "对生活困难的失业人员,给予临时生活补助"},
		},
		"a statute, article by article": {
			"云川县快递条例\n(2026年1月1日云川县人民代表大会常务委员会通过)\n第一章 总则\n第一条 为了规范快递业,制定本条例。\n第二条 县邮政管理部门负责快递业的监督管理工作。\n第二章 经营\n第三条 快递经营企业应当将快件投递到约定的收件地址。\n未经收件人同意,快递经营企业不得投递到快递柜。\n第四条 收件人对服务不满意的,可以向邮政管理机构申诉。\n第三章 法律责任\n第五条 违反本条例第三条规定的,由邮政管理机构责令改正,处五百元罚款。\n第四章 附则\n第六条 本条例自2026年5月1日起施行。",
			[]string{"快递经营企业应当将快件投递到约定的收件地址", "收件人对服务不满意的,可以向邮政管理机构申诉"},
		},
		"a text that lost its line breaks": {
			"云川县人民政府关于支持外贸企业的政策意见 各乡镇人民政府,县政府直属各单位: 为深入贯彻落实上级关于稳定外贸的决策部署,积极发挥外贸企业在稳定经济中的重要作用,支持外贸企业稳定发展,特制定以下政策意见: 一、支持境外参展。对参加境外展会的外贸企业,给予展位费补贴。简化企业申报材料,帮助企业减少损失。(责任单位:县商务局) 二、延长缴税期限。纳税企业确有困难的,可申请延期缴纳税款,最长不超过3个月。(责任单位:县税务局) 云川县人民政府 2026年2月14日",
			[]string{"支持境外参展", "延长缴税期限"},
		},
		"a notice that suspends a service": {
			"关于暂停办理婚姻登记业务的公告\n广大市民朋友:\n经研究决定,自即日起暂停办理婚姻登记业务。\n咨询电话:0571-88000001。\n云川县民政局\n2026年2月2日",
			[]string{"暂停办理婚姻登记业务"},
		},
		"how those who fit apply is no measure of its own": {
			noticeHead + "一、安装补贴。对本县餐饮业小型企业安装报警装置的,给予一次性800元补贴。\n二、符合条件的单位到便民服务中心申请,申请时间至2026年6月30日止。" + noticeEnd,
			[]string{"安装补贴"},
		},
		"work inside government": {
			"云川县财政局关于下达2026年就业补助资金的通知\n各乡镇财政所:\n现将资金下达你们,请按规定列入预算科目,加强资金监管,优先支持困难企业。\n云川县财政局\n2026年1月8日",
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, c.text)
			checkEvidence(t, p)
			var got []string
			for _, m := range p.Measures {
				got = append(got, m.Title)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("measures %q, want %q", got, c.want)
			}
		})
	}
}

func TestAGuideToOneThingIsOneMeasure(t *testing.T) {
	card := "设备更新补助\n依据文件\n《云川县设备更新补助办法》\n发文机构\n云川县经信局\n发文字号\n云经信〔2026〕3号\n服务对象\n云川县制造业企业\n服务内容\n1.国家级项目补助金额不高于100万元;\n2.省级项目补助金额不高于30万元。\n条件要求\n1.在云川县注册登记;\n2.有下列情形之一的不得申报:\n(1)存在严重违法失信情形的;\n(2)同一项目已享受其他财政资金支持的。\n时间/频度\n每年2月左右\n联络方式\n云川县经信局:88000002"
	p := read(t, "card.txt", card)
	if len(p.Measures) != 1 {
		t.Fatalf("%d measures, want 1", len(p.Measures))
	}
	m := p.Measures[0]
	if m.Benefit.Cap != 1_000_000 || m.Window.Relative != "每年2月左右" || m.How.Contact != "88000002" {
		t.Errorf("it gives %+v within %+v by %+v", m.Benefit, m.Window, m.How)
	}
	out := 0
	for _, part := range m.Criteria.All {
		if part.Not != nil {
			out += len(part.Not.Any)
		}
	}
	if out != 2 || len(m.Unread) < 2 {
		t.Errorf("%d exclusions, unread %q; want two of each at least", out, m.Unread)
	}
	questions := "高龄津贴申领问答\n一、谁可以申请？\n答：年满80周岁的本县户籍老年人。\n二、标准是多少？\n答：每人每月100元。\n三、到哪里申请？\n答：通过浙里办APP申请，提供身份证、户口簿复印件。"
	if p := read(t, "questions.txt", questions); len(p.Measures) != 1 || p.Measures[0].Benefit.Amount != 100 || len(p.Measures[0].How.Materials) != 2 {
		t.Errorf("the questions make %+v", p.Measures)
	}
}

// TestWhoIsLeftOutIsNoBeneficiary: whom a sentence leaves out stands in the
// criteria as not meant, and nobody else does.
func TestWhoIsLeftOutIsNoBeneficiary(t *testing.T) {
	for text, out := range map[string]string{
		"对小微企业(个体工商户除外)给予50万元贷款贴息。":             "R500",
		"对小微企业给予50万元贷款贴息,不适用于个体工商户。":            "R500",
		"对小微企业给予50万元贷款贴息。本政策不适用于个体工商户。":         "R500",
		"除个体工商户外,对小微企业给予50万元贷款贴息。":              "R500",
		"对小微企业(不含个体工商户)给予50万元贷款贴息。":             "R500",
		"对小微企业给予50万元贷款贴息。列入严重失信主体名单的企业不享受本政策。":  "CR4",
		"对小微企业给予50万元贷款贴息。逾期不予受理;弄虚作假的,三年内不得申报。": "",
		"除另有规定外,对小微企业给予50万元贷款贴息(不含增值税)。":        "",
	} {
		p := read(t, text, noticeHead+"一、贷款贴息。"+text+noticeEnd)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures, want 1", text, len(p.Measures))
			continue
		}
		m := &p.Measures[0]
		var left, meant []string
		for _, part := range append([]domain.Criteria{m.Criteria}, m.Criteria.All...) {
			into := &meant
			if part.Not != nil {
				part, into = *part.Not, &left
			} else if part.All != nil {
				continue
			}
			part.Leaves(func(l *domain.Condition) {
				if *into = append(*into, l.Values...); l.Unread != "" {
					*into = append(*into, l.Unread)
				}
			})
		}
		if got := strings.Join(left, ","); got != out || !slices.Contains(meant, "small") || out != "" && slices.Contains(meant, out) {
			t.Errorf("%s: leaves out %q, want %q; is for %q (%s)", text, got, out, meant, m.Who)
		}
	}
}

func TestListsOfConditions(t *testing.T) {
	for name, c := range map[string]struct {
		list string
		want func(m *domain.Measure) bool
	}{
		"all of them": {
			"同时符合下列条件的企业,给予20万元补助:\n1.从业人数不超过300人;\n2.信用记录良好。",
			func(m *domain.Measure) bool {
				return slices.Contains(leaves(m), "staff le 300") && slices.Contains(m.Unread, "信用记录良好")
			},
		},
		"one of them": {
			"符合下列条件之一的居民,可以申领一次性补贴2000元:\n1.年满60周岁;\n2.残疾人。",
			func(m *domain.Measure) bool {
				return slices.ContainsFunc(m.Criteria.All, func(c domain.Criteria) bool { return len(c.Any) == 2 })
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, noticeHead+"一、补助条件及内容\n"+c.list+noticeEnd)
			checkEvidence(t, p)
			if len(p.Measures) != 1 || !c.want(&p.Measures[0]) {
				t.Errorf("read as %+v", p.Measures)
			}
		})
	}
}

func TestADefinitionChangesWhatAWordMeans(t *testing.T) {
	text := noticeHead + "一、就业补贴。对高校毕业生,给予每人2000元补贴。\n二、本意见所称高校毕业生,是指年满18周岁、未满30周岁的毕业生。" + noticeEnd
	p := read(t, "definition.txt", text)
	if len(p.Measures) == 0 {
		t.Fatal("no measure")
	}
	got := leaves(&p.Measures[0])
	for _, want := range []string{"age ge 18", "age lt 30"} {
		if !slices.Contains(got, want) {
			t.Errorf("it asks for %q, and not for %q", got, want)
		}
	}
}

func TestBoundsSayWhetherTheNumberIsMeant(t *testing.T) {
	for text, want := range map[string]struct {
		op       domain.Op
		unstated bool
	}{
		"从业人数300人以下":     {domain.AtMost, true},
		"从业人数300人(不含)以下": {domain.LessThan, false},
		"从业人数300人(含)以下":  {domain.AtMost, false},
		"从业人数不超过300人":    {domain.AtMost, false},
		"从业人数低于300人":     {domain.LessThan, false},
	} {
		p := read(t, text, noticeHead+"一、稳岗补助。对"+text+"的企业,给予20万元补助。"+noticeEnd)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", text, len(p.Measures))
			continue
		}
		m := p.Measures[0]
		found := false
		m.Criteria.Leaves(func(l *domain.Condition) {
			if l.Field == domain.FieldStaff {
				found = true
				if l.Op != want.op || l.Unstated != want.unstated {
					t.Errorf("%s: %s, unstated %v", text, l.Op, l.Unstated)
				}
			}
		})
		if asked := slices.ContainsFunc(m.Check, func(s string) bool { return strings.Contains(s, "含本数") }); !found || asked != want.unstated {
			t.Errorf("%s: found %v, the officer is asked %q", text, found, m.Check)
		}
	}
}

func TestFiguresThatNoRuleReadsAreListedForTheOfficer(t *testing.T) {
	p := read(t, "figures.txt", noticeHead+"一、租金优惠。对承租人民币结算仓库的企业,给予租金优惠,面积系数按80%折算。"+noticeEnd)
	if len(p.Measures) != 1 || !slices.ContainsFunc(p.Measures[0].Check, func(s string) bool { return strings.Contains(s, "80%") }) {
		t.Errorf("read as %+v", p.Measures)
	}
}

func TestDocumentsThatAreEndedAndThatAreChanged(t *testing.T) {
	for name, c := range map[string]struct {
		title, body      string
		replaces, amends []domain.Reference
		expires          string
	}{
		"extension of a document cited": {
			"云川县人民政府关于支持企业的通知", "一、《云川县人民政府关于缓缴社会保险费的通知》(云政发〔2025〕2号)规定的缓缴政策,执行期限延长至2027年6月30日。",
			nil,
			[]domain.Reference{{Title: "云川县人民政府关于缓缴社会保险费的通知", DocNumber: "云政发〔2025〕2号", Until: "2027-06-30"}},
			"",
		},
		"a title that changes": {
			"云川县人民政府关于修改《云川县停车管理办法》的决定", "一、对《云川县停车管理办法》(云政发〔2024〕6号)作如下修改:将第三条中的“三日”修改为“五日”。",
			nil,
			[]domain.Reference{{Title: "云川县停车管理办法", DocNumber: "云政发〔2024〕6号"}},
			"",
		},
		"a number alone that is repealed": {
			"云川县人民政府关于支持企业的通知", "一、给予企业20万元补助。本通知自印发之日起施行,有效期2年。原云政发〔2018〕14号文同时废止。",
			[]domain.Reference{{DocNumber: "云政发〔2018〕14号"}},
			nil, "2028-02-29",
		},
		"what stands behind the verb": {
			"云川县人民政府关于规范文件的通知", "一、决定废止《云川县稳岗办法》(云政发〔2018〕5号,以下简称《办法》)、《云川县创业办法》等2件文件。二、停止执行《云川县停车办法》第三条。三、《云川县公园办法》(2018年5月1日印发)自2026年3月1日起废止,云政发〔2017〕3号同时失效。",
			[]domain.Reference{{Title: "云川县稳岗办法", DocNumber: "云政发〔2018〕5号"}, {Title: "云川县创业办法"}, {Title: "云川县公园办法"}, {DocNumber: "云政发〔2017〕3号"}},
			nil, "",
		},
		"what a title and a list end": {
			"云川县人民政府关于废止《云川县稳岗办法》等文件的决定", "经研究,决定废止下列规范性文件:\n1.《云川县稳岗办法》(云政发〔2018〕5号)\n2.《云川县创业办法》(云政办发〔2017〕8号)\n根据《云川县公园办法》,对企业给予补贴。",
			[]domain.Reference{{Title: "云川县稳岗办法", DocNumber: "云政发〔2018〕5号"}, {Title: "云川县创业办法", DocNumber: "云政办发〔2017〕8号"}},
			nil, "",
		},
		"a part that is ended, and longer terms": {
			"云川县人民政府关于支持企业的通知", "一、《云川县稳岗办法》(云政发〔2018〕5号)第三条同时废止。二、《云川县创业办法》(云政办发〔2017〕8号)规定的政策执行期限延长1年,至2027年6月30日。三、云政发〔2019〕3号文件有效期延长至2026年12月。",
			nil,
			[]domain.Reference{{Title: "云川县稳岗办法", DocNumber: "云政发〔2018〕5号"}, {Title: "云川县创业办法", DocNumber: "云政办发〔2017〕8号", Until: "2027-06-30"}, {DocNumber: "云政发〔2019〕3号", Until: "2026-12-31"}},
			"",
		},
		"how long it is extended, and from when": {
			"云川县人民政府关于延长补贴政策有效期的通知", "一、《云川县创业办法》(云政办发〔2017〕8号)有效期延长3年,自2026年4月1日起施行,至2029年3月31日止。二、《云川县稳岗办法》有效期延长两年,自2026年4月1日起。三、云政发〔2019〕3号文件有效期延长2年。", nil,
			[]domain.Reference{{Title: "云川县创业办法", DocNumber: "云政办发〔2017〕8号", Until: "2029-03-31"}, {Title: "云川县稳岗办法", Until: "2028-03-31"}},
			"",
		},
		"the term of what the title names": {
			"云川县人民政府关于延长《云川县创业办法》有效期的通知", "《云川县创业办法》(云政办发〔2017〕8号)将于2026年3月31日到期。经研究,现将有效期延长至2029年3月31日。", nil,
			[]domain.Reference{{Title: "云川县创业办法", DocNumber: "云政办发〔2017〕8号", Until: "2029-03-31"}},
			"",
		},
		"a number begins the text": {
			"云川县人民政府关于继续执行补贴政策的通知", "云政发〔2019〕3号文件规定的政策继续执行,执行期限延长至2027年12月31日。", nil,
			[]domain.Reference{{DocNumber: "云政发〔2019〕3号", Until: "2027-12-31"}},
			"",
		},
		"longer, between two days": {
			"云川县人民政府关于延长补贴政策有效期的通知", "经评估,《云川县创业办法》(云政办发〔2017〕8号)继续有效,有效期延长3年,自2026年4月1日至2029年3月31日。", nil,
			[]domain.Reference{{Title: "云川县创业办法", DocNumber: "云政办发〔2017〕8号", Until: "2029-03-31"}},
			"",
		},
		"its own term": {
			"云川县人民政府关于支持企业的通知", "一、给予企业20万元补助。二、本通知有效期延长至2027年12月31日。", nil, nil, "2027-12-31",
		},
		"a list of which one is ended in part": {
			"云川县人民政府关于支持企业的通知", "一、《云川县稳岗办法》(云政发〔2018〕5号)、《云川县创业办法》(云政办发〔2017〕8号)第六条、《云川县公园办法》(云政办发〔2016〕4号)同时废止。",
			[]domain.Reference{{Title: "云川县稳岗办法", DocNumber: "云政发〔2018〕5号"}, {Title: "云川县公园办法", DocNumber: "云政办发〔2016〕4号"}},
			[]domain.Reference{{Title: "云川县创业办法", DocNumber: "云政办发〔2017〕8号"}},
			"",
		},
		"a rate that is changed": {
			"云川县人民政府关于调整征收率的通知", "一、将《云川县征收办法》(云政发〔2012〕3号)中住宅的预征率由1.5%下调至1%。二、《云川县降费办法》已印发,本县费率由3%降至2%。", nil,
			[]domain.Reference{{Title: "云川县征收办法", DocNumber: "云政发〔2012〕3号"}},
			"",
		},
		"grounds with numbers are not changed": {
			"云川县人民政府关于支持企业的通知", "依据《云川县工资规定》(县政府令第15号)和《云川市工资规定》(市政府令第21号),结合本县实际,县政府决定对现行工资标准进行调整。", nil, nil, "",
		},
		"grounds of several offices are not changed": {
			"云川县人民政府关于支持企业的通知", "根据《中华人民共和国劳动法》和劳动部《工资规定》(劳动部令第21号),以及云川市人民政府《关于工资标准的通知》(云府函〔2025〕7号)的规定,决定对工资标准进行调整。", nil, nil, "",
		},
		"what an office changes on grounds": {
			"云川县人民政府关于支持企业的通知", "根据《云川市工资规定》(市政府令第21号),县政府《工资细则》作如下修改。", nil,
			[]domain.Reference{{Title: "工资细则"}},
			"",
		},
		"a ground is not changed": {
			"云川县人民政府关于支持企业的通知", "根据《云川县停车管理办法》(云政发〔2024〕6号),继续执行免费停车政策。", nil, nil, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, name, c.title+"\n云政发〔2026〕9号\n各乡镇人民政府:\n"+c.body+noticeEnd)
			if !slices.Equal(p.Replaces, c.replaces) || !slices.Equal(p.Amends, c.amends) || p.Expires != c.expires {
				t.Errorf("ends %v, changes %v, expires %q; want %v, %v, %q", p.Replaces, p.Amends, p.Expires, c.replaces, c.amends, c.expires)
			}
		})
	}
}

func TestATextWithoutBlanksIsTakenApart(t *testing.T) {
	p := read(t, "glued.txt", "云川县人民政府关于印发云川县扶持粮油产业若干措施的通知云府规字〔2026〕2号各乡(镇)人民政府、街道办事处,县政府各部门:经县政府第二届第十二次常务会议研究,并报县委同意,现将《云川县扶持粮油产业若干措施》印发给你们,请认真组织实施。云川县人民政府二〇二六年三月十五日云川县扶持粮油产业若干措施一、扶持对象从事粮食生产的家庭农场、农民合作社。二、种粮补贴。对种植早稻50亩以上的家庭农场,给予每亩200元补助;集中流转抛荒田、连片种植油茶30亩以上的,给予每亩300元补助。本措施自印发之日起施行,有效期至二〇二八年十二月三十一日止。")
	if p.DocNumber != "云府规字〔2026〕2号" || p.PublishDate != "2026-03-15" || p.EffectiveFrom != "2026-03-15" || p.Expires != "2028-12-31" || p.DocKind != "D08" || !slices.Equal(p.Issuers, []string{"云川县人民政府"}) {
		t.Errorf("number %q of %q, from %q to %q, kind %q, issuers %q", p.DocNumber, p.PublishDate, p.EffectiveFrom, p.Expires, p.DocKind, p.Issuers)
	}
	if len(p.Measures) == 0 {
		t.Error("no measure")
	}
}

// TestWhatClerksHandInIsNoLastDayOfAMeasure: offices collect what was handed in.
func TestWhatClerksHandInIsNoLastDayOfAMeasure(t *testing.T) {
	for sentence, want := range map[string]string{
		"请各区科技局于2020年4月17日前将申报材料汇总报送县科技局。": "",
		"企业应于2020年4月15日前提交申报材料。":           "2020-04-15",
	} {
		p := read(t, "award.txt", "云川县科技局关于奖励高新技术企业的通知\n各企业:\n一、对新认定的高新技术企业,给予一次性奖励20万元。"+sentence+"\n云川县科技局\n2020年4月1日\n")
		if len(p.Measures) != 1 || p.Measures[0].Window.Deadline != want {
			t.Errorf("%s: %+v, want one measure until %q", sentence, p.Measures, want)
		}
	}
}

// TestADiscountIsAShare reads by how much a price is less.
func TestADiscountIsAShare(t *testing.T) {
	p := read(t, "discount.txt", "云川县关于支持企业的若干措施\n一、对中小企业新入户的安装费用优惠30%。\n二、落实各项政策。\n云川县人民政府\n2020年4月1日\n")
	if len(p.Measures) == 0 || p.Measures[0].Benefit.Kind != "B02" || p.Measures[0].Benefit.Rate != 0.3 {
		t.Errorf("got %+v", p.Measures)
	}
}

// TestWhatAnAmountIsChangedToCounts: the old amount is over.
func TestWhatAnAmountIsChangedToCounts(t *testing.T) {
	for sentence, want := range map[string]domain.Benefit{
		"将城市居民最低生活保障标准从每人每月280元调整为每人每月330元。": {Kind: "B09", Amount: 330, Unit: "人·月"},
		"对个人发放的创业担保贷款,最高额度由15万元提高至20万元。":     {Kind: "B09", Cap: 200_000},
	} {
		p := read(t, "raised.txt", "云川县民政局关于提高保障标准的通知\n各乡镇:\n一、"+sentence+"\n二、落实各项政策。\n云川县民政局\n2020年4月1日\n联系电话:13800001111\n")
		if len(p.Measures) == 0 {
			t.Fatalf("%s: no measure", sentence)
		}
		got := p.Measures[0].Benefit
		got.Text, got.Tax = "", nil
		if !reflect.DeepEqual(got, want) || p.Contact != "13800001111" {
			t.Errorf("%s: got %+v and %s, want %+v", sentence, got, p.Contact, want)
		}
	}
}

// TestWhoIsMeantIsReadWholeOrListed holds whom a measure is for, as conditions. What
// no profile can answer stands behind "?", for the officer: nobody is taken to meet
// it.
func TestWhoIsMeantIsReadWholeOrListed(t *testing.T) {
	for sentence, want := range map[string][]string{
		"对从业人员100人以下、年营业收入5000万元以下的企业,给予2万元补助。":          {"kind in enterprise", "revenue le 50000000", "staff le 100"},
		"对营业收入不低于200万元且不超过2000万元的企业,给予2万元补助。":            {"kind in enterprise", "revenue ge 2000000", "revenue le 20000000"},
		"对从业人数20人至300人(不含)的企业,给予2万元补助。":                  {"kind in enterprise", "staff ge 20", "staff lt 300"},
		"对招用高校毕业生、签订1年以上劳动合同的小微企业,给予2万元补助。":              {"?招用高校毕业生、签订1年以上劳动合同", "kind in enterprise", "size in small,micro"},
		"对首次创办小微企业,且正常运营1年以上的高校毕业生、就业困难人员,给予一次性补贴5000元。": {"?首次创办小微企业,且正常运营1年以上", "group in G04,G06", "kind in resident"},
		"对成立满2年、从业人数不超过50人的企业,给予2万元补助。":                  {"?成立满2年", "kind in enterprise", "staff le 50"},
		"对低保家庭中的残疾人,给予2000元补助。":                          {"group in G02", "group in G07", "kind in resident"},
		"对计划生育特殊家庭,给予2000元补助。":                           {"?计划生育特殊家庭", "kind in resident"},
		"对安置就业的盲人按摩机构,给予2万元补助。":                          {"?安置就业的盲人按摩机构", "kind in enterprise"},
		"女性残疾人年满55周岁、男性年满60周岁的,可领取慰问金1000元。":             {"?女性残疾人年满55周岁、男性年满60周岁", "group in G02", "kind in resident"},
		"对60至69岁的残疾人,给予2000元补助。":                         {"age ge 60", "age le 69", "group in G02", "kind in resident"},
		"对0至6周岁残疾儿童家庭,给予康复救助5000元。":                      {"?0至6周岁残疾儿童", "group in G02", "kind in resident"},
		"对个人和小微企业,给予50%贴息。":                              {"kind in resident", "size in small,micro"},
		"对企业,给予2万元补助。\n二、本通知自2026年1月1日起执行,《关于提高科技型中小企业补助比例的通知》(云财发〔2020〕3号)同时废止。": {"kind in enterprise"},
		"对户籍家庭中生育三孩的,给予补助5000元。":              {"?户籍家庭中生育三孩", "kind in resident"},
		"纳税人照护3岁以下婴幼儿的支出,每月定额扣除1000元。":        {"?3岁以下婴幼儿", "group in G03", "kind in resident"},
		"对个体工商户年应纳税所得额不超过200万元的部分,减半征收个人所得税。": {"kind in enterprise", "registration in R500"},
		"支持企业发展。对从业人数不超过50人的企业,给予2万元补助。":      {"kind in enterprise", "staff le 50"},
	} {
		t.Run(sentence, func(t *testing.T) {
			p := read(t, "who.txt", noticeHead+"一、"+sentence+noticeEnd)
			if len(p.Measures) != 1 {
				t.Fatalf("%d measures, want 1", len(p.Measures))
			}
			checkEvidence(t, p)
			var got []string
			p.Measures[0].Criteria.Leaves(func(l *domain.Condition) {
				if l.Field == domain.FieldOther {
					got = append(got, "?"+l.Unread)
				}
			})
			for _, l := range leaves(&p.Measures[0]) {
				if !strings.HasPrefix(l, "other") && !strings.HasPrefix(l, "region") {
					got = append(got, l)
				}
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, want) {
				t.Errorf("it asks for %q, want %q", got, want)
			}
		})
	}
}

// TestEachClassOfEnterprisesHasAShareOfItsOwn: who is of one class is not told what others
// get, and both meet what is asked of all.
func TestEachClassOfEnterprisesHasAShareOfItsOwn(t *testing.T) {
	type share struct {
		Title, Base string
		Rate        float64
		Who         []string
		Unread      []string
	}
	both := []string{"裁员率不高于5.5%"}
	for text, want := range map[string][]share{
		"一、稳岗返还。参保企业上年度裁员率不高于5.5%的,可申请稳岗返还。大型企业按上年度实际缴纳失业保险费的30%返还,中小微企业按60%返还。": {
			{"稳岗返还(大型企业)", "上年度实际缴纳失业保险费", 0.3, []string{"large"}, both},
			{"稳岗返还(中小微企业)", "上年度实际缴纳失业保险费", 0.6, []string{"medium", "small", "micro"}, both},
		},
		"一、稳岗返还。中型企业、小型企业、微型企业按上年度实际缴纳失业保险费的60%返还,大型企业按30%返还。": {
			{"稳岗返还(中型企业、小型企业、微型企业)", "上年度实际缴纳失业保险费", 0.6, []string{"medium", "micro", "small"}, nil},
			{"稳岗返还(大型企业)", "上年度实际缴纳失业保险费", 0.3, []string{"large"}, nil},
		},
		"一、稳岗返还。大型企业、中小微企业按上年度实际缴纳失业保险费的50%返还。": {
			{"稳岗返还", "上年度实际缴纳失业保险费", 0.5, []string{"large", "medium", "micro", "small"}, nil},
		},
	} {
		p := read(t, "class.txt", noticeHead+text+noticeEnd)
		checkEvidence(t, p)
		var got []share
		for _, m := range p.Measures {
			one := share{Title: m.Title, Base: m.Benefit.Base, Rate: m.Benefit.Rate}
			m.Criteria.Leaves(func(l *domain.Condition) {
				switch l.Field {
				case domain.FieldSize:
					one.Who = append(one.Who, l.Values...)
				case domain.FieldOther:
					one.Unread = append(one.Unread, l.Unread)
				}
			})
			got = append(got, one)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", text, got, want)
		}
	}
}

// TestParagraphsAreParted where they give several people something of their own: within
// an article, and at items that stand within a paragraph.
func TestParagraphsAreParted(t *testing.T) {
	for text, want := range map[string][]string{ // what each gives
		"第一条 研发支持。对高新技术企业,给予20万元资助;对科技型中小企业,给予10万元资助。":                                                 {"200000", "100000"},
		"第一条 乡村旅游。(一)伴手礼。被评为十佳伴手礼的,给予1万元奖励。(二)节庆活动。每个节庆活动给予2万元的资金补助。":                                  {"10000", "20000"},
		"第一条 景区奖励。本县有16条奖励措施。其中,对新评定的国家A级旅游景区一次性给予奖励,具体标准为:5A级60万元,4A级30万元;对组织游客来县的旅行社,每趟专列奖励该旅行社3万元。": {"600000 300000", "30000"},
		"一、创业启动。对高层次人才创业项目,给予200万元、400万元、600万元的创业启动补助。":                                                {"2000000 4000000 6000000"},
		"一、床位补贴。对快捷酒店,每张床位分别补贴500、800、1000元。":                                                          {"500 800 1000"},
		"一、技能补贴。对企业职工,补贴标准为初级(五级)1000元、中级(四级)1500元。":                                                   {"1000 1500"},
		"一、设备补助。对小微企业,给予2万元补助。\n二、申请截止时间为2026年9月30日。":                                                  {"20000"},
		"一、设备补助。对小微企业,给予2万元补助。\n二、申报期限截至2026年9月30日。严重失信的单位不可享受设备补助政策。":                                 {"20000"},
		"一、技术合作。支持企业与高校合作攻关,对登记技术合同的企业,按实际支付金额的20%予以补助,最高20万元;对参加成果竞拍并成交的企业,给予5万元补助。":                  {"0", "50000"},
		"一、电商活动。对举办活动的协会,按核定费用给予不高于70%的补助;对设立跨境网店的企业,一次性给予0.5万元人民币的奖励。":                                {"0", "5000"},
		"第一条 申请程序:1.企业提出申请;2.县经信局审核;3.对符合条件的企业发放补助5万元。":                                                {"50000"},
		"一、上台阶奖。对年营业收入同比增幅达到30%以上的企业,给予奖励2万元。对入规企业,给予奖励5万元。":                                           {"20000", "50000"},
		"一、技改奖励。对技改投入5000万元以上的企业奖补15万元,技改投入3000万元至5000万元的企业奖补10万元,500万元至1000万元的企业奖补5万元。":               {"150000 100000 50000"},
	} {
		p := read(t, "parted.txt", noticeHead+text+noticeEnd)
		checkEvidence(t, p)
		var got []string
		for _, m := range p.Measures {
			sums := m.Benefit.Tiers
			if sums == nil {
				sums = []float64{m.Benefit.Amount}
			}
			var words []string
			for _, x := range sums {
				words = append(words, strconv.FormatFloat(x, 'f', -1, 64))
			}
			got = append(got, strings.Join(words, " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: gives %q, want %q", text, got, want)
		}
	}
}

// TestAGuideThatGivesSeveralThings to several is parted, whatever its title says.
func TestAGuideThatGivesSeveralThings(t *testing.T) {
	p := read(t, "guide.txt", "电子商务扶持项目申报指南\n对第一次纳入统计的网络零售企业,给予一次性奖励10万元。\n对举办公共性活动的电商协会,给予每场5万元补助。\n在电商基地建设方面,对建成的基地,给予20万元奖励。")
	var got []float64
	for _, m := range p.Measures {
		got = append(got, m.Benefit.Amount)
	}
	if !slices.Equal(got, []float64{100_000, 50_000, 200_000}) {
		t.Errorf("it gives %v", got)
	}
}

// TestWhatAMeasureGives reads amounts in the words of county notices.
func TestWhatAMeasureGives(t *testing.T) {
	for sentence, want := range map[string]domain.Benefit{
		"对高校毕业生,给予一次性创业补贴5000元。":                 {Kind: "B09", Amount: 5000, Once: true},
		"对招用高校毕业生的企业,按每招用1人1500元的标准发放补助。":        {Kind: "B09", Amount: 1500, Unit: "人"},
		"对80周岁以上老年人,每人每月50元;90周岁以上老年人,每人每月100元。": {Kind: "B09", Tiers: []float64{50, 100}, Unit: "人·月"},
		"对科技型中小企业,按投入的30%给予补助,最高200万元。":          {Kind: "B09", Rate: 0.3, Base: "投入", Cap: 2_000_000},
		"对承租国有房屋的个体工商户,减免3个月租金。":                 {Kind: "B14", Months: 3},
	} {
		p := read(t, "gives.txt", noticeHead+"一、"+sentence+noticeEnd)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures, want 1", sentence, len(p.Measures))
			continue
		}
		got := p.Measures[0].Benefit
		got.Text, got.Tax = "", nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", sentence, got, want)
		}
	}
}

// TestWhoTheWholeDocumentLeavesOut: a list of those who get nothing holds for every
// measure, asks nothing of anybody, and is none itself; nor is the paragraph that
// tells how to apply.
func TestWhoTheWholeDocumentLeavesOut(t *testing.T) {
	p := read(t, "out.txt", noticeHead+"一、设备补助。对从业人数不超过300人的企业,给予2万元补助。\n二、贴息。对从业人数不超过50人的企业,给予3万元贴息。\n三、有下列情形之一的企业不得享受本意见政策:\n(一)被列入严重失信主体名单的;\n(二)房地产开发企业。\n四、本意见自2026年4月1日起施行。由企业向县经信局提出申请,咨询电话:0575-81234567。"+noticeEnd)
	if len(p.Measures) != 2 {
		t.Fatalf("%d measures, want 2", len(p.Measures))
	}
	for _, m := range p.Measures {
		out := 0
		for _, part := range m.Criteria.All {
			if part.Not != nil {
				out += len(part.Not.Any)
			} else if part.Leaf != nil && (part.Leaf.Field == domain.FieldAttribute || part.Leaf.Field == domain.FieldIndustry) {
				t.Errorf("%s asks for %v of those left out", m.Title, part.Leaf.Values)
			}
		}
		if out != 2 || m.How.Mode != "apply" || m.How.Contact != "0575-81234567" {
			t.Errorf("%s: %d left out, had by %+v", m.Title, out, m.How)
		}
	}
}

// TestWhatNobodyMayBeIsNotAskedFor: a condition may deny.
func TestWhatNobodyMayBeIsNotAskedFor(t *testing.T) {
	p := read(t, "deny.txt", "云川县经信局关于申报技术改造补助的通知\n各企业:\n一、申报条件\n1.从业人数不超过300人;\n2.近两年未发生安全事故,未列入严重失信名单。\n二、补助标准\n对企业按投入的30%给予补助。\n云川县经信局\n2026年3月1日")
	if len(p.Measures) != 1 {
		t.Fatalf("%d measures, want 1", len(p.Measures))
	}
	denied := false
	for _, part := range p.Measures[0].Criteria.All {
		if part.Leaf != nil && part.Leaf.Field == domain.FieldAttribute {
			t.Errorf("it asks for %v", part.Leaf.Values)
		}
		denied = denied || part.Not != nil
	}
	if !denied {
		t.Error("nobody is left out")
	}
}

// TestRulesOfOneThingAreOneMeasure: articles on who, what and how make one.
func TestRulesOfOneThingAreOneMeasure(t *testing.T) {
	p := read(t, "rules.txt", "云川县人社局关于印发云川县购房补贴实施细则的通知\n各乡镇:\n现将《云川县购房补贴实施细则》印发给你们。\n云川县人社局\n2026年2月10日\n云川县购房补贴实施细则\n第一条 为吸引人才,制定本细则。\n第二条 本细则适用于年龄在45周岁以下的高校毕业生。\n第三条 申请购房补贴应同时具备以下条件:\n(一)签订3年以上劳动合同;\n(二)在本县无自有住房。\n第四条 补贴标准:给予一次性补贴100000元。\n第五条 有下列情形之一的,不予补贴:\n(一)机关事业单位工作人员。\n第六条 申请人通过“浙里办”提交身份证、劳动合同等材料。\n第七条 本细则自2026年3月1日起施行。")
	if len(p.Measures) != 1 {
		t.Fatalf("%d measures, want 1", len(p.Measures))
	}
	m := p.Measures[0]
	if got := leaves(&m); !slices.Contains(got, "age le 45") || !slices.ContainsFunc(m.Unread, func(s string) bool { return strings.Contains(s, "劳动合同") }) || m.Benefit.Amount != 100_000 || len(m.How.Materials) != 2 {
		t.Errorf("it asks for %q and %q, gives %+v by %+v", got, m.Unread, m.Benefit, m.How)
	}
}

// TestWaysThatGive: where only a section of how it is had gives something, that
// is what the document gives; where another gives too, it tells how that is had.
func TestWaysThatGive(t *testing.T) {
	const way = "一、活动方式\n凡购买小汽车新车的个人消费者,每辆补贴1000元。\n"
	for text, want := range map[string]int{
		"宝安区汽车促消费活动公告\n" + way: 1,
		"宝安区汽车促消费活动公告\n" + way + "二、活动内容\n对购买新能源汽车的个人消费者,每辆补贴2000元。\n": 1,
	} {
		if got := read(t, "a.txt", text).Measures; len(got) != want || want == 1 && got[0].Benefit.Kind == "" {
			t.Errorf("%s: %d measures", text, len(got))
		}
	}
}

// TestMeasureOfATitle: a table of rates gives what its title names. No figure is
// taken for what everybody gets; all are shown to the officer.
func TestMeasureOfATitle(t *testing.T) {
	p := read(t, "a.txt", "长寿湖镇政策性农业保险补贴标准\n\n保费承担比例(中央、市级、区级、农户)\n一、中央补贴险种\n种植业:45%、30%、10%、15%;\n养殖业:50%、20%、10%、20%。\n")
	if len(p.Measures) != 1 {
		t.Fatalf("%d measures", len(p.Measures))
	}
	m := p.Measures[0]
	if m.Benefit.Kind != "B09" || m.Benefit.Rate != 0 || !strings.Contains(strings.Join(m.Check, " "), "45%") {
		t.Errorf("%+v, to check: %v", m.Benefit, m.Check)
	}
	if got := read(t, "a.txt", "关于召开全市农业工作会议的通知\n\n定于3月5日召开全市农业工作会议。\n").Measures; len(got) != 0 {
		t.Errorf("a meeting gives %d measures", len(got))
	}
}

// TestStandardsThatRise: a pension that rises by a sum gives, as does what whoever
// pays into the housing fund may take out.
func TestStandardsThatRise(t *testing.T) {
	for _, text := range []string{
		"关于提高城乡居民待遇的通知\n从2020年7月1日起,我市户籍满5年的城乡居民保险待遇领取人员,基础养老金月标准上调20元,调整后为310元。\n",
		"关于最高限额的通知\n缴存人和配偶在工作所在地行政区域内无住房的,可申请提取住房公积金支付房租。\n",
	} {
		if got := read(t, "a.txt", text).Measures; len(got) != 1 {
			t.Errorf("%s: %d measures", text, len(got))
		}
	}
}

// What is no condition, no place to apply at, no base and no figure of a measure is not read as one.
func TestWhatAMeasureDoesNotSay(t *testing.T) {
	const head = "云川县人民政府关于支持企业恢复生产的若干意见\n一、减免房租。对承租国有房屋的企业，免收房租3个月。\n二、"
	const tail = "\n本意见自印发之日起施行，有效期3个月。\n云川县人民政府\n2026年4月1日\n"
	last := func(t *testing.T, sentence string) domain.Measure {
		t.Helper()
		p := read(t, "意见.txt", head+sentence+tail)
		return p.Measures[len(p.Measures)-1]
	}
	t.Run("a time is no condition", func(t *testing.T) {
		if m := last(t, "灾后重建期间，经批准缓缴社会保险费的企业，缓缴期内免收滞纳金。"); slices.ContainsFunc(m.Unread, func(s string) bool { return strings.HasSuffix(s, "期间") }) {
			t.Errorf("asks for %q", m.Unread)
		}
	})
	t.Run("where business is done, nobody applies", func(t *testing.T) {
		if m := last(t, "支持外贸企业通过跨境电子商务平台开展业务，每户给予奖励5万元。"); m.How.Where != "" {
			t.Errorf("to be had at %s", m.How.Where)
		}
	})
	t.Run("on the base of", func(t *testing.T) {
		if m := last(t, "鼓励银行对受灾企业的贷款，在原有贷款利率基础上下浮15%以上。"); m.Benefit.Base != "原有贷款利率" {
			t.Errorf("of %q", m.Benefit.Base)
		}
	})
	t.Run("how long the document holds is read already", func(t *testing.T) {
		if m := last(t, "对受灾企业给予一次性补助5万元。"); slices.ContainsFunc(m.Check, func(s string) bool { return strings.Contains(s, "3个月") }) {
			t.Errorf("to be checked: %q", m.Check)
		}
	})
	t.Run("who is left out of a paragraph", func(t *testing.T) {
		p := read(t, "通知.txt", head+"对承租公租房的家庭，每月补贴200元。\n三、加强监督管理。保障期满均已年满60周岁的，可不再审核收入，但低保家庭不适用本款规定。"+tail)
		for _, m := range p.Measures[:2] {
			if len(m.Evidence["exclude"]) > 0 {
				t.Errorf("%s leaves out %+v", m.Title, m.Evidence["exclude"])
			}
		}
	})
}
