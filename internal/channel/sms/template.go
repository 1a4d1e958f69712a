package sms

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"policypush/internal/channel"
	"policypush/internal/domain"
)

// Template is a text that was filed with a provider, with places that change.
// Messages are composed, checked and counted as whole texts; a provider that
// wants a template and its variables gets them by fitting the text into one.
type Template struct {
	Code  string
	names []string // of the variables, in order
	text  *regexp.Regexp
}

// variable is a place in a template as 阿里云 (${name}) or 腾讯云 ({1}) write it.
var variable = regexp.MustCompile(`\$\{(\w{1,32})\}|\{(\d{1,2})\}`)

// maxTemplates bounds a file of templates.
const maxTemplates = 200

// LoadTemplates reads a file of templates, see ParseTemplates. No path is none.
func LoadTemplates(path string) ([]Template, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "读不到短信模板文件 %s：请检查路径和权限", path).Because(err)
	}
	ts, err := ParseTemplates(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return ts, nil
}

// ParseTemplates reads a template a line: its code with the provider, spaces,
// and its text without the signature. Empty lines and those with # do not
// count. A text is sent by the first template that it fits.
func ParseTemplates(text string) ([]Template, error) {
	var ts []Template
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		code, filed, ok := strings.Cut(line, " ")
		filed = strings.TrimSpace(filed)
		if !ok || filed == "" || len(ts) == maxTemplates {
			return nil, domain.Errorf(domain.Invalid, "第%d行：每行写一个模板，先写模板编号，空格后写正文，最多%d个", i+1, maxTemplates)
		}
		t, err := parseTemplate(code, filed)
		if err != nil {
			return nil, domain.Errorf(domain.Invalid, "第%d行：%s", i+1, err)
		}
		ts = append(ts, t)
	}
	return ts, nil
}

func parseTemplate(code, filed string) (Template, error) {
	t := Template{Code: code}
	if len(filed) > 4000 {
		return t, fmt.Errorf("正文太长")
	}
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	from := 0
	for _, at := range variable.FindAllStringSubmatchIndex(filed, -1) {
		if at[0] == from && from > 0 {
			return t, fmt.Errorf("两个变量之间要有文字，否则分不清")
		}
		name := ""
		for g := 2; g < len(at); g += 2 {
			if at[g] >= 0 {
				name = filed[at[g]:at[g+1]]
			}
		}
		pattern.WriteString(regexp.QuoteMeta(filed[from:at[0]]) + "(.+?)")
		t.names = append(t.names, name)
		from = at[1]
	}
	pattern.WriteString(regexp.QuoteMeta(filed[from:]) + `\z`)
	var err error
	t.text, err = regexp.Compile(pattern.String())
	return t, err
}

// filled is a template with its variables in order.
type filled struct {
	code   string
	names  []string
	values []string
}

// fit finds the template of a text.
func fit(ts []Template, body string) (filled, bool) {
	for _, t := range ts {
		if m := t.text.FindStringSubmatch(body); m != nil {
			return filled{code: t.Code, names: t.names, values: m[1:]}, true
		}
	}
	return filled{}, false
}

// Fits tells whether a text, without its signature, can be sent by one of the
// templates.
func Fits(ts []Template, body string) bool {
	_, ok := fit(ts, body)
	return ok
}

// noTemplate is the result of a text that fits none of a provider's templates:
// somebody has to file one, and until then another provider may take it.
func noTemplate() (channel.Result, bool) {
	return channel.Result{Class: channel.Config, Code: "template", Note: "没有与这条短信相符的已报备模板"}, false
}
