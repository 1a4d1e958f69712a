package tagging

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// naming is how a document names a tax, a kind of support, a group of
// residents, a kind of enterprise or a section of industries. Sentences are
// counted once each. A name says the thing itself (退役军人), a hint something
// beside it (优待证).
type naming struct {
	code      int     // index into Tagger.codes; of the section for industries
	title     bool    // the title names it
	hinted    bool    // the title hints at it
	heading   int     // headings, and first words of numbered paragraphs, that name it
	cell      int     // paragraphs that tell who is meant and name it
	asked     int     // measures whose beneficiaries it is
	given     int     // sentences that give something and name it
	required  int     // that require something and name it
	said      int     // others that name it
	addressed int     // sentences that speak to it: 对失业人员, 学校应当
	through   int     // sentences that give to who does something for it: 招用毕业生的企业
	context   int     // sentences that give or require something and only hint at it
	clauses   int     // paragraphs that name it otherwise than in passing
	in        []int   // sentences that name it, by where they begin
	solo      float64 // sentences that name it, each shared with the others of its dimension that it names
	theme     bool    // a theme of the document is mostly for it
	topic     float64 // how much: 1 where it is the first for the strongest theme
	earned    map[int]float64
	evidence  []domain.Evidence
	parts     []part // of the evidence
}

// strength is how much is made of it, to compare the codes of a dimension.
func (n *naming) strength() float64 {
	s := 2*float64(n.heading) + 3*float64(n.cell) + float64(n.given+n.required) + 0.4*float64(n.said) + float64(n.addressed) + 0.3*float64(n.context) + float64(n.asked)
	if n.title {
		s += 6
	}
	if n.hinted {
		s += 2
	}
	return s
}

// total is what its words earned: each counts once in title, headings and text.
func (n *naming) total() float64 {
	sum := 0.0
	for _, e := range n.evidence {
		sum += e.Score
	}
	return sum
}

// cellLabel begins a paragraph, or is the heading of paragraphs, that tells who
// is meant.
var cellLabel = expression(`^[\s(]*(?:第?[一二三四五六七八九十百\d]{1,4}[、.)条])?\s*[\p{Han}]{0,6}?(?:对象|主体|人群|(?:适用|参保|支持|保障|发放|覆盖|补贴|补助|救助|资助|奖励|实施|扶持)范围|(?:享受|申报|申请|补贴|领取|认定|申领|受理|准入|办理|参保|资助|保障|基本)条件)(?:[及和与、][\p{Han}]{2,4})?(?:[:。\s]|$|为|包括|是)`)

// cells are the paragraphs that tell who is meant, by where they begin.
func (t *reading) cells(p *domain.Policy) map[int]bool {
	found := map[int]bool{}
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if c.Kind == domain.TitleClause || !t.whole(c).matches(cellLabel) {
			continue
		}
		found[c.Start] = true
		if utf8.RuneCountInString(c.Text) > 16 {
			continue
		}
		for j := i + 1; j < len(p.Clauses) && j <= i+maxCell; j++ {
			if next := &p.Clauses[j]; next.Kind == domain.HeadingClause && next.Level <= max(c.Level, 1) || sideOfLabel(next.Text) != "" && !t.whole(next).matches(cellLabel) {
				break
			}
			found[p.Clauses[j].Start] = true
		}
	}
	return found
}

// maxCell is over how many paragraphs a label that stands alone reaches.
const maxCell = 4

// namings collects what the document says of every code but themes, in the
// order of the codes. What names another document or an office counts nothing.
func (t *reading) namings(p *domain.Policy) []naming {
	in := map[int]*naming{}
	cell := t.cells(p)
	codes := [2]int{t.first[domain.ThemeTag][1], len(t.codes)} // all but themes
	for i := range t.passages {
		x := &t.passages[i]
		for list := range byCode(t.collect(x.hits, codes, t.section)) {
			n := in[list[0].code]
			if n == nil {
				n = &naming{code: list[0].code, earned: map[int]float64{}}
				in[n.code] = n
			}
			t.count(n, x, keep(list), cell[x.clause.Start])
		}
	}
	t.ask(p, in)
	t.crowd(in)
	t.themesOf(p, in)
	out := make([]naming, 0, len(in))
	for _, n := range in {
		if len(n.evidence) > 0 {
			out = append(out, *n)
		}
	}
	slices.SortFunc(out, func(a, b naming) int { return a.code - b.code })
	return out
}

