package email

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Relay is one mail relay as a setting names it.
type Relay struct {
	Host         string
	Port         int
	Security     Security
	Username     string
	PasswordFile string
	CAFile       string
	PerMinute    int
	Connections  int
}

// ParseRelay reads smtp://user@host:587?password_file=F&ca_file=F&per_minute=30
// &connections=2. smtps:// is TLS from the first octet; ?tls=none goes without.
// A password stands in a file, never in the address. It fails with Invalid.
func ParseRelay(s string) (Relay, error) {
	bad := func(format string, args ...any) (Relay, error) {
		return Relay{}, domain.Errorf(domain.Invalid, format, args...).In("email.relays")
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return bad("邮件服务器地址应当像 smtp://用户名@smtp.example.gov.cn:587?password_file=文件&per_minute=30")
	}
	r := Relay{Host: u.Hostname(), Username: u.User.Username(), Security: StartTLS, Connections: 4}
	switch u.Scheme {
	case "smtp":
	case "smtps":
		r.Security = Implicit
	default:
		return bad("邮件服务器地址要以 smtp:// 或 smtps:// 开头，不能是“%s”", u.Scheme)
	}
	if _, open := u.User.Password(); open {
		return bad("密码不要写在地址里，请用 ?password_file=文件")
	}
	if p := u.Port(); p != "" {
		if r.Port, err = strconv.Atoi(p); err != nil || r.Port < 1 || r.Port > 65535 {
			return bad("邮件服务器端口“%s”不正确", p)
		}
	}
	for key, values := range u.Query() {
		value := values[len(values)-1]
		number := func(low, high int) (int, bool) {
			n, err := strconv.Atoi(value)
			return n, err == nil && n >= low && n <= high
		}
		ok := true
		switch key {
		case "password_file":
			r.PasswordFile = value
		case "ca_file":
			r.CAFile = value
		case "tls":
			r.Security = Security(value)
			ok = value == string(Plain) || value == string(StartTLS) || value == string(Implicit)
		case "per_minute":
			r.PerMinute, ok = number(0, 1_000_000)
		case "connections":
			r.Connections, ok = number(1, 64)
		default:
			return bad("邮件服务器地址里不认识“%s”", key)
		}
		if !ok {
			return bad("邮件服务器地址里 %s 的值“%s”不正确", key, value)
		}
	}
	return r, nil
}

// How long a relay that cannot be reached, or refuses our settings, is left
// out before it is probed: the first time, and at most.
const (
	firstProbe = 15 * time.Second
	lastProbe  = 5 * time.Minute
)

// Pool is a channel.Sender over several relays in the order of preference. A
// mail goes to the first that is well and has room; what never reached a relay
// goes to the next. Once a relay may have a mail, no other gets it.
type Pool struct {
	relays []*member
	now    func() time.Time
	probes sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc
}

// member is a relay and its health.
type member struct {
	*Sender

	mu      sync.Mutex
	down    bool
	probing bool
	retryAt time.Time
	wait    time.Duration
}

// NewPool returns a pool over senders, the preferred first.
func NewPool(now func() time.Time, senders ...*Sender) *Pool {
	p := &Pool{now: now}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	for _, s := range senders {
		p.relays = append(p.relays, &member{Sender: s})
	}
	return p
}

// Send implements channel.Sender.
func (p *Pool) Send(ctx context.Context, ms []channel.Message) []channel.Result {
	results := make([]channel.Result, len(ms))
	open := make([]int, len(ms)) // messages that no relay has taken up
	for i := range ms {
		open[i] = i
	}
	tried := false
	for n, relay := range p.relays {
		if len(open) == 0 {
			break
		}
		last := n == len(p.relays)-1
		if !p.well(relay) && (!last || tried) {
			continue
		}
		tried = true // the last is asked in any case if no other was
		open = p.through(ctx, relay, ms, results, open)
	}
	return results
}

// through hands what is open to one relay and returns what is open still.
func (p *Pool) through(ctx context.Context, relay *member, ms []channel.Message, results []channel.Result, open []int) []int {
	batch := make([]channel.Message, len(open))
	for i, at := range open {
		batch[i] = ms[at]
	}
	var left []int
	sick, well, mute := false, false, false
	for i, r := range relay.Sender.Send(ctx, batch) {
		at := open[i]
		if before := results[at]; before.Ref == "" || worth(r) > worth(before) || r.After > 0 && r.After < before.After {
			results[at] = r
		}
		refused := r.Class == channel.Config
		unreached := r.Class == channel.Retry && (r.Code == unreachable || r.Code == silent)
		if refused || unreached || r.Class == channel.Throttled {
			left = append(left, at)
		}
		sick = sick || refused || unreached
		well = well || r.Class == channel.Accepted || r.Class == channel.Permanent
		mute = mute || r.Code == silent
	}
	switch {
	case mute && ctx.Err() == nil: // whatever it said before
		p.isSick(relay)
	case well:
		p.isWell(relay)
	case sick && ctx.Err() == nil:
		p.isSick(relay)
	}
	return left
}

// worth orders what to tell of a message that no relay has taken: it may go
// soon before nobody was reached before our settings are refused.
func worth(r channel.Result) int {
	switch r.Class {
	case channel.Config:
		return 1
	case channel.Retry:
		if r.Code == unreachable || r.Code == silent {
			return 2
		}
		return 4
	case channel.Throttled:
		return 3
	default:
		return 4
	}
}

// well tells whether a relay may be used. One whose time has come is probed
// beside the work: no mail waits for it.
func (p *Pool) well(m *member) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down && !m.probing && !p.now().Before(m.retryAt) && p.ctx.Err() == nil {
		m.probing = true
		p.probes.Go(func() { p.probe(m) })
	}
	return !m.down
}

func (p *Pool) probe(m *member) {
	err := m.Sender.probe(p.ctx)
	if err == nil {
		p.isWell(m)
	} else {
		p.isSick(m)
	}
	m.mu.Lock()
	m.probing = false
	m.mu.Unlock()
}

func (p *Pool) isWell(m *member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down, m.wait = false, 0
}

func (p *Pool) isSick(m *member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wait = min(max(2*m.wait, firstProbe), lastProbe)
	m.down, m.retryAt = true, p.now().Add(m.wait)
}

// Close implements channel.Sender.
func (p *Pool) Close() error {
	p.cancel()
	p.probes.Wait()
	for _, m := range p.relays {
		if err := m.Sender.Close(); err != nil {
			return err
		}
	}
	return nil
}

// name is the relay in histories and errors.
func (s *Sender) name() string { return strings.ToLower(s.cfg.Host) }
