package sms

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"policypush/internal/channel"
	"policypush/internal/channel/sms/cmpp"
	"policypush/internal/domain"
)

// CMPPConfig is an access to a gateway of 中国移动 or of those who speak like it.
type CMPPConfig struct {
	Address string // host:port
	Version string // 3.0 or 2.0
	User    string // SP_Id: six characters
	Secret  string
	Service string // Service_Id
	From    string // our number (Src_Id)
	Window  int    // 16
	Filing  Filing
	Now     func() time.Time
	// Session overrides clocks of the session.
	Session cmpp.Config
}

// CMPP is the Provider that hands messages to a gateway over one session, which
// is opened when it is wanted and kept open by Listen.
type CMPP struct {
	cfg CMPPConfig
	ref atomic.Uint32 // of long messages

	mu       sync.Mutex
	session  *cmpp.Session
	failed   error // of the last attempt to open one, at failedAt
	failedAt time.Time
	sink     Sink
	closed   bool
	mum      bool // asked for its count it did not answer: not all gateways know the question
}

// cmppCodes is what the results of SUBMIT_RESP mean. Gateways have more of
// their own behind 13, which speak about the message.
var cmppCodes = codes{
	"0":  {class: channel.Accepted},
	"1":  {class: channel.Config},              // structure
	"2":  {class: channel.Config, whole: true}, // command
	"3":  {class: channel.Retry},               // sequence used twice
	"4":  {class: channel.Permanent},           // length
	"5":  {class: channel.Config, whole: true}, // fee code
	"6":  {class: channel.Permanent},           // too long
	"7":  {class: channel.Config, whole: true}, // service code
	"8":  {class: channel.Throttled, whole: true, after: time.Second},
	"9":  {class: channel.Permanent},           // not served by this gateway
	"10": {class: channel.Config, whole: true}, // Src_Id
	"11": {class: channel.Config, whole: true}, // Msg_src
	"12": {class: channel.Config, whole: true}, // Fee_terminal_Id
	"13": {class: channel.Permanent, dead: true},
	"*":  {class: channel.Permanent},
}

// NewCMPP checks the settings. It does not connect.
func NewCMPP(cfg CMPPConfig) (*CMPP, error) {
	version, ok := map[string]cmpp.Version{"3.0": cmpp.V3, "2.0": cmpp.V2}[cfg.Version]
	switch {
	case !ok:
		return nil, domain.Errorf(domain.Invalid, "CMPP 版本只能是 3.0 或 2.0").In("sms.cmpp.version")
	case cfg.Address == "" || cfg.User == "" || cfg.Secret == "" || cfg.From == "":
		return nil, domain.Errorf(domain.Invalid, "CMPP 网关的地址、企业代码、密码文件和接入号都要填写").In("sms.cmpp.address")
	case len(cfg.User) > 6:
		return nil, domain.Errorf(domain.Invalid, "CMPP 企业代码最多6位").In("sms.cmpp.user")
	}
	if err := cfg.Filing.check("sms.cmpp.sign_at", Head, Tail, Gateway); err != nil {
		return nil, err
	}
	if cfg.Window <= 0 {
		cfg.Window = 16
	}
	s := &cfg.Session
	s.Address, s.User, s.Secret, s.Version, s.Window, s.Now = cfg.Address, cfg.User, cfg.Secret, version, cfg.Window, cfg.Now
	c := &CMPP{cfg: cfg}
	c.cfg.Session.Delivered, c.cfg.Session.Late = c.delivered, c.late
	return c, nil
}

// Name implements Provider.
func (c *CMPP) Name() string { return "cmpp" }

// Window implements Provider.
func (c *CMPP) Window() int { return c.cfg.Window }

// Close implements Provider.
func (c *CMPP) Close() error {
	c.mu.Lock()
	session := c.session
	c.session, c.closed = nil, true
	c.mu.Unlock()
	if session == nil {
		return nil
	}
	return session.Close()
}

