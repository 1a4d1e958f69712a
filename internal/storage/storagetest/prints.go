package storagetest

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/seal"
	"policypush/internal/storage"
)

// readersOnPaper saves n residents of alternately two villages.
func readersOnPaper(t testing.TB, s *storage.Store, n int) []*domain.Subscriber {
	t.Helper()
	all := make([]*domain.Subscriber, n)
	for i := range all {
		all[i] = person(i + 1)
		village := []string{"城关镇东门村", "城关镇西门村"}[i%2]
		all[i].Contacts = []domain.Contact{{Kind: domain.Paper, Address: fmt.Sprintf("%s｜三组%d号｜王秀英", village, i+1), When: domain.Now, Verified: true}}
	}
	must(t, s.SaveSubscribers(t.Context(), all))
	return all
}

// collected plans deliveries on paper and has a worker record that they wait to
// be printed.
func collected(t testing.TB, s *storage.Store, push domain.PushID, ds []domain.Delivery) {
	t.Helper()
	for _, b := range planned(t, s, push, ds) {
		toDesk(t, s, sendBatch(t, s, b))
		must(t, s.FinishBatch(t.Context(), b.ID, b.Gen, morning))
	}
}

// toDesk records that what was claimed waits to be printed.
func toDesk(t testing.TB, s *storage.Store, claimed []storage.Outgoing) {
	t.Helper()
	var outcomes []storage.Outcome
	for _, o := range claimed {
		to := got(domain.ParsePaperAddress(o.Contact.Address))(t)
		for i, d := range o.Deliveries {
			outcomes = append(outcomes, storage.Outcome{
				Delivery: d.ID, Claimed: d, State: domain.Pending, Reason: domain.ReasonPrint, At: morning, Gateway: "print",
				Letter: o.Deliveries[0].ID, Place: to.Village, Joined: i > 0,
			})
		}
	}
	must(t, s.RecordOutcomes(t.Context(), outcomes))
}

// drawn draws every batch of letters that is owed, and returns their ids.
func drawn(t testing.TB, s *storage.Store, at time.Time) []domain.PrintID {
	t.Helper()
	owed := got(s.OwedPrints(t.Context(), at, 1000))(t)
	for _, id := range owed {
		_, letters, err := s.BeginPrint(t.Context(), id)
		must(t, err)
		n := 0
		file := []byte("letters to")
		for _, l := range letters {
			n += len(l.Deliveries)
			file = append(file, l.Contact.Address...)
		}
		if n == 0 {
			file = nil
		}
		must(t, s.FinishPrint(t.Context(), id, file, n, at))
	}
	return owed
}

func collectsLetters(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := readersOnPaper(t, s, 2*domain.MaxLetters+6)
	collected(t, s, push.ID, waiting(all, 0))
	equal(t, "due again", len(got(s.DueBatches(ctx, morning.Add(100*24*time.Hour), 10))(t)), 0)
	equal(t, "ended", got(s.FinishPushes(ctx, morning))(t), 0)
	equal(t, "owed at once: the full ones", len(got(s.OwedPrints(ctx, morning.Add(-time.Second), 10))(t)), 2)
	found := got(s.Prints(ctx, 1, push.ID, true, 10, 0))(t)
	sizes := map[string]int{}
	for _, p := range found {
		sizes[fmt.Sprint(p.Place, " ", p.State, " ", p.States[domain.Pending])]++
		equal(t, "title", p.Title, "稳岗返还")
	}
	for _, village := range []string{"城关镇东门村", "城关镇西门村"} {
		equal(t, village+" full", sizes[village+" wanted 200"], 1)
		equal(t, village+" rest", sizes[village+" open 3"], 1)
	}
	equal(t, "of another office", len(got(s.Prints(ctx, 2, 0, false, 10, 0))(t)), 0)
	owed := got(s.OwedPrints(ctx, morning, 10))(t)
	equal(t, "owed", len(owed), 4)
	must(t, s.PausePush(ctx, push.ID, 1, "待核实", morning))
	equal(t, "owed while the push is paused", len(got(s.OwedPrints(ctx, morning, 10))(t)), 0)
	must(t, s.ResumePush(ctx, push.ID))
	b, letters, err := s.BeginPrint(ctx, owed[3])
	must(t, err)
	equal(t, "letters", len(letters), 3)
	for i, l := range letters {
		equal(t, "number", l.Number, i+1)
		equal(t, "village", got(domain.ParsePaperAddress(l.Contact.Address))(t).Village, b.Place)
		equal(t, "consent", l.NoConsent, false)
	}
	must(t, s.FinishPrint(ctx, owed[3], []byte("PDF"), 3, morning))
	_, _, err = s.BeginPrint(ctx, owed[3])
	wantKind(t, err, domain.Conflict)
	_, _, err = s.BeginPrint(ctx, 99)
	wantKind(t, err, domain.NotFound)
	for i := range 4 { // the third in vain is enough; then they count anew
		equal(t, "enough", got(s.FailPrint(ctx, owed[0]))(t), i == 2)
	}
	equal(t, "unprinted", got(s.CountUnprinted(ctx, 1))(t), 1)
	counted(t, s)
}

