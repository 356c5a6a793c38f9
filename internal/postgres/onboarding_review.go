package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/onboarding"
	"nichoir/provisioning"
)

// The review list is answered in one of two ways, so that no filter makes it slow.
//
// Without words: the next rows of each (suite, state) are read from an index that has them in order, a page of each, and
// merged. With words: what matches is found first, up to a limit; if that is all, it is sorted. If there is more, the words
// match so much that walking the index in order meets a page of matches soon.

const reviewColumns = `a.id, a.public_id, a.state, a.campaign_id, a.association, a.lead_name, a.lead_email,
	a.expected_accounts, a.suite, a.slug, a.mail_trouble, coalesce(a.batch_id, 0),
	coalesce(b.state IN ('decided', 'released') AND a.state IN ('submitted', 'changes_requested', 'waitlisted'), false),
	a.received_at`

// searchMax is how many matches are sorted rather than walked to.
const searchMax = 2000

// Review returns a page of the review list.
func (s *OnboardingStore) Review(ctx context.Context, q onboarding.ReviewQuery) ([]onboarding.Row, error) {
	if len(q.Words) == 0 {
		return s.rows(ctx, mergeIDs(q))
	}
	found, err := s.matches(ctx, q, searchMax+1)
	if err != nil {
		return nil, err
	}
	if len(found) > searchMax {
		return s.rows(ctx, mergeIDs(q))
	}
	return s.rows(ctx, sortIDs(q, found))
}

// statement is SQL that is put together with its arguments.
type statement struct {
	sql  strings.Builder
	args []any
}

// query runs sql with the statement's arguments. It is planned anew each time: a plan that must do for any word would do
// badly for most.
func (s *OnboardingStore) query(ctx context.Context, st *statement, sql string) (pgx.Rows, error) {
	args := append([]any{pgx.QueryExecModeCacheDescribe}, st.args...)
	rows, err := s.db.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return rows, nil
}

// arg adds an argument and returns its placeholder.
func (st *statement) arg(v any) string {
	st.args = append(st.args, v)
	return fmt.Sprintf("$%d", len(st.args))
}

func (st *statement) addf(format string, a ...any) { fmt.Fprintf(&st.sql, format, a...) }

// filter adds the conditions on whole columns.
func (st *statement) filter(q onboarding.ReviewQuery) {
	if q.Campaign != 0 {
		st.addf(" AND campaign_id = %s", st.arg(q.Campaign))
	}
	if q.Suite != "" {
		st.addf(" AND suite = %s", st.arg(string(q.Suite)))
	}
	if q.State != "" {
		st.addf(" AND state = %s", st.arg(string(q.State)))
	}
}

// where adds the words and the place from which to go on.
func (st *statement) where(q onboarding.ReviewQuery) {
	for _, w := range q.Words {
		st.addf(" AND search LIKE %s", st.arg(contains(w)))
	}
	if q.After == nil {
		return
	}
	sign := "<"
	if q.Ascending {
		sign = ">"
	}
	st.addf(" AND (received_at, id) %s (%s, %s)", sign, st.arg(q.After.At), st.arg(q.After.ID))
}

func (st *statement) order(q onboarding.ReviewQuery, prefix string) {
	way := "DESC"
	if q.Ascending {
		way = "ASC"
	}
	st.addf(" ORDER BY %[1]sreceived_at %[2]s, %[1]sid %[2]s", prefix, way)
}

// contains is the pattern of LIKE for what has the word in it, whatever the word is made of.
func contains(word string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word) + "%"
}

// mergeIDs selects the ids of a page by merging a page of each suite and state.
func mergeIDs(q onboarding.ReviewQuery) *statement {
	suites := []provisioning.Suite{provisioning.Collabora, provisioning.OnlyOffice}
	if q.Suite != "" {
		suites = []provisioning.Suite{q.Suite}
	}
	states := onboarding.States()
	if q.State != "" {
		states = []onboarding.State{q.State}
	}
	q.Suite, q.State = "", ""
	st := &statement{}
	st.addf("SELECT m.id FROM unnest(%s::text[]) AS su(suite), unnest(%s::text[]) AS ss(state), LATERAL (",
		st.arg(texts(suites)), st.arg(texts(states)))
	st.addf("SELECT id, received_at FROM applications WHERE suite = su.suite AND state = ss.state")
	st.filter(q)
	st.where(q)
	st.order(q, "")
	st.addf(" LIMIT %s) AS m", st.arg(q.Limit))
	st.order(q, "m.")
	st.addf(" LIMIT %s", st.arg(q.Limit))
	return st
}

// sortIDs selects the ids of a page among those found.
func sortIDs(q onboarding.ReviewQuery, found []int64) *statement {
	q.Words = nil
	st := &statement{}
	st.addf("SELECT id FROM applications WHERE id = ANY(%s::bigint[])", st.arg(found))
	st.where(q)
	st.order(q, "")
	st.addf(" LIMIT %s", st.arg(q.Limit))
	return st
}

// rows reads the rows of a page in its order; ids is what selects it.
func (s *OnboardingStore) rows(ctx context.Context, ids *statement) ([]onboarding.Row, error) {
	sql := "WITH page AS MATERIALIZED (SELECT id, row_number() OVER () AS n FROM (" + ids.sql.String() + ") AS i)" +
		" SELECT " + reviewColumns +
		" FROM page JOIN applications a ON a.id = page.id LEFT JOIN batches b ON b.id = a.batch_id ORDER BY page.n"
	rows, err := s.query(ctx, ids, sql)
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (onboarding.Row, error) {
		var r onboarding.Row
		err := row.Scan(&r.ID, &r.PublicID, &r.State, &r.CampaignID, &r.Association, &r.LeadName, &r.LeadEmail,
			&r.Accounts, &r.Suite, &r.Slug, &r.MailTrouble, &r.BatchID, &r.BeingDecided, &r.ReceivedAt)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	return out, nil
}

// matches returns up to limit ids of applications that the words and the filter match, in no order.
func (s *OnboardingStore) matches(ctx context.Context, q onboarding.ReviewQuery, limit int) ([]int64, error) {
	st := search(q, "id", limit)
	rows, err := s.query(ctx, st, st.sql.String())
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	return ids, nil
}

// search selects a column of up to limit applications that match, in no order.
func search(q onboarding.ReviewQuery, column string, limit int) *statement {
	q.After = nil // the limit is on all that match
	st := &statement{}
	st.addf("SELECT %s FROM applications WHERE true", column)
	st.filter(q)
	st.where(q)
	st.addf(" LIMIT %s", st.arg(limit))
	return st
}

// Counts returns how many applications match, by state.
func (s *OnboardingStore) Counts(
	ctx context.Context, q onboarding.ReviewQuery, limit int,
) (counts map[onboarding.State]int, capped bool, err error) {
	st := &statement{}
	if len(q.Words) == 0 {
		st.addf("SELECT state, count(*)::int FROM applications WHERE true")
		st.filter(q)
		st.addf(" GROUP BY state")
	} else {
		st = search(q, "state", limit+1)
		inner := st.sql.String()
		st.sql.Reset()
		st.addf("SELECT state, count(*)::int FROM (%s) AS m GROUP BY state", inner)
	}
	rows, err := s.query(ctx, st, st.sql.String())
	if err != nil {
		return nil, false, err
	}
	counts = make(map[onboarding.State]int)
	var state onboarding.State
	var n, total int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		counts[state] = n
		total += n
		return nil
	}); err != nil {
		return nil, false, fmt.Errorf("collect: %w", err)
	}
	return counts, len(q.Words) > 0 && total > limit, nil
}
