package push

import (
	"testing"
	"time"

	"policypush/internal/domain"
)

func TestAMessageComposedForManyIsThatOfEach(t *testing.T) {
	c, err := NewComposer(Voice{Signature: "云川政策", Office: "云川县政务公开办"})
	if err != nil {
		t.Fatal(err)
	}
	card := Card{Policy: 1, Title: "关于发放居民消费券的通知", Short: "发放居民消费券", Verdict: domain.Likely, URL: "https://zc.example/policies/1"}
	for _, channel := range domain.Channels() {
		links := Links{Unsubscribe: UnsubscribeHere, Settings: "https://zc.example/me?a=1&b=2"}
		form, err := c.Compose(channel, []Card{card}, 0, links, time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{"https://zc.example/u/AbC-_123.x", "http://127.0.0.1:8080/u?t=a&s=b%20c"} {
			links.Unsubscribe = address
			want, err := c.Compose(channel, []Card{card}, 0, links, time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			if got := form.WithUnsubscribe(address); got != want {
				t.Errorf("%s:\n%+v\nwant\n%+v", channel, got, want)
			}
		}
	}
}
