package fault

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/channel/channeltest"
	"policypush/internal/domain"
	"policypush/internal/porttest"
)

// Of a failover: how many people are told, how many a second, how many are told
// before the provider dies, and over how many its share is measured.
const (
	failoverPeople   = 3600
	failoverRate     = 150
	failoverBefore   = 200
	failoverMeasured = 900
)

// TestAProviderThatDiesLosesNothing: in the middle of a push the preferred
// provider is killed. Ten seconds later it gets less than a hundredth of the
// messages, the other one tells everybody, nobody is told twice, and when it is
// back it is used again. The one posts its receipts and replies, the other's are
// fetched; what was in its hands when it died it is asked about.
func TestAProviderThatDiesLosesNothing(t *testing.T) {
	s := newSite(t, "http://127.0.0.1:1", "", "", 0)
	clock := filepath.Join(s.data, "clock")
	setClock(t, clock, 0)
	s.args[0] = "serve"
	listen := porttest.Address(t)
	s.args = append(s.args, "--listen", listen, "--sms.callback", "http://"+listen, "--sms.providers", "aliyun,tencent")
	aliyun, tencent := channeltest.StartVendors(t, s.postedTo(t, "aliyun")), channeltest.StartVendors(t, "")
	front := startFront(t, aliyun.URL)
	s.args = append(
		s.args,
		"--sms.aliyun.url", front.URL, "--sms.aliyun.key_id", channeltest.VendorKeyID, "--sms.aliyun.secret_file", s.file(t, "secret", channeltest.VendorSecret),
		"--sms.aliyun.templates", s.file(t, "templates", "1001 {1}退订回TD\n"),
		"--sms.tencent.url", tencent.URL, "--sms.tencent.secret_id", channeltest.VendorKeyID, "--sms.tencent.secret_file", s.file(t, "secret", channeltest.VendorSecret),
		"--sms.tencent.app_id", "1400000001", "--sms.tencent.templates", s.file(t, "templates", "1001 {1}退订回TD\n"), "--sms.tencent.pull_seconds", "1",
		"--sms.rate", fmt.Sprint(failoverRate), "--work.dispatch_every", "200ms", "--work.sweep_every", "500ms",
	)
	s.tellDigits(t, failoverPeople)

	cmd := exec.Command(faultBinary(t), s.args...)
	cmd.Env = append(os.Environ(), "FAULT_CLOCK="+clock)
	w := start(t, cmd)
	waitFor := func(what string, ok func() bool) {
		t.Helper()
		for giveUp := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) { // between two looks
			select {
			case <-w.ended:
				t.Fatalf("the service ended by itself:\n%s", w.log(t))
			default:
			}
			if time.Now().After(giveUp) {
				t.Fatalf("waited in vain for %s, %v:\n%s", what, s.counts(t), w.log(t))
			}
		}
	}
	waitFor("messages", func() bool { return len(aliyun.Taken(t)) >= failoverBefore })
	if n := len(tencent.Taken(t)); n > 0 {
		t.Errorf("the second provider took %d messages although the first works", n)
	}
	aliyun.Kill()
	died := time.Now()
	waitFor("ten seconds", func() bool { return time.Since(died) > 10*time.Second })
	before, dead := len(tencent.Taken(t)), front.failures()
	waitFor("the other provider to go on", func() bool { return len(tencent.Taken(t)) >= before+failoverMeasured })
	got, all := front.failures()-dead, len(tencent.Taken(t))-before
	t.Logf("ten seconds after its death the provider got %d of %d messages, %d before", got, got+all, dead)
	if 100*got >= got+all {
		t.Errorf("ten seconds after its death the provider got %d of %d messages", got, got+all)
	}
	aliyun.Restart(t)
	silenced := map[string]bool{} // what it took while it could still post receipts, or just not any more
	for _, m := range aliyun.Taken(t) {
		silenced[m.Ref] = true
	}
	again := len(silenced)
	setClock(t, clock, time.Minute) // the longest that it is left alone
	waitFor("the first provider to be used again", func() bool { return len(aliyun.Taken(t)) >= again+100 })
	w.until(t, s)
	setClock(t, clock, 3*time.Minute) // what is in doubt is asked about after a minute
	taken := map[string]int{}
	for _, m := range append(aliyun.Taken(t), tencent.Taken(t)...) {
		taken[m.Ref]++
	}
	var wrong []string
	db := openRaw(t, s.database)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(strings.Join(wrong[:min(10, len(wrong))], "\n"))
		}
	})
	waitFor("every message to be told as what became of it", func() bool {
		wrong = wrongly(t, db, s.push, taken, silenced)
		return len(wrong) == 0
	})
	s.checkNumbers(t)
	lost := failoverPeople - len(taken)
	t.Logf("states: %v", s.counts(t))
	if lost > front.failures() || lost > failoverPeople/100 {
		t.Errorf("%d messages are in doubt, the dead provider was handed %d", lost, front.failures())
	}
}

