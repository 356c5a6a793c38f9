package app

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nichoir/internal/config"
)

// garbage is how much of it may gather before it is collected, in percent of what lives (GOGC, by default 100). What lives is
// small and mostly made at the start: collecting twice as often costs little, and spares a fifth of the memory.
const garbage = 50

func serveCommand(t Terminal) *cobra.Command {
	var web, work bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages and do the work, until interrupted",
		Example: `  nichoir serve             # everything in one process
  nichoir serve --web       # the pages only, on this machine
  nichoir serve --work      # the work only, on as many machines as it takes`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(t.Environ)
			if err != nil {
				return err
			}
			if !web && !work {
				web, work = true, true
			}
			if !slices.ContainsFunc(t.Environ, func(entry string) bool { return strings.HasPrefix(entry, "GOGC=") }) {
				debug.SetGCPercent(garbage)
			}
			a, err := New(cmd.Context(), Options{Config: cfg, Log: logger(t.Err, cfg), Web: web, Work: work, Version: version()})
			if err != nil {
				return fmt.Errorf("start: %w", err)
			}
			return a.Run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&web, "web", false, "serve the pages; without --work, nothing else")
	cmd.Flags().BoolVar(&work, "work", false, "work the queue: spaces, mails, schedules; without --web, nothing else")
	cmd.Long = `Serve the pages and do the work: make spaces, send mails, read quotas, keep the schedules. With neither --web nor
--work it does both. Several of them, on one machine or many, share one database and the work in it; one that is
killed loses nothing.

It refuses to start when a variable is missing or wrong, or when the database's tables are not up to date (run “nichoir
migrate” first). On SIGINT or SIGTERM it takes nothing new, lets what is under way end, and stops; calls to Nextcloud
that take longer than five seconds are interrupted and taken up again by the next start.

/metrics for Prometheus and /healthz for supervisors are on an address of their own.

Configuration, by variables of the environment:

` + settings()
	return cmd
}

// settings is the list of variables, as config prints it.
func settings() string {
	var b strings.Builder
	if err := config.WriteHelp(&b); err != nil {
		return ""
	}
	return strings.TrimRight(b.String(), "\n")
}
