// Package nextcloud is the client of one Nextcloud server: accounts, groups,
// settings and apps over OCS, Team folders over their own routes, and files
// over WebDAV. It is written against versions 27.1 and 32 and asks neither
// which one it speaks to: where they answer differently it accepts both.
//
// One method is one request. Nothing is retried, nothing is created on the way
// and no redirect is followed, so that a caller who keeps a record of what it
// asked for can trust that record. What a failure means is told by [KindOf],
// what to do about it by [ClassOf], and whether it may nevertheless have taken
// place by [EffectOf]; nobody has to read a message, which comes in the language
// of the account anyway.
//
// The package must never put a password, an account's name or a path into an
// error text or a log, and knows nothing of spaces, plans or queues.
package nextcloud

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
)

// Unlimited is the quota of an account or a Team folder that has none.
const Unlimited int64 = -3

// DefaultTimeout bounds one call, its answer read to the end. A server that
// slows down failed logins answers after 25 seconds; giving up earlier would
// make a wrong password look like a dead server.
const DefaultTimeout = 40 * time.Second

const defaultUserAgent = "nichoir"

// ErrInsecure is returned by [New] for plain http to anything but the own
// machine: every request carries a password.
var ErrInsecure = errors.New("plain http is accepted towards the own machine only")

// Options say which server to speak to, and as whom.
type Options struct {
	// BaseURL is the address of the server, with its path if it lives below
	// one: https://nuage.example or https://example.org/nextcloud. Plain http is
	// for the own machine only, whatever the Transport.
	BaseURL string
	// User is the id of the account, as [Client.WhoAmI] tells it. An e-mail
	// address opens OCS calls but is no path of WebDAV.
	User string
	// Password is the account's password or, better, an app password: a call
	// then costs the server a sixth (no slow hash).
	Password string
	// Transport carries the requests; nil makes a pooled one that is shared by
	// this client and all that come of it by [Client.As].
	Transport http.RoundTripper
	// UserAgent is sent with every request; empty means "nichoir".
	UserAgent string
	// Timeout bounds one call; zero means [DefaultTimeout].
	Timeout time.Duration
	// Observe, if set, is told of every call after it ended. It must be quick
	// and safe for concurrent use.
	Observe func(Observation)
}

// Format writes the options without their password, whatever the verb.
func (o Options) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "nextcloud.Options{%s as %s}", displayURL(o.BaseURL), redacted(o.User)) // a fmt.State reports no error worth having
}

// LogValue is what slog writes: the server, never the login.
func (o Options) LogValue() slog.Value {
	return slog.GroupValue(slog.String("server", displayURL(o.BaseURL)))
}

// Observation is one finished call, for metrics: every field but Duration has a
// bounded number of values.
type Observation struct {
	// Call names what was asked, such as "create group".
	Call string
	// Method is the HTTP method.
	Method string
	// Class and Kind are the outcome; ClassDone and KindNone on success.
	Class Class
	Kind  Kind
	// Status is the HTTP status, zero when no answer came.
	Status int
	// Sent counts how often the request went out on a connection: 0 when the
	// server was not reached, and 2 where net/http repeated a plain read on a
	// fresh connection because the kept one had just died. A request that
	// changes something is never repeated once a byte of it was sent. A
	// transport that does not report to httptrace leaves it 0.
	Sent int
	// Duration runs from the start of the call to its answer read and judged.
	Duration time.Duration
}

// Client speaks to one server with one login. It is safe for concurrent use.
type Client struct {
	server *server
	login  *login
}

// server is what clients of one server share, whatever their login.
type server struct {
	base      *url.URL
	transport http.RoundTripper
	rest      *resty.Client
	userAgent string
	timeout   time.Duration
	observe   func(Observation)
}

// login keeps the password in a closure: fmt reaches through the fields of a
// client that is part of another struct, past every Format method, and then
// finds an address.
type login struct {
	user     string
	password func() string
}

func newLogin(user, password string) *login {
	return &login{user: user, password: func() string { return password }}
}

// New checks the options and returns a client; it sends nothing. Errors: a base
// address that is none, or holds a login, a query or a fragment; [ErrInsecure].
func New(o Options) (*Client, error) {
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("check the server's address: %w", err)
	}
	s := &server{base: base, transport: o.Transport, userAgent: o.UserAgent, timeout: o.Timeout, observe: o.Observe}
	if s.transport == nil {
		s.transport = newTransport()
	}
	if s.userAgent == "" {
		s.userAgent = defaultUserAgent
	}
	if s.timeout <= 0 {
		s.timeout = DefaultTimeout
	}
	if s.observe == nil {
		s.observe = func(Observation) {}
	}
	s.rest = newREST(s.transport)
	return &Client{server: s, login: newLogin(o.User, o.Password)}, nil
}

// As returns a client of the same server, over the same connections, with
// another login: a member's, or the account's new app password.
func (c *Client) As(user, password string) *Client {
	return &Client{server: c.server, login: newLogin(user, password)}
}

// User is the account that the client's calls are made with.
func (c *Client) User() string { return c.login.user }

// CloseIdle closes the connections that no call is using, those of all clients
// that share them included.
func (c *Client) CloseIdle() {
	if t, ok := c.server.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Format writes the client without its login, whatever the verb.
func (c Client) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "nextcloud.Client{%s}", c.server.address()) // a fmt.State reports no error worth having
}

// LogValue is what slog writes: the server, never the login.
func (c Client) LogValue() slog.Value {
	return slog.GroupValue(slog.String("server", c.server.address()))
}

func (s *server) address() string {
	if s == nil {
		return ""
	}
	return s.base.String()
}

// newREST returns a resty client that does no more than send: no retry, no
// redirect, no cookie jar (the session of an earlier call would save the server
// some milliseconds, but Nextcloud locks a session while it answers, so that
// parallel calls would queue up behind one another), no logger of its own.
func newREST(transport http.RoundTripper) *resty.Client {
	return resty.NewWithClient(&http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).
		SetRetryCount(0).
		SetDisableWarn(true).
		SetLogger(silent{})
}

// silent keeps resty from writing to standard error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(raw, "/"))
	if err != nil {
		return nil, errors.New("no valid address") // url.Parse quotes its input, which may hold a password
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the scheme is neither https nor http")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("the host is missing")
	case u.User != nil:
		return nil, errors.New("a login does not belong into the address")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("a query or fragment does not belong into the address")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, ErrInsecure
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = strings.TrimSuffix(u.RawPath, "/")
	return u, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// displayURL shows an unchecked address without whatever login it may hold.
func displayURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(no valid address)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func redacted(user string) string {
	if user == "" {
		return "nobody"
	}
	return "somebody"
}
