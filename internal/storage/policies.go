package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// PolicyFilter says which policies a list shows. Zero fields do not restrict.
type PolicyFilter struct {
	IDs         []domain.PolicyID
	Statuses    []domain.PolicyStatus
	Office      domain.OfficeID
	Theme       string // a code
	Audience    string // enterprise and resident also show what is for both
	Query       string // part of the title, the number or the text
	InForceOn   string // YYYY-MM-DD: published and not expired on that day
	OpenOn      string // YYYY-MM-DD: has a last day to apply that is that day or later
	Explained   bool   // has an approved interpretation, of the kind ExplainedAs if that is set
	ExplainedAs interpretations.Kind
	Unexplained bool // has no approved interpretation
	// PublishedFrom and PublishedBefore are when it was published here; the second
	// is not included.
	PublishedFrom, PublishedBefore time.Time
	Limit                          int // 0: all
	Offset                         int
	// Order is "": the last published here first; "date": by the date of the
	// document, as readers see it, the latest first; "deadline": the next deadline
	// first, those over on Today and none last.
	Order string
	Today string // YYYY-MM-DD, for Order
}

// PolicySummary is a policy as lists show it.
type PolicySummary struct {
	ID            domain.PolicyID
	Office        domain.OfficeID
	Version       int
	Title         string
	DocNumber     string
	Issuers       []string
	Status        domain.PolicyStatus
	Audience      domain.Audience
	PublishDate   string
	EffectiveFrom string
	Expires       string
	Deadlines     []string // YYYY-MM-DD in order, the last days to apply for what it gives
	Themes        []string
	Measures      int
	FirstMeasure  string // its title
	PublishedAt   time.Time
	DraftedBy     domain.OperatorID
}

// policyColumns are written in this order by policyValues and read by
// scanPolicy, after the id.
const policyColumns = `office_id, version, status, title, doc_number, unified_code, issuers, doc_kind, audience,
	publish_date, effective_from, expires, apply_deadline, replaces, amends, contact, source_name, source_hash, text,
	clauses, tags, measures, drafted_by, reviewed_by, approved_by, published_by, created_at, reviewed_at,
	approved_at, published_at, no_interpretation, ended_reason, themes, measure_count, first_measure, deadlines, fact_evidence`

func policyValues(p *domain.Policy) []any {
	themes, deadlines, first := p.Codes(domain.ThemeTag), p.Deadlines(), ""
	if len(p.Measures) > 0 {
		first = p.Measures[0].Title
	}
	return []any{
		p.Office, p.Version, p.Status, p.Title, p.DocNumber, p.UnifiedCode, asJSON(&p.Issuers), p.DocKind, p.Audience,
		p.PublishDate, p.EffectiveFrom, p.Expires, p.ApplyDeadline, asJSON(&p.Replaces), asJSON(&p.Amends), p.Contact, p.SourceName, p.SourceHash, p.Text,
		asJSON(&p.Clauses), asJSON(&p.Tags), asJSON(&p.Measures), p.DraftedBy, p.ReviewedBy, p.ApprovedBy, p.PublishedBy,
		micros(p.CreatedAt), micros(p.ReviewedAt), micros(p.ApprovedAt), micros(p.PublishedAt),
		p.NoInterpretation, p.EndedReason, asJSON(&themes), len(p.Measures), first, asJSON(&deadlines), asJSON(&p.FactEvidence),
	}
}

