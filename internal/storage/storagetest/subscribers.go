package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/seal"
	"policypush/internal/storage"
)

func keepsSubscribers(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	staff := int64(86)
	want := &domain.Subscriber{
		ExternalID: "E000001", Name: "云川精工有限公司", USCC: "91339901MA2XYZ1234",
		Profile:      domain.Profile{Kind: domain.Enterprise, Region: "339901001", Staff: &staff, Attributes: []string{}, Groups: nil},
		Subscription: domain.Subscription{Themes: []string{"Q01"}, Keywords: []string{"加计扣除"}, All: true, Paused: true},
		Consent:      domain.Consent{Version: "1", At: morning, Source: "import:名单.csv"},
		Contacts: []domain.Contact{
			{Kind: domain.App},
			{Kind: domain.Email, Address: "Cai@yunchuan.example", When: domain.Weekly, Verified: true},
			{Kind: domain.SMS, Address: "19900000001", When: domain.Now},
		},
		CreatedAt: morning, Demo: true,
	}
	must(t, s.SaveSubscriber(ctx, want))
	if want.ID == 0 || want.Version != 1 || want.Contacts[2].ID == 0 {
		t.Fatalf("ids and version are not set: %+v", want)
	}
	v := got(s.Subscriber(ctx, want.ID))(t)
	if !reflect.DeepEqual(v, want) {
		t.Fatalf("got %+v\nwant %+v", v, want)
	}
	if v.Profile.Attributes == nil || v.Profile.Groups != nil {
		t.Fatal("an empty set and an unknown one are no longer told apart")
	}
	self := &domain.Subscriber{Profile: domain.Profile{Kind: domain.Resident}}
	must(t, s.SaveSubscriber(ctx, self))
	if self.ExternalID == "" || self.CreatedAt.IsZero() {
		t.Fatalf("who subscribes themselves gets an id and a time: %+v", self)
	}
	enterprises, residents, err := s.CountSubscribers(ctx)
	must(t, err)
	equal(t, "enterprises", enterprises, 1)
	equal(t, "residents", residents, 1)
	must(t, s.DeleteSubscriber(ctx, want.ID, morning))
	_, err = s.Subscriber(ctx, want.ID)
	wantKind(t, err, domain.NotFound)
	wantKind(t, s.DeleteSubscriber(ctx, want.ID, morning), domain.NotFound)
	next := person(1)
	must(t, s.SaveSubscriber(ctx, next))
	if next.ID <= self.ID {
		t.Fatalf("id %d was used before", next.ID)
	}
}

func updatesByExternalID(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	first := person(1)
	must(t, s.SaveSubscriber(ctx, first))
	again := person(1)
	again.Profile.Region, again.CreatedAt = "339902", morning.Add(time.Hour)
	must(t, s.SaveSubscriber(ctx, again))
	equal(t, "id", again.ID, first.ID)
	equal(t, "version", again.Version, 2)
	equal(t, "created", again.CreatedAt, first.CreatedAt)
	v := got(s.SubscriberByExternalID(ctx, "R000001"))(t)
	equal(t, "region", v.Profile.Region, "339902")
	byID := *v
	byID.ExternalID, byID.Name = "", "王阿姨"
	must(t, s.SaveSubscriber(ctx, &byID))
	equal(t, "kept external id", byID.ExternalID, "R000001")
	equal(t, "name", got(s.Subscriber(ctx, v.ID))(t).Name, "王阿姨")
	_, err := s.SubscriberByExternalID(ctx, "R999999")
	wantKind(t, err, domain.NotFound)
}

