package storagetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/interpretations"
)

func migratesOnce(t *testing.T, url string) {
	keys := Keys(t)
	stores := [2]*storage.Store{}
	for i := range stores {
		stores[i] = got(storage.Open(t.Context(), url, keys))(t)
		defer func() { must(t, stores[i].Close()) }()
	}
	var wg sync.WaitGroup
	applied, errs := [2]int{}, [2]error{}
	for i, s := range stores {
		wg.Go(func() { applied[i], errs[i] = s.Migrate(t.Context()) })
	}
	wg.Wait()
	must(t, errs[0])
	must(t, errs[1])
	if applied[0] > 0 == (applied[1] > 0) {
		t.Fatalf("the two migrated %v steps, want one of them to find nothing to do", applied)
	}
	equal(t, "steps of a third run", got(stores[0].Migrate(t.Context()))(t), 0)
	must(t, stores[0].Ping(t.Context()))
	if d := stores[0].Dialect(); !strings.HasPrefix(url, d) {
		t.Fatalf("dialect %q of %s", d, url)
	}
}

func refusesNewer(t *testing.T, url string) {
	s := open(t, url, Keys(t))
	db := raw(t, url)
	_, err := db.ExecContext(t.Context(), `INSERT INTO schema_migrations (version, applied_at) VALUES (999, 0)`)
	must(t, err)
	_, err = s.Migrate(t.Context())
	wantKind(t, err, domain.Conflict)
}

func keepsOperators(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	office := domain.Office{Name: "云川县政务公开办", Signature: "云川政务", Region: "339901", Phone: "0570-12345"}
	must(t, s.SaveOffice(ctx, &office))
	office.Phone = "0570-54321"
	must(t, s.SaveOffice(ctx, &office))
	equal(t, "office", got(s.Office(ctx, office.ID))(t), office)
	equal(t, "offices", len(got(s.Offices(ctx))(t)), 1)
	wantKind(t, s.SaveOffice(ctx, &domain.Office{ID: 99}), domain.NotFound)
	_, err := s.Office(ctx, 99)
	wantKind(t, err, domain.NotFound)

	lin := domain.Operator{Office: office.ID, Login: "lin", Name: "林晓", Roles: []domain.Role{domain.Drafter}, PasswordHash: "x"}
	must(t, s.SaveOperator(ctx, &lin))
	zhou := lin
	zhou.ID, zhou.Name = 0, "周敏"
	wantKind(t, s.SaveOperator(ctx, &zhou), domain.Conflict)
	zhou.ID, zhou.Login = 0, "zhou"
	must(t, s.SaveOperator(ctx, &zhou))
	zhou.Login = "lin"
	wantKind(t, s.SaveOperator(ctx, &zhou), domain.Conflict)
	lin.Disabled, lin.Roles = true, nil
	must(t, s.SaveOperator(ctx, &lin))
	if o := got(s.OperatorByLogin(ctx, "lin"))(t); !reflect.DeepEqual(o, lin) {
		t.Fatalf("got %+v, want %+v", o, lin)
	}
	equal(t, "operator", got(s.Operator(ctx, zhou.ID))(t).Login, "zhou")
	equal(t, "operators", len(got(s.Operators(ctx))(t)), 2)
	_, err = s.OperatorByLogin(ctx, "nobody")
	wantKind(t, err, domain.NotFound)
	_, err = s.Operator(ctx, 99)
	wantKind(t, err, domain.NotFound)
	wantKind(t, s.SaveOperator(ctx, &domain.Operator{ID: 99, Login: "ghost"}), domain.NotFound)
}

