package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/matching"
)

const (
	sampleSize = 6 // persons shown as examples
	barsShown  = 6 // values of a breakdown
)

// reach is how many a policy concerns.
type reach struct{ likely, possible int }

// query asks whom a push of a policy would tell today. ok is false if it is
// pushed to nobody.
func (s *Server) query(ctx context.Context, p *domain.Policy) (q audience.Query, ok bool, err error) {
	if !p.Pushable() {
		return q, false, nil
	}
	q, err = audience.QueryFor(ctx, s.Store, p, s.today())
	return q, true, err
}

// preview is whom a push of a policy would tell today, with what is asked.
func (s *Server) preview(ctx context.Context, p *domain.Policy) (audience.Result, audience.Query, error) {
	q, ok, err := s.query(ctx, p)
	if !ok || err != nil {
		return audience.Result{Likely: roaring.New(), Possible: roaring.New()}, q, err
	}
	return s.Index.Evaluate(q), q, nil
}

// concerned is whom a policy concerns today, told or not: to compare it with
// another one.
func (s *Server) concerned(p *domain.Policy) audience.Result {
	if !p.Pushable() {
		return audience.Result{Likely: roaring.New(), Possible: roaring.New()}
	}
	return s.Index.Evaluate(audience.QueryOf(p, s.today()))
}

// reach asks the index how many a push of a policy would tell today.
func (s *Server) reach(ctx context.Context, p *domain.Policy) (reach, error) {
	q, ok, err := s.query(ctx, p)
	if !ok || err != nil {
		return reach{}, err
	}
	n := s.Index.Count(q)
	return reach{n.Likely, n.Possible}, nil
}

// contradiction names two conditions of a measure that nobody meets both, or
// returns "".
func (s *Server) contradiction(p *domain.Policy) string {
	for i := range p.Measures {
		criteria := p.CriteriaOf(&p.Measures[i])
		if found := audience.Conflicts(&criteria); len(found) > 0 {
			return "请检查政策点“" + cutRunes(p.Measures[i].Title, 30) + "”：条件" + found[0].Describe(s.Rules.ValueName) + "。"
		}
	}
	return ""
}

// since says how the audience changed, or "".
func (r reach) since(before reach) string {
	if r == before {
		return ""
	}
	return fmt.Sprintf("受众：适用可能性高%s → %s，可能适用%s → %s。", thousands(before.likely), thousands(r.likely), thousands(before.possible), thousands(r.possible))
}

// thousands writes 12345 as 12,345.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// audienceView is whom a policy would reach.
type audienceView struct {
	Pushable  bool
	Likely    int
	Possible  int
	All       int // subscribers at all
	LeftOut   int // told before, or it is not for them
	Warning   string
	Kinds     []bar
	Breaks    []breakdown
	Channels  []reachedRow
	Sample    []sampleRow
	NextSeed  uint64
	Cross     crossView
	Measures  int
	Unlimited []string // measures that ask for nothing
}

// Sum is everybody whom the policy may concern.
func (v audienceView) Sum() int { return v.Likely + v.Possible }

// breakdown divides the audience by one fact.
type breakdown struct {
	Caption string
	Class   string
	Rows    []bar
}

// reachedRow is how many a channel reaches, and how often it may be used.
type reachedRow struct {
	Name  string
	N     int
	Often string
}

// bar is one line of a breakdown.
type bar struct {
	Name  string
	N     int
	Share string // percent of the audience
	Width string // 0 to 100, of the longest bar
}

// sampleRow is one person of the audience, masked, with the reasons.
type sampleRow struct {
	ID       domain.SubscriberID
	Name     string
	Facts    string
	Verdict  domain.Verdict
	Measure  string
	Reasons  []reasonView
	Ask      string
	Channels string
}

// seedOf reads which sample is asked for.
func seedOf(text string) uint64 {
	seed, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 1
	}
	return seed
}

func (s *Server) audienceView(ctx context.Context, p *domain.Policy, set audience.Result, q audience.Query, seed uint64) (audienceView, error) {
	v := audienceView{
		Pushable: p.Pushable(), All: s.Index.Len(), NextSeed: seed + 1, Measures: len(p.Measures),
		Likely: int(set.Likely.GetCardinality()), Possible: int(set.Possible.GetCardinality()),
	}
	if q.Without != nil {
		v.LeftOut = int(q.Without.GetCardinality())
	}
	for i := range p.Measures {
		if p.Measures[i].Criteria.IsZero() {
			v.Unlimited = append(v.Unlimited, p.Measures[i].Title)
		}
	}
	v.warn()
	if found := s.contradiction(p); found != "" {
		v.Warning = found + v.Warning
	}
	if v.Sum() == 0 {
		return v, nil
	}
	everybody := set.Everybody()
	v.Kinds = s.kinds(everybody)
	v.Breaks = s.breakdowns(everybody)
	s.countChannels(&v, p, everybody)
	return v, s.addSample(ctx, &v, p, everybody, set, seed)
}

