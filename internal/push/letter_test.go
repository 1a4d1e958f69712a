package push_test

import (
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/push"
)

// TestLetters: a letter says what there is, until when, how and whom to ask,
// and of a sensitive policy nothing but that there is one.
func TestLetters(t *testing.T) {
	c := composer(t, yunchuan())
	links := push.Links{Inbox: "https://zc.example/inbox"}
	card := func(p *domain.Policy, change func(*push.Card)) push.Card {
		card := push.CardOf(p, domain.Likely, isSensitive, "2026-11-22")
		card.URL = "https://zc.example/policies/1"
		if change != nil {
			change(&card)
		}
		return card
	}
	many := make([]push.Card, 20)
	for i := range many {
		many[i] = card(retrofit(), func(c *push.Card) { c.Policy = domain.PolicyID(i + 1) })
	}
	tell := []string{"技术改造", "云政办发", "民政局", "取暖", "低保", "policies/1"}
	for name, tt := range map[string]struct {
		cards    []push.Card
		subject  string
		has, not []string
	}{
		"one": {
			[]push.Card{card(retrofit(), nil)},
			"",
			[]string{"有一项政策可能与您有关", "支持制造业企业技术改造", "给什么", "截止", "12月31日", "怎么办", "0570-0000000", `data-qr="https://zc.example/policies/1"`, "zc.example/policies/1", "以正式文件为准"},
			[]string{"&lt;"},
		},
		"sensitive": {
			[]push.Card{card(allowance(), nil)},
			"您订阅的主题有新政策",
			[]string{"不写具体内容", "0570-0000000", `data-qr="https://zc.example/inbox"`, "zc.example/inbox"},
			tell,
		},
		"sensitive and withdrawn": {
			[]push.Card{card(allowance(), func(c *push.Card) { c.Withdrawn = true })},
			"更正：一项政策已撤回",
			[]string{"请勿据此办理", "此前通知您的一项政策已撤回"},
			tell,
		},
		"corrected": {[]push.Card{card(retrofit(), func(c *push.Card) { c.Corrected = "截止日期改为明年" })}, "", []string{"有更正", "截止日期改为明年"}, nil},
		"reminder":  {[]push.Card{card(retrofit(), func(c *push.Card) { c.Reminds = true })}, "", []string{"申报即将截止"}, nil},
		"a summary": {many, "政策通知：15项可能与您有关", []string{"以下15项政策", "另有5项放在下一份通知里"}, nil},
		"hostile":   {[]push.Card{card(retrofit(), func(c *push.Card) { c.Title = `<img src=x>` })}, "", []string{"&lt;img"}, []string{"<img"}},
	} {
		listed := tt.cards[:min(len(tt.cards), push.Listed(domain.Paper))]
		m, err := c.Compose(domain.Paper, listed, len(tt.cards)-len(listed), links, noon)
		if err != nil {
			t.Fatal(err)
		}
		if tt.subject != "" && m.Subject != tt.subject {
			t.Errorf("%s: the subject is %s", name, m.Subject)
		}
		for _, want := range tt.has {
			if !strings.Contains(m.HTML, want) {
				t.Errorf("%s: no %q in\n%s", name, want, m.HTML)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(m.HTML, not) || name != "hostile" && strings.Contains(m.Subject+m.Text, not) {
				t.Errorf("%s: %q in\n%s\n%s\n%s", name, not, m.Subject, m.Text, m.HTML)
			}
		}
	}
	first, err := c.First(domain.Paper, many[:10], 7, links, noon)
	if err != nil || !strings.Contains(first.HTML, "另有7项没有列出") {
		t.Errorf("a first digest, %v:\n%s", err, first.HTML)
	}
}
