package tickets_test

import (
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support/tickets"
)

// at is a time of 2026 in Paris.
func (w *world) at(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, w.zone)
}

func wantTime(tb testing.TB, what string, got, want time.Time) {
	tb.Helper()
	if !got.Equal(want) {
		tb.Errorf("%s: %s, want %s", what, got.In(want.Location()), want)
	}
}

// TestPromiseOverWeekendAndHoliday: asked on the Friday before Easter at 17:00, 14 hours of work end on Wednesday at 17:00, as
// Easter Monday is a holiday.
func TestPromiseOverWeekendAndHoliday(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	w.clock.Set(w.at(time.April, 3, 17))
	k := w.open(t)
	wantTime(t, "answer", w.see(t, k, w.anna).Ticket.Answer.Due, w.at(time.April, 8, 17))
	w.clock.Set(w.at(time.April, 7, 11)) // an hour of Friday and two of Tuesday
	got := w.see(t, k, w.anna).Ticket.Answer
	if got.Took != 3*time.Hour || got.Late {
		t.Errorf("so far %s (late: %t), want 3h", got.Took, got.Late)
	}
	w.say(t, k, "bonjour", "", w.anna)
	w.clock.Set(w.at(time.June, 1, 9))
	got = w.see(t, k, w.anna).Ticket.Answer
	if got.Took != 3*time.Hour || got.Late || !got.Due.IsZero() {
		t.Errorf("kept after %s (late: %t, due %s), want 3h", got.Took, got.Late, got.Due)
	}
}

// TestPausesDoNotCount: neither one that was announced before, nor one that begins while the clock runs, and the team has none.
func TestPausesDoNotCount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	w.pause(t, w.a, w.at(time.March, 3, 0), w.at(time.March, 4, 0)) // Tuesday
	k := w.open(t)                                                  // Monday at 10
	wantTime(t, "answer", w.see(t, k, w.anna).Ticket.Answer.Due, w.at(time.March, 5, 10))

	w.pause(t, w.a, w.at(time.March, 4, 0), time.Time{}) // from Wednesday on, without an end
	if due := w.see(t, k, w.anna).Ticket.Answer.Due; !due.IsZero() {
		t.Errorf("due %s in a pause that never ends", due)
	}
	if n := w.tend(t); n != 1 {
		t.Errorf("%d tickets reckoned anew, want 1", n)
	}
	if n := value[int](t, w, `SELECT count(*) FROM tickets WHERE answer_due_at IS NULL AND solve_due_at IS NULL`); n != 1 {
		t.Error("the times that lists are ordered by are of before the pause")
	}
	if n := w.tend(t); n != 0 {
		t.Errorf("%d tickets reckoned anew, want none: nothing has changed", n)
	}
	w.clock.Set(w.at(time.March, 6, 10))
	if got := w.see(t, k, w.anna).Ticket.Answer; got.Took != 6*time.Hour || got.Late {
		t.Errorf("so far %s (late: %t), want Monday's 6h", got.Took, got.Late)
	}
	ok(t, w.Escalate(ctx(), k.PublicID, "", w.anna)) // 8 h are left, and the team rests only as all do
	wantTime(t, "the team's answer", w.see(t, k, w.team).Ticket.Answer.Due, w.at(time.March, 9, 11))
	w.exec(t, `UPDATE provider_pauses SET until_at = $1 WHERE until_at IS NULL`, w.at(time.March, 9, 0))
	w.clock.Set(w.at(time.March, 6, 15)) // three hours of the team's Friday
	ok(t, w.HandBack(ctx(), k.PublicID, "", w.team))
	wantTime(t, "the provider's answer", w.see(t, k, w.anna).Ticket.Answer.Due, w.at(time.March, 9, 16))
}

