package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/config"
)

var update = flag.Bool("update", false, "write the generated files instead of comparing them")

const key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func good() map[string]string {
	return map[string]string{
		"NICHOIR_DATABASE_URL": "postgres://nichoir:hunter2@localhost/nichoir",
		"NICHOIR_BASE_URL":     "https://nichoir.example.org/",
		"NICHOIR_SECRET_KEY":   key,
		"NICHOIR_SMTP_HOST":    "smtp.example.org",
		"NICHOIR_SMTP_FROM":    "Nichoir <ne-pas-repondre@mail.example.org>",
	}
}

func environ(set map[string]string) []string {
	list := []string{"PATH=/bin", "NICHOIRS=2"}
	for name, value := range set {
		list = append(list, name+"="+value)
	}
	return list
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environ(good()))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{
		c.DatabaseURL.Reveal(), c.DatabasePool, c.Listen, c.MetricsListen, c.BaseURL, c.Proxies, c.SecretKey.Reveal()[31],
		c.SMTP.Host, c.SMTP.Port, c.SMTP.TLS, c.MailDomain, c.UndoWindow, c.LinkLifetime, c.InvitationLifetime,
		c.SignInLifetime, c.Schedule.Release, c.LogLevel, c.LogFormat,
	}
	want := []any{
		"postgres://nichoir:hunter2@localhost/nichoir", 20, "127.0.0.1:8080", "127.0.0.1:9464",
		config.URL("https://nichoir.example.org"), config.Prefixes(nil), byte(31),
		"smtp.example.org", 0, config.TLS("starttls"), "mail.example.org", 10 * time.Minute, 168 * time.Hour, 720 * time.Hour,
		time.Hour, config.Cron("* * * * *"), slog.LevelInfo, config.LogFormat("json"),
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestEveryProblemNamesItsVariable(t *testing.T) {
	t.Parallel()
	tests := []struct{ variable, value, what string }{
		{"DATABASE_URL", "", "is not set"},
		{"DATABASE_URL", "mysql://x", "postgres://"},
		{"DB_POOL", "many", "whole number"},
		{"DB_POOL", "1", "less than 2"},
		{"WORKERS", "5000", "more than 1000"},
		{"LISTEN", "8080", "host and a port"},
		{"LISTEN", ":http-ish", "for a port"},
		{"METRICS_LISTEN", "127.0.0.1:8080", "NICHOIR_LISTEN"},
		{"BASE_URL", "", "is not set"},
		{"BASE_URL", "nichoir.example.org", "absolute URL"},
		{"BASE_URL", "http://nichoir.example.org", "not https"},
		{"BASE_URL", "https://example.org/nichoir", "has a path"},
		{"BASE_URL", "https://me:pw@example.org", "user name"},
		{"BASE_URL", "mailto:x@example.org", "not an address of the web"},
		{"TRUSTED_PROXIES", "10.0.0.0/8, proxy", `"proxy" is neither`},
		{"SECRET_KEY", "", "is not set"},
		{"SECRET_KEY", "c2hvcnQ=", "5 bytes"},
		{"SECRET_KEY", "not base64!", "not base64"},
		{"SECRET_KEY", strings.Repeat("A", 43) + "=", "zeroes"},
		{"SMTP_HOST", "", "is not set"},
		{"SMTP_HOST", "smtp.example.org:587", "name of a host"},
		{"SMTP_HOST", "smtp example", "name of a host"},
		{"SMTP_TLS", "ssl", `"ssl"`},
		{"SMTP_TLS", "none", "not on this machine"},
		{"SMTP_PORT", "-1", "less than 0"},
		{"SMTP_USER", "nichoir", "NICHOIR_SMTP_USER is"},
		{"SMTP_FROM", "Nichoir", "not an e-mail address"},
		{"MAIL_DOMAIN", "a@b", "not a domain"},
		{"UNDO_WINDOW", "10", "duration"},
		{"UNDO_WINDOW", "-1m", "less than 0s"},
		{"SIGNIN_LIFETIME", "1s", "less than 5m"},
		{"SCHEDULE_SWEEP", "often", "five fields"},
		{"SCHEDULE_SWEEP", "CRON_TZ=Europe/Paris 0 8 * * *", "UTC"},
		{"LOG_LEVEL", "LOUD", "LOUD"},
		{"LOG_FORMAT", "xml", `"xml"`},
		{"SUPPORT_URL", "javascript:alert(1)", "absolute URL"},
		{"LISTNE", ":80", "no setting"},
		{"LISTEN_FILE", "/etc/hosts", "no setting"},
		{"SECRET_KEY_FILE", "/etc/hosts", ""},
		{"SMTP_PASSWORD_FILE", "/nonexistent", "cannot be read"},
	}
	for _, tt := range tests {
		t.Run(tt.variable+"="+tt.value, func(t *testing.T) {
			t.Parallel()
			set := good()
			set["NICHOIR_"+tt.variable] = tt.value
			_, err := config.Load(environ(set))
			var problems *config.Error
			if !errors.As(err, &problems) {
				t.Fatalf("error %v, want problems", err)
			}
			name := strings.TrimSuffix("NICHOIR_"+tt.variable, "_FILE")
			if tt.variable == "SMTP_USER" {
				name = "NICHOIR_SMTP_PASSWORD" // the one that is missing
			}
			if p := problems.Problems[0]; !strings.HasPrefix(p.Variable, name) || !strings.Contains(p.What, tt.what) {
				t.Errorf("%s %s; want %s … %s", p.Variable, p.What, name, tt.what)
			}
		})
	}
}

func TestAllProblemsAtOnceAndNoSecretInThem(t *testing.T) {
	t.Parallel()
	_, err := config.Load(environ(map[string]string{
		"NICHOIR_DATABASE_URL": "hunter2", "NICHOIR_SECRET_KEY": "hunter2", "NICHOIR_UNDO_WINDOW": "soon", "NICHOIR_TYPO": "x",
	}))
	var problems *config.Error
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	var names []string
	for _, p := range problems.Problems {
		names = append(names, strings.TrimPrefix(p.Variable, "NICHOIR_"))
	}
	want := []string{"BASE_URL", "DATABASE_URL", "SECRET_KEY", "SMTP_FROM", "SMTP_HOST", "TYPO", "UNDO_WINDOW"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if text := err.Error(); strings.Contains(text, "hunter2") || !strings.Contains(text, "for example https://nichoir.example.org") {
		t.Errorf("error:\n%s", text)
	}
}

func TestOnlyWhatACommandNeedsIsRequired(t *testing.T) {
	t.Parallel()
	set := map[string]string{"NICHOIR_DATABASE_URL": "postgres:///nichoir"}
	if _, err := config.Load(environ(set), "NICHOIR_DATABASE_URL"); err != nil {
		t.Error(err)
	}
	if _, err := config.Load(environ(set), "NICHOIR_DATABASE_URL", "NICHOIR_SECRET_KEY"); err == nil {
		t.Error("loaded without the key")
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set := good()
	set["NICHOIR_SECRET_KEY"], set["NICHOIR_SECRET_KEY_FILE"] = "", path
	c, err := config.Load(environ(set))
	if err != nil {
		t.Fatal(err)
	}
	if c.SecretKey.Reveal()[1] != 1 {
		t.Error("the key is not the file's")
	}
	set["NICHOIR_SECRET_KEY"] = key
	if _, err := config.Load(environ(set)); err == nil {
		t.Error("both the variable and its file were taken")
	}
}

func TestOlderKeys(t *testing.T) {
	t.Parallel()
	set := good()
	set["NICHOIR_SECRET_KEY_OLD"] = key + ", " + key
	c, err := config.Load(environ(set))
	if err != nil || len(c.OldKeys) != 2 || c.OldKeys[1].Reveal()[31] != 31 {
		t.Fatalf("the older keys are %d (%v)", len(c.OldKeys), err)
	}
	for _, wrong := range []string{key + ",", "hunter2", key + ",hunter2"} {
		set["NICHOIR_SECRET_KEY_OLD"] = wrong
		if _, err := config.Load(environ(set)); err == nil || !strings.Contains(err.Error(), "NICHOIR_SECRET_KEY_OLD holds a key that") ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q got %v", wrong, err)
		}
	}
}

func TestSecretsShowThemselvesToNobody(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environ(good()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, c.DatabaseURL, c.SecretKey, &c.SecretKey)
	}
	fmt.Fprintf(&out, "%+v %#v", c, c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "config", c, "url", c.DatabaseURL, "key", c.SecretKey)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "config", c, "url", c.DatabaseURL, "key", c.SecretKey)
	if err := json.NewEncoder(&out).Encode(c); err != nil { //nolint:musttag // nobody should, and it may not leak
		t.Fatal(err)
	}
	for _, leak := range []string{"hunter2", "68756e74657232", key, "1, 2, 3", "1 2 3", "0x1, 0x2", "000102"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q leaks in:\n%s", leak, out.String())
		}
	}
}

