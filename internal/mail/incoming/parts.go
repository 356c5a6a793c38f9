package incoming

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/emersion/go-message"
)

// reference finds the parts that an HTML text shows in its place.
var reference = regexp.MustCompile(`(?i)\bcid:([^"'<>\s)]+)`)

var (
	// picture is what Exchange writes into a text in place of an image.
	picture = regexp.MustCompile(`\[cid:[^\]\s]{1,200}\]`)
	// armoured is a text that only its recipient's key opens (RFC 9580 §6.2).
	armoured = regexp.MustCompile(`^\s*-----BEGIN PGP MESSAGE-----`)
)

// walk goes through the parts of a mail.
type walk struct {
	budget  int // parts that may still be looked at
	source  int // bytes of text that were looked at
	trouble Trouble
	cut     bool
	leaves  []leaf // what may be an attachment
	shown   map[string]bool
	reports []report
	report  bool // it is a report of some kind
}

// leaf is a part that is no text of the author's.
type leaf struct {
	header message.Header
	body   []byte
	kind   string
}

// report is a part of a multipart/report.
type report struct {
	kind string
	body []byte
}

// passage is what the author wrote in a part and those below it.
type passage struct {
	text string
	rich bool // it was HTML
}

// entity reads one part with those below it, and gives up the whole mail on a trouble.
func (w *walk) entity(h message.Header, body []byte, depth int) passage {
	if w.budget--; w.budget < 0 {
		w.trouble = TooManyParts
		return passage{}
	}
	if depth > maxDepth {
		w.trouble = TooDeep
		return passage{}
	}
	kind, params := contentType(h)
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		if kind == "multipart/encrypted" {
			w.trouble = Encrypted
			return passage{}
		}
		inReport := kind == "multipart/report"
		w.report = w.report || inReport
		return w.children(kind, splitParts(body, params["boundary"], w.budget), depth+1)
	}
	return w.single(h, kind, params, body)
}

// children reads the parts of a multipart: of an alternative the best, of any other all.
func (w *walk) children(kind string, parts [][]byte, depth int) passage {
	var all []passage
	for _, part := range parts {
		source, body, ok := splitHeader(part)
		if !ok {
			w.trouble = HeaderTooLarge
			continue
		}
		p := w.entity(readHeader(source), body, depth)
		if w.trouble == TooManyParts || w.trouble == TooDeep {
			return passage{}
		}
		if strings.TrimSpace(p.text) != "" {
			all = append(all, p)
		}
	}
	if kind == "multipart/alternative" {
		return plainest(all)
	}
	var whole passage
	for i, p := range all {
		if i > 0 {
			whole.text = strings.TrimRight(whole.text, "\n") + "\n\n"
		}
		whole.text, whole.rich = whole.text+p.text, whole.rich || p.rich
	}
	return whole
}

