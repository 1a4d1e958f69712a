package main

import (
	"context"
	"time"

	"policypush/internal/push"
	"policypush/internal/telemetry"
)

// ledgerNumbers reads what the database says for a scrape.
func (s *service) ledgerNumbers(ctx context.Context) (telemetry.Ledger, error) {
	var l telemetry.Ledger
	now := clock()
	live, err := s.store.Live(ctx, now)
	if err != nil {
		return l, err
	}
	l.Pushes = live.Pushes
	for channel, m := range live.Marks {
		l.Readers = append(l.Readers, telemetry.LedgerCount{Channel: string(channel), N: m.Readers})
		l.Dismissed = append(l.Dismissed, telemetry.LedgerCount{Channel: string(channel), N: m.Dismissed})
	}
	for _, c := range live.Deliveries {
		l.Deliveries = append(l.Deliveries, telemetry.LedgerCount{Channel: string(c.Channel), State: string(c.State), Reason: string(c.Reason), N: c.N})
	}
	for _, c := range live.Canaries {
		l.Canaries = append(l.Canaries, telemetry.LedgerCount{Channel: string(c.Channel), State: string(c.State), N: c.N})
	}
	if !live.DueSince.IsZero() {
		l.Lag = now.Sub(live.DueSince)
	}
	stops, err := s.store.ChannelStops(ctx, now)
	if err != nil {
		return l, err
	}
	for _, stop := range stops {
		l.Held = append(l.Held, string(stop.Channel))
	}
	if l.Doubts, l.RipeDoubts, err = s.store.CountDoubts(ctx, now); err != nil {
		return l, err
	}
	statements, err := s.store.Statements(ctx, now.Add(-7*24*time.Hour).In(push.Shanghai()).Format(time.DateOnly))
	for _, st := range statements {
		if !st.Agrees() {
			l.Differences++
		}
	}
	return l, err
}
