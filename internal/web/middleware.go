package web

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"nichoir/internal/support/tickets"
)

// The largest requests, in bytes.
const (
	maxBody  = 256 << 10                                // forms of text, and a thousand chosen rows
	maxFiles = tickets.FilesMax*tickets.FileMax + 1<<20 // with files: those of one message, and what is written with them
)

// policy is the content security policy: nothing that is not ours, nothing inline, in nobody's frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

var errPanic = errors.New("a handler panicked")

// observe gives each request an id and one line in the log, and answers a panic.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.opts.Now()
		v := &visit{id: s.requestID(), route: "(none)"}
		r = withVisit(r, v)
		answer := &recorder{ResponseWriter: w}
		answer.Header().Set("X-Request-Id", v.id)
		defer func() {
			if cause := recover(); cause != nil {
				s.opts.Log.ErrorContext(r.Context(), "panic", "request_id", v.id, "route", v.route, "cause", cause, "stack", string(debug.Stack()))
				s.fail(answer, r, errPanic)
			}
			s.finish(r, v, answer.Status(), s.opts.Now().Sub(began))
		}()
		next.ServeHTTP(answer, r)
	})
}

// finish writes the request's line. It names the route's template: addresses hold tokens.
func (s *Server) finish(r *http.Request, v *visit, status int, took time.Duration) {
	s.opts.Metrics.HTTPRequest(v.route, r.Method, status, took)
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("request_id", v.id), slog.String("method", r.Method), slog.String("route", v.route),
		slog.Int("status", status), slog.Duration("took", took),
	}
	if v.failure != nil {
		attrs = append(attrs, slog.Any("err", v.failure))
		level = slog.LevelWarn
	}
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.opts.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

func (s *Server) requestID() string {
	var b [8]byte
	if _, err := io.ReadFull(s.opts.Rand, b[:]); err != nil {
		return fmt.Sprintf("t%x", s.opts.Now().UnixNano()) // an id is for finding a line again, not for secrets
	}
	return hex.EncodeToString(b[:])
}

// protect sets what every answer tells the browser.
func (s *Server) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		// Not no-referrer: with it browsers send "Origin: null", and a form of ours would look foreign.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// bound limits how much a request may send and how long it may take, by the route that it goes to.
func (s *Server) bound(w http.ResponseWriter, r *http.Request, rt route) (*http.Request, context.CancelFunc) {
	size, life := int64(maxBody), s.opts.Timeout
	if rt.files {
		size, life = maxFiles, s.opts.Timeout+s.opts.UploadTimeout
	}
	ctx, cancel := context.WithTimeout(r.Context(), life)
	r = r.WithContext(ctx)
	visitOf(r).body = r.Body
	r.Body = http.MaxBytesReader(w, r.Body, size)
	return r, cancel
}

// patient gives a connection the time that files take: ten megabytes are minutes from a village. It comes after it is known
// that who sends them may.
func (s *Server) patient(w http.ResponseWriter) error {
	c, end := http.NewResponseController(w), time.Now().Add(s.opts.UploadTimeout) // a connection knows no clock but the system's
	err := errors.Join(c.SetReadDeadline(end), c.SetWriteDeadline(end.Add(s.opts.Timeout)))
	if err != nil && !errors.Is(err, http.ErrNotSupported) { // then nothing ends it before its time
		return fmt.Errorf("give the request more time: %w", err)
	}
	return nil
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b) //nolint:wrapcheck // a writer hands on what the one below says
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Status is what was answered; a handler that writes nothing answers 200.
func (w *recorder) Status() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// begun reports whether the answer is on its way, so that no other can be given.
func begun(w http.ResponseWriter) bool {
	rec, ok := w.(*recorder)
	return ok && rec.status != 0
}
