package learning

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policypush/internal/domain"
	"policypush/internal/segment"
	"policypush/internal/tagging"
	"policypush/rules"
)

// Proposal is a change with its effect, for a person to accept or not.
type Proposal struct {
	Number  int    `json:"number"`
	ID      string `json:"id"` // of the change, whatever its number
	Harmful bool   `json:"harmful"`
	Change
	Effect Effect `json:"effect"`
}

// The bounds of a list of proposals.
const (
	maxGroups = 20 // codes
	maxTried  = 3  // words of a code, each tried by itself
	maxMasks  = 12 // of a code
)

// group is what officers say of one code and a reading contradicts.
type group struct {
	dimension     domain.Dimension
	code          string
	missed, wrong []place // officers say yes; no
}

// place is a saying of a case.
type place struct{ doc, say int }

// groups gathers the contradicted sayings about tags, most first.
func (s *Session) groups() []*group {
	var all []*group
	for i, c := range s.cases {
		for j := range c.Says {
			say := &c.Says[j]
			if c.ours || holds(s.now[i], say) || !s.learnable(say) {
				continue
			}
			at := slices.IndexFunc(all, func(g *group) bool { return g.dimension == say.Dimension && g.code == say.Code })
			if at < 0 {
				all, at = append(all, &group{dimension: say.Dimension, code: say.Code}), len(all)
			}
			if say.Officer == domain.SaidYes {
				all[at].missed = append(all[at].missed, place{i, j})
			} else {
				all[at].wrong = append(all[at].wrong, place{i, j})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(len(b.missed)+len(b.wrong), len(a.missed)+len(a.wrong)), cmp.Compare(a.dimension, b.dimension), cmp.Compare(a.code, b.code))
	})
	return all[:min(len(all), maxGroups)]
}

// learnable tells whether words can help: a region comes from the issuer, and
// facts and measures are found by patterns.
func (s *Session) learnable(c *domain.Correction) bool {
	switch c.Dimension {
	case domain.RegionTag, domain.KeywordTag, domain.FactCorrected, domain.MeasureCorrected:
		return false
	default:
		return s.rules.Knows(c.Dimension, c.Code)
	}
}

// Propose tries changes for every contradicted saying and returns those that
// mend something, the harmless and most helpful first. Unanswered are the
// sayings that none of them mends.
func (s *Session) Propose(ctx context.Context) (list []Proposal, unanswered []Flip, err error) {
	for _, g := range s.groups() {
		for _, try := range []func(context.Context, *group) (*Proposal, error){s.proposeWords, s.proposeMasks, s.proposeLean} {
			p, err := try(ctx, g)
			if err != nil {
				return nil, nil, err
			}
			if p != nil {
				list = append(list, *p)
			}
		}
	}
	for _, more := range []func(context.Context) (*Proposal, error){s.proposeFit, s.proposeTests} {
		p, err := more(ctx)
		if err != nil {
			return nil, nil, err
		}
		if p != nil {
			list = append(list, *p)
		}
	}
	slices.SortStableFunc(list, func(a, b Proposal) int {
		return cmp.Or(cmp.Compare(number(a.Harmful), number(b.Harmful)), cmp.Compare(b.gain(), a.gain()))
	})
	for i := range list {
		list[i].Number = i + 1
	}
	return list, s.unanswered(list), nil
}

func (p *Proposal) gain() int { return len(p.Effect.Fixed) - len(p.Effect.Broken) }

func (s *Session) unanswered(list []Proposal) []Flip {
	var rest []Flip
	for i, c := range s.cases {
		for j := range c.Says {
			say := &c.Says[j]
			mended := slices.ContainsFunc(list, func(p Proposal) bool { return holds(p.Effect.read[i], say) })
			if !c.ours && !mended && !holds(s.now[i], say) {
				rest = append(rest, Flip{Title: c.Title, Says: Describe(s.rules, say), Words: say.Words})
			}
		}
	}
	return rest
}

// best evaluates changes one after the other and returns the first that mends
// something and harms nothing, else the one that mends most.
func (s *Session) best(ctx context.Context, changes []Change) (*Proposal, error) {
	var found *Proposal
	for _, c := range changes {
		e, err := s.Evaluate(ctx, []Change{c})
		if err != nil {
			return nil, err
		}
		p := Proposal{ID: c.id(), Change: c, Effect: e, Harmful: e.Harmful()}
		if len(e.Fixed) == 0 {
			continue
		}
		if !p.Harmful {
			return &p, nil
		}
		if found == nil || p.gain() > found.gain() {
			found = &p
		}
	}
	return found, nil
}

