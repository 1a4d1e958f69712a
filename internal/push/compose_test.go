package push_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/rules"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, push.Shanghai())

func composer(t testing.TB, v push.Voice) *push.Composer {
	t.Helper()
	c, err := push.NewComposer(v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func yunchuan() push.Voice {
	return push.Voice{Signature: "云川发布", Office: "云川县政务公开办", Phone: "0570-0000000", SearchIn: "浙里办"}
}

func retrofit() *domain.Policy {
	return &domain.Policy{
		ID: 1, Status: domain.Published, Title: "云川县人民政府办公室关于支持制造业企业技术改造的通知", DocNumber: "云政办发〔2026〕31号",
		Issuers: []string{"云川县人民政府办公室"}, ApplyDeadline: "2026-12-31",
		Measures: []domain.Measure{{
			ID: "m1", Who: "规上工业企业", Benefit: domain.Benefit{Rate: 0.15, Base: "设备投资", Cap: 3_000_000},
			How: domain.How{Mode: "apply", Where: "登录浙里办企业服务专区申报"},
		}},
	}
}

func allowance() *domain.Policy {
	return &domain.Policy{
		ID: 2, Status: domain.Published, Title: "云川县民政局关于低保家庭冬季取暖补贴的通知", DocNumber: "云民〔2026〕8号",
		Measures: []domain.Measure{{
			ID: "m1", Who: "低保家庭", Benefit: domain.Benefit{Amount: 600, Unit: "户"},
			Criteria: domain.Leaf(domain.Condition{Field: domain.FieldGroup, Op: domain.In, Values: []string{"G07"}}),
		}},
	}
}

func isSensitive(group string) bool { return group == "G07" }

func TestTextMessages(t *testing.T) {
	many := retrofit()
	many.ID = 3
	many.Title = "关于印发《云川县促进先进制造业集群高质量发展与数字化绿色化协同转型若干政策措施（试行）》的通知"
	many.ApplyDeadline = "2027-06"
	many.Measures[0].Who = "在本县注册登记并依法纳税的规模以上工业企业和服务业企业"
	withdrawn := retrofit()
	withdrawn.Status, withdrawn.EndedReason = domain.Withdrawn, "补助比例有误"
	hidden := allowance()
	hidden.Status = domain.Withdrawn
	for name, tt := range map[string]struct {
		policies []*domain.Policy
		verdict  domain.Verdict
		voice    func(*push.Voice)
		want     string
	}{
		"who, what, until when and where": {
			[]*domain.Policy{retrofit()},
			domain.Likely, nil,
			"【云川发布】支持制造业企业技术改造：规上工业企业，最高300万元，12月31日截止。适用可能性高，以正式文件为准。退订回TD",
		},
		"a long title is cut before anything else": {
			[]*domain.Policy{many},
			domain.Possible, nil,
			"【云川发布】促进先进制造业集群高质量…：按设备投资的15%，最高300万元，2027年6月30日截止。可能适用，以正式文件为准。退订回TD",
		},
		"what is sensitive is not named": {
			[]*domain.Policy{allowance()},
			domain.Likely, nil,
			"【云川发布】您订阅的主题有新政策，请登录浙里办查看，以正式文件为准。退订回TD",
		},
		"a link only if it was filed": {
			[]*domain.Policy{allowance()},
			domain.Likely, func(v *push.Voice) { v.Link = "https://yc.example/z" },
			"【云川发布】您订阅的主题有新政策，请登录 https://yc.example/z 查看，以正式文件为准。退订回TD",
		},
		"a withdrawal": {
			[]*domain.Policy{withdrawn},
			domain.Likely, nil,
			"【云川发布】更正：此前推送的“支持制造业企业技术改造”已撤回，请勿据此办理，以正式文件为准。退订回TD",
		},
		"a withdrawal of what is sensitive": {
			[]*domain.Policy{hidden},
			domain.Likely, nil,
			"【云川发布】更正：此前推送的一项政策已撤回，请勿据此办理，请登录浙里办查看。退订回TD",
		},
		"a summary names what may be named": {
			[]*domain.Policy{allowance(), retrofit()},
			domain.Likely, nil,
			"【云川发布】2项新政策可能与您有关：支持制造业企业技术改造等，请登录浙里办查看，以正式文件为准。退订回TD",
		},
		"a summary with a withdrawal": {
			[]*domain.Policy{withdrawn, many},
			domain.Likely, nil,
			"【云川发布】1项新政策可能与您有关，另有1项此前推送的政策已撤回：促进先进制造业集群…，请登录浙里办查看，以正式文件为准。退订回TD",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := yunchuan()
			if tt.voice != nil {
				tt.voice(&v)
			}
			var cards []push.Card
			for _, p := range tt.policies {
				cards = append(cards, push.CardOf(p, tt.verdict, isSensitive, "2026-11-22"))
			}
			m, err := composer(t, v).Compose(domain.SMS, cards, 0, push.Links{}, noon)
			if err != nil {
				t.Fatal(err)
			}
			if m.Text != tt.want {
				t.Errorf("got  %s\nwant %s", m.Text, tt.want)
			}
			if n := push.Segments(m.Text); n != 1 {
				t.Errorf("%d parts, want one", n)
			}
			if bad := push.Lint(m.Text, push.Terms{Link: v.Link}); len(bad) > 0 {
				t.Errorf("refused: %v", bad)
			}
		})
	}
}

// hostile draws words as a document from anywhere may hold them.
func TestOtherTextMessages(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*push.Card)
		want   string
	}{
		"a reminder": {
			func(c *push.Card) { c.Reminds = true },
			"【云川发布】截止提醒：支持制造业企业技术改造：规上工业企业，最高300万元，12月31日截止。可能适用，以正式文件为准。退订回TD",
		},
		"a correction says what": {
			func(c *push.Card) { c.Corrected = "最高额应为200万元" },
			"【云川发布】更正：此前推送的“支持制造业企业技术改造”有更正：最高额应为200万元，以正式文件为准。退订回TD",
		},
		"for several enterprises": {
			func(c *push.Card) {
				c.For = []string{"云川恒达机械有限公司", "云川永盛纸业有限公司"}
			},
			"【云川发布】支持制造业企业技术改造：最高300万元，12月31日截止，涉及云川恒达机械有限公司等2家。可能适用，以正式文件为准。退订回TD",
		},
	} {
		t.Run(name, func(t *testing.T) {
			card := push.CardOf(retrofit(), domain.Possible, isSensitive, "2026-11-22")
			tt.change(&card)
			m, err := composer(t, yunchuan()).Compose(domain.SMS, []push.Card{card}, 0, push.Links{}, noon)
			if err != nil {
				t.Fatal(err)
			}
			if m.Text != tt.want || push.Segments(m.Text) != 1 {
				t.Errorf("%d parts\ngot  %s\nwant %s", push.Segments(m.Text), m.Text, tt.want)
			}
		})
	}
}

