package tagging

import (
	"slices"
	"strings"
)

// fitting are those who meet the conditions that another paragraph names.
var fitting = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?(?:凡|请)?(?:符合|具备|满足)[^,。;]{0,8}(?:条件|要求|规定)的`)

// byApplicant begins what whoever applies does to get what other paragraphs give.
var byApplicant = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|` + articleRE + `)?\s*(?:申请[\p{Han}]{2,12},)?由?(?:纳税人|缴费人|申请人|申报人|申领人|申请单位|申报单位|申报企业)(?:自行|享受(?:本|上述)|应当?[于在向]|可以?(?:于|在|向|通过|登录)|须|需|凭)`)

// allTheSame begins how everybody has what the other paragraphs give: 纳税人享受上述
// 优惠政策,实行“自行判别、申报享受”.
var allTheSame = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?\s*(?:纳税人|缴费人|申请人|申报人|企业|单位)享受(?:本|上述)`)

// howAndWhen begins when and how everybody applies: 六、申报时间。.
var howAndWhen = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|` + articleRE + `)\s*(?:资金)?(?:申报|申请|受理|办理|报名|申领|领取|兑现|兑付|缴费|发放|拨付)的?(?:(?:时间|期限|程序|流程|方式|渠道|材料|地点|办法)(?:[和及与、][\p{Han}]{2,6})?[。:]|(?:受理)?(?:截止)?(?:时间|日期|期限)(?:为|至|是|截[至止])[^。]{0,40}[。;]$)`)

// comesIntoForce begins the last paragraph, which tells for how long a document holds.
var comesIntoForce = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．]|` + articleRE + `)?\s*本[\p{Han}]{2,6}自[^。;]{2,20}起(?:施行|实施|执行|生效)`)

// callsApart takes out the paragraphs that only tell those who fit how to
// apply, or whom all the others leave out, where others give something: they are
// no measures of their own, and nobody but those who fit the others is meant.
func (t *reading) callsApart(units []unit) (measures []unit, calls []piece) {
	best := make([]act, len(units))
	for i, u := range units {
		for _, x := range u.own {
			best[i] = max(best[i], t.does(x.sentence))
		}
	}
	if !slices.ContainsFunc(best, func(a act) bool { return a >= favours }) {
		return units, nil
	}
	for i, u := range units {
		if len(u.own) == 0 {
			continue
		}
		if len(units) > 1 && t.onlyLeads(u) {
			continue
		}
		if len(units) > 1 && termOnly.MatchString(firstOf(u)) && !t.givesAny(u) {
			calls = append(calls, u.own...)
			continue
		}
		if i > 0 && allTheSame.MatchString(firstOf(u)) || best[i] <= invites && tellsHow(u) || t.onlyLeavesOut(u) || howAndWhen.MatchString(firstOf(u)) && !t.givesAny(u) {
			calls = append(calls, u.own...)
			continue
		}
		if n := len(measures); n > 0 && t.goesOnAbout(measures[n-1], u) {
			measures[n-1].own = append(slices.Clip(measures[n-1].own), u.own...)
			continue
		}
		measures = append(measures, u)
	}
	return measures, calls
}

// goesOnAbout tells whether a paragraph goes on about what the one before it gives: how it is
// had, what it is spent on, or how much it is where that does not say so.
func (t *reading) goesOnAbout(before, u unit) bool {
	first := firstOf(u)
	if before.heading != u.heading {
		return false
	}
	return goingOnAbout.MatchString(first) && !t.givesAny(u) || howMuch.MatchString(first) && !t.givesAny(before)
}

// goingOnAbout begins such a paragraph, and howMuch one that says how much is given.
var (
	goingOnAbout = expression(`^[\s(]*(?:(?:需要?)?(?:特别)?(?:提醒|注意|说明)的是|注:|注意:|温馨提示|采取[^,。;]{4,40}方式|[^,。;:]{2,16}资金(?:可以?|主要|应当?|专项|必须)[^,。;]{0,6}用于|[^,。;:]{0,10}?,?(?:上述|以上)[^,。;]{0,8}(?:政策|补贴|补助|奖励|措施|资金)|申[领请报](?:企业|单位|人)?(?:需要?|应当?|须)[^,。;]{0,6}(?:满足|符合|具备)|同时(?:符合|满足)(?:上述|以上))`)
	howMuch      = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?(?:补[贴助]|奖[励补]|资助|救助|返还)(?:标准|金额|额度)(?:为|是|:)`)
)

// onlyLeads tells whether a paragraph only leads to what the others give: how news begins, or
// what ends in 通知如下.
func (t *reading) onlyLeads(u unit) bool {
	first := firstOf(u)
	if strings.HasSuffix(first, "如下:") && isNumbered(first) || u.own[len(u.own)-1].in.Clause != u.own[0].in.Clause {
		return false
	}
	return (strings.HasSuffix(first, "如下:") || newsLead.MatchString(first)) && !slices.ContainsFunc(u.own, func(x piece) bool { return x.matches(numbers) })
}

// newsLead begins news of a document that others have issued.
var newsLead = expression(`^[^。;]{0,40}?(?:近日|日前|昨日|今日|记者)[^。;]*?(?:印发|出台|发布|制定|公布|下发|获悉|了解到)`)

// givesAny tells whether a measure gives something in figures: 五、补贴时间。每人每月300元.
func (t *reading) givesAny(u unit) bool {
	return slices.ContainsFunc(u.own, func(x piece) bool { return t.givenIn(x.sentence) })
}

func firstOf(u unit) string {
	if len(u.own) == 0 {
		return ""
	}
	return u.own[0].text
}

// tellsHow tells whether a paragraph begins with how those who fit others apply, or
// for how long the document holds.
func tellsHow(u unit) bool {
	first := firstOf(u)
	return fitting.MatchString(first) || byApplicant.MatchString(first) || comesIntoForce.MatchString(first)
}

// onlyLeavesOut tells whether all that a measure does is to leave somebody out.
func (t *reading) onlyLeavesOut(u unit) bool {
	out := false
	for _, x := range u.own {
		if x.matches(allLeftOut) {
			out = true
		} else if found := t.find("X23", x.sentence); len(found) > 0 && found[0].loc[0] <= numberSize(x.text) && found[0].loc[1] >= len(strings.TrimRight(x.text, "。;")) {
			out = true
		} else if x.matches(noRepeat) && !t.givenIn(x.sentence) {
			out = true
		} else if t.does(x.sentence) > noAct {
			return false
		}
	}
	return out
}

// termOnly begins for how long something is had that others give.
var termOnly = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?(?:补贴|补助|享受|贴息|扶持|资助)(?:期限|年限)`)

// noRepeat is who gets nothing a second time.
var noRepeat = expression(`(?:不得?|不再|不可|不能|不予)(?:重复|同时)(?:享受|申请|申报|申领|奖励|补助|补贴|支持)|就高不重复`)
