package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setting is one row of the table: a name, what it is for, and how it is read
// and shown.
type setting struct {
	key  string
	help string
	set  func(string) error
	show func() string
}

// envName is the variable of a setting: POLICYPUSH_SMS_URL for sms.url.
func (s setting) envName() string {
	return "POLICYPUSH_" + strings.ToUpper(strings.NewReplacer(".", "_").Replace(s.key))
}

// settings is the whole table over one Config, in the order they are printed.
func (c *Config) settings() []setting {
	return []setting{
		text("data", "数据目录", &c.Data),
		text("listen", "监听地址，如 :8080 或 127.0.0.1:8080", &c.Listen).checked(address),
		text("base_url", "读者访问的网址，用于消息里的链接", &c.BaseURL),
		text("database", "数据库，如 sqlite:data/policypush.db 或 postgres://…", &c.Database).shown(withoutPassword),
		text("redis", "Redis 地址，如 redis://127.0.0.1:6379/0；不填则在进程内运行", &c.Redis).shown(withoutPassword),
		text("proxy_header", "前置代理传读者网络地址的请求头，如 X-Real-IP", &c.ProxyHeader),
		text("dict_dir", "分词词典目录", &c.DictDir),
		text("rules_dir", "本单位规则目录", &c.RulesDir),
		text("key_file", "联系方式加密密钥文件", &c.KeyFile),
		text("seal_with", "新密钥的加密算法 aes-256-gcm 或 sm4-gcm", &c.SealWith).checked(oneOf("aes-256-gcm", "sm4-gcm")),
		text("secret_file", "签名密钥文件，多台机器要用同一份", &c.SecretFile),
		text("metrics", "监控指标监听地址，如 127.0.0.1:9090；不填则不开", &c.Metrics).checked(optional(address)),
		text("log_format", "日志格式 text 或 json", &c.LogFormat).checked(oneOf("text", "json")),
		text("log_level", "日志级别 debug、info、warn、error", &c.LogLevel).checked(oneOf("debug", "info", "warn", "error")),
		text("quiet_hours", "不发短信的时段，如 20:00-08:00，或 none", &c.QuietHours).checked(quietHours),
		text("rest_days", "不发短信的日子：holidays（法定节假日）、all（所有非工作日）或 none；截止提醒和紧急推送除外", &c.RestDays).checked(oneOf(RestHolidays, RestAll, RestNone)),
		duration("unread_after", "选择“先看站内消息”的人多久未读就改用下一个渠道", &c.UnreadAfter),
		text("caps.day", "同一个号码或邮箱每天每种渠道最多几条，如 sms:2,email:10，或 none；超出的并入下一份汇总", &c.Caps.Day).checked(caps),
		text("caps.week", "同一个号码或邮箱每周（周一起）每种渠道最多几条，如 sms:7，或 none；超出的并入下一份汇总", &c.Caps.Week).checked(caps),
		number("keep_versions_days", "画像改动前的旧版本保留多少天，供复核推送的受众", &c.KeepVersionsDays, 1, 3650),
		number("keep_deliveries_days", "发送记录保留多少天，至少183天；到期后只留下合计", &c.KeepDeliveriesDays, 183, 36500),

		number("questions.simple_days", "简单提问几个工作日内答复", &c.Questions.SimpleDays, 1, 60),
		number("questions.complex_days", "复杂提问几个工作日内答复", &c.Questions.ComplexDays, 1, 60),
		number("questions.extension_days", "答复可以延期一次，延几个工作日", &c.Questions.ExtensionDays, 1, 60),
		number("questions.often", "30天内有几个相似的提问，就提示为易误解点", &c.Questions.Often, 2, 10_000),

		number("document.max_mb", "导入的文件最大多少MB", &c.Document.MaxMB, 1, 1024),
		number("document.max_unpacked_mb", "docx、ofd文件解压后最大多少MB", &c.Document.MaxUnpackedMB, 1, 4096),
		number("document.max_text", "一个文件最多多少字", &c.Document.MaxText, 1000, 50_000_000),
		duration("document.pdf_timeout", "一个PDF最多读多久", &c.Document.PDFTimeout),

		text("render.chromium", "生成图片和PDF用的Chromium程序；不填则按常用名字找，off为不生成", &c.Render.Chromium),
		duration("render.timeout", "生成一个图片或PDF最多多久", &c.Render.Timeout),
		text("render.sandbox", "Chromium的沙箱 auto（除root外都打开）或 off", &c.Render.Sandbox).checked(oneOf(SandboxAuto, Off)),

		text("sms.mode", "短信渠道 off、log 或 send", &c.SMS.Mode).checked(oneOf(Off, Log, Send)),
		text("sms.providers", "短信网关，按优先顺序：aliyun、tencent、mas、cmpp、kannel，用逗号隔开", &c.SMS.Providers).checked(providers),
		text("sms.url", "Kannel sendsms 地址", &c.SMS.URL).shown(withoutPassword),
		text("sms.username", "Kannel 用户名", &c.SMS.Username),
		text("sms.password_file", "Kannel 密码文件", &c.SMS.PasswordFile),
		text("sms.from", "Kannel 发送号码", &c.SMS.From),
		text("sms.kannel.sign_at", "Kannel 短信签名的位置 head（开头）或 tail（结尾）", &c.SMS.Kannel.SignAt).checked(oneOf("head", "tail")),
		text("sms.kannel.signatures", "在 Kannel 后面的运营商报备的签名，用逗号隔开；不填则不限", &c.SMS.Kannel.Signatures),
		text("sms.kannel.templates", "在 Kannel 后面的运营商报备的短信模板文件；不填则不限", &c.SMS.Kannel.Templates),
		text("sms.signature", "短信签名，不填则用发布单位的签名", &c.SMS.Signature),
		text("sms.search_in", "短信里请读者到哪里搜索，如 浙里办", &c.SMS.SearchIn),
		text("sms.link", "已向运营商报备、可写进短信的网址", &c.SMS.Link),
		text("sms.callback", "短信网关回调我们的网址，不填则同 base_url", &c.SMS.Callback),
		text("sms.callback_from", "哪些地址可以回调，如 203.0.113.7,198.51.100.0/24；不填则不限", &c.SMS.CallbackFrom).checked(networks),
		number("sms.concurrency", "同时发送的短信批数", &c.SMS.Concurrency, 1, 64),
		number("sms.answer_within", "短信网关多少秒不应答，就先记为结果不明、改用下一家", &c.SMS.AnswerWithin, 1, 60),
		number("sms.timeout", "最多等一条短信的应答多少秒，晚到的应答在此之前仍算数", &c.SMS.Timeout, 5, 300),
		text("sms.aliyun.url", "阿里云短信接口地址", &c.SMS.Aliyun.URL),
		text("sms.aliyun.key_id", "阿里云 AccessKey ID", &c.SMS.Aliyun.KeyID),
		text("sms.aliyun.secret_file", "阿里云 AccessKey 密钥文件", &c.SMS.Aliyun.SecretFile),
		text("sms.aliyun.templates", "阿里云已通过的短信模板文件", &c.SMS.Aliyun.Templates),
		text("sms.aliyun.queues", "从哪些阿里云消息队列取回执和上行，用逗号隔开，如 Alicom-Queue-编号-SmsReport,Alicom-Queue-编号-SmsUp；不填则不取", &c.SMS.Aliyun.Queues),
		text("sms.aliyun.queue_url", "阿里云消息队列地址", &c.SMS.Aliyun.QueueURL),
		text("sms.aliyun.token_url", "阿里云消息队列令牌接口地址", &c.SMS.Aliyun.TokenURL),
		text("sms.tencent.url", "腾讯云短信接口地址", &c.SMS.Tencent.URL),
		text("sms.tencent.secret_id", "腾讯云 SecretId", &c.SMS.Tencent.SecretID),
		text("sms.tencent.secret_file", "腾讯云 SecretKey 文件", &c.SMS.Tencent.SecretFile),
		text("sms.tencent.app_id", "腾讯云短信应用编号 SdkAppId", &c.SMS.Tencent.AppID),
		text("sms.tencent.region", "腾讯云地域", &c.SMS.Tencent.Region),
		text("sms.tencent.templates", "腾讯云已通过的短信模板文件", &c.SMS.Tencent.Templates),
		number("sms.tencent.pull_seconds", "多少秒拉取一次腾讯云回执和上行，0为不拉取", &c.SMS.Tencent.PullSeconds, 0, 3600),
		text("sms.mas.url", "云MAS接口地址，/sms/norsubmit 之前的部分", &c.SMS.MAS.URL),
		text("sms.mas.ec_name", "云MAS集团客户名称", &c.SMS.MAS.ECName),
		text("sms.mas.ap_id", "云MAS接口账号", &c.SMS.MAS.APID),
		text("sms.mas.secret_file", "云MAS接口账号密码文件", &c.SMS.MAS.SecretFile),
		text("sms.mas.sign", "云MAS签名编码；多个签名时写“云川发布=编码1,云川人社=编码2”", &c.SMS.MAS.Sign),
		text("sms.mas.serial", "云MAS扩展码", &c.SMS.MAS.Serial),
		text("sms.mas.templates", "云MAS短信模板文件，不填则发普通短信", &c.SMS.MAS.Templates),
		text("sms.cmpp.address", "CMPP 网关地址，如 192.0.2.1:7890", &c.SMS.CMPP.Address).checked(optional(address)),
		text("sms.cmpp.version", "CMPP 版本 3.0 或 2.0", &c.SMS.CMPP.Version).checked(oneOf("3.0", "2.0")),
		text("sms.cmpp.user", "CMPP 企业代码", &c.SMS.CMPP.User),
		text("sms.cmpp.secret_file", "CMPP 密码文件", &c.SMS.CMPP.SecretFile),
		text("sms.cmpp.service", "CMPP 业务代码", &c.SMS.CMPP.Service),
		text("sms.cmpp.from", "CMPP 接入号", &c.SMS.CMPP.From),
		text("sms.cmpp.sign_at", "CMPP 短信签名的位置 head（开头）、tail（结尾）或 gateway（网关自己加在开头）", &c.SMS.CMPP.Filing.SignAt).checked(oneOf("head", "tail", "gateway")),
		text("sms.cmpp.signatures", "CMPP 接入号报备的签名，用逗号隔开；不填则不限", &c.SMS.CMPP.Filing.Signatures),
		text("sms.cmpp.templates", "CMPP 接入号报备的短信模板文件；不填则不限", &c.SMS.CMPP.Filing.Templates),
		number("sms.cmpp.window", "CMPP 滑动窗口：同时等待应答的短信数", &c.SMS.CMPP.Window, 1, 256),

		text("email.mode", "邮件渠道 off、log 或 send", &c.Email.Mode).checked(oneOf(Off, Log, Send)),
		text("email.host", "邮件服务器", &c.Email.Host),
		number("email.port", "邮件服务器端口", &c.Email.Port, 1, 65535),
		text("email.tls", "加密方式 starttls（必须加密）、implicit 或 none", &c.Email.TLS).checked(oneOf("implicit", "starttls", "none")),
		text("email.ca_file", "邮件服务器的根证书文件", &c.Email.CAFile),
		text("email.username", "邮件账号", &c.Email.Username),
		text("email.password_file", "邮件密码文件", &c.Email.PasswordFile),
		text("email.from", "发件人", &c.Email.From),
		text("email.bounce_domain", "接收退信的域名", &c.Email.BounceDomain),
		text("email.bounce_listen", "接收退信的监听地址；不填则不开", &c.Email.BounceListen).checked(optional(address)),
		number("email.concurrency", "到邮件服务器的连接数", &c.Email.Concurrency, 1, 64),
		number("email.per_minute", "邮件服务器每分钟最多收我们多少封，0不限", &c.Email.PerMinute, 0, 1_000_000),
		text("email.relays", "更多邮件服务器，空格隔开，按先后使用，如 smtps://用户@主机:465?password_file=文件&per_minute=30", &c.Email.Relays),
		text("email.dkim", "谁给邮件加 DKIM 签名 relay（邮件服务器）或 own（本程序）", &c.Email.DKIM).checked(oneOf("relay", "own")),
		text("email.dkim_keys", "本程序签名用的私钥，写“选择器=文件”，多个用空格隔开", &c.Email.DKIMKeys),

		text("app.mode", "站内消息 off、log 或 send", &c.App.Mode).checked(oneOf(Off, Log, Send)),

		text("wechat.mode", "微信公众号 off、log 或 send", &c.WeChat.Mode).checked(oneOf(Off, Log, Send)),
		text("wechat.name", "公众号的名称，读者按它搜索", &c.WeChat.Name),
		text("wechat.app_id", "公众号的 AppID", &c.WeChat.AppID),
		text("wechat.secret_file", "公众号密钥文件", &c.WeChat.SecretFile),
		text("wechat.token_file", "公众号回调令牌文件", &c.WeChat.TokenFile),
		text("wechat.message", "消息种类 template（模板消息）或 subscribe（订阅通知）", &c.WeChat.Message).checked(oneOf("template", "subscribe")),
		text("wechat.template", "消息模板编号", &c.WeChat.Template),
		text("wechat.fields", "模板字段，如 title=thing1 text=thing2 from=thing3 date=time4", &c.WeChat.Fields),
		text("wechat.url", "微信接口地址，不填则用官方地址", &c.WeChat.URL),

		text("webpush.mode", "浏览器通知 off、log 或 send", &c.WebPush.Mode).checked(oneOf(Off, Log, Send)),
		text("webpush.key_file", "浏览器通知的密钥文件，多台机器要用同一份", &c.WebPush.KeyFile),
		text("webpush.contact", "推送服务可以联系谁，如 mailto:zwgk@example.gov.cn", &c.WebPush.Contact),
		text("webpush.hosts", "另外允许的推送服务主机，空格隔开", &c.WebPush.Hosts),

		text("webhook.mode", "政务应用消息 off、log 或 send", &c.Webhook.Mode).checked(oneOf(Off, Log, Send)),
		text("webhook.url", "政务应用收消息的地址", &c.Webhook.URL),
		text("webhook.secret_file", "与政务应用共用的签名密钥文件（whsec_ 开头）", &c.Webhook.SecretFile),

		text("jpush.mode", "手机推送（极光）off、log 或 send", &c.JPush.Mode).checked(oneOf(Off, Log, Send)),
		text("jpush.app_key", "极光应用的 AppKey", &c.JPush.AppKey),
		text("jpush.secret_file", "极光主密钥文件", &c.JPush.SecretFile),
		text("jpush.apns", "苹果推送环境 production 或 development", &c.JPush.APNS).checked(oneOf("production", "development")),
		text("jpush.url", "极光接口地址，不填则用官方地址", &c.JPush.URL),

		text("paper.mode", "纸质通知 off、log 或 send（生成打印批次）", &c.Paper.Mode).checked(oneOf(Off, Log, Send)),
		duration("paper.gather", "多久没有新的一份就把一个村的通知生成一个打印批次", &c.Paper.Gather),
		number("paper.keep_days", "打印文件（有地址）登记打印后保留多少天", &c.Paper.KeepDays, 1, 3650),
		text("paper.canary", "每次推送第一个打印批次里多打一份样张，寄这个本单位的地址，写成“村（社区）｜门牌｜收件人”；不填则不打", &c.Paper.Canary),

		rate("sms.rate", "短信每秒最多发多少条，所有进程合计；0为不限，可用小数", &c.SMSBounds.Rate),
		text("sms.canary", "每次推送先给这个号码发一份短信，由单位自己查收；不填则不发", &c.SMSBounds.Canary),
		rate("email.rate", "邮件每秒最多发多少封，所有进程合计；0为不限，可用小数", &c.EmailBounds.Rate),
		text("email.canary", "每次推送先给这个邮箱发一份邮件，由单位自己查收；不填则不发", &c.EmailBounds.Canary),
		rate("wechat.rate", "微信每秒最多发多少条，所有进程合计；0为不限，可用小数", &c.WeChatBounds.Rate),
		text("wechat.canary", "每次推送先给这个 openid 发一份微信，由单位自己查收；不填则不发", &c.WeChatBounds.Canary),
		rate("webpush.rate", "浏览器通知每秒最多发给多少人，一人的几个浏览器算一次，所有进程合计；0为不限，可用小数", &c.WebPushBounds.Rate),
		text("webpush.canary", "每次推送先给这个主体（主体画像页地址里的编号，是本单位的人）的浏览器发一份，由单位自己查收；不填则不发", &c.WebPushBounds.Canary).checked(optional(positive)),
		rate("webhook.rate", "政务应用消息每秒最多发多少条，所有进程合计；0为不限，可用小数", &c.WebhookBounds.Rate),
		text("webhook.canary", "每次推送先给政务应用的这个账号发一份，由单位自己查收；不填则不发", &c.WebhookBounds.Canary),
		rate("jpush.rate", "手机推送每秒最多发多少条，所有进程合计；0为不限，可用小数", &c.JPushBounds.Rate),
		text("jpush.canary", "每次推送先给这台手机（registration id）发一份，由单位自己查收；不填则不发", &c.JPushBounds.Canary),

		duration("work.dispatch_every", "多久检查一次待发送批次", &c.Work.DispatchEvery),
		duration("work.sweep_every", "多久清理一次中断的发送", &c.Work.SweepEvery),
		duration("work.dead_after", "批次多久没有进展就重新分派，正在发送的记为“结果不明”", &c.Work.DeadAfter),
		duration("work.lost_after", "一条消息发送多久没有结果就一律记为“结果不明”", &c.Work.LostAfter),
		duration("work.leader_for", "调度者失联多久由别的进程接替", &c.Work.LeaderFor),
	}
}

