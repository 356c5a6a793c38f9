package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// statusOf is the one table from a refusal's code to a status.
func statusOf(code problem.Code) int {
	switch code {
	case problem.Invalid:
		return http.StatusUnprocessableEntity
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.TooMany:
		return http.StatusTooManyRequests
	case problem.Gone:
		return http.StatusGone
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// sentence is what a refusal says.
func sentence(p *problem.Error) i18n.Message { return said(p.Key, p.Args) }

// said is a sentence of a service with its values. "retry_after" is {{.RetryAfter}} there; sizes are read by their names,
// waiting times are in seconds.
func said(key string, args map[string]any) i18n.Message {
	m := i18n.Message{Key: key}
	if len(args) == 0 {
		return m
	}
	m.Args = make(map[string]any, len(args))
	for name, value := range args {
		switch v := value.(type) {
		case int64:
			if strings.HasSuffix(name, "Bytes") {
				value = i18n.Size(v)
			}
		case int:
			if name == "retry_after" {
				value = time.Duration(v) * time.Second
			}
		}
		m.Args[placeholder(name)] = value
	}
	return m
}

// placeholder is the name that a service's value has in the catalogues.
func placeholder(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// refusal returns the refusal in err's chain, if it is one.
func refusal(err error) (*problem.Error, bool) {
	var p *problem.Error
	ok := errors.As(err, &p)
	return p, ok
}

// fail answers a request whose handler returned an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := visitOf(r)
	if begun(w) {
		v.failure = err // the answer is under way: most likely nobody reads it any more
		return
	}
	var tooLarge *http.MaxBytesError
	p, known := refusal(err)
	switch {
	case errors.As(err, &tooLarge):
		err = s.say(w, r, http.StatusRequestEntityTooLarge, i18n.M("problem.too_large"))
	case known:
		if p.Err != nil {
			v.failure = err
		}
		err = s.refuse(w, r, p)
	case errors.Is(err, context.Canceled):
		v.failure = err
		w.WriteHeader(statusClientGone)
		return
	default:
		v.failure = err
		err = s.broken(w, r)
	}
	if err != nil {
		v.failure = errors.Join(v.failure, err)
		if !begun(w) {
			http.Error(w, "Nichoir", http.StatusInternalServerError)
		}
	}
}

// statusClientGone is what proxies log for a visitor who did not wait. Nobody reads it but the log.
const statusClientGone = 499

// refuse tells a refusal: on a page of its own, or by leading to where the visitor must go first.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, p *problem.Error) error {
	switch {
	case p.Code == problem.Unauthenticated:
		return s.redirect(w, r, signInFor(r))
	case p.Key == "problem.second_factor_first":
		return s.redirect(w, r, codeFor(r))
	case p.Key == "problem.provider_join_first":
		return s.redirect(w, r, deskPath(member(r).Provider)+"/invitation")
	case p.Code == problem.TooMany:
		if seconds, ok := p.Args["retry_after"].(int); ok {
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
		}
	}
	return s.say(w, r, statusOf(p.Code), sentence(p))
}

// say answers with a page that has one thing to say. The title goes with the status; a part of a page gets the bare words.
func (s *Server) say(w http.ResponseWriter, r *http.Request, status int, body i18n.Message) error {
	page := s.errorPage(r, titleOf(status))
	if render.IsFragment(r) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, err := w.Write([]byte(s.opts.Render.Locale(page.Lang).Text(body))) //nolint:gosec // plain text, which no browser runs
		return err                                                            //nolint:wrapcheck // the visitor is gone; fail notes it
	}
	return s.show(w, r, status, render.MessagePage, render.MessageView{
		Page: page, Drawing: drawingOf(status), Body: []i18n.Message{body},
		Action: render.Link{URL: page.Href(pathHome), Text: i18n.M("public.error.home")},
	})
}

// errorPage is the page of something that did not work. Where a POST led, the other language is that of the first page.
func (s *Server) errorPage(r *http.Request, title i18n.Message) render.Page {
	page := s.page(r, title)
	page.NoIndex = true
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		page.Path, page.Query = pathHome, ""
	}
	return page
}

// broken is the page for what should not happen. It shows the id under which the log tells what did.
func (s *Server) broken(w http.ResponseWriter, r *http.Request) error {
	page := s.errorPage(r, i18n.M("public.error.broken"))
	return s.show(w, r, http.StatusInternalServerError, render.MessagePage, render.MessageView{
		Page: page, Drawing: "empty-nest",
		Body:      []i18n.Message{i18n.M("public.error.broken-body")},
		Action:    render.Link{URL: page.Href(pathHome), Text: i18n.M("public.error.home")},
		Reference: visitOf(r).id,
	})
}

func titleOf(status int) i18n.Message {
	switch status {
	case http.StatusNotFound:
		return i18n.M("public.error.not-found")
	case http.StatusForbidden:
		return i18n.M("public.error.forbidden")
	case http.StatusGone:
		return i18n.M("public.error.gone")
	case http.StatusTooManyRequests:
		return i18n.M("public.error.too-many")
	case http.StatusServiceUnavailable:
		return i18n.M("public.error.unavailable")
	case http.StatusConflict:
		return i18n.M("public.error.conflict")
	default:
		return i18n.M("public.error.refused")
	}
}

func drawingOf(status int) string {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "ducks"
	default:
		return "empty-nest"
	}
}

// notFound answers for an address that there is not.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) error {
	return s.say(w, r, http.StatusNotFound, i18n.M("problem.not_found"))
}

// wrongMethod answers for an address that exists, but not for this.
func (s *Server) wrongMethod(w http.ResponseWriter, r *http.Request) error {
	return s.say(w, r, http.StatusMethodNotAllowed, i18n.M("problem.wrong_method"))
}

// refuseForeign answers a form that another site sent.
func (s *Server) refuseForeign(w http.ResponseWriter, r *http.Request) error {
	return s.say(w, r, http.StatusForbidden, i18n.M("problem.foreign_form"))
}
