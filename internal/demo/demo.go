// Package demo is the embedded default: Nichoir with everything it needs in one process and one folder, for people who want
// to see it. A private PostgreSQL, two simulated Nextcloud servers, a mail catcher, and sample data of invented
// associations.
//
// It must never listen beyond this machine, touch anything outside its folder, or import package app, which hands it the
// Nichoir to run. Whoever runs it is let in as an administrator: nothing here is for real data.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"
	"time"

	"nichoir/internal/config"
)

// Options are what a demonstration is made of.
type Options struct {
	// Dir holds everything that is kept; see DefaultDir.
	Dir string
	// Listen is where the pages are served, on this machine.
	Listen string
	// Reset forgets what is there first.
	Reset bool
	// Launch puts the Nichoir together.
	Launch Launch
	// Out is where the demonstration tells what it does; Colour lets it use colours there.
	Out    io.Writer
	Colour bool
	// Ready, if set, is told where everything is once all is up.
	Ready func(Places)
}

// Places are the addresses of a running demonstration.
type Places struct {
	Nichoir, Mails, Door, Metrics string
	Clouds                        []Place
	LeadLink, AdminLink, Code     string
	ProviderLink                  string
}

// Place is a named address.
type Place struct{ Name, URL string }

// The demonstration's own pace: a newcomer sees a batch released and its spaces made within a minute.
const (
	undoWindow     = 30 * time.Second
	signInLifetime = 24 * time.Hour
	stopLimit      = 20 * time.Second
	everySecond    = "@every 1s"
	everyTwenty    = "@every 20s"

	// Where help starts, as an operator would name it.
	guides = "https://docs.nextcloud.com/server/latest/user_manual/fr/"
	forum  = "https://framacolibri.org/"

	maxAttempts = 5
)

// Tick is how often the demonstration's schedules are looked at.
const Tick = time.Second

// session is one run of the demonstration.
type session struct {
	Options

	folder  *folder
	log     *slog.Logger
	logFile *os.File
	ground  *Ground
	clouds  []*cloud
	nichoir *Nichoir
	mails   *http.Server
	ports   *ports
	places  Places
	undo    []func(context.Context) error
}

// Run starts everything, tells where it is, and stops everything when ctx ends. A second Run on the same folder goes on
// where the first one stopped, however that came about.
func Run(ctx context.Context, o Options) error {
	began := time.Now()
	if o.Listen != "" { // before anything is prepared
		if _, _, err := splitListen(o.Listen); err != nil {
			return err
		}
	}
	for attempt := 1; ; attempt++ {
		err := run(ctx, o, began)
		// Between the look for a free port and its use another program may have taken it.
		if !errors.Is(err, syscall.EADDRINUSE) || attempt == maxAttempts {
			return err
		}
		o.Reset = false // that was done
	}
}

func run(ctx context.Context, o Options, began time.Time) (err error) {
	s := &session{Options: o}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		err = errors.Join(err, s.stop(stopping))
	}()
	if err := s.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // interrupted while starting
		}
		return err
	}
	s.banner(time.Since(began))
	if o.Ready != nil {
		o.Ready(s.places)
	}
	select {
	case <-ctx.Done():
		s.sayf("\nStopping…")
		return nil
	case err := <-s.nichoir.Failed:
		return fmt.Errorf("run the demonstration: %w", err)
	case <-s.ground.Done():
		return fmt.Errorf("run the demonstration: PostgreSQL ended by itself; its log is %s", s.folder.in("postgres/postgres.log"))
	}
}

func (s *session) sayf(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Out, format+"\n", args...) // when the terminal is gone, nobody is left to complain to
}

// later notes what is to be undone at the end, the last first.
func (s *session) later(undo func(context.Context) error) { s.undo = append(s.undo, undo) }

func (s *session) stop(ctx context.Context) error {
	var errs []error
	for _, undo := range slices.Backward(s.undo) {
		errs = append(errs, undo(ctx))
	}
	return errors.Join(errs...)
}

