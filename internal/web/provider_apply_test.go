package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"nichoir/internal/identity"
	"nichoir/internal/support/directory"
)

func TestJoiningTheDirectory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.visitor()
	empty := v.get("/prestataires/rejoindre").is(http.StatusOK)
	f := joinForm(organisation(1, "Le Bocage numérique"))
	f.Set("form_key", empty.value("form_key"))

	// Everything typed comes back, with an error beside its field and a link to it.
	f["kinds"] = []string{"hosting"}
	f.Set("email", "bonjour@gmial")
	f.Set("project_2_year", "1200")
	wrong := v.post("/prestataires/rejoindre", f).is(http.StatusUnprocessableEntity).says("Une offre seulement technique", "entre 1990 et")
	for _, name := range []string{"kinds", "email", "project_2_year"} {
		if wrong.doc().Find(`.error-summary a[href^="#`+name+`"]`).Length() != 1 || wrong.doc().Find("#"+name+"-error").Length() != 1 {
			t.Errorf("no error leads to %s", name)
		}
	}
	// Above the form each error says which question it is about, and those of no single question stand for themselves.
	if got := wrong.doc().Find(`.error-summary a[href^="#kinds"]`).Text(); !strings.HasPrefix(got, "Types d’accompagnement") {
		t.Errorf("the error of the kinds begins %q", got)
	}
	nothing := v.post("/prestataires/rejoindre", values("form_key", empty.value("form_key"))).is(http.StatusUnprocessableEntity)
	nothing.doc().Find(".error-summary li").Each(func(_ int, item *goquery.Selection) {
		if text := strings.TrimSpace(item.Text()); strings.HasPrefix(text, ":") {
			t.Errorf("an error names no question: %q", text)
		}
	})
	keeps := func(a *answer) {
		t.Helper()
		for _, name := range []string{"contact_name", "name", "people", "town", "presentation", "free_offer", "quoted_offer", "website", "email",
			"phone", "capacity", "project_1_association", "project_2_year", "project_3_summary", "project_3_proof", "form_key"} {
			if got := a.value(name); got != f.Get(name) {
				t.Errorf("the field %s holds %q, not %q", name, got, f.Get(name))
			}
		}
		for _, box := range []string{"kinds][value=hosting", "sizes][value=small", "regions][value=normandie", "modes][value=remote", "languages][value=br"} {
			if a.doc().Find("input[name="+box+"][checked]").Length() != 1 {
				t.Errorf("the box %s is no longer ticked", box)
			}
		}
		if a.doc().Find("select[name=region] option[value=bretagne][selected]").Length() != 1 {
			t.Error("the region is lost")
		}
	}
	keeps(wrong)

	// Another project, without JavaScript and without being told off for what is not filled in yet.
	f.Set("add", "yes")
	more := v.post("/prestataires/rejoindre", f).is(http.StatusOK)
	keeps(more)
	if more.doc().Find("#project_4_association").Length() != 1 || more.doc().Find(".error-summary").Length() != 0 {
		t.Error("there is no room for a fourth project")
	}
	f.Del("add")
	f.Set("rooms", more.value("rooms"))

	// An empty fourth project is none.
	f["kinds"] = []string{"training", "hosting"}
	f.Set("project_2_year", "2025")
	f.Set("email", "bonjour@gmial.com")
	path := v.post("/prestataires/rejoindre", f).leads()
	sent := v.get(path).is(http.StatusOK).says("bonjour@gmial.com", "Vouliez-vous écrire bonjour@gmail.com")
	if again := v.post("/prestataires/rejoindre", f).leads(); again != path {
		t.Errorf("a double click leads to %q and %q", path, again)
	}

	// A wrong address costs nothing that was typed.
	again := v.get(sent.doc().Find("main a.button-secondary").AttrOr("href", "")).is(http.StatusOK)
	if again.value("project_3_proof") != f.Get("project_3_proof") || again.value("form_key") == f.Get("form_key") {
		t.Error("the form cannot be sent again as it was")
	}
	old := "/lien/prestataire/" + s.mint(identity.PurposeProviderConfirm, s.joined(path).ID, "bonjour@gmial.com")
	f.Set("form_key", again.value("form_key"))
	f.Set("reprendre", again.value("reprendre"))
	f.Set("email", "bonjour@bocage.example")
	if to := v.post("/prestataires/rejoindre", f).leads(); to != path {
		t.Errorf("the corrected form leads to %q, not %q", to, path)
	}
	v.get(path).says("bonjour@bocage.example")
	v.get(old).is(http.StatusNotFound)
	p := s.joined(path)
	if len(p.Projects) != 3 {
		t.Errorf("%d projects are kept", len(p.Projects))
	}

	// The mailed link: looking at it consumes nothing, a click confirms, a second one says the same.
	link := "/lien/prestataire/" + s.mint(identity.PurposeProviderConfirm, p.ID, p.Profile.Email)
	v.get(link).is(http.StatusOK).says("Le Bocage numérique")
	v.get(path).says("Nous vous avons écrit")
	for range 2 {
		if to := v.post(link, nil).leads(); to != path {
			t.Errorf("the link leads to %q", to)
		}
	}
	if to := v.get(link).leads(); to != path {
		t.Errorf("the spent link leads to %q", to)
	}
	v.get(path).is(http.StatusOK).says("À l’étude", "L’équipe lit votre candidature").silent("bonjour@bocage.example", "Maëlle")
	v.get("/prestataires/rejoindre?reprendre="+p.PublicID).is(http.StatusOK).silent("bonjour@bocage.example", "Le Bocage")
	v.get("/lien/prestataire/rien").is(http.StatusNotFound).says("Recevoir un nouveau lien")
	v.get("/prestataires/candidature/rien").is(http.StatusNotFound)
}