// wrongly lists the messages of which the record says something else than what
// both providers took. The receipts of those that are silenced may be lost.
func wrongly(t *testing.T, db *sql.DB, push domain.PushID, taken map[string]int, silenced map[string]bool) (wrong []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), `SELECT id, subscriber_id, state FROM deliveries WHERE push_id = $1`, push)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for ; rows.Next(); n++ {
		var d domain.Delivery
		if err := rows.Scan(&d.ID, &d.Subscriber, &d.State); err != nil {
			t.Fatal(err)
		}
		ref, want := d.ClientRef(), domain.Delivered
		switch {
		case taken[ref] == 0:
			want = domain.UnknownEnd
		case d.State == domain.Accepted && silenced[ref]:
			want = domain.Accepted
		case digitOf(d.Subscriber) == 1:
			want = domain.Failed
		}
		if taken[ref] > 1 || d.State != want {
			wrong = append(wrong, fmt.Sprintf("%s is %s and not %s; it was sent %d times", ref, d.State, want, taken[ref]))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if n != failoverPeople {
		wrong = append(wrong, fmt.Sprintf("%d messages to %d people", n, failoverPeople))
	}
	return wrong
}

// checkNumbers looks at the numbers of the last who replied TD, and of the last
// who has none.
func (s *site) checkNumbers(t *testing.T) {
	t.Helper()
	for digit, why := range map[int]domain.Reason{9: domain.ReasonStopped, 1: domain.ReasonBounced} {
		id := domain.SubscriberID(failoverPeople)
		for digitOf(id) != digit {
			id--
		}
		person, err := s.store.Subscriber(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := person.Contacts[0].Suppressed; !strings.HasPrefix(string(got), string(why)) {
			t.Errorf("a number that ends in %d is stopped for %q, not %q", digit, got, why)
		}
	}
}

// digitOf says how a person's number ends, which tells the peer what to do: most
// are told, one in fifty is no number, one in fifty replies TD.
func digitOf(id domain.SubscriberID) int {
	switch id % 50 {
	case 11:
		return 1
	case 29:
		return 9
	default:
		return int(id%2) * 8
	}
}

// tellDigits makes people with such numbers.
func (s *site) tellDigits(t *testing.T, n int) {
	t.Helper()
	people := make([]*domain.Subscriber, n)
	for i := range people {
		people[i] = resident(i, fmt.Sprintf("199%07d%d", i, digitOf(domain.SubscriberID(i+1))))
	}
	for part := range slices.Chunk(people, 1000) {
		if err := s.store.SaveSubscribers(context.Background(), part); err != nil {
			t.Fatal(err)
		}
	}
}

// postedTo asks the program where a provider is to post.
func (s *site) postedTo(t *testing.T, provider string) string {
	t.Helper()
	out, err := exec.Command(faultBinary(t), append([]string{"sms", "callback"}, s.args[1:]...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(string(out)) {
		if base, is := strings.CutSuffix(word, "/"+provider+"/report"); is {
			return base
		}
	}
	t.Fatalf("no address for %s: %s", provider, out)
	return ""
}

// file writes a file of the installation and returns its path.
func (s *site) file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(s.data, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// setClock makes the service's clock wrong by so much.
func setClock(t *testing.T, file string, by time.Duration) {
	t.Helper()
	next := file + ".next"
	if err := os.WriteFile(next, []byte(by.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, file); err != nil {
		t.Fatal(err)
	}
}

// front stands before a provider, as its load balancer does: it is there when
// the provider is not, takes each message, and cuts the line. It counts them.
type front struct {
	*httptest.Server
	mu     sync.Mutex
	failed int
}

func startFront(t *testing.T, provider string) *front {
	t.Helper()
	to, err := url.Parse(provider)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{}
	f.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { // the address that was signed stays
			r.SetURL(to)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			f.mu.Lock()
			f.failed++
			f.mu.Unlock()
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.Close()
			}
		},
	})
	t.Cleanup(f.Close)
	return f
}

// failures is how many messages found no provider.
func (f *front) failures() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}
