package mail

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode/utf8"

	"nichoir/internal/i18n"
)

// textWidth is where the text part is wrapped: RFC 5322 §2.1.1 asks for 78 characters, quoting takes some of them.
const textWidth = 72

// ErrUnknownTemplate says that there is no mail of the name asked for.
var ErrUnknownTemplate = errors.New("unknown mail template")

// LinkMail is the data of "sign-in".
type LinkMail struct {
	Link    string
	Expires time.Time
}

// ApplicationMail is the data of "confirm-address", "application-received", "application-waitlisted" and
// "application-rejected".
type ApplicationMail struct {
	Association string
	// ConfirmLink and Expires are for "confirm-address".
	ConfirmLink string
	Expires     time.Time
	// StatusLink shows where the application stands.
	StatusLink string
	// Reason is what "application-rejected" tells; a blank line begins a paragraph.
	Reason string
}

// Reasons are the paragraphs of Reason.
func (m ApplicationMail) Reasons() []string { return paragraphs(m.Reason) }

// HandoverMail is the data of "space-ready", which hands a space to its lead.
type HandoverMail struct {
	Association string
	// SpaceURL is the address of the Nextcloud server.
	SpaceURL string
	// Login is what the lead types to sign in there.
	Login          string
	ActivationLink string
	Expires        time.Time
	// NichoirURL is the lead's page of the space.
	NichoirURL string
}

// InvitationMail is the data of "invitation", which gives a member an account.
type InvitationMail struct {
	Association    string
	InviterName    string
	SpaceURL       string
	Login          string
	ActivationLink string
	Expires        time.Time
}

// PasswordMail is the data of "password-reset".
type PasswordMail struct {
	Association string
	SpaceURL    string
	Login       string
	Link        string
	Expires     time.Time
}

// Composed is a mail ready to be sent: the same words twice, as text and as HTML.
type Composed struct {
	// Subject names no association and no person: it can be read over a shoulder and stands in the servers' logs.
	Subject string
	Text    string
	HTML    string
}

// Composer writes mails from templates. It does not change after NewComposer and may be shared.
type Composer struct {
	catalogue *i18n.Catalogue
	mails     map[string]map[string]parts // by language, by name
}

type parts struct {
	text *texttemplate.Template
	html *template.Template
}

// action is a button of the HTML part.
type action struct{ Label, URL string }

// subjected is data whose mails carry values in their subjects.
type subjected interface {
	// SubjectValues are pairs of placeholder and value.
	SubjectValues() []any
}

