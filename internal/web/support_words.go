package web

import (
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
)

// kindWord is a kind of support and what it is for: "Migration : déménager fichiers, agendas et contacts".
func kindWord(k support.Kind) i18n.Message { return i18n.M("support.kind." + string(k)) }

// kindShort is a kind of support by its name alone.
func kindShort(k support.Kind) i18n.Message { return i18n.M("support.kind-short." + string(k)) }

// kindList names kinds one after the other: "Migration, Hébergement".
func kindList(kinds []support.Kind) i18n.Message { return listWords(kinds, kindShort) }

// regionWord is a region's name.
func regionWord(r support.Region) i18n.Message { return i18n.M("support.region." + string(r)) }

// regionIn is a region as a place where something happens: "en Bretagne", "dans les Hauts-de-France".
func regionIn(r support.Region) i18n.Message { return i18n.M("support.region-in." + string(r)) }

// modeWord is where support takes place.
func modeWord(m support.Mode) i18n.Message { return i18n.M("support.mode." + string(m)) }

// sizeWord is what a size means in people: "de 11 à 50 personnes".
func sizeWord(z support.Size) i18n.Message { return i18n.M("support.size." + string(z)) }

// structureWord is the kind of organisation.
func structureWord(st support.Structure) i18n.Message {
	return i18n.M("support.structure." + string(st))
}

// languageWord is a language's name, in small letters as French writes it.
func languageWord(code string) i18n.Message { return i18n.M("support.language." + code) }

// reasonWord is what speaks for a provider, as the rest of a sentence that begins with its name.
func reasonWord(r linking.Reason) i18n.Message {
	key := "support.reason." + string(r.Code)
	switch r.Code {
	case linking.ReasonRegion:
		return i18n.M(key, "Region", regionIn(r.Region))
	case linking.ReasonKinds:
		return i18n.M(key, "Kinds", kindList(r.Kinds))
	case linking.ReasonPartly:
		return i18n.M(key, "Kinds", kindList(r.Kinds), "Missing", kindList(r.Missing))
	case linking.ReasonSize:
		return i18n.M(key, "Size", sizeWord(r.Size))
	case linking.ReasonPlaces:
		return i18n.M(key, "Count", r.Free, "Free", r.Free, "Places", r.Places)
	default:
		return i18n.M(key)
	}
}

// workTime is a time of work in hours, or in minutes: a day of it would be read as one of seven hours, or of 24.
func workTime(d time.Duration) i18n.Message {
	if d < time.Hour {
		return i18n.M("common.time.minutes", "Count", max(1, int(d/time.Minute)))
	}
	return i18n.M("common.time.hours", "Count", int(d/time.Hour))
}

// listWords puts values in words, one after the other with commas; nothing when there are none.
func listWords[T any](values []T, word func(T) i18n.Message) i18n.Message {
	var list i18n.Message
	for i, value := range values {
		if i == 0 {
			list = word(value)
			continue
		}
		list = i18n.M("support.list", "First", list, "Last", word(value))
	}
	return list
}
