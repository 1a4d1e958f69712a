package fault

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/porttest"
	"policypush/internal/queue/redistest"
	"policypush/internal/storage/pgtest"
)

// answerWithin is how long a message waits for Kannel's answer before it is in
// doubt.
const answerWithin = time.Second

// randomPeople is how many a push of a random run goes to.
const randomPeople = 5000

// recoverWithin bounds, in simulated time, how long after the last fault
// anything that is due may still wait.
const recoverWithin = 2 * time.Minute

// endurance is how long a part of a random run may take by the clock on the
// wall, on a machine with much else to do. Nothing waits for it to pass.
const endurance = 15 * time.Minute

// inCI are the seeds that are run where nobody asks for others: between them
// all that allThatHappens names does.
var inCI = []uint64{3, 4, 5, 6, 10}

// allThatHappens is what must have happened in the runs of inCI.
var allThatHappens = []string{
	"SQLite", "PostgreSQL", "Redis inside the process", "Kannel", "app", "PostgreSQL, two workers and receipts",
	sends, isSlow, refuses, fails, isBusy, cutsBefore, cutsAfter, isSilent, reportsAtOnce,
	"receipts twice and out of order", "forged receipts", "replayed receipts",
	"web is killed", "worker is killed", "killed while planning", "clock jumps on", "clock jumps back", "Redis is emptied", "Redis is killed",
	"PostgreSQL crashes", "two sweepers", "summaries",
}

// TestRandomFaults runs pushes, at once or in summaries, through what may go wrong: processes that are
// killed, or stand still and wake as a second leader and sweeper, a Redis that is
// emptied or restarted, a PostgreSQL that crashes, a clock that jumps, a gateway
// that refuses, throttles, is slow, cuts the line before or after it has sent, or
// sends and falls silent, and receipts that come twice, out of order, too early,
// again, or from nobody. A seed draws the installation, the faults and when they
// come; what the machine does between them it does not.
//
// FAULT_RUNS runs so many seeds (make soak: 200), FAULT_SEED the one that is to
// be seen again; with FAULT_STORY a run that passes tells its faults too.
// FAULT_BIN is the program, built with the tag faultclock.
func TestRandomFaults(t *testing.T) {
	seeds, all := inCI, true
	if text := os.Getenv("FAULT_RUNS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("FAULT_RUNS is %q", text)
		}
		seeds, all = nil, false
		for seed := range n {
			seeds = append(seeds, uint64(seed+1))
		}
	}
	if text := os.Getenv("FAULT_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("FAULT_SEED is %q", text)
		}
		seeds, all = []uint64{seed}, false
	}
	cluster := sync.OnceValue(func() *pgtest.Cluster { return pgtest.Start(t) })
	total := struct {
		happened        map[string]int
		runs, unknown   int
		slowestRecovery time.Duration
	}{happened: map[string]int{}}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := newRun(t, seed, cluster)
			t.Cleanup(func() {
				if t.Failed() || os.Getenv("FAULT_STORY") != "" {
					t.Logf("%s\nreplay: FAULT_SEED=%d go test -count=1 -run TestRandomFaults ./internal/e2e/fault", strings.Join(r.story, "\n"), seed)
				}
			})
			r.strain()
			total.slowestRecovery = max(total.slowestRecovery, r.recover())
			r.finish()
			total.unknown += r.check()
			if !t.Failed() {
				total.runs++
			}
			for _, counts := range []map[string]int{r.happened, r.gateway.happened} {
				for what, n := range counts {
					total.happened[what] += n
				}
			}
		})
	}
	t.Logf("%d of %d runs passed; the slowest recovery took %s of simulated time; %d messages ended as unknown, each for a reason; what happened: %v",
		total.runs, len(seeds), total.slowestRecovery.Round(time.Second), total.unknown, total.happened)
	for _, what := range allThatHappens {
		if all && !t.Failed() && total.happened[what] == 0 {
			t.Errorf("the seeds %v do not try %q", seeds, what)
		}
	}
}

// run is a push through its faults, or two, of which everybody gets one summary.
type run struct {
	*testing.T
	seed    uint64
	rnd     *rand.Rand
	site    *site
	db      *sql.DB
	gateway *moody
	queue   *redistest.Server // nil: inside the process
	cluster *pgtest.Cluster   // nil: SQLite
	procs   []*process
	story   []string
	began   time.Time

	happened map[string]int
	// held are the messages that were in the hands of a process when it was
	// killed, or stopped for longer than others wait for it.
	held map[domain.DeliveryID]bool

	clockFile string
	offset    time.Duration
	seen      int           // requests at the last look
	looked    time.Time     // by the clock on the wall
	worked    time.Duration // by then, see processorTime
}

