package web

import (
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// ownWays is what somebody chose for a theme in place of what stands with
// their contacts.
type ownWays struct {
	Theme, Name, Said string
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
		said := []string{"站内消息"}
		for _, way := range sub.Subscription.ByTheme[theme] {
			said = append(said, way.Channel.Label()+"（"+way.When.Label()+"）")
		}
		if len(said) == 1 {
			said[0] = "只看站内消息"
		}
		v.Own = append(v.Own, ownWays{theme, s.Rules.Name(domain.ThemeTag, theme), strings.Join(said, "、")})
	}
	for _, theme := range s.themesFor(sub.Profile.Kind) {
		if sub.Subscription.All || slices.Contains(sub.Subscription.Themes, theme.Code) || len(sub.Subscription.Keywords) > 0 {
			v.Themes = append(v.Themes, option{Code: theme.Code, Name: theme.Name})
		}
	}
	for _, kind := range domain.Outgoing() {
		if domain.ChooseContact(sub.Contacts, kind, nil) >= 0 {
			v.Channels = append(v.Channels, channelChoice{kind, kind.Label()})
		}
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

// saveWays chooses other channels for a theme, or takes that back.
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
	if field(c, "do") == "remove" {
		delete(own, theme)
		s.setFlash(c, "pine", "“"+name+"”改回与其他主题一样。")
	} else {
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

// saveFallback chooses whether the inbox comes first.
func (s *Server) saveFallback(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	sub.Subscription.Fallback = field(c, "fallback") == "yes"
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	if sub.Subscription.Fallback {
		s.setFlash(c, "pine", "新政策先放进站内消息，您没有读才按顺序用下面的方式通知。")
	} else {
		s.setFlash(c, "pine", "已改为同时用各种方式通知。")
	}
	return c.Redirect("/me#ways", fiber.StatusSeeOther)
}

// moveUp gives a contact the place of the one before it among those within.
func moveUp(contacts []domain.Contact, at int, within func(domain.Contact) bool) {
	for before := at - 1; before >= 0; before-- {
		if contacts[before].Kind != domain.App && within(contacts[before]) {
			contacts[before], contacts[at] = contacts[at], contacts[before]
			return
		}
	}
}
