package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/support/webhooks"
	"nichoir/provisioning"
)

// errGone says that what a mail is about is no longer so: it would confuse, and is not sent.
var errGone = errors.New("what the mail is about is gone")

// subject is what the reference of a mail refers to.
type subject int

const (
	aboutPerson subject = iota
	aboutApplication
	aboutAccount
	aboutProvider
	aboutSearch // of a space for a provider
	aboutLink   // of support
	aboutTicket
	aboutIncoming
	aboutAddress
	aboutWebhook
)

func subjectOf(template string) subject {
	aboutSpaces, aboutLinks := linking.Letters()
	aboutMessages, aboutTickets := tickets.Letters()
	_, aboutHooks := webhooks.Letters()[template]
	is := func(of []string) bool { return slices.Contains(of, template) }
	switch {
	case is(onboarding.LettersOfApplication()):
		return aboutApplication
	case is(provisioning.LettersOfAccount()):
		return aboutAccount
	case is(directory.Letters()):
		return aboutProvider
	case is(aboutSpaces):
		return aboutSearch
	case is(aboutLinks):
		return aboutLink
	case is(aboutMessages), is(aboutTickets):
		return aboutTicket
	case is(inbox.Letters()):
		return aboutIncoming
	case template == inbox.LetterAdded:
		return aboutAddress
	case aboutHooks:
		return aboutWebhook
	default:
		return aboutPerson
	}
}

// build writes a mail from what the services know now. Its token is minted here and stands nowhere else.
func (w *sendMail) build(ctx context.Context, m postgres.Mail) (mail.Message, error) {
	template, data, msg, err := w.gather(ctx, m)
	if problem.Is(err, problem.NotFound) || problem.Is(err, problem.Gone) {
		return mail.Message{}, errGone
	}
	if err != nil {
		return mail.Message{}, fmt.Errorf("gather the mail %s: %w", m.Template, err)
	}
	c, err := w.opts.Composer.Compose(template, m.Lang, data)
	if err != nil {
		return mail.Message{}, fmt.Errorf("write the mail %s: %w", template, err)
	}
	msg.ID, msg.To, msg.Lang = m.MessageID, m.Recipient, m.Lang
	msg.Subject, msg.Text, msg.HTML = c.Subject, c.Text, c.HTML
	if w.opts.ReplyDomain != "" {
		msg.ReturnPath = inbox.BounceAddress(w.opts.BounceKey, m.ID) + "@" + w.opts.ReplyDomain
	}
	return msg, nil
}

// gather returns what a mail is written from, the template to use, and the heads that it needs beside every mail's.
func (w *sendMail) gather(ctx context.Context, m postgres.Mail) (template string, data any, head mail.Message, err error) {
	template = m.Template
	switch subjectOf(m.Template) {
	case aboutApplication:
		data, err = w.aboutApplication(ctx, m)
	case aboutAccount:
		template, data, err = w.aboutAccount(ctx, m)
	case aboutProvider:
		data, err = w.aboutProvider(ctx, m)
	case aboutSearch:
		data, err = w.aboutSearch(ctx, m)
	case aboutLink:
		data, err = w.aboutLink(ctx, m)
	case aboutTicket:
		data, head, err = w.aboutTicket(ctx, m)
	case aboutIncoming:
		data, err = w.aboutIncoming(ctx, m)
	case aboutAddress:
		data, err = w.aboutAddress(ctx, m)
	case aboutWebhook:
		data, err = w.aboutWebhook(ctx, m)
	case aboutPerson:
		data, err = w.aboutPerson(ctx, m)
	}
	return template, data, head, err
}

// mint makes the link of a mail, with the address that it stands in.
func (w *sendMail) mint(ctx context.Context, p identity.Purpose, ref int64, m postgres.Mail, address func(token string) string) (string, time.Time, error) {
	token, expires, err := w.opts.Identity.MintLink(ctx, p, ref, m.Recipient, m.Lang)
	if err != nil {
		return "", time.Time{}, err
	}
	return address(token), expires, nil
}

