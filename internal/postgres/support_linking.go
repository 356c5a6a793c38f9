package postgres

import (
	"context"
	"fmt"
	"math"
	"time"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support/linking"
)

// LinkingStore keeps the searches of spaces and their links with providers.
type LinkingStore struct{ db *DB }

var _ linking.Store = (*LinkingStore)(nil)

// Linking returns linking's store.
func (db *DB) Linking() *LinkingStore { return &LinkingStore{db: db} }

// InTx runs fn in one transaction.
func (s *LinkingStore) InTx(ctx context.Context, fn func(linking.Tx) error) error {
	return s.db.inTx(ctx, func(t *txn) error { return fn(newLinkingTx(t)) })
}

// Seekers returns the spaces of those ids that there are.
func (s *LinkingStore) Seekers(ctx context.Context, spaceIDs []int64) ([]linking.Seeker, error) {
	rows, err := s.db.q.LinkingSeekers(ctx, spaceIDs)
	return mapped(rows, err, seeker)
}

// Candidates returns all that can be proposed now.
func (s *LinkingStore) Candidates(ctx context.Context, now time.Time) ([]linking.Candidate, error) {
	rows, err := s.db.q.LinkingCandidates(ctx, now)
	return mapped(rows, err, candidate)
}

// ProviderID returns the id of a listed or paused provider.
func (s *LinkingStore) ProviderID(ctx context.Context, publicID string) (int64, error) {
	id, err := s.db.q.LinkingProviderID(ctx, publicID)
	if err != nil {
		return 0, linkingErr(err)
	}
	return id, nil
}

// Members returns who belongs to the provider.
func (s *LinkingStore) Members(ctx context.Context, providerID int64) ([]linking.Recipient, error) {
	rows, err := s.db.q.LinkingMembers(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return recipients(rows), nil
}

// Link returns the link of the id.
func (s *LinkingStore) Link(ctx context.Context, id int64) (linking.Link, error) {
	r, err := s.db.q.LinkingLink(ctx, id)
	if err != nil {
		return linking.Link{}, linkingErr(err)
	}
	return supportLink(r), nil
}

// LinkByPublicID returns the link of the public id.
func (s *LinkingStore) LinkByPublicID(ctx context.Context, publicID string) (linking.Link, error) {
	r, err := s.db.q.LinkingLinkByPublicID(ctx, publicID)
	if err != nil {
		return linking.Link{}, linkingErr(err)
	}
	return supportLink(dbsqlc.LinkingLinkRow(r)), nil
}

// LinksOfSpace returns all links of the space, latest first.
func (s *LinkingStore) LinksOfSpace(ctx context.Context, spaceID int64) ([]linking.Link, error) {
	return linksOfSpaces(ctx, s.db.q, spaceID)
}

// LinksOfSpaces returns all links of the spaces by their ids, latest first.
func (s *LinkingStore) LinksOfSpaces(ctx context.Context, spaceIDs []int64) (map[int64][]linking.Link, error) {
	links, err := linksOfSpaces(ctx, s.db.q, spaceIDs...)
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]linking.Link, len(spaceIDs))
	for _, l := range links {
		out[l.SpaceID] = append(out[l.SpaceID], l)
	}
	return out, nil
}

func linksOfSpaces(ctx context.Context, q *dbsqlc.Queries, spaceIDs ...int64) ([]linking.Link, error) {
	rows, err := q.LinkingLinksOfSpaces(ctx, spaceIDs)
	return mapped(rows, err, func(r dbsqlc.LinkingLinksOfSpacesRow) linking.Link { return supportLink(dbsqlc.LinkingLinkRow(r)) })
}

// LinksOfProvider returns the links of the provider in the states, latest first.
func (s *LinkingStore) LinksOfProvider(ctx context.Context, providerID int64, in ...linking.State) ([]linking.Link, error) {
	rows, err := s.db.q.LinkingLinksOfProvider(ctx, dbsqlc.LinkingLinksOfProviderParams{
		ProviderID: providerID, States: texts(in),
	})
	return mapped(rows, err, func(r dbsqlc.LinkingLinksOfProviderRow) linking.Link { return supportLink(dbsqlc.LinkingLinkRow(r)) })
}

// Sizes returns what a provider may know of the spaces of links beside the links, by the links' ids.
func (s *LinkingStore) Sizes(ctx context.Context, linkIDs []int64) (map[int64]linking.Extent, error) {
	rows, err := s.db.q.LinkingRequests(ctx, linkIDs)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make(map[int64]linking.Extent, len(rows))
	for _, r := range rows {
		out[r.ID] = linking.Extent{Accounts: int(r.Accounts), Suite: r.Suite}
	}
	return out, nil
}

// before turns the id of the last row that was seen, 0 for none, into the one below which to go on.
func before(after int64) int64 {
	if after == 0 {
		return math.MaxInt64
	}
	return after
}

