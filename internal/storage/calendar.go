package storage

import (
	"context"
	"fmt"

	"policypush/internal/domain"
)

// SaveCalendarYear keeps the holidays of a year, in place of those that were
// imported before.
func (s *Store) SaveCalendarYear(ctx context.Context, y domain.CalendarYear) error {
	const q = `
		INSERT INTO calendar_years (year, days, imported_by, imported_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (year) DO UPDATE SET days = excluded.days, imported_by = excluded.imported_by, imported_at = excluded.imported_at`
	if _, err := s.write.ExecContext(ctx, q, y.Year, asJSON(&y.Days), y.ImportedBy, micros(y.ImportedAt)); err != nil {
		return fmt.Errorf("save the holidays of %d: %w", y.Year, err)
	}
	return nil
}

// CalendarYears returns the years that were imported, in order.
func (s *Store) CalendarYears(ctx context.Context) ([]domain.CalendarYear, error) {
	const q = `SELECT year, days, imported_by, imported_at FROM calendar_years ORDER BY year`
	return list(ctx, s.read, func(row scanner, y *domain.CalendarYear) error {
		return row.Scan(&y.Year, asJSON(&y.Days), &y.ImportedBy, timeInto(&y.ImportedAt))
	}, q)
}
