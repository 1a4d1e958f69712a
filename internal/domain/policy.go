package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PolicyStatus is where a policy stands on its way to the public.
type PolicyStatus string

// The states of a policy, in order. A step is taken by the methods of Policy.
const (
	Draft     PolicyStatus = "draft"     // imported and read by the machine
	Reviewed  PolicyStatus = "reviewed"  // tags and measures confirmed by the drafter
	Approved  PolicyStatus = "approved"  // released by a second person
	Published PolicyStatus = "published" // public, and owed to its audience
	Amended   PolicyStatus = "amended"   // replaced by a later policy
	Withdrawn PolicyStatus = "withdrawn" // taken back
	Expired   PolicyStatus = "expired"   // its time is over
)

// Label returns the Chinese word for the state.
func (s PolicyStatus) Label() string {
	switch s {
	case Draft:
		return "待确认"
	case Reviewed:
		return "待审批"
	case Approved:
		return "待发布"
	case Published:
		return "已发布"
	case Amended:
		return "已被替代"
	case Withdrawn:
		return "已撤回"
	case Expired:
		return "已失效"
	default:
		return string(s)
	}
}

// Audience says for whom a document is written at all.
type Audience string

// The audiences of a document.
const (
	ForEnterprises Audience = "enterprise"
	ForResidents   Audience = "resident"
	ForBoth        Audience = "both"
	ForNobody      Audience = "neither" // work inside government: never pushed
)

// Label returns the Chinese words for whom it is.
func (a Audience) Label() string {
	switch a {
	case ForEnterprises:
		return "企业"
	case ForResidents:
		return "居民"
	case ForBoth:
		return "企业和居民"
	case ForNobody:
		return "政府内部（不推送）"
	default:
		return "未判定"
	}
}

// ClauseKind says what part of a document a clause is.
type ClauseKind string

// The kinds of clauses.
const (
	TitleClause     ClauseKind = "title"
	HeadClause      ClauseKind = "head"      // red head, number, addressee, navigation left over
	HeadingClause   ClauseKind = "heading"   // 一、 (一) 第一章, without further text
	TextClause      ClauseKind = "text"      // a paragraph, with or without a number
	TableClause     ClauseKind = "table"     // rows parted by "\n", cells by "\t"
	SignatureClause ClauseKind = "signature" // issuer and date under the text
	NoteClause      ClauseKind = "note"      // (此件公开发布), 抄送, 印发, attachments list
)

// Clause is a passage of the normalised text, [Start, End) in code points.
// Clauses follow one another and do not overlap; white space between them
// belongs to none.
type Clause struct {
	Path  string     `json:"path"`  // where it stands: "二/(四)/1", "第五条"; "" before the first heading
	Kind  ClauseKind `json:"kind"`  //
	Level int        `json:"level"` // depth of a heading, from 1; 0 for a paragraph
	Start int        `json:"start"`
	End   int        `json:"end"`
	Text  string     `json:"text"`
	Place string     `json:"place,omitempty"` // where it begins in the file, for people: 第2页第14行
}

// Dimension names a kind of tag.
type Dimension string

// The dimensions of tags; codes are those of the files under rules/.
const (
	ThemeTag          Dimension = "theme"           // Q01…, M01…, Z01…
	TaxTag            Dimension = "tax_kind"        // T01…, F01…
	BenefitTag        Dimension = "benefit_kind"    // B01…
	GroupTag          Dimension = "resident_group"  // G01…
	EnterpriseKindTag Dimension = "enterprise_kind" // TX…, QH…, Z…
	IndustryTag       Dimension = "industry"        // C, C34…
	RegionTag         Dimension = "region"          // 330603…
	KeywordTag        Dimension = "keyword"         // the word itself
)

// Dimensions lists the dimensions in the order of the pages.
func Dimensions() []Dimension {
	return []Dimension{ThemeTag, TaxTag, BenefitTag, GroupTag, EnterpriseKindTag, IndustryTag, RegionTag, KeywordTag}
}

