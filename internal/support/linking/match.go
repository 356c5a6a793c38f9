package linking

import (
	"cmp"
	"slices"

	"nichoir/internal/support"
)

// MaxProposals is how many a lead gets at once.
const MaxProposals = 3

// Match returns up to limit candidates that fit the needs, best first, each with its reasons. It depends on its arguments
// alone: the same ones give the same proposals, in whatever order the candidates come.
//
// A candidate fits when it
//   - has a free place (whoever asks leaves those out that are not listed or pause);
//   - helps in the wanted mode: on site in the space's region (anywhere on site, while the region is not known), or from afar;
//   - takes associations of that size;
//   - gives at least one of the wanted kinds, when some are wanted.
//
// Of those that fit the better one, by the first of these that differs:
//  1. gives a larger share of the wanted kinds;
//  2. goes on site in the space's region (unless help from afar is wanted);
//  3. is at home in that region;
//  4. speaks the lead's language;
//  5. has a smaller share of its places taken;
//  6. was put to a space the longest ago, or never;
//  7. comes first in an order drawn from the seed: the space's id, so that no provider is always the first.
//
// Choosing the first and noting that (5, 6) goes round among equals: their numbers never differ by more than one.
func Match(n Needs, among []Candidate, seed int64, limit int) []Proposal {
	fitting := make([]fit, 0, len(among))
	for _, c := range among {
		if f, ok := weigh(n, c, seed); ok {
			fitting = append(fitting, f)
		}
	}
	slices.SortFunc(fitting, compare)
	out := make([]Proposal, 0, max(0, min(limit, len(fitting))))
	for _, f := range fitting[:cap(out)] {
		out = append(out, Proposal{Candidate: f.Candidate, Reasons: f.reasons(n)})
	}
	return out
}

// fit is a candidate that fits, with what its place among the others depends on.
type fit struct {
	Candidate

	covered, missing []support.Kind // of the wanted kinds, in their order
	onSite           bool           // goes on site in the space's region, and that counts
	atHome           bool
	speaks           bool
	lot              uint64
}

// weigh reports whether the candidate fits.
func weigh(n Needs, c Candidate, seed int64) (fit, bool) {
	f := fit{Candidate: c, lot: lot(seed, c.ID)}
	f.atHome = n.Region != "" && c.Region == n.Region
	f.onSite = n.Mode != support.Remote && c.area().GoesTo(n.Region)
	f.speaks = slices.Contains(c.Languages, n.Lang)
	for _, k := range n.Kinds {
		if slices.Contains(c.Kinds, k) {
			f.covered = append(f.covered, k)
		} else {
			f.missing = append(f.missing, k)
		}
	}
	switch {
	case c.Taken >= c.Capacity,
		!c.area().Serves(n.Mode, n.Region),
		n.Size != "" && !slices.Contains(c.Sizes, n.Size),
		len(n.Kinds) > 0 && len(f.covered) == 0:
		return fit{}, false
	}
	return f, true
}

// area is where the candidate helps.
func (c Candidate) area() support.Area {
	return support.Area{Home: c.Region, Regions: c.Regions, Everywhere: c.Everywhere, OnSite: c.OnSite, Remote: c.Remote}
}

func compare(a, b fit) int {
	return cmp.Or(
		cmp.Compare(len(b.covered), len(a.covered)), // of the same wanted kinds
		first(a.onSite, b.onSite),
		first(a.atHome, b.atHome),
		first(a.speaks, b.speaks),
		cmp.Compare(a.Taken*b.Capacity, b.Taken*a.Capacity), // a.Taken/a.Capacity, without rounding
		a.LastProposed.Compare(b.LastProposed),
		cmp.Compare(a.lot, b.lot),
		cmp.Compare(a.ID, b.ID),
	)
}

// first puts the one that does before the one that does not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// reasons are what spoke for the candidate: each is true of it, and was looked at.
func (f fit) reasons(n Needs) []Reason {
	var rs []Reason
	if f.onSite {
		rs = append(rs, Reason{Code: ReasonRegion, Region: n.Region})
	}
	if f.atHome {
		rs = append(rs, Reason{Code: ReasonNearby, Region: n.Region})
	}
	if f.Remote && !f.onSite && n.Mode != support.OnSite {
		rs = append(rs, Reason{Code: ReasonRemote})
	}
	switch {
	case len(n.Kinds) == 0:
	case len(f.missing) == 0:
		rs = append(rs, Reason{Code: ReasonKinds, Kinds: f.covered})
	default:
		rs = append(rs, Reason{Code: ReasonPartly, Kinds: f.covered, Missing: f.missing})
	}
	if n.Size != "" {
		rs = append(rs, Reason{Code: ReasonSize, Size: n.Size})
	}
	rs = append(rs, Reason{Code: ReasonPlaces, Free: f.Capacity - f.Taken, Places: f.Capacity})
	if f.speaks && n.Lang != "fr" { // everybody here speaks French
		rs = append(rs, Reason{Code: ReasonLang})
	}
	if f.Chatons {
		rs = append(rs, Reason{Code: ReasonChatons})
	}
	return rs
}

// lot draws a number for a candidate and a seed, by the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable
// Pseudorandom Number Generators, 2014).
func lot(seed, id int64) uint64 {
	z := uint64(seed)*0x9e3779b97f4a7c15 + uint64(id) //nolint:gosec // bits, not a number
	for range 2 {
		z += 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
	}
	return z
}