// TestPausesAreReckonedWithWhateverIsWritten: a change between a pause and the next tick must not hide it from the tick.
func TestPausesAreReckonedWithWhateverIsWritten(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world, tickets.Ticket) error{
		"assigned": func(w *world, k tickets.Ticket) error { return w.Assign(ctx(), k.PublicID, w.aldo.ID, w.anna) },
		"consent":  func(w *world, k tickets.Ticket) error { return w.Consent(ctx(), k.PublicID, false, w.lead) },
		"said": func(w *world, k tickets.Ticket) error {
			return w.Say(ctx(), k.PublicID, tickets.NewMessage{Key: w.key(), Body: "encore ceci"}, w.lead)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.link(t, w.a, "")
			k := w.open(t)
			w.pause(t, w.a, w.at(time.March, 3, 0), w.at(time.March, 10, 0))
			ok(t, change(w, k))
			since := w.lastMail(t)
			w.clock.Set(w.at(time.March, 9, 17))
			w.tend(t)
			wantText(t, "reminders in a pause", w.mails(t, since), "")
			wantTime(t, "answer", value[time.Time](t, w, `SELECT answer_due_at FROM tickets`), w.at(time.March, 11, 10))
		})
	}
}

// TestSolutionClock runs while it is the holder's turn, stands while the association's, and goes on where it stood.
func TestSolutionClock(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)                                                                             // Monday at 10, 70 h
	wantTime(t, "solution", w.see(t, k, w.anna).Ticket.Solution.Due, w.at(time.March, 16, 10)) // two weeks of 35 h
	w.clock.Set(w.at(time.March, 2, 12))
	w.say(t, k, "une question", "", w.anna)
	w.clock.Set(w.at(time.March, 20, 9)) // it stood for weeks
	got := w.see(t, k, w.anna).Ticket.Solution
	if got.Took != 2*time.Hour || !got.Due.IsZero() || got.Late {
		t.Errorf("while it stands: %+v, want 2h", got)
	}
	w.say(t, k, "une réponse", "", w.lead)
	w.clock.Set(w.at(time.March, 20, 11))
	w.say(t, k, "voilà", tickets.ThenSolve, w.anna)
	if got := w.see(t, k, w.anna).Ticket.Solution; got.Took != 4*time.Hour || got.Late {
		t.Errorf("once solved: %+v, want 4h", got)
	}
	w.clock.Set(w.at(time.March, 23, 9)) // a Monday: 66 h are left
	w.say(t, k, "pas tout à fait", "", w.lead)
	w.clock.Set(w.at(time.April, 7, 9)) // after eleven days without Easter Monday
	got = w.see(t, k, w.anna).Ticket.Solution
	if got.Took != 74*time.Hour || !got.Late {
		t.Errorf("after its time: %+v, want 74h and late", got)
	}
	list := must[[]tickets.Ticket](t)(w.List(ctx(), tickets.Filter{Provider: w.a, Late: true}, w.anna))
	if len(list) != 1 || !list[0].Solution.Late {
		t.Errorf("the late ones are %+v", list)
	}
	f := must[tickets.Figures](t)(w.Figures(ctx(), w.team))
	if (f != tickets.Figures{Open: 1, Late: 1}) {
		t.Errorf("figures %+v", f)
	}
}

