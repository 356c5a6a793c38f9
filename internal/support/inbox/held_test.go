package inbox_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/inbox"
)

func TestAHeldAnswerIsReleasedOnceAndItsPersonIsTold(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.held(t, "Voici.", inbox.File{Name: "plan.txt", Content: []byte("plan")})
	same(t, "before", w.messages(t), "")
	got := must[inbox.HeldMail](t)(w.OpenHeld(ctx(), token))
	if got.Text != "Voici." || got.Files != 1 || got.Sender != "anna@home.example" || got.Person.ID != w.anna.ID || got.Done ||
		got.TicketID != w.ticket.ID || got.TicketPub != w.ticket.PublicID {
		t.Errorf("the link shows %+v", got)
	}
	for range 2 { // looking changes nothing, and a second click answers like the first
		got = must[inbox.HeldMail](t)(w.Release(ctx(), token, false))
		if !got.Done || got.Remembered {
			t.Errorf("released as %+v", got)
		}
	}
	same(t, "after", w.messages(t), "anna: Voici. (1)")
	same(t, "mails", w.mails(t), "mail-held anna@home.example, mail-released anna@example.org")
	if got = must[inbox.HeldMail](t)(w.OpenHeld(ctx(), token)); !got.Done {
		t.Error("the link does not say that it was done")
	}
	if n := value[int](t, w, `SELECT count(*) FROM incoming_files`); n != 0 {
		t.Errorf("%d files are kept twice", n)
	}
	same(t, "row", value[string](t, w, `SELECT outcome || '/' || body || '/' || (ticket_message_id IS NOT NULL) FROM incoming_mails`), "released//true")
	wantProblem(t, w.Discard(ctx(), token), problem.Gone, "problem.held_released")
	w.receive(t, w.letter("anna@home.example", w.replyTo(w.anna), "Encore."), inbox.Held)
}

func TestTwoClicksAtOnceReleaseOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.held(t, "Voici.")
	var done sync.WaitGroup
	for range 2 {
		done.Go(func() {
			if got, err := w.Release(ctx(), token, true); err != nil || !got.Done {
				t.Errorf("released as %+v, %v", got, err)
			}
		})
	}
	done.Wait()
	same(t, "messages", w.messages(t), "anna: Voici.")
}

func TestARememberedAddressIsThePersonsUntilItIsForgotten(t *testing.T) {
	t.Parallel()
	w := setup(t)
	got := must[inbox.HeldMail](t)(w.Release(ctx(), w.held(t, "Un."), true))
	if !got.Remembered {
		t.Error("the address is not remembered")
	}
	same(t, "mails", w.mails(t), "mail-held anna@home.example, address-added anna@example.org")
	same(t, "addresses", value[string](t, w, `SELECT string_agg(email, ' ') FROM person_addresses WHERE person_id = $1`, w.anna.ID), "anna@home.example")
	w.receive(t, w.letter("Anna@Home.example", w.replyTo(w.anna), "Deux."), inbox.Posted)
	w.receive(t, w.letter("anna@home.example", w.replyTo(w.aldo), "Trois."), inbox.Posted) // as anna, who takes part

	ref := value[int64](t, w, `SELECT ref_id FROM mails WHERE template = 'address-added'`)
	a := must[inbox.Address](t)(w.AddressByID(ctx(), ref))
	if diff := cmp.Diff(inbox.Address{ID: ref, Email: "anna@home.example", PersonID: w.anna.ID, Own: w.anna.Email}, a); diff != "" {
		t.Errorf("address (-want +got):\n%s", diff)
	}
	token, _, err := w.id.MintLink(ctx(), identity.PurposeAddress, ref, w.anna.Email, "fr")
	ok(t, err)
	same(t, "the link is about", must[string](t)(w.OpenAddress(ctx(), token)), "anna@home.example")
	for range 2 {
		ok(t, w.ForgetAddress(ctx(), token))
	}
	_, err = w.OpenAddress(ctx(), token)
	wantProblem(t, err, problem.Gone, "problem.address_forgotten")
	w.receive(t, w.letter("anna@home.example", w.replyTo(w.anna), "Quatre."), inbox.Held)
	same(t, "messages", w.messages(t), "anna: Un.; anna: Deux.; anna: Trois.")
}

func TestAnAddressOfSomebodyElseIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.receive(t, w.letter(w.bea.Email, w.replyTo(w.anna), "Pour elle."), inbox.Held)
	got := must[inbox.HeldMail](t)(w.Release(ctx(), w.token(t), true))
	if got.Remembered {
		t.Error("one person's own address became another's")
	}
	same(t, "messages", w.messages(t), "anna: Pour elle.")
}