func keepsSessions(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	want := storage.Session{
		TokenHash: []byte("0123456789abcdef"), Subscriber: 7, Contact: "19900000001", ContactKind: domain.SMS,
		Data: `{"step":2}`, Expires: morning.Add(time.Hour), CreatedAt: morning,
	}
	must(t, s.SaveSession(ctx, want))
	want.Data = `{"step":3,"name":"云川精工"}`
	must(t, s.SaveSession(ctx, want))
	if v := got(s.Session(ctx, want.TokenHash, morning))(t); !reflect.DeepEqual(v, want) {
		t.Fatalf("got %+v, want %+v", v, want)
	}
	_, err := s.Session(ctx, want.TokenHash, want.Expires)
	wantKind(t, err, domain.NotFound)
	must(t, s.DeleteExpired(ctx, want.Expires.Add(-time.Second)))
	must(t, s.DeleteSession(ctx, []byte("another")))
	got(s.Session(ctx, want.TokenHash, morning))(t)
	must(t, s.DeleteExpired(ctx, want.Expires))
	_, err = s.Session(ctx, want.TokenHash, morning)
	wantKind(t, err, domain.NotFound)
	must(t, s.SaveSession(ctx, want))
	must(t, s.DeleteSession(ctx, want.TokenHash))
	claim := storage.Session{TokenHash: want.TokenHash, Data: "{}", CreatedAt: morning, Expires: morning.Add(time.Minute)}
	equal(t, "claimed", got(s.ClaimSession(ctx, claim))(t), true)
	equal(t, "claimed again", got(s.ClaimSession(ctx, claim))(t), false)
	equal(t, "what was claimed", got(s.Session(ctx, want.TokenHash, morning))(t).Data, "{}")
	claim.CreatedAt, claim.Expires = claim.Expires, claim.Expires.Add(time.Minute)
	equal(t, "claimed when it is over", got(s.ClaimSession(ctx, claim))(t), true)
	must(t, s.DeleteSession(ctx, want.TokenHash))
	_, err = s.Session(ctx, want.TokenHash, morning)
	wantKind(t, err, domain.NotFound)
}

func triesCodes(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	const phone = "19900000001"
	right, wrong := []byte("right"), []byte("wrong")
	soon := morning.Add(5 * time.Minute)
	try := func(code []byte, at time.Time) error { return s.TryCode(ctx, domain.SMS, phone, code, at) }
	says := func(err error, words string) {
		t.Helper()
		wantKind(t, err, domain.Invalid)
		if !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), phone) {
			t.Fatalf("got %q, want %q in it and no number", err, words)
		}
	}
	says(try(right, morning), "先获取")
	must(t, s.SaveCode(ctx, domain.SMS, phone, right, morning, soon))
	wantKind(t, s.SaveCode(ctx, domain.SMS, phone, right, morning.Add(59*time.Second), soon), domain.Conflict)
	must(t, s.SaveCode(ctx, domain.Email, phone, right, morning, soon)) // another address
	says(try(wrong, morning), "还可以试4次")
	must(t, try(right, morning))
	says(try(right, morning), "用过")

	must(t, s.SaveCode(ctx, domain.SMS, phone, right, morning.Add(time.Second), soon)) // of one that was used nobody waits for the minute
	for range 4 {
		says(try(wrong, morning), "还可以试")
	}
	says(try(wrong, morning), "次数过多")
	says(try(right, morning), "次数过多")
	says(s.SaveCode(ctx, domain.SMS, phone, right, morning.Add(2*time.Second), soon), "等1分钟")
	must(t, s.SaveCode(ctx, domain.SMS, phone, right, morning.Add(2*time.Minute), soon))
	says(try(right, soon), "过期")

	var wg sync.WaitGroup
	errs := make([]error, 5)
	for i := range errs {
		wg.Go(func() { errs[i] = try(right, morning) })
	}
	wg.Wait()
	ok := 0
	for _, err := range errs {
		if err == nil {
			ok++
		}
	}
	equal(t, "uses of one code", ok, 1)
	must(t, s.DeleteExpired(ctx, soon))
	says(try(right, morning), "先获取")
}

