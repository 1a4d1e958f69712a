package storagetest

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// before brings an empty database to how it stood before a migration. The exam
// runs in the folder of package storage.
func before(t *testing.T, url string, number int) *sql.DB {
	t.Helper()
	db, folder := raw(t, url), "postgres"
	if strings.HasPrefix(url, "sqlite:") {
		folder = "sqlite"
	}
	run := func(q string) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), q)
		must(t, err)
	}
	run(`CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)`)
	files := got(filepath.Glob(filepath.Join("migrations", folder, "*.sql")))(t)
	for _, file := range files {
		digits, _, _ := strings.Cut(filepath.Base(file), "_")
		n := got(strconv.Atoi(digits))(t)
		if n >= number {
			break
		}
		run(string(got(os.ReadFile(file))(t)))
		run(`INSERT INTO schema_migrations (version, applied_at) VALUES (` + strconv.Itoa(n) + `, 0)`)
	}
	return db
}

func migratesQuestions(t *testing.T, url string) {
	ctx := t.Context()
	db := before(t, url, 16)
	_, err := db.ExecContext(ctx, `
		INSERT INTO policies (id, office_id, version, status, title, doc_number, unified_code, issuers, doc_kind, audience, publish_date,
			effective_from, expires, apply_deadline, replaces, contact, source_name, source_hash, text, clauses, tags, measures, themes,
			measure_count, first_measure, drafted_by, reviewed_by, approved_by, published_by, created_at, reviewed_at, approved_at,
			published_at, no_interpretation, ended_reason)
		VALUES (5, 3, 2, 'published', '稳岗返还', '', '', '[]', '', 'enterprise', '', '', '', '', '[]', '', '', '', '', '[]', '[]', '[]', '[]',
			0, '', 1, 2, 2, 2, 0, 0, 0, 0, '', '')`)
	must(t, err)
	asked, answered := morning, morning.Add(26*time.Hour)
	_, err = db.ExecContext(ctx, `
		INSERT INTO questions (id, policy_id, subscriber_id, text, asked_at, answer, answered_by, answered_at)
		VALUES (4, 5, 7, '什么时候“截止”？', $1, '', 0, 0), (9, 5, 0, '怎么申请？', $1, '到窗口办。', 8, $2)`, asked.UnixMicro(), answered.UnixMicro())
	must(t, err)

	s := open(t, url, Keys(t))
	open := got(s.Question(ctx, 4))(t)
	equal(t, "policy", open.Policy, 5)
	equal(t, "office", open.Office, 3)
	equal(t, "who asked", open.Subscriber, 7)
	equal(t, "state", open.State, domain.QuestionOpen)
	equal(t, "channel", open.Channel, domain.App)
	equal(t, "rounds", len(open.Rounds), 1)
	equal(t, "text", open.Rounds[0].Text, "什么时候“截止”？")
	equal(t, "asked at", open.Rounds[0].AskedAt.Equal(asked.Truncate(time.Second)), true)
	equal(t, "answer", open.Rounds[0].Answer, nil)
	due := got(s.Questions(ctx, storage.QuestionFilter{DueBefore: asked.Add(73 * time.Hour), States: []domain.QuestionState{domain.QuestionOpen}}))(t)
	equal(t, "due after three days", len(due), 1)
	equal(t, "which", due[0].ID, 4)

	closed := got(s.Question(ctx, 9))(t)
	equal(t, "state", closed.State, domain.QuestionAnswered)
	equal(t, "who asked", closed.Subscriber, 0)
	answer := closed.Rounds[0].Answer
	if answer == nil {
		t.Fatal("an answer is lost")
	}
	equal(t, "answer", answer.Text, "到窗口办。")
	equal(t, "by", answer.By, 8)
	equal(t, "to the version", answer.PolicyVersion, 2)
	equal(t, "at", answer.At.Equal(answered.Truncate(time.Second)), true)

	// New ones are numbered after the old, and their forms are others.
	fresh := &domain.Question{Policy: 5, Office: 3, Once: []byte("form"), Code: []byte("code"), Channel: domain.SMS}
	must(t, fresh.Ask("还有补贴吗？", morning, morning.Add(time.Hour)))
	equal(t, "a new one", got(s.AskQuestion(ctx, fresh))(t), true)
	equal(t, "its number", fresh.ID > 9, true)
}

