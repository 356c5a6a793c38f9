package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support/inbox"
)

// InboxStore keeps the mails that come in, and people's other addresses.
type InboxStore struct{ db *DB }

var _ inbox.Store = (*InboxStore)(nil)

// Inbox returns the inbox's store.
func (db *DB) Inbox() *InboxStore { return &InboxStore{db: db} }

// InTx runs fn in one transaction.
func (s *InboxStore) InTx(ctx context.Context, fn func(inbox.Tx) error) error {
	return s.db.inTx(ctx, func(t *txn) error { return fn(inboxTx{newTicketTx(t)}) })
}

// Subject returns a mail as the mails about it need it.
func (s *InboxStore) Subject(ctx context.Context, mailID int64) (inbox.Subject, error) {
	r, err := s.db.q.IncomingSubject(ctx, mailID)
	if err != nil {
		return inbox.Subject{}, inboxErr(err)
	}
	return inbox.Subject{ID: r.ID, Outcome: inbox.Outcome(r.Outcome), Reason: r.Reason, Sender: r.Sender, PersonEmail: r.PersonEmail,
		TicketID: r.TicketID, TicketPub: r.TicketPub}, nil
}

// Held returns a held answer without its files' contents.
func (s *InboxStore) Held(ctx context.Context, mailID int64) (inbox.HeldRow, error) {
	return heldMail(ctx, s.db.q, mailID)
}

func heldMail(ctx context.Context, q *dbsqlc.Queries, mailID int64) (inbox.HeldRow, error) {
	r, err := q.HeldMail(ctx, mailID)
	if err != nil {
		return inbox.HeldRow{}, inboxErr(err)
	}
	row := inbox.HeldRow{
		HeldMail: inbox.HeldMail{
			ID: r.ID, TicketID: r.TicketID, TicketPub: r.TicketPub, Sender: r.Sender, Text: r.Body, Files: int(r.Files), At: r.CreatedAt,
			Person: person(r.PersonID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt), Done: r.Outcome == string(inbox.Released),
		},
		Outcome: inbox.Outcome(r.Outcome), MessageID: r.MessageID,
	}
	copy(row.Digest[:], r.Digest)
	return row, nil
}

// AddressByID returns another address of a person.
func (s *InboxStore) AddressByID(ctx context.Context, id int64) (inbox.Address, error) {
	return personAddress(ctx, s.db.q, id)
}

func personAddress(ctx context.Context, q *dbsqlc.Queries, id int64) (inbox.Address, error) {
	r, err := q.PersonAddress(ctx, id)
	if err != nil {
		return inbox.Address{}, inboxErr(err)
	}
	return inbox.Address{ID: r.ID, Email: r.Email, PersonID: r.PersonID, Own: r.Own}, nil
}

// Addresses returns the other addresses of a person, by name.
func (s *InboxStore) Addresses(ctx context.Context, personID int64) ([]inbox.Address, error) {
	rows, err := s.db.q.PersonAddresses(ctx, personID)
	if err != nil {
		return nil, inboxErr(err)
	}
	out := make([]inbox.Address, 0, len(rows))
	for _, r := range rows {
		out = append(out, inbox.Address{ID: r.ID, Email: r.Email, PersonID: r.PersonID, Own: r.Own})
	}
	return out, nil
}

// Kept returns mails, latest first. One plan for all outcomes would look through the whole table for those that are rare.
func (s *InboxStore) Kept(ctx context.Context, after int64, limit int, outcomes []inbox.Outcome) ([]inbox.Kept, error) {
	st := &statement{}
	st.sql.WriteString(`SELECT m.id, m.outcome, m.reason, m.sender, m.subject, m.size, coalesce(m.ticket_id, 0), coalesce(t.public_id, ''),
		m.created_at, m.raw IS NOT NULL FROM incoming_mails m LEFT JOIN tickets t ON t.id = m.ticket_id WHERE true`)
	if len(outcomes) > 0 {
		st.addf(" AND m.outcome = ANY (%s::text[])", st.arg(texts(outcomes)))
	}
	if after != 0 {
		st.addf(" AND m.id < %s", st.arg(after))
	}
	st.addf(" ORDER BY m.id DESC LIMIT %s", st.arg(limit))
	return collect(ctx, s.db, st, pgx.RowToStructByPos[inbox.Kept])
}

// Source returns a mail of one of the outcomes as it came.
func (s *InboxStore) Source(ctx context.Context, mailID int64, outcomes []inbox.Outcome) ([]byte, error) {
	rows, err := s.db.q.IncomingSource(ctx, dbsqlc.IncomingSourceParams{ID: mailID, Outcomes: texts(outcomes)})
	if err != nil {
		return nil, inboxErr(err)
	}
	if len(rows) == 0 {
		return nil, inbox.ErrNotFound
	}
	return rows[0], nil
}

// Troubles returns whose address does not work, latest first.
func (s *InboxStore) Troubles(ctx context.Context, limit int) ([]inbox.Trouble, error) {
	rows, err := s.db.q.MailTroubles(ctx, int32(limit)) //nolint:gosec // a page
	if err != nil {
		return nil, inboxErr(err)
	}
	all := make([]inbox.Trouble, 0, len(rows))
	for _, r := range rows {
		all = append(all, inbox.Trouble{Person: person(r.ID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt), Code: r.MailTrouble,
			At: timeOrZero(r.MailTroubleAt)})
	}
	return all, nil
}

// Forget empties mails that came before, and deletes what was mailed about them: strangers' addresses stand there.
func (s *InboxStore) Forget(ctx context.Context, before time.Time, limit int) (int, error) {
	var forgotten int
	err := s.db.inTx(ctx, func(t *txn) error {
		ids, err := t.q.ForgetIncoming(ctx, dbsqlc.ForgetIncomingParams{Before: before, Most: int32(limit)}) //nolint:gosec // a page
		if err != nil || len(ids) == 0 {
			return inboxErr(err)
		}
		forgotten = len(ids)
		if err := t.dropMails(ctx, ids, inbox.Letters()...); err != nil {
			return err
		}
		return inboxErr(t.q.ForgetMailsBefore(ctx, dbsqlc.ForgetMailsBeforeParams{Template: inbox.LetterAdded, Before: before}))
	})
	return forgotten, err
}

// DropHeld drops answers that are held since before.
func (s *InboxStore) DropHeld(ctx context.Context, before time.Time, limit int) (int, error) {
	var dropped int
	err := s.db.inTx(ctx, func(t *txn) error {
		ids, err := t.q.DropHeld(ctx, dbsqlc.DropHeldParams{Before: before, Most: int32(limit)}) //nolint:gosec // a page
		if err != nil {
			return inboxErr(err)
		}
		dropped = len(ids)
		return inboxErr(t.q.DropFilesOf(ctx, ids))
	})
	return dropped, err
}

func inboxErr(err error) error { return rowErr(err, inbox.ErrNotFound) }
