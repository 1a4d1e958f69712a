package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"policypush/interpretations"
)

// similarView is an answer that exists to a question like the one being asked.
type similarView struct {
	Item             int64
	Question, Answer string
	Href             string
}

const (
	similarShown  = 3
	similarEnough = 0.4 // of the pairs of characters of the question: see TestSimilarEnough
)

// polite are words that say nothing of what is asked.
var polite = strings.NewReplacer("请问", "", "您好", "", "你好", "", "我想问", "", "想咨询", "", "咨询一下", "", "谢谢", "")

// similar finds the answers of a policy to questions like the one that is being
// asked, the most alike first. Questions are as alike as the share of the asked one's pairs
// of characters that the other has, in the question or in the answer.
func similar(asked string, items []interpretations.Item) []similarView {
	type found struct {
		similarView
		alike float64
	}
	var all []found
	for _, it := range items {
		if it.QA == nil {
			continue
		}
		if a := alike(asked, it.QA.Question, it.QA.Answer); a >= similarEnough {
			all = append(all, found{similarOf(it), a})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.alike, a.alike) })
	var views []similarView
	for _, f := range all[:min(len(all), similarShown)] {
		views = append(views, f.similarView)
	}
	return views
}

// answerRef is the place of a question and answer on the page of its policy.
func answerRef(id int64) string { return fmt.Sprintf("qa-%d", id) }

func similarOf(it interpretations.Item) similarView {
	return similarView{it.ID, it.QA.Question, it.QA.Answer, fmt.Sprintf("/policies/%d#%s", it.Policy, answerRef(it.ID))}
}

// alike is the share of the pairs of characters of a question that another one
// has, in the question or, for half, in its answer.
func alike(asked, question, answer string) float64 {
	pairs := pairsOf(polite.Replace(asked))
	if len(pairs) == 0 {
		return 0
	}
	here, inAnswer, shared := pairsOf(question), pairsOf(answer), 0.0
	for pair := range pairs {
		switch {
		case here[pair]:
			shared++
		case inAnswer[pair]:
			shared += 0.5
		}
	}
	return shared / float64(len(pairs))
}

// share is the share of some pairs that are in others too.
func share(pairs, in map[[2]rune]bool) float64 {
	if len(pairs) == 0 {
		return 0
	}
	n := 0
	for pair := range pairs {
		if in[pair] {
			n++
		}
	}
	return float64(n) / float64(len(pairs))
}

// pairsOf returns the pairs of neighbouring letters and digits of a text.
func pairsOf(text string) map[[2]rune]bool {
	pairs := map[[2]rune]bool{}
	var last rune
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue // 能补吗？ and 能补吗 are alike
		}
		r = unicode.ToLower(r)
		if last != 0 {
			pairs[[2]rune{last, r}] = true
		}
		last = r
	}
	return pairs
}
