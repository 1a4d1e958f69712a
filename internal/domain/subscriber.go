package domain

import (
	"slices"
	"time"
)

// SubscriberKind says whether a subscriber is an enterprise or a resident.
type SubscriberKind string

// The kinds of subscribers.
const (
	Enterprise SubscriberKind = "enterprise"
	Resident   SubscriberKind = "resident"
)

// Profile is what is known about a subscriber. A zero value means unknown,
// never "no": an empty code, a nil number, a nil set. A set that is not nil is
// complete: what it does not hold is not the case.
type Profile struct {
	Kind         SubscriberKind `json:"kind"`
	Region       string         `json:"region,omitempty"`
	Industry     string         `json:"industry,omitempty"`
	Size         string         `json:"size,omitempty"`
	Taxpayer     string         `json:"taxpayer,omitempty"`
	Registration string         `json:"registration,omitempty"`
	Ownership    string         `json:"ownership,omitempty"`
	Attributes   []string       `json:"attributes"` // nil is unknown
	Staff        *int64         `json:"staff,omitempty"`
	Revenue      *int64         `json:"revenue,omitempty"` // yuan
	Assets       *int64         `json:"assets,omitempty"`  // yuan
	Income       *int64         `json:"income,omitempty"`  // yuan
	Founded      string         `json:"founded,omitempty"` // YYYY-MM-DD, YYYY-MM or YYYY
	Born         string         `json:"born,omitempty"`    // YYYY-MM-DD, YYYY-MM or YYYY: as little as the person gives
	Groups       []string       `json:"groups"`            // nil is unknown
	LifeEvents   []string       `json:"life_events"`       // nil is unknown
	Hukou        string         `json:"hukou,omitempty"`
}

// Subscriber is an enterprise or a resident who asked to be told.
type Subscriber struct {
	ID           SubscriberID
	ExternalID   string // the office's own id, unique; generated for people who subscribe themselves
	Name         string // of an enterprise; residents need not give one
	USCC         string // 统一社会信用代码, enterprises only; may be empty
	Profile      Profile
	Subscription Subscription
	Contacts     []Contact
	Consent      Consent
	Version      int64 // grows with every change of the profile
	CreatedAt    time.Time
	Demo         bool
}

// Subscription is what a subscriber wants to hear about.
type Subscription struct {
	Themes   []string `json:"themes"`
	Keywords []string `json:"keywords"`
	// All asks for everything that may apply, whatever its theme.
	All bool `json:"all_that_may_apply"`
	// Paused stops every push; reading and the account stay.
	Paused bool `json:"paused,omitempty"`
	// Unmatched turns personalisation off: their facts are compared with no
	// policy, neither for a push, so that it comes with Paused, nor on a page.
	Unmatched bool `json:"unmatched,omitempty"`
	// Least is how much a policy must have to do with them.
	Least Relevance `json:"least,omitempty"`
	// ByTheme holds the ways over which somebody wants to hear of a theme in
	// place of those of their contacts, the preferred first; none but the inbox
	// if the list is empty.
	ByTheme map[string][]Way `json:"by_theme,omitempty"`
	// AtOnce asks to be told over all ways at once. Otherwise one thing is told
	// over one: the first in order that can be used, see Subscriber.Order; the
	// next steps in where that fails for good.
	AtOnce bool `json:"at_once,omitempty"`
	// Fallback keeps a new policy to the inbox first: only what is not read
	// there goes out, over one way after another. It comes before AtOnce.
	Fallback bool `json:"fallback,omitempty"`
	// Searches are those of the library that they keep, the latest last.
	Searches []SavedSearch `json:"searches,omitempty"`
	// Ways are those over which a message would go out first. They follow from
	// the contacts; storage fills them in for the audience index, as it then
	// puts those that would go first in ByTheme.
	Ways []Way `json:"-"`
	// RoleWays are, for the parts of an enterprise whose contacts make it
	// another, the ways of what is for them.
	RoleWays map[ContactRole][]Way `json:"-"`
}

