package postgres

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// DirectoryStore keeps the referenced providers.
type DirectoryStore struct{ db *DB }

var _ directory.Store = (*DirectoryStore)(nil)

// Directory returns the directory's store.
func (db *DB) Directory() *DirectoryStore { return &DirectoryStore{db: db} }

// InTx runs fn in one transaction.
func (s *DirectoryStore) InTx(ctx context.Context, fn func(directory.Tx) error) error {
	return s.db.inTx(ctx, func(t *txn) error { return fn(directoryTx{linkTx{t}}) })
}

// Listing returns the listed and paused providers, with the text in which each is searched.
func (s *DirectoryStore) Listing(ctx context.Context, now time.Time) ([]directory.Listing, error) {
	rows, err := s.db.q.DirectoryProviders(ctx, dbsqlc.DirectoryProvidersParams{
		Now: now, States: texts([]directory.State{directory.Listed, directory.Paused}), ForAll: true,
	})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]directory.Listing, 0, len(rows))
	for _, r := range rows {
		out = append(out, directory.Listing{Provider: directoryProvider(r), Search: r.Provider.Search})
	}
	return out, nil
}

// Provider returns the provider of the id.
func (s *DirectoryStore) Provider(ctx context.Context, id int64, now time.Time) (directory.Provider, error) {
	return oneProvider(ctx, s.db.q, dbsqlc.DirectoryProvidersParams{Now: now, Ids: []int64{id}})
}

// ByPublicID returns the provider of the public id.
func (s *DirectoryStore) ByPublicID(ctx context.Context, publicID string, now time.Time) (directory.Provider, error) {
	return oneProvider(ctx, s.db.q, dbsqlc.DirectoryProvidersParams{Now: now, PublicID: &publicID})
}

// BySlug returns the provider of the slug.
func (s *DirectoryStore) BySlug(ctx context.Context, slug string, now time.Time) (directory.Provider, error) {
	return oneProvider(ctx, s.db.q, dbsqlc.DirectoryProvidersParams{Now: now, Slug: &slug})
}

// ByFormKey returns the provider that the form made.
func (s *DirectoryStore) ByFormKey(ctx context.Context, key string, now time.Time) (directory.Provider, error) {
	return oneProvider(ctx, s.db.q, dbsqlc.DirectoryProvidersParams{Now: now, FormKey: &key})
}

// InStates returns the providers in the states whose address is confirmed, the first confirmed first.
func (s *DirectoryStore) InStates(ctx context.Context, states []directory.State, now time.Time) ([]directory.Provider, error) {
	rows, err := s.db.q.DirectoryProviders(ctx, dbsqlc.DirectoryProvidersParams{Now: now, States: texts(states)})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return directoryProviders(rows), nil
}

// Memberships returns the listed and paused providers that the person belongs to, or is invited to.
func (s *DirectoryStore) Memberships(ctx context.Context, personID int64, now time.Time) ([]directory.Membership, error) {
	rows, err := s.db.q.DirectoryMemberships(ctx, personID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	own, ids := make(map[int64]directory.Membership, len(rows)), make([]int64, 0, len(rows))
	for _, r := range rows {
		own[r.ProviderID] = directory.Membership{Manager: r.Manager, Joined: r.Joined}
		ids = append(ids, r.ProviderID)
	}
	found, err := s.db.q.DirectoryProviders(ctx, dbsqlc.DirectoryProvidersParams{Now: now, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]directory.Membership, 0, len(found))
	for _, p := range directoryProviders(found) {
		m := own[p.ID]
		m.Provider = p
		out = append(out, m)
	}
	return out, nil
}

// Projects returns the provider's projects, the latest first.
func (s *DirectoryStore) Projects(ctx context.Context, providerID int64) ([]directory.Project, error) {
	return providerProjects(ctx, s.db.q, providerID)
}

// PublicProjects returns the public projects of each of the providers, the latest first.
func (s *DirectoryStore) PublicProjects(ctx context.Context, providerIDs []int64) (map[int64][]directory.Project, error) {
	rows, err := s.db.q.DirectoryPublicProjects(ctx, providerIDs)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make(map[int64][]directory.Project, len(providerIDs))
	for _, r := range rows {
		out[r.ProviderID] = append(out[r.ProviderID], directory.Project{
			ID: r.ID, Association: r.Association, Year: int(r.Year), Summary: r.Summary, Public: true,
		})
	}
	return out, nil
}

// Notes returns the exchange about an application, oldest first.
func (s *DirectoryStore) Notes(ctx context.Context, providerID int64) ([]directory.Note, error) {
	rows, err := s.db.q.DirectoryNotes(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]directory.Note, 0, len(rows))
	for _, r := range rows {
		out = append(out, directory.Note{ByTeam: r.ByTeam, Body: r.Body, At: r.CreatedAt})
	}
	return out, nil
}

// Members returns who belongs to the provider, managers first.
func (s *DirectoryStore) Members(ctx context.Context, providerID int64) ([]directory.Member, error) {
	return providerMembers(ctx, s.db.q, providerID)
}

