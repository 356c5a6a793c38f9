package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
)

// month is a provider's month: Inès, who never opens a page but those behind the links in her mails, and whom she deals with.
type month struct {
	*aidHouse

	came                    int // mails that came in
	admin                   identity.Person
	ines, noe, paul         *correspondent // providers: Inès and Noé are of one, Paul is of the other
	lea, lou, max           *correspondent // leads
	team                    *correspondent
	org, other              directory.Provider
	spaces                  map[string]string // public ids by slug
	link                    *visitor          // of whoever follows a link in a mail, signed in nowhere
	ticket                  string            // the address of its page
	leaBrowser, teamBrowser *visitor
}

// TestAProvidersMonthInAMailProgram plays all that a provider does, from mails alone.
func TestAProvidersMonthInAMailProgram(t *testing.T) {
	t.Parallel()
	m := newMonth(t)
	m.accept()
	m.talk()
	m.writeFromElsewhere()
	m.sendAFile()
	m.goOnHoliday()
	m.solve()
	m.escalate()
	m.declineAndPause()
	m.bounce()
	m.askByMail()
	m.forTheEyesOf()
}

func newMonth(t *testing.T) *month {
	t.Helper()
	m := &month{aidHouse: newAidHouse(t)}
	m.ines, m.noe = m.correspondent("Inès Carpentier", "ines@boite.example"), m.correspondent("Noé Lambert", "noe@boite.example")
	m.paul = m.correspondent("Paul Roux", "paul@atelier.example")
	m.lea, m.lou, m.max = m.correspondent("Léa Colvert", "lea@lescanards.example"), m.correspondent("Lou", "lou@lescanards.example"), m.correspondent("Max", "max@lescanards.example")
	m.team = m.correspondent("Ada Grèbe", "ada@nichoir.example")
	m.admin = m.staff(m.team.address)
	m.org = listed(t, m.app, m.admin, "La Boîte à outils", m.ines)
	m.other = listed(t, m.app, m.admin, "L'Atelier du libre", m.paul)
	if err := m.app.Directory.AddMember(t.Context(), m.org.PublicID, m.noe.address, m.noe.name, false, person(t, m.app, m.ines.address)); err != nil {
		t.Fatal(err)
	}
	if err := m.app.Directory.Join(t.Context(), m.org.PublicID, person(t, m.app, m.noe.address)); err != nil {
		t.Fatal(err)
	}
	m.spaces = m.aidHouse.spaces(m.admin, map[string]*correspondent{"premiers": m.lea, "deuxiemes": m.lou, "troisiemes": m.max})
	m.link, m.teamBrowser = m.visitor(), m.visitor().signIn(m.app, m.admin)
	m.leaBrowser = m.visitor().signIn(m.app, person(t, m.app, m.lea.address))
	return m
}

func (m *month) spaceID(slug string) int64 {
	m.t.Helper()
	return value[int64](m.t, m.app.DB.Pool(), `SELECT id FROM spaces WHERE slug = $1`, slug)
}

// choose asks the provider for a space.
func (m *month) choose(slug string, lead *correspondent, words string) {
	m.t.Helper()
	if _, err := m.app.Linking.Choose(m.t.Context(), m.spaceID(slug), m.org.PublicID, linking.FromMatch, words, "", person(m.t, m.app, lead.address)); err != nil {
		m.t.Fatal(err)
	}
}

// takes waits until another mail came in, and compares what became of it.
func (m *month) takes(want string) {
	m.t.Helper()
	m.came++
	if got := m.became(m.came); got != want {
		m.t.Errorf("the mail became %q, not %q", got, want)
	}
}

// follows looks at a link twice, as a mail scanner and a person do, and presses its button.
func (m *month) follows(link string, fields ...string) page {
	m.t.Helper()
	for range 2 {
		m.link.get(link).is(http.StatusOK)
	}
	path, _, _ := strings.Cut(link, "?")
	to := m.link.post(path, fields...).leads()
	return m.link.get(to)
}

func (m *month) state() string {
	m.t.Helper()
	return value[string](m.t, m.app.DB.Pool(), `SELECT state || CASE WHEN escalated THEN ' escalated' ELSE '' END FROM tickets WHERE id = 1001`)
}

func (m *month) is(state string) {
	m.t.Helper()
	if got := m.state(); got != state {
		m.t.Errorf("the ticket is %q, not %q", got, state)
	}
}

