package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// dayFields are the two days between which a list of the console is asked for,
// with the name of what they are about.
type dayFields struct {
	What     string // 发布, or "" for the days of the list itself
	From, To string // YYYY-MM-DD as asked for, or ""
	Wrong    string // what was not understood, or ""

	from, before time.Time // before is not included
}

// daysAsked reads the fields from and to of an address, and enters into asked
// what was understood.
func daysAsked(c *fiber.Ctx, what string, asked url.Values) dayFields {
	d := dayFields{What: what}
	day := func(name string) (string, time.Time) {
		text := strings.TrimSpace(c.Query(name))
		at, err := time.ParseInLocation(time.DateOnly, text, shanghai)
		if err != nil {
			if text != "" {
				d.Wrong = "日期没有读懂，请写成 2026-11-29 这样；下面没有按它筛选。"
			}
			return "", time.Time{}
		}
		asked.Set(name, text)
		return text, at
	}
	d.From, d.from = day("from")
	if d.To, d.before = day("to"); !d.before.IsZero() {
		d.before = d.before.AddDate(0, 0, 1)
	}
	if !d.from.IsZero() && !d.before.IsZero() && !d.from.Before(d.before) {
		d.Wrong = "开始的日期晚于结束的日期，请核对。"
	}
	return d
}

// limit is a condition of a list that has no field of its own: it came with the
// link, and can be taken away.
type limit struct {
	Field, Value string
	Name         string
	Without      string // address of the list without it
}

// limits collects them.
type limits struct {
	c     *fiber.Ctx
	asked url.Values
	names map[string]string // by field
}

// take enters a limit under its field if known, which is asked for the name of
// what was typed, gives one.
func (l *limits) take(field string, known func(value string) string) (value string) {
	value = l.c.Query(field)
	name := ""
	if value != "" {
		name = known(value)
	}
	if name == "" {
		return ""
	}
	l.asked.Set(field, value)
	if l.names == nil {
		l.names = map[string]string{}
	}
	l.names[field] = name
	return value
}

// theme takes a theme, office an office.
func (l *limits) theme(s *Server) string {
	return l.take("theme", func(code string) string {
		if s.Rules.Themes.Find(code) == nil {
			return ""
		}
		return "主题：" + s.Rules.Name(domain.ThemeTag, code)
	})
}

func (l *limits) office(offices []domain.Office) domain.OfficeID {
	var found domain.OfficeID
	l.take("office", func(id string) string {
		for _, o := range offices {
			if strconv.FormatInt(int64(o.ID), 10) == id {
				found = o.ID
				return "单位：" + o.Name
			}
		}
		return ""
	})
	return found
}

// policy takes a policy: the list came with a link from its page.
func (l *limits) policy(s *Server) (domain.PolicyID, error) {
	id, err := strconv.ParseInt(l.c.Query("policy"), 10, 64)
	if err != nil {
		return 0, nil
	}
	p, err := s.Store.Policy(l.c.UserContext(), domain.PolicyID(id))
	if err != nil {
		return 0, err
	}
	l.take("policy", func(string) string { return "《" + cutRunes(shownTitle(p.Title), 40) + "》" })
	return p.ID, nil
}

// shown lists what was taken, when everything that is asked for is known.
func (l *limits) shown() []limit {
	var all []limit
	for field, name := range l.names {
		rest := url.Values{}
		for k, vs := range l.asked {
			if k != field {
				rest[k] = vs
			}
		}
		all = append(all, limit{field, l.asked.Get(field), name, address(l.c.Path(), rest)})
	}
	slices.SortFunc(all, func(a, b limit) int { return strings.Compare(a.Field, b.Field) })
	return all
}
