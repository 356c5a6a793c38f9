package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

const (
	membersMax = 50
	// invitationsPerDay is how many mails that invite, or invite again, one provider sends within a day.
	invitationsPerDay = 20
	// inviteAgainAfter is how old the latest invitation is before the button sends another: a double click sends one.
	inviteAgainAfter = time.Minute
)

// Memberships returns the listed or paused providers that the person belongs to, or is invited to, by name.
func (s *Service) Memberships(ctx context.Context, personID int64) ([]Membership, error) {
	ms, err := s.store.Memberships(ctx, personID, s.now())
	if err != nil {
		return nil, fmt.Errorf("read the memberships: %w", err)
	}
	slices.SortStableFunc(ms, func(a, b Membership) int { return byName(a.Provider, b.Provider) })
	return ms, nil
}

// byName orders providers for readers; accents and case do not count.
func byName(a, b Provider) int {
	return cmp.Or(strings.Compare(typed.Fold(a.Profile.Name), typed.Fold(b.Profile.Name)), cmp.Compare(a.ID, b.ID))
}

// Membership returns one of them with all its projects, or problem.NotFound: to others there is no such provider.
func (s *Service) Membership(ctx context.Context, publicID string, personID int64) (Membership, error) {
	ms, err := s.Memberships(ctx, personID)
	if err != nil {
		return Membership{}, err
	}
	for _, m := range ms {
		if m.Provider.PublicID != publicID {
			continue
		}
		if m.Provider, err = s.withProjects(ctx, m.Provider); err != nil {
			return Membership{}, err
		}
		return m, nil
	}
	return Membership{}, notFound()
}

// Members returns who belongs to a provider, or is invited to, managers first, by name.
func (s *Service) Members(ctx context.Context, providerID int64) ([]Member, error) {
	ms, err := s.store.Members(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("read the members: %w", err)
	}
	return ms, nil
}

// manages reports whether the member may change the organisation's profile and members: one that joined.
func (m Member) manages() bool { return m.Manager && !m.Joined.IsZero() }

// among returns the person's place among the members and those who are invited; false for strangers.
func among(members []Member, personID int64) (Member, bool) {
	i := slices.IndexFunc(members, func(m Member) bool { return personID != 0 && m.Person.ID == personID })
	if i < 0 {
		return Member{}, false
	}
	return members[i], true
}

// memberOf is among for what members may do: who is only invited is a stranger.
func memberOf(members []Member, personID int64) (Member, bool) {
	m, ok := among(members, personID)
	return m, ok && !m.Joined.IsZero()
}

// manage is change for what managers may do. To strangers there is no such provider; other members are problem.Forbidden.
func (s *Service) manage(ctx context.Context, publicID string, by identity.Person, fn func(Tx, Provider) error) error {
	return s.change(ctx, publicID, func(tx Tx, p Provider) error {
		members, err := tx.Members(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("read the members: %w", err)
		}
		m, ok := memberOf(members, by.ID)
		switch {
		case !ok || !p.referenced():
			return notFound()
		case !m.Manager:
			return problem.New(problem.Forbidden, "problem.provider_managers")
		default:
			return fn(tx, p)
		}
	})
}

// lastManager reports whether the provider would have no manager without the person. Who is only invited manages nothing yet.
func lastManager(members []Member, personID int64) bool {
	return !slices.ContainsFunc(members, func(m Member) bool { return m.manages() && m.Person.ID != personID })
}

// AddMember invites the person of that address by mail; managers only. Until they join, they take part in nothing: the address
// may be mistyped, and somebody else's. That they are known elsewhere does not count, which would tell so. For the same reason
// the provider knows them by the name that it gave. Of one who is a member or invited already it writes what they may do, and
// mails nobody. problem.Invalid (FieldEmail, FieldContactName), problem.Conflict for the last manager and when there are too
// many, problem.TooMany.
func (s *Service) AddMember(ctx context.Context, publicID, email, name string, manager bool, by identity.Person) error {
	var f form
	address, err := s.opts.ParseAddress(email)
	if err != nil {
		f.refuse(FieldEmail, "problem.email_invalid", nil)
	}
	name = typed.Line(name)
	f.length(FieldContactName, name, nameMin, NameMax)
	if err := f.err(); err != nil {
		return err
	}
	return s.manage(ctx, publicID, by, func(tx Tx, p Provider) error {
		members, err := tx.Members(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("read the members: %w", err)
		}
		if i := slices.IndexFunc(members, func(m Member) bool { return strings.EqualFold(m.Person.Email, address) }); i >= 0 {
			return s.regrade(ctx, tx, by, p, members, members[i], manager)
		}
		if len(members) >= membersMax {
			return problem.New(problem.Conflict, "problem.provider_members_many").With("max", membersMax)
		}
		if err := s.id.AllowIn(ctx, tx, "provider-member", p.PublicID, invitationsPerDay, 24*time.Hour); err != nil {
			return err
		}
		person, err := tx.PersonFor(ctx, address, name, p.Lang)
		if err != nil {
			return fmt.Errorf("make the member known: %w", err)
		}
		one := Member{Person: identity.Person{ID: person, Name: name}, Manager: manager, Invited: s.now()}
		if err := tx.PutMember(ctx, p.ID, one); err != nil {
			return fmt.Errorf("keep the member: %w", err)
		}
		if err := s.mailInvitation(ctx, tx, p, person, address); err != nil {
			return err
		}
		return audit(ctx, tx, by, "provider.member_added", p.ID, map[string]any{"person": person, "manager": manager})
	})
}

