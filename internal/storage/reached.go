package storage

import (
	"context"

	"policypush/internal/domain"
)

// wentOut is the condition for what went out or may have.
const wentOut = `state IN ('sending', 'accepted', 'delivered', 'unknown', 'logged')`

// heard is the condition that a delivery d reached somebody, or may have: it went
// out, or somebody else's at the same address did that stands for it. Where that
// is gone since, gone says whether it had: 1 or 0.
func heard(deliveries, gone string) string {
	return `(d.` + wentOut + ` OR d.state = 'suppressed' AND d.reason = 'same-address' AND COALESCE((
		SELECT MAX(CASE WHEN x.` + wentOut + ` THEN 1 ELSE 0 END)
		FROM contacts c` + andOthers + `
			JOIN ` + deliveries + ` AS x ON x.id >= (d.push_id << 36) + (o.subscriber_id << 4) AND x.id < (d.push_id << 36) + (o.subscriber_id << 4) + 16
		WHERE c.id = d.contact_id AND (x.contact_id = o.id OR o.kind = 'webpush' AND x.channel = o.kind) AND x.reason <> 'same-address'), ` + gone + `) = 1)`
}

// Reached returns over which channels messages about a policy went out, or may
// have gone out, to each of some subscribers: they are told when it is taken
// back. Whom somebody else's message at the same address told is reached by it,
// also where the other is gone since. Subscribers without any are not in the map.
func (s *Store) Reached(ctx context.Context, policy domain.PolicyID, ids []domain.SubscriberID) (map[domain.SubscriberID][]domain.ChannelKind, error) {
	reached := map[domain.SubscriberID][]domain.ChannelKind{}
	// No message about a policy is older than its first push.
	const since = `SELECT COALESCE(MIN(id), 0) FROM pushes WHERE policy_id = $1 AND kind = 'new'`
	var first domain.PushID
	if err := s.read.QueryRowContext(ctx, since, policy).Scan(&first); err != nil {
		return nil, err
	}
	deliveries, err := s.partsFrom(ctx, s.read, first)
	if err != nil {
		return nil, err
	}
	err = chunks(ids, func(part []any) error {
		q := `
			SELECT DISTINCT d.subscriber_id, d.channel
			FROM ` + deliveries + ` AS d JOIN pushes u ON u.id = d.push_id
			WHERE (u.policy_id = $1 AND u.kind = 'new' OR u.kind = 'first' AND EXISTS (
					SELECT 1 FROM first_digest_items i WHERE i.subscriber_id = d.subscriber_id AND i.policy_id = $1))
				AND ` + heard(deliveries, `1`) + `
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

// AudiencesOf returns the frozen audiences of the pushes of a policy, oldest
// first, but not of notices that it is withdrawn. Of a push that somebody stopped
// midway it tells whom it has reached.
func (s *Store) AudiencesOf(ctx context.Context, policy domain.PolicyID) ([]domain.PushedAudience, error) {
	const q = `
		SELECT u.id, a.likely, a.possible, a.sha256, u.include_possible, u.state = 'stopped' AND u.stopped_for = 'aborted' AND u.forgotten_at = 0
		FROM pushes u JOIN push_audiences a ON a.push_id = u.id WHERE u.policy_id = $1 AND u.kind = 'new' ORDER BY u.id`
	pushed, err := list(ctx, s.read, func(row scanner, a *domain.PushedAudience) error {
		return row.Scan(&a.Push, &a.Audience.Likely, &a.Audience.Possible, &a.Audience.SHA256, &a.IncludePossible, &a.Aborted)
	}, q, policy)
	if err != nil {
		return nil, err
	}
	// Who read it in the inbox knows of it as well, and who got it at the same
	// address for another subscriber.
	reached := `
		SELECT d.subscriber_id FROM deliveries AS d WHERE d.id >= $1 AND d.id < $2 AND ` + heard(`deliveries`, `0`) + `
		UNION SELECT subscriber_id FROM inbox_marks WHERE push_id = $3 AND read_at > 0`
	for i := range pushed {
		if a := &pushed[i]; a.Aborted {
			from, until := domain.DeliveriesOf(a.Push)
			if a.Reached, err = list(ctx, s.read, one[domain.SubscriberID], reached, from, until, a.Push); err != nil {
				return nil, err
			}
		}
	}
	return pushed, nil
}

// Dismissed returns who put a push of a policy, or of one that it amends,
// aside as 与我无关, and did not take that back.
func (s *Store) Dismissed(ctx context.Context, policy *domain.Policy) ([]domain.SubscriberID, error) {
	args := []any{policy.ID, policy.Office}
	amended := ""
	for _, r := range policy.Amends {
		if r.DocNumber != "" {
			amended += "," + param(&args, r.DocNumber)
		}
	}
	if amended != "" {
		amended = ` OR p.office_id = $2 AND p.doc_number IN (` + amended[1:] + `)`
	} else {
		args = args[:1]
	}
	q := `
		SELECT DISTINCT m.subscriber_id
		FROM policies p JOIN pushes u ON u.policy_id = p.id JOIN inbox_marks m ON m.push_id = u.id
		WHERE m.dismissed_at > 0 AND u.kind <> 'answer' AND (p.id = $1` + amended + `)`
	return list(ctx, s.read, one[domain.SubscriberID], q, args...)
}

// Corrected returns the policies of which a policy corrects what was said.
func (s *Store) Corrected(ctx context.Context, policy domain.PolicyID) ([]domain.PolicyID, error) {
	const q = `SELECT DISTINCT corrects FROM pushes WHERE policy_id = $1 AND kind = 'correction' AND corrects > 0`
	return list(ctx, s.read, one[domain.PolicyID], q, policy)
}