// printsTheCanaryFirst: the office's own letter lies in the first batch that is
// drawn, or in another if that is void, and its slip settles it; other batches
// wait until it is printed.
func printsTheCanaryFirst(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := readersOnPaper(t, s, 8)
	collected(t, s, push.ID, waiting(all, 0))
	c := domain.Canary{Push: push.ID, MaskedTo: "城关镇****", SentAt: morning}
	ids := drawn(t, s, morning)
	first, other := ids[0], ids[1]
	for range 2 { // it is drawn again on the next day
		equal(t, "goes with the first", got(s.PutCanaryLetter(ctx, c, first))(t), true)
		equal(t, "and the next", got(s.PutCanaryLetter(ctx, c, other))(t), false)
	}
	_, err := s.FetchPrint(ctx, other, morning)
	wantKind(t, err, domain.Conflict)
	got(s.FetchPrint(ctx, first, morning))(t)
	delivered := domain.SlipResults()[0]
	_, err = s.SettleSlips(ctx, other, map[int]domain.SlipResult{domain.CanaryLetter: delivered}, nil, morning)
	wantKind(t, err, domain.Conflict) // it is not printed
	equal(t, "dropped", got(s.MarkPrinted(ctx, first, 7, morning))(t), 0)
	got(s.FetchPrint(ctx, other, morning))(t)
	got(s.MarkPrinted(ctx, other, 7, morning))(t)
	_, err = s.SettleSlips(ctx, other, map[int]domain.SlipResult{domain.CanaryLetter: delivered}, nil, morning)
	wantKind(t, err, domain.NotFound)
	slips := got(s.PrintSlips(ctx, first))(t)
	equal(t, "slips", len(slips), 5)
	equal(t, "the office's own", slips[0], storage.Slip{State: domain.Accepted, EndedAt: morning, Masked: "城关镇****"})
	for _, p := range got(s.Prints(ctx, 1, push.ID, false, 10, 0))(t) {
		equal(t, "letters", p.States[domain.Accepted], map[domain.PrintID]int{first: 5, other: 4}[p.ID])
	}
	away := domain.SlipResults()[2]
	equal(t, "settled", got(s.SettleSlips(ctx, first, map[int]domain.SlipResult{domain.CanaryLetter: away}, nil, morning))(t), 1)
	equal(t, "once", got(s.SettleSlips(ctx, first, map[int]domain.SlipResult{domain.CanaryLetter: delivered}, nil, morning))(t), 0)
	slip := got(s.PrintSlips(ctx, first))(t)[0]
	equal(t, "state", slip.State, domain.Failed)
	equal(t, "reason", slip.Reason, away.Reason)
	equal(t, "the same", got(s.CorrectSlip(ctx, first, domain.CanaryLetter, away, morning))(t), false)
	equal(t, "another", got(s.CorrectSlip(ctx, first, domain.CanaryLetter, delivered, morning))(t), true)
	equal(t, "others, all at once", got(s.SettleSlips(ctx, first, nil, &delivered, morning))(t), 4)
	found := got(s.Canaries(ctx, push.ID, 10))(t)
	equal(t, "canaries", len(found), 1)
	equal(t, "delivered", found[0].State, domain.Delivered)
	counted(t, s)

	_, second := published(t, s, "稳岗返还续")
	collected(t, s, second.ID, waiting(all, 0))
	c.Push = second.ID
	for _, id := range got(s.OwedPrints(ctx, morning, 10))(t) {
		_, _, err := s.BeginPrint(ctx, id)
		must(t, err)
		equal(t, "goes with the first, and with the next when nothing of that is left", got(s.PutCanaryLetter(ctx, c, id))(t), true)
		must(t, s.FinishPrint(ctx, id, nil, 0, morning))
	}
}

