package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"nichoir/internal/config"
	"nichoir/internal/problem"
	"nichoir/provisioning"
)

func hostCommand(t Terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "host",
		Short: "Register, check and drain Nextcloud servers",
		Long: `Register, check and drain the Nextcloud servers on which spaces are made. What they need: version 27 or later, the app
Team folders (groupfolders), an account made for Nichoir in the group “admin”, and https.`,
		Example: `  nichoir host add cloud-1 --url https://cloud.example.org --user nichoir
  nichoir host check cloud-1 --fix
  nichoir host list`,
		Args: subcommandOnly,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(hostAddCommand(t), hostListCommand(t), hostCheckCommand(t),
		hostTurnCommand(t, "drain", "Let a server take no new space; its spaces stay",
			"Let a server take no new space, before work on it or before it is given up. Its spaces stay and are worked on as before.",
			"takes no new space from now on; its spaces stay.", (*provisioning.Service).DrainHost),
		hostTurnCommand(t, "reopen", "Let a drained server take spaces again",
			"Let a drained server take spaces again. Those that waited for a server are placed at once.",
			"takes spaces again.", (*provisioning.Service).ReopenHost))
	return cmd
}

func hostAddCommand(t Terminal) *cobra.Command {
	var n provisioning.NewHost
	var passwordFile string
	var suites []string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Register a Nextcloud server",
		Long: `Register a Nextcloud server under a name of your choice (2 to 40 of a-z, 0-9 and dashes; it is shown to the team and in
metrics). It is looked at first: version, apps, isolation between spaces, welcome mail. Then the first documents of
spaces are put on it, in the files of Nichoir's account.

The password of Nichoir's account is asked for once, on the terminal, or read from --password-file or from the standard
input when that is no terminal; never from the command line. It is exchanged for an app password, which is kept sealed
with NICHOIR_SECRET_KEY; the password itself is forgotten. An app password is taken as it is.

Exit status: 0 when spaces can be placed on it; 1 when something has to be mended first, or when it was refused.`,
		Example: `  nichoir host add cloud-1 --url https://cloud.example.org --user nichoir
  nichoir host add cloud-2 --url https://10.0.0.7 --public-url https://cloud2.example.org --user nichoir \
      --capacity 500 --concurrency 8 --password-file /run/secrets/cloud-2
  nichoir host add mairie --url https://mairie.example.org --user nichoir --dedicated`,
		Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "url", "user"); err != nil {
				return err
			}
			var err error
			if n.Suites, err = knownSuites(suites); err != nil {
				return err
			}
			if n.Concurrency < 1 || n.Concurrency > 64 {
				return usageError{errors.New("--concurrency is a number from 1 to 64")}
			}
			n.Name = args[0]
			return withServices(cmd.Context(), t, func(ctx context.Context, s *Services, _ config.Config) error {
				return addHost(ctx, t, s, n, passwordFile)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&n.BaseURL, "url", "", "where Nichoir calls the server; https, or http towards this machine (required)")
	f.StringVar(&n.User, "user", "", "id of the account made for Nichoir, an administrator (required)")
	f.StringVar(&n.PublicURL, "public-url", "", "where people reach it, when that is another address")
	f.IntVar(&n.Capacity, "capacity", 200, "how many spaces it takes at most")
	f.BoolVar(&n.Dedicated, "dedicated", false, "for one association alone: one space, and no isolation needed")
	f.IntVar(&n.Concurrency, "concurrency", 4, "how many spaces are worked on at once, 1 to 64, over all processes")
	f.StringSliceVar(&suites, "suite", nil, "office suite it offers, collabora or onlyoffice, where its apps do not tell")
	f.StringVar(&passwordFile, "password-file", "", "file that holds the password; - for the standard input")
	return cmd
}

// knownSuites catches what would never be offered to anybody.
func knownSuites(names []string) ([]provisioning.Suite, error) {
	var suites []provisioning.Suite
	for _, name := range names {
		suite := provisioning.Suite(name)
		if suite != provisioning.Collabora && suite != provisioning.OnlyOffice {
			return nil, usageError{fmt.Errorf("--suite is collabora or onlyoffice, not %q", name)}
		}
		suites = append(suites, suite)
	}
	return suites, nil
}

func addHost(ctx context.Context, t Terminal, s *Services, n provisioning.NewHost, passwordFile string) error {
	var err error
	if n.Password, err = readPassword(t, passwordFile, fmt.Sprintf("Password of %s on %s: ", n.User, n.BaseURL)); err != nil {
		return err
	}
	report, err := s.Provisioning.AddHost(ctx, n)
	if problem.Is(err, problem.Conflict) {
		tellf(t.Out, "%s is not registered: it cannot take spaces yet.\n\n", n.Name)
		writeReport(t.Out, n.Name, report)
		return errReported
	}
	if err != nil {
		return err
	}
	tellf(t.Out, "%s is registered.\n\n", n.Name)
	return conclude(t, n.Name, report)
}

