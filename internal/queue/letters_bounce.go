package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river"

	"nichoir/internal/postgres"
	"nichoir/internal/support/inbox"
)

// mailBounced notes that a mail came back for good, as a refusal of the mail server is noted. Noted twice, it is noted once.
type mailBounced struct {
	river.WorkerDefaults[inbox.Bounced]

	send *sendMail
}

// Work implements river.Worker.
func (w *mailBounced) Work(ctx context.Context, job *river.Job[inbox.Bounced]) error {
	m, err := w.send.mails.Mail(ctx, job.Args.MailID)
	if errors.Is(err, postgres.ErrNoMail) {
		return nil // forgotten with whom it was about
	}
	if err != nil {
		return fmt.Errorf("look at the mail: %w", err)
	}
	return w.send.trouble(ctx, m, job.Args.Code)
}