func (s *Service) mailInvitation(ctx context.Context, tx Tx, p Provider, personID int64, address string) error {
	l := p.letter(LetterMember, fmt.Sprintf("provider-member:%d:%d:%d", p.ID, personID, s.now().Unix()))
	l.Recipient = address
	if err := tx.Enqueue(ctx, l); err != nil {
		return fmt.Errorf("mail the invitation: %w", err)
	}
	return nil
}

// InviteAgain mails the invitation once more to who has not joined; managers only. Who joined meanwhile, is invited no more, or
// was mailed within the minute is no error. problem.TooMany.
func (s *Service) InviteAgain(ctx context.Context, publicID string, personID int64, by identity.Person) error {
	return s.manage(ctx, publicID, by, func(tx Tx, p Provider) error {
		members, err := tx.Members(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("read the members: %w", err)
		}
		m, ok := among(members, personID)
		if !ok || !m.Joined.IsZero() || s.now().Sub(m.Invited) < inviteAgainAfter {
			return nil
		}
		if err := s.id.AllowIn(ctx, tx, "provider-member", p.PublicID, invitationsPerDay, 24*time.Hour); err != nil {
			return err
		}
		if err := tx.InviteMember(ctx, p.ID, personID, s.now()); err != nil {
			return fmt.Errorf("note the invitation: %w", err)
		}
		if err := s.mailInvitation(ctx, tx, p, personID, m.Person.Email); err != nil {
			return err
		}
		return audit(ctx, tx, by, "provider.member_invited", p.ID, map[string]any{"person": personID})
	})
}

// Join accepts an invitation: whoever signed in with the address that it went to has shown that it is theirs, and by this that
// they are the one who was meant. Again: no error. problem.NotFound for who is not invited.
func (s *Service) Join(ctx context.Context, publicID string, by identity.Person) error {
	return s.answer(ctx, publicID, by, "provider.member_joined", func(tx Tx, p Provider) error {
		return tx.Join(ctx, p.ID, by.ID, s.now())
	})
}

// DeclineInvitation takes an invitation back for who was not meant. Errors are those of Join; who has joined is left alone.
func (s *Service) DeclineInvitation(ctx context.Context, publicID string, by identity.Person) error {
	return s.answer(ctx, publicID, by, "provider.member_declined", func(tx Tx, p Provider) error {
		return tx.DeleteMember(ctx, p.ID, by.ID)
	})
}

// answer is change for who is invited.
func (s *Service) answer(ctx context.Context, publicID string, by identity.Person, action string, fn func(Tx, Provider) error) error {
	return s.change(ctx, publicID, func(tx Tx, p Provider) error {
		members, err := tx.Members(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("read the members: %w", err)
		}
		m, ok := among(members, by.ID)
		switch {
		case !ok || !p.referenced():
			return notFound()
		case !m.Joined.IsZero():
			return nil
		}
		if err := fn(tx, p); err != nil {
			return fmt.Errorf("answer the invitation: %w", err)
		}
		return audit(ctx, tx, by, action, p.ID, map[string]any{"person": by.ID})
	})
}

// regrade writes what a member may do.
func (s *Service) regrade(
	ctx context.Context, tx Tx, by identity.Person, p Provider, members []Member, m Member, manager bool,
) error {
	switch {
	case m.Manager == manager:
		return nil
	case m.Manager && lastManager(members, m.Person.ID):
		return problem.New(problem.Conflict, "problem.provider_last_manager")
	}
	if err := tx.PutMember(ctx, p.ID, Member{Person: m.Person, Manager: manager, Invited: m.Invited, Joined: m.Joined}); err != nil {
		return fmt.Errorf("write what the member may do: %w", err)
	}
	return audit(ctx, tx, by, "provider.member_changed", p.ID, map[string]any{"person": m.Person.ID, "manager": manager})
}

// RemoveMember takes a person out; managers only, and never the last manager (problem.Conflict). The tickets that they looked
// after become nobody's in particular. Who is no member any more is no error.
func (s *Service) RemoveMember(ctx context.Context, publicID string, personID int64, by identity.Person) error {
	return s.manage(ctx, publicID, by, func(tx Tx, p Provider) error {
		members, err := tx.Members(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("read the members: %w", err)
		}
		if _, ok := among(members, personID); !ok {
			return nil
		}
		if lastManager(members, personID) {
			return problem.New(problem.Conflict, "problem.provider_last_manager")
		}
		if err := tx.DeleteMember(ctx, p.ID, personID); err != nil {
			return fmt.Errorf("take the member out: %w", err)
		}
		if err := s.release(ctx, tx, by, p.ID, personID); err != nil {
			return err
		}
		return audit(ctx, tx, by, "provider.member_removed", p.ID, map[string]any{"person": personID})
	})
}

// release makes nobody's what a former member looked after, so that everybody of the provider hears of it again.
func (s *Service) release(ctx context.Context, tx Tx, by identity.Person, providerID, personID int64) error {
	ids, err := tx.ReleaseTickets(ctx, providerID, personID)
	if err != nil {
		return fmt.Errorf("release the member's tickets: %w", err)
	}
	for _, id := range ids {
		e := identity.Entry{Action: "ticket.assigned", Subject: "ticket", SubjectID: id, Data: map[string]any{"person": int64(0)}}
		if err := tx.Audit(ctx, byPerson(by, e)); err != nil {
			return fmt.Errorf("write the trail: %w", err)
		}
	}
	return nil
}
