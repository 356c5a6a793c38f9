package nextcloudtest

import (
	"context"
	"errors"
	"fmt"
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
	maxBody              = 64 << 20 // bytes of a request
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

	listening sync.Mutex // guards what follows
	http      *http.Server
	hangUp    context.CancelFunc // ends the waits of calls under way
	served    chan struct{}
	fresh     freshConns
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
	ctx, hangUp := context.WithCancel(context.Background())
	s.hangUp = hangUp
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnState:         s.fresh.note,
	}
	s.served = make(chan struct{})
	go func(server *http.Server, done chan<- struct{}) {
		defer close(done)
		// Serve returns when Close shuts the server down, and the listener is
		// gone then: there is nobody to tell.
		_ = server.Serve(listener)
	}(s.http, s.served)
	return nil
}

// Close stops listening, ends the waits of the calls under way and forgets
// effects that have not landed. The state stays readable.
func (s *Server) Close() {
	s.faults.stop()
	s.listening.Lock()
	defer s.listening.Unlock()
	if s.http == nil {
		return
	}
	s.hangUp()
	s.fresh.close()
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

// freshConns are connections over which nothing came yet. A client's transport
// opens some to spare, and Shutdown would wait five seconds for each.
type freshConns struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

func (f *freshConns) note(conn net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state != http.StateNew {
		delete(f.conns, conn)
		return
	}
	if f.conns == nil {
		f.conns = map[net.Conn]bool{}
	}
	f.conns[conn] = true
}

func (f *freshConns) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		// The connection is thrown away: how its end goes is of no interest.
		_ = conn.Close()
	}
}