func scanPolicy(row scanner, p *domain.Policy) error {
	var themes, first, deadlines string
	var measures int
	err := row.Scan(&p.ID,
		&p.Office, &p.Version, &p.Status, &p.Title, &p.DocNumber, &p.UnifiedCode, asJSON(&p.Issuers), &p.DocKind, &p.Audience,
		&p.PublishDate, &p.EffectiveFrom, &p.Expires, &p.ApplyDeadline, asJSON(&p.Replaces), asJSON(&p.Amends), &p.Contact, &p.SourceName, &p.SourceHash, &p.Text,
		asJSON(&p.Clauses), asJSON(&p.Tags), measuresColumn{&p.Measures}, &p.DraftedBy, &p.ReviewedBy, &p.ApprovedBy, &p.PublishedBy,
		timeInto(&p.CreatedAt), timeInto(&p.ReviewedAt), timeInto(&p.ApprovedAt), timeInto(&p.PublishedAt),
		&p.NoInterpretation, &p.EndedReason, &themes, &measures, &first, &deadlines, asJSON(&p.FactEvidence))
	if err != nil {
		return err
	}
	return p.ValidateCriteria() // whatever wrote it
}

// measuresColumn reads measures; what cannot be read, or is deeper than JSON
// may be, is told to people.
type measuresColumn struct{ measures *[]domain.Measure }

// Scan implements sql.Scanner.
func (c measuresColumn) Scan(src any) error {
	if err := asJSON(c.measures).Scan(src); err != nil {
		return domain.Errorf(domain.Invalid, "这份政策的政策点在数据库中已损坏，请从备份恢复").Because(err)
	}
	return nil
}

// CreatePolicy inserts a policy and sets its ID and Version (1). It fails with
// Conflict if the office has a policy with that number already.
func (s *Store) CreatePolicy(ctx context.Context, p *domain.Policy) error {
	if err := p.ValidateCriteria(); err != nil {
		return err
	}
	p.Version = 1
	values := policyValues(p)
	q := `INSERT INTO policies (` + policyColumns + `) VALUES (` + places(1, len(values)) + `) RETURNING id`
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, q, values...).Scan(&p.ID); err != nil {
			return err
		}
		return notePolicy(ctx, tx, p.ID)
	})
	if isTaken(err) {
		return s.sameNumber(ctx, p)
	}
	if err != nil {
		return fmt.Errorf("insert policy: %w", err)
	}
	return nil
}

// sameNumber names the policy whose number p wants.
func (s *Store) sameNumber(ctx context.Context, p *domain.Policy) error {
	const q = `SELECT title FROM policies WHERE office_id = $1 AND doc_number = $2 AND status <> 'withdrawn' AND id <> $3`
	var other string
	if err := s.read.QueryRowContext(ctx, q, p.Office, p.DocNumber, p.ID).Scan(&other); err != nil {
		other = "另一份文件"
	}
	return domain.Errorf(domain.Conflict, "文号“%s”已被《%s》使用，请核对文号，或打开那份文件修改", p.DocNumber, other).In("文号")
}

// SavePolicy writes every field of a policy whose version and status are still
// p.Version and was. It fails with Conflict if they are not: somebody else was
// first.
func (s *Store) SavePolicy(ctx context.Context, p *domain.Policy, was domain.PolicyStatus) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error { return savePolicy(ctx, tx, p, was) })
	if isTaken(err) {
		return s.sameNumber(ctx, p)
	}
	return err
}

func savePolicy(ctx context.Context, tx *sql.Tx, p *domain.Policy, was domain.PolicyStatus) error {
	return saveOver(ctx, tx, p, p.Version, was)
}

// saveOver writes a policy over the version and status that it had.
func saveOver(ctx context.Context, tx *sql.Tx, p *domain.Policy, version int, was domain.PolicyStatus) error {
	if err := p.ValidateCriteria(); err != nil {
		return err
	}
	values := policyValues(p)
	update := `UPDATE policies SET (` + policyColumns + `) = (` + places(4, len(values)) + `)
		WHERE id = $1 AND version = $2 AND status = $3`
	n, err := changed(ctx, tx, update, append([]any{p.ID, version, was}, values...)...)
	if err != nil {
		return fmt.Errorf("save policy %d: %w", p.ID, err)
	}
	if n == 0 {
		return domain.Errorf(domain.Conflict, policyChanged, p.Title)
	}
	return notePolicy(ctx, tx, p.ID)
}

