package directory_test

import (
	"strings"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

func TestUpdateProfile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	f := p.Profile
	f.Name, f.OnSite, f.Everywhere, f.Chatons = "Le Tiroir", false, true, true
	ok(t, b.UpdateProfile(t.Context(), p.PublicID, f, manager))
	got := b.get(t, p)
	if got.Profile.Name != "Le Tiroir" || got.Slug != p.Slug || !got.Profile.Chatons || !got.ProfileAt.Equal(p.ProfileAt) {
		t.Errorf("written: %+v", got)
	}
	if got.Profile.Everywhere || len(got.Profile.Regions) != 0 {
		t.Errorf("goes nowhere on site, and to %v (everywhere: %t)", got.Profile.Regions, got.Profile.Everywhere)
	}
	if r := must[directory.Result](t)(b.Search(t.Context(), directory.Query{Text: "tiroir"})); len(r.Providers) != 1 {
		t.Error("not found by its new name")
	}
	f.Kinds = []support.Kind{support.KindHosting}
	wantField(t, b.UpdateProfile(t.Context(), p.PublicID, f, manager), directory.FieldKinds, "problem.provider_technology_only")
	if got := b.actions(t, p); !strings.HasSuffix(got, "listed, profile_changed") {
		t.Errorf("the trail is %q", got)
	}
}

func TestSetCapacity(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	ok(t, b.SetCapacity(t.Context(), p.PublicID, 0, manager))
	ok(t, b.SetCapacity(t.Context(), p.PublicID, 0, manager))
	if got := b.get(t, p); got.Capacity != 0 || got.Free() != 0 {
		t.Errorf("capacity %d", got.Capacity)
	}
	for _, bad := range []int{-1, 501} {
		wantField(t, b.SetCapacity(t.Context(), p.PublicID, bad, manager), directory.FieldCapacity, "problem.provider_number")
	}
	if got := b.actions(t, p); !strings.HasSuffix(got, "listed, capacity") {
		t.Errorf("the trail is %q", got)
	}
}

func TestProjects(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	again := directory.Project{Association: "Radio Passerelle", Year: 2026, Summary: "Accompagnement au changement", Proof: "Nadia"}
	for range 2 {
		ok(t, b.AddProject(t.Context(), p.PublicID, again, manager))
	}
	got := b.get(t, p)
	if len(got.Projects) != 4 || got.Projects[0].Association != "Radio Passerelle" {
		t.Fatalf("projects %+v", got.Projects)
	}
	// Four projects, of three associations: only one of the two with the same can go.
	wantProblem(t, b.RemoveProject(t.Context(), p.PublicID, got.Projects[1].ID, manager), problem.Conflict, "problem.projects_few")
	for range 2 {
		ok(t, b.RemoveProject(t.Context(), p.PublicID, got.Projects[0].ID, manager))
	}
	other, _ := b.listed(t, application(2))
	ok(t, b.RemoveProject(t.Context(), p.PublicID, other.Projects[0].ID, manager)) // not its own: nothing happens
	if n := len(b.get(t, other).Projects); n != 3 {
		t.Errorf("another one's project went: %d left", n)
	}
	wantField(t, b.AddProject(t.Context(), p.PublicID, directory.Project{Association: "X", Year: 2025, Summary: "Une formation", Proof: "Nadia"}, manager),
		"project_1_association", "problem.provider_length")
	if got := b.actions(t, p); !strings.HasSuffix(got, "listed, project_added, project_removed") {
		t.Errorf("the trail is %q", got)
	}
}

// asked returns a provider that is asked for its yearly confirmation.
func (b *bundle) asked(tb testing.TB) (directory.Provider, identity.Person) {
	tb.Helper()
	p, manager := b.listed(tb, application(1))
	b.clock.Turn(365 * day)
	if changed := b.tend(tb); changed != 1 {
		tb.Fatalf("%d rows changed", changed)
	}
	return b.get(tb, p), manager
}

func latest() directory.Project {
	return directory.Project{Association: "Fanfare de la Grenouille", Year: 2026, Summary: "Prise en main de l'espace", Proof: "Léa Maurin", Public: true}
}

