package sms_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
)

// scripted is a provider without a network, in the time of a synctest bubble.
// It counts by reference what it was handed, and what it has really sent.
type scripted struct {
	name   string
	window int
	takes  time.Duration // for an answer

	mu     sync.Mutex
	answer func(t sms.Text) (r channel.Result, whole, sent bool)
	mute   bool // takes every message and never answers
	handed map[string][]time.Time
	sent   map[string]int
}

func provider(name string) *scripted {
	return &scripted{name: name, window: 16, takes: 20 * time.Millisecond, handed: map[string][]time.Time{}, sent: map[string]int{}}
}

func (p *scripted) Name() string { return p.name }
func (p *scripted) Window() int  { return p.window }
func (p *scripted) Close() error { return nil }

func (p *scripted) Submit(ctx context.Context, t sms.Text) (channel.Result, bool) {
	p.mu.Lock()
	p.handed[t.Ref] = append(p.handed[t.Ref], time.Now())
	mute, answer := p.mute, p.answer
	p.mu.Unlock()
	if mute {
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
		return channel.Result{Class: channel.Unknown, Code: "no-answer"}, false
	}
	time.Sleep(p.takes)
	r, whole, sent := channel.Result{Class: channel.Accepted}, false, true
	if answer != nil {
		r, whole, sent = answer(t)
	}
	if sent {
		p.mu.Lock()
		p.sent[t.Ref]++
		p.mu.Unlock()
	}
	return r, whole
}

// set changes how a provider behaves from now on.
func (p *scripted) set(mute bool, answer func(sms.Text) (channel.Result, bool, bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute, p.answer = mute, answer
}

func always(r channel.Result, whole bool) func(sms.Text) (channel.Result, bool, bool) {
	return func(sms.Text) (channel.Result, bool, bool) { return r, whole, r.Class == channel.Accepted }
}

// since counts what a provider was handed from a time on.
func (p *scripted) since(at time.Time) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, times := range p.handed {
		for _, t := range times {
			if !t.Before(at) {
				n++
			}
		}
	}
	return n
}

// texts are n messages with references from a first on.
func texts(first, n int) []channel.Message {
	ms := make([]channel.Message, n)
	for i := range ms {
		ms[i] = channel.Message{Ref: fmt.Sprint("d", first+i), To: fmt.Sprintf("138%08d", first+i), Text: text}
	}
	return ms
}

