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

// TestCodesMeanWhatTheDocumentSays lists every code of the document, and answers
// without one. That an account is used up, or may not, says nothing against the
// message.
func TestCodesMeanWhatTheDocumentSays(t *testing.T) {
	const one, all = false, true // the message, every message
	for _, tt := range []struct {
		status, code int
		want         channel.Class
		whole        bool
	}{
		{500, 1000, channel.Retry, one},
		{405, 1001, channel.Config, all},
		{400, 1002, channel.Permanent, one},
		{400, 1003, channel.Permanent, one},
		{401, 1004, channel.Config, all},
		{400, 1005, channel.Permanent, one},
		{400, 1008, channel.Config, all},
		{400, 1009, channel.Config, all},
		{400, 1011, channel.Permanent, one},
		{400, 1012, channel.Throttled, all},
		{404, 1020, channel.Config, all},
		{503, 1030, channel.Retry, one},
		{429, 2002, channel.Throttled, all},
		{403, 2003, channel.Config, all},
		{403, 2004, channel.Config, all},
		{403, 2005, channel.Quota, all},
		{403, 2006, channel.Config, all},
		{403, 2007, channel.Config, all},
		{400, 2008, channel.Quota, all},
		{400, 1999, channel.Permanent, one},
		{429, 0, channel.Throttled, all},
		{401, 0, channel.Config, all},
		{403, 2999, channel.Config, all},
		{302, 0, channel.Config, all},
		{502, 0, channel.Retry, one},
		{200, 0, channel.Accepted, one},
	} {
		r, whole := jpush.Classify(channel.Answer{Status: tt.status, Body: fmt.Appendf(nil, `{"error":{"code":%d,"message":"x"}}`, tt.code)})
		if r.Class != tt.want || whole != tt.whole || r.BadAddress != (tt.code == 1011) || (r.Class == channel.Throttled) != (r.After > 0) {
			t.Errorf("%d, %d: %+v, all %v", tt.status, tt.code, r, whole)
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
		if r.BadAddress && r.Class != channel.Permanent || all && r.Class != channel.Config && r.Class != channel.Throttled && r.Class != channel.Quota || r.Class == channel.Accepted && status/100 != 2 || r.Class == channel.Unknown {
			t.Errorf("%d %q: %+v, %v", status, body, r, all)
		}
	})
}
