package storagetest

import (
	"slices"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// staffed saves an enterprise with a phone, and a resident with the same one.
func staffed(t *testing.T, s *storage.Store) (enterprise, resident *domain.Subscriber) {
	t.Helper()
	boss := domain.Contact{Kind: domain.SMS, Address: "13900000001", Role: domain.LegalRole, Person: 7, Verified: true}
	mail := domain.Contact{Kind: domain.Email, Address: "boss@yunchuan.example", Person: 7, Verified: true}
	enterprise = &domain.Subscriber{Name: "恒达精密", USCC: "91330100MA27XXXX0A", Profile: domain.Profile{Kind: domain.Enterprise}, Contacts: []domain.Contact{boss, mail}}
	resident = &domain.Subscriber{Profile: domain.Profile{Kind: domain.Resident}, Contacts: []domain.Contact{{Kind: domain.SMS, Address: "+86 139-0000-0001", Verified: true}}}
	must(t, s.SaveSubscribers(t.Context(), []*domain.Subscriber{enterprise, resident}))
	return enterprise, resident
}

// same compares lists.
func same[T comparable](t *testing.T, what string, have, want []T) {
	t.Helper()
	if !slices.Equal(have, want) {
		t.Fatalf("%s: have %+v, want %+v", what, have, want)
	}
}

func changesPeople(t *testing.T, url string) {
	ctx, s := t.Context(), open(t, url, Keys(t))
	enterprise, resident := staffed(t, s)
	standings := got(s.Standings(ctx, domain.SMS, "139 0000 0001"))(t)
	same(t, "standings", standings, []domain.Standing{
		{Subscriber: enterprise.ID, Kind: domain.Enterprise, Name: "恒达精密", Contact: enterprise.Contacts[0].ID, Role: domain.LegalRole},
		{Subscriber: resident.ID, Kind: domain.Resident, Contact: resident.Contacts[0].ID},
	})

	clerk := domain.Contact{Kind: domain.SMS, Address: "13900000002", Role: "finance"}
	join := domain.Join{Subscriber: enterprise.ID, By: enterprise.Contacts[0].ID, ByMasked: "139****0001", Kind: domain.SMS, Masked: "139****0002", Role: "finance", Expires: morning.Add(domain.JoinLife)}
	must(t, s.SaveJoin(ctx, join, clerk.Address, morning))
	open := got(s.JoinsOf(ctx, domain.SMS, clerk.Address, morning))(t)
	accept := func(sub *domain.Subscriber) (storage.PeopleEdit, error) {
		change := domain.PeopleChange{At: morning, Event: domain.PersonJoined, Role: "finance", By: "139****0001"}
		return storage.PeopleEdit{PeopleChange: change, Whom: clerk, Answers: open[0].ID}, sub.AddPerson(clerk)
	}
	stale := got(s.Subscriber(ctx, enterprise.ID))(t)
	joined := got(s.ChangePeople(ctx, enterprise.ID, accept))(t)
	equal(t, "people", len(joined.People()), 2)
	kept := got(s.Subscriber(ctx, enterprise.ID))(t)
	same(t, "contacts", kept.Contacts, joined.Contacts)
	if _, err := s.ChangePeople(ctx, enterprise.ID, accept); domain.KindOf(err) != domain.Conflict {
		t.Fatalf("an invitation that was answered is answered again: %v", err)
	}
	equal(t, "people after a second answer", len(got(s.Subscriber(ctx, enterprise.ID))(t).People()), 2)

	if err := s.SaveSubscriber(ctx, stale); domain.KindOf(err) != domain.Conflict {
		t.Fatalf("who joined is lost to an older copy: %v", err)
	}
	who := kept.Contacts[2]
	remove := func(by domain.ContactID) func(sub *domain.Subscriber) (storage.PeopleEdit, error) {
		return func(sub *domain.Subscriber) (storage.PeopleEdit, error) {
			change := domain.PeopleChange{At: morning.Add(time.Hour), Event: domain.PersonRemoved, By: "139****0001"}
			return storage.PeopleEdit{PeopleChange: change, Whom: who}, sub.RemovePerson(who.ID, by)
		}
	}
	if _, err := s.ChangePeople(ctx, enterprise.ID, remove(999)); domain.KindOf(err) != domain.Forbidden {
		t.Fatalf("a stranger removes a contact: %v", err)
	}
	got(s.ChangePeople(ctx, enterprise.ID, remove(kept.Contacts[0].ID)))(t)
	equal(t, "standings of who was removed", len(got(s.Standings(ctx, domain.SMS, clerk.Address))(t)), 0)
	gone := domain.PeopleChange{Subscriber: enterprise.ID, Name: "恒达精密", At: morning.Add(time.Hour), Event: domain.PersonRemoved, By: "139****0001", About: "139****0002"}
	same(t, "departures", got(s.Departures(ctx, domain.SMS, clerk.Address, 5))(t), []domain.PeopleChange{gone})
	changes := got(s.PeopleChanges(ctx, enterprise.ID, 10))(t)
	var events []domain.PeopleEvent
	for _, c := range changes {
		events = append(events, c.Event)
	}
	same(t, "history", events, []domain.PeopleEvent{domain.PersonRemoved, domain.PersonJoined, domain.PersonInvited})
	audited := got(s.AuditEntries(ctx, "", 10))(t)
	equal(t, "audit", len(audited), 3)
	equal(t, "the entry", audited[1].Action+" "+audited[1].Detail, "person-joined finance")

	must(t, s.DeleteExpired(ctx, morning.Add(366*24*time.Hour)))
	equal(t, "history after a year", len(got(s.PeopleChanges(ctx, enterprise.ID, 10))(t)), 0)
}

func keepsJoins(t *testing.T, url string) {
	ctx, s := t.Context(), open(t, url, Keys(t))
	enterprise, resident := staffed(t, s)
	invitation := domain.Join{Subscriber: enterprise.ID, By: enterprise.Contacts[0].ID, ByMasked: "139****0001", Kind: domain.Email, Masked: "c***@yunchuan.example", Expires: morning.Add(domain.JoinLife)}
	must(t, s.SaveJoin(ctx, invitation, "clerk@yunchuan.example", morning))
	invitation.Role = "personnel" // once more: renewed
	must(t, s.SaveJoin(ctx, invitation, "Clerk@yunchuan.example", morning))
	mine := got(s.JoinsOf(ctx, domain.Email, "CLERK@yunchuan.example", morning))(t)
	invitation.Name = "恒达精密"
	if len(mine) == 1 {
		invitation.ID = mine[0].ID
	}
	same(t, "invitations", mine, []domain.Join{invitation})

	application := domain.Join{USCC: enterprise.USCC, By: resident.Contacts[0].ID, ByMasked: "139****0001", Kind: domain.SMS, Masked: "139****0001", Role: "finance", Expires: morning.Add(domain.JoinLife)}
	must(t, s.SaveJoin(ctx, application, "13900000001", morning))
	into := got(s.JoinsInto(ctx, enterprise, morning))(t)
	equal(t, "into the enterprise", len(into), 2)
	equal(t, "an application", into[1].Application(), true)
	equal(t, "into one without a code", len(got(s.JoinsInto(ctx, resident, morning))(t)), 0)
	equal(t, "applicant", got(s.Applicant(ctx, into[1].ID))(t).Address, "+86 139-0000-0001")
	if _, err := s.Applicant(ctx, into[0].ID); domain.KindOf(err) != domain.NotFound {
		t.Fatalf("an invitation has an applicant: %v", err)
	}
	for i := range domain.MaxApplications {
		more := application
		more.USCC = string(rune('A' + i))
		if err := s.SaveJoin(ctx, more, "13900000001", morning); domain.KindOf(err) == domain.Conflict != (i == domain.MaxApplications-1) {
			t.Fatalf("application %d: %v", i, err)
		}
	}
	turned := domain.PeopleChange{Subscriber: enterprise.ID, At: morning, Event: domain.JoinTurnedDown, By: "139****0001", About: "139****0001"}
	must(t, s.CloseJoin(ctx, into[1].ID, turned))
	if err := s.CloseJoin(ctx, into[1].ID, turned); domain.KindOf(err) != domain.Conflict {
		t.Fatalf("an application is answered twice: %v", err)
	}
	equal(t, "history", got(s.PeopleChanges(ctx, enterprise.ID, 1))(t)[0].Event, domain.JoinTurnedDown)

	late := morning.Add(domain.JoinLife)
	equal(t, "invitations when their time is over", len(got(s.JoinsOf(ctx, domain.Email, "clerk@yunchuan.example", late))(t)), 0)
	must(t, s.DeleteSubscriber(ctx, resident.ID, morning))
	equal(t, "applications of who is gone", len(got(s.JoinsOf(ctx, domain.SMS, "13900000001", morning))(t)), 0)
	must(t, s.DeleteExpired(ctx, late))
	equal(t, "invitations that were removed", len(got(s.JoinsOf(ctx, domain.Email, "clerk@yunchuan.example", morning))(t)), 0)
}
