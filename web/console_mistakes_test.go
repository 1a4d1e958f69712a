package web

import (
	"net/url"
	"strings"
	"testing"
)

// TestEachFieldSaysItsOwnMistake: all mistakes of an interpretation are told at once, each
// beside its field, and what was typed stays.
func TestEachFieldSaysItsOwnMistake(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	to := b.drafted() + "/interpretations"
	for kind, tt := range map[string]struct {
		typed url.Values
		wrong []string
	}{
		"qa": {url.Values{"question": {"补多少"}, "answer": {"补15%"}}, []string{"question", "cited"}},
		"chart": {
			url.Values{"title": {"图"}, "form": {"compare"}, "unit": {"万元"}, "label0": {"设备"}, "value0": {"三百"}, "before0": {"1亿"}, "note1": {"没有名称"}, "value1": {"-5"}, "total": {"许多"}},
			[]string{"before", "after", "clause", "value0", "before0", "label1", "value1", "before1", "total"},
		},
		"case": {
			url.Values{"who": {"小型企业"}, "base": {"几万"}, "step0": {"算"}, "result_name": {"可得"}},
			[]string{"title", "clause", "facts", "base", "sum0", "result_value"},
		},
		"comparison": {url.Values{"title": {"改了什么"}, "topic0": {"比例"}, "topic1": {"期限"}, "old1": {"三年"}}, []string{"former", "new0", "row_clause0", "row_clause1"}},
		"record":     {url.Values{"title": {"发布会"}, "url": {"http://a"}, "date": {"昨天"}, "minutes": {"很久"}}, []string{"form", "url", "date", "minutes", "transcript", "clause"}},
		"onepage": {
			url.Values{"title": {"图"}, "lead": {strings.Repeat("导", 61)}, "hero0": {"最高"}, "style0": {"cards"}, "lines0": {"｜没有名称"}},
			[]string{"lead", "hero_big0", "hero_clause0", "heading0", "block_clause0", "lines0"},
		},
	} {
		typed := url.Values{"kind": {kind}, "do": {"save"}}
		for name, values := range tt.typed {
			typed[name] = values
		}
		b.get(to+"/new?kind="+kind).post(to, typed).at(to, 422, "出错：")
		for _, field := range tt.wrong {
			if !strings.Contains(b.body, `<span class="err" id="e-`+field+`">`) || !strings.Contains(b.body, `<a href="#f-`+field+`">`) {
				t.Errorf("%s: %s does not say what is wrong", kind, field)
			}
		}
		for name, values := range tt.typed {
			if !strings.Contains(b.body, `value="`+values[0]+`"`) && !strings.Contains(b.body, ">"+values[0]+"</textarea>") {
				t.Errorf("%s: what was typed in %s is gone", kind, name)
			}
		}
		at := 0
		for _, m := range ofProblem.FindAllStringSubmatch(b.body, -1) {
			if next := strings.Index(b.body, ` id="`+m[1]+`"`); next < at {
				t.Errorf("%s: %s is told of after what stands below it", kind, m[1])
			} else {
				at = next
			}
		}
		if n := strings.Count(b.body, `<span class="err"`); n != len(tt.wrong) {
			t.Errorf("%s: %d fields are said to be wrong, want %d", kind, n, len(tt.wrong))
		}
	}
}

// TestProblemsAreToldOfDaysInOrder: a timeline is put in order, and a mistake stands in the
// row that is shown.
func TestProblemsAreToldOfDaysInOrder(t *testing.T) {
	site := newOffice(t)
	b := site.as("drafter")
	to := b.drafted() + "/interpretations"
	b.get(to+"/new?kind=chart").post(to, url.Values{
		"kind": {"chart"}, "title": {"日程"}, "clause": {"第一条"}, "form": {"timeline"}, "do": {"save"},
		"label0": {"后"}, "date0": {"2026-12-20"}, "date1": {"2026-12-10"},
	}).at(to, 422, `<a href="#f-label0">`, `name="date0" value="2026-12-10"`, `name="date1" value="2026-12-20"`)
}
