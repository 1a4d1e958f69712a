package sms_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/channeltest"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
)

// heard is a Sink that keeps what it is told.
type heard struct {
	mu      sync.Mutex
	reports []sms.Report
	replies []sms.Reply
	fail    error // in place of keeping
}

func (h *heard) Report(_ context.Context, r sms.Report) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail == nil {
		h.reports = append(h.reports, r)
	}
	return h.fail
}

func (h *heard) Reply(_ context.Context, r sms.Reply) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail == nil {
		h.replies = append(h.replies, r)
	}
	return h.fail
}

// of waits for the first report about a number.
func (h *heard) of(t *testing.T, phone string) (found sms.Report) {
	t.Helper()
	wait(t, "the report of "+phone, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		i := slices.IndexFunc(h.reports, func(r sms.Report) bool { return r.Phone == phone })
		if i >= 0 {
			found = h.reports[i]
		}
		return i >= 0
	})
	return found
}

// posted serves the callbacks of vendors for a sink.
func posted(t *testing.T, h *heard) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		vendor, what := filepath.Split(strings.TrimPrefix(r.URL.Path, "/"))
		in, known := sms.InboundOf(strings.TrimSuffix(vendor, "/"))
		if err != nil || !known {
			t.Errorf("%s: %v", r.URL, err)
			return
		}
		if what == "report" {
			var rs []sms.Report
			if rs, err = in.Reports(body); err == nil {
				for _, one := range rs {
					_ = h.Report(r.Context(), one)
				}
			}
		} else {
			var rs []sms.Reply
			if rs, err = in.Replies(body); err == nil {
				for _, one := range rs {
					_ = h.Reply(r.Context(), one)
				}
			}
		}
		if err != nil {
			t.Errorf("%s: %v: %s", r.URL, err, body)
		}
		_, _ = io.WriteString(w, in.Ack)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

const filed = `
# as filed with the vendor
SMS_1001 ${policy}：${what}。${sure}，以正式文件为准。退订回TD
SMS_1002 验证码 ${code}，10分钟内有效。如非本人操作，请忽略。
`

