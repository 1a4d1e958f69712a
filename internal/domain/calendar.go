package domain

import "time"

// CalendarYear is the holidays of a year as an office imported them.
type CalendarYear struct {
	Year int
	// Days tells of each day (YYYY-MM-DD) that is no plain weekday or weekend
	// whether people work on it.
	Days       map[string]bool
	ImportedBy OperatorID
	ImportedAt time.Time
}