// process is a part of the service, whatever incarnation of it is alive.
type process struct {
	name string
	args []string
	*worker
}

func newRun(t *testing.T, seed uint64, cluster func() *pgtest.Cluster) *run {
	t.Helper()
	r := &run{
		T: t, seed: seed, began: time.Now(), rnd: rand.New(rand.NewPCG(seed, 20)), clockFile: filepath.Join(t.TempDir(), "clock"),
		happened: map[string]int{}, held: map[domain.DeliveryID]bool{},
	}
	r.gateway = startMoody(t, rand.New(rand.NewPCG(seed, 21)), seed%3 == 0)
	database, redisURL, workers, web := "", "", 1, seed%5 != 2
	if seed%2 == 0 {
		r.cluster = cluster()
		database = r.cluster.Database(t)
	}
	if r.cluster != nil || seed%4 == 1 {
		r.queue = redistest.Start(t)
		redisURL = r.queue.URL
		workers = 1 + min(1, int(seed/4%4))
	}
	r.site = newSite(t, r.gateway.URL, database, redisURL, 0)
	gate := "Kannel"
	if r.gateway.app {
		gate = "app"
		r.site.toApp(t, r.gateway.URL)
	}
	if r.summaries() {
		r.site.when = domain.Daily
		r.site.publish(t)
	}
	r.site.fill(t, randomPeople)
	r.db = openRaw(t, r.site.database)
	r.jump(0)
	// The clocks are the product's own, but for the look for due batches, which
	// goes by the time on the wall.
	common := append(slices.Clone(r.site.args[1:]), "--work.dispatch_every", "100ms", "--sms.answer_within", fmt.Sprint(answerWithin.Seconds()), "--sms.timeout", "5")
	callback := "http://127.0.0.1:1"
	add := func(name string, args ...string) {
		own := slices.Clone(common)
		if r.cluster != nil { // the last of two counts
			own = append(own, "--database", database+"&application_name="+strings.ReplaceAll(name, " ", ""))
		}
		r.procs = append(r.procs, &process{name: name, args: append(append(args, own...), "--sms.callback", callback)})
	}
	if web {
		listen := porttest.Address(t)
		callback = "http://" + listen
		add("web", "web", "--listen", listen)
	}
	for i := range workers {
		add(fmt.Sprintf("worker %d", i+1), "work")
	}
	r.tell("%s, Redis %q, %d workers, web pages: %v, gateway: %s, summaries: %v", r.site.store.Dialect(), redisURL, workers, web, gate, r.summaries())
	for what, is := range map[string]bool{
		gate: true, "PostgreSQL": r.cluster != nil, "SQLite": r.cluster == nil, "Redis inside the process": r.queue == nil,
		"PostgreSQL, two workers and receipts": r.cluster != nil && workers > 1 && web && !r.gateway.app, "summaries": r.summaries(),
	} {
		if is {
			r.happened[what]++
		}
	}
	for _, p := range r.procs {
		r.start(p)
	}
	return r
}

// hold notes what the workers have in their hands. What a killed process
// had begun in PostgreSQL ends first.
func (r *run) hold(p *process) {
	r.Helper()
	if p.args[0] != "work" {
		return
	}
	const alive = `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1`
	select {
	case <-p.ended:
		for n := 1; n > 0 && r.cluster != nil; {
			if err := r.db.QueryRowContext(context.Background(), alive, strings.ReplaceAll(p.name, " ", "")).Scan(&n); err != nil {
				r.Fatal(err)
			}
		}
	default:
	}
	// What the sweep gave up as lost may still have been in its hands: a clock that
	// jumps on by an hour makes it seem so.
	r.each(`SELECT id FROM deliveries WHERE push_id <= $1 AND (state = 'sending' OR state = 'unknown' AND reason = 'lost-worker')`, func(scan func(...any) error) error {
		var id domain.DeliveryID
		err := scan(&id)
		r.held[id] = true
		return err
	})
}

func (r *run) tell(format string, args ...any) {
	r.story = append(r.story, fmt.Sprintf("after %4d requests and %3.0f s: ", r.seen, time.Since(r.began).Seconds())+fmt.Sprintf(format, args...))
}

