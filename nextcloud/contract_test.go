package nextcloud_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"nichoir/nextcloud"
	"nichoir/nextcloud/nextcloudtest"
)

// The contract is what the client promises of any Nextcloud. It is run against
// the simulator in both versions and, where NEXTCLOUD_URL, NEXTCLOUD_USER and
// NEXTCLOUD_PASSWORD name one, against a live server as well:
//
//	go test ./nextcloud -run 'TestContract/live'
//
// On a live server it makes things under random names only, takes them away
// again, and assumes nothing that the server does not tell: it may hold other
// data, lack an app or have a password policy. It costs one failed login.
type target struct {
	name string
	// open returns the server's address and its service account's login.
	open func(t *testing.T) (address, user, password string)
	// simulated servers are nobody else's: their settings may be changed.
	simulated bool
}

func targets() []target {
	list := []target{
		{name: "simulated 27", open: simulate(nextcloudtest.V27), simulated: true},
		{name: "simulated 32", open: simulate(nextcloudtest.V32), simulated: true},
	}
	if address := os.Getenv("NEXTCLOUD_URL"); address != "" {
		list = append(list, target{name: "live", open: func(*testing.T) (string, string, string) {
			return address, os.Getenv("NEXTCLOUD_USER"), os.Getenv("NEXTCLOUD_PASSWORD")
		}})
	}
	return list
}

func simulate(version nextcloudtest.Version) func(*testing.T) (string, string, string) {
	return func(t *testing.T) (string, string, string) {
		t.Helper()
		srv := nextcloudtest.Start(nextcloudtest.Options{Version: version})
		t.Cleanup(srv.Close)
		return srv.URL, srv.AdminUser, srv.AdminPassword
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for _, target := range targets() {
		t.Run(target.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, target)
			t.Run("discovery", s.discovery)
			t.Run("apps", s.apps)
			t.Run("settings", s.settings)
			t.Run("groups", s.groups)
			t.Run("accounts", s.accounts)
			t.Run("account that cannot be made", s.refusedAccounts)
			t.Run("passwords", s.passwords)
			t.Run("memberships", s.memberships)
			t.Run("rights of a member", s.rightsOfMember)
			t.Run("isolation", s.isolation)
			t.Run("team folders", s.teamFolders)
			t.Run("files", s.files)
			t.Run("files of a space", s.filesOfSpace)
		})
	}
}

// suite is one server under the contract.
type suite struct {
	target
	client *nextcloud.Client
	me     nextcloud.Account
	caps   nextcloud.Capabilities
}

// open connects the way a server is registered: the password is exchanged for an
// app password, unless it is one, and only that is used.
func open(t *testing.T, target target) *suite {
	t.Helper()
	address, user, password := target.open(t)
	first, err := nextcloud.New(nextcloud.Options{BaseURL: address, User: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.CloseIdle)
	s := &suite{target: target, client: first}
	if s.me, err = first.WhoAmI(t.Context()); err != nil {
		t.Fatalf("who am I: %v", err)
	}
	if s.caps, err = first.Capabilities(t.Context()); err != nil {
		t.Fatalf("capabilities: %v", err)
	}
	word, err := first.NewAppPassword(t.Context())
	if nextcloud.KindOf(err) == nextcloud.KindForbidden {
		t.Log("the login is an app password already")
		s.client = first.As(s.me.ID, password)
		return s
	}
	if err != nil {
		t.Fatalf("app password: %v", err)
	}
	s.client = first.As(s.me.ID, word)
	t.Cleanup(func() { s.revoke(t) })
	if _, err := s.client.NewAppPassword(t.Context()); nextcloud.KindOf(err) != nextcloud.KindForbidden {
		t.Errorf("an app password was exchanged for another: %v", err)
	}
	return s
}

// revoke ends the app password and makes sure that it has ended.
func (s *suite) revoke(t *testing.T) {
	t.Helper()
	ctx, cancel := ending()
	defer cancel()
	if err := s.client.RevokeAppPassword(ctx); err != nil {
		t.Errorf("revoke the app password: %v", err)
		return
	}
	_, err := s.client.WhoAmI(ctx)
	wants(t, "a revoked app password", err, nextcloud.KindUnauthorized, nextcloud.EffectNone)
}

// ending is the context of what is done when a test is over.
func ending() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 2*time.Minute)
}

