package webhooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
)

const (
	// MaxWebhooks is how many a provider may have.
	MaxWebhooks = 5
	logPage     = 50
	// FieldURL is the one field of the form.
	FieldURL = "url"
	// sealContext is what secrets are sealed for.
	sealContext = "webhook"
)

// Vault seals secrets. What it seals begins with Header; what begins otherwise was sealed with an older key.
type Vault interface {
	identity.Sealer
	Header() []byte
}

// Options are what a Service is made of. Fields without a default are required.
type Options struct {
	Store Store
	Seal  Vault
	Clock func() time.Time
	Rand  io.Reader
	// Client sends; nil: one that refuses inner addresses at dial time, follows no redirect and gives up after 15 s.
	Client *http.Client
	// Link is the address of the page that an event is about. Nil: events carry none.
	Link func(e support.Event) string
	// Observe is told how an attempt ended: "delivered", or a cause. Nil: nobody is.
	Observe func(result string)
	// GiveUp is how long failures may last before the webhook pauses by itself; 0: 5 days.
	GiveUp time.Duration
	// Keep is how long deliveries are kept, those that wait for a webhook to be resumed included; 0: 30 days.
	Keep time.Duration
	// Inner lets inner addresses and http be used: for demonstrations and tests alone.
	Inner bool
}

// Service is webhooks. Its methods may be called from many goroutines.
type Service struct {
	store  Store
	now    func() time.Time
	client *http.Client
	opts   Options
}

// New returns the service.
func New(o Options) *Service {
	o.GiveUp = cmp.Or(o.GiveUp, 5*24*time.Hour)
	o.Keep = cmp.Or(o.Keep, 30*24*time.Hour)
	if o.Client == nil {
		o.Client = newClient(o.Inner)
	}
	if o.Link == nil {
		o.Link = func(support.Event) string { return "" }
	}
	if o.Observe == nil {
		o.Observe = func(string) {}
	}
	return &Service{store: o.Store, now: o.Clock, client: o.Client, opts: o}
}

func notFound() error { return problem.New(problem.NotFound, "problem.not_found") }

// manages returns the provider's id for one of its managers: problem.NotFound for strangers, problem.Forbidden for its other
// members.
func (s *Service) manages(ctx context.Context, providerPublicID string, by identity.Person) (int64, error) {
	id, manager, err := s.store.Membership(ctx, providerPublicID, by.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return 0, notFound()
	case err != nil:
		return 0, fmt.Errorf("look for the membership: %w", err)
	case !manager:
		return 0, problem.New(problem.Forbidden, "problem.provider_managers")
	}
	return id, nil
}

// Of returns the webhooks of a provider, oldest first, for its managers.
func (s *Service) Of(ctx context.Context, providerPublicID string, by identity.Person) ([]Webhook, error) {
	provider, err := s.manages(ctx, providerPublicID, by)
	if err != nil {
		return nil, err
	}
	all, err := s.store.Webhooks(ctx, provider)
	if err != nil {
		return nil, fmt.Errorf("read the webhooks: %w", err)
	}
	return all, nil
}

// ByID returns a webhook with its provider's public id, for jobs, or problem.NotFound.
func (s *Service) ByID(ctx context.Context, id int64) (w Webhook, provider string, err error) {
	w, provider, err = s.store.ByID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return Webhook{}, "", notFound()
	}
	if err != nil {
		return Webhook{}, "", fmt.Errorf("read the webhook: %w", err)
	}
	return w, provider, nil
}

// Add makes one and returns its secret ("whsec_…"), which is shown once. problem.Invalid (FieldURL) for what is not https or
// plainly an inner address; problem.Conflict for an address that the provider has (FieldURL), and for its sixth.
func (s *Service) Add(ctx context.Context, providerPublicID, url string, by identity.Person) (Webhook, string, error) {
	provider, err := s.manages(ctx, providerPublicID, by)
	if err != nil {
		return Webhook{}, "", err
	}
	address, ok := checkURL(url, s.opts.Inner)
	if !ok {
		return Webhook{}, "", problem.InvalidField(FieldURL, "problem.webhook_url")
	}
	w := Webhook{URL: address, State: On, CreatedAt: s.now()}
	if w.PublicID, err = identity.NewPublicID(s.opts.Rand); err != nil {
		return Webhook{}, "", err
	}
	sealed, shown, err := s.newSecret()
	if err != nil {
		return Webhook{}, "", err
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		all, err := tx.LockWebhooks(ctx, provider)
		if errors.Is(err, ErrNotFound) { // taken out of the directory meanwhile
			return notFound()
		}
		if err != nil {
			return fmt.Errorf("read the webhooks: %w", err)
		}
		if err := another(all, address); err != nil {
			return err
		}
		if w.ID, err = tx.InsertWebhook(ctx, provider, w, sealed); err != nil {
			return fmt.Errorf("keep the webhook: %w", err)
		}
		return tx.Audit(ctx, entry("webhook.added", provider, by))
	})
	if err != nil {
		return Webhook{}, "", err
	}
	return w, shown, nil
}