func keepsPolicies(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	want := &domain.Policy{
		Office: 3, Status: domain.Draft, Title: "关于支持小微企业稳定发展的若干措施", DocNumber: "云政发〔2026〕8号",
		UnifiedCode: "ZJYC00-2026-0008", Issuers: []string{"云川县人民政府", "云川县财政局"}, DocKind: "D08",
		Audience: domain.ForEnterprises, PublishDate: "2026-11-20", EffectiveFrom: "2026-12-01", Expires: "2027-12",
		ApplyDeadline: "2026-12-31", Replaces: []domain.Reference{{DocNumber: "云政发〔2024〕3号"}},
		Amends: []domain.Reference{{Title: "关于缓缴社会保险费的通知", DocNumber: "云人社发〔2025〕2号", Until: "2027-06-30"}}, Contact: "0570-12345",
		SourceName: "措施.docx", SourceHash: "ab12", Text: "第一条　对小微企业减半征收。",
		Clauses:      []domain.Clause{{Path: "第一条", Kind: domain.TextClause, Start: 0, End: 14, Text: "第一条　对小微企业减半征收。"}},
		FactEvidence: map[string][]domain.Evidence{"issuers": {{Start: 4, End: 9, Text: "对小微企业"}}},
		Tags:         []domain.Tag{{Dimension: domain.ThemeTag, Code: "Q01", Score: 7.5, State: domain.Assigned}},
		Measures: []domain.Measure{{ID: "m1", Title: "减半征收", Criteria: domain.Leaf(domain.Condition{
			Field: domain.FieldStaff, Op: domain.AtMost, Number: 300,
		})}},
		DraftedBy: 1, ReviewedBy: 1, ApprovedBy: 2, PublishedBy: 2,
		CreatedAt: morning, ReviewedAt: morning.Add(time.Microsecond), ApprovedAt: morning.Add(time.Hour), PublishedAt: morning.Add(2 * time.Hour),
		NoInterpretation: "已有上级解读", EndedReason: "",
	}
	must(t, s.CreatePolicy(ctx, want))
	equal(t, "version", want.Version, 1)
	if p := got(s.Policy(ctx, want.ID))(t); !reflect.DeepEqual(p, want) {
		t.Fatalf("got %+v\nwant %+v", p, want)
	}
	want.Title, want.Tags, want.Clauses = "措施（修订）", nil, nil
	must(t, s.SavePolicy(ctx, want, domain.Draft))
	if p := got(s.Policy(ctx, want.ID))(t); !reflect.DeepEqual(p, want) {
		t.Fatalf("after saving got %+v\nwant %+v", p, want)
	}
	_, err := s.Policy(ctx, 99)
	wantKind(t, err, domain.NotFound)
}

func refusesCriteria(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	staff := domain.Leaf(domain.Condition{Field: domain.FieldStaff, Op: domain.AtMost, Number: 300})
	deep := staff
	for range domain.MaxCriteriaDepth + 1 {
		deep = domain.NotOf(deep)
	}
	policy := func(c domain.Criteria) *domain.Policy {
		return &domain.Policy{Status: domain.Draft, Title: "措施", Measures: []domain.Measure{{ID: "m1", Title: "减半征收", Criteria: c}}}
	}
	says := func(err error, want string) {
		t.Helper()
		wantKind(t, err, domain.Invalid)
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q and does not say %q", err, want)
		}
	}
	says(s.CreatePolicy(ctx, policy(deep)), "“减半征收”的条件不能用：条件嵌套超过64层")
	p := policy(staff)
	must(t, s.CreatePolicy(ctx, p))
	p.Measures[0].Criteria = domain.Leaf(domain.Condition{Field: domain.FieldSize, Op: domain.In, Values: make([]string, domain.MaxLeafValues+1)})
	says(s.SavePolicy(ctx, p, domain.Draft), "“企业规模”要有1到10000个值")
	db := raw(t, url)
	for want, measures := range map[string]string{
		"条件嵌套超过64层": `[{"criteria":` + strings.Repeat(`{"not":`, 9000) + `{}` + strings.Repeat("}", 9000) + `}]`,
		"从备份恢复":     `[{"criteria":` + strings.Repeat(`{"not":`, 20_000) + `{}` + strings.Repeat("}", 20_000) + `}]`,
		"没有名为“靠山”":  `[{"criteria":{"leaf":{"field":"靠山","op":"in","values":["1"]}}}]`,
	} {
		_, err := db.ExecContext(ctx, `UPDATE policies SET measures = $1`, measures)
		must(t, err)
		_, err = s.Policy(ctx, p.ID)
		says(err, want)
	}
}

