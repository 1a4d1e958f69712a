package domain

import "slices"

// What an officer is asked to fill in of a measure, in Measure.Check.
const (
	WhoMissing = "没有读出给谁，请填写对象"
	HowMissing = "没有读出怎么办理（免申还是申请）"
)

// AsksWho tells whether a measure says for whom it is, by words or by a condition on more
// than what somebody is and where.
func (m *Measure) AsksWho() bool {
	asks := m.Who != ""
	m.Criteria.Leaves(func(c *Condition) {
		asks = asks || c.Field != FieldKind && c.Field != FieldRegion
	})
	return asks
}

// SaysHow tells whether a measure says how it is had.
func (m *Measure) SaysHow() bool { return m.How.Mode != "" || m.How.Where != "" || m.How.Within != "" }

// Settle drops what is noted of a measure and has been answered since: conditions that
// are asked for no more, for whom it is, how it is had.
func (m *Measure) Settle() {
	var unread []string
	m.Criteria.Leaves(func(c *Condition) {
		if c.Field == FieldOther && !slices.Contains(unread, c.Unread) {
			unread = append(unread, c.Unread)
		}
	})
	m.Unread = unread
	m.Check = slices.DeleteFunc(m.Check, func(said string) bool {
		return said == WhoMissing && m.AsksWho() || said == HowMissing && m.SaysHow()
	})
}
