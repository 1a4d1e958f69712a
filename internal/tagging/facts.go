package tagging

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"policypush/internal/domain"
)

var (
	chineseDate = regexp.MustCompile(`([零〇○一二三四五六七八九]{4}|\d{4})年([一二三四五六七八九十]{1,3}|\d{1,2})月([一二三四五六七八九十]{1,3}|\d{1,2})日`)
	isoDate     = regexp.MustCompile(`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})`)
	dateLine    = regexp.MustCompile(`^(?:([零〇○一二三四五六七八九]{4}|\d{4})年([一二三四五六七八九十]{1,3}|\d{1,2})月([一二三四五六七八九十]{1,3}|\d{1,2})日)(?:印发|发布)?$`)
	dateLabel   = regexp.MustCompile(`(?:成文|发文|发布|公布|印发|生成)(?:日期|时间)[: ]*\n?`)
	numberLabel = regexp.MustCompile(`(?:发文字号|文号|文件编号|发文号)[: ]*\n?`)
	issuerLabel = regexp.MustCompile(`(?:发文机关|发文机构|发布机构|制定机关|发布单位|发文单位)[: ]*\n?([\p{Han}、 ]{4,60})`)
	numberTail  = regexp.MustCompile(`(?:通知|意见|办法|公告|通告|决定|细则|方案|措施|规定|政策|批复|函|文件|文号|字号|根据|按照|依据|落实|贯彻|执行|印发)$`)
	titleIssuer = regexp.MustCompile(`^([\p{Han}、 ]{3,60}?)(?:办公室关于|关于|印发|转发)`)
	monthFrom   = regexp.MustCompile(`自(\d{4})年(\d{1,2})月(?:份)?起(?:施行|实施|执行|生效)`)
	yearsValid  = regexp.MustCompile(`(?:有效期|实施期限?|试行期|执行期限?)(?:暂定)?(?:为|限)?(\d{1,2}|[一二两三四五六七八九十]{1,3})(年|个月)`)
	quotedTitle = regexp.MustCompile(`《[^》]*》`)
	agencyEnd   = regexp.MustCompile(`(?:人民政府|办公厅|办公室|委员会|局|厅|部|委|院|中心|支行|分行|总局|管委会|银行|法院|检察院|联合会|总工会|公司|税务局|署|办)$`)
)

// facts fills in what identifies the document: number, issuers, dates, kind.
// Numbers, dates and titles that the text only cites are left alone.
func (t *Tagger) facts(p *domain.Policy) {
	p.Title = title(p.Clauses)
	p.DocNumber = t.docNumber(p)
	p.UnifiedCode = t.unifiedCode(p)
	p.Issuers = t.issuers(p)
	p.PublishDate = publishDate(p)
	t.validity(p)
	p.DocKind = t.docKind(p.Title)
	p.Replaces = t.replaces(p)
	p.Contact = t.contact(p)
}

func title(clauses []domain.Clause) string {
	var b strings.Builder
	for _, c := range clauses {
		if c.Kind == domain.TitleClause {
			b.WriteString(c.Text)
		} else if b.Len() > 0 {
			break
		}
	}
	return strings.TrimSpace(b.String())
}

// headText returns the beginning of the document up to the first paragraph,
// at most 600 code points, and where the first paragraph begins.
func headClauses(p *domain.Policy) []domain.Clause {
	for i, c := range p.Clauses {
		if c.Kind != domain.TitleClause && c.Kind != domain.HeadClause || c.Start > 800 {
			return p.Clauses[:i]
		}
	}
	return p.Clauses
}

// docNumber finds the document's own 发文字号. It stands alone on a line of the
// head, in brackets under the title, after a label, or, where a copy has lost
// its line breaks, right behind the title.
func (t *Tagger) docNumber(p *domain.Policy) string {
	for _, c := range headClauses(p) {
		text := quotedTitle.ReplaceAllString(c.Text, "")
		for _, code := range []string{"X01", "X02"} {
			for _, m := range t.find(code, sentence{text, c.Start, c.End}) {
				n := cleanNumber(m.evidence.Text)
				rest := strings.Trim(strings.Replace(text, m.evidence.Text, "", 1), "()（） \n")
				alone := utf8.RuneCountInString(rest) <= 8 || numberLabel.MatchString(text)
				if alone || c.Kind == domain.TitleClause && code == "X02" && !strings.Contains(text, "关于") {
					return n
				}
			}
		}
	}
	for i, c := range p.Clauses {
		if loc := numberLabel.FindStringIndex(c.Text); loc != nil && utf8.RuneCountInString(c.Text) < 120 {
			text := c.Text[loc[1]:]
			if strings.TrimSpace(text) == "" && i+1 < len(p.Clauses) {
				text = p.Clauses[i+1].Text
			}
			for _, m := range t.find("X01", sentence{text, 0, utf8.RuneCountInString(text)}) {
				return cleanNumber(m.evidence.Text)
			}
		}
	}
	return t.numberBehindTitle(p)
}