func TestConfirmProfile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.asked(t)
	if p.ProfileAsked.IsZero() || p.State != directory.Listed {
		t.Fatalf("asked: %+v", p)
	}
	wantField(t, b.ConfirmProfile(t.Context(), p.PublicID, projects()[0], manager), "project_1_association", "problem.project_known")
	for range 2 {
		ok(t, b.ConfirmProfile(t.Context(), p.PublicID, latest(), manager))
	}
	got := b.get(t, p)
	if !got.ProfileAsked.IsZero() || !got.ProfileAt.Equal(b.clock.Now()) || len(got.Projects) != 4 {
		t.Errorf("confirmed: %+v", got)
	}
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed right after", n)
	}
	if got := b.actions(t, p); !strings.HasSuffix(got, "listed, profile_asked, profile_confirmed") {
		t.Errorf("the trail is %q", got)
	}
}

func TestConfirmProfileNeedsARecentProject(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1)) // its latest project is of 2025
	b.clock.Turn(6 * 365 * day)               // it is 2032
	b.tend(t)
	old := latest()
	wantField(t, b.ConfirmProfile(t.Context(), p.PublicID, old, manager), "project_1_year", "problem.projects_old")
	if n := len(b.get(t, p).Projects); n != 3 {
		t.Errorf("the refused project was kept: %d", n)
	}
	old.Year = 2027
	ok(t, b.ConfirmProfile(t.Context(), p.PublicID, old, manager))
}

func TestConfirmProfileByLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, _ := b.asked(t)
	token := b.token(t, identity.PurposeProfile, p)
	if got := must[directory.Provider](t)(b.OpenProfile(t.Context(), token)); got.ID != p.ID {
		t.Errorf("opened %+v", got)
	}
	bad := latest()
	bad.Proof = ""
	wantField(t, b.ConfirmProfileByLink(t.Context(), token, bad, false), "project_1_proof", "problem.provider_length")
	for range 2 {
		ok(t, b.ConfirmProfileByLink(t.Context(), token, latest(), false))
	}
	if got := b.get(t, p); !got.ProfileAsked.IsZero() || len(got.Projects) != 4 {
		t.Errorf("confirmed: %+v", got)
	}
	got, err := b.OpenProfile(t.Context(), token)
	wantProblem(t, err, problem.Gone, "problem.link_used")
	if got.ID != p.ID {
		t.Errorf("of a used link: %+v", got)
	}
	wantProblem(t, b.ConfirmProfileByLink(t.Context(), token, directory.Project{}, true), problem.Gone, "problem.link_used")
	b.wantState(t, p, directory.Listed)
}

func TestPauseByLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.asked(t)
	token := b.token(t, identity.PurposeProfile, p)
	for range 2 {
		ok(t, b.ConfirmProfileByLink(t.Context(), token, directory.Project{}, true))
	}
	if got := b.get(t, p); got.State != directory.Paused || got.PausedCause != directory.PauseProfile || !got.PausedUntil.IsZero() {
		t.Errorf("paused: %+v", got)
	}
	b.clock.Turn(40 * day)
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed, though it rests already", n)
	}
	wantProblem(t, b.Resume(t.Context(), p.PublicID, manager), problem.Conflict, "problem.pause_profile")
	ok(t, b.ConfirmProfile(t.Context(), p.PublicID, latest(), manager))
	b.wantState(t, p, directory.Listed)
}

func TestProfileLinksAreForManagers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.asked(t)
	noe := b.member(t, p, manager)
	token, _, err := b.id.MintLink(t.Context(), identity.PurposeProfile, p.ID, noe.Email, "fr")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{token, "made up", b.token(t, identity.PurposeProviderConfirm, p)} {
		_, err = b.OpenProfile(t.Context(), bad)
		wantProblem(t, err, problem.NotFound, "problem.link_unknown")
		wantProblem(t, b.ConfirmProfileByLink(t.Context(), bad, latest(), false), problem.NotFound, "problem.link_unknown")
	}
	good := b.token(t, identity.PurposeProfile, p)
	ok(t, b.Refuse(t.Context(), p.PublicID, "", false, b.admin))
	wantProblem(t, b.ConfirmProfileByLink(t.Context(), good, latest(), false), problem.NotFound, "problem.link_unknown")
}