// TestTimesAreOfLate: a half of what was answered and solved in the last 90 days, in working time.
func TestTimesAreOfLate(t *testing.T) {
	t.Parallel()
	w := setup(t)
	times := func() tickets.Times { return must[tickets.Times](t)(w.Times(ctx(), w.team)) }
	if got := times(); got != (tickets.Times{}) {
		t.Errorf("before there is any ticket: %+v", got)
	}
	slow := w.open(t)
	w.clock.Turn(7 * 24 * time.Hour)
	w.say(t, slow, "enfin", tickets.ThenSolve, w.team) // after 35 hours
	w.clock.Turn(90 * 24 * time.Hour)
	if got := times(); got != (tickets.Times{}) {
		t.Errorf("of what is long ago: %+v", got)
	}
	w.clock.Set(w.at(time.September, 21, 9)) // a Monday
	for _, hours := range []int{1, 2, 5} {
		k := w.open(t)
		w.clock.Turn(time.Duration(hours) * time.Hour)
		w.say(t, k, "voilà", tickets.ThenSolve, w.team)
		w.clock.Set(w.at(time.September, 21, 9))
	}
	w.open(t)
	w.clock.Set(w.at(time.September, 23, 9))
	want := tickets.Times{
		Answered: 3, AnswerP50: 2 * time.Hour, Solved: 3, SolutionP50: 2 * time.Hour, Unanswered: 1, Oldest: 48 * time.Hour,
	}
	if got := times(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	_, err := w.Times(ctx(), w.lead)
	wantProblem(t, err, "forbidden")
}

// TestPromisesBeginAnewWithAnotherProvider: nobody inherits another's lateness.
func TestPromisesBeginAnewWithAnotherProvider(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	w.clock.Set(w.at(time.March, 24, 9))
	if !w.see(t, k, w.anna).Ticket.Answer.Late {
		t.Error("three weeks without an answer are not late")
	}
	w.link(t, w.b, "")
	got := w.see(t, k, w.bea).Ticket
	if got.Answer.Late || got.Solution.Late || got.Answer.Took != 0 {
		t.Errorf("the newcomer begins with %+v and %+v", got.Answer, got.Solution)
	}
	wantTime(t, "answer", got.Answer.Due, w.at(time.March, 25, 18))
}

// TestNobodyReadsHowSoonTheFormerAnswered: promises are between the team and who gave them.
func TestNobodyReadsHowSoonTheFormerAnswered(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	fresh := w.open(t)
	w.clock.Set(w.at(time.March, 24, 9))
	w.say(t, k, "enfin", "", w.anna)
	w.clock.Turn(time.Hour)
	w.link(t, w.b, "")
	w.clock.Turn(time.Hour)
	w.say(t, fresh, "bonjour", "", w.bea)
	list := must[[]tickets.Ticket](t)(w.List(ctx(), tickets.Filter{Provider: w.b}, w.bea))
	for _, got := range append(list, w.see(t, k, w.bea).Ticket, w.see(t, fresh, w.bea).Ticket) {
		want := tickets.Clock{}
		if got.ID == fresh.ID { // an answer of her own
			want = tickets.Clock{Took: time.Hour, Kept: true}
		}
		if got.Answer != want {
			t.Errorf("of ticket %d the newcomer reads %+v, want %+v", got.ID, got.Answer, want)
		}
	}
	if got := w.see(t, k, w.team).Ticket.Answer; !got.Late || !got.Kept {
		t.Errorf("the team reads %+v", got)
	}
}

// TestReminders go out once when a quarter of a promise is left, to who holds the ticket.
func TestReminders(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t) // 10.5 h of 14 have passed on Tuesday at 15:30
	ok(t, w.Assign(ctx(), k.PublicID, w.aldo.ID, w.anna))
	since := w.lastMail(t)
	w.clock.Set(w.at(time.March, 3, 15))
	w.tend(t)
	wantText(t, "too early", w.mails(t, since), "")
	w.clock.Turn(30 * time.Minute)
	for range 2 {
		w.tend(t)
	}
	wantText(t, "in time", w.mails(t, since), "ticket-reminder aldo")
	p := must[tickets.Post](t)(w.Reminder(ctx(), k.ID, w.aldo.Email, tickets.LetterReminder))
	if p.Ticket.Answer.Due.IsZero() || p.Side != tickets.SideProvider {
		t.Errorf("the reminder is about %+v", p)
	}
	w.say(t, k, "bonjour", "", w.aldo)
	_, err := w.Reminder(ctx(), k.ID, w.aldo.Email, tickets.LetterReminder)
	wantGone(t, err)
	w.clock.Set(w.at(time.March, 30, 9))
	w.tend(t)
	wantText(t, "while it stands", w.mails(t, since), "ticket-reminder aldo, ticket-message lea, ticket-nudge lea")
}

// TestOneReminderOfBothPromises: after a long stop both are due at once, and two mails would say the same.
func TestOneReminderOfBothPromises(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.open(t)
	since := w.lastMail(t)
	w.clock.Set(w.at(time.March, 30, 9))
	for range 2 {
		w.tend(t)
	}
	got := value[string](t, w, `SELECT string_agg(split_part(event, ':', 3), ' ') FROM mails WHERE template = 'ticket-reminder' AND id > $1`, since)
	wantText(t, "reminders", got, "answer")
}

func wantGone(tb testing.TB, err error) {
	tb.Helper()
	wantProblem(tb, err, "gone")
}

