package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/provisioning"
)

// ProvisioningStore is provisioning.Store on PostgreSQL.
type ProvisioningStore struct{ db *DB }

// Provisioning returns the store of hosts, spaces and accounts.
func (db *DB) Provisioning() *ProvisioningStore { return &ProvisioningStore{db: db} }

var _ provisioning.Store = (*ProvisioningStore)(nil)

// InTx runs fn in one transaction.
func (s *ProvisioningStore) InTx(ctx context.Context, fn func(provisioning.Tx) error) error {
	return s.db.inTx(ctx, func(t *txn) error { return fn(provisioningTx{t}) })
}

// missing turns pgx's "no rows" into provisioning's.
func missing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return provisioning.ErrNotFound
	}
	return err
}

// AcquireLease takes the space for holder.
func (s *ProvisioningStore) AcquireLease(ctx context.Context, spaceID int64, holder string, ttl time.Duration) (provisioning.Lease, error) {
	n, err := s.db.q.AcquireLease(ctx, dbsqlc.AcquireLeaseParams{ID: spaceID, Holder: &holder, Ttl: ttl.Seconds()})
	if errors.Is(err, pgx.ErrNoRows) {
		if _, err := s.db.q.GetSpace(ctx, spaceID); err != nil {
			return provisioning.Lease{}, fmt.Errorf("look for the space: %w", missing(err))
		}
		return provisioning.Lease{}, provisioning.ErrHeld
	}
	if err != nil {
		return provisioning.Lease{}, fmt.Errorf("acquire a lease: %w", err)
	}
	return provisioning.Lease{SpaceID: spaceID, Holder: holder, Number: n}, nil
}

// ReleaseLease gives the space back.
func (s *ProvisioningStore) ReleaseLease(ctx context.Context, l provisioning.Lease) error {
	err := s.db.q.ReleaseLease(ctx, dbsqlc.ReleaseLeaseParams{ID: l.SpaceID, Holder: l.Holder, Number: l.Number})
	return wrap("release a lease", err)
}

// AcquireSlot takes a free slot of the host.
func (s *ProvisioningStore) AcquireSlot(ctx context.Context, hostID int64, holder string, personal bool, ttl time.Duration) (provisioning.Slot, error) {
	n, err := s.db.q.AcquireSlot(ctx, dbsqlc.AcquireSlotParams{HostID: hostID, Holder: holder, Personal: personal, Ttl: ttl.Seconds()})
	if errors.Is(err, pgx.ErrNoRows) {
		return provisioning.Slot{}, provisioning.ErrNoSlot
	}
	if err != nil {
		return provisioning.Slot{}, fmt.Errorf("acquire a slot: %w", err)
	}
	return provisioning.Slot{HostID: hostID, Number: int(n), Holder: holder}, nil
}

// ReleaseSlot gives a slot back.
func (s *ProvisioningStore) ReleaseSlot(ctx context.Context, sl provisioning.Slot) error {
	err := s.db.q.ReleaseSlot(ctx, dbsqlc.ReleaseSlotParams{HostID: sl.HostID, Number: int32(sl.Number), Holder: sl.Holder}) //nolint:gosec // at most 64
	return wrap("release a slot", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, missing(err))
}

// Space returns a space by its id.
func (s *ProvisioningStore) Space(ctx context.Context, id int64) (provisioning.Space, error) {
	r, err := s.db.q.GetSpace(ctx, id)
	if err != nil {
		return provisioning.Space{}, wrap("get a space", err)
	}
	return spaceOf(r.Space)
}

// SpaceByPublicID returns a space by its opaque id.
func (s *ProvisioningStore) SpaceByPublicID(ctx context.Context, publicID string) (provisioning.Space, error) {
	r, err := s.db.q.GetSpaceByPublicID(ctx, publicID)
	if err != nil {
		return provisioning.Space{}, wrap("get a space", err)
	}
	return spaceOf(r.Space)
}

// NextTry is when the space may be worked on again.
func (s *ProvisioningStore) NextTry(ctx context.Context, id int64) (time.Duration, error) {
	secs, err := s.db.q.NextTry(ctx, id)
	if err != nil {
		return 0, wrap("read the next try", err)
	}
	return time.Duration(secs * float64(time.Second)), nil
}

