package main

import (
	"bytes"
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
)

// upkeep runs a command on the data of a test.
func upkeep(t *testing.T, data string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"upkeep"}, append(args, "--data", data)...), stdio{nil, &o, &e})
	return code, o.String(), e.String()
}

func TestUpkeepChecksRecountsAndCompares(t *testing.T) {
	data := t.TempDir()
	push := handedOver(t, data)
	if code, out, errs := upkeep(t, data, "check"); code != 0 || !strings.Contains(out, "一致") {
		t.Fatalf("check: %d %s %s", code, out, errs)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "policypush.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(`UPDATE push_counts SET n = n + 5 WHERE state = 'pending'`); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := upkeep(t, data, "check", "1"); code != 1 || !strings.Contains(out, "推送1") || !strings.Contains(out, "计数7，实有2") || !strings.Contains(errs, "recount") {
		t.Errorf("check of a wrong counter: %d %s %s", code, out, errs)
	}
	if code, out, errs := upkeep(t, data, "recount", "1"); code != 0 || !strings.Contains(out, "改正1处") {
		t.Errorf("recount: %d %s %s", code, out, errs)
	}
	if code, _, _ := upkeep(t, data, "check"); code != 0 {
		t.Error("the counters still differ")
	}
	if code, _, errs := upkeep(t, data, "recount", "9"); code != 1 || errs == "" {
		t.Errorf("recount of a push that is none: %d %s", code, errs)
	}
	for _, wrong := range [][]string{{"recount"}, {"recount", "x"}, {"compare"}, {"check", "0"}} {
		if code, _, errs := upkeep(t, data, wrong...); code != 2 {
			t.Errorf("%v: %d %s", wrong, code, errs)
		}
	}
	// The outbox has the count of a folder that is empty, ours says two.
	if code, out, errs := upkeep(t, data, "compare", "2026-11-23"); code != 1 || !strings.Contains(out, "我们2") || !strings.Contains(out, "不一致") || errs == "" {
		t.Errorf("compare: %d %s %s", code, out, errs)
	}
	if code, _, errs := upkeep(t, data, "compare", "23.11."); code != 1 || !strings.Contains(errs, "2026-11-25") {
		t.Errorf("compare a day that is none: %d %s", code, errs)
	}
	if push != 1 {
		t.Errorf("the push is %d", push)
	}
}

// handedOver makes an installation in which a push of two messages was handed
// to the outbox.
func handedOver(t *testing.T, data string) domain.PushID {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, now := context.Background(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	b, _, err := openBase(ctx, stdio{nil, &bytes.Buffer{}, &bytes.Buffer{}}, "migrate", []string{"--data", data}, nil)
	must(err)
	defer b.close()
	office := domain.Office{Name: "云川县政务公开办", Signature: "云川政策", Region: "330000"}
	must(b.store.SaveOffice(ctx, &office))
	p := &domain.Policy{Office: office.ID, Status: domain.Approved, Title: benchTitle, Text: "发放消费券。", CreatedAt: now}
	must(b.store.CreatePolicy(ctx, p))
	p.Status = domain.Published
	push := domain.Push{Policy: p.ID, Version: p.Version, Kind: domain.NewPolicy, State: domain.PushOwed, CreatedAt: now}
	must(b.store.PublishPolicy(ctx, p, &push))
	var ds []domain.Delivery
	for i := range domain.SubscriberID(2) {
		ds = append(ds, domain.Delivery{Subscriber: i + 1, Channel: domain.SMS, State: domain.Pending, Verdict: domain.Likely, NextAt: now})
	}
	must(b.store.PlanDeliveries(ctx, push.ID, 2, ds, now))
	for range ds {
		must(b.store.CountHanded(ctx, domain.SMS, "log", domain.Accepted, 0, now))
	}
	return push.ID
}
