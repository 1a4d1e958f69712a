package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"policypush/internal/domain"
)

const printColumns = `print_batches.id, print_batches.push_id, print_batches.office_id, print_batches.place, print_batches.state,
	print_batches.letters, print_batches.drawn_at, print_batches.fetched_at, print_batches.printed_at, print_batches.printed_by,
	print_batches.file IS NOT NULL, COALESCE((SELECT p.title FROM pushes u JOIN policies p ON p.id = u.policy_id WHERE u.id = print_batches.push_id), '')`

func scanPrint(row scanner, b *domain.PrintBatch) error {
	return row.Scan(&b.ID, &b.Push, &b.Office, &b.Place, &b.State, &b.Letters, timeInto(&b.DrawnAt), timeInto(&b.FetchedAt),
		timeInto(&b.PrintedAt), &b.PrintedBy, &b.HasFile, &b.Title)
}

func printBatch(ctx context.Context, q querier, id domain.PrintID) (domain.PrintBatch, error) {
	var b domain.PrintBatch
	err := scanPrint(q.QueryRowContext(ctx, `SELECT `+printColumns+` FROM print_batches WHERE id = $1`, id), &b)
	return b, notFound(err, "没有打印批次%d", id)
}

// Print returns a batch of letters, or NotFound.
func (s *Store) Print(ctx context.Context, id domain.PrintID) (domain.PrintBatch, error) {
	return printBatch(ctx, s.read, id)
}

// PrintCount is how many letters of a batch are in a state. A letter counts
// with the first of its deliveries.
type PrintCount struct {
	domain.PrintBatch
	States map[domain.DeliveryState]int
}

// Prints returns the batches of letters of an office, newest first: of a push,
// if it is not 0, and those that nobody has printed, where wanted.
func (s *Store) Prints(ctx context.Context, office domain.OfficeID, push domain.PushID, unprinted bool, limit, offset int) ([]PrintCount, error) {
	q := `SELECT ` + printColumns + ` FROM print_batches
		WHERE office_id = $1 AND ($2 = 0 OR push_id = $2)`
	if unprinted {
		q += ` AND state IN ('open', 'wanted', 'ready')`
	}
	batches, err := list(ctx, s.read, scanPrint, q+` ORDER BY id DESC LIMIT $3 OFFSET $4`, office, push, limit, offset)
	if err != nil {
		return nil, err
	}
	all, at, ids := make([]PrintCount, len(batches)), map[domain.PrintID]int{}, []domain.PrintID{}
	for i, b := range batches {
		all[i] = PrintCount{b, map[domain.DeliveryState]int{}}
		at[b.ID], ids = i, append(ids, b.ID)
	}
	err = chunks(ids, func(part []any) error {
		q := `SELECT w.batch_id, d.state, COUNT(*) FROM (
				SELECT batch_id, letter, MIN(delivery_id) AS id FROM print_slips WHERE batch_id IN (` + s.dialect.places(1, len(part)) + `) GROUP BY batch_id, letter) AS w
			JOIN deliveries d ON d.id = w.id GROUP BY w.batch_id, d.state`
		return each(ctx, s.read, func(row scanner) error {
			var id domain.PrintID
			var state domain.DeliveryState
			var n int
			err := row.Scan(&id, &state, &n)
			all[at[id]].States[state] = n
			return err
		}, q, part...)
	})
	if err != nil {
		return nil, err
	}
	own, err := s.canarySlips(ctx, s.read, ids...)
	for id, slip := range own {
		all[at[id]].States[slip.State]++
	}
	return all, err
}

// CountUnprinted returns how many batches of letters of an office are ready
// and not printed.
func (s *Store) CountUnprinted(ctx context.Context, office domain.OfficeID) (n int, err error) {
	const q = `SELECT COUNT(*) FROM print_batches WHERE state = 'ready' AND state IN ('open', 'wanted', 'ready') AND office_id = $1`
	err = s.read.QueryRowContext(ctx, q, office).Scan(&n)
	return n, err
}

