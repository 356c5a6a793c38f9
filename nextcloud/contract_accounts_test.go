package nextcloud_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nichoir/nextcloud"
)

func (s *suite) groups(t *testing.T) {
	ctx := t.Context()
	id := s.group(t, "Les Canards du Lac")
	wants(t, "a group of the same id", s.client.CreateGroup(ctx, id, "Autre"), nextcloud.KindExists, nextcloud.EffectNone)
	details, err := s.client.GroupDetails(ctx, nextcloud.GroupQuery{Search: id})
	does(t, "group details", err)
	want := []nextcloud.GroupDetail{{ID: id, DisplayName: "Les Canards du Lac"}}
	if diff := cmp.Diff(want, details); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	members, err := s.client.GroupMembers(ctx, id)
	if err != nil || len(members) != 0 {
		t.Errorf("members of a new group: %v, %v", members, err)
	}
	s.group(t, "") // so that there are two groups at least
	page, err := s.client.GroupDetails(ctx, nextcloud.GroupQuery{Limit: 1, Offset: 1})
	if err != nil || len(page) > 1 {
		t.Errorf("a page of one: %v, %v", page, err)
	}
	does(t, "delete group", s.client.DeleteGroup(ctx, id))
	wants(t, "deleting it again", s.client.DeleteGroup(ctx, id), nextcloud.KindNotFound, nextcloud.EffectNone)
	_, err = s.client.GroupMembers(ctx, id)
	wants(t, "members of what is gone", err, nextcloud.KindNotFound, nextcloud.EffectNone)
}

func (s *suite) accounts(t *testing.T) {
	ctx, c := t.Context(), s.client
	group := s.group(t, "")
	id := name(t, "lead")
	after(t, "account", func(ctx context.Context) error { return c.DeleteAccount(ctx, id) })
	does(t, "create account", c.CreateAccount(ctx, nextcloud.NewAccount{
		ID: id, Password: strong(t), DisplayName: "Camille Martin", Language: "fr", Groups: []string{group}, QuotaBytes: 100 << 20,
	}))
	s.reads(t, nextcloud.Account{
		ID: id, DisplayName: "Camille Martin", Language: "fr", Enabled: true, Groups: []string{group}, QuotaBytes: 100 << 20,
	})
	again := nextcloud.NewAccount{ID: id, Password: strong(t)}
	wants(t, "an account of the same id", c.CreateAccount(ctx, again), nextcloud.KindExists, nextcloud.EffectUnknown)
	again.ID = strings.ToUpper(id)
	wants(t, "an account of that id in capitals", c.CreateAccount(ctx, again), nextcloud.KindExists, nextcloud.EffectUnknown)

	does(t, "set quota", c.SetAccountQuota(ctx, id, 200<<20))
	does(t, "set name", c.SetAccountDisplayName(ctx, id, "Sacha d’Été"))
	does(t, "set e-mail", c.SetAccountEmail(ctx, id, id+"@lescanards.invalid"))
	does(t, "set language", c.SetAccountLanguage(ctx, id, "en"))
	does(t, "disable", c.DisableAccount(ctx, id))
	does(t, "disable again", c.DisableAccount(ctx, id))
	s.reads(t, nextcloud.Account{
		ID: id, DisplayName: "Sacha d’Été", Email: id + "@lescanards.invalid", Language: "en",
		Groups: []string{group}, QuotaBytes: 200 << 20,
	})
	details, err := c.GroupDetails(ctx, nextcloud.GroupQuery{Search: group})
	if err != nil || len(details) != 1 || details[0].Users != 1 || details[0].Disabled != 1 {
		t.Errorf("details of a group with a disabled account: %+v, %v", details, err)
	}
	does(t, "enable", c.EnableAccount(ctx, id))
	does(t, "enable again", c.EnableAccount(ctx, id))
	does(t, "no quota", c.SetAccountQuota(ctx, id, nextcloud.Unlimited))
	does(t, "no e-mail", c.SetAccountEmail(ctx, id, ""))
	s.reads(t, nextcloud.Account{
		ID: id, DisplayName: "Sacha d’Été", Language: "en", Enabled: true,
		Groups: []string{group}, QuotaBytes: nextcloud.Unlimited,
	})
	err = c.SetAccountEmail(ctx, id, "pas une adresse")
	wants(t, "an address that is none", err, nextcloud.KindInvalid, nextcloud.EffectNone)

	does(t, "delete", c.DeleteAccount(ctx, id))
	s.isGone(t, id)
}

// reads compares an account, but for what it used and when it signed in.
func (s *suite) reads(t *testing.T, want nextcloud.Account) {
	t.Helper()
	got, err := s.client.Account(t.Context(), want.ID)
	does(t, "read account", err)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(nextcloud.Account{}, "UsedBytes")); diff != "" {
		t.Errorf("the account (-want +got):\n%s", diff)
	}
}

// isGone asks everything that can be asked of an account that is not there.
func (s *suite) isGone(t *testing.T, id string) {
	t.Helper()
	ctx, c := t.Context(), s.client
	_, err := c.Account(ctx, id)
	wants(t, "reading what is gone", err, nextcloud.KindNotFound, nextcloud.EffectNone)
	for what, err := range map[string]error{
		"deleting it again":    c.DeleteAccount(ctx, id),
		"disabling it":         c.DisableAccount(ctx, id),
		"enabling it":          c.EnableAccount(ctx, id),
		"setting its quota":    c.SetAccountQuota(ctx, id, 1<<20),
		"setting its password": c.SetAccountPassword(ctx, id, strong(t)),
	} {
		wants(t, what, err, nextcloud.KindNotFound, nextcloud.EffectNone)
	}
}

