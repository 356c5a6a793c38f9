package provisioning

import (
	"context"
	"errors"
	"slices"

	"nichoir/nextcloud"
)

// The steps of closing, in their order.
const (
	stepCloseLeave   = "close.leave"
	stepCloseMembers = "close.members"
	stepCloseAccount = "close.account"
	stepCloseFolder  = "close.folder"
	stepCloseGroup   = "close.group"
)

// CloseOrder lists the steps of closing as a timeline shows them.
func CloseOrder() []string {
	return []string{stepCloseLeave, stepCloseMembers, stepCloseAccount, stepCloseFolder, stepCloseGroup}
}

// unmake takes the space off its host: what is recorded as ours, and nothing else, each confirmed by a read.
func (w *worker) unmake(ctx context.Context) error {
	if w.space.HostID != 0 {
		if err := w.certain(ctx, func(stepKey) bool { return true }); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{w.settleGroup, w.leaveForGood, w.knowMembers, w.deleteAccounts, w.deleteFolder, w.deleteGroup} {
			if err := step(ctx); err != nil {
				return err
			}
		}
	}
	return w.note(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.SetSpaceState(ctx, w.space.ID, Closed, Deleting); err != nil {
			return err
		}
		for _, a := range w.accounts {
			if err := tx.SetAccount(ctx, a.ID, AccountUpdate{State: new(Removed), Wanted: new(WantNothing)}); err != nil {
				return err
			}
		}
		if err := tx.DropReading(ctx, w.space.ID); err != nil {
			return err
		}
		return tx.Audit(ctx, Entry{Action: "space.closed", Subject: "space", SubjectID: w.space.ID})
	})
}

// settleGroup decides about a group of unknown outcome: an untouched one becomes recorded as ours, so that it is deleted.
func (w *worker) settleGroup(ctx context.Context) error {
	if w.space.GroupMade || w.steps[stepKey{0, stepGroup}].State != Intended {
		return nil
	}
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	found, err := w.lookGroup(ctx)
	if err != nil && !isForeign(err) {
		return w.fail(ctx, stepKey{0, stepGroup}, err, true)
	}
	if !found {
		return nil
	}
	w.space.GroupMade = true
	return w.checkpoint(ctx, func(ctx context.Context, tx Tx) error { return tx.SetGroupMade(ctx, w.space.ID, true) })
}

// leaveForGood takes the service account out of the group, whatever the seed step left.
func (w *worker) leaveForGood(ctx context.Context) error {
	if !w.space.GroupMade {
		return nil
	}
	return w.do(ctx, effect{step: stepCloseLeave, intent: w.space.GroupID(), call: func(ctx context.Context) error {
		err := w.api.LeaveGroup(ctx, w.host.ServiceUser, w.space.GroupID())
		if err == nil || nextcloud.ClassOf(err) != nextcloud.ClassStop || nextcloud.IsUnauthorized(err) {
			return err
		}
		if err := w.checkpoint(ctx, nil); err != nil {
			return err
		}
		if _, gone := w.api.GroupMembers(ctx, w.space.GroupID()); nextcloud.IsNotFound(gone) {
			return nil // somebody deleted the group: nothing to leave
		}
		return err
	}})
}

// knowMembers stops when people stand in the group whom Nichoir did not put there: their files would lose a home.
func (w *worker) knowMembers(ctx context.Context) error {
	if !w.space.GroupMade {
		return nil
	}
	return w.do(ctx, effect{step: stepCloseMembers, call: func(ctx context.Context) error {
		members, err := w.api.GroupMembers(ctx, w.space.GroupID())
		if err != nil && !nextcloud.IsNotFound(err) {
			return err
		}
		for _, m := range members {
			if !slices.ContainsFunc(w.accounts, func(a Account) bool { return w.mayStand(a) && sameLogin(a.Login, m) }) {
				return block(CauseUnknownPeople)
			}
		}
		if w.space.FolderID == 0 {
			return nil
		}
		if err := w.checkpoint(ctx, nil); err != nil {
			return err
		}
		_, err = w.ownFolder(ctx)
		return err
	}})
}

