package main

import (
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/rules"
)

func readProfiles(t *testing.T, name, text string) (good []*domain.Subscriber, bad []string) {
	t.Helper()
	r, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	reader := profileReader{name: name, rules: r}
	err = reader.read(strings.NewReader(text), func(_ int, s *domain.Subscriber) error {
		good = append(good, s)
		return nil
	}, func(err error) { bad = append(bad, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	return good, bad
}

func TestAMistakeInARowNamesLineAndField(t *testing.T) {
	for name, tt := range map[string]struct {
		row  string
		want string
	}{
		"no id":                          {`{"kind":"resident"}`, "id："},
		"no kind":                        {`{"id":"1"}`, "kind："},
		"a region that does not exist":   {`{"id":"1","kind":"resident","region":"999999"}`, "region："},
		"an industry that does not":      {`{"id":"1","kind":"enterprise","industry":"C99"}`, "industry："},
		"a size that does not":           {`{"id":"1","kind":"enterprise","size":"tiny"}`, "size："},
		"an attribute that does not":     {`{"id":"1","kind":"enterprise","attributes":["XX9"]}`, "attributes："},
		"a group that does not":          {`{"id":"1","kind":"resident","groups":["G99"]}`, "groups："},
		"a theme that does not":          {`{"id":"1","kind":"resident","themes":["X99"]}`, "themes："},
		"two sizes":                      {`{"id":"1","kind":"enterprise","size":"large","attributes":["Z3"]}`, "attributes："},
		"a credit code with a slip":      {`{"id":"1","kind":"enterprise","uscc":"91350100M000100Y44"}`, "uscc："},
		"a negative number":              {`{"id":"1","kind":"enterprise","staff":-1}`, "staff："},
		"a number beyond all":            {`{"id":"1","kind":"enterprise","income":1e300}`, "income："},
		"a list that nests":              {`{"id":"1","kind":"enterprise","attributes":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`, "JSON"},
		"a number in quotes":             {`{"id":"1","kind":"enterprise","staff":"many"}`, "staff："},
		"a date that is none":            {`{"id":"1","kind":"resident","born":"1958-13"}`, "born："},
		"a phone number that is none":    {`{"id":"1","kind":"resident","channels":[{"kind":"sms","address":"12345"}]}`, "channels："},
		"a mail address that is none":    {`{"id":"1","kind":"resident","channels":[{"kind":"email","address":"nobody"}]}`, "channels："},
		"a channel that does not exist":  {`{"id":"1","kind":"resident","channels":[{"kind":"fax"}]}`, "channels："},
		"a frequency that does not":      {`{"id":"1","kind":"resident","channels":[{"kind":"app","when":"hourly"}]}`, "channels："},
		"a channel twice":                {`{"id":"1","kind":"resident","channels":[{"kind":"app"},{"kind":"app"}]}`, "channels："},
		"a moment of consent that isn't": {`{"id":"1","kind":"resident","consent":{"at":"yesterday"}}`, "consent："},
		"half a line":                    {`{"id":"1",`, "JSON"},
		"another encoding":               {"{\"id\":\"\xce\xd2\"}", "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			good, bad := readProfiles(t, "名单.jsonl", "\n"+tt.row+"\n"+`{"id":"ok","kind":"resident"}`)
			if len(good) != 1 || good[0].ExternalID != "ok" {
				t.Errorf("the rest did not go on: %v", good)
			}
			if len(bad) != 1 || !strings.HasPrefix(bad[0], "名单.jsonl 第2行：") || !strings.Contains(bad[0], tt.want) {
				t.Errorf("told %q, want line 2 and %q", bad, tt.want)
			}
		})
	}
}

func TestAnAbsentFactIsUnknown(t *testing.T) {
	good, bad := readProfiles(t, "a.jsonl", `{"id":"1","kind":"enterprise"}
{"id":"2","kind":"enterprise","attributes":[],"staff":86.0,"revenue":4.2e7}
{"id":"3","kind":"enterprise","attributes":["Z3","TX2","QH1"],"channels":[{"kind":"sms","address":"+86 139 0000 0001"}],"consent":{"at":"2026-03-01"}}`)
	if len(bad) != 0 || len(good) != 3 {
		t.Fatal(bad)
	}
	if p := good[0].Profile; p.Attributes != nil || p.Staff != nil || p.Groups != nil {
		t.Errorf("nothing was said, yet %+v", p)
	}
	if p := good[1].Profile; p.Attributes == nil || *p.Staff != 86 || *p.Revenue != 42_000_000 {
		t.Errorf("an empty list is complete: %+v", p)
	}
	p := good[2].Profile
	if p.Size != rules.Small || p.Taxpayer != "small-scale" || len(p.Attributes) != 1 || good[2].Contacts[0].Address != "13900000001" {
		t.Errorf("codes stand in their own fields: %+v", p)
	}
	if got := good[2].Consent.At.UTC().Format("2006-01-02T15"); got != "2026-02-28T16" {
		t.Errorf("a day begins in Shanghai: %s", got)
	}
}

func TestATableMayComeFromASpreadsheet(t *testing.T) {
	const table = "\uFEFFid,kind,region,groups,staff,themes,sms,sms_when,consent_at,all_that_may_apply,least\n" +
		"R1,resident,330603,G01；G02,,M09;M01,13900000001,daily,2026-03-01,是,relevant\n" +
		"R2,resident,330603,,\"1,200\",,,,,\n" +
		"R3,resident,330603,,x,,,,,\n" +
		"R4,resident,330603,,,,,,,perhaps\n" +
		"R1,resident,330603,,,,,,,\n" +
		"R5,resident,330603,,,,,,,,mostly\n"
	gb := string([]byte("id,name\n")) + "E1,\xd4\xc6\xb4\xa8\n" // 云川 in GB18030
	good, bad := readProfiles(t, "a.csv", table)
	if len(good) != 2 || len(bad) != 4 {
		t.Fatalf("%d good, bad: %q", len(good), bad)
	}
	s := good[0]
	if len(s.Profile.Groups) != 2 || !s.Subscription.All || s.Subscription.Least != domain.Relevant || s.Contacts[0].When != domain.Daily || s.Consent.At.IsZero() {
		t.Errorf("got %+v", s)
	}
	if good[1].Profile.Groups != nil || *good[1].Profile.Staff != 1200 {
		t.Errorf("an empty cell is unknown: %+v", good[1].Profile)
	}
	for i, want := range []string{"第4行：staff", "第5行：all_that_may_apply", "第6行：id", "第7行：least"} {
		if !strings.Contains(bad[i], want) {
			t.Errorf("told %q, want %q", bad[i], want)
		}
	}
	if _, bad := readProfiles(t, "gb.csv", strings.Replace(gb, "id,name", "id,kind,name", 1)); len(bad) != 1 || !strings.Contains(bad[0], "kind") {
		t.Errorf("told %q", bad)
	}
	reader := profileReader{name: "b.csv"}
	if err := reader.read(strings.NewReader("id,colour\n"), nil, nil); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("an unknown column: %v", err)
	}
}

func FuzzProfiles(f *testing.F) {
	r, err := rules.Load()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a.jsonl", `{"id":"1","kind":"enterprise","staff":1e300,"channels":[{"kind":"sms"}]}`)
	f.Add("a.csv", "id,kind,staff\n1,resident,\"x\n")
	f.Fuzz(func(t *testing.T, name, text string) {
		reader := profileReader{name: name, rules: r}
		_ = reader.read(strings.NewReader(text), func(_ int, s *domain.Subscriber) error {
			if s.ExternalID == "" || s.Profile.Kind == "" {
				t.Errorf("took %+v", s)
			}
			return nil
		}, func(error) {})
	})
}

// TestNoNumberIsRefused: what the standard library reads as a number is not
// always one.
func TestNoNumberIsRefused(t *testing.T) {
	for _, cell := range []string{"NaN", "nan", "Inf", "-Infinity", "1e400", "12人"} {
		good, bad := readProfiles(t, "名单.csv", "id,kind,income\n1,enterprise,"+cell+"\n2,enterprise,300\n")
		if len(good) != 1 || *good[0].Profile.Income != 300 || len(bad) != 1 || !strings.HasPrefix(bad[0], "名单.csv 第2行：income：") {
			t.Errorf("%s: took %d rows, said %q", cell, len(good), bad)
		}
	}
}