// strongest is the role of a word that says most of a code.
func strongest(d domain.Dimension) string {
	if d == domain.ThemeTag || d == domain.BenefitTag {
		return rules.RoleStrong
	}
	return rules.RoleAlias
}

// proposeWords looks for words that part the documents which have a tag from
// those which have not.
func (s *Session) proposeWords(ctx context.Context, g *group) (*Proposal, error) {
	words := s.candidates(g)
	if len(words) == 0 {
		return nil, nil
	}
	var tries []Change
	for _, w := range words {
		for _, role := range []string{rules.RoleTrigger, strongest(g.dimension)} {
			tries = append(tries, Change{Dimension: g.dimension, Code: g.code, Role: role, Words: []string{w}})
		}
	}
	if len(words) > 1 {
		tries = append(tries, Change{Dimension: g.dimension, Code: g.code, Role: strongest(g.dimension), Words: words})
	}
	return s.best(ctx, tries)
}

// candidates are the words that part best, at most maxTried.
func (s *Session) candidates(g *group) []string {
	if len(g.missed) == 0 {
		return nil
	}
	with, without := s.texts(g)
	known, taken := s.known(g), s.taken(g)
	type rated struct {
		word string
		rate float64
	}
	var all []rated
	for _, at := range g.missed {
		c := &s.cases[at.doc].Says[at.say]
		var words []string
		switch n := utf8.RuneCountInString(c.Words); {
		case n == 0:
			words = s.phrases(s.cases[at.doc].Title)
		case n <= 2*maxPhrase: // the officer marked the very words
			words = append(s.phrase(c.Words), s.phrases(c.Words)...)
		default:
			words = s.phrases(c.Context)
		}
		for _, w := range words {
			if slices.Contains(known, w) || slices.ContainsFunc(taken, func(term string) bool { return strings.Contains(w, term) }) || slices.ContainsFunc(all, func(r rated) bool { return r.word == w }) {
				continue
			}
			in, out := share(with, w), share(without, w)
			rate := in / out * (1 + float64(utf8.RuneCountInString(w))/10)
			switch {
			case w == c.Words:
				rate *= 3
			case strings.Contains(c.Words, w):
				rate *= 2
			}
			all = append(all, rated{w, rate})
		}
	}
	slices.SortStableFunc(all, func(a, b rated) int { return cmp.Or(cmp.Compare(b.rate, a.rate), cmp.Compare(a.word, b.word)) })
	var words []string
	for _, r := range all {
		// a part of a better word says nothing of its own
		if len(words) < maxTried && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, r.word) || strings.Contains(r.word, w) }) {
			words = append(words, r.word)
		}
	}
	return words
}

// share is in how many of the texts a word stands, never 0.
func share(texts []string, word string) float64 {
	n := 0
	for _, t := range texts {
		n += number(strings.Contains(t, word))
	}
	return (float64(n) + 0.5) / (float64(len(texts)) + 1)
}

// texts are the documents that have the tag of a group and those that have
// not, by officers and labels; a document that nobody spoke of has it if it is
// read so.
func (s *Session) texts(g *group) (with, without []string) {
	for i, c := range s.cases {
		is := assigned(s.now[i], g.dimension, g.code)
		if at := slices.IndexFunc(c.Says, func(k domain.Correction) bool { return k.Dimension == g.dimension && k.Code == g.code }); at >= 0 {
			is = c.Says[at].Officer == domain.SaidYes
		}
		if is {
			with = append(with, c.Text)
		} else {
			without = append(without, c.Text)
		}
	}
	for i := range s.Labelled {
		d := &s.Labelled[i]
		truth, optional := d.Themes, d.ThemesOptional
		switch g.dimension {
		case domain.TaxTag:
			truth, optional = d.Taxes, d.TaxesOptional
		case domain.GroupTag:
			truth, optional = d.Groups, nil
		case domain.EnterpriseKindTag:
			truth, optional = d.Kinds, nil
		case domain.ThemeTag:
		default:
			continue // labels do not go as deep
		}
		switch {
		case slices.Contains(truth, g.code):
			with = append(with, d.Text.Text)
		case !slices.Contains(optional, g.code) && !slices.Contains(truth, "*"):
			without = append(without, d.Text.Text)
		}
	}
	return with, without
}