// traffic sends batches of fifty, four at a time, as workers do, for a while:
// about perSecond messages a second. It returns every result by reference.
func traffic(l *sms.Line, first, perSecond int, lasts time.Duration) map[string]channel.Result {
	results := map[string]channel.Result{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	end := time.Now().Add(lasts)
	next := first
	for lane := range 4 {
		wg.Go(func() {
			for pace := time.Second * 200 / time.Duration(perSecond); time.Now().Before(end); {
				began := time.Now()
				mu.Lock()
				ms := texts(next, 50)
				next += 50
				mu.Unlock()
				for _, r := range l.Send(context.Background(), ms) {
					mu.Lock()
					results[r.Ref] = r
					mu.Unlock()
				}
				time.Sleep(pace - time.Since(began) + time.Duration(lane)*time.Millisecond)
			}
		})
	}
	wg.Wait()
	return results
}

// TestADeadProviderGetsNextToNothing: however a provider dies, ten seconds later
// it gets less than a hundredth of the messages; the other one gets the rest,
// no message is sent twice, and what may have gone out is told so.
func TestADeadProviderGetsNextToNothing(t *testing.T) {
	for name, die := range map[string]func(p *scripted){
		"refuses connections": func(p *scripted) {
			p.set(false, always(channel.Result{Class: channel.Retry, Code: "connect"}, false))
		},
		"says nothing any more": func(p *scripted) { p.set(true, nil) },
		"cuts connections after it took the message": func(p *scripted) {
			p.set(false, func(sms.Text) (channel.Result, bool, bool) {
				return channel.Result{Class: channel.Unknown}, false, true
			})
		},
		"refuses our key": func(p *scripted) {
			p.set(false, always(channel.Result{Class: channel.Config, Code: "SignatureDoesNotMatch"}, true))
		},
		"is used up": func(p *scripted) { p.set(false, always(channel.Result{Class: channel.Quota}, true)) },
		"fails half of the time": func(p *scripted) {
			p.set(false, func(sms.Text) (channel.Result, bool, bool) {
				if rand.IntN(2) == 0 {
					return channel.Result{Class: channel.Accepted}, false, true
				}
				return channel.Result{Class: channel.Retry, Code: "connect"}, false, false
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second := provider("first"), provider("second")
				var changes []string
				var mu sync.Mutex
				l := sms.NewLine(sms.LineConfig{Providers: []sms.Provider{first, second}, Changed: func(p string, up bool, _ channel.Result) {
					mu.Lock()
					defer mu.Unlock()
					changes = append(changes, fmt.Sprint(p, " ", up))
				}})
				before := traffic(l, 0, 200, 5*time.Second)
				if second.since(time.Time{}) > 0 {
					t.Error("the second was used though the first works")
				}
				died := time.Now()
				die(first)
				after := traffic(l, 100_000, 200, 2*time.Minute)
				late := died.Add(10 * time.Second)
				dead, alive := first.since(late), second.since(late)
				half := strings.Contains(name, "half")
				if share := float64(dead) / float64(dead+alive); !half && share >= 0.01 {
					t.Errorf("ten seconds later the dead one got %d of %d", dead, dead+alive)
				}
				unknown := 0
				for ref, r := range after {
					n := first.sent[ref] + second.sent[ref]
					handed := len(first.handed[ref]) + len(second.handed[ref])
					switch {
					case n > 1:
						t.Fatalf("%s was sent %d times", ref, n)
					case r.Class == channel.Accepted && n != 1:
						t.Fatalf("%s is told as accepted and was sent %d times", ref, n)
					case r.Class == channel.Unknown && (r.Gateway != "first" || len(second.handed[ref]) > 0):
						t.Fatalf("%s may have gone out and was handed on: %+v", ref, r)
					case r.Class == channel.Unknown:
						unknown++
					case r.Class != channel.Accepted:
						t.Fatalf("%s was taken by nobody: %+v", ref, r)
					}
					if handed > 2 {
						t.Fatalf("%s was handed over %d times", ref, handed)
					}
				}
				if unknown > 300 {
					t.Errorf("%d of %d are in doubt", unknown, len(after))
				}
				first.set(false, nil)
				synctest.Wait()
				again := time.Now()
				_ = traffic(l, 200_000, 50, 12*time.Minute)
				if got := first.since(again.Add(11 * time.Minute)); got < 2500 {
					t.Errorf("the first works again and got only %d", got)
				}
				if len(before) == 0 || !half && !slices.Equal(changes, []string{"first false", "first true"}) {
					t.Errorf("%d messages, changes %v", len(before), changes)
				}
			})
		})
	}
}

