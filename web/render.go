package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"strings"

	"github.com/gofiber/fiber/v2"
)

//go:embed templates
var templateFiles embed.FS

// view is a page: a struct with everything that its template shows.
type view interface {
	// template names the file under templates, without its suffix.
	template() string
}

// templates holds one parsed set per page: the layouts and partials, cloned,
// and the page's own file.
type templates map[string]*template.Template

// parseTemplates parses every page. A page file defines "main" and calls its
// layout by defining "page".
func parseTemplates(funcs template.FuncMap) (templates, error) {
	base, err := template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layouts: %w", err)
	}
	set := templates{}
	err = fs.WalkDir(templateFiles, "templates", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(p, "templates/layout/") {
			return err
		}
		page, err := base.Clone()
		if err != nil {
			return err
		}
		if page, err = page.ParseFS(templateFiles, p); err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(p, "templates/"), ".html")
		set[name] = page.Lookup("page")
		if set[name] == nil {
			return fmt.Errorf("%s does not define page", p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}
	return set, nil
}

// render writes a page. It is rendered into memory first: a template that
// fails half-way gives an error page, never half a page.
func (s *Server) render(c *fiber.Ctx, v view) error {
	t, ok := s.templates[v.template()]
	if !ok {
		return fmt.Errorf("no template %q", v.template())
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("render %s: %w", v.template(), err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	if name := v.template(); strings.HasPrefix(name, "portal/") && name != "portal/onepage" { // it has lines of its own
		return c.Send(unbroken(b.Bytes()))
	}
	return c.Send(b.Bytes())
}
