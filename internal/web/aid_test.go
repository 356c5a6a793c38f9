package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/provisioning"
)

func (g *wing) aid() string { return "/espace/" + g.space.Space.PublicID + "/aide" }

func (g *wing) search() linking.Search {
	g.t.Helper()
	search, err := g.linking.Search(g.t.Context(), g.space.Space.ID)
	g.must(err)
	return search
}

// colead is an account of the space that was activated, and the person behind it, a co-lead.
func (g *wing) colead(name, email string) (account int64, p identity.Person) {
	g.t.Helper()
	g.signedIn(g.lead).post("/espace/"+g.space.Space.PublicID+"/invitations", values("name", name, "email", email, "language", "fr")).leads()
	v := g.work(g.space.Space)
	i := slices.IndexFunc(v.Accounts, func(a provisioning.Account) bool { return a.Email == email })
	account = v.Accounts[i].ID
	g.activate(v.Accounts[i])
	g.must(g.tickets.AddColead(g.t.Context(), g.space.Space.ID, account, g.lead))
	p, err := g.identity.PersonByEmail(g.t.Context(), email)
	g.must(err)
	return account, p
}

// activate has the person of an account follow the link of their invitation.
func (g *wing) activate(a provisioning.Account) {
	g.t.Helper()
	g.visitor().post("/lien/activer/"+g.mint(identity.PurposeActivate, a.ID, a.Email), values("password", passphrase)).leads()
}

// TestAidFromProposalToEnd lives through an accompaniment as its lead does.
func TestAidFromProposalToEnd(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	v.get("/espace/"+g.space.Space.PublicID).says("De l’aide", "2 prestataires peuvent vous accompagner", "Demander de l’aide")
	page := v.get(g.aid()).is(http.StatusOK).says("Qui pourrait vous aider", "2 propositions pour vous", "La Boîte à outils 1", "Rennes, Bretagne",
		"se déplace en Bretagne", "2 places libres sur 2", "Un premier entretien d'une heure", "Pas encore", "Formation et prise en main")
	if n := page.doc().Find("main a.button, main button.button").Length(); n != 1 {
		t.Errorf("the page has %d primary actions", n)
	}
	if at := page.doc().Find(`main a[href^="/prestataires?"]`).AttrOr("href", ""); !strings.Contains(at, "aide=training") ||
		!strings.Contains(at, "region=bretagne") || !strings.Contains(at, "mode=on_site") {
		t.Errorf("the directory opens at %s", at)
	}
	asks := v.get(g.aid()+"?prestataire="+g.org.Slug).is(http.StatusOK).says("Envoyer la demande à La Boîte à outils 1", "5 jours ouvrés", "Vos autres propositions")
	if words := asks.value("words"); words != "Nous débutons toutes et tous." {
		t.Errorf("the words begin with %q", words)
	}
	form := values("prestataire", g.org.Slug, "words", "Pouvez-vous venir un samedi ?")
	for range 2 { // a double click
		if at := v.post(g.aid()+"/choisir", form).leads(); at != g.aid() {
			t.Fatalf("asking leads to %s", at)
		}
	}
	pending := g.search().Pending
	if pending.Origin != linking.FromMatch || pending.Words != "Pouvez-vous venir un samedi ?" || len(g.search().Past) != 0 {
		t.Fatalf("the link is %+v", pending)
	}
	v.get(g.aid()).says("Votre demande est chez La Boîte à outils 1", "jusqu’au", "5 jours ouvrés", "nous demandons à un autre prestataire", "Pouvez-vous venir un samedi ?")
	v.get("/espace/" + g.space.Space.PublicID).says("Vous avez demandé à La Boîte à outils 1")
	v.get(g.aid() + "?prestataire=" + g.other.Slug).says("retirez d’abord cette demande").silent("Envoyer la demande")
	v.post(g.aid()+"/choisir", values("prestataire", g.other.Slug)).is(http.StatusConflict).says("Un prestataire est déjà sollicité")
	withdraw := v.get(g.aid() + "/retirer").is(http.StatusOK).says("Retirer la demande à La Boîte à outils 1 ?").form()
	for range 2 {
		v.post(withdraw, nil).leads()
	}
	v.get(g.aid()).says("Retirée", "2 propositions")
	v.get(g.aid() + "/retirer").leads() // nothing is left to withdraw

	l := g.linked()
	g.asked("form-key-of-a-ticket-1", "Les agendas", false)
	linkedPage := v.get(g.aid()).says("La Boîte à outils 1 vous accompagne", "ines1@boite.example", "Les agendas", "Changer de prestataire", "La Boîte à outils 2")
	if linkedPage.doc().Find(`a[href="tel:0299000000"]`).Length() != 1 {
		t.Error("the provider's number cannot be dialled")
	}
	if n := linkedPage.doc().Find("main a.button, main button.button").Length(); n != 1 {
		t.Errorf("the page of a linked space has %d primary actions", n)
	}
	v.get("/espace/" + g.space.Space.PublicID).says("La Boîte à outils 1 vous accompagne.")
	v.get(g.aid()+"?prestataire="+g.other.Slug).says("pas les échanges d’avant", "La Boîte à outils 1 continue de vous accompagner")
	v.post(g.aid()+"/choisir", values("prestataire", g.other.Slug, "words", "Bonjour", "summary", "Les agendas restent à régler.")).leads()
	v.get(g.aid()).says("vous accompagne", "de prendre la suite", "La Boîte à outils 2 a jusqu’au").silent("Changer de prestataire")
	next := g.search().Pending
	if next.Summary != "Les agendas restent à régler." {
		t.Errorf("the summary is %q", next.Summary)
	}
	g.must(g.linking.Accept(t.Context(), next.PublicID, g.rival))
	v.get(g.aid()).says("La Boîte à outils 2 vous accompagne", "Remplacé")
	if g.state(l) != linking.Ended {
		t.Errorf("the first link is %s", g.state(l))
	}
	end := v.get(g.aid() + "/terminer").says("Mettre fin à l’accompagnement par La Boîte à outils 2 ?").form()
	long := strings.Repeat("a", linking.WordsMax+1)
	if got := v.post(end, values("reason", long)).is(http.StatusUnprocessableEntity).value("reason"); got != long {
		t.Error("the reason that was typed is lost")
	}
	for range 2 {
		v.post(end, values("reason", "Nous savons faire.")).leads()
	}
	v.get(g.aid()).says("Terminé par vous", "Nous savons faire.", "propositions pour vous")
}

