package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"nichoir/internal/support"
	"nichoir/internal/typed"
)

// Search answers the public directory. Accents, case and what stands between words do not count in the text; all its words
// must be found, and a text without any finds nobody.
//
// A facet is what the directory would show with that choice beside the others: of kinds it is added to those chosen, elsewhere
// it takes the place of the one chosen. There are tens of providers, a few hundred at most: they are read and filtered here.
func (s *Service) Search(ctx context.Context, q Query) (Result, error) {
	all, err := s.store.Listing(ctx, s.now())
	if err != nil {
		return Result{}, fmt.Errorf("read the directory: %w", err)
	}
	said := make([]Provider, 0, len(all))
	for _, l := range all {
		if q.names(l) {
			said = append(said, l.Provider)
		}
	}
	r := Result{Total: len(all), Facets: facets(said, q)}
	for _, p := range said {
		if q.takes(p) {
			r.Providers = append(r.Providers, public(p))
		}
	}
	slices.SortFunc(r.Providers, func(a, b Provider) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), byName(a, b))
	})
	return r, nil
}

// Export is Search with the public projects of each provider.
func (s *Service) Export(ctx context.Context, q Query) (Result, error) {
	r, err := s.Search(ctx, q)
	if err != nil {
		return Result{}, err
	}
	ids := make([]int64, 0, len(r.Providers))
	for _, p := range r.Providers {
		ids = append(ids, p.ID)
	}
	projects, err := s.store.PublicProjects(ctx, ids)
	if err != nil {
		return Result{}, fmt.Errorf("read the projects: %w", err)
	}
	for i, p := range r.Providers {
		r.Providers[i].Projects = projects[p.ID]
	}
	return r, nil
}

// rank puts those that rest last.
func rank(p Provider) int {
	if p.State == Paused {
		return 1
	}
	return 0
}

// takes reports whether the query lets a provider through, its text aside.
func (q Query) takes(provider Provider) bool {
	p := provider.Profile
	return containsAll(p.Kinds, q.Kinds) &&
		p.area().Serves(q.Mode, q.Region) &&
		(q.Size == "" || slices.Contains(p.Sizes, q.Size)) &&
		(q.Structure == "" || p.Structure == q.Structure) &&
		(q.Language == "" || slices.Contains(p.Languages, q.Language)) &&
		(!q.Chatons || p.Chatons) &&
		(!q.Free || provider.State == Listed && provider.Free() > 0)
}

// names reports whether all words of the query's text stand in what is said of a provider.
func (q Query) names(l Listing) bool {
	if typed.Line(q.Text) == "" {
		return true
	}
	text := l.Search
	if q.Words != nil {
		text += " " + typed.Fold(q.Words(l.Provider.Profile))
	}
	words := strings.FieldsFunc(typed.Fold(q.Text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// area is where the provider helps, as the match sees it too.
func (p Profile) area() support.Area {
	return support.Area{Home: p.Region, Regions: p.Regions, Everywhere: p.Everywhere, OnSite: p.OnSite, Remote: p.Remote}
}

func containsAll[S comparable](has, wanted []S) bool {
	for _, w := range wanted {
		if !slices.Contains(has, w) {
			return false
		}
	}
	return true
}

// facets counts what each further choice would leave.
func facets(among []Provider, q Query) Facets {
	count := func(q Query) int {
		n := 0
		for _, p := range among {
			if q.takes(p) {
				n++
			}
		}
		return n
	}
	chatons, free := q, q
	chatons.Chatons, free.Free = true, true
	return Facets{
		Kinds: facet(support.Kinds(), func(k support.Kind) int {
			with := q
			with.Kinds = append(slices.Clone(q.Kinds), k)
			return count(with)
		}),
		Regions:    facet(support.Regions(), func(r support.Region) int { with := q; with.Region = r; return count(with) }),
		Modes:      facet(support.Modes(), func(m support.Mode) int { with := q; with.Mode = m; return count(with) }),
		Sizes:      facet(support.Sizes(), func(z support.Size) int { with := q; with.Size = z; return count(with) }),
		Structures: facet(support.Structures(), func(t support.Structure) int { with := q; with.Structure = t; return count(with) }),
		Languages:  facet(support.Languages(), func(l string) int { with := q; with.Language = l; return count(with) }),
		Chatons:    count(chatons),
		Free:       count(free),
	}
}

func facet[S comparable](values []S, count func(S) int) map[S]int {
	out := make(map[S]int, len(values))
	for _, v := range values {
		out[v] = count(v)
	}
	return out
}
