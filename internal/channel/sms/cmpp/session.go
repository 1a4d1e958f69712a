package cmpp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Config says to whom a session is and what it does with what it hears. Zero
// durations take the default behind each field.
type Config struct {
	Address string // host:port
	User    string
	Secret  string
	Version Version
	Window  int // SUBMITs without an answer at a time: 16

	// Delivered keeps what the gateway hands over. Only then it is answered; an
	// error makes the gateway hand it over again.
	Delivered func(ctx context.Context, d Delivery) error
	// Late is told of an answer that came after Submit had stopped waiting.
	Late func(tag string, s Submitted)

	Now    func() time.Time
	Answer time.Duration // for a SUBMIT: 60 s
	Grace  time.Duration // for an answer after ctx ended: 10 s
	Beat   time.Duration // between ACTIVE_TESTs; three without an answer end the session: 30 s
	Dial   time.Duration // to be connected: 10 s
}

// The ends of a SUBMIT without an answer.
var (
	// ErrNotSent means that the gateway did not get it.
	ErrNotSent = errors.New("cmpp: not sent")
	// ErrNoAnswer means that the gateway may have it.
	ErrNoAnswer = errors.New("cmpp: no answer")
)

// RefusedError is a CONNECT that the gateway refused.
type RefusedError uint32

func (e RefusedError) Error() string {
	return fmt.Sprintf("cmpp: connect refused with status %d", uint32(e))
}

// Session is a connection to a gateway that lives until one side ends it.
type Session struct {
	cfg    Config
	conn   net.Conn
	window chan struct{}
	out    chan *outgoing
	in     chan Frame // DELIVERs
	done   chan struct{}
	seq    atomic.Uint32
	misses atomic.Int32

	mu      sync.Mutex
	waiting map[uint32]*submit
	asked   map[uint32]chan Frame // QUERYs
	cause   error
	ended   sync.WaitGroup
}

// outgoing is a frame for the writer. Whoever changes its state first has it:
// the writer, which writes it, or its owner, who does not want it any more.
type outgoing struct {
	bytes []byte
	last  bool // the session ends with it
	state atomic.Int32
}

const (
	queued  = 0
	written = 1
	dropped = 2
)

// submit waits for its answer.
type submit struct {
	tag    string
	frame  *outgoing
	answer chan Submitted
	late   bool // nobody waits any more
}

// Open connects and signs in.
func Open(ctx context.Context, cfg Config) (*Session, error) {
	for d, def := range map[*time.Duration]time.Duration{&cfg.Answer: time.Minute, &cfg.Grace: 10 * time.Second, &cfg.Beat: 30 * time.Second, &cfg.Dial: 10 * time.Second} {
		if *d <= 0 {
			*d = def
		}
	}
	if cfg.Window <= 0 {
		cfg.Window = 16
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Dial)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", cfg.Address)
	if err != nil {
		return nil, err
	}
	s := &Session{
		cfg: cfg, conn: conn, window: make(chan struct{}, cfg.Window), out: make(chan *outgoing, cfg.Window),
		in: make(chan Frame, 256), done: make(chan struct{}), waiting: map[uint32]*submit{}, asked: map[uint32]chan Frame{},
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = s.signIn()
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	for _, run := range []func(){s.read, s.write, s.deliver, s.beat} {
		s.ended.Go(run)
	}
	return s, nil
}

func (s *Session) signIn() error {
	body := connectBody(s.cfg.Version, s.cfg.User, s.cfg.Secret, s.cfg.Now())
	if _, err := s.conn.Write(Frame{Command: Connect, Sequence: s.seq.Add(1), Body: body}.Bytes()); err != nil {
		return err
	}
	f, err := readFrame(s.conn)
	if err != nil {
		return err
	}
	if f.Command != Connect|response {
		return fmt.Errorf("cmpp: %#x in place of an answer to CONNECT", uint32(f.Command))
	}
	status, _, err := parseConnected(f.Body)
	if err != nil {
		return err
	}
	if status != 0 {
		return RefusedError(status)
	}
	return nil
}

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.done }

// end ends the session once; what is under way gets its end.
func (s *Session) end(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return
	}
	s.cause = cause
	close(s.done)
	_ = s.conn.Close() // both ends know
}

// Close signs out and ends the session.
func (s *Session) Close() error {
	bye := &outgoing{bytes: Frame{Command: Terminate, Sequence: s.seq.Add(1)}.Bytes()}
	select {
	case s.out <- bye:
		select {
		case <-s.done: // the answer ends it
		case <-time.After(3 * time.Second):
		}
	case <-s.done:
	case <-time.After(3 * time.Second):
	}
	s.end(net.ErrClosed)
	s.ended.Wait()
	return nil
}

// Submit hands over a message and waits for the answer. Without one the error
// is ErrNotSent or ErrNoAnswer. Tag names the message for Late.
func (s *Session) Submit(ctx context.Context, tag string, m Message) (Submitted, error) {
	select {
	case s.window <- struct{}{}:
		defer func() { <-s.window }()
	case <-s.done:
		return Submitted{}, ErrNotSent
	case <-ctx.Done():
		return Submitted{}, ErrNotSent
	}
	seq := s.seq.Add(1)
	w := &submit{
		tag: tag, answer: make(chan Submitted, 1),
		frame: &outgoing{bytes: Frame{Command: Submit, Sequence: seq, Body: m.body(s.cfg.Version)}.Bytes()},
	}
	s.mu.Lock() // before it is written: the answer may be quick
	s.waiting[seq] = w
	s.mu.Unlock()
	select {
	case s.out <- w.frame:
	case <-s.done:
	case <-ctx.Done():
		return s.giveUp(seq, w)
	}
	patience := time.NewTimer(s.cfg.Answer)
	defer patience.Stop()
	over := ctx.Done()
	for {
		select {
		case a := <-w.answer:
			return a, nil
		case <-s.done:
			return s.giveUp(seq, w)
		case <-patience.C:
			return s.giveUp(seq, w)
		case <-over: // once written, only the answer tells
			if w.frame.state.CompareAndSwap(queued, dropped) {
				return s.giveUp(seq, w)
			}
			over = nil
			patience.Reset(s.cfg.Grace)
		}
	}
}

