package provisioning

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"nichoir/internal/problem"
)

// Invitation is what a lead says of a new member.
type Invitation struct {
	Name  string
	Email string // normalised by the caller
	Lang  string
}

// Invite takes a seat of the space and lets the host know. It refuses, with the figures, what would pass the plan's limit
// of accounts, or push the folder's quota below what is used: a problem.Error with code Invalid or Conflict.
func (s *Service) Invite(ctx context.Context, publicID string, by int64, in Invitation) (Account, error) {
	in.Name = strings.Join(strings.Fields(printable(in.Name)), " ")
	if n := utf8.RuneCountInString(in.Name); n < 2 || n > 120 {
		return Account{}, problem.InvalidField("name", "problem.member_name")
	}
	if !strings.Contains(in.Email, "@") {
		return Account{}, problem.InvalidField("email", "problem.email")
	}
	var a Account
	err := s.raced(func() error {
		return s.o.Store.InTx(ctx, func(tx Tx) error {
			var err error
			a, err = s.invite(ctx, tx, publicID, by, in)
			return err
		})
	})
	if err != nil {
		return Account{}, fmt.Errorf("invite: %w", err)
	}
	return a, nil
}

// printable drops what no text needs and no database or reader should get: bytes that are no UTF-8, control characters, and
// those that turn the direction of writing, which would let a name pass for another. What shows nothing at all is "".
func printable(text string) string {
	if !strings.ContainsFunc(text, seen) {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u200d': // the last joins emoji, and some scripts' letters
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// seen reports whether a reader sees the character: white space, marks without a letter, joiners and blank letters (of
// Hangul, of Braille) make no name.
func seen(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != '\u2800' &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

func (s *Service) invite(ctx context.Context, tx Tx, publicID string, by int64, in Invitation) (Account, error) {
	space, err := s.lockWorking(ctx, tx, publicID)
	if err != nil {
		return Account{}, err
	}
	accounts, err := tx.AccountsOf(ctx, space.ID)
	if err != nil {
		return Account{}, err
	}
	if err := s.roomFor(ctx, tx, space, seats(accounts)+1); err != nil {
		return Account{}, err
	}
	login, err := freeLogin(ctx, tx, space.HostID, loginFor(in.Name), "")
	if err != nil {
		return Account{}, err
	}
	a := Account{SpaceID: space.ID, HostID: space.HostID, Login: login, Name: in.Name, Email: in.Email, Lang: in.Lang,
		Role: Member, State: Invited, Wanted: WantCreate, InvitedAt: s.o.Now(), LapsesAt: s.o.Now().Add(s.o.InvitationWindow)}
	if a.ID, err = tx.AddAccount(ctx, a, by); errors.Is(err, ErrTaken) {
		return Account{}, problem.InvalidField("email", "problem.member_exists")
	} else if err != nil {
		return Account{}, err
	}
	if err := tx.Audit(ctx, Entry{ActorID: by, Action: "account.invited", Subject: "account", SubjectID: a.ID,
		Data: map[string]any{"space": space.ID}}); err != nil {
		return Account{}, err
	}
	return a, tx.Enqueue(ctx, WorkSpace{SpaceID: space.ID})
}

// roomFor says no, with the figures, when the space cannot have so many seats.
func (s *Service) roomFor(ctx context.Context, tx Tx, space Space, seats int) error {
	if seats > space.Plan.Accounts {
		return problem.New(problem.Conflict, "problem.space_full").With("Limit", space.Plan.Accounts)
	}
	left := space.Plan.FolderBytes(seats)
	r, err := tx.ReadingOf(ctx, space.ID)
	if errors.Is(err, ErrNotFound) {
		return nil // never read: nothing is known to be used
	}
	if err != nil {
		return err
	}
	if left < r.UsedBytes {
		return problem.New(problem.Conflict, "problem.space_too_used").
			With("UsedBytes", r.UsedBytes).With("LeftBytes", left).With("PersonalBytes", space.Plan.PersonalBytes)
	}
	return nil
}

// seats counts the accounts that take a place: all but the removed ones. Disabled and invited ones keep theirs.
func seats(accounts []Account) int {
	n := 0
	for _, a := range accounts {
		if a.State != Removed {
			n++
		}
	}
	return n
}

// RemoveMember frees a member's seat once the host has let the account go. The lead cannot be removed.
func (s *Service) RemoveMember(ctx context.Context, publicID string, by, accountID int64) error {
	return s.changeMember(ctx, publicID, by, accountID, "account.removing",
		AccountUpdate{From: []AccountState{Invited, AccountActive, AccountDisabled}, State: new(Removing), Wanted: new(WantRemove)})
}

// DisableMember keeps a member out; the seat stays taken.
func (s *Service) DisableMember(ctx context.Context, publicID string, by, accountID int64) error {
	return s.changeMember(ctx, publicID, by, accountID, "account.disabled",
		AccountUpdate{From: []AccountState{AccountActive}, State: new(AccountDisabled), Wanted: new(WantDisable)})
}

// EnableMember lets a disabled member in again.
func (s *Service) EnableMember(ctx context.Context, publicID string, by, accountID int64) error {
	return s.changeMember(ctx, publicID, by, accountID, "account.enabled",
		AccountUpdate{From: []AccountState{AccountDisabled}, State: new(AccountActive), Wanted: new(WantEnable)})
}

func (s *Service) changeMember(ctx context.Context, publicID string, by, accountID int64, action string, u AccountUpdate) error {
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		space, a, err := s.lockMember(ctx, tx, publicID, accountID)
		if err != nil {
			return err
		}
		if a.Role == Lead {
			return problem.New(problem.Conflict, "problem.lead_stays")
		}
		if err := tx.SetAccount(ctx, a.ID, u); errors.Is(err, ErrMoved) {
			return problem.New(problem.Conflict, "problem.member_moved")
		} else if err != nil {
			return err
		}
		// What a lead takes back may be what stands in the way: an address, say, that the host refuses.
		if space.Blocked != nil && strings.HasPrefix(space.Blocked.Step, accountSteps) {
			if err := tx.Unblock(ctx, space.ID); err != nil {
				return err
			}
		}
		if err := tx.Audit(ctx, Entry{ActorID: by, Action: action, Subject: "account", SubjectID: a.ID}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, WorkSpace{SpaceID: space.ID})
	})
	if err != nil {
		return fmt.Errorf("change a member: %w", err)
	}
	return nil
}

// Reinvite sends a member who has not come yet, or the lead of a ready space, a new link, and renews the time to answer.
func (s *Service) Reinvite(ctx context.Context, publicID string, by, accountID int64) error {
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		_, a, err := s.lockMember(ctx, tx, publicID, accountID)
		if err != nil {
			return err
		}
		if a.State != Invited || !a.Made {
			return problem.New(problem.Conflict, "problem.member_moved")
		}
		template := LetterInvitation
		if a.Role == Lead {
			template = LetterHandover
		} else if err := tx.Prolong(ctx, a.ID, s.o.Now().Add(s.o.InvitationWindow)); err != nil {
			return err
		}
		if err := tx.Audit(ctx, Entry{ActorID: by, Action: "account.reinvited", Subject: "account", SubjectID: a.ID}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, letterTo(a, template, s.thisMinute()))
	})
	if err != nil {
		return fmt.Errorf("invite again: %w", err)
	}
	return nil
}

