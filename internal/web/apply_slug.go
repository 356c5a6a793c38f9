package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/web/render"
)

// slugField asks for the short name of the space. When the one that was typed cannot be had, a free one near to it is
// offered as a choice; Refused lets the server see whether the person typed yet another one instead.
type slugField struct {
	Field   render.Field
	Offer   render.Field // radios; no choices: nothing is offered
	Refused string
	Box     string // the address that answers with the whole field
	Mended  bool   // the field was just filled by a click, and takes the focus
}

func newSlugField(page render.Page) slugField {
	return slugField{
		Field: render.Field{Name: onboarding.FieldSlug, Label: i18n.M("public.apply.slug"),
			Hint: i18n.M("public.apply.slug-hint"), Autocomplete: "off", NoSpell: true, Check: page.Href("/demande/nom")},
		Box: page.Href("/demande/nom/prendre"),
	}
}

// chosenSlug is the name that the form asks for: the one that was offered and taken, unless another one was typed since.
func chosenSlug(r *http.Request) string {
	slug, offer := typed(r, onboarding.FieldSlug), typed(r, "offer")
	if offer != "" && slug == typed(r, "refused") {
		return offer
	}
	return slug
}

// propose offers a free name in place of the one that was refused; without one, a name is made from the association's.
func (s *Server) propose(ctx context.Context, f *slugField, slug, association string) error {
	near := slug
	if near == "" {
		near = association
	}
	if strings.TrimSpace(near) == "" {
		return nil
	}
	free, proposal, err := s.opts.Onboarding.SlugFree(ctx, near)
	if err != nil {
		return err
	}
	if free && slug != "" {
		f.Field.Status = i18n.M("public.slug.free", "Name", slug)
	}
	if free || proposal == "" {
		return nil
	}
	f.Refused = slug
	f.Offer = render.Field{Name: "offer", Type: "radio", Label: i18n.M("public.slug.offer"), Value: proposal,
		Choices: []render.Choice{
			{Value: proposal, Label: i18n.M("public.slug.take", "Name", proposal)},
			{Value: "", Label: i18n.M("public.slug.other")},
		}}
	return nil
}

// slugView is the answer to the question whether a name is free.
type slugView struct {
	render.Page

	Slug     string
	Free     bool
	Malform  bool // it could not be a name at all
	Reserved bool
	Proposal string
	Take     string    // the address that fills the field with the proposal
	Field    slugField // filled with it
}

// checkSlug answers whether a name is free, while the form is being filled in.
func (s *Server) checkSlug(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, i18n.M("public.apply.slug"))
	view := slugView{Page: page, Slug: strings.TrimSpace(r.URL.Query().Get(onboarding.FieldSlug))}
	if view.Slug != "" {
		free, proposal, err := s.opts.Onboarding.SlugFree(r.Context(), view.Slug)
		if err != nil {
			return err
		}
		view.Free, view.Proposal = free, proposal
		view.Malform, view.Reserved = !onboarding.ValidSlug(view.Slug), onboarding.Reserved(view.Slug)
		view.Take = page.Href("/demande/nom/prendre?" + url.Values{onboarding.FieldSlug: {proposal}}.Encode())
	}
	return s.opts.Render.Fragment(w, http.StatusOK, "public/apply", "slug-status", view)
}

// takeSlug answers with the field, filled with the proposal.
func (s *Server) takeSlug(w http.ResponseWriter, r *http.Request) error {
	view := slugView{Page: s.page(r, i18n.M("public.apply.slug"))}
	view.Field = newSlugField(view.Page)
	slug := strings.TrimSpace(r.URL.Query().Get(onboarding.FieldSlug))
	view.Field.Field.Value, view.Field.Mended = slug, true
	if err := s.propose(r.Context(), &view.Field, slug, ""); err != nil {
		return err
	}
	return s.opts.Render.Fragment(w, http.StatusOK, "public/apply", "slug-taken", view)
}