func hostile(t *rapid.T, label string) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{
		"【紧急】", "www.example.com/x", "https://example.net/a?b=c", "技术改造", "\n", "\x00", "您的", "𠮷田", "<script>alert(1)</script>",
		"补助", "《办法》", "关于", "的通知", "，", "\u202e", "100万元", "{{.}}", "退订回TD", "\xff",
	}), 0, 14).Draw(t, label)
	return strings.Join(parts, "")
}

// TestMessagesFromAnyDocument: whatever a document says, a text message has
// one part, our signature, no link, and ends with the way to stop; an e-mail
// has no markup of others.
func TestMessagesFromAnyDocument(t *testing.T) {
	c := composer(t, yunchuan())
	rapid.Check(t, func(t *rapid.T) {
		var cards []push.Card
		for i := range rapid.IntRange(1, 5).Draw(t, "policies") {
			p := &domain.Policy{
				ID: domain.PolicyID(i + 1), Status: rapid.SampledFrom([]domain.PolicyStatus{domain.Published, domain.Withdrawn}).Draw(t, "status"),
				Title: hostile(t, "title"), DocNumber: hostile(t, "number"), Contact: hostile(t, "contact"), EndedReason: hostile(t, "reason"),
				ApplyDeadline: rapid.SampledFrom([]string{"", "2026-12-01", "2027-03", "2026", "1-2", "长期"}).Draw(t, "deadline"),
			}
			for range rapid.IntRange(0, 3).Draw(t, "measures") {
				m := domain.Measure{Who: hostile(t, "who"), Benefit: domain.Benefit{
					Text: hostile(t, "benefit"), Base: hostile(t, "base"),
					Rate: rapid.Float64Range(0, 2).Draw(t, "rate"), Cap: rapid.Float64Range(0, 1e10).Draw(t, "cap"),
				}, How: domain.How{Where: hostile(t, "where")}}
				if rapid.Bool().Draw(t, "group") {
					m.Criteria = domain.Leaf(domain.Condition{Field: domain.FieldGroup, Op: domain.In, Values: []string{"G07"}})
				}
				p.Measures = append(p.Measures, m)
			}
			verdict := rapid.SampledFrom([]domain.Verdict{domain.Likely, domain.Possible}).Draw(t, "verdict")
			card := push.CardOf(p, verdict, isSensitive, "2026-11-22")
			card.Reminds = rapid.Bool().Draw(t, "reminds")
			if rapid.IntRange(0, 3).Draw(t, "corrects") == 0 {
				card.Corrected = hostile(t, "correction")
			}
			for range rapid.IntRange(0, 3).Draw(t, "enterprises") {
				card.For = append(card.For, hostile(t, "enterprise"))
			}
			cards = append(cards, card)
		}
		sms, err := c.Compose(domain.SMS, cards, 0, push.Links{}, noon)
		if err != nil {
			t.Fatal(err)
		}
		if bad := push.Lint(sms.Text, push.Terms{}); len(bad) > 0 || push.Segments(sms.Text) > 1 {
			t.Fatalf("%d parts, refused for %v: %q", push.Segments(sms.Text), bad, sms.Text)
		}
		mail, err := c.Compose(domain.Email, cards, 0, push.Links{Unsubscribe: "https://yc.example/u/abc"}, noon)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(mail.Subject, "\r\n\x00") || !utf8.ValidString(mail.Text) {
			t.Fatalf("subject %q, text %q", mail.Subject, mail.Text)
		}
		for tokens := html.NewTokenizer(strings.NewReader(mail.HTML)); ; {
			if tokens.Next() == html.ErrorToken {
				break
			}
			if name, _ := tokens.TagName(); string(name) == "script" {
				t.Fatalf("a script in %s", mail.HTML)
			}
		}
		app, err := c.Compose(domain.App, cards, 0, push.Links{}, noon)
		if err != nil {
			t.Fatal(err)
		}
		if n := utf8.RuneCountInString(app.Subject); n > 20 {
			t.Fatalf("a notice title of %d characters: %s", n, app.Subject)
		}
		if n := utf8.RuneCountInString(app.Text); n > 60 {
			t.Fatalf("a notice of %d characters: %s", n, app.Text)
		}
		texts := []string{sms.Text, mail.Text, app.Text}
		for _, kind := range domain.Outgoing() {
			m, err := c.Compose(kind, cards, 0, push.Links{Inbox: "https://yc.example/inbox"}, noon)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			texts = append(texts, m.Text)
			if kind.Rings() && kind != domain.SMS && (utf8.RuneCountInString(m.Subject) > 20 || utf8.RuneCountInString(m.Text) > 60 || m.Link == "") {
				t.Fatalf("%s: %+v", kind, m)
			}
		}
		for _, text := range texts {
			if !strings.Contains(text, "以正式文件为准") && !strings.Contains(text, "请登录") {
				t.Fatalf("promises too much: %s", text)
			}
		}
	})
}

