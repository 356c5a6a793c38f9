package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"nichoir/internal/config"
	"nichoir/internal/demo"
	"nichoir/internal/web"
)

func demoCommand(t Terminal) *cobra.Command {
	var o demo.Options
	var clean bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try Nichoir with everything it needs, and sample data",
		Long: `Run Nichoir with everything it needs: a private PostgreSQL, two simulated Nextcloud servers, a mail catcher whose mails
are read in the browser, and the requests and spaces of associations that do not exist. It prints where everything is and
links to sign in with.

It needs the programs of a PostgreSQL server (Debian and Ubuntu: apt install postgresql), which it runs in a folder of
its own, as an unprivileged account when started by root. It reads no NICHOIR_* variable, listens on this machine only,
and lets whoever is on it in as an administrator: nothing real belongs there.

Ctrl-C stops it. The next start goes on where it stopped, even after a crash; --clean forgets.`,
		Example: `  nichoir demo
  nichoir demo --listen 127.0.0.1:8090 --dir /var/tmp/nichoir-demo
  nichoir demo --clean`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Dir == "" {
				var err error
				if o.Dir, err = demo.DefaultDir(t.Environ); err != nil {
					return fmt.Errorf("find a folder for the demonstration: %w", err)
				}
			}
			if clean {
				return cleanDemo(t, o.Dir)
			}
			o.Launch, o.Out, o.Colour = launchDemo, t.Out, colours(t)
			return demo.Run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Dir, "dir", "", "folder of the demonstration (default: /var/lib/nichoir-demo for root, else ~/.local/share/nichoir-demo)")
	f.StringVar(&o.Listen, "listen", "", "address of the pages, on this machine (default: that of the last start, at first 127.0.0.1:8080)")
	f.BoolVar(&o.Reset, "reset", false, "forget what is there, then start")
	f.BoolVar(&clean, "clean", false, "forget what is there, and end")
	return cmd
}

func cleanDemo(t Terminal, dir string) error {
	removed, err := demo.Clean(dir)
	if err != nil {
		return err
	}
	if !removed {
		tellf(t.Out, "There is nothing to forget: %s does not exist.\n", dir)
		return nil
	}
	tellf(t.Out, "The demonstration's data in %s is forgotten.\n", dir)
	return nil
}

// launchDemo is the demonstration's Nichoir: the real one, at a quicker pace.
func launchDemo(ctx context.Context, cfg config.Config, log *slog.Logger) (*demo.Nichoir, error) {
	return launch(ctx, Options{Config: cfg, Log: log, Web: true, Work: true, Version: version(), Demo: true, Tick: demo.Tick})
}

func launch(ctx context.Context, o Options) (*demo.Nichoir, error) {
	a, err := New(ctx, o)
	if err != nil {
		return nil, err
	}
	return &demo.Nichoir{
		Pool: a.DB.Pool(), Identity: a.Identity, Onboarding: a.Onboarding, Provisioning: a.Provisioning,
		Directory: a.Directory, Linking: a.Linking, Tickets: a.Tickets,
		SignInLink: web.Links{Base: string(o.Config.BaseURL)}.SignIn,
		Start:      a.Start, Stop: a.Stop, Failed: a.Failed(),
	}, nil
}

// colours reports whether the output is a terminal whose user did not ask for plain text (no-color.org).
func colours(t Terminal) bool {
	for _, entry := range t.Environ {
		if name, value, _ := strings.Cut(entry, "="); name == "NO_COLOR" && value != "" || entry == "TERM=dumb" {
			return false
		}
	}
	return isTerminal(t.Out)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
