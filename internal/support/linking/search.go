package linking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/typed"
)

// Search returns where the search of a space stands, with fresh proposals while the lead is choosing, and while a provider
// could be changed. Whoever chooses and has nobody to choose is on the finished page (Exhausted). Who may see a space is the
// caller's to check (its lead, its co-leads, the team). It reads, and writes nothing.
func (s *Service) Search(ctx context.Context, spaceID int64) (Search, error) {
	return s.searchFor(ctx, spaceID, false)
}

// TeamSearch is Search with the reasons that the team gave for what it did by hand.
func (s *Service) TeamSearch(ctx context.Context, spaceID int64, by identity.Person) (Search, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return Search{}, err
	}
	return s.searchFor(ctx, spaceID, true)
}

func (s *Service) searchFor(ctx context.Context, spaceID int64, team bool) (Search, error) {
	k, err := s.seeker(ctx, spaceID)
	if err != nil {
		return Search{}, err
	}
	links, err := s.store.LinksOfSpace(ctx, spaceID)
	if err != nil {
		return Search{}, fmt.Errorf("read the links: %w", err)
	}
	out := Search{SpaceID: spaceID, Needs: k.Needs, AskAt: k.AskAt, Refusals: len(refusals(links, k.RoundAt))}
	for i := range links {
		if !team {
			links[i].TeamReason = ""
		}
	}
	out.Pending, out.Current = alive(links)
	for _, l := range links {
		if l.Over() {
			out.Past = append(out.Past, l)
		}
	}
	out.Stance = k.stance(out.Pending, out.Current)
	if out.Stance == Choosing || out.Stance == Linked && out.Pending == nil {
		among, err := s.store.Candidates(ctx, s.now())
		if err != nil {
			return Search{}, fmt.Errorf("read the candidates: %w", err)
		}
		out.Proposals = k.match(among, links, MaxProposals)
	}
	if out.Stance == Choosing && len(out.Proposals) == 0 {
		out.Stance = Exhausted
	}
	return out, nil
}

// stance is what follows from the space, its links and what is kept.
func (k Seeker) stance(pending, current *Link) Stance {
	switch {
	case !k.SpaceState.Works():
		return NotReady
	case current != nil:
		return Linked
	case pending != nil:
		return Waiting
	default:
		return k.Stance
	}
}

// match proposes to the space. Who refused in this round, and who is its provider already, is not proposed; who was its
// provider comes last.
func (k Seeker) match(among []Candidate, links []Link, limit int) []Proposal {
	former, best := formerly(links), k.matchNew(among, links, limit)
	if len(best) == limit || len(former) == 0 {
		return best
	}
	without := k.without(links)
	again := slices.DeleteFunc(slices.Clone(among), func(c Candidate) bool { return !former[c.ID] || without[c.ID] })
	return append(best, Match(k.Needs, again, k.SpaceID, limit-len(best))...)
}

// matchNew is match for whoever is asked without the lead's word: nobody who was the space's provider.
func (k Seeker) matchNew(among []Candidate, links []Link, limit int) []Proposal {
	former, without := formerly(links), k.without(links)
	fresh := slices.DeleteFunc(slices.Clone(among), func(c Candidate) bool { return former[c.ID] || without[c.ID] })
	return Match(k.Needs, fresh, k.SpaceID, limit)
}

// without are the providers that are not proposed in this round.
func (k Seeker) without(links []Link) map[int64]bool {
	out := map[int64]bool{}
	for _, id := range refusals(links, k.RoundAt) {
		out[id] = true
	}
	for _, l := range links {
		if !l.Over() {
			out[l.ProviderID] = true
		}
	}
	return out
}

// formerly are the providers that the space had.
func formerly(links []Link) map[int64]bool {
	out := map[int64]bool{}
	for _, l := range links {
		if l.State == Ended {
			out[l.ProviderID] = true
		}
	}
	return out
}

