// Package queue works what the services enqueue and keeps the schedules: River's client, one worker a file.
//
// River carries work, our rows hold state: a worker may be stopped between any two lines and run again, on this machine or
// another. The package must never decide what a service decides, put a token or an address into a job, or log either.
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/provisioning"
)

const (
	jobTimeout = 5 * time.Minute
	// rescueAfter takes a job away from a process that died with it. Our own ticks are quicker: see the schedule "provision".
	rescueAfter = 6 * time.Minute
	defaultTick = 30 * time.Second
	// defaultGrace lets calls that are under way end, so that their outcome is known.
	defaultGrace = 5 * time.Second
)

// Provisioning is what the queue asks of provisioning.
type Provisioning interface {
	Work(ctx context.Context, spaceID int64) (provisioning.Outcome, error)
	Sweep(ctx context.Context, hostID int64) (provisioning.Outcome, error)
	EnqueueDue(ctx context.Context, limit int) (int, error)
	LapseInvitations(ctx context.Context, limit int) (int, error)
	Forget(ctx context.Context) (int, error)
	Hosts(ctx context.Context) ([]provisioning.Host, error)
	ActivationOf(ctx context.Context, accountID int64) (provisioning.Activation, error)
	View(ctx context.Context, publicID string) (provisioning.View, error)
	MailTrouble(ctx context.Context, accountID int64, code string) error
}

// Onboarding is what the queue asks of onboarding.
type Onboarding interface {
	ReleaseDue(ctx context.Context) (int, error)
	PromoteDue(ctx context.Context) (int, error)
	ExpireDue(ctx context.Context) (int, error)
	Forget(ctx context.Context) (int, error)
	ApplyBatch(ctx context.Context, batchID int64) error
	Application(ctx context.Context, id int64) (onboarding.Application, error)
	MailBounced(ctx context.Context, applicationID int64, code string) error
}

// Identity is what the queue asks of identity.
type Identity interface {
	MintLink(ctx context.Context, p identity.Purpose, ref int64, recipient, lang string) (token string, expires time.Time, err error)
	Person(ctx context.Context, id int64) (identity.Person, error)
	Prune(ctx context.Context) (int64, error)
}

// Composer writes a mail from its data.
type Composer interface {
	Compose(name, lang string, data any) (mail.Composed, error)
}

// Sender hands a mail to the mail server. Every error is a *mail.SendError.
type Sender interface {
	Send(ctx context.Context, m mail.Message) error
}

// Links makes the addresses that stand in mails.
type Links interface {
	Confirm(token string) string
	SignIn(token string) string
	Activate(token string) string
	Password(token string) string
	Status(publicID string) string
	Space(publicID string) string
	SupportLinks
}

// Metrics observes the ends of jobs and mails.
type Metrics interface {
	Job(kind, result string)
	Mail(result string)
	Incoming(outcome string)
	InboxRead(at time.Time)
}

// Options are what a Queue is made of. Fields without a default are required.
type Options struct {
	DB           *postgres.DB
	Provisioning Provisioning
	Onboarding   Onboarding
	Identity     Identity
	Directory    Directory
	Linking      Linking
	Tickets      Tickets
	Inbox        Inbox
	Webhooks     Webhooks
	Composer     Composer
	Sender       Sender
	Links        Links
	Metrics      Metrics
	Log          *slog.Logger

	// ReplyDomain is that of the addresses to which answers and bounces go; "": mails are not read, people answer on pages.
	ReplyDomain string
	// BounceKey keys the tokens of the addresses to which bounces go; the inbox reads them with the same.
	BounceKey []byte

	// Tends are the services' parts of the schedule "support", in their order.
	Tends []Tend
	// Mailbox is where mails come in; nil: none is read.
	Mailbox *MailboxOptions

	// Workers are how many jobs of each queue this process works at once.
	Workers Workers
	// Schedules are the cron specs by name, in UTC; see Names. A name without a spec never runs.
	Schedules map[string]string
	// Tick is how often the schedules are looked at, and jobs, which are looked at each second at least. 0: half a minute.
	Tick time.Duration
	// Grace is for how long a stop waits before it interrupts jobs. 0: 5 s.
	Grace time.Duration
}