// Slip is what became of one letter.
type Slip struct {
	Number   int               // domain.CanaryLetter: the office's own
	Delivery domain.DeliveryID // the first in the letter; 0 of the office's own
	State    domain.DeliveryState
	Reason   domain.Reason
	EndedAt  time.Time
	Masked   string // address; empty if it is gone
}

// PrintSlips returns the letters of a batch in the order of their numbers, the
// office's own first.
func (s *Store) PrintSlips(ctx context.Context, id domain.PrintID) ([]Slip, error) {
	const q = `
		SELECT p.letter, d.id, d.subscriber_id, d.state, d.reason, d.ended_at, c.address, COALESCE(c.kind, '')
		FROM print_slips p JOIN deliveries d ON d.id = p.delivery_id
			LEFT JOIN contacts c ON c.id = d.contact_id AND c.subscriber_id = d.subscriber_id
		WHERE p.batch_id = $1 ORDER BY p.letter, d.id`
	var slips []Slip
	own, err := s.canarySlips(ctx, s.read, id)
	if err != nil {
		return nil, err
	}
	if slip, there := own[id]; there {
		slips = append(slips, slip)
	}
	err = each(ctx, s.read, func(row scanner) error {
		var slip Slip
		var owner domain.SubscriberID
		var sealed []byte
		var kind domain.ChannelKind
		if err := row.Scan(&slip.Number, &slip.Delivery, &owner, &slip.State, &slip.Reason, timeInto(&slip.EndedAt), &sealed, &kind); err != nil {
			return err
		}
		if n := len(slips); n > 0 && slips[n-1].Number == slip.Number {
			return nil
		}
		if sealed != nil {
			address, err := s.openAddress(sealed, kind, owner)
			if err != nil {
				return fmt.Errorf("address of delivery %d: %w", slip.Delivery, err)
			}
			slip.Masked = domain.Contact{Kind: kind, Address: address}.Masked()
		}
		slips = append(slips, slip)
		return nil
	}, q, id)
	return slips, err
}

// FetchPrint returns the file of a batch of letters and notes that somebody
// has it. A file that was not printed is only given out on the day that it was
// drawn, and while all its letters are still to be printed: otherwise it is
// drawn anew, and FetchPrint fails with Conflict, as it does where there is no
// file, where the push or paper is paused, and while the batch with the office's
// own letter is still to be printed: that one goes first.
func (s *Store) FetchPrint(ctx context.Context, id domain.PrintID, now time.Time) ([]byte, error) {
	const paused = `
		SELECT EXISTS (SELECT 1 FROM pushes u WHERE u.id = b.push_id AND u.paused_at > 0)
			OR EXISTS (SELECT 1 FROM channel_stops WHERE channel = 'paper' AND cause = 'person')
		FROM print_batches b WHERE b.id = $1 AND b.state = 'ready'`
	var file []byte
	var held bool
	switch err := s.read.QueryRowContext(ctx, paused, id).Scan(&held); {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return nil, fmt.Errorf("fetch print %d: %w", id, err)
	case held:
		return nil, domain.Errorf(domain.Conflict, "推送或纸质通知已由工作人员暂停，恢复后再打印")
	}
	const before = `
		SELECT p.id FROM print_batches b JOIN print_batches p ON p.push_id = b.push_id AND p.id <> b.id AND p.state IN ('wanted', 'ready')
			JOIN canaries k ON k.state = 'sending' AND ` + canaryIn + `
		WHERE b.id = $1 AND b.state = 'ready'`
	var first domain.PrintID
	switch err := s.read.QueryRowContext(ctx, before, id).Scan(&first); {
	case err == nil:
		return nil, domain.Errorf(domain.Conflict, "请先打印批次%d：里面有给本单位的样张，看过没有问题再打印这一批", first)
	case !errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("fetch print %d: %w", id, err)
	}
	n, err := changed(ctx, s.write, redraw+` AND id = $3`, micros(midnight(now)), micros(now), id)
	if err != nil {
		return nil, fmt.Errorf("fetch print %d: %w", id, err)
	}
	if n > 0 {
		return nil, domain.Errorf(domain.Conflict, "这一批有变动（换了日期，或有人退订、注销、政策撤回），正在重新生成，请稍后再下载")
	}
	var sealed []byte
	err = s.read.QueryRowContext(ctx, `SELECT file FROM print_batches WHERE id = $1`, id).Scan(&sealed)
	if err := notFound(err, "没有打印批次%d", id); err != nil {
		return nil, err
	}
	if sealed == nil {
		return nil, domain.Errorf(domain.Conflict, "这一批没有可以下载的文件：还没有生成，或已按期删除")
	}
	if file, err = s.keys.Open(sealed, printContext(id)); err != nil {
		return nil, fmt.Errorf("fetch print %d: %w", id, err)
	}
	_, err = s.write.ExecContext(ctx, `UPDATE print_batches SET fetched_at = $2 WHERE id = $1`, id, micros(now))
	return file, err
}

