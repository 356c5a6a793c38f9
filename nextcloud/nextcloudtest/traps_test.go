package nextcloudtest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/nextcloud/nextcloudtest"
)

func appPassword(t *testing.T, c client) string {
	t.Helper()
	var data struct {
		AppPassword string `json:"apppassword"`
	}
	if err := json.Unmarshal(c.api(t, http.MethodGet, "core/getapppassword").want(t, http.StatusOK).data, &data); err != nil {
		t.Fatal(err)
	}
	return data.AppPassword
}

// TestRename: 15.3 looks at nothing, 20.1.5 refuses a name that is taken and
// accepts the folder's own.
func TestRename(t *testing.T) {
	t.Parallel()
	for version, taken := range map[nextcloudtest.Version]int{nextcloudtest.V27: 200, nextcloudtest.V32: 400} {
		s := nextcloudtest.New(nextcloudtest.Options{Version: version})
		admin := asAdmin(s)
		s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Canards"})
		id := admin.api(t, http.MethodPost, "folders", "mountpoint", "sp-canards").want(t, http.StatusOK).folderID(t)
		path := "folders/" + id + "/mountpoint"
		admin.api(t, http.MethodPost, path, "mountpoint", "sp-canards").want(t, http.StatusOK)
		admin.api(t, http.MethodPost, path, "mountpoint", "Canards").want(t, taken)
		admin.api(t, http.MethodPost, path, "mountpoint", "Oies").want(t, http.StatusOK)
		if _, ok := s.State().Folder("Oies"); !ok {
			t.Errorf("%s: the folder was not renamed", version)
		}
	}
}

func TestBruteForce(t *testing.T) {
	t.Parallel()
	for version, closed := range map[nextcloudtest.Version]int{nextcloudtest.V27: 500, nextcloudtest.V32: 429} {
		var slept []time.Duration
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		s := nextcloudtest.New(nextcloudtest.Options{
			Version: version, BruteForce: true, Now: func() time.Time { return now },
			Sleep: func(_ context.Context, d time.Duration) error {
				slept = append(slept, d)
				return nil
			},
		})
		wrong := client{s, "admin", "wrong"}
		for range 11 {
			wrong.api(t, http.MethodGet, "cloud/user").want(t, http.StatusUnauthorized)
		}
		asAdmin(s).api(t, http.MethodGet, "cloud/user").want(t, closed)
		asAdmin(s).dav(t, "PROPFIND", "", "", "Depth", "0").want(t, http.StatusTooManyRequests)
		want := []time.Duration{
			200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond, 3200 * time.Millisecond,
			6400 * time.Millisecond, 12800 * time.Millisecond, 25 * time.Second, 25 * time.Second, 25 * time.Second,
		}
		if diff := cmp.Diff(want, slept); diff != "" {
			t.Errorf("%s: delays (-want +got):\n%s", version, diff)
		}
		now = now.Add(31 * time.Minute)
		asAdmin(s).api(t, http.MethodGet, "cloud/user").want(t, http.StatusOK)
	}
}

