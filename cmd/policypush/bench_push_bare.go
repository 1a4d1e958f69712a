package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/hibiken/asynq"

	"policypush/internal/auth"
	"policypush/internal/channel"
	"policypush/internal/channel/email"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/internal/queue"
	"policypush/internal/storage"
	"policypush/internal/storage/bare"
)

// What a push is compared with is never more than so much.
const (
	bareRows     = 200_000
	bareMessages = 100_000
	queueBatches = 200
)

// Addresses to which the bare transport sends begin so, and no other.
const (
	bareMail = "bare"
	bareSMS  = "198"
)

// compare measures what a push is made of by itself: bare rows and the bare
// queue. The bare transport is measured in between, see handOver.
func (b *pushBench) compare(ctx context.Context, site *base, found *pushReport) error {
	n := max(20, min(b.n, bareRows))
	inserting, err := bare.Insert(ctx, site.cfg.DatabaseURL(), n)
	if err != nil {
		return err
	}
	found.BareRows = perSecond(n, inserting.Seconds())
	found.QueueCPU, err = queueCost(ctx)
	return err
}

// queueCost is the processor time of one recipient in the queue inside the
// process: batches are handed out, taken and nothing is done with them.
func queueCost(ctx context.Context) (float64, error) {
	q, err := queue.Open("")
	if err != nil {
		return 0, err
	}
	defer func() { _ = q.Close() }() // it was for this only
	var left sync.WaitGroup
	left.Add(queueBatches)
	server := asynq.NewServerFromRedisClient(q.Redis(), asynq.Config{
		Concurrency: 4, Queues: map[string]int{queue.QueueOf(domain.SMS): 1}, LogLevel: asynq.FatalLevel,
	})
	before := ownCPU()
	for i := range queueBatches {
		if err := q.EnqueueDeliver(ctx, domain.Batch{ID: domain.BatchID(i + 1), Gen: 1, Channel: domain.SMS}); err != nil {
			return 0, err
		}
	}
	err = server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		left.Done()
		return nil
	}))
	if err != nil {
		return 0, fmt.Errorf("start queue of the benchmark: %w", err)
	}
	left.Wait()
	spent := ownCPU() - before
	server.Shutdown()
	return microseconds(spent) / (queueBatches * domain.MaxBatch), nil
}

// bareTransport returns what hands n messages to the gateway, composed
// beforehand and as large as those of the push, and does nothing else.
func (b *pushBench) bareTransport(site *base) (func(ctx context.Context, n int) error, error) {
	composer, err := push.NewComposer(push.Voice{Signature: "云川政策", Office: "云川县政务公开办"})
	if err != nil {
		return nil, err
	}
	card := push.Card{
		Policy: 1, Title: benchTitle, Short: "发放居民消费券", DocNumber: "云政发〔2026〕7号", Who: "全县居民", Points: 1,
		Verdict: domain.Likely, URL: site.cfg.LinkBase() + "/policies/1",
	}
	links := push.Links{Unsubscribe: site.cfg.LinkBase() + "/u/" + site.signer.Unsubscribe(auth.Unsubscribe{Subscriber: 1, Contact: 1, Kind: b.kind})}
	text, err := composer.Compose(b.kind, []push.Card{card}, 0, links, time.Now())
	if err != nil {
		return nil, err
	}
	if b.kind == domain.SMS {
		return b.bareTexts(text.Text)
	}
	from := mail.Address{Name: "政策直达", Address: "tuisong@policypush.example"}
	raw, err := email.Composer{From: from}.Compose(channel.Message{
		Ref: "d1", To: "u00000001@bench.example", Subject: text.Subject, Text: text.Text, HTML: text.HTML, Unsubscribe: links.Unsubscribe,
	}, time.Now())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, n int) error {
		return inParallel(ctx, site.cfg.Email.Concurrency, n, func(turn func() (int, bool)) error {
			return bareSMTP(b.address, from.Address, raw, turn)
		})
	}, nil
}

