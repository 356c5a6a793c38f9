package directory_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

func TestApply(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := application(1)
	a.Profile.Name = "  La Boîte\tà  outils "
	a.Profile.Kinds = []support.Kind{support.KindTraining, support.KindNeeds, support.KindTraining}
	a.Profile.Website = "www.Boîte.example:8080/nous"
	p := b.apply(t, a)
	if p.State != directory.Applied || p.Slug != "la-boite-a-outils" || p.Profile.Name != "La Boîte à outils" || len(p.PublicID) != 20 {
		t.Errorf("applied: %+v", p)
	}
	if diff := cmp.Diff([]support.Kind{support.KindNeeds, support.KindTraining}, p.Profile.Kinds); diff != "" {
		t.Errorf("the kinds stand in the order of the catalogue: %s", diff)
	}
	if p.Profile.Website != "https://www.xn--bote-1pa.example:8080/nous" {
		t.Errorf("kept the website %q", p.Profile.Website)
	}
	if got := b.get(t, p); len(got.Projects) != 3 || got.Projects[0].Association != "Les Canards du canal" || got.Projects[1].Public {
		t.Errorf("kept the projects %+v", got.Projects)
	}
	if again := b.apply(t, a); again.ID != p.ID {
		t.Errorf("the same form made %d and %d", p.ID, again.ID)
	}
	if got := b.mails(t, p); got != "provider-confirm ines1@boite.example" {
		t.Errorf("mailed %q", got)
	}
	if got := b.actions(t, p); got != "applied" {
		t.Errorf("the trail is %q", got)
	}
	if list := must[[]directory.Provider](t)(b.Review(t.Context(), b.reviewer)); len(list) != 0 {
		t.Errorf("the team sees what nobody confirmed: %+v", list)
	}
}

