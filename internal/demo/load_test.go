package demo

import (
	"context"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"policypush/internal/auth"
	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/seal"
	"policypush/internal/segment"
	"policypush/internal/storage"
	"policypush/internal/storage/storagetest"
	"policypush/internal/tagging"
	"policypush/rules"
)

// pipeline is made once: the dictionaries take a second.
var pipeline = sync.OnceValues(func() (*tagging.Tagger, error) {
	r, err := rules.LoadFS(Rules())
	if err != nil {
		return nil, err
	}
	seg, err := segment.New("", r.UserWords())
	if err != nil {
		return nil, err
	}
	return tagging.New(r, seg)
})

// loader works as in a running service: a real database, the real reading.
func loader(t *testing.T) *Loader {
	t.Helper()
	secret := base64.StdEncoding.EncodeToString(make([]byte, 32))
	keys, err := seal.Load("", "i index-hmac-sha256 "+secret+"; k aes-256-gcm "+secret)
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Open(t.Context(), storagetest.SQLite(t), keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	tagger, err := pipeline()
	if err != nil {
		t.Fatal(err)
	}
	return &Loader{
		Store: store, Rules: loadRules(t), Now: func() time.Time { return day },
		Read: func(name string, data []byte) (*domain.Policy, error) {
			doc, err := document.Read(name, data, document.DefaultLimits())
			if err != nil {
				return nil, err
			}
			return tagger.Read(doc), nil
		},
	}
}

func TestLoad(t *testing.T) {
	l := loader(t)
	ctx := t.Context()
	interrupted(t, l)
	checkEmpty(t, l)

	if err := l.Load(ctx); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		enterprises, residents, err := l.Store.CountSubscribers(ctx)
		if err != nil || enterprises != Enterprises || residents != Residents {
			t.Errorf("%s: %d enterprises, %d residents, %v", when, enterprises, residents, err)
		}
		for status, want := range map[domain.PolicyStatus]int{domain.Published: 5, domain.Reviewed: 1} {
			_, n, err := l.Store.Policies(ctx, storage.PolicyFilter{Statuses: []domain.PolicyStatus{status}, Limit: 10})
			if err != nil || n != want {
				t.Errorf("%s: %d policies are %s, want %d (%v)", when, n, status, want, err)
			}
		}
		pushes, err := l.Store.OwedPushes(ctx, l.Now())
		if err != nil || len(pushes) != 5 {
			t.Errorf("%s: %d pushes are owed, want 5 (%v)", when, len(pushes), err)
		}
	}
	check("loaded")
	checkOperators(t, l)

	if err := l.Load(ctx); err != nil {
		t.Fatal(err)
	}
	check("loaded twice")

	if err := l.Store.RemoveDemo(ctx); err != nil {
		t.Fatal(err)
	}
	checkEmpty(t, l)
}

// interrupted loads until the third policy is read.
func interrupted(t *testing.T, l *Loader) {
	t.Helper()
	half := *l
	reads := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	half.Read = func(name string, data []byte) (*domain.Policy, error) {
		if reads++; reads == 3 {
			cancel()
		}
		return l.Read(name, data)
	}
	if err := half.Load(ctx); err == nil {
		t.Fatal("an interrupted load said nothing")
	}
}

func checkOperators(t *testing.T, l *Loader) {
	t.Helper()
	for login, may := range map[string]domain.Permission{DrafterLogin: domain.DraftPolicies, ApproverLogin: domain.ApprovePolicies} {
		o, err := l.Store.OperatorByLogin(t.Context(), login)
		if err != nil || !o.May(may) || !o.Demo || !auth.CheckPassword(o.PasswordHash, Password) {
			t.Errorf("%s: %+v, %v", login, o, err)
		}
	}
}

func checkEmpty(t *testing.T, l *Loader) {
	t.Helper()
	enterprises, residents, err := l.Store.CountSubscribers(t.Context())
	if err != nil || enterprises+residents != 0 {
		t.Errorf("%d enterprises and %d residents are left, %v", enterprises, residents, err)
	}
	if there, err := l.Store.HasDemo(t.Context()); err != nil || there {
		t.Errorf("HasDemo = %v, %v", there, err)
	}
}

func TestLoadRefusesRealInstallations(t *testing.T) {
	l := loader(t)
	office := domain.Office{Name: "某县政务公开办", Region: "330603"}
	if err := l.Store.SaveOffice(t.Context(), &office); err != nil {
		t.Fatal(err)
	}
	if err := l.Load(t.Context()); domain.KindOf(err) != domain.Conflict {
		t.Errorf("Load = %v, want Conflict", err)
	}
	if there, err := l.Store.HasDemo(t.Context()); err != nil || there {
		t.Errorf("HasDemo = %v, %v", there, err)
	}
}

// What the drafter confirmed stands in the text as it is read: every condition
// has its words, every case with a sum its measure, every drawing is whole.
func TestReviewsFitThePoliciesAsTheyAreRead(t *testing.T) {
	l := loader(t)
	for _, name := range policyNames {
		text, err := files.ReadFile("policies/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.Read(name+".txt", text)
		if err != nil {
			t.Fatal(err)
		}
		review, err := reviewOf(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := review.confirm(p, l.Rules); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p.Title == "" || p.DocNumber == "" || len(p.Issuers) == 0 || p.EffectiveFrom == "" || !p.Pushable() {
			t.Errorf("%s: title %q, number %q, issuers %v, from %s", name, p.Title, p.DocNumber, p.Issuers, p.EffectiveFrom)
		}
		checkMeasures(t, l.Rules, name, p)
		items, err := review.interpret(p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, it := range items {
			if _, err := it.Render(p, "2026-11-22"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if it.Case != nil && it.Case.Measure == "" {
				t.Errorf("%s: no measure gives what the case %q says", name, it.Title)
			}
		}
	}
}

func checkMeasures(t *testing.T, r *rules.Rules, name string, p *domain.Policy) {
	t.Helper()
	text := []rune(p.Text)
	for _, m := range p.Measures {
		if m.Benefit.Text == "" || strings.HasPrefix(m.Benefit.Text, "\x80") || utf8.RuneCountInString(m.Title) > 30 {
			t.Errorf("%s %s: title %q, benefit %q", name, m.ID, m.Title, m.Benefit.Text)
		}
		m.Criteria.Leaves(func(leaf *domain.Condition) {
			for _, v := range leaf.Values {
				if !r.ValidCode(leaf.Field, v) {
					t.Errorf("%s %s: %s has no code %q", name, m.ID, leaf.Field, v)
				}
			}
			for _, e := range leaf.Evidence {
				if string(text[e.Start:e.End]) != e.Text {
					t.Errorf("%s %s: evidence %q stands elsewhere", name, m.ID, e.Text)
				}
			}
			if len(leaf.Evidence) == 0 && leaf.Field != domain.FieldKind && leaf.Field != domain.FieldRegion && leaf.Field != domain.FieldGroup {
				t.Errorf("%s %s: a condition on %s without words", name, m.ID, leaf.Field)
			}
		})
	}
}
