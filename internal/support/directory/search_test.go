package directory_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// directoryOf lists four providers that differ: Arbre (Rennes; on site in Brittany, remote), Bouleau (Paris; remote alone),
// Chêne (everywhere on site, full), Érable (on site in Corsica; rests).
func directoryOf(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	add := func(n int, change func(*directory.Application)) (rest func()) {
		a := application(n)
		change(&a)
		p, manager := b.listed(t, a)
		return func() { ok(t, b.Pause(t.Context(), p.PublicID, support.Span{}, directory.PauseFull, manager)) }
	}
	pause := add(1, func(a *directory.Application) {
		a.Profile.Name, a.Profile.Remote, a.Profile.Regions, a.Profile.Town = "Érable", false, []support.Region{"corse"}, "Bastia"
		a.Profile.Kinds = []support.Kind{support.KindNeeds}
	})
	pause()
	add(2, func(a *directory.Application) {
		a.Profile.Name, a.Profile.Remote, a.Profile.Everywhere, a.Profile.Structure = "Chêne", false, true, support.Company
		a.Profile.Kinds = []support.Kind{support.KindTraining, support.KindHosting}
	})
	b.exec(t, `UPDATE providers SET capacity = 0 WHERE name = 'Chêne'`)
	add(3, func(a *directory.Application) {
		a.Profile.Name, a.Profile.OnSite, a.Profile.Region, a.Profile.Town = "bouleau", false, "ile-de-france", "Paris"
		a.Profile.Sizes, a.Profile.Languages, a.Profile.Chatons = []support.Size{support.Large}, []string{"fr", "en", "lsf"}, true
	})
	add(4, func(a *directory.Application) {
		a.Profile.Name, a.Profile.Regions = "Arbre", []support.Region{"bretagne"}
		a.Profile.Presentation = "Nous formons les bénévoles à Cœur joie, en breton s'il le faut."
	})
	b.confirmed(t, application(5)) // applies
	return b
}

func names(r directory.Result) string {
	out := make([]string, 0, len(r.Providers))
	for _, p := range r.Providers {
		out = append(out, p.Profile.Name)
	}
	return strings.Join(out, " ")
}

func TestSearch(t *testing.T) {
	t.Parallel()
	b := directoryOf(t)
	cases := map[string]struct {
		q    directory.Query
		want string
	}{
		"everybody; who rests comes last":   {directory.Query{}, "Arbre bouleau Chêne Érable"},
		"accents and case do not count":     {directory.Query{Text: " CHENE "}, "Chêne"},
		"a ligature":                        {directory.Query{Text: "coeur"}, "Arbre"},
		"of a name with an accent":          {directory.Query{Text: "erable"}, "Érable"},
		"all words":                         {directory.Query{Text: "bénévoles breton"}, "Arbre"},
		"all words, one missing":            {directory.Query{Text: "bénévoles basque"}, ""},
		"a town":                            {directory.Query{Text: "bastia"}, "Érable"},
		"a region's name":                   {directory.Query{Text: "ile de france"}, "bouleau"},
		"a region's name with its dashes":   {directory.Query{Text: "Île-de-France"}, "bouleau"},
		"an apostrophe of another keyboard": {directory.Query{Text: "breton s’il"}, "Arbre"},
		"what is said of lists": {directory.Query{Text: "sociÉté", Words: func(p directory.Profile) string {
			return map[support.Structure]string{support.Company: "Société"}[p.Structure]
		}}, "Chêne"},
		"no wildcards":                        {directory.Query{Text: "%"}, ""},
		"what cannot be text":                 {directory.Query{Text: "\xff\x00"}, "Arbre bouleau Chêne Érable"},
		"one kind":                            {directory.Query{Kinds: []support.Kind{support.KindTraining}}, "Arbre bouleau Chêne"},
		"two kinds":                           {directory.Query{Kinds: []support.Kind{support.KindTraining, support.KindHosting}}, "Chêne"},
		"a region, on site there or remote":   {directory.Query{Region: "corse"}, "Arbre bouleau Chêne Érable"},
		"on site in a region":                 {directory.Query{Region: "corse", Mode: support.OnSite}, "Chêne Érable"},
		"remote in a region":                  {directory.Query{Region: "corse", Mode: support.Remote}, "Arbre bouleau"},
		"on site at home, though not named":   {directory.Query{Region: "bretagne", Mode: support.OnSite}, "Arbre Chêne Érable"},
		"on site everywhere in France":        {directory.Query{Region: "mayotte", Mode: support.OnSite}, "Chêne"},
		"on site outside of France":           {directory.Query{Region: support.Elsewhere, Mode: support.OnSite}, ""},
		"on site anywhere":                    {directory.Query{Mode: support.OnSite}, "Arbre Chêne Érable"},
		"any mode":                            {directory.Query{Mode: support.AnyMode}, "Arbre bouleau Chêne Érable"},
		"a size":                              {directory.Query{Size: support.Large}, "bouleau"},
		"a structure":                         {directory.Query{Structure: support.Company}, "Chêne"},
		"a language":                          {directory.Query{Language: "lsf"}, "bouleau"},
		"CHATONS":                             {directory.Query{Chatons: true}, "bouleau"},
		"a free place: not full, not resting": {directory.Query{Free: true}, "Arbre bouleau"},
		"an unknown value":                    {directory.Query{Size: "huge"}, ""},
		"several":                             {directory.Query{Kinds: []support.Kind{support.KindTraining}, Size: support.Small, Free: true}, "Arbre"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := must[directory.Result](t)(b.Search(t.Context(), c.q))
			if got := names(r); got != c.want || r.Total != 4 {
				t.Errorf("found %q of %d, want %q of 4", got, r.Total, c.want)
			}
		})
	}
}

