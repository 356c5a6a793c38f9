package incoming_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"nichoir/internal/mail"
	"nichoir/internal/mail/incoming"
)

// script answers the commands of one client: for each, by its name, the lines that come before the tagged answer and that
// answer, without its tag. "" closes the connection, "…" says nothing any more.
type script struct {
	greeting string
	answers  map[string]string
}

// healthy holds one mail.
func healthy() map[string]string {
	return map[string]string{
		"CAPABILITY": "* CAPABILITY IMAP4rev1\r\nOK done", "LOGIN": "OK [CAPABILITY IMAP4rev1] in", "LOGOUT": "* BYE\r\nOK out",
		"SELECT": "* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] yes\r\n* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\nOK selected",
		"SEARCH": "* SEARCH 4\r\nOK done", "SIZE": "* 1 FETCH (UID 4 RFC822.SIZE 21)\r\nOK done",
		"BODY": "* 1 FETCH (UID 4 BODY[]<0> {21}\r\nSubject: a\r\n\r\nhello\r\n)\r\nOK done", "STORE": "* 1 FETCH (UID 4 FLAGS ($NichoirKept))\r\nOK done",
	}
}

// serve plays the script to one client after the other, and returns its port.
func (s script) serve(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.play(conn)
			_ = conn.Close() // the client may have closed it
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no port")
	}
	return addr.Port
}

func (s script) play(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	if !say(conn, s.greeting) {
		return
	}
	for lines.Scan() {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		answer, ok := s.answers[name(command)]
		switch {
		case !ok:
			answer = "BAD what"
		case answer == "":
			return
		case answer == "…":
			for lines.Scan() { // until the client has enough
			}
			return
		}
		at := strings.LastIndex(answer, "\r\n")
		if !say(conn, answer[:at+1]) || !say(conn, strings.TrimPrefix(answer[at+1:], "\n")+"\r\n", tag+" ") {
			return
		}
	}
}

// name finds which of our commands it is.
func name(command string) string {
	for _, word := range []string{"SIZE", "BODY", "STORE", "SEARCH"} {
		if strings.Contains(command, word) {
			return word
		}
	}
	word, _, _ := strings.Cut(command, " ")
	return word
}

func say(conn net.Conn, text string, before ...string) bool {
	if text != "" && strings.HasSuffix(text, "\r") {
		text += "\n"
	}
	_, err := conn.Write([]byte(strings.Join(before, "") + text))
	return err == nil
}

