package tagging

import (
	"cmp"
	"slices"
	"strings"

	"policypush/internal/domain"
)

// doing is what a sentence does for or to those outside the government.
type doing uint8

const (
	mentions  doing = iota // a preamble, a goal, a basis: no theme comes of it
	organises              // work among offices
	says                   // nothing recognised
	requires
	grants
)

// share is what a word earns by what its sentence does.
func (d doing) share() float64 {
	return [...]float64{mentions: 0, organises: 0.35, says: 0.7, requires: 0.9, grants: 1.3}[d]
}

var (
	// giving are words by which a sentence gives money, relief, a service or a right.
	giving    = expression(`给予|发放|补贴|补助|奖励|奖补|资助|贴息|减免|免征|免收|减征|减缴|减半|减按|不(?:再)?计收|扣减[^,。;]{0,16}?(?:税|费)|免缴|免交|免除|返还|退还|缓缴|缓交|延期|延缓|延长|降低|下调|下浮|优惠|可以?申请|可以?享受|可按|可以?申领|可以?领取|领取|可以?提取|可以?办理|予以支持|支持企业|扶持|优先|放宽|提高[\p{Han}]{0,10}标准|免费|取消[\p{Han}]{0,12}(?:收费|证明|审批|限制|许可)|不再(?:要求|收取|提供)|提供[\p{Han}]{0,12}(?:服务|贷款|担保|支持|援助|补贴)|鼓励|支持|允许|有权|保障[\p{Han}]{0,8}权益|享有|享受`)
	demanding = expression(`应当|应该|必须|不得|禁止|严禁|应[于在按向将当依]|须|需要?提供|需要?提交|不准|违反|处[\p{Han}]{0,6}罚款|责令|停止|暂停|申请人|办理`)
	// offices are whom a sentence about work in government begins with.
	offices  = expression(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[、)、.．是要])?(?:各(?:地|级|区|市|县|省|有关|相关|部门|单位|乡镇|街道|镇)|(?:市|省|县|区|国务院)?(?:级)?(?:有关|相关|各)(?:部门|单位)|县级以上|(?:地方)?各级|要(?:进一步|切实|加强|充分|高度|认真|强化|建立|加大|把|坚持|严格)|加强(?:组织|领导|协调|督促|督导|宣传|监督|统筹|协作|资金|监管)|强化(?:组织|责任|督|协|监|统筹)|压实|落实(?:责任|主体)|健全|完善|建立(?:健全|完善)?|明确(?:责任|分工|任务)|做好宣传|开展督|严肃)`)
	aims     = expression(`指导思想|为指导|深入贯彻|认真贯彻|全面贯彻|贯彻落实(?:党|习|国|省|市|《)|决策部署|具有重要意义|力争|(?:^|[^限长行续迟缓期用效年月日])到20\d\d年|发展目标|总体目标|总目标|基本实现|明显提升|显著提升|重要讲话|重要指示`)
	preamble = expression(`(?:通知|公告|通告|公布|规定|说明|意见|决定|办法|措施|政策|方案|要求|事项|内容|批复|函告)[\p{Han}]{0,6}如下|印发给你们|转发给你们|(?:特|现)?制[定订](?:本|以下|如下|了?《)|遵照执行|贯彻执行|贯彻落实。?$|提出(?:如下|以下)`)
	// asideHeadings open sections that set no measure for anybody outside.
	asideHeadings = expression(`指导思想|总体要求|基本原则|总体目标|工作目标|主要目标|发展目标|目标任务|总体思路|重要意义|充分认识|提高认识|组织领导|组织保障|组织实施|保障措施|工作要求|监督检查|监督考核|督导|督查|加强宣传|宣传引导|职责分工|责任分工|附则|工作安排|实施步骤|进度安排|执行情况|发放情况|工作机制|统筹协调|加强领导|领导小组`)
	cited         = citations{
		expression(`《[^《》\n]{0,80}》`),
		expression(`\([^()\n]{0,160}(?:负责|牵头|责任单位|配合|按职责|分工)[^()\n]{0,80}\)`),
		expression(`(?:责任|牵头|配合|主管|实施|参与)(?:单位|部门|处室)[:,][^。\n]{0,200}`),
		expression(`(?:人力资源和?社会保障|生态环境|环境保护|医疗保障|住房和?城乡建设|住房保障|市场监督管理|市场监管|交通运输|知识产权|退役军人事务|应急管理|文化和旅游|文化旅游|卫生健康|农业农村|地方金融监管|地方金融监督管理|金融监管|社会保障|社会保险|公共就业|医保|社保|税务|教育|民政|科技|商务|残联|公安|财政|发展改革|自然资源|经济和?信息化|住房公积金管理)(?:行政主管部门|行政部门|主管部门|经办机构|部门|总局|局|厅|委员会|委|部|系统|机关|中心|机构)`),
		expression(`政务服务(?:网|热线|中心|大厅|平台|APP|和数据)|银行业金融机构|金融机构|突发公共卫生|卫生应急|有限公司|营商环境[\p{Han}]{0,4}(?:局|办)|联系电话[^\n]{0,40}|咨询电话[^\n]{0,40}`),
	}
)

// stretch is [start, end) in code points with what is done there.
type stretch struct {
	start, end int
	does       doing
	gives      bool // whether it has words of giving, whatever it does
	money      bool // whether it names a sum or a share
	enterprise bool // whether it speaks of enterprises
	resident   bool // whether it speaks of people
}

// layout is what the clauses of a document do, found before words are counted.
type layout struct {
	numbered bool // whether paragraphs bear numbers
	aside    int  // level of the heading that opened a section without measures; 0 for none
}

// prepare tells of every passage what its sentences do, where its lead ends and
// which words are cited. Passages stand in the order of the text.
func (t *reading) prepare(passages []passage) {
	var l layout
	for _, p := range passages {
		l.numbered = l.numbered || p.clause.Path != "" && p.part == inBody
	}
	started := false
	for i := range passages {
		p := &passages[i]
		c := p.clause
		p.point = pointOf(c.Path)
		switch {
		case p.part == inTitle:
			continue
		case p.part == inHeading:
			started = true
			if l.aside > 0 && c.Level > l.aside {
				p.does = []stretch{{start: c.Start, end: c.End, does: mentions}}
				continue
			}
			l.aside = 0
			if t.whole(c).matches(asideHeadings) {
				l.aside = max(c.Level, 1)
				p.does = []stretch{{start: c.Start, end: c.End, does: mentions}}
			}
			continue
		}
		aside := l.aside > 0
		if isNumbered(c.Text) {
			started = started || c.Path != ""
			if words, end := leadOf(c.Text); words != "" {
				p.lead = c.Start + domain.CodePoints(c.Text[:end])
				aside = aside || asideHeadings.MatchString(words)
			}
		}
		before := !started && l.numbered && t.whole(c).matches(preamble)
		p.does = make([]stretch, 0, len(p.sentences))
		for _, s := range p.sentences {
			does, gives := whatDoes(s, before, aside)
			p.does = append(p.does, stretch{start: s.start, end: s.end, does: does, gives: gives, money: s.matches(money)})
		}
		whole := t.whole(c)
		for _, x := range cited {
			if !whole.may(x) {
				continue
			}
			x.Each(c.Text, func(loc []int) bool {
				start := c.Start + domain.CodePoints(c.Text[:loc[0]])
				p.cited = append(p.cited, stretch{start: start, end: start + domain.CodePoints(c.Text[loc[0]:loc[1]])})
				return true
			})
		}
		p.cited = outermost(p.cited)
	}
}

// citations are the expressions for words that name other documents or offices.
// Most clauses hold the words of one or two of them.
type citations []pattern

// cut returns the words of a sentence without them.
func (c citations) cut(s sentence) string {
	text := s.text
	for _, p := range c {
		if len(text) == len(s.text) && !s.may(p) {
			continue
		}
		var kept []string
		done := 0
		p.Each(text, func(loc []int) bool {
			kept = append(kept, text[done:loc[0]])
			done = loc[1]
			return true
		})
		if kept != nil {
			text = strings.Join(append(kept, text[done:]), "")
		}
	}
	return text
}

// whatDoes judges one sentence, and tells whether it has words of giving.
func whatDoes(s sentence, before, aside bool) (does doing, gives bool) {
	gives = s.matches(giving)
	switch {
	case before, s.matches(preamble) && strings.ContainsAny(s.text, "为根按依现"):
		return mentions, gives
	case !gives && s.matches(aims):
		return mentions, gives
	case aside && !(gives && s.matches(numbers)):
		return mentions, gives
	case s.matches(offices):
		if gives {
			return says, gives
		}
		return organises, gives
	case gives:
		return grants, gives
	case s.matches(demanding):
		return requires, gives
	default:
		return says, gives
	}
}

var numbers = expression(`\d(?:%|万?元|‰)`)

// money stands in every sentence that names a sum or a share.
var money = expression(`[元%％‰]`)

// pointOf is the number of the measure that a clause belongs to: items of a list
// (1. 2.) belong to the paragraph over them.
func pointOf(path string) string {
	article := strings.HasPrefix(path, "第")
	for {
		i := strings.LastIndexByte(path, '/')
		if i < 0 || path[i+1:] != "" && path[i+1] == '(' && !article {
			return path
		}
		path = path[:i]
	}
}

// doesAt returns what is done at a code point.
func (p *passage) doesAt(at int) doing { return p.stretchAt(at).does }

func (p *passage) stretchAt(at int) stretch {
	i, _ := slices.BinarySearchFunc(p.does, at, func(s stretch, at int) int {
		switch {
		case s.end <= at:
			return -1
		case s.start > at:
			return 1
		}
		return 0
	})
	if i < len(p.does) && p.does[i].start <= at {
		return p.does[i]
	}
	return stretch{does: says}
}

// citedFrom returns the stretches of words that only name another document or
// an office, from the first that ends after a code point.
func (p *passage) citedFrom(at int) []stretch {
	i, _ := slices.BinarySearchFunc(p.cited, at+1, func(s stretch, at int) int { return s.end - at })
	return p.cited[i:]
}

// citedAt tells whether a hit lies in words that only name another document or
// an office.
func (p *passage) citedAt(h *hit) bool {
	for _, s := range p.citedFrom(h.end - 1) {
		return s.start <= h.start
	}
	return false
}

// cites tells whether a sentence has words that only name another document or
// an office.
func (p *passage) cites(o sentence) bool {
	for _, s := range p.citedFrom(o.start) {
		return s.start < o.end
	}
	return false
}

// outermost sorts stretches and drops those that lie in another one.
func outermost(all []stretch) []stretch {
	slices.SortFunc(all, func(a, b stretch) int { return cmp.Or(a.start-b.start, b.end-a.end) })
	kept := all[:0]
	for _, s := range all {
		if n := len(kept); n == 0 || s.end > kept[n-1].end {
			kept = append(kept, s)
		}
	}
	return kept
}
