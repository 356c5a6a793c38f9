package tickets_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// everything tries all that a person could do with a ticket, and returns what was answered by name.
func everything(w *world, k tickets.Ticket, file int64, by identity.Person) map[string]error {
	msg := tickets.NewMessage{Key: w.key(), Body: "…"}
	_, see := w.See(ctx(), k.PublicID, by)
	_, attachment := w.Attachment(ctx(), k.PublicID, file, by)
	note := tickets.NewMessage{Key: w.key(), Body: "…", Internal: true}
	return map[string]error{
		"see": see, "attachment": attachment, "say": w.Say(ctx(), k.PublicID, msg, by), "note": w.Say(ctx(), k.PublicID, note, by),
		"solve": w.Solve(ctx(), k.PublicID, by), "reopen": w.Reopen(ctx(), k.PublicID, by),
		"escalate": w.Escalate(ctx(), k.PublicID, "", by), "hand back": w.HandBack(ctx(), k.PublicID, "", by),
		"assign": w.Assign(ctx(), k.PublicID, by.ID, by), "consent": w.Consent(ctx(), k.PublicID, true, by),
	}
}

func wantNothing(tb testing.TB, w *world, k tickets.Ticket, file int64, by identity.Person) {
	tb.Helper()
	for what, err := range everything(w, k, file, by) {
		if !problem.Is(err, problem.NotFound) {
			tb.Errorf("%s: %s: got %v, want not_found", by.Name, what, err)
		}
	}
	line := value[int64](tb, w, `SELECT max(id) FROM ticket_messages WHERE ticket_id = $1`, k.ID)
	if _, err := w.Post(ctx(), line, by.Email); !problem.Is(err, problem.NotFound) {
		tb.Errorf("%s: a mail: got %v, want not_found", by.Name, err)
	}
	if _, err := w.Reminder(ctx(), k.ID, by.Email, tickets.LetterReminder); !problem.Is(err, problem.NotFound) {
		tb.Errorf("%s: a reminder: got %v, want not_found", by.Name, err)
	}
	if _, _, err := w.ReplyTo(ctx(), w.ReplyAddress(k.ID, by.ID)); !problem.Is(err, problem.NotFound) {
		tb.Errorf("%s: an answer by mail: got %v, want not_found", by.Name, err)
	}
	token, _, err := w.id.MintLink(ctx(), identity.PurposeTicket, k.ID, by.Email, "fr")
	ok(tb, err)
	if _, _, err := w.OpenLink(ctx(), token); !problem.Is(err, problem.NotFound) {
		tb.Errorf("%s: a mailed link: got %v, want not_found", by.Name, err)
	}
	if err := w.ActByLink(ctx(), token, tickets.ActSolve, ""); !problem.Is(err, problem.NotFound) {
		tb.Errorf("%s: the link's button: got %v, want not_found", by.Name, err)
	}
}

func TestStrangersSeeNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	form := w.form()
	form.Files = []tickets.File{{Name: "a.txt", Content: []byte("text")}}
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
	file := w.see(t, k, w.lead).Messages[0].Files[0].ID
	for _, by := range []identity.Person{w.other, w.bea, w.person(t, "nobody"), {Name: "not signed in"}} {
		if by.ID == 0 {
			_, err := w.See(ctx(), k.PublicID, by)
			wantProblem(t, err, problem.NotFound)
			continue
		}
		wantNothing(t, w, k, file, by)
		for _, f := range []tickets.Filter{{SpaceID: w.space}, {Provider: w.a}, {}, {Team: true}} {
			if _, err := w.List(ctx(), f, by); !problem.Is(err, problem.NotFound) {
				t.Errorf("%s: list %+v: got %v, want not_found", by.Name, f, err)
			}
			if _, err := w.Counts(ctx(), f, by); !problem.Is(err, problem.NotFound) {
				t.Errorf("%s: counts %+v: got %v, want not_found", by.Name, f, err)
			}
		}
		_, err := w.Open(ctx(), w.form(), by)
		wantProblem(t, err, problem.NotFound)
		wantProblem(t, w.AddColead(ctx(), w.space, w.member, by), problem.NotFound)
		wantProblem(t, w.RemoveColead(ctx(), w.space, w.member, by), problem.NotFound)
		wantProblem(t, w.MayHelp(ctx(), w.space, by), problem.NotFound)
	}
	_, err := w.Attachment(ctx(), w.open(t).PublicID, file, w.lead)
	wantProblem(t, err, problem.NotFound) // the file of another ticket
	team := w.form()
	team.Via = tickets.ByTeam
	_, err = w.Open(ctx(), team, w.lead)
	wantProblem(t, err, problem.Forbidden)
	_, err = w.See(ctx(), "no\x00id", w.lead)
	wantProblem(t, err, problem.NotFound)
}

