package directory

import (
	"context"
	"errors"
	"io"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
)

var errUnwritten = errors.New("not written")

// Options are what a Service is made of.
type Options struct {
	Store        Store
	Identity     Identity
	Clock        func() time.Time
	Rand         io.Reader
	ParseAddress func(string) (string, error)
	Calendar     support.Calendar
	// Yearly is how long a confirmed profile is good; 0: 365 days. Grace is how long its question may wait; 0: 30 days.
	Yearly, Grace time.Duration
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

// Service is the directory.
type Service struct{ opts Options }

// New returns the service.
func New(o Options) *Service { return &Service{opts: o} }

// Search answers the public directory.
func (s *Service) Search(ctx context.Context, q Query) (Result, error) { return Result{}, errUnwritten }

// BySlug returns a listed or paused provider with its public projects, or problem.NotFound.
func (s *Service) BySlug(ctx context.Context, slug string) (Provider, error) {
	return Provider{}, errUnwritten
}

// ByPublicID returns any provider, for whoever knows its opaque id, or problem.NotFound.
func (s *Service) ByPublicID(ctx context.Context, publicID string) (Provider, error) {
	return Provider{}, errUnwritten
}

// Provider returns the provider of the id, for jobs, or problem.NotFound.
func (s *Service) Provider(ctx context.Context, id int64) (Provider, error) {
	return Provider{}, errUnwritten
}

// Apply keeps a new application and sends the mail that asks to confirm the address. Returns problem.Invalid with the fields
// that are wrong, problem.TooMany. Sent twice with the same key it returns the first.
func (s *Service) Apply(ctx context.Context, a Application) (Provider, error) {
	return Provider{}, errUnwritten
}

// Confirm spends the link that was mailed to the organisation; it is then the team's to decide. Its contact becomes a person.
// A second click answers like the first.
func (s *Service) Confirm(ctx context.Context, token string) (Provider, error) {
	return Provider{}, errUnwritten
}

// Notes returns the exchange about an application.
func (s *Service) Notes(ctx context.Context, providerID int64) ([]Note, error) {
	return nil, errUnwritten
}

// Answer keeps the organisation's answer to the team's question; projects, when any, are added.
func (s *Service) Answer(ctx context.Context, publicID, key, body string, projects []Project) error {
	return errUnwritten
}

// Review returns the providers in the given states for the team, those that wait longest first; problem.Forbidden for others.
func (s *Service) Review(ctx context.Context, by identity.Person, states ...State) ([]Provider, error) {
	return nil, errUnwritten
}

// Dossier returns a provider with all that the team knows of it.
func (s *Service) Dossier(ctx context.Context, publicID string, by identity.Person) (Dossier, error) {
	return Dossier{}, errUnwritten
}

// Ask puts a question to an organisation that applied. Reviewers may.
func (s *Service) Ask(ctx context.Context, publicID, key, question string, by identity.Person) error {
	return errUnwritten
}

// List accepts an organisation: it is in the directory from now on, its contact its first manager. Admins only.
// A second call answers like the first; problem.Conflict when it was refused meanwhile.
func (s *Service) List(ctx context.Context, publicID string, by identity.Person) error {
	return errUnwritten
}

// Refuse refuses with a reason that is mailed (send false: nothing is), or takes a listed one out. Admins only.
func (s *Service) Refuse(ctx context.Context, publicID, reason string, send bool, by identity.Person) error {
	return errUnwritten
}

// Memberships returns the listed or paused providers that the person belongs to, by name.
func (s *Service) Memberships(ctx context.Context, personID int64) ([]Membership, error) {
	return nil, errUnwritten
}

// Membership returns one of them, or problem.NotFound: to others there is no such provider.
func (s *Service) Membership(ctx context.Context, publicID string, personID int64) (Membership, error) {
	return Membership{}, errUnwritten
}

// Members returns who belongs to a provider.
func (s *Service) Members(ctx context.Context, providerID int64) ([]Member, error) {
	return nil, errUnwritten
}

// AddMember makes the person of that address a member and mails them; managers only.
func (s *Service) AddMember(ctx context.Context, publicID, email, name string, manager bool, by identity.Person) error {
	return errUnwritten
}

// RemoveMember; managers only, and never the last manager (problem.Conflict).
func (s *Service) RemoveMember(ctx context.Context, publicID string, personID int64, by identity.Person) error {
	return errUnwritten
}

// UpdateProfile writes a profile; managers only. It counts as the yearly confirmation when confirm is set.
func (s *Service) UpdateProfile(ctx context.Context, publicID string, p Profile, by identity.Person) error {
	return errUnwritten
}

// AddProject adds a past project; managers only.
func (s *Service) AddProject(ctx context.Context, publicID string, p Project, by identity.Person) error {
	return errUnwritten
}

// RemoveProject; managers only. Three remain at least (problem.Conflict).
func (s *Service) RemoveProject(ctx context.Context, publicID string, id int64, by identity.Person) error {
	return errUnwritten
}

// ConfirmProfile is the yearly confirmation with one new project, from the desk; managers only.
func (s *Service) ConfirmProfile(ctx context.Context, publicID string, p Project, by identity.Person) error {
	return errUnwritten
}

// OpenProfile says which provider a mailed link of PurposeProfile is for and consumes nothing.
func (s *Service) OpenProfile(ctx context.Context, token string) (Provider, error) {
	return Provider{}, errUnwritten
}

// ConfirmProfileByLink is ConfirmProfile with a mailed link; pause true pauses instead and p is not looked at.
func (s *Service) ConfirmProfileByLink(ctx context.Context, token string, p Project, pause bool) error {
	return errUnwritten
}

// SetCapacity writes how many associations at once; managers only. Fewer than are held is allowed: nobody new comes.
func (s *Service) SetCapacity(ctx context.Context, publicID string, places int, by identity.Person) error {
	return errUnwritten
}

// Pauses returns rests that are not over.
func (s *Service) Pauses(ctx context.Context, providerID int64) ([]Pause, error) {
	return nil, errUnwritten
}

// Pause begins or announces a rest; members and admins. A span that begins in the past begins now.
func (s *Service) Pause(ctx context.Context, publicID string, span support.Span, cause PauseCause, by identity.Person) error {
	return errUnwritten
}

// Resume ends the rest that is on; members and admins.
func (s *Service) Resume(ctx context.Context, publicID string, by identity.Person) error {
	return errUnwritten
}

// DropPause takes back an announced rest; members and admins.
func (s *Service) DropPause(ctx context.Context, publicID string, id int64, by identity.Person) error {
	return errUnwritten
}

// Tend is the schedule's part: pauses begin and end, profiles are asked to be confirmed, those nobody confirmed pause,
// applications that nobody confirmed in 30 days go, refused ones are emptied after a year. It returns how many rows changed.
func (s *Service) Tend(ctx context.Context) (int, error) { return 0, errUnwritten }
