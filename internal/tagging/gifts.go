package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// apart parts a paragraph or an article at each sentence that gives others something of
// their own, or for something else. What stands before the first is said of all.
func (t *reading) apart(s section, b block, own []piece) []unit {
	if b.items[0].Kind == domain.TableClause && len(b.items) == 1 {
		if rows := t.rowUnits(s, own); len(rows) > 1 {
			return rows
		}
	}
	whole := []unit{{heading: s.heading, path: b.items[0].Path, own: own}}
	var out []unit
	var lead []piece
	given := false
	for i, x := range own {
		if len(out) == 0 && (b.acts[i] != gives || strings.HasSuffix(x.text, ":")) {
			lead = append(lead, x)
			continue
		}
		also := given && t.givesElse(own[:i], x)
		if len(out) == 0 || also || given && t.begins(own, i) {
			out = append(out, unit{heading: s.heading, path: x.in.Path, goesOn: also && !besides.MatchString(x.text)})
			given = false
		}
		last := &out[len(out)-1]
		last.own = append(last.own, x)
		given = given || t.pays(x.sentence) || t.givesOwn(x.sentence)
	}
	if len(out) < 2 {
		return whole
	}
	// Numbered paragraphs that each give something of their own are no list of conditions.
	for i := range out {
		for j := range out[i].own {
			out[i].own[j].list = nil
		}
		markLists(out[i].own)
		if i > 0 {
			out[i].shared = slices.Clip(lead)
		}
	}
	out[0].path, out[0].own = b.items[0].Path, append(slices.Clip(lead), out[0].own...)
	return out
}

// standardsApart parts a measure that is told side by side where a sentence of its standard
// gives others something of their own, who they are said by its first words: 扶持标准:对新认定
// 的机构给予20万元补助;对获得上级认定的机构给予100万元奖励.
func (t *reading) standardsApart(u unit) []unit {
	var begins []int
	given := false
	for i, x := range u.own {
		if !slices.Contains(standardSides, x.in.side) || !t.pays(x.sentence) {
			continue
		}
		if given && ofOthers.MatchString(unnumbered(x.text)) && t.begins(u.own, i) {
			begins = append(begins, i)
		}
		given = true
	}
	if len(begins) == 0 {
		return []unit{u}
	}
	first := u
	first.own = nil
	var rest []piece // what holds for all
	for i, x := range u.own {
		if i < begins[0] || !slices.Contains(standardSides, x.in.side) {
			first.own = append(first.own, x)
			if !t.pays(x.sentence) {
				rest = append(rest, x)
			}
		}
	}
	out := []unit{first}
	for n, from := range begins {
		to := len(u.own)
		if n+1 < len(begins) {
			to = begins[n+1]
		}
		of := unit{heading: u.heading, path: u.own[from].in.Path, shared: slices.Concat(rest, u.shared)}
		for _, x := range u.own[from:to] {
			if slices.Contains(standardSides, x.in.side) {
				of.own = append(of.own, x)
			}
		}
		out = append(out, of)
	}
	return out
}

// ofOthers begins what others are given.
var ofOthers = automaton.MustCompile(`^对|^[^,。;:]{6,60}(?:的|就业|创业),`)

// begins tells whether the sentence at i begins what somebody is given besides what was
// given before it: it, or the numbered item that it opens, gives something of its own.
func (t *reading) begins(own []piece, i int) bool {
	x := own[i]
	opens := i == 0 || own[i-1].in.Clause != x.in.Clause && isNumbered(x.text)
	if !opens && own[i-1].in.Clause == x.in.Clause && !strings.HasSuffix(own[i-1].text, "。") && !strings.HasSuffix(own[i-1].text, ";") {
		return false
	}
	if t.givesOwn(x.sentence) {
		return true
	}
	if !opens && !isNumbered(x.text) && !ordinal.MatchString(x.text) {
		return false
	}
	for j := i + 1; j < len(own) && own[j].in.Clause == x.in.Clause && !isNumbered(own[j].text) && !ordinal.MatchString(own[j].text); j++ {
		if t.pays(own[j].sentence) && (x.isTitle() || ordinal.MatchString(x.text)) {
			return true
		}
	}
	return false
}

