package rules_test

import (
	"testing"

	"policypush/rules"
)

func TestTermsIn(t *testing.T) {
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	text := "对小型微利企业减按25%计入应纳税所得额，研发费用加计扣除。小型微利企业另可缓缴。"
	var names []string
	last := 0
	for _, term := range r.TermsIn(text) {
		if term.Start < last {
			t.Errorf("%q overlaps the one before", text[term.Start:term.End])
		}
		last = term.End
		if r.Explain(text[term.Start:term.End]) != term.Jargon || term.Jargon.Plain == "" {
			t.Errorf("%q has no plain meaning", text[term.Start:term.End])
		}
		names = append(names, term.Jargon.Name)
	}
	want := []string{"小型微利企业", "减按25%计入应纳税所得额", "加计扣除", "缓缴"}
	if len(names) != len(want) {
		t.Fatalf("found %v, want %v: each once", names, want)
	}
	for i := range want {
		if names[i] != want[i] {
			t.Errorf("term %d is %s, want %s", i, names[i], want[i])
		}
	}
	if n := len(r.TermsIn("")); n != 0 {
		t.Errorf("%d terms of nothing", n)
	}
}
