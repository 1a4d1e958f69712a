package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"policypush/internal/channel/sms"
	"policypush/internal/domain"
	"policypush/internal/push"
)

// TestTemplatesToFileHoldEveryText: what docs/operations.md says to file with
// the vendors is enough for every text that is written.
func TestTemplatesToFileHoldEveryText(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(doc), "```sms-templates\n")
	block, _, closed := strings.Cut(block, "```")
	templates, err := sms.ParseTemplates(block)
	if !found || !closed || err != nil || len(templates) < 10 {
		t.Fatalf("%d templates, %v", len(templates), err)
	}
	body := func(text string) string {
		_, rest, _ := strings.Cut(text, "】")
		return rest
	}
	if !sms.Fits(templates, "验证码 123456，10分钟内有效。如非本人操作，请忽略。") {
		t.Error("the code for signing in fits no template")
	}
	rapid.Check(t, func(t *rapid.T) {
		word := func(label string, min int) string {
			return strings.Repeat("稳岗返还补贴", 8)[:3*rapid.IntRange(min, 40).Draw(t, label)]
		}
		voice := push.Voice{Signature: "云川发布", SearchIn: rapid.SampledFrom([]string{"", "浙里办"}).Draw(t, "search in"), Link: rapid.SampledFrom([]string{"", "https://yc.example/z"}).Draw(t, "link")}
		composer, err := push.NewComposer(voice)
		if err != nil {
			t.Fatal(err)
		}
		cards := make([]push.Card, rapid.IntRange(1, 4).Draw(t, "cards"))
		for i := range cards {
			cards[i] = push.Card{
				Policy: domain.PolicyID(i + 1), Title: word("title", 1), Who: word("who", 0), Gives: word("gives", 0),
				Deadline:  rapid.SampledFrom([]string{"", "2026-12-31", "2027-03"}).Draw(t, "deadline"),
				Verdict:   rapid.SampledFrom([]domain.Verdict{domain.Likely, domain.Possible}).Draw(t, "verdict"),
				Sensitive: rapid.Bool().Draw(t, "sensitive"), Withdrawn: rapid.Bool().Draw(t, "withdrawn"), Reminds: rapid.Bool().Draw(t, "reminds"),
				Corrected: rapid.SampledFrom([]string{"", "最高额应为200万元"}).Draw(t, "corrected"),
				For:       rapid.SampledFrom([][]string{nil, {"云川恒达机械有限公司", "云川永盛纸业有限公司"}}).Draw(t, "for"),
			}
			cards[i].Short = cards[i].Title
		}
		now := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
		all, err := composer.Compose(domain.SMS, cards, 0, push.Links{}, now)
		if err != nil {
			t.Fatal(err)
		}
		first, err := composer.First(domain.SMS, cards, 3, push.Links{}, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []push.Message{all, first} {
			if !sms.Fits(templates, body(m.Text)) {
				t.Fatalf("fits no template: %s", m.Text)
			}
		}
	})
}
