package web

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// decided ends an action of the team: it is told on the provider's page, which also shows what was refused.
func (s *Server) decided(w http.ResponseWriter, r *http.Request, err error, said i18n.Message) error {
	path := teamProviderPath(mux.Vars(r)["id"])
	p, refused := refusal(err)
	switch {
	case err == nil:
		return s.done(w, r, path, said)
	case refused && p.Code == problem.Invalid:
		return s.teamProviderPage(w, r, statusOf(p.Code), p)
	case refused && p.Code == problem.Conflict: // a second click, or somebody else: the page tells
		return s.warn(w, r, path, sentence(p))
	}
	return err
}

// askProvider puts a question to an organisation that applied.
func (s *Server) askProvider(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	err := s.opts.Directory.Ask(r.Context(), mux.Vars(r)["id"], typed(r, "form_key"), typed(r, directory.FieldQuestion), s.person(r))
	return s.decided(w, r, err, i18n.M("team.flash.asked"))
}

// acceptProvider puts an organisation into the directory.
func (s *Server) acceptProvider(w http.ResponseWriter, r *http.Request) error {
	err := s.opts.Directory.List(r.Context(), mux.Vars(r)["id"], s.person(r))
	return s.decided(w, r, err, i18n.M("team.flash.listed"))
}

// refuseProvider refuses an organisation, or takes one out of the directory.
func (s *Server) refuseProvider(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	send := typed(r, "send") != ""
	seen := []directory.State{directory.State(typed(r, "seen"))}
	if seen[0] != directory.Applied {
		seen = []directory.State{directory.Listed, directory.Paused} // it may rest meanwhile: that changes nothing
	}
	err := s.opts.Directory.Refuse(r.Context(), mux.Vars(r)["id"], typed(r, directory.FieldReason), send, s.person(r), seen...)
	if send {
		return s.decided(w, r, err, i18n.M("team.flash.refused"))
	}
	return s.decided(w, r, err, i18n.M("team.flash.refused-silently"))
}

// pauseProvider lets a listed one rest from now on.
func (s *Server) pauseProvider(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	span := support.Span{From: s.opts.Now()}
	if day := typed(r, directory.FieldUntil); day != "" {
		where, err := paris()
		if err != nil {
			return err
		}
		last := dayIn(where, day)
		if last.IsZero() {
			return s.decided(w, r, problem.InvalidField(directory.FieldUntil, "problem.pause_until"), i18n.Message{})
		}
		span.Until = last.AddDate(0, 0, 1) // the last day belongs to the rest
	}
	err := s.opts.Directory.Pause(r.Context(), mux.Vars(r)["id"], span, directory.PauseTeam, s.person(r))
	return s.decided(w, r, err, i18n.M("team.flash.paused"))
}

// resumeProvider ends the rest that is on.
func (s *Server) resumeProvider(w http.ResponseWriter, r *http.Request) error {
	err := s.opts.Directory.Resume(r.Context(), mux.Vars(r)["id"], s.person(r))
	return s.decided(w, r, err, i18n.M("team.flash.resumed"))
}

// dropPause takes back a rest.
func (s *Server) dropProviderPause(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(mux.Vars(r)["pause"], 10, 64)
	if err != nil {
		return problem.New(problem.NotFound, "problem.not_found")
	}
	err = s.opts.Directory.DropPause(r.Context(), mux.Vars(r)["id"], id, s.person(r))
	return s.decided(w, r, err, i18n.M("team.flash.pause-dropped"))
}
