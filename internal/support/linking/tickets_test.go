package linking_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"nichoir/internal/support"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
)

var errTorn = errors.New("torn")

// torn are tickets whose move fails after it was written.
type torn struct{ linking.Tickets }

func (d torn) MoveIn(ctx context.Context, tx tickets.MoveTx, spaceID, toProvider int64, summary string) error {
	return errors.Join(d.Tickets.MoveIn(ctx, tx, spaceID, toProvider, summary), errTorn)
}

// With the tickets themselves: they follow the link in its transaction, or stay with it.
func TestTicketsFollowTheLink(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 1)
	b.providers(t, 2, 1)
	desk := tickets.New(tickets.Options{
		Store: b.db.Tickets(), Identity: b.id, Clock: b.clock.Now, Rand: rand.Reader, Calendar: support.NewCalendar(b.zone),
		ReplyKey: []byte("key of the tests"),
	})
	with := func(d linking.Tickets) *linking.Service {
		return linking.New(linking.Options{
			Store: b.db.Linking(), Identity: b.id, Tickets: d, Clock: b.clock.Now, Rand: rand.Reader, Calendar: support.NewCalendar(b.zone),
		})
	}
	holder := func() int64 {
		return value[int64](t, b, `SELECT coalesce(provider_id, 0) FROM tickets WHERE space_id = 1`)
	}
	b.linked(t, 1)
	if _, err := desk.Open(ctx, tickets.NewTicket{
		Key: "ticket-key-0000000001", SpaceID: 1, Kind: support.KindTraining, Title: "Partager un dossier", Body: "Comment faire ?", Via: tickets.ByWeb,
	}, b.lead(t, 1)); err != nil {
		t.Fatal(err)
	}
	if holder() != 1 {
		t.Fatalf("the ticket is with %d", holder())
	}
	l, err := b.Choose(ctx, 1, "provider-2", linking.FromMatch, "", "On en était là.", b.lead(t, 1))
	ok(t, err)
	if err := with(torn{desk}).Accept(ctx, l.PublicID, b.member(t, 2)); !errors.Is(err, errTorn) {
		t.Fatalf("got %v", err)
	}
	b.wantStates(t, 1, "1 accepted, 2 proposed")
	if holder() != 1 {
		t.Fatalf("the ticket is with %d though the link is not", holder())
	}
	ok(t, with(desk).Accept(ctx, l.PublicID, b.member(t, 2)))
	b.wantStates(t, 1, "1 ended by change, 2 accepted")
	if holder() != 2 {
		t.Fatalf("the ticket is with %d", holder())
	}
	if got := value[string](t, b, `SELECT summary FROM ticket_tenures WHERE until_at IS NULL`); got != "On en était là." {
		t.Errorf("the newcomer reads %q", got)
	}
	ok(t, with(desk).Leave(ctx, l.PublicID, "", b.member(t, 2)))
	if holder() != 0 {
		t.Errorf("the ticket is with %d, not with the team", holder())
	}
}
