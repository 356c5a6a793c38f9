package web

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// greetFor is how long after a password was set its link still shows the page that says so: long enough to come back to it
// from the application on the phone, too short for an old mail to be of use to others.
const greetFor = time.Hour

// passwordView asks for the password of an account, the first or another one.
type passwordView struct {
	render.Page

	Header   render.Header
	Space    string // its name
	Login    render.Copyable
	First    bool
	Lead     bool
	Action   string
	Password render.Field
}

// passwordDoneView says what one needs to get in.
type passwordDoneView struct {
	render.Page

	Header render.Header
	Login  render.Copyable
	Server render.Copyable
	URL    string // of the server
	First  bool
	Manage string // the page of the space, for its lead; "" for others
	Forgot string // where to ask for a link for a new password; "" for who has just chosen one
}

// showActivate and the three below are one page, reached by the two kinds of link.
func (s *Server) showActivate(w http.ResponseWriter, r *http.Request) error {
	return s.showPassword(w, r, identity.PurposeActivate)
}

func (s *Server) activate(w http.ResponseWriter, r *http.Request) error {
	return s.setPassword(w, r, identity.PurposeActivate)
}

func (s *Server) showNewPassword(w http.ResponseWriter, r *http.Request) error {
	return s.showPassword(w, r, identity.PurposePassword)
}

func (s *Server) setNewPassword(w http.ResponseWriter, r *http.Request) error {
	return s.setPassword(w, r, identity.PurposePassword)
}

func (s *Server) showActivated(w http.ResponseWriter, r *http.Request) error {
	return s.showPasswordDone(w, r, identity.PurposeActivate)
}

func (s *Server) showNewPasswordDone(w http.ResponseWriter, r *http.Request) error {
	return s.showPasswordDone(w, r, identity.PurposePassword)
}

// showPassword shows the form. Nothing is consumed: mail scanners come here too.
func (s *Server) showPassword(w http.ResponseWriter, r *http.Request, purpose identity.Purpose) error {
	link, err := s.opts.Identity.Open(r.Context(), mux.Vars(r)["token"], purpose)
	if err != nil {
		return s.passwordFailed(w, r, purpose, err)
	}
	about, err := s.opts.Provisioning.ActivationOf(r.Context(), link.Ref)
	if err != nil {
		return s.passwordFailed(w, r, purpose, err)
	}
	return s.showPasswordForm(w, r, http.StatusOK, about, nil)
}

func (s *Server) showPasswordForm(w http.ResponseWriter, r *http.Request, status int, about provisioning.Activation, p *problem.Error) error {
	title := i18n.M("public.password.again")
	if about.First {
		title = i18n.M("public.password.first")
	}
	page := s.page(r, title)
	page.NoIndex = true
	view := passwordView{
		Page: page, Header: render.Header{Title: title, Lead: i18n.M("public.password.lead", "Space", about.SpaceName)},
		Space: about.SpaceName, First: about.First, Lead: about.Account.Role == provisioning.Lead, Action: page.Href(r.URL.Path),
		Login:    render.Copyable{ID: "login", Label: i18n.M("public.password.login"), Value: about.Account.Login},
		Password: newPasswordField(),
	}
	if p != nil {
		view.Errors = summarise(mark(p, &view.Password), &view.Password)
	}
	return s.show(w, r, status, "public/password", view)
}

func newPasswordField() render.Field {
	return render.Field{Name: "password", Type: "password", Label: i18n.M("public.password.password"),
		Hint: i18n.M("public.password.hint"), Autocomplete: "new-password", NoSpell: true}
}