// TestAidLaterAndNobody says "none yet", changes its mind, and finds nobody.
func TestAidLaterAndNobody(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	for range 2 {
		v.post(g.aid()+"/plus-tard", nil).leads()
	}
	v.get(g.aid()).says("quand vous voudrez", "Nous vous reposerons la question le", "Voir des propositions maintenant")
	for range 2 {
		v.post(g.aid()+"/reprendre", nil).leads()
	}
	v.get(g.aid()).says("2 propositions")

	wrong := url.Values{"region": {"atlantide"}, "kinds": {"migration", "magie"}, "mode": {"on_site"}, "size": {"small"}, "words": {"Nos mots à nous"}}
	page := v.post(g.aid()+"/besoins", wrong).is(http.StatusUnprocessableEntity).says("Choisissez une région", "Choisissez parmi les aides", "Nos mots à nous")
	if !page.doc().Find(`input[name=kinds][value=migration]`).Is("[checked]") || page.doc().Find("details[open] textarea[name=words]").Length() != 1 {
		t.Error("what was ticked is lost, or the form is closed")
	}
	needs := url.Values{"region": {"corse"}, "kinds": {"hosting"}, "mode": {"on_site"}, "size": {"large"}, "words": {""}}
	v.post(g.aid()+"/besoins", needs).leads()
	v.get(g.aid()).says("De l’aide, sans attendre", "Par où commencer", "L’équipe", "Les guides", "Le forum", "L’annuaire", "aide@reponses.example", "Chercher à nouveau", "accepter aussi une aide à distance", "Corse")
	v.get("/espace/" + g.space.Space.PublicID).says("Aucun prestataire n’est libre en ce moment")
	needs.Set("region", "bretagne")
	needs.Set("kinds", "training")
	needs.Set("size", "small")
	v.post(g.aid()+"/besoins", needs).leads()
	v.get(g.aid()).says("2 propositions")
}

