package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"policypush/internal/domain"
)

// The files that `policypush rules learn` writes into an office's own folder.
const (
	LearnedFile     = "learned.yaml"
	CorrectionsFile = "corrections.yaml"
	VerdictFile     = "verdict.yaml"
)

// The roles of what was learned. A lean moves the point from which on a theme
// is assigned.
const (
	RoleTrigger = "trigger"
	RoleStrong  = "strong" // themes and kinds of support
	RoleAlias   = "alias"
	RoleNot     = "not"
	RoleLean    = "lean" // themes
)

// Learned is a change that a person accepted: words for an entry of ours, which
// stays otherwise as it comes with the program, or a lean.
type Learned struct {
	Item      `yaml:",inline"`
	Dimension string   `yaml:"dimension,required" enum:"theme tax_kind benefit_kind resident_group enterprise_kind industry"`
	Of        string   `yaml:"of,required"` // the code of the entry
	Role      string   `yaml:"role,required" enum:"trigger strong alias not lean"`
	Words     []string `yaml:"words"`
	Lean      float64  `yaml:"lean" check:"signed"`
}

// Correction is a document with what officers said of it. Every reading has to
// say so as well.
type Correction struct {
	Item `yaml:",inline"`
	Text string    `yaml:"text,required"`
	Says []*Saying `yaml:"says,required"`
}

// Saying is one thing that an officer said of a document: yes or no of a tag,
// the value of a fact, or that of a measure which begins at At.
type Saying struct {
	Dimension string `yaml:"dimension,required" enum:"theme tax_kind benefit_kind resident_group enterprise_kind industry region fact measure" json:"dimension"`
	Code      string `yaml:"code,required" json:"code"`
	Officer   string `yaml:"officer" json:"officer"`
	At        int    `yaml:"at" json:"at,omitempty"`
	Words     string `yaml:"words" json:"words,omitempty"` // where the text says it

	at place
}

func (s *Saying) setPlace(p place) { s.at = p }

// Errorf is an error about the line in which the saying stands.
func (s *Saying) Errorf(format string, args ...any) *domain.Error {
	return s.at.errorf(format, args...)
}

// Knows tells whether there is an entry with a code of a dimension.
func (r *Rules) Knows(d domain.Dimension, code string) bool {
	if d == domain.RegionTag {
		return r.Divisions.Find(code) != nil
	}
	return r.itemOf(d, code) != nil
}

// itemOf finds the entry of a dimension whose words can be learned.
func (r *Rules) itemOf(d domain.Dimension, code string) *Item {
	find := func(item *Item, ok bool) *Item {
		if ok {
			return item
		}
		return nil
	}
	switch d {
	case domain.ThemeTag:
		return find(itemAt(r.Themes, code))
	case domain.TaxTag:
		return find(itemAt(r.Taxes, code))
	case domain.BenefitTag:
		return find(itemAt(r.Benefits, code))
	case domain.GroupTag:
		return find(itemAt(r.Groups, code))
	case domain.EnterpriseKindTag:
		return find(itemAt(r.Attributes, code))
	case domain.IndustryTag:
		if in := r.Industry(code); in != nil {
			return &in.Item
		}
	}
	return nil
}

func itemAt[T any, P entry[T]](t Table[T], code string) (*Item, bool) {
	e := t.Find(code)
	if e == nil {
		return nil, false
	}
	return P(e).item(), true
}

// learn enters what was learned into the tables, before anybody reads them.
func (r *Rules) learn(l *loader) {
	for _, x := range r.Learned.all {
		item := r.itemOf(domain.Dimension(x.Dimension), x.Of)
		if item == nil {
			l.report(x.at.errorf(noSuchTag, shorten(x.Of)).In("of"))
			continue
		}
		if bad := slices.IndexFunc(x.Words, func(w string) bool { return utf8.RuneCountInString(w) < 2 }); bad >= 0 {
			l.report(x.at.errorf("“%s”太短，词至少两个字", shorten(x.Words[bad])).In("words"))
		}
		theme, benefit := r.Themes.Find(x.Of), r.Benefits.Find(x.Of)
		switch {
		case x.Role == RoleLean && x.Dimension == string(domain.ThemeTag):
			if r.Verdict.Themes == nil {
				r.Verdict.Themes = map[string]float64{}
			}
			r.Verdict.Themes[x.Of] += x.Lean
		case x.Role == RoleTrigger:
			item.Triggers = append(item.Triggers, x.Words...)
		case x.Role == RoleAlias:
			item.Aliases = append(item.Aliases, x.Words...)
		case x.Role == RoleNot:
			item.Not = append(item.Not, x.Words...)
		case x.Role == RoleStrong && x.Dimension == string(domain.ThemeTag):
			theme.Strong = append(theme.Strong, x.Words...)
		case x.Role == RoleStrong && x.Dimension == string(domain.BenefitTag):
			benefit.Strong = append(benefit.Strong, x.Words...)
		default:
			l.report(x.at.errorf("%s没有“%s”这种词", domain.Dimension(x.Dimension).Label(), x.Role).In("role"))
		}
	}
	for _, c := range r.Corrections.all {
		for _, s := range c.Says {
			if s != nil {
				l.checkSaying(s)
			}
		}
	}
}

