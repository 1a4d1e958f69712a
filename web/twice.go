package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"policypush/internal/auth"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// A form that is sent twice within sentTwice, by a double click without
// scripts or from the page before, is one form. ui.js waits as long.
const sentTwice = 5 * time.Second

// keptAnswers bounds the bytes of the answers that are remembered.
const keptAnswers = 16 << 20

// answers remembers for a moment what forms were answered with. Every page
// gives its forms a token of their own, so the same form with the same words
// from the same session, or from the one that its answer opened, is no other
// wish of its sender. Where several processes may serve, see elsewhere, they
// remember together. What must not happen twice is seen to by whoever does it.
type answers struct {
	mu    sync.Mutex
	forms map[[sha256.Size]byte]*answered
	order []*answered // the oldest first
	bytes int
}

// answered is a form that is being answered, or was.
type answered struct {
	keys [][sha256.Size]byte
	done chan struct{}
	at   time.Time
	with *fasthttp.Response // nil: it came to nothing, another try is one
}

func newAnswers() *answers { return &answers{forms: map[[sha256.Size]byte]*answered{}} }

// begin returns what is known of a form; mine if nothing was, and the caller
// answers it.
func (a *answers) begin(key [sha256.Size]byte, now time.Time) (form *answered, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.order) > 0 && (now.Sub(a.order[0].at) > sentTwice || a.bytes > keptAnswers) {
		old := a.order[0]
		a.order, a.bytes = a.order[1:], a.bytes-len(old.with.Body())
		for _, key := range old.keys {
			delete(a.forms, key)
		}
	}
	if form := a.forms[key]; form != nil {
		return form, false
	}
	form = &answered{keys: [][sha256.Size]byte{key}, done: make(chan struct{})}
	a.forms[key] = form
	return form, true
}

// end notes the answer, and by which other names the form may come again; nil
// forgets the form.
func (a *answers) end(form *answered, with *fasthttp.Response, now time.Time, also ...[sha256.Size]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if form.with, form.at = with, now; with == nil {
		delete(a.forms, form.keys[0])
	} else {
		for _, key := range also {
			a.forms[key] = form
		}
		form.keys = append(form.keys, also...)
		a.order, a.bytes = append(a.order, form), a.bytes+len(with.Body())
	}
	close(form.done)
}

// once answers a form that is sent again as it was answered the first time: who
// presses 发布 or 订阅 twice comes to where the first press has led, and not to a
// page which says that it is done already. Where the first has signed in or
// out, the second may come from the session of before or of after; the token
// in it is no longer one of the latter, so this stands before checkCSRF.
func (s *Server) once(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodPost || c.Get(partHeader) != "" { // a part of a page is drawn, and changes nothing
		return c.Next()
	}
	before := sessions{c.Cookies(readerCookie), c.Cookies(operatorCookie)}
	key, err := formKey(c, before)
	if err != nil {
		return c.Next() // whoever reads the form says what is wrong with it
	}
	form, mine := s.answers.begin(key, s.Now())
	if !mine {
		<-form.done
		if form.with == nil {
			return c.Next()
		}
		form.with.CopyTo(c.Response())
		return nil
	}
	var with *fasthttp.Response
	var also [][sha256.Size]byte
	defer func() { s.answers.end(form, with, s.Now(), also...) }()
	if with, err = s.elsewhere(c, key); err != nil {
		return err
	}
	if with != nil {
		with.CopyTo(c.Response())
		return nil
	}
	defer func() { s.tellElsewhere(c, with, append(also, key)) }()
	if err := c.Next(); err != nil {
		return err
	}
	if c.Response().StatusCode() >= fiber.StatusBadRequest {
		return nil
	}
	if after := sessionsAfter(c); after != before {
		key, err := formKey(c, after)
		if err != nil {
			return err
		}
		also = append(also, key)
	}
	with = &fasthttp.Response{}
	c.Response().CopyTo(with)
	return nil
}

const (
	answeredWithin = 30 * time.Second      // a process that has not answered a form by then is gone
	askElsewhere   = 25 * time.Millisecond // between two looks
	toldElsewhere  = 256 << 10             // bytes of the longest answer that is told
)

