package rules

import (
	"slices"

	"policypush/internal/domain"
)

// RolesFor returns whom at an enterprise a document with some themes is for,
// in the order of the file: finance for taxes. None means anybody.
func (r *Rules) RolesFor(themes []string) []domain.ContactRole {
	var roles []domain.ContactRole
	for _, role := range r.ContactRoles.All() {
		if slices.ContainsFunc(themes, func(code string) bool { return slices.Contains(role.Themes, code) }) {
			roles = append(roles, domain.ContactRole(role.Code))
		}
	}
	return roles
}
