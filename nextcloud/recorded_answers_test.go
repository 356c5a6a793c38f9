package nextcloud

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// refusals are the recorded answers that are no success, with the kind that the
// client makes of them on version 27 and 32; a question mark stands for
// EffectUnknown. What is recorded and not listed is a success.
func refusals() [][4]string {
	return [][4]string{
		{"app-config", "set a protected key", "forbidden", "forbidden"},
		{"app-config", "as a member", "forbidden", "forbidden"},
		{"app-config", "enable an unknown app", "not_found", "not_found"},
		{"app-password", "an app password cannot be exchanged again", "forbidden", "forbidden"},
		{"app-password", "revoked", "unauthorized", "unauthorized"},
		{"auth-errors", "wrong password", "unauthorized", "unauthorized"},
		{"auth-errors", "no credentials", "unauthorized", "unauthorized"},
		{"auth-errors", "no OCS-APIRequest header", "precondition", "precondition"},
		{"auth-errors", "wrong password, answer as XML", "unauthorized", "unauthorized"},
		{"auth-errors", "unknown OCS route", "no_route", "not_found"},
		{"auth-errors", "v1 answers errors with HTTP 200", "not_found", "not_found"},
		{"auth-errors", "v2 answers errors with an HTTP status", "not_found", "not_found"},
		{"auth-errors", "wrong password on WebDAV", "unauthorized", "unauthorized"},
		{"closing", "delete it again", "not_found", "not_found"},
		{"closing", "delete the one with the weak password, where there was no policy", "none", "not_found"},
		{"discovery", "unknown app", "not_found", "not_found"},
		{"edges", "a group id of 73 characters", "server?", "none"},
		{"edges", "is found under that id", "not_found", "not_found"},
		{"edges", "an account name of 80 characters", "invalid?", "invalid?"},
		{"edges", "the account", "not_found", "not_found"},
		{"edges", "an account id of 70 characters", "invalid?", "invalid?"},
		{"edges", "copy below a missing parent", "conflict", "conflict"},
		{"edges", "nothing was made", "not_found", "not_found"},
		{"edges", "delete the long one", "not_found", "not_found"},
		{"edges", "delete the long group", "not_found", "not_found"},
		{"groups", "create again", "exists", "exists"},
		{"groups", "create with an empty id", "invalid", "invalid"},
		{"groups", "members of an unknown group", "not_found", "not_found"},
		{"maintenance-mode", "OCS", "maintenance", "maintenance"},
		{"maintenance-mode", "create a group", "maintenance", "maintenance"},
		{"maintenance-mode", "Team folders", "maintenance", "maintenance"},
		{"maintenance-mode", "WebDAV", "maintenance", "maintenance"},
		{"no-team-folders", "Team folders", "no_route", "no_route"},
		{"team-folders", "give it again", "server?", "server?"},
		{"team-folders", "read an unknown one", "not_found", "not_found"},
		{"team-folders", "list, as XML when JSON is not asked for", "not_nextcloud", "not_nextcloud"},
		{"team-folders", "quota of an unknown folder", "not_found", "not_found"},
		{"team-folders", "group of an unknown folder", "not_found", "not_found"},
		{"team-folders", "a mount point is not unique: creating again makes a second folder", "none", "exists"},
		{"throttled", "OCS", "server", "throttled"},
		{"throttled", "create a group", "server?", "throttled"},
		{"throttled", "Team folders", "server", "throttled"},
		{"throttled", "WebDAV", "throttled", "throttled"},
		{"users", "create again", "exists?", "exists?"},
		{"users", "create with neither password nor e-mail", "invalid", "invalid"},
		{"users", "unknown group", "invalid", "invalid"},
		{"users", "forbidden characters in the id", "invalid?", "invalid?"},
		{"users", "refused after creation: invalid quota", "exists?", "invalid?"},
		{"users", "read an unknown user", "not_found", "not_found"},
		{"users", "set an invalid quota", "invalid", "invalid"},
		{"users", "set an invalid e-mail", "invalid", "invalid"},
		{"users", "set an unknown key", "invalid", "invalid"},
		{"users", "revoke sub-admin again", "invalid", "invalid"},
		{"users", "a disabled user is refused", "unauthorized", "unauthorized"},
		{"users", "welcome mail to an unknown user", "not_found", "not_found"},
		{"users", "add to an unknown group", "not_found", "not_found"},
		{"users", "a sub-admin creates an account outside its group", "forbidden?", "forbidden?"},
		{"users", "a member lists accounts", "forbidden", "forbidden"},
		{"users", "delete it again", "not_found", "not_found"},
		{"users", "set a password that the policy refuses", "none", "password_refused"},
		{"users", "create with a password that the policy refuses", "none", "password_refused"},
		{"users", "and there is no such account", "none", "not_found"},
		{"webdav", "create it again", "exists", "exists"},
		{"webdav", "create below a missing parent", "conflict", "conflict"},
		{"webdav", "put below a missing parent", "not_found", "not_found"},
		{"webdav", "copy it again, not overwriting", "precondition", "precondition"},
		{"webdav", "missing file", "not_found", "not_found"},
		{"webdav", "put 4 KiB over the quota", "over_quota", "over_quota"},
		{"webdav", "and sees the folder no more", "not_found", "not_found"},
	}
}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	for column, version := range []string{"27.1.0", "32.0.1"} {
		want := map[string]string{}
		for _, row := range refusals() {
			want[row[0]+"/"+row[1]] = row[2+column]
		}
		files, err := os.ReadDir(filepath.Join(recordings, version))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, f := range files {
			file := strings.TrimSuffix(f.Name(), ".json")
			for _, x := range readRecording(t, version, file) {
				key := file + "/" + x.Step
				seen[key] = true
				t.Run(version+"/"+key, func(t *testing.T) { t.Parallel(); checkRecorded(t, x, want[key]) })
			}
		}
		for key := range want {
			if !seen[key] {
				t.Errorf("%s: %s is expected and not recorded", version, key)
			}
		}
	}
}

