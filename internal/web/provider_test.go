package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/provisioning"
)

// wing is what tests of providers begin with: a space that looks for help, and two providers with a manager each, the first
// with a member who manages nothing.
type wing struct {
	*site

	space   provisioning.View
	lead    identity.Person
	org     directory.Provider
	manager identity.Person
	member  identity.Person
	other   directory.Provider
	rival   identity.Person
}

func newWing(t *testing.T) *wing {
	t.Helper()
	s := newSite(t)
	s.opening(5)
	s.host()
	g := &wing{site: s}
	g.space, g.lead = s.made(key, "les-canards", "lou@lescanards.example")
	g.org, g.manager = s.provider(1)
	g.other, g.rival = s.provider(2)
	s.must(s.directory.AddMember(t.Context(), g.org.PublicID, "noe@boite.example", "Noé Lambert", false, g.manager))
	var err error
	g.member, err = s.identity.PersonByEmail(t.Context(), "noe@boite.example")
	s.must(err)
	s.must(s.directory.Join(t.Context(), g.org.PublicID, g.member))
	_, err = s.linking.Tend(t.Context(), 10)
	s.must(err)
	s.must(s.linking.Describe(t.Context(), g.space.Space.ID, linking.Needs{Region: "bretagne", Kinds: []support.Kind{support.KindTraining},
		Mode: support.OnSite, Size: support.Small, Lang: "fr", Words: "Nous débutons toutes et tous."}, g.lead))
	return g
}

// pastProjects prove a listing.
func pastProjects() []directory.Project {
	return []directory.Project{
		{Association: "Les Grues cendrées", Year: 2025, Summary: "Formation de huit bénévoles au partage de fichiers", Proof: "https://grues.example/bilan", Public: true},
		{Association: "Radio Passerelle", Year: 2023, Summary: "Diagnostic des outils et feuille de route", Proof: "Nadia, coordinatrice"},
		{Association: "Le Fil solidaire", Year: 2020, Summary: "Passage d'un service commercial à Nextcloud", Proof: "Compte rendu d'assemblée", Public: true},
	}
}

// provider is one of the directory, and the person who manages it.
func (s *site) provider(n int) (directory.Provider, identity.Person) {
	s.t.Helper()
	ctx := s.t.Context()
	if s.admin.ID == 0 {
		s.admin = s.staff("decide@nichoir.example", identity.Admin)
	}
	p, err := s.directory.Apply(ctx, directory.Application{
		Key: fmt.Sprintf("provider-key-%016d", n), ContactName: "Inès Carpentier", Projects: pastProjects(), Capacity: 2, Lang: "fr",
		Profile: directory.Profile{
			Name: fmt.Sprintf("La Boîte à outils %d", n), Structure: support.Cooperative, People: 4, Town: "Rennes", Region: "bretagne",
			Regions: []support.Region{"bretagne", "pays-de-la-loire"}, OnSite: true, Remote: true,
			Kinds: []support.Kind{support.KindTraining, support.KindNeeds}, Sizes: []support.Size{support.Small, support.Medium},
			Languages: []string{"fr", "br"}, Presentation: "Nous accompagnons les associations dans le choix et la prise en main de leurs outils.",
			Free: "Un premier entretien d'une heure", Quoted: "Formations et migration", Website: "https://boite.example",
			Email: fmt.Sprintf("ines%d@boite.example", n), Phone: "02 99 00 00 00",
		},
	})
	s.must(err)
	_, err = s.directory.Confirm(ctx, s.mint(identity.PurposeProviderConfirm, p.ID, p.Profile.Email))
	s.must(err)
	s.must(s.directory.List(ctx, p.PublicID, s.admin))
	p, err = s.directory.Provider(ctx, p.ID)
	s.must(err)
	manager, err := s.identity.PersonByEmail(ctx, p.Profile.Email)
	s.must(err)
	return p, manager
}

// proposed puts the space to the provider.
func (g *wing) proposed() linking.Link {
	g.t.Helper()
	l, err := g.linking.Choose(g.t.Context(), g.space.Space.ID, g.org.PublicID, linking.FromDirectory, "Pouvez-vous venir un samedi ?", "", g.lead)
	g.must(err)
	return l
}

// linked is a proposal that was accepted.
func (g *wing) linked() linking.Link {
	g.t.Helper()
	l := g.proposed()
	g.must(g.linking.Accept(g.t.Context(), l.PublicID, g.manager))
	return l
}

