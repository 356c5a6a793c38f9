package web

import (
	"net/http"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
)

// pathAddresses lists the other addresses of whoever is signed in.
const pathAddresses = "/mes-adresses"

// fieldAddress names the one that is to be forgotten.
const fieldAddress = "adresse"

// addressesView lists the addresses that were remembered for a person beside their own.
type addressesView struct {
	render.Page

	Header  render.Header
	Own     string
	Others  []string
	Field   string
	Action  string
	Nothing render.Empty
}

// showAddresses lists them, each with a button that forgets it.
func (s *Server) showAddresses(w http.ResponseWriter, r *http.Request) error {
	by := s.person(r)
	found, err := s.opts.Inbox.Addresses(r.Context(), by.ID)
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("account.addresses.title"))
	view := addressesView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("account.addresses.lead")}, Own: by.Email,
		Field: fieldAddress, Action: page.Href(pathAddresses),
		Nothing: render.Empty{Drawing: "empty-nest", Title: i18n.M("account.addresses.none"), Body: i18n.M("account.addresses.none-body")},
	}
	for _, a := range found {
		view.Others = append(view.Others, a.Email)
	}
	return s.show(w, r, http.StatusOK, "account/addresses", view)
}

// forgetOwnAddress forgets one of the person's own others. A second click finds it forgotten.
func (s *Server) forgetOwnAddress(w http.ResponseWriter, r *http.Request) error {
	err := s.opts.Inbox.ForgetOwnAddress(r.Context(), s.person(r).ID, typed(r, fieldAddress))
	return s.settle(w, r, err, pathAddresses, i18n.M("account.addresses.forgotten"))
}

// addressesLink leads to the page of one's other addresses; the zero Link for who has none.
func (s *Server) addressesLink(r *http.Request, page render.Page) (render.Link, error) {
	found, err := s.opts.Inbox.Addresses(r.Context(), s.person(r).ID)
	if err != nil || len(found) == 0 {
		return render.Link{}, err
	}
	return render.Link{URL: page.Href(pathAddresses), Text: i18n.M("account.addresses.title")}, nil
}
