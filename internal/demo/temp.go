package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Temp is a temporary folder that is held as long as its process lives, so that what a killed process left can be told from
// what is in use.
type Temp struct {
	Path string
	lock *flock.Flock
}

// settleTime is how young a folder without a lock may be and still belong to a process that is just making it.
const settleTime = time.Minute

// TempFolder makes a temporary folder that any account of the machine may pass through, and removes those of the same prefix
// that killed processes left.
func TempFolder(prefix string) (*Temp, error) {
	sweepTemp(prefix)
	path, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	t := &Temp{Path: path}
	if t.lock, err = hold(filepath.Join(path, lockName)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	if err := os.Chmod(path, 0o711); err != nil { //nolint:gosec // the account that runs PostgreSQL passes through
		return nil, errors.Join(fmt.Errorf("open the temporary folder: %w", err), t.Remove())
	}
	return t, nil
}

// sweepTemp removes what it can; what it cannot remove does no harm.
func sweepTemp(prefix string) {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return // a prefix with brackets
	}
	for _, path := range left {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			continue
		}
		if _, err := os.Stat(filepath.Join(path, lockName)); err != nil && time.Since(info.ModTime()) < settleTime {
			continue
		}
		lock, err := hold(filepath.Join(path, lockName))
		if err != nil {
			continue
		}
		_ = errors.Join(os.RemoveAll(path), lock.Unlock())
	}
}

// Remove removes the folder with all that is in it.
func (t *Temp) Remove() error {
	if err := errors.Join(os.RemoveAll(t.Path), t.lock.Unlock()); err != nil {
		return fmt.Errorf("remove the temporary folder: %w", err)
	}
	return nil
}

// FreeAddresses are two addresses of this machine on which nobody listens now.
func FreeAddresses(ctx context.Context) (first, second string, err error) {
	var found [2]string
	for i := range found {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address(loopback, 0))
		if err != nil {
			return "", "", fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // nobody has connected
		found[i] = l.Addr().String()
	}
	return found[0], found[1], nil
}
