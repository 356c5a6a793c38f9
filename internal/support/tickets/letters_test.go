package tickets_test

import (
	"fmt"
	"strings"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// TestLetters follows a ticket by the mails that each step makes.
func TestLetters(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	var k tickets.Ticket
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"opened by the lead", func() (err error) { k, err = w.Open(ctx(), w.form(), w.lead); return err },
			"ticket-opened aldo, ticket-opened anna"},
		{"answered", func() error { w.say(t, k, "…", "", w.anna); return nil }, "ticket-message lea"},
		{"asked by the co-lead", func() error { w.say(t, k, "…", "", w.colead); return nil },
			"ticket-message aldo, ticket-message anna, ticket-message lea"},
		{"looked after by Anna", func() error { return w.Assign(ctx(), k.PublicID, w.anna.ID, w.aldo) }, ""},
		{"asked by the lead", func() error { w.say(t, k, "…", "", w.lead); return nil }, "ticket-message anna, ticket-message colin"},
		{"escalated", func() error { return w.Escalate(ctx(), k.PublicID, "une note", w.anna) }, "ticket-escalated team"},
		{"escalated again", func() error { return w.Escalate(ctx(), k.PublicID, "une note", w.anna) }, ""},
		{"answered by the team", func() error { w.say(t, k, "…", "", w.team); return nil },
			"ticket-message aldo, ticket-message anna, ticket-message colin, ticket-message lea"},
		{"handed back", func() error { return w.HandBack(ctx(), k.PublicID, "", w.team) }, "ticket-back aldo, ticket-back anna"},
		{"handed back again", func() error { return w.HandBack(ctx(), k.PublicID, "", w.team) }, ""},
		{"solved", func() error { w.say(t, k, "…", tickets.ThenSolve, w.aldo); return nil }, "ticket-solved colin, ticket-solved lea"},
		{"solved again", func() error { return w.Solve(ctx(), k.PublicID, w.lead) }, ""},
		{"reopened by the lead", func() error { return w.Reopen(ctx(), k.PublicID, w.lead) },
			"ticket-message aldo, ticket-message anna, ticket-message colin"},
		{"moved", func() error { w.link(t, w.b, ""); return nil }, "ticket-moved bea"},
		{"moved to the team", func() error { w.link(t, 0, ""); return nil }, "ticket-moved team"},
		{"opened by the co-lead, by mail", func() error {
			n := w.form()
			n.Via, n.Title = tickets.ByMail, ""
			_, err := w.Open(ctx(), n, w.colead)
			return err
		}, "ticket-receipt colin, ticket-receipt lea, ticket-opened team"},
		{"opened by the team", func() error {
			n := w.form()
			n.Via = tickets.ByTeam
			_, err := w.Open(ctx(), n, w.team)
			return err
		}, "ticket-receipt lea"},
	} {
		since := w.lastMail(t)
		ok(t, step.do())
		wantText(t, step.name, w.mails(t, since), step.want)
	}
	wantText(t, "trail", w.actions(t, k), strings.Join([]string{
		"ticket.opened", "ticket.state", "ticket.state", "ticket.assigned", "ticket.escalated", "ticket.state", "ticket.state",
		"ticket.handed_back", "ticket.state", "ticket.state", "ticket.consent", "ticket.moved", "ticket.moved",
	}, ", "))
	wantText(t, "Atelier's tools", w.events(t, w.a), strings.Join([]string{
		"ticket.opened=new", "ticket.message=waiting", "ticket.state=waiting", "ticket.message=open", "ticket.state=open",
		"ticket.message=open", "ticket.escalated=open", "ticket.message=waiting", "ticket.state=waiting", "ticket.handed_back=open",
		"ticket.state=open", "ticket.message=solved", "ticket.state=solved", "ticket.state=open", "ticket.gone=open",
	}, ", "))
	wantText(t, "Bureau's tools", w.events(t, w.b), "ticket.moved=open, ticket.gone=open")
	wantText(t, "the association reads", strings.ReplaceAll(w.bodies(t, k, w.lead), "…", "."),
		"space: Bonjour, par où commencer ? | provider: . | space: . | space: . | nichoir: escalated | team: . | nichoir: back | "+
			"provider: . | nichoir: reopened | nichoir: moved | nichoir: moved")
}

