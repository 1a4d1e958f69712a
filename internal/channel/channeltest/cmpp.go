package channeltest

import (
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	cmpp "github.com/bigwhite/gocmpp"
)

// CMPPGateway is a gateway that speaks CMPP by an independent implementation of
// the protocol. What it does with a message the last digit of its number says:
//
//	1 its receipt says MK:0001      2 flow control, Result 8, the first time
//	3 Result 13: no such number     5 no answer
//	6 no receipt                    7 taken, and the connection is cut before the answer
//	8 the receipt comes first       9 the phone replies TD
//
// Every other message is taken and its receipt says DELIVRD.
type CMPPGateway struct {
	Address      string
	User, Secret string
	From         string // our number

	v30      bool
	listener net.Listener // of the independent implementation

	mu      sync.Mutex
	conns   map[net.Conn]bool
	parts   []CMPPPart
	seen    map[string]int // how often a number was submitted to
	nextID  uint64
	nextSeq uint32
	pending map[uint32]delivery // DELIVERs without an answer, by sequence
	mute    bool
	refused int            // CONNECTs
	days    map[string]int // SUBMITs taken, by day
	mum     bool
}

// delivery is a DELIVER as it can be sent again.
type delivery struct {
	conn net.Conn
	pack func(seq uint32) ([]byte, error)
}

// CMPPPart is one SUBMIT as the gateway took it.
type CMPPPart struct {
	To, From, User string
	Part, Parts    byte
	UDH            []byte
	Units          []uint16
	Octets         int
	Receipt        bool
}

// StartCMPP starts a gateway of version 3.0 or 2.0 and stops it when the test
// ends.
func StartCMPP(t testing.TB, v30 bool) *CMPPGateway {
	t.Helper()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	back, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &CMPPGateway{
		Address: front.Addr().String(), User: "900001", Secret: "888888", From: "106900001", v30: v30, listener: back,
		conns: map[net.Conn]bool{}, seen: map[string]int{}, nextID: 1 << 40, days: map[string]int{}, pending: map[uint32]delivery{}, nextSeq: 1 << 20,
	}
	version := cmpp.V20
	if v30 {
		version = cmpp.V30
	}
	server := &cmpp.Server{Typ: version, T: time.Hour, N: 3, ErrorLog: log.New(io.Discard, "", 0), Handler: cmpp.HandlerFunc(g.serve)}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(back) }) // ends when the listener is closed
	serving.Go(func() {
		for {
			client, err := front.Accept()
			if err != nil {
				return
			}
			go g.stand(client)
		}
	})
	t.Cleanup(func() {
		_, _ = front.Close(), back.Close()
		serving.Wait()
		g.Cut()
	})
	return g
}

// Cut closes every connection.
func (g *CMPPGateway) Cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		_ = c.Close()
	}
	clear(g.conns)
}

// SetMute makes the gateway take everything in and say nothing, or speak again.
func (g *CMPPGateway) SetMute(mute bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mute = mute
}

// SetMum makes the gateway one that does not know the question for its count, and
// ends the session over it.
func (g *CMPPGateway) SetMum(mum bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mum = mum
}

// Parts returns the SUBMITs that were taken.
func (g *CMPPGateway) Parts() []CMPPPart {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]CMPPPart(nil), g.parts...)
}

// Text joins the parts that a number was sent.
func (g *CMPPGateway) Text(to string) string {
	var units []uint16
	for _, p := range g.Parts() {
		if p.To == to {
			units = append(units, p.Units...)
		}
	}
	return string(utf16.Decode(units))
}

// Refused returns how many CONNECTs were refused.
func (g *CMPPGateway) Refused() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refused
}

// Connections returns how many sessions were opened and not cut.
func (g *CMPPGateway) Connections() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.conns)
}

// Unanswered returns how many DELIVERs have no answer.
func (g *CMPPGateway) Unanswered() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.pending)
}