func TestAnyServer(t *testing.T) {
	t.Parallel()
	flood := strings.Repeat("* OK still here, and telling so at length\r\n", 100_000)
	for name, tt := range map[string]struct {
		greeting string
		command  string // whose answer is another one
		answer   string
		kind     incoming.Kind
		stage    string
		kept     int
		hangs    bool
	}{
		"healthy":                  {kept: 1},
		"tells news in between":    {command: "SEARCH", answer: "* 2 EXISTS\r\n* 3 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* SEARCH 4 \r\n* OK [ALERT] nearly full\r\nOK done", kept: 1},
		"tells flags with it":      {command: "BODY", answer: "* 1 FETCH (FLAGS (\\Recent) UID 4 BODY[] {21}\r\nSubject: a\r\n\r\nhello\r\n FLAGS (\\Seen))\r\nOK done", kept: 1},
		"gives it as a string":     {command: "BODY", answer: "* 1 FETCH (UID 4 BODY[]<0> \"Subject: a\")\r\nOK done", kept: 1},
		"tells too small a size":   {command: "SIZE", answer: "* 1 FETCH (RFC822.SIZE 5 UID 4)\r\nOK done", kept: 1},
		"marks in silence":         {command: "STORE", answer: "OK done", kept: 1},
		"has no keywords":          {command: "SELECT", answer: "* OK [PERMANENTFLAGS (\\Seen)] x\r\n* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nOK [READ-WRITE] done", kept: 0, kind: incoming.NoMailbox, stage: "flag"},
		"says nothing of flags":    {command: "SEARCH", answer: "* SEARCH\r\nOK done"},
		"greets with garbage":      {greeting: "HTTP/1.1 400 Bad Request\r\n\r\n", kind: incoming.Protocol, stage: "connect"},
		"greets with NULs":         {greeting: "\x00\x00\x00\r\n", kind: incoming.Protocol, stage: "connect"},
		"says good-bye":            {greeting: "* BYE too many\r\n", kind: incoming.Unreachable, stage: "connect"},
		"refuses at once":          {greeting: "* NO [UNAVAILABLE] later\r\n", kind: incoming.Unreachable, stage: "connect"},
		"says nothing":             {hangs: true, greeting: "*", kind: incoming.Unreachable, stage: "connect"},
		"floods the greeting":      {greeting: flood, kind: incoming.Protocol, stage: "sign in"},
		"refuses the password":     {command: "LOGIN", answer: "NO [AUTHENTICATIONFAILED] lead@asso.example s3cret", kind: incoming.Unauthorized, stage: "sign in"},
		"cannot look it up":        {command: "LOGIN", answer: "NO [UNAVAILABLE] later", kind: incoming.Unreachable, stage: "sign in"},
		"forbids the clear":        {command: "CAPABILITY", answer: "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nOK done", kind: incoming.Unauthorized, stage: "sign in"},
		"hangs at the sign-in":     {hangs: true, command: "LOGIN", answer: "…", kind: incoming.Unreachable, stage: "sign in"},
		"drops at the sign-in":     {command: "LOGIN", answer: "", kind: incoming.Unreachable, stage: "sign in"},
		"does not know SELECT":     {command: "SELECT", answer: "BAD what", kind: incoming.Protocol, stage: "select"},
		"has no UIDVALIDITY":       {command: "SELECT", answer: "* 1 EXISTS\r\nOK done", kind: incoming.Protocol, stage: "select"},
		"has a UIDVALIDITY of 2⁴⁰": {command: "SELECT", answer: "* OK [UIDVALIDITY 1099511627776] x\r\nOK done", kind: incoming.Protocol, stage: "select"},
		"finds the number zero":    {command: "SEARCH", answer: "* SEARCH 0\r\nOK done", kind: incoming.Protocol, stage: "search"},
		"finds nonsense":           {command: "SEARCH", answer: "* SEARCH a b c\r\nOK done", kind: incoming.Protocol, stage: "search"},
		"finds every number":       {command: "SEARCH", answer: "* ESEARCH (TAG \"T4\") UID ALL 1:4294967295\r\nOK done", kept: 1},
		"finds without end":        {command: "SEARCH", answer: "* SEARCH" + strings.Repeat(" 1000000000", 200_000) + "\r\nOK done", kind: incoming.Protocol, stage: "search"},
		"tells a size below zero":  {command: "SIZE", answer: "* 1 FETCH (UID 4 RFC822.SIZE -1)\r\nOK done", kind: incoming.Protocol, stage: "fetch"},
		"knows no such mail":       {command: "BODY", answer: "OK done"},
		"refuses the mail":         {command: "BODY", answer: "NO [SERVERBUG] cannot"},
		"stops in the mail":        {hangs: true, command: "BODY", answer: "* 1 FETCH (UID 4 BODY[]<0> {2100}\r\nSubject: a\r\n", kind: incoming.Unreachable, stage: "fetch"},
		"sends more than asked":    {command: "BODY", answer: "* 1 FETCH (UID 4 BODY[]<0> {99999999999}\r\n" + flood, kind: incoming.Protocol, stage: "fetch"},
		"opens a thousand lists":   {command: "BODY", answer: "* 1 FETCH (UID 4 BODYSTRUCTURE " + strings.Repeat("(", 90_000) + "\r\nOK done", kind: incoming.Protocol, stage: "fetch"},
		"has a mail of brackets":   {command: "BODY", answer: "* 1 FETCH (UID 4 BODY[]<0> {80000}\r\n" + strings.Repeat("((\n))\n(\n", 10_000) + ")\r\nOK done", kept: 1},
		"nests after a literal":    {command: "BODY", answer: "* 1 FETCH (UID 4 BODY[]<0> {1}\r\nx BODYSTRUCTURE " + strings.Repeat("(", 90_000) + "\r\nOK done", kind: incoming.Protocol, stage: "fetch"},
		"nests after mere text":    {command: "SELECT", answer: "* OK {99999}\r\n* 1 FETCH (BODY " + strings.Repeat("(", 90_000) + "\r\nOK done", kind: incoming.Protocol, stage: "select"},
		"does not keep the mark":   {command: "STORE", answer: "* 1 FETCH (UID 4 FLAGS (\\Seen))\r\nOK done", kind: incoming.NoMailbox, stage: "flag"},
		"refuses the mark":         {command: "STORE", answer: "NO [READ-ONLY] no", kind: incoming.NoMailbox, stage: "flag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := script{greeting: "* OK ready\r\n", answers: healthy()}
			if tt.greeting != "" {
				s.greeting = tt.greeting
			}
			if tt.command != "" {
				s.answers[tt.command] = tt.answer
			}
			timeout := time.Minute // which nobody waits for
			if tt.hangs {
				timeout = time.Second
			}
			r := reader(t, incoming.ReaderOptions{Host: "127.0.0.1", Port: s.serve(t), TLS: mail.NoTLS, User: "n", Password: "p",
				MaxSize: 100_000, Timeout: timeout})
			result, err := r.Run(t.Context(), func(context.Context, incoming.Fetched) error { return nil })
			var got *incoming.ReadError
			if errors.As(err, &got); err != nil && got == nil {
				t.Fatalf("error %v of no kind", err)
			}
			if got == nil {
				got = &incoming.ReadError{}
			}
			if got.Kind != tt.kind || got.Stage != tt.stage || result.Kept != tt.kept {
				t.Errorf("kept %d, %q at %q; want %d, %q at %q (%v)", result.Kept, got.Kind, got.Stage, tt.kept, tt.kind, tt.stage, errors.Unwrap(err))
			}
			if text := fmt.Sprint(err); strings.Contains(text, "s3cret") || strings.Contains(text, "asso.example") {
				t.Errorf("the error quotes the server: %s", text)
			}
		})
	}
}

