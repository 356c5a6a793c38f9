package app_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/app"
	"nichoir/nextcloud/nextcloudtest"
)

// tourOf runs a tour in this process and returns its exit code and all that it printed.
func tourOf(ctx context.Context, args ...string) (code int, printed string) {
	var out bytes.Buffer
	code = app.Execute(ctx, app.Terminal{Args: append([]string{"tour"}, args...), In: strings.NewReader(""), Out: &out, Err: &out})
	return code, out.String()
}

func TestTourOnTheEmbeddedDefault(t *testing.T) {
	t.Parallel()
	code, printed := tourOf(t.Context())
	if code != 0 || strings.Count(printed, "checks held") != 2 || strings.Contains(printed, "✗") {
		t.Fatalf("the tour ended with %d\n%s", code, printed)
	}
}

// inhabited is a server that others use already, with an administrator of their own.
func inhabited(t *testing.T, o nextcloudtest.Options) *nextcloudtest.Server {
	t.Helper()
	o.AdminUser, o.AdminPassword = "Chef.fe", "une phrase de passe à soi"
	server := nextcloudtest.Start(o)
	t.Cleanup(server.Close)
	server.AddAccount(nextcloudtest.Account{ID: "camille", DisplayName: "Camille", Password: "tout-autre-chose-1", Groups: []string{"compta"}})
	server.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Comptabilité", Groups: []string{"compta"}, Quota: 1 << 30,
		Files: map[string]string{"Bilan.md": "# Bilan"}})
	if err := server.AddFile("camille", "Notes.md", "des notes"); err != nil {
		t.Fatal(err)
	}
	return server
}

// liveArgs lead a tour to the server as if it was a real one.
func liveArgs(t *testing.T, server *nextcloudtest.Server) []string {
	t.Helper()
	folder := t.TempDir()
	password := filepath.Join(folder, "password")
	if err := os.WriteFile(password, []byte(server.AdminPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--nextcloud", server.URL + "/", "--user", server.AdminUser, "--password-file", password,
		"--journal", filepath.Join(folder, "journal", "tour.json")}
}

func TestTourOnALiveServerLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]nextcloudtest.Options{
		"27, a password policy, no suite, no optional app": {Version: nextcloudtest.V27, PasswordPolicy: new(true)},
		"32, no password policy, brute-force protection": {Version: nextcloudtest.V32, PasswordPolicy: new(false), BruteForce: true,
			Apps: []string{nextcloudtest.Collabora, "calendar", "contacts", "notes", "spreed", "deck"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inhabited(t, o)
			args := liveArgs(t, server)
			before := server.State()
			for range 2 {
				if code, printed := tourOf(t.Context(), args...); code != 0 {
					t.Fatalf("the tour ended with %d\n%s", code, printed)
				}
				if diff := cmp.Diff(before, server.State()); diff != "" {
					t.Fatalf("the server is not as it was (-before +after):\n%s", diff)
				}
			}
		})
	}
}

func TestTourThatFailsHalfwayLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]nextcloudtest.Fault{
		"the lead's account is refused": {Kind: nextcloudtest.Refuse, Status: http.StatusForbidden,
			Match: nextcloudtest.Nth(2, nextcloudtest.OnCall(nextcloudtest.CallCreateAccount))},
		"the lead cannot write": {Kind: nextcloudtest.FullDisk, Match: nextcloudtest.PathHas("Ordre du jour")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inhabited(t, nextcloudtest.Options{Apps: []string{nextcloudtest.OnlyOffice}})
			before := server.State()
			server.Inject(fault)
			code, printed := tourOf(t.Context(), liveArgs(t, server)...)
			if code != 1 || !strings.Contains(printed, "✗") || !strings.Contains(printed, "Nothing of the tour is left on the server.") {
				t.Errorf("the tour ended with %d\n%s", code, printed)
			}
			if diff := cmp.Diff(before, server.State()); diff != "" {
				t.Errorf("the server is not as it was (-before +after):\n%s", diff)
			}
		})
	}
}

func TestTourThatIsKilledIsCleanedUpByTheNext(t *testing.T) {
	t.Parallel()
	for name, point := range map[string]nextcloudtest.Matcher{
		"while the folder is made":       nextcloudtest.Nth(1, nextcloudtest.OnCall(nextcloudtest.CallCreateFolder)),
		"while the member's account is":  nextcloudtest.Nth(3, nextcloudtest.OnCall(nextcloudtest.CallCreateAccount)),
		"while the settings are changed": nextcloudtest.Nth(2, nextcloudtest.OnCall(nextcloudtest.CallSetSetting)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inhabited(t, nextcloudtest.Options{Apps: []string{nextcloudtest.OnlyOffice}})
			args := liveArgs(t, server)
			before := server.State()
			killTourAt(t, server, point, args)
			if cmp.Equal(before, server.State()) {
				t.Fatal("the killed tour left nothing, so this test shows nothing")
			}
			code, printed := tourOf(t.Context(), args...)
			if code != 0 || !strings.Contains(printed, "What a killed tour left is taken away: 1 tour") {
				t.Errorf("the next tour ended with %d\n%s", code, printed)
			}
			if diff := cmp.Diff(before, server.State()); diff != "" {
				t.Errorf("the server is not as it was (-before +after):\n%s", diff)
			}
		})
	}
}

// killTourAt runs a tour in a process of its own and kills that in the middle of a call, whose effect then takes place.
func killTourAt(t *testing.T, server *nextcloudtest.Server, point nextcloudtest.Matcher, args []string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], append([]string{"tour"}, args...)...)
	child.Env = append(os.Environ(), asChild+"=yes")
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	started, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	remove := server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Match: func(r nextcloudtest.Request) bool {
		if point(r) {
			once.Do(func() {
				<-started
				if err := child.Process.Kill(); err != nil {
					t.Error(err)
				}
				<-ended
			})
		}
		return false
	}})
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	err := child.Wait()
	close(ended)
	remove()
	if err == nil || child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the tour was not killed: %v\n%s", err, out.String())
	}
	server.Settle()
}