// Every facet tells how many providers the directory would show with that choice: asked, it does.
func TestFacetsKeepTheirWord(t *testing.T) {
	t.Parallel()
	b := directoryOf(t)
	count := func(q directory.Query) int {
		return len(must[directory.Result](t)(b.Search(t.Context(), q)).Providers)
	}
	for name, q := range map[string]directory.Query{
		"nothing chosen": {}, "text": {Text: "benevoles"}, "a kind": {Kinds: []support.Kind{support.KindTraining}},
		"several": {Kinds: []support.Kind{support.KindTraining}, Region: "corse", Mode: support.OnSite, Free: true}, "a size": {Size: support.Small},
	} {
		f := must[directory.Result](t)(b.Search(t.Context(), q)).Facets
		want := directory.Facets{
			Kinds: map[support.Kind]int{}, Regions: map[support.Region]int{}, Modes: map[support.Mode]int{},
			Sizes: map[support.Size]int{}, Structures: map[support.Structure]int{}, Languages: map[string]int{},
		}
		for _, k := range support.Kinds() {
			with := q
			with.Kinds = append([]support.Kind{k}, q.Kinds...)
			want.Kinds[k] = count(with)
		}
		for _, r := range support.Regions() {
			with := q
			with.Region = r
			want.Regions[r] = count(with)
		}
		for _, m := range support.Modes() {
			with := q
			with.Mode = m
			want.Modes[m] = count(with)
		}
		for _, z := range support.Sizes() {
			with := q
			with.Size = z
			want.Sizes[z] = count(with)
		}
		for _, s := range support.Structures() {
			with := q
			with.Structure = s
			want.Structures[s] = count(with)
		}
		for _, l := range support.Languages() {
			with := q
			with.Language = l
			want.Languages[l] = count(with)
		}
		chatons, free := q, q
		chatons.Chatons, free.Free = true, true
		want.Chatons, want.Free = count(chatons), count(free)
		if diff := cmp.Diff(want, f); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	f := must[directory.Result](t)(b.Search(t.Context(), directory.Query{})).Facets
	if f.Kinds[support.KindTraining] != 3 || f.Regions["corse"] != 4 || f.Modes[support.OnSite] != 3 || f.Sizes[support.Large] != 1 || f.Free != 2 || f.Chatons != 1 {
		t.Errorf("facets %+v", f)
	}
}

func TestPlacesTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, _ := b.listed(t, application(1))
	b.exec(t, `
		WITH plan AS (INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites) VALUES ('p', 42949672960, 50, 104857600, '{collabora}') RETURNING id),
		campaign AS (INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity) SELECT 'c', id, now(), now() + interval '1 day', 9 FROM plan RETURNING id),
		application AS (INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, expected_accounts, suite, slug, lang, terms_at, search, created_at, received_at)
			SELECT 'a' || n, 'f' || n, id, 'approved', 'x', 'x', 'x', 'x@y.example', 5, 'collabora', 's' || n, 'fr', now(), '', now(), now() FROM campaign, generate_series(1, 5) n RETURNING id, slug),
		lead AS (INSERT INTO people (email, name, lang) VALUES ('lead@y.example', 'x', 'fr') RETURNING id),
		space AS (INSERT INTO spaces (public_id, application_id, person_id, name, slug, lang, suite, total_bytes, account_limit, personal_bytes, state)
			SELECT 'p' || a.id, a.id, lead.id, 'x', a.slug, 'fr', 'collabora', 42949672960, 50, 104857600, 'ready' FROM application a, lead RETURNING id, slug)
		INSERT INTO support_links (public_id, space_id, provider_id, state, origin, due_at, answered_at)
			SELECT slug, id, $1, (ARRAY['proposed', 'accepted', 'declined', 'lapsed', 'ended'])[substr(slug, 2)::int], 'match',
				now() + substr(slug, 2)::int * interval '1 day', CASE WHEN slug IN ('s2', 's3', 's5') THEN now() END FROM space`, p.ID)
	got := b.get(t, p)
	if got.Taken != 2 || got.Free() != 3 || got.Silent != 1 {
		t.Errorf("%d taken, %d free, silent %d times", got.Taken, got.Free(), got.Silent)
	}
}
