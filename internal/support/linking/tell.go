package linking

import (
	"context"
	"fmt"

	"nichoir/internal/identity"
	"nichoir/internal/support"
)

// Letters and events are named after the link and what became of it: whatever is done twice tells once.

func occasion(template string, id int64) string { return fmt.Sprintf("%s:%d", template, id) }

// tellLead writes to the lead about a link.
func (s *Service) tellLead(ctx context.Context, tx Tx, k Seeker, template string, linkID int64) error {
	if k.LeadEmail == "" { // the space is forgotten
		return nil
	}
	if err := tx.Enqueue(ctx, k.letter(template, occasion(template, linkID), linkID)); err != nil {
		return fmt.Errorf("write to the lead: %w", err)
	}
	return nil
}

func (k Seeker) letter(template, event string, ref int64) identity.Letter {
	return identity.Letter{Event: event, Template: template, Recipient: k.LeadEmail, Lang: k.LeadLang, Ref: ref}
}

// tellMembers writes to each member of the provider about a link.
func (s *Service) tellMembers(ctx context.Context, tx Tx, l Link, template, event string) error {
	members, err := tx.Members(ctx, l.ProviderID)
	if err != nil {
		return fmt.Errorf("read the members: %w", err)
	}
	letters := make([]identity.Letter, 0, len(members))
	for _, m := range members {
		letters = append(letters, identity.Letter{Event: event, Template: template, Recipient: m.Email, Lang: m.Lang, Ref: l.ID})
	}
	if err := tx.EnqueueLetters(ctx, letters); err != nil {
		return fmt.Errorf("write to the members: %w", err)
	}
	return nil
}

// note writes what became of a link into the trail, and tells the provider's own tools.
func (s *Service) note(ctx context.Context, tx Tx, l Link, state State, action string, by identity.Person) error {
	e := identity.Entry{
		Actor: identity.ActorNichoir, Action: action, Subject: "support_link", SubjectID: l.ID,
		Data: map[string]any{"space": l.SpaceID, "provider": l.ProviderID},
	}
	if err := tx.Audit(ctx, byPerson(e, by)); err != nil {
		return fmt.Errorf("write the trail: %w", err)
	}
	if err := tx.Enqueue(ctx, support.Event{
		Key: fmt.Sprintf("link:%d:%s", l.ID, state), ProviderID: l.ProviderID, Type: eventOf(state), Public: l.PublicID,
		State: string(state), At: s.now().Unix(),
	}); err != nil {
		return fmt.Errorf("tell the provider's tools: %w", err)
	}
	return nil
}

func eventOf(s State) string {
	switch s {
	case Proposed:
		return support.EventLinkProposed
	case Accepted:
		return support.EventLinkAccepted
	default:
		return support.EventLinkEnded
	}
}

// byPerson makes a line of the trail the person's; Nichoir's own when there is none.
func byPerson(e identity.Entry, by identity.Person) identity.Entry {
	if by.ID != 0 {
		e.Actor, e.ActorID = identity.ActorPerson, by.ID
	}
	return e
}

func spaceEntry(action string, spaceID int64, by identity.Person) identity.Entry {
	return byPerson(identity.Entry{Actor: identity.ActorNichoir, Action: action, Subject: "space", SubjectID: spaceID}, by)
}
