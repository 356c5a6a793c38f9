package incoming

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// decodeTransfer undoes a Content-Transfer-Encoding as far as that goes, and no further than max bytes. It reports whether
// that was all. An encoding that nobody knows is taken as it stands.
func decodeTransfer(encoding string, body []byte, maximum int) ([]byte, bool) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return decodeBase64(body, maximum)
	case "quoted-printable":
		return decodeQuoted(body, maximum)
	default:
		return body[:min(len(body), maximum)], len(body) <= maximum
	}
}

// decodeBase64 skips what is not of the alphabet. It goes on behind a padding, as some programs encode a text piece by piece, but
// not into the footer that a list appends.
func decodeBase64(body []byte, maximum int) ([]byte, bool) {
	var out []byte
	digits := make([]byte, 0, min(len(body), base64.StdEncoding.EncodedLen(maximum)+4))
	padded := false
	flush := func() {
		if len(digits)%4 == 1 {
			digits = digits[:len(digits)-1] // six bits are no byte
		}
		begin := len(out)
		out = append(out, make([]byte, base64.RawStdEncoding.DecodedLen(len(digits)))...)
		n, _ := base64.RawStdEncoding.Decode(out[begin:], digits) // every digit was looked at
		out, digits = out[:begin+n], digits[:0]
	}
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		if bytes.ContainsRune(line, ' ') || padded && !isWholeBase64(line) {
			break
		}
		for _, c := range line {
			switch {
			case c == '=':
				padded = true
				flush()
			case !isBase64(c):
			case len(out)+base64.RawStdEncoding.DecodedLen(len(digits)+1) > maximum:
				flush()
				return out, false
			default:
				digits = append(digits, c)
			}
		}
	}
	flush()
	return out, true
}

// isWholeBase64 tells that a line can be decoded by itself.
func isWholeBase64(line []byte) bool {
	digits := bytes.TrimRight(line, "=")
	return len(line)%4 == 0 && len(line)-len(digits) <= 2 && !slices.ContainsFunc(digits, func(c byte) bool { return !isBase64(c) })
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

// decodeQuoted keeps an escape that is none as it stands.
func decodeQuoted(body []byte, maximum int) ([]byte, bool) {
	out := make([]byte, 0, min(len(body), maximum))
	for line := range bytes.Lines(body) {
		text := bytes.TrimRight(line, " \t\r\n")
		soft := bytes.HasSuffix(text, []byte("="))
		if soft {
			text = text[:len(text)-1]
		}
		for i := 0; i < len(text); i++ {
			c := text[i]
			if c == '=' && i+2 < len(text) {
				if high, low := unhex(text[i+1]), unhex(text[i+2]); high >= 0 && low >= 0 {
					c, i = byte(high<<4|low), i+2 //nolint:gosec // two digits below 16
				}
			}
			out = append(out, c)
		}
		if !soft && bytes.HasSuffix(line, []byte("\n")) {
			out = append(out, '\n')
		}
		if len(out) > maximum {
			return out[:maximum], false
		}
	}
	return out, true
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	default:
		return -1
	}
}

// decodeCharset returns valid UTF-8 whatever the charset says. One that is missing, unknown or evidently wrong gives way
// to UTF-8 when the bytes are that, and else to Windows-1252, which most mails without a true charset are.
func decodeCharset(name string, body []byte) string {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	name = strings.ToLower(strings.Trim(strings.TrimSpace(name), `"'`))
	switch name {
	case "utf-8", "utf8", "us-ascii", "ascii", "":
	default:
		known, err := htmlindex.Get(name)
		if err != nil {
			break
		}
		label, err := htmlindex.Name(known)
		if label == "replacement" { // browsers read none of these, for what scripts could hide in them
			break
		}
		if err == nil && utf8.Valid(body) && contradicts(label, body) {
			return string(body)
		}
		if text, err := known.NewDecoder().Bytes(body); err == nil {
			return strings.ToValidUTF8(string(text), "\uFFFD")
		}
	}
	if utf8.Valid(body) {
		return string(body)
	}
	if mostlyUTF8(body) {
		return strings.ToValidUTF8(string(body), "\uFFFD")
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(body)
	if err != nil {
		return strings.ToValidUTF8(string(body), "\uFFFD")
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

// contradicts reports whether text that is good UTF-8 was written by a program that forgot to say so: one that says Latin-1
// or a charset like it and holds an accent in UTF-8, or one that says UTF-16 without the zeros that every line break has there.
func contradicts(label string, body []byte) bool {
	return strings.HasPrefix(label, "windows-") || strings.HasPrefix(label, "iso-8859-") || strings.HasPrefix(label, "utf-16") && !bytes.ContainsRune(body, 0)
}

// mostlyUTF8 tells a text in UTF-8 that was cut or damaged in a place or two from one that never was UTF-8.
func mostlyUTF8(body []byte) bool {
	good, bad := 0, 0
	for len(body) > 0 {
		r, size := utf8.DecodeRune(body)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		body = body[size:]
	}
	return good > bad
}

func wordDecoder() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		body, err := io.ReadAll(r)
		if err != nil {
			return nil, err //nolint:wrapcheck // it comes back from DecodeHeader
		}
		return strings.NewReader(decodeCharset(charset, body)), nil
	}}
}

// decodeWords reads the encoded words of RFC 2047. A field that is not ASCII, against the rules, is read by its bytes.
func decodeWords(value string) string {
	value = decodeCharset("", []byte(value))
	decoded, err := wordDecoder().DecodeHeader(value)
	if err != nil {
		decoded = value
	}
	return strings.ToValidUTF8(decoded, "\uFFFD")
}