// Describe writes the needs and returns to Choosing, unless a link is proposed; to Exhausted when nobody fits them. Who was on
// the finished page, or said "none yet", begins a new round. problem.Invalid with fields.
func (s *Service) Describe(ctx context.Context, spaceID int64, n Needs, by identity.Person) error {
	n, err := checked(n)
	if err != nil {
		return err
	}
	now := s.now()
	among, err := s.store.Candidates(ctx, now)
	if err != nil {
		return fmt.Errorf("read the candidates: %w", err)
	}
	return s.held(ctx, spaceID, func(tx Tx, k Seeker) error {
		if !k.SpaceState.Works() {
			return conflict("problem.space_not_ready")
		}
		links, err := tx.LinksOfSpace(ctx, spaceID)
		if err != nil {
			return fmt.Errorf("read the links: %w", err)
		}
		if err := tx.WriteNeeds(ctx, spaceID, n, now); err != nil {
			return fmt.Errorf("write the needs: %w", err)
		}
		if pending, current := alive(links); pending == nil {
			if k.Stance != Choosing {
				k.RoundAt = now
			}
			n.Lang = k.Needs.Lang
			k.Needs, k.Stance, k.AskAt, k.Seeking = n, Choosing, time.Time{}, false
			if current == nil && len(k.match(among, links, 1)) == 0 {
				k.Stance = Exhausted
			}
			if err := tx.WriteSearch(ctx, k, now); err != nil {
				return fmt.Errorf("write the search: %w", err)
			}
		}
		return tx.Audit(ctx, spaceEntry("support.described", spaceID, by))
	})
}

// checked normalises needs, or refuses them.
func checked(n Needs) (Needs, error) {
	var wrong []problem.Field
	refuse := func(name, key string) { wrong = append(wrong, problem.Field{Name: name, Key: key}) }
	if n.Region != "" && !support.ValidRegion(string(n.Region)) {
		refuse(FieldRegion, "problem.region_unknown")
	}
	var kinds []support.Kind // in their order, each once
	for _, k := range support.Kinds() {
		if slices.Contains(n.Kinds, k) {
			kinds = append(kinds, k)
		}
	}
	if slices.ContainsFunc(n.Kinds, func(k support.Kind) bool { return !support.ValidKind(string(k)) }) {
		refuse(FieldKinds, "problem.kind_unknown")
	}
	if n.Mode == "" {
		n.Mode = support.AnyMode
	}
	if !slices.Contains(support.Modes(), n.Mode) {
		refuse(FieldMode, "problem.mode_unknown")
	}
	if !slices.Contains(support.Sizes(), n.Size) {
		refuse(FieldSize, "problem.size_unknown")
	}
	n.Kinds, n.Words = kinds, typed.Paragraphs(n.Words)
	return n, invalid(append(wrong, tooLong(FieldWords, n.Words)...))
}

// NotYet says "none yet": the lead is asked again after a month. Said again it changes nothing. problem.Conflict while a
// provider is asked, or found.
func (s *Service) NotYet(ctx context.Context, spaceID int64, by identity.Person) error {
	now := s.now()
	return s.held(ctx, spaceID, func(tx Tx, k Seeker) error {
		links, err := tx.LinksOfSpace(ctx, spaceID)
		if err != nil {
			return fmt.Errorf("read the links: %w", err)
		}
		switch pending, current := alive(links); {
		case !k.SpaceState.Works():
			return conflict("problem.space_not_ready")
		case pending != nil:
			return conflict("problem.link_pending")
		case current != nil:
			return conflict("problem.link_current")
		case k.Stance == Later:
			return nil
		}
		k.Stance, k.AskAt, k.Seeking = Later, now.Add(s.askAgain), false
		if err := tx.WriteSearch(ctx, k, now); err != nil {
			return fmt.Errorf("write the search: %w", err)
		}
		return tx.Audit(ctx, spaceEntry("support.later", spaceID, by))
	})
}
