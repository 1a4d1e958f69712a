package tagging

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// measures finds what the document gives to whom and asks of whom, in the order
// of the text. A document for people outside in which no sentence gives or asks
// anything is itself one measure, if its title names what is given: a table of
// rates, a guide to an application. An officer is then shown every figure.
func (t *reading) measures(p *domain.Policy, region string) []domain.Measure {
	c := conditions{t: t, region: region, seen: map[[2]int][]facet{}}
	c.terms = c.definitions(p)
	units := t.points(p)
	out := make([]domain.Measure, 0, min(len(units), maxMeasures))
	for i, u := range units {
		var before *domain.Measure
		if u.goesOn && len(out) > 0 {
			before = &out[len(out)-1]
		}
		if m, ok := t.measure(p, u, c, before); ok {
			if u.class.text != "" && i > 0 && units[i-1].class.text != "" && len(out) > 0 && m.Benefit.Base == "" && m.Clause == out[len(out)-1].Clause {
				m.Benefit.Base = out[len(out)-1].Benefit.Base // 大型企业按上年度缴费额的30%返还,中小微企业按60%返还
			}
			if before != nil && m.Benefit.Unit == "" && '0' <= m.Text[0] && m.Text[0] <= '9' { // 每月发放2000元生活补贴、400元房租补贴
				m.Benefit.Unit = before.Benefit.Unit
			}
			m.ID = domain.MeasureID("m" + strconv.Itoa(len(out)+1))
			out = append(out, m)
		}
		if len(out) == maxMeasures {
			break
		}
	}
	if len(out) == 0 && p.Audience != domain.ForNobody {
		if m, ok := t.measure(p, t.ofTitle(p), c, nil); ok {
			m.ID = "m1"
			out = append(out, m)
		}
	}
	return out
}

// ofTitle is the document as one measure, which gives what its title names; empty
// if that names nothing.
func (t *reading) ofTitle(p *domain.Policy) (u unit) {
	for _, c := range t.passages {
		if c.part != inTitle {
			continue
		}
		if u.kind, u.named, _ = t.kindInWords(t.whole(c.clause)); u.kind != "" {
			break
		}
	}
	if u.kind == "" {
		return unit{}
	}
	for _, s := range split(p.Clauses) {
		for _, it := range s.items {
			if !s.aside {
				u.own = append(u.own, t.pieces(it)...)
			}
		}
	}
	markLists(u.own)
	u.alone = true
	return u
}

// maxMeasures bounds what is read of one document; laws hold a quarter of it.
const maxMeasures = 200

// maxSentences bounds the sentences of its own, and those shared with others,
// that are read of one measure: a collection of statutes is no measure.
const maxSentences = 300

