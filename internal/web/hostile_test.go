package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"nichoir/internal/identity"
)

// TestChosenPasswordEndsTheOtherLinks: an older mail must not replace a password that its owner has chosen since.
func TestChosenPasswordEndsTheOtherLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.host()
	space, _ := s.made(key, "les-canards", "lou@lescanards.example")
	account := space.Accounts[0]
	activate := func() string { return "/lien/activer/" + s.mint(identity.PurposeActivate, account.ID, account.Email) }
	forgotten := func() string {
		return "/lien/mot-de-passe/" + s.mint(identity.PurposePassword, account.ID, account.Email)
	}
	v := s.visitor()
	first, second := activate(), activate()
	v.post(first, values("password", passphrase)).leads()
	one, other := forgotten(), forgotten()
	signIn := s.mint(identity.PurposeSignIn, account.ID, account.Email) // the same number, of a person
	v.post(one, values("password", passphrase+" !")).leads()
	for _, path := range []string{second, other} {
		v.post(path, values("password", "un autre mot de passe, bien long")).is(http.StatusGone)
		v.get(path).is(http.StatusGone).says("n’est plus valable")
	}
	if !s.opens(account.Login, passphrase+" !") {
		t.Error("the password that was chosen last does not open the space")
	}
	if _, err := s.identity.Open(t.Context(), signIn, identity.PurposeSignIn); err != nil {
		t.Errorf("a link of another purpose has ended: %v", err)
	}
}

// TestTextThatNoDatabaseHolds: such an address is nobody's, such a search finds nothing, and such a name loses it.
func TestTextThatNoDatabaseHolds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.host()
	space, lead := s.made(key, "les-canards", "lou@lescanards.example")
	v, desk := s.signedIn(lead), s.signedIn(s.staff("sacha@nichoir.example", identity.Admin))
	for _, odd := range []string{"%00", "a%00b", "%ff%fe"} {
		for _, path := range []string{"/espace/", "/suivi/", "/lien/activer/", "/lien/connexion/"} {
			v.get(path + odd).is(http.StatusNotFound)
		}
		for _, path := range []string{"/admin/espaces/", "/admin/demandes/", "/admin/serveurs/"} {
			desk.get(path + odd).is(http.StatusNotFound)
		}
		desk.post("/admin/espaces/"+odd+"/reprendre", nil).is(http.StatusNotFound)
		desk.get("/admin/espaces?q=" + odd).is(http.StatusOK)
		desk.get("/admin/demandes?q=" + odd)
	}
	path := "/espace/" + space.Space.PublicID
	v.post(path+"/invitations", values("name", "Cam\x00ille \u202eRoy\xff", "email", "camille@lescanards.example")).leads()
	v.get(path).says("Camille Roy").silent("\u202e", "\ufffd")
	if strings.Contains(s.logged(), `"status":500`) {
		t.Error("something broke:", s.logged())
	}
}

// TestBrokenFormIsTheSendersFault: whoever sends nonsense must not ring the operator's alarm.
func TestBrokenFormIsTheSendersFault(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(1)
	for _, path := range []string{"/demande", "/connexion", "/mot-de-passe-oublie", "/lien/confirmer/jeton"} {
		for _, body := range []string{"email=%zz", "email=a;b", "%"} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			a := &answer{ResponseRecorder: w, t: t}
			a.is(http.StatusUnprocessableEntity).says("arrivé abîmé")
		}
	}
	if strings.Contains(s.logged(), `"level":"ERROR"`) {
		t.Error("the log tells of an error of ours")
	}
}

// TestInvitationsDoNotFloodAMailbox: a space is no means to write to somebody again and again.
func TestInvitationsDoNotFloodAMailbox(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if s.clock.now().UTC().Hour() == 23 { // attempts are counted by the day
		s.clock.turn(time.Hour)
	}
	s.opening(3)
	s.host()
	space, lead := s.made(key, "les-canards", "lou@lescanards.example")
	v := s.signedIn(lead)
	path := "/espace/" + space.Space.PublicID
	v.post(path+"/invitations", values("name", "Camille Roy", "email", "camille@lescanards.example")).leads()
	account := s.work(space.Space).Accounts[1]
	again := path + "/comptes/" + itoa(account.ID)
	for range 9 {
		s.clock.turn(time.Minute)
		v.get(v.post(again+"/renvoyer", nil).leads()).says("un nouveau lien est en route")
	}
	before := s.mails()
	s.clock.turn(time.Minute)
	v.post(again+"/renvoyer", nil).is(http.StatusTooManyRequests)
	v.post(again+"/supprimer", nil).leads()
	s.work(space.Space)
	v.post(path+"/invitations", values("name", "Camille Roy", "email", "camille@lescanards.example")).is(http.StatusTooManyRequests)
	if n := s.mails() - before; n != 0 {
		t.Errorf("%d more mails were queued", n)
	}
	v.post(path+"/invitations", values("name", "Noé Lambert", "email", "noe@lescanards.example")).leads()
}

// TestTimeTellsNobody holds known and unknown addresses to the same least time. Longer than that is only what the machine adds.
func TestTimeTellsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.staff("sacha@nichoir.example", identity.Admin)
	const least = 80 * time.Millisecond
	s.door.SetSteady(least)
	for _, path := range []string{"/connexion", "/mot-de-passe-oublie"} {
		for _, address := range []string{"sacha@nichoir.example", "personne@nichoir.example"} {
			began := time.Now()
			s.visitor().post(path, values("email", address))
			if took := time.Since(began); took < least {
				t.Errorf("%s answered %s after %s, sooner than %s", path, address, took, least)
			}
		}
	}
}

// TestClicksAtTheSameTimeInviteOnce: whichever comes first, each is told that the member is invited.
func TestClicksAtTheSameTimeInviteOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.host()
	space, lead := s.made(key, "les-canards", "lou@lescanards.example")
	path := "/espace/" + space.Space.PublicID
	const clicks = 6
	browsers := make([]*visitor, clicks)
	for i := range browsers {
		browsers[i] = s.signedIn(lead)
	}
	answers := make([]*answer, clicks)
	var all sync.WaitGroup
	for i, v := range browsers {
		all.Go(func() {
			answers[i] = v.post(path+"/invitations", values("name", "Camille Roy", "email", "camille@lescanards.example"))
		})
	}
	all.Wait()
	for _, a := range answers {
		a.is(http.StatusSeeOther)
	}
	view, err := s.provisioning.View(t.Context(), space.Space.PublicID)
	s.must(err)
	if n := len(view.Accounts); n != 2 {
		t.Errorf("the space has %d accounts, not 2", n)
	}
}
