package telemetry

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Ledger is what the database says of the pushes under way and of what waits
// for a person.
type Ledger struct {
	// Deliveries of pushes that have not ended, by channel, state and reason.
	Deliveries []LedgerCount
	// Readers and Dismissed (as 与我无关) of those pushes, by channel: app is
	// everybody in the inbox, another one whom it had been sent to before.
	Readers, Dismissed []LedgerCount
	Pushes             map[string]int // by state; paused and scheduled are states of their own
	Held               []string       // channels that are held
	Doubts             int
	RipeDoubts         int // that a person may settle
	// Lag is how long the longest due batch has been due.
	Lag time.Duration
	// Differences is how many days of gateways do not agree, of the last week.
	Differences int
	// Canaries counts those of pushes under way, by channel and state.
	Canaries []LedgerCount
}

// LedgerCount is one number of a Ledger.
type LedgerCount struct {
	Channel, State, Reason string
	N                      int
}

// ledgerWait is how long a scrape waits for the database.
const ledgerWait = 5 * time.Second

var (
	ledgerDeliveries = prometheus.NewDesc("policypush_push_deliveries", "Deliveries of pushes under way, by channel, state and reason.", []string{"channel", "state", "reason"}, nil)
	ledgerReaders    = prometheus.NewDesc("policypush_push_readers", "Who read a push under way in the inbox; app is everybody, another channel those to whom it had been sent over that before.", []string{"channel"}, nil)
	ledgerDismissed  = prometheus.NewDesc("policypush_push_dismissed", "Who put a push under way aside as not for them, by channel as the readers.", []string{"channel"}, nil)
	ledgerPushes     = prometheus.NewDesc("policypush_pushes", "Pushes that have not ended, by state.", []string{"state"}, nil)
	ledgerHeld       = prometheus.NewDesc("policypush_channel_held", "1 for a channel that sends nothing until it is resumed.", []string{"channel"}, nil)
	ledgerDoubts     = prometheus.NewDesc("policypush_doubts", "Deliveries of which nobody knows whether they went out.", nil, nil)
	ledgerRipe       = prometheus.NewDesc("policypush_doubts_for_a_person", "Deliveries in doubt that only a person can settle.", nil, nil)
	ledgerLag        = prometheus.NewDesc("policypush_batch_lag_seconds", "How long the longest due batch has been due.", nil, nil)
	ledgerDiffers    = prometheus.NewDesc("policypush_statement_differences", "Days of gateways whose count is not ours, of the last week.", nil, nil)
	ledgerCanaries   = prometheus.NewDesc("policypush_canaries", "Canaries of pushes under way, by channel and state.", []string{"channel", "state"}, nil)
	ledgerUp         = prometheus.NewDesc("policypush_ledger_up", "1 if the database answered this scrape.", nil, nil)
)

// Live adds what the database says to each scrape. A database that does not
// answer leaves these numbers out and says so.
func (m *Metrics) Live(read func(context.Context) (Ledger, error), log *slog.Logger) {
	m.registry.MustRegister(ledgerCollector{read, log})
}

type ledgerCollector struct {
	read func(context.Context) (Ledger, error)
	log  *slog.Logger
}

// Describe implements prometheus.Collector.
func (c ledgerCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		ledgerDeliveries, ledgerReaders, ledgerDismissed, ledgerPushes, ledgerHeld, ledgerDoubts, ledgerRipe, ledgerLag, ledgerDiffers, ledgerCanaries, ledgerUp,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c ledgerCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), ledgerWait)
	defer cancel()
	l, err := c.read(ctx)
	if err != nil {
		c.log.WarnContext(ctx, "numbers without the ledger", "err", err)
		gauge(ledgerUp, 0)
		return
	}
	gauge(ledgerUp, 1)
	for _, n := range l.Deliveries {
		gauge(ledgerDeliveries, float64(n.N), n.Channel, n.State, n.Reason)
	}
	for state, n := range l.Pushes {
		gauge(ledgerPushes, float64(n), state)
	}
	for _, channel := range l.Held {
		gauge(ledgerHeld, 1, channel)
	}
	for _, n := range l.Canaries {
		gauge(ledgerCanaries, float64(n.N), n.Channel, n.State)
	}
	for _, n := range l.Readers {
		gauge(ledgerReaders, float64(n.N), n.Channel)
	}
	for _, n := range l.Dismissed {
		gauge(ledgerDismissed, float64(n.N), n.Channel)
	}
	gauge(ledgerDoubts, float64(l.Doubts))
	gauge(ledgerRipe, float64(l.RipeDoubts))
	gauge(ledgerLag, l.Lag.Seconds())
	gauge(ledgerDiffers, float64(l.Differences))
}
