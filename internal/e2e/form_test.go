package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/app"
)

const (
	forms   = 4000
	posters = 16 // browsers that post at once
)

// benchForms posts the form over real HTTP, each from an address and for an association of its own, into a service that holds
// 50,000 applications. The limit is as many single-row inserts into a table like that of the applications, by as many
// connections.
func benchForms(b *testing.B, t *table) {
	b.Helper()
	for _, s := range storages() {
		b.Run("post"+s.name, func(b *testing.B) {
			var posted, inserted many
			for b.Loop() {
				a := newNichoir(b, environ(s.dsn(b), "NICHOIR_DB_POOL=20"), func(o *app.Options) { o.Web = true })
				fill(b, a.DB.Pool())
				start(b, a)
				inserted = insertBare(b, a.DB.Pool())
				posted = postForms(b, "http://"+a.WebAddr())
				if n := value[int](b, a.DB.Pool(), `SELECT count(*) FROM applications WHERE slug LIKE 'posted-%' AND state = 'unconfirmed'`); n != forms {
					b.Fatalf("%d of %d forms were kept", n, forms)
				}
			}
			b.ReportMetric(posted.rate(), "forms/s")
			b.ReportMetric(milliseconds(posted.took.at(.99)), "p99-ms")
			t.add(row{what: "an application posted" + s.name, target: "≥ 500/s, p99 < 100 ms",
				measured: fmt.Sprintf("%.0f/s, p50 %s, p99 %s", posted.rate(), ms(posted.took.at(.5)), ms(posted.took.at(.99))),
				limit:    fmt.Sprintf("%.0f/s single-row inserts, p99 %s; %d at once", inserted.rate(), ms(inserted.took.at(.99)), posters),
				ratio:    part(posted.rate() / inserted.rate()), missed: posted.rate() < 500 || posted.took.at(.99) >= 100*time.Millisecond})
		})
	}
}

// many is how long each of many took, and all of them together.
type many struct {
	took durations
	all  time.Duration
}

// rate is how many were done in a second.
func (m many) rate() float64 { return float64(len(m.took)) / m.all.Seconds() }

// timeMany does n things, some at once, and times each.
func timeMany(b *testing.B, n, atOnce int, do func(i int) error) many {
	b.Helper()
	m := many{took: make(durations, n)}
	var next atomic.Int64
	var workers sync.WaitGroup
	began := time.Now()
	for range atOnce {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				began := time.Now()
				if err := do(i); err != nil {
					b.Errorf("number %d: %v", i, err)
					return
				}
				m.took[i] = time.Since(began)
			}
		})
	}
	workers.Wait()
	m.all = time.Since(began)
	return m
}

func postForms(b *testing.B, site string) many {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: posters}
	defer transport.CloseIdleConnections()
	return timeMany(b, forms, posters, func(i int) error {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, site+"/demande", strings.NewReader(form(i).Encode()))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", i/250, i%250))
		answer, err := transport.RoundTrip(r)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
		if err := answer.Body.Close(); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusSeeOther {
			return fmt.Errorf("status %d", answer.StatusCode)
		}
		return nil
	})
}

func form(i int) url.Values {
	return url.Values{
		"form_key": {fmt.Sprintf("form-key-%020d", i)}, "association": {fmt.Sprintf("Les Canards du canal %d", i)},
		"object": {strings.Repeat("Ateliers vélo, jardin partagé et fanfare. ", 6)}, "slug": {fmt.Sprintf("posted-%d", i)}, "accounts": {"12"},
		"suite": {"collabora"}, "lead_name": {"Lou Dupré"}, "email": {fmt.Sprintf("lou%d@lescanards.example", i)}, "terms": {"yes"},
	}
}

func insertBare(b *testing.B, pool *pgxpool.Pool) many {
	b.Helper()
	sql(b, pool, `CREATE TABLE bare (LIKE applications INCLUDING ALL)`)
	defer sql(b, pool, `DROP TABLE bare`)
	return timeMany(b, forms, posters, func(i int) error {
		f := form(i)
		_, err := pool.Exec(b.Context(), `
			INSERT INTO bare (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, expected_accounts, suite,
				slug, lang, terms_at, search)
			VALUES ($1, $1, 1, 'unconfirmed', $2, $3, $4, $5, 12, 'collabora', $6, 'fr', now(), $2)`,
			f.Get("form_key"), f.Get("association"), f.Get("object"), f.Get("lead_name"), f.Get("email"), f.Get("slug"))
		return err
	})
}
