package e2e_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/pquerna/otp/totp"
)

// keyboardJourney decides a batch without a mouse: every step is Tab, Space, Enter and typing.
func keyboardJourney(t *testing.T, window context.Context) {
	t.Helper()
	h := newHouse(t, time.Hour)
	const admin = "ada@nichoir.example"
	h.staff(admin)
	for _, slug := range []string{"canards-du-lac", "canards-du-canal", "canards-du-port", "oies-du-marais"} {
		h.applied(strings.ReplaceAll(slug, "-", " "), slug, slug+"@example.org")
	}
	v := newVisit(t, window, h.site)

	v.open("/connexion")
	v.tabTo("#email")
	v.keys(admin)
	v.enter()
	v.open(h.mail(admin, "/lien/connexion/"))
	v.tabTo("main form button")
	v.enter()
	code, err := totp.GenerateCode(strings.ReplaceAll(read[string](v, `document.querySelector("main form code").textContent`), " ", ""), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	v.tabTo("#code")
	v.keys(code)
	v.enter()

	v.tabTo(`.site-nav a[href="/admin/demandes"]`)
	v.enter()
	v.tabTo("#q")
	v.keys("canards")
	v.enter()
	v.is(`document.querySelectorAll("[data-select-row]").length === 3`)
	v.is(`getComputedStyle(document.querySelector(".bulk button")).display === "none"`)
	for range 3 {
		v.tabTo("[data-select-row]:not(:checked)")
		v.keys(" ")
	}
	v.becomes(`document.querySelector("[data-select-count]").innerText === "3"`)
	v.look()
	v.tabTo(`.bulk button[value="approve"]`)
	v.enter()
	v.says("canards du port")
	v.tabTo("main form .button")
	v.enter()
	batch := read[string](v, `location.pathname`)
	decided := func(want string) {
		t.Helper()
		if n := h.count("batches WHERE state = $1", want); n != 1 {
			t.Errorf("no batch is %s\n%s", want, v.page())
		}
	}
	decided("decided")
	v.tabTo(`form[action="` + batch + `/annuler"] button`)
	v.enter()
	decided("open")
	v.tabTo(`form[action="` + batch + `/decider"] button`)
	v.enter()
	decided("decided")
	if n := h.count("applications WHERE batch_id IS NOT NULL"); n != 3 {
		t.Errorf("%d applications are in the batch", n)
	}
}

// keys types.
func (v *visit) keys(text string) {
	v.Helper()
	v.do("type", chromedp.KeyEvent(text))
}

// enter presses Enter on what leads to another page, and looks at that one.
func (v *visit) enter() {
	v.Helper()
	v.load(200, "press Enter on "+read[string](v, `document.activeElement.outerHTML`), chromedp.KeyEvent(kb.Enter))
	v.look()
}

// tabTo presses Tab until the focus is on what is meant. Wherever it is on the way, it can be seen.
func (v *visit) tabTo(selector string) {
	v.Helper()
	for range 100 {
		v.keys(kb.Tab)
		if fault := read[string](v, hiddenFocus); fault != "" {
			v.Errorf("the focus cannot be seen on %s: %s", read[string](v, `location.pathname`), fault)
		}
		if read[bool](v, "document.activeElement.matches(`"+selector+"`)") {
			return
		}
	}
	v.Fatalf("no key leads to %s\n%s", selector, v.page())
}

// hiddenFocus says why the focus cannot be seen, if so: no outline, outside of the window, or under something else.
const hiddenFocus = `(() => {
	const e = document.activeElement;
	if (e === document.body || e === document.documentElement) return "";
	const style = getComputedStyle(e), box = e.getBoundingClientRect();
	if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "no outline: " + e.outerHTML.slice(0, 150);
	const x = box.left + Math.min(box.width / 2, 20), y = box.top + box.height / 2;
	const top = document.elementFromPoint(x, y);
	if (!top) return "outside of the window: " + e.outerHTML.slice(0, 150);
	if (!e.contains(top) && !top.contains(e)) return "under " + top.outerHTML.slice(0, 100) + ": " + e.outerHTML.slice(0, 150);
	return "";
})()`
