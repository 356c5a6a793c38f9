package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web"
)

// walls is a space with all that strangers must not see or change: its provider, the provider before, a ticket that moved with
// the change, a file, a note, and the mailed links of each.
type walls struct {
	*wing

	ticket tickets.Ticket // held by the second provider; the first held it before
	older  tickets.Ticket // solved while the first held it
	fileID int64
	noteID int64
	former linking.Link // of the first provider
	link   linking.Link // of the second
	secret []string     // what no stranger's page may hold
}

func newWalls(t *testing.T) *walls {
	t.Helper()
	g := newWing(t)
	w := &walls{wing: g, secret: []string{
		"Canards", "les-canards", "Lou Dupré", "lescanards.example", "mot-secret-du-titre", "mot-secret-du-texte", "mot-secret-de-la-note",
		"mot-secret-du-fichier", "mot-secret-de-la-suite", "mot-secret-du-resume", "mot-secret-des-besoins",
	}}
	ctx := t.Context()
	g.must(g.linking.Describe(ctx, g.space.Space.ID, linking.Needs{Region: "bretagne", Kinds: []support.Kind{support.KindTraining},
		Mode: support.OnSite, Size: support.Small, Lang: "fr", Words: "mot-secret-des-besoins"}, g.lead))
	w.former = g.linked()
	w.ticket = w.opened("un")
	w.older = w.opened("deux")
	g.must(g.tickets.Solve(ctx, w.older.PublicID, g.lead))
	g.must(g.tickets.Say(ctx, w.ticket.PublicID, tickets.NewMessage{Key: keyFor("note"), Body: "mot-secret-de-la-note", Internal: true,
		Via: tickets.ByWeb, Files: []tickets.File{{Name: "mot-secret-du-fichier.txt", Content: []byte("mot-secret-du-fichier")}}}, g.manager))
	var err error
	w.link, err = g.linking.Choose(ctx, g.space.Space.ID, g.other.PublicID, linking.FromDirectory, "mot-secret-des-besoins", "mot-secret-du-resume", g.lead)
	g.must(err)
	g.must(g.linking.Accept(ctx, w.link.PublicID, g.rival))
	g.must(g.tickets.Say(ctx, w.ticket.PublicID, tickets.NewMessage{Key: keyFor("suite"), Body: "mot-secret-de-la-suite", Via: tickets.ByWeb}, g.lead))
	g.must(g.pool.QueryRow(ctx, "SELECT min(id), max(id) FROM ticket_attachments").Scan(&w.fileID, &w.noteID))
	return w
}

func (w *walls) opened(which string) tickets.Ticket {
	w.t.Helper()
	t, err := w.tickets.Open(w.t.Context(), tickets.NewTicket{Key: keyFor(which), SpaceID: w.space.Space.ID, Kind: support.KindTraining,
		Title: "mot-secret-du-titre", Body: "mot-secret-du-texte", Consent: true, Via: tickets.ByWeb,
		Files: []tickets.File{{Name: "mot-secret-du-fichier.txt", Content: []byte("mot-secret-du-fichier")}}}, w.lead)
	w.must(err)
	return t
}

// guardedRoute reports whether an address names a space, a link, a provider's own, a ticket, or something of the team's.
func guardedRoute(rt web.Route) bool {
	return rt.Path != "/deconnexion" && strings.Contains(rt.Path, "{") || strings.HasPrefix(rt.Path, "/admin")
}