// TestNudges remind the association once a week, three times.
func TestNudges(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	w.say(t, k, "une question", "", w.team)
	since := w.lastMail(t)
	for week, want := range []string{"", "ticket-nudge lea", "ticket-nudge lea, ticket-nudge lea"} {
		w.tend(t)
		wantText(t, "week "+string(rune('0'+week)), w.mails(t, since), want)
		w.clock.Turn(7 * 24 * time.Hour)
	}
	for range 4 {
		w.tend(t)
		w.clock.Turn(7 * 24 * time.Hour)
	}
	wantText(t, "in the end", w.mails(t, since), "ticket-nudge lea, ticket-nudge lea, ticket-nudge lea")
	must[tickets.Post](t)(w.Reminder(ctx(), k.ID, w.lead.Email, tickets.LetterNudge))
	w.say(t, k, "pardon", "", w.lead)
	_, err := w.Reminder(ctx(), k.ID, w.lead.Email, tickets.LetterNudge)
	wantGone(t, err)
}

func TestSolvedCloses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	ok(t, w.Solve(ctx(), k.PublicID, w.team))
	since := w.lastMail(t)
	w.clock.Turn(14*24*time.Hour - time.Second)
	w.tend(t)
	w.wantState(t, k, tickets.Solved)
	w.clock.Turn(time.Second)
	w.tend(t)
	w.wantState(t, k, tickets.Closed)
	wantText(t, "mails", w.mails(t, since), "")
	wantText(t, "messages", w.bodies(t, k, w.lead), "space: Bonjour, par où commencer ? | nichoir: solved | nichoir: closed")
}

// TestForgottenSpace: the tickets tell how many there were, when and of which kind, and nothing else.
func TestForgottenSpace(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	form := w.form()
	form.Files = []tickets.File{{Name: "a.txt", Content: []byte("text")}}
	form.Via, form.MailID = tickets.ByMail, "id@example.org"
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.colead))
	w.link(t, w.b, "un résumé")
	_, _, err := w.id.MintLink(ctx(), identity.PurposeTicket, k.ID, w.lead.Email, "fr")
	ok(t, err)
	keep := must[tickets.Ticket](t)(w.Open(ctx(), tickets.NewTicket{
		Key: w.key(), SpaceID: w.space + 1, Kind: "advice", Title: "Autre", Body: "Autre",
	}, w.other))
	w.exec(t, `UPDATE spaces SET state = 'closed', forgotten_at = now(), person_id = NULL WHERE id = $1`, w.space)
	if n := w.tend(t); n != 1 {
		t.Errorf("%d tickets emptied, want 1", n)
	}
	for what, sql := range map[string]string{
		"titles":       `SELECT count(*) FROM tickets WHERE title <> '' AND space_id = $1`,
		"texts":        `SELECT count(*) FROM ticket_messages m JOIN tickets t ON t.id = m.ticket_id WHERE t.space_id = $1 AND side <> 'nichoir' AND (body <> '' OR mail_message_id <> '')`,
		"files":        `SELECT count(*) FROM ticket_attachments a JOIN ticket_messages m ON m.id = a.message_id JOIN tickets t ON t.id = m.ticket_id WHERE t.space_id = $1`,
		"summaries":    `SELECT count(*) FROM ticket_tenures n JOIN tickets t ON t.id = n.ticket_id WHERE summary <> '' AND t.space_id = $1`,
		"mails":        `SELECT count(*) FROM mails m JOIN ticket_messages l ON l.id = m.ref_id JOIN tickets t ON t.id = l.ticket_id WHERE t.space_id = $1`,
		"links":        `SELECT count(*) FROM links l JOIN tickets t ON t.id = l.ref_id WHERE l.purpose = 'ticket' AND t.space_id = $1`,
		"co-leads":     `SELECT count(*) FROM space_coleads WHERE space_id = $1`,
		"their person": `SELECT count(*) FROM people WHERE email = 'colin@example.org' AND $1 > 0`,
	} {
		if n := value[int](t, w, sql, w.space); n != 0 {
			t.Errorf("%d %s are left", n, what)
		}
	}
	if n := value[int](t, w, `SELECT count(*) FROM tickets WHERE space_id = $1 AND kind = 'training'`, w.space); n != 1 {
		t.Error("the count is lost")
	}
	wantProblem(t, w.Say(ctx(), k.PublicID, tickets.NewMessage{Key: w.key(), Body: "…"}, w.bea), "conflict")
	wantText(t, "another space's", w.bodies(t, keep, w.other), "space: Autre")
	if n := w.tend(t); n != 0 {
		t.Errorf("%d tickets emptied twice", n)
	}
}