// crowd tells how much of the sentences that name it a code has for itself.
func (t *Tagger) crowd(in map[int]*naming) {
	type place struct {
		dimension domain.Dimension
		sentence  int
	}
	count := map[place]int{}
	for _, n := range in {
		for _, at := range n.in {
			count[place{t.codes[n.code].dimension, at}]++
		}
	}
	for _, n := range in {
		for _, at := range n.in {
			n.solo += 1 / float64(count[place{t.codes[n.code].dimension, at}])
		}
	}
}

// themesOf marks the groups that the themes of a document are mostly for, those
// that rules/tagging names first more than those that it names after them.
func (t *Tagger) themesOf(p *domain.Policy, in map[int]*naming) {
	top := 0.0
	for _, tag := range p.Tags {
		if tag.Dimension == domain.ThemeTag && tag.Counts() {
			top = max(top, tag.Score)
		}
	}
	for _, tag := range p.Tags {
		if tag.Dimension != domain.ThemeTag || !tag.Counts() {
			continue
		}
		theme := t.rules.Themes.Find(tag.Code)
		for code, n := range in {
			c := t.codes[code]
			if c.dimension != domain.GroupTag {
				continue
			}
			if at := slices.Index(theme.Groups, c.code); at >= 0 {
				n.theme = true
				n.topic = max(n.topic, tag.Score/top/float64(at+1))
			}
		}
	}
}

// count adds the words of one code in one passage.
func (t *reading) count(n *naming, x *passage, words []counted, cell bool) {
	named, inClause := -1, false // the sentence last counted
	var hinted, spoken []int
	for _, c := range words {
		name := c.role == nameOf || c.role == strong
		if t.codes[n.code].dimension == domain.IndustryTag && t.partOfTrade(x.hits, c.hit, n.code) {
			continue
		}
		if x.part == inTitle || t.inSubject(c.hit) {
			if x.part == inTitle && c.hit.start < x.clause.Start+afterOffices(x.clause.Text) {
				continue
			}
			n.title, n.hinted = n.title || name, n.hinted || !name
			t.earn(n, x, c, t.rules.Scoring.TitleMultiplier)
			continue
		}
		does := x.doesAt(c.hit.start)
		if does == mentions && !cell {
			continue
		}
		k := x.sentenceOf(c.hit)
		inside := k < len(x.sentences)
		before, after := "", "" // the word in its sentence
		if inside {
			s := x.sentences[k]
			from := s.byteAt(c.hit.start)
			before, after = s.text[:from], s.text[min(from+len(c.hit.text), len(s.text)):]
			if x.citedAt(c.hit) && !(t.codes[n.code].dimension == domain.GroupTag && isCertificate(c.hit.text, after)) {
				continue
			}
			if s.matches(leavesOutAny) && excluded(before, after) {
				continue
			}
			switch t.codes[n.code].dimension {
			case domain.GroupTag:
				if shownTo.MatchString(firstRunes(after, 6)) || s.matches(likewise) || s.matches(forOthers) || servedBy.MatchString(before) {
					continue
				}
			case domain.EnterpriseKindTag:
				if workAt.MatchString(lastRunes(before, maxRest)) && atWork.MatchString(firstRunes(after, maxRest)) {
					continue
				}
			case domain.TaxTag:
				if proof.MatchString(firstRunes(after, maxRest)) {
					continue
				}
			case domain.IndustryTag:
				name = name && (x.part != inBody || ofTrade(c.hit.text, firstRunes(after, maxRest)))
			}
		}
		if x.part == inHeading {
			if name {
				n.heading++
			}
			t.earn(n, x, c, t.rules.Scoring.HeadingMultiplier)
			continue
		}
		t.earn(n, x, c, does.share())
		if !name {
			if does >= requires {
				hinted = append(hinted, k)
			}
			continue
		}
		inClause = inClause || does >= says
		if inside && k != named && throughOthers(before) {
			n.through++
		}
		if inside && !slices.Contains(spoken, k) && speaksTo(before, after) {
			spoken = append(spoken, k)
			n.addressed++
		}
		if k == named {
			continue
		}
		named = k
		if inside {
			n.in = append(n.in, x.sentences[k].start)
		}
		if c.hit.end <= x.lead {
			n.heading++
		}
		switch does {
		case grants:
			n.given++
		case requires:
			n.required++
		default:
			n.said++
		}
	}
	if named < 0 {
		n.context += len(slices.Compact(hinted))
	}
	if inClause {
		n.clauses++
		if cell {
			n.cell++
		}
	}
}

