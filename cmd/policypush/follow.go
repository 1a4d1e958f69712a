package main

import (
	"context"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"policypush/internal/audience"
)

// snapshotEvery is how often the audience index is written to a file. Who is
// deleted is out of the file after that time at the latest.
const snapshotEvery = time.Hour

// snapshotTime bounds the last writing of the index when the service ends.
const snapshotTime = 15 * time.Second

// openIndex fills the audience index from its file or from the database, and
// keeps it up to date until ctx ends.
func (s *service) openIndex(ctx context.Context, group *errgroup.Group, source audience.Source) error {
	path := filepath.Join(s.cfg.Data, "audience.snapshot")
	s.index.Progress = func(read int) { s.log.Info("audience index is being built", "subscribers", read) }
	refused := func(err error) { s.log.Warn("audience index is built from the database", "err", err) }
	if err := s.index.Open(ctx, path, source, refused); err != nil {
		return err
	}
	save := func(ctx context.Context) {
		if err := s.index.Save(ctx, source, path); err != nil && ctx.Err() == nil {
			s.log.Warn("audience index was not written", "err", err)
		}
	}
	group.Go(func() error {
		s.index.Follow(ctx, source, followEvery, func(err error) { s.log.Error("audience index does not follow", "err", err) })
		return nil
	})
	group.Go(func() error {
		ticker := time.NewTicker(snapshotEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				save(ctx)
			case <-ctx.Done():
				last, cancel := context.WithTimeout(context.WithoutCancel(ctx), snapshotTime)
				defer cancel()
				save(last)
				return nil
			}
		}
	})
	return nil
}
