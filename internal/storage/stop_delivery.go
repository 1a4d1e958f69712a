package storage

import (
	"context"
	"fmt"
	"time"

	"policypush/internal/domain"
)

// StopDelivery does as StopAddress with the address that a delivery went to: a
// receipt or a bounce says that it is dead. It fails with NotFound if the
// delivery or its contact is gone.
func (s *Store) StopDelivery(ctx context.Context, id domain.DeliveryID, reason domain.Reason, now time.Time) error {
	var contact domain.ContactID
	err := s.read.QueryRowContext(ctx, `SELECT contact_id FROM deliveries WHERE id = $1`, id).Scan(&contact)
	if err := notFound(err, "没有这条消息"); err != nil {
		return fmt.Errorf("find delivery %d: %w", id, err)
	}
	return s.StopContact(ctx, contact, reason, now)
}