// partOfTrade tells whether a word for an industry is part of the name of
// another: 技术服务业 in 信息技术服务业, 汽车 in 汽车销售企业.
func (t *reading) partOfTrade(hits []hit, h *hit, section int) bool {
	i, _ := slices.BinarySearchFunc(hits, h.start-t.words.longest, func(o hit, at int) int { return o.start - at })
	for ; i < len(hits) && hits[i].start <= h.start; i++ {
		if o := &hits[i]; o.end >= h.end && o.end-o.start > h.end-h.start && slices.ContainsFunc(o.uses, func(u use) bool {
			return u.role == nameOf && t.codes[u.code].dimension == domain.IndustryTag && t.section[u.code] != section
		}) {
			return true
		}
	}
	return false
}

// ofTrade tells whether a word for an industry is said of those who are in it,
// itself or with those it is listed with (餐饮、零售、旅游等行业), and not of what
// they make or sell: 汽车下乡, 电价.
func ofTrade(word, rest string) bool {
	if traderNames.MatchString(word) {
		return true
	}
	if traders.MatchString(rest) || wholeTrades.MatchString(rest) {
		return true
	}
	if first, _ := utf8.DecodeRuneInString(rest); !strings.ContainsRune("、和及或与", first) {
		return false
	}
	if i := strings.IndexAny(rest, ",。;:()?《》\n"); i >= 0 {
		rest = rest[:i]
	}
	return listedTrades.MatchString(rest)
}

// traderNames are ends of words for a business or for who runs one: 餐饮业, 种粮大户,
// 酒店.
var traderNames = automaton.MustCompile(`(?:业|企业|公司|机构|店|户|社|宾馆|餐馆|养殖场|猪场|农场|牧场|商场|农贸市场|批发市场|超市|影院|景区|煤矿|矿山|(?:种植|养殖|药材)基地|主体|组织|提供者|经营者)$`)

// wholeTrades make the word before them one of a trade as a whole: 集成电路产业, 集成电路
// 设计企业; not 文化产业园.
var wholeTrades = automaton.MustCompile(`^(?:产业|行业|领域)(?:$|[^园基工学区])|^(?:设计|研发|制造|生产|加工|封测|销售|服务|运营|设备|材料|装备|零部件)+(?:企业|公司|产业|行业)`)

var listedTrades = automaton.MustCompile(`业|企业|产业|单位|机构|经营|店`)

// maxRest is how much of a sentence is looked at behind a word, in code points.
const maxRest = 60

// proof follows a tax that a paper tells to have been paid.
var proof = automaton.MustCompile(`^(?:的|年度)?(?:已?完税|已?缴纳|已?缴费|纳税|申报|代扣代缴|汇算清缴)?(?:等|的)?(?:证明|凭证|记录|票据|清单|回执|申报表|明细|结果|完税)`)