// asked opens a ticket.
func (g *wing) asked(key, title string, urgent bool) tickets.Ticket {
	g.t.Helper()
	t, err := g.tickets.Open(g.t.Context(), tickets.NewTicket{Key: key, SpaceID: g.space.Space.ID, Kind: support.KindTraining, Title: title,
		Body: "Les agendas n'apparaissent pas sur nos téléphones.", Urgent: urgent, Via: tickets.ByWeb}, g.lead)
	g.must(err)
	return t
}

func (g *wing) desk() string { return "/prestataire/" + g.org.PublicID }

func (g *wing) state(l linking.Link) linking.State {
	g.t.Helper()
	now, err := g.linking.LinkByID(g.t.Context(), l.ID)
	g.must(err)
	return now.State
}

// TestProviderDesk lives through an accompaniment on the desk, from the calm before to the count that remains.
func TestProviderDesk(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.member)
	if at := v.get("/prestataire").leads(); at != g.desk() {
		t.Fatalf("a member is led to %s", at)
	}
	v.get(g.desk()).is(http.StatusOK).says("Rien ne vous attend pour l’instant", "Comment les associations vous trouvent", "Prises : 0 sur 2").
		silent("Demandes à accepter")
	l := g.proposed()
	request := g.desk() + "/demandes/" + l.PublicID
	v.get(g.desk()).says("Les Canards du canal", "Pouvez-vous venir un samedi ?", "Bretagne", "Formation et prise en main", "Sur place",
		"jusqu’à 10 personnes", "1 compte utilisé", "Suite bureautique", "Répondez avant le").silent("lou@lescanards.example", "Lou Dupré")
	v.get(request).is(http.StatusOK).says("Pouvez-vous venir un samedi ?", "Décliner")
	for range 2 { // a double click
		if at := v.post(request+"/accepter", nil).leads(); at != request {
			t.Fatalf("accepting leads to %s", at)
		}
	}
	v.get(request).is(http.StatusOK).says("cette demande est acceptée")
	v.post(request+"/decliner", values("reason", "Trop tard")).leads()
	v.get(request).says("Cette proposition a été acceptée entre-temps", "cette demande est acceptée")

	calm := g.asked("form-key-of-a-ticket-1", "L'agenda de la salle", false)
	urgent := g.asked("form-key-of-a-ticket-2", "Plus personne n'entre", true)
	page := v.get(g.desk()).says("Plus personne n'entre", "Urgent", "Première réponse", "2 nouveaux", "Prises : 1 sur 2")
	rows := page.doc().Find(`section[aria-labelledby="tickets"] tbody tr`)
	if first := rows.First().Text(); rows.Length() != 2 || !strings.Contains(first, "Plus personne n'entre") {
		t.Errorf("the urgent one is not the first of two: %q", first)
	}
	for _, one := range []tickets.Ticket{calm, urgent} {
		if page.doc().Find(`a[href="/tickets/`+one.PublicID+`"]`).Length() == 0 {
			t.Errorf("no link leads to ticket %d", one.ID)
		}
	}
	g.clock.turn(14 * 24 * time.Hour)
	v = g.signedIn(g.member)
	v.get(g.desk()).says("En retard")

	leave := g.desk() + "/associations/" + l.PublicID + "/quitter"
	v.get(leave).is(http.StatusOK).says("Ne plus accompagner Les Canards du canal ?")
	v.post(leave, values("reason", strings.Repeat("a", 5000))).is(http.StatusUnprocessableEntity)
	for range 2 {
		if at := v.post(leave, values("reason", "Nous fermons.")).leads(); at != g.desk() {
			t.Fatalf("leaving leads to %s", at)
		}
	}
	v.get(g.desk()).says("1 accompagnement ou demande du passé", "Terminé").silent("Les Canards du canal", "agenda de la salle")
	v.get(request).is(http.StatusOK).says("cet accompagnement est terminé").silent("Les Canards du canal", "samedi")
}

