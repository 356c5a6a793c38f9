package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestJourneys goes through Nichoir as people do, in a browser, and judges every page that they come by.
func TestJourneys(t *testing.T) {
	t.Parallel()
	window := browser(t)
	// What each of them does is told in a file of its own.
	for name, journey := range map[string]func(*testing.T, context.Context){
		"applicant":         applicantJourney,
		"without scripts":   scriptlessJourney,
		"staff by keyboard": keyboardJourney,
		"lead":              leadJourney,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey(t, window)
		})
	}
}

// applicantJourney asks for a space with all the mistakes that one can make.
func applicantJourney(t *testing.T, window context.Context) {
	t.Helper()
	h := newHouse(t, time.Minute)
	h.applied("Les Canards du lac", "les-canards", "premiere@lescanards.example")
	v := newVisit(t, window, h.site)

	v.open("/")
	v.press(`main a.button[href="/demande"]`)
	v.fill("#association", "Les Canards du canal")
	v.fill("#slug", "les-canards")
	v.fill("#email", "lou.dupre@gmial.com")
	v.pressFor(422, "main form button.button")
	v.is(`document.title.startsWith("Erreur")`)
	v.is(`document.activeElement.matches(".error-summary")`)
	v.is(`document.querySelector("#association").value === "Les Canards du canal" && document.querySelector("#email").value === "lou.dupre@gmial.com"`)
	v.is(`document.querySelector("#slug").value === "les-canards" && document.querySelector("input[name=refused]").value === "les-canards"`)
	proposed := read[string](v, `document.querySelector("#slug-box input[type=radio]:checked").value`)
	v.do("follow the summary to the field", chromedp.Click(chromedp.CSS(`.error-summary a[href="#object"]`)))
	v.becomes(`document.activeElement.id === "object"`)
	v.is(`document.querySelector("#object").getAttribute("aria-describedby").split(" ").every((id) => document.getElementById(id))`)

	v.fill("#object", "Ateliers vélo, jardin partagé et fanfare au bord du canal.")
	v.fill("#accounts", "12")
	v.fill("#lead_name", "Lou Dupré")
	v.do("choose", chromedp.Click(chromedp.CSS("#suite-0")), chromedp.Click(chromedp.CSS("#terms")))
	v.load(200, "press twice", chromedp.DoubleClick(chromedp.CSS("main form button.button")))
	v.look()
	v.says("lou.dupre@gmial.com")
	v.says("lou.dupre@gmail.com")
	if n := h.count("applications WHERE association = 'Les Canards du canal'"); n != 1 {
		t.Errorf("two clicks made %d applications", n)
	}
	v.do("go back", chromedp.NavigateBack())
	v.becomes(`location.pathname === "/demande" && document.querySelector("#association")?.value === "Les Canards du canal"`)
	v.do("go forward", chromedp.NavigateForward())
	v.becomes(`location.pathname.endsWith("/envoyee") && document.readyState === "complete"`)
	v.press(`form.notice button`)
	v.says("lou.dupre@gmail.com")

	link := h.mail("lou.dupre@gmail.com", "/lien/confirmer/")
	v.open(link)
	v.open(link) // reading it twice spends nothing
	v.press("main form button.button")
	v.says("Les Canards du canal")
	v.is(`location.pathname.startsWith("/suivi/")`)
	if n := h.count("applications WHERE association = 'Les Canards du canal' AND state = 'submitted' AND slug = $1", proposed); n != 1 {
		t.Errorf("the application was not submitted under the proposed name %q", proposed)
	}
	v.load(404, "open what is not there", chromedp.Navigate(h.site+"/nulle-part"))
	v.look()
}

// scriptlessJourney asks for a space in a browser that runs no script.
func scriptlessJourney(t *testing.T, window context.Context) {
	t.Helper()
	h := newHouse(t, time.Minute)
	v := newVisit(t, window, h.site)
	v.scripts(false)
	visit := func(path string) { v.load(200, "open "+path, chromedp.Navigate(h.site+path)) }
	press := func(status int, selector string) {
		v.load(status, "press "+selector, chromedp.Click(chromedp.CSS(selector)))
	}

	visit("/demande")
	v.fill("#association", "Les Oies sauvages")
	press(422, "main form button.button")
	v.is(`document.querySelector("#association").value === "Les Oies sauvages"`)
	v.fill("#object", "Suivre les oies dans leur voyage, de la Suède à la Camargue.")
	v.fill("#slug", "les-oies")
	v.fill("#accounts", "3")
	v.fill("#lead_name", "Nils Holgersson")
	v.fill("#email", "nils@lesoies.example")
	v.do("choose", chromedp.Click(chromedp.CSS("#suite-1")), chromedp.Click(chromedp.CSS("#terms")))
	v.load(200, "press twice", chromedp.DoubleClick(chromedp.CSS("main form button.button")))
	v.says("nils@lesoies.example")
	if n := h.count("applications"); n != 1 {
		t.Errorf("two clicks made %d applications", n)
	}
	visit(h.mail("nils@lesoies.example", "/lien/confirmer/"))
	press(200, "main form button.button")
	v.says("Les Oies sauvages")
	if n := h.count("applications WHERE state = 'submitted' AND suite = 'onlyoffice'"); n != 1 {
		t.Errorf("%d applications were submitted", n)
	}
}