// afterOffices is where a title says what it is about, after its offices, in code
// points.
func afterOffices(title string) int {
	if i := strings.Index(title, "关于"); i > 0 {
		return utf8.RuneCountInString(title[:i])
	}
	return 0
}

// earn keeps a word as evidence, once in each part of the document.
func (t *Tagger) earn(n *naming, x *passage, c counted, times float64) {
	score := weight(c.role, &t.rules.Scoring) * times
	if score == 0 {
		return
	}
	for _, u := range c.hit.uses {
		if t.section[u.code] == n.code && u.role == c.role {
			n.earned[u.code] += score
		}
	}
	for i := range n.evidence {
		if n.evidence[i].Text == c.hit.text && n.parts[i] == x.part {
			return
		}
	}
	n.evidence = append(n.evidence, domain.Evidence{Start: c.hit.start, End: c.hit.end, Text: c.hit.text, Score: score})
	n.parts = append(n.parts, x.part)
}

// spokenTo are words after which somebody is spoken to, and goOn what may follow
// their name: 对失业人员给予, 学校应当; not 学生资助 or 老年人服务.
var (
	spokenTo = automaton.MustCompile(`(?:对|向|为|给予|支持|鼓励|引导|帮助|扶持|凡|针对|面向|适用于|的|符合条件|是|包括|及|和|与|或|、|各类|属于|由|供|保障|每名|每位|每户|名|招用|吸纳)$`)
	goOn     = automaton.MustCompile(`^(?:可|应|按|享|给|申|须|需|不得|不|凭|持|经|由|向|在|自|免|缴|每|等|和|及|与|或|以|的|提供|参加|发放|予|到|通过|符合|领|从|因|依法|有权|办理|购|未|本人|家庭|就业|创业|实行|实施|其)`)
)

