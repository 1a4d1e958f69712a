package learning

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"policypush/internal/domain"
	"policypush/internal/segment"
	"policypush/internal/tagging"
	"policypush/internal/tagging/scoring"
	"policypush/rules"
)

// Input is what is learned from.
type Input struct {
	Cases    []Case
	Labelled []scoring.Document
	// Load reads the rules as they are, with more folders on top.
	Load func(more ...fs.FS) (*rules.Rules, error)
	Dict string // folder of the dictionary
	// Verdict writes the data file of a verdict.
	Verdict func(rules.Verdict) []byte
}

// Session holds everything that is known to be right, as the rules read it now.
type Session struct {
	Input
	rules    *rules.Rules
	segment  *segment.Segmenter
	tagger   *tagging.Tagger
	cases    []Case // those of the input, the accepted ones and ours
	now      []*domain.Policy
	labelled []*domain.Policy
	report   *scoring.Report
	unknown  []Flip
}

// Begin reads all documents by the rules as they are.
func Begin(ctx context.Context, in Input) (*Session, error) {
	s := &Session{Input: in}
	var err error
	if s.rules, err = in.Load(); err != nil {
		return nil, err
	}
	if s.segment, s.tagger, err = tools(s.rules, in.Dict); err != nil {
		return nil, err
	}
	s.Cases, s.unknown = s.sift(in.Cases)
	s.cases = append(Merge(append(slices.Clone(s.Cases), accepted(s.rules)...)), supplied(s.rules)...)
	if s.now, err = s.readCases(ctx, s.tagger, nil, nil); err == nil {
		s.labelled, err = s.readLabelled(ctx, s.tagger, nil)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.report = s.score(s.labelled)
	return s, nil
}

// sift parts what is said about codes that the rules have from what is said about others,
// as is kept from before an office changed its own.
func (s *Session) sift(all []Case) (cases []Case, unknown []Flip) {
	for _, c := range all {
		says := c.Says
		c.Says = nil
		for i := range says {
			if say := &says[i]; slices.Contains(domain.Dimensions(), say.Dimension) && !s.rules.Knows(say.Dimension, say.Code) {
				unknown = append(unknown, Flip{Title: shorten(c.Title), Says: say.Dimension.Label() + "“" + say.Code + "”", Words: say.Words})
				continue
			}
			c.Says = append(c.Says, says[i])
		}
		if len(c.Says) > 0 {
			cases = append(cases, c)
		}
	}
	return cases, unknown
}

// Unknown are the sayings about codes that the rules do not have, which are left out.
func (s *Session) Unknown() []Flip { return s.unknown }

// Rules are those by which everything is read now.
func (s *Session) Rules() *rules.Rules { return s.rules }

// Close frees the dictionary.
func (s *Session) Close() { s.segment.Close() }

func tools(r *rules.Rules, dict string) (*segment.Segmenter, *tagging.Tagger, error) {
	seg, err := segment.New(dict, r.UserWords())
	if err != nil {
		return nil, nil, err
	}
	t, err := tagging.New(r, seg)
	if err != nil {
		seg.Close()
		return nil, nil, err
	}
	return seg, t, nil
}

// touches tells whether a document may be read otherwise after changes: words
// act only where they stand.
func touches(changes []Change, text string) bool {
	return changes == nil || slices.ContainsFunc(changes, func(c Change) bool {
		return len(c.Words) == 0 || slices.ContainsFunc(c.Words, func(w string) bool { return strings.Contains(text, w) })
	})
}

// readCases reads the cases that changes touch; the others are as before.
func (s *Session) readCases(ctx context.Context, t *tagging.Tagger, changes []Change, before []*domain.Policy) ([]*domain.Policy, error) {
	all := make([]*domain.Policy, len(s.cases))
	for i, c := range s.cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if before != nil && !touches(changes, before[i].Text) {
			all[i] = before[i]
			continue
		}
		var err error
		if all[i], err = read(t, c.Text); err != nil {
			return nil, domain.Errorf(domain.Invalid, "《%s》的正文读不成，请从用例里去掉它", shorten(c.Title)).Because(err)
		}
	}
	return all, nil
}