// TestChangeOfProvider moves a ticket with a history: the former sees nothing any more, the newcomer what follows.
func TestChangeOfProvider(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	form := w.form()
	form.Files = []tickets.File{{Name: "a.txt", Content: []byte("text")}}
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
	over := w.open(t)
	w.say(t, over, "c'est fait", tickets.ThenSolve, w.anna)
	before := w.see(t, k, w.anna).Messages[0].Files[0].ID
	w.say(t, k, "de la part d'Anna", "", w.anna)
	ok(t, w.Say(ctx(), k.PublicID, tickets.NewMessage{Key: w.key(), Body: "entre nous", Internal: true}, w.anna))
	first := value[int64](t, w, `SELECT min(id) FROM ticket_messages WHERE ticket_id = $1`, k.ID)
	since := w.lastMail(t)

	w.link(t, w.b, "On a parlé de formation.")
	wantText(t, "mails", w.mails(t, since), "ticket-moved bea")
	wantNothing(t, w, k, before, w.anna)
	wantNothing(t, w, over, before, w.anna)
	if n := len(must[[]tickets.Ticket](t)(w.List(ctx(), tickets.Filter{Provider: w.a}, w.anna))); n != 0 {
		t.Errorf("the former provider lists %d tickets", n)
	}
	wantNothing(t, w, over, before, w.bea) // what was solved before is not the newcomer's

	v := w.see(t, k, w.bea)
	wantText(t, "summary", v.Summary, "On a parlé de formation.")
	wantText(t, "the newcomer sees", w.bodies(t, k, w.bea), "nichoir: moved")
	if v.Context != nil {
		t.Error("the consent was for the former provider")
	}
	_, err := w.Attachment(ctx(), k.PublicID, before, w.bea)
	wantProblem(t, err, problem.NotFound)
	_, err = w.Post(ctx(), first, w.bea.Email)
	wantProblem(t, err, problem.Gone)
	w.say(t, k, "bonjour Bea", "", w.lead)
	wantText(t, "the newcomer sees", w.bodies(t, k, w.bea), "nichoir: moved | space: bonjour Bea")
	if s := w.see(t, k, w.lead).Summary; s != "" {
		t.Errorf("the association reads the summary %q as if it were new to it", s)
	}
	if !strings.Contains(w.bodies(t, k, w.team), "entre nous") {
		t.Error("the team lost the note")
	}

	since = w.lastMail(t)
	w.say(t, over, "encore une chose", "", w.lead) // solved under the former, it opens again for the newcomer
	wantText(t, "the newcomer sees", w.bodies(t, over, w.bea), "space: encore une chose | nichoir: moved")
	wantText(t, "mails", w.mails(t, since), "ticket-moved bea, ticket-message bea")
	wantNothing(t, w, over, before, w.anna)
	w.say(t, over, "fait", tickets.ThenSolve, w.bea)
	w.link(t, w.a, "")
	since = w.lastMail(t)
	ok(t, w.Reopen(ctx(), over.PublicID, w.lead))
	wantText(t, "mails", w.mails(t, since), "ticket-moved aldo, ticket-moved anna")
	wantText(t, "who came back sees", w.bodies(t, over, w.anna), "nichoir: moved | nichoir: reopened")
	w.link(t, w.b, "")

	w.link(t, 0, "")
	wantNothing(t, w, k, before, w.bea)
	if got := w.see(t, k, w.team).Ticket; !got.WithTeam() || got.Escalated {
		t.Errorf("the ticket is not plainly the team's: %+v", got)
	}
	w.link(t, w.a, "") // the same provider comes back: still nothing of the time before
	if b := w.bodies(t, k, w.anna); b != "nichoir: moved" {
		t.Errorf("the provider that came back sees %s", b)
	}
	if n := value[int](t, w, `SELECT count(*) FROM ticket_tenures WHERE ticket_id = $1`, k.ID); n != 5 {
		t.Errorf("%d tenures, want 5", n)
	}
}

func TestMoveToSameProviderChangesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	want := w.bodies(t, k, w.anna)
	w.link(t, w.a, "")
	wantText(t, "messages", w.bodies(t, k, w.anna), want)
	wantText(t, "trail", w.actions(t, k), "ticket.opened")
}

// TestNotesAndClocksAreNotForSpaces looks for both in all that a space gets.
func TestNotesAndClocksAreNotForSpaces(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	since := w.lastMail(t)
	note := tickets.NewMessage{
		Key: w.key(), Body: "ils n'ont rien compris", Internal: true, Files: []tickets.File{{Name: "n", Content: []byte("n")}},
	}
	ok(t, w.Say(ctx(), k.PublicID, note, w.anna))
	wantText(t, "mails", w.mails(t, since), "")
	line := value[int64](t, w, `SELECT id FROM ticket_messages WHERE internal`)
	file := value[int64](t, w, `SELECT id FROM ticket_attachments`)
	for _, to := range []identity.Person{w.lead, w.anna, w.aldo, w.team} {
		_, err := w.Post(ctx(), line, to.Email)
		wantProblem(t, err, problem.Gone)
	}
	for _, by := range []identity.Person{w.lead, w.colead} {
		wantText(t, "messages", w.bodies(t, k, by), "space: Bonjour, par où commencer ?")
		_, err := w.Attachment(ctx(), k.PublicID, file, by)
		wantProblem(t, err, problem.NotFound)
		wantProblem(t, w.Say(ctx(), k.PublicID, tickets.NewMessage{Key: w.key(), Body: "…", Internal: true}, by), problem.Forbidden)
		list := must[[]tickets.Ticket](t)(w.List(ctx(), tickets.Filter{SpaceID: w.space}, by))
		first := value[int64](t, w, `SELECT min(id) FROM ticket_messages`)
		post := must[tickets.Post](t)(w.Post(ctx(), first, w.lead.Email))
		for _, got := range []tickets.Ticket{w.see(t, k, by).Ticket, list[0], post.Ticket} {
			if got.Answer != (tickets.Clock{}) || got.Solution != (tickets.Clock{}) {
				t.Errorf("%s sees the promises: %+v, %+v", by.Name, got.Answer, got.Solution)
			}
		}
	}
	for _, by := range []identity.Person{w.anna, w.team} {
		if got := w.see(t, k, by); got.Ticket.Answer.Due.IsZero() || len(got.Messages) != 2 {
			t.Errorf("%s misses the promise or the note", by.Name)
		}
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	w.exec(t, `INSERT INTO readings (space_id, quota_bytes, used_bytes, accounts, read_at) VALUES ($1, 1000, 400, 2, now())`, w.space)
	w.exec(t, `INSERT INTO steps (space_id, step, state, intent, attempts, last_cause) VALUES ($1, 'name', 'refused', 'Secrets', 3, 'refused')`, w.space)
	form := w.form()
	form.Consent = false
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
	if w.see(t, k, w.anna).Context != nil || w.see(t, k, w.lead).Context != nil {
		t.Error("context without consent")
	}
	for _, by := range []identity.Person{w.anna, w.team} {
		wantProblem(t, w.Consent(ctx(), k.PublicID, true, by), problem.Forbidden)
	}
	ok(t, w.Consent(ctx(), k.PublicID, true, w.colead))
	ok(t, w.Consent(ctx(), k.PublicID, true, w.lead)) // again: the first time stands
	got := w.see(t, k, w.anna)
	if got.Context == nil || got.Ticket.ConsentBy != "colin" {
		t.Fatalf("no context, or consent by %q", got.Ticket.ConsentBy)
	}
	c := *got.Context
	if len(c.Stopped) != 1 || c.Stopped[0].Name != "name" || c.Stopped[0].Intent != "" {
		t.Errorf("stopped steps %+v", c.Stopped)
	}
	if c.ReadAt.IsZero() {
		t.Error("nothing tells when the space was read")
	}
	c.Stopped = nil
	want := tickets.Context{
		Space: "Secrets & Cie les-amis", Address: "https://one.example", Suite: "collabora", Version: "31.0.4", State: "active",
		Used: 400, Total: 42949672960, Seats: 1, Max: 50, ReadAt: c.ReadAt,
	}
	if d := cmp.Diff(want, c); d != "" {
		t.Error(d)
	}
	ok(t, w.Consent(ctx(), k.PublicID, false, w.lead))
	if w.see(t, k, w.anna).Context != nil {
		t.Error("the provider has the context that was revoked")
	}
	if w.see(t, k, w.team).Context == nil {
		t.Error("the team runs the servers: it has the context")
	}
	wantText(t, "trail", w.actions(t, k), "ticket.opened, ticket.consent, ticket.consent")
}

// TestWhoIsOnlyInvitedSeesNothing: the address of one who has not accepted yet may be anybody's.
func TestWhoIsOnlyInvitedSeesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	file := int64(1)
	k := must[tickets.Ticket](t)(w.Open(ctx(), w.form(), w.lead))
	w.exec(t, `UPDATE provider_members SET joined_at = NULL WHERE person_id = $1`, w.aldo.ID)
	w.exec(t, `UPDATE accounts SET state = 'invited' WHERE id = $1`, w.member)
	since := w.lastMail(t)
	w.say(t, k, "…", "", w.lead)
	w.say(t, k, "…", "", w.anna)
	wantText(t, "mails", w.mails(t, since), "ticket-message anna, ticket-message lea")
	wantProblem(t, w.Assign(ctx(), k.PublicID, w.aldo.ID, w.anna), problem.Conflict)
	for _, by := range []identity.Person{w.aldo, w.colead} {
		wantNothing(t, w, k, file, by)
	}
	wantProblem(t, w.MayHelp(ctx(), w.space, w.colead), problem.NotFound)
	if _, spaces, err := w.SpacesFor(ctx(), w.colead.Email); err != nil || len(spaces) != 0 {
		t.Errorf("a mail opens a ticket of %v (%v)", spaces, err)
	}
	if n := len(must[[]string](t)(w.SpacesOf(ctx(), w.colead.ID))); n != 0 {
		t.Errorf("%d spaces", n)
	}
	if cs := must[[]tickets.Colead](t)(w.Coleads(ctx(), w.space)); len(cs) != 1 || cs[0].Active {
		t.Errorf("the lead sees %+v", cs)
	}
}

