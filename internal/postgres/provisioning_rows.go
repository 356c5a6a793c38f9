package postgres

import (
	"encoding/json"
	"fmt"
	"time"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/provisioning"
)

// value is what a pointer points to, or the zero value: how an absent column reads in the services' types.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// orNull is nil for the zero value: how an absent value is written.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// blockedDetail is what stands in spaces.blocked_detail.
type blockedDetail struct {
	Call string `json:"call,omitempty"`
	HTTP int    `json:"http,omitempty"`
	OCS  int    `json:"ocs,omitempty"`
}

func spaceOf(r dbsqlc.Space) (provisioning.Space, error) {
	s := provisioning.Space{
		ID: r.ID, PublicID: r.PublicID, ApplicationID: r.ApplicationID, PersonID: value(r.PersonID), HostID: value(r.HostID),
		State: provisioning.State(r.State), Name: r.Name, Slug: r.Slug, Lang: r.Lang, Suite: provisioning.Suite(r.Suite),
		Plan:       provisioning.Plan{TotalBytes: r.TotalBytes, Accounts: int(r.AccountLimit), PersonalBytes: r.PersonalBytes},
		MountPoint: value(r.MountPoint), GroupMade: r.GroupMade, FolderID: value(r.FolderID), FolderBytes: -1, Twins: r.Twins,
		RecheckAt: value(r.RecheckAt), LateBytes: value(r.LateBytes),
		CreatedAt: r.CreatedAt, ReadyAt: value(r.ReadyAt), ActiveAt: value(r.ActiveAt), ClosingAt: value(r.ClosingAt),
		ClosedAt: value(r.ClosedAt),
	}
	if r.FolderBytes != nil {
		s.FolderBytes = *r.FolderBytes
	}
	if r.BlockedStep == nil {
		return s, nil
	}
	var d blockedDetail
	if len(r.BlockedDetail) > 0 {
		if err := json.Unmarshal(r.BlockedDetail, &d); err != nil {
			return s, fmt.Errorf("read why space %d is blocked: %w", r.ID, err)
		}
	}
	s.Blocked = &provisioning.Blocked{Step: *r.BlockedStep, Cause: provisioning.Cause(value(r.BlockedCause)),
		Call: d.Call, HTTP: d.HTTP, OCS: d.OCS, Since: value(r.BlockedAt)}
	return s, nil
}

func accountOf(r dbsqlc.Account) provisioning.Account {
	return provisioning.Account{
		ID: r.ID, SpaceID: r.SpaceID, HostID: value(r.HostID), Login: value(r.Login), Name: r.Name, Email: r.Email, Lang: r.Lang,
		Role: provisioning.Role(r.Role), State: provisioning.AccountState(r.State), Made: r.Made,
		Wanted: provisioning.Wanted(value(r.Wanted)), MailTrouble: r.MailTrouble, InvitedAt: r.InvitedAt,
		LapsesAt: value(r.LapsesAt), ActivatedAt: value(r.ActivatedAt),
	}
}

func stepOf(r dbsqlc.Step) provisioning.Step {
	return provisioning.Step{AccountID: r.AccountID, Name: r.Step, State: provisioning.StepState(r.State), Intent: r.Intent, Doubted: r.Doubted,
		Attempts: int(r.Attempts), LastCause: provisioning.Cause(value(r.LastCause)), StartedAt: r.StartedAt, DoneAt: value(r.DoneAt)}
}

func hostOf(r dbsqlc.Host, spaces int32) (provisioning.Host, error) {
	h := provisioning.Host{
		ID: r.ID, Name: r.Name, BaseURL: r.BaseUrl, PublicURL: r.PublicUrl, ServiceUser: r.ServiceUser, Sealed: r.Secret,
		Version: r.Version, Major: int(r.Major), SuitesDeclared: r.SuitesDeclared, Shared: r.Shared, Capacity: int(r.Capacity), Concurrency: int(r.Concurrency),
		Lifecycle: provisioning.Lifecycle(r.Lifecycle), Health: provisioning.Health(r.Health), HealthSince: r.HealthSince,
		PausedUntil: value(r.PausedUntil), Isolated: r.Isolated, Silent: r.Silent, Warnings: r.Warnings,
		CheckedAt: value(r.CheckedAt), Spaces: int(spaces),
	}
	for _, s := range r.Suites {
		h.Suites = append(h.Suites, provisioning.Suite(s))
	}
	if err := json.Unmarshal(r.Templates, &h.Templates); err != nil {
		return h, fmt.Errorf("read the templates of host %d: %w", r.ID, err)
	}
	return h, nil
}

func readingOf(quota, used int64, accounts int32, at time.Time) provisioning.Reading {
	return provisioning.Reading{QuotaBytes: quota, UsedBytes: used, Accounts: int(accounts), At: at}
}

func suiteNames(suites []provisioning.Suite) []string {
	out := make([]string, len(suites))
	for i, s := range suites {
		out[i] = string(s)
	}
	return out
}
