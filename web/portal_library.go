package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/internal/storage"
)

// pageSize is the number of policies on a page of the library.
const pageSize = 10

// card is a policy in a list.
type card struct {
	ID       domain.PolicyID
	Title    string
	Gain     string
	Sum      string // the most that one measure gives, in all or for each, while it can be had
	Issuer   string
	Number   string
	Date     string
	Deadline deadline
	Begins   string         // the day from which it can be had, if that is yet to come
	Ended    string         // why it cannot be had any more, or ""
	Verdict  domain.Verdict // for the signed-in reader, or ""
	Fit      string
	Found    *passage // what answers a search, or nil
}

// homeView is the front page.
type homeView struct {
	Page
	Mine      []card // what fits the signed-in reader best
	Unmatched bool   // who turned personalisation off
	Closing   []card
	Newest    []card
}

func (homeView) template() string { return "portal/home" }

func (s *Server) home(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.page(c, "新政策里，有没有给您的？")
	if err != nil {
		return err
	}
	if err := s.shareSite(&p, "/"); err != nil {
		return err
	}
	p.Section, p.Description = "home", "政策发布后，按您填写的情况判断哪些可能适用，主动告诉您，并附要点、问答、图解和原文依据。"
	v := homeView{Page: p}
	inForce := storage.PolicyFilter{Statuses: []domain.PolicyStatus{domain.Published}, InForceOn: s.today(), Order: "date", Limit: 6 + 4}
	newest, _, err := s.Store.Policies(ctx, inForce)
	if err != nil {
		return err
	}
	inForce.Order, inForce.Today, inForce.Limit = "deadline", s.today(), 20
	closing, _, err := s.Store.Policies(ctx, inForce)
	if err != nil {
		return err
	}
	if err := s.Catalogue.Refresh(ctx); err != nil {
		return err
	}
	near := map[domain.PolicyID]bool{}
	for _, sum := range closing {
		if d := s.cardOf(sum); d.Deadline.Near() && len(v.Closing) < 4 {
			v.Closing = append(v.Closing, d)
			near[d.ID] = true
		}
	}
	for _, sum := range newest {
		if len(v.Newest) < 6 && !near[sum.ID] { // each once, where it matters most
			v.Newest = append(v.Newest, s.cardOf(sum))
		}
	}
	if p.Reader != nil {
		me, err := s.subscriber(c)
		if err != nil {
			return err
		}
		mine, err := s.matchesOf(ctx, me)
		if err != nil {
			return err
		}
		v.Unmatched = me.Subscription.Unmatched
		v.Mine = mine.Cards[:min(3, len(mine.Cards))]
	}
	return s.render(c, v)
}

// counted names the first of several measures and says how many there are.
func counted(first string, n int) string {
	if n < 2 || first == "" {
		return first
	}
	return fmt.Sprintf("%s等%d项", first, n)
}

// nextDeadline is the next of several last days to apply, or the last of them if
// all are over.
func (s *Server) nextDeadline(days []string) deadline {
	return deadlineOn(domain.NextDeadline(days, s.today()), s.today())
}

// cardOf is the card of a policy. How much it gives is known from the catalogue,
// where that has been refreshed.
func (s *Server) cardOf(sum storage.PolicySummary) card {
	cd := card{
		ID: sum.ID, Title: sum.Title, Gain: counted(sum.FirstMeasure, sum.Measures), Number: sum.DocNumber,
		Issuer: strings.Join(sum.Issuers, "、"), Date: sum.PublishDate,
		Deadline: s.nextDeadline(sum.Deadlines),
	}
	if sum.Status != domain.Published {
		cd.Ended = sum.Status.Label()
	} else if sum.Expires != "" && deadlineOn(sum.Expires, s.today()).Over() {
		cd.Ended = domain.Expired.Label()
	}
	if policy := s.Catalogue.Find(sum.ID); policy != nil && cd.Ended == "" {
		cd.Sum = beside(cd.Gain, mostOf(policy))
	}
	return cd
}

// beside is a sum to stand after what is given, or "" if that has said it.
func beside(gain, sum string) string {
	if sum != "" && strings.Contains(gain, strings.TrimPrefix(sum, "最高")) {
		return ""
	}
	return sum
}

