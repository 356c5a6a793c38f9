package tickets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/typed"
)

// The inputs of the forms, by which refusals name them.
const (
	FieldKind  = "kind"
	FieldTitle = "title"
	FieldBody  = "body"
	FieldFiles = "files"
	FieldNote  = "note"
)

// What can only happen between two statements of one transaction, which then must not be kept.
var (
	errLeft     = errors.New("the person's account or role ended a moment ago")
	errKeyTaken = errors.New("another message took the key a moment ago")
)

// Open opens a ticket: by the space's lead or a co-lead, or by staff (Via ByTeam). It is the provider's when the space has an
// accepted link and is ready or active, else the team's. problem.Invalid with fields (kind, title, body, files);
// problem.NotFound for who has nothing to do with the space. A key sent twice returns the first.
func (s *Service) Open(ctx context.Context, n NewTicket, by identity.Person) (Ticket, error) {
	var t Ticket
	err := s.store.InTx(ctx, func(tx DeskTx) error {
		var err error
		t, err = s.OpenIn(ctx, tx, n, by)
		return err
	})
	if err != nil {
		return Ticket{}, err
	}
	return t, nil
}

// OpenIn is Open inside another service's transaction.
func (s *Service) OpenIn(ctx context.Context, tx Tx, n NewTicket, by identity.Person) (Ticket, error) {
	n, err := checkNew(n)
	if err != nil {
		return Ticket{}, err
	}
	linked, err := tx.LockTicketLinks(ctx, n.SpaceID) // a change of provider waits for this ticket, or this ticket for it
	if err != nil {
		return Ticket{}, fmt.Errorf("lock the space's links: %w", err)
	}
	h, err := tx.TicketHelper(ctx, n.SpaceID, by.ID)
	if err != nil {
		return Ticket{}, known(err, "read the space")
	}
	if n.Via == ByTeam {
		if err := by.Must(identity.Reviewer); err != nil {
			return Ticket{}, err
		}
	} else if !h.MayHelp {
		return Ticket{}, notFound()
	}
	c := s.changeOf(tx, s.newRow(n, by))
	c.row.ProviderID = holderOf(h.State, linked)
	return s.open(ctx, c, n, by)
}

// newRow is a ticket before its promises run.
func (s *Service) newRow(n NewTicket, by identity.Person) Row {
	now := s.now()
	r := Row{
		Ticket: Ticket{
			SpaceID: n.SpaceID, Kind: n.Kind, Title: n.Title, Urgent: n.Urgent, State: Unanswered, Via: n.Via, CreatedAt: now,
		},
		FormKey: n.Key, OpenedByID: by.ID,
		Answering: Promise{Left: s.opts.Answer}, Solving: Promise{Left: s.opts.Solution},
	}
	if n.Consent {
		r.ConsentAt, r.ConsentByID = now, by.ID
	}
	return r
}

func (s *Service) open(ctx context.Context, c *change, n NewTicket, by identity.Person) (Ticket, error) {
	// Refusals come before the first row: another service's transaction may go on after one.
	_, err := c.tx.TicketLineByKey(ctx, n.Key)
	if err == nil {
		return s.opened(ctx, c.tx, n, by)
	}
	if !errors.Is(err, ErrNotFound) {
		return Ticket{}, fmt.Errorf("look for the key: %w", err)
	}
	if c.row.PublicID, err = identity.NewPublicID(s.opts.Rand); err != nil {
		return Ticket{}, err
	}
	if err := c.rest(ctx); err != nil {
		return Ticket{}, err
	}
	c.tick()
	c.row.Reckoned = c.pauses.Mark
	if c.row.ID, err = c.tx.InsertTicket(ctx, c.row); err != nil {
		return Ticket{}, fmt.Errorf("insert the ticket: %w", err)
	}
	if c.row.ID == 0 {
		return s.opened(ctx, c.tx, n, by)
	}
	if c.row.ProviderID != 0 {
		if err := c.tx.BeginTenure(ctx, c.row.ID, Holding{ProviderID: c.row.ProviderID}, c.now); err != nil {
			return Ticket{}, fmt.Errorf("begin the tenure: %w", err)
		}
	}
	if err := c.look(ctx); err != nil {
		return Ticket{}, err
	}
	i := slices.IndexFunc(c.members, func(m Member) bool { return m.Person.ID == by.ID })
	if i < 0 {
		return Ticket{}, errLeft
	}
	c.me = c.members[i]
	if err := c.first(ctx, n); err != nil {
		return Ticket{}, err
	}
	return s.fresh(ctx, c.tx, c.row.ID, c.me.Side, c.pauses)
}

