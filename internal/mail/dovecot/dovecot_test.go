package dovecot_test

import (
	"crypto/tls"
	"net"
	"strconv"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"
	"go.uber.org/goleak"

	"nichoir/internal/mail/dovecot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// look signs in over TLS, and returns how many mails there are and under which UIDVALIDITY.
func look(t *testing.T, s *dovecot.Server) (count, validity uint32) {
	t.Helper()
	c, err := imapclient.DialTLS(net.JoinHostPort(s.Host, strconv.Itoa(s.TLSPort)),
		&imapclient.Options{TLSConfig: &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(dovecot.User, dovecot.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return box.NumMessages, box.UIDValidity
}

func TestDeliverAndRenumber(t *testing.T) {
	t.Parallel()
	s := dovecot.Start(t)
	s.Deliver(t, []byte("Subject: one\r\n\r\nBonjour\r\n"))
	count, before := look(t, s)
	if count != 1 {
		t.Fatalf("%d mails, want 1", count)
	}
	s.Renumber(t)
	s.Deliver(t, []byte("Subject: two\r\n\r\nBonjour\r\n"))
	count, after := look(t, s)
	if count != 2 || after == before {
		t.Errorf("%d mails under %d, want 2 under another number than %d", count, after, before)
	}
	s.Stop(t)
	if _, err := net.Dial("tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port))); err == nil {
		t.Error("somebody answers after the stop")
	}
}
