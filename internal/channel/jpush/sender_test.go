package jpush_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/jpush"
	"policypush/internal/domain"
)

func open(t testing.TB, cfg jpush.Config) *jpush.Sender {
	t.Helper()
	s, err := jpush.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func notice(n int, device, text string) channel.Message {
	return channel.Message{Ref: "d" + strconv.Itoa(n), To: device, Subject: "稳岗返还", Text: text, Link: "https://zc.yunchuan.example/policies/1"}
}

// pushes are the calls that the peer took as pushes.
func pushes(t testing.TB, v *channeltest.Vendors) (calls []map[string]any) {
	for _, entry := range v.Log(t) {
		if entry["k"] == "jpush-push" {
			calls = append(calls, entry)
		}
	}
	return calls
}

func TestEachAnswerHasItsClass(t *testing.T) {
	v := channeltest.StartVendors(t, "")
	for name, tt := range map[string]struct {
		device string
		want   channel.Class
		dead   bool
		after  time.Duration
	}{
		"taken":                  {"dev-a0", channel.Accepted, false, 0},
		"too fast":               {"dev-a2", channel.Throttled, false, time.Second},
		"no such device":         {"dev-a3", channel.Permanent, true, 0},
		"their fault":            {"dev-a4", channel.Retry, false, 0},
		"no device":              {"a b", channel.Permanent, true, 0},
		"cut after it was taken": {"dev-a7", channel.Unknown, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, jpush.Config{URL: v.URL + "/", AppKey: "appkey", Secret: "master"})
			r := s.Send(t.Context(), []channel.Message{notice(1, tt.device, "适用可能性高。"+name)})[0]
			if tt.want == channel.Unknown { // the repetition finds the cid taken: 极光 says what it said
				tt.want = channel.Accepted
			}
			if r.Class != tt.want || r.BadAddress != tt.dead || r.After != tt.after || r.Ref != "d1" || r.Gateway != "jpush" {
				t.Errorf("%+v", r)
			}
		})
	}
	cids := map[any]int{}
	for _, call := range pushes(t, v) {
		cids[call["cid"]]++
	}
	for cid, n := range cids {
		if n > 1 {
			t.Errorf("%v was pushed %d times", cid, n)
		}
	}
	s := open(t, jpush.Config{URL: v.URL, AppKey: "appkey", Secret: "wrong"})
	for _, r := range s.Send(t.Context(), []channel.Message{notice(1, "dev-b0", "甲。"), notice(2, "dev-b0", "乙。")}) {
		if r.Class != channel.Config || r.Code != "1004" {
			t.Errorf("with a wrong key: %+v", r)
		}
	}
}

func TestOneTextIsOneCall(t *testing.T) {
	v := channeltest.StartVendors(t, "")
	s := open(t, jpush.Config{URL: v.URL, AppKey: "appkey", Secret: "master"})
	var ms []channel.Message
	for i := range 1200 {
		ms = append(ms, notice(i, "dev-"+strconv.Itoa(i)+"0", "甲政策。"))
	}
	ms = append(ms, notice(1200, "dev-x0", "乙政策。"))
	for _, r := range s.Send(t.Context(), ms) {
		if r.Class != channel.Accepted {
			t.Fatalf("%+v", r)
		}
	}
	if calls := pushes(t, v); len(calls) != 3 {
		t.Errorf("%d calls", len(calls))
	}
	// One unknown device spoils no other: each is asked for alone.
	for i, r := range s.Send(t.Context(), []channel.Message{notice(1, "dev-y3", "丙。"), notice(2, "dev-y0", "丙。"), notice(3, "dev-y1", "丙。")}) {
		if want := map[bool]channel.Class{true: channel.Permanent, false: channel.Accepted}[i == 0]; r.Class != want {
			t.Errorf("%d: %+v", i, r)
		}
	}
}

func TestWrongSettingsAreRefused(t *testing.T) {
	for name, cfg := range map[string]jpush.Config{"no key": {Secret: "x"}, "no secret": {AppKey: "x"}, "no address": {URL: "api.jpush.cn", AppKey: "x", Secret: "y"}} {
		if _, err := jpush.New(cfg); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatTheAccountMayNotSendHoldsTheChannel: that an account is used up, or may
// not, says nothing against the message.
func TestWhatTheAccountMayNotSendHoldsTheChannel(t *testing.T) {
	for code, want := range map[int]channel.Class{2003: channel.Config, 2004: channel.Config, 2005: channel.Quota, 2008: channel.Quota, 1003: channel.Permanent} {
		r, all := jpush.Classify(channel.Answer{Status: 400, Body: fmt.Appendf(nil, `{"error":{"code":%d,"message":"x"}}`, code)})
		if r.Class != want || all != (want != channel.Permanent) {
			t.Errorf("%d: %+v, all %v", code, r, all)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{`{"sendno":"0","msg_id":"17"}`, `{"sendno":"0","msg_id":17}`, `{"error":{"code":1011,"message":"x"}}`, `{"error":{"code":"x"}}`, "", "<html>", `{"msg_id":{}}`} {
		f.Add(200, s)
		f.Add(400, s)
		f.Add(500, s)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		r, all := jpush.Classify(channel.Answer{Status: status, Header: http.Header{}, Body: []byte(body)})
		if r.BadAddress && r.Class != channel.Permanent || all && r.Class != channel.Config && r.Class != channel.Throttled || r.Class == channel.Accepted && status/100 != 2 || r.Class == channel.Unknown {
			t.Errorf("%d %q: %+v, %v", status, body, r, all)
		}
	})
}
