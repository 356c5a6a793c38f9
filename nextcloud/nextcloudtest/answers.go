package nextcloudtest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

const (
	typeJSON   = "application/json; charset=utf-8"
	typeXML    = "application/xml; charset=utf-8"
	typeOldXML = "text/xml; charset=UTF-8"
	typeHTML   = "text/html; charset=UTF-8"
	typeNginx  = "text/html"
)

// failure is how Nextcloud refuses: an OCS code and a message. The zero failure
// is success.
type failure struct {
	code    int
	message string
	data    any // nil for the usual empty list
}

func (f failure) refused() bool { return f.code != 0 }

// The OCS codes that have an HTTP status of their own.
const (
	ocsServerError  = 996
	ocsUnauthorised = 997
	ocsNotFound     = 998
	ocsUnknown      = 999
)

func httpStatus(code int) int {
	switch {
	case code == ocsUnauthorised:
		return http.StatusUnauthorized
	case code == ocsNotFound:
		return http.StatusNotFound
	case code == ocsServerError || code == ocsUnknown:
		return http.StatusInternalServerError
	case code < 200 || code > 600:
		return http.StatusBadRequest
	}
	return code
}

// empty is PHP's empty array, which is an empty list in JSON whatever it was
// meant to be.
func empty() []struct{} { return []struct{}{} }

// envelope wraps data as OCS of either version does.
func envelope(v1 bool, f failure, data any) object {
	meta := object{{"status", "ok"}, {"statuscode", http.StatusOK}, {"message", "OK"}}
	if v1 {
		meta[1].value = 100
	}
	if f.refused() {
		meta = object{{"status", "failure"}, {"statuscode", f.code}, {"message", f.message}}
		data = f.data
	}
	if v1 {
		meta = append(meta, field{"totalitems", ""}, field{"itemsperpage", ""})
	}
	if data == nil {
		data = empty()
	}
	return object{{"ocs", object{{"meta", meta}, {"data", data}}}}
}

func wantsJSON(c *call) bool {
	if format := c.Values.Get("format"); format != "" {
		return format == "json"
	}
	return strings.Contains(c.http.Header.Get("Accept"), "application/json")
}

// ocsAnswer renders an OCS answer in the form the client asked for.
func ocsAnswer(c *call, f failure, data any) *answer {
	v1 := c.route.v1 || c.route.surface == surfaceFolders
	a := newAnswer(http.StatusOK, typeJSON, nil)
	a.success = !f.refused()
	if f.refused() {
		a.status = httpStatus(f.code)
		if v1 && f.code != ocsUnauthorised {
			a.status = http.StatusOK
		}
	}
	a.body = marshal(envelope(v1, f, data))
	if !wantsJSON(c) {
		a.header.Set("Content-Type", typeXML)
		a.body = jsonToXML(a.body)
	}
	return a
}

// earlyAnswer is what comes before any app is asked: XML on 27 whatever was
// asked for, as asked for on 32.
func earlyAnswer(v Version, c *call, status int, f failure) *answer {
	a := ocsAnswer(c, f, nil)
	a.status = status
	if v == V27 || !wantsJSON(c) {
		a.header.Set("Content-Type", typeOldXML)
		a.body = fmt.Appendf(nil, "<?xml version=\"1.0\"?>\n<ocs>\n <meta>\n  <status>failure</status>\n  <statuscode>%d</statuscode>\n"+
			"  <message>%s</message>\n </meta>\n <data/>\n</ocs>\n", f.code, escapeXML(f.message))
	}
	return a
}

func newAnswer(status int, contentType string, body []byte) *answer {
	return &answer{
		status: status, header: http.Header{"Content-Type": {contentType}}, body: body,
		success: status < http.StatusBadRequest,
	}
}

// messageAnswer is the JSON of app routes outside OCS.
func messageAnswer(status int, message string) *answer {
	return newAnswer(status, typeJSON, marshal(map[string]string{"message": message}))
}

// htmlPage stands for the pages that Nextcloud shows to people.
func htmlPage(status int, title string) *answer {
	return newAnswer(status, typeHTML, fmt.Appendf(nil,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Nextcloud</title></head>\n<body><h1>%s</h1></body>\n</html>\n", title))
}

// nginxPage is what the web server in front answers when PHP fails.
func nginxPage(status int) *answer {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return newAnswer(status, typeNginx, fmt.Appendf(nil,
		"<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
		title, title))
}

func davError(status int, exception, message string) *answer {
	return davErrorBody(status, exception, "<s:message>"+escapeXML(message)+"</s:message>")
}

func davErrorBody(status int, exception, inner string) *answer {
	return newAnswer(status, typeXML, fmt.Appendf(nil,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<d:error xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\">\n"+
			"  <s:exception>%s</s:exception>\n  %s\n</d:error>\n", exception, inner))
}

// refusal is an injected failure in the form that the surface would give it.
func (s *Server) refusal(c *call, status int) *answer {
	a := s.refusalOf(c, status)
	a.success = false
	return a
}

func (s *Server) refusalOf(c *call, status int) *answer {
	fromProxy := status == http.StatusBadGateway || status == http.StatusGatewayTimeout
	switch {
	case fromProxy:
	case c.route.surface == surfaceOCS:
		return s.ocsRefusal(c, status)
	case c.route.surface == surfaceDAV:
		return s.davRefusal(status)
	case c.route.surface == surfaceFolders && status == http.StatusUnauthorized:
		return messageAnswer(status, "Current user is not logged in")
	case c.route.surface == surfaceFolders && status < http.StatusInternalServerError:
		return messageAnswer(status, http.StatusText(status))
	case c.route.surface == surfaceFolders:
		return htmlPage(status, http.StatusText(status))
	}
	return nginxPage(status)
}

func (s *Server) ocsRefusal(c *call, status int) *answer {
	f := failure{code: status, message: http.StatusText(status)}
	if status == http.StatusUnauthorized {
		return refuseLogin(s.opts.Version, c, loginWrong)
	}
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return earlyAnswer(s.opts.Version, c, status, f)
	}
	a := ocsAnswer(c, f, nil)
	a.status = status
	return a
}

func (s *Server) davRefusal(status int) *answer {
	switch status {
	case http.StatusUnauthorized:
		return s.davUnauthorized(loginWrong)
	case http.StatusLocked:
		return davError(status, "OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked", "The file is locked")
	case http.StatusTooManyRequests:
		return tooManyRequests()
	}
	return davError(status, "Sabre\\DAV\\Exception", http.StatusText(status))
}

func escapeXML(text string) string {
	var b strings.Builder
	// A strings.Builder never fails to write.
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}
