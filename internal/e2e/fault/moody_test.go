package fault

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// moody is a gateway that has moods, and keeps its own record of what it was
// asked to send, what it really sent and what it said. It is a Kannel, which
// sends whatever it is asked to, or the gateway of a city's own app, which takes
// each reference once.
type moody struct {
	*httptest.Server
	app    bool // of a city's app
	client *http.Client

	mu       sync.Mutex
	rnd      *rand.Rand
	well     bool            // no more moods
	healed   chan struct{}   // closed then
	asked    int             // requests, whatever became of them
	took     map[string]int  // by our reference: how often it was sent
	people   map[string]int  // by number or account
	refused  map[string]bool // for good, and said so
	fails    map[string]int  // said so often that it cannot for now
	unheard  map[string]bool // a request whose answer did not get through, or only after slow
	reports  []*report       // receipts that are owed to us
	final    map[string]string
	forged   int            // receipts nobody owed, which were believed
	happened map[string]int // moods and ways of telling receipts, how often
}

// slow is how long after a request began its answer may count as lost: half of
// what a worker waits for it.
const slow = answerWithin / 2

// report is a receipt on its way: where to, without the status.
type report struct {
	ref, address string
	statuses     []string // to be told in this order
}

func startMoody(t *testing.T, rnd *rand.Rand, app bool) *moody {
	g := &moody{
		rnd: rnd, app: app, client: &http.Client{Timeout: 10 * time.Second},
		took: map[string]int{}, people: map[string]int{}, refused: map[string]bool{}, fails: map[string]int{}, unheard: map[string]bool{},
		final: map[string]string{}, healed: make(chan struct{}), happened: map[string]int{},
	}
	g.Server = httptest.NewServer(http.HandlerFunc(g.take))
	t.Cleanup(g.Close)
	return g
}

// What a gateway does with a request, beside sending and saying so.
const (
	sends          = "sends"
	isSlow         = "is slow"
	refuses        = "refuses" // for good
	fails          = "fails"   // for now
	isBusy         = "asks everybody to wait"
	cutsBefore     = "cuts the line and does not send"
	cutsAfter      = "sends and cuts the line"
	isSilent       = "sends and says nothing" // until whoever asked has gone, or all is well
	reportsAtOnce  = "reports before it answers"
	moodsOfHundred = 200
)

// mood draws what becomes of a request. The caller holds mu.
func (g *moody) mood() string {
	if g.well {
		return sends
	}
	switch n := g.rnd.IntN(moodsOfHundred); {
	case n < 8:
		return isSlow
	case n < 11:
		return refuses
	case n < 13:
		return fails
	case n < 15:
		return cutsBefore
	case n < 18:
		return cutsAfter
	case n < 24:
		return reportsAtOnce
	case n == 24 && g.rnd.IntN(10) == 0:
		return isBusy
	case n == 25 && g.rnd.IntN(5) == 0:
		return isSilent
	default:
		return sends
	}
}

// request is what it is asked to send.
type request struct{ ref, to, report string }

// read understands a request: sendsms of Kannel, or a signed call to an app.
func (g *moody) read(r *http.Request) (q request, ok bool) {
	if g.app {
		var call struct {
			Data struct{ Ref, User string }
		}
		err := json.NewDecoder(r.Body).Decode(&call)
		q = request{ref: call.Data.Ref, to: call.Data.User}
		return q, err == nil && q.to != "" && q.ref != "" && r.Header.Get("webhook-id") == q.ref
	}
	q = request{to: r.URL.Query().Get("to"), report: r.URL.Query().Get("dlr-url")}
	parsed, err := url.Parse(q.report)
	if err == nil {
		q.ref = parsed.Query().Get("ref")
	}
	return q, q.ref != "" && q.to != ""
}