func listsPolicies(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	for i, p := range []domain.Policy{
		{Office: 1, Title: "稳岗返还", DocNumber: "云人社发〔2026〕1号", Audience: domain.ForEnterprises, Status: domain.Published, Expires: "2026-12", ApplyDeadline: "2026-12-31", PublishDate: "2026-11-12"},
		{Office: 1, Title: "高龄津贴", Text: "年满80周岁，100%发放", Audience: domain.ForResidents, Status: domain.Published, Expires: "2026-10-31"},
		{Office: 2, Title: "托育补贴", Audience: domain.ForBoth, Status: domain.Draft, ApplyDeadline: "2026-11-30", PublishDate: "2026-11-09"},
		{Office: 2, Title: "会议通知", Audience: domain.ForNobody, Status: domain.Withdrawn, ApplyDeadline: "2026-01-01"},
	} {
		p.CreatedAt = morning.Add(time.Duration(i) * time.Hour)
		p.Tags = []domain.Tag{
			{Dimension: domain.ThemeTag, Code: "Q0" + string(rune('1'+i)), State: domain.Confirmed},
			{Dimension: domain.ThemeTag, Code: "M09", State: domain.Removed},
		}
		p.Measures = []domain.Measure{{Title: "第一点"}, {Title: "第二点"}}
		if p.Title == "会议通知" {
			p.Measures[1].Window.Deadline = "2026-12"
		}
		must(t, s.CreatePolicy(ctx, &p))
		for kind, state := range map[interpretations.Kind]interpretations.State{interpretations.QAKind: interpretations.Approved, interpretations.CaseKind: interpretations.Draft} {
			if p.Title == "高龄津贴" {
				must(t, s.SaveInterpretation(ctx, &interpretations.Item{Policy: p.ID, PolicyVersion: p.Version, Kind: kind, State: state}))
			}
		}
	}
	for name, tt := range map[string]struct {
		filter storage.PolicyFilter
		want   string
		total  int
	}{
		"all, latest first":            {storage.PolicyFilter{}, "会议通知 托育补贴 高龄津贴 稳岗返还", 4},
		"a page":                       {storage.PolicyFilter{Limit: 2, Offset: 1}, "托育补贴 高龄津贴", 4},
		"by states":                    {storage.PolicyFilter{Statuses: []domain.PolicyStatus{domain.Draft, domain.Withdrawn}}, "会议通知 托育补贴", 2},
		"by office":                    {storage.PolicyFilter{Office: 1}, "高龄津贴 稳岗返还", 2},
		"by theme":                     {storage.PolicyFilter{Theme: "Q02"}, "高龄津贴", 1},
		"a removed theme counts not":   {storage.PolicyFilter{Theme: "M09"}, "", 0},
		"a theme is not a pattern":     {storage.PolicyFilter{Theme: "Q0_"}, "", 0},
		"for enterprises, with both":   {storage.PolicyFilter{Audience: "enterprise"}, "托育补贴 稳岗返还", 2},
		"for nobody":                   {storage.PolicyFilter{Audience: "neither"}, "会议通知", 1},
		"words of the title":           {storage.PolicyFilter{Query: "补贴"}, "托育补贴", 1},
		"words of the text":            {storage.PolicyFilter{Query: "80周岁"}, "高龄津贴", 1},
		"a number":                     {storage.PolicyFilter{Query: "〔2026〕1号"}, "稳岗返还", 1},
		"a per cent sign is no joker":  {storage.PolicyFilter{Query: "0%发"}, "高龄津贴", 1},
		"nor is it alone":              {storage.PolicyFilter{Query: "稳%返"}, "", 0},
		"in force, a month has an end": {storage.PolicyFilter{InForceOn: "2026-12-15"}, "稳岗返还", 1},
		"in force before":              {storage.PolicyFilter{InForceOn: "2026-10-31"}, "高龄津贴 稳岗返还", 2},
		"explained":                    {storage.PolicyFilter{Explained: true}, "高龄津贴", 1},
		"explained by answers":         {storage.PolicyFilter{Explained: true, ExplainedAs: interpretations.QAKind}, "高龄津贴", 1},
		"a draft explains nothing yet": {storage.PolicyFilter{Explained: true, ExplainedAs: interpretations.CaseKind}, "", 0},
		"the latest document first":    {storage.PolicyFilter{Order: "date"}, "稳岗返还 托育补贴 会议通知 高龄津贴", 4},
		"deadlines in order":           {storage.PolicyFilter{Order: "deadline", Today: "2026-01-01"}, "会议通知 托育补贴 稳岗返还 高龄津贴", 4},
		"the next of several":          {storage.PolicyFilter{Order: "deadline", Today: "2026-01-02"}, "托育补贴 会议通知 稳岗返还 高龄津贴", 4},
		"over after what is to come":   {storage.PolicyFilter{Order: "deadline", Today: "2026-12-31"}, "会议通知 稳岗返还 托育补贴 高龄津贴", 4},
		"a page of them":               {storage.PolicyFilter{Order: "deadline", Today: "2026-12-31", Limit: 2, Offset: 1}, "稳岗返还 托育补贴", 4},
		"that can be applied for":      {storage.PolicyFilter{OpenOn: "2026-01-01"}, "会议通知 托育补贴 稳岗返还", 3},
		"of several one is over":       {storage.PolicyFilter{OpenOn: "2026-12-01"}, "会议通知 稳岗返还", 2},
		"of several the last is over":  {storage.PolicyFilter{OpenOn: "2027-01-01"}, "", 0},
		"none last":                    {storage.PolicyFilter{Order: "deadline", InForceOn: "2026-10-31", Today: "2026-10-31"}, "稳岗返还 高龄津贴", 2},
	} {
		t.Run(name, func(t *testing.T) {
			found, total, err := s.Policies(ctx, tt.filter)
			must(t, err)
			var titles []string
			for _, p := range found {
				titles = append(titles, p.Title)
				equal(t, "measures", p.Measures, 2)
				equal(t, "first measure", p.FirstMeasure, "第一点")
			}
			equal(t, "total", total, tt.total)
			equal(t, "titles", strings.Join(titles, " "), tt.want)
		})
	}
}

