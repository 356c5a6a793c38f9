package nextcloudtest_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/nextcloud/nextcloudtest"
)

// TestStateAfterCreateAndRemove takes everything of a space away again and
// expects the server to be as it was before.
func TestStateAfterCreateAndRemove(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			s := nextcloudtest.New(nextcloudtest.Options{Version: version})
			s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Ailleurs", Groups: []string{"autre"}, Files: map[string]string{"a/b.txt": "x"}})
			if err := s.AddFile("admin", "Modele/Lisez-moi.md", "# Votre espace\n"); err != nil {
				t.Fatal(err)
			}
			before := s.State()

			admin := asAdmin(s)
			id := admin.makeSpace(t, "sp-canards")
			admin.api(t, http.MethodPost, "cloud/users/admin/groups", "groupid", "sp-canards").want(t, http.StatusOK)
			admin.copy(t, "Modele", "sp-canards/Premiers pas", "F").want(t, http.StatusCreated)
			client{s, "lead-sp-canards", "un-long-mot-de-passe"}.dav(t, http.MethodPut, "moi.txt", "x").want(t, http.StatusCreated)
			during := s.State()
			if cmp.Equal(before, during) {
				t.Fatal("the state does not show that a space was made")
			}
			folder, ok := during.Folder("sp-canards")
			if _, there := folder.Files["Premiers pas/Lisez-moi.md"]; !ok || !there {
				t.Errorf("the template was not copied: %+v", folder)
			}

			admin.api(t, http.MethodDelete, "cloud/users/admin/groups", "groupid", "sp-canards").want(t, http.StatusOK)
			admin.api(t, http.MethodDelete, "cloud/users/lead-sp-canards").want(t, http.StatusOK)
			admin.api(t, http.MethodDelete, "folders/"+id).want(t, http.StatusOK)
			admin.api(t, http.MethodDelete, "cloud/groups/sp-canards").want(t, http.StatusOK)
			if diff := cmp.Diff(before, s.State()); diff != "" {
				t.Errorf("the server is not as it was (-before +after):\n%s", diff)
			}
		})
	}
}

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			s := nextcloudtest.New(nextcloudtest.Options{Version: version, Apps: []string{nextcloudtest.Collabora}})
			admin := asAdmin(s)
			id := admin.makeSpace(t, "sp-canards")
			s.SetMaintenance(false)
			lead := client{s, "lead-sp-canards", "un-long-mot-de-passe"}
			lead.dav(t, http.MethodPut, "sp-canards/a.txt", "coin").want(t, http.StatusCreated)
			admin.api(t, http.MethodPost, "apps/provisioning_api/api/v1/config/apps/core/newUser.sendEmail", "value", "no").want(t, http.StatusOK)
			var file bytes.Buffer
			if err := s.Save(&file); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(file.String(), "un-long-mot-de-passe") {
				t.Error("a password stands in the file")
			}

			loaded, err := nextcloudtest.Load(bytes.NewReader(file.Bytes()), nextcloudtest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.State(), loaded.State()); diff != "" {
				t.Errorf("loaded otherwise than saved (-saved +loaded):\n%s", diff)
			}
			lead.server = loaded
			if got := lead.dav(t, http.MethodGet, "sp-canards/a.txt", "").want(t, http.StatusOK).body; got != "coin" {
				t.Errorf("the file holds %q, want %q", got, "coin")
			}
			next := asAdmin(loaded).api(t, http.MethodPost, "folders", "mountpoint", "autre").want(t, http.StatusOK).folderID(t)
			if next == id {
				t.Errorf("the loaded server gives the folder id %s again", id)
			}
			if diff := cmp.Diff(s.Mails(), loaded.Mails()); diff != "" {
				t.Errorf("mails (-saved +loaded):\n%s", diff)
			}
		})
	}
}

func TestLoadAppPasswordAndAdminPassword(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	token := appPassword(t, asAdmin(s))
	var file bytes.Buffer
	if err := s.Save(&file); err != nil {
		t.Fatal(err)
	}
	loaded, err := nextcloudtest.Load(&file, nextcloudtest.Options{AdminPassword: "un-autre-mot-de-passe"})
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]int{
		token: http.StatusOK, "un-autre-mot-de-passe": http.StatusOK, s.AdminPassword: http.StatusUnauthorized,
	} {
		client{loaded, "admin", password}.api(t, http.MethodGet, "cloud/user").want(t, want)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"no JSON": "coin", "no administrator": "{}"} {
		if _, err := nextcloudtest.Load(strings.NewReader(text), nextcloudtest.Options{}); err == nil {
			t.Errorf("%s: loaded without an error", name)
		}
	}
}

// TestBehind does what somebody else would on the server.
func TestBehind(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	before := s.State()
	s.AddGroup("autre", "Une autre")
	s.AddAccount(nextcloudtest.Account{ID: "sacha", Password: "un-long-mot-de-passe", Quota: 1 << 20, Groups: []string{"autre"}, SubAdminOf: []string{"autre"}})
	id := s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Ailleurs", Groups: []string{"autre"}, Quota: 1000})
	if err := s.SetUsage(id, 700); err != nil {
		t.Fatal(err)
	}
	if err := s.SignIn("sacha"); err != nil {
		t.Fatal(err)
	}
	state := s.State()
	folder, _ := state.Folder("Ailleurs")
	if !state.Accounts["sacha"].SignedIn || folder.Size != 700 || folder.Quota != 1000 {
		t.Errorf("got %+v and %+v", state.Accounts["sacha"], folder)
	}
	if diff := cmp.Diff(nextcloudtest.GroupState{DisplayName: "Une autre", Members: []string{"sacha"}, SubAdmins: []string{"sacha"}}, state.Groups["autre"]); diff != "" {
		t.Errorf("group (-want +got):\n%s", diff)
	}
	sacha := client{s, "sacha", "un-long-mot-de-passe"}
	sacha.dav(t, http.MethodPut, "Ailleurs/a", strings.Repeat("x", 301)).want(t, http.StatusInsufficientStorage)
	sacha.dav(t, http.MethodPut, "Ailleurs/a", strings.Repeat("x", 300)).want(t, http.StatusCreated)
	s.RemoveAccount("sacha")
	s.RemoveTeamFolder(id)
	s.RemoveGroup("autre")
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Errorf("something is left (-before +after):\n%s", diff)
	}
	if s.SetUsage(id, 1) == nil || s.SignIn("sacha") == nil || s.SetPassword("sacha", "x") == nil {
		t.Error("what is gone can still be changed")
	}
}
