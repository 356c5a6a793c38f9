package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/provisioning"
)

// provisioningTx is provisioning.Tx: one transaction.
type provisioningTx struct{ *txn }

var _ provisioning.Tx = provisioningTx{}

// movedOn turns "no row was changed" into provisioning's word for it.
func movedOn(what string, n int64, err error) error {
	if err != nil {
		return wrap(what, err)
	}
	if n == 0 {
		return fmt.Errorf("%s: %w", what, provisioning.ErrMoved)
	}
	return nil
}

func (t provisioningTx) Audit(ctx context.Context, e provisioning.Entry) error {
	actor := "nichoir"
	switch {
	case e.ActorID != 0:
		actor = "person"
	case e.Operator:
		actor = "operator"
	}
	return t.audit(ctx, auditRow{actorID: orNull(e.ActorID), actor: actor, action: e.Action, subject: e.Subject, subjectID: e.SubjectID, data: e.Data})
}

func (t provisioningTx) Enqueue(ctx context.Context, j provisioning.Job) error {
	return t.txn.Enqueue(ctx, j)
}

func (t provisioningTx) Hold(ctx context.Context, l provisioning.Lease, s provisioning.Slot, ttl time.Duration) (provisioning.Held, error) {
	r, err := t.q.RenewLease(ctx, dbsqlc.RenewLeaseParams{ID: l.SpaceID, Holder: l.Holder, Number: l.Number, Ttl: ttl.Seconds(),
		SlotHost: s.HostID, SlotNumber: int32(s.Number), SlotHolder: s.Holder}) //nolint:gosec // at most 64
	if errors.Is(err, pgx.ErrNoRows) {
		return provisioning.Held{}, provisioning.ErrLost
	}
	if err != nil {
		return provisioning.Held{}, wrap("renew the lease", err)
	}
	if !r.Seated {
		return provisioning.Held{}, provisioning.ErrLost
	}
	return provisioning.Held{Now: r.At, State: provisioning.State(r.State), Health: provisioning.Health(r.Health),
		Pause: time.Duration(r.Pause * float64(time.Second)), Failures: int(r.Failures)}, nil
}

func (t provisioningTx) LockSpace(ctx context.Context, publicID string) (provisioning.Space, error) {
	r, err := t.q.LockSpace(ctx, publicID)
	if err != nil {
		return provisioning.Space{}, wrap("lock a space", err)
	}
	return spaceOf(r.Space)
}

func (t provisioningTx) SetSpaceState(ctx context.Context, id int64, to provisioning.State, from ...provisioning.State) error {
	states := make([]string, len(from))
	for i, s := range from {
		states[i] = string(s)
	}
	n, err := t.q.SetSpaceState(ctx, dbsqlc.SetSpaceStateParams{ID: id, State: string(to), FromStates: states})
	return movedOn("set a space's state", n, err)
}

func (t provisioningTx) SetGroupMade(ctx context.Context, id int64, made bool) error {
	return wrap("record the group", t.q.SetGroupMade(ctx, dbsqlc.SetGroupMadeParams{ID: id, Made: made}))
}

func (t provisioningTx) SetFolder(ctx context.Context, id, folderID int64) error {
	return wrap("record the folder", t.q.SetFolder(ctx, dbsqlc.SetFolderParams{ID: id, FolderID: folderID}))
}

func (t provisioningTx) SetFolderBytes(ctx context.Context, id, bytes int64) error {
	return wrap("record the folder's quota", t.q.SetFolderBytes(ctx, dbsqlc.SetFolderBytesParams{ID: id, Bytes: bytes}))
}

func (t provisioningTx) SetTwins(ctx context.Context, id int64, may bool) error {
	return wrap("record a doubt about folders", t.q.SetTwins(ctx, dbsqlc.SetTwinsParams{ID: id, Twins: may}))
}

func (t provisioningTx) Recheck(ctx context.Context, id int64, after time.Duration, lateBytes int64) error {
	return wrap("say when to look again", t.q.SetRecheck(ctx, dbsqlc.SetRecheckParams{ID: id, After: after.Seconds(), LateBytes: lateBytes}))
}

func (t provisioningTx) ClearRecheck(ctx context.Context, id int64) error {
	return wrap("end a doubt", t.q.ClearRecheck(ctx, id))
}