// TestHolder: spaces that do not work, and those without a link, are the team's to help.
func TestHolder(t *testing.T) {
	t.Parallel()
	w := setup(t)
	if k := w.open(t); !k.WithTeam() {
		t.Error("without a link it is not the team's")
	}
	w.link(t, w.a, "")
	for state, want := range map[string]int64{
		"ready": w.a, "active": w.a, "suspended": 0, "closing": 0, "deleting": 0, "closed": 0, "provisioning": 0, "queued": 0,
	} {
		w.exec(t, `UPDATE spaces SET state = $2 WHERE id = $1`, w.space, state)
		if k := w.open(t); k.ProviderID != want {
			t.Errorf("%s: provider %d, want %d", state, k.ProviderID, want)
		}
	}
}

// TestEscalation: who may, and who sees what.
func TestEscalation(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	wantProblem(t, w.Escalate(ctx(), k.PublicID, "", w.lead), problem.Forbidden)
	wantProblem(t, w.HandBack(ctx(), k.PublicID, "", w.anna), problem.Forbidden)
	wantProblem(t, w.Assign(ctx(), k.PublicID, w.team.ID, w.team), problem.Forbidden) // the provider holds it
	wantProblem(t, w.Assign(ctx(), k.PublicID, w.bea.ID, w.anna), problem.Conflict)
	ok(t, w.Assign(ctx(), k.PublicID, w.aldo.ID, w.anna))
	ok(t, w.Escalate(ctx(), k.PublicID, "ils sont perdus", w.anna))
	v := w.see(t, k, w.anna)
	if v.Ticket.AssigneeID != 0 || !v.MayAnswer || !v.MayNote || v.MayAssign || v.MayEscalate || v.MayHandBack {
		t.Errorf("the provider while the team holds it: %+v", v)
	}
	wantText(t, "the provider reads", w.bodies(t, k, w.aldo), "space: Bonjour, par où commencer ? | provider: ils sont perdus | nichoir: escalated")
	wantText(t, "the association reads", w.bodies(t, k, w.lead), "space: Bonjour, par où commencer ? | nichoir: escalated")
	wantProblem(t, w.Assign(ctx(), k.PublicID, w.aldo.ID, w.aldo), problem.Forbidden)
	ok(t, w.Assign(ctx(), k.PublicID, w.team.ID, w.team))
	if v := w.see(t, k, w.team); !v.MayHandBack || !v.MayAssign || v.MayConsent || len(v.Assignees) != 1 || v.Ticket.Assignee != "Tea" {
		t.Errorf("the team while it holds it: %+v", v)
	}
	list := must[[]tickets.Ticket](t)(w.List(ctx(), tickets.Filter{Team: true}, w.team))
	if len(list) != 1 {
		t.Errorf("the team holds %d tickets, want 1", len(list))
	}
	ok(t, w.Solve(ctx(), k.PublicID, w.team))
	wantProblem(t, w.HandBack(ctx(), k.PublicID, "", w.team), problem.Conflict)
}

// TestPost: what the mails of a conversation are written from.
func TestPost(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	form := w.form()
	form.Via, form.MailID = tickets.ByMail, "first@example.org"
	form.Files = []tickets.File{{Name: "a.txt", Content: []byte("text")}}
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
	line := func() int64 { return value[int64](t, w, `SELECT max(id) FROM ticket_messages`) }
	first := line()
	p := must[tickets.Post](t)(w.Post(ctx(), first, w.anna.Email))
	if p.Context == nil || p.Side != tickets.SideProvider || p.PersonID != w.anna.ID || len(p.Message.Files) != 1 || len(p.Before) != 0 {
		t.Errorf("the first mail: %+v", p)
	}
	if p := must[tickets.Post](t)(w.Post(ctx(), first, w.lead.Email)); p.Context != nil {
		t.Error("the association gets the context")
	}
	w.say(t, k, "une réponse", "", w.anna)
	p = must[tickets.Post](t)(w.Post(ctx(), line(), w.lead.Email))
	wantText(t, "the lead's conversation", strings.Join(p.Before, " "),
		fmt.Sprintf("ticket-message:%d/%s first@example.org", first, w.lead.Email))
	if p.Context != nil || p.Message.Author != "Anna" || p.Message.Provider != "Atelier" {
		t.Errorf("the second mail: %+v", p)
	}
	for range 30 {
		w.say(t, k, "…", "", w.lead)
	}
	p = must[tickets.Post](t)(w.Post(ctx(), line(), w.anna.Email))
	if len(p.Before) != 20 || p.Before[0] != fmt.Sprintf("ticket-message:%d/%s", first, w.anna.Email) ||
		p.Before[19] != fmt.Sprintf("ticket-message:%d/%s", line()-1, w.anna.Email) {
		t.Errorf("a long conversation: %d, %v", len(p.Before), p.Before)
	}
	_, err := w.Post(ctx(), line()+1, w.anna.Email)
	wantProblem(t, err, problem.NotFound)
}

