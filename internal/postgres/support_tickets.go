package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/identity"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support/tickets"
)

// TicketsStore keeps tickets, what is said in them, who held them, and the co-leads of spaces.
type TicketsStore struct {
	ticketRows
	db *DB
}

var _ tickets.Store = (*TicketsStore)(nil)

// Tickets returns the tickets' store.
func (db *DB) Tickets() *TicketsStore { return &TicketsStore{ticketRows{db.q}, db} }

// InTx runs fn in one transaction.
func (s *TicketsStore) InTx(ctx context.Context, fn func(tickets.DeskTx) error) error {
	return s.db.inTx(ctx, func(t *txn) error { return fn(ticketDeskTx{newTicketTx(t)}) })
}

// TicketID returns the number of the public id.
func (s *TicketsStore) TicketID(ctx context.Context, publicID string) (int64, error) {
	id, err := s.rows.TicketID(ctx, publicID)
	if err != nil {
		return 0, ticketErr(err)
	}
	return id, nil
}

// LinkedName returns the name of the provider to which the space is linked.
func (s *TicketsStore) LinkedName(ctx context.Context, spaceID int64) (string, error) {
	name, err := s.rows.TicketProviderName(ctx, spaceID)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// Lines returns the messages after an id with their files' descriptions, oldest first.
func (s *TicketsStore) Lines(ctx context.Context, ticketID, after int64, internal bool) ([]tickets.Line, error) {
	rows, err := s.rows.TicketLines(ctx, dbsqlc.TicketLinesParams{TicketID: ticketID, AfterID: after, Notes: internal})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	files, err := s.rows.TicketFiles(ctx, ticketID)
	if err != nil {
		return nil, fmt.Errorf("query the files: %w", err)
	}
	of := make(map[int64][]tickets.File)
	for _, f := range files {
		of[f.MessageID] = append(of[f.MessageID], tickets.File{ID: f.ID, Name: f.Name, Type: f.MediaType, Size: f.Size})
	}
	out := make([]tickets.Line, 0, len(rows))
	for _, r := range rows {
		l := ticketLine(r.TicketMessage, r.Author, r.Provider)
		l.Files = of[l.ID]
		out = append(out, l)
	}
	return out, nil
}

// FilesOf returns the files of a message without their content.
func (s *TicketsStore) FilesOf(ctx context.Context, lineID int64) ([]tickets.File, error) {
	rows, err := s.rows.TicketFilesOf(ctx, lineID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]tickets.File, 0, len(rows))
	for _, r := range rows {
		out = append(out, tickets.File{ID: r.ID, Name: r.Name, Type: r.MediaType, Size: r.Size})
	}
	return out, nil
}

// File returns a file of the ticket with its content and the message that it is part of.
func (s *TicketsStore) File(ctx context.Context, ticketID, fileID int64) (tickets.File, tickets.Line, error) {
	r, err := s.rows.TicketFile(ctx, dbsqlc.TicketFileParams{ID: fileID, TicketID: ticketID})
	if err != nil {
		return tickets.File{}, tickets.Line{}, ticketErr(err)
	}
	l, err := s.TicketLine(ctx, r.MessageID)
	if err != nil {
		return tickets.File{}, tickets.Line{}, err
	}
	return tickets.File{ID: r.ID, Name: r.Name, Type: r.MediaType, Size: r.Size, Content: r.Content}, l, nil
}

// LastLine returns the id of the ticket's latest message.
func (s *TicketsStore) LastLine(ctx context.Context, ticketID int64) (int64, error) {
	return s.rows.LastTicketLine(ctx, ticketID)
}

// FirstLine returns the id of the ticket's first message.
func (s *TicketsStore) FirstLine(ctx context.Context, ticketID int64) (int64, error) {
	id, err := s.rows.FirstTicketLine(ctx, ticketID)
	if err != nil {
		return 0, ticketErr(err)
	}
	return id, nil
}

// Thread returns the Message-IDs of what the recipient got and wrote before a message, oldest first.
func (s *TicketsStore) Thread(ctx context.Context, ticketID, before int64, p identity.Person) ([]string, error) {
	return s.rows.TicketThread(ctx, dbsqlc.TicketThreadParams{
		TicketID: ticketID, Before: before, Recipient: p.Email, PersonID: p.ID,
	})
}

// IsMember reports whether the person belongs to the provider.
func (s *TicketsStore) IsMember(ctx context.Context, providerID, personID int64) (bool, error) {
	return s.rows.IsProviderMember(ctx, dbsqlc.IsProviderMemberParams{ProviderID: providerID, PersonID: personID})
}

// Coleads returns those of a space whose account lives, by name.
func (s *TicketsStore) Coleads(ctx context.Context, spaceID int64) ([]tickets.Colead, error) {
	rows, err := s.rows.Coleads(ctx, spaceID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]tickets.Colead, 0, len(rows))
	for _, r := range rows {
		out = append(out, tickets.Colead(r))
	}
	return out, nil
}

// ColeadSpaces returns the public ids of the spaces of which the person is a co-lead.
func (s *TicketsStore) ColeadSpaces(ctx context.Context, personID int64) ([]string, error) {
	return s.rows.ColeadSpaces(ctx, personID)
}

// PeopleByAddress returns those whose own or other address it is; whose own it is first.
func (s *TicketsStore) PeopleByAddress(ctx context.Context, address string) ([]identity.Person, error) {
	return peopleByAddress(ctx, s.rows, address)
}

func peopleByAddress(ctx context.Context, q *dbsqlc.Queries, address string) ([]identity.Person, error) {
	rows, err := q.PeopleByAddress(ctx, address)
	return mapped(rows, err, func(r dbsqlc.PeopleByAddressRow) identity.Person {
		return person(r.ID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt)
	})
}

// HelpedSpaces returns the spaces, not closed, for which the person may ask for help.
func (s *TicketsStore) HelpedSpaces(ctx context.Context, personID int64) ([]int64, error) {
	return s.rows.HelpedSpaces(ctx, personID)
}

// Figures counts for the team.
func (s *TicketsStore) Figures(ctx context.Context, now time.Time) (tickets.Figures, error) {
	r, err := s.rows.TicketFigures(ctx, now)
	if err != nil {
		return tickets.Figures{}, fmt.Errorf("query: %w", err)
	}
	return tickets.Figures{Open: int(r.Open), Late: int(r.Late), Unowned: int(r.Unowned)}, nil
}

// Times reckons the halves of what was answered and solved since.
func (s *TicketsStore) Times(ctx context.Context, since, now time.Time) (tickets.Times, error) {
	r, err := s.rows.TicketTimes(ctx, dbsqlc.TicketTimesParams{Since: since, Now: now})
	if err != nil {
		return tickets.Times{}, fmt.Errorf("query: %w", err)
	}
	return tickets.Times{
		Answered: int(r.Answered), AnswerP50: worked(int64(r.AnswerP50)), Solved: int(r.Solved), SolutionP50: worked(int64(r.SolveP50)),
		Unanswered: int(r.Unanswered), Oldest: now.Sub(r.Oldest),
	}, nil
}
