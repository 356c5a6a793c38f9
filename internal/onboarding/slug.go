package onboarding

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"nichoir/internal/typed"
)

// The length of a slug, in characters.
const (
	slugMin = 3
	slugMax = 40
)

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ValidSlug reports whether s can be a slug: 3 to 40 of a-z, 0-9 and single dashes inside.
func ValidSlug(s string) bool {
	return len(s) >= slugMin && len(s) <= slugMax && slugForm.MatchString(s)
}

// Reserved reports whether the slug is kept for Nichoir, for the host or for what could be taken for either.
func Reserved(slug string) bool {
	switch slug {
	case "www", "web", "api", "app", "cdn", "static", "assets", "ftp", "ssh", "dns", "vpn", "git",
		"admin", "administrateur", "administrator", "root", "staff", "equipe", "system", "moderation",
		"mail", "smtp", "imap", "pop", "webmail", "postmaster", "hostmaster", "webmaster", "abuse", "noreply", "security",
		"framaspace", "framasoft", "nichoir", "nextcloud", "collabora", "onlyoffice", "talk",
		"support", "aide", "help", "contact", "info", "status", "statut", "blog", "docs", "doc", "wiki",
		"test", "tests", "demo", "dev", "staging", "prod", "example", "exemple", "localhost",
		"login", "connexion", "compte", "account", "demande", "suivi", "espace", "prestataire", "prestataires",
		"group", "groupe", "users", "user", "public", "null", "undefined":
		return true
	}
	return false
}

// Slugify returns the slug nearest to a name: "Les Œuvres d'Été" becomes "les-oeuvres-d-ete". A name without any Latin letter
// or digit gives "".
func Slugify(name string) string { return typed.Slug(name, slugMax) }

// SlugFree reports whether the slug can be had now. If it cannot, proposal is one that can, near to it. A string that could
// not be a slug is not free; the proposal is then made from it as from a name.
func (s *Service) SlugFree(ctx context.Context, slug string) (free bool, proposal string, err error) {
	base := slug
	if !ValidSlug(slug) {
		base = Slugify(slug)
	}
	if ValidSlug(base) && !Reserved(base) { // most often free: the hundred others need not be looked up
		taken, err := s.store.TakenSlugs(ctx, []string{base})
		if err != nil {
			return false, "", fmt.Errorf("look a slug up: %w", err)
		}
		switch {
		case len(taken) == 0 && base == slug:
			return true, "", nil
		case len(taken) == 0:
			return false, base, nil
		}
	}
	candidates := proposals(base)
	taken, err := s.store.TakenSlugs(ctx, candidates)
	if err != nil {
		return false, "", fmt.Errorf("look slugs up: %w", err)
	}
	for _, c := range candidates {
		if !slices.Contains(taken, c) {
			return false, c, nil
		}
	}
	return false, "", nil // a hundred namesakes: nothing near is left to propose
}

// proposals are slugs near to base, the likeliest first.
func proposals(base string) []string {
	if base == "" {
		base = "asso"
	}
	out := make([]string, 0, 100)
	add := func(suffix string) {
		head := strings.TrimRight(base[:min(len(base), slugMax-len(suffix))], "-")
		if c := head + suffix; ValidSlug(c) && !Reserved(c) {
			out = append(out, c)
		}
	}
	if base != "asso" && !strings.HasSuffix(base, "-asso") {
		add("-asso")
	}
	for n := 2; n <= 100; n++ {
		add(fmt.Sprintf("-%d", n))
	}
	return out
}
