package tickets

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"nichoir/internal/identity"
	"nichoir/internal/typed"
)

const (
	pageDefault = 50
	pageMax     = 500 // all that a desk shows at once
)

// List returns tickets for a list: of a space (SpaceID, for who may see it), of a provider (Provider, for its members), or for
// staff. A space's are in the order of what happened last. Of the others the most urgent first: urgent ones, then by the promise
// that ends first; those that wait or are solved last. The order is that of promises as they were last reckoned.
// problem.NotFound for who may not see them.
func (s *Service) List(ctx context.Context, f Filter, by identity.Person) ([]Ticket, error) {
	side, err := s.lists(ctx, f, by)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.List(ctx, s.query(f, side))
	if err != nil {
		return nil, fmt.Errorf("read the tickets: %w", err)
	}
	out := make([]Ticket, 0, len(rows))
	if side == SideSpace {
		for _, r := range rows {
			out = append(out, r.Ticket)
		}
		return out, nil
	}
	pauses, err := s.store.TicketPauses(ctx, providersOf(rows))
	if err != nil {
		return nil, fmt.Errorf("read the pauses: %w", err)
	}
	for _, r := range rows {
		out = append(out, r.without(s.clocks(r, pauses[r.ProviderID]), side))
	}
	return out, nil
}

// Counts returns by state how many tickets all pages of the list hold together.
func (s *Service) Counts(ctx context.Context, f Filter, by identity.Person) (map[State]int, error) {
	side, err := s.lists(ctx, f, by)
	if err != nil {
		return nil, err
	}
	f.After = 0
	counts, err := s.store.Counts(ctx, s.query(f, side))
	if err != nil {
		return nil, fmt.Errorf("count the tickets: %w", err)
	}
	return counts, nil
}

// lists is the side for which somebody lists tickets, or problem.NotFound.
func (s *Service) lists(ctx context.Context, f Filter, by identity.Person) (Side, error) {
	if by.ID == 0 {
		return "", notFound()
	}
	if f.Provider != 0 {
		member, err := s.store.IsMember(ctx, f.Provider, by.ID)
		if err != nil {
			return "", fmt.Errorf("read the provider's members: %w", err)
		}
		if member {
			return SideProvider, nil
		}
	} else if f.SpaceID != 0 {
		h, err := s.store.TicketHelper(ctx, f.SpaceID, by.ID)
		if err != nil {
			return "", known(err, "read the space")
		}
		if h.MayHelp {
			return SideSpace, nil
		}
	}
	if !by.Role.Covers(identity.Reviewer) {
		return "", notFound()
	}
	return SideTeam, nil
}

// numbered finds the number in what people copy from desks and subject lines: "1042", "#1042", "n° 1042", "[Nichoir 1042] …".
var numbered = regexp.MustCompile(`(?i)^(?:#|n° ?|\[?nichoir )?([0-9]{1,18})\b`)

func (s *Service) query(f Filter, side Side) Query {
	f.Text = typed.Line(f.Text)
	number := int64(0)
	if found := numbered.FindStringSubmatch(f.Text); found != nil {
		number, _ = strconv.ParseInt(found[1], 10, 64) // so many digits are a number
	}
	if len(f.States) == 0 {
		f.States = []State{Unanswered, Open, Waiting, Solved}
	}
	if f.Limit <= 0 {
		f.Limit = pageDefault
	}
	f.Limit = min(f.Limit, pageMax)
	return Query{Filter: f, Number: number, Now: s.now(), ForProvider: side == SideProvider}
}

func providersOf(rows []Row) []int64 {
	var out []int64
	for _, r := range rows {
		if r.ProviderID != 0 {
			out = append(out, r.ProviderID)
		}
	}
	return out
}
