package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"nichoir/nextcloud/nextcloudtest"
)

// cloudSpec says which server is simulated.
type cloudSpec struct {
	name    string // in Nichoir
	port    string // see ports
	version nextcloudtest.Version
	suite   string // the app
	label   string
}

func cloudSpecs() []cloudSpec {
	return []cloudSpec{
		{"nuage-a", portCloudA, nextcloudtest.V27, nextcloudtest.Collabora, "Nextcloud 27.1 with Collabora"},
		{"nuage-b", portCloudB, nextcloudtest.V32, nextcloudtest.OnlyOffice, "Nextcloud 32.0 with OnlyOffice"},
	}
}

// cloudUser is Nichoir's account on the simulated servers.
const cloudUser = "nichoir"

// cloud is a simulated Nextcloud that remembers. What it did is on the disk before its answer leaves, so that a process that
// is killed leaves servers that know at least what the database knows of them.
type cloud struct {
	cloudSpec
	sim  *nextcloudtest.Server
	page *cloudPage
	log  *slog.Logger
	path string // "" keeps nothing
	url  string

	http   *http.Server
	served chan struct{}

	quiet atomic.Bool   // keeps nothing for now
	asked atomic.Uint64 // effects that are to be kept
	mu    sync.Mutex    // guards kept, and lets one write at a time
	kept  uint64        // effects that are on the disk
}

type cloudOptions struct {
	spec     cloudSpec
	addr     string
	path     string // of the saved state
	password string
	log      *slog.Logger
}

// startCloud starts the server with what it held. lost says that this could not be read: it is put aside, and the server
// begins empty.
func startCloud(ctx context.Context, o cloudOptions) (c *cloud, lost bool, err error) {
	c = &cloud{cloudSpec: o.spec, log: o.log, path: o.path, served: make(chan struct{})}
	options := nextcloudtest.Options{Version: o.spec.version, AdminUser: cloudUser, AdminPassword: o.password,
		Apps: append(spaceApps(), o.spec.suite)}
	if c.sim, err = load(o.path, options); errors.Is(err, fs.ErrNotExist) {
		c.sim = nextcloudtest.New(options)
	} else if err != nil {
		o.log.WarnContext(ctx, "the state of a simulated server cannot be read", "server", o.spec.name, "err", err)
		if err := os.Rename(o.path, o.path+".unreadable"); err != nil {
			return nil, false, fmt.Errorf("put the unreadable state of %s aside: %w", o.spec.name, err)
		}
		c.sim, lost = nextcloudtest.New(options), true
	}
	if c.page, err = newCloudPage(c); err != nil {
		return nil, false, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return nil, false, fmt.Errorf("listen for %s: %w", o.spec.name, err)
	}
	c.url = "http://" + l.Addr().String()
	c.http = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.log.Handler(), slog.LevelWarn)}
	go func() {
		defer close(c.served)
		if err := c.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			o.log.Error("a simulated server ended", "server", o.spec.name, "err", err)
		}
	}()
	return c, lost, nil
}

func load(path string, o nextcloudtest.Options) (*nextcloudtest.Server, error) {
	body, err := os.ReadFile(path) //nolint:gosec // within the demonstration's own folder
	if err != nil {
		return nil, fmt.Errorf("read the saved state: %w", err)
	}
	sim, err := nextcloudtest.Load(bytes.NewReader(body), o)
	if err != nil {
		return nil, fmt.Errorf("read the saved state: %w", err)
	}
	return sim, nil
}

// ServeHTTP answers as the simulated server, which has no pages of its own, and shows people what it holds.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && (r.URL.Path == "/" || r.URL.Path == pageStyle) {
		c.page.ServeHTTP(w, r)
		return
	}
	if changes(r.Method) {
		// Deferred: a fault that drops the connection after the effect leaves by a panic.
		defer c.keepAfter(r.Context())
	}
	c.sim.ServeHTTP(w, r)
}

func changes(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, "PROPFIND":
		return false
	}
	return true
}

func (c *cloud) keepAfter(ctx context.Context) {
	if c.quiet.Load() {
		return
	}
	if err := c.keep(); err != nil {
		c.log.ErrorContext(ctx, "keep the state of a simulated server", "server", c.name, "err", err)
	}
}

// keep writes the state. Of several that ask at once one writes for all.
func (c *cloud) keep() error {
	mine := c.asked.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept >= mine || c.path == "" {
		return nil
	}
	covered := c.asked.Load() // whoever asked until now has had its effect
	var body bytes.Buffer
	if err := c.sim.Save(&body); err != nil {
		return fmt.Errorf("save %s: %w", c.name, err)
	}
	if err := writeWhole(c.path, body.Bytes()); err != nil {
		return err
	}
	c.kept = covered
	return nil
}

// stop ends the server and keeps its state.
func (c *cloud) stop() error {
	c.sim.Close()
	err := c.http.Close()
	<-c.served
	return errors.Join(err, c.keep())
}