func migratesNotices(t *testing.T, url string) {
	ctx := t.Context()
	db := before(t, url, 23)
	_, err := db.ExecContext(ctx, `
		INSERT INTO questions (id, policy_id, office_id, subscriber_id, once, code, state, to_review, asked_at, due_at, reminded_at, overdue_at,
			answered_at, satisfied, version, body)
		VALUES (4, NULL, 1, 7, $1, $1, 'answered', FALSE, 0, 0, 0, 0, 0, '', 1, '{}')`, []byte("form"))
	must(t, err)
	_, err = db.ExecContext(ctx, `
		INSERT INTO answer_notices (id, question_id, subscriber_id, channel, kind, due_at, push_id, at) VALUES (5, 4, 7, 'sms', 'answered', 0, 9, $1)`, morning.UnixMicro())
	must(t, err)
	s := open(t, url, Keys(t))
	want := domain.Notice{ID: 5, Question: 4, Subscriber: 7, Channel: domain.SMS, Kind: domain.NoticeAnswered, Push: 9, At: morning}
	equal(t, "of the push", got(s.NoticeOf(ctx, 9))(t), want)
}

func migratesMarks(t *testing.T, url string) {
	ctx := t.Context()
	db := before(t, url, 24)
	run := func(q string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(ctx, q, args...)
		must(t, err)
	}
	run(`
		INSERT INTO policies (id, office_id, version, status, title, doc_number, unified_code, issuers, doc_kind, audience, publish_date,
			effective_from, expires, apply_deadline, replaces, contact, source_name, source_hash, text, clauses, tags, measures, themes,
			measure_count, first_measure, drafted_by, reviewed_by, approved_by, published_by, created_at, reviewed_at, approved_at,
			published_at, no_interpretation, ended_reason)
		VALUES (5, 3, 2, 'published', '稳岗返还', '', '', '[]', '', 'enterprise', '', '', '', '', '[]', '', '', '', '', '[]', '[]', '[]', '[]',
			0, '', 1, 2, 2, 2, 0, 0, 0, 0, '', '')`)
	run(`
		INSERT INTO pushes (id, policy_id, policy_version, kind, state, created_by, created_at, planned_to, planned_at, include_possible, likely, possible)
		VALUES (9, 5, 2, 'new', 'running', 1, 0, 3, 0, TRUE, 3, 0)`)
	run(`INSERT INTO push_marks (push_id, shard, readers, dismissed) VALUES (9, 0, 1, 1), (9, 3, 1, 0)`)
	run(`
		INSERT INTO inbox_marks (subscriber_id, push_id, seen_at, read_at, dismissed_at)
		VALUES (1, 9, 10, 50, 0), (2, 9, 10, 20, 60), (3, 9, 10, 0, 0)`)
	for subscriber, sentAt := range map[domain.SubscriberID]int{1: 40, 2: 40, 3: 0} {
		id := got(domain.NewDeliveryID(9, subscriber, domain.SMS))(t)
		run(`
			INSERT INTO deliveries (id, push_id, subscriber_id, contact_id, channel, batch_id, state, reason, verdict, next_at, sent_at, ended_at)
			VALUES ($1, 9, $2, 1, 'sms', 1, 'accepted', '', 'likely', 0, $3, 0)`, int64(id), int64(subscriber), sentAt)
	}
	s := open(t, url, Keys(t))
	equal(t, "marks", fmt.Sprint(got(s.PushMarks(ctx, 9))(t)), fmt.Sprint(map[domain.ChannelKind]storage.Marks{
		domain.App: {Readers: 2, Dismissed: 1}, domain.SMS: {Readers: 1, Dismissed: 1},
	}))
}

// migratesDeadlines: policies of before have their last days to apply, and one
// whose measures are damaged has that of its document.
func migratesDeadlines(t *testing.T, url string) {
	db := before(t, url, 29)
	for id, measures := range []string{
		`[]`, `[{"id":"m1","window":{"deadline":"2026-12"}},{"id":"m2"},{"id":"m3","how":{"mode":"automatic"}}]`, `[{"id":`,
	} {
		_, err := db.ExecContext(t.Context(), `
			INSERT INTO policies (id, office_id, version, status, title, doc_number, unified_code, issuers, doc_kind, audience, publish_date,
				effective_from, expires, apply_deadline, replaces, amends, contact, source_name, source_hash, text, clauses, tags, measures, themes,
				measure_count, first_measure, drafted_by, reviewed_by, approved_by, published_by, created_at, reviewed_at, approved_at,
				published_at, no_interpretation, ended_reason)
			VALUES ($1, 3, 2, 'published', '稳岗返还', '', '', '[]', '', 'enterprise', '', '', '', '2026-09-30', '[]', '[]', '', '', '', '', '[]', '[]', $2, '[]',
				0, '', 1, 2, 2, 2, 0, 0, 0, 0, '', '')`, id+1, measures)
		must(t, err)
	}
	s := open(t, url, Keys(t))
	for id, want := range []string{"[2026-09-30]", "[2026-09-30 2026-12-31]", "[2026-09-30]"} {
		found, _, err := s.Policies(t.Context(), storage.PolicyFilter{IDs: []domain.PolicyID{domain.PolicyID(id + 1)}})
		must(t, err)
		equal(t, "last days", fmt.Sprint(found[0].Deadlines), want)
	}
}

