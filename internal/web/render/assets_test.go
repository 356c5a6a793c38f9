package render_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"nichoir/internal/web/render"
)

func TestAssets(t *testing.T) {
	t.Parallel()
	sheet := `@font-face { src: url("../fonts/a.woff2") }` + strings.Repeat("/* padding */", 50)
	assets, err := render.NewAssets(fstest.MapFS{"css/a.css": {Data: []byte(sheet)}, "fonts/a.woff2": {Data: []byte("font")}})
	if err != nil {
		t.Fatal(err)
	}
	url, err := assets.URL("css/a.css")
	if err != nil {
		t.Fatal(err)
	}
	font, err := assets.URL("fonts/a.woff2")
	if err != nil {
		t.Fatal(err)
	}
	plain := get(t, assets, http.MethodGet, url, nil)
	if !strings.Contains(plain.body, `url("`+font+`")`) {
		t.Errorf("the stylesheet does not name the font by its hashed address %s:\n%s", font, plain.body)
	}
	if plain.status != http.StatusOK || plain.header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
		plain.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("got %d %v", plain.status, plain.header)
	}
	zipped := get(t, assets, http.MethodGet, url, http.Header{"Accept-Encoding": {"gzip"}})
	if zipped.header.Get("Content-Encoding") != "gzip" || len(zipped.body) >= len(plain.body) {
		t.Errorf("not compressed: %v", zipped.header)
	}
	for name, test := range map[string]struct {
		method, url string
		header      http.Header
		status      int
	}{
		"known by its tag":   {http.MethodGet, url, http.Header{"If-None-Match": {plain.header.Get("ETag")}}, http.StatusNotModified},
		"an older version":   {http.MethodGet, "/static/css/a.000000000000.css", nil, http.StatusNotFound},
		"a name, no version": {http.MethodGet, "/static/css/a.css", nil, http.StatusNotFound},
		"outside":            {http.MethodGet, "/static/../go.mod", nil, http.StatusNotFound},
		"not to be read":     {http.MethodPost, url, nil, http.StatusMethodNotAllowed},
		"the head alone":     {http.MethodHead, url, nil, http.StatusOK},
	} {
		if got := get(t, assets, test.method, test.url, test.header); got.status != test.status {
			t.Errorf("%s: status %d, want %d", name, got.status, test.status)
		}
	}
}

func TestAssetsRefuseAStylesheetWithoutItsFont(t *testing.T) {
	t.Parallel()
	if _, err := render.NewAssets(fstest.MapFS{"css/a.css": {Data: []byte(`src: url("../fonts/b.woff2")`)}}); err == nil {
		t.Error("a stylesheet that asks for a missing font was accepted")
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, handler http.Handler, method, url string, header http.Header) answer {
	t.Helper()
	request := httptest.NewRequest(method, url, http.NoBody)
	maps.Copy(request.Header, header)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	body, err := io.ReadAll(recorder.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{recorder.Code, recorder.Header(), string(body)}
}