func (s *session) start(ctx context.Context) error {
	if err := s.open(); err != nil {
		return err
	}
	if !s.folder.kept.Seeded {
		s.sayf("Preparing the demonstration in %s. The first start takes a few seconds…", s.folder.path)
	}
	host, webPort, err := s.choosePorts(ctx)
	if err != nil {
		return err
	}
	if err := s.startGround(ctx); err != nil {
		return err
	}
	moved, err := s.startClouds(ctx)
	if err != nil {
		return err
	}
	cfg, err := s.settings(address(host, webPort))
	if err != nil {
		return err
	}
	if s.nichoir, err = s.Launch(ctx, cfg, s.log); err != nil {
		return fmt.Errorf("put Nichoir together: %w", err)
	}
	s.later(s.nichoir.Stop)
	if err := s.fill(ctx, moved); err != nil {
		return err
	}
	if err := s.nichoir.Start(ctx); err != nil {
		return fmt.Errorf("start Nichoir: %w", err)
	}
	s.places.Nichoir = string(cfg.BaseURL)
	s.places.Metrics = "http://" + cfg.MetricsListen + "/metrics"
	return s.openDoor(ctx)
}

// open takes hold of the folder and begins the log.
func (s *session) open() error {
	var err error
	if s.folder, err = openFolder(s.Dir); err != nil {
		return err
	}
	s.later(func(context.Context) error { return s.folder.release() })
	if s.Reset {
		if err := s.folder.forget(); err != nil {
			return err
		}
	}
	if err := s.folder.fresh(); err != nil {
		return err
	}
	if err := s.folder.keep(); err != nil {
		return err
	}
	s.logFile, err = os.OpenFile(s.folder.in(logName), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("begin the log: %w", err)
	}
	s.later(func(context.Context) error { return s.logFile.Close() })
	s.log = slog.New(slog.NewTextHandler(s.logFile, nil))
	return nil
}

func (s *session) choosePorts(ctx context.Context) (host string, webPort int, err error) {
	s.ports = &ports{kept: s.folder.kept.Ports, said: s.sayf}
	host, asked := loopback, 0
	if s.Listen != "" {
		if host, asked, err = splitListen(s.Listen); err != nil {
			return "", 0, err
		}
	}
	if webPort, err = s.ports.pick(ctx, portWeb, host, asked); err != nil {
		return "", 0, err
	}
	for _, name := range []string{portMetrics, portMails, portSMTP, portIMAP, portCloudA, portCloudB} {
		if _, err := s.ports.pick(ctx, name, loopback, 0); err != nil {
			return "", 0, err
		}
	}
	return host, webPort, s.folder.keep()
}

func (s *session) at(name string) string { return address(loopback, s.folder.kept.Ports[name]) }

func (s *session) startGround(ctx context.Context) error {
	var err error
	s.ground, err = StartGround(ctx, GroundOptions{ClusterDir: s.folder.in("postgres"), MailDir: s.folder.in("mails"),
		SMTPAddr: s.at(portSMTP), InboxAddr: s.at(portIMAP), Durable: true, Log: s.log})
	if err != nil {
		return err
	}
	s.later(s.ground.Stop)
	return nil
}

// startClouds starts the simulated servers. It returns those that Nichoir has to be told about, since they are at another
// address than before or have lost what they held.
func (s *session) startClouds(ctx context.Context) (moved []*cloud, err error) {
	for _, spec := range cloudSpecs() {
		c, lost, err := startCloud(ctx, cloudOptions{spec: spec, addr: s.at(spec.port), path: s.folder.in(spec.name + ".json"),
			password: s.folder.kept.CloudPassword, log: s.log})
		if err != nil {
			return nil, fmt.Errorf("start a simulated server: %w", err)
		}
		s.clouds = append(s.clouds, c)
		s.later(func(context.Context) error { return c.stop() })
		s.places.Clouds = append(s.places.Clouds, Place{spec.label, c.url + "/"})
		if lost {
			s.sayf("What %s held cannot be read any more. It begins empty: its spaces will be shown as gone.", spec.label)
			moved = append(moved, c)
		}
	}
	return moved, nil
}

