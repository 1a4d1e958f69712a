package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

//go:embed static
var staticFiles embed.FS

// asset is an embedded file as it is sent.
type asset struct {
	kind  string // content type
	plain []byte
	gzip  []byte // nil where packing does not help
}

// assets are the embedded files under names that hold a hash of their content,
// so that a browser may keep them for ever.
type assets struct {
	byName map[string]asset  // "ui.1a2b3c4d5e6f.js"
	urls   map[string]string // "ui.js" → "/static/ui.1a2b3c4d5e6f.js"
}

// sentWith are files that are sent at the head of another: a page is first seen
// when all its styles are there, and asking twice takes longer.
var sentWith = map[string]string{"static/ui.css": "static/portal.css"}

func loadAssets() (*assets, error) {
	a := &assets{byName: map[string]asset{}, urls: map[string]string{}}
	err := fs.WalkDir(staticFiles, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if sentWith[p] != "" {
			return nil
		}
		data, err := wholeFile(p)
		if err != nil {
			return err
		}
		packed, err := gzipped(data)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		name := strings.TrimPrefix(p, "static/")
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.byName[hashed] = asset{kind: mime.TypeByExtension(ext), plain: data, gzip: packed}
		a.urls[name] = "/static/" + hashed
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded files: %w", err)
	}
	return a, nil
}

// wholeFile reads a file with those that are sent at its head.
func wholeFile(p string) ([]byte, error) {
	var data []byte
	for part, whole := range sentWith {
		if whole != p {
			continue
		}
		head, err := staticFiles.ReadFile(part)
		if err != nil {
			return nil, err
		}
		data = append(data, head...)
	}
	text, err := staticFiles.ReadFile(p)
	return append(data, text...), err
}

func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.Len() >= len(data) {
		return nil, nil
	}
	return b.Bytes(), nil
}

// url returns the address of an embedded file; a name that is not there is a
// mistake in a template and fails its rendering.
func (a *assets) url(name string) (string, error) {
	u, ok := a.urls[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return u, nil
}

// plain returns an embedded file as it is.
func (a *assets) plain(name string) []byte {
	return a.byName[strings.TrimPrefix(a.urls[name], "/static/")].plain
}

// inside are styles as they stand inside a page that is drawn and not served.
func (a *assets) inside(names ...string) template.HTML {
	var b strings.Builder
	for _, name := range names {
		b.WriteString("<style>\n" + string(a.plain(name)) + "</style>\n")
	}
	return template.HTML(b.String())
}

// serve answers GET /static/*.
func (a *assets) serve(c *fiber.Ctx) error {
	file, ok := a.byName[c.Params("*")]
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, file.kind)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if file.kind == "image/png" { // the card of the site: others show it
		c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if file.gzip != nil && strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(file.gzip)
	}
	return c.Send(file.plain)
}
