package storagetest

import (
	"fmt"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// outbox returns the latest entries of the outbox.
func outbox(t testing.TB, s *storage.Store) []storage.OutboxEntry {
	t.Helper()
	found, _, err := s.FindOutbox(t.Context(), storage.OutboxFilter{Limit: 10})
	must(t, err)
	return found
}

func findsInOutbox(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	for i, e := range []storage.OutboxEntry{
		{Channel: domain.SMS, MaskedTo: "199****0001", Body: "【云川】稳岗返还50%"},
		{Channel: domain.Email, MaskedTo: "h***@yunchuan.example", Subject: "技术改造补助", Body: "按设备投资15%补助。"},
		{Channel: domain.SMS, MaskedTo: "199****0002", Body: "【云川】验证码"},
	} {
		e.At = morning.Add(time.Duration(i) * 24 * time.Hour)
		must(t, s.SaveOutbox(ctx, e))
	}
	for name, tt := range map[string]struct {
		f     storage.OutboxFilter
		want  string // the masked addresses
		total int
	}{
		"everything, the newest first": {storage.OutboxFilter{Limit: 10}, "[199****0002 h***@yunchuan.example 199****0001]", 3},
		"a page":                       {storage.OutboxFilter{Limit: 1, Offset: 1}, "[h***@yunchuan.example]", 3},
		"of a channel":                 {storage.OutboxFilter{Channel: domain.SMS, Limit: 1}, "[199****0002]", 2},
		"by the address":               {storage.OutboxFilter{Query: "0001", Limit: 10}, "[199****0001]", 1},
		"by the subject":               {storage.OutboxFilter{Query: "技术改造", Limit: 10}, "[h***@yunchuan.example]", 1},
		"by words with a sign":         {storage.OutboxFilter{Query: "50%", Limit: 10}, "[199****0001]", 1},
		"from a day":                   {storage.OutboxFilter{From: morning.Add(48 * time.Hour), Limit: 10}, "[199****0002]", 1},
		"before a day":                 {storage.OutboxFilter{Before: morning.Add(24 * time.Hour), Limit: 10}, "[199****0001]", 1},
	} {
		found, total, err := s.FindOutbox(ctx, tt.f)
		must(t, err)
		var masked []string
		for _, e := range found {
			masked = append(masked, e.MaskedTo)
		}
		equal(t, name, fmt.Sprint(masked), tt.want)
		equal(t, name+", in all", total, tt.total)
	}
}

// statisticalSpan is the day of morning.
var statisticalSpan = storage.Span{From: morning.Add(-2 * time.Hour), Before: morning.Add(22 * time.Hour)}

func of(office domain.OfficeID, theme string) storage.Span {
	f := statisticalSpan
	f.Office, f.Theme = office, theme
	return f
}

// shown writes rows so that they can be compared.
func shown[T any](rows []T, err error) func(t testing.TB) string {
	return func(t testing.TB) string {
		t.Helper()
		must(t, err)
		return fmt.Sprintf("%+v", rows)
	}
}

func countsPublished(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	publish := func(office domain.OfficeID, at time.Time, date string, themes ...string) *domain.Policy {
		p := &domain.Policy{Office: office, Status: domain.Approved, Title: "政策", Audience: domain.ForBoth, PublishDate: date, CreatedAt: at}
		for _, code := range themes {
			p.Tags = append(p.Tags, domain.Tag{Dimension: domain.ThemeTag, Code: code, State: domain.Confirmed})
		}
		must(t, s.CreatePolicy(ctx, p))
		p.Status, p.PublishedAt = domain.Published, at
		must(t, s.SavePolicy(ctx, p, domain.Approved))
		return p
	}
	explain := func(p *domain.Policy, kind interpretations.Kind, at time.Time) {
		it := interpretations.Item{Policy: p.ID, PolicyVersion: 1, Kind: kind, State: interpretations.Draft, CreatedAt: morning}
		if !at.IsZero() {
			it.State, it.ApprovedAt = interpretations.Approved, at
		}
		must(t, s.SaveInterpretation(ctx, &it))
		if !at.IsZero() {
			must(t, s.CountFeedback(ctx, it.ID, domain.Helpful))
			must(t, s.CountFeedback(ctx, it.ID, domain.Unclear))
			must(t, s.CountFeedback(ctx, it.ID, domain.Unclear))
		}
	}
	first := publish(1, morning, "2026-11-01", "Q01", "Q02")
	second := publish(1, morning.Add(10*time.Hour), "2026-11", "Q01")
	third := publish(2, morning, "2026-11-01")
	publish(1, morning.Add(-48*time.Hour), "2026-11-01", "Q01") // before the day
	must(t, s.CreatePolicy(ctx, &domain.Policy{Office: 1, Status: domain.Draft, Title: "草稿", CreatedAt: morning}))
	explain(first, interpretations.QAKind, morning.Add(26*time.Hour))
	explain(first, interpretations.QAKind, morning.Add(50*time.Hour))
	explain(first, interpretations.ChartKind, morning.Add(50*time.Hour))
	explain(second, interpretations.ChartKind, time.Time{}) // nobody has approved it
	third.Status, third.NoInterpretation = domain.Withdrawn, "只转发上级文件"
	must(t, s.SavePolicy(ctx, third, domain.Published))
	must(t, s.SupplementPush(ctx, first, &domain.Push{Kind: domain.NewPolicy, CreatedAt: morning.Add(time.Hour)}))

	equal(t, "together", shown(s.CountPublished(ctx, statisticalSpan, storage.Together))(t), "[{Key: Policies:3 Explained:1 Pushed:1 Excused:1 Withdrawn:1}]")
	equal(t, "of an office", shown(s.CountPublished(ctx, of(2, ""), storage.Together))(t), "[{Key: Policies:1 Explained:0 Pushed:0 Excused:1 Withdrawn:1}]")
	equal(t, "of a theme", shown(s.CountPublished(ctx, of(0, "Q02"), storage.Together))(t), "[{Key: Policies:1 Explained:1 Pushed:1 Excused:0 Withdrawn:0}]")
	equal(t, "by office", shown(s.CountPublished(ctx, statisticalSpan, storage.ByOffice))(t),
		"[{Key:1 Policies:2 Explained:1 Pushed:1 Excused:0 Withdrawn:0} {Key:2 Policies:1 Explained:0 Pushed:0 Excused:1 Withdrawn:1}]")
	equal(t, "by theme", shown(s.CountPublished(ctx, statisticalSpan, storage.ByTheme))(t),
		"[{Key:Q01 Policies:2 Explained:1 Pushed:1 Excused:0 Withdrawn:0} {Key:Q02 Policies:1 Explained:1 Pushed:1 Excused:0 Withdrawn:0}]")
	wide := storage.Span{From: morning.Add(-72 * time.Hour), Before: morning.Add(22 * time.Hour)}
	days := got(s.CountPublished(ctx, wide, storage.ByDay))(t)
	today := morning.In(time.FixedZone("CST", 8*60*60)).Format(time.DateOnly)
	equal(t, "days", len(days), 2)
	equal(t, "the last day", days[1].Key, today)
	equal(t, "of nothing", len(got(s.CountPublished(ctx, of(3, ""), storage.Together))(t)), 0)

	equal(t, "interpretations", shown(s.CountExplained(ctx, statisticalSpan))(t), "[{Kind:qa Items:2 Policies:1} {Kind:chart Items:1 Policies:1}]")
	helpful, unclear, err := s.CountOpinions(ctx, statisticalSpan)
	must(t, err)
	equal(t, "opinions", fmt.Sprint(helpful, unclear), "3 6")
	helpful, unclear, err = s.CountOpinions(ctx, of(2, ""))
	must(t, err)
	equal(t, "opinions on another's", fmt.Sprint(helpful, unclear), "0 0")

	tomorrow := morning.Add(26 * time.Hour).In(time.FixedZone("CST", 8*60*60)).Format(time.DateOnly)
	equal(t, "from the document", shown(s.Waits(ctx, statisticalSpan, storage.ToPublish))(t), "[{From:2026-11-01 To:"+today+" N:2}]")
	equal(t, "to the interpretation", shown(s.Waits(ctx, statisticalSpan, storage.ToExplain))(t), "[{From:"+today+" To:"+tomorrow+" N:1}]")
	equal(t, "to the push", shown(s.Waits(ctx, statisticalSpan, storage.ToPush))(t), "[{From:"+today+" To:"+today+" N:1}]")

	for name, tt := range map[string]struct {
		f    storage.PolicyFilter
		want int
	}{
		"published in the time": {storage.PolicyFilter{PublishedFrom: statisticalSpan.From, PublishedBefore: statisticalSpan.Before}, 3},
		"published before":      {storage.PolicyFilter{PublishedBefore: statisticalSpan.From}, 1},
		"not explained":         {storage.PolicyFilter{PublishedFrom: statisticalSpan.From, Unexplained: true}, 2},
	} {
		_, total, err := s.Policies(ctx, tt.f)
		must(t, err)
		equal(t, name, total, tt.want)
	}
}

func countsPushed(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, push := published(t, s, "稳岗返还")
	all := people(t, s, 6)
	for _, b := range planned(t, s, push.ID, waiting(all, 0)) {
		var outcomes []storage.Outcome
		for i, o := range sendBatch(t, s, b) {
			end := storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, At: morning}
			if i == 0 {
				end.State, end.Reason = domain.Failed, domain.ReasonRefused
			}
			outcomes = append(outcomes, end)
		}
		must(t, s.RecordOutcomes(ctx, outcomes))
	}
	_, err := s.FreezeAudience(ctx, push.ID, domain.FrozenAudience{SHA256: "x"}, 6, 4)
	must(t, err)
	must(t, s.MarkInbox(ctx, all[1].ID, push.ID, "read", morning.Add(time.Hour)))
	must(t, s.MarkInbox(ctx, all[2].ID, push.ID, "dismissed", morning.Add(time.Hour)))
	n := domain.Notice{Subscriber: all[0].ID, Channel: domain.App, Kind: domain.NoticeAnswered, At: morning}
	q := &domain.Question{Office: 1, State: domain.QuestionOpen, Once: []byte("a"), AskedAt: morning, DueAt: morning, Rounds: []domain.Round{{Text: "怎么申请？"}}}
	_, err = s.AskQuestion(ctx, q)
	must(t, err)
	must(t, s.SaveQuestion(ctx, q, n))
	owed := got(s.OwedNotices(ctx, 1))(t)
	must(t, s.PlanNotice(ctx, &owed[0], p.ID, nil, morning)) // one person's: it counts nowhere here

	const want = "Pushes:1 Policies:1 People:6 Readers:1 Aside:1}]"
	equal(t, "together", shown(s.CountPushed(ctx, statisticalSpan, storage.Together))(t), "[{Key: "+want)
	equal(t, "by kind", shown(s.CountPushed(ctx, statisticalSpan, storage.ByKind))(t), "[{Key:new "+want)
	equal(t, "by theme", shown(s.CountPushed(ctx, statisticalSpan, storage.ByTheme))(t), "[{Key:Q01 "+want)
	equal(t, "of another office", len(got(s.CountPushed(ctx, of(2, ""), storage.Together))(t)), 0)
	equal(t, "messages", shown(s.CountSent(ctx, statisticalSpan))(t),
		"[{Channel:sms State:accepted Reason: N:5} {Channel:sms State:failed Reason:refused N:1}]")
	equal(t, "messages of another theme", len(got(s.CountSent(ctx, of(0, "Q02")))(t)), 0)
	marks := got(s.CountRead(ctx, statisticalSpan))(t)
	equal(t, "read", fmt.Sprint(marks[domain.App], marks[domain.SMS]), "{1 1} {1 1}")

	for name, tt := range map[string]struct {
		f    storage.PushFilter
		want int
	}{
		"of the day":          {storage.PushFilter{From: statisticalSpan.From, Before: statisticalSpan.Before, Office: 1, Theme: "Q01", Limit: 9}, 1},
		"of another day":      {storage.PushFilter{From: statisticalSpan.Before, Limit: 9}, 0},
		"before the day":      {storage.PushFilter{Before: statisticalSpan.From, Limit: 9}, 0},
		"of another office":   {storage.PushFilter{Office: 2, Limit: 9}, 0},
		"of another's themes": {storage.PushFilter{Theme: "Q02", Limit: 9}, 0},
	} {
		_, total, err := s.FindPushes(ctx, tt.f)
		must(t, err)
		equal(t, name, total, tt.want)
	}
}

