package nextcloudtest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
)

// call is one request as the simulator works on it: read whole, so that an
// effect can land when the connection is long gone.
type call struct {
	Request

	http    *http.Request
	body    []byte
	chunked bool // sent without a length
	index   int  // in the log
	route   route
}

// ServeHTTP answers one call. A fault that drops the connection panics with
// http.ErrAbortHandler, which net/http understands.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := s.read(r)
	if err != nil {
		http.Error(w, "unreadable request", http.StatusBadRequest)
		return
	}
	a, dropped := s.perform(r.Context(), c)
	if dropped {
		s.log.finish(c.index, 0)
		panic(http.ErrAbortHandler)
	}
	s.log.finish(c.index, a.status)
	a.write(w, r.Method)
}

func (s *Server) read(r *http.Request) (*call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the request has more than %d bytes", maxBody)
	}
	rt := parseRoute(r.Method, r.URL.EscapedPath())
	account, _, _ := r.BasicAuth()
	c := &call{
		Request: Request{Method: r.Method, Path: r.URL.Path, Call: rt.call, Account: account},
		http:    r,
		body:    body,
		chunked: r.ContentLength < 0,
		route:   rt,
	}
	c.Values = parseValues(r, body)
	c.index = s.log.add(c.Request)
	return c, nil
}

// perform lets the faults have their say around the effect. dropped means that
// the client gets no answer.
func (s *Server) perform(ctx context.Context, c *call) (a *answer, dropped bool) {
	f, wait := s.faults.take(c.Request)
	if wait += s.opts.Latency; wait > 0 {
		if err := s.opts.Sleep(ctx, wait); err != nil {
			return nil, true
		}
	}
	switch f.Kind {
	case DropBefore:
		return nil, true
	case Late:
		// It lands when the client, and its context, are long gone.
		s.faults.later(f.Delay, func() { s.effect(context.WithoutCancel(ctx), c) })
		return nil, true
	case DropAfter:
		s.effect(ctx, c)
		return nil, true
	case ErrorAfter:
		s.effect(ctx, c)
		return s.refusal(c, f.status(http.StatusBadGateway)), false
	case Refuse:
		return s.refusal(c, f.status(http.StatusServiceUnavailable)), false
	case HalfAccount:
		if c.Call == CallCreateAccount {
			return s.halfAccount(ctx, c, f), false
		}
	case FullDisk:
		if c.Call.writesFiles() {
			return davError(http.StatusInsufficientStorage, "Sabre\\DAV\\Exception\\InsufficientStorage", "Insufficient space on the disk"), false
		}
	case HalfCopy:
		if c.Call == CallCopy {
			c.route.half = true
			s.effect(ctx, c)
			return s.refusal(c, f.status(http.StatusInternalServerError)), false
		}
	case Latency:
	}
	return s.effect(ctx, c), false
}

// effect carries the call out and notes whether it succeeded.
func (s *Server) effect(ctx context.Context, c *call) *answer {
	a := s.handle(ctx, c)
	if a.success && !c.route.half {
		s.log.done(c.index)
	}
	return a
}

// answer is a response before it is on the wire.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	success bool
}

func (a *answer) write(w http.ResponseWriter, method string) {
	maps.Copy(w.Header(), a.header)
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if method == http.MethodHead || len(a.body) == 0 {
		return
	}
	// A client that hung up meanwhile is its own affair.
	_, _ = w.Write(a.body)
}
