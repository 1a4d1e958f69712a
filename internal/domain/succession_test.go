package domain

import (
	"reflect"
	"testing"
)

func earlier() Policy {
	return Policy{
		ID: 1, Status: Published, Title: "关于支持小微企业发展的若干措施", DocNumber: "云政发〔2024〕3号", Expires: "2026-12-31",
		Measures: []Measure{
			{ID: "a", Window: Window{To: "2026-12"}},
			{ID: "b", Window: Window{To: "2026-06-30"}},
			{ID: "c", Window: Window{From: "09-01", To: "12-31", Yearly: true}},
		},
	}
}

func TestSuccession(t *testing.T) {
	ended := earlier()
	ended.Expires = "2026-11-30"
	open := earlier()
	open.Expires = ""
	draft := earlier()
	draft.Status = Draft
	for name, c := range map[string]struct {
		later   Policy
		old     Policy
		does    bool
		ends    bool
		expires string
		moved   map[MeasureID]string
	}{
		"replaced by number": {Policy{ID: 2, EffectiveFrom: "2026-12-10", Replaces: []Reference{{DocNumber: "云政发[2024]3号"}}}, earlier(), true, true, "2026-12-09", nil},
		"replaced by title":  {Policy{ID: 2, Replaces: []Reference{{Title: "关于支持小微企业发展的若干措施"}}}, earlier(), true, true, "2026-11-30", nil},
		"the number counts more than the title": {
			Policy{ID: 2, Replaces: []Reference{{Title: "关于支持小微企业发展的若干措施", DocNumber: "云政发〔2023〕3号"}}}, earlier(), false, false, "", nil,
		},
		"has ended already":      {Policy{ID: 2, Replaces: []Reference{{DocNumber: "云政发〔2024〕3号"}}}, ended, false, true, "2026-11-30", nil},
		"without an end":         {Policy{ID: 2, EffectiveFrom: "2027-01-01", Replaces: []Reference{{DocNumber: "云政发〔2024〕3号"}}}, open, true, true, "2026-12-31", nil},
		"not public":             {Policy{ID: 2, Replaces: []Reference{{DocNumber: "云政发〔2024〕3号"}}}, draft, false, false, "", nil},
		"itself":                 {Policy{ID: 1, Replaces: []Reference{{DocNumber: "云政发〔2024〕3号"}}}, earlier(), false, false, "", nil},
		"only amended":           {Policy{ID: 2, Amends: []Reference{{DocNumber: "云政发〔2024〕3号"}}}, earlier(), false, false, "", nil},
		"extended":               {Policy{ID: 2, Amends: []Reference{{DocNumber: "云政发〔2024〕3号", Until: "2027-12-31"}}}, earlier(), true, false, "2027-12-31", map[MeasureID]string{"a": "2026-12"}},
		"extended without end":   {Policy{ID: 2, Amends: []Reference{{DocNumber: "云政发〔2024〕3号", Until: "2027-12-31"}}}, open, true, false, "2027-12-31", map[MeasureID]string{"a": "2026-12"}},
		"an extension shortens?": {Policy{ID: 2, Amends: []Reference{{DocNumber: "云政发〔2024〕3号", Until: "2026-06-30"}}}, earlier(), false, false, "2026-06-30", nil},
	} {
		s, does := c.later.Succession(&c.old, "2026-12-01")
		if does != c.does || does && (s.Ends != c.ends || s.Expires != c.expires || !reflect.DeepEqual(s.Before.To, c.moved)) {
			t.Errorf("%s: %+v, %v", name, s, does)
		}
		if !does {
			continue
		}
		was := c.old
		was.Measures = append([]Measure(nil), c.old.Measures...)
		s.Apply(&c.old)
		if s.Ends && c.old.Expires != c.expires {
			t.Errorf("%s: ends on %s", name, c.old.Expires)
		}
		for id := range c.moved {
			if c.old.Measures[0].ID == id && c.old.Measures[0].Window.To != c.expires {
				t.Errorf("%s: measure %s ends on %s", name, id, c.old.Measures[0].Window.To)
			}
		}
		if s.Undo(&c.old); !reflect.DeepEqual(c.old, was) {
			t.Errorf("%s: undone to %+v, want %+v", name, c.old, was)
		}
	}
}

