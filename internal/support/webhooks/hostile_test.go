package webhooks_test

import (
	"net/http"
	"strings"
	"testing"

	"nichoir/internal/support/webhooks"
)

// hostile makes the receiver answer with what is given, byte for byte, and keep the connection until the other side hangs up.
func (b *bundle) hostile(t *testing.T, answer string) {
	t.Helper()
	b.receiver.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write([]byte(answer)) // not all of it is listened to
		_, _ = conn.Read(make([]byte, 1)) // until it hangs up
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoAnswerHoldsAnAttempt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer string
		status int
		cause  string
	}{
		"another protocol, in which nothing is said": {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
			http.StatusSwitchingProtocols, webhooks.CauseStatus},
		"a long body that does not end": {"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1<<20), http.StatusOK, ""},
		"a body that promises more":     {"HTTP/1.1 500 No\r\nContent-Length: 9000000000\r\n\r\n" + strings.Repeat("x", 1<<20), 500, webhooks.CauseStatus},
		"headers that do not end":       {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20), 0, webhooks.CauseConnection},
		"answers before the answer":     {strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 10_000), 0, webhooks.CauseConnection},
		"no HTTP":                       {"SSH-2.0-OpenSSH_9.2\r\n\r\n", 0, webhooks.CauseConnection},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			w, _ := b.add(t)
			b.hostile(t, tc.answer)
			b.event(t, "one")
			b.attempt(t)
			if _, log := b.log(t, w); log[0].Status != tc.status || log[0].Cause != tc.cause || log[0].Attempts != 1 {
				t.Errorf("%+v", log[0])
			}
		})
	}
}