// known are the words that a code has.
func (s *Session) known(g *group) []string {
	words := []string{s.rules.Name(g.dimension, g.code)}
	add := func(i rules.Item) { words = append(append(words, i.Aliases...), i.Triggers...) }
	switch g.dimension {
	case domain.ThemeTag:
		x := s.rules.Themes.Find(g.code)
		add(x.Item)
		words = append(words, x.Strong...)
	case domain.TaxTag:
		add(s.rules.Taxes.Find(g.code).Item)
	case domain.BenefitTag:
		x := s.rules.Benefits.Find(g.code)
		add(x.Item)
		words = append(words, x.Strong...)
	case domain.GroupTag:
		add(s.rules.Groups.Find(g.code).Item)
	case domain.EnterpriseKindTag:
		add(s.rules.Attributes.Find(g.code).Item)
	case domain.IndustryTag:
		add(s.rules.Industry(g.code).Item)
	}
	return words
}

// taken are the words of the other codes of a dimension, which say something
// else.
func (s *Session) taken(g *group) []string {
	var codes []string
	switch g.dimension {
	case domain.ThemeTag:
		codes = codesOf(s.rules.Themes, func(x *rules.Theme) string { return x.Code })
	case domain.TaxTag:
		codes = codesOf(s.rules.Taxes, func(x *rules.Tax) string { return x.Code })
	case domain.BenefitTag:
		codes = codesOf(s.rules.Benefits, func(x *rules.BenefitKind) string { return x.Code })
	case domain.GroupTag:
		codes = codesOf(s.rules.Groups, func(x *rules.ResidentGroup) string { return x.Code })
	case domain.EnterpriseKindTag:
		codes = codesOf(s.rules.Attributes, func(x *rules.Attribute) string { return x.Code })
	}
	var words []string
	for _, code := range codes {
		if code != g.code {
			words = append(words, s.known(&group{dimension: g.dimension, code: code})...)
		}
	}
	return words
}

func codesOf[T any](t rules.Table[T], code func(*T) string) []string {
	var codes []string
	for _, x := range t.All() {
		codes = append(codes, code(x))
	}
	return codes
}

// maxPhrase is the longest word that is proposed, in characters, and maxGram
// of how many words it is made.
const (
	maxPhrase = 10
	maxGram   = 3
)

// phrases are the runs of words in a text that may be a term.
func (s *Session) phrases(text string) []string {
	tokens := s.segment.Words(text)
	var list []string
	for i := range tokens {
		for n := 1; n <= maxGram && i+n <= len(tokens); n++ {
			run := tokens[i : i+n]
			if n > 1 && run[n-1].Start != run[n-2].End || !content(run[n-1].Text) {
				break
			}
			if term := joined(run); bears(run) && !slices.Contains(list, term) {
				list = append(list, term)
			}
		}
	}
	return list
}