// TestASensitivePolicyIsNotNamed: whoever carries a message, or sees the
// screen or the letter, learns nothing of the reader from it.
func TestASensitivePolicyIsNotNamed(t *testing.T) {
	c := composer(t, yunchuan())
	secret, open := push.CardOf(allowance(), domain.Likely, isSensitive, "2026-11-22"), push.CardOf(retrofit(), domain.Likely, isSensitive, "2026-11-28")
	secret.URL, open.URL = "https://yc.example/policies/2", "https://yc.example/policies/1"
	links := push.Links{Inbox: "https://yc.example/inbox", Mine: "https://yc.example/me/policies", Unsubscribe: "https://yc.example/u/1"}
	for _, kind := range domain.Outgoing() {
		for _, cards := range [][]push.Card{{secret}, {secret, open}} {
			for _, compose := range []func() (push.Message, error){
				func() (push.Message, error) { return c.Compose(kind, cards, 0, links, noon) },
				func() (push.Message, error) { return c.First(kind, cards, 1, links, noon) },
			} {
				m, err := compose()
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				for _, word := range []string{"低保", "取暖", "民政局", "云民"} {
					if strings.Contains(m.Subject+m.Text+m.HTML, word) {
						t.Errorf("%s says %s: %+v", kind, word, m)
					}
				}
				if kind != domain.Email && strings.Contains(m.Link+m.Text, "policies/2") {
					t.Errorf("%s leads to the policy: %+v", kind, m)
				}
			}
		}
	}
}

