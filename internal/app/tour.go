package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"nichoir/internal/demo"
	"nichoir/internal/demo/tour"
	"nichoir/internal/identity"
	"nichoir/provisioning"
)

// tourFlags are what the command line says of a tour.
type tourFlags struct {
	url, user, passwordFile string
	journal                 string
}

func tourCommand(t Terminal) *cobra.Command {
	var f tourFlags
	cmd := &cobra.Command{
		Use:   "tour",
		Short: "Rehearse the main job, from the form to a space and back",
		Long: `Rehearse the main job, unattended and through the front door: send the real form, follow the links of real mails, approve
as an admin does, wait for the queue, choose the lead's password, log in to Nextcloud over WebDAV as that lead, find the
Team folder with its quota and first documents, write a file, invite a member, read the file as that member, compare the
quotas with the plan and with /metrics, find a provider that was listed before and accepts by a mail's link, ask it for help
on a page, answer as the provider by mail, solve that by a link, close the space, and check that the server is as it was
before.

Without arguments it does so on simulated servers, of version 32 and of version 27. With --nextcloud it does so on that
server, whose account must be an administrator and have no second factor: for the time of the tour an account, a group, a
Team folder and two members are made on it, all with the same mark in their names, and up to three settings (isolation,
welcome mail) are set; all of it is taken back, whatever happens. After a tour that was killed the next one on the same
server does so first. Nichoir itself, its database and its mails are in a temporary folder in either case.

Exit status: 0 only if every check held and nothing is left on the server.`,
		Example: `  nichoir tour
  nichoir tour --nextcloud https://cloud.example.org --user admin --password-file ~/.cloud-password`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.url == "" && (f.user != "" || f.passwordFile != "" || f.journal != "") {
				return usageError{fmt.Errorf("--nextcloud is missing; see “%s --help”", cmd.CommandPath())}
			}
			if f.url == "" {
				return tourSimulated(cmd.Context(), t)
			}
			if err := required(cmd, "user"); err != nil {
				return err
			}
			return tourLive(cmd.Context(), t, f)
		},
	}
	cmd.Flags().StringVar(&f.url, "nextcloud", "", "address of a live server; https, or http towards this machine")
	cmd.Flags().StringVar(&f.user, "user", "", "id of an administrator of it")
	cmd.Flags().StringVar(&f.passwordFile, "password-file", "", "file that holds the password of that account, or an app password; - for the standard input")
	cmd.Flags().StringVar(&f.journal, "journal", "", "file that says what a killed tour left (default: one for each server, in the user's cache folder)")
	return cmd
}

func tourLive(ctx context.Context, t Terminal, f tourFlags) error {
	password, err := readPassword(t, f.passwordFile, fmt.Sprintf("Password of %s on %s: ", f.user, f.url))
	if err != nil {
		return err
	}
	server := strings.TrimRight(f.url, "/")
	if f.journal == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir() // no home folder
		}
		f.journal = tour.JournalFor(filepath.Join(cache, "nichoir"), server)
	}
	r := rehearsal{terminal: t, title: "The main job on " + server, server: tour.Server{URL: server, User: f.user, Password: password},
		journal: f.journal}
	return r.run(ctx)
}

