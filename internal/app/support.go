package app

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/config"
	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/mail/incoming"
	"nichoir/internal/queue"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/support/webhooks"
	"nichoir/internal/web"
)

// workZone is where providers and the team work.
const workZone = "Europe/Paris"

// tendLimit is how much of each kind one tick takes up, so that it stays short; what remains is taken up by the next.
const tendLimit = 500

// joinSupport makes the services about support.
func (s *Services) joinSupport(o Options, vault *identity.Vault) error {
	zone, err := time.LoadLocation(workZone)
	if err != nil {
		return fmt.Errorf("find the time of %s: %w", workZone, err)
	}
	calendar := support.NewCalendar(zone)
	replyKey, olderReplyKeys, err := addressKeys(o, "replies")
	if err != nil {
		return err
	}
	bounceKey, olderBounceKeys, err := addressKeys(o, "bounces")
	if err != nil {
		return err
	}
	s.Directory = directory.New(directory.Options{Store: s.DB.Directory(), Identity: s.Identity, Clock: o.Now, Rand: o.Rand,
		ParseAddress: mail.ParseAddress, KeepUnconfirmed: o.Config.KeepUnconfirmed, KeepRefused: o.Config.KeepRefused})
	s.Tickets = tickets.New(tickets.Options{Store: s.DB.Tickets(), Identity: s.Identity, Spaces: s.Provisioning, Clock: o.Now, Rand: o.Rand,
		Calendar: calendar, Answer: o.Config.AnswerPromise, Solution: o.Config.SolutionPromise, ReplyKey: replyKey,
		OlderReplyKeys: olderReplyKeys})
	s.Linking = linking.New(linking.Options{Store: s.DB.Linking(), Identity: s.Identity, Tickets: s.Tickets, Clock: o.Now, Rand: o.Rand,
		Calendar: calendar})
	s.Inbox = inbox.New(inbox.Options{Store: s.DB.Inbox(), Identity: s.Identity, Tickets: s.Tickets, Clock: o.Now,
		Domain: o.Config.Inbox.Domain(), Address: o.Config.Inbox.InboxAddress, BounceKey: bounceKey,
		OlderBounceKeys: olderBounceKeys, KeepRaw: o.Config.KeepMails, HeldFor: o.Config.KeepMails, Words: s.inboxWords})
	links := web.Links{Base: string(o.Config.BaseURL)}
	s.Webhooks = webhooks.New(webhooks.Options{Store: s.DB.Webhooks(), Seal: vault, Clock: o.Now, Rand: o.Rand, Observe: s.Metrics.Webhook,
		Inner: o.Demo, Link: func(e support.Event) string {
			if e.Number != 0 {
				return links.Ticket(e.Public)
			}
			return links.Desks()
		}})
	return nil
}

// inboxWords is what tickets that come by mail say in that language where the mail does not.
func (s *Services) inboxWords(lang string) inbox.Words {
	l := s.Catalogue.Locale(lang)
	return inbox.Words{NoSubject: l.T("ticket.by-mail.no-subject"), Incomplete: l.T("ticket.by-mail.incomplete")}
}

// addressKeys make the tokens of one kind of address that we hand out: with the first when a mail is written, with all of them
// when one comes back. Mails that were sent before the secret key was changed lie in people's mailboxes.
func addressKeys(o Options, purpose string) (key []byte, older [][]byte, err error) {
	for _, secret := range append([]config.Key{o.Config.SecretKey}, o.Config.OldKeys...) {
		master := secret.Reveal()
		derived, err := identity.DeriveKey(master[:], purpose)
		if err != nil {
			return nil, nil, fmt.Errorf("prepare the addresses for %s: %w", purpose, err)
		}
		older = append(older, derived)
	}
	return older[0], older[1:], nil
}

// tends are what the schedule "support" does: links before tickets, since a link that ends moves tickets.
func (s *Services) tends() []queue.Tend {
	limited := func(do func(context.Context, int) (int, error)) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) { return do(ctx, tendLimit) }
	}
	return []queue.Tend{
		{Name: "the directory", Do: s.Directory.Tend},
		{Name: "links", Do: limited(s.Linking.Tend)},
		{Name: "tickets", Do: limited(s.Tickets.Tend)},
		{Name: "incoming mail", Do: s.Inbox.Tend},
		{Name: "webhooks", Do: limited(s.Webhooks.Tend)},
	}
}

// mailbox is where mails come in, nil when none is named.
func (s *Services) mailbox(o Options) (*queue.MailboxOptions, error) {
	in := o.Config.Inbox
	if in.InboxHost == "" {
		return nil, nil //nolint:nilnil // no mailbox is a choice of the operator's, and no error
	}
	reader, err := incoming.NewReader(incoming.ReaderOptions{Host: in.InboxHost, Port: in.InboxPort, TLS: mail.TLS(in.InboxTLS),
		User: in.InboxUser, Password: in.InboxPassword.Reveal(), Mailbox: in.InboxMailbox})
	if err != nil {
		return nil, fmt.Errorf("see NICHOIR_INBOX_HOST: %w", err)
	}
	return &queue.MailboxOptions{Mailbox: reader, Receiver: s.Inbox, Domains: []string{o.Config.MailDomain, in.Domain()}, Now: o.Now}, nil
}