// A form that comes back changed takes the place of what it made, until somebody confirms that.
func TestApplyAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := application(1)
	a.Profile.Email = "inse@boite.example"
	first := b.apply(t, a)
	wrong := b.token(t, identity.PurposeProviderConfirm, first)

	// Back, the slip corrected, and sent twice.
	a.Profile.Email = "ines1@boite.example"
	second := b.apply(t, a)
	if again := b.apply(t, a); again.ID != second.ID {
		t.Errorf("the corrected form made %d and %d", second.ID, again.ID)
	}
	if second.PublicID != first.PublicID || second.Slug != first.Slug || second.Profile.Email != "ines1@boite.example" {
		t.Errorf("%+v took the place of %+v", second, first)
	}
	if got := b.mails(t, second); got != "provider-confirm ines1@boite.example" {
		t.Errorf("mailed %q", got)
	}
	_, err := b.Confirm(t.Context(), wrong)
	wantProblem(t, err, problem.NotFound, "problem.link_unknown")

	// The same with another form, at the same time.
	c := application(2)
	c.Profile, c.Projects, c.Resumes = a.Profile, a.Projects, first.PublicID
	c.Capacity = 7
	var wg sync.WaitGroup
	made := make([]directory.Provider, 4)
	for i := range made {
		wg.Go(func() { made[i], _ = b.Apply(t.Context(), c) })
	}
	wg.Wait()
	for _, p := range made {
		if p.ID != made[0].ID || p.PublicID != first.PublicID || p.Slug != first.Slug || p.Capacity != 7 {
			t.Errorf("resumed as %+v and %+v", made[0], p)
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM providers`); n != 1 {
		t.Errorf("%d applications", n)
	}

	// What is confirmed stays as it is: the form answers it, and another one makes another.
	must[directory.Provider](t)(b.Confirm(t.Context(), b.token(t, identity.PurposeProviderConfirm, made[0])))
	c.Capacity = 9
	if p := b.apply(t, c); p.ID != made[0].ID || p.Capacity != 7 {
		t.Errorf("a confirmed application became %+v", p)
	}
	d := application(3)
	d.Resumes = first.PublicID
	if p := b.apply(t, d); p.PublicID == first.PublicID {
		t.Error("a confirmed application was resumed")
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := map[string]struct {
		change     func(*directory.Application)
		field, key string
	}{
		"no name":            {func(a *directory.Application) { a.Profile.Name = "\u200b \u202e" }, directory.FieldName, "problem.provider_length"},
		"structure":          {func(a *directory.Application) { a.Profile.Structure = "bank" }, directory.FieldStructure, "problem.choice_missing"},
		"nobody works there": {func(a *directory.Application) { a.Profile.People = 0 }, directory.FieldPeople, "problem.provider_number"},
		"too many people":    {func(a *directory.Application) { a.Profile.People = 10_001 }, directory.FieldPeople, "problem.provider_number"},
		"no town":            {func(a *directory.Application) { a.Profile.Town = "" }, directory.FieldTown, "problem.provider_length"},
		"region":             {func(a *directory.Application) { a.Profile.Region = "armorique" }, directory.FieldRegion, "problem.choice_missing"},
		"neither mode":       {func(a *directory.Application) { a.Profile.OnSite, a.Profile.Remote = false, false }, directory.FieldModes, "problem.choice_missing"},
		"on site nowhere":    {func(a *directory.Application) { a.Profile.Regions = nil }, directory.FieldRegions, "problem.choice_missing"},
		"on site in no region there is": {func(a *directory.Application) { a.Profile.Regions = []support.Region{"armorique"} },
			directory.FieldRegions, "problem.choice_unknown"},
		"no kind":      {func(a *directory.Application) { a.Profile.Kinds = nil }, directory.FieldKinds, "problem.choice_missing"},
		"unknown kind": {func(a *directory.Application) { a.Profile.Kinds = []support.Kind{"magic"} }, directory.FieldKinds, "problem.choice_unknown"},
		"technology only": {func(a *directory.Application) {
			a.Profile.Kinds = []support.Kind{support.KindHosting, support.KindMigration}
		}, directory.FieldKinds, "problem.provider_technology_only"},
		"no size":         {func(a *directory.Application) { a.Profile.Sizes = nil }, directory.FieldSizes, "problem.choice_missing"},
		"language":        {func(a *directory.Application) { a.Profile.Languages = []string{"tlh"} }, directory.FieldLanguages, "problem.choice_unknown"},
		"presentation":    {func(a *directory.Application) { a.Profile.Presentation = "Trop court." }, directory.FieldPresentation, "problem.provider_length"},
		"no offer":        {func(a *directory.Application) { a.Profile.Free, a.Profile.Quoted = " ", "\n" }, directory.FieldFree, "problem.provider_offer"},
		"long offer":      {func(a *directory.Application) { a.Profile.Quoted = strings.Repeat("é", 1501) }, directory.FieldQuoted, "problem.provider_too_long"},
		"address":         {func(a *directory.Application) { a.Profile.Email = "ines" }, directory.FieldEmail, "problem.email_invalid"},
		"phone":           {func(a *directory.Application) { a.Profile.Phone = "appelez-moi" }, directory.FieldPhone, "problem.phone_invalid"},
		"contact":         {func(a *directory.Application) { a.ContactName = "I" }, directory.FieldContactName, "problem.provider_length"},
		"no place":        {func(a *directory.Application) { a.Capacity = 0 }, directory.FieldCapacity, "problem.provider_number"},
		"too many places": {func(a *directory.Application) { a.Capacity = 501 }, directory.FieldCapacity, "problem.provider_number"},
		"two projects": {func(a *directory.Application) {
			a.Projects = append(a.Projects[:2:2], directory.Project{Association: " "})
		},
			directory.FieldProjects, "problem.projects_few"},
		"one association thrice": {func(a *directory.Application) {
			a.Projects[1].Association, a.Projects[2].Association = "les canards  DU canal", "Les Canàrds du canal"
		}, directory.FieldProjects, "problem.projects_few"},
		"all old": {func(a *directory.Application) { a.Projects[0].Year, a.Projects[1].Year = 2020, 2020 },
			directory.FieldProjects, "problem.projects_old"},
		"a project to come": {func(a *directory.Application) { a.Projects[1].Year = 2027 }, "project_2_year", "problem.provider_number"},
		"a project of nobody": {func(a *directory.Application) {
			a.Projects = append(a.Projects, directory.Project{Year: 2024, Summary: "Formation de tout le bureau", Proof: "bilan"})
		}, "project_4_association", "problem.provider_length"},
		"a project without proof": {func(a *directory.Application) { a.Projects[2].Proof = "" }, "project_3_proof", "problem.provider_length"},
		"a project of nothing":    {func(a *directory.Application) { a.Projects[0].Summary = "aide" }, "project_1_summary", "problem.provider_length"},
		"too many projects": {func(a *directory.Application) { a.Projects = make([]directory.Project, 21) },
			directory.FieldProjects, "problem.projects_many"},
	}
	for _, site := range []string{
		"javascript://boite.example/%0aalert(1)", "ftp://boite.example", "https://", "https://boite", "https://ines:secret@boite.example",
		"https://127.0.0.1", "https://[::1]/", "https://boi te.example", "https://boite.example:99999999/", "mailto:ines@boite.example",
		"https://-.example", "https://boite.example/" + strings.Repeat("a", 300),
	} {
		c := cases["no name"]
		c.change = func(a *directory.Application) { a.Profile.Website = site }
		c.field, c.key = directory.FieldWebsite, "problem.website_invalid"
		cases["site "+site] = c
	}
	n := 0
	for name, c := range cases {
		n++
		a := application(n)
		c.change(&a)
		t.Run(name, func(t *testing.T) {
			_, err := b.Apply(t.Context(), a)
			wantField(t, err, c.field, c.key)
		})
	}
	if n := value[int](t, b, `SELECT count(*) FROM providers`); n != 0 {
		t.Errorf("%d were kept", n)
	}
	a := application(99)
	a.Key = "short"
	_, err := b.Apply(t.Context(), a)
	wantProblem(t, err, problem.Invalid, "problem.form_stale")
}

func TestApplyFiveYearsAgoIsRecent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := application(1)
	a.Projects[0].Year, a.Projects[1].Year, a.Projects[2].Year = 2021, 1995, 1990
	b.apply(t, a)
	b.clock.Turn(366 * day) // it is 2027
	a.Key = key("apply", 2)
	_, err := b.Apply(t.Context(), a)
	wantField(t, err, directory.FieldProjects, "problem.projects_old")
}

func TestApplyAtTheSameTimeMakesOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := b.Apply(t.Context(), application(1)); err != nil {
				t.Errorf("one of the clicks: %v", err)
			}
		})
	}
	wg.Wait()
	if n := value[int](t, b, `SELECT count(*) FROM providers`); n != 1 {
		t.Errorf("%d providers", n)
	}
	if n := value[int](t, b, `SELECT count(*) FROM mails`); n != 1 {
		t.Errorf("%d mails", n)
	}
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wg sync.WaitGroup
	for n := range 4 { // of one name at the same time
		wg.Go(func() {
			a := application(n)
			a.Profile.Name = "Rejoindre"
			if _, err := b.Apply(t.Context(), a); err != nil {
				t.Errorf("apply: %v", err)
			}
		})
	}
	wg.Wait()
	got := value[string](t, b, `SELECT string_agg(slug, ' ' ORDER BY slug) FROM providers`)
	if got != "rejoindre-2 rejoindre-3 rejoindre-4 rejoindre-5" {
		t.Errorf("slugs %q", got)
	}
	for n, c := range []struct{ name, slug string }{
		{"Candidature", "candidature-2"}, {"Помощь", "prestataire"}, {strings.Repeat("très long ", 10), strings.TrimSuffix(strings.Repeat("tres-long-", 6), "-")},
	} {
		a := application(10 + n)
		a.Profile.Name = strings.TrimSpace(c.name)
		if p := b.apply(t, a); p.Slug != c.slug {
			t.Errorf("%q got the slug %q, want %q", c.name, p.Slug, c.slug)
		}
	}
}

func TestApplyIsCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range 5 {
		a := application(n)
		a.Profile.Email = "ines@boite.example"
		b.apply(t, a)
	}
	a := application(6)
	a.Profile.Email = "INES@boite.example"
	_, err := b.Apply(t.Context(), a)
	wantProblem(t, err, problem.TooMany, "problem.too_many")
	if n := value[int](t, b, `SELECT count(*) FROM providers`); n != 5 {
		t.Errorf("%d providers: the sixth was kept without a mail", n)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.apply(t, application(1))
	token := b.token(t, identity.PurposeProviderConfirm, p)
	for range 2 {
		got := must[directory.Provider](t)(b.Confirm(t.Context(), token))
		if got.ID != p.ID || got.ConfirmedAt.IsZero() || got.State != directory.Applied {
			t.Errorf("confirmed: %+v", got)
		}
	}
	want := "provider-confirm ines1@boite.example, provider-received ines1@boite.example, provider-answered admin@example.org, provider-answered reviewer@example.org"
	if got := b.mails(t, p); got != want {
		t.Errorf("mailed %q, want %q", got, want)
	}
	if person := must[identity.Person](t)(b.id.PersonByEmail(t.Context(), "ines1@boite.example")); person.Name != "Inès Carpentier" {
		t.Errorf("the contact is %+v", person)
	}
	if list := must[[]directory.Provider](t)(b.Review(t.Context(), b.reviewer, directory.Applied)); len(list) != 1 || list[0].ID != p.ID {
		t.Errorf("the team sees %+v", list)
	}
	if got := b.actions(t, p); got != "applied, confirmed" {
		t.Errorf("the trail is %q", got)
	}
}

func TestConfirmRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.apply(t, application(1))
	foreign, _, err := b.id.MintLink(t.Context(), identity.PurposeProviderConfirm, p.ID, "somebody@else.example", "fr")
	if err != nil {
		t.Fatal(err)
	}
	late := b.token(t, identity.PurposeProviderConfirm, p)
	for _, token := range []string{"", "made up", foreign, b.token(t, identity.PurposeProfile, p)} {
		_, err := b.Confirm(t.Context(), token)
		wantProblem(t, err, problem.NotFound, "problem.link_unknown")
	}
	b.clock.Turn(31 * day)
	_, err = b.Confirm(t.Context(), late)
	wantProblem(t, err, problem.Gone, "problem.link_expired")
}

func TestQuestionAndAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.confirmed(t, application(1))
	wantProblem(t, b.Answer(t.Context(), p.PublicID, key("answer", 0), "Voici", nil), problem.Conflict, "problem.provider_no_question")
	for range 2 {
		ok(t, b.Ask(t.Context(), p.PublicID, key("ask", 1), "Qui peut-on appeler chez Radio Passerelle ?", b.reviewer))
	}
	if got := b.get(t, p); got.Question == "" || got.State != directory.Applied {
		t.Errorf("asked: %+v", got)
	}
	more := []directory.Project{{Association: "Fanfare", Year: 2026, Summary: "Formation de la fanfare entière", Proof: "Léa Maurin"}, {}}
	for range 2 {
		ok(t, b.Answer(t.Context(), p.PublicID, key("answer", 1), "Nadia, le jeudi.\r\nEt un projet de plus.", more))
	}
	got := b.get(t, p)
	if got.Question != "" || len(got.Projects) != 4 {
		t.Errorf("answered: %+v", got)
	}
	notes := must[[]directory.Note](t)(b.Notes(t.Context(), p.ID))
	want := []directory.Note{
		{ByTeam: true, Body: "Qui peut-on appeler chez Radio Passerelle ?"}, {Body: "Nadia, le jeudi.\nEt un projet de plus."},
	}
	if diff := cmp.Diff(want, notes, cmp.Transformer("untimed", func(n directory.Note) string { return fmt.Sprint(n.ByTeam, n.Body) })); diff != "" {
		t.Errorf("the exchange: %s", diff)
	}
	if mails := b.mails(t, p); strings.Count(mails, "provider-question") != 1 || strings.Count(mails, "provider-answered") != 4 {
		t.Errorf("mailed %q", mails)
	}
	if got := b.actions(t, p); got != "applied, confirmed, asked, answered" {
		t.Errorf("the trail is %q", got)
	}
}

func TestQuestionAndAnswerRefuse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.confirmed(t, application(1))
	fresh := b.apply(t, application(2))
	question := "Pouvez-vous préciser ?"
	wantProblem(t, b.Ask(t.Context(), p.PublicID, key("ask", 1), question, b.stranger(t)), problem.Forbidden, "problem.role_missing")
	wantProblem(t, b.Ask(t.Context(), fresh.PublicID, key("ask", 2), question, b.admin), problem.Conflict, "problem.provider_unconfirmed")
	wantField(t, b.Ask(t.Context(), p.PublicID, key("ask", 3), "Quoi ?", b.admin), directory.FieldQuestion, "problem.provider_length")
	wantProblem(t, b.Ask(t.Context(), "nobody", key("ask", 4), question, b.admin), problem.NotFound, "problem.not_found")
	wantProblem(t, b.Ask(t.Context(), "\xff\x00", key("ask", 4), question, b.admin), problem.NotFound, "problem.not_found")
	ok(t, b.Ask(t.Context(), p.PublicID, key("ask", 5), question, b.admin))
	wantField(t, b.Answer(t.Context(), p.PublicID, key("answer", 1), " ", nil), directory.FieldAnswer, "problem.provider_length")
	ok(t, b.Refuse(t.Context(), p.PublicID, "", false, b.admin))
	wantProblem(t, b.Answer(t.Context(), p.PublicID, key("answer", 2), "Voici", nil), problem.Conflict, "problem.provider_decided")
	wantProblem(t, b.Ask(t.Context(), p.PublicID, key("ask", 6), question, b.admin), problem.Conflict, "problem.provider_decided")
	if notes := must[[]directory.Note](t)(b.Notes(t.Context(), p.ID)); len(notes) != 1 {
		t.Errorf("what was refused was kept: %+v", notes)
	}
}

func TestAnswersAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.confirmed(t, application(1))
	var err error
	for n := 0; n < 11 && err == nil; n++ {
		ok(t, b.Ask(t.Context(), p.PublicID, key("ask", n), "Pouvez-vous préciser ?", b.admin))
		err = b.Answer(t.Context(), p.PublicID, key("answer", n), "Oui", nil)
	}
	wantProblem(t, err, problem.TooMany, "problem.too_many")
	b.clock.Turn(time.Hour)
	ok(t, b.Answer(t.Context(), p.PublicID, key("answer", 11), "Oui", nil))
}