// LastPolicyChange returns a number that grows whenever a policy is published
// or ends, and when what stands beside a public one changes (explanations,
// answered questions), for those who keep a copy of what is public.
func (s *Store) LastPolicyChange(ctx context.Context) (int64, error) {
	var last int64
	err := s.read.QueryRowContext(ctx, `SELECT COALESCE(MAX(value), 0) FROM counters WHERE name = 'policy_changes'`).Scan(&last)
	return last, err
}

// PublishedPolicies returns the versions of the published policies.
func (s *Store) PublishedPolicies(ctx context.Context) (map[domain.PolicyID]int, error) {
	published := map[domain.PolicyID]int{}
	err := each(ctx, s.read, func(row scanner) error {
		var id domain.PolicyID
		var version int
		err := row.Scan(&id, &version)
		published[id] = version
		return err
	}, `SELECT id, version FROM policies WHERE status = 'published'`)
	return published, err
}

// Policy returns a policy with its text, tags and measures, or NotFound.
func (s *Store) Policy(ctx context.Context, id domain.PolicyID) (*domain.Policy, error) {
	var p domain.Policy
	if err := scanPolicy(s.read.QueryRowContext(ctx, `SELECT id, `+policyColumns+` FROM policies WHERE id = $1`, id), &p); err != nil {
		return nil, notFound(err, noPolicy)
	}
	return &p, nil
}

const summaryColumns = `p.id, p.office_id, p.version, p.title, p.doc_number, p.issuers, p.status, p.audience, p.publish_date,
	p.effective_from, p.expires, p.deadlines, p.themes, p.measure_count, p.first_measure, p.published_at, p.drafted_by`

func summaryInto(p *PolicySummary) []any {
	return []any{
		&p.ID, &p.Office, &p.Version, &p.Title, &p.DocNumber, asJSON(&p.Issuers), &p.Status, &p.Audience, &p.PublishDate,
		&p.EffectiveFrom, &p.Expires, asJSON(&p.Deadlines), asJSON(&p.Themes), &p.Measures, &p.FirstMeasure,
		timeInto(&p.PublishedAt), &p.DraftedBy,
	}
}

// Policies returns a page of a list and how many policies the whole list has.
func (s *Store) Policies(ctx context.Context, f PolicyFilter) ([]PolicySummary, int, error) {
	where, args := f.where()
	var total int
	if err := s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM policies p WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count policies: %w", err)
	}
	order := `CASE WHEN p.published_at > 0 THEN p.published_at ELSE p.created_at END DESC, p.id DESC`
	switch f.Order {
	case "date":
		order = `p.publish_date DESC, ` + order
	case "deadline":
		next := `(SELECT MIN(value) FROM ` + s.dialect.deadlines + ` WHERE value >= ` + param(&args, f.Today) + `)`
		order = `CASE WHEN p.deadlines <> '[]' THEN ` + next + ` END NULLS LAST, p.deadlines = '[]', p.deadlines, p.id DESC`
	}
	page := ""
	if f.Limit > 0 {
		page = ` LIMIT ` + param(&args, f.Limit) + ` OFFSET ` + param(&args, f.Offset)
	}
	found, err := list(ctx, s.read, func(row scanner, p *PolicySummary) error { return row.Scan(summaryInto(p)...) },
		`SELECT `+summaryColumns+` FROM policies p WHERE `+where+` ORDER BY `+order+page, args...)
	return found, total, err
}

// Alike returns the policies that have the title or the number of one, of any
// office, the newest first: perhaps the same document twice. Those withdrawn
// are left out.
func (s *Store) Alike(ctx context.Context, p *domain.Policy) ([]PolicySummary, error) {
	const q = `
		SELECT ` + summaryColumns + ` FROM policies p
		WHERE p.id <> $1 AND p.status <> 'withdrawn' AND (p.title <> '' AND p.title = $2 OR p.doc_number <> '' AND p.doc_number = $3)
		ORDER BY p.id DESC LIMIT 5`
	return list(ctx, s.read, func(row scanner, p *PolicySummary) error { return row.Scan(summaryInto(p)...) }, q, p.ID, p.Title, p.DocNumber)
}

