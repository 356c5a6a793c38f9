package web_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// TestDirectoryLooks opens the pages of the directory and of its desk in a browser: axe finds nothing, and nothing sticks out
// sideways.
func TestDirectoryLooks(t *testing.T) {
	t.Parallel()
	b := &browser{site: newSite(t), pages: map[string]*httptest.ResponseRecorder{}}
	b.helpers()
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
	looks := []struct {
		width  int64
		scheme string
	}{{360, "light"}, {1280, "dark"}}
	if *shots != "" {
		looks = append(looks, looks[0], looks[1])
		looks[2].scheme, looks[3].scheme = "dark", "light"
	}
	for _, look := range looks {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}}
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatalf("choose the %s scheme: %v", look.scheme, err)
		}
		for name := range b.pages {
			lookAt(t, tab, server.URL+"/look/"+name, string(axe), fmt.Sprintf("%s-%s-%d", name, look.scheme, look.width), look.width)
		}
	}
}

// helpers are the pages about providers.
func (b *browser) helpers() {
	ctx := b.t.Context()
	v := b.visitor()
	b.keep("directory-empty", v.get("/prestataires"))
	first := b.listed(organisation(1, "Le Bocage numérique"))
	other := organisation(2, "Les Outils partagés")
	other.Profile.Structure, other.Profile.Town, other.Profile.Region = support.MicroEnterprise, "Lyon", "auvergne-rhone-alpes"
	other.Profile.OnSite, other.Profile.Regions, other.Profile.Chatons, other.Profile.Website = false, nil, false, ""
	other.Profile.Kinds, other.Profile.Sizes = support.Kinds(), support.Sizes()
	b.listed(other)
	third := organisation(3, "Fabrique des communs de Bourgogne")
	third.Profile.Everywhere, third.Profile.Town, third.Profile.Region = true, "Dijon", "bourgogne-franche-comte"
	resting := b.listed(third)
	b.must(b.directory.Pause(ctx, resting.PublicID, support.Span{From: b.clock.now(), Until: b.clock.now().Add(240 * time.Hour)},
		directory.PauseTeam, b.admin))
	b.keep("directory", v.get("/prestataires"))
	b.keep("directory-filtered", v.get("/prestataires?aide=training&region=bretagne&q=rennes"))
	b.keep("directory-none", v.get("/prestataires?langue=ar&q=zzz"))
	b.keep("provider", v.get("/prestataires/"+first.Slug))
	b.keep("provider-resting", v.get("/prestataires/"+resting.Slug))
	b.keep("provider-join", v.get("/prestataires/rejoindre"))
	wrong := joinForm(organisation(4, "Serveurs sans façon"))
	wrong["kinds"] = []string{"hosting"}
	wrong.Del("sizes")
	wrong.Set("email", "bonjour")
	wrong.Set("project_2_year", "hier")
	b.keep("provider-join-wrong", v.post("/prestataires/rejoindre", wrong))
	a := organisation(5, "Atelier du lavoir")
	a.Profile.Email = "lavoir@gmial.com"
	sent, err := b.directory.Apply(ctx, a)
	b.must(err)
	b.keep("provider-sent", v.get("/prestataires/candidature/"+sent.PublicID))
	link := "/lien/prestataire/" + b.mint(identity.PurposeProviderConfirm, sent.ID, sent.Profile.Email)
	b.keep("provider-confirm", v.get(link))
	joined := v.post(link, nil).leads()
	b.keep("provider-joined", v.get(joined))
	b.must(b.directory.Ask(ctx, sent.PublicID, fmt.Sprintf("%032x", 99), "Qui pouvons-nous appeler à Radio Ruisseau ?", b.admin))
	b.keep("provider-asked", v.get(joined))
	refused := b.joins(organisation(6, "Clics et claques"))
	b.must(b.directory.Refuse(ctx, refused.PublicID, "Les projets décrits ne nous permettent pas de vérifier.", true, b.admin))
	b.keep("provider-refused", v.get("/prestataires/candidature/"+refused.PublicID))
	waiting := b.joins(organisation(7, "Les Passerelles"))
	b.keep("help", v.get("/aide"))
	b.keep("privacy", v.get("/confidentialite"))
	b.keep("landing-help", v.get("/"))
	team := b.signedIn(b.admin)
	b.keep("team-providers", team.get("/admin/prestataires"))
	b.keep("team-providers-listed", team.get("/admin/prestataires?etat=references"))
	b.keep("team-provider-waiting", team.get("/admin/prestataires/"+waiting.PublicID+"?motif=preuves"))
	b.keep("team-provider-asked", team.get("/admin/prestataires/"+sent.PublicID))
	b.keep("team-provider-resting", team.get("/admin/prestataires/"+resting.PublicID))
	b.keep("choose-none", team.get("/prestataires/"+first.Slug+"/choisir"))
}

// TestFiltersExchangeTheList narrows the directory as somebody with JavaScript and a keyboard does: the address can be shared
// all the same, and the focus stays where it was.
func TestFiltersExchangeTheList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.threeProviders()
	tab, base := s.visitor().tab()
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1280, 900)); err != nil { // where the filters do not fold
		t.Fatalf("widen the window: %v", err)
	}
	open(t, tab, base+"/prestataires?lang=fr")
	do(t, tab, `window.same = true; document.querySelector("#f-aide-hosting").focus()`)
	press(t, tab, "\r")
	until(t, tab, `document.querySelectorAll(".provider-card").length === 1`)
	until(t, tab, `location.search.includes("aide=hosting") && location.search.includes("lang=fr")`)
	until(t, tab, `document.activeElement.id === "f-aide-hosting" && window.same`)
	until(t, tab, `document.querySelector(".lang-switch").search.includes("aide=hosting")`)
	do(t, tab, `history.back()`)
	until(t, tab, `document.querySelectorAll(".provider-card").length === 3`)
}
