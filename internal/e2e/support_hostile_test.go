package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
)

// TestHostileMailsLeaveTheServiceAnswering sends what nobody should, to a whole Nichoir, with an answer of a person in between.
func TestHostileMailsLeaveTheServiceAnswering(t *testing.T) {
	t.Parallel()
	h := newAidHouse(t)
	lea := h.correspondent("Léa Colvert", "lea@lescanards.example")
	admin := h.staff("ada@nichoir.example")
	team := h.visitor().signIn(h.app, admin)
	h.spaces(admin, map[string]*correspondent{"les-canards": lea})
	_, err := h.app.Tickets.Open(t.Context(), tickets.NewTicket{Key: formKey("the ticket"), SpaceID: value[int64](t, h.app.DB.Pool(), `SELECT id FROM spaces`),
		Kind: support.KindAdvice, Title: "Des courriels étranges", Body: "Les voyez-vous ?", Via: tickets.ByTeam}, admin)
	if err != nil {
		t.Fatal(err)
	}
	asked := lea.gets("Des courriels étranges")
	answer := func(written content, head ...string) []byte {
		return compose(lea, replyTo(t, asked), "Re: "+asked.Subject, &asked, written, head...)
	}
	forged := "reply+1001-" + strings.Repeat("a", 26) + "@" + mailDomain
	tests := []struct {
		name string
		mail []byte
		want string // outcome/reason
		says string // to the team on its page; "" for what it need not know
	}{
		{"10,000 parts", answer(raw(parts("mixed", again("Content-Type: text/plain\r\n\r\nCoucou", 10_000)...))), "set_aside/too_many_parts", "trop de morceaux"},
		{"parts in parts", answer(raw(nested(10_000))), "set_aside/too_deep", "les uns dans les autres"},
		{"100 MB", answer(raw("Content-Type: text/plain\r\n\r\n" + strings.Repeat(strings.Repeat("0123456789", 7)+"\r\n", 100<<20/72))), "set_aside/too_large", "25 Mo"},
		{"a forged token", compose(lea, forged, "Re: "+asked.Subject, &asked, plain("Je force.")), "set_aside/not_yours", "n'est pas, ou plus, celle"},
		{"a forged token of a stranger", compose(lea.elsewhere("lou@ailleurs.example"), forged, "Bonjour", nil, plain("Je force.")), "set_aside/not_yours", ""},
		{"our own mail", []byte(strings.Replace(string(asked.Raw), "To: ", "X-Forwarded-To: "+helpAddress+"\r\nTo: ", 1)), "loop/", ""},
		{"our own mail, from elsewhere", answer(plain("Je tourne."), "X-Nichoir: nichoir.example"), "loop/", ""},
		{"a header without an end", append([]byte("X-Long: "), bytes.Repeat([]byte("a\r\n b"), 50_000)...), "set_aside/header_too_large", "en-tête est démesuré"},
		{"no mail at all", []byte("\x00\xff\xfe\r\n\r\n\x00"), "set_aside/malformed", "abîmé"},
		{"no sender", []byte("To: " + helpAddress + "\r\nSubject: x\r\n\r\nCoucou\r\n"), "set_aside/no_sender", "sans expéditeur lisible"},
	}
	for i, tt := range tests {
		h.box.Deliver(t, tt.mail)
		if got := h.became(2*i + 1); got != tt.want {
			t.Errorf("%s became %q, not %q", tt.name, got, tt.want)
		}
		good := fmt.Sprintf("Tout va bien après « %s ».", tt.name)
		lea.answers(asked, gmail(good))
		if got := h.became(2*i + 2); got != "posted/" {
			t.Errorf("after %s a good mail became %q", tt.name, got)
		}
		if n := h.count("ticket_messages WHERE body = $1", good); n != 1 {
			t.Errorf("after %s a good mail is kept %d times", tt.name, n)
		}
		if tt.says != "" {
			team.get("/admin/courriels").is(http.StatusOK).says(tt.says)
		}
	}
	h.oddButWelcome(lea, asked, 2*len(tests))
	h.visitor().get("/").is(http.StatusOK)
}

// oddButWelcome are mails that break rules and that people nevertheless send: what can be read of them is posted.
func (h *aidHouse) oddButWelcome(from *correspondent, asked mailcatcher.Message, came int) {
	h.t.Helper()
	large := bytes.Repeat([]byte("canard "), 12<<20/7)
	const left = "\n\n[Une partie de ce courriel n’a pas pu être gardée.]"
	tests := []struct {
		name    string
		written content
		want    string
		files   int
	}{
		{"Latin-1 that says it is UTF-8", raw("Content-Type: text/plain; charset=utf-8\r\n\r\nD\xe9j\xe0 vu.\r\n"), "Déjà vu.", 0},
		{"a charset that nobody knows", raw("Content-Type: text/plain; charset=x-klingon\r\n\r\nQapla'.\r\n"), "Qapla'.", 0},
		{"UTF-8 that says it is UTF-16", raw("Content-Type: text/plain; charset=utf-16\r\n\r\nCanard.\r\n"), "Canard.", 0},
		{"base64 that breaks off", raw("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nQm9uam91ci4=@@@\r\n"), "Bonjour.", 0},
		{"an attachment over 10 MB", attached("Voici la vidéo.", "canards.mp4", "video/mp4", large), "Voici la vidéo." + left, 0},
		{"a program that says it is a picture", attached("Voici la photo.", "../../photo.jpg", "image/jpeg", []byte("MZ\x90\x00")), "Voici la photo.", 1},
	}
	for i, tt := range tests {
		from.answers(asked, tt.written)
		if got := h.became(came + i + 1); got != "posted/" {
			h.t.Errorf("%s became %q", tt.name, got)
			continue
		}
		pool := h.app.DB.Pool()
		if got := value[string](h.t, pool, `SELECT body FROM ticket_messages ORDER BY id DESC LIMIT 1`); got != tt.want {
			h.t.Errorf("%s became %q, not %q", tt.name, got, tt.want)
		}
		if n := h.count("ticket_attachments WHERE message_id = (SELECT max(id) FROM ticket_messages)"); n != tt.files {
			h.t.Errorf("%s left %d files", tt.name, n)
		}
	}
	if got := value[string](h.t, h.app.DB.Pool(), `SELECT name || ' ' || media_type FROM ticket_attachments`); got == "" || strings.Contains(got, "/photo") || strings.Contains(got, "image/jpeg") {
		h.t.Errorf("the program is kept as %q", got)
	}
}

// again is the same part, so many times.
func again(part string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = part
	}
	return all
}

// nested are parts in parts, so deep.
func nested(deep int) string {
	var b strings.Builder
	for i := range deep {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	return b.String() + "Content-Type: text/plain\r\n\r\nTout au fond.\r\n"
}
