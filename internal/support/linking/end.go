package linking

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
	"nichoir/provisioning"
)

// Who ended a link (Link.EndedBy).
const (
	endedByLead     = "lead"
	endedByProvider = "provider"
	endedByTeam     = "team"
	endedByChange   = "change"
	endedByClosing  = "closing"
)

// over reports whether the space is on its way out, or gone.
func (k Seeker) over() bool {
	return k.SpaceState == provisioning.Closing || k.SpaceState == provisioning.Deleting || k.SpaceState == provisioning.Closed
}

// stops returns the link of the space that somebody wants to be over, as it stands under the lock, and for which side they act:
// the space's, or the team's, which must say why.
func (k Seeker) stops(ctx context.Context, tx Tx, publicID, reason string, by identity.Person) (l Link, side string, err error) {
	wrong := tooLong(FieldReason, reason)
	side = endedByLead
	if by.Role != identity.NoRole && by.ID != k.LeadID {
		side = endedByTeam
		if reason == "" {
			wrong = append(wrong, problem.Field{Name: FieldReason, Key: "problem.end_reason"})
		}
	}
	if err := invalid(wrong); err != nil {
		return Link{}, "", err
	}
	l, err = k.link(ctx, tx, publicID)
	return l, side, err
}

// link returns a link of the space, or problem.NotFound.
func (k Seeker) link(ctx context.Context, tx Tx, publicID string) (Link, error) {
	links, err := tx.LinksOfSpace(ctx, k.SpaceID)
	if err != nil {
		return Link{}, fmt.Errorf("read the links: %w", err)
	}
	for _, l := range links {
		if l.PublicID == publicID {
			return l, nil
		}
	}
	return Link{}, notFound()
}

// End ends an accepted link from the space's side, by the lead, or by the team, which tells both sides why; open tickets
// become the team's. Again: no error. problem.Conflict for a link that was never accepted, or that somebody else ended,
// problem.Invalid for the team without a reason.
func (s *Service) End(ctx context.Context, spaceID int64, publicID, reason string, by identity.Person) error {
	reason = typed.Paragraphs(reason)
	return s.held(ctx, spaceID, func(tx Tx, k Seeker) error {
		l, side, err := k.stops(ctx, tx, publicID, reason, by)
		switch {
		case err != nil:
			return err
		case l.State == Accepted:
		case l.State != Ended:
			return conflict("problem.link_none")
		case l.EndedBy == side:
			return nil
		default:
			return l.answered()
		}
		if err := s.anew(ctx, tx, k); err != nil {
			return err
		}
		if side == endedByTeam { // the lead does not know yet
			if err := s.tellLead(ctx, tx, k, LetterEnded, l.ID); err != nil {
				return err
			}
		}
		return s.finish(ctx, tx, l, side, reason, by)
	})
}

// Leave ends an accepted link from the provider's side, by a member; open tickets become the team's, and the lead is told.
// Again: no error. problem.Conflict for a link that was never accepted, or that the other side ended.
func (s *Service) Leave(ctx context.Context, publicID, reason string, by identity.Person) error {
	reason = typed.Paragraphs(reason)
	if err := invalid(tooLong(FieldReason, reason)); err != nil {
		return err
	}
	l, err := s.linkFor(ctx, publicID, by)
	if err != nil {
		return err
	}
	return s.held(ctx, l.SpaceID, func(tx Tx, k Seeker) error {
		l, err := k.link(ctx, tx, publicID)
		switch {
		case err != nil:
			return err
		case l.State == Accepted:
		case l.State == Proposed:
			return conflict("problem.link_waiting")
		case l.EndedBy == endedByProvider:
			return nil
		default:
			return l.answered()
		}
		if err := s.anew(ctx, tx, k); err != nil {
			return err
		}
		if err := s.tellLead(ctx, tx, k, LetterEnded, l.ID); err != nil {
			return err
		}
		return s.finish(ctx, tx, l, endedByProvider, reason, by)
	})
}

// anew begins another round for a space whose search succeeded, or whose link ends; one that seeks the next goes on seeking.
func (s *Service) anew(ctx context.Context, tx Tx, k Seeker) error {
	now := s.now()
	k.Stance, k.RoundAt, k.AskAt = Choosing, now, time.Time{}
	if err := tx.WriteSearch(ctx, k, now); err != nil {
		return fmt.Errorf("write the search: %w", err)
	}
	return nil
}

// finish ends an accepted link after which there is none: the space's open tickets become the team's.
func (s *Service) finish(ctx context.Context, tx Tx, l Link, endedBy, reason string, by identity.Person) error {
	if err := s.end(ctx, tx, l, endedBy, reason, by); err != nil {
		return err
	}
	if err := s.tickets.MoveIn(ctx, tx, l.SpaceID, 0, ""); err != nil {
		return fmt.Errorf("hand the tickets to the team: %w", err)
	}
	return nil
}

// replace ends an accepted link for another one, which gets the open tickets and the lead's summary.
func (s *Service) replace(ctx context.Context, tx Tx, old, l Link, endedBy string, by identity.Person) error {
	if err := s.end(ctx, tx, old, endedBy, "", by); err != nil {
		return err
	}
	if err := s.tickets.MoveIn(ctx, tx, l.SpaceID, l.ProviderID, l.Summary); err != nil {
		return fmt.Errorf("move the tickets: %w", err)
	}
	return nil
}

// end writes that an accepted link is over and tells its provider, unless that ended it.
func (s *Service) end(ctx context.Context, tx Tx, l Link, endedBy, reason string, by identity.Person) error {
	if err := tx.Move(ctx, l.ID, Accepted, Ended, Answer{EndedAt: s.now(), EndedBy: endedBy, EndReason: reason}); err != nil {
		return fmt.Errorf("end the link: %w", err)
	}
	if endedBy != endedByProvider {
		if err := s.tellMembers(ctx, tx, l, LetterEnded, occasion(LetterEnded, l.ID)); err != nil {
			return err
		}
	}
	return s.note(ctx, tx, l, Ended, "link.ended", by)
}
