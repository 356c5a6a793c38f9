package web

import (
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// addressView asks a person whether it was they who gave us another address.
type addressView struct {
	render.Page

	Header  render.Header
	Address string
	Action  string
}

// showAddress shows the address with the button that forgets it. Nothing is consumed.
func (s *Server) showAddress(w http.ResponseWriter, r *http.Request) error {
	address, err := s.opts.Inbox.OpenAddress(r.Context(), mux.Vars(r)["token"])
	if err != nil {
		return s.addressOver(w, r, err)
	}
	page := s.page(r, i18n.M("ticket.address.title"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, "ticket/address", addressView{
		Page: page, Header: render.Header{Title: page.Title}, Address: address, Action: page.Href(r.URL.Path),
	})
}

// forgetAddress forgets it. A second click finds it forgotten.
func (s *Server) forgetAddress(w http.ResponseWriter, r *http.Request) error {
	if err := s.opts.Inbox.ForgetAddress(r.Context(), mux.Vars(r)["token"]); err != nil {
		return s.addressOver(w, r, err)
	}
	return s.redirect(w, r, "/lien/adresse/"+url.PathEscape(mux.Vars(r)["token"])+"/oubliee")
}

// showAddressForgotten says that it is done. It tells nothing of any link.
func (s *Server) showAddressForgotten(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, i18n.M("ticket.address.forgotten"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, render.MessagePage, render.MessageView{
		Page: page, Drawing: "nest-box", Body: []i18n.Message{i18n.M("ticket.address.forgotten-body")},
	})
}

func (s *Server) addressOver(w http.ResponseWriter, r *http.Request, err error) error {
	if p, refused := refusal(err); refused && (isBadLink(p) || p.Code == problem.Gone) {
		return s.mailedLinkOver(w, r, p, identity.PurposeAddress)
	}
	return err
}
