package learning

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
	"policypush/rules"
)

// maxCaseText is how long a document may be, in characters, that is tested at
// every start.
const maxCaseText = 60_000

// Settled are the documents, with what is said of them, that accepting changes
// turns into tests: what is read as officers say about the changed codes, or
// about anything if nothing changes. Those that are tested already are left
// out.
func (s *Session) Settled(changes []Change, e *Effect) []*rules.Correction {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Role == "" })
	var settled []*rules.Correction
	for i, c := range s.cases {
		if c.ours || utf8.RuneCountInString(c.Text) > maxCaseText {
			continue
		}
		k := &rules.Correction{Text: c.Text}
		k.Code, k.Name = "K"+c.Key, strings.Join(strings.Fields(c.Title), " ")
		if k.Name == "" {
			k.Name = k.Code
		}
		old := s.rules.Corrections.Find(k.Code)
		for j := range c.Says {
			say := &c.Says[j]
			if (len(changes) > 0 && !concerns(changes, say)) || !holds(e.read[i], say) {
				continue
			}
			n := &rules.Saying{Dimension: string(say.Dimension), Code: say.Code, Officer: say.Officer, Words: say.Words}
			if say.Dimension == domain.MeasureCorrected {
				n.At = say.Start
			}
			if old == nil || !slices.ContainsFunc(old.Says, func(o *rules.Saying) bool { return sameSaying(o, n) && o.Officer == n.Officer }) {
				k.Says = append(k.Says, n)
			}
		}
		if len(k.Says) > 0 {
			settled = append(settled, k)
		}
	}
	return settled
}

func sameSaying(a, b *rules.Saying) bool {
	return a.Dimension == b.Dimension && a.Code == b.Code && a.At == b.At
}

// Accepted is what was written.
type Accepted struct {
	Effect Effect   `json:"effect"`
	Files  []string `json:"files"`
	Cases  int      `json:"cases"` // sayings that are tested from now on
}

// Accept writes changes and the cases that they settle into an office's folder.
// It evaluates the changes together first; harmful ones are refused with
// Conflict unless despite is set. What despite breaks is not tested any more.
func (s *Session) Accept(ctx context.Context, proposals []Proposal, dir string, despite bool) (*Accepted, error) {
	var changes []Change
	tests := false
	for _, p := range proposals {
		if p.Role == "" {
			tests = true
		} else {
			changes = append(changes, p.Change)
		}
	}
	e := Effect{read: s.now}
	if len(changes) > 0 {
		var err error
		if e, err = s.Evaluate(ctx, changes); err != nil {
			return nil, err
		}
	} else {
		s.compare(&e, nil)
	}
	if e.Harmful() && !despite {
		return &Accepted{Effect: e}, domain.Errorf(domain.Conflict, "合起来会让%d条原来读对的变错，或让标注文件的错漏增加，没有写入；请换一条，或确认要这样后加 --despite-harm", len(e.Broken))
	}
	settled := s.Settled(changes, &e)
	if tests {
		settled = s.Settled(nil, &e)
	}
	done := &Accepted{Effect: e}
	for _, k := range settled {
		done.Cases += len(k.Says)
	}
	learned, kept, err := rules.LearnedIn(dir)
	if err != nil {
		return nil, err
	}
	files := s.files(changes)
	if more := s.learned(changes); len(more) > 0 {
		files[rules.LearnedFile] = rules.WriteLearned(addLearned(learned, more))
	}
	if all := s.addCases(kept, settled, &e); len(all) > 0 || len(kept) > 0 {
		files[rules.CorrectionsFile] = rules.WriteCorrections(all)
	}
	if !despite {
		if err := s.prove(files); err != nil {
			return nil, err
		}
	}
	done.Files, err = write(dir, files)
	return done, err
}

// addLearned puts new changes behind the old; a change that is made again
// stands once.
func addLearned(old, more []*rules.Learned) []*rules.Learned {
	all := slices.Clone(old)
	for _, x := range more {
		if !slices.ContainsFunc(all, func(o *rules.Learned) bool { return o.Code == x.Code }) {
			all = append(all, x)
		}
	}
	return all
}

// addCases puts settled sayings beside the old ones. An old one that an officer
// contradicts, or that the changes break, is no test any more.
func (s *Session) addCases(old, settled []*rules.Correction, e *Effect) []*rules.Correction {
	var all []*rules.Correction
	for _, k := range old {
		kept := *k
		kept.Says = slices.DeleteFunc(slices.Clone(k.Says), func(o *rules.Saying) bool { return s.broken(k.Text, o, e) })
		if at := slices.IndexFunc(settled, func(n *rules.Correction) bool { return n.Code == k.Code }); at >= 0 {
			for _, n := range settled[at].Says {
				kept.Says = slices.DeleteFunc(kept.Says, func(o *rules.Saying) bool { return sameSaying(o, n) })
				kept.Says = append(kept.Says, n)
			}
		}
		if len(kept.Says) > 0 {
			all = append(all, &kept)
		}
	}
	for _, n := range settled {
		if !slices.ContainsFunc(old, func(k *rules.Correction) bool { return k.Code == n.Code }) {
			all = append(all, n)
		}
	}
	return all
}

// broken tells whether a reading after changes contradicts a tested saying.
func (s *Session) broken(text string, o *rules.Saying, e *Effect) bool {
	at := slices.IndexFunc(s.cases, func(c Case) bool { return !c.ours && c.Text == text })
	if at < 0 {
		return false
	}
	c := domain.Correction{Dimension: domain.Dimension(o.Dimension), Code: o.Code, Officer: o.Officer}
	if c.Dimension == domain.MeasureCorrected {
		c.Start = o.At
	}
	return !holds(e.read[at], &c)
}

// prove loads the rules with the files as they will be written and runs every
// case, so that nothing is written which the next check refuses.
func (s *Session) prove(files map[string][]byte) error {
	r, err := s.with(files)
	if err != nil {
		return err
	}
	seg, t, err := tools(r, s.Dict)
	if err != nil {
		return err
	}
	defer seg.Close()
	var errs []error
	for _, p := range Check(r, t) {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}

// write puts files into a folder, each whole or not at all, and returns their
// paths.
func write(dir string, files map[string][]byte) ([]string, error) {
	fail := func(err error) error {
		return domain.Errorf(domain.Invalid, "规则文件夹“%s”写不进去，请检查路径和权限", dir).Because(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fail(err)
	}
	var paths []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		// the name hides it from whoever loads the folder meanwhile
		if err := os.WriteFile(path+".new", files[name], 0o644); err != nil {
			return paths, fail(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return paths, fail(err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}
