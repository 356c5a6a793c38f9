package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// tab is a tab of a browser that runs the pages' scripts, signed in with the visitor's cookies.
func (v *visitor) tab() (ctx context.Context, base string) {
	v.t.Helper()
	server := httptest.NewServer(v.handler)
	v.t.Cleanup(server.Close)
	allocator, stop := chromedp.NewExecAllocator(v.t.Context(), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(v.t.TempDir()))
	v.t.Cleanup(stop)
	tab, stop := chromedp.NewContext(allocator)
	v.t.Cleanup(stop)
	if err := chromedp.Do(tab); err != nil {
		v.t.Fatalf("start chromium: %v", err)
	}
	return tab, server.URL
}

// until waits until an expression of the page is true.
func until(t *testing.T, tab context.Context, what string) {
	t.Helper()
	wait := fmt.Sprintf(`new Promise((done, fail) => {
		const began = Date.now();
		const look = () => {
			if (%s) { done(true); return; }
			if (Date.now() - began > 20000) { done(false); return; }
			setTimeout(look, 50);
		};
		look();
	})`, what)
	ok, err := chromedp.Run(tab, chromedp.Evaluate[bool](wait, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("wait for %s: %v", what, err)
	}
	if !ok {
		body, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.querySelector("main").innerText`))
		t.Fatalf("the page never gets to %s (%v): %s", what, err, body)
	}
}

func do(t *testing.T, tab context.Context, script string) {
	t.Helper()
	if err := chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](script)); err != nil {
		t.Fatalf("do %s: %v", script, err)
	}
}

func press(t *testing.T, tab context.Context, keys string) {
	t.Helper()
	if err := chromedp.Do(tab, chromedp.KeyEvent(keys)); err != nil {
		t.Fatalf("press %q: %v", keys, err)
	}
}

func open(t *testing.T, tab context.Context, url string) {
	t.Helper()
	if err := chromedp.Do(tab, chromedp.Navigate(url), chromedp.Evaluate[chromedp.Void](`0`)); err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
	until(t, tab, `document.readyState === "complete"`)
}

// TestNameIsCheckedWhileTyping uses the form as somebody with JavaScript and a keyboard does.
func TestNameIsCheckedWhileTyping(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	s.confirmed(key, "les-canards", "premiere@lescanards.example")
	tab, base := s.visitor().tab()
	open(t, tab, base+"/demande?lang=fr")
	do(t, tab, `document.querySelector("#association").value = "Les Canards"; document.querySelector("#slug").focus()`)
	press(t, tab, "les-canards")
	until(t, tab, `document.querySelector("#slug-status").innerText.includes("déjà pris")`)
	until(t, tab, `!document.querySelector(".htmx-added, .htmx-settling, .htmx-swapping, .htmx-request")`) // the button listens
	press(t, tab, "\t")                                                                                    // to the button beside
	until(t, tab, `document.activeElement.matches("#slug-status button")`)
	press(t, tab, "\r")
	until(t, tab, `document.querySelector("#slug").value === "les-canards-asso"`)
	until(t, tab, `document.querySelector("#slug-box").contains(document.activeElement)`)
	until(t, tab, `document.querySelector("#association").value === "Les Canards"`)
}

// TestStatusMovesOnByItself watches a space being made without touching the page.
func TestStatusMovesOnByItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(3)
	a := s.confirmed(strings.Replace(key, "0", "1", 1), "les-oies", "oie@lescanards.example")
	space := s.approved(a)
	tab, base := s.visitor().tab()
	open(t, tab, base+"/suivi/"+a.PublicID+"?lang=fr")
	until(t, tab, `document.querySelector("main").innerText.includes("Votre espace se construit")`)
	s.host()
	s.work(space)
	until(t, tab, `document.querySelector("main").innerText.includes("Votre espace est prêt")`)
}
