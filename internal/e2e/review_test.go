package e2e_test

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nichoir/internal/app"
	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/provisioning"
)

// asked is one page of the review list.
type asked struct {
	name   string // of its filter
	filter onboarding.Filter
}

// reviewFilters are the filters that the list is asked with, each in both orders.
func reviewFilters(campaign int64) map[string]onboarding.Filter {
	newest := map[string]onboarding.Filter{
		"all":                {},
		"submitted":          {State: onboarding.Submitted},
		"expired":            {State: onboarding.Expired},
		"none in the state":  {State: onboarding.ChangesRequested},
		"suite":              {Suite: provisioning.OnlyOffice},
		"campaign":           {Campaign: campaign},
		"all three":          {Campaign: campaign, Suite: provisioning.OnlyOffice, State: onboarding.Waitlisted},
		"rare word":          {Query: "rarissime"},
		"one address":        {Query: "lead4999@example.org"},
		"word of all":        {Query: "association"},
		"word of a fifth":    {Query: "pecheurs"},
		"three words":        {Query: "association sportive rarissime"},
		"word and state":     {Query: "culturelle", State: onboarding.Expired},
		"word of none":       {Query: "nowhere"},
		"word of none there": {Query: "quartier", Campaign: campaign, State: onboarding.ChangesRequested},
	}
	filters := maps.Clone(newest)
	for name, f := range newest {
		f.Sort = onboarding.Oldest
		filters[name+", oldest first"] = f
	}
	return filters
}

// benchReview asks for pages all over the list, through the service and as pages, and compares with the shortest thing that
// the database can be asked.
func benchReview(b *testing.B, t *table, a *app.App) {
	b.Helper()
	reviewer, err := a.Identity.AddStaff(b.Context(), "rita@nichoir.example", "Rita", identity.Reviewer)
	if err != nil {
		b.Fatal(err)
	}
	var pages []asked
	for name, f := range reviewFilters(value[int64](b, a.DB.Pool(), `SELECT min(id) FROM campaigns`)) {
		pages = append(pages, pagesOf(b, a, reviewer, name, f)...)
	}
	site := newNichoir(b, environ(a.DB.Pool().Config().ConnString()), func(o *app.Options) { o.Web = true })
	start(b, site)
	cookie := session(b, a, reviewer)
	client := &http.Client{Transport: newTransport(b), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	var bare, called, served durations
	best := map[asked]time.Duration{} // of three: what the page takes when nothing else on the machine gets in its way
	for b.Loop() {
		for range 1000 {
			bare = append(bare, timed(b, func() error {
				var one int
				return a.DB.Pool().QueryRow(b.Context(), `SELECT 1`).Scan(&one)
			}))
		}
		for range 3 {
			rand.Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] })
			for _, p := range pages {
				took := timed(b, func() error { _, err := a.Onboarding.Review(b.Context(), reviewer, p.filter); return err })
				called = append(called, took)
				if before, known := best[p]; !known || took < before {
					best[p] = took
				}
				served = append(served, timed(b, func() error { return openPage(b, client, cookie, site.WebAddr(), p.filter) }))
			}
		}
	}
	b.ReportMetric(milliseconds(called.at(.5)), "p50-ms")
	b.ReportMetric(milliseconds(called.at(.99)), "p99-ms")
	b.ReportMetric(milliseconds(served.at(.99)), "page-p99-ms")
	undisturbed := durations(slices.Collect(maps.Values(best)))
	var worst asked
	for p, took := range best {
		if took > best[worst] {
			worst = p
		}
	}
	limit := fmt.Sprintf("SELECT 1 takes %s, p99 %s", ms(bare.at(.5)), ms(bare.at(.99)))
	t.add(row{what: fmt.Sprintf("review list over 50,000, %d calls", len(called)), target: "p99 < 50 ms",
		measured: fmt.Sprintf("p50 %s, p99 %s; best of three: p99 %s, worst %s (%s)", ms(called.at(.5)), ms(called.at(.99)),
			ms(undisturbed.at(.99)), ms(best[worst]), worst.name),
		limit: limit, ratio: part(float64(bare.at(.5)) / float64(called.at(.5))), missed: called.at(.99) >= 50*time.Millisecond})
	t.add(row{what: "… as a page over HTTP", target: "p99 < 50 ms",
		measured: fmt.Sprintf("p50 %s, p99 %s, worst %s", ms(served.at(.5)), ms(served.at(.99)), ms(served.at(1))),
		limit:    limit, ratio: part(float64(bare.at(.5)) / float64(served.at(.5))), missed: served.at(.99) >= 50*time.Millisecond})
}

// pagesOf returns up to nine pages of a filter: the first, and others from all over the first 10,000 rows.
func pagesOf(b *testing.B, a *app.App, by identity.Person, name string, f onboarding.Filter) []asked {
	b.Helper()
	const walked, kept = 50, 8
	cursors := []string{""}
	for len(cursors) <= walked {
		walk := f
		walk.Cursor, walk.Limit = cursors[len(cursors)-1], 200
		p, err := a.Onboarding.Review(b.Context(), by, walk)
		if err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		if p.Next == "" {
			break
		}
		cursors = append(cursors, p.Next)
	}
	step := max(1, len(cursors)/kept)
	var pages []asked
	for i := 0; i < len(cursors); i += step {
		f.Cursor = cursors[i]
		pages = append(pages, asked{name, f})
	}
	return pages
}

// session signs a member of the team in, as after both factors, and returns the cookie.
func session(b *testing.B, a *app.App, p identity.Person) *http.Cookie {
	b.Helper()
	const token = "the-token-of-a-session-that-is-no-secret-here"
	sql(b, a.DB.Pool(), `INSERT INTO sessions (token_hash, person_id, second_factor_at, expires_at) VALUES ($1, $2, now(), now() + interval '1 hour')`,
		identity.HashToken(token), p.ID)
	return &http.Cookie{Name: "nichoir-session", Value: token}
}

// openPage asks for a page of the list as a browser does.
func openPage(b *testing.B, client *http.Client, cookie *http.Cookie, site string, f onboarding.Filter) error {
	b.Helper()
	q := url.Values{"etat": {"toutes"}, "q": {f.Query}, "suite": {string(f.Suite)}, "page": {f.Cursor}}
	if f.State != "" {
		q.Set("etat", string(f.State))
	}
	if f.Campaign != 0 {
		q.Set("campagne", strconv.FormatInt(f.Campaign, 10))
	}
	if f.Sort != onboarding.Oldest {
		q.Set("ordre", "recentes")
	}
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+site+"/admin/demandes?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	r.AddCookie(cookie)
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "</html>") {
		return fmt.Errorf("status %d, leads to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	return nil
}

// timed does something and returns how long that took.
func timed(b *testing.B, do func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
