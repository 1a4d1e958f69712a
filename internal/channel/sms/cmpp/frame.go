// Package cmpp speaks the client's side of China Mobile's point-to-point
// protocol, in its versions 3.0 and 2.0: frames, and a session with a window.
package cmpp

import (
	"bytes"
	"crypto/md5" // as the protocol wants it
	"encoding/binary"
	"fmt"
	"time"
)

// Version is the version of the protocol as it stands in a CONNECT.
type Version byte

// The versions.
const (
	V2 Version = 0x20
	V3 Version = 0x30
)

// Command is what a frame is. The answer to one has the highest bit set.
type Command uint32

// The commands.
const (
	Connect    Command = 1
	Terminate  Command = 2
	Submit     Command = 4
	Deliver    Command = 5
	Query      Command = 6
	ActiveTest Command = 8

	response Command = 1 << 31
)

// The sizes of a frame: its head, and the longest that is read. No SUBMIT or
// DELIVER of either version is longer.
const (
	headSize = 12
	maxFrame = 4096
)

// Frame is one unit of the protocol.
type Frame struct {
	Command  Command
	Sequence uint32
	Body     []byte
}

// Bytes returns the frame as it goes over the wire.
func (f Frame) Bytes() []byte {
	b := make([]byte, headSize, headSize+len(f.Body))
	binary.BigEndian.PutUint32(b, uint32(headSize+len(f.Body)))
	binary.BigEndian.PutUint32(b[4:], uint32(f.Command))
	binary.BigEndian.PutUint32(b[8:], f.Sequence)
	return append(b, f.Body...)
}

// parseHead reads the head of a frame and returns how long its body is.
func parseHead(head []byte) (f Frame, body int, err error) {
	size := binary.BigEndian.Uint32(head)
	if size < headSize || size > maxFrame {
		return f, 0, fmt.Errorf("cmpp: a frame of %d octets", size)
	}
	return Frame{Command: Command(binary.BigEndian.Uint32(head[4:])), Sequence: binary.BigEndian.Uint32(head[8:])}, int(size) - headSize, nil
}

// ParseFrame reads one whole frame.
func ParseFrame(b []byte) (Frame, error) {
	if len(b) < headSize {
		return Frame{}, errShort
	}
	f, n, err := parseHead(b)
	if err != nil {
		return f, err
	}
	if len(b) != headSize+n {
		return f, errShort
	}
	f.Body = b[headSize:]
	return f, nil
}

var errShort = fmt.Errorf("cmpp: a frame that is cut off")

// writer puts fields of fixed size one behind the other.
type writer struct{ bytes.Buffer }

// text writes a field of n octets, filled up with zeros, or cut.
func (w *writer) text(s string, n int) {
	if len(s) > n {
		s = s[:n]
	}
	w.WriteString(s)
	w.Write(make([]byte, n-len(s)))
}

func (w *writer) number(n uint64, size int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	w.Write(b[8-size:])
}

// reader takes fields of fixed size one after the other; short tells that one
// was missing.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.short = true
		r.rest = nil
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// text reads a field that ends at its first zero.
func (r *reader) text(n int) string {
	b := r.take(n)
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(bytes.TrimSpace(b))
}

func (r *reader) number(n int) uint64 {
	var b [8]byte
	copy(b[8-n:], r.take(n))
	return binary.BigEndian.Uint64(b[:])
}

// wide returns v3 or v2: the sizes that differ between the versions.
func (v Version) wide(v3, v2 int) int {
	if v == V3 {
		return v3
	}
	return v2
}

// connectBody is the body of a CONNECT at a time.
func connectBody(v Version, user, secret string, now time.Time) []byte {
	stamp := now.In(time.FixedZone("CST", 8*60*60)).Format("0102150405")
	sum := md5.Sum([]byte(user + "\x00\x00\x00\x00\x00\x00\x00\x00\x00" + secret + stamp))
	var w writer
	w.text(user, 6)
	w.Write(sum[:])
	w.WriteByte(byte(v))
	var n uint64
	for _, d := range stamp {
		n = n*10 + uint64(d-'0')
	}
	w.number(n, 4)
	return w.Bytes()
}

// parseConnected reads the answer to a CONNECT. Its length tells the version
// that the gateway speaks.
func parseConnected(body []byte) (status uint32, v Version, err error) {
	r := reader{rest: body}
	size := 4
	if len(body) == 18 {
		size = 1
	}
	status = uint32(r.number(size))
	r.take(16) // the gateway's own proof, which not all make right
	v = Version(r.number(1))
	if r.short {
		err = errShort
	}
	return status, v, err
}