func (l *loader) checkSaying(s *Saying) {
	d := domain.Dimension(s.Dimension)
	switch d {
	case domain.FactCorrected, domain.MeasureCorrected:
		if domain.CorrectedName(d, s.Code) == "" {
			l.report(s.Errorf("没有“%s”这一项", shorten(s.Code)).In("code"))
		}
	default:
		if !l.rules.Knows(d, s.Code) {
			l.report(s.Errorf(noSuchTag, shorten(s.Code)).In("code"))
		}
		if s.Officer != domain.SaidYes && s.Officer != domain.SaidNo {
			l.report(s.Errorf("应当是 yes 或 no").In("officer"))
		}
	}
}

// LearnedIn reads what was learned before from an office's folder. A file that
// is not there holds nothing.
func LearnedIn(dir string) ([]*Learned, []*Correction, error) {
	l := newLoader()
	l.layer, l.names = 1, map[string]string{}
	for _, name := range []string{LearnedFile, CorrectionsFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, nil, domain.Errorf(domain.Invalid, "打不开，请检查权限").Because(err).At(filepath.Join(dir, name), 0)
		}
		l.file(name, data)
	}
	if len(l.problems) > 0 {
		return nil, nil, l.err()
	}
	return l.rules.Learned.all, l.rules.Corrections.all, nil
}

// WriteLearned writes what was learned as a file of rules.
func WriteLearned(learned []*Learned) []byte {
	var b bytes.Buffer
	b.WriteString("# 从更正中学到的词和倾向, 由 policypush rules learn 写入; 不要的一行可以删去\nmeta: {id: learned, title: 从更正中学到的规则}\nitems:\n")
	for _, x := range learned {
		fmt.Fprintf(&b, "  - {code: %s, name: %s, dimension: %s, of: %s, role: %s", quoted(x.Code), quoted(x.Name), x.Dimension, quoted(x.Of), x.Role)
		if x.Role == RoleLean {
			fmt.Fprintf(&b, ", lean: %g", x.Lean)
		} else {
			fmt.Fprintf(&b, ", words: %s", quoted(x.Words))
		}
		b.WriteString("}\n")
	}
	return b.Bytes()
}

// WriteCorrections writes cases as a file of rules.
func WriteCorrections(cases []*Correction) []byte {
	var b bytes.Buffer
	b.WriteString("# 工作人员的更正, 由 policypush rules learn 写入; 每一条都由 rules check 和启动时检查\nmeta: {id: corrections, title: 更正用例}\nitems:\n")
	for _, c := range cases {
		fmt.Fprintf(&b, "  - code: %s\n    name: %s\n    text: ", quoted(c.Code), quoted(c.Name))
		writeText(&b, c.Text)
		b.WriteString("    says:\n")
		for _, s := range c.Says {
			fmt.Fprintf(&b, "      - %s\n", quoted(s))
		}
	}
	return b.Bytes()
}

// writeText writes a text as lines if YAML gives them back as they are.
func writeText(b *bytes.Buffer, text string) {
	plain := text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == utf8.RuneError)
	})
	lines := strings.Split(text, "\n")
	if !plain || strings.TrimSpace(lines[0]) != lines[0] || lines[0] == "" || lines[len(lines)-1] == "" {
		b.WriteString(quoted(text) + "\n")
		return
	}
	b.WriteString("|-\n")
	for _, line := range lines {
		if line != "" {
			b.WriteString("      " + line)
		}
		b.WriteString("\n")
	}
}

// quoted writes a value as JSON, which is YAML but for a few characters that
// YAML takes for the end of a line or refuses.
func quoted(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return `""` // strings, lists of them and flat structs are always written
	}
	var out strings.Builder
	for _, r := range strings.TrimSpace(b.String()) {
		if r >= 0x7f && r < 0xa0 || r == '\ufeff' {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

const noSuchTag = "没有代码为“%s”的标签，请检查或先补上它"