func (s *suite) refusedAccounts(t *testing.T) {
	ctx, c := t.Context(), s.client
	id := name(t, "none")
	after(t, "account", func(ctx context.Context) error { return c.DeleteAccount(ctx, id) })
	err := c.CreateAccount(ctx, nextcloud.NewAccount{ID: id, Password: strong(t), Groups: []string{name(t, "missing")}})
	wants(t, "an unknown group", err, nextcloud.KindInvalid, nextcloud.EffectNone)
	s.isGone(t, id)
	err = c.CreateAccount(ctx, nextcloud.NewAccount{ID: id + "#", Password: strong(t)})
	wants(t, "a character that no id has", err, nextcloud.KindInvalid, nextcloud.EffectUnknown)
	err = c.CreateAccount(ctx, nextcloud.NewAccount{ID: id, Password: strong(t), DisplayName: strings.Repeat("n", 80)})
	wants(t, "a name of 80 characters", err, nextcloud.KindInvalid, nextcloud.EffectUnknown)
	s.isGone(t, id)
}

func (s *suite) passwords(t *testing.T) {
	ctx, c := t.Context(), s.client
	id, password := s.account(t)
	verdict, err := c.ValidatePassword(ctx, strong(t))
	if err != nil || !verdict.Passed {
		t.Errorf("a strong password: %+v, %v", verdict, err)
	}
	changed := strong(t)
	does(t, "set password", c.SetAccountPassword(ctx, id, changed))
	me, err := c.As(id, changed).WhoAmI(ctx)
	if err != nil || me.ID != id || !me.Enabled {
		t.Errorf("signed in with the new password as %+v, %v", me, err)
	}
	if password == changed {
		t.Error("two passwords are the same")
	}
	const weak = "a1"
	verdict, err = c.ValidatePassword(ctx, weak)
	does(t, "validate password", err)
	if s.caps.PasswordPolicy == nil {
		if !verdict.Passed {
			t.Errorf("refused without a policy: %+v", verdict)
		}
		return
	}
	if s.caps.PasswordPolicy.MinLength <= len(weak) {
		t.Logf("the policy takes passwords of %d characters", s.caps.PasswordPolicy.MinLength)
		return
	}
	if verdict.Passed || verdict.Reason == "" {
		t.Errorf("a weak password: %+v", verdict)
	}
	wants(t, "setting a weak password", c.SetAccountPassword(ctx, id, weak), nextcloud.KindPasswordRefused, nextcloud.EffectNone)
	none := name(t, "weak")
	after(t, "account", func(ctx context.Context) error { return c.DeleteAccount(ctx, none) })
	err = c.CreateAccount(ctx, nextcloud.NewAccount{ID: none, Password: weak})
	wants(t, "an account with a weak password", err, nextcloud.KindPasswordRefused, nextcloud.EffectNone)
	s.isGone(t, none)
}

func (s *suite) memberships(t *testing.T) {
	ctx, c := t.Context(), s.client
	first, second := s.group(t, ""), s.group(t, "")
	id, _ := s.account(t, first)
	does(t, "join", c.JoinGroup(ctx, id, second))
	does(t, "join again", c.JoinGroup(ctx, id, second))
	members, err := c.GroupMembers(ctx, second)
	if err != nil || !slices.Equal(members, []string{id}) {
		t.Errorf("members %v, %v", members, err)
	}
	account, err := c.Account(ctx, id)
	slices.Sort(account.Groups)
	both := []string{first, second}
	slices.Sort(both)
	if err != nil || !slices.Equal(account.Groups, both) {
		t.Errorf("groups %v, %v", account.Groups, err)
	}
	does(t, "leave", c.LeaveGroup(ctx, id, second))
	does(t, "leave again", c.LeaveGroup(ctx, id, second))
	members, err = c.GroupMembers(ctx, second)
	if err != nil || len(members) != 0 {
		t.Errorf("members after leaving: %v, %v", members, err)
	}
	err = c.JoinGroup(ctx, id, name(t, "missing"))
	wants(t, "joining an unknown group", err, nextcloud.KindNotFound, nextcloud.EffectNone)
}

// rightsOfMember: what a member must not do is refused as forbidden, not as a
// failed login.
func (s *suite) rightsOfMember(t *testing.T) {
	ctx := t.Context()
	group := s.group(t, "")
	id, password := s.account(t, group)
	member := s.client.As(id, password)
	me, err := member.WhoAmI(ctx)
	if err != nil || me.ID != id || !slices.Equal(me.Groups, []string{group}) {
		t.Errorf("who am I: %+v, %v", me, err)
	}
	wants(t, "a member makes a group", member.CreateGroup(ctx, name(t, "no"), ""), nextcloud.KindForbidden, nextcloud.EffectNone)
	_, err = member.AppSetting(ctx, "core", "vendor")
	wants(t, "a member reads a setting", err, nextcloud.KindForbidden, nextcloud.EffectNone)
	_, err = member.EnabledApps(ctx)
	wants(t, "a member lists apps", err, nextcloud.KindForbidden, nextcloud.EffectNone)
}