// TestWhatFailsOver: only what a provider certainly did not take goes to the
// next, with the same reference.
func TestWhatFailsOver(t *testing.T) {
	for name, tt := range map[string]struct {
		answer channel.Result
		whole  bool
		over   bool
	}{
		"accepted":                      {channel.Result{Class: channel.Accepted}, false, false},
		"not connected":                 {channel.Result{Class: channel.Retry, Code: "connect"}, false, true},
		"all too fast":                  {channel.Result{Class: channel.Throttled, After: time.Second}, true, true},
		"this number too often":         {channel.Result{Class: channel.Throttled, After: time.Hour}, false, false},
		"used up":                       {channel.Result{Class: channel.Quota}, true, true},
		"a signature it does not know":  {channel.Result{Class: channel.Config}, false, true},
		"our key is wrong":              {channel.Result{Class: channel.Config}, true, true},
		"refused for good":              {channel.Result{Class: channel.Permanent, Code: "x", BadAddress: true}, false, false},
		"no answer: it may be sent yet": {channel.Result{Class: channel.Unknown}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second := provider("first"), provider("second")
				first.set(false, always(tt.answer, tt.whole))
				l := sms.NewLine(sms.LineConfig{Providers: []sms.Provider{first, second}})
				r := l.Send(t.Context(), texts(1, 1))[0]
				if over := len(second.handed["d1"]) > 0; over != tt.over {
					t.Errorf("handed on: %v, %+v", over, r)
				}
				want, from := tt.answer.Class, "first"
				if tt.over {
					want, from = channel.Accepted, "second"
				}
				if r.Class != want || r.Gateway != from || r.Ref != "d1" {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

// TestNobodyTakesIt: a message that waits for its providers costs no attempt
// unless one was made, and comes back when the first of them may be tried.
func TestNobodyTakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		only := provider("only")
		only.set(false, always(channel.Result{Class: channel.Retry, Code: "connect"}, false))
		l := sms.NewLine(sms.LineConfig{Providers: []sms.Provider{only}})
		classes := map[channel.Class]int{}
		for _, r := range l.Send(t.Context(), texts(1, 50)) {
			classes[r.Class]++
			if r.Class == channel.Throttled && (r.After < time.Second || r.After > 2*time.Second || r.Code != "resting") {
				t.Fatalf("%+v", r)
			}
		}
		if classes[channel.Retry] == 0 || classes[channel.Retry] > 18 || classes[channel.Retry]+classes[channel.Throttled] != 50 {
			t.Errorf("%v", classes)
		}
		// It is probed by single messages, ever more rarely.
		start := time.Now()
		for time.Since(start) < 10*time.Minute {
			_ = l.Send(t.Context(), texts(1000, 1))
			time.Sleep(100 * time.Millisecond)
		}
		if got := only.since(start); got < 10 || got > 20 {
			t.Errorf("%d probes in ten minutes", got)
		}
		only.set(false, nil)
		time.Sleep(time.Minute)
		for _, r := range l.Send(t.Context(), texts(2000, 1)) {
			if r.Class != channel.Accepted {
				t.Errorf("works again: %+v", r)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		quota, settings := provider("quota"), provider("settings")
		quota.set(false, always(channel.Result{Class: channel.Quota, Code: "isv.AMOUNT_NOT_ENOUGH"}, true))
		settings.set(false, always(channel.Result{Class: channel.Config, Code: "3"}, true))
		l := sms.NewLine(sms.LineConfig{Providers: []sms.Provider{settings, quota}})
		for range 2 {
			for _, r := range l.Send(t.Context(), texts(1, 10)) {
				if r.Class != channel.Quota || r.Gateway != "quota" {
					t.Fatalf("%+v", r)
				}
			}
		}
	})
}

// TestASilentProviderHoldsNobody: whoever sends gets what was taken by others
// when the line's patience ends, however long the silent one keeps its messages;
// these are in doubt, and settled by what it answers late. Nothing is handed to
// a second one.
func TestASilentProviderHoldsNobody(t *testing.T) {
	for name, tt := range map[string]struct {
		answers time.Duration // how late
		class   channel.Class
		state   domain.DeliveryState // reported then; "" is nothing
	}{
		"it is only slow":               {8 * time.Second, channel.Accepted, domain.Accepted},
		"it refuses late":               {20 * time.Second, channel.Permanent, domain.Failed},
		"it says late that it has none": {20 * time.Second, channel.Retry, ""},
		"it never answers":              {time.Minute, channel.Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				silent, second := provider("silent"), provider("second")
				silent.takes = tt.answers
				silent.set(false, always(channel.Result{Class: tt.class, GatewayRef: "g"}, false))
				l := sms.NewLine(sms.LineConfig{Providers: []sms.Provider{silent, second}, Patience: 2 * time.Second})
				h := &heard{}
				ctx, end := context.WithCancel(t.Context())
				var listening sync.WaitGroup
				listening.Go(func() { l.Listen(ctx, h) })
				synctest.Wait()
				began := time.Now()
				send, over := context.WithCancel(t.Context())
				counts := map[string]int{}
				for _, r := range l.Send(send, texts(1, 100)) {
					counts[r.Gateway+" "+r.Class.String()+" "+r.Code]++
				}
				over() // as a task that is done; the calls go on
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("the sender was held for %s", took)
				}
				if want := map[string]int{"silent unknown silent": 16, "second accepted ": 84}; !maps.Equal(counts, want) {
					t.Errorf("%v", counts)
				}
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				told := map[string]int{}
				for _, r := range h.reports {
					if r.State != tt.state || r.Provider != "silent" || r.GatewayRef != "g" || len(second.handed[r.Ref]) > 0 {
						t.Errorf("%+v", r)
					}
					told[r.Ref]++
				}
				if (tt.state == "") != (len(told) == 0) || len(told) != len(h.reports) || tt.state != "" && len(told) != 16 {
					t.Errorf("%d reports of %d messages", len(h.reports), len(told))
				}
				end()
				listening.Wait()
			})
		})
	}
}

// TestAMessageWithoutAnAnswerHoldsNobody: a provider that answers all but a few
// is not silent; those few alone are in doubt.
func TestAMessageWithoutAnAnswerHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		only := provider("only")
		only.set(false, func(m sms.Text) (channel.Result, bool, bool) {
			if strings.HasSuffix(m.Ref, "7") {
				time.Sleep(time.Minute)
				return channel.Result{Class: channel.Unknown, Code: "no-answer"}, false, true
			}
			return channel.Result{Class: channel.Accepted}, false, true
		})
		l := sms.NewLine(sms.LineConfig{Providers: []sms.Provider{only}})
		began, counts := time.Now(), map[channel.Class]int{}
		for _, r := range l.Send(t.Context(), texts(1, 100)) {
			counts[r.Class]++
		}
		if took := time.Since(began); counts[channel.Unknown] != 10 || counts[channel.Accepted] != 90 || took > 6*time.Second {
			t.Errorf("%v in %s", counts, took)
		}
		time.Sleep(2 * time.Minute) // until the last call is over
	})
}

