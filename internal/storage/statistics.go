package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// Span says of what statistics are: of what happened from a time to before
// another, to policies of an office (0: any) with a theme ("": any).
type Span struct {
	From, Before time.Time
	Office       domain.OfficeID
	Theme        string
}

// Grouping is into what statistics are parted.
type Grouping int

// The groupings. What a group is stands in the Key of its row.
const (
	Together Grouping = iota // one row, or none where there is nothing
	ByOffice                 // Key is the id
	ByTheme                  // Key is the code; what is about several counts for each
	ByDay                    // Key is YYYY-MM-DD in the time of the readers
	ByKind                   // of pushes: Key is the kind
)

// dayNumber is the day of a column of microseconds, in the time of the readers.
func dayNumber(column string) string { return `(` + column + ` + 28800000000) / 86400000000` }

// dayNamed is the name of a number that dayNumber gave.
func dayNamed(number int64) string { return time.Unix(number*24*60*60, 0).UTC().Format(time.DateOnly) }

// listed is a column of JSON that holds a list, as one: a list of nothing may
// stand as null.
func listed(column string) string {
	return `CASE WHEN ` + column + ` LIKE '[%' THEN ` + column + ` ELSE '[]' END`
}

// counted is what a statistical query is about.
type counted struct {
	at     string // the column whose time counts
	office string // and that of the office
	themes string // and an expression of the themes, a JSON list
	kind   string // and that of the kind, for ByKind
}

// part writes the tables to join, the conditions and the key of a query.
func (s *Store) part(f Span, c counted, by Grouping, args *[]any) (join, where, key string) {
	all := []string{c.at + ` >= ` + param(args, micros(f.From)), c.at + ` < ` + param(args, micros(f.Before))}
	if f.Office != 0 {
		all = append(all, c.office+` = `+param(args, f.Office))
	}
	if f.Theme != "" {
		all = append(all, c.themes+` LIKE `+param(args, `%"`+likeLiteral(f.Theme)+`"%`)+` ESCAPE '!'`)
	}
	switch key = `''`; by {
	case ByOffice:
		key = `CAST(` + c.office + ` AS TEXT)`
	case ByTheme:
		join, key = ` CROSS JOIN `+fmt.Sprintf(s.dialect.elements, listed(c.themes)), `each.value`
	case ByDay:
		key = `CAST(` + dayNumber(c.at) + ` AS TEXT)`
	case ByKind:
		key = c.kind
	}
	return join, strings.Join(all, " AND "), key
}

// keyInto scans the key of a row.
func keyInto(key *string, by Grouping) *keyScanner { return &keyScanner{key, by} }

type keyScanner struct {
	key *string
	by  Grouping
}

// Scan implements sql.Scanner.
func (k *keyScanner) Scan(src any) error {
	switch v := src.(type) {
	case string:
		*k.key = v
	case []byte:
		*k.key = string(v)
	default:
		return fmt.Errorf("key stands as %T, not as text", src)
	}
	if k.by == ByDay {
		var number int64
		if _, err := fmt.Sscan(*k.key, &number); err != nil {
			return fmt.Errorf("day %q: %w", *k.key, err)
		}
		*k.key = dayNamed(number)
	}
	return nil
}

// wasPublished is the condition that a policy p is or was public.
const wasPublished = `p.status IN ('published', 'amended', 'withdrawn', 'expired')`

var ofPolicies = counted{at: `p.published_at`, office: `p.office_id`, themes: `p.themes`}

// PublishedCount is what became of the policies that were published.
type PublishedCount struct {
	Key       string
	Policies  int
	Explained int // with an approved interpretation, whenever it was approved
	Pushed    int // to subscribers, whenever
	Excused   int // without an interpretation, and a reason was given
	Withdrawn int
}

