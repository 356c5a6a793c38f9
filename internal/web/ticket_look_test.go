package web_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"nichoir/internal/identity"
	"nichoir/internal/support/inbox"
)

// TestTicketPagesLook opens every page of tickets in a browser, as TestPagesLook does those of leads.
func TestTicketPagesLook(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	b := &browser{site: g.site, pages: map[string]*httptest.ResponseRecorder{}}
	g.helpless(b)
	g.talking(b)
	g.links(b)
	axe, err := os.ReadFile("../e2e/testdata/axe.min.js")
	b.must(err)
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir()))
	t.Cleanup(stop)
	tab, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	for _, look := range []struct {
		scheme string
		width  int64
	}{{"light", 1280}, {"dark", 360}, {"light", 360}} {
		if *shots == "" && look.scheme == "light" && look.width == 360 {
			continue
		}
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}}
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatalf("choose the %s scheme: %v", look.scheme, err)
		}
		for name := range b.pages {
			lookAt(t, tab, server.URL+"/look/"+name, string(axe), fmt.Sprintf("ticket-%s-%s-%d", name, look.scheme, look.width), look.width)
		}
	}
}

// helpless are the pages of a space without a provider that asks for the first time.
func (g *wing) helpless(b *browser) {
	v := g.signedIn(g.lead)
	list := "/espace/" + g.space.Space.PublicID + "/tickets"
	b.keep("list-none", v.get(list))
	b.keep("new-team", v.get(g.newTicket()))
	form := ticketForm(key)
	form.Set("title", "")
	b.keep("new-wrong", v.upload(g.newTicket(), form, attached{"a.txt", []byte("a")}))
}

// talking are the pages of a ticket in the middle of its life, from all sides.
func (g *wing) talking(b *browser) {
	g.linked()
	v, member := g.signedIn(g.lead), g.signedIn(g.member)
	form := ticketForm(keyFor("long"))
	form.Set("title", "L'agenda partagé n'apparaît pas sur les téléphones de l'équipe du samedi")
	form.Set("body", "Bonjour,\n\nnous avons suivi le guide (https://docs.example/agendas/telephones?version=33&langue=fr), mais l'agenda « Salle » "+
		"n'apparaît pas.\n\nSur l'ordinateur tout va bien. Merci !\nLou")
	form.Set("urgent", "yes")
	form.Set("consent", "yes")
	path := v.upload(g.newTicket(), form, attached{"Capture d'écran du 21 novembre à 14 h.png", []byte("\x89PNG\r\n\x1a\n")}).leads()
	g.clock.turn(40 * time.Minute)
	member.upload(path+"/messages", values("form_key", keyFor("1"), "body", "Quel téléphone est-ce ?", "effet", "attendre")).leads()
	member.upload(path+"/messages", values("form_key", keyFor("2"), "body", "À voir avec Inès : DAVx5 ?", "effet", "note"), attached{"journal.txt", make([]byte, 1<<20)}).leads()
	b.keep("lead", v.get(path))
	b.keep("list", v.get("/espace/"+g.space.Space.PublicID+"/tickets"))
	b.keep("new", v.get(g.newTicket()))
	v.upload(path+"/messages", values("form_key", keyFor("3"), "body", "Un Fairphone, avec Android 14.")).leads()
	b.keep("member", member.get(path))
	b.keep("member-wrong", member.upload(path+"/messages", values("form_key", keyFor("4"), "body", "", "effet", "resoudre")))
	member.post(path+"/escalader", values("note", "Un réglage du serveur ? Je ne le vois pas d'ici.")).leads()
	g.clock.turn(15 * 24 * time.Hour)
	member, v = g.signedIn(g.member), g.signedIn(g.lead)
	team := g.signedIn(g.staff("noor@nichoir.example", identity.Admin))
	b.keep("late", team.get(path))
	g.asked(keyFor("other"), "Une formation pour six personnes", false)
	b.keep("team", team.get("/admin/tickets"))
	b.keep("team-all", team.get("/admin/tickets?vue=tous"))
	v.post(path+"/accord", values("accord", "non")).leads()
	v.post(path+"/resoudre", nil).leads()
	b.keep("solved", v.get(path))
	b.keep("closed-eyes", member.get(path))
	b.keep("en", v.get(path+"?lang=en"))
}

// links are the pages behind the links of mails.
func (g *wing) links(b *browser) {
	v := g.visitor()
	ticket := g.asked(keyFor("mailed"), "Encore une question", false)
	link := "/lien/ticket/" + g.mint(identity.PurposeTicket, ticket.ID, g.member.Email)
	b.keep("link", v.get(link))
	b.keep("link-escalate", v.get(link+"?choix=escalader"))
	b.keep("link-done", v.get(v.post(link, values("choix", "resoudre")).leads()))
	b.keep("link-used", v.get(link))
	held := g.held(ticket, "lou.dupre@ailleurs.example", "Bonjour,\n\nc'est un Fairphone avec Android 14.\n\nLou")
	b.keep("held", v.get(held))
	b.keep("held-sent", v.get(v.post(held, values("choix", "retenir")).leads()))
	var address int64
	g.must(g.pool.QueryRow(g.t.Context(), "SELECT id FROM person_addresses").Scan(&address))
	b.keep("address", v.get("/lien/adresse/"+g.mint(identity.PurposeAddress, address, g.lead.Email)))
	g.held(ticket, "voisine@ailleurs.example", "Une réponse que personne ne reconnaît")
	for i, trouble := range []string{"too_large", "encrypted"} {
		_, err := g.inbox.Receive(g.t.Context(), inbox.Letter{Place: inbox.Place{Mailbox: "INBOX", UIDValidity: 1, UID: uint32(i + 1)}, Size: 30 << 20,
			Digest: [32]byte{100, byte(i)}, Trouble: trouble, From: "gros@ailleurs.example", Subject: strings.Repeat("Photos des vacances ", 4),
			To: []string{"aide@reponses.example"}})
		g.must(err)
	}
	team := g.signedIn(g.staff("yael@nichoir.example", identity.Admin))
	b.keep("mails", team.get("/admin/courriels"))
	b.keep("mails-held", team.get("/admin/courriels?vue=retenus"))
}
