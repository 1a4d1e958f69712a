package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"policypush/internal/auth"
	"policypush/internal/channel"
	"policypush/internal/channel/sms"
	"policypush/internal/channel/sms/cmpp"
	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/internal/push"
	"policypush/rules"
	"policypush/web"
	"policypush/workers"
)

// smsSender opens the gateways for text messages in order of preference.
func (b *base) smsSender(words []*rules.SMSWord) (channel.Sender, error) {
	open := map[string]func() (sms.Provider, error){
		"aliyun": b.aliyun, "tencent": b.tencent, "mas": b.mas, "cmpp": b.cmpp, "kannel": b.kannel,
	}
	var providers []sms.Provider
	for _, name := range b.cfg.SMS.ProviderList() {
		p, err := open[name]()
		if err != nil {
			return nil, err
		}
		providers = append(providers, p)
	}
	terms := push.Terms{Link: b.cfg.SMS.Link, Words: words}
	return sms.NewLine(sms.LineConfig{
		Providers: providers, Patience: time.Duration(b.cfg.SMS.AnswerWithin) * time.Second, Now: clock,
		Check: func(m channel.Message) []string {
			lint := push.Lint
			if m.Unsubscribe == "" { // a code for signing in
				lint = push.LintAny
			}
			found := lint(m.Text, terms)
			if len(found) > 0 {
				b.log.Error("a text message is against the rules and is not sent", "ref", m.Ref, "found", found)
			}
			return found
		},
		Changed: func(provider string, up bool, r channel.Result) {
			if up {
				b.log.Info("a gateway for text messages is back", "gateway", provider)
				return
			}
			b.log.Error("a gateway for text messages is left alone for now", "gateway", provider, "class", r.Class.String(), "code", r.Code, "note", r.Note)
		},
	}), nil
}

func (b *base) smsTimeout() time.Duration { return time.Duration(b.cfg.SMS.Timeout) * time.Second }

func (b *base) smsHTTP(url string) sms.HTTP { return sms.HTTP{URL: url, Timeout: b.smsTimeout()} }

// smsSecret reads the secret of a provider and its templates.
func smsSecret(secretFile, templateFile string) (secret string, templates []sms.Template, err error) {
	if secret, err = config.ReadSecret(secretFile); err != nil {
		return "", nil, err
	}
	templates, err = sms.LoadTemplates(templateFile)
	return secret, templates, err
}

// filing is what was filed with an operator.
func filing(c config.SMSFiling, templates []sms.Template) sms.Filing {
	return sms.Filing{SignAt: c.SignAt, Signatures: c.SignatureList(), Templates: templates}
}

func (b *base) aliyun() (sms.Provider, error) {
	c := b.cfg.SMS.Aliyun
	secret, templates, err := smsSecret(c.SecretFile, c.Templates)
	if err != nil {
		return nil, err
	}
	return sms.NewAliyun(sms.AliyunConfig{
		HTTP: b.smsHTTP(c.URL), KeyID: c.KeyID, Secret: secret, Templates: templates, Now: time.Now,
		Queues: sms.AliyunQueues{Names: c.QueueList(), URL: c.QueueURL, TokenURL: c.TokenURL},
	})
}

func (b *base) tencent() (sms.Provider, error) {
	c := b.cfg.SMS.Tencent
	secret, templates, err := smsSecret(c.SecretFile, c.Templates)
	if err != nil {
		return nil, err
	}
	return sms.NewTencent(sms.TencentConfig{
		HTTP: b.smsHTTP(c.URL), SecretID: c.SecretID, Secret: secret, AppID: c.AppID, Region: c.Region, Templates: templates,
		Pull: time.Duration(c.PullSeconds) * time.Second, Now: time.Now,
	})
}

func (b *base) mas() (sms.Provider, error) {
	c := b.cfg.SMS.MAS
	secret, templates, err := smsSecret(c.SecretFile, c.Templates)
	if err != nil {
		return nil, err
	}
	signs := sms.Signs{}
	if c.Sign != "" {
		if signs, err = sms.ParseSigns(c.Sign); err != nil {
			return nil, err
		}
	}
	return sms.NewMAS(sms.MASConfig{
		HTTP: b.smsHTTP(c.URL), Customer: c.ECName, APID: c.APID, Secret: secret, Signs: signs, Serial: c.Serial, Templates: templates,
	})
}

