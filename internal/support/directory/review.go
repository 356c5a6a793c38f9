package directory

import (
	"context"
	"fmt"
	"slices"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// Review returns the providers in the given states (none: in all) whose address is confirmed, those that wait longest first;
// problem.Forbidden for others than the team.
func (s *Service) Review(ctx context.Context, by identity.Person, states ...State) ([]Provider, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return nil, err
	}
	if len(states) == 0 {
		states = []State{Applied, Listed, Paused, Refused}
	}
	ps, err := s.store.InStates(ctx, states, s.now())
	if err != nil {
		return nil, fmt.Errorf("read the providers: %w", err)
	}
	return ps, nil
}

// Dossier returns a provider with all that the team knows of it, or problem.NotFound; problem.Forbidden for others.
func (s *Service) Dossier(ctx context.Context, publicID string, by identity.Person) (Dossier, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return Dossier{}, err
	}
	p, err := s.find(ctx, publicID)
	if err != nil {
		return Dossier{}, err
	}
	var d Dossier
	if d.Provider, err = s.withProjects(ctx, p); err != nil {
		return Dossier{}, err
	}
	if d.Notes, err = s.Notes(ctx, p.ID); err != nil {
		return Dossier{}, err
	}
	if d.Members, err = s.Members(ctx, p.ID); err != nil {
		return Dossier{}, err
	}
	if d.Pauses, err = s.Pauses(ctx, p.ID); err != nil {
		return Dossier{}, err
	}
	if d.Trail, err = s.id.Trail(ctx, "provider", p.ID); err != nil {
		return Dossier{}, fmt.Errorf("read the provider's trail: %w", err)
	}
	return d, nil
}

// Ask puts a question to an organisation that applied, and mails it. Reviewers may. problem.Invalid, or problem.Conflict when
// it is decided or its address not confirmed. Sent twice with the same key it is one.
func (s *Service) Ask(ctx context.Context, publicID, key, question string, by identity.Person) error {
	if err := by.Must(identity.Reviewer); err != nil {
		return err
	}
	if err := checkKey(key); err != nil {
		return err
	}
	var f form
	question = typed.Paragraphs(question)
	f.length(FieldQuestion, question, questionMin, TextMax)
	if err := f.err(); err != nil {
		return err
	}
	return s.change(ctx, publicID, func(tx Tx, p Provider) error {
		note, err := tx.InsertNote(ctx, p.ID, key, Note{ByTeam: true, Body: question, At: s.now()})
		switch {
		case err != nil:
			return fmt.Errorf("keep the question: %w", err)
		case note == 0: // the other click was quicker
			return nil
		case p.State != Applied:
			return problem.New(problem.Conflict, "problem.provider_decided")
		case p.ConfirmedAt.IsZero():
			return problem.New(problem.Conflict, "problem.provider_unconfirmed")
		}
		if err := tx.Question(ctx, p.ID, question, s.now()); err != nil {
			return fmt.Errorf("put the question: %w", err)
		}
		if err := tx.Enqueue(ctx, p.letter(LetterQuestion, fmt.Sprintf("provider-question:%d", note))); err != nil {
			return fmt.Errorf("mail the question: %w", err)
		}
		return audit(ctx, tx, by, "provider.asked", p.ID, nil)
	})
}

// List accepts an organisation: it is in the directory from now on, its contact its first manager. Admins only.
// A second call answers like the first; problem.Conflict when it was refused meanwhile, or its address is not confirmed.
func (s *Service) List(ctx context.Context, publicID string, by identity.Person) error {
	if err := by.Must(identity.Admin); err != nil {
		return err
	}
	now := s.now()
	return s.change(ctx, publicID, func(tx Tx, p Provider) error {
		switch {
		case p.referenced():
			return nil
		case p.State == Refused:
			return problem.New(problem.Conflict, "problem.provider_decided")
		case p.ConfirmedAt.IsZero():
			return problem.New(problem.Conflict, "problem.provider_unconfirmed")
		}
		if err := tx.Decide(ctx, p.ID, Listed, "", now); err != nil {
			return fmt.Errorf("list the provider: %w", err)
		}
		person, err := tx.PersonFor(ctx, p.Profile.Email, p.ContactName, p.Lang)
		if err != nil {
			return fmt.Errorf("make the contact known: %w", err)
		}
		contact := identity.Person{ID: person, Name: p.ContactName} // who confirmed the address with the application
		if err := tx.PutMember(ctx, p.ID, Member{Person: contact, Manager: true, Invited: now, Joined: now}); err != nil {
			return fmt.Errorf("make the contact a manager: %w", err)
		}
		if err := tx.Enqueue(ctx, p.letter(LetterListed, fmt.Sprintf("provider-listed:%d", p.ID))); err != nil {
			return fmt.Errorf("mail the contact: %w", err)
		}
		return audit(ctx, tx, by, "provider.listed", p.ID, nil)
	})
}

// Refuse refuses with a reason that is mailed (send false: nothing is, and there may be no reason), or takes a listed one out.
// Admins only. seen are the states in which the page showed the provider: when it is in another meanwhile, somebody else was
// quicker and it is problem.Conflict; none given: any. Refused already, it answers like the first call.
func (s *Service) Refuse(ctx context.Context, publicID, reason string, send bool, by identity.Person, seen ...State) error {
	if err := by.Must(identity.Admin); err != nil {
		return err
	}
	var f form
	reason = typed.Paragraphs(reason)
	low := 0
	if send {
		low = questionMin
	}
	f.length(FieldReason, reason, low, TextMax)
	if err := f.err(); err != nil {
		return err
	}
	return s.change(ctx, publicID, func(tx Tx, p Provider) error {
		switch {
		case p.State == Refused:
			return nil
		case len(seen) > 0 && !slices.Contains(seen, p.State):
			return problem.New(problem.Conflict, "problem.provider_decided")
		case p.ConfirmedAt.IsZero():
			return problem.New(problem.Conflict, "problem.provider_unconfirmed")
		}
		if err := tx.Decide(ctx, p.ID, Refused, reason, s.now()); err != nil {
			return fmt.Errorf("refuse the provider: %w", err)
		}
		if err := tx.DropWebhooks(ctx, p.ID); err != nil {
			return fmt.Errorf("drop the webhooks: %w", err)
		}
		action, letter := "provider.refused", LetterRefused
		if p.referenced() {
			action, letter = "provider.taken_out", LetterTakenOut
		}
		if send {
			if err := tell(ctx, tx, p, letter, fmt.Sprintf("provider-refused:%d", p.ID)); err != nil {
				return err
			}
		}
		return audit(ctx, tx, by, action, p.ID, map[string]any{"mailed": send, "tech_only": p.TechOnly})
	})
}