// TestRequestOfAClosingSpace says why it cannot be accepted, in the moment before it is taken back, too.
func TestRequestOfAClosingSpace(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	l := g.proposed()
	request, mailed := g.desk()+"/demandes/"+l.PublicID, "/lien/proposition/"+g.mint(identity.PurposeProposal, l.ID, g.member.Email)
	g.exec("UPDATE spaces SET state = 'closing' WHERE id = $1", g.space.Space.ID)
	v := g.signedIn(g.member)
	if at := v.post(request+"/accepter", nil).leads(); at != request {
		t.Fatalf("accepting leads to %s", at)
	}
	v.get(request).says("Cette proposition a été retirée entre-temps")
	g.visitor().post(mailed, values("choix", "accepter")).is(http.StatusConflict).says("Cette proposition a été retirée entre-temps")
	_, err := g.linking.Tend(t.Context(), 10)
	g.must(err)
	g.visitor().post(mailed, values("choix", "accepter")).is(http.StatusGone).says("cette demande a été retirée")
	v.get(request).says("cette demande a été retirée", "Retirée").silent("entre-temps")
	v.get(g.desk()).says("Retirée")
}

// TestProviderGivenByTheTeam has its beginning on the desk, though nobody accepted anything.
func TestProviderGivenByTheTeam(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	_, err := g.linking.Assign(t.Context(), g.space.Space.ID, linking.Assignment{Provider: g.org.PublicID, Reason: "Ils se connaissent"}, g.admin)
	g.must(err)
	day := g.clock.now().Format("2006-01-02")
	v := g.signedIn(g.manager)
	if at := v.get(g.desk()).doc().Find(`section[aria-labelledby="associations"] time`).AttrOr("datetime", ""); !strings.HasPrefix(at, day) {
		t.Errorf("it helps since %s, want %s", at, day)
	}
	g.must(g.linking.Leave(t.Context(), g.search().Current.PublicID, "", g.manager))
	v.get(g.desk()).says("1 accompagnement ou demande du passé").silent("du 1 janvier 1", "du 1er janvier 1")
}

// TestRequestAfterARest says nothing of a rest that is over while the date of a request is still being reckoned anew.
func TestRequestAfterARest(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	l := g.proposed()
	v := g.signedIn(g.manager)
	pages := []string{g.desk(), g.desk() + "/demandes/" + l.PublicID}
	v.post(g.desk()+"/pauses", values("cause", "full")).leads()
	_, err := g.linking.Tend(t.Context(), 10)
	g.must(err)
	for _, at := range pages {
		v.get(at).says("Aucun délai ne court pendant votre pause").silent("Répondez avant le")
	}
	v.post(g.desk()+"/pauses/reprendre", nil).leads()
	for _, at := range pages {
		v.get(at).says("Le délai court de nouveau").silent("pendant votre pause", "Répondez avant le")
	}
	_, err = g.linking.Tend(t.Context(), 10)
	g.must(err)
	for _, at := range pages {
		v.get(at).says("Répondez avant le").silent("Le délai court de nouveau")
	}
}

func TestProviderDeclines(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	l := g.proposed()
	v := g.signedIn(g.manager)
	request := g.desk() + "/demandes/" + l.PublicID
	long := strings.Repeat("é", 5000)
	wrong := v.post(request+"/decliner", values("reason", long)).is(http.StatusUnprocessableEntity)
	if got := wrong.value("reason"); got != long {
		t.Error("what was typed is lost")
	}
	if wrong.doc().Find("details[open] form#decliner").Length() != 1 {
		t.Error("the form that is wrong is folded away")
	}
	for range 2 {
		v.post(request+"/decliner", values("reason", "Nous ne venons pas le samedi.")).leads()
	}
	past, err := g.linking.LinkByID(t.Context(), l.ID)
	g.must(err)
	if past.State != linking.Declined || past.DeclineReason != "Nous ne venons pas le samedi." {
		t.Errorf("the proposal is %s: %q", past.State, past.DeclineReason)
	}
	v.get(request).says("votre organisation a décliné cette demande").silent("Les Canards du canal")
	v.post(request+"/accepter", nil).leads()
	v.get(request).says("votre organisation a décliné cette demande")
}

// TestProviderLapsed accepts what is no longer to be had.
func TestProviderLapsed(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	l := g.proposed()
	g.clock.turn(15 * 24 * time.Hour)
	_, err := g.linking.Tend(t.Context(), 10)
	g.must(err)
	v := g.signedIn(g.manager)
	request := g.desk() + "/demandes/" + l.PublicID
	v.post(request+"/accepter", nil).leads()
	v.get(request).says("cette demande ne vous attend plus").silent("Les Canards du canal")
	v.get(g.desk()).says("la dernière demande est restée sans réponse")
	mailed := "/lien/proposition/" + g.mint(identity.PurposeProposal, l.ID, g.manager.Email)
	g.visitor().get(mailed).is(http.StatusGone).says("cette demande ne vous attend plus").silent("Les Canards du canal")
	g.visitor().post(mailed, values("choix", "accepter")).is(http.StatusGone).says("ne vous attend plus")
	if got := g.state(l); got != linking.Lapsed {
		t.Errorf("the proposal is %s", got)
	}
}

