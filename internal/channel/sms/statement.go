package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"policypush/internal/channel"
)

// counter is a provider that keeps a count of its own of each day.
type counter interface {
	// count returns what the provider took from us on a day, which begins at from.
	count(ctx context.Context, from time.Time) (channel.Tally, error)
}

// unitary is a provider that counts a long message more than once.
type unitary interface{ units(t Text) int }

// errNoCount says that a provider keeps no count after all.
var errNoCount = errors.New("sms: no count")

// Statement implements channel.Accountant. 阿里云 and 腾讯云 keep counts of
// messages that can be asked for, gateways with CMPP one of parts of messages;
// 云MAS shows them on its pages only, Kannel counts since it was started.
func (l *Line) Statement(ctx context.Context, from, to time.Time) ([]channel.Tally, error) {
	var tallies []channel.Tally
	var errs []error
	for _, g := range l.guards {
		p, counts := g.Provider.(counter)
		if !counts {
			continue
		}
		_, parts := g.Provider.(unitary)
		sum := channel.Tally{Gateway: g.Name(), Receipts: true, Parts: parts}
		var err error
		for day := from; err == nil && day.Before(to); day = day.AddDate(0, 0, 1) {
			var one channel.Tally
			one, err = p.count(ctx, day)
			sum.Accepted, sum.Delivered, sum.Failed = sum.Accepted+one.Accepted, sum.Delivered+one.Delivered, sum.Failed+one.Failed
		}
		if errors.Is(err, errNoCount) {
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", g.Name(), err))
			continue
		}
		tallies = append(tallies, sum)
	}
	return tallies, errors.Join(errs...)
}

// count implements counter by QuerySendStatistics.
func (a *Aliyun) count(ctx context.Context, from time.Time) (channel.Tally, error) {
	day := from.In(shanghai).Format("20060102")
	request, err := a.request("QuerySendStatistics", url.Values{
		"IsGlobe": {"1"}, "StartDate": {day}, "EndDate": {day}, "PageIndex": {"1"}, "PageSize": {"50"},
	})
	if err != nil {
		return channel.Tally{}, err
	}
	body, err := a.ask(ctx, request)
	if err != nil {
		return channel.Tally{}, err
	}
	return aliyunCount(body, day)
}

// aliyunCount reads the answer of QuerySendStatistics.
func aliyunCount(body []byte, day string) (channel.Tally, error) {
	var answer struct {
		Code string
		Data struct {
			TargetList []struct {
				SendDate                                              string
				TotalCount, RespondedSuccessCount, RespondedFailCount int
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Code != "OK" {
		return channel.Tally{}, refusedQuery(answer.Code, body)
	}
	var t channel.Tally
	for _, d := range answer.Data.TargetList {
		if d.SendDate == day {
			t.Accepted, t.Delivered, t.Failed = t.Accepted+d.TotalCount, t.Delivered+d.RespondedSuccessCount, t.Failed+d.RespondedFailCount
		}
	}
	return t, nil
}

// count implements counter by SendStatusStatistics and CallbackStatusStatistics.
func (c *Tencent) count(ctx context.Context, from time.Time) (channel.Tally, error) {
	day := from.In(shanghai).Format("20060102")
	var t channel.Tally
	for action, take := range map[string]func(tencentCount){
		"SendStatusStatistics":     func(n tencentCount) { t.Accepted = n.RequestSuccessCount },
		"CallbackStatusStatistics": func(n tencentCount) { t.Delivered, t.Failed = n.CallbackSuccessCount, n.CallbackFailCount },
	} {
		request, err := c.request(action, struct {
			BeginTime, EndTime string
			SmsSdkAppID        string `json:"SmsSdkAppId"`
			Limit, Offset      int
		}{BeginTime: day + "00", EndTime: day + "23", SmsSdkAppID: c.cfg.AppID})
		if err != nil {
			return t, err
		}
		body, err := c.ask(ctx, request)
		if err != nil {
			return t, err
		}
		n, err := tencentCounts(action, body)
		if err != nil {
			return t, err
		}
		take(n)
	}
	return t, nil
}

type tencentCount struct{ RequestSuccessCount, CallbackSuccessCount, CallbackFailCount int }

// tencentCounts reads the answer of either question.
func tencentCounts(action string, body []byte) (tencentCount, error) {
	var answer struct {
		Response map[string]json.RawMessage
	}
	var n tencentCount
	err := json.Unmarshal(body, &answer)
	said, there := answer.Response[action]
	if err == nil && there && json.Unmarshal(said, &n) == nil {
		return n, nil
	}
	var refused struct{ Code string }
	_ = json.Unmarshal(answer.Response["Error"], &refused) // no answer at all is told as such
	return tencentCount{}, refusedQuery(refused.Code, body)
}
