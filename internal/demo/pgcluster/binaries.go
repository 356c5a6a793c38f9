package pgcluster

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNotInstalled is returned when the machine has no PostgreSQL server.
var ErrNotInstalled = errors.New("the PostgreSQL server is not installed (Debian and Ubuntu: apt-get install postgresql)")

// minVersion is the oldest major version that Nichoir's SQL is tried with.
const minVersion = 14

// binaries is one installed PostgreSQL server.
type binaries struct {
	dir     string
	version int // major
}

// findBinaries returns the newest server of the machine, or, where dataDir
// holds a cluster, the one of that cluster's version: a major version cannot
// read another's files.
func findBinaries(dataDir string) (binaries, error) {
	found := installed(searchFolders())
	if len(found) == 0 {
		return binaries{}, ErrNotInstalled
	}
	made, err := os.ReadFile(filepath.Join(dataDir, "PG_VERSION")) //nolint:gosec // within the cluster's own folder
	if errors.Is(err, os.ErrNotExist) {
		if found[0].version < minVersion {
			return binaries{}, fmt.Errorf("PostgreSQL %d is too old, %d or later is needed", found[0].version, minVersion)
		}
		return found[0], nil
	}
	if err != nil {
		return binaries{}, fmt.Errorf("read the cluster's version: %w", err)
	}
	want := strings.TrimSpace(string(made))
	for _, b := range found {
		if strconv.Itoa(b.version) == want {
			return b, nil
		}
	}
	return binaries{}, fmt.Errorf("the cluster was made by PostgreSQL %s, and only %d is installed; install postgresql-%s, or remove %s",
		want, found[0].version, want, filepath.Dir(dataDir))
}

// searchFolders lists where a server may be: the search path, then where
// Debian keeps its versions side by side.
func searchFolders() []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	debian, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return dirs
	}
	return append(dirs, debian...)
}

// installed returns the servers among dirs, newest first.
func installed(dirs []string) []binaries {
	var found []binaries
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) || !executable(dir, "postgres") || !executable(dir, "initdb") || !executable(dir, "pg_ctl") {
			continue
		}
		version, err := majorVersion(filepath.Join(dir, "postgres"))
		if err != nil {
			continue // a wrapper or a broken installation: another folder may do
		}
		found = append(found, binaries{dir: dir, version: version})
	}
	slices.SortStableFunc(found, func(a, b binaries) int { return cmp.Compare(b.version, a.version) })
	return found
}

func executable(dir, name string) bool {
	_, err := exec.LookPath(filepath.Join(dir, name))
	return err == nil
}

// majorVersion asks the server; it prints "postgres (PostgreSQL) 15.18 (Debian …)".
func majorVersion(postgres string) (int, error) {
	out, err := exec.Command(postgres, "--version").Output() //nolint:noctx // prints one line and ends
	if err != nil {
		return 0, fmt.Errorf("ask %s for its version: %w", postgres, err)
	}
	_, after, ok := strings.Cut(string(out), "(PostgreSQL) ")
	if !ok {
		return 0, fmt.Errorf("read the version of %s: unexpected answer %q", postgres, out)
	}
	digits := after[:max(0, strings.IndexFunc(after, func(r rune) bool { return r < '0' || r > '9' }))]
	version, err := strconv.Atoi(digits)
	if err != nil {
		return 0, fmt.Errorf("read the version of %s: %w", postgres, err)
	}
	return version, nil
}