// Redeliver hands over again what has no answer.
func (g *CMPPGateway) Redeliver(t testing.TB) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for seq, d := range g.pending {
		b, err := d.pack(seq)
		if err == nil {
			_, err = d.conn.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

var errCut = errors.New("cut on purpose")

func today() string { return time.Now().In(time.FixedZone("CST", 8*60*60)).Format("20060102") }

// stand answers QUERYs, which the independent implementation does not know, and
// hands everything else on to it.
func (g *CMPPGateway) stand(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", g.listener.Addr().String())
	if err != nil {
		return
	}
	go func() {
		defer func() { _ = client.Close() }()
		_, _ = io.Copy(client, server) // until one of them has gone
	}()
	defer func() { _ = server.Close() }()
	for {
		frame := make([]byte, 4)
		if _, err := io.ReadFull(client, frame); err != nil {
			return
		}
		frame = append(frame, make([]byte, max(4, binary.BigEndian.Uint32(frame))-4)...)
		if _, err := io.ReadFull(client, frame[4:]); err != nil {
			return
		}
		to := server
		if len(frame) == 12+27 && cmpp.CommandId(binary.BigEndian.Uint32(frame[4:])) == cmpp.CMPP_QUERY {
			to = client
			if frame = g.statistics(frame); frame == nil {
				return
			}
		}
		if _, err := to.Write(frame); err != nil {
			return
		}
	}
}

// statistics is the answer to a QUERY: what was taken on a day, a quarter of
// which has failed. It is nil if the session ends over it.
func (g *CMPPGateway) statistics(query []byte) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mum {
		return nil
	}
	taken := uint32(g.days[string(query[12:20])])
	said := binary.BigEndian.AppendUint32(nil, 12+51)
	said = binary.BigEndian.AppendUint32(said, uint32(cmpp.CMPP_QUERY_RESP))
	said = append(said, query[8:12+19]...) // sequence, day, type and code
	for _, n := range []uint32{taken, taken, taken - taken/4, 0, taken / 4, 0, 0, 0} {
		said = binary.BigEndian.AppendUint32(said, n)
	}
	return said
}

// serve is the handler of the independent implementation. It writes nothing
// itself but what it puts into r; DELIVERs are written beside it.
func (g *CMPPGateway) serve(r *cmpp.Response, p *cmpp.Packet, _ *log.Logger) (bool, error) {
	switch req := p.Packer.(type) {
	case *cmpp.CmppConnReqPkt:
		return g.connect(r, p.Conn.Conn, req)
	case *cmpp.Cmpp3SubmitReqPkt:
		answer, id, result, err := g.submitted(p.Conn.Conn, req.DestTerminalId, CMPPPart{
			From: req.SrcId, User: req.MsgSrc, Part: req.PkNumber, Parts: req.PkTotal, Receipt: req.RegisteredDelivery == 1,
		}, req.TpUdhi == 1, req.MsgContent)
		rsp := r.Packer.(*cmpp.Cmpp3SubmitRspPkt)
		rsp.MsgId, rsp.Result = id, result
		if !answer {
			r.Packer = nil
		}
		return false, err
	case *cmpp.Cmpp2SubmitReqPkt:
		answer, id, result, err := g.submitted(p.Conn.Conn, req.DestTerminalId, CMPPPart{
			From: req.SrcId, User: req.MsgSrc, Part: req.PkNumber, Parts: req.PkTotal, Receipt: req.RegisteredDelivery == 1,
		}, req.TpUdhi == 1, req.MsgContent)
		rsp := r.Packer.(*cmpp.Cmpp2SubmitRspPkt)
		rsp.MsgId, rsp.Result = id, uint8(result)
		if !answer {
			r.Packer = nil
		}
		return false, err
	case *cmpp.Cmpp3DeliverRspPkt:
		g.answered(req.SeqId)
	case *cmpp.Cmpp2DeliverRspPkt:
		g.answered(req.SeqId)
	case *cmpp.CmppActiveTestReqPkt, *cmpp.CmppTerminateReqPkt:
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.mute {
			r.Packer = nil
		}
	}
	return false, nil
}

func (g *CMPPGateway) answered(seq uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.pending, seq)
}