func countsMembers(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 4) // created an hour before morning
	late := person(9)
	late.CreatedAt, late.Subscription.Paused = morning.Add(48*time.Hour), true
	must(t, s.SaveSubscriber(ctx, late))
	must(t, s.DeleteSubscriber(ctx, all[0].ID, morning))
	must(t, s.DeleteSubscriber(ctx, all[1].ID, morning))
	must(t, s.DeleteSubscriber(ctx, all[2].ID, morning.Add(48*time.Hour)))
	wantKind(t, s.DeleteSubscriber(ctx, all[0].ID, morning), domain.NotFound) // and counts once
	must(t, s.StopAddress(ctx, domain.SMS, "19900000001", domain.ReasonStopped, morning))
	must(t, s.StopAddress(ctx, domain.SMS, "19900000002", domain.ReasonBounced, morning))
	must(t, s.StopAddress(ctx, domain.Email, "a@yunchuan.example", domain.ReasonStopped, morning.Add(48*time.Hour)))
	from, before := statisticalSpan.From, statisticalSpan.Before
	equal(t, "members", shown(s.CountMembers(ctx, from, before))(t), "[{Kind:resident All:2 Paused:1 Added:1 Left:2}]")
	equal(t, "stopped", shown(s.CountStopped(ctx, from, before))(t), "[{Channel:sms Stopped:1 Bounced:1}]")
}

