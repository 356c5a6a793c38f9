package linking_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/support"
	"nichoir/internal/support/linking"
)

// provider is a good candidate: in Rennes, everywhere in France and from afar, for everybody, with 5 places.
func provider(id int64, change ...func(*linking.Candidate)) linking.Candidate {
	c := linking.Candidate{
		ID: id, PublicID: fmt.Sprintf("provider-%d", id), Name: fmt.Sprintf("Coop %d", id), Region: "bretagne", Everywhere: true,
		OnSite: true, Remote: true, Kinds: support.Kinds(), Sizes: support.Sizes(), Languages: []string{"fr"}, Capacity: 5,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func needs(change ...func(*linking.Needs)) linking.Needs {
	n := linking.Needs{Region: "bretagne", Mode: support.AnyMode, Size: support.Small, Lang: "fr"}
	for _, f := range change {
		f(&n)
	}
	return n
}

func idsOf(ps []linking.Proposal) []int64 {
	out := make([]int64, 0, len(ps))
	for _, p := range ps {
		out = append(out, p.Candidate.ID)
	}
	return out
}

func TestMatchLeavesOutWhoDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		needs linking.Needs
		c     linking.Candidate
		fits  bool
	}{
		"all is well":      {needs: needs(), c: provider(1), fits: true},
		"full":             {needs: needs(), c: provider(1, func(c *linking.Candidate) { c.Taken = 5 })},
		"over capacity":    {needs: needs(), c: provider(1, func(c *linking.Candidate) { c.Taken = 7 })},
		"takes nobody":     {needs: needs(), c: provider(1, func(c *linking.Candidate) { c.Capacity = 0 })},
		"one place left":   {needs: needs(), c: provider(1, func(c *linking.Candidate) { c.Taken = 4 }), fits: true},
		"not of that size": {needs: needs(), c: provider(1, func(c *linking.Candidate) { c.Sizes = []support.Size{support.Large} })},
		"gives nothing of what is wanted": {
			needs: needs(func(n *linking.Needs) { n.Kinds = []support.Kind{support.KindTraining} }),
			c:     provider(1, func(c *linking.Candidate) { c.Kinds = []support.Kind{support.KindHosting} }),
		},
		"gives a part of what is wanted": {
			needs: needs(func(n *linking.Needs) { n.Kinds = []support.Kind{support.KindTraining, support.KindHosting} }),
			c:     provider(1, func(c *linking.Candidate) { c.Kinds = []support.Kind{support.KindHosting} }), fits: true,
		},
		"on site wanted, only from afar": {
			needs: needs(func(n *linking.Needs) { n.Mode = support.OnSite }),
			c:     provider(1, func(c *linking.Candidate) { c.OnSite = false }),
		},
		"on site wanted, elsewhere": {
			needs: needs(func(n *linking.Needs) { n.Mode = support.OnSite }),
			c:     provider(1, elsewhere),
		},
		"on site wanted, region not known": {
			needs: needs(func(n *linking.Needs) { n.Mode, n.Region = support.OnSite, "" }),
			c:     provider(1, elsewhere), fits: true,
		},
		"on site wanted in another country": {
			needs: needs(func(n *linking.Needs) { n.Mode, n.Region = support.OnSite, support.Elsewhere }),
			c:     provider(1),
		},
		"from afar wanted, only on site": {
			needs: needs(func(n *linking.Needs) { n.Mode = support.Remote }),
			c:     provider(1, func(c *linking.Candidate) { c.Remote = false }),
		},
		"any mode, only on site elsewhere": {
			needs: needs(), c: provider(1, elsewhere, func(c *linking.Candidate) { c.Remote = false }),
		},
		"any mode, from afar from elsewhere": {needs: needs(), c: provider(1, elsewhere), fits: true},
		"another language":                   {needs: needs(func(n *linking.Needs) { n.Lang = "en" }), c: provider(1), fits: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := len(linking.Match(tt.needs, []linking.Candidate{tt.c}, 1, 3)) == 1; got != tt.fits {
				t.Errorf("it fits: %v, want %v", got, tt.fits)
			}
		})
	}
}