// accept: a space is ready, its lead gets proposals and chooses, the provider accepts by the link.
func (m *month) accept() {
	m.t.Helper()
	m.lea.gets("La Boîte à outils", "L'Atelier du libre", "/espace/"+m.spaces["premiers"]+"/aide")
	m.choose("premiers", m.lea, "Nous débutons toutes et tous.")
	request := m.ines.gets("aimerait être accompagnée", "Nous débutons toutes et tous.")
	m.noe.gets("aimerait être accompagnée")
	accept := linkIn(m.t, request, "/lien/proposition/", "choix=accepter")
	for range 3 {
		m.link.get(accept).is(http.StatusOK).says("Les Canards du canal premiers")
	}
	if n := m.count("support_links WHERE state = 'accepted'"); n != 0 {
		m.t.Fatal("looking at the link accepted the proposal")
	}
	m.follows(accept, "choix", "accepter").is(http.StatusOK)
	m.lea.gets("La Boîte à outils", "/espace/"+m.spaces["premiers"]+"/tickets/nouveau")
	m.ines.gets("Les Canards du canal premiers", "/prestataire/")
}

// talk: the lead asks on the page; the provider answers by mail; the lead answers on the page, and by mail.
func (m *month) talk() {
	m.t.Helper()
	form := "/espace/" + m.spaces["premiers"] + "/tickets/nouveau"
	m.ticket = m.leaBrowser.post(form, "form_key", m.leaBrowser.get(form).field("form_key"), "kind", "training", "title", "L'agenda partagé des Canards",
		"body", "Il ne s'affiche pas sur nos téléphones.", "consent", "yes").leads()
	asked := m.ines.gets("Il ne s'affiche pas sur nos téléphones.", "Les Canards du canal premiers", "Collabora Online")
	m.noe.gets("Il ne s'affiche pas sur nos téléphones.")

	m.ines.answers(asked, gmail("Bonjour Léa,\nquel téléphone avez-vous ?"))
	m.takes("posted/")
	answered := m.lea.gets("quel téléphone avez-vous ?", "Inès Carpentier")
	m.is("waiting")
	m.leaBrowser.get(m.ticket).is(http.StatusOK).says("quel téléphone avez-vous ?").silent("a écrit", "gmail", "Répondez au-dessus")

	say := m.ticket + "/messages"
	m.leaBrowser.post(say, "form_key", m.leaBrowser.get(m.ticket).field("form_key"), "body", "Un Fairphone.").leads()
	m.ines.gets("Un Fairphone.")
	m.is("open")
	m.lea.answers(answered, outlook("Et aussi un vieux Nokia à touches."))
	m.takes("posted/")
	m.ines.answers(m.ines.gets("Et aussi un vieux Nokia à touches."), thunderbird("Pour le Nokia, il n'y a rien à faire."))
	m.takes("posted/")
	m.lea.gets("Pour le Nokia, il n'y a rien à faire.")
	m.leaBrowser.get(m.ticket).says("Et aussi un vieux Nokia à touches.").silent("De :", "22/11/2026")
	if got := m.said(); !slices.Contains(got, "provider/mail: Pour le Nokia, il n'y a rien à faire.") ||
		!slices.Contains(got, "space/mail: Et aussi un vieux Nokia à touches.") {
		m.t.Errorf("quotes and signatures were kept: %q", got)
	}
}

// said is the conversation: "side/via: text".
func (m *month) said() []string {
	m.t.Helper()
	return texts(m.t, m.app.DB.Pool(), `SELECT side || '/' || via || ': ' || body FROM ticket_messages WHERE side <> 'nichoir' ORDER BY id`)
}

// writeFromElsewhere: an answer from an address that nobody knows is held, sent by its link, and known the next time.
func (m *month) writeFromElsewhere() {
	m.t.Helper()
	asked := m.ines.gets("Un Fairphone.")
	home := m.ines.elsewhere("ines.carpentier@perso.example")
	before := m.said()
	home.answers(asked, gmail("Depuis chez moi : essayez DAVx5."))
	m.takes("held/")
	held := home.gets("Votre réponse n'est pas partie")
	if diff := cmp.Diff(before, m.said()); diff != "" {
		m.t.Errorf("what is held was posted (-want +got):\n%s", diff)
	}
	release := linkIn(m.t, held, "/lien/courriel/")
	m.link.get(release).is(http.StatusOK).says("Depuis chez moi : essayez DAVx5.")
	m.follows(release, "choix", "retenir").is(http.StatusOK).says("Votre réponse est partie")
	m.lea.gets("Depuis chez moi : essayez DAVx5.")
	m.ines.gets("ines.carpentier@perso.example")
	home.answers(asked, plain("J'ajoute : c'est gratuit sur F-Droid."))
	m.takes("posted/")
	m.lea.gets("c'est gratuit sur F-Droid.")
}