// CountPublished counts the policies that were published.
func (s *Store) CountPublished(ctx context.Context, f Span, by Grouping) ([]PublishedCount, error) {
	var args []any
	join, where, key := s.part(f, ofPolicies, by, &args)
	q := `
		SELECT key, COUNT(*), SUM(explained), SUM(pushed), SUM(CASE WHEN explained = 0 AND excused = 1 THEN 1 ELSE 0 END), SUM(withdrawn)
		FROM (SELECT ` + key + ` AS key,
			CASE WHEN EXISTS (SELECT 1 FROM interpretations i WHERE i.policy_id = p.id AND i.state = 'approved') THEN 1 ELSE 0 END AS explained,
			CASE WHEN EXISTS (SELECT 1 FROM pushes u WHERE u.policy_id = p.id AND u.kind = 'new' AND u.state <> 'unsigned') THEN 1 ELSE 0 END AS pushed,
			CASE WHEN p.no_interpretation <> '' THEN 1 ELSE 0 END AS excused,
			CASE WHEN p.status = 'withdrawn' THEN 1 ELSE 0 END AS withdrawn
			FROM policies p` + join + ` WHERE ` + wasPublished + ` AND ` + where + `) AS published
		GROUP BY key ORDER BY key`
	return list(ctx, s.read, func(row scanner, c *PublishedCount) error {
		return row.Scan(keyInto(&c.Key, by), &c.Policies, &c.Explained, &c.Pushed, &c.Excused, &c.Withdrawn)
	}, q, args...)
}

// ExplainedCount is how many approved interpretations of a kind there are, and of
// how many policies.
type ExplainedCount struct {
	Kind            interpretations.Kind
	Items, Policies int
}

// CountExplained counts the interpretations of the policies that were published,
// whenever they were approved, those of most policies first.
func (s *Store) CountExplained(ctx context.Context, f Span) ([]ExplainedCount, error) {
	var args []any
	_, where, _ := s.part(f, ofPolicies, Together, &args)
	q := `
		SELECT i.kind, COUNT(*), COUNT(DISTINCT i.policy_id) FROM interpretations i JOIN policies p ON p.id = i.policy_id
		WHERE i.state = 'approved' AND ` + wasPublished + ` AND ` + where + ` GROUP BY i.kind ORDER BY 3 DESC, 2 DESC, i.kind`
	return list(ctx, s.read, func(row scanner, c *ExplainedCount) error { return row.Scan(&c.Kind, &c.Items, &c.Policies) }, q, args...)
}

// CountOpinions counts what readers said of the interpretations of the policies
// that were published, until now.
func (s *Store) CountOpinions(ctx context.Context, f Span) (helpful, unclear int, err error) {
	var args []any
	_, where, _ := s.part(f, ofPolicies, Together, &args)
	q := `
		SELECT CAST(COALESCE(SUM(h.value), 0) AS BIGINT), CAST(COALESCE(SUM(u.value), 0) AS BIGINT)
		FROM interpretations i JOIN policies p ON p.id = i.policy_id
		LEFT JOIN counters h ON h.name = 'interpretation/' || CAST(i.id AS TEXT) || '/helpful'
		LEFT JOIN counters u ON u.name = 'interpretation/' || CAST(i.id AS TEXT) || '/unclear'
		WHERE i.state = 'approved' AND ` + wasPublished + ` AND ` + where
	err = s.read.QueryRowContext(ctx, q, args...).Scan(&helpful, &unclear)
	return helpful, unclear, err
}

// Wait is a time that an office keeps somebody waiting.
type Wait int

// The waits.
const (
	ToPublish Wait = iota // from the day of a document to its publication here
	ToExplain             // from the publication to the first approved interpretation
	ToPush                // from the publication to the first push
	ToAnswer              // from a question to its answer
)

// Waited is how many waited from one day to another (YYYY-MM-DD in the time of
// the readers).
type Waited struct {
	From, To string
	N        int
}

