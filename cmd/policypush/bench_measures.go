package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
)

// ReverseReport is how long it takes to find the measures of one profile.
type reverseReport struct {
	Measures     int     `json:"measures"`
	BuildSeconds float64 `json:"build_seconds"`
	Bytes        int     `json:"bytes"` // of the rows
	P50          float64 `json:"p50_us"`
	P99          float64 `json:"p99_us"`
	WhatIf       float64 `json:"what_if_us"`
	Publish      float64 `json:"publish_us"` // withdraw one measure and publish it again
	Scan         float64 `json:"scan_us"`    // package matching, one measure after the other
	Found        float64 `json:"found"`      // measures of a profile, on average
	Exact        bool    `json:"exact"`
}

func (r *reverseReport) tables() []table {
	if r == nil {
		return nil
	}
	return []table{{
		title: fmt.Sprintf("反查：一个对象在 %d 个政策点中的前 50 个（平均适用 %.0f 个）", r.Measures, r.Found),
		head:  []string{"项目", "结果"},
		rows: [][]string{
			{"p50 / p99", inUnits(r.P50) + " / " + inUnits(r.P99)},
			{"假如改一个答案", inUnits(r.WhatIf)},
			{"撤下再发布一个政策点", inUnits(r.Publish)},
			{"逐个对照", fmt.Sprintf("%s（%s）", inUnits(r.Scan), times(r.Scan, r.P50))},
			{"建立、内存", fmt.Sprintf("%s、%s", seconds(r.BuildSeconds), megabytes(int64(r.Bytes)))},
			{"与逐个对照一致", yesOrNo(r.Exact)},
		},
	}}
}

func (b *audienceBench) reverse(ctx context.Context) error {
	if b.measures == 0 {
		return nil
	}
	b.say("反查…")
	draws := newPopulation(b.seed + 1)
	policies := make([]*domain.Policy, b.measures)
	for i := range policies {
		policies[i] = draws.policy(domain.PolicyID(i + 1))
	}
	r := &reverseReport{Measures: b.measures, Exact: true}
	index := audience.NewMeasures()
	started := time.Now()
	for _, p := range policies {
		index.Put(p)
	}
	r.BuildSeconds, r.Bytes = time.Since(started).Seconds(), index.Bytes()

	profiles := make([]domain.Profile, 500)
	for i := range profiles {
		x := draws.enterprise()
		profiles[i], _ = draws.subscriber(&x)
	}
	var found, whatIf, publish, scanned timings
	total := 0
	for range 4 {
		for i := range profiles {
			if err := ctx.Err(); err != nil {
				return err
			}
			started := time.Now()
			offers := index.For(&profiles[i], benchDay, 50)
			found = append(found, time.Since(started))
			total += offers.Likely + offers.Possible
		}
	}
	r.Found = float64(total) / float64(len(found))
	for i := range profiles {
		then := profiles[i]
		then.Taxpayer = "general"
		started := time.Now()
		index.WhatIf(&profiles[i], &then, benchDay)
		whatIf = append(whatIf, time.Since(started))
	}
	for range 500 {
		p := policies[draws.IntN(len(policies))]
		started := time.Now()
		index.Remove(p.ID)
		index.Put(p)
		publish = append(publish, time.Since(started))
	}
	for i := range profiles[:5] {
		started := time.Now()
		want := offersOf(policies, &profiles[i])
		scanned = append(scanned, time.Since(started))
		got := index.For(&profiles[i], benchDay, len(policies))
		r.Exact = r.Exact && len(got.Best) == len(want)
		for _, offer := range got.Best {
			r.Exact = r.Exact && want[offer.Policy] == offer.Verdict
		}
	}
	r.P50, r.P99 = microseconds(found.quantile(0.5)), microseconds(found.quantile(0.99))
	r.WhatIf, r.Publish, r.Scan = microseconds(whatIf.quantile(0.5)), microseconds(publish.quantile(0.5)), microseconds(scanned.quantile(0.5))
	b.found.Reverse = r
	return nil
}

// OffersOf asks package matching for one measure after the other.
func offersOf(policies []*domain.Policy, profile *domain.Profile) map[domain.PolicyID]domain.Verdict {
	found := map[domain.PolicyID]domain.Verdict{}
	for _, p := range policies {
		c := p.CriteriaOf(&p.Measures[0])
		if truth := matching.Evaluate(&c, profile, benchDay); truth != domain.No && matching.InWindow(p.Measures[0].Window, benchDay) {
			found[p.ID] = domain.VerdictOf(truth)
		}
	}
	return found
}

// Policy draws a policy of one measure: half are of a county, a quarter of a
// city, a tenth of the province; one in four has several ways to qualify.
func (p *population) policy(id domain.PolicyID) *domain.Policy {
	var where domain.Criteria
	switch n := p.IntN(100); {
	case n < 10:
	case n < 35:
		where = p.in(domain.FieldRegion, p.regions[p.countyAt[p.skewed(len(p.counties))]][:4]+"00")
	case n < 85:
		where = p.in(domain.FieldRegion, p.regions[p.countyAt[p.skewed(len(p.counties))]])
	default:
		where = p.in(domain.FieldRegion, p.regions[p.region()])
	}
	ways := []domain.Criteria{p.way()}
	if p.chance(25) {
		for range 1 + p.IntN(2) {
			ways = append(ways, p.way())
		}
	}
	m := domain.Measure{ID: "m1", Criteria: domain.AllOf(where, domain.AnyOf(ways...)), Benefit: domain.Benefit{Amount: float64(p.IntN(1_000_000))}}
	if p.chance(40) {
		m.Window.Deadline = fmt.Sprintf("2026-12-%02d", 1+p.IntN(31))
	}
	return &domain.Policy{
		ID: id, Status: domain.Published, Audience: domain.ForEnterprises, Measures: []domain.Measure{m},
		PublishDate: fmt.Sprintf("2026-%02d-%02d", 1+p.IntN(11), 1+p.IntN(28)),
	}
}

