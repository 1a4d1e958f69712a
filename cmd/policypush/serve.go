package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"policypush/internal/audience"
	"policypush/internal/auth"
	"policypush/internal/channel/app"
	"policypush/internal/config"
	"policypush/internal/demo"
	"policypush/internal/domain"
	"policypush/internal/learning"
	"policypush/internal/push"
	"policypush/internal/queue"
	"policypush/internal/render"
	"policypush/internal/search"
	"policypush/internal/telemetry"
	"policypush/rules"
	"policypush/web"
	"policypush/workers"
)

// parts of the service that a process runs.
type parts struct{ web, work bool }

func runServe(ctx context.Context, std stdio, args []string) error {
	return runParts(ctx, std, "serve", args, parts{web: true, work: true})
}

func runWeb(ctx context.Context, std stdio, args []string) error {
	return runParts(ctx, std, "web", args, parts{web: true})
}

func runWork(ctx context.Context, std stdio, args []string) error {
	return runParts(ctx, std, "work", args, parts{work: true})
}

// webDrain is how long requests under way may take when the process ends.
// Workers have their own, longer time; both end within 30 s.
const webDrain = 10 * time.Second

// patience is how long a starting process waits for a database that does not
// answer: machines start in any order, and a database that crashed comes back.
const patience = 30 * time.Second

// followEvery is how often the audience index asks for changed profiles.
const followEvery = time.Second

// service is a running process.
type service struct {
	*base
	parts    parts
	withDemo bool
	queue    *queue.Queue
	rules    *rules.Rules
	reading  *reading // nil in a process that reads no documents
	index    *audience.Index
	offers   *audience.Catalogue
	search   *search.Live // nil in a process without pages
	hub      *app.Hub
	lines    map[domain.ChannelKind]workers.Line
	workers  *workers.Workers
	built    atomic.Bool // the audience index holds everybody
}