// Waits counts how long what was published, or for ToAnswer what was answered, was
// waited for, by the days.
func (s *Store) Waits(ctx context.Context, f Span, w Wait) ([]Waited, error) {
	var args []any
	about := ofPolicies
	published := dayNumber(`p.published_at`)
	from, to, of := published, ``, `policies p WHERE `+wasPublished
	switch w {
	case ToPublish:
		from, to, of = `p.publish_date`, published, of+` AND LENGTH(p.publish_date) = 10`
	case ToExplain:
		approved := fmt.Sprintf(s.dialect.moment, fmt.Sprintf(s.dialect.json, `i.body`)+` ->> 'approved_at'`)
		to = dayNumber(`(SELECT MIN(` + approved + `) FROM interpretations i WHERE i.policy_id = p.id AND i.state = 'approved')`)
	case ToPush:
		to = dayNumber(`(SELECT MIN(CASE WHEN u.planned_at > 0 THEN u.planned_at ELSE u.created_at END)
			FROM pushes u WHERE u.policy_id = p.id AND u.kind = 'new' AND u.state <> 'unsigned')`)
	case ToAnswer:
		about = s.ofQuestions(`q.answered_at`)
		from, to, of = dayNumber(`q.asked_at`), dayNumber(`q.answered_at`), asked+` WHERE q.state = 'answered'`
	}
	_, where, _ := s.part(f, about, Together, &args)
	q := `
		SELECT since, until, COUNT(*) FROM (SELECT ` + from + ` AS since, ` + to + ` AS until FROM ` + of + ` AND ` + where + `) AS waits
		WHERE until IS NOT NULL GROUP BY since, until ORDER BY since, until`
	return list(ctx, s.read, func(row scanner, c *Waited) error {
		var until int64
		var since any
		if err := row.Scan(&since, &until, &c.N); err != nil {
			return err
		}
		switch v := since.(type) {
		case int64:
			c.From = dayNamed(v)
		case string:
			c.From = v
		default:
			return fmt.Errorf("day stands as %T", since)
		}
		c.To = dayNamed(until)
		return nil
	}, q, args...)
}

// ofPushes are those that lists show, by when they were made.
var ofPushes = counted{at: `u.created_at`, office: `p.office_id`, themes: `p.themes`, kind: `u.kind`}

// notPersonal is the condition that a push u is no one person's.
const notPersonal = `u.kind NOT IN ('first', 'answer')`

// PushedCount is how pushes were taken.
type PushedCount struct {
	Key      string
	Pushes   int
	Policies int
	People   int // who were concerned, once for each push
	Readers  int // of them in the inbox
	Aside    int // who said 与我无关
}

// CountPushed counts the pushes that were made, those of one person left out.
func (s *Store) CountPushed(ctx context.Context, f Span, by Grouping) ([]PushedCount, error) {
	var args []any
	join, where, key := s.part(f, ofPushes, by, &args)
	q := `
		SELECT key, COUNT(*), COUNT(DISTINCT policy_id), CAST(SUM(people) AS BIGINT), CAST(SUM(readers) AS BIGINT), CAST(SUM(aside) AS BIGINT)
		FROM (SELECT ` + key + ` AS key, u.policy_id,
			u.likely + CASE WHEN u.include_possible OR u.kind IN ('withdrawal', 'correction') THEN u.possible ELSE 0 END AS people,
			(SELECT COALESCE(SUM(m.readers), 0) FROM push_marks m WHERE m.push_id = u.id AND m.channel = 'app') AS readers,
			(SELECT COALESCE(SUM(m.dismissed), 0) FROM push_marks m WHERE m.push_id = u.id AND m.channel = 'app') AS aside
			FROM pushes u JOIN policies p ON p.id = u.policy_id` + join + ` WHERE ` + notPersonal + ` AND ` + where + `) AS pushed
		GROUP BY key ORDER BY key`
	return list(ctx, s.read, func(row scanner, c *PushedCount) error {
		return row.Scan(keyInto(&c.Key, by), &c.Pushes, &c.Policies, &c.People, &c.Readers, &c.Aside)
	}, q, args...)
}

// SentCount is how many messages over a channel are in a state, and why.
type SentCount struct {
	Channel domain.ChannelKind
	State   domain.DeliveryState
	Reason  domain.Reason
	N       int
}

// CountSent counts the messages of the pushes that CountPushed counts.
func (s *Store) CountSent(ctx context.Context, f Span) ([]SentCount, error) {
	var args []any
	_, where, _ := s.part(f, ofPushes, Together, &args)
	q := `
		SELECT c.channel, c.state, c.reason, CAST(SUM(c.n) AS BIGINT) FROM push_counts c JOIN pushes u ON u.id = c.push_id JOIN policies p ON p.id = u.policy_id
		WHERE ` + notPersonal + ` AND ` + where + `
		GROUP BY c.channel, c.state, c.reason HAVING SUM(c.n) <> 0 ORDER BY 4 DESC, c.channel, c.state, c.reason`
	return list(ctx, s.read, func(row scanner, c *SentCount) error { return row.Scan(&c.Channel, &c.State, &c.Reason, &c.N) }, q, args...)
}

