package provisioning

import (
	"context"
	"errors"
	"slices"

	"nichoir/nextcloud"
)

// errDrift says that the host differs from what we hold, in steps that can be done again.
var errDrift = errors.New("the host differs from what is recorded")

// maxRepairs is how often verify mends before a person looks.
const maxRepairs = 2

// verify reads back what was made, mends what differs, and hands the space over.
func (w *worker) verify(ctx context.Context) error {
	for repairs := 0; ; repairs++ {
		var folder nextcloud.TeamFolder
		var drift []string
		err := w.do(ctx, effect{
			step: stepVerify,
			call: func(ctx context.Context) error {
				var err error
				folder, drift, err = w.inspect(ctx)
				if err == nil && len(drift) > 0 {
					return errDrift
				}
				return err
			},
			learn:  func() { w.space.State = Ready },
			record: func(ctx context.Context, tx Tx) error { return w.handOver(ctx, tx, folder) },
		})
		switch {
		case errors.Is(err, errDrift) && repairs >= maxRepairs:
			return w.stop(ctx, stepKey{0, stepVerify}, CauseContradiction, nil, false)
		case errors.Is(err, errDrift):
			if err := w.repair(ctx, drift); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		if err := w.note(ctx, nil); err != nil { // writes the hand-over
			return err
		}
		w.doing = Ready
		return nil
	}
}

// inspect reads the folder and the lead; the lead's groups prove the group.
func (w *worker) inspect(ctx context.Context) (nextcloud.TeamFolder, []string, error) {
	if err := w.dropTwins(ctx); err != nil {
		return nextcloud.TeamFolder{}, nil, err
	}
	f, err := w.api.TeamFolder(ctx, w.space.FolderID)
	if err != nil {
		return f, nil, err
	}
	if err := w.checkpoint(ctx, nil); err != nil {
		return f, nil, err
	}
	lead := w.accounts[slices.IndexFunc(w.accounts, func(a Account) bool { return a.Role == Lead })]
	a, err := w.api.Account(ctx, lead.Login)
	if err != nil && !nextcloud.IsNotFound(err) { // one that is gone is made again: nobody was inside yet
		return f, nil, err
	}
	var drift []string
	if f.Groups[w.space.GroupID()] != allPermissions {
		drift = append(drift, stepAccess)
	}
	if f.QuotaBytes != w.space.Plan.FolderBytes(1) {
		drift = append(drift, stepQuota)
	}
	if f.MountPoint != w.space.MountPoint {
		drift = append(drift, stepName)
	}
	if !slices.Contains(a.Groups, w.space.GroupID()) || a.QuotaBytes != w.space.Plan.PersonalBytes {
		drift = append(drift, stepLead)
	}
	return f, drift, nil
}

// repair does again what inspect found undone. Each of it looks first, since its step is known and open.
func (w *worker) repair(ctx context.Context, drift []string) error {
	for _, name := range drift {
		key := stepKey{0, name}
		st := w.steps[key]
		st.State = Intended
		w.steps[key] = st
	}
	for _, step := range []func(context.Context) error{w.access, w.quota, w.lead, w.name} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// dropTwins removes the folders that a call of unknown outcome left, see twins.
func (w *worker) dropTwins(ctx context.Context) error {
	if !w.space.Twins {
		return nil
	}
	if err := w.checkpoint(ctx, nil); err != nil {
		return err
	}
	twins, _, err := w.twins(ctx)
	if err != nil {
		return err
	}
	for _, f := range twins {
		if err := w.checkpoint(ctx, nil); err != nil {
			return err
		}
		if err := w.api.DeleteTeamFolder(ctx, f.ID); err != nil && !nextcloud.IsNotFound(err) {
			return err
		}
	}
	return w.checkpoint(ctx, nil)
}

// handOver ends the provisioning: the space is ready and its lead gets a mail, unless it is closed in the same moment.
func (w *worker) handOver(ctx context.Context, tx Tx, f nextcloud.TeamFolder) error {
	if err := tx.SetSpaceState(ctx, w.space.ID, Ready, Provisioning); errors.Is(err, ErrMoved) {
		return nil
	} else if err != nil {
		return err
	}
	if err := tx.SetReading(ctx, w.space.ID, Reading{QuotaBytes: f.QuotaBytes, UsedBytes: f.SizeBytes, Accounts: 1, At: w.o.Now()}); err != nil {
		return err
	}
	for _, a := range w.accounts {
		if a.Role != Lead {
			continue
		}
		if err := tx.Enqueue(ctx, letterTo(a, LetterHandover, "1")); err != nil {
			return err
		}
	}
	return tx.Audit(ctx, Entry{Action: "space.ready", Subject: "space", SubjectID: w.space.ID})
}
