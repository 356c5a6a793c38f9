package linking_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
)

// field gives providers and spaces the variety of the real ones. What it writes is told by profileOf and needsOf.
func (b *bundle) field(tb testing.TB) {
	tb.Helper()
	for id := int64(1); id <= value[int64](tb, b, `SELECT max(id) FROM providers`); id++ {
		p := profileOf(id)
		b.exec(tb, `UPDATE providers SET region = $2, everywhere = $3, on_site = $4, remote = $5, kinds = $6, sizes = $7, chatons = $8 WHERE id = $1`,
			id, p.Region, p.Everywhere, p.OnSite, p.Remote, p.Kinds, p.Sizes, p.Chatons)
	}
	regions, kinds := support.Regions(), support.Kinds()
	b.exec(tb, `UPDATE applications SET region = CASE WHEN id % 5 = 0 THEN '' ELSE ($1::text[])[1 + id % $2] END,
		help = CASE id % 3 WHEN 0 THEN '{}' ELSE ARRAY[($3::text[])[1 + id % $4], ($3::text[])[1 + (id * 7 + 1) % $4]] END,
		expected_accounts = CASE id % 4 WHEN 0 THEN 30 ELSE 8 END`, regions, len(regions), kinds, len(kinds))
}

func profileOf(id int64) linking.Candidate {
	regions, kinds := support.Regions(), support.Kinds()
	c := linking.Candidate{
		ID: id, Region: regions[int(id*5)%len(regions)], Everywhere: id%7 == 0, OnSite: id%3 != 0, Remote: id%3 == 0 || id%4 == 0,
		Sizes: []support.Size{support.Small}, Chatons: id%2 == 0, Capacity: 5,
	}
	for i := range 3 {
		c.Kinds = append(c.Kinds, kinds[(int(id)+2*i)%len(kinds)])
	}
	if id%2 == 0 {
		c.Sizes = append(c.Sizes, support.Medium)
	}
	return c
}

// truth holds what was shown against what the test itself wrote and counted.
func truth(tb testing.TB, n linking.Needs, p linking.Proposal, taken map[int64]int) {
	tb.Helper()
	if wrong := untrue(n, p); wrong != "" {
		tb.Fatal(wrong)
	}
	want, c := profileOf(p.Candidate.ID), p.Candidate
	if c.Region != want.Region || c.Everywhere != want.Everywhere || c.OnSite != want.OnSite || c.Remote != want.Remote ||
		!slices.Equal(c.Kinds, want.Kinds) || !slices.Equal(c.Sizes, want.Sizes) || c.Chatons != want.Chatons || c.Taken != taken[c.ID] {
		tb.Fatalf("the candidate is shown as %+v with %d places taken, it is %+v with %d", c, c.Taken, want, taken[c.ID])
	}
}

// The check of the issue: 33 providers with 5 places and 10,000 spaces.
func TestTenThousandSpacesAndThirtyThreeProviders(t *testing.T) {
	t.Parallel()
	const spaces, providers, places = 10_000, 33, 5
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, spaces)
	b.providers(t, providers, places)
	b.field(t)
	if _, err := b.Tend(ctx, spaces); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, b, `SELECT count(*) FROM mails WHERE template IN ('support-proposals', 'support-exhausted')`); n != spaces {
		t.Fatalf("%d leads were written to", n)
	}

	taken := map[int64]int{}
	linked := 0
	for space := int64(1); space <= spaces && linked < providers*places; space++ {
		s := b.search(t, space)
		for _, p := range s.Proposals {
			truth(t, s.Needs, p, taken)
		}
		if len(s.Proposals) == 0 {
			continue
		}
		chosen := s.Proposals[0].Candidate
		by := identity.Person{ID: value[int64](t, b, `SELECT person_id FROM provider_members WHERE provider_id = $1 LIMIT 1`, chosen.ID)}
		l, err := b.Choose(ctx, space, chosen.PublicID, linking.FromMatch, "", "", identity.Person{})
		ok(t, err)
		ok(t, b.Accept(ctx, l.PublicID, by))
		taken[chosen.ID]++
		linked++
	}
	if linked != providers*places {
		t.Fatalf("%d spaces are linked, want %d", linked, providers*places)
	}
	for id, n := range taken {
		if n != places {
			t.Errorf("provider %d has %d associations", id, n)
		}
	}

	// The others: some look again at once, the rest are told within a day.
	for space := int64(spaces - 50); space <= spaces; space++ {
		ok(t, b.Describe(ctx, space, linking.Needs{Mode: support.AnyMode, Size: support.Small}, identity.Person{}))
	}
	b.clock.Turn(24 * time.Hour)
	if _, err := b.Tend(ctx, spaces); err != nil {
		t.Fatal(err)
	}
	figures, err := b.Figures(ctx, b.admin)
	ok(t, err)
	if figures.Stances[linking.Linked] != linked || figures.Stances[linking.Exhausted] != spaces-linked || figures.Unlinked != spaces-linked ||
		figures.Places != linked || figures.Taken != linked || figures.States[linking.Accepted] != linked {
		t.Errorf("the figures are %+v", figures)
	}
	if n := value[int](t, b, `SELECT count(*) FROM (SELECT provider_id FROM support_links WHERE state IN ('proposed', 'accepted') GROUP BY 1 HAVING count(*) > $1) AS x`, places); n != 0 {
		t.Errorf("%d providers are over capacity", n)
	}
	for space := int64(1); space <= spaces; space += 97 {
		if s := b.search(t, space); s.Stance != linking.Linked && (s.Stance != linking.Exhausted || len(s.Proposals) > 0) {
			t.Errorf("space %d is %s with %d proposals", space, s.Stance, len(s.Proposals))
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM (SELECT 1 FROM mails WHERE template = 'support-exhausted' GROUP BY recipient HAVING count(*) > 1) AS x`); n != 0 {
		t.Errorf("%d leads were told twice that nobody is left", n)
	}
	if b.tend(t) != 0 {
		t.Error("there was still something to tend")
	}
}

// One match as a page asks for it, with 10,000 spaces in the database, which is told in a line of its own; and the function alone.
func BenchmarkMatch(b *testing.B) {
	for _, providers := range []int{33, 300} {
		b.Run("search/"+strconv.Itoa(providers), func(b *testing.B) {
			const spaces = 10_000
			w := setup(b)
			w.spaces(b, spaces)
			w.providers(b, providers, 5)
			w.field(b)
			if _, err := w.Tend(context.Background(), spaces); err != nil {
				b.Fatal(err)
			}
			w.exec(b, `ANALYZE`)
			shown := 0
			for i := 0; b.Loop(); i++ {
				shown += len(w.search(b, int64(i%spaces)+1).Proposals)
			}
			if shown == 0 {
				b.Fatal("nobody was proposed")
			}
			_, err := fmt.Fprintf(os.Stdout, "\nmatch: %.1f ms a match with %d providers, %d,%03d spaces\n",
				b.Elapsed().Seconds()*1000/float64(b.N), providers, spaces/1000, spaces%1000)
			ok(b, err)
		})
		b.Run("function/"+strconv.Itoa(providers), func(b *testing.B) {
			among := make([]linking.Candidate, 0, providers)
			for id := range int64(providers) {
				among = append(among, profileOf(id+1))
			}
			n := linking.Needs{Region: "bretagne", Kinds: []support.Kind{support.KindTraining, support.KindHosting}, Mode: support.AnyMode, Size: support.Small, Lang: "fr"}
			for i := int64(0); b.Loop(); i++ {
				linking.Match(n, among, i, linking.MaxProposals)
			}
		})
	}
}