func runParts(ctx context.Context, std stdio, name string, args []string, p parts) error {
	var withDemo bool
	cfg, rest, err := loadConfig(std, name, args, func(fs *flag.FlagSet) {
		fs.BoolVar(&withDemo, "demo", false, "第一次启动时载入演示县（虚构的云川县）")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage{fmt.Sprintf("不认识“%s”", rest[0])}
	}
	b, err := baseOf(ctx, std, cfg, patience)
	if err != nil {
		return err
	}
	defer b.close()
	if !p.work && b.cfg.Redis == "" || !p.web && b.cfg.Redis == "" {
		b.log.Info("no redis is set: this process carries its own queue")
	}
	s := &service{base: b, parts: p, withDemo: withDemo, index: audience.New(), hub: app.NewHub(app.Limits{})}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	b.log.Info("policypush", "version", versionText(), "settings", b.cfg.Changed())
	return errors.Join(s.run(ctx), s.release())
}

// prepare opens what the parts share. The demonstration comes first: it brings
// rules of its own.
func (s *service) prepare(ctx context.Context) error {
	var hasDemo bool
	err := s.whileAway(ctx, patience, func() (err error) {
		hasDemo, err = s.store.HasDemo(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if s.rules, err = layeredRules(s.cfg.RulesDir, hasDemo || s.withDemo); err != nil {
		return err
	}
	if s.parts.web || s.withDemo { // workers alone read no documents and need no dictionary
		if s.reading, err = readingWith(s.rules, s.cfg.DictDir, documentLimits(s.cfg.Document)); err != nil {
			return err
		}
		if problems := learning.Check(s.rules, s.reading.tagger); len(problems) > 0 {
			return domain.Errorf(domain.Conflict, "规则文件夹里有%d条更正用例不再成立，用 policypush rules check %s 查看全部；第一条 %v", len(problems), s.cfg.RulesDir, problems[0])
		}
	}
	if s.parts.web {
		if s.search, err = s.newSearch(); err != nil {
			return err
		}
	}
	if s.lines, err = s.base.lines(s.rules.SMSWords.All()); err != nil {
		return err
	}
	if s.queue, err = queue.Open(s.cfg.Redis); err != nil {
		return err
	}
	metrics := telemetry.NewMetrics()
	s.offers = audience.NewCatalogue(s.store)
	limits, err := s.limits()
	if err != nil {
		return err
	}
	renderer, err := s.renderer()
	if err != nil {
		return err
	}
	s.workers = workers.New(workers.Config{
		Store: s.store, Queue: s.queue, Index: s.index, Offers: s.offers, Hub: s.hub, Lines: s.lines, Limits: limits, Roles: s.rules.RolesFor, Letterhead: s.letterhead(), Renderer: renderer,
		Clocks: workers.Clocks{
			DispatchEvery: s.cfg.Work.DispatchEvery, SweepEvery: s.cfg.Work.SweepEvery, DeadAfter: s.cfg.Work.DeadAfter,
			LostAfter: s.cfg.Work.LostAfter, LeaderFor: s.cfg.Work.LeaderFor,
			KeepVersions:   time.Duration(s.cfg.KeepVersionsDays) * 24 * time.Hour,
			KeepDeliveries: time.Duration(s.cfg.KeepDeliveriesDays) * 24 * time.Hour,
			GatherLetters:  s.cfg.Paper.Gather,
			KeepLetters:    time.Duration(s.cfg.Paper.KeepDays) * 24 * time.Hour,
		},
		Events: workers.Events{
			Delivered: metrics.Delivered, Answered: metrics.Answered, HandedOver: metrics.HandedOver,
			QueueLost: metrics.QueueLost, Leading: metrics.Leading,
		},
		Log: s.log, Now: clock,
	})
	metrics.Indexed(func() (read, total int) {
		at := s.index.Stage()
		return at.Read, at.Total
	})
	metrics.Live(s.ledgerNumbers, s.log)
	return s.serveMetrics(ctx, metrics)
}

// renderer finds the Chromium that draws pages. One that is named must be
// there; that none is installed is said and costs nothing else.
func (s *service) renderer() (workers.Renderer, error) {
	set := s.cfg.Render
	if !s.parts.work || set.Chromium == config.NoChromium {
		return nil, nil
	}
	program, err := render.Find(set.Chromium)
	if err != nil && set.Chromium == "" {
		s.log.Warn("no pictures and no PDF: there is no chromium", "setting", "render.chromium")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return render.Browser{Program: program, Timeout: set.Timeout, Sandbox: set.Sandbox != config.Off && os.Geteuid() != 0}, nil
}

// layeredRules reads the built-in rules, then those of the demonstration, then
// the office's own.
func layeredRules(dir string, withDemo bool) (*rules.Rules, error) {
	layers, err := ruleLayers(dir, withDemo)
	if err != nil {
		return nil, err
	}
	return rules.LoadFS(layers...)
}

// ruleLayers are the folders of rules above the built-in ones.
func ruleLayers(dir string, withDemo bool) (layers []fs.FS, err error) {
	if withDemo {
		layers = append(layers, demo.Rules())
	}
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, domain.Errorf(domain.Invalid, "没有规则文件夹“%s”，请检查路径", dir)
		}
		layers = append(layers, os.DirFS(dir))
	}
	return layers, nil
}

func (s *service) limits() (push.Limits, error) {
	limits := push.DefaultLimits()
	var err error
	limits.Quiet, err = quietHours(s.cfg.QuietHours)
	limits.Unread = s.cfg.UnreadAfter
	limits.PerDay, limits.PerWeek = caps(s.cfg.Caps.Day), caps(s.cfg.Caps.Week)
	if s.cfg.App.Mode == config.Off {
		limits.Unread = 0 // there is no inbox to read first
	}
	switch s.cfg.RestDays {
	case config.RestHolidays:
		limits.Rest = s.rules.Calendar.Holiday
	case config.RestAll:
		limits.Rest = func(day time.Time) bool {
			works, _ := s.rules.Calendar.Workday(day)
			return !works
		}
	}
	return limits, err
}

// caps are those of a setting, which was checked when it was read.
func caps(setting string) map[domain.ChannelKind]int {
	perChannel := map[domain.ChannelKind]int{}
	all, _ := config.ParseCaps(setting)
	for channel, n := range all {
		perChannel[domain.ChannelKind(channel)] = n
	}
	return perChannel
}

func (s *service) letterhead() workers.Letterhead {
	link := s.cfg.LinkBase()
	return workers.Letterhead{
		SearchIn: s.cfg.SMS.SearchIn, Link: s.cfg.SMS.Link, Settings: link + "/me", Mine: link + "/me/policies", Inbox: link + "/inbox", Desk: link + "/console/questions",
		Policy:   func(id domain.PolicyID) string { return fmt.Sprintf("%s/policies/%d", link, id) },
		Question: func(id domain.QuestionID) string { return fmt.Sprintf("%s/questions/%d", link, id) },
		Unsubscribe: func(sub domain.SubscriberID, contact domain.ContactID, kind domain.ChannelKind) string {
			return link + "/u/" + s.signer.Unsubscribe(auth.Unsubscribe{Subscriber: sub, Contact: contact, Kind: kind})
		},
		Sensitive: func(group string) bool {
			g := s.rules.Groups.Find(group)
			return g != nil && g.Sensitive
		},
	}
}

// run serves until ctx ends or a part fails, then ends every part in turn.
func (s *service) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if s.parts.web {
		if err := s.serveWeb(ctx, group); err != nil {
			return err
		}
	}
	group.Go(func() error { return s.begin(ctx, group) })
	s.hearTexts(ctx, group)
	if !s.queue.Embedded() {
		group.Go(func() error {
			s.hub.Bridge(ctx, s.queue.Redis(), "push:inbox", s.log)
			return nil
		})
	}
	return group.Wait()
}

// garbage is how many bytes of it a process that reads or sends may gather before
// it collects, unless it holds more than that itself: every document and message
// leaves some, and all that the process holds is looked through each time.
const garbage = 128 << 20

// letGather has the collector leave garbage alone for longer where the process
// holds little. GOGC says otherwise.
func letGather() {
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := uint64(garbage) * 100 / max(1, live[0].Value.Uint64())
	debug.SetGCPercent(int(min(max(percent, 100), 300)))
}

// begin loads the demonstration, builds the audience index and starts the
// workers, in the background: pages answer meanwhile, /readyz does not.
func (s *service) begin(ctx context.Context, group *errgroup.Group) error {
	started := time.Now()
	if s.withDemo {
		loader := demo.Loader{Store: s.store, Rules: s.rules, Now: clock, Read: func(name string, data []byte) (*domain.Policy, error) {
			p, _, err := s.reading.read(name, data)
			return p, err
		}}
		if err := loader.Load(ctx); err != nil {
			return unlessEnded(ctx, err)
		}
		s.log.Info("demonstration loaded", "office", demo.OfficeName, "logins", demo.DrafterLogin+" "+demo.ApproverLogin, "password", demo.Password)
	}
	for _, step := range []func() error{
		func() error { return s.readCalendar(ctx) },
		func() error { return s.openIndex(ctx, group, workers.Profiles{Store: s.store}) },
		func() error { return s.offers.Refresh(ctx) }, // pages and first digests find it warm
		func() error { return s.openSearch(ctx, group) },
	} {
		if err := s.whileAway(ctx, patience, step); err != nil {
			return unlessEnded(ctx, err)
		}
	}
	group.Go(func() error { s.followCalendar(ctx); return nil })
	s.built.Store(true)
	s.log.Info("ready", "url", s.cfg.LinkBase(), "subscribers", s.index.Len(), "took", time.Since(started).Round(time.Millisecond))
	if !s.parts.work {
		return nil
	}
	letGather()
	group.Go(func() error { return s.workers.Run(ctx) })
	if s.cfg.Email.BounceListen != "" {
		group.Go(func() error { return s.serveBounces(ctx) })
	}
	return nil
}

// readCalendar takes over the holidays that an office imported.
func (s *service) readCalendar(ctx context.Context) error {
	years, err := s.store.CalendarYears(ctx)
	if err != nil {
		return err
	}
	s.rules.Calendar.Import(years)
	return nil
}

// followCalendar takes over what is imported in other processes, until ctx ends.
func (s *service) followCalendar(ctx context.Context) {
	if missing := s.rules.Calendar.MissingYears(clock().In(push.Shanghai())); len(missing) > 0 {
		s.log.Warn("the holidays of a year are not known: it is reckoned by weekends", "years", missing, "import", "/console/calendar")
	}
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.readCalendar(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("holidays not read anew", "err", err)
			}
		}
	}
}

