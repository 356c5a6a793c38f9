package web_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// threeProviders are the directory of most tests: one on site and near, one from afar, one that rests.
func (s *site) threeProviders() (near, resting directory.Provider) {
	s.t.Helper()
	near = s.listed(organisation(1, "Le Bocage numérique"))
	a := organisation(2, "Les Outils partagés")
	a.Profile.OnSite, a.Profile.Regions, a.Profile.Chatons, a.Profile.Town = false, nil, false, "Lyon"
	a.Profile.Kinds = append(a.Profile.Kinds, support.KindHosting)
	s.listed(a)
	resting = s.listed(organisation(3, "Atelier du lavoir"))
	s.must(s.directory.Pause(s.t.Context(), resting.PublicID, support.Span{From: s.clock.now()}, directory.PauseTeam, s.admin))
	return near, resting
}

func names(a *answer) []string {
	return a.doc().Find(".provider-card h2").Map(func(_ int, name *goquerySelection) string { return name.Text() })
}

func TestDirectoryNarrowsByLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.threeProviders()
	v := s.visitor()
	all := v.get("/prestataires").is(http.StatusOK).says("3 prestataires")
	if diff := cmp.Diff([]string{"Le Bocage numérique", "Les Outils partagés", "Atelier du lavoir"}, names(all)); diff != "" {
		t.Errorf("order (-want +got), whoever rests is last:\n%s", diff)
	}
	hosting := all.doc().Find("#f-aide-hosting")
	if count := hosting.Find(".facet-count").Text(); count != "1" {
		t.Errorf("hosting is counted %q", count)
	}
	narrow := v.get(hosting.AttrOr("href", "")).is(http.StatusOK).says("1 prestataire sur 3")
	if diff := cmp.Diff([]string{"Les Outils partagés"}, names(narrow)); diff != "" {
		t.Errorf("with hosting (-want +got):\n%s", diff)
	}
	if back := narrow.doc().Find(".chosen a").AttrOr("href", ""); back != "/prestataires" {
		t.Errorf("the filter is taken back at %q", back)
	}
	// A search keeps the filters, a filter keeps the search, and both keep the language.
	both := v.get("/prestataires?aide=training&mode=on_site&q=rennes&lang=en").says("2 providers of 3")
	fields := map[string]string{}
	var order []string
	both.doc().Find("form[role=search] input").Each(func(_ int, in *goquerySelection) {
		fields[in.AttrOr("name", "")] = in.AttrOr("value", "")
		order = append(order, in.AttrOr("name", ""))
	})
	if diff := cmp.Diff([]string{"q", "aide", "mode", "lang"}, order); diff != "" { // else one question has several addresses
		t.Errorf("the order of the search (-want +got):\n%s", diff)
	}
	want := map[string]string{"q": "rennes", "aide": "training", "mode": "on_site", "lang": "en"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("the search (-want +got):\n%s", diff)
	}
	for _, part := range []string{"q=rennes", "mode=on_site", "lang=en", "taille=small"} {
		if to := both.doc().Find("#f-taille-small").AttrOr("href", ""); !strings.Contains(to, part) {
			t.Errorf("the filter leads to %q, without %s", to, part)
		}
	}
	// What a card says in words of lists is found by them, in either language.
	for text, count := range map[string]string{"hébergement": "1 prestataire sur 3", "normandie+coopérative": "2 prestataires sur 3", "breton": "3 prestataires", "hosting": "1 prestataire sur 3", "chatons": "2 prestataires sur 3"} {
		v.get("/prestataires?q=" + text).is(http.StatusOK).says(count)
	}
	v.get("/prestataires?q=zzz").is(http.StatusOK).says("Personne ne répond à tous ces critères", "Tout effacer")
	v.get("/prestataires?aide=nonsense&taille=%00&libre=maybe").is(http.StatusOK).says("3 prestataires")
}

func TestDirectoryTellsNoNumberOfPlaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	near, resting := s.threeProviders()
	v := s.visitor()
	v.get("/prestataires").says("A de la place", "En pause").silent("places libres", "sur 5")
	page := v.get("/prestataires/"+near.Slug).is(http.StatusOK).says("Un premier échange d'une heure", "Radio Ruisseau", "En bref")
	page.silent("La présidence le confirmera", "Les Loutres de la Vilaine", "Maëlle", "sur 5")
	site := page.doc().Find(`a[href="https://bocage.example"]`)
	if rel := site.AttrOr("rel", ""); !strings.Contains(rel, "noopener") || !strings.Contains(rel, "nofollow") {
		t.Errorf("the website's link is rel=%q", rel)
	}
	if page.doc().Find(`a[href="tel:0299000000"]`).Length() != 1 {
		t.Error("the number cannot be dialled")
	}
	v.get("/prestataires/" + resting.Slug).is(http.StatusOK).says("ne prend pas de nouvelle association").silent("/choisir")
	if v.get("/prestataires/"+resting.Slug+"?lang=en").doc().Find(`main a[href="/prestataires?lang=en&libre=oui"]`).Length() != 1 {
		t.Error("who reads English is not led to the others in English")
	}
	v.get("/prestataires/nulle-part").is(http.StatusNotFound)
}

