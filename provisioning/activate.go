package provisioning

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"nichoir/internal/problem"
	"nichoir/nextcloud"
)

// MinPassword is the least number of characters of a password, whatever a host accepts: without its policy app, Nextcloud
// takes a single one. Nextcloud's own policy begins at ten too.
const MinPassword = 10

// Activation is what the page that sets a password shows.
type Activation struct {
	Account   Account
	SpaceName string
	SpaceURL  string // where people sign in
	PublicID  string // of the space
	First     bool   // the first password, not a forgotten one
}

// ActivationOf returns what an activation or a forgotten password is about. Gone: the account no longer is.
func (s *Service) ActivationOf(ctx context.Context, accountID int64) (Activation, error) {
	a, space, host, err := s.accountForPassword(ctx, accountID)
	if err != nil {
		return Activation{}, err
	}
	return Activation{Account: a, SpaceName: space.Name, SpaceURL: host.PublicURL, PublicID: space.PublicID, First: a.State == Invited}, nil
}

func (s *Service) accountForPassword(ctx context.Context, accountID int64) (Account, Space, Host, error) {
	gone := problem.New(problem.Gone, "problem.account_gone")
	a, err := s.o.Store.Account(ctx, accountID)
	if errors.Is(err, ErrNotFound) {
		return Account{}, Space{}, Host{}, gone
	}
	if err != nil {
		return Account{}, Space{}, Host{}, fmt.Errorf("read the account: %w", err)
	}
	space, err := s.o.Store.Space(ctx, a.SpaceID)
	if err != nil {
		return Account{}, Space{}, Host{}, fmt.Errorf("read the account's space: %w", err)
	}
	if a.State != Invited && a.State != AccountActive || space.State != Ready && space.State != Active || !a.Made {
		return Account{}, Space{}, Host{}, gone
	}
	host, err := s.o.Store.Host(ctx, space.HostID)
	if err != nil {
		return Account{}, Space{}, Host{}, fmt.Errorf("read the account's host: %w", err)
	}
	return a, space, host, nil
}

// SetPassword sets the password that a person chose, now, on the host: it is never stored, queued or logged. linkID is the
// link that brought the person; it is spent when the password is set, and stays good when it could not be.
//
// One at a time sets the password of an account, whichever link brings them: a second one waits and finds its link ended,
// rather than be told that a password is set which the first has replaced, or the other way round.
//
// Invalid: the host's policy refuses the password; field "password", with the host's words in Args["Reason"].
// Unavailable: the host did not answer within 10 seconds; try again. Gone: the account no longer is, or the link is used
// (problem.link_used).
func (s *Service) SetPassword(ctx context.Context, linkID, accountID int64, password string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		short := problem.InvalidField("password", "problem.password_short")
		short.Fields[0].Args = map[string]any{"Min": MinPassword}
		return short
	}
	a, space, host, err := s.accountForPassword(ctx, accountID)
	if err != nil {
		return err
	}
	if host.Health == Unauthorized || s.o.Now().Before(host.PausedUntil) {
		return problem.New(problem.Unavailable, "problem.host_away")
	}
	if err := s.claimPassword(ctx, linkID, accountID); err != nil {
		return err
	}
	defer s.release(ctx, func(ctx context.Context) error {
		return s.o.Store.InTx(ctx, func(tx Tx) error { return tx.FreePassword(ctx, accountID) })
	})
	if err := s.putPassword(ctx, host, a.Login, password); err != nil {
		return err
	}
	// The host has it now: that is recorded even when the person has closed the page.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return s.activated(ctx, linkID, a, space)
}

// every is the pause between two looks of who waits at the page.
const every = 250 * time.Millisecond

// claimPassword waits for whoever is setting the account's password, and finds out whether the link still stands then.
func (s *Service) claimPassword(ctx context.Context, linkID, accountID int64) error {
	const crashed = 20 * time.Second // and the time that setting it takes at most
	for waited := time.Duration(0); ; waited += every {
		err := s.o.Store.InTx(ctx, func(tx Tx) error {
			if err := tx.ClaimPassword(ctx, accountID, s.o.ActivationLimit+crashed); err != nil {
				return err
			}
			stands, err := tx.LinkStands(ctx, linkID)
			if err == nil && !stands {
				return problem.New(problem.Gone, "problem.link_used")
			}
			return err
		})
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, ErrMoved):
			return fmt.Errorf("claim the password: %w", err)
		case waited >= s.o.ActivationLimit:
			return problem.New(problem.Unavailable, "problem.host_busy")
		}
		if err := s.o.Wait(ctx, every); err != nil {
			return problem.Wrap(problem.Unavailable, "problem.host_busy", err)
		}
	}
}

