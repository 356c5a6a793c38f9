package mail_test

import (
	"strings"
	"testing"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/mail"
)

type letter = struct {
	data any
	says []string
}

const (
	helper    = `La Coop "du" <Bocage> & Filles`
	person    = "Noé <Marchand>"
	said      = "Bonjour & <merci>,\n\nvoici la marche à suivre : ouvrez l'agenda, puis cherchez longtemps, très longtemps, le petit bouton.\nEt voilà.\n-- \nNoé"
	mailed    = "https://nichoir.example/lien/0123456789abcdefghijklmnopqrstuvwxyz0123456789?choix="
	page      = "https://nichoir.example/page/0123456789abcdefghijklmnopqrstuvwxyz0123456789"
	directory = "https://nichoir.example/prestataires"
)

// supportLetters is every mail about support with full data, and what must be readable in it.
func supportLetters() map[string]letter {
	until := time.Date(2026, time.December, 21, 13, 5, 0, 0, time.UTC)
	out := map[string]letter{}
	provider := mail.ProviderMail{Provider: helper, Link: mailed + "p", Expires: until, Follow: page, Page: directory + "/bocage", Words: said}
	for name, says := range map[string][]string{
		"provider-confirm":   {mailed + "p", page, "2026"},
		"provider-received":  {page},
		"provider-question":  {page, "& <merci>", "Et voilà."},
		"provider-listed":    {mailed + "p", directory + "/bocage"},
		"provider-refused":   {"& <merci>", page},
		"provider-taken-out": {"& <merci>", page},
		"provider-yearly":    {mailed + "p", "2026"},
		"provider-paused":    {mailed + "p"},
		"provider-member":    {mailed + "p"},
		"provider-answered":  {mailed + "p"},
	} {
		out[name] = letter{provider, append(says, helper)}
	}
	proposals := mail.ProposalsMail{Association: association, Page: page, Directory: directory, Proposals: []mail.ProposalLines{
		{Name: helper, Town: "Rennes", Reasons: []i18n.Message{i18n.Raw("est de votre région <Bretagne>"), i18n.Raw("deux places libres")},
			Free: "Une heure de prise en main.\nEt un café.", Quoted: "Une journée de formation pour toute l'équipe, sur place, avec un support écrit."},
		{Name: "Clic & Co", Town: "Lyon", Quoted: "Tout."},
	}}
	told := []string{helper, "Rennes", "votre région <Bretagne>", "Une heure de prise en main.", "Une journée de formation", "Clic & Co"}
	out["support-proposals"] = letter{proposals, append(told, association, page, directory)}
	out["support-again"] = letter{proposals, append(told, association, page, directory)}
	out["support-exhausted"] = letter{proposals, []string{association, page, directory}}
	link := mail.SupportMail{Association: association, Provider: helper, Refused: "Clic & Co", Reason: "Trop de <travail> en ce moment.", Words: said,
		Summary: "Une formation a eu lieu.", Facts: []mail.Fact{{Label: i18n.Raw("Région"), Value: i18n.Raw("Bretagne <sud>")}},
		Accept: mailed + "accepter", Decline: mailed + "refuser", Pause: mailed + "pause", Expires: until, Since: until, Due: until, Page: page}
	request := []string{association, "Bretagne <sud>", "& <merci>", "Une formation a eu lieu.", mailed + "accepter", mailed + "refuser", mailed + "pause", page, "2026"}
	out["link-request"] = letter{link, request}
	out["link-reminder"] = letter{link, request}
	out["link-accepted"] = letter{link, []string{association, helper, page}}
	out["link-next"] = letter{link, []string{helper, "Clic & Co", "Trop de <travail>", page}}
	out["link-lapsed"] = letter{link, []string{"2026", page}}
	out["link-withdrawn"] = letter{link, []string{"2026", "Trop de <travail>", page}}
	out["link-ended"] = letter{link, []string{association, "Trop de <travail>", page}}
	out["link-welcome"] = letter{link, []string{association, "Bretagne <sud>", "& <merci>", "Une formation a eu lieu.", page}}
	ticketLetters(out, until)
	incomingLetters(out, until)
	return out
}

func ticketLetters(out map[string]letter, until time.Time) {
	ticket := mail.TicketMail{Number: 1042, Help: i18n.Raw("Formation"), Title: "L'agenda <commun> & moi", Reply: true, Author: person,
		Organisation: helper, Association: association, Holder: helper, Urgent: true, Body: said, Summary: "On a essayé <tout>.",
		Files:   []mail.FileLine{{Name: "capture <1>.png", Size: 20480, Link: page + "/1"}},
		Context: []mail.Fact{{Label: i18n.M("mails.context.quota"), Value: i18n.M("mails.context.quota-value", "Used", i18n.Size(1<<30), "Total", i18n.Size(40<<30))}},
		Page:    page, Solve: mailed + "resoudre", Reopen: mailed + "rouvrir", Escalate: mailed + "escalader", Expires: until, Due: until}
	common := []string{ticket.Title, page, mailed + "resoudre", mailed + "rouvrir", mailed + "escalader", "2026", "capture <1>.png", page + "/1", "40"}
	body := append([]string{person, "& <merci>", "Et voilà."}, common...)
	for name, says := range map[string][]string{
		"ticket-opened": append(body, association), "ticket-receipt": append(body, helper), "ticket-message": append(body, helper),
		"ticket-solved": body, "ticket-escalated": append(body, helper), "ticket-back": body,
		"ticket-moved": append(common, association, "On a essayé <tout>."), "ticket-reminder": append(common, association), "ticket-nudge": body,
	} {
		out[name] = letter{ticket, says}
	}
}