// TestUploadWithoutLength is stored empty and called a success.
func TestUploadWithoutLength(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	admin := asAdmin(s)
	unsized := struct{ io.Reader }{strings.NewReader("coin")}
	admin.do(t, http.MethodPut, admin.at("a.txt"), unsized, nil).want(t, http.StatusCreated)
	admin.dav(t, http.MethodPut, "b.txt", "coin").want(t, http.StatusCreated)
	files := s.State().Accounts["admin"].Files
	if files["a.txt"].Size != 0 || files["b.txt"].Size != 4 {
		t.Errorf("sizes are %d without and %d with a length, want 0 and 4", files["a.txt"].Size, files["b.txt"].Size)
	}
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{Version: nextcloudtest.V27})
	s.AddAccount(nextcloudtest.Account{ID: "sacha", Password: "un-long-mot-de-passe", Quota: 1024, Groups: []string{"sp"}})
	id := s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Espace", Groups: []string{"sp"}, Quota: 2048})
	sacha := client{s, "sacha", "un-long-mot-de-passe"}
	// The Team folder's bytes are not the account's.
	sacha.dav(t, http.MethodPut, "Espace/a", strings.Repeat("x", 2000)).want(t, http.StatusCreated)
	sacha.dav(t, http.MethodPut, "Espace/b", strings.Repeat("x", 49)).want(t, http.StatusInsufficientStorage)
	sacha.dav(t, http.MethodPut, "c", strings.Repeat("x", 1024-164)).want(t, http.StatusCreated)
	sacha.dav(t, http.MethodPut, "d", "x").want(t, http.StatusInsufficientStorage)
	sacha.copy(t, "Espace/a", "d", "F").want(t, http.StatusInsufficientStorage)
	// What is deleted frees the quota at once.
	sacha.dav(t, http.MethodDelete, "Espace/a", "").want(t, http.StatusNoContent)
	sacha.dav(t, http.MethodPut, "Espace/b", strings.Repeat("x", 2048)).want(t, http.StatusCreated)
	// A quota that is no number is zero.
	path := "folders/" + asAdmin(s).api(t, http.MethodPost, "folders", "mountpoint", "Autre").folderID(t)
	asAdmin(s).api(t, http.MethodPost, path+"/quota", "quota", "10 GB").want(t, http.StatusOK)
	if f, _ := s.State().Folder("Autre"); f.Quota != 10 {
		t.Errorf("quota is %d, want 10: PHP reads the digits alone", f.Quota)
	}
	if err := s.SetUsage(id, 5000); err != nil {
		t.Fatal(err)
	}
	sacha.dav(t, "MKCOL", "Espace/dossier", "").want(t, http.StatusCreated)
}

// TestAccountQuota: what is given is kept as text of one decimal.
func TestAccountQuota(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddAccount(nextcloudtest.Account{ID: "sacha"})
	for value, want := range map[string]int64{
		"100 MB": 104857600, "104857600": 104857600, "1 GB": 1 << 30, "none": -3, "0": 0, "512": 512, "0.5 GB": 1 << 29,
		"105000000": 104962458, "1.5 kb": 2048,
	} {
		asAdmin(s).api(t, http.MethodPut, "cloud/users/sacha", "key", "quota", "value", value).want(t, http.StatusOK)
		if got := s.State().Accounts["sacha"].Quota; got != want {
			t.Errorf("quota %q is read back as %d, want %d", value, got, want)
		}
	}
	for _, value := range []string{"abc", "", "12 apples"} {
		asAdmin(s).api(t, http.MethodPut, "cloud/users/sacha", "key", "quota", "value", value).want(t, http.StatusBadRequest)
	}
}

// TestHalfMade: refusals after the creation leave the account; a refused name
// takes it back.
func TestHalfMade(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		key, value string
		left       bool
	}{
		"quota":       {"quota", "abc", true},
		"language":    {"language", "klingon", true},
		"displayName": {"displayName", strings.Repeat("n", 65), false},
	}
	for name, test := range tests {
		s := nextcloudtest.New(nextcloudtest.Options{})
		asAdmin(s).api(t, http.MethodPost, "cloud/users", "userid", "u", "password", "un-long-mot-de-passe", "email", "u@example.org",
			test.key, test.value).want(t, http.StatusBadRequest)
		a, left := s.State().Accounts["u"]
		if left != test.left || a.Email != "" || len(s.Mails()) != 0 {
			t.Errorf("%s: left %v with e-mail %q and mails %v, want left %v without", name, left, a.Email, s.Mails(), test.left)
		}
	}
}

