package postgres

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/onboarding"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/provisioning"
)

// OnboardingStore keeps plans, campaigns, applications and batches.
type OnboardingStore struct{ db *DB }

var _ onboarding.Store = (*OnboardingStore)(nil)

// Onboarding returns onboarding's store.
func (db *DB) Onboarding() *OnboardingStore { return &OnboardingStore{db: db} }

// InTx runs fn in one transaction.
func (s *OnboardingStore) InTx(ctx context.Context, fn func(onboarding.Tx) error) error {
	return s.db.inTx(ctx, func(t *txn) error { return fn(onboardingTx{linkTx{t}}) })
}

// Plans returns all plans by name.
func (s *OnboardingStore) Plans(ctx context.Context) ([]onboarding.Plan, error) {
	rows, err := s.db.q.Plans(ctx)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Plan, 0, len(rows))
	for _, r := range rows {
		out = append(out, plan(r))
	}
	return out, nil
}

// Campaigns returns all campaigns, latest opening first.
func (s *OnboardingStore) Campaigns(ctx context.Context) ([]onboarding.Campaign, error) {
	rows, err := s.db.q.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Campaign, 0, len(rows))
	for _, r := range rows {
		out = append(out, campaign(r.Campaign, r.Plan))
	}
	return out, nil
}

// Campaign returns the campaign of the id.
func (s *OnboardingStore) Campaign(ctx context.Context, id int64) (onboarding.Campaign, error) {
	r, err := s.db.q.Campaign(ctx, id)
	if err != nil {
		return onboarding.Campaign{}, onboardingErr(err)
	}
	return campaign(r.Campaign, r.Plan), nil
}

// Figures counts the places that are held and those who wait for one.
func (s *OnboardingStore) Figures(ctx context.Context, id int64) (taken, waiting int, err error) {
	held, err := s.db.q.Taken(ctx, id)
	if err != nil {
		return 0, 0, fmt.Errorf("query: %w", err)
	}
	queue, err := s.db.q.Waiting(ctx, id)
	if err != nil {
		return 0, 0, fmt.Errorf("query: %w", err)
	}
	return int(held), int(queue), nil
}

// Crowded returns the campaigns that have a free place and somebody waiting for it.
func (s *OnboardingStore) Crowded(ctx context.Context) ([]int64, error) { return s.db.q.Crowded(ctx) }

// Application returns the application of the id.
func (s *OnboardingStore) Application(ctx context.Context, id int64) (onboarding.Application, error) {
	r, err := s.db.q.Application(ctx, id)
	if err != nil {
		return onboarding.Application{}, onboardingErr(err)
	}
	return application(r.Application), nil
}

// ApplicationByFormKey returns the application that the form made.
func (s *OnboardingStore) ApplicationByFormKey(ctx context.Context, key string) (onboarding.Application, error) {
	r, err := s.db.q.ApplicationByFormKey(ctx, key)
	if err != nil {
		return onboarding.Application{}, onboardingErr(err)
	}
	return application(r.Application), nil
}

// Status returns the application of the public id as its lead sees it.
func (s *OnboardingStore) Status(ctx context.Context, publicID string) (onboarding.Status, error) {
	out, err := s.statuses(ctx, dbsqlc.ApplicationStatusesParams{PublicID: &publicID})
	if err != nil {
		return onboarding.Status{}, err
	}
	if len(out) == 0 {
		return onboarding.Status{}, onboarding.ErrNotFound
	}
	return out[0], nil
}

// StatusesOf returns the applications of the lead, latest first.
func (s *OnboardingStore) StatusesOf(ctx context.Context, personID int64) ([]onboarding.Status, error) {
	return s.statuses(ctx, dbsqlc.ApplicationStatusesParams{PersonID: &personID})
}

func (s *OnboardingStore) statuses(ctx context.Context, p dbsqlc.ApplicationStatusesParams) ([]onboarding.Status, error) {
	rows, err := s.db.q.ApplicationStatuses(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Status, 0, len(rows))
	for _, r := range rows {
		out = append(out, onboarding.Status{
			Application: application(r.Application), BeingDecided: r.BeingDecided, Position: int(r.Position),
			Space: became(r.SpacePublicID, r.SpaceState, r.SpaceBlocked),
		})
	}
	return out, nil
}

// TakenSlugs returns those that a live application or any space has.
func (s *OnboardingStore) TakenSlugs(ctx context.Context, among []string) ([]string, error) {
	return s.db.q.TakenSlugs(ctx, among)
}