func printsOnce(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := readersOnPaper(t, s, 8)
	collected(t, s, push.ID, waiting(all, 0))
	ids := drawn(t, s, morning)
	equal(t, "batches", len(ids), 2)
	_, err := s.MarkPrinted(ctx, ids[0], 7, morning)
	wantKind(t, err, domain.Conflict) // nobody has the file
	file := got(s.FetchPrint(ctx, ids[0], morning))(t)
	equal(t, "file", bytes.Contains(file, []byte("三组1号")), true)
	_, err = s.SettleSlips(ctx, ids[0], nil, &domain.SlipResult{State: domain.Delivered}, morning)
	wantKind(t, err, domain.Conflict) // it is not printed
	for range 2 {
		equal(t, "dropped", got(s.MarkPrinted(ctx, ids[0], 7, morning))(t), 0)
	}
	_, states := sum(t, s, push.ID)
	equal(t, "accepted", states[domain.Accepted], 4)
	equal(t, "waiting", states[domain.Pending], 4)
	equal(t, "drawn again", len(drawn(t, s, morning.Add(48*time.Hour))), 0)

	results := domain.SlipResults()
	moved, err := domain.SlipResultOf("moved")
	must(t, err)
	last, err := domain.SlipResultOf("last")
	must(t, err)
	enter := map[int]domain.SlipResult{1: last, 2: moved}
	equal(t, "settled", got(s.SettleSlips(ctx, ids[0], enter, nil, morning))(t), 2)
	equal(t, "settled again", got(s.SettleSlips(ctx, ids[0], map[int]domain.SlipResult{1: moved, 2: results[0]}, nil, morning))(t), 0)
	_, err = s.SettleSlips(ctx, ids[0], map[int]domain.SlipResult{5: moved}, nil, morning)
	wantKind(t, err, domain.NotFound)
	equal(t, "rest", got(s.SettleSlips(ctx, ids[0], nil, &results[0], morning))(t), 2)
	slips := got(s.PrintSlips(ctx, ids[0]))(t)
	equal(t, "first", slips[0].State, domain.Delivered)
	equal(t, "second", slips[1].State, domain.Failed)
	equal(t, "why", slips[1].Reason, moved.Reason)
	equal(t, "masked", slips[2].Masked, "城关镇东门村****")
	for i, want := range []domain.Reason{domain.ReasonStopped, "bounce:moved", ""} {
		v := got(s.Subscriber(ctx, slips[i].Delivery.Subscriber()))(t)
		equal(t, "stop", domain.Reason(v.Contacts[0].Suppressed), want)
	}
	_, states = sum(t, s, push.ID)
	equal(t, "delivered", states[domain.Delivered], 3)
	counted(t, s)
	correctsSlips(t, s, push.ID, ids, slips)
	equal(t, "batches with results", got(s.Prints(ctx, 1, 0, false, 10, 0))(t)[1].States[domain.Failed], 1)
	equal(t, "unprinted", got(s.Prints(ctx, 1, push.ID, true, 10, 0))(t)[0].ID, ids[1])
}

