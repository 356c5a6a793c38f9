package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// posted are the fields of a form as a browser would send them back.
func (a *answer) posted(action string) url.Values {
	a.t.Helper()
	form := a.doc().Find(`main form[action="` + action + `"]`)
	if form.Length() == 0 {
		a.t.Fatalf("the page has no form to %s", action)
	}
	v := url.Values{}
	form.Find("input, select, textarea").Each(func(_ int, in *goquerySelection) {
		name, named := in.Attr("name")
		kind := in.AttrOr("type", "")
		_, checked := in.Attr("checked")
		switch {
		case !named || (kind == "checkbox" || kind == "radio") && !checked:
		case in.Is("textarea"):
			v.Add(name, in.Text())
		case in.Is("select"):
			v.Add(name, in.Find("option[selected]").AttrOr("value", ""))
		default:
			v.Add(name, in.AttrOr("value", ""))
		}
	})
	return v
}

// TestProviderNav: who only works for a provider has no spaces to go to; who leads one as well has both.
func TestProviderNav(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	spaces := func(v *visitor) int {
		return v.get(g.desk()).is(http.StatusOK).doc().Find(`nav a[href="/espaces"]`).Length()
	}
	v := g.signedIn(g.manager)
	if n := spaces(v); n != 0 {
		t.Errorf("a member without spaces finds %d links to them", n)
	}
	g.exec("UPDATE spaces SET person_id = $1 WHERE id = $2", g.manager.ID, g.space.Space.ID)
	if n := spaces(v); n != 1 {
		t.Errorf("a member who leads a space finds %d links to it", n)
	}
	if n := g.signedIn(g.lead).get("/prestataires").doc().Find(`nav a[href="/espaces"]`).Length(); n != 1 {
		t.Errorf("a lead finds %d links to the spaces", n)
	}
}

// TestProviderProfile sends the form back untouched, then with mistakes, then changed.
func TestProviderProfile(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.manager)
	path := g.desk() + "/profil"
	form := v.get(path).is(http.StatusOK).posted(path)
	if at := v.post(path, form).leads(); at != g.desk() {
		t.Errorf("saving leads to %s", at)
	}
	now, err := g.directory.Provider(t.Context(), g.org.ID)
	g.must(err)
	if diff := cmp.Diff(g.org.Profile, now.Profile); diff != "" {
		t.Errorf("an untouched form changes the profile (-before +after):\n%s", diff)
	}
	form.Del("kinds")
	form.Set("people", "beaucoup")
	form.Set("town", "Vannes")
	wrong := v.post(path, form).is(http.StatusUnprocessableEntity)
	for _, target := range []string{"kinds-0", "people"} {
		if wrong.doc().Find(`.error-summary a[href="#`+target+`"]`).Length() != 1 || wrong.doc().Find("#"+target).Length() != 1 {
			t.Errorf("the summary does not lead to %s", target)
		}
	}
	if wrong.value("town") != "Vannes" || wrong.value("people") != "beaucoup" {
		t.Error("what was typed is lost")
	}
	form.Set("people", "12")
	form["kinds"] = []string{"hosting", "training", "nonsense"}
	form["regions"] = []string{"everywhere"}
	v.post(path, form).leads()
	now, err = g.directory.Provider(t.Context(), g.org.ID)
	g.must(err)
	if p := now.Profile; p.People != 12 || p.Town != "Vannes" || len(p.Kinds) != 2 || !p.Everywhere || len(p.Regions) != 0 {
		t.Errorf("the profile is %+v", p)
	}
	v.get(g.desk()).says("la fiche est enregistrée")
}

