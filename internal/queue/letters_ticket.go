package queue

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/postgres"
	"nichoir/internal/support/tickets"
	"nichoir/provisioning"
)

// aboutTicket gathers a mail about a ticket, with the heads that let mail programs thread it and answers find their way.
func (w *sendMail) aboutTicket(ctx context.Context, m postgres.Mail) (any, mail.Message, error) {
	post, err := w.ticketPost(ctx, m)
	if err != nil {
		return nil, mail.Message{}, err
	}
	t := post.Ticket
	if !saysOfTicket(m.Template, t) {
		return nil, mail.Message{}, errGone
	}
	data := mail.TicketMail{Number: t.ID, Help: helpName(t.Kind), Title: t.Title, Reply: w.opts.ReplyDomain != "", Urgent: t.Urgent,
		Page: w.opts.Links.Ticket(t.PublicID), Context: spaceFacts(post.Context), Summary: post.Summary}
	if post.Side != tickets.SideSpace {
		data.Association = t.SpaceName
	}
	if !t.WithTeam() || m.Template == tickets.LetterEscalated {
		data.Holder = t.ProviderName
	}
	w.addSaid(&data, post)
	if m.Template == tickets.LetterReminder {
		promise := t.Answer
		if data.Answered = promise.Due.IsZero(); data.Answered {
			promise = t.Solution
		}
		if !promise.Late {
			data.Due = promise.Due
		}
	}
	if err := w.addChoices(ctx, &data, m, post); err != nil {
		return nil, mail.Message{}, err
	}
	return data, w.thread(m, post), nil
}

func (w *sendMail) ticketPost(ctx context.Context, m postgres.Mail) (tickets.Post, error) {
	switch m.Template {
	case tickets.LetterReminder, tickets.LetterNudge:
		return w.opts.Tickets.Reminder(ctx, m.Ref, m.Recipient, m.Template)
	default:
		return w.opts.Tickets.Post(ctx, m.Ref, m.Recipient)
	}
}

// saysOfTicket reports whether a mail about a ticket says what is so.
func saysOfTicket(template string, t tickets.Ticket) bool {
	switch template {
	case tickets.LetterSolved:
		return t.Over()
	case tickets.LetterEscalated:
		return t.Escalated
	case tickets.LetterBack:
		return !t.Escalated
	default:
		return true
	}
}

// addSaid adds what was written. Notes are never mailed, whatever a mail refers to, and Nichoir's own lines are codes.
func (w *sendMail) addSaid(data *mail.TicketMail, post tickets.Post) {
	said := post.Message
	if said.Internal || said.Side == tickets.SideNichoir {
		return
	}
	data.Body, data.Author, data.Organisation, data.Team = said.Body, said.Author, said.Provider, said.Side == tickets.SideTeam
	for _, f := range said.Files {
		data.Files = append(data.Files, mail.FileLine{Name: f.Name, Size: f.Size, Link: w.opts.Links.TicketFile(post.Ticket.PublicID, f.ID)})
	}
}

// addChoices adds what the reader may do by one mailed link. The team acts on its desk, where it gives its second factor.
func (w *sendMail) addChoices(ctx context.Context, data *mail.TicketMail, m postgres.Mail, post tickets.Post) error {
	t := post.Ticket
	if post.Side == tickets.SideTeam || post.Side == tickets.SideProvider && t.Over() {
		return nil
	}
	token, expires, err := w.opts.Identity.MintLink(ctx, identity.PurposeTicket, t.ID, m.Recipient, m.Lang)
	if err != nil {
		return err
	}
	data.Expires = expires
	if t.Over() {
		data.Reopen = w.opts.Links.TicketAct(token, choiceReopen)
		return nil
	}
	data.Solve = w.opts.Links.TicketAct(token, choiceSolve)
	if post.Side == tickets.SideProvider && !t.Escalated {
		data.Escalate = w.opts.Links.TicketAct(token, choiceEscalate)
	}
	return nil
}

// thread makes all mails of a ticket to one person one thread: under an identifier that no mail has, so that it does not
// matter which of them arrives first.
func (w *sendMail) thread(m postgres.Mail, post tickets.Post) mail.Message {
	_, domain, _ := strings.Cut(m.MessageID, "@")
	root := mail.MessageID("ticket\x00"+strconv.FormatInt(post.Ticket.ID, 10)+"\x00"+strings.ToLower(m.Recipient), domain)
	before := slices.DeleteFunc(slices.Clone(post.Before), func(id string) bool {
		return id == m.MessageID || !mail.IsMessageID(id) // some are other people's: a strange one must not stop a mail
	})
	head := mail.Message{References: append([]string{root}, before...)}
	if len(before) > 0 {
		head.InReplyTo = before[len(before)-1]
	}
	if w.opts.ReplyDomain != "" {
		head.ReplyTo = w.opts.Tickets.ReplyAddress(post.Ticket.ID, post.PersonID) + "@" + w.opts.ReplyDomain
	}
	return head
}

// spaceFacts puts the live context of a space in lines.
func spaceFacts(c *tickets.Context) []mail.Fact {
	if c == nil {
		return nil
	}
	facts := []mail.Fact{
		{Label: i18n.M("mails.context.state"), Value: i18n.M("common.state.space." + string(c.State))},
		{Label: i18n.M("mails.context.suite"), Value: suiteName(c.Suite)},
	}
	add := func(when bool, label string, value i18n.Message) {
		if when {
			facts = append(facts, mail.Fact{Label: i18n.M(label), Value: value})
		}
	}
	add(c.Address != "", "mails.context.address", i18n.Raw(c.Address))
	add(c.Version != "", "mails.context.version", i18n.Raw(c.Version))
	add(!c.ReadAt.IsZero(), "mails.context.quota", i18n.M("mails.context.quota-value", "Used", i18n.Size(c.Used), "Total", i18n.Size(c.Total)))
	add(c.Max > 0, "mails.context.seats", i18n.M("mails.context.seats-value", "Used", c.Seats, "Total", c.Max))
	for _, step := range c.Stopped {
		add(true, "mails.context.stopped", stepName(step.Name))
	}
	return facts
}

func suiteName(s provisioning.Suite) i18n.Message {
	if s == provisioning.OnlyOffice {
		return i18n.Raw("OnlyOffice")
	}
	return i18n.Raw("Collabora Online")
}

// stepName says what a step does. One that has no words is told as such.
func stepName(step string) i18n.Message {
	return i18n.M("admin.step." + provisioning.KnownStep(step))
}
