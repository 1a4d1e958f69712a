package web

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"mime"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// onePageFiles is how far the picture and the PDF of a one-page are. They are
// drawn by a worker from the very page that is shown: another page is another
// file.
type onePageFiles struct {
	Made, Waiting, Failed bool
	Can                   bool // somebody is there who draws; known unless made or waiting
}

// onePageFile is the one page as it is drawn: its styles are inside it, and
// its links lead to the public address.
type onePageFile struct {
	onePageView
	Styles template.HTML // a page that is served has none inside it
}

func (onePageFile) template() string { return "portal/onepage-file" }

// onePageForms are the files of a one-page.
var onePageForms = []domain.PageForm{domain.PNG, domain.Sheet}

// fileOf writes the page that is drawn.
func (s *Server) fileOf(v onePageView) ([]byte, error) {
	v.Page = Page{Title: v.Title}
	v.Body = template.HTML(strings.ReplaceAll(string(v.Body), `href="/`, `href="`+template.HTMLEscapeString(s.BaseURL)+`/`))
	file := onePageFile{onePageView: v, Styles: s.assets.inside("portal.css", "onepage.css")}
	var b bytes.Buffer
	if err := s.templates[file.template()].Execute(&b, file); err != nil {
		return nil, fmt.Errorf("render %s: %w", file.template(), err)
	}
	return b.Bytes(), nil
}

// fileKeys are the keys of the files of a one-page.
func (s *Server) fileKeys(v onePageView) ([]string, error) {
	page, err := s.fileOf(v)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, form := range onePageForms {
		keys = append(keys, storage.RenderKey(form, page))
	}
	return keys, nil
}

func (s *Server) filesOf(ctx context.Context, keys []string) (onePageFiles, error) {
	files := onePageFiles{Made: true}
	for _, key := range keys {
		state, err := s.Store.RenderState(ctx, key)
		if err != nil {
			return files, err
		}
		files.Made = files.Made && state == storage.RenderMade
		files.Waiting = files.Waiting || state == storage.RenderWanted
		files.Failed = files.Failed || state == storage.RenderFailed
	}
	if !files.Made {
		can, err := s.Store.CanRender(ctx, s.Now())
		if err != nil {
			return files, err
		}
		files.Can, files.Waiting = can, files.Waiting && can
	}
	return files, nil
}

// wantFiles asks a worker for the picture and the PDF.
func (s *Server) wantFiles(c *fiber.Ctx) error {
	v, err := s.onePageOf(c)
	if err != nil {
		return err
	}
	page, err := s.fileOf(v)
	if err != nil {
		return err
	}
	for _, form := range onePageForms {
		if err := s.Store.WantRender(c.UserContext(), form, page, s.Now()); err != nil {
			return err
		}
	}
	s.wake()
	return c.Redirect(fmt.Sprintf("/policies/%d/onepage", v.Policy.ID), fiber.StatusSeeOther)
}

func (s *Server) onePagePNG(c *fiber.Ctx) error { return s.sendFile(c, domain.PNG, "image/png", "png") }

func (s *Server) onePagePDF(c *fiber.Ctx) error {
	return s.sendFile(c, domain.Sheet, "application/pdf", "pdf")
}

// sendFile answers with a file that is made; what is not leads back to the
// page, which says how far it is.
func (s *Server) sendFile(c *fiber.Ctx, form domain.PageForm, kind, ending string) error {
	ctx := c.UserContext()
	v, err := s.onePageOf(c)
	if err != nil {
		return err
	}
	page, err := s.fileOf(v)
	if err != nil {
		return err
	}
	key := storage.RenderKey(form, page)
	file, err := s.Store.Render(ctx, key)
	if err != nil && domain.KindOf(err) != domain.NotFound {
		return err
	}
	if file.State != storage.RenderMade {
		return c.Redirect(fmt.Sprintf("/policies/%d/onepage", v.Policy.ID), fiber.StatusSeeOther)
	}
	if err := s.Store.UseRender(ctx, key, s.Now()); err != nil {
		return err
	}
	c.Set(fiber.HeaderETag, `"`+key+`"`)
	if c.Get(fiber.HeaderIfNoneMatch) == `"`+key+`"` {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": cutRunes(v.Title, 60) + "." + ending}))
	return c.Send(file.File)
}