// migratesMessages: a digest that went out before is one message afterwards.
func migratesMessages(t *testing.T, url string) {
	db := before(t, url, 28)
	at := morning.UnixMicro()
	for i, d := range []struct {
		contact, batch int
		state          domain.DeliveryState
		claimed        int64
	}{
		{7, 5, domain.Accepted, at}, {7, 5, domain.Accepted, at}, {8, 5, domain.Accepted, at}, // two parts of a digest, and what went to somebody else
		{7, 5, domain.Accepted, at + 1}, {7, 6, domain.UnknownEnd, at}, {7, 5, domain.Suppressed, at}, // at another time, from another worker, not at all
	} {
		_, err := db.ExecContext(t.Context(), `
			INSERT INTO deliveries (id, push_id, subscriber_id, contact_id, channel, batch_id, state, reason, verdict, next_at, ended_at, claimed_at)
			VALUES ($1, 1, 1, $2, 'email', $3, $4, '', 'likely', 0, 0, $5)`, 10+i, d.contact, d.batch, d.state, d.claimed)
		must(t, err)
	}
	open(t, url, Keys(t))
	for i, want := range []int{10, 10, 0, 0, 0, 0} {
		var message int
		must(t, db.QueryRowContext(t.Context(), `SELECT message FROM deliveries WHERE id = $1`, 10+i).Scan(&message))
		equal(t, fmt.Sprint("message of ", i), message, want)
	}
}

// migratesPushes: what there was stays, with what refers to it, and the database
// is whole.
func migratesPushes(t *testing.T, url string) {
	db := before(t, url, 30)
	run := func(q string) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), q)
		must(t, err)
	}
	run(`
		INSERT INTO policies (id, office_id, version, status, title, doc_number, unified_code, issuers, doc_kind, audience, publish_date,
			effective_from, expires, apply_deadline, replaces, amends, contact, source_name, source_hash, text, clauses, tags, measures, themes,
			measure_count, first_measure, drafted_by, reviewed_by, approved_by, published_by, created_at, reviewed_at, approved_at,
			published_at, no_interpretation, ended_reason)
		VALUES (5, 3, 2, 'published', '稳岗返还', '', '', '[]', '', 'enterprise', '', '', '', '', '[]', '[]', '', '', '', '', '[]', '[]', '[]', '[]',
			0, '', 1, 2, 2, 2, 0, 0, 0, 0, '', '')`)
	run(`
		INSERT INTO pushes (id, policy_id, policy_version, kind, state, created_by, created_at, planned_to, planned_at, include_possible, likely, possible)
		VALUES (9, 5, 2, 'new', 'running', 1, 0, 3, 0, TRUE, 3, 0)`)
	run(`INSERT INTO push_pace (push_id, channel, minute, shard, n) VALUES (9, 'sms', 1, 0, 1)`)
	s := open(t, url, Keys(t))
	equal(t, "the policy of the push", got(s.Push(t.Context(), 9))(t).Policy, 5)
	db = raw(t, url)
	if strings.HasPrefix(url, "sqlite:") {
		var says string
		must(t, db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&says))
		equal(t, "the file", says, "ok")
		db.SetMaxOpenConns(1)
		run(`PRAGMA foreign_keys = ON`)
	}
	run(`INSERT INTO pushes (id, policy_version, kind, state, created_by, created_at, planned_to, planned_at, include_possible, likely, possible)
		VALUES (10, 0, 'answer', 'running', 0, 0, 3, 0, TRUE, 1, 0)`)
	run(`DELETE FROM policies`)
	for table, want := range map[string]int{"pushes": 1, "push_pace": 0} { // references are kept as they were
		var n int
		must(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n))
		equal(t, table, n, want)
	}
}

// migratesSaid: what askers said of answers before is counted.
func migratesSaid(t *testing.T, url string) {
	ctx := t.Context()
	db := before(t, url, 32)
	const insert = `
		INSERT INTO questions (office_id, subscriber_id, once, code, state, to_review, asked_at, due_at, reminded_at, overdue_at, answered_at, satisfied, version, body)
		VALUES (1, 0, $1, $1, 'open', FALSE, $2, $2, 0, 0, 0, '', 1, $3)`
	for once, body := range map[string]string{
		"a": `{"channel":"","rounds":[{"text":"怎么申请？","feedback":"unclear"},{"text":"还不清楚","feedback":"unclear"},{"text":"还是不清楚","feedback":"helpful"}]}`,
		"b": `{"channel":"","rounds":[{"text":"什么时候？"}]}`,
	} {
		_, err := db.ExecContext(ctx, insert, []byte(once), morning.UnixMicro(), body)
		must(t, err)
	}
	s := open(t, url, Keys(t))
	asked := got(s.CountAsked(ctx, statisticalSpan, storage.Together, morning))(t)
	equal(t, "said", fmt.Sprint(asked[0].Helpful, asked[0].Unclear), "1 2")
}