// TestProviderDeskIsItsMembers walks every route of the desk as everybody else.
func TestProviderDeskIsItsMembers(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	l := g.linked()
	hook, _, err := g.webhooks.Add(t.Context(), g.org.PublicID, "https://outil.example/crochet", g.manager)
	g.must(err)
	own, err := g.directory.Membership(t.Context(), g.org.PublicID, g.manager.ID)
	g.must(err)
	g.must(g.directory.AddMember(t.Context(), g.org.PublicID, "mae@boite.example", "Maé Le Goff", true, g.manager))
	mae, err := g.identity.PersonByEmail(t.Context(), "mae@boite.example")
	g.must(err)
	invited := g.signedIn(mae)
	g.must(g.directory.Pause(t.Context(), g.org.PublicID, support.Span{From: g.clock.now().Add(100 * time.Hour)}, directory.PauseOther, g.manager))
	pauses, err := g.directory.Pauses(t.Context(), g.org.ID)
	g.must(err)
	before := g.trailOf(g.org)
	strangers := map[string]*visitor{
		"a member of another provider": g.signedIn(g.rival), "the lead of the linked space": g.signedIn(g.lead), "an admin": g.signedIn(g.admin),
	}
	ordinary := g.signedIn(g.member)
	walked := 0
	for _, rt := range g.door.Routes() {
		if !strings.HasPrefix(rt.Path, "/prestataire/{org}") {
			continue
		}
		walked++
		id := own.Provider.Projects[0].ID
		if strings.Contains(rt.Path, "/pauses/") {
			id = pauses[0].ID
		}
		path := strings.NewReplacer("{org}", g.org.PublicID, "{link}", l.PublicID, "{hook}", hook.PublicID, "{person:[0-9]+}",
			itoa(g.manager.ID), "{id:[0-9]+}", itoa(id), "{delivery}", "rien").Replace(rt.Path)
		for name, v := range strangers {
			v.send(rt.Method, path, values("reason", "x", "capacity", "9")).is(http.StatusNotFound).silent("Boîte à outils", "Canards", "outil.example")
			if rt.Path == "" {
				t.Error(name)
			}
		}
		if at := g.visitor().send(rt.Method, path, nil).leads(); !strings.HasPrefix(at, "/connexion") {
			t.Errorf("nobody is led from %s to %s", rt.Path, at)
		}
		if own := g.desk() + "/invitation"; path != own {
			if at := invited.send(rt.Method, path, values("reason", "x", "capacity", "9")).leads(); at != own {
				t.Errorf("who is only invited is led from %s to %s", rt.Path, at)
			}
		}
		if manages(rt.Method, rt.Path) {
			ordinary.send(rt.Method, path, values("capacity", "9")).is(http.StatusForbidden).says("Demandez à l’une d’elles")
		}
	}
	if walked < 30 {
		t.Errorf("only %d routes were walked", walked)
	}
	if after := g.trailOf(g.org); after != before {
		t.Errorf("somebody else changed something: %q, before %q", after, before)
	}
	foreign := "/prestataire/" + g.other.PublicID
	g.signedIn(g.rival).get(foreign + "/demandes/" + l.PublicID).is(http.StatusNotFound)
	both := g.signedIn(g.manager)
	g.must(g.directory.AddMember(t.Context(), g.other.PublicID, g.manager.Email, "Inès", false, g.rival))
	g.must(g.directory.Join(t.Context(), g.other.PublicID, g.manager))
	both.get(foreign + "/demandes/" + l.PublicID).is(http.StatusNotFound)
	both.get("/prestataire").is(http.StatusOK).says("La Boîte à outils 1", "La Boîte à outils 2")
	g.signedIn(g.lead).get("/prestataire").is(http.StatusOK).says("Vous n’êtes membre d’aucun prestataire")
}

// manages reports whether a route is for those who manage the organisation, by what it changes.
func manages(method, path string) bool {
	rest := strings.TrimPrefix(path, "/prestataire/{org}")
	switch {
	case strings.HasPrefix(rest, "/webhooks"), strings.HasPrefix(rest, "/profil"), strings.HasSuffix(rest, "+}/retirer"):
		return true
	default:
		return method == http.MethodPost && slices.Contains([]string{"/places", "/projets", "/membres"}, rest)
	}
}

