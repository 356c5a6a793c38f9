package tour

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// entry is what has to be known to clean up after a tour. It holds no secret.
type entry struct {
	// Mark is the one in the names of all that the tour makes.
	Mark string `json:"mark"`
	// Settings are those that the tour changes, with the value they had; "" is none.
	Settings map[string]string `json:"settings"`
}

// journal is a file with the entries of the tours that are not cleaned up yet: in order, that of the running one last. It is
// on the disk before the server is touched.
type journal struct {
	path    string // "": in memory only
	lock    *flock.Flock
	Server  string  `json:"server"`
	Entries []entry `json:"entries"`
}

// ErrBusy says that another tour is under way on the same server.
var ErrBusy = errors.New("another tour is under way on this server")

// JournalFor is the usual journal of tours on a server, below a folder.
func JournalFor(folder, server string) string {
	sum := sha256.Sum256([]byte(server))
	return filepath.Join(folder, "tour-"+hex.EncodeToString(sum[:6])+".json")
}

func openJournal(path, server string) (*journal, error) {
	j := &journal{path: path, Server: server}
	if path == "" {
		return j, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the journal's folder: %w", err)
	}
	lock := flock.New(path + ".lock")
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the journal: %w", err)
	}
	if !held {
		return nil, fmt.Errorf("%w (%s is locked)", ErrBusy, path)
	}
	j.lock = lock
	body, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the journal: %w", err), j.close())
	}
	if err := json.Unmarshal(body, j); err != nil {
		return nil, errors.Join(fmt.Errorf("read the journal %s: %w", path, err), j.close())
	}
	if j.Server != server {
		return nil, errors.Join(fmt.Errorf("the journal %s is of another server, %s", path, j.Server), j.close())
	}
	return j, nil
}

// begin notes a tour of that mark.
func (j *journal) begin(mark string) error {
	j.Entries = append(j.Entries, entry{Mark: mark, Settings: map[string]string{}})
	return j.keep()
}

// changes notes the value that a setting has before the running tour changes it.
func (j *journal) changes(setting, was string) error {
	j.Entries[len(j.Entries)-1].Settings[setting] = was
	return j.keep()
}

// done forgets the oldest entry, whose tour is cleaned up. With the last one the file goes.
func (j *journal) done() error {
	j.Entries = j.Entries[1:]
	return j.keep()
}

// keep writes the journal, to the disk itself, whole or not at all.
func (j *journal) keep() error {
	if j.path == "" {
		return nil
	}
	if len(j.Entries) == 0 {
		if err := os.Remove(j.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget the journal: %w", err)
		}
		return nil
	}
	body, err := json.MarshalIndent(j, "", "  ")
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	draft, err := os.OpenFile(j.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	_, err = draft.Write(body)
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if err := os.Rename(j.path+".new", j.path); err != nil {
		return fmt.Errorf("put the journal in place: %w", err)
	}
	return nil
}

// close lets another tour have the journal. The lock's file stays: removing it would let two tours lock two files of one name.
func (j *journal) close() error {
	if j.lock == nil {
		return nil
	}
	if err := j.lock.Unlock(); err != nil {
		return fmt.Errorf("release the journal: %w", err)
	}
	return nil
}