func (t provisioningTx) SetMountPoint(ctx context.Context, id int64, mountPoint string) error {
	n, err := t.q.SetMountPoint(ctx, dbsqlc.SetMountPointParams{ID: id, MountPoint: mountPoint})
	switch {
	case violates(err, "spaces_mount"):
		return provisioning.ErrRaced
	case err != nil:
		return wrap("choose a mount point", err)
	case n == 0:
		return provisioning.ErrTaken
	}
	return nil
}

func (t provisioningTx) Block(ctx context.Context, id int64, b provisioning.Blocked) error {
	detail, err := json.Marshal(blockedDetail{Call: b.Call, HTTP: b.HTTP, OCS: b.OCS})
	if err != nil {
		return fmt.Errorf("encode why a space is blocked: %w", err)
	}
	return wrap("block a space", t.q.BlockSpace(ctx, dbsqlc.BlockSpaceParams{ID: id, Step: b.Step, Cause: string(b.Cause), Detail: detail}))
}

func (t provisioningTx) Unblock(ctx context.Context, id int64) error {
	return wrap("unblock a space", t.q.UnblockSpace(ctx, id))
}

func (t provisioningTx) UnblockAll(ctx context.Context, hostID int64, cause provisioning.Cause) ([]int64, error) {
	ids, err := t.q.UnblockSpaces(ctx, dbsqlc.UnblockSpacesParams{HostID: hostID, Cause: string(cause)})
	return ids, wrap("unblock spaces", err)
}

func (t provisioningTx) Postpone(ctx context.Context, id int64, by time.Duration) error {
	return wrap("postpone a space", t.q.PostponeSpace(ctx, dbsqlc.PostponeSpaceParams{ID: id, By: by.Seconds()}))
}

func (t provisioningTx) Due(ctx context.Context, hostID int64, limit int) ([]int64, error) {
	ids, err := t.q.ClaimDue(ctx, dbsqlc.ClaimDueParams{HostID: hostID, MaxRows: int32(limit)}) //nolint:gosec // a page
	return ids, wrap("claim what is due", err)
}

func (t provisioningTx) PickHost(ctx context.Context, suite provisioning.Suite, lang string) (provisioning.Host, error) {
	if err := t.q.LockPlacement(ctx); err != nil {
		return provisioning.Host{}, wrap("lock the placement", err)
	}
	r, err := t.q.PickHost(ctx, dbsqlc.PickHostParams{Suite: string(suite), Lang: lang})
	if err != nil {
		return provisioning.Host{}, wrap("pick a host", err)
	}
	return hostOf(r.Host, r.Spaces)
}

func (t provisioningTx) Place(ctx context.Context, spaceID, hostID int64) error {
	n, err := t.q.PlaceSpace(ctx, dbsqlc.PlaceSpaceParams{ID: spaceID, HostID: hostID})
	return movedOn("place a space", n, err)
}

func (t provisioningTx) Step(ctx context.Context, spaceID int64, s provisioning.Step) error {
	return wrap("record a step", t.q.PutStep(ctx, dbsqlc.PutStepParams{
		SpaceID: spaceID, AccountID: s.AccountID, Step: s.Name, State: string(s.State), Intent: s.Intent, Doubted: s.Doubted,
		Attempts: int32(s.Attempts), LastCause: orNull(string(s.LastCause)), StartedAt: s.StartedAt, DoneAt: orNull(s.DoneAt), //nolint:gosec // a dozen
	}))
}

func (t provisioningTx) AddAccount(ctx context.Context, a provisioning.Account, by int64) (int64, error) {
	there, err := t.q.MemberExists(ctx, dbsqlc.MemberExistsParams{SpaceID: a.SpaceID, Email: a.Email})
	if err != nil {
		return 0, wrap("look for a member", err)
	}
	if there {
		return 0, provisioning.ErrTaken
	}
	id, err := t.q.InsertAccount(ctx, dbsqlc.InsertAccountParams{
		SpaceID: a.SpaceID, HostID: orNull(a.HostID), Login: orNull(a.Login), Name: a.Name, Email: a.Email, Lang: a.Lang,
		Role: string(a.Role), State: string(a.State), Wanted: orNull(string(a.Wanted)), InvitedBy: orNull(by),
		InvitedAt: a.InvitedAt, LapsesAt: orNull(a.LapsesAt),
	})
	if violates(err, "accounts_login") || violates(err, "accounts_member") {
		return 0, provisioning.ErrRaced
	}
	return id, wrap("add an account", err)
}

