package tagging

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
)

var (
	// label is a paragraph or heading that names one side of a measure.
	label = regexp.MustCompile(`^[\s(]*(?:[一二三四五六七八九十\d]{1,3}[)、.．])?\s*(?:[\p{Han}]{0,4})(对象|主体|条件|标准|额度|金额|程序|流程|方式|渠道|时间|期限|材料|范围|内容)[:。\n]`)
	// labelHeading is the same as a heading of its own.
	labelHeading = regexp.MustCompile(`(?:补贴|补助|申报|申领|申请|享受|支持|发放|奖励|政策|适用|扶持|保障|救助|资助|返还|减免|受理|办理)?(对象|主体|条件|标准|额度|程序|流程|方式|渠道|时间|期限|材料|范围)(?:和[\p{Han}]{2,6})?$`)
	enumeration  = regexp.MustCompile(`^[\s(]*(?:第[一二三四五六七八九十百零]+条|[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、．]|[①-⑳])\s*`)
	organising   = regexp.MustCompile(`责任单位|牵头单位|加强组织领导|各地要|各部门要|督查|考核|领导小组`)
)

// gives are the extraction rules that mark a sentence which gives something.
var gives = []string{"X25", "X26", "X27", "X28", "X29", "X30", "X31", "X32", "X34", "X35", "X37", "X63"}

// section is a run of clauses under one heading.
type section struct {
	heading string
	path    string
	clauses []*domain.Clause
}

// measures finds what the document gives to whom. The unit is the paragraph
// that gives something, with the paragraphs beside it that say who, when and
// how; where a section (or the whole document) is laid out as 对象, 条件, 标准,
// 程序 it is one measure.
func (t *Tagger) measures(p *domain.Policy, region string) []domain.Measure {
	sections := split(p.Clauses)
	var groups []section
	if whole := labelled(sections); whole != nil {
		groups = []section{*whole}
	} else {
		for _, s := range sections {
			groups = append(groups, t.units(s)...)
		}
	}
	var out []domain.Measure
	for _, g := range groups {
		if m, ok := t.measure(p, g, conditions{t, region}); ok {
			m.ID = domain.MeasureID("m" + strconv.Itoa(len(out)+1))
			out = append(out, m)
		}
		if len(out) == 200 {
			break
		}
	}
	return out
}

// split parts the clauses at headings. Title, head, signature and notes belong
// to no section.
func split(clauses []domain.Clause) []section {
	var out []section
	for i := range clauses {
		c := &clauses[i]
		switch c.Kind {
		case domain.HeadingClause:
			out = append(out, section{heading: strings.TrimSpace(enumeration.ReplaceAllString(c.Text, "")), path: c.Path})
		case domain.TextClause, domain.TableClause:
			if len(out) == 0 {
				out = append(out, section{path: c.Path})
			}
			out[len(out)-1].clauses = append(out[len(out)-1].clauses, c)
		}
	}
	return out
}

// labelled joins all sections if the headings themselves are the labels of one
// measure (一、补贴对象 二、补贴标准 三、申请程序).
func labelled(sections []section) *section {
	n := map[string]bool{}
	for _, s := range sections {
		if m := labelHeading.FindStringSubmatch(s.heading); m != nil && utf8.RuneCountInString(s.heading) <= 12 {
			n[m[1]] = true
		}
	}
	if len(n) < 2 || !n["标准"] && !n["额度"] && !n["条件"] {
		return nil
	}
	all := section{}
	for _, s := range sections {
		all.path = cmpEmpty(all.path, s.path)
		all.clauses = append(all.clauses, s.clauses...)
	}
	return &all
}

// units parts a section into measures.
func (t *Tagger) units(s section) []section {
	labels := 0
	for _, c := range s.clauses {
		if label.MatchString(c.Text + "\n") {
			labels++
		}
	}
	if labels >= 2 {
		return []section{s}
	}
	var out []section
	for _, c := range s.clauses {
		if t.givesSomething(c) || len(out) == 0 {
			out = append(out, section{heading: s.heading, path: c.Path})
		}
		out[len(out)-1].clauses = append(out[len(out)-1].clauses, c)
	}
	return out
}

func (t *Tagger) givesSomething(c *domain.Clause) bool {
	for _, s := range sentences(c) {
		for _, code := range gives {
			if len(t.find(code, s)) > 0 {
				return true
			}
		}
	}
	return false
}