// open returns the session, a new one if the last has ended.
func (c *CMPP) open(ctx context.Context) (*cmpp.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, cmpp.ErrNotSent
	}
	if c.session != nil {
		select {
		case <-c.session.Done():
		default:
			return c.session, nil
		}
	}
	if c.failed != nil && time.Since(c.failedAt) < time.Second {
		return nil, c.failed // those who waited need not try in turn
	}
	session, err := cmpp.Open(ctx, c.cfg.Session)
	if err != nil {
		if ctx.Err() == nil {
			c.failed, c.failedAt = err, time.Now()
		}
		return nil, err
	}
	c.session, c.failed = session, nil
	return session, nil
}

// listenPause is how long Listen waits before it connects anew.
const listenPause = 5 * time.Second

// Listen implements listener: it keeps a session open, so that receipts and
// replies come in while nothing is sent.
func (c *CMPP) Listen(ctx context.Context, sink Sink) {
	c.mu.Lock()
	c.sink = sink
	c.mu.Unlock()
	for ctx.Err() == nil {
		session, err := c.open(ctx)
		if err != nil {
			pause(ctx, listenPause)
			continue
		}
		select {
		case <-ctx.Done():
		case <-session.Done():
		}
	}
}

// Submit implements Provider. A long message goes out part by part; the receipt
// of the last stands for the whole. When the first is taken there is no way
// back: a later one that is not taken leaves the message in doubt.
func (c *CMPP) Submit(ctx context.Context, t Text) (r channel.Result, whole bool) {
	if r, refused := c.cfg.Filing.refuse(t); refused {
		return r, false
	}
	session, err := c.open(ctx)
	if err != nil {
		return notConnected(err)
	}
	parts := c.parts(t)
	for i, part := range parts {
		tag := "" // an answer that comes late tells only by the last part that all went out
		if part.Receipt {
			tag = t.Ref
		}
		var a cmpp.Submitted
		for try := 0; ; try++ {
			a, err = session.Submit(ctx, tag, part)
			if i == 0 || err != nil || a.Result != 8 || try == flowTries || !pause(ctx, time.Second) {
				break
			}
		}
		switch {
		case errors.Is(err, cmpp.ErrNotSent) && i == 0:
			return channel.Result{Class: channel.Retry, Code: "connect"}, false
		case err != nil:
			return channel.Result{Class: channel.Unknown, Code: "no-answer"}, false
		}
		r, whole = cmppCodes.result(strconv.FormatUint(uint64(a.Result), 10), "")
		switch {
		case r.Class != channel.Accepted && i > 0:
			return channel.Result{Class: channel.Unknown, Code: r.Code, Note: fmt.Sprintf("part %d of %d was refused", i+1, len(parts))}, false
		case r.Class != channel.Accepted:
			return r, whole
		}
		r.GatewayRef = messageID(a.ID)
	}
	return r, false
}

// flowTries is how often a later part is handed over again that the gateway
// has no room for.
const flowTries = 5

// pause waits, and tells whether ctx did not end meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// notConnected sorts a session that could not be opened: nothing was sent.
func notConnected(err error) (r channel.Result, whole bool) {
	if refused, ok := errors.AsType[cmpp.RefusedError](err); ok {
		note := map[cmpp.RefusedError]string{1: "消息结构错", 2: "非法源地址", 3: "认证错", 4: "版本太高"}[refused]
		return channel.Result{Class: channel.Config, Code: "connect-" + strconv.Itoa(int(refused)), Note: note}, true
	}
	return channel.Result{Class: channel.Retry, Code: "connect", Note: channel.Note(err.Error())}, false
}

