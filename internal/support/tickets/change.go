package tickets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/provisioning"
)

// change is one change of a ticket in a transaction: its row is locked, what is written follows from what it is.
type change struct {
	s       *Service
	tx      Tx
	now     time.Time
	row     Row
	was     State // when it was locked
	kept    State // as it is in the database now
	linked  int64 // the provider to which the space is linked; 0: none that is in the directory
	pauses  Pauses
	members []Member
	me      Member // zero: Nichoir
}

// take locks a ticket for a person, after what decides who holds it. problem.NotFound for who has no part in it.
func (s *Service) take(ctx context.Context, tx Tx, id, personID int64) (*change, error) {
	row, err := tx.TicketRow(ctx, id) // its space never changes
	if err != nil {
		return nil, known(err, "read the ticket")
	}
	linked, err := tx.LockTicketLinks(ctx, row.SpaceID)
	if err != nil {
		return nil, fmt.Errorf("lock the space's links: %w", err)
	}
	if row, err = tx.LockTicket(ctx, id); err != nil {
		return nil, known(err, "lock the ticket")
	}
	if !row.EmptiedAt.IsZero() {
		return nil, movedOn()
	}
	c := s.changeOf(tx, row)
	c.linked = linked
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.members, func(m Member) bool { return m.Person.ID == personID })
	if i < 0 {
		return nil, notFound()
	}
	c.me = c.members[i]
	return c, nil
}

// changeOf is a change of a row that is locked, by Nichoir itself.
func (s *Service) changeOf(tx Tx, row Row) *change {
	return &change{s: s, tx: tx, now: s.now(), row: row, was: row.State, kept: row.State}
}

// look reads who may take part, and the holder's pauses.
func (c *change) look(ctx context.Context) error {
	var err error
	if c.members, err = c.tx.TicketMembers(ctx, c.row.ID); err != nil {
		return fmt.Errorf("read who takes part: %w", err)
	}
	return c.rest(ctx)
}

// rest reads the pauses of who holds the ticket; the team has none.
func (c *change) rest(ctx context.Context) error {
	c.pauses = Pauses{}
	if c.row.WithTeam() {
		return nil
	}
	all, err := c.tx.TicketPauses(ctx, []int64{c.row.ProviderID})
	if err != nil {
		return fmt.Errorf("read the holder's pauses: %w", err)
	}
	c.pauses = all[c.row.ProviderID]
	return nil
}

// heir is who gets the ticket now; 0: the team.
func (c *change) heir() int64 { return holderOf(c.row.SpaceState, c.linked) }

// holderOf is who gets a ticket of a space: its provider, while the space works; 0: the team.
func holderOf(st provisioning.State, linked int64) int64 {
	if !st.Works() {
		return 0
	}
	return linked
}

// runs reports whether it is the holder's turn.
func runs(st State) bool { return st == Unanswered || st == Open }

// turn is the state in which it is the holder's turn: New until somebody answered.
func (c *change) turn() State {
	if c.row.AnsweredAt.IsZero() {
		return Unanswered
	}
	return Open
}

// enter takes the ticket to a state and lets its clocks run or stand.
func (c *change) enter(st State) {
	if st == c.row.State {
		return
	}
	c.row.State = st
	c.row.WaitingSince, c.row.Nudges = time.Time{}, 0
	switch st {
	case Waiting:
		c.row.WaitingSince = c.now
	case Solved:
		c.row.SolvedAt = c.now
	case Closed:
		c.row.ClosedAt = c.now
	case Unanswered, Open:
	}
	if st != Solved && st != Closed {
		c.row.SolvedAt, c.row.ClosedAt = time.Time{}, time.Time{}
	}
	c.tick()
}

// tick lets the clocks run or stand as the state has it.
func (c *change) tick() {
	cal, o := c.s.opts.Calendar, &c.s.opts
	if !runs(c.row.State) {
		c.row.Answering.stop(cal, c.now, c.pauses.Spans)
		c.row.Solving.stop(cal, c.now, c.pauses.Spans)
		return
	}
	c.row.Solving.run(cal, c.now, o.Solution, c.pauses.Spans)
	if c.row.AnsweredAt.IsZero() {
		c.row.Answering.run(cal, c.now, o.Answer, c.pauses.Spans)
	}
}

// answered notes the first answer.
func (c *change) answered() {
	if !c.row.AnsweredAt.IsZero() {
		return
	}
	c.row.Answering.stop(c.s.opts.Calendar, c.now, c.pauses.Spans)
	c.row.AnsweredAt = c.now
}

// hold lets somebody else hold the ticket: what the clocks counted so far was with the former's pauses.
func (c *change) hold(ctx context.Context, change func(*Row)) error {
	cal := c.s.opts.Calendar
	c.row.Answering.stop(cal, c.now, c.pauses.Spans)
	c.row.Solving.stop(cal, c.now, c.pauses.Spans)
	team := c.row.WithTeam()
	change(&c.row)
	if !team || !c.row.WithTeam() { // who looked after it belongs to the former
		c.row.AssigneeID = 0
	}
	if err := c.rest(ctx); err != nil {
		return err
	}
	c.tick()
	return nil
}

