package storagetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

// asked returns a question that an office has to answer.
func asked(t testing.TB, s *storage.Store, p *domain.Policy, by domain.SubscriberID, once string) *domain.Question {
	t.Helper()
	q := &domain.Question{Policy: p.ID, Office: 1, Subscriber: by, Once: []byte(once), Code: []byte("code"), Channel: domain.SMS}
	must(t, q.Ask("什么时候截止？", morning, morning.Add(24*time.Hour)))
	if fresh := got(s.AskQuestion(t.Context(), q))(t); !fresh {
		t.Fatal("a new question is not")
	}
	return q
}

func keepsQuestions(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p := approved(t, s, "稳岗返还")
	q := asked(t, s, p, 7, "form 1")
	again := domain.Question{Policy: p.ID, Once: []byte("form 1")}
	must(t, again.Ask("什么时候截止？", morning.Add(time.Second), morning))
	equal(t, "sent twice", got(s.AskQuestion(ctx, &again))(t), false)
	if v := got(s.Question(ctx, q.ID))(t); !reflect.DeepEqual(v, *q) || !reflect.DeepEqual(again, *q) {
		t.Fatalf("got %+v and %+v, want %+v", v, again, *q)
	}
	unrouted := &domain.Question{Once: []byte("form 2"), Code: []byte{}}
	must(t, unrouted.Ask("开小店有什么补贴？", morning, morning.Add(2*time.Hour)))
	got(s.AskQuestion(ctx, unrouted))(t)

	for name, tt := range map[string]struct {
		f storage.QuestionFilter
		n int
	}{
		"all":                    {storage.QuestionFilter{}, 2},
		"of an office":           {storage.QuestionFilter{Office: 1}, 1},
		"and of none":            {storage.QuestionFilter{Office: 1, Unrouted: true}, 2},
		"of none":                {storage.QuestionFilter{Unrouted: true}, 1},
		"of a policy":            {storage.QuestionFilter{Policy: p.ID}, 1},
		"of another":             {storage.QuestionFilter{Policy: p.ID + 1}, 0},
		"of a person":            {storage.QuestionFilter{Subscriber: 7}, 1},
		"that wait":              {storage.QuestionFilter{States: []domain.QuestionState{domain.QuestionOpen, domain.QuestionDrafted}}, 2},
		"that are answered":      {storage.QuestionFilter{States: []domain.QuestionState{domain.QuestionAnswered}}, 0},
		"to be reviewed":         {storage.QuestionFilter{ToReview: true}, 0},
		"due soon":               {storage.QuestionFilter{DueBefore: morning.Add(3 * time.Hour)}, 1},
		"asked since":            {storage.QuestionFilter{AskedSince: morning.Add(time.Second)}, 0},
		"no more than asked for": {storage.QuestionFilter{Limit: 1}, 1},
	} {
		equal(t, name, len(got(s.Questions(ctx, tt.f))(t)), tt.n)
	}
	equal(t, "due first", got(s.Questions(ctx, storage.QuestionFilter{}))(t)[0].ID, unrouted.ID)

	soon, late, err := s.RemindQuestions(ctx, morning.Add(2*time.Hour), 24*time.Hour)
	must(t, err)
	equal(t, "soon", len(soon), 1)
	equal(t, "late", len(late), 1)
	equal(t, "late is", late[0].ID, unrouted.ID)
	soon, late, err = s.RemindQuestions(ctx, morning.Add(3*time.Hour), 24*time.Hour)
	must(t, err)
	equal(t, "marked twice", len(soon)+len(late), 0)
	wantKind(t, s.SaveQuestion(ctx, q), domain.Conflict) // it was marked meanwhile

	v := got(s.Question(ctx, q.ID))(t)
	equal(t, "reminded", v.RemindedAt.Equal(morning.Add(2*time.Hour)), true)
	c := got(s.CountQuestions(ctx, 1, morning, morning.Add(25*time.Hour), morning))(t)
	equal(t, "counts", c, storage.QuestionCounts{Open: 1, DueSoon: 1, Unrouted: 1})
	c = got(s.CountQuestions(ctx, 0, morning.Add(48*time.Hour), morning.Add(72*time.Hour), morning))(t)
	equal(t, "counts of all", c, storage.QuestionCounts{Open: 2, Overdue: 2, Unrouted: 1})

	// What was late stays so whatever is promised then, and is told of again when that is broken too.
	must(t, v.Prolong(domain.Operator{Office: 1, Roles: []domain.Role{domain.Drafter}}, "要核实", morning.Add(25*time.Hour), morning.Add(72*time.Hour)))
	must(t, s.SaveQuestion(ctx, &v))
	equal(t, "late before", len(got(s.Questions(ctx, storage.QuestionFilter{Office: 1, DueBefore: morning.Add(25 * time.Hour)}))(t)), 1)
	c = got(s.CountQuestions(ctx, 1, morning.Add(25*time.Hour), morning.Add(48*time.Hour), morning))(t)
	equal(t, "counts of what was late", c, storage.QuestionCounts{Open: 1, Overdue: 1, Unrouted: 1})
	for _, at := range []time.Duration{71, 72, 73} {
		soon, late, err := s.RemindQuestions(ctx, morning.Add(at*time.Hour), 24*time.Hour)
		must(t, err)
		equal(t, fmt.Sprint("due at ", at), len(soon), map[time.Duration]int{71: 1}[at])
		equal(t, fmt.Sprint("late at ", at), len(late), map[time.Duration]int{72: 1}[at])
	}
	v = got(s.Question(ctx, q.ID))(t)
	v.DueAt = morning.Add(100 * time.Hour)

	v.State, v.AnsweredAt = domain.QuestionAnswered, morning.Add(26*time.Hour)
	v.Last().Answer, v.Last().Feedback = &domain.Answer{Text: "12月31日。", Clauses: []string{"一"}, By: 2, At: morning}, domain.Helpful
	must(t, s.SaveQuestion(ctx, &v))
	it := interpretations.Item{
		Policy: p.ID, PolicyVersion: 1, Kind: interpretations.QAKind, State: interpretations.Approved, CreatedAt: morning,
		QA: &interpretations.QA{Question: "什么时候截止？", Answer: "12月31日。", Clauses: []string{"一"}},
	}
	must(t, s.AdoptAnswer(ctx, &v, &it))
	equal(t, "item", got(s.Question(ctx, q.ID))(t).Item, it.ID)
	wantKind(t, s.AdoptAnswer(ctx, q, &interpretations.Item{Policy: p.ID, Kind: interpretations.QAKind}), domain.Conflict)
	equal(t, "items", len(got(s.Interpretations(ctx, p.ID, false))(t)), 1)
	c = got(s.CountQuestions(ctx, 1, morning, morning, morning))(t)
	equal(t, "answered", c, storage.QuestionCounts{Unrouted: 1, Answered: 1, Late: 1, Satisfied: 1, Median: 26 * time.Hour})

	equal(t, "of this version", len(got(s.InterpretationsToCheck(ctx, 1, 10))(t)), 0)
	it.ID, it.PolicyVersion = 0, p.Version+1
	must(t, s.SaveInterpretation(ctx, &it))
	equal(t, "of an older one", len(got(s.InterpretationsToCheck(ctx, 1, 10))(t)), 1)
	equal(t, "of another office", len(got(s.InterpretationsToCheck(ctx, 2, 10))(t)), 0)
	drawn := interpretations.Item{
		Policy: p.ID, PolicyVersion: p.Version, Kind: interpretations.OnePageKind, State: interpretations.Approved, CreatedAt: morning,
		OnePage: &interpretations.OnePage{Hero: []interpretations.Entry{{Name: "最高", Big: "80万元"}}},
	}
	must(t, s.SaveInterpretation(ctx, &drawn))
	equal(t, "and a picture", len(got(s.InterpretationsToCheck(ctx, 1, 10))(t)), 2)
	it.ID = 0
	must(t, s.SaveInterpretation(ctx, &it))
	equal(t, "before it, another older one", got(s.InterpretationsToCheck(ctx, 1, 2))(t)[1].ID, it.ID)
	must(t, s.DeleteInterpretation(ctx, it.ID))
	must(t, s.DeleteInterpretation(ctx, drawn.ID))

	it.ID, it.State = 0, interpretations.Draft
	must(t, s.SaveInterpretation(ctx, &it))
	equal(t, "to be reviewed, of what is not published", len(got(s.UnreviewedInterpretations(ctx, 1, 10))(t)), 0)
	public, _ := published(t, s, "技改补助")
	for _, state := range []interpretations.State{interpretations.Draft, interpretations.Approved} {
		it.ID, it.Policy, it.State = 0, public.ID, state
		must(t, s.SaveInterpretation(ctx, &it))
	}
	waits := got(s.UnreviewedInterpretations(ctx, 1, 10))(t)
	equal(t, "to be reviewed", len(waits), 1)
	equal(t, "waits", waits[0].State, interpretations.Draft)
	equal(t, "of another office", len(got(s.UnreviewedInterpretations(ctx, 2, 10))(t)), 0)
	if _, err := s.Question(ctx, 99); domain.KindOf(err) != domain.NotFound {
		t.Errorf("a question that is not there: %v", err)
	}
}

