package provisioning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
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

// KnownStep returns the step, or "other" for one that those who put steps in words cannot know.
func KnownStep(step string) string {
	known := slices.Concat(StepOrder(), CloseOrder(), []string{
		"place", "handover", "account.quota", "account.create", "account.disable", "account.enable", "account.delete",
	})
	if slices.Contains(known, step) {
		return step
	}
	return "other"
}

// allPermissions of a Team folder: read, update, create, delete, share.
const allPermissions = 31

// provision makes the space, from wherever an earlier run got to: at most 11 calls for a new one.
func (w *worker) provision(ctx context.Context) error {
	if !w.space.Plan.Kept() { // the sum of all quotas could never be the plan's total
		return w.stop(ctx, stepKey{0, stepVerify}, CauseContradiction, nil, false)
	}
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
			twins, foreign, err := w.twins(ctx)
			switch {
			case err != nil:
				return false, err
			case len(twins) > 0:
				id = twins[0].ID
				return true, nil
			case foreign:
				return false, block(CauseForeign)
			}
			return false, nil
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
// without a group, and not the one recorded as ours. Oldest first. foreign says that another folder of the name stands that
// is somebody else's.
func (w *worker) twins(ctx context.Context) (twins []nextcloud.TeamFolder, foreign bool, err error) {
	all, err := w.api.TeamFolders(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, f := range all {
		if f.MountPoint != w.space.GroupID() || f.ID == w.space.FolderID {
			continue
		}
		if len(f.Groups) == 0 && f.SizeBytes == 0 {
			twins = append(twins, f)
		} else {
			foreign = true
		}
	}
	slices.SortFunc(twins, func(a, b nextcloud.TeamFolder) int { return cmp.Compare(a.ID, b.ID) })
	return twins, foreign, nil
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
		step: step, account: account, intent: strconv.FormatInt(bytes, 10),
		open: func(ctx context.Context, tx Tx) error { // unknown until the host has answered
			w.space.FolderBytes = -1
			return tx.SetFolderBytes(ctx, w.space.ID, -1)
		},
		call:   func(ctx context.Context) error { return w.api.SetTeamFolderQuota(ctx, w.space.FolderID, bytes) },
		learn:  func() { w.space.FolderBytes = bytes },
		record: func(ctx context.Context, tx Tx) error { return tx.SetFolderBytes(ctx, w.space.ID, bytes) },
	})
}

// lateBytes is the quota that the step's call may still set, 0 when it sets none.
func lateBytes(st Step) int64 {
	switch st.Name {
	case stepQuota, stepAccountQuota, stepTidyQuota:
		bytes, err := strconv.ParseInt(st.Intent, 10, 64)
		if err != nil {
			return 0 // not written by setFolderBytes
		}
		return bytes
	}
	return 0
}

func (w *worker) lead(ctx context.Context) error {
	i := slices.IndexFunc(w.accounts, func(a Account) bool { return a.Role == Lead })
	if i < 0 {
		return fmt.Errorf("space %d has no lead", w.space.ID)
	}
	return w.createAccount(ctx, stepLead, 0, &w.accounts[i], nil)
}

// maxLogins is how many logins are tried in one run for an account: more in a row that are all somebody else's are no
// coincidence.
const maxLogins = 20

// createAccount makes an account under its login, or under the next free one when that is somebody else's.
func (w *worker) createAccount(ctx context.Context, step string, key int64, a *Account, record func(context.Context, Tx) error) error {
	for range maxLogins {
		err := w.do(ctx, w.accountEffect(step, key, a, record))
		if !errors.Is(err, errAnotherName) {
			return err
		}
	}
	return w.stop(ctx, stepKey{key, step}, CauseForeign, nil, false)
}

func (w *worker) accountEffect(step string, key int64, a *Account, record func(context.Context, Tx) error) effect {
	return effect{
		step: step, account: key, intent: a.Login,
		look: func(ctx context.Context) (bool, error) { return w.adopt(ctx, *a) },
		own:  func(ctx context.Context) (bool, error) { return w.stumbled(ctx, *a) },
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
		taken: func(ctx context.Context) error { return w.nextLogin(ctx, stepKey{key, step}, a) },
		learn: func() { a.Made, a.Wanted = true, WantNothing },
		record: func(ctx context.Context, tx Tx) error {
			if err := tx.SetAccount(ctx, a.ID, AccountUpdate{Made: new(true)}); err != nil {
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

// adopt looks for the account of an open intent and mends what a half-made one lacks.
func (w *worker) adopt(ctx context.Context, a Account) (bool, error) {
	got, err := w.untouched(ctx, a)
	if nextcloud.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, w.mend(ctx, a, got)
}

// untouched reads the account of an open intent. One that has signed in, or stands in a group that is not the space's, or
// outside of the space's with another address, is somebody else's.
func (w *worker) untouched(ctx context.Context, a Account) (nextcloud.Account, error) {
	got, err := w.api.Account(ctx, a.Login)
	if err != nil {
		return got, err
	}
	group := w.space.GroupID()
	switch {
	case !got.LastLogin.IsZero(),
		slices.ContainsFunc(got.Groups, func(g string) bool { return g != group }),
		len(got.Groups) == 0 && got.Email != "" && !strings.EqualFold(got.Email, a.Email):
		return got, block(CauseForeign)
	}
	return got, nil
}

// stumbled looks at an account that a first call found in its way. Version 27 says "exists" of an account that the same
// call has made and then given up at a value: nobody else makes accounts in the space's group.
func (w *worker) stumbled(ctx context.Context, a Account) (bool, error) {
	got, err := w.untouched(ctx, a)
	if nextcloud.IsNotFound(err) {
		return false, nil
	}
	if err != nil || !slices.Contains(got.Groups, w.space.GroupID()) {
		return false, err
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
		{strings.EqualFold(got.Email, a.Email), func(ctx context.Context) error { return w.api.SetAccountEmail(ctx, a.Login, a.Email) }},
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

func sameLogin(a, b string) bool { return strings.EqualFold(a, b) }
