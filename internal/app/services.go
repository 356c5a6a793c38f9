package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/config"
	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/metrics"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/support/webhooks"
	"nichoir/provisioning"
	"nichoir/templates"
)

// ErrStaleSchema says that the database's schema is older than this program.
var ErrStaleSchema = errors.New("the database's schema is not up to date: run “nichoir migrate” first")

// Services are the services on one database, for the pages, the queue and the commands.
type Services struct {
	DB           *postgres.DB
	Identity     *identity.Service
	Onboarding   *onboarding.Service
	Provisioning *provisioning.Service
	Directory    *directory.Service
	Linking      *linking.Service
	Tickets      *tickets.Service
	Inbox        *inbox.Service
	Webhooks     *webhooks.Service
	Catalogue    *i18n.Catalogue
	Metrics      *metrics.Metrics
}

// newServices opens the database and puts the services on it. What is to be closed is noted in c.
func newServices(ctx context.Context, o Options, c *cleanups) (*Services, error) {
	pool, err := openDatabase(ctx, o.Config, c)
	if err != nil {
		return nil, err
	}
	if err := upToDate(ctx, pool); err != nil {
		return nil, err
	}
	s := &Services{}
	key := o.Config.SecretKey.Reveal()
	names, err := messageIDs(key[:], o.Config.MailDomain)
	if err != nil {
		return nil, err
	}
	if s.DB, err = postgres.New(pool, names); err != nil {
		return nil, err
	}
	s.Catalogue, err = i18n.New(i18n.Options{OnMissing: func(lang, key string) {
		o.Log.Warn("a sentence is missing", "lang", lang, "key", key)
	}})
	if err != nil {
		return nil, fmt.Errorf("read the sentences: %w", err)
	}
	s.Metrics, err = metrics.New(metrics.Options{Source: s.DB.Metrics(), Version: o.Version, Mailbox: o.Config.Inbox.InboxHost != "",
		Incoming: inbox.Received(), Webhooks: webhooks.Results(), Log: o.Log})
	if err != nil {
		return nil, err
	}
	return s, s.join(o, c)
}

func openDatabase(ctx context.Context, cfg config.Config, c *cleanups) (*pgxpool.Pool, error) {
	pool, err := postgres.Open(ctx, cfg.DatabaseURL.Reveal(), int32(cfg.DatabasePool)) //nolint:gosec // at most 1000
	if err != nil {
		return nil, fmt.Errorf("see NICHOIR_DATABASE_URL: %w", err)
	}
	c.add("database", func(context.Context) error {
		pool.Close()
		return nil
	})
	return pool, nil
}

// upToDate lets a newer schema pass: while a new version is rolled out, the old one goes on beside it.
func upToDate(ctx context.Context, pool *pgxpool.Pool) error {
	have, need, err := postgres.Versions(ctx, pool)
	if err != nil {
		return err
	}
	if have < need {
		return fmt.Errorf("%w (it is at version %d, this program needs %d)", ErrStaleSchema, have, need)
	}
	return nil
}

// join makes the services, each on its store.
func (s *Services) join(o Options, c *cleanups) error {
	key := o.Config.SecretKey.Reveal()
	vault, err := newVault(o)
	if err != nil {
		return fmt.Errorf("prepare the secrets: %w", err)
	}
	counterKey, err := identity.DeriveKey(key[:], "counters")
	if err != nil {
		return fmt.Errorf("prepare the counters: %w", err)
	}
	s.Identity = identity.New(identity.Options{
		Store: s.DB.Identity(), Clock: o.Now, Rand: o.Rand, Seal: vault, CounterKey: counterKey,
		ParseAddress: mail.ParseAddress, Issuer: "Nichoir",
		Lifetimes: map[identity.Purpose]time.Duration{
			identity.PurposeConfirm:  o.Config.LinkLifetime,
			identity.PurposeSignIn:   o.Config.SignInLifetime,
			identity.PurposeActivate: o.Config.InvitationLifetime,
		},
		Session: o.Config.SessionLifetime, StaffSession: o.Config.StaffLifetime,
	})
	returnKey, err := identity.DeriveKey(key[:], "returns")
	if err != nil {
		return fmt.Errorf("prepare what is kept of addresses: %w", err)
	}
	s.Onboarding = onboarding.New(onboarding.Options{
		Store: s.DB.Onboarding(), Identity: s.Identity, Clock: o.Now, Rand: o.Rand,
		ParseAddress:    mail.ParseAddress,
		UndoWindow:      max(o.Config.UndoWindow, time.Nanosecond), // to the service, none at all means its default
		KeepUnconfirmed: o.Config.KeepUnconfirmed, KeepRefused: o.Config.KeepRefused, ReturnKey: returnKey,
		Regions: support.ValidRegion, Help: support.ValidKind,
	})
	first, err := fs.Sub(templates.Files, "space")
	if err != nil {
		return fmt.Errorf("find the first documents: %w", err)
	}
	calls := newDialer(o, s.Metrics)
	c.add("connections to Nextcloud", calls.close)
	s.Provisioning = provisioning.New(provisioning.Options{
		Store: s.DB.Provisioning(), Dial: calls.dial, Sealer: vault, Rand: o.Rand, Log: o.Log, Now: o.Now, Holder: holder(o),
		Templates: first, Steps: s.Metrics.Step, LeaseTTL: o.LeaseTTL, Landing: o.Landing, Backoff: o.Backoff, InvitationWindow: o.Config.InvitationLifetime,
		KeepClosed: o.Config.KeepClosed,
	})
	return s.joinSupport(o, vault)
}

// newVault seals with the key of today, and opens what keys of before sealed.
func newVault(o Options) (*identity.Vault, error) {
	key := o.Config.SecretKey.Reveal()
	older := make([][]byte, len(o.Config.OldKeys))
	for i, k := range o.Config.OldKeys {
		b := k.Reveal()
		older[i] = b[:]
	}
	vault, err := identity.NewVault(o.Rand, key[:], older...)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	return vault, nil
}

// holder names this process in leases and slots: readable for whoever looks at the rows, and unlike any other.
func holder(o Options) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // the random part tells processes apart
	}
	var b [4]byte
	if _, err := o.Rand.Read(b[:]); err != nil {
		return host + "/" + strconv.Itoa(os.Getpid())
	}
	return fmt.Sprintf("%s/%d/%x", host, os.Getpid(), b)
}
