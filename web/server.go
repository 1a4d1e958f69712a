package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/valyala/fasthttp"

	"policypush/internal/audience"
	"policypush/internal/auth"
	"policypush/internal/channel/app"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
	"policypush/internal/search"
	"policypush/internal/storage"
	"policypush/rules"
)

// Config is what the site works with. Store, Rules, Index, Catalogue, Search,
// Hub, Secret, Log and Now must be there; the functions say beside them what
// nil means.
type Config struct {
	Store *storage.Store
	Rules *rules.Rules
	Index *audience.Index
	// Catalogue holds what is published; pages refresh it.
	Catalogue *audience.Catalogue
	// Search finds policies by words; it follows the store.
	Search *search.Live
	Hub    *app.Hub
	// Secret signs form tokens, codes and links of 退订. Every process of one
	// installation has the same; at least 16 bytes.
	Secret []byte
	// BaseURL is the public address of the site, without a slash at its end.
	// If it begins with https, cookies are Secure.
	BaseURL string
	// Callbacks checks what the SMS gateway calls us with.
	Callbacks sms.Callbacks
	// Receipts keep what those gateways say.
	Receipts sms.Sink
	// Sample writes the text message of a policy that is to be published, as the
	// office's readers would get it. Nil: none is shown.
	Sample func(p *domain.Policy, office domain.Office) (TextSample, error)
	// Messages writes what every channel would send of a policy, likewise.
	Messages func(p *domain.Policy, office domain.Office) ([]ComposedMessage, error)
	// CallbackFrom is who may call back; none is everybody.
	CallbackFrom []netip.Prefix
	// Gates serve further channels.
	Gates Gates
	// ProxyHeader names the header in which a proxy in front of this server
	// gives the reader's network address, for example X-Real-IP. Empty: no proxy.
	ProxyHeader string
	// Modes says what each outgoing channel does: off, log or send.
	Modes map[domain.ChannelKind]string
	// Questions say what is promised to those who ask; what is 0 is as in
	// questionDefaults.
	Questions QuestionTerms
	// Read turns an imported file into a draft, with warnings for the person.
	Read func(name string, data []byte) (*domain.Policy, []string, error)
	// SendCode sends a one-time code to an address.
	SendCode func(ctx context.Context, kind domain.ChannelKind, address, code string) error
	// Wake tells the dispatcher that something is owed; it may be nil, then
	// the dispatcher finds it at its next look.
	Wake func()
	// Ready says why the service cannot answer yet; nil means always ready.
	Ready func(ctx context.Context) error
	// Stage says how far the audience index is; nil means that it is built.
	Stage func() audience.Stage
	Log   *slog.Logger
	Now   func() time.Time
}

// Server is the site.
type Server struct {
	Config
	app       *fiber.App
	signer    *auth.Signer
	assets    *assets
	templates templates
	sites     siteCache
	pushes    pushCache
	kept      *keptPages
	answers   *answers
	issued    issuerCache
	answer    fasthttp.RequestHandler // the whole site, for pages that are drawn to be kept
	console   *console
	asking    *auth.Throttle     // by network address
	end       context.CancelFunc // ends the live pages of the console
}

// New makes the site. It fails if a template does not parse.
func New(cfg Config) (*Server, error) {
	s := &Server{Config: cfg, asking: auth.NewThrottle(time.Minute/askedPerMinute, askedPerMinute, limitedAddresses), kept: newKeptPages(), answers: newAnswers()}
	var err error
	if s.signer, err = auth.NewSigner(cfg.Secret); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.templates, err = parseTemplates(s.funcs()); err != nil {
		return nil, err
	}
	s.app = fiber.New(fiber.Config{
		AppName:               "policypush",
		Immutable:             true, // strings of a request may be kept
		DisableStartupMessage: true,
		BodyLimit:             importLimit, // bodyLimit allows less to most
		ReadTimeout:           30 * time.Second,
		WriteTimeout:          time.Minute, // not for the hijacked live connections
		IdleTimeout:           2 * time.Minute,
		ReadBufferSize:        16 << 10,
		ReduceMemoryUsage:     true,          // an open inbox or an idle browser holds no such buffer
		ErrorHandler:          s.handleError, // what fasthttp refuses before a handler runs
		ProxyHeader:           cfg.ProxyHeader,
		EnableIPValidation:    cfg.ProxyHeader != "",
	})
	s.app.Server().HeaderReceived = bodyLimit
	s.app.Server().KeepHijackedConns = true // takeOver closes them
	s.app.Use(s.logRequest)
	s.app.Use(recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: s.logPanic}))
	s.app.Use(s.secureHeaders)
	s.app.Use(compress.New(compress.Config{Next: func(c *fiber.Ctx) bool {
		return strings.HasPrefix(c.Path(), "/static/") || strings.HasSuffix(c.Path(), "/events")
	}}))
	ending, end := context.WithCancel(context.Background())
	s.console, s.end = newConsole(ending), end
	s.routes()
	s.answer = s.app.Handler()
	return s, nil
}

// Serve answers on a listener until Shutdown.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.app.Listener(lingeringListener{ln}); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Shutdown stops taking connections and waits for requests under way, until
// ctx ends. Live connections belong to the hub: close it first.
func (s *Server) Shutdown(ctx context.Context) error {
	s.end()
	return s.app.ShutdownWithContext(ctx)
}

func (s *Server) https() bool { return strings.HasPrefix(s.BaseURL, "https://") }

func (s *Server) logPanic(c *fiber.Ctx, e any) {
	s.Log.ErrorContext(c.UserContext(), "panic", "id", requestID(c), "route", c.Route().Path, "what", fmt.Sprint(e))
}

// wake tells the dispatcher that something is owed.
func (s *Server) wake() {
	if s.Wake != nil {
		s.Wake()
	}
}