// elsewhere is at home in Corsica and goes nowhere else.
func elsewhere(c *linking.Candidate) { c.Region, c.Everywhere = "corse", false }

// Each case changes what decides; everything below it in the order speaks for the other one.
func TestMatchOrder(t *testing.T) {
	t.Parallel()
	long := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	wants := func(n *linking.Needs) { n.Kinds = []support.Kind{support.KindTraining, support.KindChange} }
	half := func(c *linking.Candidate) { c.Kinds = []support.Kind{support.KindTraining} }
	for name, tt := range map[string]struct {
		needs         linking.Needs
		better, worse linking.Candidate
	}{
		"more of what is wanted": {
			needs: needs(wants), worse: provider(2, half),
			better: provider(1, elsewhere, func(c *linking.Candidate) { c.Languages, c.Taken, c.LastProposed = nil, 4, long }),
		},
		"on site": {
			needs: needs(wants), worse: provider(2, func(c *linking.Candidate) { c.OnSite = false }),
			better: provider(1, func(c *linking.Candidate) {
				c.Region, c.Languages, c.Taken, c.LastProposed = "corse", nil, 4, long
			}),
		},
		"at home": {
			needs: needs(), worse: provider(2, func(c *linking.Candidate) { c.Region = "corse" }),
			better: provider(1, func(c *linking.Candidate) { c.Languages, c.Taken, c.LastProposed = nil, 4, long }),
		},
		"at home, from afar": {
			needs: needs(func(n *linking.Needs) { n.Mode = support.Remote }), worse: provider(2, func(c *linking.Candidate) { c.Region = "corse" }),
			better: provider(1, func(c *linking.Candidate) { c.OnSite, c.Taken = false, 4 }),
		},
		"language": {
			needs: needs(), worse: provider(2, func(c *linking.Candidate) { c.Languages = []string{"en"} }),
			better: provider(1, func(c *linking.Candidate) { c.Taken, c.LastProposed = 4, long }),
		},
		"load": {
			needs: needs(), worse: provider(2, func(c *linking.Candidate) { c.Taken, c.Capacity = 1, 3 }),
			better: provider(1, func(c *linking.Candidate) { c.Taken, c.Capacity, c.LastProposed = 2, 7, long }),
		},
		"proposed longest ago": {
			needs: needs(), worse: provider(2, func(c *linking.Candidate) { c.LastProposed = long.Add(time.Hour) }),
			better: provider(1, func(c *linking.Candidate) { c.LastProposed = long }),
		},
		"never proposed": {
			needs: needs(), worse: provider(2, func(c *linking.Candidate) { c.LastProposed = long }), better: provider(1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range int64(20) { // the lot decides nothing here
				for _, among := range [][]linking.Candidate{{tt.better, tt.worse}, {tt.worse, tt.better}} {
					if got := idsOf(linking.Match(tt.needs, among, seed, 2)); !slices.Equal(got, []int64{1, 2}) {
						t.Fatalf("the order is %v, want [1 2]", got)
					}
				}
			}
		})
	}
}

