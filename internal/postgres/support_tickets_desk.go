package postgres

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/tickets"
)

// ticketDeskTx is what the tickets' own transactions can do beside posting and moving.
type ticketDeskTx struct{ ticketTx }

var _ tickets.DeskTx = ticketDeskTx{}

func (t ticketDeskTx) LockColeadAccount(ctx context.Context, spaceID, accountID int64) (tickets.ColeadAccount, error) {
	r, err := t.rows.LockColeadAccount(ctx, dbsqlc.LockColeadAccountParams{ID: accountID, SpaceID: spaceID})
	if err != nil {
		return tickets.ColeadAccount{}, ticketErr(err)
	}
	return tickets.ColeadAccount{Email: r.Email, Name: r.Name, Lang: r.Lang}, nil
}

func (t ticketDeskTx) InsertColead(ctx context.Context, spaceID, accountID, personID int64) (bool, error) {
	n, err := t.rows.InsertColead(ctx, dbsqlc.InsertColeadParams{SpaceID: spaceID, AccountID: accountID, PersonID: personID})
	return n > 0, err
}

func (t ticketDeskTx) DeleteColead(ctx context.Context, spaceID, accountID int64) (bool, error) {
	n, err := t.rows.DeleteColead(ctx, dbsqlc.DeleteColeadParams{SpaceID: spaceID, AccountID: accountID})
	return n > 0, err
}

func (t ticketDeskTx) LockReckonable(ctx context.Context, limit int) ([]tickets.Row, error) {
	ids, err := t.rows.ReckonableTickets(ctx, int32(limit)) //nolint:gosec // small
	return t.locked(ctx, ids, err)
}

func (t ticketDeskTx) LockRemindable(ctx context.Context, now time.Time, limit int) ([]tickets.Row, error) {
	ids, err := t.rows.RemindableTickets(ctx, dbsqlc.RemindableTicketsParams{Now: now, UpTo: int32(limit)}) //nolint:gosec // small
	return t.locked(ctx, ids, err)
}

func (t ticketDeskTx) LockNudgeable(ctx context.Context, now time.Time, most, limit int) ([]tickets.Row, error) {
	ids, err := t.rows.NudgeableTickets(ctx, dbsqlc.NudgeableTicketsParams{
		Most: int32(most), Now: &now, UpTo: int32(limit), //nolint:gosec // small
	})
	return t.locked(ctx, ids, err)
}

func (t ticketDeskTx) LockSettled(ctx context.Context, before time.Time, limit int) ([]tickets.Row, error) {
	ids, err := t.rows.SettledTickets(ctx, dbsqlc.SettledTicketsParams{Before: before, UpTo: int32(limit)}) //nolint:gosec // small
	return t.locked(ctx, ids, err)
}

func (t ticketDeskTx) EmptyTickets(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	if err := t.forgetColeads(ctx); err != nil {
		return nil, err
	}
	ids, err := t.rows.ForgettableTickets(ctx, int32(limit)) //nolint:gosec // small
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := t.rows.EmptyTickets(ctx, dbsqlc.EmptyTicketsParams{Ids: ids, At: now}); err != nil {
		return nil, fmt.Errorf("empty the tickets: %w", err)
	}
	lines, err := t.rows.EmptyTicketLines(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("empty the messages: %w", err)
	}
	if err := t.rows.DropTicketFiles(ctx, lines); err != nil {
		return nil, fmt.Errorf("delete the files: %w", err)
	}
	if err := t.rows.EmptyTenures(ctx, ids); err != nil {
		return nil, fmt.Errorf("empty the summaries: %w", err)
	}
	came, err := t.rows.EmptyMailsOfTickets(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("empty the mails that came in: %w", err)
	}
	if err := t.rows.DropFilesOf(ctx, came); err != nil {
		return nil, fmt.Errorf("delete the files of what was held: %w", err)
	}
	if err := t.dropMails(ctx, came, inbox.Letters()...); err != nil {
		return nil, err
	}
	aboutLines, aboutTickets := tickets.Letters()
	if err := t.dropMails(ctx, lines, aboutLines...); err != nil {
		return nil, err
	}
	if err := t.dropMails(ctx, ids, aboutTickets...); err != nil {
		return nil, err
	}
	return ids, t.dropLinks(ctx, ids, identity.PurposeTicket)
}

// forgetColeads forgets who helped a forgotten space, and those of them to whom nothing else refers.
func (t ticketDeskTx) forgetColeads(ctx context.Context) error {
	people, err := t.rows.ForgetColeads(ctx)
	if err != nil {
		return fmt.Errorf("delete the co-leads: %w", err)
	}
	return t.forgetPeople(ctx, people)
}
