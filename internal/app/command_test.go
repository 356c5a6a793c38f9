package app_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/testdb"
	"nichoir/nextcloud/nextcloudtest"
)

var update = flag.Bool("update", false, "write the expected outputs instead of comparing them")

// golden compares an output with testdata/<name>.golden. Addresses of this run stand in it as words.
func (w *world) golden(t *testing.T, name, got string) {
	t.Helper()
	got = strings.NewReplacer(w.nextcloud.URL, "{nextcloud}").Replace(got)
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func commands() []string {
	return []string{"", "serve", "migrate", "host", "host add", "host list", "host check", "host drain", "host reopen",
		"staff", "staff add", "staff list", "staff remove", "staff reset-second-factor", "version"}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	w := &world{}
	for _, command := range commands() {
		args := append(strings.Fields(command), "--help")
		code, out, errs := w.command(t, "", args...)
		if code != 0 || errs != "" {
			t.Errorf("nichoir %s --help ended with %d: %s", command, code, errs)
		}
		example := "nichoir " + command
		if i := strings.Index(out, "Examples:"); i < 0 || !strings.Contains(out[i:], example) {
			t.Errorf("the help of %q shows no example of it:\n%s", command, out)
		}
		for line := range strings.SplitSeq(out, "\n") {
			if n := len([]rune(line)); n > 130 && !strings.Contains(line, "NICHOIR_") {
				t.Errorf("the help of %q has a line of %d characters: %s", command, n, line)
			}
		}
	}
}

func TestServeListsTheSettings(t *testing.T) {
	t.Parallel()
	_, out, _ := (&world{}).command(t, "", "serve", "--help")
	for _, name := range []string{"NICHOIR_DATABASE_URL", "NICHOIR_SECRET_KEY", "NICHOIR_SCHEDULE_SWEEP"} {
		if !strings.Contains(out, name) {
			t.Errorf("serve --help does not name %s", name)
		}
	}
}

func TestAWrongCommandLineEndsWithTwo(t *testing.T) {
	t.Parallel()
	w := &world{}
	for line, want := range map[string]string{
		"serv":                `there is no command "serv"`,
		"host ad":             `there is no command "ad"`,
		"serve --wb":          "unknown flag: --wb",
		"serve now":           `"now" is one word too many`,
		"host add":            "NAME is missing",
		"host add x --user u": "--url is missing",
		"host add x --url u":  "--user is missing",
		"host add x --url u --user u --concurrency 100": "--concurrency is a number from 1 to 64",
		"host add x --url u --user u --suite word":      `--suite is collabora or onlyoffice, not "word"`,
		"staff add":             "EMAIL is missing",
		"staff add a@b.example": "--name is missing",
		"staff remove":          "EMAIL is missing",
	} {
		code, out, errs := w.command(t, "", strings.Fields(line)...)
		if code != 2 || !strings.Contains(errs, want) || out != "" {
			t.Errorf("nichoir %s ended with %d: %s%s", line, code, out, errs)
		}
	}
}

func TestABrokenConfigurationNamesTheVariable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	i := slices.IndexFunc(w.environ, func(s string) bool { return strings.HasPrefix(s, "NICHOIR_SECRET_KEY") })
	w.environ[i] = "NICHOIR_SECRET_KEY=hunter2"
	for _, line := range []string{"serve", "host list", "staff add ada@b.example --name Ada --role admin"} {
		code, _, errs := w.command(t, "", strings.Fields(line)...)
		if code != 1 || !strings.Contains(errs, "NICHOIR_SECRET_KEY is not base64") && !strings.Contains(errs, "NICHOIR_SECRET_KEY holds") || strings.Contains(errs, "hunter2") {
			t.Errorf("nichoir %s ended with %d: %s", line, code, errs)
		}
	}
}

func TestAStaleSchemaIsRefusedUntilMigrated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.environ[0] = "NICHOIR_DATABASE_URL=" + testdb.EmptyDSN(t)
	for _, line := range []string{"serve", "host list"} {
		code, _, errs := w.command(t, "", strings.Fields(line)...)
		if code != 1 || !strings.Contains(errs, "nichoir migrate") {
			t.Errorf("on an empty database, nichoir %s ended with %d: %s", line, code, errs)
		}
	}
	if out := w.must(t, "migrate"); !strings.Contains(out, "(it was at 0)") {
		t.Errorf("the first migration says: %s", out)
	}
	if out := w.must(t, "migrate"); !strings.Contains(out, "is up to date") {
		t.Errorf("the second migration says: %s", out)
	}
	w.must(t, "host", "list")
}

func TestADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.environ[0] = "NICHOIR_DATABASE_URL=postgres://nichoir:hunter2@127.0.0.1:1/nichoir"
	code, _, errs := w.command(t, "", "serve")
	if code != 1 || !strings.Contains(errs, "NICHOIR_DATABASE_URL: reach the database") || strings.Contains(errs, "hunter2") {
		t.Errorf("ended with %d: %s", code, errs)
	}
}

func TestStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.golden(t, "staff_list_none", w.must(t, "staff", "list"))
	w.golden(t, "staff_add", w.must(t, "staff", "add", "Ada@Example.org", "--name", "Ada Lovelace", "--role", "admin"))
	if out := w.must(t, "staff", "add", "ada@example.org", "--name", "Ada Lovelace", "--role", "reviewer"); !strings.Contains(out, "a reviewer") {
		t.Errorf("the role was not changed: %s", out)
	}
	w.must(t, "staff", "add", "bob@example.org", "--name", "Bob", "--role", "admin")
	w.golden(t, "staff_list", w.must(t, "staff", "list"))
	w.golden(t, "staff_reset", w.must(t, "staff", "reset-second-factor", "BOB@example.org"))
	w.golden(t, "staff_remove", w.must(t, "staff", "remove", "BOB@example.org"))
	if out := w.must(t, "staff", "list"); strings.Contains(out, "bob@") {
		t.Errorf("who left is listed still:\n%s", out)
	}
	for line, want := range map[string]string{
		"staff add ada --name Ada --role admin":            "email: This address does not look complete",
		"staff add ada@example.org --name Ada --role boss": "role: There is no such role.",
		"staff remove bob@example.org":                     "Nobody of the team has this address.",
		"staff reset-second-factor eve@example.org":        "Nobody of the team has this address.",
	} {
		code, _, errs := w.command(t, "", strings.Fields(line)...)
		if code != 1 || !strings.Contains(errs, want) {
			t.Errorf("nichoir %s ended with %d: %s", line, code, errs)
		}
	}
}
