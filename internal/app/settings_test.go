package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/nextcloud/nextcloudtest"
)

// What the operator sets has to arrive at those whom it is for.
func TestThePagesFollowTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.environ = append(w.environ, "NICHOIR_LEGAL_URL=https://example.org/mentions", "NICHOIR_PRIVACY_URL=https://example.org/donnees",
		"NICHOIR_TERMS_URL=https://example.org/cgu", "NICHOIR_SUPPORT_URL=mailto:equipe@example.org",
		"NICHOIR_KEEP_UNCONFIRMED=48h", "NICHOIR_KEEP_REFUSED=120h", "NICHOIR_KEEP_CLOSED=168h", "NICHOIR_SESSION_LIFETIME=240h")
	o := w.options(t)
	o.Web = true
	a := newApp(t, o)
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		"/": {`href="https://example.org/mentions"`, `href="https://example.org/donnees"`, `href="https://example.org/cgu"`},
		"/confidentialite?lang=en": {`href="mailto:equipe@example.org"`, "never confirmed: 2 days", "withdrawn: 5 days,",
			"closes, and 7 days more", "signed in: 10 days without"},
	} {
		status, body := get(t, "http://"+a.WebAddr()+path)
		body = strings.ReplaceAll(body, "\u00a0", " ")
		for _, text := range want {
			if status != http.StatusOK || !strings.Contains(body, text) {
				t.Errorf("%s answers %d without %s", path, status, text)
			}
		}
	}
	unconfirmed, refused := a.Onboarding.Keeps()
	got := []time.Duration{unconfirmed, refused, a.Provisioning.Keeps(), a.Identity.Keeps()}
	for i, want := range []time.Duration{48 * time.Hour, 120 * time.Hour, 168 * time.Hour, 240 * time.Hour} {
		if got[i] != want {
			t.Errorf("setting %d is kept as %v, want %v", i, got[i], want)
		}
	}
}

// The hash that is kept of an address has a key of its own, made of the secret one: without it addresses cannot be tried.
func TestAnAddressIsKeptUnderTheSecretKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	a := newApp(t, w.options(t))
	if _, err := a.DB.Pool().Exec(t.Context(), `WITH p AS (INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites)
			VALUES ('40', 42949672960, 50, 104857600, '{collabora}') RETURNING id),
		c AS (INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity) SELECT 'c', id, now(), now() + interval '1 day', 9 FROM p RETURNING id)
		INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, expected_accounts,
			suite, slug, lang, terms_at, decided_at)
		SELECT 'a', 'a', id, 'rejected', 'A', 'o', 'L', 'Lou@LesCanards.example', 3, 'collabora', 'a', 'fr', now(), now() - interval '2 years' FROM c`); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Onboarding.Forget(t.Context()); n != 1 || err != nil {
		t.Fatalf("forgot %d (%v)", n, err)
	}
	master, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	derived, err := identity.DeriveKey(master, "returns")
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, derived)
	mac.Write([]byte("lou@lescanards.example"))
	if n := count(t, a, "SELECT count(*) FROM applications WHERE lead_hash = $1", mac.Sum(nil)); n != 1 {
		t.Error("the hash has another key, or none")
	}
}