// first says the first words, and lets all know whom they concern.
func (c *change) first(ctx context.Context, n NewTicket) error {
	m := NewMessage{Key: n.Key, Body: n.Body, Via: ByWeb, MailID: n.MailID}
	if n.Via == ByMail {
		m.Via = ByMail
	}
	line, err := c.tx.InsertTicketLine(ctx, c.mine(m))
	if err != nil {
		return fmt.Errorf("insert the first message: %w", err)
	}
	if line == 0 {
		return errKeyTaken
	}
	if err := attach(ctx, c.tx, line, n.Files); err != nil {
		return err
	}
	if n.Via == ByMail {
		if err := c.mail(ctx, line, LetterReceipt, c.me.Person); err != nil {
			return err
		}
	}
	if err := c.post(ctx, line, func(m Member) string {
		switch {
		case m.Side == SideSpace:
			return LetterReceipt
		case holding(c.row.Ticket, m.Side):
			return LetterOpened
		default:
			return ""
		}
	}); err != nil {
		return err
	}
	if err := c.tell(ctx, support.EventTicketOpened, line); err != nil {
		return err
	}
	return c.audit(ctx, "ticket.opened", map[string]any{
		"via": string(n.Via), "provider": c.row.ProviderID, "consent": n.Consent,
	})
}

// opened is the answer to a form that was sent before: the ticket that it made, for who made it.
func (s *Service) opened(ctx context.Context, tx Tx, n NewTicket, by identity.Person) (Ticket, error) {
	r, err := tx.TicketByKey(ctx, n.Key)
	if err != nil {
		return Ticket{}, known(err, "read the first ticket")
	}
	if r.SpaceID != n.SpaceID || r.OpenedByID != by.ID {
		return Ticket{}, notFound()
	}
	side := SideSpace
	if r.Via == ByTeam {
		side = SideTeam
	}
	return s.fresh(ctx, tx, r.ID, side, Pauses{})
}

// fresh reads a ticket back, with the names that its row does not hold.
func (s *Service) fresh(ctx context.Context, tx Tx, id int64, side Side, p Pauses) (Ticket, error) {
	r, err := tx.TicketRow(ctx, id)
	if err != nil {
		return Ticket{}, known(err, "read the ticket")
	}
	return s.shown(reader{row: r, me: Member{Participant: Participant{Side: side}}, pauses: p}), nil
}

// checkNew cleans what was typed and refuses what cannot be.
func checkNew(n NewTicket) (NewTicket, error) {
	var wrong []problem.Field
	n.Title = support.WithoutSecrets(typed.Line(n.Title))
	m, fields := checkMessage(NewMessage{Key: n.Key, Body: n.Body, Via: n.Via, Files: n.Files})
	if n.Via == ByMail {
		n.Title = cut(n.Title, TitleMax)
		if n.Title == "" { // nobody who writes a mail without a subject is to be turned away for it
			n.Title = "…"
		}
	}
	if !support.ValidKind(string(n.Kind)) {
		wrong = append(wrong, problem.Field{Name: FieldKind, Key: "problem.ticket_kind"})
	}
	if l := utf8.RuneCountInString(n.Title); l == 0 || l > TitleMax {
		wrong = append(wrong, problem.Field{Name: FieldTitle, Key: "problem.ticket_title", Args: map[string]any{"max": TitleMax}})
	}
	if wrong = append(wrong, fields...); len(wrong) > 0 {
		return NewTicket{}, invalid(wrong)
	}
	if !goodKey(n.Key, n.Via) {
		return NewTicket{}, problem.New(problem.Invalid, "problem.form_broken")
	}
	n.Body, n.Files = m.Body, m.Files
	if n.Via != ByMail && n.Via != ByTeam {
		n.Via = ByWeb
	}
	n.Consent = n.Consent && n.Via != ByTeam // which cannot consent for the association
	return n, nil
}

func invalid(fields []problem.Field) error {
	return &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Fields: fields}
}

// goodKey reports whether it is the key of a form, or the mark of a mail.
func goodKey(key string, via Via) bool {
	return typed.FormKey(key) || via == ByMail && strings.HasPrefix(key, "mail:") && len(key) <= 100 && typed.Storable(key)
}

// cut is the beginning of s, at most so many characters.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
