package interpretations

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
)

// Mistake is one thing that is wrong with an interpretation. At is the field that it
// stands in: "answer", or "points.2.value" for the value of the third row.
type Mistake struct {
	At  string
	Err *domain.Error
	Sum bool // of numbers that stand in several fields: sound only if each was read
}

// Check refuses an interpretation that is incomplete, that cites a clause the
// policy does not have, or whose figures contradict the policy. The error is the
// first of its Mistakes.
func (it *Item) Check(policy *domain.Policy) error {
	if all := it.Mistakes(policy); len(all) > 0 {
		return all[0].Err
	}
	return nil
}

// Mistakes lists all that Check refuses, in the order of the fields: who writes it
// corrects them at once, not one after the other.
func (it *Item) Mistakes(policy *domain.Policy) []Mistake {
	f := &findings{policy: policy}
	contents := it.contents()
	if len(contents) != 1 {
		f.add("kind", domain.Errorf(domain.Invalid, "一条解读只能有一种形式").In("解读形式"))
		return f.found
	}
	if it.Aspect != "" && !slices.Contains(Aspects(), it.Aspect) {
		f.add("aspect", domain.Errorf(domain.Invalid, "没有名为“%s”的解读方面，请重新选择", it.Aspect).In("解读方面"))
	}
	content, fits := contents[it.Kind]
	if !fits {
		f.add("kind", domain.Errorf(domain.Invalid, "解读形式与内容不一致，请重新选择形式").In("解读形式"))
		return f.found
	}
	if it.Kind != QAKind {
		f.text("title", "标题", it.Title, MaxText)
	}
	content.check(f)
	return f.found
}

// findings collect the mistakes of one interpretation of a policy.
type findings struct {
	policy *domain.Policy
	found  []Mistake
}

// add keeps a mistake; nil is none.
func (f *findings) add(at string, wrong *domain.Error) {
	if wrong != nil {
		f.found = append(f.found, Mistake{At: at, Err: wrong})
	}
}

// sum keeps a mistake of a sum.
func (f *findings) sum(at string, wrong *domain.Error) {
	if wrong != nil {
		f.found = append(f.found, Mistake{at, wrong, true})
	}
}

// text finds an empty or an overlong text.
func (f *findings) text(at, name, s string, limit int) { f.add(at, wanting(name, s, limit)) }

// cited finds a path that no clause of the policy has.
func (f *findings) cited(at, path string) { f.add(at, unfounded(f.policy, path)) }

// place names a field of a row.
func place(rows string, i int, field string) string { return fmt.Sprintf("%s.%d.%s", rows, i, field) }

// wanting refuses an empty or an overlong text.
func wanting(name, s string, limit int) *domain.Error {
	if strings.TrimSpace(s) == "" {
		return domain.Errorf(domain.Invalid, "请填写%s", name).In(name)
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return domain.Errorf(domain.Invalid, "%s有%d字，请缩短到%d字以内", name, n, limit).In(name)
	}
	return nil
}

// unfounded refuses a path that no clause of the policy has.
func unfounded(policy *domain.Policy, path string) *domain.Error {
	if path == "" {
		return domain.Errorf(domain.Invalid, "请选一条原文作为依据").In("依据")
	}
	if !slices.ContainsFunc(policy.Clauses, func(c domain.Clause) bool { return c.Path == path }) {
		return domain.Errorf(domain.Invalid, "原文中没有“%s”，请重新选择依据", path).In("依据")
	}
	return nil
}
