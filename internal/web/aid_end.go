package web

import (
	"net/http"
	"net/url"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/linking"
	"nichoir/internal/web/render"
)

// linkAt is the address of a form that is about one link, whatever came of it while the form stood open.
func linkAt(path string, l *linking.Link) string {
	return path + "?lien=" + url.QueryEscape(l.PublicID)
}

// linkIn is the link in such an address.
func linkIn(r *http.Request) string { return r.URL.Query().Get("lien") }

// askWithdrawAid asks before a proposal is taken back.
func (s *Server) askWithdrawAid(w http.ResponseWriter, r *http.Request) error {
	space := visitOf(r).space.Space
	search, err := s.opts.Linking.Search(r.Context(), space.ID)
	if err != nil {
		return err
	}
	if search.Pending == nil { // answered meanwhile: the page tells
		return s.redirect(w, r, spaceAid(space.PublicID))
	}
	page := s.page(r, i18n.M("aid.withdraw.title", "Name", search.Pending.ProviderName))
	back := page.Href(spaceAid(space.PublicID))
	return s.show(w, r, http.StatusOK, "lead/ask", askView{
		Page: page, Header: render.Header{Title: page.Title, Crumbs: s.aidCrumbs(r, page)},
		Body: i18n.M("aid.withdraw.body", "Name", search.Pending.ProviderName), Action: page.Href(linkAt(r.URL.Path, search.Pending)),
		Button: i18n.M("aid.withdraw.button"), Back: render.Link{URL: back, Text: i18n.M("aid.withdraw.back")},
	})
}

// aidCrumbs lead back to the space and its page of support.
func (s *Server) aidCrumbs(r *http.Request, page render.Page) []render.Link {
	return append(s.spaceCrumbs(r, page),
		render.Link{URL: page.Href(spaceAid(visitOf(r).space.Space.PublicID)), Text: i18n.M("aid.crumb")})
}

func (s *Server) withdrawAid(w http.ResponseWriter, r *http.Request) error {
	if linkIn(r) == "" { // no form of ours: nothing is taken back
		return s.redirect(w, r, spaceAid(visitOf(r).space.Space.PublicID))
	}
	err := s.opts.Linking.Withdraw(r.Context(), visitOf(r).space.Space.ID, linkIn(r), "", s.reader(r))
	return s.turned(w, r, err, i18n.M("aid.flash.withdrawn"))
}

func (s *Server) askEndAid(w http.ResponseWriter, r *http.Request) error {
	return s.endAidPage(w, r, http.StatusOK, nil)
}

// endAidPage asks before an accompaniment ends; refused is why the reason was not taken.
func (s *Server) endAidPage(w http.ResponseWriter, r *http.Request, status int, refused *problem.Error) error {
	space := visitOf(r).space.Space
	search, err := s.opts.Linking.Search(r.Context(), space.ID)
	if err != nil {
		return err
	}
	if search.Current == nil {
		return s.redirect(w, r, spaceAid(space.PublicID))
	}
	name := search.Current.ProviderName
	page := s.page(r, i18n.M("aid.end.title", "Name", name))
	view := reasonView{
		Page: page, Header: render.Header{Title: page.Title, Crumbs: s.aidCrumbs(r, page)}, Body: i18n.M("aid.end.body", "Name", name),
		Action: page.Href(linkAt(r.URL.Path, search.Current)), Button: i18n.M("aid.end.button"),
		Reason: render.Field{
			Name: linking.FieldReason, Label: i18n.M("aid.end.reason"), Hint: i18n.M("aid.end.reason-hint", "Name", name), Rows: 4, Optional: true,
			MaxLength: linking.WordsMax,
		},
		Back: render.Link{URL: page.Href(spaceAid(space.PublicID)), Text: i18n.M("aid.end.back")},
	}
	if refused != nil {
		view.Reason.Value = typed(r, linking.FieldReason)
		view.Errors = summarise(mark(refused, &view.Reason), &view.Reason)
	}
	return s.show(w, r, status, "provider/reason", view)
}

func (s *Server) endAid(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	if linkIn(r) == "" { // no form of ours: nothing ends
		return s.redirect(w, r, spaceAid(visitOf(r).space.Space.PublicID))
	}
	err := s.opts.Linking.End(r.Context(), visitOf(r).space.Space.ID, linkIn(r), typed(r, linking.FieldReason), s.reader(r))
	if p, refused := refusal(err); refused && p.Code == problem.Invalid {
		return s.endAidPage(w, r, statusOf(p.Code), p)
	}
	return s.turned(w, r, err, i18n.M("aid.flash.ended"))
}
