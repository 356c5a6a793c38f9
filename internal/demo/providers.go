package demo

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// providerFate is what becomes of a sample provider.
type providerFate int

const (
	providerListed  providerFate = iota
	providerResting              // listed, and on holiday
	providerWaiting              // applied: the team is to decide
	providerAsked                // applied, and the team has asked something
	providerRefused              // only deploys technology
)

// providerSeeder makes the sample providers, through the directory and as its people would.
type providerSeeder struct {
	directory *directory.Service
	identity  *identity.Service
	admin     identity.Person
	now       time.Time
}

// seed fills an empty directory and returns the public ids of its providers by name, the waiting and refused ones left out.
func (s providerSeeder) seed(ctx context.Context) (map[string]string, error) {
	listed := map[string]string{}
	for n, sample := range sampleProviders() {
		p, err := s.apply(ctx, n, sample)
		if err != nil {
			return nil, err
		}
		if err := s.decide(ctx, n, p, sample); err != nil {
			return nil, fmt.Errorf("decide on %s: %w", p.Slug, err)
		}
		if sample.fate == providerListed || sample.fate == providerResting {
			listed[sample.profile.Name] = p.PublicID
		}
	}
	return listed, nil
}

// apply sends the form and confirms the address.
func (s providerSeeder) apply(ctx context.Context, n int, sample sampleProvider) (directory.Provider, error) {
	f := sample.profile
	slug := onboarding.Slugify(f.Name)
	f.Website, f.Email = "https://"+slug+".example", contactOf(f.Name)
	projects := make([]directory.Project, 0, len(sample.projects))
	for i, p := range sample.projects {
		projects = append(projects, directory.Project{Association: p.association, Year: s.now.Year() - p.ago, Summary: p.summary,
			Proof: p.proof, Public: i != 2}) // the third would rather not be named
	}
	p, err := s.directory.Apply(ctx, directory.Application{
		Key: fmt.Sprintf("sample-provider-%04d", n), Profile: f, ContactName: sample.contact, Projects: projects,
		Capacity: sample.places, Lang: "fr", Remote: fmt.Sprintf("198.51.100.%d", n+1),
	})
	if err != nil {
		return directory.Provider{}, fmt.Errorf("apply for %s: %w", slug, err)
	}
	token, _, err := s.identity.MintLink(ctx, identity.PurposeProviderConfirm, p.ID, p.Profile.Email, p.Lang)
	if err != nil {
		return directory.Provider{}, fmt.Errorf("make the link of %s: %w", slug, err)
	}
	if p, err = s.directory.Confirm(ctx, token); err != nil {
		return directory.Provider{}, fmt.Errorf("confirm the address of %s: %w", slug, err)
	}
	return p, nil
}

// decide does what the team does with an application, and what the provider does then.
func (s providerSeeder) decide(ctx context.Context, n int, p directory.Provider, sample sampleProvider) error {
	switch sample.fate {
	case providerAsked:
		return s.directory.Ask(ctx, p.PublicID, fmt.Sprintf("sample-question-%04d", n),
			"Merci pour votre candidature ! Qui pouvons-nous joindre à la chorale, au sujet de la formation que vous citez ?", s.admin)
	case providerRefused:
		return s.directory.Refuse(ctx, p.PublicID, "Les projets que vous citez sont des installations de serveurs : nous n'y avons pas "+
			"trouvé d'accompagnement de personnes. L'annuaire est fait pour les associations qui cherchent quelqu'un à qui parler. "+
			"Si vous formez ou conseillez aussi, revenez vers nous avec des exemples.", true, s.admin, directory.Applied)
	case providerListed:
		return s.directory.List(ctx, p.PublicID, s.admin)
	case providerResting:
		return s.rest(ctx, p)
	default: // waits
		return nil
	}
}

// rest lists a provider whose manager goes on holiday at once.
func (s providerSeeder) rest(ctx context.Context, p directory.Provider) error {
	if err := s.directory.List(ctx, p.PublicID, s.admin); err != nil {
		return fmt.Errorf("list it: %w", err)
	}
	manager, err := s.identity.PersonByEmail(ctx, p.Profile.Email)
	if err != nil {
		return fmt.Errorf("find its manager: %w", err)
	}
	return s.directory.Pause(ctx, p.PublicID, support.Span{Until: s.now.AddDate(0, 0, 18)}, directory.PauseHolidays, manager)
}

// contactOf is a provider's address, under a domain that can never exist (RFC 2606).
func contactOf(name string) string { return "contact@" + onboarding.Slugify(name) + ".example" }