// warn names what is most likely a mistake: nobody, or everybody.
func (v *audienceView) warn() {
	switch {
	case !v.Pushable:
	case v.LeftOut > 0 && v.Sum() == 0: // said beside the numbers
	case v.All == 0:
		v.Warning = "还没有订阅者，发布后只在政策库公开。"
	case v.Measures == 0:
		v.Warning = "没有政策点，没有人会收到。请先补充政策点。"
	case v.Sum() == 0:
		v.Warning = "没有人会收到。请检查政策点的地域和其他条件，主题是否有人订阅。"
	case v.Sum()*100 >= v.All*95:
		v.Warning = "几乎所有订阅者都会收到。请检查是不是漏了条件：没有条件的政策点对谁都适用。"
	}
}

func (s *Server) kinds(set *roaring.Bitmap) []bar {
	counts := s.Index.CountBy(set, audience.ByKind)
	return bars(counts, func(code string) string { return kindLabel(domain.SubscriberKind(code)) })
}

func kindLabel(k domain.SubscriberKind) string {
	switch k {
	case domain.Enterprise:
		return "企业"
	case domain.Resident:
		return "居民"
	default:
		return "未说明"
	}
}

func (s *Server) places(set *roaring.Bitmap) []bar {
	return bars(s.Index.CountBy(set, audience.ByTown), func(code string) string {
		if d := s.Rules.Divisions.Find(code); d != nil {
			return d.Name
		}
		return orUnstated(code)
	})
}

func (s *Server) breakdowns(set *roaring.Bitmap) []breakdown {
	breaks := []breakdown{{"按地区", "s1", s.places(set)}}
	for _, b := range []struct {
		caption, class string
		dim            audience.Dim
		field          domain.Field
	}{{"企业按行业", "s3", audience.ByIndustry, domain.FieldIndustry}, {"企业按规模", "s2", audience.BySize, domain.FieldSize}} {
		var counts []audience.Count
		for _, n := range s.Index.CountBy(set, audience.ByKind, b.dim) {
			if n.Values[0] == string(domain.Enterprise) {
				counts = append(counts, audience.Count{Values: n.Values[1:], N: n.N})
			}
		}
		if len(counts) > 0 {
			breaks = append(breaks, breakdown{b.caption, b.class, bars(counts, func(code string) string {
				if code == "" {
					return "未说明"
				}
				return s.Rules.ValueName(b.field, code)
			})})
		}
	}
	return breaks
}

func orUnstated(s string) string {
	if s == "" {
		return "未说明"
	}
	return s
}

// bars makes lines of counts, the largest first; what does not fit is summed
// up in 其他.
func bars(counts []audience.Count, name func(string) string) []bar {
	total, longest := 0, 1
	rows := make([]bar, 0, barsShown+1)
	other := bar{Name: "其他"}
	for _, n := range counts {
		total += n.N
		if len(rows) < barsShown {
			rows = append(rows, bar{Name: name(n.Values[0]), N: n.N})
		} else {
			other.N += n.N
		}
	}
	if other.N > 0 {
		rows = append(rows, other)
	}
	for _, r := range rows {
		longest = max(longest, r.N)
	}
	for i := range rows {
		rows[i].Width = trimmed(float64(rows[i].N) * 100 / float64(longest))
		rows[i].Share = strconv.Itoa((rows[i].N*100+total/2)/max(1, total)) + "%"
	}
	return rows
}

