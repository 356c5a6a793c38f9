package inbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/inbox"
)

func TestTheTeamSeesWhatBecameOfMails(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.receive(t, w.letter(w.anna.Email, w.replyTo(w.anna), "Voici."), inbox.Posted)
	stranger := w.letter("lou@ailleurs.example", help, "Bonjour")
	w.receive(t, stranger, inbox.SetAside)
	w.held(t, "Moi")
	kept := must[[]inbox.Kept](t)(w.Kept(ctx(), w.team, 0, 2))
	if len(kept) != 2 || kept[0].Outcome != inbox.Held || kept[0].TicketPub != w.ticket.PublicID || kept[1].Outcome != inbox.SetAside {
		t.Errorf("kept: %+v", kept)
	}
	if kept = must[[]inbox.Kept](t)(w.Kept(ctx(), w.team, kept[1].ID, 2)); len(kept) != 1 || kept[0].Outcome != inbox.Posted {
		t.Errorf("the next page: %+v", kept)
	}
	kept = must[[]inbox.Kept](t)(w.Kept(ctx(), w.team, 0, 0, inbox.SetAside, inbox.Dropped))
	want := []inbox.Kept{{ID: kept[0].ID, Outcome: inbox.SetAside, Reason: inbox.ReasonUnknown, Sender: stranger.From, Subject: stranger.Subject,
		Size: stranger.Size, At: kept[0].At, HasSource: true}}
	if diff := cmp.Diff(want, kept); diff != "" || !kept[0].At.Equal(w.clock.Now()) {
		t.Errorf("set aside at %v (-want +got):\n%s", kept[0].At, diff)
	}
}

// What went to nobody is read by the team as it came, while it is kept so; what is posted or held is read by nobody there.
func TestTheTeamReadsWhatNobodyElseDoes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	stranger := w.letter("lou@ailleurs.example", help, "Bonjour")
	w.receive(t, stranger, inbox.SetAside)
	w.receive(t, w.letter(w.anna.Email, w.replyTo(w.anna), "Voici."), inbox.Posted)
	w.held(t, "Moi")
	kept := must[[]inbox.Kept](t)(w.Kept(ctx(), w.team, 0, 0))
	for _, k := range kept {
		raw, err := w.Source(ctx(), w.team, k.ID)
		if k.Outcome != inbox.SetAside {
			wantProblem(t, err, problem.NotFound, "problem.not_found")
		} else if err != nil || string(raw) != string(stranger.Raw) {
			t.Errorf("%q (%v), want the mail as it came", raw, err)
		}
		if k.HasSource != (err == nil) {
			t.Errorf("%s: to be read %t", k.Outcome, k.HasSource)
		}
	}
	w.clock.Turn(31 * 24 * time.Hour)
	must[int](t)(w.Tend(ctx()))
	_, err := w.Source(ctx(), w.team, kept[len(kept)-1].ID)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
}

func TestOnlyTheTeamSeesThem(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, by := range []identity.Person{{}, w.lead, w.anna} {
		_, kept := w.Kept(ctx(), by, 0, 0)
		_, troubles := w.Troubles(ctx(), by)
		_, source := w.Source(ctx(), by, 1)
		for _, err := range []error{kept, troubles, source} {
			if !problem.Is(err, problem.Forbidden) && !problem.Is(err, problem.Unauthenticated) {
				t.Errorf("%q sees them: %v", by.Name, err)
			}
		}
	}
}

func TestTheMailsAboutAMailKnowIt(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.held(t, "Moi")
	id := value[int64](t, w, `SELECT id FROM incoming_mails`)
	want := inbox.Subject{ID: id, Outcome: inbox.Held, Sender: "anna@home.example", PersonEmail: w.anna.Email, TicketID: w.ticket.ID, TicketPub: w.ticket.PublicID}
	if diff := cmp.Diff(want, must[inbox.Subject](t)(w.Subject(ctx(), id))); diff != "" {
		t.Errorf("subject (-want +got):\n%s", diff)
	}
	_, err := w.Subject(ctx(), id+1)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	_, err = w.AddressByID(ctx(), 1)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
}

func TestMailsAreForgottenAndWhatNobodyReleasesIsDropped(t *testing.T) {
	t.Parallel()
	w := setup(t)
	old := w.letter(w.anna.Email, w.replyTo(w.anna), "Voici.")
	w.receive(t, old, inbox.Posted)
	large := w.letter("lou@ailleurs.example", help, "")
	large.Raw, large.Trouble = nil, inbox.ReasonTooLarge
	w.receive(t, large, inbox.SetAside)
	token := w.held(t, "Moi", inbox.File{Name: "x", Content: []byte("x")})
	w.clock.Turn(29 * 24 * time.Hour)
	w.receive(t, w.letter(w.aldo.Email, w.replyTo(w.aldo), "Aussi."), inbox.Posted)
	if n := must[int](t)(w.Tend(ctx())); n != 0 {
		t.Errorf("%d rows changed too early", n)
	}
	w.clock.Turn(25 * time.Hour)
	for _, want := range []int{4, 0} { // one dropped, three forgotten; then nothing is left to do
		if n := must[int](t)(w.Tend(ctx())); n != want {
			t.Errorf("%d rows changed, want %d", n, want)
		}
	}
	got := value[string](t, w, `SELECT string_agg(outcome || '/' || (raw IS NULL) || '/' || sender || '/' || subject || '/' || body, ', ' ORDER BY id) FROM incoming_mails`)
	same(t, "rows", got, "posted/true///, set_aside/true///, dropped/true///, posted/false/aldo@example.org/Re: [Nichoir 1001] Formation/")
	if n := value[int](t, w, `SELECT count(*) FROM incoming_files`); n != 0 {
		t.Errorf("%d files remain", n)
	}
	_, err := w.Release(ctx(), token, false)
	wantProblem(t, err, problem.Gone, "problem.held_dropped")
	// Forgotten, it is still known: neither its place nor the mail itself makes a second message.
	w.receive(t, old, inbox.Posted)
	old.Place.UIDValidity++
	w.receive(t, old, inbox.Duplicate)
	same(t, "messages", w.messages(t), "anna: Voici.; aldo: Aussi.")
}