func text(key, help string, p *string) setting {
	return setting{
		key: key, help: help,
		set:  func(v string) error { *p = v; return nil },
		show: func() string { return *p },
	}
}

func number(key, help string, p *int, low, high int) setting {
	return setting{key: key, help: help, set: func(v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < low || n > high {
			return fmt.Errorf("要是%d到%d的整数，不能是“%s”", low, high, v)
		}
		*p = n
		return nil
	}, show: func() string { return strconv.Itoa(*p) }}
}

// rate is a number of messages a second.
func rate(key, help string, p *float64) setting {
	return setting{key: key, help: help, set: func(v string) error {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || !(f == 0 || f >= 1.0/60 && f <= 100_000) {
			return fmt.Errorf("要是0，或每秒1/60到100000条的数，不能是“%s”", v)
		}
		*p = f
		return nil
	}, show: func() string { return strconv.FormatFloat(*p, 'f', -1, 64) }}
}

func duration(key, help string, p *time.Duration) setting {
	return setting{key: key, help: help, set: func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return fmt.Errorf("要是大于零的时长，如 30s、3m，不能是“%s”", v)
		}
		*p = d
		return nil
	}, show: func() string { return p.String() }}
}

// checked returns a setting that takes only what check takes.
func (s setting) checked(check func(string) error) setting {
	set := s.set
	s.set = func(v string) error {
		if err := check(v); err != nil {
			return err
		}
		return set(v)
	}
	return s
}