// measure reads one measure out of its sentences. ok is false if they do nothing
// for or to anybody outside. Who gets it may be told in the measure before.
func (t *reading) measure(p *domain.Policy, u unit, c conditions, before *domain.Measure) (domain.Measure, bool) {
	if len(u.own) == 0 {
		return domain.Measure{}, false
	}
	m := domain.Measure{
		Clause: u.path, Start: u.own[0].start, End: u.own[len(u.own)-1].end, Evidence: map[string][]domain.Evidence{},
		Text: textOf(u.own),
	}
	r := reader{t: t, m: &m, c: c, lists: map[*list]*listed{}}
	r.byClass = strings.Contains(m.Text, "大型企业") && strings.Contains(m.Text, "中小微企业")
	u.own, u.shared = u.own[:min(len(u.own), maxSentences)], u.shared[:min(len(u.shared), maxSentences)]
	gives := func() {
		if u.kind != "" { // no figure of a table is what everybody gets
			return
		}
		for _, x := range u.own {
			if x.in.side != "条件" && !(x.adds && hasFigures(&m) && !addsFigure.MatchString(x.text)) {
				t.benefit(&m, x.sentence)
			}
			switch { // what leaves less to be taxed is paid to nobody
			case m.Benefit.Kind != "B09":
			case x.matches(taxLess):
				m.Benefit.Kind = "B02"
			case x.matches(deducted):
				m.Benefit.Kind = "B05"
			}
			if u.gift != "" {
				t.sumsAlone(&m, x.sentence)
			}
		}
	}
	if u.gift != "" {
		m.Benefit.Kind = kindOfWord(u.gift)
		r.ofLabel(u.own[0].sentence)
	}
	gives()
	if u.class.text != "" {
		r.beneficiary(u.class)
	}
	if u.lead.text != "" {
		r.beforeAll(u.lead)
	}
	if u.cell.text != "" {
		r.beneficiary(u.cell)
	}
	yearlyCall := false
	for _, x := range u.own {
		yearlyCall = t.window(&m, x.sentence) || yearlyCall
		t.how(&m, x)
		if before == nil {
			r.who(x)
		} else if !r.recipient(x.sentence) {
			r.as(before)
		}
	}
	if m.Who == "" || len(r.found) == 0 {
		r.beneficiary(r.done)
	}
	if m.Who == "" && r.over != "" {
		m.Who, m.Evidence["who"] = r.over, r.overBy
	}
	figures := m.Benefit.Kind != ""
	if m.Benefit.Kind == "" && u.kind != "" {
		m.Benefit.Kind, m.Evidence["benefit.kind"] = u.kind, []domain.Evidence{u.named}
	}
	if !t.substance(&m, u.own) {
		return domain.Measure{}, false
	}
	if !figures && m.Benefit.Kind != "" {
		gives() // a cap is one only of what is given
	}
	for _, x := range u.shared {
		yearlyCall = t.window(&m, x.sentence) || yearlyCall
		t.how(&m, x)
		if !r.leaning(x) {
			r.who(x)
		}
	}
	if m.Who == "" {
		r.ofName(u.own[0].sentence)
	}
	if m.Who == "" && !named(r.found) && len(r.order) == 0 {
		r.somebody(u.own)
	}
	if before == nil {
		r.laterAges(u.own)
	}
	r.close()
	m.Criteria = r.criteria(p)
	m.Settle()
	if m.How.Mode == "" && (yearlyCall || m.Window.Deadline != "" || m.How.Where != "" || m.How.Materials != nil) {
		m.How.Mode = "apply"
	}
	m.Title = t.measureTitle(p, u, &m)
	m.Benefit.Text = around(m.Benefit.Text, maxBenefit, &m)
	if class := u.class.text; class != "" && !strings.Contains(m.Title, class) {
		m.Title = firstRunes(m.Title, maxTitle-2-utf8.RuneCountInString(class)) + "(" + class + ")"
	}
	m.Check = t.toCheck(p, &m, u.own)
	return m, true
}

// taxLess is a sum that is taken off a tax, and paid to nobody: 按每户每年20000元为限额依次扣减….
var taxLess = expression(`扣减[^。;]{0,24}?税`)

// deducted is a sum that is taken off what is taxed: 赡养老人专项附加扣除标准由每月2000元提高到3000元.
var deducted = expression(`扣除(?:的)?(?:标准|限额|额度)|(?:定额|限额)扣除`)

// substance tells whether a measure gives or asks something, and says what kind
// of support it is and in which words, where no figure said so.
func (t *reading) substance(m *domain.Measure, own []piece) bool {
	best := noAct
	for _, x := range own {
		a := t.does(x.sentence)
		if x.isLead() && len(own) > 1 {
			a = min(a, favours) // 三、减免租金。 says it, the next sentence tells it
		}
		if a > best && x.in.side != "条件" || best == noAct && a > best {
			best = a
			if m.Evidence["benefit.kind"] == nil && !hasFigures(m) {
				m.Benefit.Text = wordsOf(x.sentence)
			}
		}
	}
	if m.Benefit.Kind == "" && best >= invites {
		for _, x := range own {
			if loc := x.loc(backs); loc != nil { // 按上缴税收的比例给予扶持
				m.Benefit.Kind = "B09"
				m.Evidence["benefit.kind"] = []domain.Evidence{x.evidence(loc[0], loc[1])}
				break
			}
			if kind, e, ok := t.kindInWords(x.sentence); ok && t.does(x.sentence) >= favours {
				m.Benefit.Kind = kind
				m.Evidence["benefit.kind"] = []domain.Evidence{e}
				break
			}
		}
	}
	return m.Benefit.Kind != "" || best > noAct
}

