package storage

import (
	"context"
	"fmt"
	"strings"

	"policypush/internal/domain"
)

// FindSubscribers returns up to limit ids after an id, in id order: everybody
// for the empty query, the enterprises with a 统一社会信用代码, else who has the
// query as the office's own id or has it in the name, in whatever case.
func (s *Store) FindSubscribers(ctx context.Context, query string, after domain.SubscriberID, limit int) ([]domain.SubscriberID, error) {
	const q = `
		SELECT id FROM subscribers
		WHERE id > $1 AND ($2 = '' OR external_id = $2 OR LOWER(name) LIKE LOWER($3) ESCAPE '!')
		ORDER BY id LIMIT $4`
	if code := strings.ToUpper(query); domain.ValidUSCC(code) {
		ids, err := list(ctx, s.read, one[domain.SubscriberID], `SELECT id FROM subscribers WHERE uscc = $1 AND uscc <> '' AND id > $2 ORDER BY id LIMIT $3`, code, after, limit)
		if err != nil || len(ids) > 0 {
			return ids, err
		}
	}
	ids, err := list(ctx, s.read, one[domain.SubscriberID], q, after, query, `%`+likeLiteral(query)+`%`, limit)
	if err != nil {
		return nil, fmt.Errorf("find subscribers: %w", err)
	}
	return ids, nil
}
