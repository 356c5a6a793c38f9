// Package web is the front door: it turns requests into calls of the services and their answers into pages. routes.go lists
// every address with who may go there; each handler is a func(w, r) error, and one adapter maps what it returns to a status
// and a page.
//
// It must never decide what a service decides, consume anything on GET, let an address with a token in it reach a log, or
// set a cookie before somebody signs in.
package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/support/webhooks"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// Metrics observes the answers. route is the template of the address ("/suivi/{id}"), never the address itself.
type Metrics interface {
	HTTPRequest(route, method string, status int, took time.Duration)
}

// Options are what a Server is made of. Fields without a default are required.
type Options struct {
	Identity     *identity.Service
	Onboarding   *onboarding.Service
	Provisioning *provisioning.Service
	Directory    *directory.Service
	Linking      *linking.Service
	Tickets      *tickets.Service
	Inbox        *inbox.Service
	Webhooks     *webhooks.Service
	Render       *render.Renderer
	Log          *slog.Logger
	// BaseURL is where people find Nichoir, such as "https://nichoir.example". Cookies are kept to https when it is.
	BaseURL string
	// ParseAddress checks and normalises a mail address.
	ParseAddress func(string) (string, error)

	// Suggest proposes what a mistyped address should have been. Nil: nothing is proposed.
	Suggest func(address string) (string, bool)
	// Metrics observes every answer. Nil: nobody does.
	Metrics Metrics
	// TrustedProxies may say in X-Forwarded-For whom they speak for.
	TrustedProxies []netip.Prefix
	// Ready says whether Nichoir can work, for the health page. Nil: always.
	Ready func(ctx context.Context) error
	// Contact is the page or the mailto: address where people reach the team. "": the pages name none.
	Contact string
	// Guides and Forum are where help starts: documentation for leads, and the community's forum. "": the pages name none.
	Guides, Forum string
	// HelpAddress is where tickets are opened by mail. "": mails are not read.
	HelpAddress string
	// Legal is the operator's legal notice. "": no page links to one.
	Legal string
	// Privacy and Terms are the operator's own texts. "": Nichoir's.
	Privacy, Terms string
	// Demo shows the band that tells that nothing is real.
	Demo bool
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// Rand is where form keys and request ids come from. Nil: crypto/rand.
	Rand io.Reader
	// Timeout bounds one request. 0: 30 s, longer than the longest call that a person waits for.
	Timeout time.Duration
	// UploadTimeout is how much longer a request with files may take. 0: 15 min, for 50 MB over half a megabit a second.
	UploadTimeout time.Duration
	// Steady is how long asking for a link takes at least, so that the time of the answer does not tell whether the address
	// is known. 0: 300 ms.
	Steady time.Duration
}

// Server answers requests. Its handler may be used by many goroutines.
type Server struct {
	opts   Options
	secure bool // the base URL is https
	csrf   *http.CrossOriginProtection
	posted uploads
	saved  uploads // downloads, of which who reads slowly holds as much
}

var errBaseURL = errors.New("the base URL must be http(s)://host, without a path")

// New returns a server.
func New(o Options) (*Server, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("read the base URL: %w", err)
	}
	if base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || strings.Trim(base.Path, "/") != "" {
		return nil, fmt.Errorf("read the base URL: %w", errBaseURL)
	}
	if o.Suggest == nil {
		o.Suggest = func(string) (string, bool) { return "", false }
	}
	if o.Metrics == nil {
		o.Metrics = unobserved{}
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.UploadTimeout == 0 {
		o.UploadTimeout = 15 * time.Minute
	}
	if o.Steady == 0 {
		o.Steady = 300 * time.Millisecond
	}
	s := &Server{opts: o, secure: base.Scheme == "https", csrf: http.NewCrossOriginProtection()}
	// A proxy may hand on another Host than the one that people see.
	if err := s.csrf.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		return nil, fmt.Errorf("trust the base URL: %w", err)
	}
	s.csrf.SetDenyHandler(s.adapt(route{path: "(foreign form)", do: s.refuseForeign}))
	return s, nil
}

// Handler returns the whole site.
func (s *Server) Handler() http.Handler {
	return s.observe(s.protect(s.csrf.Handler(s.router())))
}

type unobserved struct{}

func (unobserved) HTTPRequest(string, string, int, time.Duration) {}
