package app

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"nichoir/internal/config"
	"nichoir/internal/identity"
)

func staffListCommand(t Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the team",
		Long: `List who belongs to the team, with their role and whether they registered an authenticator app. Who has not is asked
to at the next sign-in, and sees nothing before.`,
		Example: "  nichoir staff list",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withServices(cmd.Context(), t, func(ctx context.Context, s *Services, _ config.Config) error {
				staff, err := s.Identity.Staff(ctx)
				if err != nil {
					return fmt.Errorf("list the team: %w", err)
				}
				return writeStaff(t, staff)
			})
		},
	}
}

func writeStaff(t Terminal, staff []identity.Person) error {
	if len(staff) == 0 {
		tellf(t.Out, "Nobody belongs to the team yet. See “nichoir staff add --help”.\n")
		return nil
	}
	w := tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', 0)
	tellf(w, "NAME\tADDRESS\tROLE\tAUTHENTICATOR APP\n")
	for _, p := range staff {
		app := "not yet"
		if p.Enrolled {
			app = "registered"
		}
		tellf(w, "%s\t%s\t%s\t%s\n", dash(p.Name), p.Email, p.Role, app)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}

// staffChange is a change of a member of the team.
type staffChange func(s *identity.Service, ctx context.Context, email string) (identity.Person, error)

func staffRemoveCommand(t Terminal) *cobra.Command {
	return staffChangeCommand(t, &cobra.Command{
		Use:   "remove EMAIL",
		Short: "Let somebody leave the team",
		Long: `Let somebody leave the team: their role and their authenticator app are forgotten, and their open sessions end at once.
The person stays known: a space that they lead stays theirs, and their name stands beside what they decided.`,
		Example: "  nichoir staff remove ada@example.org",
	}, "%s (%s) does not belong to the team any more; all their sessions have ended.\n", (*identity.Service).RemoveStaff)
}

func staffResetCommand(t Terminal) *cobra.Command {
	return staffChangeCommand(t, &cobra.Command{
		Use:   "reset-second-factor EMAIL",
		Short: "Forget somebody's authenticator app, after a phone was lost",
		Long: `Forget the authenticator app of a member of the team who lost it. Their open sessions end, since the phone may have held
one. At the next sign-in they register another app: make sure by another way than mail that it is they who ask, since
whoever reads their mail signs in then.`,
		Example: "  nichoir staff reset-second-factor ada@example.org",
	}, "The authenticator app of %s (%s) is forgotten; at the next sign-in, another is registered.\n",
		(*identity.Service).ResetSecondFactor)
}

func staffChangeCommand(t Terminal, cmd *cobra.Command, done string, change staffChange) *cobra.Command {
	cmd.Args = exactly("EMAIL")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withServices(cmd.Context(), t, func(ctx context.Context, s *Services, _ config.Config) error {
			p, err := change(s.Identity, ctx, args[0])
			if err != nil {
				return err
			}
			tellf(t.Out, done, p.Name, p.Email)
			return nil
		})
	}
	return cmd
}
