package e2e_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

	"nichoir/internal/onboarding"
)

// leadJourney takes a space into use: first password, first member, and that member's leaving.
func leadJourney(t *testing.T, window context.Context) {
	t.Helper()
	h := newHouse(t, 0)
	const lead, member = "lea@lescanards.example", "noe@lescanards.example"
	a := h.applied("Les Canards du canal", "les-canards", lead)
	_, err := h.app.Onboarding.DecideBatch(t.Context(), h.staff("ada@nichoir.example"),
		onboarding.Selection{Decision: onboarding.Approve, Notify: true, IDs: []string{a.PublicID}})
	if err != nil {
		t.Fatal(err)
	}
	v := newVisit(t, window, h.site)

	link := h.mail(lead, "/lien/activer/")
	v.open(link)
	v.fill("#password", "motdepasse")
	v.pressFor(422, "main form button.button")
	v.is(`document.querySelector("#password-error").innerText.length > 20`) // the server's own reason
	v.is(`document.querySelector("#password").value === ""`)
	v.fill("#password", "Sarcelle-et-colvert-12")
	v.press("main form button.button")
	v.is(`document.querySelector(".copyable-value").value === "lea.colvert"`)
	v.load(410, "read the link that was spent", chromedp.Navigate(h.site+link))
	v.look()

	v.open("/connexion")
	v.fill("#email", lead)
	v.press("main form button.button")
	v.open(h.mail(lead, "/lien/connexion/"))
	v.press("main form button.button")
	v.is(`location.pathname.startsWith("/espace/")`)
	space := read[string](v, `location.pathname`)

	v.do("open the form", chromedp.Click(chromedp.CSS("#comptes summary")))
	v.fill("#name", "Noé Lambert")
	v.fill("#email", member)
	v.load(200, "press twice", chromedp.DoubleClick(chromedp.CSS("#comptes form.form button")))
	v.look()
	v.says("Noé Lambert")
	if n := h.count("accounts WHERE email = $1", member); n != 1 {
		t.Errorf("two clicks invited %d people", n)
	}
	v.do("go back", chromedp.NavigateBack())
	v.becomes(`document.querySelector("h1") && document.readyState === "complete"`)
	v.says("Les Canards du canal")

	v.open(h.mail(member, "/lien/activer/"))
	v.open(space)
	v.press(`#accounts a[href$="/supprimer"]`)
	v.says("Noé Lambert")
	v.press("main form button.button-danger")
	v.becomes(`!document.querySelector("#accounts")?.innerText.includes("Noé Lambert")`)
	v.look()
	v.press(".site-tools form button")
	v.load(200, "open what needs a session", chromedp.Navigate(h.site+space))
	v.is(`location.pathname === "/connexion"`)
	v.look()
}
