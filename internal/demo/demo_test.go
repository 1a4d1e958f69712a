package demo

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/rules"
)

var day = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)

func loadRules(t *testing.T) *rules.Rules {
	t.Helper()
	r, err := rules.LoadFS(Rules())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheCountyIsKnownToTheRules(t *testing.T) {
	r := loadRules(t)
	for code, want := range map[string]string{
		"339901": "浙江省云州市云川县", "339901102": "浙江省云州市云川县青禾镇",
	} {
		if got := r.FullName(code); got != want {
			t.Errorf("FullName(%s) = %q, want %q", code, got, want)
		}
	}
	if n := len(r.Children(County)); n != 6 {
		t.Errorf("the county has %d towns, want 6", n)
	}
	plain, err := rules.Load()
	if err != nil {
		t.Fatal(err)
	}
	if plain.Divisions.Find(County) != nil {
		t.Error("the fictional county is in the rules of real installations")
	}
}

func TestEverybodyIsTheSameEveryTime(t *testing.T) {
	r := loadRules(t)
	if a, b := enterprises(r, day), enterprises(r, day); !reflect.DeepEqual(a, b) {
		t.Error("two runs made different enterprises")
	}
	if a, b := residents(day), residents(day); !reflect.DeepEqual(a, b) {
		t.Error("two runs made different residents")
	}
}

func TestSubscribersAreValidAndFictional(t *testing.T) {
	r := loadRules(t)
	subs := append(enterprises(r, day), residents(day)...)
	if len(subs) != Enterprises+Residents {
		t.Fatalf("%d subscribers, want %d", len(subs), Enterprises+Residents)
	}
	seen := map[string]bool{}
	once := func(what string) {
		if seen[what] {
			t.Errorf("%s comes twice", what)
		}
		seen[what] = true
	}
	for _, s := range subs {
		once(s.ExternalID)
		if s.Profile.Kind == domain.Enterprise {
			once(s.Name)
		}
		if s.USCC != "" {
			once(s.USCC)
		}
		if !s.Demo || s.Consent.Version == "" || s.Consent.At.IsZero() || len(s.Contacts) == 0 {
			t.Errorf("%s lacks the demo flag, its consent or a contact", s.ExternalID)
		}
		for _, c := range s.Contacts {
			if c.Kind != domain.App {
				once(c.Address)
			}
			if c.Kind == domain.SMS && !strings.HasPrefix(c.Address, "19900") {
				t.Errorf("%s has the number %s outside the block", s.ExternalID, c.Address)
			}
			if c.Kind == domain.Email && !strings.HasSuffix(c.Address, ".example") {
				t.Errorf("%s has the address %s, which may exist", s.ExternalID, c.Address)
			}
		}
		checkCodes(t, r, s)
	}
}

func checkCodes(t *testing.T, r *rules.Rules, s *domain.Subscriber) {
	t.Helper()
	p := s.Profile
	sets := map[domain.Field][]string{
		domain.FieldKind: {string(p.Kind)}, domain.FieldRegion: {p.Region}, domain.FieldIndustry: {p.Industry}, domain.FieldSize: {p.Size},
		domain.FieldTaxpayer: {p.Taxpayer}, domain.FieldRegistration: {p.Registration}, domain.FieldOwnership: {p.Ownership},
		domain.FieldAttribute: p.Attributes, domain.FieldGroup: p.Groups, domain.FieldLifeEvent: p.LifeEvents, domain.FieldHukou: {p.Hukou},
	}
	for field, codes := range sets {
		for _, code := range codes {
			if code != "" && !r.ValidCode(field, code) {
				t.Errorf("%s: %s has no code %q", s.ExternalID, field, code)
			}
		}
	}
	for _, code := range s.Subscription.Themes {
		if r.Themes.Find(code) == nil {
			t.Errorf("%s: no theme %q", s.ExternalID, code)
		}
	}
	for _, g := range p.Groups {
		if r.Groups.Find(g).Sensitive && !s.Consent.Sensitive {
			t.Errorf("%s is in %s without a consent for sensitive facts", s.ExternalID, g)
		}
	}
}

// The county looks like a county: mostly micro and small, some of everything.
func TestSkew(t *testing.T) {
	r := loadRules(t)
	sizes, trades := map[string]int{}, map[byte]int{}
	for _, s := range enterprises(r, day) {
		sizes[s.Profile.Size]++
		trades[s.Profile.Industry[0]]++
	}
	if sizes[rules.Micro] < Enterprises*4/10 || sizes[rules.Small] < Enterprises*15/100 || sizes[rules.Medium] < 30 || sizes[rules.Large] == 0 {
		t.Errorf("sizes %v", sizes)
	}
	if trades['C'] < 700 || trades['H'] < 200 || trades['F'] < 500 {
		t.Errorf("trades %v", trades)
	}
	old, known := 0, 0
	for _, s := range residents(day) {
		if s.Profile.Born != "" {
			known++
			if s.Profile.Born < "1946" {
				old++
			}
		}
	}
	if old < 150 || old > 800 || known < Residents*9/10 {
		t.Errorf("%d of %d are over 80", old, known)
	}
	t.Logf("sizes %v trades %v old %d", sizes, trades, old)
}

func TestPolicyTextsAndInterpretationsBelongTogether(t *testing.T) {
	for _, name := range policyNames {
		text, err := files.ReadFile("policies/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		review, err := reviewOf(name)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, it := range review.Items {
			kinds[string(it.Kind)]++
			if it.Aspect == "" {
				t.Errorf("%s: nobody says what the %s explains", name, it.Kind)
			}
			for _, words := range quoted(&it) {
				if n := strings.Count(string(text), *words); n != 1 {
					t.Errorf("%s: %q stands %d times in the text", name, *words, n)
				}
			}
		}
		if kinds["qa"] < 3 || kinds["chart"] < 1 || kinds["case"] < 1 {
			t.Errorf("%s has %v", name, kinds)
		}
	}
}
