package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// Confirm spends the link that proves the address, claims the slug (or the given one instead, when it is not empty), and
// takes the application to submitted, or to waitlisted when the campaign is full. Done already, it answers the same
// application. Returns the errors of identity's Open; problem.Invalid for a slug that is none; problem.Conflict when the
// slug is taken, with a free one as the value "proposal": then nothing is spent.
func (s *Service) Confirm(ctx context.Context, token, slug string) (Application, error) {
	slug = strings.TrimSpace(slug)
	if slug != "" && (!ValidSlug(slug) || Reserved(slug)) {
		field, _, err := s.checkSlug(ctx, slug)
		if err != nil {
			return Application{}, err
		}
		return Application{}, &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Fields: []problem.Field{field}}
	}
	var a Application
	err := s.store.InTx(ctx, func(tx Tx) error {
		l, spent := s.id.Spend(ctx, tx, token, identity.PurposeConfirm)
		if spent != nil && !problem.Is(spent, problem.Gone) {
			return spent
		}
		c, found, err := s.lockForConfirmation(ctx, tx, l)
		if err != nil {
			return err
		}
		a = found
		switch {
		case !a.ConfirmedAt.IsZero(): // by the first of two clicks, or by another link
			return nil
		case spent != nil:
			return spent
		default:
			return s.confirm(ctx, tx, c, &a, slug)
		}
	})
	if errors.Is(err, ErrTaken) {
		return Application{}, s.slugTaken(ctx, a.Slug)
	}
	if err != nil {
		return Application{}, err
	}
	return a, nil
}

// lockForConfirmation locks the campaign and the application of a link, and refuses a link that went to an address which
// was corrected since.
func (s *Service) lockForConfirmation(ctx context.Context, tx Tx, l identity.Link) (Campaign, Application, error) {
	c, a, err := s.lock(ctx, tx, l.Ref)
	if err != nil {
		return Campaign{}, Application{}, err
	}
	if a.ForgottenAt.IsZero() && !strings.EqualFold(l.Recipient, a.LeadEmail) {
		return Campaign{}, Application{}, problem.New(problem.NotFound, "problem.link_unknown")
	}
	return c, a, nil
}

// lock locks an application after its campaign, as whoever may free or take a place must.
func (s *Service) lock(ctx context.Context, tx Tx, id int64) (Campaign, Application, error) {
	a, err := tx.Application(ctx, id) // its campaign never changes
	if err != nil {
		return Campaign{}, Application{}, known(err, "read the application")
	}
	c, err := tx.LockCampaign(ctx, a.CampaignID)
	if err != nil {
		return Campaign{}, Application{}, fmt.Errorf("lock the campaign: %w", err)
	}
	if a, err = tx.LockApplication(ctx, id); err != nil {
		return Campaign{}, Application{}, fmt.Errorf("lock the application: %w", err)
	}
	return c, a, nil
}

func (s *Service) confirm(ctx context.Context, tx Tx, c Campaign, a *Application, slug string) error {
	if a.State != Unconfirmed {
		return problem.New(problem.Gone, "problem.application_expired")
	}
	if slug != "" {
		a.Slug = slug
	}
	left, err := s.promote(ctx, tx, c) // whoever waits is served before whoever comes
	if err != nil {
		return err
	}
	template := LetterReceived
	a.State, a.ConfirmedAt = Submitted, s.now()
	if left <= 0 {
		a.State, template = Waitlisted, LetterWaitlisted
	}
	if a.PersonID, err = tx.PersonFor(ctx, a.LeadEmail, a.LeadName, a.Lang); err != nil {
		return fmt.Errorf("make the lead known: %w", err)
	}
	if err := tx.Confirm(ctx, Confirmation{
		ID: a.ID, To: a.State, PersonID: a.PersonID, Slug: a.Slug, Search: searchText(*a), At: a.ConfirmedAt,
	}); err != nil {
		return fmt.Errorf("confirm the application: %w", err)
	}
	if err := tx.Enqueue(ctx, a.letter(template, fmt.Sprintf("confirmed:%d", a.ID))); err != nil {
		return fmt.Errorf("mail the lead: %w", err)
	}
	return tx.Audit(ctx, identity.Entry{
		Actor: identity.ActorPerson, ActorID: a.PersonID, Action: "application.confirmed",
		Subject: "application", SubjectID: a.ID, Data: map[string]any{"state": string(a.State)},
	})
}

// slugTaken is the refusal of a slug that somebody else has.
func (s *Service) slugTaken(ctx context.Context, slug string) error {
	_, proposal, err := s.SlugFree(ctx, slug)
	if err != nil {
		return err
	}
	return problem.New(problem.Conflict, "problem.slug_taken").With("slug", slug).With("proposal", proposal)
}
