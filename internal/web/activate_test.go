package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

const passphrase = "quatre canards traversent le canal"

func TestActivation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.host()
	space, _ := s.made(key, "les-canards", "lou@lescanards.example")
	account := space.Accounts[0]
	path := "/lien/activer/" + s.mint(identity.PurposeActivate, account.ID, account.Email)
	v := s.visitor()
	for range 20 {
		v.send(http.MethodHead, path, nil).is(http.StatusOK)
		v.get(path).is(http.StatusOK).says("Choisir votre mot de passe", "Les Canards du canal")
	}
	if login := v.get(path).doc().Find("#login").AttrOr("value", ""); login != account.Login {
		t.Errorf("the page shows %q, the login is %q", login, account.Login)
	}
	if field := v.get(path).doc().Find("#password"); field.AttrOr("autocomplete", "") != "new-password" || field.AttrOr("type", "") != "password" {
		t.Error("password managers are not told that the password is a new one")
	}
	v.get(path + "/fait").leads() // nothing is done yet: back to the form
	v.post(path, values("password", "")).is(http.StatusUnprocessableEntity).says("Choisissez un mot de passe")
	v.post(path, values("password", "canard")).is(http.StatusUnprocessableEntity).says("au moins 10 caractères").silent(`value="canard"`)
	v.post(path, values("password", "motdepasse")).is(http.StatusUnprocessableEntity).says("Le serveur refuse ce mot de passe").silent(`value="motdepasse"`)
	to := v.post(path, values("password", passphrase)).leads()
	// A second click looks like somebody with another password: it is told which one counts.
	v.get(v.post(path, values("password", passphrase+" noir")).leads()).is(http.StatusOK).says("venait d’être enregistré avec ce lien", "Demander un nouveau mot de passe")
	v.get(to).silent("venait d’être enregistré")
	if s.opens(account.Login, passphrase+" noir") {
		t.Error("the second post changed the password")
	}
	page := v.get(to).is(http.StatusOK).says("Tout est prêt", "Ouvrir mon espace", "Sur votre téléphone", "sans mot de passe")
	if login := page.doc().Find("#login").AttrOr("value", ""); login != account.Login {
		t.Errorf("the page shows %q, the login is %q", login, account.Login)
	}
	if !s.opens(account.Login, passphrase) {
		t.Error("the password does not open the space")
	}
	if strings.Contains(s.logged(), passphrase) || strings.Contains(s.logged(), path) {
		t.Error("the log holds the password or the token")
	}
	s.clock.turn(2 * time.Hour)
	v.get(to).is(http.StatusGone).silent(account.Login)
	v.get(path).is(http.StatusGone).says("Ce lien a déjà servi")
}

func TestActivationWaitsForAServerThatIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.host()
	space, _ := s.made(key, "les-canards", "lou@lescanards.example")
	account := space.Accounts[0]
	path := "/lien/activer/" + s.mint(identity.PurposeActivate, account.ID, account.Email)
	s.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: http.StatusServiceUnavailable, Times: 1})
	v := s.visitor()
	v.post(path, values("password", passphrase)).is(http.StatusServiceUnavailable).says("le lien reste bon", "Enregistrer le mot de passe")
	v.get(path).is(http.StatusOK)
	v.post(path, values("password", passphrase)).leads()
}

func TestForgottenPasswordTellsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.host()
	space, _ := s.made(key, "les-canards", "lou@lescanards.example")
	account := space.Accounts[0]
	v := s.visitor()
	v.post("/lien/activer/"+s.mint(identity.PurposeActivate, account.ID, account.Email), values("password", passphrase)).leads()
	before := s.mails()
	v.post("/mot-de-passe-oublie", values("email", "lou")).is(http.StatusUnprocessableEntity)
	known := v.post("/mot-de-passe-oublie", values("email", account.Email)).leads()
	unknown := v.post("/mot-de-passe-oublie", values("email", "personne@lescanards.example")).leads()
	if known != unknown {
		t.Errorf("a known address is answered by %s, an unknown one by %s", known, unknown)
	}
	v.get(known).is(http.StatusOK).silent(account.Email)
	if n := s.mails() - before; n != 1 {
		t.Errorf("%d mails were queued, not 1", n)
	}
	path := "/lien/mot-de-passe/" + s.mint(identity.PurposePassword, account.ID, account.Email)
	v.get(path).is(http.StatusOK).says("Choisir un nouveau mot de passe")
	v.get(v.post(path, values("password", passphrase+" !")).leads()).is(http.StatusOK).says("Tout est prêt")
	for range 5 {
		v.post("/mot-de-passe-oublie", values("email", account.Email))
	}
	v.post("/mot-de-passe-oublie", values("email", account.Email)).is(http.StatusTooManyRequests).says("trop d’essais")
}

func TestSpacePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.host()
	space, lead := s.made(key, "les-canards", "lou@lescanards.example")
	path := "/espace/" + space.Space.PublicID
	v := s.signedIn(lead)
	if to := v.get("/espaces").leads(); to != path {
		t.Errorf("a single space is at %s, not %s", path, to)
	}
	v.get(path).is(http.StatusOK).says("Les Canards du canal", "40 Go pour 50 comptes", "il reste 49 places", "Lou Dupré", "lou.dupre")
	v.post(path+"/invitations", values("name", "", "email", "camille", "language", "fr")).is(http.StatusUnprocessableEntity).says("2 points sont à corriger")
	v.post(path+"/invitations", values("name", "C", "email", "camille", "language", "fr")).is(http.StatusUnprocessableEntity).says("ne semble pas complète")
	invite := values("name", "Camille Roy", "email", "camille@lescanards.example", "language", "en")
	v.get(v.post(path+"/invitations", invite).leads()).is(http.StatusOK).says("Camille Roy est invité·e", "En cours de création")
	v.post(path+"/invitations", invite).leads() // a double click
	s.clock.turn(time.Minute)
	page := v.post(path+"/invitations", invite).is(http.StatusUnprocessableEntity).says("déjà un compte")
	if page.value("name") != "Camille Roy" {
		t.Error("what was typed is lost")
	}
	view := s.work(space.Space)
	camille := view.Accounts[1]
	v.get(path).says("camille.roy", "Renvoyer le lien").silent("En cours de création")
	at := path + "/comptes/" + itoa(camille.ID)
	v.get(v.post(at+"/renvoyer", nil).leads()).says("un nouveau lien est en route")
	s.visitor().post("/lien/activer/"+s.mint(identity.PurposeActivate, camille.ID, camille.Email), values("password", passphrase)).leads()
	v.get(v.post(at+"/desactiver", nil).leads()).says("le compte est désactivé")
	v.get(v.post(at+"/desactiver", nil).leads()).says("Le compte a changé entre-temps")
	s.work(space.Space)
	v.get(v.post(at+"/reactiver", nil).leads()).says("le compte est de nouveau actif")
	s.work(space.Space)
	v.get(at+"/supprimer").is(http.StatusOK).says("Retirer Camille Roy", "effacés pour toujours")
	v.get(v.post(at+"/supprimer", nil).leads()).says("en cours de suppression")
	s.work(space.Space)
	v.get(path).silent("Camille Roy")
	v.get(at + "/supprimer").is(http.StatusNotFound)
	v.post(path+"/comptes/"+itoa(view.Accounts[0].ID)+"/supprimer", nil).leads() // the lead stays
	v.get(path).says("ne peut pas être retiré")
}

func TestFullSpaceSaysSoWithItsFigures(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.host()
	space, lead := s.made(key, "les-canards", "lou@lescanards.example")
	path := "/espace/" + space.Space.PublicID
	v := s.signedIn(lead)
	s.exec("UPDATE readings SET quota_bytes = $2, used_bytes = $3 WHERE space_id = $1",
		space.Space.ID, 40*gib-100<<20, 40*gib-150<<20)
	v.get(path).says("L’espace est presque plein")
	v.post(path+"/invitations", values("name", "Camille Roy", "email", "camille@lescanards.example")).
		is(http.StatusConflict).says("39,8 Go", "39,9 Go", "100 Mo")
	s.exec("UPDATE spaces SET account_limit = 1 WHERE id = $1", space.Space.ID)
	v.get(path).says("les 1 comptes sont tous pris")
	v.post(path+"/invitations", values("name", "Camille Roy", "email", "camille@lescanards.example")).is(http.StatusConflict)
}

func TestSpaceBeingMade(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	a := s.confirmed(key, "les-canards", "lou@lescanards.example")
	space := s.approved(a)
	lead, err := s.identity.Person(t.Context(), a.PersonID)
	s.must(err)
	v := s.signedIn(lead)
	path := "/espace/" + space.PublicID
	page := v.get(path).is(http.StatusOK).says("Votre espace se construit", "Une place sur un serveur")
	poll := page.doc().Find("[hx-get]").AttrOr("hx-get", "")
	v.htmx = true
	v.get(poll).is(http.StatusNoContent)
	s.host()
	if got := s.work(space); got.Space.State != provisioning.Ready {
		t.Fatalf("the space is %s", got.Space.State)
	}
	v.get(poll).is(http.StatusOK).says("il vous reste à choisir votre mot de passe")
	v.htmx = false
	v.post(path+"/invitations", values("name", "Camille Roy", "email", "camille@lescanards.example")).leads()
}
