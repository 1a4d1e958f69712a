package audience

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"policypush/internal/domain"
)

// Published is where the policies are kept.
type Published interface {
	// LastPolicyChange returns a number that grows at least whenever a policy
	// is published or ends.
	LastPolicyChange(ctx context.Context) (int64, error)
	// PublishedPolicies returns the versions of the policies that are public.
	PublishedPolicies(ctx context.Context) (map[domain.PolicyID]int, error)
	Policy(ctx context.Context, id domain.PolicyID) (*domain.Policy, error)
}

// Catalogue holds the published policies without their texts, and their
// measures by whom they concern. It is a copy: Refresh looks whether the
// database has moved on, which costs one row, so that whoever asks right after
// it sees what was published before, in every process.
type Catalogue struct {
	*Measures
	from Published

	loading  sync.Mutex // one Refresh at a time
	seq      int64      // of the source, when it was last read; -1: never
	mu       sync.RWMutex
	policies map[domain.PolicyID]*domain.Policy
}

// NewCatalogue returns a catalogue that is empty until the first Refresh.
func NewCatalogue(from Published) *Catalogue {
	return &Catalogue{Measures: NewMeasures(), from: from, seq: -1, policies: map[domain.PolicyID]*domain.Policy{}}
}

// Refresh takes over what was published, and drops what has ended, since the
// last time. If it fails, the next one goes on.
func (c *Catalogue) Refresh(ctx context.Context) error {
	c.loading.Lock()
	defer c.loading.Unlock()
	seq, err := c.from.LastPolicyChange(ctx)
	if err != nil {
		return fmt.Errorf("follow policies: %w", err)
	}
	if seq == c.seq {
		return nil
	}
	now, err := c.from.PublishedPolicies(ctx) // after the number: what comes in between is read again
	if err != nil {
		return fmt.Errorf("follow policies: %w", err)
	}
	for id, held := range c.policies { // only Refresh writes
		if version, there := now[id]; !there || version != held.Version {
			c.put(id, nil)
		}
	}
	for id := range now {
		if c.policies[id] != nil {
			continue
		}
		p, err := c.from.Policy(ctx, id)
		switch domain.KindOf(err) {
		case domain.NotFound:
			continue // gone meanwhile, and the number moved
		case domain.Invalid:
			continue // damaged: the others are shown all the same
		}
		if err != nil {
			return fmt.Errorf("follow policies: %w", err)
		}
		if p.Status == domain.Published {
			c.put(id, p)
		}
	}
	c.seq = seq
	return nil
}

// put takes a policy over without what only its own page shows, or forgets it.
func (c *Catalogue) put(id domain.PolicyID, p *domain.Policy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p == nil {
		delete(c.policies, id)
		c.Remove(id)
		return
	}
	p.Text, p.Clauses, p.Replaces = "", nil, nil
	for i := range p.Tags {
		p.Tags[i].Evidence = nil
	}
	for i := range p.Measures {
		m := &p.Measures[i]
		m.Text, m.Evidence, m.Unread, m.How = "", nil, nil, domain.How{Mode: m.How.Mode}
		m.Criteria.Leaves(func(leaf *domain.Condition) { leaf.Evidence = nil })
	}
	c.policies[id] = p
	c.Put(p)
}

// Find returns a published policy without its text, or nil. It must not be
// changed.
func (c *Catalogue) Find(id domain.PolicyID) *domain.Policy {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.policies[id]
}

// Deadline is the last day to apply for something that a policy gives.
type Deadline struct {
	Policy *domain.Policy // without its text; it must not be changed
	Day    string         // YYYY-MM-DD
}

// Deadlines returns what can be applied for on a day and ends by another, each
// day of a policy once, in the order of policies and days.
func (c *Catalogue) Deadlines(from, until string) []Deadline {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var found []Deadline
	for _, p := range c.policies {
		if !p.InForce(from) || !p.Pushable() {
			continue
		}
		days := map[string]bool{}
		for i := range p.Measures {
			for _, day := range p.DeadlinesOf(&p.Measures[i]) {
				if day >= from && day <= until && !days[day] {
					days[day] = true
					found = append(found, Deadline{p, day})
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b Deadline) int {
		return cmp.Or(cmp.Compare(a.Policy.ID, b.Policy.ID), cmp.Compare(a.Day, b.Day))
	})
	return found
}