// measure reads one measure out of its clauses. ok is false if they give
// nothing.
func (t *Tagger) measure(p *domain.Policy, g section, c conditions) (domain.Measure, bool) {
	if len(g.clauses) == 0 {
		return domain.Measure{}, false
	}
	first, last := g.clauses[0], g.clauses[len(g.clauses)-1]
	m := domain.Measure{
		Clause: g.path, Start: first.Start, End: last.End, Evidence: map[string][]domain.Evidence{},
		Text: joinTexts(g.clauses),
	}
	var conditionsFound, exclusions []domain.Criteria
	for _, clause := range g.clauses {
		for _, s := range sentences(clause) {
			t.benefit(&m, s)
			t.window(&m, s)
			t.how(&m, s)
			found, excluded := t.who(&m, s, c)
			conditionsFound = append(conditionsFound, found...)
			exclusions = append(exclusions, excluded...)
		}
	}
	if m.Benefit.Kind == "" {
		return domain.Measure{}, false
	}
	if organising.MatchString(m.Text) && m.Who == "" && m.Benefit.Amount+m.Benefit.Rate+m.Benefit.Cap == 0 {
		return domain.Measure{}, false
	}
	parts := []domain.Criteria{}
	if kind := t.kindOf(p, conditionsFound); kind != "" {
		parts = append(parts, leaf(domain.FieldKind, []string{kind}, domain.Evidence{Start: m.Start, End: m.Start, Text: ""}))
	}
	if c.region != "" && !asksRegion(conditionsFound) {
		parts = append(parts, domain.Leaf(domain.Condition{Field: domain.FieldRegion, Op: domain.In, Values: []string{c.region}}))
	}
	parts = append(parts, simplify(conditionsFound)...)
	for _, e := range exclusions {
		parts = append(parts, domain.NotOf(e))
	}
	for i := range parts {
		dropEmptyEvidence(&parts[i])
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
	m.Title = t.measureTitle(p, g, &m)
	return m, true
}

func dropEmptyEvidence(c *domain.Criteria) {
	if c.Leaf != nil && len(c.Leaf.Evidence) == 1 && c.Leaf.Evidence[0].Text == "" {
		c.Leaf.Evidence = nil
	}
}

func joinTexts(clauses []*domain.Clause) string {
	texts := make([]string, len(clauses))
	for i, c := range clauses {
		texts[i] = c.Text
	}
	return strings.Join(texts, "\n")
}

// measureTitle is the heading, or what the measure gives, at most 30 characters.
func (t *Tagger) measureTitle(p *domain.Policy, g section, m *domain.Measure) string {
	title := strings.Trim(g.heading, "。:； ")
	if title == "" || labelHeading.MatchString(title) {
		title = m.Benefit.Text
	}
	if i := strings.IndexAny(title, "。;"); i > 0 {
		title = title[:i]
	}
	title = enumeration.ReplaceAllString(title, "")
	if title == "" {
		title = p.Title
	}
	return firstRunes(title, 30)
}

// who reads the beneficiaries and conditions of one sentence.
func (t *Tagger) who(m *domain.Measure, s sentence, c conditions) (found, excluded []domain.Criteria) {
	for _, x := range t.find("X23", s) {
		phrase := s.slice(x.at("who"))
		tree := c.read(phrase)
		if tree.IsZero() {
			tree = other(s.evidence(x.at("who")))
		}
		excluded = append(excluded, tree)
		m.Evidence["exclude"] = append(m.Evidence["exclude"], x.evidence)
	}
	if len(excluded) > 0 {
		return nil, excluded
	}
	for _, code := range []string{"X14", "X15", "X16"} {
		for _, x := range t.find(code, s) {
			i, j := x.at("who")
			phrase := s.slice(i, j)
			if m.Who == "" {
				m.Who = phrase.text
				m.Evidence["who"] = append(m.Evidence["who"], s.evidence(i, j))
			}
			if tree := c.read(phrase); !tree.IsZero() {
				found = append(found, tree)
				m.Evidence["criteria"] = append(m.Evidence["criteria"], s.evidence(i, j))
			}
		}
	}
	if len(found) == 0 && (label.MatchString(s.text+"\n") || enumeration.MatchString(s.text)) {
		found = append(found, t.listed(m, s, c)...)
	} else if len(found) == 0 {
		for _, part := range [][]domain.Criteria{c.numbers(s), c.ages(s), c.places(s)} {
			found = append(found, part...)
		}
	}
	return found, nil
}

// listed reads an item of a list of conditions. What has the look of a
// condition and cannot be read is kept as unread.
func (t *Tagger) listed(m *domain.Measure, s sentence, c conditions) []domain.Criteria {
	tree := c.one(s)
	if tree.IsZero() {
		if u := unreadable.FindStringIndex(s.text); u != nil && len(t.find("X31", s))+len(t.find("X30", s))+len(t.find("X33", s)) == 0 {
			return []domain.Criteria{other(s.evidence(u[0], u[1]))}
		}
		return nil
	}
	m.Evidence["criteria"] = append(m.Evidence["criteria"], s.evidence(0, len(s.text)))
	return []domain.Criteria{tree}
}

// simplify drops a tree that says the same as one before it, and joins
// alternatives of the same field that stand in different sentences.
func simplify(trees []domain.Criteria) []domain.Criteria {
	var out []domain.Criteria
	for _, tree := range trees {
		if !slices.ContainsFunc(out, func(o domain.Criteria) bool { return same(o, tree) }) {
			out = append(out, tree)
		}
	}
	var named, rest []domain.Criteria
	for _, tree := range out {
		if tree.Leaf != nil && tree.Leaf.Op == domain.In && (tree.Leaf.Field == domain.FieldSize || tree.Leaf.Field == domain.FieldGroup || tree.Leaf.Field == domain.FieldAttribute) {
			named = append(named, tree)
		} else {
			rest = append(rest, tree)
		}
	}
	if len(named) > 0 {
		rest = append(rest, merge(named))
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
			b.Cap, b.CapPer = a, x.group("scope")
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
