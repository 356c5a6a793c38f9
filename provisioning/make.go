package provisioning

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"nichoir/nextcloud"
)

// The steps of a space, in their order. A step's name is what pages and metrics show.
const (
	stepGroup  = "group"
	stepFolder = "folder"
	stepAccess = "access"
	stepQuota  = "quota"
	stepLead   = "lead"
	stepJoin   = "seed.join"
	stepCopy   = "seed.copy"
	stepLeave  = "seed.leave"
	stepName   = "name"
	stepVerify = "verify"
)

// StepOrder lists the steps of a new space as a timeline shows them.
func StepOrder() []string {
	return []string{stepGroup, stepFolder, stepAccess, stepQuota, stepLead, stepJoin, stepCopy, stepLeave, stepName, stepVerify}
}

// allPermissions of a Team folder: read, update, create, delete, share.
const allPermissions = 31

// provision makes the space, from wherever an earlier run got to: at most 11 calls for a new one.
func (w *worker) provision(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.group, w.folder, w.access, w.quota, w.lead, w.seed, w.name, w.verify} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) group(ctx context.Context) error {
	id := w.space.GroupID()
	return w.do(ctx, effect{
		step: stepGroup, intent: id,
		look: w.lookGroup,
		call: func(ctx context.Context) error {
			return w.api.CreateGroup(ctx, id, shorten(w.space.Name, maxDisplayName))
		},
		learn:  func() { w.space.GroupMade = true },
		record: func(ctx context.Context, tx Tx) error { return tx.SetGroupMade(ctx, w.space.ID, true) },
	})
}

// lookGroup adopts the group of an open intent if nobody is in it.
func (w *worker) lookGroup(ctx context.Context) (bool, error) {
	members, err := w.api.GroupMembers(ctx, w.space.GroupID())
	switch {
	case nextcloud.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, err
	case len(members) > 0:
		return false, block(CauseForeign)
	}
	return true, nil
}

func (w *worker) folder(ctx context.Context) error {
	var id int64
	if st, ok := w.steps[stepKey{0, stepFolder}]; ok && st.State == Intended && !w.space.Twins {
		// Whatever comes of the open intent, a second folder of the name may stand or come (27 makes as many as are asked for).
		w.space.Twins = true
		if err := w.checkpoint(ctx, func(ctx context.Context, tx Tx) error { return tx.SetTwins(ctx, w.space.ID, true) }); err != nil {
			return err
		}
	}
	return w.do(ctx, effect{
		step: stepFolder, intent: w.space.GroupID(),
		look: func(ctx context.Context) (bool, error) {
			twins, err := w.twins(ctx)
			if err != nil || len(twins) == 0 {
				return false, err
			}
			id = twins[0].ID
			return true, nil
		},
		call: func(ctx context.Context) error {
			var err error
			id, err = w.api.CreateTeamFolder(ctx, w.space.GroupID())
			return err
		},
		learn:  func() { w.space.FolderID = id },
		record: func(ctx context.Context, tx Tx) error { return tx.SetFolder(ctx, w.space.ID, id) },
	})
}

// twins are the folders that a call of ours may have made without our knowing: under the name that only we use, empty,
// without a group, and not the one recorded as ours. Oldest first.
func (w *worker) twins(ctx context.Context) ([]nextcloud.TeamFolder, error) {
	all, err := w.api.TeamFolders(ctx)
	if err != nil {
		return nil, err
	}
	var twins []nextcloud.TeamFolder
	for _, f := range all {
		if f.MountPoint != w.space.GroupID() || f.ID == w.space.FolderID {
			continue
		}
		if len(f.Groups) == 0 && f.SizeBytes == 0 {
			twins = append(twins, f)
		} else if w.space.FolderID == 0 {
			return nil, block(CauseForeign)
		}
	}
	slices.SortFunc(twins, func(a, b nextcloud.TeamFolder) int { return int(a.ID - b.ID) })
	return twins, nil
}

func (w *worker) access(ctx context.Context) error {
	return w.do(ctx, effect{
		step: stepAccess, intent: w.space.GroupID(),
		look: func(ctx context.Context) (bool, error) { // asking twice is a 502
			f, err := w.api.TeamFolder(ctx, w.space.FolderID)
			if err != nil {
				return false, err
			}
			_, has := f.Groups[w.space.GroupID()]
			return has, nil
		},
		call: func(ctx context.Context) error { return w.api.GrantGroup(ctx, w.space.FolderID, w.space.GroupID()) },
	})
}

func (w *worker) quota(ctx context.Context) error {
	return w.setFolderBytes(ctx, stepQuota, 0, w.space.Plan.FolderBytes(1))
}

// setFolderBytes sets the folder's quota: absolute, so that it can be repeated.
func (w *worker) setFolderBytes(ctx context.Context, step string, account, bytes int64) error {
	key := stepKey{account, step}
	if st := w.steps[key]; st.State == Done && w.space.FolderBytes != bytes {
		st.State = Refused // it was so once, and other operations have changed it since
		w.steps[key] = st
	}
	return w.do(ctx, effect{
		step: step, account: account, intent: fmt.Sprint(bytes),
		call:   func(ctx context.Context) error { return w.api.SetTeamFolderQuota(ctx, w.space.FolderID, bytes) },
		learn:  func() { w.space.FolderBytes = bytes },
		record: func(ctx context.Context, tx Tx) error { return tx.SetFolderBytes(ctx, w.space.ID, bytes) },
	})
}

func (w *worker) lead(ctx context.Context) error {
	i := slices.IndexFunc(w.accounts, func(a Account) bool { return a.Role == Lead })
	if i < 0 {
		return fmt.Errorf("space %d has no lead", w.space.ID)
	}
	return w.createAccount(ctx, stepLead, 0, &w.accounts[i], nil)
}

