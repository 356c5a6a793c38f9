package nextcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// shape is the form an answer came in; asking for JSON does not mean to get it.
type shape int

const (
	shapeOther   shape = iota // empty, HTML, plain text
	shapeOCS                  // {"ocs": {"meta": …, "data": …}}
	shapeMessage              // {"message": …}, the Team folders of version 32
	shapeOCSXML               // <ocs>, failed logins and unknown routes of version 27
	shapeDAV                  // <d:error>, WebDAV
)

// envelope is what surrounds the data of an answer.
type envelope struct {
	shape     shape
	status    string // "ok" or "failure"
	code      int
	message   string
	exception string // WebDAV: the class of the exception
	data      json.RawMessage
}

func (e envelope) done() bool {
	return e.status == "ok" && (e.code == ocsDoneV1 || e.code == ocsDoneV2)
}

// parseEnvelope never fails: what it does not understand is shapeOther.
func parseEnvelope(body []byte) envelope {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return envelope{}
	case body[0] == '{':
		return parseJSONEnvelope(body)
	case body[0] == '<':
		return parseXMLEnvelope(body)
	}
	return envelope{}
}

func parseJSONEnvelope(body []byte) envelope {
	var raw struct {
		OCS *struct {
			Meta *struct {
				Status  string  `json:"status"`
				Code    integer `json:"statuscode"`
				Message *string `json:"message"`
			} `json:"meta"`
			Data json.RawMessage `json:"data"`
		} `json:"ocs"`
		Message *string `json:"message"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return envelope{}
	}
	if raw.OCS != nil && raw.OCS.Meta != nil {
		m := raw.OCS.Meta
		env := envelope{shape: shapeOCS, status: m.Status, code: m.Code.small(), data: raw.OCS.Data}
		if m.Message != nil {
			env.message = *m.Message
		}
		return env
	}
	if raw.Message != nil {
		return envelope{shape: shapeMessage, message: *raw.Message}
	}
	return envelope{}
}

// parseXMLEnvelope reads errors only: data in XML is never asked for.
func parseXMLEnvelope(body []byte) envelope {
	var raw struct {
		XMLName   xml.Name
		Status    string `xml:"meta>status"`
		Code      int    `xml:"meta>statuscode"`
		Message   string `xml:"meta>message"`
		Exception string `xml:"http://sabredav.org/ns exception"`
		DAV       string `xml:"http://sabredav.org/ns message"`
	}
	if len(body) > maxRefusal {
		return envelope{}
	}
	if err := xml.Unmarshal(body, &raw); err != nil {
		return envelope{}
	}
	switch {
	case raw.XMLName.Local == "ocs":
		return envelope{shape: shapeOCSXML, status: raw.Status, code: raw.Code, message: strings.TrimSpace(raw.Message)}
	case raw.XMLName == xml.Name{Space: "DAV:", Local: "error"}:
		return envelope{shape: shapeDAV, exception: raw.Exception, message: raw.DAV}
	}
	return envelope{}
}

// ocs makes a call whose data nobody needs.
func (c *Client) ocs(ctx context.Context, cl call) error {
	return c.ocsInto(ctx, cl, func(json.RawMessage) error { return nil })
}

// ocsInto makes a call and hands the data of a clean success to decode, whose
// error means that a field is missing or is not what it should be.
func (c *Client) ocsInto(ctx context.Context, cl call, decode func(json.RawMessage) error) error {
	return c.perform(ctx, cl, c.rest(cl), func(ans answer) *Error {
		env := parseEnvelope(ans.body)
		if e := cl.refused(ans, env); e != nil {
			return e
		}
		err := clean(ans, env)
		if err == nil {
			err = decode(env.data)
		}
		if err == nil {
			return nil
		}
		e := cl.fail(KindNotNextcloud, err)
		e.Status, e.OCS, e.Message = ans.status, env.code, cut(env.message)
		return e
	})
}

// clean tells why an answer that does not say no is no success either.
func clean(ans answer, env envelope) error {
	switch {
	case ans.flaw != nil:
		return ans.flaw
	case ans.status != http.StatusOK:
		return errors.New("no status that this call answers with")
	case env.shape != shapeOCS:
		return fmt.Errorf("no OCS answer (%s)", contentType(ans.header))
	}
	return nil
}

// contentType is a bounded word for what came instead.
func contentType(h http.Header) string {
	t, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch t {
	case "text/html", "text/xml", "application/xml", "application/json", "text/plain":
		return t
	case "":
		return "of no type"
	}
	return "of another type"
}

// object decodes data into a struct. PHP writes an object without members as a
// list, so [] is one too.
func object(data json.RawMessage, into any) error {
	if isEmptyList(data) {
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return errors.New("the data is not of the expected form")
	}
	return nil
}

func isEmptyList(data json.RawMessage) bool {
	return bytes.Equal(bytes.Join(bytes.Fields(data), nil), []byte("[]"))
}

var errField = errors.New("an expected field is missing")

// integer is a whole number that may come as a number or as a string.
type integer struct {
	n   int64
	set bool
}

// UnmarshalJSON accepts 42, 4.2e1 and "42"; null, false and "" are not set.
func (i *integer) UnmarshalJSON(raw []byte) error {
	s := strings.Trim(string(raw), `"`)
	if s == "null" || s == "false" || s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return errors.New("not a whole number")
		}
		n = int64(f)
	}
	i.n, i.set = n, true
	return nil
}

// small is the number as a status code, 0 if it cannot be one.
func (i integer) small() int {
	if i.n < 0 || i.n > math.MaxInt16 {
		return 0
	}
	return int(i.n)
}
