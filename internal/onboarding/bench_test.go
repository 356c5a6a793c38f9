package onboarding_test

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"testing"
	"time"

	"nichoir/internal/onboarding"
	"nichoir/provisioning"
)

// reviews are the filters that the benchmark asks with.
func reviews(b *bundle) map[string]onboarding.Filter {
	out := make(map[string]onboarding.Filter)
	for name, f := range map[string]onboarding.Filter{
		"all":                {},
		"submitted":          {State: onboarding.Submitted},
		"none-in-state":      {State: onboarding.ChangesRequested},
		"suite":              {Suite: provisioning.OnlyOffice},
		"campaign":           {Campaign: b.campaign.ID},
		"campaign-suite":     {Campaign: b.campaign.ID, Suite: provisioning.OnlyOffice, State: onboarding.Waitlisted},
		"word-rare":          {Query: "rarissime"},
		"word-one":           {Query: "lead4999@example.org"},
		"word-all":           {Query: "association"},
		"word-fifth":         {Query: "pecheurs"},
		"words":              {Query: "association sportive rarissime"},
		"word-state":         {Query: "culturelle", State: onboarding.Expired},
		"word-none":          {Query: "nowhere"},
		"word-campaign-none": {Query: "quartier", Campaign: b.campaign.ID, State: onboarding.ChangesRequested},
	} {
		out[name] = f
		f.Sort = onboarding.Oldest
		out[name+"-oldest"] = f
	}
	return out
}

// BenchmarkReview asks for the first and for a late page of the review list over 50,000 applications.
func BenchmarkReview(b *testing.B) {
	bd := setup(b, 10)
	bd.fill(b, 50000)
	bd.exec(b, `CHECKPOINT`) // what is not flushed cannot be marked as visible to all
	bd.exec(b, `VACUUM ANALYZE applications`)
	names := make([]string, 0, 28)
	filters := reviews(bd)
	for name := range filters {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, page := range []string{"first", "late"} {
			f := filters[name]
			if page == "late" {
				f.Cursor = must[string](b)(late(bd, f))
				if f.Cursor == "" {
					continue
				}
			}
			b.Run(name+"/"+page, func(b *testing.B) { benchReview(b, bd, f) })
		}
	}
}

// late returns a cursor some pages into the list, "" when there is but one page.
func late(b *bundle, f onboarding.Filter) (string, error) {
	f.Limit = 200
	for range 20 {
		p, err := b.Review(context.Background(), b.reviewer, f)
		if err != nil {
			return "", fmt.Errorf("page: %w", err)
		}
		if p.Next == "" {
			return f.Cursor, nil
		}
		f.Cursor = p.Next
	}
	return f.Cursor, nil
}

func benchReview(b *testing.B, bd *bundle, f onboarding.Filter) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := bd.Review(context.Background(), bd.reviewer, f); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkDecide decides a thousand applications among 50,000 at once, and takes the decision back out of the count.
func BenchmarkDecide(b *testing.B) {
	bd := setup(b, 10)
	bd.fill(b, 50000)
	chosen := value[[]string](b, bd, `SELECT array_agg(public_id) FROM (
		SELECT public_id FROM applications WHERE state = 'submitted' ORDER BY received_at LIMIT 1000) AS s`)
	ctx := context.Background()
	for b.Loop() {
		batch, err := bd.DecideBatch(ctx, bd.admin, onboarding.Selection{Decision: onboarding.Approve, IDs: chosen})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		must[onboarding.Batch](b)(bd.Undo(ctx, batch.ID, bd.admin))
		if err := bd.Discard(ctx, batch.ID, bd.admin); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkApplyBatch carries out a hundred approvals, each of which makes a space.
func BenchmarkApplyBatch(b *testing.B) {
	bd := setup(b, 10)
	bd.fill(b, 50000)
	bd.exec(b, `UPDATE applications SET person_id = $1`, bd.admin.ID)
	chosen := value[[]string](b, bd, `SELECT array_agg(public_id) FROM (
		SELECT public_id FROM applications WHERE state = 'submitted' ORDER BY received_at LIMIT 5000) AS s`)
	ctx := context.Background()
	batch := must[onboarding.Batch](b)(bd.DecideBatch(ctx, bd.admin, onboarding.Selection{Decision: onboarding.Approve, IDs: chosen}))
	bd.exec(b, `UPDATE batches SET release_at = now()`)
	must[int](b)(bd.ReleaseDue(ctx))
	for b.Loop() {
		if err := bd.ApplyBatch(ctx, batch.ID); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApply posts the form, from several connections at once.
func BenchmarkApply(b *testing.B) {
	bd := setup(b, 10)
	n := 0
	forms := make(chan onboarding.Form)
	done := make(chan struct{})
	go func() {
		defer close(forms)
		for {
			n++
			select {
			case forms <- form(n):
			case <-done:
				return
			}
		}
	}()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := bd.Apply(context.Background(), <-forms); err != nil {
				b.Error(err)
			}
		}
	})
	close(done)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "forms/s")
}
