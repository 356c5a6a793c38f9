package web_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"nichoir/internal/identity"
)

// shots keeps pictures of the desks: go test ./internal/web -run Desks -desks /tmp/desks
var shots = flag.String("desks", "", "folder to keep pictures of the team's desks in")

// busy is an office with something on every desk, and the addresses of its pages by name.
func busy(t *testing.T) (*office, map[string]string) {
	t.Helper()
	o := newOffice(t)
	all := o.waiting(14)
	o.exec("UPDATE applications SET association = 'Les Mésanges de l''Est parisien, club de lecture et d''écriture', " +
		"lead_name = 'Maria-Fernanda Oyarzabal de la Peña', mail_trouble = '550' WHERE slug = 'asso-9'")
	made := o.decided(chosen("approve", all[0], all[1], all[2]))
	o.released(made)
	spaces := o.spacesOf(all[:3])
	for _, space := range spaces[:1] {
		o.work(space)
	}
	o.exec("UPDATE readings SET used_bytes = quota_bytes * 83 / 100")
	o.exec("UPDATE spaces SET state = 'provisioning', host_id = 1, blocked_step = 'folder', blocked_cause = 'foreign', blocked_at = now() - interval '2 hours', "+
		"blocked_detail = '{\"call\": \"POST folder\", \"http\": 400, \"ocs\": 996}' WHERE id = $1", spaces[1].ID)
	o.exec("INSERT INTO steps (space_id, step, state, intent, attempts, started_at, done_at) VALUES ($1, 'group', 'done', 'sp-asso-2', 0, now() - interval '3 hours', now() - interval '3 hours'), "+
		"($1, 'folder', 'refused', 'sp-asso-2', 3, now() - interval '3 hours', NULL)", spaces[1].ID)
	refused := o.desk.post("/admin/lots", map[string][]string{
		"decision": {"reject"}, "id": {all[3].PublicID}, "reason": {"Votre demande est incomplète."},
	}).leads()
	o.released(refused)
	waits := o.decided(chosen("approve", all[4], all[5]))
	prepared := o.chair.post("/admin/lots", map[string][]string{
		"decision": {"approve"}, "prepare": {"yes"}, "id": {all[6].PublicID},
	}).leads()
	o.exec("UPDATE hosts SET warnings = ARRAY['app:deck', 'isolation:shareapi_only_share_with_group_members']")
	return o, map[string]string{
		"desk": "/admin", "review": "/admin/demandes", "all": "/admin/demandes?etat=toutes", "nothing": "/admin/demandes?etat=expired",
		"application": "/admin/demandes/" + all[8].PublicID, "rejected": "/admin/demandes/" + all[3].PublicID,
		"batches": "/admin/lots", "batch-decided": waits, "batch-open": prepared, "batch-done": made, "batch-refused": refused,
		"spaces": "/admin/espaces", "space-ready": "/admin/espaces/" + spaces[0].PublicID, "space-blocked": "/admin/espaces/" + spaces[1].PublicID,
		"failures": "/admin/pannes", "hosts": "/admin/serveurs", "host": "/admin/serveurs/nuage", "campaigns": "/admin/campagnes",
		"campaign": "/admin/campagnes/nouvelle", "plan": "/admin/formules/nouvelle", "review-en": "/admin/demandes?lang=en",
		"confirm": "POST /admin/lots/nouveau?decision=approve&id=" + all[7].PublicID + "&id=" + all[8].PublicID,
		"refuse":  "POST /admin/lots/nouveau?decision=reject&modele=incomplete&id=" + all[7].PublicID + "&id=" + all[4].PublicID,
		"report":  "POST /admin/serveurs/nuage/verifier?",
		"wrong":   "POST /admin/formules/nouvelle?name=x&total=1&accounts=50&personal=100&suite-collabora=yes",
		"signin":  "/connexion", "sent": "POST /connexion?email=lou@gmial.com", "code": "/connexion/code", "enrol": "/connexion/code?enrol",
		"link": "/lien/connexion/" + o.mint(identity.PurposeSignIn, o.boss.ID, o.boss.Email),
	}
}

