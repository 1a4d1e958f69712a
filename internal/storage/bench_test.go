package storage_test

import (
	"fmt"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/internal/storage/pgtest"
	"policypush/internal/storage/storagetest"
)

var benchTime = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// onBoth runs a benchmark on an empty store of each database.
func onBoth(b *testing.B, run func(b *testing.B, s *storage.Store)) {
	b.Run("sqlite", func(b *testing.B) { run(b, storagetest.Open(b)) })
	b.Run("postgres", func(b *testing.B) {
		s, err := storage.Open(b.Context(), pgtest.Start(b).Database(b), storagetest.Keys(b))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := s.Close(); err != nil {
				b.Error(err)
			}
		})
		if _, err := s.Migrate(b.Context()); err != nil {
			b.Fatal(err)
		}
		run(b, s)
	})
}

func benchPeople(from, n int) []*domain.Subscriber {
	all := make([]*domain.Subscriber, n)
	for i := range all {
		k := from + i
		all[i] = &domain.Subscriber{
			ExternalID: fmt.Sprintf("R%08d", k),
			Profile:    domain.Profile{Kind: domain.Resident, Region: "339901", Born: "1958", Groups: []string{"G01"}},
			Consent:    domain.Consent{Version: "1", At: benchTime, Source: "import:名单.csv"},
			Contacts: []domain.Contact{
				{Kind: domain.App},
				{Kind: domain.SMS, Address: fmt.Sprintf("199%08d", k), When: domain.Now, Verified: true},
			},
			CreatedAt: benchTime,
		}
	}
	return all
}

func benchPush(b *testing.B, s *storage.Store) domain.PushID {
	b.Helper()
	p := &domain.Policy{Status: domain.Approved, Title: "稳岗返还"}
	if err := s.CreatePolicy(b.Context(), p); err != nil {
		b.Fatal(err)
	}
	p.Status = domain.Published
	push := domain.Push{Kind: domain.NewPolicy, CreatedAt: benchTime}
	if err := s.PublishPolicy(b.Context(), p, &push); err != nil {
		b.Fatal(err)
	}
	return push.ID
}

func benchDeliveries(from, n int) []domain.Delivery {
	ds := make([]domain.Delivery, n)
	for i := range ds {
		ds[i] = domain.Delivery{
			Subscriber: domain.SubscriberID(from + i), Contact: domain.ContactID(from + i), Channel: domain.SMS,
			State: domain.Pending, Verdict: domain.Likely, NextAt: benchTime,
		}
	}
	return ds
}