func TestEmail(t *testing.T) {
	card := push.CardOf(retrofit(), domain.Possible, isSensitive, "2026-11-22")
	card.URL = "https://yc.example/policies/1"
	secret := push.CardOf(allowance(), domain.Likely, isSensitive, "2026-11-22")
	secret.URL = "https://yc.example/policies/2"
	reminder, nearSecret, corrected, shared := card, secret, card, card
	reminder.Reminds, nearSecret.Reminds = true, true
	corrected.Corrected = "最高额应为200万元"
	shared.For = []string{"云川恒达机械有限公司", "云川永盛纸业有限公司"}
	long := []push.Card{card}
	for i := 2; i <= 18; i++ {
		other := card
		other.Policy, other.Title, other.Deadline = domain.PolicyID(i), fmt.Sprintf("第%d项", i), ""
		long = append(long, other)
	}
	long[0].Deadline = "2026-11-30" // comes first
	links := push.Links{Unsubscribe: "https://yc.example/u/abc", Settings: "https://yc.example/me", Mine: "https://yc.example/me/policies"}
	c := composer(t, yunchuan())
	for name, tt := range map[string]struct {
		cards     []push.Card
		subject   string
		has, lack []string
	}{
		"one policy": {
			[]push.Card{card},
			"支持制造业企业技术改造",
			[]string{
				"可能适用", "规上工业企业", "按设备投资的15%，最高300万元", "登录浙里办企业服务专区申报", "12月31日", "云政办发〔2026〕31号",
				"https://yc.example/policies/1", "https://yc.example/u/abc", "https://yc.example/me", "0570-0000000", "为什么收到", "以主管部门审核为准",
			},
			[]string{"您符合"},
		},
		"what is sensitive stays behind the sign-in": {
			[]push.Card{secret},
			"您订阅的主题有新政策",
			[]string{"https://yc.example/policies/2", "以正式文件为准"},
			[]string{"低保", "600元", "云民"},
		},
		"a summary": {
			[]push.Card{secret, card},
			"政策汇总：2项可能与您有关",
			[]string{"支持制造业企业技术改造", "您订阅的主题有新政策"},
			[]string{"低保"},
		},
		"a reminder": {
			[]push.Card{reminder},
			"即将截止：支持制造业企业技术改造",
			[]string{"申报即将截止", "12月31日", "没有标为已办理"},
			nil,
		},
		"a sensitive reminder": {
			[]push.Card{nearSecret},
			"您关注的一项政策即将截止",
			[]string{"请登录查看"},
			[]string{"低保", "600元"},
		},
		"a correction": {
			[]push.Card{corrected},
			"更正：支持制造业企业技术改造",
			[]string{"一项政策有更正", "更正内容", "最高额应为200万元"},
			nil,
		},
		"for several enterprises of one person": {
			[]push.Card{shared},
			"支持制造业企业技术改造",
			[]string{"涉及企业", "云川恒达机械有限公司、云川永盛纸业有限公司"},
			nil,
		},
		"a long summary lists fifteen and counts the others": {
			long,
			"政策汇总：15项可能与您有关",
			[]string{"支持制造业企业技术改造", "另有3项放在下一份汇总里", "https://yc.example/me/policies"},
			[]string{"第18项"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			listed := tt.cards[:min(len(tt.cards), push.Listed(domain.Email))]
			m, err := c.Compose(domain.Email, listed, len(tt.cards)-len(listed), links, noon)
			if err != nil {
				t.Fatal(err)
			}
			if m.Subject != tt.subject {
				t.Errorf("subject %q, want %q", m.Subject, tt.subject)
			}
			for part, text := range map[string]string{"text": m.Text, "html": m.HTML} {
				for _, want := range tt.has {
					if !strings.Contains(text, want) {
						t.Errorf("%s lacks %q:\n%s", part, want, text)
					}
				}
				for _, no := range tt.lack {
					if strings.Contains(m.Subject+text, no) {
						t.Errorf("%s says %q:\n%s", part, no, text)
					}
				}
			}
		})
	}
}

