package e2e_test

import (
	"testing"

	"nichoir/internal/testdb"
)

// benchDesk measures what is asked of a service in full swing: 50,000 applications, 10,000 spaces.
func benchDesk(b *testing.B, t *table) {
	b.Helper()
	dsn := testdb.DSN(b)
	env := environ(dsn)
	a := newNichoir(b, env, nil)
	fill(b, a.DB.Pool())
	b.Run("review", func(b *testing.B) { benchReview(b, t, a) })
	b.Run("metrics", func(b *testing.B) { benchMetrics(b, t, env) })
	b.Run("serve", func(b *testing.B) { benchServe(b, t, env) })
	b.Run("approve", func(b *testing.B) { benchApprove(b, t, a) })
}