// numberBehindTitle looks for the number in the first 300 code points of a
// text without lines, outside brackets and quotations.
func (t *Tagger) numberBehindTitle(p *domain.Policy) string {
	head := firstRunes(p.Text, 300)
	masked := quotedTitle.ReplaceAllStringFunc(head, func(s string) string { return strings.Repeat("、", utf8.RuneCountInString(s)) })
	for _, m := range t.find("X01", sentence{masked, 0, utf8.RuneCountInString(masked)}) {
		at := strings.Index(masked, m.evidence.Text)
		before := strings.TrimRight(masked[:max(at, 0)], " \n")
		if strings.HasSuffix(before, "(") || strings.HasSuffix(before, "、") {
			continue
		}
		n := cleanNumber(m.evidence.Text)
		word := n[:strings.Index(n, "〔")]
		if utf8.RuneCountInString(word) >= 2 && utf8.RuneCountInString(word) <= 12 && !strings.ContainsAny(before, "。") {
			return n
		}
	}
	return ""
}

// cleanNumber cuts what a line without blanks has glued to the left of a
// number: "…的通知发改办价格〔2020〕110号".
func cleanNumber(n string) string {
	open := strings.Index(n, "〔")
	if open < 0 {
		return n
	}
	word := n[:open]
	for i := range word {
		if i > 0 && numberTail.MatchString(word[:i]) {
			return cleanNumber(word[i:] + n[open:])
		}
	}
	return n
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func (t *Tagger) unifiedCode(p *domain.Policy) string {
	for _, c := range p.Clauses {
		if c.Kind == domain.TextClause || c.Kind == domain.HeadingClause {
			continue
		}
		for _, m := range t.find("X03", whole(&c)) {
			return m.group("unified")
		}
	}
	return ""
}

// issuers lists the issuing offices: the signature, else the red head, else a
// label, else the beginning of the title.
func (t *Tagger) issuers(p *domain.Policy) []string {
	var signed []string
	for _, c := range p.Clauses {
		if c.Kind == domain.SignatureClause {
			text := dateLineFree(c.Text)
			for _, name := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\n\t 、", r) }) {
				if agencyEnd.MatchString(name) && utf8.RuneCountInString(name) >= 3 && !slices.Contains(signed, name) {
					signed = append(signed, name)
				}
			}
		}
	}
	if len(signed) > 0 {
		return signed
	}
	for _, c := range headClauses(p) {
		for _, m := range t.find("X67", whole(&c)) {
			return []string{m.group("issuer")}
		}
	}
	for _, c := range p.Clauses {
		if m := issuerLabel.FindStringSubmatch(c.Text); m != nil && utf8.RuneCountInString(c.Text) < 120 {
			return splitNames(m[1])
		}
	}
	if m := titleIssuer.FindStringSubmatch(p.Title); m != nil {
		if names := splitNames(m[1]); len(names) > 0 && agencyEnd.MatchString(names[len(names)-1]) {
			return names
		}
	}
	return nil
}

func dateLineFree(s string) string { return chineseDate.ReplaceAllString(s, "\n") }

func splitNames(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '、' || r == '\n' })
}