// ownFolder reads the recorded folder: false when it is gone. It stops when the folder was given to others, too.
func (w *worker) ownFolder(ctx context.Context) (bool, error) {
	f, err := w.api.TeamFolder(ctx, w.space.FolderID)
	if nextcloud.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for g := range f.Groups {
		if g != w.space.GroupID() {
			return true, block(CauseUnknownPeople)
		}
	}
	return true, nil
}

// mayStand reports whether the account is recorded as ours or may be, its creation having an unknown outcome.
func (w *worker) mayStand(a Account) bool { return a.Made || w.maybeMade(a) }

// maybeMade reports whether the creation of the account, under the login that it has now, has an unknown outcome.
func (w *worker) maybeMade(a Account) bool {
	st := w.steps[createdBy(a)]
	return st.State == Intended && st.Intent == a.Login
}

// createdBy is the key of the step that makes the account.
func createdBy(a Account) stepKey {
	if a.Role == Lead {
		return stepKey{0, stepLead}
	}
	return stepKey{a.ID, stepAccountCreate}
}

func (w *worker) deleteAccounts(ctx context.Context) error {
	for i := range w.accounts {
		if !w.mayStand(w.accounts[i]) {
			continue
		}
		if err := w.deleteAccount(ctx, stepCloseAccount, &w.accounts[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) deleteFolder(ctx context.Context) error {
	doubtful := w.steps[stepKey{0, stepFolder}].State == Intended
	if w.space.FolderID == 0 && !doubtful && !w.space.Twins {
		return nil
	}
	return w.do(ctx, effect{
		step: stepCloseFolder, intent: w.space.GroupID(),
		call: func(ctx context.Context) error {
			if err := w.deleteRecordedFolder(ctx); err != nil {
				return err
			}
			w.space.Twins = w.space.Twins || doubtful
			return w.dropTwins(ctx)
		},
		learn:  func() { w.space.FolderID = 0 },
		record: func(ctx context.Context, tx Tx) error { return tx.SetFolder(ctx, w.space.ID, 0) },
	})
}

func (w *worker) deleteRecordedFolder(ctx context.Context) error {
	if w.space.FolderID == 0 {
		return nil
	}
	if stands, err := w.ownFolder(ctx); err != nil || !stands {
		return err
	}
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	if err := w.api.DeleteTeamFolder(ctx, w.space.FolderID); err != nil && !nextcloud.IsNotFound(err) {
		return err
	}
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	return w.absent(w.api.TeamFolder(ctx, w.space.FolderID))
}

func (w *worker) deleteGroup(ctx context.Context) error {
	if !w.space.GroupMade {
		return nil
	}
	return w.do(ctx, effect{
		step: stepCloseGroup, intent: w.space.GroupID(),
		call: func(ctx context.Context) error {
			deleteErr := w.api.DeleteGroup(ctx, w.space.GroupID())
			if deleteErr != nil && (nextcloud.ClassOf(deleteErr) != nextcloud.ClassStop || nextcloud.IsUnauthorized(deleteErr)) {
				return deleteErr
			}
			if err := w.checkpoint(ctx, nil); err != nil {
				return err
			}
			err := w.absent(w.api.GroupMembers(ctx, w.space.GroupID()))
			if err != nil && deleteErr != nil {
				return deleteErr // the refusal tells more than the group's presence
			}
			return err
		},
		learn:  func() { w.space.GroupMade = false },
		record: func(ctx context.Context, tx Tx) error { return tx.SetGroupMade(ctx, w.space.ID, false) },
	})
}

func isForeign(err error) bool {
	var b blockedError
	return errors.As(err, &b) && b.cause == CauseForeign
}
