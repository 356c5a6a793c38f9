package incoming

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

const (
	// KeptFlag marks what was kept; see Reader.
	KeptFlag imap.Flag = "$NichoirKept"
	// maxAnswer bounds what the server says beside a mail, in bytes: a search that finds 100,000 mails fits.
	maxAnswer = 1 << 20
	// grace is how long an exchange whose time is over may take to notice.
	grace = 2 * time.Second
	// pace is the slowest transfer of a mail that is waited for, in bytes a second.
	pace = 100_000
	// maxWaiting is how many mails are looked at for a run, whatever the server counts.
	maxWaiting = 10_000
)

// session is one connection, signed in, with the mailbox selected.
type session struct {
	opts     ReaderOptions
	client   *imapclient.Client
	wire     *wire
	stop     func() bool
	mark     imap.Flag
	validity uint32
}

func open(ctx context.Context, o ReaderOptions) (*session, error) {
	conn, stop, err := dial(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &session{opts: o, wire: &wire{Conn: conn}, stop: stop}
	if err := s.wire.allow(o.Timeout, maxAnswer); err != nil {
		err = readError(Unreachable, "connect", errors.Join(err, conn.Close()))
		stop()
		return nil, err
	}
	s.client = imapclient.New(s.wire, nil)
	for _, step := range []func(context.Context) error{s.greet, s.signIn, s.choose} {
		if err := step(ctx); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// close lets go of the connection, whatever state it is in.
func (s *session) close() {
	s.stop()
	_ = s.wire.Close()   // nothing is lost with it
	_ = s.client.Close() // and this returns what ended it
}

// leave says good-bye, which changes nothing for what was done.
func (s *session) leave(ctx context.Context) {
	_ = s.exchange(ctx, ask{stage: "leave", limit: grace, bytes: maxAnswer}, func() error {
		return s.client.Logout().Wait()
	})
}

// ask says what an exchange is for and what it may take.
type ask struct {
	stage     string
	otherwise Kind // what a plain refusal means
	limit     time.Duration
	bytes     int64
}

// exchange speaks with the server. It returns in time and with a *ReadError whatever the server does: the IMAP client may
// not foresee everything.
func (s *session) exchange(ctx context.Context, a ask, speak func() error) error {
	// A closed connection has no limit to set. Whoever closed it tells why, below.
	if err := s.wire.allow(a.limit, a.bytes); err != nil && !errors.Is(err, net.ErrClosed) {
		return readError(Unreachable, a.stage, errors.Join(err, ctx.Err()))
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- fmt.Errorf("the client's panic: %v", v)
			}
		}()
		done <- speak()
	}()
	late := time.NewTimer(a.limit + grace)
	defer late.Stop()
	var err error
	select {
	case err = <-done:
	case <-late.C:
		_ = s.wire.Close() // this ends speak, and its error is told
		return readError(Protocol, a.stage, errors.New("the exchange does not end"))
	}
	if err == nil {
		err = s.wire.rest()
	}
	if err == nil {
		return nil
	}
	return s.judge(ctx, a, err)
}

// judge finds out what an error of the client means.
func (s *session) judge(ctx context.Context, a ask, err error) error {
	if ctx.Err() != nil {
		return readError(Unreachable, a.stage, errors.Join(err, ctx.Err()))
	}
	if kind, refused := refusalKind(err, a.otherwise); refused {
		return readError(kind, a.stage, err)
	}
	switch fault := s.wire.failed(); {
	case fault == nil, errors.Is(fault, errFlood), errors.Is(fault, errNested),
		errors.Is(fault, net.ErrClosed): // by the client, which did not understand the server
		return readError(Protocol, a.stage, errors.Join(err, fault))
	default:
		return readError(Unreachable, a.stage, errors.Join(err, fault))
	}
}

func (s *session) greet(ctx context.Context) error {
	return s.exchange(ctx, ask{"connect", Unreachable, s.opts.Timeout, maxAnswer}, func() error {
		err := s.client.WaitGreeting()
		if err == nil {
			return nil
		}
		// After a greeting that refuses, the client stops, and tells by chance the refusal or the end. What it says when it
		// is closed is sure: an error only when it did not understand, or when the network failed.
		if ended := s.client.Close(); ended != nil && !errors.Is(ended, net.ErrClosed) {
			return err //nolint:wrapcheck // exchange does
		}
		return &imap.Error{Type: imap.StatusResponseTypeBye, Text: "the server takes no client"}
	})
}

func (s *session) signIn(ctx context.Context) error {
	return s.exchange(ctx, ask{"sign in", Unauthorized, s.opts.Timeout, maxAnswer}, func() error {
		if s.client.State() == imap.ConnStateAuthenticated {
			return nil
		}
		can := s.client.Caps()
		switch {
		case can.Has(imap.AuthCap(sasl.Plain)): // unlike LOGIN, it has room for every character
			return s.client.Authenticate(sasl.NewPlainClient("", s.opts.User, s.opts.Password))
		case can.Has(imap.CapLoginDisabled):
			return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "signing in is disabled"}
		default:
			return s.client.Login(s.opts.User, s.opts.Password).Wait()
		}
	})
}

