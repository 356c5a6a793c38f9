package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"nichoir/internal/identity"
	"nichoir/internal/support/tickets"
)

// attached is a file that a form carries, under the name that a browser would give it.
type attached struct {
	name    string
	content []byte
}

// upload posts a form with files, its fields first as browsers do.
func (v *visitor) upload(path string, form url.Values, files ...attached) *answer {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, all := range form {
		for _, value := range all {
			v.must(w.WriteField(name, value))
		}
	}
	for _, f := range files {
		h := textproto.MIMEHeader{}
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(f.name)
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="files"; filename="%s"`, quoted))
		h.Set("Content-Type", "text/html") // what a browser says of a file is never believed
		part, err := w.CreatePart(h)
		v.must(err)
		_, err = part.Write(f.content)
		v.must(err)
	}
	v.must(w.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", v.lang)
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	v.handler.ServeHTTP(rec, r)
	return &answer{ResponseRecorder: rec, t: v.t}
}

func (g *wing) newTicket() string { return "/espace/" + g.space.Space.PublicID + "/tickets/nouveau" }

func at(t tickets.Ticket) string { return "/tickets/" + t.PublicID }

// ticketForm is a request for help that is all right.
func ticketForm(key string) url.Values {
	return values("form_key", key, "kind", "training", "title", "L'agenda partagé", "body", "Il ne s'affiche pas sur nos téléphones.")
}

// count counts rows.
func (s *site) count(query string, args ...any) int {
	s.t.Helper()
	var n int
	s.must(s.pool.QueryRow(s.t.Context(), query, args...).Scan(&n))
	return n
}

// TestTicketFromAllSides lives through a ticket: asked, answered, noted, escalated, handed back, solved, reopened.
func TestTicketFromAllSides(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	lead, member := g.signedIn(g.lead), g.signedIn(g.member)
	team := g.signedIn(g.staff("sacha@nichoir.example", identity.Admin))
	lead.get(g.newTicket()).is(http.StatusOK).says("La Boîte à outils 1, votre prestataire", "la version de Nextcloud",
		"le nombre de comptes", "les noms de vos fichiers")
	form := ticketForm(lead.get(g.newTicket()).value("form_key"))
	form.Set("consent", "yes")
	form.Set("urgent", "yes")
	path := lead.upload(g.newTicket(), form, attached{"écran.png", []byte("\x89PNG\r\n\x1a\n")}).leads()
	if again := lead.upload(g.newTicket(), form).leads(); again != path {
		t.Fatalf("a double click leads to %s, not to %s", again, path)
	}
	form.Set("form_key", lead.get(g.newTicket()).value("form_key"))
	if third := lead.upload(g.newTicket(), form, attached{"écran.png", []byte("\x89PNG\r\n\x1a\n")}).leads(); third != path {
		t.Fatalf("sent again after going back, it leads to %s, not to %s", third, path)
	}
	lead.get(path).is(http.StatusOK).says("L'agenda partagé", "n° 1001", "Formation et prise en main", "Envoyée", "S’en occupeLa Boîte à outils 1",
		"écran.png", "La Boîte à outils 1 reçoit ce que vous écrivez ici", "Accord donné").silent("Première réponse promise", "Note interne")
	g.clock.turn(time.Minute)

	page := member.get(path).is(http.StatusOK).says("Première réponse promise avant le", "Les Canards du canal recevra votre réponse",
		"L’espace en ce moment", "32.0.1", "Garder comme note interne", "Urgent")
	say := path + "/messages"
	answer := values("form_key", page.value("form_key"), "body", "Quel téléphone ?", "effet", "attendre")
	first := member.upload(say, answer).leads()
	if second := member.upload(say, answer).leads(); second != first || !strings.Contains(first, "#message-") {
		t.Fatalf("the answer leads to %s, its double click to %s", first, second)
	}
	kept := values("form_key", member.get(path).value("form_key"), "body", "Quel téléphone ?\r\n", "effet", "attendre")
	if third := member.upload(say, kept).leads(); third != first {
		t.Fatalf("sent again after going back, the answer leads to %s, not to %s", third, first)
	}
	note := values("form_key", member.get(path).value("form_key"), "body", "Je ne sais pas le faire.", "effet", "note")
	member.upload(say, note, attached{"secret.txt", []byte("notes")}).leads()
	lead.get(path).says("Quel téléphone ?", "À vous de répondre", "Noé Lambert ·La Boîte à outils 1").silent("Je ne sais pas le faire.", "secret.txt")
	member.get(path).says("Note interne, jamais envoyée", "Je ne sais pas le faire.", "En attente de l’association")

	member.post(path+"/escalader", values("note", "Un agenda CalDAV, il me semble.")).leads()
	member.post(path+"/escalader", values("note", "Un agenda CalDAV, il me semble.")).leads()
	late := member.post(path+"/escalader", values("note", "Écrit dans une autre fenêtre.")).is(http.StatusConflict).says("votre note n’est pas partie")
	if late.value("body") != "Écrit dans une autre fenêtre." || late.doc().Find(`[name=effet][value=note][checked]`).Length() != 1 {
		t.Error("the note of another window is lost")
	}
	lead.get(path).says("L’équipe, sollicitée par La Boîte à outils 1", "La Boîte à outils 1 et l’équipe reçoivent").silent("CalDAV")
	member.get(path).says("Chez l’équipe")
	team.get(path).says("Un agenda CalDAV, il me semble.", "Rendre à La Boîte à outils 1")
	team.post(path+"/rendre", values("note", "C'est un réglage du téléphone.")).leads()
	lead.get(path).silent("réglage du téléphone")
	member.get(path).says("C'est un réglage du téléphone.")

	lead.post(path+"/resoudre", nil).leads()
	lead.post(path+"/resoudre", nil).leads()
	lead.get(path).says("Résolue", "Rouvrir la demande")
	for range 2 { // the second time after going back
		member.upload(say, values("form_key", member.get(path).value("form_key"), "body", "Ravi d'avoir aidé.", "effet", "attendre")).leads()
	}
	if n := g.count("SELECT count(*) FROM ticket_messages WHERE body = 'Ravi d''avoir aidé.'"); n != 1 {
		t.Errorf("the words added to a solved ticket were kept %d times", n)
	}
	lead.upload(say, values("form_key", lead.get(path).value("form_key"), "body", "Non, toujours pas.")).leads()
	lead.get(path).says("Non, toujours pas.", "En cours")
	lead.upload(say, values("form_key", lead.get(path).value("form_key"), "body", "Non, toujours pas.")).leads() // after going back
	if n := g.count("SELECT count(*) FROM ticket_messages WHERE body = 'Non, toujours pas.'"); n != 1 {
		t.Errorf("the words of the lead were kept %d times", n)
	}
	g.clock.turn(time.Hour)
	lead.upload(say, values("form_key", lead.get(path).value("form_key"), "body", "Non, toujours pas.")).leads() // meant
	if n := g.count("SELECT count(*) FROM ticket_messages WHERE body = 'Non, toujours pas.'"); n != 2 {
		t.Errorf("the words said again an hour later were kept %d times", n)
	}
	lead.post(path+"/accord", values("accord", "non")).leads()
	lead.get(path).says("Accord retiré")
	member.get(path).says("n’a pas donné son accord").silent("32.0.1")
	if n := g.count("SELECT count(*) FROM tickets"); n != 1 {
		t.Errorf("there are %d tickets", n)
	}
	if n := g.count("SELECT count(*) FROM ticket_messages WHERE body = 'Quel téléphone ?'"); n != 1 {
		t.Errorf("the answer was kept %d times", n)
	}
	if n := g.count("SELECT count(*) FROM ticket_messages WHERE body LIKE '%CalDAV%'"); n != 1 {
		t.Errorf("the note was kept %d times", n)
	}
}

// TestHandOverToTheFirstProvider: what a space asked before it had a provider can be given to the one that it has now.
func TestHandOverToTheFirstProvider(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	k := g.asked("0123456789abcdef0123456789abcdef", "L'agenda partagé", false)
	team, member := g.signedIn(g.staff("sacha@nichoir.example", identity.Admin)), g.signedIn(g.member)
	team.get(at(k)).is(http.StatusOK).silent("Confier la demande")
	g.linked()
	member.get(at(k)).is(http.StatusNotFound)
	team.get(at(k)).says("Confier à La Boîte à outils 1", "pas ce qui a été écrit avant")
	team.post(at(k)+"/rendre", values("note", "À voir avec leur téléphone.")).leads()
	member.get(at(k)).is(http.StatusOK).says("À voir avec leur téléphone.").silent("Les agendas n'apparaissent pas")
	team.get(at(k)).silent("Confier la demande")
}

// TestWhatWasTypedIsKept: a form that is refused comes back as it was sent, but for its files.
func TestWhatWasTypedIsKept(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	v.get(g.newTicket()).says("Votre espace n’a pas encore de prestataire")
	form := ticketForm("0123456789abcdef0123456789abcdef")
	form.Set("title", "")
	form.Set("urgent", "yes")
	page := v.upload(g.newTicket(), form, attached{"a.txt", []byte("a")}).is(http.StatusUnprocessableEntity)
	page.says("sont à choisir de nouveau", "Il ne s'affiche pas sur nos téléphones.")
	doc := page.doc()
	for _, checked := range []string{`[name=kind][value=training]`, `[name=urgent]`} {
		if doc.Find(checked+`[checked]`).Length() != 1 {
			t.Errorf("%s is not checked any more", checked)
		}
	}
	if doc.Find(`.error-summary a[href="#title"]`).Length() != 1 {
		t.Error("no error leads to the title")
	}
	v.upload(g.newTicket(), url.Values{}).is(http.StatusUnprocessableEntity)
	v.upload(g.newTicket(), form, make([]attached, 6)...).is(http.StatusUnprocessableEntity) // nothing was chosen six times
	many := make([]attached, 6)
	for i := range many {
		many[i] = attached{fmt.Sprintf("%d.txt", i), []byte("a")}
	}
	form.Set("title", "L'agenda")
	v.upload(g.newTicket(), form, many...).is(http.StatusUnprocessableEntity).says("5 fichiers au plus")
	if n := g.count("SELECT count(*) FROM tickets"); n != 0 {
		t.Errorf("%d tickets were opened", n)
	}
	v.upload(g.newTicket(), form, many[:5]...).leads()

	ticket := g.asked("form-key-of-a-ticket-1", "Le titre", false)
	lines := g.count("SELECT count(*) FROM ticket_messages")
	v.upload(at(ticket)+"/messages", values("form_key", "x", "body", "Je reste là")).is(http.StatusUnprocessableEntity).says("Je reste là")
	long := strings.Repeat("é", tickets.BodyMax+1)
	again := v.upload(at(ticket)+"/messages", values("form_key", key, "body", long)).is(http.StatusUnprocessableEntity)
	if got := strings.TrimSpace(again.value("body")); got != long {
		t.Errorf("of %d characters %d are left", len(long), len(got))
	}
	if n := g.count("SELECT count(*) FROM ticket_messages"); n != lines {
		t.Errorf("%d messages were kept", n-lines)
	}
}

// TestBrowsersKeepWhatWasTyped looks for fields that browsers empty when somebody leaves a long form and comes back to it.
func TestBrowsersKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	for _, at := range []string{"/prestataires/rejoindre", g.newTicket()} {
		page := g.signedIn(g.lead).get(at).is(http.StatusOK)
		if off := page.doc().Find(`main form [autocomplete="off"]`); off.Length() != 0 {
			t.Errorf("%s: %d fields lose what was typed, the first is %s", at, off.Length(), off.AttrOr("name", ""))
		}
	}
}

// TestTooLarge: what is too large is told with what to do, keeps the text, and is told nowhere else.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	big := attached{"film.mkv", bytes.Repeat([]byte("a"), tickets.FileMax+1)}
	v.upload(g.newTicket(), ticketForm(key), big).is(http.StatusUnprocessableEntity).
		says("« film.mkv » est trop gros", "Il ne s'affiche pas")
	fits := attached{"plan.bin", bytes.Repeat([]byte("b"), tickets.FileMax)}
	path := v.upload(g.newTicket(), ticketForm(key), fits, fits, fits, fits, fits).leads()
	if n := g.count("SELECT count(*) FROM ticket_attachments WHERE size = $1", tickets.FileMax); n != 5 {
		t.Errorf("%d files of the largest size were kept", n)
	}
	ticket := v.get(path)
	for _, where := range []string{g.newTicket(), path + "/messages"} {
		form := ticketForm(ticket.value("form_key"))
		v.upload(where, form, fits, fits, fits, fits, fits, fits).is(http.StatusRequestEntityTooLarge).
			says("Choisissez-en moins", "Il ne s'affiche pas sur nos téléphones.")
	}
	if n := g.count("SELECT count(*) FROM ticket_messages"); n != 1 {
		t.Errorf("there are %d messages", n)
	}
	v.post("/tickets/x/escalader", values("note", strings.Repeat("a", 1<<20))).is(http.StatusRequestEntityTooLarge)
}

// TestTooLargeOverTheWire: who sends far too much is answered with the page and not with a connection that breaks.
func TestTooLargeOverTheWire(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	server := httptest.NewServer(g.handler)
	t.Cleanup(server.Close)
	var begin bytes.Buffer
	w := multipart.NewWriter(&begin)
	g.must(w.WriteField("title", "Le film de la fête"))
	_, err := w.CreateFormFile("files", "film.mkv")
	g.must(err)
	body := io.MultiReader(&begin, io.LimitReader(zeroes{}, 70<<20))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+g.newTicket(), body)
	g.must(err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := server.Client().Do(r)
	g.must(err)
	page, err := io.ReadAll(res.Body)
	g.must(err)
	g.must(res.Body.Close())
	if res.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(page), "Le film de la fête") {
		t.Errorf("it is answered %d: %.300s", res.StatusCode, page)
	}
}

// zeroes is an endless file.
type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) { return len(b), nil }

// TestBrokenUploads: whoever sends nonsense is told so, and rings no alarm.
func TestBrokenUploads(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	for name, body := range map[string]string{
		"cut off":  "--b\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\nabc",
		"no parts": "--b",
		"nothing":  "",
		"parts":    strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n", 100) + "--b--",
	} {
		r := httptest.NewRequest(http.MethodPost, g.newTicket(), strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		for cookie, value := range v.cookies {
			r.AddCookie(&http.Cookie{Name: cookie, Value: value})
		}
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s is answered %d", name, w.Code)
		}
	}
	if strings.Contains(g.logged(), `"level":"ERROR"`) {
		t.Error("the log tells of an error of ours")
	}
}

// TestNothingTypedIsMarkup types markup into every field and looks at every page that shows it.
func TestNothingTypedIsMarkup(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)> **gras** [lien](javascript:alert(3)) javascript:alert(4)`
	v, member := g.signedIn(g.lead), g.signedIn(g.member)
	team := g.signedIn(g.staff("sacha@nichoir.example", identity.Admin))
	form := ticketForm(key)
	form.Set("title", evil[:100])
	form.Set("body", evil+"\nhttps://ok.example/a?b=c&d=\"><script>x</script>")
	form.Set("effet", evil)
	path := v.upload(g.newTicket(), form, attached{evil[:100], []byte(evil)}).leads()
	member.upload(path+"/messages", values("form_key", strings.Replace(key, "0", "9", 1), "body", evil, "effet", "note"), attached{`<svg onload=1>.svg`, []byte(evil)}).leads()
	member.post(path+"/escalader", values("note", evil)).leads()
	pages := []*answer{
		v.get(path), member.get(path), team.get(path), v.get("/espace/" + g.space.Space.PublicID + "/tickets"), team.get("/admin/tickets?vue=tous"),
		team.get("/admin/tickets?q=" + url.QueryEscape(evil)), member.get(g.desk()),
		v.upload(g.newTicket(), values("title", evil, "body", evil, "kind", evil, "form_key", evil)),
		member.upload(path+"/messages", values("body", strings.Repeat(evil, 300), "form_key", evil, "effet", evil)),
		v.get("/lien/ticket/" + g.mint(identity.PurposeTicket, 1001, g.lead.Email) + "?choix=" + url.QueryEscape(evil)),
	}
	for i, page := range pages {
		doc := page.doc()
		if n := doc.Find(`main script, main img, main [onerror], main [onload], main strong:contains("gras")`).Length(); n != 0 {
			t.Errorf("page %d holds %d elements that were typed", i, n)
		}
		doc.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			if href := a.AttrOr("href", ""); strings.HasPrefix(strings.ToLower(href), "javascript:") {
				t.Errorf("page %d leads to %s", i, href)
			}
		})
	}
	link := pages[0].doc().Find(`.typed a[href="https://ok.example/a?b=c&d="]`)
	if link.Length() != 1 || link.AttrOr("rel", "") != "nofollow noopener" {
		t.Errorf("the address in the text is no link: %s", pages[0].text())
	}
}

