package tagging

import (
	"slices"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// clearing is said of the documents of an office that it goes through to see which of them
// still hold.
var clearing = automaton.MustCompile(`规范性文件[^。;\n]{0,16}清理|清理[^。;\n]{0,12}文件|文件[^。;\n]{0,6}清理|宣布失效|(?:决定|予以|拟)废止|继续有效`)

// betweenOffices tells whether a text is of offices among themselves, whomever it names: an
// answer to a member of a congress, or the clearing of documents.
func betweenOffices(p *domain.Policy, s side) bool {
	if p.DocKind == kindNotice && appropriates.MatchString(firstRunes(p.Text, 600)) {
		return true
	}
	if p.DocKind == kindLetter && (answersMember.MatchString(p.Title) || toMember.MatchString(firstRunes(p.Text, 400))) {
		return true
	}
	if s.rate() < 0.4 && slices.Contains(officeKinds, p.DocKind) && officeWork.MatchString(quotedOnly(s.about)) {
		return true
	}
	often := 3
	if p.DocKind == kindInterpretation {
		often = 2
	}
	return clearsUp(p) || len(proposals.FindAllStringIndex(firstRunes(p.Text, 600), often)) == often
}

// appropriates is said where an office hands money or quotas on to others: 现下达你区补助资金,
// 决定下拨救灾资金.
var appropriates = automaton.MustCompile(`现(?:提前|预)*(?:下达|拨付|追加|核拨|安排)给?你[省市县区州旗局委厅部校院单]|(?:现|决定|同意|予以)(?:将)?(?:下达|下拨)[^。;\n]{2,40}(?:资金|经费|指标|预算)|现将[^。;\n]{2,100}(?:资金|指标|预算|经费|计划)[^。;\n]{0,20}(?:下达|拨付|拨给|分配)给?你[省市县区州旗局委厅部校院单]`)

// proposals is said of what members of a congress or a conference proposed and offices deal
// with.
var proposals = automaton.MustCompile(`(?:提案|代表建议|人大建议|议案)[^。;\n]{0,24}(?:办理|办复|办结|督办|面商|领办|答复|立案)|(?:收到|提交|立案)[^。;\n]{0,12}(?:提案|议案)|(?:办理|督办|面商|领办|承办)[^。;\n]{0,24}(?:提案|代表建议|人大建议|议案)|两会期间[^。;\n]{0,20}收到`)

// officeKinds are the kinds in which offices regulate their own work.
var officeKinds = []string{kindNotice, kindOpinions, kindRules, kindGuide, kindDecision}

// officeWork is what a title is about that binds offices alone, whatever it names beside:
// how they act together, decide, permit and supervise each other.
var officeWork = automaton.MustCompile(`(?:府院|部门|区域|应急)联动|(?:协作|协调|协同|会商)机制|政务诚信|行政许可(?:项目|事项)?[\p{Han}]{0,4}监督|行政(?:执法|复议|应诉|裁量|决策)|规范性文件|依法行政|法治政府`)

// clearsUp tells whether a text is about which documents of an office still hold: it says
// so more than once at its beginning.
func clearsUp(p *domain.Policy) bool {
	const often = 3
	return len(clearing.FindAllStringIndex(firstRunes(p.Text, 600), often)) == often
}