func TestProviderPlacesAndRests(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.manager)
	for _, places := range []string{"", "-1", "beaucoup", "501"} {
		wrong := v.post(g.desk()+"/places", values("capacity", places)).is(http.StatusUnprocessableEntity)
		if got := wrong.value("capacity"); got != places {
			t.Errorf("what was typed is lost: %q", got)
		}
	}
	v.post(g.desk()+"/places", values("capacity", "7")).leads()
	v.get(g.desk()).says("Prises : 0 sur 7")
	g.proposed()
	v.post(g.desk()+"/places", values("capacity", "1")).leads()
	v.get(g.desk()).says("Prises : 1 sur 1", "Plus personne ne vous est envoyé", "Vous n’êtes pas en pause").silent("Vous recevez")
	v.post(g.desk()+"/places", values("capacity", "0")).leads()
	v.get(g.desk()).says("Aucune place")

	path := g.desk() + "/pauses"
	day := func(days int) string { return g.clock.now().AddDate(0, 0, days).Format(time.DateOnly) }
	v.get(path).is(http.StatusOK).says("Vous n’êtes pas en pause.")
	for _, wrong := range []url.Values{
		values("cause", "holidays", "from", "hier"), values("cause", "holidays", "from", day(3), "until", day(2)),
		values("cause", "holidays", "from", day(0), "until", day(-2)), values("cause", "holidays", "from", day(0), "until", "99/99"),
	} {
		v.post(path, wrong).is(http.StatusUnprocessableEntity)
	}
	member := g.signedIn(g.member) // rests are for every member
	member.post(path, values("cause", "holidays", "from", day(20), "until", day(30))).leads()
	page := member.get(path).says("Annoncées", "congés", "Vous n’êtes pas en pause.")
	drop, _ := page.doc().Find(`main form[action$="/annuler"]`).Attr("action")
	for range 2 {
		member.post(drop, nil).leads()
	}
	member.get(path).silent("/annuler")
	member.post(path, values("cause", "full", "from", day(0), "until", "")).leads()
	member.get(g.desk()).says("En pause jusqu’à nouvel ordre (trop de travail en ce moment)")
	for range 2 {
		member.post(path+"/reprendre", nil).leads()
	}
	member.get(g.desk()).says("Vous n’êtes pas en pause.")
	member.post(path, values("cause", "holidays", "from", day(0), "until", day(0))).leads()
	member.get(g.desk()).says("En pause", "inclus (congés)")
	g.must(g.directory.Pause(t.Context(), g.org.PublicID, spanFrom(g.clock.now()), directory.PauseTeam, g.admin))
	member.post(path+"/reprendre", nil).is(http.StatusForbidden)
}

// TestInvitationToAProvider: an address that a manager typed is nobody's in particular until somebody accepts.
func TestInvitationToAProvider(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	l := g.linked()
	ticket := g.asked(keyFor("ticket"), "L'agenda partagé", false)
	v, path := g.signedIn(g.manager), g.desk()+"/membres"
	v.post(path, values("email", "mae@boite.example", "contact_name", "Maé Le Goff", "manager", "yes")).leads()
	v.get(path).says("une invitation est partie à mae@boite.example", "pas encore acceptée", "Envoyer à nouveau")
	mae, err := g.identity.PersonByEmail(t.Context(), "mae@boite.example")
	g.must(err)
	v.get(at(ticket)).is(http.StatusOK).silent("Maé Le Goff") // cannot be the one who looks after it
	again := path + "/" + itoa(mae.ID) + "/inviter"
	g.signedIn(g.member).post(again, nil).is(http.StatusForbidden)
	g.clock.turn(time.Hour)
	v.post(again, nil).leads()
	v.get(path).says("l’invitation est en route")
	if n := g.count("SELECT count(*) FROM mails WHERE template = 'provider-member' AND recipient = $1", mae.Email); n != 2 {
		t.Errorf("invited %d times, want 2", n)
	}

	other, own := g.signedIn(mae), g.desk()+"/invitation"
	for _, page := range []string{g.desk(), path, g.desk() + "/profil", g.desk() + "/webhooks", g.desk() + "/demandes/" + l.PublicID} {
		if to := other.get(page).leads(); to != own {
			t.Errorf("%s leads to %s", page, to)
		}
	}
	if to := other.post(g.desk()+"/places", values("capacity", "9")).leads(); to != own {
		t.Errorf("a form leads to %s", to)
	}
	other.get(at(ticket)).is(http.StatusNotFound)
	other.get(own).is(http.StatusOK).says("La Boîte à outils 1 vous invite dans son équipe", "Rejoindre").silent("Canards", "agenda partagé")
	if to := other.post(own, values("choix", "rejoindre")).leads(); to != g.desk() {
		t.Errorf("who accepts is led to %s", to)
	}
	other.get(g.desk()).is(http.StatusOK).says("vous faites partie de La Boîte à outils 1", "Les Canards du canal")
	other.get(at(ticket)).is(http.StatusOK)
	if to := other.get(own).leads(); to != g.desk() {
		t.Errorf("an invitation that was accepted leads to %s", to)
	}
	v.get(at(ticket)).says("Maé Le Goff")

	v.post(path, values("email", g.lead.Email, "contact_name", "Quidam")).leads()
	wrong := g.signedIn(g.lead)
	if to := wrong.post(own, values("choix", "decliner")).leads(); to != "/prestataire" {
		t.Errorf("who was not meant is led to %s", to)
	}
	wrong.get("/prestataire").is(http.StatusOK).says("l’invitation est écartée", "Vous n’êtes membre d’aucun prestataire")
	wrong.get(own).is(http.StatusNotFound)
	v.get(path).silent("Quidam")
}

