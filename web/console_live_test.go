package web

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// TestAPushIsLiveAsLongAsSomethingCanCome listens to pushes over real
// connections: how one stands comes at once unless the page shows it, comes again
// when it has changed, also long after the sending, and the stream ends when
// nothing can come any more.
func TestAPushIsLiveAsLongAsSomethingCanCome(t *testing.T) {
	site := newOffice(t)
	site.console.live.moving, site.console.live.still = time.Millisecond, time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	policy := site.publish(1) // its push is planned and, without deliveries, done
	if push, err := site.Store.Push(ctx, 1); err != nil || push.Policy != policy.ID {
		t.Fatalf("push %+v, %v", push, err)
	}
	site.publish() // and this one is owed
	officer := site.as("drafter")
	token := officer.cookies[operatorCookie]
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- site.Serve(ln) }()
	listen := func(path, last string) *bufio.Scanner {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ln.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if last != "" {
			req.Header.Set("Last-Event-ID", last)
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
	next := func(s *bufio.Scanner) (id, event, data string) {
		t.Helper()
		for s.Scan() {
			switch line := s.Text(); {
			case strings.HasPrefix(line, "id: "):
				id = line[len("id: "):]
			case strings.HasPrefix(line, "event: "):
				event = line[len("event: "):]
			case strings.HasPrefix(line, "data: "):
				return id, event, line[len("data: "):]
			}
		}
		return "", "", ""
	}

	done := listen("/console/pushes/1/events", "")
	id, event, data := next(done)
	if event != "totals" || !strings.Contains(data, `"people":1`) || !strings.Contains(data, `"State":"done"`) {
		t.Errorf("of a push that is done came %s %s", event, data)
	}
	if err := site.Store.MarkInbox(ctx, 1, 1, "read", site.now); err != nil {
		t.Fatal(err)
	}
	later, event, data := next(done)
	if event != "totals" || later == id || !strings.Contains(data, `"readers":1`) {
		t.Errorf("after somebody read it came %s %s", event, data)
	}
	// Who has seen that is told what comes next, and not the same again.
	officer.get("/console/pushes/1")
	_, shown, _ := strings.Cut(officer.body, `data-push-events="`)
	shown, _, _ = strings.Cut(shown, `"`)
	if !strings.HasSuffix(shown, "?after="+later) {
		t.Errorf("the page listens at %q, its state is %s", shown, later)
	}
	page, again := listen(shown, ""), listen(shown+"0", later)
	if err := site.Store.MarkInbox(ctx, 1, 1, "dismissed", site.now); err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]*bufio.Scanner{"the page": page, "one that comes back": again} {
		if _, event, data := next(s); event != "totals" || !strings.Contains(data, `"dismissed":1`) {
			t.Errorf("%s heard %s %s", what, event, data)
		}
	}

	owed := listen("/console/pushes/2/events", "")
	if _, event, data := next(owed); event != "totals" || !strings.Contains(data, `"State":"owed"`) {
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
	if _, event, data := next(owed); event != "end" || !strings.Contains(data, `"State":"stopped"`) {
		t.Errorf("after the withdrawal of what reached nobody came %s %s", event, data)
	}
	if _, event, data := next(owed); event != "" {
		t.Errorf("after the end came %s %s", event, data)
	}

	site.publish()
	open := listen("/console/pushes/3/events", "")
	if _, event, _ := next(open); event != "totals" {
		t.Errorf("first came %s", event)
	}
	if err := site.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if _, event, data := next(open); event != "" {
		t.Errorf("after the end of the site came %s %s", event, data)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestALivePageIsServedForAWhile: then it asks anew, and shows that it still may.
func TestALivePageIsServedForAWhile(t *testing.T) {
	site := newOffice(t)
	site.console.live.lasts = time.Millisecond
	site.publish(1)
	ours, theirs := net.Pipe()
	heard := make(chan string, 1)
	go func() {
		data, err := io.ReadAll(theirs)
		if err != nil {
			t.Error(err)
		}
		heard <- string(data)
	}()
	site.servePush(ours, 1, "")
	if err := ours.Close(); err != nil {
		t.Fatal(err)
	}
	if said := <-heard; !strings.Contains(said, "retry: 3000") || strings.Contains(said, "event: end") {
		t.Errorf("it was told %q", said)
	}
}

// TestTotalsAreOfAllThatHappened: each number that the live page shows comes with
// the stream, of each channel.
func TestTotalsAreOfAllThatHappened(t *testing.T) {
	site := newOffice(t)
	ctx := context.Background()
	sub, err := site.Store.Subscriber(ctx, site.browser().subscribe("13900000052"))
	if err != nil {
		t.Fatal(err)
	}
	id := site.claimOne(sub)
	push := id.Push()
	stands := func() (pushTotals, channelRow, string) {
		t.Helper()
		l, data, err := site.pushJSON(ctx, push)
		if err != nil {
			t.Fatal(err)
		}
		row := l.Channels[len(l.Channels)-1]
		if row.Kind != domain.SMS || !bytes.Contains(data, []byte(`"channel":"sms"`)) {
			t.Fatalf("%s", data)
		}
		return l.Totals, row, l.version()
	}
	all, sms, before := stands()
	if all.Planned != 1 || all.Waiting != 1 || sms.Sending != 1 {
		t.Errorf("being sent: %+v %+v", all, sms)
	}
	out := storage.Outcome{Delivery: id, State: domain.Accepted, Gateway: "tencent", GatewayRef: "tx-9", At: site.now}
	if err := site.Store.RecordOutcomes(ctx, []storage.Outcome{out}); err != nil {
		t.Fatal(err)
	}
	all, sms, after := stands()
	if all.Out != 1 || all.Waiting != 0 || sms.Accepted != 1 || all.Readers != 0 || sms.Read != 0 || after == before {
		t.Errorf("taken: %+v %+v", all, sms)
	}
	if err := site.Store.RecordReceipt(ctx, storage.Receipt{Delivery: id, Channel: domain.SMS, State: domain.Delivered, At: site.now}); err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"read", "dismissed"} {
		if err := site.Store.MarkInbox(ctx, sub.ID, push, mark, site.now); err != nil {
			t.Fatal(err)
		}
	}
	if all, sms, _ = stands(); all.Delivered != 1 || sms.Delivered != 1 || all.Readers != 1 || all.Dismissed != 1 || sms.Read != 1 || sms.Dismissed != 1 {
		t.Errorf("delivered, read and put aside: %+v %+v", all, sms)
	}
}