func templates(t *testing.T, text string) []sms.Template {
	t.Helper()
	ts, err := sms.ParseTemplates(text)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

const cardText = "【云川县政务公开办】稳岗返还可以申请了：中小微企业，6月30日截止。可能适用，以正式文件为准。退订回TD"

// vendor opens one of the vendors against the peer, with the right or a wrong
// secret.
func vendor(t *testing.T, name, url, secret string) sms.Provider {
	t.Helper()
	var p sms.Provider
	var err error
	h := sms.HTTP{URL: url, Timeout: 3 * time.Second, Grace: 100 * time.Millisecond}
	switch name {
	case "aliyun":
		p, err = sms.NewAliyun(sms.AliyunConfig{HTTP: h, KeyID: channeltest.VendorKeyID, Secret: secret, Templates: templates(t, filed), Now: time.Now})
	case "tencent":
		p, err = sms.NewTencent(sms.TencentConfig{
			HTTP: h, SecretID: channeltest.VendorKeyID, Secret: secret, AppID: "1400000001", Region: "ap-guangzhou",
			Templates: templates(t, strings.NewReplacer("SMS_", "", "${policy}", "{1}", "${what}", "{2}", "${sure}", "{3}", "${code}", "{1}").Replace(filed)), Now: time.Now,
		})
	case "mas":
		p, err = sms.NewMAS(sms.MASConfig{HTTP: h, Customer: channeltest.MASCustomer, APID: channeltest.MASID, Secret: secret, Signs: sms.Signs{"": channeltest.MASSign}})
	case "mas with templates":
		p, err = sms.NewMAS(sms.MASConfig{
			HTTP: h, Customer: channeltest.MASCustomer, APID: channeltest.MASID, Secret: secret, Signs: sms.Signs{"": channeltest.MASSign}, Templates: templates(t, filed),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestVendorsAsTheyAnswer(t *testing.T) {
	back := &heard{}
	peer := channeltest.StartVendors(t, posted(t, back))
	secrets := map[string]string{"aliyun": channeltest.VendorSecret, "tencent": channeltest.VendorSecret, "mas": channeltest.MASSecret, "mas with templates": channeltest.MASSecret}
	prefix := map[string]string{"aliyun": "1380000001", "tencent": "1380000002", "mas": "1380000003", "mas with templates": "1380000004"}
	for name, secret := range secrets {
		t.Run(name, func(t *testing.T) {
			send := func(digit string) channel.Result {
				p := vendor(t, name, peer.URL, secret)
				return line(t, p).Send(t.Context(), []channel.Message{{Ref: "d1" + digit, To: prefix[name] + digit, Text: cardText}})[0]
			}
			want := map[string]struct {
				class channel.Class
				dead  bool
			}{
				"0": {class: channel.Accepted}, "1": {class: channel.Accepted}, "2": {class: channel.Throttled},
				"3": {class: channel.Permanent, dead: true}, "4": {class: channel.Unknown}, "6": {class: channel.Accepted},
				"7": {class: channel.Unknown}, "9": {class: channel.Accepted},
			}
			switch {
			case name == "tencent": // a black list, not a dead number
				want["3"] = struct {
					class channel.Class
					dead  bool
				}{class: channel.Permanent}
			case strings.HasPrefix(name, "mas"): // a code that nobody has heard of
				want["2"] = struct {
					class channel.Class
					dead  bool
				}{class: channel.Retry}
			}
			for digit, w := range want {
				r := send(digit)
				if r.Class != w.class || r.BadAddress != w.dead || r.Gateway != strings.Fields(name)[0] || r.Ref != "d1"+digit {
					t.Errorf("digit %s: %+v, want %s", digit, r, w.class)
				}
				if r.Class == channel.Accepted && r.GatewayRef == "" {
					t.Errorf("digit %s: no number of the vendor: %+v", digit, r)
				}
				if strings.Contains(r.Note, prefix[name]) {
					t.Errorf("the note tells the number: %q", r.Note)
				}
			}
			t.Run("a wrong secret is our settings' fault, for all", func(t *testing.T) {
				p := vendor(t, name, peer.URL, "wrong")
				r, whole := p.Submit(t.Context(), sms.Text{Ref: "d1", To: prefix[name] + "0", Full: cardText, Signature: "云川县政务公开办", Body: strings.SplitAfter(cardText, "】")[1]})
				if r.Class != channel.Config || !whole {
					t.Errorf("%+v %v", r, whole)
				}
				_ = p.Close()
			})
			t.Run("receipts and replies come back", func(t *testing.T) {
				if r := back.of(t, prefix[name]+"0"); r.State != domain.Delivered || r.Ref == "" && r.GatewayRef == "" {
					t.Errorf("%+v", r)
				}
				if r := back.of(t, prefix[name]+"1"); r.State != domain.Failed || !r.BadAddress || r.Code != "MK:0001" {
					t.Errorf("%+v", r)
				}
				if r := back.of(t, prefix[name]+"7"); r.State != domain.Delivered { // what was in doubt is settled
					t.Errorf("%+v", r)
				}
				wait(t, "the reply", func() bool {
					back.mu.Lock()
					defer back.mu.Unlock()
					return slices.ContainsFunc(back.replies, func(r sms.Reply) bool { return r.From == prefix[name]+"9" && r.Stop })
				})
			})
		})
	}
	t.Run("our reference comes back from 阿里云", func(t *testing.T) {
		if r := back.of(t, prefix["aliyun"]+"0"); r.Ref != "d10" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("signature, template and variables arrive", func(t *testing.T) {
		want := map[string]channeltest.VendorMessage{
			"aliyun":             {Sign: "云川县政务公开办", Template: "SMS_1001", Values: json.RawMessage(`{"policy":"稳岗返还可以申请了","sure":"可能适用","what":"中小微企业，6月30日截止"}`)},
			"tencent":            {Sign: "云川县政务公开办", Template: "1001", Values: json.RawMessage(`["稳岗返还可以申请了","中小微企业，6月30日截止","可能适用"]`)},
			"mas":                {Sign: "SIGN01", Values: json.RawMessage(`"` + strings.TrimPrefix(cardText, "【云川县政务公开办】") + `"`)},
			"mas with templates": {Sign: "SIGN01", Template: "SMS_1001", Values: json.RawMessage(`["稳岗返还可以申请了","中小微企业，6月30日截止","可能适用"]`)},
		}
		for _, m := range peer.Taken(t) {
			for name, w := range want {
				if m.Phone == prefix[name]+"0" && (m.Sign != w.Sign || m.Template != w.Template || string(m.Values) != string(w.Values)) {
					t.Errorf("%s got %+v %s", name, m, m.Values)
				}
			}
		}
	})
	t.Run("callbacks are answered as the vendors want it", func(t *testing.T) {
		want := map[string]string{"aliyun": `{"code":0,"msg":"接收成功"}`, "tencent": `{"result":0,"errmsg":"OK"}`, "mas": `{"success":true}`}
		wait(t, "answers to callbacks", func() bool { return len(peer.Answers(t)) >= 20 })
		for _, a := range peer.Answers(t) {
			if name := strings.Split(a.Path, "/")[1]; a.Status != 200 || a.Text != want[name] {
				t.Errorf("%+v", a)
			}
		}
	})
}

func TestAMuteVendorLeavesTheMessageInDoubt(t *testing.T) {
	peer := channeltest.StartVendors(t, "")
	for _, name := range []string{"aliyun", "tencent", "mas"} {
		secret := channeltest.VendorSecret
		if name == "mas" {
			secret = channeltest.MASSecret
		}
		before := peer.Requests(t)
		ctx, cancel := context.WithCancel(t.Context())
		l := line(t, vendor(t, name, peer.URL, secret))
		done := make(chan channel.Result)
		go func() { done <- l.Send(ctx, []channel.Message{{Ref: "d1", To: "13800000005", Text: cardText}})[0] }()
		wait(t, "the request", func() bool { return peer.Requests(t) > before })
		cancel()
		if r := <-done; r.Class != channel.Unknown {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestWhatIsInDoubtIsAskedAbout(t *testing.T) {
	peer := channeltest.StartVendors(t, "")
	l := line(t, vendor(t, "aliyun", peer.URL, channeltest.VendorSecret), vendor(t, "tencent", peer.URL, channeltest.VendorSecret))
	for i, to := range []string{"13800000007", "13800000001"} { // cut off; failed
		_ = l.Send(t.Context(), []channel.Message{{Ref: []string{"d7", "d1"}[i], To: to, Text: cardText}})
	}
	now := time.Now()
	fates, err := l.Query(t.Context(), []channel.Inquiry{
		{Ref: "d7", Gateway: "aliyun", To: "13800000007", At: now},
		{Ref: "d1", To: "13800000001", At: now}, // a worker died: whose it was nobody knows
		{Ref: "d8", To: "13800000008", At: now}, // never came to anybody
		{Ref: "d7", Gateway: "kannel", To: "13800000007", At: now},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []channel.Fate{
		{Ref: "d7", State: domain.Delivered, Gateway: "aliyun", Code: "DELIVERED"},
		{Ref: "d1", State: domain.Failed, Gateway: "aliyun", Code: "MK:0001", BadAddress: true},
	}
	if !slices.Equal(fates, want) {
		t.Errorf("%+v", fates)
	}
	tencent := line(t, vendor(t, "tencent", peer.URL, channeltest.VendorSecret))
	r := tencent.Send(t.Context(), []channel.Message{{Ref: "d70", To: "13900000007", Text: cardText}})[0]
	if r.Class != channel.Unknown {
		t.Fatalf("%+v", r)
	}
	fates, err = tencent.Query(t.Context(), []channel.Inquiry{{Ref: "d70", Gateway: "tencent", To: "13900000007", At: now}})
	if err != nil || len(fates) != 1 || fates[0].State != domain.Delivered || fates[0].GatewayRef == "" {
		t.Errorf("%+v %v", fates, err)
	}
	wrong := line(t, vendor(t, "aliyun", peer.URL, "wrong"))
	if _, err := wrong.Query(t.Context(), []channel.Inquiry{{Ref: "d7", To: "13800000007", At: now}}); err == nil || strings.Contains(err.Error(), "13800000007") {
		t.Errorf("an answer that is none: %v", err)
	}
}

func TestReceiptsArePulled(t *testing.T) {
	peer := channeltest.StartVendors(t, "")
	p, err := sms.NewTencent(sms.TencentConfig{
		HTTP: sms.HTTP{URL: peer.URL}, SecretID: channeltest.VendorKeyID, Secret: channeltest.VendorSecret, AppID: "1400000001", Region: "ap-guangzhou",
		Templates: templates(t, "1 {1}"), Pull: 20 * time.Millisecond, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	l := line(t, p)
	back := &heard{}
	ctx, cancel := context.WithCancel(t.Context())
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		l.Listen(ctx, back)
	}()
	_ = l.Send(t.Context(), []channel.Message{{Ref: "d6", To: "13800000006", Text: cardText}, {Ref: "d1", To: "13800000001", Text: cardText}, {Ref: "d9", To: "13800000009", Text: cardText}})
	if r := back.of(t, "13800000006"); r.Ref != "d6" || r.State != domain.Delivered {
		t.Errorf("%+v", r)
	}
	if r := back.of(t, "13800000001"); r.Ref != "d1" || r.State != domain.Failed || !r.BadAddress {
		t.Errorf("%+v", r)
	}
	wait(t, "the reply", func() bool {
		back.mu.Lock()
		defer back.mu.Unlock()
		return len(back.replies) == 1 && back.replies[0].Stop && back.replies[0].From == "13800000009"
	})
	cancel()
	<-listening
}

// TestReceiptsAreFetchedFromQueues: what cannot be kept stays in the queue and
// comes again; what is kept is gone for every process.
func TestReceiptsAreFetchedFromQueues(t *testing.T) {
	peer := channeltest.StartVendors(t, "")
	open := func() *sms.Line {
		p, err := sms.NewAliyun(sms.AliyunConfig{
			HTTP: sms.HTTP{URL: peer.URL}, KeyID: channeltest.VendorKeyID, Secret: channeltest.VendorSecret, Templates: templates(t, filed), Now: time.Now,
			Queues: sms.AliyunQueues{Names: []string{"Alicom-Queue-1-SmsReport", "Alicom-Queue-1-SmsUp"}, URL: peer.URL + "/", TokenURL: peer.URL, Wait: time.Second},
		})
		if err != nil {
			t.Fatal(err)
		}
		return line(t, p)
	}
	l := open()
	back := &forgetful{heard: &heard{}, left: 3}
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	for _, one := range []*sms.Line{l, open()} { // two processes
		listening.Go(func() { one.Listen(ctx, back) })
	}
	var ms []channel.Message
	for i := range 40 {
		ms = append(ms, channel.Message{Ref: fmt.Sprint("d", i), To: fmt.Sprintf("1380000%03d0", i), Text: cardText})
	}
	ms = append(ms, channel.Message{Ref: "e6", To: "13900000006", Text: cardText}, channel.Message{Ref: "e1", To: "13900000001", Text: cardText}, channel.Message{Ref: "e9", To: "13900000009", Text: cardText})
	for _, r := range l.Send(t.Context(), ms) {
		if r.Class != channel.Accepted {
			t.Fatalf("%+v", r)
		}
	}
	wait(t, "receipts and a reply", func() bool {
		back.mu.Lock()
		defer back.mu.Unlock()
		return len(back.reports) >= len(ms) && len(back.replies) == 1
	})
	if r := back.of(t, "13900000006"); r.Ref != "e6" || r.State != domain.Delivered || r.GatewayRef == "" {
		t.Errorf("%+v", r)
	}
	if r := back.of(t, "13900000001"); r.Ref != "e1" || r.State != domain.Failed || !r.BadAddress {
		t.Errorf("%+v", r)
	}
	cancel()
	listening.Wait()
	if len(back.reports) != len(ms) || !back.replies[0].Stop || back.replies[0].From != "13900000009" || back.left != 0 {
		t.Errorf("%d reports, replies %+v, %d forgotten", len(back.reports), back.replies, back.left)
	}
	for _, name := range []string{"", "Alicom-Queue-1", "Alicom-Queue-1-VoiceReport", "a/../b-SmsUp"} {
		_, err := sms.NewAliyun(sms.AliyunConfig{
			HTTP: sms.HTTP{URL: peer.URL}, KeyID: "x", Secret: "y", Templates: templates(t, filed), Queues: sms.AliyunQueues{Names: []string{name}},
		})
		if domain.KindOf(err) != domain.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// forgetful is a sink that cannot keep the first reports.
type forgetful struct {
	*heard
	left int
}

func (f *forgetful) Report(ctx context.Context, r sms.Report) error {
	f.mu.Lock()
	forgets := f.left > 0
	if forgets {
		f.left--
	}
	f.mu.Unlock()
	if forgets {
		return fmt.Errorf("no room")
	}
	return f.heard.Report(ctx, r)
}

func TestProvidersThatCountAreAskedForTheirCount(t *testing.T) {
	peer := channeltest.StartVendors(t, "")
	l := line(t, vendor(t, "aliyun", peer.URL, channeltest.VendorSecret))
	second := line(t, vendor(t, "tencent", peer.URL, channeltest.VendorSecret), vendor(t, "mas", peer.URL, channeltest.MASSecret))
	for _, to := range []string{"13800000000", "13800000001", "13800000003"} { // sent; sent and failed; refused
		l.Send(t.Context(), []channel.Message{{Ref: "d1", To: to, Text: cardText}})
		second.Send(t.Context(), []channel.Message{{Ref: "d1", To: to, Text: cardText}})
	}
	y, m, d := time.Now().In(time.FixedZone("CST", 8*60*60)).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	for name, l := range map[string]*sms.Line{"aliyun": l, "tencent": second} { // 云MAS keeps none
		got, err := l.Statement(t.Context(), today, today.AddDate(0, 0, 1))
		want := []channel.Tally{{Gateway: name, Accepted: 2, Receipts: true, Delivered: 1, Failed: 1}}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		got, err = l.Statement(t.Context(), today.AddDate(0, 0, -1), today)
		if want = []channel.Tally{{Gateway: name, Receipts: true}}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%s, the day before: %+v %v", name, got, err)
		}
	}
	wrong := line(t, vendor(t, "aliyun", peer.URL, "wrong"), vendor(t, "tencent", peer.URL, "wrong"))
	got, err := wrong.Statement(t.Context(), today, today.AddDate(0, 0, 1))
	if err == nil || len(got) > 0 || !strings.Contains(err.Error(), "SignatureDoesNotMatch") || !strings.Contains(err.Error(), "AuthFailure") {
		t.Errorf("with a wrong key: %+v %v", got, err)
	}
}

// TestAMuteVendorHoldsNobodyUp: against real sockets, a vendor that takes requests and does
// not answer holds nobody up: what it may have is in doubt, the rest and all that
// comes later goes out by the other one, and when it answers after all, each of
// its messages is settled by that. Nobody gets a message from both.
func TestAMuteVendorHoldsNobodyUp(t *testing.T) {
	mute, works := channeltest.StartVendors(t, ""), channeltest.StartVendors(t, "")
	first, err := sms.NewAliyun(sms.AliyunConfig{
		HTTP: sms.HTTP{URL: mute.URL, Connections: 4, Timeout: time.Minute}, KeyID: channeltest.VendorKeyID, Secret: channeltest.VendorSecret,
		Templates: templates(t, filed), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	l := sms.NewLine(sms.LineConfig{
		Providers: []sms.Provider{first, vendor(t, "tencent", works.URL, channeltest.VendorSecret)}, Patience: 3 * time.Second,
	})
	h := &heard{}
	ctx, end := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() { l.Listen(ctx, h) })
	defer listening.Wait()
	defer end()
	send := func(from, n int) map[string]string {
		ms := texts(from, n)
		for i := range ms {
			ms[i].To, ms[i].Text = fmt.Sprintf("1380000%03d0", from+i), cardText
		}
		of := map[string]string{}
		for _, r := range l.Send(t.Context(), ms) {
			of[r.Ref] = r.Gateway + " " + r.Class.String()
		}
		return of
	}
	count := func(of map[string]string) map[string]int {
		n := map[string]int{}
		for _, what := range of {
			n[what]++
		}
		return n
	}
	mute.Freeze(t)
	sent := send(100, 20) // which comes back although no answer has come
	if got := count(sent); !maps.Equal(got, map[string]int{"aliyun unknown": 4, "tencent accepted": 16}) {
		t.Fatalf("%v", got)
	}
	if got := count(send(200, 100)); !maps.Equal(got, map[string]int{"tencent accepted": 100}) {
		t.Errorf("later: %v", got)
	}
	h.mu.Lock()
	early := len(h.reports)
	h.mu.Unlock()
	if early > 0 {
		t.Errorf("%d reports before it answered", early)
	}
	mute.Thaw(t)
	for ref, what := range sent {
		if what != "aliyun unknown" {
			continue
		}
		r := h.of(t, "1380000"+strings.TrimPrefix(ref, "d")+"0")
		if r.Ref != ref || r.State != domain.Accepted || r.GatewayRef == "" || r.Provider != "aliyun" {
			t.Errorf("%+v", r)
		}
	}
	taken := map[string]int{}
	for _, m := range append(mute.Taken(t), works.Taken(t)...) {
		taken[m.Ref]++
	}
	for ref, n := range taken {
		if n != 1 {
			t.Errorf("%s was taken %d times", ref, n)
		}
	}
	if len(taken) != 120 || len(mute.Taken(t)) != 4 {
		t.Errorf("%d were taken, %d of them late", len(taken), len(mute.Taken(t)))
	}
}
