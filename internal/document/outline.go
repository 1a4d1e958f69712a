package document

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// outline gives every paragraph its part and its path.
func outline(lines []line) ([]domain.Clause, []strand) {
	lines, title := findTitle(lines)
	body := findBody(lines, title)
	o := outliner{lines: lines, kinds: make([]domain.ClauseKind, len(lines)), parts: map[int]bool{}}
	for i := range body {
		if i == title {
			o.kinds[i] = domain.TitleClause
		} else if lines[i].style != tableLine {
			o.kinds[i] = domain.HeadClause
		}
	}
	o.markContents(body)
	o.markEnds(body)
	return o.clauses()
}

type outliner struct {
	lines []line
	kinds []domain.ClauseKind // "" for the body, which clauses decides on
	parts map[int]bool        // where attached documents begin
}

// joined is the kind of a line that was joined to the title before it.
const joined domain.ClauseKind = "joined"

// findBody returns where the head ends.
func findBody(lines []line, title int) int {
	for i := range lines {
		switch {
		case i == title:
			continue
		case i > title && isAddressee(lines[i].text):
			return i + 1
		case i > title && startsBody(lines, i):
			if i+1 < len(lines) && title < 0 && isAddressee(lines[i+1].text) {
				return i + 2
			}
			return i
		case i > title+beforeBody:
			return title + 1
		}
	}
	return min(len(lines), title+1)
}

// markContents marks a table of contents: the lines after 目录 until the first
// of them comes again.
func (o *outliner) markContents(body int) {
	for i := 0; i < len(o.lines) && i < body+beforeBody; i++ {
		if o.lines[i].text != "目录" || i+2 >= len(o.lines) {
			continue
		}
		first := o.lines[i+1].text
		for end := i + 2; end < len(o.lines) && end < i+200; end++ {
			if o.lines[end].text == first {
				for j := i; j < end; j++ {
					o.kinds[j] = domain.HeadClause
				}
				return
			}
		}
	}
}

// markEnds finds signatures, notes and attached documents.
func (o *outliner) markEnds(body int) {
	for i := body; i < len(o.lines); i++ {
		if o.kinds[i] == "" && o.lines[i].style == tableLine && strings.HasPrefix(o.lines[i].text, "抄送") { // set as a table of one column
			o.kinds[i] = domain.NoteClause
		}
		if o.kinds[i] != "" || o.lines[i].style == tableLine {
			continue
		}
		s := o.lines[i].text
		if len(s) > 1000 || strings.HasSuffix(s, "。") && !isNoteLine(s) {
			continue
		}
		switch {
		case isDateLine(s), i > body && isDayLine(s) && isOrgLine(o.lines[i-1].text):
			o.sign(i, body)
		case len(s) <= 180 && strings.HasSuffix(s, "日") && signedDate.MatchString(s) && o.endsAt(i):
			o.kinds[i] = domain.SignatureClause
		case isAttachment(s) && !o.listed(i):
			o.kinds[i] = domain.NoteClause
			o.beginPart(i + 1)
		case isNoteLine(s):
			o.kinds[i] = domain.NoteClause
			if strings.HasPrefix(s, "附") {
				o.list(i + 1)
			} else if printed.MatchString(s) && i > body && isOrgLine(o.lines[i-1].text) {
				o.kinds[i-1] = domain.NoteClause
			}
		case isAttachment(s):
			o.kinds[i] = domain.NoteClause
			o.list(i + 1)
		case isMetaLine(s):
			o.kinds[i] = domain.NoteClause
		case strings.HasPrefix(s, "附件") && numberedAttachment.MatchString(s):
			o.kinds[i] = domain.NoteClause
		case len(s) <= 24 && isNumberLine(s):
			o.kinds[i] = domain.NoteClause
		case i > body && o.kinds[i-1] != "" && o.kinds[i-1] != domain.HeadClause && o.beginsDocument(i):
			o.beginPart(i)
		}
	}
}

var numberedAttachment = automaton.MustCompile(`^附件\d{1,2}[:.、].{2,80}$`)

// askedFor is how a notice ends before its day.
var askedFor = automaton.MustCompile(`(?:(?:请|望)[^。]{0,20}(?:执行|落实|实施|办理)|特此(?:通知|公告|通告))。$`)

// sign marks a date line and the names above it, if there are any.
func (o *outliner) sign(i, body int) {
	first := i
	for first > body && i-first < 24 && o.kinds[first-1] == "" && o.lines[first-1].style == plainLine &&
		(isOrgLine(o.lines[first-1].text) || sealLine.MatchString(o.lines[first-1].text[:min(len(o.lines[first-1].text), 120)])) {
		first--
	}
	if first == i && !o.endsAt(i) {
		above := ""
		if i > 0 {
			above = o.lines[i-1].text
		}
		// nobody but who signs writes 二〇一二年九月二十七日 on a line of its own
		inHan := firstRune(o.lines[i].text) >= utf8.RuneSelf && above != "" && !isCardLabel(above)
		if !inHan && !askedFor.MatchString(above) {
			return
		}
	}
	for j := first; j <= i; j++ {
		o.kinds[j] = domain.SignatureClause
	}
}

