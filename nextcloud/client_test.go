package nextcloud

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestNewChecksTheAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://nuage.example":              "",
		"https://nuage.example/":             "",
		"https://example.org/nextcloud":      "",
		"http://127.0.0.1:8080":              "",
		"http://[::1]:8080":                  "",
		"http://localhost":                   "",
		"http://nuage.example":               "own machine only",
		"http://127.0.0.1.nuage.example":     "own machine only",
		"http://localhost.nuage.example":     "own machine only",
		"ftp://nuage.example":                "neither https nor http",
		"nuage.example":                      "neither https nor http",
		"":                                   "neither https nor http",
		"https://":                           "host is missing",
		"https:nuage.example":                "host is missing",
		"https://me:word@nuage.example":      "login",
		"https://nuage.example?a=b":          "query",
		"https://nuage.example?":             "query",
		"https://nuage.example#top":          "fragment",
		"https://me:word@nuage example/%zz/": "no valid address",
	} {
		c, err := New(Options{BaseURL: address})
		switch {
		case want == "" && (err != nil || c == nil):
			t.Errorf("%s: %v", address, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want an error with %q", address, err, want)
		case err != nil && strings.Contains(err.Error(), "word"):
			t.Errorf("%s: the password is in %v", address, err)
		}
	}
	if _, err := New(Options{BaseURL: "http://nuage.example"}); !errors.Is(err, ErrInsecure) {
		t.Errorf("plain http: %v", err)
	}
}

func TestNoPasswordIsShown(t *testing.T) {
	t.Parallel()
	o := Options{BaseURL: "https://service:" + testPassword + "@nuage.example/x", User: "service", Password: testPassword}
	c, err := New(Options{BaseURL: "https://nuage.example/x", User: "service", Password: testPassword})
	if err != nil {
		t.Fatal(err)
	}
	holder := struct {
		inner  *Client
		copied Client
	}{c, *c}
	values := []any{o, &o, c, *c, c.As("other", testPassword), holder, NewAccount{Password: testPassword}, &NewAccount{Password: testPassword}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, v := range values {
			shown := fmt.Sprintf(verb, v)
			if strings.Contains(shown, testPassword) || strings.Contains(shown, fmt.Sprintf("%x", testPassword)) {
				t.Errorf("%s of %T shows the password: %s", verb, v, shown)
			}
		}
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "o", o, "po", &o, "c", c, "vc", *c, "n", NewAccount{Password: testPassword})
	}
	if strings.Contains(log.String(), testPassword) {
		t.Errorf("the log shows the password: %s", log.String())
	}
	if !strings.Contains(log.String(), "nuage.example") {
		t.Errorf("the log does not show the server: %s", log.String())
	}
}

func TestRequestsCarryWhatNextcloudWants(t *testing.T) {
	t.Parallel()
	var got *http.Request
	c, seen := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(r.Context())
		answerOCS(w, 200, 200, `[]`)
	})
	if err := c.DisableAccount(t.Context(), "camille d'eau/+%"); err != nil {
		t.Fatal(err)
	}
	user, password, _ := got.BasicAuth()
	if user != "service" || password != testPassword {
		t.Errorf("login %q, %q", user, password)
	}
	if got.URL.EscapedPath() != "/ocs/v2.php/cloud/users/camille%20d%27eau%2F+%25/disable" {
		t.Errorf("path %s", got.URL.EscapedPath())
	}
	for name, want := range map[string]string{"OCS-APIRequest": "true", "Accept": "application/json", "User-Agent": "nichoir"} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q", name, got.Header.Get(name))
		}
	}
	want := Observation{Call: "disable account", Method: "PUT", Status: 200, Sent: 1}
	if diff := cmp.Diff(want, seen.last(t)); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
	if err := c.As("sacha", "autre").DisableAccount(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if user, password, _ = got.BasicAuth(); user != "sacha" || password != "autre" {
		t.Errorf("login as another %q, %q", user, password)
	}
}

func TestStatusSendsNoLogin(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a login was sent")
		}
		_, _ = w.Write([]byte(`{"installed":true,"maintenance":false,"needsDbUpgrade":true,"versionstring":"32.0.1"}`))
	})
	got, err := c.Status(t.Context())
	same(t, "status", got, err, Status{Installed: true, NeedsUpgrade: true, Version: "32.0.1", Major: 32})
}

