package nextcloud

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxMessage    = 500
	maxRetryAfter = time.Hour
)

// codes of OCS that mean the same to every call.
const (
	ocsDoneV1       = 100
	ocsDoneV2       = 200
	ocsUnauthorized = 997
	ocsUnknown      = 998
)

// passwordConfirmation is the one text that is compared: Nextcloud never
// translates it, and OCS drops the header that says the same.
const passwordConfirmation = "Password confirmation is required"

// fail is a failure of this call: class and effect follow from the kind.
func (cl call) fail(kind Kind, err error) *Error {
	return &Error{
		Call: cl.name, Method: cl.method, Kind: kind, Class: kind.class(), Effect: cl.effect(kind), Err: err,
	}
}

// refuse is a value that this package does not even send.
func (cl call) refuse(reason string) *Error {
	e := cl.fail(KindInvalid, errors.New(reason))
	e.Effect = EffectNone
	return e
}

// effect is what a failure of this kind leaves open.
func (cl call) effect(kind Kind) Effect {
	if !cl.writes {
		return EffectNone
	}
	switch kind {
	case KindServer, KindNetwork, KindTimeout, KindCanceled, KindNotNextcloud:
		return EffectUnknown
	case KindUnauthorized, KindThrottled, KindMaintenance, KindPasswordConfirmation:
		return EffectNone // said before anybody looks at the request
	case KindLocked, KindOverQuota:
		if cl.partial {
			return EffectUnknown
		}
	default: // refused after a look at the request
	}
	if cl.unsure {
		return EffectUnknown
	}
	return EffectNone
}

// broken is a call that got no answer, or lost it half way. Its texts leave out
// the address, which names accounts and folders.
func (cl call) broken(parent context.Context, w *wire, err error) *Error {
	if address, ok := errors.AsType[*url.Error](err); ok {
		err = address.Err
	}
	kind := KindNetwork
	var timeout net.Error
	switch {
	case errors.Is(parent.Err(), context.Canceled):
		kind = KindCanceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		kind = KindTimeout
	case errors.Is(err, errLength):
		kind = KindInvalid
	case errors.Is(err, errCut):
		kind = KindNotNextcloud
	}
	e := cl.fail(kind, err)
	if kind == KindNotNextcloud {
		e.Class = ClassRetry // half an answer is the line's fault more often than the server's
	}
	if cl.writes {
		e.Effect = EffectUnknown
	}
	if w.neverLeft(err) {
		e.Effect = EffectNone
	}
	return e
}

// refused judges an answer by its status and, where one came, its envelope: nil
// if neither says no.
func (cl call) refused(ans answer, env envelope) *Error {
	kind := cl.kindOf(ans, env)
	if kind == KindNone {
		return nil
	}
	e := cl.fail(kind, nil)
	if v, known := cl.codes[env.code]; known && v.kind == kind {
		e.Effect = v.effect
	}
	e.Status, e.OCS = ans.status, env.code
	e.Message = cut(env.message)
	e.RetryAfter = retryAfter(ans.header)
	if isRedirect(ans.status) {
		e.Effect = EffectNone
		e.Err = errors.New("the server sends elsewhere")
		if to, err := url.Parse(ans.header.Get("Location")); err == nil && to.Host != "" {
			e.Err = errors.New("the server sends elsewhere: to " + to.Host)
		}
	}
	return e
}

// kindOf reads the HTTP status first, then the code in the envelope.
func (cl call) kindOf(ans answer, env envelope) Kind {
	switch s := ans.status; {
	case s == http.StatusBadRequest:
		return cl.byCode(env)
	case s == http.StatusUnauthorized:
		return KindUnauthorized
	case s == http.StatusForbidden:
		if ans.header.Get("X-NC-Auth-NotConfirmed") == "true" || env.message == passwordConfirmation {
			return KindPasswordConfirmation
		}
		return KindForbidden
	case s == http.StatusNotFound:
		return cl.notFound(env)
	case s == http.StatusMethodNotAllowed:
		return cl.notAllowed(env)
	case s == http.StatusConflict:
		return KindConflict
	case s == http.StatusPreconditionFailed:
		return KindPrecondition
	case s == http.StatusLocked:
		return KindLocked
	case s == http.StatusTooManyRequests:
		return KindThrottled
	case s == http.StatusInsufficientStorage:
		return KindOverQuota
	case s == http.StatusServiceUnavailable && inMaintenance(ans, env):
		return KindMaintenance
	case s >= http.StatusInternalServerError:
		return KindServer
	case s >= http.StatusBadRequest:
		return KindInvalid
	case isRedirect(s):
		return KindNotNextcloud
	}
	if cl.dav || env.shape != shapeOCS || env.done() {
		return KindNone
	}
	return cl.byCode(env)
}

// byCode is for the answers that say no in their envelope, under HTTP 400 or,
// as the Team folders of version 27 do, under HTTP 200.
func (cl call) byCode(env envelope) Kind {
	if v, known := cl.codes[env.code]; known {
		return v.kind
	}
	switch env.code {
	case ocsUnauthorized, http.StatusUnauthorized:
		return KindUnauthorized
	case http.StatusForbidden:
		return KindForbidden
	case http.StatusNotFound, ocsUnknown:
		return cl.notFound(env)
	case http.StatusTooManyRequests:
		return KindThrottled
	}
	if env.code >= http.StatusInternalServerError && env.code < 600 {
		return KindServer
	}
	if cl.badValue != KindNone {
		return cl.badValue
	}
	return KindInvalid
}

// notFound tells a thing that is missing from a call that is. Only the app that
// answers a call can say that a thing is missing, and it does so in the form
// that was asked for; a web server, or Nextcloud for a route it does not know,
// answers with an empty page, HTML or XML, or over OCS with 998.
func (cl call) notFound(env envelope) Kind {
	switch {
	case cl.dav && env.shape == shapeDAV:
		return KindNotFound
	case cl.dav:
		return KindNoRoute
	case env.shape == shapeMessage && cl.missing == 0:
		return KindNotFound
	case env.shape == shapeOCS && (cl.missing == 0 || cl.missing == env.code):
		return KindNotFound
	}
	return KindNoRoute
}

// notAllowed is 405: WebDAV's word for "exists already", from WebDAV itself only.
func (cl call) notAllowed(env envelope) Kind {
	if cl.dav && cl.method == methodMkcol && env.shape == shapeDAV {
		return KindExists
	}
	return KindNoRoute
}

func inMaintenance(ans answer, env envelope) bool {
	return ans.header.Get("X-Nextcloud-Maintenance-Mode") == "1" ||
		strings.HasSuffix(env.exception, `\ServerMaintenanceMode`)
}

func isRedirect(status int) bool { return status >= 300 && status < 400 }

// retryAfter reads the header of that name (RFC 9110, 10.2.3): seconds, or a
// date, which is compared with the answer's own so that no clock matters.
func retryAfter(h http.Header) time.Duration {
	raw := h.Get("Retry-After")
	if raw == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(raw, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	until, err := http.ParseTime(raw)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

// cut keeps a message short and whole characters.
func cut(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	s = s[:maxMessage]
	for !utf8.ValidString(s) && s != "" {
		s = s[:len(s)-1]
	}
	return s
}
