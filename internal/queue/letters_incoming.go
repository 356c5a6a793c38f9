package queue

import (
	"context"
	"slices"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/postgres"
	"nichoir/internal/support/inbox"
)

// aboutIncoming is for the mails about a mail that came in.
func (w *sendMail) aboutIncoming(ctx context.Context, m postgres.Mail) (any, error) {
	s, err := w.opts.Inbox.Subject(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	links := w.opts.Links
	data := mail.IncomingMail{Number: s.TicketID, Address: s.Sender, Link: links.Spaces(), Directory: links.Directory()}
	to := []string{s.Sender}
	switch m.Template {
	case inbox.LetterReleased:
		to = []string{s.PersonEmail}
	case inbox.LetterHeld: // which goes to the person's own address, too
		to = append(to, s.PersonEmail)
	}
	if !slices.ContainsFunc(to, func(a string) bool { return a != "" && strings.EqualFold(a, m.Recipient) }) { // forgotten since
		return nil, errGone
	}
	switch m.Template {
	case inbox.LetterHeld:
		if s.Outcome != inbox.Held {
			return nil, errGone
		}
		data.Link, data.Expires, err = w.mint(ctx, identity.PurposeHeld, s.ID, m, links.Held)
	case inbox.LetterReleased:
		data.Link = links.Ticket(s.TicketPub)
	case inbox.LetterUnknown:
		data.Link = links.Home()
	case inbox.LetterRefused:
		data.Why = whyRefused(s.Reason)
	}
	return data, err
}

// whyRefused puts the reason for which a mail could not be taken in words that help who wrote it.
func whyRefused(reason string) i18n.Message {
	switch reason {
	case inbox.ReasonTooLarge, inbox.ReasonTooManyParts, inbox.ReasonEncrypted, inbox.ReasonEmpty, inbox.ReasonNotYours, inbox.ReasonRefused:
		return i18n.M("mails.why." + reason)
	default:
		return i18n.M("mails.why.other")
	}
}

// aboutAddress is for the mail about an address that a person writes from since.
func (w *sendMail) aboutAddress(ctx context.Context, m postgres.Mail) (any, error) {
	a, err := w.opts.Inbox.AddressByID(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(a.Own, m.Recipient) {
		return nil, errGone
	}
	link, expires, err := w.mint(ctx, identity.PurposeAddress, a.ID, m, w.opts.Links.Address)
	return mail.IncomingMail{Link: link, Expires: expires, Address: a.Email, Addresses: w.opts.Links.Addresses()}, err
}
