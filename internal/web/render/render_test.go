package render_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
)

// page renders the style guide in lang and reads it.
func page(t *testing.T, view guideView) *goquery.Document {
	t.Helper()
	recorder := httptest.NewRecorder()
	if err := newGuide(t).Page(recorder, http.StatusOK, "test/guide", view); err != nil {
		t.Fatal(err)
	}
	document, err := goquery.NewDocumentFromReader(recorder.Body)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	if err := newGuide(t).Page(recorder, http.StatusUnprocessableEntity, "test/guide", guide("en")); err != nil {
		t.Fatal(err)
	}
	response := recorder.Result()
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d", response.StatusCode)
	}
	got := map[string]string{}
	for _, name := range []string{"Content-Type", "Content-Language", "Cache-Control", "Vary"} {
		got[name] = response.Header.Get(name)
	}
	want := map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Content-Language": "en", "Cache-Control": "no-store",
		"Vary": "Accept-Language, HX-Request",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	view := guide("fr")
	view.LangChosen, view.Query = true, "etat=recu&lang=fr"
	document := page(t, view)
	for selector, want := range map[string]string{
		"title":                               "Erreur\u00a0: Guide de style · Nichoir",
		".site-nav [aria-current]":            "Demandes",
		".site-person":                        "Camille Dupré",
		".lang-switch":                        "English",
		".error-summary li:first-child a":     "Il manque la fin de l’adresse, comme « .org ».",
		".gauge-full .gauge-advice":           "L’espace est presque plein.",
		"[aria-current=step] .timeline-title": "À l’étude (En attente\u00a0:)",
	} {
		if got := strings.TrimSpace(document.Find(selector).First().Text()); got != want {
			t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	for selector, want := range map[string]string{
		"html@lang":         "fr",
		".lang-switch@href": "/guide?etat=recu&lang=en",
		".brand@href":       "/?lang=fr",
	} {
		selector, attribute, _ := strings.Cut(selector, "@")
		if got := document.Find(selector).AttrOr(attribute, ""); got != want {
			t.Errorf("%s of %s: got %q, want %q", attribute, selector, got, want)
		}
	}
	if n := document.Find("[style], style, script:not([src]), [onclick]").Length(); n != 0 {
		t.Errorf("%d elements break the content security policy", n)
	}
}

// Every control has a label, every aria-describedby and every link of the error summary leads somewhere.
func TestFormsAreWired(t *testing.T) {
	t.Parallel()
	document := page(t, guide("fr"))
	document.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, control *goquery.Selection) {
		id := control.AttrOr("id", "")
		if control.AttrOr("aria-label", "") == "" && document.Find(`label[for="`+id+`"]`).Length() != 1 {
			t.Errorf("control %q has no label", id)
		}
	})
	document.Find("[aria-describedby]").Each(func(_ int, control *goquery.Selection) {
		for id := range strings.FieldsSeq(control.AttrOr("aria-describedby", "")) {
			if document.Find("#"+id).Length() != 1 {
				t.Errorf("%s is described by %q, which is not there", control.AttrOr("name", "?"), id)
			}
		}
	})
	links := document.Find(".error-summary a").Map(func(_ int, link *goquery.Selection) string { return link.AttrOr("href", "") })
	if diff := cmp.Diff([]string{"#email", "#suite-0"}, links); diff != "" {
		t.Errorf("links of the summary (-want +got):\n%s", diff)
	}
	for _, target := range links {
		if document.Find(target).Length() != 1 {
			t.Errorf("the summary leads to %s, which is not there", target)
		}
	}
	if got := document.Find("#email").AttrOr("value", ""); got != "lou@gmial" {
		t.Errorf("what was typed is lost: %q", got)
	}
}

func TestWhatPeopleTypeIsNeverMarkup(t *testing.T) {
	t.Parallel()
	const nasty = `"><script>alert(1)</script>`
	view := guide("fr")
	view.Header.Title, view.Email.Value, view.Login.Value = i18n.Raw(nasty), nasty, nasty
	document := page(t, view)
	if n := document.Find("script:not([src])").Length(); n != 0 {
		t.Errorf("%d scripts came through", n)
	}
	if got := document.Find("h1").First().Text(); got != nasty {
		t.Errorf("the heading reads %q", got)
	}
}