func TestDirectoryIsData(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := organisation(1, "=cmd|' /C calc'!A0")
	a.Profile.Phone, a.Profile.Town, a.Profile.Presentation = "+33 2 99 00 00 00", "@Rennes", "Une \"ligne\",\net une autre qui est assez longue pour être une présentation."
	a.Projects[1].Association = "=1+1"
	s.listed(a)
	s.listed(organisation(2, "Les Outils partagés"))
	v := s.visitor()

	js := v.get("/prestataires.json?q=partages").is(http.StatusOK)
	var got struct {
		Total     int              `json:"total"`
		Providers []map[string]any `json:"providers"`
	}
	s.must(json.Unmarshal(js.Body.Bytes(), &got))
	if got.Total != 2 || len(got.Providers) != 1 || got.Providers[0]["url"] != "http://nichoir.example/prestataires/les-outils-partages" {
		t.Errorf("the JSON says %+v", got)
	}
	done := "Formation de douze bénévoles à leur espace, puis un suivi de six mois."
	if diff := cmp.Diff([]any{ // without the first, whose association would rather not be named
		map[string]any{"association": "Radio Ruisseau", "year": 2025.0, "summary": done},
		map[string]any{"association": "Le Jardin des Lavandières", "year": 2024.0, "summary": done},
	}, got.Providers[0]["projects"]); diff != "" {
		t.Errorf("the projects of the JSON (-want +got):\n%s", diff)
	}

	sheet := v.get("/prestataires.csv").is(http.StatusOK)
	for _, data := range []*answer{js, sheet} {
		for _, secret := range []string{"capacity", "Maëlle", "confirmera", "Les Loutres"} {
			if strings.Contains(data.Body.String(), secret) {
				t.Errorf("%s gives %q away", data.Header().Get("Content-Type"), secret)
			}
		}
	}
	text, marked := strings.CutPrefix(sheet.Body.String(), "\ufeff")
	if !marked {
		t.Error("spreadsheets are not told that the CSV is in UTF-8")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	s.must(err)
	if len(rows) != 3 {
		t.Fatalf("the CSV has %d rows", len(rows))
	}
	cells := map[string]string{}
	for i, name := range rows[0] {
		cells[name] = rows[1][i]
	}
	for name, want := range map[string]string{
		"name": "'=cmd|' /C calc'!A0", "phone": "'+33 2 99 00 00 00", "town": "'@Rennes", "presentation": a.Profile.Presentation,
		"kinds": "diagnosis training", "free_place": "true", "people": "4",
		"projects": "'=1+1 (2025): " + done + "\nLe Jardin des Lavandières (2024): " + done,
	} {
		if cells[name] != want {
			t.Errorf("%s is %q, want %q", name, cells[name], want)
		}
	}

	for _, data := range []*answer{js, sheet} {
		h := data.Header()
		if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Control") != "public, max-age=300" || h.Get("Etag") == "" {
			t.Errorf("headers of data: %v", h)
		}
	}
	if h := v.get("/prestataires").Header(); h.Get("Access-Control-Allow-Origin") != "" {
		t.Error("the page itself answers to other sites")
	}
	r := httptest.NewRequest(http.MethodGet, "/prestataires.csv", http.NoBody)
	r.Header.Set("If-None-Match", sheet.Header().Get("Etag"))
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("what is known already is answered %d", w.Code)
	}
	head := v.send(http.MethodHead, "/prestataires.json", nil).is(http.StatusOK)
	if head.Body.Len() != 0 || head.Header().Get("Etag") == "" {
		t.Errorf("HEAD answers %d bytes, %v", head.Body.Len(), head.Header())
	}
	v.send(http.MethodHead, "/prestataires", nil).is(http.StatusOK)
}

func TestChoosingLeadsToTheSpace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(5)
	s.host()
	near, resting := s.threeProviders()
	path := "/prestataires/" + near.Slug + "/choisir"
	if to := s.visitor().get(path).leads(); to != "/connexion?suite=%2Fprestataires%2Fle-bocage-numerique%2Fchoisir" {
		t.Errorf("a visitor is led to %q", to)
	}
	space, lead := s.made(key, "les-canards", "lou@lescanards.example")
	v := s.signedIn(lead)
	if to := v.get(path).leads(); to != "/espace/"+space.Space.PublicID+"/aide?prestataire="+near.Slug {
		t.Errorf("the lead of one space is led to %q", to)
	}
	second := s.confirmed(strings.Replace(key, "0", "1", 1), "les-oies", "lou@lescanards.example")
	s.work(s.approved(second))
	if n := v.get(path).is(http.StatusOK).says("Pour quel espace").doc().Find("main a.button-secondary").Length(); n != 2 {
		t.Errorf("the lead of two spaces chooses among %d", n)
	}
	s.signedIn(s.admin).get("/prestataires/" + resting.Slug + "/choisir").is(http.StatusOK).says("Vous n’avez pas d’espace en service")
}
