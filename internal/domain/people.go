package domain

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// ContactRole is what the person behind an address does at their enterprise: a
// code of contact-roles.yaml, or "" where nobody has said.
type ContactRole string

// The roles that no theme is for: what is not for finance or personnel, or for
// theirs where there is none, goes to these.
const (
	LegalRole ContactRole = "legal"
	AgentRole ContactRole = "agent"
)

// General tells whether a role is for every matter. Who has such a role may
// also say who else stands for the enterprise.
func (r ContactRole) General() bool { return r == "" || r == LegalRole || r == AgentRole }

// Together tells whether what goes to one role goes to the other.
func (r ContactRole) Together(o ContactRole) bool { return r == o || r.General() && o.General() }

// PersonID tells which contacts of one subscriber are addresses of the same
// person; 0 where nobody has said. It means nothing beside another subscriber.
type PersonID int64

// NewPerson returns the number of somebody who has just proved an address.
func NewPerson() PersonID { return PersonID(rand.Int64N(math.MaxInt64-1) + 1) }

// OfOne tells whether two contacts of a subscriber are known to be one person's.
func (c Contact) OfOne(o Contact) bool {
	return c.ID != 0 && c.ID == o.ID || c.Person != 0 && c.Person == o.Person
}

// SignsIn tells whether a code for signing in can be sent over the channel.
func (c ChannelKind) SignsIn() bool { return c == SMS || c == Email }

// MaxPeople is how many persons may stand for one enterprise.
const MaxPeople = 20

// People groups the contacts of a subscriber by person, in the order of
// preference: each can sign in. An address of which nobody has said whose it is
// stands for itself.
func (s *Subscriber) People() [][]Contact {
	var people [][]Contact
	for _, c := range s.Contacts {
		at := slices.IndexFunc(people, func(p []Contact) bool { return c.OfOne(p[0]) })
		switch {
		case at >= 0:
			people[at] = append(people[at], c)
		case c.Kind.SignsIn() || c.Person != 0:
			people = append(people, []Contact{c})
		}
	}
	return slices.DeleteFunc(people, func(p []Contact) bool {
		return !slices.ContainsFunc(p, func(c Contact) bool { return c.Kind.SignsIn() })
	})
}

// Contact returns the contact with an id, or false.
func (s *Subscriber) Contact(id ContactID) (Contact, bool) {
	at := slices.IndexFunc(s.Contacts, func(c Contact) bool { return c.ID == id })
	if at < 0 {
		return Contact{}, false
	}
	return s.Contacts[at], true
}

// MayManage tells whether who signed in with a contact may say who else stands
// for the subscriber: those for every matter or, where there is none, anybody.
func (s *Subscriber) MayManage(by ContactID) bool {
	mine, is := s.Contact(by)
	general := slices.ContainsFunc(s.Contacts, func(c Contact) bool { return c.Kind.SignsIn() && c.Role.General() })
	return is && (mine.Role.General() || !general)
}

// mayManage fails with Forbidden where MayManage says no.
func (s *Subscriber) mayManage(by ContactID) error {
	if !s.MayManage(by) {
		return Errorf(Forbidden, "联系人由法定代表人、经办人或没有分工的联系人管理，请联系他们")
	}
	return nil
}

// MayInvite fails if who signed in with a contact may not add another person.
func (s *Subscriber) MayInvite(by ContactID) error {
	if s.Profile.Kind != Enterprise {
		return Errorf(Conflict, "个人的订阅只属于本人，不能邀请别人")
	}
	if len(s.People()) >= MaxPeople {
		return errTooMany()
	}
	return s.mayManage(by)
}

func errTooMany() *Error {
	return Errorf(Conflict, "一家企业最多登记%d位联系人，请先移除不再负责的", MaxPeople)
}

// AddPerson adds a person who has proved an address.
func (s *Subscriber) AddPerson(address Contact) error {
	if slices.ContainsFunc(s.Contacts, func(c Contact) bool { return c.Kind == address.Kind && c.Address == address.Address }) {
		return Errorf(Conflict, "%s已经是联系人", address.Masked())
	}
	if len(s.People()) >= MaxPeople {
		return errTooMany()
	}
	address.Person, address.Verified = NewPerson(), true
	s.Contacts = append(s.Contacts, address)
	return nil
}

