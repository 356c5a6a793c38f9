// Package tour rehearses Nichoir's main job, unattended and through the front door: from the form of an association to a
// space in which people work, by way of a provider that helps them, and back to a server on which nothing is left of it.
//
// It drives a running Nichoir as people do: pages over HTTP, links of real mails, answers by mail, the files of the Nextcloud
// server, /metrics.
// It must never read or write Nichoir's database, call a service, or leave anything on the Nextcloud server, however it ends:
// all that it makes there carries the tour's own name, and that name is in a journal before anything is made.
package tour

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"nichoir/internal/demo/mailcatcher"
	"nichoir/nextcloud"
)

// The sizes of the plan that the tour works with, as Nextcloud labels them.
const (
	totalBytes    int64 = 40 << 30
	personalBytes int64 = 100 << 20
	accountLimit        = 50
)

// Mails is where the mails of the Nichoir under test can be read and answered.
type Mails interface {
	// Wait returns the oldest mail that matches, or waits for one until ctx ends.
	Wait(ctx context.Context, match func(mailcatcher.Message) bool) (mailcatcher.Message, error)
	// Answer writes from an address to where answers to a mail go, as a mail program does: above the mail, quoted.
	Answer(m mailcatcher.Message, from, text string) error
}

// Server is a Nextcloud server and an administrator of it.
type Server struct{ URL, User, Password string }

// Registration is a server as an operator registers it with Nichoir.
type Registration struct {
	URL, User, Password string
	Suites              []string // declared, where the server's apps do not tell; else empty
}

// Options say what a tour goes through. Fields without a default are required.
type Options struct {
	// Nichoir is the base URL of the pages, Metrics the address of /metrics.
	Nichoir, Metrics string
	Mails            Mails
	// Admin is the address of a member of the team who has not registered a second factor yet.
	Admin  string
	Server Server
	// Register is what an operator does at the command line: nichoir host add. It returns what the report warns of.
	Register func(ctx context.Context, r Registration) (warnings []string, err error)
	// Halt stops the Nichoir under test for good: once it returns nothing of it calls the server any more. It is called
	// before the server is cleaned up, and may be called twice.
	Halt func(ctx context.Context) error
	// Journal is the file that lets a later tour clean up after one that was killed; "": there can be no later one.
	Journal string
	// Timeline shows how it goes.
	Timeline *Timeline
	// Witness, if set, compares what the API does not tell: it is called before anything is done and returns what is called
	// at the end, which says how the server differs.
	Witness func() (differs func() []string)
	// Transport carries the calls to the server; nil: one of the tour's own.
	Transport http.RoundTripper
}

// tour is one run.
type tour struct {
	Options

	names    names
	api      *nextcloud.Client // as the administrator
	journal  *journal
	welcome  bool // the server let the tour in
	before   inventory
	differs  func() []string
	suite    string // the one that is asked for
	declared bool   // that suite, since the server's apps tell of none
	password string // of everybody whom the tour lets in

	public *browser // the applicant's
	desk   *browser // the admin's
	own    *browser // the lead's

	confirm, handover, invitation mailcatcher.Message
	status, batch, space          string // paths of pages, and the space's public id
	lead, member                  *person
	mount                         string
}

// person is somebody with an account in the space.
type person struct {
	name, email, login string
	files              *nextcloud.Client
}

// ErrFailed says that a check did not hold. The timeline has told which.
var ErrFailed = errors.New("the tour failed")

// errStays says that nothing could be cleaned up.
var errStays = errors.New("what an earlier tour left stays on the server")

// cleanLimit bounds the cleaning up, which goes on when the tour was interrupted.
const cleanLimit = 3 * time.Minute

// Run goes on the tour. It returns nil only if every check held and nothing is left on the server.
func Run(ctx context.Context, o Options) error {
	t := &tour{Options: o}
	if err := t.prepare(); err != nil {
		return err
	}
	defer t.hangUp()
	began := time.Now()
	failed := t.walk(ctx)
	cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
	defer cancel()
	left := t.leave(cleaning, failed)
	closed := t.journal.close()
	if err := errors.Join(failed, left); err != nil {
		t.Timeline.lost(failed, left, t.journal)
		return errors.Join(ErrFailed, closed)
	}
	t.Timeline.won(time.Since(began))
	return closed
}

// prepare makes what the tour needs itself; nothing is called yet.
func (t *tour) prepare() error {
	var err error
	if t.names, err = newNames(); err != nil {
		return err
	}
	t.api, err = nextcloud.New(nextcloud.Options{BaseURL: t.Server.URL, User: t.Server.User, Password: t.Server.Password,
		UserAgent: "nichoir-tour", Transport: t.Transport})
	if err != nil {
		return fmt.Errorf("use the server's address: %w", err)
	}
	if t.password, err = newPassword(); err != nil {
		return err
	}
	for _, b := range []**browser{&t.public, &t.desk, &t.own} {
		if *b, err = newBrowser(t.Nichoir); err != nil {
			return err
		}
	}
	t.journal, err = openJournal(t.Journal, t.Server.URL)
	return err
}

// hangUp closes the connections that are kept for more.
func (t *tour) hangUp() {
	t.api.CloseIdle()
	for _, b := range []*browser{t.public, t.desk, t.own} {
		b.http.CloseIdleConnections()
	}
}

// step is a part of the tour. Its detail is told beside its name.
type step struct {
	name string
	run  func(ctx context.Context) (detail string, err error)
}

// walk goes through the steps until one fails.
func (t *tour) walk(ctx context.Context) error {
	for _, part := range [][]step{
		t.arrival(), t.application(), t.listing(), t.approval(), t.handingOver(), t.invitationSteps(), t.accounting(), t.linkingUp(),
		t.ticketing(), t.closing(),
	} {
		for _, s := range part {
			if err := t.Timeline.step(ctx, s.name, s.run); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave takes back what the tour made, whatever happened, and compares the server with what it was.
func (t *tour) leave(ctx context.Context, failed error) error {
	if !t.welcome { // asking again would be one more failed login
		if len(t.journal.Entries) > 0 {
			return errStays
		}
		return nil
	}
	err := t.Timeline.step(ctx, "What the tour put on the server is taken back", func(ctx context.Context) (string, error) {
		if err := t.Halt(ctx); err != nil {
			return "", fmt.Errorf("stop Nichoir: %w", err)
		}
		return "", t.cleanUp(ctx, t.journal)
	})
	if t.before.Groups == nil {
		return err // nothing was done on it yet
	}
	same := t.Timeline.step(ctx, "The server is as it was before", func(ctx context.Context) (string, error) {
		return t.compare(ctx, failed != nil)
	})
	return errors.Join(err, same)
}

// await asks again and again until ok, an error or the limit.
func await(ctx context.Context, limit time.Duration, what string, ask func(ctx context.Context) (bool, error)) error {
	const every = 150 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		ok, err := ask(ctx)
		if err != nil {
			return err
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
}
