package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// list is a list of conditions that a sentence announces: 同时符合下列条件:,
// 有下列情形之一的不得申报:.
type list struct {
	any     bool // one of them will do
	exclude bool // who is in it is left out
	who     bool // it says who is meant, and each item may name others
}

// listed is what was read of a list: a tree for every item.
type listed struct {
	items  []domain.Criteria
	clause []*domain.Clause
	marks  []domain.Evidence
	named  int // items that name somebody: 年满80周岁的老年人,均可享受
}

var (
	// opensList announces a list of conditions or of those who are meant.
	opensList = expression(`(?:条件|要求|情形|情况|对象|之一|人员|企业|单位|家庭|标准|下列|以下|如下)[^。;:]{0,24}:$`)
	excludes  = expression(`不(?:得|能|可以?)(?:申报|申请|享受|参加|参评|纳入|领取)|不予(?:支持|受理|补助|补贴|奖励|奖补|扶持|资助|兑现|发放|享受|申报|办理)|不(?:再)?享受|不适用|不纳入|不在[\p{Han}]{0,6}范围|除外|取消[\p{Han}]{0,4}资格`)
	anyOf     = expression(`之一|任一|任意一|其中一|(?:下列|以下|下述)[^,。;:]{0,12}?(?:人员|企业|单位|家庭|学生|毕业生|居民|群体|群众|机构|劳动者|老年人|儿童|组织|合作社|人):$`)
	// whoIsMeant announces those who are meant, whoMay goes on about what they may have, and
	// lastBracket is said of one of them.
	whoIsMeant  = automaton.MustCompile(`对象[^条要。;:]{0,12}:$`)
	whoMay      = automaton.MustCompile(`,?(?:均|都)?可(?:以)?(?:享受|申请|申领|领取|获得)[^。;]*`)
	lastBracket = automaton.MustCompile(`\([^()]*\)$`)
	// nothingAsked are lists of what is given or handed in, not of conditions.
	nothingAsked = expression(`材料|资料|措施|政策|支持[^条]{0,8}:$|(?:下列|以下|如下)[\p{Han}]{0,6}(?:待遇|权益|服务|便利|公共服务)[^条]{0,4}:$|如下(?:意见|通知|措施)|公告如下|通知如下|流程|程序|步骤|方式|渠道|事项|标准(?:如下|为)?:$|标准[\p{Han}]{0,10}执行:$|职责|任务|内容|处罚|规定给予|应当(?:履行|做到|遵守|提供|提交)|不得有|禁止`)
)

// markLists marks the pieces that are items of lists. A list ends where a clause
// has no number of its shape or announces another.
func markLists(pieces []piece) {
	var open *list
	var shape string
	for i := range pieces {
		x := &pieces[i]
		begins := i == 0 || pieces[i-1].in.Clause != x.in.Clause
		if open != nil && begins {
			switch s := shapeOf(x.in.Text); {
			case s == "":
				open = nil
			case shape == "":
				shape = s
			case s != shape && !deeper(s, shape):
				open = nil
			}
		}
		if strings.HasSuffix(x.text, ":") && x.matches(opensList) && (x.matches(excludes) || !x.matches(nothingAsked)) {
			open, shape = &list{any: x.matches(anyOf), exclude: x.matches(excludes)}, ""
			if strings.Contains(x.text, "下列") && !strings.Contains(x.text, "条件") {
				open.any = true // 下列车船免征车船税
			}
			open.who = whoIsMeant.MatchString(x.text)
			continue
		}
		x.list = open
	}
}

// shapeOf is how a clause is numbered: "一、", "(一)", "1.", "(1)", "①"; "" if it
// is not.
func shapeOf(text string) string {
	number := text[:numberSize(text)]
	switch {
	case number == "":
		return ""
	case strings.HasPrefix(number, "第"):
		return "条"
	case strings.HasPrefix(number, "("):
		if strings.ContainsAny(number, "0123456789") {
			return "(1)"
		}
		return "(一)"
	case strings.ContainsAny(number, "0123456789"):
		return "1"
	case strings.Contains(number, "、") && !strings.ContainsAny(number, "abcdefgh"):
		return "一"
	default:
		return "①"
	}
}

// deeper tells whether items of one shape stand in items of another.
func deeper(shape, than string) bool {
	order := []string{"条", "一", "(一)", "1", "(1)", "①"}
	return slices.Index(order, shape) > slices.Index(order, than)
}