func TestSort(t *testing.T) {
	cards := []push.Card{
		{Policy: 1, Verdict: domain.Possible},
		{Policy: 2, Verdict: domain.Likely},
		{Policy: 3, Verdict: domain.Possible, Deadline: "2026-12-07"},
		{Policy: 4, Verdict: domain.Likely, Deadline: "2026-12-08"},
		{Policy: 2, Withdrawn: true},
		{Policy: 5, Verdict: domain.Likely, Deadline: "2026-11-21"},
		{Policy: 6, Verdict: domain.Possible, Deadline: "2026-11-25"},
		{Policy: 7, Verdict: domain.Likely, Deadline: "2026-12-07"},
		{Policy: 8, Corrected: "金额"},
		{Policy: 4, Verdict: domain.Likely, Deadline: "2026-12-08", Reminds: true},
		{Policy: 9, Verdict: domain.Likely, Deadline: "2027-03-31"},
		{Policy: 10, Verdict: domain.Likely, Deadline: "2027-03-30"},
		{Policy: 11, Verdict: domain.Possible, Deadline: "2027-01-15"},
	}
	var got []domain.PolicyID
	for _, c := range push.Sort(cards, "2026-11-22") {
		got = append(got, c.Policy)
	}
	want := []domain.PolicyID{2, 8, 6, 7, 3, 4, 10, 9, 5, 11, 1}
	if len(got) != len(want) {
		t.Fatalf("order %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("order %v, want %v: withdrawn, corrected, then by deadline within 15 days, then likely, by deadline", got, want)
		}
	}
}

func TestSegments(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want int
	}{
		"seventy characters are one part":          {strings.Repeat("政", 70), 1},
		"seventy-one are two":                      {strings.Repeat("政", 71), 2},
		"a part of several holds sixty-seven":      {strings.Repeat("政", 134), 2},
		"one more than two parts hold":             {strings.Repeat("政", 135), 3},
		"a rare character is two units on its own": {strings.Repeat("𠮷", 36), 2},
		"nothing": {"", 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := push.Segments(tt.text); got != tt.want {
				t.Errorf("%d parts, want %d", got, tt.want)
			}
		})
	}
}

