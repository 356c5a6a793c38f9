package provisioning

import (
	"cmp"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"nichoir/nextcloud"
)

// Server is what provisioning asks of a host. *nextcloud.Client is one.
type Server interface {
	Status(ctx context.Context) (nextcloud.Status, error)
	NewAppPassword(ctx context.Context) (string, error)
	EnabledApps(ctx context.Context) ([]string, error)
	App(ctx context.Context, id string) (nextcloud.App, error)
	EnableApp(ctx context.Context, id string) error
	AppSetting(ctx context.Context, app, key string) (string, error)
	SetAppSetting(ctx context.Context, app, key, value string) error
	ValidatePassword(ctx context.Context, password string) (nextcloud.PasswordVerdict, error)

	CreateGroup(ctx context.Context, id, displayName string) error
	DeleteGroup(ctx context.Context, id string) error
	GroupMembers(ctx context.Context, id string) ([]string, error)
	GroupDetails(ctx context.Context, q nextcloud.GroupQuery) ([]nextcloud.GroupDetail, error)
	JoinGroup(ctx context.Context, account, group string) error
	LeaveGroup(ctx context.Context, account, group string) error

	CreateAccount(ctx context.Context, a nextcloud.NewAccount) error
	Account(ctx context.Context, id string) (nextcloud.Account, error)
	SetAccountQuota(ctx context.Context, id string, bytes int64) error
	SetAccountEmail(ctx context.Context, id, email string) error
	SetAccountDisplayName(ctx context.Context, id, name string) error
	SetAccountPassword(ctx context.Context, id, password string) error
	SetAccountLanguage(ctx context.Context, id, lang string) error
	DisableAccount(ctx context.Context, id string) error
	EnableAccount(ctx context.Context, id string) error
	DeleteAccount(ctx context.Context, id string) error

	CreateTeamFolder(ctx context.Context, mountPoint string) (int64, error)
	TeamFolder(ctx context.Context, id int64) (nextcloud.TeamFolder, error)
	TeamFolders(ctx context.Context) ([]nextcloud.TeamFolder, error)
	GrantGroup(ctx context.Context, folder int64, group string) error
	SetTeamFolderQuota(ctx context.Context, folder, bytes int64) error
	RenameTeamFolder(ctx context.Context, folder int64, mountPoint string) error
	DeleteTeamFolder(ctx context.Context, folder int64) error

	MakeDir(ctx context.Context, path string) error
	Upload(ctx context.Context, path string, r io.Reader, size int64) error
	Copy(ctx context.Context, from, to string, overwrite bool) error
	Properties(ctx context.Context, path string, depth int) ([]nextcloud.Entry, error)
}

// Dial returns the server behind a host's address, for a login and its password.
type Dial func(baseURL, user, password string) (Server, error)

// Sealer keeps the hosts' app passwords unreadable at rest. What is sealed for one host does not open for another.
type Sealer interface {
	Seal(plain []byte, context string) ([]byte, error)
	Open(sealed []byte, context string) ([]byte, error)
}

// Options are what a Service is made of. All of it is needed unless it says otherwise.
type Options struct {
	Store  Store
	Dial   Dial
	Sealer Sealer
	Rand   io.Reader // passwords that nobody knows, and jitter
	Log    *slog.Logger
	Now    func() time.Time
	Holder string // names this process in leases and slots

	// Templates holds one folder a language: the first documents of a space.
	Templates fs.FS
	// Steps observes the end of each attempt at a step; nil: nobody does.
	Steps func(step, result string)

	LeaseTTL         time.Duration                   // 0: 90 s. Longer than the longest call, see nextcloud.Options.Timeout
	Landing          time.Duration                   // 0: 15 min. Longer than a host works on a call after its client gave up
	Budget           time.Duration                   // 0: 3 min. After it a worker takes no further space
	InvitationWindow time.Duration                   // 0: 30 days. Unanswered invitations lapse after it
	KeepClosed       time.Duration                   // 0: 90 days. After it a closed space is forgotten
	ActivationLimit  time.Duration                   // 0: 10 s. For the calls a person waits for
	Backoff          func(attempt int) time.Duration // nil: growing from 5 s to 10 min, with jitter

	// Wait waits for a while or for the end of ctx, whose error it then returns; nil: a timer. A page's request waits so for
	// a slot of the host.
	Wait func(ctx context.Context, d time.Duration) error
}

// Service makes, keeps and unmakes spaces.
type Service struct {
	o     Options
	taken atomic.Int64 // leases and slots so far: each holder's name is its own
}

// New returns a service.
func New(o Options) *Service {
	o.LeaseTTL = cmp.Or(o.LeaseTTL, 90*time.Second)
	o.Landing = cmp.Or(o.Landing, 15*time.Minute)
	o.Budget = cmp.Or(o.Budget, 3*time.Minute)
	o.InvitationWindow = cmp.Or(o.InvitationWindow, 30*24*time.Hour)
	o.KeepClosed = cmp.Or(o.KeepClosed, 90*24*time.Hour)
	o.ActivationLimit = cmp.Or(o.ActivationLimit, 10*time.Second)
	if o.Steps == nil {
		o.Steps = func(string, string) {}
	}
	s := &Service{o: o}
	if s.o.Backoff == nil {
		s.o.Backoff = s.backoff
	}
	if s.o.Wait == nil {
		s.o.Wait = wait
	}
	return s
}

// server opens the host's secret and returns the server behind it.
func (s *Service) server(h Host) (Server, error) {
	password, err := s.o.Sealer.Open(h.Sealed, sealContext(h.BaseURL))
	if err != nil {
		return nil, err
	}
	return s.o.Dial(h.BaseURL, h.ServiceUser, string(password))
}

// sealContext binds a sealed password to the address it is for.
func sealContext(baseURL string) string { return "host:" + baseURL }

// holder names one lease or slot of this process, so that what expired and was taken again is told apart.
func (s *Service) holder() string { return s.o.Holder + "#" + strconv.FormatInt(s.taken.Add(1), 10) }

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
