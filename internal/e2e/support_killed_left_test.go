package e2e_test

import (
	"html"
	"net/http"
	"strings"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/demo/mailcatcher"
)

// told compares what was said with what there is: each message once, and each mail that came in.
func (m *mortal) told() {
	m.t.Helper()
	pool := m.app.DB.Pool()
	want := []string{
		"space/web " + m.before[0], "provider/mail " + m.before[1], "nichoir/web solved", "space/mail " + m.before[2],
		"provider/web " + m.before[3] + " (note)", "nichoir/web escalated", "nichoir/web moved", "provider/mail " + m.after[0], "space/mail " + m.after[1],
	}
	got := texts(m.t, pool, `SELECT side || '/' || via || ' ' || body || CASE WHEN internal THEN ' (note)' ELSE '' END FROM ticket_messages ORDER BY id`)
	if diff := cmp.Diff(want, got); diff != "" {
		m.t.Errorf("the conversation (-want +got):\n%s", diff)
	}
	got = texts(m.t, pool, `SELECT outcome || '/' || reason FROM incoming_mails ORDER BY id`)
	if diff := cmp.Diff([]string{"posted/", "posted/", "posted/", "posted/", "set_aside/not_yours"}, got); diff != "" {
		m.t.Errorf("the mails that came in (-want +got):\n%s", diff)
	}
	got = texts(m.t, pool, `SELECT p.name || ' ' || l.state || ' ' || l.ended_by FROM support_links l JOIN providers p ON p.id = l.provider_id ORDER BY l.id`)
	if diff := cmp.Diff([]string{"La Boîte à outils ended change", "L'Atelier du libre accepted "}, got); diff != "" {
		m.t.Errorf("the links (-want +got):\n%s", diff)
	}
}

// mailed compares what is to be mailed with what was: once, or twice when the acknowledgement was lost.
func (m *mortal) mailed() {
	m.t.Helper()
	copies := map[string]int{}
	for _, mail := range m.mails.Messages() {
		copies[mail.ID]++
		m.forItsReader(mail)
	}
	doubled := 0
	for _, id := range texts(m.t, m.app.DB.Pool(), `SELECT message_id FROM mails WHERE state = 'sent'`) {
		switch n := copies[id]; {
		case n == 1:
		case n == 2 && m.lost[id]:
			doubled++
		default:
			m.t.Errorf("the mail %s was sent %d times; acknowledgement lost: %v", id, n, m.lost[id])
		}
		delete(copies, id)
	}
	if len(copies) != 0 {
		m.t.Errorf("mails that nobody was to get: %v", copies)
	}
	if n := value[int](m.t, m.app.DB.Pool(), `SELECT count(*) FROM mails WHERE state NOT IN ('sent', 'dropped')`); n != 0 {
		m.t.Errorf("%d mails were refused", n)
	}
	m.t.Logf("%d processes died in the middle of something; %d mails, %d of them twice", m.died, len(m.mails.Messages()), doubled)
}

// forItsReader reads a mail for what its reader must not learn.
func (m *mortal) forItsReader(mail mailcatcher.Message) {
	m.t.Helper()
	secrets := []string{m.before[3]}
	switch mail.To[0] {
	case m.ines.address:
		secrets = append(secrets, m.after...)
	case m.paul.address:
		secrets = append(secrets, m.before...)
	}
	for _, s := range secrets {
		if saysAll(mail, s) || strings.Contains(plainly(html.UnescapeString(mail.HTML)), plainly(s)) {
			m.t.Errorf("%v reads %q in %q", mail.To, s, mail.Subject)
		}
	}
	if strings.HasPrefix(mail.Subject, "[Nichoir 1001] ") && strings.Contains(mail.Subject, "Canards") {
		m.t.Errorf("a subject names the association: %q", mail.Subject)
	}
}

// seen opens the ticket as everybody.
func (m *mortal) seen() {
	m.t.Helper()
	m.now = startChild(m.t, m.env)
	if !m.now.up() {
		m.t.Fatal("nobody answers")
	}
	defer m.bury()
	m.leaPages.get(m.ticket).is(http.StatusOK).says(m.before[:3]...).says(m.after...).silent("CalDAV")
	m.inesPages.get(m.ticket).is(http.StatusNotFound).silent(m.before...).silent(m.after...)
	m.inesPages.post(m.ticket+"/messages", "form_key", formKey("Inès"), "body", "J'y suis encore").is(http.StatusNotFound)
	m.paulsPages.get(m.ticket).is(http.StatusOK).says(m.after...).says(summary).silent(m.before...)
	m.link.get(m.ticket).silent(m.before...).silent(m.after...)
	for _, mail := range []string{m.before[0], m.before[2]} {
		link, _, _ := strings.Cut(linkIn(m.t, m.ines.gets(mail), "/lien/ticket/", "choix=resoudre"), "?")
		if p := m.link.get(link); p.status != http.StatusNotFound && p.status != http.StatusGone {
			m.t.Errorf("the former provider's link answers %d:\n%s", p.status, p.text())
		}
	}
}
