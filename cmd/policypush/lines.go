package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"path/filepath"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/email"
	"policypush/internal/channel/outbox"
	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/rules"
	"policypush/workers"
)

// mailsClaimed is how many mails are claimed together: they are handed over so
// fast that what a claim costs by itself counts.
const mailsClaimed = 100

// lines opens the outgoing channels as they are set up. No text message goes
// out with one of the words.
func (b *base) lines(words []*rules.SMSWord) (map[domain.ChannelKind]workers.Line, error) {
	// Any batch may use all connections for mails; while one does, others are
	// claimed and recorded.
	concurrency := map[domain.ChannelKind]int{domain.SMS: b.cfg.SMS.Concurrency, domain.Email: b.cfg.Email.Concurrency}
	lines := map[domain.ChannelKind]workers.Line{}
	for _, kind := range domain.Outgoing() {
		line := workers.Line{Mode: channel.Mode(b.cfg.Mode(string(kind))), Concurrency: max(1, concurrency[kind])}
		if kind == domain.Email {
			line.Claim = mailsClaimed
		}
		bounds := b.cfg.Bounds(string(kind))
		line.Rate, line.Canary = bounds.Rate, bounds.Canary
		if kind == domain.Paper && line.Canary != "" {
			if _, err := domain.ParsePaperAddress(line.Canary); err != nil {
				return nil, errors.Join(domain.Errorf(domain.Invalid, "设置 paper.canary：%s", err.Error()), closeLines(lines))
			}
		}
		if kind == domain.SMS {
			line.Signature = b.cfg.SMS.Signature
		}
		var err error
		if line.Sender, err = b.sender(kind, line.Mode, words); err != nil {
			return nil, errors.Join(err, closeLines(lines))
		}
		lines[kind] = line
	}
	return lines, nil
}

func (b *base) sender(kind domain.ChannelKind, mode channel.Mode, words []*rules.SMSWord) (channel.Sender, error) {
	switch {
	case mode == channel.Off:
		return nil, nil
	case mode == channel.Log:
		return outbox.New(filepath.Join(b.cfg.Data, "outbox"), kind, email.Composer{From: b.sampleFrom()}, time.Now)
	case kind == domain.SMS:
		return b.smsSender(words)
	case kind == domain.Email:
		return b.emailSender()
	default:
		return b.gateSender(kind)
	}
}

// sampleFrom is the sender of mails that are only written to the outbox.
func (b *base) sampleFrom() mail.Address {
	if from, err := mail.ParseAddress(b.cfg.Email.From); err == nil {
		return *from
	}
	return mail.Address{Name: "政策直达", Address: "tuisong@policypush.example"}
}

func closeLines(lines map[domain.ChannelKind]workers.Line) error {
	var errs []error
	for _, l := range lines {
		if l.Sender != nil {
			errs = append(errs, l.Sender.Close())
		}
	}
	return errors.Join(errs...)
}

// serveBounces takes bounces of our mails until ctx ends.
func (b *base) serveBounces(ctx context.Context) error {
	envelope, err := b.envelope()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", b.cfg.Email.BounceListen)
	if err != nil {
		return domain.Errorf(domain.Invalid, "监听不了退信地址 %s：请换一个端口", b.cfg.Email.BounceListen).Because(err)
	}
	server := email.NewBounces(envelope, b.log, b.bounced)
	defer context.AfterFunc(ctx, func() {
		if err := server.Close(); err != nil {
			b.log.Warn("bounce listener not closed", "err", err)
		}
	})()
	return server.Serve(ln)
}

// canaryBounced is bounced for the office's own copy of a push.
func (b *base) canaryBounced(ctx context.Context, push domain.PushID, bounce email.Bounce) error {
	state := domain.Delivered
	if bounce.Failed() {
		state = domain.Failed
	}
	err := b.store.SettleCanary(ctx, push, domain.Email, "", state, strings.TrimSpace(bounce.Status+" "+bounce.Diagnostic), time.Now())
	if domain.KindOf(err) == domain.NotFound {
		return nil
	}
	return err
}

// bounced records what a relay says about a mail that it took before, and
// stops the address if it does not exist.
func (b *base) bounced(ctx context.Context, bounce email.Bounce) error {
	if !bounce.Failed() && bounce.Action != "delivered" {
		return nil // a mail that is only late
	}
	if push, is := domain.CanaryOf(bounce.Ref); is {
		return b.canaryBounced(ctx, push, bounce)
	}
	id, err := domain.DeliveryOf(bounce.Ref)
	if err != nil {
		return nil // a code for signing in
	}
	receipt := storage.Receipt{
		Delivery: id, Channel: domain.Email, State: domain.Delivered, At: time.Now(),
		Note: strings.TrimSpace(bounce.Status + " " + bounce.Diagnostic),
	}
	if bounce.Failed() {
		receipt.State, receipt.Reason = domain.Failed, domain.ReasonUndelivered+":"+domain.Reason(bounce.Status)
	}
	if err := b.store.RecordReceipt(ctx, receipt); err != nil {
		if domain.KindOf(err) == domain.NotFound {
			return nil
		}
		return fmt.Errorf("record bounce of delivery %d: %w", id, err)
	}
	if !bounce.BadAddress {
		return nil
	}
	err = b.store.StopDelivery(ctx, id, domain.Reason("bounce:"+bounce.Status), time.Now())
	if domain.KindOf(err) == domain.NotFound {
		return nil // the address is gone already
	}
	return err
}