// libraryView lists policies by what the reader asks for.
type libraryView struct {
	Page
	Query     string
	Audiences []option
	Validity  []option
	Themes    []optionGroup
	Facets    []facetSelect // what only the index knows
	Theme     string
	Sort      string
	Chips     []chip
	Applied   int
	Total     int
	Undated   string          // address of what is in force, where only what has a last day is listed
	Missing   []string        // words that stand in no policy
	Partly    bool            // no policy probably answers: what is listed has some of the words
	Similar   []similarSearch // other words that find something
	Unready   bool            // the index is being built: there may be more
	Cards     []card
	Pages     []pageLink
	Subscribe string // address that subscribes to these conditions
}

func (libraryView) template() string { return "portal/library" }

// AudienceChosen tells whether the list is restricted to an audience.
func (v libraryView) AudienceChosen() bool { return oneSelected(v.Audiences) }

// ValidityChosen tells whether the list is restricted by force.
func (v libraryView) ValidityChosen() bool { return oneSelected(v.Validity) }

func oneSelected(options []option) bool {
	return slices.ContainsFunc(options, func(o option) bool { return o.Selected })
}

// chip is an applied filter and the address without it.
type chip struct{ Name, Without string }

// Quoted is the name in quotation marks, which words that are looked for have.
func (c chip) Quoted() string { return "“" + strings.Trim(c.Name, "“”") + "”" }

// pageLink is an entry of the pager; URL is empty for the current page.
type pageLink struct{ Label, URL string }

func (s *Server) library(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.page(c, "政策库")
	if err != nil {
		return err
	}
	asked := readAsked(func(name string) string { return c.Query(name) })
	number := pageNumber(c)
	p.Title = searchTitle(p.Title, asked.Get("q"), number)
	p.Section, p.Description = "library", "按主题、对象、地区和单位查政策，可以输入文号、标题或用自己的话提问；每份都写明给谁、给什么、到什么时候、怎么办。"
	if len(c.Request().URI().QueryString()) == 0 { // a search is another page
		if err := s.shareSite(&p, "/policies"); err != nil {
			return err
		}
	}
	v := libraryView{Page: p, Query: asked.Get("q"), Theme: asked.Get("t"), Sort: asked.Get("sort")}
	v.Audiences = pickOne([]option{{Code: "enterprise", Name: "企业"}, {Code: "resident", Name: "居民"}}, asked.Get("s"))
	v.Validity = pickOne([]option{{Code: "ok", Name: "现行有效"}, {Code: "open", Name: openName}, {Code: "off", Name: "已失效、撤回或被替代"}}, asked.Get("v"))
	v.Themes = s.themeGroups(asked.Get("t"))
	v.Undated = undated(asked)
	if v.Facets, err = s.facetSelects(ctx, asked); err != nil {
		return err
	}
	if err := s.Catalogue.Refresh(ctx); err != nil {
		return err
	}
	if v.Query != "" || asked.Has("w") || asked.Has("o") || asked.Has("i") {
		err = s.findPolicies(c, &v, asked, (number-1)*pageSize)
	} else {
		err = s.listPolicies(ctx, &v, asked, (number-1)*pageSize)
	}
	if err != nil {
		return err
	}
	total := v.Total
	if err := s.addFit(c, v.Cards); err != nil {
		return err
	}
	v.Chips = s.chips(asked)
	v.Applied = len(v.Chips)
	v.Pages = pager("/policies", asked, number, total, pageSize)
	v.Subscribe = subscribeTo(asked)
	v.Feed = feedOf(asked)
	return s.render(c, v)
}