// Label returns the Chinese name of the dimension.
func (d Dimension) Label() string {
	switch d {
	case ThemeTag:
		return "主题"
	case TaxTag:
		return "税费"
	case BenefitTag:
		return "支持方式"
	case GroupTag:
		return "居民群体"
	case EnterpriseKindTag:
		return "企业类型"
	case IndustryTag:
		return "行业"
	case RegionTag:
		return "地域"
	case KeywordTag:
		return "关键词"
	case FactCorrected:
		return "基本信息"
	case MeasureCorrected:
		return "政策点"
	default:
		return string(d)
	}
}

// TagState says how sure a tag is.
type TagState string

// The states of a tag. Assigned and Confirmed tags count; Suggested ones wait
// for a person and Removed ones are kept so that a second reading does not
// bring them back.
const (
	Suggested TagState = "suggested"
	Assigned  TagState = "assigned"
	Confirmed TagState = "confirmed"
	Removed   TagState = "removed"
)

// Label returns the Chinese word for the state.
func (s TagState) Label() string {
	switch s {
	case Suggested:
		return "建议"
	case Assigned:
		return "自动判定"
	case Confirmed:
		return "已确认"
	case Removed:
		return "已删除"
	default:
		return string(s)
	}
}

// Tag says that a document is about a code, with the words that earned it.
type Tag struct {
	Dimension Dimension  `json:"dimension"`
	Code      string     `json:"code"`
	Name      string     `json:"name,omitempty"` // the name of the code when the tag was made
	Score     float64    `json:"score"`
	State     TagState   `json:"state"`
	Evidence  []Evidence `json:"evidence,omitempty"`
}

// Counts tells whether matching and pages use the tag.
func (t Tag) Counts() bool { return t.State == Assigned || t.State == Confirmed }

// Benefit is what a measure gives. Amounts are yuan, rates are fractions
// (0.15 for 15 %); zero means that the text does not say.
type Benefit struct {
	Kind     string    `json:"kind,omitempty"`      // B01 …
	Tax      []string  `json:"tax,omitempty"`       // T01 …, F01 …
	Rate     float64   `json:"rate,omitempty"`      // 0.15
	FromRate float64   `json:"from_rate,omitempty"` // the rate before, where the text says "from … to …"
	Remains  bool      `json:"remains,omitempty"`   // the rate is what is still paid or counted: 减按1%征收
	Base     string    `json:"base,omitempty"`      // what the rate is taken of: 设备实际投资额
	Amount   float64   `json:"amount,omitempty"`    // yuan
	Tiers    []float64 `json:"tiers,omitempty"`     // yuan, in the order of the text
	Unit     string    `json:"unit,omitempty"`      // per what: 人·月, 亩, 床
	Once     bool      `json:"once,omitempty"`
	Cap      float64   `json:"cap,omitempty"` // yuan
	CapPer   string    `json:"cap_per,omitempty"`
	Months   int       `json:"months,omitempty"` // how long it is given
	Text     string    `json:"text,omitempty"`   // the words of the text, shortened for a card
}

// Gives tells whether the rate is a share that is given, or that need not be
// paid: 补助30%, 减征50%. 减按1%征收 and a lowered rate say what is still to be paid,
// 加计扣除100% what is left out of the income that is taxed: a base times these
// is not what anybody gets.
func (b Benefit) Gives() bool {
	switch b.Kind {
	case "B02": // 减征; measures that were read before Remains have the words
		return !b.Remains && !strings.Contains(b.Text, "减按")
	case "B03", "B04", "B05", "B08", "B20": // a lower rate, deductions, what is paid later
		return false
	}
	return true
}

// Per says of what an amount is one: 每人每月 for 人·月.
func (b Benefit) Per() string {
	if b.Unit == "" || strings.HasPrefix(b.Unit, "每") {
		return b.Unit
	}
	return "每" + strings.ReplaceAll(b.Unit, "·", "每")
}