func owesNotices(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p := approved(t, s, "稳岗返还")
	asker := person(1)
	must(t, s.SaveSubscriber(ctx, asker))
	reader := person(2)
	must(t, s.SaveSubscriber(ctx, reader))
	q := asked(t, s, p, asker.ID, "form")
	n := domain.Notice{Question: q.ID, Subscriber: asker.ID, Channel: domain.SMS, Kind: domain.NoticeAnswered, At: morning}
	must(t, s.SaveQuestion(ctx, q, n))
	owed := got(s.OwedNotices(ctx, 10))(t)
	n.ID = owed[0].ID
	equal(t, "owed", owed[0], n)
	equal(t, "shown before", len(got(s.Notices(ctx, asker.ID, 10))(t)), 0)

	delivery := func() []domain.Delivery {
		return []domain.Delivery{{Subscriber: asker.ID, Contact: 1, Channel: domain.SMS, Verdict: domain.Likely, State: domain.Pending, NextAt: morning}}
	}
	must(t, s.PlanNotice(ctx, &n, p.ID, delivery(), morning))
	twice := owed[0]
	wantKind(t, s.PlanNotice(ctx, &twice, p.ID, delivery(), morning), domain.Conflict)
	equal(t, "still owed", len(got(s.OwedNotices(ctx, 10))(t)), 0)
	equal(t, "of the push", got(s.NoticeOf(ctx, n.Push))(t), n)
	equal(t, "of the person", got(s.Notices(ctx, asker.ID, 10))(t)[0], n)
	push := got(s.Push(ctx, n.Push))(t)
	equal(t, "kind", push.Kind, domain.AnswerPush)
	equal(t, "in the list of pushes", len(got(s.Pushes(ctx, p.ID, 10))(t)), 0)
	equal(t, "batches", len(got(s.DueBatches(ctx, morning, 10))(t)), 1)

	// About no policy.
	general := &domain.Question{Office: 1, Subscriber: asker.ID, Once: []byte("general"), Code: []byte{}, Channel: domain.SMS}
	must(t, general.Ask("大厅几点关门？", morning, morning.Add(24*time.Hour)))
	got(s.AskQuestion(ctx, general))(t)
	must(t, s.SaveQuestion(ctx, general, domain.Notice{Subscriber: asker.ID, Channel: domain.SMS, Kind: domain.NoticeAnswered, At: morning}))
	told := got(s.OwedNotices(ctx, 10))(t)[0]
	must(t, s.PlanNotice(ctx, &told, 0, delivery(), morning))
	push = got(s.Push(ctx, told.Push))(t)
	equal(t, "the push", fmt.Sprint(push.Kind, push.State, push.Policy), fmt.Sprint(domain.AnswerPush, domain.PushRunning, 0))
	rows := got(s.Deliveries(ctx, storage.DeliveryFilter{Subscriber: asker.ID}))(t)
	equal(t, "in the list of deliveries", len(rows), 2)
	equal(t, "as", rows[0].PolicyTitle, "提问的答复")
	wantKind(t, s.PlanNotice(ctx, &domain.Notice{ID: told.ID}, 999, nil, morning), domain.NotFound)

	must(t, s.ReadAnswer(ctx, q.ID, reader.ID, true, morning))
	must(t, s.ReadAnswer(ctx, q.ID, reader.ID, true, morning))
	equal(t, "readers", len(got(s.AnswerReaders(ctx, q.ID))(t)), 1)
	equal(t, "read", got(s.ReadAnswers(ctx, reader.ID))(t)[0].ID, q.ID)
	must(t, s.ReadAnswer(ctx, q.ID, reader.ID, false, morning))
	equal(t, "forgotten", len(got(s.AnswerReaders(ctx, q.ID))(t)), 0)

	must(t, s.ReadAnswer(ctx, q.ID, reader.ID, true, morning))
	must(t, s.DeleteSubscriber(ctx, reader.ID, morning))
	equal(t, "readers who are gone", len(got(s.AnswerReaders(ctx, q.ID))(t)), 0)
	must(t, s.DeleteSubscriber(ctx, asker.ID, morning))
	_, err := s.Question(ctx, q.ID)
	wantKind(t, err, domain.NotFound)
	_, err = s.NoticeOf(ctx, n.Push)
	wantKind(t, err, domain.NotFound)
}

