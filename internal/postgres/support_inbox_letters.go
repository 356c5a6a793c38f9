package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/problem"
)

// MailSpace is what a mail tells of a space.
type MailSpace struct {
	PublicID  string
	Name      string
	LeadEmail string // "" once the space is forgotten
}

// SpaceForMail returns a space, or problem.NotFound.
func (s *QueueStore) SpaceForMail(ctx context.Context, id int64) (MailSpace, error) {
	r, err := s.db.q.SpaceForMail(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return MailSpace{}, problem.New(problem.NotFound, "problem.not_found")
	}
	if err != nil {
		return MailSpace{}, fmt.Errorf("read the space: %w", err)
	}
	return MailSpace(r), nil
}

// NotePersonTrouble notes that a person's address does not work, with the code that said so. Nobody of that address is no
// error: the mail came back to nobody.
func (s *QueueStore) NotePersonTrouble(ctx context.Context, address, code string) error {
	if _, err := s.db.q.SetPersonMailTrouble(ctx, dbsqlc.SetPersonMailTroubleParams{Email: address, Code: code}); err != nil {
		return fmt.Errorf("note a person's mail trouble: %w", err)
	}
	return nil
}
