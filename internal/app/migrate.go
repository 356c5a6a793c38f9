package app

import (
	"fmt"

	"github.com/spf13/cobra"

	"nichoir/internal/config"
	"nichoir/internal/postgres"
)

func migrateCommand(t Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's tables up to date",
		Long: `Bring the database's tables, the queue's included, to the version that this program needs. It needs NICHOIR_DATABASE_URL
alone, with an account that may create tables and the extension pg_trgm. Run twice, or on several machines at once, it
does no harm. Processes of the previous version may go on meanwhile; back up first all the same.`,
		Example: `  NICHOIR_DATABASE_URL=postgres://nichoir@localhost/nichoir nichoir migrate`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			cfg, err := config.Load(t.Environ, "NICHOIR_DATABASE_URL")
			if err != nil {
				return err
			}
			pool, err := postgres.Open(ctx, cfg.DatabaseURL.Reveal(), 0)
			if err != nil {
				return fmt.Errorf("migrate, see NICHOIR_DATABASE_URL: %w", err)
			}
			defer pool.Close()
			before, _, err := postgres.Versions(ctx, pool)
			if err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
			if err := postgres.Migrate(ctx, pool); err != nil {
				return err
			}
			after, _, err := postgres.Versions(ctx, pool)
			if err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
			if before == after {
				tellf(t.Out, "The database is up to date (version %d).\n", after)
				return nil
			}
			tellf(t.Out, "The database is at version %d (it was at %d).\n", after, before)
			return nil
		},
	}
}
