package tickets_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

func TestReplyAddress(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	w.exec(t, `INSERT INTO person_addresses (person_id, email) VALUES ($1, 'lea@home.example')`, w.lead.ID)
	k, k2 := w.open(t), w.open(t)
	local := w.ReplyAddress(k.ID, w.lead.ID)
	if !regexp.MustCompile(fmt.Sprintf(`^reply\+%d-[a-z2-7]{26}$`, k.ID)).MatchString(local) || len(local) > 64 {
		t.Errorf("the address begins with %q", local)
	}
	for _, form := range []string{local, strings.ToUpper(local)} {
		id, p, err := w.ReplyTo(ctx(), form)
		ok(t, err)
		if id != k.ID || p.Person.ID != w.lead.ID || p.Side != tickets.SideSpace || strings.Join(p.Addresses, " ") != "lea@example.org lea@home.example" {
			t.Errorf("%q leads to %d, %+v", form, id, p)
		}
	}
	for _, by := range []identity.Person{w.colead, w.anna, w.team} {
		_, p, err := w.ReplyTo(ctx(), w.ReplyAddress(k.ID, by.ID))
		ok(t, err)
		if p.Person.ID != by.ID {
			t.Errorf("%s's address leads to %s", by.Name, p.Person.Name)
		}
	}
	token := local[strings.IndexByte(local, '-')+1:]
	for what, form := range map[string]string{
		"another ticket": fmt.Sprintf("reply+%d-%s", k2.ID, token), "no ticket": "reply+9-" + token, "cut": local[:len(local)-1],
		"one letter": local[:len(local)-1] + "7", "none": "reply+1001", "long": local + strings.Repeat("a", 30),
		"a stranger's": w.ReplyAddress(k.ID, w.bea.ID), "spelled": fmt.Sprintf("reply++%d-%s", k.ID, token), "other": "help",
		"padded": fmt.Sprintf("reply+0%d-%s", k.ID, token),
	} {
		if form == local { // the last letter was that one
			continue
		}
		if _, _, err := w.ReplyTo(ctx(), form); !problem.Is(err, problem.NotFound) {
			t.Errorf("%s: got %v, want not_found", what, err)
		}
	}
}

// TestReplyAddressesOutliveTheirKey: mails that were sent before the key was changed are still answered, for as long as it is given.
func TestReplyAddressesOutliveTheirKey(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	before := w.ReplyAddress(k.ID, w.lead.ID)
	with := func(key string, older ...[]byte) *tickets.Service {
		return tickets.New(tickets.Options{Store: w.db.Tickets(), Identity: w.id, Clock: w.clock.Now, ReplyKey: []byte(key), OlderReplyKeys: older})
	}
	changed := with("new key", []byte("key of the addresses"))
	for _, local := range []string{before, changed.ReplyAddress(k.ID, w.lead.ID)} {
		id, p, err := changed.ReplyTo(ctx(), local)
		ok(t, err)
		if id != k.ID || p.Person.ID != w.lead.ID {
			t.Errorf("%q leads to %d, %+v", local, id, p)
		}
	}
	if changed.ReplyAddress(k.ID, w.lead.ID) == before {
		t.Error("new mails carry a token of the old key")
	}
	_, _, err := with("new key").ReplyTo(ctx(), before)
	wantProblem(t, err, problem.NotFound)
}

func TestSpacesFor(t *testing.T) {
	t.Parallel()
	w := setup(t)
	second := w.newSpace(t, "troisieme", w.lead)
	w.exec(t, `INSERT INTO person_addresses (person_id, email) VALUES ($1, 'both@example.org'), ($2, 'both@example.org'), ($1, 'one@example.org')`,
		w.lead.ID, w.other.ID)
	for address, want := range map[string]struct {
		who    identity.Person
		spaces []int64
	}{
		"LEA@example.org": {w.lead, []int64{w.space, second}}, "one@example.org": {w.lead, []int64{w.space, second}},
		"colin@example.org": {w.colead, []int64{w.space}}, "anna@example.org": {w.anna, []int64{}},
	} {
		by, spaces, err := w.SpacesFor(ctx(), address)
		ok(t, err)
		if by.ID != want.who.ID || fmt.Sprint(spaces) != fmt.Sprint(want.spaces) {
			t.Errorf("%s is %s's, for %v; want %s, %v", address, by.Name, spaces, want.who.Name, want.spaces)
		}
	}
	for _, address := range []string{"both@example.org", "nobody@example.org", "a\x00@example.org", ""} {
		_, _, err := w.SpacesFor(ctx(), address)
		wantProblem(t, err, problem.NotFound)
	}
}

// TestOpenIn: what fails after a ticket was opened in another's transaction takes it back.
func TestOpenIn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	form := w.form()
	err := w.db.Tickets().InTx(ctx(), func(tx tickets.DeskTx) error {
		k, err := w.OpenIn(ctx(), tx, form, w.lead)
		ok(t, err)
		id, posted, err := w.SayIn(ctx(), tx, k.ID, tickets.NewMessage{Key: w.key(), Body: "…"}, w.lead)
		ok(t, err)
		if id == 0 || !posted {
			t.Error("nothing was said")
		}
		return problem.New(problem.Conflict, "problem.not_found")
	})
	wantProblem(t, err, problem.Conflict)
	if n := value[int](t, w, `SELECT (SELECT count(*) FROM tickets) + (SELECT count(*) FROM mails) + (SELECT count(*) FROM ticket_messages)`); n != 0 {
		t.Errorf("%d rows are left of what did not take place", n)
	}
}

// TestRefusalsLeaveNothing: a transaction that goes on after a refusal keeps nothing of what was refused.
func TestRefusalsLeaveNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	said := tickets.NewMessage{Key: w.key(), Body: "…"}
	ok(t, w.Say(ctx(), k.PublicID, said, w.lead))
	rows := `SELECT (SELECT count(*) FROM tickets) + (SELECT count(*) FROM ticket_messages) + (SELECT count(*) FROM ticket_tenures)`
	before := value[int](t, w, rows)
	used := w.form()
	used.Key = said.Key
	long := w.form()
	long.Body = strings.Repeat("x", tickets.BodyMax+1)
	ok(t, w.db.Tickets().InTx(ctx(), func(tx tickets.DeskTx) error {
		for name, n := range map[string]tickets.NewTicket{"a message's key": used, "too long": long} {
			if _, err := w.OpenIn(ctx(), tx, n, w.lead); problem.CodeOf(err) == "" {
				t.Errorf("%s: got %v, want a refusal", name, err)
			}
		}
		_, _, err := w.SayIn(ctx(), tx, k.ID, said, w.colead)
		wantProblem(t, err, problem.NotFound)
		_, _, err = w.SayIn(ctx(), tx, k.ID, tickets.NewMessage{Key: w.key(), Body: "…", Internal: true}, w.colead)
		wantProblem(t, err, problem.Forbidden)
		return nil
	}))
	if after := value[int](t, w, rows); after != before {
		t.Errorf("%d rows became %d", before, after)
	}
}
