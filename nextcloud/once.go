package nextcloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/studio-b12/gowebdav"
)

var errSecondRequest = errors.New("one call is one request")

// placeholder is the address that gowebdav is given: it escapes host and path by
// rules of its own (an IPv6 address does not survive them), so the transport
// puts the true ones in their place. The name can never be resolved.
const placeholder = "http://files.invalid"

// once is the transport of one WebDAV call, which is used by one goroutine.
// gowebdav does more than it is asked
// for: it makes missing parents and tries again after a 409 of PUT, COPY or
// MOVE, without end for the last two, and would so fill a private folder of the
// service account where a space's folder is not visible yet. Here the first
// request of the expected method passes, to the address that was worked out
// beforehand, and every other is refused; the answer is kept, so that it is
// judged as the server gave it.
type once struct {
	client      *Client
	method      string
	target      *url.URL
	destination string
	req         davRequest

	used    bool
	answer  answer
	sendErr error
}

// sender runs ask with a client of gowebdav's that uses this transport under ctx.
func (o *once) sender(ask func(*gowebdav.Client, string) error) sender {
	return func(ctx context.Context) (answer, error) {
		g := gowebdav.NewAuthClient(placeholder, gowebdav.NewPreemptiveAuth(noNegotiation{}))
		g.SetTransport(bound{ctx: ctx, once: o})
		err := ask(g, "/file")
		switch {
		case o.sendErr != nil:
			return o.answer, o.sendErr
		case !o.used:
			return answer{}, fmt.Errorf("prepare the request: %w", err)
		}
		return o.answer, nil // gowebdav's own view of the answer is not asked
	}
}

// bound is once under the context of a call; gowebdav knows none.
type bound struct {
	ctx  context.Context //nolint:containedctx // lives as long as one call
	once *once
}

// RoundTrip lets the one request pass.
func (b bound) RoundTrip(r *http.Request) (*http.Response, error) {
	return b.once.roundTrip(b.ctx, r)
}

func (o *once) roundTrip(ctx context.Context, r *http.Request) (*http.Response, error) {
	if r.Body != nil && (o.used || r.Method != o.method) {
		_ = r.Body.Close() // a transport closes the body it does not send; there is nothing to lose
	}
	if o.used || r.Method != o.method {
		return nil, errSecondRequest
	}
	o.used = true
	o.answer, o.sendErr = o.send(ctx, r)
	if o.sendErr != nil {
		return nil, o.sendErr
	}
	told := o.answer.status
	if told == http.StatusMultiStatus {
		told = http.StatusInternalServerError // at a 207, gowebdav writes to the standard logger
	}
	return &http.Response{
		StatusCode: told, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r,
	}, nil
}

// send makes the request anew from what is known to be right, keeping only what
// gowebdav adds in headers.
func (o *once) send(ctx context.Context, r *http.Request) (answer, error) {
	out := r.Clone(ctx)
	out.URL, out.Host = o.target, o.target.Host
	out.Header.Set("User-Agent", o.client.server.userAgent)
	if o.destination != "" {
		out.Header.Set("Destination", o.destination)
	}
	out.SetBasicAuth(o.client.login.user, o.client.login.password())
	out.GetBody = nil // nothing may be sent twice
	out.Body, out.ContentLength = http.NoBody, 0
	if o.req.body != nil && o.req.size > 0 {
		out.Body, out.ContentLength = o.req.body, o.req.size
	}
	ans, err := o.exchange(out)
	if out.Body != http.NoBody {
		o.req.body.wait(ctx)
		if o.req.body.wrong.Load() && ans.status < http.StatusMultipleChoices {
			return ans, errLength // whatever else became of it
		}
	}
	return ans, err
}

func (o *once) exchange(out *http.Request) (answer, error) {
	resp, err := o.client.server.transport.RoundTrip(out)
	if err != nil {
		return answer{}, err //nolint:wrapcheck // broken() wraps it, with the call's name
	}
	if o.req.taken == nil || resp.StatusCode != http.StatusOK {
		return read(resp)
	}
	return readFile(resp, o.req.limit)
}

// readFile takes in a download.
func readFile(resp *http.Response, limit int64) (answer, error) {
	ans := answer{status: resp.StatusCode, header: resp.Header}
	ans.body, ans.flaw = readLimited(resp.Body, limit)
	if err := resp.Body.Close(); err != nil && ans.flaw == nil {
		ans.flaw = errCut
	}
	if errors.Is(ans.flaw, errCut) {
		return ans, ans.flaw
	}
	return ans, nil
}

// noNegotiation leaves authentication to the transport: no request without a
// login, no second one after a 401.
type noNegotiation struct{}

func (noNegotiation) Authorize(*http.Client, *http.Request, string) error { return nil }

func (noNegotiation) Verify(*http.Client, *http.Response, string) (bool, error) { return false, nil }

func (n noNegotiation) Clone() gowebdav.Authenticator { return n }

func (noNegotiation) Close() error { return nil }