// save writes the row, and the state's line of the trail when it is another.
func (c *change) save(ctx context.Context) error {
	if err := c.write(ctx); err != nil || c.row.State == c.was {
		return err
	}
	return c.audit(ctx, "ticket.state", map[string]any{"from": string(c.was), "to": string(c.row.State)})
}

// write writes the row, on which it depends who takes part. What is due is reckoned anew when the pauses changed: by their
// mark Tend would take it for done.
func (c *change) write(ctx context.Context) error {
	if c.row.Reckoned != c.pauses.Mark {
		c.row.Answering.reckon(c.s.opts.Calendar, c.s.opts.Answer, c.pauses.Spans)
		c.row.Solving.reckon(c.s.opts.Calendar, c.s.opts.Solution, c.pauses.Spans)
	}
	c.row.UpdatedAt, c.row.Reckoned = c.now, c.pauses.Mark
	if err := c.tx.UpdateTicket(ctx, c.row, c.kept); errors.Is(err, ErrMoved) {
		return movedOn()
	} else if err != nil {
		return fmt.Errorf("write the ticket: %w", err)
	}
	c.kept = c.row.State
	return nil
}

// quietly saves what is no news to the association: its list tells when a ticket changed, and must not tell of a note.
func (c *change) quietly(ctx context.Context) error {
	c.now = c.row.UpdatedAt
	return c.save(ctx)
}

func (c *change) audit(ctx context.Context, action string, data map[string]any) error {
	e := identity.Entry{Actor: identity.ActorNichoir, Action: action, Subject: "ticket", SubjectID: c.row.ID, Data: data}
	if c.me.Person.ID != 0 {
		e.Actor, e.ActorID = identity.ActorPerson, c.me.Person.ID
	}
	if err := c.tx.Audit(ctx, e); err != nil {
		return fmt.Errorf("write the trail: %w", err)
	}
	return nil
}

// line writes a line of Nichoir's own; provider is who takes over, in a line about that.
func (c *change) line(ctx context.Context, code string, provider int64) (int64, error) {
	key, err := identity.NewPublicID(c.s.opts.Rand)
	if err != nil {
		return 0, err
	}
	id, err := c.tx.InsertTicketLine(ctx, Line{
		Message:  Message{Side: SideNichoir, Via: ByWeb, Body: code, At: c.now},
		TicketID: c.row.ID, FormKey: "line:" + key, ProviderID: provider,
	})
	if err != nil {
		return 0, fmt.Errorf("write the line %s: %w", code, err)
	}
	return id, nil
}

// note keeps what somebody wrote for the provider and the team alone.
func (c *change) note(ctx context.Context, text string) error {
	if text == "" {
		return nil
	}
	key, err := identity.NewPublicID(c.s.opts.Rand)
	if err != nil {
		return err
	}
	l := c.mine(NewMessage{Key: "note:" + key, Body: text, Internal: true, Via: ByWeb})
	if _, err := c.tx.InsertTicketLine(ctx, l); err != nil {
		return fmt.Errorf("write the note: %w", err)
	}
	return nil
}

// mine is a message of the person as it is kept.
func (c *change) mine(m NewMessage) Line {
	l := Line{
		Message:  Message{Side: c.me.Side, Internal: m.Internal, Via: m.Via, Body: m.Body, At: c.now},
		TicketID: c.row.ID, FormKey: m.Key, AuthorID: c.me.Person.ID, MailID: m.MailID,
	}
	if c.me.Side == SideProvider {
		l.ProviderID = c.row.ProviderID
	}
	return l
}

// tell lets the provider's own tools know, when the ticket is a provider's.
func (c *change) tell(ctx context.Context, kind string, line int64) error {
	return c.tellTo(ctx, c.row.ProviderID, kind, line)
}

func (c *change) tellTo(ctx context.Context, provider int64, kind string, line int64) error {
	if provider == 0 {
		return nil
	}
	if err := c.tx.Enqueue(ctx, support.Event{
		Key: fmt.Sprintf("%s:%d", kind, line), ProviderID: provider, Type: kind, Public: c.row.PublicID, Number: c.row.ID,
		State: string(c.row.State), Help: string(c.row.Kind), At: c.now.Unix(),
	}); err != nil {
		return fmt.Errorf("tell the provider's tools: %w", err)
	}
	return nil
}

// stateTold tells the provider's tools of another state.
func (c *change) stateTold(ctx context.Context, line int64) error {
	if c.row.State == c.was {
		return nil
	}
	return c.tell(ctx, support.EventTicketState, line)
}

// mustBe refuses with problem.Forbidden who is on none of the sides.
func (c *change) mustBe(sides ...Side) error {
	if slices.Contains(sides, c.me.Side) {
		return nil
	}
	return problem.New(problem.Forbidden, "problem.ticket_side")
}
