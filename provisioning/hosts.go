package provisioning

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"nichoir/internal/problem"
	"nichoir/nextcloud"
)

// NewHost is what an operator says of a server.
type NewHost struct {
	Name        string // 2 to 40 of [a-z0-9-]
	BaseURL     string // where Nichoir calls it
	PublicURL   string // where people go; "": the same
	User        string // an administrator made for Nichoir
	Password    string // its password, exchanged for an app password and forgotten
	Capacity    int    // spaces
	Concurrency int    // pieces of work at once; 0: 4
	Dedicated   bool   // one association alone
	// Suites says which suites the server offers, where that cannot be told from its apps. None: what its apps tell, anew at
	// each check.
	Suites []Suite
}

var hostName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$`)

// AddHost registers a server: it exchanges the password for an app password, puts the templates there and reports what is
// to be mended. Invalid: the name, the address or the password; a server without Team folders is refused with the report.
func (s *Service) AddHost(ctx context.Context, n NewHost) (HostReport, error) {
	if !hostName.MatchString(n.Name) {
		return HostReport{}, problem.InvalidField("name", "problem.host_name")
	}
	if n.Capacity < 1 {
		return HostReport{}, problem.InvalidField("capacity", "problem.host_capacity")
	}
	for _, suite := range n.Suites {
		if suite != Collabora && suite != OnlyOffice {
			return HostReport{}, problem.InvalidField("suite", "problem.suite_unknown")
		}
	}
	if n.PublicURL == "" {
		n.PublicURL = n.BaseURL
	}
	if n.Concurrency == 0 {
		n.Concurrency = 4
	}
	if n.Dedicated {
		n.Capacity = 1
	}
	secret, exchanged, err := s.exchange(ctx, n.BaseURL, n.User, n.Password)
	if err != nil {
		return HostReport{}, err
	}
	report, err := s.register(ctx, n, secret)
	if err != nil && exchanged {
		s.giveBack(ctx, n.BaseURL, n.User, secret)
	}
	return report, err
}

func (s *Service) register(ctx context.Context, n NewHost, secret string) (HostReport, error) {
	api, err := s.o.Dial(n.BaseURL, n.User, secret)
	if err != nil {
		return HostReport{}, fmt.Errorf("reach the server: %w", err)
	}
	h := Host{Name: n.Name, BaseURL: n.BaseURL, PublicURL: n.PublicURL, ServiceUser: n.User, Shared: !n.Dedicated,
		Capacity: n.Capacity, Concurrency: n.Concurrency, Lifecycle: Open, Health: Healthy,
		Suites: n.Suites, SuitesDeclared: len(n.Suites) > 0}
	report := (&check{Service: s, api: api, host: h, put: true}).run(ctx)
	if report.refused() {
		return report, problem.New(problem.Conflict, "problem.host_unfit")
	}
	h = report.Host
	if h.Sealed, err = s.o.Sealer.Seal([]byte(secret), sealContext(h.BaseURL)); err != nil {
		return report, fmt.Errorf("seal the app password: %w", err)
	}
	err = s.o.Store.InTx(ctx, func(tx Tx) error {
		var err error
		if h.ID, err = tx.AddHost(ctx, h); errors.Is(err, ErrTaken) {
			return problem.InvalidField("name", "problem.host_taken")
		} else if err != nil {
			return err
		}
		if _, err := s.wake(ctx, tx, 0, CauseNoHost); err != nil {
			return err
		}
		return tx.Audit(ctx, onHost("host.added", h.ID, 0, nil))
	})
	report.Host = h
	if err != nil {
		return report, fmt.Errorf("record the host: %w", err)
	}
	return report, nil
}

// exchange turns the account's password into an app password. One that is an app password already is kept as it is.
func (s *Service) exchange(ctx context.Context, baseURL, user, password string) (secret string, exchanged bool, err error) {
	api, err := s.o.Dial(baseURL, user, password)
	if errors.Is(err, nextcloud.ErrInsecure) {
		return "", false, problem.InvalidField("url", "problem.host_insecure")
	}
	if err != nil {
		return "", false, &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Err: err,
			Fields: []problem.Field{{Name: "url", Key: "problem.host_url"}}}
	}
	secret, err = api.NewAppPassword(ctx)
	switch kind := nextcloud.KindOf(err); {
	case err == nil:
		return secret, true, nil
	case kind == nextcloud.KindForbidden:
		return password, false, nil
	case kind == nextcloud.KindUnauthorized:
		return "", false, problem.InvalidField("password", "problem.host_password")
	}
	return "", false, problem.Wrap(problem.Unavailable, "problem.host_silent", err)
}

// revoker is what an app password that is not needed after all is given back with.
type revoker interface {
	RevokeAppPassword(ctx context.Context) error
}

func (s *Service) giveBack(ctx context.Context, baseURL, user, secret string) {
	s.release(ctx, func(ctx context.Context) error {
		api, err := s.o.Dial(baseURL, user, secret)
		if err != nil {
			return err
		}
		if r, ok := api.(revoker); ok {
			return r.RevokeAppPassword(ctx)
		}
		return nil
	})
}

// CheckHost looks at a registered server and, with fix, sets what the API can set: isolation, no welcome mail, installed
// apps switched on, the templates. What it finds is recorded, and a host that answers again is healthy again. Its password is
// sealed anew, so that a changed key takes over. by is who asks, 0 for the operator.
func (s *Service) CheckHost(ctx context.Context, name string, by int64, fix bool) (HostReport, error) {
	h, err := s.o.Store.HostByName(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return HostReport{}, problem.New(problem.NotFound, "problem.host_not_found")
	}
	if err != nil {
		return HostReport{}, fmt.Errorf("read the host: %w", err)
	}
	api, err := s.server(h)
	if err != nil {
		return HostReport{}, fmt.Errorf("open the host's secret: %w", err)
	}
	if err := s.reseal(ctx, h); err != nil {
		return HostReport{}, fmt.Errorf("seal the host's secret anew: %w", err)
	}
	report := (&check{Service: s, api: api, host: h, put: fix, fix: fix}).run(ctx)
	if report.failed != nil {
		if nextcloud.IsUnauthorized(report.failed) {
			return report, s.setHealth(ctx, h.ID, Unauthorized, 0)
		}
		return report, nil
	}
	err = s.o.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.UpdateHost(ctx, report.Host); err != nil {
			return err
		}
		if err := s.heal(ctx, tx, h.ID, report.mended()...); err != nil {
			return err
		}
		return tx.Audit(ctx, onHost("host.checked", h.ID, by, map[string]any{"fix": fix}))
	})
	if err != nil {
		return report, fmt.Errorf("record what was found: %w", err)
	}
	return report, nil
}

// reseal seals a host's password with the key of today. One that was given meanwhile stays.
func (s *Service) reseal(ctx context.Context, h Host) error {
	plain, err := s.o.Sealer.Open(h.Sealed, sealContext(h.BaseURL))
	if err != nil {
		return err
	}
	sealed, err := s.o.Sealer.Seal(plain, sealContext(h.BaseURL))
	if err != nil {
		return err
	}
	return s.o.Store.InTx(ctx, func(tx Tx) error { return tx.ReplaceSecret(ctx, h.ID, h.Sealed, sealed) })
}

// heal makes a host healthy and wakes what the lack of a host held up, and what is blocked on it by a cause that is mended.
func (s *Service) heal(ctx context.Context, tx Tx, hostID int64, mended ...Cause) error {
	// The spaces' rows before the host's, as workers do.
	if _, err := s.wake(ctx, tx, 0, CauseNoHost); err != nil {
		return err
	}
	for _, cause := range mended {
		if _, err := s.wake(ctx, tx, hostID, cause); err != nil {
			return err
		}
	}
	if _, err := tx.SetHealth(ctx, hostID, Healthy, 0); err != nil {
		return err
	}
	return tx.ResetFailures(ctx, hostID)
}

// MendHost takes a new password of the service account; everything that its refusal stopped goes on.
func (s *Service) MendHost(ctx context.Context, hostID, by int64, password string) error {
	h, err := s.o.Store.Host(ctx, hostID)
	if errors.Is(err, ErrNotFound) {
		return problem.New(problem.NotFound, "problem.host_not_found")
	}
	if err != nil {
		return fmt.Errorf("read the host: %w", err)
	}
	secret, exchanged, err := s.exchange(ctx, h.BaseURL, h.ServiceUser, password)
	if err != nil {
		return err
	}
	if err := s.keepSecret(ctx, h, by, secret); err != nil {
		if exchanged {
			s.giveBack(ctx, h.BaseURL, h.ServiceUser, secret)
		}
		return fmt.Errorf("record the new password: %w", err)
	}
	return nil
}

func (s *Service) keepSecret(ctx context.Context, h Host, by int64, secret string) error {
	sealed, err := s.o.Sealer.Seal([]byte(secret), sealContext(h.BaseURL))
	if err != nil {
		return fmt.Errorf("seal the app password: %w", err)
	}
	return s.o.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.SetSecret(ctx, h.ID, sealed); err != nil {
			return err
		}
		if err := s.heal(ctx, tx, h.ID, CauseUnauthorized); err != nil {
			return err
		}
		return tx.Audit(ctx, onHost("host.mended", h.ID, by, nil))
	})
}

// DrainHost lets a host take no new space; its spaces stay. ReopenHost is the way back.
func (s *Service) DrainHost(ctx context.Context, name string, by int64) error {
	return s.turnHost(ctx, name, by, Draining, Open)
}

// ReopenHost lets a draining host take spaces again.
func (s *Service) ReopenHost(ctx context.Context, name string, by int64) error {
	return s.turnHost(ctx, name, by, Open, Draining)
}

func (s *Service) turnHost(ctx context.Context, name string, by int64, to, from Lifecycle) error {
	h, err := s.o.Store.HostByName(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return problem.New(problem.NotFound, "problem.host_not_found")
	}
	if err != nil {
		return fmt.Errorf("read the host: %w", err)
	}
	if h.Lifecycle == to {
		return nil
	}
	err = s.o.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.SetLifecycle(ctx, h.ID, to, from); errors.Is(err, ErrMoved) {
			return problem.New(problem.Conflict, "problem.host_moved")
		} else if err != nil {
			return err
		}
		if to == Open {
			if _, err := s.wake(ctx, tx, 0, CauseNoHost); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, onHost("host."+string(to), h.ID, by, nil))
	})
	if err != nil {
		return fmt.Errorf("turn the host: %w", err)
	}
	return nil
}

// onHost is a line of a host's trail about what somebody asked for: the person, or else the operator.
func onHost(action string, hostID, by int64, data map[string]any) Entry {
	return Entry{ActorID: by, Operator: by == 0, Action: action, Subject: "host", SubjectID: hostID, Data: data}
}