// Steps returns what is known of a space's effects.
func (s *ProvisioningStore) Steps(ctx context.Context, spaceID int64) ([]provisioning.Step, error) {
	rows, err := s.db.q.ListSteps(ctx, spaceID)
	if err != nil {
		return nil, wrap("list steps", err)
	}
	out := make([]provisioning.Step, len(rows))
	for i, r := range rows {
		out[i] = stepOf(r.Step)
	}
	return out, nil
}

// Accounts returns a space's accounts, the lead first.
func (s *ProvisioningStore) Accounts(ctx context.Context, spaceID int64) ([]provisioning.Account, error) {
	return accountsOf(ctx, s.db.q, spaceID)
}

func accountsOf(ctx context.Context, q *dbsqlc.Queries, spaceID int64) ([]provisioning.Account, error) {
	rows, err := q.ListAccounts(ctx, spaceID)
	if err != nil {
		return nil, wrap("list accounts", err)
	}
	out := make([]provisioning.Account, len(rows))
	for i, r := range rows {
		out[i] = accountOf(r.Account)
	}
	return out, nil
}

// Account returns an account by its id.
func (s *ProvisioningStore) Account(ctx context.Context, id int64) (provisioning.Account, error) {
	r, err := s.db.q.GetAccount(ctx, id)
	if err != nil {
		return provisioning.Account{}, wrap("get an account", err)
	}
	return accountOf(r.Account), nil
}

// ActiveAccounts returns the active accounts of an address.
func (s *ProvisioningStore) ActiveAccounts(ctx context.Context, email string) ([]provisioning.Account, error) {
	rows, err := s.db.q.ListActiveAccounts(ctx, email)
	if err != nil {
		return nil, wrap("list accounts of an address", err)
	}
	out := make([]provisioning.Account, len(rows))
	for i, r := range rows {
		out[i] = accountOf(r.Account)
	}
	return out, nil
}

// Reading returns the latest reading of a space.
func (s *ProvisioningStore) Reading(ctx context.Context, spaceID int64) (provisioning.Reading, error) {
	return readingIn(ctx, s.db.q, spaceID)
}

func readingIn(ctx context.Context, q *dbsqlc.Queries, spaceID int64) (provisioning.Reading, error) {
	r, err := q.GetReading(ctx, spaceID)
	if err != nil {
		return provisioning.Reading{}, wrap("get a reading", err)
	}
	return readingOf(r.QuotaBytes, r.UsedBytes, r.Accounts, r.ReadAt), nil
}

// Trail returns the latest lines of a space's audit trail, newest first.
func (s *ProvisioningStore) Trail(ctx context.Context, spaceID int64) ([]provisioning.TrailLine, error) {
	rows, err := s.db.q.ListTrail(ctx, spaceID)
	if err != nil {
		return nil, wrap("list the trail", err)
	}
	out := make([]provisioning.TrailLine, len(rows))
	for i, r := range rows {
		out[i] = provisioning.TrailLine{At: r.At, Actor: r.Actor, Action: r.Action}
		if err := json.Unmarshal(r.Data, &out[i].Data); err != nil {
			return nil, fmt.Errorf("read an audit entry: %w", err)
		}
	}
	return out, nil
}

// Host returns a host by its id.
func (s *ProvisioningStore) Host(ctx context.Context, id int64) (provisioning.Host, error) {
	r, err := s.db.q.GetHost(ctx, id)
	if err != nil {
		return provisioning.Host{}, wrap("get a host", err)
	}
	return hostOf(r.Host, r.Spaces)
}

// HostByName returns a host by its name.
func (s *ProvisioningStore) HostByName(ctx context.Context, name string) (provisioning.Host, error) {
	r, err := s.db.q.GetHostByName(ctx, name)
	if err != nil {
		return provisioning.Host{}, wrap("get a host", err)
	}
	return hostOf(r.Host, r.Spaces)
}

