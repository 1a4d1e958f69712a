package tagging_test

import (
	"slices"
	"testing"

	"policypush/internal/domain"
)

// TestHowFarSomebodyIsDisabledIsNeverLost: no profile holds it, so the officer is told
// what was not read; that somebody is disabled is a condition beside it.
func TestHowFarSomebodyIsDisabledIsNeverLost(t *testing.T) {
	for who, want := range map[string]struct {
		unread []string
		group  string
	}{
		"一级、二级残疾人":           {[]string{"一级、二级残疾"}, "G02"},
		"重度残疾人(一级、二级)":       {[]string{"重度残疾人(一级、二级)"}, "G02"},
		"残疾等级为三、四级的智力、精神残疾人": {[]string{"残疾等级为三、四级", "智力、精神残疾"}, "G02"},
		"伤残等级为一至四级的退役军人":     {[]string{"伤残等级为一至四级"}, "G18"},
		"失能等级为重度的老年人":        {[]string{"失能等级为重度"}, "G01"},
		"残疾人":                {nil, "G02"},
	} {
		p := read(t, "disabled.txt", noticeHead+"一、护理补贴。对"+who+",每人每月给予100元补贴。"+noticeEnd)
		if len(p.Measures) != 1 {
			t.Errorf("%s: %d measures", who, len(p.Measures))
			continue
		}
		m := &p.Measures[0]
		grouped := false
		m.Criteria.Leaves(func(l *domain.Condition) {
			grouped = grouped || l.Field == domain.FieldGroup && slices.Equal(l.Values, []string{want.group})
		})
		if !slices.Equal(m.Unread, want.unread) || !grouped {
			t.Errorf("%s: unread %q, want %q; of group %s: %v", who, m.Unread, want.unread, want.group, grouped)
		}
	}
}
