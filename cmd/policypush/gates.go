package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"policypush/internal/channel"
	"policypush/internal/channel/jpush"
	"policypush/internal/channel/paper"
	"policypush/internal/channel/webhook"
	"policypush/internal/channel/webpush"
	"policypush/internal/channel/wechat"
	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/web"
)

// gateSender opens a channel that needs an account somewhere, or paper.
func (b *base) gateSender(kind domain.ChannelKind) (channel.Sender, error) {
	switch kind {
	case domain.WebPush:
		key, err := b.browserKey()
		if err != nil {
			return nil, err
		}
		return webpush.New(webpush.Config{Key: key, Contact: b.cfg.WebPush.Contact, Hosts: b.browserHosts(), Now: time.Now})
	case domain.Webhook:
		secrets, err := b.appSecrets()
		if err != nil {
			return nil, err
		}
		return webhook.New(webhook.Config{URL: b.cfg.Webhook.URL, Secrets: secrets, Now: time.Now})
	case domain.JPush:
		secret, err := config.ReadSecret(b.cfg.JPush.SecretFile)
		if err != nil {
			return nil, err
		}
		return jpush.New(jpush.Config{URL: b.cfg.JPush.URL, AppKey: b.cfg.JPush.AppKey, Secret: secret, Production: b.cfg.JPush.APNS == "production"})
	case domain.WeChat:
		return b.account()
	default:
		return paper.Sender{}, nil
	}
}

// account opens the WeChat account.
func (b *base) account() (*wechat.Sender, error) {
	secret, err := config.ReadSecret(b.cfg.WeChat.SecretFile)
	if err != nil {
		return nil, err
	}
	fields, err := wechat.ParseFields(b.cfg.WeChat.Fields)
	if err != nil {
		return nil, err
	}
	return wechat.New(wechat.Config{
		URL: b.cfg.WeChat.URL, AppID: b.cfg.WeChat.AppID, Secret: secret, Kind: b.cfg.WeChat.Message, Template: b.cfg.WeChat.Template, Fields: fields, Now: time.Now,
	})
}

func (b *base) appSecrets() (webhook.Secrets, error) {
	text, err := config.ReadSecret(b.cfg.Webhook.SecretFile)
	if err != nil {
		return nil, err
	}
	return webhook.ParseSecrets(text)
}

func (b *base) browserHosts() webpush.Hosts {
	return webpush.Hosts{Further: strings.Fields(b.cfg.WebPush.Hosts)}
}

// browserKey reads the key by which push services know this installation, and
// makes it if there is none.
func (b *base) browserKey() (*webpush.Key, error) {
	path := b.cfg.BrowserKeyPath()
	file, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeBrowserKey(path); err == nil {
			file, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "读不到浏览器通知的密钥文件 %s：请检查路径和权限", path).In("webpush.key_file").Because(err)
	}
	return webpush.ParseKey(file)
}

// makeBrowserKey writes a new key whole or not at all: of two processes that
// start together, one makes it.
func makeBrowserKey(path string) error {
	file, err := webpush.NewKey()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".vapid-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // linked by then, or of no use
	_, err = f.Write(file)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// gates are what the pages need of channels that are not off.
func (b *base) gates() (web.Gates, error) {
	g := web.Gates{Browsers: b.browserHosts(), AccountName: b.cfg.WeChat.Name, AccountTemplate: b.cfg.WeChat.Template}
	if b.cfg.WebPush.Mode != config.Off {
		key, err := b.browserKey()
		if err != nil {
			return g, err
		}
		g.BrowserKey = key.Public()
	}
	if b.cfg.Webhook.Mode == config.Send {
		var err error
		if g.AppSecrets, err = b.appSecrets(); err != nil {
			return g, err
		}
	}
	if b.cfg.WeChat.Mode == config.Send {
		account, err := b.account()
		if err != nil {
			return g, err
		}
		if g.AccountToken, err = config.ReadSecret(b.cfg.WeChat.TokenFile); err != nil {
			return g, err
		}
		g.AccountQR = account.QR
	}
	return g, nil
}
