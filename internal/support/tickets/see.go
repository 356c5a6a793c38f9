package tickets

import (
	"context"
	"fmt"
	"slices"

	"nichoir/internal/identity"
	"nichoir/provisioning"
)

// reader is somebody who reads a ticket, with what decides what they see.
type reader struct {
	row     Row
	members []Member
	me      Member
	after   int64 // messages with a greater id are theirs to see
	summary string
	pauses  Pauses
}

// reader finds who reads a ticket: problem.NotFound when nobody of those who may take part fits.
func (s *Service) reader(ctx context.Context, ticketID int64, fits func(Member) bool) (reader, error) {
	var r reader
	var err error
	if r.row, err = s.store.TicketRow(ctx, ticketID); err != nil {
		return reader{}, known(err, "read the ticket")
	}
	if r.members, err = s.store.TicketMembers(ctx, ticketID); err != nil {
		return reader{}, fmt.Errorf("read who takes part: %w", err)
	}
	i := slices.IndexFunc(r.members, fits)
	if i < 0 {
		return reader{}, notFound()
	}
	r.me = r.members[i]
	if r.me.Side == SideProvider {
		// Who holds it may have changed since the first statement: without a tenure of this very provider nothing is seen.
		h, err := s.store.TicketHolding(ctx, ticketID)
		if err != nil {
			return reader{}, known(err, "read who holds the ticket")
		}
		if h.ProviderID != r.row.ProviderID {
			return reader{}, notFound()
		}
		r.after, r.summary = h.AfterID, h.Summary
	}
	if r.row.ProviderID != 0 && r.me.Side != SideSpace {
		all, err := s.store.TicketPauses(ctx, []int64{r.row.ProviderID})
		if err != nil {
			return reader{}, fmt.Errorf("read the provider's pauses: %w", err)
		}
		r.pauses = all[r.row.ProviderID]
	}
	return r, nil
}

func (s *Service) readerByID(ctx context.Context, publicID string, personID int64) (reader, error) {
	id, err := s.ticketID(ctx, publicID)
	if err != nil {
		return reader{}, err
	}
	return s.reader(ctx, id, func(m Member) bool { return m.Person.ID == personID })
}

// sees reports whether a message is the reader's to see.
func (r reader) sees(l Line) bool {
	return l.TicketID == r.row.ID && l.ID > r.after && (!l.Internal || r.me.Side != SideSpace)
}

// shown is the ticket as the reader may see it: promises are between the provider and the team.
func (s *Service) shown(r reader) Ticket {
	if r.me.Side == SideSpace {
		return r.row.Ticket
	}
	return r.row.without(s.clocks(r.row, r.pauses), r.me.Side)
}

// without takes from a provider that took the ticket over what is of the time before: the title, which was written for another,
// and how soon that other answered.
func (r Row) without(t Ticket, side Side) Ticket {
	if side != SideProvider || r.TakenOverAt.IsZero() {
		return t
	}
	t.Title = ""
	if !r.AnsweredAt.IsZero() && !r.AnsweredAt.After(r.TakenOverAt) {
		t.Answer = Clock{}
	}
	return t
}

// message is a line as the reader may see it.
func (s *Service) message(l Line, r reader) Message {
	l.Own = l.AuthorID != 0 && l.AuthorID == r.me.Person.ID
	return l.Message
}

// See returns a ticket as the person may see it: problem.NotFound for strangers and former providers. A provider sees what was
// said since it holds the ticket; a space never sees internal notes or clocks.
func (s *Service) See(ctx context.Context, publicID string, by identity.Person) (View, error) {
	r, err := s.readerByID(ctx, publicID, by.ID)
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, r)
}

func (s *Service) view(ctx context.Context, r reader) (View, error) {
	lines, err := s.store.Lines(ctx, r.row.ID, r.after, r.me.Side != SideSpace)
	if err != nil {
		return View{}, fmt.Errorf("read the messages: %w", err)
	}
	if err := s.stillHeld(ctx, r); err != nil {
		return View{}, err
	}
	v := View{Ticket: s.shown(r), Side: r.me.Side, Summary: r.summary, Messages: make([]Message, 0, len(lines))}
	for _, l := range lines {
		if r.sees(l) {
			v.Messages = append(v.Messages, s.message(l, r))
		}
	}
	v.may(r)
	if v.HandTo, err = s.handTo(ctx, r); err != nil {
		return View{}, err
	}
	v.MayHandBack = v.HandTo != ""
	if !r.informed() {
		return v, nil
	}
	if v.Context, err = s.context(ctx, r); err != nil {
		return View{}, err
	}
	return v, nil
}

