package interpretations

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"policypush/internal/domain"
)

// Aspect is what an interpretation explains, of what a reader needs.
type Aspect string

// The aspects that the interpretation of a policy has to cover.
const (
	Background    Aspect = "background"    // 背景依据: why, on what grounds, from when to when
	Scope         Aspect = "scope"         // 适用范围: for whom
	Standard      Aspect = "standard"      // 支持标准: what, how much
	Terms         Aspect = "terms"         // 名词解释
	OldAndNew     Aspect = "old-new"       // 新旧衔接
	Procedure     Aspect = "procedure"     // 办理流程: how, where, when, with what
	Misunderstood Aspect = "misunderstood" // 易误解点
)

// Aspects lists the aspects in the order of the pages.
func Aspects() []Aspect {
	return []Aspect{Background, Scope, Standard, Terms, OldAndNew, Procedure, Misunderstood}
}

// Label returns the Chinese name of the aspect.
func (a Aspect) Label() string {
	switch a {
	case Background:
		return "背景依据"
	case Scope:
		return "适用范围"
	case Standard:
		return "支持标准"
	case Terms:
		return "名词解释"
	case OldAndNew:
		return "新旧衔接"
	case Procedure:
		return "办理流程"
	case Misunderstood:
		return "易误解点"
	default:
		return string(a)
	}
}

// Coverage says whether an aspect is explained.
type Coverage struct {
	Aspect  Aspect
	Items   int  // interpretations that explain it, of any state
	Visible int  // of these, approved ones
	Needed  bool // the policy has something to explain of it
}

// Cover tells for each aspect how far items explain it. terms is how many
// terms of the policy have a plain meaning: without any, none need explaining.
// Old and new needs explaining where the policy replaces or changes another.
func Cover(policy *domain.Policy, items []Item, terms int) []Coverage {
	var all []Coverage
	for _, a := range Aspects() {
		c := Coverage{Aspect: a, Needed: true}
		switch a {
		case Terms:
			c.Needed = terms > 0
		case OldAndNew:
			c.Needed = len(policy.Replaces)+len(policy.Amends) > 0
		}
		for _, it := range items {
			if it.Aspect == a {
				c.Items++
				if it.State == Approved {
					c.Visible++
				}
			}
		}
		all = append(all, c)
	}
	return all
}

// copiedRun is how many characters in a row have to stand in the policy to
// count as copied.
const copiedRun = 10

// CopyLimit is the share of copied text above which an answer does not explain:
// it repeats.
const CopyLimit = 0.6

// Copied returns the share of an interpretation's own words, 0 to 1, that
// stand in the policy as they are, in runs of ten characters or more.
// Punctuation and spaces do not count. A chart copies nothing.
func (it *Item) Copied(policy *domain.Policy) float64 {
	var text string
	for _, c := range it.contents() {
		text = c.words()
	}
	own := letters(text)
	if len(own) < copiedRun {
		return 0
	}
	official := letters(policy.Text)
	runs := make(map[[copiedRun]rune]bool, len(official))
	for i := 0; i+copiedRun <= len(official); i++ {
		runs[[copiedRun]rune(official[i:i+copiedRun])] = true
	}
	copied := 0
	until := 0 // of own, counted so far
	for i := 0; i+copiedRun <= len(own); i++ {
		if runs[[copiedRun]rune(own[i:i+copiedRun])] {
			copied += i + copiedRun - max(i, until)
			until = i + copiedRun
		}
	}
	return float64(copied) / float64(len(own))
}

// Unfounded lists the amounts and percentages of an interpretation that neither the
// policy's text nor its measures say: they are slips, or were reckoned. Cases are
// reckoned, comparisons and records quote others; of these it says nothing.
func (it *Item) Unfounded(policy *domain.Policy) []string {
	var text string
	switch {
	case it.QA != nil:
		text = it.QA.Answer
	case it.OnePage != nil:
		text = it.OnePage.Lead
		for _, e := range it.OnePage.Hero {
			text += "\n" + e.Big
		}
		for _, b := range it.OnePage.Blocks {
			if b.Form == Example { // it is reckoned
				continue
			}
			for _, e := range b.Lines {
				text += "\n" + e.Name + "\n" + e.Text + "\n" + e.Big
			}
		}
	}
	known, seen := figuresOf(policy), map[string]bool{}
	var unfounded []string
	for _, f := range figuresIn(text) {
		if !known[f.key] && !seen[f.key] {
			seen[f.key] = true
			unfounded = append(unfounded, f.written)
		}
	}
	return unfounded
}

// quantity is an amount or a percentage, as it is written and as it is compared.
type quantity struct{ written, key string }

func figuresIn(text string) []quantity {
	var all []quantity
	plain := withoutCommas(text)
	for _, m := range amounts.FindAllStringSubmatch(plain, -1) {
		all = append(all, quantity{m[0], "元" + amount(m).RatString()})
	}
	for _, m := range percents.FindAllStringSubmatch(plain, -1) {
		if r, ok := new(big.Rat).SetString(m[1]); ok {
			all = append(all, quantity{m[0], "%" + r.RatString()})
		}
	}
	return all
}

