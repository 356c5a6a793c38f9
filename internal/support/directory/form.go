package directory

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/typed"
)

// The limits of what is typed, in characters. Forms show the upper ones.
const (
	NameMax         = 100
	TownMax         = 80
	PresentationMax = 3000
	OfferMax        = 1500
	WebsiteMax      = 300
	PhoneMax        = 25
	TextMax         = 5000

	nameMin         = 2
	townMin         = 2
	presentationMin = 40
	phoneMin        = 6
	questionMin     = 10
)

// The limits of what is counted.
const (
	peopleMax = 10_000
	placesMax = 500 // as the database's
)

// form gathers what is wrong with what was typed.
type form struct{ wrong []problem.Field }

func (f *form) refuse(name, key string, args map[string]any) {
	f.wrong = append(f.wrong, problem.Field{Name: name, Key: key, Args: args})
}

// length refuses what has fewer or more characters.
func (f *form) length(name, v string, low, high int) {
	if n := utf8.RuneCountInString(v); n < low || n > high {
		key := "problem.provider_length"
		if low == 0 {
			key = "problem.provider_too_long"
		}
		f.refuse(name, key, map[string]any{"min": low, "max": high, "length": n})
	}
}

// number refuses what is less or more.
func (f *form) number(name string, v, low, high int) {
	if v < low || v > high {
		f.refuse(name, "problem.provider_number", map[string]any{"min": low, "max": high})
	}
}

// err is the refusal of all that is wrong; nil when nothing is.
func (f *form) err() error {
	if len(f.wrong) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Fields: f.wrong}
}

// choice returns those of all that were chosen, in the order of all. It refuses what is not one of them, and nothing at all.
func choice[S ~string](f *form, name string, chosen, all []S) []S {
	for _, c := range chosen {
		if !slices.Contains(all, c) {
			f.refuse(name, "problem.choice_unknown", nil)
			return nil
		}
	}
	out := make([]S, 0, len(chosen))
	for _, a := range all {
		if slices.Contains(chosen, a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		f.refuse(name, "problem.choice_missing", nil)
	}
	return out
}

// profile normalises a profile and gathers all that is wrong with it.
func (s *Service) profile(f *form, p Profile) Profile {
	p.Name, p.Town = typed.Line(p.Name), typed.Line(p.Town)
	p.Presentation, p.Free, p.Quoted = typed.Paragraphs(p.Presentation), typed.Paragraphs(p.Free), typed.Paragraphs(p.Quoted)
	f.length(FieldName, p.Name, nameMin, NameMax)
	if !slices.Contains(support.Structures(), p.Structure) {
		f.refuse(FieldStructure, "problem.choice_missing", nil)
	}
	f.number(FieldPeople, p.People, 1, peopleMax)
	f.length(FieldTown, p.Town, townMin, TownMax)
	if !slices.Contains(support.Regions(), p.Region) {
		f.refuse(FieldRegion, "problem.choice_missing", nil)
	}
	p = area(f, p)
	p.Kinds = choice(f, FieldKinds, p.Kinds, support.Kinds())
	if support.TechnologyOnly(p.Kinds) {
		f.refuse(FieldKinds, "problem.provider_technology_only", nil)
	}
	p.Sizes = choice(f, FieldSizes, p.Sizes, support.Sizes())
	p.Languages = choice(f, FieldLanguages, p.Languages, support.Languages())
	f.length(FieldPresentation, p.Presentation, presentationMin, PresentationMax)
	f.length(FieldFree, p.Free, 0, OfferMax)
	f.length(FieldQuoted, p.Quoted, 0, OfferMax)
	if p.Free == "" && p.Quoted == "" {
		f.refuse(FieldFree, "problem.provider_offer", nil)
	}
	return s.reach(f, p)
}

// area checks where the help takes place. Regions and "everywhere" are for help on site.
func area(f *form, p Profile) Profile {
	if !p.OnSite && !p.Remote {
		f.refuse(FieldModes, "problem.choice_missing", nil)
	}
	if p.OnSite && !p.Everywhere {
		p.Regions = choice(f, FieldRegions, p.Regions, support.Regions())
		return p
	}
	p.Regions, p.Everywhere = nil, p.OnSite
	return p
}

// reach checks how the provider is reached.
func (s *Service) reach(f *form, p Profile) Profile {
	address, err := s.opts.ParseAddress(p.Email)
	if err != nil {
		f.refuse(FieldEmail, "problem.email_invalid", nil)
	}
	p.Email = address
	site, ok := website(p.Website)
	if !ok {
		f.refuse(FieldWebsite, "problem.website_invalid", nil)
	}
	p.Website = site
	if p.Phone = typed.Line(p.Phone); p.Phone != "" && !validPhone(p.Phone) {
		f.refuse(FieldPhone, "problem.phone_invalid", nil)
	}
	return p
}

// hostName is of hosts with a domain; the last part of an address of numbers begins with none of its letters.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$`)

// website returns the address of a site as it is kept: with http or https, a public-looking host in ASCII and without a user.
// What was typed without a scheme is taken as https. "" is none, and good.
func website(s string) (string, bool) {
	s = typed.Line(s)
	if s == "" {
		return "", true
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil || !hostName.MatchString(host) {
		return "", false
	}
	port := u.Port()
	u.Host = host
	if port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", false
		}
		u.Host = net.JoinHostPort(host, port)
	}
	s = u.String()
	return s, len(s) <= WebsiteMax
}

// validPhone reports whether s can be a telephone number, however it is grouped.
func validPhone(s string) bool {
	if n := len(s); n < phoneMin || n > PhoneMax {
		return false
	}
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" .-/()", r):
		default:
			return false
		}
	}
	return digits >= phoneMin
}

// searchText is the text in which a provider is searched, folded.
func searchText(p Profile) string {
	return typed.Fold(strings.Join([]string{
		p.Name, p.Town, strings.ReplaceAll(string(p.Region), "-", " "), p.Presentation, p.Free, p.Quoted,
	}, " "))
}
