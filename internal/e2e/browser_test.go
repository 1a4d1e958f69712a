package e2e

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// browser is a person without scripts: it opens pages, follows links and
// presses buttons by what stands on them, and sends the fields as they are.
type browser struct {
	t      testing.TB
	client *http.Client
	at     *url.URL // of the page that is shown
	status int
	body   string
	page   *html.Node
}

func newBrowser(t testing.TB, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, at: at, client: &http.Client{Jar: jar, Timeout: time.Minute}}
}

// open shows a page.
func (b *browser) open(path string) *browser {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.resolve(path), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.show(req)
}

func (b *browser) resolve(ref string) string {
	b.t.Helper()
	u, err := b.at.Parse(ref)
	if err != nil {
		b.t.Fatalf("link %q: %v", ref, err)
	}
	return u.String()
}

func (b *browser) show(req *http.Request) *browser {
	b.t.Helper()
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	b.at, b.status, b.body = resp.Request.URL, resp.StatusCode, string(body)
	if b.page, err = html.Parse(bytes.NewReader(body)); err != nil {
		b.t.Fatal(err)
	}
	return b
}

// says checks that the page is a good one and holds the words.
func (b *browser) says(words ...string) *browser {
	b.t.Helper()
	if b.status >= 400 {
		b.t.Fatalf("%s answered %d: %s", b.at, b.status, b.text())
	}
	b.holds(words...)
	return b
}

// refuses checks that the page says no, with these words.
func (b *browser) refuses(words ...string) *browser {
	b.t.Helper()
	if b.status < 400 || b.status >= 500 {
		b.t.Fatalf("%s answered %d: %s", b.at, b.status, b.text())
	}
	b.holds(words...)
	return b
}

func (b *browser) holds(words ...string) {
	b.t.Helper()
	text := b.text()
	for _, w := range words {
		if !strings.Contains(squeezed(text), squeezed(w)) {
			b.t.Fatalf("%s (%d) does not say “%s”:\n%s", b.at, b.status, w, text)
		}
	}
}

func (b *browser) silent(words ...string) *browser {
	b.t.Helper()
	text := b.text()
	for _, w := range words {
		if strings.Contains(squeezed(text), squeezed(w)) {
			b.t.Errorf("%s says “%s”:\n%s", b.at, w, text)
		}
	}
	return b
}

// text is what can be read on the page.
func (b *browser) text() string { return textOf(b.page) }

// follow opens the first link that carries the words.
func (b *browser) follow(words string) *browser {
	b.t.Helper()
	return b.open(b.href(words))
}

// href is the address of the first link that carries the words.
func (b *browser) href(words string) string {
	b.t.Helper()
	for n := range b.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && strings.Contains(squeezed(textOf(n)), squeezed(words)) {
			return attr(n, "href")
		}
	}
	b.t.Fatalf("no link “%s” on %s:\n%s", words, b.at, b.text())
	return ""
}

// hrefTo is the first link of the page's main part that begins so.
func (b *browser) hrefTo(start string) string {
	b.t.Helper()
	for n := range b.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && strings.HasPrefix(attr(n, "href"), start) {
			return attr(n, "href")
		}
	}
	b.t.Fatalf("no link to %s on %s:\n%s", start, b.at, b.text())
	return ""
}

// item is an entry of a list.
type item struct{ node *html.Node }

// list returns the entries of the first list of a class.
func (b *browser) list(class string) []item {
	for n := range b.page.Descendants() {
		if n.Type != html.ElementNode || n.Data != "ul" && n.Data != "ol" || !inClass(n, class) {
			continue
		}
		var items []item
		for c := range n.ChildNodes() {
			if c.Type == html.ElementNode && c.Data == "li" {
				items = append(items, item{c})
			}
		}
		return items
	}
	return nil
}

// one is the text of the first part of an entry that has a class.
func (i item) one(class string) string {
	for n := range i.node.Descendants() {
		if n.Type == html.ElementNode && inClass(n, class) {
			return textOf(n)
		}
	}
	return ""
}

// heading is the text of an entry's heading.
func (i item) heading() string {
	for n := range i.node.Descendants() {
		if n.Type == html.ElementNode && n.Data == "h3" {
			return textOf(n)
		}
	}
	return ""
}

// terms are what an entry says under its terms.
func (i item) terms() map[string]string {
	said := map[string]string{}
	var term string
	for n := range i.node.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "dt":
			term = textOf(n)
		case n.Data == "dd":
			said[term] = textOf(n)
		}
	}
	return said
}

func inClass(n *html.Node, class string) bool {
	return slices.Contains(strings.Fields(attr(n, "class")), class)
}

// fill is what a person writes into a form: a field's name and its values.
// Fields that are not named keep what the page has put there.
type fill map[string][]string

// upload is a file that is chosen in a form.
type upload struct {
	field, name string
	content     []byte
}

// press presses the first button of the page whose words contain the words.
func (b *browser) press(words string, in fill, files ...upload) *browser {
	b.t.Helper()
	for n := range b.page.Descendants() {
		if form := b.formOf(n); isButton(n) && form != nil && strings.Contains(squeezed(textOf(n)), squeezed(words)) {
			return b.submit(form, n, in, files)
		}
	}
	b.t.Fatalf("no button “%s” on %s (%d):\n%s", words, b.at, b.status, b.text())
	return nil
}