func hostCheckCommand(t Terminal) *cobra.Command {
	var fix bool
	var passwordFile string
	cmd := &cobra.Command{
		Use:   "check NAME",
		Short: "Look at a server, and set right what can be set right",
		Long: `Look at a registered server as “host add” does, and tell what has to be mended. What is found decides whether spaces are
placed there. A server that answers again after a failure is in use again. Its password is sealed with the key of today.

With --fix, what the API can set is set: isolation between spaces, no welcome mail of Nextcloud's own, installed apps
switched on, the first documents put in place. An app that is not installed is left to you.

With --password-file, a new password of Nichoir's account is taken first, as after it was changed or revoked; every
space that was held up by the refusal of the old one goes on.

Exit status: 0 when spaces can be placed on it; 1 when something has to be mended first.`,
		Example: `  nichoir host check cloud-1
  nichoir host check cloud-1 --fix
  nichoir host check cloud-1 --password-file -`,
		Args: exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withServices(cmd.Context(), t, func(ctx context.Context, s *Services, _ config.Config) error {
				if passwordFile != "" {
					if err := mendHost(ctx, t, s, args[0], passwordFile); err != nil {
						return err
					}
				}
				report, err := s.Provisioning.CheckHost(ctx, args[0], 0, fix)
				if err != nil {
					return err
				}
				return conclude(t, args[0], report)
			})
		},
	}
	cmd.Flags().BoolVar(&fix, "fix", false, "set what the API can set")
	cmd.Flags().StringVar(&passwordFile, "password-file", "", "file that holds a new password; - for the standard input, or to be asked")
	return cmd
}

func mendHost(ctx context.Context, t Terminal, s *Services, name, passwordFile string) error {
	hosts, err := s.Provisioning.Hosts(ctx)
	if err != nil {
		return fmt.Errorf("list the servers: %w", err)
	}
	for _, h := range hosts {
		if h.Name != name {
			continue
		}
		password, err := readPassword(t, passwordFile, fmt.Sprintf("New password of %s on %s: ", h.ServiceUser, h.BaseURL))
		if err != nil {
			return err
		}
		if err := s.Provisioning.MendHost(ctx, h.ID, 0, password); err != nil {
			return err
		}
		tellf(t.Out, "The new password of %s is in use; what waited for it goes on.\n\n", name)
		return nil
	}
	return problem.New(problem.NotFound, "problem.host_not_found")
}

func hostListCommand(t Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the servers",
		Long: `List the registered servers: how many spaces live on each and how many it takes, the office suites it offers, whether it
takes new spaces (open, draining, retired), how it answers (ok, unreachable, throttled, maintenance, unauthorized), and
how many things the last check found to be mended.`,
		Example: "  nichoir host list",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withServices(cmd.Context(), t, func(ctx context.Context, s *Services, _ config.Config) error {
				hosts, err := s.Provisioning.Hosts(ctx)
				if err != nil {
					return fmt.Errorf("list the servers: %w", err)
				}
				return writeHosts(t, hosts)
			})
		},
	}
}

func writeHosts(t Terminal, hosts []provisioning.Host) error {
	if len(hosts) == 0 {
		tellf(t.Out, "No server is registered yet. See “nichoir host add --help”.\n")
		return nil
	}
	w := tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', 0)
	tellf(w, "NAME\tADDRESS\tVERSION\tSUITES\tSPACES\tSTATE\tHEALTH\tTO MEND\n")
	for _, h := range hosts {
		suites := make([]string, len(h.Suites))
		for i, suite := range h.Suites {
			suites[i] = string(suite)
		}
		tellf(w, "%s\t%s\t%s\t%s\t%d/%d\t%s\t%s\t%d\n", h.Name, h.PublicURL, dash(h.Version), dash(strings.Join(suites, ",")),
			h.Spaces, h.Capacity, h.Lifecycle, h.Health, len(h.Warnings))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// turn is a change of a server's lifecycle.
type turn func(s *provisioning.Service, ctx context.Context, name string, by int64) error

func hostTurnCommand(t Terminal, use, short, long, done string, change turn) *cobra.Command {
	return &cobra.Command{
		Use:     use + " NAME",
		Short:   short,
		Long:    long,
		Example: "  nichoir host " + use + " cloud-1",
		Args:    exactly("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withServices(cmd.Context(), t, func(ctx context.Context, s *Services, _ config.Config) error {
				if err := change(s.Provisioning, ctx, args[0], 0); err != nil {
					return err
				}
				tellf(t.Out, "%s %s\n", args[0], done)
				return nil
			})
		},
	}
}