func TestUndoLeavesLaterChanges(t *testing.T) {
	old := earlier()
	later := Policy{ID: 2, Replaces: []Reference{{DocNumber: old.DocNumber}}}
	s, _ := later.Succession(&old, "2026-12-01")
	s.Apply(&old)
	old.Expires = "2026-10-01"
	if s.Undo(&old); old.Expires != "2026-10-01" {
		t.Errorf("undone to %s over a later change", old.Expires)
	}
}

// TestAnExtensionPutsOffDeadlines: a last day to apply moves with the end that
// it is, or stands for, and no other does.
func TestAnExtensionPutsOffDeadlines(t *testing.T) {
	for name, c := range map[string]struct {
		expires, apply string
		first, second  string // deadlines of two measures
		want           [3]string
	}{
		"of the document alone":           {"", "2026-12-31", "", "", [3]string{"2027-01-20", "", ""}},
		"of one measure, the other stays": {"", "", "2026-12", "2026-11-30", [3]string{"", "2027-01-20", "2026-11-30"}},
		"together with the document":      {"2026-12-31", "2026-12-31", "2026-12-31", "2026-09", [3]string{"2027-01-20", "2027-01-20", "2026-09"}},
		"long before the document ends":   {"2026-12-31", "2026-06-30", "", "", [3]string{"2026-06-30", "", ""}},
	} {
		old := Policy{ID: 1, Status: Published, Title: "甲", Expires: c.expires, ApplyDeadline: c.apply, Measures: []Measure{
			{ID: "a", Window: Window{Deadline: c.first}}, {ID: "b", Window: Window{Deadline: c.second}},
		}}
		was := old
		was.Measures = append([]Measure(nil), old.Measures...)
		later := Policy{ID: 2, Amends: []Reference{{Title: "甲", Until: "2027-01-20"}}}
		s, does := later.Succession(&old, "2026-12-01")
		if !does {
			t.Errorf("%s: does nothing", name)
			continue
		}
		s.Apply(&old)
		if got := [3]string{old.ApplyDeadline, old.Measures[0].Window.Deadline, old.Measures[1].Window.Deadline}; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if s.Undo(&old); !reflect.DeepEqual(old, was) {
			t.Errorf("%s: undone to %+v, want %+v", name, old, was)
		}
	}
}

// TestNamed: rules are named by what they are called, and not by who published them.
func TestNamed(t *testing.T) {
	for _, c := range []struct {
		title, name string
		want        bool
	}{
		{"云川县人民政府关于印发《云川县稳岗办法》的通知", "云川县稳岗办法", true},
		{"云川县人民政府关于印发云川县稳岗办法的通知", "云川县稳岗办法", true},
		{"关于印发《云川县稳岗办法（试行）》的通知", "云川县稳岗办法(试行)", true},
		{"云川县人民政府关于印发《云川县稳岗办法》的通知", "关于印发〈云川县稳岗办法〉的通知", true},
		{"云川县人民政府关于支持企业发展的若干措施", "关于支持企业发展的若干措施", true},
		{"云川县人民政府关于支持企业发展的若干措施", "云山县人民政府关于支持企业发展的若干措施", false},
		{"云川县人民政府关于印发《云川县稳岗办法》的通知", "云川县稳岗办法(试行)", false},
		{"云川县人民政府关于修改《云川县稳岗办法》的决定", "云川县稳岗办法", false},
		{"云川县人民政府关于印发《若干措施》的通知", "若干措施", false},
		{"", "", false},
	} {
		p := Policy{Title: c.title}
		if got := p.Named(Reference{Title: c.name}); got != c.want {
			t.Errorf("%q of %q: %v", c.name, c.title, got)
		}
	}
}