// publishDate is the date under the text, else one after a label, else the
// date alone on a line of the head.
func publishDate(p *domain.Policy) string {
	for _, kind := range []domain.ClauseKind{domain.SignatureClause, domain.NoteClause} {
		for i := len(p.Clauses) - 1; i >= 0; i-- {
			c := p.Clauses[i]
			if c.Kind != kind {
				continue
			}
			if all := chineseDate.FindAllStringSubmatch(c.Text, -1); len(all) > 0 && (kind == domain.SignatureClause || strings.Contains(c.Text, "印发")) {
				m := all[len(all)-1]
				return day(m[1], m[2], m[3])
			}
		}
	}
	for i, c := range p.Clauses {
		if loc := dateLabel.FindStringIndex(c.Text); loc != nil && utf8.RuneCountInString(c.Text) < 200 {
			text := c.Text[loc[1]:]
			if strings.TrimSpace(text) == "" && i+1 < len(p.Clauses) {
				text = p.Clauses[i+1].Text
			}
			if d := firstDate(firstRunes(text, 20)); d != "" {
				return d
			}
		}
	}
	for _, c := range p.Clauses {
		for line := range strings.SplitSeq(c.Text, "\n") {
			if m := dateLine.FindStringSubmatch(strings.Trim(line, "() ")); m != nil {
				return day(m[1], m[2], m[3])
			}
		}
	}
	return ""
}

func firstDate(s string) string {
	if m := chineseDate.FindStringSubmatch(s); m != nil {
		return day(m[1], m[2], m[3])
	}
	if m := isoDate.FindStringSubmatch(s); m != nil {
		return day(m[1], m[2], m[3])
	}
	return ""
}

// validity reads from when to when the document holds and the last day to
// apply. 自印发之日起 is the date of the document; a period of years is counted
// from the day it takes effect; two different ends are left to the officer.
func (t *Tagger) validity(p *domain.Policy) {
	var ends, deadlines []string
	var years, months int
	fromIssue := false
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if c.Kind == domain.SignatureClause {
			continue
		}
		for _, s := range sentences(c) {
			for _, m := range t.find("X07", s) {
				p.EffectiveFrom = cmpEmpty(p.EffectiveFrom, day(m.group("y"), m.group("m"), m.group("d")))
			}
			if m := monthFrom.FindStringSubmatch(s.text); m != nil && p.EffectiveFrom == "" {
				p.EffectiveFrom = strings.TrimSuffix(day(m[1], m[2], "1"), "-01")
			}
			for _, m := range t.find("X08", s) {
				if m.group("days") == "" && !strings.Contains(s.text, "《") {
					fromIssue = true
				}
			}
			for _, m := range t.find("X09", s) {
				ends = addOnce(ends, day(m.group("y"), m.group("m"), m.group("d")))
			}
			if m := yearsValid.FindStringSubmatch(s.text); m != nil && !strings.Contains(s.text, "内") {
				if n, ok := integer(m[1]); ok && m[2] == "年" {
					years = n
				} else if ok {
					months = n
				}
			}
			for _, code := range []string{"X40", "X41", "X61"} {
				for _, m := range t.find(code, s) {
					deadlines = addOnce(deadlines, day(m.group("y"), m.group("m"), m.group("d")))
				}
			}
		}
	}
	if p.EffectiveFrom == "" && fromIssue {
		p.EffectiveFrom = p.PublishDate
	}
	switch {
	case len(ends) == 1:
		p.Expires = ends[0]
	case len(ends) == 0 && years+months > 0:
		p.Expires = after(cmpEmpty(p.EffectiveFrom, p.PublishDate), years, months)
	}
	if len(deadlines) == 1 {
		p.ApplyDeadline = deadlines[0]
	}
}

// after returns the last day of a period that begins on a date.
func after(from string, years, months int) string {
	d, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return ""
	}
	return d.AddDate(years, months, -1).Format(time.DateOnly)
}

func cmpEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func addOnce(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (t *Tagger) replaces(p *domain.Policy) []domain.Reference {
	var refs []domain.Reference
	for i := range p.Clauses {
		for _, s := range sentences(&p.Clauses[i]) {
			for _, m := range t.find("X12", s) {
				ref := domain.Reference{Title: m.group("title"), DocNumber: m.group("docno")}
				if !slices.Contains(refs, ref) {
					refs = append(refs, ref)
				}
			}
		}
	}
	return refs
}

func (t *Tagger) contact(p *domain.Policy) string {
	for i := range p.Clauses {
		for _, s := range sentences(&p.Clauses[i]) {
			for _, m := range t.find("X48", s) {
				return m.group("tel")
			}
		}
	}
	return ""
}

func whole(c *domain.Clause) sentence { return sentence{c.Text, c.Start, c.End} }