var numbers = regexp.MustCompile(`\d+(?:\.\d+)?`)

// figuresOf are those that a policy says: in its text, where the unit may stand
// after several (50、80、100万元), or in its measures, where numbers in words are read.
func figuresOf(policy *domain.Policy) map[string]bool {
	known := map[string]bool{}
	for _, n := range numbers.FindAllString(withoutCommas(policy.Text), -1) {
		r, ok := new(big.Rat).SetString(n)
		if !ok {
			continue
		}
		known["元"+r.RatString()], known["%"+r.RatString()] = true, true
		for _, factor := range []int64{10_000, 100_000_000} {
			known["元"+new(big.Rat).Mul(r, big.NewRat(factor, 1)).RatString()] = true
		}
	}
	for i := range policy.Measures {
		b := policy.Measures[i].Benefit
		for _, v := range append([]float64{b.Amount, b.Cap}, b.Tiers...) {
			known["元"+exact(v).RatString()] = true
		}
		for _, r := range []float64{b.Rate, b.FromRate} {
			known["%"+new(big.Rat).Mul(exact(r), big.NewRat(100, 1)).RatString()] = true
		}
	}
	return known
}

func letters(s string) []rune {
	var rs []rune
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			rs = append(rs, r)
		}
	}
	return rs
}

// Bind ties an interpretation to the policy as it is now: to its version, and to
// the words and figures that it rests on.
func (it *Item) Bind(policy *domain.Policy) {
	it.PolicyVersion, it.Grounds, it.Facts = policy.Version, it.groundsIn(policy), it.factsIn(policy)
	it.Days = ""
	if days := daysOf(policy); it.saysOne(policy, days) {
		it.Days = strings.Join(days, " ")
	}
}

// Outdated tells whether what an interpretation rests on has changed since it
// was written or approved: then it asks to be checked. One that was written
// before grounds were kept asks when the policy has a new version, a picture from
// before its figures had to name their clauses at once.
func (it *Item) Outdated(policy *domain.Policy) bool {
	if it.Groundless() {
		return true
	}
	if it.Grounds == "" {
		return it.PolicyVersion != policy.Version
	}
	return it.Grounds != it.groundsIn(policy) || it.Facts != "" && it.Facts != it.factsIn(policy) ||
		it.Days != "" && it.Days != strings.Join(daysOf(policy), " ")
}

// daysOf are the days that a policy has as a whole.
func daysOf(policy *domain.Policy) []string {
	return []string{policy.ApplyDeadline, policy.EffectiveFrom, policy.Expires}
}

// saysOne tells whether a clause that the item cites says one of these days.
func (it *Item) saysOne(policy *domain.Policy, days []string) bool {
	cited := it.cited()
	for i := range policy.Clauses {
		c := &policy.Clauses[i]
		if c.Path != "" && slices.Contains(cited, c.Path) && slices.ContainsFunc(days, func(day string) bool { return saysDay(c.Text, day) }) {
			return true
		}
	}
	return false
}

// cited lists the paths of the clauses that an interpretation rests on.
func (it *Item) cited() []string {
	var paths []string
	for _, c := range it.contents() {
		paths = append(paths, c.cites()...)
	}
	return paths
}

// groundsIn is a fingerprint of the clauses that an interpretation cites and of
// the benefits that it reckons with.
func (it *Item) groundsIn(policy *domain.Policy) string {
	hash := sha256.New()
	for _, path := range it.cited() {
		for i := range policy.Clauses {
			if path != "" && policy.Clauses[i].Path == path {
				fmt.Fprintf(hash, "%s\x00%s\x00", path, policy.Clauses[i].Text)
			}
		}
	}
	if it.Case != nil && it.Case.Measure != "" {
		for i := range policy.Measures {
			if b := policy.Measures[i].Benefit; policy.Measures[i].ID == it.Case.Measure {
				fmt.Fprintf(hash, "%v %v %v %v %v", b.Rate, b.FromRate, b.Amount, b.Unit, b.Cap)
			}
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:12])
}

// factsIn is a fingerprint of what the measures of the cited clauses give to
// whom, when and how: people correct a measure without a change of the text.
func (it *Item) factsIn(policy *domain.Policy) string {
	hash, cited := sha256.New(), it.cited()
	for i := range policy.Measures {
		m := &policy.Measures[i]
		if m.Clause == "" || !slices.Contains(cited, m.Clause) {
			continue
		}
		b := m.Benefit
		fmt.Fprintf(hash, "%q %q %v %v %v %v %q %v %q %v", m.Title, m.Who, b.Rate, b.FromRate, b.Amount, b.Tiers, b.Unit, b.Cap, b.CapPer, b.Months)
		fmt.Fprintf(hash, "%+v %q %q %q\n", m.Window, m.How.Mode, m.How.Where, m.How.Materials)
	}
	return hex.EncodeToString(hash.Sum(nil)[:12])
}
