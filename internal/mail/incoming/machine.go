package incoming

import (
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message"

	"nichoir/internal/mail"
)

// away are the subjects of holiday notices. People write such subjects too.
var away = regexp.MustCompile(`(?i)^\s*(?:auto(?:matic)?[ -]?(?:reply|response)|automatische antwort|automatisch antwoord|` +
	`out of (?:the )?office|r[ée]ponse automatique|absent|absence|abwesenheit|afwezig|respuesta autom[áa]tica|` +
	`(?:message d['’])?absence du bureau|auto\s?:)`)

// notice is such a subject as programs write it, in front of that of the mail which they answer.
var notice = regexp.MustCompile(`(?i)^\s*(?:auto(?:matic)?[ -]?(?:reply|response)|automatische antwort|automatisch antwoord|` +
	`r[ée]ponse automatique|respuesta autom[áa]tica|risposta automatica)\s*:\s*\S`)

// automatic tells that a program sent a mail by itself (RFC 3834 §2, and what came before it). What listed tells is not enough.
func automatic(h message.Header, subject string) bool {
	if word := firstWord(h.Get("Auto-Submitted")); word != "" && word != "no" {
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Auto-Respond"} {
		if word := firstWord(h.Get(name)); word != "" && word != "no" {
			return true
		}
	}
	if h.Has("X-Failed-Recipients") {
		return true
	}
	if h.Has("Return-Path") && strings.Trim(h.Get("Return-Path"), "<> ") == "" {
		return true
	}
	switch firstWord(h.Get("Precedence")) {
	case "junk", "auto_reply", "auto-reply":
		return true
	}
	address, _ := from(h)
	local, _, _ := strings.Cut(address, "@")
	if local == "mailer-daemon" {
		return true
	}
	// Exchange asks others not to answer on its notices, and on much that people write.
	sign := h.Has("X-Auto-Response-Suppress") || h.Has("Precedence") || h.Has("List-Id") || h.Has("X-Ms-Exchange-Generated-Message-Source")
	return notice.MatchString(subject) || sign && away.MatchString(subject)
}

// listed tells that a list sent a mail on, or that it says to go to many (RFC 2919; RFC 2076 §3.9). Programs write such mails,
// and people whose association writes by a list.
func listed(h message.Header) bool {
	word := firstWord(h.Get("Precedence"))
	return h.Has("List-Id") || word == "bulk" || word == "list"
}

func firstWord(value string) string {
	value = strings.ToLower(strings.TrimSpace(value))
	if i := strings.IndexAny(value, "; \t("); i >= 0 {
		value = value[:i]
	}
	return value
}

// ours tells that a mail carries our loop mark or a Message-ID of ours.
func ours(h message.Header, id string, domains []string) bool {
	return mail.IsOwnID(id, domains) || slices.ContainsFunc(h.Values(mail.LoopHeader), func(mark string) bool {
		return slices.ContainsFunc(domains, func(d string) bool { return d != "" && strings.EqualFold(d, strings.TrimSpace(mark)) })
	})
}