// MarkPrinted records that a person has printed a batch of letters: what waits
// in it counts as handed over. Saying it again changes nothing. It returns how
// many deliveries dropped out since the file was drawn, whose letters are not to
// be handed out, and fails with Conflict if nobody has downloaded the file.
func (s *Store) MarkPrinted(ctx context.Context, id domain.PrintID, by domain.OperatorID, now time.Time) (dropped int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		dropped = 0
		var drawn int
		const mark = `
			UPDATE print_batches SET state = 'printed', printed_at = $2, printed_by = $3
			WHERE id = $1 AND state = 'ready' AND fetched_at > 0 RETURNING drawn`
		err := tx.QueryRowContext(ctx, mark, id, micros(now), by).Scan(&drawn)
		if err != nil {
			return s.notMarked(ctx, tx, id, err)
		}
		if err := s.canaryPrinted(ctx, tx, id, now); err != nil {
			return err
		}
		rows, err := s.lettersIn(ctx, tx, id)
		if err != nil {
			return err
		}
		refused := map[domain.DeliveryID]domain.Reason{}
		const out = `SELECT d.id, ` + refusedFor + ` FROM print_slips p JOIN deliveries d ON d.id = p.delivery_id` + withReaders + `
			WHERE p.batch_id = $1 AND ` + toPrint
		err = each(ctx, tx, func(row scanner) error {
			var delivery domain.DeliveryID
			var why domain.Reason
			err := row.Scan(&delivery, &why)
			refused[delivery] = why
			return err
		}, out, id)
		if err != nil {
			return err
		}
		dropped = drawn
		var ends []outcomeRow
		for _, r := range rows {
			if r.row.State != domain.Pending || r.row.Reason != domain.ReasonPrint {
				continue
			}
			end := r.row
			end.State, end.Reason, end.at = domain.Accepted, domain.ReasonNone, now
			end.Gateway, end.GatewayRef = printed, domain.SlipCode(id, r.number)
			if why := refused[end.ID]; why != "" {
				end.State, end.Reason = domain.Suppressed, why
			} else {
				dropped--
			}
			end.SentAt, end.EndedAt = endTimes(end.Delivery, now)
			ends = append(ends, end)
		}
		_, err = s.writeOutcomes(ctx, tx, ends)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("mark print %d: %w", id, err)
	}
	return dropped, nil
}

// notMarked says why a batch could not be marked as printed; none if it is.
func (s *Store) notMarked(ctx context.Context, tx *sql.Tx, id domain.PrintID, err error) error {
	if domain.KindOf(notFound(err, "没有打印批次%d", id)) != domain.NotFound {
		return err
	}
	b, err := printBatch(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case b.State == domain.PrintPrinted:
		return nil
	case b.State == domain.PrintReady:
		return domain.Errorf(domain.Conflict, "请先下载并打印这一批，再登记已打印")
	default:
		return domain.Errorf(domain.Conflict, "这一批还没有可以打印的文件，请刷新页面")
	}
}