// name is a name that nobody else on the server has.
func name(t *testing.T, prefix string) string {
	t.Helper()
	random := make([]byte, 5)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	return "nichoir-" + prefix + "-" + hex.EncodeToString(random)
}

// strong is a password that any policy should take.
func strong(t *testing.T) string {
	t.Helper()
	return "Nid-" + name(t, "Qx") + "-7!"
}

// wants checks what the client made of a refusal.
func wants(t *testing.T, what string, err error, kind nextcloud.Kind, effect nextcloud.Effect) {
	t.Helper()
	if nextcloud.KindOf(err) != kind || nextcloud.EffectOf(err) != effect {
		t.Errorf("%s: want %v with effect %v, got %v (%v with effect %v)",
			what, kind, effect, err, nextcloud.KindOf(err), nextcloud.EffectOf(err))
	}
}

// does fails the test where a call did not work.
func does(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// after takes something away when the test is over; what is gone already is
// well.
func after(t *testing.T, what string, remove func(context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := ending()
		defer cancel()
		if err := remove(ctx); err != nil && !nextcloud.IsNotFound(err) {
			t.Errorf("clean up %s: %v", what, err)
		}
	})
}

// group makes a group for the time of a test.
func (s *suite) group(t *testing.T, displayName string) string {
	t.Helper()
	id := name(t, "g")
	after(t, "group", func(ctx context.Context) error { return s.client.DeleteGroup(ctx, id) })
	does(t, "create group", s.client.CreateGroup(t.Context(), id, displayName))
	return id
}

// account makes an account for the time of a test.
func (s *suite) account(t *testing.T, groups ...string) (id, password string) {
	t.Helper()
	id, password = name(t, "u"), strong(t)
	after(t, "account", func(ctx context.Context) error { return s.client.DeleteAccount(ctx, id) })
	does(t, "create account", s.client.CreateAccount(t.Context(), nextcloud.NewAccount{
		ID: id, Password: password, Groups: groups, QuotaBytes: 100 << 20,
	}))
	return id, password
}

func (s *suite) discovery(t *testing.T) {
	ctx := t.Context()
	status, err := s.client.Status(ctx)
	does(t, "status", err)
	if !status.Installed || status.Maintenance || status.Major < 27 || status.Version != s.caps.Version || status.Major != s.caps.Major {
		t.Errorf("status %+v does not go with version %s", status, s.caps.Version)
	}
	if s.me.ID == "" || !s.me.Enabled || !slices.Contains(s.me.Groups, "admin") {
		t.Errorf("the service account is not in the group admin: %v, enabled %v", s.me.Groups, s.me.Enabled)
	}
	apps, err := s.client.EnabledApps(ctx)
	does(t, "enabled apps", err)
	for app, told := range map[string]bool{
		"groupfolders": s.caps.TeamFolders, "richdocuments": s.caps.Richdocuments, "onlyoffice": s.caps.OnlyOffice,
		"password_policy": s.caps.PasswordPolicy != nil,
	} {
		if told && !slices.Contains(apps, app) {
			t.Errorf("%s has capabilities and is not enabled", app)
		}
	}
	_, err = s.client.TeamFolders(ctx)
	if slices.Contains(apps, "groupfolders") {
		does(t, "list team folders", err)
	} else {
		wants(t, "team folders without the app", err, nextcloud.KindNoRoute, nextcloud.EffectNone)
	}
}

