package tickets

import (
	"context"
	"slices"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// OpenLink says what a mailed link of PurposeTicket is about and consumes nothing; with problem.Gone the view is returned too.
// problem.NotFound when the address that it went to has no part in the ticket any more.
func (s *Service) OpenLink(ctx context.Context, token string) (View, identity.Link, error) {
	l, gone := s.id.Open(ctx, token, identity.PurposeTicket)
	if gone != nil && !problem.Is(gone, problem.Gone) {
		return View{}, identity.Link{}, gone
	}
	r, err := s.readerByAddress(ctx, l.Ref, l.Recipient)
	if err != nil {
		return View{}, identity.Link{}, err
	}
	v, err := s.view(ctx, r)
	if err != nil {
		return View{}, identity.Link{}, err
	}
	return v, l, gone
}

// ActByLink does what a mailed link allows. Again: no error; a link that was used for something else is problem.Gone.
func (s *Service) ActByLink(ctx context.Context, token string, a Action, note string) error {
	note, err := checkNote(note)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx DeskTx) error {
		l, gone := s.id.Spend(ctx, tx, token, identity.PurposeTicket)
		if gone != nil && !problem.Is(gone, problem.Gone) {
			return gone
		}
		who, err := tx.TicketMembers(ctx, l.Ref)
		if err != nil {
			return known(err, "read who takes part")
		}
		i := slices.IndexFunc(who, func(m Member) bool { return sameAddress(m.Person.Email, l.Recipient) })
		if i < 0 {
			return notFound()
		}
		c, err := s.take(ctx, tx, l.Ref, who[i].Person.ID)
		if err != nil {
			return err
		}
		if gone != nil {
			if c.did(a) {
				return nil
			}
			return gone
		}
		return c.act(ctx, a, note)
	})
}

func (c *change) act(ctx context.Context, a Action, note string) error {
	switch a {
	case ActSolve:
		return c.solve(ctx)
	case ActReopen:
		return c.reopen(ctx)
	case ActEscalate:
		return c.escalate(ctx, note)
	default:
		return problem.New(problem.Invalid, "problem.form_broken")
	}
}

// did reports whether an action has nothing left to do.
func (c *change) did(a Action) bool {
	switch a {
	case ActSolve:
		return c.row.Over()
	case ActReopen:
		return !c.row.Over()
	case ActEscalate:
		return c.row.WithTeam() && c.me.Side != SideSpace
	default:
		return false
	}
}
