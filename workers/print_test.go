package workers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/paper"
	"policypush/internal/domain"
)

// onPaper makes a bench whose people, of two villages, are told on paper.
func onPaper(t *testing.T, n int, change func(i int, s *domain.Subscriber)) (*bench, brush) {
	b := newBench(t)
	brush := brush{make(chan string, 100)}
	b.Renderer = brush
	b.Lines[domain.Paper] = Line{Mode: channel.Send, Sender: paper.Sender{}, Concurrency: 1}
	b.Clocks.KeepLetters = 30 * 24 * time.Hour
	b.people(n, func(i int, s *domain.Subscriber) {
		s.Contacts = []domain.Contact{{
			Kind: domain.Paper, Address: fmt.Sprintf("城关镇%s村｜三组%d号｜王秀%d", []string{"东门", "西门"}[i%2], i, i), Verified: true,
		}}
		if change != nil {
			change(i, s)
		}
	})
	return b, brush
}

// running runs the workers until the test ends or stop is called.
func (b *bench) running() (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	return func() {
		cancel()
		check(b.t, <-done)
	}
}

// until waits for something that the workers do.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("waited for %s", what)
		}
	}
}

// ready returns how many batches of letters wait for somebody who prints them.
func (b *bench) ready() int {
	n, err := b.Store.CountUnprinted(b.t.Context(), b.office.ID)
	check(b.t, err)
	return n
}

func TestLettersArePrintedOncePerVillage(t *testing.T) {
	b, brush := onPaper(t, 5, nil)
	policy, push := b.publish("稳岗返还")
	stop := b.running()
	defer stop()
	b.until("the file of each village", func() bool { return b.ready() == 2 })
	ctx := t.Context()
	pages := []string{<-brush.drawn, <-brush.drawn}
	for _, page := range pages {
		village := "东门"
		if strings.Contains(page, "城关镇西门村 政策通知") {
			village = "西门"
		}
		for i := range 5 {
			address := fmt.Sprintf("三组%d号", i)
			if strings.Contains(page, address) != (village == []string{"东门", "西门"}[i%2]) {
				t.Errorf("the page of %s holds %s: %v", village, address, strings.Contains(page, address))
			}
		}
		for _, want := range []string{"政策通知签收登记表", "稳岗返还", "回执", fmt.Sprintf("zc.example/policies/%d", policy.ID), "云川县政务公开办"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page of %s does not say %s", village, want)
			}
		}
	}
	counts, err := b.Store.PushCounts(ctx, push)
	check(t, err)
	if counts[domain.Paper][domain.Pending] != 5 {
		t.Errorf("before it is printed: %v", counts)
	}
	prints, err := b.Store.Prints(ctx, b.office.ID, push, true, 10, 0)
	check(t, err)
	delivered := domain.SlipResults()[0]
	for _, p := range prints {
		_, err = b.Store.FetchPrint(ctx, p.ID, b.Now())
		check(t, err)
		_, err = b.Store.MarkPrinted(ctx, p.ID, b.second.ID, b.Now())
		check(t, err)
		_, err = b.Store.SettleSlips(ctx, p.ID, nil, &delivered, b.Now())
		check(t, err)
	}
	b.until("the end of the push", func() bool {
		p, err := b.Store.Push(ctx, push)
		check(t, err)
		b.pass(b.Clocks.SweepEvery)
		return p.State == domain.PushDone
	})
	counts, err = b.Store.PushCounts(ctx, push)
	check(t, err)
	if counts[domain.Paper][domain.Delivered] != 5 || len(brush.drawn) > 0 {
		t.Errorf("at the end: %v, and %d pages more", counts, len(brush.drawn))
	}
}

