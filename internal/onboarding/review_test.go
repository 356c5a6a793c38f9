package onboarding_test

import (
	"context"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/provisioning"
)

// fill makes n applications in every state, spread over two campaigns and two suites, several of them received at the same
// instant, with names that repeat.
func (b *bundle) fill(tb testing.TB, n int) {
	tb.Helper()
	b.exec(tb, `INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity)
		SELECT 'Autumn', plan_id, opens_at, closes_at, 1000 FROM campaigns WHERE id = $1`, b.campaign.ID)
	b.exec(tb, `
		INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email,
			expected_accounts, suite, slug, lang, terms_at, search, created_at, received_at, confirmed_at)
		SELECT 'public-' || i, 'form-' || i, (SELECT min(id) FROM campaigns) + i % 5 / 3,
			CASE WHEN i % 100 < 8 THEN 'unconfirmed' WHEN i % 100 < 60 THEN 'submitted' WHEN i % 100 < 75 THEN 'waitlisted'
			     WHEN i % 100 < 85 THEN 'approved' WHEN i % 100 < 94 THEN 'rejected' WHEN i % 100 < 98 THEN 'withdrawn'
			     ELSE 'expired' END,
			w.name, repeat('Planter des haies. ', 20), 'Lead ' || i % 997, 'lead' || i || '@example.org', 1 + i % 50,
			CASE WHEN i % 7 < 5 THEN 'collabora' ELSE 'onlyoffice' END, 'slug-' || i, 'fr', now(),
			lower(w.name) || ' lead ' || i % 997 || ' lead' || i || '@example.org slug-' || i,
			at, at, CASE WHEN i % 100 >= 8 THEN at END
		FROM generate_series(1, $1) AS i,
		LATERAL (SELECT 'Association ' || (ARRAY['des pecheurs', 'culturelle', 'sportive', 'de quartier', 'des parents'])[1 + i % 5]
			|| CASE WHEN i % 251 = 0 THEN ' Rarissime' ELSE '' END || ' ' || i AS name) AS w,
		LATERAL (SELECT timestamptz '2026-01-01' + (i / 3) * interval '1 minute' AS at) AS x`, n)
}

// expected answers a filter from all rows, without an index or a cursor.
func expected(all []onboarding.Row, f onboarding.Filter, words ...string) []string {
	var rows []onboarding.Row
	for _, r := range all {
		text := strings.ToLower(strings.Join([]string{r.Association, r.LeadName, r.LeadEmail, r.Slug}, " "))
		missing := func(w string) bool { return !strings.Contains(text, w) }
		if (f.State == "" || r.State == f.State) && (f.Campaign == 0 || r.CampaignID == f.Campaign) &&
			(f.Suite == "" || r.Suite == f.Suite) && !slices.ContainsFunc(words, missing) {
			rows = append(rows, r)
		}
	}
	sort.Slice(rows, func(i, j int) bool {
		if f.Sort != onboarding.Oldest {
			i, j = j, i
		}
		if !rows[i].ReceivedAt.Equal(rows[j].ReceivedAt) {
			return rows[i].ReceivedAt.Before(rows[j].ReceivedAt)
		}
		return rows[i].ID < rows[j].ID
	})
	return publicIDs(rows)
}

// walk reads every page forwards and then back to the first, and returns what each way showed.
func (b *bundle) walk(t *testing.T, f onboarding.Filter) (forwards, back []string) {
	t.Helper()
	var page onboarding.Page
	for {
		page = must[onboarding.Page](t)(b.Review(t.Context(), b.reviewer, f))
		forwards = append(forwards, publicIDs(page.Rows)...)
		if page.Next == "" {
			break
		}
		f.Cursor = page.Next
	}
	back = publicIDs(page.Rows)
	for page.Prev != "" {
		f.Cursor = page.Prev
		page = must[onboarding.Page](t)(b.Review(t.Context(), b.reviewer, f))
		back = append(publicIDs(page.Rows), back...)
	}
	return forwards, back
}

func publicIDs(rows []onboarding.Row) []string {
	var out []string // nil for none, as nothing was appended
	for _, r := range rows {
		out = append(out, r.PublicID)
	}
	return out
}

