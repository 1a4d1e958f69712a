package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/internal/storage/pgserver"
	"policypush/internal/telemetry"
)

// PushReport is the line of `bench push --json`.
type pushReport struct {
	Database      string  `json:"database"` // sqlite or postgres
	Recipients    int     `json:"recipients"`
	Channel       string  `json:"channel"`
	Gateway       string  `json:"gateway"` // "built-in" or the host
	ImportSeconds float64 `json:"import_seconds"`
	// PlanSeconds is from publishing until every row is written, while the
	// channel is held and nothing is sent.
	PlanSeconds   float64 `json:"plan_seconds"`
	PlanCPU       float64 `json:"plan_cpu_us_per_row"` // of the sending process
	Rows          int     `json:"rows"`
	RowsPerSecond float64 `json:"rows_per_second"`
	BareRows      float64 `json:"bare_rows_per_second"` // the database's own fastest insert of such rows
	// HandSeconds is from the release of the channel until every message has its
	// outcome, and SendSeconds both together.
	HandSeconds    float64 `json:"hand_over_seconds"`
	HandPerSecond  float64 `json:"hand_over_per_second"`
	SendSeconds    float64 `json:"send_seconds"`
	MessagesPerSec float64 `json:"messages_per_second"`
	// BareMessages is what the same gateway takes from a bare transport, which
	// takes turns with ours: BareShare is the median of what ours does in a turn,
	// as a part of what the bare one does right after it. The two costs of a
	// message are of the sending process and of the built-in gateway.
	BareMessages  float64        `json:"bare_messages_per_second"`
	BareShare     float64        `json:"hand_over_share_of_bare"`
	HandCPU       float64        `json:"hand_over_cpu_us_per_message"`
	BareCPU       float64        `json:"bare_cpu_us_per_message"`
	CPUPerMessage float64        `json:"cpu_us_per_message"` // of the sending process, planning included
	QueueCPU      float64        `json:"queue_cpu_us_per_recipient"`
	UrgentPlan    float64        `json:"urgent_plan_seconds"`  // of an urgent push, planned while it is sent
	UrgentFirst   float64        `json:"urgent_first_seconds"` // from publishing it until the first message is handed over
	IdleMemory    int64          `json:"idle_memory_bytes"`
	PeakMemory    int64          `json:"peak_memory_bytes"`
	Inbox         int            `json:"inbox_connections"` // of the channel app: held open by the web process
	InboxMemory   int64          `json:"inbox_memory_bytes"`
	States        map[string]int `json:"states"`
	GatewayTook   int            `json:"gateway_took"` // -1: a gateway of others, which was not asked
	Twice         int            `json:"twice"`
	Agree         bool           `json:"sums_agree"`
	// Postgres is the same on a PostgreSQL of its own, where one is installed
	// and no database was named.
	Postgres *pushReport `json:"postgres,omitempty"`
}