// listPolicies lists policies without words to look for, from the database.
func (s *Server) listPolicies(ctx context.Context, v *libraryView, asked url.Values, offset int) error {
	filter := storage.PolicyFilter{Theme: v.Theme, Audience: asked.Get("s"), Limit: pageSize, Offset: offset, Order: "date"}
	if v.Sort == "deadline" {
		filter.Order, filter.Today = "deadline", s.today()
	}
	switch asked.Get("v") {
	case "ok":
		filter.Statuses, filter.InForceOn = []domain.PolicyStatus{domain.Published}, s.today()
	case "open":
		filter.Statuses, filter.InForceOn, filter.OpenOn = []domain.PolicyStatus{domain.Published}, s.today(), s.today()
	case "off":
		filter.Statuses = ended
	default:
		filter.Statuses = public
	}
	sums, total, err := s.Store.Policies(ctx, filter)
	if err != nil {
		return err
	}
	v.Total = total
	for _, sum := range sums {
		v.Cards = append(v.Cards, s.cardOf(sum))
	}
	return nil
}

// addFit says on each card how it fits the signed-in reader, after the catalogue
// has been refreshed.
func (s *Server) addFit(c *fiber.Ctx, cards []card) error {
	r, err := s.reader(c)
	if err != nil || r == nil || r.subscriber == nil || r.subscriber.Subscription.Unmatched {
		return err
	}
	for i := range cards {
		if policy := s.Catalogue.Find(cards[i].ID); policy != nil {
			s.fit(&cards[i], policy, r.subscriber)
		}
	}
	return nil
}

// fit fills in how a policy fits a subscriber: how many of its measures
// probably and possibly apply.
func (s *Server) fit(cd *card, policy *domain.Policy, sub *domain.Subscriber) {
	verdict, matches := matching.MatchPolicy(policy, &sub.Profile, s.today(), s.Rules.ValueName)
	if verdict == domain.NotForThem || cd.Ended != "" {
		return
	}
	likely, possible := 0, 0
	for _, m := range matches {
		switch m.Verdict {
		case domain.Likely:
			likely++
		case domain.Possible:
			possible++
		}
	}
	cd.Verdict, cd.Fit = verdict, fitText(likely, possible)
}

// fitText counts the measures of a policy that probably and possibly apply.
func fitText(likely, possible int) string {
	var parts []string
	if likely > 0 {
		parts = append(parts, strconv.Itoa(likely)+"项"+domain.Likely.Label())
	}
	if possible > 0 {
		parts = append(parts, strconv.Itoa(possible)+"项"+domain.Possible.Label())
	}
	return strings.Join(parts, "，")
}

// pageNumber is the page of a list that is asked for: the first, whatever else is
// typed.
func pageNumber(c *fiber.Ctx) int {
	number, _ := strconv.Atoi(c.Query("page")) // 0 if it is no number
	return min(max(number, 1), 1000)
}

// searchTitle is the title of a list that was searched for words, or of a later page
// of it: tabs and the history of a browser tell one from the other.
func searchTitle(title, query string, page int) string {
	if query != "" {
		title = "“" + query + "”的搜索结果 · " + title
	}
	if page > 1 {
		title = fmt.Sprintf("%s（第%d页）", title, page)
	}
	return title
}

// pager leads to the other pages of a list at path that has total entries, size of
// them on a page.
func pager(path string, asked url.Values, current, total, size int) []pageLink {
	last := (total + size - 1) / size
	if last < 2 {
		return nil
	}
	at := func(n int) string {
		q := url.Values{}
		for k, vs := range asked {
			q[k] = vs
		}
		q.Set("page", strconv.Itoa(n))
		return address(path, q)
	}
	var links []pageLink
	if current > 1 {
		links = append(links, pageLink{"上一页", at(current - 1)})
	}
	for n := max(1, current-3); n <= min(last, current+3); n++ {
		link := pageLink{Label: strconv.Itoa(n)}
		if n != current {
			link.URL = at(n)
		}
		links = append(links, link)
	}
	if current < last {
		links = append(links, pageLink{"下一页", at(current + 1)})
	}
	return links
}

// subscribeTo is the address of the subscription with the conditions of a
// search filled in.
func subscribeTo(asked url.Values) string {
	q := url.Values{}
	for from, to := range map[string]string{"s": "kind", "t": "theme", "q": "keyword"} {
		if value := asked.Get(from); value != "" {
			q.Set(to, value)
		}
	}
	return address("/subscribe", q)
}

func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func pickOne(options []option, code string) []option {
	for i := range options {
		options[i].Selected = options[i].Code == code
	}
	return options
}

func cutRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