// SavedSearch is a search of the library under a name.
type SavedSearch struct {
	Name  string `json:"name"`
	Query string `json:"query"` // as in the address of the library
}

// Bounds of what somebody can keep.
const (
	MaxSearches   = 20
	MaxSearchName = 40 // characters
)

// KeepSearch adds a search, once.
func (s *Subscription) KeepSearch(kept SavedSearch) error {
	for _, one := range s.Searches {
		if one.Query == kept.Query {
			return Errorf(Conflict, "这个搜索已经保存过了，名字是“%s”", one.Name)
		}
	}
	if len(s.Searches) >= MaxSearches {
		return Errorf(Conflict, "最多保存%d个搜索，请先在“我的订阅”里删除不用的", MaxSearches)
	}
	s.Searches = append(s.Searches, kept)
	return nil
}

// WaysFor returns what somebody chose for the themes of a policy, and whether
// they did. Of several choices all channels count, those of the first theme
// first, each at its soonest.
func (s *Subscription) WaysFor(themes []string) (ways []Way, chosen bool) {
	for _, theme := range themes {
		own, is := s.ByTheme[theme]
		chosen = chosen || is
		for _, w := range own {
			at := slices.IndexFunc(ways, func(o Way) bool { return o.Channel == w.Channel })
			if at < 0 {
				ways = append(ways, w)
			} else if w.When.soonness() > ways[at].When.soonness() {
				ways[at].When = w.When
			}
		}
	}
	return ways, chosen
}

// Relevance is how much a policy has to do with a subscriber.
type Relevance int

// The thresholds that a subscriber can set.
const (
	AnyRelevance Relevance = iota
	Relevant
	VeryRelevant
)

// Relevances lists the thresholds in the order of the pages.
func Relevances() []Relevance { return []Relevance{AnyRelevance, Relevant, VeryRelevant} }

// RelevanceNamed returns the threshold that files of profiles name: all,
// relevant or very-relevant. The empty name is that of all.
func RelevanceNamed(name string) (r Relevance, ok bool) {
	switch name {
	case "", "all":
		return AnyRelevance, true
	case "relevant":
		return Relevant, true
	case "very-relevant":
		return VeryRelevant, true
	default:
		return AnyRelevance, false
	}
}

// Label returns the Chinese words for the threshold.
func (r Relevance) Label() string {
	switch r {
	case Relevant:
		return "只要比较相关的"
	case VeryRelevant:
		return "只要很相关的"
	default:
		return "都告诉我"
	}
}

// What makes a policy relevant, in points.
const (
	pointsOfCertain = 2 // nothing is missing to say that it probably applies
	pointsOfKeyword = 2 // one of their words occurs in it
	pointsOfTheme   = 1 // each theme of it that they chose
)

// RelevanceOf weighs the evidence that a policy has to do with somebody: that
// it probably applies, that one of their keywords occurs, how many of their
// themes it has.
func RelevanceOf(certain, keyword bool, themes int) Relevance {
	points := pointsOfTheme * themes
	if certain {
		points += pointsOfCertain
	}
	if keyword {
		points += pointsOfKeyword
	}
	switch {
	case points >= 3:
		return VeryRelevant
	case points == 2:
		return Relevant
	default:
		return AnyRelevance
	}
}

// Way is a channel that reaches a subscriber, and how often it may be used.
type Way struct {
	Channel ChannelKind `json:"channel"`
	When    Frequency   `json:"when"`
}

// ConsentVersion names the text of the consent that the forms show. A change
// of the text takes a new version.
const ConsentVersion = "2026-11"

// Consent is the proof that the subscriber agreed (个人信息保护法 arts. 13–17).
type Consent struct {
	Version   string    `json:"version"` // of the text that was shown
	At        time.Time `json:"at"`
	Source    string    `json:"source"`              // portal, import:<file>, paper
	Sensitive bool      `json:"sensitive,omitempty"` // separate consent for sensitive groups (art. 29)
}
