package web

import (
	"net/url"
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

func (l Links) to(path string) string { return strings.TrimSuffix(l.Base, "/") + path }