func TestWhatIsAgainstTheRulesIsHandedToNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider("only")
		l := sms.NewLine(sms.LineConfig{Providers: []sms.Provider{p}, Check: func(m channel.Message) []string {
			if strings.Contains(m.Text, "中奖") {
				return []string{"含有运营商会拦截的词“中奖”"}
			}
			return nil
		}})
		ms := texts(1, 2)
		ms[1].Text = "【云川】恭喜中奖。退订回TD"
		rs := l.Send(t.Context(), ms)
		if rs[0].Class != channel.Accepted || rs[1].Class != channel.Permanent || rs[1].Code != "lint" || rs[1].BadAddress || !strings.Contains(rs[1].Note, "中奖") || len(p.handed) != 1 {
			t.Errorf("%+v", rs)
		}
	})
}

func TestTemplatesTakeTextsApart(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		line int // of the mistake; 0: none
	}{
		"as it should be":            {"# 说明\n\nSMS_1 ${a}：${b}。退订回TD\r\nSMS_2 验证码{1}", 0},
		"nothing":                    {"", 0},
		"no text":                    {"SMS_1", 1},
		"two variables side by side": {"SMS_1 ok\nSMS_2 ${a}${b}", 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sms.ParseTemplates(tt.text)
			if (err != nil) != (tt.line > 0) || err != nil && !strings.Contains(err.Error(), fmt.Sprintf("第%d行", tt.line)) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := sms.LoadTemplates("no such file"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("%v", err)
	}
}

func FuzzTemplates(f *testing.F) {
	f.Add("SMS_1 ${a}：${b}。退订回TD\n# x\nSMS_2 {1}")
	f.Fuzz(func(_ *testing.T, text string) { _, _ = sms.ParseTemplates(text) })
}

func FuzzInbound(f *testing.F) {
	f.Add("aliyun", []byte(`[{"phone_number":"13800000001","success":false,"err_code":"MK:0001","biz_id":"1^0","out_id":"d1"}]`))
	f.Add("tencent", []byte(`[{"mobile":"13800000001","report_status":"SUCCESS","errmsg":"DELIVRD","sid":"5000:1"}]`))
	f.Add("tencent", []byte(`{"extend":"","mobile":"13800000009","text":"TD","time":1}`))
	f.Add("mas", []byte(`[{"reportStatus":"CM:0000","mobile":"13800000001","errorCode":"DELIVRD","msgGroup":"05121"}]`))
	f.Fuzz(func(t *testing.T, provider string, body []byte) {
		in, known := sms.InboundOf(provider)
		if !known {
			return
		}
		reports, err := in.Reports(body)
		for _, r := range reports {
			if err != nil || len(r.Phone) != 11 || r.Ref == "" && r.GatewayRef == "" || r.State == "" || strings.ContainsAny(r.GatewayRef, "\n ") || r.Ref != "" && !channel.ValidRef(r.Ref) {
				t.Errorf("%+v %v", r, err)
			}
		}
		replies, err := in.Replies(body)
		for _, r := range replies {
			if err != nil || len(r.From) != 11 {
				t.Errorf("%+v %v", r, err)
			}
		}
	})
}

func TestCallbacksThatAreNoneAreRefused(t *testing.T) {
	for _, provider := range []string{"aliyun", "tencent", "mas"} {
		in, _ := sms.InboundOf(provider)
		for _, body := range []string{"", "x", `"text"`, "[1]", `[{"phone_number":1}]`, "[" + strings.Repeat("{},", 5000) + "{}]"} {
			if rs, err := in.Reports([]byte(body)); err == nil && len(rs) > 0 {
				t.Errorf("%s took %.40q: %+v", provider, body, rs)
			}
		}
		// What cannot be ours is left out, the rest counts.
		good := map[string]string{
			"aliyun":  `{"phone_number":"13800000001","success":true,"biz_id":"B1"}`,
			"tencent": `{"mobile":"13800000001","report_status":"SUCCESS","sid":"B1"}`,
			"mas":     `{"mobile":"13800000001","reportStatus":"CM:0000","msgGroup":"B1"}`,
		}[provider]
		rs, err := in.Reports([]byte(`[{"phone_number":"+1 202 555 0100","mobile":"+1 202 555 0100"},` + good + `]`))
		if err != nil || len(rs) != 1 || rs[0].GatewayRef != "B1" {
			t.Errorf("%s: %+v %v", provider, rs, err)
		}
	}
	if _, known := sms.InboundOf("kannel"); known {
		t.Error("Kannel does not post")
	}
}