// addresses are what a stranger who learned the ids would try on a route: all of them, wherever one fits.
func (w *walls) addresses(rt web.Route) []string {
	ids := map[string][]string{
		"{id}": {w.ticket.PublicID, w.older.PublicID, w.space.Space.PublicID}, "{org}": {w.other.PublicID, w.org.PublicID},
		"{link}": {w.link.PublicID, w.former.PublicID}, "{account}": {itoa(w.space.Accounts[0].ID)}, "{slug}": {w.other.Slug},
		"{file:[0-9]+}": {itoa(w.fileID), itoa(w.noteID)}, "{id:[0-9]+}": {"1"}, "{person:[0-9]+}": {itoa(w.rival.ID), itoa(w.manager.ID)},
		"{token}": {"jeton-de-personne"}, "{name}": {"nuage"},
	}
	out := []string{rt.Path}
	for _, part := range variable.FindAllString(rt.Path, -1) {
		values, known := ids[part]
		if !known {
			values = []string{"1"}
		}
		var next []string
		for _, path := range out {
			for _, value := range values {
				next = append(next, strings.Replace(path, part, url.PathEscape(value), 1))
			}
		}
		out = next
	}
	return out
}

// plausible are values for the fields of every form of the site at once.
func (w *walls) plausible() url.Values {
	return values("form_key", keyFor("forged"), "kind", "training", "title", "Forgé", "body", "Forgé", "consent", "yes", "accord", "non",
		"note", "Forgé", "reason", "Forgé", "effet", "resoudre", "personne", itoa(w.rival.ID), "person", itoa(w.rival.ID), "account", itoa(w.space.Accounts[0].ID),
		"choix", "resoudre", "name", "Forgé", "email", "forge@ailleurs.example", "language", "fr", "provider", w.other.PublicID, "words", "Forgé",
		"summary", "Forgé", "region", "bretagne", "mode", "remote", "size", "small", "kinds", "training", "places", "1", "capacity", "1",
		"from", "2030-01-01", "until", "2030-02-01", "cause", "holidays", "url", "https://crochet.example/", "manager", "yes",
		"association", "Forgé", "year", "2025", "proof", "Forgé", "password", passphrase, "typed", "Les Canards du canal", "id", w.ticket.PublicID,
		"prepare", "yes", "question", "Forgé", "colead", itoa(w.space.Accounts[0].ID))
}

