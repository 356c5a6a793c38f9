package i18n

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strings"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// displayZone is where the people Nichoir serves read their clocks.
const displayZone = "Europe/Paris"

// Locale says things in one language. It may be shared.
type Locale struct {
	lang      string
	localizer *goi18n.Localizer
	printer   *message.Printer
	zone      *time.Location
	onMissing func(lang, key string)
}

func newLocale(bundle *goi18n.Bundle, lang string, onMissing func(string, string)) (*Locale, error) {
	zone, err := time.LoadLocation(displayZone)
	if err != nil {
		return nil, fmt.Errorf("load time zone %s: %w", displayZone, err)
	}
	return &Locale{
		lang:      lang,
		localizer: goi18n.NewLocalizer(bundle, lang),
		printer:   message.NewPrinter(language.MustParse(lang)),
		zone:      zone,
		onMissing: onMissing,
	}, nil
}

// Lang is the language spoken, "fr" or "en".
func (l *Locale) Lang() string { return l.lang }

// T says the sentence of key. Pairs are a placeholder's name and its value; the value of "Count" chooses between
// singular and plural. Integers, times, durations, Size, Day and Message values are put in the reader's words. An unknown
// key is shown as itself and reported to Options.OnMissing.
func (l *Locale) T(key string, pairs ...any) string {
	return l.Text(M(key, pairs...))
}

// Text says a Message; "" if there is nothing to say.
func (l *Locale) Text(m Message) string {
	if m.Key == "" {
		return m.Literal
	}
	words := make(map[string]any, len(m.Args))
	for name, value := range m.Args {
		words[name] = l.say(value)
	}
	return l.sentence(m, words)
}

// Rich says a Message whose sentence uses **bold** and [links](target). Only the catalogue can mark up: whatever the
// values hold is shown as plain text, and a target is dropped unless it is a path, an anchor, http(s) or mailto.
func (l *Locale) Rich(m Message) template.HTML {
	if m.Key == "" {
		return template.HTML(html.EscapeString(m.Literal)) //nolint:gosec // escaped on this line
	}
	marks := make(map[string]any, len(m.Args))
	values := make(map[string]string, len(m.Args))
	for name, value := range m.Args {
		mark := fmt.Sprintf(valueMark, len(marks))
		marks[name] = mark
		values[mark] = html.EscapeString(l.say(value))
	}
	return markUp(l.sentence(m, marks), values)
}

func (l *Locale) sentence(m Message, words map[string]any) string {
	text, err := l.localizer.Localize(&goi18n.LocalizeConfig{
		MessageID: m.Key, TemplateData: words, PluralCount: countable(m.Args["Count"]),
	})
	if err != nil {
		l.onMissing(l.lang, m.Key)
		return m.Key
	}
	if strings.Contains(text, "<no value>") {
		l.onMissing(l.lang, m.Key)
	}
	return text
}

// valueMark stands for a value while a sentence is marked up: private-use characters nobody types.
const valueMark = "\ue000%d\ue001"

var (
	bold = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	link = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
	safe = regexp.MustCompile(`^(https?://|mailto:|/[^/]|/$|#)`)
)

func markUp(sentence string, values map[string]string) template.HTML {
	fill := func(s string) string {
		for mark, value := range values {
			s = strings.ReplaceAll(s, mark, value)
		}
		return s
	}
	out := bold.ReplaceAllString(html.EscapeString(sentence), "<strong>$1</strong>")
	out = link.ReplaceAllStringFunc(out, func(found string) string {
		parts := link.FindStringSubmatch(found)
		target := fill(parts[2])
		if !safe.MatchString(target) {
			return parts[1]
		}
		return `<a href="` + target + `">` + parts[1] + `</a>`
	})
	return template.HTML(fill(out)) //nolint:gosec // sentence and values are escaped above
}

// say puts a value in words.
func (l *Locale) say(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case Message:
		return l.Text(v)
	case Size:
		return l.Bytes(int64(v))
	case Day:
		t, err := time.ParseInLocation(time.DateOnly, string(v), l.zone)
		if err != nil {
			return string(v)
		}
		return l.Date(t)
	case time.Time:
		return l.DateTime(v)
	case time.Duration:
		return l.Duration(v)
	case int:
		return l.Number(int64(v))
	case int32:
		return l.Number(int64(v))
	case int64:
		return l.Number(v)
	case float64:
		return l.Number(int64(v)) // An integer that has been through JSON.
	default:
		return fmt.Sprint(v)
	}
}

// countable makes a count that has been through JSON (a float64) an integer again.
func countable(value any) any {
	switch v := value.(type) {
	case float64:
		return int64(v)
	case int32:
		return int64(v)
	default:
		return v
	}
}