// TestAidAfterThreeRefusals ends a round on the finished page.
func TestAidAfterThreeRefusals(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	_, third := g.provider(3)
	managers := map[int64]identity.Person{g.org.ID: g.manager, g.other.ID: g.rival}
	g.proposed()
	for range linking.MaxRefusals {
		pending := g.search().Pending
		by, ok := managers[pending.ProviderID]
		if !ok {
			by = third
		}
		g.must(g.linking.Decline(t.Context(), pending.PublicID, "Plus le temps.", by))
		_, err := g.linking.Tend(t.Context(), 10)
		g.must(err)
	}
	g.signedIn(g.lead).get(g.aid()).says("De l’aide, sans attendre", "3 prestataires n’ont pas pu prendre votre demande", "Plus le temps.", "Décliné")
}

// TestAidPicksFromTheDirectory asks one that is not proposed, and tells why others cannot be asked.
func TestAidPicksFromTheDirectory(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.must(g.linking.Describe(t.Context(), g.space.Space.ID, linking.Needs{Region: "corse", Kinds: []support.Kind{support.KindHosting},
		Mode: support.OnSite, Size: support.Large, Lang: "fr"}, g.lead))
	v := g.signedIn(g.lead)
	v.get(g.aid() + "?prestataire=personne").is(http.StatusOK).says("n’est pas, ou n’est plus, dans l’annuaire")
	v.get(g.aid()+"?prestataire="+g.org.Slug).says("Envoyer la demande à La Boîte à outils 1", "Par où commencer")
	v.post(g.aid()+"/choisir", values("prestataire", "personne")).is(http.StatusConflict).says("n’est pas, ou n’est plus, dans l’annuaire")
	v.post(g.aid()+"/choisir", nil).is(http.StatusConflict).says("n’est pas, ou n’est plus, dans l’annuaire")
	g.must(g.directory.SetCapacity(t.Context(), g.org.PublicID, 0, g.manager))
	v.get(g.aid() + "?prestataire=" + g.org.Slug).says("n’a plus de place pour l’instant").silent("Envoyer la demande")
	full := v.post(g.aid()+"/choisir", values("prestataire", g.org.Slug, "words", "Gardez mes mots")).is(http.StatusConflict).says("n’a plus de place libre")
	if full.value("words") != "Gardez mes mots" {
		t.Error("the words that were typed are lost")
	}
	g.must(g.directory.SetCapacity(t.Context(), g.org.PublicID, 2, g.manager))
	g.must(g.directory.Pause(t.Context(), g.org.PublicID, support.Span{From: g.clock.now()}, "holidays", g.manager))
	v.get(g.aid() + "?prestataire=" + g.org.Slug).says("est en pause")
	long := strings.Repeat("é", linking.WordsMax+1)
	again := v.post(g.aid()+"/choisir", values("prestataire", g.other.Slug, "words", long)).is(http.StatusUnprocessableEntity)
	if again.value("words") != long {
		t.Error("words that are too long are lost")
	}
	v.post(g.aid()+"/choisir", values("prestataire", g.other.Slug, "words", "Bonjour")).leads()
	if origin := g.search().Pending.Origin; origin != linking.FromDirectory {
		t.Errorf("the origin is %s", origin)
	}
	g.must(g.directory.Pause(t.Context(), g.other.PublicID, support.Span{From: g.clock.now()}, "holidays", g.rival))
	_, err := g.linking.Tend(t.Context(), 10)
	g.must(err)
	v.get(g.aid()).says("est en pause et répondra à son retour")
	v.get("/espace/" + g.space.Space.PublicID).says("qui répondra après sa pause")
}