func TestTrustsProxy(t *testing.T) {
	t.Parallel()
	set := good()
	set["NICHOIR_TRUSTED_PROXIES"] = "10.0.0.0/8, 192.0.2.7,2001:db8::/32"
	c, err := config.Load(environ(set))
	if err != nil {
		t.Fatal(err)
	}
	for peer, want := range map[string]bool{
		"10.1.2.3": true, "192.0.2.7": true, "::ffff:192.0.2.7": true, "2001:db8::1": true,
		"192.0.2.8": false, "127.0.0.1": false, "::1": false,
	} {
		if got := c.TrustsProxy(netip.MustParseAddr(peer)); got != want {
			t.Errorf("TrustsProxy(%s) = %t", peer, got)
		}
	}
}

func TestVariablesAreDocumentedAndDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range config.Variables() {
		if v.Help == "" || seen[v.Name] {
			t.Errorf("%s: help %q, seen before: %t", v.Name, v.Help, seen[v.Name])
		}
		seen[v.Name] = true
		if v.Default == "" {
			continue
		}
		set := good()
		set[v.Name] = v.Default
		if _, err := config.Load(environ(set)); err != nil {
			t.Errorf("the default of %s is refused: %v", v.Name, err)
		}
	}
}

// An error is traced to its variable by the field's name.
func TestABadValueIsReportedUnderItsOwnName(t *testing.T) {
	t.Parallel()
	for _, v := range config.Variables() {
		set := good()
		set["NICHOIR_SMTP_USER"], set["NICHOIR_SMTP_PASSWORD"] = "nichoir", "hunter2"
		set["NICHOIR_INBOX_HOST"], set["NICHOIR_INBOX_ADDRESS"] = "imap.example.org", "aide@example.org"
		set["NICHOIR_INBOX_USER"], set["NICHOIR_INBOX_PASSWORD"] = "nichoir", "hunter2"
		set[v.Name] = "\x01 not good for anything"
		_, err := config.Load(environ(set))
		var problems *config.Error
		switch anything := strings.HasSuffix(v.Name, "_USER") || strings.HasSuffix(v.Name, "_PASSWORD"); {
		case errors.As(err, &problems):
			if problems.Problems[0].Variable != v.Name {
				t.Errorf("a bad %s is reported as %s", v.Name, problems.Problems[0].Variable)
			}
		case !anything:
			t.Errorf("a bad %s is taken", v.Name)
		}
	}
}