func TestMatchReasons(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		needs linking.Needs
		c     linking.Candidate
		want  []linking.Reason
	}{
		"near, all that is wanted": {
			needs: needs(func(n *linking.Needs) { n.Kinds = []support.Kind{support.KindTraining} }),
			c:     provider(1, func(c *linking.Candidate) { c.Taken, c.Chatons = 3, true }),
			want: []linking.Reason{
				{Code: linking.ReasonRegion, Region: "bretagne"}, {Code: linking.ReasonNearby, Region: "bretagne"},
				{Code: linking.ReasonKinds, Kinds: []support.Kind{support.KindTraining}},
				{Code: linking.ReasonSize, Size: support.Small}, {Code: linking.ReasonPlaces, Free: 2, Places: 5},
				{Code: linking.ReasonChatons},
			},
		},
		"from afar, a part, another language": {
			needs: needs(func(n *linking.Needs) {
				n.Kinds, n.Lang = []support.Kind{support.KindTraining, support.KindHosting}, "en"
			}),
			c: provider(1, elsewhere, func(c *linking.Candidate) {
				c.Kinds, c.Languages = []support.Kind{support.KindHosting}, []string{"fr", "en"}
			}),
			want: []linking.Reason{
				{Code: linking.ReasonRemote},
				{Code: linking.ReasonPartly, Kinds: []support.Kind{support.KindHosting}, Missing: []support.Kind{support.KindTraining}},
				{Code: linking.ReasonSize, Size: support.Small}, {Code: linking.ReasonPlaces, Free: 5, Places: 5},
				{Code: linking.ReasonLang},
			},
		},
		"nothing is known": {
			needs: linking.Needs{Mode: support.AnyMode, Lang: "fr"}, c: provider(1),
			want: []linking.Reason{{Code: linking.ReasonRemote}, {Code: linking.ReasonPlaces, Free: 5, Places: 5}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := linking.Match(tt.needs, []linking.Candidate{tt.c}, 1, 1)
			if len(got) != 1 {
				t.Fatal("it does not fit")
			}
			if diff := cmp.Diff(tt.want, got[0].Reasons); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// untrue says what is wrong with a proposal, "" when nothing is. It is written from the words of the reasons, not from Match.
func untrue(n linking.Needs, p linking.Proposal) string {
	c := p.Candidate
	serves := c.OnSite && (c.Everywhere && n.Region != support.Elsewhere || c.Region == n.Region || slices.Contains(c.Regions, n.Region))
	gives := func(k support.Kind) bool { return slices.Contains(c.Kinds, k) && slices.Contains(n.Kinds, k) }
	lacks := func(k support.Kind) bool { return !slices.Contains(c.Kinds, k) && slices.Contains(n.Kinds, k) }
	all := func(ks []support.Kind, f func(support.Kind) bool) bool {
		return !slices.ContainsFunc(ks, func(k support.Kind) bool { return !f(k) })
	}
	places := false
	for _, r := range p.Reasons {
		ok := false
		switch r.Code {
		case linking.ReasonRegion:
			ok = r.Region == n.Region && n.Region != "" && serves
		case linking.ReasonNearby:
			ok = r.Region == n.Region && n.Region != "" && c.Region == n.Region
		case linking.ReasonRemote:
			ok = c.Remote && n.Mode != support.OnSite
		case linking.ReasonKinds:
			ok = len(r.Kinds) == len(n.Kinds) && len(r.Kinds) > 0 && all(r.Kinds, gives)
		case linking.ReasonPartly:
			ok = len(r.Kinds) > 0 && len(r.Missing) > 0 && len(r.Kinds)+len(r.Missing) == len(n.Kinds) && all(r.Kinds, gives) && all(r.Missing, lacks)
		case linking.ReasonSize:
			ok = r.Size == n.Size && slices.Contains(c.Sizes, n.Size)
		case linking.ReasonPlaces:
			ok = r.Places == c.Capacity && r.Free == c.Capacity-c.Taken && r.Free > 0
			places = ok
		case linking.ReasonChatons:
			ok = c.Chatons
		case linking.ReasonLang:
			ok = n.Lang != "fr" && slices.Contains(c.Languages, n.Lang)
		}
		if !ok {
			return fmt.Sprintf("%s is said of %+v for %+v", r.Code, c, n)
		}
	}
	switch {
	case !places:
		return "nothing is said of its places"
	case n.Mode == support.OnSite && !c.OnSite, n.Mode == support.OnSite && n.Region != "" && !serves, n.Mode == support.Remote && !c.Remote:
		return "it does not help there"
	default:
		return ""
	}
}

func anyOf[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func someOf[T any](r *rand.Rand, from []T) []T {
	var out []T
	for _, v := range from {
		if r.IntN(3) == 0 {
			out = append(out, v)
		}
	}
	return out
}

func randomCandidate(r *rand.Rand, id int64) linking.Candidate {
	return linking.Candidate{
		ID: id, Region: anyOf(r, support.Regions()), Everywhere: r.IntN(5) == 0, Regions: someOf(r, support.Regions()),
		OnSite: r.IntN(2) == 0, Remote: r.IntN(2) == 0, Kinds: someOf(r, support.Kinds()), Sizes: someOf(r, support.Sizes()),
		Languages: someOf(r, support.Languages()), Chatons: r.IntN(2) == 0, Capacity: r.IntN(4), Taken: r.IntN(4),
		LastProposed: time.Unix(r.Int64N(3), 0),
	}
}

func randomNeeds(r *rand.Rand) linking.Needs {
	return linking.Needs{
		Region: anyOf(r, append(support.Regions(), "")), Kinds: someOf(r, support.Kinds()), Mode: anyOf(r, support.Modes()),
		Size: anyOf(r, append(support.Sizes(), "")), Lang: anyOf(r, []string{"fr", "en"}),
	}
}

func TestMatchAlwaysTellsTheTruth(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 33))
	shown := 0
	for round := range 2000 {
		var among []linking.Candidate
		for id := range int64(12) {
			among = append(among, randomCandidate(r, id+1))
		}
		n := randomNeeds(r)
		got := linking.Match(n, among, int64(round), linking.MaxProposals)
		if len(got) > linking.MaxProposals {
			t.Fatalf("%d proposals", len(got))
		}
		for _, p := range got {
			shown++
			if wrong := untrue(n, p); wrong != "" {
				t.Fatal(wrong)
			}
			if n.Size != "" && !slices.Contains(p.Candidate.Sizes, n.Size) {
				t.Fatalf("%+v is proposed to an association of size %s", p.Candidate, n.Size)
			}
		}
		r.Shuffle(len(among), func(i, j int) { among[i], among[j] = among[j], among[i] })
		if diff := cmp.Diff(got, linking.Match(n, among, int64(round), linking.MaxProposals)); diff != "" {
			t.Fatalf("the order of the candidates made a difference:\n%s", diff)
		}
	}
	if shown < 500 {
		t.Fatalf("only %d proposals were looked at", shown)
	}
}

func TestMatchIsFairAmongEquals(t *testing.T) {
	t.Parallel()
	const equals = 7
	among := make([]linking.Candidate, 0, equals)
	for id := range int64(equals) {
		among = append(among, provider(id+1, func(c *linking.Candidate) { c.Capacity = 100 }))
	}
	at := time.Unix(0, 0)
	counts := map[int64]int{}
	for space := range int64(500) {
		best := linking.Match(needs(), among, space, 1)[0].Candidate.ID
		counts[best]++
		at = at.Add(time.Second)
		among[best-1].Taken++
		among[best-1].LastProposed = at
		low, high := 500, 0
		for id := range int64(equals) {
			low, high = min(low, counts[id+1]), max(high, counts[id+1])
		}
		if high-low > 1 {
			t.Fatalf("after %d spaces: %v", space+1, counts)
		}
	}
}

// Who comes first among those never proposed is drawn anew for each space.
func TestMatchDrawsLots(t *testing.T) {
	t.Parallel()
	among := []linking.Candidate{provider(1), provider(2)}
	first := 0
	for space := range int64(1000) {
		if idsOf(linking.Match(needs(), among, space, 1))[0] == 1 {
			first++
		}
	}
	if first < 400 || first > 600 {
		t.Errorf("the first of two equals is first for %d of 1000 spaces", first)
	}
}