// endsAt tells whether nothing but notes or a new document follows line i.
func (o *outliner) endsAt(i int) bool {
	if i+1 >= len(o.lines) {
		return true
	}
	s := o.lines[i+1].text
	return isNoteLine(s) || isAttachment(s) || o.beginsDocument(i+1)
}

// listed tells whether the line after 附件 is the first of a list.
func (o *outliner) listed(i int) bool {
	return i+1 < len(o.lines) && numberOf(o.lines[i+1].text).rank == rankThird
}

// list marks the names of attachments that follow 附件:.
func (o *outliner) list(i int) {
	for ; i < len(o.lines) && o.kinds[i] == ""; i++ {
		s := o.lines[i].text
		if numberOf(s).rank != rankThird || columns(s) > 160 || strings.Contains(s, "。") {
			return
		}
		o.kinds[i] = domain.NoteClause
	}
}

// beginsDocument tells whether line i is the title of an attached document.
func (o *outliner) beginsDocument(i int) bool {
	l := o.lines[i]
	if l.style == tableLine || len(l.text) > 300 {
		return false
	}
	text, _ := titleFrom(o.lines, i)
	return titleScore(text, l.style) >= 2
}

// beginPart says that an attached document begins at line i, with its title
// if that looks like one.
func (o *outliner) beginPart(i int) {
	if i >= len(o.lines) || o.lines[i].style == tableLine {
		return
	}
	text, n := titleFrom(o.lines, i)
	if l := o.lines[i]; titleScore(text, l.style) == 0 && (columns(l.text) > longest || hasAny(l.text, "。;:") || numberOf(l.text).rank != noRank) {
		o.parts[i] = true
		return
	}
	for j := i + 1; j < i+n; j++ {
		o.lines[i].take(o.lines[j])
		o.kinds[j] = joined
	}
	o.kinds[i] = domain.HeadingClause
	o.parts[i] = true
}

// longClause is the length in code points at which a paragraph is cut at the
// ends of its sentences.
const longClause = 2000

// clauses makes the clauses, with offsets in the text that join makes of them.
func (o *outliner) clauses() ([]domain.Clause, []strand) {
	out := make([]domain.Clause, 0, len(o.lines))
	strands := make([]strand, 0, len(o.lines))
	at := 0
	add := func(kind domain.ClauseKind, path string, level int, text string, of strand) {
		n := domain.CodePoints(text)
		of.clause, of.from = len(out), 0
		strands = append(strands, of)
		out = append(out, domain.Clause{Path: path, Kind: kind, Level: level, Start: at, End: at + n, Text: text})
		at += n + 1
	}
	addLine := func(kind domain.ClauseKind, path string, level int, l line) {
		pieces := []string{l.text}
		if kind == domain.TextClause {
			pieces = cutLong(l.text)
		}
		of, done, joined := strand{source: l.source, skip: l.skip}, 0, l.joined
		for _, piece := range pieces {
			for len(joined) > 0 && joined[0].from <= done {
				of, joined = joined[0], joined[1:]
			}
			add(kind, path, level, piece, of)
			for len(joined) > 0 && joined[0].from < done+len(piece) {
				of, joined = joined[0], joined[1:]
				of.clause, of.from = len(out)-1, of.from-done
				strands = append(strands, of)
			}
			done += len(piece)
		}
	}
	var p pathStack
	for i, l := range o.lines {
		if o.parts[i] {
			p.newPart()
		}
		switch kind := o.kinds[i]; {
		case kind == joined:
			continue
		case kind == domain.HeadingClause:
			addLine(kind, p.path(), 1, l)
			continue
		case kind != "":
			addLine(kind, "", 0, l)
			continue
		case l.style == tableLine:
			addLine(domain.TableClause, p.path(), 0, l)
			continue
		}
		n := numberOf(l.text)
		if n.rank == noRank && l.style == headingLine && columns(l.text) <= 2*longest {
			n = number{rank: rank(min(max(l.level, 1), 9)), label: headingLabel(l.text)}
		}
		if n.rank == noRank {
			p.paragraph()
		} else {
			p.enter(n, o.introduces(i-1))
		}
		if n.rank != noRank && o.isHeading(i, n, p.levels[len(p.levels)-1]) {
			addLine(domain.HeadingClause, p.path(), p.depth(), l)
			continue
		}
		addLine(domain.TextClause, p.path(), 0, l)
		p.ended(l.text, n.rank != noRank)
	}
	return out, strands
}

// headingLabel makes a part of a path from a heading without a number.
func headingLabel(s string) string {
	r := []rune(strings.ReplaceAll(strings.TrimRight(s, ":。"), "/", ""))
	return string(r[:min(len(r), 20)])
}

