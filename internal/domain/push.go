package domain

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PushKind says why a push goes out.
type PushKind string

// The kinds of pushes.
const (
	NewPolicy        PushKind = "new"
	WithdrawalNotice PushKind = "withdrawal" // to those who got the original
	CorrectionNotice PushKind = "correction" // likewise
	Reminder         PushKind = "reminder"   // that a deadline is near
	FirstPush        PushKind = "first"      // the first digest of one subscriber, see Digest
	AnswerPush       PushKind = "answer"     // to one person, of a question, see Notice
)

// Follows tells whether a push of this kind goes exactly to those who got an
// earlier message, over the channel that it took.
func (k PushKind) Follows() bool { return k == WithdrawalNotice || k == CorrectionNotice }

// Personal tells whether a push of this kind goes to one person who asked for
// it: lists of pushes leave it out, and it counts for none of the policy's.
func (k PushKind) Personal() bool { return k == FirstPush || k == AnswerPush }

// PushState is where a push stands.
type PushState string

// The states of a push. Owed becomes Running when its audience is frozen and
// its deliveries are planned, and Done when every delivery has ended.
const (
	PushOwed    PushState = "owed"
	PushRunning PushState = "running"
	PushDone    PushState = "done"
	PushStopped PushState = "stopped" // withdrawn while running
	// PushUnsigned waits for the second person whom an urgent push needs. It
	// is not owed before.
	PushUnsigned PushState = "unsigned"
)

// Push is one policy version on its way to its audience.
type Push struct {
	ID        PushID
	Policy    PolicyID
	Version   int
	Kind      PushKind
	State     PushState
	CreatedBy OperatorID
	CreatedAt time.Time
	// PlannedTo is the last subscriber whose deliveries are planned: a plan
	// that is interrupted goes on after it.
	PlannedTo SubscriberID
	PlannedAt time.Time
	// IncludePossible sends also to those whose match is Possible.
	IncludePossible bool
	Likely          int // size of the frozen audience
	Possible        int
	Title           string // of the policy, for lists
	// Urgent goes out whatever the hour: quiet hours, caps and summaries do not
	// hold it. Who asks for that is CreatedBy; SignedBy is the second person.
	Urgent   bool
	SignedBy OperatorID
	SignedAt time.Time
	// Deadline is the last day to apply of which a reminder reminds (YYYY-MM-DD),
	// DaysLeft how many days before it.
	Deadline string
	DaysLeft int
	Note     string   // what a correction corrects, in the words of the office
	Corrects PolicyID // the policy of which it corrects what was said; 0 of other kinds

	SendAt     time.Time  // not before; zero: at once
	PausedAt   time.Time  // zero: not paused
	HaltedBy   OperatorID // who paused or stopped it
	HaltReason string     // and why, in their words
	StoppedFor Reason     // of what a stopped push did not send
	// ForgottenAt is when deliveries and their history were dropped: their time
	// was over. The counts stay.
	ForgottenAt time.Time
}

// Of returns the policy whose readers a notice goes to: the one that was
// corrected, or its own.
func (p *Push) Of() PolicyID {
	if p.Corrects != 0 {
		return p.Corrects
	}
	return p.Policy
}

// Owe makes a new push owed, or waiting for its second person.
func (p *Push) Owe() {
	p.State = PushOwed
	if p.Urgent && p.SignedBy == 0 {
		p.State = PushUnsigned
	}
}

// Sign lets an urgent push go out. It takes a second person, who may approve
// policies.
func (p *Push) Sign(by Operator, now time.Time) error {
	switch {
	case p.State != PushUnsigned:
		return errNotUnsigned()
	case !by.May(ApprovePolicies):
		return Errorf(Forbidden, "您没有审批权限，请由审核员签字")
	case by.ID == p.CreatedBy:
		return Errorf(Forbidden, "提出紧急推送的人不能自己签字，请由另一位工作人员签字")
	}
	p.State, p.SignedBy, p.SignedAt = PushOwed, by.ID, now
	return nil
}

func errNotUnsigned() *Error { return Errorf(Conflict, "这次推送不在等待紧急推送签字") }

