package web

import (
	"strings"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// ticketLine is one line of the conversation.
type ticketLine struct {
	ID       string // its anchor
	Who      i18n.Message
	Side     i18n.Message // for whom they speak
	Own      bool
	Mail     bool // it came by mail
	Internal bool
	Nichoir  bool
	Said     i18n.Message // by Nichoir
	Text     []textPart
	Files    []ticketFile
	At       time.Time
}

type ticketFile struct {
	URL  string
	Name string
	Size int64
}

func ticketLinesOf(page render.Page, v tickets.View) []ticketLine {
	lines := make([]ticketLine, 0, len(v.Messages))
	for _, m := range v.Messages {
		line := ticketLine{
			ID: messageAnchor(m.ID), Who: authorOf(m), Own: m.Own, Mail: m.Via == tickets.ByMail, Internal: m.Internal, At: m.At,
			Nichoir: m.Side == tickets.SideNichoir,
		}
		if line.Nichoir {
			line.Said = nichoirSaid(m)
			lines = append(lines, line)
			continue
		}
		line.Side, line.Text = sideOf(m, v.Ticket), linked(m.Body)
		for _, f := range m.Files {
			line.Files = append(line.Files, ticketFile{
				URL: page.Href(ticketPath(v.Ticket.PublicID) + "/pieces/" + itoa(f.ID)), Name: f.Name, Size: f.Size,
			})
		}
		lines = append(lines, line)
	}
	return lines
}

func messageAnchor(id int64) string { return "message-" + itoa(id) }

func authorOf(m tickets.Message) i18n.Message {
	if m.Author == "" {
		return i18n.M("ticket.somebody")
	}
	return i18n.Raw(m.Author)
}

// sideOf says for whom somebody spoke.
func sideOf(m tickets.Message, t tickets.Ticket) i18n.Message {
	switch {
	case m.Side == tickets.SideTeam:
		return i18n.M("ticket.side.team")
	case m.Side == tickets.SideProvider && m.Provider != "":
		return i18n.Raw(m.Provider)
	case m.Side == tickets.SideProvider:
		return i18n.M("ticket.side.provider")
	default:
		return i18n.Raw(t.SpaceName)
	}
}

// nichoirSaid is a line of Nichoir's own; a code that this page does not know yet is told as such.
func nichoirSaid(m tickets.Message) i18n.Message {
	switch m.Body {
	case tickets.LineMoved:
		if m.Provider == "" {
			return i18n.M("ticket.line.moved-team")
		}
		return i18n.M("ticket.line.moved", "Provider", m.Provider)
	case tickets.LineSolved, tickets.LineReopened, tickets.LineClosed, tickets.LineEscalated, tickets.LineBack:
		return i18n.M("ticket.line." + m.Body)
	default:
		return i18n.M("ticket.line.other")
	}
}

// textPart is a piece of what somebody wrote: words, or an address.
type textPart struct {
	Text string
	URL  string // "" for words
}

// linked finds the https addresses in a text. Nothing else in it is markup.
func linked(text string) []textPart {
	var parts []textPart
	for text != "" {
		begin := strings.Index(text, httpsPrefix)
		if begin < 0 {
			break
		}
		end := addressEnd(text[begin:])
		address := text[begin : begin+end]
		if len(address) > len(httpsPrefix) {
			if begin > 0 {
				parts = append(parts, textPart{Text: text[:begin]})
			}
			parts = append(parts, textPart{Text: address, URL: address})
		} else {
			parts = append(parts, textPart{Text: text[:begin+end]})
		}
		text = text[begin+end:]
	}
	if text != "" {
		parts = append(parts, textPart{Text: text})
	}
	return parts
}

const httpsPrefix = "https://"

// addressEnd is where the address that a text begins with ends: before white space and quotation marks, and without the
// punctuation of the sentence that it stands in.
func addressEnd(text string) int {
	end := strings.IndexFunc(text, func(c rune) bool {
		return c <= ' ' || c == '\u00a0' || c == '\u202f' || strings.ContainsRune("<>\"'`«»“”‘’", c)
	})
	if end < 0 {
		end = len(text)
	}
	address := strings.TrimRight(text[:end], ".,;:!?…)]}*_")
	// A bracket that was opened inside belongs to it.
	if strings.HasPrefix(text[len(address):end], ")") && strings.Count(address, "(") > strings.Count(address, ")") {
		address = text[:len(address)+1]
	}
	return max(len(address), len(httpsPrefix))
}
