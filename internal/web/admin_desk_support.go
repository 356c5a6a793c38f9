package web

import (
	"net/http"

	"nichoir/internal/i18n"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// deskSupport is what the desk tells of support: what waits for the team, and how much there is.
type deskSupport struct {
	notices []render.Notice
	figures []figure
}

func (s *Server) deskSupport(r *http.Request, page render.Page) (deskSupport, error) {
	ctx, by := r.Context(), s.person(r)
	asked, err := s.opts.Directory.Review(ctx, by, directory.Applied)
	if err != nil {
		return deskSupport{}, err
	}
	help, err := s.opts.Tickets.Figures(ctx, by)
	if err != nil {
		return deskSupport{}, err
	}
	links, err := s.opts.Linking.Figures(ctx, by)
	if err != nil {
		return deskSupport{}, err
	}
	var out deskSupport
	if help.Unowned > 0 {
		kind, body := render.Waiting, i18n.M("admin.desk.tickets-calm")
		if help.Late > 0 {
			kind, body = render.Trouble, i18n.M("admin.desk.tickets-late", "Count", help.Late)
		}
		out.notices = append(out.notices, render.Notice{
			Kind: kind, Title: i18n.M("admin.desk.tickets", "Count", help.Unowned), Body: body,
			Action: render.Link{URL: page.Href(pathAdminTickets), Text: i18n.M("admin.desk.tickets-link")},
		})
	}
	if len(asked) > 0 {
		out.notices = append(out.notices, render.Notice{
			Kind: render.Info, Title: i18n.M("admin.desk.providers", "Count", len(asked)), Body: i18n.M("admin.desk.providers-body"),
			Action: render.Link{URL: page.Href(pathAdminProviders), Text: i18n.M("admin.desk.providers-link")},
		})
	}
	for _, f := range []struct {
		path  string
		count int
		label string
	}{
		{pathAdminTickets, help.Open, "admin.desk.open-tickets"},
		{pathAdminTickets, help.Late, "admin.desk.late-tickets"},
		{pathAdminLinks + "?sans=" + string(anyStance), links.Unlinked, "admin.desk.unlinked"},
		{pathAdminLinks, max(0, links.Places-links.Taken), "admin.desk.places"},
	} {
		out.figures = append(out.figures, figure{URL: page.Href(f.path), Count: i18n.M("admin.number", "Count", f.count),
			Label: i18n.M(f.label, "Count", f.count)})
	}
	return out, nil
}
