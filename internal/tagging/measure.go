package tagging

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	// label is a paragraph or heading that names one side of a measure.
	label = automaton.MustCompile(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?\s*(?:[\p{Han}]{0,4})(对象|主体|条件|标准|额度|金额|程序|流程|方式|渠道|时间|期限|材料|范围|内容)[:。\n]`)
	// labelHeading is the same as a heading of its own.
	labelHeading = automaton.MustCompile(`(?:补贴|补助|申报|申领|申请|享受|支持|发放|奖励|政策|适用|扶持|保障|救助|资助|返还|减免|受理|办理)?(对象|主体|条件|标准|额度|程序|流程|方式|渠道|时间|期限|材料|范围)(?:和[\p{Han}]{2,6})?$`)
	enumeration  = automaton.MustCompile(`^[\s(]*(?:第[一二三四五六七八九十百零]+条|[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、．]|[①-⑳])\s*`)
	organising   = automaton.MustCompile(`责任单位|牵头单位|加强组织领导|各地要|各部门要|督查|考核|领导小组`)
)

// gives are the extraction rules that mark a sentence which gives something.
var gives = []string{"X25", "X26", "X27", "X28", "X29", "X30", "X31", "X32", "X34", "X35", "X37", "X63"}

// item is a clause with the side of a measure that its heading or its own
// first words name: 对象, 条件, 标准, 程序 …; empty where nothing does.
type item struct {
	*domain.Clause
	side string
}

// unit is the clauses of one measure: its own, and those it shares with the
// other measures of a document that is laid out by sides.
type unit struct {
	heading string
	path    string
	own     []item
	shared  []item
}

// section is a run of clauses under one heading.
type section struct {
	heading string
	path    string
	side    string // of the heading
	items   []item
}

// measures finds what the document gives to whom. The unit is the paragraph
// that gives something, with the paragraphs beside it that say who, when and
// how. Where the headings of a document are the sides of a measure (一、补贴对象
// 二、补贴标准 三、申请程序), the paragraphs that give something share the others;
// where a section is laid out so, it is one measure.
func (t *reading) measures(p *domain.Policy, region string) []domain.Measure {
	sections := split(p.Clauses)
	var units []unit
	if bySides(sections) {
		units = t.share(sections)
	} else {
		for _, s := range sections {
			units = append(units, t.units(s)...)
		}
	}
	var out []domain.Measure
	for _, u := range units {
		if m, ok := t.measure(p, u, conditions{t, region, map[[2]int][]facet{}}); ok {
			m.ID = domain.MeasureID("m" + strconv.Itoa(len(out)+1))
			out = append(out, m)
		}
		if len(out) == maxMeasures {
			break
		}
	}
	return out
}

// maxMeasures bounds what is read of one document; laws hold a quarter of it.
const maxMeasures = 200

// split parts the clauses at headings. Title, head, signature and notes belong
// to no section.
func split(clauses []domain.Clause) []section {
	var out []section
	for i := range clauses {
		c := &clauses[i]
		switch c.Kind {
		case domain.HeadingClause:
			heading := strings.Trim(enumeration.ReplaceAllString(c.Text, ""), " 。:")
			out = append(out, section{heading: heading, path: c.Path, side: sideOfHeading(heading)})
		case domain.TextClause, domain.TableClause:
			if len(out) == 0 {
				out = append(out, section{path: c.Path})
			}
			s := &out[len(out)-1]
			side := s.side
			if m := label.FindStringSubmatch(c.Text + "\n"); m != nil {
				side = m[1]
			}
			s.items = append(s.items, item{c, side})
		}
	}
	return out
}

func sideOfHeading(heading string) string {
	if m := labelHeading.FindStringSubmatch(heading); m != nil && utf8.RuneCountInString(heading) <= 12 {
		return m[1]
	}
	return ""
}

// bySides tells whether the headings themselves are the sides of a measure.
func bySides(sections []section) bool {
	n := map[string]bool{}
	for _, s := range sections {
		if s.side != "" {
			n[s.side] = true
		}
	}
	return len(n) >= 2 && (n["标准"] || n["额度"] || n["条件"] || n["对象"])
}

// share makes a measure of every numbered paragraph that gives something, or
// one of the whole document if they are not numbered.
func (t *reading) share(sections []section) []unit {
	var all, giving []item
	path := ""
	for _, s := range sections {
		path = cmpEmpty(path, s.path)
		for _, it := range s.items {
			all = append(all, it)
			if t.givesSomething(it.Clause) && enumeration.MatchString(it.Text) {
				giving = append(giving, it)
			}
		}
	}
	if len(giving) < 2 {
		return []unit{{path: path, own: all}}
	}
	var shared []item
	for _, it := range all {
		if !t.givesSomething(it.Clause) {
			shared = append(shared, it)
		}
	}
	var out []unit
	for _, it := range giving {
		out = append(out, unit{path: it.Path, own: []item{it}, shared: shared})
	}
	return out
}

// units parts a section into measures.
func (t *reading) units(s section) []unit {
	sides := 0
	for _, it := range s.items {
		if it.side != "" && it.side != s.side {
			sides++
		}
	}
	if sides >= 2 {
		return []unit{{heading: s.heading, path: s.path, own: s.items}}
	}
	var out []unit
	for _, it := range s.items {
		if t.givesSomething(it.Clause) || len(out) == 0 {
			out = append(out, unit{heading: s.heading, path: it.Path})
		}
		out[len(out)-1].own = append(out[len(out)-1].own, it)
	}
	return out
}

func (t *reading) givesSomething(c *domain.Clause) bool {
	for _, s := range t.sentences(c) {
		if t.givenIn(s) {
			return true
		}
	}
	return false
}

func (t *Tagger) givenIn(s sentence) bool {
	for _, code := range gives {
		if t.has(code, s) {
			return true
		}
	}
	return false
}

// measure reads one measure out of its clauses. ok is false if they give
// nothing.
func (t *reading) measure(p *domain.Policy, u unit, c conditions) (domain.Measure, bool) {
	if len(u.own) == 0 {
		return domain.Measure{}, false
	}
	m := domain.Measure{
		Clause: u.path, Start: u.own[0].Start, End: u.own[len(u.own)-1].End, Evidence: map[string][]domain.Evidence{},
		Text: joinTexts(u.own),
	}
	r := reader{t: t, m: &m, c: c}
	for _, it := range u.own {
		for _, s := range t.sentences(it.Clause) {
			t.benefit(&m, s)
			t.window(&m, s)
			t.how(&m, s)
			r.who(s, it)
		}
	}
	if m.Benefit.Kind == "" {
		return domain.Measure{}, false
	}
	for _, it := range u.shared {
		for _, s := range t.sentences(it.Clause) {
			t.window(&m, s)
			t.how(&m, s)
			r.who(s, it)
		}
	}
	if organising.MatchString(m.Text) && m.Who == "" && m.Benefit.Amount+m.Benefit.Rate+m.Benefit.Cap == 0 {
		return domain.Measure{}, false
	}
	var parts []domain.Criteria
	if kind := t.kindOf(p, r.found); kind != "" {
		parts = append(parts, domain.Leaf(domain.Condition{Field: domain.FieldKind, Op: domain.In, Values: []string{kind}}))
	}
	if c.region != "" && !asksRegion(r.found) {
		parts = append(parts, domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{c.region}}))
	}
	parts = append(parts, simplify(r.found)...)
	for _, e := range r.excluded {
		parts = append(parts, domain.NotOf(e))
	}
	m.Criteria = domain.AllOf(parts...)
	m.Criteria.Leaves(func(l *domain.Condition) {
		if l.Field == domain.FieldOther && !slices.Contains(m.Unread, l.Unread) {
			m.Unread = append(m.Unread, l.Unread)
		}
	})
	if m.How.Mode == "" && (m.Window.Deadline != "" || m.How.Where != "") {
		m.How.Mode = "apply"
	}
	m.Title = t.measureTitle(p, u, &m)
	return m, true
}

func joinTexts(items []item) string {
	texts := make([]string, len(items))
	for i, it := range items {
		texts[i] = it.Text
	}
	return strings.Join(texts, "\n")
}

// measureTitle is the heading, or what the measure gives, at most 30 characters.
func (t *Tagger) measureTitle(p *domain.Policy, u unit, m *domain.Measure) string {
	title := ""
	if first := enumeration.ReplaceAllString(u.own[0].Text, ""); first != u.own[0].Text { // (一)技术改造补助。对…
		if i := strings.IndexAny(first, "。:"); i > 0 && utf8.RuneCountInString(first[:i]) <= 20 {
			title = first[:i]
		}
	}
	if title == "" && sideOfHeading(u.heading) == "" {
		title = u.heading
	}
	title = cmpEmpty(title, m.Benefit.Text)
	if i := strings.IndexAny(title, "。;"); i > 0 {
		title = title[:i]
	}
	return firstRunes(cmpEmpty(enumeration.ReplaceAllString(title, ""), p.Title), 30)
}

// reader collects who may use a measure from its sentences.
type reader struct {
	t        *reading
	m        *domain.Measure
	c        conditions
	found    []domain.Criteria
	excluded []domain.Criteria
}

// who reads the beneficiaries and conditions of one sentence.
func (r *reader) who(s sentence, it item) {
	if r.exclusion(s) || it.Kind == domain.TableClause {
		return
	}
	switch it.side {
	case "对象", "主体", "范围":
		r.beneficiary(s.afterLabel())
		return
	case "条件":
		r.condition(s)
		return
	case "程序", "流程", "方式", "渠道", "时间", "期限", "材料":
		return
	}
	named := false
	for _, code := range []string{"X14", "X15", "X16"} {
		for _, x := range r.t.find(code, s) {
			i, j := x.at("who")
			if r.m.Who == "" || code != "X14" { // a second 对… names a tier, not another condition
				r.beneficiary(s.slice(i, j))
			}
			named = true
		}
	}
	switch {
	case named:
	case r.t.givenIn(s):
		if len(r.found) == 0 { // 小微企业新增贷款的,按…给予贴息: the subject before what is given
			r.beneficiary(s.subject())
		}
	case enumeration.MatchString(s.text):
		r.condition(s)
	}
}

// exclusion reads rule X23: 列入严重失信主体名单的企业不享受本政策.
func (r *reader) exclusion(s sentence) bool {
	found := r.t.find("X23", s)
	for _, x := range found {
		i, j := x.at("who")
		tree := r.c.read(s.slice(i, j))
		if tree.IsZero() {
			tree = other(s.evidence(i, j))
		}
		r.excluded = append(r.excluded, tree)
		r.m.Evidence["exclude"] = append(r.m.Evidence["exclude"], x.evidence)
	}
	return len(found) > 0
}

// beneficiary reads a phrase that names who gets it.
func (r *reader) beneficiary(phrase sentence) {
	if phrase.text == "" || sideOfHeading(phrase.text) != "" {
		return
	}
	e := domain.Evidence{Start: phrase.start, End: phrase.end, Text: phrase.text}
	tree := r.c.read(phrase)
	if r.m.Who == "" {
		r.m.Who = firstRunes(phrase.text, 60)
		r.m.Evidence["who"] = append(r.m.Evidence["who"], e)
	}
	if !tree.IsZero() {
		r.found = append(r.found, tree)
		r.m.Evidence["criteria"] = append(r.m.Evidence["criteria"], e)
	}
}

// condition reads an item of a list of conditions. What has the look of a
// condition and cannot be read is kept as unread.
func (r *reader) condition(s sentence) {
	tree := r.c.one(s)
	if !tree.IsZero() {
		r.found = append(r.found, tree)
		r.m.Evidence["criteria"] = append(r.m.Evidence["criteria"], s.evidence(0, len(s.text)))
		return
	}
	if u := unreadable.FindStringIndex(s.text); u != nil && !r.t.givenIn(s) {
		r.found = append(r.found, other(s.evidence(u[0], u[1])))
	}
}

// simplify makes one list of the trees that all hold, without repeats, and
// joins alternatives of one field that stand in different sentences.
func simplify(trees []domain.Criteria) []domain.Criteria {
	var flat []domain.Criteria
	var flatten func(c domain.Criteria)
	flatten = func(c domain.Criteria) {
		if c.All == nil {
			if !slices.ContainsFunc(flat, func(o domain.Criteria) bool { return same(o, c) }) {
				flat = append(flat, c)
			}
			return
		}
		for _, part := range c.All {
			flatten(part)
		}
	}
	for _, tree := range trees {
		flatten(tree)
	}
	var named, rest []domain.Criteria
	for _, c := range flat {
		if c.Leaf != nil && c.Leaf.Op == domain.In && (c.Leaf.Field == domain.FieldSize || c.Leaf.Field == domain.FieldGroup) {
			named = append(named, c)
		} else {
			rest = append(rest, c)
		}
	}
	if len(named) > 0 {
		for _, field := range []domain.Field{domain.FieldSize, domain.FieldGroup} {
			of := slices.DeleteFunc(slices.Clone(named), func(c domain.Criteria) bool { return c.Leaf.Field != field })
			if len(of) > 0 {
				rest = append(rest, merge(of))
			}
		}
	}
	return rest
}

func same(a, b domain.Criteria) bool { return fmt.Sprint(bare(a)) == fmt.Sprint(bare(b)) }

// bare writes a tree without its evidence.
func bare(c domain.Criteria) string {
	var b strings.Builder
	switch {
	case c.Leaf != nil:
		fmt.Fprint(&b, c.Leaf.Field, c.Leaf.Op, c.Leaf.Values, c.Leaf.Number, c.Leaf.Unread)
	case c.Not != nil:
		b.WriteString("not" + bare(*c.Not))
	}
	for _, x := range c.All {
		b.WriteString("all" + bare(x))
	}
	for _, x := range c.Any {
		b.WriteString("any" + bare(x))
	}
	return b.String()
}

// kindOf tells whether a measure is for enterprises or residents, from its own
// conditions, else from the document.
func (t *Tagger) kindOf(p *domain.Policy, trees []domain.Criteria) string {
	enterprise, resident := false, false
	for i := range trees {
		trees[i].Leaves(func(l *domain.Condition) {
			switch l.Field {
			case domain.FieldGroup, domain.FieldAge, domain.FieldHukou, domain.FieldLifeEvent:
				resident = true
			case domain.FieldSize, domain.FieldTaxpayer, domain.FieldRegistration, domain.FieldOwnership, domain.FieldAttribute,
				domain.FieldStaff, domain.FieldRevenue, domain.FieldAssets, domain.FieldIncome, domain.FieldIndustry, domain.FieldFounded:
				enterprise = true
			}
		})
	}
	switch {
	case enterprise && !resident:
		return string(domain.Enterprise)
	case resident && !enterprise:
		return string(domain.Resident)
	case !enterprise && p.Audience == domain.ForEnterprises:
		return string(domain.Enterprise)
	case !enterprise && p.Audience == domain.ForResidents:
		return string(domain.Resident)
	}
	return ""
}

func asksRegion(trees []domain.Criteria) bool {
	found := false
	for i := range trees {
		trees[i].Leaves(func(l *domain.Condition) { found = found || l.Field == domain.FieldRegion })
	}
	return found
}

// benefit reads what a sentence gives. The first sentence with an amount, a
// rate or a relief decides; later ones fill in what it left out.
func (t *Tagger) benefit(m *domain.Measure, s sentence) {
	b := &m.Benefit
	note := func(field string, x match) {
		m.Evidence["benefit."+field] = append(m.Evidence["benefit."+field], x.evidence)
		if b.Text == "" {
			b.Text = firstRunes(strings.TrimSpace(enumeration.ReplaceAllString(s.text, "")), 80)
		}
	}
	kind := func(code string) {
		if b.Kind == "" {
			b.Kind = code
		}
	}
	for _, x := range t.find("X25", s) {
		kind("B01")
		t.taxes(b, x.group("tax"))
		note("kind", x)
	}
	for _, x := range t.find("X26", s) {
		kind("B02")
		if b.Rate == 0 {
			b.Rate = 0.5
		}
		t.taxes(b, x.group("tax"))
		note("rate", x)
	}
	for _, x := range t.find("X27", s) {
		if r, ok := percent(x.group("rate")); ok && b.Rate == 0 {
			kind("B02")
			b.Rate, b.Base = r, x.group("base")
			t.taxes(b, x.group("tax"))
			note("rate", x)
		}
	}
	for _, x := range t.find("X29", s) {
		from, ok1 := percent(x.group("from"))
		to, ok2 := percent(x.group("to"))
		if ok1 && ok2 && b.Rate == 0 {
			kind("B03")
			b.FromRate, b.Rate = from, to
			note("rate", x)
		}
	}
	for _, x := range t.find("X30", s) {
		if r, ok := percent(x.group("rate")); ok && b.Rate == 0 {
			kind(kindOfWord(x.group("kind")))
			b.Rate, b.Base = r, x.group("base")
			note("rate", x)
		}
	}
	for _, x := range t.find("X32", s) {
		if tiers := amounts(x.group("list")); len(tiers) > 1 && b.Tiers == nil {
			kind(kindOfWord(x.group("kind")))
			b.Tiers = tiers
			note("tiers", x)
		}
	}
	for _, x := range t.find("X31", s) {
		if a, ok := yuan(x.group("amt"), x.group("unit")); ok && b.Amount == 0 && b.Tiers == nil {
			kind(kindOfWord(x.group("kind")))
			b.Amount, b.Once = a, strings.Contains(x.evidence.Text, "一次性")
			note("amount", x)
		}
	}
	for _, x := range t.find("X34", s) {
		if a, ok := yuan(x.group("amt"), "元"); ok && b.Amount == 0 {
			kind("B09")
			b.Amount, b.Unit = a, x.group("who")+"·"+x.group("per")
			note("amount", x)
		}
	}
	for _, x := range t.find("X35", s) {
		if a, ok := yuan(x.group("amt"), "元"); ok && b.Amount == 0 {
			kind("B09")
			b.Amount, b.Unit = a, x.group("unit")
			note("amount", x)
		}
	}
	for _, x := range t.find("X37", s) {
		kind("B08")
		note("kind", x)
	}
	for _, x := range t.find("X33", s) {
		if a, ok := yuan(x.group("cap"), x.group("unit")); ok && b.Cap == 0 && b.Kind != "" {
			b.Cap, b.CapPer = a, strings.TrimSuffix(x.group("scope"), "最高")
			note("cap", x)
		}
	}
	for _, x := range t.find("X36", s) {
		if n, ok := integer(x.group("n")); ok && b.Months == 0 && b.Kind != "" && x.group("unit") != "天" {
			b.Months = n
			if x.group("unit") == "年" {
				b.Months = n * 12
			}
			note("months", x)
		}
	}
}

func kindOfWord(w string) string {
	switch {
	case strings.Contains(w, "奖"):
		return "B10"
	case strings.Contains(w, "贴息"):
		return "B11"
	case strings.Contains(w, "返还"):
		return "B07"
	default:
		return "B09"
	}
}

var amountInList = regexp.MustCompile(`(\d+(?:\.\d+)?)(亿元|万元|元)`)

func amounts(list string) []float64 {
	var out []float64
	for _, m := range amountInList.FindAllStringSubmatch(list, -1) {
		if v, ok := yuan(m[1], m[2]); ok && v < math.MaxInt64 {
			out = append(out, v)
		}
	}
	return out
}

// taxes adds the codes of the taxes and fees named in words.
func (t *Tagger) taxes(b *domain.Benefit, words string) {
	for _, x := range t.rules.Taxes.All() {
		names := append([]string{x.Name}, x.Aliases...)
		if slices.ContainsFunc(names, func(n string) bool { return strings.Contains(words, n) }) && !slices.Contains(b.Tax, x.Code) {
			b.Tax = append(b.Tax, x.Code)
		}
	}
}

// window reads when the measure can be had.
func (t *Tagger) window(m *domain.Measure, s sentence) {
	w := &m.Window
	for _, code := range []string{"X40", "X41", "X61"} {
		for _, x := range t.find(code, s) {
			if d := day(x.group("y"), x.group("m"), x.group("d")); d != "" && w.Deadline == "" {
				w.Deadline = d
				m.Evidence["window.deadline"] = []domain.Evidence{x.evidence}
			}
		}
	}
	for _, x := range t.find("X10", s) {
		from, to := day(x.group("y1"), x.group("m1"), x.group("d1")), day(x.group("y2"), x.group("m2"), x.group("d2"))
		if w.From == "" && from != "" && to != "" {
			w.From, w.To = from, to
			m.Evidence["window"] = []domain.Evidence{x.evidence}
		}
	}
	for _, x := range t.find("X43", s) {
		from, to := windowDates(x.group("from"), x.group("to"))
		if from != "" && to != "" && w.Deadline == "" {
			w.From, w.To, w.Deadline = from, to, to
			m.Evidence["window.deadline"] = []domain.Evidence{x.evidence}
		}
	}
	for _, x := range t.find("X44", s) {
		if from, to := yearly(x); from != "" && w.From == "" {
			w.From, w.To, w.Yearly = from, to, true
			m.Evidence["window"] = []domain.Evidence{x.evidence}
		}
	}
	for _, x := range t.find("X42", s) {
		if w.Relative == "" && !strings.Contains(x.group("unit"), "工作日") && !strings.Contains(x.group("from"), "申请") {
			w.Relative = x.evidence.Text
			m.Evidence["window.relative"] = []domain.Evidence{x.evidence}
		}
	}
}

func windowDates(from, to string) (string, string) {
	f := chineseDate.FindStringSubmatch(from)
	if f == nil {
		return "", ""
	}
	if !strings.Contains(to, "年") {
		to = f[1] + "年" + to
	}
	l := chineseDate.FindStringSubmatch(to)
	if l == nil {
		return "", ""
	}
	return day(f[1], f[2], f[3]), day(l[1], l[2], l[3])
}

func yearly(x match) (from, to string) {
	m1, ok1 := integer(x.group("m1"))
	m2, ok2 := integer(x.group("m2"))
	if !ok1 || !ok2 || m1 < 1 || m1 > 12 || m2 < 1 || m2 > 12 {
		return "", ""
	}
	d1, ok := integer(x.group("d1"))
	if !ok {
		d1 = 1
	}
	d2, ok := integer(x.group("d2"))
	if !ok {
		d2 = daysIn(2025, m2)
	}
	return fmt.Sprintf("%02d-%02d", m1, d1), fmt.Sprintf("%02d-%02d", m2, d2)
}

// how reads how the measure is had.
func (t *Tagger) how(m *domain.Measure, s sentence) {
	h := &m.How
	for _, x := range t.find("X38", s) {
		h.Mode = "automatic"
		m.Evidence["how.mode"] = []domain.Evidence{x.evidence}
	}
	for _, x := range t.find("X39", s) {
		if h.Where == "" {
			h.Where = firstRunes(x.group("where"), 40)
			m.Evidence["how.where"] = []domain.Evidence{x.evidence}
		}
	}
	for _, x := range t.find("X49", s) {
		h.Where = firstRunes(x.group("addr"), 60)
		m.Evidence["how.where"] = []domain.Evidence{x.evidence}
	}
	for _, x := range t.find("X45", s) {
		if h.Materials == nil {
			h.Materials = strings.FieldsFunc(x.group("list"), func(r rune) bool { return strings.ContainsRune("、,;", r) })
			m.Evidence["how.materials"] = []domain.Evidence{x.evidence}
		}
	}
	for _, x := range t.find("X46", s) {
		h.Within = x.evidence.Text
	}
	for _, x := range t.find("X48", s) {
		if h.Contact == "" {
			h.Contact = x.group("tel")
			m.Evidence["how.contact"] = []domain.Evidence{x.evidence}
		}
	}
}
