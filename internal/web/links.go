package web

import (
	"net/url"
	"strconv"
	"strings"
)

// Links makes the addresses that stand in mails. Base is where people find Nichoir, without a slash at the end.
type Links struct{ Base string }

// Home is the landing page.
func (l Links) Home() string { return l.to("/") }

// Confirm is where an application's address is confirmed.
func (l Links) Confirm(token string) string { return l.to("/lien/confirmer/" + url.PathEscape(token)) }

// SignIn is where a sign-in link is spent.
func (l Links) SignIn(token string) string { return l.to("/lien/connexion/" + url.PathEscape(token)) }

// Activate is where a new account's password is chosen.
func (l Links) Activate(token string) string { return l.to("/lien/activer/" + url.PathEscape(token)) }

// Password is where a forgotten password is replaced.
func (l Links) Password(token string) string {
	return l.to("/lien/mot-de-passe/" + url.PathEscape(token))
}

// Status is the page that follows an application.
func (l Links) Status(publicID string) string { return l.to("/suivi/" + url.PathEscape(publicID)) }

// Space is the lead's page of a space.
func (l Links) Space(publicID string) string { return l.to("/espace/" + url.PathEscape(publicID)) }

// Spaces lists the spaces of whoever is signed in.
func (l Links) Spaces() string { return l.to(pathSpaces) }

// Directory is the public directory of providers.
func (l Links) Directory() string { return l.to("/prestataires") }

// ProviderPage is a provider's page in the directory.
func (l Links) ProviderPage(slug string) string { return l.to("/prestataires/" + url.PathEscape(slug)) }

// ProviderFollow is the page that follows an organisation's application.
func (l Links) ProviderFollow(publicID string) string {
	return l.to("/prestataires/candidature/" + url.PathEscape(publicID))
}

// ProviderConfirm is where an organisation's address is confirmed.
func (l Links) ProviderConfirm(token string) string {
	return l.to("/lien/prestataire/" + url.PathEscape(token))
}

// Profile is where a provider's profile is confirmed once a year.
func (l Links) Profile(token string) string { return l.to("/lien/profil/" + url.PathEscape(token)) }

// AdminProvider is the team's page of a provider.
func (l Links) AdminProvider(publicID string) string {
	return l.to("/admin/prestataires/" + url.PathEscape(publicID))
}

// Desks is where whoever works for a provider begins.
func (l Links) Desks() string { return l.to(pathProvider) }

// Desk is a provider's own desk.
func (l Links) Desk(orgPublicID string) string {
	return l.to("/prestataire/" + url.PathEscape(orgPublicID))
}

// Webhooks is where a provider looks after its webhooks.
func (l Links) Webhooks(orgPublicID string) string { return l.Desk(orgPublicID) + "/webhooks" }

// Aid is the lead's page about support for a space.
func (l Links) Aid(spacePublicID string) string { return l.Space(spacePublicID) + "/aide" }

// NewTicket is where help is asked for.
func (l Links) NewTicket(spacePublicID string) string {
	return l.Space(spacePublicID) + "/tickets/nouveau"
}

// Proposal is where a provider answers a proposal; the choice is the one that the page shows first.
func (l Links) Proposal(token, choice string) string {
	return l.choice("/lien/proposition/", token, choice)
}

// Ticket is the page of a ticket.
func (l Links) Ticket(publicID string) string { return l.to("/tickets/" + url.PathEscape(publicID)) }

// TicketFile is an attachment of a ticket.
func (l Links) TicketFile(publicID string, fileID int64) string {
	return l.Ticket(publicID) + "/pieces/" + strconv.FormatInt(fileID, 10)
}

// TicketAct is where a ticket is solved, escalated or reopened; the choice is the one that the page shows first.
func (l Links) TicketAct(token, choice string) string {
	return l.choice("/lien/ticket/", token, choice)
}

// Held is where an answer from an unknown address is sent on.
func (l Links) Held(token string) string { return l.to("/lien/courriel/" + url.PathEscape(token)) }

// Address is where an address that was remembered is forgotten again.
func (l Links) Address(token string) string { return l.to("/lien/adresse/" + url.PathEscape(token)) }

// Addresses is where a person sees and forgets their other addresses.
func (l Links) Addresses() string { return l.to(pathAddresses) }

func (l Links) choice(path, token, choice string) string {
	return l.to(path + url.PathEscape(token) + "?choix=" + url.QueryEscape(choice))
}

func (l Links) to(path string) string { return strings.TrimSuffix(l.Base, "/") + path }