// addsFigure begins what a paragraph that only goes on may say of a gift: the most of it, and for
// how long it is had.
var addsFigure = expression(`^[\s(]*(?:单|每|同一|最高|累计|年度|总额|[^,。;]{0,8}(?:期限|资金|奖励|补助|补贴))`)

func hasFigures(m *domain.Measure) bool {
	b := &m.Benefit
	return b.Amount+b.Rate+b.Cap > 0 || b.Tiers != nil
}

// backs is money by another word, of which nobody says how much in figures that are read.
var backs = expression(`(?:%|万元|比例|经费)[^,。;]{0,12}?(?:给予|予以)[^,。;]{0,8}?(?:扶持|支持|配套)`)

// kindInWords is the kind of support that a sentence names.
func (t *reading) kindInWords(s sentence) (kind string, e domain.Evidence, ok bool) {
	best := -1
	for found := range byCode(t.collect(t.hits(s), t.first[domain.BenefitTag], nil)) {
		for _, k := range keep(found) {
			rank := 1
			switch k.role {
			case strong:
				rank = 3
			case nameOf:
				rank = 2
			}
			if rank > best {
				best, kind = rank, t.codes[k.code].code
				e = domain.Evidence{Start: k.hit.start, End: k.hit.end, Text: k.hit.text}
			}
		}
	}
	return kind, e, best > 0
}

// textOf joins the sentences, with a line feed where another clause begins.
func textOf(own []piece) string {
	var b strings.Builder
	size := len(own)
	for _, x := range own {
		size += len(x.text)
	}
	b.Grow(size)
	for i, x := range own {
		if i > 0 && x.in.Clause != own[i-1].in.Clause {
			b.WriteByte('\n')
		}
		b.WriteString(x.text)
	}
	return b.String()
}

// figure is a number with a unit, which somebody wrote for a reason.
var figure = expression(`\d+(?:\.\d+)?(?:%|‰|亿元|万元|元|个月|周岁|平方米)`)

// toCheck lists for the officer what was not read: figures that no value rests
// on, and whom a measure is for or how it is had, where the text is silent or too
// hard.
func (t *reading) toCheck(p *domain.Policy, m *domain.Measure, own []piece) []string {
	var list []string
	covered := func(e domain.Evidence) bool {
		found := false
		for _, code := range []string{"effective_from", "expires", "apply_deadline"} {
			for _, o := range p.FactEvidence[code] {
				found = found || e.Start < o.End && o.Start < e.End
			}
		}
		for field, marks := range m.Evidence {
			if strings.HasPrefix(field, "benefit.") && !givenBy(&m.Benefit, e.Text) {
				continue // the evidence of a share may hold another: 第一年按50%、第二年按30%给予
			}
			for _, o := range marks {
				found = found || e.Start < o.End && o.Start < e.End
			}
		}
		m.Criteria.Leaves(func(l *domain.Condition) {
			for _, o := range l.Evidence {
				found = found || e.Start < o.End && o.Start < e.End
			}
		})
		return found
	}
	for _, x := range own {
		was := x.locs(wasBefore)
		for _, loc := range x.locs(figure) {
			if hasFigures(m) && slices.ContainsFunc(was, func(o []int) bool { return o[0] < loc[0] && loc[1] < o[1] }) {
				continue // 由每人每月740元提高到770元
			}
			if !covered(x.evidence(loc[0], loc[1])) && !before.MatchString(x.text[:loc[0]]) && len(list) < maxChecks {
				i, j := strings.LastIndexAny(x.text[:loc[0]], ",;:。")+1, indexAny(x.text[loc[1]:], ",;:。")
				if j < 0 {
					j = len(x.text) - loc[1]
				}
				if passage := "数字未读出：" + x.text[i:loc[1]+j]; !slices.Contains(list, passage) {
					list = append(list, passage)
				}
			}
		}
	}
	m.Criteria.Leaves(func(l *domain.Condition) {
		if l.Unstated {
			list = append(list, "没有写明是否含本数，按含本数处理："+l.Evidence[0].Text)
		}
	})
	if !m.AsksWho() {
		list = append(list, domain.WhoMissing)
	}
	if m.Benefit.Kind != "" && !m.SaysHow() {
		list = append(list, domain.HowMissing)
	}
	return list
}