// param appends an argument and returns its placeholder.
func param(args *[]any, v any) string {
	*args = append(*args, v)
	return places(len(*args), 1)
}

func (f PolicyFilter) where() (string, []any) {
	all, args := []string{"1 = 1"}, []any{}
	if len(f.IDs) > 0 {
		var in []string
		for _, id := range f.IDs {
			in = append(in, param(&args, id))
		}
		all = append(all, `p.id IN (`+strings.Join(in, ",")+`)`)
	}
	if len(f.Statuses) > 0 {
		var in []string
		for _, status := range f.Statuses {
			in = append(in, param(&args, status))
		}
		all = append(all, `p.status IN (`+strings.Join(in, ",")+`)`)
	}
	if f.Office != 0 {
		all = append(all, `p.office_id = `+param(&args, f.Office))
	}
	if f.Theme != "" {
		all = append(all, `p.themes LIKE `+param(&args, `%"`+likeLiteral(f.Theme)+`"%`)+` ESCAPE '!'`)
	}
	switch domain.Audience(f.Audience) {
	case "":
	case domain.ForEnterprises, domain.ForResidents:
		all = append(all, `p.audience IN (`+param(&args, f.Audience)+`, 'both')`)
	default:
		all = append(all, `p.audience = `+param(&args, f.Audience))
	}
	if f.Query != "" {
		like := param(&args, `%`+likeLiteral(f.Query)+`%`) + ` ESCAPE '!'`
		all = append(all, `(p.title LIKE `+like+` OR p.doc_number LIKE `+like+` OR p.text LIKE `+like+`)`)
	}
	if f.InForceOn != "" { // as domain.Policy.InForce
		day := param(&args, f.InForceOn)
		all = append(all, `p.status = 'published' AND (p.expires = '' OR p.expires >= SUBSTR(`+day+`, 1, LENGTH(p.expires)))`)
	}
	if f.OpenOn != "" { // the days stand in order: the last of them is at the end
		all = append(all, `LENGTH(p.deadlines) > 12 AND SUBSTR(p.deadlines, LENGTH(p.deadlines) - 11, 10) >= `+param(&args, f.OpenOn))
	}
	if f.Explained {
		of := ""
		if f.ExplainedAs != "" {
			of = ` AND i.kind = ` + param(&args, f.ExplainedAs)
		}
		all = append(all, `EXISTS (SELECT 1 FROM interpretations i WHERE i.policy_id = p.id AND i.state = 'approved'`+of+`)`)
	}
	if f.Unexplained {
		all = append(all, `NOT EXISTS (SELECT 1 FROM interpretations i WHERE i.policy_id = p.id AND i.state = 'approved')`)
	}
	if !f.PublishedFrom.IsZero() {
		all = append(all, wasPublished+` AND p.published_at >= `+param(&args, micros(f.PublishedFrom)))
	}
	if !f.PublishedBefore.IsZero() {
		all = append(all, wasPublished+` AND p.published_at < `+param(&args, micros(f.PublishedBefore)))
	}
	return strings.Join(all, " AND "), args
}

// likeLiteral escapes what LIKE reads as a pattern.
func likeLiteral(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// PublishPolicy makes an approved policy public and owes its push, in one
// transaction, and sets push.ID. Earlier policies end or hold longer with it.
// From its commit on nothing can get lost.
func (s *Store) PublishPolicy(ctx context.Context, p *domain.Policy, push *domain.Push, earlier ...domain.Succession) error {
	return s.PublishCorrection(ctx, p, push, nil, earlier...)
}

// PublishCorrection does as PublishPolicy with a policy that corrects earlier
// ones, and owes the notices of that to those who got the originals.
func (s *Store) PublishCorrection(ctx context.Context, p *domain.Policy, push *domain.Push, notices []*domain.Push, earlier ...domain.Succession) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := savePolicy(ctx, tx, p, domain.Approved); err != nil {
			return err
		}
		for i := range earlier {
			if err := succeed(ctx, tx, &earlier[i]); err != nil {
				return err
			}
		}
		for _, notice := range notices { // before the push, which leaves their readers out
			if err := owePush(ctx, tx, p, notice); err != nil {
				return err
			}
		}
		return owePush(ctx, tx, p, push)
	})
}

