package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// savedSearch is a search that the signed-in reader has kept.
type savedSearch struct {
	Number int // its place, for forms
	Name   string
	Query  string // tells it from another one that stands in its place meanwhile
	Href   string
	Says   string // its conditions
	Theme  string // that a subscription to it would add, or ""
	Word   string // likewise
}

func (s *Server) searchesOf(sub *domain.Subscriber) []savedSearch {
	var views []savedSearch
	for i, kept := range sub.Subscription.Searches {
		asked, err := url.ParseQuery(kept.Query)
		if err != nil { // nothing that we wrote
			continue
		}
		v := savedSearch{Number: i, Name: kept.Name, Query: kept.Query, Href: "/policies?" + kept.Query, Says: s.searchName(asked)}
		if theme := asked.Get("t"); s.Rules.Themes.Find(theme) != nil && !slices.Contains(sub.Subscription.Themes, theme) {
			v.Theme = theme
		}
		if word := asked.Get("q"); keywordFits(word) && !slices.Contains(sub.Subscription.Keywords, word) && len(sub.Subscription.Keywords) < maxKeywords {
			v.Word = word
		}
		views = append(views, v)
	}
	return views
}

// keywordFits tells whether the words of a search can be a keyword.
func keywordFits(word string) bool {
	n := len([]rune(word))
	return n >= 2 && n <= maxKeyword && !strings.ContainsAny(word, " 　,，、;；")
}

// searchName says the conditions of a search.
func (s *Server) searchName(asked url.Values) string {
	var names []string
	for _, c := range s.chips(asked) {
		names = append(names, strings.Trim(c.Name, "“”")) // a name stands in such marks itself
	}
	return strings.Join(names, "，")
}

// keepSearch keeps the conditions of the library under a name of their own.
func (s *Server) keepSearch(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	asked := readAsked(func(name string) string { return c.FormValue(name) })
	name := s.searchName(asked)
	if name == "" {
		return domain.Errorf(domain.Invalid, "请先选一个条件或输入要找的词，再保存搜索")
	}
	kept := domain.SavedSearch{Name: cutRunes(name, domain.MaxSearchName), Query: asked.Encode()}
	if err := sub.Subscription.KeepSearch(kept); err != nil {
		text, shown := shownError(err)
		if !shown {
			return err
		}
		s.setFlash(c, "amber", text+"。") // the list of them is the place to see to it
		return c.Redirect("/me#searches", fiber.StatusSeeOther)
	}
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	s.setFlash(c, "pine", "搜索已保存，以后在“我的订阅”里点一下就能再找。")
	return c.Redirect("/me#searches", fiber.StatusSeeOther)
}

// changeSearch renames or removes a kept search, or takes its theme and its
// word into the subscription.
func (s *Server) changeSearch(c *fiber.Ctx) error {
	sub, err := s.subscriber(c)
	if err != nil {
		return err
	}
	number, _ := c.ParamsInt("number") // anything else is none of them
	views := s.searchesOf(sub)
	at := slices.IndexFunc(views, func(v savedSearch) bool { return v.Number == number && v.Query == field(c, "query") })
	if at < 0 {
		return domain.Errorf(domain.NotFound, "没有这条保存的搜索，可能已在别处删除，请刷新页面")
	}
	kept, said := &sub.Subscription, ""
	switch field(c, "do") {
	case "remove":
		kept.Searches = slices.Delete(slices.Clone(kept.Searches), number, number+1)
		said = "搜索“" + views[at].Name + "”已删除。"
	case "follow":
		if views[at].Theme != "" {
			kept.Themes = append(kept.Themes, views[at].Theme)
		}
		if views[at].Word != "" {
			kept.Keywords = append(kept.Keywords, views[at].Word)
		}
		said = "已加入订阅，有这样的新政策时通知您。"
	default:
		name := field(c, "name")
		if name == "" {
			return domain.Errorf(domain.Invalid, "请给这条搜索起个名字")
		}
		kept.Searches = slices.Clone(kept.Searches)
		kept.Searches[number].Name = cutRunes(name, domain.MaxSearchName)
		said = "名字已保存。"
	}
	if err := s.Store.SaveSubscriber(c.UserContext(), sub); err != nil {
		return err
	}
	s.setFlash(c, "pine", said)
	return c.Redirect("/me#searches", fiber.StatusSeeOther)
}