func (t provisioningTx) SetLogin(ctx context.Context, accountID, hostID int64, login string) error {
	err := t.q.SetLogin(ctx, dbsqlc.SetLoginParams{ID: accountID, HostID: hostID, Login: login})
	if violates(err, "accounts_login") {
		return provisioning.ErrRaced
	}
	return wrap("choose a login", err)
}

func (t provisioningTx) Logins(ctx context.Context, hostID int64, prefix string) ([]string, error) {
	logins, err := t.q.ListLogins(ctx, dbsqlc.ListLoginsParams{HostID: hostID, Prefix: prefix})
	return logins, wrap("list logins", err)
}

func (t provisioningTx) AccountsOf(ctx context.Context, spaceID int64) ([]provisioning.Account, error) {
	return accountsOf(ctx, t.q, spaceID)
}

func (t provisioningTx) ReadingOf(ctx context.Context, spaceID int64) (provisioning.Reading, error) {
	return readingIn(ctx, t.q, spaceID)
}

func (t provisioningTx) SetAccount(ctx context.Context, id int64, u provisioning.AccountUpdate) error {
	p := dbsqlc.UpdateAccountParams{ID: id, Made: u.Made, State: (*string)(u.State), Wanted: (*string)(u.Wanted), FromStates: []string{}}
	for _, s := range u.From {
		p.FromStates = append(p.FromStates, string(s))
	}
	n, err := t.q.UpdateAccount(ctx, p)
	return movedOn("change an account", n, err)
}

func (t provisioningTx) Fulfil(ctx context.Context, id int64, was provisioning.Wanted) error {
	return wrap("end what was wanted of an account", t.q.FulfilAccount(ctx, dbsqlc.FulfilAccountParams{ID: id, Was: string(was)}))
}

func (t provisioningTx) Prolong(ctx context.Context, id int64, until time.Time) error {
	return wrap("prolong an invitation", t.q.ProlongInvitation(ctx, dbsqlc.ProlongInvitationParams{ID: id, Until: until}))
}

func (t provisioningTx) Lapsing(ctx context.Context, limit int) ([]provisioning.Account, error) {
	rows, err := t.q.ListLapsing(ctx, int32(limit)) //nolint:gosec // a page
	if err != nil {
		return nil, wrap("list lapsing invitations", err)
	}
	out := make([]provisioning.Account, len(rows))
	for i, r := range rows {
		out[i] = accountOf(r.Account)
	}
	return out, nil
}