// stillHeld refuses a provider that lost the ticket while it was read: what was said since is not for it.
func (s *Service) stillHeld(ctx context.Context, r reader) error {
	if r.me.Side != SideProvider {
		return nil
	}
	h, err := s.store.TicketHolding(ctx, r.row.ID)
	if err != nil {
		return known(err, "read who holds the ticket")
	}
	if h.ProviderID != r.row.ProviderID || h.AfterID != r.after {
		return notFound()
	}
	return nil
}

// may fills in what the reader may do now.
func (v *View) may(r reader) {
	t, side := r.row.Ticket, r.me.Side
	if !r.row.EmptiedAt.IsZero() {
		return
	}
	over := t.Over()
	v.MayAnswer, v.MaySolve, v.MayReopen = true, !over, over
	v.MayNote = side != SideSpace
	v.MayEscalate = side != SideSpace && !t.WithTeam() && !over
	v.MayConsent = side == SideSpace
	if v.MayAssign = holding(t, side); v.MayAssign {
		for _, m := range r.members {
			if m.Side == side {
				v.Assignees = append(v.Assignees, m.Person)
			}
		}
	}
}

// handTo is the provider to which the reader may give the ticket: the one that handed it to the team, or that the space was
// linked to since it asked the team. "": none that is in the directory, or not theirs to do.
func (s *Service) handTo(ctx context.Context, r reader) (string, error) {
	t := r.row.Ticket
	if r.me.Side != SideTeam || t.Over() || !t.WithTeam() || t.ProviderID == 0 && !r.row.SpaceState.Works() || !r.row.EmptiedAt.IsZero() {
		return "", nil
	}
	name, err := s.store.LinkedName(ctx, t.SpaceID)
	if err != nil {
		return "", fmt.Errorf("read the space's provider: %w", err)
	}
	return name, nil
}

// informed reports whether the reader may have the context. The provider has it while the association consents; the team always,
// as it runs the servers and reads the same on its own pages. The association has it on the page of its space.
func (r reader) informed() bool {
	switch r.me.Side {
	case SideTeam:
		return true
	case SideProvider:
		return !r.row.ConsentAt.IsZero() && r.row.RevokedAt.IsZero()
	case SideSpace, SideNichoir:
	}
	return false
}

// context tells of the space what helps to help.
func (s *Service) context(ctx context.Context, r reader) (*Context, error) {
	v, err := s.opts.Spaces.View(ctx, r.row.SpacePublicID)
	if err != nil {
		return nil, fmt.Errorf("read the space: %w", err)
	}
	return &Context{
		Space: v.Space.Name, Address: v.Host.PublicURL, Suite: v.Space.Suite, Version: v.Host.Version, State: v.Space.State,
		Used: v.Reading.UsedBytes, Total: v.Space.Plan.TotalBytes, ReadAt: v.Reading.At, Seats: v.Seats(),
		Max: v.Space.Plan.Accounts, Stopped: stopped(v),
	}, nil
}

// stoppedMax is how many steps a context tells of.
const stoppedMax = 5

// stopped returns the last steps that failed or wait for a person, latest first, without the ids that they asked for: some
// of these are made of people's names, and a folder's of what the association calls itself.
func stopped(v provisioning.View) []provisioning.Step {
	var out []provisioning.Step
	for _, st := range v.Steps {
		blocked := v.Space.Blocked != nil && v.Space.Blocked.Step == st.Name && st.DoneAt.IsZero()
		if blocked || st.DoneAt.IsZero() && (st.State == provisioning.Refused || st.Attempts > 0) {
			st.Intent, st.AccountID = "", 0
			out = append(out, st)
		}
	}
	slices.SortStableFunc(out, func(a, b provisioning.Step) int { return b.StartedAt.Compare(a.StartedAt) })
	return out[:min(len(out), stoppedMax)]
}

// Attachment returns a file with its content, for who may see the message that it is part of.
func (s *Service) Attachment(ctx context.Context, publicID string, fileID int64, by identity.Person) (File, error) {
	r, err := s.readerByID(ctx, publicID, by.ID)
	if err != nil {
		return File{}, err
	}
	f, l, err := s.store.File(ctx, r.row.ID, fileID)
	if err != nil {
		return File{}, known(err, "read the file")
	}
	if !r.sees(l) {
		return File{}, notFound()
	}
	return f, nil
}
