package tour

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nichoir/internal/demo/mailcatcher"
)

// application is the way from the form to a request that waits for the team.
func (t *tour) application() []step {
	return []step{
		{"An admin signs in by a mailed link and registers a second factor", t.signInAdmin},
		{"A campaign is open", t.openCampaign},
		{"The form is sent", t.sendForm},
		{"The mail that confirms the address arrives", func(ctx context.Context) (string, error) {
			var err error
			t.confirm, err = t.mail(ctx, t.names.leadEmail(), linkConfirm, mailLimit)
			return "“" + t.confirm.Subject + "”", err
		}},
		t.scanning(func() mailcatcher.Message { return t.confirm }),
		{"The address is confirmed", t.confirmAddress},
	}
}

// scanning follows the links of a mail before anybody uses them.
func (t *tour) scanning(m func() mailcatcher.Message) step {
	return step{fmt.Sprintf("Its links survive being followed %d times by HEAD and by GET", fetches), func(ctx context.Context) (string, error) {
		return t.scan(ctx, m())
	}}
}

func (t *tour) sendForm(ctx context.Context) (string, error) {
	p, err := t.public.open(ctx, "/demande")
	if err != nil {
		return "", err
	}
	f, err := t.public.form(p, "/demande")
	if err != nil {
		return "", err
	}
	err = errors.Join(
		f.fill(map[string]string{
			"association": t.names.association(),
			"object":      "Une répétition de tout le parcours, du formulaire à l'espace, sans personne derrière l'écran.",
			"accounts":    "12",
			"slug":        t.names.slug(),
			"lead_name":   t.names.leadName(),
			"email":       t.names.leadEmail(),
		}),
		f.choose("suite", t.suite),
		f.tick("terms"),
	)
	if err != nil {
		return "", err
	}
	sent, err := f.submit(ctx, "")
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(sent.url.Path, "/envoyee") || !sent.shows(t.names.leadEmail()) {
		return "", fmt.Errorf("the page after sending does not name the address written to: %s", sent.says())
	}
	return t.names.association(), nil
}

func (t *tour) confirmAddress(ctx context.Context) (string, error) {
	p, err := t.public.open(ctx, t.link(t.confirm, linkConfirm))
	if err != nil {
		return "", err
	}
	f, err := t.public.form(p, p.url.Path)
	if err != nil {
		return "", err
	}
	followed, err := f.submit(ctx, "")
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(followed.url.Path, "/suivi/") {
		return "", fmt.Errorf("confirming leads to %s: %s", route(followed.url), followed.says())
	}
	t.status = followed.url.Path
	return "", nil
}
