package tagging

import (
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// sentence is a part of a clause, [start, end) in code points of the document.
type sentence struct {
	text       string
	start, end int
	holds      *held // by the sentence that it is a part of; nil if not looked at
}

// indexAny is strings.IndexAny for few marks. Full-width ones begin with a byte
// that begins no Chinese character, by which they are found at once.
func indexAny(text, marks string) int {
	first := -1
	for i, r := range marks {
		if at := strings.Index(text, marks[i:i+utf8.RuneLen(r)]); at >= 0 {
			first, text = at, text[:at]
		}
	}
	return first
}

// longSentence is how many code points a sentence may have before it is also
// cut at a comma, and at twice that anywhere: what people write is shorter, and
// a text without any marks still costs time in proportion to its length.
const longSentence = 1000

// sentences cuts a clause at 。；;！!？? and line breaks. The mark belongs to
// the sentence before it. They are added to out.
func sentences(c *domain.Clause, out []sentence) []sentence {
	from, at, begin := 0, c.Start, c.Start
	for i, next := 0, 0; i < len(c.Text); i = next {
		r, size := decode(c.Text[i:])
		next = i + size
		at++
		long := at-begin >= longSentence && (strings.ContainsRune(",，、", r) || at-begin >= 2*longSentence)
		if !endsSentence(r) && !long {
			continue
		}
		out = append(out, sentence{text: c.Text[from:next], start: begin, end: at})
		from, begin = next, at
	}
	if from < len(c.Text) {
		out = append(out, sentence{text: c.Text[from:], start: begin, end: c.End})
	}
	return out
}

func endsSentence(r rune) bool {
	switch r {
	case '。', '；', ';', '！', '!', '？', '?', '\n':
		return true
	}
	return false
}

// evidence makes the evidence for bytes [i, j) of the sentence.
func (s sentence) evidence(i, j int) domain.Evidence {
	start := s.start + domain.CodePoints(s.text[:i])
	return domain.Evidence{Start: start, End: start + domain.CodePoints(s.text[i:j]), Text: s.text[i:j]}
}

// trim cuts blanks and marks of enumeration off both ends.
func (s sentence) trim() sentence {
	const marks = " \t\n,，。;；:：、"
	left := len(s.text) - len(strings.TrimLeft(s.text, marks))
	return s.slice(left, left+len(strings.Trim(s.text, marks)))
}

// slice returns bytes [i, j) as a sentence of its own.
func (s sentence) slice(i, j int) sentence {
	if i >= j {
		return sentence{start: s.start, end: s.start}
	}
	e := s.evidence(i, j)
	return sentence{e.Text, e.Start, e.End, s.holds}
}

// cut parts the sentence at byte i.
func (s sentence) cut(i int) (before, after sentence) { return s.slice(0, i), s.slice(i, len(s.text)) }

// byteAt turns an offset in code points of the document into a byte of text.
func (s sentence) byteAt(codePoint int) int {
	return domain.ByteAt(s.text, codePoint-s.start)
}

// afterLabel cuts off what an item of a list or a label says before its colon:
// "(一)补贴对象:在本县…" is 在本县….
func (s sentence) afterLabel() sentence {
	if n := numberSize(s.text); n > 0 {
		s = s.slice(n, len(s.text))
	}
	s = s.slice(len(bracketed.FindString(s.text)), len(s.text))
	const longest = 10 // in code points
	if i := indexAny(s.text[:min(len(s.text), (longest+1)*utf8.UTFMax)], ":："); i >= 0 && domain.CodePoints(s.text[:i]) <= longest {
		_, size := utf8.DecodeRuneInString(s.text[i:])
		s = s.slice(i+size, len(s.text))
	}
	return s.trim()
}

// subject is what stands before the first comma, without number and title:
// "(二)贷款贴息。规模以上企业新增贷款的,按…".
func (s sentence) subject() sentence {
	s = s.afterLabel()
	s = s.slice(len(sinceWhen.FindString(s.text)), len(s.text))
	if i := comma(s.text); i > 0 && !sumGiven.MatchString(s.text[:i]) {
		if rest := s.text[i+1:]; boundAtEnd.MatchString(s.text[:i]) && comma(rest) > 0 && didSomething.MatchString(rest[:comma(rest)]) {
			i += 1 + comma(rest) // 固定资产投资500万元以上,从事机械制造的企业
		}
		return s.slice(0, i)
	}
	if loc := s.loc(beforeGift); loc != nil { // …的企业补助1万元
		return s.slice(0, loc[3])
	}
	return sentence{start: s.start, end: s.start}
}

// comma is where the first comma outside brackets stands; -1 if there is none.
func comma(text string) int {
	depth := 0
	for i, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case (r == ',' || r == '，') && depth <= 0:
			return i
		}
	}
	return -1
}

// sinceWhen is a time before who is meant: 自2026年1月1日至2027年12月31日,.
var sinceWhen = automaton.MustCompile(`^(?:(?:同时|此外|另外|今后|即日起),|[自从]?(?:19|20)\d{2}年[\d年月日至到-]{2,24}(?:起|止|期间)?,|(?:根据|按照|依据)[^,。;:\d]{2,40},)+`)

// boundAtEnd ends what somebody has to reach, before who they are.
var boundAtEnd = automaton.MustCompile(`以[上下内](?:\([^()]*\))?$`)

// sumGiven is a sum that is given: 每亩补助3000元.
var sumGiven = automaton.MustCompile(`(?:给予|发放|补助|补贴|奖励|资助|奖补)[\p{Han}]{0,6}\d+(?:\.\d+)?(?:亿元|万元|元)`)

// beforeGift is whom a sentence gives something before its first comma.
var beforeGift = expression(`^([^,。;:]{4,80}?(?:企业|纳税人|工商户|合作社|家庭农场|机构|单位|人员|家庭|居民|人|学生|毕业生|研究生|本科生|博士|硕士|职工|农户|者|的))(?:依次|分别|可)?(?:给予|发放|补助|补贴|奖励|资助|按|每|一次性|免|减)`)

// loc is the first match of an expression, as FindStringSubmatchIndex returns it.
func (s sentence) loc(p pattern) []int {
	switch {
	case !s.may(p):
		return nil
	case !s.whole():
		return p.FindStringSubmatchIndex(s.text)
	}
	if f := s.holds.run(p, s.text, firstMatch); len(f.locs) > 0 {
		return f.locs[0]
	}
	return nil
}

// locs are all matches of an expression.
func (s sentence) locs(p pattern) [][]int {
	switch {
	case !s.may(p):
		return nil
	case !s.whole():
		return p.FindAllStringSubmatchIndex(s.text, -1)
	}
	return s.holds.run(p, s.text, allMatches).locs
}
