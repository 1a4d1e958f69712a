package sms_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
)

// TestTheSignatureStandsWhereTheOperatorWantsIt: wherever it stands, it counts:
// what the phone shows has as many parts as were handed over and are paid for.
func TestTheSignatureStandsWhereTheOperatorWantsIt(t *testing.T) {
	const signature = "【云川县政务公开办】"
	body := func(n int) string { return strings.Repeat("补", n-len([]rune(signature))) } // n with the signature
	for _, tt := range []struct {
		signAt, shown, taken string
		parts                int
	}{
		{"", signature + body(70), signature + body(70), 1},
		{sms.Head, signature + body(71), signature + body(71), 2},
		{sms.Tail, body(70) + signature, body(70) + signature, 1},
		{sms.Tail, body(135) + signature, body(135) + signature, 3},
		{sms.Gateway, signature + body(70), body(70), 1},
		{sms.Gateway, signature + body(71), body(71), 2},
		{sms.Gateway, signature + body(134), body(134), 2},
		{sms.Gateway, signature + "𠮷" + body(134) + "退订回TD", "𠮷" + body(134) + "退订回TD", 3},
	} {
		g := channeltest.StartCMPP(t, true)
		l := dial(t, g, "3.0", nil, func(c *sms.CMPPConfig) { c.Filing = sms.Filing{SignAt: tt.signAt} })
		text := signature + strings.ReplaceAll(tt.shown, signature, "") // as it was composed
		r := l.Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000010", Text: text}})[0]
		parts := g.Parts()
		if r.Class != channel.Accepted || r.Units != tt.parts || len(parts) != tt.parts || g.Text("13800000010") != tt.taken {
			t.Errorf("%q, %d characters: %+v, %d parts: %s", tt.signAt, len([]rune(text)), r, len(parts), g.Text("13800000010"))
		}
		if shown := domain.SMSParts(tt.shown); len(shown) != tt.parts {
			t.Errorf("the phone shows %d parts", len(shown))
		}
		first := len(parts[0].Units) // and what the gateway writes before it
		if tt.signAt == sms.Gateway {
			first += len([]rune(signature))
		}
		if first > 70 || tt.parts > 1 && first > 67 {
			t.Errorf("%q: the first part is of %d characters", tt.signAt, first)
		}
	}
	k := channeltest.StartKannel(t, "")
	l := open(t, sms.KannelConfig{HTTP: sms.HTTP{URL: k.URL}, Username: k.Username, Password: k.Password, From: k.From, Filing: sms.Filing{SignAt: sms.Tail}})
	long := body(100) + "退订回TD"
	if r := l.Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000001", Text: signature + long}})[0]; r.Class != channel.Accepted {
		t.Fatalf("%+v", r)
	}
	wait(t, "the text", func() bool {
		got := k.Received(t)
		return len(got) == 1 && got[0].Text == long+signature
	})
}

// TestWhatWasNotFiledGoesToAnother: an operator drops signatures and texts that
// it does not know without a word, so they are not handed to it.
func TestWhatWasNotFiledGoesToAnother(t *testing.T) {
	filing := sms.Filing{Signatures: []string{"云川县政务公开办", "云川人社"}, Templates: templates(t, filed)}
	g := channeltest.StartCMPP(t, true)
	kannel, hits := gateway(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	kannel.Filing = filing
	open := map[string]func() sms.Provider{
		"cmpp": func() sms.Provider {
			p, err := sms.NewCMPP(sms.CMPPConfig{Address: g.Address, Version: "3.0", User: g.User, Secret: g.Secret, Service: "ZCTS", From: g.From, Filing: filing, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		"kannel": func() sms.Provider {
			p, err := sms.NewKannel(kannel)
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		"mas": func() sms.Provider {
			peer := channeltest.StartVendors(t, "")
			p, err := sms.NewMAS(sms.MASConfig{
				HTTP: sms.HTTP{URL: peer.URL}, Customer: channeltest.MASCustomer, APID: channeltest.MASID, Secret: channeltest.MASSecret,
				Signs: sms.Signs{"云川县政务公开办": channeltest.MASSign}, Templates: templates(t, filed),
			})
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
	}
	for name, provider := range open {
		alone := line(t, provider())
		for text, code := range map[string]string{
			cardText: "",
			strings.Replace(cardText, "云川县政务公开办", "云川文旅", 1): "signature",
			"【云川县政务公开办】今日天气晴。退订回TD":                          "template",
		} {
			r := alone.Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000010", Text: text}})[0]
			if want := map[bool]channel.Class{true: channel.Accepted, false: channel.Config}[code == ""]; r.Class != want || code != "" && r.Code != code {
				t.Errorf("%s, %s: %+v", name, text, r)
			}
		}
	}
	if len(g.Parts()) != 1 || hits.Load() != 1 {
		t.Errorf("taken: %d and %d", len(g.Parts()), hits.Load())
	}
	second := channeltest.StartCMPP(t, false)
	any, err := sms.NewCMPP(sms.CMPPConfig{Address: second.Address, Version: "2.0", User: second.User, Secret: second.Secret, Service: "ZCTS", From: second.From, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r := line(t, open["kannel"](), any).Send(t.Context(), []channel.Message{{Ref: "d1", To: "13800000010", Text: text}})[0]
	if r.Class != channel.Accepted || len(second.Parts()) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestFilingsThatCannotWorkAreRefused(t *testing.T) {
	for _, at := range []string{"middle", sms.Gateway} { // Kannel cuts long texts itself
		if _, err := sms.NewKannel(sms.KannelConfig{HTTP: sms.HTTP{URL: "http://127.0.0.1:1"}, Username: "u", Password: "p", Filing: sms.Filing{SignAt: at}}); domain.KindOf(err) != domain.Invalid {
			t.Errorf("Kannel, %s: %v", at, err)
		}
	}
	if _, err := sms.NewCMPP(sms.CMPPConfig{Address: "127.0.0.1:1", Version: "3.0", User: "900001", Secret: "x", From: "1069", Filing: sms.Filing{SignAt: "middle"}}); domain.KindOf(err) != domain.Invalid {
		t.Errorf("CMPP: %v", err)
	}
	for _, bad := range []string{"", "云川=", "=S1", "云川=S1,云川=S2", "S1,S2"} {
		if signs, err := sms.ParseSigns(bad); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%q: %v %v", bad, signs, err)
		}
	}
	signs, err := sms.ParseSigns("云川发布=S1, 云川人社=S2,S9")
	if err != nil || len(signs) != 3 || !slices.Equal([]string{signs["云川发布"], signs["云川人社"], signs[""]}, []string{"S1", "S2", "S9"}) {
		t.Errorf("%v %v", signs, err)
	}
}