// TestAidWalls lets the lead decide, co-leads and staff read, and nobody else in.
func TestAidWalls(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	account, colead := g.colead("Camille Roy", "camille@lescanards.example")
	reviewer, admin := g.staff("relit@nichoir.example", identity.Reviewer), g.staff("gere@nichoir.example", identity.Admin)
	_, stranger := g.made(strings.Replace(key, "0", "2", 1), "les-oies", "oie@lesoies.example")
	g.linked()
	self := g.aid() + "/coresponsables/" + itoa(account) + "/retirer"
	acts := []string{g.aid() + "/choisir", g.aid() + "/besoins", g.aid() + "/plus-tard", g.aid() + "/reprendre", g.aid() + "/retirer",
		g.aid() + "/terminer", g.aid() + "/coresponsables", self}
	for who, c := range map[string]struct {
		person    identity.Person
		see, post int
	}{
		"stranger": {stranger, http.StatusNotFound, http.StatusNotFound}, "provider": {g.manager, http.StatusNotFound, http.StatusNotFound},
		"co-lead": {colead, http.StatusOK, http.StatusForbidden}, "reviewer": {reviewer, http.StatusOK, http.StatusForbidden},
		"admin": {admin, http.StatusOK, http.StatusForbidden},
	} {
		v := g.signedIn(c.person)
		page := v.get(g.aid()).is(c.see)
		if c.see == http.StatusOK {
			page.says("La Boîte à outils 1 vous accompagne", "Camille Roy")
			if n := page.doc().Find("main form").Length(); n != 0 {
				t.Errorf("%s finds %d forms", who, n)
			}
		}
		for _, act := range acts {
			v.post(act, values("prestataire", g.other.Slug, "compte", itoa(account))).is(c.post)
		}
		for _, ask := range []string{g.aid() + "/terminer", g.aid() + "/retirer", self} {
			v.get(ask).is(c.post)
		}
	}
	if at := g.visitor().get(g.aid()).leads(); !strings.HasPrefix(at, "/connexion") {
		t.Errorf("who is not signed in is led to %s", at)
	}
	if g.search().Current == nil || len(g.search().Past) != 0 {
		t.Error("somebody changed the link")
	}
	v := g.signedIn(g.lead)
	g.exec("UPDATE spaces SET person_id = $1 WHERE id = $2", stranger.ID, g.space.Space.ID)
	v.get(g.aid()).is(http.StatusNotFound)
	v.post(g.aid()+"/terminer", nil).is(http.StatusNotFound)
}

// TestAidColeads adds and removes somebody who may ask for help, and shows them where.
func TestAidColeads(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	v.get(g.aid()).says("Coresponsables", "Invitez d’abord quelqu’un")
	v.post("/espace/"+g.space.Space.PublicID+"/invitations", values("name", "Camille Roy", "email", "camille@lescanards.example", "language", "fr")).leads()
	view := g.work(g.space.Space)
	account := itoa(view.Accounts[1].ID)
	v.get(g.aid()).says("Camille Roy (camille@lescanards.example)")
	v.post(g.aid()+"/coresponsables", values("compte", "")).leads()
	v.get(g.aid()).says("choisissez quelqu’un dans la liste")
	v.post(g.aid()+"/coresponsables", values("compte", "999999")).leads()
	v.get(g.aid()).says("Ce compte n’existe pas")
	for range 2 {
		v.post(g.aid()+"/coresponsables", values("compte", account)).leads()
	}
	colead, err := g.identity.PersonByEmail(t.Context(), "camille@lescanards.example")
	g.must(err)
	c := g.signedIn(colead)
	// The address may be mistyped: it is theirs when they have followed the invitation to the space.
	v.get(g.aid()).says("dès qu’elle aura activé son compte", "ne prend pas encore part")
	c.get("/espaces").is(http.StatusOK).silent("Canards")
	c.get(g.aid()).is(http.StatusNotFound)
	g.activate(view.Accounts[1])
	v.get(g.aid()).says("Camille Roy").silent("ne prend pas encore part")
	if at := c.get("/espaces").leads(); at != g.aid() {
		t.Errorf("a co-lead is led to %s", at)
	}
	c.get(g.aid()).is(http.StatusOK).says("Vous pouvez demander de l’aide").silent("Pas encore", "Préciser vos besoins")
	c.get("/espace/" + g.space.Space.PublicID).is(http.StatusNotFound)
	c.get("/espace/" + g.space.Space.PublicID + "/tickets/nouveau").is(http.StatusOK)
	g.confirmed(strings.Replace(key, "0", "3", 1), "les-cygnes", "camille@lescanards.example")
	c.get("/espaces").is(http.StatusOK).says("Où vous pouvez demander de l’aide", "Les Canards du canal", "Demandes")
	remove := g.aid() + "/coresponsables/" + account + "/retirer"
	v.get(remove).says("Retirer Camille Roy des coresponsables ?")
	for range 2 {
		v.post(remove, nil).leads()
	}
	c.get(g.aid()).is(http.StatusNotFound)
	if at := v.get(remove).leads(); at != g.aid() {
		t.Errorf("who is no co-lead any more leads to %s", at)
	}
}

