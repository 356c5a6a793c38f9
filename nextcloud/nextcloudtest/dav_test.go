package nextcloudtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/nextcloud/nextcloudtest"
)

func TestCopyTree(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	for path, content := range map[string]string{"Modele/Lisez-moi.md": "# Bonjour", "Modele/Réunions/CR 1.md": "1", "Modele/Réunions/été.md": ""} {
		if err := s.AddFile("admin", path, content); err != nil {
			t.Fatal(err)
		}
	}
	s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "sp", Groups: []string{"sp"}})
	admin := asAdmin(s)
	// Before it joins, the account sees no such folder and makes nothing.
	before := s.State()
	admin.copy(t, "Modele", "sp/Premiers pas", "F").want(t, http.StatusConflict)
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Errorf("a refused copy left something (-before +after):\n%s", diff)
	}
	admin.api(t, http.MethodPost, "cloud/users/admin/groups", "groupid", "sp").want(t, http.StatusOK)
	s.ResetLog()
	admin.copy(t, "Modele", "sp/Premiers pas", "F").want(t, http.StatusCreated)
	if got := len(s.Requests()); got != 1 {
		t.Errorf("%d calls, want 1", got)
	}
	folder, _ := s.State().Folder("sp")
	template := map[string]nextcloudtest.FileState{}
	for path, f := range s.State().Accounts["admin"].Files {
		if rest, ok := strings.CutPrefix(path, "Modele"); ok {
			template["Premiers pas"+rest] = f
		}
	}
	if diff := cmp.Diff(template, folder.Files); diff != "" {
		t.Errorf("the copy differs (-template +folder):\n%s", diff)
	}
	// The copy is one of its own.
	admin.dav(t, http.MethodPut, "Modele/Lisez-moi.md", "autre").want(t, http.StatusNoContent)
	if got := admin.dav(t, http.MethodGet, "sp/Premiers pas/Lisez-moi.md", "").want(t, http.StatusOK).body; got != "# Bonjour" {
		t.Errorf("the copy changed with its source: %q", got)
	}
}

