// Package fault breaks things in the middle of a push to 20,000 people and
// asks afterwards: has every delivery come to an end, and was anybody sent to
// twice? The one that answers the second question is a gateway that counts.
package fault

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/queue/redistest"
	"policypush/internal/seal"
	"policypush/internal/storage"
	"policypush/internal/storage/pgtest"
)

const recipients = 20_000

// patience is how long a push may take to come to its end. Nothing waits for
// it to pass.
const patience = 3 * time.Minute

func TestAWorkerKilledInTheMiddleSendsNothingTwice(t *testing.T) {
	for name, servers := range map[string]func(*testing.T) (database, redisURL string){
		"SQLite and Redis inside the process": func(*testing.T) (string, string) { return "", "" },
		"PostgreSQL and redis-server": func(t *testing.T) (string, string) {
			return pgtest.Start(t).Database(t), redistest.Start(t).URL
		},
	} {
		t.Run(name, func(t *testing.T) {
			gateway := startGateway(t)
			database, redisURL := servers(t)
			site := newSite(t, gateway.URL, database, redisURL, recipients)
			worker := site.work(t)
			gateway.waitFor(t, recipients/4, worker)
			worker.kill(t)
			site.work(t).until(t, site)
			counts := site.counts(t)
			t.Logf("states: %v", counts)
			gateway.check(t, counts)
			if counts[domain.UnknownEnd] > 4*50 { // batches at a time, rows claimed together
				t.Errorf("%d deliveries are in doubt, more than one worker can hold", counts[domain.UnknownEnd])
			}
		})
	}
}

