package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"policypush/internal/auth"
	"policypush/internal/channel"
	"policypush/internal/channel/email"
	"policypush/internal/channel/outbox"
	"policypush/internal/channel/sms"
	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/workers"
)

// lines opens the outgoing channels as they are set up.
func (b *base) lines() (map[domain.ChannelKind]workers.Line, error) {
	concurrency := map[domain.ChannelKind]int{domain.SMS: b.cfg.SMS.Concurrency, domain.Email: b.cfg.Email.Concurrency}
	lines := map[domain.ChannelKind]workers.Line{}
	for _, kind := range domain.Outgoing() {
		line := workers.Line{Mode: channel.Mode(b.cfg.Mode(string(kind))), Concurrency: max(1, concurrency[kind])}
		if kind == domain.SMS {
			line.Signature = b.cfg.SMS.Signature
		}
		var err error
		if line.Sender, err = b.sender(kind, line.Mode); err != nil {
			return nil, errors.Join(err, closeLines(lines))
		}
		lines[kind] = line
	}
	return lines, nil
}

func (b *base) sender(kind domain.ChannelKind, mode channel.Mode) (channel.Sender, error) {
	switch {
	case mode == channel.Off:
		return nil, nil
	case mode == channel.Log:
		return outbox.New(filepath.Join(b.cfg.Data, "outbox"), kind, email.Composer{From: b.sampleFrom()}, time.Now)
	case kind == domain.SMS:
		return b.smsSender()
	case kind == domain.Email:
		return b.emailSender()
	default:
		return nil, domain.Errorf(domain.Invalid, "%s渠道还不能正式发送，请把 %s.mode 改为 off 或 log", kind.Label(), kind).In(string(kind) + ".mode")
	}
}

// sampleFrom is the sender of mails that are only written to the outbox.
func (b *base) sampleFrom() mail.Address {
	if from, err := mail.ParseAddress(b.cfg.Email.From); err == nil {
		return *from
	}
	return mail.Address{Name: "政策直达", Address: "tuisong@policypush.example"}
}

func (b *base) smsSender() (channel.Sender, error) {
	password, err := config.ReadSecret(b.cfg.SMS.PasswordFile)
	if err != nil {
		return nil, err
	}
	callbacks, err := b.callbacks()
	if err != nil {
		return nil, err
	}
	return sms.New(sms.Config{
		URL: b.cfg.SMS.URL, Username: b.cfg.SMS.Username, Password: password, From: b.cfg.SMS.From, Callbacks: callbacks,
	})
}

// callbacks are the addresses at which the SMS gateway calls us.
func (b *base) callbacks() (sms.Callbacks, error) {
	key, err := auth.Derive(b.secret, "sms callback")
	return sms.Callbacks{Base: b.cfg.CallbackBase(), Key: key}, err
}

func (b *base) envelope() (email.Envelope, error) {
	key, err := auth.Derive(b.secret, "e-mail envelope")
	return email.Envelope{Domain: b.cfg.Email.BounceDomain, Key: key}, err
}

func (b *base) emailSender() (channel.Sender, error) {
	from, err := mail.ParseAddress(b.cfg.Email.From)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "发件人“%s”看不懂，应当像 政策直达 <tuisong@example.gov.cn>", b.cfg.Email.From).In("email.from")
	}
	password, err := config.ReadSecret(b.cfg.Email.PasswordFile)
	if err != nil {
		return nil, err
	}
	roots, err := readRoots(b.cfg.Email.CAFile)
	if err != nil {
		return nil, err
	}
	envelope, err := b.envelope()
	if err != nil {
		return nil, err
	}
	return email.New(email.Config{
		Host: b.cfg.Email.Host, Port: b.cfg.Email.Port, Security: email.Security(b.cfg.Email.TLS), Roots: roots,
		Username: b.cfg.Email.Username, Password: password, Composer: email.Composer{From: *from},
		Envelope: envelope, Connections: b.cfg.Email.Concurrency,
	})
}

// readRoots reads the authorities that sign the relay's certificate. No file
// means the system's.
func readRoots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "读不到根证书文件 %s：请检查路径和权限", path).In("email.ca_file")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, domain.Errorf(domain.Invalid, "%s 里没有 PEM 格式的证书", path).In("email.ca_file")
	}
	return roots, nil
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

// bounced records what a relay says about a mail that it took before, and
// stops the address if it does not exist.
func (b *base) bounced(ctx context.Context, bounce email.Bounce) error {
	id, err := domain.DeliveryOf(bounce.Ref)
	if err != nil || !bounce.Failed() && bounce.Action != "delivered" {
		return nil // a code for signing in, or a mail that is only late
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