// Message is a part of a text message that is to be submitted.
type Message struct {
	Part, Parts byte
	Receipt     bool // ask for one
	Service     string
	User        string // Msg_src
	From        string // Src_Id: our number
	To          string
	UDH         bool
	Format      byte   // 8: UCS-2
	Content     []byte // at most 140 octets
}

func (m Message) body(v Version) []byte {
	var w writer
	w.number(0, 8)
	w.WriteByte(m.Parts)
	w.WriteByte(m.Part)
	w.WriteByte(flag(m.Receipt))
	w.WriteByte(0) // level
	w.text(m.Service, 10)
	w.WriteByte(2) // the service provider pays
	w.text("", v.wide(32, 21))
	if v == V3 {
		w.WriteByte(0)
	}
	w.WriteByte(0) // TP_pId
	w.WriteByte(flag(m.UDH))
	w.WriteByte(m.Format)
	w.text(m.User, 6)
	w.text("01", 2) // nobody is charged for receiving
	w.text("000000", 6)
	w.text("", 17) // valid as long as the gateway keeps it
	w.text("", 17) // at once
	w.text(m.From, 21)
	w.WriteByte(1)
	w.text(m.To, v.wide(32, 21))
	if v == V3 {
		w.WriteByte(0)
	}
	w.WriteByte(byte(len(m.Content)))
	w.Write(m.Content)
	w.text("", v.wide(20, 8))
	return w.Bytes()
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// Submitted is the answer to a SUBMIT.
type Submitted struct {
	ID     uint64
	Result uint32 // 0: taken
}

func parseSubmitted(body []byte, v Version) (Submitted, error) {
	r := reader{rest: body}
	s := Submitted{ID: r.number(8), Result: uint32(r.number(v.wide(4, 1)))}
	if r.short {
		return s, errShort
	}
	return s, nil
}

// Statistics is what a gateway counts of a day: SUBMITs that it took, each a part
// of a text, and what became of them.
type Statistics struct {
	Taken, Sent, Waiting, Failed int
}

// queryBody is the body of a QUERY for all that a gateway took on a day.
func queryBody(day string) []byte {
	var w writer
	w.text(day, 8)
	w.WriteByte(0) // of every service
	w.text("", 10+8)
	return w.Bytes()
}

// parseStatistics reads the answer to a QUERY.
func parseStatistics(body []byte) (day string, s Statistics, err error) {
	r := reader{rest: body}
	day = r.text(8)
	r.take(1 + 10) // what was asked for
	s.Taken = int(r.number(4))
	r.take(4) // to how many people
	s.Sent, s.Waiting, s.Failed = int(r.number(4)), int(r.number(4)), int(r.number(4))
	if r.short { // what phones sent us may be cut: nobody reads it
		err = errShort
	}
	return day, s, err
}

// Delivery is what a gateway hands over: a text from a phone, or a receipt.
type Delivery struct {
	ID      uint64
	To      string // our number and what follows it
	From    string
	UDH     bool
	Format  byte
	Content []byte
	Receipt *Receipt // nil: a text
}

// Receipt says what became of a message.
type Receipt struct {
	ID    uint64
	State string // DELIVRD
	To    string
}

func parseDelivery(body []byte, v Version) (Delivery, error) {
	r := reader{rest: body}
	d := Delivery{ID: r.number(8), To: r.text(21)}
	r.take(10 + 1) // service, TP_pid
	d.UDH, d.Format, d.From = r.number(1) == 1, byte(r.number(1)), r.text(v.wide(32, 21))
	if v == V3 {
		r.take(1)
	}
	receipt := r.number(1) == 1
	d.Content = bytes.Clone(r.take(int(r.number(1))))
	if r.short { // LinkID or Reserve may be cut: nobody reads it
		return d, errShort
	}
	if receipt {
		var err error
		d.Receipt, err = parseReceipt(d.Content)
		return d, err
	}
	return d, nil
}

// parseReceipt reads the content of a receipt. Gateways of 3.0 that write the
// 60 octets of 2.0 are not rare, so its length decides.
func parseReceipt(content []byte) (*Receipt, error) {
	r := reader{rest: content}
	rc := &Receipt{ID: r.number(8), State: r.text(7)}
	r.take(10 + 10) // when it was handed in and done
	number := 21
	if len(content) >= 71 {
		number = 32
	}
	rc.To = r.text(number)
	if r.short {
		return nil, errShort
	}
	return rc, nil
}

// deliveredBody is the answer to a DELIVER that was kept.
func deliveredBody(id uint64, v Version) []byte {
	var w writer
	w.number(id, 8)
	w.number(0, v.wide(4, 1))
	return w.Bytes()
}