// Pauses returns the provider's rests that are not over at a time.
func (s *DirectoryStore) Pauses(ctx context.Context, providerID int64, notOverAt time.Time) ([]directory.Pause, error) {
	return providerPauses(ctx, s.db.q, providerID, notOverAt)
}

// Tendable returns the providers of which something is due.
func (s *DirectoryStore) Tendable(ctx context.Context, now, confirmedBefore, askedBefore time.Time) ([]int64, error) {
	ids, err := s.db.q.DirectoryTendable(ctx, dbsqlc.DirectoryTendableParams{
		Now: now, ConfirmedBefore: confirmedBefore, AskedBefore: askedBefore,
	})
	return ids, wrap("query", err)
}

// oneProvider returns the only provider that the filter lets through, or ErrNotFound.
func oneProvider(ctx context.Context, q *dbsqlc.Queries, filter dbsqlc.DirectoryProvidersParams) (directory.Provider, error) {
	rows, err := q.DirectoryProviders(ctx, filter)
	if err != nil {
		return directory.Provider{}, fmt.Errorf("query: %w", err)
	}
	if len(rows) == 0 {
		return directory.Provider{}, directory.ErrNotFound
	}
	return directoryProvider(rows[0]), nil
}

func providerProjects(ctx context.Context, q *dbsqlc.Queries, providerID int64) ([]directory.Project, error) {
	rows, err := q.DirectoryProjects(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]directory.Project, 0, len(rows))
	for _, r := range rows {
		out = append(out, directory.Project{
			ID: r.ID, Association: r.Association, Year: int(r.Year), Summary: r.Summary, Proof: r.Proof, Public: r.Public,
		})
	}
	return out, nil
}

func providerMembers(ctx context.Context, q *dbsqlc.Queries, providerID int64) ([]directory.Member, error) {
	rows, err := q.DirectoryMembers(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]directory.Member, 0, len(rows))
	for _, r := range rows {
		out = append(out, directory.Member{
			Person: person(r.ID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt), Manager: r.Manager,
			Invited: r.InvitedAt, Joined: timeOrZero(r.JoinedAt),
		})
	}
	return out, nil
}

func providerPauses(
	ctx context.Context, q *dbsqlc.Queries, providerID int64, notOverAt time.Time,
) ([]directory.Pause, error) {
	rows, err := q.DirectoryPauses(ctx, dbsqlc.DirectoryPausesParams{ProviderID: providerID, NotOverAt: notOverAt})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]directory.Pause, 0, len(rows))
	for _, r := range rows {
		out = append(out, directory.Pause{
			ID: r.ID, Span: support.Span{From: r.FromAt, Until: timeOrZero(r.UntilAt)}, Cause: directory.PauseCause(r.Cause),
		})
	}
	return out, nil
}

func directoryProviders(rows []dbsqlc.DirectoryProvidersRow) []directory.Provider {
	out := make([]directory.Provider, 0, len(rows))
	for _, r := range rows {
		out = append(out, directoryProvider(r))
	}
	return out
}

func directoryProvider(r dbsqlc.DirectoryProvidersRow) directory.Provider {
	p := r.Provider
	kinds := named[support.Kind](p.Kinds)
	return directory.Provider{
		ID: p.ID, PublicID: p.PublicID, Slug: p.Slug, State: directory.State(p.State),
		Profile: directory.Profile{
			Name: p.Name, Structure: support.Structure(p.Structure), People: int(p.People), Town: p.Town,
			Region: support.Region(p.Region), Everywhere: p.Everywhere, Regions: named[support.Region](p.Regions),
			OnSite: p.OnSite, Remote: p.Remote, Kinds: kinds, Sizes: named[support.Size](p.Sizes), Languages: p.Languages,
			Chatons: p.Chatons, Presentation: p.Presentation, Free: p.FreeOffer, Quoted: p.QuotedOffer, Website: p.Website,
			Email: p.ContactEmail, Phone: p.ContactPhone,
		},
		ContactName: p.ContactName, Lang: p.Lang, Capacity: int(p.Capacity), Taken: int(r.Taken),
		ConfirmedAt: timeOrZero(p.ConfirmedAt), Question: p.Question, RefuseReason: p.RefuseReason,
		TechOnly: support.TechnologyOnly(kinds), PausedCause: directory.PauseCause(r.RestCause),
		PausedUntil: timeOrZero(r.RestUntil), CreatedAt: p.CreatedAt, ListedAt: timeOrZero(p.ListedAt),
		ProfileAt: timeOrZero(p.ProfileConfirmedAt), ProfileAsked: timeOrZero(p.ProfileAskedAt),
		LastProposed: timeOrZero(p.ProposedAt), Silent: int(r.Silent), OverduePledge: int(r.Overdue),
	}
}

func directoryErr(err error) error { return rowErr(err, directory.ErrNotFound) }
