package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"nichoir/internal/demo/mailcatcher"
)

// What is written in the ticket.
const (
	ticketTitle    = "Ranger nos comptes rendus"
	ticketQuestion = "Où mettre les comptes rendus, et qui pourra les lire ?"
	ticketAnswer   = "Bonjour,\n\nDans le dossier Documents : tout le monde y lit.\n\nÀ bientôt"
	ticketThanks   = "C'est fait, et tout le monde les a trouvés. Merci !"
	ticketFile     = "Comptes rendus à ranger.txt"
)

// ticketSubject is a mail about a ticket: its number and the kind of help.
var ticketSubject = regexp.MustCompile(`^\[Nichoir (\d+)\] Formation et prise en main$`)

// conversation is a ticket from its opening to its end.
type conversation struct {
	*tour

	page, number, file string
	first, last        mailcatcher.Message // to the provider
}

// ticketing is the way of a ticket: asked on a page, answered by mail, solved by a link.
func (t *tour) ticketing() []step {
	c := &conversation{tour: t}
	return []step{
		{"The lead opens a ticket, with a file and a look at the space", c.open},
		{"The provider gets it by mail, and the subject names no association", c.arrives},
		{"The provider answers by mail, and the lead reads it without the quote", c.answer},
		{"The lead writes back from the page, and the provider gets it by mail", c.writeBack},
		t.scanning(func() mailcatcher.Message { return c.last }),
		{"The provider solves it by the mail's link, and the lead's page says so", c.solve},
		{"Strangers find neither the ticket nor its file", c.shut},
		{"/metrics tells of the ticket, the link and the mail that came in", c.count},
	}
}

func (c *conversation) open(ctx context.Context) (string, error) {
	p, err := c.own.open(ctx, c.newTicketPath())
	if err != nil {
		return "", err
	}
	if !p.shows(c.names.provider()) {
		return "", fmt.Errorf("the form does not say who will read the ticket: %s", p.says())
	}
	f, err := c.own.form(p, c.newTicketPath())
	if err != nil {
		return "", err
	}
	err = errors.Join(
		f.choose("kind", aidKind),
		f.fill(map[string]string{"title": ticketTitle, "body": ticketQuestion}),
		f.tick("consent"),
		f.attach(upload{field: "files", name: ticketFile, content: c.fileContent()}),
	)
	if err != nil {
		return "", err
	}
	if p, err = f.submit(ctx, ""); err != nil {
		return "", err
	}
	if c.page = p.url.Path; !strings.HasPrefix(c.page, "/tickets/") {
		return "", fmt.Errorf("opening a ticket leads to %s: %s", route(p.url), p.says())
	}
	if c.file = p.linkTo(ticketFile); c.file == "" {
		return "", errors.New("the ticket's page does not show the file")
	}
	return "“" + ticketTitle + "”", c.download(ctx)
}

func (c *conversation) fileContent() []byte {
	return []byte("Janvier, février, mars.\n" + c.names.mark + "\n")
}

// download checks that the file comes back as it was sent, and as nothing that a browser shows.
func (c *conversation) download(ctx context.Context) error {
	got, header, err := c.own.download(ctx, c.file)
	if err != nil {
		return err
	}
	disposition, named, err := mime.ParseMediaType(header.Get("Content-Disposition"))
	if err != nil {
		return fmt.Errorf("read how the file is served: %w", err)
	}
	if !bytes.Equal(got, c.fileContent()) || disposition != "attachment" || named["filename"] != ticketFile {
		return fmt.Errorf("the file comes back with %d bytes, as %s %q", len(got), disposition, named["filename"])
	}
	return nil
}

func (c *conversation) arrives(ctx context.Context) (string, error) {
	m, err := c.mailSaying(ctx, c.names.helperEmail(), linkTicket, ticketQuestion, mailLimit)
	if err != nil {
		return "", err
	}
	c.first = m
	found := ticketSubject.FindStringSubmatch(m.Subject)
	if found == nil {
		return "", fmt.Errorf("its subject is %q", m.Subject)
	}
	c.number = found[1]
	if text := words(m.Text); !strings.Contains(text, ticketFile) || !strings.Contains(text, "sur 40 Go") || !strings.Contains(text, "2 sur 50") {
		return "", fmt.Errorf("the mail %q lacks the file, or the quota and the accounts that the lead lets it tell", m.Subject)
	}
	if reply := m.Header("Reply-To"); !strings.Contains(reply, "reply+"+c.number+"-") {
		return "", fmt.Errorf("answers to the mail %q do not go to its ticket", m.Subject)
	}
	return "“" + m.Subject + "”", nil
}