// correctsSlips corrects the results of four letters: 1 was delivered for the
// last time, 2 was moved, 3 and 4 were delivered. It leaves them so.
func correctsSlips(t *testing.T, s *storage.Store, push domain.PushID, ids []domain.PrintID, slips []storage.Slip) {
	t.Helper()
	ctx := t.Context()
	result := func(code string) domain.SlipResult { return got(domain.SlipResultOf(code))(t) }
	later := morning
	correct := func(number int, code string, other bool) {
		t.Helper()
		later = later.Add(time.Minute)
		equal(t, "another result", got(s.CorrectSlip(ctx, ids[0], number, result(code), later))(t), other)
	}
	stopped := func(number int, want domain.Reason) {
		t.Helper()
		v := got(s.Subscriber(ctx, slips[number-1].Delivery.Subscriber()))(t)
		equal(t, "stopped for", domain.Reason(v.Contacts[0].Suppressed), want)
	}
	correct(1, "last", false)
	correct(1, "delivered", true)
	stopped(1, "")
	correct(1, "delivered", false)
	correct(1, "refused", true)
	stopped(1, domain.ReasonStopped)
	correct(1, "last", true)
	stopped(1, domain.ReasonStopped)

	correct(2, "away", true)
	stopped(2, "")
	_, states := sum(t, s, push)
	equal(t, "failed", states[domain.Failed], 1)
	correct(2, "delivered", true)
	_, states = sum(t, s, push)
	equal(t, "delivered", states[domain.Delivered], 4)
	correct(2, "moved", true)
	stopped(2, "bounce:moved")

	// What the person says outlasts the correction.
	correct(3, "moved", true)
	v := got(s.Subscriber(ctx, slips[2].Delivery.Subscriber()))(t)
	must(t, s.StopContact(ctx, v.Contacts[0].ID, domain.ReasonStopped, later.Add(time.Second)))
	correct(3, "delivered", true)
	stopped(3, domain.ReasonStopped)

	events := got(s.DeliveryEvents(ctx, slips[1].Delivery))(t)
	last := events[len(events)-1]
	equal(t, "in the history", last.Note, "更正")
	equal(t, "ended", got(s.PrintSlips(ctx, ids[0]))(t)[1].State, domain.Failed)
	_, err := s.CorrectSlip(ctx, ids[0], 9, result("delivered"), later)
	wantKind(t, err, domain.NotFound)
	_, err = s.CorrectSlip(ctx, ids[1], 1, result("delivered"), later)
	wantKind(t, err, domain.Conflict) // it has no result
	counted(t, s)
}

