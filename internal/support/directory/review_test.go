package directory_test

import (
	"strings"
	"sync"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

func TestList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.confirmed(t, application(1))
	ok(t, b.Ask(t.Context(), p.PublicID, key("ask", 1), "Qui peut-on appeler ?", b.reviewer))
	for range 2 {
		ok(t, b.List(t.Context(), p.PublicID, b.admin))
	}
	got := b.get(t, p)
	if got.State != directory.Listed || got.ListedAt.IsZero() || !got.ProfileAt.Equal(got.ListedAt) || got.Question != "" {
		t.Errorf("listed: %+v", got)
	}
	members := must[[]directory.Member](t)(b.Members(t.Context(), p.ID))
	if len(members) != 1 || !members[0].Manager || members[0].Person.Email != "ines1@boite.example" {
		t.Errorf("members %+v", members)
	}
	if mails := b.mails(t, p); strings.Count(mails, "provider-listed ines1@boite.example") != 1 {
		t.Errorf("mailed %q", mails)
	}
	if got := b.actions(t, p); got != "applied, confirmed, asked, listed" {
		t.Errorf("the trail is %q", got)
	}
}

func TestDecisionsRefuse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, fresh := b.confirmed(t, application(1)), b.apply(t, application(2))
	stranger := b.stranger(t)
	for _, by := range []identity.Person{b.reviewer, stranger} {
		wantProblem(t, b.List(t.Context(), p.PublicID, by), problem.Forbidden, "problem.role_missing")
		wantProblem(t, b.Refuse(t.Context(), p.PublicID, "", false, by), problem.Forbidden, "problem.role_missing")
	}
	_, err := b.Review(t.Context(), stranger)
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	_, err = b.Dossier(t.Context(), p.PublicID, stranger)
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	_, err = b.Review(t.Context(), identity.Person{})
	wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
	wantProblem(t, b.List(t.Context(), fresh.PublicID, b.admin), problem.Conflict, "problem.provider_unconfirmed")
	wantProblem(t, b.Refuse(t.Context(), fresh.PublicID, "", false, b.admin), problem.Conflict, "problem.provider_unconfirmed")
	wantProblem(t, b.List(t.Context(), "nobody", b.admin), problem.NotFound, "problem.not_found")
	wantField(t, b.Refuse(t.Context(), p.PublicID, "non", true, b.admin), directory.FieldReason, "problem.provider_length")
	b.wantState(t, p, directory.Applied)
	ok(t, b.Refuse(t.Context(), p.PublicID, "", false, b.admin))
	wantProblem(t, b.List(t.Context(), p.PublicID, b.admin), problem.Conflict, "problem.provider_decided")
	b.wantState(t, p, directory.Refused)
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const reason = "Votre offre se limite à l'hébergement."
	p := b.confirmed(t, application(1))
	for range 2 {
		ok(t, b.Refuse(t.Context(), p.PublicID, reason, true, b.admin, directory.Applied))
	}
	if got := b.get(t, p); got.State != directory.Refused || got.RefuseReason != reason {
		t.Errorf("refused: %+v", got)
	}
	if mails := b.mails(t, p); strings.Count(mails, "provider-refused ines1@boite.example") != 1 {
		t.Errorf("mailed %q", mails)
	}
	quiet := b.confirmed(t, application(2))
	ok(t, b.Refuse(t.Context(), quiet.PublicID, "", false, b.admin))
	if mails := b.mails(t, quiet); strings.Contains(mails, "provider-refused") {
		t.Errorf("mailed %q", mails)
	}
	if got := b.actions(t, p); got != "applied, confirmed, refused" {
		t.Errorf("the trail is %q", got)
	}
}

func TestTakeOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	wantProblem(t, b.Refuse(t.Context(), p.PublicID, "Plus de réponse depuis un an.", true, b.admin, directory.Applied),
		problem.Conflict, "problem.provider_decided")
	b.wantState(t, p, directory.Listed)
	ok(t, b.Refuse(t.Context(), p.PublicID, "Plus de réponse depuis un an.", true, b.admin, directory.Listed, directory.Paused))
	b.wantState(t, p, directory.Refused)
	if got := b.actions(t, p); !strings.HasSuffix(got, "listed, taken_out") {
		t.Errorf("the trail is %q", got)
	}
	if got := b.mails(t, p); !strings.HasSuffix(got, "provider-taken-out "+manager.Email) || strings.Contains(got, "provider-refused") {
		t.Errorf("the mails are %q", got)
	}
	// Its page, its desk and its rests are gone with it, and who knows its id reads no more than everybody could.
	_, err := b.BySlug(t.Context(), p.Slug)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	_, err = b.Membership(t.Context(), p.PublicID, manager.ID)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	wantProblem(t, b.SetCapacity(t.Context(), p.PublicID, 3, manager), problem.NotFound, "problem.not_found")
	wantProblem(t, b.Resume(t.Context(), p.PublicID, manager), problem.NotFound, "problem.not_found")
	if got := must[directory.Provider](t)(b.ByPublicID(t.Context(), p.PublicID)); got.RefuseReason != "" || got.ContactName != "" {
		t.Errorf("everybody reads %+v", got)
	}
}

