package mailcatcher

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const suffix = ".eml"

// mailbox keeps the latest mails, in memory and, with a folder, on disk.
type mailbox struct {
	dir   string
	limit int

	mu    sync.Mutex
	mails []Message // oldest first
	last  int
	bell  chan struct{} // closed at the next arrival
}

// openMailbox reads the mails that an earlier start left in dir.
func openMailbox(dir string, limit int) (*mailbox, error) {
	b := &mailbox{dir: dir, limit: limit, bell: make(chan struct{})}
	if dir == "" {
		return b, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the folder: %w", err)
	}
	for _, e := range entries {
		name, isMail := strings.CutSuffix(e.Name(), suffix)
		number, err := strconv.Atoi(name)
		if !isMail || err != nil {
			continue // not one of ours
		}
		m, err := b.read(e, number)
		if err != nil {
			return nil, err
		}
		b.mails = append(b.mails, m)
		b.last = max(b.last, number)
	}
	slices.SortFunc(b.mails, func(a, b Message) int { return cmp.Compare(a.Number, b.Number) })
	return b, b.trim()
}

func (b *mailbox) read(e fs.DirEntry, number int) (Message, error) {
	raw, err := os.ReadFile(b.path(number))
	if err != nil {
		return Message{}, fmt.Errorf("read a kept mail: %w", err)
	}
	info, err := e.Info()
	if err != nil {
		return Message{}, fmt.Errorf("date a kept mail: %w", err)
	}
	return parse(number, raw, info.ModTime()), nil
}

// add keeps a mail under the next number. The envelope is written above its
// header, as a delivery agent does.
func (b *mailbox) add(from string, to []string, body []byte, at time.Time) (Message, error) {
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "%s: <%s>\r\n", returnPath, from)
	for _, address := range to {
		fmt.Fprintf(&raw, "%s: %s\r\n", deliveredTo, address)
	}
	raw.Write(body)

	b.mu.Lock()
	defer b.mu.Unlock()
	m := parse(b.last+1, raw.Bytes(), at)
	if err := b.write(m); err != nil {
		return Message{}, err
	}
	b.last++
	b.mails = append(b.mails, m)
	close(b.bell)
	b.bell = make(chan struct{})
	return m, b.trim()
}

// write puts the file in place whole or not at all.
func (b *mailbox) write(m Message) error {
	if b.dir == "" {
		return nil
	}
	path := b.path(m.Number)
	if err := os.WriteFile(path+".new", m.Raw, 0o600); err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	if err := os.Chtimes(path+".new", m.At, m.At); err != nil {
		return fmt.Errorf("date the mail: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("put the mail in place: %w", err)
	}
	return nil
}

// trim forgets the oldest mails above the limit.
func (b *mailbox) trim() error {
	for len(b.mails) > b.limit {
		if b.dir != "" {
			if err := os.Remove(b.path(b.mails[0].Number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("forget the oldest mail: %w", err)
			}
		}
		b.mails = slices.Delete(b.mails, 0, 1)
	}
	return nil
}

func (b *mailbox) list() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mails)
}

func (b *mailbox) find(number int) (Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.mails, func(m Message) bool { return m.Number == number })
	if i < 0 {
		return Message{}, false
	}
	return b.mails[i], true
}

// changed is closed when the next mail arrives.
func (b *mailbox) changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bell
}

func (b *mailbox) path(number int) string {
	return filepath.Join(b.dir, fmt.Sprintf("%06d%s", number, suffix))
}