func dropsLetters(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	db := raw(t, url)
	_, push := published(t, s, "稳岗返还")
	all := readersOnPaper(t, s, 10)
	collected(t, s, push.ID, waiting(all, 0))
	ids := drawn(t, s, morning)
	state := func(id domain.PrintID, want domain.PrintState, file bool) {
		t.Helper()
		b := got(s.Print(ctx, id))(t)
		equal(t, "state", b.State, want)
		equal(t, "file", b.HasFile, file)
	}
	refreshed := func(at time.Time) {
		t.Helper()
		must(t, s.RefreshPrints(ctx, at.Add(-30*24*time.Hour), at))
	}
	refreshed(morning)
	state(ids[0], domain.PrintReady, true)
	must(t, s.StopContact(ctx, all[0].Contacts[0].ID, domain.ReasonStopped, morning))
	_, err := s.FetchPrint(ctx, ids[0], morning)
	wantKind(t, err, domain.Conflict) // who left is not printed
	state(ids[0], domain.PrintWanted, false)
	_, letters, err := s.BeginPrint(ctx, ids[0])
	must(t, err)
	gone := letters[0].Deliveries[0].ID
	equal(t, "stopped", domain.Reason(letters[0].Contact.Suppressed), domain.ReasonStopped)
	must(t, s.DropLetters(ctx, []storage.Outcome{
		{Delivery: gone, State: domain.Suppressed, Reason: domain.ReasonStopped, At: morning},
		{Delivery: letters[1].Deliveries[0].ID, State: domain.Pending, Reason: domain.ReasonDigest, At: morning}, // it stays
	}))
	equal(t, "history", len(got(s.DeliveryEvents(ctx, gone))(t)), 2)
	drawn(t, s, morning)
	state(ids[0], domain.PrintReady, true)

	must(t, s.DeleteSubscriber(ctx, all[2].ID, morning)) // at once
	state(ids[0], domain.PrintWanted, false)
	equal(t, "who is gone", got(s.PrintSlips(ctx, ids[0]))(t)[1].Masked, "")
	must(t, s.DropLetters(ctx, []storage.Outcome{{Delivery: got(s.PrintSlips(ctx, ids[0]))(t)[1].Delivery, State: domain.Suppressed, Reason: domain.ReasonNoAddress, At: morning}}))
	drawn(t, s, morning)

	// A file is of its day: then every letter is checked again.
	got(s.FetchPrint(ctx, ids[0], morning))(t)
	tomorrow := morning.Add(24 * time.Hour)
	must(t, s.StopContact(ctx, all[4].Contacts[0].ID, domain.ReasonStopped, morning))
	refreshed(tomorrow)
	state(ids[0], domain.PrintReady, true) // somebody is printing it
	state(ids[1], domain.PrintWanted, false)
	_, err = s.FetchPrint(ctx, ids[0], tomorrow)
	wantKind(t, err, domain.Conflict)
	must(t, s.DropLetters(ctx, []storage.Outcome{{Delivery: got(s.PrintSlips(ctx, ids[0]))(t)[2].Delivery, State: domain.Suppressed, Reason: domain.ReasonStopped, At: morning}}))
	drawn(t, s, tomorrow)
	must(t, s.PausePush(ctx, push.ID, 7, "待核实", tomorrow))
	_, err = s.FetchPrint(ctx, ids[0], tomorrow)
	wantKind(t, err, domain.Conflict)
	must(t, s.ResumePush(ctx, push.ID))
	got(s.StopChannel(ctx, domain.ChannelStop{Channel: domain.Paper, Cause: domain.StoppedByPerson, Since: tomorrow}))(t)
	_, err = s.FetchPrint(ctx, ids[0], tomorrow)
	wantKind(t, err, domain.Conflict)
	must(t, s.ResumeChannel(ctx, domain.Paper))
	got(s.FetchPrint(ctx, ids[0], tomorrow))(t)

	// Somebody is erased while it is printed: their letter is not handed out.
	must(t, s.DeleteSubscriber(ctx, all[6].ID, morning))
	state(ids[0], domain.PrintReady, false)
	equal(t, "dropped", got(s.MarkPrinted(ctx, ids[0], 7, tomorrow))(t), 1)
	slips := got(s.PrintSlips(ctx, ids[0]))(t)
	equal(t, "who was erased", slips[3].Reason, domain.ReasonNoAddress)
	equal(t, "who was not", slips[4].State, domain.Accepted)

	// No address stands in the clear.
	for _, table := range []string{"print_batches", "print_slips"} {
		if dump := dumpTable(t, db, table); bytes.Contains(dump, []byte("王秀英")) || bytes.Contains(dump, []byte("三组")) {
			t.Errorf("an address stands in %s", table)
		}
	}
	// What is stopped is not printed.
	drawn(t, s, tomorrow)
	state(ids[1], domain.PrintReady, true)
	must(t, s.StopPush(ctx, push.ID, 7, "发错了对象", tomorrow))
	_, err = s.FetchPrint(ctx, ids[1], tomorrow)
	wantKind(t, err, domain.Conflict)
	drawn(t, s, tomorrow)
	state(ids[1], domain.PrintVoid, false)
	_, err = s.MarkPrinted(ctx, ids[1], 7, tomorrow)
	wantKind(t, err, domain.Conflict)
	counted(t, s)

	rows, pushes, err := s.ForgetDeliveries(ctx, tomorrow.AddDate(0, 0, 33), 1000, 10)
	must(t, err)
	equal(t, "forgotten", fmt.Sprint(rows, pushes), "10 1")
	equal(t, "batches left", len(dumpTable(t, db, "print_batches"))+len(dumpTable(t, db, "print_slips")), 0)
}

