package workers

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/internal/storage"
)

// meantBy tells for whom a message is where one person stands for several
// enterprises: at shared addresses, which enterprises there are, and whom each
// push tells.
type meantBy struct {
	sharers map[domain.ContactID][]storage.Sharer
	told    map[domain.PushID]*roaring.Bitmap
}

// enterprises names the enterprises of the person whom a delivery's push tells.
func (m meantBy) enterprises(d domain.Delivery) []string {
	var names []string
	for _, s := range m.sharers[d.Contact] {
		if told := m.told[d.Push]; told != nil && told.Contains(uint32(s.Subscriber)) {
			names = append(names, s.Name)
		}
	}
	return names
}

// meant asks for the enterprises behind the addresses that several subscribers
// have. Where nobody shares one, nothing is asked.
func (w *Workers) meant(ctx context.Context, claimed []storage.Outgoing, matters map[domain.PushID]matter) (meantBy, error) {
	m := meantBy{told: map[domain.PushID]*roaring.Bitmap{}}
	var shared []domain.ContactID
	for _, o := range claimed {
		if !o.Contact.Shared {
			continue
		}
		for _, d := range o.Deliveries {
			shared = append(shared, d.Contact)
			p := matters[d.Push].push
			if m.told[p.ID] != nil || p.Kind.Personal() {
				continue
			}
			frozen, err := w.Store.Audience(ctx, p.ID)
			if err != nil {
				return m, err
			}
			set, err := audience.Thaw(frozen)
			if err != nil {
				return m, err
			}
			m.told[p.ID] = set.Told(p.IncludePossible || p.Kind.Follows())
		}
	}
	if len(shared) == 0 {
		return m, nil
	}
	var err error
	m.sharers, err = w.Store.Sharers(ctx, shared)
	return m, err
}
