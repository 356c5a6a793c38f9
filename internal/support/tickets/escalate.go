package tickets

import (
	"context"
	"fmt"
	"slices"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
)

// Escalate hands a ticket to the team, with a note that the space does not see; the provider still sees and may answer. By
// the provider, or by staff. Again, or when the team holds it anyway: no error, but problem.Conflict with another note, which
// would be lost; and once it is solved.
func (s *Service) Escalate(ctx context.Context, publicID, note string, by identity.Person) error {
	note, err := checkNote(note)
	if err != nil {
		return err
	}
	return s.step(ctx, publicID, by, func(c *change) error { return c.escalate(ctx, note) })
}

// HandBack gives an escalated ticket back to its provider, with a note; one of the team alone goes to the provider to which the
// space has been linked since, who sees the note and what follows. Staff only. Again: no error, but problem.Conflict with
// another note; and once it is solved, and when there is no provider.
func (s *Service) HandBack(ctx context.Context, publicID, note string, by identity.Person) error {
	note, err := checkNote(note)
	if err != nil {
		return err
	}
	return s.step(ctx, publicID, by, func(c *change) error { return c.handBack(ctx, note) })
}

func (c *change) escalate(ctx context.Context, note string) error {
	if err := c.mustBe(SideProvider, SideTeam); err != nil {
		return err
	}
	if c.row.WithTeam() {
		return c.again(ctx, note)
	}
	return c.passOn(ctx, passage{
		note: note, escalated: true, line: LineEscalated, to: SideTeam, letter: LetterEscalated,
		event: support.EventTicketEscalated, action: "ticket.escalated",
	})
}

func (c *change) handBack(ctx context.Context, note string) error {
	if err := c.mustBe(SideTeam); err != nil {
		return err
	}
	if c.row.ProviderID == 0 {
		return c.entrust(ctx, note)
	}
	if !c.row.Escalated {
		return c.again(ctx, note)
	}
	if c.linked == 0 { // taken out of the directory: nobody would see it
		return movedOn()
	}
	return c.passOn(ctx, passage{
		note: note, escalated: false, line: LineBack, to: SideProvider, letter: LetterBack,
		event: support.EventTicketHandedBack, action: "ticket.handed_back",
	})
}

// again is what somebody asks who is not the first: a second click changes nothing, other words are for them to send otherwise.
func (c *change) again(ctx context.Context, note string) error {
	if note == "" {
		return nil
	}
	there, err := c.tx.TicketNoted(ctx, c.row.ID, c.me.Person.ID, note)
	if err != nil {
		return fmt.Errorf("look for the note: %w", err)
	}
	if !there {
		return movedOn()
	}
	return nil
}

// entrust gives a ticket that the team alone took care of to the provider that the space has now. The note comes after the
// move: it is for the newcomer, what went before is not.
func (c *change) entrust(ctx context.Context, note string) error {
	heir := c.heir()
	if c.row.Over() || heir == 0 {
		return movedOn()
	}
	c.enter(c.turn()) // it waited for the association: now it waits for whoever got it
	if err := c.move(ctx, heir, ""); err != nil {
		return err
	}
	return c.note(ctx, note)
}

// passage is a ticket's way from the provider to the team, or back.
type passage struct {
	note          string
	escalated     bool
	line          string
	to            Side
	letter, event string
	action        string
}

func (c *change) passOn(ctx context.Context, p passage) error {
	if c.row.Over() {
		return movedOn()
	}
	if err := c.note(ctx, p.note); err != nil {
		return err
	}
	if err := c.hold(ctx, func(r *Row) { r.Escalated = p.escalated }); err != nil {
		return err
	}
	c.enter(c.turn()) // it waited for the association: now it waits for whoever got it
	line, err := c.line(ctx, p.line, 0)
	if err != nil {
		return err
	}
	if err := c.save(ctx); err != nil {
		return err
	}
	if err := c.audit(ctx, p.action, nil); err != nil {
		return err
	}
	if err := c.post(ctx, line, func(m Member) string {
		if m.Side == p.to {
			return p.letter
		}
		return ""
	}); err != nil {
		return err
	}
	if err := c.tell(ctx, p.event, line); err != nil {
		return err
	}
	return c.stateTold(ctx, line)
}

// Assign names who looks after it (0: nobody): a member of the provider, or of the team while the team holds it; by the same
// side. problem.Conflict when that person is not, or no longer, of that side.
func (s *Service) Assign(ctx context.Context, publicID string, personID int64, by identity.Person) error {
	return s.step(ctx, publicID, by, func(c *change) error { return c.assign(ctx, personID) })
}

func (c *change) assign(ctx context.Context, personID int64) error {
	if !holding(c.row.Ticket, c.me.Side) {
		return problem.New(problem.Forbidden, "problem.ticket_side")
	}
	if c.row.AssigneeID == personID {
		return nil
	}
	if personID != 0 && !slices.ContainsFunc(c.members, func(m Member) bool {
		return m.Person.ID == personID && m.Side == c.me.Side
	}) {
		return problem.New(problem.Conflict, "problem.ticket_assignee")
	}
	c.row.AssigneeID = personID
	if err := c.quietly(ctx); err != nil {
		return err
	}
	return c.audit(ctx, "ticket.assigned", map[string]any{"person": personID})
}