// Calm lets a push that waits for its second person go out as any other.
func (p *Push) Calm(by Operator) error {
	switch {
	case p.State != PushUnsigned:
		return errNotUnsigned()
	case !by.May(DraftPolicies) && !by.May(ApprovePolicies):
		return Errorf(Forbidden, "您没有发布权限")
	}
	p.State, p.Urgent = PushOwed, false
	return nil
}

// FrozenAudience is the audience of a push as it was when it was planned: two
// sets of subscriber ids in the portable roaring format, with the hash of both.
type FrozenAudience struct {
	Likely   []byte
	Possible []byte
	SHA256   string
	// Recipe is how the sets were computed, for a check of them; see package
	// audience. It is empty if they do not follow from profiles.
	Recipe []byte
}

// Digest is the first message of a new subscriber: the policies in force that
// concern them, the most urgent and valuable first. It goes out as a push of its
// own; each subscriber has at most one.
type Digest struct {
	Subscriber SubscriberID
	Push       PushID
	At         time.Time
	Items      []DigestItem
	Rest       int // policies that concern them as well and are not listed
}

// DigestItem is one policy in a first digest.
type DigestItem struct {
	Policy   PolicyID
	Measures []MeasureID // those that concern the subscriber
	Verdict  Verdict
}

// PushedAudience is the frozen audience of a push, and whether it told those
// too to whom the policy may apply.
type PushedAudience struct {
	Push            PushID
	Audience        FrozenAudience
	IncludePossible bool
	// Aborted tells that somebody stopped the push midway: it told only those
	// whom it has Reached, by a message that went out or may have, or who read it
	// in the inbox.
	Aborted bool
	Reached []SubscriberID
}

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of a delivery: pending → sending → accepted → delivered | failed |
// unknown, and from pending also held, suppressed, expired and withdrawn.
const (
	Pending    DeliveryState = "pending"
	Sending    DeliveryState = "sending"
	Accepted   DeliveryState = "accepted"  // the gateway took it
	Delivered  DeliveryState = "delivered" // a receipt says that it arrived
	Failed     DeliveryState = "failed"
	UnknownEnd DeliveryState = "unknown" // it may have gone out: a receipt, a query or a person settles it
	Suppressed DeliveryState = "suppressed"
	Lapsed     DeliveryState = "expired"
	CalledBack DeliveryState = "withdrawn"
	Logged     DeliveryState = "logged" // written to the outbox: the channel is set to log
)

// DeliveryStates lists the states in the order of the pages.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{Pending, Sending, Accepted, Delivered, Logged, Failed, UnknownEnd, Suppressed, Lapsed, CalledBack}
}

// StateLabel returns the Chinese word for the state of a message on the
// channel: a letter has no gateway that takes it, a person prints it.
func (c ChannelKind) StateLabel(s DeliveryState) string {
	if c == Paper && s == Accepted {
		return "已打印"
	}
	return s.Label()
}

// Label returns the Chinese word for the state.
func (s DeliveryState) Label() string {
	switch s {
	case Pending:
		return "待发送"
	case Sending:
		return "发送中"
	case Accepted:
		return "网关已接收"
	case Delivered:
		return "已送达"
	case Failed:
		return "失败"
	case UnknownEnd:
		return "结果不明"
	case Suppressed:
		return "未发送"
	case Lapsed:
		return "已过期"
	case CalledBack:
		return "已撤回"
	case Logged:
		return "已记入发件箱"
	default:
		return string(s)
	}
}

// Ended tells whether nothing more is sent for a delivery in this state.
// Accepted is an end for sending; its receipt may still come.
func (s DeliveryState) Ended() bool { return s != Pending && s != Sending }

// Reason is the code that says why a delivery is in its end state, or held.
type Reason string