func (s *Session) readLabelled(ctx context.Context, t *tagging.Tagger, changes []Change) ([]*domain.Policy, error) {
	all := make([]*domain.Policy, len(s.Labelled))
	for i := range s.Labelled {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.labelled != nil && !touches(changes, s.Labelled[i].Text.Text) {
			all[i] = s.labelled[i]
			continue
		}
		all[i] = t.Read(s.Labelled[i].Text)
	}
	return all, nil
}

func (s *Session) score(read []*domain.Policy) *scoring.Report {
	i := -1
	return scoring.Score(s.Labelled, func(*scoring.Document) *domain.Policy {
		i++
		return read[i]
	})
}

// Change is one change of the rules: words of a code, a lean, or new weights
// (Verdict). One with nothing but a Role of "" changes nothing: its cases are
// only to be tested from now on.
type Change struct {
	Dimension domain.Dimension `json:"dimension,omitempty"`
	Code      string           `json:"code,omitempty"`
	Role      string           `json:"role,omitempty"`
	Words     []string         `json:"words,omitempty"`
	Lean      float64          `json:"lean,omitempty"`
	Verdict   *rules.Verdict   `json:"verdict,omitempty"`
}

// id names a change by what it does.
func (c *Change) id() string {
	text := fmt.Sprintf("%s|%s|%s|%s|%g", c.Dimension, c.Code, c.Role, strings.Join(c.Words, "|"), c.Lean)
	if c.Verdict != nil {
		text += fmt.Sprintf("|%g|%v|%v", c.Verdict.Base, c.Verdict.Weights, c.Verdict.Themes)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:3])
}

// learned are changes as entries of the file.
func (s *Session) learned(changes []Change) []*rules.Learned {
	var list []*rules.Learned
	for i := range changes {
		c := &changes[i]
		if c.Verdict != nil || c.Role == "" {
			continue
		}
		x := &rules.Learned{Dimension: string(c.Dimension), Of: c.Code, Role: c.Role, Words: c.Words, Lean: c.Lean}
		x.Code, x.Name = "L"+c.id(), s.rules.Name(c.Dimension, c.Code)
		list = append(list, x)
	}
	return list
}

// files are the rules that a set of changes adds, by name.
func (s *Session) files(changes []Change) map[string][]byte {
	files := map[string][]byte{}
	for _, c := range changes {
		if c.Verdict != nil {
			files[rules.VerdictFile] = s.Verdict(*c.Verdict)
		}
	}
	if list := s.learned(changes); len(list) > 0 {
		files[rules.LearnedFile] = rules.WriteLearned(list)
	}
	return files
}

// with loads the rules with changes, written as they will be when accepted.
func (s *Session) with(files map[string][]byte) (*rules.Rules, error) {
	if len(files) == 0 {
		return s.Load()
	}
	dir, err := os.MkdirTemp("", "policypush-learn-")
	if err != nil {
		return nil, fmt.Errorf("临时目录建不了，请检查系统临时目录的空间和权限: %w", err)
	}
	defer os.RemoveAll(dir)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, fmt.Errorf("临时文件写不了，请检查系统临时目录的空间: %w", err)
		}
	}
	return s.Load(os.DirFS(dir))
}

// Flip is a saying that a change makes right or wrong.
type Flip struct {
	Title string `json:"title"`
	Says  string `json:"says"`
	Words string `json:"words,omitempty"`
	Ours  bool   `json:"ours,omitempty"` // a case that comes with the program
}

// FieldEffect is how well labelled documents are read before and after.
type FieldEffect struct {
	Name   string        `json:"name"`
	Before scoring.Count `json:"before"`
	After  scoring.Count `json:"after"`
}

