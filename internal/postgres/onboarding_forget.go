package postgres

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres/dbsqlc"
)

// Earlier returns the confirmed applications before the given one that came from the same address, latest first.
func (s *OnboardingStore) Earlier(
	ctx context.Context, before int64, address string, hash []byte, limit int,
) ([]onboarding.Earlier, error) {
	rows, err := s.db.q.EarlierApplications(ctx, dbsqlc.EarlierApplicationsParams{
		Before: before, Email: address, Hash: hash, UpTo: int32(limit), //nolint:gosec // a constant of the service
	})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Earlier, 0, len(rows))
	for _, r := range rows {
		out = append(out, onboarding.Earlier{
			PublicID: r.PublicID, State: onboarding.State(r.State), At: r.At, Forgotten: r.Forgotten,
		})
	}
	return out, nil
}

func (t onboardingTx) LockForgettable(
	ctx context.Context, keep time.Duration, limit int,
) ([]onboarding.Forgettable, error) {
	rows, err := t.q.LockForgettableApplications(ctx, dbsqlc.LockForgettableApplicationsParams{
		KeepSeconds: keep.Seconds(), UpTo: int32(limit), //nolint:gosec // a constant of the service
	})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]onboarding.Forgettable, 0, len(rows))
	for _, r := range rows {
		out = append(out, onboarding.Forgettable(r))
	}
	return out, nil
}

func (t onboardingTx) Forget(ctx context.Context, applications []int64, hashes [][]byte) error {
	if err := t.q.ForgetApplications(ctx, dbsqlc.ForgetApplicationsParams{Ids: applications, Hashes: hashes}); err != nil {
		return fmt.Errorf("update the applications: %w", err)
	}
	if err := t.q.ForgetReasons(ctx, applications); err != nil {
		return fmt.Errorf("update the batches: %w", err)
	}
	if err := t.dropLinks(ctx, applications, identity.PurposeConfirm); err != nil {
		return err
	}
	return t.dropMails(ctx, applications, onboarding.LettersOfApplication()...)
}

func (t onboardingTx) ForgetLetters(ctx context.Context, applications []int64) error {
	if len(applications) == 0 {
		return nil
	}
	if err := t.q.ForgetRecipients(ctx, dbsqlc.ForgetRecipientsParams{
		Purposes: []string{string(identity.PurposeConfirm)}, Refs: applications,
	}); err != nil {
		return fmt.Errorf("update the links: %w", err)
	}
	return t.dropMails(ctx, applications, onboarding.LettersOfApplication()...)
}

func (t onboardingTx) ForgetPeople(ctx context.Context, people []int64) error {
	return t.forgetPeople(ctx, people)
}

// forgetPeople deletes those to whom nothing refers any more and who are no staff, with sessions, links and mails.
func (t *txn) forgetPeople(ctx context.Context, people []int64) error {
	if len(people) == 0 {
		return nil
	}
	if err := t.q.LockPeople(ctx, people); err != nil {
		return fmt.Errorf("lock the people: %w", err)
	}
	gone, err := t.q.ForgetPeople(ctx, people)
	if err != nil {
		return fmt.Errorf("delete the people: %w", err)
	}
	if err := t.dropLinks(ctx, gone, identity.PurposeSignIn); err != nil {
		return err
	}
	return t.dropMails(ctx, gone, identity.LetterSignIn)
}

// dropMails deletes the mails of the templates about the rows. It reads all mails: what forgets runs once a day.
func (t *txn) dropMails(ctx context.Context, refs []int64, templates ...string) error {
	if err := t.q.DropMailsAbout(ctx, dbsqlc.DropMailsAboutParams{Templates: templates, Refs: refs}); err != nil {
		return fmt.Errorf("delete the mails: %w", err)
	}
	return nil
}

func (t *txn) dropLinks(ctx context.Context, refs []int64, purposes ...identity.Purpose) error {
	if err := t.q.DropLinksTo(ctx, dbsqlc.DropLinksToParams{Purposes: texts(purposes), Refs: refs}); err != nil {
		return fmt.Errorf("delete the links: %w", err)
	}
	return nil
}
