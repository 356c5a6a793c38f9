package tour

import (
	"fmt"
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
</form></main>`

// answered is what a server got.
type answered struct {
	Origin string
	Values url.Values
}

func newFormServer(t *testing.T, status int) (*browser, *[]answered) {
	t.Helper()
	var got []answered
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			got = append(got, answered{r.Header.Get("Origin"), r.PostForm})
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

func (b *browser) mustForm(t *testing.T) *form {
	t.Helper()
	p, err := b.open(t.Context(), "/demande")
	if err != nil {
		t.Fatal(err)
	}
	f, err := b.form(p, "/demande")
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
		"suite": {"onlyoffice"}, "terms": {"yes"}, "decision": {"approve"}}}}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("what was sent (-want +got):\n%s", diff)
	}
}

func TestFormRefusesWhatThePageDoesNotHave(t *testing.T) {
	t.Parallel()
	b, got := newFormServer(t, http.StatusOK)
	f := b.mustForm(t)
	_, sent := f.submit(t.Context(), "decision=reject")
	for what, err := range map[string]error{
		"a field": f.fill(map[string]string{"slug": "x"}), "a choice": f.choose("suite", "word"), "a box": f.tick("newsletter"), "a button": sent,
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