func (t provisioningTx) AddHost(ctx context.Context, h provisioning.Host) (int64, error) {
	templates, err := json.Marshal(h.Templates)
	if err != nil {
		return 0, fmt.Errorf("encode the templates: %w", err)
	}
	id, err := t.q.InsertHost(ctx, dbsqlc.InsertHostParams{
		Name: h.Name, BaseUrl: h.BaseURL, PublicUrl: h.PublicURL, ServiceUser: h.ServiceUser, Secret: h.Sealed, Version: h.Version,
		Major: int32(h.Major), Suites: suiteNames(h.Suites), SuitesDeclared: h.SuitesDeclared, Shared: h.Shared, Capacity: int32(h.Capacity), Concurrency: int32(h.Concurrency), //nolint:gosec // small
		Isolated: h.Isolated, Silent: h.Silent, Templates: templates, Warnings: append([]string{}, h.Warnings...), CheckedAt: orNull(h.CheckedAt),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, provisioning.ErrTaken
	}
	if err != nil {
		return 0, wrap("add a host", err)
	}
	return id, wrap("add the host's slots", t.q.InsertSlots(ctx, dbsqlc.InsertSlotsParams{HostID: id, Concurrency: int32(h.Concurrency)})) //nolint:gosec // at most 64
}

func (t provisioningTx) UpdateHost(ctx context.Context, h provisioning.Host) error {
	templates, err := json.Marshal(h.Templates)
	if err != nil {
		return fmt.Errorf("encode the templates: %w", err)
	}
	return wrap("update a host", t.q.UpdateHost(ctx, dbsqlc.UpdateHostParams{
		ID: h.ID, Version: h.Version, Major: int32(h.Major), Suites: suiteNames(h.Suites), Isolated: h.Isolated, Silent: h.Silent, //nolint:gosec // small
		Templates: templates, Warnings: append([]string{}, h.Warnings...), CheckedAt: orNull(h.CheckedAt),
	}))
}

func (t provisioningTx) SetLifecycle(ctx context.Context, hostID int64, to provisioning.Lifecycle, from ...provisioning.Lifecycle) error {
	froms := make([]string, len(from))
	for i, f := range from {
		froms[i] = string(f)
	}
	n, err := t.q.SetLifecycle(ctx, dbsqlc.SetLifecycleParams{ID: hostID, Lifecycle: string(to), FromLifecycles: froms})
	return movedOn("turn a host", n, err)
}

func (t provisioningTx) SetSecret(ctx context.Context, hostID int64, sealed []byte) error {
	return wrap("keep a host's secret", t.q.SetSecret(ctx, dbsqlc.SetSecretParams{ID: hostID, Secret: sealed}))
}

func (t provisioningTx) ReplaceSecret(ctx context.Context, hostID int64, old, sealed []byte) error {
	return wrap("seal a host's secret anew", t.q.ReplaceSecret(ctx, dbsqlc.ReplaceSecretParams{ID: hostID, Old: old, Sealed: sealed}))
}

func (t provisioningTx) SetHealth(ctx context.Context, hostID int64, to provisioning.Health, pause time.Duration) (bool, error) {
	changed, err := t.q.SetHealth(ctx, dbsqlc.SetHealthParams{ID: hostID, Health: string(to), Pause: pause.Seconds()})
	return changed, wrap("set a host's health", err)
}

func (t provisioningTx) CountFailure(ctx context.Context, hostID int64) (int, error) {
	n, err := t.q.CountFailure(ctx, hostID)
	return int(n), wrap("count a failure", err)
}

func (t provisioningTx) ResetFailures(ctx context.Context, hostID int64) error {
	return wrap("end the failures in a row", t.q.ResetFailures(ctx, hostID))
}

func (t provisioningTx) SetReading(ctx context.Context, spaceID int64, r provisioning.Reading) error {
	return wrap("keep a reading", t.q.PutReading(ctx, dbsqlc.PutReadingParams{SpaceID: spaceID, QuotaBytes: r.QuotaBytes,
		UsedBytes: r.UsedBytes, Accounts: int32(r.Accounts), ReadAt: r.At})) //nolint:gosec // a plan's accounts
}

func (t provisioningTx) SetReadings(ctx context.Context, rs []provisioning.SpaceReading) error {
	if len(rs) == 0 {
		return nil
	}
	p := dbsqlc.PutReadingsParams{ReadAt: rs[0].At}
	for _, r := range rs {
		p.SpaceIds = append(p.SpaceIds, r.SpaceID)
		p.Quotas = append(p.Quotas, r.QuotaBytes)
		p.Used = append(p.Used, r.UsedBytes)
		p.Accounts = append(p.Accounts, int32(r.Accounts)) //nolint:gosec // a plan's accounts
	}
	return wrap("keep readings", t.q.PutReadings(ctx, p))
}

func (t provisioningTx) DropReading(ctx context.Context, spaceID int64) error {
	return wrap("drop a reading", t.q.DeleteReading(ctx, spaceID))
}

func (t provisioningTx) ClaimPassword(ctx context.Context, accountID int64, ttl time.Duration) error {
	n, err := t.q.ClaimPassword(ctx, dbsqlc.ClaimPasswordParams{ID: accountID, Ttl: ttl.Seconds()})
	return movedOn("claim a password", n, err)
}

func (t provisioningTx) FreePassword(ctx context.Context, accountID int64) error {
	return wrap("free a password", t.q.FreePassword(ctx, accountID))
}

func (t provisioningTx) LinkStands(ctx context.Context, linkID int64) (bool, error) {
	stands, err := t.q.LinkStands(ctx, linkID)
	return stands, wrap("read a link", err)
}

func (t provisioningTx) SpendLink(ctx context.Context, linkID int64) error {
	n, err := t.q.SpendLink(ctx, linkID)
	if err := movedOn("spend a link", n, err); err != nil {
		return err
	}
	return wrap("end the links beside a link", t.q.ExpireLinksBeside(ctx, linkID))
}