func keepsQAReaders(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, other := approved(t, s, "稳岗返还"), approved(t, s, "设备补助")
	ada, ben := person(1), person(2)
	must(t, s.SaveSubscriber(ctx, ada))
	must(t, s.SaveSubscriber(ctx, ben))
	at := func(hour int) time.Time { return morning.Add(time.Duration(hour) * time.Hour) }
	must(t, s.ReadQA(ctx, p.ID, ada.ID, at(0), at(1)))
	must(t, s.ReadQA(ctx, p.ID, ada.ID, at(0), at(2))) // nothing newer is shown: the first time stays
	must(t, s.ReadQA(ctx, other.ID, ada.ID, at(0), at(3)))
	must(t, s.ReadQA(ctx, p.ID, ben.ID, at(0), at(4)))
	must(t, s.ReadQA(ctx, p.ID, ben.ID+99, at(0), at(4)))
	want := []storage.QARead{{Policy: other.ID, Title: other.Title, At: at(3)}, {Policy: p.ID, Title: p.Title, At: at(1)}}
	equal(t, "read by one", fmt.Sprint(got(s.ReadQAs(ctx, ada.ID))(t)), fmt.Sprint(want))
	equal(t, "readers", fmt.Sprint(got(s.QAReaders(ctx, p.ID, at(1)))(t)), fmt.Sprint([]domain.SubscriberID{ada.ID, ben.ID}))
	equal(t, "readers of newer words", fmt.Sprint(got(s.QAReaders(ctx, p.ID, at(2)))(t)), fmt.Sprint([]domain.SubscriberID{ben.ID}))
	must(t, s.ReadQA(ctx, p.ID, ada.ID, at(2), at(5)))
	equal(t, "who came back for them", len(got(s.QAReaders(ctx, p.ID, at(2)))(t)), 2)

	it := interpretations.Item{
		Policy: p.ID, PolicyVersion: 1, Kind: interpretations.QAKind, State: interpretations.Approved, CreatedAt: morning,
		QA: &interpretations.QA{Question: "什么时候截止？", Answer: "12月31日。", Clauses: []string{"一"}},
	}
	n := domain.Notice{Subscriber: ada.ID, Channel: domain.App, Kind: domain.NoticeCorrected, At: at(6)}
	must(t, s.SaveInterpretation(ctx, &it, n))
	owed := got(s.OwedNotices(ctx, 10))(t)
	equal(t, "owed", len(owed), 1)
	n.ID, n.Item = owed[0].ID, it.ID
	equal(t, "what is owed", owed[0], n)
	must(t, s.PlanNotice(ctx, &n, p.ID, nil, at(6)))
	equal(t, "of the push", got(s.NoticeOf(ctx, n.Push))(t), n)

	must(t, s.ForgetQA(ctx, other.ID, ada.ID))
	equal(t, "one is forgotten", len(got(s.ReadQAs(ctx, ada.ID))(t)), 1)
	must(t, s.ForgetQAReaders(ctx, at(5)))
	equal(t, "after their time", fmt.Sprint(got(s.QAReaders(ctx, p.ID, at(0)))(t)), fmt.Sprint([]domain.SubscriberID{ada.ID}))
	must(t, s.ReadQA(ctx, other.ID, ada.ID, at(0), at(6)))
	must(t, s.ReadQA(ctx, other.ID, ben.ID, at(0), at(6)))
	must(t, s.ForgetQA(ctx, 0, ada.ID))
	equal(t, "all of one person", len(got(s.ReadQAs(ctx, ada.ID))(t)), 0)
	must(t, s.DeleteSubscriber(ctx, ben.ID, morning))
	equal(t, "of who is gone", len(got(s.QAReaders(ctx, other.ID, at(0)))(t)), 0)
	must(t, s.DeleteInterpretation(ctx, it.ID))
	_, err := s.NoticeOf(ctx, n.Push)
	wantKind(t, err, domain.NotFound)
}
