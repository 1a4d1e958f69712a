package web

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// cardFile is the picture that stands beside a shared link to a policy, as it
// is drawn. It holds what the policy says and nothing of any reader.
type cardFile struct {
	Page
	Policy *domain.Policy
	Styles template.HTML // inside it: it is drawn, not served
	Sum    string        // the most that one measure gives, in all or for each, or ""
	Each   bool          // it is for each
	Until  string        // the last day of applications, or ""
	Ended  bool
}

func (cardFile) template() string { return "portal/card" }

// share says how links to a page of a policy are shown elsewhere: the page's
// address without its query, what the policy gives, and the card. The card's
// address changes with its content, since whoever shows links keeps pictures.
func (s *Server) share(page *Page, p *domain.Policy, end string) error {
	file, err := s.cardFile(p)
	if err != nil {
		return err
	}
	at := fmt.Sprintf("%s/policies/%d", s.BaseURL, p.ID)
	page.Description, page.Canonical = description(p), at+end
	page.Card = at + "/card.png?v=" + storage.RenderKey(domain.Card, file)[len(domain.Card)+1:][:12]
	return nil
}

// shareSite says how links to a page of the site itself are shown elsewhere:
// with the card of the site.
func (s *Server) shareSite(page *Page, path string) error {
	card, err := s.assets.url("card.png")
	page.Canonical, page.Card = s.BaseURL+path, s.BaseURL+card
	return err
}

// description is what a policy gives, or how its text begins.
func description(p *domain.Policy) string {
	var said []string
	for i := range p.Measures {
		said = append(said, p.Measures[i].Title)
	}
	text := strings.Join(said, "；")
	for i := 0; text == "" && i < len(p.Clauses); i++ {
		if p.Clauses[i].Kind == domain.TextClause {
			text = strings.TrimSpace(p.Clauses[i].Text)
		}
	}
	return cutRunes(text, 120)
}

// cardFile writes the page that is drawn as the card of a policy.
func (s *Server) cardFile(p *domain.Policy) ([]byte, error) {
	file := cardFile{Page: Page{Title: p.Title}, Policy: p, Ended: s.ended(p) != ""}
	file.Styles = s.assets.inside("portal.css", "card.css")
	at, sum := largestOf(p)
	file.Sum, file.Each = sum, at >= 0 && p.Measures[at].Benefit.Most() == 0
	if due := s.dueOf(p); due != nil && !due.Over() {
		file.Until = longDate(due.Day)
	}
	var b bytes.Buffer
	if err := s.templates[file.template()].Execute(&b, file); err != nil {
		return nil, fmt.Errorf("render %s: %w", file.template(), err)
	}
	return b.Bytes(), nil
}

// drawCard asks for the card of a policy that has become public, so that it is
// there when the first link is shared. A card that fails costs nothing else.
func (s *Server) drawCard(ctx context.Context, p *domain.Policy) {
	file, err := s.cardFile(p)
	if err == nil {
		err = s.wantCard(ctx, file)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "card not asked for", "policy", p.ID, "err", err)
	}
}

// wantCard has a card drawn that nobody has asked for yet, where somebody can.
func (s *Server) wantCard(ctx context.Context, file []byte) error {
	if can, err := s.Store.CanRender(ctx, s.Now()); err != nil || !can {
		return err
	}
	return s.Store.WantRender(ctx, domain.Card, file, s.Now())
}

// cardPNG answers with the card of a policy. Until it is drawn, and where no
// Chromium is installed, that is the card of this site.
func (s *Server) cardPNG(c *fiber.Ctx) error {
	ctx := c.UserContext()
	id, err := c.ParamsInt("id")
	if err != nil {
		return fiber.ErrNotFound
	}
	p, err := s.Store.Policy(ctx, domain.PolicyID(id))
	if err != nil {
		return err
	}
	if _, err := s.mayRead(c, p); err != nil {
		return err
	}
	page, err := s.cardFile(p)
	if err != nil {
		return err
	}
	key := storage.RenderKey(domain.Card, page)
	card, err := s.Store.Render(ctx, key)
	if err != nil && domain.KindOf(err) != domain.NotFound {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	c.Set("Cross-Origin-Resource-Policy", "cross-origin") // other sites show it
	if card.State == storage.RenderMade {
		c.Set(fiber.HeaderCacheControl, "public, max-age=86400")
		if err := s.Store.UseRender(ctx, key, s.Now()); err != nil {
			return err
		}
		return c.Send(card.File)
	}
	if card.State == storage.RenderNone { // forgotten, or the policy has changed
		if err := s.wantCard(ctx, page); err != nil {
			return err
		}
		s.wake()
	}
	return c.Send(s.assets.plain("card.png"))
}