type numbered struct {
	number int
	row    outcomeRow
}

// lettersIn reads and holds the deliveries of a batch of letters, in id order.
func (s *Store) lettersIn(ctx context.Context, tx *sql.Tx, id domain.PrintID) ([]numbered, error) {
	q := `SELECT p.letter, ` + deliveryColumns + ` FROM print_slips p JOIN deliveries ON deliveries.id = p.delivery_id
		WHERE p.batch_id = $1 ORDER BY deliveries.id`
	if s.dialect.forUpdate != "" {
		q += s.dialect.forUpdate + " OF deliveries"
	}
	return list(ctx, tx, func(row scanner, n *numbered) error {
		var d domain.Delivery
		err := row.Scan(append([]any{&n.number}, deliveryInto(&d)...)...)
		n.row = rowOf(d)
		return err
	}, q, id)
}

// SettleSlips records what the receipt slips of a printed batch say, by the
// numbers of the letters, and, if rest is given, that of all others without a
// result. What has a result keeps it: saying it again changes nothing. It
// returns how many letters got one, and stops the addresses that are not to be
// used any more. It fails with Conflict if the batch is not printed, and with
// NotFound if a letter is not in it.
func (s *Store) SettleSlips(ctx context.Context, id domain.PrintID, results map[int]domain.SlipResult, rest *domain.SlipResult, now time.Time) (settled int, err error) {
	stops := map[domain.DeliveryID]domain.Reason{}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		clear(stops)
		b, err := printBatch(ctx, tx, id)
		if err != nil {
			return err
		}
		if b.State != domain.PrintPrinted {
			return domain.Errorf(domain.Conflict, "打印批次%d还没有登记为已打印，不能登记回执", id)
		}
		own, err := s.canarySlips(ctx, tx, id)
		if err != nil {
			return err
		}
		first := 1
		if _, has := own[id]; has {
			first = domain.CanaryLetter
		}
		for number := range results {
			if number < first || number > b.Letters {
				return domain.Errorf(domain.NotFound, "打印批次%d没有%s", id, domain.LetterName(number))
			}
		}
		settled = 0
		if result, told := results[domain.CanaryLetter]; told || rest != nil {
			if !told {
				result = *rest
			}
			if settled, err = settleCanarySlip(ctx, tx, id, domain.Accepted, result, now); err != nil {
				return err
			}
		}
		rows, err := s.lettersIn(ctx, tx, id)
		if err != nil {
			return err
		}
		var ends []outcomeRow
		got := map[int]bool{}
		for _, r := range rows {
			result, told := results[r.number]
			if !told && rest != nil {
				result, told = *rest, r.row.State == domain.Accepted
			}
			if !told {
				continue
			}
			end := r.row
			if end.State == domain.Accepted {
				end.State, end.Reason, end.at = result.State, result.Reason, now
				end.SentAt, end.EndedAt = endTimes(end.Delivery, now)
				ends = append(ends, end)
				got[r.number] = true
			}
			if result.Stops != "" && end.State == result.State && end.Reason == result.Reason {
				stops[end.ID] = result.Stops
			}
		}
		settled += len(got)
		_, err = s.writeOutcomes(ctx, tx, ends)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("settle slips of print %d: %w", id, err)
	}
	for delivery, reason := range stops {
		if err := s.StopDelivery(ctx, delivery, reason, now); err != nil && domain.KindOf(err) != domain.NotFound {
			return settled, err
		}
	}
	return settled, nil
}

