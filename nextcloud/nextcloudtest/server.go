package nextcloudtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Version is the Nextcloud whose recorded behaviour a Server has.
type Version int

// The versions that were recorded.
const (
	// V27 is Nextcloud 27.1.0 with Team folders 15.3.0.
	V27 Version = iota + 1
	// V32 is Nextcloud 32.0.1 with Team folders 20.1.5.
	V32
)

// String returns the version as status.php gives it.
func (v Version) String() string {
	if v == V27 {
		return "27.1.0"
	}
	return "32.0.1"
}

// Apps of an office suite, for Options.Apps.
const (
	// Collabora is the app of the Collabora suite.
	Collabora = "richdocuments"
	// OnlyOffice is the app of the OnlyOffice suite.
	OnlyOffice = "onlyoffice"
)

const (
	defaultAdmin         = "admin"
	defaultAdminPassword = "un-mot-de-passe-pour-les-essais"
	shutdownPatience     = 5 * time.Second
	maxBody              = 64 << 20
)

// Options says what server to simulate. The zero value is a 32.0.1.
type Options struct {
	// Version is the recorded server to behave as; V32 when zero.
	Version Version
	// AdminUser is the administrator's account; "admin" when empty.
	AdminUser string
	// AdminPassword is its password; a fixed one when empty.
	AdminPassword string
	// Apps are enabled besides the recorded default set.
	Apps []string
	// PasswordPolicy says whether the app is there that wants ten characters;
	// as recorded (27 without, 32 with) when nil.
	PasswordPolicy *bool
	// BruteForce makes failed logins slow and, after ten, closes the server to
	// the address they came from.
	BruteForce bool
	// Latency is the answering time of every call; none when zero.
	Latency time.Duration
	// Now is the server's clock; time.Now when nil.
	Now func() time.Time
	// Sleep waits for d or until ctx is done, whose error it then returns. It
	// serves Latency, faults and brute-force delays; a real timer when nil.
	Sleep func(ctx context.Context, d time.Duration) error
	// Addr is where Start and Listen listen; "127.0.0.1:0" when empty.
	Addr string
}

func (o Options) withDefaults() Options {
	if o.Version != V27 {
		o.Version = V32
	}
	if o.AdminUser == "" {
		o.AdminUser = defaultAdmin
	}
	if o.AdminPassword == "" {
		o.AdminPassword = defaultAdminPassword
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	o.Apps = slices.Clone(o.Apps)
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Server is a simulated Nextcloud. It is an http.Handler and safe for
// concurrent use: reads run side by side, effects one after the other.
type Server struct {
	// URL is the address of a listening server, without a slash at the end;
	// "http://nextcloud.test" for one that does not listen.
	URL string
	// AdminUser and AdminPassword open the server.
	AdminUser, AdminPassword string

	opts   Options
	mu     sync.RWMutex // guards store
	store  *store
	faults *faultBox
	log    callLog
	guard  loginGuard

	listening sync.Mutex // guards httpServer and served
	http      *http.Server
	served    chan struct{}
}

// New returns a server that does not listen: call it through ServeHTTP, or
// through Transport, which needs no socket. It holds the administrator alone.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		URL:           "http://nextcloud.test",
		AdminUser:     o.AdminUser,
		AdminPassword: o.AdminPassword,
		opts:          o,
		store:         newStore(o),
		faults:        newFaultBox(),
	}
	return s
}

// Start returns a server that listens on o.Addr; Close stops it. Like
// httptest.NewServer it panics when it cannot listen: use New and Listen where
// that is to be handled.
func Start(o Options) *Server {
	s := New(o)
	if err := s.Listen(); err != nil {
		panic(err)
	}
	return s
}

// Listen makes a server made by New or Load listen on Options.Addr and sets URL.
func (s *Server) Listen() error {
	s.listening.Lock()
	defer s.listening.Unlock()
	if s.http != nil {
		return errors.New("nextcloudtest: listening already")
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(context.Background(), "tcp", s.opts.Addr)
	if err != nil {
		return fmt.Errorf("nextcloudtest: listen on %s: %w", s.opts.Addr, err)
	}
	s.URL = "http://" + listener.Addr().String()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.served = make(chan struct{})
	go func(server *http.Server, done chan<- struct{}) {
		defer close(done)
		// Serve returns when Close shuts the server down, and the listener is
		// gone then: there is nobody to tell.
		_ = server.Serve(listener)
	}(s.http, s.served)
	return nil
}

// Close stops listening, waits for the calls under way and forgets effects that
// have not landed. The state stays readable.
func (s *Server) Close() {
	s.faults.stop()
	s.listening.Lock()
	defer s.listening.Unlock()
	if s.http == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		// Calls that are still waiting lose their connection, as with a server
		// that is switched off.
		_ = s.http.Close()
	}
	<-s.served
	s.http = nil
}

