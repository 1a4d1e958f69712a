package fault

import (
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

// moody is a gateway that speaks Kannel's sendsms, has moods, and keeps its own
// count of what it really sent.
type moody struct {
	*httptest.Server
	honours bool // sends a reference once, however often it is asked to
	client  *http.Client

	mu      sync.Mutex
	rnd     *rand.Rand
	well    bool           // no more moods
	healed  chan struct{}  // closed then
	asked   int            // requests, whatever became of them
	took    map[string]int // by our reference: how often it was sent
	phones  map[string]int // by number
	refused map[string]bool
	reports []*report // receipts that are owed to us
	final   map[string]string
	forged  int // receipts nobody owed, which were believed
}

// report is a receipt on its way: where to, without the status.
type report struct {
	ref, address string
	statuses     []string // to be told in this order
}

func startMoody(t *testing.T, rnd *rand.Rand, honours bool) *moody {
	g := &moody{
		rnd: rnd, honours: honours, client: &http.Client{Timeout: 10 * time.Second},
		took: map[string]int{}, phones: map[string]int{}, refused: map[string]bool{}, final: map[string]string{},
		healed: make(chan struct{}),
	}
	g.Server = httptest.NewServer(http.HandlerFunc(g.take))
	t.Cleanup(g.Close)
	return g
}

// What a gateway does with a request, beside sending and saying so.
const (
	sends = iota
	isSlow
	refuses        // for good
	fails          // for now
	isBusy         // asks everybody to wait
	cutsBefore     // cuts the line and does not send
	cutsAfter      // sends and cuts the line
	isSilent       // sends and says nothing until whoever asked has gone, or all is well
	reportsAtOnce  // the receipt is there before the answer
	moodsOfHundred = 200
)

// mood draws what becomes of a request. The caller holds mu.
func (g *moody) mood() int {
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

func (g *moody) take(w http.ResponseWriter, r *http.Request) {
	address := r.URL.Query().Get("dlr-url")
	to := r.URL.Query().Get("to")
	parsed, err := url.Parse(address)
	if err != nil || parsed.Query().Get("ref") == "" || to == "" {
		http.Error(w, "no reference", http.StatusBadRequest)
		return
	}
	ref := parsed.Query().Get("ref")
	g.mu.Lock()
	mood := g.mood()
	g.asked++
	var owed *report
	switch mood {
	case refuses:
		g.refused[ref] = true
	case sends, isSlow, cutsAfter, isSilent, reportsAtOnce:
		if g.took[ref] == 0 || !g.honours {
			g.took[ref]++
			g.phones[to]++
		}
		owed = g.owe(ref, address)
		if owed != nil && mood != reportsAtOnce {
			g.reports = append(g.reports, owed)
		}
	}
	g.mu.Unlock()
	switch mood {
	case refuses:
		http.Error(w, "Destination not routable.", http.StatusForbidden)
	case fails:
		http.Error(w, "Temporal failure, try again later.", http.StatusInternalServerError)
	case isBusy:
		http.Error(w, "Busy.", http.StatusServiceUnavailable)
	case cutsBefore, cutsAfter:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	default:
		switch mood {
		case isSlow:
			time.Sleep(40 * time.Millisecond)
		case isSilent:
			select {
			case <-r.Context().Done():
			case <-g.healed:
			}
		}
		if mood == reportsAtOnce && owed != nil && !g.tell(owed) {
			g.mu.Lock()
			g.reports = append(g.reports, owed)
			g.mu.Unlock()
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "0: Accepted for delivery")
	}
}

// owe draws which receipts a message gets, or none. What is told last of its
// end is always the same; on the way there it may be told anything that is not
// an end, also afterwards. The caller holds mu.
func (g *moody) owe(ref, address string) *report {
	if strings.Contains(address, "://127.0.0.1:1/") || g.final[ref] != "" || g.rnd.IntN(3) > 0 {
		return nil
	}
	end := "1"
	if g.rnd.IntN(10) == 0 {
		end = "2"
	}
	g.final[ref] = end
	statuses := []string{"8", "4", end, end}
	g.rnd.Shuffle(len(statuses), func(i, j int) { statuses[i], statuses[j] = statuses[j], statuses[i] })
	return &report{ref, address, statuses}
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
			g.mu.Unlock()
			if code := g.call(forged, map[string]string{"1": "2", "2": "1"}[g.final[r.ref]]); code == http.StatusOK {
				g.forged++
			}
			g.mu.Lock()
		}
	}
	g.mu.Unlock()
	var left []*report
	for _, r := range owed {
		all := append([]string(nil), r.statuses...)
		if !g.tell(r) {
			left = append(left, r)
		} else if twice[r] {
			for _, status := range all { // replayed; a failure of ours costs nothing
				g.call(r.address, status)
			}
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reports = append(g.reports, left...)
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