// TestAidBeforeAndAfter shows the page of a space that is being made, and of one that is suspended.
func TestAidBeforeAndAfter(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	a := g.confirmed(strings.Replace(key, "0", "4", 1), "les-cygnes", "cygne@lescygnes.example")
	space := g.approved(a)
	lead, err := g.identity.Person(t.Context(), a.PersonID)
	g.must(err)
	v := g.signedIn(lead)
	v.get("/espace/"+space.PublicID+"/aide").is(http.StatusOK).says("Dès que votre espace sera prêt", "L’annuaire").silent("Préciser vos besoins", "/tickets/nouveau")
	v.get("/espace/" + space.PublicID).is(http.StatusOK).silent(space.PublicID + "/aide")
	v.post("/espace/"+space.PublicID+"/aide/plus-tard", nil).is(http.StatusConflict).says("L’espace n’est pas encore prêt")
	g.linked()
	g.exec("UPDATE spaces SET state = 'suspended' WHERE id = $1", g.space.Space.ID)
	v = g.signedIn(g.lead)
	v.get(g.aid()).says("Votre espace ne fonctionne pas en ce moment", "Demander de l’aide")
	v.get("/espace/" + g.space.Space.PublicID).says("L’équipe lit vos demandes d’aide")
}

// TestApplyAsksWhereAndWhat keeps the two optional answers, shows them again, and hands them to the search.
func TestApplyAsksWhereAndWhat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	v := s.visitor()
	if v.get("/demande").says("Un coup de main ?", "(facultatif)").doc().Find("details[open]").Length() != 0 {
		t.Error("the optional part is open")
	}
	f := form(key)
	f.Set("region", "bretagne")
	f["help"] = []string{"training", "migration"}
	f.Del("terms")
	page := v.post("/demande", f).is(http.StatusUnprocessableEntity)
	if page.doc().Find(`details[open] input[name=help]:checked, details[open] input[name=help][checked]`).Length() != 2 ||
		page.doc().Find(`select[name=region] option[selected]`).AttrOr("value", "") != "bretagne" {
		t.Error("the answers are lost")
	}
	f.Set("terms", "yes")
	f.Set("region", "atlantide")
	v.post("/demande", f).is(http.StatusUnprocessableEntity).says("Choisissez une région dans la liste.")
	f.Set("region", "bretagne")
	a := s.application(v.post("/demande", f).leads())
	if a.Region != "bretagne" || !slices.Equal(a.Help, []string{"migration", "training"}) {
		t.Fatalf("kept %q and %q", a.Region, a.Help)
	}
	_, err := s.onboarding.Confirm(t.Context(), s.mint(identity.PurposeConfirm, a.ID, a.LeadEmail), "")
	s.must(err)
	s.signedIn(s.staff("relit@nichoir.example", identity.Reviewer)).get("/admin/demandes/"+a.PublicID).
		says("RégionBretagne", "Aide souhaitéeMigration, Formation et prise en main")
	silent := s.confirmed(strings.Replace(key, "0", "5", 1), "les-oies", "oie@lesoies.example")
	s.signedIn(s.staff("gere@nichoir.example", identity.Admin)).get("/admin/demandes/" + silent.PublicID).says("RégionNon précisé")
	s.decide(silent, onboarding.Selection{Decision: onboarding.Reject})
}

// TestAFormStopsWhatItNames: what came between while a form stood open is told, and nothing else is stopped in its place.
func TestAFormStopsWhatItNames(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v, admin := g.signedIn(g.lead), g.signedIn(g.staff("gere@nichoir.example", identity.Admin))
	team := "/admin/espaces/" + g.space.Space.PublicID + "/accompagnement"
	l := g.proposed()
	withdraw, teamWithdraw := v.get(g.aid()+"/retirer").form(), admin.get(team+"/retirer").form()
	g.must(g.linking.Decline(t.Context(), l.PublicID, "Trop loin", g.manager))
	v.post(withdraw, nil).is(http.StatusConflict).says("Cette proposition a été déclinée", "Votre demande est chez La Boîte à outils 2")
	admin.post(teamWithdraw, values("reason", "Ils déménagent")).leads()
	admin.get("/admin/espaces/"+g.space.Space.PublicID).says("Cette proposition a été déclinée", "n’a pas encore répondu")
	v.post(g.aid()+"/retirer", nil).leads()

	g.must(g.linking.Accept(t.Context(), g.search().Pending.PublicID, g.rival))
	end, teamEnd := v.get(g.aid()+"/terminer").form(), admin.get(team+"/terminer").form()
	g.linked()
	v.post(end, nil).is(http.StatusConflict).says("Cet accompagnement est terminé", "La Boîte à outils 1 vous accompagne")
	admin.post(teamEnd, values("reason", "Ils ferment")).leads()
	v.get(g.aid()).says("La Boîte à outils 1 vous accompagne")
}

