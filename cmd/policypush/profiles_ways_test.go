package main

import (
	"fmt"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/rules"
)

func TestImportedWays(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name, text string) (all []*domain.Subscriber, problems string) {
		t.Helper()
		p := profileReader{name: name, rules: r}
		err := p.read(strings.NewReader(text), func(_ int, s *domain.Subscriber) error { all = append(all, s); return nil },
			func(err error) { problems += err.Error() + "\n" })
		if err != nil {
			t.Fatal(err)
		}
		return all, problems
	}
	const good = `{"id":"E1","kind":"enterprise","fallback":true,"by_theme":{"M13":[{"kind":"sms"}],"Q01":[{"kind":"email","when":"weekly"}],"Q05":[]},` +
		`"channels":[{"kind":"sms","address":"13900000001"},{"kind":"sms","address":"13900000002","role":"finance"}]}`
	all, problems := read("a.jsonl", good)
	if problems != "" || len(all) != 1 {
		t.Fatal(problems)
	}
	s := all[0]
	if !s.Subscription.Fallback || fmt.Sprint(s.Subscription.ByTheme) != "map[M13:[{sms now}] Q01:[{email weekly}] Q05:[]]" || s.Contacts[1].Role != "finance" {
		t.Errorf("read as %+v", s)
	}
	if all, problems = read("a.csv", "id,kind,fallback\nR1,resident,是\n"); problems != "" || !all[0].Subscription.Fallback {
		t.Errorf("%s, %+v", problems, all)
	}
	all, problems = read("a.csv", "id,kind,email,sms,sms_when,at_once\nR1,resident,a@yunchuan.example,13900000001,daily,1\n")
	if problems != "" || !all[0].Subscription.AtOnce || len(all[0].Contacts) != 2 || all[0].Contacts[0].Kind != domain.Email || all[0].Contacts[1].When != domain.Daily {
		t.Errorf("%s, %+v", problems, all)
	}
	for wrong, says := range map[string]string{
		`{"id":"R1","kind":"resident","channels":[{"kind":"sms","address":"13900000001","role":"finance"}]}`:                         "没有分工“finance”",
		`{"id":"E1","kind":"enterprise","channels":[{"kind":"sms","address":"13900000001","role":"chef"}]}`:                          "没有分工“chef”",
		`{"id":"E1","kind":"enterprise","channels":[{"kind":"sms","address":"13900000001"},{"kind":"sms","address":"13900000002"}]}`: "写了两次",
		`{"id":"E1","kind":"enterprise","by_theme":{"XX":[]}}`:                                                                       "没有代码“XX”",
		`{"id":"E1","kind":"enterprise","by_theme":{"Q01":[{"kind":"app"}]}}`:                                                        "没有可以用的渠道“app”",
		`{"id":"E1","kind":"enterprise","by_theme":{"Q01":[{"kind":"sms"},{"kind":"sms"}]}}`:                                         "写了两次",
		`{"id":"E1","kind":"enterprise","by_theme":{"Q01":[{"kind":"sms","when":"hourly"}]}}`:                                        "频次“hourly”看不懂",
	} {
		if _, problems := read("a.jsonl", wrong); !strings.Contains(problems, says) || !strings.Contains(problems, "a.jsonl") {
			t.Errorf("%s\nsays %q, want %q", wrong, problems, says)
		}
	}
}
