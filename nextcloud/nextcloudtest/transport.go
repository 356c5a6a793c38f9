package nextcloudtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Transport returns a RoundTripper that calls the server without a socket. A
// dropped connection is io.ErrUnexpectedEOF. It honours the request's context.
func (s *Server) Transport() http.RoundTripper { return memoryTransport{s} }

type memoryTransport struct{ server *Server }

// RoundTrip implements http.RoundTripper.
func (t memoryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() { _ = in.Body.Close() }() // a RoundTripper closes the body; there is nothing to do about a failure
	if in.Body != http.NoBody && in.ContentLength == 0 {
		in.ContentLength = -1 // as net/http does for a body of unknown length
	}
	in.RemoteAddr = "127.0.0.1:1"
	c, err := t.server.read(in)
	if err != nil {
		return nil, err
	}
	a, dropped := t.server.perform(r.Context(), c)
	if dropped {
		t.server.log.finish(c.index, 0)
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return nil, io.ErrUnexpectedEOF
	}
	t.server.log.finish(c.index, a.status)
	body := a.body
	if r.Method == http.MethodHead {
		body = nil
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}
