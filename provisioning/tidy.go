package provisioning

import (
	"context"
	"time"
)

// tidy looks once more, when calls of unknown outcome can no longer land, at what such a call may have left: a second
// folder, the service account in the group, an earlier quota or name, an account that is on or off by mistake.
func (w *worker) tidy(ctx context.Context) error {
	if w.space.RecheckAt.IsZero() {
		return nil
	}
	if err := w.checkpoint(ctx, nil); err != nil { // tells what time it is
		return err
	}
	if w.now.Before(w.space.RecheckAt) {
		return nil
	}
	key := stepKey{0, stepTidy}
	for _, look := range []func(context.Context) error{w.dropTwins, w.tidyGroup, w.tidyFolder, w.tidyAccounts} {
		if err := look(ctx); err != nil {
			return w.fail(ctx, key, err, false)
		}
	}
	if err := w.tidyQuota(ctx); err != nil {
		return err
	}
	if w.now.Before(w.space.RecheckAt) { // the quota's own call was in doubt: once more after it
		return nil
	}
	return w.note(ctx, func(ctx context.Context, tx Tx) error {
		w.space.Twins, w.space.RecheckAt, w.space.LateBytes = false, time.Time{}, 0
		if st, failed := w.steps[key]; failed {
			st.State, st.Attempts, st.LastCause, st.DoneAt = Done, 0, "", w.o.Now()
			w.steps[key] = st
			if err := tx.Step(ctx, w.space.ID, st); err != nil {
				return err
			}
		}
		if err := tx.SetTwins(ctx, w.space.ID, false); err != nil {
			return err
		}
		return tx.ClearRecheck(ctx, w.space.ID)
	})
}

func (w *worker) tidyGroup(ctx context.Context) error {
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	return w.api.LeaveGroup(ctx, w.host.ServiceUser, w.space.GroupID())
}

// tidyFolder gives the folder its name back and learns its quota.
func (w *worker) tidyFolder(ctx context.Context) error {
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	f, err := w.api.TeamFolder(ctx, w.space.FolderID)
	if err != nil {
		return err
	}
	if f.QuotaBytes != w.space.FolderBytes {
		w.space.FolderBytes = -1
	}
	if f.MountPoint == w.space.MountPoint {
		return nil
	}
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	return w.api.RenameTeamFolder(ctx, w.space.FolderID, w.space.MountPoint)
}

// tidyAccounts says again whether the accounts are on that were ever switched.
func (w *worker) tidyAccounts(ctx context.Context) error {
	for _, a := range w.accounts {
		_, off := w.steps[stepKey{a.ID, stepAccountDisable}]
		_, on := w.steps[stepKey{a.ID, stepAccountEnable}]
		if !a.Made || !off && !on || a.Wanted != WantNothing {
			continue
		}
		if err := w.checkpoint(ctx, nil); err != nil {
			return err
		}
		call := w.api.EnableAccount
		if a.State == AccountDisabled {
			call = w.api.DisableAccount
		}
		if err := call(ctx, a.Login); err != nil {
			return err
		}
	}
	return nil
}

// tidyQuota sets the folder's quota when it is not what it should be.
func (w *worker) tidyQuota(ctx context.Context) error {
	if w.space.FolderBytes >= 0 {
		return nil
	}
	if err := w.setFolderBytes(ctx, stepTidyQuota, 0, w.space.Plan.FolderBytes(w.standing())); err != nil {
		return err
	}
	return w.note(ctx, nil)
}
