package postgres

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
	"nichoir/provisioning"
)

// ticketRows reads tickets, in a transaction or outside of one.
type ticketRows struct{ rows *dbsqlc.Queries }

var _ tickets.Rows = ticketRows{}

func (r ticketRows) TicketRow(ctx context.Context, id int64) (tickets.Row, error) {
	rows, err := r.ticketRows(ctx, []int64{id})
	if err != nil {
		return tickets.Row{}, err
	}
	if len(rows) == 0 {
		return tickets.Row{}, tickets.ErrNotFound
	}
	return rows[0], nil
}

// ticketRows returns the tickets of the ids, in their order.
func (r ticketRows) ticketRows(ctx context.Context, ids []int64) ([]tickets.Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := r.rows.TicketRows(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]tickets.Row, 0, len(rows))
	for _, row := range rows {
		out = append(out, ticketRow(row))
	}
	return out, nil
}

func (r ticketRows) TicketHelper(ctx context.Context, spaceID, personID int64) (tickets.Helper, error) {
	row, err := r.rows.TicketHelper(ctx, dbsqlc.TicketHelperParams{SpaceID: spaceID, PersonID: personID})
	if err != nil {
		return tickets.Helper{}, ticketErr(err)
	}
	lead := row.LeadID != 0 && row.LeadID == personID
	return tickets.Helper{State: provisioning.State(row.State), Lead: lead, MayHelp: lead || row.Colead}, nil
}

func (r ticketRows) TicketMembers(ctx context.Context, id int64) ([]tickets.Member, error) {
	rows, err := r.rows.TicketMembers(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out, seen := make([]tickets.Member, 0, len(rows)), make(map[int64]bool, len(rows))
	for _, row := range rows {
		if seen[row.ID] { // on another side, or as a co-lead: the first counts
			continue
		}
		seen[row.ID] = true
		out = append(out, tickets.Member{
			Participant: tickets.Participant{
				Person: person(row.ID, row.Email, row.Name, row.Lang, row.StaffRole, row.TotpConfirmedAt),
				Side:   tickets.Side(row.Side), Addresses: append([]string{row.Email}, row.OtherAddresses...),
			},
			Lead: row.Lead, Wrote: row.Wrote,
		})
	}
	return out, nil
}

func (r ticketRows) TicketHolding(ctx context.Context, id int64) (tickets.Holding, error) {
	row, err := r.rows.TicketHolding(ctx, id)
	if err != nil {
		return tickets.Holding{}, ticketErr(err)
	}
	return tickets.Holding(row), nil
}

func (r ticketRows) TicketPauses(ctx context.Context, providers []int64) (map[int64]tickets.Pauses, error) {
	rows, err := r.rows.TicketPauses(ctx, providers)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make(map[int64]tickets.Pauses)
	for _, row := range rows {
		p := out[row.ProviderID]
		p.Mark = row.Mark
		p.Spans = append(p.Spans, support.Span{From: row.FromAt, Until: timeOrZero(row.UntilAt)})
		out[row.ProviderID] = p
	}
	return out, nil
}

func (r ticketRows) TicketLine(ctx context.Context, id int64) (tickets.Line, error) {
	row, err := r.rows.TicketLine(ctx, id)
	if err != nil {
		return tickets.Line{}, ticketErr(err)
	}
	return ticketLine(row.TicketMessage, row.Author, row.Provider), nil
}

func ticketErr(err error) error { return rowErr(err, tickets.ErrNotFound) }

func ticketRow(r dbsqlc.TicketRowsRow) tickets.Row {
	t := r.Ticket
	return tickets.Row{
		Ticket: tickets.Ticket{
			ID: t.ID, PublicID: t.PublicID, SpaceID: t.SpaceID, SpacePublicID: r.SpacePublicID, SpaceName: r.SpaceName,
			ProviderID: idOrZero(t.ProviderID), ProviderName: r.ProviderName, Escalated: t.Escalated,
			Kind: support.Kind(t.Kind), Title: t.Title, Urgent: t.Urgent, State: tickets.State(t.State),
			OpenedBy: r.OpenedName, Via: tickets.Via(t.OpenedVia), AssigneeID: idOrZero(t.AssigneeID), Assignee: r.AssigneeName,
			CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, SolvedAt: timeOrZero(t.SolvedAt), ClosedAt: timeOrZero(t.ClosedAt),
			ConsentAt: timeOrZero(t.ConsentAt), ConsentBy: r.ConsentName, RevokedAt: timeOrZero(t.ConsentRevokedAt),
		},
		FormKey: t.FormKey, OpenedByID: idOrZero(t.OpenedBy), ConsentByID: idOrZero(t.ConsentBy),
		AnsweredAt: timeOrZero(t.AnsweredAt),
		Answering: tickets.Promise{
			Left: worked(t.AnswerLeft), Worked: worked(t.AnswerWorked), Since: timeOrZero(t.AnswerSince),
			Due: timeOrZero(t.AnswerDueAt), RemindAt: timeOrZero(t.AnswerRemindAt), RemindedAt: timeOrZero(t.AnswerRemindedAt),
		},
		Solving: tickets.Promise{
			Left: worked(t.SolveLeft), Worked: worked(t.Worked), Since: timeOrZero(t.RunningSince),
			Due: timeOrZero(t.SolveDueAt), RemindAt: timeOrZero(t.SolveRemindAt), RemindedAt: timeOrZero(t.SolveRemindedAt),
		},
		Reckoned: t.ReckonedWith, WaitingSince: timeOrZero(t.WaitingSince), Nudges: int(t.Nudges),
		SpaceState: provisioning.State(r.SpaceState), EmptiedAt: timeOrZero(t.EmptiedAt), TakenOverAt: r.TakenOverAt,
	}
}

func ticketLine(m dbsqlc.TicketMessage, author, provider string) tickets.Line {
	return tickets.Line{
		Message: tickets.Message{
			ID: m.ID, Side: tickets.Side(m.Side), Author: author, Internal: m.Internal, Via: tickets.Via(m.Via), Body: m.Body,
			Provider: provider, At: m.CreatedAt,
		},
		TicketID: m.TicketID, FormKey: m.FormKey, AuthorID: idOrZero(m.AuthorID), ProviderID: idOrZero(m.ProviderID),
		MailID: m.MailMessageID,
	}
}

// worked is the working time that so many seconds are.
func worked(n int64) time.Duration { return time.Duration(n) * time.Second }

// wholeSeconds is what is kept of a duration.
func wholeSeconds(d time.Duration) int64 { return int64(d / time.Second) }
