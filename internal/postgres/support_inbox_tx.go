package postgres

import (
	"context"
	"encoding/binary"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support/inbox"
)

// inboxTx is one transaction of the inbox, in which tickets are posted into as well.
type inboxTx struct{ ticketTx }

var _ inbox.Tx = inboxTx{}

func (t inboxTx) InsertMail(ctx context.Context, l inbox.Letter, at time.Time) (int64, error) {
	key := int64(binary.BigEndian.Uint64(l.Digest[:8])) //nolint:gosec // bits are bits
	if err := t.q.LockDigest(ctx, key); err != nil {
		return 0, inboxErr(err)
	}
	ids, err := t.q.InsertIncoming(ctx, dbsqlc.InsertIncomingParams{
		Mailbox: l.Place.Mailbox, UidValidity: int64(l.Place.UIDValidity), Uid: int64(l.Place.UID), Digest: l.Digest[:],
		MessageID: l.MessageID, Sender: l.From, Subject: l.Subject, Size: l.Size, Raw: l.Raw, CreatedAt: at,
	})
	if err != nil || len(ids) == 0 { // none: a mail of that place is kept
		return 0, inboxErr(err)
	}
	return ids[0], nil
}

func (t inboxTx) OutcomeAt(ctx context.Context, p inbox.Place) (inbox.Outcome, error) {
	o, err := t.q.IncomingByPlace(ctx, dbsqlc.IncomingByPlaceParams{
		Mailbox: p.Mailbox, UidValidity: int64(p.UIDValidity), Uid: int64(p.UID),
	})
	return inbox.Outcome(o), inboxErr(err)
}

func (t inboxTx) Earlier(ctx context.Context, digest [32]byte, not int64) (inbox.Earlier, error) {
	rows, err := t.q.IncomingByDigest(ctx, dbsqlc.IncomingByDigestParams{Digest: digest[:], ID: not})
	if err != nil {
		return inbox.Earlier{}, inboxErr(err)
	}
	if len(rows) == 0 {
		return inbox.Earlier{}, inbox.ErrNotFound
	}
	return inbox.Earlier{TicketID: idOrZero(rows[0].TicketID), MessageID: idOrZero(rows[0].TicketMessageID)}, nil
}

func (t inboxTx) EndMail(ctx context.Context, id int64, e inbox.End) error {
	return inboxErr(t.q.EndIncoming(ctx, dbsqlc.EndIncomingParams{
		ID: id, Outcome: string(e.Outcome), Reason: e.Reason, TicketID: idOrNull(e.TicketID), PersonID: idOrNull(e.PersonID),
		TicketMessageID: idOrNull(e.MessageID), Body: e.Body, KeepRaw: !e.DropRaw,
	}))
}

func (t inboxTx) InsertFile(ctx context.Context, mailID int64, f inbox.File) error {
	content := f.Content
	if content == nil {
		content = []byte{} // an empty file is one
	}
	name := strings.ReplaceAll(strings.ToValidUTF8(f.Name, ""), "\x00", "")
	return inboxErr(t.q.InsertIncomingFile(ctx, dbsqlc.InsertIncomingFileParams{MailID: mailID, Name: name, Content: content}))
}

func (t inboxTx) DropFiles(ctx context.Context, mailID int64) error {
	return inboxErr(t.q.DropIncomingFiles(ctx, mailID))
}

func (t inboxTx) LockHeld(ctx context.Context, mailID int64) (inbox.HeldRow, error) {
	if _, err := t.q.LockIncoming(ctx, mailID); err != nil {
		return inbox.HeldRow{}, inboxErr(err)
	}
	return heldMail(ctx, t.q, mailID)
}

func (t inboxTx) Files(ctx context.Context, mailID int64) ([]inbox.File, error) {
	rows, err := t.q.IncomingFiles(ctx, mailID)
	if err != nil {
		return nil, inboxErr(err)
	}
	files := make([]inbox.File, 0, len(rows))
	for _, r := range rows {
		files = append(files, inbox.File(r))
	}
	return files, nil
}

func (t inboxTx) PeopleOf(ctx context.Context, address string) ([]identity.Person, error) {
	return peopleByAddress(ctx, t.q, address)
}

func (t inboxTx) TicketsOfMails(ctx context.Context, messageIDs []string) ([]inbox.Knower, error) {
	rows, err := t.q.TicketsOfMails(ctx, messageIDs)
	out := make([]inbox.Knower, 0, len(rows))
	for _, r := range rows {
		out = append(out, inbox.Knower(r))
	}
	return out, inboxErr(err)
}

func (t inboxTx) MailSentTo(ctx context.Context, messageID, recipient string) (int64, error) {
	rows, err := t.q.MailOfMessageID(ctx, messageID)
	if err != nil {
		return 0, inboxErr(err)
	}
	for _, r := range rows {
		if strings.EqualFold(r.Recipient, recipient) {
			return r.ID, nil
		}
	}
	return 0, inbox.ErrNotFound
}

func (t inboxTx) BounceMail(ctx context.Context, mailID int64, code string) (bool, error) {
	n, err := t.q.BounceMail(ctx, dbsqlc.BounceMailParams{ID: mailID, Reply: code})
	return n == 1, inboxErr(err)
}

func (t inboxTx) ClearTrouble(ctx context.Context, address string) error {
	return inboxErr(t.q.ClearPersonMailTrouble(ctx, address))
}

func (t inboxTx) AddAddress(ctx context.Context, personID int64, address string, at time.Time) (int64, error) {
	ids, err := t.q.InsertPersonAddress(ctx, dbsqlc.InsertPersonAddressParams{PersonID: personID, Email: address, CreatedAt: at})
	if err != nil || len(ids) == 0 {
		return 0, inboxErr(err)
	}
	return ids[0], nil
}

func (t inboxTx) AddressByID(ctx context.Context, id int64) (inbox.Address, error) {
	return personAddress(ctx, t.q, id)
}

func (t inboxTx) DropAddress(ctx context.Context, id int64) (bool, error) {
	n, err := t.q.DeletePersonAddress(ctx, id)
	return n == 1, inboxErr(err)
}

func (t inboxTx) DropOwnAddress(ctx context.Context, personID int64, address string) (bool, error) {
	n, err := t.q.DeleteOwnAddress(ctx, dbsqlc.DeleteOwnAddressParams{PersonID: personID, Email: address})
	return n > 0, inboxErr(err)
}
