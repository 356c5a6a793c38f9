package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
)

const key = "0123456789abcdef0123456789abcdef"

func TestLandingTellsTheStateOfTheCampaign(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.visitor().get("/").is(http.StatusOK).says("Les demandes sont fermées")
	s.visitor().get("/demande").is(http.StatusOK).says("La prochaine ouverture sera annoncée ici")
	s.opening(2)
	s.visitor().get("/").is(http.StatusOK).says("Il reste 2 places sur 2", "40 Go partagés entre 50 comptes", "Collabora Online ou OnlyOffice")
	english := s.visitor()
	english.lang = "en-GB,en;q=0.8"
	english.get("/").is(http.StatusOK).says("2 places out of 2 are left", "40 GB shared by 50 accounts")
	s.confirmed(key, "les-canards", "lou@lescanards.example")
	s.visitor().get("/").says("Il reste 1 place sur 2")
	s.confirmed(strings.Replace(key, "0", "1", 1), "les-oies", "oie@lescanards.example")
	s.confirmed(strings.Replace(key, "0", "2", 1), "les-cygnes", "cygne@lescanards.example")
	s.visitor().get("/").says("Toutes les places sont prises ; 1 association attend déjà", "Rejoindre la liste d’attente")
}

func TestLanguageIsHandedOnWithoutCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(2)
	v := s.visitor()
	page := v.get("/?lang=en").is(http.StatusOK).says("An online space for your association")
	if href := page.doc().Find(".hero a.button").AttrOr("href", ""); href != "/demande?lang=en" {
		t.Errorf("the button leads to %q", href)
	}
	page = v.get("/demande?lang=en").is(http.StatusOK)
	action := page.doc().Find("form.form").AttrOr("action", "")
	f := form(page.value("form_key"))
	if to := v.post(action, f).leads(); !strings.HasSuffix(to, "/envoyee?lang=en") {
		t.Errorf("the form leads to %q", to)
	}
	if len(v.cookies) > 0 {
		t.Errorf("there are cookies before anybody signs in: %v", v.cookies)
	}
}

func TestFormComesBackWithEverythingTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(2)
	v := s.visitor()
	f := form(v.get("/demande").is(http.StatusOK).value("form_key"))
	f.Set("email", "lou@nowhere")
	f.Set("accounts", "beaucoup")
	f.Set("slug", "Les Canards !")
	f.Del("terms")
	page := v.post("/demande", f).is(http.StatusUnprocessableEntity)
	for name, want := range f {
		if name == "suite" || name == "terms" {
			continue
		}
		if got := page.value(name); got != want[0] {
			t.Errorf("the field %s holds %q, not %q", name, got, want[0])
		}
	}
	doc := page.doc()
	if doc.Find(`input[name=suite][value=collabora][checked]`).Length() != 1 {
		t.Error("the choice of the suite is lost")
	}
	if title := doc.Find("title").Text(); !strings.HasPrefix(title, "Erreur") {
		t.Errorf("the title is %q", title)
	}
	targets := map[string]bool{}
	doc.Find(".error-summary a").Each(func(_ int, link *goquerySelection) { targets[link.AttrOr("href", "")] = true })
	for _, name := range []string{"email", "accounts", "slug", "terms"} {
		if !targets["#"+name] {
			t.Errorf("the summary does not link to %s", name)
		}
		if doc.Find("#"+name).Length() != 1 || doc.Find("#"+name+"-error").Length() != 1 {
			t.Errorf("there is no error beside %s", name)
		}
	}
	f.Set("email", "lou@lescanards.example")
	f.Set("accounts", "12")
	f.Set("terms", "yes")
	f.Set("refused", page.value("refused"))
	f.Set("offer", page.value("offer"))
	to := v.post("/demande", f).leads()
	v.get(to).is(http.StatusOK).says("lou@lescanards.example")
}

func TestDoubleClickMakesOneApplication(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(2)
	v := s.visitor()
	f := form(v.get("/demande").value("form_key"))
	if first, second := v.post("/demande", f).leads(), v.post("/demande", f).leads(); first != second {
		t.Errorf("two clicks lead to %s and %s", first, second)
	}
}

func TestTakenNameIsProposedAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.confirmed(key, "les-canards", "premiere@lescanards.example")
	v := s.visitor()
	v.htmx = true
	v.get("/demande/nom?slug=les-canards").is(http.StatusOK).says("déjà pris", "Prendre « les-canards-asso »")
	v.get("/demande/nom?slug=les-oies").is(http.StatusOK).says("est libre")
	v.get("/demande/nom?slug=admin").is(http.StatusOK).says("réservé")
	v.get("/demande/nom?slug=").is(http.StatusOK)
	if got := v.get("/demande/nom/prendre?slug=les-canards-asso").is(http.StatusOK).value("slug"); got != "les-canards-asso" {
		t.Errorf("the field holds %q", got)
	}
	v.htmx = false
	f := form(v.get("/demande").value("form_key"))
	page := v.post("/demande", f).is(http.StatusUnprocessableEntity)
	if page.value("refused") != "les-canards" || page.value("offer") != "les-canards-asso" {
		t.Fatalf("offered is %q in place of %q", page.value("offer"), page.value("refused"))
	}
	f.Set("refused", "les-canards")
	f.Set("offer", "les-canards-asso")
	f.Set("slug", "les-oies") // typed in spite of the offer: what is typed wins
	to := v.post("/demande", f).leads()
	a := s.application(to)
	if a.Slug != "les-oies" {
		t.Errorf("the application asks for %q", a.Slug)
	}
}

func TestEmptyNameIsMadeFromTheAssociation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	v := s.visitor()
	f := form(v.get("/demande").value("form_key"))
	f.Set("slug", "")
	page := v.post("/demande", f).is(http.StatusUnprocessableEntity)
	if got := page.value("offer"); got != "les-canards-du-canal" {
		t.Errorf("offered is %q", got)
	}
}

func TestAddressIsCorrectedWithoutLosingTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	v := s.visitor()
	f := form(v.get("/demande").value("form_key"))
	f.Set("email", "lou@gmial.com")
	to := v.post("/demande", f).leads()
	page := v.get(to).is(http.StatusOK).says("lou@gmial.com", "Vouliez-vous écrire lou@gmail.com")
	a := s.application(to)
	old := s.mint(identity.PurposeConfirm, a.ID, "lou@gmial.com")
	action := page.doc().Find("form.notice").AttrOr("action", "")
	v.post(action, values("email", "lou")).is(http.StatusUnprocessableEntity).says("lou@gmial.com")
	to = v.post(action, values("email", "lou@gmail.com")).leads()
	v.get(to).is(http.StatusOK).says("Un nouveau message est parti vers lou@gmail.com")
	if got := s.application(to); got.LeadEmail != "lou@gmail.com" || got.Association != a.Association {
		t.Errorf("the application is %+v", got)
	}
	v.get("/lien/confirmer/" + old).is(http.StatusNotFound)
}

func TestConfirmingSpendsOnPostAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	a := s.applied(key, "les-canards", "lou@lescanards.example")
	path := "/lien/confirmer/" + s.mint(identity.PurposeConfirm, a.ID, a.LeadEmail)
	v := s.visitor()
	for range 20 {
		v.send(http.MethodHead, path, nil).is(http.StatusOK)
		v.get(path).is(http.StatusOK).says("Confirmer la demande")
	}
	if got := s.application("/suivi/" + a.PublicID); got.State != onboarding.Unconfirmed {
		t.Fatalf("looking at the link made it %s", got.State)
	}
	if to := v.post(path, nil).leads(); to != "/suivi/"+a.PublicID {
		t.Errorf("confirming leads to %s", to)
	}
	if to := v.post(path, nil).leads(); to != "/suivi/"+a.PublicID {
		t.Errorf("the second click leads to %s", to)
	}
	if to := v.get(path).leads(); to != "/suivi/"+a.PublicID {
		t.Errorf("the used link leads to %s", to)
	}
	v.get("/suivi/"+a.PublicID).is(http.StatusOK).says("Adresse confirmée", "À l’étude").silent("lou@lescanards.example", "Lou Dupré")
}

func TestNameTakenMeanwhileKeepsTheLinkGood(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	a := s.applied(key, "les-canards", "lou@lescanards.example")
	s.confirmed(strings.Replace(key, "0", "1", 1), "les-canards", "autre@lescanards.example")
	path := "/lien/confirmer/" + s.mint(identity.PurposeConfirm, a.ID, a.LeadEmail)
	v := s.visitor()
	page := v.post(path, nil).is(http.StatusConflict).says("Ce nom vient d’être pris")
	v.post(path, values("slug", "admin")).is(http.StatusUnprocessableEntity).says("réservé")
	v.post(path, values("slug", page.value("slug"), "refused", page.value("refused"), "offer", page.value("offer"))).leads()
	if got := s.application("/suivi/" + a.PublicID); got.State != onboarding.Submitted || got.Slug != "les-canards-asso" {
		t.Errorf("the application is %s as %q", got.State, got.Slug)
	}
}

