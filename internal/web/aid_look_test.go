package web_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
)

// TestAidPagesLook opens every page about finding help in a browser, as TestPagesLook does those of leads.
func TestAidPagesLook(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	b := &browser{site: g.site, pages: map[string]*httptest.ResponseRecorder{}}
	g.choosing(b)
	g.helped(b)
	g.teamOfAid(b)
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
	for scheme, width := range map[string]int64{"light": 360, "dark": 1280} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatalf("choose the %s scheme: %v", scheme, err)
		}
		for name := range b.pages {
			lookAt(t, tab, server.URL+"/look/"+name, string(axe), fmt.Sprintf("aid-%s-%s-%d", name, scheme, width), width)
		}
	}
}

// choosing are the pages until somebody helps.
func (g *wing) choosing(b *browser) {
	v := g.signedIn(g.lead)
	g.exec("UPDATE providers SET name = 'Coopérative numérique des Monts d''Arrée et du Léon', free_offer = $1 WHERE id = $2",
		"Un premier entretien d'une heure, et une visite de vos outils avec deux ou trois personnes de l'association.", g.other.ID)
	b.keep("choosing", v.get(g.aid()))
	b.keep("choosing-en", v.get(g.aid()+"?lang=en"))
	b.keep("ask", v.get(g.aid()+"?prestataire="+g.org.Slug))
	b.keep("ask-wrong", v.post(g.aid()+"/choisir", values("prestataire", g.org.Slug, "words", strings.Repeat("a ", linking.WordsMax))))
	b.keep("needs-wrong", v.post(g.aid()+"/besoins", url.Values{"region": {"atlantide"}, "kinds": {"training", "magie"}, "words": {"Nos mots"}}))
	b.keep("block-choosing", v.get("/espace/"+g.space.Space.PublicID))
	v.post(g.aid()+"/plus-tard", nil).leads()
	b.keep("later", v.get(g.aid()))
	v.post(g.aid()+"/besoins", url.Values{"region": {"corse"}, "kinds": {"hosting", "migration"}, "mode": {"on_site"}, "size": {"large"}}).leads()
	b.keep("exhausted", v.get(g.aid()))
	b.keep("ask-directory", v.get(g.aid()+"?prestataire="+g.org.Slug))
	v.post(g.aid()+"/besoins", url.Values{"region": {"bretagne"}, "kinds": {"training"}, "mode": {"any"}, "size": {"small"}}).leads()
	g.proposed()
	b.keep("waiting", v.get(g.aid()))
	b.keep("withdraw", v.get(g.aid()+"/retirer"))
	a := g.confirmed(strings.Replace(key, "0", "4", 1), "les-cygnes", "cygne@lescygnes.example")
	space := g.approved(a)
	lead, err := g.identity.Person(g.t.Context(), a.PersonID)
	g.must(err)
	b.keep("not-ready", g.signedIn(lead).get("/espace/"+space.PublicID+"/aide"))
	f := form(strings.Replace(key, "0", "6", 1))
	f.Set("region", "bretagne")
	f.Add("help", "training")
	f.Del("terms")
	b.keep("apply-aid", g.visitor().post("/demande", f))
	b.keep("apply-plain", g.visitor().get("/demande"))
}

// helped are the pages while somebody helps, and after.
func (g *wing) helped(b *browser) {
	g.clock.turn(11 * 24 * time.Hour)
	_, err := g.linking.Tend(g.t.Context(), 10)
	g.must(err)
	g.must(g.linking.Decline(g.t.Context(), g.search().Pending.PublicID, "Nous n'avons plus de formatrice avant janvier.", g.rival))
	g.linked()
	v := g.signedIn(g.lead)
	_, colead := g.colead("Camille Roy", "camille@lescanards.example")
	b.keep("linked-calm", v.get(g.aid()))
	g.asked("form-key-of-a-ticket-1", "L'agenda de la salle n'apparaît pas sur les téléphones des bénévoles", false)
	g.asked("form-key-of-a-ticket-2", "Plus personne n'entre", true)
	g.provider(3)
	b.keep("linked", v.get(g.aid()))
	b.keep("linked-colead", g.signedIn(colead).get(g.aid()))
	b.keep("change", v.get(g.aid()+"?prestataire="+g.other.Slug))
	v.post(g.aid()+"/choisir", values("prestataire", g.other.Slug, "words", "Bonjour, voudriez-vous prendre la suite ?", "summary", "Tout va bien.")).leads()
	b.keep("linked-beside", v.get(g.aid()))
	b.keep("end", v.get(g.aid()+"/terminer"))
	b.keep("colead-remove", v.get(v.get(g.aid()).doc().Find("#coresponsables li a").AttrOr("href", "")))
	b.keep("spaces-colead", g.signedIn(colead).get(g.signedIn(colead).get("/espaces").leads()))
}

// teamOfAid are the team's pages.
func (g *wing) teamOfAid(b *browser) {
	g.must(g.directory.SetCapacity(g.t.Context(), g.other.PublicID, 1, g.rival))
	v := g.signedIn(g.staff("gere@nichoir.example", identity.Admin))
	other, lead := g.made(strings.Replace(key, "0", "1", 1), "les-oies", "oie@lesoies.example")
	g.must(g.linking.Describe(g.t.Context(), other.Space.ID, linking.Needs{Mode: support.AnyMode, Size: support.Small}, lead))
	b.keep("team-links", v.get("/admin/accompagnement"))
	b.keep("team-links-lapsed", v.get("/admin/accompagnement?etat=lapsed"))
	desk := "/admin/espaces/" + g.space.Space.PublicID
	b.keep("team-space", v.get(desk))
	b.keep("team-assign", v.get(desk+"/accompagnement"))
	b.keep("team-assign-wrong", v.post(desk+"/accompagnement", values("reason", "")))
	b.keep("team-end", v.get(desk+"/accompagnement/terminer"))
	b.keep("team-withdraw", v.get(desk+"/accompagnement/retirer"))
	b.keep("team-aid", v.get(g.aid()))
}