func keepsContactIDs(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	v := person(1)
	must(t, s.SaveSubscriber(ctx, v))
	phone, mail := v.Contacts[0].ID, v.Contacts[1].ID
	v.Contacts = []domain.Contact{
		{Kind: domain.Email, Address: "R1@yunchuan.example", When: domain.Now, Verified: true},
		{Kind: domain.SMS, Address: "19900009999"},
		{Kind: domain.Email, Address: "r1@yunchuan.example"}, // the first again
	}
	must(t, s.SaveSubscriber(ctx, v))
	equal(t, "mailbox", v.Contacts[0].ID, mail)
	equal(t, "the same mailbox", v.Contacts[2].ID, mail)
	if v.Contacts[1].ID == phone || v.Contacts[1].ID == 0 {
		t.Fatalf("another number has the contact id %d", v.Contacts[1].ID)
	}
	kept := got(s.Subscriber(ctx, v.ID))(t).Contacts
	equal(t, "contacts", len(kept), 2)
	equal(t, "first by preference", kept[0], v.Contacts[0])
	equal(t, "second", kept[1], v.Contacts[1])
	equal(t, "who has the old number", len(got(s.SubscribersByAddress(ctx, domain.SMS, "19900000001"))(t)), 0)
}

func savesMany(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	const n = 1234
	all := people(t, s, n)
	for i, v := range all {
		equal(t, "id", v.ID, domain.SubscriberID(i+1))
	}
	var again []*domain.Subscriber
	for i := range n {
		v := person(n - i) // backwards, half of them new
		if i%2 == 0 {
			v.ExternalID = fmt.Sprintf("N%d", i)
		}
		again = append(again, v)
	}
	again = append(again, person(1), person(1)) // written three times
	must(t, s.SaveSubscribers(ctx, again))
	_, residents, err := s.CountSubscribers(ctx)
	must(t, err)
	equal(t, "residents", residents, n+n/2)
	equal(t, "version of the one written four times", got(s.Subscriber(ctx, 1))(t).Version, 4)
	ids := []domain.SubscriberID{5000, 3, 1, 2}
	for i := range 800 {
		ids = append(ids, domain.SubscriberID(i+3))
	}
	found := got(s.SubscribersIn(ctx, ids))(t)
	equal(t, "found", len(found), 802)
	for i, v := range found {
		equal(t, "id", v.ID, domain.SubscriberID(i+1))
		equal(t, "contacts", len(v.Contacts), 2)
	}
	must(t, s.SaveSubscribers(ctx, nil))
	equal(t, "of none", len(got(s.SubscribersIn(ctx, nil))(t)), 0)
}

func refusesSubscribers(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	all := people(t, s, 2)
	before := got(s.LastProfileChange(ctx))(t)
	ghost := person(3)
	ghost.ID = 99
	wantKind(t, s.SaveSubscribers(ctx, []*domain.Subscriber{person(4), ghost}), domain.NotFound)
	all[0].ExternalID = all[1].ExternalID
	wantKind(t, s.SaveSubscriber(ctx, all[0]), domain.Conflict)
	_, residents, err := s.CountSubscribers(ctx)
	must(t, err)
	equal(t, "residents", residents, 2)
	equal(t, "changes", got(s.LastProfileChange(ctx))(t), before)
}

func followsProfiles(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	const writers, each = 4, 12
	done := make(chan struct{})
	var seen []storage.ProfileChange
	var followed sync.WaitGroup
	var failed error
	followed.Go(func() { // somebody follows while the others write
		var last int64
		for ended := false; ; {
			changes, err := s.ProfileChanges(ctx, last, 7)
			if err != nil {
				failed = err
				return
			}
			seen = append(seen, changes...)
			if len(changes) > 0 {
				last = changes[len(changes)-1].Seq
				continue
			}
			if ended {
				return
			}
			select {
			case <-done:
				ended = true
			default:
			}
		}
	})
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				a, b := person(1000*w+i), person(1000*w+i+500)
				errs[w] = errors.Join(errs[w], s.SaveSubscribers(ctx, []*domain.Subscriber{a, b}), s.DeleteSubscriber(ctx, b.ID, morning))
			}
		})
	}
	wg.Wait()
	close(done)
	followed.Wait()
	must(t, errors.Join(errs...))
	must(t, failed)
	equal(t, "changes seen", len(seen), writers*each*3)
	for i, c := range seen {
		equal(t, "number", c.Seq, int64(i+1))
	}
	equal(t, "last change", got(s.LastProfileChange(ctx))(t), int64(len(seen)))
	final := got(s.ProfileChanges(ctx, 0, 1000))(t)
	deleted := 0
	for _, c := range final {
		if c.Deleted {
			deleted++
			continue
		}
		equal(t, "row", c.Row.ID, c.ID)
		equal(t, "region", c.Row.Profile.Region, "339901")
	}
	equal(t, "changes of those who are gone", deleted, writers*each*2)
}

