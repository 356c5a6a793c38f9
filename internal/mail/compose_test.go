package mail_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"nichoir/internal/i18n"
	"nichoir/internal/mail"
	"nichoir/templates"
)

func composer(t *testing.T) *mail.Composer {
	t.Helper()
	catalogue, err := i18n.New(i18n.Options{OnMissing: func(lang, key string) {
		t.Errorf("%s lacks the sentence or a value of %q", lang, key)
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := mail.NewComposer(templates.Files, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const association = `Les "Mésanges" <du> canal & Cie`

// letters is every mail with full data, and what must be readable in it.
func letters() map[string]struct {
	data any
	says []string
} {
	until := time.Date(2026, time.December, 21, 13, 5, 0, 0, time.UTC)
	application := mail.ApplicationMail{
		Association: association,
		ConfirmLink: "https://nichoir.example/confirmer/0123456789abcdefghijklmnopqrstuvwxyz0123456789",
		StatusLink:  "https://nichoir.example/suivi/abcdefghijklmnopqrstuvwxyz0123456789",
		Expires:     until,
		Reason:      "Votre objet ne dit pas assez ce que vous faites.\r\n\r\nÉcrivez-nous <vite> & bien, nous relirons la demande avec plaisir et attention.",
	}
	const server, login, token = "https://nuage.example", "camille.dupre", "https://nichoir.example/activer/0123456789abcdefghijklmnopqrstuvwxyz"
	out := map[string]struct {
		data any
		says []string
	}{
		"confirm-address":        {application, []string{association, application.ConfirmLink, application.StatusLink, "2026"}},
		"application-received":   {application, []string{association, application.StatusLink}},
		"application-waitlisted": {application, []string{association, application.StatusLink}},
		"application-rejected":   {application, []string{association, application.StatusLink, "Votre objet", "<vite> & bien"}},
		"sign-in":                {mail.LinkMail{Link: token, Expires: until}, []string{token, "2026"}},
		"space-ready": {
			mail.HandoverMail{
				Association: association, SpaceURL: server, Login: login, ActivationLink: token, Expires: until,
				NichoirURL: "https://nichoir.example/espace/12",
			},
			[]string{association, server, login, token, "https://nichoir.example/espace/12", "Nextcloud"},
		},
		"invitation": {
			mail.InvitationMail{
				Association: association, InviterName: "Lou <Petit>", SpaceURL: server, Login: login, ActivationLink: token, Expires: until,
			},
			[]string{association, "Lou <Petit>", server, login, token, "Nextcloud"},
		},
		"password-reset": {
			mail.PasswordMail{Association: association, SpaceURL: server, Login: login, Link: token, Expires: until},
			[]string{association, server, login, token},
		},
	}
	maps.Copy(out, supportLetters())
	return out
}

func TestCompose(t *testing.T) {
	t.Parallel()
	c := composer(t)
	tested := map[string]bool{}
	for name, letter := range letters() {
		tested[name] = true
		for _, lang := range i18n.Languages() {
			t.Run(name+"-"+lang, func(t *testing.T) {
				t.Parallel()
				got, err := c.Compose(name, lang, letter.data)
				if err != nil {
					t.Fatal(err)
				}
				if got.Subject == "" || strings.Contains(got.Subject, "Mésanges") || strings.ContainsAny(got.Subject, "\r\n") {
					t.Errorf("subject %q: it must be one line and name nobody", got.Subject)
				}
				checkText(t, got.Text)
				read := htmlWords(t, got.HTML)
				for _, want := range letter.says {
					if !strings.Contains(oneLined(got.Text), want) {
						t.Errorf("the text does not say %q:\n%s", want, got.Text)
					}
					if !strings.Contains(read, want) {
						t.Errorf("the HTML does not say %q:\n%s", want, got.HTML)
					}
				}
				// Both parts come from one template each, and must not drift: every line of the text stands in the HTML.
				for paragraph := range strings.SplitSeq(got.Text, "\n\n") {
					if line := strings.TrimLeft(oneLined(paragraph), "* "); !strings.HasPrefix(line, "-- ") && !inHTML(read, line) {
						t.Errorf("the HTML lacks %q:\n%s", line, read)
					}
				}
			})
		}
	}
	for _, name := range c.Names() {
		if !tested[name] {
			t.Errorf("mail %s is not tested", name)
		}
	}
}

func TestComposeLeavesOutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	got, err := composer(t).Compose("application-rejected", "fr", mail.ApplicationMail{Association: "X", Reason: " \n\n "})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.Text, "Voici pourquoi") || strings.Contains(got.HTML, "Voici pourquoi") {
		t.Errorf("it announces a reason that is not given:\n%s", got.Text)
	}
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	c := composer(t)
	if _, err := c.Compose("no-such-mail", "fr", nil); !errors.Is(err, mail.ErrUnknownTemplate) {
		t.Errorf("an unknown mail: got %v, want ErrUnknownTemplate", err)
	}
	if got, err := c.Compose("space-ready", "fr", mail.LinkMail{}); err == nil {
		t.Errorf("data of another mail was accepted: %v", got)
	}
}

func TestComposeInAnUnknownLanguageIsFrench(t *testing.T) {
	t.Parallel()
	c := composer(t)
	want, err := c.Compose("sign-in", "fr", mail.LinkMail{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Compose("sign-in", "br", mail.LinkMail{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Breton differs from French:\n%s", diff)
	}
}

// checkText holds the text part to 72 characters a line, but for links, and to no trace of HTML or of a missing value.
func checkText(t *testing.T, text string) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if len([]rune(line)) > 72 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("a line of %d characters: %q", len([]rune(line)), line)
		}
	}
	for _, trace := range []string{"&lt;", "&#34;", "<p", "<no value>", "**", "\n\n\n"} {
		if strings.Contains(text, trace) {
			t.Errorf("the text holds %q:\n%s", trace, text)
		}
	}
}

func htmlWords(t *testing.T, html string) string {
	t.Helper()
	document, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	if n := document.Find("script, img, link").Length(); n != 0 {
		t.Errorf("the HTML asks for %d things from elsewhere", n)
	}
	return oneLined(document.Find("body").Text())
}

// inHTML looks for a paragraph of the text, whatever the spaces; "Follow: https://…" is a button and its address there.
func inHTML(read, paragraph string) bool {
	read, paragraph = spaceless(read), spaceless(paragraph)
	if strings.Contains(read, paragraph) {
		return true
	}
	label, link, found := strings.Cut(paragraph, ":https://")
	return found && strings.Contains(read, label) && strings.Contains(read, "https://"+link)
}

func spaceless(text string) string { return strings.Join(strings.Fields(text), "") }

// oneLined joins lines, and leaves no-break spaces alone.
func oneLined(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' }), " ")
}
