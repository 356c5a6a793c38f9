package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// signInView asks for an address, before and after a link was sent to it.
type signInView struct {
	render.Page
	Header render.Header
	Action string
	Email  render.Field
	Forgot string
	Sent   string       // the address as it was typed, "" before
	Advice i18n.Message // what the address may have meant to be
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) error {
	if session, ok := s.session(r); ok {
		return s.afterSignIn(w, r, session)
	}
	return s.showSignInForm(w, r, http.StatusOK, signInField(""))
}

func (s *Server) showSignInForm(w http.ResponseWriter, r *http.Request, status int, email render.Field) error {
	page := s.page(r, i18n.M("account.signin.title"))
	page.Errors = render.Summarise(email)
	return s.show(w, r, status, "account/signin", signInView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("account.signin.lead")},
		Action: page.Href(pathSignIn), Email: email, Forgot: page.Href(pathForgot),
	})
}

func signInField(value string) render.Field {
	return render.Field{
		Name: "email", Label: i18n.M("account.signin.email"), Hint: i18n.M("account.signin.email-hint"), Value: value,
		Type: "email", Autocomplete: "email", InputMode: "email", MaxLength: 254, NoSpell: true,
	}
}

// requestSignIn answers in the same words whether the address is known or not. It answers at once instead of leading to
// another page, whose address would have to hold the one that was typed.
func (s *Server) requestSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	address := typed(r, "email")
	page := s.page(r, i18n.M("account.sent.title"))
	err := s.steadily(r.Context(), func(ctx context.Context) error {
		return s.opts.Identity.RequestSignIn(ctx, address, page.Lang, s.remote(r))
	})
	if p, ok := refusal(err); ok && (p.Code == problem.Invalid || p.Code == problem.TooMany) {
		field := signInField(address)
		if rest := mark(p, &field); len(rest) > 0 {
			field.Error = rest[0]
		}
		return s.showSignInForm(w, r, statusOf(p.Code), field)
	}
	if err != nil {
		return err
	}
	field := signInField(address)
	field.Hint = i18n.Message{}
	view := signInView{Page: page, Action: page.Href(pathSignIn), Email: field, Sent: address}
	if better, ok := s.opts.Suggest(address); ok {
		view.Advice = i18n.M("account.sent.suggest", "Email", better)
	}
	return s.show(w, r, http.StatusOK, "account/sent", view)
}

// signInLinkView is the page of a mailed link: one button, since mail scanners follow links but press none.
type signInLinkView struct {
	render.Page
	Action string
	Email  string // who would be signed in
}

func (s *Server) showSignInLink(w http.ResponseWriter, r *http.Request) error {
	link, err := s.opts.Identity.Open(r.Context(), mux.Vars(r)["token"], identity.PurposeSignIn)
	if err != nil {
		return s.refuseSignInLink(w, r, err)
	}
	page := s.page(r, i18n.M("account.link.title"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, "account/link", signInLinkView{
		Page: page, Action: page.Href(withNext(r.URL.Path, nextOf(r))), Email: link.Recipient,
	})
}

func (s *Server) refuseSignInLink(w http.ResponseWriter, r *http.Request, err error) error {
	if p, ok := refusal(err); ok && isBadLink(p) {
		return s.showBadLink(w, r, p, identity.PurposeSignIn)
	}
	return err
}

func (s *Server) spendSignInLink(w http.ResponseWriter, r *http.Request) error {
	token, person, err := s.opts.Identity.SignIn(r.Context(), mux.Vars(r)["token"])
	if err != nil {
		return s.refuseSignInLink(w, r, err)
	}
	s.keepSession(w, token, person)
	return s.afterSignIn(w, r, identity.Session{Person: person})
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.opts.Identity.SignOut(r.Context(), s.sessionToken(r)); err != nil {
		return err
	}
	s.dropSession(w)
	w.Header().Set("Clear-Site-Data", `"cache"`) // whoever uses this browser next must not go back to what was read; see show
	return s.redirect(w, r, pathHome)
}

// afterSignIn leads a session on: staff by way of their code, others home.
func (s *Server) afterSignIn(w http.ResponseWriter, r *http.Request, session identity.Session) error {
	if session.NeedsSecondFactor() {
		return s.redirect(w, r, withNext(pathCode, nextOf(r)))
	}
	return s.goHome(w, r, session.Person)
}

// goHome leads to the page that a person came for, or to the first one that is theirs: the desk of staff, of a provider's
// members, or their spaces.
func (s *Server) goHome(w http.ResponseWriter, r *http.Request, p identity.Person) error {
	switch next := nextOf(r); {
	case next != "":
		return s.redirect(w, r, next)
	case p.Role != identity.NoRole:
		return s.redirect(w, r, pathAdmin)
	}
	own, err := s.opts.Directory.Memberships(r.Context(), p.ID)
	if err != nil {
		return err
	}
	if len(own) > 0 {
		return s.redirect(w, r, pathProvider)
	}
	return s.redirect(w, r, pathSpaces)
}

// withNext keeps where the visitor wants to go in the address of a page on the way.
func withNext(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?" + url.Values{"suite": {next}}.Encode()
}

// signInFor is the sign-in page that leads back to what was asked for, when going there again is harmless.
func signInFor(r *http.Request) string {
	if r.Method != http.MethodGet || render.IsFragment(r) {
		return pathSignIn
	}
	return withNext(pathSignIn, localPath(r.URL.RequestURI()))
}

// codeFor is the page of the second factor, in the same way.
func codeFor(r *http.Request) string {
	if r.Method != http.MethodGet || render.IsFragment(r) {
		return pathCode
	}
	return withNext(pathCode, localPath(r.URL.RequestURI()))
}

func nextOf(r *http.Request) string { return localPath(r.URL.Query().Get("suite")) }

// localPath returns the path and query of an address of ours, and "" for anything that could lead elsewhere or back into
// signing in. Browsers read a backslash as a slash, and drop tabs and line ends.
func localPath(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\t\r\n") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil {
		return ""
	}
	for _, loop := range []string{pathSignIn, pathSignOut, "/lien"} {
		if u.Path == loop || strings.HasPrefix(u.Path, loop+"/") {
			return ""
		}
	}
	return u.RequestURI()
}
