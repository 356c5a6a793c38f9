package linking

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/typed"
)

// Choose puts the space to a provider: the place is held in the same transaction. summary is for a change of provider.
// problem.Conflict when the provider has no free place any more, pauses, or another proposal is under way; asking the same
// one twice answers like the first. Without words the provider reads those of the search (Describe). problem.Invalid for texts
// beyond WordsMax, and for another origin than FromMatch and FromDirectory: the team has Assign.
func (s *Service) Choose(ctx context.Context, spaceID int64, providerPublicID string, origin Origin, words, summary string, by identity.Person) (Link, error) {
	if origin != FromMatch && origin != FromDirectory {
		return Link{}, problem.New(problem.Invalid, "problem.invalid")
	}
	words, summary = typed.Paragraphs(words), typed.Paragraphs(summary)
	if err := invalid(tooLong(FieldWords, words, FieldSummary, summary)); err != nil {
		return Link{}, err
	}
	providerID, err := s.providerID(ctx, providerPublicID)
	if err != nil {
		return Link{}, err
	}
	var l Link
	err = s.store.InTx(ctx, func(tx Tx) error {
		place, err := tx.LockProvider(ctx, providerID, s.now())
		if err != nil {
			return known(err, "lock the provider")
		}
		k, err := s.hold(ctx, tx, spaceID)
		if err != nil {
			return err
		}
		links, err := tx.LinksOfSpace(ctx, spaceID)
		if err != nil {
			return fmt.Errorf("read the links: %w", err)
		}
		pending, current := alive(links)
		for _, there := range []*Link{pending, current} {
			if there != nil && there.ProviderID == providerID { // the other click was quicker
				l = *there
				return nil
			}
		}
		if pending != nil {
			return conflict("problem.link_pending")
		}
		if err := k.may(place); err != nil {
			return err
		}
		if k.Stance != Choosing {
			k.RoundAt = s.now()
		}
		l, err = s.put(ctx, tx, k, Link{
			ProviderID: providerID, Origin: origin, Words: cmp.Or(words, k.Needs.Words), Summary: summary,
		}, by)
		return err
	})
	if err != nil {
		return Link{}, err
	}
	return s.LinkByID(ctx, l.ID)
}

func (s *Service) providerID(ctx context.Context, publicID string) (int64, error) {
	if !typed.Storable(publicID) {
		return 0, notFound()
	}
	id, err := s.store.ProviderID(ctx, publicID)
	if err != nil {
		return 0, known(err, "read the provider")
	}
	return id, nil
}

// may refuses a space that is not to be proposed, and a provider that cannot take it. Both are locked.
func (k Seeker) may(p Place) error {
	switch {
	case !k.SpaceState.Works():
		return conflict("problem.space_not_ready")
	case !p.helps():
		return notFound()
	case p.State == providerPaused || p.Resting:
		return conflict("problem.provider_paused")
	case p.Taken >= p.Capacity:
		return conflict("problem.provider_full")
	default:
		return nil
	}
}

// put makes the link, in a transaction that holds the provider, with a place free, and the search.
func (s *Service) put(ctx context.Context, tx Tx, k Seeker, l Link, by identity.Person) (Link, error) {
	var err error
	now := s.now()
	if l.PublicID, err = identity.NewPublicID(s.rand); err != nil {
		return Link{}, err
	}
	l.SpaceID, l.State, l.Needs, l.ProposedAt = k.SpaceID, Proposed, k.Needs, now
	rests, err := tx.Rests(ctx, l.ProviderID, now)
	if err != nil {
		return Link{}, fmt.Errorf("read the provider's rests: %w", err)
	}
	due := s.due(now, rests)
	if l.ID, err = tx.InsertLink(ctx, l, due); err != nil {
		return Link{}, fmt.Errorf("keep the link: %w", err)
	}
	l.DueAt = due.At
	if err := tx.NoteProposed(ctx, l.ProviderID, now); err != nil {
		return Link{}, fmt.Errorf("note the provider's turn: %w", err)
	}
	k.Stance, k.AskAt, k.Seeking = Choosing, time.Time{}, false
	if err := tx.WriteSearch(ctx, k, now); err != nil {
		return Link{}, fmt.Errorf("write the search: %w", err)
	}
	if err := s.tellMembers(ctx, tx, l, LetterRequest, occasion(LetterRequest, l.ID)); err != nil {
		return Link{}, err
	}
	return l, s.note(ctx, tx, l, Proposed, "link.proposed", by)
}

// due is when a proposal lapses: on the evening of the fifth working day, those in which its provider rests not counted. The
// reminder leaves it the last of these days.
func (s *Service) due(proposed time.Time, rests []support.Span) Due {
	return Due{
		At:       s.calendar.AddDays(proposed, AnswerDays, rests...),
		RemindAt: s.calendar.AddDays(proposed, AnswerDays-1, rests...),
	}
}

// Withdraw takes a proposal of the space back, by the lead or by the team, which tells both sides why. Again: no error.
// problem.Conflict when it was answered or lapsed meanwhile, problem.Invalid for the team without a reason.
func (s *Service) Withdraw(ctx context.Context, spaceID int64, publicID, reason string, by identity.Person) error {
	reason = typed.Paragraphs(reason)
	return s.held(ctx, spaceID, func(tx Tx, k Seeker) error {
		l, side, err := k.stops(ctx, tx, publicID, reason, by)
		switch {
		case err != nil:
			return err
		case l.State == Proposed:
		case l.State == Declined && l.EndedBy != "":
			return nil
		default:
			return l.answered()
		}
		k.Stance, k.Seeking = Choosing, false
		if err := tx.WriteSearch(ctx, k, s.now()); err != nil {
			return fmt.Errorf("write the search: %w", err)
		}
		if side == endedByTeam { // the lead does not know yet
			if err := s.tellLead(ctx, tx, k, LetterWithdrawn, l.ID); err != nil {
				return err
			}
		}
		return s.withdraw(ctx, tx, l, side, reason, by)
	})
}

// withdraw ends a proposal that its provider did not answer.
func (s *Service) withdraw(ctx context.Context, tx Tx, l Link, endedBy, reason string, by identity.Person) error {
	if err := tx.Move(ctx, l.ID, Proposed, Declined, Answer{EndedAt: s.now(), EndedBy: endedBy, EndReason: reason}); err != nil {
		return fmt.Errorf("withdraw the proposal: %w", err)
	}
	if err := s.tellMembers(ctx, tx, l, LetterWithdrawn, occasion(LetterWithdrawn, l.ID)); err != nil {
		return err
	}
	return s.note(ctx, tx, l, Declined, "link.withdrawn", by)
}
