package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// rows are the names in the list, in its order.
func rows(a *answer) []string {
	a.t.Helper()
	return a.doc().Find("tbody tr th a").Map(func(_ int, cell *goquery.Selection) string { return cell.Text() })
}

// TestReviewFilters narrows the list in each way.
func TestReviewFilters(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(4)
	o.exec("UPDATE applications SET suite = 'onlyoffice' WHERE id = $1", all[1].ID)
	o.exec("UPDATE applications SET state = 'rejected' WHERE id = $1", all[2].ID)
	for path, want := range map[string][]string{
		"/admin/demandes":                                  {"Asso 1", "Asso 2", "Asso 4"}, // what waits, oldest first
		"/admin/demandes?ordre=recentes":                   {"Asso 4", "Asso 2", "Asso 1"},
		"/admin/demandes?etat=rejected":                    {"Asso 3"},
		"/admin/demandes?etat=toutes":                      {"Asso 1", "Asso 2", "Asso 3", "Asso 4"},
		"/admin/demandes?suite=onlyoffice":                 {"Asso 2"},
		"/admin/demandes?campagne=" + itoa(o.campaign.ID):  {"Asso 1", "Asso 2", "Asso 4"},
		"/admin/demandes?campagne=999":                     {},
		"/admin/demandes?q=ASSO-4":                         {"Asso 4"},
		"/admin/demandes?etat=nonsense&suite=x&campagne=y": {"Asso 1", "Asso 2", "Asso 4"},
		"/admin/demandes?page=nonsense&q=asso-4":           nil, // led to the first page
	} {
		page := o.chair.get(path)
		if want == nil {
			if at := page.leads(); strings.Contains(at, "nonsense") || !strings.Contains(at, "q=asso-4") {
				t.Errorf("%s leads to %s", path, at)
			}
			continue
		}
		if diff := cmp.Diff(want, append([]string{}, rows(page.is(http.StatusOK))...)); diff != "" {
			t.Errorf("%s shows (-want +got):\n%s", path, diff)
		}
	}
	short := o.chair.get("/admin/demandes?q=ab").is(http.StatusUnprocessableEntity)
	if got := short.value("q"); got != "ab" {
		t.Errorf("what was typed is lost: %q", got)
	}
	counts := o.chair.get("/admin/demandes").doc().Find(".figures [aria-current]").Text()
	if !strings.Contains(counts, "3") || !strings.Contains(counts, "À l’étude") {
		t.Errorf("the current state is %q", counts)
	}
	o.chair.get("/admin/demandes?etat=withdrawn").is(http.StatusOK).says("Aucune demande")
}

// TestReviewPages walks through more applications than a page holds, there and back.
func TestReviewPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.waiting(1)
	o.exec("INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, expected_accounts, " +
		"suite, slug, lang, terms_at, confirmed_at, created_at) SELECT 'more' || n, 'form' || n, campaign_id, state, 'More ' || n, object, lead_name, lead_email, " +
		"1, suite, 'more-' || n, lang, terms_at, confirmed_at + n * interval '1 second', created_at FROM applications, generate_series(1, 70) AS n")
	first := o.chair.get("/admin/demandes").is(http.StatusOK)
	next := first.doc().Find(`[rel="next"]`).AttrOr("href", "")
	second := o.chair.get(next).is(http.StatusOK)
	seen := append(rows(first), rows(second)...)
	if len(rows(first)) != 50 || len(seen) != 71 {
		t.Fatalf("the pages have %d and %d rows", len(rows(first)), len(rows(second)))
	}
	back := o.chair.get(second.doc().Find(`[rel="prev"]`).AttrOr("href", "")).is(http.StatusOK)
	if diff := cmp.Diff(rows(first), rows(back)); diff != "" {
		t.Errorf("the way back shows another page:\n%s", diff)
	}
}

// TestReviewByKeyboard checks what makes the list work without a mouse and without scripts.
func TestReviewByKeyboard(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(2)
	o.decided(chosen("approve", all[0]))
	doc := o.desk.get("/admin/demandes").is(http.StatusOK).doc()
	boxes := doc.Find(`form[data-select][method="post"] input[type="checkbox"][name="id"]`)
	if boxes.Length() != 1 || boxes.AttrOr("value", "") != all[1].PublicID {
		t.Errorf("%d applications can be chosen; one that is in a batch must not be", boxes.Length())
	}
	if name := boxes.AttrOr("aria-label", ""); name != "Choisir Asso 2" {
		t.Errorf("a box is called %q", name)
	}
	if doc.Find(`a.skip-link[href="#decisions"]`).Length() != 1 || doc.Find("#decisions button[type=submit][name=decision]").Length() != 2 {
		t.Error("the decisions cannot be skipped to")
	}
	if _, hidden := doc.Find("[data-select-all]").Attr("hidden"); !hidden {
		t.Error("what only a script can do is shown without one")
	}
	if got := doc.Find("tbody").Text(); !strings.Contains(got, "Décision en cours") {
		t.Errorf("the application that is being decided does not say so: %q", got)
	}
}

// TestReviewKeys chooses rows with keys alone, and a range of them with Shift.
func TestReviewKeys(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.waiting(5)
	tab, base := o.desk.tab()
	open(t, tab, base+"/aide")
	do(t, tab, `document.cookie = "nichoir-session=`+o.desk.cookies["nichoir-session"]+`; path=/"`)
	open(t, tab, base+"/admin/demandes?lang=fr")
	do(t, tab, `document.querySelector("[data-select-row]").focus()`)
	const count = `document.querySelector("[data-select-count]").innerText === `
	for _, step := range []struct{ keys, until string }{
		{"x", count + `"1"`},
		{"jx", count + `"2"`},
		{"jjjx", count + `"3"`},
		{"kx", count + `"4"`},
		{"x", count + `"3"`},
	} {
		if err := chromedp.Do(tab, chromedp.KeyEvent(step.keys)); err != nil {
			t.Fatal(err)
		}
		until(t, tab, step.until)
	}
	do(t, tab, `document.querySelector("[data-select-all]").click()`)
	until(t, tab, count+`"5"`)
	do(t, tab, `document.querySelector("[data-select-all]").click();
		const boxes = document.querySelectorAll("[data-select-row]");
		boxes[1].click(); boxes[3].dispatchEvent(new MouseEvent("click", {shiftKey: true, bubbles: true}))`)
	until(t, tab, count+`"3"`)
	do(t, tab, `document.querySelector("[data-select-row]").focus();
		document.addEventListener("click", (event) => { event.preventDefault(); window.opened = event.target.innerText; })`)
	if err := chromedp.Do(tab, chromedp.KeyEvent("o")); err != nil {
		t.Fatal(err)
	}
	until(t, tab, `window.opened === "Asso 1"`)
}
