package render_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"nichoir/internal/web/render"
)

// shots keeps pictures of the style guide: go test ./internal/web/render -run Look -shots /tmp/guide
var shots = flag.String("shots", "", "folder to keep screenshots of the style guide in")

// policy is the strictest the kit must live with: no inline script, no inline style, nothing from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// TestLook opens the style guide in a browser, on a phone and on a desk, by day and by night: axe finds nothing, nothing
// sticks out sideways, and the policy is never broken.
func TestLook(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("../../e2e/testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(guideHandler(t, newGuide(t)))
	t.Cleanup(server.Close)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir()))
	t.Cleanup(stop)
	browser, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1280} {
			t.Run(fmt.Sprintf("%s-%d", scheme, width), func(t *testing.T) {
				look(t, browser, server.URL, string(axe), scheme, width)
			})
		}
	}
}

func look(t *testing.T, browser context.Context, url, axe, scheme string, width int64) {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(browser, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatalf("choose the %s scheme: %v", scheme, err)
	}
	watch := chromedp.Evaluate[chromedp.Void](`0`)
	if err := chromedp.Do(browser, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url), watch); err != nil {
		t.Fatalf("open the guide: %v", err)
	}
	if _, err := chromedp.Run(browser, chromedp.Evaluate[bool](`document.fonts.ready.then(() => true)`, chromedp.EvalAwaitPromise)); err != nil {
		t.Fatalf("wait for fonts: %v", err)
	}
	wide, err := chromedp.Run(browser, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
	if err != nil {
		t.Fatalf("measure: %v", err)
	}
	if wide > width {
		t.Errorf("the page is %d px wide on a screen of %d px", wide, width)
	}
	if err := chromedp.Do(browser, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
		t.Fatalf("load axe: %v", err)
	}
	const run = `axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.flatMap((v) =>
		v.nodes.map((n) => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary)))`
	faults, err := chromedp.Run(browser, chromedp.Evaluate[[]string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("run axe: %v", err)
	}
	for _, fault := range faults {
		t.Errorf("axe: %s", fault)
	}
	keepShot(t, browser, fmt.Sprintf("guide-%s-%d.png", scheme, width))
}

func keepShot(t *testing.T, browser context.Context, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	picture, err := chromedp.Run(browser, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("take a picture: %v", err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name), picture, 0o600); err != nil {
		t.Fatalf("keep a picture: %v", err)
	}
}

// guideHandler serves the guide and its files as the real server would, and fails the test when a file is missing.
func guideHandler(t *testing.T, renderer *render.Renderer) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if strings.HasPrefix(r.URL.Path, render.AssetPrefix) {
			renderer.Assets().ServeHTTP(w, r)
			return
		}
		if err := renderer.Page(w, http.StatusOK, "test/guide", guide("fr")); err != nil {
			t.Errorf("render the guide: %v", err)
		}
	})
}
