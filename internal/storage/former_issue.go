package storage

import (
	"context"
	"fmt"

	"policypush/internal/domain"
)

// FormerIssue returns the latest policy of the same office that was public
// under the number of a policy and was taken back, or NotFound: a document that
// was corrected comes again.
func (s *Store) FormerIssue(ctx context.Context, p *domain.Policy) (*domain.Policy, error) {
	const q = `
		SELECT id FROM policies
		WHERE office_id = $1 AND doc_number = $2 AND doc_number <> '' AND id <> $3 AND status = 'withdrawn'
		ORDER BY published_at DESC, id DESC LIMIT 1`
	var id domain.PolicyID
	err := notFound(s.read.QueryRowContext(ctx, q, p.Office, p.DocNumber, p.ID).Scan(&id), "这份文件以前没有发布过")
	if err != nil {
		return nil, fmt.Errorf("former issue of policy %d: %w", p.ID, err)
	}
	return s.Policy(ctx, id)
}
