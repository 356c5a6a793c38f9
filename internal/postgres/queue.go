package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/postgres/dbsqlc"
)

// ErrNoMail says that there is no such mail.
var ErrNoMail = errors.New("there is no such mail")

// QueueStore keeps the schedules and the outgoing mails.
type QueueStore struct{ db *DB }

// Queue returns the store of schedules and mails.
func (db *DB) Queue() *QueueStore { return &QueueStore{db: db} }

// DueSchedule is a schedule whose time has come.
type DueSchedule struct {
	Name    string
	NextRun time.Time // that has come
	Now     time.Time // the database's clock
}

// KeepSchedule writes a schedule. One that is there with the same spec stays as it is, so that what was missed while
// nobody ran is still due; next says when a spec runs for the first time after a given time.
func (s *QueueStore) KeepSchedule(ctx context.Context, name, spec string, next func(time.Time) time.Time) error {
	now, err := s.db.q.DatabaseTime(ctx)
	if err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	if err := s.db.q.KeepSchedule(ctx, dbsqlc.KeepScheduleParams{Name: name, Spec: spec, NextRun: next(now)}); err != nil {
		return fmt.Errorf("keep the schedule %s: %w", name, err)
	}
	return nil
}

// DueSchedules returns what is due by the database's clock, the longest overdue first.
func (s *QueueStore) DueSchedules(ctx context.Context) ([]DueSchedule, error) {
	rows, err := s.db.q.DueSchedules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the schedules: %w", err)
	}
	due := make([]DueSchedule, 0, len(rows))
	for _, r := range rows {
		due = append(due, DueSchedule(r))
	}
	return due, nil
}

// Claim moves a due schedule on and enqueues its job, in one transaction. It reports false when another process was quicker.
func (s *QueueStore) Claim(ctx context.Context, d DueSchedule, next time.Time, j interface{ Kind() string }) (bool, error) {
	var won bool
	err := s.db.inTx(ctx, func(t *txn) error {
		n, err := t.q.ClaimSchedule(ctx, dbsqlc.ClaimScheduleParams{Name: d.Name, Was: d.NextRun, NextRun: next})
		if err != nil {
			return fmt.Errorf("claim the schedule %s: %w", d.Name, err)
		}
		if won = n == 1; !won {
			return nil
		}
		return t.Enqueue(ctx, j)
	})
	return won && err == nil, err
}

// Enqueue puts a job on the queue in a transaction of its own.
func (s *QueueStore) Enqueue(ctx context.Context, j interface{ Kind() string }) error {
	return s.db.inTx(ctx, func(t *txn) error { return t.Enqueue(ctx, j) })
}

// The states of a mail.
const (
	MailQueued  = "queued"
	MailSent    = "sent"
	MailRefused = "refused" // by the recipient's server, for good
	MailDropped = "dropped" // what it was about is gone
)

// Mail is one row of mails.
type Mail struct {
	ID        int64
	Template  string
	Recipient string
	Lang      string
	Ref       int64 // application, person or account, by template
	MessageID string
	State     string
	Attempts  int // that are over
}

// Mail returns a mail, or ErrNoMail.
func (s *QueueStore) Mail(ctx context.Context, id int64) (Mail, error) {
	r, err := s.db.q.Mail(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Mail{}, ErrNoMail
	}
	if err != nil {
		return Mail{}, fmt.Errorf("read the mail: %w", err)
	}
	return Mail{ID: r.ID, Template: r.Template, Recipient: r.Recipient, Lang: r.Lang, Ref: r.RefID,
		MessageID: r.MessageID, State: r.State, Attempts: int(r.Attempts)}, nil
}

// EndMail takes a queued mail to its last state. It reports false when it had one already.
func (s *QueueStore) EndMail(ctx context.Context, id int64, state, reply string) (bool, error) {
	n, err := s.db.q.EndMail(ctx, dbsqlc.EndMailParams{ID: id, State: state, Reply: reply})
	if err != nil {
		return false, fmt.Errorf("end the mail: %w", err)
	}
	return n == 1, nil
}

// CountMailAttempt notes an attempt after which the mail stays queued.
func (s *QueueStore) CountMailAttempt(ctx context.Context, id int64, reply string) error {
	if err := s.db.q.CountMailAttempt(ctx, dbsqlc.CountMailAttemptParams{ID: id, Reply: reply}); err != nil {
		return fmt.Errorf("count an attempt at the mail: %w", err)
	}
	return nil
}

// SetMailTrouble notes that an account's address does not work.
func (t provisioningTx) SetMailTrouble(ctx context.Context, accountID int64, code string) error {
	n, err := t.q.SetAccountMailTrouble(ctx, dbsqlc.SetAccountMailTroubleParams{ID: accountID, Code: code})
	return movedOn("note an account's mail trouble", n, err)
}