func (w *sendMail) aboutPerson(ctx context.Context, m postgres.Mail) (any, error) {
	if m.Template != identity.LetterSignIn {
		return nil, fmt.Errorf("no mail is called %q", m.Template)
	}
	p, err := w.opts.Identity.Person(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(p.Email, m.Recipient) {
		return nil, errGone
	}
	token, expires, err := w.opts.Identity.MintLink(ctx, identity.PurposeSignIn, p.ID, m.Recipient, m.Lang)
	if err != nil {
		return nil, err
	}
	return mail.LinkMail{Link: w.opts.Links.SignIn(token), Expires: expires}, nil
}

func (w *sendMail) aboutApplication(ctx context.Context, m postgres.Mail) (any, error) {
	a, err := w.opts.Onboarding.Application(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	// The address may have been corrected since, and the application may have moved on.
	if !strings.EqualFold(a.LeadEmail, m.Recipient) || !stillTrue(m.Template, a.State) {
		return nil, errGone
	}
	data := mail.ApplicationMail{Association: a.Association, StatusLink: w.opts.Links.Status(a.PublicID)}
	switch m.Template {
	case onboarding.LetterRejected:
		data.Reason = a.RejectReason
	case onboarding.LetterConfirm:
		token, expires, err := w.opts.Identity.MintLink(ctx, identity.PurposeConfirm, a.ID, m.Recipient, m.Lang)
		if err != nil {
			return nil, err
		}
		data.ConfirmLink, data.Expires = w.opts.Links.Confirm(token), expires
	}
	return data, nil
}

// stillTrue reports whether a mail about an application says what is so.
func stillTrue(template string, s onboarding.State) bool {
	switch template {
	case onboarding.LetterConfirm:
		return s == onboarding.Unconfirmed
	case onboarding.LetterWaitlisted:
		return s == onboarding.Waitlisted
	case onboarding.LetterRejected:
		return s == onboarding.Rejected
	default:
		return s == onboarding.Submitted || s == onboarding.ChangesRequested || s == onboarding.Approved
	}
}

// aboutAccount returns the template to use as well: a link that is sent anew does not know whether it is a lead's, nor that
// its account was activated since. Who asked for one was promised a mail: then it is the link for a new password, which
// gets them in as well, and so does an invitation that waited here while another was answered.
func (w *sendMail) aboutAccount(ctx context.Context, m postgres.Mail) (string, any, error) {
	act, err := w.opts.Provisioning.ActivationOf(ctx, m.Ref)
	if err != nil {
		return "", nil, err
	}
	purpose := identity.PurposeActivate
	if !act.First {
		purpose = identity.PurposePassword
	}
	if !strings.EqualFold(act.Account.Email, m.Recipient) || act.First && m.Template == provisioning.LetterPassword {
		return "", nil, errGone
	}
	inviter, err := w.inviter(ctx, purpose, act)
	if err != nil {
		return "", nil, err
	}
	token, expires, err := w.opts.Identity.MintLink(ctx, purpose, act.Account.ID, m.Recipient, m.Lang)
	if err != nil {
		return "", nil, err
	}
	switch {
	case purpose == identity.PurposePassword:
		return provisioning.LetterPassword, mail.PasswordMail{Association: act.SpaceName, SpaceURL: act.SpaceURL,
			Login: act.Account.Login, Link: w.opts.Links.Password(token), Expires: expires}, nil
	case act.Account.Role == provisioning.Lead:
		return provisioning.LetterHandover, mail.HandoverMail{Association: act.SpaceName, SpaceURL: act.SpaceURL,
			Login: act.Account.Login, ActivationLink: w.opts.Links.Activate(token), Expires: expires,
			NichoirURL: w.opts.Links.Space(act.PublicID)}, nil
	default:
		return provisioning.LetterInvitation, mail.InvitationMail{Association: act.SpaceName, InviterName: inviter,
			SpaceURL: act.SpaceURL, Login: act.Account.Login, ActivationLink: w.opts.Links.Activate(token), Expires: expires}, nil
	}
}

// inviter is who a member knows of the space: its lead.
func (w *sendMail) inviter(ctx context.Context, purpose identity.Purpose, act provisioning.Activation) (string, error) {
	if purpose != identity.PurposeActivate || act.Account.Role == provisioning.Lead {
		return "", nil
	}
	v, err := w.opts.Provisioning.View(ctx, act.PublicID)
	if err != nil {
		return "", err
	}
	for _, a := range v.Accounts {
		if a.Role == provisioning.Lead {
			return a.Name, nil
		}
	}
	return "", nil
}
