package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"nichoir/internal/config"
	"nichoir/internal/identity"
)

func staffCommand(t Terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "staff",
		Short: "Say who belongs to the team",
		Long:  "Say who belongs to the team: who may see and decide requests, and mend spaces and servers.",
		Example: `  nichoir staff add ada@example.org --name "Ada Lovelace" --role admin
  nichoir staff list
  nichoir staff remove ada@example.org`,
		Args: subcommandOnly,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(staffAddCommand(t), staffListCommand(t), staffRemoveCommand(t), staffResetCommand(t))
	return cmd
}

func staffAddCommand(t Terminal) *cobra.Command {
	var name, role string
	cmd := &cobra.Command{
		Use:   "add EMAIL",
		Short: "Let somebody into the team, or change their role",
		Long: `Let the person of an address into the team, or change the role of who is in it already. Their open sessions end. No
mail is sent and no password is set: they sign in with a link mailed to them and, the first time, register an
authenticator app, whose code is asked for at each sign-in.

A reviewer reads everything and prepares batches. An admin decides them as well, closes spaces and mends servers.`,
		Example: `  nichoir staff add ada@example.org --name "Ada Lovelace" --role admin
  nichoir staff add bob@example.org --name "Bob" --role reviewer`,
		Args: exactly("EMAIL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "name", "role"); err != nil {
				return err
			}
			return withServices(cmd.Context(), t, func(ctx context.Context, s *Services, cfg config.Config) error {
				p, err := s.Identity.AddStaff(ctx, args[0], name, identity.Role(role))
				if err != nil {
					return err
				}
				tellf(t.Out, "%s (%s) is now %s.\n", p.Name, p.Email, article(p.Role))
				page := "the sign-in page"
				if cfg.BaseURL != "" {
					page = string(cfg.BaseURL) + "/connexion"
				}
				tellf(t.Out, "Next: open %s, give the address, follow the link in the mail, and register an authenticator app.\n", page)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "how the person is shown to the team (required)")
	cmd.Flags().StringVar(&role, "role", "", "admin or reviewer (required)")
	return cmd
}

func article(r identity.Role) string {
	if r == identity.Admin {
		return "an admin"
	}
	return "a " + string(r)
}

// withServices runs a command that ends at once: it needs the database and the key, and neither mails nor pages.
func withServices(ctx context.Context, t Terminal, run func(context.Context, *Services, config.Config) error) (err error) {
	cfg, err := config.Load(t.Environ, "NICHOIR_DATABASE_URL", "NICHOIR_SECRET_KEY")
	if err != nil {
		return err
	}
	o := Options{Config: cfg, Log: logger(t.Err, quieter(cfg)), Version: version()}.withDefaults()
	c := &cleanups{log: o.Log}
	defer func() {
		if cleanErr := c.run(context.WithoutCancel(ctx)); err == nil && cleanErr != nil {
			err = fmt.Errorf("clean up: %w", cleanErr)
		}
	}()
	s, err := newServices(ctx, o, c)
	if err != nil {
		return err
	}
	return run(ctx, s, cfg)
}

// quieter keeps the log of a command to failures: what it finds, it tells itself.
func quieter(cfg config.Config) config.Config {
	cfg.LogLevel, cfg.LogFormat = max(cfg.LogLevel, slog.LevelError), "text"
	return cfg
}
