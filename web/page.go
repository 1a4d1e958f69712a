package web

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Page is what every page needs. Each view embeds it.
type Page struct {
	Title       string
	Description string
	Robots      string // content of the robots meta element, or ""
	Canonical   string // the address by which the page is shared, or ""
	Card        string // the address of its picture where it is shared
	Feed        string // path of the feed that lists what the page does, or ""
	Path        string // of this page, to come back to after a switch of mode
	Section     string // the entry of the navigation that is current
	UI          string // std, elder, max
	Contrast    string // std, high
	CSRF        string
	Flash       flash
	Site        site
	Reader      *pageReader   // nil if nobody is signed in
	Operator    *pageOperator // nil outside the console
	Live        string        // where to listen for new messages, or ""
	Building    string        // in the console: how far the audience index is, or ""
}

// pageReader is the signed-in reader as the head of a page shows them.
type pageReader struct {
	Name    string
	Unread  int
	Role    string // at the enterprise, or ""
	Several bool   // they stand for others too
	Waiting int    // invitations and applications that they may answer
}

// pageOperator is the signed-in operator as the console's head shows them.
type pageOperator struct {
	Login   string
	Name    string
	Office  string
	Read    bool // may see policies and, masked, people
	Draft   bool // may draft policies
	Approve bool
	Admin   bool
	Paper   bool // letters are printed here
}

// UnreadText is the number on the bell.
func (r pageReader) UnreadText() string {
	if r.Unread > 99 {
		return "99+"
	}
	return trimmed(float64(r.Unread))
}

// flash is one message that the next page shows.
type flash struct {
	Kind string // pine (done), amber (mind), cin (failed), or "" for none
	Text string
}

// site is who runs this installation.
type site struct {
	Owner string // name of the first office
	Phone string
	Demo  bool // fictional demonstration data is loaded
}

// siteCache keeps the site for half a minute: it stands on every page and
// changes a few times a year.
type siteCache struct {
	mu    sync.Mutex
	site  site
	until time.Time
}

func (s *Server) site(ctx context.Context) (site, error) {
	s.sites.mu.Lock()
	defer s.sites.mu.Unlock()
	if s.Now().Before(s.sites.until) {
		return s.sites.site, nil
	}
	offices, err := s.Store.Offices(ctx)
	if err != nil {
		return site{}, err
	}
	found := site{Owner: "政策直达"}
	if len(offices) > 0 {
		found = site{Owner: offices[0].Name, Phone: offices[0].Phone, Demo: offices[0].Demo}
	}
	s.sites.site, s.sites.until = found, s.Now().Add(30*time.Second)
	return found, nil
}

// barePage is a page that needs no database.
func (s *Server) barePage(c *fiber.Ctx, title string) Page {
	mode := modeOf(c)
	return Page{
		Title: title, Path: c.OriginalURL(), UI: mode.ui, Contrast: mode.contrast,
		CSRF: s.csrfToken(c), Flash: s.takeFlash(c), Site: site{Owner: "政策直达"},
	}
}

// page prepares a portal page, with the reader if one is signed in.
func (s *Server) page(c *fiber.Ctx, title string) (Page, error) {
	p := s.barePage(c, title)
	var err error
	if p.Site, err = s.site(c.UserContext()); err != nil {
		return Page{}, err
	}
	r, err := s.reader(c)
	if err != nil {
		return Page{}, err
	}
	if r == nil || r.subscriber == nil {
		return p, nil
	}
	noStore(c)
	items, err := s.inboxOf(c.UserContext(), r.subscriber.ID)
	if err != nil {
		return Page{}, err
	}
	p.Reader = &pageReader{Name: readerName(r.subscriber), Unread: unread(items), Role: s.roleName(r.contact.Role)}
	if err := s.standingInto(c.UserContext(), r, p.Reader); err != nil {
		return Page{}, err
	}
	p.Live = liveURL(items)
	return p, nil
}

// setFlash leaves a message for the next page. It travels in a signed cookie,
// so that nobody else can make us say something.
func (s *Server) setFlash(c *fiber.Ctx, kind, text string) {
	body := []byte(kind + "\n" + text)
	sum := s.sign("flash", body)
	s.setCookie(c, flashCookie, base64.RawURLEncoding.EncodeToString(append(sum, body...)), 60)
}

func (s *Server) takeFlash(c *fiber.Ctx) flash {
	value := c.Cookies(flashCookie)
	if value == "" {
		return flash{}
	}
	s.dropCookie(c, flashCookie)
	data, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(data) < 32 || string(s.sign("flash", data[32:])) != string(data[:32]) {
		return flash{}
	}
	kind, text, _ := strings.Cut(string(data[32:]), "\n")
	return flash{Kind: kind, Text: text}
}

// localPath tells whether a path given by the browser leads to this site.
func localPath(p string) bool {
	control := func(r rune) bool { return r < ' ' || r == '\\' } // browsers drop tabs and turn the slash
	return strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") && !strings.ContainsFunc(p, control)
}
