package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"nichoir/internal/app"
	"nichoir/internal/demo/mailcatcher"
	"nichoir/nextcloud/nextcloudtest"
)

// get reads a page.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content)
}

func TestAnApprovedApplicationBecomesASpace(t *testing.T) {
	t.Parallel()
	for _, version := range []nextcloudtest.Version{nextcloudtest.V27, nextcloudtest.V32} {
		t.Run(version.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nextcloudtest.Options{Version: version, Apps: []string{nextcloudtest.Collabora}})
			w.addHost(t)
			o := w.options(t)
			o.Web, o.Work = true, true
			a := newApp(t, o)
			approve(t, a, 1)
			makeDue(t, a, "release")
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			handover, err := w.mails.Wait(ctx, isHandover)
			if err != nil {
				t.Fatalf("no handover: %v; spaces ready: %d", err, count(t, a, "SELECT count(*) FROM spaces WHERE state = 'ready'"))
			}
			if got := handover.Header("Auto-Submitted"); got != "auto-generated" {
				t.Errorf("Auto-Submitted is %q", got)
			}
			folder, found := w.nextcloud.State().Folder("Les Canards 0")
			if want := int64(40<<30 - 100<<20); !found || folder.Quota != want {
				t.Errorf("the folder has a quota of %d, want %d", folder.Quota, want)
			}
			for url, want := range map[string]string{
				"http://" + a.WebAddr() + "/":                "Nichoir",
				"http://" + a.MetricsAddr() + "/healthz":     "ready",
				"http://" + a.MetricsAddr() + "/metrics":     `nichoir_spaces{state="ready"} 1`,
				"http://" + a.MetricsAddr() + "/metrics?two": `nichoir_steps_total{result="done",step="group"} 1`,
			} {
				if status, body := get(t, url); status != http.StatusOK || !strings.Contains(body, want) {
					t.Errorf("%s answers %d without %s", url, status, want)
				}
			}
		})
	}
}

func TestTwoInOneProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	o := w.options(t)
	o.Web, o.Work = true, true
	one, other := newApp(t, o), newApp(t, o)
	for _, a := range []*app.App{one, other} {
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if one.WebAddr() == other.WebAddr() {
		t.Error("both have one address")
	}
	stop(t, one)
	if status, _ := get(t, "http://"+other.WebAddr()+"/"); status != http.StatusOK {
		t.Errorf("with the one stopped, the other answers %d", status)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	o := w.options(t)
	o.Work = true
	a, err := app.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	look := newApp(t, w.options(t))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	eventually(t, "the schedules", func() (bool, string) {
		n := count(t, look, "SELECT count(*) FROM schedules")
		return n == 6, fmt.Sprint(n)
	})
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if addr := a.WebAddr(); addr != "" {
		t.Errorf("a worker serves pages on %s", addr)
	}
}

func TestAnAddressThatIsTakenIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	i := slices.Index(w.environ, "NICHOIR_LISTEN=127.0.0.1:0")
	w.environ[i] = "NICHOIR_LISTEN=" + w.mails.Addr()
	code, _, errs := w.command(t, "", "serve")
	if code != 1 || !strings.Contains(errs, "listen for pages, see NICHOIR_LISTEN") {
		t.Errorf("ended with %d: %s", code, errs)
	}
}

// What is typed into an address is folded and looked up: nobody may send a megabyte of it.
func TestAnAddressWithoutEndIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	o := w.options(t)
	o.Web = true
	a := newApp(t, o)
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for length, want := range map[int]int{4 << 10: http.StatusOK, 100 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		if status, _ := get(t, "http://"+a.WebAddr()+"/demande/nom?slug="+strings.Repeat("a", length)); status != want {
			t.Errorf("an address of %d bytes is answered %d, want %d", length, status, want)
		}
	}
}

// makeDue turns the clock of a schedule.
func makeDue(t *testing.T, a *app.App, name string) {
	t.Helper()
	_, err := a.DB.Pool().Exec(t.Context(), `INSERT INTO schedules (name, spec, next_run) VALUES ($1, '* * * * *', now())
		ON CONFLICT (name) DO UPDATE SET next_run = now()`, name)
	if err != nil {
		t.Fatal(err)
	}
}

func isHandover(m mailcatcher.Message) bool { return strings.Contains(m.Text, "/lien/activer/") }