// TestAProviderGivenByHandReplacesWhatThePageNamed: who was asked since is told by the form that comes back, which is good then.
func TestAProviderGivenByHandReplacesWhatThePageNamed(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	admin := g.signedIn(g.staff("gere@nichoir.example", identity.Admin))
	desk := "/admin/espaces/" + g.space.Space.PublicID
	form := values("prestataire", g.other.PublicID, "reason", "Ils se connaissent")
	open := admin.get(desk + "/accompagnement").is(http.StatusOK).form()
	l := g.proposed()
	again := admin.post(open, form).is(http.StatusConflict).says("un autre prestataire a été sollicité", "La Boîte à outils 1")
	if got := g.state(l); got != linking.Proposed {
		t.Errorf("the proposal is %s", got)
	}
	if at := admin.post(again.form(), form).leads(); at != desk {
		t.Errorf("it leads to %s", at)
	}
	if got := g.search().Current; got == nil || got.ProviderID != g.other.ID {
		t.Errorf("the space is linked to %+v", got)
	}
}

// TestAidAfterAProviderLeftTheDirectory names it in what is over, without a link to the page that it no longer has.
func TestAidAfterAProviderLeftTheDirectory(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	g.exec("UPDATE providers SET state = 'refused' WHERE id = $1", g.org.ID)
	_, err := g.linking.Tend(t.Context(), 10)
	g.must(err)
	page := g.signedIn(g.lead).get(g.aid()).is(http.StatusOK).says("La Boîte à outils 1", "Terminé par l’équipe")
	if n := page.doc().Find(`main a[href="/prestataires/` + g.org.Slug + `"]`).Length(); n != 0 {
		t.Errorf("%d links lead to a page that there is not", n)
	}
}

// TestTeamLinks shows how associations and providers find each other, and who needs a word.
func TestTeamLinks(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.staff("relit@nichoir.example", identity.Reviewer))
	v.get("/admin/accompagnement").is(http.StatusOK).says("1 espace sans prestataire", "0 sur 4 places prises", "Aucun lien ici")
	space := "/admin/espaces/" + g.space.Space.PublicID + "#accompagnement"
	if at := v.get("/admin/accompagnement?sans=tous").says("N’a pas encore choisi").doc().Find("tbody a").AttrOr("href", ""); at != space {
		t.Errorf("a space without a provider leads to %s", at)
	}
	v.get("/admin/accompagnement?sans=exhausted").says("Aucun espace ici")
	l := g.proposed()
	v.get("/admin/accompagnement?sans=tous").says("Attend la réponse d’un prestataire")
	v.get("/admin/accompagnement?sans=tous&apres=1").says("Aucun espace ici", "Espaces sans prestataire")
	g.clock.turn(11 * 24 * time.Hour)
	_, err := g.linking.Tend(t.Context(), 10)
	g.must(err)
	if g.state(l) != linking.Lapsed {
		t.Fatalf("the proposal is %s", g.state(l))
	}
	v = g.signedIn(g.staff("lit@nichoir.example", identity.Reviewer))
	v.get("/admin/accompagnement").says("Prestataires à suivre", "Ne répond pas", "1 sans réponse, 0 refus", "Les Canards du canal", "Au suivant", "Resté sans réponse")
	v.get("/admin/accompagnement?etat=lapsed").says("La Boîte à outils 1").silent("Au suivant")
	v.get("/admin/accompagnement?etat=rien&apres=0").is(http.StatusOK)
	v.get("/admin/accompagnement?apres=1").says("Aucun lien ici")
	g.signedIn(g.lead).get("/admin/accompagnement").is(http.StatusForbidden)
	g.must(g.linking.Accept(t.Context(), g.search().Pending.PublicID, g.rival))
	v.get("/admin/accompagnement?sans=tous").says("0 espace sans prestataire", "Aucun espace ici")
}