// send sends the first form of the page whose address ends so.
func (b *browser) send(action string, in fill, files ...upload) *browser {
	b.t.Helper()
	button := b.buttonTo(action)
	if button == nil {
		b.t.Fatalf("no form to %s on %s (%d):\n%s", action, b.at, b.status, b.text())
	}
	return b.submit(b.formOf(button), button, in, files)
}

// offers tells whether the page has a form whose address ends so.
func (b *browser) offers(action string) bool { return b.buttonTo(action) != nil }

func (b *browser) buttonTo(action string) *html.Node {
	for n := range b.page.Descendants() {
		if form := b.formOf(n); isButton(n) && form != nil && strings.HasSuffix(b.actionOf(form, n), action) {
			return n
		}
	}
	return nil
}

// asks tells whether the page has a field of this name.
func (b *browser) asks(field string) bool {
	for n := range b.page.Descendants() {
		if n.Type == html.ElementNode && (n.Data == "input" || n.Data == "textarea" || n.Data == "select") && attr(n, "name") == field {
			return true
		}
	}
	return false
}

// value is what the first box of a name stands for.
func (b *browser) value(field string) string {
	b.t.Helper()
	for n := range b.page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "name") == field {
			return attr(n, "value")
		}
	}
	b.t.Fatalf("no box “%s” on %s:\n%s", field, b.at, b.text())
	return ""
}

func isButton(n *html.Node) bool {
	return n.Type == html.ElementNode && n.Data == "button" && (attr(n, "type") == "submit" || attr(n, "type") == "")
}

func (b *browser) formOf(n *html.Node) *html.Node {
	if id := attr(n, "form"); id != "" {
		for f := range b.page.Descendants() {
			if f.Type == html.ElementNode && f.Data == "form" && attr(f, "id") == id {
				return f
			}
		}
		return nil
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && p.Data == "form" {
			return p
		}
	}
	return nil
}

func (b *browser) actionOf(form, button *html.Node) string {
	if a := attr(button, "formaction"); a != "" {
		return a
	}
	return attr(form, "action")
}

func (b *browser) submit(form, button *html.Node, in fill, files []upload) *browser {
	b.t.Helper()
	values := b.controls(form)
	known := map[string]bool{}
	for n := range b.page.Descendants() {
		if n.Type == html.ElementNode && (n.Data == "input" || n.Data == "textarea" || n.Data == "select" || n.Data == "button") && b.formOf(n) == form {
			known[attr(n, "name")] = true
		}
	}
	for name, vs := range in {
		if !known[name] {
			b.t.Fatalf("the form %s on %s has no field “%s”", b.actionOf(form, button), b.at, name)
		}
		values[name] = vs
	}
	if name := attr(button, "name"); name != "" {
		values[name] = []string{attr(button, "value")}
	}
	target := b.resolve(b.actionOf(form, button))
	post := strings.EqualFold(cmpOr(attr(button, "formmethod"), attr(form, "method")), "post")
	var req *http.Request
	var err error
	switch {
	case post && attr(form, "enctype") == "multipart/form-data":
		body, kind := multipartBody(b.t, values, files)
		req, err = http.NewRequest(http.MethodPost, target, body)
		if err == nil {
			req.Header.Set("Content-Type", kind)
		}
	case post:
		req, err = http.NewRequest(http.MethodPost, target, strings.NewReader(url.Values(values).Encode()))
		if err == nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	default:
		target, _, _ = strings.Cut(target, "#")
		req, err = http.NewRequest(http.MethodGet, target+"?"+url.Values(values).Encode(), nil)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.show(req)
}

// controls are the fields of a form with what the page has put there.
func (b *browser) controls(form *html.Node) map[string][]string {
	values := map[string][]string{}
	for n := range b.page.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") || b.formOf(n) != form {
			continue
		}
		switch n.Data {
		case "input":
			kind := attr(n, "type")
			switch {
			case kind == "file":
			case kind == "checkbox" || kind == "radio":
				if has(n, "checked") {
					values[name] = append(values[name], cmpOr(attr(n, "value"), "on"))
				}
			default:
				values[name] = append(values[name], attr(n, "value"))
			}
		case "textarea":
			values[name] = append(values[name], rawText(n))
		case "select":
			values[name] = append(values[name], chosen(n)...)
		}
	}
	return values
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// chosen returns the values of a select: the selected ones, else the first of
// a list that shows one.
func chosen(sel *html.Node) []string {
	var all, selected []string
	for n := range sel.Descendants() {
		if n.Type != html.ElementNode || n.Data != "option" {
			continue
		}
		value := attr(n, "value")
		if !has(n, "value") {
			value = textOf(n)
		}
		all = append(all, value)
		if has(n, "selected") {
			selected = append(selected, value)
		}
	}
	if len(selected) == 0 && !has(sel, "multiple") {
		return all[:min(1, len(all))]
	}
	return selected
}

func multipartBody(t testing.TB, values map[string][]string, files []upload) (io.Reader, string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, vs := range values {
		for _, v := range vs {
			if err := w.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.field, filepath.Base(f.name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &body, w.FormDataContentType()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func rawText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// squeezed is a text without its blanks: where markup parts two words is not
// what a test is about.
func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }

// textOf is the text of a node, its white space made one blank.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" && d.Parent.Data != "script" {
			fmt.Fprint(&b, d.Data, " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