func (g *wing) trailOf(p directory.Provider) string {
	g.t.Helper()
	trail, err := g.identity.Trail(g.t.Context(), "provider", p.ID)
	g.must(err)
	var all []string
	for _, line := range trail {
		all = append(all, line.Action)
	}
	return strings.Join(all, " ")
}

// TestProposalLink answers from a mail, signed out, after the scanners have been there.
func TestProposalLink(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	l := g.proposed()
	path := "/lien/proposition/" + g.mint(identity.PurposeProposal, l.ID, g.member.Email)
	v := g.visitor()
	for range 20 {
		v.send(http.MethodHead, path, nil).is(http.StatusOK)
		page := v.get(path+"?choix=refuser").is(http.StatusOK).says("Demande d’accompagnement : Les Canards du canal", "Pouvez-vous venir un samedi ?").
			silent("lou@lescanards.example")
		if first, _ := page.doc().Find("main section[id]").First().Attr("id"); first != "refuser" {
			t.Fatalf("the first choice is %q", first)
		}
	}
	if got := g.state(l); got != linking.Proposed {
		t.Fatalf("a GET made it %s", got)
	}
	v.post(path, values("choix", "rien")).is(http.StatusUnprocessableEntity)

	for range 2 { // to rest is no answer
		v.post(path, values("choix", "pause")).leads()
	}
	v.get(path).is(http.StatusOK).says("votre organisation est en pause", "Aucun délai ne court").silent("Répondez avant")
	rests, err := g.directory.Pauses(t.Context(), g.org.ID)
	g.must(err)
	if len(rests) != 1 {
		t.Errorf("two clicks made %d rests", len(rests))
	}
	for range 2 {
		v.post(path, values("choix", "accepter")).leads()
	}
	v.get(path).is(http.StatusOK).says("C’est noté", "cette demande est acceptée")
	v.post(path, values("choix", "refuser", "reason", "non")).is(http.StatusConflict).says("Votre réponse n’a pas compté", "avait déjà accepté")
	v.post(path, values("choix", "pause")).is(http.StatusOK).says("cette demande est acceptée")
	if got := g.state(l); got != linking.Accepted {
		t.Errorf("the link is %s", got)
	}
	if len(v.cookies) != 0 {
		t.Errorf("a mailed link gave cookies: %v", v.cookies)
	}
	g.visitor().get("/lien/proposition/rien").is(http.StatusNotFound).says("Ce lien")
	g.visitor().get("/lien/proposition/" + g.mint(identity.PurposeProposal, l.ID, g.rival.Email)).is(http.StatusNotFound).silent("Canards")
	g.visitor().get("/lien/proposition/" + g.mint(identity.PurposeSignIn, g.member.ID, g.member.Email)).is(http.StatusNotFound)
}

// TestAnAnswerThatAColleagueForestalledSaysSo answers by mail what a colleague answered otherwise while the page stood open.
func TestAnAnswerThatAColleagueForestalledSaysSo(t *testing.T) {
	t.Parallel()
	for first, tc := range map[string]struct{ then, says string }{
		"accepter": {"refuser", "avait déjà accepté cette demande"},
		"refuser":  {"accepter", "a décliné cette demande"},
	} {
		g := newWing(t)
		l := g.proposed()
		by := func(email string) string { return "/lien/proposition/" + g.mint(identity.PurposeProposal, l.ID, email) }
		open := by(g.member.Email)
		g.visitor().post(by(g.manager.Email), values("choix", first)).leads()
		g.visitor().post(open, values("choix", tc.then)).is(http.StatusConflict).says("Votre réponse n’a pas compté", tc.says).silent("C’est noté")
		g.visitor().get(open).is(http.StatusOK).says("C’est noté")
	}
}

// second is another manager of the organisation.
func (g *wing) second() identity.Person {
	g.t.Helper()
	g.must(g.directory.AddMember(g.t.Context(), g.org.PublicID, "jo@boite.example", "Jo Even", true, g.manager))
	p, err := g.identity.PersonByEmail(g.t.Context(), "jo@boite.example")
	g.must(err)
	g.must(g.directory.Join(g.t.Context(), g.org.PublicID, p))
	return p
}