func TestAnsweringTheTeam(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.joins(organisation(1, "Le Bocage numérique"))
	reviewer := s.signedIn(s.staff("lecture@nichoir.example", identity.Reviewer))
	desk := "/admin/prestataires/" + p.PublicID
	page := reviewer.get(desk).is(http.StatusOK).says("Les Loutres de la Vilaine", "La présidence le confirmera").silent(desk+"/accepter", desk+"/refuser")
	q := values("question", "Qui pouvons-nous appeler à Radio Ruisseau ?", "form_key", page.value("form_key"))
	reviewer.post(desk+"/question", values("question", "?", "form_key", page.value("form_key"))).is(http.StatusUnprocessableEntity)
	for range 2 {
		reviewer.post(desk+"/question", q).leads()
	}
	reviewer.get("/admin/prestataires?etat=question").is(http.StatusOK).says("Le Bocage numérique")
	reviewer.get("/admin/prestataires").says("Aucune candidature n’attend")

	v, path := s.visitor(), "/prestataires/candidature/"+p.PublicID
	asked := v.get(path).is(http.StatusOK).says("À vous de répondre", "Qui pouvons-nous appeler")
	f := values("form_key", asked.value("form_key"), "answer", "", "project_1_association", "Le Gué")
	wrong := v.post(path, f).is(http.StatusUnprocessableEntity)
	if wrong.value("project_1_association") != "Le Gué" || wrong.doc().Find("#answer-error").Length() != 1 {
		t.Error("the answer does not come back with what was typed")
	}
	f = values("form_key", wrong.value("form_key"), "answer", "Nadia, au 02 99 11 11 11.")
	for range 2 {
		if to := v.post(path, f).leads(); to != path {
			t.Errorf("the answer leads to %q", to)
		}
	}
	v.get(path).says("À l’étude", "Nadia, au 02 99 11 11 11.")
	if n := reviewer.get(desk).says("Nadia").doc().Find(".exchange li").Length(); n != 2 {
		t.Errorf("the exchange has %d lines", n)
	}

	// Once it is listed the page's id is that of the desk: the exchange stays with the team.
	s.must(s.directory.List(t.Context(), p.PublicID, s.staff("admin@nichoir.example", identity.Admin)))
	v.get(path).is(http.StatusOK).says("Vous êtes dans l’annuaire").silent("Nadia", "Radio Ruisseau")
	reviewer.get(desk).says("Nadia, au 02 99 11 11 11.")
}

func TestDecidingAboutProviders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.signedIn(s.staff("admin@nichoir.example", identity.Admin))
	good, bad := s.joins(organisation(1, "Le Bocage numérique")), s.joins(organisation(2, "Clics et claques"))
	at := func(p directory.Provider) string { return "/admin/prestataires/" + p.PublicID }

	boss.post(at(good)+"/accepter", nil).leads()
	boss.post(at(good)+"/accepter", nil).leads() // a double click
	s.visitor().get("/prestataires").says("Le Bocage numérique").silent("Clics et claques")
	s.visitor().get("/prestataires/candidature/" + good.PublicID).is(http.StatusOK).says("Vous êtes dans l’annuaire")

	// A template of a reason is where the text begins; without a reason nothing is sent.
	text := boss.get(at(bad) + "?motif=technique").is(http.StatusOK).value("reason")
	if !strings.Contains(text, "Clics et claques") {
		t.Errorf("the template says %q", text)
	}
	boss.post(at(bad)+"/refuser", values("reason", "", "send", "yes", "seen", "applied")).is(http.StatusUnprocessableEntity)
	before := s.mails()
	boss.post(at(bad)+"/refuser", values("reason", "Pas assez de projets.\nÀ bientôt.", "seen", "applied")).leads()
	if s.mails() != before {
		t.Error("a refusal that is not to be sent was sent")
	}
	s.visitor().get("/prestataires/candidature/"+bad.PublicID).says("Refusée", "Pas assez de projets.")
	boss.get("/admin/prestataires?etat=refuses").says("Clics et claques")

	// What was decided on another page meanwhile is not decided again.
	boss.post(at(good)+"/refuser", values("reason", "Projets trop anciens.", "seen", "applied")).leads()
	boss.get(at(good)).says("La décision a été prise entre-temps", "Référencé")

	// The templates are about applications: who takes one out of the directory finds its own words.
	if text := boss.get(at(good) + "?motif=silence").is(http.StatusOK).silent("Partir d’un texte").value("reason"); text != "" {
		t.Errorf("one that is listed is told %q", text)
	}

	boss.post(at(good)+"/pause", values("until", "demain")).is(http.StatusUnprocessableEntity)
	boss.post(at(good)+"/pause", values("until", s.clock.now().AddDate(0, 0, 10).Format("2006-01-02"))).leads()
	boss.get(at(good)).says("En pause", "décidée par l’équipe", "Mettre fin à la pause")
	boss.get("/admin/prestataires?etat=pause").says("Le Bocage numérique")
	boss.post(at(good)+"/reprendre", nil).leads()
	boss.get(at(good)).silent("Mettre fin à la pause")
	boss.post(at(good)+"/refuser", values("reason", "Vous nous l'avez demandé.", "send", "yes", "seen", "listed")).leads()
	s.visitor().get("/prestataires").silent("Le Bocage numérique")
	s.visitor().get("/prestataires/" + good.Slug).is(http.StatusNotFound)
	s.visitor().get("/prestataires/candidature/" + good.PublicID).says("Retirée de l’annuaire").silent("Candidature refusée")
	boss.get(at(good)).says("la structure a été retirée de l’annuaire, pour cette raison").silent("la candidature a été refusée")
}