// Workers are numbers of jobs at once, by queue.
type Workers struct{ Default, Mail, Spaces, Webhooks int }

// Share divides a number of jobs among the queues: a fifth each for mails and for what is short, the rest for spaces. Beside
// them some may wait for providers' tools to answer, which is no work for us.
func Share(total int) Workers {
	few := max(1, total/5)
	return Workers{Default: few, Mail: few, Spaces: max(1, total-2*few), Webhooks: few}
}

// Queue is one process's share of the work. Several of them, in one process or many, work on one database.
type Queue struct {
	opts      Options
	store     *postgres.QueueStore
	river     *river.Client[pgx.Tx]
	schedules []schedule
	stop      context.CancelFunc
	ticking   chan struct{} // closed when the schedules are left alone
}

// New returns a queue that does not work yet. It fails on a spec that cannot be read.
func New(o Options) (*Queue, error) {
	if o.Tick == 0 {
		o.Tick = defaultTick
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	q := &Queue{opts: o, store: o.DB.Queue()}
	var err error
	if q.schedules, err = parseSchedules(o.Schedules); err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	if err := q.register(workers); err != nil {
		return nil, fmt.Errorf("register the workers: %w", err)
	}
	watch := &watcher{log: o.Log, metrics: o.Metrics}
	q.river, err = river.NewClient(riverpgxv5.New(o.DB.Pool()), &river.Config{
		Queues: map[string]river.QueueConfig{
			postgres.QueueDefault:  {MaxWorkers: o.Workers.Default},
			postgres.QueueMail:     {MaxWorkers: o.Workers.Mail},
			postgres.QueueSpaces:   {MaxWorkers: o.Workers.Spaces},
			postgres.QueueWebhooks: {MaxWorkers: o.Workers.Webhooks},
		},
		// Of several jobs within a moment River announces one; the others are found by looking.
		FetchPollInterval:    max(river.FetchCooldownDefault, min(river.FetchPollIntervalDefault, o.Tick)),
		Workers:              workers,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: rescueAfter,
		SoftStopTimeout:      o.Grace,
		ErrorHandler:         watch,
		Middleware:           []rivertype.Middleware{watch},
		Logger:               slog.New(warnings{o.Log.Handler()}),
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	return q, nil
}

func (q *Queue) register(w *river.Workers) error {
	send := &sendMail{mails: q.store, opts: q.opts}
	return errors.Join(
		river.AddWorkerSafely(w, &workSpace{spaces: q.opts.Provisioning}),
		river.AddWorkerSafely(w, &sweepHost{spaces: q.opts.Provisioning}),
		river.AddWorkerSafely(w, &applyBatch{applications: q.opts.Onboarding}),
		river.AddWorkerSafely(w, send),
		river.AddWorkerSafely(w, &mailBounced{send: send}),
		river.AddWorkerSafely(w, &supportEvent{webhooks: q.opts.Webhooks}),
		river.AddWorkerSafely(w, &deliverWebhook{webhooks: q.opts.Webhooks}),
		river.AddWorkerSafely(w, &tick{runs: q.runs()}),
	)
}

// Start begins to work and to look at the schedules, and returns. The work goes on until Stop, whatever becomes of ctx.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.keepSchedules(ctx); err != nil {
		return err
	}
	ctx, q.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := q.river.Start(context.WithoutCancel(ctx)); err != nil {
		q.stop()
		return fmt.Errorf("start the queue: %w", err)
	}
	q.ticking = make(chan struct{})
	go q.keepTime(ctx)
	return nil
}

// Stop takes no new job, waits for those under way, interrupts them after the grace, and returns when the last has ended.
// What was interrupted is taken up again, here or elsewhere. When ctx ends first, its error is returned and jobs are left
// to be rescued.
func (q *Queue) Stop(ctx context.Context) error {
	q.stop()
	<-q.ticking
	if err := q.river.Stop(ctx); err != nil {
		return fmt.Errorf("stop the queue: %w", err)
	}
	return nil
}
