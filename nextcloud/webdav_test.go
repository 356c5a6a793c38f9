package nextcloud

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// A WebDAV call is one request of one method, whatever the server answers, the
// first one carrying the login.
func TestOneRequestPerCall(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *Client) error{
		methodMkcol:       func(ctx context.Context, c *Client) error { return c.MakeDir(ctx, "/a/b") },
		http.MethodPut:    func(ctx context.Context, c *Client) error { return c.Upload(ctx, "/a/b", strings.NewReader("xyz"), 3) },
		http.MethodGet:    func(ctx context.Context, c *Client) error { _, err := c.Download(ctx, "/a/b", 10); return err },
		methodCopy:        func(ctx context.Context, c *Client) error { return c.Copy(ctx, "/a/b", "/c/d", false) },
		methodMove:        func(ctx context.Context, c *Client) error { return c.Move(ctx, "/a/b", "/c/d", true) },
		http.MethodDelete: func(ctx context.Context, c *Client) error { return c.Remove(ctx, "/a/b") },
		methodPropfind:    func(ctx context.Context, c *Client) error { _, err := c.Properties(ctx, "/a/b", 0); return err },
	}
	for method, call := range calls {
		for _, status := range []int{200, 201, 204, 207, 301, 302, 307, 400, 401, 403, 404, 405, 409, 412, 423, 429, 500, 502, 503, 507} {
			t.Run(method+" "+itoa(status), func(t *testing.T) {
				t.Parallel()
				var got []string
				c, seen := serve(t, func(w http.ResponseWriter, r *http.Request) {
					got = append(got, r.Method+" "+r.URL.EscapedPath())
					if user, password, ok := r.BasicAuth(); !ok || user != "service" || password != testPassword {
						t.Error("no login")
					}
					w.Header().Set("WWW-Authenticate", `Digest realm="x", nonce="y", Basic realm="x"`)
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(status)
				})
				err := call(t.Context(), c)
				want := []string{method + " /remote.php/dav/files/service/a/b"}
				if !slices.Equal(got, want) {
					t.Errorf("requests %v, error %v", got, err)
				}
				if status >= 300 && err == nil {
					t.Error("taken for a success")
				}
				if o := seen.last(t); o.Status != status || o.Sent != 1 || o.Kind != KindOf(err) {
					t.Errorf("observed %+v, error %v", o, err)
				}
			})
		}
	}
}

func TestWebDAVRequests(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		got = r.Clone(r.Context())
		switch r.Method {
		case http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		case http.MethodGet:
			_, _ = w.Write([]byte("contenu"))
		default:
			w.WriteHeader(http.StatusCreated)
		}
	})
	ctx := t.Context()
	if err := c.Copy(ctx, "/Modèle 100%/", "/Été+?#/Premiers pas", true); err != nil {
		t.Fatal(err)
	}
	root := c.server.base.String() + "/remote.php/dav/files/service"
	if got.URL.EscapedPath() != "/remote.php/dav/files/service/Mod%C3%A8le%20100%25" ||
		got.Header.Get("Destination") != root+"/%C3%89t%C3%A9+%3F%23/Premiers%20pas" || got.Header.Get("Overwrite") != "T" {
		t.Errorf("COPY %s to %s, overwrite %s", got.URL.EscapedPath(), got.Header.Get("Destination"), got.Header.Get("Overwrite"))
	}
	if err := c.Move(ctx, "/a", "/b", false); err != nil || got.Header.Get("Overwrite") != "F" || got.Header.Get("Destination") != root+"/b" {
		t.Errorf("MOVE: %v, %v", got.Header, err)
	}
	if err := c.Upload(ctx, "/a/b", iotest.OneByteReader(strings.NewReader("bonjour")), 7); err != nil {
		t.Fatal(err)
	}
	if got.ContentLength != 7 || len(got.TransferEncoding) != 0 || string(body) != "bonjour" {
		t.Errorf("PUT of %d bytes %v: %q", got.ContentLength, got.TransferEncoding, body)
	}
	if err := c.Upload(ctx, "/a/b", strings.NewReader(""), 0); err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Content-Length") != "0" && got.ContentLength != 0 || len(got.TransferEncoding) != 0 {
		t.Errorf("empty PUT of %d bytes %v", got.ContentLength, got.TransferEncoding)
	}
	text, err := c.Download(ctx, "/a", 7)
	if err != nil || string(text) != "contenu" {
		t.Errorf("GET %q, %v", text, err)
	}
	if _, err := c.Download(ctx, "/a", 6); KindOf(err) != KindNotNextcloud {
		t.Errorf("GET of more than allowed: %v", err)
	}
	if got.Header.Get("User-Agent") != "nichoir" || got.Header.Get("X-Gowebdav-Inhibit-Redirect") != "" {
		t.Errorf("headers %v", got.Header)
	}
}

func TestUploadOfAnotherLength(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the short one ends in an error
		w.WriteHeader(http.StatusCreated)
	})
	for _, text := range []string{"court", "beaucoup trop long"} {
		err := c.Upload(t.Context(), "/x", strings.NewReader(text), 10)
		if KindOf(err) != KindInvalid || ClassOf(err) != ClassStop || EffectOf(err) != EffectUnknown {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A transport may answer before it has read the content. The caller gets its
// reader back when the transport is done with it, not before.
func TestUploadWaitsForItsContent(t *testing.T) {
	t.Parallel()
	answered := make(chan struct{})
	c, _ := connect(t, Options{BaseURL: "https://nuage.example", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		go func() {
			<-answered
			_, _ = io.Copy(io.Discard, r.Body) // what it reads is counted below
			_ = r.Body.Close()
		}()
		defer close(answered)
		return &http.Response{StatusCode: http.StatusInsufficientStorage, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	})})
	content := &counting{r: strings.NewReader("bonjour")}
	if err := c.Upload(t.Context(), "/x", content, 7); KindOf(err) != KindOverQuota {
		t.Error(err)
	}
	if content.read != 7 {
		t.Errorf("%d bytes were read when the call was over", content.read)
	}
}

// counting counts, unprotected: the race detector minds who reads it when.
type counting struct {
	r    io.Reader
	read int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += n
	return n, err
}

func TestBelowAPathAndOverIPv6(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://nuage.example/sous/chemin", "http://[::1]:1", "https://nuage.example/a%20b"} {
		var got *http.Request
		c, _ := connect(t, Options{BaseURL: base, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r
			return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		})})
		if err := c.Move(t.Context(), "/a b", "/c", false); err != nil {
			t.Fatal(err)
		}
		if got.URL.String() != base+"/remote.php/dav/files/service/a%20b" || got.Header.Get("Destination") != base+"/remote.php/dav/files/service/c" {
			t.Errorf("%s: %s to %s", base, got.URL, got.Header.Get("Destination"))
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