func plainest(all []passage) passage {
	for _, p := range all {
		if !p.rich {
			return p
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return passage{}
}

// single sorts one part into text, report and possible attachment.
func (w *walk) single(h message.Header, kind string, params map[string]string, body []byte) passage {
	disposition, named := mediaType(h.Get("Content-Disposition"))
	attached := disposition == "attachment" || named["filename"] != ""
	switch {
	case !attached && (kind == "text/plain" || kind == "text/html"):
		return w.passage(h, kind, params, body)
	case w.report && (kind == "message/delivery-status" || kind == "message/disposition-notification" ||
		kind == "text/rfc822-headers" || kind == "message/rfc822" || kind == "message/feedback-report" || strings.HasPrefix(kind, "message/global")):
		body, _ = decodeTransfer(h.Get("Content-Transfer-Encoding"), body, maxSource) // RFC 6533 allows it, and some do it without
		w.reports = append(w.reports, report{kind, body})
	case isSignature(kind), kind == "text/x-amp-html", kind == "text/watch-html", kind == "text/enriched" && !attached,
		kind == "text/vnd.google.email-reaction+json": // its text says the same
	case (kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime") && params["smime-type"] != "signed-data":
		w.trouble = Encrypted
	default:
		w.leaves = append(w.leaves, leaf{h, body, kind})
	}
	return passage{}
}

func isSignature(kind string) bool {
	return kind == "application/pgp-signature" || kind == "application/pkcs7-signature" || kind == "application/x-pkcs7-signature"
}

func (w *walk) passage(h message.Header, kind string, params map[string]string, body []byte) passage {
	decoded, whole := decodeTransfer(h.Get("Content-Transfer-Encoding"), body, min(maxSource, maxSources-w.source))
	w.source += len(decoded)
	w.cut = w.cut || !whole
	text := decodeCharset(params["charset"], decoded)
	if kind == "text/html" {
		w.note(text)
		return passage{htmlText(text), true}
	}
	text = picture.ReplaceAllString(tidy(text), "")
	if armoured.MatchString(text) {
		w.trouble = Encrypted
		return passage{}
	}
	if strings.EqualFold(params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(params["delsp"], "yes"))
	}
	return passage{text, false}
}

// note remembers which parts an HTML text shows.
func (w *walk) note(html string) {
	for _, match := range reference.FindAllStringSubmatch(html, maxParts) {
		if w.shown == nil {
			w.shown = map[string]bool{}
		}
		w.shown[match[1]] = true
	}
}

// contentType is text/plain when nothing readable is said (RFC 2045 §5.2).
func contentType(h message.Header) (kind string, params map[string]string) {
	value := h.Get("Content-Type")
	if value == "" {
		return "text/plain", nil
	}
	kind, params = mediaType(value)
	switch {
	case kind == "text":
		kind = "text/plain" // old programs write it so
	case !strings.Contains(kind, "/"):
		kind = "application/octet-stream"
	}
	return kind, params
}

// splitParts cuts a multipart's body at its boundary, into one part more than the budget at most: that many are enough to
// know that they are too many. A mail that was cut off before its last boundary gives what it has.
func splitParts(body []byte, boundary string, budget int) [][]byte {
	mark := []byte("--" + boundary)
	var parts [][]byte
	begin := -1
	for at := 0; at < len(body); {
		line, next := body[at:], len(body)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line, next = line[:i], at+i+1
		}
		rest, isMark := bytes.CutPrefix(line, mark)
		rest = bytes.TrimRight(rest, " \t\r")
		last := string(rest) == "--"
		if isMark && (last || len(rest) == 0) {
			if begin >= 0 {
				parts = append(parts, trimBreak(body[begin:at]))
			}
			if begin = next; last || len(parts) > budget {
				return parts
			}
		}
		at = next
	}
	if begin >= 0 && begin < len(body) {
		parts = append(parts, body[begin:])
	}
	return parts
}

// trimBreak takes off the line break that belongs to the boundary (RFC 2046 §5.1.1).
func trimBreak(part []byte) []byte {
	part = bytes.TrimSuffix(part, []byte("\n"))
	return bytes.TrimSuffix(part, []byte("\r"))
}

// tidy gives a text plain line breaks, and spaces in place of what cannot be seen.
func tidy(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\t", "    ")
	return strings.Map(visible, text)
}

// visible maps a character to what it looks like: the many kinds of spaces and breaks to one, what has no look, such as
// the characters that turn the direction of what follows, to nothing.
func visible(r rune) rune {
	switch {
	case r == '\n', r == '\r', r == '\u2028', r == '\u2029':
		return '\n'
	case r == '\t', r == '\u00a0', r == '\u202f', r == '\u2007':
		return ' '
	case r < ' ', r >= 0x7f && r < 0xa0:
		return -1
	case r == '\u00ad', r == '\u200b', r == '\u200e', r == '\u200f', r == '\u2060', r == '\ufeff':
		return -1
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return -1
	default:
		return r
	}
}

// unflow joins the lines of a paragraph that a program broke (RFC 3676 §4).
func unflow(text string, delsp bool) string {
	var out strings.Builder
	open, depth := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		rest := strings.TrimLeft(line, ">")
		quoted := len(line) - len(rest)
		rest = strings.TrimPrefix(rest, " ") // stuffed
		if !open || quoted != depth || rest == "-- " {
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(strings.Repeat(">", quoted))
			if quoted > 0 {
				out.WriteByte(' ')
			}
		}
		open, depth = strings.HasSuffix(rest, " ") && rest != "-- ", quoted
		if open && delsp {
			rest = rest[:len(rest)-1]
		}
		out.WriteString(rest)
	}
	return out.String()
}