func dropsPrintedAddresses(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := readersOnPaper(t, s, 4)
	collected(t, s, push.ID, waiting(all, 0))
	ids := drawn(t, s, morning)
	for _, id := range ids {
		got(s.FetchPrint(ctx, id, morning))(t)
		got(s.MarkPrinted(ctx, id, 7, morning))(t)
	}
	must(t, s.RefreshPrints(ctx, morning, morning.Add(30*24*time.Hour)))
	for _, id := range ids {
		equal(t, "file at the end of its time", got(s.Print(ctx, id))(t).HasFile, true)
	}
	must(t, s.DeleteSubscriber(ctx, all[0].ID, morning)) // at once
	equal(t, "of one who is gone", got(s.Print(ctx, ids[0]))(t).HasFile, false)
	equal(t, "of others", got(s.Print(ctx, ids[1]))(t).HasFile, true)
	all[1].Contacts = nil
	must(t, s.SaveSubscriber(ctx, all[1])) // with the next sweep
	must(t, s.RefreshPrints(ctx, morning.Add(-time.Hour), morning))
	equal(t, "of one without the address", got(s.Print(ctx, ids[1]))(t).HasFile, false)

	_, push = published(t, s, "专项补助")
	collected(t, s, push.ID, waiting(all[2:], 0))
	ids = drawn(t, s, morning)
	for _, id := range ids {
		got(s.FetchPrint(ctx, id, morning))(t)
		got(s.MarkPrinted(ctx, id, 7, morning))(t)
	}
	must(t, s.RefreshPrints(ctx, morning.Add(time.Second), morning.Add(30*24*time.Hour)))
	for _, id := range ids {
		equal(t, "file after its time", got(s.Print(ctx, id))(t).HasFile, false)
		_, err := s.FetchPrint(ctx, id, morning)
		wantKind(t, err, domain.Conflict)
	}
}

func collectsDigestLetters(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := readersOnPaper(t, s, 3)
	var batches []domain.Batch
	for _, title := range []string{"措施一", "措施二"} {
		_, push := published(t, s, title)
		ds := waiting(all, 0)
		for i := range ds {
			ds[i].Reason = domain.ReasonDigest
		}
		batches = planned(t, s, push.ID, ds)
	}
	toDesk(t, s, sendBatch(t, s, batches[0]))
	found := got(s.Prints(ctx, 1, 0, true, 10, 0))(t)
	equal(t, "batches", len(found), 2)
	equal(t, "of one push", found[0].Push, 0)
	ids := drawn(t, s, morning)
	_, letters, err := s.BeginPrint(ctx, ids[0])
	wantKind(t, err, domain.Conflict)
	equal(t, "letters", len(letters), 0)
	got(s.FetchPrint(ctx, ids[0], morning))(t)
	equal(t, "dropped", got(s.MarkPrinted(ctx, ids[0], 7, morning))(t), 0)
	slips := got(s.PrintSlips(ctx, ids[0]))(t)
	equal(t, "slips", len(slips), 2) // not four: a letter tells of both
	equal(t, "settled", got(s.SettleSlips(ctx, ids[0], map[int]domain.SlipResult{1: {State: domain.Delivered}}, nil, morning))(t), 1)
	for _, id := range []domain.PushID{1, 2} {
		_, states := sum(t, s, id)
		equal(t, "delivered", states[domain.Delivered], 1)
	}
	counted(t, s)
}

func keepsLostLetters(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := readersOnPaper(t, s, 4)
	b := planned(t, s, push.ID, waiting(all, 0))[0]
	sendBatch(t, s, b) // and dies
	late := morning.Add(time.Hour)
	equal(t, "lost", got(s.SweepSending(ctx, late, late, late))(t), 4)
	_, states := sum(t, s, push.ID)
	equal(t, "waiting", states[domain.Pending], 4)
	due := got(s.DueBatches(ctx, late, 10))(t)
	equal(t, "due", len(due), 1)
	out := got(s.ClaimDeliveries(ctx, due[0].ID, due[0].Gen, 10, late))(t)
	toDesk(t, s, out)
	equal(t, "batches", len(got(s.Prints(ctx, 1, push.ID, true, 10, 0))(t)), 2)
	counted(t, s)
}

func rotatesPrints(t *testing.T, url string) {
	path := filepath.Join(t.TempDir(), "keys")
	s, ctx := open(t, url, got(seal.Generate(path, seal.AES))(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	collected(t, s, push.ID, waiting(readersOnPaper(t, s, 4), 0))
	ids := drawn(t, s, morning)
	keys := got(seal.Extend(path, seal.SM4))(t)
	newer := open(t, url, keys)
	must(t, newer.RotateKeys(ctx, 10, nil))
	for _, id := range ids {
		equal(t, "file", bytes.HasPrefix(got(newer.FetchPrint(ctx, id, morning))(t), []byte("letters to")), true)
	}
	old := 0
	must(t, raw(t, url).QueryRowContext(ctx, `SELECT COUNT(*) FROM print_batches WHERE sealed_with <> $1`, keys.Current()).Scan(&old))
	equal(t, "sealed with the old key", old, 0)
}
