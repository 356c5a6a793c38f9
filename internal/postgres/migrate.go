package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"nichoir/migrations"
)

// riverSchema pins the version of River's own tables; a newer one comes with a migration of ours.
const riverSchema = 8

// Migrate brings the schema up to date, several processes at once being safe: one of them does it, the others wait.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	p, closeDB, err := provider(pool)
	if err != nil {
		return err
	}
	defer closeDB()
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// Versions returns the schema's version in the database and the one this program needs.
func Versions(ctx context.Context, pool *pgxpool.Pool) (have, need int64, err error) {
	p, closeDB, err := provider(pool)
	if err != nil {
		return 0, 0, err
	}
	defer closeDB()
	have, need, err = p.GetVersions(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return have, need, nil
}

func provider(pool *pgxpool.Pool) (*goose.Provider, func(), error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, nil, fmt.Errorf("prepare the migrations' lock: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files,
		goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(riverMigration(pool)))
	if err != nil {
		_ = db.Close() // closes the wrapper alone; the error above is the one that tells
		return nil, nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, func() { _ = db.Close() }, nil // the wrapper holds nothing of its own
}

// riverMigration is number 5 of the timeline. A crash between River's commit and goose's repeats it without harm.
func riverMigration(pool *pgxpool.Pool) *goose.Migration {
	run := func(direction rivermigrate.Direction, target int) func(context.Context, *sql.DB) error {
		return func(ctx context.Context, _ *sql.DB) error {
			m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
			if err != nil {
				return fmt.Errorf("prepare the queue's tables: %w", err)
			}
			if _, err := m.Migrate(ctx, direction, &rivermigrate.MigrateOpts{TargetVersion: target}); err != nil {
				return fmt.Errorf("make the queue's tables: %w", err)
			}
			return nil
		}
	}
	return goose.NewGoMigration(5,
		&goose.GoFunc{RunDB: run(rivermigrate.DirectionUp, riverSchema)},
		&goose.GoFunc{RunDB: run(rivermigrate.DirectionDown, -1)})
}
