package demo

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"nichoir/internal/demo/pgcluster"
	"nichoir/migrations"
)

const (
	keptName = "demo.json"
	lockName = "demo.lock"
	logName  = "nichoir.log"
)

// ErrRunning says that another process runs the demonstration of that folder.
var ErrRunning = errors.New("the demonstration is running already: Ctrl-C stops it in its terminal, --dir gives another one a folder of its own")

// ErrOlder says that the folder's database was made by an older build: until the first release, migrations are edited in place.
var ErrOlder = errors.New("the demonstration's database was made by an older build, whose tables are others")

// kept is what the demonstration remembers between two starts, beside the database, the mails and the simulated servers.
type kept struct {
	// Seeded says that the sample data is whole. Without it the next start begins anew.
	Seeded bool `json:"seeded"`
	// Schema are the digests of the migrations that made the tables.
	Schema map[string]string `json:"schema"`
	// Key seals the secrets in the database.
	Key []byte `json:"key"`
	// Ports by the name of what listens.
	Ports map[string]int `json:"ports"`
	// SecondFactor is the admin's, in base32: whoever runs the demonstration needs its codes.
	SecondFactor string `json:"second_factor"`
	// CloudPassword opens the service accounts of the simulated servers.
	CloudPassword string `json:"cloud_password"`
	// Lead is the public id of the space that is shown first.
	Lead string `json:"lead"`
}

// folder is where the demonstration lives. Nobody else uses it while it is held.
type folder struct {
	path string
	lock *flock.Flock
	kept kept
}

// DefaultDir is where the demonstration lives unless told otherwise. For root it lies where the account that PostgreSQL runs
// as can reach it.
func DefaultDir(environ []string) (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/nichoir-demo", nil
	}
	var home string
	for _, entry := range environ {
		if dir, ok := strings.CutPrefix(entry, "XDG_DATA_HOME="); ok && filepath.IsAbs(dir) {
			return filepath.Join(dir, "nichoir-demo"), nil
		}
		if dir, ok := strings.CutPrefix(entry, "HOME="); ok {
			home = dir
		}
	}
	if home == "" {
		return "", errors.New("there is no home folder: say where with --dir")
	}
	return filepath.Join(home, ".local", "share", "nichoir-demo"), nil
}

// openFolder makes the folder where it is missing, and holds it.
func openFolder(dir string) (*folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", dir, err)
	}
	if err := pgcluster.Reachable(filepath.Join(abs, "postgres")); err != nil {
		return nil, fmt.Errorf("use %s: %w", abs, err)
	}
	if err := onlyOurs(abs); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(abs, 0o711); err != nil { //nolint:gosec // the account that runs PostgreSQL passes through
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	f := &folder{path: abs}
	if f.lock, err = hold(filepath.Join(abs, lockName)); err != nil {
		return nil, fmt.Errorf("hold %s: %w", abs, err)
	}
	if err := f.load(); err != nil {
		return nil, errors.Join(err, f.release())
	}
	return f, nil
}

// onlyOurs refuses a folder that holds something else: it may be removed one day.
func onlyOurs(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", dir, err)
	}
	for _, e := range entries {
		if e.Name() == lockName {
			return nil
		}
	}
	return fmt.Errorf("%s holds other things (%s, for one): give the demonstration a folder of its own with --dir", dir, entries[0].Name())
}

// hold locks a file until it is unlocked or this process dies.
func hold(path string) (*flock.Flock, error) {
	lock := flock.New(path)
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if !held {
		return nil, ErrRunning
	}
	return lock, nil
}

func (f *folder) release() error {
	if err := f.lock.Unlock(); err != nil {
		return fmt.Errorf("release the folder: %w", err)
	}
	return nil
}

func (f *folder) in(name string) string { return filepath.Join(f.path, name) }

func (f *folder) load() error {
	body, err := os.ReadFile(f.in(keptName))
	if errors.Is(err, fs.ErrNotExist) {
		return f.anew()
	}
	if err != nil {
		return fmt.Errorf("read what the last start left: %w", err)
	}
	if err := json.Unmarshal(body, &f.kept); err != nil || len(f.kept.Key) != 32 {
		return fmt.Errorf("%s cannot be read: forget the demonstration's data with --clean, then start again", f.in(keptName))
	}
	if f.kept.Ports == nil {
		f.kept.Ports = map[string]int{}
	}
	if !f.kept.Seeded {
		return f.forget() // the first start was cut short
	}
	return nil
}

// fresh refuses tables that an older build made by migrations that were edited since, and notes those that are new.
func (f *folder) fresh() error {
	sums, err := migrations.Sums()
	if err != nil {
		return err
	}
	stale := len(f.kept.Schema) == 0
	for name, sum := range f.kept.Schema {
		stale = stale || sums[name] != sum
	}
	if stale {
		return fmt.Errorf("%s: %w: forget it with “nichoir demo --clean --dir %[1]s” (make demo-clean), or begin anew with --reset", f.path, ErrOlder)
	}
	f.kept.Schema = sums
	return nil
}

// anew draws the secrets of a first start.
func (f *folder) anew() error {
	schema, err := migrations.Sums()
	if err != nil {
		return err
	}
	f.kept = kept{Schema: schema, Key: make([]byte, 32), Ports: map[string]int{}}
	secret := make([]byte, 12)
	if _, err := rand.Read(f.kept.Key); err != nil {
		return fmt.Errorf("draw a key: %w", err)
	}
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("draw a password: %w", err)
	}
	f.kept.CloudPassword = "nuage-" + base64.RawURLEncoding.EncodeToString(secret)
	return f.keep()
}

// forget empties the folder, but for the lock, which is held, and the ports, which may stand in somebody's bookmarks.
func (f *folder) forget() error {
	ports := f.kept.Ports
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return fmt.Errorf("read the folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		if err := os.RemoveAll(f.in(e.Name())); err != nil {
			return fmt.Errorf("forget the data: %w", err)
		}
	}
	if err := f.anew(); err != nil {
		return err
	}
	if ports != nil {
		f.kept.Ports = ports
	}
	return f.keep()
}

// keep writes what is to be remembered, whole or not at all.
func (f *folder) keep() error {
	body, err := json.MarshalIndent(f.kept, "", "  ")
	if err != nil {
		return fmt.Errorf("write down what to remember: %w", err)
	}
	return writeWhole(f.in(keptName), body)
}

// writeWhole replaces a file in one move, so that a process that is killed leaves the old one or the new one.
func writeWhole(path string, body []byte) error {
	draft := path + ".new"
	if err := os.WriteFile(draft, body, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("put %s in place: %w", filepath.Base(path), err)
	}
	return nil
}

// Clean forgets the demonstration's data. It returns an error that wraps ErrRunning while that runs, and removes nothing
// that is not the demonstration's. The folder itself was there: it says so.
func Clean(dir string) (removed bool, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return false, fmt.Errorf("resolve %s: %w", dir, err)
	}
	if _, err := os.Stat(abs); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err := onlyOurs(abs); err != nil {
		return false, err
	}
	lock, err := hold(filepath.Join(abs, lockName))
	if err != nil {
		return false, fmt.Errorf("forget %s: %w", abs, err)
	}
	removeErr := os.RemoveAll(abs)
	if err := errors.Join(removeErr, lock.Unlock()); err != nil {
		return false, fmt.Errorf("forget the demonstration's data: %w", err)
	}
	return true, nil
}