func TestGeneratedFiles(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(io.Writer) error{
		"nichoir.env.example": config.WriteEnvExample,
		"configuration.md": func(w io.Writer) error {
			fmt.Fprint(w, "# Settings\n\nMade from `internal/config`: `go test ./internal/config -update`.\n\n")
			return config.WriteMarkdown(w)
		},
	} {
		path := filepath.Join("..", "..", "deploy", name)
		var want bytes.Buffer
		if err := write(&want); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(got)); diff != "" {
			t.Errorf("deploy/%s is not up to date, run go test ./internal/config -update (-want +got):\n%s", name, diff)
		}
	}
}

// deploy/README.md has the shell read the file that systemd reads.
func TestTheExampleIsForTheShellToo(t *testing.T) {
	t.Parallel()
	var example bytes.Buffer
	if err := config.WriteEnvExample(&example); err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	var hint string
	for line := range strings.Lines(example.String()) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "#")
		name, value, setting := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, " For example: "):
			hint = strings.TrimPrefix(line, " For example: ")
		case !setting || !strings.HasPrefix(name, "NICHOIR_"):
		case name == "NICHOIR_SECRET_KEY":
			file.WriteString(name + "=" + good()[name] + "\n")
		case value == "" && good()[name] != "": // required: filled in as the line above it says
			file.WriteString(name + "=" + hint + "\n")
		default:
			file.WriteString(line + "\n")
		}
	}
	path := filepath.Join(t.TempDir(), "nichoir.env")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	sh := exec.CommandContext(t.Context(), "/bin/sh", "-c", `set -ea; . "$1"; exec env`, "sh", path)
	sh.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("the shell does not read the file: %v\n%s", err, out)
	}
	c, err := config.Load(strings.Split(string(out), "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Nichoir <ne-pas-repondre@example.org>"; c.SMTP.From != want || c.Schedule.Sweep != "*/30 * * * *" {
		t.Errorf("read: sender %q, sweep %q", c.SMTP.From, c.Schedule.Sweep)
	}
}

func TestHelpListsEveryVariable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := config.WriteHelp(&out); err != nil {
		t.Fatal(err)
	}
	for _, v := range config.Variables() {
		if !strings.Contains(out.String(), v.Name+" ") {
			t.Errorf("the help lacks %s", v.Name)
		}
	}
}

func TestAMailboxIsGivenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	whole := map[string]string{
		"HOST": "imap.example.org", "USER": "nichoir", "PASSWORD": "hunter2", "ADDRESS": "aide@courriel.example.org",
	}
	for name, tc := range map[string]struct {
		change map[string]string
		wrong  string // the variable that is named; "" none
	}{
		"whole":            {},
		"no password":      {map[string]string{"PASSWORD": ""}, "NICHOIR_INBOX_PASSWORD"},
		"no user":          {map[string]string{"USER": ""}, "NICHOIR_INBOX_USER"},
		"no address":       {map[string]string{"ADDRESS": ""}, "NICHOIR_INBOX_ADDRESS"},
		"a name with it":   {map[string]string{"ADDRESS": "Aide <aide@example.org>"}, "NICHOIR_INBOX_ADDRESS"},
		"no host":          {map[string]string{"HOST": ""}, "NICHOIR_INBOX_HOST"},
		"a password alone": {map[string]string{"HOST": "", "USER": "", "ADDRESS": ""}, "NICHOIR_INBOX_HOST"},
		"in the clear":     {map[string]string{"TLS": "none"}, "NICHOIR_INBOX_TLS"},
		"on this machine":  {map[string]string{"TLS": "none", "HOST": "127.0.0.1"}, ""},
		"a URL for a host": {map[string]string{"HOST": "imaps://imap.example.org"}, "NICHOIR_INBOX_HOST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := good()
			for _, from := range []map[string]string{whole, tc.change} {
				for k, v := range from {
					set["NICHOIR_INBOX_"+k] = v
				}
			}
			c, err := config.Load(environ(set))
			var problems *config.Error
			switch {
			case tc.wrong == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.wrong == "" && c.Inbox.Domain() != "courriel.example.org":
				t.Errorf("the domain is %q", c.Inbox.Domain())
			case tc.wrong != "" && (!errors.As(err, &problems) || problems.Problems[0].Variable != tc.wrong):
				t.Errorf("got %v, want a word about %s", err, tc.wrong)
			}
		})
	}
}

func TestASolutionIsPromisedNoSoonerThanAnAnswer(t *testing.T) {
	t.Parallel()
	set := good()
	set["NICHOIR_ANSWER_PROMISE"], set["NICHOIR_SOLUTION_PROMISE"] = "14h", "7h"
	_, err := config.Load(environ(set))
	var problems *config.Error
	if !errors.As(err, &problems) || problems.Problems[0].Variable != "NICHOIR_SOLUTION_PROMISE" {
		t.Errorf("got %v", err)
	}
	set["NICHOIR_SOLUTION_PROMISE"] = "14h"
	if _, err := config.Load(environ(set)); err != nil {
		t.Errorf("as soon as an answer: %v", err)
	}
}