// TestMailedLinks: GET consumes nothing, POST acts once, a second click answers like the first.
func TestMailedLinks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	k := w.open(t)
	mint := func(p identity.Person) string {
		token, _, err := w.id.MintLink(ctx(), identity.PurposeTicket, k.ID, p.Email, "fr")
		ok(t, err)
		return token
	}
	lead, anna := mint(w.lead), mint(w.anna)
	for range 2 {
		v, l, err := w.OpenLink(ctx(), lead)
		ok(t, err)
		if v.Side != tickets.SideSpace || l.Recipient != w.lead.Email {
			t.Errorf("the link opens %+v", v)
		}
	}
	w.wantState(t, k, tickets.Unanswered)
	wantProblem(t, w.ActByLink(ctx(), lead, tickets.ActEscalate, ""), problem.Forbidden)
	wantProblem(t, w.ActByLink(ctx(), lead, "other", ""), problem.Invalid)
	for range 2 {
		ok(t, w.ActByLink(ctx(), lead, tickets.ActSolve, ""))
	}
	w.wantState(t, k, tickets.Solved)
	v, _, err := w.OpenLink(ctx(), lead)
	wantProblem(t, err, problem.Gone)
	if v.Ticket.ID != k.ID {
		t.Error("a used link does not say what it was about")
	}
	wantProblem(t, w.ActByLink(ctx(), lead, tickets.ActReopen, ""), problem.Gone)
	ok(t, w.ActByLink(ctx(), mint(w.lead), tickets.ActReopen, ""))
	for range 2 {
		ok(t, w.ActByLink(ctx(), anna, tickets.ActEscalate, "à vous"))
	}
	if !w.see(t, k, w.team).Ticket.Escalated {
		t.Error("the link did not escalate")
	}
	_, _, err = w.OpenLink(ctx(), "no such token")
	wantProblem(t, err, problem.NotFound)
	wantProblem(t, w.ActByLink(ctx(), "no such token", tickets.ActSolve, ""), problem.NotFound)
}

func TestList(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	plain, waiting, solved, urgent := w.open(t), w.open(t), w.open(t), w.form()
	w.say(t, waiting, "…", "", w.anna)
	ok(t, w.Solve(ctx(), solved.PublicID, w.anna))
	urgent.Urgent, urgent.Title = true, "100 % bloqués"
	first := must[tickets.Ticket](t)(w.Open(ctx(), urgent, w.lead))
	later := w.open(t)
	want := []int64{first.ID, plain.ID, later.ID, waiting.ID, solved.ID}
	f := tickets.Filter{Provider: w.a, Limit: 2}
	var got []int64
	for range 4 {
		for _, k := range must[[]tickets.Ticket](t)(w.List(ctx(), f, w.aldo)) {
			got = append(got, k.ID)
			f.After = k.ID
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("page by page %v, want %v", got, want)
	}
	for text, n := range map[string]int{"100 %": 1, fmt.Sprint(later.ID): 1, fmt.Sprintf("#%d", later.ID): 1,
		fmt.Sprintf("N°\u00a0%d", later.ID): 1, fmt.Sprintf("[Nichoir %d] Formation", later.ID): 1, fmt.Sprintf("%d0", later.ID): 0, "former": 4, "%": 1, "_": 0} {
		got := must[[]tickets.Ticket](t)(w.List(ctx(), tickets.Filter{SpaceID: w.space, Text: text}, w.colead))
		if len(got) != n {
			t.Errorf("%q finds %d, want %d", text, len(got), n)
		}
	}
	counts := must[map[tickets.State]int](t)(w.Counts(ctx(), tickets.Filter{}, w.team))
	if counts[tickets.Unanswered] != 3 || counts[tickets.Waiting] != 1 || counts[tickets.Solved] != 1 {
		t.Errorf("counts %v", counts)
	}
	for name, f := range map[string]tickets.Filter{
		"unowned": {Unowned: true}, "of the other space": {SpaceID: w.space + 1}, "Aldo's": {Assignee: w.aldo.ID},
	} {
		if n := len(must[[]tickets.Ticket](t)(w.List(ctx(), f, w.team))); n != 0 {
			t.Errorf("%s: %d, want none", name, n)
		}
	}
	_, err := w.Figures(ctx(), w.anna)
	wantProblem(t, err, problem.Forbidden)
}
