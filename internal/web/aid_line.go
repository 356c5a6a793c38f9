package web

import (
	"net/http"

	"nichoir/internal/i18n"
	"nichoir/internal/support/linking"
	"nichoir/provisioning"
)

// aidBlock says on a space's own page, in one line, where the search for a provider stands.
type aidBlock struct {
	Line i18n.Message
	Open i18n.Message // what the link to the page of support says
	URL  string
	New  string // where help is asked for
}

// tellAid fills in the block about support on a space's own page.
func (s *Server) tellAid(r *http.Request, view *leadSpaceView, space provisioning.Space) error {
	if !stood(space) {
		return nil
	}
	search, err := s.opts.Linking.Search(r.Context(), space.ID)
	if err != nil {
		return err
	}
	line, err := aidLine(search)
	if err != nil {
		return err
	}
	view.Aid = &aidBlock{
		Line: line, Open: i18n.M("aid.open." + string(search.Stance)), URL: view.Href(spaceAid(space.PublicID)),
		New: view.Href(spaceTickets(space.PublicID) + "/nouveau"),
	}
	return nil
}

// aidLine puts a search in one sentence.
func aidLine(search linking.Search) (i18n.Message, error) {
	switch search.Stance {
	case linking.Choosing:
		return i18n.M("aid.line.choosing", "Count", len(search.Proposals)), nil
	case linking.Later:
		day, err := dayOf(search.AskAt)
		return i18n.M("aid.line.later", "Date", day), err
	case linking.Waiting:
		if search.Pending.DueAt.IsZero() {
			return i18n.M("aid.line.resting", "Name", search.Pending.ProviderName), nil
		}
		day, err := dayOf(search.Pending.DueAt)
		return i18n.M("aid.line.waiting", "Name", search.Pending.ProviderName, "Date", day), err
	case linking.Linked:
		return i18n.M("aid.line.linked", "Name", search.Current.ProviderName), nil
	case linking.Exhausted:
		return i18n.M("aid.line.exhausted"), nil
	case linking.NotReady:
	}
	return i18n.M("aid.line.not_ready"), nil
}

// stood reports whether a space was ready once: only then there is anything to ask about.
func stood(sp provisioning.Space) bool {
	return sp.State != provisioning.Queued && sp.State != provisioning.Provisioning
}