// TestTheOfficesOwnLetterIsInTheFirstBatch and in no other.
func TestTheOfficesOwnLetterIsInTheFirstBatch(t *testing.T) {
	b, brush := onPaper(t, 4, nil)
	line := b.Lines[domain.Paper]
	line.Canary = "云川县政务服务中心｜一楼｜公开办"
	b.Lines[domain.Paper] = line
	_, push := b.publish("稳岗返还")
	stop := b.running()
	defer stop()
	b.until("the file of each village", func() bool { return b.ready() == 2 })
	own := 0
	for _, page := range []string{<-brush.drawn, <-brush.drawn} {
		if strings.Contains(page, "云川县政务服务中心 一楼") {
			own++
			if !strings.Contains(page, "回执　样张") || !strings.Contains(page, "共3份") || strings.Count(page, "稳岗返还") < 4 {
				t.Errorf("the page with the office's own letter is %s", page)
			}
		}
	}
	found, err := b.Store.Canaries(t.Context(), push, 10)
	check(t, err)
	if own != 1 || len(found) != 1 || found[0].State != domain.Sending || found[0].Channel != domain.Paper || !strings.Contains(found[0].MaskedTo, "****") {
		t.Errorf("%d of the office's own, %+v", own, found)
	}
}

func TestALetterIsCheckedWhenItIsDrawn(t *testing.T) {
	b, brush := onPaper(t, 6, nil)
	_, push := b.publish("稳岗返还")
	b.Clocks.GatherLetters = time.Hour
	stop := b.running()
	defer stop()
	ctx := t.Context()
	waiting := func() int {
		counts, err := b.Store.Reasons(ctx, push)
		check(t, err)
		for _, c := range counts {
			if c.State == domain.Pending && c.Reason == domain.ReasonPrint {
				return c.N
			}
		}
		return 0
	}
	b.until("the letters", func() bool { return waiting() == 6 })
	check(t, b.Store.DeleteSubscriber(ctx, 1, time.Now())) // of the eastern village, as is the next
	v, err := b.Store.Subscriber(ctx, 3)
	check(t, err)
	check(t, b.Store.StopAddress(ctx, domain.Paper, v.Contacts[0].Address, domain.ReasonStopped, b.Now()))
	b.pass(2 * time.Hour)
	b.until("the files", func() bool { return b.ready() == 2 })
	for range 2 {
		page := <-brush.drawn
		if strings.Contains(page, "三组0号") || strings.Contains(page, "三组2号") {
			t.Error("who was erased or left is printed")
		}
	}
	reasons := map[domain.Reason]int{}
	counts, err := b.Store.Reasons(ctx, push)
	check(t, err)
	for _, c := range counts {
		reasons[c.Reason] += c.N
	}
	if reasons[domain.ReasonPrint] != 4 || reasons[domain.ReasonStopped] != 1 {
		t.Errorf("the reasons are %v", reasons)
	}
}

func TestWithoutABrowserLettersWaitAndPaperIsHeld(t *testing.T) {
	b, brush := onPaper(t, 2, nil)
	b.Renderer = nil
	b.publish("稳岗返还")
	stop := b.running()
	ctx := t.Context()
	stopped := func() (domain.ChannelStop, bool) {
		stops, err := b.Store.ChannelStops(ctx, b.Now())
		check(t, err)
		if len(stops) == 0 {
			return domain.ChannelStop{}, false
		}
		return stops[0], true
	}
	b.until("the channel's stop", func() bool { _, is := stopped(); return is })
	if s, _ := stopped(); s.Channel != domain.Paper || s.Cause != domain.StoppedByConfig || !strings.Contains(s.Note, "Chromium") {
		t.Errorf("the stop is %+v", s)
	}
	stop()
	b.Renderer = brush
	stop = b.running()
	defer stop()
	b.until("the files", func() bool { return b.ready() == 2 })
	if s, is := stopped(); is {
		t.Errorf("paper is still held: %+v", s)
	}
}

func TestAFileThatCannotBeDrawnHoldsPaper(t *testing.T) {
	b, _ := onPaper(t, 1, func(_ int, s *domain.Subscriber) { s.Contacts[0].Address = "城关镇东门村｜三组1号｜breaks" })
	b.publish("稳岗返还")
	stop := b.running()
	defer stop()
	b.until("the stop after three tries", func() bool {
		stops, err := b.Store.ChannelStops(t.Context(), b.Now())
		check(t, err)
		b.pass(planSlot / 10) // it is handed out anew a minute later
		return len(stops) == 1 && stops[0].Channel == domain.Paper && stops[0].Code == "draw"
	})
}
