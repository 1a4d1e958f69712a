package tagging

import (
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
)

// The sides of a measure that say how it is had, and not who or what.
var procedural = []string{"程序", "流程", "方式", "渠道", "时间", "期限", "材料", "频度", "要求"}

// whoSides are those that say who.
var whoSides = []string{"对象", "主体", "范围", "条件"}

// standardSides are those that say how much.
var standardSides = []string{"标准", "额度", "金额"}

var (
	// label is a paragraph or heading that names one side of a measure.
	label = automaton.MustCompile(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|第[一二三四五六七八九十]{1,3}条)?\s*\(?(?:[\p{Han}]{0,4})(对象|主体|条件|标准|额度|金额|程序|流程|方式|渠道|时间|期限|材料|范围|内容)\)?$`)
	// articleLabel is what an article is about, behind its number: 第二条(补贴对象), or a step on
	// the way to what is given, 第十条 申报。, which is all that wayLabel knows.
	articleLabel = automaton.MustCompile(`^第[一二三四五六七八九十百]{1,5}条\s*(?:\(([\p{Han}、]{2,16})\)|((?:申请|申报|申领|受理|初审|审核|审批|拨付|兑付|兑现|公示|复核|验收)(?:[与和及、][\p{Han}]{2,4}|程序|流程|拨付|审批)?)。)`)
	wayLabel     = automaton.MustCompile(`^(?:申请|申报|申领|受理|初审|审核|审批|办理|发放|拨付|兑付|兑现|公示|复核|验收)(?:[与和及、]?[\p{Han}]{2,4})?$`)
	// labelVerb is one in a sentence: 一、救助对象为下列人员:.
	labelVerb = automaton.MustCompile(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|第[一二三四五六七八九十]{1,3}条)\s*(?:(?:补贴|补助|申报|申领|申请|享受|支持|发放|奖励|扶持|保障|救助|资助|返还|减免|[\p{Han}]{2,12}?(?:补贴|补助|津贴|奖励|资助))(对象|主体|范围|条件)(?:为|是|包括)|本(?:办法|细则|规定|措施|政策)适用于)`)
	// conditionsOf announces the conditions of one measure.
	conditionsOf = automaton.MustCompile(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|第[一二三四五六七八九十]{1,3}条)\s*(?:申请|申报|申领|享受|领取)[^。;:]{0,24}(?:具备|符合|满足)(?:以下|下列|下述)[\p{Han}]{0,4}条件:$`)
	// labelHeading is the same as a heading of its own.
	labelHeading = automaton.MustCompile(`(?:补贴|补助|申报|申领|申请|享受|支持|发放|奖励|政策|适用|扶持|保障|救助|资助|返还|减免|受理|办理)?(对象|主体|条件|标准|额度|金额|内容|程序|流程|方式|渠道|时间|期限|材料|范围|频度|要求)(?:(?:和|与|及|、)[\p{Han}]{2,6})?$`)
	// sideQuestion is a heading of a page of questions that asks for one side.
	sideQuestion = automaton.MustCompile(`(对象|条件|额度|金额|标准|利率|多少钱|多长时间|期限|时间|流程|程序|渠道|方式|材料|资料|哪里|银行|地点|范围|给谁|谁可以|谁能)[^?]{0,8}[??]$|(?:哪些|什么|谁)[^?]{0,8}(对象|条件|人|企业|材料|渠道|资料|银行|方式)[^?]{0,6}[??]$`)
)

// bracketed is what an article is about, where its number is cut off.
var bracketed = automaton.MustCompile(`^\([\p{Han}、]{2,16}\)\s*`)

// articleRE is the number of an article.
const articleRE = `第[一二三四五六七八九十百零〇\d]{1,6}条`

// sideOfLabel is the side of a measure that the first words of a paragraph name.
func sideOfLabel(text string) string {
	if m := labelVerb.FindStringSubmatch(text); m != nil {
		return cmpEmpty(m[1], "对象")
	}
	if m := articleLabel.FindStringSubmatch(text); m != nil {
		side := sideOfHeading(m[1])
		if side == "" && wayLabel.MatchString(cmpEmpty(m[1], m[2])) {
			return "程序"
		}
		return side
	}
	if conditionsOf.MatchString(text) {
		return "条件"
	}
	head := text[:min(len(text), longLabel+len("。"))]
	if i := indexAny(head, ":。\n"); i >= 0 {
		head = head[:i]
	}
	if len(head) > longLabel {
		return ""
	}
	if m := label.FindStringSubmatch(head); m != nil {
		return m[1]
	}
	return ""
}

// longLabel is more than the bytes of a label with its number.
const longLabel = 60

var whatToo = automaton.MustCompile(`[和与及、](?:[\p{Han}]{0,4})(?:标准|内容|额度|金额)$`)

func sideOfHeading(heading string) string {
	if utf8.RuneCountInString(heading) <= 12 {
		if m := labelHeading.FindStringSubmatch(heading); m != nil {
			if (m[1] == "条件" || m[1] == "对象") && whatToo.MatchString(heading) {
				return "" // 补助条件及标准 says what is given as well
			}
			return m[1]
		}
	}
	if !strings.HasSuffix(heading, "?") {
		return ""
	}
	if m := sideQuestion.FindStringSubmatch(heading); m != nil {
		switch side := cmpEmpty(m[1], m[2]); side {
		case "利率", "多少钱":
			return "标准"
		case "多长时间":
			return "期限"
		case "人", "企业", "给谁", "谁可以", "谁能":
			return "对象"
		case "资料":
			return "材料"
		case "哪里", "银行", "地点":
			return "渠道"
		default:
			return side
		}
	}
	return ""
}