// personalSlot waits a little for a slot: somebody is looking at the page.
func (s *Service) personalSlot(ctx context.Context, hostID int64) (Slot, error) {
	const atMost = 5 * time.Second
	for waited := time.Duration(0); ; waited += every {
		slot, err := s.o.Store.AcquireSlot(ctx, hostID, s.holder(), true, s.o.LeaseTTL)
		switch {
		case err == nil:
			return slot, nil
		case !errors.Is(err, ErrNoSlot):
			return Slot{}, fmt.Errorf("take a slot: %w", err)
		case waited >= atMost:
			return Slot{}, problem.New(problem.Unavailable, "problem.host_busy")
		}
		if err := s.o.Wait(ctx, every); err != nil {
			return Slot{}, problem.Wrap(problem.Unavailable, "problem.host_busy", err)
		}
	}
}

// putPassword asks the host's policy, then sets the password, all of it within ActivationLimit.
func (s *Service) putPassword(ctx context.Context, host Host, login, password string) error {
	api, err := s.server(host)
	if err != nil {
		return fmt.Errorf("open the host's secret: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.ActivationLimit)
	defer cancel()
	slot, err := s.personalSlot(ctx, host.ID)
	if err != nil {
		return err
	}
	defer s.release(ctx, func(ctx context.Context) error { return s.o.Store.ReleaseSlot(ctx, slot) })
	verdict, err := api.ValidatePassword(ctx, password)
	if err != nil {
		return s.passwordProblem(ctx, host, err)
	}
	if !verdict.Passed {
		return refusedPassword(verdict.Reason)
	}
	if err := api.SetAccountPassword(ctx, login, password); err != nil {
		return s.passwordProblem(ctx, host, err)
	}
	return nil
}

// refusedPassword shows the host's own words: only it knows its policy.
func refusedPassword(reason string) error {
	p := problem.InvalidField("password", "problem.password_refused")
	p.Fields[0].Args = map[string]any{"Reason": reason}
	return p
}

func (s *Service) passwordProblem(ctx context.Context, host Host, err error) error {
	var answer *nextcloud.Error
	switch kind := nextcloud.KindOf(err); {
	case kind == nextcloud.KindPasswordRefused && errors.As(err, &answer):
		return refusedPassword(answer.Message)
	case kind == nextcloud.KindNotFound:
		return problem.Wrap(problem.Gone, "problem.account_gone", err)
	case kind == nextcloud.KindUnauthorized:
		if err := s.setHealth(context.WithoutCancel(ctx), host.ID, Unauthorized, 0); err != nil {
			return err
		}
	}
	s.o.Log.WarnContext(ctx, "a password could not be set", "host", host.ID, "err", err)
	return problem.Wrap(problem.Unavailable, "problem.host_away", err)
}

// activated records that the password is set. That its link was ended meanwhile, as by a crash long ago, changes nothing.
func (s *Service) activated(ctx context.Context, linkID int64, a Account, space Space) error {
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.SpendLink(ctx, linkID); errors.Is(err, ErrMoved) {
			return nil
		} else if err != nil {
			return err
		}
		if a.Role == Lead && space.State == Ready { // the space's row before the account's, as workers do
			if err := tx.SetSpaceState(ctx, space.ID, Active, Ready); err != nil && !errors.Is(err, ErrMoved) {
				return err
			}
		}
		action := "account.password"
		if a.State == Invited {
			err := tx.SetAccount(ctx, a.ID, AccountUpdate{From: []AccountState{Invited}, State: new(AccountActive)})
			switch {
			case err == nil:
				action = "account.activated"
			case !errors.Is(err, ErrMoved): // else another link was quicker, or the invitation is being withdrawn
				return err
			}
		}
		return tx.Audit(ctx, Entry{Action: action, Subject: "account", SubjectID: a.ID})
	})
	if err != nil {
		return fmt.Errorf("record the activation: %w", err)
	}
	return nil
}

// ForgottenPassword sends each active account of the address a link to set a new password. What it answers does not tell
// whether there are any.
func (s *Service) ForgottenPassword(ctx context.Context, email string) error {
	accounts, err := s.o.Store.ActiveAccounts(ctx, email)
	if err != nil {
		return fmt.Errorf("read the accounts of an address: %w", err)
	}
	if len(accounts) == 0 {
		return nil
	}
	err = s.o.Store.InTx(ctx, func(tx Tx) error {
		for _, a := range accounts {
			if err := tx.Enqueue(ctx, letterTo(a, LetterPassword, s.thisMinute())); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("send links for a new password: %w", err)
	}
	return nil
}
