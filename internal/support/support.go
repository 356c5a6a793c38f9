// Package support holds the words that the services about support share: kinds of support, regions, sizes, working time, and
// the events that they tell. The services are beside it, one a folder: directory (providers), linking (space ↔ provider),
// tickets, inbox (mails that come in), webhooks.
//
// It must never keep anything or know a service.
package support

import "slices"

// Kind is a kind of support, as Emancip'Asso's directory sorts them.
type Kind string

// The kinds of support.
const (
	KindNeeds     Kind = "needs"     // needs and objectives
	KindAwareness Kind = "awareness" // awareness and involvement
	KindStrategy  Kind = "strategy"  // digital strategy and roadmap
	KindDiagnosis Kind = "diagnosis" // diagnosis of tools and practices
	KindAdvice    Kind = "advice"    // technical advice on tools
	KindMigration Kind = "migration"
	KindChange    Kind = "change" // change management
	KindTraining  Kind = "training"
	KindHosting   Kind = "hosting"
)

// Kinds returns all kinds, in the order in which help usually comes.
func Kinds() []Kind {
	return []Kind{KindNeeds, KindAwareness, KindStrategy, KindDiagnosis, KindAdvice, KindMigration, KindChange, KindTraining,
		KindHosting}
}

// ValidKind reports whether there is such a kind.
func ValidKind(k string) bool { return slices.Contains(Kinds(), Kind(k)) }

// TechnologyOnly reports whether an offer of these kinds deploys technology and nothing else: such offers are not listed.
func TechnologyOnly(kinds []Kind) bool {
	for _, k := range kinds {
		if k != KindHosting && k != KindMigration && k != KindAdvice {
			return false
		}
	}
	return len(kinds) > 0
}

// Mode is where support takes place.
type Mode string

// The modes. AnyMode is for those who need help, not for those who give it.
const (
	AnyMode Mode = "any"
	OnSite  Mode = "on_site"
	Remote  Mode = "remote"
)

// Modes returns all modes.
func Modes() []Mode { return []Mode{AnyMode, OnSite, Remote} }

// Size is the size of an association, by the people who will use its space.
type Size string

// The sizes.
const (
	Small  Size = "small"  // up to 10 people
	Medium Size = "medium" // 11 to 50
	Large  Size = "large"  // more
)

// Sizes returns all sizes, the smallest first.
func Sizes() []Size { return []Size{Small, Medium, Large} }

// SizeOf is the size of an association of so many people.
func SizeOf(people int) Size {
	switch {
	case people <= 10:
		return Small
	case people <= 50:
		return Medium
	default:
		return Large
	}
}

// Structure is the kind of organisation that a provider is.
type Structure string

// The structures.
const (
	Association     Structure = "association"
	Cooperative     Structure = "cooperative"
	MicroEnterprise Structure = "micro_enterprise"
	Company         Structure = "company"
	Collective      Structure = "collective"
)

// Structures returns all structures.
func Structures() []Structure {
	return []Structure{Association, Cooperative, MicroEnterprise, Company, Collective}
}

// Languages returns the languages in which support is given, as ISO 639 codes, and "lsf" for the French sign language.
func Languages() []string {
	return []string{"fr", "en", "br", "eu", "ca", "co", "oc", "de", "es", "it", "pt", "ar", "lsf"}
}