// phrase is what an officer marked, if it may be a term as it stands.
func (s *Session) phrase(words string) []string {
	tokens := s.segment.Words(words)
	if len(tokens) == 0 || strings.ContainsFunc(words, func(r rune) bool { return !unicode.Is(unicode.Han, r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) || !bears(tokens) {
		return nil
	}
	return []string{words}
}

func joined(run []segment.Token) string {
	var b strings.Builder
	for _, t := range run {
		b.WriteString(t.Text)
	}
	return b.String()
}

// bears tells whether a run of words says something: it neither begins nor ends
// with a word that only binds others, and is neither too short nor too long.
func bears(run []segment.Token) bool {
	term := joined(run)
	n := utf8.RuneCountInString(term)
	return n >= 2 && n <= maxPhrase && !binds(run[0].Text) && !binds(run[len(run)-1].Text) && content(run[0].Text) &&
		strings.ContainsFunc(term, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// binding are single characters that bind words to others.
const binding = "的了和与及或等对在为是按给予其并将由从向以于至到内外中上下各该本此每不可应须所而且则但被把让使请经凡如若年月日元个项次家户人第条号"

func binds(word string) bool {
	return utf8.RuneCountInString(word) == 1 && strings.Contains(binding, word) ||
		slices.Contains([]string{"给予", "对于", "关于", "按照", "以及", "应当", "可以", "进行", "有关", "相关", "各级", "万元", "亿元", "企业", "单位", "人员", "项目"}, word)
}

// content tells a word from punctuation and from numbers.
func content(word string) bool {
	return strings.ContainsFunc(word, unicode.IsLetter)
}

// proposeMasks looks for longer words around those that earned a wrong tag.
func (s *Session) proposeMasks(ctx context.Context, g *group) (*Proposal, error) {
	with, _ := s.texts(g)
	var masks []string
	for _, at := range g.wrong {
		p := s.now[at.doc]
		for _, tag := range p.Tags {
			if tag.Dimension != g.dimension || tag.Code != g.code {
				continue
			}
			for _, e := range tag.Evidence {
				if w := s.longer(p, e, with); w != "" && !slices.Contains(masks, w) && len(masks) < maxMasks {
					masks = append(masks, w)
				}
			}
		}
	}
	if len(masks) == 0 {
		return nil, nil
	}
	tries := []Change{}
	for _, w := range masks[:min(len(masks), maxTried)] {
		tries = append(tries, Change{Dimension: g.dimension, Code: g.code, Role: rules.RoleNot, Words: []string{w}})
	}
	if len(masks) > 1 {
		tries = append(tries, Change{Dimension: g.dimension, Code: g.code, Role: rules.RoleNot, Words: masks})
	}
	return s.best(ctx, tries)
}

// longer is the term with the word after or before it, whichever is more
// frequent, that does not stand in documents which rightly have the tag, or "".
func (s *Session) longer(p *domain.Policy, e domain.Evidence, with []string) string {
	at := slices.IndexFunc(p.Clauses, func(c domain.Clause) bool { return c.Start <= e.Start && e.End <= c.End })
	if at < 0 {
		return ""
	}
	clause := &p.Clauses[at]
	var before, after string
	for _, t := range s.segment.Words(clause.Text) {
		start, end := t.Start+clause.Start, t.End+clause.Start
		switch {
		case !content(t.Text) || binds(t.Text):
		case end == e.Start:
			before = t.Text
		case start == e.End:
			after = t.Text
		case start < e.Start && e.End <= end || start <= e.Start && e.End < end: // within a longer word
			before, after = "", ""
			if !slices.ContainsFunc(with, func(text string) bool { return strings.Contains(text, t.Text) }) {
				return t.Text
			}
		}
	}
	best, times := "", 0
	for _, w := range []string{e.Text + after, before + e.Text, before + e.Text + after} {
		if w == e.Text || utf8.RuneCountInString(w) > 2*maxPhrase || slices.ContainsFunc(with, func(text string) bool { return strings.Contains(text, w) }) {
			continue
		}
		if n := strings.Count(p.Text, w); n > times {
			best, times = w, n
		}
	}
	return best
}

// proposeLean moves the point from which on a theme is assigned.
func (s *Session) proposeLean(ctx context.Context, g *group) (*Proposal, error) {
	if g.dimension != domain.ThemeTag || g.code[0] == 'Z' || len(g.missed) == len(g.wrong) {
		return nil, nil
	}
	sign := 1.0
	if len(g.wrong) > len(g.missed) {
		sign = -1
	}
	var tries []Change
	for _, step := range []float64{0.3, 0.6, 1.2} {
		tries = append(tries, Change{Dimension: g.dimension, Code: g.code, Role: rules.RoleLean, Lean: sign * step})
	}
	return s.best(ctx, tries)
}

// proposeFit fits the weights anew to labelled documents together with what
// officers say of themes. Without labelled documents there is too little to
// fit them to.
func (s *Session) proposeFit(ctx context.Context) (*Proposal, error) {
	if len(s.Labelled) == 0 {
		return nil, nil
	}
	var cases []tagging.Case
	for i := range s.Labelled {
		d := &s.Labelled[i]
		cases = append(cases, s.tagger.NewCase(d.ID, s.labelled[i], d.Themes, d.ThemesOptional))
	}
	for i, c := range s.cases {
		yes, no := said(c.Says, domain.SaidYes), said(c.Says, domain.SaidNo)
		if len(yes)+len(no) == 0 {
			continue
		}
		var optional []string
		for _, t := range s.rules.Themes.All() {
			if !slices.Contains(yes, t.Code) && !slices.Contains(no, t.Code) {
				optional = append(optional, t.Code)
			}
		}
		k := s.tagger.NewCase(c.Key, s.now[i], yes, optional)
		k.Short = c.ours
		cases = append(cases, k)
	}
	v, _ := tagging.Fit(cases)
	if v.Base == s.rules.Verdict.Base || math.IsNaN(v.Base) {
		return nil, nil
	}
	return s.best(ctx, []Change{{Dimension: domain.ThemeTag, Role: "verdict", Verdict: &v}})
}

// said are the themes that officers affirm or deny.
func said(says []domain.Correction, officer string) []string {
	var codes []string
	for i := range says {
		if says[i].Dimension == domain.ThemeTag && says[i].Officer == officer {
			codes = append(codes, says[i].Code)
		}
	}
	return codes
}

// proposeTests offers what is read as officers say already: nothing changes,
// and it stays so.
func (s *Session) proposeTests(context.Context) (*Proposal, error) {
	e := Effect{read: s.now}
	s.compare(&e, nil)
	p := &Proposal{ID: (&Change{}).id(), Effect: e}
	if len(s.Settled(nil, &e)) == 0 {
		return nil, nil
	}
	return p, nil
}