// countChannels counts who is reached over which channel, and how often the
// channel may be used.
func (s *Server) countChannels(v *audienceView, p *domain.Policy, set *roaring.Bitmap) {
	themes := p.Codes(domain.ThemeTag)
	reached := s.Index.CountWays(set, themes, s.Rules.RolesFor(themes))
	total := int(set.GetCardinality())
	for _, kind := range domain.Channels() {
		n, often := 0, []string(nil)
		for _, when := range []domain.Frequency{domain.Now, domain.Daily, domain.Weekly} {
			if of := reached.Ways[domain.Way{Channel: kind, When: when}]; of > 0 {
				n += of
				often = append(often, when.Label()+thousands(of))
			}
		}
		if kind == domain.App {
			n = total
		}
		if n == 0 && s.Modes[kind] == "off" {
			continue
		}
		name := kind.Label()
		if kind == domain.App && reached.First > 0 {
			often = []string{fmt.Sprintf("其中%s先看站内消息，未读再发", thousands(reached.First))}
		}
		switch s.Modes[kind] {
		case "log":
			name += "（只记入发件箱）"
		case "off":
			name += "（未开通）"
		}
		v.Channels = append(v.Channels, reachedRow{Name: name, N: n, Often: strings.Join(often, "，")})
	}
}

// addSample shows some of the audience with the reasons why each is in it.
func (s *Server) addSample(ctx context.Context, v *audienceView, p *domain.Policy, set *roaring.Bitmap, result audience.Result, seed uint64) error {
	people, err := s.Store.SubscribersIn(ctx, audience.Sample(set, sampleSize, seed))
	if err != nil {
		return err
	}
	for _, person := range people {
		v.Sample = append(v.Sample, s.sampleRow(p, person, result.Likely.Contains(uint32(person.ID))))
	}
	return nil
}

// sampleRow shows a member of the audience of a policy with the reasons.
func (s *Server) sampleRow(p *domain.Policy, person *domain.Subscriber, likely bool) sampleRow {
	row := sampleRow{ID: person.ID, Name: maskName(person), Facts: s.maskedFacts(&person.Profile), Channels: channelsOf(person), Verdict: domain.Possible}
	if likely {
		row.Verdict = domain.Likely
	}
	_, matches := matching.MatchPolicy(p, &person.Profile, s.today(), s.Rules.ValueName)
	for i, m := range matches {
		if m.Verdict != row.Verdict {
			continue
		}
		row.Measure = p.Measures[i].Title
		row.Reasons = reasonsOf(p, m.Reasons)
		if len(m.Ask) > 0 {
			row.Ask = m.Ask[0].Text
		}
		break
	}
	return row
}

func reasonsOf(p *domain.Policy, reasons []matching.Reason) []reasonView {
	var v matchView
	for _, r := range reasons {
		v.addReason(p, r)
	}
	return v.Reasons
}

// maskedFacts says in a few words who somebody is, without what could identify
// them: of a resident no group, which may be sensitive.
func (s *Server) maskedFacts(p *domain.Profile) string {
	var facts []string
	add := func(f domain.Field, code string) {
		if code != "" {
			facts = append(facts, s.Rules.ValueName(f, code))
		}
	}
	if d := s.Rules.Divisions.Find(p.Region); d != nil {
		facts = append(facts, d.Name)
	}
	add(domain.FieldIndustry, p.Industry)
	add(domain.FieldSize, p.Size)
	if p.Staff != nil {
		facts = append(facts, fmt.Sprintf("%d人", *p.Staff))
	}
	if p.Kind == domain.Resident {
		if lo, hi, ok := p.Number(domain.FieldAge, s.today()); ok {
			facts = append(facts, ageText(lo, hi))
		}
	}
	if len(facts) == 0 {
		return "情况未填写"
	}
	return strings.Join(facts, "，")
}

// ageText gives an age to the decade.
func ageText(lo, hi int64) string {
	if lo/10 == hi/10 {
		return fmt.Sprintf("%d多岁", lo/10*10)
	}
	return fmt.Sprintf("%d岁左右", hi)
}

func channelsOf(person *domain.Subscriber) string {
	said := []string{domain.App.Label()}
	for _, contact := range person.Contacts {
		if label := contact.Kind.Label(); contact.Verified && contact.Suppressed == "" && !slices.Contains(said, label) {
			said = append(said, label)
		}
	}
	return strings.Join(said, "、")
}

// maskName hides what tells one from another: 云川恒达精密机械有限公司 is 云川**精密机械有限公司, and a
// resident keeps the family name.
func maskName(person *domain.Subscriber) string {
	name := []rune(person.Name)
	switch {
	case len(name) == 0:
		return fmt.Sprintf("%s%d号", kindLabel(person.Profile.Kind), person.ID)
	case person.Profile.Kind == domain.Resident || len(name) < 7:
		return string(name[0]) + strings.Repeat("*", max(1, len(name)-1))
	default:
		return string(name[:2]) + "**" + string(name[4:])
	}
}