func refusesSameNumber(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	first := &domain.Policy{Office: 1, Title: "稳岗返还", DocNumber: "云人社发〔2026〕1号", Status: domain.Draft}
	must(t, s.CreatePolicy(ctx, first))
	same := &domain.Policy{Office: 1, Title: "另一份", DocNumber: first.DocNumber, Status: domain.Draft}
	err := s.CreatePolicy(ctx, same)
	wantKind(t, err, domain.Conflict)
	for _, words := range []string{first.DocNumber, first.Title} {
		if !strings.Contains(err.Error(), words) {
			t.Fatalf("%q does not name %s", err, words)
		}
	}
	same.DocNumber = ""
	must(t, s.CreatePolicy(ctx, same))
	must(t, s.CreatePolicy(ctx, &domain.Policy{Office: 1, Title: "也没有文号", Status: domain.Draft}))
	must(t, s.CreatePolicy(ctx, &domain.Policy{Office: 2, DocNumber: first.DocNumber, Title: "别的单位", Status: domain.Draft}))
	alike := func(p *domain.Policy, want ...string) {
		t.Helper()
		var titles []string
		for _, other := range got(s.Alike(ctx, p))(t) {
			titles = append(titles, other.Title)
		}
		equal(t, "alike", strings.Join(titles, " "), strings.Join(want, " "))
	}
	alike(same)
	alike(first, "别的单位")
	alike(&domain.Policy{Title: first.Title, DocNumber: "云人社发〔2026〕2号"}, first.Title)
	same.DocNumber = first.DocNumber
	alike(same, "别的单位", first.Title)
	wantKind(t, s.SavePolicy(ctx, same, domain.Draft), domain.Conflict)
	first.Status = domain.Withdrawn
	must(t, s.SavePolicy(ctx, first, domain.Draft))
	alike(same, "别的单位")
	must(t, s.SavePolicy(ctx, same, domain.Draft)) // the other was taken back

	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.CreatePolicy(ctx, &domain.Policy{Office: 1, Title: "同时导入", DocNumber: "云政发〔2026〕9号", Status: domain.Draft})
		})
	}
	wg.Wait()
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	equal(t, "refused of four at once", len(errs), 3)
	for _, err := range errs {
		wantKind(t, err, domain.Conflict)
	}
}

func savesPolicyOnce(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p := &domain.Policy{Title: "稳岗返还", Status: domain.Draft}
	must(t, s.CreatePolicy(ctx, p))
	p.Status = domain.Reviewed
	must(t, s.SavePolicy(ctx, p, domain.Draft))
	wantKind(t, s.SavePolicy(ctx, p, domain.Draft), domain.Conflict)
	p.Version = 2
	wantKind(t, s.SavePolicy(ctx, p, domain.Reviewed), domain.Conflict)
}