// Effect is what changes do to everything that is known to be right. Before
// and After count the kept sayings that a reading agrees with.
type Effect struct {
	Cases    int           `json:"cases"`
	Before   int           `json:"before"`
	After    int           `json:"after"`
	Code     FieldEffect   `json:"code"` // the kept sayings about the changed codes
	Fixed    []Flip        `json:"fixed"`
	Broken   []Flip        `json:"broken"`
	Labelled []FieldEffect `json:"labelled,omitempty"`

	read []*domain.Policy
}

// fieldOf is the field of labelled documents that holds a dimension.
var fieldOf = map[domain.Dimension]string{
	domain.ThemeTag: "themes", domain.TaxTag: "tax_kinds", domain.GroupTag: "resident_groups",
	domain.EnterpriseKindTag: "enterprise_kinds", domain.IndustryTag: "industries",
}

// Harmful tells whether something that was right becomes wrong, or labelled
// documents are read with more mistakes than before.
func (e *Effect) Harmful() bool {
	more := 0
	for _, f := range e.Labelled {
		more += f.After.Wrong + f.After.Missed - f.Before.Wrong - f.Before.Missed
	}
	return len(e.Broken) > 0 || more > 0
}

// Evaluate reads everything by the rules with changes.
func (s *Session) Evaluate(ctx context.Context, changes []Change) (Effect, error) {
	r, err := s.with(s.files(changes))
	if err != nil {
		return Effect{}, err
	}
	seg, t := s.segment, (*tagging.Tagger)(nil)
	if slices.ContainsFunc(changes, func(c Change) bool { return len(c.Words) > 0 }) {
		if seg, t, err = tools(r, s.Dict); err != nil {
			return Effect{}, err
		}
		defer seg.Close()
	} else if t, err = tagging.New(r, seg); err != nil {
		return Effect{}, err
	}
	var e Effect
	if e.read, err = s.readCases(ctx, t, changes, s.now); err != nil {
		return Effect{}, err
	}
	labelled, err := s.readLabelled(ctx, t, changes)
	if err != nil {
		return Effect{}, err
	}
	s.compare(&e, changes)
	after := s.score(labelled)
	for _, d := range domain.Dimensions() {
		name, ok := fieldOf[d]
		if f := (FieldEffect{name, s.report.Field(name), after.Field(name)}); ok && len(s.Labelled) > 0 &&
			(f.Before != f.After || slices.ContainsFunc(changes, func(c Change) bool { return c.Dimension == d })) {
			e.Labelled = append(e.Labelled, f)
		}
	}
	return e, nil
}

// compare holds every saying against both readings.
func (s *Session) compare(e *Effect, changes []Change) {
	e.Code.Name = "更正用例"
	for i, c := range s.cases {
		for j := range c.Says {
			say := &c.Says[j]
			before, after := holds(s.now[i], say), holds(e.read[i], say)
			flip := Flip{c.Title, Describe(s.rules, say), say.Words, c.ours}
			switch {
			case !before && after && !c.ours:
				e.Fixed = append(e.Fixed, flip)
			case before && !after:
				e.Broken = append(e.Broken, flip)
			}
			if c.ours {
				continue
			}
			e.Cases++
			e.Before += number(before)
			e.After += number(after)
			if concerns(changes, say) && slices.Contains(domain.Dimensions(), say.Dimension) {
				count(&e.Code.Before, s.now[i], say)
				count(&e.Code.After, e.read[i], say)
			}
		}
	}
}

// concerns tells whether changes are about the code of a saying.
func concerns(changes []Change, c *domain.Correction) bool {
	return slices.ContainsFunc(changes, func(x Change) bool {
		return x.Dimension == c.Dimension && (x.Code == c.Code || x.Verdict != nil)
	})
}

func count(n *scoring.Count, p *domain.Policy, c *domain.Correction) {
	is, said := c.Officer == domain.SaidYes, assigned(p, c.Dimension, c.Code)
	n.Right += number(is && said)
	n.Wrong += number(!is && said)
	n.Missed += number(is && !said)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