func TestDAVRefusals(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddAccount(nextcloudtest.Account{ID: "sacha", Password: "un-long-mot-de-passe", Groups: []string{"sp"}})
	if err := s.AddFile("sacha", "d/f", "x"); err != nil {
		t.Fatal(err)
	}
	s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Espace", Groups: []string{"sp"}})
	sacha := client{s, "sacha", "un-long-mot-de-passe"}
	to := func(path string) []string { return []string{"Destination", s.URL + sacha.at(path), "Overwrite", "T"} }
	before := s.State()
	for _, test := range []struct {
		name         string
		method, path string
		headers      []string
		want         int
	}{
		{"a folder over itself", "COPY", "d", to("d"), 403},
		{"a folder into itself", "COPY", "d", to("d/e"), 409},
		{"over a Team folder", "COPY", "d", to("Espace"), 403},
		{"a Team folder away", "MOVE", "Espace", to("e"), 403},
		{"to another's home", "COPY", "d", []string{"Destination", s.URL + "/remote.php/dav/files/admin/d"}, 403},
		{"to nowhere", "COPY", "d", []string{"Destination", s.URL + "/elsewhere"}, 403},
		{"nothing", "MOVE", "nothing", to("e"), 404},
		{"delete a Team folder", http.MethodDelete, "Espace", nil, 403},
		{"delete nothing", http.MethodDelete, "nothing", nil, 404},
		{"write over a folder", http.MethodPut, "d", nil, 409},
		{"a forbidden name", http.MethodPut, ".htaccess", nil, 403},
		{"only if new", http.MethodPut, "d/f", []string{"If-None-Match", "*"}, 412},
		{"only if unchanged", http.MethodPut, "d/f", []string{"If-Match", `"0"`}, 412},
		{"another verb", "LOCK", "d", nil, 501},
	} {
		if got := sacha.dav(t, test.method, test.path, "x", test.headers...); got.status != test.want {
			t.Errorf("%s: status %d, want %d: %s", test.name, got.status, test.want, got.body)
		}
	}
	for path, want := range map[string]int{"/remote.php/dav/files/admin/x": 403, "/remote.php/dav/files/nobody/x": 404, "/remote.php/dav/calendars/x": 404} {
		sacha.do(t, http.MethodPut, path, strings.NewReader("x"), nil).want(t, want)
	}
	const empty = "/remote.php/dav/files/admin/"
	body := sacha.do(t, "PROPFIND", empty, nil, map[string]string{"Depth": "1"}).want(t, http.StatusMultiStatus).body
	if got := strings.Count(body, "<d:response>"); got != 1 {
		t.Errorf("another's home shows %d resources, want itself alone", got)
	}
	sacha.do(t, "PROPFIND", empty+"Documents", nil, nil).want(t, http.StatusNotFound)
	after := s.State()
	if diff := cmp.Diff(before.Folders, after.Folders); diff != "" {
		t.Errorf("Team folders changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.Accounts["admin"], after.Accounts["admin"]); diff != "" {
		t.Errorf("the other account changed (-before +after):\n%s", diff)
	}
}

// TestFolderPermissions gives a group less than everything.
func TestFolderPermissions(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddAccount(nextcloudtest.Account{ID: "sacha", Password: "un-long-mot-de-passe", Groups: []string{"sp"}})
	s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Espace", Groups: []string{"sp"}, Files: map[string]string{"a": "x"}})
	asAdmin(s).api(t, http.MethodPost, "folders/1/groups/sp", "permissions", "1").want(t, http.StatusOK)
	sacha := client{s, "sacha", "un-long-mot-de-passe"}
	sacha.dav(t, http.MethodGet, "Espace/a", "").want(t, http.StatusOK)
	sacha.dav(t, http.MethodPut, "Espace/a", "y").want(t, http.StatusForbidden)
	sacha.dav(t, http.MethodPut, "Espace/b", "y").want(t, http.StatusForbidden)
	sacha.dav(t, "MKCOL", "Espace/c", "").want(t, http.StatusForbidden)
	sacha.dav(t, http.MethodDelete, "Espace/a", "").want(t, http.StatusForbidden)
	asAdmin(s).api(t, http.MethodDelete, "folders/1/groups/sp").want(t, http.StatusOK)
	sacha.dav(t, http.MethodGet, "Espace/a", "").want(t, http.StatusNotFound)
}

// TestMounts: a mount point may nest, and takes the place of what stands there.
func TestMounts(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	admin := asAdmin(s)
	for path, content := range map[string]string{"Espace/mien.txt": "x", "Assos/note.txt": "y"} {
		if err := s.AddFile("admin", path, content); err != nil {
			t.Fatal(err)
		}
	}
	s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Espace", Groups: []string{"sp"}, Files: map[string]string{"commun.txt": "z"}})
	s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Assos/Lac", Groups: []string{"sp"}, Files: map[string]string{"lac.txt": "bleu"}})
	if err := s.Join("admin", "sp"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"Espace/commun.txt": "z", "Espace (1)/mien.txt": "x", "Assos/note.txt": "y", "Assos/Lac/lac.txt": "bleu",
	} {
		if got := admin.dav(t, http.MethodGet, path, "").want(t, http.StatusOK).body; got != want {
			t.Errorf("%s holds %q, want %q", path, got, want)
		}
	}
	listing := admin.dav(t, "PROPFIND", "Assos", "", "Depth", "1").want(t, http.StatusMultiStatus).body
	for _, part := range []string{"/Assos/Lac/</d:href>", "/Assos/note.txt</d:href>"} {
		if !strings.Contains(listing, part) {
			t.Errorf("%s is not in the listing %s", part, listing)
		}
	}
}

// TestPropfind without a body gives the usual properties, and no 404 for others.
func TestPropfind(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{Version: nextcloudtest.V27})
	admin := asAdmin(s)
	body := admin.dav(t, "PROPFIND", "welcome.txt", "", "Depth", "0").want(t, http.StatusMultiStatus).body
	for _, part := range []string{"<d:getcontentlength>164</d:getcontentlength>", "<d:resourcetype/>", "<d:getcontenttype>text/plain", "<d:getlastmodified>"} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is not in %s", part, body)
		}
	}
	if strings.Contains(body, "404") {
		t.Errorf("properties nobody asked for are missing in %s", body)
	}
	const ask = `<propfind xmlns="DAV:"><prop><displayname/><x xmlns="urn:y"/></prop></propfind>`
	body = admin.dav(t, "PROPFIND", "welcome.txt", ask, "Depth", "0").want(t, http.StatusMultiStatus).body
	if !strings.Contains(body, "<d:displayname>welcome.txt</d:displayname>") || !strings.Contains(body, `<x1:x xmlns:x1="urn:y"/>`) {
		t.Errorf("got %s", body)
	}
	admin.dav(t, "PROPFIND", "welcome.txt", "<propfind", "Depth", "0").want(t, http.StatusBadRequest)
}