// PerCap says for what the cap holds: 每户, 单个项目.
func (b Benefit) PerCap() string {
	if b.CapPer == "" || strings.ContainsAny(b.CapPer, "每单同累") { // 户, not 单个项目
		return b.CapPer
	}
	return "每" + b.CapPer
}

// Largest is the amount, or that of the highest step.
func (b Benefit) Largest() float64 {
	return max(b.Amount, slices.Max(append([]float64{0}, b.Tiers...)))
}

// Most is the largest sum that can be had in all, or 0: so much a person and month
// is no such sum.
func (b Benefit) Most() float64 {
	if b.Cap > 0 || b.Unit != "" {
		return b.Cap
	}
	return b.Largest()
}

// Worth compares amounts for each with each other: those of a month by a year of
// them, or as long as they are given.
func (b Benefit) Worth() float64 {
	switch {
	case strings.Contains(b.Unit, "月") && b.Months > 0:
		return b.Largest() * float64(b.Months)
	case strings.Contains(b.Unit, "月"):
		return b.Largest() * 12
	}
	return b.Largest()
}

// Largest returns the measure that gives the largest sum in all or, where none gives
// such a sum, the most for each; -1 if none says how much. inAll tells which.
func (p *Policy) Largest() (at int, inAll bool) {
	sum, each := -1, -1
	for i := range p.Measures {
		b := p.Measures[i].Benefit
		if most := b.Most(); most > 0 && (sum < 0 || most > p.Measures[sum].Benefit.Most()) {
			sum = i
		}
		if worth := b.Worth(); worth > 0 && (each < 0 || worth > p.Measures[each].Benefit.Worth()) {
			each = i
		}
	}
	if sum >= 0 {
		return sum, true
	}
	return each, false
}

// Window is when a measure can be had. Dates as in the package comment.
type Window struct {
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	Deadline string `json:"deadline,omitempty"` // last day to apply
	// Rounds are the last days to apply of rounds before the last, in order, and that to
	// apply online where the papers may follow.
	Rounds   []string `json:"rounds,omitempty"`
	Yearly   bool     `json:"yearly,omitempty"`   // From and To are MM-DD of each year; From may be open
	Relative string   `json:"relative,omitempty"` // 自取得营业执照之日起12个月内
}

// How says how a measure is had.
type How struct {
	Mode      string   `json:"mode,omitempty"` // automatic, apply
	Where     string   `json:"where,omitempty"`
	Materials []string `json:"materials,omitempty"`
	Within    string   `json:"within,omitempty"` // processing time promised
	Contact   string   `json:"contact,omitempty"`
}

// Measure (政策点) is the unit of matching and pushing: who gets what, how
// much, until when, how. Evidence is keyed by field name ("benefit.rate",
// "window.deadline", "criteria"); Unread lists passages that seemed to hold a
// condition and could not be read.
type Measure struct {
	ID       MeasureID             `json:"id"`
	Clause   string                `json:"clause"` // path of its clause
	Title    string                `json:"title"`  // at most 30 characters, for lists
	Text     string                `json:"text"`
	Start    int                   `json:"start"`
	End      int                   `json:"end"`
	Who      string                `json:"who,omitempty"` // the words that name the beneficiary
	Themes   []string              `json:"themes,omitempty"`
	Criteria Criteria              `json:"criteria"`
	Benefit  Benefit               `json:"benefit"`
	Window   Window                `json:"window"`
	How      How                   `json:"how"`
	Evidence map[string][]Evidence `json:"evidence,omitempty"`
	Unread   []string              `json:"unread,omitempty"`
	Check    []string              `json:"check,omitempty"` // what the officer is asked to look at: figures not read, nobody named
}

// Reference is another document that a text names.
type Reference struct {
	Title     string `json:"title,omitempty"`
	DocNumber string `json:"doc_number,omitempty"`
	Until     string `json:"until,omitempty"` // the day to which this document extends it
}

