package web

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// Bounds of the public pages that are kept ready.
const (
	keptBytes  = 48 << 20 // of all, as sent and packed
	maxKeptURL = 512      // bytes of an address
)

// publicState is what a public page depends on beside its address and the
// display mode: a page that was drawn in another state is drawn anew.
type publicState struct {
	change int64 // the last one of what is public
	day    string
	site   site
}

// keptPage is a public page as it is sent.
type keptPage struct {
	key   string
	state publicState
	kind  string // content type
	tag   string // names the content
	plain []byte
	gzip  []byte // nil where packing does not help
	holds holds  // nil: as long as the state is the same
}

// holds tells whether a page that was drawn is still right in what its state
// does not tell: a handler leaves it under localHolds.
type holds func(context.Context) (bool, error)

func (p *keptPage) size() int { return len(p.key) + len(p.plain) + len(p.gzip) + 500 }

// keptPages holds the public pages that were asked for last.
type keptPages struct {
	mu    sync.Mutex
	pages map[string]*list.Element
	used  *list.List // of *keptPage, the latest first
	bytes int

	seed    maphash.Seed
	drawing [16]sync.Mutex // by key: what many ask for at once is drawn once
}

func newKeptPages() *keptPages {
	return &keptPages{pages: map[string]*list.Element{}, used: list.New(), seed: maphash.MakeSeed()}
}

// find returns the page of a key if it was drawn in this state.
func (k *keptPages) find(key string, state publicState) *keptPage {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, ok := k.pages[key]
	if !ok {
		return nil
	}
	page := at.Value.(*keptPage)
	if page.state != state {
		k.drop(at)
		return nil
	}
	k.used.MoveToFront(at)
	return page
}

func (k *keptPages) keep(page *keptPage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.pages[page.key]; ok {
		k.drop(at)
	}
	k.pages[page.key] = k.used.PushFront(page)
	for k.bytes += page.size(); k.bytes > keptBytes; {
		k.drop(k.used.Back())
	}
}

func (k *keptPages) drop(at *list.Element) {
	page := k.used.Remove(at).(*keptPage)
	delete(k.pages, page.key)
	k.bytes -= page.size()
}

// shared answers a visitor who is nobody in particular (no session, no message
// waiting) with a page that is kept ready. Such a page is drawn for a request
// that holds its address and the display mode and nothing else of any visitor:
// whatever its handler does, there is nothing that it could give away. It has
// no form token either, see checkOpenForm. It holds as long as nothing public
// has changed, on the same day; the state is read before the page is drawn, so
// what changes meanwhile makes it stale.
func (s *Server) shared(c *fiber.Ctx) error {
	url := c.OriginalURL()
	takes := c.Get(fiber.HeaderAcceptEncoding)
	packed := strings.Contains(takes, "gzip")
	if drawnForAll(c) || personal(c) || len(url) > maxKeptURL || takes != "" && takes != "identity" && !packed {
		return c.Next()
	}
	state, err := s.publicState(c)
	if err != nil {
		return err
	}
	mode := modeOf(c)
	key := mode.ui + " " + mode.contrast + " " + url
	page, err := s.keptPage(c, key, state)
	if err != nil {
		return err
	}
	if page == nil {
		alone := &s.kept.drawing[maphash.String(s.kept.seed, key)%uint64(len(s.kept.drawing))]
		alone.Lock()
		defer alone.Unlock()
		if page, err = s.keptPage(c, key, state); err != nil {
			return err
		}
		if page == nil {
			if page, err = s.draw(url, mode); err != nil {
				return err
			}
			if page == nil { // an error, a redirect, or not to be kept: for this visitor only
				return c.Next()
			}
			page.key, page.state = key, state
			s.kept.keep(page)
		}
	}
	return page.send(c, packed)
}

// keptPage returns the page of a key if it is still right.
func (s *Server) keptPage(c *fiber.Ctx, key string, state publicState) (*keptPage, error) {
	page := s.kept.find(key, state)
	if page == nil || page.holds == nil {
		return page, nil
	}
	if ok, err := page.holds(c.UserContext()); err != nil || !ok {
		return nil, err
	}
	return page, nil
}

// personal tells whether a request may get what is meant for one person.
func personal(c *fiber.Ctx) bool {
	return c.Cookies(readerCookie) != "" || c.Cookies(operatorCookie) != "" || c.Cookies(flashCookie) != ""
}

// drawnForAll tells whether the page is drawn for nobody in particular.
func drawnForAll(c *fiber.Ctx) bool { return c.Locals(localShared) != nil }

func (s *Server) publicState(c *fiber.Ctx) (publicState, error) {
	site, err := s.site(c.UserContext())
	if err != nil {
		return publicState{}, err
	}
	change, err := s.Store.LastPolicyChange(c.UserContext())
	return publicState{change: change, day: s.today(), site: site}, err
}

// draw makes a page for everybody; nil if it is none that can be kept.
func (s *Server) draw(url string, mode displayMode) (*keptPage, error) {
	var req fasthttp.Request
	req.SetRequestURI(url)
	req.Header.SetCookie(uiCookie, mode.ui)
	req.Header.SetCookie(contrastCookie, mode.contrast)
	var ctx fasthttp.RequestCtx
	ctx.Init(&req, nil, nil)
	ctx.SetUserValue(localShared, true)
	s.answer(&ctx)
	res := &ctx.Response
	if res.StatusCode() != fiber.StatusOK || string(res.Header.Peek(fiber.HeaderCacheControl)) != revalidate || len(res.Header.PeekCookie(nonceCookie)) > 0 {
		return nil, nil
	}
	plain := res.Body()
	packed, err := gzipped(plain)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	holds, _ := ctx.UserValue(localHolds).(holds)
	return &keptPage{holds: holds, kind: string(res.Header.ContentType()), tag: hex.EncodeToString(sum[:12]), plain: plain, gzip: packed}, nil
}

// send writes the page, or says that the visitor's browser has it.
func (p *keptPage) send(c *fiber.Ctx, packed bool) error {
	body, tag := p.plain, `"`+p.tag+`"`
	c.Set(fiber.HeaderVary, "Accept-Encoding, Cookie")
	if packed && p.gzip != nil {
		body, tag = p.gzip, `"`+p.tag+`-gzip"`
	}
	c.Set(fiber.HeaderETag, tag)
	if has := c.Get(fiber.HeaderIfNoneMatch); has != "" && (has == "*" || strings.Contains(has, tag)) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	if packed && p.gzip != nil {
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	c.Set(fiber.HeaderContentType, p.kind)
	return c.Send(body)
}