func openRaw(t *testing.T, database string) *sql.DB {
	t.Helper()
	driver, source := "pgx", database
	if path, lite := strings.CutPrefix(database, "sqlite:"); lite {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(15000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (r *run) start(p *process) {
	r.Helper()
	cmd := exec.Command(faultBinary(r.T), p.args...)
	cmd.Env = append(os.Environ(), "FAULT_CLOCK="+r.clockFile)
	p.worker = start(r.T, cmd)
}

// faultBinary is the program whose clock can be set wrong.
var faultBinaryOnce = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("FAULT_BIN"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "policypush")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "policypush-fault")
	out, err := exec.Command("go", "build", "-tags", "faultclock", "-o", path, "policypush/cmd/policypush").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func faultBinary(t *testing.T) string {
	t.Helper()
	path, err := faultBinaryOnce()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// jump sets the clock of the service on or back.
func (r *run) jump(by time.Duration) {
	r.Helper()
	r.offset += by
	setClock(r.T, r.clockFile, r.offset)
}

func (r *run) now() time.Time { return time.Now().Add(r.offset) }

// look is how long a look lasts, and pace how far the clock goes after several
// in which nothing happened: waiting is simulated. Where no time is measured it
// goes the faster the longer nothing happens, up to haste.
const (
	look  = 15 * time.Millisecond
	looks = 4
	pace  = time.Second
	haste = 16 * time.Second
)

// step waits a little, lets so much more simulated time pass if nothing happened
// meanwhile, and returns how much passed since the step before. Waiting counts
// as its looks last, work as the processor time it took, were there one
// processor; what the machine did for others does not count, and the service's
// clock is set to what does.
func (r *run) step(pace time.Duration) time.Duration {
	r.Helper()
	waited := true
	for range looks {
		time.Sleep(look)
		waited = waited && !busy()
	}
	r.live()
	seen := r.gateway.requests()
	waited = waited && seen == r.seen
	r.seen = seen
	now, worked := time.Now(), processorTime()
	passed := max(looks*look, worked-r.worked)
	if waited {
		passed += pace
	}
	r.jump(passed - now.Sub(r.looked))
	r.looked, r.worked = now, worked
	return passed
}

// measure begins to measure simulated time.
func (r *run) measure() { r.looked, r.worked = time.Now(), processorTime() }

// live fails the test if a process ended by itself.
func (r *run) live() {
	r.Helper()
	for _, p := range r.procs {
		select {
		case <-p.ended:
			r.Fatalf("%s ended by itself:\n%s", p.name, p.log(r.T))
		default:
		}
	}
}

// strain lets the faults come, the last while a fifth is still to be sent.
func (r *run) strain() {
	r.Helper()
	type fault struct {
		at int // requests
		do func()
	}
	var faults []fault
	kinds := []func(){r.killOne, r.killOne, r.jumpClock}
	if r.workers() > 1 {
		kinds = append(kinds, r.stopLeader, r.stopLeader)
	}
	if r.queue != nil {
		kinds = append(kinds, r.flush, r.restartRedis)
	}
	if r.cluster != nil {
		kinds = append(kinds, r.crashPostgres)
	}
	for range 3 + r.rnd.IntN(6) {
		faults = append(faults, fault{r.rnd.IntN(randomPeople - randomPeople/5), kinds[r.rnd.IntN(len(kinds))]})
	}
	slices.SortStableFunc(faults, func(a, b fault) int { return a.at - b.at })
	if r.rnd.IntN(3) > 0 {
		r.killPlanning()
	}
	giveUp := time.Now().Add(endurance)
	r.measure()
	for r.summaries() && r.pushes(domain.PushOwed) {
		r.step(pace)
		if time.Now().After(giveUp) {
			r.Fatalf("the pushes are not planned:\n%s", r.logs())
		}
	}
	if r.summaries() {
		r.each(`SELECT MAX(next_at) FROM deliveries WHERE push_id <= $1`, func(scan func(...any) error) error {
			var due int64
			err := scan(&due)
			r.jump(time.UnixMicro(due).Sub(r.now()))
			return err
		})
		r.tell("the summaries are due")
	}
	for _, f := range faults {
		for idle := time.Duration(0); r.seen < f.at && idle < 10*time.Minute; { // so few are left that nothing comes
			before := r.seen
			if idle += r.step(min(max(pace, idle/4), haste)); r.seen > before {
				idle = 0
			}
			if time.Now().After(giveUp) {
				r.Fatalf("the gateway was asked %d times, a fault is due at %d:\n%s", r.seen, f.at, r.logs())
			}
		}
		f.do()
		r.gateway.tellAll()
	}
}

func (r *run) killOne() {
	p := r.procs[r.rnd.IntN(len(r.procs))]
	r.tell("%s is killed", p.name)
	r.happened[strings.TrimRight(p.name, " 12")+" is killed"]++
	p.kill(r.T)
	r.hold(p)
	r.start(p)
}

func (r *run) workers() (n int) {
	for _, p := range r.procs {
		if p.args[0] == "work" {
			n++
		}
	}
	return n
}

// stopLeader makes the leader stand still, wherever it is, until the clock is
// past its lease and another leads; then both go on. Nobody is only just starting
// then: who cannot have the database for a quarter of a minute does not. What stands still may hold
// SQLite, so that nobody can lead: then it goes on all the same.
func (r *run) stopLeader() {
	r.Helper()
	leader := func() (at *process) {
		for _, p := range r.procs {
			if p.args[0] == "work" && p.leads(r.T) {
				at = p
			}
		}
		return at
	}
	was := leader()
	for giveUp := time.Now().Add(endurance); was == nil || !r.isReady(); was = leader() {
		r.step(pace)
		if time.Now().After(giveUp) {
			r.Fatalf("nobody leads:\n%s", r.logs())
		}
	}
	was.signal(r.T, syscall.SIGSTOP)
	r.hold(was)
	by := time.Duration(20+r.rnd.IntN(70)) * time.Second
	r.jump(by)
	var is bool
	for range patientSteps {
		for _, p := range r.procs {
			is = is || p != was && p.args[0] == "work" && p.leads(r.T)
		}
		if is {
			break
		}
		r.step(pace)
	}
	was.signal(r.T, syscall.SIGCONT)
	r.tell("%s, which leads, stands still for %s; another led meanwhile: %v", was.name, by, is)
	if is {
		r.happened["two sweepers"]++
	}
}

// patientSteps is for how many steps somebody may take a lease over that is at
// its end.
const patientSteps = 200

// killPlanning kills the workers while they plan the push, before or after any
// of its transactions.
func (r *run) killPlanning() {
	r.Helper()
	upTo := domain.SubscriberID(r.rnd.IntN(randomPeople))
	for giveUp := time.Now().Add(endurance); ; time.Sleep(time.Millisecond) {
		p, err := r.site.store.Push(context.Background(), r.site.push)
		if err == nil && (p.PlannedTo >= upTo || p.State != domain.PushOwed) {
			break
		}
		r.live()
		if time.Now().After(giveUp) {
			r.Fatalf("the push is not planned:\n%s", r.logs())
		}
	}
	var killed []*process
	for _, p := range r.procs {
		if p.args[0] == "work" {
			p.kill(r.T)
			killed = append(killed, p)
		}
	}
	p, err := r.site.store.Push(context.Background(), r.site.push)
	if err != nil {
		r.Fatal(err)
	}
	for _, p := range killed {
		r.hold(p)
	}
	r.happened["killed while planning"]++
	r.tell("every worker is killed, the push is %s and planned up to subscriber %d", p.State, p.PlannedTo)
	for _, p := range killed {
		r.start(p)
	}
}

func (r *run) jumpClock() {
	by := time.Duration(r.rnd.IntN(7200)) * time.Second
	if r.rnd.IntN(3) == 0 {
		by = -by / 12
	}
	r.tell("the clock jumps by %s", by)
	r.happened[map[bool]string{true: "clock jumps on", false: "clock jumps back"}[by >= 0]]++
	r.jump(by)
}

func (r *run) flush() {
	r.tell("Redis is emptied")
	r.happened["Redis is emptied"]++
	if err := r.queue.Client.FlushAll(context.Background()).Err(); err != nil {
		r.Fatal(err)
	}
}

func (r *run) restartRedis() {
	r.tell("Redis is killed and comes back empty")
	r.happened["Redis is killed"]++
	r.queue.Restart(r.T)
}

func (r *run) crashPostgres() {
	r.tell("PostgreSQL crashes and comes back")
	r.happened["PostgreSQL crashes"]++
	r.cluster.Restart(r.T)
	r.db.SetMaxIdleConns(0) // what the test itself held open is cut
	r.db.SetMaxIdleConns(2)
}

// summaries tells whether everybody wants summaries.
func (r *run) summaries() bool { return r.seed%8 == 2 || r.seed%8 == 5 }

// pushes tells whether any push is in one of some states, or the database does
// not answer.
func (r *run) pushes(states ...domain.PushState) bool {
	for id := domain.PushID(1); id <= r.site.push; id++ {
		p, err := r.site.store.Push(context.Background(), id)
		if err != nil || slices.Contains(states, p.State) {
			return true
		}
	}
	return false
}

// waits counts what should be happening: a push is not planned, or rows are
// being sent, or are due. A database that does not answer counts as one.
func (r *run) waits() int {
	const q = `SELECT COUNT(*) FROM deliveries WHERE push_id <= $1 AND state IN ('pending', 'sending') AND (state = 'sending' OR next_at <= $2)`
	if r.pushes(domain.PushOwed) {
		return 1
	}
	var n int
	if err := r.db.QueryRowContext(context.Background(), q, r.site.push, r.now().UnixMicro()).Scan(&n); err != nil {
		return 1
	}
	return n
}

// recover ends the faults and holds the service to its time: from the end of the
// last fault until every process is ready and nothing that is due waits.
// It returns how long that took, in simulated time.
func (r *run) recover() (took time.Duration) {
	r.Helper()
	r.gateway.heal()
	r.tell("all is well again")
	r.measure()
	patient := time.Now() // nothing has happened since
	for giveUp := time.Now().Add(endurance); !r.isWell(); {
		if took > recoverWithin || time.Now().After(giveUp) {
			r.Fatalf("%d deliveries that are due still wait after %s of simulated time%s:\n%s", r.waits(), took, r.open(), r.logs())
		}
		set := pace
		if r.queued() && time.Since(patient) < queueLook {
			set = 0
		}
		before := r.seen
		if took += r.step(set); r.seen > before {
			patient = time.Now()
		}
	}
	r.tell("recovered after %s of simulated time", took.Round(time.Second))
	return took
}

// queueLook is how long a task may lie in the queue although a worker is free: a
// worker looks into it once a second by the clock on the wall, which nothing sets
// on, so that until then no time is set on either.
const queueLook = 1500 * time.Millisecond

// queued tells whether the queue has batches.
func (r *run) queued() (has bool) {
	const q = `SELECT COUNT(*) > 0 FROM batches WHERE push_id <= $1 AND state = 'queued'`
	return r.db.QueryRowContext(context.Background(), q, r.site.push).Scan(&has) == nil && has
}

// open says which batches are not done, and how far from now are their times.
func (r *run) open() (all string) {
	const q = `SELECT b.id, b.state, b.gen, b.sending, b.next_at, b.beat_at, COUNT(d.id), COALESCE(MIN(d.next_at), 0)
		FROM batches b LEFT JOIN deliveries d ON d.batch_id = b.id AND d.state IN ('pending', 'sending')
		WHERE b.state <> 'done' AND b.push_id <= $1 GROUP BY b.id, b.state, b.gen, b.sending, b.next_at, b.beat_at ORDER BY b.id`
	now := r.now()
	from := func(at int64) time.Duration { return time.UnixMicro(at).Sub(now).Round(time.Second) }
	r.each(q, func(scan func(...any) error) error {
		var state string
		var id, gen, sending, next, beat, waiting, first int64
		err := scan(&id, &state, &gen, &sending, &next, &beat, &waiting, &first)
		all += fmt.Sprintf("\nbatch %d: %s, generation %d, next in %s, last sign %s, %d being sent, %d waiting, the first for %s",
			id, state, gen, from(next), from(beat), sending, waiting, from(first))
		return err
	})
	return all
}

// isReady tells whether every process says that it is ready.
func (r *run) isReady() bool {
	return !slices.ContainsFunc(r.procs, func(p *process) bool { return !p.isReady(r.T) })
}

// isWell tells whether every process is ready, and nothing waits.
func (r *run) isWell() bool { return r.isReady() && r.waits() == 0 }

func (r *run) logs() string {
	var all strings.Builder
	for _, p := range r.procs {
		all.WriteString(p.name + ":\n" + p.log(r.T) + "\n")
	}
	return all.String()
}

// finish lets time pass until the push is done and every receipt was told.
func (r *run) finish() {
	r.Helper()
	giveUp := time.Now().Add(endurance)
	for {
		left := r.gateway.tellAll()
		if left == 0 && !r.pushes(domain.PushOwed, domain.PushRunning) {
			return
		}
		if time.Now().After(giveUp) {
			r.Fatalf("a push is not done, %d wait, %d receipts are owed:\n%s", r.waits(), left, r.logs())
		}
		if r.waits() == 0 {
			r.jump(10 * time.Minute) // to the next try of what was refused for now
		}
		r.step(pace)
	}
}

// check compares the record with the gateway's own, message by message: each was
// sent once and is told so, or refused for good, or, where a reference is not
// honoured, in doubt for a reason that this run knows. Anything else is lost. It returns how many are in doubt.
func (r *run) check() (unknown int) {
	r.Helper()
	ctx := context.Background()
	type row struct {
		id      domain.DeliveryID
		state   domain.DeliveryState
		reason  domain.Reason
		message domain.DeliveryID
	}
	var rows []row
	parts := map[domain.DeliveryID][]domain.Delivery{} // of a message
	r.each(`SELECT id, state, reason, CASE WHEN message = 0 THEN id ELSE message END FROM deliveries WHERE push_id <= $1 ORDER BY id`, func(scan func(...any) error) error {
		var one row
		err := scan(&one.id, &one.state, &one.reason, &one.message)
		rows = append(rows, one)
		went := domain.Delivery{ID: one.id, Channel: r.site.channel}
		if r.summaries() {
			went.Reason = domain.ReasonDigest
		}
		parts[one.message] = append(parts[one.message], went)
		return err
	})
	doubted := map[domain.DeliveryID]domain.Reason{}
	r.each(`SELECT delivery_id, reason FROM delivery_events WHERE state = 'unknown' AND delivery_id IN (SELECT id FROM deliveries WHERE push_id <= $1)`, func(scan func(...any) error) error {
		var id domain.DeliveryID
		var reason domain.Reason
		err := scan(&id, &reason)
		doubted[id] = reason
		return err
	})
	counted := map[domain.DeliveryState]int{}
	g := r.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(rows) != randomPeople*int(r.site.push) {
		r.Errorf("%d deliveries of %d pushes for %d people", len(rows), r.site.push, randomPeople)
	}
	for _, d := range rows {
		ref := domain.RefOf(parts[d.message])
		counted[d.state]++
		took, end := g.took[ref], g.final[ref]
		well := false
		switch d.state {
		case domain.Accepted:
			well = took == 1 && end == ""
		case domain.Delivered:
			well = took == 1 && end == "1"
		case domain.Failed:
			well = took == 1 && end == "2" || took == 0 && g.refused[ref] || took == 0 && d.reason == domain.ReasonTooManyTries && g.fails[ref] > 5
		case domain.Suppressed: // the app said that this person is gone, while nobody recorded it
			well = g.app && took == 0 && g.refused[ref]
		case domain.UnknownEnd: // an app is asked again instead, but not with a summary, whose parts may be others by then
			well = (!g.app || r.summaries()) && took <= 1 && end == "" && (r.held[d.id] || g.unheard[ref])
		}
		if !well {
			r.Errorf("%s is %s %s; the gateway sent it %d times, its receipt is %q, refused: %v, failed %d times, an answer did not get through: %v; held by a dead process: %v; was in doubt for %q",
				ref, d.state, d.reason, took, end, g.refused[ref], g.fails[ref], g.unheard[ref], r.held[d.id], doubted[d.id])
		}
	}
	for who, n := range g.people {
		if n > 1 {
			r.Errorf("%s was told %d times", who, n)
		}
	}
	if g.forged > 0 {
		r.Errorf("%d forged receipts were believed", g.forged)
	}
	counts := map[domain.DeliveryState]int{}
	for id := domain.PushID(1); id <= r.site.push; id++ {
		of, err := r.site.store.PushCounts(ctx, id)
		if err != nil {
			r.Fatal(err)
		}
		for state, n := range of[r.site.channel] {
			counts[state] += n
		}
	}
	for state, n := range counts {
		if counted[state] != n {
			r.Errorf("the counters say %d %s, the rows %d", n, state, counted[state])
		}
		delete(counted, state)
	}
	for state, n := range counted {
		r.Errorf("the counters say no %s, the rows %d", state, n)
	}
	r.Logf("%s; counts %v, %d were in doubt at some time", r.story[len(r.story)-1], counts, len(doubted))
	return counts[domain.UnknownEnd]
}

func (r *run) each(q string, fn func(scan func(...any) error) error) {
	r.Helper()
	rows, err := r.db.QueryContext(context.Background(), q, r.site.push)
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			r.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		r.Fatal(err)
	}
}
