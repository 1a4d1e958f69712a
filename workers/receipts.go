package workers

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"policypush/internal/channel/sms"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// Receipts keep what the gateways for text messages say about what they took,
// and what people reply. They are the sms.Sink of every way in: callbacks,
// pulls and sessions. Saying a thing again changes nothing.
type Receipts struct {
	Store *storage.Store
	Log   *slog.Logger
	Now   func() time.Time
}

// Report implements sms.Sink. A receipt that names its message by the gateway's
// number may come before that number is recorded: it is kept until then. One
// that means no message of ours is forgotten, since the gateway would only
// repeat it.
func (r Receipts) Report(ctx context.Context, rep sms.Report) error {
	receipt := storage.Receipt{
		Channel: domain.SMS, Gateway: rep.Provider, GatewayRef: rep.GatewayRef, Address: rep.Phone, State: rep.State, Reason: reportReason(rep), At: r.Now(), Note: rep.Note, Units: rep.Units,
	}
	if push, is := domain.CanaryOf(rep.Ref); is {
		return r.canary(ctx, push, rep)
	}
	if rep.Ref != "" {
		id, err := domain.DeliveryOf(rep.Ref)
		if err != nil {
			return nil // a code for signing in
		}
		receipt.Delivery = id
	}
	err := r.Store.RecordReceipt(ctx, receipt)
	if domain.KindOf(err) == domain.NotFound {
		if rep.Ref != "" || rep.Phone == "" {
			return nil
		}
		if err := r.canary(ctx, 0, rep); domain.KindOf(err) != domain.NotFound {
			return err
		}
		return r.told(r.Store.KeepReceipt(ctx, receipt), rep)
	}
	if err == nil && rep.BadAddress {
		err = r.stop(ctx, receipt.Delivery, rep)
	}
	return r.told(err, rep)
}

// canary records what became of the office's own copy of a push. It fails with
// NotFound if a receipt that names it by the gateway's number means none.
func (r Receipts) canary(ctx context.Context, push domain.PushID, rep sms.Report) error {
	err := r.Store.SettleCanary(ctx, push, domain.SMS, rep.GatewayRef, rep.State, rep.Note, r.Now())
	if domain.KindOf(err) == domain.NotFound {
		if push == 0 {
			return err
		}
		return nil
	}
	return r.told(err, rep)
}

// stop keeps a dead number from being used again.
func (r Receipts) stop(ctx context.Context, id domain.DeliveryID, rep sms.Report) error {
	reason := domain.ReasonBounced + ":" + domain.Reason(rep.Code)
	if rep.Phone != "" {
		return r.Store.StopAddress(ctx, domain.SMS, rep.Phone, reason, r.Now())
	}
	err := r.Store.StopDelivery(ctx, id, reason, r.Now())
	if domain.KindOf(err) == domain.NotFound {
		return nil // the address is gone already
	}
	return err
}

func (r Receipts) told(err error, rep sms.Report) error {
	if err != nil {
		r.Log.Error("a receipt was not kept", "gateway", rep.Provider, "err", err)
	}
	return err
}

func reportReason(rep sms.Report) domain.Reason {
	switch {
	case rep.State != domain.Failed:
		return domain.ReasonNone
	case rep.BadAddress:
		return domain.ReasonRefused + ":" + domain.Reason(rep.Code)
	default:
		return domain.ReasonUndelivered + ":" + domain.Reason(rep.Code)
	}
}

// Reply implements sms.Sink: a stop word stops the number at once, for every
// push; anything else waits for an officer.
func (r Receipts) Reply(ctx context.Context, reply sms.Reply) error {
	var err error
	if reply.Stop {
		err = r.Store.StopAddress(ctx, domain.SMS, reply.From, domain.ReasonStopped, r.Now())
	} else {
		err = r.Store.SaveReply(ctx, storage.Reply{Channel: domain.SMS, AddressMasked: domain.MaskPhone(reply.From), Address: reply.From, Text: reply.Text, At: r.Now()})
	}
	if err != nil {
		r.Log.Error("a reply was not kept", "err", err)
	}
	return err
}

// settledAtOnce is how many kept receipts one sweep settles.
const settledAtOnce = 2000

// settleEarly records receipts that came before the number of their message,
// and stops the numbers that they say are dead.
func (w *Workers) settleEarly(ctx context.Context) error {
	settled, err := w.Store.SettleEarly(ctx, settledAtOnce, w.Now())
	if err != nil {
		return err
	}
	for _, r := range settled {
		if code, dead := strings.CutPrefix(string(r.Reason), string(domain.ReasonRefused)+":"); dead {
			err := w.Store.StopDelivery(ctx, r.Delivery, domain.ReasonBounced+":"+domain.Reason(code), w.Now())
			if err != nil && domain.KindOf(err) != domain.NotFound {
				return err
			}
		}
	}
	return nil
}
