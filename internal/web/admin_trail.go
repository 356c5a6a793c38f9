package web

import (
	"net/http"
	"slices"

	"nichoir/internal/identity"
	"nichoir/internal/web/render"
)

// trailLength is how much of a trail a page shows: a host that is checked every day has a long one.
const trailLength = 20

// trailOf is what a trail is about.
type trailOf struct {
	subject string
	id      int64
}

// trail is what was done last to the subjects, and by whom.
func (s *Server) trail(r *http.Request, subjects ...trailOf) ([]render.Event, error) {
	var all []identity.Record
	for _, of := range subjects {
		lines, err := s.opts.Identity.Trail(r.Context(), of.subject, of.id)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	slices.SortStableFunc(all, func(a, b identity.Record) int { return a.At.Compare(b.At) })
	return records(all[max(0, len(all)-trailLength):]), nil
}