// unlessEnded returns nil for an error that is only the end of the process.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *service) serveWeb(ctx context.Context, group *errgroup.Group) error {
	callbacks, err := s.callbacks()
	if err != nil {
		return err
	}
	modes := map[domain.ChannelKind]string{}
	for _, kind := range domain.Channels() {
		modes[kind] = s.cfg.Mode(string(kind))
	}
	gates, err := s.gates()
	if err != nil {
		return err
	}
	courier := workers.Courier{Store: s.store, Lines: s.lines, Signature: "政策直达", Now: clock}
	site, err := web.New(web.Config{
		Store: s.store, Rules: s.rules, Index: s.index, Catalogue: s.offers, Search: s.search, Hub: s.hub, Secret: s.secret, BaseURL: s.cfg.LinkBase(),
		Callbacks: callbacks, Receipts: s.receipts(), Gates: gates, CallbackFrom: s.cfg.SMS.CallbackNetworks(), ProxyHeader: s.cfg.ProxyHeader, Modes: modes, Read: s.reading.read, SendCode: courier.SendCode,
		Sample: s.sample, Messages: s.messages, Questions: web.QuestionTerms{
			Simple: s.cfg.Questions.SimpleDays, Complex: s.cfg.Questions.ComplexDays, Extension: s.cfg.Questions.ExtensionDays, Often: s.cfg.Questions.Often,
		},
		Wake: s.workers.Wake, Ready: s.ready, Stage: s.index.Stage, Log: s.log, Now: clock,
	})
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil {
		return domain.Errorf(domain.Conflict, "监听不了 %s：端口可能已被占用，请用 --listen 换一个", s.cfg.Listen).Because(err)
	}
	group.Go(func() error { return unlessEnded(ctx, site.Serve(ln)) })
	group.Go(func() error {
		<-ctx.Done()
		s.hub.Close()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), webDrain)
		defer cancel()
		if err := site.Shutdown(drain); err != nil {
			s.log.Warn("requests cut off", "err", err)
		}
		return nil
	})
	return nil
}