// createAccount makes an account under its login, or under the next free one when that is somebody else's.
func (w *worker) createAccount(ctx context.Context, step string, key int64, a *Account, record func(context.Context, Tx) error) error {
	for {
		err := w.do(ctx, w.accountEffect(step, key, a, record))
		if !errors.Is(err, errAnotherName) {
			return err
		}
	}
}

func (w *worker) accountEffect(step string, key int64, a *Account, record func(context.Context, Tx) error) effect {
	return effect{
		step: step, account: key, intent: a.Login,
		look: func(ctx context.Context) (bool, error) { return w.adopt(ctx, *a) },
		call: func(ctx context.Context) error {
			password, err := w.randomPassword()
			if err != nil {
				return err
			}
			return w.api.CreateAccount(ctx, nextcloud.NewAccount{
				ID: a.Login, Password: password, DisplayName: shorten(a.Name, maxDisplayName), Email: a.Email,
				Language: a.Lang, Groups: []string{w.space.GroupID()}, QuotaBytes: w.space.Plan.PersonalBytes,
			})
		},
		taken: func(ctx context.Context) error { return w.nextLogin(ctx, a) },
		learn: func() { a.Made, a.Wanted = true, WantNothing },
		record: func(ctx context.Context, tx Tx) error {
			if err := tx.SetAccount(ctx, a.ID, AccountUpdate{Made: ptr(true)}); err != nil {
				return err
			}
			if err := tx.Fulfil(ctx, a.ID, WantCreate); err != nil { // its removal may be wanted meanwhile
				return err
			}
			if record == nil {
				return nil
			}
			return record(ctx, tx)
		},
	}
}

// adopt looks for the account of an open intent and mends what a half-made one lacks. One that has signed in, or stands in
// a group that is not the space's, is somebody else's.
func (w *worker) adopt(ctx context.Context, a Account) (bool, error) {
	got, err := w.api.Account(ctx, a.Login)
	if nextcloud.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	group := w.space.GroupID()
	for _, g := range got.Groups {
		if g != group {
			return false, block(CauseForeign)
		}
	}
	if !got.LastLogin.IsZero() {
		return false, block(CauseForeign)
	}
	return true, w.mend(ctx, a, got)
}

// mend gives an account what it should have been made with; every call of it can be repeated.
func (w *worker) mend(ctx context.Context, a Account, got nextcloud.Account) error {
	name, bytes := shorten(a.Name, maxDisplayName), w.space.Plan.PersonalBytes
	for _, m := range []struct {
		right bool
		call  func(context.Context) error
	}{
		{got.QuotaBytes == bytes, func(ctx context.Context) error { return w.api.SetAccountQuota(ctx, a.Login, bytes) }},
		{slices.Contains(got.Groups, w.space.GroupID()), func(ctx context.Context) error {
			return w.api.JoinGroup(ctx, a.Login, w.space.GroupID())
		}},
		{got.Email == a.Email, func(ctx context.Context) error { return w.api.SetAccountEmail(ctx, a.Login, a.Email) }},
		{got.DisplayName == name, func(ctx context.Context) error { return w.api.SetAccountDisplayName(ctx, a.Login, name) }},
		{got.Language == a.Lang, func(ctx context.Context) error { return w.api.SetAccountLanguage(ctx, a.Login, a.Lang) }},
	} {
		if m.right {
			continue
		}
		if err := w.checkpoint(ctx, nil); err != nil {
			return err
		}
		if err := m.call(ctx); err != nil {
			return err
		}
	}
	return nil
}

// seed puts the first documents into the folder: the service account joins, copies the template tree, and leaves.
func (w *worker) seed(ctx context.Context) error {
	source := w.host.Templates[w.space.Lang]
	if source == "" && !w.done(0, stepCopy) {
		return w.stop(ctx, stepKey{0, stepCopy}, CauseTemplate, nil, false)
	}
	group, service := w.space.GroupID(), w.host.ServiceUser
	if err := w.do(ctx, effect{step: stepJoin, intent: group,
		call: func(ctx context.Context) error { return w.api.JoinGroup(ctx, service, group) }}); err != nil {
		return err
	}
	// Nobody else is inside yet: after an unknown outcome the tree is copied over whatever half of it stands.
	again := w.steps[stepKey{0, stepCopy}].State == Intended
	if err := w.do(ctx, effect{step: stepCopy, intent: group, call: func(ctx context.Context) error {
		return w.api.Copy(ctx, source, path.Join("/", group, seedFolder(w.space.Lang)), again)
	}}); err != nil {
		return err
	}
	return w.do(ctx, effect{step: stepLeave, intent: group,
		call: func(ctx context.Context) error { return w.api.LeaveGroup(ctx, service, group) }})
}

// name gives the folder the name that people see.
func (w *worker) name(ctx context.Context) error {
	for {
		want := w.space.MountPoint
		err := w.do(ctx, effect{
			step: stepName, intent: want,
			look: func(ctx context.Context) (bool, error) {
				f, err := w.api.TeamFolder(ctx, w.space.FolderID)
				return err == nil && f.MountPoint == want, err
			},
			call:  func(ctx context.Context) error { return w.api.RenameTeamFolder(ctx, w.space.FolderID, want) },
			taken: w.nextMountPoint,
		})
		if !errors.Is(err, errAnotherName) {
			return err
		}
	}
}

func seedFolder(lang string) string {
	if lang == "en" {
		return "First steps"
	}
	return "Premiers pas"
}

// ptr is the address of a value, for updates where nil means "as it is".
func ptr[T any](v T) *T { return &v }

func sameLogin(a, b string) bool { return strings.EqualFold(a, b) }
