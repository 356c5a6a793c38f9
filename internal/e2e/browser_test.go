package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// journeyLimit bounds one person's visit. What does not come by then does not come.
const journeyLimit = 2 * time.Minute

// browser starts the Chromium that the journeys share. One that is missing fails the test: it must never skip it.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses root otherwise
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	window, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(window); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return window
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("the journeys need Chromium, which is not installed: apt install chromium")
	return ""
}

// visit is one person at one tab, with cookies of their own.
type visit struct {
	*testing.T

	tab  context.Context //nolint:containedctx // chromedp's tab is a context
	site string          // begins every address
	axe  string
}

// newVisit opens a tab for somebody who reads French.
func newVisit(t *testing.T, window context.Context, site string) *visit {
	t.Helper()
	tab, stop := chromedp.NewContext(window, chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	tab, stop = context.WithTimeout(tab, journeyLimit)
	t.Cleanup(stop)
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{T: t, tab: tab, site: site, axe: string(axe)}
	// Tabs that stand behind another one believe that they have the focus, as if each had a screen of its own.
	command(v, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	command(v, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": "fr"}})
	v.resize(1280)
	return v
}

// scripts lets pages run scripts, or not.
func (v *visit) scripts(run bool) {
	v.Helper()
	command(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
}

func (v *visit) resize(width int64) {
	v.Helper()
	v.do("resize the window", chromedp.EmulateViewport(width, 800))
}

func (v *visit) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.Helper()
	if err := chromedp.Do(v.tab, steps...); err != nil {
		v.Fatalf("%s: %v\n%s", what, err, v.page())
	}
}

// load does what leads to another page, and waits for that one to be there with this status.
func (v *visit) load(status int, what string, steps ...chromedp.Action[chromedp.Void]) {
	v.Helper()
	answer, err := chromedp.RunResponse(v.tab, steps...)
	if err != nil {
		v.Fatalf("%s: %v\n%s", what, err, v.page())
	}
	if int(answer.Status) != status {
		v.Fatalf("%s: status %d, want %d\n%s", what, answer.Status, status, v.page())
	}
}

// open goes to an address of the site and looks at the page.
func (v *visit) open(path string) {
	v.Helper()
	v.load(200, "open "+path, chromedp.Navigate(v.site+path))
	v.look()
}

// press presses what leads to another page, and looks at that one.
func (v *visit) press(selector string) { v.Helper(); v.pressFor(200, selector) }

func (v *visit) pressFor(status int, selector string) {
	v.Helper()
	v.load(status, "press "+selector, chromedp.Click(chromedp.CSS(selector)))
	v.look()
}

// fill types into fields, in place of what is there.
func (v *visit) fill(selector, text string) {
	v.Helper()
	v.do("fill "+selector, chromedp.Evaluate[chromedp.Void]("document.querySelector(`"+selector+"`).select()"), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// read evaluates an expression.
func read[T any](v *visit, expression string) T {
	v.Helper()
	value, err := chromedp.Run(v.tab, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		v.Fatalf("read %s: %v", expression, err)
	}
	return value
}

func command[P, R any](v *visit, c cdp.Command[P, R], params P) {
	v.Helper()
	if _, err := chromedp.Call(v.tab, c, params); err != nil {
		v.Fatalf("prepare the tab: %v", err)
	}
}

// says fails unless the page's text holds this.
func (v *visit) says(text string) {
	v.Helper()
	if page := v.page(); !strings.Contains(page, text) {
		v.Errorf("the page does not say %q:\n%s", text, page)
	}
}

// is fails unless the expression is true.
func (v *visit) is(expression string) {
	v.Helper()
	if !read[bool](v, "!!("+expression+")") {
		v.Errorf("%s is not so:\n%s", expression, v.page())
	}
}

// becomes waits until the expression is true, across pages.
func (v *visit) becomes(expression string) {
	v.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		// An expression that is cut off by the next page is asked there again.
		if yes, err := chromedp.Run(v.tab, chromedp.Evaluate[bool]("!!("+expression+")")); err == nil && yes {
			return
		}
		select {
		case <-again.C:
		case <-v.tab.Done():
			v.Fatalf("it never becomes so: %s\n%s", expression, v.page())
		}
	}
}

// page is what there is to read, with ordinary spaces and apostrophes.
func (v *visit) page() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.tab), 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + document.body.innerText`))
	if err != nil {
		return fmt.Sprintf("(the page cannot be read: %v)", err)
	}
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(text)
}

// look judges the page as it stands on a phone and on a screen, by day and by night: axe finds nothing, nothing sticks out
// sideways, and on a phone whatever is not a word in a sentence is wide enough for a finger.
func (v *visit) look() {
	v.Helper()
	v.do("load axe", chromedp.Evaluate[chromedp.Void](v.axe))
	for _, way := range []struct {
		scheme string
		width  int64
		rules  string // all, or those that the scheme bears on
	}{{"light", 320, ""}, {"light", 360, runAxe}, {"dark", 360, axeColours}, {"dark", 1280, runAxe}, {"light", 1280, axeColours}} {
		v.resize(way.width)
		command(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			// Colours that change slowly would be judged half-way.
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: way.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		if wide := read[int64](v, `document.documentElement.scrollWidth`); wide > way.width {
			v.Errorf("%s is %d px wide on a screen of %d px", read[string](v, `location.pathname`), wide, way.width)
		}
		if way.rules == "" {
			continue // what 400 % of zoom leaves of a screen (WCAG 1.4.10): what stands where has been seen
		}
		if way.width == 1280 && read[int64](v, `document.querySelector(".site-header").offsetHeight`) > 90 {
			v.Errorf("the head of %s takes more than a line", read[string](v, `location.pathname`))
		}
		for _, fault := range read[[]string](v, way.rules) {
			v.Errorf("%s, %s, %d px: %s", read[string](v, `location.pathname`), way.scheme, way.width, fault)
		}
		if way.width == 360 && way.scheme == "light" {
			for _, small := range read[[]string](v, findSmall) {
				v.Errorf("%s is too small for a finger: %s", read[string](v, `location.pathname`), small)
			}
		}
	}
}

const (
	runAxe     = `document.fonts.ready.then(() => axe.run(document, {resultTypes: ["violations"]}))` + axeFaults
	axeColours = `axe.run(document, {resultTypes: ["violations"], runOnly: ["color-contrast", "link-in-text-block"]})` + axeFaults
	axeFaults  = `.then((found) => found.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary)))`
)

// findSmall names the controls that are less than 44 px high, with their label. Links in a text are as high as the text.
const findSmall = `[...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary, textarea")].filter((e) => {
	const box = e.getBoundingClientRect();
	if (box.width < 2 || box.height < 2 || box.bottom < 0 || getComputedStyle(e).display === "inline") return false;
	if (e.closest("li, p, td, th") && e.tagName === "A" && !e.className) return false;
	const label = e.labels?.[0]?.getBoundingClientRect().height ?? 0;
	return Math.max(box.height, label) < 43.5;
}).map((e) => e.outerHTML.slice(0, 120))`
