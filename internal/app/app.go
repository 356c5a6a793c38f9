// Package app puts Nichoir together and gives it a command line. Everything is handed over, nothing is found in package
// variables, so that two Nichoirs can run in one process.
//
// It must never decide what a service decides. What is here is wiring, words for an operator, and the order of starting
// and stopping.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"nichoir/internal/config"
	"nichoir/internal/queue"
)

// Options are what an App is made of. Fields without a default are required.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	// Web serves the pages, Work works the queue; metrics are served in either case.
	Web, Work bool

	// Version is told in metrics and to the servers that are called.
	Version string
	// Demo says on every page that nothing is real.
	Demo bool
	// Now is the clock of the services; the queue's schedules, leases and undo windows run on the database's. Nil: time.Now.
	Now func() time.Time
	// Rand is where secrets come from. Nil: crypto/rand.
	Rand io.Reader
	// Transport carries the calls to Nextcloud servers. Nil: a pooled one.
	Transport http.RoundTripper
	// CallsPerSecond is how many calls one Nextcloud server gets from this process at most. 0: 100.
	CallsPerSecond float64
	// Tick is how often the schedules are looked at. 0: half a minute.
	Tick time.Duration
	// LeaseTTL is for how long a process that died keeps its spaces and slots. 0: 90 s.
	LeaseTTL time.Duration
	// Landing is how long a host may go on with a call after its client gave up; closing waits for it after one. 0: 15 min.
	Landing time.Duration
	// Backoff is the pause after a failed attempt at a step. Nil: growing from 5 s to 10 min.
	Backoff func(attempt int) time.Duration
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.CallsPerSecond == 0 {
		o.CallsPerSecond = 100
	}
	return o
}

// App is one Nichoir: pages, work, or both, on one database.
type App struct {
	*Services

	opts     Options
	queue    *queue.Queue // nil without Work
	site     http.Handler // nil without Web
	web      net.Listener // nil until Start, and without Web
	metrics  net.Listener // nil until Start
	cleanups cleanups
	stopping atomic.Bool
	failed   chan error // a server that ended on its own
}

var errStopping = errors.New("stopping")

// New connects to the database, refuses one whose schema is not up to date (ErrStaleSchema), and puts everything together.
// Nothing works or listens before Start; whoever does not call that calls Stop.
func New(ctx context.Context, o Options) (_ *App, err error) {
	o = o.withDefaults()
	a := &App{opts: o, failed: make(chan error, 2), cleanups: cleanups{log: o.Log}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.cleanups.run(context.WithoutCancel(ctx)))
		}
	}()
	if a.Services, err = newServices(ctx, o, &a.cleanups); err != nil {
		return nil, err
	}
	if o.Work {
		if a.queue, err = a.newQueue(o); err != nil {
			return nil, err
		}
	}
	if o.Web {
		if a.site, err = a.newSite(o, a.ready); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// ready says whether Nichoir can work, for whoever sends it requests.
func (a *App) ready(ctx context.Context) error {
	if a.stopping.Load() {
		return errStopping
	}
	if err := a.DB.Pool().Ping(ctx); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	return nil
}

// Start listens, works, and returns. What fails afterwards is told by Failed. The addresses are taken first: one that is
// not free is told before any work begins.
func (a *App) Start(ctx context.Context) error {
	var err error
	if a.metrics, err = a.listen(ctx, "metrics", "NICHOIR_METRICS_LISTEN", a.opts.Config.MetricsListen); err != nil {
		return err
	}
	if a.site != nil {
		if a.web, err = a.listen(ctx, "pages", "NICHOIR_LISTEN", a.opts.Config.Listen); err != nil {
			return err
		}
	}
	a.answer("metrics", a.metrics, a.Metrics.Handler(a.ready))
	if a.queue != nil {
		if err := a.queue.Start(ctx); err != nil {
			return err
		}
		a.cleanups.add("queue", a.queue.Stop)
	}
	if a.site != nil {
		a.answer("pages", a.web, a.site)
	}
	a.opts.Log.InfoContext(ctx, "started", "pages", a.WebAddr(), "metrics", a.MetricsAddr(), "work", a.queue != nil, "version", a.opts.Version)
	return nil
}

// WebAddr is where the pages are served, "" when they are not.
func (a *App) WebAddr() string { return address(a.web) }

// MetricsAddr is where metrics are served, "" before Start.
func (a *App) MetricsAddr() string { return address(a.metrics) }

func address(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

// Failed tells of a server that ended on its own: there is nothing left to do but Stop.
func (a *App) Failed() <-chan error { return a.failed }

// Stop ends everything in the reverse order of its start: no new request, no new job; what is under way ends or is left for
// the next start. Until ctx ends it waits.
func (a *App) Stop(ctx context.Context) error {
	a.stopping.Store(true)
	return a.cleanups.run(ctx)
}

// Run starts, waits until ctx is done or something fails, and stops.
func (a *App) Run(ctx context.Context) error {
	err := a.Start(ctx)
	if err == nil {
		select {
		case <-ctx.Done():
			a.opts.Log.InfoContext(ctx, "stopping")
		case err = <-a.failed:
		}
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	return errors.Join(err, a.Stop(stopping))
}

// stopLimit bounds a stop; process supervisors kill after 90 s.
const stopLimit = 60 * time.Second

// HTTP's limits: a page takes a moment, so that who is slower than these is not there to read.
const (
	headerLimit = 10 * time.Second
	readLimit   = 30 * time.Second
	writeLimit  = 60 * time.Second
	idleLimit   = 2 * time.Minute
	drainLimit  = 10 * time.Second
	headBytes   = 32 << 10 // an address and a few headers; what is typed into searches is read from there
)

func (a *App) listen(ctx context.Context, name, variable, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for %s, see %s: %w", name, variable, err)
	}
	a.cleanups.add("the address of "+name, func(context.Context) error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) { // closed by its server, once that answers
			return err //nolint:wrapcheck // named by the clean-up
		}
		return nil
	})
	return l, nil
}

// answer serves requests in the background until it is cleaned up.
func (a *App) answer(name string, l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: headerLimit, ReadTimeout: readLimit, WriteTimeout: writeLimit,
		IdleTimeout: idleLimit, MaxHeaderBytes: headBytes, ErrorLog: slog.NewLogLogger(a.opts.Log.Handler(), slog.LevelWarn)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- fmt.Errorf("serve %s: %w", name, err)
		}
	}()
	a.cleanups.add(name, func(ctx context.Context) error {
		draining, cancel := context.WithTimeout(ctx, drainLimit)
		defer cancel()
		err := server.Shutdown(draining)
		if err != nil {
			err = errors.Join(err, server.Close())
		}
		<-ended
		return err
	})
}
