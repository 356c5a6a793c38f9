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
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
)

// TestProviderPagesLook opens every page of a provider in a browser, as TestPagesLook does those of leads.
func TestProviderPagesLook(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	b := &browser{site: g.site, pages: map[string]*httptest.ResponseRecorder{}}
	g.calm(b)
	g.busy(b)
	g.own(b)
	g.hooks(b)
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
	for scheme, width := range map[string]int64{"light": 1280, "dark": 360} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatalf("choose the %s scheme: %v", scheme, err)
		}
		for name := range b.pages {
			lookAt(t, tab, server.URL+"/look/"+name, string(axe), fmt.Sprintf("provider-%s-%s-%d", name, scheme, width), width)
		}
	}
}

// calm are the pages of a provider to which nothing came yet, and of a proposal.
func (g *wing) calm(b *browser) {
	v := g.signedIn(g.manager)
	b.keep("desk-calm", v.get(g.desk()))
	b.keep("desk-en", v.get(g.desk()+"?lang=en"))
	b.keep("own-none", g.signedIn(g.lead).get("/prestataire"))
	l := g.proposed()
	b.keep("request", v.get(g.desk()+"/demandes/"+l.PublicID))
	b.keep("request-wrong", v.post(g.desk()+"/demandes/"+l.PublicID+"/decliner", values("reason", strings.Repeat("a", 5000))))
	mailed := "/lien/proposition/" + g.mint(identity.PurposeProposal, l.ID, g.member.Email)
	b.keep("proposal", g.visitor().get(mailed))
	b.keep("proposal-decline", g.visitor().get(mailed+"?choix=refuser"))
	g.visitor().post(mailed, values("choix", "pause")).leads()
	b.keep("proposal-resting", g.visitor().get(mailed))
	b.keep("desk-resting", v.get(g.desk()))
	v.post(g.desk()+"/pauses/reprendre", nil).leads()
	g.visitor().post(mailed, values("choix", "accepter")).leads()
	b.keep("proposal-accepted", g.visitor().get(mailed))
	b.keep("request-accepted", v.get(g.desk()+"/demandes/"+l.PublicID))
	b.keep("leave", v.get(g.desk()+"/associations/"+l.PublicID+"/quitter"))
}

// busy is a desk with something of everything.
func (g *wing) busy(b *browser) {
	g.asked("form-key-of-a-ticket-1", "L'agenda de la salle n'apparaît pas sur les téléphones des bénévoles", false)
	g.clock.turn(6 * 24 * time.Hour)
	g.asked("form-key-of-a-ticket-2", "Plus personne n'entre", true)
	other, lead := g.made(strings.Replace(key, "0", "1", 1), "les-oies", "oie@lesoies.example")
	_, err := g.linking.Tend(g.t.Context(), 10)
	g.must(err)
	g.must(g.linking.Describe(g.t.Context(), other.Space.ID, linking.Needs{Region: "pays-de-la-loire",
		Kinds: []support.Kind{support.KindTraining, support.KindNeeds}, Mode: support.AnyMode, Size: support.Medium, Lang: "fr",
		Words: "Nous sommes trente bénévoles dont la moitié n'utilise que son téléphone.\n\nNous aimerions ranger nos dossiers, partager un agenda, et que tout le monde s'y retrouve."}, lead))
	for _, reason := range []string{"Pas ce mois-ci.", ""} {
		l, err := g.linking.Choose(g.t.Context(), other.Space.ID, g.org.PublicID, linking.FromDirectory, "", "", lead)
		g.must(err)
		if reason != "" {
			g.must(g.linking.Decline(g.t.Context(), l.PublicID, reason, g.manager))
			search, err := g.linking.Search(g.t.Context(), other.Space.ID)
			g.must(err)
			g.must(g.linking.Withdraw(g.t.Context(), other.Space.ID, search.Pending.PublicID, "", lead))
			b.keep("request-declined", g.signedIn(g.manager).get(g.desk()+"/demandes/"+l.PublicID))
		}
	}
	g.exec("UPDATE providers SET profile_asked_at = now() WHERE id = $1", g.org.ID)
	b.keep("desk", g.signedIn(g.manager).get(g.desk()))
	b.keep("desk-member", g.signedIn(g.member).get(g.desk()))
}

// own are the pages of the organisation itself.
func (g *wing) own(b *browser) {
	v := g.signedIn(g.manager)
	g.must(g.directory.Pause(g.t.Context(), g.org.PublicID, support.Span{From: g.clock.now().AddDate(0, 1, 0),
		Until: g.clock.now().AddDate(0, 1, 10)}, directory.PauseHolidays, g.manager))
	b.keep("pauses", v.get(g.desk()+"/pauses"))
	b.keep("pauses-wrong", v.post(g.desk()+"/pauses", values("cause", "holidays", "from", "hier", "until", "demain")))
	b.keep("places-wrong", v.post(g.desk()+"/places", values("capacity", "beaucoup")))
	b.keep("profile", v.get(g.desk()+"/profil"))
	b.keep("profile-wrong", v.post(g.desk()+"/profil", values("name", "x")))
	b.keep("yearly", v.get(g.desk()+"/profil/confirmer"))
	b.keep("projects", v.get(g.desk()+"/projets"))
	b.keep("projects-wrong", v.post(g.desk()+"/projets", values("project_1_association", "x")))
	b.keep("members", v.get(g.desk()+"/membres"))
	b.keep("members-member", g.signedIn(g.member).get(g.desk()+"/membres"))
	b.keep("member-remove", v.get(g.desk()+"/membres/"+itoa(g.member.ID)+"/retirer"))
	b.keep("forbidden", g.signedIn(g.member).get(g.desk()+"/profil"))
	mailed := "/lien/profil/" + g.mint(identity.PurposeProfile, g.org.ID, g.manager.Email)
	b.keep("yearly-link", g.visitor().get(mailed))
	g.visitor().post(mailed, values("choix", "pause")).leads()
	b.keep("yearly-over", g.visitor().get(mailed))
}

// hooks are the pages of webhooks.
func (g *wing) hooks(b *browser) {
	v := g.signedIn(g.manager)
	path := g.desk() + "/webhooks"
	b.keep("webhooks-none", v.get(path))
	made := v.post(path, values("url", "https://tickets.la-boite.example/nichoir/evenements?equipe=accompagnement"))
	b.keep("secret", made)
	self := made.doc().Find("main a.button").AttrOr("href", "")
	b.keep("webhook-none", v.get(self))
	for range 3 {
		v.post(self+"/essai", nil).leads()
	}
	g.exec("UPDATE webhook_deliveries SET state = 'failed', attempts = 9, last_cause = 'timeout' WHERE id = 1")
	g.exec("UPDATE webhook_deliveries SET state = 'delivered', attempts = 1, last_status = 204, delivered_at = created_at WHERE id = 2")
	b.keep("webhook", v.get(self))
	b.keep("webhooks", v.get(path))
	g.exec("UPDATE webhooks SET state = 'failing', failing_since = now()")
	b.keep("webhook-failing", v.get(self))
	g.exec("UPDATE webhooks SET state = 'gone', failed_at = now()")
	b.keep("webhook-gone", v.get(self))
	b.keep("webhook-remove", v.get(self+"/retirer"))
}