// speaksTo tells whether a sentence speaks to whom it names between two parts.
func speaksTo(before, after string) bool {
	before, after = strings.TrimRight(before, " “\"("), strings.TrimLeft(after, " ”\")")
	if before != "" && !endsPhrase(before) && !spokenTo.MatchString(before) {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(after); after == "" || strings.ContainsRune("、,。;:!?)\n《", r) {
		return true
	}
	return goOn.MatchString(after)
}

// takenOn are words of those who take somebody on, before whom they take on, or have
// taken on (用人单位,其女职工): a subsidy for it is the employer's.
var takenOn = automaton.MustCompile(`(?:招用|招录|吸纳|录用|聘用|雇用|新招|招收|安置|安排|带动|拖欠|克扣|聘请|引进|收住|接收|服务于?|联结|收购)[^,。;:!?()]{0,24}$|(?:企业|单位)[^。;:!?()]{0,8}其$`)

// throughOthers tells whether what stands behind a part of a sentence is named for
// the sake of who takes it on.
func throughOthers(before string) bool { return takenOn.MatchString(lastRunes(before, 30)) }

// excluded tells whether a sentence leaves out what it names between two parts:
// 不适用于个体工商户, 除个体工商户外, (个体工商户除外), 大中型企业承租的,不在范围内.
func excluded(before, after string) bool {
	outside := outOfRange.MatchString(after)
	before = before[strings.LastIndexAny(before, ",;:()")+1:]
	if i := strings.IndexAny(after, ",;()"); i >= 0 {
		after = after[:i]
	}
	after = strings.TrimSuffix(strings.TrimSpace(after), "。")
	if slices.ContainsFunc(leavesOut, func(w string) bool { return strings.Contains(before, w) }) || strings.HasSuffix(after, "除外") || outside {
		return true
	}
	return strings.Contains(before, "除") && strings.HasSuffix(after, "外")
}

// isCertificate tells whether a word that is quoted is the name of what somebody
// holds, and not of a document: 持《残疾人证》的居民.
func isCertificate(word, rest string) bool {
	return strings.HasPrefix(rest, "证》") || strings.HasSuffix(word, "证") && strings.HasPrefix(rest, "》")
}

// forOthers is said of who has somebody else come for them: 行动不便的残疾人可以由亲属
// 代为申请. Whoever they are, the rest of the text says.
var forOthers = expression(`(?:由|委托)[^,。;]{0,24}代(?:为|办|领)`)

// shownTo follows those to whom something is shown, and those who bring a paper of
// their own: 向司机出示老年优待证, (残疾儿童需提供残疾证).
var shownTo = automaton.MustCompile(`^(?:主动)?出示|^(?:还|另)?(?:需|须|应当?)(?:提供|提交|出具|上传|携带)`)

// servedBy is what a trade is said to be, before those whom it serves:
// 家政服务业是指…对孕产妇、老年人提供照护的行业.
var servedBy = automaton.MustCompile(`业(?:\([^()]{0,40}\))?,?是指`)

// workAt and atWork stand around the name of those with whom somebody takes up work: 到
// 中小微企业就业 is said of who does.
var (
	workAt = automaton.MustCompile(`(?:到|赴|前往)[^,。;:!?]{0,30}$`)
	atWork = automaton.MustCompile(`^[^,。;:!?]{0,24}?(?:就业|工作|任职|从业|见习)(?:[,。;:、的)]|$|并|且|满|后|或)`)
)

// likewise ends a sentence about who is treated as those whom a document is for:
// 外国人在本市见义勇为的,参照本办法执行.
var likewise = expression(`参照(?:本[\p{Han}]{2,4})?执行[。;]?\s*$`)

// leavesOut are words before what a rule leaves out, or who was merely asked.
var leavesOut = []string{"不适用于", "不包括", "不包含", "不含", "不再享受", "未领取", "未享受", "听取", "征求", "压缩"}

// outOfRange ends a sentence about who is left out.
var outOfRange = expression(`不在[\p{Han}]{0,6}(?:范围|之列|此列)内?[。;]?$`)

// leavesOutAny has one of them, 除, or 不在.
var leavesOutAny = expression(strings.Join(leavesOut, "|") + `|除|不在`)

func endsPhrase(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune(",。;:、!?)》\n.", r)
}

// ask counts the measures whose beneficiaries are of a code.
func (t *Tagger) ask(p *domain.Policy, in map[int]*naming) {
	values := map[string][]int{} // codes by how a condition on a profile asks for them
	for code := range in {
		values[t.valueOf(code)] = append(values[t.valueOf(code)], code)
	}
	for i := range p.Measures {
		seen := map[int]bool{}
		var walk func(c *domain.Criteria)
		walk = func(c *domain.Criteria) {
			if c.Leaf != nil {
				for _, v := range c.Leaf.Values {
					if c.Leaf.Field == domain.FieldIndustry {
						v = v[:1]
					}
					for _, code := range values[v] {
						if !seen[code] {
							seen[code] = true
							in[code].asked++
						}
					}
				}
			}
			for k := range c.All {
				walk(&c.All[k])
			}
			for k := range c.Any {
				walk(&c.Any[k])
			}
		}
		walk(&p.Measures[i].Criteria) // what is excluded is not asked for
	}
}

// valueOf is how a condition on a profile asks for a code: Z3 is the size small.
func (t *Tagger) valueOf(code int) string {
	c := t.codes[code]
	if a := t.rules.Attributes.Find(c.code); c.dimension == domain.EnterpriseKindTag && a != nil {
		_, value := a.Field()
		return value
	}
	return c.code
}

// specific are the codes of a naming to be tagged: the section itself, or the
// divisions of it that are named as much.
func (t *Tagger) specific(n *naming) []int {
	top := 0.0
	for code, e := range n.earned {
		if code != n.code {
			top = max(top, e)
		}
	}
	if top == 0 || n.earned[n.code] > top {
		return []int{n.code}
	}
	var codes []int
	for code, e := range n.earned {
		if code != n.code && e >= 0.6*top {
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, func(a, b int) int { return cmp.Or(cmp.Compare(n.earned[b], n.earned[a]), a-b) })
	return codes[:min(len(codes), 3)]
}
