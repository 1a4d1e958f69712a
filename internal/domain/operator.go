package domain

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Office is a publisher: a county's policy office, a bureau, a town.
type Office struct {
	ID        OfficeID
	Name      string // 云川县政务公开办
	Signature string // the name between 【 and 】 at the head of an SMS
	Region    string // code of GB/T 2260
	Phone     string // number that answers questions
	Demo      bool   // fictional, removed with the demonstration
}

// ValidSignature tells whether gateways take a signature: three to eight
// characters, without the brackets that are put around it.
func ValidSignature(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= 3 && n <= 8 && !strings.ContainsAny(s, "【】")
}

// Role is a set of permissions of an operator.
type Role string

// The roles. One person may hold several; the two-person rule compares persons.
const (
	Drafter  Role = "drafter"  // 发布员
	Approver Role = "approver" // 审核员
	Admin    Role = "admin"    // 系统管理员: people and settings, no policies, no contacts
	Auditor  Role = "auditor"  // 审计员: reads only
)

// Label returns the Chinese name of the role.
func (r Role) Label() string {
	switch r {
	case Drafter:
		return "发布员"
	case Approver:
		return "审核员"
	case Admin:
		return "系统管理员"
	case Auditor:
		return "审计员"
	default:
		return string(r)
	}
}

// Permission is something that a role allows.
type Permission int

// The permissions.
const (
	DraftPolicies Permission = iota + 1
	ApprovePolicies
	ManageOperators
	ReadConsole
)

// Operator is a person who works in the console.
type Operator struct {
	ID           OperatorID
	Office       OfficeID
	Login        string
	Name         string
	Roles        []Role
	PasswordHash string
	Mail         string // where they learn what waits on their desk, or "": they proved that it is theirs
	Disabled     bool
	Demo         bool
}

// May tells whether one of the operator's roles allows something.
func (o Operator) May(p Permission) bool {
	if o.Disabled {
		return false
	}
	switch p {
	case DraftPolicies:
		return slices.Contains(o.Roles, Drafter)
	case ApprovePolicies:
		return slices.Contains(o.Roles, Approver)
	case ManageOperators:
		return slices.Contains(o.Roles, Admin)
	case ReadConsole:
		return len(o.Roles) > 0
	default:
		return false
	}
}