// The reasons. A gateway's own code follows after a colon: "gateway:5.1.1".
const (
	ReasonNone         Reason = ""
	ReasonStopped      Reason = "stopped"       // the person said 退订
	ReasonPaused       Reason = "paused"        // the person paused every push
	ReasonBadAddress   Reason = "bad-address"   // the address was refused before
	ReasonBounced      Reason = "bounce"        // the same, as an entry of the stop-list
	ReasonNoConsent    Reason = "no-consent"    //
	ReasonQuietHours   Reason = "quiet-hours"   // held until morning
	ReasonDigest       Reason = "digest"        // held for the daily or weekly mail
	ReasonCap          Reason = "cap"           // too many this day or week: held (by releases before the overflow joined the summary)
	ReasonFallback     Reason = "fallback"      // held for those who first look into their inbox
	ReasonSpare        Reason = "spare"         // not needed unless the ways before it fail, see SpareOf
	ReasonRead         Reason = "read"          // they read it in their inbox
	ReasonPutAside     Reason = "put-aside"     // they said 与我无关 or 已办理
	ReasonRepeat       Reason = "repeat"        // they got it over this channel before
	ReasonDeadline     Reason = "deadline"      // the deadline is over
	ReasonMoved        Reason = "moved"         // the deadline is another one now
	ReasonChannelOff   Reason = "channel-off"   //
	ReasonPolicyEnded  Reason = "policy-ended"  // withdrawn or expired before it was sent
	ReasonRefused      Reason = "refused"       // the gateway refused for good
	ReasonTooManyTries Reason = "tries"         // the gateway was not reached in time
	ReasonNoAnswer     Reason = "no-answer"     // handed over, no answer came
	ReasonLost         Reason = "lost-worker"   // the process died between hand-over and record
	ReasonUndelivered  Reason = "undelivered"   // the receipt says so
	ReasonDuplicate    Reason = "same-address"  // another subscriber with this address gets it
	ReasonNoAddress    Reason = "no-address"    // removed before it was sent
	ReasonGatewayRetry Reason = "gateway-retry" // held until the next try
	ReasonChannelHeld  Reason = "channel-held"  // held until the channel is resumed
	ReasonAborted      Reason = "aborted"       // somebody stopped the push
	ReasonByHand       Reason = "by-hand"       // a person settled what was in doubt
	ReasonPrint        Reason = "print"         // held until it is printed, see PrintBatch
)

// SpareOf returns the reason of the way that steps in at a turn, from 2 on:
// spare:2. A delivery with it is suppressed until the turn comes, and then
// waits with it.
func SpareOf(turn int) Reason { return ReasonSpare + Reason(":"+strconv.Itoa(turn)) }

// Spare tells whether the reason is one of SpareOf.
func (r Reason) Spare() bool { return r.Turn() > 0 }

// Turn returns the turn of a reason of SpareOf, and 0 of any other.
func (r Reason) Turn() int {
	digits, _ := strings.CutPrefix(string(r), string(ReasonSpare)+":")
	turn, _ := strconv.Atoi(digits) // 0 of anything else
	return turn
}

// Label returns the Chinese words for the reason.
func (r Reason) Label() string {
	if turn := r.Turn(); turn > 0 {
		return "备用方式（第" + strconv.Itoa(turn) + "种），前一种发不到才用"
	}
	for i := range r {
		if r[i] == ':' {
			return r[:i].Label() + "（" + string(r[i+1:]) + "）"
		}
	}
	switch r {
	case ReasonNone:
		return ""
	case ReasonStopped:
		return "本人已退订"
	case ReasonPaused:
		return "本人已暂停接收"
	case ReasonBadAddress, ReasonBounced:
		return "号码或邮箱无效"
	case ReasonNoConsent:
		return "没有同意记录"
	case ReasonQuietHours:
		return "夜间不打扰，次日发送"
	case ReasonDigest:
		return "等待汇总"
	case ReasonCap:
		return "超过频次，稍后发送"
	case ReasonFallback:
		return "先看站内消息，未读再发"
	case ReasonRead:
		return "本人已在站内阅读"
	case ReasonPutAside:
		return "本人标为与我无关或已办理"
	case ReasonRepeat:
		return "此前已经发过"
	case ReasonDeadline:
		return "申报已经截止"
	case ReasonMoved:
		return "截止日期已变更，按新日期提醒"
	case ReasonChannelOff:
		return "渠道未开通"
	case ReasonPolicyEnded:
		return "政策已撤回或失效"
	case ReasonRefused:
		return "网关拒绝"
	case ReasonTooManyTries:
		return "多次重试未成功"
	case ReasonNoAnswer:
		return "网关未回应"
	case ReasonLost:
		return "发送中断"
	case ReasonUndelivered:
		return "未能送达"
	case ReasonDuplicate:
		return "同一号码或邮箱已发送"
	case ReasonNoAddress:
		return "联系方式已删除"
	case ReasonGatewayRetry:
		return "网关繁忙，稍后重试"
	case ReasonChannelHeld:
		return "渠道已暂停，恢复后发送"
	case ReasonAborted:
		return "推送已中止"
	case ReasonByHand:
		return "人工确认"
	case ReasonPrint:
		return "等待打印"
	default:
		return string(r)
	}
}