// Every value that this package refuses is refused without a request, as one
// that has had no effect.
func TestValuesThatAreNotSent(t *testing.T) {
	t.Parallel()
	c, seen := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("sent %s %s", r.Method, r.URL) })
	ctx, long := t.Context(), strings.Repeat("a", 65)
	for name, call := range map[string]func() error{
		"empty group":          func() error { return c.CreateGroup(ctx, "", "") },
		"long group":           func() error { return c.CreateGroup(ctx, long, "") },
		"group that climbs":    func() error { return c.DeleteGroup(ctx, "..") },
		"members of nothing":   func() error { _, err := c.GroupMembers(ctx, ""); return err },
		"negative page":        func() error { _, err := c.GroupDetails(ctx, GroupQuery{Limit: -1}); return err },
		"account without id":   func() error { return c.CreateAccount(ctx, NewAccount{Password: "x"}) },
		"long account":         func() error { return c.CreateAccount(ctx, NewAccount{ID: long, Password: "x"}) },
		"account with a slash": func() error { return c.CreateAccount(ctx, NewAccount{ID: "a/b", Password: "x"}) },
		"no password":          func() error { return c.CreateAccount(ctx, NewAccount{ID: "a"}) },
		"negative quota":       func() error { return c.CreateAccount(ctx, NewAccount{ID: "a", Password: "x", QuotaBytes: -1}) },
		"negative new quota":   func() error { return c.SetAccountQuota(ctx, "a", -2) },
		"empty password":       func() error { return c.SetAccountPassword(ctx, "a", "") },
		"no account":           func() error { return c.DeleteAccount(ctx, "") },
		"no group to join":     func() error { return c.JoinGroup(ctx, "a", "") },
		"no mount point":       func() error { _, err := c.CreateTeamFolder(ctx, ""); return err },
		"no new mount point":   func() error { return c.RenameTeamFolder(ctx, 1, "") },
		"folder quota":         func() error { return c.SetTeamFolderQuota(ctx, 1, -1) },
		"no group to let in":   func() error { return c.GrantGroup(ctx, 1, "") },
		"permissions":          func() error { return c.SetGroupPermissions(ctx, 1, "g", 32) },
		"permissions of none":  func() error { return c.SetGroupPermissions(ctx, 1, ".", 1) },
		"no app":               func() error { return c.EnableApp(ctx, "") },
		"no app to read":       func() error { _, err := c.App(ctx, "."); return err },
		"no key":               func() error { return c.SetAppSetting(ctx, "core", "", "x") },
		"no limit":             func() error { _, err := c.SearchSharees(ctx, "x", 0); return err },
		"depth":                func() error { _, err := c.Properties(ctx, "/x", 2); return err },
		"relative path":        func() error { return c.MakeDir(ctx, "x") },
		"path that climbs":     func() error { return c.MakeDir(ctx, "/a/../b") },
		"empty part":           func() error { return c.MakeDir(ctx, "/a//b") },
		"control character":    func() error { return c.MakeDir(ctx, "/a\r\nb") },
		"removing all":         func() error { return c.Remove(ctx, "/") },
		"no destination":       func() error { return c.Copy(ctx, "/a", "", false) },
		"root as destination":  func() error { return c.Move(ctx, "/a", "/", true) },
		"negative size":        func() error { return c.Upload(ctx, "/a", strings.NewReader(""), -1) },
		"more than nothing":    func() error { return c.Upload(ctx, "/a", strings.NewReader("x"), 0) },
		"negative limit":       func() error { _, err := c.Download(ctx, "/a", -1); return err },
	} {
		err := call()
		if KindOf(err) != KindInvalid || ClassOf(err) != ClassStop || EffectOf(err) != EffectNone {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(seen.all) != 0 {
		t.Errorf("observed %v", seen.all)
	}
}

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	addresses := map[string]bool{}
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		addresses[r.RemoteAddr] = true
		if r.Method == methodMkcol {
			w.WriteHeader(http.StatusCreated)
			return
		}
		answerOCS(w, 404, 404, `[]`)
	})
	for range 3 {
		if _, err := c.Account(t.Context(), "x"); !IsNotFound(err) {
			t.Fatal(err)
		}
		if err := c.As("other", "x").MakeDir(t.Context(), "/x"); err != nil {
			t.Fatal(err)
		}
	}
	if len(addresses) != 1 {
		t.Errorf("%d connections for calls made one after the other", len(addresses))
	}
}

func TestErrorsAreReadable(t *testing.T) {
	t.Parallel()
	cause := errors.New("because")
	err := fmt.Errorf("make a space: %w", &Error{
		Call: "create account", Status: 400, OCS: 102, Kind: KindExists, Class: ClassStop,
		Effect: EffectUnknown, Message: "Camille", RetryAfter: time.Second, Err: cause,
	})
	if got := err.Error(); got != "make a space: nextcloud: create account: exists (HTTP 400, OCS 102), effect unknown: because" {
		t.Error(got)
	}
	if !IsExists(err) || IsNotFound(err) || IsUnauthorized(err) || ClassOf(err) != ClassStop ||
		EffectOf(err) != EffectUnknown || RetryAfterOf(err) != time.Second || !errors.Is(err, cause) {
		t.Error("a helper does not see through the wrapping")
	}
	if ClassOf(nil) != ClassDone || KindOf(nil) != KindNone || EffectOf(nil) != EffectNone || RetryAfterOf(nil) != 0 {
		t.Error("nil is no success")
	}
	if ClassOf(cause) != ClassStop || KindOf(cause) != KindNone || EffectOf(cause) != EffectUnknown {
		t.Error("a foreign error is taken for more than is known")
	}
	names := map[string]bool{}
	for k := KindNone; k <= KindNoRoute; k++ {
		names[k.String()] = true
	}
	if len(names) != int(KindNoRoute)+1 || names[""] || names["unknown"] {
		t.Errorf("kinds without a name of their own: %v", names)
	}
}
