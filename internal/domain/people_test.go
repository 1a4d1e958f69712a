package domain

import "testing"

func company() *Subscriber {
	return &Subscriber{Profile: Profile{Kind: Enterprise}, Contacts: []Contact{
		{ID: 1, Kind: App},
		{ID: 2, Kind: SMS, Address: "13900000001", Role: LegalRole, Person: 11, Verified: true},
		{ID: 3, Kind: WebPush, Address: "b", Person: 11, Verified: true},
		{ID: 4, Kind: SMS, Address: "13900000002", Role: "finance", Person: 12, Verified: true},
		{ID: 5, Kind: Email, Address: "a@b.cn", Role: "personnel", Verified: true}, // nobody has said whose
		{ID: 6, Kind: WeChat, Address: "o", Verified: true},
	}}
}

func TestPeopleAreWhoCanSignIn(t *testing.T) {
	people := company().People()
	if len(people) != 3 || len(people[0]) != 2 || people[1][0].ID != 4 || people[2][0].ID != 5 {
		t.Fatalf("people are %+v", people)
	}
}

func TestWhoMaySayWhoStandsForAnEnterprise(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(*Subscriber) error
		want Kind
	}{
		"the representative removes finance":   {func(s *Subscriber) error { return s.RemovePerson(4, 2) }, 0},
		"finance removes the representative":   {func(s *Subscriber) error { return s.RemovePerson(2, 4) }, Forbidden},
		"finance leaves":                       {func(s *Subscriber) error { return s.RemovePerson(4, 4) }, 0},
		"finance makes itself representative":  {func(s *Subscriber) error { return s.GiveRole(4, 4, LegalRole) }, Forbidden},
		"the representative gives a role":      {func(s *Subscriber) error { return s.GiveRole(4, 2, AgentRole) }, 0},
		"a role for somebody who is not there": {func(s *Subscriber) error { return s.GiveRole(44, 2, AgentRole) }, NotFound},
		"personnel puts itself first":          {func(s *Subscriber) error { return s.PutFirst(5, 5) }, Forbidden},
		"finance invites":                      {func(s *Subscriber) error { return s.MayInvite(4) }, Forbidden},
		"the representative invites":           {func(s *Subscriber) error { return s.MayInvite(2) }, 0},
		"a stranger invites":                   {func(s *Subscriber) error { return s.MayInvite(99) }, Forbidden},
		"without a general role anybody may": {func(s *Subscriber) error {
			s.Contacts = s.Contacts[3:]
			return s.GiveRole(5, 4, LegalRole)
		}, 0},
		"the last one leaves": {func(s *Subscriber) error {
			s.Contacts = s.Contacts[:3]
			return s.RemovePerson(2, 2)
		}, Conflict},
		"somebody joins twice": {func(s *Subscriber) error { return s.AddPerson(s.Contacts[3]) }, Conflict},
		"too many": {func(s *Subscriber) error {
			for i := range MaxPeople - 3 {
				if err := s.AddPerson(Contact{Kind: SMS, Address: string(rune('a' + i))}); err != nil {
					return Errorf(Invalid, "%d", i)
				}
			}
			return s.AddPerson(Contact{Kind: SMS, Address: "z"})
		}, Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.do(company())
			if (err != nil) != (tt.want != 0) || err != nil && KindOf(err) != tt.want {
				t.Fatalf("got %v, want kind %v", err, tt.want)
			}
		})
	}
}

func TestWhoLeavesTakesTheirAddressesAlong(t *testing.T) {
	s := company()
	s.Contacts[3].Role = AgentRole
	if err := s.RemovePerson(2, 4); err != nil {
		t.Fatal(err)
	}
	if len(s.Contacts) != 4 || s.Contacts[1].ID != 4 {
		t.Fatalf("left are %+v", s.Contacts)
	}
	if err := s.PutFirst(5, 4); err != nil {
		t.Fatal(err)
	}
	if s.Contacts[0].ID != 5 || s.Contacts[1].ID != 1 {
		t.Fatalf("in the order %+v", s.Contacts)
	}
}

func TestGeneralRolesGetWhatIsForNobodyElse(t *testing.T) {
	contacts := company().Contacts
	for name, tt := range map[string]struct {
		roles []ContactRole
		want  ContactID
	}{
		"for finance":   {[]ContactRole{"finance"}, 4},
		"for personnel": {[]ContactRole{"personnel"}, 2},
		"for anybody":   {nil, 2},
	} {
		if at := ChooseContact(contacts, SMS, tt.roles); contacts[at].ID != tt.want {
			t.Errorf("%s: got contact %d, want %d", name, contacts[at].ID, tt.want)
		}
	}
	if !LegalRole.Together("") || LegalRole.Together("finance") || !ContactRole("finance").Together("finance") {
		t.Error("roles go together wrongly")
	}
}
