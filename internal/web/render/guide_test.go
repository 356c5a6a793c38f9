package render_test

import (
	"io/fs"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
	"nichoir/templates"
)

// now is the moment at which the guide is shown.
func now() time.Time { return time.Date(2026, time.November, 21, 13, 5, 0, 0, time.UTC) }

// guideView shows every component once.
type guideView struct {
	render.Page
	Header                      render.Header
	Tags                        []render.Tag
	Notices                     []render.Notice
	Name, Email, Slug, Seats    render.Field
	Object, Where, Suite, Terms render.Field
	Events                      []render.Event
	Gauges                      []render.Gauge
	Taken                       render.Seats
	Facts                       []render.Fact
	Login                       render.Copyable
	Rows                        []guideRow
	Pages                       render.Pagination
	Confirm                     render.Confirm
	Empty                       render.Empty
}

type guideRow struct {
	Name, Object string
	At           time.Time
	State        string
	Seats        int
	Chosen       bool
	Gauge        render.Gauge
}

// newGuide gives a renderer that knows the style guide beside the real pages. Sentences that are missing fail the test.
func newGuide(t *testing.T) *render.Renderer {
	t.Helper()
	catalogue, err := i18n.New(i18n.Options{OnMissing: func(lang, key string) {
		t.Errorf("%s lacks the sentence or a value of %q", lang, key)
	}})
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("testdata/guide/guide.html")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"pages/test/guide.html": &fstest.MapFile{Data: guide}}
	err = fs.WalkDir(templates.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(templates.Files, name)
		files[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	renderer, err := render.New(render.Options{Files: files, Catalogue: catalogue, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return renderer
}

func guide(lang string) guideView {
	const gib = 1 << 30
	raw := i18n.Raw
	view := guideView{
		Page: render.Page{
			Lang: lang, Title: raw("Guide de style"), Path: "/guide", Demo: true,
			Foot:   []render.Link{{URL: "/aide", Text: raw("Aide")}, {URL: "/conditions", Text: raw("Conditions d’utilisation")}},
			Person: &render.Person{Name: "Camille Dupré", SignOut: "/deconnexion"},
			Nav: []render.Link{
				{URL: "/guide", Text: raw("Demandes")}, {URL: "/lots", Text: raw("Lots")}, {URL: "/espaces", Text: raw("Espaces")},
			},
			Flash: &render.Notice{Kind: render.Done, Title: raw("Douze demandes sont acceptées."),
				Body: raw("Vous pouvez revenir en arrière pendant dix minutes."), Action: render.Link{URL: "#x", Text: raw("Annuler")}},
		},
		Header: render.Header{
			Crumbs: []render.Link{{URL: "/", Text: raw("Espaces")}, {URL: "/x", Text: raw("Serveur 1")}},
			Title:  raw("Les Mésanges du canal"), Lead: raw("Ateliers vélo, jardin partagé et fanfare de quartier."),
			Tag: new(render.StateTag("space", "active")), Action: render.Link{URL: "#x", Text: raw("Inviter un·e membre")},
		},
		Taken: render.Seats{Taken: 12, Total: 50},
		Login: render.Copyable{ID: "login", Label: raw("Votre identifiant"), Value: "camille.dupre"},
		Pages: render.Pagination{Previous: "#p", Next: "#n", Summary: raw("51 à 100 sur 212")},
		Empty: render.Empty{Drawing: "empty-nest", Title: raw("Aucune demande"), Body: raw("Les prochaines arriveront ici.")},
		Confirm: render.Confirm{Action: "#x", Title: raw("Fermer l’espace"), Body: raw("Les fichiers et les comptes sont effacés pour toujours."),
			Name: "mesanges-du-canal", Button: raw("Fermer l’espace"), Cancel: render.Link{URL: "#x", Text: raw("Garder l’espace")},
			Field: render.Field{Name: "typed", Label: raw("Nom de l’espace"), NoSpell: true, Autocomplete: "off"}},
	}
	for _, state := range []string{"submitted", "waitlisted", "approved", "rejected", "withdrawn"} {
		view.Tags = append(view.Tags, render.StateTag("application", state))
	}
	for _, kind := range []render.Kind{render.Info, render.Done, render.Waiting, render.Trouble} {
		view.Notices = append(view.Notices, render.Notice{Kind: kind, Title: raw("votre adresse est confirmée."),
			Body:   raw("Nous lisons les demandes une à une. Vous recevrez un message, quelle que soit la réponse."),
			Action: render.Link{URL: "#x", Text: raw("Voir où en est la demande")}})
	}
	view.Gauges = []render.Gauge{
		{Label: raw("Fichiers de l’association"), Used: 12 * gib, Total: 35 * gib},
		{Label: raw("Fichiers de l’association"), Used: 30 * gib, Total: 35 * gib},
		{Label: raw("Fichiers de l’association"), Used: 34 * gib, Total: 35 * gib},
	}
	view.Facts = []render.Fact{
		{Label: raw("Adresse"), Value: raw("https://nuage.example.org"), URL: "https://nuage.example.org"},
		{Label: raw("Suite bureautique"), Value: raw("Collabora Online")},
		{Label: raw("Ouvert le"), Value: raw("21 novembre 2026")},
	}
	view.Events = []render.Event{
		{Kind: render.Done, Title: raw("Demande reçue"), At: now().Add(-50 * time.Hour)},
		{Kind: render.Done, Title: raw("Adresse confirmée"), At: now().Add(-49 * time.Hour), Took: 850 * time.Millisecond},
		{Kind: render.Waiting, Title: raw("À l’étude"), Body: raw("Une personne de l’équipe lit votre demande."), Current: true},
		{Kind: render.Trouble, Title: raw("Dossier partagé"), Body: raw("Le serveur refuse notre mot de passe.")},
		{Kind: render.Neutral, Title: raw("Votre espace")},
	}
	view.Rows = []guideRow{
		{"Les Mésanges du canal", "Ateliers vélo et jardin partagé", now(), "submitted", 25, true, render.Gauge{Used: 12 * gib, Total: 40 * gib, Small: true}},
		{"Collectif des Lavandières", "Mémoire ouvrière de la vallée", now().Add(-30 * time.Hour), "waitlisted", 8, false, render.Gauge{Used: 34 * gib, Total: 40 * gib, Small: true}},
		{"Union locale des chorales d’Ille-et-Vilaine", "Chant", now().Add(-99 * time.Hour), "rejected", 50, false, render.Gauge{Used: 39 * gib, Total: 40 * gib, Small: true}},
	}
	guideForm(&view)
	return view
}

func guideForm(view *guideView) {
	raw := i18n.Raw
	view.Name = render.Field{Name: "association", Label: raw("Nom de l’association"), Autocomplete: "organization", Value: "Les Mésanges du canal"}
	view.Email = render.Field{Name: "email", Type: "email", Label: raw("Votre adresse électronique"), Value: "lou@gmial",
		Hint: raw("Nous y enverrons un lien pour confirmer."), Error: raw("Il manque la fin de l’adresse, comme « .org »."), Autocomplete: "email"}
	view.Slug = render.Field{Name: "slug", Label: raw("Nom court de l’espace"), Value: "mesanges", Suffix: ".example.org", NoSpell: true,
		Hint: raw("Lettres sans accent, chiffres et tirets."), Check: "/demande/nom", Status: raw("Ce nom est libre."), Autocomplete: "off"}
	view.Seats = render.Field{Name: "seats", Type: "number", Label: raw("Nombre de comptes"), Narrow: true, Min: "1", Max: "50", Value: "12", InputMode: "numeric"}
	view.Object = render.Field{Name: "object", Label: raw("Que fait votre association ?"), Hint: raw("Quelques phrases suffisent."), MaxLength: 2000}
	view.Where = render.Field{Name: "where", Label: raw("Où est-elle installée ?"), Optional: true, Value: "fr",
		Choices: []render.Choice{{Value: "", Label: raw("Choisir…")}, {Value: "fr", Label: raw("France")}, {Value: "be", Label: raw("Belgique")}}}
	view.Suite = render.Field{Name: "suite", Type: "radio", Label: raw("Suite bureautique"), Value: "collabora", Hint: raw("Les deux ouvrent vos documents."),
		Error:   raw("Choisissez une des deux suites."),
		Choices: []render.Choice{{Value: "collabora", Label: raw("Collabora Online"), Hint: raw("Proche de LibreOffice.")}, {Value: "onlyoffice", Label: raw("OnlyOffice"), Hint: raw("Proche de Microsoft Office.")}}}
	view.Terms = render.Field{Name: "terms", Label: raw("J’accepte les conditions d’utilisation"), Checked: true}
	view.Errors = render.Summarise(view.Name, view.Email, view.Slug, view.Seats, view.Object, view.Where, view.Suite, view.Terms)
}
