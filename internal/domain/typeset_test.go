package domain

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTypeset(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"beside Chinese":                       {"为推动更新,现通知如下:", "为推动更新，现通知如下："},
		"figures and clock times stay":         {"补贴1,200元,每天8:30至17:00,", "补贴1,200元，每天8:30至17:00，"},
		"after a percentage":                   {"比例为10%,20%,最高不超过50%;", "比例为10%，20%，最高不超过50%；"},
		"brackets by what they hold":           {"30人(含)以下;(一)设备;APP(含网页)版", "30人（含）以下；（一）设备；APP（含网页）版"},
		"brackets by what stands beside them":  {"(1)申请表;表(A)", "（1）申请表；表（A）"},
		"one within another":                   {"(云政发〔2024〕9号(试行))", "（云政发〔2024〕9号（试行））"},
		"closed on another line":               {"材料(见下\n表)。", "材料（见下\n表）。"},
		"addresses stay":                       {"登录http://a.example/x?y=1,再填写", "登录http://a.example/x?y=1，再填写"},
		"a line without Chinese stays":         {"办法\nTel: 0555, ext (2)", "办法\nTel: 0555, ext (2)"},
		"what is full-width already, and none": {"减免（含），免申即享。", "减免（含），免申即享。"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Typeset(tt.text)
			if got != tt.want || Typeset(got) != got {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if utf8.RuneCountInString(got) != utf8.RuneCountInString(tt.text) {
				t.Errorf("positions moved: %q", got)
			}
		})
	}
}

func TestTypesetPolicy(t *testing.T) {
	text := "关于补贴的通知(试行)\n一、对象:(1)小微企业,30人(含)以下"
	start := strings.Index(text, "一、")
	at := utf8.RuneCountInString(text[:start])
	end := utf8.RuneCountInString(text)
	words := "30人(含)以下"
	evidence := []Evidence{{Start: end - 8, End: end, Text: words}}
	p := &Policy{
		Title: "关于补贴的通知(试行)", Text: text,
		Clauses:  []Clause{{Start: at, End: end, Text: text[start:]}},
		Tags:     []Tag{{Code: "TX01", Evidence: evidence}},
		Measures: []Measure{{Text: text[start:], Start: at, End: end, Criteria: Leaf(Condition{Field: FieldKind, Evidence: evidence}), Check: []string{"数字未读出:30人(含)以下"}}},
		Replaces: []Reference{{Title: "关于补贴的通知(暂行)"}},
	}
	p.Typeset()
	clause := "一、对象：（1）小微企业，30人（含）以下"
	want := []string{"关于补贴的通知（试行）", "关于补贴的通知（试行）\n" + clause, clause, "30人（含）以下", clause, "30人（含）以下", "数字未读出：30人（含）以下", "关于补贴的通知（暂行）"}
	got := []string{
		p.Title, p.Text, p.Clauses[0].Text, p.Tags[0].Evidence[0].Text, p.Measures[0].Text,
		p.Measures[0].Criteria.Leaf.Evidence[0].Text, p.Measures[0].Check[0], p.Replaces[0].Title,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if c := p.Clauses[0]; string([]rune(p.Text)[c.Start:c.End]) != c.Text {
		t.Error("a clause is not where it says")
	}
}