func (s *suite) apps(t *testing.T) {
	ctx := t.Context()
	provisioning, err := s.client.App(ctx, "provisioning_api")
	does(t, "read app", err)
	if provisioning.ID != "provisioning_api" || provisioning.Version == "" {
		t.Errorf("app %+v", provisioning)
	}
	missing := strings.ReplaceAll(name(t, "app"), "-", "_")
	_, err = s.client.App(ctx, missing)
	wants(t, "an unknown app", err, nextcloud.KindNotFound, nextcloud.EffectNone)
	wants(t, "enabling an unknown app", s.client.EnableApp(ctx, missing), nextcloud.KindNotFound, nextcloud.EffectNone)

	const audit = "admin_audit"
	before, err := s.client.EnabledApps(ctx)
	does(t, "enabled apps", err)
	if slices.Contains(before, audit) {
		does(t, "enable what is enabled", s.client.EnableApp(ctx, audit))
		return
	}
	after(t, "app", func(ctx context.Context) error { return s.client.DisableApp(ctx, audit) })
	does(t, "enable app", s.client.EnableApp(ctx, audit))
	does(t, "enable app again", s.client.EnableApp(ctx, audit))
	now, err := s.client.EnabledApps(ctx)
	if err != nil || !slices.Contains(now, audit) {
		t.Errorf("not enabled: %v, %v", now, err)
	}
	does(t, "disable app", s.client.DisableApp(ctx, audit))
	does(t, "disable app again", s.client.DisableApp(ctx, audit))
	now, err = s.client.EnabledApps(ctx)
	if err != nil || slices.Contains(now, audit) {
		t.Errorf("not disabled: %v, %v", now, err)
	}
}

func (s *suite) settings(t *testing.T) {
	ctx := t.Context()
	app, key := "nichoir_contract", strings.ReplaceAll(name(t, "key"), "-", "_")
	after(t, "setting", func(ctx context.Context) error { return s.client.DeleteAppSetting(ctx, app, key) })
	reads := func(want string) {
		t.Helper()
		got, err := s.client.AppSetting(ctx, app, key)
		if err != nil || got != want {
			t.Errorf("the setting is %q, want %q (%v)", got, want, err)
		}
	}
	reads("")
	does(t, "set", s.client.SetAppSetting(ctx, app, key, "des canards & des œufs"))
	reads("des canards & des œufs")
	does(t, "set again", s.client.SetAppSetting(ctx, app, key, "no"))
	reads("no")
	does(t, "delete", s.client.DeleteAppSetting(ctx, app, key))
	reads("")
	does(t, "delete again", s.client.DeleteAppSetting(ctx, app, key))
	err := s.client.SetAppSetting(ctx, "files", "enabled", "yes")
	wants(t, "a protected key", err, nextcloud.KindForbidden, nextcloud.EffectNone)
}

// isolation: whether people of one group find those of another is what two
// settings say. They are changed on a simulated server only.
func (s *suite) isolation(t *testing.T) {
	ctx := t.Context()
	keys := []string{"shareapi_only_share_with_group_members", "shareapi_restrict_user_enumeration_to_group"}
	mine, password := s.account(t, s.group(t, ""))
	other, _ := s.account(t, s.group(t, ""))
	member := s.client.As(mine, password)
	finds := func() bool {
		t.Helper()
		found, err := member.SearchSharees(ctx, other, 10)
		does(t, "search sharees", err)
		return slices.ContainsFunc(found, func(f nextcloud.Sharee) bool { return f.ID == other && !f.Group })
	}
	if s.simulated {
		if !finds() {
			t.Error("people of other groups are not found though nothing keeps them apart")
		}
		for _, key := range keys {
			does(t, "set", s.client.SetAppSetting(ctx, "core", key, "yes"))
			after(t, "setting", func(ctx context.Context) error { return s.client.DeleteAppSetting(ctx, "core", key) })
		}
	}
	apart := true
	for _, key := range keys {
		value, err := s.client.AppSetting(ctx, "core", key)
		does(t, "read setting", err)
		apart = apart && value == "yes"
	}
	if found := finds(); found && apart {
		t.Error("people of other groups are found though the settings forbid it")
	}
}
