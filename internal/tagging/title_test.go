package tagging_test

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What a measure is called, and the words for what it gives, are no beginnings of a
// sentence that stop within a word: they say the gift.
func TestLongSentencesAreNamedByWhatTheyGive(t *testing.T) {
	const head = "云川县人民政府关于支持企业恢复生产的若干意见\n一、减免房租。对承租国有房屋的企业，免收房租3个月。\n二、对"
	for name, tt := range map[string]struct{ sentence, title, text string }{
		"of a short sentence": {"受灾企业给予一次性补助5万元。", "对受灾企业给予一次性补助5万元", "对受灾企业给予一次性补助5万元。"},
		"the gift behind a long condition": {
			"受洪涝灾害影响严重，导致到期还款确有困难的中小企业，由银行给予展期或者无还本续贷支持。",
			"对受洪涝灾害影响严重…由银行给予展期或者无还本续贷支持",
			"对受洪涝灾害影响严重，导致到期还款确有困难的中小企业，由银行给予展期或者无还本续贷支持。",
		},
		"the gift behind a list that is longer than the words": {
			"民政部门认定的低保家庭、低保边缘家庭、支出型困难家庭、特困人员，县总工会建档的困难职工家庭，持有残疾军人证等有效证件的优抚对象，烈士遗属和三级以上残疾人家庭，轮候期间每月发放租赁补贴300元。",
			"对民政部门认定的低保家庭…轮候期间每月发放租赁补贴300元",
			"县总工会建档的困难职工家庭，持有残疾军人证等有效证件的优抚对象，烈士遗属和三级以上残疾人家庭，轮候期间每月发放租赁补贴300元。",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := read(t, "意见.txt", head+tt.sentence+"\n云川县人民政府\n2026年4月1日\n")
			m := p.Measures[len(p.Measures)-1]
			if text := strings.ReplaceAll(m.Benefit.Text, ",", "，"); m.Title != tt.title || text != tt.text {
				t.Errorf("%s (%d), in the words\n%s", m.Title, utf8.RuneCountInString(m.Title), m.Benefit.Text)
			}
		})
	}
}
