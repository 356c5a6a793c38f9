package provisioning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nichoir/internal/problem"
)

// View is a space with all that its pages show.
type View struct {
	Space    Space
	Host     Host // zero until placed
	Accounts []Account
	Steps    []Step
	Reading  Reading // zero until read
	Trail    []TrailLine
	NextTry  time.Duration // not positive: as soon as a worker is free
}

// Seats is how many of the plan's accounts are taken.
func (v View) Seats() int { return seats(v.Accounts) }

// TrailLine is one line of the audit trail of a space and its accounts.
type TrailLine struct {
	At     time.Time
	Actor  string // a person's name, "" for Nichoir itself
	Action string
	Data   map[string]any
}

// SpaceFilter narrows the list of spaces.
type SpaceFilter struct {
	States []State // none: all
	HostID int64   // 0: all
	Query  string  // in name and slug
	After  int64   // id of the last one seen, 0: from the newest
	Limit  int
}

// SpaceLine is a space in a list.
type SpaceLine struct {
	Space
	HostName string
	Seats    int
	Reading  Reading // zero until read
}

// FailureGroup is what stands between some spaces and their end: one line, however many they are.
type FailureGroup struct {
	HostID   int64 // 0: none of the hosts
	HostName string
	Cause    Cause
	Step     string // the first of them
	Count    int
	Since    time.Time
	Spaces   []SpaceRef // the first twenty
}

// SpaceRef names a space.
type SpaceRef struct {
	PublicID string
	Name     string
	Step     string
}

// View returns a space with all that its pages show. NotFound when there is none.
func (s *Service) View(ctx context.Context, publicID string) (View, error) {
	var v View
	var err error
	if v.Space, err = s.o.Store.SpaceByPublicID(ctx, publicID); errors.Is(err, ErrNotFound) {
		return View{}, problem.New(problem.NotFound, "problem.space_not_found")
	} else if err != nil {
		return View{}, fmt.Errorf("read the space: %w", err)
	}
	id := v.Space.ID
	if v.Space.HostID != 0 {
		if v.Host, err = s.o.Store.Host(ctx, v.Space.HostID); err != nil {
			return View{}, fmt.Errorf("read the space's host: %w", err)
		}
	}
	if v.Accounts, err = s.o.Store.Accounts(ctx, id); err != nil {
		return View{}, fmt.Errorf("read the accounts: %w", err)
	}
	if v.Steps, err = s.o.Store.Steps(ctx, id); err != nil {
		return View{}, fmt.Errorf("read the steps: %w", err)
	}
	if v.Reading, err = s.o.Store.Reading(ctx, id); err != nil && !errors.Is(err, ErrNotFound) {
		return View{}, fmt.Errorf("read the reading: %w", err)
	}
	if v.Trail, err = s.o.Store.Trail(ctx, id); err != nil {
		return View{}, fmt.Errorf("read the trail: %w", err)
	}
	if v.NextTry, err = s.o.Store.NextTry(ctx, id); err != nil {
		return View{}, fmt.Errorf("read when the space is tried again: %w", err)
	}
	return v, nil
}

// SpacesOf returns the spaces that a person leads, newest first.
func (s *Service) SpacesOf(ctx context.Context, personID int64) ([]Space, error) {
	return s.o.Store.SpacesOf(ctx, personID)
}

// Spaces lists spaces, newest first.
func (s *Service) Spaces(ctx context.Context, f SpaceFilter) ([]SpaceLine, error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	f.Query = printable(f.Query)
	return s.o.Store.SpacesList(ctx, f)
}

// Failures groups what waits for a person, or for a host to heal, by host and cause.
func (s *Service) Failures(ctx context.Context) ([]FailureGroup, error) {
	return s.o.Store.FailureGroups(ctx)
}

// Hosts lists the hosts, by name.
func (s *Service) Hosts(ctx context.Context) ([]Host, error) { return s.o.Store.Hosts(ctx) }
