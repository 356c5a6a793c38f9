package onboarding

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// Identity is what onboarding needs of identity.
type Identity interface {
	Allow(ctx context.Context, what, who string, limit int, window time.Duration) error
	AllowIn(ctx context.Context, c identity.Counter, what, who string, limit int, window time.Duration) error
	Spend(ctx context.Context, tx identity.LinkTx, token string, p identity.Purpose) (identity.Link, error)
	Trail(ctx context.Context, subject string, id int64) ([]identity.Record, error)
}

// Options are what a Service is made of. Fields without a default are required.
type Options struct {
	Store    Store
	Identity Identity
	Clock    func() time.Time
	Rand     io.Reader // for public ids
	// ParseAddress checks and normalises a mail address.
	ParseAddress func(string) (string, error)
	// Regions and Help say which regions and kinds of support there are to choose in the form; default: none. Both questions
	// may stay without an answer.
	Regions, Help func(string) bool
	// UndoWindow is for how long a decided batch can be undone; default 10 minutes.
	UndoWindow time.Duration
	// KeepUnconfirmed is how long an address can be confirmed before the application is ended and forgotten; default 30 days.
	KeepUnconfirmed time.Duration
	// KeepRefused is how long after its end an application that became no space is forgotten; default 365 days.
	KeepRefused time.Duration
	// ReturnKey keys the hash that is kept of an address.
	ReturnKey []byte
	// FormsPerHour is how often one machine may send the form within an hour; default 60, negative: no limit.
	FormsPerHour int
}

// Service is onboarding. Its methods may be called from many goroutines.
type Service struct {
	store Store
	id    Identity
	now   func() time.Time
	opts  Options
}

// New returns the service.
func New(o Options) *Service {
	o.UndoWindow = cmp.Or(o.UndoWindow, 10*time.Minute)
	o.KeepUnconfirmed = cmp.Or(o.KeepUnconfirmed, 30*24*time.Hour)
	o.KeepRefused = cmp.Or(o.KeepRefused, 365*24*time.Hour)
	o.FormsPerHour = cmp.Or(o.FormsPerHour, 60)
	none := func(string) bool { return false }
	if o.Regions == nil {
		o.Regions = none
	}
	if o.Help == nil {
		o.Help = none
	}
	return &Service{store: o.Store, id: o.Identity, now: o.Clock, opts: o}
}

func notFound() error { return problem.New(problem.NotFound, "problem.not_found") }

// known turns a store's ErrNotFound into problem.NotFound, and says of other errors what was being done.
func known(err error, doing string) error {
	if errors.Is(err, ErrNotFound) {
		return notFound()
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Application returns the application, or problem.NotFound. It is for jobs and for who holds a link to it.
func (s *Service) Application(ctx context.Context, id int64) (Application, error) {
	a, err := s.store.Application(ctx, id)
	if err != nil {
		return Application{}, known(err, "read the application")
	}
	return a, nil
}

// Status returns an application as its lead may see it, or problem.NotFound.
func (s *Service) Status(ctx context.Context, publicID string) (Status, error) {
	if !typed.Storable(publicID) {
		return Status{}, notFound()
	}
	st, err := s.store.Status(ctx, publicID)
	if err != nil {
		return Status{}, known(err, "read the application")
	}
	return st, nil
}

// StatusesOf returns the applications whose lead the person is, latest first.
func (s *Service) StatusesOf(ctx context.Context, personID int64) ([]Status, error) {
	sts, err := s.store.StatusesOf(ctx, personID)
	if err != nil {
		return nil, fmt.Errorf("read the applications: %w", err)
	}
	return sts, nil
}

// Dossier returns an application with all that the review desk knows of it, or problem.NotFound; problem.Forbidden for
// those who do not review.
func (s *Service) Dossier(ctx context.Context, publicID string, by identity.Person) (Dossier, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return Dossier{}, err
	}
	var d Dossier
	var err error
	if d.Status, err = s.Status(ctx, publicID); err != nil {
		return Dossier{}, err
	}
	if d.Campaign, err = s.store.Campaign(ctx, d.Application.CampaignID); err != nil {
		return Dossier{}, known(err, "read the campaign")
	}
	if id := d.Application.BatchID; id != 0 {
		b, err := s.store.Batch(ctx, id)
		if err != nil {
			return Dossier{}, known(err, "read the batch")
		}
		d.Batch = &b
	}
	if d.Earlier, err = s.earlier(ctx, d.Application); err != nil {
		return Dossier{}, err
	}
	if d.Trail, err = s.id.Trail(ctx, "application", d.Application.ID); err != nil {
		return Dossier{}, fmt.Errorf("read the application's trail: %w", err)
	}
	return d, nil
}

// MailBounced notes that an application's address does not work, with the SMTP code that said so. No application of that id
// is no error: the mail came back to nobody.
func (s *Service) MailBounced(ctx context.Context, applicationID int64, code string) error {
	err := s.store.InTx(ctx, func(tx Tx) error {
		if err := tx.SetMailTrouble(ctx, applicationID, code); err != nil {
			return fmt.Errorf("note the address's trouble: %w", err)
		}
		return tx.Audit(ctx, entry("application.mail_refused", applicationID, map[string]any{"code": code}))
	})
	if errors.Is(err, ErrMoved) {
		return nil
	}
	return err
}

// entry is a line of the trail about an application that Nichoir itself writes.
func entry(action string, id int64, data map[string]any) identity.Entry {
	return identity.Entry{
		Actor: identity.ActorNichoir, Action: action, Subject: "application", SubjectID: id, Data: data,
	}
}

// byPerson makes a line of the trail the person's.
func byPerson(e identity.Entry, by identity.Person) identity.Entry {
	e.Actor, e.ActorID = identity.ActorPerson, by.ID
	return e
}

func searchText(a Application) string {
	return typed.Fold(strings.Join([]string{a.Association, a.LeadName, a.LeadEmail, a.Slug}, " "))
}