// TestTakenOutIsToldNothingMore: what leads into the tools of a provider is of use to nobody once it is out of the directory.
func TestTakenOutIsToldNothingMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, _ := b.listed(t, application(1))
	other, _ := b.listed(t, application(2))
	for _, id := range []int64{p.ID, other.ID} {
		b.exec(t, `INSERT INTO webhooks (public_id, provider_id, url, secret) VALUES ('w' || $1::bigint, $1, 'https://tool.example', 'secret')`, id)
		b.exec(t, `INSERT INTO webhook_deliveries (public_id, webhook_id, event_key, type, payload)
			SELECT public_id, id, 'one', 'ticket.opened', '{}' FROM webhooks WHERE provider_id = $1`, id)
		b.exec(t, `INSERT INTO mails (event, recipient, template, message_id, lang, ref_id)
			SELECT public_id, 'ines@boite.example', 'webhook-failing', public_id, 'fr', id FROM webhooks WHERE provider_id = $1`, id)
	}
	ok(t, b.Refuse(t.Context(), p.PublicID, "", false, b.admin))
	for what, sql := range map[string]string{
		"webhooks":   `SELECT count(*), bool_or(provider_id = $1) FROM webhooks`,
		"deliveries": `SELECT count(*), bool_or(w.provider_id = $1) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id`,
		"mails":      `SELECT count(*), bool_or(w.id IS NULL) FROM mails m LEFT JOIN webhooks w ON w.id = m.ref_id WHERE m.template = 'webhook-failing' AND $1::bigint > 0`,
	} {
		var n int
		var left bool
		ok(t, b.pool.QueryRow(t.Context(), sql, p.ID).Scan(&n, &left))
		if n != 1 || left {
			t.Errorf("%d %s are left, want that of the other alone", n, what)
		}
	}
}

func TestListAndRefuseAtTheSameTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n := range 10 {
		p := b.confirmed(t, application(n))
		var listed, refused error
		var wg sync.WaitGroup
		wg.Go(func() { listed = b.List(t.Context(), p.PublicID, b.admin) })
		wg.Go(func() {
			refused = b.Refuse(t.Context(), p.PublicID, "Pas assez de projets.", true, b.admin, directory.Applied)
		})
		wg.Wait()
		state, loser := directory.Listed, refused
		if listed != nil {
			state, loser = directory.Refused, listed
		}
		wantProblem(t, loser, problem.Conflict, "problem.provider_decided")
		b.wantState(t, p, state)
		mails := b.mails(t, p)
		if strings.Contains(mails, "provider-listed") == strings.Contains(mails, "provider-refused") {
			t.Errorf("%s, and mailed %q", state, mails)
		}
	}
}

func TestReviewAndDossier(t *testing.T) {
	t.Parallel()
	b := setup(t)
	second := b.apply(t, application(2))
	first := b.confirmed(t, application(1))
	b.clock.Turn(day)
	must[directory.Provider](t)(b.Confirm(t.Context(), b.token(t, identity.PurposeProviderConfirm, second)))
	third, manager := b.listed(t, application(3))
	list := must[[]directory.Provider](t)(b.Review(t.Context(), b.reviewer, directory.Applied))
	if len(list) != 2 || list[0].ID != first.ID || list[1].ID != second.ID {
		t.Errorf("who waits longest comes first: %+v", list)
	}
	if all := must[[]directory.Provider](t)(b.Review(t.Context(), b.reviewer)); len(all) != 3 {
		t.Errorf("%d in all states", len(all))
	}
	ok(t, b.Pause(t.Context(), third.PublicID, support.Span{}, directory.PauseFull, manager))
	d := must[directory.Dossier](t)(b.Dossier(t.Context(), third.PublicID, b.reviewer))
	if d.Provider.State != directory.Paused || len(d.Provider.Projects) != 3 || d.Provider.Projects[1].Proof == "" || len(d.Members) != 1 ||
		len(d.Pauses) != 1 || len(d.Trail) != 5 || d.Provider.TechOnly {
		t.Errorf("the dossier: %+v", d)
	}
}

// What everybody may read never holds what is the team's or the provider's own.
func TestPublicSidesTellNoMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, manager := b.listed(t, application(1))
	ok(t, b.Pause(t.Context(), p.PublicID, support.Span{}, directory.PauseFull, manager))
	found := must[directory.Result](t)(b.Search(t.Context(), directory.Query{}))
	for name, got := range map[string]directory.Provider{
		"search": found.Providers[0],
		"page":   must[directory.Provider](t)(b.BySlug(t.Context(), p.Slug)),
		"id":     must[directory.Provider](t)(b.ByPublicID(t.Context(), p.PublicID)),
	} {
		if got.ContactName != "" || got.PausedCause != "" || got.Lang != "" || !got.ConfirmedAt.IsZero() {
			t.Errorf("%s tells %+v", name, got)
		}
		for _, project := range got.Projects {
			if project.Proof != "" || !project.Public {
				t.Errorf("%s tells of the project %+v", name, project)
			}
		}
		if want := map[string]int{"search": 0, "page": 2, "id": 2}[name]; len(got.Projects) != want {
			t.Errorf("%s tells %d projects, want %d", name, len(got.Projects), want)
		}
	}
	_, err := b.BySlug(t.Context(), "nobody\x00")
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	applied := b.confirmed(t, application(2))
	_, err = b.BySlug(t.Context(), applied.Slug)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	if own := must[directory.Provider](t)(b.ByPublicID(t.Context(), applied.PublicID)); own.ContactName == "" || own.Projects[0].Proof == "" {
		t.Errorf("who applied does not read its own: %+v", own)
	}
}