func (s *session) settings(listen string) (config.Config, error) {
	cfg, err := s.ground.Settings("http://"+listen, [32]byte(s.folder.kept.Key))
	if err != nil {
		return config.Config{}, err
	}
	cfg.Listen, cfg.MetricsListen = listen, s.at(portMetrics)
	cfg.UndoWindow, cfg.SignInLifetime = undoWindow, signInLifetime
	cfg.Schedule.Release, cfg.Schedule.Provision, cfg.Schedule.Sweep = everySecond, everySecond, everyTwenty
	cfg.Schedule.Support, cfg.Schedule.Inbox = everySecond, everySecond
	cfg.GuidesURL, cfg.ForumURL = guides, forum
	return cfg, nil
}

// fill makes the sample data at the first start. Later it tells Nichoir where the servers are, if that changed.
func (s *session) fill(ctx context.Context, lost []*cloud) error {
	if s.folder.kept.Seeded {
		return s.findClouds(ctx, lost)
	}
	for _, c := range s.clouds {
		c.quiet.Store(true) // a first start that is cut short begins anew
	}
	var err error
	s.folder.kept.SecondFactor, s.folder.kept.Lead, err = seed(ctx, s.nichoir, s.clouds, s.folder.kept.CloudPassword)
	if err != nil {
		return fmt.Errorf("make the sample data: %w", err)
	}
	for _, c := range s.clouds {
		c.quiet.Store(false)
		if err := c.keep(); err != nil {
			return err
		}
	}
	s.folder.kept.Seeded = true
	return s.folder.keep()
}

// openDoor serves the mails and the ways in.
func (s *session) openDoor(ctx context.Context) error {
	d, err := s.newDoor(ctx)
	if err != nil {
		return err
	}
	mails, err := s.ground.Mails.Handler()
	if err != nil {
		return fmt.Errorf("read the mail catcher's pages: %w", err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.at(portMails))
	if err != nil {
		return fmt.Errorf("show the mails: %w", err)
	}
	s.mails = &http.Server{Handler: d.handler(mails), ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := s.mails.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the mails are shown no more", "err", err)
		}
	}()
	s.later(func(context.Context) error {
		err := s.mails.Close()
		<-served
		if err != nil {
			return fmt.Errorf("stop showing the mails: %w", err)
		}
		return nil
	})
	s.places.Mails = "http://" + s.at(portMails) + "/"
	s.places.Door = "http://" + s.at(portMails) + "/door"
	if s.places.LeadLink, err = d.link(ctx, d.lead); err != nil {
		return err
	}
	if s.places.AdminLink, err = d.link(ctx, d.admin); err != nil {
		return err
	}
	if s.places.ProviderLink, err = d.link(ctx, d.helper); err != nil {
		return err
	}
	s.places.Code, err = d.code(time.Now())
	return err
}

func (s *session) newDoor(ctx context.Context) (*door, error) {
	d := &door{nichoir: s.nichoir, home: s.places.Nichoir + "/", secret: s.folder.kept.SecondFactor}
	var err error
	if d.pages, err = parsePages(); err != nil {
		return nil, err
	}
	if d.admin, err = s.nichoir.Identity.PersonByEmail(ctx, adminEmail); err != nil {
		return nil, fmt.Errorf("find the admin: %w", err)
	}
	if d.helper, err = s.nichoir.Identity.PersonByEmail(ctx, contactOf(ownProvider)); err != nil {
		return nil, fmt.Errorf("find the provider's person: %w", err)
	}
	v, err := s.nichoir.Provisioning.View(ctx, s.folder.kept.Lead)
	if err != nil {
		return nil, fmt.Errorf("find the lead's space: %w", err)
	}
	for _, a := range v.Accounts {
		if a.Role == "lead" {
			d.login = a.Login
		}
	}
	if d.lead, err = s.nichoir.Identity.Person(ctx, v.Space.PersonID); err != nil {
		return nil, fmt.Errorf("find the lead: %w", err)
	}
	if d.lead.Name == "" {
		d.lead.Name = d.lead.Email
	}
	return d, nil
}
