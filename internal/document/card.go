package document

import (
	"slices"
	"strings"
)

// Guide cards (办事指引卡) are tables of one column of names and one of texts.
// Flattened to lines, a name stands where the middle of its cell was: in the
// middle of the cell's text.

// headLabels name the cells about the document, bodyLabels those about what it
// gives.
var (
	headLabels = []string{"依据文件", "发文机构", "发文字号", "发文时间", "发布日期", "工具分类", "政策依据"}
	bodyLabels = []string{
		"服务对象", "服务内容", "条件要求", "服务流程", "办理流程", "时间/频度", "联络方式", "适用对象", "支持对象", "支持内容", "支持标准",
		"申报条件", "申请条件", "申报材料", "申请材料", "申报流程", "申请流程", "办理时限", "申报时间", "咨询电话", "联系方式",
	}
)

// minLabels is how many different names make a card.
const minLabels = 4

func isHeadLabel(s string) bool { return len(s) <= 15 && slices.Contains(headLabels, s) }

func isBodyLabel(s string) bool { return len(s) <= 15 && slices.Contains(bodyLabels, s) }

func isCardLabel(s string) bool { return isHeadLabel(s) || isBodyLabel(s) }

// readCard makes headings of the names of a card's cells and moves them to
// where their cells begin. Texts that are no cards are left alone.
func readCard(lines []line) []line {
	seen := map[string]bool{}
	for _, l := range lines {
		if l.style == plainLine && isCardLabel(l.text) {
			seen[l.text] = true
		}
	}
	if len(seen) < minLabels {
		return lines
	}
	out := make([]line, 0, len(lines)+len(seen))
	cell := 0       // where the text of the open cell begins in out
	broken := false // whether a name stood in the middle of a sentence
	for i, l := range lines {
		if l.style != plainLine {
			out = append(out, l)
			continue
		}
		label, value := l.text, ""
		if short := slices.IndexFunc(bodyLabels, func(b string) bool { return strings.HasPrefix(l.text, b) && len(l.text) < 120 }); short >= 0 && !isCardLabel(label) {
			label, value = bodyLabels[short], strings.TrimPrefix(l.text, bodyLabels[short])
			if strings.HasPrefix(value, ":") || !cardStarts(lines, i) {
				label = ""
			}
		}
		if !isBodyLabel(label) {
			if broken && numberOf(l.text).rank == noRank {
				out[len(out)-1].take(l)
			} else {
				out = append(out, l)
			}
			broken = false
			if isHeadLabel(label) {
				cell = len(out) + 1 // after its value
			}
			continue
		}
		at := len(out)
		if value == "" && inMiddle(lines, i) {
			at = cellStart(out, min(cell, len(out)))
			broken = at < len(out) && !isStop(lastRune(lines[i-1].text))
		}
		heading := line{text: label, style: headingLine, level: 1, whole: true, source: l.source, skip: l.skip}
		out = slices.Insert(out, at, heading)
		if value != "" {
			out = append(out, line{text: value, whole: true, source: l.source, skip: l.skip})
		}
		cell = len(out)
	}
	return out
}

// cardStarts tells whether line i may begin a cell: the sentence before it has
// ended, or a name or its value stands there.
func cardStarts(lines []line, i int) bool {
	return i == 0 || isStop(lastRune(lines[i-1].text)) || columns(lines[i-1].text) < shortest
}

// inMiddle tells whether the name in line i parts the text of its cell: the
// line before it has not ended, or the numbers go on after it.
func inMiddle(lines []line, i int) bool {
	if i == 0 || isCardLabel(lines[i-1].text) {
		return false
	}
	before := lines[i-1].text
	if i+1 < len(lines) && numberOf(lines[i+1].text).value > 1 {
		return true
	}
	return columns(before) >= shortest && !strings.ContainsRune("。;:!?", lastRune(before))
}

// cellStart goes up from the end of out to where a cell begins: at the first
// item of its list, with the line that announces it, or after the end of a
// sentence if the cell has no list. It does not go above from.
func cellStart(out []line, from int) int {
	if len(out) == 0 {
		return 0
	}
	last, outer := len(out)-1, rankLetter
	if numberOf(out[last].text).rank == noRank && (last <= from || isStop(lastRune(out[last-1].text))) && !listGoesOn(out, from) {
		return max(last, from)
	}
	for i := last; i > from; i-- {
		n := numberOf(out[i].text)
		if n.value != 1 || n.rank > outer {
			continue
		}
		above := numberOf(out[i-1].text)
		switch {
		case above.rank != noRank && above.rank < n.rank: // a list within an item
			outer = above.rank
			if above.value == 1 {
				return i - 1
			}
		case above.rank == noRank && strings.HasSuffix(out[i-1].text, ":"):
			return i - 1
		default:
			return i
		}
	}
	return min(from, len(out))
}

// listGoesOn tells whether the last line is the rest of an item.
func listGoesOn(out []line, from int) bool {
	last := len(out) - 1
	return last-1 >= from && numberOf(out[last-1].text).rank != noRank && !isStop(lastRune(out[last-1].text))
}
