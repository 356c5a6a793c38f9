package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/nextcloud/nextcloudtest"
)

// browser is a visitor whose pages can be looked at: each page is asked for once, and served by its name.
type browser struct {
	*site

	pages map[string]*httptest.ResponseRecorder
}

func (b *browser) keep(name string, a *answer) { b.pages[name] = a.ResponseRecorder }

// ServeHTTP serves the kept pages, and the files that they need.
func (b *browser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page, ok := b.pages[strings.TrimPrefix(r.URL.Path, "/look/")]
	if !ok {
		b.handler.ServeHTTP(w, r)
		return
	}
	maps.Copy(w.Header(), page.Header())
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(page.Body.Bytes()); err != nil {
		b.t.Error(err)
	}
}

// TestPagesLook opens every page of visitors and leads in a browser, on a phone by day and on a screen by night, and when
// pictures are asked for the other way round as well: axe finds nothing, and nothing sticks out sideways.
func TestPagesLook(t *testing.T) {
	t.Parallel()
	b := &browser{site: newSite(t), pages: map[string]*httptest.ResponseRecorder{}}
	b.before()
	b.applying()
	b.following()
	b.living()
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
	for _, scheme := range []string{"light", "dark"} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatalf("choose the %s scheme: %v", scheme, err)
		}
		for _, width := range []int64{360, 1280} {
			if *shots == "" && (scheme == "dark") != (width == 1280) {
				continue
			}
			for name := range b.pages {
				lookAt(t, tab, server.URL+"/look/"+name, string(axe), fmt.Sprintf("%s-%s-%d", name, scheme, width), width)
			}
		}
	}
}

// before are the pages while no campaign is open, and the texts.
func (b *browser) before() {
	v := b.visitor()
	b.keep("landing-closed", v.get("/"))
	b.keep("apply-closed", v.get("/demande"))
	for name, path := range map[string]string{
		"help": "/aide", "terms": "/conditions", "privacy": "/confidentialite", "forgot": "/mot-de-passe-oublie",
		"forgot-sent": "/mot-de-passe-oublie/envoye", "renewed": "/lien/renvoye", "not-found": "/nulle-part",
	} {
		b.keep(name, v.get(path))
	}
	behind := b.handler
	b.handler = b.door.Behind(func(http.ResponseWriter, *http.Request) error { return errSecret })
	b.keep("broken", v.get("/"))
	b.handler = behind
}

// applying are the pages from the first to the confirmed address.
func (b *browser) applying() {
	v := b.visitor()
	b.opening(3)
	b.keep("landing", v.get("/"))
	b.keep("landing-en", v.get("/?lang=en"))
	b.keep("apply", v.get("/demande"))
	b.confirmed(strings.Replace(key, "0", "a", 1), "les-canards", "premiere@lescanards.example")
	f := form(key)
	f.Set("email", "lou@nowhere")
	f.Set("accounts", "200")
	f.Del("terms")
	f.Del("suite")
	b.keep("apply-wrong", v.post("/demande", f))
	f = form(key)
	f.Set("slug", "les-oies")
	f.Set("email", "lou@gmial.com")
	sent := v.post("/demande", f).leads()
	b.keep("sent", v.get(sent))
	a := b.application(sent)
	b.keep("status-unconfirmed", v.get("/suivi/"+a.PublicID))
	b.exec("UPDATE applications SET mail_trouble = '550' WHERE id = $1", a.ID)
	b.keep("sent-trouble", v.get(sent))
	path := "/lien/confirmer/" + b.mint(identity.PurposeConfirm, a.ID, a.LeadEmail)
	b.keep("confirm", v.get(path))
	b.confirmed(strings.Replace(key, "0", "b", 1), "les-oies", "seconde@lescanards.example")
	b.keep("confirm-taken", v.post(path, nil))
	b.keep("link-unknown", v.get("/lien/confirmer/rien"))
	b.clock.turn(40 * 24 * time.Hour)
	b.keep("link-expired", v.get(path))
	b.clock.turn(-40 * 24 * time.Hour)
}

