// Package migrations holds the one numbered timeline of the database's schema, embedded. Number 5 is River's own tables,
// made by River's migrator (see internal/postgres).
//
// Until the first release they are edited in place; a demo folder of an older build is forgotten with make demo-clean. A
// released migration is never edited: expand, deploy, contract.
package migrations

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Files are the SQL migrations, for goose.
//
//go:embed *.sql
var Files embed.FS

// Sums are the digests of the files by name: whoever kept those of a schema sees whether it was made by other ones. A file
// that came since is no difference.
func Sums() (map[string]string, error) {
	names, err := fs.Glob(Files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	sums := make(map[string]string, len(names))
	for _, name := range names {
		content, err := Files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read a migration: %w", err)
		}
		sum := sha256.Sum256(content)
		sums[name] = hex.EncodeToString(sum[:8])
	}
	return sums, nil
}
