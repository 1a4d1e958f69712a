package domain

import (
	"strconv"
	"strings"
	"time"
)

// StopCause says why a channel sends nothing.
type StopCause string

// The causes.
const (
	StoppedByConfig StopCause = "config" // the gateway refuses our settings
	StoppedByQuota  StopCause = "quota"  // the account is used up
	StoppedByCanary StopCause = "canary" // the gateway does not answer a canary
	StoppedByPerson StopCause = "person"
)

// ChannelStop is a channel that sends nothing, in every process, until
// somebody resumes it or its time is over. What is owed waits.
type ChannelStop struct {
	Channel ChannelKind
	Cause   StopCause
	Gateway string // which refused
	Code    string // the gateway's code
	Note    string // the gateway's words, or why a person stopped it
	Since   time.Time
	Until   time.Time  // zero: until somebody resumes it
	By      OperatorID // 0: the service
}

// Title says in Chinese what happened.
func (s ChannelStop) Title() string {
	switch {
	case s.Cause == StoppedByConfig && s.Channel == Paper:
		return "纸质通知已暂停：生成不了打印文件"
	case s.Cause == StoppedByConfig:
		return s.Channel.Label() + "已暂停：网关不接受我们的设置"
	case s.Cause == StoppedByQuota:
		return s.Channel.Label() + "已暂停：网关账户的额度用完了"
	case s.Cause == StoppedByCanary:
		return s.Channel.Label() + "已暂停：网关没有答复给本单位的验证消息"
	default:
		return s.Channel.Label() + "已由工作人员暂停"
	}
}

// Advice says in Chinese what a person should do.
func (s ChannelStop) Advice() string {
	switch {
	case s.Cause == StoppedByQuota:
		return "次日零点后自动恢复；已充值或提高限额的，可以现在恢复。待发送的消息都在等待，没有丢失。"
	case s.Cause == StoppedByCanary && !s.Until.IsZero():
		return "两分钟后再发一条验证消息，有答复就自动恢复。待发送的消息都在等待，没有丢失。"
	case s.Cause == StoppedByCanary:
		return "连续三条都没有答复。请与网关核实，确认能发出后按“恢复发送”；恢复后直接发给收件人，不再先发验证消息。待发送的消息都在等待，没有丢失。"
	case s.Cause == StoppedByPerson:
		return "待发送的消息都在等待，恢复后继续发送。"
	case s.Channel == Paper:
		return "请在运行后台任务的机器上安装 Chromium 和中文字体（apt-get install chromium fonts-noto-cjk）并重启；已经安装的，请看日志里生成失败的原因，处理后按“恢复发送”。待打印的通知都在等待，没有丢失。"
	case s.Channel == SMS:
		return "请核对短信网关的账号、密钥、签名、模板和IP白名单，改好设置并重启后按“恢复发送”。待发送的消息都在等待，没有计入重试次数。"
	case s.Channel == Email:
		return "请核对邮件服务器的账号、密码、发件人和加密方式，改好设置并重启后按“恢复发送”。待发送的消息都在等待，没有计入重试次数。"
	default:
		return "请核对这个渠道的账号、密钥和授权，改好设置并重启后按“恢复发送”。待发送的消息都在等待，没有计入重试次数。"
	}
}

// Canary is the copy of a push that went to the office's own address on a
// channel, before anybody else got one. That of letters is Sending until its
// batch is printed, and has the code of its slip as the gateway's number.
type Canary struct {
	Push       PushID
	Channel    ChannelKind
	MaskedTo   string
	State      DeliveryState // Sending, Accepted, Logged, Delivered, Failed, UnknownEnd or Pending: another is to go
	Silent     int           // how many copies had no answer
	Gateway    string
	GatewayRef string
	Units      int // that the gateway counts it as; 0 is one. Not read back
	Note       string
	SentAt     time.Time
	EndedAt    time.Time
}

// CanaryRef is the reference of the canary of a push, as Delivery.ClientRef.
func CanaryRef(push PushID) string { return "k" + strconv.FormatInt(int64(push), 10) }

// CanaryOf reads the push back from a reference made by CanaryRef.
func CanaryOf(ref string) (PushID, bool) {
	digits, ours := strings.CutPrefix(ref, "k")
	id, err := strconv.ParseInt(digits, 10, 64)
	return PushID(id), ours && err == nil && id > 0
}

// DoubtFor is how long a receipt or an answer of the gateway may settle what
// is in doubt; then a person may.
const DoubtFor = 72 * time.Hour

// MaxSchedule is how long before its time a push may be scheduled.
const MaxSchedule = 90 * 24 * time.Hour

// Schedule makes a push wait for a time. The zero time is at once.
func (p *Push) Schedule(at, now time.Time) error {
	switch {
	case at.IsZero():
	case at.Before(now):
		return Errorf(Invalid, "定时发送的时间已经过去，请选一个以后的时间").In("send_at")
	case at.After(now.Add(MaxSchedule)):
		return Errorf(Invalid, "定时发送最多提前90天").In("send_at")
	}
	p.SendAt = at
	return nil
}

// Scheduled tells whether a push still waits for its time.
func (p Push) Scheduled(now time.Time) bool {
	return (p.State == PushOwed || p.State == PushUnsigned) && p.SendAt.After(now)
}

// Paused tells whether a push that could go on does not.
func (p Push) Paused() bool {
	return !p.PausedAt.IsZero() && p.State != PushDone && p.State != PushStopped
}