func countsAsked(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, _ := published(t, s, "稳岗返还")
	at := func(hours int) time.Time { return morning.Add(time.Duration(hours) * time.Hour) }
	ask := func(policy domain.PolicyID, office domain.OfficeID, theme string, asked time.Time) *domain.Question {
		q := &domain.Question{Policy: policy, Office: office, Theme: theme, State: domain.QuestionOpen, Once: []byte(fmt.Sprint(policy, office, theme, asked))}
		q.AskedAt, q.DueAt, q.Rounds = asked, asked.Add(24*time.Hour), []domain.Round{{Text: "怎么申请？", AskedAt: asked}}
		_, err := s.AskQuestion(ctx, q)
		must(t, err)
		return q
	}
	answer := func(q *domain.Question, when time.Time, f domain.Feedback) {
		q.State, q.AnsweredAt = domain.QuestionAnswered, when
		q.Last().Answer, q.Last().Feedback = &domain.Answer{Text: "网上申请。", At: when, ReviewedAt: when}, f
		must(t, s.SaveQuestion(ctx, q))
	}
	answer(ask(p.ID, 1, "", at(0)), at(5), domain.Helpful)
	answer(ask(p.ID, 1, "", at(0).Add(time.Minute)), at(50), "") // late
	ask(0, 2, "M09", at(1))
	ask(0, 2, "", at(1))
	withdrawn := ask(p.ID, 1, "", at(2))
	must(t, withdrawn.Withdraw())
	must(t, s.SaveQuestion(ctx, withdrawn))
	again := ask(p.ID, 1, "", at(-30))
	answer(again, at(3), "")
	must(t, again.Say(domain.Unclear, "", at(4), at(28))) // asked on: from now on this is when it was asked
	must(t, s.SaveQuestion(ctx, again))
	ask(p.ID, 1, "", at(-30).Add(time.Minute)) // before the day

	now := at(29)
	equal(t, "together", shown(s.CountAsked(ctx, statisticalSpan, storage.Together, now))(t),
		"[{Key: Questions:6 Answered:2 Late:1 Waiting:3 Overdue:3 Withdrawn:1 Helpful:1 Unclear:1}]")
	equal(t, "earlier", shown(s.CountAsked(ctx, of(1, ""), storage.Together, at(25)))(t),
		"[{Key: Questions:4 Answered:2 Late:1 Waiting:1 Overdue:0 Withdrawn:1 Helpful:1 Unclear:1}]")
	equal(t, "by office", shown(s.CountAsked(ctx, statisticalSpan, storage.ByOffice, now))(t),
		"[{Key:1 Questions:4 Answered:2 Late:1 Waiting:1 Overdue:1 Withdrawn:1 Helpful:1 Unclear:1} {Key:2 Questions:2 Answered:0 Late:0 Waiting:2 Overdue:2 Withdrawn:0 Helpful:0 Unclear:0}]")
	equal(t, "by theme", shown(s.CountAsked(ctx, statisticalSpan, storage.ByTheme, now))(t),
		"[{Key:M09 Questions:1 Answered:0 Late:0 Waiting:1 Overdue:1 Withdrawn:0 Helpful:0 Unclear:0} {Key:Q01 Questions:4 Answered:2 Late:1 Waiting:1 Overdue:1 Withdrawn:1 Helpful:1 Unclear:1}]")
	for theme, n := range map[string]int{"M09": 1, "Q01": 4, "Q02": 0} {
		sum := 0
		for _, c := range got(s.CountAsked(ctx, of(0, theme), storage.Together, now))(t) {
			sum += c.Questions
		}
		equal(t, "of the theme "+theme, sum, n)
		found, total, err := s.FindQuestions(ctx, storage.QuestionFilter{Theme: theme, AskedSince: statisticalSpan.From, AskedBefore: statisticalSpan.Before, Limit: 1})
		must(t, err)
		equal(t, "in the list of "+theme, total, n)
		equal(t, "on its page", len(found), min(n, 1))
	}
	equal(t, "late, in the list", len(got(s.Questions(ctx, storage.QuestionFilter{Late: true}))(t)), 1)

	counts := got(s.CountQuestions(ctx, 1, now, now, at(-1)))(t)
	equal(t, "said, on the desk", fmt.Sprint(counts.Satisfied, counts.Unclear), "1 1")
	day := func(t time.Time) string { return t.In(time.FixedZone("CST", 8*60*60)).Format(time.DateOnly) }
	equal(t, "waited for answers", shown(s.Waits(ctx, statisticalSpan, storage.ToAnswer))(t), "[{From:"+day(at(0))+" To:"+day(at(5))+" N:1}]")
	equal(t, "asked most", shown(s.MostAsked(ctx, statisticalSpan, 5))(t), fmt.Sprintf("[{Policy:%d Title:稳岗返还 Questions:3}]", p.ID))

	must(t, s.SaveCorrections(ctx, []domain.Correction{
		{Policy: p.ID, Dimension: domain.ThemeTag, Code: "Q01", Machine: string(domain.Assigned), Officer: domain.SaidYes, At: morning},
		{Policy: p.ID, Dimension: domain.ThemeTag, Code: "Q02", Machine: string(domain.Assigned), Officer: domain.SaidNo, At: morning},
		{Policy: p.ID, Dimension: domain.ThemeTag, Code: "Q03", Machine: domain.SaidAbsent, Officer: domain.SaidNo, At: morning},
		{Policy: p.ID, Dimension: domain.FactCorrected, Code: "title", Machine: "甲", Officer: "乙", At: morning},
		{Policy: p.ID, Dimension: domain.FactCorrected, Code: "expires", Machine: "甲", Officer: "乙", At: at(48)},
	}))
	equal(t, "corrections", shown(s.CountCorrected(ctx, statisticalSpan))(t), "[{Dimension:theme Confirmed:2 Changed:1} {Dimension:fact Confirmed:0 Changed:1}]")
	equal(t, "corrections of another office", len(got(s.CountCorrected(ctx, of(2, "")))(t)), 0)
}