// TestTeamAssigns gives a provider by hand, takes a proposal back and ends an accompaniment, each after having asked.
func TestTeamAssigns(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.proposed()
	desk := "/admin/espaces/" + g.space.Space.PublicID
	assign := desk + "/accompagnement"
	reader, v := g.signedIn(g.staff("relit@nichoir.example", identity.Reviewer)), g.signedIn(g.staff("gere@nichoir.example", identity.Admin))
	reader.get(desk).says("Un prestataire a été sollicité", "La Boîte à outils 1").silent("Rattacher à la main")
	for _, path := range []string{assign, assign + "/retirer", assign + "/terminer"} {
		reader.get(path).is(http.StatusForbidden)
		reader.post(path, nil).is(http.StatusForbidden)
		g.signedIn(g.lead).post(path, nil).is(http.StatusForbidden)
	}
	v.get(desk).says("Rattacher à la main", "Retirer la demande")
	withdraw := v.get(assign + "/retirer").says("Retirer la demande faite à La Boîte à outils 1 ?").form()
	v.post(withdraw, values("reason", " ")).is(http.StatusUnprocessableEntity).says("Dites pourquoi")
	for range 2 {
		v.post(withdraw, values("reason", "La structure déménage.")).leads()
	}
	v.get(desk).says("Retiré par l’équipe", "La structure déménage.", "n’a pas encore choisi")
	g.signedIn(g.lead).get(g.aid()).says("Retirée par l’équipe", "La structure déménage.")

	v.get(assign).says("La Boîte à outils 2 (2 places libres sur 2)")
	v.post(assign, values("reason", "x")).is(http.StatusUnprocessableEntity).says("Choisissez un prestataire")
	empty := v.post(assign, values("prestataire", g.other.PublicID, "summary", "Gardé", "over", "yes")).is(http.StatusUnprocessableEntity).says("Dites pourquoi")
	if empty.value("summary") != "Gardé" || empty.doc().Find("option[selected]").AttrOr("value", "") != g.other.PublicID ||
		empty.doc().Find("input[name=over][checked]").Length() != 1 {
		t.Error("what was typed is lost")
	}
	g.must(g.directory.SetCapacity(t.Context(), g.other.PublicID, 0, g.rival))
	form := values("prestataire", g.other.PublicID, "reason", "Ils se connaissent", "summary", "Tout commence")
	v.post(assign, form).is(http.StatusConflict).says("n’a plus de place libre. Si c’est convenu avec lui, cochez cette case", "complet")
	rest := support.Span{From: g.clock.now()}
	g.must(g.directory.Pause(t.Context(), g.other.PublicID, rest, directory.PauseOther, g.rival))
	paused := v.post(assign, form).is(http.StatusConflict).says("est en pause. Si c’est convenu avec lui, cochez cette case")
	if paused.doc().Find(`.error-summary a[href="#over"], [role=alert] a[href="#over"]`).Length() != 1 {
		t.Error("the summary does not lead to the box")
	}
	form.Set("over", "yes")
	for range 2 {
		if at := v.post(assign, form).leads(); at != desk {
			t.Fatalf("assigning leads to %s", at)
		}
	}
	v.get(desk).says("Un prestataire accompagne l’association", "Ils se connaissent")
	g.signedIn(g.lead).get(g.aid()).says("La Boîte à outils 2 vous accompagne").silent("Ils se connaissent")
	v.get(assign).says("La Boîte à outils 2 accompagne cette association, et ne l’accompagnera plus")

	end := v.get(assign + "/terminer").says("Mettre fin à l’accompagnement par La Boîte à outils 2 ?").form()
	v.post(end, nil).is(http.StatusUnprocessableEntity).says("Dites pourquoi")
	for range 2 {
		v.post(end, values("reason", "La structure ferme.")).leads()
	}
	v.get(desk).says("Terminé par l’équipe", "Ils se connaissent", "La structure ferme.")
	g.signedIn(g.lead).get(g.aid()).says("La structure ferme.")
	v.get(assign + "/terminer").leads()
	v.get("/admin/espaces/rien/accompagnement").is(http.StatusNotFound)
}