// giveUp stops waiting for an answer.
func (s *Session) giveUp(seq uint32, w *submit) (Submitted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case a := <-w.answer:
		return a, nil
	default:
	}
	if w.frame.state.CompareAndSwap(queued, dropped) || w.frame.state.Load() == dropped {
		delete(s.waiting, seq)
		return Submitted{}, ErrNotSent
	}
	w.late = true
	return Submitted{}, ErrNoAnswer
}

// Query asks for the count of a day, 20261125 in the gateway's time. The error is
// ErrNoAnswer if the session ends meanwhile, or ctx.
func (s *Session) Query(ctx context.Context, day string) (Statistics, error) {
	seq, answer := s.seq.Add(1), make(chan Frame, 1)
	s.mu.Lock()
	s.asked[seq] = answer
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.asked, seq)
		s.mu.Unlock()
	}()
	s.send(Frame{Command: Query, Sequence: seq, Body: queryBody(day)})
	select {
	case f := <-answer:
		said, n, err := parseStatistics(f.Body)
		if err == nil && said != day {
			err = fmt.Errorf("cmpp: asked for %s, the answer is of %q", day, said)
		}
		return n, err
	case <-s.done:
	case <-ctx.Done():
	}
	return Statistics{}, ErrNoAnswer
}

// write writes what is to go out.
func (s *Session) write() {
	for {
		select {
		case <-s.done:
			return
		case f := <-s.out:
			if !f.state.CompareAndSwap(queued, written) {
				continue
			}
			if err := s.conn.SetWriteDeadline(time.Now().Add(s.cfg.Answer)); err != nil {
				s.end(err)
				return
			}
			_, err := s.conn.Write(f.bytes)
			if err == nil && f.last {
				err = io.EOF
			}
			if err != nil {
				s.end(err)
				return
			}
		}
	}
}

// send puts a frame that nobody waits for behind those that are to go out. The
// session ends with the answer to a TERMINATE.
func (s *Session) send(f Frame) {
	select {
	case s.out <- &outgoing{bytes: f.Bytes(), last: f.Command == Terminate|response}:
	case <-s.done:
	}
}

// read takes what comes in.
func (s *Session) read() {
	from := bufio.NewReader(s.conn)
	for {
		f, err := readFrame(from)
		if err == nil {
			s.misses.Store(0)
			err = s.take(f)
		}
		if err != nil {
			s.end(err)
			return
		}
	}
}

func readFrame(from io.Reader) (Frame, error) {
	head := make([]byte, headSize)
	if _, err := io.ReadFull(from, head); err != nil {
		return Frame{}, err
	}
	f, n, err := parseHead(head)
	if err != nil {
		return f, err
	}
	f.Body = make([]byte, n)
	_, err = io.ReadFull(from, f.Body)
	return f, err
}

func (s *Session) take(f Frame) error {
	switch f.Command {
	case Submit | response:
		return s.answered(f)
	case Query | response:
		s.mu.Lock()
		defer s.mu.Unlock()
		if answer := s.asked[f.Sequence]; answer != nil {
			delete(s.asked, f.Sequence)
			answer <- f
		}
	case Deliver:
		select {
		case s.in <- f:
		case <-s.done:
		}
	case ActiveTest:
		s.send(Frame{Command: ActiveTest | response, Sequence: f.Sequence, Body: []byte{0}})
	case Terminate:
		s.send(Frame{Command: Terminate | response, Sequence: f.Sequence})
	case Terminate | response:
		return io.EOF
	}
	return nil
}

// answered gives the answer to a SUBMIT to whoever waits for it.
func (s *Session) answered(f Frame) error {
	a, err := parseSubmitted(f.Body, s.cfg.Version)
	if err != nil {
		return err
	}
	s.mu.Lock()
	w := s.waiting[f.Sequence]
	delete(s.waiting, f.Sequence)
	late := w != nil && w.late
	if w != nil && !late {
		w.answer <- a
	}
	s.mu.Unlock()
	if late && s.cfg.Late != nil {
		s.cfg.Late(w.tag, a)
	}
	return nil
}

// deliver keeps what the gateway hands over, one after the other, and answers.
func (s *Session) deliver() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for {
		select {
		case <-s.done:
			return
		case f := <-s.in:
			d, err := parseDelivery(f.Body, s.cfg.Version)
			if err == nil && s.cfg.Delivered != nil && s.cfg.Delivered(ctx, d) != nil {
				continue // it comes again
			}
			// What cannot be read now can be read no better later: it is answered.
			s.send(Frame{Command: Deliver | response, Sequence: f.Sequence, Body: deliveredBody(d.ID, s.cfg.Version)})
		}
	}
}

// beat asks for signs of life.
func (s *Session) beat() {
	tick := time.NewTicker(s.cfg.Beat)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
			if s.misses.Add(1) > 3 {
				s.end(errors.New("cmpp: three ACTIVE_TESTs without an answer"))
				return
			}
			s.send(Frame{Command: ActiveTest, Sequence: s.seq.Add(1)})
		}
	}
}