func publishesOnce(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p := approved(t, s, "稳岗返还")
	before := got(s.LastPolicyChange(ctx))(t)
	equal(t, "published policies", len(got(s.PublishedPolicies(ctx))(t)), 0)
	p.Status, p.PublishedAt = domain.Published, morning
	var wg sync.WaitGroup
	errs, pushes := make([]error, 3), make([]domain.Push, 3)
	for i := range errs {
		pushes[i] = domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, CreatedBy: 2, IncludePossible: true}
		own := *p
		wg.Go(func() { errs[i] = s.PublishPolicy(ctx, &own, &pushes[i]) })
	}
	wg.Wait()
	won := slices.IndexFunc(errs, func(err error) bool { return err == nil })
	if won < 0 {
		t.Fatal(errs)
	}
	for i, err := range errs {
		if i != won {
			wantKind(t, err, domain.Conflict)
		}
	}
	equal(t, "last change of what is published", got(s.LastPolicyChange(ctx))(t), before+1)
	equal(t, "version of the published policy", got(s.PublishedPolicies(ctx))(t)[p.ID], 1)
	owed := got(s.OwedPushes(ctx, morning))(t)
	equal(t, "owed pushes", len(owed), 1)
	equal(t, "push", owed[0], domain.Push{
		ID: pushes[won].ID, Policy: p.ID, Version: 1, Kind: domain.NewPolicy, State: domain.PushOwed,
		CreatedBy: 2, CreatedAt: morning, IncludePossible: true, Title: "稳岗返还",
	})
	equal(t, "push by id", got(s.Push(ctx, owed[0].ID))(t), owed[0])
	equal(t, "pushes of the policy", len(got(s.Pushes(ctx, p.ID, 10))(t)), 1)
	equal(t, "pushes of another", len(got(s.Pushes(ctx, p.ID+1, 10))(t)), 0)
	equal(t, "pushes of all", len(got(s.Pushes(ctx, 0, 10))(t)), 1)
	_, err := s.Push(ctx, 99)
	wantKind(t, err, domain.NotFound)
}

func withdraws(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p, push := published(t, s, "稳岗返还")
	all := people(t, s, 5)
	batches := planned(t, s, push.ID, waiting(all, 0))
	must(t, s.MarkQueued(ctx, batches[0].ID, 1, morning))
	out := got(s.ClaimDeliveries(ctx, batches[0].ID, 1, 2, morning))(t)

	before := got(s.LastPolicyChange(ctx))(t)
	p.Status, p.EndedReason = domain.Withdrawn, "数字有误"
	notice := domain.Push{Kind: domain.WithdrawalNotice, CreatedAt: morning}
	must(t, s.WithdrawPolicy(ctx, p, &notice, morning))
	equal(t, "last change of what is published", got(s.LastPolicyChange(ctx))(t), before+1)
	equal(t, "published policies", len(got(s.PublishedPolicies(ctx))(t)), 0)
	wantKind(t, s.WithdrawPolicy(ctx, p, nil, morning), domain.Conflict)
	equal(t, "push", got(s.Push(ctx, push.ID))(t).State, domain.PushStopped)
	equal(t, "notice", got(s.Push(ctx, notice.ID))(t).State, domain.PushOwed)
	_, states := sum(t, s, push.ID)
	equal(t, "withdrawn", states[domain.CalledBack], 3)
	equal(t, "in the gateway's hands", states[domain.Sending], 2)
	reasons := got(s.Reasons(ctx, push.ID))(t)
	equal(t, "reasons", len(reasons), 1)
	equal(t, "reason", reasons[0], storage.ReasonCount{Channel: domain.SMS, State: domain.CalledBack, Reason: domain.ReasonPolicyEnded, N: 3})
	equal(t, "due batches", len(got(s.DueBatches(ctx, morning, 10))(t)), 0)
	equal(t, "claimed after", len(got(s.ClaimDeliveries(ctx, batches[0].ID, 1, 10, morning))(t)), 0)
	must(t, s.RecordOutcomes(ctx, []storage.Outcome{
		{Delivery: out[0].Deliveries[0].ID, State: domain.Accepted, At: morning},
		{Delivery: out[1].Deliveries[0].ID, State: domain.Accepted, At: morning},
	}))
	_, states = sum(t, s, push.ID)
	equal(t, "accepted", states[domain.Accepted], 2)
}

