package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// TestLiveTotals listens to a push over a real connection: the totals come at
// once, come again when they have changed, and the stream ends with the push.
func TestLiveTotals(t *testing.T) {
	site := newOffice(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	policy := site.publish(1) // its push is planned and, without deliveries, done
	if push, err := site.Store.Push(ctx, 1); err != nil || push.Policy != policy.ID {
		t.Fatalf("push %+v, %v", push, err)
	}
	site.publish() // and this one is owed
	token := site.as("drafter").cookies[operatorCookie]
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- site.Serve(ln) }()
	listen := func(push string) *bufio.Scanner {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ln.Addr().String()+"/console/pushes/"+push+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(&http.Cookie{Name: operatorCookie, Value: token})
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
			t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
		}
		return bufio.NewScanner(res.Body)
	}
	next := func(s *bufio.Scanner) (event, data string) {
		t.Helper()
		for s.Scan() {
			switch line := s.Text(); {
			case strings.HasPrefix(line, "event: "):
				event = line[len("event: "):]
			case strings.HasPrefix(line, "data: "):
				return event, line[len("data: "):]
			}
		}
		return "", ""
	}

	done := listen("1")
	if event, data := next(done); event != "end" || !strings.Contains(data, `"people":1`) {
		t.Errorf("of a push that is done came %s %s", event, data)
	}
	if event, data := next(done); event != "" {
		t.Errorf("after the end came %s %s", event, data)
	}

	owed := listen("2")
	if event, data := next(owed); event != "totals" || !strings.Contains(data, `"state":"owed"`) {
		t.Errorf("first came %s %s", event, data)
	}
	p, err := site.Store.Policy(ctx, policy.ID+1)
	if err != nil {
		t.Fatal(err)
	}
	p.Status = domain.Withdrawn
	if err := site.Store.WithdrawPolicy(ctx, p, nil, site.now); err != nil {
		t.Fatal(err)
	}
	if event, data := next(owed); event != "end" || !strings.Contains(data, `"state":"stopped"`) {
		t.Errorf("after the withdrawal came %s %s", event, data)
	}

	site.publish()
	open := listen("3")
	if event, _ := next(open); event != "totals" {
		t.Errorf("first came %s", event)
	}
	if err := site.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if event, data := next(open); event != "" {
		t.Errorf("after the end of the site came %s %s", event, data)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestTotalsAreOfAllThatHappened: each number that the live page shows comes with
// the stream.
func TestTotalsAreOfAllThatHappened(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	sub, err := site.Store.Subscriber(ctx, site.browser().subscribe("13900000052"))
	if err != nil {
		t.Fatal(err)
	}
	id := site.claimOne(sub)
	push := id.Push()
	totals := func() map[string]any {
		t.Helper()
		data, _, err := site.pushJSON(ctx, push)
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]any
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	part := func(all map[string]any) map[string]any { return all["parts"].([]any)[0].(map[string]any) }
	if all := totals(); all["planned"] != 1.0 || all["waiting"] != 1.0 || part(all)["sending"] != 1.0 {
		t.Errorf("being sent: %v", all)
	}
	out := storage.Outcome{Delivery: id, State: domain.Accepted, Gateway: "tencent", GatewayRef: "tx-9", At: site.now}
	if err := site.Store.RecordOutcomes(ctx, []storage.Outcome{out}); err != nil {
		t.Fatal(err)
	}
	if all := totals(); all["out"] != 1.0 || all["waiting"] != 0.0 || part(all)["accepted"] != 1.0 || all["readers"] != 0.0 {
		t.Errorf("taken: %v", all)
	}
	if err := site.Store.RecordReceipt(ctx, storage.Receipt{Delivery: id, Channel: domain.SMS, State: domain.Delivered, At: site.now}); err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"read", "dismissed"} {
		if err := site.Store.MarkInbox(ctx, sub.ID, push, mark, site.now); err != nil {
			t.Fatal(err)
		}
	}
	if all := totals(); all["delivered"] != 1.0 || part(all)["delivered"] != 1.0 || all["readers"] != 1.0 || all["dismissed"] != 1.0 {
		t.Errorf("delivered, read and put aside: %v", all)
	}
}