// TestAddressesInText finds the https addresses in a text, and nothing else.
func TestAddressesInText(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	ticket := g.asked("form-key-of-a-ticket-1", "Des adresses", false)
	text := "Voir https://a.example/x. Puis (https://b.example/y_(z)), «https://c.example/é» http://d.example https:// et\nhttps://e.example/?q=1&r=2!"
	v.upload(at(ticket)+"/messages", values("form_key", key, "body", text)).leads()
	doc := v.get(at(ticket)).doc().Find(".thread-message").Last().Find(".typed")
	var got []string
	doc.Find("a").Each(func(_ int, a *goquery.Selection) { got = append(got, a.AttrOr("href", "")) })
	want := "https://a.example/x https://b.example/y_%28z%29 https://c.example/%c3%a9 https://e.example/?q=1&r=2"
	if strings.Join(got, " ") != want {
		t.Errorf("links are %q", got)
	}
	if doc.Text() != text {
		t.Errorf("the text became %q", doc.Text())
	}
}

// TestStaffWithoutACodeAreStrangers: a session alone does not open what is the team's.
func TestStaffWithoutACodeAreStrangers(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	ticket := g.asked("form-key-of-a-ticket-1", "Le titre secret", false)
	v := halfWay(g.site, g.staff("pressee@nichoir.example", identity.Admin))()
	for _, path := range []string{at(ticket), "/espace/" + g.space.Space.PublicID + "/tickets", "/admin/tickets", "/admin/courriels"} {
		if to := v.get(path).silent("Le titre secret").leads(); !strings.HasPrefix(to, "/connexion/code") {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	v.post(at(ticket)+"/resoudre", nil).leads()
	if n := g.count("SELECT count(*) FROM tickets WHERE state = 'new'"); n != 1 {
		t.Error("staff without a code solved a ticket")
	}
}

// TestTeamOpensForASpace: in the space's name, without its consent.
func TestTeamOpensForASpace(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.staff("sacha@nichoir.example", identity.Reviewer))
	page := v.get(g.newTicket()).is(http.StatusOK).says("au nom de l’association")
	if page.doc().Find("[name=consent]").Length() != 0 {
		t.Error("the team is asked to consent in the association's name")
	}
	form := ticketForm(page.value("form_key"))
	form.Set("consent", "yes")
	path := v.upload(g.newTicket(), form).leads()
	if again := v.upload(g.newTicket(), ticketForm(strings.Replace(key, "0", "9", 1))).leads(); again != path {
		t.Errorf("sent again after going back, it leads to %s, not to %s", again, path)
	}
	g.signedIn(g.lead).get(path).is(http.StatusOK).says("par l’équipe", "Le prestataire ne voit que ce que vous écrivez")
}

// TestTeamReadsASpacesTickets goes the way from a space's page to its list, which speaks to the team of the association.
func TestTeamReadsASpacesTickets(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	k := g.asked("form-key-of-a-ticket-1", "L'agenda partagé", false)
	team, list := g.signedIn(g.staff("sacha@nichoir.example", identity.Reviewer)), "/espace/"+g.space.Space.PublicID+"/tickets"
	team.get("/admin/espaces/"+g.space.Space.PublicID).is(http.StatusOK).says("Derniers tickets", "L'agenda partagé", "n° 1001")
	g.signedIn(g.member).upload(at(k)+"/messages", values("form_key", key, "body", "Quel téléphone ?", "effet", "attendre")).leads()
	team.get(list).is(http.StatusOK).says("Ce que Les Canards du canal a demandé", "En attente de l’association").silent("À vous de répondre")
	g.signedIn(g.lead).get(list).is(http.StatusOK).says("Ce que vous avez demandé", "À vous de répondre")
}

// TestWhoReadsIsTold: nobody is told that the team cannot read, nor that a suspended space has no provider.
func TestWhoReadsIsTold(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	v := g.signedIn(g.lead)
	v.get(g.newTicket()).says("La Boîte à outils 1, votre prestataire. L’équipe peut la lire aussi.")
	g.exec("UPDATE spaces SET state = 'suspended'")
	v.get(g.newTicket()).says("Votre espace n’est pas en service").silent("pas encore de prestataire")
}
