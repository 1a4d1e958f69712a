package email

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the human part of a bounce may be in GB18030
	"github.com/emersion/go-message/textproto"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"

	"policypush/internal/channel"
)

// Bounce is what a relay says about a mail that it took before.
type Bounce struct {
	Ref        string
	Action     string // failed, delayed, delivered, relayed or expanded
	Status     string // 5.1.1
	Diagnostic string // the far server's words without personal data
	// BadAddress tells that the address does not exist.
	BadAddress bool
}

// Failed tells whether the mail will not arrive.
func (b Bounce) Failed() bool { return b.Action == "failed" }

// Bounds on what a bounce may be. Only headers come back, so it is small.
const (
	maxBounce      = 512 << 10
	maxBounceLine  = 4096
	maxBounceConns = 32
	maxBounceParts = 20
	maxStatuses    = 20
)

// Bounces is a small SMTP server behind the bounce domain. It takes mail for
// the envelope addresses that we made and for nothing else.
type Bounces struct {
	server   *smtp.Server
	envelope Envelope
	handle   func(context.Context, Bounce) error
	log      *slog.Logger
	ctx      context.Context
	cancel   context.CancelFunc
}

// NewBounces returns a server that hands each bounce to handle. If that fails,
// the relay is asked to come again.
func NewBounces(e Envelope, log *slog.Logger, handle func(context.Context, Bounce) error) *Bounces {
	b := &Bounces{envelope: e, handle: handle, log: log}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &bounceSession{b: b}, nil
	}))
	b.server.Domain = e.Domain
	b.server.MaxMessageBytes = maxBounce
	b.server.MaxLineLength = maxBounceLine
	b.server.MaxRecipients = 10
	b.server.ReadTimeout = time.Minute
	b.server.WriteTimeout = time.Minute
	b.server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	return b
}

// Serve takes bounces until Close. It returns nil after Close.
func (b *Bounces) Serve(l net.Listener) error {
	err := b.server.Serve(netutil.LimitListener(l, maxBounceConns))
	if errors.Is(err, net.ErrClosed) && b.ctx.Err() != nil {
		return nil
	}
	return err
}

// Close ends the listener and all connections.
func (b *Bounces) Close() error {
	b.cancel()
	if err := b.server.Close(); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return err
	}
	return nil
}

// bounceSession is one connection of a relay.
type bounceSession struct {
	b    *Bounces
	refs []string
}

// Mail implements smtp.Session. Bounces have an empty sender; automatic
// answers with another one are taken too, and forgotten.
func (s *bounceSession) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (s *bounceSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	ref, ok := s.b.envelope.Ref(to)
	if !ok {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "not a bounce address of ours"}
	}
	s.refs = append(s.refs, ref)
	return nil
}

// Data implements smtp.Session.
func (s *bounceSession) Data(r io.Reader) error {
	reports, err := ParseDSN(r)
	if err != nil {
		// An out-of-office note, or a bounce nobody can read. It is not worth
		// a bounce of the bounce.
		s.b.log.InfoContext(s.b.ctx, "mail to a bounce address is no delivery report", "err", channel.Note(err.Error()))
		_, err := io.Copy(io.Discard, r)
		return err
	}
	for _, ref := range s.refs {
		for _, bounce := range reports {
			bounce.Ref = ref
			if err := s.b.handle(s.b.ctx, bounce); err != nil {
				s.b.log.ErrorContext(s.b.ctx, "bounce not recorded", "ref", ref, "err", err)
				return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
			}
		}
	}
	return nil
}

// Reset implements smtp.Session.
func (s *bounceSession) Reset() { s.refs = nil }

// Logout implements smtp.Session.
func (s *bounceSession) Logout() error { return nil }

// errNotDSN means that a mail is no delivery status notification.
var errNotDSN = errors.New("not a delivery status notification")

// ParseDSN reads the per-recipient fields of a delivery status notification
// (RFC 3464). Whose they are stands in the envelope, so Ref is left empty; the
// recipient's address is not read at all. A mail that is something else, or
// holds no usable field, is an error.
func ParseDSN(r io.Reader) ([]Bounce, error) {
	e, err := message.Read(io.LimitReader(r, maxBounce))
	if err != nil && (!message.IsUnknownCharset(err) || e == nil) {
		return nil, fmt.Errorf("%w: %w", errNotDSN, err)
	}
	kind, params, err := mime.ParseMediaType(e.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return nil, errNotDSN
	}
	parts := e.MultipartReader()
	if parts == nil {
		return nil, errNotDSN
	}
	for range maxBounceParts {
		part, err := parts.NextPart()
		if err != nil && (!message.IsUnknownCharset(err) || part == nil) {
			return nil, fmt.Errorf("%w: %w", errNotDSN, err)
		}
		t, _, err := part.Header.ContentType()
		if err == nil && (t == "message/delivery-status" || t == "message/global-delivery-status") {
			return parseStatuses(part.Body)
		}
	}
	return nil, errNotDSN
}

// parseStatuses reads the field groups of a delivery status: one about the
// message, then one about each recipient.
func parseStatuses(r io.Reader) ([]Bounce, error) {
	br := bufio.NewReader(r)
	var out []Bounce
	for range maxStatuses {
		h, err := textproto.ReadHeader(br)
		if b, ok := bounceOf(h); ok {
			out = append(out, b)
		}
		if err != nil {
			break // the end, or a line that is no field: what was read counts
		}
		if _, err := br.Peek(1); err != nil {
			break
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: no recipient in it", errNotDSN)
	}
	return out, nil
}

func bounceOf(h textproto.Header) (Bounce, bool) {
	action := strings.ToLower(strings.TrimSpace(h.Get("Action")))
	switch action {
	case "failed", "delayed", "delivered", "relayed", "expanded":
	default:
		return Bounce{}, false
	}
	status, _, _ := strings.Cut(strings.TrimSpace(h.Get("Status")), " ")
	code, ok := statusCode(status)
	if !ok {
		status = ""
	}
	_, said, typed := strings.Cut(h.Get("Diagnostic-Code"), ";")
	if !typed {
		said = h.Get("Diagnostic-Code")
	}
	return Bounce{
		Action: action, Status: status, Diagnostic: channel.Note(said),
		BadAddress: action == "failed" && deadAddress(code),
	}, true
}

// statusCode reads 5.1.1.
func statusCode(s string) (smtp.EnhancedCode, bool) {
	var c smtp.EnhancedCode
	parts := strings.Split(s, ".")
	if len(parts) != len(c) {
		return c, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n > 999 {
			return smtp.EnhancedCode{}, false
		}
		c[i] = int(n)
	}
	return c, c[0] == 2 || c[0] == 4 || c[0] == 5
}