// inParallel lets some workers take turns until n were taken.
func inParallel(ctx context.Context, workers, n int, work func(turn func() (int, bool)) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for i := range workers {
		wg.Go(func() {
			errs[i] = work(func() (int, bool) {
				k := int(next.Add(1)) - 1
				return k, k < n && ctx.Err() == nil
			})
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func bareSMTP(address, from string, raw []byte, turn func() (int, bool)) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return fmt.Errorf("connect to the relay: %w", err)
	}
	client := smtp.NewClient(conn)
	defer func() { _ = client.Close() }() // after QUIT it is closed already
	for i, more := turn(); more; i, more = turn() {
		if err := client.SendMail(from, []string{fmt.Sprintf("%s%08d@bench.example", bareMail, i)}, bytes.NewReader(raw)); err != nil {
			return fmt.Errorf("send bare mail: %w", err)
		}
	}
	return client.Quit()
}

// smsConnections is how many requests to a gateway of text messages run at a
// time, as in the channel.
const smsConnections = 8

func (b *pushBench) bareTexts(text string) (func(ctx context.Context, n int) error, error) {
	address, err := url.Parse(b.address)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: smsConnections}}
	return func(ctx context.Context, n int) error {
		return inParallel(ctx, smsConnections, n, func(turn func() (int, bool)) error {
			for i, more := turn(); more; i, more = turn() {
				u := *address
				u.RawQuery = url.Values{
					"username": {b.user}, "password": {b.password}, "to": {fmt.Sprintf("%s%08d", bareSMS, i)}, "text": {text}, "coding": {"2"}, "charset": {"UTF-8"},
				}.Encode()
				resp, err := client.Get(u.String())
				if err != nil {
					return fmt.Errorf("send bare text: %w", err)
				}
				_, err = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close() // read to its end
				if err != nil || resp.StatusCode/100 != 2 {
					return fmt.Errorf("send bare text: the gateway answers %d: %w", resp.StatusCode, err)
				}
			}
			return nil
		})
	}, nil
}

// inboxes is how many inboxes are held open, five a person, as the web process
// allows.
const (
	inboxes   = 5000
	perPerson = 5
)

// inbox opens inboxes at the web process and measures what they take.
func (b *pushBench) inbox(ctx context.Context, site *base, dir string, found *pushReport) error {
	n := min(inboxes, b.n*perPerson)
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	cookies := make([]string, (n+perPerson-1)/perPerson)
	for i := range cookies { // the database was empty: ids begin at 1
		token, hash := auth.NewToken()
		who, err := site.store.Subscriber(ctx, domain.SubscriberID(i+1))
		if err != nil {
			return err
		}
		err = site.store.SaveSession(ctx, storage.Session{TokenHash: hash, Subscriber: who.ID, SignedIn: who.Contacts[0].ID, Expires: time.Now().Add(time.Hour), CreatedAt: time.Now()})
		if err != nil {
			return err
		}
		cookies[i] = token
	}
	child, err := startChild(dir, "web", "--data", site.cfg.Data, "--database", site.cfg.DatabaseURL(), "--listen", listen, "--log_level", "error")
	if err != nil {
		return err
	}
	defer func() { _, _ = child.stop() }() // on an early return
	if err := child.ready(ctx, "http://"+listen+"/readyz"); err != nil {
		return err
	}
	if err := openInbox(listen, cookies[0], func(net.Conn) {}); err != nil { // what the first request makes is not the connections'
		return err
	}
	before, _ := child.memory()
	var mu sync.Mutex
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	err = inParallel(ctx, 8, n-1, func(turn func() (int, bool)) error {
		for i, more := turn(); more; i, more = turn() {
			err := openInbox(listen, cookies[(i+1)%len(cookies)], func(conn net.Conn) {
				mu.Lock()
				defer mu.Unlock()
				open = append(open, conn)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	after, _ := child.memory()
	found.Inbox, found.InboxMemory = n, after-before
	_, err = child.stop()
	return err
}

// openInbox opens the stream of an inbox and keeps it.
func openInbox(address, cookie string, keep func(net.Conn)) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return fmt.Errorf("open an inbox: %w", err)
	}
	keep(conn)
	if _, err := fmt.Fprintf(conn, "GET /inbox/events HTTP/1.1\r\nHost: %s\r\nCookie: sid=%s\r\nAccept: text/event-stream\r\n\r\n", address, cookie); err != nil {
		return fmt.Errorf("open an inbox: %w", err)
	}
	answer := make([]byte, 512)
	got, err := conn.Read(answer)
	if err != nil || !bytes.HasPrefix(answer[:got], []byte("HTTP/1.1 200")) {
		return domain.Errorf(domain.Conflict, "收件箱没有打开：%s", bytes.TrimSpace(answer[:got])).Because(err)
	}
	return nil
}