// BenchmarkSaveSubscribers imports 2,000 new residents an operation.
func BenchmarkSaveSubscribers(b *testing.B) {
	const size = 2000
	onBoth(b, func(b *testing.B, s *storage.Store) {
		n := 0
		for b.Loop() {
			if err := s.SaveSubscribers(b.Context(), benchPeople(n, size)); err != nil {
				b.Fatal(err)
			}
			n += size
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkPlanDeliveries plans 2,000 deliveries an operation, one range of a
// push after the other.
func BenchmarkPlanDeliveries(b *testing.B) {
	const size = 2000
	onBoth(b, func(b *testing.B, s *storage.Store) {
		n := 0
		push := benchPush(b, s)
		for b.Loop() {
			ds := benchDeliveries(n+1, size)
			if err := s.PlanDeliveries(b.Context(), push, ds[size-1].Subscriber, ds, benchTime); err != nil {
				b.Fatal(err)
			}
			n += size
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkClaimAndRecord claims 50 deliveries of a large push and records
// their outcomes.
func BenchmarkClaimAndRecord(b *testing.B) {
	const people, size = 20000, 50
	onBoth(b, func(b *testing.B, s *storage.Store) {
		if err := s.SaveSubscribers(b.Context(), benchPeople(0, people)); err != nil {
			b.Fatal(err)
		}
		var batches []domain.Batch
		var claim, record time.Duration
		for b.Loop() {
			if len(batches) == 0 {
				b.StopTimer()
				push := benchPush(b, s)
				ds := benchDeliveries(1, people)
				for i := range ds {
					ds[i].Contact = domain.ContactID(2 * (i + 1))
				}
				if err := s.PlanDeliveries(b.Context(), push, people, ds, benchTime); err != nil {
					b.Fatal(err)
				}
				var err error
				if batches, err = s.DueBatches(b.Context(), benchTime, 1000); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			start := time.Now()
			out, err := s.ClaimDeliveries(b.Context(), batches[0].ID, 1, size, benchTime)
			if err != nil {
				b.Fatal(err)
			}
			claim += time.Since(start)
			if len(out) < size {
				batches = batches[1:]
			}
			outcomes := make([]storage.Outcome, len(out))
			for i, o := range out {
				outcomes[i] = storage.Outcome{Delivery: o.Deliveries[0].ID, State: domain.Accepted, GatewayRef: o.Deliveries[0].ClientRef(), At: benchTime}
			}
			start = time.Now()
			if err := s.RecordOutcomes(b.Context(), outcomes); err != nil {
				b.Fatal(err)
			}
			record += time.Since(start)
		}
		b.ReportMetric(float64(claim.Milliseconds())/float64(b.N), "claim-ms")
		b.ReportMetric(float64(record.Milliseconds())/float64(b.N), "record-ms")
	})
}

// BenchmarkRecordReceipt records the receipts of messages that a gateway has
// accepted, one after the other, as callbacks come: counted for the gateway and
// its day, and, because no gateway is known, not counted.
func BenchmarkRecordReceipt(b *testing.B) {
	for name, gateway := range map[string]string{"counted": "cmpp", "uncounted": ""} {
		b.Run(name, func(b *testing.B) {
			onBoth(b, func(b *testing.B, s *storage.Store) {
				const people = 20000
				if err := s.SaveSubscribers(b.Context(), benchPeople(0, people)); err != nil {
					b.Fatal(err)
				}
				var open []domain.DeliveryID
				for b.Loop() {
					if len(open) == 0 {
						b.StopTimer()
						open = benchAccepted(b, s, people, gateway)
						b.StartTimer()
					}
					r := storage.Receipt{Delivery: open[0], State: domain.Delivered, At: benchTime}
					if err := s.RecordReceipt(b.Context(), r); err != nil {
						b.Fatal(err)
					}
					open = open[1:]
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "receipts/s")
			})
		})
	}
}

// benchAccepted plans a push and records that a gateway has accepted all of it.
func benchAccepted(b *testing.B, s *storage.Store, people int, gateway string) (ids []domain.DeliveryID) {
	b.Helper()
	ds := benchDeliveries(1, people)
	for i := range ds {
		ds[i].Contact = domain.ContactID(2 * (i + 1))
	}
	if err := s.PlanDeliveries(b.Context(), benchPush(b, s), domain.SubscriberID(people), ds, benchTime); err != nil {
		b.Fatal(err)
	}
	batches, err := s.DueBatches(b.Context(), benchTime, 1000)
	if err != nil {
		b.Fatal(err)
	}
	for _, batch := range batches {
		if err := s.MarkQueued(b.Context(), batch.ID, batch.Gen, benchTime); err != nil {
			b.Fatal(err)
		}
		out, err := s.ClaimDeliveries(b.Context(), batch.ID, batch.Gen, domain.MaxBatch, benchTime)
		if err != nil {
			b.Fatal(err)
		}
		outcomes := make([]storage.Outcome, len(out))
		for i, o := range out {
			d := o.Deliveries[0]
			ids = append(ids, d.ID)
			outcomes[i] = storage.Outcome{Delivery: d.ID, Claimed: d, State: domain.Accepted, GatewayRef: d.ClientRef(), Gateway: gateway, At: benchTime}
		}
		if err := s.RecordOutcomes(b.Context(), outcomes); err != nil {
			b.Fatal(err)
		}
	}
	return ids
}