func incomingLetters(out map[string]letter, until time.Time) {
	incoming := mail.IncomingMail{Number: 1042, Link: mailed + "x", Expires: until, Address: "lou@ailleurs.example",
		Why: i18n.M("mails.why.too_large"), Directory: directory, Addresses: page}
	for name, says := range map[string][]string{
		"mail-held": {mailed + "x", "lou@ailleurs.example", "2026"}, "mail-released": {mailed + "x", "lou@ailleurs.example"},
		"address-added": {mailed + "x", "lou@ailleurs.example", "2026", page}, "mail-which": {mailed + "x"},
		"mail-unknown": {mailed + "x", directory}, "mail-refused": {mailed + "x"},
	} {
		out[name] = letter{incoming, says}
	}
	hook := mail.WebhookMail{Provider: helper, URL: "https://outil.example/crochet?a=b&c=d", Page: page}
	out["webhook-failing"] = letter{hook, []string{helper, hook.URL, page}}
	out["webhook-gone"] = letter{hook, []string{helper, hook.URL, page, "410"}}
}

func TestTicketMailsAreToldByNumberAndAnsweredAboveALine(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for name, l := range supportLetters() {
		data, is := l.data.(mail.TicketMail)
		if !is {
			continue
		}
		for _, lang := range i18n.Languages() {
			data.Reply = true
			with, err := c.Compose(name, lang, data)
			if err != nil {
				t.Fatal(err)
			}
			if want := "[Nichoir 1042] Formation"; with.Subject != want {
				t.Errorf("%s in %s: subject %q, want %q", name, lang, with.Subject, want)
			}
			if !strings.HasPrefix(with.Text, mail.ReplyMarker(lang)+"\n") {
				t.Errorf("%s in %s does not begin with the line above which people answer:\n%s", name, lang, with.Text)
			}
			data.Reply = false
			without, err := c.Compose(name, lang, data)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(without.Text+without.HTML, mail.ReplyMarker(lang)) {
				t.Errorf("%s in %s asks for an answer that nobody reads", name, lang)
			}
		}
	}
}

func TestATicketMailWithoutDetailsHasNoHoles(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for name, l := range supportLetters() {
		if _, is := l.data.(mail.TicketMail); !is {
			continue
		}
		got, err := c.Compose(name, "fr", mail.TicketMail{Number: 1, Help: i18n.Raw("Conseil"), Title: "Titre", Page: page})
		if err != nil {
			t.Fatal(err)
		}
		checkText(t, got.Text)
		for _, hole := range []string{"écrit :", "Pièces jointes", "L'espace en ce moment", "  Association", "valables jusqu"} {
			if strings.Contains(got.Text, hole) || strings.Contains(got.HTML, hole) {
				t.Errorf("%s announces %q and does not tell it:\n%s", name, hole, got.Text)
			}
		}
	}
}

// A provider that took a ticket over is not told its title: the kind of help stands in its place.
func TestATicketMailWithoutTitleNamesTheHelp(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for name, l := range supportLetters() {
		data, is := l.data.(mail.TicketMail)
		if !is {
			continue
		}
		data.Title, data.Help = "", i18n.Raw("Conseil&co")
		for _, lang := range i18n.Languages() {
			got, err := c.Compose(name, lang, data)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got.Text, "Conseil&co") || !strings.Contains(got.HTML, "Conseil&amp;co") {
				t.Errorf("%s in %s calls the ticket nothing:\n%s", name, lang, got.Text)
			}
		}
	}
}

// A proposal whose provider rests without an end has no date, in the mail to either side.
// TestAReceiptSaysWhoAsked: to who asked for nothing, "has arrived" means nothing.
func TestAReceiptSaysWhoAsked(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for team, want := range map[bool]string{true: "Notre équipe a ouvert une demande d’aide pour votre association", false: "est bien arrivée"} {
		m, err := c.Compose("ticket-receipt", "fr", mail.TicketMail{Number: 1042, Help: i18n.Raw("Formation"), Title: "L'agenda", Page: page, Team: team})
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(strings.Fields(m.Text), " "); !strings.Contains(text, want) || !strings.Contains(m.HTML, want) {
			t.Errorf("opened by the team: %t, without %q:\n%s", team, want, m.Text)
		}
	}
}

func TestAProposalWithoutADateTellsNone(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for _, name := range []string{"link-request", "link-next"} {
		data, is := supportLetters()[name].data.(mail.SupportMail)
		if !is {
			t.Fatalf("%s has other data", name)
		}
		data.Due = time.Time{}
		for _, lang := range i18n.Languages() {
			m, err := c.Compose(name, lang, data)
			if err != nil {
				t.Fatal(err)
			}
			if both := m.Text + m.HTML; strings.Contains(both, "janvier 1 ") || strings.Contains(both, "January 0001") {
				t.Errorf("%s in %s tells a date that there is not:\n%s", name, lang, m.Text)
			}
		}
	}
}