func TestLint(t *testing.T) {
	words, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text, link string
		refused    int
	}{
		"as it should be":             {"【云川发布】技改补助，12月31日截止。退订回TD", "", 0},
		"the filed link":              {"【云川发布】详见 https://yc.example/z 。退订回TD", "https://yc.example/z", 0},
		"another link":                {"【云川发布】详见 https://yc.example/q 。退订回TD", "https://yc.example/z", 1},
		"a bare domain":               {"【云川发布】详见yunchuan.gov.cn。退订回TD", "", 1},
		"no signature":                {"技改补助。退订回TD", "", 1},
		"a second signature":          {"【云川发布】【紧急】技改补助。退订回TD", "", 1},
		"no way to stop":              {"【云川发布】技改补助。", "", 1},
		"promises":                    {"【云川发布】您符合技改补助条件。退订回TD", "", 1},
		"two lines":                   {"【云川发布】技改\n补助。退订回TD", "", 1},
		"more parts than are allowed": {"【云川发布】" + strings.Repeat("技改补助", 60) + "退订回TD", "", 1},
		"a mobile number":             {"【云川发布】技改补助，咨询13800000001。退订回TD", "", 1},
		"a number of another office":  {"【云川发布】技改补助，咨询0575-8888888。退订回TD", "", 1},
		"the office's own number":     {"【云川发布】技改补助，咨询0575-7654321。退订回TD", "", 0},
		"the government's hotline":    {"【云川发布】技改补助，咨询12345。退订回TD", "", 0},
		"a date and an amount":        {"【云川发布】技改补助最高30000000元，2026-12-31截止。退订回TD", "", 0},
		"a word that carriers stop":   {"【云川发布】技改补助，点击链接申请。退订回TD", "", 1},
		"what it says of the reader":  {"【云川发布】您家是低保户，可领取补贴。退订回TD", "", 1},
		"the same of a fund":          {"【云川发布】2项新政策可能与您有关：残疾人就业保障金减免。退订回TD", "", 0},
		"the same of somebody":        {"【云川发布】低保家庭补贴，可能与您有关。退订回TD", "", 0},
		"everything wrong counts up":  {"您符合【急】www.example.com\n", "", 6},
	} {
		t.Run(name, func(t *testing.T) {
			if got := push.Lint(tt.text, push.Terms{Link: tt.link, Phone: "0575-7654321", Words: words.SMSWords.All()}); len(got) != tt.refused {
				t.Errorf("refused for %v, want %d reasons", got, tt.refused)
			}
		})
	}
}

func TestVoicesThatCarriersRefuse(t *testing.T) {
	for name, v := range map[string]push.Voice{
		"no signature":               {Signature: " \n"},
		"a look-up that is a link":   {Signature: "云川发布", SearchIn: "www.example.com"},
		"a look-up with a signature": {Signature: "云川发布", SearchIn: "【浙里办】"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := push.NewComposer(v); domain.KindOf(err) != domain.Invalid {
				t.Errorf("err = %v, want Invalid", err)
			}
		})
	}
}

func TestNothingToWriteAbout(t *testing.T) {
	if _, err := composer(t, yunchuan()).Compose(domain.SMS, nil, 0, push.Links{}, noon); err == nil {
		t.Error("a message about nothing")
	}
}

