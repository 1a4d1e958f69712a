package push

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	quoted = regexp.MustCompile(`《([^《》]+)》`)
	within = regexp.MustCompile(`〈(关于[^〈〉]+)〉`)
	about  = regexp.MustCompile(`关于(?:印发|转发|公布|发布|下达|做好|进一步做好|开展|组织开展|组织申报|申报)?(.+?)(?:有关(?:事项|工作|问题))?的?(?:若干|实施|指导)?(?:通知|意见|公告|通告|决定|函|办法)?$`)
	// changes is what a title does to the document that it names: 关于修改《…办法》的决定.
	changes = regexp.MustCompile(`(?:修改|修订|废止)$`)
	// bracketed is what a title says in brackets at its end.
	bracketed = regexp.MustCompile(`（[^（）]*）$|\([^()]*\)$`)
)

// subject cuts a title down to what it is about: the name of the document it
// hands down, or what stands between 关于 and 通知.
func subject(title string) string {
	if m := quoted.FindStringSubmatchIndex(title); m != nil {
		name := title[m[2]:m[3]]
		if inner := within.FindStringSubmatch(name); inner != nil {
			name = inner[1]
		}
		if of := about.FindStringSubmatch(name); of != nil && of[1] != "" {
			name = of[1]
		}
		return changes.FindString(title[:m[0]]) + name
	}
	if utf8.RuneCountInString(title) > maxTitle {
		title = bracketed.ReplaceAllString(title, "")
	}
	if m := about.FindStringSubmatch(title); m != nil && m[1] != "" {
		return m[1]
	}
	return title
}

var (
	// occasion is why something is done, before what is done: 应对疫情支持中小企业.
	occasion = regexp.MustCompile(`^(?:[^，。、]{2,24}期间|(?:积极|有效|全力)?应对[^，。、]{2,24}?)((?:全力|进一步|积极|大力)?(?:支持|促进|做好|推动|帮助|加强|稳定|保障|延长|采取|延续|减免|免征|缓缴).{4,})$`)
	manner   = regexp.MustCompile(`^(?:进一步|继续|切实|扎实|全面|大力)(?:开展|做好)?`)
	// formal is what kind of document it is, at the end of its name.
	formal = regexp.MustCompile(`的?(?:若干|实施|管理|有关|相关|工作|暂行|具体|补充|[一二三四五六七八九十]+条|三年行动)*(?:政策措施|政策意见|政策|措施|办法|细则|意见|方案|规定|举措|计划|问题|事项|通知|公告|工作)$`)
	places = regexp.MustCompile(`[省市县区州旗盟镇乡]`)
)

// leastName is how many characters of a name are left at least.
const leastName = 6

// brief makes the name of a policy fit where a title has room, by leaving out whole
// parts that its reader misses least: the place, which the signature names, why
// it is done, and what kind of document it is.
func brief(name string, issuers []string) string {
	for _, less := range []func(string) string{
		func(s string) string { return bracketed.ReplaceAllString(s, "") },
		func(s string) string { return withoutPlaces(s, issuers) },
		func(s string) string { return occasion.ReplaceAllString(s, "$1") },
		func(s string) string { return manner.ReplaceAllString(s, "") },
		func(s string) string { return formal.ReplaceAllString(s, "") },
	} {
		if utf8.RuneCountInString(name) <= maxTitle {
			break
		}
		if said := less(name); utf8.RuneCountInString(said) >= leastName {
			name = said
		}
	}
	return name
}

// withoutPlaces leaves out the places before a name that its issuers are called by.
func withoutPlaces(name string, issuers []string) string {
	of := strings.Join(issuers, "、")
	for {
		end := 0
		for _, at := range places.FindAllStringIndex(firstRunes(name, longPlace), -1) {
			if strings.Contains(of, name[:at[1]]) && utf8.RuneCountInString(name[:at[1]]) > 1 {
				end = at[1]
			}
		}
		if end == 0 {
			return name
		}
		name = name[end:]
	}
}

// longPlace is how many characters the name of a place has at most.
const longPlace = 12

func firstRunes(s string, n int) string {
	rs := []rune(s)
	return string(rs[:min(n, len(rs))])
}

var (
	// joint is where words part: behind a bracket, before a stop and what joins or
	// begins another word.
	joint = regexp.MustCompile(`([》）”])|(?:以及|[和与及并暨或 的、，；：。！？]|支持|促进|推动|推进|加快|加强|做好|实现|缓解|应对|有关|相关|工作|实施|管理|征收|申报|申领|奖励|奖补|扶持|补贴|补助|资助|项目|资金|政策|措施|活动|名单|规划|高质量|发展|专项)`)
	// loose is what nothing may end with that goes on. A part of a number would be
	// another, and 300 without its 万 as well.
	loose = regexp.MustCompile(`(?:以及|[和与及并暨或的\d.,万亿，、；：（《“ ])+$`)
)

// shorten cuts to n characters, the last of them an ellipsis: where words part, if
// they do in the second half, and not between brackets.
func shorten(s string, n int) string {
	rs := []rune(s)
	if len(rs) <= n {
		return s
	}
	if n <= 1 {
		return ""
	}
	kept, least := string(rs[:n-1]), len(string(rs[:n/2]))
	cut := len(kept)
	for _, m := range joint.FindAllStringSubmatchIndex(string(rs[:n]), -1) {
		at := m[0]
		if m[2] >= 0 {
			at = m[3]
		}
		if at >= least && at <= len(kept) {
			cut = at
		}
	}
	if open := strings.LastIndexAny(kept[:cut], "《（“〔("); open >= least && !strings.ContainsAny(kept[open:cut], "》）”〕)") {
		cut = open
	}
	return loose.ReplaceAllString(kept[:cut], "") + "…"
}