// Delivery is one message to one person over one channel that leaves the
// house. The inbox needs none: it is computed from the frozen audience.
type Delivery struct {
	ID         DeliveryID
	Push       PushID
	Subscriber SubscriberID
	Contact    ContactID
	Channel    ChannelKind
	Batch      BatchID
	State      DeliveryState
	Reason     Reason
	Verdict    Verdict // Likely or Possible: decides the wording
	Attempts   int
	NextAt     time.Time // not before
	ClaimedAt  time.Time
	SentAt     time.Time // when the gateway accepted
	EndedAt    time.Time
	GatewayRef string // the gateway's id of the message
	Gateway    string // which gateway was handed it last, see channel.Result
	// Message is the first of those that one claim made one message, a digest: what
	// becomes of it becomes of all that went out in it. 0: it goes by itself.
	Message DeliveryID
}

// Failed tells whether the delivery has ended without reaching its address, so
// that the person's next way has its turn: it was refused or not delivered, or
// the address or the channel could not be used any more. What the person does
// not want, or has got, has not failed.
func (d Delivery) Failed() bool {
	if d.State == Failed {
		return true
	}
	reason, _, _ := strings.Cut(string(d.Reason), ":")
	return d.State == Suppressed && slices.Contains([]Reason{ReasonStopped, ReasonBadAddress, ReasonNoAddress, ReasonChannelOff}, Reason(reason))
}

// ClientRef is the reference that we give the gateway. It never changes over
// retries, so that a gateway that honours it sends once.
func (d Delivery) ClientRef() string { return "d" + strconv.FormatInt(int64(d.ID), 10) }

// RefOf is ClientRef of what goes out in one message, by its first. A city's own
// app drops what it has under a reference already, and a digest that is tried
// again may have other parts by then: there the reference bears a mark of them.
func RefOf(message []Delivery) string {
	ref := message[0].ClientRef()
	if message[0].Channel != Webhook || message[0].Reason != ReasonDigest {
		return ref
	}
	parts := fnv.New64a()
	for _, d := range message {
		_ = binary.Write(parts, binary.BigEndian, d.ID) // a hash takes everything
	}
	return ref + "-" + strconv.FormatUint(parts.Sum64(), 36)
}

// Repeatable tells whether a message that may have been handed over can be
// handed over again and reach nobody twice: a letter whose hand-over is not
// recorded is printed by nobody, and a city's own app takes each reference once.
// The parts of a digest may be others by then, and its reference with them.
func (d Delivery) Repeatable() bool {
	return d.Channel == Paper || d.Channel == Webhook && d.Reason != ReasonDigest
}

// DeliveryOf reads the id back from a reference made by ClientRef or RefOf. It
// fails with Invalid if the reference is not ours.
func DeliveryOf(ref string) (DeliveryID, error) {
	digits, ours := strings.CutPrefix(ref, "d")
	digits, _, _ = strings.Cut(digits, "-")
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ours || err != nil || id < 1 {
		return 0, Errorf(Invalid, "消息编号无法识别")
	}
	return DeliveryID(id), nil
}

// BatchState is where a batch stands.
type BatchState string

// The states of a batch.
const (
	BatchNew    BatchState = "new"    // owed to the queue
	BatchQueued BatchState = "queued" // handed to the queue
	BatchDone   BatchState = "done"   // nothing in it waits any more
)

// Batch is up to 500 deliveries of one push and channel: the unit that the
// queue carries. Gen grows when the batch is handed out anew; a task with an
// older generation does nothing.
type Batch struct {
	ID      BatchID
	Push    PushID
	Channel ChannelKind
	Gen     int
	State   BatchState
	Size    int
	NextAt  time.Time // not before
	BeatAt  time.Time // last sign of life
	Urgent  bool      // as its push
}

// MaxBatch is the largest number of deliveries in a batch.
const MaxBatch = 500
