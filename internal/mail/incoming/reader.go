package incoming

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"nichoir/internal/mail"
)

const (
	defaultLimit   = 200
	defaultMaxSize = 25 << 20
	defaultTimeout = time.Minute
	// maxLater bounds what a Reader remembers of mails that made trouble.
	maxLater = 1000
)

// ReaderOptions say which mailbox is read and who we are there.
type ReaderOptions struct {
	Host string
	Port int      // 0 means 993 for ImplicitTLS, 143 for StartTLS and NoTLS
	TLS  mail.TLS // empty means ImplicitTLS; NoTLS towards this machine only
	// User and Password sign in.
	User, Password string
	// Mailbox is the folder; empty means INBOX.
	Mailbox string
	// Limit is how many mails a run takes at most; 0 means 200.
	Limit int
	// MaxSize is up to which size a mail is fetched whole, in bytes; 0 means 25 MB. Of a larger one the header is.
	MaxSize int64
	// Timeout bounds each exchange with the server; 0 means a minute. A mail has a second more for each 100 kB.
	Timeout time.Duration
	// TLSConfig replaces the default, which verifies Host with the system's certificates and asks for TLS 1.2.
	TLSConfig *tls.Config
}

// Place is where a mail lies. It never means another mail (RFC 3501 §2.3.1.1).
type Place struct {
	Mailbox     string
	UIDValidity uint32
	UID         uint32
}

// Fetched is a mail as it lay in the mailbox.
type Fetched struct {
	Place Place
	Size  int64 // of the whole mail, in bytes, as the server counts it
	// Raw is the source; of a mail that is TooLarge the header, cut at 64 KB.
	Raw      []byte
	TooLarge bool
}

// Handler keeps one mail. When it returns nil the mail is flagged and never handed over again; else it is tried again at
// the next run, after the mails that made no trouble yet. A run that ends between the two, however that happens, hands
// the same Place over once more: to keep a mail twice must be to keep it once.
type Handler func(ctx context.Context, f Fetched) error

// Result is what a run did.
type Result struct {
	Kept     int     // handed over and flagged
	Vanished int     // taken away by somebody else in between
	Failures []error // of the Handler, or of the server about one mail
	More     bool    // there were more than the limit
}

// Reader reads one mailbox, over a new connection for each run. It is safe for concurrent use; two runs at the same time
// hand the same mails over twice.
//
// What was kept is marked with the keyword $NichoirKept, so that a person may look into the mailbox with a mail program
// without hiding a mail from us. A mailbox that takes no new keywords is marked by \Seen: there, nobody else should read.
type Reader struct {
	opts ReaderOptions

	mu    sync.Mutex
	later map[Place]bool // made trouble at an earlier run; these go last, so that they hold up no other
}

// NewReader checks the options. It does not connect.
func NewReader(o ReaderOptions) (*Reader, error) {
	o.TLS = cmp.Or(o.TLS, mail.ImplicitTLS)
	ports := map[mail.TLS]int{mail.ImplicitTLS: 993, mail.StartTLS: 143, mail.NoTLS: 143}
	usual, known := ports[o.TLS]
	switch {
	case o.Host == "":
		return nil, errors.New("check the mailbox's server: no host")
	case !known:
		return nil, fmt.Errorf("check the mailbox's server: TLS is %q, not starttls, tls or none", o.TLS)
	case o.TLS == mail.NoTLS && !mail.IsLoopback(o.Host):
		return nil, fmt.Errorf("check the mailbox's server: %s is not this machine, so the connection has to be encrypted (starttls or tls)", o.Host)
	case o.Port < 0 || o.Port > 65535:
		return nil, fmt.Errorf("check the mailbox's server: port %d does not exist", o.Port)
	case o.User == "":
		return nil, errors.New("check the mailbox's server: no user")
	case strings.ContainsFunc(o.User+o.Password+o.Mailbox, unicode.IsControl):
		return nil, errors.New("check the mailbox's server: a control character in the user, the password or the mailbox")
	case o.Limit < 0 || o.MaxSize < 0 || o.Timeout < 0:
		return nil, errors.New("check the mailbox's server: a limit below zero")
	}
	o.Port = cmp.Or(o.Port, usual)
	o.Mailbox = cmp.Or(o.Mailbox, "INBOX")
	o.Limit = cmp.Or(o.Limit, defaultLimit)
	o.MaxSize = cmp.Or(o.MaxSize, defaultMaxSize)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	if o.TLSConfig == nil {
		o.TLSConfig = &tls.Config{ServerName: o.Host, MinVersion: tls.VersionTLS12}
	}
	return &Reader{opts: o, later: map[Place]bool{}}, nil
}

// Run hands over the mails that are not kept yet, oldest first. One that fails stops no other. It ends early, with what it
// did until then, when ctx ends or the server does not go on; every error is a *ReadError then.
func (r *Reader) Run(ctx context.Context, handle Handler) (Result, error) {
	var done Result
	s, err := open(ctx, r.opts)
	if err != nil {
		return done, err
	}
	defer s.close()
	waiting, err := s.waiting(ctx)
	if err != nil {
		return done, err
	}
	places := r.order(waiting)
	if len(places) > r.opts.Limit {
		places, done.More = places[:r.opts.Limit], true
	}
	sizes, err := s.sizes(ctx, places)
	if err != nil {
		return done, err
	}
	for _, place := range places {
		size, there := sizes[place.UID]
		if !there {
			r.missing(place, &done)
			continue
		}
		if err := r.one(ctx, s, Fetched{Place: place, Size: size}, handle, &done); err != nil {
			return done, err
		}
	}
	s.leave(ctx)
	return done, nil
}

// one fetches, hands over and flags a mail. Its error ends the run.
func (r *Reader) one(ctx context.Context, s *session, f Fetched, handle Handler, done *Result) error {
	found, err := s.fetch(ctx, &f)
	var refused *ReadError
	switch {
	case errors.As(err, &refused) && refused.Kind == refusedMail:
		r.postpone(f.Place, true)
		done.Failures = append(done.Failures, err)
		return nil
	case err != nil:
		r.postpone(f.Place, true) // if it is the mail that breaks the server, the others come first next time
		return err
	case !found:
		r.missing(f.Place, done)
		return nil
	}
	if err := handle(ctx, f); err != nil {
		r.postpone(f.Place, true)
		done.Failures = append(done.Failures, err)
		if ctx.Err() != nil {
			return readError(Unreachable, "wait", ctx.Err())
		}
		return nil
	}
	if err := s.flag(ctx, f.Place.UID); err != nil {
		return err
	}
	r.postpone(f.Place, false)
	done.Kept++
	return nil
}

// missing counts a mail that was found and is not given: somebody took it away in between, or, when that is so once more, the
// server answers in a way that we do not understand.
func (r *Reader) missing(p Place, done *Result) {
	r.mu.Lock()
	again := r.later[p]
	r.mu.Unlock()
	if again {
		done.Failures = append(done.Failures, readError(refusedMail, "fetch", errors.New("the server finds the mail and does not give it")))
		return
	}
	r.postpone(p, true)
	done.Vanished++
}

// order puts what made trouble last.
func (r *Reader) order(waiting []Place) []Place {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(waiting, func(a, b Place) int {
		switch {
		case r.later[a] == r.later[b]:
			return cmp.Compare(a.UID, b.UID)
		case r.later[a]:
			return 1
		default:
			return -1
		}
	})
	return waiting
}

func (r *Reader) postpone(p Place, troubled bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !troubled:
		delete(r.later, p)
	case len(r.later) < maxLater:
		r.later[p] = true
	}
}
