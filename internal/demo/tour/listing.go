package tour

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"nichoir/internal/demo/mailcatcher"
)

// What the tour's provider offers. The association will look for the kind, in the region.
const (
	aidKind   = "training"
	aidRegion = "bretagne"
	aidFree   = "Une heure pour faire connaissance"
)

// listing is the way of an organisation into the directory. It comes before there is a space: providers are there first.
func (t *tour) listing() []step {
	var mail mailcatcher.Message
	return []step{
		{"An organisation applies to be listed, with three past projects", func(ctx context.Context) (string, error) {
			return t.names.provider(), t.join(ctx, t.names.provider(), t.names.helperName(), t.names.helperEmail())
		}},
		{"It confirms its address by the mail's link", func(ctx context.Context) (string, error) {
			var err error
			mail, err = t.confirmProvider(ctx, t.names.helperEmail())
			return "“" + mail.Subject + "”", err
		}},
		{"The admin reads the projects and accepts it", t.listProvider},
		{"It is in the directory, on its page, in the JSON and in the CSV", t.readDirectory},
	}
}

// join sends the form of an organisation that wants to be listed.
func (t *tour) join(ctx context.Context, name, contact, address string) error {
	p, err := t.public.open(ctx, "/prestataires/rejoindre")
	if err != nil {
		return err
	}
	f, err := t.public.form(p, "/prestataires/rejoindre")
	if err != nil {
		return err
	}
	values := map[string]string{
		"name": name, "contact_name": contact, "email": address, "people": "3", "town": "Quimper", "region": aidRegion, "capacity": "2",
		"presentation": "Nous aidons les associations à se servir ensemble de leurs outils, sur place et à distance.", "free_offer": aidFree,
	}
	for i := range 3 {
		prefix := "project_" + strconv.Itoa(i+1) + "_"
		values[prefix+"association"] = fmt.Sprintf("Association %d %s", i+1, t.names.mark)
		values[prefix+"year"] = strconv.Itoa(time.Now().Year() - i)
		values[prefix+"summary"] = "Deux matinées de prise en main avec l'équipe."
		values[prefix+"proof"] = "Compte rendu de l'assemblée générale"
	}
	err = errors.Join(
		f.fill(values),
		f.choose("structure", "association"),
		f.tickEach("kinds", "needs", aidKind),
		f.tickEach("sizes", "small", "medium", "large"),
		f.tickEach("languages", "fr"),
		f.tickEach("modes", "on_site", "remote"),
		f.tickEach("regions", aidRegion),
	)
	if err != nil {
		return err
	}
	sent, err := f.submit(ctx, "")
	if err != nil {
		return err
	}
	if !sent.shows(address) {
		return fmt.Errorf("the page after sending does not name the address written to: %s", sent.says())
	}
	return nil
}

// confirmProvider spends the link that was mailed to an organisation.
func (t *tour) confirmProvider(ctx context.Context, address string) (mailcatcher.Message, error) {
	m, err := t.mail(ctx, address, linkProvider, mailLimit)
	if err != nil {
		return m, err
	}
	if _, err := t.scan(ctx, m); err != nil {
		return m, err
	}
	p, err := t.public.open(ctx, t.link(m, linkProvider))
	if err != nil {
		return m, err
	}
	f, err := t.public.form(p, p.url.Path)
	if err != nil {
		return m, err
	}
	followed, err := f.submit(ctx, "")
	if err != nil {
		return m, err
	}
	if !strings.HasPrefix(followed.url.Path, "/prestataires/candidature/") {
		return m, fmt.Errorf("confirming leads to %s: %s", route(followed.url), followed.says())
	}
	return m, nil
}

func (t *tour) listProvider(ctx context.Context) (string, error) {
	p, err := t.desk.open(ctx, "/admin/prestataires")
	if err != nil {
		return "", err
	}
	at := p.linkTo(t.names.provider())
	if at == "" {
		return "", fmt.Errorf("the desk of providers does not show it: %s", p.says())
	}
	if p, err = t.desk.open(ctx, at); err != nil {
		return "", err
	}
	projects := p.doc.Find(".project").Length()
	if projects != 3 {
		return "", fmt.Errorf("its page shows %d projects, not the 3 that were sent", projects)
	}
	f, err := t.desk.form(p, "/accepter")
	if err != nil {
		return "", err
	}
	if _, err = f.submit(ctx, ""); err != nil {
		return "", err
	}
	return count(projects, "project"), nil
}

// readDirectory reads the public directory as people and programs do.
func (t *tour) readDirectory(ctx context.Context) (string, error) {
	const filters = "?aide=" + aidKind + "&region=" + aidRegion
	p, err := t.public.open(ctx, "/prestataires"+filters)
	if err != nil {
		return "", err
	}
	at := p.linkTo(t.names.provider())
	if at == "" {
		return "", errors.New("the page of the directory does not show it")
	}
	if p, err = t.public.open(ctx, at); err != nil {
		return "", err
	}
	if !p.shows(aidFree) {
		return "", fmt.Errorf("its own page does not tell what is free: %s", p.says())
	}
	body, _, err := t.public.download(ctx, "/prestataires.json"+filters)
	if err != nil {
		return "", err
	}
	var all struct {
		Providers []struct{ Name, URL string }
	}
	if err := json.Unmarshal(body, &all); err != nil {
		return "", fmt.Errorf("read the directory's JSON: %w", err)
	}
	if len(all.Providers) != 1 || all.Providers[0].Name != t.names.provider() || all.Providers[0].URL != p.url.String() {
		return "", fmt.Errorf("the directory's JSON has %d providers, and not just this one", len(all.Providers))
	}
	if body, _, err = t.public.download(ctx, "/prestataires.csv"+filters); err != nil {
		return "", err
	}
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil {
		return "", fmt.Errorf("read the directory's CSV: %w", err)
	}
	if len(rows) != 2 || !slices.Contains(rows[1], t.names.provider()) {
		return "", fmt.Errorf("the directory's CSV has %d rows, and not just its head and this one", len(rows))
	}
	return "", nil
}