// introduces tells whether line i announces a list.
func (o *outliner) introduces(i int) bool {
	return i >= 0 && strings.HasSuffix(o.lines[i].text, ":")
}

// isHeading tells whether a numbered line is a heading and not a paragraph or
// an item of a list that a colon announced.
func (o *outliner) isHeading(i int, n number, at level) bool {
	l := o.lines[i]
	text := l.text[n.size:]
	if n.rank < rankArticle {
		return !strings.Contains(text, "。")
	}
	end := lastRune(text)
	if l.style == headingLine && !strings.Contains(text, "。") {
		return true
	}
	if n.rank == rankArticle || n.rank >= rankCircle || n.rank >= rankThird && columns(text) > 50 || columns(text) > 120 || text == "" || hasAny(text[:len(text)-utf8.RuneLen(end)], "。;") || strings.ContainsRune(";,、", end) {
		return false
	}
	if end == ':' && columns(text) > 40 || end == '。' && (at.listed || columns(text) > 26) {
		return false
	}
	if n.rank == rankFirst && end != '。' {
		return true
	}
	// In doubt it is one if something stands under it, but not after an item
	// of the same shape.
	i++
	if at.item || i >= len(o.lines) || o.kinds[i] != "" {
		return false
	}
	next := numberOf(o.lines[i].text)
	return o.lines[i].style == tableLine || next.rank > n.rank || next.rank == noRank && (!strings.HasSuffix(o.lines[i].text, ":") || strings.Contains(o.lines[i].text, "。"))
}

// cutLong cuts a paragraph of more than longClause at ends of sentences, or
// anywhere if there are none.
func cutLong(s string) []string {
	if len(s) <= longClause || domain.CodePoints(s) <= longClause {
		return []string{s}
	}
	var pieces []string
	start, n := 0, 0
	for i, r := range s {
		n++
		size := utf8.RuneLen(r)
		if n >= longClause/2 && strings.ContainsRune("。;!?", r) && i+size < len(s) || n >= longClause {
			if i+size < len(s) && strings.ContainsRune("”』)」》", firstRune(s[i+size:])) && n < 2*longClause {
				continue
			}
			pieces = append(pieces, s[start:i+size])
			start, n = i+size, 0
		}
	}
	if start < len(s) {
		pieces = append(pieces, s[start:])
	}
	return pieces
}

// pathStack holds the numbers above the current line.
type pathStack struct {
	levels []level
	prefix string // 附/ in an attached document that numbers anew
	used   bool   // whether a path was made without a prefix
	parts  int
}

type level struct {
	number
	listed bool // its numbers are items of a list that a colon announced
	item   bool // the number before it was an item of a list, of one sentence
	closed bool // the last item ended with 。
	single bool // it is one sentence that is no heading
}

// enter goes to a number: up to where numbers of its rank stand, then in.
func (p *pathStack) enter(n number, listed bool) {
	item := false
	for len(p.levels) > 0 && p.levels[len(p.levels)-1].rank >= n.rank {
		if top := p.levels[len(p.levels)-1]; top.rank == n.rank {
			listed, item = top.listed, top.single
		}
		p.levels = p.levels[:len(p.levels)-1]
	}
	p.levels = append(p.levels, level{number: n, listed: listed, item: item})
	p.used = true
}

// paragraph goes up from a list that has ended: what follows belongs to what
// announced it.
func (p *pathStack) paragraph() {
	for len(p.levels) > 1 && p.levels[len(p.levels)-1].listed && p.levels[len(p.levels)-1].closed {
		p.levels = p.levels[:len(p.levels)-1]
	}
}

// ended notes how the text of the current number ended; what follows the
// numbered line itself makes it more than an item.
func (p *pathStack) ended(text string, numbered bool) {
	if len(p.levels) > 0 {
		top := &p.levels[len(p.levels)-1]
		top.closed = strings.HasSuffix(text, "。")
		top.single = numbered && !strings.Contains(strings.TrimSuffix(text, "。"), "。")
	}
}

func (p *pathStack) depth() int { return len(p.levels) }

func (p *pathStack) path() string {
	if len(p.levels) == 0 {
		return strings.TrimSuffix(p.prefix, "/")
	}
	labels := make([]string, 0, len(p.levels))
	for _, l := range p.levels {
		if l.rank == rankArticle { // whatever chapter it is in
			labels = labels[:0]
		}
		labels = append(labels, l.label)
	}
	return p.prefix + strings.Join(labels, "/")
}

// newPart begins an attached document.
func (p *pathStack) newPart() {
	p.levels = p.levels[:0]
	if !p.used {
		return
	}
	p.parts++
	p.prefix = "附/"
	if p.parts > 1 {
		p.prefix = "附" + strconv.Itoa(p.parts) + "/"
	}
}
