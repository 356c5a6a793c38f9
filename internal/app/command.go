package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"github.com/spf13/cobra"

	"nichoir/internal/config"
)

// Terminal is what a command line is given by the system.
type Terminal struct {
	Args    []string // without the program's name
	Environ []string // in the form of os.Environ
	In      io.Reader
	Out     io.Writer // what was asked for
	Err     io.Writer // what goes wrong, prompts and logs
}

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError says that the command line itself is wrong.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// errReported says that a command has told what is wrong already: only its exit code is left to give.
var errReported = errors.New("reported")

// Execute runs the command that the arguments name, until it ends or ctx does, and returns the exit code: 0 when it did
// what it says, 1 when it failed, 2 when the command line is wrong.
func Execute(ctx context.Context, t Terminal) int {
	root := rootCommand(t)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage):
		tellf(t.Err, "nichoir: %s\n", explain(err))
		return exitUsage
	default:
		tellf(t.Err, "nichoir: %s\n", explain(err))
		return exitFailed
	}
}

// tellf writes to the terminal. When that is gone, nobody is left to complain to.
func tellf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

func rootCommand(t Terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "nichoir",
		Short: "Spaces for associations on Nextcloud: from a request to a space that works",
		Long: `Nichoir takes the requests of associations, lets the team approve them in batches, and makes each a space on a Nextcloud
server. It needs a PostgreSQL database and nothing else; it is configured by NICHOIR_* variables of the environment,
listed by “nichoir serve --help”.

A new installation, in this order:

  nichoir migrate                        make the database's tables
  nichoir host add cloud-1 --url https://cloud.example.org --user nichoir
                                         register a Nextcloud server
  nichoir staff add ada@example.org --name "Ada" --role admin
                                         let the first member of the team in
  nichoir serve                          serve the pages and do the work

Exit status: 0 when all is well, 1 when something failed, 2 when the command line is wrong.`,
		Example: `  nichoir serve
  nichoir host check cloud-1 --fix
  nichoir help staff add`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          subcommandOnly,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetArgs(t.Args)
	root.SetIn(t.In)
	root.SetOut(t.Out)
	root.SetErr(t.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, command := range []func(Terminal) *cobra.Command{serveCommand, migrateCommand, hostCommand, staffCommand, demoCommand, tourCommand, versionCommand} {
		root.AddCommand(command(t))
	}
	return root
}

// subcommandOnly is for commands that only hold others.
func subcommandOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("there is no command %q; see “%s --help”", args[0], cmd.CommandPath())}
}

// exactly wants the arguments that the use line names.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usageError{fmt.Errorf("%s is missing; see “%s --help”", names[len(args)], cmd.CommandPath())}
		case len(args) > len(names):
			return usageError{fmt.Errorf("%q is one word too many; see “%s --help”", args[len(names)], cmd.CommandPath())}
		}
		return nil
	}
}

// required makes a flag one that cannot be left out.
func required(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if !cmd.Flags().Changed(name) {
			return usageError{fmt.Errorf("--%s is missing; see “%s --help”", name, cmd.CommandPath())}
		}
	}
	return nil
}

// logger writes the log in the form that the operator chose.
func logger(w io.Writer, cfg config.Config) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// version is what the build recorded of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "devel" {
			v += "-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return v
}