func (b *base) cmpp() (sms.Provider, error) {
	c := b.cfg.SMS.CMPP
	secret, templates, err := smsSecret(c.SecretFile, c.Filing.Templates)
	if err != nil {
		return nil, err
	}
	return sms.NewCMPP(sms.CMPPConfig{
		Address: c.Address, Version: c.Version, User: c.User, Secret: secret, Service: c.Service, From: c.From, Window: c.Window, Now: time.Now,
		Filing:  filing(c.Filing, templates),
		Session: cmpp.Config{Answer: b.smsTimeout()},
	})
}

func (b *base) kannel() (sms.Provider, error) {
	password, templates, err := smsSecret(b.cfg.SMS.PasswordFile, b.cfg.SMS.Kannel.Templates)
	if err != nil {
		return nil, err
	}
	callbacks, err := b.callbacks()
	if err != nil {
		return nil, err
	}
	return sms.NewKannel(sms.KannelConfig{
		HTTP: b.smsHTTP(b.cfg.SMS.URL), Username: b.cfg.SMS.Username, Password: password, From: b.cfg.SMS.From, Callbacks: callbacks,
		Filing: filing(b.cfg.SMS.Kannel, templates),
	})
}

// callbacks are the addresses at which the gateways call us.
func (b *base) callbacks() (sms.Callbacks, error) {
	key, err := auth.Derive(b.secret, "sms callback")
	return sms.Callbacks{Base: b.cfg.CallbackBase(), Key: key}, err
}

// receipts keep what gateways say about text messages.
func (b *base) receipts() workers.Receipts {
	return workers.Receipts{Store: b.store, Log: b.log, Now: clock}
}

// composer speaks in the voice of an office as the workers do; the signature of text
// messages may be another's.
func (s *service) composer(office domain.Office) (*push.Composer, error) {
	head := s.letterhead()
	voice := push.Voice{Signature: office.Signature, Office: office.Name, Phone: office.Phone, SearchIn: head.SearchIn, Link: head.Link}
	if own := s.cfg.SMS.Signature; own != "" {
		voice.Signature = own
	}
	return push.NewComposer(voice)
}

// sample writes the text message of a policy as the workers would.
func (s *service) sample(p *domain.Policy, office domain.Office) (web.TextSample, error) {
	composer, err := s.composer(office)
	if err != nil {
		return web.TextSample{}, err
	}
	sample := composer.SampleOf(push.CardOf(p, domain.Likely, s.letterhead().Sensitive, today()), today(), s.rules.SMSWords.All())
	return web.TextSample{Text: sample.Text, Parts: sample.Segments, Found: sample.Found}, nil
}

// messages writes what every channel would send of a policy today: the policy, and the
// reminder if there is a last day to come.
func (s *service) messages(p *domain.Policy, office domain.Office) ([]web.ComposedMessage, error) {
	composer, err := s.composer(office)
	if err != nil {
		return nil, err
	}
	head := s.letterhead()
	links := push.Links{Settings: head.Settings, Inbox: head.Inbox, Mine: head.Mine}
	card := push.CardOf(p, domain.Likely, head.Sensitive, today())
	card.URL = head.Policy(p.ID)
	kinds := []domain.PushKind{domain.NewPolicy}
	if card.Deadline != "" && card.Deadline >= today() {
		kinds = append(kinds, domain.Reminder)
	}
	var all []web.ComposedMessage
	for _, channel := range domain.Outgoing() {
		for _, kind := range kinds {
			card.Reminds = kind == domain.Reminder
			said, err := composer.Compose(channel, []push.Card{card}, 0, links, clock())
			if err != nil {
				return nil, err
			}
			m := web.ComposedMessage{Channel: channel, Kind: kind, Subject: said.Subject, Text: said.Text}
			if channel == domain.SMS {
				sample := composer.SampleOf(card, today(), s.rules.SMSWords.All())
				m.Parts, m.Found = sample.Segments, sample.Found
			}
			all = append(all, m)
		}
	}
	return all, nil
}

// hearTexts hears what the gateways say on their own until ctx ends.
func (s *service) hearTexts(ctx context.Context, group *errgroup.Group) {
	if line, ok := s.lines[domain.SMS].Sender.(*sms.Line); ok {
		group.Go(func() error {
			line.Listen(ctx, s.receipts())
			return nil
		})
	}
}