// ErrNoPerson says that somebody stands for the subscriber no longer.
func ErrNoPerson() *Error { return Errorf(NotFound, "没有这位联系人，可能已退出") }

// person returns the contacts of whose a contact is, or NotFound.
func (s *Subscriber) person(id ContactID) ([]Contact, error) {
	people := s.People()
	at := slices.IndexFunc(people, func(p []Contact) bool {
		return slices.ContainsFunc(p, func(c Contact) bool { return c.ID == id })
	})
	if at < 0 {
		return nil, ErrNoPerson()
	}
	return people[at], nil
}

// GiveRole says what a person does at the enterprise.
func (s *Subscriber) GiveRole(who, by ContactID, role ContactRole) error {
	person, err := s.person(who)
	if err != nil {
		return err
	}
	if err := s.mayManage(by); err != nil {
		return err
	}
	for i := range s.Contacts {
		if s.Contacts[i].OfOne(person[0]) {
			s.Contacts[i].Role = role
		}
	}
	return nil
}

// PutFirst makes a person the first who is told of what is for them.
func (s *Subscriber) PutFirst(who, by ContactID) error {
	person, err := s.person(who)
	if err != nil {
		return err
	}
	if err := s.mayManage(by); err != nil {
		return err
	}
	slices.SortStableFunc(s.Contacts, func(a, b Contact) int {
		return ranked(!a.OfOne(person[0])) - ranked(!b.OfOne(person[0]))
	})
	return nil
}

func ranked(later bool) int {
	if later {
		return 1
	}
	return 0
}

// RemovePerson takes a person with all their addresses off the subscriber:
// themselves, or another by who may manage. The last one cannot go: nobody
// could sign in any more.
func (s *Subscriber) RemovePerson(who, by ContactID) error {
	person, err := s.person(who)
	if err != nil {
		return err
	}
	self := slices.ContainsFunc(person, func(c Contact) bool { return c.ID == by })
	if err := s.mayManage(by); err != nil && !self {
		return err
	}
	if len(s.People()) == 1 {
		return Errorf(Conflict, "这是最后一位联系人，退出后就没有人能管理这份订阅了。请先邀请接手的同事，或者删除整个订阅")
	}
	s.Contacts = slices.DeleteFunc(s.Contacts, func(c Contact) bool { return c.OfOne(person[0]) })
	return nil
}

// Standing is a subscriber for whom the person at an address stands.
type Standing struct {
	Subscriber SubscriberID
	Kind       SubscriberKind
	Name       string
	Contact    ContactID
	Role       ContactRole
}

// JoinLife is how long an invitation, and an application, can be answered.
const JoinLife = 14 * 24 * time.Hour

// Bounds of what can be open at a time.
const (
	MaxInvitations  = 10 // of an enterprise
	MaxApplications = 5  // of an address
)

// Join is an invitation to stand for an enterprise, by one of its contacts, or
// somebody's application to do so. It holds no address in the clear.
type Join struct {
	ID         JoinID
	Subscriber SubscriberID // who invites; 0 in an application
	Name       string       // of who invites
	USCC       string       // of the enterprise that somebody applies to
	By         ContactID    // whose invitation or application it is
	ByMasked   string
	Kind       ChannelKind // of the address that is to join
	Masked     string
	Role       ContactRole
	Expires    time.Time
}

// Application tells it from an invitation.
func (j Join) Application() bool { return j.Subscriber == 0 }

// PeopleEvent is what happened to somebody's standing.
type PeopleEvent string

// The events.
const (
	PersonJoined   PeopleEvent = "joined"
	PersonRole     PeopleEvent = "role"
	PersonRemoved  PeopleEvent = "removed"
	PersonLeft     PeopleEvent = "left"
	PersonFirst    PeopleEvent = "first"
	PersonInvited  PeopleEvent = "invited"
	JoinCalledBack PeopleEvent = "called back"
	JoinTurnedDown PeopleEvent = "turned down"
)

// PeopleChange is one line of the history of who stands for a subscriber, with
// masked addresses only.
type PeopleChange struct {
	Subscriber SubscriberID
	Name       string // of the subscriber
	At         time.Time
	Event      PeopleEvent
	Role       ContactRole
	By         string // masked
	About      string // masked
}