// LapseInvitations removes the accounts of invitations that nobody answered, at most limit of them, and returns how many.
func (s *Service) LapseInvitations(ctx context.Context, limit int) (int, error) {
	var n int
	err := s.o.Store.InTx(ctx, func(tx Tx) error {
		due, err := tx.Lapsing(ctx, limit)
		if err != nil {
			return err
		}
		n = len(due)
		for _, a := range due {
			u := AccountUpdate{From: []AccountState{Invited}, State: new(Removing), Wanted: new(WantRemove)}
			if err := tx.SetAccount(ctx, a.ID, u); err != nil {
				return err
			}
			if err := tx.Audit(ctx, Entry{Action: "account.lapsed", Subject: "account", SubjectID: a.ID}); err != nil {
				return err
			}
			if err := tx.Enqueue(ctx, WorkSpace{SpaceID: a.SpaceID}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("let invitations lapse: %w", err)
	}
	return n, nil
}

// lockWorking locks a space and refuses one that is not there for its members.
func (s *Service) lockWorking(ctx context.Context, tx Tx, publicID string) (Space, error) {
	space, err := tx.LockSpace(ctx, publicID)
	if errors.Is(err, ErrNotFound) {
		return Space{}, problem.New(problem.NotFound, "problem.space_not_found")
	}
	if err != nil {
		return Space{}, err
	}
	if space.State != Ready && space.State != Active {
		return Space{}, problem.New(problem.Conflict, "problem.space_not_working")
	}
	return space, nil
}

func (s *Service) lockMember(ctx context.Context, tx Tx, publicID string, accountID int64) (Space, Account, error) {
	space, err := s.lockWorking(ctx, tx, publicID)
	if err != nil {
		return Space{}, Account{}, err
	}
	accounts, err := tx.AccountsOf(ctx, space.ID)
	if err != nil {
		return Space{}, Account{}, err
	}
	for _, a := range accounts {
		if a.ID == accountID && a.State != Removed {
			return space, a, nil
		}
	}
	return Space{}, Account{}, problem.New(problem.NotFound, "problem.member_not_found")
}

// raced runs a transaction again when somebody took a name in the same moment.
func (s *Service) raced(run func() error) error {
	var err error
	for range 5 {
		if err = run(); !errors.Is(err, ErrRaced) {
			return err
		}
	}
	return err
}