// TestDesksLook opens every desk in a browser, on a phone and on a screen, by day and by night: axe finds nothing, and
// nothing sticks out sideways.
func TestDesksLook(t *testing.T) {
	t.Parallel()
	o, pages := busy(t)
	axe, err := os.ReadFile("../e2e/testdata/axe.min.js")
	o.must(err)
	server := httptest.NewServer(o.seated())
	t.Cleanup(server.Close)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir()))
	t.Cleanup(stop)
	browser, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	for i, way := range []struct {
		scheme string
		width  int64
	}{{"light", 1280}, {"dark", 360}, {"light", 360}, {"dark", 1280}} {
		if *shots == "" && i > 1 {
			break // each page in one of two ways will do: its parts are seen in all of them in the style guide
		}
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: way.scheme}}}
		if _, err := chromedp.Call(browser, emulation.SetEmulatedMedia, media); err != nil {
			t.Fatalf("choose the %s scheme: %v", way.scheme, err)
		}
		for at, name := range slices.Sorted(maps.Keys(pages)) {
			if *shots == "" && at%2 != i {
				continue
			}
			path := pages[name]
			lookAt(t, browser, server.URL+"/look?"+strings.NewReplacer("?", "%3F", "&", "%26", " ", "%20").Replace(path), string(axe),
				fmt.Sprintf("%s-%s-%d", name, way.scheme, way.width), way.width)
		}
	}
}

// seated answers as to the admin. "/look?POST /path?form" posts the form, so that a browser can be led to its answer.
func (o *office) seated() http.Handler {
	enrolling, halfWay := o.half(o.staff("nouvelle@nichoir.example", identity.Admin)), o.half(o.boss)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, path := http.MethodGet, r.URL.RequestURI()
		if r.URL.Path == "/look" {
			path = strings.NewReplacer("%3F", "?", "%26", "&", "%20", " ").Replace(r.URL.RawQuery)
		}
		body := ""
		if rest, ok := strings.CutPrefix(path, "POST "); ok {
			method = http.MethodPost
			path, body, _ = strings.Cut(rest, "?")
		}
		in := httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(r.Context())
		in.Header.Set("Sec-Fetch-Site", "same-origin")
		if method == http.MethodPost {
			in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		token := o.desk.cookies["nichoir-session"]
		switch {
		case strings.HasPrefix(path, "/connexion/code") && strings.Contains(path, "enrol") || strings.HasSuffix(path, "qr.png"):
			token = enrolling
		case path == "/connexion/code":
			token = halfWay
		case strings.HasPrefix(path, "/connexion"):
			token = ""
		}
		in.AddCookie(&http.Cookie{Name: "nichoir-session", Value: token})
		o.handler.ServeHTTP(w, in)
	})
}

// half is a session of staff that has not given a code.
func (o *office) half(p identity.Person) string {
	token, _, err := o.identity.SignIn(o.t.Context(), o.mint(identity.PurposeSignIn, p.ID, p.Email))
	o.must(err)
	return token
}

func lookAt(t *testing.T, browser context.Context, url, axe, name string, width int64) {
	t.Helper()
	err := chromedp.Do(browser, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url), chromedp.Evaluate[chromedp.Void](`0`))
	if err != nil {
		t.Fatalf("open %s: %v", name, err)
	}
	if _, err := chromedp.Run(browser, chromedp.Evaluate[bool](`document.fonts.ready.then(() => true)`, chromedp.EvalAwaitPromise)); err != nil {
		t.Fatalf("wait for fonts of %s: %v", name, err)
	}
	wide, err := chromedp.Run(browser, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
	if err != nil {
		t.Fatalf("measure %s: %v", name, err)
	}
	if wide > width {
		t.Errorf("%s is %d px wide on a screen of %d px", name, wide, width)
	}
	if err := chromedp.Do(browser, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
		t.Fatalf("load axe: %v", err)
	}
	const run = `axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.flatMap((v) =>
		v.nodes.map((n) => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary)))`
	faults, err := chromedp.Run(browser, chromedp.Evaluate[[]string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("run axe on %s: %v", name, err)
	}
	for _, fault := range faults {
		t.Errorf("axe on %s: %s", name, fault)
	}
	if *shots == "" {
		return
	}
	picture, err := chromedp.Run(browser, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("take a picture of %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o600); err != nil {
		t.Fatalf("keep a picture of %s: %v", name, err)
	}
}
