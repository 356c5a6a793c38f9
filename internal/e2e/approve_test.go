package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/app"
	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
)

// approvals is how many applications are approved at once.
const approvals = 1000

// benchApprove decides a batch of 1,000 among 50,000, then carries it out as its jobs do, one after the other. The limits are
// one update of as many rows, and as many single-row inserts of spaces, a hundred in a transaction.
func benchApprove(b *testing.B, t *table, a *app.App) {
	b.Helper()
	pool := a.DB.Pool()
	admin, err := a.Identity.AddStaff(b.Context(), "ana@nichoir.example", "Ana", identity.Admin)
	if err != nil {
		b.Fatal(err)
	}
	var decided, carried, updated, inserted durations
	for b.Loop() {
		chosen := value[[]string](b, pool, `SELECT array_agg(public_id) FROM (
			SELECT public_id FROM applications WHERE state = 'submitted' AND batch_id IS NULL ORDER BY received_at LIMIT $1) AS s`, approvals)
		updated = append(updated, bareUpdate(b, a, chosen))
		inserted = append(inserted, bareSpaces(b, a))
		var batch onboarding.Batch
		decided = append(decided, timed(b, func() error {
			var err error
			batch, err = a.Onboarding.DecideBatch(b.Context(), admin, onboarding.Selection{Decision: onboarding.Approve, IDs: chosen})
			return err
		}))
		sql(b, pool, `UPDATE batches SET release_at = now() - interval '1 second' WHERE id = $1`, batch.ID)
		carried = append(carried, timed(b, func() error { return carryOut(b, a, batch.ID) }))
		if n := value[int](b, pool, `SELECT count(*) FROM spaces s JOIN applications a ON a.id = s.application_id
			WHERE a.batch_id = $1 AND a.state = 'approved' AND s.state = 'queued'`, batch.ID); n != approvals {
			b.Fatalf("%d of %d applications were approved", n, approvals)
		}
	}
	b.ReportMetric(milliseconds(decided.at(.5)), "decide-ms")
	b.ReportMetric(milliseconds(carried.at(.5)), "carry-out-ms")
	t.add(row{what: "approving 1,000 applications", target: "< 1 s", measured: ms(decided.at(.5)),
		limit: fmt.Sprintf("%s, one update of the rows", ms(updated.at(.5))), ratio: part(float64(updated.at(.5)) / float64(decided.at(.5))),
		missed: decided.at(.5) >= time.Second})
	t.add(row{what: "… released, all spaces queued", target: "(background)", measured: ms(carried.at(.5)),
		limit: fmt.Sprintf("%s, 1,000 single-row inserts", ms(inserted.at(.5))), ratio: part(float64(inserted.at(.5)) / float64(carried.at(.5)))})
}

// carryOut releases what is due and works its jobs.
func carryOut(b *testing.B, a *app.App, batch int64) error {
	b.Helper()
	if _, err := a.Onboarding.ReleaseDue(b.Context()); err != nil {
		return err
	}
	for range approvals/100 + 1 {
		if err := a.Onboarding.ApplyBatch(b.Context(), batch); err != nil {
			return err
		}
	}
	return nil
}

// bareUpdate changes the chosen rows and takes it back.
func bareUpdate(b *testing.B, a *app.App, chosen []string) time.Duration {
	b.Helper()
	tx, err := a.DB.Pool().Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	took := timed(b, func() error {
		_, err := tx.Exec(b.Context(), `UPDATE applications SET updated_at = now() WHERE public_id = ANY($1)`, chosen)
		return err
	})
	if err := tx.Rollback(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}

// bareSpaces inserts as many rows as there will be spaces, into a table like theirs.
func bareSpaces(b *testing.B, a *app.App) time.Duration {
	b.Helper()
	pool := a.DB.Pool()
	sql(b, pool, `CREATE TABLE bare (LIKE spaces INCLUDING ALL)`)
	defer sql(b, pool, `DROP TABLE bare`)
	return timed(b, func() error {
		for first := 0; first < approvals; first += 100 {
			err := pgx.BeginFunc(b.Context(), pool, func(tx pgx.Tx) error {
				for i := first; i < first+100; i++ {
					if _, err := tx.Exec(b.Context(), `
						INSERT INTO bare (public_id, application_id, person_id, state, name, slug, lang, suite, total_bytes, account_limit, personal_bytes)
						VALUES ($1, $2, 1, 'queued', $1, $1, 'fr', 'collabora', $3, 50, $4)`, fmt.Sprint(i), i, totalBytes, personalBytes); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
