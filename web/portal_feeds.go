package web

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// feedSize is how many policies a feed lists.
const feedSize = 50

// atomFeed is a feed of RFC 4287.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Author  string      `xml:"author>name"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Updated   string   `xml:"updated"`
	Published string   `xml:"published"`
	Link      atomLink `xml:"link"`
	Summary   string   `xml:"summary"`
}

// feed lists the newest policies in force, of a theme, for an audience and only what
// can still be applied for if the address says so (t, s, v, as in the library).
func (s *Server) feed(c *fiber.Ctx) error {
	site, err := s.site(c.UserContext())
	if err != nil {
		return err
	}
	asked, title := url.Values{}, site.Owner+" · 新政策"
	filter := storage.PolicyFilter{Statuses: []domain.PolicyStatus{domain.Published}, InForceOn: s.today(), Limit: feedSize}
	if theme := c.Query("t"); theme != "" && s.Rules.Name(domain.ThemeTag, theme) != theme {
		filter.Theme = theme
		asked.Set("t", theme)
		title += " · " + s.Rules.Name(domain.ThemeTag, theme)
	}
	switch audience := c.Query("s"); audience {
	case "enterprise", "resident":
		filter.Audience = audience
		asked.Set("s", audience)
	}
	if c.Query("v") == "open" {
		filter.OpenOn = s.today()
		asked.Set("v", "open")
		title += " · " + openName
	}
	sums, _, err := s.Store.Policies(c.UserContext(), filter)
	if err != nil {
		return err
	}
	query := ""
	if len(asked) > 0 {
		query = "?" + asked.Encode()
	}
	f := atomFeed{
		Lang: "zh-CN", ID: s.BaseURL + "/policies.atom" + query, Title: title, Author: site.Owner,
		Links: []atomLink{
			{"self", "application/atom+xml", s.BaseURL + "/policies.atom" + query},
			{"alternate", "text/html", s.BaseURL + "/policies" + query},
		},
	}
	updated := time.Unix(0, 0)
	for _, sum := range sums {
		at := sum.PublishedAt.UTC().Format(time.RFC3339)
		if sum.PublishedAt.After(updated) {
			updated = sum.PublishedAt
		}
		page := fmt.Sprintf("%s/policies/%d", s.BaseURL, sum.ID)
		f.Entries = append(f.Entries, atomEntry{
			ID: page, Title: legible(sum.Title), Updated: at, Published: at, Link: atomLink{"alternate", "text/html", page}, Summary: legible(counted(sum.FirstMeasure, sum.Measures)),
		})
	}
	f.Updated = updated.UTC().Format(time.RFC3339)
	body, err := xml.Marshal(f)
	if err != nil {
		return fmt.Errorf("write feed: %w", err)
	}
	c.Set(fiber.HeaderContentType, "application/atom+xml; charset=utf-8")
	return c.Send(append([]byte(xml.Header), body...))
}

// feedOf returns the feed of what the library was asked for: words to search for
// are no part of it.
func feedOf(asked url.Values) string {
	kept := url.Values{}
	for _, name := range []string{"t", "s"} {
		if value := asked.Get(name); value != "" {
			kept.Set(name, value)
		}
	}
	if asked.Get("v") == "open" {
		kept.Set("v", "open")
	}
	if len(kept) == 0 {
		return "/policies.atom"
	}
	return "/policies.atom?" + kept.Encode()
}

// legible leaves out what XML 1.0 cannot hold.
func legible(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, text)
}