// another refuses an address beside the webhooks that the provider has: a second click would have everything told twice.
func another(all []Webhook, address string) error {
	if slices.ContainsFunc(all, func(w Webhook) bool { return w.URL == address }) {
		return &problem.Error{
			Code: problem.Conflict, Key: "problem.invalid", Fields: []problem.Field{{Name: FieldURL, Key: "problem.webhook_twice"}},
		}
	}
	if len(all) >= MaxWebhooks {
		return problem.New(problem.Conflict, "problem.webhooks_full").With("max", MaxWebhooks)
	}
	return nil
}

func (s *Service) newSecret() (sealed []byte, shown string, err error) {
	secret, shown, err := newSecret(s.opts.Rand)
	if err != nil {
		return nil, "", err
	}
	if sealed, err = s.opts.Seal.Seal(secret, sealContext); err != nil {
		return nil, "", fmt.Errorf("seal a webhook's secret: %w", err)
	}
	return sealed, shown, nil
}

// entry is a line of the provider's trail.
func entry(action string, providerID int64, by identity.Person) identity.Entry {
	return identity.Entry{Actor: identity.ActorPerson, ActorID: by.ID, Action: action, Subject: "provider", SubjectID: providerID}
}

// change locks one webhook for one of the provider's managers, lets fn change it, and writes the line.
func (s *Service) change(ctx context.Context, provider, webhook, action string, by identity.Person, fn func(Tx, Webhook) error) error {
	id, err := s.manages(ctx, provider, by)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		w, err := tx.LockWebhook(ctx, id, webhook)
		if errors.Is(err, ErrNotFound) {
			return notFound()
		}
		if err != nil {
			return fmt.Errorf("lock the webhook: %w", err)
		}
		if err := fn(tx, w); err != nil {
			return err
		}
		return tx.Audit(ctx, entry(action, id, by))
	})
}

// Rotate makes a new secret, shown once; what is told from now on is signed with it alone.
func (s *Service) Rotate(ctx context.Context, providerPublicID, webhookPublicID string, by identity.Person) (string, error) {
	sealed, shown, err := s.newSecret()
	if err != nil {
		return "", err
	}
	err = s.change(ctx, providerPublicID, webhookPublicID, "webhook.rotated", by, func(tx Tx, w Webhook) error {
		return tx.SetSecret(ctx, w.ID, sealed)
	})
	if err != nil {
		return "", err
	}
	return shown, nil
}

// errSo says that a webhook is already what it was to become.
var errSo = errors.New("the webhook is so already")

// Switch pauses (on false) or resumes; what waited is then told. Again: no error, and nothing changes.
func (s *Service) Switch(ctx context.Context, providerPublicID, webhookPublicID string, on bool, by identity.Person) error {
	to, action := Paused, "webhook.paused"
	if on {
		to, action = On, "webhook.resumed"
	}
	err := s.change(ctx, providerPublicID, webhookPublicID, action, by, func(tx Tx, w Webhook) error {
		if w.State == to {
			return errSo
		}
		w.State, w.FailingSince, w.FailedAt = to, time.Time{}, time.Time{}
		return tx.SetState(ctx, w)
	})
	if errors.Is(err, errSo) {
		return nil
	}
	return err
}

// Remove forgets a webhook with its deliveries.
func (s *Service) Remove(ctx context.Context, providerPublicID, webhookPublicID string, by identity.Person) error {
	return s.change(ctx, providerPublicID, webhookPublicID, "webhook.removed", by, func(tx Tx, w Webhook) error {
		return tx.DeleteWebhook(ctx, w.ID)
	})
}

// Log returns a webhook with its deliveries, latest first, after the public id of the last one seen ("": from the newest).
func (s *Service) Log(ctx context.Context, providerPublicID, webhookPublicID, after string, by identity.Person) (Webhook, []Delivery, error) {
	id, err := s.manages(ctx, providerPublicID, by)
	if err != nil {
		return Webhook{}, nil, err
	}
	w, err := s.store.Webhook(ctx, id, webhookPublicID)
	if errors.Is(err, ErrNotFound) {
		return Webhook{}, nil, notFound()
	}
	if err != nil {
		return Webhook{}, nil, fmt.Errorf("read the webhook: %w", err)
	}
	all, err := s.store.Deliveries(ctx, w.ID, Page{After: after, Limit: logPage})
	if err != nil {
		return Webhook{}, nil, fmt.Errorf("read the deliveries: %w", err)
	}
	return w, all, nil
}
