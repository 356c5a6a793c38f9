package mail_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// certificates returns both sides' settings for a server on 127.0.0.1.
func certificates(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil) // it brings a certificate for 127.0.0.1
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12},
		&tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

func catcher(t *testing.T, opts mailcatcher.Options) *mailcatcher.Catcher {
	t.Helper()
	c, err := mailcatcher.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func sender(t *testing.T, c *mailcatcher.Catcher, opts mail.Options) *mail.Sender {
	t.Helper()
	opts.Host, opts.Port = c.Host(), c.Port()
	if opts.TLS == "" {
		opts.TLS = mail.NoTLS
	}
	opts.From = "Nichoir <ne-pas-repondre@nichoir.example>"
	s, err := mail.NewSender(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func welcome() mail.Message {
	return mail.Message{
		ID: "abc@nichoir.example", To: "lead@asso.example", Lang: "fr",
		Subject: "Votre espace est prêt — bienvenue",
		Text:    "Bonjour,\nvoici : https://nichoir.example/espace/x?t=" + strings.Repeat("a1-_", 20) + "\n",
		HTML:    "<p>Déjà <a href=\"https://nichoir.example/\">prêt</a></p>",
	}
}

func TestSendOverEveryKindOfConnection(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificates(t)
	tests := map[string]struct {
		server mailcatcher.Options
		client mail.Options
	}{
		"plain":         {},
		"plain, signed": {mailcatcher.Options{Username: "n", Password: "p"}, mail.Options{User: "n", Password: "p"}},
		"starttls":      {mailcatcher.Options{TLS: serverTLS}, mail.Options{TLS: mail.StartTLS, TLSConfig: clientTLS}},
		"starttls, signed": {
			mailcatcher.Options{TLS: serverTLS, Username: "n", Password: "p"},
			mail.Options{TLS: mail.StartTLS, TLSConfig: clientTLS, User: "n", Password: "p"},
		},
		"tls, signed": {
			mailcatcher.Options{TLS: serverTLS, ImplicitTLS: true, Username: "n", Password: "p"},
			mail.Options{TLS: mail.ImplicitTLS, TLSConfig: clientTLS, User: "n", Password: "p"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := catcher(t, tt.server)
			if err := sender(t, c, tt.client).Send(t.Context(), welcome()); err != nil {
				t.Fatal(err, errors.Unwrap(err))
			}
			got := c.Messages()[0]
			if got.Subject != welcome().Subject || got.Text != welcome().Text || got.HTML != welcome().HTML {
				t.Errorf("received %q\n%q\n%q", got.Subject, got.Text, got.HTML)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	c := catcher(t, mailcatcher.Options{})
	at := time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)
	s := sender(t, c, mail.Options{Now: func() time.Time { return at }})
	if err := s.Send(t.Context(), welcome()); err != nil {
		t.Fatal(err)
	}
	m := c.Messages()[0]
	got := map[string]string{}
	for _, name := range []string{
		"From", "To", "Message-ID", "Date", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "X-Nichoir",
		"Reply-To", "In-Reply-To", "References",
		"List-Unsubscribe", "Precedence", "User-Agent", "X-Mailer",
	} {
		got[name] = m.Header(name)
	}
	want := map[string]string{
		"From": `"Nichoir" <ne-pas-repondre@nichoir.example>`, "To": "<lead@asso.example>",
		"Message-ID": "<abc@nichoir.example>", "Date": "Sun, 01 Mar 2026 08:30:00 +0000",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": "fr",
		"X-Nichoir": "nichoir.example", "Reply-To": "", "In-Reply-To": "", "References": "",
		"List-Unsubscribe": "", "Precedence": "", "User-Agent": "", "X-Mailer": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	if m.From != "ne-pas-repondre@nichoir.example" || !cmp.Equal(m.To, []string{"lead@asso.example"}) {
		t.Errorf("envelope from %q to %q", m.From, m.To)
	}
	text := strings.Index(string(m.Raw), "text/plain")
	html := strings.Index(string(m.Raw), "text/html")
	if !strings.Contains(m.Header("Content-Type"), "multipart/alternative") || text < 0 || html < text {
		t.Errorf("parts: text at %d, HTML at %d of\n%s", text, html, m.Raw)
	}
}

func TestAMailOfAConversation(t *testing.T) {
	t.Parallel()
	c := catcher(t, mailcatcher.Options{})
	m := welcome()
	m.ReplyTo = "reply+1042-abcdefghijklmnopqrstuvwxyz@courriel.nichoir.example"
	m.ReturnPath = "bounce+17-abcdefghijklmnopqrstuvwxyz@courriel.nichoir.example"
	m.InReplyTo = "CAF=a_b+c@mail.gmail.example"
	m.References = []string{"first@nichoir.example"}
	for i := range 40 {
		m.References = append(m.References, "n"+strconv.Itoa(i)+"@[127.0.0.1]")
	}
	if err := sender(t, c, mail.Options{}).Send(t.Context(), m); err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	got := c.Messages()[0]
	if got.From != m.ReturnPath {
		t.Errorf("the envelope's sender is %q, want %q", got.From, m.ReturnPath)
	}
	if want := `"Nichoir" <ne-pas-repondre@nichoir.example>`; got.Header("From") != want {
		t.Errorf("From is %q, want %q", got.Header("From"), want)
	}
	if want := "<" + m.ReplyTo + ">"; got.Header("Reply-To") != want {
		t.Errorf("Reply-To is %q, want %q", got.Header("Reply-To"), want)
	}
	if want := "<" + m.InReplyTo + ">"; got.Header("In-Reply-To") != want {
		t.Errorf("In-Reply-To is %q, want %q", got.Header("In-Reply-To"), want)
	}
	ids := strings.Fields(got.Header("References"))
	if len(ids) != 20 || ids[0] != "<first@nichoir.example>" || ids[1] != "<n21@[127.0.0.1]>" || ids[19] != "<n39@[127.0.0.1]>" {
		t.Errorf("References are %q, want the first and the latest of 41", ids)
	}
}

func TestNoTextBecomesAHeader(t *testing.T) {
	t.Parallel()
	const attack = "x\r\nBcc: victim@asso.example\r\n\r\nbody\u2028\x00"
	c := catcher(t, mailcatcher.Options{})
	s := sender(t, c, mail.Options{})
	m := welcome()
	m.Subject, m.Lang = attack, attack
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := c.Messages()[0]
	if got.HeaderCount("Bcc") != 0 || len(got.To) != 1 || got.Text != m.Text || got.Header("Content-Language") != "" {
		t.Errorf("an attack passed:\n%s", got.Raw)
	}
	for name, bad := range map[string]func(*mail.Message){
		"To":   func(m *mail.Message) { m.To = "a@b.example" + attack },
		"list": func(m *mail.Message) { m.To = "a@b.example, c@d.example" },
		"ID":   func(m *mail.Message) { m.ID = "a@b>" + attack },
		"From": func(m *mail.Message) { m.From = "N <a@b.example>" + attack },
		"Text": func(m *mail.Message) { m.Text = "" },

		"ReplyTo":           func(m *mail.Message) { m.ReplyTo = "a@b.example" + attack },
		"ReplyTo, a list":   func(m *mail.Message) { m.ReplyTo = "a@b.example, c@d.example" },
		"ReturnPath":        func(m *mail.Message) { m.ReturnPath = "a@b.example> SIZE=1" + attack },
		"InReplyTo":         func(m *mail.Message) { m.InReplyTo = "a@b" + attack },
		"InReplyTo, two":    func(m *mail.Message) { m.InReplyTo = "a@b> <c@d" },
		"References":        func(m *mail.Message) { m.References = []string{"a@b", "c@d" + attack} },
		"References, empty": func(m *mail.Message) { m.References = []string{""} },
		"References, long":  func(m *mail.Message) { m.References = []string{"a@" + strings.Repeat("b", 300)} },
	} {
		m := welcome()
		bad(&m)
		var sendErr *mail.SendError
		if err := s.Send(t.Context(), m); !errors.As(err, &sendErr) || sendErr.Temporary || sendErr.Stage != "build" {
			t.Errorf("%s: %v, want a permanent failure to build", name, err)
		}
	}
	if n := len(c.Messages()); n != 1 {
		t.Errorf("%d mails were sent, want 1", n)
	}
}

func refuse(code int, enhanced [3]int) func(string) *mailcatcher.Refusal {
	return func(to string) *mailcatcher.Refusal {
		return &mailcatcher.Refusal{Code: code, Enhanced: enhanced, Text: "not " + to}
	}
}

func TestSendErrors(t *testing.T) {
	t.Parallel()
	serverTLS, _ := certificates(t)
	tests := map[string]struct {
		server mailcatcher.Options
		client mail.Options
		want   mail.SendError
	}{
		"recipient refused for good": {
			server: mailcatcher.Options{Refuse: refuse(550, [3]int{5, 1, 1})},
			want:   mail.SendError{Stage: "recipient", Refused: true, Code: 550, Enhanced: "5.1.1"},
		},
		"recipient refused for now": {
			server: mailcatcher.Options{Refuse: refuse(451, [3]int{4, 7, 1})},
			want:   mail.SendError{Stage: "recipient", Temporary: true, Code: 451, Enhanced: "4.7.1"},
		},
		"relaying denied is not the recipient's fault": {
			server: mailcatcher.Options{Refuse: refuse(554, [3]int{5, 7, 1})},
			want:   mail.SendError{Stage: "recipient", Temporary: true, Code: 554, Enhanced: "5.7.1"},
		},
		"dropped before the answer": {
			server: mailcatcher.Options{Drop: func(string) bool { return true }},
			want:   mail.SendError{Stage: "content", Temporary: true, Uncertain: true},
		},
		"wrong password": {
			server: mailcatcher.Options{Username: "n", Password: "p"},
			client: mail.Options{User: "n", Password: "other"},
			want:   mail.SendError{Stage: "connect", Temporary: true, Code: 535, Enhanced: "5.7.8"},
		},
		"password missing": {
			server: mailcatcher.Options{Username: "n", Password: "p"},
			want:   mail.SendError{Stage: "sender", Temporary: true, Code: 530, Enhanced: "5.7.0"},
		},
		"no STARTTLS": {
			client: mail.Options{TLS: mail.StartTLS},
			want:   mail.SendError{Stage: "connect", Temporary: true},
		},
		"unknown certificate": {
			server: mailcatcher.Options{TLS: serverTLS, ImplicitTLS: true},
			client: mail.Options{TLS: mail.ImplicitTLS},
			want:   mail.SendError{Stage: "connect", Temporary: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := catcher(t, tt.server)
			err := sender(t, c, tt.client).Send(t.Context(), welcome())
			var got *mail.SendError
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want a SendError", err)
			}
			ignore := cmp.Options{cmpopts.IgnoreFields(mail.SendError{}, "Reply"), cmpopts.IgnoreUnexported(mail.SendError{})}
			if diff := cmp.Diff(&tt.want, got, ignore); diff != "" {
				t.Errorf("error (-want +got):\n%s\ncause: %v", diff, errors.Unwrap(err))
			}
			if strings.Contains(err.Error(), "asso.example") {
				t.Errorf("the error quotes the address: %v", err)
			}
			if got.Code != 0 && got.Reply == "" {
				t.Error("the server's words are lost")
			}
		})
	}
}

func TestSendWhenNobodyListens(t *testing.T) {
	t.Parallel()
	s, err := mail.NewSender(mail.Options{Host: "127.0.0.1", Port: 1, TLS: mail.NoTLS, From: "n@nichoir.example"})
	if err != nil {
		t.Fatal(err)
	}
	var got *mail.SendError
	if err := s.Send(t.Context(), welcome()); !errors.As(err, &got) || !got.Temporary || got.Uncertain {
		t.Errorf("error %v, want one for now", err)
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := silent.Close(); err != nil {
			t.Error(err)
		}
	}()
	_, port, err := net.SplitHostPort(silent.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	s, err := mail.NewSender(mail.Options{Host: "127.0.0.1", Port: number, TLS: mail.NoTLS, From: "n@nichoir.example"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := silent.Accept() // the server takes the call and says nothing
		cancel()
		if err == nil {
			<-ctx.Done()
			err = conn.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}()
	if err := s.Send(ctx, welcome()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestNewSenderRefusesBadOptions(t *testing.T) {
	t.Parallel()
	good := mail.Options{Host: "smtp.example.org", From: "n@nichoir.example"}
	if _, err := mail.NewSender(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mail.Options){
		"no host":             func(o *mail.Options) { o.Host = "" },
		"unknown TLS":         func(o *mail.Options) { o.TLS = "maybe" },
		"clear to the world":  func(o *mail.Options) { o.TLS = mail.NoTLS },
		"a port that is none": func(o *mail.Options) { o.Port = 70000 },
		"no sender":           func(o *mail.Options) { o.From = "" },
	} {
		opts := good
		change(&opts)
		if _, err := mail.NewSender(opts); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMessageID(t *testing.T) {
	t.Parallel()
	a := mail.MessageID("approved/17/lead@asso.example", "nichoir.example")
	if again := mail.MessageID("approved/17/lead@asso.example", "nichoir.example"); a != again {
		t.Errorf("two IDs for one key: %s, %s", a, again)
	}
	if other := mail.MessageID("approved/18/lead@asso.example", "nichoir.example"); a == other {
		t.Errorf("one ID for two keys: %s", a)
	}
	if !strings.HasSuffix(a, "@nichoir.example") || strings.Contains(a, "asso") || strings.ContainsAny(a, "<> ") {
		t.Errorf("ID %q", a)
	}
}
