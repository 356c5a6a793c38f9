package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// Options are what a Service is made of. Fields without a default are required.
type Options struct {
	Store    Store
	Identity Identity
	Clock    func() time.Time
	Rand     io.Reader // for public ids
	// ParseAddress checks and normalises a mail address.
	ParseAddress func(string) (string, error)
	// Yearly is how long a confirmed profile is good; 0: 365 days. Grace is how long its question may wait; 0: 30 days.
	Yearly, Grace time.Duration
	// KeepUnconfirmed is how long an address can be confirmed before the application is deleted; 0: 30 days. KeepRefused is how
	// long after the refusal one is emptied; 0: 365 days.
	KeepUnconfirmed, KeepRefused time.Duration
	// FormsPerHour is how often one machine may send the form within an hour; 0: 60, negative: no limit.
	FormsPerHour int
}

// Identity is what the directory needs of identity.
type Identity interface {
	Allow(ctx context.Context, what, who string, limit int, window time.Duration) error
	AllowIn(ctx context.Context, c identity.Counter, what, who string, limit int, window time.Duration) error
	Open(ctx context.Context, token string, p identity.Purpose) (identity.Link, error)
	Spend(ctx context.Context, tx identity.LinkTx, token string, p identity.Purpose) (identity.Link, error)
	Staff(ctx context.Context) ([]identity.Person, error)
	Trail(ctx context.Context, subject string, id int64) ([]identity.Record, error)
}

// Service is the directory. Its methods may be called from many goroutines.
type Service struct {
	store Store
	id    Identity
	now   func() time.Time
	opts  Options
}

// New returns the service.
func New(o Options) *Service {
	const day = 24 * time.Hour
	o.Yearly = cmp.Or(o.Yearly, 365*day)
	o.Grace = cmp.Or(o.Grace, 30*day)
	o.KeepUnconfirmed = cmp.Or(o.KeepUnconfirmed, 30*day)
	o.KeepRefused = cmp.Or(o.KeepRefused, 365*day)
	o.FormsPerHour = cmp.Or(o.FormsPerHour, 60)
	return &Service{store: o.Store, id: o.Identity, now: o.Clock, opts: o}
}

// Keeps tells how long an application is kept that nobody confirmed, and one that was refused.
func (s *Service) Keeps() (unconfirmed, refused time.Duration) {
	return s.opts.KeepUnconfirmed, s.opts.KeepRefused
}

// Provider returns the provider of the id with its projects, for jobs, or problem.NotFound.
func (s *Service) Provider(ctx context.Context, id int64) (Provider, error) {
	p, err := s.store.Provider(ctx, id, s.now())
	if err != nil {
		return Provider{}, known(err, "read the provider")
	}
	return s.withProjects(ctx, p)
}

// BySlug returns a listed or paused provider with its public projects, or problem.NotFound.
func (s *Service) BySlug(ctx context.Context, slug string) (Provider, error) {
	if !typed.Storable(slug) {
		return Provider{}, notFound()
	}
	p, err := s.store.BySlug(ctx, slug, s.now())
	if err != nil {
		return Provider{}, known(err, "read the provider")
	}
	if !p.referenced() {
		return Provider{}, notFound()
	}
	if p, err = s.withProjects(ctx, p); err != nil {
		return Provider{}, err
	}
	return public(p), nil
}

// ByPublicID returns any provider, for whoever knows its opaque id, or problem.NotFound. Once it is in the directory its id is
// in the pages of leads as well: then, and ever after, only what is public of it is returned.
func (s *Service) ByPublicID(ctx context.Context, publicID string) (Provider, error) {
	p, err := s.find(ctx, publicID)
	if err != nil {
		return Provider{}, err
	}
	if p, err = s.withProjects(ctx, p); err != nil {
		return Provider{}, err
	}
	if !p.ListedAt.IsZero() {
		return public(p), nil
	}
	return p, nil
}

// Notes returns the exchange about an application, oldest first.
func (s *Service) Notes(ctx context.Context, providerID int64) ([]Note, error) {
	notes, err := s.store.Notes(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("read the exchange: %w", err)
	}
	return notes, nil
}

// referenced reports whether the provider is in the directory.
func (p Provider) referenced() bool { return p.State == Listed || p.State == Paused }

