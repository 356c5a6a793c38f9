package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nichoir/nextcloud/nextcloudtest"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{Apps: []string{nextcloudtest.OnlyOffice}})
	w.nextcloud.SetAppEnabled("deck", false)
	w.golden(t, "host_list_none", w.must(t, "host", "list"))

	code, out, errs := w.command(t, w.nextcloud.AdminPassword, "host", "add", "cloud-1", "--url", w.nextcloud.URL, "--user", w.nextcloud.AdminUser)
	if code != 1 {
		t.Errorf("a server without isolation was taken without a word: %s", errs)
	}
	w.golden(t, "host_add", out)
	if strings.Contains(out+errs, w.nextcloud.AdminPassword) {
		t.Error("the password is shown")
	}
	w.golden(t, "host_check_fix", w.must(t, "host", "check", "cloud-1", "--fix"))
	w.golden(t, "host_check", w.must(t, "host", "check", "cloud-1"))
	w.golden(t, "host_drain", w.must(t, "host", "drain", "cloud-1"))
	w.golden(t, "host_list", w.must(t, "host", "list"))
	w.golden(t, "host_reopen", w.must(t, "host", "reopen", "cloud-1"))
}

func TestAHostThatRefusesNichoirIsMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.addHost(t)
	w.nextcloud.RevokeAppPasswords()
	code, out, _ := w.command(t, "", "host", "check", "cloud-1")
	if code != 1 {
		t.Errorf("a refusal ended with %d", code)
	}
	w.golden(t, "host_check_refused", out)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(w.nextcloud.AdminPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, out, errs := w.command(t, "", "host", "check", "cloud-1", "--password-file", file)
		if !strings.HasPrefix(out, "The new password of cloud-1 is in use") {
			t.Errorf("the mended server: %s%s", out, errs)
		}
		if got := strings.Contains(errs, "can read "+file+" (mode 0644)"); got != warned || !warned && errs != "" {
			t.Errorf("of the mode %o it says %q", mode, errs)
		}
	}
}

// Every space is asked for with a suite: without one nothing is placed, whatever else is in order.
func TestAHostWithoutASuiteTakesNoSpace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.command(t, w.nextcloud.AdminPassword, "host", "add", "cloud-1", "--url", w.nextcloud.URL, "--user", w.nextcloud.AdminUser)
	code, out, _ := w.command(t, "", "host", "check", "cloud-1", "--fix")
	if want := "No space is placed on cloud-1 as long as it offers no office suite."; code != 1 || !strings.Contains(out, want) {
		t.Errorf("ended with %d: %s", code, out)
	}
}

func TestHostsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	bare := nextcloudtest.Start(nextcloudtest.Options{})
	t.Cleanup(bare.Close)
	bare.SetAppEnabled("groupfolders", false)
	w.addHost(t)
	good := w.nextcloud.AdminPassword
	for _, tt := range []struct{ line, stdin, want string }{
		{"host add cloud-2 --user admin --url http://cloud.example.org", good, "url: The address has to begin with “https://”."},
		{"host add cloud-2 --user admin --url cloud", good, "url: Give a complete address"},
		{"host add c --user admin --url " + w.nextcloud.URL, good, "name: A name of 2 to 40 letters"},
		{"host add cloud-2 --user admin --url " + w.nextcloud.URL, "wrong", "password: The server refuses this name or password."},
		{"host add cloud-2 --user admin --url " + w.nextcloud.URL, "", "read the password: it is empty"},
		{"host add cloud-2 --user admin --password-file /nonexistent --url " + w.nextcloud.URL, "", "read the password: open /nonexistent"},
		{"host add cloud-1 --user admin --url " + w.nextcloud.URL, good, "name: A server already has this name."},
		{"host add cloud-3 --user admin --url " + bare.URL, good, "cloud-3 is not registered"},
		{"host add cloud-4 --user admin --url http://127.0.0.1:1", good, "No Nextcloud answers at this address."},
		{"host check cloud-9", "", "There is no such server."},
		{"host check cloud-9 --password-file -", good, "There is no such server."},
		{"host drain cloud-9", "", "There is no such server."},
	} {
		code, out, errs := w.command(t, tt.stdin, strings.Fields(tt.line)...)
		if code != 1 || !strings.Contains(out+errs, tt.want) {
			t.Errorf("nichoir %s ended with %d: %s%s", tt.line, code, out, errs)
		}
	}
}