// CountRead counts who read what CountSent counts in their inbox after it had
// gone out over a channel.
func (s *Store) CountRead(ctx context.Context, f Span) (map[domain.ChannelKind]Marks, error) {
	var args []any
	_, where, _ := s.part(f, ofPushes, Together, &args)
	q := `
		SELECT m.channel, CAST(SUM(m.readers) AS BIGINT), CAST(SUM(m.dismissed) AS BIGINT)
		FROM push_marks m JOIN pushes u ON u.id = m.push_id JOIN policies p ON p.id = u.policy_id
		WHERE ` + notPersonal + ` AND ` + where + ` GROUP BY m.channel`
	marks := map[domain.ChannelKind]Marks{}
	err := each(ctx, s.read, func(row scanner) error {
		var channel domain.ChannelKind
		var m Marks
		err := row.Scan(&channel, &m.Readers, &m.Dismissed)
		marks[channel] = m
		return err
	}, q, args...)
	return marks, err
}

// MemberCount is how many subscribers of a kind there are, and how they came and
// went.
type MemberCount struct {
	Kind   domain.SubscriberKind
	All    int // now
	Paused int // of them
	Added  int // of them, in the time
	Left   int // in the time: who deleted everything
}

// CountMembers counts subscribers of each kind.
func (s *Store) CountMembers(ctx context.Context, from, before time.Time) ([]MemberCount, error) {
	const q = `
		SELECT kind, CAST(SUM(there) AS BIGINT), CAST(SUM(paused) AS BIGINT), CAST(SUM(added) AS BIGINT), CAST(SUM(gone) AS BIGINT) FROM (
			SELECT kind, COUNT(*) AS there, SUM(CASE WHEN paused THEN 1 ELSE 0 END) AS paused,
				SUM(CASE WHEN created_at >= $1 AND created_at < $2 THEN 1 ELSE 0 END) AS added, 0 AS gone FROM subscribers GROUP BY kind
			UNION ALL SELECT kind, 0, 0, 0, n FROM departures WHERE day >= $3 AND day < $4) AS members
		GROUP BY kind ORDER BY kind`
	return list(ctx, s.read, func(row scanner, c *MemberCount) error {
		return row.Scan(&c.Kind, &c.All, &c.Paused, &c.Added, &c.Left)
	}, q, micros(from), micros(before), dayOf(from), dayOf(before))
}

// StoppedCount is how many addresses of a channel came on the stop-list.
type StoppedCount struct {
	Channel domain.ChannelKind
	Stopped int // 退订 by the person
	Bounced int // given up after the gateway refused them
}

// CountStopped counts the addresses that came on the stop-list in a time and are
// on it still, those of most first.
func (s *Store) CountStopped(ctx context.Context, from, before time.Time) ([]StoppedCount, error) {
	const q = `
		SELECT kind, SUM(CASE WHEN reason = 'stopped' THEN 1 ELSE 0 END), SUM(CASE WHEN reason = 'stopped' THEN 0 ELSE 1 END)
		FROM stop_list WHERE at >= $1 AND at < $2 GROUP BY kind ORDER BY 2 DESC, kind`
	return list(ctx, s.read, func(row scanner, c *StoppedCount) error { return row.Scan(&c.Channel, &c.Stopped, &c.Bounced) }, q, micros(from), micros(before))
}

// asked are the questions with the policy that they are about, if they are about
// one.
const asked = `questions q LEFT JOIN policies p ON p.id = q.policy_id`

// ofQuestions are questions by a time of their last round. Their themes are those
// of the policy, or else what the asker chose.
func (s *Store) ofQuestions(at string) counted {
	chosen := fmt.Sprintf(s.dialect.json, `q.body`) + ` ->> 'theme'`
	return counted{
		at: at, office: `q.office_id`,
		themes: `CASE WHEN p.id IS NULL THEN COALESCE('["' || NULLIF(` + chosen + `, '') || '"]', '[]') ELSE p.themes END`,
	}
}

