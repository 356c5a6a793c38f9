package provisioning

import (
	"context"
	"errors"

	"nichoir/nextcloud"
)

// accountSteps is what the names of all steps of an account begin with.
const accountSteps = "account."

// The steps of an account.
const (
	stepAccountQuota   = "account.quota"
	stepAccountCreate  = "account.create"
	stepAccountDisable = "account.disable"
	stepAccountEnable  = "account.enable"
	stepAccountDelete  = "account.delete"
	stepTidy           = "tidy"
	stepTidyQuota      = "tidy.quota"
)

// tend tells the host what is wanted of the accounts of a space that works: first what frees, then what takes.
func (w *worker) tend(ctx context.Context) error {
	if err := w.tidy(ctx); err != nil {
		return err
	}
	for _, pass := range []struct {
		wanted Wanted
		work   func(context.Context, *Account) error
	}{
		{WantRemove, w.removeAccount}, {WantDisable, w.disableAccount}, {WantEnable, w.enableAccount}, {WantCreate, w.inviteAccount},
	} {
		for i := range w.accounts {
			if w.accounts[i].Wanted != pass.wanted {
				continue
			}
			if err := pass.work(ctx, &w.accounts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// standing counts the accounts that take personal quota on the host, or may: a creation of unknown outcome counts.
func (w *worker) standing() int {
	n := 0
	for _, a := range w.accounts {
		if w.mayStand(a) {
			n++
		}
	}
	return n
}

// inviteAccount shrinks the folder, then creates: so that the sum never passes the plan's total.
func (w *worker) inviteAccount(ctx context.Context, a *Account) error {
	seats := w.standing()
	if !w.mayStand(*a) {
		seats++
	}
	bytes := w.space.Plan.FolderBytes(seats)
	if w.space.LateBytes > bytes { // an earlier quota may still come back: the account would be too much then
		if err := w.certain(ctx, func(stepKey) bool { return false }); err != nil {
			return err
		}
	}
	if w.space.FolderBytes != bytes {
		if err := w.setFolderBytes(ctx, stepAccountQuota, a.ID, bytes); err != nil {
			return err
		}
	}
	err := w.createAccount(ctx, stepAccountCreate, a.ID, a, func(ctx context.Context, tx Tx) error {
		if err := w.reread(ctx, tx); err != nil {
			return err
		}
		return tx.Enqueue(ctx, letterTo(*a, LetterInvitation, "1"))
	})
	if err != nil {
		return err
	}
	return w.note(ctx, nil)
}

// removeAccount deletes, then grows the folder, then frees the seat.
func (w *worker) removeAccount(ctx context.Context, a *Account) error {
	created := createdBy(*a)
	if st := w.steps[created]; st.State == Intended || st.Doubted { // its creation may still land: after the deletion, say
		if err := w.certain(ctx, func(key stepKey) bool { return key == created }); err != nil {
			return err
		}
	}
	if w.mayStand(*a) {
		if err := w.deleteAccount(ctx, stepAccountDelete, a); err != nil {
			return err
		}
	}
	gone := func(ctx context.Context, tx Tx) error {
		if err := tx.SetAccount(ctx, a.ID, AccountUpdate{From: []AccountState{Removing}, State: new(Removed), Wanted: new(WantNothing)}); err != nil {
			return err
		}
		a.State, a.Wanted = Removed, WantNothing
		if err := w.reread(ctx, tx); err != nil {
			return err
		}
		return tx.Audit(ctx, Entry{Action: "account.removed", Subject: "account", SubjectID: a.ID})
	}
	bytes := w.space.Plan.FolderBytes(w.standing())
	if w.space.FolderBytes != bytes {
		if err := w.setFolderBytes(ctx, stepAccountQuota, a.ID, bytes); err != nil {
			return err
		}
	}
	return w.note(ctx, gone)
}

// deleteAccount takes a recorded account off the host, confirmed by a read. One whose creation has an unknown outcome is
// looked at first: only an untouched one is ours.
func (w *worker) deleteAccount(ctx context.Context, step string, a *Account) error {
	ours, created := a.Made, createdBy(*a)
	return w.do(ctx, effect{
		step: step, account: a.ID, intent: a.Login,
		call: func(ctx context.Context) error {
			if !ours {
				if _, err := w.untouched(ctx, *a); isForeign(err) || nextcloud.IsNotFound(err) {
					return nil
				} else if err != nil {
					return err
				}
				if err := w.checkpoint(ctx, nil); err != nil {
					return err
				}
			}
			if err := w.api.DeleteAccount(ctx, a.Login); err != nil && !nextcloud.IsNotFound(err) {
				return err
			}
			if err := w.checkpoint(ctx, nil); err != nil {
				return err
			}
			return w.absent(w.api.Account(ctx, a.Login))
		},
		learn: func() {
			a.Made = false
			if st, known := w.steps[created]; known { // it is known now that nothing of it stands
				st.State = Refused
				w.steps[created] = st
			}
		},
		record: func(ctx context.Context, tx Tx) error {
			if st, known := w.steps[created]; known {
				if err := tx.Step(ctx, w.space.ID, st); err != nil {
					return err
				}
			}
			return tx.SetAccount(ctx, a.ID, AccountUpdate{Made: new(false)})
		},
	})
}

// absent turns a read that finds nothing into success, and one that finds something into a contradiction.
func (w *worker) absent(_ any, err error) error {
	switch {
	case nextcloud.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	return block(CauseContradiction)
}

func (w *worker) disableAccount(ctx context.Context, a *Account) error {
	return w.tell(ctx, stepAccountDisable, a, w.api.DisableAccount)
}

func (w *worker) enableAccount(ctx context.Context, a *Account) error {
	return w.tell(ctx, stepAccountEnable, a, w.api.EnableAccount)
}

// tell asks for what can be repeated without harm. A step that was done can be wanted again.
func (w *worker) tell(ctx context.Context, step string, a *Account, call func(context.Context, string) error) error {
	if w.done(a.ID, step) {
		delete(w.steps, stepKey{a.ID, step})
	}
	wanted := a.Wanted
	err := w.do(ctx, effect{
		step: step, account: a.ID, intent: a.Login,
		call:   func(ctx context.Context) error { return call(ctx, a.Login) },
		learn:  func() { a.Wanted = WantNothing },
		record: func(ctx context.Context, tx Tx) error { return tx.Fulfil(ctx, a.ID, wanted) },
	})
	if err != nil {
		return err
	}
	return w.note(ctx, nil)
}

// reread records what the host would tell now of quota and accounts; what is used stays as it was last read.
func (w *worker) reread(ctx context.Context, tx Tx) error {
	r, err := tx.ReadingOf(ctx, w.space.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	r.QuotaBytes, r.Accounts, r.At = w.space.FolderBytes, 0, w.o.Now()
	for _, a := range w.accounts {
		if a.Made {
			r.Accounts++
		}
	}
	return tx.SetReading(ctx, w.space.ID, r)
}
