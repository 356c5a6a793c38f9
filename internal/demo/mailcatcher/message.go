package mailcatcher

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

const (
	returnPath  = "Return-Path"
	deliveredTo = "Delivered-To"
)

// link finds web addresses in running text; what may end a sentence is cut off by Links.
var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// Message is a mail as it was received.
type Message struct {
	Number  int       // counts from 1, across starts
	At      time.Time // when it was received
	From    string    // of the envelope
	To      []string  // of the envelope: who would have got it
	ID      string    // Message-ID without its brackets
	Subject string    // decoded
	Text    string    // the text part, decoded
	HTML    string    // the HTML part, decoded
	Raw     []byte    // the source, below one Return-Path and the Delivered-To of the envelope
	// Problem says why a part could not be read; empty for a well-formed mail.
	Problem string

	header mail.Header
}

// Header returns a header field, decoded; empty when it is missing.
func (m Message) Header(name string) string {
	value, err := m.header.Text(name)
	if err != nil {
		return m.header.Get(name)
	}
	return value
}

// HeaderCount tells how many times a field stands in the header.
func (m Message) HeaderCount(name string) int { return len(m.header.Values(name)) }

// Links returns the web addresses of the text part, in their order.
func (m Message) Links() []string {
	var links []string
	for _, found := range link.FindAllString(m.Text, -1) {
		links = append(links, strings.TrimRight(found, ".,;:!?)»"))
	}
	return links
}

// parse reads as much as it can: a broken mail has to be seen, not lost.
func parse(number int, raw []byte, at time.Time) Message {
	m := Message{Number: number, At: at, Raw: raw}
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		m.Problem = "unreadable header: " + err.Error()
		return m
	}
	m.header = r.Header
	m.From = strings.Trim(r.Header.Get(returnPath), "<>")
	m.To = r.Header.Values(deliveredTo)
	m.Subject = m.Header("Subject")
	m.ID = strings.Trim(strings.TrimSpace(r.Header.Get("Message-Id")), "<>")
	return m.parts(r)
}

// parts keeps the first text and the first HTML part.
func (m Message) parts(r *mail.Reader) Message {
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return m
		}
		if err != nil && !message.IsUnknownCharset(err) {
			m.Problem = "unreadable part: " + err.Error()
			return m
		}
		m = m.with(part)
	}
}

// with keeps a part that is the first of its kind.
func (m Message) with(part *mail.Part) Message {
	header, ok := part.Header.(*mail.InlineHeader)
	if !ok {
		return m // an attachment is in the source
	}
	body, err := io.ReadAll(part.Body)
	if err != nil {
		m.Problem = "unreadable part: " + err.Error()
	}
	kind, _, err := header.ContentType()
	if err != nil {
		m.Problem = "unreadable content type: " + err.Error()
	}
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	switch {
	case kind == "text/html" && m.HTML == "":
		m.HTML = text
	case (kind == "text/plain" || kind == "") && m.Text == "":
		m.Text = text
	}
	return m
}
