package sms

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1" // as the interface wants it
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"policypush/internal/domain"
)

// AliyunQueues are the queues from which receipts and replies are fetched
// (轻量消息队列消费模式), for a site that cannot be called from outside.
type AliyunQueues struct {
	Names    []string // as the console shows them: Alicom-Queue-…-SmsReport, …-SmsUp
	URL      string   // https://1943695596114318.mns.cn-hangzhou.aliyuncs.com
	TokenURL string   // https://dybaseapi.aliyuncs.com
	// Wait is how long a question waits for something to tell: 10 s.
	Wait time.Duration
}

// queueKinds are what is told in the queues, by the end of their names.
var queueKinds = map[string]func(context.Context, Sink, []byte) error{
	"SmsReport": func(ctx context.Context, sink Sink, body []byte) error {
		return keep(ctx, sink.Report, aliyunReports, body)
	},
	"SmsUp": func(ctx context.Context, sink Sink, body []byte) error {
		return keep(ctx, sink.Reply, aliyunReplies, body)
	},
}

// keep hands what a body tells to a sink. What nobody can read is told as kept:
// it would only come again.
func keep[T any](ctx context.Context, sink func(context.Context, T) error, read func([]byte) ([]T, error), body []byte) error {
	all, err := read(body)
	if err != nil {
		return nil
	}
	for _, one := range all {
		if err := sink(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func queueKind(name string) string { return name[strings.LastIndexByte(name, '-')+1:] }

func (q *AliyunQueues) check() error {
	for _, name := range q.Names {
		if queueKinds[queueKind(name)] == nil || url.PathEscape(name) != name {
			return domain.Errorf(domain.Invalid, "阿里云消息队列的名称要像 Alicom-Queue-编号-SmsReport 或 Alicom-Queue-编号-SmsUp，不能是“%s”", name).In("sms.aliyun.queues")
		}
	}
	q.URL = strings.TrimRight(cmp.Or(q.URL, "https://1943695596114318.mns.cn-hangzhou.aliyuncs.com"), "/")
	q.TokenURL = cmp.Or(q.TokenURL, "https://dybaseapi.aliyuncs.com")
	q.Wait = cmp.Or(q.Wait, 10*time.Second)
	for _, address := range []string{q.URL, q.TokenURL} {
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return domain.Errorf(domain.Invalid, "阿里云消息队列的地址不正确，请填写 https:// 开头的地址").In("sms.aliyun.queue_url")
		}
	}
	return nil
}

// Listen implements listener: it fetches what stands in the queues. Several
// processes may: what one has is hidden from the others for a while, and gone
// when it is kept.
func (a *Aliyun) Listen(ctx context.Context, sink Sink) {
	var wg sync.WaitGroup
	for _, name := range a.cfg.Queues.Names {
		wg.Go(func() {
			var pass queuePass
			for ctx.Err() == nil {
				if err := a.fetch(ctx, name, &pass, sink); err != nil {
					pause(ctx, listenPause)
				}
			}
		})
	}
	wg.Wait()
}

// queuePass opens a queue for some time.
type queuePass struct {
	ID, Secret, Token string
	until             time.Time
}

// queued is a message in a queue.
type queued struct {
	Handle string `xml:"ReceiptHandle"`
	Body   string `xml:"MessageBody"`
}

// queueBatch is how many messages one question fetches; the queue gives no more.
const queueBatch = 16

var errQueue = errors.New("queue did not answer")

// fetch asks a queue once, hands what it tells to the sink, and takes out of it
// what was kept. The rest comes again.
func (a *Aliyun) fetch(ctx context.Context, name string, pass *queuePass, sink Sink) error {
	if !a.cfg.Now().Before(pass.until) {
		var err error
		if *pass, err = a.queuePass(ctx, name); err != nil {
			return err
		}
	}
	resource := "/queues/" + name + "/messages"
	status, body, err := a.askQueue(ctx, pass, http.MethodGet, resource+"?numOfMessages="+strconv.Itoa(queueBatch)+"&waitseconds="+strconv.Itoa(int(a.cfg.Queues.Wait.Seconds())), nil)
	switch {
	case err != nil:
		return err
	case status == http.StatusNotFound && bytes.Contains(body, []byte("MessageNotExist")):
		return nil
	case status != http.StatusOK:
		pass.until = time.Time{} // the pass may be void
		return fmt.Errorf("%w: %d", errQueue, status)
	}
	var got struct {
		Messages []queued `xml:"Message"`
	}
	if err := xml.Unmarshal(body, &got); err != nil {
		return fmt.Errorf("%w: %w", errQueue, err)
	}
	kept := struct {
		XMLName xml.Name `xml:"ReceiptHandles"`
		Handles []string `xml:"ReceiptHandle"`
	}{}
	for _, m := range got.Messages {
		text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(m.Body))
		if err != nil {
			text = []byte(m.Body)
		}
		if queueKinds[queueKind(name)](ctx, sink, text) == nil {
			kept.Handles = append(kept.Handles, m.Handle)
		}
	}
	if len(kept.Handles) == 0 {
		return nil
	}
	if body, err = xml.Marshal(kept); err != nil {
		return err
	}
	_, _, err = a.askQueue(ctx, pass, http.MethodDelete, resource, body) // what stays in comes again, and changes nothing
	return err
}

// queuePass asks for a pass.
func (a *Aliyun) queuePass(ctx context.Context, name string) (queuePass, error) {
	request, err := a.requestAt(a.cfg.Queues.TokenURL, "QueryTokenForMnsQueue", url.Values{"MessageType": {queueKind(name)}, "QueueName": {name}})
	if err != nil {
		return queuePass{}, err
	}
	body, err := a.ask(ctx, request)
	if err != nil {
		return queuePass{}, err
	}
	var answer struct {
		Code            string
		MessageTokenDTO struct{ SecurityToken, AccessKeyID, AccessKeySecret, ExpireTime string }
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Code != "OK" {
		return queuePass{}, refusedQuery(answer.Code, body)
	}
	d := answer.MessageTokenDTO
	until, err := time.ParseInLocation(time.DateTime, d.ExpireTime, shanghai)
	if err != nil {
		return queuePass{}, fmt.Errorf("%w: end of a pass: %w", errQueue, err)
	}
	return queuePass{d.AccessKeyID, d.AccessKeySecret, d.SecurityToken, until.Add(-2 * time.Minute)}, nil
}

// askQueue speaks to a queue with a pass, signed by HMAC-SHA1 over the request's
// first line and headers.
func (a *Aliyun) askQueue(ctx context.Context, pass *queuePass, method, resource string, body []byte) (status int, said []byte, err error) {
	request, err := http.NewRequest(method, a.cfg.Queues.URL+resource, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	const kind, version = "text/xml", "2015-06-06"
	date := a.cfg.Now().UTC().Format(http.TimeFormat)
	m := hmac.New(sha1.New, []byte(pass.Secret))
	m.Write([]byte(method + "\n\n" + kind + "\n" + date + "\nx-mns-version:" + version + "\n" + resource))
	for name, value := range map[string]string{
		"Content-Type": kind, "Date": date, "X-Mns-Version": version, "Security-Token": pass.Token,
		"Authorization": "MNS " + pass.ID + ":" + base64.StdEncoding.EncodeToString(m.Sum(nil)),
	} {
		request.Header.Set(name, value)
	}
	answer, err := a.Fetch(ctx, request)
	return answer.Status, answer.Body, err
}
