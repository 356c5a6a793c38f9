package linking_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/support/linking"
)

var errDied = errors.New("the process died")

// mortal is a store whose process dies after so many transactions.
type mortal struct {
	linking.Store

	mu   sync.Mutex
	left int
}

func (m *mortal) InTx(ctx context.Context, fn func(linking.Tx) error) error {
	m.mu.Lock()
	m.left--
	dead := m.left < 0
	m.mu.Unlock()
	if dead {
		return errDied
	}
	return m.Store.InTx(ctx, fn)
}

// life is a story in which everything that Tend does happens, told from a step on. It returns the step that failed.
func life(tb testing.TB, b *bundle, s *linking.Service, from int) (int, error) {
	tb.Helper()
	ctx := context.Background()
	tend := func() error {
		_, err := s.Tend(ctx, 2)
		return err
	}
	choose := func(space int64, provider string) error {
		_, err := s.Choose(ctx, space, provider, linking.FromMatch, "", "", identity.Person{})
		return err
	}
	answer := func(space int64, accept bool) error {
		var id string
		var provider int64
		if err := b.pool.QueryRow(ctx, `SELECT public_id, provider_id FROM support_links WHERE space_id = $1 ORDER BY id DESC LIMIT 1`, space).Scan(&id, &provider); err != nil {
			return err
		}
		if accept {
			return s.Accept(ctx, id, b.member(tb, provider))
		}
		return s.Decline(ctx, id, "Non", b.member(tb, provider))
	}
	for i, step := range []func() error{
		func() error { b.clock.Set(b.at(2, 10)); return tend() },
		tend,
		func() error { return choose(1, "provider-1") },
		func() error { return choose(2, "provider-1") },
		func() error { return choose(3, "provider-2") },
		func() error { return answer(1, true) },
		func() error { return answer(2, false) },
		func() error { return s.NotYet(ctx, 4, identity.Person{}) },
		tend,
		func() error { b.clock.Set(b.at(6, 18)); return tend() },
		func() error { b.clock.Set(b.at(9, 18)); return tend() },
		tend,
		func() error {
			_, err := b.pool.Exec(ctx, `UPDATE spaces SET state = 'closing' WHERE id = 1`)
			return err
		},
		tend,
		func() error { b.clock.Set(b.at(16, 18)); return tend() },
		tend,
		func() error { b.clock.Set(b.at(31, 18).AddDate(0, 0, 9)); return tend() },
		tend,
	} {
		if i < from {
			continue
		}
		if err := step(); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// ends is all that a life leaves, without ids and times that differ.
func ends(tb testing.TB, b *bundle) []string {
	tb.Helper()
	out := value[[]string](tb, b, `SELECT array_agg(line ORDER BY line) FROM (
		SELECT 'search ' || space_id || ' ' || stance || ' ' || seeking AS line FROM support_searches
		UNION ALL SELECT 'link ' || space_id || ' ' || provider_id || ' ' || state || ' ' || ended_by || ' ' || origin FROM support_links
		UNION ALL SELECT 'mail ' || template || ' ' || recipient || ' ' || count(*) FROM mails GROUP BY template, recipient
		UNION ALL SELECT 'audit ' || action || ' ' || subject || ' ' || count(*) FROM audit WHERE subject <> 'person' GROUP BY action, subject
		UNION ALL SELECT 'event ' || (args->>'type') || ' ' || (args->>'provider_id') || ' ' || count(*) FROM river_job WHERE kind = 'support_event'
			GROUP BY args->>'type', args->>'provider_id'
		UNION ALL SELECT 'jobs ' || count(*) FROM river_job WHERE kind = 'send_mail') AS lines`)
	return out
}

// A process that dies after any of its transactions, and one that goes on with what was being done, leave what one process
// leaves that lives: nothing is lost and nothing is doubled.
func TestProcessDiesBetweenAnyTwoTransactions(t *testing.T) {
	t.Parallel()
	world := func(tb testing.TB) *bundle {
		tb.Helper()
		b := setup(tb)
		b.spaces(tb, 5)
		b.providers(tb, 3, 2)
		b.exec(tb, `UPDATE providers SET kinds = '{hosting}' WHERE id > 2`)
		return b
	}
	whole := world(t)
	_, err := life(t, whole, whole.Service, 0)
	ok(t, err)
	want := ends(t, whole)
	for n := 0; ; n++ {
		if n > 200 {
			t.Fatal("the story has no end")
		}
		b := world(t)
		first := b.service(&mortal{Store: b.db.Linking(), left: n})
		step, err := life(t, b, first, 0)
		if err == nil {
			if n < 20 {
				t.Fatalf("only %d transactions were tried", n)
			}
			return
		}
		if !errors.Is(err, errDied) {
			t.Fatalf("the first process failed after %d transactions: %v", n, err)
		}
		if _, err := life(t, b, b.Service, step); err != nil {
			t.Fatalf("after a death after %d transactions, in step %d: %v", n, step, err)
		}
		if diff := cmp.Diff(want, ends(t, b)); diff != "" {
			t.Fatalf("died after %d transactions:\n%s", n, diff)
		}
	}
}

func TestSeveralTendAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces(t, 40)
	b.providers(t, 10, 3)
	tendAll := func() {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := b.Tend(context.Background(), 100); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	tendAll()
	for space := range int64(10) {
		b.choose(t, space+1, space+1)
	}
	b.clock.Set(b.at(6, 18))
	tendAll()
	b.clock.Set(b.at(9, 18))
	tendAll()
	b.tend(t)
	for what, sql := range map[string]string{
		"mails that are doubled":    `SELECT count(*) FROM (SELECT 1 FROM mails GROUP BY template, recipient, ref_id HAVING count(*) > 1) AS x`,
		"events that are doubled":   `SELECT count(*) FROM (SELECT 1 FROM river_job WHERE kind = 'support_event' GROUP BY args->>'key' HAVING count(*) > 1) AS x`,
		"providers over capacity":   `SELECT count(*) FROM providers p WHERE capacity < (SELECT count(*) FROM support_links l WHERE l.provider_id = p.id AND l.state = 'proposed')`,
		"spaces without a proposal": `SELECT 10 - count(*) FROM support_links WHERE state = 'proposed'`,
		"lapses that are missing":   `SELECT 10 - count(*) FROM support_links WHERE state = 'lapsed'`,
		"mails that are missing":    `SELECT 40 + 20 + 20 + 20 + 20 + 10 - count(*) FROM mails`,
	} {
		if n := value[int](t, b, sql); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
}