func TestProviderMembersAndProjects(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.manager)
	path := g.desk() + "/membres"
	wrong := v.post(path, values("email", "personne", "contact_name", "Maé")).is(http.StatusUnprocessableEntity)
	if got := wrong.doc().Find("#email").AttrOr("value", ""); got != "personne" {
		t.Errorf("what was typed is lost: %q", got)
	}
	for range 2 {
		v.post(path, values("email", "mae@boite.example", "contact_name", "Maé Le Goff")).leads()
	}
	page := v.get(path).says("Maé Le Goff", "Noé Lambert")
	if rows := page.doc().Find("main tbody tr").Length(); rows != 3 {
		t.Errorf("a double click made %d members", rows)
	}
	mae, err := g.identity.PersonByEmail(t.Context(), "mae@boite.example")
	g.must(err)
	v.post(path, values("email", mae.Email, "contact_name", "Maé Le Goff", "manager", "yes", "regrade", "yes")).leads()
	// Added once more, without the box: she is told of, and stays a manager.
	v.post(path, values("email", "MAE@boite.example", "contact_name", "Maé")).leads()
	v.get(path).says("pas encore acceptée")
	other := g.signedIn(mae)
	g.must(g.directory.Join(t.Context(), g.org.PublicID, mae))
	v.post(path, values("email", mae.Email, "contact_name", "Maé", "manager", "yes")).leads()
	v.get(path).says("est déjà dans la liste").silent("pas encore acceptée")
	other.get(path).says("Ajouter une personne")
	remove := path + "/" + itoa(g.manager.ID) + "/retirer"
	other.get(remove).is(http.StatusOK).says("Retirer Inès Carpentier ?")
	for range 2 {
		other.post(remove, nil).leads()
	}
	v.get(g.desk()).is(http.StatusNotFound)
	other.post(path+"/"+itoa(mae.ID)+"/retirer", nil).leads()
	other.get(path).says("Il doit rester au moins une personne")
	g.signedIn(g.member).get(path).is(http.StatusOK).says("Seules les personnes qui gèrent").silent("/retirer")

	path = g.desk() + "/projets"
	// Whether it may be named is the association's to say: nobody says it for them.
	for _, form := range []string{path, g.desk() + "/profil/confirmer"} {
		if box := other.get(form).is(http.StatusOK).doc().Find("#project_1_public"); box.Length() != 1 || box.Is("[checked]") {
			t.Errorf("%s says yes for the association", form)
		}
	}
	project := values("project_1_association", "La Ronde", "project_1_year", "2026", "project_1_summary", "Un atelier sur les agendas partagés",
		"project_1_proof", "https://ronde.example", "project_1_public", "yes")
	for range 2 {
		other.post(path, project).leads()
	}
	page = other.get(path).says("La Ronde", "Pour l’équipe : https://ronde.example")
	if n := page.doc().Find("main li.sheet").Length(); n != 4 {
		t.Errorf("a double click made %d projects", n)
	}
	other.post(path, values("project_1_association", "x")).is(http.StatusUnprocessableEntity)
	gone, _ := page.doc().Find(`main li.sheet a[href$="/retirer"]`).First().Attr("href")
	other.get(gone).is(http.StatusOK).says("Retirer le projet avec La Ronde ?")
	for range 2 {
		other.post(gone, nil).leads()
	}
	last, _ := other.get(path).doc().Find(`main li.sheet a[href$="/retirer"]`).First().Attr("href")
	other.post(last, nil).leads()
	if n := other.get(path).doc().Find("main li.sheet").Length(); n != 3 {
		t.Errorf("%d projects are left", n)
	}
}

