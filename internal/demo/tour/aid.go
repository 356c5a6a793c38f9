package tour

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nichoir/internal/demo/mailcatcher"
)

// aidWords are the lead's to the provider.
const aidWords = "Nous débutons, et préférons quelqu'un qui vienne nous montrer."

// linkingUp is how an association and a provider find each other.
func (t *tour) linkingUp() []step {
	var request mailcatcher.Message
	return []step{
		{"The lead is told by mail who could help, and what speaks for it", func(ctx context.Context) (string, error) {
			m, err := t.mailSaying(ctx, t.lead.email, t.aidPath(), t.names.provider(), mailLimit)
			if err == nil && (!strings.Contains(words(m.Text), "2 places libres sur 2") || !strings.Contains(words(m.Text), aidFree)) {
				err = fmt.Errorf("the mail %q does not tell the free places and what is free", m.Subject)
			}
			return "“" + m.Subject + "”", err
		}},
		{"The lead says what they look for, and asks the provider", t.askProvider},
		{"The request reaches the provider by mail", func(ctx context.Context) (string, error) {
			var err error
			request, err = t.mailSaying(ctx, t.names.helperEmail(), linkProposal, aidWords, mailLimit)
			return "“" + request.Subject + "”", err
		}},
		t.scanning(func() mailcatcher.Message { return request }),
		{"The provider accepts by the mail's link, without signing in", func(ctx context.Context) (string, error) { return t.accept(ctx, request) }},
	}
}

// aidPath is the space's page of support.
func (t *tour) aidPath() string { return "/espace/" + t.space + "/aide" }

// newTicketPath is where the lead asks for help.
func (t *tour) newTicketPath() string { return "/espace/" + t.space + "/tickets/nouveau" }

func (t *tour) askProvider(ctx context.Context) (string, error) {
	p, err := t.own.open(ctx, t.aidPath())
	if err != nil {
		return "", err
	}
	f, err := t.own.form(p, "/aide/besoins")
	if err != nil {
		return "", err
	}
	if err := errors.Join(f.tickEach("kinds", aidKind), f.fill(map[string]string{"region": aidRegion})); err != nil {
		return "", err
	}
	if p, err = f.submit(ctx, ""); err != nil {
		return "", err
	}
	card := p.doc.Find(".provider-card").First()
	if reasons := words(card.Text()); !strings.Contains(reasons, t.names.provider()) || !strings.Contains(reasons, "Bretagne") {
		return "", fmt.Errorf("the page does not propose it with the region it serves: %q", reasons)
	}
	if p, err = t.own.open(ctx, card.Find(`a[href*="prestataire="]`).AttrOr("href", "")); err != nil {
		return "", err
	}
	if f, err = t.own.form(p, "/aide/choisir"); err != nil {
		return "", err
	}
	if err := f.fill(map[string]string{"words": aidWords}); err != nil {
		return "", err
	}
	_, err = f.submit(ctx, "")
	return t.names.provider(), err
}

// accept spends the link, and looks at the lead's page before and after.
func (t *tour) accept(ctx context.Context, request mailcatcher.Message) (string, error) {
	const linked = `a[href^="mailto:"]` // the provider's address stands there once it is the association's
	p, err := t.own.open(ctx, t.aidPath())
	if err != nil {
		return "", err
	}
	if p.doc.Find(linked).Length() > 0 {
		return "", errors.New("following the links of the mail has accepted")
	}
	visitor, err := newBrowser(t.Nichoir)
	if err != nil {
		return "", err
	}
	defer visitor.http.CloseIdleConnections()
	if p, err = visitor.open(ctx, t.link(request, linkProposal)); err != nil {
		return "", err
	}
	f, err := visitor.form(p, p.url.Path)
	if err != nil {
		return "", err
	}
	if _, err := f.submit(ctx, "choix=accepter"); err != nil {
		return "", err
	}
	if p, err = t.own.open(ctx, t.aidPath()); err != nil {
		return "", err
	}
	if got := p.doc.Find(linked).First().AttrOr("href", ""); got != "mailto:"+t.names.helperEmail() {
		return "", fmt.Errorf("the space's page does not show how to reach the provider: %s", p.says())
	}
	m, err := t.mailSaying(ctx, t.lead.email, t.newTicketPath(), t.names.provider(), mailLimit)
	return "“" + m.Subject + "”", err
}