// String names the document as texts do: 《…》(云政发〔2024〕3号), and to when it
// is extended.
func (r Reference) String() string {
	s := r.DocNumber
	if r.Title != "" {
		s = "《" + r.Title + "》"
		if r.DocNumber != "" {
			s += "（" + r.DocNumber + "）"
		}
	}
	if r.Until != "" {
		s += "延至" + r.Until
	}
	return s
}

// Policy is one version of a document with what was understood of it.
type Policy struct {
	ID      PolicyID
	Office  OfficeID
	Version int // from 1; grows with every change after approval
	Status  PolicyStatus

	Title         string
	DocNumber     string // 发文字号, the document's own
	UnifiedCode   string // 统一编号
	Issuers       []string
	DocKind       string // D01 …
	Audience      Audience
	PublishDate   string
	EffectiveFrom string
	Expires       string
	ApplyDeadline string
	Replaces      []Reference // which end with this one
	Amends        []Reference // which it changes or extends
	Contact       string      // phone of the office that answers

	SourceName string // file name as imported
	SourceHash string // hex SHA-256 of the file
	Text       string // normalised text
	Clauses    []Clause
	Tags       []Tag
	Measures   []Measure
	// FactEvidence is where Text says the facts of the document, keyed as [Policy.Facts]
	// names them.
	FactEvidence map[string][]Evidence

	DraftedBy   OperatorID
	ReviewedBy  OperatorID
	ApprovedBy  OperatorID
	PublishedBy OperatorID
	CreatedAt   time.Time
	ReviewedAt  time.Time
	ApprovedAt  time.Time
	PublishedAt time.Time
	// NoInterpretation is the signed reason for publishing a kind that must
	// be interpreted without an approved interpretation (浙政办发〔2018〕112号).
	NoInterpretation string
	// EndedReason says why a policy was withdrawn.
	EndedReason string
}

// Codes returns the codes of the tags of one dimension that count.
func (p *Policy) Codes(d Dimension) []string {
	var codes []string
	for _, t := range p.Tags {
		if t.Dimension == d && t.Counts() {
			codes = append(codes, t.Code)
		}
	}
	return codes
}

// Review hands the policy to a second person. A policy without a title or
// without measures is not ready: there is nothing to tell anybody.
func (p *Policy) Review(by Operator, now time.Time) error {
	switch {
	case !by.May(DraftPolicies):
		return Errorf(Forbidden, "您没有起草权限，请由发布员提交")
	case p.Status != Draft:
		return Errorf(Conflict, "《%s》是“%s”，只有待确认的政策可以提交审批", p.Title, p.Status.Label())
	case p.Title == "":
		return Errorf(Invalid, "政策没有标题，请先填写标题").In("标题")
	case len(p.Measures) == 0:
		return Errorf(Invalid, "政策没有政策点，请先补充至少一个政策点").In("政策点")
	}
	p.Status, p.ReviewedBy, p.ReviewedAt = Reviewed, by.ID, now
	return nil
}

// Return gives the policy back to its drafter.
func (p *Policy) Return(by Operator) error {
	switch {
	case !by.May(ApprovePolicies) && by.ID != p.ReviewedBy:
		return Errorf(Forbidden, "您没有审批权限，不能退回")
	case p.Status != Reviewed && p.Status != Approved:
		return Errorf(Conflict, "《%s》是“%s”，不能退回", p.Title, p.Status.Label())
	}
	p.Status, p.ReviewedBy, p.ApprovedBy = Draft, 0, 0
	return nil
}

// Approve releases a reviewed policy. It takes a second person: neither who
// drafted nor who reviewed may approve.
func (p *Policy) Approve(by Operator, now time.Time) error {
	switch {
	case !by.May(ApprovePolicies):
		return Errorf(Forbidden, "您没有审批权限，请由审核员审批")
	case p.Status != Reviewed:
		return Errorf(Conflict, "《%s》是“%s”，只有待审批的政策可以审批", p.Title, p.Status.Label())
	case by.ID == p.DraftedBy || by.ID == p.ReviewedBy:
		return Errorf(Forbidden, "起草人不能审批自己提交的政策，请由另一位工作人员审批")
	}
	p.Status, p.ApprovedBy, p.ApprovedAt = Approved, by.ID, now
	return nil
}

