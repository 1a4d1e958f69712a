package web

import (
	"fmt"
	"slices"
	"strings"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// keyFact is one of the five facts on top of a policy.
type keyFact struct {
	Label string
	Lines []factLine
}

// factLine is a statement with its clause.
type factLine struct {
	Big  string // a number that stands out before the text
	Text string
	Cite *interpretations.Cite
}

// keyFacts answers who, what, how much, when and how from the measures, as it is today.
func keyFacts(policy *domain.Policy, measures []measureView, today string) []keyFact {
	const limit = 4
	who, left := keyFact{Label: "谁能享受"}, 0
	what := keyFact{Label: "给什么"}
	for i, m := range policy.Measures {
		text := m.Who
		if text == "" && measures[i].Criteria != "" {
			text = measures[i].Criteria
		}
		switch {
		case text == "" || slices.ContainsFunc(who.Lines, func(l factLine) bool { return l.Text == text }):
		case len(who.Lines) == limit:
			left++
		default:
			who.Lines = append(who.Lines, factLine{Text: text, Cite: measures[i].Cite})
		}
		if len(what.Lines) < limit {
			what.Lines = append(what.Lines, factLine{Text: measures[i].Title, Cite: measures[i].Cite})
		}
	}
	if left > 0 {
		who.Lines = append(who.Lines, factLine{Text: fmt.Sprintf("另有%d类，见下面的政策点", left)})
	}
	if more := len(policy.Measures) - len(what.Lines); more > 0 {
		what.Lines = append(what.Lines, factLine{Text: fmt.Sprintf("另有%d项，见下面的政策点", more)})
	}
	facts := []keyFact{who, what, muchFact(policy, measures), whenFact(policy, measures, today), howFact(policy, measures)}
	if len(who.Lines) == 0 {
		facts[0].Lines = []factLine{{Text: audienceText(policy.Audience)}}
	}
	return facts
}

// largestOf returns the measure that gives the largest sum and the sum, 80万元, or
// else what gives the most for each, 每人每月700元. at is -1 if none says how much.
func largestOf(policy *domain.Policy) (at int, sum string) {
	switch at, inAll := policy.Largest(); {
	case at < 0:
		return -1, ""
	case inAll:
		return at, domain.Yuan(policy.Measures[at].Benefit.Most())
	default:
		return at, amountOf(policy.Measures[at].Benefit)
	}
}

// mostOf says in a few words the most that one measure gives, 最高80万元 or
// 每人每月700元; or "" if none says how much.
func mostOf(policy *domain.Policy) string {
	at, sum := largestOf(policy)
	if at < 0 || strings.Contains(sum, "最高") || len(policy.Measures) == 1 && sum == amountOf(policy.Measures[at].Benefit) {
		return sum // all that there is
	}
	return "最高" + sum
}

// muchFact says the largest sum of one measure, or else so much for each, or
// else a share.
func muchFact(policy *domain.Policy, measures []measureView) keyFact {
	line := factLine{Text: "文件没有写明金额，按主管部门核定"}
	at, sum := largestOf(policy)
	if at < 0 {
		at = slices.IndexFunc(policy.Measures, func(m domain.Measure) bool { return m.Benefit.Rate > 0 })
	}
	switch {
	case sum != "":
		line = factLine{Big: sum, Text: "，" + measures[at].Title, Cite: measures[at].Cite}
	case at >= 0:
		line = factLine{Text: measures[at].Title + "：" + measures[at].Gain, Cite: measures[at].Cite}
	}
	return keyFact{Label: "最高多少", Lines: []factLine{line}}
}

func audienceText(a domain.Audience) string {
	switch a {
	case domain.ForEnterprises:
		return "企业，具体条件见原文"
	case domain.ForResidents:
		return "居民，具体条件见原文"
	default:
		return "企业和居民，具体条件见原文"
	}
}

// whenFact says until when one can apply, by the same days as the countdown and
// the calendar: each with what ends on it where there are several, and from when
// to when the document holds.
func whenFact(policy *domain.Policy, measures []measureView, today string) keyFact {
	const limit = 4
	fact := keyFact{Label: "什么时候"}
	days := policy.Deadlines()
	shown := days
	for len(shown) > limit && shown[0] < today {
		shown = shown[1:] // what is over has no room
	}
	for _, day := range shown[:min(limit, len(shown))] {
		line := factLine{Text: "申请截止" + longDate(day)}
		var at []int // measures that end on it
		for i := range policy.Measures {
			if policy.DeadlineOf(&policy.Measures[i]) == day {
				at = append(at, i)
			}
		}
		var of *interpretations.Cite
		if len(at) > 0 {
			of = measures[at[0]].Cite
		}
		if len(days) > 1 { // so they are those of measures
			line.Text = counted(measures[at[0]].Title, len(at)) + "：" + line.Text
			if day < today {
				line.Text += "（已截止）"
			}
		}
		line.Cite = dayAt(policy, of, day)
		fact.Lines = append(fact.Lines, line)
	}
	if more := len(shown) - len(fact.Lines); more > 0 {
		fact.Lines = append(fact.Lines, factLine{Text: fmt.Sprintf("另有%d个截止日，见下面的政策点", more)})
	}
	for i := range measures {
		if text := measures[i].Window; len(days) == 0 && text != "" {
			fact.Lines = append(fact.Lines, factLine{Text: text, Cite: measures[i].Cite})
			break
		}
	}
	holds := factLine{}
	switch {
	case policy.EffectiveFrom != "" && policy.Expires != "":
		holds.Text = "文件有效期" + longDate(policy.EffectiveFrom) + "至" + longDate(policy.Expires)
	case policy.Expires != "":
		holds.Text = "文件有效期到" + longDate(policy.Expires)
	case policy.EffectiveFrom != "":
		holds.Text = longDate(policy.EffectiveFrom) + "起施行"
	}
	if holds.Text != "" {
		holds.Cite = saidAt(policy, "施行", "执行", "有效期", "实施")
		fact.Lines = append(fact.Lines, holds)
	}
	if len(fact.Lines) == 0 {
		fact.Lines = []factLine{{Text: "文件没有写明期限"}}
	}
	return fact
}

// dayAt is the clause that says a day, or else that of what ends on it.
func dayAt(policy *domain.Policy, of *interpretations.Cite, day string) *interpretations.Cite {
	if cite, ok := interpretations.CiteOf(policy, interpretations.SayingDay(policy, day)); ok {
		return &cite
	}
	return of
}

// saidAt is the clause that holds one of the words, or nil.
func saidAt(policy *domain.Policy, words ...string) *interpretations.Cite {
	if cite, ok := interpretations.CiteOf(policy, interpretations.Saying(policy, words...)); ok {
		return &cite
	}
	return nil
}

func howFact(policy *domain.Policy, measures []measureView) keyFact {
	fact := keyFact{Label: "怎么办"}
	for i := range policy.Measures {
		text := measures[i].How
		if text != "" && len(fact.Lines) < 3 && !slices.ContainsFunc(fact.Lines, func(l factLine) bool { return l.Text == text }) {
			fact.Lines = append(fact.Lines, factLine{Text: text, Cite: measures[i].Cite})
		}
	}
	if len(fact.Lines) == 0 {
		fact.Lines = []factLine{{Text: "文件没有写明，请咨询发文单位"}}
	}
	return fact
}
