package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// TLS says how the connection to the mail server is protected.
type TLS string

// The three ways. Opportunistic encryption is not among them: whoever sits in
// between could switch it off.
const (
	StartTLS    TLS = "starttls" // plain first, encrypted before anything is said; usually port 587
	ImplicitTLS TLS = "tls"      // encrypted from the first byte; usually port 465
	NoTLS       TLS = "none"     // towards this machine only
)

const (
	defaultTimeout = 30 * time.Second
	// farewell bounds the QUIT after a mail that is delivered already.
	farewell = 2 * time.Second
)

// Options say which server takes our mails and who we are there.
type Options struct {
	Host string
	Port int // 0 means 587 for StartTLS, 465 for ImplicitTLS, 25 for NoTLS
	TLS  TLS // empty means StartTLS
	// User and Password sign in; without User there is no sign-in.
	User, Password string
	// From is the sender of mails that name none: "Nichoir <ne-pas-repondre@example.org>".
	From string
	// HELO is this machine's name for the server; empty means its host name.
	HELO string
	// Timeout bounds each exchange with the server; 0 means 30 s.
	Timeout time.Duration
	// TLSConfig replaces the default, which verifies Host with the system's
	// certificates and asks for TLS 1.2.
	TLSConfig *tls.Config
	// Now dates the mails; nil means time.Now.
	Now func() time.Time
}

// Sender hands mails to one server, over a new connection for each. It is safe
// for concurrent use.
type Sender struct {
	opts Options
	from *netmail.Address
}

// NewSender checks the options. It does not connect.
func NewSender(opts Options) (*Sender, error) {
	if opts.TLS == "" {
		opts.TLS = StartTLS
	}
	ports := map[TLS]int{StartTLS: 587, ImplicitTLS: 465, NoTLS: 25}
	usual, known := ports[opts.TLS]
	switch {
	case opts.Host == "":
		return nil, errors.New("check the mail server: no host")
	case !known:
		return nil, fmt.Errorf("check the mail server: TLS is %q, not starttls, tls or none", opts.TLS)
	case opts.TLS == NoTLS && !IsLoopback(opts.Host):
		return nil, fmt.Errorf("check the mail server: %s is not this machine, so mails to it have to be encrypted (starttls or tls)", opts.Host)
	case opts.Port < 0 || opts.Port > 65535:
		return nil, fmt.Errorf("check the mail server: port %d does not exist", opts.Port)
	}
	if opts.Port == 0 {
		opts.Port = usual
	}
	if opts.Timeout == 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.TLSConfig == nil {
		opts.TLSConfig = &tls.Config{ServerName: opts.Host, MinVersion: tls.VersionTLS12}
	}
	from, err := netmail.ParseAddress(opts.From)
	if err != nil {
		return nil, fmt.Errorf("check the sender's address: %w", err)
	}
	return &Sender{opts: opts, from: from}, nil
}

// Send hands one mail to the server and returns nil once the server has taken
// responsibility for it. Every error is a *SendError.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg, err := s.build(m)
	if err != nil {
		return &SendError{Stage: "build", cause: err}
	}
	line := &line{opts: s.opts}
	defer line.close()
	stop := context.AfterFunc(ctx, line.close)
	defer stop()
	client, err := gomail.NewClient(s.opts.Host, s.clientOptions(line)...)
	if err != nil {
		return &SendError{Stage: "prepare", cause: err}
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return connectError(errors.Join(err, ctx.Err()))
	}
	err = client.SendWithSMTPClient(conn, msg)
	if err != nil && !msg.IsDelivered() {
		return deliveryError(err, ctx.Err())
	}
	// Delivered: what goes wrong from here on changes nothing for the mail.
	_ = conn.UpdateDeadline(farewell)
	_ = client.CloseWithSMTPClient(conn)
	return nil
}

func (s *Sender) clientOptions(l *line) []gomail.Option {
	set := []gomail.Option{
		gomail.WithPort(s.opts.Port),
		gomail.WithTimeout(s.opts.Timeout),
		gomail.WithTLSConfig(s.opts.TLSConfig),
		gomail.WithDialContextFunc(l.dial),
		gomail.WithoutNoop(),
		gomail.WithoutRset(),
		// Our addresses are ASCII. Asked for all the same, SMTPUTF8 would make a
		// relay bounce what the next server, without it, would have taken.
		gomail.WithoutSMTPUTF8(),
	}
	if s.opts.HELO != "" {
		set = append(set, gomail.WithHELO(s.opts.HELO))
	}
	switch s.opts.TLS {
	case ImplicitTLS:
		set = append(set, gomail.WithSSL()) // line.dial has encrypted already
	case StartTLS:
		set = append(set, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case NoTLS:
		set = append(set, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.opts.User != "" {
		set = append(set,
			gomail.WithUsername(s.opts.User), gomail.WithPassword(s.opts.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return set
}

// line is the connection of one mail. It is closed from outside, because
// go-mail lets ctx bound the dialling only and forgets a connection on which
// the greeting failed.
type line struct {
	opts Options

	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err //nolint:wrapcheck // connectError says what was tried
	}
	if err := l.hold(conn); err != nil {
		return nil, err
	}
	if l.opts.TLS == ImplicitTLS {
		conn = tls.Client(conn, l.opts.TLSConfig) // the handshake comes with the first byte
	}
	return conn, nil
}

// hold remembers the connection, unless it came after the end.
func (l *line) hold(conn net.Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.Join(net.ErrClosed, conn.Close())
	}
	l.conn = conn
	return nil
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close() // closed twice at the end of a good delivery
	}
}

// IsLoopback reports whether a host is this machine, towards which nothing has to be encrypted.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