// Publish makes an approved policy public. interpreted tells whether an
// approved interpretation stands beside it and mustInterpret whether its kind
// demands one; if it does and there is none, NoInterpretation must say why.
func (p *Policy) Publish(by Operator, interpreted, mustInterpret bool, now time.Time) error {
	switch {
	case !by.May(DraftPolicies) && !by.May(ApprovePolicies):
		return Errorf(Forbidden, "您没有发布权限")
	case p.Status == Published:
		return Errorf(Conflict, "《%s》已经发布，不会再发布一次", p.Title)
	case p.Status != Approved:
		return Errorf(Conflict, "《%s》尚未通过审批，不能发布", p.Title)
	case mustInterpret && !interpreted && p.NoInterpretation == "":
		return Errorf(Conflict, "这类文件应当解读：请先加一条解读，或写明不解读的理由")
	}
	p.Status, p.PublishedBy, p.PublishedAt = Published, by.ID, now
	return nil
}

// Supplement tells whether a published policy may be pushed once more, to whom
// it has come to concern since.
func (p *Policy) Supplement(by Operator, day string) error {
	switch {
	case !by.May(DraftPolicies) && !by.May(ApprovePolicies):
		return Errorf(Forbidden, "您没有发布权限")
	case !p.InForce(day):
		return Errorf(Conflict, "《%s》没有发布或已失效，不能补充推送", p.Title)
	case !p.Pushable():
		return Errorf(Conflict, "《%s》是政府内部事项，不推送", p.Title)
	}
	return nil
}

// Withdraw takes a published policy back. What is still owed is not sent.
func (p *Policy) Withdraw(by Operator, reason string) error {
	switch {
	case !by.May(ApprovePolicies):
		return Errorf(Forbidden, "您没有审批权限，不能撤回")
	case p.Status != Published:
		return Errorf(Conflict, "《%s》是“%s”，只有已发布的政策可以撤回", p.Title, p.Status.Label())
	case reason == "":
		return Errorf(Invalid, "请写明撤回理由").In("理由")
	}
	p.Status, p.EndedReason = Withdrawn, reason
	return nil
}

// Editable tells whether tags, measures and fields may still be changed.
func (p *Policy) Editable() bool { return p.Status == Draft }

// InForce tells whether the policy can be had on a day (YYYY-MM-DD).
func (p *Policy) InForce(day string) bool {
	return p.Status == Published && (p.Expires == "" || p.Expires >= day[:min(len(day), len(p.Expires))])
}

// Pushable tells whether the policy may be pushed at all: work inside
// government is not.
func (p *Policy) Pushable() bool {
	return p.Audience != ForNobody && !slices.ContainsFunc(p.Codes(ThemeTag), func(c string) bool { return c[0] == 'Z' })
}

// ValidateCriteria refuses criteria that are not well formed or larger than can
// be asked, and names their measure.
func (p *Policy) ValidateCriteria() error {
	trees := make([]Criteria, len(p.Measures))
	for i := range p.Measures {
		trees[i] = p.Measures[i].Criteria
		if p.Audience != ForNobody { // who asks nobody asks for nothing that could be too much
			trees[i] = p.CriteriaOf(&p.Measures[i])
		}
	}
	at, err := ValidateAll(trees)
	if err != nil {
		return Errorf(Invalid, "政策点“%s”的条件不能用：%s", p.Measures[at].Title, err.Error())
	}
	return nil
}