func TestAHeldAnswerOfAFormerProviderIsNotPosted(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.held(t, "Trop tard.")
	w.link(t, w.b)
	for range 2 {
		_, err := w.Release(ctx(), token, true)
		wantProblem(t, err, problem.Gone, "problem.held_moved")
	}
	same(t, "messages", w.messages(t), "")
	if n := value[int](t, w, `SELECT count(*) FROM person_addresses`); n != 0 {
		t.Error("the address is remembered all the same")
	}
	w.link(t, w.a) // and back: the answer was not lost
	must[inbox.HeldMail](t)(w.Release(ctx(), token, false))
	same(t, "messages after the return", w.messages(t), "anna: Trop tard.")
}

func TestWhatWasNotThemIsThrownAway(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.held(t, "Pas moi.", inbox.File{Name: "x", Content: []byte("x")})
	for range 2 {
		ok(t, w.Discard(ctx(), token))
	}
	_, err := w.Release(ctx(), token, true)
	wantProblem(t, err, problem.Gone, "problem.held_dropped")
	_, err = w.OpenHeld(ctx(), token)
	wantProblem(t, err, problem.Gone, "problem.held_dropped")
	same(t, "row", value[string](t, w, `SELECT outcome || '/' || reason || '/' || body FROM incoming_mails`), "dropped/discarded/")
	if n := value[int](t, w, `SELECT count(*) FROM incoming_files`); n != 0 {
		t.Errorf("%d files remain", n)
	}
}

func TestLinksOfOthersOpenNoHeldAnswer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.held(t, "Voici.")
	id := value[int64](t, w, `SELECT id FROM incoming_mails`)
	other, _, err := w.id.MintLink(ctx(), identity.PurposeTicket, id, w.anna.Email, "fr")
	ok(t, err)
	for _, token := range []string{other, "", "made-up"} {
		_, err := w.Release(ctx(), token, false)
		wantProblem(t, err, problem.NotFound, "problem.link_unknown")
		_, err = w.OpenHeld(ctx(), token)
		wantProblem(t, err, problem.NotFound, "problem.link_unknown")
		wantProblem(t, w.Discard(ctx(), token), problem.NotFound, "problem.link_unknown")
		wantProblem(t, w.ForgetAddress(ctx(), token), problem.NotFound, "problem.link_unknown")
	}
	same(t, "messages", w.messages(t), "")
}

func TestAnExpiredLinkReleasesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.held(t, "Voici.")
	w.clock.Turn(31 * 24 * time.Hour)
	got, err := w.OpenHeld(ctx(), token)
	wantProblem(t, err, problem.Gone, "problem.link_expired")
	if got.TicketID != w.ticket.ID {
		t.Error("the page cannot say what the link was about")
	}
	_, err = w.Release(ctx(), token, false)
	wantProblem(t, err, problem.Gone, "problem.link_expired")
}

func TestACrashDuringAReleaseLeavesTheLinkGood(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.held(t, "Voici.")
	for _, atRow := range []bool{true, false} {
		dying := w.opts
		dying.Store = crashing{w.db.Inbox(), atRow}
		if _, err := inbox.New(dying).Release(ctx(), token, true); !errors.Is(err, errCrash) {
			t.Fatalf("error %v, want the crash", err)
		}
	}
	same(t, "messages after the crash", w.messages(t), "")
	must[inbox.HeldMail](t)(w.Release(ctx(), token, true))
	same(t, "messages", w.messages(t), "anna: Voici.")
}

// TestAPersonForgetsTheirOwnAddressesAlone: somebody else's stays, whoever asks.
func TestAPersonForgetsTheirOwnAddressesAlone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.exec(t, `INSERT INTO person_addresses (person_id, email) VALUES ($1, 'b@maison.example'), ($1, 'A@maison.example'), ($2, 'lea@maison.example')`,
		w.anna.ID, w.lead.ID)
	left := func() string {
		t.Helper()
		return value[string](t, w, `SELECT string_agg(email, ' ' ORDER BY email) FROM person_addresses`)
	}
	all := must[[]inbox.Address](t)(w.Addresses(ctx(), w.anna.ID))
	if len(all) != 2 || all[0].PersonID != w.anna.ID {
		t.Errorf("the addresses are %+v", all)
	}
	for _, address := range []string{"lea@maison.example", w.lead.Email, w.anna.Email, "", "x\x00\xff"} {
		before := left()
		ok(t, w.ForgetOwnAddress(ctx(), w.anna.ID, address))
		same(t, "addresses", left(), before)
	}
	for range 2 {
		ok(t, w.ForgetOwnAddress(ctx(), w.anna.ID, "a@Maison.example"))
	}
	same(t, "addresses", left(), "b@maison.example lea@maison.example")
	if n := value[int](t, w, `SELECT count(*) FROM audit WHERE action = 'person.address_forgotten' AND subject_id = $1`, w.anna.ID); n != 1 {
		t.Errorf("%d lines of the trail, want one", n)
	}
	w.receive(t, w.letter("a@maison.example", w.replyTo(w.anna), "Moi !"), inbox.Held)
}