// CorrectSlip replaces the result that was entered for a letter by mistake;
// the history keeps both. An address that the mistake stopped is used again,
// but not if its owner has said anything since. It tells whether the result is
// another one, and fails with Conflict if none was entered, or somebody else
// changed it meanwhile, and with NotFound if the letter is not in the batch.
func (s *Store) CorrectSlip(ctx context.Context, id domain.PrintID, number int, result domain.SlipResult, now time.Time) (other bool, err error) {
	fail := func(err error) (bool, error) {
		return false, fmt.Errorf("correct slip %d of print %d: %w", number, id, err)
	}
	slips, err := s.PrintSlips(ctx, id)
	if err != nil {
		return fail(err)
	}
	at := slices.IndexFunc(slips, func(slip Slip) bool { return slip.Number == number })
	if at < 0 {
		return fail(domain.Errorf(domain.NotFound, "打印批次%d没有%s", id, domain.LetterName(number)))
	}
	slip := slips[at]
	if !slip.Settled() {
		return fail(domain.Errorf(domain.Conflict, "%s还没有登记结果，不用更正", domain.LetterName(number)))
	}
	if number == domain.CanaryLetter {
		if slip.State == result.State && slip.Reason == result.Reason {
			return false, nil
		}
		switch n, err := settleCanarySlip(ctx, s.write, id, slip.State, result, now); {
		case err != nil:
			return fail(err)
		case n == 0:
			return fail(changedMeanwhile(number))
		}
		return true, nil
	}
	stopped, err := s.stoppedBy(ctx, slip)
	if err != nil {
		return fail(err)
	}
	if slip.State == result.State && slip.Reason == result.Reason && stopped == (result.Stops != "") {
		return false, nil
	}
	// The address first: should the rest fail, the mistake still stands there
	// to be corrected.
	if stopped {
		if err := s.allowAfter(ctx, slip); err != nil {
			return fail(err)
		}
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := s.lettersIn(ctx, tx, id)
		if err != nil {
			return err
		}
		var ends []outcomeRow
		for _, r := range rows {
			end := r.row
			if r.number != number || end.State != slip.State || end.Reason != slip.Reason {
				continue
			}
			end.State, end.Reason, end.at, end.note = result.State, result.Reason, now, corrected
			end.SentAt, end.EndedAt = endTimes(end.Delivery, now)
			ends = append(ends, end)
		}
		if len(ends) == 0 {
			return changedMeanwhile(number)
		}
		_, err = s.writeOutcomes(ctx, tx, ends)
		return err
	})
	if err != nil {
		return fail(err)
	}
	if result.Stops != "" {
		if err := s.StopDelivery(ctx, slip.Delivery, result.Stops, now); err != nil && domain.KindOf(err) != domain.NotFound {
			return fail(err)
		}
	}
	return true, nil
}

func changedMeanwhile(letter int) error {
	return domain.Errorf(domain.Conflict, "%s的结果刚刚有人改过，请刷新后再看", domain.LetterName(letter))
}

// corrected is the note of a result that replaces another.
const corrected = "更正"

// Settled tells whether somebody has entered what the receipt slip says.
func (slip Slip) Settled() bool { return slip.State == domain.Delivered || slip.State == domain.Failed }

// ofSlip says which entries of the stop-list the result of a letter made: they
// are of the same moment.
const ofSlip = `kind = 'paper' AND at = $1 AND blind IN (SELECT c.blind FROM contacts c JOIN deliveries d ON d.contact_id = c.id WHERE d.id = $2)`

func (s *Store) stoppedBy(ctx context.Context, slip Slip) (stopped bool, err error) {
	const q = `SELECT EXISTS (SELECT 1 FROM stop_list WHERE ` + ofSlip + `)`
	err = s.read.QueryRowContext(ctx, q, micros(slip.EndedAt), slip.Delivery).Scan(&stopped)
	return stopped, err
}

func (s *Store) allowAfter(ctx context.Context, slip Slip) error {
	const owners = `
		SELECT DISTINCT o.subscriber_id FROM deliveries d JOIN contacts c ON c.id = d.contact_id JOIN contacts o ON o.blind = c.blind AND o.kind = c.kind
		WHERE d.id = $1`
	_, err := s.changeStopList(ctx, owners, []any{slip.Delivery}, `DELETE FROM stop_list WHERE `+ofSlip, micros(slip.EndedAt), slip.Delivery)
	return err
}
