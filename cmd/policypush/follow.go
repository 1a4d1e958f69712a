package main

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"policypush/internal/audience"
	"policypush/internal/search"
	"policypush/web"
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
	s.index.Progress = func(at audience.Stage) {
		s.log.Info("audience index is being built", "subscribers", at.Read, "of", at.Total)
	}
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

// searchFolders is how many processes of one data folder may have pages.
const searchFolders = 64

// newSearch makes the empty search index of this process: the first folder
// that no other process works with.
func (s *service) newSearch() (*search.Live, error) {
	lexicon := search.NewLexicon(s.rules, s.reading.segment)
	for n := 1; ; n++ {
		x, err := search.Create(filepath.Join(s.cfg.Data, "search", strconv.Itoa(n)), lexicon)
		if errors.Is(err, search.ErrInUse) && n < searchFolders {
			continue
		}
		if err != nil {
			return nil, err
		}
		return search.NewLive(x, web.Policies{Store: s.store}), nil
	}
}

// openSearch fills the search index from the database and keeps it up to date
// until ctx ends.
func (s *service) openSearch(ctx context.Context, group *errgroup.Group) error {
	if s.search == nil {
		return nil
	}
	started := time.Now()
	if err := s.search.Build(ctx); err != nil {
		return err
	}
	s.log.Info("search index is built", "policies", s.search.Len(), "took", time.Since(started).Round(time.Millisecond))
	group.Go(func() error {
		s.search.Follow(ctx, followEvery, func(err error) { s.log.Error("search index does not follow", "err", err) })
		return nil
	})
	return nil
}
