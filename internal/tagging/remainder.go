package tagging

import (
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var unreadable = expression(`[^,。;:]{2,60}(?:[≥≤]|不低于|不超过|不少于|不高于|(?:以上|以下|以内)的?$|满\d+(?:个月|年)|\d+(?:个月|年)以上|信用等级|验收合格|已通过|未发生|无(?:重大)?(?:违法|失信|事故))[^,。;:]{0,40}`)

var (
	// segments end at the joins of conditions that all hold.
	segments = automaton.MustCompile(`[、,]?(?:并且|而且|同时|且)|[、,]并?`)
	// nothingSaid are conditions that the rest of the document tells, or none.
	nothingSaid = automaton.MustCompile(`^(?:凡|对|所有|全部|各类)?(?:(?:符合|满足|具备)(?:[\p{Han}]{0,8}(?:条件|规定|要求|标准)|)|(?:在|注册在|登记在)?(?:本|我|全|该|辖)(?:省|市|县|区|镇|乡)[\p{Han}]{0,12}|以?下同\)?|相关|上述|前款|正常(?:生产)?经营|(?:守法|合法|诚信|规范)经营|依法[\p{Han}]{0,8}(?:登记|注册|设立|纳税|经营))?$`)
)

// unread are the parts of the clause before the noun of a phrase that none of the
// conditions read from it rests on, and the noun, or all of the phrase if it has none.
func (c conditions) unread(phrase sentence, tree *domain.Criteria) []domain.Criteria {
	clause, _ := phrase.relative()
	if strings.HasSuffix(phrase.text, "的") { // 残疾等级被评定为一级的
		clause = phrase.slice(0, len(phrase.text)-len("的"))
	}
	out := unreadIn(clause, tree, func(sentence) bool { return true })
	noun := phrase.slice(min(len(clause.text)+len("的"), len(phrase.text)), len(phrase.text))
	if clause.text == "" {
		noun = phrase
	}
	if !strings.HasPrefix(noun.text, "部分") { // 年应纳税所得额不超过200万元的部分 is what something is given of
		read := domain.AllOf(append([]domain.Criteria{*tree}, out...)...)
		asking := clause
		if clause.text == "" && reachesShare.MatchString(noun.text) { // 用人单位安排残疾人就业比例达到1%以上
			asking = noun
		}
		out = append(out, figuresAsked(asking, &read)...)
	}
	if before, ok := rankBefore(noun, tree); ok {
		out = append(out, other(before.evidence(0, len(before.text))))
	}
	if noun = noun.trim(); !bare(noun) && !anybody.MatchString(noun.text) && !restsOn(tree, noun) && !c.known(noun) {
		out = append(out, other(noun.evidence(0, len(noun.text))))
	}
	return out
}

// bare tells whether a part is marks alone.
func bare(part sentence) bool { return strings.Trim(part.text, "”“’‘》《、") == "" }

// rankBefore is what stands before the words of a noun that were read and by which few
// of those whom it names are meant: 国家A级 of 国家A级物流企业.
func rankBefore(noun sentence, tree *domain.Criteria) (sentence, bool) {
	first := noun.end
	tree.Leaves(func(l *domain.Condition) {
		for _, e := range l.Evidence {
			if l.Field != domain.FieldOther && l.Field != domain.FieldKind && e.Start >= noun.start {
				first = min(first, e.Start)
			}
		}
	})
	before := noun.slice(0, noun.byteAt(first))
	return before, first < noun.end && ranks.MatchString(before.text)
}

// ranks are words of a rank, or of how somebody came by it.
var ranks = automaton.MustCompile(`新增|新[认评获引设建]|首次|获得|取得|入选|列入|认定|评定|[A-Z\d]级|星级|示范|龙头|百强|[^企]业$`)

// known tells whether a noun is of the rules or defined by the document.
func (c conditions) known(noun sentence) bool {
	_, defined := c.defined(noun)
	return len(defined) > 0 || len(c.facets(noun)) > 0
}

// anybody are nouns that leave nobody out whom the rest of the document means.
var anybody = automaton.MustCompile(`^(?:(?:本|我|全|辖)(?:省|市|县|区)(?:内|域内|范围内)?(?:的)?)?(?:各|各类|各级|所有|全体|有关|相关|符合条件的?|广大|其他|上述|以上|下列|下述|该|每)*(?:企业|公司|单位|用人单位|机构|主体|市场主体|经营主体|组织|项目|人员|个人|居民|家庭|公民|市民|村民|群众|对象|人|者|纳税人|缴费人|申请人|申报人|申领人|申报单位|申请单位|申报主体|申报企业|申请企业|项目单位|参保人|参保人员|当事人|人才|情形|情况|部分|支出|费用|事项)?(?:和(?:企业|单位|个人))?$`)

// restsOn tells whether a condition rests on words of a passage.
func restsOn(tree *domain.Criteria, s sentence) bool {
	found := false
	tree.Leaves(func(l *domain.Condition) {
		for _, e := range l.Evidence {
			found = found || e.Start < s.end && s.start < e.End
		}
	})
	return found
}

// rest are the parts of a sentence of conditions that look like one and that none
// of those read from it rests on: 2023年12月31日前成立,成立满2年.
func (c conditions) rest(s sentence, tree *domain.Criteria) []domain.Criteria {
	return unreadIn(s.afterLabel(), tree, func(part sentence) bool { return part.matches(unreadable) })
}

// unreadIn are the parts of a clause that none of the conditions read from it rests
// on, and of which asks is true.
func unreadIn(clause sentence, tree *domain.Criteria, asks func(sentence) bool) []domain.Criteria {
	var out []domain.Criteria
	from, until := -1, 0
	flush := func() {
		if from >= 0 {
			e := clause.slice(from, until)
			out = append(out, other(e.evidence(0, len(e.text))))
		}
		from = -1
	}
	add := func(i, j int) {
		part := clause.slice(i, j).trim()
		if restsOn(tree, part) || nothingSaid.MatchString(part.text) || !asks(part) || bare(part) {
			flush()
			return
		}
		if from < 0 {
			from = i
		}
		until = j
	}
	at := 0
	for _, m := range segments.FindAllStringIndex(clause.text, -1) {
		add(at, m[0])
		at = m[1]
	}
	if clause.text != "" {
		add(at, len(clause.text))
	}
	flush()
	return out
}

// asksFigure is a figure that somebody has to reach or may not pass: 新增量达到300万元,
// 固定资产投资1000万元以上.
var asksFigure = expression(`[\p{Han}]{0,30}(?:(?:达到?|超过|突破|不低于|不少于|不小于|高于|不超过|不高于|低于|少于)\d+(?:\.\d+)?(?:[%‰]|亿元|万元|元|[\p{Han}]{1,2})(?:\(不?含\))?(?:及?以上|以下|以内)?|\d+(?:\.\d+)?(?:[%‰]|亿元|万元|元|[\p{Han}]{1,2}?)(?:\(不?含\))?(?:及?以上|以下|以内)(?:\(不?含\))?)`)

// reachesShare is somebody who has reached a share or a sum, with no 的 behind it.
var reachesShare = automaton.MustCompile(`(?:达到?|不低于|不少于|超过)\d[\d.]*(?:%|亿元|万元|人)(?:\(含\))?以?上?$`)

// figuresAsked are the figures of a part that some condition was read from which no
// condition rests on.
func figuresAsked(part sentence, tree *domain.Criteria) []domain.Criteria {
	var out []domain.Criteria
	for _, m := range part.locs(asksFigure) {
		e := part.evidence(m[0], m[1])
		if figure := part.slice(m[0]+strings.IndexAny(e.Text, "0123456789"), m[1]); !restsOn(tree, figure) {
			out = append(out, other(e))
		}
	}
	return out
}
