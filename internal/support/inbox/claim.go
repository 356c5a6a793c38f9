package inbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
)

// automatic reports whether a program wrote the mail. One that came by a list passes for such, but for an answer to a reply
// address by a person who may give it: nobody else could know where to write.
func (a *arrival) automatic(ctx context.Context) (bool, error) {
	if a.l.Automatic || !a.l.Listed {
		return a.l.Automatic, nil
	}
	claims, err := a.claimed(ctx, a.sentTo(support.ReplyPrefix))
	return !slices.ContainsFunc(claims, func(c claim) bool { return c.believed }), err
}

// claim is what a mail to a reply address of ours claims to be.
type claim struct {
	ticketID int64
	by       identity.Person // whose answer it would be
	believed bool            // else they are asked whether it is theirs
	asked    string          // where; "": at the address that the mail is from
}

// claimed reads of which tickets the reply addresses are, and whose: a claim for each ticket, in the order in which tickets are
// locked. Of several addresses of one ticket the one counts at which the sender is believed.
func (a *arrival) claimed(ctx context.Context, locals []string) ([]claim, error) {
	var claims []claim
	for _, local := range locals {
		c, err := a.claim(ctx, local)
		if problem.Is(err, problem.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(claims, func(o claim) bool { return o.ticketID == c.ticketID })
		switch {
		case at < 0:
			claims = append(claims, c)
		case c.believed && !claims[at].believed:
			claims[at] = c
		}
	}
	slices.SortFunc(claims, func(a, b claim) int { return cmp.Compare(a.ticketID, b.ticketID) })
	return claims, nil
}

// claim reads one reply address, or returns problem.NotFound.
func (a *arrival) claim(ctx context.Context, local string) (claim, error) {
	ticketID, whose, err := a.opts.Tickets.ReplyTo(ctx, local)
	if err != nil {
		return claim{}, fmt.Errorf("read the reply address: %w", err)
	}
	if a.from(whose) {
		return claim{ticketID: ticketID, by: whose.Person, believed: true}, nil
	}
	members, err := a.members(ctx, ticketID)
	if err != nil {
		return claim{}, err
	}
	if other, found := a.sender(members); found { // the mail was passed on to somebody who takes part as well
		return claim{ticketID: ticketID, by: other.Person, believed: believed(other, whose.Side)}, nil
	}
	c := claim{ticketID: ticketID, by: whose.Person}
	// Not whoever was passed one of its mails says that the team speaks; and nobody reads what a machine is asked.
	if whose.Side == tickets.SideTeam || machine(a.l.From) {
		c.asked = whose.Person.Email
	}
	return c, nil
}

// ticketsMost is in how many tickets one mail is posted: its attachments are kept in each.
const ticketsMost = 5

// reply is for a mail to reply addresses, which say about which tickets it is and whose answer it would be. It is posted in each
// of them, and held for one at most.
func (a *arrival) reply(ctx context.Context, locals []string) (End, error) {
	claims, err := a.claimed(ctx, locals)
	if err != nil {
		return End{}, err
	}
	switch {
	case len(claims) == 0:
		return a.refuse(ctx, ReasonNotYours)
	case len(claims) > ticketsMost:
		return a.refuse(ctx, ReasonTooMany)
	}
	var end End
	for _, c := range claims {
		if !c.believed {
			continue
		}
		said, err := a.post(ctx, c.ticketID, c.by)
		if err != nil {
			return End{}, err
		}
		if end.Outcome != Posted {
			end = said
		}
	}
	if i := slices.IndexFunc(claims, func(c claim) bool { return !c.believed }); i >= 0 {
		held, err := a.hold(ctx, claims[i])
		if err != nil || held.Outcome == Held || end.Outcome != Posted {
			return held, err
		}
	}
	return end, nil
}

// follow is for a mail without a reply address that answers one of ours, or one that came to a ticket.
func (a *arrival) follow(ctx context.Context) (End, bool, error) {
	if len(a.l.References) == 0 {
		return End{}, false, nil
	}
	knowers, err := a.tx.TicketsOfMails(ctx, a.l.References)
	if err != nil {
		return End{}, false, fmt.Errorf("look for the conversation: %w", err)
	}
	for i, k := range knowers {
		if i > 0 && knowers[i-1].TicketID == k.TicketID {
			continue
		}
		members, err := a.members(ctx, k.TicketID)
		if err != nil {
			return End{}, false, err
		}
		if by, found := a.sender(members); found {
			given := sidesOf(k.TicketID, knowers, members)
			end, err := a.speak(ctx, claim{ticketID: k.TicketID, by: by.Person, believed: believed(by, given...)})
			return end, true, err
		}
	}
	// A Message-ID is no secret: without one's address it opens nothing, and nothing is held for whoever knows it.
	return End{}, false, nil
}

// sidesOf are the sides of those who know one of the mails' Message-IDs, by which a ticket was found.
func sidesOf(ticketID int64, knowers []Knower, members []tickets.Member) []tickets.Side {
	var sides []tickets.Side
	for _, m := range members {
		if slices.Contains(knowers, Knower{TicketID: ticketID, PersonID: m.Person.ID}) {
			sides = append(sides, m.Side)
		}
	}
	return sides
}

// believed is for somebody who takes part and does not write from a reply address of their own: From is all that says who they
// are, and everybody who takes part can write another's there. A colleague is believed, who has the ticket on the same side as
// those to whom the address or the mail was given. For the other side nobody speaks, and for the team, whose pages ask for a
// second factor and whose word is believed, not even a colleague.
func believed(m tickets.Member, given ...tickets.Side) bool {
	return m.Side != tickets.SideTeam && slices.Contains(given, m.Side)
}

// speak posts an answer, or asks whose it would be whether it is.
func (a *arrival) speak(ctx context.Context, c claim) (End, error) {
	if !c.believed {
		return a.hold(ctx, c)
	}
	return a.post(ctx, c.ticketID, c.by)
}

func (a *arrival) members(ctx context.Context, ticketID int64) ([]tickets.Member, error) {
	members, err := a.tx.TicketMembers(ctx, ticketID)
	if err != nil {
		return nil, fmt.Errorf("read who takes part: %w", err)
	}
	return members, nil
}

// sender finds who of those who take part in a ticket writes from the address of the mail.
func (a *arrival) sender(members []tickets.Member) (tickets.Member, bool) {
	// The own address before another one: it belongs to one person only.
	i := slices.IndexFunc(members, func(m tickets.Member) bool { return strings.EqualFold(m.Person.Email, a.l.From) })
	if i < 0 {
		i = slices.IndexFunc(members, func(m tickets.Member) bool { return a.from(m.Participant) })
	}
	if i < 0 {
		return tickets.Member{}, false
	}
	return members[i], true
}

// from reports whether the mail is from one of the person's addresses.
func (a *arrival) from(p tickets.Participant) bool {
	return strings.EqualFold(p.Person.Email, a.l.From) ||
		slices.ContainsFunc(p.Addresses, func(own string) bool { return strings.EqualFold(own, a.l.From) })
}
