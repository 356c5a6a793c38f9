package linking

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
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

// End ends the accepted link from the space's side, by the lead or the team; open tickets become the team's. Again: no error.
// problem.Conflict when there never was one.
func (s *Service) End(ctx context.Context, spaceID int64, reason string, by identity.Person) error {
	reason = typed.Paragraphs(reason)
	if err := invalid(tooLong(FieldReason, reason)); err != nil {
		return err
	}
	return s.held(ctx, spaceID, func(tx Tx, k Seeker) error {
		links, err := tx.LinksOfSpace(ctx, spaceID)
		if err != nil {
			return fmt.Errorf("read the links: %w", err)
		}
		_, current := alive(links)
		if current == nil {
			for _, l := range links {
				if l.State == Ended {
					return nil
				}
			}
			return conflict("problem.link_none")
		}
		if err := s.anew(ctx, tx, k); err != nil {
			return err
		}
		side := k.side(by)
		if side == endedByTeam { // the lead does not know yet
			if err := s.tellLead(ctx, tx, k, LetterEnded, current.ID); err != nil {
				return err
			}
		}
		return s.finish(ctx, tx, *current, side, reason, by)
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
		links, err := tx.LinksOfSpace(ctx, l.SpaceID)
		if err != nil {
			return fmt.Errorf("read the links: %w", err)
		}
		_, current := alive(links)
		if current == nil || current.ID != l.ID {
			return l.unleft(links)
		}
		if err := s.anew(ctx, tx, k); err != nil {
			return err
		}
		if err := s.tellLead(ctx, tx, k, LetterEnded, l.ID); err != nil {
			return err
		}
		return s.finish(ctx, tx, *current, endedByProvider, reason, by)
	})
}

// unleft answers who leaves a link that is not accepted.
func (l Link) unleft(links []Link) error {
	for _, now := range links {
		switch {
		case now.ID != l.ID:
		case now.State == Proposed:
			return conflict("problem.link_waiting")
		case now.EndedBy == endedByProvider:
			return nil
		default:
			return now.answered()
		}
	}
	return notFound()
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
