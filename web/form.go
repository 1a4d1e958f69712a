package web

import (
	"html/template"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// problem is one thing that is wrong with a form. Its Field is the name of the
// input that the summary links to.
type problem struct {
	Field string
	Text  string
}

// problems are what is wrong with a form, in the order of its fields.
type problems []problem

// fieldProblem is what stands beside a field, with the id by which the field names it.
type fieldProblem struct{ ID, Text string }

// At returns what stands beside a field, or nil.
func (ps problems) At(field string) *fieldProblem {
	var texts []string
	for _, p := range ps {
		if p.Field == field {
			texts = append(texts, p.Text)
		}
	}
	if texts == nil {
		return nil
	}
	return &fieldProblem{"e-" + field, strings.Join(texts, "；")}
}

// Tie are the attributes that tie a field to what is wrong with it and to its hints,
// which are named by their ids.
func (ps problems) Tie(field string, hints ...string) template.HTMLAttr {
	described := ps.Describe(field, hints...)
	if ps.At(field) != nil {
		return ` aria-invalid="true"` + described
	}
	return described
}

// Describe is Tie for a group of fields, which itself is neither right nor wrong.
func (ps problems) Describe(field string, hints ...string) template.HTMLAttr {
	if p := ps.At(field); p != nil {
		hints = append([]string{p.ID}, hints...)
	}
	if len(hints) == 0 {
		return ""
	}
	return template.HTMLAttr(` aria-describedby="` + template.HTMLEscapeString(strings.Join(hints, " ")) + `"`)
}

func (ps *problems) add(field, text string) { *ps = append(*ps, problem{Field: field, Text: text}) }

// field returns one value of a posted form without white space around it and
// without what cannot be seen.
func field(c *fiber.Ctx, name string) string { return domain.CleanName(c.FormValue(name)) }

// halfWidth writes what a Chinese keyboard sets wide, ５０００ and ＠, in its usual
// width: numbers and addresses are read so, texts stay as they are.
func halfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - 0xFEE0
		case r == '　':
			return ' '
		}
		return r
	}, s)
}

// figure returns a field that holds a number, a code or an address.
func figure(c *fiber.Ctx, name string) string { return strings.TrimSpace(halfWidth(field(c, name))) }

// fields returns all values of one name of a posted form.
func fields(c *fiber.Ctx, name string) []string {
	var vs []string
	for _, v := range c.Request().PostArgs().PeekMulti(name) {
		if s := strings.TrimSpace(string(v)); s != "" {
			vs = append(vs, s)
		}
	}
	return vs
}

// option is an entry of a select or a group of boxes.
type option struct {
	Code, Name string
	Selected   bool
	Count      int // of results, or 0
}

// optionGroup is a named part of a select.
type optionGroup struct {
	Name    string
	Options []option
}

// wholeNumber reads a number of at least 0 as people write it: 1,200 or 1200.
// The empty text is not given.
func wholeNumber(s string) (n *int64, ok bool) {
	s = strings.NewReplacer(",", "", " ", "").Replace(halfWidth(s))
	if s == "" {
		return nil, true
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 0 || v > 1e12 {
		return nil, false
	}
	return &v, true
}

// markProblems says in title and status that a form was not taken.
func markProblems(c *fiber.Ctx, p *Page, ps problems) {
	if len(ps) > 0 {
		p.Title = "出错：" + p.Title
		c.Status(fiber.StatusUnprocessableEntity)
	}
}
