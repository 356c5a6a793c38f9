package linking

import (
	"context"
	"errors"
	"fmt"

	"nichoir/internal/identity"
)

// errTaken says that the best candidate can take nobody any more: another one is to be found.
var errTaken = errors.New("the provider's last place was taken")

// triesNext is how often the next is looked for while others take the last places; then Tend comes back to it.
const triesNext = 5

// next asks the best other candidate after somebody declined or lapsed, or ends the round.
func (s *Service) next(ctx context.Context, spaceID int64) error {
	for range triesNext {
		k, err := s.seeker(ctx, spaceID)
		if err != nil {
			return err
		}
		links, err := s.store.LinksOfSpace(ctx, spaceID)
		if err != nil {
			return fmt.Errorf("read the links: %w", err)
		}
		among, err := s.store.Candidates(ctx, s.now())
		if err != nil {
			return fmt.Errorf("read the candidates: %w", err)
		}
		best := k.matchNew(among, links, 1)
		if len(refusals(links, k.RoundAt)) >= MaxRefusals {
			best = nil
		}
		switch err := s.follow(ctx, spaceID, best); {
		case errors.Is(err, errTaken):
			continue
		case errors.Is(err, ErrHeld): // somebody else is at it
			return nil
		default:
			return err
		}
	}
	return nil
}

// follow puts a space that seeks the next to it, or onto the finished page when there is none.
func (s *Service) follow(ctx context.Context, spaceID int64, best []Proposal) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		var place Place
		var err error
		if len(best) > 0 {
			if place, err = tx.LockProvider(ctx, best[0].Candidate.ID, s.now()); err != nil {
				return fmt.Errorf("lock the provider: %w", err)
			}
		}
		k, err := tx.LockSearch(ctx, spaceID, false)
		if err != nil {
			return fmt.Errorf("lock the search: %w", err)
		}
		if !k.Seeking || !k.SpaceState.Works() {
			return nil
		}
		links, err := tx.LinksOfSpace(ctx, spaceID)
		if err != nil {
			return fmt.Errorf("read the links: %w", err)
		}
		last := lastOver(links)
		if len(best) == 0 {
			return s.exhaust(ctx, tx, k, last.ID)
		}
		if k.may(place) != nil {
			return errTaken
		}
		l, err := s.put(ctx, tx, k, Link{
			ProviderID: place.ProviderID, Origin: FromNext, Words: last.Words, Summary: last.Summary,
		}, identity.Person{})
		if err != nil {
			return err
		}
		return s.tellLead(ctx, tx, k, LetterNext, l.ID)
	})
}

// lastOver is the link after which the next is sought: what the lead wrote goes on to the next.
func lastOver(links []Link) Link {
	for _, l := range links {
		if l.Over() {
			return l
		}
	}
	return Link{}
}

// exhaust ends a round without anybody, after the link that was refused last.
func (s *Service) exhaust(ctx context.Context, tx Tx, k Seeker, after int64) error {
	k.Stance, k.Seeking = Exhausted, false
	if err := tx.WriteSearch(ctx, k, s.now()); err != nil {
		return fmt.Errorf("write the search: %w", err)
	}
	if k.LeadEmail != "" {
		event := fmt.Sprintf("%s:%d:l%d", LetterExhausted, k.SpaceID, after)
		if err := tx.Enqueue(ctx, k.letter(LetterExhausted, event, k.SpaceID)); err != nil {
			return fmt.Errorf("write to the lead: %w", err)
		}
	}
	return tx.Audit(ctx, spaceEntry("support.exhausted", k.SpaceID, identity.Person{}))
}
