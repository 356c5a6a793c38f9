package provisioning_test

import (
	"strings"
	"testing"
	"time"

	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// everything is every row about a space, as text: what it does not hold stands nowhere. The slug is let out, which stays.
func everything(w *world) string {
	w.t.Helper()
	return value[string](w, `SELECT replace(concat(
		(SELECT string_agg(s::text, ' ') FROM spaces s), (SELECT string_agg(a::text, ' ') FROM accounts a),
		(SELECT string_agg(t::text, ' ') FROM steps t), (SELECT string_agg(m::text, ' ') FROM mails m),
		(SELECT string_agg(l::text, ' ') FROM links l), (SELECT string_agg(u::text, ' ') FROM audit u),
		(SELECT string_agg(r::text, ' ') FROM readings r)), ',canards,', ',')`)
}

// closed makes a space with a lead and a member, to whom mails and links went, and closes it so long ago.
func (w *world) closed(name, slug string, ago time.Duration) (id int64, public string) {
	w.t.Helper()
	id, public = w.ready(name, slug)
	zoe := w.invite(public, "Zoé Petit", "zoe."+slug+"@example.org")
	w.work(id)
	w.exec(`INSERT INTO links (purpose, token_hash, ref_id, recipient, lang, expires_at)
		SELECT p, sha256(convert_to(p || $2, 'UTF8')), $1::bigint, $2, 'fr', now() FROM unnest(ARRAY['activate', 'password']) AS p`, zoe.ID, zoe.Email)
	w.close(public, name)
	w.work(id)
	if state := w.state(id); state != "closed" {
		w.t.Fatalf("the space is %s", state)
	}
	w.exec(`UPDATE spaces SET closed_at = now() - $2::interval WHERE id = $1`, id, ago)
	return id, public
}

func (w *world) forget(want int) {
	w.t.Helper()
	if n, err := w.process(nil).service.Forget(w.t.Context()); err != nil || n != want {
		w.t.Errorf("forgot %d spaces (%v), want %d", n, err, want)
	}
}

func TestForgetLeavesNothingThatTellsWhoWasThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, public := w.closed("Les Canards", "canards", 91*24*time.Hour)
	w.exec(`UPDATE spaces SET mail_trouble = '550'`)
	tells := []string{"Les Canards", "Zoé", "zoe", "Camille", "camille", "sp-canards"}
	before := everything(w)
	for _, word := range tells {
		if !strings.Contains(before, word) {
			t.Errorf("%q stands nowhere to begin with", word)
		}
	}
	w.forget(1)
	after := everything(w)
	for _, word := range tells {
		if strings.Contains(after, word) {
			t.Errorf("%q is still there: %s", word, after)
		}
	}
	space, err := w.store.SpaceByPublicID(t.Context(), public)
	if err != nil {
		t.Fatal(err)
	}
	if space.Slug != "canards" || space.State != provisioning.Closed || space.PersonID != 0 || space.MountPoint != "" || space.ClosedAt.IsZero() {
		t.Errorf("left is %+v", space)
	}
	if n := value[int](w, `SELECT count(*) FROM accounts WHERE space_id = $1 AND state = 'removed'`, id); n != 2 {
		t.Errorf("%d accounts are counted, want 2", n)
	}
	if n := value[int](w, `SELECT count(*) FROM audit WHERE action = 'space.forgotten' AND subject_id = $1 AND data = '{}'`, id); n != 1 {
		t.Errorf("%d lines in the trail", n)
	}
	w.forget(0)
}

func TestForgetLeavesOtherSpacesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.closed("Les Oies", "oies", 89*24*time.Hour)
	landing, _ := w.closed("Les Merles", "merles", 91*24*time.Hour)
	w.exec(`UPDATE spaces SET recheck_at = now() WHERE id = $1`, landing)
	w.ready("Les Cygnes", "cygnes")
	w.exec(`UPDATE spaces SET created_at = now() - interval '3 years', closing_at = now() - interval '2 years'`)
	before := everything(w)
	w.forget(0)
	if after := everything(w); after != before {
		t.Errorf("something was forgotten:\n%s\n%s", before, after)
	}
	w.exec(`UPDATE spaces SET recheck_at = NULL WHERE id = $1`, landing)
	w.forget(1)
	if n := value[int](w, `SELECT count(*) FROM spaces WHERE forgotten_at IS NULL AND name IN ('Les Oies', 'Les Cygnes') AND person_id IS NOT NULL`); n != 2 {
		t.Error("it forgot another one as well")
	}
	if n := value[int](w, `SELECT count(*) FROM accounts WHERE name <> '' AND login <> '' AND email <> ''`); n != 3 {
		t.Errorf("%d accounts are left, want those of the two others", n)
	}
}

// A login says who its person is, so that it goes; the next of that name may have it.
func TestAForgottenLoginIsFreeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	first, _ := w.ready("Les Canards", "canards")
	login := value[string](w, `SELECT login FROM accounts WHERE space_id = $1`, first)
	w.close("space0001", "Les Canards")
	w.work(first)
	w.exec(`UPDATE spaces SET closed_at = now() - interval '1 year'`)
	w.forget(1)
	second, _ := w.ready("Les Oies", "oies")
	if got := value[string](w, `SELECT login FROM accounts WHERE space_id = $1`, second); got != login {
		t.Errorf("the next Camille Martin signs in as %q, want %q", got, login)
	}
}

func TestForgetGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.exec(`WITH a AS (INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email,
			expected_accounts, suite, slug, lang, terms_at)
		SELECT 'old' || n, 'old' || n, c.id, 'approved', 'A', 'o', 'L', 'l@example.org', 3, 'collabora', 'old' || n, 'fr', now()
		FROM campaigns c, generate_series(1, 1001) AS n RETURNING id, public_id)
		INSERT INTO spaces (public_id, application_id, person_id, state, name, slug, lang, suite, total_bytes, account_limit, personal_bytes, closed_at)
		SELECT a.public_id, a.id, p.id, 'closed', 'Les Canards', a.public_id, 'fr', 'collabora', 1, 1, 1, now() - interval '1 year' FROM a, people p`)
	if n, err := w.process(&kill{at: 2}).service.Forget(t.Context()); n != 500 || err == nil {
		t.Fatalf("forgot %d before the crash (%v), want 500", n, err)
	}
	first := value[time.Time](w, `SELECT max(forgotten_at) FROM spaces`)
	w.forget(501)
	if n := value[int](w, `SELECT count(*) FROM spaces WHERE forgotten_at = $1`, first); n != 500 {
		t.Errorf("%d are as the first page left them, want 500", n)
	}
	if n := value[int](w, `SELECT count(*) FROM audit WHERE action = 'space.forgotten'`); n != 1001 {
		t.Errorf("%d lines in the trail, want one for each of 1001", n)
	}
}

func TestForgetFollowsTheSetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.closed("Les Canards", "canards", 2*24*time.Hour)
	strict := w.processWith(nil, func(o *provisioning.Options) { o.KeepClosed = 24 * time.Hour }).service
	w.forget(0)
	if n, err := strict.Forget(t.Context()); err != nil || n != 1 {
		t.Errorf("forgot %d (%v)", n, err)
	}
	if got := strict.Keeps(); got != 24*time.Hour {
		t.Errorf("it says that it keeps spaces for %v", got)
	}
}
