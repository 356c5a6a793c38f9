package web

import (
	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/web/render"
)

// nav are the links on top of every page: what a visitor, a lead, or a member of staff comes for.
func nav(session identity.Session, known bool) []render.Link {
	link := func(path, key string) render.Link { return render.Link{URL: path, Text: i18n.M(key)} }
	help := link(pathHelp, "public.nav.help")
	switch {
	case !known:
		return []render.Link{link(pathApply, "public.nav.apply"), help, link(pathSignIn, "public.nav.sign-in")}
	case session.Person.Role == identity.NoRole:
		return []render.Link{link(pathSpaces, "public.nav.spaces"), help}
	case session.NeedsSecondFactor():
		return []render.Link{help}
	default:
		return staffNav()
	}
}

// staffNav are the desks of the team.
func staffNav() []render.Link {
	return []render.Link{{URL: pathAdmin, Text: i18n.M("admin.nav.home")}}
}
