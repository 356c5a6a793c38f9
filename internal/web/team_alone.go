package web

import (
	"net/http"
	"net/url"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/support/linking"
)

// anyStance is, in an address, all spaces without a provider, whatever their search has come to.
const anyStance linking.Stance = "tous"

// stancesAlone are the lists of spaces without a provider that can be asked for.
func stancesAlone() []linking.Stance {
	return []linking.Stance{anyStance, linking.Choosing, linking.Waiting, linking.Later, linking.Exhausted}
}

// unlinkedRow is a space that nobody helps.
type unlinkedRow struct {
	Space   string
	SpaceAt string // what the team can do about it
	Stance  i18n.Message
	AskAt   time.Time
	Since   time.Time
}

// listAlone lists the spaces that nobody helps.
func (s *Server) listAlone(r *http.Request, view *teamLinksView, chosen linking.Stance) error {
	stance := chosen
	if stance == anyStance {
		stance = ""
	}
	spaces, err := s.opts.Linking.Unlinked(r.Context(), s.person(r), lastSeen(r), linksPerPage+1, stance)
	if err != nil {
		return err
	}
	spaces = leaf(r, view, url.Values{"sans": {string(chosen)}}, spaces, func(u linking.Unlinked) int64 { return u.SpaceID })
	for _, u := range spaces {
		row := unlinkedRow{Space: u.Name, SpaceAt: view.Href(spacePath(u.SpacePublicID)) + "#accompagnement",
			Stance: i18n.M("team.links.stance." + string(u.Stance)), Since: u.Since}
		if u.Stance == linking.Later {
			row.AskAt = u.AskAt
		}
		view.Alone = append(view.Alone, row)
	}
	view.List, view.Empty.Title = i18n.M("team.links.alone"), i18n.M("team.links.empty-alone")
	return nil
}