// setPassword sets the password on the server while the person waits. When the server does not answer the link stays good.
func (s *Server) setPassword(w http.ResponseWriter, r *http.Request, purpose identity.Purpose) error {
	if err := parse(r); err != nil {
		return err
	}
	link, err := s.opts.Identity.Open(r.Context(), mux.Vars(r)["token"], purpose)
	if err != nil {
		return s.passwordSpent(w, r, purpose, link, err)
	}
	about, err := s.opts.Provisioning.ActivationOf(r.Context(), link.Ref)
	if err != nil {
		return s.passwordFailed(w, r, purpose, err)
	}
	password := r.PostFormValue("password")
	if password == "" {
		return s.showPasswordForm(w, r, http.StatusUnprocessableEntity, about,
			problem.InvalidField("password", "problem.password_required"))
	}
	err = s.opts.Provisioning.SetPassword(r.Context(), link.ID, link.Ref, password)
	if err == nil {
		return s.redirect(w, r, r.URL.Path+"/fait")
	}
	if p, refused := refusal(err); refused && p.Key == "problem.link_used" { // another post was quicker
		if link, opened := s.opts.Identity.Open(r.Context(), mux.Vars(r)["token"], purpose); opened != nil {
			return s.passwordSpent(w, r, purpose, link, opened)
		}
		return s.passwordFailed(w, r, purpose, err)
	}
	if p, refused := refusal(err); refused && (p.Code == problem.Invalid || p.Code == problem.Unavailable) {
		if p.Err != nil {
			visitOf(r).failure = err
		}
		return s.showPasswordForm(w, r, statusOf(p.Code), about, p)
	}
	return s.passwordFailed(w, r, purpose, err)
}

// passwordSpent answers a post whose link was used. A moment ago that may be a double click, or somebody else with another
// password: whoever it is, they see what to get in with, and that the first password counts.
func (s *Server) passwordSpent(w http.ResponseWriter, r *http.Request, purpose identity.Purpose, link identity.Link, err error) error {
	if s.justSpent(link) {
		return s.redirect(w, r, r.URL.Path+"/fait?deja=oui")
	}
	return s.passwordFailed(w, r, purpose, err)
}

// showPasswordDone says how to get in, to who has just set a password.
func (s *Server) showPasswordDone(w http.ResponseWriter, r *http.Request, purpose identity.Purpose) error {
	link, err := s.opts.Identity.Open(r.Context(), mux.Vars(r)["token"], purpose)
	if !s.justSpent(link) {
		if err == nil { // not spent at all
			return s.redirect(w, r, linkPath(purpose)+mux.Vars(r)["token"])
		}
		return s.passwordFailed(w, r, purpose, err)
	}
	about, err := s.opts.Provisioning.ActivationOf(r.Context(), link.Ref)
	if err != nil {
		return s.passwordFailed(w, r, purpose, err)
	}
	page := s.page(r, i18n.M("public.welcome.title"))
	page.NoIndex = true
	view := passwordDoneView{
		Page: page, URL: about.SpaceURL, First: purpose == identity.PurposeActivate,
		Header: render.Header{Title: page.Title, Lead: i18n.M("public.welcome.lead", "Space", about.SpaceName)},
		Login:  render.Copyable{ID: "login", Label: i18n.M("public.password.login"), Value: about.Account.Login},
		Server: render.Copyable{ID: "server", Label: i18n.M("public.welcome.server"), Value: about.SpaceURL},
	}
	if r.URL.Query().Get("deja") != "" {
		view.Header.Lead = i18n.M("public.welcome.already", "Space", about.SpaceName)
		view.Forgot = page.Href(pathForgot)
	}
	if about.Account.Role == provisioning.Lead {
		view.Manage = page.Href("/espace/" + about.PublicID)
	}
	return s.show(w, r, http.StatusOK, "public/welcome", view)
}

// linkPath is where links of a purpose lead, without their token.
func linkPath(purpose identity.Purpose) string {
	if purpose == identity.PurposePassword {
		return "/lien/mot-de-passe/"
	}
	return "/lien/activer/"
}

func (s *Server) justSpent(link identity.Link) bool {
	return !link.SpentAt.IsZero() && s.opts.Now().Sub(link.SpentAt) < greetFor
}

// passwordFailed explains a link that opens nothing, and an account that is there no more.
func (s *Server) passwordFailed(w http.ResponseWriter, r *http.Request, purpose identity.Purpose, err error) error {
	if p, refused := refusal(err); refused && isBadLink(p) {
		return s.showBadLink(w, r, p, purpose)
	}
	return err
}
