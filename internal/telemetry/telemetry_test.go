package telemetry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestNumbersAreServed(t *testing.T) {
	m := NewMetrics()
	m.Delivered("sms", "accepted", 50)
	m.Answered("sms", "aliyun", "throttled")
	m.HandedOver("sms", 2*time.Millisecond)
	m.QueueLost()
	m.Leading(true)
	m.Leading(false)
	m.Indexed(func() (int, int) { return 300, 1000 })
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`policypush_deliveries_total{channel="sms",state="accepted"} 50`,
		`policypush_gateway_answers_total{channel="sms",class="throttled",gateway="aliyun"} 1`,
		`policypush_handover_seconds_count{channel="sms"} 1`, "policypush_queue_losses_total 1", "policypush_leader 0", "policypush_audience_read 300", "policypush_audience_total 1000", "go_goroutines",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

func TestTheLedgerIsServedWhileTheDatabaseAnswers(t *testing.T) {
	m := NewMetrics()
	var broken error
	m.Live(func(context.Context) (Ledger, error) {
		return Ledger{
			Deliveries: []LedgerCount{{"sms", "pending", "quiet-hours", 7}}, Readers: []LedgerCount{{"app", "", "", 5}}, Dismissed: []LedgerCount{{"sms", "", "", 1}}, Pushes: map[string]int{"paused": 2},
			Held: []string{"sms"}, Doubts: 4, RipeDoubts: 3, Lag: 90 * time.Second, Differences: 1, Canaries: []LedgerCount{{"sms", "delivered", "", 1}},
		}, broken
	}, slog.New(slog.DiscardHandler))
	page := func() string {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		return w.Body.String()
	}
	got := page()
	for _, want := range []string{
		`policypush_push_deliveries{channel="sms",reason="quiet-hours",state="pending"} 7`, `policypush_push_readers{channel="app"} 5`, `policypush_push_dismissed{channel="sms"} 1`,
		`policypush_pushes{state="paused"} 2`, `policypush_channel_held{channel="sms"} 1`, "policypush_doubts 4", "policypush_doubts_for_a_person 3",
		"policypush_batch_lag_seconds 90", "policypush_statement_differences 1", `policypush_canaries{channel="sms",state="delivered"} 1`, "policypush_ledger_up 1",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	broken = errors.New("database is gone")
	if got := page(); !strings.Contains(got, "policypush_ledger_up 0") || strings.Contains(got, "policypush_doubts ") || !strings.Contains(got, "go_goroutines") {
		t.Errorf("without a database the page is\n%s", got)
	}
}

func TestTheLogHasAFormatAndALevel(t *testing.T) {
	var b bytes.Buffer
	log := NewLogger(&b, "json", "warn")
	log.Info("not this")
	log.Warn("this", "push", 7)
	if got := b.String(); !strings.Contains(got, `"push":7`) || strings.Contains(got, "not this") {
		t.Errorf("log = %s", got)
	}
	b.Reset()
	NewLogger(&b, "", "").Info("here")
	if !strings.Contains(b.String(), "msg=here") {
		t.Errorf("log = %s", b.String())
	}
}