func tourSimulated(ctx context.Context, t Terminal) error {
	for i, server := range demo.SimulatedServers() {
		if i > 0 {
			tellf(t.Out, "\n")
		}
		if err := server.Start(); err != nil {
			return fmt.Errorf("start a simulated server: %w", err)
		}
		r := rehearsal{terminal: t, title: "The main job on a simulated Nextcloud " + server.Version,
			server: tour.Server{URL: server.URL(), User: server.User, Password: server.Password}, witness: server.Watch}
		err := r.run(ctx)
		server.Stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// rehearsal is one tour with a Nichoir of its own.
type rehearsal struct {
	terminal Terminal
	title    string
	server   tour.Server
	journal  string
	witness  func() func() []string

	nichoir *demo.Nichoir
	metrics string
}

const tourAdmin = "admin@repetition.example"

// The pace of a tour: nothing waits for a whole minute.
const (
	tourUndo = time.Second
	tourTick = 200 * time.Millisecond
	// tourLanding is how long a tour waits, when a call was lost, before it closes the space: longer than a call may take.
	tourLanding = time.Minute
	everySecond = "@every 1s"
)

func (r *rehearsal) run(ctx context.Context) (err error) {
	timeline := &tour.Timeline{Out: r.terminal.Out, Colour: colours(r.terminal)}
	timeline.Title(r.title)
	c := &cleanups{log: slog.New(slog.DiscardHandler)}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		err = errors.Join(err, c.run(stopping))
	}()
	base, mails, err := r.build(ctx, c)
	if err != nil {
		return fmt.Errorf("prepare the tour: %w", err)
	}
	err = tour.Run(ctx, tour.Options{
		Nichoir: base, Metrics: r.metrics, Mails: mails, Admin: tourAdmin, Server: r.server, Register: r.register,
		Halt: r.nichoir.Stop, Journal: r.journal, Timeline: timeline, Witness: r.witness,
	})
	if errors.Is(err, tour.ErrFailed) {
		return errReported
	}
	return err
}

// build starts a fresh Nichoir in a temporary folder.
func (r *rehearsal) build(ctx context.Context, c *cleanups) (base string, mails tour.Mails, err error) {
	folder, err := demo.TempFolder("nichoir-tour-")
	if err != nil {
		return "", nil, err
	}
	c.add("folder", func(context.Context) error { return folder.Remove() })
	logFile, err := os.OpenFile(filepath.Join(folder.Path, "nichoir.log"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", nil, fmt.Errorf("begin the log: %w", err)
	}
	c.add("log", func(context.Context) error { return logFile.Close() })
	log := slog.New(slog.NewTextHandler(logFile, nil))
	ground, err := demo.StartGround(ctx, demo.GroundOptions{ClusterDir: filepath.Join(folder.Path, "postgres"), Log: log})
	if err != nil {
		return "", nil, err
	}
	c.add("ground", ground.Stop)
	if base, err = r.start(ctx, c, ground, log); err != nil {
		return "", nil, err
	}
	return base, ground.Mails, nil
}

func (r *rehearsal) start(ctx context.Context, c *cleanups, ground *demo.Ground, log *slog.Logger) (base string, err error) {
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return "", fmt.Errorf("draw a key: %w", err)
	}
	listen, metrics, err := demo.FreeAddresses(ctx)
	if err != nil {
		return "", err
	}
	base, r.metrics = "http://"+listen, "http://"+metrics+"/metrics"
	cfg, err := ground.Settings(base, key)
	if err != nil {
		return "", err
	}
	cfg.Listen, cfg.MetricsListen, cfg.UndoWindow = listen, metrics, tourUndo
	cfg.Schedule.Release, cfg.Schedule.Provision, cfg.Schedule.Sweep = everySecond, everySecond, everySecond
	cfg.Schedule.Support, cfg.Schedule.Inbox = everySecond, everySecond
	r.nichoir, err = launch(ctx, Options{Config: cfg, Log: log, Web: true, Work: true, Version: version(), Tick: tourTick, Landing: tourLanding})
	if err != nil {
		return "", err
	}
	c.add("nichoir", r.nichoir.Stop)
	if _, err := r.nichoir.Identity.AddStaff(ctx, tourAdmin, "Ada Tournée", identity.Admin); err != nil {
		return "", fmt.Errorf("let the admin in: %w", err)
	}
	if err := r.nichoir.Start(ctx); err != nil {
		return "", err
	}
	return base, nil
}

// register is what “nichoir host add” does.
func (r *rehearsal) register(ctx context.Context, server tour.Registration) (warnings []string, err error) {
	n := provisioning.NewHost{Name: "tour", BaseURL: server.URL, User: server.User, Password: server.Password, Capacity: 10}
	for _, suite := range server.Suites {
		n.Suites = append(n.Suites, provisioning.Suite(suite))
	}
	report, err := r.nichoir.Provisioning.AddHost(ctx, n)
	for _, f := range report.Findings {
		if f.Level == provisioning.LevelWarning || f.Level == provisioning.LevelTrouble {
			warnings = append(warnings, strings.TrimSpace(f.Code+" "+f.Detail))
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s (%s)", explain(err), strings.Join(warnings, ", "))
	case report.Worst() == provisioning.LevelTrouble:
		return nil, fmt.Errorf("spaces cannot be placed on it: %s", strings.Join(warnings, ", "))
	}
	return warnings, nil
}
