package pgcluster

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/gofrs/flock"
)

const (
	lockName = "nichoir.lock"
	// socketName is what PostgreSQL calls its socket within its folder.
	socketName = ".s.PGSQL." + port
	// maxSocketPath is the longest path that fits struct sockaddr_un everywhere
	// (108 bytes with the final zero on Linux, 104 on the BSDs).
	maxSocketPath = 103
)

// prepareFolder makes the folder and gives it to the cluster's account. It
// refuses a folder that holds anything else, for it changes the owner.
func (c *Cluster) prepareFolder() error {
	dir := c.opts.Dir
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // the account that root drops to must pass
		return fmt.Errorf("make the parent folder: %w", err)
	}
	if err := c.acct.reach(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the folder: %w", err)
	}
	if err := onlyOurs(dir); err != nil {
		return err
	}
	return c.acct.own(dir)
}

// onlyOurs accepts an empty folder, or one where a cluster was begun before.
func onlyOurs(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == lockName {
			return nil
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("the folder holds other things (%s); give the cluster a folder of its own", entries[0].Name())
	}
	return nil
}

// makeSocketDir returns the folder of the socket: within the cluster's own, or,
// where that path is too long for a socket, one in the temporary folder whose
// name follows from it.
func (c *Cluster) makeSocketDir() (string, error) {
	dir := filepath.Join(c.opts.Dir, "run")
	if !fitsSocket(dir) {
		sum := sha256.Sum256([]byte(c.opts.Dir))
		name := "nichoir-pg-" + strconv.Itoa(os.Getuid()) + "-" + hex.EncodeToString(sum[:6])
		dir = filepath.Join(os.TempDir(), name)
		if !fitsSocket(dir) {
			dir = filepath.Join("/tmp", name)
		}
		if err := c.acct.reach(filepath.Dir(dir)); err != nil {
			return "", err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make %s: %w", dir, err)
	}
	// Anybody may make a folder in /tmp: one that is not ours is not used.
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("look at %s: %w", dir, err)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || !c.acct.trusts(st.Uid) {
		return "", fmt.Errorf("%s exists and belongs to somebody else", dir)
	}
	return dir, c.acct.own(dir)
}

func fitsSocket(dir string) bool {
	return len(filepath.Join(dir, socketName)) <= maxSocketPath
}

// lockFile holds path until it is unlocked or this process dies, and tells in it who holds it.
func lockFile(path string) (*flock.Flock, error) {
	lock := flock.New(path)
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if !held {
		holder, _ := os.ReadFile(path) //nolint:gosec // only to be helpful
		return nil, fmt.Errorf("%w (%s)", ErrInUse, bytes.TrimSpace(holder))
	}
	if err := os.WriteFile(path, fmt.Appendf(nil, "process %d\n", os.Getpid()), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write the lock: %w", err), lock.Unlock())
	}
	return lock, nil
}

// readPID returns the postmaster's process number, the first line of postmaster.pid.
func readPID(path string) (int, error) {
	b, err := os.ReadFile(path) //nolint:gosec // within the cluster's own folder
	if err != nil {
		return 0, fmt.Errorf("read postmaster.pid: %w", err)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	pid, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	if err != nil {
		// A crash while it was being written: nobody runs under it.
		return 0, nil //nolint:nilerr // zero is no process
	}
	return pid, nil
}
