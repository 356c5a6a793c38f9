package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// UpdateProfile writes a profile; managers only. The page's address stays what it was, and the yearly confirmation is a thing
// of its own. problem.Invalid with the fields that are wrong.
func (s *Service) UpdateProfile(ctx context.Context, publicID string, p Profile, by identity.Person) error {
	var f form
	p = s.profile(&f, p)
	if err := f.err(); err != nil {
		return err
	}
	return s.manage(ctx, publicID, by, func(tx Tx, provider Provider) error {
		if err := tx.Write(ctx, provider.ID, p, searchText(p)); err != nil {
			return fmt.Errorf("write the profile: %w", err)
		}
		return audit(ctx, tx, by, "provider.profile_changed", provider.ID, nil)
	})
}

// SetCapacity writes how many associations at once, 0 to 500; managers only. Fewer than are held is allowed: nobody new comes.
func (s *Service) SetCapacity(ctx context.Context, publicID string, places int, by identity.Person) error {
	var f form
	f.number(FieldCapacity, places, 0, placesMax)
	if err := f.err(); err != nil {
		return err
	}
	return s.manage(ctx, publicID, by, func(tx Tx, p Provider) error {
		if p.Capacity == places {
			return nil
		}
		if err := tx.SetCapacity(ctx, p.ID, places); err != nil {
			return fmt.Errorf("write the capacity: %w", err)
		}
		return audit(ctx, tx, by, "provider.capacity", p.ID, map[string]any{"from": p.Capacity, "to": places})
	})
}

// ConfirmProfile is the yearly confirmation with one new project, from the desk; managers only. It ends a rest that began
// because nobody confirmed. problem.Invalid names the fields of project 1. Sent twice it is one.
func (s *Service) ConfirmProfile(ctx context.Context, publicID string, p Project, by identity.Person) error {
	var f form
	p = s.project(&f, 1, p)
	if err := f.err(); err != nil {
		return err
	}
	return s.manage(ctx, publicID, by, func(tx Tx, provider Provider) error {
		return s.confirmProfile(ctx, tx, provider, p, by)
	})
}

func (s *Service) confirmProfile(ctx context.Context, tx Tx, p Provider, project Project, by identity.Person) error {
	added, err := addProject(ctx, tx, p.ID, project)
	if err != nil {
		return err
	}
	if !added {
		if p.ProfileAsked.IsZero() { // sent twice
			return nil
		}
		return problem.InvalidField(projectField(1, "association"), "problem.project_known")
	}
	all, err := tx.Projects(ctx, p.ID)
	if err != nil {
		return fmt.Errorf("read the projects: %w", err)
	}
	if !s.recent(all) {
		f := form{}
		f.refuse(projectField(1, "year"), "problem.projects_old", map[string]any{"years": recentYears})
		return f.err()
	}
	now := s.now()
	if err := tx.ProfileConfirmed(ctx, p.ID, now); err != nil {
		return fmt.Errorf("confirm the profile: %w", err)
	}
	if err := audit(ctx, tx, by, "provider.profile_confirmed", p.ID, nil); err != nil {
		return err
	}
	if err := endPauses(ctx, tx, p, now, PauseProfile); err != nil {
		return err
	}
	_, err = s.settle(ctx, tx, &p, byPerson(by, entry("", p.ID, nil)))
	return err
}

// OpenProfile says which provider a mailed link of PurposeProfile is for and consumes nothing. With problem.Gone the provider
// is returned as well.
func (s *Service) OpenProfile(ctx context.Context, token string) (Provider, error) {
	l, gone := s.id.Open(ctx, token, identity.PurposeProfile)
	if gone != nil && !problem.Is(gone, problem.Gone) {
		return Provider{}, gone
	}
	p, err := s.Provider(ctx, l.Ref)
	if err != nil {
		return Provider{}, err
	}
	members, err := s.Members(ctx, p.ID)
	if err != nil {
		return Provider{}, err
	}
	if _, ok := addressee(members, l); !ok || !p.referenced() {
		return Provider{}, problem.New(problem.NotFound, "problem.link_unknown")
	}
	return p, gone
}

// addressee returns the manager to whom a link was mailed, unless that person is none any more.
func addressee(members []Member, l identity.Link) (identity.Person, bool) {
	i := slices.IndexFunc(members, func(m Member) bool { return m.manages() && strings.EqualFold(m.Person.Email, l.Recipient) })
	if i < 0 {
		return identity.Person{}, false
	}
	return members[i].Person, true
}

// ConfirmProfileByLink is ConfirmProfile with a mailed link; pause true pauses instead, until the profile is confirmed, and p
// is not looked at; problem.Gone when another manager has confirmed it meanwhile. With problem.Invalid nothing is spent. A second
// click answers like the first.
func (s *Service) ConfirmProfileByLink(ctx context.Context, token string, p Project, pause bool) error {
	var f form
	if !pause {
		p = s.project(&f, 1, p)
	}
	invalid := f.err()
	return s.store.InTx(ctx, func(tx Tx) error {
		l, spent := s.id.Spend(ctx, tx, token, identity.PurposeProfile)
		if spent != nil && !problem.Is(spent, problem.Gone) {
			return spent
		}
		provider, err := tx.Lock(ctx, l.Ref, s.now())
		if err != nil {
			return known(err, "lock the provider")
		}
		members, err := tx.Members(ctx, provider.ID)
		if err != nil {
			return fmt.Errorf("read the members: %w", err)
		}
		by, ok := addressee(members, l)
		switch {
		case !ok || !provider.referenced():
			return problem.New(problem.NotFound, "problem.link_unknown")
		case spent != nil && didBefore(provider, l, pause):
			return nil
		case spent != nil:
			return spent
		case invalid != nil:
			return invalid
		case pause && provider.ProfileAsked.IsZero(): // confirmed meanwhile by another manager: there is nothing to rest for
			return problem.New(problem.Gone, "problem.link_used")
		case pause:
			return s.rest(ctx, tx, provider, Pause{Cause: PauseProfile}, by)
		default:
			return s.confirmProfile(ctx, tx, provider, p, by)
		}
	})
}

// didBefore reports whether what a used link did is still so.
func didBefore(p Provider, l identity.Link, pause bool) bool {
	switch {
	case l.SpentAt.IsZero():
		return false
	case pause:
		return p.State == Paused
	default:
		return !p.ProfileAt.Before(l.SpentAt)
	}
}