func (p *population) in(f domain.Field, values ...string) domain.Criteria {
	return domain.Leaf(domain.Condition{Field: f, Op: domain.In, Values: values})
}

// Way draws the conditions of one way to qualify.
func (p *population) way() domain.Criteria {
	var parts []domain.Criteria
	add := func(percent float64, part func() domain.Criteria) {
		if p.chance(percent) {
			parts = append(parts, part())
		}
	}
	from := func(cuts ...int64) int64 { return cuts[p.IntN(len(cuts))] }
	add(60, func() domain.Criteria {
		var values []string
		for range 1 + p.IntN(4) {
			values = append(values, p.industries[p.industry()][:[]int{1, 3, 5}[p.IntN(3)]])
		}
		return p.in(domain.FieldIndustry, values...)
	})
	add(50, func() domain.Criteria { return p.in(domain.FieldSize, p.sizes[1+p.IntN(2):3+p.IntN(3)]...) })
	add(25, func() domain.Criteria { return p.in(domain.FieldRegistration, p.registrations[1+p.IntN(2)]) })
	add(20, func() domain.Criteria { return p.in(domain.FieldTaxpayer, p.taxpayers[1+p.IntN(2)]) })
	add(35, func() domain.Criteria {
		return p.in(domain.FieldAttribute, p.attributes[p.IntN(5)], p.attributes[p.IntN(5)])
	})
	add(50, func() domain.Criteria { return domain.NotOf(p.in(domain.FieldAttribute, "CR4", "CR5")) })
	for _, number := range []struct {
		field domain.Field
		cuts  []int64
	}{
		{domain.FieldStaff, []int64{10, 20, 50, 100, 300, 500, 1000}},
		{domain.FieldRevenue, []int64{1e6, 3e6, 5e6, 1e7, 2e7, 5e7, 1e8, 4e8}},
		{domain.FieldFounded, []int64{20100101, 20150101, 20180101, 20200101, 20220101, 20240101}},
	} {
		add(15, func() domain.Criteria {
			op := []domain.Op{domain.AtLeast, domain.LessThan}[p.IntN(2)]
			return domain.Leaf(domain.Condition{Field: number.field, Op: op, Number: from(number.cuts...)})
		})
	}
	return domain.AllOf(parts...)
}

// WordsReport is how long it takes to find subscribed words in a text.
type wordsReport struct {
	Keywords int     `json:"keywords"`
	Bytes    int64   `json:"bytes"` // with who holds them
	Text     int     `json:"text_bytes"`
	Hits     int     `json:"hits"`
	Match    spread  `json:"match"`
	Add      float64 `json:"add_us"`
}

func (r *wordsReport) tables() []table {
	if r == nil {
		return nil
	}
	return []table{{
		title: fmt.Sprintf("关键词：%d 个不同的词，%d 字节的文件中命中 %d 个", r.Keywords, r.Text, r.Hits),
		head:  []string{"项目", "结果"},
		rows: [][]string{
			{"查找并得出名单，p50 / p95", r.Match.String()}, {"加一个词", inUnits(r.Add)}, {"内存（含谁订了哪个词）", megabytes(r.Bytes)},
		},
	}}
}

// words lets few people hold very many words: what an audience by keywords
// takes is then what finding the words takes.
func (b *audienceBench) words(ctx context.Context) error {
	if b.keywords == 0 {
		return nil
	}
	b.say("关键词…")
	const each = 100
	text := benchText(b.keywords)
	r := &wordsReport{Keywords: b.keywords, Text: len(text)}
	fill := func(words int) (*audience.Index, float64, int64) {
		before, index := heap(), audience.New()
		started := time.Now()
		for i := range b.keywords / each {
			var s domain.Subscription
			for n := range words {
				s.Keywords = append(s.Keywords, benchWord(i*each+n))
			}
			index.Put(domain.SubscriberID(i+1), domain.Profile{Kind: domain.Enterprise}, s)
		}
		took := microseconds(time.Since(started))
		return index, took, heap() - before
	}
	_, without, bytesWithout := fill(0)
	index, with, bytesWith := fill(each)
	r.Add, r.Bytes = (with-without)/float64(b.keywords), bytesWith-bytesWithout
	for i := range b.keywords {
		if strings.Contains(text, benchWord(i)) {
			r.Hits++
		}
	}
	q := audience.Query{Measures: []domain.Criteria{{}}, Text: text, AsOf: benchDay}
	took, err := repeat(ctx, b.each, func() error {
		index.Count(q)
		return nil
	})
	if err != nil {
		return err
	}
	r.Match = took.spread()
	b.found.Keywords = r
	return nil
}

// BenchText writes ten kilobytes in the letters of the keywords, with a few
// hundred of them in it.
func benchText(keywords int) string {
	r := rand.New(rand.NewPCG(10, 24))
	var text strings.Builder
	for text.Len() < 10<<10 {
		word := []rune(benchWord(r.IntN(keywords)))
		if r.IntN(4) > 0 {
			word = word[:2]
		}
		if r.IntN(8) == 0 {
			word = append(word, '，')
		}
		text.WriteString(string(slices.Clip(word)))
	}
	return text.String()
}