func TestRedisEmptiedInTheMiddleLosesAndDoublesNothing(t *testing.T) {
	gateway := startGateway(t)
	queue := redistest.Start(t)
	site := newSite(t, gateway.URL, "", queue.URL, recipients)
	worker := site.work(t)
	for _, part := range []int{recipients / 5, recipients / 2} {
		gateway.waitFor(t, part, worker)
		if err := queue.Client.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	worker.until(t, site)
	counts := site.counts(t)
	t.Logf("states: %v", counts)
	gateway.check(t, counts)
	if counts[domain.UnknownEnd] > 0 {
		t.Errorf("%d deliveries are in doubt although no worker died", counts[domain.UnknownEnd])
	}
}

func TestAProcessThatIsAskedToEndLeavesNothingInDoubt(t *testing.T) {
	gateway := startGateway(t)
	site := newSite(t, gateway.URL, "", "", recipients)
	worker := site.work(t)
	gateway.waitFor(t, recipients/4, worker)
	worker.end(t)
	if unknown := site.counts(t)[domain.UnknownEnd] + site.counts(t)[domain.Sending]; unknown > 0 {
		t.Errorf("%d deliveries are in doubt", unknown)
	}
	site.work(t).until(t, site)
	counts := site.counts(t)
	gateway.check(t, counts)
	if counts[domain.Accepted] != recipients {
		t.Errorf("states: %v", counts)
	}
}

// Gateway speaks Kannel's sendsms and counts how often it was asked to send
// for each of our references.
type gateway struct {
	*httptest.Server
	mu     sync.Mutex
	sent   map[string]int
	total  int
	wanted int
	there  chan struct{} // closed when total reaches wanted
}

func startGateway(t *testing.T) *gateway {
	g := &gateway{sent: map[string]int{}}
	g.Server = httptest.NewServer(http.HandlerFunc(g.take))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) take(w http.ResponseWriter, r *http.Request) {
	report, err := url.Parse(r.URL.Query().Get("dlr-url"))
	if err != nil || report.Query().Get("ref") == "" || r.URL.Query().Get("to") == "" {
		http.Error(w, "no reference", http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	g.sent[report.Query().Get("ref")]++
	g.total++
	if g.there != nil && g.total >= g.wanted {
		close(g.there)
		g.there = nil
	}
	g.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprint(w, "0: Accepted for delivery")
}

// waitFor returns when n messages have come in.
func (g *gateway) waitFor(t *testing.T, n int, from *worker) {
	t.Helper()
	there := make(chan struct{})
	g.mu.Lock()
	if g.total >= n {
		close(there)
	} else {
		g.wanted, g.there = n, there
	}
	g.mu.Unlock()
	select {
	case <-there:
	case <-from.ended:
		t.Fatalf("the worker ended by itself:\n%s", from.log(t))
	case <-time.After(patience):
		t.Fatalf("the gateway got %d of %d messages:\n%s", g.got(), n, from.log(t))
	}
}

func (g *gateway) got() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.total
}

// check compares what the gateway counted with what the database says.
func (g *gateway) check(t *testing.T, counts map[domain.DeliveryState]int) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	twice := 0
	for ref, n := range g.sent {
		if n > 1 {
			twice++
			if twice <= 5 {
				t.Errorf("%s was sent %d times", ref, n)
			}
		}
	}
	if twice > 0 {
		t.Errorf("%d of %d were sent more than once", twice, len(g.sent))
	}
	sum := 0
	for _, n := range counts {
		sum += n
	}
	accepted, unknown := counts[domain.Accepted], counts[domain.UnknownEnd]
	if sum != recipients || accepted+unknown != recipients {
		t.Errorf("of %d deliveries %d were accepted and %d are unknown: %v", recipients, accepted, unknown, counts)
	}
	if len(g.sent) < accepted || len(g.sent) > accepted+unknown {
		t.Errorf("the gateway took %d, the record says %d accepted and %d unknown", len(g.sent), accepted, unknown)
	}
}

// Site is an installation with one policy published and its push owed.
type site struct {
	data     string
	database string
	args     []string
	store    *storage.Store
	push     domain.PushID
	channel  domain.ChannelKind // over which people are told
	when     domain.Frequency   // how often
}

func newSite(t *testing.T, gatewayURL, database, redisURL string, people int) *site {
	t.Helper()
	s := &site{data: t.TempDir(), channel: domain.SMS}
	ctx := context.Background()
	if err := os.MkdirAll(filepath.Join(s.data, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.Generate(filepath.Join(s.data, "keys", "contacts.key"), seal.AES)
	if err != nil {
		t.Fatal(err)
	}
	if database == "" {
		database = "sqlite:" + filepath.Join(s.data, "policypush.db")
	}
	s.database = database
	if s.store, err = storage.Open(ctx, database, keys); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	s.fill(t, people)
	s.publish(t)
	password := filepath.Join(s.data, "password")
	if err := os.WriteFile(password, []byte("sesame"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = []string{
		"work", "--data", s.data, "--database", database, "--redis", redisURL, "--quiet_hours", "none", "--rest_days", "none",
		"--sms.mode", "send", "--sms.url", gatewayURL + "/cgi-bin/sendsms", "--sms.username", "tester", "--sms.password_file", password,
	}
	return s
}

// toApp makes the site tell people in the city's own app.
func (s *site) toApp(t *testing.T, gatewayURL string) {
	t.Helper()
	s.channel = domain.Webhook
	secret := filepath.Join(s.data, "app-secret")
	if err := os.WriteFile(secret, []byte("whsec_"+base64.StdEncoding.EncodeToString([]byte("a secret of thirty-two octets....."))), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = append(s.args, "--sms.mode", "off", "--webhook.mode", "send", "--webhook.url", gatewayURL, "--webhook.secret_file", secret)
}

func (s *site) fill(t *testing.T, n int) {
	t.Helper()
	const chunk = 1000
	for from := 0; from < n; from += chunk {
		people := make([]*domain.Subscriber, chunk)
		for i := range people {
			n := from + i
			people[i] = resident(n, fmt.Sprintf("199%08d", n))
			people[i].Contacts[0].Kind = s.channel // a number does for an account
			people[i].Contacts[0].When = s.when
		}
		if err := s.store.SaveSubscribers(context.Background(), people); err != nil {
			t.Fatal(err)
		}
	}
}

// resident is somebody with a telephone.
func resident(n int, phone string) *domain.Subscriber {
	return &domain.Subscriber{
		ExternalID: fmt.Sprintf("R%06d", n), Profile: domain.Profile{Kind: domain.Resident, Region: "330000"},
		Subscription: domain.Subscription{All: true},
		Consent:      domain.Consent{Version: "1", At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Source: "import:test"},
		Contacts:     []domain.Contact{{Kind: domain.SMS, Address: phone, Verified: true}},
	}
}

// publish owes a push of a policy of its own.
func (s *site) publish(t *testing.T) {
	t.Helper()
	ctx, now, n := context.Background(), time.Now(), int(s.push)+1
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	office := domain.Office{Name: "云川县政务公开办", Signature: "云川政策", Region: "330000"}
	must(s.store.SaveOffice(ctx, &office))
	drafter := domain.Operator{Office: office.ID, Login: fmt.Sprint("drafter", n), Name: "林晓", Roles: []domain.Role{domain.Drafter}}
	approver := domain.Operator{Office: office.ID, Login: fmt.Sprint("approver", n), Name: "周敏", Roles: []domain.Role{domain.Approver}}
	must(s.store.SaveOperator(ctx, &drafter))
	must(s.store.SaveOperator(ctx, &approver))
	p := &domain.Policy{
		Office: office.ID, Status: domain.Draft, Title: "关于发放居民消费券的通知", DocNumber: fmt.Sprintf("云政发〔2026〕%d号", n),
		Audience: domain.ForResidents, Text: "一、全县居民每人发放消费券100元。", DraftedBy: drafter.ID, CreatedAt: now,
		Measures: []domain.Measure{{ID: "m1", Title: "消费券", Text: "全县居民每人发放消费券100元。", Who: "全县居民"}},
	}
	must(s.store.CreatePolicy(ctx, p))
	must(p.Review(drafter, now))
	must(s.store.SavePolicy(ctx, p, domain.Draft))
	must(p.Approve(approver, now))
	must(s.store.SavePolicy(ctx, p, domain.Reviewed))
	must(p.Publish(drafter, true, false, now))
	push := domain.Push{
		Policy: p.ID, Version: p.Version, Kind: domain.NewPolicy, State: domain.PushOwed, CreatedBy: drafter.ID, CreatedAt: now, Title: p.Title,
	}
	must(s.store.PublishPolicy(ctx, p, &push))
	s.push = push.ID
}

func (s *site) counts(t *testing.T) map[domain.DeliveryState]int {
	t.Helper()
	counts, err := s.store.PushCounts(context.Background(), s.push)
	if err != nil {
		t.Fatal(err)
	}
	return counts[s.channel]
}

// Worker is the real binary.
type worker struct {
	cmd     *exec.Cmd
	logFile string
	ended   chan struct{}
}

// work starts a worker whose clocks are short: its time is the real one.
func (s *site) work(t *testing.T) *worker {
	t.Helper()
	clocks := []string{"--work.dispatch_every", "200ms", "--work.sweep_every", "500ms", "--work.dead_after", "3s", "--work.leader_for", "2s"}
	return start(t, exec.Command(binary(t), append(slices.Clone(s.args), clocks...)...))
}

func start(t *testing.T, cmd *exec.Cmd) *worker {
	t.Helper()
	w := &worker{cmd: cmd, logFile: filepath.Join(t.TempDir(), "log"), ended: make(chan struct{})}
	out, err := os.Create(w.logFile)
	if err != nil {
		t.Fatal(err)
	}
	w.cmd.Stderr = out
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = w.cmd.Wait() // how it ended is asked where it matters
		_ = out.Close()
		close(w.ended)
	}()
	t.Cleanup(func() {
		_ = w.cmd.Process.Kill() // it may have ended already
		<-w.ended
	})
	return w
}

func (w *worker) kill(t *testing.T) {
	t.Helper()
	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-w.ended
}

// signal stops a process, or lets it go on.
func (w *worker) signal(t *testing.T, what syscall.Signal) {
	t.Helper()
	if err := w.cmd.Process.Signal(what); err != nil {
		t.Fatal(err)
	}
}

// end asks the process to end, as the system does, and holds it to 30 s.
func (w *worker) end(t *testing.T) {
	t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-w.ended:
	case <-time.After(30 * time.Second):
		t.Fatalf("still there after 30 s:\n%s", w.log(t))
	}
	if code := w.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, w.log(t))
	}
}

func (w *worker) log(t *testing.T) string {
	t.Helper()
	text := w.said(t)
	return string(text[max(0, len(text)-4000):])
}

func (w *worker) isReady(t *testing.T) bool {
	t.Helper()
	return bytes.Contains(w.said(t), []byte("msg=ready"))
}

// leads tells whether it leads, as far as it knows.
func (w *worker) leads(t *testing.T) bool {
	t.Helper()
	text := w.said(t)
	at := bytes.LastIndex(text, []byte("msg=leadership leading="))
	return at >= 0 && bytes.HasPrefix(text[at:], []byte("msg=leadership leading=true"))
}

// said is the whole log.
func (w *worker) said(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(w.logFile)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// until returns when the push is done: everything in it has ended.
func (w *worker) until(t *testing.T, s *site) {
	t.Helper()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	giveUp := time.After(patience)
	for {
		p, err := s.store.Push(context.Background(), s.push)
		if err != nil {
			t.Fatal(err)
		}
		if p.State == domain.PushDone {
			return
		}
		select {
		case <-look.C:
		case <-w.ended:
			t.Fatalf("the worker ended by itself:\n%s", w.log(t))
		case <-giveUp:
			t.Fatalf("the push is %s with %v:\n%s", p.State, s.counts(t), w.log(t))
		}
	}
}

// binary is the one that make test has built, or one built now.
var binaryOnce = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("POLICYPUSH_BIN"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "policypush")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "policypush")
	out, err := exec.Command("go", "build", "-o", path, "policypush/cmd/policypush").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func binary(t *testing.T) string {
	t.Helper()
	path, err := binaryOnce()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
