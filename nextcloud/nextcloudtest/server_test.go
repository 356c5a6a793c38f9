package nextcloudtest_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"nichoir/nextcloud/nextcloudtest"
)

// TestConcurrency makes spaces from many sides while others read.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	admin := asAdmin(s)
	const spaces = 16
	var wg sync.WaitGroup
	for i := range spaces {
		wg.Go(func() {
			name := fmt.Sprintf("sp-%d", i)
			for _, call := range [][]string{
				{"cloud/groups", "groupid", name},
				{"folders", "mountpoint", name},
				{"cloud/users", "userid", "u-" + name, "password", "un-long-mot-de-passe", "groups[]", name},
			} {
				if r := admin.api(t, http.MethodPost, call[0], call[1:]...); r.status != http.StatusOK {
					t.Errorf("%v: status %d", call, r.status)
				}
			}
			member := client{s, "u-" + name, "un-long-mot-de-passe"}
			if r := member.dav(t, http.MethodPut, "a.txt", name); r.status != http.StatusCreated {
				t.Errorf("put as %s: status %d", name, r.status)
			}
		})
		wg.Go(func() {
			admin.api(t, http.MethodGet, "folders")
			admin.api(t, http.MethodGet, "cloud/groups/details")
			admin.dav(t, "PROPFIND", "", "", "Depth", "1")
			s.State()
			s.Requests()
			if err := s.Save(io.Discard); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	state := s.State()
	if len(state.Folders) != spaces || len(state.Groups) != spaces+1 || len(state.Accounts) != spaces+1 {
		t.Errorf("%d folders, %d groups and %d accounts, want %d of each and the administrator's",
			len(state.Folders), len(state.Groups), len(state.Accounts), spaces)
	}
}

// TestSameGroupAtOnce: of many who create the same group one succeeds.
func TestSameGroupAtOnce(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { asAdmin(s).api(t, http.MethodPost, "cloud/groups", "groupid", "sp") })
	}
	wg.Wait()
	done := 0
	for _, r := range s.Requests() {
		if r.EffectDone {
			done++
		}
	}
	if done != 1 {
		t.Errorf("%d creations succeeded, want 1", done)
	}
}

// TestWire calls a listening server over a socket, page included.
func TestWire(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.Start(nextcloudtest.Options{Version: nextcloudtest.V27})
	defer s.Close()
	s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Les <Canards>", Groups: []string{"sp"}, Quota: 40 << 30, Usage: 7 << 29})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	get := func(path string) string {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }() // it was read to the end
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d", path, response.StatusCode)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, path := range []string{"/", "/apps/files/", "/index.php/apps/files/", "/login"} {
		page := get(path)
		for _, part := range []string{"<title>Nextcloud simulé (27.1.0)</title>", "Les &lt;Canards&gt;", "3,5\u00a0Go", "40\u00a0Go", "admin"} {
			if !strings.Contains(page, part) {
				t.Errorf("%s: %q is not on the page", path, part)
			}
		}
	}
	if text := get("/status.php"); !strings.Contains(text, `"versionstring":"27.1.0"`) {
		t.Errorf("status.php says %s", text)
	}
}

func TestListenTwice(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.Start(nextcloudtest.Options{})
	defer s.Close()
	if s.Listen() == nil {
		t.Error("listened twice")
	}
	other := nextcloudtest.New(nextcloudtest.Options{Addr: strings.TrimPrefix(s.URL, "http://")})
	if other.Listen() == nil {
		t.Error("two servers listen at one address")
	}
	other.Close()
}

func TestRequestsMaskPasswords(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	admin := asAdmin(s)
	admin.api(t, http.MethodPost, "cloud/users", "userid", "u", "password", "un-long-mot-de-passe").want(t, http.StatusOK)
	admin.api(t, http.MethodPut, "cloud/users/u", "key", "password", "value", "un-long-mot-de-passe").want(t, http.StatusOK)
	requests := s.Requests()
	if strings.Contains(fmt.Sprint(requests), "un-long-mot-de-passe") {
		t.Errorf("a password is in the log: %v", requests)
	}
	if requests[0].Values.Get("userid") != "u" || requests[1].Call != nextcloudtest.CallEditAccount || requests[1].Account != "admin" {
		t.Errorf("the log is %v", requests)
	}
	s.ResetLog()
	if left := s.Requests(); len(left) != 0 {
		t.Errorf("%d calls are left after ResetLog", len(left))
	}
}