// kept is every table as text, but for the sessions, which note when they were used.
func (w *walls) kept() map[string]string {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'
		AND table_type = 'BASE TABLE' AND table_name !~ '^(river|goose)' ORDER BY 1`)
	w.must(err)
	var names []string
	for rows.Next() {
		var name string
		w.must(rows.Scan(&name))
		names = append(names, name)
	}
	w.must(rows.Err())
	out := map[string]string{}
	for _, name := range names {
		if name == "sessions" {
			continue
		}
		var all *string
		w.must(w.pool.QueryRow(w.t.Context(), fmt.Sprintf("SELECT string_agg(t::text, E'\n' ORDER BY t::text) FROM %q AS t", name)).Scan(&all))
		if all != nil {
			out[name] = *all
		}
	}
	return out
}

// ownPages are addresses that somebody of the walk may open, because what they name is their own or public.
var ownPages = regexp.MustCompile(`^/(prestataires/|lien/|connexion|suivi/|demande)`)

// TestWalls walks every route as those who have no part in a space: nothing of it is shown to them, and they change nothing.
func TestWalls(t *testing.T) {
	t.Parallel()
	w := newWalls(t)
	_, stranger := w.made(strings.Replace(key, "0", "1", 1), "les-oies", "oie@lesoies.example")
	// Their own is not what is looked for.
	w.exec("UPDATE people SET name = 'Yaël Morin' WHERE id = $1", stranger.ID)
	w.exec("UPDATE spaces SET name = 'Les Oies du moulin' WHERE person_id = $1", stranger.ID)
	w.exec("UPDATE applications SET association = 'Les Oies du moulin', lead_name = 'Yaël Morin' WHERE person_id = $1", stranger.ID)
	third, outsider := w.provider(3)
	people := []struct {
		name string
		v    *visitor
		own  []string // of the organisation that is theirs
	}{
		{"nobody", w.visitor(), nil},
		{"a stranger", w.signedIn(stranger), nil},
		{"a member of the former provider", w.signedIn(w.member), []string{w.org.PublicID}},
		{"the manager of the former provider", w.signedIn(w.manager), []string{w.org.PublicID}},
		{"the manager of another provider", w.signedIn(outsider), []string{third.PublicID}},
	}
	walked := 0
	before := w.kept()
	for _, p := range people {
		for _, rt := range w.door.Routes() {
			if !guardedRoute(rt) {
				continue
			}
			for _, path := range w.addresses(rt) {
				if rt.Method == http.MethodPost && slices.ContainsFunc(p.own, func(id string) bool { return strings.Contains(path, id) }) {
					continue // they may change their own organisation
				}
				walked++
				w.hidden(p.name, rt, path, p.v.send(rt.Method, path, w.plausible()), p.own)
			}
		}
	}
	after := w.kept()
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] {
			t.Errorf("the table %s has changed:\n%s\nwas:\n%s", name, after[name], before[name])
		}
	}
	if walked < 500 {
		t.Errorf("only %d requests were made", walked)
	}
}

// hidden fails the test when an answer tells something of the space, or lets a stranger in.
func (w *walls) hidden(who string, rt web.Route, path string, a *answer, own []string) {
	w.t.Helper()
	body := a.Body.String() + a.Header().Get("Location")
	for _, word := range w.secret {
		if strings.Contains(strings.ReplaceAll(body, path, ""), word) {
			w.t.Errorf("%s: %s %s tells %q", who, rt.Method, path, word)
		}
	}
	mine := slices.ContainsFunc(own, func(id string) bool { return strings.Contains(path, id) })
	if a.Code == http.StatusOK && !mine && !ownPages.MatchString(path) {
		w.t.Errorf("%s: %s %s is answered %d", who, rt.Method, path, a.Code)
	}
	if a.Code >= http.StatusInternalServerError {
		w.t.Errorf("%s: %s %s is answered %d: %s", who, rt.Method, path, a.Code, w.logged())
	}
}

// TestFormerProviderKeepsNoKey: links that were mailed while a ticket was a provider's open nothing once it is not.
func TestFormerProviderKeepsNoKey(t *testing.T) {
	t.Parallel()
	w := newWalls(t)
	v := w.visitor()
	paths := []string{
		"/lien/ticket/" + w.mint(identity.PurposeTicket, w.ticket.ID, w.manager.Email),
		"/lien/ticket/" + w.mint(identity.PurposeTicket, w.older.ID, w.member.Email),
		"/lien/ticket/" + w.mint(identity.PurposeTicket, w.ticket.ID, "personne@ailleurs.example"),
		"/lien/proposition/" + w.mint(identity.PurposeProposal, w.former.ID, w.manager.Email),
	}
	before := w.kept()
	for _, path := range paths {
		for _, a := range []*answer{v.get(path), v.post(path, w.plausible()), v.post(path, values("choix", "accepter")), v.get(path + "/fait")} {
			if a.Code == http.StatusOK && strings.HasPrefix(path, "/lien/ticket/") {
				t.Errorf("%s is answered %d", path, a.Code)
			}
			a.silent(w.secret...)
		}
	}
	if after := w.kept(); !maps.Equal(before, after) {
		t.Error("a link of a former provider changed something")
	}
}

// TestNewcomerSeesWhatFollows: the provider that takes over sees the summary and what was said since, not what went before.
func TestNewcomerSeesWhatFollows(t *testing.T) {
	t.Parallel()
	w := newWalls(t)
	v := w.signedIn(w.rival)
	page := v.get(at(w.ticket)).is(http.StatusOK).says("mot-secret-du-resume", "mot-secret-de-la-suite")
	page.silent("mot-secret-du-titre", "mot-secret-du-texte", "mot-secret-de-la-note", "mot-secret-du-fichier")
	for _, id := range []int64{w.fileID, w.noteID} {
		v.get(at(w.ticket) + "/pieces/" + itoa(id)).is(http.StatusNotFound)
	}
	v.get(at(w.older)).is(http.StatusNotFound)
	w.signedIn(w.lead).get(at(w.ticket)).says("mot-secret-du-texte", "mot-secret-de-la-suite").silent("mot-secret-de-la-note")
}
