package support

import "slices"

// Region is a region of France, or what lies outside of them. Its words are in the catalogues.
type Region string

// Elsewhere is for associations that speak French in other countries.
const Elsewhere Region = "hors-de-france"

// Regions returns the eighteen regions of France since 2016 (loi n° 2015-29), the overseas collectivities as one, and
// Elsewhere, in the order of their French names.
func Regions() []Region {
	return []Region{
		"auvergne-rhone-alpes", "bourgogne-franche-comte", "bretagne", "centre-val-de-loire", "corse", "grand-est", "guadeloupe",
		"guyane", "hauts-de-france", "ile-de-france", "la-reunion", "martinique", "mayotte", "normandie", "nouvelle-aquitaine",
		"occitanie", "pays-de-la-loire", "provence-alpes-cote-d-azur", "autres-outre-mer", Elsewhere,
	}
}

// ValidRegion reports whether there is such a region.
func ValidRegion(r string) bool { return slices.Contains(Regions(), Region(r)) }
