package queue

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"nichoir/internal/mail/incoming"
	"nichoir/internal/support/inbox"
)

// Mailbox is where mails come in.
type Mailbox interface {
	Run(ctx context.Context, handle incoming.Handler) (incoming.Result, error)
}

// Receiver keeps the mails that come in.
type Receiver interface {
	Receive(ctx context.Context, l inbox.Letter) (inbox.Outcome, error)
}

// MailboxOptions are what reading a mailbox takes.
type MailboxOptions struct {
	Mailbox  Mailbox
	Receiver Receiver
	// Domains are those of our own mails: what comes from them is a loop.
	Domains []string
	// Now dates the last reading; nil: time.Now.
	Now func() time.Time
}

// reading reads the mailbox, one run at a time: a run that takes longer than the schedule's pause is not joined by a second
// one in the same process. In another process a second one does no harm: a mail is kept once.
type reading struct {
	opts    MailboxOptions
	metrics Metrics
	log     *slog.Logger

	running sync.Mutex
}

func newReading(o Options) *reading {
	r := &reading{opts: *o.Mailbox, metrics: o.Metrics, log: o.Log}
	if r.opts.Now == nil {
		r.opts.Now = time.Now
	}
	return r
}

// run takes all that lies in the mailbox. One mail that fails holds up no other: it stays there for the next run.
func (r *reading) run(ctx context.Context) error {
	if !r.running.TryLock() {
		return nil
	}
	defer r.running.Unlock()
	for {
		res, err := r.opts.Mailbox.Run(ctx, r.keep)
		for _, failed := range res.Failures {
			r.log.WarnContext(ctx, "a mail could not be kept; it stays in the mailbox", "err", failed)
		}
		if err != nil {
			return err
		}
		if !res.More || res.Kept == 0 {
			r.metrics.InboxRead(r.opts.Now())
			return errors.Join(res.Failures...)
		}
	}
}

func (r *reading) keep(ctx context.Context, f incoming.Fetched) error {
	out, err := r.opts.Receiver.Receive(ctx, r.letter(f))
	if err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	r.metrics.Incoming(string(out))
	return nil
}

// letter reads a mail as the inbox wants it.
func (r *reading) letter(f incoming.Fetched) inbox.Letter {
	l := inbox.Letter{Place: inbox.Place(f.Place), Size: f.Size, Digest: digest(f)}
	var m incoming.Mail
	if o := (incoming.Options{Domains: r.opts.Domains}); f.TooLarge {
		m = incoming.ParseHeader(f.Raw, o)
	} else {
		m, l.Raw = incoming.Parse(f.Raw, o), f.Raw
	}
	l.Trouble, l.MessageID, l.References = string(m.Trouble), m.MessageID, m.References
	l.From, l.FromName, l.To, l.Subject, l.Text = m.From, m.FromName, m.To, m.Subject, m.Text
	l.Cut, l.Automatic, l.Listed, l.Ours = m.Cut, m.Automatic, m.Listed, m.Ours
	for _, file := range m.Files {
		l.Files = append(l.Files, inbox.File{Name: file.Name, Content: file.Content})
	}
	for _, failed := range m.Failed {
		l.Failed = append(l.Failed, inbox.Failure(failed))
	}
	return l
}

// digest knows a mail again when the mailbox is numbered anew. Of one that was not fetched the size is a part of it.
func digest(f incoming.Fetched) [32]byte {
	if !f.TooLarge {
		return sha256.Sum256(f.Raw)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d\n", f.Size)
	h.Write(f.Raw)
	return [32]byte(h.Sum(nil))
}