// TestYearlyLink confirms a profile from a mail.
func TestYearlyLink(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.clock.turn(366 * 24 * time.Hour)
	_, err := g.directory.Tend(t.Context())
	g.must(err)
	colleague := g.second()
	path := "/lien/profil/" + g.mint(identity.PurposeProfile, g.org.ID, g.manager.Email)
	late := "/lien/profil/" + g.mint(identity.PurposeProfile, g.org.ID, colleague.Email)
	v := g.visitor()
	v.get(path).is(http.StatusOK).says("La Boîte à outils 1", "Formation et prise en main", "Plutôt une pause", "Un premier entretien d'une heure", "Formations et migration")
	project := values("project_1_association", "La Ronde", "project_1_year", "2026", "project_1_summary", "Un atelier sur les agendas partagés",
		"project_1_proof", "https://ronde.example")
	wrong := v.post(path, values("project_1_association", "La Ronde")).is(http.StatusUnprocessableEntity)
	if got := wrong.value("project_1_association"); got != "La Ronde" {
		t.Errorf("what was typed is lost: %q", got)
	}
	if wrong.doc().Find(`.error-summary a[href="#project_1_year"]`).Length() != 1 {
		t.Error("the summary does not lead to the year")
	}
	g.clock.turn(48 * time.Hour)
	before, err := g.directory.Provider(t.Context(), g.org.ID)
	g.must(err)
	for range 2 {
		v.post(path, project)
	}
	v.get(path).is(http.StatusOK).says("votre fiche est confirmée pour un an")
	// The link of another manager is not asked for a project as well, and rests for nothing.
	v.get(late).is(http.StatusOK).says("votre fiche est confirmée pour un an")
	v.post(late, url.Values{"choix": {"pause"}}).is(http.StatusOK).says("votre fiche est confirmée pour un an")
	// A link that was left too long tells it, too: a new one would ask for nothing.
	g.clock.turn(60 * 24 * time.Hour)
	v.get(late).is(http.StatusOK).says("votre fiche est confirmée pour un an")
	// What the organisation does later is not what the link did.
	g.must(g.directory.Pause(t.Context(), g.org.PublicID, support.Span{}, directory.PauseHolidays, g.manager))
	v.get(path).is(http.StatusOK).says("votre fiche est confirmée pour un an")
	after, err := g.directory.Membership(t.Context(), g.org.PublicID, g.manager.ID)
	g.must(err)
	if !after.Provider.ProfileAt.After(before.ProfileAt) || len(after.Provider.Projects) != 4 {
		t.Errorf("confirmed at %s with %d projects", after.Provider.ProfileAt, len(after.Provider.Projects))
	}
	rest := "/lien/profil/" + g.mint(identity.PurposeProfile, g.other.ID, g.rival.Email)
	v.post(rest, url.Values{"choix": {"pause"}}).leads()
	v.get(rest).is(http.StatusOK).says("votre organisation est en pause")
	g.visitor().get("/lien/profil/rien").is(http.StatusNotFound)
}

// TestProposalLinkTooOld waits longer than the link is good, at rest, and asks for another.
func TestProposalLinkTooOld(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	l := g.proposed()
	token := g.mint(identity.PurposeProposal, l.ID, g.member.Email)
	path := "/lien/proposition/" + token
	g.visitor().post(path, values("choix", "pause")).leads()
	g.clock.turn(40 * 24 * time.Hour)
	_, err := g.linking.Tend(t.Context(), 10)
	g.must(err)
	page := g.visitor().get(path).is(http.StatusGone).silent("Canards")
	renew := page.doc().Find("main form").AttrOr("action", "")
	if renew != "/lien/renvoyer/"+token {
		t.Fatalf("a new link is asked for at %q", renew)
	}
	g.visitor().post(path, values("choix", "accepter")).is(http.StatusGone)
	g.visitor().post(renew, nil).leads()
	if got := g.state(l); got != linking.Proposed {
		t.Errorf("the proposal is %s", got)
	}
	g.hasMail("link-request", l.ID, g.member.Email)
}

// hasMail fails the test unless a mail of the template about that thing is on its way to the address.
func (s *site) hasMail(template string, ref int64, recipient string) {
	s.t.Helper()
	var n int
	s.must(s.pool.QueryRow(s.t.Context(), "SELECT count(*) FROM mails WHERE template = $1 AND ref_id = $2 AND recipient = $3 AND event LIKE 'proposal:%'",
		template, ref, recipient).Scan(&n))
	if n != 1 {
		s.t.Errorf("%d mails %s went to %s", n, template, recipient)
	}
}
