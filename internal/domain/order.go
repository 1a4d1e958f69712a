package domain

import (
	"cmp"
	"slices"
)

// Turn is a way of somebody at its place in the order of their preference.
type Turn struct {
	At   int       // the place of the contact among theirs
	When Frequency // how often the way may be used
}

// Order returns over which ways somebody is told of what has some themes and
// is, at an enterprise, for some roles, the preferred first; on each channel one
// address counts, see ChooseContact. What somebody chose for one of the themes
// is taken as it stands there. Otherwise the order of the contacts counts, and
// before it whom the matter is for.
func (s *Subscriber) Order(themes []string, roles []ContactRole) []Turn {
	turns := make([]Turn, 0, len(outgoing))
	if ways, chosen := s.Subscription.WaysFor(themes); chosen {
		for _, way := range ways {
			if at := ChooseContact(s.Contacts, way.Channel, roles); at >= 0 {
				turns = append(turns, Turn{at, way.When})
			}
		}
		return turns
	}
	for at := range s.Contacts {
		if c := &s.Contacts[at]; c.Kind != App && ChooseContact(s.Contacts, c.Kind, roles) == at {
			turns = append(turns, Turn{at, c.When})
		}
	}
	slices.SortStableFunc(turns, func(a, b Turn) int {
		return cmp.Compare(s.Contacts[b.At].rank(roles), s.Contacts[a.At].rank(roles))
	})
	return turns
}

// TurnOf returns the how-manieth way to the same person a contact is, after
// those that are used before it. A resident is one person; of an enterprise each
// counts who is known by their addresses, and all the others together as one.
func (s *Subscriber) TurnOf(c Contact, before []Contact) int {
	turn := 1
	for _, o := range before {
		if s.Profile.Kind != Enterprise || o.Person == c.Person {
			turn++
		}
	}
	return turn
}

// FirstWays returns those of the ways in Order over which a message goes out
// before another has failed: all, or one to each person.
func (s *Subscriber) FirstWays(themes []string, roles []ContactRole) []Way {
	ways := []Way{}
	var before []Contact
	for _, turn := range s.Order(themes, roles) {
		c := s.Contacts[turn.At]
		if c.Suppressed != "" {
			continue
		}
		if s.Subscription.AtOnce || s.TurnOf(c, before) == 1 {
			ways = append(ways, Way{c.Kind, cmp.Or(turn.When, Now)})
		}
		before = append(before, c)
	}
	return ways
}
