package demo

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
)

// The providers of the samples. Whoever runs the demonstration signs in as the first.
const (
	ownProvider    = "La Clé des champs numériques"
	cloudProvider  = "Les Mains dans le nuage"
	smallProvider  = "Toile et Garrigue" // has one place
	formerProvider = "Scop Engrenages"
	newProvider    = "Papillon Formation"

	// spacesAtOnce is far above how many spaces the samples have.
	spacesAtOnce = 500
)

// supportSeeder makes providers, links and tickets, through the services and as their people would.
type supportSeeder struct {
	*seeder

	providers map[string]string // public ids by name
	managers  map[string]identity.Person
	tickets   int
}

// home is a sample's space and its lead.
type home struct {
	space int64
	lead  identity.Person
}

// support fills the directory, links some of the spaces, and lets people ask for help.
func (s *seeder) support(ctx context.Context) error {
	listed, err := providerSeeder{directory: s.nichoir.Directory, identity: s.nichoir.Identity, admin: s.admin, now: s.now}.seed(ctx)
	if err != nil {
		return fmt.Errorf("make the sample providers: %w", err)
	}
	if _, err := s.nichoir.Linking.Tend(ctx, spacesAtOnce); err != nil { // each lead is asked what they need
		return fmt.Errorf("begin the searches: %w", err)
	}
	d := &supportSeeder{seeder: s, providers: listed, managers: map[string]identity.Person{}}
	for _, part := range []func(context.Context) error{d.meet, d.link, d.refuseThrice, d.change, d.settleLinks, d.ask} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// meet finds who manages each provider.
func (d *supportSeeder) meet(ctx context.Context) error {
	for name, publicID := range d.providers {
		p, err := d.nichoir.Directory.ByPublicID(ctx, publicID)
		if err != nil {
			return fmt.Errorf("read a sample provider: %w", err)
		}
		if d.managers[name], err = d.nichoir.Identity.PersonByEmail(ctx, p.Profile.Email); err != nil {
			return fmt.Errorf("find who manages a sample provider: %w", err)
		}
	}
	return nil
}

func (d *supportSeeder) home(ctx context.Context, name string) (home, error) {
	v, err := d.view(ctx, association{name: name})
	if err != nil {
		return home{}, err
	}
	lead, err := d.nichoir.Identity.Person(ctx, v.Space.PersonID)
	if err != nil {
		return home{}, fmt.Errorf("read the lead of a sample: %w", err)
	}
	return home{v.Space.ID, lead}, nil
}

// choose puts the space of an association to a provider.
func (d *supportSeeder) choose(ctx context.Context, association, provider, words, summary string) (linking.Link, error) {
	h, err := d.home(ctx, association)
	if err != nil {
		return linking.Link{}, err
	}
	l, err := d.nichoir.Linking.Choose(ctx, h.space, d.providers[provider], linking.FromDirectory, words, summary, h.lead)
	if err != nil {
		return linking.Link{}, fmt.Errorf("choose %s: %w", provider, err)
	}
	return l, nil
}

func (d *supportSeeder) accept(ctx context.Context, association, provider, words, summary string) error {
	l, err := d.choose(ctx, association, provider, words, summary)
	if err != nil {
		return err
	}
	if err := d.nichoir.Linking.Accept(ctx, l.PublicID, d.managers[provider]); err != nil {
		return fmt.Errorf("accept for %s: %w", provider, err)
	}
	return nil
}

func (d *supportSeeder) link(ctx context.Context) error {
	for _, l := range []struct{ association, provider, words string }{
		{"Les Canards du canal", ownProvider, "Nous sommes vingt-quatre, dont une bonne moitié n'a jamais partagé un fichier. Nous cherchons quelqu'un qui vienne nous montrer."},
		{"Chorale Les Voix mêlées", ownProvider, "Surtout l'agenda et les partitions : qui range quoi, et où ?"},
		{"Le Fil solidaire", smallProvider, "Deux matinées pour apprendre à nous servir de l'espace, si possible dans l'atelier."},
		{"Cinéma itinérant La Bobine", cloudProvider, "Nous quittons un autre service et il y a beaucoup de fichiers à déplacer."},
	} {
		if err := d.accept(ctx, l.association, l.provider, l.words, ""); err != nil {
			return err
		}
	}
	if _, err := d.choose(ctx, "La Ressourcerie du Moulin", ownProvider,
		"Dix-huit personnes, en insertion pour la plupart. Il faudrait commencer tout doucement : ouvrir un document, le retrouver le lendemain.", ""); err != nil {
		return err
	}
	h, err := d.home(ctx, "Jardin partagé des Trois-Figuiers")
	if err != nil {
		return err
	}
	if err := d.nichoir.Linking.NotYet(ctx, h.space, h.lead); err != nil {
		return fmt.Errorf("want none yet: %w", err)
	}
	return nil
}

// refuseThrice lets three providers in a row decline: what is left is what else there is.
func (d *supportSeeder) refuseThrice(ctx context.Context) error {
	const name = "Secours aux hérissons d'Armor"
	l, err := d.choose(ctx, name, "Coopérative Le Bon Cap", "Nous cherchons de l'aide pour tenir à jour la liste des bénévoles.", "")
	if err != nil {
		return err
	}
	for range linking.MaxRefusals {
		p, err := d.nichoir.Directory.Provider(ctx, l.ProviderID)
		if err != nil {
			return fmt.Errorf("read a sample provider: %w", err)
		}
		if err := d.nichoir.Linking.Decline(ctx, l.PublicID, "Notre carnet est plein jusqu'à l'été.", d.managers[p.Profile.Name]); err != nil {
			return fmt.Errorf("decline for %s: %w", p.Slug, err)
		}
		search, err := d.nichoir.Linking.Search(ctx, l.SpaceID)
		if err != nil {
			return fmt.Errorf("read the search: %w", err)
		}
		if search.Pending == nil {
			return nil
		}
		l = *search.Pending
	}
	return nil
}

// change is an association that went to another provider.
func (d *supportSeeder) change(ctx context.Context) error {
	const name = "Accueil paysan du Vallon"
	if err := d.accept(ctx, name, formerProvider, "Un premier tour d'horizon de nos outils.", ""); err != nil {
		return err
	}
	return d.accept(ctx, name, newProvider, "", "Le tour d'horizon est fait : nous gardons l'agenda partagé et laissons tomber les trois tableurs. "+
		"Il reste à former les fermes, une par une.")
}

// settleLinks moves what came of the links into the past: each was answered a day or two after it was put to the provider.
func (d *supportSeeder) settleLinks(ctx context.Context) error {
	return d.write(ctx, `WITH place AS (SELECT id, (SELECT max(id) FROM support_links) + 10 - id AS n FROM support_links)
		UPDATE support_links l SET proposed_at = l.proposed_at - place.n * interval '2 days' - interval '30 hours' - place.n * interval '3 hours',
			answered_at = l.answered_at - place.n * interval '2 days', ended_at = l.ended_at - (place.n - 1) * interval '2 days'
		FROM place WHERE place.id = l.id AND l.state <> 'proposed'`)
}

// talk is one line of a sample conversation.
type talk struct {
	by       identity.Person
	body     string
	then     tickets.Then
	internal bool
	file     *tickets.File
}

// request is a sample of asking for help.
type request struct {
	association, provider string
	ticket                tickets.NewTicket
	talks                 func(lead, helper identity.Person) []talk
	age                   time.Duration
}

// ask opens tickets and talks about them.
func (d *supportSeeder) ask(ctx context.Context) error {
	for _, r := range sampleRequests() {
		if err := d.request(ctx, r); err != nil {
			return fmt.Errorf("ask for help for %s: %w", r.association, err)
		}
	}
	return nil
}

func (d *supportSeeder) request(ctx context.Context, r request) error {
	h, err := d.home(ctx, r.association)
	if err != nil {
		return err
	}
	d.tickets++
	n := r.ticket
	n.Key, n.SpaceID, n.Via = fmt.Sprintf("sample-ticket-%04d", d.tickets), h.space, tickets.ByWeb
	t, err := d.nichoir.Tickets.Open(ctx, n, h.lead)
	if err != nil {
		return err
	}
	helper := d.admin
	if r.provider != "" {
		helper = d.managers[r.provider]
	}
	for i, said := range r.talks(h.lead, helper) {
		m := tickets.NewMessage{Key: fmt.Sprintf("%s-%d", n.Key, i), Body: said.body, Then: said.then, Internal: said.internal, Via: tickets.ByWeb}
		if said.file != nil {
			m.Files = []tickets.File{*said.file}
		}
		if err := d.nichoir.Tickets.Say(ctx, t.PublicID, m, said.by); err != nil {
			return err
		}
	}
	if r.ticket.Kind == support.KindMigration {
		if err := d.nichoir.Tickets.Escalate(ctx, t.PublicID, "Les fichiers dépassent ce que l'espace peut prendre : pouvez-vous regarder le serveur ?", helper); err != nil {
			return err
		}
	}
	return d.age(ctx, t.ID, r.age)
}

// age moves a conversation into the past; its lines lie an hour of work apart.
func (d *supportSeeder) age(ctx context.Context, ticket int64, by time.Duration) error {
	err := d.write(ctx, `UPDATE ticket_messages m SET created_at = m.created_at - $2::interval + (
			SELECT count(*) FROM ticket_messages x WHERE x.ticket_id = m.ticket_id AND x.id < m.id) * interval '1 hour'
		WHERE m.ticket_id = $1`, ticket, by)
	if err != nil {
		return err
	}
	return d.write(ctx, `UPDATE tickets t SET created_at = t.created_at - $2::interval,
			updated_at = (SELECT max(m.created_at) FROM ticket_messages m WHERE m.ticket_id = t.id),
			answer_worked = CASE WHEN t.answered_at IS NULL THEN t.answer_worked ELSE $3 END,
			worked = CASE WHEN t.solved_at IS NULL THEN t.worked ELSE $3 * (SELECT count(*) - 1 FROM ticket_messages m WHERE m.ticket_id = t.id) END
		WHERE t.id = $1`, ticket, by, int64(time.Hour/time.Second))
}
