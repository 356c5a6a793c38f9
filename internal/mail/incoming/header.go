package incoming

import (
	"bufio"
	"bytes"
	"mime"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"

	"nichoir/internal/mail"
)

var (
	fieldName = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)
	// parameter reads one of a field that mime.ParseMediaType gives up on.
	parameter = regexp.MustCompile(`(?i);\s*([a-z0-9*_-]+)\s*=\s*(?:"([^"]*)"|([^;"\s]+))`)
	// spoken is what an address has for readers alone: quoted names and comments.
	spoken    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\([^()]*\)`)
	bracketed = regexp.MustCompile(`<([^<>]+)>`)
	bare      = regexp.MustCompile(`[^\s<>()",;:]+@[^\s<>()",;:]+`)
)

// splitHeader cuts a source at its first empty line. It reports false when the header is above maxHeader, with the lines
// that are below it.
func splitHeader(raw []byte) (header, body []byte, ok bool) {
	for at := 0; at < len(raw); {
		if at > maxHeader {
			return wholeLines(raw[:maxHeader]), nil, false
		}
		line, next := raw[at:], len(raw)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line, next = line[:i], at+i+1
		}
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return raw[:at], raw[next:], true
		}
		at = next
	}
	if len(raw) > maxHeader {
		return wholeLines(raw[:maxHeader]), nil, false
	}
	return raw, nil, true
}

func wholeLines(source []byte) []byte { return source[:bytes.LastIndexByte(source, '\n')+1] }

// readHeader reads the fields of a header and leaves out the lines that are none: one bad line must not lose the others.
func readHeader(source []byte) message.Header {
	var clean bytes.Buffer
	good := false
	for line := range bytes.Lines(source) {
		text := bytes.TrimRight(line, "\r\n")
		continued := len(text) > 0 && (text[0] == ' ' || text[0] == '\t')
		if !continued {
			good = fieldName.Match(text)
		}
		if good {
			clean.Write(text)
			clean.WriteString("\r\n")
		}
	}
	clean.WriteString("\r\n")
	// What is left has the form that ReadHeader asks for; it returns what it read in any case.
	fields, _ := textproto.ReadHeader(bufio.NewReader(&clean)) // see above
	return message.Header{Header: fields}
}

// readEnvelope reads what a header tells of the mail as a whole.
func readEnvelope(h message.Header, o Options) Mail {
	m := Mail{Subject: oneLine(decodeWords(h.Get("Subject")))}
	m.MessageID = firstID(h.Get("Message-Id"))
	m.References = references(h)
	m.From, m.FromName = from(h)
	m.To = recipients(h)
	m.Automatic, m.Listed = automatic(h, m.Subject), listed(h)
	m.Ours = ours(h, m.MessageID, o.Domains)
	return m
}

// ids returns the identifiers of a field, in their order.
func ids(value string) []string {
	var found []string
	for _, match := range bracketed.FindAllStringSubmatch(value, maxIDs) {
		if id := strings.TrimSpace(match[1]); mail.IsMessageID(id) {
			found = append(found, id)
		}
	}
	return found
}

func firstID(value string) string {
	if found := ids(value); len(found) > 0 {
		return found[0]
	}
	if id := strings.TrimSpace(value); mail.IsMessageID(id) {
		return id // some programs forget the brackets
	}
	return ""
}

// references puts In-Reply-To last, where the mail that is answered belongs.
func references(h message.Header) []string {
	var all []string
	for _, id := range slices.Concat(ids(h.Get("References")), ids(h.Get("In-Reply-To"))) {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// from returns the one author. A mail with several names nobody: whom to believe would be a guess. So does a group (RFC 6854),
// which ends in a semicolon: few programs write one, and many a mail server finds no domain in it to check.
func from(h message.Header) (address, name string) {
	fields := h.Values("From")
	if len(fields) != 1 || strings.Contains(spoken.ReplaceAllString(fields[0], ""), ";") {
		return "", ""
	}
	list, err := addressParser().ParseList(fields[0])
	if err == nil {
		if len(list) != 1 {
			return "", ""
		}
		return bareAddress(list[0].Address), oneLine(list[0].Name)
	}
	// As it stands: an address is never an encoded word (RFC 2047 §5). Read into one, it would be the sender's of whom no mail
	// server has asked whether the mail is from them.
	found := bare.FindAllString(fields[0], 2)
	if len(found) != 1 {
		return "", ""
	}
	return bareAddress(found[0]), ""
}

// recipients reads every field that may hold the address which the mail was delivered to.
func recipients(h message.Header) []string {
	var all []string
	for _, field := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "X-Gm-Original-To", "To", "Cc"} {
		for _, value := range h.Values(field) {
			for _, address := range addresses(value) {
				if len(all) < maxAddress && !slices.Contains(all, address) {
					all = append(all, address)
				}
			}
		}
	}
	return all
}

func addresses(value string) []string {
	var all []string
	if list, err := addressParser().ParseList(value); err == nil {
		for _, a := range list {
			all = append(all, bareAddress(a.Address))
		}
	} else {
		for _, found := range bare.FindAllString(value, maxAddress) {
			all = append(all, bareAddress(found))
		}
	}
	return slices.DeleteFunc(all, func(a string) bool { return a == "" })
}

// bareAddress is the form that addresses are kept in, or empty for what is none of ours to keep.
func bareAddress(address string) string {
	parsed, err := mail.ParseAddress(address)
	if err != nil {
		return ""
	}
	return parsed
}

func addressParser() *netmail.AddressParser {
	return &netmail.AddressParser{WordDecoder: wordDecoder()}
}

// mediaType reads a Content-Type or Content-Disposition. What mime.ParseMediaType refuses, such as a parameter that
// stands twice, or drops, such as a name in Latin-1 (RFC 2231), is read loosely.
func mediaType(value string) (kind string, params map[string]string) {
	kind, params, err := mime.ParseMediaType(value)
	if err != nil {
		kind, _, _ = strings.Cut(value, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	if params == nil {
		params = map[string]string{}
	}
	for _, match := range parameter.FindAllStringSubmatch(value, 20) {
		name, extended := strings.CutSuffix(strings.ToLower(match[1]), "*")
		if _, known := params[name]; known {
			continue
		}
		text := match[2] + match[3]
		if charset, rest, ok := strings.Cut(text, "'"); extended && ok {
			_, rest, _ = strings.Cut(rest, "'") // the language
			text = decodeCharset(charset, percent(rest))
		}
		params[name] = text
	}
	return kind, params
}

// percent undoes RFC 2231's escapes, and leaves what is none.
func percent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if high, low := unhex(s[i+1]), unhex(s[i+2]); high >= 0 && low >= 0 {
				c, i = byte(high<<4|low), i+2 //nolint:gosec // two digits below 16
			}
		}
		out = append(out, c)
	}
	return out
}

// oneLine makes a text fit for a heading: no control character, no character that turns the direction of the rest.
func oneLine(s string) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
	return strings.Join(words, " ")
}