// pays tells whether a sentence gives something in figures.
func (t *reading) pays(s sentence) bool {
	return t.givenIn(s) || t.does(s) == gives && s.matches(numbers)
}

// isTitle tells whether a sentence is the words that stand over what an item of a paragraph
// gives: (二)旅游节庆活动。.
func (x piece) isTitle() bool {
	return len(x.text) <= longLabel && !strings.ContainsAny(x.text, ",:") && !step.MatchString(unnumbered(x.text))
}

// givesOwn tells whether a sentence gives something to somebody whom it names itself, or
// in figures for something of its own, and does not only go on to those who reached more.
func (t *reading) givesOwn(s sentence) bool {
	if onOfIt.MatchString(s.text) || t.does(s) != gives {
		return false
	}
	subject := strings.TrimRight(s.afterLabel().text, "。;")
	if i := strings.LastIndex(subject, "。"); i >= 0 { // (一)贷款贴息。对….
		subject = subject[i+len("。"):]
	}
	subject = subject[len(sinceWhen.FindString(subject)):]
	subject = subject[len(inYear.FindString(subject)):]
	first := 0
	if strings.HasPrefix(subject, "每") { // 每新引进1家企业,奖励5万元
		first = len("每")
	}
	if loc := beforeAnyGift.FindStringIndex(subject[first:]); loc != nil {
		subject = subject[:first+loc[0]]
	}
	subject = subject[:len(subject)-len(included.FindString(subject))]
	whom := strings.TrimPrefix(subject, "对")
	size := domain.CodePoints(whom)
	switch {
	case step.MatchString(whom) && first == 0 && (whom == subject && size <= longStep || size <= 2*longStep && reachedAtEnd.MatchString(whom)), onOfIt.MatchString(subject):
		return false
	case whom != subject:
		return size > 2
	default:
		return size > maxRow && t.pays(s)
	}
}

// longStep is more than the characters of who reached more: 年满90周岁老年人.
const longStep = 14

// maxRow is the most characters of what stands before a sum in a row of several: 晚稻每亩100元.
const maxRow = 6

// someClass is a class of enterprises or taxpayers that may get a share of its own.
const someClass = `(?:大中型企业|大型企业|中型企业|小型企业|微型企业|中小微企业|中小企业|小微企业|一般纳税人|小规模纳税人|个体工商户)`

var (
	// shareOfClass is the share of one class of enterprises, or of several together.
	shareOfClass = expression(`(?:^|[,;:。、()对\s])(` + someClass + `(?:[、和及]` + someClass + `)*)(?:可?按[^。;]{0,60}?|返还比例[^,。;\d]{0,8})(\d+(?:\.\d+)?%)`)
	classNamed   = expression(someClass)
)

