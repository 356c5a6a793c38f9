package web_test

import (
	"bytes"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"nichoir/internal/identity"
)

// TestSignInTellsNobody asks for a link with a known and with an unknown address: the pages differ in the address alone.
func TestSignInTellsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.staff("ana@nichoir.example", identity.Admin)
	v := s.visitor()
	v.get("/connexion").is(http.StatusOK).says("Se connecter", "Recevoir le lien")

	before := s.mails()
	known := v.post("/connexion", values("email", " ana@nichoir.example ")).is(http.StatusOK)
	if got := s.mails() - before; got != 1 {
		t.Errorf("a known address got %d mails", got)
	}
	unknown := v.post("/connexion", values("email", "eve@nichoir.example")).is(http.StatusOK)
	if got := s.mails() - before; got != 1 {
		t.Errorf("after an unknown address there are %d mails", got)
	}
	same := strings.ReplaceAll(unknown.Body.String(), "eve@", "ana@")
	if same != known.Body.String() {
		t.Errorf("the pages for a known and an unknown address differ:\n%s\n%s", known.text(), unknown.text())
	}
	if got := known.value("email"); got != "ana@nichoir.example" {
		t.Errorf("the page after sending holds the address %q to be corrected", got)
	}
	if len(v.cookies) != 0 {
		t.Errorf("a visitor who is not signed in got cookies: %v", v.cookies)
	}
	v.post("/connexion", values("email", "lou@gmial.com")).is(http.StatusOK).says("gmail.com")
}

func TestSignInRefusals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.visitor()
	wrong := v.post("/connexion", values("email", "no address")).is(http.StatusUnprocessableEntity)
	if got := wrong.value("email"); got != "no address" {
		t.Errorf("what was typed is lost: %q", got)
	}
	if wrong.doc().Find(`.error-summary a[href="#email"]`).Length() != 1 {
		t.Error("the summary does not lead to the field")
	}
	for range 5 {
		v.post("/connexion", values("email", "eve@nichoir.example")).is(http.StatusOK)
	}
	v.post("/connexion", values("email", "eve@nichoir.example")).is(http.StatusTooManyRequests)
}

// TestSignInLink follows a link as mail scanners do, then as its reader does.
func TestSignInLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(10)
	lead := s.confirmed("form-0123456789abcdef", "les-canards", "lou@lescanards.example")
	path := "/lien/connexion/" + s.mint(identity.PurposeSignIn, lead.PersonID, lead.LeadEmail)
	v := s.visitor()
	for range 20 {
		v.send(http.MethodHead, path, nil).is(http.StatusOK)
		v.get(path).is(http.StatusOK).says("Me connecter", "lou@lescanards.example")
	}
	if len(v.cookies) != 0 {
		t.Error("a GET signed somebody in")
	}
	if at := v.post(path, nil).leads(); at != "/espaces" {
		t.Errorf("a lead is led to %s", at)
	}
	if at := v.get("/connexion").leads(); at != "/espaces" {
		t.Errorf("who is signed in already is led to %s", at)
	}
	s.visitor().post(path, nil).is(http.StatusSeeOther) // the same click, twice
	s.clock.turn(time.Minute)
	s.visitor().post(path, nil).is(http.StatusGone)
	s.visitor().get(path).is(http.StatusGone)
	s.visitor().get("/lien/connexion/nothing").is(http.StatusNotFound)

	if to, _ := v.get("/aide?lang=en").doc().Find(".site-tools form").Attr("action"); to != "/deconnexion?lang=en" {
		t.Errorf("signing out forgets the chosen language: %s", to)
	}
	if at := v.post("/deconnexion", nil).leads(); at != "/" {
		t.Errorf("who signs out is led to %s", at)
	}
	if at := v.get("/espaces").leads(); at != "/connexion?suite=%2Fespaces" {
		t.Errorf("who signed out is led to %s", at)
	}
}

