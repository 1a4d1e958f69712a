package tagging

import (
	"regexp"
	"slices"
	"strings"
)

var (
	kindInTitle  = regexp.MustCompile(`(征求意见稿|实施意见|指导意见|意见|实施细则|操作细则|申报指南|办理指南|细则|办法|通知|公告|通告|决定|批复|复函|函|纪要|公示|名单|令|条例|规定|方案|措施|政策解读|解读|问答|法)(?:\(.{0,12}\))?$`)
	forwardTitle = regexp.MustCompile(`(?:转发|印发)`)
)

// docKind finds the kind of document at the end of its title, quotations cut
// out: 关于印发《…办法》的通知 is a 通知.
func (t *Tagger) docKind(title string) string {
	if title == "" {
		return ""
	}
	bare := strings.TrimSpace(title)
	if !forwardTitle.MatchString(title) && strings.HasSuffix(bare, "》") {
		bare = strings.TrimSuffix(bare, "》")
	}
	bare = strings.Join(strings.Fields(bare), "")
	m := kindInTitle.FindStringSubmatch(bare)
	if m == nil {
		return ""
	}
	best, length := "", 0
	for _, k := range t.rules.DocumentKinds.All() {
		for _, suffix := range append(slices.Clone(k.Suffix), k.Name) {
			if suffix == m[1] && kindRank(k.Code) > length {
				best, length = k.Code, kindRank(k.Code)
			}
		}
	}
	return best
}

// kindRank prefers, for one suffix, the kind whose name it is over the levels
// of law that also use it: a title alone does not make a 办法 a regulation.
func kindRank(code string) int {
	switch code {
	case "D08", "D09", "D10", "D11", "D12", "D13", "D14", "D15", "D16", "D19", "D20", "D21":
		return 5
	case "D18":
		return 4
	case "D07":
		return 3
	case "D01", "D04":
		return 2
	default:
		return 1
	}
}