// shown returns a setting that is printed through f.
func (s setting) shown(f func(string) string) setting {
	show := s.show
	s.show = func() string { return f(show()) }
	return s
}

func oneOf(words ...string) func(string) error {
	return func(v string) error {
		for _, w := range words {
			if v == w {
				return nil
			}
		}
		return fmt.Errorf("只能是 %s，不能是“%s”", strings.Join(words, "、"), v)
	}
}

func optional(check func(string) error) func(string) error {
	return func(v string) error {
		if v == "" {
			return nil
		}
		return check(v)
	}
}

func positive(v string) error {
	if n, err := strconv.ParseInt(v, 10, 64); err != nil || n < 1 {
		return fmt.Errorf("要是正整数，不能是“%s”", v)
	}
	return nil
}

func address(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("要是“地址:端口”，如 127.0.0.1:8080，不能是“%s”", v)
	}
	return nil
}

// providers checks a list of gateways for text messages.
func providers(v string) error {
	known := []string{"aliyun", "tencent", "mas", "cmpp", "kannel"}
	names := listOf(v)
	for i, name := range names {
		if !slices.Contains(known, name) || slices.Contains(names[:i], name) {
			return fmt.Errorf("只能是 %s，每个至多一次，不能是“%s”", strings.Join(known, "、"), v)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("至少要有一个，如 kannel")
	}
	return nil
}

// networks checks a list of addresses and networks.
func networks(v string) error {
	for _, text := range listOf(v) {
		if _, err := network(text); err != nil {
			return fmt.Errorf("要是用逗号隔开的地址或网段，如 203.0.113.7,198.51.100.0/24，不能是“%s”", text)
		}
	}
	return nil
}

// network reads an address, which is a network of one, or a network.
func network(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Prefix(addr.BitLen())
	}
	return netip.ParsePrefix(text)
}