func TestBadLinksExplainThemselvesAndSendANewOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	a := s.applied(key, "les-canards", "lou@lescanards.example")
	token := s.mint(identity.PurposeConfirm, a.ID, a.LeadEmail)
	v := s.visitor()
	before := s.mails()
	v.get("/lien/confirmer/nothing-of-ours").is(http.StatusNotFound).says("Ce lien ne s’ouvre pas")
	v.get("/lien/activer/" + token).is(http.StatusNotFound) // of another purpose
	s.clock.turn(29 * 24 * time.Hour)
	v.get("/lien/confirmer/" + token).is(http.StatusOK)
	s.clock.turn(2 * 24 * time.Hour)
	page := v.get("/lien/confirmer/" + token).is(http.StatusGone).says("n’est plus valable").silent("lou@lescanards.example")
	action := page.doc().Find("main form").AttrOr("action", "")
	known, unknown := v.post(action, nil).leads(), v.post("/lien/renvoyer/nothing-of-ours", nil).leads()
	if known != unknown {
		t.Errorf("a known link is answered by %s, an unknown one by %s", known, unknown)
	}
	v.get(known).is(http.StatusOK).silent("lou@lescanards.example")
	if n := s.mails() - before; n != 1 {
		t.Errorf("%d mails were queued, not 1", n)
	}
}

func TestStatusFollowsTheApplication(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(1)
	v := s.visitor()
	a := s.applied(key, "les-canards", "lou@lescanards.example")
	v.get("/suivi/"+a.PublicID).is(http.StatusOK).says("Adresse à confirmer", "l…@lescanards.example").silent("lou@", "Lou Dupré")
	v.get("/suivi/nobody").is(http.StatusNotFound)
	_, err := s.onboarding.Confirm(t.Context(), s.mint(identity.PurposeConfirm, a.ID, a.LeadEmail), "")
	s.must(err)
	second := s.confirmed(strings.Replace(key, "0", "1", 1), "les-oies", "oie@lescanards.example")
	v.get("/suivi/"+second.PublicID).says("Sur la liste d’attente", "position 1")
	s.decide(second, onboarding.Selection{Decision: onboarding.Reject, Reason: "C'est une société <b>commerciale</b>.", Notify: true})
	v.get("/suivi/"+second.PublicID).says("Demande refusée", "C'est une société <b>commerciale</b>.", "Faire une autre demande")
	space := s.approved(s.application("/suivi/" + a.PublicID))
	page := v.get("/suivi/"+a.PublicID).says("Demande acceptée", "Votre espace se construit")
	poll := page.doc().Find("[hx-get]").AttrOr("hx-get", "")
	v.htmx = true
	v.get(poll).is(http.StatusNoContent)
	s.host()
	s.work(space)
	page = v.get(poll).is(http.StatusOK).says("Votre espace est prêt")
	if page.doc().Find("[hx-get]").Length() > 0 {
		t.Error("the page asks on although there is nothing more to wait for")
	}
}

func TestWithdrawing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(1)
	a := s.confirmed(key, "les-canards", "lou@lescanards.example")
	other := s.confirmed(strings.Replace(key, "0", "1", 1), "les-oies", "oie@lescanards.example")
	path := "/suivi/" + a.PublicID + "/retirer"
	if to := s.visitor().get(path).leads(); !strings.HasPrefix(to, "/connexion") {
		t.Errorf("a visitor is led to %s", to)
	}
	stranger, err := s.identity.Person(t.Context(), other.PersonID)
	s.must(err)
	v := s.signedIn(stranger)
	v.get(path).is(http.StatusNotFound)
	v.post(path, nil).is(http.StatusNotFound)
	lead, err := s.identity.Person(t.Context(), a.PersonID)
	s.must(err)
	v = s.signedIn(lead)
	v.get(path).is(http.StatusOK).says("Retirer la demande ?")
	to := v.post(path, nil).leads()
	v.get(to).is(http.StatusOK).says("la demande est retirée", "Demande retirée")
	v.get(to).silent("la demande est retirée") // said once
	if got := s.application("/suivi/" + other.PublicID); got.State != onboarding.Submitted {
		t.Errorf("the place goes to nobody: the next one is %s", got.State)
	}
	v.get("/espaces").leads()
}

func TestCampaignThatClosesMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	v := s.visitor()
	f := form(v.get("/demande").value("form_key"))
	s.clock.turn(31 * 24 * time.Hour)
	v.post("/demande", f).is(http.StatusConflict).says("Vos réponses n’ont pas été envoyées", "fermées")
}

func TestLinkOfAnExpiredApplicationLeadsToTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	a := s.applied(key, "les-canards", "lou@lescanards.example")
	path := "/lien/confirmer/" + s.mint(identity.PurposeConfirm, a.ID, a.LeadEmail)
	s.clock.turn(31 * 24 * time.Hour)
	_, err := s.onboarding.ExpireDue(t.Context())
	s.must(err)
	page := s.visitor().get(path).is(http.StatusGone)
	if page.doc().Find(`main a[href="/demande"]`).Length() != 1 {
		t.Error("nothing leads to the form")
	}
	s.visitor().get("/suivi/"+a.PublicID).says("Demande expirée", "Faire une autre demande")
}
