package nextcloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

// What is read of an answer at most. The list of 10,000 Team folders measured
// 2.2 MB; an answer that says no needs no more than a few lines.
const (
	maxAnswer  = 16 << 20
	maxRefusal = 64 << 10
)

var (
	errCut       = errors.New("the answer was cut short")
	errOversized = errors.New("the answer is longer than any expected one")
)

// call is one request to be made, and what its answers mean.
type call struct {
	name   string // what is asked, as errors and metrics name it
	method string
	path   string // escaped, below the server's base address
	query  url.Values
	form   url.Values
	xml    string // a WebDAV body, instead of form
	depth  string // WebDAV's Depth header

	anonymous bool // sent without login
	writes    bool // changes the server
	partial   bool // works through a tree and may stop half way
	unsure    bool // may be refused after it took effect
	dav       bool // WebDAV answers, not OCS ones
	missing   int  // meta code that means "not found" where HTTP says 404; 0 takes any
	codes     map[int]verdict
	badValue  Kind // what HTTP 400 without a known code means; zero is KindInvalid
}

// verdict is what one OCS status code means to one call, and leaves open.
type verdict struct {
	kind   Kind
	effect Effect
}

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
	flaw   error // errCut, errOversized or nil
}

// sender makes the request of a call.
type sender func(ctx context.Context) (answer, error)

// perform sends a call, has its answer judged and tells the observer. It
// returns nil or an *Error.
func (c *Client) perform(ctx context.Context, cl call, send sender, judge func(answer) *Error) error {
	started := time.Now()
	var w wire
	ans, failure := c.attempt(ctx, cl, &w, send)
	if failure == nil {
		failure = judge(ans)
	}
	seen := Observation{
		Call: cl.name, Method: cl.method, Status: ans.status,
		Sent: int(w.sent.Load()), Duration: time.Since(started),
	}
	if failure != nil {
		seen.Class, seen.Kind = failure.Class, failure.Kind
	}
	c.server.observe(seen)
	if failure != nil {
		return failure
	}
	return nil
}

func (c *Client) attempt(ctx context.Context, cl call, w *wire, send sender) (answer, *Error) {
	if err := ctx.Err(); err != nil {
		e := cl.broken(ctx, w, err)
		e.Effect = EffectNone // nothing was begun
		return answer{}, e
	}
	bounded, cancel := context.WithTimeout(ctx, c.server.timeout)
	defer cancel()
	ans, err := send(httptrace.WithClientTrace(bounded, w.trace()))
	if err != nil {
		e := cl.broken(ctx, w, err)
		e.Status = ans.status
		return ans, e
	}
	return ans, nil
}

// rest makes the request of an OCS, Team folder or PROPFIND call over resty.
func (c *Client) rest(cl call) sender {
	return func(ctx context.Context) (answer, error) {
		r := c.server.rest.R().SetContext(ctx).SetDoNotParseResponse(true).
			SetHeader("User-Agent", c.server.userAgent)
		if !cl.anonymous {
			r.SetBasicAuth(c.login.user, c.login.password())
		}
		switch {
		case cl.dav:
			r.SetHeader("Depth", cl.depth).SetHeader("Content-Type", "application/xml; charset=utf-8").SetBody([]byte(cl.xml))
		default:
			r.SetHeader("OCS-APIRequest", "true").SetHeader("Accept", "application/json")
		}
		if cl.form != nil {
			r.SetHeader("Content-Type", "application/x-www-form-urlencoded").SetBody([]byte(cl.form.Encode()))
		}
		target := c.server.base.String() + cl.path
		if len(cl.query) > 0 {
			target += "?" + cl.query.Encode()
		}
		resp, err := r.Execute(cl.method, target)
		if err != nil {
			return answer{}, err //nolint:wrapcheck // broken() wraps it, with the call's name
		}
		return read(resp.RawResponse)
	}
}

// read takes an answer in and closes it. A body that breaks off is a flaw of the
// answer, not a failure of its own: its status is known and may decide.
func read(resp *http.Response) (answer, error) {
	ans := answer{status: resp.StatusCode, header: resp.Header}
	limit := int64(maxAnswer)
	if resp.StatusCode >= http.StatusMultipleChoices {
		limit = maxRefusal
	}
	ans.body, ans.flaw = readLimited(resp.Body, limit)
	if err := resp.Body.Close(); err != nil && ans.flaw == nil {
		ans.flaw = errCut
	}
	if ans.status < http.StatusMultipleChoices && ans.flaw != nil && !errors.Is(ans.flaw, errOversized) {
		// The cause tells a time-out from a broken line; the status is kept.
		return ans, ans.flaw
	}
	return ans, nil
}

// readLimited reads r up to limit bytes. Beyond it the rest stays unread, which
// closes the connection: cheaper than to drain what nobody expected.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return body, fmt.Errorf("%w: %w", errCut, err)
	}
	if int64(len(body)) > limit {
		return body[:limit], errOversized
	}
	return body, nil
}

// segment escapes an id for use as one segment of a path. The ids that would
// climb out of their place are refused.
func segment(id string) (string, error) {
	if id == "" || id == "." || id == ".." || strings.ContainsAny(id, "\x00\r\n") {
		return "", errors.New("this id cannot stand in a path")
	}
	return url.PathEscape(id), nil
}