// Unlinked returns spaces that nobody helps, latest first.
func (s *LinkingStore) Unlinked(ctx context.Context, after int64, limit int, stance linking.Stance) ([]linking.Unlinked, error) {
	rows, err := s.db.q.LinkingUnlinked(ctx, dbsqlc.LinkingUnlinkedParams{Before: before(after), UpTo: int32(limit), Stance: string(stance)}) //nolint:gosec // bounded by the service
	return mapped(rows, err, func(r dbsqlc.LinkingUnlinkedRow) linking.Unlinked {
		return linking.Unlinked{
			SpaceID: r.ID, SpacePublicID: r.PublicID, Name: r.Name, Stance: linking.Stance(r.Stance),
			Since: timeOrZero(r.RoundAt), AskAt: timeOrZero(r.AskAt),
		}
	})
}

// All returns links for the team, latest first.
func (s *LinkingStore) All(ctx context.Context, after int64, limit int, in ...linking.State) ([]linking.Link, error) {
	rows, err := s.db.q.LinkingAll(ctx, dbsqlc.LinkingAllParams{Before: before(after), UpTo: int32(limit), States: texts(in)}) //nolint:gosec // bounded by the service
	return mapped(rows, err, func(r dbsqlc.LinkingAllRow) linking.Link { return supportLink(dbsqlc.LinkingLinkRow(r)) })
}

// Loads returns all listed and paused providers by name.
func (s *LinkingStore) Loads(ctx context.Context, now, since time.Time) ([]linking.Load, error) {
	rows, err := s.db.q.LinkingLoads(ctx, dbsqlc.LinkingLoadsParams{Now: now, Since: since})
	return mapped(rows, err, func(r dbsqlc.LinkingLoadsRow) linking.Load {
		return linking.Load{
			ProviderID: r.ID, PublicID: r.PublicID, Name: r.Name, Capacity: int(r.Capacity),
			Proposed: int(r.Proposed), Current: int(r.Current), Lapsed: int(r.Lapsed), Declined: int(r.Declined),
			SilentSince: r.SilentSince, Paused: r.Paused,
		}
	})
}

// Figures counts links, spaces and places.
func (s *LinkingStore) Figures(ctx context.Context, since time.Time) (linking.Figures, error) {
	states, err := s.db.q.LinkingStates(ctx)
	if err != nil {
		return linking.Figures{}, fmt.Errorf("count links: %w", err)
	}
	stances, err := s.db.q.LinkingStances(ctx)
	if err != nil {
		return linking.Figures{}, fmt.Errorf("count spaces: %w", err)
	}
	places, err := s.db.q.LinkingPlaces(ctx, since)
	if err != nil {
		return linking.Figures{}, fmt.Errorf("count places: %w", err)
	}
	return figures(states, stances, places), nil
}

// Unbegun returns ready or active spaces without a search.
func (s *LinkingStore) Unbegun(ctx context.Context, limit int) ([]int64, error) {
	return s.db.q.LinkingUnbegun(ctx, int32(limit)) //nolint:gosec // bounded by the schedule
}

// Askable returns the spaces that said "none yet" and whose time has come.
func (s *LinkingStore) Askable(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	return s.db.q.LinkingAskable(ctx, dbsqlc.LinkingAskableParams{Now: now, UpTo: int32(limit)}) //nolint:gosec // bounded by the schedule
}

// Unlooked returns the spaces that choose and were not looked at since.
func (s *LinkingStore) Unlooked(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	return s.db.q.LinkingUnlooked(ctx, dbsqlc.LinkingUnlookedParams{Before: before, UpTo: int32(limit)}) //nolint:gosec // bounded by the schedule
}

// SeekingNext returns the spaces for which the next is to be asked.
func (s *LinkingStore) SeekingNext(ctx context.Context, limit int) ([]int64, error) {
	return s.db.q.LinkingSeeking(ctx, int32(limit)) //nolint:gosec // bounded by the schedule
}

// Pendings returns all proposals.
func (s *LinkingStore) Pendings(ctx context.Context) ([]linking.Pending, error) {
	rows, err := s.db.q.LinkingPendings(ctx)
	return mapped(rows, err, pending)
}

// Overdue returns proposals whose time is over.
func (s *LinkingStore) Overdue(ctx context.Context, now time.Time, limit int) ([]linking.Pending, error) {
	rows, err := s.db.q.LinkingOverdue(ctx, dbsqlc.LinkingOverdueParams{Now: now, UpTo: int32(limit)}) //nolint:gosec // bounded by the schedule
	return mapped(rows, err, func(r dbsqlc.LinkingOverdueRow) linking.Pending {
		return pending(dbsqlc.LinkingPendingsRow{
			ID: r.ID, SpaceID: r.SpaceID, ProviderID: r.ProviderID, ProposedAt: r.ProposedAt, DueAt: r.DueAt, RemindAt: r.RemindAt,
		})
	})
}

// Orphans returns links of spaces that close and of providers that were refused.
func (s *LinkingStore) Orphans(ctx context.Context, limit int) ([]linking.Link, error) {
	rows, err := s.db.q.LinkingOrphans(ctx, int32(limit)) //nolint:gosec // bounded by the schedule
	return mapped(rows, err, func(r dbsqlc.LinkingOrphansRow) linking.Link { return supportLink(dbsqlc.LinkingLinkRow(r)) })
}

// Forgettable returns forgotten spaces about whose support words are left.
func (s *LinkingStore) Forgettable(ctx context.Context, limit int) ([]int64, error) {
	return s.db.q.LinkingForgettable(ctx, int32(limit)) //nolint:gosec // bounded by the schedule
}
