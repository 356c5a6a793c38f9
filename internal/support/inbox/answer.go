package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
)

// How many mails an address gets from us in a day because it wrote to us. From is easily forged: whoever never wrote must not
// be flooded by us, and all strangers together not be a way to send mails with our name on them.
const (
	unknownADay   = 1
	heldADay      = 10
	refusedADay   = 5
	strangersHour = 50 // all strangers together, in an hour
	// heldForADay is how many answers are held in one person's name in one ticket, whatever addresses they come from: whoever
	// was passed a mail of a ticket knows where to write, and each of those answers makes us mail somebody.
	heldForADay = 20
)

// How much is taken by mail from one person in a day. Two programs that answer each other, and do not say that they are
// programs, would go on for ever; and each message is a mail to several.
const (
	postedADay = 30 // messages in one ticket
	openedADay = 10 // tickets
)

// refuse sets a mail aside and tells who wrote why, when we know them.
func (a *arrival) refuse(ctx context.Context, reason string) (End, error) {
	end := End{Outcome: SetAside, Reason: reason}
	people, err := a.people(ctx)
	if err != nil || len(people) == 0 {
		return end, err
	}
	return end, a.write(ctx, LetterRefused, people[0].Lang, "mail-refused", refusedADay)
}

// tooMany sets a mail aside that is one more than a person may write in a day, unless the counting failed.
func (a *arrival) tooMany(ctx context.Context, err error) (End, error) {
	if err != nil {
		return End{}, err
	}
	return a.refuse(ctx, ReasonTooMany)
}

// inTicket names a person in a ticket, for counters.
func inTicket(ticketID int64, p identity.Person) string { return fmt.Sprintf("%d/%d", ticketID, p.ID) }

// ask sets a mail aside that could be about several spaces, or about none, and tells who wrote where to go.
func (a *arrival) ask(ctx context.Context, by identity.Person, reason string) (End, error) {
	return End{Outcome: SetAside, Reason: reason}, a.write(ctx, LetterWhich, by.Lang, "mail-which", refusedADay)
}

// stranger sets aside a mail of somebody who helps no space, and tells where help is.
func (a *arrival) stranger(ctx context.Context) (End, error) {
	people, err := a.people(ctx)
	if err != nil {
		return End{}, err
	}
	if len(people) > 0 {
		return a.ask(ctx, people[0], ReasonNoTicket)
	}
	end := End{Outcome: SetAside, Reason: ReasonUnknown}
	err = a.opts.Identity.AllowIn(ctx, a.tx, "mail-strangers", "all", strangersHour, time.Hour)
	if problem.Is(err, problem.TooMany) {
		return end, nil
	}
	if err != nil {
		return End{}, fmt.Errorf("count the strangers: %w", err)
	}
	return end, a.write(ctx, LetterUnknown, "fr", "mail-unknown", unknownADay) // what they speak is not known
}

func (a *arrival) people(ctx context.Context) ([]identity.Person, error) {
	if a.l.From == "" {
		return nil, nil
	}
	people, err := a.tx.PeopleOf(ctx, a.l.From)
	if err != nil {
		return nil, fmt.Errorf("look for the sender: %w", err)
	}
	return people, nil
}

// write mails the sender, unless it is a machine or was mailed often enough today.
func (a *arrival) write(ctx context.Context, template, lang, what string, limit int) error {
	if machine(a.l.From) {
		return nil
	}
	allowed, err := a.allow(ctx, what, strings.ToLower(a.l.From), limit)
	if err != nil || !allowed {
		return err
	}
	return a.mail(ctx, template, a.l.From, lang)
}

// allow counts what somebody does in a day.
func (a *arrival) allow(ctx context.Context, what, who string, limit int) (bool, error) {
	err := a.opts.Identity.AllowIn(ctx, a.tx, what, who, limit, 24*time.Hour)
	if problem.Is(err, problem.TooMany) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("count the mails of somebody: %w", err)
	}
	return true, nil
}

func (a *arrival) mail(ctx context.Context, template, to, lang string) error {
	return enqueue(ctx, a.tx, template, to, lang, a.id)
}

func enqueue(ctx context.Context, tx Tx, template, to, lang string, ref int64) error {
	if err := tx.Enqueue(ctx, identity.Letter{
		Event: fmt.Sprintf("%s:%d", template, ref), Template: template, Recipient: to, Lang: lang, Ref: ref,
	}); err != nil {
		return fmt.Errorf("mail %s: %w", template, err)
	}
	return nil
}

// ourOwn reports whether an address is one of those that mails come to: an answer to it would come back.
func (s *Service) ourOwn(address string) bool {
	if strings.EqualFold(address, s.opts.Address) && address != "" {
		return true
	}
	local, domain, ok := cutAddress(address)
	return ok && strings.EqualFold(domain, s.opts.Domain) &&
		(strings.HasPrefix(local, support.ReplyPrefix) || strings.HasPrefix(local, support.BouncePrefix))
}

// sentTo returns the local parts, in lower case, of the addresses at our domain that begin so and that the mail went to.
func (a *arrival) sentTo(prefix string) []string {
	var found []string
	for _, to := range a.l.To {
		local, domain, ok := cutAddress(to)
		if ok && strings.EqualFold(domain, a.opts.Domain) && strings.HasPrefix(local, prefix) && !slices.Contains(found, local) {
			found = append(found, local)
		}
	}
	return found
}

func cutAddress(address string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return "", "", false
	}
	return strings.ToLower(address[:i]), address[i+1:], true
}

// machine reports whether nobody reads what is sent to an address, by the names that such addresses usually have (RFC 2142,
// RFC 3834 §2).
func machine(address string) bool {
	local, _, ok := cutAddress(address)
	if !ok {
		return true
	}
	switch local {
	case "mailer-daemon", "postmaster", "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "ne-pas-repondre",
		"nepasrepondre", "bounce", "bounces", "root", "listserv", "majordomo":
		return true
	}
	return strings.HasPrefix(local, "owner-") || strings.HasSuffix(local, "-request") || strings.HasSuffix(local, "-bounces") ||
		strings.HasPrefix(local, "bounce+") || strings.HasPrefix(local, "bounces+")
}