// TestColeadWhoseAccountGoes: what they may do lives as long as their account.
func TestColeadWhoseAccountGoes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := must[tickets.Ticket](t)(w.Open(ctx(), w.form(), w.colead))
	file := int64(1)
	for _, state := range []string{"disabled", "removing", "removed"} {
		w.exec(t, `UPDATE accounts SET state = $2 WHERE id = $1`, w.member, state)
		wantNothing(t, w, k, file, w.colead)
		wantProblem(t, w.MayHelp(ctx(), w.space, w.colead), problem.NotFound)
		if n := len(must[[]tickets.Colead](t)(w.Coleads(ctx(), w.space))); n != 0 {
			t.Errorf("%s: %d co-leads", state, n)
		}
		if n := len(must[[]string](t)(w.SpacesOf(ctx(), w.colead.ID))); n != 0 {
			t.Errorf("%s: %d spaces", state, n)
		}
		wantProblem(t, w.AddColead(ctx(), w.space, w.member, w.lead), problem.NotFound)
	}
	w.exec(t, `UPDATE accounts SET state = 'active' WHERE id = $1`, w.member)
	ok(t, w.MayHelp(ctx(), w.space, w.colead))
	ok(t, w.RemoveColead(ctx(), w.space, w.member, w.lead))
	ok(t, w.RemoveColead(ctx(), w.space, w.member, w.lead))
	wantNothing(t, w, k, file, w.colead)
	ok(t, w.AddColead(ctx(), w.space, w.member, w.lead))
	wantText(t, "trail", value[string](t, w, `SELECT string_agg(action, ', ' ORDER BY id) FROM audit WHERE subject = 'space'`),
		"space.colead_added, space.colead_removed, space.colead_added")
}