// givenBy tells whether a figure is one of those that a measure gives. How long
// somebody gets it and what is no sum and no share may be in other words.
func givenBy(b *domain.Benefit, figure string) bool {
	if r, ok := percent(figure); ok {
		return sameSum(r, b.Rate) || sameSum(r, b.FromRate)
	}
	sums := amounts(figure)
	return len(sums) != 1 || sameSum(sums[0], b.Amount) || sameSum(sums[0], b.Cap) || slices.ContainsFunc(b.Tiers, func(x float64) bool { return sameSum(x, sums[0]) })
}

func sameSum(a, b float64) bool { return math.Abs(a-b) < 1e-9*max(1, math.Abs(b)) }

// maxChecks bounds the figures that are listed for a measure.
const maxChecks = 8

// measureTitle is the words before the first stop of a numbered paragraph, the
// heading, or what the measure gives, at most 30 characters.
func (t *Tagger) measureTitle(p *domain.Policy, u unit, m *domain.Measure) string {
	title := ""
	own := u.own[0].text
	if len(u.own) > 1 && strings.HasSuffix(own, ":") && isGiftName(unnumbered(u.own[1].text)) { // the words over a list
		own = u.own[1].text
	}
	if first := unnumbered(own); first != own { // (一)技术改造补助。对…
		if i := indexAny(first, "。:"); i > 0 && utf8.RuneCountInString(first[:i]) <= 24 {
			title = first[:i]
		}
	}
	if title == "" && u.alone && sideOfHeading(u.heading) == "" && !strings.Contains(u.path, "条") {
		title = u.heading
	}
	if title == "" && u.alone && (u.heading == "" || sideOfHeading(u.heading) != "") && !strings.Contains(u.path, "条") {
		title = subjectOf(p.Title)
	}
	if u.gift != "" {
		title = u.gift
		if m.Who != "" && utf8.RuneCountInString(title+m.Who) <= 26 {
			title += "(" + m.Who + ")"
		}
	}
	if title = cmpEmpty(title, m.Benefit.Text); title == "" {
		title, _, _ = strings.Cut(unnumbered(m.Text), "\n")
	}
	if i := indexAny(title, "。;"); i > 0 {
		title = title[:i]
	}
	title = strings.Trim(unnumbered(title), " ,。;:")
	title = title[len(sinceWhen.FindString(title)):]
	return shortTitle(cmpEmpty(title, p.Title), m)
}

// subjectOf is what a title is about: 关于组织开展…揭榜工作的通知 without its ends.
func subjectOf(title string) string {
	if i := strings.Index(title, "关于"); i >= 0 {
		title = title[i+len("关于"):]
	}
	for _, tail := range []string{"的通知", "的公告", "的通告", "的意见"} {
		title = strings.TrimSuffix(title, tail)
	}
	if begin := workBegin.FindString(title); begin != "" {
		return title[len(begin) : len(title)-len(workEnd.FindString(title))]
	}
	return title
}

// workBegin and workEnd are what offices write around what they do: 做好…申领工作, 开展…申报.
var (
	workBegin = automaton.MustCompile(`^(?:进一步)?(?:做好|开展|组织开展|组织做好|组织实施|组织)`)
	workEnd   = automaton.MustCompile(`(?:的?(?:有关|相关)?(?:工作|事项|事宜))$`)
)