// choose selects the mailbox and finds out how mails are marked there.
func (s *session) choose(ctx context.Context) error {
	var box imap.SelectData
	err := s.exchange(ctx, ask{"select", NoMailbox, s.opts.Timeout, maxAnswer}, func() error {
		selected, err := s.client.Select(s.opts.Mailbox, nil).Wait()
		if err == nil {
			box = *selected
		}
		return err //nolint:wrapcheck // exchange does
	})
	switch {
	case err != nil:
		return err
	case box.UIDValidity == 0:
		return readError(Protocol, "select", errors.New("the mailbox has no UIDVALIDITY"))
	}
	s.validity = box.UIDValidity
	s.mark = imap.FlagSeen
	for _, flag := range box.PermanentFlags {
		if flag == imap.FlagWildcard || hasFlag([]imap.Flag{flag}, KeptFlag) {
			s.mark = KeptFlag
		}
	}
	return nil
}

// waiting lists the mails that are not marked, nor about to be deleted, oldest first.
func (s *session) waiting(ctx context.Context) ([]Place, error) {
	var found imap.UIDSet
	err := s.exchange(ctx, ask{"search", Protocol, s.opts.Timeout, maxAnswer}, func() error {
		data, err := s.client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{s.mark, imap.FlagDeleted}}, nil).Wait()
		if err != nil {
			return err //nolint:wrapcheck // exchange does
		}
		found, _ = data.All.(imap.UIDSet)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var places []Place
	for _, r := range found {
		if r.Start == 0 || r.Stop < r.Start {
			return nil, readError(Protocol, "search", errors.New("the server found a mail without a number"))
		}
		for uid := r.Start; len(places) < maxWaiting; uid++ {
			places = append(places, Place{s.opts.Mailbox, s.validity, uint32(uid)})
			if uid == r.Stop {
				break
			}
		}
	}
	return places, nil
}

// sizes asks for the size of mails. Those that have gone are missing.
func (s *session) sizes(ctx context.Context, places []Place) (map[uint32]int64, error) {
	sizes := make(map[uint32]int64, len(places))
	if len(places) == 0 {
		return sizes, nil
	}
	var set imap.UIDSet
	for _, p := range places {
		set.AddNum(imap.UID(p.UID))
	}
	err := s.exchange(ctx, ask{"fetch", Protocol, s.opts.Timeout, maxAnswer}, func() error {
		command := s.client.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true})
		for {
			data := command.Next()
			if data == nil {
				return command.Close()
			}
			var uid uint32
			size := int64(-1)
			for item := data.Next(); item != nil; item = data.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					uid = uint32(item.UID)
				case imapclient.FetchItemDataRFC822Size:
					size = item.Size
				}
			}
			if size >= 0 {
				sizes[uid] = size
			}
		}
	})
	return sizes, err
}

// fetch reads a mail, without marking it as seen. It reports false when the mail has gone.
func (s *session) fetch(ctx context.Context, f *Fetched) (bool, error) {
	section := &imap.FetchItemBodySection{Peek: true}
	limit := s.opts.MaxSize
	if f.TooLarge = f.Size > limit; f.TooLarge {
		section.Specifier, limit = imap.PartSpecifierHeader, maxHeader
	}
	// One byte more tells that there was more, whatever the server said of its size.
	section.Partial = &imap.SectionPartial{Size: limit + 1}
	found := false
	a := ask{"fetch", refusedMail, s.opts.Timeout + time.Duration(limit/pace)*time.Second, limit + maxAnswer}
	err := s.exchange(ctx, a, func() error {
		command := s.client.Fetch(imap.UIDSetNum(imap.UID(f.Place.UID)), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		for {
			data := command.Next()
			if data == nil {
				return command.Close()
			}
			for item := data.Next(); item != nil; item = data.Next() {
				body, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || body.Literal == nil || found {
					continue
				}
				raw, err := io.ReadAll(io.LimitReader(body.Literal, limit+1))
				if err != nil {
					return err //nolint:wrapcheck // exchange does
				}
				f.Raw, found = raw, true
			}
		}
	})
	if err != nil || !found {
		return false, err
	}
	f.trim(limit)
	return true, nil
}

// trim leaves of a mail that turned out to be too large its header.
func (f *Fetched) trim(limit int64) {
	if int64(len(f.Raw)) <= limit {
		return
	}
	f.Size = max(f.Size, int64(len(f.Raw)))
	f.TooLarge = true
	header, _, _ := splitHeader(f.Raw)
	f.Raw = bytes.Clone(header)
}

// flag marks a mail as kept.
func (s *session) flag(ctx context.Context, uid uint32) error {
	taken := true
	err := s.exchange(ctx, ask{"flag", NoMailbox, s.opts.Timeout, maxAnswer}, func() error {
		add := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{s.mark}}
		command := s.client.Store(imap.UIDSetNum(imap.UID(uid)), add, nil)
		for {
			data := command.Next()
			if data == nil {
				return command.Close()
			}
			for item := data.Next(); item != nil; item = data.Next() {
				if flags, ok := item.(imapclient.FetchItemDataFlags); ok {
					taken = hasFlag(flags.Flags, s.mark)
				}
			}
		}
	})
	if err == nil && !taken {
		return readError(NoMailbox, "flag", errors.New("the server does not keep the mark"))
	}
	return err
}

// hasFlag compares without case, as RFC 3501 §9 asks for.
func hasFlag(flags []imap.Flag, flag imap.Flag) bool {
	return slices.ContainsFunc(flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), string(flag)) })
}
