package web

import (
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// ownWays is what somebody chose for a theme in place of what stands with
// their contacts.
type ownWays struct {
	Theme, Name string
	Ways        []domain.Way // the preferred first; none: the inbox alone
}

// waysView lets somebody choose other channels for a theme.
type waysView struct {
	Own      []ownWays
	Themes   []option // that they may choose for
	Channels []channelChoice
}

// channelChoice is a channel over which somebody can be reached.
type channelChoice struct {
	Kind domain.ChannelKind
	Name string
}

func (s *Server) waysOf(sub *domain.Subscriber) waysView {
	var v waysView
	for _, theme := range slices.Sorted(maps.Keys(sub.Subscription.ByTheme)) {
		v.Own = append(v.Own, ownWays{theme, s.Rules.Name(domain.ThemeTag, theme), sub.Subscription.ByTheme[theme]})
	}
	for _, theme := range s.themesFor(sub.Profile.Kind) {
		if sub.Subscription.All || slices.Contains(sub.Subscription.Themes, theme.Code) || len(sub.Subscription.Keywords) > 0 {
			v.Themes = append(v.Themes, option{Code: theme.Code, Name: theme.Name})
		}
	}
	for _, turn := range sub.Order(nil, nil) {
		kind := sub.Contacts[turn.At].Kind
		v.Channels = append(v.Channels, channelChoice{kind, kind.Label()})
	}
	return v
}

// roleOptions lists whom at an enterprise an address may reach.
func (s *Server) roleOptions(chosen domain.ContactRole) []option {
	options := []option{{Code: "", Name: "所有事项", Selected: chosen == ""}}
	for _, r := range s.Rules.ContactRoles.All() {
		options = append(options, option{Code: r.Code, Name: r.Name, Selected: string(chosen) == r.Code})
	}
	return options
}

// contactRole reads a role from a form. What is none is that of anybody.
func (s *Server) contactRole(code string) domain.ContactRole {
	if s.Rules.ContactRoles.Find(code) == nil {
		return ""
	}
	return domain.ContactRole(code)
}

// saveWays chooses other channels for a theme, in the order of those for all
// themes, moves one of them, or takes the choice back.
func (s *Server) saveWays(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	theme := field(c, "theme")
	if s.Rules.Themes.Find(theme) == nil {
		return domain.Errorf(domain.Invalid, "没有这个主题，请重新选择")
	}
	own := maps.Clone(sub.Subscription.ByTheme)
	name := s.Rules.Name(domain.ThemeTag, theme)
	switch do := field(c, "do"); do {
	case "remove":
		delete(own, theme)
		s.setFlash(c, "pine", "“"+name+"”改回与其他主题一样。")
	case "up", "down":
		if _, chosen := own[theme]; !chosen {
			return domain.Errorf(domain.Conflict, "“%s”没有另定通知方式，请刷新页面", name)
		}
		own[theme] = moved(own[theme], domain.ChannelKind(field(c, "channel")), do == "up")
		s.setFlash(c, "pine", "“"+name+"”的通知顺序已调整。")
	default:
		if own == nil {
			own = map[string][]domain.Way{}
		}
		own[theme] = []domain.Way{}
		for _, ch := range s.waysOf(sub).Channels {
			if when := field(c, "way-"+string(ch.Kind)); when != "" {
				own[theme] = append(own[theme], domain.Way{Channel: ch.Kind, When: frequency(when)})
			}
		}
		s.setFlash(c, "pine", "“"+name+"”的通知方式已保存。")
	}
	if len(own) == 0 {
		own = nil
	}
	sub.Subscription.ByTheme = own
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	return c.Redirect("/me#ways", fiber.StatusSeeOther)
}

// moved returns ways among which one has changed places with the one before it,
// or after it.
func moved(ways []domain.Way, channel domain.ChannelKind, up bool) []domain.Way {
	ways = slices.Clone(ways)
	at := slices.IndexFunc(ways, func(w domain.Way) bool { return w.Channel == channel })
	other := at + 1
	if up {
		other = at - 1
	}
	if at >= 0 && other >= 0 && other < len(ways) {
		ways[at], ways[other] = ways[other], ways[at]
	}
	return ways
}

// tellings are the ways of telling somebody one thing, as the form names them.
func tellings(sub domain.Subscription) []option {
	return []option{
		{Code: "first", Name: "只用排在最前的一种，发不到才用下一种", Selected: !sub.AtOnce && !sub.Fallback},
		{Code: "inbox", Name: "新政策先看站内消息，没有读再按顺序通知", Selected: sub.Fallback},
		{Code: "all", Name: "每种都同时通知", Selected: sub.AtOnce && !sub.Fallback},
	}
}

// saveTelling chooses whether one way is enough, the inbox comes first, or all
// ways are used at once.
func (s *Server) saveTelling(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	telling := field(c, "telling")
	sub.Subscription.Fallback, sub.Subscription.AtOnce = telling == "inbox", telling == "all"
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	for _, o := range tellings(sub.Subscription) {
		if o.Selected {
			s.setFlash(c, "pine", "已改为："+o.Name+"。")
		}
	}
	return c.Redirect("/me#ways", fiber.StatusSeeOther)
}

// move lets a contact change places with the one before it among those within,
// or with the one after it.
func move(contacts []domain.Contact, at, by int, within func(domain.Contact) bool) {
	for other := at + by; other >= 0 && other < len(contacts); other += by {
		if contacts[other].Kind != domain.App && within(contacts[other]) {
			contacts[other], contacts[at] = contacts[at], contacts[other]
			return
		}
	}
}