// answer is an answer from a mail program, above what it answers.
func (c *conversation) answer(ctx context.Context) (string, error) {
	if err := c.Mails.Answer(c.first, c.names.helperEmail(), ticketAnswer+"\n\n-- \nSacha, depuis son téléphone"); err != nil {
		return "", fmt.Errorf("answer by mail: %w", err)
	}
	m, err := c.mailSaying(ctx, c.lead.email, c.page, "tout le monde y lit", mailLimit)
	if err != nil {
		return "", err
	}
	p, err := c.own.open(ctx, c.page)
	if err != nil {
		return "", err
	}
	if got := p.doc.Find(".thread-message .typed").Last().Text(); got != ticketAnswer {
		return "", fmt.Errorf("the page shows the answer as %q, and not as it was written: %q", got, ticketAnswer)
	}
	return "“" + m.Subject + "”", nil
}

func (c *conversation) writeBack(ctx context.Context) (string, error) {
	p, err := c.own.open(ctx, c.page)
	if err != nil {
		return "", err
	}
	f, err := c.own.form(p, c.page+"/messages")
	if err != nil {
		return "", err
	}
	if err := f.fill(map[string]string{"body": ticketThanks}); err != nil {
		return "", err
	}
	if _, err := f.submit(ctx, ""); err != nil {
		return "", err
	}
	if c.last, err = c.mailSaying(ctx, c.names.helperEmail(), linkTicket, ticketThanks, mailLimit); err != nil {
		return "", err
	}
	if thread := c.last.Header("References"); !strings.Contains(thread, c.first.ID) {
		return "", fmt.Errorf("the mail %q is not in the thread of the first one", c.last.Subject)
	}
	return "“" + c.last.Subject + "”", nil
}

func (c *conversation) solve(ctx context.Context) (string, error) {
	const solved = "Résolu"
	p, err := c.own.open(ctx, c.page)
	if err != nil {
		return "", err
	}
	if p.shows(solved) {
		return "", errors.New("following the links of the mail has solved the ticket")
	}
	visitor, err := newBrowser(c.Nichoir)
	if err != nil {
		return "", err
	}
	defer visitor.http.CloseIdleConnections()
	if p, err = visitor.open(ctx, c.link(c.last, linkTicket)); err != nil {
		return "", err
	}
	f, err := visitor.form(p, p.url.Path)
	if err != nil {
		return "", err
	}
	if _, err := f.submit(ctx, "choix=resoudre"); err != nil {
		return "", err
	}
	if p, err = c.own.open(ctx, c.page); err != nil {
		return "", err
	}
	if !p.shows(solved) {
		return "", fmt.Errorf("the ticket's page does not show it as solved: %s", p.says())
	}
	return "number " + c.number, nil
}

// shut looks at the ticket as another organisation, which is signed in, and as nobody.
func (c *conversation) shut(ctx context.Context) (string, error) {
	if err := c.join(ctx, c.names.other(), c.names.otherName(), c.names.otherEmail()); err != nil {
		return "", err
	}
	if _, err := c.confirmProvider(ctx, c.names.otherEmail()); err != nil {
		return "", err
	}
	other, err := newBrowser(c.Nichoir)
	if err != nil {
		return "", err
	}
	defer other.http.CloseIdleConnections()
	if _, err := c.signIn(ctx, other, c.names.otherEmail()); err != nil {
		return "", err
	}
	for _, at := range []string{c.page, c.file} {
		p, err := other.get(ctx, at)
		if err != nil {
			return "", err
		}
		if p.status != http.StatusNotFound || p.shows(ticketTitle) {
			return "", fmt.Errorf("another organisation is answered %d at %s: %s", p.status, route(p.url), p.says())
		}
		if p, err = c.public.get(ctx, at); err != nil {
			return "", err
		}
		if p.url.Path != "/connexion" || p.shows(ticketTitle) {
			return "", fmt.Errorf("nobody is led to %s and not to sign in: %s", route(p.url), p.says())
		}
	}
	return "another organisation, and nobody", nil
}

// count waits until /metrics tells what has happened.
func (c *conversation) count(ctx context.Context) (string, error) {
	return "", c.awaitMetrics(ctx, func(context.Context) (map[string]float64, error) {
		return map[string]float64{
			`nichoir_tickets{state="solved"}`:                1,
			`nichoir_tickets_unanswered{holder="provider"}`:  0,
			`nichoir_support_links{state="accepted"}`:        1,
			`nichoir_incoming_mails_total{outcome="posted"}`: 1,
		}, nil
	})
}
