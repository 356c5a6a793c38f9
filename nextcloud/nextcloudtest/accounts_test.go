package nextcloudtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/nextcloud/nextcloudtest"
)

func TestAccountIDs(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		admin := asAdmin(nextcloudtest.New(nextcloudtest.Options{Version: version}))
		for id, want := range map[string]int{
			"camille.martin": 200, "o'brien": 200, "a b": 200, "a@b": 200, strings.Repeat("x", 64): 200,
			"ADMIN": 400, "a/b": 400, "é": 400, "": 400, " a": 400, "a ": 400, ".": 400, "..": 400, strings.Repeat("x", 65): 400,
		} {
			if got := admin.api(t, http.MethodPost, "cloud/users", "userid", id, "password", "un-long-mot-de-passe"); got.status != want {
				t.Errorf("%s: id %q: status %d, want %d: %s", version, id, got.status, want, got.body)
			}
		}
	}
}

func TestAccountRefusals(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddGroup("sp", "")
	s.AddAccount(nextcloudtest.Account{ID: "sacha", Password: "un-long-mot-de-passe", Groups: []string{"sp"}})
	admin, sacha := asAdmin(s), client{s, "sacha", "un-long-mot-de-passe"}
	sacha.api(t, http.MethodGet, "cloud/user").want(t, http.StatusOK)
	before := s.State()
	for _, test := range []struct {
		who          client
		method, path string
		form         []string
		wantCode     int
	}{
		{admin, http.MethodPost, "cloud/users", []string{"userid", "u", "password", "un-long-mot-de-passe", "subadmin[]", "admin"}, 103},
		{admin, http.MethodPost, "cloud/users", []string{"userid", "u", "password", "un-long-mot-de-passe", "subadmin[]", "nothing"}, 109},
		{sacha, http.MethodPost, "cloud/users", []string{"userid", "u", "password", "un-long-mot-de-passe"}, 106},
		{sacha, http.MethodPost, "cloud/users", []string{"userid", "u", "password", "un-long-mot-de-passe", "groups[]", "sp"}, 105},
		{admin, http.MethodPost, "cloud/users/sacha/groups", nil, 101},
		{admin, http.MethodPost, "cloud/users/nobody/groups", []string{"groupid", "sp"}, 103},
		{admin, http.MethodDelete, "cloud/users/admin/groups", []string{"groupid", "admin"}, 105},
		{admin, http.MethodPost, "cloud/users/nobody/subadmins", []string{"groupid", "sp"}, 101},
		{admin, http.MethodPost, "cloud/users/sacha/subadmins", []string{"groupid", "nothing"}, 102},
		{admin, http.MethodPost, "cloud/users/sacha/subadmins", []string{"groupid", "admin"}, 103},
		{admin, http.MethodPost, "cloud/users/sacha/welcome", nil, 101},
		{admin, http.MethodDelete, "cloud/users/admin", nil, 101},
		{admin, http.MethodPut, "cloud/users/admin/disable", nil, 101},
		{admin, http.MethodPut, "cloud/users/nobody/enable", nil, 101},
		{admin, http.MethodDelete, "cloud/groups/admin", nil, 102},
		{admin, http.MethodPut, "cloud/groups/nothing", []string{"key", "displayname", "value", "x"}, 998},
		{admin, http.MethodPut, "cloud/groups/sp", []string{"key", "colour", "value", "x"}, 999},
		{admin, http.MethodGet, "cloud/groups/nothing/subadmins", nil, 101},
		{admin, http.MethodGet, "cloud/apps?filter=strange", nil, 101},
		{admin, http.MethodDelete, "core/apppassword", nil, 403},
	} {
		if got := test.who.api(t, test.method, test.path, test.form...); got.code != test.wantCode {
			t.Errorf("%s %s %v: code %d, want %d: %s", test.method, test.path, test.form, got.code, test.wantCode, got.body)
		}
	}
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Errorf("refusals changed something (-before +after):\n%s", diff)
	}
}

// TestDeleteGroup takes memberships, sub-admins and access to folders with it.
func TestDeleteGroup(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddAccount(nextcloudtest.Account{ID: "sacha", Password: "un-long-mot-de-passe", Groups: []string{"sp"}, SubAdminOf: []string{"sp"}})
	s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Espace", Groups: []string{"sp"}, Files: map[string]string{"a": "x"}})
	sacha := client{s, "sacha", "un-long-mot-de-passe"}
	sacha.dav(t, http.MethodGet, "Espace/a", "").want(t, http.StatusOK)
	asAdmin(s).api(t, http.MethodDelete, "cloud/groups/sp").want(t, http.StatusOK)
	s.AddGroup("sp", "") // one of the same name begins anew
	sacha.dav(t, http.MethodGet, "Espace/a", "").want(t, http.StatusNotFound)
	folder, _ := s.State().Folder("Espace")
	got := s.State().Groups["sp"]
	if len(folder.Groups)+len(got.Members)+len(got.SubAdmins) != 0 {
		t.Errorf("left over: %v and %+v", folder.Groups, got)
	}
}

// TestPaging reads the groups in pages and puts them together again.
func TestPaging(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	want := []string{"admin"}
	for _, id := range []string{"sp-a", "sp-b", "sp-c", "sp-d"} {
		s.AddGroup(id, "")
		want = append(want, id)
	}
	var got []string
	for _, offset := range []string{"0", "2", "4", "6"} {
		var data struct {
			Groups []struct {
				ID string `json:"id"`
			} `json:"groups"`
		}
		r := asAdmin(s).api(t, http.MethodGet, "cloud/groups/details?limit=2&offset="+offset).want(t, http.StatusOK)
		if err := json.Unmarshal(r.data, &data); err != nil {
			t.Fatal(err)
		}
		for _, g := range data.Groups {
			got = append(got, g.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}
