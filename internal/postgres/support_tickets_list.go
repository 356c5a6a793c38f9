package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"nichoir/internal/support/tickets"
)

// ticketOrder puts first whose turn it is, of these the urgent ones, of these the promise that ends first.
const ticketOrder = `CASE state WHEN 'new' THEN 0 WHEN 'open' THEN 0 WHEN 'waiting' THEN 1 WHEN 'solved' THEN 2 ELSE 3 END,
	NOT urgent, coalesce(least(answer_due_at, solve_due_at), 'infinity'), id`

// spaceTicketOrder puts first what happened last. Since an epoch, so that every column ascends, as keys of pages must.
const spaceTicketOrder = `-extract(epoch FROM updated_at), -id`

// List returns tickets, the most urgent first; of a space those that changed last.
func (s *TicketsStore) List(ctx context.Context, q tickets.Query) ([]tickets.Row, error) {
	st, order := ticketFilter("SELECT id FROM tickets WHERE true", q), ticketOrder
	if q.SpaceID != 0 {
		order = spaceTicketOrder
	}
	if q.After != 0 {
		st.addf(" AND (%s) > (SELECT %s FROM tickets WHERE id = %s)", order, order, st.arg(q.After))
	}
	st.addf(" ORDER BY %s LIMIT %s", order, st.arg(q.Limit))
	ids, err := collect(ctx, s.db, st, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	rows, err := s.ticketRows.ticketRows(ctx, ids)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b tickets.Row) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return rows, nil
}

// Counts returns how many tickets match, by state.
func (s *TicketsStore) Counts(ctx context.Context, q tickets.Query) (map[tickets.State]int, error) {
	st := ticketFilter("SELECT state, count(*)::int AS n FROM tickets WHERE true", q)
	st.addf(" GROUP BY state")
	type line struct {
		State tickets.State
		N     int
	}
	lines, err := collect(ctx, s.db, st, pgx.RowToStructByName[line])
	if err != nil {
		return nil, err
	}
	counts := make(map[tickets.State]int, len(lines))
	for _, l := range lines {
		counts[l.State] = l.N
	}
	return counts, nil
}

// collect runs a statement, planned anew each time, and reads its rows.
func collect[T any](ctx context.Context, db *DB, st *statement, to pgx.RowToFunc[T]) ([]T, error) {
	rows, err := db.pool.Query(ctx, st.sql.String(), append([]any{pgx.QueryExecModeCacheDescribe}, st.args...)...)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out, err := pgx.CollectRows(rows, to)
	if err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	return out, nil
}

// ticketFilter adds the conditions of a query to a statement that ends in its first one.
func ticketFilter(sql string, q tickets.Query) *statement {
	st := &statement{}
	st.sql.WriteString(sql)
	if len(q.States) > 0 {
		st.addf(" AND state = ANY(%s::text[])", st.arg(texts(q.States)))
	}
	if q.SpaceID != 0 {
		st.addf(" AND space_id = %s", st.arg(q.SpaceID))
	}
	if q.Provider != 0 {
		st.addf(" AND provider_id = %s", st.arg(q.Provider))
	}
	if q.Team || q.Unowned {
		st.addf(" AND (provider_id IS NULL OR escalated)")
	}
	if q.Unowned {
		st.addf(` AND NOT EXISTS (SELECT 1 FROM people p WHERE p.id = assignee_id AND p.staff_role IS NOT NULL)
			AND state IN ('new', 'open', 'waiting')`)
	}
	if q.Assignee != 0 {
		st.addf(" AND assignee_id = %s", st.arg(q.Assignee))
	}
	if q.Late {
		st.addf(" AND least(answer_due_at, solve_due_at) < %s", st.arg(q.Now))
	}
	if q.Text != "" {
		title := "title ILIKE " + st.arg(contains(q.Text))
		if q.ForProvider { // what it finds would tell what stands in a title that it does not read
			title += ` AND NOT EXISTS (SELECT 1 FROM ticket_tenures h WHERE h.ticket_id = tickets.id AND h.until_at IS NULL AND h.after_id > 0)`
		}
		st.addf(" AND (id = %s OR %s)", st.arg(q.Number), title)
	}
	return st
}
