package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"nichoir/internal/postgres/dbsqlc"
)

// job is what services enqueue: a plain struct of theirs that names its kind.
type job interface{ Kind() string }

// later is a job that is not to be worked before a time.
type later interface{ NotBefore() time.Time }

// letter is a job that is a mail: it becomes a row of mails (one for one event and recipient) and a SendMail.
type letter interface {
	Letter() (event, template, recipient, lang string, ref int64)
}

// SendMail works one row of mails. It carries no address and no token.
type SendMail struct {
	MailID int64 `json:"mail_id"`
}

// Kind names the job for the queue.
func (SendMail) Kind() string { return "send_mail" }

// Queues by kind; what people wait for does not stand behind what machines do, nor anything of ours behind machines of others:
// a provider's tool that takes its time to answer would keep the schedules waiting.
const (
	QueueDefault  = river.QueueDefault
	QueueMail     = "mail"
	QueueSpaces   = "spaces"
	QueueWebhooks = "webhooks"
)

func queueOf(kind string) string {
	switch kind {
	case "send_mail":
		return QueueMail
	case "work_space", "sweep_host":
		return QueueSpaces
	case "deliver_webhook":
		return QueueWebhooks
	default:
		return QueueDefault
	}
}

// Enqueue puts a job on the queue in this transaction; it exists if and only if the transaction does. A letter for an
// event and a recipient that already have one is dropped without an error: the mail is on its way or was sent.
func (t *txn) Enqueue(ctx context.Context, j job) error {
	if l, ok := j.(letter); ok {
		return t.post(ctx, l)
	}
	opts := &river.InsertOpts{Queue: queueOf(j.Kind())}
	if j.Kind() == "sweep_host" { // a second reading of a host that is to be read anyway tells nothing more
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: unfinished()}
	}
	if l, ok := j.(later); ok {
		opts.ScheduledAt = l.NotBefore()
	}
	if _, err := t.db.jobs.InsertTx(ctx, t.tx, j, opts); err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind(), err)
	}
	return nil
}

// unfinished are the states of jobs that are still to be worked, or are being worked.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled}
}

func (t *txn) post(ctx context.Context, l letter) error {
	event, template, recipient, lang, ref := l.Letter()
	ids, err := t.q.InsertMail(ctx, dbsqlc.InsertMailParams{
		Event: event, Template: template, Recipient: recipient, Lang: lang, RefID: ref,
		MessageID: t.db.mail(event, recipient),
	})
	if err != nil {
		return fmt.Errorf("post %s: %w", template, err)
	}
	for _, id := range ids { // none when the mail exists already
		if err := t.Enqueue(ctx, SendMail{MailID: id}); err != nil {
			return err
		}
	}
	return nil
}

// auditRow is one line of the audit trail, as the services' own entries become.
type auditRow struct {
	actorID   *int64
	actor     string
	action    string
	subject   string
	subjectID int64
	data      map[string]any
}

// auditData is what a line of the trail holds besides, as it is kept.
func auditData(action string, data map[string]any) ([]byte, error) {
	if len(data) == 0 {
		return []byte("{}"), nil
	}
	kept, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("encode the audit entry %s: %w", action, err)
	}
	return kept, nil
}

func (t *txn) audit(ctx context.Context, r auditRow) error {
	data, err := auditData(r.action, r.data)
	if err != nil {
		return err
	}
	if err := t.q.InsertAudit(ctx, dbsqlc.InsertAuditParams{
		ActorID: r.actorID, Actor: r.actor, Action: r.action, Subject: r.subject, SubjectID: r.subjectID, Data: data,
	}); err != nil {
		return fmt.Errorf("audit %s: %w", r.action, err)
	}
	return nil
}