// Batch returns the batch of the id.
func (s *OnboardingStore) Batch(ctx context.Context, id int64) (onboarding.Batch, error) {
	r, err := s.db.q.Batch(ctx, id)
	if err != nil {
		return onboarding.Batch{}, onboardingErr(err)
	}
	return shownBatch(r), nil
}

// Batches returns those that are not done and the latest of those that are, latest first.
func (s *OnboardingStore) Batches(ctx context.Context, done int) ([]onboarding.Batch, error) {
	rows, err := s.db.q.Batches(ctx, int32(done)) //nolint:gosec // a constant of the service
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Batch, 0, len(rows))
	for _, r := range rows {
		out = append(out, shownBatch(dbsqlc.BatchRow(r)))
	}
	return out, nil
}

// BatchMembers returns the applications of the batch, with the spaces they became.
func (s *OnboardingStore) BatchMembers(ctx context.Context, id int64) ([]onboarding.Member, error) {
	rows, err := s.db.q.BatchMembers(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Member, 0, len(rows))
	for _, r := range rows {
		m := member(dbsqlc.LockMembersRow{
			ID: r.ID, PublicID: r.PublicID, Association: r.Association, State: r.State, BatchID: r.BatchID,
		})
		m.Space = became(r.SpacePublicID, r.SpaceState, r.SpaceBlocked)
		out = append(out, m)
	}
	return out, nil
}

// became returns the space of an application, nil while there is none.
func became(publicID, state *string, blocked bool) *onboarding.Space {
	if publicID == nil || state == nil {
		return nil
	}
	return &onboarding.Space{PublicID: *publicID, State: provisioning.State(*state), Blocked: blocked}
}

func onboardingErr(err error) error { return rowErr(err, onboarding.ErrNotFound) }

func plan(r dbsqlc.Plan) onboarding.Plan {
	p := onboarding.Plan{
		ID: r.ID, Name: r.Name, Limits: provisioning.Plan{
			TotalBytes: r.TotalBytes, Accounts: int(r.AccountLimit), PersonalBytes: r.PersonalBytes,
		},
	}
	for _, suite := range r.Suites {
		p.Suites = append(p.Suites, provisioning.Suite(suite))
	}
	return p
}

func campaign(c dbsqlc.Campaign, p dbsqlc.Plan) onboarding.Campaign {
	return onboarding.Campaign{
		ID: c.ID, Name: c.Name, Plan: plan(p), OpensAt: c.OpensAt, ClosesAt: c.ClosesAt, Capacity: int(c.Capacity),
	}
}

func application(r dbsqlc.Application) onboarding.Application {
	return onboarding.Application{
		ID: r.ID, PublicID: r.PublicID, CampaignID: r.CampaignID, State: onboarding.State(r.State),
		Association: r.Association, Object: r.Object, LeadName: r.LeadName, LeadEmail: r.LeadEmail,
		PersonID: idOrZero(r.PersonID), Accounts: int(r.ExpectedAccounts), Suite: provisioning.Suite(r.Suite),
		Slug: r.Slug, Region: r.Region, Help: named[string](r.Help), Lang: r.Lang, BatchID: idOrZero(r.BatchID), RejectReason: r.RejectReason, MailTrouble: r.MailTrouble,
		CreatedAt: r.CreatedAt, ConfirmedAt: timeOrZero(r.ConfirmedAt), DecidedAt: timeOrZero(r.DecidedAt),
		ForgottenAt: timeOrZero(r.ForgottenAt),
	}
}

func batch(r dbsqlc.Batch) onboarding.Batch {
	return onboarding.Batch{
		ID: r.ID, State: onboarding.BatchState(r.State), Decision: onboarding.Decision(r.Decision),
		Reason: r.Reason, Notify: r.Notify, Size: int(r.Size), CreatedAt: r.CreatedAt,
		DecidedAt: timeOrZero(r.DecidedAt), ReleaseAt: timeOrZero(r.ReleaseAt),
		ReleasedAt: timeOrZero(r.ReleasedAt), DoneAt: timeOrZero(r.DoneAt),
	}
}

func shownBatch(r dbsqlc.BatchRow) onboarding.Batch {
	b := batch(r.Batch)
	b.CreatedBy, b.DecidedBy = r.CreatedByName, r.DecidedByName
	b.ReleaseIn = max(0, time.Duration(r.ReleaseIn*float64(time.Second)))
	return b
}

func member(r dbsqlc.LockMembersRow) onboarding.Member {
	return onboarding.Member{
		ID: r.ID, PublicID: r.PublicID, Association: r.Association, State: onboarding.State(r.State), BatchID: idOrZero(r.BatchID),
	}
}
