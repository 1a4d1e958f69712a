package main

import (
	"context"
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
	"policypush/internal/telemetry"
)

// PushReport is the line of `bench push --json`.
type pushReport struct {
	Recipients     int            `json:"recipients"`
	Channel        string         `json:"channel"`
	Gateway        string         `json:"gateway"` // "built-in" or the host
	ImportSeconds  float64        `json:"import_seconds"`
	PlanSeconds    float64        `json:"plan_seconds"` // from publishing until every row is written
	Rows           int            `json:"rows"`
	RowsPerSecond  float64        `json:"rows_per_second"`
	SendSeconds    float64        `json:"send_seconds"` // from publishing until every message has its outcome
	MessagesPerSec float64        `json:"messages_per_second"`
	CPUPerMessage  float64        `json:"cpu_us_per_message"` // of the sending process, planning included
	PeakMemory     int64          `json:"peak_memory_bytes"`
	States         map[string]int `json:"states"`
	GatewayTook    int            `json:"gateway_took"` // -1: a gateway of others, which was not asked
	Twice          int            `json:"twice"`
	Agree          bool           `json:"sums_agree"`
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
		{"导入对象", fmt.Sprintf("%s，每秒 %.0f 个", seconds(r.ImportSeconds), perSecond(r.Recipients, r.ImportSeconds))},
		{"发布到全部分派完", fmt.Sprintf("%s，每秒 %.0f 行", seconds(r.PlanSeconds), r.RowsPerSecond)},
	}
	if r.Rows > 0 {
		rows = append(rows,
			[]string{"发布到全部有结果", fmt.Sprintf("%s，每秒 %.0f 条", seconds(r.SendSeconds), r.MessagesPerSec)},
			[]string{"每条占处理器", inUnits(r.CPUPerMessage)})
	}
	rows = append(rows, []string{"发送进程内存峰值", megabytes(r.PeakMemory)}, []string{"结果", strings.Join(states, "，")},
		[]string{"总数一致、没有重复", yesOrNo(r.Agree)})
	return []table{{title: fmt.Sprintf("推送：%d 人，%s，%s", r.Recipients, domain.ChannelKind(r.Channel).Label(), gateway), head: []string{"项目", "结果"}, rows: rows}}
}

const builtIn = "built-in"

func beginBenchPush(fs *flag.FlagSet) func(context.Context, stdio, []string) (report, error) {
	n := fs.Int("recipients", 20_000, "多少个对象")
	kind := fs.String("channel", "sms", "渠道 sms、email 或 app")
	gateway := fs.String("gateway", "", "网关：http://用户:密码@127.0.0.1:13013/cgi-bin/sendsms 或 smtp://127.0.0.1:2525；不填则用内置的计数网关")
	anyHost := fs.Bool("any-host", false, "网关不在本机也发送")
	database := fs.String("database", "", "空的 PostgreSQL 数据库，不填则用临时的 SQLite 文件")
	return func(ctx context.Context, std stdio, _ []string) (report, error) {
		b := pushBench{std: std, n: *n, kind: domain.ChannelKind(*kind), database: *database}
		if *n < 1 || *n > 10_000_000 {
			return nil, errUsage{"--recipients 要是 1 到 10000000 的整数"}
		}
		if b.kind != domain.SMS && b.kind != domain.Email && b.kind != domain.App {
			return nil, errUsage{"--channel 只能是 sms、email 或 app"}
		}
		if err := b.setGateway(*gateway, *anyHost); err != nil {
			return nil, err
		}
		return b.run(ctx)
	}
}

