// Package migrations holds the one numbered timeline of the database's schema, embedded. Number 5 is River's own tables,
// made by River's migrator (see internal/postgres). A released migration is never edited: expand, deploy, contract.
package migrations

import "embed"

// Files are the SQL migrations, for goose.
//
//go:embed *.sql
var Files embed.FS
