package web

import (
	"net/http"
	"time"
)

// Route is a line of the table of routes, for the test that walks them all.
type Route struct{ Method, Path string }

// Routes lists the whole site.
func (s *Server) Routes() []Route {
	var out []Route
	for _, rt := range s.routes() {
		out = append(out, Route{rt.method, rt.path})
	}
	return out
}

// Behind puts a handler of the test's own where the routes are.
func (s *Server) Behind(do func(http.ResponseWriter, *http.Request) error) http.Handler {
	return s.observe(s.protect(s.csrf.Handler(s.adapt(route{path: "/test/{id}", do: do}))))
}

// Remote names the asking machine.
func (s *Server) Remote(r *http.Request) string { return s.remote(r) }

// SetSteady sets how long asking for a link takes at least.
func (s *Server) SetSteady(d time.Duration) { s.opts.Steady = d }

// Defused is a cell of the exported directory.
func Defused(cell string) string { return defused(cell) }