// ready says why the service cannot answer yet.
func (s *service) ready(ctx context.Context) error {
	if !s.built.Load() {
		at := s.index.Stage()
		return fmt.Errorf("audience index is being built: %d of %d subscribers are read", at.Read, at.Total)
	}
	if err := s.store.Ping(ctx); err != nil {
		return err
	}
	return s.queue.Ping(ctx)
}

func (s *service) release() error {
	var err error
	if s.search != nil {
		err = s.search.Close()
	}
	if s.reading != nil {
		s.reading.segment.Close()
	}
	return errors.Join(err, s.queue.Close(), closeLines(s.lines))
}

// serveMetrics serves the numbers for Prometheus on an address of their own:
// they are not for the public.
func (s *service) serveMetrics(ctx context.Context, m *telemetry.Metrics) error {
	if s.cfg.Metrics == "" {
		return nil
	}
	ln, err := net.Listen("tcp", s.cfg.Metrics)
	if err != nil {
		return domain.Errorf(domain.Conflict, "监听不了监控地址 %s：请用 --metrics 换一个", s.cfg.Metrics).Because(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { // for a process without pages
		if err := s.ready(r.Context()); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n")) // the asker may have gone
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nothing under way is worth waiting for
	go func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("numbers are not served", "err", err)
		}
	}()
	return nil
}