// TestProviderWebhooks adds one, whose secret is seen once, and follows what it is told.
func TestProviderWebhooks(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.manager)
	path := g.desk() + "/webhooks"
	v.get(path).is(http.StatusOK).says("ticket.opened", "webhook-signature", "whsec_")
	wrong := v.post(path, values("url", "outil")).is(http.StatusUnprocessableEntity)
	if got := wrong.value("url"); got != "outil" {
		t.Errorf("what was typed is lost: %q", got)
	}
	made := v.post(path, values("url", "https://outil.example/crochet")).is(http.StatusOK).says("montré qu’une fois")
	secret := made.doc().Find("#secret").AttrOr("value", "")
	if !strings.HasPrefix(secret, "whsec_") || made.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the page holds a secret of %d characters, to be kept: %q", len(secret), made.Header().Get("Cache-Control"))
	}
	v.post(path, values("url", "https://outil.example/crochet")).is(http.StatusConflict).says("déjà dans la liste")
	self := made.doc().Find("main a.button").AttrOr("href", "")
	v.get(path).says("https://outil.example/crochet").silent(secret)
	v.get(self).is(http.StatusOK).says("Rien n’a été envoyé").silent(secret)
	again := v.post(self+"/secret", nil).is(http.StatusOK).doc().Find("#secret").AttrOr("value", "")
	if again == secret || !strings.HasPrefix(again, "whsec_") {
		t.Error("the secret is the same")
	}
	v.post(self+"/essai", nil).leads()
	log := v.get(self).says("ping", "En attente")
	if log.doc().Find("main details pre").Length() != 1 {
		t.Error("the payload is not to be seen")
	}
	g.exec("UPDATE webhook_deliveries SET state = 'failed', attempts = 9, last_cause = 'timeout'")
	replay := v.get(self).says("Abandonné", "Pas de réponse à temps").doc().Find(`main form[action$="/rejouer"]`).AttrOr("action", "")
	v.post(replay, nil).leads()
	v.get(self).says("l’événement repart")
	v.post(self+"/pause", nil).leads()
	v.get(self).says("En pause")
	v.post(self+"/essai", nil).leads()
	v.get(self).says("Attention")
	v.post(self+"/reprendre", nil).leads()
	v.get(self).says("Actif")
	v.get(self + "/retirer").is(http.StatusOK).says("Retirer ce webhook ?")
	for range 2 {
		v.post(self+"/retirer", nil).leads()
	}
	v.get(self).is(http.StatusNotFound)
	if strings.Contains(g.logged(), secret) || strings.Contains(g.logged(), "outil.example") {
		t.Error("the log tells of the webhook")
	}
}

// TestMembersLandOnTheirDesk signs a member in.
func TestMembersLandOnTheirDesk(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.visitor()
	if at := v.post("/lien/connexion/"+g.mint(identity.PurposeSignIn, g.member.ID, g.member.Email), nil).leads(); at != "/prestataire" {
		t.Errorf("a member is led to %s", at)
	}
	if n := v.get("/aide").doc().Find(`.site-nav a[href="/prestataire"]`).Length(); n != 1 {
		t.Errorf("%d links on top lead to the desk", n)
	}
	if n := g.signedIn(g.lead).get("/aide").doc().Find(`.site-nav a[href="/prestataire"]`).Length(); n != 0 {
		t.Error("a lead is led to a desk")
	}
}

// spanFrom is a rest without an end.
func spanFrom(t time.Time) support.Span { return support.Span{From: t} }
