package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// ComposedMessage is what one channel would send of a policy today.
type ComposedMessage struct {
	Channel       domain.ChannelKind
	Kind          domain.PushKind // a new policy, or the reminder of its deadline
	Subject, Text string
	Parts         int      // of a text message, that are paid for
	Found         []string // what keeps it from going out
}

// messagesView shows a policy as each channel tells it.
type messagesView struct {
	Page
	policyHead
	Channels []channelMessages
	Reminds  bool // there is a last day to remind of
}

// channelMessages is one channel with what it would send.
type channelMessages struct {
	Name, Mode string
	On         bool
	Messages   []composedRow
}

type composedRow struct {
	ComposedMessage
	Name string
}

func (messagesView) template() string { return "console/messages" }

// messagesPage shows the words of the messages about a policy, per channel, as the
// workers would write them today. It changes nothing and sends nothing.
func (s *Server) messagesPage(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.policyOf(c)
	if err != nil {
		return err
	}
	page, err := s.consolePage(c, "消息样张 · "+shownTitle(p.Title), "policies")
	if err != nil {
		return err
	}
	v := messagesView{Page: page}
	if v.policyHead, err = s.policyHead(ctx, operatorOf(c).operator, p, 5); err != nil {
		return err
	}
	if s.Config.Messages == nil || v.Internal != "" {
		return s.render(c, v)
	}
	office, err := s.Store.Office(ctx, p.Office)
	if err != nil {
		return err
	}
	all, err := s.Config.Messages(p, office)
	if text, shown := shownError(err); shown {
		all = []ComposedMessage{{Channel: domain.SMS, Kind: domain.NewPolicy, Found: []string{text}}}
	} else if err != nil {
		return err
	}
	for _, kind := range domain.Outgoing() {
		row := channelMessages{Name: kind.Label(), Mode: modeName(s.Modes[kind]), On: s.Modes[kind] == "send" || s.Modes[kind] == "log"}
		for _, m := range all {
			if m.Channel == kind {
				row.Messages = append(row.Messages, composedRow{m, pushKindName(m.Kind)})
				v.Reminds = v.Reminds || m.Kind == domain.Reminder
			}
		}
		if len(row.Messages) > 0 {
			v.Channels = append(v.Channels, row)
		}
	}
	slices.SortStableFunc(v.Channels, func(a, b channelMessages) int { // those that are used first
		switch {
		case a.On == b.On:
			return 0
		case a.On:
			return -1
		default:
			return 1
		}
	})
	return s.render(c, v)
}