func (g *CMPPGateway) connect(r *cmpp.Response, conn net.Conn, req *cmpp.CmppConnReqPkt) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	sum := md5.Sum([]byte(g.User + "\x00\x00\x00\x00\x00\x00\x00\x00\x00" + g.Secret + fmt.Sprintf("%010d", req.Timestamp)))
	status := uint32(0)
	switch {
	case req.SrcAddr != g.User:
		status = 2
	case req.AuthSrc != string(sum[:]):
		status = 3
	case !g.v30 && req.Version > cmpp.V20+15:
		status = 4
	}
	if g.v30 {
		rsp := r.Packer.(*cmpp.Cmpp3ConnRspPkt)
		rsp.Status, rsp.Version, rsp.Secret, rsp.AuthSrc = status, cmpp.V30, g.Secret, req.AuthSrc
	} else {
		rsp := r.Packer.(*cmpp.Cmpp2ConnRspPkt)
		rsp.Status, rsp.Version, rsp.Secret, rsp.AuthSrc = uint8(status), cmpp.V20, g.Secret, req.AuthSrc
	}
	if status != 0 {
		g.refused++
		return false, errCut
	}
	g.conns[conn] = true
	return false, nil
}

// submitted plays the script. Answer tells whether there is a SUBMIT_RESP.
func (g *CMPPGateway) submitted(conn net.Conn, to []string, part CMPPPart, udh bool, content string) (answer bool, id uint64, result uint32, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	part.To, part.Octets = to[0], len(content)
	digit := part.To[len(part.To)-1]
	g.seen[part.To]++
	switch {
	case g.mute || digit == '5':
		return false, 0, 0, nil
	case digit == '2' && g.seen[part.To] == 1:
		return true, 0, 8, nil
	case digit == '3':
		return true, 0, 13, nil
	}
	body := []byte(content)
	if udh {
		part.UDH, body = body[:6], body[6:]
	}
	for i := 0; i+1 < len(body); i += 2 {
		part.Units = append(part.Units, binary.BigEndian.Uint16(body[i:]))
	}
	g.parts = append(g.parts, part)
	g.days[today()]++
	g.nextID++
	id = g.nextID
	state := "DELIVRD"
	if digit == '1' {
		state = "MK:0001"
	}
	if part.Receipt && digit != '6' {
		receipt := cmpp.CmppReceiptPkt{MsgId: id, Stat: state, SubmitTime: "2611221200", DoneTime: "2611221201", DestTerminalId: part.To, SmscSequence: 1}
		text, packErr := receipt.Pack()
		if packErr != nil {
			return true, 0, 1, packErr
		}
		g.deliver(conn, digit == '8', g.pack(1, part.To, 0, string(text)))
	}
	if digit == '9' && part.Part == part.Parts {
		g.deliver(conn, false, g.pack(0, part.To, 8, "\x00T\x00D"))
	}
	if digit == '7' {
		return false, id, 0, errCut
	}
	return true, id, 0, nil
}

// Reply makes a phone send a text, encoded as format says.
func (g *CMPPGateway) Reply(t testing.TB, from string, format byte, content string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for conn := range g.conns {
		g.deliver(conn, true, g.pack(0, from, format, content))
		return
	}
	t.Fatal("nobody is connected")
}

// pack makes a DELIVER.
func (g *CMPPGateway) pack(receipt byte, from string, format byte, content string) func(uint32) ([]byte, error) {
	g.nextID++
	id := g.nextID
	if g.v30 {
		return (&cmpp.Cmpp3DeliverReqPkt{
			MsgId: id, DestId: g.From, MsgFmt: format, SrcTerminalId: from, RegisterDelivery: receipt, MsgLength: uint8(len(content)), MsgContent: content,
		}).Pack
	}
	return (&cmpp.Cmpp2DeliverReqPkt{
		MsgId: id, DestId: g.From, MsgFmt: format, SrcTerminalId: from, RegisterDelivery: receipt, MsgLength: uint8(len(content)), MsgContent: content,
	}).Pack
}

// deliver hands over a DELIVER: before the answer to the SUBMIT that is under
// way, or in its own time.
func (g *CMPPGateway) deliver(conn net.Conn, first bool, pack func(uint32) ([]byte, error)) {
	g.nextSeq++
	g.pending[g.nextSeq] = delivery{conn: conn, pack: pack}
	b, err := pack(g.nextSeq)
	if err != nil {
		return
	}
	if first {
		_, _ = conn.Write(b) // who has gone gets nothing
		return
	}
	time.AfterFunc(20*time.Millisecond, func() { _, _ = conn.Write(b) })
}