// sendAFile: an attachment is downloaded from the page.
func (m *month) sendAFile() {
	m.t.Helper()
	picture := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR de la copie d'écran")
	m.ines.answers(m.ines.gets("Un Fairphone."), attached("Voici où appuyer.", "copie d'écran.png", "text/html", picture))
	m.takes("posted/")
	told := m.lea.gets("Voici où appuyer.", "copie d'écran.png")
	path := linkIn(m.t, told, m.ticket+"/pieces/")
	if got := m.leaBrowser.get(path).is(http.StatusOK).body; got != string(picture) {
		m.t.Errorf("the file came as %q", got)
	}
	m.link.get(path).silent("IHDR")
}

// goOnHoliday: a notice is neither posted nor answered, however often it comes and wherever it goes.
func (m *month) goOnHoliday() {
	m.t.Helper()
	asked, before, sent := m.ines.gets("Un Fairphone."), m.said(), len(m.mails.Messages())
	notice := plain("Je suis absente jusqu'au 30.")
	for range 3 {
		m.ines.answers(asked, notice, "Auto-Submitted: auto-replied")
		m.takes("auto_reply/")
	}
	m.ines.answers(asked, notice, "X-Autoreply: yes", "Precedence: bulk")
	m.takes("auto_reply/")
	// RFC 3834 §4: notices go to the sender of the envelope.
	m.ines.writes(asked.From, "Absence : "+asked.Subject, notice, "Auto-Submitted: auto-replied", "In-Reply-To: <"+asked.ID+">")
	m.came++
	if got := m.became(m.came); strings.HasPrefix(got, "posted") || strings.HasPrefix(got, "held") {
		m.t.Errorf("the notice became %q", got)
	}
	if diff := cmp.Diff(before, m.said()); diff != "" {
		m.t.Errorf("a notice was posted (-want +got):\n%s", diff)
	}
	m.idle()
	if n := len(m.mails.Messages()); n != sent {
		m.t.Errorf("%d mails answer the notices", n-sent)
	}
}

// idle waits until no mail waits to be sent.
func (m *month) idle() {
	m.t.Helper()
	until(m.t, "the last mail", func() (bool, string) {
		return m.count("mails WHERE state = 'queued'") == 0, "some wait"
	})
}

// solve: the provider solves by the link, and the lead's answer reopens.
func (m *month) solve() {
	m.t.Helper()
	m.follows(linkIn(m.t, m.ines.gets("Un Fairphone."), "/lien/ticket/", "choix=resoudre"), "choix", "resoudre").is(http.StatusOK)
	m.is("solved")
	m.lea.answers(m.lea.gets("est considérée comme résolue"), gmail("Non, il manque encore les répétitions."))
	m.takes("posted/")
	m.is("open")
	m.ines.gets("il manque encore les répétitions.")
}

// escalate: the provider hands the ticket to the team by the link, with a note; the team hands it back.
func (m *month) escalate() {
	m.t.Helper()
	link := linkIn(m.t, m.ines.gets("il manque encore les répétitions."), "/lien/ticket/", "choix=escalader")
	m.follows(link, "choix", "escalader", "note", "Entre nous : un bogue de CalDAV.").is(http.StatusOK)
	m.is("open escalated")
	m.team.gets("confie à l'équipe la demande")
	m.teamBrowser.get(m.ticket).says("Entre nous : un bogue de CalDAV.")
	m.leaBrowser.get(m.ticket).silent("CalDAV")
	m.teamBrowser.post(m.ticket+"/rendre", "note", "Entre nous aussi : corrigé dans la 32.0.2.").leads()
	m.ines.answers(m.ines.gets("L'équipe vous rend la demande"), gmail("C'est corrigé, Léa."))
	m.takes("posted/")
	m.lea.gets("C'est corrigé, Léa.")
	m.is("waiting")
}