// public returns what everybody may read of a provider: of its projects those whose association agreed.
func public(p Provider) Provider {
	out := Provider{
		ID: p.ID, PublicID: p.PublicID, Slug: p.Slug, State: p.State, Profile: p.Profile, Capacity: p.Capacity, Taken: p.Taken,
		PausedUntil: p.PausedUntil, ListedAt: p.ListedAt, ProfileAt: p.ProfileAt,
	}
	if p.PausedCause == PauseHolidays { // the others are between it and the team
		out.PausedCause = p.PausedCause
	}
	for _, project := range p.Projects {
		if project.Public {
			project.Proof = ""
			out.Projects = append(out.Projects, project)
		}
	}
	return out
}

// find reads the provider of the public id, or says problem.NotFound.
func (s *Service) find(ctx context.Context, publicID string) (Provider, error) {
	if !typed.Storable(publicID) {
		return Provider{}, notFound()
	}
	p, err := s.store.ByPublicID(ctx, publicID, s.now())
	if err != nil {
		return Provider{}, known(err, "read the provider")
	}
	return p, nil
}

func (s *Service) withProjects(ctx context.Context, p Provider) (Provider, error) {
	var err error
	if p.Projects, err = s.store.Projects(ctx, p.ID); err != nil {
		return Provider{}, fmt.Errorf("read the projects: %w", err)
	}
	return p, nil
}

// change runs fn in one transaction with the locked provider of the public id; problem.NotFound when there is none.
func (s *Service) change(ctx context.Context, publicID string, fn func(Tx, Provider) error) error {
	found, err := s.find(ctx, publicID)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		p, err := tx.Lock(ctx, found.ID, s.now())
		if err != nil {
			return known(err, "lock the provider")
		}
		return fn(tx, p)
	})
}

func notFound() error { return problem.New(problem.NotFound, "problem.not_found") }

// known turns a store's ErrNotFound into problem.NotFound, and says of other errors what was being done.
func known(err error, doing string) error {
	if errors.Is(err, ErrNotFound) {
		return notFound()
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// entry is a line of the trail about a provider that Nichoir itself writes.
func entry(action string, id int64, data map[string]any) identity.Entry {
	return identity.Entry{Actor: identity.ActorNichoir, Action: action, Subject: "provider", SubjectID: id, Data: data}
}

// byPerson makes a line of the trail the person's.
func byPerson(by identity.Person, e identity.Entry) identity.Entry {
	e.Actor, e.ActorID = identity.ActorPerson, by.ID
	return e
}

// audit writes a line that says what the person did to the provider.
func audit(ctx context.Context, tx Tx, by identity.Person, action string, id int64, data map[string]any) error {
	return tx.Audit(ctx, byPerson(by, entry(action, id, data)))
}

// letter is a mail about the provider to its contact address.
func (p Provider) letter(template, event string) identity.Letter {
	return identity.Letter{Event: event, Template: template, Recipient: p.Profile.Email, Lang: p.Lang, Ref: p.ID}
}

// tell mails the provider's managers; the contact address while it has none.
func tell(ctx context.Context, tx Tx, p Provider, template, event string) error {
	members, err := tx.Members(ctx, p.ID)
	if err != nil {
		return fmt.Errorf("read the members: %w", err)
	}
	told := false
	for _, m := range members {
		if !m.manages() {
			continue
		}
		l := p.letter(template, event)
		l.Recipient, l.Lang = m.Person.Email, m.Person.Lang
		if err := tx.Enqueue(ctx, l); err != nil {
			return fmt.Errorf("mail a manager: %w", err)
		}
		told = true
	}
	if told {
		return nil
	}
	if err := tx.Enqueue(ctx, p.letter(template, event)); err != nil {
		return fmt.Errorf("mail the contact: %w", err)
	}
	return nil
}

// tellTeam mails everybody of the team.
func tellTeam(ctx context.Context, tx Tx, p Provider, team []identity.Person, event string) error {
	for _, member := range team {
		l := p.letter(LetterAnswered, event)
		l.Recipient, l.Lang = member.Email, member.Lang
		if err := tx.Enqueue(ctx, l); err != nil {
			return fmt.Errorf("mail the team: %w", err)
		}
	}
	return nil
}
