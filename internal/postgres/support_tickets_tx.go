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

// ticketTx posts into tickets and moves them, in the transaction of whichever service: others embed it.
type ticketTx struct {
	linkTx
	ticketRows
}

var _ tickets.MoveTx = ticketTx{}

func newTicketTx(t *txn) ticketTx { return ticketTx{linkTx{t}, ticketRows{t.q}} }

// Enqueue puts a job on the queue.
func (t ticketTx) Enqueue(ctx context.Context, j identity.Job) error { return t.txn.Enqueue(ctx, j) }

func (t ticketTx) LockTicketLinks(ctx context.Context, spaceID int64) (int64, error) {
	if err := t.rows.LockTicketSearch(ctx, spaceID); err != nil {
		return 0, fmt.Errorf("lock the search: %w", err)
	}
	if err := t.rows.LockTicketLinks(ctx, spaceID); err != nil {
		return 0, fmt.Errorf("lock the links: %w", err)
	}
	provider, err := t.rows.TicketProvider(ctx, spaceID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return provider, err
}

func (t ticketTx) LockTicket(ctx context.Context, id int64) (tickets.Row, error) {
	ids, err := t.rows.LockTickets(ctx, []int64{id})
	rows, err := t.locked(ctx, ids, err)
	if err != nil {
		return tickets.Row{}, err
	}
	if len(rows) == 0 {
		return tickets.Row{}, tickets.ErrNotFound
	}
	return rows[0], nil
}

func (t ticketTx) LockTicketsOf(ctx context.Context, spaceID int64) ([]tickets.Row, error) {
	ids, err := t.rows.LockTicketsOf(ctx, spaceID)
	return t.locked(ctx, ids, err)
}

// locked reads the tickets that a statement before has locked: names beside them could be those of before the wait.
func (t ticketTx) locked(ctx context.Context, ids []int64, err error) ([]tickets.Row, error) {
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return t.ticketRows.ticketRows(ctx, ids)
}

func (t ticketTx) InsertTicket(ctx context.Context, r tickets.Row) (int64, error) {
	ids, err := t.rows.InsertTicket(ctx, dbsqlc.InsertTicketParams{
		PublicID: r.PublicID, FormKey: r.FormKey, SpaceID: r.SpaceID, ProviderID: idOrNull(r.ProviderID), Kind: string(r.Kind),
		Title: r.Title, Urgent: r.Urgent, State: string(r.State), OpenedBy: idOrNull(r.OpenedByID), OpenedVia: string(r.Via),
		ConsentAt: timeOrNull(r.ConsentAt), ConsentBy: idOrNull(r.ConsentByID), At: r.CreatedAt,
		AnswerLeft: wholeSeconds(r.Answering.Left), AnswerSince: timeOrNull(r.Answering.Since),
		AnswerDueAt: timeOrNull(r.Answering.Due), AnswerRemindAt: timeOrNull(r.Answering.RemindAt),
		SolveLeft: wholeSeconds(r.Solving.Left), RunningSince: timeOrNull(r.Solving.Since),
		SolveDueAt: timeOrNull(r.Solving.Due), SolveRemindAt: timeOrNull(r.Solving.RemindAt), ReckonedWith: r.Reckoned,
	})
	if err != nil || len(ids) == 0 { // none: the form was sent before
		return 0, err
	}
	return ids[0], nil
}

func (t ticketTx) TicketByKey(ctx context.Context, formKey string) (tickets.Row, error) {
	id, err := t.rows.TicketIDByKey(ctx, formKey)
	if err != nil {
		return tickets.Row{}, ticketErr(err)
	}
	return t.TicketRow(ctx, id)
}

func (t ticketTx) UpdateTicket(ctx context.Context, r tickets.Row, in tickets.State) error {
	n, err := t.rows.UpdateTicket(ctx, dbsqlc.UpdateTicketParams{
		ProviderID: idOrNull(r.ProviderID), Escalated: r.Escalated, State: string(r.State), AssigneeID: idOrNull(r.AssigneeID),
		ConsentAt: timeOrNull(r.ConsentAt), ConsentBy: idOrNull(r.ConsentByID), ConsentRevokedAt: timeOrNull(r.RevokedAt),
		UpdatedAt: r.UpdatedAt, AnsweredAt: timeOrNull(r.AnsweredAt), AnswerLeft: wholeSeconds(r.Answering.Left),
		AnswerWorked: wholeSeconds(r.Answering.Worked), AnswerSince: timeOrNull(r.Answering.Since),
		AnswerDueAt: timeOrNull(r.Answering.Due), AnswerRemindAt: timeOrNull(r.Answering.RemindAt),
		AnswerRemindedAt: timeOrNull(r.Answering.RemindedAt), SolveLeft: wholeSeconds(r.Solving.Left),
		Worked: wholeSeconds(r.Solving.Worked), RunningSince: timeOrNull(r.Solving.Since),
		SolveDueAt: timeOrNull(r.Solving.Due), SolveRemindAt: timeOrNull(r.Solving.RemindAt),
		SolveRemindedAt: timeOrNull(r.Solving.RemindedAt), ReckonedWith: r.Reckoned,
		WaitingSince: timeOrNull(r.WaitingSince), Nudges: int32(r.Nudges), //nolint:gosec // a few
		SolvedAt: timeOrNull(r.SolvedAt), ClosedAt: timeOrNull(r.ClosedAt), ID: r.ID, InState: string(in),
	})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if n == 0 {
		return tickets.ErrMoved
	}
	return nil
}

func (t ticketTx) InsertTicketLine(ctx context.Context, l tickets.Line) (int64, error) {
	ids, err := t.rows.InsertTicketLine(ctx, dbsqlc.InsertTicketLineParams{
		TicketID: l.TicketID, FormKey: l.FormKey, Side: string(l.Side), AuthorID: idOrNull(l.AuthorID),
		ProviderID: idOrNull(l.ProviderID), Internal: l.Internal, Via: string(l.Via), MailMessageID: l.MailID, Body: l.Body,
		At: l.At,
	})
	if err != nil || len(ids) == 0 { // none: it was sent before
		return 0, err
	}
	return ids[0], nil
}

func (t ticketTx) TicketLineByKey(ctx context.Context, formKey string) (tickets.Line, error) {
	id, err := t.rows.TicketLineIDByKey(ctx, formKey)
	if err != nil {
		return tickets.Line{}, ticketErr(err)
	}
	return t.TicketLine(ctx, id)
}

func (t ticketTx) InsertTicketFile(ctx context.Context, lineID int64, f tickets.File) error {
	return t.rows.InsertTicketFile(ctx, dbsqlc.InsertTicketFileParams{
		MessageID: lineID, Name: f.Name, MediaType: f.Type, Size: f.Size, Content: f.Content,
	})
}

func (t ticketTx) TicketNoted(ctx context.Context, id, personID int64, body string) (bool, error) {
	return t.rows.TicketNoted(ctx, dbsqlc.TicketNotedParams{TicketID: id, PersonID: personID, Body: body})
}

func (t ticketTx) LastTicketLine(ctx context.Context, id int64) (int64, error) {
	return t.rows.LastTicketLine(ctx, id)
}

func (t ticketTx) BeginTenure(ctx context.Context, ticketID int64, h tickets.Holding, at time.Time) error {
	return t.rows.BeginTenure(ctx, dbsqlc.BeginTenureParams{
		TicketID: ticketID, ProviderID: h.ProviderID, AfterID: h.AfterID, Summary: h.Summary, At: at,
	})
}

func (t ticketTx) EndTenure(ctx context.Context, ticketID int64, at time.Time) error {
	return t.rows.EndTenure(ctx, dbsqlc.EndTenureParams{TicketID: ticketID, At: at})
}

func (t ticketTx) TicketWasHeld(ctx context.Context, id int64) (bool, error) {
	return t.rows.TicketWasHeld(ctx, id)
}
