package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/riverqueue/river"

	"nichoir/internal/mail"
	"nichoir/internal/postgres"
)

const (
	// sendLimit bounds one delivery. It is shorter than the job's own limit, since a delivery is not cut short by a stop.
	sendLimit = 3 * time.Minute
	// writeLimit bounds the writing of what became of it.
	writeLimit = 10 * time.Second
	// firstPause doubles with each attempt, up to longestPause: mailLastAttempt comes nearly three days after the first.
	firstPause      = 30 * time.Second
	longestPause    = 4 * time.Hour
	mailLastAttempt = 26
)

// mailRows are the rows of mails.
type mailRows interface {
	Mail(ctx context.Context, id int64) (postgres.Mail, error)
	EndMail(ctx context.Context, id int64, state, reply string) (bool, error)
	CountMailAttempt(ctx context.Context, id int64, reply string) error
	SpaceForMail(ctx context.Context, id int64) (postgres.MailSpace, error)
	NotePersonTrouble(ctx context.Context, address, code string) error
}

// sendMail works one row of mails. Only a crash between the server's 250 and the row's end repeats a mail, and then with the
// same Message-ID.
type sendMail struct {
	river.WorkerDefaults[postgres.SendMail]

	mails mailRows
	opts  Options
}

// Work implements river.Worker.
func (w *sendMail) Work(ctx context.Context, job *river.Job[postgres.SendMail]) error {
	m, err := w.mails.Mail(ctx, job.Args.MailID)
	if errors.Is(err, postgres.ErrNoMail) || err == nil && m.State != postgres.MailQueued {
		return nil // done by a job that was thought lost
	}
	if err != nil {
		return fmt.Errorf("look at the mail: %w", err)
	}
	msg, err := w.build(ctx, m)
	if errors.Is(err, errGone) {
		return w.end(ctx, m, postgres.MailDropped, "")
	}
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("send the mail: %w", ctx.Err()) // not begun: better after the restart
	}
	// Once begun, a stop does not cut it off: half-way nobody would know whether the mail was taken.
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendLimit)
	defer cancel()
	err = w.opts.Sender.Send(sending, msg)
	var failed *mail.SendError
	switch {
	case err == nil:
		return w.end(ctx, m, postgres.MailSent, "250")
	case errors.As(err, &failed):
		return w.failed(ctx, m, failed)
	default:
		return fmt.Errorf("send the mail: %w", err)
	}
}

// end takes the row to its last state, even while we are told to stop.
func (w *sendMail) end(ctx context.Context, m postgres.Mail, state, reply string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	ended, err := w.mails.EndMail(ctx, m.ID, state, reply)
	if err != nil {
		return fmt.Errorf("note what became of the mail: %w", err)
	}
	if ended {
		w.opts.Metrics.Mail(state)
	}
	return nil
}

// failed decides by what the server said. A server that does not take our mails at all says nothing of the recipient:
// those mails wait for as long as it lasts.
func (w *sendMail) failed(ctx context.Context, m postgres.Mail, e *mail.SendError) error {
	attempt := m.Attempts + 1
	aboutMail := e.Stage == "recipient" || e.Stage == "content" || e.Stage == "build"
	final := aboutMail && (!e.Temporary || attempt >= mailLastAttempt)
	level := slog.LevelWarn
	if final || !aboutMail {
		level = slog.LevelError
	}
	w.opts.Log.Log(ctx, level, "a mail was not taken", "mail", m.ID, "template", m.Template, "attempt", attempt, "final", final, "err", e)
	code := replyCode(e)
	if !final {
		if err := w.mails.CountMailAttempt(ctx, m.ID, code); err != nil {
			return fmt.Errorf("note what became of the mail: %w", err)
		}
		w.opts.Metrics.Mail("postponed")
		return river.JobSnooze(pauseAfter(attempt))
	}
	// First where people see it: a crash in between asks the server again, which does no harm.
	if err := w.trouble(ctx, m, code); err != nil {
		return err
	}
	return w.end(ctx, m, postgres.MailRefused, code)
}

// trouble notes a bad address where the team and the lead look.
func (w *sendMail) trouble(ctx context.Context, m postgres.Mail, code string) error {
	var err error
	switch subjectOf(m.Template) {
	case aboutApplication:
		err = w.opts.Onboarding.MailBounced(ctx, m.Ref, code)
	case aboutAccount:
		err = w.opts.Provisioning.MailTrouble(ctx, m.Ref, code)
	case aboutPerson: // a sign-in link: who asked for it sees that nothing comes
	default: // about support: the team sees whose address does not work
		err = w.mails.NotePersonTrouble(ctx, m.Recipient, code)
	}
	if err != nil {
		return fmt.Errorf("note the address's trouble: %w", err)
	}
	return nil
}

// replyCode is the most telling code of a reply: RFC 3463's, SMTP's, or else what was being done.
func replyCode(e *mail.SendError) string {
	switch {
	case e.Enhanced != "":
		return e.Enhanced
	case e.Code != 0:
		return strconv.Itoa(e.Code)
	default:
		return e.Stage
	}
}

// pauseAfter is how long to wait after an attempt, the first being 1.
func pauseAfter(attempt int) time.Duration {
	pause := firstPause
	for range attempt - 1 {
		if pause *= 2; pause >= longestPause {
			return longestPause
		}
	}
	return pause
}