func TestAMailThatIsFoundAndNeverGivenIsToldOf(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"nothing":         "OK done",
		"nothing in it":   "* 1 FETCH (UID 4 BODY[]<0> NIL)\r\nOK done",
		"its number last": "* 1 FETCH (BODY[]<0> {21}\r\nSubject: a\r\n\r\nhello\r\n UID 4)\r\nOK done", // which the IMAP client does not foresee
	} {
		s := script{greeting: "* OK ready\r\n", answers: healthy()}
		s.answers["BODY"] = answer
		r := reader(t, incoming.ReaderOptions{Host: "127.0.0.1", Port: s.serve(t), TLS: mail.NoTLS, User: "n", Password: "p"})
		first, second := run(t, r, new(kept)), run(t, r, new(kept))
		if first.Vanished != 1 || len(first.Failures) != 0 || second.Vanished != 0 || len(second.Failures) != 1 {
			t.Errorf("%s: %+v, then %+v; want one that vanished, then a failure", name, first, second)
		}
	}
}

func TestStartTLSBelievesNothingSaidInTheClear(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]script{
		"signed in already": {greeting: "* PREAUTH welcome\r\n"},
		"refuses":           {greeting: "* OK ready\r\n", answers: map[string]string{"STARTTLS": "NO never"}},
		"goes on":           {greeting: "* OK ready\r\n", answers: map[string]string{"STARTTLS": "OK now\r\n* OK injected\r\nOK"}},
		"never answers":     {greeting: "* OK ready\r\n", answers: map[string]string{"STARTTLS": strings.Repeat("* OK wait\r\n", 100) + "OK now"}},
		"drops":             {greeting: "* OK ready\r\n", answers: map[string]string{"STARTTLS": ""}},
		"says a long word":  {greeting: "* OK " + strings.Repeat("x", 100_000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := reader(t, incoming.ReaderOptions{Host: "127.0.0.1", Port: s.serve(t), TLS: mail.StartTLS, User: "n", Password: "p"})
			_, err := r.Run(t.Context(), func(context.Context, incoming.Fetched) error { return nil })
			var got *incoming.ReadError
			if !errors.As(err, &got) || got.Stage != "encrypt" {
				t.Errorf("error %v, want one at the encryption", err)
			}
		})
	}
}