// DeadlineOf returns the last day to apply for a measure, YYYY-MM-DD: its own,
// or that of the document if one has to apply. A month ends on its last day. It
// is "" if none is said.
func (p *Policy) DeadlineOf(m *Measure) string {
	switch {
	case m.Window.Deadline != "":
		return lastDayOf(m.Window.Deadline)
	case m.How.Mode == "automatic": // nobody applies
		return ""
	}
	return lastDayOf(p.ApplyDeadline)
}

// DeadlinesOf returns the last days to apply for a measure, in order: DeadlineOf, those of
// the rounds before, or the last day of its window in each year, as long as the policy
// is in force or for yearsAhead.
func (p *Policy) DeadlinesOf(m *Measure) []string {
	days := []string{}
	add := func(day string) {
		if day = lastDayOf(day); day != "" {
			days = append(days, day)
		}
	}
	for _, day := range m.Window.Rounds {
		add(day)
	}
	if w := m.Window; w.Yearly && w.Deadline == "" && w.To != "" && m.How.Mode == "apply" {
		begin, _, known := DateRange(cmp.Or(p.EffectiveFrom, p.PublishDate))
		if !known {
			return days
		}
		ends := lastDayOf(p.Expires)
		for year := begin / 10000; year <= begin/10000+yearsAhead; year++ {
			day := fmt.Sprintf("%04d-%s", year, w.To)
			if _, last, ok := DateRange(day); ok && last >= begin && (ends == "" || day <= ends) {
				days = append(days, day)
			}
		}
		return days
	}
	add(p.DeadlineOf(m))
	return days
}

// yearsAhead is for how many years the last days are told of what can be had every
// year and has no end.
const yearsAhead = 10

// lastDayOf is the last day of a date or month, or "": a year is no deadline.
func lastDayOf(said string) string {
	_, last, ok := DateRange(said)
	if !ok || len(said) < len("2006-01") {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", last/10000, last/100%100, last%100)
}

// Deadlines returns the last days to apply for what the policy gives, in order,
// each once: those of its measures, or its own if they have none.
func (p *Policy) Deadlines() []string {
	days := []string{}
	for i := range p.Measures {
		days = append(days, p.DeadlinesOf(&p.Measures[i])...)
	}
	if own := lastDayOf(p.ApplyDeadline); len(days) == 0 && own != "" {
		return []string{own}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// NextDeadline returns, of days in order, the first that is not over today, so
// that nothing is called over that can still be had; or the last, or "" of none.
func NextDeadline(days []string, today string) string {
	for _, day := range days {
		if day >= today {
			return day
		}
	}
	if len(days) == 0 {
		return ""
	}
	return days[len(days)-1]
}

// Extend changes the last day to apply that the document says (YYYY-MM-DD,
// YYYY-MM, or "" for none), for the measures too that have the same.
func (p *Policy) Extend(day string) {
	for i := range p.Measures {
		if w := &p.Measures[i].Window; w.Deadline != "" && w.Deadline == p.ApplyDeadline {
			w.Deadline = day
		}
	}
	p.ApplyDeadline = day
}

// EndsOn tells whether a day is the last to apply for one of the measures.
func (p *Policy) EndsOn(day string) bool {
	return slices.ContainsFunc(p.Measures, func(m Measure) bool { return slices.Contains(p.DeadlinesOf(&m), day) })
}

// CriteriaOf returns the criteria of a measure together with what the document
// says as a whole: one that is written for enterprises, residents or nobody
// asks for that kind where the measure does not itself ask for a kind.
func (p *Policy) CriteriaOf(m *Measure) Criteria {
	kind := Enterprise
	switch p.Audience {
	case ForEnterprises:
	case ForResidents:
		kind = Resident
	case ForNobody:
		return Criteria{Any: []Criteria{}}
	default:
		return m.Criteria
	}
	asked := false
	m.Criteria.Leaves(func(c *Condition) { asked = asked || c.Field == FieldKind })
	if asked {
		return m.Criteria
	}
	return AllOf(Leaf(Condition{Field: FieldKind, Op: In, Values: []string{string(kind)}}), m.Criteria)
}