func TestWelcomeMail(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	admin := asAdmin(s)
	create := func(id string, pairs ...string) {
		t.Helper()
		admin.api(t, http.MethodPost, "cloud/users", append([]string{"userid", id}, pairs...)...).want(t, http.StatusOK)
	}
	create("a", "email", "a@example.org")
	create("b", "email", "b@example.org", "password", "un-long-mot-de-passe")
	create("c", "password", "un-long-mot-de-passe")
	admin.api(t, http.MethodPost, "apps/provisioning_api/api/v1/config/apps/core/newUser.sendEmail", "value", "no").want(t, http.StatusOK)
	create("d", "email", "d@example.org")
	admin.api(t, http.MethodPost, "cloud/users/a/welcome").want(t, http.StatusOK)
	want := []nextcloudtest.Mail{
		{Account: "a", To: "a@example.org", SetsPassword: true}, {Account: "b", To: "b@example.org"}, {Account: "a", To: "a@example.org"},
	}
	if diff := cmp.Diff(want, s.Mails()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

// TestIsolation searches for a person of another group with each of the two
// settings.
func TestIsolation(t *testing.T) {
	t.Parallel()
	const group, restrict = "shareapi_only_share_with_group_members", "shareapi_restrict_user_enumeration_to_group"
	tests := map[string]struct {
		settings    []string
		search      string
		wantExact   int
		wantFuzzily int
	}{
		"open":                          {nil, "ca", 0, 2},
		"open, exact":                   {nil, "camille", 1, 0},
		"restricted":                    {[]string{restrict}, "ca", 0, 1},
		"restricted, exact still finds": {[]string{restrict}, "camille", 1, 0},
		"own group only":                {[]string{group}, "camille", 0, 0},
		"both":                          {[]string{group, restrict}, "ca", 0, 1},
	}
	for name, test := range tests {
		s := nextcloudtest.New(nextcloudtest.Options{})
		s.AddAccount(nextcloudtest.Account{ID: "sacha", Password: "un-long-mot-de-passe", Groups: []string{"sp-canards"}})
		s.AddAccount(nextcloudtest.Account{ID: "carole", Groups: []string{"sp-canards"}})
		s.AddAccount(nextcloudtest.Account{ID: "camille", Groups: []string{"sp-oies"}})
		for _, key := range test.settings {
			asAdmin(s).api(t, http.MethodPost, "apps/provisioning_api/api/v1/config/apps/core/"+key, "value", "yes").want(t, http.StatusOK)
		}
		r := client{s, "sacha", "un-long-mot-de-passe"}.api(t, http.MethodGet, "apps/files_sharing/api/v1/sharees?itemType=file&search="+test.search)
		var data struct {
			Exact struct{ Users []any }
			Users []any
		}
		if err := json.Unmarshal(r.want(t, http.StatusOK).data, &data); err != nil {
			t.Fatal(err)
		}
		if len(data.Exact.Users) != test.wantExact || len(data.Users) != test.wantFuzzily {
			t.Errorf("%s: found %d exactly and %d otherwise, want %d and %d", name, len(data.Exact.Users), len(data.Users), test.wantExact, test.wantFuzzily)
		}
	}
}

// TestSubAdmin: a sub-admin governs its group and nothing else.
func TestSubAdmin(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddAccount(nextcloudtest.Account{ID: "lead", Password: "un-long-mot-de-passe", Groups: []string{"sp"}, SubAdminOf: []string{"sp"}})
	s.AddAccount(nextcloudtest.Account{ID: "mine", Groups: []string{"sp"}})
	s.AddAccount(nextcloudtest.Account{ID: "other", Groups: []string{"autre"}})
	lead := client{s, "lead", "un-long-mot-de-passe"}
	for _, test := range []struct {
		method, path string
		form         []string
		want         int
	}{
		{http.MethodGet, "cloud/users/mine", nil, 200},
		{http.MethodGet, "cloud/users/other", nil, 404},
		{http.MethodPut, "cloud/users/mine/disable", nil, 200},
		{http.MethodPut, "cloud/users/other/disable", nil, 404},
		{http.MethodPut, "cloud/users/mine", []string{"key", "quota", "value", "1 GB"}, 200},
		{http.MethodPut, "cloud/users/lead", []string{"key", "quota", "value", "1 GB"}, 400},
		{http.MethodPost, "cloud/groups", []string{"groupid", "x"}, 403},
		{http.MethodPost, "folders", []string{"mountpoint", "x"}, 403},
		{http.MethodPost, "cloud/users/other/groups", []string{"groupid", "autre"}, 400},
		{http.MethodDelete, "cloud/users/mine/groups", []string{"groupid", "sp"}, 400},
		{http.MethodGet, "cloud/groups/autre/users", nil, 403},
		{http.MethodDelete, "cloud/users/other", nil, 404},
		{http.MethodDelete, "cloud/users/mine", nil, 200},
		{http.MethodGet, "cloud/apps", nil, 403},
	} {
		if got := lead.api(t, test.method, test.path, test.form...); got.status != test.want {
			t.Errorf("%s %s: status %d, want %d: %s", test.method, test.path, got.status, test.want, got.body)
		}
	}
}

func TestRevokedAndChangedPasswords(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	admin := asAdmin(s)
	app := client{s, "admin", appPassword(t, admin)}
	app.api(t, http.MethodGet, "cloud/user").want(t, http.StatusOK)
	s.RevokeAppPasswords()
	app.api(t, http.MethodGet, "cloud/user").want(t, http.StatusUnauthorized)
	if err := s.SetPassword("admin", "un-autre-mot-de-passe"); err != nil {
		t.Fatal(err)
	}
	admin.api(t, http.MethodGet, "cloud/user").want(t, http.StatusUnauthorized)
}

// TestAppPasswordDiesWithItsAccount: a new account of the same id starts anew.
func TestAppPasswordDiesWithItsAccount(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	create := func() {
		t.Helper()
		asAdmin(s).api(t, http.MethodPost, "cloud/users", "userid", "sacha", "password", "un-long-mot-de-passe").want(t, http.StatusOK)
	}
	create()
	app := client{s, "sacha", appPassword(t, client{s, "sacha", "un-long-mot-de-passe"})}
	app.api(t, http.MethodGet, "cloud/user").want(t, http.StatusOK)
	asAdmin(s).api(t, http.MethodPut, "cloud/users/sacha/disable").want(t, http.StatusOK)
	app.api(t, http.MethodGet, "cloud/user").want(t, http.StatusUnauthorized)
	asAdmin(s).api(t, http.MethodDelete, "cloud/users/sacha").want(t, http.StatusOK)
	create()
	app.api(t, http.MethodGet, "cloud/user").want(t, http.StatusUnauthorized)
}

// TestSignInByAddress: an address that two accounts have opens none on 27.
func TestSignInByAddress(t *testing.T) {
	t.Parallel()
	for version, shared := range map[nextcloudtest.Version]int{nextcloudtest.V27: 401, nextcloudtest.V32: 200} {
		s := nextcloudtest.New(nextcloudtest.Options{Version: version})
		s.AddAccount(nextcloudtest.Account{ID: "Sacha", Email: "sacha@example.org", Password: "un-long-mot-de-passe"})
		client{s, "sacha@example.org", "un-long-mot-de-passe"}.api(t, http.MethodGet, "cloud/user").want(t, http.StatusOK)
		client{s, "SACHA", "un-long-mot-de-passe"}.api(t, http.MethodGet, "cloud/user").want(t, http.StatusOK)
		s.AddAccount(nextcloudtest.Account{ID: "zoe", Email: "sacha@example.org", Password: "un-autre-mot-de-passe"})
		client{s, "sacha@example.org", "un-long-mot-de-passe"}.api(t, http.MethodGet, "cloud/user").want(t, shared)
		client{s, "sacha@example.org", "un-autre-mot-de-passe"}.api(t, http.MethodGet, "cloud/user").want(t, http.StatusUnauthorized)
	}
}
