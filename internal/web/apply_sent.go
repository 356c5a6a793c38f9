package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// sentView says to which address the link went, and lets it be corrected.
type sentView struct {
	render.Page

	Address string
	Trouble *render.Notice // the address was refused
	Again   bool           // a mail was sent once more
	Near    string         // what the address should have been, perhaps
	Action  string
	Email   render.Field
	Status  string // the page that follows the application
	Open    bool   // the form for another address is shown at once
}

// showSent tells where the link went. It names the address in full, for a slip must be seen: until it is confirmed, only
// the browser that sent the form knows the page's own address.
func (s *Server) showSent(w http.ResponseWriter, r *http.Request) error {
	st, err := s.opts.Onboarding.Status(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	a := st.Application
	if a.State != onboarding.Unconfirmed {
		return s.redirect(w, r, "/suivi/"+a.PublicID)
	}
	return s.showSentTo(w, r, http.StatusOK, a, nil)
}

func (s *Server) showSentTo(w http.ResponseWriter, r *http.Request, status int, a onboarding.Application, p *problem.Error) error {
	page := s.page(r, i18n.M("public.sent.title"))
	page.NoIndex = true
	page.Path, page.Query = "/demande/"+a.PublicID+"/envoyee", "" // where the language can be changed
	view := sentView{
		Page: page, Address: a.LeadEmail, Again: r.URL.Query().Get("encore") != "",
		Action: page.Href("/demande/" + a.PublicID + "/adresse"), Status: page.Href("/suivi/" + a.PublicID),
		Email: render.Field{Name: onboarding.FieldEmail, Label: i18n.M("public.sent.email"), Value: a.LeadEmail, Type: "email",
			InputMode: "email", Autocomplete: "email", NoSpell: true},
	}
	if a.MailTrouble != "" {
		view.Open = true
		view.Trouble = &render.Notice{Kind: render.Trouble, Title: i18n.M("public.sent.trouble"),
			Body: i18n.M("public.sent.trouble-body", "Code", a.MailTrouble)}
	}
	if near, ok := s.opts.Suggest(a.LeadEmail); ok {
		view.Near = near
	}
	if p != nil {
		view.Open = true
		view.Email.Value = typed(r, onboarding.FieldEmail)
		view.Errors = summarise(mark(p, &view.Email), &view.Email)
	}
	return s.show(w, r, status, "public/sent", view)
}

// correctAddress sends the link to another address, or to the same one again.
func (s *Server) correctAddress(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	id := mux.Vars(r)["id"]
	a, err := s.opts.Onboarding.CorrectAddress(r.Context(), id, typed(r, onboarding.FieldEmail))
	if err == nil {
		return s.redirect(w, r, "/demande/"+a.PublicID+"/envoyee?encore=oui")
	}
	p, refused := refusal(err)
	if !refused || p.Code == problem.NotFound {
		return err
	}
	st, err := s.opts.Onboarding.Status(r.Context(), id)
	if err != nil {
		return err
	}
	if st.Application.State != onboarding.Unconfirmed {
		return s.redirect(w, r, "/suivi/"+id)
	}
	return s.showSentTo(w, r, statusOf(p.Code), st.Application, p)
}
