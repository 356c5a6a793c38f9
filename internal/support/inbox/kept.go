package inbox

import (
	"context"
	"fmt"
	"slices"

	"nichoir/internal/identity"
)

const (
	keptPage     = 50
	keptMost     = 200
	troublesMost = 200
)

// Kept returns mails with those outcomes (none: all) for staff, latest first, after the id (0: from the newest).
func (s *Service) Kept(ctx context.Context, by identity.Person, after int64, limit int, outcomes ...Outcome) ([]Kept, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = keptPage
	}
	kept, err := s.store.Kept(ctx, after, min(limit, keptMost), outcomes)
	if err != nil {
		return nil, fmt.Errorf("read the mails: %w", err)
	}
	for i, k := range kept {
		kept[i].HasSource = k.HasSource && slices.Contains(unread(), k.Outcome)
	}
	return kept, nil
}

// Source returns a mail as it came, for staff: one that nobody else reads, while it is kept so; else problem.NotFound.
func (s *Service) Source(ctx context.Context, by identity.Person, mailID int64) ([]byte, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return nil, err
	}
	raw, err := s.store.Source(ctx, mailID, unread())
	if err != nil {
		return nil, known(err, "read the mail")
	}
	return raw, nil
}

// unread are the outcomes of mails that went to nobody. What is held is its author's alone until they say so.
func unread() []Outcome { return []Outcome{SetAside, Bounce, AutoReply} }

// Troubles returns the people whose address does not work, for staff, latest first and at most 200. A mail from the address
// takes it off the list.
func (s *Service) Troubles(ctx context.Context, by identity.Person) ([]Trouble, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return nil, err
	}
	all, err := s.store.Troubles(ctx, troublesMost)
	if err != nil {
		return nil, fmt.Errorf("read whose address does not work: %w", err)
	}
	return all, nil
}