// call is one request as the simulator works on it: read whole, so that an
// effect can land when the connection is long gone.
type call struct {
	Request
	http    *http.Request
	body    []byte
	chunked bool // sent without a length
	index   int  // in the log
	route   route
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := s.read(r)
	if err != nil {
		http.Error(w, "unreadable request", http.StatusBadRequest)
		return
	}
	a, dropped := s.perform(r.Context(), c)
	if dropped {
		s.log.finish(c.index, 0)
		panic(http.ErrAbortHandler)
	}
	s.log.finish(c.index, a.status)
	a.write(w, r.Method)
}

func (s *Server) read(r *http.Request) (*call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	rt := parseRoute(r.Method, r.URL.EscapedPath())
	account, _, _ := r.BasicAuth()
	c := &call{
		Request: Request{Method: r.Method, Path: r.URL.Path, Call: rt.call, Account: account},
		http:    r,
		body:    body,
		chunked: r.ContentLength < 0,
		route:   rt,
	}
	c.Values = parseValues(r, body)
	c.index = s.log.add(c.Request)
	return c, nil
}

// perform lets the faults have their say around the effect. dropped means that
// the client gets no answer.
func (s *Server) perform(ctx context.Context, c *call) (a *answer, dropped bool) {
	f, wait := s.faults.take(c.Request)
	if wait += s.opts.Latency; wait > 0 {
		if err := s.opts.Sleep(ctx, wait); err != nil {
			return nil, true
		}
	}
	switch f.Kind {
	case DropBefore:
		return nil, true
	case Late:
		s.faults.later(f.Delay, func() { s.effect(context.Background(), c) })
		return nil, true
	case DropAfter:
		s.effect(ctx, c)
		return nil, true
	case ErrorAfter:
		s.effect(ctx, c)
		return s.refusal(c, f.status(http.StatusBadGateway)), false
	case Refuse:
		return s.refusal(c, f.status(http.StatusServiceUnavailable)), false
	case HalfAccount:
		if c.Call == CallCreateAccount {
			return s.halfAccount(ctx, c, f), false
		}
	case FullDisk:
		if c.Call.writesFiles() {
			return davError(http.StatusInsufficientStorage, "Sabre\\DAV\\Exception\\InsufficientStorage", "Insufficient space on the disk"), false
		}
	case HalfCopy:
		if c.Call == CallCopy {
			c.route.half = true
			s.effect(ctx, c)
			return s.refusal(c, f.status(http.StatusInternalServerError)), false
		}
	case Latency:
	}
	return s.effect(ctx, c), false
}

// effect carries the call out and notes whether it succeeded.
func (s *Server) effect(ctx context.Context, c *call) *answer {
	a := s.handle(ctx, c)
	if a.success && !c.route.half {
		s.log.done(c.index)
	}
	return a
}

// answer is a response before it is on the wire.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	success bool
}

func (a *answer) write(w http.ResponseWriter, method string) {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	w.WriteHeader(a.status)
	if method == http.MethodHead {
		return
	}
	// A client that hung up meanwhile is its own affair.
	_, _ = w.Write(a.body)
}

// Transport returns a RoundTripper that calls the server without a socket. A
// dropped connection is io.ErrUnexpectedEOF. It honours the request's context.
func (s *Server) Transport() http.RoundTripper { return memoryTransport{s} }

type memoryTransport struct{ server *Server }

// RoundTrip implements http.RoundTripper.
func (t memoryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() { _ = in.Body.Close() }() // a RoundTripper closes the body; there is nothing to do about a failure
	if in.Body != http.NoBody && in.ContentLength == 0 {
		in.ContentLength = -1 // as net/http does for a body of unknown length
	}
	in.RemoteAddr = "127.0.0.1:1"
	c, err := t.server.read(in)
	if err != nil {
		return nil, err
	}
	a, dropped := t.server.perform(r.Context(), c)
	if dropped {
		t.server.log.finish(c.index, 0)
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return nil, io.ErrUnexpectedEOF
	}
	t.server.log.finish(c.index, a.status)
	body := a.body
	if r.Method == http.MethodHead {
		body = nil
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}
