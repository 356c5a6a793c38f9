package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gorilla/mux"

	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// filePolicy is the policy of a downloaded file: should a browser show it all the same, it may do nothing.
const filePolicy = "sandbox; default-src 'none'; frame-ancestors 'none'"

// downloadFile gives an attachment to who may see its message. It is always a download.
func (s *Server) downloadFile(w http.ResponseWriter, r *http.Request) error {
	v, err := s.seen(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(mux.Vars(r)["file"], 10, 64)
	if err != nil {
		return problem.New(problem.NotFound, "problem.not_found")
	}
	end, err := s.saved.begin(s.person(r).ID, tickets.FileMax)
	if err != nil {
		return err
	}
	defer end()
	f, err := s.opts.Tickets.Attachment(r.Context(), v.Ticket.PublicID, id, s.reader(r))
	if err != nil {
		return err
	}
	return sendFile(w, harmless(f.Type), f.Name, f.Content)
}

// sendFile answers with what strangers sent, to be saved.
func sendFile(w http.ResponseWriter, contentType, name string, content []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", attachment(name))
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("send a file: %w", err)
	}
	return nil
}

// harmless is the type that a file is sent as: the sniffed one when it is a picture, a sound, a film, plain text or an archive,
// of which no browser runs anything, else bytes without a meaning. It is a list of what may pass, so that a type that sniffing
// learns some day does not: HTML, XML, SVG, scripts and PDF (which can hold scripts, too) are none of it.
func harmless(sniffed string) string {
	kind, _, _ := strings.Cut(sniffed, ";")
	passing := []string{
		"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "audio/mpeg", "audio/wave", "audio/aiff", "audio/midi",
		"application/ogg", "video/mp4", "video/webm", "video/avi", "application/zip", "application/x-gzip",
	}
	switch {
	case slices.Contains(passing, kind):
		return kind
	case kind == "text/plain":
		return "text/plain; charset=utf-8"
	default:
		return "application/octet-stream"
	}
}

// attachment is a Content-Disposition that saves a file under its name, in the two forms of RFC 6266: one that every program
// reads, in ASCII, and one with all characters (RFC 8187), which those that know it prefer.
func attachment(name string) string {
	plain := strings.Map(func(c rune) rune {
		switch {
		case c > unicode.MaxASCII || c < ' ' || c == 0x7f || strings.ContainsRune(`"\/%;`, c):
			return '_'
		default:
			return c
		}
	}, name)
	// QueryEscape leaves only letters, digits, "-", "_", "." and "~", all of them attr-chars, but writes a space as "+".
	whole := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + whole
}