// following are the pages that tell where an application stands.
func (b *browser) following() {
	v := b.visitor()
	c := b.confirmed(strings.Replace(key, "0", "c", 1), "les-cygnes", "cygne@lescanards.example")
	b.keep("status-submitted", v.get("/suivi/"+c.PublicID))
	d := b.confirmed(strings.Replace(key, "0", "d", 1), "les-foulques", "foulque@lescanards.example")
	b.keep("landing-full", v.get("/"))
	b.keep("status-waitlisted", v.get("/suivi/"+d.PublicID))
	b.decide(c, onboarding.Selection{Decision: onboarding.Reject, Reason: "Cette offre est pour les associations ; la vôtre est une société.", Notify: true})
	b.keep("status-rejected", v.get("/suivi/"+c.PublicID))
	lead, err := b.identity.Person(b.t.Context(), d.PersonID)
	b.must(err)
	b.keep("withdraw", b.signedIn(lead).get("/suivi/"+d.PublicID+"/retirer"))
	b.approved(b.application("/suivi/" + d.PublicID))
	b.keep("status-making", v.get("/suivi/"+d.PublicID))
	b.keep("space-making", b.signedIn(lead).get(b.signedIn(lead).get("/espaces").leads()))
}

// living are the pages of a space and its accounts.
func (b *browser) living() {
	v := b.visitor()
	b.exec("UPDATE campaigns SET capacity = 20")
	b.host()
	a := b.confirmed(strings.Replace(key, "0", "e", 1), "les-grebes", "lou@lesgrebes.example")
	space := b.work(b.approved(a))
	lead, err := b.identity.Person(b.t.Context(), a.PersonID)
	b.must(err)
	b.keep("status-ready", v.get("/suivi/"+a.PublicID))
	desk := b.signedIn(lead)
	path := "/espace/" + space.Space.PublicID
	b.keep("space-ready", desk.get(path))
	link := "/lien/activer/" + b.mint(identity.PurposeActivate, space.Accounts[0].ID, lead.Email)
	b.keep("activate", v.get(link))
	b.keep("activate-refused", v.post(link, values("password", "canard")))
	b.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: http.StatusServiceUnavailable, Times: 1})
	b.keep("activate-away", v.post(link, values("password", passphrase)))
	b.keep("welcome", v.get(v.post(link, values("password", passphrase)).leads()))
	for _, name := range []string{"Camille Roy", "Maria-Fernanda Oyarzabal de la Peña", "Ba"} {
		desk.post(path+"/invitations", values("name", name, "email", strings.ToLower(strings.Fields(name)[0])+"@lesgrebes.example", "language", "fr")).leads()
	}
	b.keep("space-invited", desk.get(path))
	view := b.work(space.Space)
	b.exec("UPDATE readings SET used_bytes = quota_bytes * 83 / 100")
	b.exec("UPDATE accounts SET mail_trouble = '550' WHERE id = $1", view.Accounts[2].ID)
	b.visitor().post("/lien/activer/"+b.mint(identity.PurposeActivate, view.Accounts[1].ID, "camille@lesgrebes.example"), values("password", passphrase)).leads()
	b.keep("space", desk.get(path))
	b.keep("space-en", desk.get(path+"?lang=en"))
	b.keep("invite-wrong", desk.post(path+"/invitations", values("name", "", "email", "camille", "language", "fr")))
	b.keep("remove", desk.get(path+"/comptes/"+itoa(view.Accounts[1].ID)+"/supprimer"))
	other := b.confirmed(strings.Replace(key, "0", "f", 1), "les-sarcelles", "lou@lesgrebes.example")
	b.keep("spaces", desk.get("/espaces"))
	b.decide(other, onboarding.Selection{Decision: onboarding.Reject, Notify: false})
	b.exec("UPDATE spaces SET state = 'suspended' WHERE id = $1", space.Space.ID)
	b.keep("space-suspended", desk.get(path))
}