// classes parts a measure that gives each class of enterprises another share. What
// names some of them only is said of these.
func (t *reading) classes(u unit) []unit {
	type part struct {
		piece  int // of u.own
		from   int // where its class is named
		class  string
		figure string
	}
	var parts []part
	figures := map[string]bool{}
	for i, x := range u.own {
		for at := 0; at < len(x.text); {
			rest := x.slice(at, len(x.text))
			loc := rest.loc(shareOfClass)
			if loc == nil {
				break
			}
			one := part{i, at + loc[2], submatch(rest.text, loc, 1), submatch(rest.text, loc, 2)}
			if slices.ContainsFunc(parts, func(o part) bool { return o.class == one.class }) {
				return []unit{u} // one class is told twice
			}
			parts = append(parts, one)
			figures[one.figure] = true
			at += loc[1]
		}
	}
	if len(figures) < 2 || len(figures) != len(parts) {
		return []unit{u}
	}
	var out []unit
	for n, one := range parts {
		of := u
		of.own, of.class = nil, u.own[one.piece].slice(one.from, one.from+len(one.class))
		for i, x := range u.own {
			first := slices.IndexFunc(parts, func(o part) bool { return o.piece == i })
			if first < 0 {
				if named := x.locs(classNamed); len(named) == 0 || slices.ContainsFunc(named, func(c []int) bool { return strings.Contains(one.class, x.text[c[0]:c[1]]) }) {
					of.own = append(of.own, x)
				}
				continue
			}
			if lead := x.slice(0, parts[first].from); strings.Trim(lead.text, " ,") != "" {
				of.own = append(of.own, piece{sentence: lead, in: x.in, list: x.list})
			}
			if one.piece == i {
				to := len(x.text)
				if n+1 < len(parts) && parts[n+1].piece == i {
					to = parts[n+1].from
				}
				of.own = append(of.own, piece{sentence: x.slice(one.from, to), in: x.in, list: x.list})
			}
		}
		out = append(out, of)
	}
	return out
}

// ordinal begins one of several in a paragraph: 一是节能改造奖励。….
var ordinal = automaton.MustCompile(`^[一二三四五六七八九十]是`)

var (
	// beforeAnyGift is where what is given begins, and inYear a year before who gets it.
	beforeAnyGift = automaton.MustCompile(`,?(?:分别|一次性|可以?|再)*(?:(?:给予|予以|发放|发给|补贴|补助|奖励|奖补|资助|享受|申请|获得?)[^,。;的]{0,16}?\d|按|每[\p{Han}]|免[征收缴交]|减[征免按半])`)
	inYear        = automaton.MustCompile(`^(?:19|20)\d{2}年(?:度)?(?:起|以来|内)?,?`)
	// step begins what only those get who reached more, or the next of several ranks, and
	// reachedAtEnd ends it.
	step         = automaton.MustCompile(`^(?:年满|满|达到|超过|不足|低于|其他|其余|其它|连续[一两二三四五]年|[一二三四五六七八九十甲乙丙]等|第[一二三四五六七八九十\d]|[初中高]级|[一二三四五六七八九十]级|[\p{Han}、]{0,10}?\d+(?:\.\d+)?(?:[亿万]?[元亩人个家名张吨户年月天日%头次层等级台辆件项座架趟班栋所间套床]|周?岁|平方米|公里|千瓦|至|到|-|~|—))`)
	reachedAtEnd = automaton.MustCompile(`(?:的|以上|以下|以内|之间|\([含不]+\)),?$`)
	// included is a bracket behind what somebody has to reach: …满1年的(含1年,下同).
	included = automaton.MustCompile(`\(含[^()]*\)$`)
	// onOfIt begins what goes on about what was given before.
	onOfIt = automaton.MustCompile(`^[\s(]*(?:《|[^,。;]{0,12}(?:奖励|专项|扶持)资金|其中|同一|上述|以上|即:|该|每[家个户]|单[个家户]|原则上|最高|累计|已|前款|此|本|奖励|补[贴助]|资金|所需|如|若|在此基础上|对(?:其|已(?:享受|获得?[^评批])|同一|上述|该))`)
)

func (t *reading) givesSomething(c *domain.Clause) bool {
	return slices.ContainsFunc(t.sentences(c), t.givenIn)
}

// figureRules are the extraction rules that mark a sentence which gives something.
var figureRules = []string{"X25", "X26", "X27", "X28", "X29", "X30", "X31", "X32", "X34", "X35", "X37", "X69", "X70", "X71", "X72"}

func (t *Tagger) givenIn(s sentence) bool {
	return s.matches(shareOfClass) || s.matches(shareTo) || s.matches(sumsNamed) || slices.ContainsFunc(figureRules, func(code string) bool { return t.has(code, s) })
}
