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

// linkView explains a link that opens nothing, and offers a new one to the same address.
type linkView struct {
	render.Page

	Body  i18n.Message
	Renew string      // where the button posts to
	Other render.Link // another way to what the link was for
}

// showBadLink answers for a link that is unknown, used or expired. It never tells to which address it went.
func (s *Server) showBadLink(w http.ResponseWriter, r *http.Request, p *problem.Error, purpose identity.Purpose) error {
	page := s.page(r, i18n.M("public.link."+titleOfLink(p)))
	page.NoIndex = true
	view := linkView{
		Page: page, Body: sentence(p),
		Renew: page.Href("/lien/renvoyer/" + url.PathEscape(mux.Vars(r)["token"])),
		Other: otherWay(page, purpose),
	}
	return s.show(w, r, statusOf(p.Code), "public/link", view)
}

func titleOfLink(p *problem.Error) string {
	switch p.Key {
	case "problem.link_used":
		return "used"
	case "problem.link_expired":
		return "expired"
	default:
		return "unknown"
	}
}

// otherWay leads to where a link of the purpose can be had without the old one.
func otherWay(page render.Page, purpose identity.Purpose) render.Link {
	switch purpose {
	case identity.PurposeSignIn:
		return render.Link{URL: page.Href(pathSignIn), Text: i18n.M("public.link.sign-in")}
	case identity.PurposePassword:
		return render.Link{URL: page.Href(pathForgot), Text: i18n.M("public.link.password")}
	default:
		return render.Link{URL: page.Href(pathHelp), Text: i18n.M("public.link.help")}
	}
}

// isBadLink reports whether the refusal is about the link itself, and not about what it opens.
func isBadLink(p *problem.Error) bool {
	switch p.Key {
	case "problem.link_unknown", "problem.link_used", "problem.link_expired":
		return true
	}
	return false
}

// renewLink sends a new link to the address of an old one. What it answers does not tell whether there was one.
func (s *Server) renewLink(w http.ResponseWriter, r *http.Request) error {
	if err := s.opts.Identity.Renew(r.Context(), mux.Vars(r)["token"]); err != nil {
		return err
	}
	return s.redirect(w, r, "/lien/renvoye")
}

func (s *Server) showRenewed(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, i18n.M("public.link.renewed"))
	page.NoIndex = true
	return s.show(w, r, http.StatusOK, render.MessagePage, render.MessageView{
		Page: page, Drawing: "pigeon",
		Body: []i18n.Message{i18n.M("public.link.renewed-body"), i18n.M("public.sent.spam")},
	})
}
