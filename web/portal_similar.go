package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// similarView is an answer that exists to a question like the one being asked.
type similarView struct {
	Question, Answer string
	Href             string
}

const (
	similarShown  = 3
	similarEnough = 0.45 // of the pairs of characters of the question
)

// polite are words that say nothing of what is asked.
var polite = strings.NewReplacer("请问", "", "您好", "", "你好", "", "我想问", "", "想咨询", "", "咨询一下", "", "谢谢", "")

// similar finds the answers of a policy to questions like the one that is being
// asked, the most alike first: those that people wrote beforehand and those
// that readers got. Questions are as alike as the share of the asked one's pairs
// of characters that the other has, in the question or in the answer.
func similar(asked string, items []interpretations.Item, answered []domain.Question) []similarView {
	type found struct {
		similarView
		alike float64
	}
	var all []found
	pairs := pairsOf(polite.Replace(asked))
	weigh := func(question, answer, href string) {
		if len(pairs) == 0 {
			return
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
		if alike := shared / float64(len(pairs)); alike >= similarEnough {
			all = append(all, found{similarView{question, answer, href}, alike})
		}
	}
	for _, it := range items {
		if it.QA != nil {
			weigh(it.QA.Question, it.QA.Answer, fmt.Sprintf("#qa-%d", it.ID))
		}
	}
	for _, q := range answered {
		if q.Answer != "" {
			weigh(q.Text, q.Answer, fmt.Sprintf("#q-%d", q.ID))
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.alike, a.alike) })
	var views []similarView
	for _, f := range all[:min(len(all), similarShown)] {
		views = append(views, f.similarView)
	}
	return views
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
