package domain

import (
	"testing"
)

func TestCite(t *testing.T) {
	text := "关于补助的通知\n支持机器换人。对改造\n项目给予补助；其他不变。"
	for name, tt := range map[string]struct {
		words   string
		from    int
		found   bool
		context string
	}{
		"a word and its sentence":            {"机器换人", 0, true, "支持机器换人。"},
		"words over the break of a line":     {"改造 项目", 0, true, "对改造\n项目给予补助；"},
		"the later place, as it was marked":  {"补助", 10, true, "项目给予补助；"},
		"the first place":                    {"补助", 0, true, "关于补助的通知"},
		"none after: the last before stands": {"机器换人", 25, true, "支持机器换人。"},
		"words that are not in the text":     {"张三", 0, false, ""},
		"no words":                           {" ", 0, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			start, end, ok := FindWords(text, tt.words, tt.from)
			if ok != tt.found {
				t.Fatalf("found %v", ok)
			}
			var c Correction
			c.Cite(text, start, end)
			if c.Context != tt.context || ok && c.Words != string([]rune(text)[start:end]) {
				t.Errorf("got %q in %q, want %q", c.Words, c.Context, tt.context)
			}
		})
	}
	var c Correction
	c.Cite(text, 5, 500)
	if c.Words != "" || c.End != 0 {
		t.Errorf("a place outside of the text: %+v", c)
	}
	long := ""
	for range 300 {
		long += "补"
	}
	c.Cite(long, 0, 300)
	if n := len([]rune(c.Words)); n != maxWords {
		t.Errorf("%d characters kept, want %d", n, maxWords)
	}
	c.Cite(long, 100, 102)
	if n := len([]rune(c.Context)); n > maxContext+2 {
		t.Errorf("a sentence of %d characters kept", n)
	}
}

func TestConfirms(t *testing.T) {
	for name, tt := range map[string]struct {
		c    Correction
		want bool
	}{
		"assigned and right":     {Correction{Dimension: ThemeTag, Machine: string(Assigned), Officer: SaidYes}, true},
		"suggested, not decided": {Correction{Dimension: ThemeTag, Machine: string(Suggested), Officer: SaidYes}, false},
		"suggested and refused":  {Correction{Dimension: ThemeTag, Machine: string(Suggested), Officer: SaidNo}, true},
		"assigned and wrong":     {Correction{Dimension: ThemeTag, Machine: string(Assigned), Officer: SaidNo}, false},
		"a date":                 {Correction{Dimension: FactCorrected, Machine: "2026", Officer: "2027"}, false},
	} {
		if got := tt.c.Confirms(); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestChanges(t *testing.T) {
	before := Policy{Title: "甲", Expires: "2026-12-31"}
	after := before
	after.Expires, after.DocNumber, after.Contact = "2027-12-31", "云政发〔2026〕1号", "张三 0571"
	list := Changes(FactCorrected, before.Facts(), after.Facts())
	if len(list) != 2 || list[0].Code != "doc_number" || list[1].Machine != "2026-12-31" || list[1].Officer != "2027-12-31" {
		t.Errorf("got %+v", list) // whom to call is nobody's case
	}
	m := Measure{Benefit: Benefit{Rate: 0.15, Cap: 3e6}}
	if v := m.Fields(); v["rate"] != "0.15" || v["cap"] != "3000000" || v["amount"] != "" {
		t.Errorf("got %v", v)
	}
	for name := range m.Fields() {
		if CorrectedName(MeasureCorrected, name) == "" {
			t.Errorf("%s has no name", name)
		}
	}
	if CorrectedName(FactCorrected, "contact") != "" {
		t.Error("a contact is kept")
	}
}

func TestConditionsAsAValue(t *testing.T) {
	staff := Leaf(Condition{Field: FieldStaff, Op: AtMost, Number: 300, Unstated: true, Evidence: []Evidence{{Start: 1, End: 3, Text: "不超过"}}})
	unread := Leaf(Condition{Field: FieldOther, Unread: "信用良好"})
	for name, tt := range map[string]struct {
		c    Criteria
		want string
	}{
		"nothing":                       {Criteria{}, ""},
		"without the words of the text": {staff, `{"leaf":{"field":"staff","op":"le","number":300}}`},
		"what was not read is no case":  {AllOf(staff, unread), `{"leaf":{"field":"staff","op":"le","number":300}}`},
		"nothing but that":              {unread, ""},
		"an alternative stays one":      {AnyOf(staff, unread), `{"any":[{"leaf":{"field":"staff","op":"le","number":300}},{"leaf":{"field":"other"}}]}`},
		"and an exclusion":              {NotOf(unread), `{"not":{"leaf":{"field":"other"}}}`},
	} {
		m := Measure{Criteria: tt.c}
		got := m.Fields()["criteria"]
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if back, ok := KeptCriteria(got); !ok || criteriaValue(&back) != got {
			t.Errorf("%s: reads back as %+v", name, back)
		}
	}
	if _, ok := KeptCriteria("不是条件"); ok {
		t.Error("anything is read as conditions")
	}
}