func checkRecorded(t *testing.T, x exchange, want string) {
	t.Helper()
	err := replay(t, x)
	if want == "" {
		want = "none"
	}
	got := KindOf(err).String()
	if EffectOf(err) == EffectUnknown {
		got += "?"
	}
	if got != want {
		t.Errorf("%s %s: got %s, want %s (%v)", x.Request.Method, x.Request.Path, got, want, err)
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the password is in the error: %v", err)
	}
}

// recorded returns a client that answers with the recorded step.
func recorded(t *testing.T, version, file, step string) *Client {
	t.Helper()
	for _, x := range readRecording(t, version, file) {
		if x.Step != step {
			continue
		}
		c, err := New(Options{BaseURL: "https://nuage.example", User: x.Request.As, Password: "secret", Transport: &player{t: t, x: x}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Fatalf("%s/%s has no step %q", version, file, step)
	return nil
}

func same[T any](t *testing.T, what string, got T, err error, want T) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRecordedStatusAndCapabilities(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s27, err := recorded(t, "27.1.0", "discovery", "status needs no login").Status(ctx)
	same(t, "status of 27", s27, err, Status{Installed: true, Version: "27.1.0", Major: 27})
	s32, err := recorded(t, "32.0.1", "maintenance-mode", "status").Status(ctx)
	same(t, "status of 32", s32, err, Status{Installed: true, Maintenance: true, Version: "32.0.1", Major: 32})

	c27, err := recorded(t, "27.1.0", "discovery", "capabilities").Capabilities(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if c27.PasswordPolicy != nil || !c27.TeamFolders || c27.TeamFoldersVersion != "" || c27.Major != 27 || c27.OnlyOffice || c27.Richdocuments {
		t.Errorf("capabilities of 27: %+v", c27)
	}
	c32, err := recorded(t, "32.0.1", "discovery", "capabilities").Capabilities(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "policy", *c32.PasswordPolicy, nil, PasswordPolicy{MinLength: 10, NonCommon: true})
	if c32.TeamFoldersVersion != "20.1.5" || c32.Version != "32.0.1" || !c32.Has("theming") || c32.Has("spreed") {
		t.Errorf("capabilities of 32: %+v", c32)
	}
}

func TestRecordedAccounts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	lead := Account{
		ID: "camille.martin", DisplayName: "Camille Martin", Email: "camille@lescanards.example", Language: "fr",
		Enabled: true, Groups: []string{"sp-les-canards"}, QuotaBytes: 104857600,
	}
	half := Account{
		ID: "half", DisplayName: "half", Language: "en", Enabled: true,
		Groups: []string{"sp-les-canards"}, QuotaBytes: Unlimited,
	}
	for _, version := range []string{"27.1.0", "32.0.1"} {
		got, err := recorded(t, version, "users", "read the lead").Account(ctx, "camille.martin")
		same(t, version+" lead", got, err, lead)
		got, err = recorded(t, version, "users", "refused after creation: the account is there").Account(ctx, "half")
		same(t, version+" half", got, err, half)
	}
	me, err := recorded(t, "32.0.1", "discovery", "who am I").WhoAmI(ctx)
	same(t, "who am I", me, err, Account{
		ID: "admin", DisplayName: "admin", Language: "en", Enabled: true, Groups: []string{"admin"},
		LastLogin: time.UnixMilli(1795294593000).UTC(), QuotaBytes: Unlimited, UsedBytes: 20174294,
	})
}

func TestRecordedLists(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	apps, err := recorded(t, "27.1.0", "discovery", "enabled apps").EnabledApps(ctx)
	if err != nil || len(apps) != 27 || apps[0] != "files" {
		t.Errorf("apps: %v, %v", apps, err)
	}
	app, err := recorded(t, "32.0.1", "discovery", "one app").App(ctx, "groupfolders")
	same(t, "app", app, err, App{ID: "groupfolders", Name: "Team folders", Version: "20.1.5"})
	members, err := recorded(t, "32.0.1", "users", "members of the group").GroupMembers(ctx, "sp-les-canards")
	same(t, "members", members, err, []string{"camille.martin", "half", "invite", "sacha.durand"})
	none, err := recorded(t, "27.1.0", "groups", "members of an empty group").GroupMembers(ctx, "sp-les-canards")
	same(t, "no members", none, err, []string{})
	details, err := recorded(t, "27.1.0", "users", "member count of the group").GroupDetails(ctx, GroupQuery{Search: "sp-les-canards"})
	same(t, "details", details, err, []GroupDetail{{ID: "sp-les-canards", DisplayName: "Les Canards du Lac", Users: 5}})
	setting, err := recorded(t, "27.1.0", "app-config", "read").AppSetting(ctx, "core", "shareapi_only_share_with_group_members")
	same(t, "setting", setting, err, "yes")
	verdict, err := recorded(t, "32.0.1", "users", "ask the policy first").ValidatePassword(ctx, "azerty")
	same(t, "verdict", verdict, err, PasswordVerdict{Reason: "Password needs to be at least 10 characters long."})
	verdict, err = recorded(t, "27.1.0", "users", "ask the policy first").ValidatePassword(ctx, "azerty")
	same(t, "verdict without policy", verdict, err, PasswordVerdict{Passed: true})
	word, err := recorded(t, "27.1.0", "app-password", "exchange the password of the service account for an app password").NewAppPassword(ctx)
	same(t, "app password", word, err, "app-password-of-the-recording")
	found, err := recorded(t, "32.0.1", "app-config", "a member looks for people of another group").SearchSharees(ctx, "admin", 5)
	same(t, "sharees", found, err, []Sharee{})
}

func TestRecordedTeamFolders(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	space := TeamFolder{
		ID: 158, MountPoint: "Les Canards du Lac", Groups: map[string]int{"sp-les-canards": 31}, QuotaBytes: 42949672960,
	}
	folders, err := recorded(t, "27.1.0", "team-folders", "list").TeamFolders(ctx)
	same(t, "list", folders, err, []TeamFolder{
		space, {ID: 159, MountPoint: "Les Canards", Groups: map[string]int{}, QuotaBytes: Unlimited},
	})
	space.ID = 46
	one, err := recorded(t, "32.0.1", "team-folders", "read one").TeamFolder(ctx, 46)
	same(t, "one", one, err, space)
	wrong := recorded(t, "32.0.1", "team-folders", "read one")
	if _, err := wrong.TeamFolder(ctx, 47); KindOf(err) != KindNotNextcloud {
		t.Errorf("the folder of another id: %v", err)
	}
	id, err := recorded(t, "27.1.0", "team-folders", "create a folder").CreateTeamFolder(ctx, "Les Canards")
	same(t, "id", id, err, int64(158))
}

func TestRecordedProperties(t *testing.T) {
	t.Parallel()
	got, err := recorded(t, "27.1.0", "webdav", "list").Properties(t.Context(), "/Les Canards du Lac/Documents", 1)
	same(t, "list", got, err, []Entry{
		{
			Path: "/Les Canards du Lac/Documents", Dir: true, SizeBytes: 14, QuotaUsed: 14, QuotaAvailable: 42949672946,
			ETag: `"6b02055a7b967"`, MountType: MountTypeGroup, Permissions: "RMGDNVCK",
		},
		{
			Path: "/Les Canards du Lac/Documents/Bienvenue.md", SizeBytes: 14,
			ETag: `"c7f2a36c3227b4d59599979e82ffb09f"`, MountType: MountTypeGroup, Permissions: "RMGDNVW",
		},
	})
	home, err := recorded(t, "32.0.1", "webdav", "the member sees the Team folder").Properties(t.Context(), "/", 1)
	if err != nil {
		t.Fatal(err)
	}
	mounts := map[string]string{}
	for _, e := range home {
		mounts[e.Path] = e.MountType
	}
	if home[0].Path != "/" || mounts["/Les Canards du Lac"] != MountTypeGroup || mounts["/Modèles"] != "" {
		t.Errorf("home: %v", mounts)
	}
}
