package web

import (
	"context"
	"fmt"
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/interpretations"
)

// onePageView is 一图读懂: a policy on one page, read on a phone, printed on one
// sheet.
type onePageView struct {
	Page
	Policy    *domain.Policy
	Heading   string
	Lead      string
	Body      template.HTML
	Automatic bool // drawn from the measures, since nobody has composed one
	Contact   string
	Ended     string
	Address   string // of the policy's page, for the printed sheet
	QR        template.HTML
	Files     onePageFiles
}

func (onePageView) template() string { return "portal/onepage" }

func (s *Server) onePage(c *fiber.Ctx) error {
	v, err := s.onePageOf(c)
	if err != nil {
		return err
	}
	if v.Page, err = s.page(c, v.Title); err != nil {
		return err
	}
	if err := s.share(&v.Page, v.Policy, "/onepage"); err != nil {
		return err
	}
	keys, err := s.fileKeys(v)
	if err != nil {
		return err
	}
	if v.Files, err = s.filesOf(c.UserContext(), keys); err != nil {
		return err
	}
	drawn := v.Files
	c.Locals(localHolds, holds(func(ctx context.Context) (bool, error) { // the page says how far its files are
		now, err := s.filesOf(ctx, keys)
		return now == drawn, err
	}))
	return s.render(c, v)
}

// onePageOf draws the one page of the policy in the address, for whoever may
// read that. What it shows does not depend on who reads it.
func (s *Server) onePageOf(c *fiber.Ctx) (onePageView, error) {
	ctx := c.UserContext()
	id, err := c.ParamsInt("id")
	if err != nil {
		return onePageView{}, fiber.ErrNotFound
	}
	p, err := s.Store.Policy(ctx, domain.PolicyID(id))
	if err != nil {
		return onePageView{}, err
	}
	preview, err := s.mayRead(c, p)
	if err != nil {
		return onePageView{}, err
	}
	items, err := s.Store.Interpretations(ctx, p.ID, false)
	if err != nil {
		return onePageView{}, err
	}
	if preview == "" {
		items = interpretations.Shown(items)
	}
	v := onePageView{Policy: p, Heading: p.Title, Contact: p.Contact, Ended: s.ended(p), Address: fmt.Sprintf("%s/policies/%d", s.BaseURL, p.ID)}
	v.Title = "一图读懂：" + p.Title
	if v.QR, err = qrSVG(v.Address, "二维码：打开本政策的页面"); err != nil {
		return v, err
	}
	if v.Contact == "" {
		site, err := s.site(ctx)
		if err != nil {
			return v, err
		}
		v.Contact = site.Phone
	}
	picture := pictureOf(items, p)
	if picture == nil {
		drafts := interpretations.Propose(p, s.told(p), nil, s.today())
		if picture = pictureOf(drafts, p); picture == nil {
			return v, domain.Errorf(domain.NotFound, "这份政策没有政策点，还不能画成一图读懂。请看政策原文。")
		}
		v.Automatic = true
	}
	v.Lead = picture.OnePage.Lead
	if !v.Automatic {
		v.Heading = picture.Title
	}
	html, err := picture.Render(p, s.today(), items...)
	if err != nil {
		return v, err
	}
	// Citations lead to the text, which stands on the policy's page. What people
	// typed is escaped, so only our own attributes match.
	v.Body = template.HTML(strings.ReplaceAll(string(html), `href="#c`, `href="`+fmt.Sprintf("/policies/%d", p.ID)+`#c`))
	return v, nil
}

// pictureOf returns the latest one-page picture that still holds and of which
// something is seen, or nil.
func pictureOf(items []interpretations.Item, p *domain.Policy) *interpretations.Item {
	for i := len(items) - 1; i >= 0; i-- {
		if it := &items[i]; it.Kind == interpretations.OnePageKind && it.OnePage != nil && !it.Outdated(p) && len(it.OnePage.Hidden(p, items)) < len(it.OnePage.Blocks) {
			return it
		}
	}
	return nil
}