// formToken is under what the processes share a form. Nobody can hold the token
// that it would be the hash of.
func formToken(key [sha256.Size]byte) []byte { return auth.HashToken("form " + string(key[:])) }

// elsewhere returns how another process that serves the same database has
// answered a form, waiting for it where it is about to; nil if this one is to
// answer: nobody else was asked, or it came to nothing.
func (s *Server) elsewhere(c *fiber.Ctx, key [sha256.Size]byte) (*fasthttp.Response, error) {
	if !s.Store.Several() {
		return nil, nil
	}
	ctx, token := c.UserContext(), formToken(key)
	for waited := time.Duration(0); waited < answeredWithin; waited += askElsewhere {
		now := s.Now()
		ours, err := s.Store.ClaimSession(ctx, storage.Session{TokenHash: token, CreatedAt: now, Expires: now.Add(answeredWithin)})
		if err != nil || ours {
			return nil, err
		}
		kept, err := s.Store.Session(ctx, token, now)
		switch {
		case domain.KindOf(err) == domain.NotFound: // it has come to nothing this moment
			continue
		case err != nil:
			return nil, err
		case kept.Data != "":
			with := &fasthttp.Response{}
			return with, with.Read(bufio.NewReader(strings.NewReader(kept.Data)))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(askElsewhere):
		}
	}
	return nil, nil
}

// tellElsewhere tells the other processes by which names a form may come again,
// and how it was answered; nil: not at all, so that another try is one.
func (s *Server) tellElsewhere(c *fiber.Ctx, with *fasthttp.Response, keys [][sha256.Size]byte) {
	if !s.Store.Several() {
		return
	}
	ctx := context.WithoutCancel(c.UserContext())
	var told bytes.Buffer
	if with != nil && len(with.Body()) <= toldElsewhere {
		if _, err := with.WriteTo(&told); err != nil {
			told.Reset()
		}
	}
	for _, key := range keys {
		now, err := s.Now(), error(nil)
		if told.Len() == 0 {
			err = s.Store.DeleteSession(ctx, formToken(key))
		} else {
			err = s.Store.SaveSession(ctx, storage.Session{TokenHash: formToken(key), Data: told.String(), CreatedAt: now, Expires: now.Add(sentTwice)})
		}
		if err != nil { // whoever presses again reads what has become of it
			s.Log.ErrorContext(ctx, "an answer is not told to other processes", "err", err)
		}
	}
}

// sessions are the tokens of a browser's sessions.
type sessions struct{ reader, operator string }

// sessionsAfter are those that a browser has once it has got the answer.
func sessionsAfter(c *fiber.Ctx) sessions {
	after := sessions{c.Cookies(readerCookie), c.Cookies(operatorCookie)}
	if set, ok := c.Locals(readerCookie).(string); ok {
		after.reader = set
	}
	if set, ok := c.Locals(operatorCookie).(string); ok {
		after.operator = set
	}
	return after
}

// formKey names a form with everything that was written in it, and the address
// and the sessions that it was sent from.
func formKey(c *fiber.Ctx, from sessions) (key [sha256.Size]byte, err error) {
	sum := sha256.New()
	add := func(parts ...string) {
		for _, part := range parts {
			fmt.Fprintf(sum, "%d %s", len(part), part)
		}
	}
	add(c.OriginalURL(), c.IP(), from.reader, from.operator, c.Cookies(nonceCookie), c.Get(csrfHeader))
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		sum.Write(c.Body())
		return [sha256.Size]byte(sum.Sum(nil)), nil
	}
	form, err := c.MultipartForm() // what parts the fields is another each time
	if err != nil {
		return key, err
	}
	for _, name := range slices.Sorted(maps.Keys(form.Value)) {
		add(name)
		add(form.Value[name]...)
	}
	for _, name := range slices.Sorted(maps.Keys(form.File)) {
		for _, file := range form.File[name] {
			add(name, file.Filename, strconv.FormatInt(file.Size, 10))
			data, err := contentOf(file)
			if err != nil {
				return key, err
			}
			sum.Write(data)
		}
	}
	return [sha256.Size]byte(sum.Sum(nil)), nil
}
