package web

import (
	"context"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// handler answers a request, or returns why it did not: a *problem.Error becomes a page that says so, anything else the
// page for what should not happen.
type handler func(w http.ResponseWriter, r *http.Request) error

// route is one line of the table of routes.
type route struct {
	method string // GET also answers HEAD
	path   string // template of gorilla/mux
	may    access // who may go there
	do     handler
	files  bool // takes files: more may be sent, and for longer
}

func get(path string, may access, do handler) route {
	return route{method: http.MethodGet, path: path, may: may, do: do}
}

func post(path string, may access, do handler) route {
	return route{method: http.MethodPost, path: path, may: may, do: do}
}

// postFiles is post for the few forms that carry files.
func postFiles(path string, may access, do handler) route {
	return route{method: http.MethodPost, path: path, may: may, do: do, files: true}
}

// visit is what is known of one request while it is answered.
type visit struct {
	id      string
	route   string
	session *identity.Session       // nil: nobody is signed in
	space   *provisioning.View      // read by leads
	member  *directory.Membership   // read by members
	belongs *[]directory.Membership // of the person, once asked for: see memberships
	spaces  *bool                   // whether the person has to do with any, once asked for: see asksForSpaces
	body    io.ReadCloser           // of the request, without the limit: see drain
	failure error                   // for the line in the log
}

type visitKey struct{}

// visitOf returns the request's visit. Every request has one: see observe.
func visitOf(r *http.Request) *visit {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

func withVisit(r *http.Request, v *visit) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// router makes the table of routes answer.
func (s *Server) router() http.Handler {
	m := mux.NewRouter()
	m.PathPrefix(render.AssetPrefix).Handler(s.assets()).Methods(http.MethodGet, http.MethodHead)
	for _, rt := range s.routes() {
		methods := []string{rt.method}
		if rt.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		m.Handle(rt.path, s.adapt(rt)).Methods(methods...)
	}
	m.NotFoundHandler = s.adapt(route{path: "(none)", do: s.notFound})
	m.MethodNotAllowedHandler = s.adapt(route{path: "(method)", do: s.wrongMethod})
	return m
}

// adapt is the one place where a handler's error becomes an answer.
func (s *Server) adapt(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitOf(r).route = rt.path
		r, cancel := s.bound(w, r, rt)
		defer cancel()
		err := s.load(r)
		if err == nil && !legible(mux.Vars(r)) {
			err = problem.New(problem.NotFound, "problem.not_found")
		}
		if err == nil && rt.may != nil {
			err = rt.may(s, r)
		}
		if err == nil && rt.files {
			var end func()
			if end, err = s.posted.begin(s.person(r).ID, r.ContentLength); err == nil {
				defer end()
				err = s.patient(w)
			}
		}
		if err == nil {
			err = rt.do(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// legible reports whether the parts of an address are text. Nothing has a name that no database can hold.
func legible(parts map[string]string) bool {
	for _, part := range parts {
		if !utf8.ValidString(part) || strings.ContainsRune(part, 0) {
			return false
		}
	}
	return true
}

func (s *Server) assets() http.Handler {
	files := s.opts.Render.Assets()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitOf(r).route = render.AssetPrefix
		files.ServeHTTP(w, r)
	})
}