func walksProfiles(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	people(t, s, 5100) // more than a page
	var last domain.SubscriberID
	n := 0
	must(t, s.WalkProfiles(ctx, 0, func(r storage.ProfileRow) error {
		if r.ID <= last || r.Profile.Region != "339901" || r.Subscription.Themes[0] != "M09" {
			return fmt.Errorf("row %+v after %d", r, last)
		}
		last = r.ID
		n++
		return nil
	}))
	equal(t, "rows", n, 5100)
	enough := errors.New("enough")
	n = 0
	err := s.WalkProfiles(ctx, 5000, func(storage.ProfileRow) error {
		if n++; n == 10 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
}

// followsWays: walks and the log of changes say which channels reach somebody,
// and a stopped address is a change.
func followsWays(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	v := person(1)
	v.Contacts = []domain.Contact{
		{Kind: domain.SMS, Address: "13900000091", When: domain.Daily, Verified: true},
		{Kind: domain.SMS, Address: "13900000092", When: domain.Weekly, Verified: true},
		{Kind: domain.Email, Address: "a@yunchuan.example", Verified: true},
		{Kind: domain.App},
	}
	must(t, s.SaveSubscriber(ctx, v))
	seq := int64(0)
	check := func(what string, want ...domain.Way) {
		t.Helper()
		changes := got(s.ProfileChanges(ctx, seq, 10))(t)
		equal(t, what+": changes", len(changes), 1)
		seq = changes[0].Seq
		equal(t, what, fmt.Sprint(changes[0].Row.Subscription.Ways), fmt.Sprint(want))
		must(t, s.WalkProfiles(ctx, 0, func(r storage.ProfileRow) error {
			equal(t, what+", walked", fmt.Sprint(r.Subscription.Ways), fmt.Sprint(want))
			return nil
		}))
	}
	sms, mail := domain.Way{Channel: domain.SMS, When: domain.Daily}, domain.Way{Channel: domain.Email, When: domain.Now}
	check("the first of their order", sms)
	v.Subscription.AtOnce = true
	must(t, s.SaveSubscriber(ctx, v))
	check("all at once", sms, mail)
	must(t, s.StopAddress(ctx, domain.SMS, "13900000091", domain.ReasonStopped, morning))
	must(t, s.StopAddress(ctx, domain.SMS, "13900000091", domain.ReasonStopped, morning)) // says nothing new
	check("the next address counts", domain.Way{Channel: domain.SMS, When: domain.Weekly}, mail)
	must(t, s.StopContact(ctx, v.Contacts[1].ID, "bounce:5.1.1", morning))
	check("both are stopped", mail)
	must(t, s.AllowAddress(ctx, domain.SMS, "13900000091"))
	check("verified again", sms, mail)
	must(t, s.RemoveAddress(ctx, domain.SMS, "13900000091"))
	check("removed: the next address counts", mail) // which is stopped
	must(t, s.RemoveAddress(ctx, domain.SMS, "13900000091"))
	equal(t, "addresses left", len(got(s.Subscriber(ctx, v.ID))(t).Contacts), 3)
	equal(t, "who has it", len(got(s.SubscribersByAddress(ctx, domain.SMS, "13900000091"))(t)), 0)
}

func stopsAddresses(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	suppressed := func(v *domain.Subscriber, contact int) string {
		t.Helper()
		return got(s.Subscriber(ctx, v.ID))(t).Contacts[contact].Suppressed
	}
	v := people(t, s, 1)[0]
	phone := v.Contacts[0].Address
	must(t, s.StopAddress(ctx, domain.SMS, phone, "bounce:5.1.1", morning))
	equal(t, "after a bounce", suppressed(v, 0), "bounce:5.1.1")
	must(t, s.StopAddress(ctx, domain.SMS, phone, "bounce:4.4.4", morning))
	equal(t, "after another", suppressed(v, 0), "bounce:5.1.1")
	must(t, s.StopContact(ctx, v.Contacts[0].ID, domain.ReasonStopped, morning))
	must(t, s.StopAddress(ctx, domain.SMS, phone, domain.ReasonStopped, morning))
	must(t, s.StopContact(ctx, v.Contacts[0].ID, "bounce:5.1.1", morning))
	equal(t, "the person's word", suppressed(v, 0), "stopped")
	equal(t, "the other channel", suppressed(v, 1), "")
	wantKind(t, s.StopContact(ctx, 999, domain.ReasonStopped, morning), domain.NotFound)

	must(t, s.DeleteSubscriber(ctx, v.ID, morning))
	next := person(1)
	must(t, s.SaveSubscriber(ctx, next)) // an import brings the person back
	equal(t, "after the import", suppressed(next, 0), "stopped")
	must(t, s.AllowAddress(ctx, domain.SMS, phone))
	equal(t, "verified again", suppressed(next, 0), "")

	inbox := []*domain.Subscriber{{Contacts: []domain.Contact{{Kind: domain.App}}}, {Contacts: []domain.Contact{{Kind: domain.App}}}}
	must(t, s.SaveSubscribers(ctx, inbox))
	must(t, s.StopContact(ctx, inbox[0].Contacts[0].ID, domain.ReasonStopped, morning))
	equal(t, "own inbox", suppressed(inbox[0], 0), "stopped")
	equal(t, "another's inbox", suppressed(inbox[1], 0), "")
}

func stopsByDelivery(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 2)
	id := sendBatch(t, s, planned(t, s, push.ID, waiting(all, 1))[0])[0].Deliveries[0].ID
	must(t, s.StopDelivery(ctx, id, "bounce:5.1.1", morning))
	equal(t, "the address", got(s.Subscriber(ctx, all[0].ID))(t).Contacts[1].Suppressed, "bounce:5.1.1")
	equal(t, "another's", got(s.Subscriber(ctx, all[1].ID))(t).Contacts[1].Suppressed, "")
	wantKind(t, s.StopDelivery(ctx, 999, "bounce:5.1.1", morning), domain.NotFound)
	must(t, s.DeleteSubscriber(ctx, all[0].ID, morning))
	wantKind(t, s.StopDelivery(ctx, id, "bounce:5.1.1", morning), domain.NotFound)
}

func findsAddresses(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	a, b := person(1), person(2)
	a.Contacts[0].Address = "19900000001"
	b.Contacts[0].Address = "+86 199-0000-0001"
	must(t, s.SaveSubscribers(ctx, []*domain.Subscriber{a, b}))
	for _, spelled := range []string{"19900000001", "+8619900000001", "008619900000001", "8619900000001", " 199 0000 0001 "} {
		equal(t, "owners of "+spelled, len(got(s.SubscribersByAddress(ctx, domain.SMS, spelled))(t)), 2)
	}
	for _, spelled := range []string{"r1@yunchuan.example", "R1@YunChuan.example "} {
		ids := got(s.SubscribersByAddress(ctx, domain.Email, spelled))(t)
		if len(ids) != 1 || ids[0] != a.ID {
			t.Fatalf("%s belongs to %v", spelled, ids)
		}
	}
	equal(t, "by another channel", len(got(s.SubscribersByAddress(ctx, domain.Email, "19900000001"))(t)), 0)
	equal(t, "as written", got(s.Subscriber(ctx, b.ID))(t).Contacts[0].Address, "+86 199-0000-0001")
}

func sealsAddresses(t *testing.T, url string) {
	keys := Keys(t)
	s, ctx := open(t, url, keys), t.Context()
	_, push := published(t, s, "稳岗返还")
	all := people(t, s, 1)
	phone, mail := all[0].Contacts[0].Address, all[0].Contacts[1].Address
	must(t, s.StopAddress(ctx, domain.SMS, phone, domain.ReasonStopped, morning))
	must(t, s.SaveCode(ctx, domain.SMS, phone, []byte("hash"), morning, morning.Add(time.Hour)))
	must(t, s.SaveSession(ctx, storage.Session{TokenHash: []byte("t"), Contact: mail, Data: `{"phone":"` + phone + `"}`, Expires: morning}))
	sendBatch(t, s, planned(t, s, push.ID, waiting(all, 0))[0])

	db := raw(t, url)
	tables := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if s.Dialect() == "postgres" {
		tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	var names []string
	rows := got(db.QueryContext(ctx, tables))(t)
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		names = append(names, name)
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	if len(names) < 20 {
		t.Fatalf("only the tables %v", names)
	}
	for _, name := range names {
		dump := dumpTable(t, db, name)
		for _, clear := range []string{phone, mail} {
			if bytes.Contains(dump, []byte(clear)) {
				t.Errorf("table %s holds %s in clear", name, clear)
			}
		}
	}

	// A sealed address does not open in another row, and the error does not tell it.
	_, err := db.ExecContext(ctx, `UPDATE contacts SET address = (SELECT c.address FROM contacts c WHERE c.kind = 'email') WHERE kind = 'sms'`)
	must(t, err)
	_, err = s.Subscriber(ctx, all[0].ID)
	if !errors.Is(err, seal.ErrUnopened) || strings.Contains(err.Error(), mail) || strings.Contains(err.Error(), phone) {
		t.Fatalf("got %v", err)
	}
}

func rotatesKeys(t *testing.T, url string) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "keys")
	old := got(seal.Generate(path, seal.AES))(t)
	s := open(t, url, old)
	all := people(t, s, 50)
	session := storage.Session{TokenHash: []byte("t"), Contact: "r1@yunchuan.example", Data: "{}", Expires: morning.Add(time.Hour)}
	must(t, s.SaveSession(ctx, session))

	newer := open(t, url, got(seal.Extend(path, seal.SM4))(t))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	errs := make([]error, 2)
	wg.Go(func() { // reads with both keys
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			v, err := newer.Subscriber(ctx, all[i%len(all)].ID)
			if err == nil && v.Contacts[0].Address != all[i%len(all)].Contacts[0].Address {
				err = fmt.Errorf("read %s", v.Contacts[0].Masked())
			}
			if errs[0] = err; err != nil {
				return
			}
		}
	})
	wg.Go(func() { // and writes
		for i := range 10 {
			v := person(i + 1)
			v.Name = "改"
			if errs[1] = newer.SaveSubscriber(ctx, v); errs[1] != nil {
				return
			}
		}
	})
	var told []int
	must(t, newer.RotateKeys(ctx, 7, func(done int) { told = append(told, done) }))
	close(stop)
	wg.Wait()
	must(t, errors.Join(errs...))
	if len(told) < 2 || told[len(told)-1] <= told[0] {
		t.Fatalf("progress %v", told)
	}
	must(t, newer.RotateKeys(ctx, 7, func(done int) { t.Errorf("%d rows were left", done) }))
	must(t, newer.RotateKeys(ctx, 7, nil))
	if v := got(newer.Session(ctx, session.TokenHash, morning))(t); v.Contact != session.Contact {
		t.Fatalf("session %+v", v)
	}
	equal(t, "found by the same blind index", len(got(newer.SubscribersByAddress(ctx, domain.SMS, all[3].Contacts[0].Address))(t)), 1)
	if _, err := s.Subscriber(ctx, all[0].ID); !errors.Is(err, seal.ErrUnopened) {
		t.Fatalf("without the new key: %v", err)
	}
}
