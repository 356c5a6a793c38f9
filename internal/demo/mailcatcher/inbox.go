package mailcatcher

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"nichoir/internal/mail/incoming"
)

const (
	// InboxUser signs in to the IMAP mailbox.
	InboxUser = "nichoir"
	// InboxPassword is the password for it: the mailbox is on this machine alone.
	InboxPassword = "nichoir"

	inboxName = "INBOX"
	// waitingName is the file, beside the mails, of those that nobody had fetched at the last stop.
	waitingName = "inbox.json"
)

// inbox is the IMAP mailbox of the mails that are sent to one domain. It forgets its numbers with the process, and says so
// by another UIDVALIDITY.
type inbox struct {
	domain   string
	waiting  string // a path; empty keeps nothing
	validity uint32
	user     *imapmemserver.User
	server   *imapserver.Server
	listener net.Listener
	served   chan struct{} // closed when it serves no more

	mu      sync.Mutex
	numbers []int // of the mails, in the order of their UIDs: the first has UID 1
}

// openInbox listens, and puts the mails into the mailbox that were not fetched before the last stop. After a stop by force
// these are all: whoever fetches has to know what came before.
func openInbox(o Options, box *mailbox) (*inbox, error) {
	if err := loopbackOnly(o.Inbox); err != nil {
		return nil, err
	}
	if o.InboxDomain == "" {
		return nil, errors.New("the IMAP mailbox has no domain")
	}
	b := &inbox{domain: strings.ToLower(o.InboxDomain), user: imapmemserver.NewUser(InboxUser, InboxPassword), served: make(chan struct{})}
	b.validity = uint32(max(1, o.Now().Unix()&0xffffffff))
	if err := b.user.Create(inboxName, nil); err != nil {
		return nil, fmt.Errorf("make the IMAP mailbox: %w", err)
	}
	if o.Dir != "" {
		b.waiting = filepath.Join(o.Dir, waitingName)
	}
	if err := b.fill(box); err != nil {
		return nil, err
	}
	var err error
	if b.listener, err = net.Listen("tcp", o.Inbox); err != nil { //nolint:noctx // returns at once
		return nil, fmt.Errorf("listen for IMAP: %w", err)
	}
	b.server = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &inboxSession{inbox: b}, nil, nil
		},
		InsecureAuth: true, // the loopback interface
		Logger:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	go func() {
		defer close(b.served)
		_ = b.server.Serve(b.listener) // what it says after Close means nothing
	}()
	return b, nil
}

// fill reads which mails wait, and forgets it at once.
func (b *inbox) fill(box *mailbox) error {
	var waiting []int
	known := false
	if b.waiting != "" {
		content, err := os.ReadFile(b.waiting)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("read which mails wait: %w", err)
		default:
			known = json.Unmarshal(content, &waiting) == nil
			if err := os.Remove(b.waiting); err != nil {
				return fmt.Errorf("forget which mails waited: %w", err)
			}
		}
	}
	for _, m := range box.list() {
		if known && !slices.Contains(waiting, m.Number) {
			continue
		}
		if err := b.deliver(m); err != nil {
			return err
		}
	}
	return nil
}

// deliver puts a mail into the mailbox, if it is to the domain.
func (b *inbox) deliver(m Message) error {
	if !slices.ContainsFunc(m.To, b.takes) {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.user.Append(inboxName, bytes.NewReader(m.Raw), &imap.AppendOptions{Time: m.At}); err != nil {
		return fmt.Errorf("put the mail into the IMAP mailbox: %w", err)
	}
	b.numbers = append(b.numbers, m.Number)
	return nil
}

// takes tells whether an address is of the domain.
func (b *inbox) takes(address string) bool {
	return strings.HasSuffix(strings.ToLower(address), "@"+b.domain)
}

// stop ends the server and keeps which mails nobody fetched.
func (b *inbox) stop() error {
	err := b.server.Close()
	// Serve may not have taken hold of the listener yet.
	if closeErr := b.listener.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	<-b.served
	return errors.Join(err, b.keep())
}

func (b *inbox) keep() error {
	if b.waiting == "" {
		return nil
	}
	view := imapmemserver.NewUserSession(b.user)
	if _, err := view.Select(inboxName, nil); err != nil {
		return fmt.Errorf("look which mails wait: %w", err)
	}
	defer view.Close()
	found, err := view.Search(imapserver.NumKindUID, &imap.SearchCriteria{NotFlag: []imap.Flag{incoming.KeptFlag}}, &imap.SearchOptions{})
	if err != nil {
		return fmt.Errorf("look which mails wait: %w", err)
	}
	waiting := []int{}
	uids, _ := found.All.(imap.UIDSet)
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, number := range b.numbers {
		if uids.Contains(imap.UID(i + 1)) {
			waiting = append(waiting, number)
		}
	}
	content, err := json.Marshal(waiting)
	if err != nil {
		return fmt.Errorf("write which mails wait: %w", err)
	}
	if err := os.WriteFile(b.waiting, content, 0o600); err != nil {
		return fmt.Errorf("keep which mails wait: %w", err)
	}
	return nil
}

// inboxSession is one client's conversation.
type inboxSession struct {
	*imapmemserver.UserSession // nil until it signed in

	inbox *inbox
}

// Login checks the one account.
func (s *inboxSession) Login(username, password string) error {
	if err := s.inbox.user.Login(username, password); err != nil {
		return err //nolint:wrapcheck // the server answers by its type
	}
	s.UserSession = imapmemserver.NewUserSession(s.inbox.user)
	return nil
}

// Select tells our UIDVALIDITY: the library's begins anew with each process.
func (s *inboxSession) Select(name string, o *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := s.UserSession.Select(name, o)
	if err != nil {
		return nil, err //nolint:wrapcheck // as in Login
	}
	data.UIDValidity = s.inbox.validity
	return data, nil
}

// Status is like Select.
func (s *inboxSession) Status(name string, o *imap.StatusOptions) (*imap.StatusData, error) {
	data, err := s.UserSession.Status(name, o)
	if err != nil {
		return nil, err //nolint:wrapcheck // as in Login
	}
	if o.UIDValidity {
		data.UIDValidity = s.inbox.validity
	}
	return data, nil
}

// InboxHost is where the IMAP mailbox is served, empty without one.
func (c *Catcher) InboxHost() string { host, _ := c.inboxHostPort(); return host }

// InboxPort is its port.
func (c *Catcher) InboxPort() int { _, port := c.inboxHostPort(); return port }

func (c *Catcher) inboxHostPort() (string, int) {
	if c.inbox == nil {
		return "", 0
	}
	return hostPort(c.inbox.listener)
}
