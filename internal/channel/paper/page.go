package paper

import (
	"bytes"
	_ "embed" // the template
	"fmt"
	"html"
	"html/template"
	"regexp"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Batch is what is printed together: letters to one village.
type Batch struct {
	ID      domain.PrintID
	Office  string
	Phone   string
	Place   string
	Day     string // 2026年11月27日
	Letters []Letter
}

// Letter is one letter.
type Letter struct {
	Number  int // domain.CanaryLetter: the office's own
	To      domain.PaperAddress
	Subject string        // never tells what a sensitive policy is about
	Body    template.HTML // see push.Composer; codes to scan are drawn where it asks for them
}

// Code is what stands on the receipt slip of a letter.
func (l placed) Code() string { return domain.SlipCode(l.Batch.ID, l.Number) }

// Name is what a letter is called.
func (l Letter) Name() string { return domain.LetterName(l.Number) }

// placed is a letter with the batch that it is of.
type placed struct {
	Letter
	Batch *Batch
	QR    template.HTML // of its code
}

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("letters").Parse(pageText))

// Page writes the page that is printed: a register to be signed, then each
// letter in large print with its receipt slip. It carries its styles and
// pictures inside it.
func (b Batch) Page() ([]byte, error) {
	codes := map[string]template.HTML{}
	view := struct {
		Batch
		Subject string
		All     []placed
	}{Batch: b}
	for i, l := range b.Letters {
		if i == 0 {
			view.Subject = l.Subject
		} else if view.Subject != l.Subject {
			view.Subject = ""
		}
		body, err := withCodes(l.Body, codes)
		if err != nil {
			return nil, err
		}
		l.Body = body
		p := placed{Letter: l, Batch: &view.Batch}
		if p.QR, err = code(p.Code()); err != nil {
			return nil, err
		}
		view.All = append(view.All, p)
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("page of print %d: %w", b.ID, err)
	}
	return out.Bytes(), nil
}

// asked is where the body of a letter asks for a code to scan.
var asked = regexp.MustCompile(`<figure data-qr="([^"]*)">`)

// withCodes draws the codes that a body asks for. Letters share them.
func withCodes(body template.HTML, codes map[string]template.HTML) (template.HTML, error) {
	var failed error
	out := asked.ReplaceAllStringFunc(string(body), func(tag string) string {
		text := html.UnescapeString(asked.FindStringSubmatch(tag)[1])
		if codes[text] == "" {
			codes[text], failed = code(text)
		}
		return "<figure>" + string(codes[text])
	})
	return template.HTML(out), failed
}

// code draws a code to scan.
func code(text string) (template.HTML, error) {
	svg, err := channel.Code(text)
	return template.HTML(svg), err
}