// listItem reads an item of a list, or another sentence of one.
func (r *reader) listItem(x piece) {
	l := r.lists[x.list]
	if l == nil {
		l = &listed{}
		r.lists[x.list] = l
		r.order = append(r.order, x.list)
	}
	body := x.afterLabel()
	if body.text == "" {
		return
	}
	if n := len(l.items); n > 0 && l.clause[n-1] == x.in.Clause && r.t.does(x.sentence) > noAct {
		return // 对其中的妇女,应给予重点支持
	}
	tree := domain.AllOf(r.c.either(body)...)
	if !tree.IsZero() {
	} else if tree = r.c.read(body); tree.IsZero() || unreadable.MatchString(body.text) && !hasNumber(&tree) {
		tree = domain.AllOf(tree, other(body.evidence(0, len(body.text))))
	} else if _, noun := body.relative(); noun.text != "" && persons.MatchString(noun.text) && !restsOn(&tree, noun) && !r.c.known(noun) && !anybody.MatchString(noun.text) {
		tree = domain.AllOf(tree, other(noun.evidence(0, len(noun.text)))) // 年满60周岁的计划生育特殊家庭
	} else {
		tree = domain.AllOf(append([]domain.Criteria{tree}, r.c.rest(body, &tree)...)...)
	}
	if n := len(l.items); n > 0 && l.clause[n-1] == x.in.Clause {
		l.items[n-1] = domain.AllOf(l.items[n-1], tree)
		return
	}
	name := strings.TrimRight(whoMay.ReplaceAllString(body.text, ""), "。;,")
	if name = lastBracket.ReplaceAllString(name, ""); persons.MatchString(name) || firms.MatchString(name) {
		l.named++
	}
	l.items = append(l.items, tree)
	l.clause = append(l.clause, x.in.Clause)
	l.marks = append(l.marks, body.evidence(0, len(body.text)))
}

func hasNumber(tree *domain.Criteria) bool {
	found := false
	tree.Leaves(func(l *domain.Condition) { found = found || l.Op.Orders() })
	return found
}

// close makes of every list what it asks for.
func (r *reader) close() {
	for _, key := range r.order {
		l := r.lists[key]
		field := "criteria"
		switch {
		case key.exclude:
			field = "exclude"
			r.excluded = append(r.excluded, domain.AnyOf(l.items...))
		case key.any, key.who && len(l.items) > 1 && l.named == len(l.items):
			r.found = append(r.found, merge(l.items))
		default:
			r.found = append(r.found, l.items...)
		}
		r.m.Evidence[field] = append(r.m.Evidence[field], l.marks...)
	}
}

// definition is a word that the document uses in a sense of its own.
type definition struct {
	word string
	tree domain.Criteria
}

var (
	defines = expression(`(?:本[\p{Han}]{1,6}|上述|前款)(?:中)?(?:所称的?|所指的?|提到的|中的)“?([\p{Han}]{2,16}?)”?[,]?(?:是指|系指|指的是|指|包括)([^。;\n]{4,300})`)
	// definesNext is the next of several definitions in one article: …;涉农主体是指农户、….
	definesNext = expression(`;“?([\p{Han}]{2,16}?)”?,?(?:是指|系指)([^。;\n]{4,300})`)
	alias       = expression(`([^,。;:()\n]{4,160}(?:\([^()]{1,60}\)[^,。;:()\n]{0,80})*)\((?:以下|下文|下)(?:统称|合称|简称)(?:为)?:?“?([\p{Han}]{3,12})”?\)`)
)

// definitions reads what words mean in this document: 本通知所称高校毕业生,是指毕业
// 两年内的…; and a list that is given a name: …(以下简称重点扶持对象).
func (c conditions) definitions(p *domain.Policy) []definition {
	var terms []definition
	for i := range p.Clauses {
		cl := &p.Clauses[i]
		if cl.Kind != domain.TextClause {
			continue
		}
		s := c.t.whole(cl)
		patterns := []pattern{defines, alias}
		if s.matches(defines) {
			patterns = append(patterns, definesNext)
		}
		for n, re := range patterns {
			for _, m := range s.locs(re) {
				word, meaning := s.slice(m[2], m[3]), s.slice(m[4], m[5])
				if n == 1 {
					word, meaning = s.slice(m[4], m[5]), s.slice(m[2], m[3])
				}
				meaning = meaning.afterLabel()
				if n == 1 && !c.names(meaning) {
					continue // (以下简称《通知》)
				}
				tree := c.read(meaning)
				if tree.IsZero() || n != 1 && unreadable.MatchString(meaning.text) && !hasNumber(&tree) {
					tree = domain.AllOf(tree, other(meaning.evidence(0, len(meaning.text))))
				}
				terms = append(terms, definition{word.text, tree})
			}
		}
	}
	return terms
}

// defined returns what the document says a word of the phrase means, and the
// phrase's byte range of the word.
func (c conditions) defined(s sentence) (trees []domain.Criteria, at [][2]int) {
	for _, d := range c.terms {
		if i := strings.Index(s.text, d.word); i >= 0 {
			trees = append(trees, d.tree)
			at = append(at, [2]int{i, i + len(d.word)})
		}
	}
	return trees, at
}