func TestPageErrors(t *testing.T) {
	t.Parallel()
	renderer := newGuide(t)
	recorder := httptest.NewRecorder()
	if err := renderer.Page(recorder, http.StatusOK, "test/nowhere", guide("fr")); !errors.Is(err, render.ErrUnknownPage) {
		t.Errorf("an unknown page: got %v", err)
	}
	if err := renderer.Page(recorder, http.StatusOK, "test/guide", render.MessageView{}); err == nil {
		t.Error("a view of another page was accepted")
	}
	if recorder.Body.Len() != 0 || recorder.Header().Get("Content-Type") != "" {
		t.Errorf("a failed page was written in part: %q", recorder.Body)
	}
}

func TestFragment(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	if err := newGuide(t).Fragment(recorder, http.StatusOK, "test/guide", "content", guide("fr")); err != nil {
		t.Fatal(err)
	}
	if body := recorder.Body.String(); strings.Contains(body, "<html") || !strings.Contains(body, "Les Mésanges du canal") {
		t.Error("a fragment is the block and nothing around it")
	}
}

func TestIsFragment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		headers []string
		want    bool
	}{
		{nil, false},
		{[]string{"HX-Request"}, true},
		{[]string{"HX-Request", "HX-Boosted"}, false},
		{[]string{"HX-Request", "HX-History-Restore-Request"}, false},
	} {
		request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		for _, name := range test.headers {
			request.Header.Set(name, "true")
		}
		if got := render.IsFragment(request); got != test.want {
			t.Errorf("with %v: %v", test.headers, got)
		}
	}
}