func keepsInterpretations(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	p := approved(t, s, "稳岗返还")
	it := interpretations.Item{
		Policy: p.ID, PolicyVersion: 1, Kind: interpretations.QAKind, State: interpretations.Draft, Author: 1, CreatedAt: morning,
		QA: &interpretations.QA{Question: "谁能申请？", Answer: "参保企业。", Clauses: []string{"一"}},
	}
	must(t, s.SaveInterpretation(ctx, &it))
	equal(t, "for readers", len(got(s.Interpretations(ctx, p.ID, true))(t)), 0)
	it.State, it.Approver, it.ApprovedAt = interpretations.Approved, 2, morning
	must(t, s.SaveInterpretation(ctx, &it))
	if v := got(s.Interpretation(ctx, it.ID))(t); !reflect.DeepEqual(v, it) {
		t.Fatalf("got %+v, want %+v", v, it)
	}
	second := it
	second.ID, second.State = 0, interpretations.Draft
	must(t, s.SaveInterpretation(ctx, &second))
	equal(t, "for readers", len(got(s.Interpretations(ctx, p.ID, true))(t)), 1)
	of := got(s.InterpretationsOf(ctx, []domain.PolicyID{p.ID, p.ID + 100}))(t)
	equal(t, "of several policies", len(of), 1)
	equal(t, "of one of several", of[p.ID][0].ID, got(s.Interpretations(ctx, p.ID, true))(t)[0].ID)
	equal(t, "of none", len(got(s.InterpretationsOf(ctx, nil))(t)), 0)
	equal(t, "last id", got(s.Interpretations(ctx, p.ID, false))(t)[1].ID, second.ID)
	equal(t, "said of it", len(got(s.Feedback(ctx, p.Office, 0))(t)), 0)
	must(t, s.CountFeedback(ctx, it.ID, domain.Helpful))
	must(t, s.CountFeedback(ctx, it.ID, domain.Unclear))
	must(t, s.CountFeedback(ctx, it.ID, domain.Unclear))
	must(t, s.CountFeedback(ctx, second.ID, domain.Unclear)) // no reader has seen it
	for _, policy := range []domain.PolicyID{0, p.ID} {
		said := got(s.Feedback(ctx, p.Office, policy))(t)
		equal(t, "said of it", len(said), 1)
		equal(t, "what is said", said[0], storage.Feedback{Item: it.ID, Policy: p.ID, Helpful: 1, Unclear: 2})
	}
	equal(t, "of another policy", len(got(s.Feedback(ctx, p.Office, p.ID+1))(t)), 0)
	equal(t, "of another office", len(got(s.Feedback(ctx, p.Office+1, 0))(t)), 0)
	must(t, s.SaveInterpretation(ctx, &it))
	equal(t, "said of what replaced it", len(got(s.Feedback(ctx, p.Office, 0))(t)), 0)
	must(t, s.CountFeedback(ctx, it.ID, domain.Helpful))
	must(t, s.DeleteInterpretation(ctx, it.ID))
	equal(t, "said of what is gone", len(got(s.Feedback(ctx, p.Office, 0))(t)), 0)
	wantKind(t, s.DeleteInterpretation(ctx, it.ID), domain.NotFound)
	wantKind(t, s.SaveInterpretation(ctx, &it), domain.NotFound)
	_, err := s.Interpretation(ctx, it.ID)
	wantKind(t, err, domain.NotFound)
}

