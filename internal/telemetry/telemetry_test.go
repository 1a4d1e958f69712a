package telemetry

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestNumbersAreServed(t *testing.T) {
	m := NewMetrics()
	m.Delivered("sms", "accepted", 50)
	m.QueueLost()
	m.Leading(true)
	m.Leading(false)
	m.Indexed(func() (int, int) { return 300, 1000 })
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`policypush_deliveries_total{channel="sms",state="accepted"} 50`,
		"policypush_queue_losses_total 1", "policypush_leader 0", "policypush_audience_read 300", "policypush_audience_total 1000", "go_goroutines",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q in the page", want)
		}
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
