// Package mailcatcher is a mail server that delivers nothing: it speaks real
// SMTP, keeps what it receives and shows it in a browser. What is sent to one
// domain also lies in an IMAP mailbox, and a mail can be answered from its page,
// so that a conversation by mail can be played without any mailbox.
//
// The demonstration reads its mails there, and the tests follow the links of
// real mails. It must never listen beyond the loopback interface nor pass a
// mail on.
package mailcatcher

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	defaultLimit = 500
	// maxMessage is far above any mail of ours, in bytes.
	maxMessage = 10 << 20
	// ioTimeout bounds the wait for a silent client.
	ioTimeout = 30 * time.Second
)

// Refusal is a recipient's refusal as the client reads it.
type Refusal struct {
	Code     int    // 450, 550…
	Enhanced [3]int // RFC 3463, such as {5, 1, 1}
	Text     string
}

// Options say where the catcher listens, what it keeps and how it misbehaves.
type Options struct {
	// Addr is a loopback address; empty means 127.0.0.1 and a free port.
	Addr string
	// Dir keeps the mails as .eml files for the next start; empty keeps them in memory only.
	Dir string
	// Limit is how many mails are kept, the latest ones; 0 means 500.
	Limit int
	// Refuse answers RCPT TO; nil accepts everybody. See RefuseExamples.
	Refuse func(recipient string) *Refusal
	// Drop tells for which recipients the connection is cut after the mail was
	// received and before it is acknowledged: the sender cannot know. Nil never does.
	Drop func(recipient string) bool
	// TLS offers STARTTLS, or speaks TLS from the first byte when ImplicitTLS is set.
	TLS         *tls.Config
	ImplicitTLS bool
	// Inbox is a loopback address where mails to InboxDomain can be fetched by
	// IMAP, as InboxUser; empty means nowhere. Port 0 takes a free one.
	Inbox, InboxDomain string
	// HelpAddress is offered as the recipient of new mails; empty offers none.
	HelpAddress string
	// Username and Password, when set, are asked for before a mail is taken.
	Username, Password string
	// Now dates the mails; nil means time.Now.
	Now func() time.Time
}

// Catcher is a running mail server and its mails. It is safe for concurrent use.
type Catcher struct {
	opts     Options
	box      *mailbox
	inbox    *inbox // nil without one
	server   *smtp.Server
	listener net.Listener
	served   chan error
}

// Start reads the mails of an earlier start and listens.
func Start(opts Options) (*Catcher, error) {
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if opts.Limit == 0 {
		opts.Limit = defaultLimit
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if err := loopbackOnly(opts.Addr); err != nil {
		return nil, err
	}
	box, err := openMailbox(opts.Dir, opts.Limit)
	if err != nil {
		return nil, fmt.Errorf("open the mailbox: %w", err)
	}
	c := &Catcher{opts: opts, box: box, served: make(chan error, 1)}
	if c.listener, err = net.Listen("tcp", opts.Addr); err != nil { //nolint:noctx // returns at once
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	if opts.Inbox != "" {
		if c.inbox, err = openInbox(opts, box); err != nil {
			return nil, errors.Join(err, c.listener.Close())
		}
	}
	c.server = c.newServer()
	listener := c.listener
	if opts.ImplicitTLS {
		listener = tls.NewListener(listener, opts.TLS)
	}
	go func() { c.served <- c.server.Serve(listener) }()
	return c, nil
}

// Addr is the host and port that the catcher listens on.
func (c *Catcher) Addr() string { return c.listener.Addr().String() }

// Host is the address without its port.
func (c *Catcher) Host() string { host, _ := c.hostPort(); return host }

// Port is the port alone.
func (c *Catcher) Port() int { _, port := c.hostPort(); return port }

func (c *Catcher) hostPort() (string, int) { return hostPort(c.listener) }

func hostPort(l net.Listener) (string, int) {
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return "", 0
	}
	return addr.IP.String(), addr.Port
}

// Messages returns the mails that are kept, oldest first.
func (c *Catcher) Messages() []Message { return c.box.list() }

// Wait returns the oldest kept mail that matches, or waits for one to arrive.
// It returns an error that wraps ctx's when ctx ends first.
func (c *Catcher) Wait(ctx context.Context, match func(Message) bool) (Message, error) {
	for {
		arrived := c.box.changed() // taken before the look: nothing arrives unseen in between
		for _, m := range c.box.list() {
			if match(m) {
				return m, nil
			}
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("wait for a mail (%d others are here): %w", len(c.box.list()), ctx.Err())
		}
	}
}

// Stop closes the listeners and every connection.
func (c *Catcher) Stop() error {
	err := c.server.Close()
	if c.inbox != nil {
		err = errors.Join(err, c.inbox.stop())
	}
	// Serve may not have taken hold of the listener yet.
	if closeErr := c.listener.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	if serveErr := <-c.served; serveErr != nil && !errors.Is(serveErr, net.ErrClosed) {
		err = errors.Join(err, serveErr)
	}
	if err != nil {
		return fmt.Errorf("stop the mail catcher: %w", err)
	}
	return nil
}

func (c *Catcher) newServer() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		return &session{catcher: c, conn: conn}, nil
	}))
	s.Domain = "mailcatcher.localhost"
	s.MaxMessageBytes = maxMessage
	s.MaxRecipients = 100
	s.ReadTimeout, s.WriteTimeout = ioTimeout, ioTimeout
	s.EnableSMTPUTF8 = true
	if !c.opts.ImplicitTLS {
		s.TLSConfig = c.opts.TLS
	}
	s.AllowInsecureAuth = c.opts.TLS == nil                              // a password may cross the loopback interface in the clear
	s.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // what clients do wrong is the clients' to report
	return s
}

func loopbackOnly(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("read the mail catcher's address: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("the mail catcher takes anybody's mail, so it listens on a loopback address only, not on %q", addr)
	}
	return nil
}
