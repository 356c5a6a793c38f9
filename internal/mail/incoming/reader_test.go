package incoming_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"nichoir/internal/mail"
	"nichoir/internal/mail/dovecot"
	"nichoir/internal/mail/incoming"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options read the server's mailbox over TLS.
func options(s *dovecot.Server) incoming.ReaderOptions {
	return incoming.ReaderOptions{Host: s.Host, Port: s.TLSPort, User: dovecot.User, Password: dovecot.Password,
		TLSConfig: &tls.Config{RootCAs: s.Roots, ServerName: s.Host, MinVersion: tls.VersionTLS12}}
}

func reader(t *testing.T, o incoming.ReaderOptions) *incoming.Reader {
	t.Helper()
	r, err := incoming.NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// kept collects the subjects of what is handed over.
type kept struct {
	subjects []string
	places   []incoming.Place
	refuse   string // the subject that is refused
}

var errRefused = errors.New("refused")

func (k *kept) handle(_ context.Context, f incoming.Fetched) error {
	m := incoming.Parse(f.Raw, incoming.Options{})
	k.subjects = append(k.subjects, m.Subject)
	k.places = append(k.places, f.Place)
	if k.refuse != "" && m.Subject == k.refuse {
		return errRefused
	}
	return nil
}

func subject(s string) []byte { return []byte("Subject: " + s + "\r\n\r\nBonjour\r\n") }

// run reads the mailbox once, without trouble.
func run(t *testing.T, r *incoming.Reader, k *kept) incoming.Result {
	t.Helper()
	result, err := r.Run(t.Context(), k.handle)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	return result
}

func TestReadDovecot(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	connections := map[string]func(*incoming.ReaderOptions){
		"tls":      func(*incoming.ReaderOptions) {},
		"starttls": func(o *incoming.ReaderOptions) { o.TLS, o.Port = mail.StartTLS, s.Port },
		"plain":    func(o *incoming.ReaderOptions) { o.TLS, o.Port, o.TLSConfig = mail.NoTLS, s.Port, nil },
	}
	for name, change := range connections {
		s.Deliver(t, subject(name))
		o := options(s)
		change(&o)
		r := reader(t, o)
		var k kept
		if got := run(t, r, &k); got.Kept != 1 || !cmp.Equal(k.subjects, []string{name}) {
			t.Errorf("%s: %+v, %q", name, got, k.subjects)
		}
		if got := run(t, r, &k); got.Kept != 0 || len(k.subjects) != 1 {
			t.Errorf("%s: the second run kept %+v", name, got)
		}
		if p := k.places[0]; p.Mailbox != "INBOX" || p.UIDValidity == 0 || p.UID == 0 {
			t.Errorf("%s: place %+v", name, p)
		}
	}
}

func TestRunsAreBounded(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	for i := range 5 {
		s.Deliver(t, subject(strconv.Itoa(i)))
	}
	o := options(s)
	o.Limit = 3
	r := reader(t, o)
	k := kept{refuse: "0"}
	first := run(t, r, &k)
	if first.Kept != 2 || !first.More || len(first.Failures) != 1 || !errors.Is(first.Failures[0], errRefused) {
		t.Errorf("first run: %+v", first)
	}
	run(t, r, &k) // what was refused comes last, and holds up nobody
	k.refuse = ""
	run(t, r, &k)
	if diff := cmp.Diff([]string{"0", "1", "2", "3", "4", "0", "0"}, k.subjects); diff != "" {
		t.Errorf("handed over (-want +got):\n%s", diff)
	}
	if last := run(t, r, &k); last.Kept != 0 || last.More {
		t.Errorf("last run: %+v", last)
	}
}

func TestALargeMailGivesItsHeader(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	s.Deliver(t, append(subject("large"), bytes.Repeat([]byte("0123456789abcdef\r\n"), 1000)...))
	s.Deliver(t, subject("small"))
	o := options(s)
	o.MaxSize = 10_000
	var got []string
	result, err := reader(t, o).Run(t.Context(), func(_ context.Context, f incoming.Fetched) error {
		got = append(got, fmt.Sprintf("%s %t %t", strings.TrimSpace(strings.SplitN(string(f.Raw), "\n", 2)[0]), f.TooLarge, f.Size > 10_000))
		if len(f.Raw) > 10_000 {
			t.Errorf("%d bytes were fetched", len(f.Raw))
		}
		return nil
	})
	if err != nil || result.Kept != 2 {
		t.Error(result, err)
	}
	if diff := cmp.Diff([]string{"Subject: large true true", "Subject: small false false"}, got); diff != "" {
		t.Errorf("fetched (-want +got):\n%s", diff)
	}
}

func TestANewUIDValidityIsHandedOver(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	s.Deliver(t, subject("one"))
	r := reader(t, options(s))
	var k kept
	run(t, r, &k)
	s.Renumber(t)
	s.Deliver(t, subject("two"))
	run(t, r, &k)
	if len(k.places) < 2 || k.places[len(k.places)-1].UIDValidity == k.places[0].UIDValidity {
		t.Errorf("places %+v, want two of different UIDVALIDITY", k.places)
	}
}

// behind signs in beside the reader.
func behind(t *testing.T, s *dovecot.Server) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialTLS(net.JoinHostPort(s.Host, strconv.Itoa(s.TLSPort)), &imapclient.Options{TLSConfig: options(s).TLSConfig})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the server may have ended before
	if err := c.Login(dovecot.User, dovecot.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAPersonMayReadTheMailboxToo(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	s.Deliver(t, subject("seen"))
	s.Deliver(t, subject("deleted"))
	s.Deliver(t, subject("gone"))
	person := behind(t, s)
	for uid, flag := range map[imap.UID]imap.Flag{1: imap.FlagSeen, 2: imap.FlagDeleted} {
		if err := person.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{flag}}, nil).Close(); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	result, err := reader(t, options(s)).Run(t.Context(), func(_ context.Context, f incoming.Fetched) error {
		got = append(got, incoming.Parse(f.Raw, incoming.Options{}).Subject)
		// While the first is kept, the third is taken away.
		if err := person.Store(imap.UIDSetNum(3), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
			return err
		}
		return person.UIDExpunge(imap.UIDSetNum(3)).Close()
	})
	if err != nil || result.Kept != 1 || result.Vanished != 1 || !cmp.Equal(got, []string{"seen"}) {
		t.Errorf("%+v, %v, handed over %q; want the seen one kept and one vanished", result, err, got)
	}
	flags, err := person.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{Flags: true}).Collect()
	if err != nil || len(flags) != 1 || !slices.Contains(flags[0].Flags, "$NichoirKept") || !slices.Contains(flags[0].Flags, imap.FlagSeen) {
		t.Errorf("flags %+v (%v), want both marks", flags, err)
	}
}

