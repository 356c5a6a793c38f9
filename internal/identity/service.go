package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"nichoir/internal/problem"
)

// ErrNotFound is what a store answers when there is no such row. It never leaves the service.
var ErrNotFound = errors.New("not found")

// Store is what identity needs of a database.
type Store interface {
	// InTx runs fn in one transaction, committed when it returns nil.
	InTx(ctx context.Context, fn func(Tx) error) error

	Person(ctx context.Context, id int64) (Person, error)               // ErrNotFound
	PersonByEmail(ctx context.Context, email string) (Person, error)    // ErrNotFound; case does not count
	LinkByHash(ctx context.Context, hash []byte) (Link, error)          // ErrNotFound
	SessionByHash(ctx context.Context, hash []byte) (SessionRow, error) // ErrNotFound
	Staff(ctx context.Context) ([]Person, error)
	Trail(ctx context.Context, subject string, id int64) ([]Record, error)

	// TouchSession slides the session's end.
	TouchSession(ctx context.Context, hash []byte, seen, expires time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	// Hit counts one attempt in the bucket's window and returns how many there were, this one included.
	Hit(ctx context.Context, bucket []byte, window time.Time) (int, error)
	// Prune deletes counters, links and sessions that ended before the given times, and returns how many rows.
	Prune(ctx context.Context, counters, links, sessions time.Time) (int64, error)
}

// Tx is one transaction of a Store.
type Tx interface {
	LinkTx
	Audit(ctx context.Context, e Entry) error
	Enqueue(ctx context.Context, j Job) error

	InsertLink(ctx context.Context, l Link, hash []byte, now time.Time) error
	InsertSession(ctx context.Context, hash []byte, personID int64, now, expires time.Time) error
	// LockPerson locks the row of the person. Returns ErrNotFound.
	LockPerson(ctx context.Context, id int64) (Person, Secret, error)
	// UpsertStaff makes the person known by the address a member of staff.
	UpsertStaff(ctx context.Context, p Person) (int64, error)
	DropRole(ctx context.Context, personID int64) error
	SetSecret(ctx context.Context, personID int64, s Secret) error
	MarkSecondFactor(ctx context.Context, sessionHash []byte, at time.Time) error
	DeleteSessionsOf(ctx context.Context, personID int64) error
}

// LinkTx is what a transaction of any service offers so that a link is spent together with what it opens.
type LinkTx interface {
	// LockLink locks the link with that hash until the transaction ends. Returns ErrNotFound.
	LockLink(ctx context.Context, hash []byte) (Link, error)
	// SpendLink marks the link as used. It reports false when it was used before.
	SpendLink(ctx context.Context, id int64, at time.Time) (bool, error)
}

// SessionRow is a session as it is kept.
type SessionRow struct {
	Person         Person
	SecondFactorAt time.Time // zero: none
	CreatedAt      time.Time
	SeenAt         time.Time
	ExpiresAt      time.Time
}

// Secret is the second factor of a person as it is kept.
type Secret struct {
	Sealed      []byte    // nil: none
	ConfirmedAt time.Time // zero: enrolment is under way
	LastStep    int64     // number of the period of the last code that was good
}

// Sealer keeps secrets unreadable in the database. What is sealed for one context opens in no other. A Vault is one.
type Sealer interface {
	Seal(plain []byte, context string) ([]byte, error)
	Open(sealed []byte, context string) ([]byte, error)
}

// Options are what a Service is made of. All fields without a default are required.
type Options struct {
	Store Store
	Clock func() time.Time
	Rand  io.Reader // for tokens and second factors
	Seal  Sealer
	// CounterKey keys the hashes under which attempts are counted, so that the counters tell nobody's address.
	CounterKey []byte
	// ParseAddress checks and normalises a mail address.
	ParseAddress func(string) (string, error)
	// Issuer names this Nichoir in authenticator apps.
	Issuer string
	// Lifetimes of links by purpose; the default for those missing is DefaultLifetime.
	Lifetimes map[Purpose]time.Duration
	// RenewTemplates are the mail templates with which a link of a purpose is sent anew; see DefaultRenewTemplate.
	RenewTemplates map[Purpose]string
	// Session is how long a session lives unused; 0: 30 days. StaffSession is how long one of staff lives however much it is
	// used; 0: 12 hours. Unused it ends after 2.
	Session, StaffSession time.Duration
}

// Service is identity. Its methods may be called from many goroutines.
type Service struct {
	store Store
	now   func() time.Time
	opts  Options
}

// New returns the service.
func New(o Options) *Service {
	if o.Session == 0 {
		o.Session = defaultSession
	}
	if o.StaffSession == 0 {
		o.StaffSession = defaultStaffSession
	}
	return &Service{store: o.Store, now: o.Clock, opts: o}
}

// Person returns the person, or problem.NotFound.
func (s *Service) Person(ctx context.Context, id int64) (Person, error) {
	p, err := s.store.Person(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return Person{}, problem.New(problem.NotFound, "problem.not_found")
	}
	if err != nil {
		return Person{}, fmt.Errorf("read the person: %w", err)
	}
	return p, nil
}

// PersonByEmail returns the person known by the address, or problem.NotFound. It is for commands and jobs: a page must not
// tell whether an address is known.
func (s *Service) PersonByEmail(ctx context.Context, email string) (Person, error) {
	p, err := s.store.PersonByEmail(ctx, email)
	if errors.Is(err, ErrNotFound) {
		return Person{}, problem.New(problem.NotFound, "problem.not_found")
	}
	if err != nil {
		return Person{}, fmt.Errorf("read the person: %w", err)
	}
	return p, nil
}

// AddStaff gives the person known by the address a role, and makes the person known first where needed. Their sessions
// end, so that the shorter ones of staff begin. Returns problem.Invalid for an address, name or role that is none.
func (s *Service) AddStaff(ctx context.Context, email, name string, role Role) (Person, error) {
	address, err := s.opts.ParseAddress(email)
	if err != nil {
		return Person{}, problem.InvalidField("email", "problem.email_invalid")
	}
	if role != Admin && role != Reviewer {
		return Person{}, problem.InvalidField("role", "problem.role_unknown")
	}
	p := Person{Email: address, Name: name, Lang: "fr", Role: role}
	err = s.store.InTx(ctx, func(tx Tx) error {
		id, err := tx.UpsertStaff(ctx, p)
		if err != nil {
			return fmt.Errorf("write the member of staff: %w", err)
		}
		p.ID = id
		if err := tx.DeleteSessionsOf(ctx, id); err != nil {
			return fmt.Errorf("end the sessions: %w", err)
		}
		return tx.Audit(ctx, Entry{
			Actor: ActorOperator, Action: "person.staff", Subject: "person", SubjectID: id,
			Data: map[string]any{"role": string(role)},
		})
	})
	if err != nil {
		return Person{}, err
	}
	return s.Person(ctx, p.ID)
}

// Trail returns what was done to a subject, oldest first.
func (s *Service) Trail(ctx context.Context, subject string, id int64) ([]Record, error) {
	rs, err := s.store.Trail(ctx, subject, id)
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	return rs, nil
}