func (r pushReport) tables() []table {
	states := make([]string, 0, len(r.States))
	for _, s := range domain.DeliveryStates() {
		if n := r.States[string(s)]; n > 0 {
			states = append(states, fmt.Sprintf("%s %d", s.Label(), n))
		}
	}
	if len(states) == 0 {
		states = []string{"无（站内消息不为每个人写一行，收件箱由冻结的人群算出）"}
	}
	gateway := r.Gateway
	if gateway == builtIn {
		gateway = "内置的计数网关"
	}
	rows := [][]string{
		{"导入对象", fmt.Sprintf("%s，每秒 %.0f 个", seconds(r.ImportSeconds), perSecond(r.Recipients, r.ImportSeconds)), ""},
		{"发布到全部分派完（渠道暂停）", seconds(r.PlanSeconds), ""},
	}
	if r.Rows > 0 {
		goal := map[string]string{"sqlite": "40000 行/秒", "postgres": "60000 行/秒"}[r.Database]
		rows[1][1] += fmt.Sprintf("，每秒 %.0f 行", r.RowsPerSecond)
		rows[1][2] = "≥ " + goal
		rows = append(
			rows,
			[]string{"其中每行占发送进程处理器", inUnits(r.PlanCPU), ""},
			[]string{"对照：数据库自己最快的插入", fmt.Sprintf("每秒 %.0f 行（我们是它的 %s）", r.BareRows, percent(r.RowsPerSecond, r.BareRows)), ""},
			[]string{"放开渠道到全部有结果", fmt.Sprintf("%s，每秒 %.0f 条", seconds(r.HandSeconds), r.HandPerSecond), ""},
			[]string{"每条占发送进程处理器（含分派）", inUnits(r.CPUPerMessage), ""},
		)
		if r.BareMessages > 0 {
			rows = append(
				rows,
				[]string{"对照：只有传输，同一网关", fmt.Sprintf("每秒 %.0f 条（轮流各测 %d 次，我们是它的 %s，取中位）", r.BareMessages, turns(r.Rows), percent(r.BareShare, 1)), "邮件 ≥ 70%"},
				[]string{"每条占处理器（含网关），我们与对照", fmt.Sprintf("%s 与 %s（按处理器是它的 %s）", inUnits(r.HandCPU), inUnits(r.BareCPU), percent(r.BareCPU, r.HandCPU)), ""},
			)
		}
		rows = append(
			rows,
			[]string{"队列：每个收件人占处理器", inUnits(r.QueueCPU), "≤ 5 µs"},
			[]string{"紧急推送：发布到第一条交出", seconds(r.UrgentFirst), "< 5 s"},
			[]string{"紧急推送：边发送边分派完", seconds(r.UrgentPlan), "10 万人 < 5 s"},
		)
	}
	if r.Inbox > 0 {
		rows = append(rows, []string{fmt.Sprintf("%d 个打开的收件箱", r.Inbox), megabytes(r.InboxMemory), "5000 个 ≤ 100 MB"})
	}
	rows = append(
		rows,
		[]string{"发送进程内存：空闲、峰值", megabytes(r.IdleMemory) + "、" + megabytes(r.PeakMemory), "100 万人多占 < 300 MB"},
		[]string{"结果", strings.Join(states, "，"), ""},
		[]string{"总数一致、没有重复", yesOrNo(r.Agree), ""},
	)
	database := map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}[r.Database]
	all := []table{{
		title: fmt.Sprintf("推送：%d 人，%s，%s，%s", r.Recipients, domain.ChannelKind(r.Channel).Label(), gateway, database),
		head:  []string{"项目", "结果", "目标"}, rows: rows,
	}}
	if r.Postgres != nil {
		all = append(all, r.Postgres.tables()...)
	}
	return all
}

func percent(part, whole float64) string {
	if whole <= 0 {
		return "—"
	}
	return fmt.Sprintf("%.0f%%", 100*part/whole)
}

const builtIn = "built-in"

func beginBenchPush(fs *flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	n := fs.Int("recipients", 20_000, "多少个对象")
	kind := fs.String("channel", "sms", "渠道 sms、email 或 app")
	gateway := fs.String("gateway", "", "网关：http://用户:密码@127.0.0.1:13013/cgi-bin/sendsms 或 smtp://127.0.0.1:2525；不填则用内置的计数网关")
	anyHost := fs.Bool("any-host", false, "网关不在本机也发送")
	database := fs.String("database", "", "空的 PostgreSQL 数据库；不填则用临时的 SQLite 文件，装有 PostgreSQL 时再用临时的 PostgreSQL")
	return func(ctx context.Context, std stdio, _ []string) (report, error) {
		b := &pushBench{std: std, n: *n, kind: domain.ChannelKind(*kind), database: *database}
		if *n < 1 || *n > 10_000_000 {
			return nil, errUsage{"--recipients 要是 1 到 10000000 的整数"}
		}
		if b.kind != domain.SMS && b.kind != domain.Email && b.kind != domain.App {
			return nil, errUsage{"--channel 只能是 sms、email 或 app"}
		}
		if err := b.setGateway(*gateway, *anyHost); err != nil {
			return nil, err
		}
		return b.onBoth(ctx)
	}
}