func TestReadErrorsOfDovecot(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	for name, tt := range map[string]struct {
		change func(*incoming.ReaderOptions)
		kind   incoming.Kind
		stage  string
	}{
		"password":    {func(o *incoming.ReaderOptions) { o.Password = "s3cret" }, incoming.Unauthorized, "sign in"},
		"user":        {func(o *incoming.ReaderOptions) { o.User = "lead@asso.example" }, incoming.Unauthorized, "sign in"},
		"mailbox":     {func(o *incoming.ReaderOptions) { o.Mailbox = "Courrier entré" }, incoming.NoMailbox, "select"},
		"certificate": {func(o *incoming.ReaderOptions) { o.TLSConfig = nil }, incoming.Certificate, "encrypt"},
		"its name":    {func(o *incoming.ReaderOptions) { o.TLSConfig.ServerName = "imap.example.org" }, incoming.Certificate, "encrypt"},
		"wrong port":  {func(o *incoming.ReaderOptions) { o.Port = s.Port }, incoming.Unreachable, "encrypt"},
	} {
		o := options(s)
		tt.change(&o)
		_, err := reader(t, o).Run(t.Context(), new(kept).handle)
		var got *incoming.ReadError
		if !errors.As(err, &got) || got.Kind != tt.kind || got.Stage != tt.stage {
			t.Errorf("%s: %v, want %s at %s (%v)", name, err, tt.kind, tt.stage, errors.Unwrap(err))
			continue
		}
		if text := err.Error(); strings.Contains(text, "s3cret") || strings.Contains(text, "asso.example") {
			t.Errorf("%s: the error quotes what is nobody's business: %v", name, err)
		}
	}
	other := options(s)
	other.TLSConfig.ServerName = "imap.example.org"
	if _, err := reader(t, other).Run(t.Context(), new(kept).handle); err == nil || !strings.Contains(err.Error(), "not imap.example.org") {
		t.Errorf("another name: %v, want what is wrong with the certificate", err)
	}
	s.Stop(t)
	_, err := reader(t, options(s)).Run(t.Context(), new(kept).handle)
	var got *incoming.ReadError
	if !errors.As(err, &got) || got.Kind != incoming.Unreachable || got.Stage != "connect" {
		t.Errorf("stopped server: %v", err)
	}
}

func TestAServerThatStopsInTheMiddle(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	s.Deliver(t, subject("one"))
	s.Deliver(t, subject("two"))
	count := 0
	_, err := reader(t, options(s)).Run(t.Context(), func(context.Context, incoming.Fetched) error {
		count++
		s.Stop(t)
		return nil
	})
	var got *incoming.ReadError
	if !errors.As(err, &got) || got.Kind != incoming.Unreachable || got.Stage != "flag" || count != 1 {
		t.Errorf("%v after %d mails, want one and unreachable at the flag", err, count)
	}
}

func TestARunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	s.Deliver(t, subject("one"))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := reader(t, options(s)).Run(ctx, func(ctx context.Context, _ incoming.Fetched) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestNewReaderRefusesBadOptions(t *testing.T) {
	t.Parallel()
	good := incoming.ReaderOptions{Host: "imap.example.org", User: "n", Timeout: time.Second}
	if _, err := incoming.NewReader(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*incoming.ReaderOptions){
		"no host":             func(o *incoming.ReaderOptions) { o.Host = "" },
		"no user":             func(o *incoming.ReaderOptions) { o.User = "" },
		"unknown TLS":         func(o *incoming.ReaderOptions) { o.TLS = "maybe" },
		"clear to the world":  func(o *incoming.ReaderOptions) { o.TLS = mail.NoTLS },
		"a port that is none": func(o *incoming.ReaderOptions) { o.Port = -1 },
		"a line break":        func(o *incoming.ReaderOptions) { o.Password = "a\r\nb" },
		"a limit below zero":  func(o *incoming.ReaderOptions) { o.Limit = -1 },
	} {
		o := good
		change(&o)
		if _, err := incoming.NewReader(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