// SupplementPush owes another push of a published policy and sets push.ID. It
// fails with Conflict if the policy has changed since it was read, or if a
// push of it is still to be planned: who gets that one is not known yet.
func (s *Store) SupplementPush(ctx context.Context, p *domain.Policy, push *domain.Push) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		const hold = `UPDATE policies SET status = status WHERE id = $1 AND version = $2 AND status = 'published'`
		n, err := changed(ctx, tx, hold, p.ID, p.Version) // no other push is owed until the commit
		if err != nil {
			return fmt.Errorf("supplement push of policy %d: %w", p.ID, err)
		}
		if n == 0 {
			return domain.Errorf(domain.Conflict, policyChanged, p.Title)
		}
		var owed bool
		const q = `SELECT EXISTS (SELECT 1 FROM pushes WHERE policy_id = $1 AND state IN ('owed', 'unsigned'))`
		if err := tx.QueryRowContext(ctx, q, p.ID).Scan(&owed); err != nil {
			return fmt.Errorf("supplement push of policy %d: %w", p.ID, err)
		}
		if owed {
			return domain.Errorf(domain.Conflict, "《%s》还有一次推送没有分派完，请稍后再补充推送", p.Title)
		}
		return owePush(ctx, tx, p, push)
	})
}

// WithdrawPolicy takes a published policy back in one transaction: what it did
// to earlier ones is undone, its pushes stop, what waits is not sent, and
// notice, which may be nil, is owed to those who got the original. What a
// gateway is being handed right now cannot be called back; it ends as the
// gateway says.
func (s *Store) WithdrawPolicy(ctx context.Context, p *domain.Policy, notice *domain.Push, now time.Time) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := savePolicy(ctx, tx, p, domain.Published); err != nil {
			return err
		}
		if err := undoSuccessions(ctx, tx, p.ID); err != nil {
			return err
		}
		if err := s.stopPushes(ctx, tx, `policy_id = $1 AND kind NOT IN ('first', 'answer')`, p.ID, domain.ReasonPolicyEnded, now); err != nil {
			return fmt.Errorf("withdraw policy %d: %w", p.ID, err)
		}
		if notice == nil {
			return nil
		}
		return owePush(ctx, tx, p, notice)
	})
}

// owePush inserts a push of a policy and sets its fields.
func owePush(ctx context.Context, tx *sql.Tx, p *domain.Policy, push *domain.Push) error {
	push.Policy, push.Version, push.Title = p.ID, p.Version, p.Title
	push.Owe()
	const q = `
		INSERT INTO pushes (policy_id, policy_version, kind, state, created_by, created_at,
			planned_to, planned_at, include_possible, likely, possible, urgent, signed_by, signed_at, send_at, deadline, days_left, note, corrects)
		VALUES ($1, $2, $3, $7, $4, $5, 0, 0, $6, 0, 0, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id`
	err := tx.QueryRowContext(ctx, q, p.ID, p.Version, push.Kind, push.CreatedBy, micros(push.CreatedAt), push.IncludePossible,
		push.State, push.Urgent, push.SignedBy, micros(push.SignedAt), micros(push.SendAt), push.Deadline, push.DaysLeft, push.Note, push.Corrects).Scan(&push.ID)
	if err != nil {
		return fmt.Errorf("owe push of policy %d: %w", p.ID, err)
	}
	return nil
}