// parts are the SUBMITs of a message.
func (c *CMPP) parts(t Text) []cmpp.Message {
	texts := c.cfg.Filing.parts(t)
	if len(texts) > 255 {
		texts = texts[:255]
	}
	ref := byte(c.ref.Add(1))
	parts := make([]cmpp.Message, len(texts))
	for i, text := range texts {
		m := cmpp.Message{
			Part: byte(i + 1), Parts: byte(len(texts)), Receipt: i == len(texts)-1, Service: c.cfg.Service, User: c.cfg.User,
			From: c.cfg.From, To: t.To, Format: 8,
		}
		if len(texts) > 1 {
			m.UDH, m.Content = true, []byte{5, 0, 3, ref, m.Parts, m.Part}
		}
		for _, unit := range utf16.Encode([]rune(text)) {
			m.Content = binary.BigEndian.AppendUint16(m.Content, unit)
		}
		parts[i] = m
	}
	return parts
}

// units implements unitary: the gateway counts each part.
func (c *CMPP) units(t Text) int { return len(c.cfg.Filing.parts(t)) }

// queryTimeout is how long a gateway may take to answer for its count.
const queryTimeout = 15 * time.Second

// count implements counter by QUERY, in parts of messages. A gateway that does
// not answer is not asked again: some end the session over it.
func (c *CMPP) count(ctx context.Context, from time.Time) (channel.Tally, error) {
	c.mu.Lock()
	mum := c.mum
	c.mu.Unlock()
	if mum {
		return channel.Tally{}, errNoCount
	}
	session, err := c.open(ctx)
	if err != nil {
		return channel.Tally{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	n, err := session.Query(ctx, from.In(shanghai).Format("20060102"))
	if errors.Is(err, cmpp.ErrNoAnswer) {
		c.mu.Lock()
		c.mum = true
		c.mu.Unlock()
	}
	return channel.Tally{Accepted: n.Taken, Delivered: n.Sent, Failed: n.Failed}, err
}

// messageID writes a Msg_Id.
func messageID(id uint64) string { return fmt.Sprintf("%016x", id) }

// late reports an answer that nobody waits for any more.
func (c *CMPP) late(tag string, a cmpp.Submitted) {
	if a.Result != 0 || tag == "" {
		return // it stays in doubt
	}
	c.mu.Lock()
	sink := c.sink
	c.mu.Unlock()
	if sink != nil {
		_ = sink.Report(context.Background(), Report{ // logged there
			Provider: "cmpp", Ref: tag, GatewayRef: messageID(a.ID), State: domain.Accepted, Code: "0",
		})
	}
}

// delivered keeps a receipt or a reply.
func (c *CMPP) delivered(ctx context.Context, d cmpp.Delivery) error {
	c.mu.Lock()
	sink := c.sink
	c.mu.Unlock()
	if sink == nil {
		return errors.New("nobody to keep it") // the gateway hands it over again, when a worker listens
	}
	if d.Receipt == nil {
		r, err := replyOf(d.From, d.To, cmppText(d))
		if err != nil {
			return nil // from a number that is none: it would only come again
		}
		return sink.Reply(ctx, r)
	}
	r, err := cmppReport(*d.Receipt)
	if err != nil {
		return nil
	}
	return sink.Report(ctx, r)
}

func cmppReport(rc cmpp.Receipt) (Report, error) {
	r := Report{Provider: "cmpp", GatewayRef: messageID(rc.ID), Phone: rc.To, Code: rc.State, State: domain.Failed}
	switch rc.State {
	case "DELIVRD":
		r.State = domain.Delivered
	case "ACCEPTD", "ENROUTE", "UNKNOWN", "":
		r.State = domain.Accepted
	default:
		r.BadAddress = deadNumber(rc.State)
	}
	return r.checked()
}

// cmppText decodes what a phone sent: a part of a long one without its head.
func cmppText(d cmpp.Delivery) string {
	content := d.Content
	if d.UDH && len(content) > 0 && int(content[0]) < len(content) {
		content = content[content[0]+1:]
	}
	switch d.Format {
	case 8:
		units := make([]uint16, len(content)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(content[2*i:])
		}
		return string(utf16.Decode(units))
	case 15:
		text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
		if err == nil {
			return string(text)
		}
	}
	return strings.ToValidUTF8(string(content), "\uFFFD")
}
