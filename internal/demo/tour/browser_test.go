package tour

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const formPage = `<!doctype html><main>
<form method="get" action="/demande"><input name="q"></form>
<form method="post" action="/demande?lang=fr">
  <input type="hidden" name="form_key" value="k-1">
  <input name="association" value="before">
  <textarea name="object">written</textarea>
  <select name="language"><option value="fr">Français</option><option value="en" selected>English</option></select>
  <input type="radio" name="suite" value="collabora" checked><input type="radio" name="suite" value="onlyoffice">
  <input type="checkbox" name="terms" value="yes">
  <button name="decision" value="approve">Go</button>
</form>
<form method="post" action="/pieces" enctype="multipart/form-data">
  <input type="hidden" name="form_key" value="k-2">
  <input type="checkbox" name="kinds" value="a" checked><input type="checkbox" name="kinds" value="b"><input type="checkbox" name="kinds" value="c">
  <input type="file" name="files" multiple>
</form>
<p><a href="/un">The  first</a> <a href="/deux">The first of two</a></p></main>`

// answered is what a server got.
type answered struct {
	Origin string
	Values url.Values
	Files  map[string]string // contents by names
}

func newFormServer(t *testing.T, status int) (*browser, *[]answered) {
	t.Helper()
	var got []answered
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
				t.Error(err)
			}
			got = append(got, answered{r.Header.Get("Origin"), r.PostForm, filesOf(t, r)})
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, `<h1>Title</h1><div class="error-summary">the name is   missing</div>`)
			return
		}
		_, _ = fmt.Fprint(w, formPage)
	}))
	t.Cleanup(server.Close)
	b, err := newBrowser(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.http.CloseIdleConnections)
	return b, &got
}

func filesOf(t *testing.T, r *http.Request) map[string]string {
	t.Helper()
	if r.MultipartForm == nil {
		return nil
	}
	files := map[string]string{}
	for _, h := range r.MultipartForm.File["files"] {
		f, err := h.Open()
		if err != nil {
			t.Error(err)
			continue
		}
		content, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Error(err)
		}
		files[h.Filename] = string(content)
	}
	return files
}

func (b *browser) mustForm(t *testing.T) *form {
	t.Helper()
	return b.mustFormAt(t, "/demande")
}

func (b *browser) mustFormAt(t *testing.T, action string) *form {
	t.Helper()
	p, err := b.open(t.Context(), "/demande")
	if err != nil {
		t.Fatal(err)
	}
	f, err := b.form(p, action)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFormSendsWhatAPageHoldsAndWhatIsTyped(t *testing.T) {
	t.Parallel()
	b, got := newFormServer(t, http.StatusOK)
	f := b.mustForm(t)
	for _, err := range []error{f.fill(map[string]string{"association": "after"}), f.choose("suite", "onlyoffice"), f.tick("terms")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.submit(t.Context(), "decision=approve"); err != nil {
		t.Fatal(err)
	}
	want := []answered{{b.base.String(), url.Values{"form_key": {"k-1"}, "association": {"after"}, "object": {"written"}, "language": {"en"},
		"suite": {"onlyoffice"}, "terms": {"yes"}, "decision": {"approve"}}, nil}}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("what was sent (-want +got):\n%s", diff)
	}
}

func TestFormSendsFilesAndSeveralBoxesOfAName(t *testing.T) {
	t.Parallel()
	b, got := newFormServer(t, http.StatusOK)
	f := b.mustFormAt(t, "/pieces")
	for _, err := range []error{
		f.tickEach("kinds", "b", "c"), f.attach(upload{"files", "Été.txt", []byte("chaud")}), f.attach(upload{"files", "b.bin", []byte{0, 1}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.submit(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	want := []answered{{b.base.String(), url.Values{"form_key": {"k-2"}, "kinds": {"b", "c"}}, map[string]string{"Été.txt": "chaud", "b.bin": "\x00\x01"}}}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("what was sent (-want +got):\n%s", diff)
	}
}

func TestLinkIsFoundByItsWholeText(t *testing.T) {
	t.Parallel()
	b, _ := newFormServer(t, http.StatusOK)
	p := b.mustForm(t).page
	if first, none := p.linkTo("The first"), p.linkTo("first"); first != "/un" || none != "" {
		t.Errorf("the links lead to %q and %q", first, none)
	}
}

func TestScrapeReadsSamplesWithLabels(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "# HELP n Of {what} 1\nn{a=\"x y\",b=\"z\"} 3\nn{a=\"\"} 1.5e+09\nplain 7\n")
	}))
	t.Cleanup(server.Close)
	b, err := newBrowser(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.http.CloseIdleConnections)
	got, err := (&tour{Options: Options{Metrics: server.URL + "/metrics"}, public: b}).scrape(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]float64{`n{a="x y",b="z"}`: 3, `n{a=""}`: 1.5e9}, got); diff != "" {
		t.Errorf("the samples (-want +got):\n%s", diff)
	}
}

func TestFormRefusesWhatThePageDoesNotHave(t *testing.T) {
	t.Parallel()
	b, got := newFormServer(t, http.StatusOK)
	f := b.mustForm(t)
	_, sent := f.submit(t.Context(), "decision=reject")
	for what, err := range map[string]error{
		"a field": f.fill(map[string]string{"slug": "x"}), "a choice": f.choose("suite", "word"), "a box": f.tick("newsletter"), "a button": sent,
		"one of several boxes": f.tickEach("terms", "yes", "no"), "a field for files": f.attach(upload{"files", "a.txt", nil}),
	} {
		if err == nil {
			t.Errorf("%s that the page does not have was used", what)
		}
	}
	if len(*got) > 0 {
		t.Errorf("sent %v", *got)
	}
	if _, err := b.form(f.page, "/elsewhere"); err == nil {
		t.Error("found a form that the page does not have")
	}
}

func TestRefusedFormTellsWhatThePageSays(t *testing.T) {
	t.Parallel()
	b, _ := newFormServer(t, http.StatusUnprocessableEntity)
	_, err := b.mustForm(t).submit(t.Context(), "")
	if want := "/demande answers 422: the name is missing"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

func TestRouteKeepsTokensToItself(t *testing.T) {
	t.Parallel()
	u := &url.URL{Path: "/lien/activer/bV6hW1nC4zY0aQ8dF2kL7sT3"}
	if got := route(u); got != "/lien/activer/bV6hW1nC4zY0aQ8dF2kL7sT3" {
		t.Errorf("24 characters are no token, and %s is told", got)
	}
	u.Path += "x"
	if got := route(u); got != "/lien/activer/…" {
		t.Errorf("the route of a link is %s", got)
	}
}