// NewComposer parses every mail of files ("mails/<name>.txt" and "mails/<name>.html", with "mails/layout.*" and
// "mails/parts/*") in every language. It fails on a template that does not parse, on a part that is missing and on a mail without a subject.
func NewComposer(files fs.FS, catalogue *i18n.Catalogue) (*Composer, error) {
	c := &Composer{catalogue: catalogue, mails: map[string]map[string]parts{}}
	names, err := fs.Glob(files, "mails/*.txt")
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	for _, lang := range i18n.Languages() {
		c.mails[lang] = map[string]parts{}
		shared, err := parseShared(files, catalogue.Locale(lang))
		if err != nil {
			return nil, err
		}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".txt")
			if name == "layout" {
				continue
			}
			if !catalogue.Has("mails.subject." + name) {
				return nil, fmt.Errorf("read mail %s: it has no subject", name)
			}
			if c.mails[lang][name], err = shared.parseMail(files, name); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// Names lists the mails there are, in alphabetical order.
func (c *Composer) Names() []string {
	return slices.Sorted(maps.Keys(c.mails[i18n.French]))
}

// Compose writes the mail called name in lang (French when Nichoir does not speak lang) from the data struct its template
// is for. It returns ErrUnknownTemplate, or the template's error when the data does not fit.
func (c *Composer) Compose(name, lang string, data any) (Composed, error) {
	if !i18n.Known(lang) {
		lang = i18n.French
	}
	mail, ok := c.mails[lang][name]
	if !ok {
		return Composed{}, fmt.Errorf("compose mail %q: %w", name, ErrUnknownTemplate)
	}
	var text, html bytes.Buffer
	if err := mail.text.ExecuteTemplate(&text, "layout", data); err != nil {
		return Composed{}, fmt.Errorf("compose text of mail %s: %w", name, err)
	}
	if err := mail.html.ExecuteTemplate(&html, "layout", data); err != nil {
		return Composed{}, fmt.Errorf("compose HTML of mail %s: %w", name, err)
	}
	var values []any
	if s, ok := data.(subjected); ok {
		values = s.SubjectValues()
	}
	return Composed{
		Subject: c.catalogue.Locale(lang).T("mails.subject."+name, values...),
		Text:    wrap(text.String()),
		HTML:    strings.TrimSpace(html.String()) + "\n",
	}, nil
}

// parseShared reads the layout and the parts that mails have in common, in one language.
func parseShared(files fs.FS, locale *i18n.Locale) (parts, error) {
	funcs := map[string]any{
		"t":      func(key string, pairs ...any) string { return locale.T(key, pairs...) },
		"lang":   locale.Lang,
		"action": func(key, url string) action { return action{Label: locale.T(key), URL: url} },
		"say":    locale.Text,
		"size":   func(bytes int64) string { return locale.Bytes(bytes) },
		"number": plainNumber,
		"marker": func() string { return ReplyMarker(locale.Lang()) },

		"paragraphs": paragraphs,
		"indent":     indent,
	}
	text, err := texttemplate.New("shared").Funcs(funcs).ParseFS(files, "mails/layout.txt", "mails/parts/*.txt")
	if err != nil {
		return parts{}, fmt.Errorf("parse what the texts of mails share: %w", err)
	}
	html, err := template.New("shared").Funcs(funcs).ParseFS(files, "mails/layout.html", "mails/parts/*.html")
	if err != nil {
		return parts{}, fmt.Errorf("parse what the HTML of mails shares: %w", err)
	}
	return parts{text: text, html: html}, nil
}

// parseMail reads a mail into its own clone of what mails share, so that two mails may define blocks of one name.
func (shared parts) parseMail(files fs.FS, name string) (parts, error) {
	text, err := shared.text.Clone()
	if err == nil {
		text, err = text.ParseFS(files, "mails/"+name+".txt")
	}
	if err != nil {
		return parts{}, fmt.Errorf("parse text of mail %s: %w", name, err)
	}
	html, err := shared.html.Clone()
	if err == nil {
		html, err = html.ParseFS(files, "mails/"+name+".html")
	}
	if err != nil {
		return parts{}, fmt.Errorf("parse HTML of mail %s: %w", name, err)
	}
	return parts{text: text, html: html}, nil
}

// plainNumber writes a ticket's number as people quote it, without the spaces between thousands.
func plainNumber(n int64) string { return strconv.FormatInt(n, 10) }

// wrap breaks lines at textWidth between words, leaves words longer than that whole (links), and keeps at most one empty
// line between paragraphs. A line that begins with two spaces keeps that indent when it is broken.
func wrap(text string) string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line = strings.TrimRight(line, " \r")
		if line == "--" {
			line = "-- " // the signature mark of RFC 3676 §4.3
		}
		if line == "" && len(out) > 0 && out[len(out)-1] == "" {
			continue
		}
		out = append(out, wrapLine(line)...)
	}
	return strings.Join(out, "\n") + "\n"
}

func wrapLine(line string) []string {
	if utf8.RuneCountInString(line) <= textWidth {
		return []string{line}
	}
	indent := ""
	if strings.HasPrefix(line, "  ") {
		indent = "  "
	}
	var lines []string
	current, width := indent, len(indent)
	for word := range strings.SplitSeq(strings.TrimSpace(line), " ") {
		size := utf8.RuneCountInString(word)
		if width > len(indent) && width+1+size > textWidth {
			lines = append(lines, current)
			current, width = indent, len(indent)
		}
		if width > len(indent) {
			current, width = current+" ", width+1
		}
		current, width = current+word, width+size
	}
	return append(lines, current)
}