func keepsRecords(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	for _, object := range []string{"policy/1", "policy/2", "policy/1"} {
		must(t, s.Audit(ctx, storage.AuditEntry{At: morning, Operator: 2, Action: "publish", Object: object, Detail: "v1"}))
	}
	equal(t, "of one object", len(got(s.AuditEntries(ctx, "policy/1", 10))(t)), 2)
	latest := got(s.AuditEntries(ctx, "", 2))(t)
	equal(t, "latest", latest[0], storage.AuditEntry{ID: 3, At: morning, Operator: 2, Action: "publish", Object: "policy/1", Detail: "v1"})
	equal(t, "before", latest[1].Object, "policy/2")
	must(t, s.Audit(ctx, storage.AuditEntry{At: morning.Add(time.Hour), Operator: 1, Action: "withdraw", Object: "policy/1"}))
	for name, c := range map[string]struct {
		filter storage.AuditFilter
		ids    []int64
		total  int
	}{
		"all":       {storage.AuditFilter{}, []int64{4, 3, 2, 1}, 4},
		"a page":    {storage.AuditFilter{Limit: 2, Offset: 1}, []int64{3, 2}, 4},
		"of one":    {storage.AuditFilter{Operator: 1}, []int64{4}, 1},
		"actions":   {storage.AuditFilter{Actions: []string{"withdraw", "return"}}, []int64{4}, 1},
		"about one": {storage.AuditFilter{Object: "policy/2"}, []int64{2}, 1},
		"since":     {storage.AuditFilter{From: morning.Add(time.Hour)}, []int64{4}, 1},
		"before":    {storage.AuditFilter{Before: morning.Add(time.Hour)}, []int64{3, 2, 1}, 3},
	} {
		if c.filter.Limit == 0 {
			c.filter.Limit = 10
		}
		found, total, err := s.FindAuditEntries(ctx, c.filter)
		must(t, err)
		var ids []int64
		for _, e := range found {
			ids = append(ids, e.ID)
		}
		equal(t, name, fmt.Sprint(ids), fmt.Sprint(c.ids))
		equal(t, name+", in all", total, c.total)
	}

	_, push := published(t, s, "稳岗返还")
	someone := people(t, s, 1)
	planned(t, s, push.ID, waiting(someone, 0))
	id := deliveryTo(t, s, push.ID, someone[0].ID, domain.SMS).ID
	out := storage.OutboxEntry{ID: 1, At: morning, Delivery: id, Channel: domain.SMS, MaskedTo: "199****0001", Subject: "", Body: "【云川政务】…"}
	must(t, s.SaveOutbox(ctx, out))
	equal(t, "outbox", outbox(t, s)[0], out)
	reply := storage.Reply{ID: 1, Channel: domain.SMS, AddressMasked: "199****0001", Text: "怎么申请", At: morning}
	must(t, s.SaveReply(ctx, reply))
	equal(t, "reply", got(s.Replies(ctx, 1))(t)[0], reply)
}

// logsPolicyChanges holds that whatever is written of a policy is in the log.
func logsPolicyChanges(t *testing.T, url string) {
	s := open(t, url, Keys(t))
	ctx := t.Context()
	last, err := s.LastLoggedChange(ctx)
	must(t, err)
	since := func() []domain.PolicyID {
		t.Helper()
		changes, err := s.PolicyChanges(ctx, last, 100)
		must(t, err)
		var ids []domain.PolicyID
		for _, c := range changes {
			if c.Seq <= last {
				t.Errorf("change %d comes after %d", c.Seq, last)
			}
			last = c.Seq
			ids = append(ids, c.Policy)
		}
		now, err := s.LastLoggedChange(ctx)
		must(t, err)
		if now != last {
			t.Errorf("the last change is %d, the log ends at %d", now, last)
		}
		return ids
	}
	expect := func(what string, want ...domain.PolicyID) {
		t.Helper()
		if got := since(); !slices.Equal(got, want) {
			t.Errorf("%s: changed are %v, want %v", what, got, want)
		}
	}
	one := &domain.Policy{Office: 1, Title: "检索一", Status: domain.Draft}
	two := &domain.Policy{Office: 1, Title: "检索二", Status: domain.Draft}
	must(t, s.CreatePolicy(ctx, one))
	must(t, s.CreatePolicy(ctx, two))
	expect("created", one.ID, two.ID)
	one.Title = "检索一改"
	must(t, s.SavePolicy(ctx, one, domain.Draft))
	must(t, s.SavePolicy(ctx, two, domain.Draft))
	must(t, s.SavePolicy(ctx, one, domain.Draft))
	expect("saved, the last change of each", two.ID, one.ID)
	if err := s.SavePolicy(ctx, one, domain.Published); domain.KindOf(err) != domain.Conflict {
		t.Errorf("saved over another state: %v", err)
	}
	expect("refused")
	it := &interpretations.Item{Policy: two.ID, Kind: interpretations.QAKind, QA: &interpretations.QA{Question: "问", Answer: "答"}}
	must(t, s.SaveInterpretation(ctx, it))
	expect("explained", two.ID)
	must(t, s.SaveInterpretation(ctx, it))
	expect("explained anew", two.ID)
	must(t, s.DeleteInterpretation(ctx, it.ID))
	expect("explanation removed", two.ID)
	if err := s.DeleteInterpretation(ctx, it.ID); domain.KindOf(err) != domain.NotFound {
		t.Errorf("removed twice: %v", err)
	}
	expect("nothing removed")
	walked := map[domain.PolicyID]bool{}
	must(t, s.WalkPolicies(ctx, func(id domain.PolicyID) error { walked[id] = true; return nil }))
	if !walked[one.ID] || !walked[two.ID] {
		t.Errorf("walked %v", walked)
	}
}