// AskedCount is what became of questions.
type AskedCount struct {
	Key       string
	Questions int
	Answered  int
	Late      int // of them: after the day that was promised first
	Waiting   int
	Overdue   int // of them: a promise is broken
	Withdrawn int
	Helpful   int // answers, as their askers say, of every round
	Unclear   int // likewise
}

// CountAsked counts the questions that were asked, or asked on: one that was asked
// on counts by the last time.
func (s *Store) CountAsked(ctx context.Context, f Span, by Grouping, now time.Time) ([]AskedCount, error) {
	var args []any
	join, where, key := s.part(f, s.ofQuestions(`q.asked_at`), by, &args)
	at := param(&args, micros(now))
	q := `
		SELECT key, COUNT(*), SUM(CASE WHEN state = 'answered' THEN 1 ELSE 0 END),
			SUM(CASE WHEN state = 'answered' AND (answered_at > due_at OR overdue_at > 0) THEN 1 ELSE 0 END),
			SUM(CASE WHEN state IN ('open', 'drafted') THEN 1 ELSE 0 END),
			SUM(CASE WHEN state IN ('open', 'drafted') AND (due_at <= ` + at + ` OR overdue_at > 0) THEN 1 ELSE 0 END),
			SUM(CASE WHEN state = 'withdrawn' THEN 1 ELSE 0 END), CAST(SUM(helpful) AS BIGINT), CAST(SUM(unclear) AS BIGINT)
		FROM (SELECT ` + key + ` AS key, q.state, q.answered_at, q.due_at, q.overdue_at, q.helpful, q.unclear FROM ` + asked + join + ` WHERE ` + where + `) AS questions
		GROUP BY key ORDER BY key`
	return list(ctx, s.read, func(row scanner, c *AskedCount) error {
		return row.Scan(keyInto(&c.Key, by), &c.Questions, &c.Answered, &c.Late, &c.Waiting, &c.Overdue, &c.Withdrawn, &c.Helpful, &c.Unclear)
	}, q, args...)
}

// AskedAbout is how many questions are about a policy.
type AskedAbout struct {
	Policy    domain.PolicyID
	Title     string
	Questions int
}

// MostAsked returns the policies about which most was asked.
func (s *Store) MostAsked(ctx context.Context, f Span, limit int) ([]AskedAbout, error) {
	var args []any
	_, where, _ := s.part(f, s.ofQuestions(`q.asked_at`), Together, &args)
	q := `
		SELECT p.id, p.title, COUNT(*) FROM questions q JOIN policies p ON p.id = q.policy_id
		WHERE q.state <> 'withdrawn' AND ` + where + ` GROUP BY p.id, p.title ORDER BY 3 DESC, p.id LIMIT ` + param(&args, limit)
	return list(ctx, s.read, func(row scanner, a *AskedAbout) error { return row.Scan(&a.Policy, &a.Title, &a.Questions) }, q, args...)
}

// CorrectedCount is how often officers confirmed or changed what the machine had
// read, of one dimension.
type CorrectedCount struct {
	Dimension domain.Dimension
	Confirmed int
	Changed   int
}

// CountCorrected counts the corrections that were made last in a time.
func (s *Store) CountCorrected(ctx context.Context, f Span) ([]CorrectedCount, error) {
	var args []any
	_, where, _ := s.part(f, counted{at: `c.at`, office: `p.office_id`, themes: `p.themes`}, Together, &args)
	q := `
		SELECT dimension, SUM(agreed), SUM(1 - agreed) FROM (SELECT c.dimension, CASE
			WHEN c.dimension IN (` + param(&args, domain.FactCorrected) + `, ` + param(&args, domain.MeasureCorrected) + `) THEN CASE WHEN c.machine = c.officer THEN 1 ELSE 0 END
			WHEN (c.machine = ` + param(&args, domain.Assigned) + `) = (c.officer = ` + param(&args, domain.SaidYes) + `) THEN 1 ELSE 0 END AS agreed
			FROM corrections c JOIN policies p ON p.id = c.policy_id WHERE ` + where + `) AS corrected
		GROUP BY dimension ORDER BY 3 DESC, 2 DESC, dimension` // agreed as domain.Correction.Confirms
	return list(ctx, s.read, func(row scanner, c *CorrectedCount) error { return row.Scan(&c.Dimension, &c.Confirmed, &c.Changed) }, q, args...)
}