// declineAndPause: of two more associations, the provider declines one, which goes to the next, and pauses at the other.
func (m *month) declineAndPause() {
	m.t.Helper()
	m.choose("deuxiemes", m.lou, "Nous sommes deux.")
	m.choose("troisiemes", m.max, "Nous sommes trois.")
	second, third := m.ines.gets("Nous sommes deux."), m.ines.gets("Nous sommes trois.")
	m.follows(linkIn(m.t, third, "/lien/proposition/", "choix=refuser"), "choix", "refuser", "reason", "Trop loin de chez nous.").is(http.StatusOK)
	m.read()
	m.max.gets("Trop loin de chez nous.", "L'Atelier du libre")
	m.paul.gets("aimerait être accompagnée", "Nous sommes trois.")
	m.follows(linkIn(m.t, second, "/lien/proposition/", "choix=pause"), "choix", "pause").is(http.StatusOK)
	p, err := m.app.Directory.Provider(m.t.Context(), m.org.ID)
	if err != nil || p.State != directory.Paused {
		m.t.Errorf("the provider is %s, %v", p.State, err)
	}
	got := texts(m.t, m.app.DB.Pool(), `SELECT s.slug || ' ' || l.state || ' ' || p.name FROM support_links l
		JOIN spaces s ON s.id = l.space_id JOIN providers p ON p.id = l.provider_id ORDER BY l.id`)
	want := []string{"premiers accepted La Boîte à outils", "deuxiemes proposed La Boîte à outils", "troisiemes declined La Boîte à outils", "troisiemes proposed L'Atelier du libre"}
	if diff := cmp.Diff(want, got); diff != "" {
		m.t.Errorf("links (-want +got):\n%s", diff)
	}
	until(m.t, "the time to answer to stand still", func() (bool, string) {
		m.read()
		return m.count("support_links WHERE state = 'proposed' AND due_at IS NULL") == 1, "it runs"
	})
}

// bounce: what comes back is matched to its address, and the team sees whose does not work.
func (m *month) bounce() {
	m.t.Helper()
	lost := m.noe.gets("il manque encore les répétitions.")
	mx := m.correspondent("Mail Delivery Subsystem", "mailer-daemon@mx.elsewhere.example")
	mx.writes(strings.ToUpper(lost.From), "Undelivered Mail Returned to Sender", returned(lost, "5.1.1"), "Auto-Submitted: auto-replied")
	m.takes("bounce/")
	until(m.t, "the address's trouble", func() (bool, string) {
		got := texts(m.t, m.app.DB.Pool(), `SELECT email || ' ' || mail_trouble FROM people WHERE mail_trouble <> ''`)
		return slices.Equal(got, []string{"noe@boite.example 5.1.1"}), strings.Join(got, ", ")
	})
	m.teamBrowser.get("/admin/courriels?vue=retours").is(http.StatusOK).says("noe@boite.example")
}

// askByMail: the lead opens a ticket by a mail to the help address, a stranger is told where help is.
func (m *month) askByMail() {
	m.t.Helper()
	m.lea.writes(helpAddress, "Re: Plus de place", outlook("Le disque des Canards est plein."))
	m.takes("opened/")
	m.lea.gets("[Nichoir 1002] ", "« Plus de place » est bien arrivée")
	m.ines.answers(m.ines.gets("Le disque des Canards est plein."), gmail("Je regarde."))
	m.takes("posted/")
	m.lea.gets("[Nichoir 1002] ", "Je regarde.")
	stranger := m.correspondent("Sam", "sam@ailleurs.example")
	stranger.writes(helpAddress, "Bonjour", plain("Comment avoir un espace ?"))
	m.takes("set_aside/unknown_sender")
	stranger.gets("Nichoir")
}

// forTheEyesOf looks through all that was mailed.
func (m *month) forTheEyesOf() {
	m.t.Helper()
	m.idle()
	seen := map[string]bool{}
	for _, mail := range m.mails.Messages() {
		if seen[mail.ID] || mail.Problem != "" {
			m.t.Errorf("%q was sent twice, or cannot be read: %s", mail.Subject, mail.Problem)
		}
		seen[mail.ID] = true
		source := mail.Subject + mail.Text + mail.HTML
		if strings.Contains(source, "Entre nous") {
			m.t.Errorf("a note was mailed to %v: %q", mail.To, mail.Subject)
		}
		aboutTicket := strings.HasPrefix(mail.Subject, "[Nichoir 100")
		if toProvider := strings.HasSuffix(mail.To[0], "@boite.example") || strings.HasSuffix(mail.To[0], "@atelier.example"); toProvider || aboutTicket {
			if strings.Contains(mail.Subject, "Canards") || strings.Contains(mail.Subject, "agenda") {
				m.t.Errorf("a subject tells too much: %q", mail.Subject)
			}
		}
		if mail.To[0] == m.paul.address && strings.Contains(source, "agenda") {
			m.t.Errorf("somebody else's provider got %q", mail.Subject)
		}
	}
	if n := m.count("incoming_mails"); n != m.came {
		m.t.Errorf("%d mails came in, %d are kept", m.came, n)
	}
	if n := m.count("sessions JOIN people p ON p.id = sessions.person_id WHERE p.email LIKE '%@boite.example'"); n != 0 {
		m.t.Error("the provider signed in")
	}
}