// PushBench is one push to invented people, by the real program.
type pushBench struct {
	std      stdio
	n        int
	kind     domain.ChannelKind
	database string
	gateway  *url.URL // nil: our own

	address, user, password string // of the gateway

	drafter  domain.Operator
	approver domain.Operator
}

// SetGateway refuses hosts elsewhere: the numbers are invented, and a gateway
// in service would text whoever has them.
func (b *pushBench) setGateway(address string, anyHost bool) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || b.kind == domain.App {
		return errUsage{"--gateway 要是 http:// 或 smtp:// 开头的地址，站内消息没有网关"}
	}
	if want := map[domain.ChannelKind]string{domain.SMS: "http https", domain.Email: "smtp"}[b.kind]; !strings.Contains(want, u.Scheme) {
		return errUsage{fmt.Sprintf("%s的网关地址要以 %s:// 开头", b.kind.Label(), strings.Fields(want)[0])}
	}
	if ip := net.ParseIP(u.Hostname()); !anyHost && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errUsage{"测试号码是编造的，可能属于真人，只能交给本机的测试网关；确认对方是测试网关时加 --any-host"}
	}
	b.gateway = u
	return nil
}

// onBoth measures on the database that was named, or on SQLite and then on
// PostgreSQL, where it is installed.
func (b *pushBench) onBoth(ctx context.Context) (report, error) {
	found, err := b.run(ctx)
	if err != nil || b.database != "" {
		return found, err
	}
	dir, err := os.MkdirTemp("", "policypush-bench-pg-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the benchmark: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	server, err := pgserver.New(dir)
	if errors.Is(err, pgserver.ErrMissing) {
		fmt.Fprintln(b.std.err, "没有安装 PostgreSQL，只测 SQLite")
		return found, nil
	}
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		return found, err
	}
	defer func() { _ = server.Stop(false) }() // it was for this only
	other := *b
	if other.database, err = server.Database(ctx); err != nil {
		return found, err
	}
	there, err := other.run(ctx)
	found.Postgres = &there
	return found, err
}

