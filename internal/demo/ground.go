package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/config"
	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/demo/pgcluster"
	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/provisioning"
)

// databaseName is the one database of the private cluster.
const databaseName = "nichoir"

// The domain of the addresses that people answer to, and the address where they ask for help.
const (
	inboxDomain = "courriel.nichoir.example"
	helpAddress = "aide@" + inboxDomain

	anyPort = loopback + ":0"
)

// Launch puts a Nichoir together, which is what package app is for. It neither listens nor works before its Start.
type Launch func(ctx context.Context, cfg config.Config, log *slog.Logger) (*Nichoir, error)

// Nichoir is a Nichoir that was put together.
type Nichoir struct {
	Pool         *pgxpool.Pool
	Identity     *identity.Service
	Onboarding   *onboarding.Service
	Provisioning *provisioning.Service
	Directory    *directory.Service
	Linking      *linking.Service
	Tickets      *tickets.Service

	// SignInLink is the address behind which a token of a sign-in link is spent.
	SignInLink func(token string) string
	Start      func(ctx context.Context) error
	Stop       func(ctx context.Context) error
	// Failed tells of a server that ended on its own.
	Failed <-chan error
}

// GroundOptions say where a Ground lives.
type GroundOptions struct {
	// ClusterDir holds the PostgreSQL cluster and nothing else; MailDir keeps the mails, in memory only when empty.
	ClusterDir, MailDir string
	// SMTPAddr is where mails are taken, InboxAddr where Nichoir fetches those that come to it; empty: a free port of this machine.
	SMTPAddr, InboxAddr string
	// Durable keeps what was committed through a crash of the machine.
	Durable bool
	// Log is told what is worth telling.
	Log *slog.Logger
}

// Ground is what a Nichoir stands on: a private PostgreSQL with an up-to-date schema, and a mail server that delivers
// nothing.
type Ground struct {
	Mails   *mailcatcher.Catcher
	cluster *pgcluster.Cluster
}

// StartGround starts the database and the mail catcher. Whoever gets a Ground calls its Stop.
func StartGround(ctx context.Context, o GroundOptions) (_ *Ground, err error) {
	g := &Ground{}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Stop(context.WithoutCancel(ctx)))
		}
	}()
	g.cluster, err = pgcluster.Start(ctx, pgcluster.Options{Dir: o.ClusterDir, Durable: o.Durable, Logf: func(format string, args ...any) {
		o.Log.InfoContext(ctx, "the database tells", "event", fmt.Sprintf(format, args...))
	}})
	if err != nil {
		return nil, fmt.Errorf("start the database: %w", err)
	}
	if err := g.cluster.CreateDatabase(ctx, databaseName); err != nil {
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	if err := g.migrate(ctx); err != nil {
		return nil, err
	}
	g.Mails, err = mailcatcher.Start(mailcatcher.Options{Addr: o.SMTPAddr, Dir: o.MailDir, Refuse: mailcatcher.RefuseExamples,
		Inbox: cmp.Or(o.InboxAddr, anyPort), InboxDomain: inboxDomain, HelpAddress: helpAddress})
	if err != nil {
		return nil, fmt.Errorf("start the mail catcher: %w", err)
	}
	return g, nil
}

func (g *Ground) migrate(ctx context.Context) error {
	pool, err := postgres.Open(ctx, g.DSN(), 0)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer pool.Close()
	if err := postgres.Migrate(ctx, pool); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	return nil
}

// DSN is the database's address.
func (g *Ground) DSN() string { return g.cluster.DSN(databaseName) }

// Done is closed when PostgreSQL has ended, asked or not.
func (g *Ground) Done() <-chan struct{} { return g.cluster.Done() }

// Stop ends both, the database last.
func (g *Ground) Stop(ctx context.Context) error {
	var errs []error
	if g.Mails != nil {
		errs = append(errs, g.Mails.Stop())
	}
	if g.cluster != nil {
		errs = append(errs, g.cluster.Stop(ctx))
	}
	return errors.Join(errs...)
}

// Settings are a configuration for a Nichoir on this ground: mails go to the catcher and answers come from it, the rest is as an
// operator gets it.
func (g *Ground) Settings(base string, key [32]byte) (config.Config, error) {
	cfg, err := config.Load([]string{
		"NICHOIR_DATABASE_URL=" + g.DSN(),
		"NICHOIR_BASE_URL=" + base,
		"NICHOIR_SMTP_HOST=" + g.Mails.Host(),
		fmt.Sprintf("NICHOIR_SMTP_PORT=%d", g.Mails.Port()),
		"NICHOIR_SMTP_TLS=none",
		"NICHOIR_SMTP_FROM=Nichoir <ne-pas-repondre@nichoir.example>",
		"NICHOIR_INBOX_HOST=" + g.Mails.InboxHost(),
		fmt.Sprintf("NICHOIR_INBOX_PORT=%d", g.Mails.InboxPort()),
		"NICHOIR_INBOX_TLS=none",
		"NICHOIR_INBOX_USER=" + mailcatcher.InboxUser,
		"NICHOIR_INBOX_PASSWORD=" + mailcatcher.InboxPassword,
		"NICHOIR_INBOX_ADDRESS=" + helpAddress,
	}, "NICHOIR_DATABASE_URL")
	if err != nil {
		return config.Config{}, fmt.Errorf("configure Nichoir: %w", err)
	}
	cfg.SecretKey = config.NewKey(key)
	return cfg, nil
}
