package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "nichoir/"

// mayImport says which folders of the project a folder's code may import, test files exempt. A folder speaks for those
// below it; the longest name counts. What is not listed here may not exist: a new folder needs a decision.
func mayImport() map[string][]string {
	services := []string{"internal/onboarding", "internal/support", "internal/identity", "provisioning"}
	plain := []string{"internal/config", "internal/i18n", "internal/metrics", "internal/mail", "internal/mail/incoming", "internal/problem", "templates"}
	with := slices.Concat[[]string]
	return map[string][]string{
		"cmd/nichoir":  {"internal/app"},
		"internal/app": with(services, plain, []string{"internal/demo", "internal/postgres", "internal/queue", "internal/web", "nextcloud", "migrations"}),
		// Not app: the demonstration is a set of parts that app puts together.
		"internal/demo": with(services, plain, []string{"internal/postgres", "nextcloud", "nextcloud/nextcloudtest", "migrations"}),

		"internal/web": with(services, plain),
		// River's client is in queue, its insertion in postgres: two halves of one adapter.
		"internal/queue":    with(services, plain, []string{"internal/postgres"}),
		"internal/postgres": with(services, []string{"internal/metrics", "internal/problem", "migrations"}),

		"internal/onboarding": {"provisioning", "internal/identity", "internal/problem", "internal/typed"},
		"internal/support":    {"provisioning", "internal/identity", "internal/problem", "internal/typed"},
		"internal/identity":   {"internal/problem"},
		"internal/problem":    {},
		"internal/typed":      {},
		"provisioning":        {"nextcloud", "internal/problem"},

		"internal/config":  {},
		"internal/i18n":    {"templates"},
		"internal/metrics": {},
		"internal/mail":    {"internal/i18n", "templates"},
		// What comes in is read without knowing what it is for.
		"internal/mail/incoming": {"internal/mail"},

		"nextcloud":               {},
		"nextcloud/nextcloudtest": {"nextcloud"},
		"migrations":              {},
		"templates":               {},

		// For tests alone; nobody's code may import them.
		"internal/testdb":       {"internal/demo"},
		"internal/mail/dovecot": {},
		"internal/e2e":          {},
	}
}

// onlyIn says which folders may import a library; every other reaches what it does through them.
func onlyIn() map[string][]string {
	return map[string][]string{
		"github.com/go-resty/resty":      {"nextcloud"},
		"github.com/studio-b12/gowebdav": {"nextcloud"},
		"github.com/gorilla/mux":         {"internal/web"},
		"github.com/riverqueue/river":    {"internal/queue", "internal/postgres"},
	}
}

// source is what go list tells of a package.
type source struct {
	ImportPath string   `json:"ImportPath"`
	Imports    []string `json:"Imports"`
}

func TestImportsFollowTheDesign(t *testing.T) {
	t.Parallel()
	rules := mayImport()
	packages := listPackages(t)
	if len(packages) < 2 {
		t.Fatalf("go list found %d packages, so this test shows nothing", len(packages))
	}
	for _, p := range packages {
		path := strings.TrimPrefix(p.ImportPath, module)
		from, known := folder(rules, path)
		if !known {
			t.Errorf("%s is in no folder of the design", path)
			continue
		}
		for _, imported := range p.Imports {
			checkOurs(t, rules, from, path, imported)
			checkLibrary(t, from, path, imported)
		}
	}
}

func checkOurs(t *testing.T, rules map[string][]string, from, path, imported string) {
	t.Helper()
	inner, ours := strings.CutPrefix(imported, module)
	if !ours {
		return
	}
	if to, _ := folder(rules, inner); to != from && !slices.Contains(rules[from], to) {
		t.Errorf("%s imports %s, and %s may import only %v", path, inner, from, rules[from])
	}
}

func checkLibrary(t *testing.T, from, path, imported string) {
	t.Helper()
	for library, folders := range onlyIn() {
		if (imported == library || strings.HasPrefix(imported, library+"/")) && !slices.Contains(folders, from) {
			t.Errorf("%s imports %s, which only %v may", path, imported, folders)
		}
	}
}

// folder is the longest name of the rules that path is or lies below.
func folder(rules map[string][]string, path string) (string, bool) {
	best, found := "", false
	for name := range maps.Keys(rules) {
		if (path == name || strings.HasPrefix(path, name+"/")) && len(name) >= len(best) {
			best, found = name, true
		}
	}
	return best, found
}

func listPackages(t *testing.T) []source {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list the packages: %v\n%s", err, stderr.String())
	}
	var packages []source
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p source
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatalf("read what go list printed: %v", err)
		}
		packages = append(packages, p)
	}
}

func TestFolderIsTheLongestThatFits(t *testing.T) {
	t.Parallel()
	rules := mayImport()
	for path, want := range map[string]string{
		"nextcloud": "nextcloud", "nextcloud/nextcloudtest": "nextcloud/nextcloudtest", "internal/demo/pgcluster": "internal/demo",
		"internal/webhooks": "", "nextcloudish": "",
	} {
		if got, _ := folder(rules, path); got != want {
			t.Errorf("folder of %s = %q, want %q", path, got, want)
		}
	}
}