func (b *pushBench) run(ctx context.Context) (pushReport, error) {
	found := pushReport{Recipients: b.n, Channel: string(b.kind), Gateway: builtIn, GatewayTook: -1, States: map[string]int{}}
	dir, err := os.MkdirTemp("", "policypush-bench-")
	if err != nil {
		return found, fmt.Errorf("make a folder for the benchmark: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	cfg := config.Defaults()
	cfg.Data, cfg.Database = filepath.Join(dir, "data"), b.database
	site := &base{cfg: cfg, log: telemetry.NewLogger(b.std.err, "text", "warn")}
	if err := site.open(ctx, 0); err != nil {
		return found, err
	}
	defer site.close()
	found.Database = site.store.Dialect()
	if enterprises, residents, err := site.store.CountSubscribers(ctx); err != nil || enterprises+residents > 0 {
		return found, domain.Errorf(domain.Conflict, "数据库里已有对象，压测要用空的数据库").Because(err)
	}
	took := newCounter()
	flags, err := b.gatewayFlags(ctx, dir, took)
	if err != nil {
		return found, err
	}
	if b.gateway != nil {
		found.Gateway = b.gateway.Host
	}
	if found.ImportSeconds, err = b.fill(ctx, site); err != nil {
		return found, err
	}
	if err := b.sends(ctx, site, dir, flags, took, &found); err != nil {
		return found, err
	}
	if b.kind == domain.App {
		err = b.inbox(ctx, site, dir, &found)
	} else {
		err = b.compare(ctx, site, &found)
	}
	return found, errors.Join(err, b.check(&found))
}

// sends is what the sending process does, from its start to its end.
func (b *pushBench) sends(ctx context.Context, site *base, dir string, flags []string, took *counter, found *pushReport) error {
	metrics, err := freeAddress()
	if err != nil {
		return err
	}
	worker, err := startChild(dir, append([]string{
		"work", "--data", site.cfg.Data, "--database", site.cfg.DatabaseURL(), "--metrics", metrics, "--quiet_hours", "none", "--rest_days", "none",
		"--work.dispatch_every", "100ms", "--work.sweep_every", "1s", "--log_level", "warn",
	}, flags...)...)
	if err != nil {
		return err
	}
	defer func() { _, _ = worker.stop() }() // on an early return; below it is asked how it ended
	if err := worker.ready(ctx, "http://"+metrics+"/readyz"); err != nil {
		return err
	}
	found.IdleMemory, _ = worker.memory()
	if err := b.push(ctx, site, worker, found); err != nil {
		return err
	}
	_, found.PeakMemory = worker.memory()
	if b.kind != domain.App {
		if b.gateway == nil {
			found.GatewayTook, found.Twice = took.sum()
		}
		if err := b.urgent(ctx, site, worker, found); err != nil {
			return err
		}
	}
	_, err = worker.stop()
	return err
}

// push publishes while the channel is held, releases it when all is planned and
// waits for the outcomes.
func (b *pushBench) push(ctx context.Context, site *base, worker *child, found *pushReport) error {
	hold := domain.ChannelStop{Channel: b.kind, Cause: domain.StoppedByPerson, Since: time.Now()}
	if _, err := site.store.StopChannel(ctx, hold); err != nil {
		return err
	}
	before, started := worker.cpu(), time.Now()
	id, err := b.publish(ctx, site, false)
	if err != nil {
		return err
	}
	err = b.until(ctx, worker, func() (bool, error) {
		p, err := site.store.Push(ctx, id)
		return !p.PlannedAt.IsZero(), err
	})
	if err != nil {
		return err
	}
	found.PlanSeconds = time.Since(started).Seconds()
	planned := worker.cpu()
	fmt.Fprintln(b.std.err, "已全部分派…")
	counts, err := b.handOver(ctx, site, worker, id, found)
	if err != nil {
		return err
	}
	spent := worker.cpu()
	for state, n := range counts {
		found.States[string(state)] = n
	}
	if b.kind == domain.App { // one frozen audience stands for all
		p, err := site.store.Push(ctx, id)
		if err != nil {
			return err
		}
		found.States["audience"] = p.Likely + p.Possible
	}
	found.SendSeconds = found.PlanSeconds + found.HandSeconds
	found.RowsPerSecond = perSecond(found.Rows, found.PlanSeconds)
	found.HandPerSecond = perSecond(found.Rows, found.HandSeconds)
	found.MessagesPerSec = perSecond(found.Rows, found.SendSeconds)
	if found.Rows > 0 {
		found.PlanCPU = microseconds(planned-before) / float64(found.Rows)
		found.HandCPU += microseconds(spent-planned) / float64(found.Rows)
		found.CPUPerMessage = microseconds(spent-before) / float64(found.Rows)
	}
	return b.until(ctx, worker, func() (bool, error) {
		p, err := site.store.Push(ctx, id)
		return p.State == domain.PushDone, err
	})
}

// turns is in how many turns n messages are handed over.
func turns(n int) int { return max(1, min(8, n/1000)) }

// handOver releases the channel and waits for the outcomes. After each turn of
// ours the sending process stands still for one of the bare transport, so that
// whatever else the machine does meets both.
func (b *pushBench) handOver(ctx context.Context, site *base, worker *child, id domain.PushID, found *pushReport) (counts map[domain.DeliveryState]int, err error) {
	bare := func(context.Context, int) error { return nil }
	if b.kind != domain.App {
		if bare, err = b.bareTransport(site); err != nil {
			return nil, err
		}
	}
	if err := site.store.ResumeChannel(ctx, b.kind); err != nil {
		return nil, err
	}
	var shares []float64
	var ours, theirs turn // all of them
	size := min(b.n, bareMessages) / turns(b.n)
	for more := true; more; {
		before := ours.n
		took, err := measure(func() error {
			return b.until(ctx, worker, func() (bool, error) {
				all, err := site.store.PushCounts(ctx, id)
				counts, found.Rows = all[b.kind], 0
				for _, n := range counts {
					found.Rows += n
				}
				waiting := counts[domain.Pending] + counts[domain.Sending]
				more, ours.n = waiting > 0, found.Rows-waiting
				return !more || ours.n-before >= b.n/turns(b.n), err
			})
		})
		if err != nil {
			return nil, err
		}
		var alone turn
		err = worker.while(func() (err error) {
			alone, err = measure(func() error { return bare(ctx, size) })
			return err
		})
		if err != nil {
			return nil, err
		}
		shares = append(shares, perSecond(ours.n-before, took.seconds)/perSecond(size, alone.seconds))
		ours.seconds, ours.cpu = ours.seconds+took.seconds, ours.cpu+took.cpu
		theirs.n, theirs.seconds, theirs.cpu = theirs.n+size, theirs.seconds+alone.seconds, theirs.cpu+alone.cpu
	}
	found.HandSeconds = ours.seconds
	if b.kind != domain.App && ours.n > 0 {
		_, found.BareShare = leastAndMedian(shares)
		found.HandCPU = microseconds(ours.cpu) / float64(ours.n)
		found.BareMessages, found.BareCPU = perSecond(theirs.n, theirs.seconds), microseconds(theirs.cpu)/float64(theirs.n)
	}
	return counts, nil
}

// turn is what n messages took, and of this process, which is the gateway too.
type turn struct {
	n       int
	seconds float64
	cpu     time.Duration
}

func measure(do func() error) (turn, error) {
	self, started := ownCPU(), time.Now()
	err := do()
	return turn{seconds: time.Since(started).Seconds(), cpu: ownCPU() - self}, err
}

// until asks until the answer is yes, seldom enough to cost the database little.
func (b *pushBench) until(ctx context.Context, worker *child, is func() (bool, error)) error {
	look := time.NewTicker(25 * time.Millisecond)
	defer look.Stop()
	for {
		if yes, err := is(); err != nil || yes {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-worker.ended:
			return worker.failure("自己退出了")
		}
	}
}

// urgent publishes once more, urgently, and measures how soon it is under way.
// It is stopped then: the gateway has shown what it takes.
func (b *pushBench) urgent(ctx context.Context, site *base, worker *child, found *pushReport) error {
	started := time.Now()
	id, err := b.publish(ctx, site, true)
	if err != nil {
		return err
	}
	err = b.until(ctx, worker, func() (bool, error) {
		p, err := site.store.Push(ctx, id)
		if err != nil {
			return false, err
		}
		if found.UrgentPlan == 0 && !p.PlannedAt.IsZero() {
			found.UrgentPlan = time.Since(started).Seconds()
		}
		counts, err := site.store.PushCounts(ctx, id)
		if found.UrgentFirst == 0 && counts[b.kind][domain.Accepted] > 0 {
			found.UrgentFirst = time.Since(started).Seconds()
		}
		return found.UrgentPlan > 0 && found.UrgentFirst > 0, err
	})
	if err != nil {
		return err
	}
	err = site.store.StopPush(ctx, id, 0, "压测结束", time.Now())
	if domain.KindOf(err) == domain.Conflict {
		return nil // so few that it is through already
	}
	return err
}

// Check compares what was planned, what the record says and what the gateway
// counted.
func (b *pushBench) check(found *pushReport) error {
	switch {
	case b.kind == domain.App:
		found.Agree = found.Rows == 0 && found.States["audience"] == b.n
	case found.GatewayTook < 0:
		found.Agree = found.Rows == b.n
	default:
		found.Agree = found.Rows == b.n && found.States[string(domain.Accepted)] == b.n && found.GatewayTook == b.n && found.Twice == 0
	}
	if !found.Agree {
		return domain.Errorf(domain.Conflict, "总数不一致：应有 %d，记录 %v，网关收到 %d，其中重复 %d", b.n, found.States, found.GatewayTook, found.Twice)
	}
	return nil
}

// Fill imports the invented people and returns how long it took.
func (b *pushBench) fill(ctx context.Context, site *base) (float64, error) {
	started := time.Now()
	for from := 0; from < b.n; from += importChunk {
		people := make([]*domain.Subscriber, min(importChunk, b.n-from))
		for i := range people {
			people[i] = b.recipient(from + i)
		}
		if err := site.store.SaveSubscribers(ctx, people); err != nil {
			return 0, err
		}
		fmt.Fprintf(b.std.err, "\r已导入%d个", from+len(people))
	}
	fmt.Fprintln(b.std.err)
	return time.Since(started).Seconds(), nil
}

func (b *pushBench) recipient(i int) *domain.Subscriber {
	contact := domain.Contact{Kind: b.kind, When: domain.Now, Verified: true}
	switch b.kind {
	case domain.SMS:
		contact.Address = fmt.Sprintf("199%08d", i)
	case domain.Email:
		contact.Address = fmt.Sprintf("u%08d@bench.example", i)
	}
	return &domain.Subscriber{
		ExternalID: fmt.Sprintf("bench-R%08d", i), Profile: domain.Profile{Kind: domain.Resident, Region: "330000"},
		Subscription: domain.Subscription{All: true}, Contacts: []domain.Contact{contact},
		Consent: domain.Consent{Version: "1", At: time.Now(), Source: "import:bench"}, CreatedAt: time.Now(),
	}
}

// Publish takes a policy through review, approval and publication; what is
// urgent is signed as well.
func (b *pushBench) publish(ctx context.Context, site *base, urgent bool) (domain.PushID, error) {
	now := time.Now()
	if !urgent { // the urgent one comes after it
		if err := b.staff(ctx, site); err != nil {
			return 0, err
		}
	}
	p := &domain.Policy{
		Office: b.drafter.Office, Status: domain.Draft, Title: benchTitle, DocNumber: fmt.Sprintf("云政发〔2026〕%d号", now.UnixMilli()),
		Audience: domain.ForResidents, Text: "一、全县居民每人发放消费券100元。", DraftedBy: b.drafter.ID, CreatedAt: now,
		Measures: []domain.Measure{{ID: "m1", Title: "消费券", Text: "全县居民每人发放消费券100元。", Who: "全县居民"}},
	}
	if err := site.store.CreatePolicy(ctx, p); err != nil {
		return 0, err
	}
	if err := p.Review(b.drafter, now); err != nil {
		return 0, err
	}
	if err := site.store.SavePolicy(ctx, p, domain.Draft); err != nil {
		return 0, err
	}
	if err := p.Approve(b.approver, now); err != nil {
		return 0, err
	}
	if err := site.store.SavePolicy(ctx, p, domain.Reviewed); err != nil {
		return 0, err
	}
	if err := p.Publish(b.drafter, true, false, now); err != nil {
		return 0, err
	}
	push := domain.Push{
		Policy: p.ID, Version: p.Version, Kind: domain.NewPolicy, State: domain.PushOwed, Urgent: urgent,
		CreatedBy: b.drafter.ID, CreatedAt: now, Title: p.Title,
	}
	if err := site.store.PublishPolicy(ctx, p, &push); err != nil || !urgent {
		return push.ID, err
	}
	if err := push.Sign(b.approver, now); err != nil {
		return 0, err
	}
	return push.ID, site.store.SignPush(ctx, push)
}

// staff makes the office and the two people that a publication takes.
func (b *pushBench) staff(ctx context.Context, site *base) error {
	office := domain.Office{Name: "云川县政务公开办", Signature: "云川政策", Region: "330000"}
	if err := site.store.SaveOffice(ctx, &office); err != nil {
		return err
	}
	b.drafter = domain.Operator{Office: office.ID, Login: "drafter", Name: "林晓", Roles: []domain.Role{domain.Drafter}}
	b.approver = domain.Operator{Office: office.ID, Login: "approver", Name: "周敏", Roles: []domain.Role{domain.Approver}}
	for _, o := range []*domain.Operator{&b.drafter, &b.approver} {
		if err := site.store.SaveOperator(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// benchTitle is the title of the policy that is pushed.
const benchTitle = "关于发放居民消费券的通知"
