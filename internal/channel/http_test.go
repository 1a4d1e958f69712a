package channel_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"policypush/internal/channel"
)

// TestWhatIsHandedOverOutlivesItsContext: of what hands over a message the
// answer is waited for, for a while; a question ends with its context.
func TestWhatIsHandedOverOutlivesItsContext(t *testing.T) {
	for name, tt := range map[string]struct {
		grace time.Duration
		mute  bool
		ask   func(c *channel.Client, ctx context.Context, r *http.Request) (channel.Answer, error)
		want  bool // an answer
	}{
		"handed over":                {time.Hour, false, (*channel.Client).Hand, true},
		"handed over, never answers": {time.Millisecond, true, (*channel.Client).Hand, false},
		"a question":                 {time.Hour, true, (*channel.Client).Fetch, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			release := make(chan struct{})
			var hits atomic.Int32
			gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hits.Add(1)
				cancel()
				if tt.mute {
					<-release
				}
				w.WriteHeader(http.StatusAccepted)
			}))
			defer gateway.Close()
			defer close(release)
			c := channel.NewClient(channel.HTTP{Grace: tt.grace})
			r, err := http.NewRequest(http.MethodGet, gateway.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := tt.ask(c, ctx, r)
			if (err == nil) != tt.want || tt.want && answer.Status != http.StatusAccepted || hits.Load() != 1 {
				t.Errorf("%+v, %v after %d requests", answer, err, hits.Load())
			}
			if err != nil {
				if r, _ := channel.Unanswered(err); r.Class != channel.Unknown {
					t.Errorf("%+v", r)
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheGatewaySaysHowLongToWait(t *testing.T) {
	const now = "Fri, 27 Nov 2026 09:00:00 GMT"
	for said, want := range map[string]time.Duration{
		"90": 90 * time.Second, "0": time.Second, "-5": time.Second, "999999": time.Hour, "": time.Minute, "soon": time.Minute,
		"Fri, 27 Nov 2026 09:02:00 GMT": 2 * time.Minute, "Fri, 27 Nov 2026 08:00:00 GMT": time.Second, "Sat, 28 Nov 2026 09:00:00 GMT": time.Hour,
	} {
		if got := (channel.Answer{Header: http.Header{"Retry-After": {said}, "Date": {now}}}).RetryAfter(); got != want {
			t.Errorf("%q: %s", said, got)
		}
	}
	if got := (channel.Answer{Header: http.Header{"Retry-After": {now}}}).RetryAfter(); got != time.Minute { // and does not say what time it has
		t.Errorf("%s", got)
	}
}