// calendar gives the last days to apply of a policy as a calendar file
// (RFC 5545), each with a reminder three days before. Those of a policy that
// has ended are called off, in calendars too that took them earlier.
func (s *Server) calendar(c *fiber.Ctx) error {
	id, err := c.ParamsInt("id")
	if err != nil {
		return fiber.ErrNotFound
	}
	policy, err := s.Store.Policy(c.UserContext(), domain.PolicyID(id))
	if err != nil {
		return err
	}
	if _, err := s.mayRead(c, policy); err != nil {
		return err
	}
	page := fmt.Sprintf("%s/policies/%d", s.BaseURL, policy.ID)
	host := strings.TrimPrefix(strings.TrimPrefix(s.BaseURL, "https://"), "http://")
	var b strings.Builder
	line := func(name, value string) { b.WriteString(folded(name + ":" + value)) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//policypush//zh-CN")
	days, ended := lastDays(policy, s.today()), s.ended(policy)
	for _, d := range days {
		day, err := time.Parse(time.DateOnly, d.day)
		if err != nil {
			continue
		}
		line("BEGIN", "VEVENT")
		line("UID", fmt.Sprintf("policy-%d-%s@%s", policy.ID, d.day, host))
		line("DTSTAMP", policy.PublishedAt.UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE", day.Format("20060102"))
		line("DTEND;VALUE=DATE", day.AddDate(0, 0, 1).Format("20060102"))
		line("URL", page)
		line("TRANSP", "TRANSPARENT")
		if ended != "" {
			line("STATUS", "CANCELLED")
			line("SEQUENCE", "1")
			line("SUMMARY", calendarText("已取消："+d.what))
			line("DESCRIPTION", calendarText(ended+"\n《"+policy.Title+"》\n"+page))
		} else {
			line("SUMMARY", calendarText("截止："+d.what))
			line("DESCRIPTION", calendarText("《"+policy.Title+"》\n"+page+"\n以正式文件为准。"))
			line("BEGIN", "VALARM")
			line("ACTION", "DISPLAY")
			line("TRIGGER", "-P3D")
			line("DESCRIPTION", calendarText("还有3天截止："+d.what))
			line("END", "VALARM")
		}
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	if len(days) == 0 {
		return domain.Errorf(domain.NotFound, "这份政策没有写明申请截止日期，不能加到日历。")
	}
	c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="policy-%d.ics"`, policy.ID))
	return c.SendString(b.String())
}

// lastDay is a day on which something can be applied for last.
type lastDay struct{ day, what string }

// lastDays lists the last days of a policy, the measures of one day together. The
// policy's title stands for all that has one day. Of what can be had every year it is
// the next.
func lastDays(policy *domain.Policy, today string) []lastDay {
	var found []lastDay
	days := policy.Deadlines()
	of := make([][]string, len(policy.Measures))
	for i := range policy.Measures {
		m := &policy.Measures[i]
		if of[i] = policy.DeadlinesOf(m); m.Window.Yearly && len(of[i]) > 0 {
			of[i] = []string{domain.NextDeadline(of[i], today)}
		}
	}
	if next := slices.Concat(of...); len(next) > 0 { // else there is only that of the document
		days = slices.DeleteFunc(days, func(day string) bool { return !slices.Contains(next, day) })
	}
	for _, day := range days {
		var titles []string
		for i := range policy.Measures {
			if m := &policy.Measures[i]; slices.Contains(of[i], day) {
				titles = append(titles, cmp.Or(m.Title, cutRunes(m.Text, 20)))
			}
		}
		what := cutRunes(strings.Join(titles, "、"), 80)
		if len(days) == 1 && len(titles) != 1 {
			what = cutRunes(policy.Title, 60)
		}
		found = append(found, lastDay{day, what})
	}
	return found
}

// calendarText writes a text value (RFC 5545 §3.3.11).
func calendarText(text string) string {
	text = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(text)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}

// folded breaks a content line into lines of at most 75 octets (RFC 5545 §3.1),
// never inside a character.
func folded(line string) string {
	const limit = 75
	var b strings.Builder
	used := 0
	for _, r := range line {
		n := utf8.RuneLen(r)
		if n < 0 {
			continue
		}
		if used+n > limit {
			b.WriteString("\r\n ")
			used = 1
		}
		b.WriteRune(r)
		used += n
	}
	b.WriteString("\r\n")
	return b.String()
}
