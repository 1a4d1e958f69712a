package tagging

import (
	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// clearing is said of the documents of an office that it goes through to see which of them
// still hold.
var clearing = automaton.MustCompile(`规范性文件[^。;\n]{0,16}清理|清理[^。;\n]{0,12}(?:规范性|政策)?文件|宣布失效|(?:决定|予以|拟)废止|继续有效`)

// betweenOffices tells whether a text is of offices among themselves, whomever it names: an
// answer to a member of a congress, or the clearing of documents.
func betweenOffices(p *domain.Policy) bool {
	if p.DocKind == kindLetter && (answersMember.MatchString(p.Title) || toMember.MatchString(firstRunes(p.Text, 400))) {
		return true
	}
	return clearsUp(p)
}

// clearsUp tells whether a text is about which documents of an office still hold: it says
// so more than once at its beginning.
func clearsUp(p *domain.Policy) bool {
	const often = 3
	return len(clearing.FindAllStringIndex(firstRunes(p.Text, 600), often)) == often
}
