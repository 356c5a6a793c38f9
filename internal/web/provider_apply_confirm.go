package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// joinConfirmView asks for the one click that confirms an organisation's address.
type joinConfirmView struct {
	render.Page

	Name   string
	Action string
}

// showConfirmProvider shows the button. Mail scanners come here too: nothing is consumed.
func (s *Server) showConfirmProvider(w http.ResponseWriter, r *http.Request) error {
	p, err := s.providerOfLink(r)
	if err != nil {
		return s.confirmProviderFailed(w, r, p, err)
	}
	page := s.page(r, i18n.M("directory.confirm.title"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, "directory/confirm", joinConfirmView{Page: page, Name: p.Profile.Name, Action: page.Href(r.URL.Path)})
}

// providerOfLink returns what the link is about; with problem.Gone too.
func (s *Server) providerOfLink(r *http.Request) (directory.Provider, error) {
	link, bad := s.opts.Identity.Open(r.Context(), mux.Vars(r)["token"], identity.PurposeProviderConfirm)
	if link.Ref == 0 {
		return directory.Provider{}, bad
	}
	p, err := s.opts.Directory.Provider(r.Context(), link.Ref)
	if err != nil {
		return directory.Provider{}, err
	}
	return p, bad
}

// confirmProvider spends the link.
func (s *Server) confirmProvider(w http.ResponseWriter, r *http.Request) error {
	done, err := s.opts.Directory.Confirm(r.Context(), mux.Vars(r)["token"])
	if err == nil {
		return s.redirect(w, r, pathJoined+done.PublicID)
	}
	if _, refused := refusal(err); !refused {
		return err
	}
	p, bad := s.providerOfLink(r)
	if bad == nil {
		bad = err
	}
	return s.confirmProviderFailed(w, r, p, bad)
}

// confirmProviderFailed leads who has confirmed already to the application, and explains other links that do nothing.
func (s *Server) confirmProviderFailed(w http.ResponseWriter, r *http.Request, p directory.Provider, err error) error {
	refused, known := refusal(err)
	switch {
	case known && !p.ConfirmedAt.IsZero():
		return s.redirect(w, r, pathJoined+p.PublicID)
	case known && isBadLink(refused):
		return s.showBadLink(w, r, refused, identity.PurposeProviderConfirm)
	default:
		return err
	}
}
