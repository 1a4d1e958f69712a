package main

import (
	"crypto/x509"
	"net/mail"
	"os"
	"strings"
	"time"

	"policypush/internal/auth"
	"policypush/internal/channel"
	"policypush/internal/channel/email"
	"policypush/internal/config"
	"policypush/internal/domain"
)

// emailSender opens the relays, the one in email.host first.
func (b *base) emailSender() (channel.Sender, error) {
	first := email.Relay{
		Host: b.cfg.Email.Host, Port: b.cfg.Email.Port, Security: email.Security(b.cfg.Email.TLS), Username: b.cfg.Email.Username,
		PasswordFile: b.cfg.Email.PasswordFile, CAFile: b.cfg.Email.CAFile, PerMinute: b.cfg.Email.PerMinute, Connections: b.cfg.Email.Concurrency,
	}
	relays := []email.Relay{first}
	for _, address := range strings.Fields(b.cfg.Email.Relays) {
		relay, err := email.ParseRelay(address)
		if err != nil {
			return nil, err
		}
		relays = append(relays, relay)
	}
	from, err := mail.ParseAddress(b.cfg.Email.From)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "发件人“%s”看不懂，应当像 政策直达 <tuisong@example.gov.cn>", b.cfg.Email.From).In("email.from")
	}
	envelope, err := b.envelope()
	if err != nil {
		return nil, err
	}
	keys, err := dkimOf(b.cfg.Email)
	if err != nil {
		return nil, err
	}
	var senders []*email.Sender
	for _, relay := range relays {
		password, err := config.ReadSecret(relay.PasswordFile)
		if err != nil {
			return nil, err
		}
		roots, err := readRoots(relay.CAFile)
		if err != nil {
			return nil, err
		}
		sender, err := email.New(email.Config{
			Host: relay.Host, Port: relay.Port, Security: relay.Security, Roots: roots, Username: relay.Username, Password: password,
			Composer: email.Composer{From: *from}, DKIM: keys, Envelope: envelope, PerMinute: relay.PerMinute, Connections: relay.Connections,
		})
		if err != nil {
			return nil, err
		}
		senders = append(senders, sender)
	}
	return email.NewPool(time.Now, senders...), nil
}

// readRoots reads the authorities that sign a relay's certificate. No file
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

func (b *base) envelope() (email.Envelope, error) {
	key, err := auth.Derive(b.secret, "e-mail envelope")
	return email.Envelope{Domain: b.cfg.Email.BounceDomain, Key: key}, err
}

// dkimOf reads the keys that sign mails. There are none if the relay signs.
func dkimOf(cfg config.Email) (email.DKIM, error) {
	if cfg.DKIM != "own" {
		return email.DKIM{}, nil
	}
	_, mailDomain, _ := strings.Cut(sender(cfg).Address, "@")
	d := email.DKIM{Domain: mailDomain}
	for _, pair := range strings.Fields(cfg.DKIMKeys) {
		selector, path, named := strings.Cut(pair, "=")
		if !named {
			return d, domain.Errorf(domain.Invalid, "“%s”要写成“选择器=私钥文件”", pair).In("email.dkim_keys")
		}
		file, err := os.ReadFile(path)
		if err != nil {
			return d, domain.Errorf(domain.Invalid, "读不到 DKIM 私钥文件 %s：请检查路径和权限", path).In("email.dkim_keys")
		}
		key, err := email.ParseDKIMKey(selector, file)
		if err != nil {
			return d, err
		}
		d.Keys = append(d.Keys, key)
	}
	if len(d.Keys) == 0 {
		return d, domain.Errorf(domain.Invalid, "email.dkim 是 own，但没有 email.dkim_keys：请用 policypush dkim new 生成私钥").In("email.dkim_keys")
	}
	return d, nil
}

// sender is who mails come from; an address that cannot be read is found when
// the relays are opened.
func sender(cfg config.Email) mail.Address {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return mail.Address{Address: cfg.From}
	}
	return *from
}
