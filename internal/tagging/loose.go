package tagging

import (
	"slices"
	"strings"

	"policypush/internal/domain"
)

// loose reads amounts and shares in wordings that the extraction rules leave out, by the
// expressions of benefit.go.
func (t *Tagger) loose(m *domain.Measure, s sentence) {
	b := &m.Benefit
	note := func(field string, loc []int) {
		m.Evidence["benefit."+field] = append(m.Evidence["benefit."+field], s.evidence(loc[0], loc[1]))
		b.Text = cmpEmpty(b.Text, wordsOf(s))
	}
	if b.Rate == 0 {
		if loc := s.loc(shareOf); loc != nil && !bounds.MatchString(submatch(s.text, loc, 2)) && !borneOrPaid(s, loc) {
			b.Kind = cmpEmpty(b.Kind, kindOfWord(submatch(s.text, loc, 1)))
			b.Rate, _ = percent(submatch(s.text, loc, 3))
			b.Base = baseOf(submatch(s.text, loc, 2))
			note("rate", loc)
		} else if loc := s.loc(shareTo); loc != nil && !bounds.MatchString(submatch(s.text, loc, 1)) && !borneOrPaid(s, loc) {
			b.Kind = cmpEmpty(b.Kind, kindOfWord(submatch(s.text, loc, 3)))
			b.Rate, _ = percent(submatch(s.text, loc, 2))
			b.Base = baseOf(submatch(s.text, loc, 1))
			note("rate", loc)
		} else if loc := s.loc(shareFor); loc != nil && !bounds.MatchString(submatch(s.text, loc, 1)) && !borneOrPaid(s, loc) {
			b.Kind = cmpEmpty(b.Kind, kindOfWord(submatch(s.text, loc, 4)))
			b.Rate, _ = percent(submatch(s.text, loc, 2))
			b.Base = baseOf(submatch(s.text, loc, 1))
			if i := strings.LastIndex(b.Base, "按"); i > 0 { // 对促消费活动按实际费用20%给予补贴
				b.Base = strings.TrimPrefix(b.Base[i+len("按"):], "照")
			}
			if first := firstYears.FindStringSubmatch(s.text[:loc[3]]); first != nil { // 前三年100%,后两年50%的租金补助
				b.Rate, _ = percent(first[1])
			}
			b.Base = cmpEmpty(b.Base, submatch(s.text, loc, 3))
			note("rate", loc)
		}
	}
	if loc := s.loc(shareUpTo); loc != nil && b.Rate == 0 && !bounds.MatchString(submatch(s.text, loc, 1)) {
		b.Kind = cmpEmpty(b.Kind, kindOfWord(s.text))
		b.Rate, _ = percent(submatch(s.text, loc, 2))
		b.Base = baseOf(submatch(s.text, loc, 1))
		note("rate", loc)
	}
	if loc := s.loc(discount); loc != nil && b.Rate == 0 && (b.Kind == "" || b.Kind == "B02") && !bounds.MatchString(submatch(s.text, loc, 1)) {
		b.Kind = cmpEmpty(b.Kind, "B02")
		b.Rate, _ = percent(submatch(s.text, loc, 2))
		b.Base = baseOf(submatch(s.text, loc, 1))
		note("rate", loc)
	}
	for _, loc := range s.locs(apiece) {
		if b.Tiers != nil {
			break
		}
		if reachedWords.MatchString(s.text[loc[0]:loc[6]]) || asked.MatchString(lastRunes(s.text[:loc[0]], 8)) || reachedSum.MatchString(s.text[loc[1]:]) {
			continue // 交易额分别达到2亿元、10亿元
		}
		if b.Amount != 0 && !rests(m.Evidence["benefit.amount"], s.evidence(loc[0], loc[1])) {
			continue // 给予安家补助20万元,每年分别发放2万元、1.5万元
		}
		if tiers := amounts(submatch(s.text, loc, 3)); len(tiers) > 1 {
			b.Kind, b.Tiers, b.Amount = cmpEmpty(b.Kind, kindNear(s, loc[0], loc[1])), tiers, 0
			b.Unit = cmpEmpty(b.Unit, strings.Trim(submatch(s.text, loc, 1)+"·"+submatch(s.text, loc, 2), "·"))
			note("tiers", loc)
		}
	}
	if loc := s.loc(eachOfMany); loc != nil && b.Tiers == nil {
		if tiers := amounts(submatch(s.text, loc, 1)); len(tiers) > 1 {
			b.Kind, b.Tiers, b.Amount = cmpEmpty(b.Kind, kindNear(s, loc[0], loc[1])), tiers, 0
			b.Unit = strings.ReplaceAll(submatch(s.text, loc, 2), "/", "·")
			delete(m.Evidence, "benefit.amount")
			note("tiers", loc)
		}
	}
	if loc := s.loc(oneUnit); loc != nil && b.Tiers == nil && b.Amount == 0 {
		var tiers []float64
		unit := submatch(s.text, loc, 4)
		for _, n := range strings.FieldsFunc(submatch(s.text, loc, 3), func(r rune) bool { return r == '、' || r == '/' }) {
			if a, ok := yuan(strings.TrimSuffix(n, "万"), unit); ok && (unit == "万元" || !strings.HasSuffix(n, "万")) {
				tiers = append(tiers, a)
			}
		}
		if len(tiers) > 1 {
			b.Kind, b.Tiers, b.Amount = cmpEmpty(b.Kind, kindNear(s, loc[0], loc[1])), tiers, 0
			b.Unit = cmpEmpty(b.Unit, submatch(s.text, loc, 1))
			note("tiers", loc)
		}
	}
	if loc := s.loc(pointsOff); loc != nil && b.Rate == 0 {
		b.Kind = cmpEmpty(b.Kind, "B11")
		b.Rate, _ = percent(cmpEmpty(submatch(s.text, loc, 1), submatch(s.text, loc, 2)))
		b.Base = "贷款本金"
		note("rate", loc)
	}
	if loc := s.loc(moreOff); loc != nil && b.Rate == 0 && (b.Kind == "" || b.Kind == "B04") {
		b.Kind = "B04"
		b.Rate, _ = percent(submatch(s.text, loc, 1))
		note("rate", loc)
	}
	for i, loc := range s.locs(raised) {
		switch a, ok := yuan(submatch(s.text, loc, 5), submatch(s.text, loc, 6)); {
		case !ok:
		case limit.MatchString(lastRunes(s.text[:loc[0]], 20)):
			b.Cap = max(b.Cap, a)
			b.Kind = cmpEmpty(b.Kind, "B09")
			note("cap", loc)
		case b.Cap > 0 && b.Rate == 0: // …最高额度由80万元提高至100万元;单方缴存的,由50万元提高至60万元
		case i == 0 && b.Amount == 0 && b.Tiers == nil && !asked.MatchString(lastRunes(s.text[:loc[0]], 20)):
			b.Kind, b.Amount = cmpEmpty(b.Kind, "B09"), a
			for _, group := range []int{3, 1} { // 由每人每月650元提高到700元
				b.Unit = cmpEmpty(b.Unit, strings.Trim(submatch(s.text, loc, group)+"·"+submatch(s.text, loc, group+1), "·"))
			}
			note("amount", loc)
		}
	}
	for _, loc := range s.locs(standard) {
		a, ok := yuan(submatch(s.text, loc, 3), submatch(s.text, loc, 4))
		switch {
		case !ok || asked.MatchString(s.text[loc[0]:loc[1]]):
		case limit.MatchString(s.text[loc[0]:loc[1]]): // 补助金额最高为每标准展位1.5万元
			if b.Cap == 0 {
				b.Kind, b.Cap = cmpEmpty(b.Kind, "B09"), a
				b.CapPer = submatch(s.text, loc, 1)
				note("cap", loc)
			}
		case b.Amount == 0 && b.Tiers == nil:
			b.Kind, b.Amount = cmpEmpty(b.Kind, "B09"), a
			b.Unit = cmpEmpty(b.Unit, cmpEmpty(strings.Trim(submatch(s.text, loc, 1)+"·"+submatch(s.text, loc, 2), "·"), submatch(s.text, loc, 5)))
			note("amount", loc)
		}
	}
	var caps []float64
	for _, loc := range s.locs(atMost) {
		if a, ok := yuan(submatch(s.text, loc, 2), submatch(s.text, loc, 3)); ok && !asked.MatchString(s.text[loc[0]:loc[1]]) && !sumsGoOn.MatchString(s.text[loc[1]:]) {
			caps = append(caps, a)
			if b.Kind == "" {
				b.Kind = kindNear(s, loc[0], loc[1])
			}
			note("cap", loc)
		}
	}
	if len(caps) > 0 {
		b.Cap = max(b.Cap, slices.Max(caps)) // what differs by class stands in the text
	}
	if b.Tiers == nil && b.Amount == 0 && b.Rate == 0 && s.matches(supports) { // 初级不超过1000元,中级不超过1500元
		var tiers []float64
		for _, loc := range s.locs(stepAtMost) {
			if a, ok := yuan(submatch(s.text, loc, 2), submatch(s.text, loc, 3)); ok && !total.MatchString(submatch(s.text, loc, 1)) && !asked.MatchString(submatch(s.text, loc, 1)) {
				tiers = append(tiers, a)
			}
		}
		if len(tiers) > 1 {
			b.Kind, b.Tiers, b.Cap = cmpEmpty(b.Kind, kindOfWord(s.text)), tiers, 0
			note("tiers", s.locs(stepAtMost)[0])
		}
	}
	if loc := s.loc(onEnd); loc != nil && b.Months == 0 {
		if n, ok := integer(cmpEmpty(submatch(s.text, loc, 1), cmpEmpty(submatch(s.text, loc, 2), submatch(s.text, loc, 3)))); ok {
			b.Months = 12 * n
			m.Evidence["benefit.months"] = append(m.Evidence["benefit.months"], s.evidence(loc[0], loc[1]))
		}
	}
	for _, loc := range s.locs(delay) {
		if b.Months != 0 || notHeld.MatchString(s.text[loc[0]:loc[1]]) || !strings.ContainsAny(s.text, "缓延贴贷补免") {
			continue
		}
		if n, ok := integer(submatch(s.text, loc, 1)); ok {
			b.Months = n
			if submatch(s.text, loc, 2) == "年" {
				b.Months = 12 * n
			}
			m.Evidence["benefit.months"] = append(m.Evidence["benefit.months"], s.evidence(loc[0], loc[1]))
		}
	}
}