// PushBench is one push to invented people, by the real program.
type pushBench struct {
	std      stdio
	n        int
	kind     domain.ChannelKind
	database string
	gateway  *url.URL // nil: our own
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

func (b *pushBench) run(ctx context.Context) (report, error) {
	dir, err := os.MkdirTemp("", "policypush-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the benchmark: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	cfg := config.Defaults()
	cfg.Data, cfg.Database = filepath.Join(dir, "data"), b.database
	site := &base{cfg: cfg, log: telemetry.NewLogger(b.std.err, "text", "warn")}
	if err := site.open(ctx); err != nil {
		return nil, err
	}
	defer site.close()
	if enterprises, residents, err := site.store.CountSubscribers(ctx); err != nil || enterprises+residents > 0 {
		return nil, domain.Errorf(domain.Conflict, "数据库里已有对象，压测要用空的数据库").Because(err)
	}
	found := pushReport{Recipients: b.n, Channel: string(b.kind), Gateway: builtIn, GatewayTook: -1, States: map[string]int{}}
	took := newCounter()
	flags, err := b.gatewayFlags(ctx, dir, took)
	if err != nil {
		return nil, err
	}
	if b.gateway != nil {
		found.Gateway = b.gateway.Host
	}
	if found.ImportSeconds, err = b.fill(ctx, site); err != nil {
		return nil, err
	}
	metrics, err := freeAddress()
	if err != nil {
		return nil, err
	}
	worker, err := startChild(dir, append([]string{
		"work", "--data", cfg.Data, "--database", cfg.DatabaseURL(), "--metrics", metrics, "--quiet_hours", "none", "--rest_days", "none",
		"--work.dispatch_every", "100ms", "--work.sweep_every", "1s", "--log_level", "warn",
	}, flags...)...)
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = worker.stop() }() // on an early return; below it is asked how it ended
	if err := worker.ready(ctx, "http://"+metrics+"/readyz"); err != nil {
		return nil, err
	}
	if err := b.push(ctx, site, worker, &found); err != nil {
		return nil, err
	}
	_, found.PeakMemory = worker.memory()
	if _, err := worker.stop(); err != nil {
		return nil, err
	}
	if b.kind != domain.App && b.gateway == nil {
		found.GatewayTook, found.Twice = took.sum()
	}
	return found, b.check(&found)
}

// Push publishes and waits until the push is done.
func (b *pushBench) push(ctx context.Context, site *base, worker *child, found *pushReport) error {
	before := worker.cpu()
	started := time.Now()
	id, err := b.publish(ctx, site)
	if err != nil {
		return err
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for found.SendSeconds == 0 {
		p, err := site.store.Push(ctx, id)
		if err != nil {
			return err
		}
		if found.PlanSeconds == 0 && !p.PlannedAt.IsZero() {
			found.PlanSeconds = time.Since(started).Seconds()
			fmt.Fprintln(b.std.err, "已全部分派…")
		}
		if p.State == domain.PushDone {
			found.SendSeconds = time.Since(started).Seconds()
			break
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-worker.ended:
			return worker.failure("自己退出了")
		}
	}
	spent := worker.cpu() - before
	counts, err := site.store.PushCounts(ctx, id)
	if err != nil {
		return err
	}
	for state, n := range counts[b.kind] {
		found.States[string(state)] = n
		found.Rows += n
	}
	if b.kind == domain.App { // one frozen audience stands for all
		p, err := site.store.Push(ctx, id)
		if err != nil {
			return err
		}
		found.States["audience"] = p.Likely + p.Possible
	}
	found.RowsPerSecond = perSecond(found.Rows, found.PlanSeconds)
	found.MessagesPerSec = perSecond(found.Rows, found.SendSeconds)
	if found.Rows > 0 {
		found.CPUPerMessage = microseconds(spent) / float64(found.Rows)
	}
	return nil
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

// Publish takes a policy through review, approval and publication.
func (b *pushBench) publish(ctx context.Context, site *base) (domain.PushID, error) {
	now := time.Now()
	office := domain.Office{Name: "云川县政务公开办", Signature: "云川政策", Region: "330000"}
	if err := site.store.SaveOffice(ctx, &office); err != nil {
		return 0, err
	}
	drafter := domain.Operator{Office: office.ID, Login: "drafter", Name: "林晓", Roles: []domain.Role{domain.Drafter}}
	approver := domain.Operator{Office: office.ID, Login: "approver", Name: "周敏", Roles: []domain.Role{domain.Approver}}
	for _, o := range []*domain.Operator{&drafter, &approver} {
		if err := site.store.SaveOperator(ctx, o); err != nil {
			return 0, err
		}
	}
	p := &domain.Policy{
		Office: office.ID, Status: domain.Draft, Title: "关于发放居民消费券的通知", DocNumber: "云政发〔2026〕7号",
		Audience: domain.ForResidents, Text: "一、全县居民每人发放消费券100元。", DraftedBy: drafter.ID, CreatedAt: now,
		Measures: []domain.Measure{{ID: "m1", Title: "消费券", Text: "全县居民每人发放消费券100元。", Who: "全县居民"}},
	}
	if err := site.store.CreatePolicy(ctx, p); err != nil {
		return 0, err
	}
	if err := p.Review(drafter, now); err != nil {
		return 0, err
	}
	if err := site.store.SavePolicy(ctx, p, domain.Draft); err != nil {
		return 0, err
	}
	if err := p.Approve(approver, now); err != nil {
		return 0, err
	}
	if err := site.store.SavePolicy(ctx, p, domain.Reviewed); err != nil {
		return 0, err
	}
	if err := p.Publish(drafter, true, false, now); err != nil {
		return 0, err
	}
	push := domain.Push{Policy: p.ID, Version: p.Version, Kind: domain.NewPolicy, State: domain.PushOwed, CreatedBy: drafter.ID, CreatedAt: now, Title: p.Title}
	err := site.store.PublishPolicy(ctx, p, &push)
	return push.ID, err
}
