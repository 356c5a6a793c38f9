package tickets

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// threadMax is how many Message-IDs a mail refers to.
const threadMax = 20

// recipients are those to whom the ticket's mails go: the lead, and the co-leads who wrote in it; who looks after it, else
// the whole provider; and while the team holds it the same of the team.
func recipients(t Ticket, members []Member) []Member {
	owned := func(side Side) bool {
		return slices.ContainsFunc(members, func(m Member) bool { return m.Side == side && m.Person.ID == t.AssigneeID })
	}
	provider, team := owned(SideProvider), owned(SideTeam)
	var out []Member
	for _, m := range members {
		assignee := m.Person.ID == t.AssigneeID
		switch m.Side {
		case SideSpace:
			if !m.Lead && !m.Wrote {
				continue
			}
		case SideProvider:
			if provider && !assignee {
				continue
			}
		case SideTeam:
			if !t.WithTeam() || team && !assignee {
				continue
			}
		case SideNichoir:
			continue
		}
		out = append(out, m)
	}
	return out
}

// holding reports whether a side looks after the ticket now.
func holding(t Ticket, side Side) bool {
	return side == SideTeam && t.WithTeam() || side == SideProvider && !t.WithTeam()
}

// post mails a line to those recipients whom template names one for. Nobody gets a mail about what they did themselves.
func (c *change) post(ctx context.Context, line int64, template func(Member) string) error {
	for _, m := range recipients(c.row.Ticket, c.members) {
		t := template(m)
		if t == "" || m.Person.ID == c.me.Person.ID {
			continue
		}
		if err := c.mail(ctx, line, t, m.Person); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) mail(ctx context.Context, line int64, template string, to identity.Person) error {
	if err := c.tx.Enqueue(ctx, identity.Letter{
		Event: letterEvent(line), Template: template, Recipient: to.Email, Lang: to.Lang, Ref: line,
	}); err != nil {
		return fmt.Errorf("mail %s: %w", template, err)
	}
	return nil
}

// letterEvent names the occasion of all mails about a line: each person gets one. The store finds the mails of a conversation
// by it.
func letterEvent(line int64) string { return fmt.Sprintf("ticket-message:%d", line) }

// news is the mail about a line for the other sides, and for the association's other people.
func (c *change) news(forSpace, forOthers string) func(Member) string {
	return func(m Member) string {
		switch {
		case m.Side == SideSpace:
			return forSpace
		case m.Side != c.me.Side:
			return forOthers
		default:
			return ""
		}
	}
}

// Letters returns the templates of the mails that refer to a message, and of those that refer to a ticket.
func Letters() (aboutMessages, aboutTickets []string) {
	return []string{LetterOpened, LetterReceipt, LetterMessage, LetterSolved, LetterEscalated, LetterBack, LetterMoved},
		[]string{LetterReminder, LetterNudge}
}

// Post gathers a mail about a message for a recipient, for jobs: problem.NotFound or problem.Gone when it is no longer theirs
// to see.
func (s *Service) Post(ctx context.Context, messageID int64, recipient string) (Post, error) {
	l, err := s.store.TicketLine(ctx, messageID)
	if err != nil {
		return Post{}, known(err, "read the message")
	}
	r, err := s.readerByAddress(ctx, l.TicketID, recipient)
	if err != nil {
		return Post{}, err
	}
	if l.Internal || !r.sees(l) {
		return Post{}, problem.New(problem.Gone, "problem.ticket_moved")
	}
	if l.Files, err = s.store.FilesOf(ctx, l.ID); err != nil {
		return Post{}, fmt.Errorf("read the message's files: %w", err)
	}
	p := Post{Ticket: s.shown(r), Message: s.message(l, r), Side: r.me.Side, PersonID: r.me.Person.ID, Summary: r.summary}
	if p.Before, err = s.thread(ctx, l, r.me.Person); err != nil {
		return Post{}, err
	}
	first, err := s.store.FirstLine(ctx, l.TicketID)
	if err != nil {
		return Post{}, known(err, "read the first message")
	}
	if first != l.ID || !r.informed() {
		return p, nil
	}
	if p.Context, err = s.context(ctx, r); err != nil {
		return Post{}, err
	}
	return p, nil
}

// thread returns the Message-IDs before a line: the first one, by which mail programs know the conversation, and the latest.
func (s *Service) thread(ctx context.Context, l Line, p identity.Person) ([]string, error) {
	ids, err := s.store.Thread(ctx, l.TicketID, l.ID, p)
	if err != nil {
		return nil, fmt.Errorf("read the conversation's mails: %w", err)
	}
	if over := len(ids) - threadMax; over > 0 {
		ids = slices.Delete(ids, 1, 1+over)
	}
	return ids, nil
}

// Reminder gathers a mail about a ticket (LetterReminder, LetterNudge); problem.Gone when it is no longer due.
func (s *Service) Reminder(ctx context.Context, ticketID int64, recipient, template string) (Post, error) {
	r, err := s.readerByAddress(ctx, ticketID, recipient)
	if err != nil {
		return Post{}, err
	}
	due := template == LetterReminder && runs(r.row.State) && holding(r.row.Ticket, r.me.Side) ||
		template == LetterNudge && r.row.State == Waiting && r.me.Side == SideSpace
	if !due {
		return Post{}, problem.New(problem.Gone, "problem.ticket_moved")
	}
	last, err := s.store.LastLine(ctx, ticketID)
	if err != nil {
		return Post{}, fmt.Errorf("read the last message: %w", err)
	}
	p := Post{Ticket: s.shown(r), Side: r.me.Side, PersonID: r.me.Person.ID}
	p.Before, err = s.thread(ctx, Line{TicketID: ticketID, Message: Message{ID: last + 1}}, r.me.Person)
	return p, err
}

// readerByAddress is who reads a mail: the participant whose own address it is.
func (s *Service) readerByAddress(ctx context.Context, ticketID int64, address string) (reader, error) {
	return s.reader(ctx, ticketID, func(m Member) bool { return strings.EqualFold(m.Person.Email, address) })
}