func (g *moody) take(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	q, ok := g.read(r)
	if !ok {
		http.Error(w, "no reference", http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	mood := g.mood()
	switch { // an app remembers what it has said to a reference
	case g.app && g.refused[q.ref]:
		mood = refuses
	case g.app && g.took[q.ref] > 0 && mood == refuses:
		mood = sends
	}
	g.happened[mood]++
	g.asked++
	var owed *report
	switch mood {
	case refuses:
		g.refused[q.ref] = true
	case fails:
		g.fails[q.ref]++
	case cutsBefore:
		g.unheard[q.ref] = true
	case sends, isSlow, cutsAfter, isSilent, reportsAtOnce:
		if g.took[q.ref] == 0 || !g.app {
			g.took[q.ref]++
			g.people[q.to]++
		}
		g.unheard[q.ref] = g.unheard[q.ref] || mood == cutsAfter || mood == isSilent
		owed = g.owe(q)
		if owed != nil && mood != reportsAtOnce {
			g.reports = append(g.reports, owed)
		}
	}
	g.mu.Unlock()
	switch mood {
	case isSlow:
		time.Sleep(40 * time.Millisecond)
	case isSilent:
		select {
		case <-r.Context().Done():
		case <-g.healed:
		case <-g.tired(): // the balancer before an app cuts the line at last
			g.cut(w)
			return
		}
	case reportsAtOnce:
		if owed != nil && !g.tell(owed) {
			g.mu.Lock()
			g.reports = append(g.reports, owed)
			g.mu.Unlock()
		}
	case cutsBefore, cutsAfter:
		g.cut(w)
		return
	}
	g.answer(w, mood)
	if err := http.NewResponseController(w).Flush(); err != nil || time.Since(began) > slow {
		g.mu.Lock()
		g.unheard[q.ref] = true
		g.mu.Unlock()
	}
}

// tired is when an app's line is cut that says nothing.
func (g *moody) tired() <-chan time.Time {
	if !g.app {
		return nil
	}
	return time.After(2 * answerWithin)
}

func (g *moody) cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// answer says what a mood has come to.
func (g *moody) answer(w http.ResponseWriter, mood string) {
	switch {
	case mood == refuses && g.app:
		http.Error(w, "gone", http.StatusGone)
	case mood == refuses:
		http.Error(w, "Destination not routable.", http.StatusForbidden)
	case mood == fails:
		http.Error(w, "Temporal failure, try again later.", http.StatusInternalServerError)
	case mood == isBusy && g.app:
		http.Error(w, "too many", http.StatusTooManyRequests)
	case mood == isBusy:
		http.Error(w, "Busy.", http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "0: Accepted for delivery")
	}
}

// owe draws which receipts a message gets, or none. What is told last of its
// end is always the same; on the way there it may be told anything that is not
// an end, also afterwards. The caller holds mu.
func (g *moody) owe(q request) *report {
	if q.report == "" || strings.Contains(q.report, "://127.0.0.1:1/") || g.final[q.ref] != "" || g.rnd.IntN(3) > 0 {
		return nil
	}
	end := "1"
	if g.rnd.IntN(10) == 0 {
		end = "2"
	}
	g.final[q.ref] = end
	g.happened["receipts twice and out of order"]++
	statuses := []string{"8", "4", end, end}
	g.rnd.Shuffle(len(statuses), func(i, j int) { statuses[i], statuses[j] = statuses[j], statuses[i] })
	return &report{q.ref, q.report, statuses}
}

// tell calls us back with every status that is left. It reports whether all
// were taken; what was not taken stays owed.
func (g *moody) tell(r *report) bool {
	for len(r.statuses) > 0 {
		if g.call(r.address, r.statuses[0]) != http.StatusOK {
			return false
		}
		r.statuses = r.statuses[1:]
	}
	return true
}

// call fills a callback's address in, as Kannel does, and returns what we
// answer, or 0.
func (g *moody) call(address, status string) int {
	filled := strings.NewReplacer("%d", status, "%F", "", "%A", "").Replace(address)
	resp, err := g.client.Get(filled)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// tellAll tells what is owed, in any order, and returns how many stay owed.
// Some are told twice, and beside them come some that nobody owes: the end
// turned round under another's signature.
func (g *moody) tellAll() int {
	g.mu.Lock()
	owed := g.reports
	g.reports = nil
	g.rnd.Shuffle(len(owed), func(i, j int) { owed[i], owed[j] = owed[j], owed[i] })
	twice := map[*report]bool{}
	for i, r := range owed {
		if g.rnd.IntN(10) == 0 {
			twice[r] = true
			forged := strings.Replace(r.address, "mac=", "mac=A", 1)
			if other := owed[(i+1)%len(owed)]; other != r { // a right signature, of another message
				forged = strings.Replace(other.address, "ref="+other.ref, "ref="+r.ref, 1)
			}
			g.happened["forged receipts"]++
			g.mu.Unlock()
			if code := g.call(forged, map[string]string{"1": "2", "2": "1"}[g.final[r.ref]]); code == http.StatusOK {
				g.forged++
			}
			g.mu.Lock()
		}
	}
	g.mu.Unlock()
	var left []*report
	replayed := false
	for _, r := range owed {
		all := append([]string(nil), r.statuses...)
		if !g.tell(r) {
			left = append(left, r)
		} else if twice[r] {
			for _, status := range all { // replayed; a failure of ours costs nothing
				g.call(r.address, status)
			}
			replayed = true
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reports = append(g.reports, left...)
	if replayed {
		g.happened["replayed receipts"]++
	}
	return len(g.reports)
}

func (g *moody) requests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

// heal ends the moods.
func (g *moody) heal() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.well = true
	close(g.healed)
}
