package cmpp

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	independent "github.com/bigwhite/gocmpp"
)

func TestFramesOfOtherMakers(t *testing.T) {
	t.Run("our SUBMIT", func(t *testing.T) {
		m := Message{Part: 1, Parts: 2, Receipt: true, Service: "ZCTS", User: "900001", From: "106900001", To: "13800000001", UDH: true, Format: 8, Content: []byte{5, 0, 3, 1, 2, 1, 0x65, 0x3f}}
		var v3 independent.Cmpp3SubmitReqPkt
		if err := v3.Unpack(Frame{Command: Submit, Sequence: 7, Body: m.body(V3)}.Bytes()[8:]); err != nil {
			t.Fatal(err)
		}
		if v3.SeqId != 7 || v3.PkTotal != 2 || v3.PkNumber != 1 || v3.RegisteredDelivery != 1 || v3.TpUdhi != 1 || v3.MsgFmt != 8 || v3.SrcId != m.From || v3.DestTerminalId[0] != m.To || v3.MsgSrc != m.User || v3.MsgContent != string(m.Content) || v3.ServiceId != m.Service {
			t.Errorf("%+v", v3)
		}
		var v2 independent.Cmpp2SubmitReqPkt
		if err := v2.Unpack(Frame{Command: Submit, Sequence: 7, Body: m.body(V2)}.Bytes()[8:]); err != nil {
			t.Fatal(err)
		}
		if v2.SeqId != 7 || v2.PkTotal != 2 || v2.SrcId != m.From || v2.DestTerminalId[0] != m.To || v2.MsgContent != string(m.Content) {
			t.Errorf("%+v", v2)
		}
	})
	t.Run("a receipt of 60 octets and one of 71", func(t *testing.T) {
		short, err := (&independent.CmppReceiptPkt{MsgId: 9, Stat: "DELIVRD", SubmitTime: "2611221200", DoneTime: "2611221201", DestTerminalId: "13800000001"}).Pack()
		if err != nil {
			t.Fatal(err)
		}
		long := append(append(bytes.Clone(short[:8+7+10+10+21]), make([]byte, 11)...), short[8+7+10+10+21:]...)
		for _, content := range [][]byte{short, long} {
			rc, err := parseReceipt(content)
			if err != nil || *rc != (Receipt{ID: 9, State: "DELIVRD", To: "13800000001"}) {
				t.Errorf("%d octets: %+v %v", len(content), rc, err)
			}
		}
		if _, err := parseReceipt(short[:30]); err == nil {
			t.Error("a receipt that is cut off is taken")
		}
	})
}

func TestTheProofOfACONNECT(t *testing.T) {
	at := time.Date(2026, 1, 2, 20, 4, 5, 0, time.UTC) // the 3rd in Shanghai
	body := connectBody(V3, "900001", "888888", at)
	if got := binary.BigEndian.Uint32(body[23:]); got != 103040405 || body[22] != 0x30 || len(body) != 27 {
		t.Errorf("%d %x", got, body)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add(Frame{Command: Submit | response, Sequence: 3, Body: make([]byte, 12)}.Bytes())
	f.Add(Frame{Command: Connect | response, Sequence: 1, Body: make([]byte, 18)}.Bytes())
	f.Add(Frame{Command: Query | response, Sequence: 1, Body: append([]byte("20261125"), make([]byte, 43)...)}.Bytes())
	text, err := (&independent.Cmpp3DeliverReqPkt{MsgId: 1, DestId: "1069", MsgFmt: 8, SrcTerminalId: "13800000001", MsgLength: 4, MsgContent: "\x00T\x00D"}).Pack(5)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := ParseFrame(b)
		if err != nil {
			return
		}
		if again := frame.Bytes(); !bytes.Equal(again, b) {
			t.Fatalf("%x became %x", b, again)
		}
		_, _, _ = parseConnected(frame.Body)
		if _, n, err := parseStatistics(frame.Body); err == nil && (n.Taken < 0 || len(frame.Body) < 39) {
			t.Errorf("%+v", n)
		}
		for _, v := range []Version{V2, V3} {
			_, _ = parseSubmitted(frame.Body, v)
			if d, err := parseDelivery(frame.Body, v); err == nil && (len(d.Content) > 255 || len(d.From) > 32 || len(d.To) > 21) {
				t.Errorf("%+v", d)
			}
		}
	})
}
