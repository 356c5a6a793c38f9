// Package postgres keeps Nichoir's state: the pool, transactions, the schema's migrations and one adapter for each
// service's store. Statements are in queries/*.sql, compiled by sqlc into dbsqlc; lists with filters are built here.
// It decides nothing: rules belong to the services, whose interfaces it implements.
package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"nichoir/internal/postgres/dbsqlc"
)

// DB is a pool of connections, the queries on it, and the means to put jobs on the queue inside a transaction.
type DB struct {
	pool *pgxpool.Pool
	q    *dbsqlc.Queries
	jobs *river.Client[pgx.Tx]
	mail MessageIDs
}

// MessageIDs derives the Message-ID of a mail from its event and recipient, so that the same mail always has the same.
type MessageIDs func(event, recipient string) string

// Open connects to the database that dsn names, with at most size connections (0: pgx's default).
func Open(ctx context.Context, dsn string, size int32) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the database's address: %w", err)
	}
	if size > 0 {
		cfg.MaxConns = size
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return pool, nil
}

// New returns the stores' common ground on an open pool.
func New(pool *pgxpool.Pool, ids MessageIDs) (*DB, error) {
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{}) // inserts only: it has no queues
	if err != nil {
		return nil, fmt.Errorf("prepare the queue's client: %w", err)
	}
	return &DB{pool: pool, q: dbsqlc.New(pool), jobs: jobs, mail: ids}, nil
}

// Pool returns the pool, for the queue's engine, which keeps its own rows.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// txn is what every service's Tx is made of: one transaction, its queries, the queue.
type txn struct {
	db *DB
	tx pgx.Tx
	q  *dbsqlc.Queries
}

// inTx runs fn in one transaction: committed when fn returns nil, else rolled back.
func (db *DB) inTx(ctx context.Context, fn func(*txn) error) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		return fn(&txn{db: db, tx: tx, q: db.q.WithTx(tx)})
	})
}

// violates reports whether err is the violation of the named unique index or constraint.
func violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "23514") && pg.ConstraintName == constraint
}

// rowErr says of a query's error that it is one, and of a missing row what the service calls that; of nil nothing.
func rowErr(err, missing error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return missing
	default:
		return fmt.Errorf("query: %w", err)
	}
}
