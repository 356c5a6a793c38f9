package directory_test

import (
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

func TestMembers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	for range 2 { // a double click mails once
		ok(t, b.AddMember(t.Context(), p.PublicID, " Noe@boite.example ", "Noé  Lambert", false, manager))
	}
	noe := must[identity.Person](t)(b.id.PersonByEmail(t.Context(), "noe@boite.example"))
	if mails := b.mails(t, p); strings.Count(mails, "provider-member Noe@boite.example") != 1 {
		t.Errorf("mailed %q", mails)
	}
	for range 2 {
		ok(t, b.Join(t.Context(), p.PublicID, noe))
	}
	ok(t, b.DeclineInvitation(t.Context(), p.PublicID, noe)) // too late
	m := must[directory.Membership](t)(b.Membership(t.Context(), p.PublicID, noe.ID))
	if m.Manager || !m.Joined || m.Provider.ID != p.ID || len(m.Provider.Projects) != 3 || m.Provider.Projects[0].Proof == "" || noe.Name != "Noé Lambert" {
		t.Errorf("the membership: %+v of %+v", m, noe)
	}
	ok(t, b.AddMember(t.Context(), p.PublicID, "noe@boite.example", "Noé", true, manager)) // becomes a manager
	ok(t, b.RemoveMember(t.Context(), p.PublicID, manager.ID, noe))
	ok(t, b.RemoveMember(t.Context(), p.PublicID, manager.ID, noe))
	if ms := must[[]directory.Membership](t)(b.Memberships(t.Context(), manager.ID)); len(ms) != 0 {
		t.Errorf("still a member: %+v", ms)
	}
	wantProblem(t, b.RemoveMember(t.Context(), p.PublicID, noe.ID, noe), problem.Conflict, "problem.provider_last_manager")
	wantProblem(t, b.AddMember(t.Context(), p.PublicID, "noe@boite.example", "Noé", false, noe), problem.Conflict, "problem.provider_last_manager")
	if got := b.actions(t, p); !strings.HasSuffix(got, "listed, member_added, member_joined, member_changed, member_removed") {
		t.Errorf("the trail is %q", got)
	}
}

// TestWhoIsOnlyInvitedTakesNoPart: the address may be mistyped, and somebody else's.
func TestWhoIsOnlyInvitedTakesNoPart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	ok(t, b.AddMember(t.Context(), p.PublicID, "noe@boite.example", "Noé Lambert", true, manager))
	noe := must[identity.Person](t)(b.id.PersonByEmail(t.Context(), "noe@boite.example"))
	before := b.actions(t, p)
	for name, act := range map[string]func() error{
		"profile": func() error { return b.UpdateProfile(t.Context(), p.PublicID, p.Profile, noe) },
		"members": func() error { return b.RemoveMember(t.Context(), p.PublicID, manager.ID, noe) },
		"pause":   func() error { return b.Pause(t.Context(), p.PublicID, support.Span{}, directory.PauseOther, noe) },
		"again":   func() error { return b.InviteAgain(t.Context(), p.PublicID, noe.ID, noe) },
	} {
		t.Run(name, func(t *testing.T) { wantProblem(t, act(), problem.NotFound, "problem.not_found") })
	}
	if after := b.actions(t, p); after != before {
		t.Errorf("the trail grew from %q to %q", before, after)
	}
	if m := must[directory.Membership](t)(b.Membership(t.Context(), p.PublicID, noe.ID)); m.Joined || !m.Manager {
		t.Errorf("the membership: %+v", m)
	}
	// One who is only invited manages nothing: whoever does neither leaves nor steps back.
	wantProblem(t, b.RemoveMember(t.Context(), p.PublicID, manager.ID, manager), problem.Conflict, "problem.provider_last_manager")
	wantProblem(t, b.AddMember(t.Context(), p.PublicID, manager.Email, "Inès", false, manager), problem.Conflict, "problem.provider_last_manager")
	ok(t, b.Join(t.Context(), p.PublicID, noe))
	ok(t, b.RemoveMember(t.Context(), p.PublicID, manager.ID, noe))
}

func TestInvitationsAreSentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	ok(t, b.AddMember(t.Context(), p.PublicID, "noe@boite.example", "Noé Lambert", false, manager))
	noe := must[identity.Person](t)(b.id.PersonByEmail(t.Context(), "noe@boite.example"))
	wantMails := func(want int) {
		t.Helper()
		if got := strings.Count(b.mails(t, p), "provider-member noe@boite.example"); got != want {
			t.Errorf("invited %d times, want %d", got, want)
		}
	}
	again := func() error { return b.InviteAgain(t.Context(), p.PublicID, noe.ID, manager) }
	ok(t, again()) // at once: one is on its way
	wantMails(1)
	b.clock.Turn(2 * time.Minute)
	for range 2 { // a double click mails once
		ok(t, again())
	}
	wantMails(2)
	if m := must[[]directory.Member](t)(b.Members(t.Context(), p.ID))[1]; !m.Invited.Equal(b.clock.Now()) || !m.Joined.IsZero() {
		t.Errorf("the member: %+v", m)
	}
	for range 18 { // with the first two, all of the day
		b.clock.Turn(2 * time.Minute)
		ok(t, again())
	}
	b.clock.Turn(2 * time.Minute)
	wantProblem(t, again(), problem.TooMany, "problem.too_many")
	wantProblem(t, b.AddMember(t.Context(), p.PublicID, "maud@boite.example", "Maud", false, manager), problem.TooMany, "problem.too_many")
	ok(t, b.Join(t.Context(), p.PublicID, noe))
	b.clock.Turn(day)
	ok(t, again())
	ok(t, b.InviteAgain(t.Context(), p.PublicID, b.stranger(t).ID, manager))
	wantMails(20)
}

func TestInvitationsAreAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	stranger := b.stranger(t)
	for _, by := range []identity.Person{stranger, {}} {
		wantProblem(t, b.Join(t.Context(), p.PublicID, by), problem.NotFound, "problem.not_found")
		wantProblem(t, b.DeclineInvitation(t.Context(), p.PublicID, by), problem.NotFound, "problem.not_found")
	}
	ok(t, b.AddMember(t.Context(), p.PublicID, stranger.Email, "Noé", false, manager))
	ok(t, b.DeclineInvitation(t.Context(), p.PublicID, stranger))
	wantProblem(t, b.Join(t.Context(), p.PublicID, stranger), problem.NotFound, "problem.not_found")
	if n := len(must[[]directory.Member](t)(b.Members(t.Context(), p.ID))); n != 1 {
		t.Errorf("%d members", n)
	}
	if got := b.actions(t, p); !strings.HasSuffix(got, "listed, member_added, member_declined") {
		t.Errorf("the trail is %q", got)
	}
}

func TestMembersRefuse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	noe, stranger := b.member(t, p, manager), b.stranger(t)
	acts := map[string]func(by identity.Person) error{
		"add": func(by identity.Person) error {
			return b.AddMember(t.Context(), p.PublicID, "x@y.example", "Xa", true, by)
		},
		"remove":     func(by identity.Person) error { return b.RemoveMember(t.Context(), p.PublicID, manager.ID, by) },
		"profile":    func(by identity.Person) error { return b.UpdateProfile(t.Context(), p.PublicID, p.Profile, by) },
		"capacity":   func(by identity.Person) error { return b.SetCapacity(t.Context(), p.PublicID, 9, by) },
		"project":    func(by identity.Person) error { return b.AddProject(t.Context(), p.PublicID, projects()[0], by) },
		"no project": func(by identity.Person) error { return b.RemoveProject(t.Context(), p.PublicID, p.Projects[0].ID, by) },
		"confirm":    func(by identity.Person) error { return b.ConfirmProfile(t.Context(), p.PublicID, projects()[0], by) },
	}
	before := b.actions(t, p)
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			wantProblem(t, act(noe), problem.Forbidden, "problem.provider_managers")
			for _, by := range []identity.Person{stranger, b.admin, {}} {
				wantProblem(t, act(by), problem.NotFound, "problem.not_found")
			}
		})
	}
	if after := b.actions(t, p); after != before {
		t.Errorf("the trail grew from %q to %q", before, after)
	}
	_, err := b.Membership(t.Context(), p.PublicID, stranger.ID)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	wantField(t, b.AddMember(t.Context(), p.PublicID, "nobody", "Noé", false, manager), directory.FieldEmail, "problem.email_invalid")
	wantField(t, b.AddMember(t.Context(), p.PublicID, "n@y.example", "", false, manager), directory.FieldContactName, "problem.provider_length")
}

func TestInvitationsAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	add := func(n int) error {
		return b.AddMember(t.Context(), p.PublicID, strings.Repeat("n", n+1)+"@boite.example", "Noé", false, manager)
	}
	for n := range 20 {
		ok(t, add(n))
	}
	wantProblem(t, add(20), problem.TooMany, "problem.too_many")
	for n := 20; n < 49; n++ {
		b.clock.Turn(day)
		ok(t, add(n))
	}
	b.clock.Turn(day)
	wantProblem(t, add(49), problem.Conflict, "problem.provider_members_many")
}

func TestMembershipsAreByName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var person identity.Person
	for n, name := range []string{"Zèbre", "étoile", "Bateau"} {
		a := application(n)
		a.Profile.Name, a.Profile.Email = name, "ines@boite.example"
		_, person = b.listed(t, a)
	}
	var names []string
	for _, m := range must[[]directory.Membership](t)(b.Memberships(t.Context(), person.ID)) {
		names = append(names, m.Provider.Profile.Name)
	}
	if got := strings.Join(names, " "); got != "Bateau étoile Zèbre" {
		t.Errorf("memberships %q", got)
	}
}