func (b *bundle) allRows(tb testing.TB) []onboarding.Row {
	tb.Helper()
	rows, err := b.pool.Query(context.Background(), `
		SELECT id, public_id, state, campaign_id, association, lead_name, lead_email, suite, slug, received_at FROM applications`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	var out []onboarding.Row
	for rows.Next() {
		var r onboarding.Row
		if err := rows.Scan(&r.ID, &r.PublicID, &r.State, &r.CampaignID, &r.Association, &r.LeadName, &r.LeadEmail,
			&r.Suite, &r.Slug, &r.ReceivedAt); err != nil {
			tb.Fatal(err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

func TestReviewPagesThroughEveryFilter(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	b.fill(t, 700)
	all := b.allRows(t)
	for _, state := range append([]onboarding.State{""}, onboarding.Submitted, onboarding.Waitlisted, onboarding.ChangesRequested) {
		for _, campaign := range []int64{0, b.campaign.ID} {
			for _, suite := range []provisioning.Suite{"", provisioning.OnlyOffice} {
				for _, order := range []onboarding.Sort{onboarding.Newest, onboarding.Oldest} {
					f := onboarding.Filter{State: state, Campaign: campaign, Suite: suite, Sort: order, Limit: 97}
					forwards, back := b.walk(t, f)
					want := expected(all, f)
					if diff := cmp.Diff(want, forwards); diff != "" {
						t.Fatalf("%+v (-want +got):\n%s", f, diff)
					}
					if diff := cmp.Diff(want, back); diff != "" {
						t.Fatalf("%+v, backwards (-want +got):\n%s", f, diff)
					}
				}
			}
		}
	}
}

func TestReviewSearch(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	b.fill(t, 5000) // more than are sorted: words that all have are walked to
	b.exec(t, `UPDATE applications SET association = 'Cent % _ sure', search = 'cent % _ sure' WHERE public_id = 'public-17'`)
	all := b.allRows(t)
	cases := []struct {
		query string
		words []string
		limit int
	}{
		{"rarissime", []string{"rarissime"}, 7},
		{"RARISSIME  sportive", []string{"rarissime", "sportive"}, 7},
		{"Rarîssime pêcheurs", []string{"rarissime", "pecheurs"}, 7},
		{"lead4999@example.org", []string{"lead4999@example.org"}, 7},
		{"association", []string{"association"}, 200},
		{"nowhere", []string{"nowhere"}, 7},
		{"_sure", []string{"_sure"}, 7},
		{"%%%", []string{"%%%"}, 7},
		{"slug-12", []string{"slug-12"}, 50},
	}
	for _, c := range cases {
		f := onboarding.Filter{Query: c.query, Limit: c.limit}
		forwards, back := b.walk(t, f)
		want := expected(all, f, c.words...)
		if diff := cmp.Diff(want, forwards); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.query, diff)
		}
		if diff := cmp.Diff(want, back); diff != "" {
			t.Errorf("%q, backwards (-want +got):\n%s", c.query, diff)
		}
	}
}

func TestReviewCounts(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	b.fill(t, 2000)
	page := must[onboarding.Page](t)(b.Review(t.Context(), b.reviewer, onboarding.Filter{State: onboarding.Approved, Limit: 1}))
	want := map[onboarding.State]int{
		onboarding.Unconfirmed: 160, onboarding.Submitted: 1040, onboarding.Waitlisted: 300, onboarding.ChangesRequested: 0,
		onboarding.Approved: 200, onboarding.Rejected: 180, onboarding.Withdrawn: 80, onboarding.Expired: 40,
	}
	if diff := cmp.Diff(want, page.Counts); diff != "" || page.Total != 2000 || page.Capped {
		t.Errorf("%d, %v (-want +got):\n%s", page.Total, page.Capped, diff)
	}
	page = must[onboarding.Page](t)(b.Review(t.Context(), b.reviewer, onboarding.Filter{Query: "rarissime", State: onboarding.Expired}))
	if page.Total != 7 || page.Capped || len(page.Rows) != page.Counts[onboarding.Expired] {
		t.Errorf("%d match (%v), %d rows", page.Total, page.Counts, len(page.Rows))
	}
	page = must[onboarding.Page](t)(b.Review(t.Context(), b.reviewer, onboarding.Filter{Query: "association"}))
	if !page.Capped || page.Total < 1000 {
		t.Errorf("%d match, capped: %v", page.Total, page.Capped)
	}
}

func TestReviewShowsWhatIsBeingDecided(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	b.clock.Turn(time.Minute)
	b.apply(t, form(2))
	batch := must[onboarding.Batch](t)(b.DecideBatch(t.Context(), b.admin, approve(a)))
	page := must[onboarding.Page](t)(b.Review(t.Context(), b.reviewer, onboarding.Filter{Sort: onboarding.Oldest}))
	if len(page.Rows) != 2 {
		t.Fatalf("%d rows", len(page.Rows))
	}
	want := onboarding.Row{
		ID: a.ID, PublicID: a.PublicID, State: onboarding.Submitted, CampaignID: b.campaign.ID, Association: "Les Amis 1",
		LeadName: "Léa Martin", LeadEmail: "lea1@example.org", Accounts: 12, Suite: "collabora", Slug: "les-amis-1",
		BatchID: batch.ID, BeingDecided: true, ReceivedAt: a.ConfirmedAt,
	}
	if diff := cmp.Diff(want, page.Rows[0]); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	if page.Rows[1].State != onboarding.Unconfirmed || page.Rows[1].BeingDecided {
		t.Errorf("row %+v", page.Rows[1])
	}
}

func TestReviewFindsWithoutAccents(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	f := form(1)
	f.Association = "Les Œuvres d’Été à Besançon"
	b.apply(t, f)
	for _, q := range []string{"oeuvres", "ŒUV\xffRES\x00", "ete a besancon", "Besançon"} {
		page, err := b.Review(t.Context(), b.reviewer, onboarding.Filter{Query: q})
		if q == "ete a besancon" { // a word of one letter
			wantProblem(t, err, problem.Invalid, "problem.invalid")
			continue
		}
		if err != nil || len(page.Rows) != 1 {
			t.Errorf("%q finds %d (%v)", q, len(page.Rows), err)
		}
	}
}

func TestReviewRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	_, err := b.Review(t.Context(), identity.Person{}, onboarding.Filter{})
	wantProblem(t, err, problem.Unauthenticated, "problem.sign_in_first")
	_, err = b.Review(t.Context(), identity.Person{ID: 1}, onboarding.Filter{})
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	for _, f := range []onboarding.Filter{{Query: "ab"}, {Cursor: "!"}, {Cursor: "bi4xLjI"}, {Cursor: "eC4xLjI"}, {Limit: 201}, {State: "lost"}, {Suite: "\xff"}} {
		_, err := b.Review(t.Context(), b.reviewer, f)
		if f.Cursor == "bi4xLjI" { // "n.1.2": a good one
			if err != nil {
				t.Errorf("%+v: %v", f, err)
			}
			continue
		}
		wantProblem(t, err, problem.Invalid, "problem.invalid")
	}
}

func TestDossier(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.confirmed(t, 1)
	batch := must[onboarding.Batch](t)(b.OpenBatch(t.Context(), b.reviewer, reject(a)))
	d := must[onboarding.Dossier](t)(b.Dossier(t.Context(), a.PublicID, b.reviewer))
	if d.Application.ID != a.ID || d.Campaign.Name != "Spring" || d.Batch == nil || d.Batch.ID != batch.ID || len(d.Trail) != 2 ||
		d.Trail[1].ActorName != "Léa Martin" || d.Trail[1].Data["state"] != "submitted" {
		t.Errorf("dossier %+v", d)
	}
	_, err := b.Dossier(t.Context(), a.PublicID, b.lead(t, a))
	wantProblem(t, err, problem.Forbidden, "problem.role_missing")
	for _, id := range []string{"nothing", "", "\xff", "a\x00b"} {
		_, err = b.Dossier(t.Context(), id, b.reviewer)
		wantProblem(t, err, problem.NotFound, "problem.not_found")
		_, err = b.OpenBatch(t.Context(), b.reviewer, onboarding.Selection{Decision: onboarding.Approve, IDs: []string{id}})
		wantProblem(t, err, problem.NotFound, "problem.not_found")
	}
}
