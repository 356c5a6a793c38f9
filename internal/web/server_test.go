package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/problem"
	"nichoir/internal/web"
)

func TestNewRefusesABaseURLThatIsNone(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "nichoir.example", "ftp://nichoir.example", "https://", "https://nichoir.example/sous", "https://%zz"} {
		if _, err := web.New(web.Options{BaseURL: base}); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	l := web.Links{Base: "https://nichoir.example/"}
	got := []string{l.Home(), l.Confirm("a"), l.SignIn("b"), l.Activate("c/d"), l.Password("e"), l.Status("f"), l.Space("g")}
	want := []string{
		"https://nichoir.example/", "https://nichoir.example/lien/confirmer/a", "https://nichoir.example/lien/connexion/b",
		"https://nichoir.example/lien/activer/c%2Fd", "https://nichoir.example/lien/mot-de-passe/e",
		"https://nichoir.example/suivi/f", "https://nichoir.example/espace/g",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRemote(t *testing.T) {
	t.Parallel()
	server, err := web.New(web.Options{BaseURL: "https://nichoir.example",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"nobody between", "192.0.2.7:4711", nil, "192.0.2.7"},
		{"a visitor who says to be another", "192.0.2.7:4711", []string{"198.51.100.1"}, "192.0.2.7"},
		{"a proxy", "10.0.0.1:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a proxy's client who says to be another", "10.0.0.1:80", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:80", []string{"203.0.113.9, 198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"a proxy that says nonsense", "10.0.0.1:80", []string{"198.51.100.1, what"}, "10.0.0.1"},
		{"IPv6 counts by network", "[2001:db8:1:2:3:4:5:6]:80", nil, "2001:db8:1:2::/64"},
		{"IPv4 written as IPv6", "[::ffff:192.0.2.7]:80", nil, "192.0.2.7"},
		{"a socket", "@", nil, "unknown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = test.peer
			for _, line := range test.forwarded {
				r.Header.Add("X-Forwarded-For", line)
			}
			if got := server.Remote(r); got != test.want {
				t.Errorf("counted as %q, want %q", got, test.want)
			}
		})
	}
}

var errSecret = errors.New("the reason is nobody's business")

func TestErrorsBecomeAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tests := []struct {
		err    error
		status int
		says   string
	}{
		{problem.New(problem.NotFound, "problem.not_found"), http.StatusNotFound, "Le nid est vide"},
		{problem.New(problem.Forbidden, "problem.role_missing"), http.StatusForbidden, "ne vous est pas ouverte"},
		{problem.New(problem.Gone, "problem.account_gone"), http.StatusGone, "n’existe plus"},
		{problem.New(problem.Conflict, "problem.batch_moved"), http.StatusConflict, "entre-temps"},
		{problem.New(problem.Unavailable, "problem.host_busy"), http.StatusServiceUnavailable, "Réessayez"},
		{problem.New(problem.TooMany, "problem.too_many").With("retry_after", 90), http.StatusTooManyRequests, "1 minute"},
		{fmt.Errorf("do: %w", problem.New(problem.Invalid, "problem.invalid")), http.StatusUnprocessableEntity, "à corriger"},
		{&http.MaxBytesError{Limit: 1}, http.StatusRequestEntityTooLarge, "trop gros"},
		{errSecret, http.StatusInternalServerError, "cassé de notre côté"},
	}
	for _, test := range tests {
		s.handler = s.door.Behind(func(http.ResponseWriter, *http.Request) error { return test.err })
		a := s.visitor().get("/test/le-jeton").is(test.status).says(test.says).silent(errSecret.Error())
		id := a.Header().Get("X-Request-Id")
		if test.status == http.StatusInternalServerError && (id == "" || !strings.Contains(a.text(), id)) {
			t.Error("the page does not show the id under which the log tells what happened")
		}
	}
	s.handler = s.door.Behind(func(http.ResponseWriter, *http.Request) error { panic("at the disco") })
	s.visitor().get("/test/le-jeton").is(http.StatusInternalServerError).says("cassé de notre côté").silent("disco")
	if strings.Contains(s.logged(), "le-jeton") {
		t.Error("the log holds the address")
	}
	if !strings.Contains(s.logged(), errSecret.Error()) || !strings.Contains(s.logged(), "disco") {
		t.Error("the log does not tell what happened")
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, header := range map[string][2]string{
		"by Sec-Fetch-Site": {"Sec-Fetch-Site", "cross-site"}, "by Origin": {"Origin", "https://ailleurs.example"},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://nichoir.example/demande", strings.NewReader(form(key).Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header[0], header[1])
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s: answered %d", name, w.Code)
		}
	}
}

func TestTooLongABody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(1)
	f := form(key)
	f.Set("object", strings.Repeat("a", 300<<10))
	s.visitor().post("/demande", f).is(http.StatusRequestEntityTooLarge)
}

func TestEveryAnswerProtects(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	asset := s.visitor().get("/").doc().Find(`link[rel=stylesheet]`).AttrOr("href", "")
	for _, path := range []string{"/", asset, "/nulle-part", "/sante"} {
		h := s.visitor().get(path).Header()
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s lacks a header", path)
		}
	}
	if got := s.visitor().send(http.MethodPut, "/demande", nil); got.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT is answered %d", got.Code)
	}
	s.visitor().get("/robots.txt").is(http.StatusOK).says("Disallow: /", "Allow: /prestataires", "Disallow: /prestataires/candidature/")
	s.visitor().get("/favicon.ico").is(http.StatusFound)
}

func TestTextsAreThereInBothLanguages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/aide", "/conditions", "/confidentialite", "/mot-de-passe-oublie", "/lien/renvoye"} {
		french, english := s.visitor().get(path).is(http.StatusOK), s.visitor().get(path+"?lang=en").is(http.StatusOK)
		if french.text() == english.text() {
			t.Errorf("%s is the same in both languages", path)
		}
	}
	s.visitor().get("/aide").says("equipe@nichoir.example")
}

func TestHealthTellsAStatusAndNoMore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.visitor().get("/sante").is(http.StatusOK).says("ok")
	s.ready = errSecret
	s.visitor().get("/sante").is(http.StatusServiceUnavailable).silent(errSecret.Error())
}
