package domain_test

import (
	"testing"
	"time"

	"policypush/internal/domain"
)

func TestUrgentPushTakesTwo(t *testing.T) {
	now := time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)
	drafter := domain.Operator{ID: 2, Roles: []domain.Role{domain.Drafter}}
	both := domain.Operator{ID: 2, Roles: []domain.Role{domain.Drafter, domain.Approver}}
	approver := domain.Operator{ID: 3, Roles: []domain.Role{domain.Approver}}
	auditor := domain.Operator{ID: 4, Roles: []domain.Role{domain.Auditor}}
	for name, tt := range map[string]struct {
		urgent bool
		by     domain.Operator
		kind   domain.Kind // of the error of Sign; 0: none
	}{
		"a second person signs":                 {true, approver, 0},
		"who asked for it does not":             {true, both, domain.Forbidden},
		"who may not approve does not":          {true, domain.Operator{ID: 5, Roles: []domain.Role{domain.Drafter}}, domain.Forbidden},
		"what is not urgent needs nobody":       {false, approver, domain.Conflict},
		"who has left the office signs no more": {true, domain.Operator{ID: 3, Roles: []domain.Role{domain.Approver}, Disabled: true}, domain.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			p := domain.Push{CreatedBy: drafter.ID, Urgent: tt.urgent}
			p.Owe()
			if got := p.State == domain.PushUnsigned; got != tt.urgent {
				t.Fatalf("state %s", p.State)
			}
			err := p.Sign(tt.by, now)
			if tt.kind != 0 {
				if err == nil || domain.KindOf(err) != tt.kind || p.SignedBy != 0 {
					t.Fatalf("err %v, signed by %d", err, p.SignedBy)
				}
				return
			}
			if err != nil || p.State != domain.PushOwed || !p.Urgent || p.SignedBy != tt.by.ID || !p.SignedAt.Equal(now) {
				t.Fatalf("err %v, %+v", err, p)
			}
		})
	}
	p := domain.Push{CreatedBy: drafter.ID, Urgent: true}
	p.Owe()
	if err := p.Calm(auditor); err == nil {
		t.Error("an auditor lets it go out")
	}
	if err := p.Calm(drafter); err != nil || p.State != domain.PushOwed || p.Urgent {
		t.Errorf("calmed: %v, %+v", err, p)
	}
	if err := p.Calm(drafter); err == nil {
		t.Error("calmed twice")
	}
}