func quietHours(v string) error {
	_, _, err := ParseQuietHours(v)
	return err
}

// ParseQuietHours reads "20:00-08:00" into minutes after midnight, in the time
// of the readers. "none" is 0, 0: no quiet hours.
func ParseQuietHours(v string) (from, to int, err error) {
	if v == "none" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(v, "-")
	start, err1 := time.Parse("15:04", a)
	end, err2 := time.Parse("15:04", b)
	if !ok || err1 != nil || err2 != nil || start.Equal(end) {
		return 0, 0, fmt.Errorf("要是 20:00-08:00 这样的时段或 none，不能是“%s”", v)
	}
	return start.Hour()*60 + start.Minute(), end.Hour()*60 + end.Minute(), nil
}

func caps(v string) error {
	_, err := ParseCaps(v)
	return err
}

// Capped lists the channels that a cap may name.
func Capped() []string {
	return []string{"sms", "email", "wechat", "webpush", "webhook", "jpush", "paper"}
}

// ParseCaps reads "sms:2,email:10": how many messages a channel may carry to one
// address. "none" caps no channel.
func ParseCaps(v string) (map[string]int, error) {
	caps := map[string]int{}
	if v == "none" {
		return caps, nil
	}
	for part := range strings.SplitSeq(v, ",") {
		channel, count, _ := strings.Cut(strings.TrimSpace(part), ":")
		n, err := strconv.Atoi(count)
		switch _, twice := caps[channel]; {
		case !slices.Contains(Capped(), channel):
			return nil, fmt.Errorf("“%s”里没有可以限制的渠道，只有%s；要写成 sms:2,email:10 或 none", part, strings.Join(Capped(), "、"))
		case twice:
			return nil, fmt.Errorf("渠道“%s”写了两次", channel)
		case err != nil || n < 1 || n > 1000:
			return nil, fmt.Errorf("渠道“%s”的上限要是1到1000的整数，不能是“%s”", channel, count)
		}
		caps[channel] = n
	}
	return caps, nil
}

// withoutPassword hides the password of a URL.
func withoutPassword(v string) string {
	u, err := url.Parse(v)
	if err != nil {
		return "（已隐藏）"
	}
	if q := u.Query(); len(q) > 0 {
		for key := range q {
			if strings.Contains(strings.ToLower(key), "pass") {
				q.Set(key, "xxxxx")
			}
		}
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}
