// Package telemetry is what those who run the service see of it: the log and
// the numbers for Prometheus.
package telemetry

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewLogger returns a structured logger. format is text or json, level is
// debug, info, warn or error; anything else is text and info.
func NewLogger(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Metrics are the numbers of one process.
type Metrics struct {
	registry   *prometheus.Registry
	deliveries *prometheus.CounterVec
	answers    *prometheus.CounterVec
	handover   *prometheus.HistogramVec
	losses     prometheus.Counter
	leader     prometheus.Gauge
}

// NewMetrics returns all numbers at zero.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "policypush_deliveries_total", Help: "Outcomes recorded by this process, by channel and state.",
		}, []string{"channel", "state"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "policypush_gateway_answers_total", Help: "What gateways answered to this process, by channel, gateway and class.",
		}, []string{"channel", "gateway", "class"}),
		handover: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "policypush_handover_seconds", Help: "Time that a message took to hand over, averaged over one call to a sender.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10),
		}, []string{"channel"}),
		losses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "policypush_queue_losses_total", Help: "Times that Redis was found emptied.",
		}),
		leader: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "policypush_leader", Help: "1 while this process hands out batches.",
		}),
	}
	m.registry.MustRegister(m.deliveries, m.answers, m.handover, m.losses, m.leader, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Delivered counts n outcomes.
func (m *Metrics) Delivered(channel, state string, n int) {
	m.deliveries.WithLabelValues(channel, state).Add(float64(n))
}

// Answered counts the answer of a gateway to one message.
func (m *Metrics) Answered(channel, gateway, class string) {
	m.answers.WithLabelValues(channel, gateway, class).Inc()
}

// HandedOver notes what a message took to hand over.
func (m *Metrics) HandedOver(channel string, perMessage time.Duration) {
	m.handover.WithLabelValues(channel).Observe(perMessage.Seconds())
}

// QueueLost counts one loss of Redis.
func (m *Metrics) QueueLost() { m.losses.Inc() }

// Leading says whether this process hands out batches.
func (m *Metrics) Leading(yes bool) {
	if yes {
		m.leader.Set(1)
	} else {
		m.leader.Set(0)
	}
}

// Indexed shows how many subscribers the audience index has read, and of how
// many.
func (m *Metrics) Indexed(stage func() (read, total int)) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "policypush_audience_read", Help: "Subscribers that the audience index has read since its build began.",
		}, func() float64 { read, _ := stage(); return float64(read) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "policypush_audience_total", Help: "Subscribers that the build of the audience index has to read.",
		}, func() float64 { _, total := stage(); return float64(total) }),
	)
}

// Handler serves the numbers in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