// TestSignInLeadsOnlyHome tries to be led elsewhere.
func TestSignInLeadsOnlyHome(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(10)
	lead := s.confirmed("form-0123456789abcdef", "les-canards", "lou@lescanards.example")
	for next, want := range map[string]string{
		"/suivi/" + lead.PublicID:      "/suivi/" + lead.PublicID,
		"/admin/demandes?etat=toutes":  "/admin/demandes?etat=toutes",
		"https://evil.example/":        "/espaces",
		"//evil.example/":              "/espaces",
		"/\\evil.example/":             "/espaces",
		"/\t/evil.example/":            "/espaces",
		"javascript:alert(1)":          "/espaces",
		"suivi":                        "/espaces",
		"/deconnexion":                 "/espaces",
		"/connexion/code":              "/espaces",
		"/lien/connexion/abc":          "/espaces",
		"/%2fevil.example":             "/%2fevil.example", // a path of ours: browsers do not decode it
		"":                             "/espaces",
		"/espaces#x\r\nSet-Cookie: a=": "/espaces",
	} {
		path := "/lien/connexion/" + s.mint(identity.PurposeSignIn, lead.PersonID, lead.LeadEmail) + "?" + url.Values{"suite": {next}}.Encode()
		v := s.visitor()
		action := v.get(path).is(http.StatusOK).doc().Find("main form").AttrOr("action", "")
		if at := v.post(action, nil).leads(); at != want {
			t.Errorf("%q leads to %q, want %q", next, at, want)
		}
	}
}

// TestSecondFactor sets a second factor up, and is asked for it the next time.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.staff("ana@nichoir.example", identity.Admin)
	signIn := func() (*visitor, string) {
		v := s.visitor()
		return v, v.post("/lien/connexion/"+s.mint(identity.PurposeSignIn, boss.ID, boss.Email)+"?suite=/admin/lots", nil).leads()
	}
	v, at := signIn()
	if at != "/connexion/code?suite=%2Fadmin%2Flots" {
		t.Fatalf("staff is led to %s", at)
	}
	page := v.get(at).is(http.StatusOK).says("Protéger votre compte")
	input := page.doc().Find("#code")
	if input.AttrOr("autocomplete", "") != "one-time-code" || input.AttrOr("inputmode", "") != "numeric" {
		t.Error("phones are not told what the field is for")
	}
	secret := page.doc().Find("main details code").Text()
	if groups := strings.Fields(secret); len(groups) != 8 || len(groups[0]) != 4 {
		t.Errorf("the secret is not in groups of four: %d groups", len(groups))
	}
	picture := v.get("/connexion/code/qr.png").is(http.StatusOK)
	if _, err := png.Decode(bytes.NewReader(picture.Body.Bytes())); err != nil {
		t.Errorf("the picture is none: %v", err)
	}
	wrong := v.post(at, values("code", "000000")).is(http.StatusUnprocessableEntity)
	if again := wrong.doc().Find("main details code").Text(); again != secret {
		t.Error("a wrong code cost the secret that was scanned")
	}
	code := func() string {
		c, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), s.clock.now())
		s.must(err)
		return c
	}
	used := code()
	if to := v.post(at, values("code", used[:3]+" "+used[3:])).leads(); to != "/admin/lots" {
		t.Errorf("the right code leads to %s", to)
	}
	v.get("/admin/lots").is(http.StatusOK)
	v.get("/connexion/code/qr.png").is(http.StatusConflict)

	v, at = signIn()
	v.get("/admin/lots").is(http.StatusSeeOther)
	v.get(at).is(http.StatusOK).says("Votre code").silent("qr.png", "otpauth")
	v.post(at, values("code", used)).is(http.StatusUnprocessableEntity) // a code is good once
	s.clock.turn(time.Minute)
	if to := v.post(at, values("code", code())).leads(); to != "/admin/lots" {
		t.Errorf("the code leads to %s", to)
	}
	v, at = signIn()
	for range 8 {
		v.post(at, values("code", "000000"))
	}
	v.post(at, values("code", "000000")).is(http.StatusTooManyRequests)
}

// TestSecondFactorAnew gives another secret to whoever lost the first before it was confirmed.
func TestSecondFactorAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.staff("ana@nichoir.example", identity.Reviewer)
	v := s.visitor()
	at := v.post("/lien/connexion/"+s.mint(identity.PurposeSignIn, boss.ID, boss.Email), nil).leads()
	secret := func() string { return v.get(at).is(http.StatusOK).doc().Find("main details code").Text() }
	first := secret()
	if secret() != first {
		t.Error("looking twice changes the secret")
	}
	v.post("/connexion/code/nouveau", nil).is(http.StatusSeeOther)
	if secret() == first {
		t.Error("the secret is the same")
	}
	s.opening(10)
	lead := s.confirmed("form-0123456789abcdef", "les-canards", "lou@lescanards.example")
	person, err := s.identity.Person(t.Context(), lead.PersonID)
	s.must(err)
	if to := s.signedIn(person).get("/connexion/code").leads(); to != "/espaces" {
		t.Errorf("a lead who is asked for no code is led to %s", to)
	}
}