func TestMessagePage(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	view := render.MessageView{
		Page: render.Page{Lang: "en", Title: i18n.Raw("We wrote to you")}, Drawing: "pigeon",
		Body: []i18n.Message{i18n.Raw("One."), i18n.Raw("Two.")}, Action: render.Link{URL: "/again", Text: i18n.Raw("Again")}, Reference: "abc",
	}
	if err := newGuide(t).Page(recorder, http.StatusOK, render.MessagePage, view); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h1>We wrote to you</h1>", "<p>One.</p>", "<p>Two.</p>", `href="/again"`, "<code>abc</code>", "<svg class=\"drawing\""} {
		if !strings.Contains(recorder.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// A template that could not be shown stops the start.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	catalogue, err := i18n.New(i18n.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ content, want string }{
		"an unknown sentence":  {`{{define "content"}}{{if .X}}{{t "common.no-such"}}{{end}}{{end}}`, `no sentence "common.no-such"`},
		"a nested sentence":    {`{{define "content"}}{{template "x" (m "common.nope")}}{{end}}{{define "x"}}{{end}}`, `no sentence "common.nope"`},
		"an unknown drawing":   {`{{define "content"}}{{drawing "dragon"}}{{end}}`, `no drawing "dragon"`},
		"an unknown icon":      {`{{define "content"}}{{range .X}}{{icon "dragon"}}{{end}}{{end}}`, `no icon "dragon"`},
		"an unknown file":      {`{{define "content"}}{{asset "css/dragon.css"}}{{end}}`, `no static file "css/dragon.css"`},
		"an unknown template":  {`{{define "content"}}{{template "dragon" .}}{{end}}`, `no template "dragon"`},
		"a page without words": {`{{define "contents"}}{{end}}`, `defines no "content"`},
		"what does not parse":  {`{{define "content"}}{{if}}{{end}}`, "parse"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := render.New(render.Options{Catalogue: catalogue, Files: fstest.MapFS{
				"layouts/base.html":    {Data: []byte(`{{define "base"}}{{template "content" .}}{{end}}`)},
				"partials/none.html":   {Data: []byte(`{{define "none"}}{{end}}`)},
				"static/js/x.js":       {Data: []byte(`0`)},
				"pages/test/page.html": {Data: []byte(test.content)},
			}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

func TestHref(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		chosen     bool
		path, want string
	}{
		{false, "/demande", "/demande"},
		{true, "/demande", "/demande?lang=en"},
		{true, "/demandes?etat=recue", "/demandes?etat=recue&lang=en"},
		{true, "/demande#slug", "/demande?lang=en#slug"},
	} {
		if got := (render.Page{Lang: "en", LangChosen: test.chosen}).Href(test.path); got != test.want {
			t.Errorf("%s: got %s, want %s", test.path, got, test.want)
		}
	}
}

func TestUnder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		path, prefix string
		want         bool
	}{
		{"/admin/lots/3", "/admin/lots", true}, {"/admin/lots", "/admin/lots", true}, {"/admin/lotsx", "/admin/lots", false},
		{"/", "/", true}, {"/demande", "/", false}, {"/demande", "/demande?lang=en", true},
	} {
		if got := (render.Page{Path: test.path}).Under(test.prefix); got != test.want {
			t.Errorf("%s under %s: %v", test.path, test.prefix, got)
		}
	}
}

// Each state has a word in both languages: StateTag must never show a bare key.
func TestStateTags(t *testing.T) {
	t.Parallel()
	catalogue, err := i18n.New(i18n.Options{})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string][]string{
		"application": {"draft", "unconfirmed", "submitted", "deciding", "changes_requested", "waitlisted", "approved", "rejected", "withdrawn", "expired"},
		"batch":       {"open", "decided", "released", "done"},
		"space":       {"queued", "provisioning", "blocked", "ready", "active", "suspended", "closing", "deleting", "closed"},
		"account":     {"invited", "active", "disabled", "removing", "removed"},
		"host":        {"open", "draining", "retired"},
		"health":      {"ok", "unreachable", "throttled", "maintenance", "unauthorized"},
	}
	for entity, names := range states {
		for _, state := range names {
			tag := render.StateTag(entity, state)
			if !catalogue.Has(tag.Text.Key) {
				t.Errorf("no word for %s %s", entity, state)
			}
		}
	}
	if got := render.StateTag("batch", "open").Kind; got != render.Waiting {
		t.Errorf("an open batch is %s", got)
	}
}

func TestGauge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		used, total  int64
		width, level string
	}{
		{0, 100, "0", "calm"}, {79, 100, "79", "calm"}, {80, 100, "80", "watch"}, {95, 100, "95", "full"}, {130, 100, "100", "full"}, {5, 0, "0", "calm"},
	} {
		gauge := render.Gauge{Used: test.used, Total: test.total}
		if gauge.Width() != test.width || gauge.Level() != test.level {
			t.Errorf("%d of %d: %s %s, want %s %s", test.used, test.total, gauge.Width(), gauge.Level(), test.width, test.level)
		}
	}
	if free := (render.Seats{Taken: 51, Total: 50}).Free(); free != 0 {
		t.Errorf("%d seats free of a full space", free)
	}
}

func TestAgoUsesTheInjectedClock(t *testing.T) {
	t.Parallel()
	catalogue, err := i18n.New(i18n.Options{})
	if err != nil {
		t.Fatal(err)
	}
	renderer, err := render.New(render.Options{Catalogue: catalogue, Now: now, Files: fstest.MapFS{
		"layouts/base.html":    {Data: []byte(`{{define "base"}}{{template "content" .}}{{end}}`)},
		"partials/none.html":   {Data: []byte(`{{define "none"}}{{end}}`)},
		"static/js/x.js":       {Data: []byte(`0`)},
		"pages/test/page.html": {Data: []byte(`{{define "content"}}{{ago .At}}{{end}}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	view := struct {
		render.Page
		At time.Time
	}{render.Page{Lang: "fr"}, now().Add(-5 * time.Minute)}
	recorder := httptest.NewRecorder()
	if err := renderer.Page(recorder, http.StatusOK, "test/page", view); err != nil {
		t.Fatal(err)
	}
	if got, want := recorder.Body.String(), "il y a 5 minutes"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
