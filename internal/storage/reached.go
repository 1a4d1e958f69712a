package storage

import (
	"context"

	"policypush/internal/domain"
)

// Reached returns over which channels messages about a policy went out, or may
// have gone out, to each of some subscribers: they are told when it is taken
// back. Subscribers without any are not in the map.
func (s *Store) Reached(ctx context.Context, policy domain.PolicyID, ids []domain.SubscriberID) (map[domain.SubscriberID][]domain.ChannelKind, error) {
	reached := map[domain.SubscriberID][]domain.ChannelKind{}
	err := chunks(ids, func(part []any) error {
		q := `
			SELECT DISTINCT d.subscriber_id, d.channel
			FROM deliveries d JOIN pushes u ON u.id = d.push_id
			WHERE (u.policy_id = $1 AND u.kind = 'new' OR u.kind = 'first' AND EXISTS (
					SELECT 1 FROM first_digest_items i WHERE i.subscriber_id = d.subscriber_id AND i.policy_id = $1))
				AND d.state IN ('sending', 'accepted', 'delivered', 'unknown', 'logged')
				AND d.subscriber_id IN (` + places(2, len(part)) + `)
			ORDER BY d.subscriber_id, d.channel`
		return each(ctx, s.read, func(row scanner) error {
			var id domain.SubscriberID
			var channel domain.ChannelKind
			err := row.Scan(&id, &channel)
			reached[id] = append(reached[id], channel)
			return err
		}, q, append([]any{policy}, part...)...)
	})
	return reached, err
}