// Hosts returns all hosts by name.
func (s *ProvisioningStore) Hosts(ctx context.Context) ([]provisioning.Host, error) {
	rows, err := s.db.q.ListHosts(ctx)
	if err != nil {
		return nil, wrap("list hosts", err)
	}
	out := make([]provisioning.Host, len(rows))
	for i, r := range rows {
		if out[i], err = hostOf(r.Host, r.Spaces); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// HostsToProbe returns the hosts that were away and may be back.
func (s *ProvisioningStore) HostsToProbe(ctx context.Context) ([]int64, error) {
	ids, err := s.db.q.ListHostsToProbe(ctx)
	return ids, wrap("list hosts to probe", err)
}

// SpacesOf returns the spaces that a person leads.
func (s *ProvisioningStore) SpacesOf(ctx context.Context, personID int64) ([]provisioning.Space, error) {
	rows, err := s.db.q.ListSpacesOfPerson(ctx, personID)
	if err != nil {
		return nil, wrap("list a person's spaces", err)
	}
	out := make([]provisioning.Space, len(rows))
	for i, r := range rows {
		if out[i], err = spaceOf(r.Space); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SpacesList returns spaces with their figures, newest first.
func (s *ProvisioningStore) SpacesList(ctx context.Context, f provisioning.SpaceFilter) ([]provisioning.SpaceLine, error) {
	states := make([]string, len(f.States))
	for i, st := range f.States {
		states[i] = string(st)
	}
	rows, err := s.db.q.ListSpaces(ctx, dbsqlc.ListSpacesParams{States: states, HostID: f.HostID, Query: f.Query, After: f.After,
		MaxRows: int32(f.Limit)}) //nolint:gosec // at most 200
	if err != nil {
		return nil, wrap("list spaces", err)
	}
	out := make([]provisioning.SpaceLine, len(rows))
	for i, r := range rows {
		sp, err := spaceOf(r.Space)
		if err != nil {
			return nil, err
		}
		out[i] = provisioning.SpaceLine{Space: sp, HostName: r.HostName, Seats: int(r.Seats)}
		if r.ReadAt != nil {
			out[i].Reading = readingOf(r.QuotaBytes, r.UsedBytes, r.Members, *r.ReadAt)
		}
	}
	return out, nil
}

// FailureGroups returns what is blocked by host and cause, and the hosts that are away with who waits for them.
func (s *ProvisioningStore) FailureGroups(ctx context.Context) ([]provisioning.FailureGroup, error) {
	ailing, err := s.db.q.ListAilingHosts(ctx)
	if err != nil {
		return nil, wrap("list ailing hosts", err)
	}
	blocked, err := s.db.q.ListBlockedGroups(ctx)
	if err != nil {
		return nil, wrap("list blocked spaces", err)
	}
	out := make([]provisioning.FailureGroup, 0, len(ailing)+len(blocked))
	for _, r := range ailing {
		g := provisioning.FailureGroup{HostID: r.ID, HostName: r.Name, Cause: provisioning.Cause(r.Health), Count: int(r.Spaces), Since: r.HealthSince}
		for i, id := range r.PublicIds {
			g.Spaces = append(g.Spaces, provisioning.SpaceRef{PublicID: id, Name: r.Names[i]})
		}
		out = append(out, g)
	}
	for _, r := range blocked {
		g := provisioning.FailureGroup{HostID: r.HostID, HostName: r.HostName, Cause: provisioning.Cause(r.Cause), Count: int(r.Spaces), Since: r.Since, Step: r.Steps[0]}
		for i, id := range r.PublicIds {
			g.Spaces = append(g.Spaces, provisioning.SpaceRef{PublicID: id, Name: r.Names[i], Step: r.Steps[i]})
		}
		out = append(out, g)
	}
	return out, nil
}

// ReadingKeys returns the living spaces of a host with what a sweep joins them by.
func (s *ProvisioningStore) ReadingKeys(ctx context.Context, hostID int64) ([]provisioning.ReadingKey, error) {
	rows, err := s.db.q.ListReadingKeys(ctx, hostID)
	if err != nil {
		return nil, wrap("list spaces to read", err)
	}
	out := make([]provisioning.ReadingKey, len(rows))
	for i, r := range rows {
		out[i] = provisioning.ReadingKey{SpaceID: r.ID, FolderID: r.FolderID, GroupID: provisioning.Space{Slug: r.Slug}.GroupID()}
	}
	return out, nil
}