// TestFirstDigest: what is in force is listed in the order given and counted
// with what is not listed; nothing sensitive is named.
func TestFirstDigest(t *testing.T) {
	c := composer(t, yunchuan())
	cards := []push.Card{
		push.CardOf(retrofit(), domain.Possible, isSensitive, "2026-11-22"),
		push.CardOf(allowance(), domain.Likely, isSensitive, "2026-11-22"),
	}
	text, err := c.First(domain.SMS, cards, 3, push.Links{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	const want = "【云川发布】订阅成功，现有5项有效政策可能与您有关：支持制造业企业技术改造等，请登录浙里办查看，以正式文件为准。退订回TD"
	if text.Text != want || push.Segments(text.Text) != 1 || len(push.Lint(text.Text, push.Terms{})) > 0 {
		t.Errorf("got  %s\nwant %s", text.Text, want)
	}
	links := push.Links{Unsubscribe: "https://zc.example/u/1", Settings: "https://zc.example/me", Mine: "https://zc.example/me/policies"}
	mail, err := c.First(domain.Email, cards, 3, links, noon)
	if err != nil {
		t.Fatal(err)
	}
	first, second := strings.Index(mail.Text, "1. 云川县人民政府办公室"), strings.Index(mail.Text, "2. 您订阅的主题有新政策")
	if mail.Subject != "订阅成功：现有5项政策可能与您有关" || first < 0 || second < first || strings.Contains(mail.Text+mail.HTML, "取暖") {
		t.Errorf("%s\n%s", mail.Subject, mail.Text)
	}
	for _, part := range []string{mail.Text, mail.HTML} {
		for _, words := range []string{"另有3项没有列出", links.Mine, links.Unsubscribe, links.Settings, "只发这一次", "以正式文件为准"} {
			if !strings.Contains(part, words) {
				t.Errorf("it does not say %q:\n%s", words, part)
			}
		}
	}
	if whole, err := c.First(domain.Email, cards, 0, links, noon); err != nil || strings.Contains(whole.Text, "另有") {
		t.Errorf("everything is listed, and it says: %s, %v", whole.Text, err)
	}
	if _, err := c.First(domain.App, cards, 0, links, noon); err == nil {
		t.Error("the inbox needs no message")
	}
	if _, err := c.First(domain.SMS, nil, 0, links, noon); err == nil {
		t.Error("a digest of nothing was written")
	}
}

func FuzzLint(f *testing.F) {
	words, err := rules.Load()
	if err != nil {
		f.Fatal(err)
	}
	terms := push.Terms{Link: "https://yc.example/z", Phone: "0575-7654321", Words: words.SMSWords.All()}
	f.Add("【云川发布】技改补助，12月31日截止。退订回TD")
	f.Add("【】\xff您低保www.")
	f.Fuzz(func(t *testing.T, text string) {
		all, some := push.Lint(text, terms), push.LintAny(text, terms)
		if len(all) < len(some) || len(all) > len(some)+1 {
			t.Errorf("%q and %q", all, some)
		}
	})
}

// TestAnAnswerIsNotInTheMessage: what leaves the house of a question is its
// number, what became of it and where to read it.
func TestAnAnswerIsNotInTheMessage(t *testing.T) {
	c := composer(t, yunchuan())
	due := time.Date(2026, 12, 2, 0, 0, 0, 0, push.Shanghai())
	links := push.Links{Unsubscribe: "https://zc.example/u", Settings: "https://zc.example/me", Mine: "https://zc.example/me/policies", Inbox: "https://zc.example/inbox"}
	for kind, want := range map[domain.NoticeKind]string{
		domain.NoticeAnswered:  "【云川发布】您的提问（编号17）已答复，",
		domain.NoticeCorrected: "【云川发布】更正：编号17的提问，答复有更正，请以更正后的为准，",
		domain.NoticeExtended:  "【云川发布】您的提问（编号17）需要多些时间核实，延期到12月1日答复，",
	} {
		r := push.Reply{Number: 17, Kind: kind, Due: due, URL: "https://zc.example/questions/17"}
		sms, err := c.Answer(domain.SMS, r, links)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(sms.Text, want) || sms.HTML != "" || sms.Link != "" || utf8.RuneCountInString(sms.Text) > 70 || strings.Contains(sms.Text, "http") {
			t.Errorf("%s: %s", kind, sms.Text)
		}
		mail, err := c.Answer(domain.Email, r, links)
		if err != nil {
			t.Fatal(err)
		}
		for part, text := range map[string]string{"text": mail.Text, "page": mail.HTML} {
			for _, has := range []string{"编号17", r.URL, "登录查看", "不写具体内容", links.Unsubscribe} {
				if !strings.Contains(text, has) {
					t.Errorf("%s, %s: no %q in\n%s", kind, part, has, text)
				}
			}
			for _, not := range []string{links.Mine, "查看原文与解读"} {
				if strings.Contains(text, not) {
					t.Errorf("%s, %s: %q in\n%s", kind, part, not, text)
				}
			}
		}
		if mail.Subject != kind.Title() || strings.Contains(mail.Subject, "17") {
			t.Errorf("subject %q", mail.Subject)
		}
	}
	if _, err := c.Answer(domain.Paper, push.Reply{Number: 17}, links); err == nil {
		t.Error("an answer goes over paper")
	}
}