// TestJSONBody: Nextcloud reads JSON as well as a form.
func TestJSONBody(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddGroup("sp", "")
	r := asAdmin(s).do(t, http.MethodPost, "/ocs/v2.php/cloud/users",
		strings.NewReader(`{"userid":"u","password":"un-long-mot-de-passe","groups":["sp"],"quota":1048576}`),
		map[string]string{"Content-Type": "application/json", "OCS-APIRequest": "true", "Accept": "application/json"})
	r.want(t, http.StatusOK)
	state := s.State()
	if state.Accounts["u"].Quota != 1<<20 || len(state.Groups["sp"].Members) != 1 {
		t.Errorf("got %+v in %+v", state.Accounts["u"], state.Groups["sp"])
	}
}

// TestXML: without a wish for JSON, OCS answers are well-formed XML.
func TestXML(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddGroup("sp", "Des <canards> & des oies")
	r := asAdmin(s).do(t, http.MethodGet, "/ocs/v1.php/cloud/groups/details?search=sp", nil, map[string]string{"OCS-APIRequest": "true"}).want(t, http.StatusOK)
	var document struct {
		StatusCode int    `xml:"meta>statuscode"`
		Name       string `xml:"data>groups>element>displayname"`
	}
	if err := xml.Unmarshal([]byte(r.body), &document); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	const done = 100 // the OCS code of version 1, of the same digits as an HTTP status by chance
	if document.StatusCode != done || document.Name != "Des <canards> & des oies" {
		t.Errorf("got %+v from %s", document, r.body)
	}
}

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tests := map[string]struct {
		options      nextcloudtest.Options
		wantCreate   int
		wantValidate int
	}{
		"27":         {nextcloudtest.Options{Version: nextcloudtest.V27}, 200, 404},
		"32":         {nextcloudtest.Options{}, 400, 200},
		"27 with it": {nextcloudtest.Options{Version: nextcloudtest.V27, PasswordPolicy: &yes}, 400, 200},
		"32 without": {nextcloudtest.Options{PasswordPolicy: &no}, 200, 404},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := asAdmin(nextcloudtest.New(test.options))
			admin.api(t, http.MethodPost, "cloud/users", "userid", "u", "password", "court").want(t, test.wantCreate)
			admin.api(t, http.MethodPost, "apps/password_policy/api/v1/validate", "password", "court").want(t, test.wantValidate)
			has := strings.Contains(admin.api(t, http.MethodGet, "cloud/capabilities").want(t, http.StatusOK).body, "password_policy")
			if has != (test.wantValidate == http.StatusOK) {
				t.Errorf("password_policy among the capabilities: %v", has)
			}
		})
	}
}

func TestApps(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{Apps: []string{nextcloudtest.Collabora}})
	admin := asAdmin(s)
	enabled := func() string {
		return admin.api(t, http.MethodGet, "cloud/apps?filter=enabled").want(t, http.StatusOK).body
	}
	if !strings.Contains(enabled(), `"richdocuments"`) {
		t.Error("the suite is not enabled")
	}
	admin.api(t, http.MethodPost, "cloud/apps/calendar").want(t, http.StatusOK)
	if !strings.Contains(enabled(), `"calendar"`) {
		t.Error("the calendar is not enabled")
	}
	s.SetAppEnabled("calendar", false)
	if strings.Contains(enabled(), `"calendar"`) {
		t.Error("the calendar is still enabled")
	}
}

// BenchmarkListFolders reads 10,000 Team folders at once, as a sweep does.
func BenchmarkListFolders(b *testing.B) {
	s := nextcloudtest.New(nextcloudtest.Options{})
	for i := range 10_000 {
		name := fmt.Sprintf("sp-%d", i)
		s.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: name, Groups: []string{name}, Quota: 40 << 30, Usage: int64(i)})
	}
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL+"/index.php/apps/groupfolders/folders", nil)
	if err != nil {
		b.Fatal(err)
	}
	request.SetBasicAuth(s.AdminUser, s.AdminPassword)
	request.Header.Set("OCS-APIRequest", "true")
	request.Header.Set("Accept", "application/json")
	for b.Loop() {
		response, err := s.Transport().RoundTrip(request)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			b.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		nextcloudtest.New(nextcloudtest.Options{}).Close()
	}
}
